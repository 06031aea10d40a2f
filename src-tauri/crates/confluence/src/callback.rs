//! Where the browser brings a consent page's answer: a listener on loopback, for one sign-in.
//!
//! Anybody on this computer, and any page in its browser, can talk to it. So it takes nothing but a
//! `GET` of its one path, at its one host, with the state of the page that was opened; anything else
//! gets an answer and changes nothing.

use std::{
    collections::VecDeque,
    convert::Infallible,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{self, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use secrecy::{ExposeSecret, SecretString};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    task::AbortHandle,
};
use url::Url;

/// The one path.
const PATH: &str = "/callback";

/// A browser sends a line and its headers at once.
const SLOWEST_REQUEST: Duration = Duration::from_secs(5);
/// For request line and headers together; a code of Atlassian has some hundred characters.
const LONGEST_REQUEST: usize = 16 * 1024;
/// One more makes the oldest go, so that nobody keeps the browser out by holding connections.
const MOST_CONNECTIONS: usize = 64;
/// For writing the page that the user sees last.
const LAST_PAGE: Duration = Duration::from_secs(2);

/// What the consent page answered.
pub enum Answered {
    Code(SecretString),
    /// The user pressed Cancel or Deny there.
    Cancelled,
    /// It could not be shown, or something is wrong with the app: `error` and its description, in the
    /// server's words.
    Failed {
        error: String,
        description: String,
    },
}

/// Why an address is not the answer that is waited for. None of these ends a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotTheAnswer {
    /// Neither a code nor an error is in it.
    Nothing,
    /// The state is missing or that of another sign-in.
    OtherSignIn,
    /// A parameter comes twice.
    Doubled,
}

/// Where the browser is sent: `http://localhost:{port}/callback`.
pub fn redirect_address(port: u16) -> Url {
    #[expect(clippy::expect_used, reason = "a number makes no address invalid")]
    Url::parse(&format!("http://localhost:{port}{PATH}")).expect("a valid address")
}

/// Reads the answer from the address the browser ended on.
pub fn read_answer(address: &Url, state: &SecretString) -> Result<Answered, NotTheAnswer> {
    let parameter = |name: &str| {
        let mut values = address.query_pairs().filter(|(key, _)| key == name);
        let value = values.next().map(|(_, value)| value.into_owned());
        match values.next() {
            Some(_) => Err(NotTheAnswer::Doubled),
            None => Ok(value.filter(|value| !value.is_empty())),
        }
    };
    let (code, error) = (parameter("code")?, parameter("error")?);
    let description = parameter("error_description")?;
    if parameter("state")?.as_deref() != Some(state.expose_secret()) {
        return Err(match (&code, &error) {
            (None, None) => NotTheAnswer::Nothing,
            _ => NotTheAnswer::OtherSignIn,
        });
    }
    match (code, error) {
        (_, Some(error)) if error == "access_denied" => Ok(Answered::Cancelled),
        (_, Some(error)) => Ok(Answered::Failed {
            error,
            description: description.unwrap_or_default(),
        }),
        (Some(code), None) => Ok(Answered::Code(SecretString::from(code))),
        (None, None) => Err(NotTheAnswer::Nothing),
    }
}

/// The listener. Dropping it, or the future of [`Callback::answer`], frees the port.
pub struct Callback {
    first: TcpListener,
    second: Option<TcpListener>,
    port: u16,
}

impl Callback {
    /// Takes the port on loopback, for both families, since `localhost` may mean either.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::AddrInUse`] when either is taken: the browser might bring its answer to
    /// whoever took it.
    pub async fn listen(port: u16) -> io::Result<Self> {
        let at = |ip: IpAddr| TcpListener::bind(SocketAddr::new(ip, port));
        let first = at(Ipv4Addr::LOCALHOST.into()).await;
        let second = at(Ipv6Addr::LOCALHOST.into()).await;
        let missing = |problem: &io::Error| {
            // A computer may have one family only.
            problem.kind() == io::ErrorKind::AddrNotAvailable
                || problem.kind() == io::ErrorKind::Unsupported
                || matches!(problem.raw_os_error(), Some(97 | 10047 | 47))
        };
        let (first, second) = match (first, second) {
            (Ok(first), Ok(second)) => (first, Some(second)),
            (Ok(only), Err(problem)) | (Err(problem), Ok(only)) if missing(&problem) => {
                (only, None)
            }
            (Err(problem), _) | (_, Err(problem)) => return Err(problem),
        };
        Ok(Self {
            first,
            second,
            port,
        })
    }

    /// Waits for the answer to the page with this state, however long it takes.
    ///
    /// The port is free when this returns, and the browser has its last page.
    pub async fn answer(self, state: SecretString) -> Answered {
        let (sender, mut answered) = mpsc::channel(1);
        let door = Arc::new(Door {
            host: format!("localhost:{}", self.port),
            state,
            taken: AtomicBool::new(false),
            sender,
        });
        let mut open = Connections::default();
        let (answer, shown) = loop {
            tokio::select! {
                Some(answer) = answered.recv() => break answer,
                connection = self.accept() => match connection {
                    Ok(connection) => open.add(&door, connection),
                    // Out of file descriptors, most likely: not worth a busy loop.
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                },
            }
        };
        drop(self);
        let _ = tokio::time::timeout(LAST_PAGE, shown).await;
        answer
    }

