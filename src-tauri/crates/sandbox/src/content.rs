//! What one Confluence holds: its people, spaces, pages and attachments. The
//! Cloud and the Data Center of the sandbox have one each and share nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) type Id = u64;

/// Somebody who can be an author.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Person {
    pub account_id: &'static str,
    pub user_key: &'static str,
    pub username: &'static str,
    pub name: &'static str,
    pub email: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SpaceKind {
    Global,
    Personal,
}

/// What the people who sign in may do in a space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Access {
    Write,
    Read,
    /// Neither it nor its pages can be told from missing ones.
    Hidden,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Space {
    pub id: Id,
    pub key: String,
    pub name: String,
    pub kind: SpaceKind,
    pub archived: bool,
    pub access: Access,
    pub homepage: Id,
    pub author: String,
    pub created: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    Current,
    Draft,
    Archived,
    Trashed,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Status::Current => "current",
            Status::Draft => "draft",
            Status::Archived => "archived",
            Status::Trashed => "trashed",
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Version {
    pub number: u32,
    pub at: DateTime<Utc>,
    pub by: String,
    pub message: String,
    pub minor: bool,
    pub title: String,
    /// Storage format, as rewritten when it was stored.
    pub body: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Label {
    pub id: Id,
    pub prefix: String,
    pub name: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Property {
    pub id: Id,
    pub value: Value,
    pub version: u32,
    pub at: DateTime<Utc>,
    pub by: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Page {
    pub id: Id,
    pub space: Id,
    /// None for a space's homepage, a page at the root, and in the trash.
    pub parent: Option<Id>,
    pub position: i64,
    pub status: Status,
    /// Restricted so that nobody who signs in sees it.
    pub restricted: bool,
    pub author: String,
    pub created: DateTime<Utc>,
    /// Oldest first; never empty.
    pub versions: Vec<Version>,
    pub labels: Vec<Label>,
    pub properties: BTreeMap<String, Property>,
    /// When its status last changed; None for what was there at the start.
    #[serde(skip)]
    pub changed: Option<Instant>,
    /// Its status before that; None when it is new.
    #[serde(skip)]
    pub before: Option<Status>,
}

impl Page {
    pub fn title(&self) -> &str {
        self.versions.last().map_or("", |version| &version.title)
    }

    pub fn body(&self) -> &str {
        self.versions.last().map_or("", |version| &version.body)
    }

    pub fn number(&self) -> u32 {
        self.versions.last().map_or(0, |version| version.number)
    }

    /// The status a list shows that lags this far behind; None when it does
    /// not know the page yet.
    pub fn listed_as(&self, lag: Duration) -> Option<Status> {
        match self.changed {
            Some(changed) if changed.elapsed() < lag => self.before,
            _ => Some(self.status),
        }
    }

    pub fn set_status(&mut self, status: Status) {
        self.before = Some(self.status);
        self.status = status;
        self.changed = Some(Instant::now());
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct FileVersion {
    pub number: u32,
    pub at: DateTime<Utc>,
    pub by: String,
    pub comment: String,
    pub media_type: String,
    pub minor: bool,
    /// Kept beside the rest, under the attachment's id and this number.
    #[serde(skip)]
    pub bytes: Arc<[u8]>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Attachment {
    pub id: Id,
    pub page: Id,
    pub name: String,
    pub file_id: String,
    pub trashed: bool,
    pub created: DateTime<Utc>,
    pub versions: Vec<FileVersion>,
    #[serde(default)]
    pub properties: BTreeMap<String, Property>,
    #[serde(skip)]
    pub changed: Option<Instant>,
}

impl Attachment {
    pub fn latest(&self) -> Option<&FileVersion> {
        self.versions.last()
    }
}

/// What a change touched, so that it can be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Touched {
    Page(Id),
    Attachment(Id),
    Purged(Id),
}

/// Everything in one Confluence.
#[derive(Debug, Default)]
pub(crate) struct Content {
    pub spaces: BTreeMap<Id, Space>,
    pub pages: BTreeMap<Id, Page>,
    pub attachments: BTreeMap<Id, Attachment>,
    /// Pages removed from the trash for good.
    pub purged: BTreeSet<Id>,
    /// Never reused, not even after the sandbox was emptied.
    pub next_id: Id,
    pub touched: BTreeSet<Touched>,
}

impl Content {
    pub fn new_id(&mut self) -> Id {
        self.next_id += 1;
        self.next_id
    }

    pub fn space(&self, id: Id) -> Option<&Space> {
        self.spaces.get(&id).filter(|s| s.access != Access::Hidden)
    }

    pub fn space_by_key(&self, key: &str) -> Option<&Space> {
        self.spaces
            .values()
            .find(|s| s.key.eq_ignore_ascii_case(key) && s.access != Access::Hidden)
    }

    pub fn is_homepage(&self, page: &Page) -> bool {
        self.spaces
            .get(&page.space)
            .is_some_and(|space| space.homepage == page.id)
    }

    /// A page the people who sign in may see, whatever its status.
    pub fn page(&self, id: Id) -> Option<&Page> {
        self.pages.get(&id).filter(|page| self.sees(page))
    }

    pub fn sees(&self, page: &Page) -> bool {
        !page.restricted && self.space(page.space).is_some()
    }

    pub fn may_write(&self, space: Id) -> bool {
        self.spaces
            .get(&space)
            .is_some_and(|s| s.access == Access::Write && !s.archived)
    }

    /// The live pages right below one, in the order of the tree.
    pub fn children(&self, id: Id) -> Vec<&Page> {
        let mut children: Vec<&Page> = self
            .pages
            .values()
            .filter(|p| p.parent == Some(id) && p.status == Status::Current && self.sees(p))
            .collect();
        children.sort_by_key(|page| (page.position, page.id));
        children
    }

    /// From the space's root down to the parent.
    pub fn ancestors(&self, page: &Page) -> Vec<&Page> {
        let mut ancestors = Vec::new();
        let mut next = page.parent;
        while let Some(parent) = next.and_then(|id| self.pages.get(&id)) {
            ancestors.push(parent);
            next = parent.parent;
        }
        ancestors.reverse();
        ancestors
    }

    pub fn page_attachments(&self, page: Id, lag: Duration) -> Vec<&Attachment> {
        self.attachments
            .values()
            .filter(|a| a.page == page && !a.trashed)
            .filter(|a| a.changed.is_none_or(|at| at.elapsed() >= lag))
            .collect()
    }
}
