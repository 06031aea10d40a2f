//! What an operation does next: a pure function of its state and of what happened.
//!
//! Confluence knows no idempotency key, so the order is always the same: write down what is about to
//! be sent, send it, write down what came of it. Where the answer is lost the operation is in doubt,
//! and Confluence is asked what became of it before anything is sent again.
//!
//! No clock, no random source, no network, no database: the time and the jitter come with the event,
//! and the effects are carried out by [`super::carry`] in the order in which they are listed.

use retropress_confluence::{Outcome, PageStatus};

use super::{
    Phase, Stage,
    failure::{Failure, Why},
    found::{Found, FoundPage, Refusal, Taken},
};
use crate::{ApiError, ErrorCode, publish::OperationKind, publish::words};

/// Milliseconds since 1970.
pub(super) type Millis = i64;

/// Reads lag behind writes: so often nothing must be found, over so long, before anything is sent again.
const LOOKS: u32 = 3;
const LOOKING: Millis = 10_000;
const BETWEEN_LOOKS: Millis = 4_000;
/// After a cancel nothing is sent again that would meet a late page: it is looked for longer.
const LOOKING_AFTER_CANCEL: Millis = 60_000;
const BETWEEN_LOOKS_AFTER_CANCEL: Millis = 15_000;

/// A call that got no answer so many times is not sent again unasked.
const MOST_LOST: u32 = 5;
/// So many failures of the server in a row, and its author is told.
const MOST_ATTEMPTS: u32 = 10;
/// And so many where it was cancelled and only what became of it is asked: some hours.
const MOST_ATTEMPTS_AFTER_CANCEL: u32 = 50;
/// The longest pause of our own between two tries.
const LONGEST_PAUSE: Millis = 5 * 60_000;
/// So long after its creation a page of ours is taken to have no attachment of anybody else.
const FRESH: Millis = 2 * 60_000;

/// One operation, as far as it got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    pub plan: Plan,
    pub phase: Phase,
    pub stage: Stage,
    /// The stage's call was written down and its outcome was not.
    pub in_doubt: bool,
    pub found: Found,
    /// The last thing that went wrong.
    pub problem: Option<ApiError>,
}

/// Of what was frozen, that which decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub operation_id: String,
    pub kind: OperationKind,
    /// Stands in the page as `retropress-<marker>`.
    pub marker: String,
    pub title: String,
    pub parent: ParentPlan,
    /// Of an update or a deletion: the page and the version that was published last.
    pub page: Option<(String, u32)>,
    pub labels: bool,
    pub pdf_sha256: String,
    pub pdf_size: u64,
    /// Somebody sits before the wizard: told of an absent network at once instead of waiting for it.
    pub attended: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ParentPlan {
    /// Below the space's home page.
    None,
    Existing(String),
    Titled {
        title: String,
        /// Where an earlier publish found it.
        known: Option<String>,
    },
}

/// What happened to an operation.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time, and answers are what most of them are"
)]
pub(super) enum Event {
    /// It is its turn.
    Go { now: Millis },
    /// A call came back.
    Answered {
        call: Call,
        answer: Answer,
        now: Millis,
        /// From 0 to 1: the part of the pause that is taken, should there be one.
        jitter: f64,
    },
    /// The call was not made after all: something came between.
    NotSent,
    /// The author wants it tried now.
    Retry,
    /// The author writes over the version that was shown.
    Overwrite,
    /// The author does not want it any more. Nothing is written to Confluence for it from now on.
    Cancelled,
    /// Found unfinished when the app started.
    Restarted,
    /// The computer's clock was set; every time kept moves with it.
    ClockMoved { by: Millis },
}

/// What is to be done now, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    /// Write the state down; nothing that follows is done before that is durable.
    Commit(Option<Milestone>),
    /// Do this and come back with [`Event::Answered`].
    Call(Call),
    /// Come back with [`Event::Go`] if it still may go on.
    Next,
    /// Put it down: it has ended, or waits.
    Rest,
    /// The server named a time: nothing is sent to its host before.
    NotBefore(Millis),
    /// The host cannot be reached.
    Unreachable,
    /// The sign-in of the integration is no good.
    SignInTrouble(ApiError),
    /// The parent page of this title is known now, or known to be gone.
    RememberParent(Option<String>),
}

/// An outcome that goes into the history with the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Milestone {
    PageWritten,
    Published,
    Deleted,
    Stopped,
}

