//! Carrying an operation to Confluence: once, whatever happens on the way.
//!
//! Confluence knows no idempotency key, so the order is always the same: write down what is about
//! to be sent, send it, write down what came of it. Where the answer is lost the operation is in
//! doubt, and Confluence is asked what became of it before anything is sent again.

use std::time::Duration;

use retropress_confluence::{
    Client, Edition, Error, ErrorKind, FoundPage as ServerPage, NewPage, Outcome, PageStatus,
    PageUpdate, SavedPage, Site, Upload,
};
use retropress_store::{OperationProgress, OperationRecord, PublicationRecord, TimelineRecord};

use super::{Carrier, Found, OperationKind, Stage, State, found::FoundPage, freeze::Frozen};
use crate::{
    ApiError, App, ErrorCode, Event, Result, clients,
    clients::{from_text, to_text},
    connect, drafts,
    history::TimelineEvent,
    integrations::{self, Parent},
};

/// Reads lag behind writes: so often nothing must be found, over at least ten seconds, before a
/// page is created again.
const LOOKS: u32 = 4;
const BETWEEN_LOOKS: Duration = Duration::from_secs(4);

/// Why the carrier puts the operation down.
enum Halt {
    /// It has ended, or waits for the author.
    Stopped,
    /// To be gone on with after that time.
    Pause(Duration),
    /// The database cannot be written to, or a fault of ours.
    Fault(ApiError),
}

impl From<ApiError> for Halt {
    fn from(problem: ApiError) -> Self {
        Self::Fault(problem)
    }
}

impl From<retropress_store::StoreError> for Halt {
    fn from(problem: retropress_store::StoreError) -> Self {
        Self::Fault(problem.into())
    }
}

type Step<T = ()> = Result<T, Halt>;

pub(super) async fn carry(app: &App, id: &str, carrier: &Carrier) {
    let mut work = match Work::load(app, id) {
        Ok(work) => work,
        Err(problem) => {
            tracing::error!(%problem, id, "the operation could not be read");
            return;
        }
    };
    loop {
        let halt = {
            let _quiet = carrier.sending.lock().await;
            match work.go_on().await {
                Ok(()) => continue,
                Err(halt) => halt,
            }
        };
        match halt {
            Halt::Stopped => return,
            Halt::Pause(time) => {
                tokio::select! {
                    () = tokio::time::sleep(time) => {}
                    () = carrier.wake.notified() => {}
                }
                // A retry or a cancel may have come in the meantime.
                match Work::load(app, id) {
                    Ok(fresh) => {
                        work = Work {
                            client: work.client.take(),
                            failures: work.failures,
                            ..fresh
                        }
                    }
                    Err(problem) => {
                        tracing::error!(%problem, id, "the operation could not be read");
                        return;
                    }
                }
            }
            Halt::Fault(problem) => {
                tracing::error!(%problem, details = problem.details, id, "the operation stopped");
                let _quiet = carrier.sending.lock().await;
                // Should this fail too, the operation is taken up at the next start.
                let _ = work.stop::<()>(State::NEEDS_ATTENTION, problem);
                return;
            }
        }
    }
}

/// The author writes over what somebody else changed.
pub(super) fn overwrite(app: &App, record: OperationRecord) -> Result<()> {
    let mut found: Found = from_text(&record.progress.found)?;
    found.overwrite = true;
    let progress = OperationProgress {
        state: State::RUNNING.to_owned(),
        found: to_text(&found)?,
        error: None,
        in_doubt: false,
        ..record.progress
    };
    app.store().progress(&record.id, &progress, None, None)?;
    Ok(())
}

struct Work {
    app: App,
    record: OperationRecord,
    kind: OperationKind,
    frozen: Frozen,
    found: Found,
    stage: Stage,
    client: Option<Client>,
    /// Calls in a row that got no answer, for the length of the next pause.
    failures: u32,
}

