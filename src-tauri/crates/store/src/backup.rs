//! Copies of the file, one a day, and what to do with a damaged one.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rusqlite::{
    Connection, OpenFlags, OptionalExtension, ToSql,
    types::{ToSqlOutput, ValueRef},
};
use serde::{Deserialize, Serialize};

use crate::{
    BACKUPS, Result, Soundness, Store, StoreError,
    alone::open_alone,
    files::{self, DAMAGED, FILE, backup, backup_name, damaged_name, free_name, temporary},
    forget,
    schema::{SCHEMA, migrate},
    soundness::{check_file, quick_check},
};

const EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// Stands beside a file in which a check found damage, for the next start to check it again.
const FOUND_DAMAGED: &str = "retropress.damage-found";
/// Complete, and about to take the place of a damaged database.
const RECOVERED: &str = "retropress.recovered.db";
/// The setting in it that says so.
pub(crate) const RECOVERY: &str = "recovery";

/// When the newest backup was made.
pub(crate) fn newest(folder: &Path) -> Option<SystemTime> {
    (1..=BACKUPS)
        .filter_map(|number| fs::metadata(backup(folder, number)).ok()?.modified().ok())
        .max()
}

impl Store {
    /// Reads the whole file and answers whether it is sound. Damage is noted beside the file: the
    /// next start checks it again, archives it and opens the last good backup. Takes its time with a
    /// large file: not for the start.
    ///
    /// # Errors
    /// Anything that keeps the check from its end. Then nothing is known of the file, nor noted.
    pub fn check(&self) -> Result<Soundness> {
        // A connection of its own, so that nobody waits for it.
        let found = check_file(&self.folder().join(FILE))?;
        match found {
            Soundness::Sound => damage_was_dealt_with(self.folder()),
            Soundness::Damaged(_) => fs::write(self.folder().join(FOUND_DAMAGED), "")?,
        }
        Ok(found)
    }

    /// Makes a fresh backup if the last one is older than a day, and lets go of the oldest. The file
    /// is copied as it is: [`check`](Store::check) it before.
    pub fn back_up(&self) -> Result<()> {
        let _alone = self.files();
        let age = newest(self.folder()).and_then(|at| SystemTime::now().duration_since(at).ok());
        if age.is_some_and(|it| it < EVERY) {
            return Ok(());
        }
        self.rotate()
    }

    /// Makes a fresh backup whatever the age of the last one.
    pub fn back_up_now(&self) -> Result<()> {
        let _alone = self.files();
        self.rotate()
    }

    fn rotate(&self) -> Result<()> {
        let folder = self.folder();
        let fresh = self.fresh_backup()?;
        let rotated = forget::backups_move(self).and_then(|()| {
            let mut free = 1;
            while free < BACKUPS && backup(folder, free).try_exists()? {
                free += 1;
            }
            // From the oldest on: wherever this is cut short, no backup is lost but the oldest.
            for number in (1..free).rev() {
                let (from, to) = (backup(folder, number), backup(folder, number + 1));
                files::remove_logs(&to)?;
                fs::rename(&from, &to)?;
                files::move_logs(&from, &to)?;
            }
            Ok(files::place(&fresh, &backup(folder, 1))?)
        });
        if rotated.is_err() {
            let _ = files::remove(&fresh);
        }
        rotated
    }

    pub(crate) fn fresh_backup(&self) -> Result<PathBuf> {
        let fresh = temporary(self.folder(), "backup");
        self.copy_to(&fresh)?;
        Ok(fresh)
    }

    /// A whole copy in one file, without its write-ahead log. Nothing is left of one that failed.
    pub fn copy_to(&self, target: &Path) -> Result<()> {
        let copied = copy(&self.folder().join(FILE), target);
        if copied.is_err() {
            let _ = files::remove(target);
        }
        copied
    }
}

fn copy(file: &Path, target: &Path) -> Result<()> {
    files::create_private(target)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(file, flags)?;
    source.execute("VACUUM INTO ?1", [AsText(target)])?;
    files::sync(target)?;
    Ok(())
}

