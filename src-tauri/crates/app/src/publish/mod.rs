//! Publishing: a frozen summary on its way to Confluence.

mod carry;
mod found;
mod freeze;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use chrono::{DateTime, Utc};
use retropress_confluence::SpaceRef;
use retropress_store::{OperationProgress, OperationRecord, Standing, StoreError};
use retropress_summary::Summary;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use ts_rs::TS;

use crate::{
    ApiError, App, Field, Result,
    clients::from_text,
    connect::Session,
    drafts,
    integrations::{self, Configuration},
    lock,
    teams::Team,
};

use found::{Found, Stage};
pub(crate) use freeze::{Plan, author, plan, reference, render};

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

/// Which operations are being carried, so that each has one carrier.
#[derive(Default)]
pub(crate) struct Running(Mutex<HashMap<String, Arc<Carrier>>>);

#[derive(Default)]
struct Carrier {
    /// Cuts a pause short.
    wake: Notify,
    /// Held from before an intent is written until its outcome is: a cancel waits for it.
    sending: tokio::sync::Mutex<()>,
}

/// Freezes the draft as it stands and starts carrying it to Confluence.
///
/// A draft that is published already becomes a new version of its page. While an earlier publish
/// of the draft is under way, that one is answered.
pub async fn publish(app: &App, draft_id: String, integration_id: String) -> Result<Operation> {
    if let Some(open) = under_way(app, &draft_id)? {
        return Ok(open);
    }
    let integration = integrations::find(app, &integration_id)?;
    let record = freeze::draft(app, &draft_id, &integration).await?;
    let revision = drafts::record(app, &draft_id)?.revision;
    app.store().enqueue(&record, Some(revision))?;
    start(app, &record.id);
    operation(app, record.id).await
}

pub async fn operation(app: &App, operation_id: String) -> Result<Operation> {
    view(find(app, &operation_id)?)
}

/// Goes on from the last step that is known to be done.
pub async fn retry(app: &App, operation_id: String) -> Result<Operation> {
    let record = find(app, &operation_id)?;
    if record.progress.ended_at.is_none() {
        if record.progress.state == State::NEEDS_ATTENTION {
            let state = if record.progress.in_doubt {
                State::CHECKING
            } else {
                State::RUNNING
            };
            let progress = OperationProgress {
                state: state.to_owned(),
                error: None,
                ..record.progress
            };
            app.store().progress(&operation_id, &progress, None, None)?;
        }
        start(app, &operation_id);
    }
    operation(app, operation_id).await
}

pub async fn resolve(app: &App, operation_id: String, resolution: Resolution) -> Result<Operation> {
    let record = find(app, &operation_id)?;
    if record.progress.state != State::CONFLICT {
        return view(record);
    }
    let as_new_page = matches!(resolution, Resolution::NewPage { .. });
    match resolution {
        Resolution::Keep => {
            app.store()
                .cancel_operation(&operation_id, app.now().timestamp_millis())?;
        }
        Resolution::Overwrite => {
            carry::overwrite(app, record)?;
            start(app, &operation_id);
        }
        Resolution::Rename { title } | Resolution::NewPage { title } => {
            // Other content is a new operation with a marker of its own; this one ends here.
            let title = checked_title(&title)?;
            let draft_id = record
                .draft_id
                .clone()
                .ok_or_else(|| ApiError::gone("The draft"))?;
            let integration_id = record
                .integration_id
                .clone()
                .ok_or_else(|| ApiError::gone("The integration"))?;
            let integration = integrations::find(app, &integration_id)?;
            app.store()
                .cancel_operation(&operation_id, app.now().timestamp_millis())?;
            let record = freeze::titled(app, &draft_id, &integration, &title, as_new_page).await?;
            let revision = drafts::record(app, &draft_id)?.revision;
            app.store().enqueue(&record, Some(revision))?;
            start(app, &record.id);
            return operation(app, record.id).await;
        }
    }
    app.tell(crate::Event::OperationChanged {
        operation_id: operation_id.clone(),
        draft_id: find(app, &operation_id)?.draft_id,
    });
    operation(app, operation_id).await
}