/// A call to Confluence; the worker knows the rest from what was frozen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Call {
    /// Opens the sign-in; sends nothing.
    SignIn,
    FindParent,
    CreateParent,
    /// Pages of the summary's title, in every status.
    FindByTitle,
    /// The newest pages below the parent.
    FindNewest,
    ReadPage,
    CreatePage {
        parent_id: Option<String>,
    },
    UpdatePage {
        version: u32,
        space: Option<String>,
        parent_id: Option<String>,
    },
    FindFile {
        name: String,
    },
    Upload {
        name: String,
        replaces: Option<String>,
    },
    AddLabels,
    DeletePage,
}

impl Call {
    /// Whether it changes anything in Confluence.
    pub fn writes(&self) -> bool {
        matches!(
            self,
            Self::CreateParent
                | Self::CreatePage { .. }
                | Self::UpdatePage { .. }
                | Self::Upload { .. }
                | Self::AddLabels
                | Self::DeletePage
        )
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Done,
    Pages(Vec<Seen>),
    Page(Option<Seen>),
    /// Of a create or an update.
    Saved {
        id: String,
        version: u32,
        title: String,
        link: String,
    },
    File(Option<SeenFile>),
    Uploaded {
        id: String,
        size: Option<u64>,
    },
    Failed(Failure),
}

/// A page as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub id: String,
    pub title: String,
    pub status: PageStatus,
    pub version: u32,
    pub message: String,
    pub body: String,
    pub link: String,
    pub changed_by: Option<String>,
    pub space: Option<String>,
    pub parent_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SeenFile {
    pub id: String,
    pub comment: String,
    pub size: Option<u64>,
}

/// The one rule of how an operation goes on.
pub(super) fn step(state: State, event: Event) -> (State, Vec<Effect>) {
    let mut run = Run {
        state,
        effects: Vec::new(),
        now: 0,
        jitter: 0.0,
    };
    match event {
        Event::Go { now } => {
            run.now = now;
            run.go();
        }
        Event::Answered {
            call,
            answer,
            now,
            jitter,
        } => {
            (run.now, run.jitter) = (now, jitter);
            run.answered(&call, answer);
        }
        Event::NotSent => run.not_sent(),
        Event::Retry => run.retry(),
        Event::Overwrite => run.overwrite(),
        Event::Cancelled => run.cancelled(),
        Event::Restarted => run.restarted(),
        Event::ClockMoved { by } => run.clock_moved(by),
    }
    (run.state, run.effects)
}

/// The comment of the operation's PDF.
pub(super) fn file_comment(plan: &Plan) -> String {
    format!("retropress:{}:{}", plan.operation_id, plan.pdf_sha256)
}

/// The message of the version an operation makes.
pub(super) fn version_message(operation_id: &str) -> String {
    format!("retropress:{operation_id}")
}

/// Whether a page's body has the marker itself, and not that of the parent page, which begins alike.
pub(super) fn carries_marker(body: &str, marker: &str) -> bool {
    let wanted = format!("retropress-{marker}");
    body.match_indices(&wanted).any(|(at, _)| {
        let next = body[at + wanted.len()..].chars().next();
        next.is_none_or(|it| !it.is_ascii_alphanumeric() && it != '-')
    })
}

struct Run {
    state: State,
    effects: Vec<Effect>,
    now: Millis,
    jitter: f64,
}

impl Run {
    fn go(&mut self) {
        if !self.state.phase.goes_on() {
            return self.effects.push(Effect::Rest);
        }
        self.state.found.not_before = None;
        let doubt = self.state.in_doubt;
        let kind = self.state.plan.kind;
        match self.state.stage {
            Stage::SignIn => self.call(Call::SignIn),
            Stage::FindParent => match self.state.plan.parent.clone() {
                ParentPlan::None => self.with_parent(None),
                ParentPlan::Existing(id) => self.with_parent(Some(id)),
                ParentPlan::Titled {
                    known: Some(id), ..
                } => {
                    self.state.found.parent_remembered = true;
                    self.with_parent(Some(id));
                }
                ParentPlan::Titled { known: None, .. } => self.call(Call::FindParent),
            },
            Stage::CreateParent if doubt => self.call(Call::FindParent),
            Stage::CreateParent => self.send(Call::CreateParent),
            Stage::WritePage if kind == OperationKind::Update => self.call(Call::ReadPage),
            Stage::WritePage if doubt || self.state.found.from_backup => {
                self.call(Call::FindByTitle);
            }
            Stage::WritePage => self.create_page(),
            Stage::UploadPdf => {
                let fresh = self
                    .state
                    .found
                    .fresh_since
                    .is_some_and(|since| self.now - since < FRESH);
                if fresh && !doubt {
                    self.upload(None);
                } else {
                    self.look_for_file();
                }
            }
            // Adding a label twice is the same as once, so there is no doubt to be resolved.
            Stage::Label => {
                self.commit(Phase::Running, None);
                self.call(Call::AddLabels);
            }
            Stage::Check => self.check(),
            Stage::CheckPage => self.call(Call::ReadPage),
            // Whatever became of it shows in the page.
            Stage::DeletePage if doubt => self.call(Call::ReadPage),
            Stage::DeletePage => self.send(Call::DeletePage),
        }
    }

