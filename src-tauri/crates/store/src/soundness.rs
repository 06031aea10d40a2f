//! Whether a file is a whole database. What could not be read is not damaged.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};

use crate::Result;

/// The answer of a check that was made to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Soundness {
    Sound,
    /// In SQLite's words.
    Damaged(String),
}

impl Soundness {
    pub fn is_sound(&self) -> bool {
        *self == Self::Sound
    }
}

/// Reads the whole file, without comparing its indexes with their tables.
///
/// # Errors
/// Anything that keeps the check from its end: a disk that does not answer, a lock, no memory.
pub(crate) fn quick_check(file: &Connection) -> Result<Soundness> {
    check(file, "PRAGMA quick_check(1)")
}

/// The same with its indexes.
pub(crate) fn full_check(file: &Connection) -> Result<Soundness> {
    check(file, "PRAGMA integrity_check(1)")
}

/// Checks a file that is not open.
pub(crate) fn check_file(path: &Path) -> Result<Soundness> {
    quick_check(&open_to_read(path)?)
}

pub(crate) fn open_to_read(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(path, flags)?)
}

fn check(file: &Connection, sql: &str) -> Result<Soundness> {
    match file.query_row(sql, [], |row| row.get::<_, String>(0)) {
        Ok(answer) if answer == "ok" => Ok(Soundness::Sound),
        Ok(answer) => match unread(&answer) {
            Some(code) => Err(problem(code, answer).into()),
            None => Ok(Soundness::Damaged(answer)),
        },
        Err(problem) if is_damage(&problem) => Ok(Soundness::Damaged(problem.to_string())),
        Err(problem) => Err(problem.into()),
    }
}

fn problem(code: i32, answer: String) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(code), Some(answer))
}

/// The only two errors that say something of the file and not of the disk or of the moment.
fn is_damage(problem: &rusqlite::Error) -> bool {
    matches!(
        problem.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// A page that could not be read is an answer of the check, and no error of it: `checkTreePage` and
/// `checkList` in SQLite's btree.c.
fn unread(answer: &str) -> Option<i32> {
    if let Some((_, code)) = answer.split_once("unable to get the page. error code=") {
        let digits = code.split(|it: char| !it.is_ascii_digit()).next();
        let code: i32 = digits.and_then(|it| it.parse().ok())?;
        let damage = matches!(code & 0xff, ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB);
        return (!damage).then_some(code);
    }
    // The number of the page was in range.
    let unread = [
        "failed to get page ",
        "unable to validate the inverted index",
    ];
    let found = unread.iter().any(|it| answer.contains(it));
    found.then_some(ffi::SQLITE_IOERR_READ)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_tells_damage_from_a_page_that_was_not_read() {
        let page = |code| format!("Tree 5 page 7: unable to get the page. error code={code}");
        assert_eq!(unread(&page(ffi::SQLITE_IOERR_READ)), Some(266));
        assert_eq!(unread(&page(ffi::SQLITE_NOMEM)), Some(7));
        assert_eq!(unread(&page(ffi::SQLITE_CORRUPT)), None);
        assert_eq!(unread(&format!("{}\nmore", page(778))), Some(778));
        assert_eq!(unread("Freelist: failed to get page 12"), Some(266));
        assert_eq!(
            unread("Tree 5 page 7: btreeInitPage() returns error code 11"),
            None
        );
        assert_eq!(unread("database disk image is malformed"), None);
    }
}
