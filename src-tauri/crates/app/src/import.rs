//! Notes of any tool, turned into drafts; and drafts that were saved as JSON.

use std::collections::BTreeSet;

use base64::Engine as _;
use chrono::NaiveDate;
use retropress_summary::{
    Kind, Summary,
    import::{self, ImportOptions, ImportPreview},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::{
    ApiError, App, ErrorCode, Field, Result, drafts, lock, new_id,
    share::{DRAFT_FORMAT, DRAFT_VERSION},
};

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
    /// It is a draft that was saved as JSON: there is nothing to be understood.
    pub draft: Option<FoundDraft>,
}

/// A draft that was saved as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct FoundDraft {
    pub kind: Kind,
    pub title: String,
    pub date: Option<NaiveDate>,
    /// "12 ideas, 4 actions"
    pub contents: String,
    /// Of the laptop it was saved on.
    pub team: String,
}

/// Largest file or text that is read, in bytes.
pub const IMPORT_LIMIT: usize = 10 * 1024 * 1024;

/// The notes last read.
pub(crate) struct Notes {
    id: String,
    content: Content,
}

#[derive(Clone)]
enum Content {
    Text(std::sync::Arc<str>),
    Draft(Box<Summary>),
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
            "Choose a Markdown or text file, a draft saved as JSON, or paste the notes.",
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
    match content(app, &source_id)? {
        Content::Text(text) => blocking(move || import::preview(&text, &options)).await,
        Content::Draft(_) => Err(ApiError::gone("The text to import")),
    }
}

/// Makes a draft of each chosen section; answers their ids.
pub async fn run(
    app: &App,
    team_id: String,
    source_id: String,
    options: ImportOptions,
) -> Result<Vec<String>> {
    let drafts = match content(app, &source_id)? {
        Content::Text(text) => blocking(move || import::drafts(&text, &options)).await?,
        Content::Draft(summary) => vec![*summary],
    };
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
    let (content, draft) = match saved_draft(&name, &text)? {
        Some((summary, draft)) => (Content::Draft(Box::new(summary)), Some(draft)),
        None => (Content::Text(text.into()), None),
    };
    *lock(&app.inner.notes) = Some(Notes {
        id: id.clone(),
        content,
    });
    Ok(ImportSource {
        id,
        name,
        size,
        draft,
    })
}

/// The draft that was saved as this JSON; `None` for notes, which may begin with a brace as well.
///
/// # Errors
/// JSON of another program, a draft of a newer version, one that is cut short or was changed.
fn saved_draft(name: &str, text: &str) -> Result<Option<(Summary, FoundDraft)>> {
    let named = name.to_lowercase().ends_with(".json");
    let looks = text.trim_start().starts_with('{');
    if !named && !looks {
        return Ok(None);
    }
    let what = match name {
        "" => "This text".to_owned(),
        name => format!("\u{201c}{name}\u{201d}"),
    };
    let refused = |message: String, cause: &str, hint: &str, details: String| {
        let mut error = ApiError::invalid(Field::File, message).because(cause);
        error.hint = hint.to_owned();
        error.details = details;
        error
    };
    let damaged = |details: String| {
        refused(
            format!("{what} is damaged"),
            "It is not as Retropress saved it. Nothing was imported.",
            "Save the draft as JSON again, and import that file.",
            details,
        )
    };
    let saved: Value = match serde_json::from_str(text) {
        Ok(saved) => saved,
        Err(problem) if named || text.contains(DRAFT_FORMAT) => {
            return Err(damaged(problem.to_string()));
        }
        Err(_) => return Ok(None),
    };
    if saved["format"] != DRAFT_FORMAT {
        return Err(refused(
            format!("{what} is no draft of Retropress"),
            "It is JSON of something else. Nothing was imported.",
            "Choose a draft that was saved as JSON, or notes as Markdown or text.",
            String::new(),
        ));
    }
    match saved["version"].as_u64() {
        Some(version) if version > DRAFT_VERSION => {
            return Err(refused(
                format!("{what} was saved by a newer Retropress"),
                "Nothing was imported.",
                "Install the newest Retropress, then import it again.",
                format!("version {version}, known {DRAFT_VERSION}"),
            ));
        }
        Some(DRAFT_VERSION) => {}
        _ => return Err(damaged("no version of the format".to_owned())),
    }
    if let Some(id) = repeated_id(&saved["summary"]) {
        return Err(damaged(format!("the id {id} stands twice in one list")));
    }
    let summary =
        Summary::deserialize(&saved["summary"]).map_err(|problem| damaged(problem.to_string()))?;
    let found = FoundDraft {
        kind: summary.kind(),
        title: drafts::title_or_date(&summary),
        date: summary.date(),
        contents: drafts::contents(&summary).map_err(|problem| problem.at(Field::File))?,
        team: saved["team"].as_str().unwrap_or_default().to_owned(),
    };
    Ok(Some((summary, found)))
}

/// What is edited is told apart by its id.
fn repeated_id(value: &Value) -> Option<&str> {
    match value {
        Value::Array(items) => {
            let mut seen = BTreeSet::new();
            let mut ids = items.iter().filter_map(|it| it["id"].as_str());
            ids.find(|it| !seen.insert(*it))
                .or_else(|| items.iter().find_map(repeated_id))
        }
        Value::Object(fields) => fields.values().find_map(repeated_id),
        _ => None,
    }
}

fn content(app: &App, source_id: &str) -> Result<Content> {
    match &*lock(&app.inner.notes) {
        Some(it) if it.id == source_id => Ok(it.content.clone()),
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
