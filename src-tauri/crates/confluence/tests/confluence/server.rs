//! A server on loopback that answers by a function and records each request.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use retropress_confluence::{
    Client, Credential, Edition, Endpoints, Http, HttpOptions, ProxyChoice, Route, SecretString,
    Site, SpaceRef, Url,
};
use serde_json::Value;

#[derive(Debug, Clone)]
pub struct Recorded {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Recorded {
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// All values of one query parameter.
    pub fn asked(&self, name: &str) -> Vec<String> {
        let url = Url::parse(&format!("http://x/?{}", self.query)).unwrap();
        url.query_pairs()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
            .collect()
    }
}

#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

pub fn json(status: u16, body: Value) -> Reply {
    text(status, "application/json", body.to_string())
}

pub fn html(status: u16, body: &str) -> Reply {
    text(status, "text/html;charset=UTF-8", body)
}

pub fn text(status: u16, media_type: &str, body: impl Into<String>) -> Reply {
    Reply {
        status,
        headers: vec![("content-type", media_type.to_owned())],
        body: body.into().into_bytes(),
    }
}

pub fn status(status: u16) -> Reply {
    Reply {
        status,
        headers: Vec::new(),
        body: Vec::new(),
    }
}

pub struct Server {
    pub url: Url,
    requests: Arc<Mutex<Vec<Recorded>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub async fn start(answer: impl Fn(&Recorded) -> Reply + Send + Sync + 'static) -> Self {
        let requests: Arc<Mutex<Vec<Recorded>>> = Arc::default();
        let log = requests.clone();
        let answer = Arc::new(answer);
        let router = Router::new().fallback(move |request: Request| {
            let (log, answer) = (log.clone(), answer.clone());
            async move {
                let (parts, body) = request.into_parts();
                let recorded = Recorded {
                    method: parts.method.to_string(),
                    path: parts.uri.path().to_owned(),
                    query: parts.uri.query().unwrap_or_default().to_owned(),
                    headers: parts.headers,
                    body: to_bytes(body, usize::MAX).await.unwrap().to_vec(),
                };
                let reply = answer(&recorded);
                log.lock().unwrap().push(recorded);
                let mut response = Response::new(Body::from(reply.body));
                *response.status_mut() = StatusCode::from_u16(reply.status).unwrap();
                for (name, value) in reply.headers {
                    response.headers_mut().insert(name, value.parse().unwrap());
                }
                response
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url,
            requests,
            task,
        }
    }

    /// One that gives the same answer to everything.
    pub async fn always(reply: Reply) -> Self {
        Self::start(move |_| reply.clone()).await
    }

    pub fn requests(&self) -> Vec<Recorded> {
        self.requests.lock().unwrap().clone()
    }

    pub fn lines(&self) -> Vec<String> {
        self.requests().iter().map(Recorded::line).collect()
    }

    pub fn only(&self) -> Recorded {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "{:?}", self.lines());
        requests.into_iter().next().unwrap()
    }

    pub fn below(&self, path: &str) -> Url {
        self.url.join(path).unwrap()
    }
}

pub fn http() -> Http {
    Http::new(&HttpOptions {
        proxy: ProxyChoice::None,
        ..HttpOptions::default()
    })
    .unwrap()
}

pub fn secret(text: &str) -> SecretString {
    SecretString::from(text.to_owned())
}

pub fn api_token() -> Credential {
    Credential::ApiToken {
        email: "ada@example.com".into(),
        token: secret("tok-en"),
    }
}

pub fn pat() -> Credential {
    Credential::PersonalAccessToken {
        token: secret("pat-secret"),
    }
}

pub fn password() -> Credential {
    Credential::Basic {
        username: "ada".into(),
        password: secret("pass word"),
    }
}

pub fn cloud_site(server: &Server) -> Site {
    Site {
        base_url: server.below("/wiki"),
        edition: Edition::Cloud,
        version: None,
        cloud_id: Some("c-1".into()),
        name: "x.example".into(),
    }
}

pub fn data_center_site(server: &Server, version: &str) -> Site {
    Site {
        base_url: server.below("/confluence"),
        edition: Edition::DataCenter,
        version: Some(version.into()),
        cloud_id: None,
        name: "wiki.example".into(),
    }
}

pub fn gateway(server: &Server) -> Endpoints {
    Endpoints {
        gateway: server.url.clone(),
        ..Endpoints::default()
    }
}

pub fn cloud(server: &Server) -> Client {
    Client::new(
        &http(),
        cloud_site(server),
        api_token(),
        gateway(server),
        Route::Site,
    )
}

pub fn through_gateway(server: &Server) -> Client {
    Client::new(
        &http(),
        cloud_site(server),
        api_token(),
        gateway(server),
        Route::Gateway,
    )
}

pub fn data_center(server: &Server) -> Client {
    Client::new(
        &http(),
        data_center_site(server, "9.2.7"),
        pat(),
        gateway(server),
        Route::Site,
    )
}

pub fn space() -> SpaceRef {
    SpaceRef {
        id: "98309".into(),
        key: "PAY".into(),
        homepage_id: Some("100".into()),
    }
}

/// The parts of a multipart body: headers and content.
pub fn parts(request: &Recorded) -> Vec<(String, Vec<u8>)> {
    let kind = request.header("content-type").unwrap();
    let boundary = kind.split("boundary=").nth(1).unwrap();
    let marker = format!("--{boundary}").into_bytes();
    let mut rest = request.body.as_slice();
    let mut found = Vec::new();
    let position =
        |hay: &[u8], needle: &[u8]| hay.windows(needle.len()).position(|part| part == needle);
    rest = &rest[position(rest, &marker).unwrap() + marker.len()..];
    while !rest.starts_with(b"--") {
        let end = position(rest, &marker).unwrap();
        let part = &rest[2..end - 2];
        let blank = position(part, b"\r\n\r\n").unwrap();
        found.push((
            String::from_utf8(part[..blank].to_vec()).unwrap(),
            part[blank + 4..].to_vec(),
        ));
        rest = &rest[end + marker.len()..];
    }
    found
}
