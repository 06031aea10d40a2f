//! From a connection to an answer: loopback alone, faults, the record.

use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, Response};
use chrono::Utc;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Frame, Incoming as Received};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use crate::faults::{Fault, Incoming, What};
use crate::rate_limit;
use crate::record::{Host, Recorded};
use crate::sign_in;
use crate::web;
use crate::world::World;

/// A request's body may be this large, in bytes.
const LARGEST_REQUEST: usize = 256 * 1024 * 1024;

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("cut by the script of faults")]
struct Cut;

/// Opens a port on loopback: on IPv4, and on IPv6 where there is one, so that
/// `localhost` finds it either way. Port 0 takes any that is free on both.
pub(crate) async fn bind(port: u16) -> std::io::Result<(u16, Vec<TcpListener>)> {
    let mut tries = 0;
    loop {
        let first = listen(IpAddr::V4(Ipv4Addr::LOCALHOST), port)?;
        let bound = first.local_addr()?.port();
        match listen(IpAddr::V6(Ipv6Addr::LOCALHOST), bound) {
            Ok(second) => return Ok((bound, vec![first, second])),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                tries += 1;
                if port != 0 || tries > 50 {
                    return Err(error);
                }
            }
            // This computer has no IPv6.
            Err(_) => return Ok((bound, vec![first])),
        }
    }
}

fn listen(address: IpAddr, port: u16) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // On Windows this option would let two programs share the port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::new(address, port))?;
    socket.listen(256)
}

/// One of the sandbox's hosts, open to connections until it is dropped.
#[derive(Debug)]
pub(crate) struct Door {
    pub host: Host,
    pub port: u16,
    router: Router,
    world: Arc<World>,
    tasks: JoinSet<()>,
    closing: watch::Sender<bool>,
}

impl Door {
    pub fn open(
        host: Host,
        port: u16,
        sockets: Vec<TcpListener>,
        router: Router,
        world: Arc<World>,
    ) -> Door {
        let mut door = Door {
            host,
            port,
            router,
            world,
            tasks: JoinSet::new(),
            closing: watch::Sender::new(false),
        };
        door.accept(sockets);
        door
    }

    fn accept(&mut self, sockets: Vec<TcpListener>) {
        for socket in sockets {
            let (router, world) = (self.router.clone(), Arc::clone(&self.world));
            let (host, closing) = (self.host, self.closing.subscribe());
            self.tasks
                .spawn(connections(socket, host, router, world, closing));
        }
    }

    /// Whether anything listens; while nothing does, connections are refused.
    pub fn is_open(&self) -> bool {
        !self.tasks.is_empty()
    }

    /// Stops listening and closes every connection.
    pub async fn close(&mut self) {
        self.closing.send_replace(true);
        self.tasks.shutdown().await;
    }

    /// Listens again on the same port.
    pub async fn reopen(&mut self) -> std::io::Result<()> {
        if self.is_open() {
            return Ok(());
        }
        let (_, sockets) = bind(self.port).await?;
        self.closing.send_replace(false);
        self.accept(sockets);
        Ok(())
    }
}