    fn answered(&mut self, call: &Call, answer: Answer) {
        if !self.state.phase.goes_on() {
            return self.effects.push(Effect::Rest);
        }
        if !matches!(answer, Answer::Failed(_)) {
            self.state.found.attempts = 0;
        }
        match (call, answer) {
            (Call::AddLabels, Answer::Failed(failure)) => {
                // The page stands as it should; a refused label is told and does not undo that.
                self.named_time(&failure);
                self.state.found.remark =
                    format!("The labels were not added: {}", failure.error.message);
                self.state.stage = Stage::Check;
                self.check();
            }
            (call, Answer::Failed(failure)) if call.writes() => self.write_failed(call, &failure),
            (_, Answer::Failed(failure)) => self.read_failed(&failure),
            (Call::SignIn, _) => {
                self.state.stage = match self.state.plan.kind {
                    OperationKind::Create => Stage::FindParent,
                    OperationKind::Update => Stage::WritePage,
                    OperationKind::Delete => Stage::CheckPage,
                };
                self.effects.push(Effect::Next);
            }
            (Call::FindParent, Answer::Pages(pages)) => self.parent_looked_for(&pages),
            (Call::CreateParent, Answer::Saved { id, .. }) => self.parent_found(id),
            (Call::FindByTitle, Answer::Pages(pages)) => self.looked_by_title(&pages),
            (Call::FindNewest, Answer::Pages(pages)) => self.looked_at_newest(&pages),
            (
                Call::CreatePage { .. } | Call::UpdatePage { .. },
                Answer::Saved {
                    id,
                    version,
                    title,
                    link,
                },
            ) => {
                let created = matches!(call, Call::CreatePage { .. });
                self.state.found.fresh_since = created.then_some(self.now);
                self.page_written(FoundPage { id, version, link }, title);
            }
            (Call::ReadPage, Answer::Page(page))
                if self.state.plan.kind == OperationKind::Delete =>
            {
                self.page_to_delete(page.as_ref());
            }
            (Call::ReadPage, Answer::Page(page)) => self.page_to_update(page),
            (Call::FindFile { .. }, Answer::File(file)) => self.file_looked_for(file),
            (Call::Upload { .. }, Answer::Uploaded { id, size }) => self.pdf_is_there(id, size),
            (Call::AddLabels, _) => {
                self.state.stage = Stage::Check;
                self.check();
            }
            (Call::DeletePage, _) => self.deleted(""),
            // An answer that does not belong to its call is a fault of ours.
            (_, _) => self.stop(Phase::NeedsAttention, words::mixed_up()),
        }
    }

    // ---- parent page

    fn with_parent(&mut self, id: Option<String>) {
        self.state.found.parent_id = id;
        self.state.stage = Stage::WritePage;
        self.go();
    }

    fn parent_looked_for(&mut self, pages: &[Seen]) {
        if let Some(page) = pages.iter().find(|it| it.status == PageStatus::Current) {
            return self.parent_found(page.id.clone());
        }
        if pages.iter().any(|it| it.status == PageStatus::Archived) {
            self.state.in_doubt = false;
            let title = match &self.state.plan.parent {
                ParentPlan::Titled { title, .. } => title.clone(),
                _ => String::new(),
            };
            return self.stop(Phase::NeedsAttention, words::parent_archived(&title));
        }
        if !self.state.in_doubt {
            self.state.stage = Stage::CreateParent;
            return self.send(Call::CreateParent);
        }
        if self.found_nothing() {
            if self.state.found.taken.is_some() {
                self.settled();
                return self.stop(Phase::NeedsAttention, words::parent_hidden());
            }
            self.send_again(Call::CreateParent);
        }
    }