/// Final: nothing more is written to Confluence for it.
///
/// A call that is already on its way is waited for, so that what it did is known.
pub async fn cancel(app: &App, operation_id: String) -> Result<Operation> {
    let carrier = lock(&app.inner.running.0).get(&operation_id).cloned();
    {
        let _quiet = match &carrier {
            Some(carrier) => Some(carrier.sending.lock().await),
            None => None,
        };
        app.store()
            .cancel_operation(&operation_id, app.now().timestamp_millis())?;
    }
    if let Some(carrier) = carrier {
        carrier.wake.notify_one();
    }
    let record = find(app, &operation_id)?;
    app.tell(crate::Event::OperationChanged {
        operation_id,
        draft_id: record.draft_id.clone(),
    });
    view(record)
}

/// Takes up what an earlier run of the app left unfinished.
pub(crate) async fn resume(app: &App) {
    let open = match app.store().open_operations() {
        Ok(open) => open,
        Err(problem) => {
            tracing::error!(%problem, "unfinished operations could not be read");
            return;
        }
    };
    for id in open {
        match find(app, &id) {
            Ok(record) if State::goes_on(&record.progress.state) => start(app, &id),
            Ok(_) => {}
            Err(problem) => tracing::error!(%problem, id, "an operation could not be read"),
        }
    }
}

/// Carries the operation on in the background; one that is being carried is woken from its pause.
pub(crate) fn start(app: &App, operation_id: &str) {
    let mut running = lock(&app.inner.running.0);
    if let Some(carrier) = running.get(operation_id) {
        carrier.wake.notify_one();
        return;
    }
    let carrier = Arc::new(Carrier::default());
    running.insert(operation_id.to_owned(), carrier.clone());
    drop(running);
    let (app, id) = (app.clone(), operation_id.to_owned());
    tokio::spawn(async move {
        carry::carry(&app, &id, &carrier).await;
        lock(&app.inner.running.0).remove(&id);
    });
}

pub(crate) async fn start_test(
    app: &App,
    session_id: &str,
    session: &Session,
    team: &Team,
    configuration: Configuration,
    space: SpaceRef,
    content: Summary,
) -> Result<Operation> {
    let record = freeze::test(
        app,
        session_id,
        session,
        team,
        &configuration,
        space,
        &content,
    )
    .await?;
    app.store().enqueue(&record, None)?;
    start(app, &record.id);
    operation(app, record.id).await
}

/// Deletes the test page; answers when that is done.
pub(crate) async fn delete_test(
    app: &App,
    session_id: &str,
    session: &Session,
    operation_id: &str,
) -> Result<Operation> {
    let made = find(app, operation_id)?;
    let record = freeze::deletion_of_test(app, session_id, session, &made)?;
    app.store().enqueue(&record, None)?;
    run_to_end(app, record.id).await
}

/// Deletes a published page; answers when that is done or has failed.
pub(crate) async fn delete(app: &App, publication_id: &str) -> Result<Operation> {
    let record = freeze::deletion(app, publication_id)?;
    app.store().enqueue(&record, None)?;
    run_to_end(app, record.id).await
}

pub(crate) fn link_of(app: &App, operation_id: &str) -> Result<String> {
    let found: Found = from_text(&find(app, operation_id)?.progress.found)?;
    found
        .page
        .map(|it| it.link)
        .ok_or_else(|| ApiError::gone("The page"))
}

/// Where a draft stands, from its last operation and its publication.
pub(crate) fn state_of(standing: &Standing, revision: i64) -> PublishState {
    if let Some((state, stage, error)) = &standing.operation {
        let message = || {
            let error: Option<ApiError> = error.as_deref().and_then(|it| from_text(it).ok());
            error.map(|it| it.message).unwrap_or_default()
        };
        match &**state {
            State::RUNNING | State::QUEUED => {
                return PublishState::Publishing {
                    step: Stage::of(stage).number(),
                };
            }
            State::CHECKING => return PublishState::Checking,
            State::CONFLICT => return PublishState::Conflict { message: message() },
            State::NEEDS_ATTENTION => {
                return match &standing.publication {
                    Some((status, version, _)) if status == "pdfMissing" => {
                        PublishState::PdfMissing { version: *version }
                    }
                    _ => PublishState::NeedsAttention { message: message() },
                };
            }
            _ => {}
        }
    }
    match &standing.publication {
        None => PublishState::Draft,
        Some((status, version, frozen)) => match &**status {
            "deleted" => PublishState::Deleted,
            "pdfMissing" => PublishState::PdfMissing { version: *version },
            _ => PublishState::Published {
                version: *version,
                changed: *frozen != revision,
            },
        },
    }
}

