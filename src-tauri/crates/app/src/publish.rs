//! Publishing: a frozen summary on its way to Confluence.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{ApiError, App, Result};

/// Where a draft stands; the closed list of the chips.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "type")]
#[ts(export)]
pub enum PublishState {
    Draft,
    /// Under way; `step` counts from 1 to 5.
    Publishing {
        step: u8,
    },
    /// The answer was lost; Confluence is asked before anything is sent again.
    Checking,
    Published {
        version: u32,
        /// Edited since it was published.
        changed: bool,
    },
    /// The page is there, its PDF is not.
    PdfMissing {
        version: u32,
    },
    NeedsAttention {
        message: String,
    },
    Conflict {
        message: String,
    },
    Deleted,
}

/// One publish, update or delete, with its five steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Operation {
    pub id: String,
    pub draft_id: Option<String>,
    pub kind: OperationKind,
    pub title: String,
    pub state: OperationState,
    pub steps: Vec<Step>,
    pub started_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    /// The history entry it made.
    pub publication_id: Option<String>,
    pub error: Option<ApiError>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum OperationKind {
    Create,
    Update,
    Delete,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum OperationState {
    Queued,
    Running,
    Checking,
    Done,
    NeedsAttention,
    Conflict,
    Cancelled,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Step {
    /// "Sign in", "Find parent page", "Create page" or "Update page", "Upload PDF", "Check the result".
    pub name: String,
    pub state: StepState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum StepState {
    Waiting,
    Running,
    Checking,
    Done,
    Failed,
    Conflict,
}

/// What the author decided after a conflict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "type")]
#[ts(export)]
pub enum Resolution {
    /// Publish under another title.
    Rename { title: String },
    /// Write over what somebody else changed on our page.
    Overwrite,
    /// Leave Confluence as it is.
    Keep,
    /// Publish as a new page of its own.
    NewPage { title: String },
}

/// Freezes the draft as it stands and starts carrying it to Confluence.
///
/// A draft that is published already becomes a new version of its page.
pub async fn publish(_app: &App, _draft_id: String, _integration_id: String) -> Result<Operation> {
    unimplemented!()
}

pub async fn operation(_app: &App, _operation_id: String) -> Result<Operation> {
    unimplemented!()
}

/// Goes on from the last step that is known to be done.
pub async fn retry(_app: &App, _operation_id: String) -> Result<Operation> {
    unimplemented!()
}

pub async fn resolve(
    _app: &App,
    _operation_id: String,
    _resolution: Resolution,
) -> Result<Operation> {
    unimplemented!()
}

/// Final: nothing more is written to Confluence for it.
pub async fn cancel(_app: &App, _operation_id: String) -> Result<Operation> {
    unimplemented!()
}
