//! A secret that was removed leaves every file: the backups, what was archived, and the log.
//!
//! The transaction that removes a secret also notes in which files it still may be. A file leaves that
//! list once it was replaced by a copy without secrets, so whatever fails or is cut short is known, and
//! tried again.

use std::{fs, path::Path};

use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};

use crate::{
    BACKUPS, Result, Store, StoreError,
    alone::{open_alone, settle},
    files::{self, FILE, RECEIVED, STAGED, archived, backup_name, temporary},
    soundness::open_to_read,
};

/// The setting that lists them.
pub(crate) const LEFT: &str = "secretsLeft";

/// A file in which secrets may be that were removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretsLeft {
    /// Name in the folder.
    pub file: String,
    /// It cannot be opened as a database. Nothing is tried again until another secret is removed.
    pub damaged: bool,
    /// Why they were not removed; empty before the first attempt.
    pub problem: String,
}

impl SecretsLeft {
    fn new(file: String) -> Self {
        Self {
            file,
            damaged: false,
            problem: String::new(),
        }
    }
}

impl Store {
    /// A transaction that may remove secrets.
    pub(crate) fn write_noting_secrets<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        self.write(|tx| {
            let before = secrets(tx)?;
            let answer = work(tx)?;
            let now = secrets(tx)?;
            if before.iter().any(|it| !now.contains(it)) {
                let mut left = read(tx)?;
                add(&mut left, holders(self.folder())?);
                save(tx, &left)?;
            }
            Ok(answer)
        })
    }

    /// Takes what was removed out of every file: the newest backup is written anew, and the older
    /// ones and what was archived let go of every secret. Answers in which files it may still be; each
    /// of them is as it was. Takes its time.
    pub fn forget_deleted(&self) -> Result<Vec<SecretsLeft>> {
        self.forget(|_| true)
    }

    /// The same where it failed before, but for damaged files.
    pub fn forget_left(&self) -> Result<Vec<SecretsLeft>> {
        self.forget(|it| !it.damaged)
    }

    /// The files in which secrets may be that were removed.
    pub fn secrets_left(&self) -> Result<Vec<SecretsLeft>> {
        let mut left = self.read(|tx| read(tx))?;
        left.retain(|it| self.folder().join(&it.file).exists());
        Ok(left)
    }

    fn forget(&self, wanted: impl Fn(&SecretsLeft) -> bool) -> Result<Vec<SecretsLeft>> {
        let _alone = self.files();
        let folder = self.folder();
        let noted = self.read(|tx| read(tx))?;
        let mut open = noted.clone();
        if !open.iter().any(&wanted) {
            return self.secrets_left();
        }
        // May have been made of one of the others since.
        let waiting = [RECEIVED, STAGED].map(str::to_owned).into_iter();
        add(&mut open, waiting.filter(|it| folder.join(it).exists()));
        let (log, newest) = (log_name(), backup_name(1));
        let mut left = Vec::new();
        // The newest backup is made last, and so knows of the others what is known then.
        let (last, first): (Vec<_>, Vec<_>) = open
            .into_iter()
            .partition(|it| it.file == log || it.file == newest);
        for it in first {
            let outcome = if wanted(&it) {
                forget_in(&folder.join(&it.file))
            } else {
                Ok(Some(it.problem.clone()))
            };
            left.extend(still(it.file, outcome));
        }
        let known = [&*left, &*last].concat();
        self.write(|tx| exchange(tx, &noted, &known))?;
        for it in last {
            let outcome = match it.file == log {
                true => self.empty_log(),
                false => self.renew_newest(&folder.join(&it.file)),
            };
            left.extend(still(it.file, outcome));
        }
        self.write(|tx| exchange(tx, &known, &left))?;
        self.secrets_left()
    }

    fn renew_newest(&self, file: &Path) -> Result<Option<String>> {
        if !file.try_exists()? {
            return Ok(None);
        }
        match self.fresh_backup() {
            Ok(fresh) => {
                let replaced = replace(file, &fresh);
                if replaced.is_err() {
                    let _ = files::remove(&fresh);
                }
                replaced.map(|()| None)
            }
            // The database itself is damaged: this may be the last good copy of it.
            Err(StoreError::Damaged(_)) => forget_in(file),
            Err(problem) => Err(problem),
        }
    }

    /// What was overwritten in the file is still in the log before it.
    fn empty_log(&self) -> Result<Option<String>> {
        let busy: bool =
            self.connection()
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        match busy {
            true => Err(StoreError::Busy(rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY),
                None,
            ))),
            false => Ok(None),
        }
    }
}