impl Work {
    fn load(app: &App, id: &str) -> Result<Self> {
        let record = app.store().operation(id)?;
        Ok(Self {
            kind: from_text(&record.kind)?,
            frozen: from_text(&record.frozen)?,
            found: from_text(&record.progress.found)?,
            stage: Stage::of(&record.progress.step),
            client: None,
            failures: 0,
            app: app.clone(),
            record,
        })
    }

    async fn go_on(&mut self) -> Step {
        if !State::goes_on(&self.record.progress.state) {
            return Err(Halt::Stopped);
        }
        self.wait_as_told()?;
        let client = self.client().await?;
        match self.stage {
            Stage::SignIn => {
                self.stage = match self.kind {
                    OperationKind::Create => Stage::FindParent,
                    OperationKind::Update => Stage::WritePage,
                    OperationKind::Delete => Stage::CheckPage,
                };
                Ok(())
            }
            Stage::FindParent => self.find_parent(&client).await,
            Stage::CreateParent => self.create_parent(&client).await,
            Stage::WritePage if self.kind == OperationKind::Update => {
                self.update_page(&client).await
            }
            Stage::WritePage => self.create_page(&client).await,
            Stage::UploadPdf => self.upload_pdf(&client).await,
            Stage::Label => self.label(&client).await,
            Stage::Check => self.check(),
            Stage::CheckPage => self.check_page(&client).await,
            Stage::DeletePage => self.delete_page(&client).await,
        }
    }

    async fn client(&mut self) -> Step<Client> {
        if let Some(client) = &self.client {
            return Ok(client.clone());
        }
        let made = match (&self.frozen.session_id, &self.record.integration_id) {
            (Some(session_id), _) => {
                connect::session(&self.app, session_id).map(|it| it.client.clone())
            }
            (None, Some(id)) => match integrations::find(&self.app, id) {
                Ok(integration) if self.goes_elsewhere(&integration.site) => {
                    Err(elsewhere(&self.frozen.site_name))
                }
                Ok(integration) => clients::client_of(&self.app, &integration).await,
                Err(problem) => Err(problem),
            },
            (None, None) => Err(ApiError::gone("The integration")),
        };
        match made {
            Ok(client) => {
                self.client = Some(client.clone());
                Ok(client)
            }
            Err(problem) => self.stop(State::NEEDS_ATTENTION, problem),
        }
    }

    fn goes_elsewhere(&self, site: &Site) -> bool {
        let frozen = self.frozen.site.as_deref();
        frozen.is_some_and(|it| it != site.base_url.as_str())
    }

    /// A time the server named is kept to, across restarts too.
    fn wait_as_told(&mut self) -> Step {
        let Some(not_before) = self.found.not_before else {
            return Ok(());
        };
        let left = not_before - self.app.now().timestamp_millis();
        match u64::try_from(left) {
            Ok(left) if left > 0 => Err(Halt::Pause(Duration::from_millis(left))),
            _ => {
                self.found.not_before = None;
                Ok(())
            }
        }
    }

    // ---- parent page

    async fn find_parent(&mut self, client: &Client) -> Step {
        match self.frozen.parent.clone() {
            Parent::None => self.found.parent_id = None,
            Parent::Existing { id, .. } => self.found.parent_id = Some(id),
            Parent::New { title } => {
                if let Some(id) = self.remembered_parent(&title)? {
                    self.found.parent_id = Some(id);
                    self.found.parent_remembered = true;
                } else if let Some(id) = self.look_for_parent(client, &title).await? {
                    self.found.parent_id = Some(id);
                } else {
                    self.stage = Stage::CreateParent;
                    return Ok(());
                }
            }
        }
        self.stage = Stage::WritePage;
        Ok(())
    }