    fn parent_found(&mut self, id: String) {
        self.effects.push(Effect::RememberParent(Some(id.clone())));
        self.state.found.parent_id = Some(id);
        let creating = self.state.stage == Stage::CreateParent;
        self.settled();
        // The parent is found; whether the page was created is as unknown as before.
        self.state.in_doubt = self.state.found.from_backup;
        self.state.stage = Stage::WritePage;
        if creating {
            self.commit(Phase::Running, None);
        }
        self.effects.push(Effect::Next);
    }

    // ---- page

    fn create_page(&mut self) {
        let parent_id = self.state.found.parent_id.clone();
        self.send(Call::CreatePage { parent_id });
    }

    fn looked_by_title(&mut self, pages: &[Seen]) {
        if self.adopted(pages) {
            return;
        }
        self.state.found.title_held = pages
            .iter()
            .any(|it| matches!(it.status, PageStatus::Current | PageStatus::Archived));
        self.call(Call::FindNewest);
    }

    fn looked_at_newest(&mut self, pages: &[Seen]) {
        if self.adopted(pages) {
            return;
        }
        // The one create that was ever sent was refused: surely no page of ours is there.
        let certain = self.state.found.taken.is_some() && self.state.found.sends <= 1;
        if !certain && !self.found_nothing() {
            return;
        }
        if self.state.phase == Phase::Withdrawn {
            self.settled();
            self.commit(Phase::Cancelled, None);
            return self.effects.push(Effect::Rest);
        }
        match self.state.found.taken.clone() {
            None => {
                let parent_id = self.state.found.parent_id.clone();
                self.send_again(Call::CreatePage { parent_id });
            }
            Some(refusal) => {
                let held = self.state.found.title_held || refusal.how == Taken::Said;
                self.settled();
                if held {
                    self.stop(Phase::Conflict, words::title_taken(refusal.error));
                } else {
                    self.stop(Phase::NeedsAttention, refusal.error);
                }
            }
        }
    }

    /// Our page, by its marker, whoever looks at it now.
    fn adopted(&mut self, pages: &[Seen]) -> bool {
        let ours: Vec<&Seen> = pages.iter().filter(|it| self.has_marker(it)).collect();
        if let Some(page) = ours.iter().find(|it| it.status == PageStatus::Current) {
            self.state.found.fresh_since = None;
            self.adopt(page);
            return true;
        }
        if ours.is_empty() {
            return false;
        }
        // It did arrive, and somebody put it away since.
        self.settled();
        self.stop(Phase::Conflict, words::page_put_away());
        true
    }

    fn has_marker(&self, page: &Seen) -> bool {
        carries_marker(&page.body, &self.state.plan.marker)
    }

    fn adopt(&mut self, page: &Seen) {
        let found = FoundPage {
            id: page.id.clone(),
            version: page.version,
            link: page.link.clone(),
        };
        self.page_written(found, page.title.clone());
    }

    fn page_written(&mut self, page: FoundPage, title: String) {
        self.state.found.stored_title = title;
        self.state.found.page = Some(page);
        self.state.found.from_backup = false;
        self.settled();
        self.state.stage = Stage::UploadPdf;
        let phase = match self.state.phase {
            Phase::Withdrawn => Phase::Cancelled,
            _ => Phase::Running,
        };
        self.commit(phase, Some(Milestone::PageWritten));
        self.effects.push(Effect::Next);
    }

    fn page_to_update(&mut self, page: Option<Seen>) {
        let page = page.filter(|it| it.status == PageStatus::Current);
        let (Some(page), Some((_, frozen_version))) = (page, self.state.plan.page.clone()) else {
            self.state.in_doubt = false;
            return self.stop(Phase::Conflict, words::page_gone());
        };
        if page
            .message
            .contains(&version_message(&self.state.plan.operation_id))
        {
            return self.adopt(&page);
        }
        self.state.found.base_version = Some(page.version);
        if !self.has_marker(&page) {
            self.state.in_doubt = false;
            return self.stop(Phase::Conflict, words::not_ours());
        }
        let expected = self.state.found.agreed_version.unwrap_or(frozen_version);
        if page.version != expected {
            self.state.in_doubt = false;
            return self.stop(Phase::Conflict, words::page_changed(&page));
        }
        if self.too_often() {
            return;
        }
        self.send(Call::UpdatePage {
            version: page.version + 1,
            space: page.space,
            parent_id: page.parent_id,
        });
    }

    // ---- PDF

    fn look_for_file(&mut self) {
        let name = self.state.found.pdf_name.clone();
        self.call(Call::FindFile { name });
    }

