//! Published: the history of everything that went to Confluence.

use chrono::{DateTime, NaiveDate, Utc};
use retropress_summary::Kind;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{App, Result, publish::Operation};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct PublicationQuery {
    pub team_id: String,
    pub text: String,
    pub kind: Option<Kind>,
    pub space_key: Option<String>,
    pub status: Option<PublicationStatus>,
    /// Meetings on this day or later.
    pub since: Option<NaiveDate>,
    pub sort: PublicationSort,
    pub descending: bool,
    pub offset: u32,
    /// At most 200.
    pub limit: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum PublicationSort {
    #[default]
    MeetingDate,
    Title,
    Published,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum PublicationStatus {
    Published,
    PdfMissing,
    Deleted,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct PublicationList {
    pub rows: Vec<PublicationRow>,
    pub total: u32,
    /// Spaces that occur in the team's history, for the filter.
    pub spaces: Vec<PublishedSpace>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct PublishedSpace {
    pub key: String,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct PublicationRow {
    pub id: String,
    pub kind: Kind,
    pub title: String,
    pub date: Option<NaiveDate>,
    pub status: PublicationStatus,
    pub space_key: String,
    pub version: u32,
    pub published_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Publication {
    pub row: PublicationRow,
    pub team_name: String,
    pub site_name: String,
    pub space_name: String,
    /// Title of the parent page; empty for the space's home page.
    pub parent: String,
    pub page_id: String,
    /// Where View in Confluence goes.
    pub link: String,
    pub pdf_name: String,
    /// Bytes.
    pub pdf_size: u32,
    /// "by whom": the account's name at Confluence.
    pub account_name: String,
    /// Short form of the operation's id, also printed on the page: "RP-5E07C2".
    pub reference: String,
    /// The draft it was made from, while that exists.
    pub draft_id: Option<String>,
    /// The integration is still there, so it can be updated and deleted.
    pub connected: bool,
    /// Newest first.
    pub timeline: Vec<TimelineEntry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct TimelineEntry {
    pub what: TimelineEvent,
    pub text: String,
    pub note: String,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum TimelineEvent {
    Created,
    PdfUploaded,
    Updated,
    Deleted,
    Failed,
}

pub async fn list(_app: &App, _query: PublicationQuery) -> Result<PublicationList> {
    unimplemented!()
}

pub async fn open(_app: &App, _publication_id: String) -> Result<Publication> {
    unimplemented!()
}

/// Opens the page in the browser: View in Confluence.
pub async fn view(_app: &App, _publication_id: String) -> Result<()> {
    unimplemented!()
}

/// Deletes the page in Confluence and keeps the entry as deleted.
pub async fn delete(_app: &App, _publication_id: String) -> Result<Operation> {
    unimplemented!()
}

/// Publishes the draft as it stands now as a new version of the same page, with a new PDF.
pub async fn republish(_app: &App, _publication_id: String) -> Result<Operation> {
    unimplemented!()
}
