//! Files of the data folder: their names, and what may be done with them without losing one.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use crate::Result;

/// The database.
pub(crate) const FILE: &str = "retropress.db";
/// Copied into the folder, and not yet confirmed.
pub(crate) const RECEIVED: &str = "retropress.received.db";
/// Confirmed; the next start puts it in place.
pub(crate) const STAGED: &str = "retropress.staged.db";
/// The number of backups that are kept.
pub const BACKUPS: u8 = 7;
/// Archived by an import or a restore.
pub(crate) const REPLACED: &str = "replaced";
/// Archived because of damage.
pub(crate) const DAMAGED: &str = "damaged";

/// Number 1 is the newest.
pub(crate) fn backup(folder: &Path, number: u8) -> PathBuf {
    folder.join(backup_name(number))
}

pub(crate) fn backup_name(number: u8) -> String {
    format!("retropress.backup-{number}.db")
}

pub(crate) fn replaced_name(number: u32) -> String {
    format!("retropress.{REPLACED}-{number}.db")
}

pub(crate) fn damaged_name(number: u32) -> String {
    format!("retropress.{DAMAGED}-{number}.db")
}

/// Names of what was archived, newest first.
pub(crate) fn archived(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for what in [REPLACED, DAMAGED] {
        let numbers = numbers(folder, what)?.into_iter().rev();
        names.extend(numbers.map(|it| format!("retropress.{what}-{it}.db")));
    }
    Ok(names)
}

/// What SQLite keeps beside a database until it is in the file. It belongs to that file and to no other.
pub(crate) const LOGS: [&str; 3] = ["-wal", "-shm", "-journal"];
/// In the name of a file that is being written and is not yet what it will be.
const UNFINISHED: &str = ".new.db";

/// "retropress.db" -> "retropress.db-wal"
pub(crate) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// A name nobody else uses, for a file that gets its own once it is complete.
pub(crate) fn temporary(folder: &Path, what: &str) -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let process = process::id();
    folder.join(format!("retropress.{what}-{process}-{number}{UNFINISHED}"))
}

/// Removes what a run that was cut short did not complete.
pub(crate) fn remove_temporary(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("retropress.") && name.contains(UNFINISHED) {
            // What cannot be removed now is removed at a later start.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// "retropress.damaged-1.db", or the next one that is free together with its logs.
pub(crate) fn free_name(folder: &Path, what: &str, from: u32) -> Result<String> {
    let mut number = from;
    loop {
        let name = format!("retropress.{what}-{number}.db");
        let file = folder.join(&name);
        let mut taken = file.try_exists()?;
        for ending in LOGS {
            taken |= with_ending(&file, ending).try_exists()?;
        }
        if !taken {
            return Ok(name);
        }
        number += 1;
    }
}

/// Of files with such names, ascending.
pub(crate) fn numbers(folder: &Path, what: &str) -> io::Result<Vec<u32>> {
    let prefix = format!("retropress.{what}-");
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number: Option<u32> = name.to_str().and_then(|it| {
            let number = it.strip_prefix(&prefix)?.strip_suffix(".db")?;
            number.parse().ok()
        });
        numbers.extend(number);
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Gives the logs of a file to the name the file has now. What was moved before stays.
pub(crate) fn move_logs(from: &Path, to: &Path) -> io::Result<()> {
    for ending in LOGS {
        let log = with_ending(from, ending);
        if log.try_exists()? {
            fs::rename(log, with_ending(to, ending))?;
        }
    }
    Ok(())
}

/// Whether anything is left that is not in the file itself.
pub(crate) fn has_log(file: &Path) -> io::Result<bool> {
    Ok(with_ending(file, "-wal").try_exists()? || with_ending(file, "-journal").try_exists()?)
}

/// Copies a file that nobody writes to, with its logs. The copy is its owner's alone.
pub(crate) fn copy_with_logs(from: &Path, to: &Path) -> io::Result<()> {
    copy(from, to)?;
    copy_logs(from, to)
}

pub(crate) fn copy_logs(from: &Path, to: &Path) -> io::Result<()> {
    for ending in ["-wal", "-journal"] {
        let log = with_ending(from, ending);
        if log.try_exists()? {
            copy(&log, &with_ending(to, ending))?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    io::copy(&mut fs::File::open(from)?, &mut create_private(to)?)?;
    Ok(())
}

/// Removes a file with its logs, these first: without the file nobody would know whose they are.
pub(crate) fn remove(file: &Path) -> io::Result<()> {
    remove_logs(file)?;
    match fs::remove_file(file) {
        Err(problem) if problem.kind() != io::ErrorKind::NotFound => Err(problem),
        _ => Ok(()),
    }
}

/// Drafts are nobody else's business on a shared computer.
pub(crate) fn create_private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A folder that is made here is its owner's alone. One that was there before stays as it is: it is
/// not ours, and may be shared for a reason.
pub(crate) fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Takes the files of the folder away from everybody but their owner. SQLite makes its logs with the
/// permissions of the file they belong to.
#[cfg(unix)]
pub(crate) fn restrict(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let ours = entry
            .file_name()
            .to_string_lossy()
            .starts_with("retropress.");
        let Some(about) = entry.metadata().ok().filter(|it| ours && it.is_file()) else {
            continue;
        };
        let mode = about.permissions().mode();
        if mode & 0o077 != 0 {
            // A file of another owner, or a medium without permissions: opening it says the rest.
            let _ = fs::set_permissions(entry.path(), fs::Permissions::from_mode(mode & 0o700));
        }
    }
}

#[cfg(not(unix))]
pub(crate) fn restrict(_folder: &Path) {}

/// Gives a file that is complete the name under which it is looked for, and replaces what has it.
pub(crate) fn place(complete: &Path, name: &Path) -> io::Result<()> {
    if has_log(complete)? {
        return Err(io::Error::other("a part of the file is still in its log"));
    }
    // Of the file that had the name.
    remove_logs(name)?;
    sync(complete)?;
    fs::rename(complete, name)?;
    sync_folder(name.parent().unwrap_or(Path::new("")));
    Ok(())
}

pub(crate) fn remove_logs(file: &Path) -> io::Result<()> {
    for ending in LOGS {
        match fs::remove_file(with_ending(file, ending)) {
            Err(problem) if problem.kind() != io::ErrorKind::NotFound => return Err(problem),
            _ => {}
        }
    }
    Ok(())
}

/// Makes what was written durable.
pub(crate) fn sync(file: &Path) -> io::Result<()> {
    // Windows wants a file that is open for writing.
    fs::File::options().write(true).open(file)?.sync_all()
}

/// Makes renames in the folder durable, where the system can do that.
pub(crate) fn sync_folder(folder: &Path) {
    if let Ok(folder) = fs::File::open(folder) {
        let _ = folder.sync_all();
    }
}
