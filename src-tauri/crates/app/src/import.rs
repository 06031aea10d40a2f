//! Notes of any tool, turned into drafts.

use retropress_summary::import::{ImportOptions, ImportPreview};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{App, Result};

/// Notes that were read, kept until they are imported or others are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ImportSource {
    pub id: String,
    /// File name; empty for pasted text.
    pub name: String,
    /// Bytes.
    pub size: u32,
}

/// Largest file or text that is read, in bytes.
pub const IMPORT_LIMIT: usize = 10 * 1024 * 1024;

/// Reads a file's bytes, sent as base64.
///
/// # Errors
/// [`crate::ErrorCode::TooLarge`], [`crate::ErrorCode::NotText`].
pub async fn read_file(_app: &App, _name: String, _base64: String) -> Result<ImportSource> {
    unimplemented!()
}

pub async fn read_text(_app: &App, _text: String) -> Result<ImportSource> {
    unimplemented!()
}

pub async fn preview(
    _app: &App,
    _source_id: String,
    _options: ImportOptions,
) -> Result<ImportPreview> {
    unimplemented!()
}

/// Makes a draft of each chosen section; answers their ids.
pub async fn run(
    _app: &App,
    _team_id: String,
    _source_id: String,
    _options: ImportOptions,
) -> Result<Vec<String>> {
    unimplemented!()
}
