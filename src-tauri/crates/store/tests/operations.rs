//! Of a draft and an integration there is one operation that has not ended and one page, whoever asks
//! at the same time; and a database of before that keeps all it had.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

use std::{
    path::Path,
    sync::{Arc, Barrier},
    thread,
};

use retropress_store::{
    Basis, IntegrationRecord, NewText, OperationProgress, OperationRecord, PageBasis,
    PublicationRecord, Store, StoreError,
};
use rusqlite::Connection;
use tempfile::TempDir;

const TEAM: &str = "team";
const ROUNDS: usize = 1_000;

fn open(folder: &Path) -> Store {
    Store::open(folder).unwrap().store
}

fn integration(id: &str) -> IntegrationRecord {
    IntegrationRecord {
        id: id.into(),
        team_id: TEAM.into(),
        method: String::new(),
        site: String::new(),
        route: String::new(),
        account: String::new(),
        account_name: String::new(),
        configuration: String::new(),
        parents: "{}".into(),
        allow_http: false,
        sandbox: false,
        saved_at: 1,
        sign_in: "{}".into(),
    }
}

fn world() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store.create_team(TEAM, "Payments", 1).unwrap();
    for id in ["x", "y"] {
        store
            .save_integration(&integration(id), None, None)
            .unwrap();
    }
    draft(&store, "draft");
    (folder, store)
}

fn draft(store: &Store, id: &str) {
    let text = NewText {
        kind: "retrospective",
        title: "Sprint",
        date: Some("2026-11-19"),
        model_id: None,
        contents: "",
        content: "{}",
        words: "",
    };
    store.create_draft(id, TEAM, text, 1).unwrap();
}

fn progress(state: &str, ended_at: Option<i64>) -> OperationProgress {
    OperationProgress {
        title: "Sprint".into(),
        publication_id: None,
        state: state.into(),
        step: "signIn".into(),
        in_doubt: false,
        found: "{}".into(),
        error: None,
        ended_at,
    }
}

fn operation(id: &str, draft: &str, integration: &str) -> OperationRecord {
    OperationRecord {
        id: id.into(),
        kind: "create".into(),
        team_id: TEAM.into(),
        integration_id: Some(integration.into()),
        draft_id: Some(draft.into()),
        frozen: "{}".into(),
        storage: "<p/>".into(),
        storage_sha256: String::new(),
        pdf: vec![1, 2, 3],
        pdf_sha256: String::new(),
        started_at: 1,
        progress: progress("queued", None),
    }
}

const FIRST: Basis<'_> = Basis {
    revision: 1,
    page: PageBasis::Unpublished,
};

fn publication(id: &str, integration: &str) -> PublicationRecord {
    PublicationRecord {
        id: id.into(),
        team_id: TEAM.into(),
        team_name: String::new(),
        integration_id: Some(integration.into()),
        draft_id: Some("draft".into()),
        kind: "retrospective".into(),
        title: id.into(),
        date: None,
        status: "published".into(),
        site_name: String::new(),
        space_id: String::new(),
        space_key: String::new(),
        space_name: String::new(),
        parent: String::new(),
        page_id: id.into(),
        link: String::new(),
        version: 1,
        pdf_name: String::new(),
        pdf_size: 0,
        attachment_id: None,
        account_name: String::new(),
        reference: String::new(),
        marker: id.into(),
        draft_revision: 1,
        published_at: 1,
    }
}

/// The operation makes its page, and ends.
fn publish(store: &Store, id: &str, integration: &str, page: PageBasis<'_>, at: i64) {
    let basis = Basis { revision: 1, page };
    store
        .enqueue(&operation(id, "draft", integration), Some(basis))
        .unwrap();
    arrive(store, id, integration, "done", at);
}

fn arrive(store: &Store, id: &str, integration: &str, state: &str, at: i64) {
    let made = PublicationRecord {
        published_at: at,
        ..publication(id, integration)
    };
    let ended = progress(state, Some(at));
    store.progress(id, &ended, Some(&made), None).unwrap();
}

fn own(store: &Store, integration: &str) -> Option<String> {
    let own = store.publication_at("draft", integration).unwrap();
    own.map(|it| it.id)
}

