//! A script of faults: what goes wrong with which request.
//!
//! ```
//! # use retropress_sandbox::{Fault, Faults, Matching};
//! let faults = Faults::default();
//! // The second page created on this sandbox is stored, but the answer is lost.
//! let lost = faults.on(
//!     Matching::request("POST", "/api/v2/pages$").nth(2),
//!     Fault::cut().after_handling(),
//! );
//! assert!(!lost.fired());
//! ```
//!
//! A fault that did not fire proves nothing: ask [`Played::fired`], or
//! [`Faults::unfired`] for all at once.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use regex::Regex;

use crate::record::Host;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub(crate) handled: bool,
    pub(crate) what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    Cut,
    CutInAnswer,
    Delay(Duration),
    Hang,
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        body: String,
    },
}

impl Fault {
    fn before(what: What) -> Fault {
        Fault {
            handled: false,
            what,
        }
    }

    /// The connection is closed without an answer; nothing was done.
    pub fn cut() -> Fault {
        Fault::before(What::Cut)
    }

    /// The request is done, and the connection closed in the middle of the
    /// answer's body: its headers promise more bytes than arrive.
    pub fn cut_in_answer() -> Fault {
        Fault {
            handled: true,
            what: What::CutInAnswer,
        }
    }

    /// The request waits this long before it is done.
    pub fn delay(time: Duration) -> Fault {
        Fault::before(What::Delay(time))
    }

    /// No answer, ever; the connection stays open. Nothing was done.
    pub fn hang() -> Fault {
        Fault::before(What::Hang)
    }

    /// Another answer instead; nothing was done.
    pub fn answer(status: u16, content_type: &str, body: &str) -> Fault {
        Fault::before(What::Answer {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.to_owned(),
        })
    }

    /// This status with a short text; nothing was done.
    pub fn status(status: u16) -> Fault {
        Fault::answer(status, "text/plain", "A fault of the sandbox's script.")
    }

    /// A web page with status 200, as a captive portal or a single sign-on
    /// answers; nothing was done.
    pub fn html() -> Fault {
        let page = "<!DOCTYPE html><html><head><title>Sign in</title></head>\
                    <body><h1>Please sign in to continue</h1></body></html>";
        Fault::answer(200, "text/html;charset=UTF-8", page)
    }

    /// Status 200, said to be JSON, and is not.
    pub fn invalid_json() -> Fault {
        Fault::answer(200, "application/json", "{\"id\":\"12")
    }

    /// 429 with `Retry-After`, in seconds; nothing was done.
    pub fn rate_limited(seconds: u64) -> Fault {
        Fault::status(429)
            .with_header("retry-after", &seconds.to_string())
            .with_header("x-ratelimit-limit", "100")
            .with_header("x-ratelimit-remaining", "0")
            .with_header("x-ratelimit-interval-seconds", "60")
            .with_header("x-ratelimit-fillrate", "100")
    }

    /// Adds a header to the answer of this fault.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Fault {
        if let What::Answer { headers, .. } = &mut self.what {
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        self
    }

    /// The request is done first, and then this goes wrong: the true answer
    /// is lost.
    #[must_use]
    pub fn after_handling(mut self) -> Fault {
        self.handled = true;
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Cut => f.write_str("cut")?,
            What::CutInAnswer => f.write_str("cut in the answer")?,
            What::Delay(time) => write!(f, "delay of {} ms", time.as_millis())?,
            What::Hang => f.write_str("hang")?,
            What::Answer { status, .. } => write!(f, "answer {status}")?,
        }
        f.write_str(if self.handled {
            ", after handling"
        } else {
            ", before handling"
        })
    }
}

/// What a fault may look at to know its request.
#[derive(Debug, Clone)]
pub struct Incoming<'a> {
    pub host: Host,
    pub method: &'a str,
    /// Without the query; percent-encoded as sent.
    pub path: &'a str,
    pub query: &'a str,
    pub body: &'a [u8],
}

type Test = dyn Fn(&Incoming<'_>) -> bool + Send + Sync;

/// Which requests a fault is for.
#[derive(Clone)]
pub struct Matching {
    host: Option<Host>,
    method: String,
    path: Option<Regex>,
    test: Option<Arc<Test>>,
    nth: u32,
    times: u32,
}

impl fmt::Debug for Matching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.as_ref().map_or("any", Regex::as_str);
        write!(
            f,
            "{} {path}, from number {} for {}",
            self.method, self.nth, self.times
        )
    }
}

