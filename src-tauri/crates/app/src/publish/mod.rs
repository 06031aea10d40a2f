//! Publishing: a frozen summary on its way to Confluence.
//!
//! 1. `freeze` renders a draft once; `publish` writes that down with the draft's change of state.
//! 2. `engine` decides what an operation does next, `queue` whose turn it is. Both are pure, and
//!    `model` tries them with thousands of histories.
//! 3. `worker` starts whose turn it is, and `carry` does what was decided: writes down, calls,
//!    writes down. Nothing else talks to Confluence to change anything.
//! 4. `outbox` shows what has not ended, and what can be done about it.

mod carry;
mod engine;
mod failure;
mod found;
mod freeze;
#[cfg(test)]
mod model;
pub mod outbox;
mod queue;
mod words;
mod worker;

use std::time::Duration;

use chrono::{DateTime, Utc};
use retropress_confluence::SpaceRef;
use retropress_store::{OperationProgress, OperationRecord, Standing, StoreError};
use retropress_summary::Summary;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    ApiError, App, Field, Result,
    clients::from_text,
    connect::Session,
    drafts,
    integrations::{self, Configuration, Parent},
    teams::Team,
};

use carry::Work;
use engine::Event;
use failure::is_about_sign_in;
use found::{Found, Stage};
use queue::Obstacle;

pub(crate) use worker::Outbox;

pub(crate) use freeze::{Plan, author, plan, reference, render};

/// Where a draft stands; the closed list of the chips.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "type")]
#[ts(export)]
pub enum PublishState {
    Draft,
    /// Frozen; waits for the network, a sign-in, a time, or its turn.
    Queued,
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
    /// Why it stopped.
    pub error: Option<ApiError>,
    /// What it waits for, while it waits.
    pub waiting: Option<Waiting>,
}

/// What keeps an operation waiting. It goes on by itself, but where it is paused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "type")]
#[ts(export)]
pub enum Waiting {
    /// Its own Confluence does not answer.
    #[serde(rename_all = "camelCase")]
    Network { host: String, vpn: bool },
    /// The integration has to sign in again.
    SignIn,
    /// The server named a time: not even Retry comes before it.
    #[serde(rename_all = "camelCase")]
    Server { until: DateTime<Utc> },
    /// A pause after a failure; Retry ends it.
    #[serde(rename_all = "camelCase")]
    Pause { until: DateTime<Utc> },
    /// The integration is paused.
    Paused,
    /// Others go first.
    Turn,
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
    /// Publish below another parent page.
    Move { parent: Parent },
}

/// Freezes the draft as it stands and starts carrying it to Confluence.
///
/// A draft that is published already becomes a new version of its page. While an earlier publish
/// of the draft is under way, that one is answered; one that only waits and was frozen of an older
/// text gives its place.
pub async fn publish(app: &App, draft_id: String, integration_id: String) -> Result<Operation> {
    if let Some(open) = under_way(app, &draft_id).await? {
        return Ok(open);
    }
    let integration = integrations::find(app, &integration_id)?;
    let record = freeze::draft(app, &draft_id, &integration).await?;
    enqueue(app, &record)?;
    app.outbox().hurry(Some(integration.site.base_url.as_str()));
    operation(app, record.id).await
}

pub async fn operation(app: &App, operation_id: String) -> Result<Operation> {
    view(app, find(app, &operation_id)?)
}

/// Goes on from the last step that is known to be done; ends every pause but one that the server
/// asked for.
pub async fn retry(app: &App, operation_id: String) -> Result<Operation> {
    let work = load(app, &operation_id)?;
    if work.state.phase.has_ended() {
        return operation(app, operation_id).await;
    }
    let entry = work.entry();
    let refused = |it: &ApiError| is_about_sign_in(it.code);
    if let Some(integration) = &entry.integration
        && (work.state.problem.as_ref().is_some_and(refused)
            || app.outbox().standing(&operation_id).0 == Some(Obstacle::SignIn))
    {
        app.outbox().try_sign_in(app, integration, false)?;
    }
    // One that is being carried is at work already.
    let at_work = work.state.phase.goes_on() && app.outbox().standing(&operation_id).1;
    if !at_work {
        carry::happen(app, &operation_id, Event::Retry).await?;
    }
    app.outbox().hurry(Some(&entry.host));
    worker::ensure(app);
    operation(app, operation_id).await
}