    async fn accept(&self) -> io::Result<tokio::net::TcpStream> {
        let accepted = match &self.second {
            Some(second) => tokio::select! {
                accepted = self.first.accept() => accepted,
                accepted = second.accept() => accepted,
            },
            None => self.first.accept().await,
        };
        accepted.map(|(connection, _)| connection)
    }
}

/// The connections that are open; all of them end with this.
#[derive(Default)]
struct Connections(VecDeque<AbortHandle>);

impl Connections {
    fn add(&mut self, door: &Arc<Door>, connection: tokio::net::TcpStream) {
        self.0.retain(|open| !open.is_finished());
        if self.0.len() >= MOST_CONNECTIONS
            && let Some(oldest) = self.0.pop_front()
        {
            oldest.abort();
        }
        let door = door.clone();
        let task = tokio::spawn(async move {
            let (ended, shown) = oneshot::channel::<()>();
            let shown = std::sync::Mutex::new(Some(shown));
            let service = service_fn(|request| {
                let response = door.answer(&request, &shown);
                async move { Ok::<_, Infallible>(response) }
            });
            // However it ends: whoever was on the other side, nobody waits for the reason.
            let _ = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(SLOWEST_REQUEST)
                .max_buf_size(LONGEST_REQUEST)
                .keep_alive(false)
                .serve_connection(TokioIo::new(connection), service)
                .await;
            drop(ended);
        });
        self.0.push_back(task.abort_handle());
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        for open in &self.0 {
            open.abort();
        }
    }
}

/// What every connection is measured by.
struct Door {
    host: String,
    state: SecretString,
    taken: AtomicBool,
    sender: mpsc::Sender<(Answered, oneshot::Receiver<()>)>,
}

/// The end of the connection that brought the answer.
type Shown = std::sync::Mutex<Option<oneshot::Receiver<()>>>;

impl Door {
    fn answer(&self, request: &Request<Incoming>, shown: &Shown) -> Response<Full<Bytes>> {
        let mut hosts = request.headers().get_all(header::HOST).iter();
        let host_is_ours = hosts.next().is_some_and(|host| host == self.host.as_str())
            && hosts.next().is_none()
            && request
                .uri()
                .authority()
                .is_none_or(|it| it.as_str() == self.host);
        if !host_is_ours {
            return page(StatusCode::MISDIRECTED_REQUEST, "Not this address", NOTHING);
        }
        if request.uri().path() != PATH {
            return page(StatusCode::NOT_FOUND, "Nothing here", NOTHING);
        }
        if request.method() != Method::GET {
            let mut refused = page(StatusCode::METHOD_NOT_ALLOWED, "Not this way", NOTHING);
            refused
                .headers_mut()
                .insert(header::ALLOW, HeaderValue::from_static("GET"));
            return refused;
        }
        let address = format!(
            "http://{}{PATH}?{}",
            self.host,
            request.uri().query().unwrap_or_default()
        );
        let answer = Url::parse(&address)
            .map_err(|_| NotTheAnswer::Nothing)
            .and_then(|address| read_answer(&address, &self.state));
        let answer = match answer {
            Ok(answer) => answer,
            Err(NotTheAnswer::OtherSignIn) => {
                return page(
                    StatusCode::BAD_REQUEST,
                    "Not the sign-in Retropress waits for",
                    "This page belongs to an older sign-in. Go back to Retropress and use the page it opened last.",
                );
            }
            Err(NotTheAnswer::Nothing | NotTheAnswer::Doubled) => {
                return page(StatusCode::BAD_REQUEST, "Nothing in this address", NOTHING);
            }
        };
        if self.taken.swap(true, Ordering::SeqCst) {
            return page(
                StatusCode::GONE,
                "Already used",
                "Retropress has this answer already. You can close this tab.",
            );
        }
        let response = match &answer {
            Answered::Code(_) => page(
                StatusCode::OK,
                "Back to Retropress",
                "Retropress has the answer and goes on by itself. You can close this tab.",
            ),
            Answered::Cancelled => page(
                StatusCode::OK,
                "Sign-in cancelled",
                "Nothing was allowed. You can close this tab and go back to Retropress.",
            ),
            Answered::Failed { .. } => page(
                StatusCode::OK,
                "The sign-in did not work",
                "Retropress shows the reason. You can close this tab and go back to it.",
            ),
        };
        let shown = shown
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take();
        if let Some(shown) = shown {
            // The channel has room for one, and this is the one.
            let _ = self.sender.try_send((answer, shown));
        }
        response
    }
}

const NOTHING: &str = "Retropress listens here while you sign in. Nothing was taken.";

/// A page of fixed words: nothing that was sent comes back in it.
fn page(status: StatusCode, title: &'static str, text: &'static str) -> Response<Full<Bytes>> {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{title} - Retropress</title>\n<h1>{title}</h1>\n<p>{text}</p>\n</html>\n"
    );
    let mut response = Response::new(Full::new(Bytes::from(html)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
