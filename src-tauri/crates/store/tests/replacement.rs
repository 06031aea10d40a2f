//! Export and import: what is in the file, what is refused, and what takes the place of what.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

use std::{fs, path::Path};

use retropress_store::{
    APPLICATION_ID, CopyKind, CopyProblem, IntegrationRecord, NetworkRecord, NewText,
    OperationProgress, OperationRecord, Refusal, Replacement, Store, StoreError,
};
use rusqlite::Connection;
use tempfile::TempDir;

const SECRETS: [&str; 5] = [
    "sealed-canary-1",
    "sealed-canary-2",
    "sealed-canary-3",
    "sealed-canary-4",
    "sealed-canary-5",
];

fn open(folder: &Path) -> Store {
    Store::open(folder).unwrap().store
}

struct Laptop {
    folder: TempDir,
    store: Store,
}

impl Laptop {
    fn new(team: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder.path().join("data"));
        store.create_team("team", team, 1).unwrap();
        Self { folder, store }
    }

    fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    fn export(&self) -> std::path::PathBuf {
        let target = self.folder.path().join("all.retropress");
        self.store
            .export(&target, 1_795_000_000_000, "0.1.0")
            .unwrap();
        target
    }

    fn restart(self) -> (TempDir, retropress_store::Opened) {
        let Self { folder, store } = self;
        drop(store);
        let opened = Store::open(&folder.path().join("data")).unwrap();
        (folder, opened)
    }

    fn teams(&self) -> Vec<String> {
        self.store.contents().unwrap().teams
    }

    /// Every file of the folder with its bytes.
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut all: Vec<_> = fs::read_dir(self.data())
            .unwrap()
            .map(|it| it.unwrap())
            .map(|it| {
                let name = it.file_name().into_string().unwrap();
                (name, fs::read(it.path()).unwrap())
            })
            .collect();
        all.sort();
        all
    }
}

fn integration(id: &str) -> IntegrationRecord {
    IntegrationRecord {
        id: id.into(),
        team_id: "team".into(),
        method: "\"basic\"".into(),
        site: "{}".into(),
        route: "\"site\"".into(),
        account: "ada".into(),
        account_name: "Ada".into(),
        configuration: "{}".into(),
        parents: "{}".into(),
        allow_http: false,
        sandbox: false,
        saved_at: 1,
        sign_in: "{}".into(),
    }
}

fn operation(id: &str, kind: &str) -> OperationRecord {
    OperationRecord {
        id: id.into(),
        kind: kind.into(),
        team_id: "team".into(),
        integration_id: Some("i".into()),
        draft_id: None,
        frozen: "{}".into(),
        storage: "<p/>".into(),
        storage_sha256: "s".into(),
        pdf: vec![1, 2, 3],
        pdf_sha256: "p".into(),
        started_at: 1,
        progress: OperationProgress {
            title: "T".into(),
            publication_id: None,
            state: "running".into(),
            step: "writePage".into(),
            in_doubt: true,
            found: "{}".into(),
            error: None,
            ended_at: None,
        },
    }
}

fn draft(store: &Store, id: &str, words: &str) {
    let text = NewText {
        kind: "retrospective",
        title: id,
        date: Some("2026-11-19"),
        model_id: None,
        contents: "1 idea",
        content: "{}",
        words,
    };
    store.create_draft(id, "team", text, 1).unwrap();
}

