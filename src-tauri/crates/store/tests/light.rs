//! A list of what is queued takes as long for large summaries as for small ones.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

use std::time::Duration;

use cpu_time::ThreadTime;
use retropress_store::{OperationProgress, OperationRecord, Store};
use tempfile::TempDir;

const QUEUED: usize = 40;

fn queued(bytes: usize) -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap().store;
    store.create_team("team", "Payments", 1).unwrap();
    for number in 0..QUEUED {
        let it = OperationRecord {
            id: format!("{number:03}"),
            kind: "create".into(),
            team_id: "team".into(),
            integration_id: None,
            draft_id: None,
            frozen: "{}".into(),
            storage: "x".repeat(bytes),
            storage_sha256: String::new(),
            pdf: vec![7; bytes],
            pdf_sha256: String::new(),
            started_at: 1,
            progress: OperationProgress {
                title: "T".into(),
                publication_id: None,
                state: "queued".into(),
                step: "signIn".into(),
                in_doubt: false,
                found: "{}".into(),
                error: None,
                ended_at: None,
            },
        };
        store.enqueue(&it, None).unwrap();
    }
    (folder, store)
}

fn time_of_a_list(store: &Store) -> Duration {
    let once = || {
        let begun = ThreadTime::now();
        assert_eq!(store.outbox().unwrap().len(), QUEUED);
        begun.elapsed()
    };
    (0..20).map(|_| once()).min().unwrap()
}

#[test]
fn a_list_does_not_read_what_was_rendered() {
    let (_small_folder, small) = queued(1);
    let (_large_folder, large) = queued(1024 * 1024);
    let (small, large) = (time_of_a_list(&small), time_of_a_list(&large));
    assert!(large < small * 4, "{small:?} small, {large:?} large");
}