    fn file_looked_for(&mut self, file: Option<SeenFile>) {
        match file {
            Some(it) if it.comment == file_comment(&self.state.plan) => {
                self.pdf_is_there(it.id, it.size);
            }
            Some(it) if it.comment.starts_with("retropress:") => {
                // A new version that was sent may still be on its way.
                let certain = !self.state.in_doubt || self.state.found.taken.is_some();
                if (certain || self.found_nothing()) && !self.too_often() {
                    self.upload(Some(it.id));
                }
            }
            Some(_) => {
                self.state.found.pdf_name = numbered(&self.state.found.pdf_name);
                // What may have been sent had another name: this one was never used.
                self.state.in_doubt = false;
                self.look_for_file();
            }
            None if self.state.in_doubt => {
                let perhaps = |it: &&Refusal| it.how == Taken::Perhaps;
                let refused = self.state.found.taken.as_ref().filter(perhaps).cloned();
                if let Some(refusal) = refused {
                    // The only one that was ever sent, or one whose elder would be seen by now.
                    if self.state.found.sends <= 1 || self.found_nothing() {
                        self.settled();
                        self.stop(Phase::NeedsAttention, refusal.error);
                    }
                } else if self.found_nothing() && !self.too_often() {
                    self.upload(None);
                }
            }
            None => self.upload(None),
        }
    }

    fn upload(&mut self, replaces: Option<String>) {
        let name = self.state.found.pdf_name.clone();
        self.send(Call::Upload { name, replaces });
    }

    fn pdf_is_there(&mut self, id: String, size: Option<u64>) {
        self.state.found.attachment_id = Some(id);
        self.state.found.stored_size = size;
        self.settled();
        if self.state.plan.labels {
            self.state.stage = Stage::Label;
            self.commit(Phase::Running, None);
            self.effects.push(Effect::Next);
        } else {
            // Nothing is sent any more: the last step's outcome is written with this one's.
            self.state.stage = Stage::Check;
            self.check();
        }
    }

    /// Compares what the server said it stored with what was frozen; asks nothing.
    fn check(&mut self) {
        if let Some(size) = self.state.found.stored_size
            && size != self.state.plan.pdf_size
        {
            self.state.stage = Stage::UploadPdf;
            self.state.found.fresh_since = None;
            return self.stop(
                Phase::NeedsAttention,
                words::incomplete(size, self.state.plan.pdf_size),
            );
        }
        if self.state.found.stored_title != self.state.plan.title {
            let remark = format!(
                "Confluence stored the title as {}.",
                self.state.found.stored_title
            );
            self.state.found.remark = [&*self.state.found.remark, &remark]
                .join(" ")
                .trim()
                .to_owned();
        }
        self.state.problem = None;
        self.commit(Phase::Done, Some(Milestone::Published));
        self.effects.push(Effect::Rest);
    }

    // ---- deletion

    fn page_to_delete(&mut self, page: Option<&Seen>) {
        match page.filter(|it| it.status == PageStatus::Current) {
            None => self.deleted("It was gone already."),
            Some(page) if !self.has_marker(page) => {
                self.state.in_doubt = false;
                self.state.stage = Stage::CheckPage;
                self.stop(Phase::NeedsAttention, words::not_ours());
            }
            Some(_) => {
                self.state.stage = Stage::DeletePage;
                if !self.too_often() {
                    self.send(Call::DeletePage);
                }
            }
        }
    }

    fn deleted(&mut self, note: &str) {
        self.settled();
        self.state.found.remark = note.to_owned();
        self.state.problem = None;
        self.commit(Phase::Done, Some(Milestone::Deleted));
        self.effects.push(Effect::Rest);
    }

    // ---- trouble

