//! The one shape in which anything that went wrong reaches the window.

use retropress_confluence::ErrorKind;
use retropress_secrets::{KeyringProblem, SealProblem};
use retropress_store::StoreError;
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
    /// An operation of the same draft at the same integration has not ended.
    UnderWay,
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
    /// What was saved for the sign-in is no longer good: sign in again. Nothing queued is lost.
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
    ClientId,
    ClientSecret,
    /// The address the browser ended on.
    SignInAddress,
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
    ProxyHost,
    ProxyPort,
    ProxyUser,
    ProxyPassword,
    ProxyExceptions,
    Authority,
    ClientCertificate,
    ClientKey,
    ClientPassword,
    ConnectSeconds,
    AnswerSeconds,
    TestAddress,
    MadeBy,
    /// Of the redirect URL.
    RedirectPort,
}

pub type Result<T, E = ApiError> = std::result::Result<T, E>;

impl ApiError {
    /// Something typed that cannot be used as it is.
    pub(crate) fn invalid(field: Field, message: impl Into<String>) -> Self {
        Self {
            code: ErrorCode::Invalid,
            message: message.into(),
            cause: String::new(),
            hint: String::new(),
            retryable: false,
            field: Some(field),
            details: String::new(),
        }
    }

    pub(crate) fn new(
        code: ErrorCode,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            code,
            message: message.into(),
            cause: String::new(),
            hint: hint.into(),
            retryable: false,
            field: None,
            details: String::new(),
        }
    }

    pub(crate) fn because(mut self, cause: impl Into<String>) -> Self {
        self.cause = cause.into();
        self
    }

    pub(crate) fn at(mut self, field: Field) -> Self {
        self.field = Some(field);
        self
    }

    pub(crate) fn retry(mut self) -> Self {
        self.retryable = true;
        self
    }

    pub(crate) fn gone(what: &str) -> Self {
        Self::new(
            ErrorCode::Gone,
            format!("{what} is no longer there"),
            "Go back to the list and choose another.",
        )
    }

    /// A fault of ours.
    pub(crate) fn internal(problem: &dyn std::error::Error) -> Self {
        let mut details = problem.to_string();
        let mut source = problem.source();
        while let Some(inner) = source {
            details.push_str(": ");
            details.push_str(&inner.to_string());
            source = inner.source();
        }
        tracing::error!(%details, "a fault of ours");
        let mut error = Self::new(
            ErrorCode::Internal,
            "Something went wrong in Retropress",
            "Try again. What you typed is still here.",
        )
        .retry();
        error.details = details;
        error
    }
}

impl From<StoreError> for ApiError {
    fn from(problem: StoreError) -> Self {
        let mut error = match &problem {
            StoreError::Refused(why) => return crate::storage::refused(why),
            it if it.is_disk_full() => Self::new(
                ErrorCode::DiskFull,
                "The disk is full",
                "Free some room on this computer, then try again. What you typed is still here.",
            )
            .because("Retropress could not write to its database.")
            .retry(),
            StoreError::ReadOnly(_) | StoreError::Folder(_) => Self::new(
                ErrorCode::Storage,
                "The database cannot be written to",
                "Check that its folder may be written to, then try again. What you typed is still here.",
            )
            .retry(),
            StoreError::Disk(_) => Self::new(
                ErrorCode::Storage,
                "The disk reported an error",
                "Check the disk, then try again. What you typed is still here.",
            )
            .because("Retropress could not read its database. No file was changed.")
            .retry(),
            StoreError::Backup { file, .. } => Self::new(
                ErrorCode::Storage,
                "The last good backup could not be read",
                format!(
                    "Start Retropress again. If this persists, move the file {file} out of the folder: Retropress then opens the backup before it."
                ),
            )
            .because("The database is damaged. No file was changed.")
            .retry(),
            StoreError::InvalidSchema { .. } => Self::new(
                ErrorCode::Storage,
                "The database has an invalid version",
                "Restore the file retropress.db from your own backup. Nothing was changed.",
            )
            .because("Another program changed it."),
            StoreError::Busy(_) => Self::new(
                ErrorCode::Storage,
                "Another program holds the database",
                "Close other windows of Retropress and backup programs, then try again.",
            )
            .retry(),
            StoreError::Damaged(_) => Self::new(
                ErrorCode::Storage,
                "The database is damaged",
                "Close Retropress and start it again: it then opens the last good backup.",
            ),
            StoreError::Newer { .. } => Self::new(
                ErrorCode::Storage,
                "The database was written by a newer Retropress",
                "Install the newest Retropress. Nothing was changed.",
            ),
            StoreError::Gone => Self::gone("What you chose"),
            StoreError::Stale { .. } => Self::new(
                ErrorCode::StaleDraft,
                "This draft was changed in the meantime",
                "Open it again, or keep your version.",
            ),
            StoreError::DiskFull(_)
            | StoreError::OtherContent
            | StoreError::UnderWay { .. }
            | StoreError::Republished
            | StoreError::Sqlite(_) => {
                return Self::internal(&problem);
            }
        };
        error.details = describe(&problem);
        error
    }
}

