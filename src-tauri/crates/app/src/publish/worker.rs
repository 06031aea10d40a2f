//! The worker: starts whose turn it is, asks hosts that did not answer, notices that the computer
//! slept or that its clock was set.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use retropress_confluence::Outcome;
use retropress_store::StoreError;
use tokio::{sync::Notify, time::Instant};

use super::{
    carry::{self, jitter},
    engine::{Event, Millis},
    failure::{Failure, Why, is_about_keyring},
    queue::{Entry, Lane, Obstacle, Queue, SignIn},
    turns::Turns,
};
use crate::{
    ApiError, App, Inner, Result,
    clients::{self, from_text, to_text},
    integrations::{self, StoredIntegration},
    lock,
    network::{self, NetworkScope},
};

/// While something waits, the clocks are compared this often: after a sleep of the computer it goes
/// on at once.
const TICK: Duration = Duration::from_secs(10);
/// The pause after the database could not be written to.
const UNWRITTEN: Millis = 5_000;
/// The clocks may differ so much before one counts as moved.
const DRIFT: Millis = 2_000;

/// What the outbox knows beside the database.
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    /// An operation has one for as long as anybody holds it.
    carriers: Mutex<HashMap<String, Weak<Carrier>>>,
    /// What kept the database from taking down how far these got.
    unwritten: Mutex<HashMap<String, ApiError>>,
    wake: Arc<Notify>,
    running: AtomicBool,
    clock: Mutex<Clock>,
    clock_moves: AtomicI64,
    pub(super) turns: Turns,
}

#[derive(Default)]
pub(super) struct Carrier {
    /// Held from before an intent is written until its outcome is: a cancel waits for it.
    pub sending: tokio::sync::Mutex<()>,
}

/// The wall clock as it was, carried on by one that nobody sets.
struct Clock {
    wall: Millis,
    at: Instant,
}

impl Clock {
    fn now(&self) -> Millis {
        self.wall
            .saturating_add(i64::try_from(self.at.elapsed().as_millis()).unwrap_or(i64::MAX))
    }

    /// How far the wall clock was moved since, by its user or by a sleep of the computer.
    fn moved(&mut self, wall: Millis) -> Option<Millis> {
        let by = wall - self.now();
        if by.abs() < DRIFT {
            return None;
        }
        self.wall += by;
        Some(by)
    }
}

impl Outbox {
    pub fn new(now: Millis) -> Self {
        Self {
            queue: Mutex::default(),
            carriers: Mutex::default(),
            unwritten: Mutex::default(),
            wake: Arc::default(),
            running: AtomicBool::new(false),
            clock: Mutex::new(Clock {
                wall: now,
                at: Instant::now(),
            }),
            clock_moves: AtomicI64::new(0),
            turns: Turns::default(),
        }
    }

    /// Reads what an earlier run of the app left: pauses, refused sign-ins, what servers asked for.
    pub fn remember(&self, app: &App) -> Result<()> {
        let mut queue = lock(&self.queue);
        for it in app.store().outbox_lanes()? {
            // A keyring is opened anew with each start. What cannot be read was a refusal as well.
            let bad = it.sign_in_problem.as_ref().is_some_and(|text| {
                from_text::<ApiError>(text).map_or(true, |it| !is_about_keyring(it.code))
            });
            queue.integrations.insert(
                it.integration_id,
                Lane {
                    paused: it.paused,
                    sign_in: if bad { SignIn::Bad } else { SignIn::Good },
                },
            );
        }
        for (host, at) in app.store().host_pauses()? {
            queue.not_before(&host, at);
        }
        Ok(())
    }

    pub(super) fn now(&self) -> Millis {
        lock(&self.clock).now()
    }

    pub(super) fn clock_moves(&self) -> Millis {
        self.clock_moves.load(Ordering::SeqCst)
    }

    pub(super) fn carrier(&self, id: &str) -> Arc<Carrier> {
        let mut carriers = lock(&self.carriers);
        if let Some(held) = carriers.get(id).and_then(Weak::upgrade) {
            return held;
        }
        carriers.retain(|_, it| it.strong_count() > 0);
        let carrier = Arc::new(Carrier::default());
        carriers.insert(id.to_owned(), Arc::downgrade(&carrier));
        carrier
    }