#[test]
fn an_export_has_everything_but_the_secrets_in_none_of_its_bytes() {
    let laptop = Laptop::new("Payments");
    let store = &laptop.store;
    draft(store, "one", "words");
    for (number, id) in ["i", "gone"].into_iter().enumerate() {
        let network = NetworkRecord {
            settings: format!("settings of {id}"),
            proxy_password: Some(SECRETS[number + 2].into()),
            client_key: None,
        };
        let secret = SECRETS[number].as_bytes();
        store
            .save_integration(&integration(id), Some(secret), Some(&network))
            .unwrap();
    }
    let setting = format!(
        r#"{{"clientId":"client","sealedClientSecret":"{}"}}"#,
        SECRETS[4]
    );
    store.save_setting("signingIn", &setting).unwrap();
    // What was deleted must not come along in a free page.
    store.delete_integration("gone").unwrap();
    let target = laptop.export();
    let bytes = fs::read(&target).unwrap();
    for secret in SECRETS {
        let found = bytes
            .windows(secret.len())
            .any(|it| it == secret.as_bytes());
        assert!(!found, "{secret}");
    }
    let file = Connection::open(&target).unwrap();
    let ours: u32 = file
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .unwrap();
    assert_eq!(ours, APPLICATION_ID);
    let text = |sql: &str| {
        file.query_row(sql, [], |row| row.get::<_, String>(0))
            .unwrap()
    };
    assert_eq!(text("SELECT settings FROM network"), "settings of i");
    assert_eq!(text("SELECT account FROM integration"), "ada");
    assert!(text("SELECT value FROM setting WHERE name = 'signingIn'").contains("client"));
    assert_eq!(text("SELECT title FROM draft"), "one");
    // And the laptop itself keeps them.
    assert_eq!(store.secret_count().unwrap(), 3);
    let left: Vec<_> = laptop.files().into_iter().map(|it| it.0).collect();
    assert!(!left.iter().any(|it| it.contains("export")), "{left:?}");
}

#[test]
fn an_export_that_cannot_be_written_leaves_no_half_file_and_the_old_one() {
    let laptop = Laptop::new("Payments");
    let place = laptop.folder.path().join("stick");
    fs::create_dir(&place).unwrap();
    let target = place.join("all.retropress");
    fs::create_dir(&target).unwrap();
    fs::write(target.join("something"), "").unwrap();
    let refused = laptop.store.export(&target, 1, "0.1.0");
    assert!(matches!(refused, Err(StoreError::Folder(_))), "{refused:?}");
    let nowhere = place.join("missing").join("all.retropress");
    assert!(laptop.store.export(&nowhere, 1, "0.1.0").is_err());
    assert_eq!(fs::read_dir(&place).unwrap().count(), 1);
    let own = laptop.data().join("retropress.db");
    let refused = laptop.store.export(&own, 1, "0.1.0");
    assert!(matches!(
        refused,
        Err(StoreError::Refused(Refusal::OwnFolder))
    ));
    assert_eq!(laptop.store.integrity().unwrap(), "ok");
}

