//! Opening the database.

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use rusqlite::Connection;

use crate::{
    Recovery, Replacement, Result, Soundness, Store, StoreError,
    alone::synchronize,
    backup,
    files::{self, FILE, STAGED},
    forget,
    replacement::put_in_place,
    schema::migrate,
    soundness::{full_check, open_to_read},
};

/// An open store, and what the user should be told about it.
pub struct Opened {
    pub store: Store,
    /// The database was damaged or lost.
    pub recovery: Option<Recovery>,
    /// What became of a file that was to take the place of the database.
    pub replacement: Replacement,
}

impl Store {
    /// Opens the database in the folder, and makes both where they are missing.
    ///
    /// A damaged file is never deleted: it is archived and the last good backup takes its place. The
    /// backup is also used if the database was deleted or emptied.
    ///
    /// # Errors
    /// [`StoreError::Newer`] for a file of a newer app, which is left as it is. So is every file after
    /// any other error: only damage archives one.
    pub fn open(folder: &Path) -> Result<Opened> {
        files::create_folder(folder)?;
        files::restrict(folder);
        files::remove_temporary(folder);
        backup::finish_recovery(folder)?;
        let replacement = put_in_place(folder, &mut || {})?;
        let store = Store {
            connection: Arc::new(Mutex::new(open_or_recover(folder)?)),
            history: Arc::default(),
            files: Arc::default(),
            folder: folder.to_path_buf(),
        };
        if let Replacement::Damaged(name) = &replacement {
            forget::was_renamed(&store, STAGED, name)?;
        }
        Ok(Opened {
            recovery: backup::take_recovery_note(&store)?,
            store,
            replacement,
        })
    }

    /// `PRAGMA integrity_check`: "ok", or what is wrong. Reads the whole file.
    pub fn integrity(&self) -> Result<String> {
        // A connection of its own, so that nobody waits for it.
        let file = open_to_read(&self.folder().join(FILE))?;
        Ok(match full_check(&file)? {
            Soundness::Sound => "ok".to_owned(),
            Soundness::Damaged(what) => what,
        })
    }
}

fn open_or_recover(folder: &Path) -> Result<Connection> {
    let path = folder.join(FILE);
    // Checked before SQLite opens the file, since SQLite deletes the log of an empty one.
    if backup::is_lost(folder)? {
        backup::recover(folder)?;
        return connect(&path);
    }
    match connect(&path) {
        Ok(connection) if !backup::is_damage_confirmed(folder, &connection) => {
            return Ok(connection);
        }
        Ok(_) | Err(StoreError::Damaged(_)) => {}
        Err(other) => return Err(other),
    }
    backup::recover(folder)?;
    connect(&path)
}

pub(crate) fn connect(path: &Path) -> Result<Connection> {
    if !path.try_exists()? {
        files::create_private(path)?;
    }
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    // SQLite opens a file that may only be read without a word, and fails at the first write.
    if connection.is_readonly("main")? {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY);
        return Err(StoreError::ReadOnly(rusqlite::Error::SqliteFailure(
            code, None,
        )));
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    synchronize(&connection)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    #[cfg(feature = "watched-commits")]
    crate::commits::hook(&mut connection)?;
    migrate(&mut connection)?;
    // Reading the schema finds a file that is no database, or cut short.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| {
        row.get::<_, i64>(0)
    })?;
    connection.query_row("SELECT count(*) FROM draft", [], |row| row.get::<_, i64>(0))?;
    Ok(connection)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]
mod tests {
    use super::*;

    #[test]
    fn every_commit_waits_for_the_disk_itself() {
        let folder = tempfile::tempdir().unwrap();
        let connection = connect(&folder.path().join(FILE)).unwrap();
        let value = |name: &str| {
            connection
                .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
                .unwrap()
        };
        assert_eq!(value("synchronous"), 2);
        assert_eq!(value("fullfsync"), 1);
        assert_eq!(value("checkpoint_fullfsync"), 1);
    }

    #[test]
    fn the_whole_file_is_checked_while_the_connection_is_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap().store;
        let (tell, told) = std::sync::mpsc::channel();
        let in_use = store.connection();
        let checking = store.clone();
        let checked = std::thread::spawn(move || tell.send(checking.integrity()));
        let answer = told.recv_timeout(Duration::from_secs(10));
        drop(in_use);
        assert_eq!(answer.unwrap().unwrap(), "ok");
        checked.join().unwrap().unwrap();
    }
}
