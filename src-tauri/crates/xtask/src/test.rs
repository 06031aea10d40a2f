//! `cargo xtask test`: everything that can be checked by a machine, without stopping at the first
//! failure.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::thread::available_parallelism;
use std::time::Instant;

use crate::program::{self, FOR_TESTS, Log, cargo, node_script, program, seconds};
use crate::{Answer, bindings, desktop, needs, place, window};

/// What one part found.
#[derive(Default)]
struct Tally {
    passed: u32,
    failed: u32,
    skipped: u32,
    /// Shown under the part's line.
    notes: Vec<String>,
}

impl Tally {
    fn of(passed: bool) -> Tally {
        match passed {
            true => Tally {
                passed: 1,
                ..Tally::default()
            },
            false => Tally {
                failed: 1,
                ..Tally::default()
            },
        }
    }

    fn skipped(why: impl Into<String>) -> Tally {
        Tally {
            skipped: 1,
            notes: vec![why.into()],
            ..Tally::default()
        }
    }
}

/// A part's name, for the command line; what it does; how.
struct Part {
    name: &'static str,
    what: &'static str,
    check: fn() -> Answer<Tally>,
}

const PARTS: &[Part] = &[
    Part {
        name: "format",
        what: "cargo fmt",
        check: format,
    },
    Part {
        name: "spelling",
        what: "typos",
        check: spelling,
    },
    Part {
        name: "ui",
        what: "build",
        check: ui_build,
    },
    Part {
        name: "ui",
        what: "svelte-check",
        check: ui_types,
    },
    Part {
        name: "ui",
        what: "biome",
        check: ui_lint,
    },
    Part {
        name: "ui",
        what: "vitest",
        check: ui_tests,
    },
    Part {
        name: "clippy",
        what: "clippy",
        check: clippy,
    },
    Part {
        name: "unit",
        what: "cargo test",
        check: unit,
    },
    Part {
        name: "unit",
        what: "documentation",
        check: documentation,
    },
    Part {
        name: "faults",
        what: "faults and kills",
        check: faults,
    },
    Part {
        name: "bindings",
        what: "stale bindings",
        check: stale_bindings,
    },
    Part {
        name: "keyring",
        what: "keyring",
        check: keyring,
    },
    Part {
        name: "oauth",
        what: "an OAuth server",
        check: oauth,
    },
    Part {
        name: "network",
        what: "proxies and certificates",
        check: network,
    },
    Part {
        name: "e2e",
        what: "the window",
        check: e2e,
    },
    Part {
        name: "release",
        what: "a build for users",
        check: build_for_users,
    },
    Part {
        name: "dependencies",
        what: "cargo deny",
        check: dependencies,
    },
    Part {
        name: "dependencies",
        what: "advisories",
        check: advisories,
    },
];

/// How many histories the model of the outbox is tried with in the full run.
const ALL_HISTORIES: &str = "50000";

pub fn test(wanted: &[String]) -> Answer {
    let full = wanted.iter().any(|it| it == "--full");
    let wanted: Vec<&String> = wanted.iter().filter(|it| *it != "--full").collect();
    FULL.get_or_init(|| full);
    if let Some(unknown) = wanted
        .iter()
        .find(|name| PARTS.iter().all(|part| part.name != name.as_str()))
    {
        return Err(format!(
            "there is no part {unknown:?} of the tests; see cargo xtask help"
        ));
    }
    needs::for_test()?;
    // The app does not compile without the screens it carries inside, and is tested with these.
    window::build()?;

    COMMANDS.get_or_init(|| fs::read(bindings::commands()).unwrap_or_default());
    let start = Instant::now();
    let mut all = Tally::default();
    let mut broken = vec![];
    let mut why = vec![];
    for part in PARTS {
        if !wanted.is_empty() && wanted.iter().all(|name| name.as_str() != part.name) {
            continue;
        }
        println!("  …   {}", part.what);
        let begun = Instant::now();
        let tally = (part.check)().unwrap_or_else(|why| Tally {
            notes: vec![why],
            ..Tally::of(false)
        });
        let mark = match &tally {
            Tally { failed: 1.., .. } => "FAIL",
            Tally { passed: 0, .. } => "skip",
            _ => "ok  ",
        };
        println!(
            "{mark}  {} ({}): {}",
            part.what,
            seconds(begun.elapsed()),
            counts(&tally)
        );
        for line in tally.notes.iter().flat_map(|note| note.lines()) {
            println!("      {line}");
        }
        if tally.failed > 0 {
            broken.push(part.what);
            why.extend(
                tally
                    .notes
                    .iter()
                    .map(|note| format!("{}:\n{note}", part.what)),
            );
        }
        all.passed += tally.passed;
        all.failed += tally.failed;
        all.skipped += tally.skipped;
    }
    println!("\nin {}", seconds(start.elapsed()));
    if !broken.is_empty() {
        // Once more, where the end of a long run is read.
        println!("\n{}\n\nfailed: {}", why.join("\n"), broken.join(", "));
    }
    println!("{}", counts(&all));
    match all.failed {
        0 => Ok(()),
        _ => std::process::exit(1),
    }
}

