//! What the sandbox keeps in its folder: one SQLite file.
//!
//! A file that cannot be read is set aside under another name, and a new one
//! begun; nothing in it is worth stopping for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::content::{Attachment, Content, Page, Space, Touched};
use crate::oauth::SignIns;
use crate::samples;
use crate::sign_in::Accounts;
use crate::world::KEPT;

const FILE: &str = "sandbox.sqlite3";
const SCHEMA: i64 = 1;

#[derive(Debug, thiserror::Error)]
pub(crate) enum DiskError {
    #[error("the sandbox's file cannot be used: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the sandbox's file holds something unreadable: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("the sandbox's file is of version {0}, which this version does not know")]
    Version(i64),
    #[error("the sandbox's file is damaged")]
    Damaged,
    #[error("the sandbox's folder cannot be used: {0}")]
    Io(#[from] std::io::Error),
    #[error("no random numbers from the operating system: {0}")]
    Random(#[from] getrandom::Error),
}

#[derive(Debug)]
pub(crate) struct Disk(Connection);

/// What was found in the folder, or begun there.
#[derive(Debug)]
pub(crate) struct Found {
    pub disk: Disk,
    pub accounts: Accounts,
    pub sign_ins: SignIns,
    /// Both sites of Cloud, and Data Center.
    pub contents: [Content; 3],
    /// Where a damaged file was moved to.
    pub set_aside: Option<PathBuf>,
}

pub(crate) fn open(folder: &Path) -> Result<Found, DiskError> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(FILE);
    match open_file(&path) {
        Ok(found) => Ok(found),
        Err(error @ (DiskError::Io(_) | DiskError::Random(_))) => Err(error),
        Err(DiskError::Sqlite(error)) if is_busy(&error) => Err(DiskError::Sqlite(error)),
        Err(_) => {
            let aside = set_aside(folder, &path)?;
            let mut found = open_file(&path)?;
            found.set_aside = Some(aside);
            Ok(found)
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode;
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::ReadOnly
                | ErrorCode::DiskFull
                | ErrorCode::PermissionDenied
                | ErrorCode::CannotOpen
        )
    )
}

fn set_aside(folder: &Path, path: &Path) -> Result<PathBuf, DiskError> {
    let free = (1..)
        .map(|n| folder.join(format!("{FILE}.damaged-{n}")))
        .find(|candidate| !candidate.exists())
        .unwrap_or_else(|| folder.join(format!("{FILE}.damaged")));
    std::fs::rename(path, &free)?;
    // Its journal belongs to the damaged file and must not reach the new one.
    for tail in ["-wal", "-shm"] {
        let journal = folder.join(format!("{FILE}{tail}"));
        if journal.exists() {
            std::fs::remove_file(journal)?;
        }
    }
    Ok(free)
}

fn open_file(path: &Path) -> Result<Found, DiskError> {
    let db = Connection::open(path)?;
    db.busy_timeout(std::time::Duration::from_secs(2))?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "NORMAL")?;
    let check: String = db.query_row("PRAGMA quick_check", [], |row| row.get(0))?;
    if check != "ok" {
        return Err(DiskError::Damaged);
    }
    let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let mut disk = Disk(db);
    match version {
        SCHEMA => {
            let text: String = disk.0.query_row(
                "SELECT json FROM item WHERE edition = '' AND kind = 'accounts' AND id = 0",
                [],
                |row| row.get(0),
            )?;
            let accounts = serde_json::from_str(&text)?;
            let sign_ins = disk.sign_ins()?;
            let contents = [
                disk.load(KEPT[0])?,
                disk.load_or_begin(KEPT[1])?,
                disk.load(KEPT[2])?,
            ];
            Ok(Found {
                disk,
                accounts,
                sign_ins,
                contents,
                set_aside: None,
            })
        }
        0 => {
            let accounts = Accounts::random()?;
            disk.begin(&accounts)?;
            let contents = KEPT.map(samples::content);
            for (kept_as, content) in KEPT.into_iter().zip(&contents) {
                disk.replace(kept_as, content)?;
            }
            let sign_ins = disk.sign_ins()?;
            disk.0.pragma_update(None, "user_version", SCHEMA)?;
            Ok(Found {
                disk,
                accounts,
                sign_ins,
                contents,
                set_aside: None,
            })
        }
        other => Err(DiskError::Version(other)),
    }
}

