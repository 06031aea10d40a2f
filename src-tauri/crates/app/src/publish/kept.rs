//! An operation as it is kept, read back. A word that nobody knows is an error, never taken for
//! another one.

use retropress_store::OperationHead;
use serde::de::DeserializeOwned;

use super::{OperationKind, Phase, Stage, found::Found, freeze::Frozen};
use crate::{ApiError, ErrorCode};

#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub head: OperationHead,
    pub frozen: Frozen,
    pub found: Found,
    pub kind: OperationKind,
    pub phase: Phase,
    pub stage: Stage,
    /// The last thing that went wrong.
    pub problem: Option<ApiError>,
}

/// What of an operation cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the operation cannot be read: {0}")]
pub(super) struct Unreadable(String);

impl Kept {
    pub fn of(head: OperationHead) -> Result<Self, Unreadable> {
        let word = |what: &str, word: &str| Unreadable(format!("unknown {what} {word:?}"));
        let progress = &head.progress;
        Ok(Self {
            frozen: parsed("target", &head.frozen)?,
            found: parsed("progress", &progress.found)?,
            kind: OperationKind::of(&head.kind).ok_or_else(|| word("kind", &head.kind))?,
            phase: Phase::of(&progress.state).ok_or_else(|| word("state", &progress.state))?,
            stage: Stage::of(&progress.step).ok_or_else(|| word("step", &progress.step))?,
            problem: match &progress.error {
                Some(text) => Some(parsed("error", text)?),
                None => None,
            },
            head,
        })
    }
}

impl Unreadable {
    pub fn unknown(what: &str) -> Self {
        Self(format!("unknown {what}"))
    }
}

fn parsed<T: DeserializeOwned>(what: &str, text: &str) -> Result<T, Unreadable> {
    serde_json::from_str(text).map_err(|problem| Unreadable(format!("{what}: {problem}")))
}

impl From<Unreadable> for ApiError {
    fn from(problem: Unreadable) -> Self {
        let mut error = Self::new(
            ErrorCode::Internal,
            "This entry of the Outbox cannot be read",
            "Discard the entry in the Outbox, then publish the draft again.",
        )
        .because("Another program or a newer Retropress wrote it.");
        error.details = problem.to_string();
        error
    }
}