    async fn create_parent(&mut self, client: &Client) -> Step {
        let Parent::New { title } = self.frozen.parent.clone() else {
            self.stage = Stage::WritePage;
            return Ok(());
        };
        if self.record.progress.in_doubt {
            if let Some(id) = self.look_for_parent(client, &title).await? {
                self.found.parent_id = Some(id);
                return self.outcome(Stage::WritePage);
            }
            self.look_again_later()?;
        }
        self.intent()?;
        let page = NewPage {
            space: self.frozen.space.clone(),
            parent_id: None,
            title: title.clone(),
            body: self.frozen.parent_storage.clone(),
        };
        match client.create_page(&page).await {
            Ok(saved) => {
                self.remember_parent(&title, Some(&saved.id));
                self.found.parent_id = Some(saved.id);
                self.outcome(Stage::WritePage)
            }
            // Somebody else made it in the meantime: it is used.
            Err(problem) if problem.kind() == ErrorKind::TitleTaken => {
                match self.look_for_parent(client, &title).await? {
                    Some(id) => {
                        self.found.parent_id = Some(id);
                        self.outcome(Stage::WritePage)
                    }
                    None => self.write_failed(&problem),
                }
            }
            Err(problem) => self.write_failed(&problem),
        }
    }

    async fn look_for_parent(&mut self, client: &Client, title: &str) -> Step<Option<String>> {
        let found = client.pages_titled(&self.frozen.space, title).await;
        let pages = self.read(found)?;
        if let Some(page) = pages.iter().find(|it| it.status == PageStatus::Current) {
            self.remember_parent(title, Some(&page.id));
            return Ok(Some(page.id.clone()));
        }
        if pages.iter().any(|it| it.status == PageStatus::Archived) {
            let problem = ApiError::new(
                ErrorCode::TitleTaken,
                "The parent page is in the archive",
                "Restore it in Confluence, or choose another parent page in the integration.",
            )
            .because(format!(
                "An archived page is called \u{201c}{title}\u{201d} and keeps that title. Nothing was sent."
            ))
            .retry();
            return self.stop(State::NEEDS_ATTENTION, problem);
        }
        Ok(None)
    }

    fn remembered_parent(&self, title: &str) -> Step<Option<String>> {
        let Some(id) = &self.record.integration_id else {
            return Ok(None);
        };
        Ok(integrations::find(&self.app, id)?
            .parents
            .by_title
            .get(title)
            .cloned())
    }

    fn remember_parent(&self, title: &str, page_id: Option<&str>) {
        if let Some(id) = &self.record.integration_id
            && let Err(problem) = integrations::remember_parent(&self.app, id, title, page_id)
        {
            // It is looked up again with the next publish.
            tracing::warn!(%problem, "the parent page was not remembered");
        }
    }

    // ---- page

    async fn create_page(&mut self, client: &Client) -> Step {
        if self.record.progress.in_doubt {
            if let Some(page) = self.look_for_page(client).await? {
                return self.adopt(&page);
            }
            self.look_again_later()?;
        }
        self.intent()?;
        let page = NewPage {
            space: self.frozen.space.clone(),
            parent_id: self.found.parent_id.clone(),
            title: self.record.progress.title.clone(),
            body: self.record.storage.clone(),
        };
        match client.create_page(&page).await {
            Ok(saved) => self.page_written(&saved),
            Err(problem) if may_be_a_taken_title(&problem) => {
                if let Some(page) = self.look_for_page(client).await? {
                    return self.adopt(&page);
                }
                if problem.kind() != ErrorKind::TitleTaken && !self.title_is_held(client).await? {
                    return self.write_failed(&problem);
                }
                self.record.progress.in_doubt = false;
                self.stop(State::CONFLICT, title_taken(&problem))
            }
            Err(problem)
                if self.found.parent_remembered
                    && matches!(
                        problem.kind(),
                        ErrorKind::ParentGone | ErrorKind::PageGone | ErrorKind::SpaceGone
                    ) =>
            {
                if let Parent::New { title } = &self.frozen.parent {
                    self.remember_parent(title, None);
                }
                self.found.parent_id = None;
                self.found.parent_remembered = false;
                self.outcome(Stage::FindParent)
            }
            Err(problem) => self.write_failed(&problem),
        }
    }

