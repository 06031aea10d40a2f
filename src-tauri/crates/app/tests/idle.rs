//! Waiting with a queue costs next to nothing. A program of its own, so that nothing else is measured.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod common;

use std::time::Duration;

use common::world;
use cpu_time::ProcessTime;
use retropress_app::{
    connect::Method,
    publish::{self, OperationState, Waiting, outbox},
};
use retropress_sandbox::{Fault, Host, Matching};

/// How long it is watched: several questions to the host fall into it.
const WATCHED: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread")]
async fn waiting_with_a_hundred_queued_takes_less_than_a_hundredth_of_a_core() {
    let world = world().await;
    let integration = world.integration(Method::ApiToken).await;
    // One that was cancelled while its page was on its way is not carried on for ever.
    let slow = world.sandbox.faults().on(
        Matching::request("POST", "/wiki/api/v2/pages$"),
        Fault::delay(Duration::from_secs(1)),
    );
    let draft = world.retrospective().await;
    let begun = publish::publish(&world.app, draft, integration.id.clone())
        .await
        .unwrap();
    while !slow.fired() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let cancelled = publish::cancel(&world.app, begun.id).await.unwrap();
    assert_eq!(cancelled.state, OperationState::Cancelled);
    little_is_used().await;
    world
        .sandbox
        .set_reachable(Host::Cloud, false)
        .await
        .unwrap();
    let mut draft_ids = Vec::new();
    for _ in 0..100 {
        draft_ids.push(world.health_check().await);
    }
    outbox::publish_many(&world.app, draft_ids, integration.id)
        .await
        .unwrap();
    // What was begun comes to rest first.
    loop {
        let list = outbox::list(&world.app, integration.team_id.clone());
        let list = list.await.unwrap();
        let mut rows = list.queues.iter().flat_map(|it| &it.rows);
        let waits =
            |it: &outbox::OutboxRow| matches!(it.operation.waiting, Some(Waiting::Network { .. }));
        if rows.all(waits) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    little_is_used().await;
}

async fn little_is_used() {
    let before = ProcessTime::now();
    tokio::time::sleep(WATCHED).await;
    let used = before.elapsed();
    assert!(used < WATCHED / 100, "{used:?} of {WATCHED:?}");
}
