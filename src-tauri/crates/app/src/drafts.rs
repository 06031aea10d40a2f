//! Drafts: written offline, saved at each change.

use chrono::{DateTime, NaiveDate, Utc};
use retropress_summary::{
    Action, Kind, Summary,
    health_check::{Model, PreviousCheck},
    retrospective::Template,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{App, Result, publish::PublishState};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Draft {
    pub id: String,
    pub team_id: String,
    /// Counts up with each save; a save that names an older one is refused.
    pub revision: i64,
    pub content: Summary,
    pub saved_at: DateTime<Utc>,
    pub state: PublishState,
    /// The publication made of it, if any.
    pub publication_id: Option<String>,
    /// The last publish of it, if any.
    pub operation_id: Option<String>,
    /// For a health check: the team's last one of the same model before it.
    pub previous: Option<PreviousCheck>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct DraftQuery {
    pub team_id: String,
    /// Words that must all occur, in the title or anywhere in the text; the last may be unfinished.
    pub text: String,
    pub kind: Option<Kind>,
    pub sort: DraftSort,
    pub descending: bool,
    pub offset: u32,
    /// At most 200.
    pub limit: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum DraftSort {
    #[default]
    MeetingDate,
    Title,
    Edited,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DraftList {
    pub rows: Vec<DraftRow>,
    /// How many match, over all pages of the list.
    pub total: u32,
    /// How many match without the filter by kind.
    pub retrospectives: u32,
    pub health_checks: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DraftRow {
    pub id: String,
    pub kind: Kind,
    pub title: String,
    pub date: Option<NaiveDate>,
    pub saved_at: DateTime<Utc>,
    pub state: PublishState,
    /// "12 ideas, 4 actions", or "8 dimensions".
    pub contents: String,
}

/// What a new draft starts from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[ts(export)]
pub enum NewDraft {
    #[serde(rename_all = "camelCase")]
    Retrospective { template_id: String },
    #[serde(rename_all = "camelCase")]
    HealthCheck { model_id: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Saved {
    pub revision: i64,
    pub saved_at: DateTime<Utc>,
}

/// Open actions of the team's last retrospective, ready to be put into the draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct OpenActions {
    /// Title of the summary they come from; empty when there are none.
    pub from: String,
    pub actions: Vec<Action>,
}

pub async fn list(_app: &App, _query: DraftQuery) -> Result<DraftList> {
    unimplemented!()
}

/// A new retrospective gets the open actions of the team's last one.
pub async fn create(_app: &App, _team_id: String, _new: NewDraft) -> Result<Draft> {
    unimplemented!()
}

pub async fn open(_app: &App, _draft_id: String) -> Result<Draft> {
    unimplemented!()
}

/// # Errors
/// [`crate::ErrorCode::StaleDraft`] when `revision` is not the one last saved.
pub async fn save(
    _app: &App,
    _draft_id: String,
    _revision: i64,
    _content: Summary,
) -> Result<Saved> {
    unimplemented!()
}

pub async fn duplicate(_app: &App, _draft_id: String) -> Result<Draft> {
    unimplemented!()
}

/// The draft can be had back with [`restore`] until the app is closed.
pub async fn delete(_app: &App, _draft_id: String) -> Result<()> {
    unimplemented!()
}

pub async fn restore(_app: &App, _draft_id: String) -> Result<()> {
    unimplemented!()
}

/// Open actions of the last retrospective before this draft that the draft does not have yet.
pub async fn open_actions(_app: &App, _draft_id: String) -> Result<OpenActions> {
    unimplemented!()
}

pub async fn templates(_app: &App) -> Result<Vec<Template>> {
    unimplemented!()
}

/// An empty id makes a new one.
pub async fn save_template(_app: &App, _template: Template) -> Result<Template> {
    unimplemented!()
}

pub async fn delete_template(_app: &App, _template_id: String) -> Result<()> {
    unimplemented!()
}

pub async fn models(_app: &App) -> Result<Vec<Model>> {
    unimplemented!()
}

/// An empty id, or that of a built-in model, makes a new one.
pub async fn save_model(_app: &App, _model: Model) -> Result<Model> {
    unimplemented!()
}

pub async fn delete_model(_app: &App, _model_id: String) -> Result<()> {
    unimplemented!()
}
