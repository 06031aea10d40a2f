//! The Outbox: what has not ended, by integration, with what can be done about it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use retropress_confluence::Url;
use retropress_store::OperationHead;
use retropress_summary::Kind;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;
use ts_rs::TS;

use super::{
    Operation, OperationState, Waiting, carry,
    failure::is_about_sign_in,
    find,
    found::Found,
    freeze::Frozen,
    kept::Kept,
    queue::{Obstacle, Queue},
    worker,
};
use crate::{
    ApiError, App, ErrorCode, Result, connect, drafts,
    integrations::{self, Parent, StoredIntegration},
};

/// All that has not ended, of one team.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct OutboxList {
    /// One for each integration of the team, also where nothing is queued.
    pub queues: Vec<OutboxQueue>,
    pub total: u32,
    /// Those that wait for their author.
    pub need_you: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct OutboxQueue {
    pub connection: ConnectionStatus,
    /// Oldest first.
    pub rows: Vec<OutboxRow>,
    /// What is kept of these cannot be read: they can be discarded, and nothing else.
    pub unreadable: Vec<UnreadableEntry>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct UnreadableEntry {
    pub operation_id: String,
    /// Of the page.
    pub title: String,
    pub queued_at: DateTime<Utc>,
    pub error: ApiError,
}

/// How an integration's own Confluence can be reached, as far as it is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ConnectionStatus {
    pub integration_id: String,
    /// Host, or the site's name.
    pub name: String,
    pub host: String,
    /// Talks to the sandbox of this app.
    pub sandbox: bool,
    pub reach: Reach,
    /// When it answered last; `None` when it was not asked since the start.
    pub answered_at: Option<DateTime<Utc>>,
    /// When it is asked again; it does not answer now.
    pub next_question_at: Option<DateTime<Utc>>,
    /// The server asked for a pause until then.
    pub not_before: Option<DateTime<Utc>>,
    pub paused: bool,
    /// The sign-in was refused; what is queued waits for a new one.
    pub sign_in_needed: bool,
    /// How many go on by themselves.
    pub queued: u32,
    pub need_you: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "type")]
#[ts(export)]
pub enum Reach {
    /// Not asked since the start.
    Unknown,
    Online,
    /// `message` says what happened.
    #[serde(rename_all = "camelCase")]
    Offline {
        since: DateTime<Utc>,
        message: String,
    },
    /// Another host answers, this one does not.
    #[serde(rename_all = "camelCase")]
    WaitingForVpn {
        since: DateTime<Utc>,
        message: String,
    },
}

/// The chip beside the navigation, and what it explains when clicked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct OutboxStatus {
    pub chip: StatusChip,
    pub connections: Vec<ConnectionStatus>,
    pub queued: u32,
    pub need_you: u32,
    pub next_try_at: Option<DateTime<Utc>>,
}

