//! Published: the history of everything that went to Confluence.

use chrono::{DateTime, NaiveDate, Utc};
use retropress_confluence::PageStatus;
use retropress_store::{PublicationFilter, PublicationOrder, PublicationRecord, StoreError};
use retropress_summary::Kind;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    ApiError, App, ErrorCode, Result,
    clients::{self, from_text},
    connect, drafts, integrations,
    publish::{self, Operation},
};

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

pub async fn list(app: &App, query: PublicationQuery) -> Result<PublicationList> {
    let since = query.since.map(|it| it.to_string());
    let (rows, total, spaces) = app.store().publications(&PublicationFilter {
        team_id: &query.team_id,
        text: &query.text,
        kind: query.kind.map(drafts::kind_name),
        space_key: query.space_key.as_deref(),
        status: query.status.map(status_name),
        since: since.as_deref(),
        order: match query.sort {
            PublicationSort::MeetingDate => PublicationOrder::Date,
            PublicationSort::Title => PublicationOrder::Title,
            PublicationSort::Published => PublicationOrder::Published,
        },
        descending: query.descending,
        offset: query.offset,
        limit: query.limit.min(200),
    })?;
    Ok(PublicationList {
        rows: rows.iter().map(row).collect::<Result<_>>()?,
        total,
        spaces: spaces
            .into_iter()
            .map(|(key, name)| PublishedSpace { key, name })
            .collect(),
    })
}

pub async fn open(app: &App, publication_id: String) -> Result<Publication> {
    let it = find(app, &publication_id)?;
    let timeline = app
        .store()
        .timeline(&publication_id)?
        .into_iter()
        .map(|it| {
            Ok(TimelineEntry {
                what: from_text(&it.what)?,
                text: it.text,
                note: it.note,
                at: drafts::time(it.at),
            })
        })
        .collect::<Result<_>>()?;
    // A draft in the bin is no draft to go to.
    let draft_id = match &it.draft_id {
        Some(id) => match app.store().draft(id) {
            Ok(draft) => Some(draft.id),
            Err(StoreError::Gone) => None,
            Err(problem) => return Err(problem.into()),
        },
        None => None,
    };
    Ok(Publication {
        row: row(&it)?,
        team_name: it.team_name,
        site_name: it.site_name,
        space_name: it.space_name,
        parent: it.parent,
        page_id: it.page_id,
        link: it.link,
        pdf_name: it.pdf_name,
        pdf_size: it.pdf_size,
        account_name: it.account_name,
        reference: it.reference,
        draft_id,
        connected: it.integration_id.is_some(),
        timeline,
    })
}

/// Where the page stands in Confluence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum PageStanding {
    Current,
    Archived,
    /// In the space's bin, from which an administrator can restore it.
    Trashed,
    /// Deleted for good, or this account may not see it: Confluence does not tell which.
    Gone,
}

/// A page as Confluence has it now, as far as it differs from what was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct PageNow {
    pub standing: PageStanding,
    pub renamed_to: Option<String>,
    /// It left its space.
    pub other_space: bool,
    /// Title of the page it was moved below.
    pub moved_below: Option<String>,
    /// The version, where somebody saved one after ours.
    pub changed_to: Option<u32>,
    /// Cloud does not tell it.
    pub changed_by: Option<String>,
    pub changed_at: Option<DateTime<Utc>>,
}

/// Asks Confluence for the page by its id. Changes nothing, there or here.
pub async fn look(app: &App, publication_id: String) -> Result<PageNow> {
    let it = find(app, &publication_id)?;
    let integration_id = it.integration_id.as_deref().ok_or_else(disconnected)?;
    let integration = integrations::find(app, integration_id)?;
    if integration.sandbox {
        app.inner.sandbox.start().await?;
    }
    let client = clients::client_of(app, &integration).await?;
    let mut now = PageNow {
        standing: PageStanding::Gone,
        renamed_to: None,
        other_space: false,
        moved_below: None,
        changed_to: None,
        changed_by: None,
        changed_at: None,
    };
    let Some(page) = client.page(&it.page_id).await? else {
        return Ok(now);
    };
    now.standing = match page.status {
        PageStatus::Archived => PageStanding::Archived,
        PageStatus::Trashed => PageStanding::Trashed,
        PageStatus::Current | PageStatus::Other => PageStanding::Current,
    };
    now.renamed_to = Some(page.title).filter(|title| *title != it.title);
    now.other_space = page
        .space
        .is_some_and(|space| space != it.space_id && space != it.space_key);
    if page.version > it.version {
        now.changed_to = Some(page.version);
        now.changed_by = page.changed_by_name;
        now.changed_at = page.changed_at.and_then(|at| at.parse().ok());
    }
    // A page in the bin has no parent, and of the home page only the id is known.
    if now.standing != PageStanding::Trashed
        && !it.parent.is_empty()
        && let Some(parent) = &page.parent_id
        && let Some(parent) = client.page(parent).await?
    {
        now.moved_below = Some(parent.title).filter(|title| *title != it.parent);
    }
    Ok(now)
}

/// Opens the page in the browser: View in Confluence.
pub async fn view(app: &App, publication_id: String) -> Result<()> {
    let it = find(app, &publication_id)?;
    let Some(integration_id) = &it.integration_id else {
        return connect::open_kept_link(app, &it.link).await;
    };
    let integration = integrations::find(app, integration_id)?;
    if integration.sandbox {
        app.inner.sandbox.start().await?;
    }
    connect::open_page(app, &integration.site, &it.link)
}

/// Deletes the page in Confluence and keeps the entry as deleted.
pub async fn delete(app: &App, publication_id: String) -> Result<Operation> {
    find(app, &publication_id)?;
    publish::delete(app, &publication_id).await
}

/// Publishes the draft as it stands now as a new version of this very page, with a new PDF; as a new
/// page where this one was deleted.
pub async fn republish(app: &App, publication_id: String) -> Result<Operation> {
    let it = find(app, &publication_id)?;
    let draft_id = it.draft_id.clone();
    let draft_id = draft_id.ok_or_else(|| ApiError::gone("The draft"))?;
    let integration_id = it.integration_id.clone().ok_or_else(disconnected)?;
    publish::republish(app, &it, &draft_id, &integration_id).await
}

fn find(app: &App, publication_id: &str) -> Result<PublicationRecord> {
    app.store()
        .publication(publication_id)
        .map_err(|problem| match problem {
            StoreError::Gone => ApiError::gone("The publication"),
            other => other.into(),
        })
}

fn disconnected() -> ApiError {
    ApiError::new(
        ErrorCode::Gone,
        "The integration this was published with is no longer there",
        "Connect the team to Confluence again, or open the page in Confluence itself.",
    )
}

fn row(it: &PublicationRecord) -> Result<PublicationRow> {
    Ok(PublicationRow {
        id: it.id.clone(),
        kind: if it.kind == drafts::kind_name(Kind::HealthCheck) {
            Kind::HealthCheck
        } else {
            Kind::Retrospective
        },
        title: it.title.clone(),
        date: it.date.as_deref().and_then(|date| date.parse().ok()),
        status: match &*it.status {
            "deleted" => PublicationStatus::Deleted,
            "pdfMissing" => PublicationStatus::PdfMissing,
            _ => PublicationStatus::Published,
        },
        space_key: it.space_key.clone(),
        version: it.version,
        published_at: drafts::time(it.published_at),
    })
}

fn status_name(status: PublicationStatus) -> &'static str {
    match status {
        PublicationStatus::Published => "published",
        PublicationStatus::PdfMissing => "pdfMissing",
        PublicationStatus::Deleted => "deleted",
    }
}
