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
mod kept;
#[cfg(test)]
mod model;
pub mod outbox;
mod queue;
mod turns;
mod words;
mod worker;

use std::time::Duration;

use chrono::{DateTime, Utc};
use retropress_confluence::SpaceRef;
use retropress_store::{OperationHead, OperationRecord, PublicationRecord, Standing, StoreError};
use retropress_summary::Summary;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    ApiError, App, Field, Result,
    clients::from_text,
    connect::Session,
    drafts,
    integrations::{self, Configuration, Parent},
    lock,
    teams::Team,
};

use carry::Work;
use engine::Event;
use failure::is_about_sign_in;
use found::{Found, Stage};
use freeze::{Aim, Changes};
use kept::Kept;
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

impl OperationKind {
    const ALL: [(OperationKind, &'static str); 3] = [
        (Self::Create, "create"),
        (Self::Update, "update"),
        (Self::Delete, "delete"),
    ];

    fn of(name: &str) -> Option<Self> {
        Some(Self::ALL.iter().find(|it| it.1 == name)?.0)
    }

    /// As it is stored.
    pub(crate) fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|it| it.0 == self);
        found.map_or("create", |it| it.1)
    }
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
/// Where the draft is published at the integration already, its page there gets a new version. While
/// an earlier publish of the draft to the same integration is under way, that one is answered; one
/// that only waits and was frozen of an older text gives its place. Publishes of one draft to several
/// integrations do not wait for each other.
pub async fn publish(app: &App, draft_id: String, integration_id: String) -> Result<Operation> {
    begin(app, &draft_id, &integration_id, Aim::Own).await
}

/// Publishes the draft as it stands as the next version of that publication's page, and of no other;
/// as a new page where that page was deleted.
pub(crate) async fn republish(
    app: &App,
    publication: &PublicationRecord,
    draft_id: &str,
    integration_id: &str,
) -> Result<Operation> {
    let aim = match &*publication.status {
        "deleted" => Aim::NewPage,
        _ => Aim::Publication(publication.id.clone()),
    };
    begin(app, draft_id, integration_id, aim).await
}

/// So often somebody else may be faster.
const MOST_TRIES: u32 = 5;

async fn begin(app: &App, draft_id: &str, integration_id: &str, aim: Aim) -> Result<Operation> {
    let _turn = app.outbox().turns.of(draft_id).await;
    for _ in 0..MOST_TRIES {
        let waits = match in_the_way(app, draft_id, integration_id, &aim).await? {
            InTheWay::Nothing => None,
            InTheWay::Goes(operation) => return Ok(*operation),
            InTheWay::Waits(head) => Some(head),
        };
        let integration = integrations::find(app, integration_id)?;
        let fresh = freeze::draft(app, draft_id, &integration, &aim, Changes::default()).await?;
        let written = match &waits {
            Some(head) => carry::replace(app, head, &fresh).await?,
            None => {
                let written = app.store().enqueue(&fresh.record, fresh.basis());
                unless_overtaken(written.map(|()| true))?
            }
        };
        if written {
            begun(app, &fresh.record)?;
            app.outbox().hurry(Some(integration.site.base_url.as_str()));
            return operation(app, fresh.record.id).await;
        }
        // It may have been the same, and done by now.
        if aim == Aim::Own
            && let Some(head) = app.store().last_operation(draft_id, integration_id)?
            && let Ok(last) = Kept::of(head)
            && last.phase == Phase::Done
            && last.frozen.draft_revision == fresh.revision
        {
            return Ok(view_of(app, last));
        }
    }
    Err(words::under_way())
}

/// `false`: it was not written, since something of the draft was begun or ended in the meantime.
fn unless_overtaken(written: retropress_store::Result<bool>) -> Result<bool> {
    match written {
        Err(StoreError::UnderWay { .. } | StoreError::Republished) => Ok(false),
        other => Ok(other?),
    }
}

