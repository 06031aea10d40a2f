//! HTTP as this crate speaks it: no redirects, no cookies, bounded answers, no credential in a log.

use std::{
    error::Error as StdError,
    fmt, io,
    net::IpAddr,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use reqwest::{
    dns::{Addrs, Name, Resolve, Resolving},
    header::{self, HeaderMap, HeaderValue},
    multipart, redirect,
};
use url::{Host, Url};

use crate::{
    Result,
    calls::Call,
    certificate::{Authority, ClientCertificate},
    error::{Cause, Error, ErrorKind, Outcome},
    proxy::{self, ProxyChoice, Way},
    tls::{self, Handshake, Seen},
};

/// The longest answer that is read. A page holds 5 MB at most; lists of pages with bodies are asked
/// for in small portions.
const LONGEST_ANSWER: usize = 32 * 1024 * 1024;
/// Of an answer that reports a failure, so much is read for its words.
const LONGEST_FAILURE: usize = 64 * 1024;
/// The slowest line an upload is given time for: 256 kbit/s.
const SLOWEST_UPLOAD: u64 = 32 * 1024;

/// How to reach the network.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// To resolve, connect and shake hands. 10 s by default.
    pub connect_timeout: Duration,
    /// For one whole call; an upload gets more, by its size. 20 s by default.
    pub timeout: Duration,
    pub user_agent: String,
    pub proxy: ProxyChoice,
    /// Trusted beside the operating system's own.
    pub authorities: Vec<Authority>,
    /// Shown to servers that ask for one.
    pub client_certificate: Option<ClientCertificate>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(20),
            user_agent: concat!("Retropress/", env!("CARGO_PKG_VERSION")).to_owned(),
            proxy: ProxyChoice::System,
            authorities: Vec::new(),
            client_certificate: None,
        }
    }
}

/// One call that ended: no body, no header, no query.
#[derive(Debug, Clone)]
pub struct CallRecord {
    pub call: &'static Call,
    /// `None` when no answer came.
    pub status: Option<u16>,
    /// From sending to the last byte of the answer.
    pub duration: Duration,
    /// What the answer said of how much more may be asked.
    pub rate_limit: RateLimit,
}

/// How much more a server lets this account ask, as far as its answer says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests, or points, that are allowed in one interval of the server's own length.
    pub limit: Option<u64>,
    /// What is left of them.
    pub remaining: Option<u64>,
    /// Cloud's own sign that the end is near.
    pub near: bool,
}

type Hook = Arc<dyn Fn(&CallRecord) + Send + Sync>;
type Gate = Arc<dyn Fn() -> Option<Duration> + Send + Sync>;

/// The way to the network. Cheap to clone; clones share connections, and a change of the settings.
#[derive(Clone)]
pub struct Http {
    connections: Arc<RwLock<Arc<Connections>>>,
    hooks: Vec<Hook>,
    gate: Option<Gate>,
}

/// What one set of options comes to.
struct Connections {
    remote: reqwest::Client,
    /// Never through a proxy.
    loopback: reqwest::Client,
    timeout: Duration,
    connect_timeout: Duration,
    proxy: ProxyChoice,
    shows_certificate: bool,
    seen: Seen,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

/// A request before it is sent.
pub(crate) struct Request<'a> {
    pub call: &'static Call,
    pub url: Url,
    pub authorization: Option<HeaderValue>,
    pub payload: Payload<'a>,
}

