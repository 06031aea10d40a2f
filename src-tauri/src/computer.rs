//! The computer the app runs on: its browser, its file manager, its dialogs for files.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use async_trait::async_trait;
use retropress_app::{Desktop, Versions};
use tauri::AppHandle;
use tauri_plugin_autostart::ManagerExt as _;
use tauri_plugin_dialog::DialogExt;
use tokio::sync::oneshot;
use url::Url;

use crate::{
    leaving::{self, Way},
    tray,
};

/// How names of exported files end, and what the dialogs call them.
pub const EXPORT: &str = "retropress";
const EXPORTED: &str = "Retropress export";

pub struct Computer {
    handle: AppHandle,
}

impl Computer {
    pub fn new(handle: AppHandle) -> Self {
        Self { handle }
    }
}

#[async_trait]
impl Desktop for Computer {
    fn open_in_browser(&self, address: &Url) -> io::Result<()> {
        open::that_detached(address.as_str())
    }

    async fn choose_where_to_save(&self, file_name: &str) -> Option<PathBuf> {
        let (kind, ending) = match file_name.rsplit_once('.') {
            Some((_, "json")) => ("JSON", "json"),
            Some((_, "md")) => ("Markdown", "md"),
            Some((_, "txt")) => ("Text", "txt"),
            Some((_, EXPORT)) => (EXPORTED, EXPORT),
            _ => ("PDF", "pdf"),
        };
        let (answer, chosen) = oneshot::channel();
        self.handle
            .dialog()
            .file()
            .set_file_name(file_name)
            .add_filter(kind, &[ending])
            .save_file(move |path| {
                // Nobody waits any more when the window was closed meanwhile.
                let _ = answer.send(path);
            });
        chosen.await.ok().flatten()?.into_path().ok()
    }

    async fn choose_what_to_open(&self, ending: &str) -> Option<PathBuf> {
        let (answer, chosen) = oneshot::channel();
        self.handle
            .dialog()
            .file()
            .add_filter(EXPORTED, &[ending])
            .pick_file(move |path| {
                let _ = answer.send(path);
            });
        chosen.await.ok().flatten()?.into_path().ok()
    }

    fn show_folder(&self, folder: &Path) -> io::Result<()> {
        open::that_detached(folder)
    }

    fn restart(&self) {
        leaving::leave(&self.handle, Way::Restart);
    }

    fn versions(&self) -> Versions {
        Versions {
            system: system(),
            web_view: tauri::webview_version().unwrap_or_default(),
        }
    }

    fn hide_in_tray(&self) -> io::Result<()> {
        tray::hide(&self.handle)
    }

    fn quit(&self) {
        leaving::leave(&self.handle, Way::Quit);
    }

    fn finish_leaving(&self) {
        leaving::finish(&self.handle);
    }

    fn starts_at_login(&self) -> io::Result<bool> {
        let login = self.handle.autolaunch();
        login.is_enabled().map_err(io::Error::other)
    }

    fn start_at_login(&self, on: bool) -> io::Result<()> {
        let login = self.handle.autolaunch();
        let done = if on { login.enable() } else { login.disable() };
        done.map_err(io::Error::other)
    }
}

/// "Debian GNU/Linux 13 (trixie), 6.12.9, x86_64"
fn system() -> String {
    let mut parts = match env::consts::OS {
        // PRETTY_NAME of os-release(5); the kernel's version is in proc(5).
        "linux" => {
            let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
            let name = release
                .lines()
                .find_map(|it| it.strip_prefix("PRETTY_NAME="))
                .map_or("Linux", |it| it.trim_matches('"'));
            let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
            // What follows the number may have been chosen by whoever built the kernel.
            let number = kernel
                .split(|it: char| !it.is_ascii_digit() && it != '.')
                .next()
                .unwrap_or_default();
            vec![name.to_owned(), number.to_owned()]
        }
        "macos" => vec!["macOS".to_owned(), said_by("sw_vers", &["-productVersion"])],
        "windows" => vec![said_by("cmd", &["/C", "ver"])],
        other => vec![other.to_owned()],
    };
    parts.push(env::consts::ARCH.to_owned());
    parts.retain(|it| !it.is_empty());
    parts.join(", ")
}

/// What a program of the system says about its version; empty when it says nothing.
fn said_by(program: &str, arguments: &[&str]) -> String {
    Command::new(program)
        .args(arguments)
        .output()
        .map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned())
        .unwrap_or_default()
}