async fn run_to_end(app: &App, operation_id: String) -> Result<Operation> {
    let carrier = Arc::new(Carrier::default());
    lock(&app.inner.running.0).insert(operation_id.clone(), carrier.clone());
    carry::carry(app, &operation_id, &carrier).await;
    lock(&app.inner.running.0).remove(&operation_id);
    operation(app, operation_id).await
}

/// The draft's publish that must not be overtaken: it is moving, or its outcome is not known.
fn under_way(app: &App, draft_id: &str) -> Result<Option<Operation>> {
    let Some(id) = drafts::record(app, draft_id)?.operation_id else {
        return Ok(None);
    };
    let record = find(app, &id)?;
    if record.progress.ended_at.is_some() {
        return Ok(None);
    }
    if State::goes_on(&record.progress.state) || record.progress.in_doubt {
        start(app, &id);
        return Ok(Some(view(record)?));
    }
    // It stopped for a reason and nothing of it is in doubt: the new one takes its place.
    app.store()
        .cancel_operation(&id, app.now().timestamp_millis())?;
    Ok(None)
}

fn find(app: &App, operation_id: &str) -> Result<OperationRecord> {
    app.store()
        .operation(operation_id)
        .map_err(|problem| match problem {
            StoreError::Gone => ApiError::gone("The publish"),
            other => other.into(),
        })
}

fn checked_title(title: &str) -> Result<String> {
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let length = title.encode_utf16().count();
    if title.is_empty() {
        return Err(ApiError::invalid(Field::PageTitle, "Enter a title."));
    }
    if length > retropress_summary::title::LONGEST_TITLE {
        return Err(ApiError::invalid(
            Field::PageTitle,
            format!("The title has {length} characters. Confluence allows 255 at most."),
        ));
    }
    Ok(title)
}

/// The states of an operation, as they are stored.
struct State;

impl State {
    const QUEUED: &str = "queued";
    const RUNNING: &str = "running";
    const CHECKING: &str = "checking";
    const DONE: &str = "done";
    const NEEDS_ATTENTION: &str = "needsAttention";
    const CONFLICT: &str = "conflict";

    fn goes_on(state: &str) -> bool {
        matches!(state, Self::QUEUED | Self::RUNNING | Self::CHECKING)
    }
}

fn view(record: OperationRecord) -> Result<Operation> {
    let kind: OperationKind = from_text(&record.kind)?;
    let state = match &*record.progress.state {
        State::QUEUED => OperationState::Queued,
        State::RUNNING => OperationState::Running,
        State::CHECKING => OperationState::Checking,
        State::DONE => OperationState::Done,
        State::NEEDS_ATTENTION => OperationState::NeedsAttention,
        State::CONFLICT => OperationState::Conflict,
        _ => OperationState::Cancelled,
    };
    let at = Stage::of(&record.progress.step).number();
    let names: &[&str] = match kind {
        OperationKind::Create => &[
            "Sign in",
            "Find parent page",
            "Create page",
            "Upload PDF",
            "Check the result",
        ],
        OperationKind::Update => &[
            "Sign in",
            "Find parent page",
            "Update page",
            "Upload PDF",
            "Check the result",
        ],
        OperationKind::Delete => &["Sign in", "Check the page", "Delete page"],
    };
    let steps = names
        .iter()
        .zip(1u8..)
        .map(|(name, number)| Step {
            name: (*name).to_owned(),
            state: match state {
                OperationState::Done => StepState::Done,
                _ if number < at => StepState::Done,
                _ if number > at => StepState::Waiting,
                OperationState::Queued | OperationState::Cancelled => StepState::Waiting,
                OperationState::Running => StepState::Running,
                OperationState::Checking => StepState::Checking,
                OperationState::NeedsAttention => StepState::Failed,
                OperationState::Conflict => StepState::Conflict,
            },
        })
        .collect();
    let error = match record.progress.error {
        Some(text) => Some(from_text(&text)?),
        None => None,
    };
    Ok(Operation {
        id: record.id,
        draft_id: record.draft_id,
        kind,
        title: record.progress.title,
        state,
        steps,
        started_at: drafts::time(record.started_at),
        ended_at: record.progress.ended_at.map(drafts::time),
        publication_id: record.progress.publication_id,
        error,
    })
}
