//! HTTP as this crate speaks it: no redirects, no cookies, bounded answers, no credential in a log.

use std::{
    error::Error as StdError,
    fmt, io,
    net::IpAddr,
    sync::Arc,
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
    error::{Cause, Error, ErrorKind, Outcome},
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
}

/// How to get out of the building. Loopback never goes through a proxy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ProxyChoice {
    /// What the operating system says; environment variables on Linux.
    #[default]
    System,
    None,
    At(Url),
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(20),
            user_agent: concat!("Retropress/", env!("CARGO_PKG_VERSION")).to_owned(),
            proxy: ProxyChoice::System,
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
}

type Hook = Arc<dyn Fn(&CallRecord) + Send + Sync>;

/// The way to the network. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Http {
    remote: reqwest::Client,
    /// Never through a proxy.
    loopback: reqwest::Client,
    timeout: Duration,
    connect_timeout: Duration,
    hooks: Vec<Hook>,
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
    /// When the platform's certificate store cannot be opened.
    pub fn new(options: &HttpOptions) -> Result<Self> {
        let failed = |error: reqwest::Error| {
            Error::new(ErrorKind::Certificate, Outcome::NotDone)
                .because(Cause::NotTls)
                .with(|inner| inner.source = Some(Box::new(error.without_url())))
        };
        let build = |builder: reqwest::ClientBuilder| {
            builder
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
            ProxyChoice::At(address) => {
                remote.proxy(reqwest::Proxy::all(address.clone()).map_err(failed)?)
            }
        };
        Ok(Self {
            remote: build(remote)?,
            loopback: build(reqwest::Client::builder().no_proxy())?,
            timeout: options.timeout,
            connect_timeout: options.connect_timeout,
            hooks: Vec::new(),
        })
    }

    /// The same, telling `hook` about each call as it ends.
    pub fn on_call(&self, hook: impl Fn(&CallRecord) + Send + Sync + 'static) -> Self {
        let mut http = self.clone();
        http.hooks.push(Arc::new(hook));
        http
    }

    pub(crate) async fn send(&self, request: Request<'_>) -> Result<Answer> {
        let call = request.call;
        let url = request.url.clone();
        let started = Instant::now();
        let mut status = None;
        let result = self.exchange(request, &mut status).await;
        let record = CallRecord {
            call,
            status,
            duration: started.elapsed(),
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
        Ok(answer)
    }

    /// What a failure without an answer means. Until the connection stands nothing was sent, so all
    /// that is surely not done; after that nobody knows.
    fn lost(&self, error: reqwest::Error, timeout: Duration) -> Error {
        let error = error.without_url();
        let connecting = error.is_connect() || error.is_builder();
        let outcome = if connecting {
            Outcome::NotDone
        } else {
            Outcome::Unknown
        };
        let (kind, cause) = if let Some(cause) = tls_cause(&error) {
            (ErrorKind::Certificate, Some(cause))
        } else if find::<NotFound>(&error).is_some() {
            (ErrorKind::NoSuchHost, None)
        } else if says(&error, "proxy authorization required") || says(&error, "tunnel error") {
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
            _ => Cause::UntrustedIssuer,
        },
        _ => Cause::NotTls,
    })
}
