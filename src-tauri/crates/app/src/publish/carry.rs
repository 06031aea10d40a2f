//! Carries out what [`super::engine`] decides about one operation: commits, calls, and what the
//! others are to know of it.

use retropress_confluence::{Client, FoundPage as ServerPage, NewPage, PageUpdate, Site, Upload};
use retropress_store::{OperationHead, PublicationRecord, Rendered, StoreError, TimelineRecord};

use super::{
    OperationKind, Phase, Stage,
    engine::{
        Answer, Call, Effect, Event, Milestone, ParentPlan, Plan, Seen, SeenFile, State,
        file_comment, step, version_message,
    },
    failure::Failure,
    freeze::{Fresh, Frozen},
    kept::Kept,
    queue::Entry,
    words,
    worker::Carrier,
};
use crate::{
    ApiError, App, ErrorCode, Result,
    clients::{self, to_text},
    connect, drafts,
    history::TimelineEvent,
    integrations::{self, Parent},
};

/// One operation, as it is loaded to be gone on with.
pub(super) struct Work {
    app: App,
    record: OperationHead,
    /// Read by whoever carries it, and by nobody else.
    rendered: Option<Rendered>,
    frozen: Frozen,
    pub state: State,
    client: Option<Client>,
    failure: Option<Failure>,
    /// How far the clock had been moved when the state was read.
    clock_moves: i64,
}

/// Goes on with the operation until it rests.
pub(super) async fn carry(app: &App, id: &str, carrier: &Carrier) {
    let mut work: Option<Work> = None;
    loop {
        let _quiet = carrier.sending.lock().await;
        let mut going = match work.take() {
            Some(work) => work,
            None => match taken_up(app, id) {
                Ok(work) => work,
                Err(problem) => {
                    tracing::error!(%problem, id, "the operation could not be read");
                    return match passes(&problem) {
                        true => app.outbox().put_off(app, id, problem),
                        false => app.outbox().forget(id),
                    };
                }
            },
        };
        if !app.outbox().may_send(id) {
            return;
        }
        let turn = going.turn().await;
        if turn.is_ok() {
            app.outbox().written(id);
        }
        match turn {
            Ok(true) => work = Some(going),
            Ok(false) => {
                if !going.state.phase.goes_on() {
                    app.outbox().halt(id);
                }
                return;
            }
            Err(problem) => {
                tracing::error!(%problem, details = problem.details, id, "the operation stopped");
                if passes(&problem) {
                    return app.outbox().put_off(app, id, problem);
                }
                going.state.phase = Phase::NeedsAttention;
                going.state.problem = Some(problem);
                if let Err(problem) = going.commit(None) {
                    tracing::error!(%problem, id, "and could not be written down");
                    app.outbox().put_off(app, id, problem);
                }
                return;
            }
        }
    }
}

fn taken_up(app: &App, id: &str) -> Result<Work> {
    let mut work = Work::load(app, id)?;
    work.rendered = match app.store().rendered(id) {
        Ok(rendered) => Some(rendered),
        // A deletion sends nothing; of all else the first call that needs it says so.
        Err(StoreError::Gone) => None,
        Err(problem) => return Err(problem.into()),
    };
    if app.outbox().unwritten(id).is_some() {
        // As after a restart: what was not written down is not known any more.
        work.happens(Event::Restarted)?;
    }
    Ok(work)
}

/// A full disk or a locked database passes: it goes on from what was written last.
pub(super) fn passes(problem: &ApiError) -> bool {
    matches!(problem.code, ErrorCode::DiskFull | ErrorCode::Storage)
}

/// Lets something happen to an operation that is not being carried.
///
/// Waits for a call that is under way.
pub(super) async fn happen(app: &App, id: &str, event: Event) -> Result<()> {
    let carrier = app.outbox().carrier(id);
    let _quiet = carrier.sending.lock().await;
    Work::load(app, id)?.happens(event)
}

