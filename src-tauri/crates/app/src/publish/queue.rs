//! Whose turn it is: hosts that do not answer or asked for a pause, integrations that wait for
//! their author, one writer for a page, so many calls at once.
//!
//! As pure as [`super::engine`]: times and jitter come in, nothing is sent or read.

use std::collections::{BTreeMap, BTreeSet};

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

impl Queue {
    pub fn obstacle(&self, id: &str, now: Millis) -> Option<Obstacle> {
        let entry = self.entries.get(id)?;
        if let Some(lane) = entry
            .integration
            .as_ref()
            .and_then(|it| self.integrations.get(it))
        {
            if lane.paused {
                return Some(Obstacle::Paused);
            }
            let another = |(other_id, other): (&String, &Entry)| {
                other_id != id && other.going && other.integration == entry.integration
            };
            match lane.sign_in {
                SignIn::Good => {}
                SignIn::Trying if !self.entries.iter().any(another) => {}
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
        if let Some(at) = entry.not_before.filter(|at| *at > now) {
            return Some(Obstacle::Pause(at));
        }
        let in_the_way = |(other_id, other): (&String, &Entry)| {
            // One that has begun is brought to its end first.
            let earlier = if other.in_doubt == entry.in_doubt {
                **other_id < *id
            } else {
                other.in_doubt
            };
            let before = other.going || (other.moving && earlier);
            other_id != id
                && before
                && other.host == entry.host
                && !other.writes_to.is_disjoint(&entry.writes_to)
        };
        if self.entries.iter().any(in_the_way) {
            return Some(Obstacle::Turn);
        }
        None
    }

    /// Those that go on now. They count as going until [`Self::rest`].
    pub fn start(&mut self, now: Millis) -> Vec<String> {
        let mut busy: BTreeMap<String, usize> = BTreeMap::new();
        for entry in self.entries.values().filter(|it| it.going) {
            *busy.entry(entry.host.clone()).or_default() += 1;
        }
        let waiting: Vec<String> = self
            .entries
            .iter()
            .filter(|(_, it)| it.moving && !it.going)
            .map(|(id, _)| id.clone())
            .collect();
        let mut started = Vec::new();
        for id in waiting {
            if self.obstacle(&id, now).is_some() {
                continue;
            }
            let Some(entry) = self.entries.get_mut(&id) else {
                continue;
            };
            let count = busy.entry(entry.host.clone()).or_default();
            if *count >= AT_ONCE {
                continue;
            }
            *count += 1;
            entry.going = true;
            started.push(id);
        }
        started
    }

    /// Whether an operation that is going may send its next call.
    pub fn may_send(&self, id: &str, now: Millis) -> bool {
        !matches!(
            self.obstacle(id, now),
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
        let entries = self.entries.iter().filter(|(_, it)| it.moving && !it.going);
        let due = entries.filter_map(|(id, _)| match self.obstacle(id, now) {
            Some(Obstacle::Server(at) | Obstacle::Pause(at)) => Some(at),
            _ => None,
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
