//! What the user set for this computer.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{App, Result, teams::Team};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct Settings {
    pub theme: Theme,
    pub paper: Paper,
    /// The team shown; `None` before the first one is made.
    pub team_id: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Paper {
    #[default]
    A4,
    Letter,
}

/// All the window needs for its first picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Start {
    pub version: String,
    pub teams: Vec<Team>,
    pub settings: Settings,
    /// Folder of the database, for Settings.
    pub data_folder: String,
    /// Said once at the start, such as "opened from the last good backup".
    pub notices: Vec<String>,
}

pub async fn start(_app: &App) -> Result<Start> {
    unimplemented!()
}

pub async fn save(_app: &App, _settings: Settings) -> Result<Settings> {
    unimplemented!()
}