/// Ends the operation and writes the one that takes its place: both or neither.
///
/// Waits for a call that is under way. `false`: it does not stand as it was shown any more, or the
/// other was overtaken, and nothing was written.
pub(super) async fn replace(app: &App, shown: &OperationHead, fresh: &Fresh) -> Result<bool> {
    let carrier = app.outbox().carrier(&shown.id);
    let _quiet = carrier.sending.lock().await;
    let mut work = Work::load(app, &shown.id)?;
    work.state = step(work.state.clone(), Event::Cancelled).0;
    work.take_down(app.now().timestamp_millis())?;
    let ended = &work.record.progress;
    let store = app.store();
    let written = store.replace_operation(shown, ended, &fresh.record, fresh.basis());
    if super::unless_overtaken(written)? {
        work.tell_of_it();
        return Ok(true);
    }
    // The worker keeps only what moves.
    let stands = Work::load(app, &shown.id)?;
    app.outbox().put(&shown.id, stands.entry());
    Ok(false)
}

impl Work {
    /// Without what was rendered.
    pub fn load(app: &App, id: &str) -> Result<Self> {
        let kept = Kept::of(app.store().operation_head(id)?)?;
        Ok(Self::of(app, kept))
    }

    pub fn of(app: &App, kept: Kept) -> Self {
        let known = known_parent(app, &kept.head, &kept.frozen);
        let state = State {
            plan: plan(&kept, known),
            phase: kept.phase,
            stage: kept.stage,
            in_doubt: kept.head.progress.in_doubt,
            found: kept.found,
            problem: kept.problem,
        };
        Self {
            clock_moves: app.outbox().clock_moves(),
            client: None,
            failure: None,
            app: app.clone(),
            record: kept.head,
            rendered: None,
            frozen: kept.frozen,
            state,
        }
    }

    fn happens(&mut self, event: Event) -> Result<()> {
        let (state, effects) = step(self.state.clone(), event);
        self.state = state;
        for effect in effects {
            if let Effect::Commit(milestone) = effect {
                self.commit(milestone)?;
            }
        }
        Ok(())
    }

    pub fn entry(&self) -> Entry {
        entry(
            &self.frozen,
            self.record.integration_id.clone(),
            &self.state,
        )
    }

    /// From one decision to the next call's answer. Answers whether it goes on at once.
    async fn turn(&mut self) -> Result<bool> {
        let moved = self.app.outbox().clock_moves() - self.clock_moves;
        if moved != 0 {
            self.clock_moves += moved;
            self.state = step(self.state.clone(), Event::ClockMoved { by: moved }).0;
        }
        let mut event = Event::Go {
            now: self.app.outbox().now(),
        };
        loop {
            let (state, effects) = step(self.state.clone(), event);
            self.state = state;
            let Some(call) = self.carry_out(effects)? else {
                return Ok(false);
            };
            let Some(call) = call else { return Ok(true) };
            if !self.app.outbox().may_send(&self.record.id) {
                if !call.writes() {
                    return Ok(false);
                }
                event = Event::NotSent;
                continue;
            }
            let answer = self.perform(&call).await;
            let outbox = self.app.outbox();
            match &answer {
                Answer::Failed(failure) => self.failure = Some(failure.clone()),
                _ if call == Call::SignIn => {}
                _ => outbox.answered(&self.record.id),
            }
            event = Event::Answered {
                call,
                answer,
                now: outbox.now(),
                jitter: jitter(),
            };
        }
    }

    /// The call that is to be made, or `Some(None)` to go on without one; `None` to rest.
    fn carry_out(&mut self, effects: Vec<Effect>) -> Result<Option<Option<Call>>> {
        let mut next = None;
        for effect in effects {
            match effect {
                // A cancel came first: nothing more is sent.
                Effect::Commit(milestone) => {
                    if !self.commit(milestone)? {
                        return Ok(None);
                    }
                }
                Effect::Call(call) => next = Some(Some(call)),
                Effect::Next => next = Some(None),
                Effect::Rest => return Ok(None),
                Effect::NotBefore(at) => {
                    let host = host(&self.frozen);
                    self.app.outbox().not_before(&self.app, host, at)?;
                }
                Effect::Unreachable => {
                    let (not_connected, message) = match &self.failure {
                        Some(it) => (it.not_connected, it.error.message.clone()),
                        None => (false, String::new()),
                    };
                    let host = host(&self.frozen);
                    self.app
                        .outbox()
                        .unreachable(&self.app, host, not_connected, message);
                }
                Effect::SignInTrouble(problem) => {
                    if let Some(id) = self.record.integration_id.clone() {
                        self.app
                            .outbox()
                            .sign_in_refused(&self.app, &id, &problem)?;
                    }
                }
                Effect::RememberParent(id) => self.remember_parent(id.as_deref()),
            }
        }
        Ok(next)
    }

