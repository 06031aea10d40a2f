//! The computer the app runs on: its browser, its save dialog.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    path::PathBuf,
};

use async_trait::async_trait;
use retropress_app::Desktop;
use tauri::AppHandle;
use tauri_plugin_dialog::DialogExt;
use tokio::sync::oneshot;
use url::Url;

pub struct Computer {
    handle: AppHandle,
    /// Under automation no browser is opened: the addresses are written here instead.
    opened: Option<PathBuf>,
}

impl Computer {
    pub fn new(handle: AppHandle, opened: Option<PathBuf>) -> Self {
        Self { handle, opened }
    }
}

#[async_trait]
impl Desktop for Computer {
    fn open_in_browser(&self, address: &Url) -> io::Result<()> {
        match &self.opened {
            None => open::that_detached(address.as_str()),
            Some(path) => {
                let mut file = OpenOptions::new().create(true).append(true).open(path)?;
                writeln!(file, "{address}")
            }
        }
    }

    async fn choose_where_to_save(&self, file_name: &str) -> Option<PathBuf> {
        if let Some(opened) = &self.opened {
            return opened.parent().map(|it| it.join(file_name));
        }
        let (answer, chosen) = oneshot::channel();
        self.handle
            .dialog()
            .file()
            .set_file_name(file_name)
            .add_filter("PDF", &["pdf"])
            .save_file(move |path| {
                // Nobody waits any more when the window was closed meanwhile.
                let _ = answer.send(path);
            });
        chosen.await.ok().flatten()?.into_path().ok()
    }
}
