//! Whose turn it is: hosts that do not answer or asked for a pause, integrations that wait for
//! their author, one writer for a page, so many calls at once.
//!
//! As pure as [`super::engine`]: times and jitter come in, nothing is sent or read.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::engine::Millis;

/// Operations that talk to one host at the same time.
pub(super) const AT_ONCE: usize = 4;
/// The first pause between two questions to a host that did not answer, and the longest.
const FIRST_PAUSE: Millis = 2_000;
const LONGEST_PAUSE: Millis = 60_000;

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Queue {
    pub hosts: BTreeMap<String, Host>,
    pub integrations: BTreeMap<String, Lane>,
    /// By operation, oldest first: the ids are made in the order of time.
    pub entries: BTreeMap<String, Entry>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Host {
    /// What the server asked for.
    pub not_before: Option<Millis>,
    pub down: Option<Down>,
    /// Questions in a row without an answer of Confluence itself.
    pub failures: u32,
    pub answered_at: Option<Millis>,
}

/// The host did not answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Down {
    pub since: Millis,
    pub next_question: Millis,
    pub being_asked: bool,
    /// The computer has no network at all.
    pub not_connected: bool,
    pub message: String,
}

/// What holds for all operations of an integration.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Lane {
    pub paused: bool,
    pub sign_in: SignIn,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum SignIn {
    #[default]
    Good,
    /// The author says it is cured: one operation at a time, until one finds out.
    Trying,
    Bad,
}

/// An operation that has not ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub host: String,
    /// `None` for the wizard's test.
    pub integration: Option<String>,
    /// What it writes to; one at a time, in the order in which they were made.
    pub writes_to: BTreeSet<String>,
    pub not_before: Option<Millis>,
    /// What it sent last may be done or not.
    pub in_doubt: bool,
    /// It goes on by itself: it does not wait for its author.
    pub moving: bool,
    /// It is being carried.
    pub going: bool,
}

/// What keeps an operation from going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Obstacle {
    Paused,
    SignIn,
    /// A time the server named.
    Server(Millis),
    Network,
    /// A pause of our own after a failure, or between two looks.
    Pause(Millis),
    Turn,
}

/// Who is at work, counted once, so that asking for each of many takes no longer than for one.
struct AtWork<'a> {
    /// By integration.
    going: HashMap<&'a str, usize>,
    /// By host and by what is written to.
    writers: HashMap<(&'a str, &'a str), Writers<'a>>,
}

#[derive(Default)]
struct Writers<'a> {
    going: usize,
    /// The one that moves and comes first.
    first: Option<(bool, &'a str)>,
}

impl<'a> AtWork<'a> {
    fn of(queue: &'a Queue) -> Self {
        let mut all = Self {
            going: HashMap::new(),
            writers: HashMap::new(),
        };
        for (id, entry) in &queue.entries {
            if entry.going {
                all.begins(entry);
            }
            if !entry.moving {
                continue;
            }
            let place = place(id, entry);
            for target in &entry.writes_to {
                let writers = all.writers.entry((&entry.host, target)).or_default();
                if writers.first.is_none_or(|first| place < first) {
                    writers.first = Some(place);
                }
            }
        }
        all
    }

    fn begins(&mut self, entry: &'a Entry) {
        if let Some(integration) = &entry.integration {
            *self.going.entry(integration).or_default() += 1;
        }
        for target in &entry.writes_to {
            self.writers.entry((&entry.host, target)).or_default().going += 1;
        }
    }

    /// Another operation of its integration is being carried.
    fn another_goes(&self, entry: &Entry) -> bool {
        let integration = entry.integration.as_deref();
        let going = integration.and_then(|it| self.going.get(it));
        going.is_some_and(|it| *it > usize::from(entry.going))
    }

    /// Another writes, or comes first, where it would write.
    fn another_writes(&self, id: &str, entry: &Entry) -> bool {
        entry.writes_to.iter().any(|target| {
            let writers = self.writers.get(&(&*entry.host, &**target));
            writers.is_some_and(|it| {
                it.going > usize::from(entry.going)
                    || it.first.is_some_and(|first| first < place(id, entry))
            })
        })
    }
}

/// One that has begun is brought to its end first; else the older one goes first.
fn place<'a>(id: &'a str, entry: &Entry) -> (bool, &'a str) {
    (!entry.in_doubt, id)
}

impl Queue {
    pub fn obstacle(&self, id: &str, now: Millis) -> Option<Obstacle> {
        let entry = self.entries.get(id)?;
        let in_the_way = |(other_id, other): (&String, &Entry)| {
            let earlier = place(other_id, other) < place(id, entry);
            other_id != id
                && (other.going || (other.moving && earlier))
                && other.host == entry.host
                && !other.writes_to.is_disjoint(&entry.writes_to)
        };
        self.halt(id, entry, now).or_else(|| {
            self.entries
                .iter()
                .any(in_the_way)
                .then_some(Obstacle::Turn)
        })
    }

