//! Tells Tauri which commands the window may call: the list in `src/commands/list.rs`, no other.

use std::{env, fs, path::Path};

macro_rules! commands {
    ($($name:ident = $screen:ident :: $case:ident ($($argument:ident : $type:ty),*) -> $answer:ty;)*) => {
        const COMMANDS: &[&str] = &[$(stringify!($name)),*];
    };
}

include!("src/commands/list.rs");

fn main() {
    println!("cargo:rerun-if-changed=src-tauri/src/commands/list.rs");
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    // The one capability is written below. Without a pattern of our own Tauri watches a folder that is
    // not there, and cargo builds the app anew each time.
    let attributes = tauri_build::Attributes::new()
        .app_manifest(manifest)
        .capabilities_path_pattern("src-tauri/capabilities/*");
    if let Err(problem) = tauri_build::try_build(attributes) {
        println!("cargo:warning={problem:#}");
        std::process::exit(1);
    }
    if let Err(problem) = write_capability() {
        println!("cargo:warning={problem}");
        std::process::exit(1);
    }
}

/// The main window may call each command and listen to events; nothing of the plugins.
fn write_capability() -> Result<(), Box<dyn std::error::Error>> {
    let mut permissions = vec!["\"core:event:allow-listen\"".to_owned()];
    permissions.push("\"core:event:allow-unlisten\"".to_owned());
    permissions.extend(
        COMMANDS
            .iter()
            .map(|it| format!("\"allow-{}\"", it.replace('_', "-"))),
    );
    let text = format!(
        "{{\"identifier\":\"window\",\"windows\":[\"main\"],\"permissions\":[{}]}}",
        permissions.join(",")
    );
    fs::write(Path::new(&env::var("OUT_DIR")?).join("window.json"), text)?;
    Ok(())
}