/// A device that is always full: <https://man7.org/linux/man-pages/man4/full.4.html>.
#[cfg(target_os = "linux")]
#[test]
fn an_export_onto_a_full_disk_says_so() {
    let laptop = Laptop::new("Payments");
    let place = laptop.folder.path().join("stick");
    fs::create_dir(&place).unwrap();
    std::os::unix::fs::symlink("/dev/full", place.join("all.retropress.part")).unwrap();
    let target = place.join("all.retropress");
    match laptop.store.export(&target, 1, "0.1.0") {
        Err(StoreError::Folder(problem)) => {
            assert_eq!(problem.kind(), std::io::ErrorKind::StorageFull);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(fs::read_dir(&place).unwrap().count(), 0);
}

#[test]
fn an_import_takes_the_place_of_what_is_there_which_can_be_restored() {
    let from = Laptop::new("Payments");
    draft(&from.store, "one", "words");
    let export = from.export();
    let to = Laptop::new("Mobile");
    let secret = Some(&b"sealed"[..]);
    to.store
        .save_integration(&integration("i"), secret, None)
        .unwrap();
    let received = to.store.receive_export(&export).unwrap();
    assert_eq!(
        (&*received.teams, received.drafts),
        (&["Payments".into()][..], 1)
    );
    assert_eq!(received.exported, Some((1_795_000_000_000, "0.1.0".into())));
    to.store.stage(5, |_| "from Payments".into()).unwrap();
    assert_eq!(to.store.staged().unwrap().unwrap(), "from Payments");
    assert_eq!(to.teams(), ["Mobile"], "nothing changes before the start");

    let (folder, opened) = to.restart();
    let set_aside = "retropress.replaced-1.db".to_owned();
    let done = Replacement::Done {
        set_aside: Some(set_aside.clone()),
    };
    assert_eq!(opened.replacement, done);
    let store = opened.store;
    assert_eq!(store.contents().unwrap().teams, ["Payments"]);
    assert_eq!(store.staged().unwrap(), None);
    assert_eq!(store.replaced_by().unwrap().unwrap(), "from Payments");
    store.replacement_was_told().unwrap();
    assert_eq!(store.replaced_by().unwrap(), None);

    let kept = store.kept_copies().unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].kind, CopyKind::Archived);
    assert_eq!(kept[0].contents.as_ref().unwrap().teams, ["Mobile"]);
    store.receive_copy(&set_aside).unwrap();
    store.stage(6, |_| "back".into()).unwrap();
    drop(store);
    let store = open(&folder.path().join("data"));
    assert_eq!(store.contents().unwrap().teams, ["Mobile"]);
    assert_eq!(
        store.sealed_secret("i").unwrap().unwrap(),
        b"sealed",
        "the same laptop has the same key"
    );
    assert_eq!(store.kept_copies().unwrap().len(), 2);
}

#[test]
fn what_was_staged_can_be_taken_back() {
    let export_of = Laptop::new("Payments");
    let export = export_of.export();
    let to = Laptop::new("Mobile");
    to.store.receive_export(&export).unwrap();
    to.store.stage(5, |_| "note".into()).unwrap();
    to.store.take_back().unwrap();
    assert_eq!(to.store.staged().unwrap(), None);
    let (_folder, opened) = to.restart();
    assert_eq!(opened.replacement, Replacement::None);
    assert_eq!(opened.store.contents().unwrap().teams, ["Mobile"]);
    assert!(opened.store.kept_copies().unwrap().is_empty());
}

#[test]
fn nothing_is_staged_that_was_not_received() {
    let laptop = Laptop::new("Mobile");
    assert!(matches!(
        laptop.store.stage(5, |_| "note".into()),
        Err(StoreError::Gone)
    ));
    for name in [
        "retropress.db",
        "../all.retropress",
        "retropress.backup-1.db",
    ] {
        let received = laptop.store.receive_copy(name);
        assert!(matches!(received, Err(StoreError::Gone)), "{name}");
    }
}

