//! A Confluence made of maps: one space, unique titles, versions, attachments; reads that lag,
//! answers that are lost, requests that arrive late.

use std::collections::{BTreeMap, VecDeque};

use retropress_confluence::{Outcome, PageStatus};

use super::super::{
    engine::{Answer, Call, Millis, Seen, SeenFile},
    failure::{Failure, Why},
};
use crate::{ApiError, ErrorCode};

/// Who wrote a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    Operation(String),
    Somebody,
}

#[derive(Debug, Clone)]
pub struct Page {
    pub id: String,
    pub title: String,
    pub body: String,
    pub status: PageStatus,
    pub version: u32,
    pub message: String,
    pub by: By,
    pub parent: Option<String>,
    pub created_at: Millis,
    /// Lists know of the page as it is from then on.
    pub files: Vec<File>,
}

#[derive(Debug, Clone)]
pub struct File {
    pub id: String,
    pub name: String,
    pub comment: String,
    pub hash: String,
    pub changed_at: Millis,
}

/// What goes wrong with the next requests, one each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Surely not done.
    Refused,
    /// Handled, and the answer lost.
    AnswerLost,
    /// Not handled, and the answer lost.
    RequestLost,
    /// The answer is lost, and the request arrives so many milliseconds later.
    Late(u16),
    /// 429 with so many seconds to wait.
    Limited(u16),
    /// 503, with so many seconds to wait.
    Unavailable(Option<u16>),
    SignInRefused,
    Forbidden,
    /// A 400 that says nothing.
    BadRequest,
    TooLarge,
}

/// What is sent of an operation.
#[derive(Debug, Clone)]
pub struct Sent {
    pub operation: String,
    pub call: Call,
    pub title: String,
    pub body: String,
    pub parent_title: String,
    pub parent_body: String,
    pub page: Option<String>,
    pub message: String,
    pub comment: String,
    pub hash: String,
}

#[derive(Debug, Default)]
pub struct Server {
    pub now: Millis,
    pub pages: BTreeMap<String, Page>,
    pub faults: VecDeque<Fault>,
    pub lag: Millis,
    pub online: bool,
    pub signed_in: bool,
    /// So many requests in ten seconds.
    pub limit: Option<u32>,
    pub window: (Millis, u32),
    pub late: Vec<(Millis, Sent)>,
    pub next_id: u32,
    pub requests: u32,
    pub fired: u32,
    /// What no server should see.
    pub wrong: Vec<String>,
    /// Writes that were handled, by operation.
    pub writes: BTreeMap<String, u32>,
    /// Versions an author agreed to write over.
    pub agreed: Vec<(String, u32)>,
}

impl Server {
    pub fn advance(&mut self, by: Millis) {
        self.now += by;
        let (due, rest) = std::mem::take(&mut self.late)
            .into_iter()
            .partition(|(at, _)| *at <= self.now);
        self.late = rest;
        let due: Vec<(Millis, Sent)> = due;
        for (_, sent) in due {
            self.handle(&sent);
        }
    }

    pub fn next_late(&self) -> Option<Millis> {
        self.late.iter().map(|it| it.0).min()
    }

    /// One request; answers with what the client gets to know.
    pub fn ask(&mut self, sent: &Sent) -> Answer {
        if sent.call == Call::SignIn {
            return Answer::Done;
        }
        if !self.online {
            return failed(Why::Network, Outcome::NotDone, ErrorCode::NoSuchHost, None);
        }
        self.requests += 1;
        if !self.signed_in {
            return failed(
                Why::SignIn,
                Outcome::NotDone,
                ErrorCode::SignInRefused,
                None,
            );
        }
        if let Some(wait) = self.over_limit() {
            return failed(
                Why::RateLimited,
                Outcome::NotDone,
                ErrorCode::RateLimited,
                Some(wait),
            );
        }
        let Some(fault) = self.faults.pop_front() else {
            return self.handle(sent);
        };
        self.fired += 1;
        let seconds = |it: u16| Millis::from(it) * 1000;
        let lost = |code| failed(Why::Other, Outcome::Unknown, code, None);
        match fault {
            Fault::Refused => failed(
                Why::Network,
                Outcome::NotDone,
                ErrorCode::ConnectionRefused,
                None,
            ),
            Fault::AnswerLost => {
                self.handle(sent);
                lost(ErrorCode::ConnectionLost)
            }
            Fault::RequestLost => lost(ErrorCode::TimedOut),
            Fault::Late(by) => {
                if sent.call.writes() {
                    self.late.push((self.now + Millis::from(by), sent.clone()));
                }
                lost(ErrorCode::TimedOut)
            }
            Fault::Limited(wait) => failed(
                Why::RateLimited,
                Outcome::NotDone,
                ErrorCode::RateLimited,
                Some(seconds(wait)),
            ),
            Fault::Unavailable(wait) => failed(
                Why::Other,
                Outcome::Unknown,
                ErrorCode::ServerError,
                wait.map(seconds),
            ),
            Fault::SignInRefused => failed(
                Why::SignIn,
                Outcome::NotDone,
                ErrorCode::SignInRefused,
                None,
            ),
            Fault::Forbidden => failed(Why::Other, Outcome::NotDone, ErrorCode::NotPermitted, None),
            Fault::BadRequest => failed(
                Why::ContentRefused,
                Outcome::Final,
                ErrorCode::Refused,
                None,
            ),
            Fault::TooLarge => failed(Why::Other, Outcome::NotDone, ErrorCode::TooLarge, None),
        }
    }

