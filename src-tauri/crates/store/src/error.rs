//! What can go wrong with the file.

use rusqlite::ErrorCode;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the disk is full")]
    DiskFull(#[source] rusqlite::Error),
    #[error("the database cannot be written to")]
    ReadOnly(#[source] rusqlite::Error),
    #[error("another program holds the database")]
    Busy(#[source] rusqlite::Error),
    #[error("the database is damaged")]
    Damaged(#[source] rusqlite::Error),
    /// Schema version of the file, and the newest one this app knows.
    #[error(
        "the database was written by a newer version of the app (schema {found}, known {known})"
    )]
    Newer { found: i64, known: i64 },
    #[error("no longer there")]
    Gone,
    /// The revision that is saved now.
    #[error("the draft was changed since it was opened (saved revision {saved})")]
    Stale { saved: i64 },
    #[error("the same operation with other content")]
    OtherContent,
    #[error("the folder cannot be used")]
    Folder(#[from] std::io::Error),
    #[error("the database answered with an error")]
    Sqlite(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(problem: rusqlite::Error) -> Self {
        match problem.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull(problem),
            // A write to the journal that fails is a full disk far more often than a broken one.
            Some(ErrorCode::SystemIoFailure) => Self::DiskFull(problem),
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::ReadOnly(problem)
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(problem),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(problem),
            _ if matches!(problem, rusqlite::Error::QueryReturnedNoRows) => Self::Gone,
            _ => Self::Sqlite(problem),
        }
    }
}