    /// Our page, by its marker: first by its title, then among the parent's newest children.
    async fn look_for_page(&mut self, client: &Client) -> Step<Option<ServerPage>> {
        let title = self.record.progress.title.clone();
        let titled = client.pages_titled(&self.frozen.space, &title).await;
        let titled = self.read(titled)?;
        if let Some(page) = titled.into_iter().find(|it| self.is_ours(it)) {
            return Ok(Some(page));
        }
        let newest = client
            .newest_children(&self.frozen.space, self.found.parent_id.as_deref())
            .await;
        let newest = self.read(newest)?;
        Ok(newest.into_iter().find(|it| self.is_ours(it)))
    }

    async fn title_is_held(&mut self, client: &Client) -> Step<bool> {
        let title = self.record.progress.title.clone();
        let titled = client.pages_titled(&self.frozen.space, &title).await;
        let holds =
            |it: &ServerPage| matches!(it.status, PageStatus::Current | PageStatus::Archived);
        Ok(self.read(titled)?.iter().any(holds))
    }

    fn is_ours(&self, page: &ServerPage) -> bool {
        page.status == PageStatus::Current && self.has_marker(page)
    }

    fn has_marker(&self, page: &ServerPage) -> bool {
        let marker = format!("retropress-{}", self.frozen.marker);
        page.body.as_deref().is_some_and(|it| it.contains(&marker))
    }

    fn adopt(&mut self, page: &ServerPage) -> Step {
        let link = match &page.link {
            Some(link) => link.to_string(),
            None => self
                .frozen
                .page
                .as_ref()
                .map(|it| it.link.clone())
                .unwrap_or_default(),
        };
        self.found.stored_title = page.title.clone();
        self.found.page = Some(FoundPage {
            id: page.id.clone(),
            version: page.version,
            link,
        });
        self.page_is_there()
    }

    fn page_written(&mut self, saved: &SavedPage) -> Step {
        self.found.stored_title = saved.title.clone();
        self.found.page = Some(FoundPage {
            id: saved.id.clone(),
            version: saved.version,
            link: saved.link.to_string(),
        });
        self.page_is_there()
    }

    fn page_is_there(&mut self) -> Step {
        let (what, text) = match self.kind {
            OperationKind::Update => {
                let version = self.found.page.as_ref().map_or(0, |it| it.version);
                (
                    TimelineEvent::Updated,
                    format!("Republished as version {version}"),
                )
            }
            _ => (
                TimelineEvent::Created,
                format!("Page created {}", self.below()),
            ),
        };
        self.stage = Stage::UploadPdf;
        self.settled();
        self.commit_with(
            State::RUNNING,
            "pdfMissing",
            Some((what, text, String::new())),
        )
    }

    fn below(&self) -> String {
        match &self.frozen.parent {
            Parent::None => format!("in {}", self.frozen.space_name),
            Parent::New { title } | Parent::Existing { title, .. } => format!("below {title}"),
        }
    }

