//! Why a request is refused, apart from how each dialect says it.

use crate::content::Id;

/// A reason, told by `cloud::refuse`, `cloud_v1::refuse` or
/// `data_center::refuse` in the status and shape of that API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    NoSpace(Id),
    NoSpaceKey(String),
    NoPage(Id),
    NoParent(Id),
    /// A page or attachment of the older API.
    NoContent(Id),
    NoProperty(String),
    MayNotCreate(Id),
    MayNotChange(Id),
    MayNotDelete(Id),
    MayNotAttach(Id),
    IsArchived(Id),
    TitleTaken {
        title: String,
        key: String,
    },
    StaleVersion {
        current: u32,
        provided: u32,
    },
    PropertyTaken(String),
    OwnParent,
    NotWellFormed(String),
    TooLarge,
    FileTooLarge,
    NameTaken(String),
    PurgedAlready,
    /// An upload without the `X-Atlassian-Token` header.
    Xsrf,
    /// The body is not of type JSON.
    NotJson,
    /// The sandbox's own trouble: its folder cannot be written.
    Disk(String),
    /// The request itself is wrong; the text says how.
    Invalid(String),
}