/// Of the host that matters: one that something waits for, else the worst.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "type")]
#[ts(export)]
pub enum StatusChip {
    #[serde(rename_all = "camelCase")]
    Online {
        reachable: u32,
        of: u32,
    },
    Offline,
    #[serde(rename_all = "camelCase")]
    WaitingForVpn {
        name: String,
    },
    Queued {
        count: u32,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct OutboxRow {
    /// With its steps, its state and what it waits for.
    pub operation: Operation,
    pub summary_kind: Kind,
    /// The draft's own title, or its date; empty when the draft is gone.
    pub draft_title: String,
    pub target: OutboxTarget,
    pub queued_at: DateTime<Utc>,
    /// Tries in a row that failed at the server; an absent network is none.
    pub attempts: u32,
    pub next_try_at: Option<DateTime<Utc>>,
    /// The last thing that went wrong, also while it goes on by itself; with details to copy.
    pub last_error: Option<ApiError>,
    /// The page is there, its PDF is not.
    pub pdf_missing: bool,
    /// Where View in Confluence goes, once there is a page.
    pub link: Option<String>,
    pub primary: Option<OutboxAction>,
    /// What else can be done, in the order of the buttons.
    pub others: Vec<OutboxAction>,
}

/// Where it goes: always said as connection, space, parent, title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct OutboxTarget {
    pub site_name: String,
    pub space_key: String,
    pub space_name: String,
    /// Empty for the space's home page.
    pub parent: String,
    pub title: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum OutboxAction {
    /// The page was changed: both versions, and the choice.
    Resolve,
    ChangeTitle,
    ChooseParent,
    PublishAsNew,
    /// Enter a new token or password, or sign in again.
    SignIn,
    NetworkSettings,
    RetryUpload,
    Retry,
    Resume,
    View,
    /// Back to the draft.
    Edit,
    Cancel,
}

/// What became of one draft of many.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Queued {
    pub draft_id: String,
    pub operation: Option<Operation>,
    /// Why it was not queued.
    pub error: Option<ApiError>,
}

/// Both versions of a page that somebody else changed, as text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ConflictDetails {
    pub operation_id: String,
    pub theirs: ConflictVersion,
    pub ours: ConflictVersion,
    pub link: String,
    /// The page still carries our marker: only then it may be written over.
    pub may_overwrite: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ConflictVersion {
    pub title: String,
    /// Theirs as it stands; ours as it would become.
    pub version: u32,
    /// Name of the account; `None` where the server tells an id only.
    pub who: Option<String>,
    pub at: Option<DateTime<Utc>>,
    /// Plain text, a line for each paragraph, item and row of a table.
    pub lines: Vec<String>,
}

pub async fn list(app: &App, team_id: String) -> Result<OutboxList> {
    let open = app.store().outbox()?;
    let drafts = app.store().drafts_in_outbox()?;
    let standings = app.outbox().standings();
    let mut queues = Vec::new();
    for integration in integrations::of_team(app, &team_id)? {
        let own = of_integration(&open, &integration.id);
        let connection = app
            .outbox()
            .look(|queue| connection(queue, &integration, &own));
        let (mut rows, mut unreadable) = (Vec::new(), Vec::new());
        for it in own {
            let standing = standings.get(&it.id).copied().unwrap_or_default();
            match Kept::of(it.clone()) {
                Ok(kept) => rows.push(row(app, kept, standing, &drafts)),
                Err(problem) => unreadable.push(UnreadableEntry {
                    operation_id: it.id.clone(),
                    title: it.progress.title.clone(),
                    queued_at: drafts::time(it.started_at),
                    error: problem.into(),
                }),
            }
        }
        queues.push(OutboxQueue {
            connection,
            rows,
            unreadable,
        });
    }
    let sum =
        |count: fn(&ConnectionStatus) -> u32| queues.iter().map(|it| count(&it.connection)).sum();
    let (queued, need_you): (u32, u32) = (sum(|it| it.queued), sum(|it| it.need_you));
    Ok(OutboxList {
        total: queued + need_you,
        need_you,
        queues,
    })
}

pub async fn status(app: &App, team_id: String) -> Result<OutboxStatus> {
    let open = app.store().outbox()?;
    let integrations = integrations::of_team(app, &team_id)?;
    let now = app.outbox().now();
    let (connections, next): (Vec<ConnectionStatus>, _) = app.outbox().look(|queue| {
        let connections = integrations
            .iter()
            .map(|it| connection(queue, it, &of_integration(&open, &it.id)));
        (connections.collect(), queue.next_time(now))
    });
    let queued = connections.iter().map(|it| it.queued).sum();
    Ok(OutboxStatus {
        chip: chip(&connections, queued),
        need_you: connections.iter().map(|it| it.need_you).sum(),
        next_try_at: next.filter(|_| queued > 0).map(drafts::time),
        connections,
        queued,
    })
}

/// Asks each Confluence of the team whether it answers, and lets go on what waited for it.
pub async fn check_all(app: &App, team_id: String) -> Result<OutboxStatus> {
    let mut asked = JoinSet::new();
    for integration in integrations::of_team(app, &team_id)? {
        let app = app.clone();
        asked.spawn(async move { worker::ask_integration(&app, &integration).await });
    }
    while asked.join_next().await.is_some() {}
    app.outbox().hurry(None);
    status(app, team_id).await
}

/// Freezes each of the drafts as it stands. One that cannot be frozen does not keep the others.
pub async fn publish_many(
    app: &App,
    draft_ids: Vec<String>,
    integration_id: String,
) -> Result<Vec<Queued>> {
    integrations::find(app, &integration_id)?;
    let mut all = Vec::with_capacity(draft_ids.len());
    for draft_id in draft_ids {
        let done = super::publish(app, draft_id.clone(), integration_id.clone()).await;
        let (operation, error) = match done {
            Ok(operation) => (Some(operation), None),
            Err(problem) => (None, Some(problem)),
        };
        all.push(Queued {
            draft_id,
            operation,
            error,
        });
    }
    Ok(all)
}

/// Cancels all of them; those whose call is on its way end with its answer. One that cannot be
/// cancelled keeps none of the others.
///
/// # Errors
/// The first one's, once each was tried.
pub async fn cancel_many(app: &App, operation_ids: Vec<String>) -> Result<Vec<Operation>> {
    let mut cancelled = JoinSet::new();
    for id in operation_ids {
        let app = app.clone();
        cancelled.spawn(async move { super::cancel(&app, id).await });
    }
    let (mut all, mut failed) = (Vec::new(), None);
    while let Some(done) = cancelled.join_next().await {
        match done.unwrap_or_else(|it| Err(ApiError::internal(&it))) {
            Ok(operation) => all.push(operation),
            Err(problem) => failed = failed.or(Some(problem)),
        }
    }
    all.sort_by(|one, other| one.id.cmp(&other.id));
    match failed {
        None => Ok(all),
        Some(problem) => Err(problem),
    }
}

/// Nothing can be sent for an integration that is gone.
pub(crate) async fn cancel_all_of(app: &App, integration_id: &str) -> Result<()> {
    let open = app.store().outbox()?;
    let (mut sound, mut unreadable) = (Vec::new(), Vec::new());
    for it in of_integration(&open, integration_id) {
        match Kept::of(it.clone()) {
            Ok(_) => sound.push(it.id.clone()),
            Err(_) => unreadable.push(it.id.clone()),
        }
    }
    for id in unreadable {
        super::discard(app, id).await?;
    }
    cancel_many(app, sound).await?;
    Ok(())
}

/// The same with a retry.
pub async fn retry_many(app: &App, operation_ids: Vec<String>) -> Result<Vec<Operation>> {
    let (mut all, mut failed) = (Vec::with_capacity(operation_ids.len()), None);
    for id in operation_ids {
        match super::retry(app, id).await {
            Ok(operation) => all.push(operation),
            Err(problem) => failed = failed.or(Some(problem)),
        }
    }
    match failed {
        None => Ok(all),
        Some(problem) => Err(problem),
    }
}

/// Nothing more is sent for the integration until it is resumed; what is on its way ends.
pub async fn pause(app: &App, integration_id: String) -> Result<()> {
    integrations::find(app, &integration_id)?;
    app.outbox().pause(app, &integration_id, true)
}

pub async fn resume(app: &App, integration_id: String) -> Result<()> {
    let integration = integrations::find(app, &integration_id)?;
    app.outbox().pause(app, &integration_id, false)?;
    app.outbox().hurry(Some(integration.site.base_url.as_str()));
    worker::ensure(app);
    Ok(())
}

/// Cancels it and answers the draft, which is as it was written.
pub async fn back_to_draft(app: &App, operation_id: String) -> Result<String> {
    let record = find(app, &operation_id)?;
    let draft_id = record.draft_id.ok_or_else(|| ApiError::gone("The draft"))?;
    drafts::record(app, &draft_id)?;
    super::cancel(app, operation_id).await?;
    Ok(draft_id)
}

/// The page as it stands and as it would become. Reads one page.
pub async fn conflict(app: &App, operation_id: String) -> Result<ConflictDetails> {
    let kept = Kept::of(find(app, &operation_id)?)?;
    let storage = app.store().rendered(&operation_id)?.storage;
    let Kept {
        head: record,
        frozen,
        found,
        ..
    } = kept.clone();
    let ours = frozen
        .page
        .clone()
        .ok_or_else(|| ApiError::gone("The page"))?;
    let client = carry::Work::of(app, kept).client().await?;
    let page = client
        .page(&ours.id)
        .await?
        .ok_or_else(super::words::page_gone)?;
    let lines = |storage: &str| retropress_summary::storage::text_lines(storage);
    let body = page.body.unwrap_or_default();
    let time = page.changed_at.as_deref().and_then(|it| it.parse().ok());
    Ok(ConflictDetails {
        theirs: ConflictVersion {
            title: page.title,
            version: page.version,
            who: page.changed_by_name,
            at: time,
            lines: lines(&body),
        },
        ours: ConflictVersion {
            title: record.progress.title,
            version: page.version + 1,
            who: Some(frozen.account_name),
            at: Some(drafts::time(record.started_at)),
            lines: lines(&storage),
        },
        link: page.link.map_or(ours.link, |it| it.to_string()),
        may_overwrite: super::engine::carries_marker(&body, &frozen.marker)
            && found.base_version.is_some(),
        operation_id,
    })
}

/// Opens the page of an operation in the browser, once there is one.
pub async fn view(app: &App, operation_id: String) -> Result<()> {
    let it = Kept::of(find(app, &operation_id)?)?;
    let link = link(&it.frozen, &it.found).ok_or_else(|| ApiError::gone("The page"))?;
    let Some(id) = &it.head.integration_id else {
        return connect::open_kept_link(app, &link).await;
    };
    let integration = integrations::find(app, id)?;
    if integration.sandbox {
        app.inner.sandbox.start().await?;
    }
    connect::open_page(app, &integration.site, &link)
}

fn of_integration<'a>(open: &'a [OperationHead], id: &str) -> Vec<&'a OperationHead> {
    open.iter()
        .filter(|it| it.integration_id.as_deref() == Some(id))
        .collect()
}

