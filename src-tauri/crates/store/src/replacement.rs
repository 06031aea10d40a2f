//! A file that takes the place of the database: an export of another laptop, or a copy kept on this one.
//!
//! 1. [`Store::receive_export`] or [`Store::receive_copy`] copies it into the folder and checks it; the
//!    file itself is only read.
//! 2. [`Store::stage`] makes it ready: what is unfinished in it ends, and it gets the name under which
//!    the next start looks for it.
//! 3. That start archives the database and puts the file in its place, before it opens anything.
//!
//! Until the start it can be taken back. Wherever this is cut short, there is one whole database: the
//! old one or the new one.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Read, Write},
    path::Path,
    thread,
    time::{Duration, SystemTime},
};

use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction};

use crate::{
    APPLICATION_ID, BACKUPS, Refusal, Result, Soundness, Store, StoreError,
    alone::{open_alone, settle},
    backup,
    files::{
        self, DAMAGED, FILE, RECEIVED, REPLACED, STAGED, archived, backup_name, free_name, has_log,
        move_logs, numbers, remove, replaced_name, sync_folder, with_ending,
    },
    forget::{self, forget_secrets},
    schema::{SCHEMA, migrate},
    soundness::{check_file, full_check, open_to_read, quick_check},
};

/// The setting that says what took the place of the database.
const NOTE: &str = "replacement";
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// An earlier run of the app may be about to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a file holds, or the database itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    pub teams: Vec<String>,
    pub drafts: u32,
    pub published: u32,
    /// Operations that have not ended; the wizard's tests are none.
    pub unfinished: u32,
    /// Bytes.
    pub size: u64,
    /// Of an export: when it was made, in milliseconds since 1970, and by which version of the app.
    pub exported: Option<(i64, String)>,
}

/// Where a kept copy comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyKind {
    Backup,
    /// Archived when an import or a restore took its place.
    Archived,
    /// Archived because it was damaged.
    Damaged,
}

/// Why it is not known what a copy holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyProblem {
    Damaged(String),
    /// It could not be read now; it may be sound.
    Unread(String),
}

/// A backup, or what was archived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCopy {
    /// File name in the folder.
    pub name: String,
    pub kind: CopyKind,
    pub made_at: SystemTime,
    /// Bytes.
    pub size: u64,
    pub contents: Result<Contents, CopyProblem>,
}

/// What became of a staged file at the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replacement {
    None,
    /// It is the database now; what was there before is kept under this name.
    Done {
        set_aside: Option<String>,
    },
    /// Another program has the database open.
    Waits,
    /// It waits for the next start, for this reason. Nothing was changed.
    Failed(String),
    /// It was damaged since; it is kept under this name and the database is as it was.
    Damaged(String),
}

impl Store {
    /// Copies an exported file into the folder and checks it. Takes its time.
    ///
    /// # Errors
    /// [`StoreError::Refused`] with the reason.
    pub fn receive_export(&self, file: &Path) -> Result<Contents> {
        self.receive(file, true)
    }

    /// The same with one of [`Store::kept_copies`].
    pub fn receive_copy(&self, name: &str) -> Result<Contents> {
        if !names(self.folder())?.iter().any(|it| it.0 == name) {
            return Err(StoreError::Gone);
        }
        self.receive(&self.folder().join(name), false)
    }

    fn receive(&self, file: &Path, exported: bool) -> Result<Contents> {
        let _alone = self.files();
        let copy = self.folder().join(RECEIVED);
        remove(&copy)?;
        let contents =
            copy_checked(file, &copy, exported).and_then(|()| look_into(&copy, exported));
        if contents.is_err() {
            remove(&copy)?;
        }
        contents
    }

    /// Lets go of what was received and not staged.
    pub fn leave_received(&self) -> Result<()> {
        let _alone = self.files();
        Ok(remove(&self.folder().join(RECEIVED))?)
    }

    /// Deletes what was archived, at the user's wish. Backups and the database stay.
    ///
    /// # Errors
    /// [`StoreError::Gone`] for a name that is not an archived file's.
    pub fn delete_archived(&self, name: &str) -> Result<()> {
        let _alone = self.files();
        if !archived(self.folder())?.iter().any(|it| it == name) {
            return Err(StoreError::Gone);
        }
        remove(&self.folder().join(name))?;
        sync_folder(self.folder());
        Ok(())
    }

