//! A build for users has none of the hooks of the window tests.
#![cfg(not(feature = "automation"))]
#![allow(clippy::unwrap_used)] // A test ends where its footing is missing.

use memchr::memmem;

#[test]
fn the_hooks_of_the_window_tests_are_not_in_it() {
    let program = std::fs::read(env!("CARGO_BIN_EXE_retropress")).unwrap();
    let holds = |words: &str| memmem::find(&program, words.as_bytes()).is_some();
    assert!(holds("RETROPRESS_DATA"), "nothing is found in this program");
    for hook in ["RETROPRESS_AUTOMATION", "opened.txt"] {
        assert!(!holds(hook), "{hook}");
    }
}
