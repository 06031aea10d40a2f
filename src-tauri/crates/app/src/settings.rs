//! What the user set for this computer.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{ApiError, App, Result, teams::Team};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct Settings {
    pub theme: Theme,
    pub paper: Paper,
    /// The team shown; `None` before the first one is made.
    pub team_id: Option<String>,
    /// What closing the window does while something is queued.
    pub closing: Closing,
    /// A notification when something queued went out or needs its author.
    pub notify: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            paper: Paper::default(),
            team_id: None,
            closing: Closing::default(),
            notify: true,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Closing {
    #[default]
    Ask,
    /// The app stays in the tray and goes on publishing.
    KeepPublishing,
    Quit,
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

const SETTINGS: &str = "settings";

pub async fn start(app: &App) -> Result<Start> {
    Ok(Start {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        teams: crate::teams::list(app).await?,
        settings: read(app)?,
        data_folder: app.store().folder().display().to_string(),
        notices: app.start_notices(),
    })
}

pub async fn save(app: &App, settings: Settings) -> Result<Settings> {
    write(app, &settings)?;
    Ok(settings)
}

pub(crate) fn read(app: &App) -> Result<Settings> {
    let text = app.store().setting(SETTINGS)?;
    // Settings of another version are read as far as they are understood.
    let mut settings: Settings = text
        .and_then(|it| serde_json::from_str(&it).ok())
        .unwrap_or_default();
    let teams = app.store().teams()?;
    if !teams
        .iter()
        .any(|it| Some(&it.id) == settings.team_id.as_ref())
    {
        settings.team_id = teams.first().map(|it| it.id.clone());
    }
    Ok(settings)
}

pub(crate) fn show_team(app: &App, team_id: &str) -> Result<()> {
    let mut settings = read(app)?;
    settings.team_id = Some(team_id.to_owned());
    write(app, &settings)
}

fn write(app: &App, settings: &Settings) -> Result<()> {
    let text = serde_json::to_string(settings).map_err(|it| ApiError::internal(&it))?;
    Ok(app.store().save_setting(SETTINGS, &text)?)
}