fn connection(
    queue: &Queue,
    integration: &StoredIntegration,
    own: &[&OperationHead],
) -> ConnectionStatus {
    let address = integration.site.base_url.as_str();
    let host = queue.hosts.get(address).cloned().unwrap_or_default();
    let lane = queue
        .integrations
        .get(&integration.id)
        .cloned()
        .unwrap_or_default();
    let moving = own
        .iter()
        .filter(|it| Kept::of((**it).clone()).is_ok_and(|it| it.phase.goes_on()))
        .count();
    let count = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
    ConnectionStatus {
        integration_id: integration.id.clone(),
        name: integration.site.name.clone(),
        host: Url::host_str(&integration.site.base_url)
            .unwrap_or_default()
            .to_owned(),
        sandbox: integration.sandbox,
        reach: match &host.down {
            Some(down) if queue.waits_for_vpn(address) => Reach::WaitingForVpn {
                since: drafts::time(down.since),
                message: down.message.clone(),
            },
            Some(down) => Reach::Offline {
                since: drafts::time(down.since),
                message: down.message.clone(),
            },
            None if host.answered_at.is_some() => Reach::Online,
            None => Reach::Unknown,
        },
        answered_at: host.answered_at.map(drafts::time),
        next_question_at: host.down.as_ref().map(|it| drafts::time(it.next_question)),
        not_before: host.not_before.map(drafts::time),
        paused: lane.paused,
        sign_in_needed: lane.sign_in == super::queue::SignIn::Bad,
        queued: count(moving),
        need_you: count(own.len() - moving),
    }
}

