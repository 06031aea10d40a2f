//! A desktop for machines that have none: a virtual display and a D-Bus session with an open
//! GNOME Keyring.
//!
//! `xvfb-run` and `dbus-run-session` go round this program, which then runs as
//! `xtask inside-desktop`, starts the keyring and, last, the program all this is for.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Answer;
use crate::program::{program, succeeds};

pub const COMMAND: &str = "inside-desktop";

/// Not empty: GNOME Keyring writes a keyring with an empty password as plain text.
const PASSWORD: &str = "retropress";

/// Is there a display to open a window on?
pub fn display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// The command, inside a desktop whose keyring is kept in `home`.
pub fn around(command: &Command, home: &Path) -> Answer<Command> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut around = program("xvfb-run");
    around
        .args(["--auto-servernum", "--server-args=-screen 0 1600x1000x24"])
        .args(["dbus-run-session", "--"])
        .arg(this)
        .arg(COMMAND)
        .arg(home)
        .arg(command.get_program())
        .args(command.get_args())
        // No assistive technology listens here, and starting its bus takes seconds.
        .env("NO_AT_BRIDGE", "1")
        // The virtual display has no graphics card. WebKit's own switches for such machines
        // (WEBKIT_DISABLE_...) stay off: with them, its driver never answers with a picture.
        .env("LIBGL_ALWAYS_SOFTWARE", "1")
        .env("GDK_BACKEND", "x11")
        .env_remove("WAYLAND_DISPLAY");
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => around.env(name, value),
            None => around.env_remove(name),
        };
    }
    Ok(around)
}

/// `xtask inside-desktop <home> <program> [arguments]`
pub fn inside(words: &[String]) -> Answer {
    let [home, name, arguments @ ..] = words else {
        return Err("started by the other commands".into());
    };
    let mut keyring = keyring(Path::new(home))?;
    let status = program(name).args(arguments).status();
    keyring.kill().ok();
    keyring.wait().ok();
    let status = status.map_err(|error| format!("{name} does not start: {error}"))?;
    std::process::exit(status.code().unwrap_or(1));
}

fn keyring(home: &Path) -> Answer<std::process::Child> {
    let run = home.join("run");
    fs::create_dir_all(&run).map_err(|error| error.to_string())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&run, fs::Permissions::from_mode(0o700))
            .map_err(|error| error.to_string())?;
    }
    let mut keyring = program("gnome-keyring-daemon")
        .args(["--foreground", "--components=secrets", "--unlock"])
        .env("XDG_DATA_HOME", home)
        .env("XDG_RUNTIME_DIR", &run)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("gnome-keyring-daemon does not start: {error}"))?;
    let mut input = keyring
        .stdin
        .take()
        .ok_or("gnome-keyring-daemon takes no password")?;
    input
        .write_all(PASSWORD.as_bytes())
        .map_err(|error| error.to_string())?;
    drop(input);
    let start = Instant::now();
    while !on_the_bus() {
        if start.elapsed() > Duration::from_secs(20) {
            keyring.kill().ok();
            return Err("gnome-keyring-daemon was started and does not answer".into());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(keyring)
}

fn on_the_bus() -> bool {
    succeeds(program("dbus-send").args([
        "--session",
        "--print-reply",
        "--dest=org.freedesktop.DBus",
        "/org/freedesktop/DBus",
        "org.freedesktop.DBus.GetNameOwner",
        "string:org.freedesktop.secrets",
    ]))
}