fn log_name() -> String {
    format!("{FILE}-wal")
}

/// `None`: nothing is left in the file, or it is gone.
fn still(file: String, outcome: Result<Option<String>>) -> Option<SecretsLeft> {
    let (damaged, problem) = match outcome {
        Ok(None) => return None,
        Ok(Some(damage)) => (true, damage),
        Err(problem) => (false, problem.to_string()),
    };
    Some(SecretsLeft {
        file,
        damaged,
        problem,
    })
}

/// One line for each secret there is.
fn secrets(tx: &Transaction<'_>) -> Result<Vec<String>> {
    let mut statement = tx.prepare_cached(
        "SELECT 'secret ' || integration_id FROM secret
         UNION ALL SELECT 'password ' || ifnull(integration_id, '') FROM network
                   WHERE proxy_password IS NOT NULL
         UNION ALL SELECT 'key ' || ifnull(integration_id, '') FROM network
                   WHERE client_key IS NOT NULL
         UNION ALL SELECT 'client' FROM setting
                   WHERE name = 'signingIn' AND value ->> '$.sealedClientSecret' IS NOT NULL",
    )?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every file in which a secret of the database may be.
fn holders(folder: &Path) -> Result<Vec<String>> {
    let mut names = vec![log_name()];
    let backups = (1..=BACKUPS).map(backup_name);
    for name in backups.chain([RECEIVED, STAGED].map(str::to_owned)) {
        if folder.join(&name).try_exists()? {
            names.push(name);
        }
    }
    names.extend(archived(folder)?);
    Ok(names)
}

fn add(left: &mut Vec<SecretsLeft>, names: impl IntoIterator<Item = String>) {
    for name in names {
        match left.iter_mut().find(|it| it.file == name) {
            Some(known) => *known = SecretsLeft::new(name),
            None => left.push(SecretsLeft::new(name)),
        }
    }
}

fn read(file: &Connection) -> Result<Vec<SecretsLeft>> {
    let text: Option<String> = file
        .query_row("SELECT value FROM setting WHERE name = ?1", [LEFT], |row| {
            row.get(0)
        })
        .optional()?;
    let text = text.unwrap_or_else(|| "[]".to_owned());
    Ok(serde_json::from_str(&text).map_err(std::io::Error::from)?)
}

fn save(file: &Connection, left: &[SecretsLeft]) -> Result<()> {
    if left.is_empty() {
        file.execute("DELETE FROM setting WHERE name = ?1", [LEFT])?;
        return Ok(());
    }
    let text = serde_json::to_string(left).map_err(std::io::Error::from)?;
    file.execute(
        "INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)",
        params![LEFT, text],
    )?;
    Ok(())
}

/// Unless another secret was removed in the meantime: then all that is noted is still to be done.
fn exchange(tx: &Transaction<'_>, before: &[SecretsLeft], now: &[SecretsLeft]) -> Result<()> {
    match read(tx)? == before {
        true => save(tx, now),
        false => Ok(()),
    }
}

/// What is noted in a database that is not open.
pub(crate) fn left_in(file: &Path) -> Result<Vec<SecretsLeft>> {
    // SQLite would delete the log of an empty file.
    if fs::metadata(file)?.len() == 0 {
        return Ok(Vec::new());
    }
    match open_to_read(file).and_then(|it| read(&it)) {
        // It has no settings, and so never was one of ours.
        Err(StoreError::Sqlite(problem))
            if problem.sqlite_error_code() == Some(ErrorCode::Unknown) =>
        {
            Ok(Vec::new())
        }
        other => other,
    }
}

/// Notes it in the file that takes the place of that database, which gets the name `archived`.
pub(crate) fn carry(
    left: &[SecretsLeft],
    successor: &Path,
    file: &str,
    archived: &str,
) -> Result<()> {
    if left.is_empty() {
        return Ok(());
    }
    let successor = open_alone(successor)?;
    let mut all = read(&successor)?;
    // The log goes with its file.
    let names = left
        .iter()
        .map(|it| match it.file == format!("{file}-wal") {
            true => archived.to_owned(),
            false => it.file.clone(),
        });
    add(&mut all, names);
    save(&successor, &all)
}

/// A file has another name now.
pub(crate) fn was_renamed(store: &Store, from: &str, to: &str) -> Result<()> {
    store.write(|tx| {
        let mut left = read(tx)?;
        if let Some(it) = left.iter_mut().find(|it| it.file == from) {
            it.file = to.to_owned();
            save(tx, &left)?;
        }
        Ok(())
    })
}

/// Each backup may be the next one in a moment. Wherever that is cut short, both names are noted.
pub(crate) fn backups_move(store: &Store) -> Result<()> {
    let noted = store.read(|tx| read(tx))?;
    if noted.is_empty() {
        return Ok(());
    }
    store.write(|tx| {
        let mut left = read(tx)?;
        let moving = (1..BACKUPS).filter(|number| {
            let name = backup_name(*number);
            left.iter().any(|it| it.file == name)
        });
        let next: Vec<String> = moving.map(|number| backup_name(number + 1)).collect();
        add(&mut left, next);
        save(tx, &left)
    })
}

/// Replaces the file by a copy without any secret; what it was changed at stays, as it tells when the
/// copy was made. `Some`: it is damaged, and stays as it is.
fn forget_in(file: &Path) -> Result<Option<String>> {
    if !file.try_exists()? {
        return Ok(None);
    }
    let folder = file.parent().unwrap_or(Path::new(""));
    let copy = temporary(folder, "stripped");
    let stripped = strip(file, &copy).and_then(|()| replace(file, &copy));
    if stripped.is_err() {
        let _ = files::remove(&copy);
    }
    match stripped {
        Ok(()) => Ok(None),
        Err(StoreError::Damaged(problem)) => Ok(Some(problem.to_string())),
        Err(problem) => Err(problem),
    }
}

fn strip(file: &Path, copy: &Path) -> Result<()> {
    let made_at = fs::metadata(file)?.modified()?;
    files::copy_with_logs(file, copy)?;
    drop(open_alone(copy)?);
    forget_secrets(copy)?;
    fs::File::options()
        .write(true)
        .open(copy)?
        .set_modified(made_at)?;
    Ok(())
}

/// Puts a complete file in the place of another, which may have a log that must not meet the new one.
fn replace(file: &Path, new: &Path) -> Result<()> {
    // Into the file it belongs to: wherever this is cut short, that one is whole.
    settle(file)?;
    Ok(files::place(new, file)?)
}

/// Takes every secret out of a file that nobody has open. What it was changed at stays: it tells when
/// the copy was made.
pub(crate) fn forget_secrets(copy: &Path) -> Result<()> {
    let made_at = fs::metadata(copy)?.modified()?;
    Connection::open(copy)?.execute_batch(
        "PRAGMA secure_delete = ON;
         DELETE FROM secret;
         UPDATE network SET proxy_password = NULL, client_key = NULL;
         UPDATE setting SET value = json_remove(value, '$.sealedClientSecret')
         WHERE name = 'signingIn';
         DELETE FROM setting WHERE name = 'sealingKey';
         VACUUM;",
    )?;
    fs::File::options()
        .write(true)
        .open(copy)?
        .set_modified(made_at)?;
    Ok(())
}