#[test]
fn one_at_each_integration_is_under_way() {
    let (_folder, store) = world();
    store
        .enqueue(&operation("1", "draft", "x"), Some(FIRST))
        .unwrap();
    let second = store.enqueue(&operation("2", "draft", "x"), Some(FIRST));
    assert!(matches!(second, Err(StoreError::UnderWay { operation }) if operation == "1"));
    store
        .enqueue(&operation("3", "draft", "y"), Some(FIRST))
        .unwrap();
    let under_way = |at| store.operation_under_way("draft", at).unwrap().unwrap().id;
    assert_eq!((under_way("x"), under_way("y")), ("1".into(), "3".into()));
    let ended = progress("cancelled", Some(2));
    store.progress("1", &ended, None, None).unwrap();
    store
        .enqueue(&operation("2", "draft", "x"), Some(FIRST))
        .unwrap();
    assert_eq!(store.last_operation("draft", "x").unwrap().unwrap().id, "2");
}

/// Two processes, each with what it froze.
#[test]
fn of_two_at_once_one_is_written() {
    let (folder, store) = world();
    for round in 0..ROUNDS {
        draft(&store, &format!("d{round}"));
    }
    let barrier = Arc::new(Barrier::new(2));
    let both = ["a", "b"].map(|name| {
        let (store, barrier) = (open(folder.path()), barrier.clone());
        thread::spawn(move || {
            let mut written = 0;
            for round in 0..ROUNDS {
                let it = operation(&format!("{name}{round}"), &format!("d{round}"), "x");
                barrier.wait();
                match store.enqueue(&it, Some(FIRST)) {
                    Ok(()) => written += 1,
                    Err(StoreError::UnderWay { .. }) => {}
                    Err(other) => panic!("{other}"),
                }
            }
            written
        })
    });
    let written = both.map(|it| it.join().unwrap());
    assert_eq!(written.iter().sum::<usize>(), ROUNDS);
    assert!(
        written.iter().all(|it| *it > 0),
        "they never met: {written:?}"
    );
    assert_eq!(store.outbox().unwrap().len(), ROUNDS);
}

#[test]
fn of_two_that_replace_the_same_one_is_written() {
    let (folder, store) = world();
    for round in 0..ROUNDS {
        draft(&store, &format!("d{round}"));
        let it = operation(&format!("o{round}"), &format!("d{round}"), "x");
        store.enqueue(&it, Some(FIRST)).unwrap();
    }
    let barrier = Arc::new(Barrier::new(2));
    let both = ["a", "b"].map(|name| {
        let (store, barrier) = (open(folder.path()), barrier.clone());
        thread::spawn(move || {
            let mut written = 0;
            for round in 0..ROUNDS {
                let shown = store.operation_head(&format!("o{round}")).unwrap();
                let it = operation(&format!("{name}{round}"), &format!("d{round}"), "x");
                let ended = progress("cancelled", Some(2));
                barrier.wait();
                let done = store.replace_operation(&shown, &ended, &it, Some(FIRST));
                written += usize::from(done.unwrap());
            }
            written
        })
    });
    let written = both.map(|it| it.join().unwrap());
    assert_eq!(written.iter().sum::<usize>(), ROUNDS);
    let open = store.outbox().unwrap();
    assert_eq!(open.len(), ROUNDS);
    assert!(open.iter().all(|it| !it.id.starts_with('o')));
}

#[test]
fn only_what_stands_as_it_was_shown_is_replaced() {
    let (_folder, store) = world();
    store
        .enqueue(&operation("1", "draft", "x"), Some(FIRST))
        .unwrap();
    let stopped = OperationProgress {
        error: Some("title taken".into()),
        ..progress("conflict", None)
    };
    store.progress("1", &stopped, None, None).unwrap();
    let shown = store.operation_head("1").unwrap();
    let (ended, new) = (progress("cancelled", Some(2)), operation("2", "draft", "x"));
    let replace = || store.replace_operation(&shown, &ended, &new, Some(FIRST));
    for since in [
        progress("queued", None),
        progress("running", None),
        progress("done", Some(2)),
        OperationProgress {
            error: Some("page gone".into()),
            ..stopped.clone()
        },
        OperationProgress {
            step: "writePage".into(),
            ..stopped.clone()
        },
    ] {
        store.progress("1", &since, None, None).unwrap();
        assert!(!replace().unwrap(), "{since:?}");
        assert_eq!(store.operation_head("1").unwrap().progress, since);
        assert!(matches!(store.operation("2"), Err(StoreError::Gone)));
    }
    store.progress("1", &stopped, None, None).unwrap();
    // Nothing is ended for one that cannot be written.
    let stale = Basis {
        revision: 7,
        ..FIRST
    };
    let refused = store.replace_operation(&shown, &ended, &new, Some(stale));
    assert!(matches!(refused, Err(StoreError::Stale { saved: 1 })));
    assert_eq!(store.operation_head("1").unwrap(), shown);
    assert!(replace().unwrap());
    assert_eq!(store.operation_head("1").unwrap().progress, ended);
    assert_eq!(store.operation("2").unwrap(), new);
}

