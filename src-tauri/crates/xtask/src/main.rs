//! The developer's commands. `cargo xtask help` lists them.
//!
//! | to find | look in |
//! |---|---|
//! | what a machine must have, and how it is installed | `needs` |
//! | starting other programs, with their output and time | `program` |
//! | the steps of a command, and the crates a build has done | `progress` |
//! | the display, D-Bus session and keyring of a machine without a desktop | `desktop` |
//! | the window's packages and build | `window` |
//! | the other tools that faults are measured with | `peers` |
//! | one command | the file of its name |
#![allow(clippy::print_stdout, clippy::print_stderr)] // A tool for the terminal.

mod bench;
mod bindings;
mod desktop;
mod dist;
mod needs;
mod peers;
mod place;
mod program;
mod progress;
mod run;
mod test;
mod tour;
mod window;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <command>

  run [arguments]    install what is missing, build, open the app
  test [part ...]    install what is missing, check and test everything, or these parts:
                     format, spelling, ui, clippy, unit, faults, bindings, keyring, oauth, network, e2e,
                     release, dependencies
                     --full: with 50,000 histories of the outbox instead of 2,000, and every
                     moment of every recovery killed instead of one of each
  tour               do the main job in the real window; pictures, page and PDF go to target/tour
  bench [figure ...] measure speed and size against their limits; faults counts what is lost, doubled
                     and overwritten beside two other tools, and writes README.md's and
                     tests/RELIABILITY.md's tables; first times a first run from cold
  bindings           write ui/src/api/bindings, ui/src/api/commands.ts and
                     src-tauri/crates/app/SECURITY.md again
  dist               build the .deb and .rpm and say their sizes
";

/// What stopped a command, in words for the one who called it.
type Answer<T = ()> = Result<T, String>;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let answer = match command.as_str() {
        "run" => run::run(rest),
        "test" => test::test(&rest),
        "tour" => tour::tour(),
        "bench" => bench::bench(&rest),
        "bindings" => bindings::bindings(),
        "dist" => dist::dist(),
        desktop::COMMAND => desktop::inside(&rest),
        "" | "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        other => Err(format!("there is no command {other:?}\n\n{HELP}")),
    };
    match answer {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
