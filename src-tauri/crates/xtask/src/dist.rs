//! `cargo xtask dist`: the packages people install.

use std::fs;
use std::path::PathBuf;

use crate::program::{program, show};
use crate::{Answer, needs, place, window};

pub fn dist() -> Answer {
    for package in packages()? {
        println!(
            "{} {:.1} MB",
            package.path.display(),
            package.bytes as f64 / 1e6
        );
    }
    Ok(())
}

pub struct Package {
    pub path: PathBuf,
    pub bytes: u64,
}

/// Builds them with the Tauri CLI of `ui/package.json`.
pub fn packages() -> Answer<Vec<Package>> {
    needs::for_run(true)?;
    window::packages()?;
    let bundle = place::target().join("release/bundle");
    fs::remove_dir_all(&bundle).ok();
    let cli = if cfg!(windows) { "tauri.cmd" } else { "tauri" };
    let mut build = program(place::ui().join("node_modules/.bin").join(cli));
    build.arg("build");
    if cfg!(target_os = "linux") {
        build.args(["--bundles", "deb,rpm"]);
    }
    show(&mut build)?;
    let mut found = vec![];
    for kind in fs::read_dir(&bundle).map_err(|error| format!("{}: {error}", bundle.display()))? {
        let kind = kind.map_err(|error| error.to_string())?;
        for file in fs::read_dir(kind.path()).into_iter().flatten().flatten() {
            if let Ok(metadata) = file.metadata()
                && metadata.is_file()
            {
                found.push(Package {
                    path: file.path(),
                    bytes: metadata.len(),
                });
            }
        }
    }
    match found.is_empty() {
        true => Err("no package was built".into()),
        false => Ok(found),
    }
}