    // ---- calls

    pub async fn client(&mut self) -> Result<Client> {
        if let Some(client) = &self.client {
            return Ok(client.clone());
        }
        let client = match (&self.frozen.session_id, &self.record.integration_id) {
            (Some(session_id), _) => connect::session(&self.app, session_id)?.client.clone(),
            (None, Some(id)) => {
                let integration = integrations::find(&self.app, id)?;
                if self.goes_elsewhere(&integration.site) {
                    return Err(words::elsewhere(&self.frozen.site_name));
                }
                clients::client_of(&self.app, &integration).await?
            }
            (None, None) => return Err(ApiError::gone("The integration")),
        };
        // Of a call that makes several requests none goes out while the server asked for a pause.
        let (app, host) = (
            std::sync::Arc::downgrade(&self.app.inner),
            host(&self.frozen).to_owned(),
        );
        let client = client.gated(move || app.upgrade()?.outbox.pause_of(&host));
        self.client = Some(client.clone());
        Ok(client)
    }

    fn goes_elsewhere(&self, site: &Site) -> bool {
        let frozen = self.frozen.site.as_deref();
        frozen.is_some_and(|it| it != site.base_url.as_str())
    }

    async fn perform(&mut self, call: &Call) -> Answer {
        let client = match self.client().await {
            Ok(client) => client,
            Err(problem) => return Answer::Failed(Failure::before_the_call(problem)),
        };
        let sends = matches!(
            call,
            Call::CreatePage { .. } | Call::UpdatePage { .. } | Call::Upload { .. }
        );
        if sends && self.rendered.is_none() {
            match self.app.store().rendered(&self.record.id) {
                Ok(rendered) => self.rendered = Some(rendered),
                Err(problem) => return Answer::Failed(Failure::before_the_call(problem.into())),
            }
        }
        match self.ask(&client, call).await {
            Ok(answer) => answer,
            Err(problem) => Answer::Failed(Failure::of(&problem)),
        }
    }