    /// A call that changes something failed: what is known of it decides.
    fn write_failed(&mut self, call: &Call, failure: &Failure) {
        self.state.found.fresh_since = None;
        if let Call::CreatePage { .. } = call
            && let Some(taken) = taken(failure)
        {
            return self.title_refused(taken, failure);
        }
        let titled = matches!(self.state.plan.parent, ParentPlan::Titled { .. });
        if let Call::CreatePage { .. } = call
            && titled
            && failure.why == Why::ParentGone
        {
            self.effects.push(Effect::RememberParent(None));
        }
        match (call, failure.why) {
            // It came from memory, and is looked up again.
            (Call::CreatePage { .. }, Why::ParentGone | Why::PageGone | Why::SpaceGone)
                if self.state.found.parent_remembered =>
            {
                self.named_time(failure);
                self.effects.push(Effect::RememberParent(None));
                if let ParentPlan::Titled { known, .. } = &mut self.state.plan.parent {
                    *known = None;
                }
                self.state.found.parent_id = None;
                self.state.found.parent_remembered = false;
                self.settled();
                self.state.stage = Stage::FindParent;
                self.commit(Phase::Running, None);
                self.effects.push(Effect::Next);
            }
            // Somebody else made it in the meantime, or it is our own: looked for, and used.
            (Call::CreateParent, Why::TitleTaken) => self.title_refused(Taken::Said, failure),
            (Call::UpdatePage { .. }, Why::TitleTaken) => {
                self.named_time(failure);
                self.state.in_doubt = false;
                self.stop(Phase::Conflict, failure.error.clone());
            }
            // Whose file it is decides what to do, so it is looked at like a lost answer.
            (Call::Upload { .. }, Why::FileNameTaken | Why::ContentRefused) => {
                self.named_time(failure);
                self.state.found.taken = Some(Refusal {
                    how: match failure.why {
                        Why::FileNameTaken => Taken::Said,
                        _ => Taken::Perhaps,
                    },
                    error: failure.error.clone(),
                });
                self.state.found.looks = 0;
                self.state.found.first_look_at = None;
                self.state.found.lost += 1;
                self.commit(Phase::Checking, None);
                self.effects.push(Effect::Next);
            }
            _ => match failure.outcome {
                Outcome::Unknown => {
                    self.state.found.lost += 1;
                    self.state.found.looks = 0;
                    self.state.found.first_look_at = None;
                    self.state.problem = Some(failure.error.clone());
                    self.named_time(failure);
                    self.pause();
                    self.commit(Phase::Checking, None);
                    self.effects.push(Effect::Rest);
                }
                Outcome::NotDone | Outcome::Final => {
                    self.state.in_doubt = false;
                    self.state.found.sends = self.state.found.sends.saturating_sub(1);
                    self.surely_failed(failure);
                }
            },
        }
    }

    fn title_refused(&mut self, taken: Taken, failure: &Failure) {
        self.named_time(failure);
        self.state.found.taken = Some(Refusal {
            how: taken,
            error: failure.error.clone(),
        });
        self.state.found.looks = 0;
        self.state.found.first_look_at = None;
        // It stays in doubt: an earlier one may have landed after all.
        let phase = if self.state.found.sends > 1 {
            Phase::Checking
        } else {
            Phase::Running
        };
        self.commit(phase, None);
        self.effects.push(Effect::Next);
    }

    /// A call that only reads failed: nothing happened by it, but what was in doubt stays so.
    fn read_failed(&mut self, failure: &Failure) {
        if failure.outcome == Outcome::Unknown && failure.why != Why::Network {
            self.state.problem = Some(failure.error.clone());
            return self.trouble(failure);
        }
        self.surely_failed(failure);
    }

    fn surely_failed(&mut self, failure: &Failure) {
        self.state.problem = Some(failure.error.clone());
        match failure.why {
            Why::Network if !self.state.plan.attended || self.state.in_doubt => {
                self.named_time(failure);
                self.effects.push(Effect::Unreachable);
                // The host is asked first, and this one goes on when it answers.
                self.wait();
            }
            Why::RateLimited if failure.retry_after.is_some() => {
                self.named_time(failure);
                self.wait();
            }
            Why::RateLimited => self.trouble(failure),
            Why::SignIn => {
                self.named_time(failure);
                self.effects
                    .push(Effect::SignInTrouble(failure.error.clone()));
                if self.state.phase == Phase::Withdrawn {
                    // It goes on looking when there is a new sign-in.
                    return self.wait();
                }
                self.stop(Phase::NeedsAttention, failure.error.clone());
            }
            // There is nobody to ask, and but for an integration that is gone it may be cured by itself.
            _ if self.state.phase == Phase::Withdrawn && failure.error.code != ErrorCode::Gone => {
                self.trouble(failure);
            }
            _ => {
                self.named_time(failure);
                self.stop(Phase::NeedsAttention, failure.error.clone());
            }
        }
    }

    /// The server's own trouble: tried again after a while, and not for ever.
    fn trouble(&mut self, failure: &Failure) {
        self.named_time(failure);
        let enough = match self.state.phase {
            Phase::Withdrawn => self.state.found.attempts + 1 >= MOST_ATTEMPTS_AFTER_CANCEL,
            _ => self.state.found.attempts + 1 >= MOST_ATTEMPTS && !self.state.in_doubt,
        };
        if enough {
            self.state.found.attempts = 0;
            return self.stop(Phase::NeedsAttention, failure.error.clone());
        }
        self.pause();
        self.wait();
    }