    /// What keeps it waiting beside others of its host.
    fn halt(&self, id: &str, entry: &Entry, now: Millis) -> Option<Obstacle> {
        let another = |(other_id, other): (&String, &Entry)| {
            other_id != id && other.going && other.integration == entry.integration
        };
        self.halt_where(entry, now, || self.entries.iter().any(another))
    }

    fn halt_where(
        &self,
        entry: &Entry,
        now: Millis,
        another_goes: impl FnOnce() -> bool,
    ) -> Option<Obstacle> {
        if let Some(lane) = entry
            .integration
            .as_ref()
            .and_then(|it| self.integrations.get(it))
        {
            if lane.paused {
                return Some(Obstacle::Paused);
            }
            match lane.sign_in {
                SignIn::Good => {}
                SignIn::Trying if !another_goes() => {}
                SignIn::Trying | SignIn::Bad => return Some(Obstacle::SignIn),
            }
        }
        if let Some(host) = self.hosts.get(&entry.host) {
            if let Some(at) = host.not_before.filter(|at| *at > now) {
                return Some(Obstacle::Server(at));
            }
            if host.down.is_some() {
                return Some(Obstacle::Network);
            }
        }
        let pause = entry.not_before.filter(|at| *at > now);
        pause.map(Obstacle::Pause)
    }

    /// The same as [`Self::obstacle`], of one of many.
    fn obstacle_among(
        &self,
        id: &str,
        entry: &Entry,
        now: Millis,
        at_work: &AtWork<'_>,
    ) -> Option<Obstacle> {
        self.halt_where(entry, now, || at_work.another_goes(entry))
            .or_else(|| at_work.another_writes(id, entry).then_some(Obstacle::Turn))
    }

    /// What keeps each operation waiting, and whether it is being carried.
    pub fn standings(&self, now: Millis) -> HashMap<String, (Option<Obstacle>, bool)> {
        let at_work = AtWork::of(self);
        let standing = |(id, entry): (&String, &Entry)| {
            let obstacle = match entry.going {
                true => None,
                false => self.obstacle_among(id, entry, now, &at_work),
            };
            (id.clone(), (obstacle, entry.going))
        };
        self.entries.iter().map(standing).collect()
    }

    /// Those that go on now. They count as going until [`Self::rest`].
    pub fn start(&mut self, now: Millis) -> Vec<String> {
        let mut busy: HashMap<&str, usize> = HashMap::new();
        for entry in self.entries.values().filter(|it| it.going) {
            *busy.entry(&entry.host).or_default() += 1;
        }
        let mut at_work = AtWork::of(self);
        let mut started = Vec::new();
        for (id, entry) in &self.entries {
            let count = busy.entry(&entry.host).or_default();
            if !entry.moving
                || entry.going
                || *count >= AT_ONCE
                || self.obstacle_among(id, entry, now, &at_work).is_some()
            {
                continue;
            }
            *count += 1;
            at_work.begins(entry);
            started.push(id.clone());
        }
        for id in &started {
            if let Some(entry) = self.entries.get_mut(id) {
                entry.going = true;
            }
        }
        started
    }

    /// Whether an operation that is going may send its next call.
    pub fn may_send(&self, id: &str, now: Millis) -> bool {
        let entry = self.entries.get(id);
        !matches!(
            entry.and_then(|entry| self.halt(id, entry, now)),
            Some(Obstacle::Paused | Obstacle::SignIn | Obstacle::Server(_) | Obstacle::Network)
        )
    }

    /// The operation was put down.
    pub fn rest(&mut self, id: &str) {
        let Some(entry) = self.entries.get_mut(id) else {
            return;
        };
        entry.going = false;
        if !entry.moving {
            // What waits for its author is kept by the database alone.
            self.entries.remove(id);
        }
    }

    pub fn forget(&mut self, id: &str) {
        self.entries.remove(id);
    }

    /// The earliest moment at which something changes by itself.
    pub fn next_time(&self, now: Millis) -> Option<Millis> {
        let at_work = AtWork::of(self);
        let entries = self.entries.values().filter(|it| it.moving && !it.going);
        let due = entries.filter_map(|entry| {
            match self.halt_where(entry, now, || at_work.another_goes(entry)) {
                Some(Obstacle::Server(at) | Obstacle::Pause(at)) => Some(at),
                _ => None,
            }
        });
        let questions = self.asked_hosts().filter_map(|(_, host)| {
            let down = host.down.as_ref().filter(|it| !it.being_asked)?;
            Some(down.next_question.max(host.not_before.unwrap_or(0)))
        });
        due.chain(questions).min()
    }