    async fn ask(&self, client: &Client, call: &Call) -> retropress_confluence::Result<Answer> {
        let (frozen, found) = (&self.frozen, &self.state.found);
        let page_id = || {
            let ours = found.page.as_ref().map(|it| it.id.clone());
            let planned = || self.state.plan.page.as_ref().map(|it| it.0.clone());
            ours.or_else(planned).unwrap_or_default()
        };
        let pages = |pages: Vec<ServerPage>| {
            Answer::Pages(pages.into_iter().map(|it| self.seen(it)).collect())
        };
        Ok(match call {
            Call::SignIn => Answer::Done,
            Call::FindParent => {
                let title = match &frozen.parent {
                    Parent::New { title } | Parent::Existing { title, .. } => title.as_str(),
                    Parent::None => "",
                };
                pages(client.pages_titled(&frozen.space, title).await?)
            }
            Call::FindByTitle => pages(
                client
                    .pages_titled(&frozen.space, &self.state.plan.title)
                    .await?,
            ),
            Call::FindNewest => {
                let parent = found.parent_id.as_deref();
                pages(client.newest_children(&frozen.space, parent).await?)
            }
            Call::ReadPage => Answer::Page(client.page(&page_id()).await?.map(|it| self.seen(it))),
            Call::CreateParent => {
                let title = match &frozen.parent {
                    Parent::New { title } => title.clone(),
                    _ => String::new(),
                };
                let page = NewPage {
                    space: frozen.space.clone(),
                    parent_id: None,
                    title,
                    body: frozen.parent_storage.clone(),
                };
                saved(client.create_page(&page).await?)
            }
            Call::CreatePage { parent_id } => {
                let page = NewPage {
                    space: frozen.space.clone(),
                    parent_id: parent_id.clone(),
                    title: self.state.plan.title.clone(),
                    body: self.storage(),
                };
                saved(client.create_page(&page).await?)
            }
            Call::UpdatePage {
                version,
                space: page_space,
                parent_id,
            } => {
                // Somebody may have moved it: the space has to be the one where it is now.
                let space = match page_space {
                    Some(name) => client.space_named(name.clone(), &frozen.space),
                    None => frozen.space.clone(),
                };
                let update = PageUpdate {
                    id: page_id(),
                    space,
                    title: self.state.plan.title.clone(),
                    body: self.storage(),
                    version: *version,
                    message: version_message(&self.record.id),
                    parent_id: parent_id.clone(),
                };
                saved(client.update_page(&update).await?)
            }
            Call::FindFile { name } => {
                let file = client.attachment(&page_id(), name).await?;
                Answer::File(file.map(|it| SeenFile {
                    id: it.id,
                    comment: it.comment,
                    size: it.size,
                }))
            }
            Call::Upload { name, replaces } => {
                let upload = Upload {
                    file_name: name.clone(),
                    media_type: "application/pdf".to_owned(),
                    bytes: self
                        .rendered
                        .as_ref()
                        .map_or_else(Vec::new, |it| it.pdf.clone()),
                    comment: file_comment(&self.state.plan),
                    replaces: replaces.clone(),
                };
                let file = client.upload(&page_id(), &upload).await?;
                Answer::Uploaded {
                    id: file.id,
                    size: file.size,
                }
            }
            Call::AddLabels => {
                client.add_labels(&page_id(), &frozen.labels).await?;
                Answer::Done
            }
            Call::DeletePage => {
                client.delete_page(&page_id()).await?;
                Answer::Done
            }
        })
    }

    fn storage(&self) -> String {
        let rendered = self.rendered.as_ref();
        rendered.map_or_else(String::new, |it| it.storage.clone())
    }

    fn seen(&self, page: ServerPage) -> Seen {
        let link = match &page.link {
            Some(link) => link.to_string(),
            None => self
                .frozen
                .page
                .as_ref()
                .map(|it| it.link.clone())
                .unwrap_or_default(),
        };
        Seen {
            id: page.id,
            title: page.title,
            status: page.status,
            version: page.version,
            message: page.message,
            body: page.body.unwrap_or_default(),
            link,
            changed_by: page.changed_by_name,
            space: page.space,
            parent_id: page.parent_id,
        }
    }

    fn remember_parent(&self, page_id: Option<&str>) {
        if let Some(id) = &self.record.integration_id
            && let Parent::New { title } = &self.frozen.parent
            && let Err(problem) = integrations::remember_parent(&self.app, id, title, page_id)
        {
            // It is looked up again with the next publish.
            tracing::warn!(%problem, "the parent page was not remembered");
        }
    }

    // ---- writing down

    /// Answers whether it was written: a cancelled operation stays cancelled.
    fn commit(&mut self, milestone: Option<Milestone>) -> Result<bool> {
        let now = self.app.now().timestamp_millis();
        let publication = match milestone {
            Some(Milestone::PageWritten) => self.publication("pdfMissing")?,
            Some(Milestone::Published) => self.publication("published")?,
            Some(Milestone::Deleted) => self.publication("deleted")?,
            Some(Milestone::Stopped) | None => None,
        };
        self.take_down(now)?;
        if let Some(publication) = &publication {
            self.record.progress.publication_id = Some(publication.id.clone());
        }
        let timeline = match (milestone, &publication) {
            (Some(milestone), Some(_)) => self.timeline(milestone, now)?,
            _ => None,
        };
        let written = self.app.store().progress(
            &self.record.id,
            &self.record.progress,
            publication.as_ref(),
            timeline.as_ref(),
        )?;
        if written
            && milestone == Some(Milestone::Stopped)
            && let Some(id) = &self.record.progress.publication_id
            && let Some(entry) = self.timeline(Milestone::Stopped, now)?
        {
            self.app.store().add_to_timeline(id, &entry)?;
        }
        if written {
            self.tell_of_it();
        } else {
            // It was cancelled in the meantime, and stands as that left it.
            let stands = Self::load(&self.app, &self.record.id)?;
            stands.tell_of_it();
        }
        if written
            && milestone == Some(Milestone::PageWritten)
            && self.state.phase == Phase::Cancelled
        {
            let title = &self.state.found.stored_title;
            self.app.tell(crate::Event::Noticed {
                text: words::arrived_all_the_same(title),
            });
        }
        Ok(written)
    }