    /// Takes the operation in, or takes over what changed of it.
    pub(super) fn put(&self, id: &str, entry: Entry) {
        let mut queue = lock(&self.queue);
        let going = queue.entries.get(id).is_some_and(|it| it.going);
        if !entry.moving && !going {
            queue.forget(id);
        } else {
            queue
                .entries
                .insert(id.to_owned(), Entry { going, ..entry });
        }
        drop(queue);
        self.wake.notify_one();
    }

    pub(super) fn forget(&self, id: &str) {
        self.written(id);
        lock(&self.queue).forget(id);
        self.wake.notify_one();
    }

    /// It does not go on by itself. Whoever carries it still does so until it is put down, so that
    /// there are never two.
    pub(super) fn halt(&self, id: &str) {
        if let Some(entry) = lock(&self.queue).entries.get_mut(id) {
            entry.moving = false;
        }
    }

    /// It could not be read or written down how far it got: tried again after a while, and its author
    /// is told why.
    pub(super) fn put_off(&self, app: &App, id: &str, problem: ApiError) {
        let at = self.now() + UNWRITTEN;
        lock(&self.unwritten).insert(id.to_owned(), problem);
        if let Some(entry) = lock(&self.queue).entries.get_mut(id) {
            entry.not_before = Some(at);
            entry.moving = true;
        }
        app.tell(crate::Event::OutboxChanged);
    }

    pub(super) fn written(&self, id: &str) {
        lock(&self.unwritten).remove(id);
    }

    pub(super) fn unwritten(&self, id: &str) -> Option<ApiError> {
        lock(&self.unwritten).get(id).cloned()
    }

    pub(super) fn may_send(&self, id: &str) -> bool {
        let now = self.now();
        lock(&self.queue).may_send(id, now)
    }

    /// How long a server asked to be left alone from now on.
    pub(super) fn pause_of(&self, host: &str) -> Option<Duration> {
        let now = self.now();
        let at = lock(&self.queue).hosts.get(host)?.not_before?;
        let left = u64::try_from(at - now).ok().filter(|it| *it > 0)?;
        Some(Duration::from_millis(left))
    }

    /// What keeps the operation waiting, and whether it is being carried.
    pub(super) fn standing(&self, id: &str) -> (Option<Obstacle>, bool) {
        let now = self.now();
        let queue = lock(&self.queue);
        let going = queue.entries.get(id).is_some_and(|it| it.going);
        let obstacle = if going { None } else { queue.obstacle(id, now) };
        (obstacle, going)
    }

    /// The same of all that is queued.
    pub(super) fn standings(&self) -> HashMap<String, (Option<Obstacle>, bool)> {
        let now = self.now();
        lock(&self.queue).standings(now)
    }

    /// A look at all of it, which must not take long: nothing is decided meanwhile.
    pub(super) fn look<T>(&self, at: impl FnOnce(&Queue) -> T) -> T {
        at(&lock(&self.queue))
    }

    pub(super) fn answered(&self, id: &str) {
        let now = self.now();
        lock(&self.queue).answered(id, now);
    }

    pub(super) fn not_before(&self, app: &App, host: &str, at: Millis) -> Result<()> {
        let at = {
            let mut queue = lock(&self.queue);
            queue.not_before(host, at);
            queue
                .hosts
                .get(host)
                .and_then(|it| it.not_before)
                .unwrap_or(at)
        };
        app.store().set_host_pause(host, at)?;
        app.tell(crate::Event::OutboxChanged);
        Ok(())
    }

    pub(super) fn unreachable(&self, app: &App, host: &str, not_connected: bool, message: String) {
        let now = self.now();
        lock(&self.queue).unreachable(host, now, jitter(), not_connected, message);
        self.wake.notify_one();
        app.tell(crate::Event::OutboxChanged);
    }

    pub(super) fn sign_in_refused(
        &self,
        app: &App,
        integration: &str,
        problem: &ApiError,
    ) -> Result<()> {
        let mut queue = lock(&self.queue);
        queue
            .integrations
            .entry(integration.to_owned())
            .or_default()
            .sign_in = SignIn::Bad;
        drop(queue);
        let problem = to_text(problem)?;
        let written = app.store().set_sign_in_problem(integration, Some(&problem));
        self.unless_disconnected(integration, written)?;
        app.tell(crate::Event::OutboxChanged);
        Ok(())
    }