    /// Hosts somebody waits for.
    fn asked_hosts(&self) -> impl Iterator<Item = (&String, &Host)> {
        self.hosts.iter().filter(|(name, _)| {
            self.entries.values().any(|entry| {
                entry.moving
                    && entry.host == **name
                    && entry
                        .integration
                        .as_ref()
                        .and_then(|it| self.integrations.get(it))
                        .is_none_or(|it| !it.paused)
            })
        })
    }

    /// Hosts to be asked now whether they answer.
    pub fn questions(&mut self, now: Millis) -> Vec<String> {
        let due: Vec<String> = self
            .asked_hosts()
            .filter(|(_, host)| {
                host.not_before.is_none_or(|at| at <= now)
                    && host
                        .down
                        .as_ref()
                        .is_some_and(|it| !it.being_asked && it.next_question <= now)
            })
            .map(|(name, _)| name.clone())
            .collect();
        for name in &due {
            if let Some(down) = self.hosts.get_mut(name).and_then(|it| it.down.as_mut()) {
                down.being_asked = true;
            }
        }
        due
    }

    /// The host did not answer: it is asked again after a while that grows, with full jitter above a
    /// second.
    pub fn unreachable(
        &mut self,
        host: &str,
        now: Millis,
        jitter: f64,
        not_connected: bool,
        message: String,
    ) {
        let host = self.hosts.entry(host.to_owned()).or_default();
        host.failures = host.failures.saturating_add(1);
        let most = FIRST_PAUSE
            .saturating_mul(1 << host.failures.saturating_sub(1).min(10))
            .min(LONGEST_PAUSE);
        let pause = 1_000 + ((most - 1_000) as f64 * jitter.clamp(0.0, 1.0)) as Millis;
        let since = host.down.as_ref().map_or(now, |it| it.since);
        host.down = Some(Down {
            since,
            next_question: now + pause,
            being_asked: false,
            not_connected,
            message,
        });
    }

    /// Something answered. What waited goes on; should it fail again, the pauses go on growing.
    pub fn reachable(&mut self, host: &str, now: Millis) {
        let host = self.hosts.entry(host.to_owned()).or_default();
        host.down = None;
        host.answered_at = Some(now);
    }

    /// Confluence itself answered a call of the operation, signed in.
    pub fn answered(&mut self, id: &str, now: Millis) {
        let Some(entry) = self.entries.get(id) else {
            return;
        };
        let host = self.hosts.entry(entry.host.clone()).or_default();
        host.down = None;
        host.failures = 0;
        host.answered_at = Some(now);
        let lane = entry
            .integration
            .as_ref()
            .and_then(|it| self.integrations.get_mut(it));
        if let Some(lane) = lane
            && lane.sign_in == SignIn::Trying
        {
            lane.sign_in = SignIn::Good;
        }
    }

    pub fn not_before(&mut self, host: &str, at: Millis) {
        let host = self.hosts.entry(host.to_owned()).or_default();
        // Never shortened by a later answer.
        host.not_before = Some(host.not_before.map_or(at, |it| it.max(at)));
    }

    /// The computer is connected, and this host alone does not answer: a VPN is probably off.
    pub fn waits_for_vpn(&self, host: &str) -> bool {
        let Some(down) = self.hosts.get(host).and_then(|it| it.down.as_ref()) else {
            return false;
        };
        !down.not_connected
            && self.hosts.iter().any(|(name, other)| {
                name != host
                    && other.down.is_none()
                    && other.answered_at.is_some_and(|at| at >= down.since)
            })
    }

    /// The author does not want to wait, or the computer woke up: pauses of our own end, and hosts
    /// that did not answer are asked now. What a server asked for is kept to.
    pub fn hurry(&mut self, host: Option<&str>, now: Millis) {
        let meant = |name: &str| host.is_none_or(|it| it == name);
        for (name, host) in &mut self.hosts {
            if meant(name)
                && let Some(down) = &mut host.down
            {
                down.next_question = now;
            }
        }
        for entry in self.entries.values_mut() {
            if meant(&entry.host) {
                entry.not_before = None;
            }
        }
    }