async fn connections(
    socket: TcpListener,
    host: Host,
    router: Router,
    world: Arc<World>,
    closing: watch::Receiver<bool>,
) {
    // Dropped with this task, and all connections with it.
    let mut open = JoinSet::new();
    loop {
        while open.try_join_next().is_some() {}
        let Ok((stream, _)) = socket.accept().await else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (router, world, closing) = (router.clone(), Arc::clone(&world), closing.clone());
        open.spawn(async move {
            let service = service_fn(move |request| {
                answer(
                    host,
                    request,
                    router.clone(),
                    Arc::clone(&world),
                    closing.clone(),
                )
            });
            // An error here is a client that went away, or a cut that was asked for.
            let _ = http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// A page of another site that was given this address by its name server must
/// not reach the sandbox: only loopback's own names are answered.
fn is_loopback(headers: &HeaderMap) -> bool {
    let host = headers.get("host").and_then(|value| value.to_str().ok());
    let Some(host) = host else {
        return false;
    };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1" || name == "[::1]"
}

async fn answer(
    host: Host,
    request: Request<Received>,
    router: Router,
    world: Arc<World>,
    mut closing: watch::Receiver<bool>,
) -> Result<Response<Body>, Cut> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, LARGEST_REQUEST).collect().await else {
        return Ok(web::answer(413, "text/plain", b"Too large".to_vec()));
    };
    let request = Request::from_parts(parts, body.to_bytes());
    // In a task of its own: a server goes on with a request whose client has
    // hung up.
    let work = tokio::spawn(async move {
        tokio::select! {
            _ = closing.wait_for(|closing| *closing) => Outcome::Cut,
            outcome = exchange(host, request, router, world) => outcome,
        }
    });
    match work.await {
        Ok(Outcome::Answer(response)) => Ok(*response),
        Ok(Outcome::Hang) => std::future::pending().await,
        Ok(Outcome::Cut) | Err(_) => Err(Cut),
    }
}

enum Outcome {
    Answer(Box<Response<Body>>),
    Cut,
    Hang,
}

async fn exchange(
    host: Host,
    request: Request<Bytes>,
    router: Router,
    world: Arc<World>,
) -> Outcome {
    let number = world
        .record
        .begin(written_down(host, &request, &world).await);
    if !is_loopback(request.headers()) {
        let refused = web::answer(
            421,
            "text/plain",
            b"The sandbox answers on localhost alone.".to_vec(),
        );
        return finish(&world, number, refused, false);
    }
    let delay = world.switches().delay;
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let fault = world.faults.due(&Incoming {
        host,
        method: request.method().as_str(),
        path: request.uri().path(),
        query: request.uri().query().unwrap_or_default(),
        body: request.body(),
    });
    if let Some(fault) = &fault {
        world
            .record
            .change(number, |r| r.fault = Some(fault.to_string()));
    }
    if let Some(fault) = &fault
        && !fault.handled
    {
        match &fault.what {
            What::Delay(time) => tokio::time::sleep(*time).await,
            other => return played(&world, number, other, None).await,
        }
    }
    let limit = rate_limit::count(&world, host, request.uri().path());
    let mut response = match limit.and_then(|limit| limit.refusal()) {
        Some(refused) => refused,
        None => match router.oneshot(request.map(Body::from)).await {
            Ok(response) => response,
            Err(never) => {
                let never: Infallible = never;
                match never {}
            }
        },
    };
    if let Some(limit) = limit {
        limit.tell(&mut response);
    }
    world.record.change(number, |r| r.handled = true);
    match fault {
        Some(Fault {
            handled: true,
            what,
        }) => played(&world, number, &what, Some(response)).await,
        _ => finish(&world, number, response, true),
    }
}

fn finish(world: &World, number: usize, response: Response<Body>, handled: bool) -> Outcome {
    let status = response.status().as_u16();
    world.record.change(number, |r| {
        r.status = Some(status);
        r.handled = handled;
    });
    Outcome::Answer(Box::new(response))
}

async fn played(
    world: &World,
    number: usize,
    what: &What,
    response: Option<Response<Body>>,
) -> Outcome {
    let handled = response.is_some();
    match what {
        What::Cut => Outcome::Cut,
        What::Hang => Outcome::Hang,
        What::Delay(time) => {
            tokio::time::sleep(*time).await;
            match response {
                Some(response) => finish(world, number, response, handled),
                None => Outcome::Cut,
            }
        }
        What::CutInAnswer => {
            let Some(response) = response else {
                return Outcome::Cut;
            };
            let (mut parts, body) = response.into_parts();
            let Ok(body) = body.collect().await else {
                return Outcome::Cut;
            };
            let whole = body.to_bytes();
            // An answer without a body has no middle; its head is the cut.
            if whole.is_empty() {
                return Outcome::Cut;
            }
            parts.headers.insert("content-length", whole.len().into());
            let body = Body::new(Half::new(whole.slice(..whole.len() / 2)));
            finish(world, number, Response::from_parts(parts, body), handled)
        }
        What::Answer {
            status,
            headers,
            body,
        } => {
            let mut response = web::answer(*status, "text/plain", body.clone().into_bytes());
            for (name, value) in headers {
                let name = axum::http::HeaderName::from_bytes(name.as_bytes());
                let value = axum::http::HeaderValue::from_str(value);
                if let (Ok(name), Ok(value)) = (name, value) {
                    response.headers_mut().insert(name, value);
                }
            }
            finish(world, number, response, handled)
        }
    }
}

async fn written_down(host: Host, request: &Request<Bytes>, world: &World) -> Recorded {
    let kind = sign_in::presented(world, request.headers()).kind();
    let headers = request
        .headers()
        .iter()
        .map(|(name, value)| {
            let shown = match name.as_str() {
                "authorization" => kind.to_owned(),
                "cookie" | "proxy-authorization" => "(credentials)".to_owned(),
                _ => String::from_utf8_lossy(value.as_bytes()).into_owned(),
            };
            (name.as_str().to_owned(), shown)
        })
        .collect();
    let parts = crate::attachments::parts(request.headers(), request.body()).await;
    let is_token = request.uri().path().ends_with("/token");
    let body = if is_token {
        without_secrets(request.headers(), request.body())
    } else {
        request.body().clone()
    };
    Recorded {
        at: Utc::now(),
        host,
        method: request.method().as_str().to_owned(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        headers,
        body,
        parts: parts.unwrap_or_default(),
        status: None,
        handled: false,
        fault: None,
    }
}

/// A request for a token, with its secrets replaced by what they are.
fn without_secrets(headers: &HeaderMap, body: &Bytes) -> Bytes {
    let shown = |name: &str| match name {
        "client_secret" => Some("(client secret)"),
        "refresh_token" => Some("(refresh token)"),
        "code" => Some("(code)"),
        "code_verifier" => Some("(code verifier)"),
        _ => None,
    };
    if let Some(serde_json::Value::Object(mut sent)) = web::body(body) {
        for (name, value) in &mut sent {
            if let Some(shown) = shown(name) {
                *value = shown.into();
            }
        }
        return serde_json::Value::Object(sent).to_string().into();
    }
    if !web::is_form(headers) {
        return Bytes::from_static(b"(unreadable)");
    }
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in web::Query::from_form(body).0 {
        form.append_pair(&name, shown(&name).unwrap_or(&value));
    }
    form.finish().into()
}

/// The first half of a body, and then an error, which makes the server close
/// the connection.
struct Half {
    bytes: Option<Bytes>,
    /// So that the half is on its way before the connection is closed.
    pause: Pin<Box<tokio::time::Sleep>>,
}

impl Half {
    fn new(bytes: Bytes) -> Half {
        Half {
            bytes: Some(bytes),
            pause: Box::pin(tokio::time::sleep(Duration::from_millis(30))),
        }
    }
}

impl hyper::body::Body for Half {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        if let Some(bytes) = self.bytes.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match self.pause.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Some(Err(Cut))),
            Poll::Pending => Poll::Pending,
        }
    }
}