/// The other publish was done before this one was written.
#[test]
fn what_was_frozen_of_another_page_is_not_written() {
    let (_folder, store) = world();
    publish(&store, "1", "x", PageBasis::Unpublished, 1);
    let enqueue = |page| {
        let basis = Basis { revision: 1, page };
        store.enqueue(&operation("2", "draft", "x"), Some(basis))
    };
    let republished = |page| matches!(enqueue(page), Err(StoreError::Republished));
    assert!(republished(PageBasis::Unpublished));
    assert!(republished(PageBasis::Version("1", 2)));
    assert!(republished(PageBasis::Version("another", 1)));
    enqueue(PageBasis::Version("1", 1)).unwrap();
    let deleted = PublicationRecord {
        status: "deleted".into(),
        ..publication("1", "x")
    };
    let ended = progress("done", Some(2));
    store.progress("2", &ended, Some(&deleted), None).unwrap();
    assert_eq!(own(&store, "x"), None);
    let basis = Basis {
        revision: 1,
        page: PageBasis::Version("1", 1),
    };
    let gone = store.enqueue(&operation("3", "draft", "x"), Some(basis));
    assert!(matches!(gone, Err(StoreError::Republished)));
}

#[test]
fn the_page_made_last_is_the_drafts_own_at_its_integration() {
    let (_folder, store) = world();
    publish(&store, "1", "x", PageBasis::Unpublished, 1);
    publish(&store, "2", "y", PageBasis::Unpublished, 2);
    assert_eq!(own(&store, "x").as_deref(), Some("1"));
    assert_eq!(own(&store, "y").as_deref(), Some("2"));
    publish(&store, "3", "x", PageBasis::Beside, 3);
    assert_eq!(own(&store, "x").as_deref(), Some("3"));
    assert_eq!(own(&store, "y").as_deref(), Some("2"));
    let last = store.last_publication("draft").unwrap().unwrap();
    assert_eq!(last.id, "3");

    // A version of the old one does not bring it back.
    let basis = Basis {
        revision: 1,
        page: PageBasis::Version("1", 1),
    };
    store
        .enqueue(&operation("4", "draft", "x"), Some(basis))
        .unwrap();
    let again = PublicationRecord {
        version: 2,
        published_at: 4,
        ..publication("1", "x")
    };
    let ended = progress("done", Some(4));
    store.progress("4", &ended, Some(&again), None).unwrap();
    assert_eq!(own(&store, "x").as_deref(), Some("3"));
}

/// It was in doubt when it was cancelled, and the draft was published again since.
#[test]
fn one_that_arrives_after_its_cancel_pushes_nothing_aside() {
    for published_first in [false, true] {
        let (_folder, store) = world();
        store
            .enqueue(&operation("1", "draft", "x"), Some(FIRST))
            .unwrap();
        let withdrawn = progress("withdrawn", Some(1));
        store.progress("1", &withdrawn, None, None).unwrap();
        store
            .enqueue(&operation("2", "draft", "x"), Some(FIRST))
            .unwrap();
        if published_first {
            arrive(&store, "2", "x", "done", 2);
        }
        arrive(&store, "1", "x", "cancelled", 3);
        if !published_first {
            assert_eq!(own(&store, "x").as_deref(), Some("1"), "the only one");
            arrive(&store, "2", "x", "done", 4);
        }
        assert_eq!(own(&store, "x").as_deref(), Some("2"));
    }
}

/// Lists, decisions and the badge need none of it.
#[test]
fn what_was_rendered_is_read_by_whoever_sends_it_alone() {
    let (folder, store) = world();
    let it = operation("1", "draft", "x");
    store.enqueue(&it, Some(FIRST)).unwrap();
    assert_eq!(store.operation("1").unwrap(), it);
    assert_eq!(store.rendered("1").unwrap().pdf, it.pdf);
    let other = Connection::open(folder.path().join("retropress.db")).unwrap();
    other
        .execute_batch("ALTER TABLE rendered RENAME TO hidden")
        .unwrap();
    let head = store.operation_head("1").unwrap();
    assert_eq!(head.pdf_size, 3);
    assert_eq!(store.outbox().unwrap(), [head]);
    assert_eq!(store.drafts_in_outbox().unwrap().len(), 1);
    assert!(store.standing("draft").unwrap().operation.is_some());
    let ended = progress("cancelled", Some(2));
    assert!(store.progress("1", &ended, None, None).unwrap());
    other
        .execute_batch("ALTER TABLE hidden RENAME TO rendered")
        .unwrap();
    store.slim_operations(2).unwrap();
    assert!(store.rendered("1").is_ok(), "kept for a while");
    store.slim_operations(3).unwrap();
    assert!(matches!(store.rendered("1"), Err(StoreError::Gone)));
}

