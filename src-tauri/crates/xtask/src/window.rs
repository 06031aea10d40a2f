//! The window's packages and build.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use crate::program::{node_script, show};
use crate::{Answer, place};

/// Brings `ui/node_modules` to what the lock file says. npm leaves its own copy of that file when
/// it is done.
pub fn packages() -> Answer {
    let lock = changed(&place::ui().join("package-lock.json"));
    let installed = changed(&place::ui().join("node_modules").join(".package-lock.json"));
    if installed.is_some() && installed >= lock {
        return Ok(());
    }
    println!("Installing the window's packages from ui/package-lock.json.");
    show(node_script("npm").args(["ci", "--no-audit", "--no-fund"]))
}

/// Builds `ui/dist`, which the app carries inside.
pub fn build() -> Answer {
    packages()?;
    show(node_script("npm").args(["run", "--silent", "build"]))
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|file| file.modified()).ok()
}
