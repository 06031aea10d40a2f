//! The window's packages and build.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use crate::program::{node_script, show};
use crate::{Answer, place};

/// Brings `ui/node_modules` to what the lock file says.
pub fn packages() -> Answer {
    packages_in(&place::ui())
}

/// The same for another folder. npm leaves its own copy of the lock file when it is done.
pub fn packages_in(folder: &Path) -> Answer {
    let lock = changed(&folder.join("package-lock.json"));
    let installed = changed(&folder.join("node_modules").join(".package-lock.json"));
    if installed.is_some() && installed >= lock {
        return Ok(());
    }
    println!(
        "Installing the packages of {}.",
        folder.join("package-lock.json").display()
    );
    show(
        node_script("npm")
            .current_dir(folder)
            .args(["ci", "--no-audit", "--no-fund"]),
    )
}

/// Builds `ui/dist`, which the app carries inside.
pub fn build() -> Answer {
    packages()?;
    show(node_script("npm").args(["run", "--silent", "build"]))
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|file| file.modified()).ok()
}
