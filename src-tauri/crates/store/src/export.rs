//! Everything of this laptop in one file, for another laptop.

use std::{ffi::OsString, fs, io, path::Path};

use rusqlite::{Connection, params};

use crate::{
    Refusal, Result, Store, StoreError,
    files::{self, sync_folder, temporary},
    forget::forget_secrets,
};

/// In the header of each exported file: <https://sqlite.org/pragma.html#pragma_application_id>.
pub const APPLICATION_ID: u32 = u32::from_be_bytes(*b"Rtpr");

impl Store {
    /// Writes everything but the secrets into one file, or nothing at all. It says of itself when it
    /// was made (milliseconds since 1970) and by which version of the app. Takes its time.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a target in the folder of the database.
    pub fn export(&self, target: &Path, now: i64, version: &str) -> Result<()> {
        let name = target.file_name().ok_or(StoreError::Gone)?;
        let place = target.parent().unwrap_or(Path::new(""));
        if fs::canonicalize(place).is_ok_and(|it| Some(it) == fs::canonicalize(self.folder()).ok())
        {
            return Err(StoreError::Refused(Refusal::OwnFolder));
        }
        let mut part = OsString::from(name);
        part.push(".part");
        let part = place.join(part);
        // The secrets are taken out here: they never reach the medium of the target.
        let stripped = temporary(self.folder(), "export");
        let written = self
            .copy_to(&stripped)
            .and_then(|()| forget_secrets(&stripped))
            .and_then(|()| mark(&stripped, now, version))
            .and_then(|()| Ok(write(&stripped, &part, target)?));
        let _ = files::remove(&stripped);
        let _ = fs::remove_file(part);
        written
    }
}

fn mark(file: &Path, now: i64, version: &str) -> Result<()> {
    let file = Connection::open(file)?;
    file.execute(
        "INSERT OR REPLACE INTO setting (name, value)
         VALUES ('export', json_object('at', ?1, 'version', ?2))",
        params![now, version],
    )?;
    file.pragma_update(None, "application_id", APPLICATION_ID)?;
    Ok(())
}

fn write(from: &Path, part: &Path, target: &Path) -> io::Result<()> {
    let mut file = files::create_private(part)?;
    io::copy(&mut fs::File::open(from)?, &mut file)?;
    file.sync_all()?;
    drop(file);
    fs::rename(part, target)?;
    sync_folder(target.parent().unwrap_or(Path::new("")));
    Ok(())
}