pub(crate) enum Payload<'a> {
    Empty,
    Json(&'a serde_json::Value),
    /// `application/x-www-form-urlencoded`, encoded already.
    Form(Vec<u8>),
    File(&'a crate::Upload),
}

/// What came back, whatever its status.
pub(crate) struct Answer {
    pub call: &'static Call,
    pub url: Url,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub fn is_redirect(&self) -> bool {
        (300..400).contains(&self.status)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// HTML by its header, or by its first character where the header is missing or wrong.
    pub fn is_html(&self) -> bool {
        let declared = self.header("content-type").unwrap_or_default();
        if declared.contains("html") {
            return true;
        }
        let start = self.body.trim_ascii_start();
        !declared.contains("xml") && start.starts_with(b"<") && !start.starts_with(b"<?xml")
    }
}

impl Http {
    /// # Errors
    ///
    /// When the platform's certificate store cannot be opened, or the proxy's host is none.
    pub fn new(options: &HttpOptions) -> Result<Self> {
        let connections = Arc::new(Connections::new(options)?);
        Ok(Self {
            connections: Arc::new(RwLock::new(connections)),
            hooks: Vec::new(),
            gate: None,
        })
    }

    /// Reaches the network in another way from the next call on, for all clones. Calls under way end
    /// as they began.
    ///
    /// # Errors
    ///
    /// As [`Self::new`]; then everything stays as it was.
    pub fn reconnect(&self, options: &HttpOptions) -> Result<()> {
        let connections = Arc::new(Connections::new(options)?);
        *self
            .connections
            .write()
            .unwrap_or_else(PoisonError::into_inner) = connections;
        Ok(())
    }

    fn connections(&self) -> Arc<Connections> {
        self.connections
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Through what a call to this address goes.
    pub fn way_to(&self, address: &Url) -> Way {
        self.connections().proxy.way_to(address)
    }

    /// What the latest encrypted connection of this and its clones showed.
    pub fn handshake(&self) -> Handshake {
        self.connections().seen.read()
    }

    /// The same, telling `hook` about each call as it ends.
    pub fn on_call(&self, hook: impl Fn(&CallRecord) + Send + Sync + 'static) -> Self {
        let mut http = self.clone();
        http.hooks.push(Arc::new(hook));
        http
    }

    /// The same, asking `gate` before each request how long nothing may be sent.
    pub fn gated(&self, gate: impl Fn() -> Option<Duration> + Send + Sync + 'static) -> Self {
        let mut http = self.clone();
        http.gate = Some(Arc::new(gate));
        http
    }

    pub(crate) async fn send(&self, request: Request<'_>) -> Result<Answer> {
        if let Some(wait) = self.gate.as_ref().and_then(|gate| gate()) {
            let call = request.call;
            return Err(
                Error::new(ErrorKind::RateLimited, Outcome::NotDone).with(|inner| {
                    inner.retry_after = Some(wait);
                    inner.call = Some(call);
                    inner.context.host = host_of(&request.url);
                }),
            );
        }
        let connections = self.connections();
        let call = request.call;
        let url = request.url.clone();
        let started = Instant::now();
        let mut status = None;
        let result = if !call.leads_to(&url) {
            Err(Error::new(ErrorKind::Refused, Outcome::NotDone).because(Cause::NotListed))
        } else {
            match connections.exchange(request, &mut status).await {
                Err(error) => Err(connections.explain(error, &url).await),
                answer => answer,
            }
        };
        let record = CallRecord {
            call,
            status,
            duration: started.elapsed(),
            rate_limit: result.as_ref().map(rate_limit).unwrap_or_default(),
        };
        tracing::debug!(
            target: "retropress::http",
            method = %call.method,
            path = call.path,
            host = url.host_str(),
            status,
            ms = u64::try_from(record.duration.as_millis()).unwrap_or(u64::MAX),
            "call"
        );
        for hook in &self.hooks {
            hook(&record);
        }
        result.map_err(|error| {
            error.with(|inner| {
                inner.call = Some(call);
                inner.at = Some(at(call, &url));
                inner.status = inner.status.or(status);
                inner.context.host = host_of(&url);
            })
        })
    }
}

impl Connections {
    fn new(options: &HttpOptions) -> Result<Self> {
        let seen = Seen::default();
        let tls = tls::config(
            &options.authorities,
            options.client_certificate.as_ref(),
            &seen,
        )
        .map_err(|error| {
            Error::new(ErrorKind::Certificate, Outcome::NotDone)
                .because(Cause::NoCertificateStore)
                .with(|inner| inner.source = Some(Box::new(error)))
        })?;
        let failed = |error: reqwest::Error| {
            Error::new(ErrorKind::Certificate, Outcome::NotDone)
                .because(Cause::NotTls)
                .with(|inner| inner.source = Some(Box::new(error.without_url())))
        };
        let build = |builder: reqwest::ClientBuilder| {
            builder
                .tls_backend_preconfigured(tls.clone())
                .user_agent(&options.user_agent)
                .connect_timeout(options.connect_timeout)
                .redirect(redirect::Policy::none())
                .referer(false)
                .dns_resolver(Arc::new(SystemResolver))
                .pool_idle_timeout(Duration::from_secs(60))
                .tcp_keepalive(Duration::from_secs(30))
                .build()
                .map_err(failed)
        };
        let remote = reqwest::Client::builder();
        let remote = match &options.proxy {
            ProxyChoice::System => remote,
            ProxyChoice::None => remote.no_proxy(),
            ProxyChoice::Own(own) => {
                let address = own.address().ok_or_else(|| {
                    Error::new(ErrorKind::ProxyRefused, Outcome::NotDone)
                        .because(Cause::ProxyUnreachable)
                        .with(|inner| inner.proxy = Some(own.host.clone()))
                })?;
                remote.proxy(own.to_reqwest(address).map_err(failed)?)
            }
        };
        Ok(Self {
            remote: build(remote)?,
            loopback: build(reqwest::Client::builder().no_proxy())?,
            timeout: options.timeout,
            connect_timeout: options.connect_timeout,
            proxy: options.proxy.clone(),
            shows_certificate: options.client_certificate.is_some(),
            seen,
        })
    }

    async fn exchange(&self, request: Request<'_>, status: &mut Option<u16>) -> Result<Answer> {
        let client = if is_loopback(&request.url) {
            &self.loopback
        } else {
            &self.remote
        };
        let mut timeout = self.timeout;
        let mut builder = client
            .request(request.call.method.clone(), request.url.clone())
            .header(header::ACCEPT, "application/json");
        if let Some(value) = request.authorization {
            builder = builder.header(header::AUTHORIZATION, value);
        }
        builder = match request.payload {
            Payload::Empty => builder,
            Payload::Json(value) => builder.json(value),
            Payload::Form(form) => builder
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form),
            Payload::File(file) => {
                timeout += Duration::from_secs(file.bytes.len() as u64 / SLOWEST_UPLOAD);
                // XSRF protection of the multipart resources; other writes need it with cookies only.
                builder
                    .header("X-Atlassian-Token", "no-check")
                    .multipart(form(file)?)
            }
        };
        let lost = |error| self.lost(error, timeout);
        let mut response = builder.timeout(timeout).send().await.map_err(lost)?;
        *status = Some(response.status().as_u16());
        let mut answer = Answer {
            call: request.call,
            url: request.url,
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body: Vec::new(),
        };
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    let longest = if answer.is_success() {
                        LONGEST_ANSWER
                    } else {
                        LONGEST_FAILURE
                    };
                    let room = longest - answer.body.len();
                    if chunk.len() <= room {
                        answer.body.extend_from_slice(&chunk);
                    } else if answer.is_success() {
                        return Err(Error::new(ErrorKind::Unknown, Outcome::Unknown)
                            .because(Cause::TooLong));
                    } else {
                        answer.body.extend_from_slice(&chunk[..room]);
                        break;
                    }
                }
                Ok(None) => break,
                // The status of a failure says enough; a success is one only when it is whole.
                Err(_) if !answer.is_success() => break,
                Err(error) if error.is_timeout() => return Err(lost(error)),
                Err(error) => {
                    return Err(Error::new(ErrorKind::Unknown, Outcome::Unknown)
                        .because(Cause::Truncated)
                        .with(|inner| inner.source = Some(Box::new(error.without_url()))));
                }
            }
        }
        match self.not_confluence(&answer) {
            Some(error) => Err(error),
            None => Ok(answer),
        }
    }

    /// Answers of what stands between here and Confluence.
    fn not_confluence(&self, answer: &Answer) -> Option<Error> {
        if answer.status == 407 {
            let offers = answer
                .headers
                .get_all(header::PROXY_AUTHENTICATE)
                .iter()
                .filter_map(|value| proxy::scheme(value.to_str().ok()?))
                .collect();
            return Some(
                Error::new(ErrorKind::ProxyRefused, Outcome::NotDone)
                    .because(self.proxy_asks(offers, &answer.url)),
            );
        }
        // nginx takes a connection without the certificate it wants, and says so afterwards; 495 and
        // 496 are its own names for that.
        let text = || answer.text().to_ascii_lowercase();
        let wanted = answer.status == 496
            || answer.status == 400
                && answer.is_html()
                && text().contains("no required ssl certificate was sent");
        let refused = answer.status == 495
            || answer.status == 400
                && answer.is_html()
                && text().contains("the ssl certificate error");
        (answer.url.scheme() == "https" && (wanted || refused)).then(|| {
            Error::new(ErrorKind::Certificate, Outcome::NotDone).because(if wanted {
                Cause::ClientCertificateWanted
            } else {
                Cause::ClientCertificateRefused
            })
        })
    }

    fn proxy_asks(&self, offers: Vec<String>, url: &Url) -> Cause {
        let signed_in = matches!(self.proxy.way_to(url), Way::Proxy { signs_in: true, .. });
        Cause::ProxyAsks { offers, signed_in }
    }

    /// Tells trouble with the proxy from trouble with what is behind it.
    async fn explain(&self, error: Error, url: &Url) -> Error {
        let Way::Proxy { address, .. } = self.proxy.way_to(url) else {
            return error;
        };
        let named = |inner: &mut crate::error::Inner| inner.proxy = Some(address.clone());
        let unsent = error.status().is_none() && error.outcome() == Outcome::NotDone;
        match error.kind() {
            ErrorKind::ProxyRefused if error.cause().is_some() => error.with(named),
            ErrorKind::ProxyRefused => {
                let answer = proxy::ask(&address, url).await;
                let (kind, cause) = match answer {
                    Some(answer) if answer.status == 407 => (
                        ErrorKind::ProxyRefused,
                        Some(self.proxy_asks(answer.offers, url)),
                    ),
                    // It is willing, but cannot reach what is behind it.
                    Some(answer) if matches!(answer.status, 500 | 502..=504) => (
                        ErrorKind::ConnectionRefused,
                        Some(Cause::ProxyCannotReach(answer.status)),
                    ),
                    Some(answer) if (400..500).contains(&answer.status) => (
                        ErrorKind::ProxyRefused,
                        Some(Cause::ProxyForbids(answer.status)),
                    ),
                    _ => (ErrorKind::ProxyRefused, None),
                };
                error.with(|inner| {
                    inner.kind = kind;
                    inner.cause = cause;
                    named(inner);
                })
            }
            ErrorKind::NoSuchHost
            | ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionLost
            | ErrorKind::TimedOut
                if unsent =>
            {
                error.because(Cause::ProxyUnreachable).with(named)
            }
            _ => error,
        }
    }

    /// What a failure without an answer means. Until the connection stands nothing was sent, so all
    /// that is surely not done; after that nobody knows.
    fn lost(&self, error: reqwest::Error, timeout: Duration) -> Error {
        let error = error.without_url();
        let connecting = error.is_connect() || error.is_builder();
        // A server that ends the handshake over a certificate has not read a request.
        let ours = self.certificate_alert(&error);
        let outcome = if connecting || ours.is_some() {
            Outcome::NotDone
        } else {
            Outcome::Unknown
        };
        let (kind, cause) = if let Some(cause) = ours.or_else(|| tls_cause(&error)) {
            (ErrorKind::Certificate, Some(cause))
        } else if find::<NotFound>(&error).is_some() {
            (ErrorKind::NoSuchHost, None)
        } else if says(&error, "tunnel error")
            && !says(&error, "failed to create underlying connection")
        {
            (ErrorKind::ProxyRefused, None)
        } else if error.is_timeout() {
            (ErrorKind::TimedOut, None)
        } else if connecting {
            match find::<io::Error>(&error).map(io::Error::kind) {
                Some(io::ErrorKind::TimedOut) => (ErrorKind::TimedOut, None),
                Some(
                    io::ErrorKind::NetworkUnreachable
                    | io::ErrorKind::HostUnreachable
                    | io::ErrorKind::NetworkDown,
                ) => (ErrorKind::ConnectionRefused, Some(Cause::NotConnected)),
                Some(io::ErrorKind::ConnectionRefused) => (ErrorKind::ConnectionRefused, None),
                _ => (ErrorKind::ConnectionLost, None),
            }
        } else {
            (ErrorKind::ConnectionLost, None)
        };
        Error::new(kind, outcome).with(|inner| {
            inner.cause = cause;
            inner.waited = (kind == ErrorKind::TimedOut).then_some(if connecting {
                self.connect_timeout
            } else {
                timeout
            });
            inner.source = Some(Box::new(error));
        })
    }

    /// The server ended the connection over the certificate of this computer, or the lack of one.
    fn certificate_alert(&self, error: &reqwest::Error) -> Option<Cause> {
        use rustls::AlertDescription as Alert;
        if !self.seen.read().asked_for_certificate {
            return None;
        }
        match find::<rustls::Error>(error)? {
            rustls::Error::AlertReceived(
                Alert::CertificateRequired
                | Alert::HandshakeFailure
                | Alert::BadCertificate
                | Alert::UnsupportedCertificate
                | Alert::CertificateUnknown
                | Alert::CertificateExpired
                | Alert::CertificateRevoked
                | Alert::UnknownCA
                // What a signature by another authority of the same name comes to.
                | Alert::DecryptError
                | Alert::AccessDenied,
            ) => Some(if self.shows_certificate {
                Cause::ClientCertificateRefused
            } else {
                Cause::ClientCertificateWanted
            }),
            _ => None,
        }
    }
}