    /// Makes what was received ready for the next start. What is unfinished in it ends as if it had
    /// been cancelled; `note` is given the kinds of these operations and makes the text that
    /// [`Store::replaced_by`] answers after the start.
    ///
    /// # Errors
    /// [`StoreError::Gone`] when nothing was received.
    pub fn stage(&self, now: i64, note: impl FnOnce(&[String]) -> String) -> Result<()> {
        self.stage_stepwise(now, note, &mut || {})
    }

    fn stage_stepwise(
        &self,
        now: i64,
        note: impl FnOnce(&[String]) -> String,
        step: &mut dyn FnMut(),
    ) -> Result<()> {
        let _alone = self.files();
        let received = self.folder().join(RECEIVED);
        if !received.try_exists()? {
            return Err(StoreError::Gone);
        }
        step();
        let mut file = open_alone(&received)?;
        let transaction = file.transaction()?;
        let kinds = end_unfinished(&transaction, now)?;
        for of_the_copy in ["export", forget::LEFT, backup::RECOVERY] {
            transaction.execute("DELETE FROM setting WHERE name = ?1", [of_the_copy])?;
        }
        transaction.execute(
            "INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)",
            [NOTE, &note(&kinds)],
        )?;
        transaction.pragma_update(None, "application_id", 0)?;
        transaction.commit()?;
        drop(file);
        step();
        files::place(&received, &self.folder().join(STAGED))?;
        step();
        Ok(())
    }

    /// The note of the file the next start puts in place, if there is one.
    pub fn staged(&self) -> Result<Option<String>> {
        let staged = self.folder().join(STAGED);
        if !staged.try_exists()? {
            return Ok(None);
        }
        // Not to read alone: an end of the app may have left something to be rolled back.
        Ok(open_alone(&staged)?
            .query_row("SELECT value FROM setting WHERE name = ?1", [NOTE], |row| {
                row.get(0)
            })
            .optional()?)
    }

    /// Takes back what was staged; the database stays as it is.
    pub fn take_back(&self) -> Result<()> {
        let _alone = self.files();
        Ok(remove(&self.folder().join(STAGED))?)
    }

    /// The note of the file that took the place of the database, until it was told.
    pub fn replaced_by(&self) -> Result<Option<String>> {
        self.setting(NOTE)
    }

    pub fn replacement_was_told(&self) -> Result<()> {
        self.write(|tx| {
            tx.execute("DELETE FROM setting WHERE name = ?1", [NOTE])?;
            Ok(())
        })
    }

    /// The backups, newest first, then what was archived, newest first, also because of damage. Reads
    /// each whole file.
    pub fn kept_copies(&self) -> Result<Vec<KeptCopy>> {
        let mut copies = Vec::new();
        for (name, kind) in names(self.folder())? {
            let path = self.folder().join(&name);
            let about = match fs::metadata(&path) {
                // A backup has just been made.
                Err(problem) if problem.kind() == io::ErrorKind::NotFound => continue,
                other => other?,
            };
            copies.push(KeptCopy {
                name,
                kind,
                made_at: about.modified()?,
                size: about.len(),
                contents: contents_of(&path, about.len()),
            });
        }
        Ok(copies)
    }

    /// What the database itself holds, with its write-ahead log.
    pub fn contents(&self) -> Result<Contents> {
        let path = self.folder().join(FILE);
        let size = [path.clone(), with_ending(&path, "-wal")]
            .iter()
            .filter_map(|it| fs::metadata(it).ok())
            .map(|it| it.len())
            .sum();
        self.read(|tx| contents(tx, size))
    }

    /// When the newest backup was made.
    pub fn newest_backup(&self) -> Option<SystemTime> {
        backup::newest(self.folder())
    }
}

