//! HTTP as this crate speaks it: no redirects, no cookies, bounded answers.

use std::{sync::Arc, time::Duration};

use crate::{Result, calls::Call};

/// How to reach the network.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// To resolve, connect and shake hands. 10 s by default.
    pub connect_timeout: Duration,
    /// For one whole call; an upload gets more, by its size. 20 s by default.
    pub timeout: Duration,
    pub user_agent: String,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(20),
            user_agent: concat!("Retropress/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// One call that ended: no body, no header, no query.
#[derive(Debug, Clone)]
pub struct CallRecord {
    pub call: &'static Call,
    /// `None` when no answer came.
    pub status: Option<u16>,
    pub duration: Duration,
}

type Hook = Arc<dyn Fn(&CallRecord) + Send + Sync>;

/// The way to the network. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Http {
    hooks: Vec<Hook>,
}

impl Http {
    pub fn new(_options: &HttpOptions) -> Result<Self> {
        unimplemented!()
    }

    /// The same, telling `hook` about each call as it ends.
    pub fn on_call(&self, hook: impl Fn(&CallRecord) + Send + Sync + 'static) -> Self {
        let mut http = self.clone();
        http.hooks.push(Arc::new(hook));
        http
    }
}
