//! What is kept on this computer: how much it is, its backups, and taking all of it elsewhere.
//!
//! Import and Restore go the same way: a file is chosen and checked ([`choose_import`],
//! [`choose_copy`]), [`stage`] makes it ready, and the next start puts it in the place of the database.
//! What was there is archived and can be restored in the same way.

use std::{path::Path, time::SystemTime};

use chrono::{DateTime, Local, Utc};
use retropress_store::{
    Contents, CopyKind, CopyProblem, KeptCopy, Opened, Refusal, Replacement, StoreError,
};
use serde::{Deserialize, Serialize};
use std::sync::Mutex;
use ts_rs::TS;

use crate::{
    ApiError, App, ErrorCode, Event, Field, Result, clients::from_text, desktop, drafts, lock,
    new_id, publish::OperationKind, sealing,
};

/// How names of exported files end.
const ENDING: &str = "retropress";

/// What is kept, for Settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Storage {
    pub here: Holds,
    pub checked: StartCheck,
    pub newest_backup: Option<DateTime<Utc>>,
    /// So many backups are kept.
    pub backups: u32,
    /// Takes the place of the database with the next start.
    pub staged: Option<Staged>,
    pub secrets_left: Vec<SecretsLeft>,
}

/// A file in which tokens or passwords may be that were removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SecretsLeft {
    pub file: String,
    /// It cannot be opened: only deleting it removes them.
    pub damaged: bool,
}

impl From<retropress_store::SecretsLeft> for SecretsLeft {
    fn from(it: retropress_store::SecretsLeft) -> Self {
        Self {
            file: it.file,
            damaged: it.damaged,
        }
    }
}

/// What a file holds, or the database itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Holds {
    pub teams: Vec<String>,
    pub drafts: u32,
    pub published: u32,
    /// On their way to Confluence or waiting for their author.
    pub unfinished: u32,
    /// Bytes.
    #[ts(type = "number")]
    pub size: u64,
}

impl Holds {
    fn of(it: Contents) -> Self {
        Self {
            teams: it.teams,
            drafts: it.drafts,
            published: it.published,
            unfinished: it.unfinished,
            size: it.size,
        }
    }

    fn in_words(&self) -> String {
        [
            count(self.teams.len(), "team", "teams"),
            count(self.drafts as usize, "draft", "drafts"),
            count(
                self.published as usize,
                "published summary",
                "published summaries",
            ),
        ]
        .join(", ")
    }
}

/// The check of the whole database after the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum StartCheck {
    #[default]
    Running,
    Sound,
    Damaged,
    /// It could not be made, as on a disk that does not answer.
    Failed,
}

/// Where a file comes from that takes the place of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Source {
    Export,
    Backup,
    /// What was here before an import or a restore.
    SetAside,
    /// What was archived because it was damaged.
    Damaged,
}

/// A file that was checked and may take the place of the database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Candidate {
    pub id: String,
    pub source: Source,
    /// Name of the file.
    pub file: String,
    pub made_at: DateTime<Utc>,
    /// Of an export: the version of the app that made it.
    pub version: Option<String>,
    pub holds: Holds,
    /// What is on this computer now.
    pub here: Holds,
}

/// What takes the place of the database with the next start, or did so with this one. Kept in the file
/// itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Staged {
    pub source: Source,
    pub file: String,
    pub made_at: DateTime<Utc>,
    pub holds: Holds,
    /// Summaries that were on their way in it and are drafts again.
    pub drafts_again: u32,
    /// Deletions of pages that were on their way in it and are dropped.
    pub deletions_dropped: u32,
}

/// A backup, or what was archived.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct CopyView {
    pub name: String,
    pub source: Source,
    pub made_at: DateTime<Utc>,
    /// Bytes.
    #[ts(type = "number")]
    pub size: u64,
    /// `None`: it cannot be restored now.
    pub holds: Option<Holds>,
    /// It could not be read, and may be sound.
    pub unread: bool,
}

impl From<KeptCopy> for CopyView {
    fn from(it: KeptCopy) -> Self {
        Self {
            source: match it.kind {
                CopyKind::Backup => Source::Backup,
                CopyKind::Archived => Source::SetAside,
                CopyKind::Damaged => Source::Damaged,
            },
            name: it.name,
            made_at: it.made_at.into(),
            size: it.size,
            unread: matches!(it.contents, Err(CopyProblem::Unread(_))),
            holds: it.contents.ok().map(Holds::of),
        }
    }
}

