//! Every call of SQLite to the disk fails, one after the other: once, and from then on. Whatever fails,
//! no file is lost, the database opens afterwards, and no removed secret is left without being known.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    thread,
};

use memchr::memmem;
use retropress_faulty_disk::{Fault, Lasting, failing, install};
use retropress_store::{
    IntegrationRecord, NetworkRecord, NewText, Opened, Recovery, Replacement, Result, SecretsLeft,
    Soundness, Store, StoreError,
};
use rusqlite::Connection;
use tempfile::TempDir;

const SECRET: &str = "sealed-canary-secret";
const PASSWORD: &str = "sealed-canary-password";
const FILE: &str = "retropress.db";
const FAULTS: [Fault; 4] = [Fault::Full, Fault::Busy, Fault::Io, Fault::Memory];
/// Drafts of the database, and of each copy of it, the newest backup first.
const DRAFTS: u32 = 4;

fn draft(store: &Store, id: u32) {
    let text = NewText {
        kind: "retrospective",
        title: "Sprint",
        date: Some("2026-11-19"),
        model_id: None,
        contents: "1 idea",
        content: &"idea ".repeat(2_000),
        words: "words to be found",
    };
    store
        .create_draft(&format!("draft-{id}"), "team", text, 1)
        .unwrap();
}

