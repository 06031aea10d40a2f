//! The one error of this crate: what happened, whether it may be done all the same, and details to copy.

use std::{error::Error as StdError, fmt, time::Duration};

use crate::calls::Call;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What happened. Closed: the app has one code for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    NoSuchHost,
    ConnectionRefused,
    ConnectionLost,
    TimedOut,
    Certificate,
    ProxyRefused,
    CaptivePortal,
    SignInPage,
    Redirected,
    NotConfluence,
    InsecureHttp,
    /// The address itself cannot be used; nothing was sent.
    BadAddress,
    SignInRefused,
    Captcha,
    BasicSwitchedOff,
    TokenTooNew,
    Anonymous,
    MissingScope,
    NotPermitted,
    SpaceGone,
    PageGone,
    ParentGone,
    TitleTaken,
    /// The page has an attachment of this name already.
    FileNameTaken,
    PageChanged,
    ApiRemoved,
    TooLarge,
    RateLimited,
    ServerError,
    /// Confluence said no, in its own words.
    Refused,
    /// The answer was lost or cannot be read: it is not known whether Confluence did it.
    Unknown,
}

/// Whether Confluence may have done what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Surely not done: may be sent again once its cause is cured.
    NotDone,
    /// Perhaps done: find out before sending anything again.
    Unknown,
    /// Surely not done, and it never will be as it is.
    Final,
}

/// What else is known, for better words; never needed to decide what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    UnusableCredential,
}

/// What went wrong with one call.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    outcome: Outcome,
    status: Option<u16>,
    server_message: Option<String>,
    retry_after: Option<Duration>,
    call: Option<&'static Call>,
    at: Option<String>,
    cause: Option<Cause>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, outcome: Outcome) -> Self {
        Self(Box::new(Inner {
            kind,
            outcome,
            status: None,
            server_message: None,
            retry_after: None,
            call: None,
            at: None,
            cause: None,
            source: None,
        }))
    }

    pub(crate) fn because(mut self, cause: Cause) -> Self {
        self.0.cause = Some(cause);
        self
    }

    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// HTTP status, where there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Confluence's own words, without markup, at most 500 characters.
    pub fn server_message(&self) -> Option<&str> {
        self.0.server_message.as_deref()
    }

    /// How long the server asks to wait, from the moment of its answer.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// For copying: never a secret.
    pub fn details(&self) -> String {
        unimplemented!()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0.kind)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl StdError for Error {}