    /// The state as it is written down.
    fn take_down(&mut self, now: i64) -> Result<()> {
        let state = &self.state;
        let progress = &mut self.record.progress;
        progress.state = state.phase.name().to_owned();
        progress.step = state.stage.name().to_owned();
        progress.in_doubt = state.in_doubt;
        progress.found = to_text(&state.found)?;
        progress.error = match &state.problem {
            Some(problem) => Some(to_text(problem)?),
            None => None,
        };
        progress.ended_at = match state.phase.has_ended() {
            true => progress.ended_at.or(Some(now)),
            false => None,
        };
        Ok(())
    }

    /// The worker and the window take over what was written down.
    pub fn tell_of_it(&self) {
        self.app.outbox().put(&self.record.id, self.entry());
        self.app.tell(crate::Event::OperationChanged {
            operation_id: self.record.id.clone(),
            draft_id: self.record.draft_id.clone(),
        });
    }

    fn timeline(&self, milestone: Milestone, now: i64) -> Result<Option<TimelineRecord>> {
        let found = &self.state.found;
        let (what, text, note) = match milestone {
            Milestone::PageWritten if self.state.plan.kind == OperationKind::Update => {
                let version = found.page.as_ref().map_or(0, |it| it.version);
                (
                    TimelineEvent::Updated,
                    format!("Republished as version {version}"),
                    String::new(),
                )
            }
            Milestone::PageWritten => (
                TimelineEvent::Created,
                format!("Page created {}", self.below()),
                match self.state.phase {
                    Phase::Cancelled => words::CAME_TOO_LATE.to_owned(),
                    _ => String::new(),
                },
            ),
            Milestone::Published => (
                TimelineEvent::PdfUploaded,
                "PDF uploaded".to_owned(),
                found.remark.clone(),
            ),
            Milestone::Deleted => (
                TimelineEvent::Deleted,
                "Page deleted in Confluence".to_owned(),
                found.remark.clone(),
            ),
            Milestone::Stopped => match &self.state.problem {
                Some(problem) => (
                    TimelineEvent::Failed,
                    problem.message.clone(),
                    problem.cause.clone(),
                ),
                None => return Ok(None),
            },
        };
        Ok(Some(TimelineRecord {
            what: to_text(&what)?,
            text,
            note,
            at: now,
        }))
    }

    fn below(&self) -> String {
        match &self.frozen.parent {
            Parent::None => format!("in {}", self.frozen.space_name),
            Parent::New { title } | Parent::Existing { title, .. } => format!("below {title}"),
        }
    }