/// Puts a staged file in the place of the database, which must not be open in this process.
/// `step` is called between any two changes.
pub(crate) fn put_in_place(folder: &Path, step: &mut dyn FnMut()) -> Result<Replacement> {
    // Of an earlier run that was cut short.
    remove(&folder.join(RECEIVED))?;
    let staged = folder.join(STAGED);
    if !staged.try_exists()? {
        return Ok(Replacement::None);
    }
    match settle(&staged).and_then(|()| check_file(&staged)) {
        Ok(Soundness::Sound) => {}
        Ok(Soundness::Damaged(_)) | Err(StoreError::Damaged(_)) => {
            let name = free_name(folder, DAMAGED, 1)?;
            fs::rename(&staged, folder.join(&name))?;
            move_logs(&staged, &folder.join(&name))?;
            return Ok(Replacement::Damaged(name));
        }
        Err(problem) => return Ok(Replacement::Failed(problem.to_string())),
    }
    let file = folder.join(FILE);
    let last = numbers(folder, REPLACED)?.last().copied();
    let mut set_aside = None;
    if file.try_exists()? {
        let name = free_name(folder, REPLACED, last.map_or(1, |it| it + 1))?;
        match make_ready(&file, &staged, &name) {
            Ok(()) => {}
            Err(StoreError::Busy(_)) => return Ok(Replacement::Waits),
            Err(problem) => return Ok(Replacement::Failed(problem.to_string())),
        }
        step();
        fs::rename(&file, folder.join(&name))?;
        set_aside = Some(name);
    } else if let Some(last) = last {
        // An earlier start was cut short here.
        set_aside = Some(replaced_name(last));
    }
    step();
    // A log that is left, as of a damaged file, belongs to that file and to no other.
    for ending in files::LOGS {
        let left = with_ending(&file, ending);
        if left.try_exists()? {
            match &set_aside {
                Some(name) => fs::rename(left, with_ending(&folder.join(name), ending))?,
                None => fs::remove_file(left)?,
            }
            step();
        }
    }
    backup::damage_was_dealt_with(folder);
    step();
    if let Err(problem) = fs::rename(&staged, &file) {
        if let Some(name) = &set_aside {
            // The logs first: the file must not be opened without them.
            move_logs(&folder.join(name), &file)?;
            fs::rename(folder.join(name), &file)?;
        }
        return Err(problem.into());
    }
    step();
    sync_folder(folder);
    Ok(Replacement::Done { set_aside })
}

/// All that can fail before the database is archived under that name. A damaged one is archived as it is.
fn make_ready(file: &Path, staged: &Path, name: &str) -> Result<()> {
    let left = put_log_away(file).and_then(|()| forget::left_in(file));
    match left {
        Ok(left) => forget::carry(&left, staged, FILE, name).and_then(|()| settle(staged)),
        Err(StoreError::Damaged(_) | StoreError::Refused(_)) => Ok(()),
        Err(problem) => Err(problem),
    }
}

/// Brings what is in the log into the file, so that the file alone is all of it.
fn put_log_away(file: &Path) -> Result<()> {
    let mut start = [0; MAGIC.len()];
    let length = read_full(&mut fs::File::open(file)?, &mut start)?;
    if length > 0 && start != *MAGIC {
        // SQLite would throw its log away.
        return Err(StoreError::Refused(Refusal::NoDatabase));
    }
    let mut waited = Duration::ZERO;
    loop {
        match open_alone(file).map(drop) {
            Err(StoreError::Busy(_)) if waited < PATIENCE => {
                let pause = Duration::from_millis(200);
                thread::sleep(pause);
                waited += pause;
            }
            other => return other,
        }
    }
}

fn copy_checked(file: &Path, copy: &Path, exported: bool) -> Result<()> {
    let unreadable = |it: io::Error| StoreError::Refused(Refusal::Unreadable(it.to_string()));
    let about = fs::metadata(file).map_err(unreadable)?;
    if !about.is_file() {
        return Err(StoreError::Refused(Refusal::Folder));
    }
    // Of one of our own that is not yet in the file: what the header says of its length may be old.
    let logs = !exported && has_log(file)?;
    let mut from = fs::File::open(file).map_err(unreadable)?;
    let mut to = files::create_private(copy)?;
    let mut piece = vec![0; 1024 * 1024];
    let mut first = true;
    loop {
        let length = read_full(&mut from, &mut piece).map_err(unreadable)?;
        if first {
            check_header(&piece[..length], about.len(), exported, logs)?;
            first = false;
        }
        if length == 0 {
            break;
        }
        to.write_all(&piece[..length])?;
    }
    to.sync_all()?;
    drop(to);
    if logs {
        files::copy_logs(file, copy)?;
    }
    Ok(())
}