impl Matching {
    /// By method (`*` for any) and a regular expression that is looked for in
    /// the path.
    ///
    /// A text that is no regular expression is looked for as it is.
    pub fn request(method: &str, path: &str) -> Matching {
        let path = Regex::new(path).or_else(|_| Regex::new(&regex::escape(path)));
        Matching {
            host: None,
            method: method.to_ascii_uppercase(),
            path: path.ok(),
            test: None,
            nth: 1,
            times: 1,
        }
    }

    /// Every request.
    pub fn any() -> Matching {
        Matching::request("*", "")
    }

    /// Only on this host.
    #[must_use]
    pub fn host(mut self, host: Host) -> Matching {
        self.host = Some(host);
        self
    }

    /// Only what passes this test as well.
    #[must_use]
    pub fn when(
        mut self,
        test: impl Fn(&Incoming<'_>) -> bool + Send + Sync + 'static,
    ) -> Matching {
        self.test = Some(Arc::new(test));
        self
    }

    /// The nth such request from now on, counted from 1.
    #[must_use]
    pub fn nth(mut self, nth: u32) -> Matching {
        self.nth = nth.max(1);
        self
    }

    /// And the ones after it, so many in all.
    #[must_use]
    pub fn times(mut self, times: u32) -> Matching {
        self.times = times.max(1);
        self
    }

    fn fits(&self, incoming: &Incoming<'_>) -> bool {
        self.host.is_none_or(|host| host == incoming.host)
            && (self.method == "*" || self.method == incoming.method)
            && self
                .path
                .as_ref()
                .is_none_or(|path| path.is_match(incoming.path))
            && self.test.as_ref().is_none_or(|test| test(incoming))
    }
}

#[derive(Debug)]
struct Entry {
    matching: Matching,
    fault: Fault,
    seen: AtomicU32,
    fired: Arc<AtomicU32>,
}

/// Tells of one fault whether it was played.
#[derive(Debug, Clone)]
pub struct Played(Arc<AtomicU32>);

impl Played {
    pub fn fired(&self) -> bool {
        self.count() > 0
    }

    pub fn count(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

/// The script. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Vec<Arc<Entry>>>>);

impl Faults {
    /// Adds a fault. Each counts the requests that match it by itself; when
    /// several are due for one request, the one added first is played.
    pub fn on(&self, matching: Matching, fault: Fault) -> Played {
        let fired = Arc::new(AtomicU32::new(0));
        self.entries().push(Arc::new(Entry {
            matching,
            fault,
            seen: AtomicU32::new(0),
            fired: Arc::clone(&fired),
        }));
        Played(fired)
    }

    /// Empties the script. A request that hangs keeps hanging.
    pub fn clear(&self) {
        self.entries().clear();
    }

    /// The faults that were never played.
    pub fn unfired(&self) -> Vec<String> {
        self.entries()
            .iter()
            .filter(|entry| entry.fired.load(Ordering::SeqCst) == 0)
            .map(|entry| format!("{} on {:?}", entry.fault, entry.matching))
            .collect()
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Entry>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn due(&self, incoming: &Incoming<'_>) -> Option<Fault> {
        let mut due = None;
        for entry in self.entries().iter() {
            if !entry.matching.fits(incoming) {
                continue;
            }
            let number = entry.seen.fetch_add(1, Ordering::SeqCst) + 1;
            let Matching { nth, times, .. } = entry.matching;
            if due.is_none() && number >= nth && number - nth < times {
                entry.fired.fetch_add(1, Ordering::SeqCst);
                due = Some(entry.fault.clone());
            }
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn incoming(method: &'static str, path: &'static str) -> Incoming<'static> {
        Incoming {
            host: Host::Cloud,
            method,
            path,
            query: "",
            body: b"",
        }
    }

    #[test]
    fn the_nth_match_and_as_many_after_it() {
        let faults = Faults::default();
        let played = faults.on(
            Matching::request("get", "^/a$").nth(2).times(2),
            Fault::cut(),
        );
        let hits: Vec<bool> = ["/a", "/b", "/a", "/a", "/a"]
            .into_iter()
            .map(|path| faults.due(&incoming("GET", path)).is_some())
            .collect();
        assert_eq!(hits, [false, false, true, true, false]);
        assert_eq!(played.count(), 2);
        assert!(faults.unfired().is_empty());
    }

    #[test]
    fn what_did_not_fire_is_told() {
        let faults = Faults::default();
        faults.on(Matching::any().host(Host::DataCenter), Fault::html());
        faults.on(Matching::any().when(|r| r.query == "x"), Fault::hang());
        assert_eq!(faults.due(&incoming("GET", "/")), None);
        assert_eq!(faults.unfired().len(), 2);
    }
}