/// `X-RateLimit-…` of both Cloud and Data Center.
fn rate_limit(answer: &Answer) -> RateLimit {
    let number = |name| answer.header(name).and_then(|it| it.trim().parse().ok());
    RateLimit {
        limit: number("x-ratelimit-limit"),
        remaining: number("x-ratelimit-remaining"),
        near: answer
            .header("x-ratelimit-nearlimit")
            .is_some_and(|it| it.trim().eq_ignore_ascii_case("true")),
    }
}

/// The multipart body of an upload. The file name goes as plain UTF-8, and the comment names its
/// character set: without it Cloud takes it for Latin-1.
fn form(file: &crate::Upload) -> Result<multipart::Form> {
    let refused = |cause| Error::new(ErrorKind::Refused, Outcome::Final).because(cause);
    let name = &file.file_name;
    if name.is_empty() || name.chars().count() > 255 || name.chars().any(char::is_control) {
        return Err(refused(Cause::BadFileName));
    }
    let text = |value: String| {
        multipart::Part::text(value)
            .mime_str("text/plain; charset=utf-8")
            .map_err(|_| refused(Cause::BadFileName))
    };
    let bytes = multipart::Part::bytes(file.bytes.clone())
        .file_name(name.clone())
        .mime_str(&file.media_type)
        .map_err(|_| refused(Cause::BadFileName))?;
    Ok(multipart::Form::new()
        .percent_encode_noop()
        .part("file", bytes)
        .part("minorEdit", text("true".to_owned())?)
        .part("comment", text(file.comment.clone())?))
}

