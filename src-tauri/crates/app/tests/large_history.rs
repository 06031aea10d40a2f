//! 100,000 entries in the history: a keystroke of its search, and the start of the app.
//!
//! `cargo xtask bench history`; prints `figure <name> <value>`. Only a release build says anything.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops where something is not as it should be; what it prints is read"
)]

mod common;

use std::time::Instant;

use common::{World, world};
use retropress_app::{
    connect::Method,
    history::{self, PublicationQuery},
    publish::OperationState,
};
use rusqlite::{Connection, named_params};

const ENTRIES: u32 = 100_000;
const STARTS: usize = 31;

/// Words that stand in the titles, in turn.
const WORDS: &str = r#"["release", "review", "pairing", "deploy", "backlog", "standup", "incident",
    "planning", "focus", "friday", "testing", "handover"]"#;

/// Makes many of the one entry that is there.
fn multiply(world: &World) {
    let file = world.folder.path().join("data/retropress.db");
    let mut connection = Connection::open(file).unwrap();
    let transaction = connection.transaction().unwrap();
    let title = "printf('Sprint %d: %s and %s', i, json_extract(:words, printf('$[%d]', i % 12)), \
                 json_extract(:words, printf('$[%d]', i / 7 % 12)))";
    let folded = format!("lower({title})");
    let other = |column: &str| match column {
        "id" => "printf('%s-%d', id, i)".to_owned(),
        "title" => title.to_owned(),
        "folded" => folded.clone(),
        "date" => "date('2000-01-01', printf('+%d days', i % 9000))".to_owned(),
        "page_id" => "i".to_owned(),
        "published_at" => "published_at - i".to_owned(),
        same => same.to_owned(),
    };
    let columns: Vec<String> = transaction
        .prepare("SELECT name FROM pragma_table_info('publication')")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let values: Vec<String> = columns.iter().map(|it| other(it)).collect();
    let count = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :last)";
    let made = transaction
        .execute(
            &format!(
                "{count} INSERT INTO publication ({}) SELECT {} FROM publication, n",
                columns.join(", "),
                values.join(", ")
            ),
            named_params! { ":last": ENTRIES - 1, ":words": WORDS },
        )
        .unwrap();
    assert_eq!(made, ENTRIES as usize - 1);
    transaction
        .execute(
            &format!(
                "{count} INSERT INTO timeline (publication_id, what, text, note, at)
                 SELECT printf('%s-%d', publication_id, i), what, text, note, at
                 FROM (SELECT * FROM timeline), n"
            ),
            named_params! { ":last": ENTRIES - 1 },
        )
        .unwrap();
    transaction.commit().unwrap();
}

/// Milliseconds until the app is open.
fn start(world: &mut World) -> f64 {
    let start = Instant::now();
    world.restart();
    start.elapsed().as_secs_f64() * 1000.0
}

fn sorted(mut times: Vec<f64>) -> Vec<f64> {
    times.sort_by(f64::total_cmp);
    times
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "cargo xtask bench history"]
async fn a_hundred_thousand_entries() {
    let mut full = world().await;
    let integration = full.integration(Method::ApiToken).await;
    let draft = full.retrospective().await;
    let done = full.publish(&draft, &integration).await;
    assert_eq!(done.state, OperationState::Done);
    multiply(&full);

    let query = |text: &str| PublicationQuery {
        team_id: integration.team_id.clone(),
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

    let mut empty = world().await;
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        with.push(start(&mut full));
        without.push(start(&mut empty));
    }
    println!("figure open_full_ms {:.2}", sorted(with)[STARTS / 2]);
    println!("figure open_empty_ms {:.2}", sorted(without)[STARTS / 2]);
}