fn chip(connections: &[ConnectionStatus], queued: u32) -> StatusChip {
    let matter = |it: &&ConnectionStatus| it.queued > 0 || queued == 0;
    let of_those = connections.iter().filter(matter);
    if let Some(it) = of_those
        .clone()
        .find(|it| matches!(it.reach, Reach::WaitingForVpn { .. }))
    {
        return StatusChip::WaitingForVpn {
            name: it.name.clone(),
        };
    }
    let down = |it: &ConnectionStatus| matches!(it.reach, Reach::Offline { .. });
    if of_those.clone().any(down) {
        return StatusChip::Offline;
    }
    if queued > 0 {
        return StatusChip::Queued { count: queued };
    }
    let count = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
    StatusChip::Online {
        reachable: count(
            connections
                .iter()
                .filter(|it| it.reach == Reach::Online)
                .count(),
        ),
        of: count(connections.len()),
    }
}

fn row(
    app: &App,
    kept: Kept,
    standing: (Option<Obstacle>, bool),
    drafts: &HashMap<String, (String, Option<String>)>,
) -> OutboxRow {
    let Kept {
        head: it,
        frozen,
        found,
        problem,
        ..
    } = kept.clone();
    let last_error = app.outbox().unwritten(&it.id).or(problem);
    let operation = super::view(app, kept, standing);
    let draft = it.draft_id.as_ref().and_then(|id| drafts.get(id));
    let draft_title = draft.map_or_else(String::new, |(title, date)| {
        drafts::name(title, date.as_deref().and_then(|it| it.parse().ok()))
    });
    let link = link(&frozen, &found);
    let pdf_missing = it.progress.step == "uploadPdf" && found.page.is_some();
    let (primary, others) = actions(&operation, pdf_missing, link.is_some());
    OutboxRow {
        summary_kind: frozen.summary_kind,
        draft_title,
        target: OutboxTarget {
            site_name: frozen.site_name,
            space_key: frozen.space.key,
            space_name: frozen.space_name,
            parent: match frozen.parent {
                Parent::None => String::new(),
                Parent::New { title } | Parent::Existing { title, .. } => title,
            },
            title: it.progress.title,
        },
        queued_at: drafts::time(it.started_at),
        attempts: found.attempts + found.lost,
        next_try_at: match &operation.waiting {
            Some(Waiting::Server { until } | Waiting::Pause { until }) => Some(*until),
            Some(Waiting::Network { .. }) => app.outbox().look(|queue| {
                let host = queue.hosts.get(frozen.site.as_deref().unwrap_or_default());
                host.and_then(|it| it.down.as_ref())
                    .map(|it| drafts::time(it.next_question))
            }),
            _ => None,
        },
        last_error,
        pdf_missing,
        link,
        primary,
        others,
        operation,
    }
}

