//! `cargo xtask bench`: speed and size, each figure with its goal and its limit.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::program::{cargo, program, read, show};
use crate::{Answer, desktop, dist, needs, peers, place, window};

mod first_run;

/// A measured figure and its limit. Machines differ by a factor of four, so a time is always a ratio
/// to something measured in the same run.
struct Figure {
    name: &'static str,
    value: f64,
    unit: &'static str,
    limit: Limit,
    /// What was measured on both sides.
    note: String,
}

/// The goal, and the value that fails the run.
enum Limit {
    /// The goal itself.
    Goal(f64),
    /// The goal is not reached yet: 1.15 times what was measured when the limit was set.
    Missed { goal: f64, limit: f64 },
}

impl Limit {
    fn goal(&self) -> f64 {
        match self {
            Limit::Goal(goal) | Limit::Missed { goal, .. } => *goal,
        }
    }

    fn limit(&self) -> f64 {
        match self {
            Limit::Goal(limit) | Limit::Missed { limit, .. } => *limit,
        }
    }
}

impl Figure {
    fn within(&self) -> bool {
        self.value <= self.limit.limit()
    }

    fn line(&self) -> String {
        let digits = if self.value.fract() == 0.0 || self.value >= 100.0 {
            0
        } else {
            2
        };
        let (goal, limit) = (self.limit.goal(), self.limit.limit());
        let outcome = match self.value <= goal {
            true => "goal reached".to_owned(),
            false if self.within() => "within the limit".to_owned(),
            false if limit == 0.0 => "missed".to_owned(),
            false => format!("missed by {:.0} %", (self.value / limit - 1.0) * 100.0),
        };
        let unit = self.unit;
        format!(
            "{:<50} {:>11} {:>9} {:>9}  {outcome:<16}  {}",
            self.name,
            format!("{:.digits$}{unit}", self.value),
            format!("{goal}{unit}"),
            format!("{limit}{unit}"),
            self.note
        )
    }
}