    /// The integration may be disconnected while this is stored. After that, nothing may hold back its
    /// operations.
    fn unless_disconnected(
        &self,
        integration: &str,
        written: retropress_store::Result<()>,
    ) -> Result<()> {
        match written {
            Err(StoreError::Gone) => self.disconnected(integration),
            written => written?,
        }
        Ok(())
    }

    /// Lets the operations of a deleted integration go on, even if it was paused or its sign-in was
    /// refused: each finds the integration missing, and ends.
    pub(crate) fn disconnected(&self, integration: &str) {
        lock(&self.queue).integrations.remove(integration);
        self.wake.notify_one();
    }

    /// The author says the sign-in is cured, or with `sure` has just signed in.
    pub(super) fn try_sign_in(&self, app: &App, integration: &str, sure: bool) -> Result<()> {
        {
            let mut queue = lock(&self.queue);
            let Some(lane) = queue.integrations.get_mut(integration) else {
                return Ok(());
            };
            lane.sign_in = match lane.sign_in {
                SignIn::Good => SignIn::Good,
                _ if sure => SignIn::Good,
                _ => SignIn::Trying,
            };
        }
        let written = app.store().set_sign_in_problem(integration, None);
        self.unless_disconnected(integration, written)?;
        self.wake.notify_one();
        app.tell(crate::Event::OutboxChanged);
        Ok(())
    }

    pub(super) fn pause(&self, app: &App, integration: &str, paused: bool) -> Result<()> {
        let pause = |paused| {
            let mut queue = lock(&self.queue);
            let lane = queue.integrations.entry(integration.to_owned());
            std::mem::replace(&mut lane.or_default().paused, paused)
        };
        let before = pause(paused);
        match app.store().pause_integration(integration, paused) {
            Err(StoreError::Gone) => {
                self.disconnected(integration);
                return Err(ApiError::gone("The integration"));
            }
            Err(problem) => {
                pause(before);
                return Err(problem.into());
            }
            Ok(()) => {}
        }
        self.wake.notify_one();
        app.tell(crate::Event::OutboxChanged);
        Ok(())
    }

    pub(super) fn hurry(&self, host: Option<&str>) {
        let now = self.now();
        lock(&self.queue).hurry(host, now);
        self.wake.notify_one();
    }

    /// What was asked of a host came to this.
    fn asked(&self, app: &App, host: &str, outcome: std::result::Result<(), Failure>) {
        let now = self.now();
        let mut queue = lock(&self.queue);
        match outcome {
            Ok(()) => queue.reachable(host, now),
            Err(failure) => {
                let unanswered = failure.why == Why::Network || failure.outcome == Outcome::Unknown;
                if let Some(wait) = failure.retry_after {
                    // It is there, and wants to be left alone.
                    queue.reachable(host, now);
                    drop(queue);
                    if let Err(problem) = self.not_before(app, host, now.saturating_add(wait)) {
                        tracing::warn!(%problem, "what a server asked for was not written down");
                    }
                    self.wake.notify_one();
                    return;
                }
                if unanswered {
                    queue.unreachable(
                        host,
                        now,
                        jitter(),
                        failure.not_connected,
                        failure.error.message,
                    );
                } else {
                    // Nothing that waiting would cure: the operations meet it, and say so.
                    queue.reachable(host, now);
                }
            }
        }
        drop(queue);
        self.wake.notify_one();
        app.tell(crate::Event::OutboxChanged);
    }

    /// The operation was put down.
    fn rested(&self, id: &str) {
        lock(&self.queue).rest(id);
        self.wake.notify_one();
    }
}

/// Starts the worker, should it not be running.
pub(super) fn ensure(app: &App) {
    if !app.outbox().running.swap(true, Ordering::SeqCst) {
        tokio::spawn(run(Arc::downgrade(&app.inner)));
    }
    app.outbox().wake.notify_one();
}

