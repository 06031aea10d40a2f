//! Notes of any tool, turned into drafts.

use base64::Engine as _;
use retropress_summary::import::{self, ImportOptions, ImportPreview};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{ApiError, App, ErrorCode, Field, Result, drafts, lock, new_id};

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

/// The notes last read.
pub(crate) struct Notes {
    id: String,
    text: std::sync::Arc<str>,
}

/// Reads a file's bytes, sent as base64.
///
/// # Errors
/// [`ErrorCode::TooLarge`], [`ErrorCode::NotText`].
pub async fn read_file(app: &App, name: String, base64: String) -> Result<ImportSource> {
    if base64.len() / 4 * 3 > IMPORT_LIMIT + 3 {
        return Err(too_large(base64.len() / 4 * 3));
    }
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(base64.as_bytes())
        .map_err(|it| ApiError::internal(&it))?;
    let text = import::decode(&bytes).map_err(|problem| {
        ApiError::new(
            ErrorCode::NotText,
            format!("\u{201c}{name}\u{201d} is not a text file"),
            "Choose a Markdown or text file, or paste the notes.",
        )
        .because(problem.to_string())
        .at(Field::File)
    })?;
    keep(app, name, text)
}

pub async fn read_text(app: &App, text: String) -> Result<ImportSource> {
    keep(app, String::new(), text)
}

pub async fn preview(
    app: &App,
    source_id: String,
    options: ImportOptions,
) -> Result<ImportPreview> {
    let text = notes(app, &source_id)?;
    blocking(move || import::preview(&text, &options)).await
}

/// Makes a draft of each chosen section; answers their ids.
pub async fn run(
    app: &App,
    team_id: String,
    source_id: String,
    options: ImportOptions,
) -> Result<Vec<String>> {
    let text = notes(app, &source_id)?;
    let drafts = blocking(move || import::drafts(&text, &options)).await?;
    if drafts.is_empty() {
        return Err(ApiError::invalid(
            Field::File,
            "Choose at least one section to import.",
        ));
    }
    drafts::insert_all(app, &team_id, &drafts)
}

fn keep(app: &App, name: String, text: String) -> Result<ImportSource> {
    if text.len() > IMPORT_LIMIT {
        return Err(too_large(text.len()));
    }
    if text.trim().is_empty() {
        return Err(ApiError::invalid(Field::File, "There is no text in it."));
    }
    let id = new_id();
    // IMPORT_LIMIT is far below u32::MAX.
    let size = text.len() as u32;
    *lock(&app.inner.notes) = Some(Notes {
        id: id.clone(),
        text: text.into(),
    });
    Ok(ImportSource { id, name, size })
}

fn notes(app: &App, source_id: &str) -> Result<std::sync::Arc<str>> {
    match &*lock(&app.inner.notes) {
        Some(it) if it.id == source_id => Ok(it.text.clone()),
        _ => Err(ApiError::gone("The text to import")),
    }
}

fn too_large(size: usize) -> ApiError {
    let megabytes = |bytes: usize| bytes.div_ceil(1024 * 1024);
    ApiError::new(
        ErrorCode::TooLarge,
        "The notes are too large",
        "Split the file, for example one file a year, and import each part.",
    )
    .because(format!(
        "They have {} MB; {} MB are read.",
        megabytes(size),
        megabytes(IMPORT_LIMIT)
    ))
    .at(Field::File)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|it| ApiError::internal(&it))
}
