//! The figures of `cargo xtask bench` that need the whole product. Each test prints
//! `figure <name> <value>`; the limits are in `src-tauri/crates/xtask/src/bench.rs`. Only a release
//! build says anything.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)] // A test ends where its footing is missing.

#[path = "../src-tauri/crates/app/tests/common/mod.rs"]
mod common;
mod window;

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use common::{history::with_history, world};
use retropress_app::connect::Method;
use retropress_app::drafts::{self, DraftQuery, NewDraft};
use retropress_app::history::PublicationQuery;
use retropress_app::publish::{self, OperationState};
use retropress_summary::{Summary, sample};
use serde_json::json;
use window::{Start, Window};

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Wall time of a publish below a known parent, minus the 50 ms that each answer takes.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "cargo xtask bench publish"]
async fn publish_overhead() {
    const ROUND_TRIP: Duration = Duration::from_millis(50);
    let world = world().await;
    let integration = world.integration(Method::ApiToken).await;
    // The first one makes the parent page and opens the connection.
    let first = world.retrospective().await;
    let operation = publish::publish(&world.app, first, integration.id.clone())
        .await
        .unwrap();
    assert_eq!(world.settled(&operation).await.state, OperationState::Done);

    world.sandbox.set_delay(ROUND_TRIP);
    let (mut times, mut requests) = (vec![], vec![]);
    for number in 0..15 {
        let draft = world.retrospective().await;
        let opened = drafts::open(&world.app, draft.clone()).await.unwrap();
        let Summary::Retrospective(mut content) = opened.content else {
            panic!("a retrospective")
        };
        content.title = format!("Measured {number}");
        drafts::save(
            &world.app,
            draft.clone(),
            opened.revision,
            Summary::Retrospective(content),
        )
        .await
        .unwrap();
        world.sandbox.clear_requests();
        let start = Instant::now();
        let operation = publish::publish(&world.app, draft, integration.id.clone())
            .await
            .unwrap();
        assert_eq!(world.settled(&operation).await.state, OperationState::Done);
        let took = start.elapsed();
        let sent = world.sandbox.requests().len();
        times.push((took.as_secs_f64() - ROUND_TRIP.as_secs_f64() * sent as f64) * 1000.0);
        requests.push(sent as f64);
    }
    println!("figure publish_ms {:.1}", median(times));
    println!("figure publish_requests {}", median(requests));
    println!(
        "figure peer_publish_ms {:.1}",
        peer_publish(&world, ROUND_TRIP).await
    );
}

/// The same by atlassian-python-api, within one run of Python, so that its start does not count.
async fn peer_publish(world: &common::World, round_trip: Duration) -> f64 {
    const RUNS: usize = 15;
    let python = std::env::var("PEERS_PYTHON").expect("set by cargo xtask bench");
    let folder = tempfile::tempdir().unwrap();
    let (body, pdf) = (
        folder.path().join("body.xml"),
        folder.path().join("page.pdf"),
    );
    fs::write(&body, "<p>Pairing went well.</p>".repeat(200)).unwrap();
    fs::write(&pdf, vec![b'%'; 60_000]).unwrap();
    let addresses = world.sandbox.addresses();
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src-tauri/crates/xtask/bench/peer_atlassian.py"
    );
    world.sandbox.clear_requests();
    let mut publish = std::process::Command::new(python);
    publish
        .arg(script)
        .args([&addresses.data_center, common::SPACE, "Measured by a peer"])
        .args([&body, &pdf])
        .arg(RUNS.to_string())
        .env(
            "CONFLUENCE_TOKEN",
            &world.sandbox.credentials().personal_access_token,
        );
    let printed = tokio::task::spawn_blocking(move || publish.output());
    let printed = printed.await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&printed.stdout);
    let times: Vec<f64> = text.lines().filter_map(|line| line.parse().ok()).collect();
    assert_eq!(
        times.len(),
        RUNS,
        "{text}{}",
        String::from_utf8_lossy(&printed.stderr)
    );
    let requests = world.sandbox.requests().len() as f64 / RUNS as f64;
    median(times) - round_trip.as_secs_f64() * 1000.0 * requests
}

/// What is typed into a search, letter by letter.
const SEARCHES: [&str; 5] = [
    "release planning",
    "sprint 99",
    "handover friday",
    "pairing",
    "nothing like it",
];

fn keystrokes() -> impl Iterator<Item = &'static str> {
    SEARCHES
        .iter()
        .flat_map(|text| (1..=text.len()).map(move |end| &text[..end]))
}

fn percentile_95(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() * 95 / 100]
}