    fn wait(&mut self) {
        let phase = if self.state.in_doubt {
            Phase::Checking
        } else {
            Phase::Queued
        };
        self.commit(phase, None);
        self.effects.push(Effect::Rest);
    }

    /// Growing with each failure, with full jitter: the whole of it is left to chance, so that many
    /// who failed together do not come back together.
    fn pause(&mut self) {
        let attempts = &mut self.state.found.attempts;
        *attempts = attempts.saturating_add(1);
        let most = 1000i64
            .saturating_mul(1 << (*attempts).min(16))
            .min(LONGEST_PAUSE);
        let pause = (most as f64 * self.jitter.clamp(0.0, 1.0)) as Millis;
        self.state.found.not_before = Some(self.now + pause);
    }

    fn named_time(&mut self, failure: &Failure) {
        if let Some(wait) = failure.retry_after {
            self.effects
                .push(Effect::NotBefore(self.now.saturating_add(wait)));
        }
    }

    /// Nothing was found: once more after a while, and in the end it surely is not there.
    fn found_nothing(&mut self) -> bool {
        let (looking, between) = match self.state.phase {
            Phase::Withdrawn => (LOOKING_AFTER_CANCEL, BETWEEN_LOOKS_AFTER_CANCEL),
            _ => (LOOKING, BETWEEN_LOOKS),
        };
        let found = &mut self.state.found;
        found.looks += 1;
        let since = self.now - *found.first_look_at.get_or_insert(self.now);
        if found.looks >= LOOKS && since >= looking {
            return true;
        }
        found.not_before = Some(self.now + between);
        self.commit(Phase::Checking, None);
        self.effects.push(Effect::Rest);
        false
    }

    /// Nothing of it is there. Stays in doubt all the same: the next look comes first, whatever
    /// happens.
    fn send_again(&mut self, call: Call) {
        if !self.too_often() {
            self.send(call);
        }
    }

    /// A server that swallows every answer is not fed for ever.
    fn too_often(&mut self) -> bool {
        if self.state.found.lost < MOST_LOST {
            return false;
        }
        self.state.found.lost = 0;
        let problem = self
            .state
            .problem
            .clone()
            .unwrap_or_else(words::never_answered);
        self.stop(Phase::NeedsAttention, problem);
        true
    }

    /// Ends this run: the author has to decide or to help.
    fn stop(&mut self, phase: Phase, problem: ApiError) {
        self.state.problem = Some(problem);
        self.state.found.looks = 0;
        self.state.found.first_look_at = None;
        self.state.found.not_before = None;
        self.state.found.fresh_since = None;
        self.commit(phase, Some(Milestone::Stopped));
        self.effects.push(Effect::Rest);
    }

    // ---- from outside

    fn not_sent(&mut self) {
        if !self.state.phase.goes_on() {
            return self.effects.push(Effect::Rest);
        }
        // One that was sent before may still be on its way.
        self.state.found.sends = self.state.found.sends.saturating_sub(1);
        self.state.in_doubt = self.state.found.lost > 0;
        self.wait();
    }

    fn retry(&mut self) {
        match self.state.phase {
            Phase::NeedsAttention | Phase::Conflict => {
                self.state.found.attempts = 0;
                self.state.found.lost = 0;
                self.state.found.taken = None;
                self.state.found.fresh_since = None;
                self.state.problem = None;
                self.state.found.not_before = None;
                self.state.in_doubt |= self.state.found.from_backup;
                // What was found of the parent may be what was wrong.
                if self.state.plan.kind == OperationKind::Create
                    && self.state.stage == Stage::WritePage
                    && (!self.state.in_doubt || self.state.found.from_backup)
                {
                    self.state.stage = Stage::FindParent;
                    self.state.found.parent_id = None;
                    self.state.found.parent_remembered = false;
                }
                self.wait();
            }
            Phase::Queued | Phase::Checking => {
                self.state.found.not_before = None;
                let phase = self.state.phase;
                self.commit(phase, None);
                self.effects.push(Effect::Rest);
            }
            _ => self.effects.push(Effect::Rest),
        }
    }

    fn overwrite(&mut self) {
        if self.state.phase == Phase::Conflict {
            self.state.found.agreed_version = self.state.found.base_version;
            self.state.in_doubt = false;
            self.state.problem = None;
            self.wait();
        }
    }

