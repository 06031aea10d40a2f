//! What can go wrong with the file.

use rusqlite::{ErrorCode, ffi};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the disk is full")]
    DiskFull(#[source] rusqlite::Error),
    /// It could not be read, or not be locked. What is on it may be sound.
    #[error("the disk reported an error")]
    Disk(#[source] rusqlite::Error),
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
    /// Not a number this app ever writes.
    #[error("the database has an invalid schema version ({found})")]
    InvalidSchema { found: i64 },
    /// A backup that is wanted and can neither be read nor be called damaged.
    #[error("{file} could not be read: {source}")]
    Backup {
        file: String,
        #[source]
        source: Box<StoreError>,
    },
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
            Some(ErrorCode::SystemIoFailure) => match extended_code(&problem) {
                ffi::SQLITE_IOERR_NOMEM => Self::Sqlite(problem),
                // A write to the journal that fails is a full disk far more often than a broken one.
                ffi::SQLITE_IOERR_WRITE
                | ffi::SQLITE_IOERR_FSYNC
                | ffi::SQLITE_IOERR_DIR_FSYNC
                | ffi::SQLITE_IOERR_TRUNCATE
                | ffi::SQLITE_IOERR_SHMSIZE
                | ffi::SQLITE_IOERR_SHMMAP => Self::DiskFull(problem),
                _ => Self::Disk(problem),
            },
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

fn extended_code(problem: &rusqlite::Error) -> i32 {
    problem.sqlite_error().map_or(0, |it| it.extended_code)
}

impl StoreError {
    /// There is no room for what was to be written.
    pub fn is_disk_full(&self) -> bool {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        match self {
            Self::DiskFull(_) => true,
            Self::Folder(it) => matches!(it.kind(), StorageFull | QuotaExceeded),
            Self::Backup { source, .. } => source.is_disk_full(),
            _ => false,
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
