//! Teams: each has its own drafts and its own integrations.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{App, Result};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Team {
    pub id: String,
    pub name: String,
    pub integration_count: u32,
    pub draft_count: u32,
}

pub async fn list(_app: &App) -> Result<Vec<Team>> {
    unimplemented!()
}

pub async fn create(_app: &App, _name: String) -> Result<Team> {
    unimplemented!()
}

pub async fn rename(_app: &App, _team_id: String, _name: String) -> Result<Team> {
    unimplemented!()
}

/// Deletes the team with its drafts and integrations; published pages stay in Confluence.
pub async fn delete(_app: &App, _team_id: String) -> Result<()> {
    unimplemented!()
}
