//! 100,000 entries in the history: a keystroke of its search.
//!
//! `cargo xtask bench history`; prints `figure <name> <value>`. Only a release build says anything.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops where something is not as it should be; what it prints is read"
)]

mod common;

use std::time::Instant;

use common::history::with_history;
use retropress_app::history::{self, PublicationQuery};

const ENTRIES: u32 = 100_000;

fn sorted(mut times: Vec<f64>) -> Vec<f64> {
    times.sort_by(f64::total_cmp);
    times
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "cargo xtask bench history"]
async fn a_hundred_thousand_entries() {
    let full = with_history(ENTRIES).await;
    let team = full.team().await;
    let query = |text: &str| PublicationQuery {
        team_id: team.id.clone(),
        text: text.into(),
        limit: 100,
        descending: true,
        ..PublicationQuery::default()
    };
    let all = history::list(&full.app, query("")).await.unwrap();
    assert_eq!(all.total, ENTRIES);
    let mut times = Vec::new();
    for text in [
        "release planning",
        "sprint 99",
        "handover friday",
        "pairing",
        "nothing like it",
    ] {
        for end in 0..=text.len() {
            let start = Instant::now();
            history::list(&full.app, query(&text[..end])).await.unwrap();
            times.push(start.elapsed().as_secs_f64() * 1000.0);
        }
    }
    let found = history::list(&full.app, query("sprint 99999")).await;
    assert_eq!(found.unwrap().total, 1);
    let times = sorted(times);
    println!(
        "figure history_keystroke_ms {:.1}",
        times[times.len() * 95 / 100]
    );
}