/// A path in SQL, as SQLite opens it: its bytes, whether they are UTF-8 or not.
struct AsText<'a>(&'a Path);

impl ToSql for AsText<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        #[cfg(unix)]
        let text = std::os::unix::ffi::OsStrExt::as_bytes(self.0.as_os_str());
        #[cfg(not(unix))]
        let text = self
            .0
            .to_str()
            .ok_or_else(|| rusqlite::Error::InvalidPath(self.0.to_owned()))?
            .as_bytes();
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(text)))
    }
}

/// Whether the last check found damage that is still there. What cannot be checked now is checked again
/// later.
pub(crate) fn is_damage_confirmed(folder: &Path, file: &Connection) -> bool {
    if !folder.join(FOUND_DAMAGED).exists() {
        return false;
    }
    match quick_check(file) {
        Ok(Soundness::Sound) => {
            damage_was_dealt_with(folder);
            false
        }
        Ok(Soundness::Damaged(_)) => true,
        Err(_) => false,
    }
}

/// The file in which damage was found is out of the way.
pub(crate) fn damage_was_dealt_with(folder: &Path) {
    let _ = fs::remove_file(folder.join(FOUND_DAMAGED));
}

/// What took the place of a database that was damaged or lost. Kept in it until it was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recovery {
    /// Name of the damaged file. `None`: there was no file.
    pub archived: Option<String>,
    /// The newest sound backup took its place. `false`: there was none, and the app starts empty.
    pub from_backup: bool,
}

/// Whether the database was deleted or emptied although there are backups of it.
pub(crate) fn is_lost(folder: &Path) -> Result<bool> {
    let bytes = match fs::metadata(folder.join(FILE)) {
        Ok(about) => about.len(),
        Err(problem) if problem.kind() == io::ErrorKind::NotFound => 0,
        Err(problem) => return Err(problem.into()),
    };
    Ok(bytes == 0 && has_backup(folder)?)
}