    /// The entry in the history, as it stands now; a test makes none.
    fn publication(&self, status: &str) -> Result<Option<PublicationRecord>> {
        if self.record.integration_id.is_none() {
            return Ok(None);
        }
        let earlier = match &self.record.progress.publication_id {
            Some(id) => Some(self.app.store().publication(id)?),
            None => None,
        };
        if self.state.plan.kind == OperationKind::Delete {
            return Ok(earlier.map(|it| PublicationRecord {
                status: status.to_owned(),
                ..it
            }));
        }
        let found = &self.state.found;
        let Some(page) = found.page.clone() else {
            return Ok(None);
        };
        let frozen = &self.frozen;
        Ok(Some(PublicationRecord {
            id: earlier
                .as_ref()
                .map_or_else(|| self.record.id.clone(), |it| it.id.clone()),
            team_id: self.record.team_id.clone(),
            team_name: frozen.team_name.clone(),
            integration_id: self.record.integration_id.clone(),
            draft_id: self.record.draft_id.clone(),
            kind: drafts::kind_name(frozen.summary_kind).to_owned(),
            title: found.stored_title.clone(),
            date: frozen.date.map(|it| it.to_string()),
            status: status.to_owned(),
            site_name: frozen.site_name.clone(),
            space_id: frozen.space.id.clone(),
            space_key: frozen.space.key.clone(),
            space_name: frozen.space_name.clone(),
            parent: match (&frozen.parent, &earlier) {
                (_, Some(earlier)) => earlier.parent.clone(),
                (Parent::None, None) => String::new(),
                (Parent::New { title } | Parent::Existing { title, .. }, None) => title.clone(),
            },
            page_id: page.id,
            link: page.link,
            version: page.version,
            pdf_name: found.pdf_name.clone(),
            pdf_size: u32::try_from(self.record.pdf_size).unwrap_or(u32::MAX),
            attachment_id: found.attachment_id.clone(),
            account_name: frozen.account_name.clone(),
            reference: frozen.reference.clone(),
            marker: frozen.marker.clone(),
            draft_revision: frozen.draft_revision,
            published_at: self.app.now().timestamp_millis(),
        }))
    }
}

fn saved(page: retropress_confluence::SavedPage) -> Answer {
    Answer::Saved {
        id: page.id,
        version: page.version,
        title: page.title,
        link: page.link.to_string(),
    }
}

fn plan(kept: &Kept, known: Option<String>) -> Plan {
    let (record, frozen) = (&kept.head, &kept.frozen);
    Plan {
        operation_id: record.id.clone(),
        kind: kept.kind,
        marker: frozen.marker.clone(),
        title: record.progress.title.clone(),
        parent: match &frozen.parent {
            Parent::None => ParentPlan::None,
            Parent::Existing { id, .. } => ParentPlan::Existing(id.clone()),
            Parent::New { title } => ParentPlan::Titled {
                title: title.clone(),
                known,
            },
        },
        page: frozen.page.as_ref().map(|it| (it.id.clone(), it.version)),
        labels: !frozen.labels.is_empty(),
        pdf_sha256: record.pdf_sha256.clone(),
        pdf_size: record.pdf_size,
        attended: frozen.session_id.is_some(),
    }
}

fn known_parent(app: &App, record: &OperationHead, frozen: &Frozen) -> Option<String> {
    let Parent::New { title } = &frozen.parent else {
        return None;
    };
    let integration = integrations::find(app, record.integration_id.as_ref()?).ok()?;
    integration.parents.by_title.get(title).cloned()
}

/// Where the operation's calls go: what a server asks for holds for all of them.
pub(super) fn host(frozen: &Frozen) -> &str {
    frozen.site.as_deref().unwrap_or(&frozen.site_name)
}

pub(super) fn entry(frozen: &Frozen, integration: Option<String>, state: &State) -> Entry {
    let mut writes_to = std::collections::BTreeSet::new();
    let page = state.found.page.as_ref().map(|it| &it.id);
    if let Some(id) = page.or(state.plan.page.as_ref().map(|it| &it.0)) {
        writes_to.insert(format!("page {id}"));
    }
    if let ParentPlan::Titled { title, known: None } = &state.plan.parent
        && state.plan.kind == OperationKind::Create
        && matches!(
            state.stage,
            Stage::SignIn | Stage::FindParent | Stage::CreateParent
        )
    {
        let title = title.to_lowercase();
        writes_to.insert(format!("parent {} {title}", frozen.space.key));
    }
    Entry {
        host: host(frozen).to_owned(),
        integration,
        writes_to,
        not_before: state.found.not_before,
        // One that was only read from a backup has not begun.
        in_doubt: state.in_doubt && !state.found.from_backup,
        moving: state.phase.goes_on(),
        going: false,
    }
}

/// From 0 to 1.
pub(super) fn jitter() -> f64 {
    (uuid::Uuid::new_v4().as_u128() as u32) as f64 / f64::from(u32::MAX)
}
