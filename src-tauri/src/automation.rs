//! What the window tests need beside the app, and a build for users does not have: the feature
//! `automation` alone compiles this. With `RETROPRESS_AUTOMATION` set to 1 several apps run side by
//! side, no browser and no file manager is opened, and no dialog asks for a file.

use std::{
    env,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use retropress_app::{Desktop, Versions};
use url::Url;

use crate::computer::{Computer, EXPORT};

pub fn is_on() -> bool {
    env::var_os("RETROPRESS_AUTOMATION").is_some_and(|it| it == "1")
}

/// In the data folder: a line for each address and folder that would have been opened.
const OPENED: &str = "opened.txt";
/// In the data folder: what is exported and imported.
const EXPORTS: &str = "exports";

/// A computer whose user chooses files in the data folder, and looks at nothing else.
pub struct Scripted {
    computer: Computer,
    folder: PathBuf,
}

impl Scripted {
    pub fn new(computer: Computer, folder: &Path) -> Self {
        Self {
            computer,
            folder: folder.to_owned(),
        }
    }

    fn write(&self, opened: impl std::fmt::Display) -> io::Result<()> {
        let path = self.folder.join(OPENED);
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        writeln!(file, "{opened}")
    }
}

#[async_trait]
impl Desktop for Scripted {
    fn open_in_browser(&self, address: &Url) -> io::Result<()> {
        self.write(address)
    }

    async fn choose_where_to_save(&self, file_name: &str) -> Option<PathBuf> {
        if !file_name.ends_with(EXPORT) {
            return Some(self.folder.join(file_name));
        }
        // An export into the folder of the data is refused.
        fs::create_dir_all(self.folder.join(EXPORTS)).ok()?;
        Some(self.folder.join(EXPORTS).join(file_name))
    }

    async fn choose_what_to_open(&self, _ending: &str) -> Option<PathBuf> {
        let files = fs::read_dir(self.folder.join(EXPORTS)).ok()?;
        files.flatten().map(|it| it.path()).max()
    }

    fn show_folder(&self, folder: &Path) -> io::Result<()> {
        self.write(folder.display())
    }

    fn restart(&self) {
        self.computer.restart();
    }

    fn versions(&self) -> Versions {
        self.computer.versions()
    }

    fn hide_in_tray(&self) -> io::Result<()> {
        self.computer.hide_in_tray()
    }

    fn quit(&self) {
        self.computer.quit();
    }

    fn finish_leaving(&self) {
        self.computer.finish_leaving();
    }

    fn starts_at_login(&self) -> io::Result<bool> {
        self.computer.starts_at_login()
    }

    fn start_at_login(&self, on: bool) -> io::Result<()> {
        self.computer.start_at_login(on)
    }
}
