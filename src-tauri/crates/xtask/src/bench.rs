//! `cargo xtask bench`: speed and size, each figure with its limit, as a ratio in one run where
//! there is a peer.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::program::{cargo, program, read, show, succeeds};
use crate::{Answer, desktop, dist, needs, peers, place, window};

struct Figure {
    name: &'static str,
    value: f64,
    unit: &'static str,
    limit: f64,
    /// The peer, or how it was measured.
    note: String,
}

impl Figure {
    fn reached(&self) -> bool {
        self.value <= self.limit
    }

    fn line(&self) -> String {
        let digits = if self.value.fract() == 0.0 || self.value >= 100.0 {
            0
        } else {
            2
        };
        let outcome = match self.reached() {
            true => "reached".to_owned(),
            false if self.limit == 0.0 => "missed".to_owned(),
            false => format!("missed by {:.0} %", (self.value / self.limit - 1.0) * 100.0),
        };
        let value = format!("{:.digits$}{}", self.value, self.unit);
        let limit = format!("{}{}", self.limit, self.unit);
        format!(
            "{:<44} {value:>12} {limit:>12}  {outcome}  {}",
            self.name, self.note
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
    ("deb", deb),
];

/// Those that need no window.
const WITHOUT_WINDOW: &[&str] = &["faults", "history"];

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
        if !wanted.is_empty() && wanted.iter().all(|it| it != name) {
            continue;
        }
        println!("measuring {name}");
        match measure() {
            Ok(figures) => {
                missed += figures.iter().filter(|it| !it.reached()).count();
                figures.iter().map(Figure::line).for_each(&mut say);
            }
            Err(why) => {
                missed += 1;
                say(format!("{name:<44} not measured: {why}"));
            }
        }
    }
    println!("\n{:<44} {:>12} {:>12}", "figure", "measured", "limit");
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
        limit: 90.0,
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
    let mut figures = vec![Figure {
        name: "PDF, 120 ideas and 30 actions, warm",
        value: warm,
        unit: " ms",
        limit: 40.0,
        note: String::new(),
    }];
    if !succeeds(program("python3").args(["-c", "import reportlab"])) {
        figures[0].note = "no peer: reportlab for Python is not installed".into();
        return Ok(figures);
    }
    let document = place::target().join("bench-document.json");
    std::fs::write(
        &document,
        read(example("bench_pdf").args(["--", "--json"]))?,
    )
    .map_err(|error| error.to_string())?;
    let peer = read(
        program("python3")
            .arg(here("peer_reportlab.py"))
            .arg(place::ui().join("node_modules/@expo-google-fonts/noto-sans"))
            .arg(&document),
    )?;
    let peer = number(peer.trim().trim_end_matches(" ms"))?;
    figures.push(Figure {
        name: "PDF against reportlab, the same table",
        value: warm / peer,
        unit: "",
        limit: 1.0,
        note: format!("reportlab {peer:.1} ms"),
    });
    Ok(figures)
}

fn page() -> Answer<Vec<Figure>> {
    Ok(vec![Figure {
        name: "storage format of the same",
        value: number(&read(&mut example("bench_page"))?)?,
        unit: " ms",
        limit: 1.0,
        note: String::new(),
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
        "--test",
        "figures",
    ])
    .args(["--", "--ignored", "--exact", "--nocapture", test])
    .env("TAURI_DRIVER", needs::tauri_driver()?)
    .env("EMPTY_WINDOW", empty_window());
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
    let values = figures("publish_overhead", &["publish_ms", "publish_requests"])?;
    Ok(vec![
        Figure {
            name: "publish, without its round trips",
            value: values[0],
            unit: " ms",
            limit: 20.0,
            note: "the sandbox answers after 50 ms".into(),
        },
        Figure {
            name: "publish, requests",
            value: values[1],
            unit: "",
            limit: 2.0,
            note: "below a parent page that is known".into(),
        },
    ])
}

fn drafts() -> Answer<Vec<Figure>> {
    let values = figures("keystrokes_in_the_list", &["keystroke_ms"])?;
    Ok(vec![Figure {
        name: "10,000 drafts, a keystroke of a search, p95",
        value: values[0],
        unit: " ms",
        limit: 16.0,
        note: String::new(),
    }])
}

fn history() -> Answer<Vec<Figure>> {
    let test = "a_hundred_thousand_entries";
    let printed = read(
        cargo()
            .args([
                "test",
                "--quiet",
                "--release",
                "--package",
                "retropress-app",
            ])
            .args(["--test", "large_history", "--"])
            .args(["--ignored", "--exact", "--nocapture", test]),
    )?;
    let keystroke = values(&printed, test, &["history_keystroke_ms"])?[0];
    let start = figures(
        "start_with_a_long_history",
        &["long_start_ms", "short_start_ms"],
    )?;
    Ok(vec![
        Figure {
            name: "100,000 entries, a keystroke of a search, p95",
            value: keystroke,
            unit: " ms",
            limit: 16.0,
            note: String::new(),
        },
        Figure {
            name: "100,000 entries, start of the window against one",
            value: start[0] / start[1],
            unit: "",
            limit: 1.1,
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
        limit: 0.0,
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

fn empty_window() -> PathBuf {
    place::target().join("release/examples/empty_window")
}

fn start() -> Answer<Vec<Figure>> {
    show(cargo().args([
        "build",
        "--quiet",
        "--release",
        "--package",
        "retropress",
        "--example",
        "empty_window",
    ]))?;
    let values = figures("start_of_the_window", &["start_ms", "empty_start_ms"])?;
    Ok(vec![Figure {
        name: "start against an empty Tauri window",
        value: values[0] / values[1],
        unit: "",
        limit: 1.3,
        note: format!("{:.0} ms against {:.0} ms", values[0], values[1]),
    }])
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
        limit: 15.0,
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