    /// The clock was set: what is left of each pause stays the same.
    pub fn clock_moved(&mut self, by: Millis) {
        let moved = |it: &mut Option<Millis>| *it = it.map(|it| it.saturating_add(by));
        for host in self.hosts.values_mut() {
            moved(&mut host.not_before);
            moved(&mut host.answered_at);
            if let Some(down) = &mut host.down {
                down.next_question = down.next_question.saturating_add(by);
                down.since = down.since.saturating_add(by);
            }
        }
        for entry in self.entries.values_mut() {
            moved(&mut entry.not_before);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use cpu_time::ThreadTime;
    use proptest::prelude::*;

    use super::*;

    fn entry(writes_to: &[&str]) -> Entry {
        Entry {
            host: "wiki".to_owned(),
            integration: Some("i".to_owned()),
            writes_to: writes_to.iter().map(|it| (*it).to_owned()).collect(),
            not_before: None,
            in_doubt: false,
            moving: true,
            going: false,
        }
    }

    fn queues() -> impl Strategy<Value = Queue> {
        let entry = (
            0..2usize,
            prop::option::of(0..2usize),
            prop::collection::btree_set(0..3usize, 0..3),
            prop::option::of(0..2_000i64),
            any::<[bool; 3]>(),
        );
        let lane = (any::<bool>(), 0..3usize);
        let host = (prop::option::of(0..2_000i64), prop::bool::weighted(0.2));
        (
            prop::collection::vec(entry, 0..12),
            prop::collection::vec(lane, 2),
            prop::collection::vec(host, 2),
        )
            .prop_map(|(entries, lanes, hosts)| {
                let mut queue = Queue::default();
                let moved = |(at, it): (usize, (usize, _, _, _, _))| (format!("{at:02}"), it);
                for (id, (host, integration, writes_to, not_before, [in_doubt, moving, going])) in
                    entries.into_iter().enumerate().map(moved)
                {
                    let integration: Option<usize> = integration;
                    let writes_to: BTreeSet<usize> = writes_to;
                    let entry = Entry {
                        host: format!("host {host}"),
                        integration: integration.map(|it| format!("i{it}")),
                        writes_to: writes_to.iter().map(|it| format!("page {it}")).collect(),
                        not_before,
                        in_doubt,
                        moving,
                        going,
                    };
                    queue.entries.insert(id, entry);
                }
                for (at, (paused, sign_in)) in lanes.into_iter().enumerate() {
                    let sign_in = [SignIn::Good, SignIn::Trying, SignIn::Bad][sign_in].clone();
                    let lane = Lane {
                        paused: paused && at == 0,
                        sign_in,
                    };
                    queue.integrations.insert(format!("i{at}"), lane);
                }
                for (at, (not_before, down)) in hosts.into_iter().enumerate() {
                    let name = format!("host {at}");
                    if down {
                        queue.unreachable(&name, 0, 0.5, false, String::new());
                    }
                    queue.hosts.entry(name).or_default().not_before = not_before;
                }
                queue
            })
    }

    proptest! {
        /// One at a time, and all at once.
        #[test]
        fn all_of_them_stand_as_each_does(mut queue in queues()) {
            let standings = queue.standings(1_000);
            for (id, entry) in &queue.entries {
                let alone = queue.obstacle(id, 1_000).filter(|_| !entry.going);
                prop_assert_eq!(standings[id], (alone, entry.going), "{}", id);
            }
            // Each that starts might have, with those before it going.
            let mut replayed = queue.clone();
            let started = queue.start(1_000);
            for id in &started {
                prop_assert_eq!(replayed.obstacle(id, 1_000), None);
                replayed.entries.get_mut(id).unwrap().going = true;
            }
            prop_assert_eq!(&replayed, &queue);
            // And none is left that could.
            for (id, entry) in &queue.entries {
                let full = queue.entries.values().filter(|it| it.going && it.host == entry.host);
                if entry.moving && !entry.going && full.count() < AT_ONCE {
                    prop_assert!(queue.obstacle(id, 1_000).is_some(), "{} waits", id);
                }
            }
        }
    }

    /// All of them below a parent page that is to be made, so that each waits for its turn.
    fn time_of_a_start(count: usize) -> std::time::Duration {
        let mut queue = Queue::default();
        for number in 0..count {
            let page = format!("page {number}");
            let entry = entry(&[&page, "parent PAY retrospectives"]);
            queue.entries.insert(format!("{number:06}"), entry);
        }
        let once = || {
            let mut queue = queue.clone();
            let begun = ThreadTime::now();
            assert_eq!(queue.start(0).len(), 1);
            assert_eq!(queue.next_time(0), None);
            begun.elapsed()
        };
        (0..5).map(|_| once()).min().unwrap()
    }

    #[test]
    fn a_start_takes_longer_by_as_many_as_there_are() {
        let (some, many) = (time_of_a_start(1_000), time_of_a_start(4_000));
        // Four times as many; a quadratic one takes sixteen times as long.
        assert!(many < some * 8, "{some:?}, and {many:?}");
    }
}