    async fn update_page(&mut self, client: &Client) -> Step {
        let Some(ours) = self.frozen.page.clone() else {
            return Err(Halt::Fault(ApiError::gone("The page")));
        };
        let page = client.page(&ours.id).await;
        let page = self.read(page)?;
        let Some(page) = page.filter(|it| it.status == PageStatus::Current) else {
            return self.stop(State::CONFLICT, page_gone());
        };
        let message = format!("retropress:{}", self.record.id);
        if page.message.contains(&message) {
            return self.adopt(&page);
        }
        if !self.has_marker(&page) && !self.found.overwrite {
            return self.stop(State::CONFLICT, not_ours());
        }
        if page.version != ours.version && !self.found.overwrite {
            return self.stop(State::CONFLICT, page_changed(&page));
        }
        self.found.base_version = Some(page.version);
        self.intent()?;
        // Somebody may have moved it: the space has to be the one where it is now.
        let mut space = self.frozen.space.clone();
        match (page.space.clone(), client.site().edition) {
            (Some(id), Edition::Cloud) => space.id = id,
            (Some(key), _) => space.key = key,
            (None, _) => {}
        }
        let update = PageUpdate {
            id: ours.id,
            space,
            title: self.record.progress.title.clone(),
            body: self.record.storage.clone(),
            version: page.version + 1,
            message,
            parent_id: page.parent_id.clone(),
        };
        match client.update_page(&update).await {
            Ok(saved) => self.page_written(&saved),
            // It may have been ours that came first: looked at again, not sent again.
            Err(problem) if problem.kind() == ErrorKind::PageChanged => {
                self.found.overwrite = false;
                self.commit(State::CHECKING)?;
                Err(Halt::Pause(self.pause()))
            }
            Err(problem) if problem.kind() == ErrorKind::TitleTaken => {
                self.record.progress.in_doubt = false;
                self.stop(State::CONFLICT, problem.into())
            }
            Err(problem) => self.write_failed(&problem),
        }
    }

    // ---- PDF

    async fn upload_pdf(&mut self, client: &Client) -> Step {
        let Some(page) = self.found.page.clone() else {
            return Err(Halt::Fault(ApiError::gone("The page")));
        };
        let comment = format!("retropress:{}:{}", self.record.id, self.record.pdf_sha256);
        let mut replaces = None;
        // A page that was just created has no attachment to be careful with.
        if self.kind == OperationKind::Update || self.record.progress.in_doubt {
            let there = client.attachment(&page.id, &self.found.pdf_name).await;
            match self.read(there)? {
                Some(it) if it.comment == comment => {
                    self.found.attachment_id = Some(it.id);
                    self.found.stored_size = it.size;
                    return self.pdf_is_there();
                }
                Some(it) if it.comment.starts_with("retropress:") => replaces = Some(it.id),
                Some(_) => {
                    self.found.pdf_name = numbered(&self.found.pdf_name);
                    return Ok(());
                }
                None if self.record.progress.in_doubt => self.look_again_later()?,
                None => {}
            }
        }
        self.intent()?;
        let upload = Upload {
            file_name: self.found.pdf_name.clone(),
            media_type: "application/pdf".to_owned(),
            bytes: self.record.pdf.clone(),
            comment,
            replaces,
        };
        match client.upload(&page.id, &upload).await {
            Ok(saved) => {
                self.found.attachment_id = Some(saved.id);
                self.found.stored_size = saved.size;
                self.pdf_is_there()
            }
            // Whose file it is decides what to do, so it is looked at like a lost answer.
            Err(problem) if problem.kind() == ErrorKind::FileNameTaken => {
                self.commit(State::CHECKING)
            }
            Err(problem) => self.write_failed(&problem),
        }
    }

    fn pdf_is_there(&mut self) -> Step {
        self.settled();
        if self.frozen.labels.is_empty() {
            // Nothing is sent any more: the last step's outcome is written with this one's.
            self.stage = Stage::Check;
            return Ok(());
        }
        self.outcome(Stage::Label)
    }

    async fn label(&mut self, client: &Client) -> Step {
        let Some(page) = self.found.page.clone() else {
            return Err(Halt::Fault(ApiError::gone("The page")));
        };
        // Adding a label twice is the same as once, so there is no doubt to be resolved. The page
        // stands as it should; a refused label is told and does not undo that.
        if let Err(problem) = client.add_labels(&page.id, &self.frozen.labels).await {
            self.found.remark = format!("The labels were not added: {}", problem.words().message);
        }
        self.stage = Stage::Check;
        Ok(())
    }