pub async fn resolve(app: &App, operation_id: String, resolution: Resolution) -> Result<Operation> {
    let record = find(app, &operation_id)?;
    let phase = Phase::of(&record.progress.state);
    if !matches!(phase, Phase::Conflict | Phase::NeedsAttention) {
        return view(app, record);
    }
    let (title, parent, as_new_page) = match resolution {
        Resolution::Keep => return cancel(app, operation_id).await,
        Resolution::Overwrite => {
            let error: Option<ApiError> = record
                .progress
                .error
                .as_deref()
                .map(from_text)
                .transpose()?;
            // A page without our marker is never written to, whoever asks.
            if error.is_some_and(|it| it.code == crate::ErrorCode::PageChanged) {
                carry::happen(app, &operation_id, Event::Overwrite).await?;
                worker::ensure(app);
            }
            return operation(app, operation_id).await;
        }
        Resolution::Rename { title } => (Some(checked_title(&title)?), None, false),
        Resolution::NewPage { title } => (Some(checked_title(&title)?), None, true),
        Resolution::Move { parent } => (None, Some(parent), false),
    };
    // Other content is a new operation with a marker of its own; this one ends here.
    let draft_id = record
        .draft_id
        .clone()
        .ok_or_else(|| ApiError::gone("The draft"))?;
    let integration_id = record
        .integration_id
        .clone()
        .ok_or_else(|| ApiError::gone("The integration"))?;
    let integration = integrations::find(app, &integration_id)?;
    let changes = freeze::Changes {
        title,
        parent,
        as_new_page,
    };
    let record = freeze::changed(app, &draft_id, &integration, changes).await?;
    cancel(app, operation_id).await?;
    enqueue(app, &record)?;
    operation(app, record.id).await
}

/// Final: nothing more is written to Confluence for it.
///
/// A call that is already on its way is waited for, so that what it did is known. Where an answer
/// was lost, Confluence is still asked what became of it, and a page that did arrive goes into the
/// history.
pub async fn cancel(app: &App, operation_id: String) -> Result<Operation> {
    if !load(app, &operation_id)?.state.phase.has_ended() {
        carry::happen(app, &operation_id, Event::Cancelled).await?;
        worker::ensure(app);
    }
    operation(app, operation_id).await
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
        if let Err(problem) = take_up(app, &id).await {
            tracing::error!(%problem, id, "an operation could not be taken up");
            // The worker does it once the database can be written to.
            if carry::passes(&problem)
                && let Ok(work) = load(app, &id)
                && work.state.phase.goes_on()
            {
                app.outbox().put(&id, work.entry());
                app.outbox().put_off(app, &id, problem);
            }
        }
    }
    worker::ensure(app);
}

async fn take_up(app: &App, id: &str) -> Result<()> {
    let work = load(app, id)?;
    let found = &work.state.found;
    if found.from_backup && !found.asked_about_backup {
        return carry::happen(app, id, Event::Restarted).await;
    }
    // A keyring is opened anew with each start.
    let keyring = |it: &ApiError| failure::is_about_keyring(it.code);
    if work.state.phase == Phase::NeedsAttention && work.state.problem.as_ref().is_some_and(keyring)
    {
        return carry::happen(app, id, Event::Retry).await;
    }
    // One that was published since the start is at work already.
    if work.state.phase.goes_on() && !app.outbox().standing(id).1 {
        carry::happen(app, id, Event::Restarted).await?;
    }
    Ok(())
}

