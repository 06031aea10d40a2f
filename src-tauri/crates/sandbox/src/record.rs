//! Every request is written down, so that a test can look at what was sent.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use chrono::{DateTime, Utc};

use crate::attachments::Part;

/// Which of the sandbox's hosts was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Host {
    /// In place of `https://your-site.atlassian.net`.
    Cloud,
    /// In place of `https://api.atlassian.com`.
    Gateway,
    /// In place of `https://auth.atlassian.com`.
    Auth,
    DataCenter,
    /// The account's other site.
    SecondCloud,
}

/// One request and what became of it.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub at: DateTime<Utc>,
    pub host: Host,
    pub method: String,
    /// Without the query; percent-encoded as sent.
    pub path: String,
    pub query: String,
    /// In the order sent. Credentials are replaced by their kind, as in
    /// `Basic (scoped API token)`.
    pub headers: Vec<(String, String)>,
    /// Secrets in a request for a token are replaced by what they are, as in
    /// `refresh_token=(refresh token)`.
    pub body: Bytes,
    /// The parts of a `multipart/form-data` body; empty for any other.
    pub parts: Vec<Part>,
    /// The status sent; None while there is no answer, and when the connection
    /// was cut before one.
    pub status: Option<u16>,
    /// Whether the request took effect (or was refused) before anything that
    /// went wrong went wrong.
    pub handled: bool,
    /// The fault of the script that was played, in words.
    pub fault: Option<String>,
}

impl Recorded {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// A value of a body that is a form, or of one that is a JSON object.
    pub fn value(&self, name: &str) -> Option<String> {
        if let serde_json::Value::Object(sent) = self.json() {
            return sent.get(name)?.as_str().map(str::to_owned);
        }
        let form = crate::web::Query::from_form(&self.body);
        form.get(name).map(str::to_owned)
    }

    /// The body as JSON; null when it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// The newest requests are kept, so many of them.
const MOST: usize = 10_000;

/// Bodies of older requests are dropped beyond this many bytes in all.
const MOST_BYTES: usize = 128 * 1024 * 1024;

#[derive(Debug, Default)]
struct Kept {
    requests: VecDeque<Recorded>,
    /// The number of the first one kept.
    first: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Record(Mutex<Kept>);

impl Record {
    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn all(&self) -> Vec<Recorded> {
        self.kept().requests.iter().cloned().collect()
    }

    pub fn clear(&self) {
        let mut kept = self.kept();
        kept.first += kept.requests.len();
        kept.requests.clear();
    }

    /// Answers the number under which `finish` finds it again.
    pub fn begin(&self, request: Recorded) -> usize {
        let mut kept = self.kept();
        kept.requests.push_back(request);
        if kept.requests.len() > MOST {
            kept.requests.pop_front();
            kept.first += 1;
        }
        let mut bytes = 0;
        for request in kept.requests.iter_mut().rev() {
            bytes += request.body.len();
            if bytes > MOST_BYTES {
                request.body = Bytes::new();
                request.parts.clear();
            }
        }
        kept.first + kept.requests.len() - 1
    }

    pub fn change(&self, number: usize, change: impl FnOnce(&mut Recorded)) {
        let mut kept = self.kept();
        let index = number.checked_sub(kept.first);
        if let Some(request) = index.and_then(|index| kept.requests.get_mut(index)) {
            change(request);
        }
    }
}