fn read_full(from: &mut fs::File, piece: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < piece.len() {
        match from.read(&mut piece[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(problem) if problem.kind() == io::ErrorKind::Interrupted => {}
            Err(problem) => return Err(problem),
        }
    }
    Ok(length)
}

/// The first 100 bytes: <https://sqlite.org/fileformat2.html#the_database_header>.
fn check_header(start: &[u8], size: u64, exported: bool, logs: bool) -> Result<()> {
    let refused = |it| Err(StoreError::Refused(it));
    if size == 0 {
        return refused(Refusal::Empty);
    }
    if !start.starts_with(MAGIC) {
        return refused(Refusal::NoDatabase);
    }
    let Some(header) = start.first_chunk::<100>() else {
        return refused(Refusal::CutShort { size, whole: 512 });
    };
    let number = |at: usize| {
        u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
    };
    if exported && number(68) != APPLICATION_ID {
        return refused(Refusal::Foreign);
    }
    let found = i64::from(number(60));
    if found > SCHEMA {
        return refused(Refusal::Newer {
            found,
            known: SCHEMA,
        });
    }
    let page = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        size => u64::from(size),
    };
    let whole = page * u64::from(number(28));
    // The count of pages holds where the last writer was one that keeps it.
    if !logs && number(24) == number(92) && size < whole {
        return refused(Refusal::CutShort { size, whole });
    }
    Ok(())
}

/// Checks the copy, brings its schema up to date and reads what it holds.
fn look_into(copy: &Path, exported: bool) -> Result<Contents> {
    let size = fs::metadata(copy)?.len();
    let looked = check_inside(copy, exported).and_then(|file| contents(&file, size));
    looked.map_err(|problem| match problem {
        StoreError::Damaged(source) => StoreError::Refused(Refusal::Damaged(source.to_string())),
        // Tables or values that are not as ours. Out of memory is no fault of the file.
        StoreError::Sqlite(source)
            if source.sqlite_error_code() != Some(ErrorCode::OutOfMemory) =>
        {
            StoreError::Refused(Refusal::Damaged(source.to_string()))
        }
        StoreError::InvalidSchema { .. } => {
            StoreError::Refused(Refusal::Damaged(problem.to_string()))
        }
        StoreError::Newer { found, known } => StoreError::Refused(Refusal::Newer { found, known }),
        other => other,
    })
}

fn check_inside(copy: &Path, exported: bool) -> Result<Connection> {
    let mut file = open_alone(copy)?;
    let damaged = |what: String| Err(StoreError::Refused(Refusal::Damaged(what)));
    if let Soundness::Damaged(what) = full_check(&file)? {
        return damaged(what);
    }
    migrate(&mut file)?;
    if exported {
        // Triggers and views of somebody else would run with the app's own statements.
        let mut fresh = Connection::open_in_memory()?;
        migrate(&mut fresh)?;
        if schema(&file)? != schema(&fresh)? {
            return Err(StoreError::Refused(Refusal::Foreign));
        }
        let loose = file
            .query_row("PRAGMA foreign_key_check", [], |_| Ok(()))
            .optional()?;
        if loose.is_some() {
            return damaged("rows that belong to nothing".to_owned());
        }
        drop(file);
        // Sealed with the key of another keyring, should there be any.
        forget_secrets(copy)?;
        file = open_alone(copy)?;
    }
    Ok(file)
}