fn counts(tally: &Tally) -> String {
    let skipped = match tally.skipped {
        0 => String::new(),
        some => format!(", {some} skipped"),
    };
    format!("{} passed, {} failed{skipped}", tally.passed, tally.failed)
}

/// A check that passes or fails as a whole.
fn whole(name: &str, command: &mut Command) -> Answer<Tally> {
    let log = program::log(name, command)?;
    let mut tally = Tally::of(log.passed);
    if !log.passed {
        tally.notes.push(end_of(&log));
    }
    Ok(tally)
}

fn end_of(log: &Log) -> String {
    const LINES: usize = 60;
    let lines: Vec<&str> = log.text.lines().collect();
    let cut = lines.len().saturating_sub(LINES);
    let mut end = lines[cut..].join("\n");
    if cut > 0 {
        end = format!("({cut} lines more in {})\n{end}", log.path.display());
    }
    end
}

fn format() -> Answer<Tally> {
    whole("cargo fmt", cargo().args(["fmt", "--all", "--check"]))
}

fn spelling() -> Answer<Tally> {
    if !program::exists("typos") {
        return Ok(Tally::skipped(
            "typos is not installed: cargo install --locked typos-cli",
        ));
    }
    whole("typos", &mut program("typos"))
}

fn ui_build() -> Answer<Tally> {
    whole("ui build", node_script("npm").args(["run", "build"]))
}

fn ui_types() -> Answer<Tally> {
    whole("svelte-check", node_script("npm").args(["run", "check"]))
}

fn ui_lint() -> Answer<Tally> {
    whole("biome", node_script("npm").args(["run", "lint"]))
}

fn ui_tests() -> Answer<Tally> {
    let report = place::target().join("test/vitest.json");
    fs::remove_file(&report).ok();
    let mut run = node_script("npm");
    run.args(["test", "--", "--reporter=default", "--reporter=json"])
        .arg(format!("--outputFile.json={}", report.display()));
    // Without colours, so that what went wrong can be found by its words.
    let log = program::log("vitest", run.env("NO_COLOR", "1").env_remove("FORCE_COLOR"))?;
    let text = fs::read_to_string(&report).map_err(|_| end_of(&log))?;
    let report: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| format!("vitest's report: {error}"))?;
    let count = |name: &str| -> u32 {
        report[name]
            .as_u64()
            .and_then(|it| it.try_into().ok())
            .unwrap_or_default()
    };
    let tally = Tally {
        passed: count("numPassedTests"),
        failed: count("numFailedTests"),
        skipped: count("numPendingTests"),
        notes: vec![],
    };
    Ok(judge(tally, &log))
}

/// A run that fails without a failed test, or passes without a test, has failed.
fn judge(mut tally: Tally, log: &Log) -> Tally {
    if tally.failed == 0 && (!log.passed || tally.passed == 0) {
        tally.failed = 1;
        if log.passed {
            tally.notes.push("no test ran".into());
        }
    }
    if tally.failed > 0 {
        let reasons = reasons(&log.text);
        tally.notes.push(match reasons.is_empty() {
            true => end_of(log),
            false => format!("{}\n(all of it: {})", reasons, log.path.display()),
        });
    }
    tally
}

/// What failed and why, in the words of the test runners: a panic with its place, vitest's failed
/// tests, errors and what none of its tests caught. Each with the lines that follow.
fn reasons(log: &str) -> String {
    const MOST: usize = 12;
    const LINES: usize = 5;
    const SIGNS: [&str; 5] = [
        "panicked at",
        "FAIL ",
        "Error: ",
        "Unhandled ",
        "Uncaught Exception",
    ];
    let lines: Vec<&str> = log.lines().collect();
    let mut said = vec![];
    let mut next = 0;
    for (at, line) in lines.iter().enumerate() {
        if at < next || !SIGNS.iter().any(|sign| line.contains(sign)) {
            continue;
        }
        let end = (at + LINES).min(lines.len());
        for line in &lines[at..end] {
            let line: String = line.chars().take(300).collect();
            if !line.trim().is_empty() {
                said.push(line);
            }
        }
        next = end;
        if said.len() >= MOST * LINES {
            break;
        }
    }
    said.join("\n")
}

