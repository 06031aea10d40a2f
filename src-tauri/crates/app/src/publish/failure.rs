//! Which failures mean what: the one place where the client's errors become decisions.

use std::time::Duration;

use retropress_confluence::{Error, ErrorKind, Outcome};

use super::engine::Millis;
use crate::{ApiError, ErrorCode, error::from_confluence};

/// A call that failed, as far as the next step depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub why: Why,
    pub outcome: Outcome,
    /// What the server asks to wait, rounded up.
    pub retry_after: Option<Millis>,
    pub error: ApiError,
    /// The computer has no way to the network at all.
    pub not_connected: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The host was not reached: nothing was sent.
    Network,
    /// The sign-in is no good, or what is kept of it cannot be opened.
    SignIn,
    RateLimited,
    TitleTaken,
    /// 400 about what was sent.
    ContentRefused,
    FileNameTaken,
    ParentGone,
    PageGone,
    SpaceGone,
    Other,
}

impl Failure {
    pub fn of(problem: &Error) -> Self {
        let error = from_confluence(problem, None);
        // Of our own, on its way through the client: no call was made.
        if problem.elsewhere::<ApiError>().is_some() {
            return Self::before_the_call(error);
        }
        Self {
            why: why(problem),
            outcome: problem.outcome(),
            retry_after: problem.retry_after().map(millis),
            not_connected: problem.is_without_network(),
            error,
        }
    }

    /// What kept a call from being made.
    pub fn before_the_call(error: ApiError) -> Self {
        let why = match error.code {
            ErrorCode::NoSuchHost
            | ErrorCode::ConnectionRefused
            | ErrorCode::ConnectionLost
            | ErrorCode::TimedOut
            | ErrorCode::CaptivePortal => Why::Network,
            code if is_about_sign_in(code) => Why::SignIn,
            _ => Why::Other,
        };
        Self {
            why,
            outcome: Outcome::NotDone,
            retry_after: None,
            error,
            not_connected: false,
        }
    }
}

/// Trouble that every call of the integration would meet.
pub(super) fn is_about_sign_in(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::SignInRefused
            | ErrorCode::SignInNeeded
            | ErrorCode::Captcha
            | ErrorCode::BasicSwitchedOff
            | ErrorCode::TokenTooNew
            | ErrorCode::Anonymous
            | ErrorCode::SecretGone
    ) || is_about_keyring(code)
}

pub(super) fn is_about_keyring(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::KeyringMissing | ErrorCode::KeyringLocked | ErrorCode::KeyringDenied
    )
}

fn why(problem: &Error) -> Why {
    let unsent = problem.outcome() == Outcome::NotDone;
    match problem.kind() {
        ErrorKind::NoSuchHost | ErrorKind::ConnectionRefused | ErrorKind::CaptivePortal => {
            Why::Network
        }
        ErrorKind::ConnectionLost | ErrorKind::TimedOut if unsent => Why::Network,
        ErrorKind::RateLimited => Why::RateLimited,
        ErrorKind::TitleTaken => Why::TitleTaken,
        ErrorKind::FileNameTaken => Why::FileNameTaken,
        ErrorKind::ParentGone => Why::ParentGone,
        ErrorKind::PageGone => Why::PageGone,
        ErrorKind::SpaceGone => Why::SpaceGone,
        ErrorKind::Refused if problem.status() == Some(400) => Why::ContentRefused,
        kind if is_about_sign_in(kind.into()) => Why::SignIn,
        _ => Why::Other,
    }
}

fn millis(time: Duration) -> Millis {
    let up = u128::from(!time.subsec_nanos().is_multiple_of(1_000_000));
    i64::try_from(time.as_millis() + up).unwrap_or(i64::MAX)
}
