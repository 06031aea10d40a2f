// Without this, Windows opens a console beside the window.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::alloc::System;

use zeroizing_alloc::ZeroAlloc;

/// Wipes memory that is given back. Secrets pass through buffers that are not ours: of the window's
/// messages, of HTTP, of TLS.
#[global_allocator]
static WIPING: ZeroAlloc<System> = ZeroAlloc(System);

fn main() {
    retropress_shell::run();
}