/// A database as the version before left it.
fn of_before(rows: &str) -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let file = Connection::open(folder.path().join("retropress.db")).unwrap();
    for schema in [
        include_str!("../src/schema.sql"),
        include_str!("../src/schema-sign-in.sql"),
        include_str!("../src/schema-outbox.sql"),
        include_str!("../src/schema-history.sql"),
        include_str!("../src/schema-withdrawn.sql"),
    ] {
        file.execute_batch(schema).unwrap();
    }
    file.execute_batch(
        "INSERT INTO team VALUES ('team', 'Payments', 1);
         INSERT INTO integration VALUES
             ('x', 'team', '', '', '', '', '', '', '{}', 0, 0, 1, '{}'),
             ('y', 'team', '', '', '', '', '', '', '{}', 0, 0, 1, '{}');
         PRAGMA user_version = 5;",
    )
    .unwrap();
    file.execute_batch(rows).unwrap();
    drop(file);
    let store = open(folder.path());
    assert_eq!(store.integrity().unwrap(), "ok");
    (folder, store)
}

fn old_publication(id: &str, draft: &str, integration: &str, status: &str) -> String {
    format!(
        "INSERT INTO publication VALUES ('{id}', 'team', 'T', {integration}, {draft},
             'retrospective', '{id}', '{id}', NULL, '{status}', 'Wiki', '1', 'PAY', 'Payments', '',
             '9', 'link of {id}', 1, 'p', 1, NULL, 'Ada', 'r', 'm{id}', 1, 1);
         INSERT INTO timeline (publication_id, what, text, note, at)
             VALUES ('{id}', '\"created\"', 'made', '', 1);"
    )
}

fn old_draft(id: &str, publication: &str, operation: &str) -> String {
    format!(
        "INSERT INTO draft (id, team_id, kind, title, contents, revision, saved_at, publication_id,
                            operation_id)
             VALUES ('{id}', 'team', 'retrospective', 'T', '', 1, 1, {publication}, {operation});
         INSERT INTO draft_content SELECT number, '{{}}' FROM draft WHERE id = '{id}';"
    )
}

