//! A test of the wizard ends with the wizard.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod common;

use common::{World, world};
use retropress_app::{
    connect::{self, Connection, Method},
    integrations::{self, Configuration},
    publish::OperationState,
    storage,
};
use retropress_sandbox::{Fault, Matching};
use retropress_summary::Kind;
use rusqlite::Connection as File;

struct Scene {
    world: World,
    connection: Connection,
    configuration: Configuration,
    file: File,
}

/// A test that was refused, and waits for its author.
async fn stopped() -> Scene {
    let world = world().await;
    let team = world.team().await;
    let connection = world.connect(&team, Method::ApiToken).await;
    let mut configuration = world.configuration(&connection, common::SPACE).await;
    configuration.retrospective_parent = integrations::Parent::None;
    let refused = world.sandbox.faults().on(
        Matching::request("POST", "/wiki/api/v2/pages$").times(1_000),
        Fault::status(403),
    );
    let test = connect::publish_test(
        &world.app,
        connection.session_id.clone(),
        configuration.clone(),
        Kind::Retrospective,
    )
    .await
    .unwrap();
    let test = world.settled(&test).await;
    assert_eq!(test.state, OperationState::NeedsAttention, "{test:?}");
    assert!(refused.fired());
    let file = File::open(world.folder.path().join("data/retropress.db")).unwrap();
    let scene = Scene {
        world,
        connection,
        configuration,
        file,
    };
    assert_eq!(scene.open(), 1);
    scene
}

impl Scene {
    fn open(&self) -> u32 {
        let open = "SELECT count(*) FROM operation WHERE ended_at IS NULL";
        self.file.query_row(open, [], |row| row.get(0)).unwrap()
    }

    async fn has_ended(&self) {
        for _ in 0..500 {
            if self.open() == 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("it never ends");
    }

    async fn on_their_way(&self) -> u32 {
        storage::read(&self.world.app)
            .await
            .unwrap()
            .here
            .unfinished
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_the_wizard_ends_it_and_meanwhile_it_counts_nowhere() {
    let scene = stopped().await;
    assert_eq!(scene.on_their_way().await, 0, "it is nobody's summary");
    connect::leave(&scene.world.app, scene.connection.session_id.clone())
        .await
        .unwrap();
    assert_eq!(scene.open(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn saving_the_integration_ends_it() {
    let scene = stopped().await;
    integrations::save(
        &scene.world.app,
        scene.connection.session_id.clone(),
        scene.configuration.clone(),
        false,
    )
    .await
    .unwrap();
    scene.has_ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_run_left_ends_at_the_start() {
    let mut scene = stopped().await;
    scene.world.restart();
    scene.world.app.settle().await;
    assert_eq!(scene.open(), 0);
}
