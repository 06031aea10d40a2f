//! The one error of this crate: what happened, whether it may be done all the same, details to copy.

use std::{error::Error as StdError, fmt, fmt::Write as _, time::Duration};

use crate::{calls::Call, client::Route, credential::Method, site::Edition};

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
    /// What was granted is no longer good: the user has to sign in again.
    SignInNeeded,
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

impl ErrorKind {
    /// The stable name in details and logs.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoSuchHost => "no_such_host",
            Self::ConnectionRefused => "connection_refused",
            Self::ConnectionLost => "connection_lost",
            Self::TimedOut => "timed_out",
            Self::Certificate => "certificate",
            Self::ProxyRefused => "proxy_refused",
            Self::CaptivePortal => "captive_portal",
            Self::SignInPage => "sign_in_page",
            Self::Redirected => "redirected",
            Self::NotConfluence => "not_confluence",
            Self::InsecureHttp => "insecure_http",
            Self::BadAddress => "bad_address",
            Self::SignInRefused => "sign_in_refused",
            Self::SignInNeeded => "sign_in_needed",
            Self::Captcha => "captcha",
            Self::BasicSwitchedOff => "basic_switched_off",
            Self::TokenTooNew => "token_too_new",
            Self::Anonymous => "anonymous",
            Self::MissingScope => "missing_scope",
            Self::NotPermitted => "not_permitted",
            Self::SpaceGone => "space_gone",
            Self::PageGone => "page_gone",
            Self::ParentGone => "parent_gone",
            Self::TitleTaken => "title_taken",
            Self::FileNameTaken => "file_name_taken",
            Self::PageChanged => "page_changed",
            Self::ApiRemoved => "api_removed",
            Self::TooLarge => "too_large",
            Self::RateLimited => "rate_limited",
            Self::ServerError => "server_error",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether Confluence may have done what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Surely not done: may be sent again once its cause is cured.
    NotDone,
    /// Perhaps done: find out before sending anything again.
    ///
    /// A 409 counts as this too: something on the way may have sent the update twice, and then the
    /// second one meets the first.
    Unknown,
    /// Surely not done, and it never will be as it is.
    Final,
}

/// What else is known, for better words; never needed to decide what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cause {
    // The address
    NoAddress,
    NoServerName,
    Unreadable,
    HoldsPassword,
    NotWeb,
    AtlassianService,
    NoSuchCloudSite,
    OtherProduct(String),
    // The connection
    /// Whose name stands in the certificate as its issuer.
    UntrustedIssuer(Option<String>),
    CertificateExpired,
    CertificateNotYetValid,
    CertificateOtherName,
    CertificateRevoked,
    NotTls,
    /// The operating system's certificates cannot be read.
    NoCertificateStore,
    /// The server wants a certificate of this computer.
    ClientCertificateWanted,
    ClientCertificateRefused,
    NotConnected,
    // The proxy
    ProxyUnreachable,
    /// 407, and the schemes it offers.
    ProxyAsks {
        offers: Vec<String>,
        signed_in: bool,
    },
    ProxyForbids(u16),
    ProxyCannotReach(u16),
    // The sign-in
    UnusableCredential,
    WrongMethod,
    PasswordInsteadOfToken,
    /// A 404 that may mean a credential that is no longer good.
    PerhapsSignIn,
    NoConfluenceAccess,
    /// Client id or client secret.
    ClientRefused,
    /// The code of a consent page: used, too old, or of another attempt.
    CodeRefused,
    ScopeRefused,
    /// Anything else a consent page or a token endpoint complains of.
    ConsentRefused,
    RefreshTokenDead,
    /// The token endpoint's answer holds no token.
    NoToken,
    /// The sign-in was accepted for no site with Confluence.
    NoSite,
    OauthNeedsHttps,
    /// Something on this computer, and the source says what.
    Elsewhere,
    // The request
    Xsrf,
    BadFileName,
    UploadTooLargeOrHidden,
    // The answer
    Html,
    Unparsable,
    Truncated,
    TooLong,
    EndlessList,
    /// More rows than are read of a list of which none may be left out.
    LongList,
    /// A request of ours that the table of calls does not hold.
    NotListed,
    RedirectTo(String),
}

/// Whose call it was, for the words.
#[derive(Debug, Clone, Default)]
pub(crate) struct Context {
    pub host: String,
    pub edition: Option<Edition>,
    pub version: Option<String>,
    pub route: Option<Route>,
    pub method: Option<Method>,
    /// Email address or user name, as entered.
    pub account: Option<String>,
    /// Title, space key or file name the call was about.
    pub subject: Option<String>,
    pub space: Option<String>,
}