/// What is known of the storage beside the database.
pub(crate) struct Kept {
    checked: Mutex<StartCheck>,
    candidate: Mutex<Option<Candidate>>,
    replaced: Option<Source>,
    notice: Option<String>,
}

impl Kept {
    pub fn at_start(opened: &Opened) -> Result<Self> {
        // What cannot be read is of another version, and is the less important part of it.
        let note = opened.store.replaced_by()?;
        let by: Option<Staged> = note.and_then(|it| serde_json::from_str(&it).ok());
        let notice = match (&opened.replacement, &by) {
            (Replacement::Waits, _) => Some(WAITS.to_owned()),
            (Replacement::Failed(why), _) => Some(format!(
                "The import or restore could not run, and nothing was changed. Retropress tries again at the next start. The cause: {why}."
            )),
            (Replacement::Damaged(name), _) => Some(format!(
                "What was to be imported or restored is damaged and was not taken in. It is kept as {name}; everything here is as it was."
            )),
            (_, Some(by)) => Some(replaced(by)),
            (_, None) => None,
        };
        Ok(Self {
            checked: Mutex::default(),
            candidate: Mutex::default(),
            replaced: by.map(|it| it.source),
            notice,
        })
    }

    pub fn was_replaced(&self) -> bool {
        self.replaced.is_some()
    }

    /// `None`: it could not be checked.
    pub fn was_checked(&self, sound: Option<bool>) {
        *lock(&self.checked) = match sound {
            Some(true) => StartCheck::Sound,
            Some(false) => StartCheck::Damaged,
            None => StartCheck::Failed,
        };
    }

    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// For the support report: without names.
    pub fn told(&self) -> Option<&'static str> {
        match (self.replaced, &self.notice) {
            (Some(Source::Export), _) => Some("an export took the place of the database"),
            (Some(Source::Backup), _) => Some("a backup took the place of the database"),
            (Some(Source::SetAside), _) => Some("an earlier database took the place of the later"),
            (Some(Source::Damaged), _) => {
                Some("an archived damaged file took the place of the database")
            }
            (None, Some(_)) => Some("a file that was to be taken in was not"),
            (None, None) => None,
        }
    }
}

const WAITS: &str = "What is to be imported or restored waits for the next start: another Retropress has the database open. Close it, then start Retropress again.";

fn replaced(by: &Staged) -> String {
    let holds = by.holds.in_words();
    let at = in_words(by.made_at);
    let file = &by.file;
    let mut text = match by.source {
        Source::Export => format!(
            "\u{201c}{file}\u{201d}, made {at}, took the place of what was here: {holds}. Tokens and passwords are not in it: sign in again under Settings, Integrations."
        ),
        Source::Backup => {
            format!("The backup of {at} took the place of what was here: {holds}.")
        }
        Source::SetAside => {
            format!("The archived database of {at} took the place of what was here: {holds}.")
        }
        Source::Damaged => {
            format!(
                "The file archived as damaged on {at} took the place of what was here: {holds}."
            )
        }
    };
    text.push_str(" What was here before is kept under Settings, Storage, Restore\u{2026}.");
    match by.drafts_again {
        0 => {}
        1 => text.push_str(" 1 summary that was on its way is a draft again. Look in Confluence whether it is there before you publish it."),
        many => text.push_str(&format!(
            " {many} summaries that were on their way are drafts again. Look in Confluence whether they are there before you publish them."
        )),
    }
    match by.deletions_dropped {
        0 => {}
        1 => text.push_str(" 1 page that was to be deleted was left alone."),
        many => text.push_str(&format!(
            " {many} pages that were to be deleted were left alone."
        )),
    }
    text
}

