//! A database file that nobody else has open.

use std::{io, path::Path};

use rusqlite::{Connection, ffi};

use crate::{Result, StoreError, files::has_log};

/// Without a write-ahead log: the file alone is all of it.
pub(crate) fn open_alone(path: &Path) -> Result<Connection> {
    let file = Connection::open(path)?;
    file.pragma_update(None, "trusted_schema", false)?;
    let mode: String =
        file.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get(0))?;
    if mode != "delete" {
        return Err(StoreError::Busy(rusqlite::Error::SqliteFailure(
            ffi::Error::new(ffi::SQLITE_BUSY),
            Some(format!("its log stays in the mode {mode}")),
        )));
    }
    synchronize(&file)?;
    file.pragma_update(None, "foreign_keys", true)?;
    file.pragma_update(None, "secure_delete", true)?;
    Ok(file)
}

/// Ends what a run that was cut short began in a file that nobody has open.
pub(crate) fn settle(file: &Path) -> Result<()> {
    if has_log(file)? {
        drop(open_alone(file)?);
    }
    if has_log(file)? {
        return Err(io::Error::other("a part of the file is still in its log").into());
    }
    Ok(())
}

/// What was committed survives a power cut. macOS answers an ordinary fsync before the disk has written.
pub(crate) fn synchronize(connection: &Connection) -> Result<()> {
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    Ok(())
}
