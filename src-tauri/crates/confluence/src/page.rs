//! Spaces, pages and attachments, as both dialects understand them.

use serde::{Deserialize, Serialize};
use url::Url;

/// Rows of a list, as many as are read of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    pub rows: Vec<T>,
    /// The server has more of them.
    pub more: bool,
}

impl<T> Listed<T> {
    pub(crate) fn map<U>(self, change: impl FnMut(T) -> U) -> Listed<U> {
        Listed {
            rows: self.rows.into_iter().map(change).collect(),
            more: self.more,
        }
    }
}

/// A whole list.
impl<T> From<Vec<T>> for Listed<T> {
    fn from(rows: Vec<T>) -> Self {
        Self { rows, more: false }
    }
}

impl<T> std::ops::Deref for Listed<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.rows
    }
}

impl<T> IntoIterator for Listed<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.rows.into_iter()
    }
}

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Account id on Cloud, user key or user name on Data Center.
    pub id: String,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Space {
    pub id: String,
    pub key: String,
    pub name: String,
    pub personal: bool,
    pub homepage_id: Option<String>,
}

impl Space {
    pub fn to_ref(&self) -> SpaceRef {
        SpaceRef {
            id: self.id.clone(),
            key: self.key.clone(),
            homepage_id: self.homepage_id.clone(),
        }
    }
}

/// Names a space: Cloud goes by its id, Data Center by its key, so both are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpaceRef {
    pub id: String,
    pub key: String,
    /// Where known; [`crate::Client::create_page`] on Data Center needs it to put a page below it.
    pub homepage_id: Option<String>,
}

/// A page in a picker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageRef {
    pub id: String,
    pub title: String,
    /// Titles from the top down; empty for a top page and where the server does not tell.
    pub ancestors: Vec<String>,
    /// `None` where the server does not tell.
    pub has_children: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PageStatus {
    Current,
    /// Keeps its title for itself.
    Archived,
    /// In the space's bin; its title is free.
    Trashed,
    /// A draft, an older version, or a status this version of Retropress does not know.
    Other,
}

/// A page as it stands on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPage {
    pub id: String,
    pub title: String,
    pub status: PageStatus,
    pub parent_id: Option<String>,
    /// Space id in REST v2, space key in v1, where the answer tells: [`crate::Client::space_named`].
    pub space: Option<String>,
    pub version: u32,
    /// What the version's author said about it; empty for most.
    pub message: String,
    pub changed_by_id: Option<String>,
    /// Cloud tells the id only.
    pub changed_by_name: Option<String>,
    /// ISO 8601, as the server writes it.
    pub changed_at: Option<String>,
    /// Storage format, as the server rewrote it: never compare it by bytes.
    pub body: Option<String>,
    pub link: Option<Url>,
}

/// A page to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPage {
    pub space: SpaceRef,
    /// `None`: below the space's home page.
    pub parent_id: Option<String>,
    /// At most 255 characters, unique in its space whatever the case.
    pub title: String,
    /// Storage format, at most 5 MB.
    pub body: String,
}

/// A page's next version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageUpdate {
    pub id: String,
    pub space: SpaceRef,
    pub title: String,
    pub body: String,
    /// The number of the new version: the current one plus one.
    pub version: u32,
    pub message: String,
    /// Moves the page; `None` leaves it where it is.
    pub parent_id: Option<String>,
}

/// What the server answered to a create or an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedPage {
    pub id: String,
    pub version: u32,
    pub title: String,
    /// For the browser; always an address of the site itself.
    pub link: Url,
    pub tiny_link: Option<Url>,
    pub space_key: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    pub id: String,
    pub file_name: String,
    pub comment: String,
    pub version: u32,
    /// Bytes, where the answer tells.
    pub size: Option<u64>,
}

/// A file to be attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// At most 255 characters.
    pub file_name: String,
    pub media_type: String,
    pub bytes: Vec<u8>,
    pub comment: String,
    /// The attachment that gets a new version; `None` for a new one.
    pub replaces: Option<String>,
}
