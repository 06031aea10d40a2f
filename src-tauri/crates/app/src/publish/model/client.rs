//! The app of the model: its memory, which a kill takes away, and its disk, which stays.
//!
//! Carries out effects as [`super::super::carry`] does, one at a time, so that a kill can come between
//! any two of them.

use std::collections::{BTreeMap, BTreeSet};

use retropress_confluence::Outcome;

use super::{
    super::{
        OperationKind, Phase, Stage,
        engine::{
            Answer, Call, Effect, Event, Milestone, Millis, ParentPlan, Plan, State,
            carries_marker, file_comment, step, version_message,
        },
        failure::{Why, is_about_sign_in},
        found::Found,
        queue::{Entry, Lane, Queue, SignIn},
    },
    Saboteur,
    server::{Sent, Server},
};
use crate::ErrorCode;

const HOST: &str = "wiki.example";
const INTEGRATION: &str = "integration";
pub const PARENT: &str = "Retrospectives";

/// What is on the disk.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    pub operations: BTreeMap<String, Stored>,
    pub parent: Option<String>,
    pub not_before: Option<Millis>,
    pub paused: bool,
    pub sign_in_bad: bool,
}

#[derive(Debug, Clone)]
pub struct Stored {
    pub state: State,
    pub draft: usize,
    pub body: String,
    pub pdf: String,
}

/// A write whose answer did not arrive, and the looks that followed.
#[derive(Debug, Clone)]
struct Unanswered {
    call: std::mem::Discriminant<Call>,
    looks: u32,
    first_look: Millis,
}

pub struct Client {
    pub disk: Disk,
    /// An earlier copy of the disk.
    backup: Option<Disk>,
    /// Operations that a restore took away, with their drafts.
    vanished: BTreeMap<String, usize>,
    /// `None`: the process is dead.
    memory: Option<Memory>,
    pub server: Server,
    pub skew: Millis,
    /// The process dies before so many more effects.
    pub kill_in: Option<u32>,
    pub saboteur: Option<Saboteur>,
    random: u64,
    next_id: u32,
    pub cancelled: BTreeMap<String, u32>,
    unanswered: BTreeMap<String, Unanswered>,
    /// Of the server's wishes, what was told and not lost with the process. In true time.
    promised: Millis,
    pub wrong: Vec<String>,
}

#[derive(Default)]
struct Memory {
    queue: Queue,
    work: BTreeMap<String, State>,
}

struct Killed;

impl Client {
    pub fn new(saboteur: Option<Saboteur>, seed: u64) -> Self {
        let server = Server {
            now: 1_000_000,
            online: true,
            signed_in: true,
            ..Server::default()
        };
        Self {
            disk: Disk::default(),
            backup: None,
            vanished: BTreeMap::new(),
            memory: Some(Memory::default()),
            server,
            skew: 0,
            kill_in: None,
            saboteur,
            random: seed,
            next_id: 0,
            cancelled: BTreeMap::new(),
            unanswered: BTreeMap::new(),
            promised: 0,
            wrong: Vec::new(),
        }
    }

    pub fn is_alive(&self) -> bool {
        self.memory.is_some()
    }

    fn now(&self) -> Millis {
        self.server.now + self.skew
    }

