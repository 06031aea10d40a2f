//! The history: its search, its order, and a list that is never out of date.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

use retropress_store::{PublicationFilter, PublicationOrder, Store};
use rusqlite::{Connection, params};

struct History {
    store: Store,
    /// As another program would have the file open.
    other: Connection,
    _folder: tempfile::TempDir,
}

fn history() -> History {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap().store;
    store.create_team("a", "Payments", 1).unwrap();
    store.create_team("b", "Search", 1).unwrap();
    let other = Connection::open(folder.path().join("retropress.db")).unwrap();
    let history = History {
        store,
        other,
        _folder: folder,
    };
    for (id, team, title, date, published_at, space) in [
        (
            "1",
            "a",
            "Sprint 41: Pairing",
            Some("2026-01-02"),
            50,
            "ENG",
        ),
        (
            "2",
            "a",
            "Sprint 42: RELEASE",
            Some("2026-03-02"),
            20,
            "ENG",
        ),
        ("3", "a", "Größe 100%_", None, 40, "OPS"),
        ("4", "a", "Incident review", Some("2026-02-02"), 30, "ENG"),
        (
            "5",
            "b",
            "Sprint 42 of others",
            Some("2026-02-03"),
            10,
            "ENG",
        ),
    ] {
        history.add(id, team, title, date, published_at, space);
    }
    history
}

impl History {
    fn add(&self, id: &str, team: &str, title: &str, date: Option<&str>, at: i64, space: &str) {
        self.other
            .execute(
                "INSERT INTO publication VALUES (?1, ?2, 'T', NULL, NULL, 'retrospective', ?3, ?4, ?5,
                     'published', 'Wiki', '1', ?6, ?6 || ' space', '', '9', 'l', 1, 'p', 1, NULL,
                     'Ada', 'r', 'm', 1, ?7, 0)",
                params![id, team, title, title.to_lowercase(), date, space, at],
            )
            .unwrap();
    }

    fn ids(&self, filter: &PublicationFilter<'_>) -> String {
        let (rows, total, _) = self.store.publications(filter).unwrap();
        let ids: String = rows.into_iter().map(|it| it.id).collect();
        format!("{ids} of {total}")
    }

    fn found(&self, text: &str) -> String {
        self.ids(&all(text))
    }
}

fn all(text: &str) -> PublicationFilter<'_> {
    PublicationFilter {
        team_id: "a",
        text,
        kind: None,
        space_key: None,
        status: None,
        since: None,
        order: PublicationOrder::Date,
        descending: true,
        offset: 0,
        limit: 200,
    }
}

#[test]
fn every_word_must_occur_and_case_does_not_matter() {
    let history = history();
    assert_eq!(history.found(""), "2413 of 4");
    assert_eq!(history.found("  print "), "21 of 2");
    assert_eq!(history.found("release SPRINT"), "2 of 1");
    assert_eq!(history.found("GRÖSSE"), " of 0");
    assert_eq!(history.found("GRÖ"), "3 of 1");
    // What a search in a database could take for a wildcard.
    assert_eq!(history.found("100%_"), "3 of 1");
    assert_eq!(history.found("4_"), " of 0");
    assert_eq!(history.found("nothing"), " of 0");
}

#[test]
fn order_and_filters() {
    let history = history();
    let ordered = |order, descending| {
        history.ids(&PublicationFilter {
            order,
            descending,
            ..all("")
        })
    };
    // Without a date comes before every date.
    assert_eq!(ordered(PublicationOrder::Date, false), "3142 of 4");
    assert_eq!(ordered(PublicationOrder::Title, false), "3412 of 4");
    assert_eq!(ordered(PublicationOrder::Title, true), "2143 of 4");
    assert_eq!(ordered(PublicationOrder::Published, true), "1342 of 4");

    let kind = PublicationFilter {
        kind: Some("healthCheck"),
        ..all("")
    };
    assert_eq!(history.ids(&kind), " of 0");
    let space = PublicationFilter {
        space_key: Some("OPS"),
        ..all("")
    };
    assert_eq!(history.ids(&space), "3 of 1");
    let status = PublicationFilter {
        status: Some("deleted"),
        ..all("")
    };
    assert_eq!(history.ids(&status), " of 0");
    // What has no date is not since any day.
    let since = PublicationFilter {
        since: Some("2026-02-02"),
        ..all("")
    };
    assert_eq!(history.ids(&since), "24 of 2");
    let second_page = PublicationFilter {
        offset: 2,
        limit: 1,
        ..all("")
    };
    assert_eq!(history.ids(&second_page), "1 of 4");
    let (_, _, spaces) = history.store.publications(&all("nothing")).unwrap();
    let space = |key: &str| (key.to_owned(), format!("{key} space"));
    assert_eq!(spaces, [space("ENG"), space("OPS")]);
}

#[test]
fn whoever_changes_it_the_next_search_knows() {
    let history = history();
    assert_eq!(history.found("sprint"), "21 of 2");
    history.add("6", "a", "Sprint 43", Some("2026-04-01"), 60, "NEW");
    assert_eq!(history.found("sprint"), "621 of 3");
    history
        .other
        .execute(
            "UPDATE publication SET title = 'Retitled', folded = 'retitled' WHERE id = '2'",
            [],
        )
        .unwrap();
    assert_eq!(history.found("sprint"), "61 of 2");
    history
        .other
        .execute("DELETE FROM publication WHERE id = '1'", [])
        .unwrap();
    assert_eq!(history.found("sprint"), "6 of 1");

    let of_others = PublicationFilter {
        team_id: "b",
        ..all("sprint")
    };
    assert_eq!(history.ids(&of_others), "5 of 1");
    history.store.delete_team("b").unwrap();
    assert_eq!(history.ids(&of_others), " of 0");
    assert_eq!(history.found("sprint"), "6 of 1");
}