/// 10,000 drafts: each letter of a search as it is typed, from the window to the database and back.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "cargo xtask bench drafts"]
async fn keystrokes_in_ten_thousand_drafts() {
    const DRAFTS: usize = 10_000;
    const WORDS: [&str; 12] = [
        "release", "review", "pairing", "deploy", "backlog", "standup", "incident", "planning",
        "focus", "friday", "testing", "handover",
    ];
    let world = world().await;
    let team = world.team().await;
    for number in 0..DRAFTS {
        let new = NewDraft::Retrospective {
            template_id: "went-well".into(),
        };
        let draft = drafts::create(&world.app, team.id.clone(), new)
            .await
            .unwrap();
        let mut content = sample::retrospective(draft.saved_at.date_naive());
        let word = WORDS[number % WORDS.len()];
        content.title = format!(
            "Sprint {number}: {word} and {}",
            WORDS[(number / 7) % WORDS.len()]
        );
        drafts::save(
            &world.app,
            draft.id,
            draft.revision,
            Summary::Retrospective(content),
        )
        .await
        .unwrap();
    }
    let queries = keystrokes().map(|text| {
        json!(DraftQuery {
            team_id: team.id.clone(),
            text: text.into(),
            limit: 100,
            ..DraftQuery::default()
        })
    });
    // The app's own index keeps no texts.
    let rows = "SELECT title, (SELECT group_concat(value, ' ') FROM json_tree(content)
                               WHERE type = 'text' AND key <> 'id')
                FROM draft JOIN draft_content USING (number)";
    measure_keystrokes(&world, "list_drafts", queries.collect(), rows).await;
}

/// 100,000 entries of the history, the same.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "cargo xtask bench history"]
async fn keystrokes_in_a_hundred_thousand_entries() {
    let world = with_history(100_000).await;
    let team = world.team().await;
    let queries = keystrokes().map(|text| {
        json!(PublicationQuery {
            team_id: team.id.clone(),
            text: text.into(),
            limit: 100,
            descending: true,
            ..PublicationQuery::default()
        })
    });
    let rows = "SELECT title, '' FROM publication";
    measure_keystrokes(&world, "list_publications", queries.collect(), rows).await;
}

