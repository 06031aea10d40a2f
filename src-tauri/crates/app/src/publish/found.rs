//! How far an operation got, and what its steps found out.

use serde::{Deserialize, Serialize};

use crate::ApiError;

/// The step an operation stands at. What is left of it is done already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    SignIn,
    FindParent,
    CreateParent,
    WritePage,
    UploadPdf,
    Label,
    Check,
    /// Of a deletion: the page's marker is looked for.
    CheckPage,
    DeletePage,
}

impl Stage {
    const ALL: [(Stage, &'static str, u8); 9] = [
        (Self::SignIn, "signIn", 1),
        (Self::FindParent, "findParent", 2),
        (Self::CreateParent, "createParent", 2),
        (Self::WritePage, "writePage", 3),
        (Self::UploadPdf, "uploadPdf", 4),
        (Self::Label, "label", 5),
        (Self::Check, "check", 5),
        (Self::CheckPage, "checkPage", 2),
        (Self::DeletePage, "deletePage", 3),
    ];

    pub fn of(name: &str) -> Option<Self> {
        Some(Self::ALL.iter().find(|it| it.1 == name)?.0)
    }

    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|it| it.0 == self)
            .map_or("signIn", |it| it.1)
    }

    /// Its place in the strip, counted from 1.
    pub fn number(self) -> u8 {
        Self::ALL
            .iter()
            .find(|it| it.0 == self)
            .map_or(1, |it| it.2)
    }
}

/// What the steps found out; written with each outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Found {
    pub parent_id: Option<String>,
    /// The parent came from memory and was not looked up: it may be gone.
    pub parent_remembered: bool,
    pub page: Option<FoundPage>,
    pub pdf_name: String,
    pub attachment_id: Option<String>,
    /// Version of the page when it was looked at last, before an update.
    pub base_version: Option<u32>,
    /// The version its author agreed to write over. A later one is asked about anew.
    pub agreed_version: Option<u32>,
    /// What the server said it stored, compared in the last step.
    pub stored_title: String,
    pub stored_size: Option<u64>,
    /// Milliseconds since 1970: the next try after a pause of our own. What the server asks for is
    /// kept with its host.
    pub not_before: Option<i64>,
    /// Looks in a row that found nothing of what may have been sent.
    pub looks: u32,
    /// When the first of them was.
    pub first_look_at: Option<i64>,
    /// How often the present step's call was sent without being surely refused.
    pub sends: u32,
    /// Of those, how many were answered by nobody.
    pub lost: u32,
    /// Calls in a row that failed at the server, for the length of the next pause.
    pub attempts: u32,
    /// The last create was refused for its title.
    pub taken: Option<Refusal>,
    /// A page without our marker was seen that has the title.
    pub title_held: bool,
    /// The page was created by this operation a moment ago and looked at by nobody: it has no
    /// attachment yet. Holds when.
    pub fresh_since: Option<i64>,
    /// The database was restored from a backup that holds this as unfinished: what was sent since is
    /// not known. Set by the store (`backup.rs`), until the page is found or made.
    pub from_backup: bool,
    /// Its author was asked about that.
    pub asked_about_backup: bool,
    /// Said in the history, such as labels that were refused.
    pub remark: String,
}

impl Found {
    /// As it is before the first step.
    pub fn fresh(pdf_name: &str) -> Self {
        Self {
            pdf_name: pdf_name.to_owned(),
            ..Self::default()
        }
    }
}

/// A create that was refused, kept until it is known what has the title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Refusal {
    pub how: Taken,
    pub error: ApiError,
}

/// How sure a refusal is about the title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Taken {
    /// The server said so.
    Said,
    /// It refused the content in words of the account's language: it may be the title.
    Perhaps,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FoundPage {
    pub id: String,
    pub version: u32,
    pub link: String,
}
