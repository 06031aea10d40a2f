//! A sandbox and a plain HTTP client, for the tests of this folder.
#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, reason = "test code")]

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use retropress_sandbox::{Credentials, Options, Sandbox};
use serde_json::{Value, json};

pub const CLOUD_ID: &str = "5a11db0c-0000-4000-8000-c0ffee000001";

pub struct Tried {
    pub sandbox: Sandbox,
    pub http: Client,
    pub who: Credentials,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Told {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Told {
    #[track_caller]
    pub fn is(self, status: u16) -> Told {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
    }

    /// The title of the first error of REST v2.
    pub fn title(&self) -> String {
        self.json()["errors"][0]["title"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

pub async fn tell(request: RequestBuilder) -> Told {
    let response = request.send().await.unwrap();
    Told {
        status: response.status(),
        headers: response.headers().clone(),
        text: response.text().await.unwrap(),
    }
}

impl Tried {
    pub async fn start() -> Tried {
        Tried::with(Options::default()).await
    }

    pub async fn with(options: Options) -> Tried {
        let sandbox = Sandbox::start(options).await.unwrap();
        let http = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        let who = sandbox.credentials();
        Tried { sandbox, http, who }
    }

    /// REST v2 on the site, signed in.
    pub fn v2(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/api/v2{path}", self.sandbox.addresses().cloud);
        self.http
            .request(method, url)
            .basic_auth(&self.who.email, Some(&self.who.api_token))
    }

    /// REST v1 on the site, signed in.
    pub fn v1(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/rest/api{path}", self.sandbox.addresses().cloud);
        self.http
            .request(method, url)
            .basic_auth(&self.who.email, Some(&self.who.api_token))
    }

    /// The gateway, with the scoped token.
    pub fn gateway(&self, method: Method, path: &str) -> RequestBuilder {
        let gateway = &self.sandbox.addresses().gateway;
        let url = format!("{gateway}/ex/confluence/{CLOUD_ID}{path}");
        self.http
            .request(method, url)
            .basic_auth(&self.who.email, Some(&self.who.scoped_api_token))
    }

    /// Data Center, with the personal access token.
    pub fn dc(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/rest/api{path}", self.sandbox.addresses().data_center);
        self.http
            .request(method, url)
            .bearer_auth(&self.who.personal_access_token)
    }

    pub async fn space(&self, key: &str) -> Value {
        let found = tell(self.v2(Method::GET, &format!("/spaces?keys={key}")))
            .await
            .is(200);
        found.json()["results"][0].clone()
    }

    pub async fn page_titled(&self, title: &str) -> Value {
        let request = self.v2(Method::GET, "/pages").query(&[("title", title)]);
        tell(request).await.is(200).json()["results"][0].clone()
    }

    pub async fn create(&self, title: &str, body: &str) -> Told {
        let space = self.space("PAY").await["id"].clone();
        tell(
            self.v2(Method::POST, "/pages")
                .json(&new_page(&space, title, body)),
        )
        .await
    }

    pub async fn create_dc(&self, title: &str, body: &str) -> Told {
        tell(
            self.dc(Method::POST, "/content")
                .json(&new_content(title, body)),
        )
        .await
    }
}

pub fn new_page(space: &Value, title: &str, body: &str) -> Value {
    json!({
        "spaceId": space, "status": "current", "title": title,
        "body": {"representation": "storage", "value": body},
    })
}

pub fn new_content(title: &str, body: &str) -> Value {
    json!({
        "type": "page", "title": title, "space": {"key": "PAY"},
        "body": {"storage": {"value": body, "representation": "storage"}},
    })
}

pub fn update(page: &Value, number: u64, title: &str, body: &str) -> Value {
    json!({
        "id": page["id"], "status": "current", "title": title,
        "body": {"representation": "storage", "value": body},
        "version": {"number": number, "message": "changed"},
    })
}

pub fn update_dc(page: &Value, number: u64, title: &str, body: &str) -> Value {
    json!({
        "id": page["id"], "type": "page", "status": "current", "title": title,
        "version": {"number": number, "message": "changed"},
        "body": {"storage": {"value": body, "representation": "storage"}},
    })
}

/// A form with one file, its name and comment in UTF-8.
pub fn form(name: &str, bytes: &[u8], comment: &str) -> reqwest::multipart::Form {
    use reqwest::multipart::{Form, Part};
    let file = Part::bytes(bytes.to_vec())
        .file_name(name.to_owned())
        .mime_str("application/pdf")
        .unwrap();
    let comment = Part::text(comment.to_owned())
        .mime_str("text/plain; charset=utf-8")
        .unwrap();
    Form::new()
        .percent_encode_noop()
        .part("file", file)
        .text("minorEdit", "true")
        .part("comment", comment)
}
