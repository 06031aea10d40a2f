//! The one shape in which anything that went wrong reaches the window.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// `code` is what the window switches on; `message` says what happened, `hint` what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[error("{message}")]
#[ts(export)]
pub struct ApiError {
    pub code: ErrorCode,
    /// What happened, as the title of a notice.
    pub message: String,
    /// Why, as far as known. Empty when the message says it all.
    pub cause: String,
    /// What to do: one next step.
    pub hint: String,
    pub retryable: bool,
    /// Where in the form it belongs.
    pub field: Option<Field>,
    /// For copying: method, address, status, the server's own words. Never a secret.
    pub details: String,
}

/// Every kind of failure the window can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum ErrorCode {
    /// Something typed cannot be used as it is; `field` tells which.
    Invalid,
    /// The draft, team, integration or publication is no longer there.
    Gone,
    /// The draft was changed elsewhere since it was opened.
    StaleDraft,
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
    PageChanged,
    NotOurs,
    ApiRemoved,
    TooLarge,
    RateLimited,
    ServerError,
    Refused,
    /// The answer was lost: it is not known whether Confluence did it.
    Unknown,
    NotText,
    KeyringMissing,
    KeyringLocked,
    KeyringDenied,
    SecretGone,
    DiskFull,
    Storage,
    SandboxPortBusy,
    NotBuilt,
    Internal,
}

/// The fields of the window's forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Field {
    ServerUrl,
    ApiToken,
    EmailAddress,
    PersonalAccessToken,
    Username,
    Password,
    Space,
    RetrospectiveParent,
    RetrospectiveTitle,
    HealthCheckParent,
    HealthCheckTitle,
    Labels,
    TeamName,
    MeetingDate,
    PageTitle,
    Target,
    Model,
    File,
}

pub type Result<T, E = ApiError> = std::result::Result<T, E>;
