//! Copies of the file, one a day, and what to do with a damaged one.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rusqlite::{Connection, OpenFlags};

use crate::{
    Result, Store,
    open::{FILE, connect},
    replacement,
};

/// So many are kept.
pub const BACKUPS: u8 = 7;
const EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// Stands beside a file in which a check found damage, for the next start to set it aside.
const FOUND_DAMAGED: &str = "retropress.damage-found";

/// Number 1 is the newest.
fn backup(folder: &Path, number: u8) -> PathBuf {
    folder.join(backup_name(number))
}

pub(crate) fn backup_name(number: u8) -> String {
    format!("retropress.backup-{number}.db")
}

/// When the newest backup was made.
pub(crate) fn newest(folder: &Path) -> Option<SystemTime> {
    (1..=BACKUPS)
        .filter_map(|number| fs::metadata(backup(folder, number)).ok()?.modified().ok())
        .max()
}

impl Store {
    /// Reads the whole file and answers whether it is sound. Damage is noted beside the file: the
    /// next start sets it aside and opens the last good backup. Takes its time with a large file:
    /// not for the start.
    pub fn check(&self) -> Result<bool> {
        // A connection of its own, so that nobody waits for it.
        let file = Connection::open_with_flags(
            self.folder().join(FILE),
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        let sound = is_sound(&file);
        if !sound {
            fs::write(self.folder().join(FOUND_DAMAGED), "")?;
        }
        Ok(sound)
    }

    /// Makes a fresh backup if the last one is older than a day, and lets go of the oldest. The file
    /// is copied as it is: [`check`](Store::check) it before.
    pub fn back_up(&self) -> Result<()> {
        let folder = self.folder();
        let age = newest(folder).and_then(|at| SystemTime::now().duration_since(at).ok());
        if age.is_some_and(|it| it < EVERY) {
            return Ok(());
        }
        self.back_up_now()
    }

    /// Makes a fresh backup whatever the age of the last one.
    pub fn back_up_now(&self) -> Result<()> {
        let folder = self.folder();
        let fresh = self.fresh_backup()?;
        // From the oldest on: wherever this is cut short, no backup is lost but the oldest.
        for number in (1..BACKUPS).rev() {
            let from = backup(folder, number);
            if from.exists() {
                fs::rename(from, backup(folder, number + 1))?;
            }
        }
        fs::rename(fresh, backup(folder, 1))?;
        Ok(())
    }

    fn fresh_backup(&self) -> Result<PathBuf> {
        let fresh = self.folder().join("retropress.backup.new.db");
        self.copy_to(&fresh)?;
        Ok(fresh)
    }

    /// Leaves nothing of what was deleted in any file: the newest backup is written anew, and the
    /// older ones and what was set aside let go of every secret. `false`: another program is reading,
    /// and the database's log keeps it until that ends. Takes its time.
    pub fn forget_deleted(&self) -> Result<bool> {
        let folder = self.folder();
        let newest = backup(folder, 1);
        if newest.exists() {
            fs::rename(self.fresh_backup()?, newest)?;
        }
        let older = (2..=BACKUPS).map(|number| backup(folder, number));
        for older in older.chain(replacement::files(folder)) {
            if older.exists() && forget_secrets(&older).is_err() {
                // Damaged: it could not take the place of the file anyway.
                fs::remove_file(older)?;
            }
        }
        // What was overwritten in the file is still in the log before it.
        let busy: bool =
            self.connection()
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(!busy)
    }

    /// A whole copy in one file, without its write-ahead log.
    pub fn copy_to(&self, target: &Path) -> Result<()> {
        if target.exists() {
            fs::remove_file(target)?;
        }
        let source = Connection::open(self.folder().join(FILE))?;
        source.execute("VACUUM INTO ?1", [target.to_string_lossy()])?;
        fs::File::open(target)?.sync_all()?;
        Ok(())
    }
}

/// Whether the last check found damage.
pub(crate) fn damage_was_found(folder: &Path) -> bool {
    folder.join(FOUND_DAMAGED).exists()
}

/// The file in which damage was found is out of the way.
pub(crate) fn damage_was_dealt_with(folder: &Path) {
    let _ = fs::remove_file(folder.join(FOUND_DAMAGED));
}

/// Puts the newest backup that is sound in the place of the file, which is no longer there.
pub(crate) fn restore(folder: &Path) -> Result<Option<Connection>> {
    for number in 1..=BACKUPS {
        let from = backup(folder, number);
        if !from.exists() || !opens_sound(&from) {
            continue;
        }
        let fresh = folder.join("retropress.restored.new.db");
        fs::copy(&from, &fresh)?;
        if doubt_what_is_unfinished(&fresh).is_err() {
            fs::remove_file(fresh)?;
            continue;
        }
        fs::File::open(&fresh)?.sync_all()?;
        let path = folder.join(FILE);
        fs::rename(fresh, &path)?;
        return connect(&path).map(Some);
    }
    Ok(None)
}

/// An operation that a backup holds as unfinished may have been carried out or cancelled since: the app
/// asks its author, and looks in Confluence before it creates anything. `fromBackup` is the app's name
/// for it.
fn doubt_what_is_unfinished(copy: &Path) -> Result<()> {
    Connection::open(copy)?.execute(
        "UPDATE operation SET progress = json_set(progress, '$.fromBackup', json('true'))
         WHERE ended_at IS NULL",
        [],
    )?;
    Ok(())
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

fn opens_sound(path: &Path) -> bool {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags).is_ok_and(|it| is_sound(&it))
}

pub(crate) fn is_sound(file: &Connection) -> bool {
    file.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))
        .is_ok_and(|it| it == "ok")
}

/// Renames the damaged file and its log. Nothing is thrown away.
pub(crate) fn set_aside(folder: &Path) -> Result<String> {
    for number in 1.. {
        let name = format!("retropress.damaged-{number}.db");
        if folder.join(&name).exists() {
            continue;
        }
        fs::rename(folder.join(FILE), folder.join(&name))?;
        for rest in ["-wal", "-shm"] {
            let from = folder.join(format!("{FILE}{rest}"));
            if from.exists() {
                fs::rename(from, folder.join(format!("{name}{rest}")))?;
            }
        }
        damage_was_dealt_with(folder);
        return Ok(name);
    }
    unreachable!("numbers do not end")
}
