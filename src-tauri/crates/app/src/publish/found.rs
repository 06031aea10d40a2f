//! How far an operation got, and what its steps found out.

use serde::{Deserialize, Serialize};

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

    pub fn of(name: &str) -> Self {
        Self::ALL
            .iter()
            .find(|it| it.1 == name)
            .map_or(Self::SignIn, |it| it.0)
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
    /// The version the update is based on, once it was looked at.
    pub base_version: Option<u32>,
    /// The author decided to write over somebody else's change.
    pub overwrite: bool,
    /// What the server said it stored, compared in the last step.
    pub stored_title: String,
    pub stored_size: Option<u64>,
    /// Milliseconds since 1970; nothing is sent before.
    pub not_before: Option<i64>,
    /// How often the server was asked what became of a lost answer.
    pub checks: u32,
    /// Said in the history, such as labels that were refused.
    pub remark: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FoundPage {
    pub id: String,
    pub version: u32,
    pub link: String,
}