/// Calls the command with each query in the real window. Beside that, the least it can cost: the round
/// trip of a command that does nothing, and the same keystrokes as a bare FTS5 query of the same rows.
async fn measure_keystrokes(
    world: &common::World,
    command: &str,
    queries: Vec<serde_json::Value>,
    rows: &str,
) {
    const CALLS: &str = r#"
        const [command, queries, done] = arguments;
        const invoke = window.__TAURI_INTERNALS__.invoke;
        const time = async (times, work) => {
            const start = performance.now();
            for (let run = 0; run < times; run++) await work();
            return (performance.now() - start) / times;
        };
        (async () => {
            const nothing = () => invoke("leave_connection", { sessionId: "none" });
            await time(50, nothing);
            const empty = await time(200, nothing);
            const typed = [];
            for (const query of queries) {
                await invoke(command, { query });
                // The clock of the page is as coarse as a millisecond.
                typed.push(await time(5, () => invoke(command, { query })));
            }
            done({ empty, typed });
        })().catch((error) => done({ error: JSON.stringify(error) }));
    "#;
    let data = world.folder.path().join("data");
    let window = Window::open_in(&data).await;
    let answer = window
        .call_async(CALLS, vec![json!(command), json!(queries)])
        .await;
    window.close().await;
    let number = |value: &serde_json::Value| value.as_f64().unwrap_or_else(|| panic!("{answer}"));
    let typed = answer["typed"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"));
    println!(
        "figure keystroke_ms {:.2}",
        percentile_95(typed.iter().map(number).collect())
    );
    println!("figure empty_command_ms {:.2}", number(&answer["empty"]));
    println!("figure bare_query_ms {:.2}", bare_queries(&data, rows));
}

/// The 95th percentile, in milliseconds.
fn bare_queries(data: &Path, rows: &str) -> f64 {
    let file = tempfile::tempdir().unwrap();
    let bare = rusqlite::Connection::open(file.path().join("bare.db")).unwrap();
    bare.execute_batch("CREATE VIRTUAL TABLE bare USING fts5(title, body)")
        .unwrap();
    bare.execute(
        "ATTACH ?1 AS app",
        [data.join("retropress.db").to_str().unwrap()],
    )
    .unwrap();
    bare.execute(&format!("INSERT INTO bare {rows}"), [])
        .unwrap();
    let mut query = bare
        .prepare("SELECT rowid FROM bare WHERE bare MATCH ?1")
        .unwrap();
    let times = keystrokes().map(|text| {
        let words: Vec<String> = text
            .split_whitespace()
            .map(|it| format!("\"{it}\""))
            .collect();
        let text = format!("{}*", words.join(" "));
        let start = Instant::now();
        let found = query
            .query_map([&text], |row| row.get::<_, i64>(0))
            .unwrap();
        std::hint::black_box(found.map(Result::unwrap).sum::<i64>());
        start.elapsed().as_secs_f64() * 1000.0
    });
    percentile_95(times.collect())
}

/// From the start of the program until there is something to read, in turn for the app and for a
/// window that shows one word.
#[tokio::test]
#[ignore = "cargo xtask bench start"]
async fn start_of_the_window() {
    const RUNS: usize = 11;
    let empty = std::env::var("EMPTY_WINDOW").expect("set by cargo xtask bench");
    let folder = tempfile::tempdir().unwrap();
    let (mut app, mut peer) = (vec![], vec![]);
    for run in 0..=RUNS {
        let starts = (
            Window::start_of(None, folder.path()).await,
            Window::start_of(Some(&empty), folder.path()).await,
        );
        // The first start fills the caches of the computer.
        if run > 0 {
            app.push(starts.0);
            peer.push(starts.1);
        }
    }
    for (name, starts) in [("", &app), ("empty_", &peer)] {
        let say = |what: &str, of: fn(&Start) -> f64| {
            let median = median(starts.iter().map(of).collect());
            println!("figure {name}{what}_ms {median:.0}");
        };
        say("page", |it| it.page);
        say("loaded", |it| it.loaded);
        say("start", |it| it.shown);
    }
}

/// The same for the app alone, in turn with 100,000 entries in the history and with one.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "cargo xtask bench history"]
async fn start_with_a_long_history() {
    const RUNS: usize = 11;
    let (long, short) = (with_history(100_000).await, with_history(1).await);
    let (mut with, mut without) = (vec![], vec![]);
    for run in 0..=RUNS {
        let start = async |world: &common::World| {
            let data = world.folder.path().join("data");
            Window::start_of(None, &data).await.shown
        };
        let times = (start(&long).await, start(&short).await);
        if run > 0 {
            with.push(times.0);
            without.push(times.1);
        }
    }
    println!("figure long_start_ms {:.0}", median(with));
    println!("figure short_start_ms {:.0}", median(without));
}

/// With nothing to do: memory and processor time of the app and of a window that shows one word, with
/// the processes of the web engine.
#[test]
#[ignore = "cargo xtask bench idle"]
fn at_rest() {
    const SETTLED: Duration = Duration::from_secs(30);
    const WATCHED: Duration = Duration::from_secs(60);
    let empty = std::env::var("EMPTY_WINDOW").expect("set by cargo xtask bench");
    let folder = tempfile::tempdir().unwrap();
    let start = |program: &str| {
        std::process::Command::new(program)
            .env("RETROPRESS_DATA", folder.path())
            .spawn()
            .unwrap()
    };
    let mut peer = start(&empty);
    std::thread::sleep(SETTLED);
    println!("figure empty_memory_mb {:.1}", memory_mb(peer.id()));
    peer.kill().unwrap();
    peer.wait().unwrap();

    let mut app = start(window::APP);
    std::thread::sleep(SETTLED);
    println!("figure memory_mb {:.1}", memory_mb(app.id()));
    let before = (processor_ms(app.id()), waits(app.id()));
    std::thread::sleep(WATCHED);
    let after = (processor_ms(app.id()), waits(app.id()));
    let seconds = WATCHED.as_secs_f64();
    println!(
        "figure idle_percent {:.3}",
        (after.0 - before.0) / seconds / 10.0
    );
    println!(
        "figure wake_ups {:.2}",
        (after.1 - before.1) as f64 / seconds
    );
    app.kill().unwrap();
    app.wait().unwrap();
}

/// A process and those it started.
fn family(id: u32) -> Vec<u32> {
    let mut family = vec![id];
    let mut next = 0;
    while next < family.len() {
        let tasks = fs::read_dir(format!("/proc/{}/task", family[next]));
        for task in tasks.into_iter().flatten().flatten() {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            family.extend(
                children
                    .split_whitespace()
                    .filter_map(|it| it.parse::<u32>().ok()),
            );
        }
        next += 1;
    }
    family
}

/// Proportional set size: shared pages count by their share. proc(5), smaps_rollup.
fn memory_mb(id: u32) -> f64 {
    let pss = |id: &u32| {
        let rollup = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
        line.and_then(|it| it.trim().trim_end_matches(" kB").parse::<f64>().ok())
            .unwrap_or_default()
    };
    family(id).iter().map(pss).sum::<f64>() / 1024.0
}

/// In ticks of 10 milliseconds. proc(5), stat: utime and stime.
fn processor_ms(id: u32) -> f64 {
    let ticks = |id: &u32| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let fields = stat.rsplit_once(')').map_or("", |it| it.1);
        let times = fields.split_whitespace().skip(11).take(2);
        times.filter_map(|it| it.parse::<f64>().ok()).sum::<f64>()
    };
    family(id).iter().map(ticks).sum::<f64>() * 10.0
}

/// How often threads of the app itself went to sleep again, since each began.
fn waits(id: u32) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{id}/task")).unwrap().flatten();
    tasks
        .filter_map(|task| {
            let status = fs::read_to_string(task.path().join("status")).ok()?;
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
            line.trim().parse::<u64>().ok()
        })
        .sum()
}