#[test]
fn a_database_of_before_keeps_its_publications_and_each_draft_its_pages() {
    let all = [
        // Two integrations, named the last.
        old_publication("p01", "'two'", "'x'", "published"),
        old_publication("p02", "'two'", "'y'", "pdfMissing"),
        old_draft("two", "'p02'", "NULL"),
        // A page of its own at the same integration, twice; the draft names the last.
        old_publication("p03", "'new'", "'x'", "published"),
        old_publication("p04", "'new'", "'x'", "published"),
        old_publication("p05", "'new'", "'x'", "published"),
        old_draft("new", "'p05'", "NULL"),
        // Back at the first integration, where a second page came of it.
        old_publication("p06", "'doubled'", "'x'", "published"),
        old_publication("p07", "'doubled'", "'y'", "published"),
        old_publication("p08", "'doubled'", "'x'", "published"),
        old_draft("doubled", "'p08'", "NULL"),
        // The draft names one that is not the newest.
        old_publication("p09", "'named'", "'x'", "published"),
        old_publication("p10", "'named'", "'x'", "pdfMissing"),
        old_draft("named", "'p09'", "NULL"),
        // The last one is deleted, and the only one.
        old_publication("p11", "'half'", "'x'", "published"),
        old_publication("p12", "'half'", "'x'", "deleted"),
        old_draft("half", "'p12'", "NULL"),
        old_publication("p13", "'gone'", "'x'", "deleted"),
        old_draft("gone", "'p13'", "NULL"),
        // Its integration is gone.
        old_publication("p14", "'left'", "NULL", "published"),
        old_draft("left", "'p14'", "NULL"),
        // Of a draft that is gone, and of one the entry does not name.
        old_publication("p15", "'purged'", "'x'", "published"),
        old_publication("p16", "NULL", "'x'", "published"),
        old_publication("p17", "NULL", "'x'", "published"),
        old_draft("unnamed", "'p17'", "NULL"),
        old_draft("fresh", "NULL", "NULL"),
    ];
    let (folder, store) = of_before(&all.join("\n"));
    let at = |draft: &str, integration: &str| {
        let found = store.publication_at(draft, integration).unwrap();
        found.map_or_else(String::new, |it| it.id)
    };
    let last = |draft: &str| {
        let named = store.draft(draft).unwrap().publication_id;
        let found = store.last_publication(draft).unwrap().map(|it| it.id);
        assert_eq!(named, found, "{draft}");
        found.unwrap_or_default()
    };
    assert_eq!(
        (at("two", "x"), at("two", "y")),
        ("p01".into(), "p02".into())
    );
    assert_eq!(at("new", "x"), "p05");
    assert_eq!(at("doubled", "x"), "p08");
    assert_eq!(at("doubled", "y"), "p07");
    assert_eq!(at("named", "x"), "p09");
    assert_eq!(at("half", "x"), "p11", "the live one");
    assert_eq!(
        (at("gone", "x"), last("gone")),
        (String::new(), "p13".into())
    );
    assert_eq!(
        (at("left", "x"), last("left")),
        (String::new(), "p14".into())
    );
    assert_eq!(at("purged", "x"), "p15");
    assert_eq!(at("unnamed", "x"), "p17");
    assert_eq!(
        (at("fresh", "x"), last("fresh")),
        (String::new(), String::new())
    );
    assert_eq!((last("new"), last("half")), ("p05".into(), "p11".into()));

    // Nothing of any of them is another than it was.
    let file = Connection::open(folder.path().join("retropress.db")).unwrap();
    let count = |what: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM {what}");
        file.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!((count("publication"), count("timeline")), (17, 17));
    assert_eq!(count("draft JOIN draft_content USING (number)"), 9);
    assert_eq!(count("publication WHERE draft_id IS NULL"), 1);
    for number in 1..=17 {
        let id = format!("p{number:02}");
        let it = store.publication(&id).unwrap();
        assert_eq!((it.title, it.link), (id.clone(), format!("link of {id}")));
        assert_eq!(it.marker, format!("m{id}"));
    }

    // A new integration of the same Confluence takes over what the old one left.
    store
        .share_out_publications(TEAM, "x", |link| {
            link == "link of p14" || link != "link of p15"
        })
        .unwrap();
    assert_eq!(at("left", "x"), "p14");
}

#[test]
fn a_database_of_before_keeps_its_operations() {
    let operation = |id: &str, kind: &str, storage: &str, pdf: &str, state: &str, ended: &str| {
        format!(
            "INSERT INTO operation VALUES ('{id}', '{kind}', 'team', 'x', 'd', NULL, '{{\"f\":1}}',
                 'Title', '{storage}', 's', {pdf}, 'p', '{state}', 'writePage', 1, '{{\"l\":2}}',
                 'why', 7, {ended});"
        )
    };
    let all = [
        old_draft("d", "NULL", "'1'"),
        operation("1", "\"create\"", "<p/>", "x'010203'", "checking", "NULL"),
        operation("2", "\"update\"", "", "x''", "done", "9"),
        operation("3", "\"delete\"", "", "x''", "cancelled", "9"),
        operation("4", "\"archive\"", "", "x''", "cancelled", "9"),
    ];
    let (_folder, store) = of_before(&all.join("\n"));
    let first = store.operation("1").unwrap();
    let expected = OperationRecord {
        id: "1".into(),
        kind: "create".into(),
        team_id: TEAM.into(),
        integration_id: Some("x".into()),
        draft_id: Some("d".into()),
        frozen: "{\"f\":1}".into(),
        storage: "<p/>".into(),
        storage_sha256: "s".into(),
        pdf: vec![1, 2, 3],
        pdf_sha256: "p".into(),
        started_at: 7,
        progress: OperationProgress {
            title: "Title".into(),
            publication_id: None,
            state: "checking".into(),
            step: "writePage".into(),
            in_doubt: true,
            found: "{\"l\":2}".into(),
            error: Some("why".into()),
            ended_at: None,
        },
    };
    assert_eq!(first, expected);
    assert_eq!(store.operation_head("1").unwrap().pdf_size, 3);
    let kind = |id: &str| store.operation_head(id).unwrap().kind;
    assert_eq!((kind("2"), kind("3")), ("update".into(), "delete".into()));
    assert_eq!(kind("4"), "\"archive\"", "nobody knows what that is");
    let standing = store.standing("d").unwrap().operation.unwrap();
    assert_eq!(&*standing.0, "checking");
}