/// What stopped for its sign-in goes on: there is a new one.
pub(crate) async fn signed_in_again(app: &App, integration_id: &str) -> Result<()> {
    app.outbox().try_sign_in(app, integration_id, true)?;
    for it in app.store().outbox()? {
        let error: Option<ApiError> = it.progress.error.as_deref().map(from_text).transpose()?;
        if it.integration_id.as_deref() == Some(integration_id)
            && Phase::of(&it.progress.state) == Phase::NeedsAttention
            && error.is_some_and(|it| is_about_sign_in(it.code))
        {
            carry::happen(app, &it.id, Event::Retry).await?;
            worker::ensure(app);
        }
    }
    Ok(())
}

/// Writes the frozen operation down and lets the worker have it.
fn enqueue(app: &App, record: &OperationRecord) -> Result<()> {
    let frozen: freeze::Frozen = from_text(&record.frozen)?;
    let revision = record.draft_id.as_ref().map(|_| frozen.draft_revision);
    app.store().enqueue(record, revision)?;
    app.outbox().put(&record.id, load(app, &record.id)?.entry());
    worker::ensure(app);
    app.tell(crate::Event::OperationChanged {
        operation_id: record.id.clone(),
        draft_id: record.draft_id.clone(),
    });
    Ok(())
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
    enqueue(app, &record)?;
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
    run_to_end(app, record).await
}