    /// Compares what the server said it stored with what was frozen; asks nothing.
    fn check(&mut self) -> Step {
        if let Some(size) = self.found.stored_size
            && size != self.record.pdf.len() as u64
        {
            self.stage = Stage::UploadPdf;
            self.record.progress.in_doubt = false;
            let problem = ApiError::new(
                ErrorCode::Refused,
                "The PDF arrived incomplete",
                "Upload it again.",
            )
            .because(format!(
                "Confluence stored {size} bytes of {}. The page itself is there.",
                self.record.pdf.len()
            ))
            .retry();
            return self.stop(State::NEEDS_ATTENTION, problem);
        }
        if self.found.stored_title != self.record.progress.title {
            let remark = format!(
                "Confluence stored the title as {}.",
                self.found.stored_title
            );
            self.found.remark = [&*self.found.remark, &remark].join(" ").trim().to_owned();
        }
        self.record.progress.ended_at = Some(self.app.now().timestamp_millis());
        let remark = self.found.remark.clone();
        self.commit_with(
            State::DONE,
            "published",
            Some((
                TimelineEvent::PdfUploaded,
                "PDF uploaded".to_owned(),
                remark,
            )),
        )?;
        Err(Halt::Stopped)
    }

    // ---- deletion

    async fn check_page(&mut self, client: &Client) -> Step {
        let Some(ours) = self.frozen.page.clone() else {
            return Err(Halt::Fault(ApiError::gone("The page")));
        };
        let page = client.page(&ours.id).await;
        match self
            .read(page)?
            .filter(|it| it.status == PageStatus::Current)
        {
            None => self.deleted("It was gone already."),
            Some(page) if !self.has_marker(&page) => self.stop(State::NEEDS_ATTENTION, not_ours()),
            Some(_) => {
                self.stage = Stage::DeletePage;
                Ok(())
            }
        }
    }

    async fn delete_page(&mut self, client: &Client) -> Step {
        if self.record.progress.in_doubt {
            // Whatever became of it shows in the page.
            self.settled();
            self.stage = Stage::CheckPage;
            return Ok(());
        }
        let Some(ours) = self.frozen.page.clone() else {
            return Err(Halt::Fault(ApiError::gone("The page")));
        };
        self.intent()?;
        match client.delete_page(&ours.id).await {
            Ok(()) => self.deleted(""),
            Err(problem) => self.write_failed(&problem),
        }
    }

    fn deleted(&mut self, note: &str) -> Step {
        self.settled();
        self.record.progress.ended_at = Some(self.app.now().timestamp_millis());
        let entry = (
            TimelineEvent::Deleted,
            "Page deleted in Confluence".to_owned(),
            note.to_owned(),
        );
        self.commit_with(State::DONE, "deleted", Some(entry))?;
        Err(Halt::Stopped)
    }

    // ---- writing down

    /// Before a call that changes something.
    fn intent(&mut self) -> Step {
        self.record.progress.in_doubt = true;
        self.commit(State::RUNNING)
    }

    /// After a call whose outcome is known.
    fn outcome(&mut self, next: Stage) -> Step {
        self.settled();
        self.stage = next;
        self.commit(State::RUNNING)
    }

    fn settled(&mut self) {
        self.record.progress.in_doubt = false;
        self.found.checks = 0;
        self.failures = 0;
    }

    fn commit(&mut self, state: &str) -> Step {
        self.write(state, None, None)
    }

    fn commit_with(
        &mut self,
        state: &str,
        status: &str,
        entry: Option<(TimelineEvent, String, String)>,
    ) -> Step {
        let publication = self.publication(status)?;
        let entry = match (entry, &publication) {
            (Some((what, text, note)), Some(_)) => Some(TimelineRecord {
                what: to_text(&what)?,
                text,
                note,
                at: self.app.now().timestamp_millis(),
            }),
            _ => None,
        };
        if let Some(publication) = &publication {
            self.record.progress.publication_id = Some(publication.id.clone());
        }
        self.write(state, publication.as_ref(), entry.as_ref())
    }

