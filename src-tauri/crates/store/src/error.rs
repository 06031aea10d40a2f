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
    /// The operation of the draft at the integration that has not ended.
    #[error("an operation of this draft is under way at this integration ({operation})")]
    UnderWay { operation: String },
    /// The draft's page at the integration was made, updated or deleted.
    #[error("the page was published or deleted since this was frozen")]
    Republished,
    #[error("the same operation with other content")]
    OtherContent,
    /// A file that cannot take the place of the database, or cannot be written.
    #[error("the file was refused: {0}")]
    Refused(Refusal),
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

/// Why a file was refused. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("it cannot be read ({0})")]
    Unreadable(String),
    #[error("it is a folder")]
    Folder,
    #[error("it is empty")]
    Empty,
    /// Text, a picture, a PDF.
    #[error("it is no database")]
    NoDatabase,
    /// A database of another program, or one of this app that was not exported.
    #[error("it was not exported by this app")]
    Foreign,
    #[error("its end is missing ({size} of {whole} bytes)")]
    CutShort { size: u64, whole: u64 },
    #[error("it is damaged ({0})")]
    Damaged(String),
    /// Schema version of the file, and the newest one this app knows.
    #[error("it was made by a newer version of the app (schema {found}, known {known})")]
    Newer { found: i64, known: i64 },
    /// An export into the folder of the database itself.
    #[error("the folder is the app's own")]
    OwnFolder,
}