fn clippy() -> Answer<Tally> {
    whole(
        "clippy",
        cargo()
            .arg("clippy")
            .args(FOR_TESTS)
            .args(["--all-targets", "--", "-D", "warnings"]),
    )
}

/// What cargo's and nextest's own test runners count.
fn rust_tests(log: &Log) -> Tally {
    let mut tally = Tally::default();
    // nextest shows what cargo's runner says of a failed test, which is not to be counted again.
    let counts = match log.text.contains("\n     Summary ") {
        true => "Summary ",
        false => "test result: ",
    };
    for line in log.text.lines().map(str::trim) {
        let counted = line.strip_prefix(counts);
        let Some(counted) = counted else { continue };
        let words: Vec<&str> = counted
            .split([' ', ',', ';', '(', ')'])
            .filter(|word| !word.is_empty())
            .collect();
        for pair in words.windows(2) {
            let Ok(number) = pair[0].parse::<u32>() else {
                continue;
            };
            match pair[1] {
                "passed" => tally.passed += number,
                "failed" | "timed" => tally.failed += number,
                _ => {}
            }
        }
    }
    tally
}

/// Test binaries that try every fault, kill or race. They use most of the CPU time of all tests.
const FAULTS: &[&str] = &[
    "at_once",
    "failing_disk",
    "fault_table",
    "faults",
    "kill",
    "many",
    "outbox",
    "store_faults",
];

/// The tests that need neither keyring nor display nor another server; those are marked as ignored and
/// have parts of their own.
fn unit() -> Answer<Tally> {
    match program::exists("cargo-nextest") {
        true => rust(
            "cargo test",
            cargo()
                .args(["nextest", "run"])
                .args(of_faults(|faults| format!("not ({faults})"))),
        ),
        false => rust(
            "cargo test",
            cargo().arg("test").args(["--lib", "--bins", "--tests"]),
        ),
    }
}

fn faults() -> Answer<Tally> {
    match program::exists("cargo-nextest") {
        true => rust(
            "faults and kills",
            cargo().args(["nextest", "run"]).args(of_faults(|it| it)),
        ),
        false => Ok(Tally {
            skipped: 1,
            notes: vec!["in unit, since cargo-nextest is not installed".into()],
            ..Tally::default()
        }),
    }
}

fn of_faults(filter: impl FnOnce(String) -> String) -> [String; 4] {
    let all: Vec<_> = FAULTS.iter().map(|it| format!("binary({it})")).collect();
    [
        "--filterset".to_owned(),
        filter(all.join(" | ")),
        "--status-level=fail".to_owned(),
        format!("--test-threads={}", side_by_side()),
    ]
}

fn rust(what: &str, run: &mut Command) -> Answer<Tally> {
    run.args(FOR_TESTS).arg("--no-fail-fast");
    // Some of them write the bindings; the committed ones are compared, not replaced.
    run.env(bindings::FOLDER, bindings::fresh("unit")?);
    if FULL.get() == Some(&true) {
        run.env("RETROPRESS_HISTORIES", ALL_HISTORIES);
        // The recovery of every kill is killed at every moment of its own, and not at one.
        run.env("RETROPRESS_KILLS", "all");
        run.env("RETROPRESS_EVERY_CALL", "1");
    }
    // In memory, where there is such a folder: the tests wait for thousands of small writes, and none of
    // them cuts the power.
    let memory = Path::new("/dev/shm");
    if cfg!(target_os = "linux") && memory.is_dir() {
        run.env("TMPDIR", memory);
    }
    let log = program::log(what, run)?;
    Ok(judge(rust_tests(&log), &log))
}

/// How many tests run at the same time. Many of them wait, so one for each core would leave the cores
/// idle.
fn side_by_side() -> usize {
    2 * available_parallelism().map_or(2, usize::from)
}

fn documentation() -> Answer<Tally> {
    let mut run = cargo();
    run.arg("test")
        .args(FOR_TESTS)
        .args(["--doc", "--no-fail-fast"]);
    let log = program::log("doc tests", &mut run)?;
    let tally = rust_tests(&log);
    match log.passed && tally.passed == 0 {
        true => Ok(Tally {
            notes: vec!["no examples in the documentation".into()],
            ..tally
        }),
        false => Ok(judge(tally, &log)),
    }
}

/// Whether `--full` was asked for.
static FULL: OnceLock<bool> = OnceLock::new();

/// `commands.ts` as it was before any test ran: one of them writes it anew.
static COMMANDS: OnceLock<Vec<u8>> = OnceLock::new();