/// What went wrong with one call.
#[derive(thiserror::Error)]
#[error("{}", .0.kind.code())]
pub struct Error(Box<Inner>);

pub(crate) struct Inner {
    pub kind: ErrorKind,
    pub outcome: Outcome,
    pub status: Option<u16>,
    pub server_message: Option<String>,
    pub retry_after: Option<Duration>,
    pub call: Option<&'static Call>,
    /// Method, address without query and fragment.
    pub at: Option<String>,
    pub waited: Option<Duration>,
    pub cause: Option<Cause>,
    /// Host and port of the proxy, where it is what failed.
    pub proxy: Option<String>,
    pub context: Context,
    pub source: Option<Box<dyn StdError + Send + Sync>>,
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
            waited: None,
            cause: None,
            proxy: None,
            context: Context::default(),
            source: None,
        }))
    }

    pub(crate) fn because(mut self, cause: Cause) -> Self {
        self.0.cause = Some(cause);
        self
    }

    pub(crate) fn become_kind(mut self, kind: ErrorKind, outcome: Outcome) -> Self {
        self.0.kind = kind;
        self.0.outcome = outcome;
        self.0.cause = None;
        self
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(&mut self.0);
        self
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }

    pub(crate) fn cause(&self) -> Option<&Cause> {
        self.0.cause.as_ref()
    }

    /// No access token could be had, for a reason that has nothing to do with Confluence: the caller
    /// finds it again by [`Self::elsewhere`].
    pub fn from_elsewhere(source: impl StdError + Send + Sync + 'static) -> Self {
        Self::new(ErrorKind::SignInNeeded, Outcome::NotDone)
            .because(Cause::Elsewhere)
            .with(|inner| inner.source = Some(Box::new(source)))
    }

    /// What [`Self::from_elsewhere`] was given.
    pub fn elsewhere<T: StdError + 'static>(&self) -> Option<&T> {
        self.0.source.as_deref()?.downcast_ref()
    }

    /// Whether client id or client secret were refused, rather than a user or a token.
    pub fn is_about_client(&self) -> bool {
        self.cause() == Some(&Cause::ClientRefused)
    }

    /// This computer has no way to the network at all, as far as the operating system knows.
    pub fn is_without_network(&self) -> bool {
        self.cause() == Some(&Cause::NotConnected)
    }

    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// The proxy failed, or the way to it: Confluence was not reached.
    pub fn blames_proxy(&self) -> bool {
        self.0.proxy.is_some()
    }

    /// HTTP status, where there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Confluence's own words, without markup, at most 500 characters.
    pub fn server_message(&self) -> Option<&str> {
        self.0.server_message.as_deref()
    }

    /// How long the server asks to wait, counted from the moment of its answer.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The scope a Cloud token lacks, for [`ErrorKind::MissingScope`].
    pub fn missing_scope(&self) -> Option<&'static str> {
        match self.0.kind {
            ErrorKind::MissingScope => self.0.call.and_then(|call| call.scope),
            _ => None,
        }
    }

    /// For copying: code, status, request without its query, the server's words. Never a secret.
    pub fn details(&self) -> String {
        let inner = &self.0;
        let mut text = format!("code       {}", inner.kind.code());
        let mut line = |name: &str, value: &str| {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n{name:<10} {value}");
        };
        if let Some(status) = inner.status {
            line("status", &status.to_string());
        }
        if let Some(at) = &inner.at {
            line("request", at);
        }
        if let Some(proxy) = &inner.proxy {
            line("proxy", proxy);
        }
        if let Some(message) = &inner.server_message {
            line("answer", message);
        }
        if let Some(scope) = self.missing_scope() {
            line("scope", scope);
        }
        if let Some(wait) = inner.retry_after {
            line("retry", &format!("after {} s", wait.as_secs()));
        }
        if let Some(cause) = &inner.cause {
            line("cause", &format!("{cause:?}"));
        }
        let mut source = inner
            .source
            .as_deref()
            .map(|source| source as &dyn StdError);
        let mut last = String::new();
        while let Some(error) = source {
            let said = error.to_string();
            if said != last {
                line("because", &said);
            }
            last = said;
            source = error.source();
        }
        text
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("outcome", &self.0.outcome)
            .field("status", &self.0.status)
            .field("at", &self.0.at)
            .field("cause", &self.0.cause)
            .field("server_message", &self.0.server_message)
            .field("source", &self.0.source)
            .finish()
    }
}
