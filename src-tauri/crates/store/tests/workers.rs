//! What waits for the database keeps no worker of the runtime from its other tasks.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use retropress_store::{PublicationFilter, PublicationOrder, Store};
use rusqlite::Connection;

const HELD: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(10);
/// Of about 100 in a second.
const ENOUGH: u32 = 30;

fn open(folder: &Path) -> Store {
    let store = Store::open(folder).unwrap().store;
    store.create_team("team", "Payments", 1).unwrap();
    store
}

/// Another program writes for a second.
fn hold(folder: &Path) -> thread::JoinHandle<()> {
    let other = Connection::open(folder.join("retropress.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    thread::spawn(move || {
        thread::sleep(HELD);
        other.execute_batch("COMMIT").unwrap();
    })
}

/// How often a timer ticked on the same worker while `work` waited.
async fn ticks_during(work: impl FnOnce() + Send + 'static) -> u32 {
    let ticks = Arc::new(AtomicU32::new(0));
    let counted = ticks.clone();
    let ticking = tokio::spawn(async move {
        loop {
            tokio::time::sleep(TICK).await;
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    tokio::spawn(async move { work() }).await.unwrap();
    let ticked = ticks.load(Ordering::SeqCst);
    ticking.abort();
    ticked
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_write_that_waits_for_another_program_leaves_the_worker_to_its_other_tasks() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let held = hold(folder.path());
    let ticks = ticks_during(move || store.create_team("other", "Search", 2).unwrap()).await;
    held.join().unwrap();
    assert!(ticks > ENOUGH, "{ticks}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_read_that_waits_for_another_caller_leaves_the_worker_to_its_other_tasks() {
    type Read = fn(&Store);
    let reads: [Read; 2] = [
        |store| drop(store.teams().unwrap()),
        |store| {
            let filter = PublicationFilter {
                team_id: "team",
                text: "",
                kind: None,
                space_key: None,
                status: None,
                since: None,
                order: PublicationOrder::Date,
                descending: true,
                offset: 0,
                limit: 200,
            };
            store.publications(&filter).unwrap();
        },
    ];
    for read in reads {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let held = hold(folder.path());
        let writer = store.clone();
        let writing = thread::spawn(move || writer.create_team("other", "Search", 2).unwrap());
        thread::sleep(Duration::from_millis(100));
        let ticks = ticks_during(move || read(&store)).await;
        held.join().unwrap();
        writing.join().unwrap();
        assert!(ticks > ENOUGH, "{ticks}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_list_that_waits_for_another_list_leaves_the_worker_to_its_other_tasks() {
    let filter = || PublicationFilter {
        team_id: "team",
        text: "",
        kind: None,
        space_key: None,
        status: None,
        since: None,
        order: PublicationOrder::Date,
        descending: true,
        offset: 0,
        limit: 200,
    };
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let held = hold(folder.path());
    let writer = store.clone();
    let writing = thread::spawn(move || writer.create_team("other", "Search", 2).unwrap());
    thread::sleep(Duration::from_millis(100));
    let lister = store.clone();
    let listing = thread::spawn(move || drop(lister.publications(&filter()).unwrap()));
    thread::sleep(Duration::from_millis(100));
    let ticks = ticks_during(move || drop(store.publications(&filter()).unwrap())).await;
    held.join().unwrap();
    writing.join().unwrap();
    listing.join().unwrap();
    assert!(ticks > ENOUGH, "{ticks}");
}

/// Here there is no other thread to go on with: the work is done where it is asked for.
#[tokio::test]
async fn a_runtime_of_one_thread_is_served_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    assert_eq!(store.teams().unwrap().len(), 1);
}
