//! Tells of every commit, for tests that end the process just there. Built with the feature
//! `watched-commits` alone, which no build of the app asks for.

use std::sync::OnceLock;

use rusqlite::Connection;

use crate::Result;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commit {
    /// All of the transaction is done, and nothing of it is in the log yet.
    Due,
    /// It is in the log and synchronised; whoever asked for it does not know yet.
    Made,
}

static TOLD: OnceLock<fn(Commit)> = OnceLock::new();
/// SQLite's own threshold, which a hook replaces together with the checkpoint.
const CHECKPOINT_AT: i32 = 1000;

/// To be called before the store is opened, once in a process.
pub fn watch(told: fn(Commit)) {
    TOLD.get_or_init(|| told);
}

pub(crate) fn hook(connection: &mut Connection) -> Result<()> {
    let Some(told) = TOLD.get() else {
        return Ok(());
    };
    connection.commit_hook(Some(|| {
        told(Commit::Due);
        false
    }))?;
    connection.wal_hook(Some(
        |wal: &mut rusqlite::hooks::Wal, pages| -> rusqlite::Result<()> {
            told(Commit::Made);
            match pages {
                CHECKPOINT_AT.. => wal.checkpoint(),
                _ => Ok(()),
            }
        },
    ))?;
    Ok(())
}