    fn write(
        &mut self,
        state: &str,
        publication: Option<&PublicationRecord>,
        entry: Option<&TimelineRecord>,
    ) -> Step {
        let progress = &mut self.record.progress;
        progress.state = state.to_owned();
        progress.step = self.stage.name().to_owned();
        progress.found = to_text(&self.found)?;
        if !matches!(state, State::NEEDS_ATTENTION | State::CONFLICT) {
            progress.error = None;
        }
        let written = self
            .app
            .store()
            .progress(&self.record.id, progress, publication, entry)?;
        self.tell();
        // A cancel came first: nothing more is sent.
        if written { Ok(()) } else { Err(Halt::Stopped) }
    }

    fn tell(&self) {
        self.app.tell(Event::OperationChanged {
            operation_id: self.record.id.clone(),
            draft_id: self.record.draft_id.clone(),
        });
    }

    /// The entry in the history, as it stands now; a test makes none.
    fn publication(&self, status: &str) -> Step<Option<PublicationRecord>> {
        if self.record.integration_id.is_none() {
            return Ok(None);
        }
        let earlier = match &self.record.progress.publication_id {
            Some(id) => Some(self.app.store().publication(id)?),
            None => None,
        };
        if self.kind == OperationKind::Delete {
            return Ok(earlier.map(|it| PublicationRecord {
                status: status.to_owned(),
                ..it
            }));
        }
        let Some(page) = self.found.page.clone() else {
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
            title: self.found.stored_title.clone(),
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
            pdf_name: self.found.pdf_name.clone(),
            pdf_size: u32::try_from(self.record.pdf.len()).unwrap_or(u32::MAX),
            attachment_id: self.found.attachment_id.clone(),
            account_name: frozen.account_name.clone(),
            reference: frozen.reference.clone(),
            marker: frozen.marker.clone(),
            draft_revision: frozen.draft_revision,
            published_at: self.app.now().timestamp_millis(),
        }))
    }

    // ---- trouble

    /// Ends this run: the author has to decide or to help.
    fn stop<T>(&mut self, state: &str, problem: ApiError) -> Step<T> {
        self.record.progress.error = Some(to_text(&problem)?);
        if let Some(id) = self.record.progress.publication_id.clone() {
            let entry = TimelineRecord {
                what: to_text(&TimelineEvent::Failed)?,
                text: problem.message.clone(),
                note: problem.cause.clone(),
                at: self.app.now().timestamp_millis(),
            };
            self.app.store().add_to_timeline(&id, &entry)?;
        }
        self.commit(state)?;
        Err(Halt::Stopped)
    }

    /// A call that changes something failed: what is known of it decides.
    fn write_failed(&mut self, problem: &Error) -> Step {
        match problem.outcome() {
            Outcome::Unknown => {
                self.commit(State::CHECKING)?;
                Err(Halt::Pause(self.pause()))
            }
            Outcome::NotDone | Outcome::Final => {
                self.record.progress.in_doubt = false;
                self.surely_failed(problem)
            }
        }
    }

    /// A call that only reads failed: nothing happened by it, but what was in doubt stays so.
    fn read<T>(&mut self, answer: retropress_confluence::Result<T>) -> Step<T> {
        let problem = match answer {
            Ok(answer) => {
                self.failures = 0;
                return Ok(answer);
            }
            Err(problem) => problem,
        };
        let passing = problem.outcome() == Outcome::Unknown
            || matches!(
                problem.kind(),
                ErrorKind::NoSuchHost
                    | ErrorKind::ConnectionRefused
                    | ErrorKind::ConnectionLost
                    | ErrorKind::TimedOut
            );
        if self.record.progress.in_doubt && passing {
            self.commit(State::CHECKING)?;
            return Err(Halt::Pause(self.pause()));
        }
        self.surely_failed(&problem)
    }

    fn surely_failed<T>(&mut self, problem: &Error) -> Step<T> {
        if let Some(wait) = problem.retry_after()
            && matches!(
                problem.kind(),
                ErrorKind::RateLimited | ErrorKind::ServerError
            )
        {
            let wait_ms = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
            self.found.not_before = Some(self.app.now().timestamp_millis().saturating_add(wait_ms));
            self.commit(State::QUEUED)?;
            return Err(Halt::Pause(wait));
        }
        self.stop(State::NEEDS_ATTENTION, ApiError::from_ref(problem))
    }

    /// Nothing was found: once more after a while, and after [`LOOKS`] looks it surely is not there.
    fn look_again_later(&mut self) -> Step {
        self.found.checks += 1;
        if self.found.checks < LOOKS {
            self.commit(State::CHECKING)?;
            return Err(Halt::Pause(BETWEEN_LOOKS));
        }
        self.settled();
        Ok(())
    }

    /// Growing with each failure, up to half a minute, with full jitter above one second.
    fn pause(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        let most = 1000u64
            .saturating_mul(1 << self.failures.min(5))
            .min(30_000);
        let random = uuid::Uuid::new_v4().as_u128() as u64;
        Duration::from_millis(1000 + random % most)
    }
}