fn in_words(at: DateTime<Utc>) -> String {
    at.with_timezone(&Local)
        .format("%-d %b %Y, %H:%M")
        .to_string()
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

pub async fn read(app: &App) -> Result<Storage> {
    let store = app.store().clone();
    let (staged, here, newest_backup, secrets_left) = blocking(move || {
        Ok::<_, StoreError>((
            store.staged()?,
            store.contents()?,
            store.newest_backup(),
            store.secrets_left()?,
        ))
    })
    .await??;
    Ok(Storage {
        here: Holds::of(here),
        checked: *lock(&app.inner.storage.checked),
        newest_backup: newest_backup.map(DateTime::from),
        backups: u32::from(retropress_store::BACKUPS),
        staged: staged.map(|note| from_text(&note)).transpose()?,
        secrets_left: secrets_left.into_iter().map(Into::into).collect(),
    })
}

/// Whether the keyring answers: `None`, or why it does not. Asks the user nothing.
pub async fn keyring(app: &App) -> Result<Option<ApiError>> {
    Ok(sealing::probe(app).await.err().map(ApiError::from))
}

pub async fn show_folder(app: &App) -> Result<()> {
    let folder = app.store().folder();
    app.inner.desktop.show_folder(folder).map_err(|problem| {
        let mut error = ApiError::new(
            ErrorCode::Refused,
            "The folder could not be shown",
            "Open it in the file manager of this computer.",
        )
        .because(format!("It is {}.", folder.display()));
        error.details = problem.to_string();
        error
    })
}

/// Asks where to save everything but the secrets, saves it there as one file and answers the path;
/// `None` when the user cancelled.
///
/// # Errors
/// A full disk, a folder that cannot be written to; then there is no half file.
pub async fn export(app: &App) -> Result<Option<String>> {
    let name = format!("Retropress {}.{ENDING}", app.today());
    let Some(path) = app.inner.desktop.choose_where_to_save(&name).await else {
        return Ok(None);
    };
    let (store, target) = (app.store().clone(), path.clone());
    let now = app.now().timestamp_millis();
    let written = blocking(move || store.export(&target, now, env!("CARGO_PKG_VERSION"))).await?;
    match written {
        Ok(()) => Ok(Some(path.display().to_string())),
        Err(StoreError::Refused(why)) => Err(refused(&why)),
        Err(problem) => {
            let full = problem.is_disk_full();
            let details = ApiError::from(problem).details;
            Err(desktop::not_saved("export", &path, full, &details)
                .because("No half file was left there."))
        }
    }
}

/// Asks for an exported file and checks it; `None` when the user cancelled.
pub async fn choose_import(app: &App) -> Result<Option<Candidate>> {
    let Some(path) = app.inner.desktop.choose_what_to_open(ENDING).await else {
        return Ok(None);
    };
    let store = app.store().clone();
    let file = file_name(&path);
    let found = blocking(move || store.receive_export(&path)).await??;
    let (at, version) = found.exported.clone().unwrap_or_default();
    let made_at = drafts::time(at);
    candidate(app, Source::Export, file, made_at, Some(version), found).map(Some)
}

/// The backups and what was archived, newest first.
pub async fn copies(app: &App) -> Result<Vec<CopyView>> {
    let store = app.store().clone();
    let copies = blocking(move || store.kept_copies()).await??;
    Ok(copies.into_iter().map(CopyView::from).collect())
}

/// Checks one of [`copies`].
pub async fn choose_copy(app: &App, name: String) -> Result<Candidate> {
    let path = app.store().folder().join(&name);
    let made_at = std::fs::metadata(&path).and_then(|it| it.modified());
    let store = app.store().clone();
    let wanted = name.clone();
    let found = blocking(move || store.receive_copy(&wanted)).await??;
    let source = match &name {
        it if it.contains("backup") => Source::Backup,
        it if it.contains("damaged") => Source::Damaged,
        _ => Source::SetAside,
    };
    let made_at = made_at.unwrap_or(SystemTime::UNIX_EPOCH).into();
    candidate(app, source, name, made_at, None, found)
}

/// Deletes what was archived; with it go the secrets it may hold.
pub async fn delete_copy(app: &App, name: String) -> Result<Vec<CopyView>> {
    let store = app.store().clone();
    blocking(move || store.delete_archived(&name)).await??;
    app.tell(Event::StorageChanged);
    copies(app).await
}

/// Removes from every file what was removed from the database, and says where that failed.
pub(crate) async fn forget_secrets(app: &App) -> Result<()> {
    let store = app.store().clone();
    let left = match blocking(move || store.forget_deleted()).await? {
        Ok(left) => left,
        Err(problem) => {
            tracing::warn!(%problem, "removed secrets could not be looked for");
            app.store().secrets_left()?
        }
    };
    for left in &left {
        tracing::warn!(?left, "removed secrets are still in a file");
    }
    if let Some(text) = secrets_left(&left) {
        app.tell(Event::Noticed { text });
    }
    app.tell(Event::StorageChanged);
    Ok(())
}

/// Tries again what [`forget_secrets`] could not do.
pub async fn forget_secrets_left(app: &App) -> Result<Storage> {
    let store = app.store().clone();
    blocking(move || store.forget_deleted()).await??;
    read(app).await
}

fn secrets_left(left: &[retropress_store::SecretsLeft]) -> Option<String> {
    let place = match left {
        [] => return None,
        [one] => format!("the file {}", one.file),
        many => format!("{} files", many.len()),
    };
    Some(format!(
        "The removed token or password may still be in {place}. Open Settings, Storage to see what to do."
    ))
}

fn candidate(
    app: &App,
    source: Source,
    file: String,
    made_at: DateTime<Utc>,
    version: Option<String>,
    found: Contents,
) -> Result<Candidate> {
    let candidate = Candidate {
        id: new_id(),
        source,
        file,
        made_at,
        version,
        holds: Holds::of(found),
        here: Holds::of(app.store().contents()?),
    };
    *lock(&app.inner.storage.candidate) = Some(candidate.clone());
    Ok(candidate)
}

/// The user does not want it after all.
pub async fn leave(app: &App, candidate_id: String) -> Result<()> {
    if take_candidate(app, &candidate_id).is_ok() {
        let store = app.store().clone();
        blocking(move || store.leave_received()).await??;
    }
    Ok(())
}

/// Makes the checked file ready to take the place of the database with the next start. What is
/// unfinished in it ends, and its draft is a draft again: nothing goes out of a copy by itself.
pub async fn stage(app: &App, candidate_id: String) -> Result<Storage> {
    let it = take_candidate(app, &candidate_id)?;
    let (store, now) = (app.store().clone(), app.now().timestamp_millis());
    let note = move |kinds: &[String]| {
        let deletions = kinds
            .iter()
            .filter(|it| **it == OperationKind::Delete.name())
            .count();
        let staged = Staged {
            source: it.source,
            file: it.file,
            made_at: it.made_at,
            holds: it.holds,
            drafts_again: u32::try_from(kinds.len() - deletions).unwrap_or(u32::MAX),
            deletions_dropped: u32::try_from(deletions).unwrap_or(u32::MAX),
        };
        serde_json::to_string(&staged).unwrap_or_default()
    };
    blocking(move || store.stage(now, note)).await??;
    read(app).await
}

fn take_candidate(app: &App, id: &str) -> Result<Candidate> {
    let mut kept = lock(&app.inner.storage.candidate);
    kept.take_if(|it| it.id == id)
        .ok_or_else(|| ApiError::gone("The file"))
}

/// What was to be taken in is not; everything stays as it is.
pub async fn take_back(app: &App) -> Result<Storage> {
    let store = app.store().clone();
    blocking(move || store.take_back()).await??;
    read(app).await
}

/// Ends the app and starts it again; what was staged takes its place.
pub async fn restart(app: &App) -> Result<()> {
    app.inner.desktop.restart();
    Ok(())
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// Why a file was refused, in the user's words.
pub(crate) fn refused(why: &Refusal) -> ApiError {
    let again = "Copy it here again, or export it again.";
    let choose = "Choose a file that \u{201c}Export all\u{2026}\u{201d} made. Its name ends with .retropress.";
    let nothing = "Nothing was changed.";
    let (message, cause, hint) = match why {
        Refusal::Unreadable(_) => (
            "The file cannot be read",
            format!("The system did not let Retropress read it. {nothing}"),
            "Check that it is still there and that you may open it.",
        ),
        Refusal::Folder => ("This is no file", nothing.to_owned(), choose),
        Refusal::Empty => (
            "The file is empty",
            format!("It was probably not copied to its end. {nothing}"),
            again,
        ),
        Refusal::NoDatabase => (
            "This is no export of Retropress",
            format!("It is a file of another kind. {nothing}"),
            choose,
        ),
        Refusal::Foreign => (
            "This is no export of Retropress",
            format!("It is a database, and not one that was exported. {nothing}"),
            choose,
        ),
        Refusal::CutShort { size, whole } => (
            "The file is not whole",
            format!("It has {size} of {whole} bytes. {nothing}"),
            again,
        ),
        Refusal::Damaged(_) => (
            "The file is damaged",
            format!("A check of all of it found errors. {nothing}"),
            again,
        ),
        Refusal::Newer { .. } => (
            "The file was made by a newer Retropress",
            nothing.to_owned(),
            "Install the newest Retropress here, then try again.",
        ),
        Refusal::OwnFolder => (
            "The export cannot be saved there",
            "It is the folder in which Retropress keeps its own data.".to_owned(),
            "Choose another folder.",
        ),
    };
    let mut error = ApiError::invalid(Field::File, message).because(cause);
    error.hint = hint.to_owned();
    error.details = why.to_string();
    error
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|it| ApiError::internal(&it))
}
