//! A long history, made in the file itself: publishing it would take hours.

use retropress_app::{connect::Method, publish::OperationState};
use rusqlite::{Connection, named_params};

use super::{World, world};

/// Words that stand in the titles, in turn.
const WORDS: &str = r#"["release", "review", "pairing", "deploy", "backlog", "standup", "incident",
    "planning", "focus", "friday", "testing", "handover"]"#;

/// A world in which one retrospective was published, and its entry of the history is there so often.
pub async fn with_history(entries: u32) -> World {
    let world = world().await;
    let integration = world.integration(Method::ApiToken).await;
    let draft = world.retrospective().await;
    let done = world.publish(&draft, &integration).await;
    assert_eq!(done.state, OperationState::Done);
    if entries > 1 {
        multiply(&world, entries);
    }
    world
}

fn multiply(world: &World, entries: u32) {
    let file = world.folder.path().join("data/retropress.db");
    let mut connection = Connection::open(file).unwrap();
    let transaction = connection.transaction().unwrap();
    let title = "printf('Sprint %d: %s and %s', i, json_extract(:words, printf('$[%d]', i % 12)), \
                 json_extract(:words, printf('$[%d]', i / 7 % 12)))";
    let folded = format!("lower({title})");
    let other = |column: &str| match column {
        "id" | "draft_id" => format!("printf('%s-%d', {column}, i)"),
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
            named_params! { ":last": entries - 1, ":words": WORDS },
        )
        .unwrap();
    assert_eq!(made, entries as usize - 1);
    transaction
        .execute(
            &format!(
                "{count} INSERT INTO timeline (publication_id, what, text, note, at)
                 SELECT printf('%s-%d', publication_id, i), what, text, note, at
                 FROM (SELECT * FROM timeline), n"
            ),
            named_params! { ":last": entries - 1 },
        )
        .unwrap();
    transaction.commit().unwrap();
}
