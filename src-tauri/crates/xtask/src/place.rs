//! Where things are.

use std::env;
use std::path::{Path, PathBuf};

/// The top of the repository.
pub fn root() -> PathBuf {
    let here = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.ancestors()
        .nth(3)
        .map_or(here.clone(), Path::to_path_buf)
}

pub fn ui() -> PathBuf {
    root().join("ui")
}

/// Cargo's target folder: this program was built into it.
pub fn target() -> PathBuf {
    env::current_exe()
        .ok()
        .and_then(|exe| Some(exe.parent()?.parent()?.to_path_buf()))
        .unwrap_or_else(|| root().join("target"))
}

/// The app as cargo builds it for development.
pub fn app() -> PathBuf {
    target()
        .join("debug")
        .join(format!("retropress{}", env::consts::EXE_SUFFIX))
}

/// Programs that only the tests need.
pub fn tools() -> PathBuf {
    target().join("tools")
}