fn link(frozen: &Frozen, found: &Found) -> Option<String> {
    let made = found.page.as_ref().map(|it| it.link.clone());
    made.or_else(|| frozen.page.as_ref().map(|it| it.link.clone()))
        .filter(|it| !it.is_empty())
}

/// The one thing to do, where there is one, and the rest.
fn actions(
    operation: &Operation,
    pdf_missing: bool,
    has_page: bool,
) -> (Option<OutboxAction>, Vec<OutboxAction>) {
    use OutboxAction as A;
    let code = operation.error.as_ref().map(|it| it.code);
    let has_draft = operation.draft_id.is_some();
    let primary = match (operation.state, code) {
        (OperationState::Queued, _) => match operation.waiting {
            Some(Waiting::Paused) => Some(A::Resume),
            Some(Waiting::SignIn) => Some(A::SignIn),
            _ => None,
        },
        (OperationState::Conflict | OperationState::NeedsAttention, Some(code)) => match code {
            ErrorCode::PageChanged => Some(A::Resolve),
            ErrorCode::TitleTaken if has_draft => Some(A::ChangeTitle),
            ErrorCode::PageGone | ErrorCode::NotOurs if has_draft => Some(A::PublishAsNew),
            ErrorCode::ParentGone if has_draft => Some(A::ChooseParent),
            ErrorCode::ProxyRefused | ErrorCode::Certificate => Some(A::NetworkSettings),
            code if is_about_sign_in(code) || code == ErrorCode::MissingScope => Some(A::SignIn),
            _ if pdf_missing => Some(A::RetryUpload),
            _ => Some(A::Retry),
        },
        _ => None,
    };
    let mut others = Vec::new();
    let may_retry = !matches!(
        operation.state,
        OperationState::Running | OperationState::Done | OperationState::Cancelled
    );
    if may_retry && !matches!(primary, Some(A::Retry | A::RetryUpload)) {
        others.push(if pdf_missing {
            A::RetryUpload
        } else {
            A::Retry
        });
    }
    if has_page {
        others.push(A::View);
    }
    if has_draft {
        others.push(A::Edit);
    }
    others.push(A::Cancel);
    (primary, others)
}
