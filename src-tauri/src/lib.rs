//! The shell: the only room that knows Tauri.

mod commands;

/// Opens the window and stays until it is closed.
pub fn run() {}
