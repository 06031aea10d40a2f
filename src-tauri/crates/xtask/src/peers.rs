//! `cargo xtask bench faults`: the same faults for Retropress and for two other tools. The counts are
//! written into the README, the outcome of each fault into `tests/RELIABILITY.md`.

use std::fs;
use std::path::PathBuf;

use crate::program::{FOR_TESTS, cargo, program, read, show};
use crate::{Answer, place};

const BEGIN: &str = "<!-- From here on written by `cargo xtask bench faults`. -->\n";
const END: &str = "<!-- To here. -->\n";

/// What became of one fault with one tool: a line of `src-tauri/crates/app/tests/peers.rs`.
struct Outcome {
    tool: String,
    case: String,
    lost: usize,
    doubled: usize,
    overwritten: usize,
    early_alone: usize,
    early: usize,
    again: usize,
    words: String,
}

/// What went wrong with one tool, in all.
#[derive(Default)]
pub struct Count {
    pub tool: String,
    pub lost: usize,
    pub doubled: usize,
    pub overwritten: usize,
    pub early_alone: usize,
    pub early: usize,
    pub again: usize,
}

/// Runs all of it, writes both documents, and gives the counts of each tool. In the debug build: what
/// is counted is the same in both.
pub fn faults() -> Answer<Vec<Count>> {
    let python = python()?;
    let printed = read(
        cargo()
            .args(["test", "--quiet"])
            .args(FOR_TESTS)
            .args(["--test", "peers", "--"])
            .args(["--ignored", "--exact", "--nocapture"])
            .arg("the_same_faults_for_all")
            .env("PEERS_PYTHON", &python),
    )?;
    let outcomes: Vec<Outcome> = printed.lines().filter_map(outcome).collect();
    let counts = counts(&outcomes);
    if counts.is_empty() {
        return Err(format!("no outcome was printed:\n{printed}"));
    }
    write("README.md", &totals(&outcomes, &counts))?;
    write("tests/RELIABILITY.md", &each_fault(&outcomes, &counts))?;
    Ok(counts)
}

fn outcome(line: &str) -> Option<Outcome> {
    let (_, told) = line.split_once("outcome\t")?;
    let [
        tool,
        case,
        lost,
        doubled,
        overwritten,
        early_alone,
        early,
        again,
        words,
    ] = told.split('\t').collect::<Vec<_>>()[..]
    else {
        return None;
    };
    Some(Outcome {
        tool: tool.to_owned(),
        case: case.to_owned(),
        lost: lost.parse().ok()?,
        doubled: doubled.parse().ok()?,
        overwritten: overwritten.parse().ok()?,
        early_alone: early_alone.parse().ok()?,
        early: early.parse().ok()?,
        again: again.parse().ok()?,
        words: words.to_owned(),
    })
}

/// In the order the tools came.
fn counts(outcomes: &[Outcome]) -> Vec<Count> {
    let mut counts: Vec<Count> = Vec::new();
    for it in outcomes {
        let known = counts.iter().position(|count| count.tool == it.tool);
        let index = known.unwrap_or_else(|| {
            counts.push(Count {
                tool: it.tool.clone(),
                ..Count::default()
            });
            counts.len() - 1
        });
        let count = &mut counts[index];
        count.lost += it.lost;
        count.doubled += it.doubled;
        count.overwritten += it.overwritten;
        count.early_alone += it.early_alone;
        count.early += it.early;
        count.again += it.again;
    }
    counts
}

/// Each fault once, in the order they came.
fn cases(outcomes: &[Outcome]) -> Vec<&str> {
    let mut cases: Vec<&str> = Vec::new();
    for it in outcomes {
        if !cases.contains(&it.case.as_str()) {
            cases.push(&it.case);
        }
    }
    cases
}

fn totals(outcomes: &[Outcome], counts: &[Count]) -> String {
    let mut lines = vec![
        String::new(),
        format!("Out of {} faults:", cases(outcomes).len()),
        String::new(),
        row(&[
            "",
            "lost",
            "doubled",
            "somebody else's change overwritten",
            "requests before their Retry-After",
            "had to be tried again",
        ]),
        "| --- | --: | --: | --: | --: | --: |".to_owned(),
    ];
    for it in counts {
        let early = match it.early - it.early_alone {
            0 => it.early.to_string(),
            again if again == it.early => format!("{again}, when tried again"),
            again => format!("{}, {again} of them when tried again", it.early),
        };
        lines.push(row(&[
            &it.tool,
            &it.lost.to_string(),
            &it.doubled.to_string(),
            &it.overwritten.to_string(),
            &early,
            &it.again.to_string(),
        ]));
    }
    lines.push(String::new());
    lines.join("\n") + "\n"
}

fn each_fault(outcomes: &[Outcome], counts: &[Count]) -> String {
    let tools: Vec<&str> = counts.iter().map(|it| it.tool.as_str()).collect();
    let mut lines = vec![
        String::new(),
        row(&[&["what goes wrong"], &tools[..]].concat()),
        format!("|{}", " --- |".repeat(tools.len() + 1)),
    ];
    for case in cases(outcomes) {
        let mut cells = vec![case];
        for tool in &tools {
            let found = outcomes
                .iter()
                .find(|it| it.case == case && it.tool == *tool);
            cells.push(found.map_or("not measured", |it| &it.words));
        }
        lines.push(row(&cells));
    }
    lines.push(String::new());
    lines.join("\n") + "\n"
}

fn row(cells: &[&str]) -> String {
    format!("| {} |", cells.join(" | "))
}

/// Replaces what is between the markers.
fn write(name: &str, section: &str) -> Answer {
    let path = place::root().join(name);
    let before = fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
    let fresh = before.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some([before, BEGIN, section, END, after].concat())
    });
    let fresh = fresh.ok_or_else(|| format!("{name} has no place for the outcomes"))?;
    fs::write(&path, fresh).map_err(|error| format!("{name}: {error}"))
}

/// A Python of its own below `target`, with the tools in the versions of `bench/requirements.txt`.
pub fn python() -> Answer<PathBuf> {
    let folder = place::target().join("bench/python");
    let python = match cfg!(windows) {
        true => folder.join("Scripts/python.exe"),
        false => folder.join("bin/python"),
    };
    if !python.is_file() {
        let name = if cfg!(windows) { "python" } else { "python3" };
        show(program(name).args(["-m", "venv"]).arg(&folder))?;
    }
    let wanted = place::root().join("src-tauri/crates/xtask/bench/requirements.txt");
    show(
        program(&python)
            .args(["-m", "pip", "install", "--quiet", "--requirement"])
            .arg(wanted),
    )?;
    Ok(python)
}