    /// A page that may have been created is looked for all the same: it is to stand in the history,
    /// where its author can delete it.
    fn cancelled(&mut self) {
        if self.state.phase.has_ended() {
            return self.effects.push(Effect::Rest);
        }
        let plan = &self.state.plan;
        let sent = self.state.stage == Stage::WritePage && self.state.in_doubt;
        let found = &mut self.state.found;
        let perhaps = plan.kind == OperationKind::Create
            && !plan.attended
            && found.page.is_none()
            && (sent || found.from_backup);
        if perhaps {
            self.state.stage = Stage::WritePage;
            self.state.in_doubt = true;
        }
        found.looks = 0;
        found.first_look_at = None;
        found.not_before = None;
        let phase = if perhaps {
            Phase::Withdrawn
        } else {
            Phase::Cancelled
        };
        self.commit(phase, None);
        self.effects.push(Effect::Rest);
    }

    fn restarted(&mut self) {
        let found = &self.state.found;
        if found.from_backup && !found.asked_about_backup && !self.state.phase.has_ended() {
            return self.ask_about_backup();
        }
        if !self.state.phase.goes_on() {
            return self.effects.push(Effect::Rest);
        }
        // How long the app was away only the clock tells, and clocks are set.
        self.state.found.looks = 0;
        self.state.found.first_look_at = None;
        self.state.found.fresh_since = None;
        if self.state.in_doubt {
            // The answer, if there was one, was never read.
            self.state.found.lost = self.state.found.lost.max(1);
        }
        self.wait();
    }

    /// What became of it since the backup was made is not known: perhaps it was done, perhaps it was
    /// cancelled. Its author is asked before it goes on, and Confluence before anything is sent.
    fn ask_about_backup(&mut self) {
        self.state.found.asked_about_backup = true;
        self.state.in_doubt = true;
        self.stop(Phase::NeedsAttention, words::from_backup());
    }

    fn clock_moved(&mut self, by: Millis) {
        let found = &mut self.state.found;
        for time in [
            &mut found.not_before,
            &mut found.first_look_at,
            &mut found.fresh_since,
        ] {
            *time = time.map(|it| it.saturating_add(by));
        }
        let phase = self.state.phase;
        self.commit(phase, None);
    }

    // ---- writing down

    fn call(&mut self, call: Call) {
        self.effects.push(Effect::Call(call));
    }

    /// Intent before the call that changes something.
    fn send(&mut self, call: Call) {
        if call != Call::CreateParent {
            // It was looked for: from here on its own calls alone are in doubt.
            self.state.found.from_backup = false;
        }
        self.state.in_doubt = true;
        self.state.found.sends += 1;
        self.state.found.taken = None;
        self.state.found.looks = 0;
        self.state.found.first_look_at = None;
        self.commit(Phase::Running, None);
        self.call(call);
    }

    /// The outcome of the stage's call is known.
    fn settled(&mut self) {
        self.state.in_doubt = false;
        let found = &mut self.state.found;
        found.looks = 0;
        found.first_look_at = None;
        found.sends = 0;
        found.lost = 0;
        found.taken = None;
        found.title_held = false;
        found.attempts = 0;
    }

    fn commit(&mut self, phase: Phase, milestone: Option<Milestone>) {
        self.state.phase = match (self.state.phase, phase) {
            (Phase::Withdrawn, it) if it.goes_on() => Phase::Withdrawn,
            // Its author was asked already.
            (Phase::Withdrawn, Phase::NeedsAttention | Phase::Conflict) => Phase::Cancelled,
            (_, it) => it,
        };
        if phase == Phase::Running {
            self.state.problem = None;
        }
        self.effects.push(Effect::Commit(milestone));
    }
}

/// Data Center says it in the language of the account, so any refusal of the content may be it.
fn taken(failure: &Failure) -> Option<Taken> {
    match failure.why {
        Why::TitleTaken => Some(Taken::Said),
        Why::ContentRefused => Some(Taken::Perhaps),
        _ => None,
    }
}

/// "Sprint 42.pdf" -> "Sprint 42 (2).pdf" -> "Sprint 42 (3).pdf"
pub(super) fn numbered(file_name: &str) -> String {
    let stem = file_name.strip_suffix(".pdf").unwrap_or(file_name);
    let parts = stem.strip_suffix(')').and_then(|it| it.rsplit_once(" ("));
    match parts.and_then(|(stem, number)| Some((stem, number.parse::<u32>().ok()?))) {
        Some((stem, number)) => format!("{stem} ({}).pdf", number.saturating_add(1)),
        None => format!("{stem} (2).pdf"),
    }
}