fn describe(problem: &dyn std::error::Error) -> String {
    match problem.source() {
        Some(source) => format!("{problem}: {source}"),
        None => problem.to_string(),
    }
}

impl From<KeyringProblem> for ApiError {
    fn from(problem: KeyringProblem) -> Self {
        let code = match problem {
            KeyringProblem::Missing | KeyringProblem::Empty => ErrorCode::KeyringMissing,
            KeyringProblem::Locked | KeyringProblem::TimedOut => ErrorCode::KeyringLocked,
            _ => ErrorCode::KeyringDenied,
        };
        let message = problem.to_string();
        let mut error = Self::new(code, message.trim_end_matches('.'), problem.hint()).retry();
        if let Some(source) = std::error::Error::source(&problem) {
            error.details = source.to_string();
        }
        error
    }
}

impl From<SealProblem> for ApiError {
    fn from(problem: SealProblem) -> Self {
        match problem {
            SealProblem::Keyring(problem) => problem.into(),
            other => Self::new(
                ErrorCode::SecretGone,
                "The saved sign-in data cannot be read any more",
                "Edit the integration and enter the token or password again.",
            )
            .because(other.to_string()),
        }
    }
}

impl From<ErrorKind> for ErrorCode {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::NoSuchHost => Self::NoSuchHost,
            ErrorKind::ConnectionRefused => Self::ConnectionRefused,
            ErrorKind::ConnectionLost => Self::ConnectionLost,
            ErrorKind::TimedOut => Self::TimedOut,
            ErrorKind::Certificate => Self::Certificate,
            ErrorKind::ProxyRefused => Self::ProxyRefused,
            ErrorKind::CaptivePortal => Self::CaptivePortal,
            ErrorKind::SignInPage => Self::SignInPage,
            ErrorKind::Redirected => Self::Redirected,
            ErrorKind::NotConfluence => Self::NotConfluence,
            ErrorKind::InsecureHttp => Self::InsecureHttp,
            ErrorKind::BadAddress => Self::Invalid,
            ErrorKind::SignInRefused => Self::SignInRefused,
            ErrorKind::SignInNeeded => Self::SignInNeeded,
            ErrorKind::Captcha => Self::Captcha,
            ErrorKind::BasicSwitchedOff => Self::BasicSwitchedOff,
            ErrorKind::TokenTooNew => Self::TokenTooNew,
            ErrorKind::Anonymous => Self::Anonymous,
            ErrorKind::MissingScope => Self::MissingScope,
            ErrorKind::NotPermitted => Self::NotPermitted,
            ErrorKind::SpaceGone => Self::SpaceGone,
            ErrorKind::PageGone => Self::PageGone,
            ErrorKind::ParentGone => Self::ParentGone,
            ErrorKind::TitleTaken => Self::TitleTaken,
            ErrorKind::FileNameTaken => Self::Refused,
            ErrorKind::PageChanged => Self::PageChanged,
            ErrorKind::ApiRemoved => Self::ApiRemoved,
            ErrorKind::TooLarge => Self::TooLarge,
            ErrorKind::RateLimited => Self::RateLimited,
            ErrorKind::ServerError => Self::ServerError,
            ErrorKind::Refused => Self::Refused,
            ErrorKind::Unknown => Self::Unknown,
        }
    }
}

/// The client's error in the window's shape.
pub(crate) fn from_confluence(
    problem: &retropress_confluence::Error,
    field: Option<Field>,
) -> ApiError {
    use retropress_confluence::Outcome;
    // Ours, which went through the client on its way here.
    if let Some(ours) = problem.elsewhere::<ApiError>() {
        return ours.clone();
    }
    let words = problem.words();
    ApiError {
        code: problem.kind().into(),
        message: words.message,
        cause: words.cause,
        hint: words.hint,
        retryable: problem.outcome() != Outcome::Final,
        field,
        details: problem.details(),
    }
}

impl From<retropress_confluence::Error> for ApiError {
    fn from(problem: retropress_confluence::Error) -> Self {
        from_confluence(&problem, None)
    }
}
