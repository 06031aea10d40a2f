//! A row of the Outbox that cannot be read keeps nothing else from being done.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod common;

use common::{World, world};
use retropress_app::{
    connect::Method,
    history,
    integrations::{self, Integration},
    publish::{self, OperationState, outbox},
    teams,
};
use rusqlite::Connection;

/// What can be wrong with one, each on its own.
const FAULTS: [&str; 5] = [
    "frozen = '{'",
    "progress = 'none'",
    "error = '[', state = 'needsAttention'",
    "kind = 'archive'",
    "state = 'postponed'",
];

struct Scene {
    world: World,
    integration: Integration,
    file: Connection,
    broken: String,
    sound: Vec<String>,
}

/// Five that wait, the first of which is broken.
async fn scene(fault: &str) -> Scene {
    let world = world().await;
    let integration = world.integration(Method::ApiToken).await;
    outbox::pause(&world.app, integration.id.clone())
        .await
        .unwrap();
    let mut sound = Vec::new();
    for _ in 0..5 {
        let draft = world.health_check().await;
        let queued = publish::publish(&world.app, draft, integration.id.clone())
            .await
            .unwrap();
        sound.push(queued.id);
    }
    let broken = sound.remove(0);
    let file = Connection::open(world.folder.path().join("data/retropress.db")).unwrap();
    let set = format!("UPDATE operation SET {fault} WHERE id = ?1");
    assert_eq!(file.execute(&set, [&broken]).unwrap(), 1);
    Scene {
        world,
        integration,
        file,
        broken,
        sound,
    }
}

impl Scene {
    fn open(&self) -> u32 {
        let open = "SELECT count(*) FROM operation WHERE ended_at IS NULL";
        self.file.query_row(open, [], |row| row.get(0)).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_others_are_listed_and_cancelled() {
    for fault in FAULTS {
        let scene = scene(fault).await;
        let app = &scene.world.app;
        let team = scene.integration.team_id.clone();
        let list = outbox::list(app, team.clone()).await.unwrap();
        let rows: Vec<_> = list.queues[0].rows.iter().collect();
        assert_eq!(rows.len(), 4, "{fault}");
        assert_eq!((list.total, list.need_you), (5, 1), "{fault}");
        outbox::status(app, team).await.unwrap();

        let mut ids = scene.sound.clone();
        ids.insert(0, scene.broken.clone());
        outbox::cancel_many(app, ids).await.unwrap_err();
        for id in &scene.sound {
            let now = publish::operation(app, id.clone()).await.unwrap();
            assert_eq!(now.state, OperationState::Cancelled, "{fault}");
        }
        assert_eq!(scene.open(), 1, "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn disconnecting_and_deleting_a_team_work() {
    for fault in FAULTS {
        let one = scene(fault).await;
        integrations::disconnect(&one.world.app, one.integration.id.clone())
            .await
            .unwrap();
        assert_eq!(one.open(), 0, "{fault}");

        let other = scene(fault).await;
        teams::delete(&other.world.app, other.integration.team_id.clone())
            .await
            .unwrap();
        assert_eq!(other.open(), 0, "{fault}");
    }
}

/// One that was read from a file, and one whose sign-in was refused in words nobody understands.
#[tokio::test(flavor = "multi_thread")]
async fn the_app_starts_and_the_others_go_on() {
    for fault in FAULTS {
        let mut scene = scene(fault).await;
        let lane = "UPDATE outbox_lane SET sign_in_problem = '{'";
        assert_eq!(scene.file.execute(lane, []).unwrap(), 1);
        scene.world.restart();
        scene.world.app.settle().await;
        let app = &scene.world.app;
        outbox::resume(app, scene.integration.id.clone())
            .await
            .unwrap();
        outbox::retry_many(app, scene.sound.clone()).await.unwrap();
        let last = publish::operation(app, scene.sound[3].clone()).await;
        let last = scene.world.settled(&last.unwrap()).await;
        assert_ne!(last.state, OperationState::Queued, "{fault}");
    }
}

/// A publication hides the link to its draft only if the draft was deleted.
#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_cannot_be_read_is_not_taken_for_deleted() {
    let world = world().await;
    let integration = world.integration(Method::ApiToken).await;
    let draft = world.health_check().await;
    let done = world.publish(&draft, &integration).await;
    let publication = done.publication_id.unwrap();
    let shown = history::open(&world.app, publication.clone()).await;
    assert_eq!(shown.unwrap().draft_id.as_ref(), Some(&draft));

    let file = Connection::open(world.folder.path().join("data/retropress.db")).unwrap();
    // Text for SQLite, but not valid UTF-8.
    let broken = "UPDATE draft_content SET content = CAST(x'ff' AS TEXT)";
    assert!(file.execute(broken, []).unwrap() > 0);
    history::open(&world.app, publication.clone())
        .await
        .unwrap_err();

    let deleted = "UPDATE draft SET deleted_at = 1 WHERE id = ?1";
    assert_eq!(file.execute(deleted, [&draft]).unwrap(), 1);
    let shown = history::open(&world.app, publication).await;
    assert_eq!(shown.unwrap().draft_id, None);
}
