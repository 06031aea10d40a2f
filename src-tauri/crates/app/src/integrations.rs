//! A team's connections to Confluence, as they are saved.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    App, Result,
    connect::{Method, SiteView},
};

/// Where summaries go and what they are called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Configuration {
    pub space_id: String,
    pub space_key: String,
    pub space_name: String,
    pub retrospective_parent: Parent,
    /// With substitutions, such as `{{RetrospectiveTitleOrDate}} - Retrospective`.
    pub retrospective_title: String,
    pub health_check_parent: Parent,
    pub health_check_title: String,
    pub labels: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "type")]
#[ts(export)]
pub enum Parent {
    /// Below the space's home page.
    None,
    /// Looked up by its title with each publish, and created where it is missing.
    New { title: String },
    Existing { id: String, title: String },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Integration {
    pub id: String,
    pub team_id: String,
    pub method: Method,
    pub site: SiteView,
    /// Email address or user name that was entered; empty where a token alone signs in.
    pub account: String,
    pub account_name: String,
    pub configuration: Configuration,
    pub allow_http: bool,
    /// Talks to the sandbox of this app.
    pub sandbox: bool,
    pub saved_at: DateTime<Utc>,
    /// The secret is in the keyring's care; when it is not, what to say about it.
    pub secret_problem: Option<String>,
}

pub async fn list(_app: &App, _team_id: String) -> Result<Vec<Integration>> {
    unimplemented!()
}

/// Checks the whole configuration, then stores it with its secret: SAVE CHANGES.
pub async fn save(
    _app: &App,
    _session_id: String,
    _configuration: Configuration,
) -> Result<Integration> {
    unimplemented!()
}

/// Forgets the integration and its secret; published pages stay.
pub async fn disconnect(_app: &App, _integration_id: String) -> Result<()> {
    unimplemented!()
}
