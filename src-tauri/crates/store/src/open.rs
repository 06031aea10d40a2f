//! Opening the file, and bringing its schema up to date.

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use rusqlite::Connection;

use crate::{Replacement, Result, Store, StoreError, backup, replacement::put_in_place};

pub(crate) const FILE: &str = "retropress.db";

/// Each entry brings the schema one version further; `user_version` counts them.
const MIGRATIONS: &[&str] = &[
    include_str!("schema.sql"),
    include_str!("schema-sign-in.sql"),
    include_str!("schema-outbox.sql"),
    include_str!("schema-history.sql"),
    include_str!("schema-withdrawn.sql"),
    include_str!("schema-publications.sql"),
];

/// An open store, and what the user should be told about it.
pub struct Opened {
    pub store: Store,
    /// The file was damaged: it was set aside under this name.
    pub set_aside: Option<String>,
    /// Its last good backup took its place; without one the app starts empty.
    pub from_backup: bool,
    /// What became of a file that was to take the place of the database.
    pub replacement: Replacement,
}

impl Store {
    /// Opens the database in the folder, and makes both where they are missing.
    ///
    /// A damaged file is never deleted: it is set aside and the last good backup takes its place.
    ///
    /// # Errors
    /// [`StoreError::Newer`] for a file of a newer app, which is left as it is.
    pub fn open(folder: &Path) -> Result<Opened> {
        fs::create_dir_all(folder)?;
        restrict(folder)?;
        let replacement = put_in_place(folder, &mut || {})?;
        let path = folder.join(FILE);
        let opened = |connection, set_aside, from_backup| Opened {
            store: Store {
                connection: Arc::new(Mutex::new(connection)),
                history: Arc::default(),
                folder: folder.to_path_buf(),
            },
            set_aside,
            from_backup,
            replacement,
        };
        match connect(&path) {
            Ok(connection) if !backup::damage_was_found(folder) => {
                return Ok(opened(connection, None, false));
            }
            Ok(_) | Err(StoreError::Damaged(_)) => {}
            Err(other) => return Err(other),
        }
        let name = backup::set_aside(folder)?;
        match backup::restore(folder)? {
            Some(connection) => Ok(opened(connection, Some(name), true)),
            None => Ok(opened(connect(&path)?, Some(name), false)),
        }
    }

    /// `PRAGMA integrity_check`: "ok", or what is wrong.
    pub fn integrity(&self) -> Result<String> {
        Ok(self
            .connection()
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))?)
    }
}

pub(crate) fn connect(path: &Path) -> Result<Connection> {
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
    connection.pragma_update(None, "synchronous", "FULL")?;
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

/// Newest schema this app knows.
pub(crate) const SCHEMA: i64 = MIGRATIONS.len() as i64;

pub(crate) fn migrate(connection: &mut Connection) -> Result<()> {
    let known = SCHEMA;
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for version in found..known {
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let now: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if now == version {
            transaction.execute_batch(MIGRATIONS[version as usize])?;
            transaction.pragma_update(None, "user_version", version + 1)?;
        }
        transaction.commit()?;
    }
    Ok(())
}

/// Drafts are nobody else's business on a shared computer.
#[cfg(unix)]
fn restrict(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    Ok(())
}

#[cfg(not(unix))]
fn restrict(_folder: &Path) -> Result<()> {
    Ok(())
}