fn has_backup(folder: &Path) -> Result<bool> {
    for number in 1..=BACKUPS {
        if backup(folder, number).try_exists()? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Archives the damaged database and puts the newest sound backup in its place, or an empty database
/// where there is none. What takes the place is complete before the damaged file is touched.
pub(crate) fn recover(folder: &Path) -> Result<()> {
    let archived = match folder.join(FILE).try_exists()? {
        true => Some(free_name(folder, DAMAGED, 1)?),
        false => None,
    };
    recover_from(folder, archived)
}

fn recover_from(folder: &Path, archived: Option<String>) -> Result<()> {
    let file = folder.join(FILE);
    let recovery = Recovery {
        archived,
        from_backup: false,
    };
    let copy = temporary(folder, "recovery");
    let prepared = prepare(folder, &copy, &recovery)
        .and_then(|()| match &recovery.archived {
            // As far as it can be read: it is damaged.
            Some(archived) => {
                let left = forget::left_in(&file).unwrap_or_default();
                forget::carry(&left, &copy, FILE, archived)
            }
            None => Ok(()),
        })
        .and_then(|()| Ok(files::place(&copy, &folder.join(RECOVERED))?));
    if let Err(problem) = prepared {
        let _ = files::remove(&copy);
        return Err(problem);
    }
    if let Some(archived) = &recovery.archived
        && file.try_exists()?
    {
        fs::rename(&file, folder.join(archived))?;
    }
    complete(folder, &recovery)
}

/// Goes on where a start was cut short between archiving a database and replacing it.
pub(crate) fn finish_recovery(folder: &Path) -> Result<()> {
    let recovered = folder.join(RECOVERED);
    if !recovered.try_exists()? {
        return Ok(());
    }
    if folder.join(FILE).try_exists()? {
        // Of a start that was cut short before: what it was made of is still there.
        return Ok(files::remove(&recovered)?);
    }
    let note = open_alone(&recovered).and_then(|it| note(&it));
    match note {
        Ok(Some(recovery)) => complete(folder, &recovery),
        Ok(None) | Err(StoreError::Damaged(_)) => {
            files::remove(&recovered)?;
            // The start was cut short after the last of these was archived.
            let last = files::numbers(folder, DAMAGED)?.pop();
            recover_from(folder, last.map(damaged_name))
        }
        Err(problem) => Err(problem),
    }
}

fn complete(folder: &Path, recovery: &Recovery) -> Result<()> {
    let file = folder.join(FILE);
    // Its logs belong to the damaged file; the new one must never meet them.
    let owner = match &recovery.archived {
        Some(archived) => archived.clone(),
        None => free_name(folder, DAMAGED, 1)?,
    };
    files::move_logs(&file, &folder.join(owner))?;
    damage_was_dealt_with(folder);
    fs::rename(folder.join(RECOVERED), &file)?;
    files::sync_folder(folder);
    Ok(())
}

fn prepare(folder: &Path, copy: &Path, recovery: &Recovery) -> Result<()> {
    for number in 1..=BACKUPS {
        let from = backup(folder, number);
        if !from.try_exists()? {
            continue;
        }
        let recovery = Recovery {
            from_backup: true,
            ..recovery.clone()
        };
        match prepare_from(&from, copy, &recovery) {
            Ok(true) => return Ok(()),
            Ok(false) => files::remove(copy)?,
            // Neither says anything of how the backup is.
            Err(problem @ StoreError::Newer { .. }) => return Err(problem),
            Err(problem) if problem.is_disk_full() => return Err(problem),
            Err(problem) => {
                return Err(StoreError::Backup {
                    file: backup_name(number),
                    source: Box::new(problem),
                });
            }
        }
    }
    files::create_private(copy)?;
    let mut empty = open_alone(copy)?;
    migrate(&mut empty)?;
    save_note(&empty, recovery)
}

/// `false`: the backup is damaged.
fn prepare_from(backup: &Path, copy: &Path, recovery: &Recovery) -> Result<bool> {
    files::copy_with_logs(backup, copy)?;
    let prepared = open_alone(copy).and_then(|file| {
        if !quick_check(&file)?.is_sound() {
            return Ok(false);
        }
        let version: i64 = file.pragma_query_value(None, "user_version", |row| row.get(0))?;
        match version {
            ..1 => return Ok(false),
            newer if newer > SCHEMA => {
                return Err(StoreError::Newer {
                    found: newer,
                    known: SCHEMA,
                });
            }
            _ => {}
        }
        doubt_what_is_unfinished(&file)?;
        save_note(&file, recovery)?;
        Ok(true)
    });
    match prepared {
        Err(StoreError::Damaged(_)) => Ok(false),
        other => other,
    }
}

fn save_note(file: &Connection, recovery: &Recovery) -> Result<()> {
    let note = serde_json::to_string(recovery).map_err(io::Error::from)?;
    file.execute(
        "INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)",
        [RECOVERY, &note],
    )?;
    Ok(())
}

fn note(file: &Connection) -> Result<Option<Recovery>> {
    let note: Option<String> = file
        .query_row(
            "SELECT value FROM setting WHERE name = ?1",
            [RECOVERY],
            |row| row.get(0),
        )
        .optional()?;
    Ok(note.and_then(|it| serde_json::from_str(&it).ok()))
}

/// The note about a recovery, which is shown once.
pub(crate) fn take_recovery_note(store: &Store) -> Result<Option<Recovery>> {
    let note = store.read(|tx| note(tx))?;
    if note.is_some() {
        // Told twice is better than not at all.
        let _ = store.write(|tx| {
            tx.execute("DELETE FROM setting WHERE name = ?1", [RECOVERY])?;
            Ok(())
        });
    }
    Ok(note)
}

/// An operation that a backup holds as unfinished may have been carried out or cancelled since: the app
/// asks its author, and looks in Confluence before it creates anything. `fromBackup` is the app's name
/// for it.
fn doubt_what_is_unfinished(copy: &Connection) -> Result<()> {
    copy.execute(
        "UPDATE operation SET progress = json_set(progress, '$.fromBackup', json('true'))
         WHERE ended_at IS NULL",
        [],
    )?;
    Ok(())
}