fn schema(file: &Connection) -> Result<BTreeSet<(String, String, Option<String>)>> {
    let mut statement = file.prepare(
        "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Answers the kinds of what was unfinished and belongs to a draft or to a page.
fn end_unfinished(tx: &Transaction<'_>, now: i64) -> Result<Vec<String>> {
    // Of these only was still asked whether they had arrived.
    tx.execute(
        "UPDATE operation SET state = 'cancelled' WHERE state = 'withdrawn'",
        [],
    )?;
    let mut statement = tx.prepare(
        "UPDATE operation SET state = 'cancelled', ended_at = ?1 WHERE ended_at IS NULL
         RETURNING CASE WHEN integration_id IS NULL THEN NULL ELSE kind END",
    )?;
    let kinds = statement.query_map([now], |row| row.get::<_, Option<String>>(0))?;
    let kinds: Vec<Option<String>> = kinds.collect::<Result<_, _>>()?;
    Ok(kinds.into_iter().flatten().collect())
}

fn contents(file: &Connection, size: u64) -> Result<Contents> {
    let count = |sql: &str| file.query_row(sql, [], |row| row.get::<_, u32>(0));
    let mut teams = file.prepare("SELECT name FROM team ORDER BY created_at, id")?;
    let teams = teams.query_map([], |row| row.get(0))?;
    let exported = file
        .query_row(
            "SELECT value ->> 'at', value ->> 'version' FROM setting WHERE name = 'export'",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    Ok(Contents {
        teams: teams.collect::<Result<_, _>>()?,
        drafts: count("SELECT count(*) FROM draft WHERE deleted_at IS NULL")?,
        published: count("SELECT count(*) FROM publication WHERE status <> 'deleted'")?,
        unfinished: count(
            "SELECT count(*) FROM operation
             WHERE ended_at IS NULL AND integration_id IS NOT NULL",
        )?,
        size,
        exported,
    })
}

fn contents_of(path: &Path, size: u64) -> Result<Contents, CopyProblem> {
    let read = open_to_read(path).and_then(|file| match quick_check(&file)? {
        Soundness::Sound => contents(&file, size).map(Ok),
        Soundness::Damaged(what) => Ok(Err(CopyProblem::Damaged(what))),
    });
    read.unwrap_or_else(|problem| {
        Err(match problem {
            StoreError::Damaged(source) => CopyProblem::Damaged(source.to_string()),
            other => CopyProblem::Unread(other.to_string()),
        })
    })
}

/// File names of the copies, and where each comes from.
fn names(folder: &Path) -> Result<Vec<(String, CopyKind)>> {
    let mut names = Vec::new();
    for name in (1..=BACKUPS).map(backup_name) {
        if folder.join(&name).try_exists()? {
            names.push((name, CopyKind::Backup));
        }
    }
    for name in archived(folder)? {
        let kind = match name.contains(DAMAGED) {
            true => CopyKind::Damaged,
            false => CopyKind::Archived,
        };
        names.push((name, kind));
    }
    Ok(names)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

    use tempfile::TempDir;

    use super::*;

    struct Killed;

    /// Ends the work at that step as a kill does: nothing after it runs.
    fn killed_at(number: usize, work: impl FnOnce(&mut dyn FnMut())) -> bool {
        let mut left = number;
        let mut step = || match left {
            0 => resume_unwind(Box::new(Killed)),
            _ => left -= 1,
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| work(&mut step)));
        outcome.is_err_and(|it| it.is::<Killed>())
    }

    fn store(folder: &Path) -> Store {
        Store::open(folder).unwrap().store
    }

    fn teams(store: &Store) -> Vec<String> {
        store.contents().unwrap().teams
    }

    /// A folder as a killed process leaves it: what was written last is in the log alone.
    fn killed_with(team: &str) -> TempDir {
        let (running, left) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let store = store(running.path());
        store.create_team("t", team, 1).unwrap();
        for entry in fs::read_dir(running.path()).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), left.path().join(entry.file_name())).unwrap();
        }
        assert!(left.path().join("retropress.db-wal").exists());
        left
    }

    fn exported_with(team: &str, folder: &TempDir) -> std::path::PathBuf {
        let data = folder.path().join("data");
        let store = store(&data);
        store.create_team("n", team, 1).unwrap();
        let target = folder.path().join("all.retropress");
        store.export(&target, 2, "0.1.0").unwrap();
        target
    }

    fn kept_teams(folder: &Path) -> Vec<Vec<String>> {
        names(folder)
            .unwrap()
            .iter()
            .map(|(name, _)| {
                let file = Connection::open(folder.join(name)).unwrap();
                contents(&file, 0).unwrap().teams
            })
            .collect()
    }

    #[test]
    fn a_kill_at_any_step_of_the_start_leaves_the_new_and_keeps_the_old_once() {
        let elsewhere = tempfile::tempdir().unwrap();
        let export = exported_with("New", &elsewhere);
        let mut kills = 0;
        for number in 0.. {
            let folder = killed_with("Old");
            let staging = store(folder.path());
            staging.receive_export(&export).unwrap();
            staging.stage(3, |_| "note".into()).unwrap();
            staging
                .create_team("late", "Written after it was staged", 4)
                .unwrap();
            // Without closing: the log stays.
            let left = tempfile::tempdir().unwrap();
            for entry in fs::read_dir(folder.path()).unwrap() {
                let entry = entry.unwrap();
                fs::copy(entry.path(), left.path().join(entry.file_name())).unwrap();
            }
            let killed = killed_at(number, |step| {
                put_in_place(left.path(), step).unwrap();
            });
            let opened = Store::open(left.path()).unwrap();
            assert_eq!(teams(&opened.store), ["New"], "killed at step {number}");
            assert_eq!(opened.store.integrity().unwrap(), "ok");
            assert_eq!(opened.store.replaced_by().unwrap().unwrap(), "note");
            assert_eq!(
                kept_teams(left.path()),
                [["Old", "Written after it was staged"]],
                "killed at step {number}"
            );
            drop(opened);
            let again = Store::open(left.path()).unwrap();
            assert_eq!(again.replacement, Replacement::None);
            if !killed {
                break;
            }
            kills += 1;
        }
        assert!(kills >= 4, "{kills}");
    }

    #[test]
    fn a_damaged_database_is_set_aside_with_its_log_wherever_the_start_is_cut_short() {
        let elsewhere = tempfile::tempdir().unwrap();
        let export = exported_with("New", &elsewhere);
        let mut kills = 0;
        for number in 0.. {
            let folder = tempfile::tempdir().unwrap();
            let staging = store(folder.path());
            staging.receive_export(&export).unwrap();
            staging.stage(3, |_| "note".into()).unwrap();
            drop(staging);
            let file = folder.path().join(FILE);
            fs::write(&file, b"no database").unwrap();
            fs::write(with_ending(&file, "-wal"), b"its log").unwrap();
            fs::write(with_ending(&file, "-shm"), b"its index").unwrap();
            fs::write(folder.path().join("retropress.damage-found"), "").unwrap();
            let killed = killed_at(number, |step| {
                put_in_place(folder.path(), step).unwrap();
            });
            let opened = Store::open(folder.path()).unwrap();
            assert_eq!(teams(&opened.store), ["New"], "killed at step {number}");
            assert_eq!(opened.recovery, None, "the damage was the old one's");
            assert_eq!(opened.store.integrity().unwrap(), "ok");
            let kept = folder.path().join(replaced_name(1));
            assert_eq!(fs::read(&kept).unwrap(), b"no database");
            assert_eq!(fs::read(with_ending(&kept, "-wal")).unwrap(), b"its log");
            let listed = opened.store.kept_copies().unwrap();
            assert!(listed.iter().all(|it| it.contents.is_err()));
            if !killed {
                break;
            }
            kills += 1;
        }
        assert!(kills >= 6, "{kills}");
    }

    #[test]
    fn a_kill_at_any_step_of_staging_leaves_the_old_or_the_new() {
        let elsewhere = tempfile::tempdir().unwrap();
        let export = exported_with("New", &elsewhere);
        let mut seen = BTreeSet::new();
        for number in 0.. {
            let folder = killed_with("Old");
            let staging = store(folder.path());
            staging.receive_export(&export).unwrap();
            let killed = killed_at(number, |step| {
                staging.stage_stepwise(3, |_| "note".into(), step).unwrap();
            });
            drop(staging);
            let opened = Store::open(folder.path()).unwrap();
            let now = teams(&opened.store);
            assert!(now == ["Old"] || now == ["New"], "{now:?}");
            assert_eq!(opened.store.integrity().unwrap(), "ok");
            assert!(!folder.path().join(RECEIVED).exists());
            seen.insert(now);
            if !killed {
                break;
            }
        }
        assert_eq!(seen.len(), 2);
    }
}