#[test]
fn what_cannot_be_imported_is_refused_with_its_reason_and_nothing_changes() {
    let from = Laptop::new("Payments");
    for number in 0..400 {
        let words = format!("{number} {}", "word ".repeat(40));
        draft(&from.store, &format!("d{number}"), &words);
    }
    let good = fs::read(from.export()).unwrap();
    let to = Laptop::new("Mobile");
    to.store.check().unwrap();
    let before = to.files();
    let place = to.folder.path();
    let refused = |name: &str, bytes: &[u8]| {
        let file = place.join(name);
        fs::write(&file, bytes).unwrap();
        match to.store.receive_export(&file) {
            Err(StoreError::Refused(why)) => why,
            other => panic!("{name}: {other:?}"),
        }
    };
    let changed = |name: &str, sql: &str| {
        let file = place.join("before");
        fs::write(&file, &good).unwrap();
        Connection::open(&file).unwrap().execute_batch(sql).unwrap();
        refused(name, &fs::read(&file).unwrap())
    };
    assert_eq!(refused("empty", b""), Refusal::Empty);
    assert_eq!(refused("text", b"# Sprint 42"), Refusal::NoDatabase);
    assert!(matches!(
        refused("head", &good[..60]),
        Refusal::CutShort { size: 60, .. }
    ));
    let half = &good[..good.len() / 2];
    assert!(matches!(refused("half", half), Refusal::CutShort { .. }));
    let mut damaged = good.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 30_000].fill(0xa5);
    assert!(matches!(refused("damaged", &damaged), Refusal::Damaged(_)));
    assert!(matches!(
        changed("newer", "PRAGMA user_version = 99"),
        Refusal::Newer { found: 99, .. }
    ));
    assert_eq!(
        changed("other", "PRAGMA application_id = 7"),
        Refusal::Foreign
    );
    assert_eq!(
        changed(
            "odd",
            "CREATE TRIGGER t AFTER INSERT ON team BEGIN DELETE FROM draft; END"
        ),
        Refusal::Foreign
    );
    assert!(matches!(
        changed("loose", "PRAGMA foreign_keys = OFF; DELETE FROM team"),
        Refusal::Damaged(_)
    ));
    let own = fs::read(to.data().join("retropress.db")).unwrap();
    assert_eq!(refused("copied", &own), Refusal::Foreign);
    let folder = to.store.receive_export(place);
    assert!(matches!(folder, Err(StoreError::Refused(Refusal::Folder))));
    let missing = to.store.receive_export(&place.join("missing"));
    assert!(matches!(
        missing,
        Err(StoreError::Refused(Refusal::Unreadable(_)))
    ));
    assert_eq!(to.files(), before);
    assert_eq!(to.teams(), ["Mobile"]);
    // And the good one is taken.
    fs::write(place.join("good"), &good).unwrap();
    assert_eq!(
        to.store.receive_export(&place.join("good")).unwrap().drafts,
        400
    );
}

#[test]
fn secrets_somebody_put_into_an_export_are_not_taken_in() {
    let from = Laptop::new("Payments");
    from.store
        .save_integration(&integration("i"), None, None)
        .unwrap();
    let export = from.export();
    Connection::open(&export)
        .unwrap()
        .execute(
            "INSERT INTO secret (integration_id, sealed) VALUES ('i', x'01')",
            [],
        )
        .unwrap();
    let to = Laptop::new("Mobile");
    to.store.receive_export(&export).unwrap();
    to.store.stage(5, |_| "note".into()).unwrap();
    let (_folder, opened) = to.restart();
    assert_eq!(opened.store.secret_count().unwrap(), 0);
    assert_eq!(opened.store.integration("i").unwrap().account, "ada");
}

#[test]
fn what_is_unfinished_in_the_file_ends_when_it_is_staged() {
    let from = Laptop::new("Payments");
    from.store
        .save_integration(&integration("i"), None, None)
        .unwrap();
    for (id, kind) in [("1", "create"), ("2", "delete")] {
        from.store.enqueue(&operation(id, kind), None).unwrap();
    }
    let test = OperationRecord {
        integration_id: None,
        ..operation("3", "create")
    };
    from.store.enqueue(&test, None).unwrap();
    let done = operation("4", "create");
    from.store.enqueue(&done, None).unwrap();
    let ended = OperationProgress {
        state: "done".into(),
        ended_at: Some(2),
        ..done.progress
    };
    from.store.progress("4", &ended, None, None).unwrap();
    let to = Laptop::new("Mobile");
    let received = to.store.receive_export(&from.export()).unwrap();
    assert_eq!(received.unfinished, 2, "the wizard's test is none");
    to.store
        .stage(5, |kinds| {
            let mut kinds = kinds.to_vec();
            kinds.sort();
            kinds.join(", ")
        })
        .unwrap();
    let (_folder, opened) = to.restart();
    let store = opened.store;
    assert_eq!(store.replaced_by().unwrap().unwrap(), "create, delete");
    assert!(store.open_operations().unwrap().is_empty());
    let first = store.operation("1").unwrap().progress;
    assert_eq!((&*first.state, first.ended_at), ("cancelled", Some(5)));
    assert_eq!(store.operation("4").unwrap().progress.state, "done");
}