fn integration() -> IntegrationRecord {
    IntegrationRecord {
        id: "i".into(),
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

/// Three backups with 3, 2 and 1 drafts, and two archived files with 3.
fn template() -> TempDir {
    install();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap().store;
    store.create_team("team", "Payments", 1).unwrap();
    store
        .save_integration(&integration(), Some(SECRET.as_bytes()), None)
        .unwrap();
    let network = NetworkRecord {
        settings: "{}".into(),
        proxy_password: Some(PASSWORD.into()),
        client_key: None,
    };
    store.save_network(None, Some(&network)).unwrap();
    for id in 1..DRAFTS {
        draft(&store, id);
        store.back_up_now().unwrap();
    }
    for archived in ["replaced", "damaged"] {
        let name = format!("retropress.{archived}-1.db");
        fs::copy(backup(folder.path(), 1), folder.path().join(name)).unwrap();
    }
    draft(&store, DRAFTS);
    drop(store);
    assert!(!folder.path().join("retropress.db-wal").exists());
    folder
}

fn backup(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("retropress.backup-{number}.db"))
}

fn copy_of(folder: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    copy
}

/// How often each fault came.
type Fired = BTreeMap<String, u32>;

/// One run, with what names it in a failure.
struct Run {
    folder: TempDir,
    what: String,
    lasting: Lasting,
}

impl Run {
    fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Of the thousands of calls that rewriting every file takes, each of the first ones fails, and then one
/// in so many. With this variable set, as `cargo xtask test --full` does, each of them does.
const THOROUGH: &str = "RETROPRESS_EVERY_CALL";
const FIRST: u32 = 50;
const STRIDE: u32 = 397;

/// Makes a copy of the template and works on it, with a fault at the first call, at the second, and so
/// on, until there is none left that could fail.
fn every_call<S, A>(
    template: &Path,
    faults: &[(Fault, Lasting)],
    stride: u32,
    begin: impl Fn(&Path) -> S,
    work: impl Fn(&S) -> A,
    check: impl Fn(&Run, S, A),
) -> Fired {
    let mut all = Fired::new();
    for &(fault, lasting) in faults {
        let mut nth = 0;
        loop {
            nth += if nth < FIRST { 1 } else { stride };
            let run = Run {
                folder: copy_of(template),
                what: format!("{fault:?}, {lasting:?}, call {nth}"),
                lasting,
            };
            let subject = begin(run.path());
            let (answer, fired) = failing(fault, lasting, nth, || work(&subject));
            check(&run, subject, answer);
            if !fired {
                break;
            }
            *all.entry(format!("{fault:?}")).or_default() += 1;
        }
    }
    all
}

fn all_faults() -> Vec<(Fault, Lasting)> {
    let lasting = [Lasting::Once, Lasting::ForGood];
    FAULTS
        .iter()
        .flat_map(|fault| lasting.map(|it| (*fault, it)))
        .collect()
}

fn came(fired: &Fired, faults: &[Fault]) {
    for fault in faults {
        let times = fired.get(&format!("{fault:?}")).copied();
        assert!(times.unwrap_or(0) > 2, "{fault:?}: {fired:?}");
    }
}

/// Drafts in a file of its own, which is sound.
fn drafts_in(file: &Path) -> u32 {
    let connection = Connection::open(file).unwrap();
    let answer: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(answer, "ok", "{}", file.display());
    connection
        .query_row("SELECT count(*) FROM draft", [], |row| row.get(0))
        .unwrap()
}

fn opened(run: &Run) -> Opened {
    Store::open(run.path()).unwrap_or_else(|it| panic!("{}: {it:?}", run.what))
}

fn drafts(store: &Store) -> u32 {
    store.contents().unwrap().drafts
}

/// The backups, and what was archived, are all there and whole.
fn is_whole(run: &Run) {
    for archived in ["replaced", "damaged"] {
        let file = run.path().join(format!("retropress.{archived}-1.db"));
        assert!(file.exists(), "{}: {archived}", run.what);
        assert_eq!(drafts_in(&file), 3, "{}: {archived}", run.what);
    }
    let kept: Vec<u32> = (1..=7)
        .map(|number| backup(run.path(), number))
        .filter(|it| it.exists())
        .map(|it| drafts_in(&it))
        .collect();
    assert!(kept.len() >= 3, "{}: {kept:?}", run.what);
    assert!(kept[0] >= 3, "{}: {kept:?}", run.what);
    for older in [2, 1] {
        assert!(kept.contains(&older), "{}: {kept:?}", run.what);
    }
}

/// It opens afterwards as if nothing had been, with everything in it.
fn nothing_is_lost(run: &Run) -> Opened {
    let opened = opened(run);
    assert_eq!(opened.recovery, None, "{}", run.what);
    assert_eq!(drafts(&opened.store), DRAFTS, "{}", run.what);
    assert_eq!(opened.store.integrity().unwrap(), "ok", "{}", run.what);
    is_whole(run);
    assert!(!run.path().join("retropress.damaged-2.db").exists());
    opened
}

fn open_store(folder: &Path) -> Store {
    Store::open(folder).unwrap().store
}

#[test]
fn opening() {
    let template = template();
    let fired = every_call(
        template.path(),
        &all_faults(),
        1,
        Path::to_path_buf,
        |folder| Store::open(folder).map(|it| it.recovery),
        |run, _, outcome| {
            if let Ok(recovery) = outcome {
                assert_eq!(recovery, None, "{}", run.what);
            }
            nothing_is_lost(run);
        },
    );
    came(&fired, &FAULTS);
}

/// As a process leaves it that was killed: what was written last is in the log alone.
#[test]
fn opening_with_a_log() {
    let template = template();
    let store = open_store(template.path());
    store.create_team("late", "In the log alone", 2).unwrap();
    let left = copy_of(template.path());
    drop(store);
    assert!(left.path().join("retropress.db-wal").exists());
    let fired = every_call(
        left.path(),
        &all_faults(),
        1,
        Path::to_path_buf,
        |folder| Store::open(folder).map(|it| it.recovery),
        |run, _, outcome| {
            if let Ok(recovery) = outcome {
                assert_eq!(recovery, None, "{}", run.what);
            }
            let opened = nothing_is_lost(run);
            assert_eq!(opened.store.teams().unwrap().len(), 2, "{}", run.what);
        },
    );
    came(&fired, &FAULTS);
}

#[test]
fn checking() {
    let template = template();
    let fired = every_call(
        template.path(),
        &all_faults(),
        1,
        open_store,
        Store::check,
        |run, store, outcome| {
            if let Ok(found) = outcome {
                assert_eq!(found, Soundness::Sound, "{}", run.what);
            }
            drop(store);
            nothing_is_lost(run);
        },
    );
    came(&fired, &[Fault::Busy, Fault::Io, Fault::Memory]);
}

#[test]
fn what_was_noted_as_damaged_is_checked_again_at_the_start() {
    let template = template();
    fs::write(template.path().join("retropress.damage-found"), "").unwrap();
    let fired = every_call(
        template.path(),
        &all_faults(),
        1,
        Path::to_path_buf,
        |folder| Store::open(folder).map(|it| it.recovery),
        |run, _, outcome| {
            if let Ok(recovery) = outcome {
                assert_eq!(recovery, None, "{}", run.what);
            }
            nothing_is_lost(run);
            assert!(!run.path().join("retropress.damage-found").exists());
        },
    );
    came(&fired, &FAULTS);
}

#[test]
fn backing_up() {
    let template = template();
    let fired = every_call(
        template.path(),
        &all_faults(),
        1,
        open_store,
        Store::back_up_now,
        |run, store, outcome| {
            drop(store);
            let newest = drafts_in(&backup(run.path(), 1));
            let made = outcome.is_ok();
            assert_eq!(newest, if made { 4 } else { 3 }, "{}", run.what);
            nothing_is_lost(run);
        },
    );
    came(&fired, &FAULTS);
}

fn recovered(archived: Option<&str>, from_backup: bool) -> Option<Recovery> {
    Some(Recovery {
        archived: archived.map(str::to_owned),
        from_backup,
    })
}

/// The database is damaged indeed: the backup takes its place, and the user is told, once it can be done.
#[test]
fn recovering_from_a_backup() {
    let template = template();
    fs::write(template.path().join(FILE), "no database").unwrap();
    let fired = every_call(
        template.path(),
        &all_faults(),
        1,
        Path::to_path_buf,
        |folder| Store::open(folder).map(|it| it.recovery),
        |run, _, outcome| {
            let again = opened(run);
            let told = outcome.unwrap_or(again.recovery);
            let name = "retropress.damaged-2.db";
            assert_eq!(told, recovered(Some(name), true), "{}", run.what);
            let kept = fs::read(run.path().join(name)).unwrap();
            assert_eq!(kept, b"no database", "{}", run.what);
            assert_eq!(drafts(&again.store), 3, "{}", run.what);
            assert!(!run.path().join("retropress.damaged-3.db").exists());
            is_whole(run);
        },
    );
    came(&fired, &FAULTS);
}

/// The backups are all that is left.
#[test]
fn recovering_what_was_deleted_or_emptied() {
    for emptied in [false, true] {
        let template = template();
        match emptied {
            true => fs::write(template.path().join(FILE), "").unwrap(),
            false => fs::remove_file(template.path().join(FILE)).unwrap(),
        }
        let fired = every_call(
            template.path(),
            &all_faults(),
            1,
            Path::to_path_buf,
            |folder| Store::open(folder).map(|it| it.recovery),
            |run, _, outcome| {
                let again = opened(run);
                let told = outcome.unwrap_or(again.recovery);
                let archived = emptied.then_some("retropress.damaged-2.db");
                assert_eq!(told, recovered(archived, true), "{}", run.what);
                assert_eq!(drafts(&again.store), 3, "{}", run.what);
                is_whole(run);
            },
        );
        came(&fired, &FAULTS);
    }
}

#[test]
fn recovering_without_a_backup() {
    install();
    let template = tempfile::tempdir().unwrap();
    fs::write(template.path().join(FILE), "no database").unwrap();
    let fired = every_call(
        template.path(),
        &all_faults(),
        1,
        Path::to_path_buf,
        |folder| Store::open(folder).map(|it| it.recovery),
        |run, _, outcome| {
            let again = opened(run);
            let told = outcome.unwrap_or(again.recovery);
            let name = "retropress.damaged-1.db";
            assert_eq!(told, recovered(Some(name), false), "{}", run.what);
            let kept = fs::read(run.path().join(name)).unwrap();
            assert_eq!(kept, b"no database", "{}", run.what);
        },
    );
    came(&fired, &FAULTS);
}

#[test]
fn choosing_what_to_restore() {
    let template = template();
    let fired = every_call(
        template.path(),
        &all_faults(),
        1,
        open_store,
        |store| -> Result<()> {
            store.receive_copy("retropress.backup-2.db")?;
            store.stage(5, |_| "note".into())
        },
        |run, store, outcome| {
            drop(store);
            // Nothing is called damaged for a fault of the disk.
            let refused = matches!(
                outcome,
                Err(StoreError::Refused(_) | StoreError::Damaged(_))
            );
            assert!(!refused, "{}: {outcome:?}", run.what);
            is_whole(run);
            let opened = opened(run);
            let restored = opened.replacement != Replacement::None;
            assert_eq!(restored, outcome.is_ok(), "{}: {outcome:?}", run.what);
            let now = drafts(&opened.store);
            assert_eq!(now, if restored { 2 } else { DRAFTS }, "{}", run.what);
        },
    );
    came(&fired, &FAULTS);
}

fn staged() -> TempDir {
    let template = template();
    let store = open_store(template.path());
    store.receive_copy("retropress.backup-2.db").unwrap();
    store.stage(5, |_| "note".into()).unwrap();
    drop(store);
    template
}

fn is_restored(run: &Run, outcome: Result<Replacement>) {
    if let Ok(Replacement::Damaged(name)) = outcome {
        panic!("{}: {name}", run.what);
    }
    let opened = opened(run);
    assert_eq!(opened.recovery, None, "{}", run.what);
    assert_eq!(drafts(&opened.store), 2, "{}", run.what);
    assert_eq!(opened.store.replaced_by().unwrap().unwrap(), "note");
    is_whole(run);
    let archived = run.path().join("retropress.replaced-2.db");
    assert_eq!(drafts_in(&archived), DRAFTS, "{}", run.what);
    for none in ["replaced-3", "damaged-2"] {
        let file = run.path().join(format!("retropress.{none}.db"));
        assert!(!file.exists(), "{}: {none}", run.what);
    }
}

#[test]
fn restoring() {
    let template = staged();
    // For a file that is locked for good the start waits ten seconds: below.
    let mut faults = all_faults();
    faults.retain(|it| *it != (Fault::Busy, Lasting::ForGood));
    let fired = every_call(
        template.path(),
        &faults,
        1,
        Path::to_path_buf,
        |folder| Store::open(folder).map(|it| it.replacement),
        |run, _, outcome| is_restored(run, outcome),
    );
    came(&fired, &FAULTS);
}

#[test]
fn restoring_while_the_database_is_locked_for_good() {
    let template = staged();
    let counts: Vec<bool> = thread::scope(|scope| {
        let runs: Vec<_> = (1..60)
            .map(|nth| {
                let run = Run {
                    folder: copy_of(template.path()),
                    what: format!("locked from call {nth}"),
                    lasting: Lasting::ForGood,
                };
                scope.spawn(move || {
                    let folder = run.path().to_path_buf();
                    let work = || Store::open(&folder).map(|it| it.replacement);
                    let (outcome, fired) = failing(Fault::Busy, Lasting::ForGood, nth, work);
                    is_restored(&run, outcome);
                    fired
                })
            })
            .collect();
        runs.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert!(counts[0] && counts[1], "{counts:?}");
    assert!(counts.contains(&false), "not all calls were reached");
}

fn holding(folder: &Path, secret: &str) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let bytes = fs::read(entry.path()).unwrap();
        if memmem::find(&bytes, secret.as_bytes()).is_some() {
            names.push(entry.file_name().into_string().unwrap());
        }
    }
    names
}

fn forgetting(
    secret: &str,
    remove: impl Fn(&Store) -> Result<()>,
    is_there: impl Fn(&Store) -> bool,
) -> Fired {
    let template = template();
    assert!(holding(template.path(), secret).len() >= 6);
    every_call(
        template.path(),
        &all_faults(),
        if std::env::var_os(THOROUGH).is_some() {
            1
        } else {
            STRIDE
        },
        open_store,
        |store| -> Result<Vec<SecretsLeft>> {
            remove(store)?;
            store.forget_deleted()
        },
        |run, store, outcome| {
            let told = store.secrets_left().unwrap();
            if let Ok(left) = &outcome {
                assert_eq!(left, &told, "{}", run.what);
                assert!(left.iter().all(|it| !it.damaged), "{}: {left:?}", run.what);
            }
            drop(store);
            let still = holding(run.path(), secret);
            let opened = nothing_is_lost(run);
            if is_there(&opened.store) {
                assert!(outcome.is_err(), "{}", run.what);
                return;
            }
            let known = opened.store.secrets_left().unwrap();
            for name in &still {
                let named = known.iter().any(|it| it.file == *name);
                assert!(named, "{}: {name} is not in {known:?}", run.what);
            }
            if run.lasting == Lasting::Once && outcome.is_ok() {
                assert!(known.len() <= 2, "{}: {known:?}", run.what);
            }
            let left = opened.store.forget_deleted().unwrap();
            assert_eq!(left, [], "{}", run.what);
            drop(opened);
            let still = holding(run.path(), secret);
            assert_eq!(still, Vec::<String>::new(), "{}", run.what);
            is_whole(run);
        },
    )
}

#[test]
fn disconnecting() {
    let fired = forgetting(
        SECRET,
        |store| store.delete_integration("i"),
        |store| store.integration("i").is_ok(),
    );
    came(&fired, &FAULTS);
}

#[test]
fn forgetting_the_proxy_password() {
    let fired = forgetting(
        PASSWORD,
        |store| store.save_network(None, None).map(drop),
        |store| store.network(None).unwrap().is_some(),
    );
    came(&fired, &FAULTS);
}