    fn jitter(&mut self) -> f64 {
        // Knuth's MMIX generator: the same history gives the same run.
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 40) as f64 / f64::from(1 << 24)
    }

    fn sabotaged(&self, by: Saboteur) -> bool {
        self.saboteur == Some(by)
    }

    // ---- what the author does

    /// Publishes the text; an update where the draft is published.
    pub fn publish(&mut self, draft: usize, title: &str, text: u32) {
        if !self.is_alive() || self.open_of(draft).is_some() {
            return;
        }
        let published = self.published(draft);
        self.freeze_for(draft, title, text, published);
    }

    /// Where the draft's publish stopped, another takes its place.
    pub fn resolve(&mut self, draft: usize, title: &str, text: u32, as_new_page: bool) {
        let Some(id) = self.open_of(draft).filter(|_| self.is_alive()) else {
            return;
        };
        let phase = self.disk.operations[&id].state.phase;
        if !matches!(phase, Phase::Conflict | Phase::NeedsAttention) {
            return;
        }
        if !self.sabotaged(Saboteur::KeepsTheReplaced) {
            self.cancel(&id);
        }
        let published = self.published(draft).filter(|_| !as_new_page);
        self.freeze_for(draft, title, text, published);
    }

    fn freeze_for(
        &mut self,
        draft: usize,
        title: &str,
        text: u32,
        published: Option<(String, String, u32)>,
    ) {
        let kind = match &published {
            Some(_) => OperationKind::Update,
            None => OperationKind::Create,
        };
        let marker = published.as_ref().map(|it| it.0.clone());
        let page = published.map(|it| (it.1, it.2));
        self.freeze(draft, kind, title, text, marker, page);
    }

    pub fn delete(&mut self, draft: usize) {
        if !self.is_alive() {
            return;
        }
        if let Some((marker, id, version)) = self.published(draft) {
            self.freeze(
                draft,
                OperationKind::Delete,
                "",
                0,
                Some(marker),
                Some((id, version)),
            );
        }
    }

    fn freeze(
        &mut self,
        draft: usize,
        kind: OperationKind,
        title: &str,
        text: u32,
        marker: Option<String>,
        page: Option<(String, u32)>,
    ) {
        self.next_id += 1;
        let id = format!("op{:04}", self.next_id);
        let marker = marker.unwrap_or_else(|| id.clone());
        let pdf = format!("pdf of {id}, text {text}");
        let plan = Plan {
            operation_id: id.clone(),
            kind,
            marker: marker.clone(),
            title: title.to_owned(),
            parent: if draft.is_multiple_of(2) {
                ParentPlan::Titled {
                    title: PARENT.to_owned(),
                    known: None,
                }
            } else {
                ParentPlan::None
            },
            page,
            labels: draft == 2,
            pdf_sha256: pdf.clone(),
            pdf_size: pdf.len() as u64,
            attended: false,
        };
        let state = State {
            plan,
            phase: Phase::Queued,
            stage: Stage::SignIn,
            in_doubt: false,
            found: Found::fresh(&format!("{title}.pdf")),
            problem: None,
        };
        let body = format!("<p>text {text}</p><ac:parameter>retropress-{marker}</ac:parameter>");
        self.disk.operations.insert(
            id.clone(),
            Stored {
                state,
                draft,
                body,
                pdf,
            },
        );
        self.put(&id);
    }

    pub fn open_of(&self, draft: usize) -> Option<String> {
        self.disk
            .operations
            .iter()
            .find(|(_, it)| {
                it.draft == draft
                    && !it.state.phase.has_ended()
                    && it.state.plan.kind != OperationKind::Delete
            })
            .map(|it| it.0.clone())
    }

    /// Marker, page and version of the draft's live publication, as far as the disk knows.
    fn published(&self, draft: usize) -> Option<(String, String, u32)> {
        let mut last = None;
        for it in self.disk.operations.values().filter(|it| it.draft == draft) {
            let found = it.state.found.page.as_ref();
            match it.state.plan.kind {
                OperationKind::Delete if it.state.phase == Phase::Done => last = None,
                OperationKind::Delete => {}
                _ => {
                    if let Some(page) = found {
                        last = Some((it.state.plan.marker.clone(), page.id.clone(), page.version));
                    }
                }
            }
        }
        last
    }

    pub fn cancel(&mut self, id: &str) {
        if !self.is_alive() {
            return;
        }
        let Some(stored) = self.disk.operations.get_mut(id) else {
            return;
        };
        if stored.state.phase.has_ended() {
            return;
        }
        let writes = self.server.writes.get(id).copied().unwrap_or_default();
        self.cancelled.insert(id.to_owned(), writes);
        if self.sabotaged(Saboteur::SendsAfterCancel) {
            return;
        }
        let forgets = self.sabotaged(Saboteur::ForgetsTheCancelled);
        if let Some(stored) = self.disk.operations.get_mut(id) {
            stored.state = step(stored.state.clone(), Event::Cancelled).0;
            if forgets {
                stored.state.phase = Phase::Cancelled;
            }
        }
        self.put(id);
    }

    pub fn retry(&mut self, id: &str) {
        let Some(stored) = self.disk.operations.get(id) else {
            return;
        };
        let refused = stored
            .state
            .problem
            .as_ref()
            .is_some_and(|it| is_about_sign_in(it.code));
        let Some(memory) = &mut self.memory else {
            return;
        };
        if refused || self.disk.sign_in_bad {
            let lane = memory
                .queue
                .integrations
                .entry(INTEGRATION.to_owned())
                .or_default();
            if lane.sign_in != SignIn::Good {
                lane.sign_in = SignIn::Trying;
            }
            self.disk.sign_in_bad = false;
        }
        self.happen(id, Event::Retry);
        let now = self.now();
        if let Some(memory) = &mut self.memory {
            memory.queue.hurry(Some(HOST), now);
        }
    }

    pub fn overwrite(&mut self, id: &str) {
        let Some(stored) = self.disk.operations.get(id) else {
            return;
        };
        let code = stored.state.problem.as_ref().map(|it| it.code);
        if !self.is_alive()
            || stored.state.phase != Phase::Conflict
            || code != Some(ErrorCode::PageChanged)
        {
            return;
        }
        if let (Some((page, _)), Some(version)) =
            (&stored.state.plan.page, stored.state.found.base_version)
        {
            self.server.agreed.push((page.clone(), version));
        }
        self.happen(id, Event::Overwrite);
    }

    pub fn pause(&mut self, paused: bool) {
        if let Some(memory) = &mut self.memory {
            self.disk.paused = paused;
            memory
                .queue
                .integrations
                .entry(INTEGRATION.to_owned())
                .or_default()
                .paused = paused;
        }
    }

    pub fn wake_up(&mut self) {
        let now = self.now();
        if let Some(memory) = &mut self.memory {
            memory.queue.hurry(None, now);
        }
    }

    /// The clock is set while the app runs, which notices it.
    pub fn clock_jump(&mut self, by: Millis) {
        if self.memory.is_none() {
            return;
        }
        self.skew += by;
        let now = self.now();
        if let Some(memory) = &mut self.memory {
            memory.queue.clock_moved(by);
            memory.queue.hurry(None, now);
        }
        self.disk.not_before = self.disk.not_before.map(|it| it + by);
        // A clock that is set while nobody looks makes a pause longer or shorter by that, and no more.
        if let Some(backup) = &mut self.backup {
            backup.not_before = backup.not_before.map(|it| it + by);
        }
        let ids: Vec<String> = self.disk.operations.keys().cloned().collect();
        for id in ids {
            self.happen(&id, Event::ClockMoved { by });
        }
    }

    fn happen(&mut self, id: &str, event: Event) {
        if !self.is_alive() {
            return;
        }
        let Some(stored) = self.disk.operations.get_mut(id) else {
            return;
        };
        if matches!(stored.state.phase, Phase::Done | Phase::Cancelled) {
            return;
        }
        let (state, effects) = step(stored.state.clone(), event);
        if effects.iter().any(|it| matches!(it, Effect::Commit(_))) {
            stored.state = state;
        }
        self.put(id);
    }

    fn put(&mut self, id: &str) {
        let Some(stored) = self.disk.operations.get(id) else {
            return;
        };
        let entry = self.entry(&stored.state);
        let Some(memory) = &mut self.memory else {
            return;
        };
        let going = memory.queue.entries.get(id).is_some_and(|it| it.going);
        if !entry.moving && !going {
            memory.queue.forget(id);
        } else {
            memory
                .queue
                .entries
                .insert(id.to_owned(), Entry { going, ..entry });
        }
    }

    fn entry(&self, state: &State) -> Entry {
        let mut writes_to = BTreeSet::new();
        let page = state.found.page.as_ref().map(|it| &it.id);
        if let Some(id) = page.or(state.plan.page.as_ref().map(|it| &it.0)) {
            writes_to.insert(format!("page {id}"));
        }
        if matches!(state.plan.parent, ParentPlan::Titled { .. })
            && self.disk.parent.is_none()
            && state.plan.kind == OperationKind::Create
            && matches!(
                state.stage,
                Stage::SignIn | Stage::FindParent | Stage::CreateParent
            )
        {
            writes_to.insert("parent".to_owned());
        }
        if self.sabotaged(Saboteur::ManyWriters) {
            writes_to.clear();
        }
        Entry {
            host: HOST.to_owned(),
            integration: Some(INTEGRATION.to_owned()),
            writes_to,
            not_before: state.found.not_before,
            in_doubt: state.in_doubt && !state.found.from_backup,
            moving: state.phase.goes_on(),
            going: false,
        }
    }

    // ---- the process

    pub fn start(&mut self) {
        if self.is_alive() {
            return;
        }
        let mut queue = Queue::default();
        queue.integrations.insert(
            INTEGRATION.to_owned(),
            Lane {
                paused: self.disk.paused,
                sign_in: if self.disk.sign_in_bad {
                    SignIn::Bad
                } else {
                    SignIn::Good
                },
            },
        );
        if let Some(at) = self.disk.not_before {
            queue.not_before(HOST, at);
        }
        self.memory = Some(Memory {
            queue,
            work: BTreeMap::new(),
        });
        let ids: Vec<String> = self.disk.operations.keys().cloned().collect();
        for id in ids {
            self.happen(&id, Event::Restarted);
        }
    }

    pub fn back_up(&mut self) {
        self.backup = Some(self.disk.clone());
    }

    /// The file is damaged: the next start opens the last backup.
    pub fn restore(&mut self) {
        let Some(backup) = self.backup.clone() else {
            return;
        };
        self.kill();
        for (id, it) in &self.disk.operations {
            if !backup.operations.contains_key(id) {
                self.vanished.insert(id.clone(), it.draft);
            }
        }
        self.disk = backup;
        let asks = !self.sabotaged(Saboteur::TrustsABackup);
        for (id, stored) in &mut self.disk.operations {
            if !stored.state.phase.has_ended() {
                stored.state.found.from_backup = asks;
                // Nor is it known that it was cancelled since; its author is asked.
                self.cancelled.remove(id);
            }
        }
        // What a server asked for since is not known any more.
        self.promised = 0;
        self.start();
    }

    fn kill(&mut self) {
        self.memory = None;
        self.kill_in = None;
    }

    /// One more effect: the process may die before it.
    fn effect(&mut self) -> Result<(), Killed> {
        match &mut self.kill_in {
            Some(0) => {
                self.kill();
                Err(Killed)
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Time passes, and whatever is due is done at its time.
    pub fn tick(&mut self, mut time: Millis) {
        loop {
            self.work();
            let now = self.now();
            let next = self
                .memory
                .as_ref()
                .and_then(|it| it.queue.next_time(now))
                .map_or(Millis::MAX, |at| (at - now).max(1));
            let late = self
                .server
                .next_late()
                .map_or(Millis::MAX, |at| (at - self.server.now).max(1));
            let step = time.min(next).min(late);
            if time == 0 {
                return;
            }
            self.server.advance(step);
            time -= step;
        }
    }

    /// Does all that can be done at this moment.
    fn work(&mut self) {
        for _ in 0..10_000 {
            let now = self.now();
            let Some(memory) = &mut self.memory else {
                return;
            };
            memory.queue.start(now);
            let questions = memory.queue.questions(now);
            let going: Vec<String> = memory
                .queue
                .entries
                .iter()
                .filter(|(_, it)| it.going)
                .map(|(id, _)| id.clone())
                .collect();
            if going.is_empty() && questions.is_empty() {
                return;
            }
            for host in questions {
                self.question(&host);
            }
            // One call of each in turn, so that they come between each other.
            for id in going {
                if self.turn(&id).is_err() {
                    return;
                }
            }
        }
        self.wrong.push("it never comes to rest".to_owned());
    }

    fn question(&mut self, host: &str) {
        let (now, jitter, online) = (self.now(), self.jitter(), self.server.online);
        if let Some(memory) = &mut self.memory {
            if online {
                memory.queue.reachable(host, now);
            } else {
                memory
                    .queue
                    .unreachable(host, now, jitter, false, String::new());
            }
        }
    }

    fn may_send(&self, id: &str) -> bool {
        let now = self.now();
        self.memory
            .as_ref()
            .is_some_and(|it| it.queue.may_send(id, now))
    }

    fn turn(&mut self, id: &str) -> Result<(), Killed> {
        let held = self.memory.as_mut().and_then(|it| it.work.remove(id));
        let state = match held {
            Some(state) => state,
            None => {
                let mut state = self.disk.operations[id].state.clone();
                if let ParentPlan::Titled { known, .. } = &mut state.plan.parent {
                    known.clone_from(&self.disk.parent);
                }
                state
            }
        };
        if !self.may_send(id) {
            self.rest(id);
            return Ok(());
        }
        let mut event = Event::Go { now: self.now() };
        let mut state = state;
        loop {
            let (next, effects) = self.decide(state, event);
            state = next;
            let Some(call) = self.carry_out(id, &mut state, effects)? else {
                self.rest(id);
                return Ok(());
            };
            let Some(call) = call else {
                if let Some(memory) = &mut self.memory {
                    memory.work.insert(id.to_owned(), state);
                }
                return Ok(());
            };
            if !self.may_send(id) {
                if !call.writes() {
                    self.rest(id);
                    return Ok(());
                }
                event = Event::NotSent;
                continue;
            }
            self.effect()?;
            let answer = self.ask(id, &state, &call);
            // It may die with the answer on its way.
            if let Err(killed) = self.effect() {
                if call.writes() && call != Call::AddLabels {
                    self.lost(id, &call);
                }
                return Err(killed);
            }
            if call.writes()
                && call != Call::AddLabels
                && let Answer::Failed(it) = &answer
                && it.outcome == Outcome::Unknown
            {
                self.lost(id, &call);
            }
            let now = self.now();
            if !matches!(answer, Answer::Failed(_))
                && call != Call::SignIn
                && let Some(memory) = &mut self.memory
            {
                memory.queue.answered(id, now);
            }
            event = Event::Answered {
                call,
                answer,
                now,
                jitter: self.jitter(),
            };
        }
    }

    fn rest(&mut self, id: &str) {
        if let Some(memory) = &mut self.memory {
            memory.work.remove(id);
            memory.queue.rest(id);
        }
    }

    /// The engine's decision, as it is or as a saboteur would have it.
    fn decide(&self, mut state: State, event: Event) -> (State, Vec<Effect>) {
        let mut event = event;
        if self.sabotaged(Saboteur::ResendsBlindly) && matches!(event, Event::Go { .. }) {
            state.in_doubt = false;
        }
        if self.sabotaged(Saboteur::IsImpatient) {
            state.found.looks = 99;
            state.found.first_look_at = Some(self.now() - 3_600_000);
        }
        if let Event::Answered { call, answer, .. } = &mut event {
            match answer {
                Answer::Pages(pages) if self.sabotaged(Saboteur::SkipsTheMarker) => {
                    for page in pages {
                        page.body += &format!("retropress-{} ", state.plan.marker);
                    }
                }
                Answer::Page(Some(page)) if self.sabotaged(Saboteur::SkipsTheMarker) => {
                    page.body += &format!("retropress-{} ", state.plan.marker);
                }
                Answer::Page(Some(page)) if self.sabotaged(Saboteur::OverwritesUnasked) => {
                    state.found.agreed_version = Some(page.version);
                }
                Answer::Failed(failure)
                    if self.sabotaged(Saboteur::CallsUnknownFailed)
                        && call.writes()
                        && failure.outcome == Outcome::Unknown =>
                {
                    failure.outcome = Outcome::NotDone;
                }
                Answer::Failed(failure)
                    if self.sabotaged(Saboteur::CountsOffline) && failure.why == Why::Network =>
                {
                    failure.why = Why::Other;
                    if !call.writes() {
                        failure.outcome = Outcome::Unknown;
                    }
                }
                _ => {}
            }
        }
        let (mut state, mut effects) = step(state, event);
        if self.sabotaged(Saboteur::IgnoresRetryAfter) {
            effects.retain(|it| !matches!(it, Effect::NotBefore(_)));
            if state.phase == Phase::Queued {
                state.found.not_before = None;
            }
        }
        if self.sabotaged(Saboteur::ForgetsTheIntent)
            && effects
                .iter()
                .any(|it| matches!(it, Effect::Call(call) if call.writes()))
        {
            effects.retain(|it| !matches!(it, Effect::Commit(_)));
        }
        if self.sabotaged(Saboteur::ForgetsTheOutcome) {
            effects.retain(|it| !matches!(it, Effect::Commit(Some(Milestone::Published))));
        }
        if self.sabotaged(Saboteur::PublishesTooEarly)
            && effects.contains(&Effect::Commit(Some(Milestone::PageWritten)))
        {
            state.phase = Phase::Done;
            effects.retain(|it| !matches!(it, Effect::Next));
            effects.push(Effect::Rest);
        }
        (state, effects)
    }

    fn carry_out(
        &mut self,
        id: &str,
        state: &mut State,
        effects: Vec<Effect>,
    ) -> Result<Option<Option<Call>>, Killed> {
        let mut next = None;
        let mut promised = self.promised;
        for effect in effects {
            self.effect()?;
            match effect {
                Effect::Commit(_) => {
                    let over = match self.disk.operations[id].state.phase {
                        Phase::Cancelled => true,
                        Phase::Withdrawn => {
                            !matches!(state.phase, Phase::Withdrawn | Phase::Cancelled)
                        }
                        _ => false,
                    };
                    if over {
                        return Ok(None);
                    }
                    if let Some(stored) = self.disk.operations.get_mut(id) {
                        stored.state = state.clone();
                    }
                    self.put(id);
                }
                Effect::Call(call) => next = Some(Some(call)),
                Effect::Next => next = Some(None),
                Effect::Rest => {
                    self.promised = promised;
                    return Ok(None);
                }
                Effect::NotBefore(at) => {
                    if let Some(memory) = &mut self.memory {
                        memory.queue.not_before(HOST, at);
                    }
                    self.disk.not_before = Some(self.disk.not_before.map_or(at, |it| it.max(at)));
                    promised = promised.max(at - self.skew);
                }
                Effect::Unreachable => {
                    let (now, jitter) = (self.now(), self.jitter());
                    if let Some(memory) = &mut self.memory {
                        memory
                            .queue
                            .unreachable(HOST, now, jitter, false, String::new());
                    }
                }
                Effect::SignInTrouble(_) => {
                    self.disk.sign_in_bad = true;
                    if let Some(memory) = &mut self.memory {
                        memory
                            .queue
                            .integrations
                            .entry(INTEGRATION.to_owned())
                            .or_default()
                            .sign_in = SignIn::Bad;
                    }
                }
                Effect::RememberParent(parent) => self.disk.parent = parent,
            }
        }
        self.promised = promised;
        Ok(next)
    }

    /// A write went out and its answer did not come in.
    fn lost(&mut self, id: &str, call: &Call) {
        self.unanswered.insert(
            id.to_owned(),
            Unanswered {
                call: std::mem::discriminant(call),
                looks: 0,
                first_look: 0,
            },
        );
    }

    fn ask(&mut self, id: &str, state: &State, call: &Call) -> Answer {
        let stored = self.disk.operations[id].clone();
        self.watch(id, &stored, call);
        let mut body = stored.body.clone();
        if self.sabotaged(Saboteur::RendersAgain) && call.writes() {
            body = body.replace("text", "newer text");
        }
        let plan = &state.plan;
        let own = state.found.page.as_ref().map(|it| it.id.clone());
        let sent = Sent {
            operation: id.to_owned(),
            call: call.clone(),
            title: plan.title.clone(),
            body,
            parent_title: PARENT.to_owned(),
            parent_body: format!("<ac:parameter>retropress-{id}-parent</ac:parameter>"),
            page: own.or_else(|| plan.page.as_ref().map(|it| it.0.clone())),
            message: version_message(id),
            comment: file_comment(plan),
            hash: stored.pdf.clone(),
        };
        let before = self.server.wrong.len();
        let answer = self.server.ask(&sent);
        if self.server.wrong.len() > before {
            self.wrong.append(&mut self.server.wrong.clone());
        }
        // A server's wish counts from its answer; it is kept once that arrived.
        if self.sabotaged(Saboteur::IgnoresRetryAfter)
            && let Answer::Failed(it) = &answer
            && let Some(wait) = it.retry_after
        {
            self.promised = self.promised.max(self.server.now + wait);
        }
        answer
    }

    /// What must hold whenever anything is sent.
    fn watch(&mut self, id: &str, stored: &Stored, call: &Call) {
        let mut wrong = |what: &str| self.wrong.push(format!("{id}: {what} ({call:?})"));
        if *call == Call::SignIn {
            return;
        }
        if self.server.online && self.server.now < self.promised {
            wrong("sent before the time the server named");
        }
        let durable = &stored.state;
        if call.writes() {
            if self.cancelled.contains_key(id) {
                wrong("written after a cancel");
            }
            if !durable.in_doubt && *call != Call::AddLabels {
                wrong("sent without a durable intent");
            }
            if matches!(call, Call::Upload { .. })
                && durable.found.page.is_none()
                && durable.plan.page.is_none()
            {
                wrong("uploaded before the page's id is durable");
            }
            let page = |it: &State| {
                let own = it.found.page.as_ref().map(|it| it.id.clone());
                own.or_else(|| it.plan.page.as_ref().map(|it| it.0.clone()))
            };
            let mine = page(durable);
            let other = self.disk.operations.iter().any(|(other_id, other)| {
                other_id != id
                    && mine.is_some()
                    && page(&other.state) == mine
                    && other.state.in_doubt
                    // Of one from a backup it is the backup that is doubted.
                    && !other.state.found.from_backup
                    && other.state.phase.goes_on()
            });
            if other {
                wrong("a second writer of one page");
            }
        }
        let Some(unanswered) = self.unanswered.get_mut(id) else {
            return;
        };
        if call.writes() {
            let same = unanswered.call == std::mem::discriminant(call);
            let natural = matches!(call, Call::UpdatePage { .. } | Call::DeletePage);
            let looked = unanswered.looks >= 3 && self.server.now - unanswered.first_look >= 10_000;
            let once = natural && unanswered.looks >= 1;
            if same && !looked && !once && *call != Call::AddLabels {
                let replaces = matches!(
                    call,
                    Call::Upload {
                        replaces: Some(_),
                        ..
                    }
                );
                if !replaces {
                    wrong("sent again without looking");
                }
            }
            self.unanswered.remove(id);
        } else if !matches!(call, Call::FindNewest)
            && self.server.online
            && self.server.faults.is_empty()
        {
            if unanswered.looks == 0 {
                unanswered.first_look = self.server.now;
            }
            unanswered.looks += 1;
        }
    }

    // ---- what must hold

    pub fn check(&self) -> Result<(), String> {
        if let Some(wrong) = self.wrong.first() {
            return Err(wrong.clone());
        }
        let mut open = BTreeSet::new();
        for (id, stored) in &self.disk.operations {
            let state = &stored.state;
            let publishes = state.plan.kind != OperationKind::Delete;
            if publishes && !state.phase.has_ended() && !open.insert(stored.draft) {
                return Err(format!("{id}: beside another of its draft"));
            }
            let ours = |body: &str| carries_marker(body, &state.plan.marker);
            let live = self.server.live().filter(|it| ours(&it.body)).count();
            if live > 1 {
                return Err(format!("{id}: {live} live pages"));
            }
            let parents = self
                .server
                .live()
                .filter(|it| carries_marker(&it.body, &format!("{id}-parent")))
                .count();
            if parents > 1 {
                return Err(format!("{id}: {parents} parent pages"));
            }
            let comment = file_comment(&state.plan);
            let files = self
                .server
                .live()
                .flat_map(|it| &it.files)
                .filter(|it| it.comment == comment)
                .count();
            if files > 1 {
                return Err(format!("{id}: {files} current PDFs"));
            }
            if state.phase == Phase::Checking && !state.in_doubt {
                return Err(format!("{id}: checking what is known: {state:?}"));
            }
            if state.in_doubt && state.phase == Phase::Queued {
                return Err(format!("{id}: queued and in doubt"));
            }
            self.check_shown(id, stored)?;
        }
        Ok(())
    }

    /// What the window says is so.
    fn check_shown(&self, id: &str, stored: &Stored) -> Result<(), String> {
        let state = &stored.state;
        let made = self
            .server
            .pages
            .values()
            .any(|it| carries_marker(&it.body, id));
        let known = state.found.page.is_some() || state.in_doubt;
        let gone = state
            .problem
            .as_ref()
            .is_some_and(|it| matches!(it.code, ErrorCode::PageGone));
        if state.plan.kind == OperationKind::Create
            && matches!(state.phase, Phase::NeedsAttention | Phase::Queued)
            && made
            && !known
            && !gone
        {
            return Err(format!("{id}: shown as not done, and the page is there"));
        }
        let code = state.problem.as_ref().map(|it| it.code);
        if state.phase == Phase::NeedsAttention
            && matches!(
                code,
                Some(ErrorCode::NoSuchHost | ErrorCode::ConnectionRefused)
            )
        {
            return Err(format!("{id}: an absent network used up its tries"));
        }
        if state.phase == Phase::Done && state.plan.kind != OperationKind::Delete {
            let Some(page) = &state.found.page else {
                return Err(format!("{id}: done without a page"));
            };
            let Some(there) = self.server.pages.get(&page.id) else {
                return Err(format!("{id}: done, and no page"));
            };
            if !carries_marker(&there.body, &state.plan.marker)
                && there.by != super::server::By::Somebody
            {
                return Err(format!("{id}: done on a page of somebody else"));
            }
            let own = matches!(&there.by, super::server::By::Operation(by) if by == id);
            if own && there.body != stored.body {
                return Err(format!("{id}: the page is not what was frozen"));
            }
            let comment = file_comment(&state.plan);
            let newer = self.disk.operations.iter().any(|(other, it)| {
                it.draft == stored.draft
                    && **other > *id
                    && it.state.plan.kind != OperationKind::Delete
            }) || self.vanished.values().any(|draft| *draft == stored.draft);
            let file = there.files.iter().find(|it| it.comment == comment);
            match file {
                Some(file) if file.hash != stored.pdf => {
                    return Err(format!("{id}: the PDF is not what was frozen"));
                }
                None if !newer => return Err(format!("{id}: done without its PDF")),
                _ => {}
            }
        }
        Ok(())
    }

    /// What was cancelled and did arrive stands in the history, where it can be deleted.
    fn check_cancelled(&self, id: &str, state: &State) -> Result<(), String> {
        let arrived = self.server.live().any(|it| {
            matches!(&it.by, super::server::By::Operation(by) if by == id)
                && carries_marker(&it.body, id)
                && it.title != PARENT
        });
        if state.plan.kind == OperationKind::Create && arrived && state.found.page.is_none() {
            return Err(format!(
                "{id}: cancelled, and its page is not in the history"
            ));
        }
        Ok(())
    }

    /// Faults stop, and its author presses Retry where asked to: how it ends.
    pub fn settle(&mut self) -> Result<(), String> {
        self.server.faults.clear();
        self.server.online = true;
        self.server.signed_in = true;
        self.server.limit = None;
        self.kill_in = None;
        self.start();
        self.pause(false);
        for _ in 0..4 {
            let stopped: Vec<String> = self
                .disk
                .operations
                .iter()
                .filter(|(_, it)| {
                    it.state.phase == Phase::NeedsAttention || it.state.phase.goes_on()
                })
                .map(|(id, _)| id.clone())
                .collect();
            let before = self.server.requests;
            for id in &stopped {
                self.retry(id);
            }
            self.tick(3_600_000);
            let sent = self.server.requests - before;
            if sent > 60 * u32::try_from(stopped.len()).unwrap_or(0) {
                return Err(format!("{sent} requests for {} operations", stopped.len()));
            }
            self.check()?;
        }
        for (id, stored) in &self.disk.operations {
            let state = &stored.state;
            match state.phase {
                Phase::Cancelled => self.check_cancelled(id, state)?,
                Phase::Done | Phase::Conflict => {}
                Phase::NeedsAttention => {
                    let code = state.problem.as_ref().map(|it| it.code);
                    // Somebody put the page away or took our marker out: nothing a retry would cure.
                    if !matches!(code, Some(ErrorCode::PageGone | ErrorCode::NotOurs)) {
                        return Err(format!("{id}: stopped for ever, {code:?}"));
                    }
                }
                other => return Err(format!("{id}: never ends, {other:?} {state:?}")),
            }
        }
        Ok(())
    }
}