#[test]
fn a_backup_is_listed_with_what_it_holds_and_a_damaged_one_is_named_so() {
    let laptop = Laptop::new("Mobile");
    draft(&laptop.store, "one", "words");
    laptop.store.back_up().unwrap();
    draft(&laptop.store, "two", "words");
    laptop.store.back_up_now().unwrap();
    fs::write(laptop.data().join("retropress.backup-2.db"), b"cut").unwrap();
    let kept = laptop.store.kept_copies().unwrap();
    let names: Vec<_> = kept.iter().map(|it| &*it.name).collect();
    assert_eq!(names, ["retropress.backup-1.db", "retropress.backup-2.db"]);
    assert_eq!(kept[0].contents.as_ref().unwrap().drafts, 2);
    assert!(matches!(kept[1].contents, Err(CopyProblem::Damaged(_))));
    let refused = laptop.store.receive_copy(names[1]);
    assert!(matches!(
        refused,
        Err(StoreError::Refused(Refusal::NoDatabase))
    ));
    draft(&laptop.store, "three", "words");
    laptop.store.receive_copy(names[0]).unwrap();
    laptop.store.stage(5, |_| "note".into()).unwrap();
    let (_folder, opened) = laptop.restart();
    assert_eq!(opened.store.contents().unwrap().drafts, 2);
}

#[test]
fn a_removed_secret_is_in_nothing_that_was_set_aside_and_its_date_stays() {
    let laptop = Laptop::new("Mobile");
    let secret = Some(SECRETS[0].as_bytes());
    laptop
        .store
        .save_integration(&integration("i"), secret, None)
        .unwrap();
    laptop.store.back_up().unwrap();
    laptop.store.receive_copy("retropress.backup-1.db").unwrap();
    laptop.store.stage(5, |_| "note".into()).unwrap();
    let (folder, opened) = laptop.restart();
    let laptop = Laptop {
        folder,
        store: opened.store,
    };
    laptop.store.receive_copy("retropress.backup-1.db").unwrap();
    laptop.store.stage(6, |_| "note".into()).unwrap();
    let holds = || {
        let has = |it: &Vec<u8>| it.windows(15).any(|it| it == SECRETS[0].as_bytes());
        let files = laptop.files().into_iter();
        files
            .filter(|it| has(&it.1))
            .map(|it| it.0)
            .collect::<Vec<_>>()
    };
    assert!(holds().len() >= 4, "{:?}", holds());
    let set_aside = |store: &Store| store.kept_copies().unwrap().pop().unwrap();
    let before = set_aside(&laptop.store);
    laptop.store.delete_secret("i").unwrap();
    assert_eq!(laptop.store.forget_deleted().unwrap(), []);
    assert_eq!(holds(), Vec::<String>::new());
    let after = set_aside(&laptop.store);
    assert_eq!((after.name, after.made_at), (before.name, before.made_at));
    assert!(after.contents.is_ok());
}

#[test]
fn while_another_program_has_the_database_open_the_staged_file_waits() {
    let from = Laptop::new("Payments");
    let export = from.export();
    let to = Laptop::new("Mobile");
    to.store.receive_export(&export).unwrap();
    to.store.stage(5, |_| "note".into()).unwrap();
    let opened = Store::open(&to.data()).unwrap();
    assert_eq!(opened.replacement, Replacement::Waits);
    assert_eq!(opened.store.contents().unwrap().teams, ["Mobile"]);
    drop(opened);
    let (_folder, opened) = to.restart();
    assert!(matches!(opened.replacement, Replacement::Done { .. }));
}