/// Ends with the app: it alone does not keep it.
async fn run(inner: Weak<Inner>) {
    loop {
        let Some(app) = inner.upgrade().map(|inner| App { inner }) else {
            return;
        };
        let outbox = app.outbox();
        let moved = lock(&outbox.clock).moved(app.now().timestamp_millis());
        if let Some(by) = moved {
            clock_moved(&app, by);
        }
        let now = outbox.now();
        let started = lock(&outbox.queue).start(now);
        for id in started {
            let (app, carrier) = (app.clone(), outbox.carrier(&id));
            tokio::spawn(async move {
                carry::carry(&app, &id, &carrier).await;
                app.outbox().rested(&id);
            });
        }
        let questions = lock(&outbox.queue).questions(now);
        for host in questions {
            let app = app.clone();
            tokio::spawn(async move {
                let outcome = ask(&app, &host).await;
                app.outbox().asked(&app, &host, outcome);
            });
        }
        let (next, waits) = {
            let queue = lock(&outbox.queue);
            (queue.next_time(now), !queue.entries.is_empty())
        };
        let wake = outbox.wake.clone();
        drop(app);
        let pause = match next {
            Some(at) => {
                Duration::from_millis(u64::try_from(at - now).unwrap_or(0).max(1)).min(TICK)
            }
            None if waits => TICK,
            None => Duration::MAX,
        };
        tokio::select! {
            () = wake.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// The computer slept, or its clock was set: what is left of each pause stays what it was, and
/// hosts that did not answer are asked at once.
fn clock_moved(app: &App, by: Millis) {
    let outbox = app.outbox();
    outbox.clock_moves.fetch_add(by, Ordering::SeqCst);
    let now = outbox.now();
    let resting: Vec<String> = {
        let mut queue = lock(&outbox.queue);
        queue.clock_moved(by);
        queue.hurry(None, now);
        queue
            .entries
            .iter()
            .filter(|(_, it)| !it.going)
            .map(|(id, _)| id.clone())
            .collect()
    };
    if let Err(problem) = app.store().move_host_pauses(by) {
        tracing::warn!(%problem, "what a server asked for was not written down");
    }
    let app = app.clone();
    tokio::spawn(async move {
        for id in resting {
            if let Err(problem) = carry::happen(&app, &id, Event::ClockMoved { by }).await {
                tracing::warn!(%problem, id, "the operation's times were not moved");
            }
        }
    });
}

/// Asks a host whether it answers, over the first integration that talks to it.
async fn ask(app: &App, host: &str) -> std::result::Result<(), Failure> {
    let integration = app.outbox().look(|queue| {
        let mut of_host = queue.entries.values().filter(|it| it.host == host);
        of_host.find_map(|it| it.integration.clone())
    });
    let Some(id) = integration else {
        // The wizard's test has no integration yet; its next call tells.
        return Ok(());
    };
    let integration = integrations::find(app, &id).map_err(Failure::before_the_call)?;
    reach(app, &integration).await
}

pub(super) async fn ask_integration(app: &App, integration: &StoredIntegration) {
    let outcome = reach(app, integration).await;
    let host = integration.site.base_url.as_str();
    app.outbox().asked(app, host, outcome);
}

async fn reach(app: &App, integration: &StoredIntegration) -> std::result::Result<(), Failure> {
    if integration.sandbox {
        let started = app.inner.sandbox.start().await;
        started.map_err(Failure::before_the_call)?;
    }
    let scope = NetworkScope::of(Some(&integration.id), &integration.team_id);
    let http = network::http(app, &scope)
        .await
        .map_err(Failure::before_the_call)?;
    let endpoints = clients::endpoints_for(app, &integration.site.base_url);
    retropress_confluence::reach(&http, &integration.site, integration.route, &endpoints)
        .await
        .map_err(|it| Failure::of(&it))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a cancel waits for is the very lock that whoever sends holds.
    #[test]
    fn an_operation_has_one_lock_for_as_long_as_anybody_holds_it() {
        let outbox = Outbox::new(0);
        let ended = || Entry {
            host: "host".to_owned(),
            integration: None,
            writes_to: Default::default(),
            not_before: None,
            in_doubt: false,
            moving: false,
            going: false,
        };
        let sending = outbox.carrier("operation");
        outbox.put("operation", ended());
        assert!(Arc::ptr_eq(&sending, &outbox.carrier("operation")));
        outbox.rested("operation");
        assert!(Arc::ptr_eq(&sending, &outbox.carrier("operation")));
        outbox.forget("operation");
        assert!(Arc::ptr_eq(&sending, &outbox.carrier("operation")));
        drop(sending);
        let _other = outbox.carrier("other");
        assert_eq!(lock(&outbox.carriers).len(), 1, "nothing piles up");
    }
}
