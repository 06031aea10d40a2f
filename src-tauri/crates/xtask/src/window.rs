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

/// Builds `ui/dist`, which the app carries inside, where a source is newer.
pub fn build() -> Answer {
    packages()?;
    let built = changed(&place::ui().join("dist/index.html"));
    if built.is_some() && built >= newest_source() {
        return Ok(());
    }
    show(node_script("npm").args(["run", "--silent", "build"]))
}

/// When the youngest file the screens are built from was changed. A folder counts too: removing a
/// file changes nothing else.
fn newest_source() -> Option<SystemTime> {
    const NOT_BUILT_FROM: [&str; 3] = ["node_modules", "dist", "tests"];
    let mut newest = None;
    let mut folders = vec![place::ui()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let top = folder == place::ui();
            if top && NOT_BUILT_FROM.iter().any(|it| entry.file_name() == **it) {
                continue;
            }
            newest = newest.max(changed(&path));
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    // npm replaces this file when it installs other packages.
    newest.max(changed(
        &place::ui().join("node_modules/.package-lock.json"),
    ))
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|file| file.modified()).ok()
}