#[test]
fn a_staged_file_that_was_damaged_meanwhile_is_kept_and_not_put_in_place() {
    let from = Laptop::new("Payments");
    let export = from.export();
    let to = Laptop::new("Mobile");
    to.store.receive_export(&export).unwrap();
    to.store.stage(5, |_| "note".into()).unwrap();
    fs::write(to.data().join("retropress.staged.db"), b"cut").unwrap();
    let (folder, opened) = to.restart();
    let Replacement::Damaged(name) = opened.replacement else {
        panic!("{:?}", opened.replacement);
    };
    assert_eq!(
        fs::read(folder.path().join("data").join(name)).unwrap(),
        b"cut"
    );
    assert_eq!(opened.store.contents().unwrap().teams, ["Mobile"]);
}

/// Of a backup it's not known what was done since.
#[test]
fn what_is_unfinished_in_an_automatic_restore_is_in_doubt() {
    let laptop = Laptop::new("Mobile");
    laptop
        .store
        .enqueue(&operation("1", "create"), None)
        .unwrap();
    laptop.store.back_up().unwrap();
    let data = laptop.data();
    drop(laptop.store);
    for ending in ["-wal", "-shm"] {
        let _ = fs::remove_file(data.join(format!("retropress.db{ending}")));
    }
    fs::write(data.join("retropress.db"), b"no database").unwrap();
    let opened = Store::open(&data).unwrap();
    assert!(opened.recovery.unwrap().from_backup);
    let progress = opened.store.operation("1").unwrap().progress;
    assert_eq!(progress.found, r#"{"fromBackup":true}"#);
    assert_eq!(progress.ended_at, None);
}

/// Archived as damaged with its log, in which the newest draft is, and readable after all.
#[test]
fn what_was_archived_as_damaged_is_restored_with_its_log_if_it_can_be_read() {
    let laptop = Laptop::new("Mobile");
    let elsewhere = Laptop::new("Payments");
    draft(&elsewhere.store, "one", "words");
    for ending in ["", "-wal"] {
        let from = elsewhere.data().join(format!("retropress.db{ending}"));
        let to = format!("retropress.damaged-1.db{ending}");
        fs::copy(from, laptop.data().join(to)).unwrap();
    }
    fs::write(laptop.data().join("retropress.damaged-2.db"), "no database").unwrap();
    let before = laptop.files();
    let kept = laptop.store.kept_copies().unwrap();
    let names: Vec<_> = kept.iter().map(|it| &*it.name).collect();
    assert_eq!(
        names,
        ["retropress.damaged-2.db", "retropress.damaged-1.db"]
    );
    assert!(kept.iter().all(|it| it.kind == CopyKind::Damaged));
    assert!(matches!(kept[0].contents, Err(CopyProblem::Damaged(_))));
    assert_eq!(kept[1].contents.as_ref().unwrap().drafts, 1);

    let refused = laptop.store.receive_copy(names[0]);
    assert!(matches!(
        refused,
        Err(StoreError::Refused(Refusal::NoDatabase))
    ));
    let received = laptop.store.receive_copy(names[1]).unwrap();
    assert_eq!(received.drafts, 1);
    for (name, bytes) in before.iter().filter(|it| it.0.contains("damaged")) {
        assert_eq!(
            &fs::read(laptop.data().join(name)).unwrap(),
            bytes,
            "{name}"
        );
    }
    laptop.store.stage(5, |_| "note".into()).unwrap();
    let (_folder, opened) = laptop.restart();
    assert_eq!(opened.store.contents().unwrap().drafts, 1);
    assert_eq!(opened.store.contents().unwrap().teams, ["Payments"]);
}

#[test]
fn a_removed_secret_leaves_what_was_archived_as_damaged_and_what_cannot_be_opened_is_named() {
    let laptop = Laptop::new("Mobile");
    let secret = Some(SECRETS[0].as_bytes());
    laptop
        .store
        .save_integration(&integration("i"), secret, None)
        .unwrap();
    let data = laptop.data();
    // The secret is in the log, and in nothing else.
    for ending in ["", "-wal"] {
        let from = data.join(format!("retropress.db{ending}"));
        fs::copy(from, data.join(format!("retropress.damaged-1.db{ending}"))).unwrap();
    }
    let useless = data.join("retropress.damaged-2.db");
    fs::write(&useless, format!("no database {}", SECRETS[0])).unwrap();
    laptop.store.delete_secret("i").unwrap();
    let named = |left: &[retropress_store::SecretsLeft]| {
        let names = left.iter().map(|it| (it.file.clone(), it.damaged));
        names.collect::<Vec<_>>()
    };
    let left = laptop.store.forget_deleted().unwrap();
    assert_eq!(named(&left), [("retropress.damaged-2.db".to_owned(), true)]);
    assert!(useless.exists(), "nothing is deleted unasked");
    let has = |it: &(String, Vec<u8>)| it.1.windows(15).any(|it| it == SECRETS[0].as_bytes());
    let holding: Vec<_> = laptop.files().into_iter().filter(has).collect();
    assert_eq!(holding.len(), 1, "{:?}", holding.iter().map(|it| &it.0));
    let kept = laptop.store.kept_copies().unwrap();
    assert_eq!(kept[1].contents.as_ref().unwrap().teams, ["Mobile"]);

    let (folder, opened) = laptop.restart();
    let store = opened.store;
    assert_eq!(named(&store.secrets_left().unwrap()), named(&left));
    assert_eq!(named(&store.forget_left().unwrap()), named(&left));
    for kept in ["retropress.db", "../all", "retropress.backup-1.db"] {
        let refused = store.delete_archived(kept);
        assert!(matches!(refused, Err(StoreError::Gone)), "{kept}");
    }
    store.delete_archived("retropress.damaged-2.db").unwrap();
    assert!(!folder.path().join("data/retropress.damaged-2.db").exists());
    assert_eq!(store.secrets_left().unwrap(), []);
}

/// The newest backup was rotated before its secrets could be removed.
#[test]
fn what_is_left_to_do_follows_a_backup_to_its_next_number() {
    let laptop = Laptop::new("Mobile");
    let secret = Some(SECRETS[0].as_bytes());
    laptop
        .store
        .save_integration(&integration("i"), secret, None)
        .unwrap();
    laptop.store.back_up_now().unwrap();
    laptop.store.delete_secret("i").unwrap();
    laptop.store.back_up_now().unwrap();
    let holds = || {
        let file = laptop.data().join("retropress.backup-2.db");
        let bytes = fs::read(file).unwrap();
        bytes.windows(15).any(|it| it == SECRETS[0].as_bytes())
    };
    assert!(holds());
    assert_eq!(laptop.store.forget_left().unwrap(), []);
    assert!(!holds());
    assert_eq!(laptop.store.secrets_left().unwrap(), []);
}

/// The list of what is left to do is not archived together with the database.
#[test]
fn what_is_left_to_do_is_known_after_a_restore() {
    let laptop = Laptop::new("Mobile");
    let secret = Some(SECRETS[0].as_bytes());
    laptop
        .store
        .save_integration(&integration("i"), secret, None)
        .unwrap();
    let clean = Laptop::new("Payments");
    let export = clean.export();
    laptop.store.back_up_now().unwrap();
    laptop.store.receive_export(&export).unwrap();
    laptop.store.stage(5, |_| "note".into()).unwrap();
    laptop.store.delete_secret("i").unwrap();
    let (folder, opened) = laptop.restart();
    assert!(matches!(opened.replacement, Replacement::Done { .. }));
    let left = opened.store.secrets_left().unwrap();
    assert!(
        left.iter().any(|it| it.file == "retropress.backup-1.db"),
        "{left:?}"
    );
    assert_eq!(opened.store.forget_left().unwrap(), []);
    drop(opened);
    for entry in fs::read_dir(folder.path().join("data")).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(15).any(|it| it == SECRETS[0].as_bytes()));
    }
}