    fn over_limit(&mut self) -> Option<Millis> {
        let limit = self.limit?;
        let (since, count) = &mut self.window;
        if self.now - *since >= 10_000 {
            (*since, *count) = (self.now, 0);
        }
        if *count < limit {
            *count += 1;
            return None;
        }
        // Whole seconds, rounded up, as the header has it.
        Some((10_000 - (self.now - *since) + 999) / 1000 * 1000)
    }

    fn id(&mut self) -> String {
        self.next_id += 1;
        self.next_id.to_string()
    }

    pub fn live(&self) -> impl Iterator<Item = &Page> {
        self.pages
            .values()
            .filter(|it| it.status == PageStatus::Current)
    }

    fn holder(&self, title: &str) -> Option<String> {
        let holds = |it: &&Page| {
            it.status != PageStatus::Trashed && it.title.to_lowercase() == title.to_lowercase()
        };
        self.pages.values().find(holds).map(|it| it.id.clone())
    }

    pub fn create(
        &mut self,
        title: &str,
        body: &str,
        parent: Option<String>,
        by: By,
    ) -> Option<String> {
        if self.holder(title).is_some() {
            return None;
        }
        let id = self.id();
        self.pages.insert(
            id.clone(),
            Page {
                id: id.clone(),
                title: title.to_owned(),
                body: body.to_owned(),
                status: PageStatus::Current,
                version: 1,
                message: String::new(),
                by,
                parent,
                created_at: self.now,
                files: Vec::new(),
            },
        );
        Some(id)
    }

    fn seen(page: &Page) -> Seen {
        Seen {
            id: page.id.clone(),
            title: page.title.clone(),
            status: page.status,
            version: page.version,
            message: page.message.clone(),
            body: page.body.clone(),
            link: format!("https://wiki.example/{}", page.id),
            changed_by: None,
            space: None,
            parent_id: page.parent.clone(),
        }
    }

    fn titled(&self, title: &str) -> Answer {
        let known = |it: &&Page| {
            it.title.to_lowercase() == title.to_lowercase() && it.created_at + self.lag <= self.now
        };
        Answer::Pages(self.pages.values().filter(known).map(Self::seen).collect())
    }

