//! The Share screen: the page and the PDF as they will be, and where they go.

use retropress_summary::document::Document;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{App, Result};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SharePreview {
    pub document: Document,
    pub pdf_name: String,
    /// `None` while the team has no integration.
    pub target: Option<Target>,
    /// What keeps it from being published, each at its field.
    pub problems: Vec<crate::ApiError>,
    /// This draft is published already: publishing makes a new version of that page.
    pub updates: Option<Updates>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Target {
    pub integration_id: String,
    pub site_name: String,
    pub space_key: String,
    pub space_name: String,
    /// Title of the parent page; empty for the space's home page.
    pub parent: String,
    /// The parent is looked up by that title, and created where it is missing.
    pub parent_is_new: bool,
    pub account_name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Updates {
    pub publication_id: String,
    pub version: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct PdfPreview {
    /// The file itself.
    pub base64: String,
    pub pages: u32,
    /// Bytes.
    pub size: u32,
    /// Characters no font of this computer can draw, one string each.
    pub missing: Vec<String>,
}

pub async fn preview(
    _app: &App,
    _draft_id: String,
    _integration_id: Option<String>,
) -> Result<SharePreview> {
    unimplemented!()
}

pub async fn pdf(
    _app: &App,
    _draft_id: String,
    _integration_id: Option<String>,
) -> Result<PdfPreview> {
    unimplemented!()
}

/// The whole summary as Markdown, for the clipboard or a file.
pub async fn markdown(_app: &App, _draft_id: String) -> Result<String> {
    unimplemented!()
}

/// Asks where to save the PDF, saves it there and answers the path; `None` when the user cancelled.
pub async fn save_pdf(
    _app: &App,
    _draft_id: String,
    _integration_id: Option<String>,
) -> Result<Option<String>> {
    unimplemented!()
}