/// A figure's name, for the command line; how it is measured.
type Measure = (&'static str, fn() -> Answer<Vec<Figure>>);

const FIGURES: &[Measure] = &[
    ("size", start_size),
    ("pdf", pdf),
    ("page", page),
    ("publish", publish),
    ("drafts", drafts),
    ("history", history),
    ("faults", faults),
    ("start", start),
    ("idle", idle),
    ("deb", deb),
    ("first", first_run::first),
];

/// Those that need no window.
const WITHOUT_WINDOW: &[&str] = &["faults", "pdf", "page"];

/// Half an hour of building: measured only when asked for by name.
const BY_NAME: &[&str] = &["first"];

pub fn bench(wanted: &[String]) -> Answer {
    if let Some(unknown) = wanted
        .iter()
        .find(|name| FIGURES.iter().all(|it| it.0 != **name))
    {
        let names: Vec<&str> = FIGURES.iter().map(|it| it.0).collect();
        return Err(format!(
            "there is no figure {unknown:?}, but {}",
            names.join(", ")
        ));
    }
    let alone = |name: &String| WITHOUT_WINDOW.contains(&name.as_str());
    if wanted.is_empty() || !wanted.iter().all(alone) {
        needs::for_test()?;
        window::build()?;
    }
    let mut lines = vec![];
    let mut missed = 0;
    // Each as soon as it is known, since the last ones take minutes; all of them at the end.
    let mut say = |line: String| {
        println!("{line}");
        lines.push(line);
    };
    for (name, measure) in FIGURES {
        let asked = match wanted.is_empty() {
            true => !BY_NAME.contains(name),
            false => wanted.iter().any(|it| it == name),
        };
        if !asked {
            continue;
        }
        println!("measuring {name}");
        match measure() {
            Ok(figures) => {
                missed += figures.iter().filter(|it| !it.within()).count();
                figures.iter().map(Figure::line).for_each(&mut say);
            }
            Err(why) => {
                missed += 1;
                say(format!("{name:<50} not measured: {why}"));
            }
        }
    }
    println!(
        "\n{:<50} {:>11} {:>9} {:>9}",
        "figure", "measured", "goal", "limit"
    );
    for line in lines {
        println!("{line}");
    }
    match missed {
        0 => Ok(()),
        _ => std::process::exit(1),
    }
}

/// Script and style the window starts with, compressed.
fn start_size() -> Answer<Vec<Figure>> {
    let script = here("start-size.mjs");
    let bytes = number(&read(program("node").current_dir(place::ui()).arg(script))?)?;
    Ok(vec![Figure {
        name: "script and style of the start, gzip",
        value: bytes / 1000.0,
        unit: " KB",
        limit: Limit::Goal(90.0),
        note: String::new(),
    }])
}

fn example(name: &str) -> Command {
    let mut run = cargo();
    run.args([
        "run",
        "--quiet",
        "--release",
        "--package",
        "retropress-summary",
        "--example",
        name,
    ])
    .stderr(Stdio::inherit());
    run
}

fn pdf() -> Answer<Vec<Figure>> {
    let printed = read(&mut example("bench_pdf"))?;
    let warm = printed
        .lines()
        .find_map(|line| line.strip_prefix("warm"))
        .ok_or("bench_pdf printed no line for warm")?;
    let warm = number(warm.trim().trim_end_matches(" ms"))?;
    let python = peers::python()?;
    let document = place::target().join("bench-document.json");
    std::fs::write(
        &document,
        read(example("bench_pdf").args(["--", "--json"]))?,
    )
    .map_err(|error| error.to_string())?;
    window::packages()?;
    let peer = read(
        program(python)
            .arg(here("peer_reportlab.py"))
            .arg(place::ui().join("node_modules/@expo-google-fonts/noto-sans"))
            .arg(&document),
    )?;
    let peer = number(peer.trim().trim_end_matches(" ms"))?;
    Ok(vec![Figure {
        name: "PDF, 120 ideas and 30 actions, against reportlab",
        value: warm / peer,
        unit: "",
        limit: Limit::Missed {
            goal: 0.1,
            limit: 0.16,
        },
        note: format!("{warm:.1} ms against {peer:.1} ms"),
    }])
}

fn page() -> Answer<Vec<Figure>> {
    let printed = read(&mut example("bench_page"))?;
    let values = values(&printed, "bench_page", &["page_ms", "json_ms"])?;
    Ok(vec![Figure {
        name: "storage format of the same, against its JSON",
        value: values[0] / values[1],
        unit: "",
        limit: Limit::Goal(10.0),
        note: format!("{:.3} ms against {:.3} ms", values[0], values[1]),
    }])
}

/// Runs a test of `tests/figures.rs` and gives what it printed for these names.
fn figures(test: &str, names: &[&str]) -> Answer<Vec<f64>> {
    let mut run = cargo();
    run.args([
        "test",
        "--quiet",
        "--release",
        "--package",
        "retropress",
        "--features",
        "automation",
        "--test",
        "figures",
    ])
    .args(["--", "--ignored", "--exact", "--nocapture", test])
    .env("TAURI_DRIVER", needs::tauri_driver()?)
    .env("EMPTY_WINDOW", empty_window()?)
    .env("PEERS_PYTHON", peers::python()?);
    let mut run = desktop::around(&run, &place::target().join("bench-keyring"))?;
    values(&read(&mut run)?, test, names)
}

/// What a test printed for these names.
fn values(printed: &str, test: &str, names: &[&str]) -> Answer<Vec<f64>> {
    let value = |name: &str| {
        printed
            .lines()
            .find_map(|line| {
                line.trim()
                    .split_once("figure ")?
                    .1
                    .strip_prefix(name)?
                    .strip_prefix(' ')
            })
            .ok_or_else(|| format!("{test} printed no {name}:\n{printed}"))
            .and_then(number)
    };
    names.iter().map(|name| value(name)).collect()
}

fn publish() -> Answer<Vec<Figure>> {
    let values = figures(
        "publish_overhead",
        &["publish_ms", "publish_requests", "peer_publish_ms"],
    )?;
    Ok(vec![
        Figure {
            name: "publish against atlassian-python-api",
            value: values[0] / values[2],
            unit: "",
            limit: Limit::Missed {
                goal: 0.5,
                limit: 1.21,
            },
            note: format!(
                "{:.1} ms against {:.1} ms, each without its round trips of 50 ms",
                values[0], values[2]
            ),
        },
        Figure {
            name: "publish, requests",
            value: values[1],
            unit: "",
            limit: Limit::Goal(2.0),
            note: "below a parent page that is known".into(),
        },
    ])
}

fn drafts() -> Answer<Vec<Figure>> {
    let name = "10,000 drafts, a keystroke of a search, p95";
    Ok(vec![keystroke(name, "keystrokes_in_ten_thousand_drafts")?])
}

/// Against the least it can cost: a bare FTS5 query of the same rows, and the round trip of a command
/// that does nothing.
fn keystroke(name: &'static str, test: &str) -> Answer<Figure> {
    let values = figures(test, &["keystroke_ms", "bare_query_ms", "empty_command_ms"])?;
    Ok(Figure {
        name,
        value: values[0] / (values[1] + values[2]),
        unit: "",
        limit: Limit::Goal(2.0),
        note: format!(
            "{:.1} ms against {:.1} ms of FTS5 and {:.1} ms of an empty command",
            values[0], values[1], values[2]
        ),
    })
}

fn history() -> Answer<Vec<Figure>> {
    let name = "100,000 entries, a keystroke of a search, p95";
    let keystroke = keystroke(name, "keystrokes_in_a_hundred_thousand_entries")?;
    let start = figures(
        "start_with_a_long_history",
        &["long_start_ms", "short_start_ms"],
    )?;
    Ok(vec![
        keystroke,
        Figure {
            name: "100,000 entries, start of the window against one",
            value: start[0] / start[1],
            unit: "",
            limit: Limit::Goal(1.1),
            note: format!("{:.0} ms against {:.0} ms", start[0], start[1]),
        },
    ])
}

/// What Retropress loses, doubles, overwrites and asks too early: nothing. Those who do are in the
/// README.
fn faults() -> Answer<Vec<Figure>> {
    let counts = peers::faults()?;
    let (ours, others): (Vec<_>, Vec<_>) = counts
        .iter()
        .partition(|it| it.tool.starts_with("Retropress"));
    let sum = |of: fn(&peers::Count) -> usize| ours.iter().map(|it| of(it)).sum::<usize>() as f64;
    let note = |of: fn(&peers::Count) -> usize| {
        let others = others.iter().map(|it| format!("{} {}", it.tool, of(it)));
        others.collect::<Vec<_>>().join("; ")
    };
    let figure = |name, of| Figure {
        name,
        value: sum(of),
        unit: "",
        limit: Limit::Goal(0.0),
        note: note(of),
    };
    Ok(vec![
        figure("faults: pages or PDFs lost", |it| it.lost),
        figure("faults: pages or PDFs doubled", |it| it.doubled),
        figure("faults: changes of others overwritten", |it| it.overwritten),
        figure("faults: requests before Retry-After", |it| it.early),
        figure("faults: had to be tried again", |it| it.again),
    ])
}

/// Builds the window that shows one word.
fn empty_window() -> Answer<PathBuf> {
    show(cargo().args([
        "build",
        "--quiet",
        "--release",
        "--package",
        "retropress",
        "--example",
        "empty_window",
    ]))?;
    Ok(place::target().join("release/examples/empty_window"))
}

fn start() -> Answer<Vec<Figure>> {
    let names = [
        "page_ms",
        "loaded_ms",
        "start_ms",
        "empty_page_ms",
        "empty_loaded_ms",
        "empty_start_ms",
    ];
    let values = figures("start_of_the_window", &names)?;
    let [page, loaded, shown] =
        [0, 1, 2].map(|it| format!("{:.0} against {:.0}", values[it], values[it + 3]));
    Ok(vec![Figure {
        name: "start against an empty Tauri window",
        value: values[2] / values[5],
        unit: "",
        limit: Limit::Missed {
            goal: 1.15,
            limit: 1.59,
        },
        note: format!("{shown} ms; until the page begins {page}, until its script ran {loaded}"),
    }])
}

fn idle() -> Answer<Vec<Figure>> {
    let values = figures(
        "at_rest",
        &["memory_mb", "empty_memory_mb", "idle_percent", "wake_ups"],
    )?;
    Ok(vec![
        Figure {
            name: "memory against an empty Tauri window",
            value: values[0] / values[1],
            unit: "",
            limit: Limit::Goal(1.3),
            note: format!("{:.0} MB against {:.0} MB, PSS", values[0], values[1]),
        },
        Figure {
            name: "at rest, of a core",
            value: values[2],
            unit: " %",
            limit: Limit::Goal(0.5),
            note: "with the processes of the web engine".into(),
        },
        Figure {
            name: "at rest, wake-ups a second",
            value: values[3],
            unit: "",
            limit: Limit::Missed {
                goal: 1.0,
                limit: 2.3,
            },
            note: "of the app itself".into(),
        },
    ])
}

fn deb() -> Answer<Vec<Figure>> {
    let packages = dist::packages()?;
    let deb = packages
        .iter()
        .find(|package| package.path.extension().is_some_and(|it| it == "deb"))
        .ok_or("no .deb was built")?;
    Ok(vec![Figure {
        name: ".deb",
        value: deb.bytes as f64 / 1e6,
        unit: " MB",
        limit: Limit::Goal(10.0),
        note: String::new(),
    }])
}

fn here(name: &str) -> PathBuf {
    place::root()
        .join("src-tauri/crates/xtask/bench")
        .join(name)
}

fn number(text: &str) -> Answer<f64> {
    text.trim()
        .parse()
        .map_err(|_| format!("not a number: {:?}", text.trim()))
}