/// Method and address without query and fragment.
pub(crate) fn at(call: &Call, url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    format!("{} {url}", call.method)
}

/// Host, with the port where it is not the usual one.
pub(crate) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// What is sent there can be read on the way. To this computer itself there is no way.
pub fn is_in_the_clear(url: &Url) -> bool {
    url.scheme() == "http" && !is_loopback(url)
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name.eq_ignore_ascii_case("localhost")
                || name.to_ascii_lowercase().ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).to_canonical().is_loopback(),
        None => false,
    }
}

/// The operating system's resolver, with a failure that can be told from all others.
struct SystemResolver;

#[derive(Debug, thiserror::Error)]
#[error("no address for this name")]
struct NotFound(#[source] io::Error);

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses = tokio::net::lookup_host((name.as_str(), 0))
                .await
                .map_err(NotFound)?;
            let addresses: Vec<_> = addresses.collect();
            if addresses.is_empty() {
                return Err(NotFound(io::ErrorKind::NotFound.into()).into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Walks an error and its sources; an `io::Error` hides what it wraps from `source`, so look inside.
fn walk<'a>(
    error: &'a (dyn StdError + 'static),
    visit: &mut dyn FnMut(&'a (dyn StdError + 'static)) -> bool,
) {
    let mut next = Some(error);
    while let Some(error) = next {
        if visit(error) {
            return;
        }
        if let Some(wrapped) = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            return walk(wrapped, visit);
        }
        next = error.source();
    }
}

fn find<T: StdError + 'static>(error: &reqwest::Error) -> Option<&T> {
    let mut found = None;
    walk(error, &mut |error| {
        found = error.downcast_ref::<T>();
        found.is_some()
    });
    found
}

fn says(error: &reqwest::Error, text: &str) -> bool {
    let mut said = false;
    walk(error, &mut |error| {
        said = error.to_string().contains(text);
        said
    });
    said
}

fn tls_cause(error: &reqwest::Error) -> Option<Cause> {
    use rustls::{CertificateError, Error as Tls};
    Some(match find::<Tls>(error)? {
        Tls::InvalidCertificate(error) => match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                Cause::CertificateExpired
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Cause::CertificateNotYetValid
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Cause::CertificateOtherName
            }
            CertificateError::Revoked => Cause::CertificateRevoked,
            CertificateError::Other(other) => Cause::UntrustedIssuer(
                other
                    .0
                    .downcast_ref::<tls::Untrusted>()
                    .map(|it| it.issuer.clone()),
            ),
            _ => Cause::UntrustedIssuer(None),
        },
        _ => Cause::NotTls,
    })
}