impl ApiError {
    fn from_ref(problem: &Error) -> Self {
        crate::error::from_confluence(problem, None)
    }
}

/// "Sprint 42.pdf" -> "Sprint 42 (2).pdf" -> "Sprint 42 (3).pdf"
fn numbered(file_name: &str) -> String {
    let stem = file_name.strip_suffix(".pdf").unwrap_or(file_name);
    let parts = stem.strip_suffix(')').and_then(|it| it.rsplit_once(" ("));
    match parts.and_then(|(stem, number)| Some((stem, number.parse::<u32>().ok()?))) {
        Some((stem, number)) => format!("{stem} ({}).pdf", number.saturating_add(1)),
        None => format!("{stem} (2).pdf"),
    }
}

/// Data Center says it in the language of the account, so any refusal of the content may be it.
fn may_be_a_taken_title(problem: &Error) -> bool {
    problem.kind() == ErrorKind::TitleTaken
        || (problem.kind() == ErrorKind::Refused && problem.status() == Some(400))
}

fn title_taken(problem: &Error) -> ApiError {
    let mut error = ApiError::from_ref(problem);
    if problem.kind() != ErrorKind::TitleTaken {
        error = ApiError {
            details: error.details,
            ..ApiError::new(
                ErrorCode::TitleTaken,
                "Another page of the space has this title",
                "Choose another title.",
            )
            .because("Confluence allows a title once in a space. Nothing was created.")
        };
    }
    error
}

fn elsewhere(site_name: &str) -> ApiError {
    ApiError::new(
        ErrorCode::Gone,
        "The integration goes to another Confluence now",
        "Discard this and publish again, or edit the integration back.",
    )
    .because(format!(
        "This was made for {site_name}. Nothing was sent to the other one."
    ))
    .retry()
}

fn page_gone() -> ApiError {
    ApiError::new(
        ErrorCode::PageGone,
        "The page was not found",
        "Publish it as a new page, or ask for the right to see it.",
    )
    .because("It is gone, or this account may not see it. Nothing was sent.")
}

fn page_changed(page: &ServerPage) -> ApiError {
    let who = match &page.changed_by_name {
        Some(name) => format!("{name} saved version {}", page.version),
        None => format!("Somebody saved version {}", page.version),
    };
    ApiError::new(
        ErrorCode::PageChanged,
        "The page was changed in Confluence",
        "Write over that version, keep it, or publish as a new page.",
    )
    .because(format!("{who} since the last publish. Nothing was sent."))
}

fn not_ours() -> ApiError {
    ApiError::new(
        ErrorCode::NotOurs,
        "This page does not carry the mark of Retropress any more",
        "Look at the page in Confluence and decide there.",
    )
    .because("Its text was replaced by somebody else. It was not touched.")
}