pub async fn operation(app: &App, operation_id: String) -> Result<Operation> {
    Ok(view_of(app, Kept::of(find(app, &operation_id)?)?))
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

/// Carries out what the author decided about an operation that stopped.
///
/// What needs other content is a new operation with a marker of its own, and the old one ends with the
/// same write. Where it went on or ended in the meantime nothing is written, and what became of it is
/// answered.
pub async fn resolve(app: &App, operation_id: String, resolution: Resolution) -> Result<Operation> {
    let shown = Kept::of(find(app, &operation_id)?)?;
    if !shown.phase.is_stopped() {
        return became(app, shown).await;
    }
    let (changes, as_new_page) = match resolution {
        Resolution::Keep => return cancel(app, operation_id).await,
        Resolution::Overwrite => {
            // A page without our marker is never written to, whoever asks.
            let code = shown.problem.as_ref().map(|it| it.code);
            if code == Some(crate::ErrorCode::PageChanged) {
                carry::happen(app, &operation_id, Event::Overwrite).await?;
                worker::ensure(app);
            }
            return operation(app, operation_id).await;
        }
        Resolution::Rename { title } => (Changes::titled(checked_title(&title)?), false),
        Resolution::NewPage { title } => (Changes::titled(checked_title(&title)?), true),
        Resolution::Move { parent } => (Changes::below(parent), false),
    };
    let head = &shown.head;
    let draft_id = head.draft_id.clone();
    let draft_id = draft_id.ok_or_else(|| ApiError::gone("The draft"))?;
    let integration_id = head.integration_id.as_ref();
    let integration_id = integration_id.ok_or_else(|| ApiError::gone("The integration"))?;
    let integration = integrations::find(app, integration_id)?;
    let _turn = app.outbox().turns.of(&draft_id).await;
    let aim = match &head.progress.publication_id {
        _ if as_new_page => Aim::NewPage,
        Some(id) if app.store().publication(id)?.status != "deleted" => {
            Aim::Publication(id.clone())
        }
        _ => Aim::Own,
    };
    let fresh = freeze::draft(app, &draft_id, &integration, &aim, changes).await?;
    if !carry::replace(app, head, &fresh).await? {
        return became(app, Kept::of(find(app, &operation_id)?)?).await;
    }
    begun(app, &fresh.record)?;
    operation(app, fresh.record.id).await
}

/// What came of an operation that does not stand as it was shown: the one that took its place, else
/// itself.
async fn became(app: &App, it: Kept) -> Result<Operation> {
    let head = &it.head;
    if it.phase.has_ended()
        && it.phase != Phase::Done
        && let (Some(draft_id), Some(integration_id)) = (&head.draft_id, &head.integration_id)
        && let Some(next) = app.store().operation_under_way(draft_id, integration_id)?
    {
        return Ok(view_of(app, Kept::of(next)?));
    }
    Ok(view_of(app, it))
}

/// Final: nothing more is written to Confluence for it.
///
/// A call that is already on its way is waited for, so that what it did is known. Where an answer
/// was lost, Confluence is still asked what became of it, and a page that did arrive goes into the
/// history.
pub async fn cancel(app: &App, operation_id: String) -> Result<Operation> {
    if !Kept::of(find(app, &operation_id)?)?.phase.has_ended() {
        carry::happen(app, &operation_id, Event::Cancelled).await?;
        worker::ensure(app);
    }
    operation(app, operation_id).await
}

/// Ends the tests of the wizard whose connection was left, and what was rendered for them.
///
/// With `patient` those that are being carried get to their end first.
pub(crate) async fn end_left_tests(app: &App, patient: bool) -> Result<()> {
    for head in app.store().outbox()? {
        if head.integration_id.is_some() {
            continue;
        }
        let id = head.id.clone();
        let Ok(test) = Kept::of(head) else {
            discard(app, id).await?;
            continue;
        };
        let session = test.frozen.session_id;
        if session.is_some_and(|it| lock(&app.inner.sessions).contains_key(&it)) {
            continue;
        }
        while patient && app.outbox().standing(&id).1 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        cancel(app, id).await?;
    }
    Ok(app.store().slim_operations(i64::MIN)?)
}

/// The same, beside what goes on.
pub(crate) fn end_left_tests_soon(app: &App) {
    let app = app.clone();
    tokio::spawn(async move {
        if let Err(problem) = end_left_tests(&app, true).await {
            tracing::warn!(%problem, "a test of the wizard was not ended");
        }
    });
}

/// Ends an operation that cannot be read; one that can is cancelled.
pub async fn discard(app: &App, operation_id: String) -> Result<()> {
    let head = find(app, &operation_id)?;
    let draft_id = head.draft_id.clone();
    if Kept::of(head).is_ok() {
        cancel(app, operation_id).await?;
        return Ok(());
    }
    let now = app.now().timestamp_millis();
    app.store().discard_operation(&operation_id, now)?;
    app.outbox().forget(&operation_id);
    app.tell(crate::Event::OperationChanged {
        operation_id,
        draft_id,
    });
    Ok(())
}

/// Takes up what an earlier run of the app left unfinished.
pub(crate) async fn resume(app: &App) {
    if let Err(problem) = end_left_tests(app, false).await {
        tracing::warn!(%problem, "a test of the wizard was not ended");
    }
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
    for head in app.store().outbox()? {
        if head.integration_id.as_deref() != Some(integration_id) {
            continue;
        }
        // What cannot be read waits for its author and keeps nobody else.
        let Ok(it) = Kept::of(head) else { continue };
        if it.phase == Phase::NeedsAttention
            && it.problem.is_some_and(|it| is_about_sign_in(it.code))
        {
            carry::happen(app, &it.head.id, Event::Retry).await?;
            worker::ensure(app);
        }
    }
    Ok(())
}

/// Writes a frozen operation down that is of no draft, and lets the worker have it.
fn enqueue(app: &App, record: &OperationRecord) -> Result<()> {
    app.store().enqueue(record, None)?;
    begun(app, record)
}

/// Lets the worker have what was written down.
fn begun(app: &App, record: &OperationRecord) -> Result<()> {
    Work::load(app, &record.id)?.tell_of_it();
    worker::ensure(app);
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
    Kept::of(find(app, operation_id)?)?
        .found
        .page
        .map(|it| it.link)
        .ok_or_else(|| ApiError::gone("The page"))
}

/// Where a draft stands, from its operations and its publications.
pub(crate) fn state_of(standing: &Standing, revision: i64) -> PublishState {
    if let Some((state, stage, error)) = &standing.operation {
        let message = || {
            let error: Option<ApiError> = error.as_deref().and_then(|it| from_text(it).ok());
            error.map(|it| it.message).unwrap_or_default()
        };
        let (Some(phase), Some(stage)) = (Phase::of(state), Stage::of(stage)) else {
            return PublishState::NeedsAttention {
                message: words::unreadable().message,
            };
        };
        match phase {
            Phase::Queued => return PublishState::Queued,
            Phase::Running => {
                return PublishState::Publishing {
                    step: stage.number(),
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

/// What of a draft has not ended at an integration.
enum InTheWay {
    Nothing,
    /// It must not be overtaken: it is moving, or its outcome is not known.
    Goes(Box<Operation>),
    /// It stopped for a reason, or never began, and nothing of it is in doubt: a new one takes its
    /// place.
    Waits(Box<OperationHead>),
}

async fn in_the_way(
    app: &App,
    draft_id: &str,
    integration_id: &str,
    aim: &Aim,
) -> Result<InTheWay> {
    let Some(head) = app.store().operation_under_way(draft_id, integration_id)? else {
        return Ok(InTheWay::Nothing);
    };
    let it = Kept::of(head)?;
    if is_about_another_page(app, &it, draft_id, integration_id, aim)? {
        return Err(words::under_way());
    }
    let waits = !app.outbox().standing(&it.head.id).1
        && it.phase == Phase::Queued
        && it.found == Found::fresh(&it.found.pdf_name);
    let outdated = waits && it.frozen.draft_revision != drafts::record(app, draft_id)?.revision;
    if !outdated && (it.phase.goes_on() || it.head.progress.in_doubt) {
        let operation = retry(app, it.head.id).await?;
        return Ok(InTheWay::Goes(Box::new(operation)));
    }
    Ok(InTheWay::Waits(Box::new(it.head)))
}

/// Neither the answer to what was asked for, nor to be replaced by it.
fn is_about_another_page(
    app: &App,
    it: &Kept,
    draft_id: &str,
    integration_id: &str,
    aim: &Aim,
) -> Result<bool> {
    let publication = it.head.progress.publication_id.as_ref();
    Ok(match (aim, publication) {
        (Aim::Publication(id), publication) => publication != Some(id),
        (Aim::NewPage, publication) => publication.is_some(),
        (Aim::Own, None) => false,
        (Aim::Own, Some(id)) => {
            let own = app.store().publication_at(draft_id, integration_id)?;
            own.is_some_and(|it| it.id != *id)
        }
    })
}

fn load(app: &App, operation_id: &str) -> Result<Work> {
    Ok(Work::of(app, Kept::of(find(app, operation_id)?)?))
}

fn find(app: &App, operation_id: &str) -> Result<OperationHead> {
    app.store()
        .operation_head(operation_id)
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

    fn of(name: &str) -> Option<Self> {
        Some(Self::ALL.iter().find(|it| it.1 == name)?.0)
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

    /// It waits for its author.
    fn is_stopped(self) -> bool {
        matches!(self, Self::Conflict | Self::NeedsAttention)
    }

    /// For its author.
    fn has_ended(self) -> bool {
        matches!(self, Self::Done | Self::Withdrawn | Self::Cancelled)
    }
}

fn view_of(app: &App, it: Kept) -> Operation {
    let standing = app.outbox().standing(&it.head.id);
    view(app, it, standing)
}

/// `obstacle` is what keeps it waiting, and `going` says that it is being carried.
fn view(app: &App, it: Kept, (obstacle, going): (Option<Obstacle>, bool)) -> Operation {
    let Kept {
        head,
        frozen,
        kind,
        phase,
        stage,
        problem,
        ..
    } = it;
    let unwritten = app.outbox().unwritten(&head.id);
    let state = match phase {
        // It was sent, and what came of it could not be written down.
        Phase::Running if unwritten.is_some() && head.progress.in_doubt => OperationState::Checking,
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
    let at = stage.number();
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
    let error = match problem {
        // That it has ended was written down.
        _ if phase.has_ended() => None,
        Some(problem) if !phase.goes_on() => Some(problem),
        _ => unwritten,
    };
    Operation {
        id: head.id,
        draft_id: head.draft_id,
        kind,
        title: head.progress.title,
        state,
        steps,
        started_at: drafts::time(head.started_at),
        ended_at: head.progress.ended_at.map(drafts::time),
        publication_id: head.progress.publication_id,
        error,
        waiting,
    }
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
            vpn: app.outbox().look(|queue| queue.waits_for_vpn(host)),
        },
        Obstacle::Turn => Waiting::Turn,
    }
}