impl Disk {
    fn begin(&mut self, accounts: &Accounts) -> Result<(), DiskError> {
        self.0.execute_batch(
            "CREATE TABLE IF NOT EXISTS item (
                edition TEXT NOT NULL, kind TEXT NOT NULL, id INTEGER NOT NULL,
                json TEXT NOT NULL, PRIMARY KEY (edition, kind, id)
             ) STRICT, WITHOUT ROWID;
             CREATE TABLE IF NOT EXISTS file (
                edition TEXT NOT NULL, attachment INTEGER NOT NULL, version INTEGER NOT NULL,
                bytes BLOB NOT NULL, PRIMARY KEY (edition, attachment, version)
             ) STRICT;",
        )?;
        self.0.execute(
            "INSERT OR REPLACE INTO item VALUES ('', 'accounts', 0, ?1)",
            [serde_json::to_string(accounts)?],
        )?;
        Ok(())
    }

    /// What was allowed and given out. A file of an earlier version has none.
    fn sign_ins(&mut self) -> Result<SignIns, DiskError> {
        let kept: Option<String> = self
            .0
            .query_row(
                "SELECT json FROM item WHERE edition = '' AND kind = 'sign-ins' AND id = 0",
                [],
                |row| row.get(0),
            )
            .optional()?;
        match kept {
            Some(text) => Ok(serde_json::from_str(&text)?),
            None => {
                let begun = SignIns::random()?;
                self.keep_sign_ins(&begun)?;
                Ok(begun)
            }
        }
    }

    pub fn keep_sign_ins(&mut self, sign_ins: &SignIns) -> Result<(), DiskError> {
        put(&self.0, "", "sign-ins", 0, Some(sign_ins))
    }

    /// The second site is not in a file of an earlier version.
    fn load_or_begin(&mut self, kept_as: &str) -> Result<Content, DiskError> {
        if !self.items::<u64>(kept_as, "next-id")?.is_empty() {
            return self.load(kept_as);
        }
        let content = samples::content(kept_as);
        self.replace(kept_as, &content)?;
        Ok(content)
    }

    fn items<T: serde::de::DeserializeOwned>(
        &self,
        kept_as: &str,
        kind: &str,
    ) -> Result<Vec<(u64, T)>, DiskError> {
        let mut statement = self
            .0
            .prepare("SELECT id, json FROM item WHERE edition = ?1 AND kind = ?2")?;
        let rows = statement.query_map([kept_as, kind], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
        })?;
        let mut items = Vec::new();
        for row in rows {
            let (id, json) = row?;
            items.push((id.unsigned_abs(), serde_json::from_str(&json)?));
        }
        Ok(items)
    }

    fn load(&self, kept_as: &str) -> Result<Content, DiskError> {
        let mut content = Content {
            spaces: self.items::<Space>(kept_as, "space")?.into_iter().collect(),
            pages: self.items::<Page>(kept_as, "page")?.into_iter().collect(),
            attachments: self
                .items::<Attachment>(kept_as, "attachment")?
                .into_iter()
                .collect(),
            purged: self
                .items::<bool>(kept_as, "purged")?
                .into_iter()
                .map(|(id, _)| id)
                .collect(),
            ..Content::default()
        };
        let mut bytes = self.0.prepare(
            "SELECT bytes FROM file WHERE edition = ?1 AND attachment = ?2 AND version = ?3",
        )?;
        for attachment in content.attachments.values_mut() {
            for version in &mut attachment.versions {
                let key = params![kept_as, sql(attachment.id), version.number];
                let found: Option<Vec<u8>> = bytes.query_row(key, |row| row.get(0)).optional()?;
                version.bytes = Arc::from(found.ok_or(DiskError::Damaged)?);
            }
        }
        let next = self.items::<u64>(kept_as, "next-id")?;
        content.next_id = next.first().ok_or(DiskError::Damaged)?.1;
        Ok(content)
    }

    /// Writes what was touched, all or nothing.
    pub fn keep(
        &mut self,
        kept_as: &str,
        content: &Content,
        touched: &BTreeSet<Touched>,
    ) -> Result<(), DiskError> {
        let transaction = self.0.transaction()?;
        for item in touched {
            match *item {
                Touched::Page(id) => {
                    put(&transaction, kept_as, "page", id, content.pages.get(&id))?;
                }
                Touched::Purged(id) => {
                    put(&transaction, kept_as, "purged", id, Some(&true))?;
                }
                Touched::Attachment(id) => {
                    let attachment = content.attachments.get(&id);
                    put(&transaction, kept_as, "attachment", id, attachment)?;
                    match attachment {
                        Some(attachment) => put_files(&transaction, kept_as, attachment)?,
                        None => {
                            transaction.execute(
                                "DELETE FROM file WHERE edition = ?1 AND attachment = ?2",
                                params![kept_as, sql(id)],
                            )?;
                        }
                    }
                }
            }
        }
        put(&transaction, kept_as, "next-id", 0, Some(&content.next_id))?;
        transaction.commit()?;
        Ok(())
    }

    /// Forgets an edition and writes this in its place, all or nothing.
    pub fn replace(&mut self, kept_as: &str, content: &Content) -> Result<(), DiskError> {
        let transaction = self.0.transaction()?;
        transaction.execute("DELETE FROM item WHERE edition = ?1", [kept_as])?;
        transaction.execute("DELETE FROM file WHERE edition = ?1", [kept_as])?;
        for (id, space) in &content.spaces {
            put(&transaction, kept_as, "space", *id, Some(space))?;
        }
        for (id, page) in &content.pages {
            put(&transaction, kept_as, "page", *id, Some(page))?;
        }
        for (id, attachment) in &content.attachments {
            put(&transaction, kept_as, "attachment", *id, Some(attachment))?;
            put_files(&transaction, kept_as, attachment)?;
        }
        put(&transaction, kept_as, "next-id", 0, Some(&content.next_id))?;
        transaction.commit()?;
        Ok(())
    }
}

/// Ids count up from some hundred thousand and never reach 2^63.
fn sql(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}

fn put<T: serde::Serialize>(
    db: &Connection,
    kept_as: &str,
    kind: &str,
    id: u64,
    item: Option<&T>,
) -> Result<(), DiskError> {
    match item {
        Some(item) => db
            .prepare_cached("INSERT OR REPLACE INTO item VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![
                kept_as,
                kind,
                sql(id),
                serde_json::to_string(item)?
            ])?,
        None => db
            .prepare_cached("DELETE FROM item WHERE edition = ?1 AND kind = ?2 AND id = ?3")?
            .execute(params![kept_as, kind, sql(id)])?,
    };
    Ok(())
}

fn put_files(db: &Connection, kept_as: &str, attachment: &Attachment) -> Result<(), DiskError> {
    for version in &attachment.versions {
        db.prepare_cached("INSERT OR IGNORE INTO file VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![
                kept_as,
                sql(attachment.id),
                version.number,
                version.bytes.as_ref()
            ])?;
    }
    Ok(())
}