/// Deletes a published page; answers when that is done, has failed, or waits for longer.
pub(crate) async fn delete(app: &App, publication_id: &str) -> Result<Operation> {
    let record = freeze::deletion(app, publication_id)?;
    run_to_end(app, record).await
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
        match Phase::of(state) {
            Phase::Queued => return PublishState::Queued,
            Phase::Running => {
                return PublishState::Publishing {
                    step: Stage::of(stage).number(),
                };
            }
            Phase::Checking => return PublishState::Checking,
            Phase::Conflict => return PublishState::Conflict { message: message() },
            Phase::NeedsAttention => {
                return match &standing.publication {
                    Some((status, version, _)) if status == "pdfMissing" => {
                        PublishState::PdfMissing { version: *version }
                    }
                    _ => PublishState::NeedsAttention { message: message() },
                };
            }
            Phase::Done | Phase::Withdrawn | Phase::Cancelled => {}
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

/// The window is answered after so long, whatever has come of it; events tell the rest.
const ANSWERED_AFTER: Duration = Duration::from_secs(30);

async fn run_to_end(app: &App, record: OperationRecord) -> Result<Operation> {
    let begun = tokio::time::Instant::now();
    let mut events = app.events();
    enqueue(app, &record)?;
    app.outbox()
        .hurry(Some(&load(app, &record.id)?.entry().host));
    loop {
        let now = operation(app, record.id.clone()).await?;
        let moving = matches!(
            now.state,
            OperationState::Queued | OperationState::Running | OperationState::Checking
        );
        let soon = matches!(
            now.waiting,
            None | Some(Waiting::Pause { .. } | Waiting::Turn)
        );
        if !(moving && soon) || begun.elapsed() > ANSWERED_AFTER {
            return Ok(now);
        }
        // Each change is told; should one be missed, the next look is not far.
        let _ = tokio::time::timeout(Duration::from_millis(500), events.recv()).await;
    }
}

/// The draft's publish that must not be overtaken: it is moving, or its outcome is not known.
async fn under_way(app: &App, draft_id: &str) -> Result<Option<Operation>> {
    let draft = drafts::record(app, draft_id)?;
    let Some(id) = draft.operation_id else {
        return Ok(None);
    };
    let record = find(app, &id)?;
    if record.progress.ended_at.is_some() {
        return Ok(None);
    }
    let work = load(app, &id)?;
    let waits = !app.outbox().standing(&id).1
        && work.state.phase == Phase::Queued
        && work.state.found == Found::fresh(&work.state.found.pdf_name);
    let frozen: freeze::Frozen = from_text(&record.frozen)?;
    let outdated = waits && frozen.draft_revision != draft.revision;
    if !outdated && (work.state.phase.goes_on() || work.state.in_doubt) {
        return Ok(Some(retry(app, id).await?));
    }
    // It stopped for a reason, or never began, and nothing of it is in doubt: the new one takes its
    // place.
    cancel(app, id).await?;
    Ok(None)
}

fn load(app: &App, operation_id: &str) -> Result<Work> {
    find(app, operation_id)?;
    Work::load(app, operation_id)
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

/// Where an operation stands, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Queued,
    Running,
    Checking,
    Done,
    NeedsAttention,
    Conflict,
    /// Cancelled while a create was in doubt: Confluence is asked what became of it, and nothing is
    /// written there.
    Withdrawn,
    Cancelled,
}

impl Phase {
    const ALL: [(Phase, &'static str); 8] = [
        (Self::Queued, "queued"),
        (Self::Running, "running"),
        (Self::Checking, "checking"),
        (Self::Done, "done"),
        (Self::NeedsAttention, "needsAttention"),
        (Self::Conflict, "conflict"),
        (Self::Withdrawn, "withdrawn"),
        (Self::Cancelled, "cancelled"),
    ];

    fn of(name: &str) -> Self {
        let found = Self::ALL.iter().find(|it| it.1 == name);
        found.map_or(Self::Cancelled, |it| it.0)
    }

    fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|it| it.0 == self);
        found.map_or("cancelled", |it| it.1)
    }

    /// Without its author.
    fn goes_on(self) -> bool {
        matches!(
            self,
            Self::Queued | Self::Running | Self::Checking | Self::Withdrawn
        )
    }

    /// For its author.
    fn has_ended(self) -> bool {
        matches!(self, Self::Done | Self::Withdrawn | Self::Cancelled)
    }
}

/// Of an operation what is shown of it.
struct Shown {
    id: String,
    kind: String,
    draft_id: Option<String>,
    frozen: String,
    started_at: i64,
    progress: OperationProgress,
}

fn view(app: &App, record: OperationRecord) -> Result<Operation> {
    view_of(
        app,
        Shown {
            id: record.id,
            kind: record.kind,
            draft_id: record.draft_id,
            frozen: record.frozen,
            started_at: record.started_at,
            progress: record.progress,
        },
    )
}

fn view_of(app: &App, record: Shown) -> Result<Operation> {
    let frozen: freeze::Frozen = from_text(&record.frozen)?;
    let kind: OperationKind = from_text(&record.kind)?;
    let phase = Phase::of(&record.progress.state);
    let (obstacle, going) = app.outbox().standing(&record.id);
    let unwritten = app.outbox().unwritten(&record.id);
    let state = match phase {
        // It was sent, and what came of it could not be written down.
        Phase::Running if unwritten.is_some() && record.progress.in_doubt => {
            OperationState::Checking
        }
        Phase::Queued if going => OperationState::Running,
        Phase::Queued => OperationState::Queued,
        Phase::Running => OperationState::Running,
        Phase::Checking => OperationState::Checking,
        Phase::Done => OperationState::Done,
        Phase::NeedsAttention => OperationState::NeedsAttention,
        Phase::Conflict => OperationState::Conflict,
        Phase::Withdrawn | Phase::Cancelled => OperationState::Cancelled,
    };
    let waiting = obstacle
        .filter(|_| phase.goes_on() && !phase.has_ended())
        .map(|it| waiting(app, it, carry::host(&frozen), &frozen.site_name));
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
    // While it goes on by itself nothing is wrong that its author has to know.
    let error = match record.progress.error {
        Some(text) if !phase.goes_on() && !phase.has_ended() => Some(from_text(&text)?),
        _ => unwritten,
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
        waiting,
    })
}

fn waiting(app: &App, obstacle: Obstacle, host: &str, site_name: &str) -> Waiting {
    match obstacle {
        Obstacle::Paused => Waiting::Paused,
        Obstacle::SignIn => Waiting::SignIn,
        Obstacle::Server(at) => Waiting::Server {
            until: drafts::time(at),
        },
        Obstacle::Pause(at) => Waiting::Pause {
            until: drafts::time(at),
        },
        Obstacle::Network => Waiting::Network {
            host: site_name.to_owned(),
            vpn: app.outbox().queue().waits_for_vpn(host),
        },
        Obstacle::Turn => Waiting::Turn,
    }
}
