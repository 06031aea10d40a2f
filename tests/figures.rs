//! The figures of `cargo xtask bench` that need the whole product. Each test prints
//! `figure <name> <value>`; the limits are in `src-tauri/crates/xtask/src/bench.rs`. Only a release
//! build says anything.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)] // A test ends where its footing is missing.

#[path = "../src-tauri/crates/app/tests/common/mod.rs"]
mod common;
mod window;

use std::time::{Duration, Instant};

use common::{history::with_history, world};
use retropress_app::connect::Method;
use retropress_app::drafts::{self, DraftQuery, NewDraft};
use retropress_app::publish::{self, OperationState};
use retropress_summary::{Summary, sample};
use window::Window;

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
}

/// 10,000 drafts: each letter of a search as it is typed, until the rows are there.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "cargo xtask bench drafts"]
async fn keystrokes_in_the_list() {
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
    let query = |text: &str| DraftQuery {
        team_id: team.id.clone(),
        text: text.into(),
        limit: 100,
        ..DraftQuery::default()
    };
    let mut times = vec![];
    for text in [
        "",
        "release planning",
        "sprint 99",
        "handover friday",
        "pairing",
        "nothing like it",
    ] {
        for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
            let start = Instant::now();
            drafts::list(&world.app, query(&text[..end])).await.unwrap();
            times.push(start.elapsed().as_secs_f64() * 1000.0);
        }
    }
    assert_eq!(
        drafts::list(&world.app, query("")).await.unwrap().total as usize,
        DRAFTS
    );
    times.sort_by(f64::total_cmp);
    println!("figure keystroke_ms {:.1}", times[times.len() * 95 / 100]);
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
        let times = (
            Window::start_ms(None, folder.path()).await,
            Window::start_ms(Some(&empty), folder.path()).await,
        );
        // The first start fills the caches of the computer.
        if run > 0 {
            app.push(times.0);
            peer.push(times.1);
        }
    }
    println!("figure start_ms {:.0}", median(app));
    println!("figure empty_start_ms {:.0}", median(peer));
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
            Window::start_ms(None, &world.folder.path().join("data")).await
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