    fn handle(&mut self, sent: &Sent) -> Answer {
        let by = By::Operation(sent.operation.clone());
        let taken = || {
            failed(
                Why::TitleTaken,
                Outcome::NotDone,
                ErrorCode::TitleTaken,
                None,
            )
        };
        let gone = || failed(Why::PageGone, Outcome::Final, ErrorCode::PageGone, None);
        let target = sent.page.clone().unwrap_or_default();
        if sent.call.writes() {
            *self.writes.entry(sent.operation.clone()).or_default() += 1;
        }
        match &sent.call {
            Call::SignIn | Call::AddLabels => Answer::Done,
            Call::FindParent => self.titled(&sent.parent_title),
            Call::FindByTitle => self.titled(&sent.title),
            Call::FindNewest => {
                let mut pages: Vec<&Page> = self
                    .pages
                    .values()
                    .filter(|it| {
                        it.created_at + self.lag <= self.now && it.status == PageStatus::Current
                    })
                    .collect();
                pages.sort_by_key(|it| std::cmp::Reverse(it.created_at));
                Answer::Pages(pages.into_iter().take(25).map(Self::seen).collect())
            }
            Call::ReadPage => Answer::Page(self.pages.get(&target).map(Self::seen)),
            Call::CreateParent => {
                match self.create(&sent.parent_title, &sent.parent_body, None, by) {
                    Some(id) => self.saved(&id),
                    None => taken(),
                }
            }
            Call::CreatePage { parent_id } => {
                let there = |id: &String| {
                    self.pages
                        .get(id)
                        .is_some_and(|it| it.status == PageStatus::Current)
                };
                if parent_id.as_ref().is_some_and(|it| !there(it)) {
                    return failed(Why::ParentGone, Outcome::Final, ErrorCode::ParentGone, None);
                }
                match self.create(&sent.title, &sent.body, parent_id.clone(), by) {
                    Some(id) => self.saved(&id),
                    None => taken(),
                }
            }
            Call::UpdatePage { version, .. } => {
                let held = self.holder(&sent.title);
                let agreed = self.agreed.clone();
                let Some(page) = self.pages.get_mut(&target) else {
                    return gone();
                };
                if !page.body.contains("retropress-") {
                    self.wrong
                        .push(format!("update of a foreign page {target}"));
                }
                if page.status != PageStatus::Current {
                    return gone();
                }
                if *version != page.version + 1 {
                    return failed(Why::Other, Outcome::Unknown, ErrorCode::PageChanged, None);
                }
                if held.is_some_and(|it| it != target) {
                    return taken();
                }
                if page.by == By::Somebody && !agreed.contains(&(target.clone(), page.version)) {
                    self.wrong
                        .push(format!("somebody's version of {target} was written over"));
                }
                page.version += 1;
                page.title.clone_from(&sent.title);
                page.body.clone_from(&sent.body);
                page.message.clone_from(&sent.message);
                page.by = by;
                self.saved(&target)
            }
            Call::DeletePage => {
                let Some(page) = self.pages.get_mut(&target) else {
                    return Answer::Done;
                };
                if !page.body.contains("retropress-") {
                    self.wrong
                        .push(format!("deletion of a foreign page {target}"));
                }
                page.status = PageStatus::Trashed;
                Answer::Done
            }
            Call::FindFile { name } => {
                let file = self
                    .pages
                    .get(&target)
                    .into_iter()
                    .flat_map(|it| &it.files)
                    .find(|it| it.name == *name && it.changed_at + self.lag <= self.now);
                Answer::File(file.map(|it| SeenFile {
                    id: it.id.clone(),
                    comment: it.comment.clone(),
                    size: Some(it.hash.len() as u64),
                }))
            }
            Call::Upload { name, replaces } => self.upload(sent, &target, name, replaces.as_ref()),
        }
    }

    fn upload(
        &mut self,
        sent: &Sent,
        target: &str,
        name: &str,
        replaces: Option<&String>,
    ) -> Answer {
        let id = self.id();
        let now = self.now;
        let gone = failed(Why::PageGone, Outcome::Final, ErrorCode::PageGone, None);
        let Some(page) = self.pages.get_mut(target) else {
            return gone;
        };
        if page.status != PageStatus::Current {
            return gone;
        }
        let there = page.files.iter_mut().find(|it| it.name == name);
        let done = |id: &str| Answer::Uploaded {
            id: id.to_owned(),
            size: Some(sent.hash.len() as u64),
        };
        match (there, replaces) {
            (Some(_), None) => failed(
                Why::FileNameTaken,
                Outcome::NotDone,
                ErrorCode::Refused,
                None,
            ),
            (Some(file), Some(_)) => {
                if !file.comment.starts_with("retropress:") {
                    self.wrong
                        .push(format!("a foreign file of {target} was replaced"));
                }
                file.comment.clone_from(&sent.comment);
                file.hash.clone_from(&sent.hash);
                file.changed_at = now;
                done(&file.id.clone())
            }
            (None, _) => {
                page.files.push(File {
                    id: id.clone(),
                    name: name.to_owned(),
                    comment: sent.comment.clone(),
                    hash: sent.hash.clone(),
                    changed_at: now,
                });
                done(&id)
            }
        }
    }

    fn saved(&self, id: &str) -> Answer {
        let page = &self.pages[id];
        Answer::Saved {
            id: page.id.clone(),
            version: page.version,
            title: page.title.clone(),
            link: format!("https://wiki.example/{id}"),
        }
    }
}

fn failed(why: Why, outcome: Outcome, code: ErrorCode, retry_after: Option<Millis>) -> Answer {
    Answer::Failed(Failure {
        why,
        outcome,
        retry_after,
        error: ApiError::new(code, format!("{code:?}"), ""),
        not_connected: false,
    })
}