fn stale_bindings() -> Answer<Tally> {
    let before = COMMANDS.get().cloned().unwrap_or_default();
    let fresh = bindings::fresh("check")?;
    let log = program::log("bindings", &mut bindings::export(&fresh))?;
    if !log.passed {
        return Err(end_of(&log));
    }
    let mut stale = bindings::stale(&fresh)?;
    if fs::read(bindings::commands()).unwrap_or_default() != before {
        stale.push("differs: ui/src/api/commands.ts".into());
    }
    let mut tally = Tally::of(stale.is_empty());
    if !stale.is_empty() {
        stale.push("Run `cargo xtask bindings` and commit what it changes.".into());
    }
    tally.notes = stale;
    Ok(tally)
}

fn keyring() -> Answer<Tally> {
    if !cfg!(target_os = "linux") {
        return Ok(Tally::skipped(
            "these tests start a GNOME Keyring, which is Linux's",
        ));
    }
    let mut run = cargo();
    // All packages, so that cargo builds with the features it has built before.
    run.arg("test")
        .args(FOR_TESTS)
        .args(["--test", "keyring", "--", "--ignored"]);
    let log = program::log("keyring", &mut run)?;
    Ok(judge(rust_tests(&log), &log))
}

/// Signing in with an OAuth server that has nothing to do with the sandbox.
fn oauth() -> Answer<Tally> {
    window::packages_in(&place::root().join("tests/oauth-server"))?;
    let mut run = cargo();
    run.arg("test")
        .args(FOR_TESTS)
        .args(["--test", "oauth_server", "--", "--ignored"]);
    let log = program::log("oauth", &mut run)?;
    Ok(judge(rust_tests(&log), &log))
}

fn network() -> Answer<Tally> {
    if !cfg!(target_os = "linux") {
        return Ok(Tally::skipped(
            "these tests start nginx and tinyproxy as Linux has them",
        ));
    }
    let mut run = cargo();
    run.arg("test").args(FOR_TESTS).args([
        "--test",
        "network",
        "--test",
        "canary",
        "--",
        "--ignored",
        "--test-threads=1",
    ]);
    let log = program::log("network", &mut run)?;
    Ok(judge(rust_tests(&log), &log))
}

/// Files of `tests/` that drive the real window.
const WINDOW_TESTS: &[&str] = &[
    "main_job",
    "bad_input",
    "sign_in",
    "connection",
    "outbox",
    "desktop",
    "storage",
    "screens",
];

fn e2e() -> Answer<Tally> {
    if !cfg!(target_os = "linux") {
        return Ok(Tally::skipped(
            "these tests drive WebKitGTK's window, which is Linux's",
        ));
    }
    let driver = needs::tauri_driver()?;
    let home = place::target().join("e2e");
    fs::remove_dir_all(&home).ok();
    let mut run = cargo();
    run.arg("test")
        .args(FOR_TESTS)
        .arg("--no-fail-fast")
        .args(WINDOW_TESTS.iter().flat_map(|name| ["--test", name]))
        .args(["--", "--ignored", "--test-threads=1"])
        .env("TAURI_DRIVER", driver);
    let log = program::log("window", &mut desktop::around(&run, &home.join("keyring"))?)?;
    Ok(judge(rust_tests(&log), &log))
}

/// The hooks of the window tests are not in it.
fn build_for_users() -> Answer<Tally> {
    let mut run = cargo();
    run.args(["test", "--workspace", "--test", "without_automation"]);
    let log = program::log("build for users", &mut run)?;
    Ok(judge(rust_tests(&log), &log))
}

fn deny_is_missing() -> Option<Tally> {
    (!program::exists("cargo-deny"))
        .then(|| Tally::skipped("cargo-deny is not installed: cargo install --locked cargo-deny"))
}

fn dependencies() -> Answer<Tally> {
    if let Some(skipped) = deny_is_missing() {
        return Ok(skipped);
    }
    // It reads the packages of every system, and looks for them on this computer alone.
    if !program::log("packages", cargo().args(["fetch", "--locked"]))?.passed {
        return Ok(Tally::skipped(
            "the packages of the other systems cannot be fetched from here",
        ));
    }
    whole(
        "cargo deny",
        cargo().args(["deny", "--offline", "check", "licenses", "bans", "sources"]),
    )
}

/// Known holes in what the app is built from. The list is fetched from the network.
fn advisories() -> Answer<Tally> {
    if let Some(skipped) = deny_is_missing() {
        return Ok(skipped);
    }
    let mut fetch = cargo();
    if !program::log("advisories", fetch.args(["deny", "fetch", "db"]))?.passed {
        return Ok(Tally::skipped(
            "the list of advisories cannot be fetched from here",
        ));
    }
    whole(
        "advisories",
        cargo().args(["deny", "--offline", "check", "advisories"]),
    )
}
