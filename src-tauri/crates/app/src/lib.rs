//! What a user can do, without a window.
//!
//! Each public function of a module here is one command of the window. All of them can be called in
//! a test against the sandbox and a temporary folder.

pub mod connect;
pub mod drafts;
mod error;
pub mod history;
pub mod import;
pub mod integrations;
pub mod publish;
pub mod sandbox;
pub mod settings;
pub mod share;
pub mod teams;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use error::{ApiError, ErrorCode, Field, Result};

/// The app's state: its store, its keyring, its open connections.
pub struct App {}

/// Told to the window when something changed that it may be showing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "type")]
#[ts(export)]
pub enum Event {
    #[serde(rename_all = "camelCase")]
    OperationChanged { operation_id: String, draft_id: Option<String> },
    #[serde(rename_all = "camelCase")]
    DraftsChanged { team_id: String },
    #[serde(rename_all = "camelCase")]
    IntegrationsChanged { team_id: String },
}
