//! Starting other programs.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Answer, place};

/// A program started at the top of the repository.
pub fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(place::root());
    command
}

/// The cargo that started this one.
pub fn cargo() -> Command {
    program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Everything that tests use is built with these, so that it is built once. The hooks of the window
/// tests are not in a build for users.
pub const FOR_TESTS: [&str; 3] = ["--workspace", "--features", "retropress/automation"];

/// `npm` and `npx` are scripts on Windows.
pub fn node_script(name: &str) -> Command {
    let mut command = match cfg!(windows) {
        true => program(format!("{name}.cmd")),
        false => program(name),
    };
    command.current_dir(place::ui());
    command
}

/// Is there a program of this name on the path?
pub fn exists(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| {
        folder
            .join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
            .is_file()
    })
}

/// Runs with the terminal's own output; an exit code other than 0 is an error.
pub fn show(command: &mut Command) -> Answer {
    println!("$ {}", line(command));
    let status = command
        .status()
        .map_err(|error| format!("{} does not start: {error}", name(command)))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{} ended with {status}", name(command))),
    }
}

/// Runs silently; true for exit code 0.
pub fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// What it printed, where it ended well.
pub fn read(command: &mut Command) -> Answer<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{} does not start: {error}", name(command)))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(format!(
            "{} ended with {}\n{}",
            name(command),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

/// What a program left behind.
pub struct Log {
    pub passed: bool,
    pub text: String,
    pub path: PathBuf,
}

/// Runs with its output in `target/test/<name>.log`, saying every minute that it is still there.
pub fn log(name: &str, command: &mut Command) -> Answer<Log> {
    let folder = place::target().join("test");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let path = folder.join(format!("{}.log", name.replace(' ', "-")));
    let file = File::create(&path).map_err(|error| error.to_string())?;
    let errors = file.try_clone().map_err(|error| error.to_string())?;
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(errors)
        .spawn()
        .map_err(|error| format!("{} does not start: {error}", line(command)))?;
    let mut told = Duration::ZERO;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            break status;
        }
        thread::sleep(Duration::from_millis(50));
        if start.elapsed() > told + Duration::from_secs(60) {
            told = start.elapsed();
            println!("      {name}: {} so far", seconds(told));
        }
    };
    Ok(Log {
        passed: status.success(),
        text: read_lossy(&path)?,
        path,
    })
}

fn read_lossy(path: &Path) -> Answer<String> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

pub fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        10..120 => format!("{} s", time.as_secs()),
        more => format!("{} min {:02} s", more / 60, more % 60),
    }
}

/// "about 5 minutes": for an estimate.
pub fn about(time: Duration) -> String {
    match time.as_secs() {
        0..20 => "a few seconds".into(),
        20..90 => "about a minute".into(),
        more => format!("about {} minutes", (more + 30) / 60),
    }
}

pub fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

pub fn line(command: &Command) -> String {
    let words: Vec<_> = [command.get_program()]
        .into_iter()
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect();
    words.join(" ")
}
