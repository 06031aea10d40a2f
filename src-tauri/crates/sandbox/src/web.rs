//! Small pieces every host uses: queries, answers, dates.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

/// The query of a request, decoded, in its order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query(pub Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Query, Infallible> {
        Ok(Query::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl Query {
    pub fn parse(text: &str) -> Query {
        Query::from_form(text.as_bytes())
    }

    /// A body of a form.
    pub fn from_form(bytes: &[u8]) -> Query {
        let pairs = form_urlencoded::parse(bytes);
        Query(
            pairs
                .map(|(k, v)| (k.into_owned(), v.into_owned()))
                .collect(),
        )
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        let pair = self.0.iter().find(|(key, _)| key == name)?;
        Some(&pair.1)
    }

    /// A list, given as one comma-separated value or as several values.
    pub fn list(&self, name: &str) -> Option<Vec<String>> {
        let values: Vec<String> = self
            .0
            .iter()
            .filter(|(key, _)| key == name)
            .flat_map(|(_, value)| value.split(','))
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .collect();
        (!values.is_empty()).then_some(values)
    }

    pub fn flag(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    /// Written again with some of it replaced.
    pub fn with(&self, replaced: &[(&str, String)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (key, value) in &self.0 {
            if !replaced.iter().any(|(name, _)| name == key) {
                query.append_pair(key, value);
            }
        }
        for (key, value) in replaced {
            query.append_pair(key, value);
        }
        query.finish()
    }
}

pub(crate) fn json(status: u16, value: &Value) -> Response {
    answer(status, "application/json", value.to_string().into_bytes())
}

pub(crate) fn answer(status: u16, content_type: &'static str, body: Vec<u8>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, body).into_response();
    let value = HeaderValue::from_static(content_type);
    response.headers_mut().insert(header::CONTENT_TYPE, value);
    response
}

pub(crate) fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

pub(crate) fn set_header(response: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// A page as a servlet container writes it, for answers that come from in
/// front of Confluence.
pub(crate) fn container_page(status: u16, title: &str) -> Response {
    let body = format!(
        "<!doctype html><html lang=\"en\"><head><title>HTTP Status {status} \u{2013} {title}</title>\
         </head><body><h1>HTTP Status {status} \u{2013} {title}</h1></body></html>"
    );
    answer(status, "text/html;charset=utf-8", body.into_bytes())
}

/// Whether a form was sent from the sandbox's own page, or by a program: never
/// by the page of another site.
pub(crate) fn is_own_form(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (text("sec-fetch-site"), text("origin")) {
        (Some(from), _) => from == "same-origin" || from == "none",
        (None, Some(origin)) => {
            let host = origin.strip_prefix("http://");
            host.is_some() && host == text("host")
        }
        (None, None) => true,
    }
}

/// Whether the body says it is a form.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"))
}

/// The address with these parameters added.
pub(crate) fn address_with(address: &str, parameters: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        query.append_pair(name, value);
    }
    let joint = if address.contains('?') { '&' } else { '?' };
    format!("{address}{joint}{}", query.finish())
}

pub(crate) fn redirect(address: &str) -> Response {
    let mut response = answer(302, "text/plain", Vec::new());
    set_header(&mut response, "location", address);
    response
}

/// `2026-03-13T10:00:00.000Z`
pub(crate) fn date(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A body of JSON; None when it is none.
pub(crate) fn body(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok()
}

/// A number given as a number or as text.
pub(crate) fn number(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()))
}
