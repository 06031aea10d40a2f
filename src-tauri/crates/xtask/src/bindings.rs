//! `cargo xtask bindings`: the types and commands of the window, as TypeScript.
//!
//! ts-rs writes a file for each type when the tests whose names start with `export_` run;
//! `commands.ts` and the app's `SECURITY.md` are written by one each.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::{FOR_TESTS, cargo, show};
use crate::{Answer, place, window};

/// The environment variable by which ts-rs knows where to write.
pub const FOLDER: &str = "TS_RS_EXPORT_DIR";

/// Set, the app's `SECURITY.md` is written again instead of compared.
const SECURITY: &str = "RETROPRESS_SECURITY";

pub fn committed() -> PathBuf {
    place::ui().join("src/api/bindings")
}

pub fn commands() -> PathBuf {
    place::ui().join("src/api/commands.ts")
}

/// An empty folder to write the types into.
pub fn fresh(purpose: &str) -> Answer<PathBuf> {
    let fresh = place::target().join("bindings").join(purpose);
    fs::remove_dir_all(&fresh).ok();
    fs::create_dir_all(&fresh).map_err(|error| error.to_string())?;
    Ok(fresh)
}

/// Writes the types into a folder. By cargo's own test runner: in processes of their own, as
/// nextest has it, the tests would write the same files at the same time.
pub fn export(folder: &Path) -> Command {
    let mut export = cargo();
    export
        .arg("test")
        .args(FOR_TESTS)
        .args(["--lib", "--quiet", "export_"])
        .env(FOLDER, folder);
    export
}

pub fn bindings() -> Answer {
    if !place::ui().join("dist/index.html").is_file() {
        window::build()?;
    }
    let fresh = fresh("written")?;
    show(export(&fresh).env(SECURITY, "write"))?;
    let written = files(&fresh)?;
    if written.is_empty() {
        return Err("no test wrote a type".into());
    }
    let committed = committed();
    for name in files(&committed)?
        .into_keys()
        .filter(|name| !written.contains_key(name))
    {
        println!("removed {name}");
        fs::remove_file(committed.join(name)).map_err(|error| error.to_string())?;
    }
    for (name, text) in &written {
        fs::write(committed.join(name), text).map_err(|error| error.to_string())?;
    }
    println!(
        "{} types and commands.ts written to ui/src/api",
        written.len()
    );
    Ok(())
}

/// What differs between the committed types and those in `fresh`, one line each.
pub fn stale(fresh: &Path) -> Answer<Vec<String>> {
    let (committed, fresh) = (files(&committed())?, files(fresh)?);
    let mut lines = vec![];
    for (name, text) in &fresh {
        match committed.get(name) {
            None => lines.push(format!("missing: ui/src/api/bindings/{name}")),
            Some(old) if old != text => lines.push(format!("differs: ui/src/api/bindings/{name}")),
            Some(_) => {}
        }
    }
    let left_over = committed.keys().filter(|name| !fresh.contains_key(*name));
    lines.extend(left_over.map(|name| format!("left over: ui/src/api/bindings/{name}")));
    Ok(lines)
}

/// The files of a folder and of those in it, by their path from there.
fn files(folder: &Path) -> Answer<BTreeMap<String, Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        let entries =
            fs::read_dir(&next).map_err(|error| format!("{}: {error}", next.display()))?;
        for entry in entries {
            let path = entry.map_err(|error| error.to_string())?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(name) = path.strip_prefix(folder) {
                let bytes = fs::read(&path).map_err(|error| error.to_string())?;
                found.insert(name.to_string_lossy().replace('\\', "/"), bytes);
            }
        }
    }
    Ok(found)
}
