//! The computer sleeps and wakes, and its clock is set. One test in a program of its own: the clock is
//! that of the whole process.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod common;

use std::{sync::atomic::Ordering, time::Duration};

use common::{CLOCK_SET, world};
use retropress_app::{
    connect::Method,
    publish::{self, Operation, Waiting, outbox},
};
use retropress_sandbox::{Fault, Host, Matching};

#[tokio::test(flavor = "multi_thread")]
async fn after_a_sleep_hosts_are_asked_at_once_and_servers_are_left_alone() {
    tokio::time::timeout(Duration::from_secs(120), sleeps_and_wakes())
        .await
        .unwrap();
}

async fn sleeps_and_wakes() {
    let world = world().await;
    let wiki = world.integration(Method::PersonalAccessToken).await;
    let cloud = world.integration(Method::ApiToken).await;
    world
        .sandbox
        .set_reachable(Host::DataCenter, false)
        .await
        .unwrap();
    let limited = world.sandbox.faults().on(
        Matching::request("POST", "/wiki/api/v2/pages$"),
        Fault::rate_limited(600),
    );
    let publish = async |integration: &str| {
        let draft = world.health_check().await;
        publish::publish(&world.app, draft, integration.to_owned())
            .await
            .unwrap()
    };
    let offline = publish(&wiki.id).await;
    let paused = publish(&cloud.id).await;
    let now = async |id: &str| publish::operation(&world.app, id.to_owned()).await.unwrap();
    let until = async |id: &str, wanted: fn(&Operation) -> bool| {
        while !wanted(&now(id).await) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    until(&paused.id, |it| {
        matches!(it.waiting, Some(Waiting::Server { .. }))
    })
    .await;
    assert!(limited.fired());
    let left = async || {
        let status = outbox::status(&world.app, cloud.team_id.clone())
            .await
            .unwrap();
        let mut all = status.connections.into_iter();
        let it = all.find(|it| it.integration_id == cloud.id).unwrap();
        it.not_before.unwrap()
    };
    let before = left().await;
    // The pauses between two questions have grown by then.
    let next = async || {
        let status = outbox::status(&world.app, wiki.team_id.clone())
            .await
            .unwrap();
        let mut all = status.connections.into_iter();
        let it = all.find(|it| it.integration_id == wiki.id).unwrap();
        it.next_question_at
    };
    until(&offline.id, |it| {
        matches!(it.waiting, Some(Waiting::Network { .. }))
    })
    .await;
    assert!(next().await.is_some());
    world
        .sandbox
        .set_reachable(Host::DataCenter, true)
        .await
        .unwrap();

    // Eight hours later, as far as the clock knows.
    let slept: i64 = 8 * 3_600_000;
    CLOCK_SET.store(slept, Ordering::SeqCst);
    until(&offline.id, |it| it.ended_at.is_some()).await;
    assert_eq!(next().await, None);
    // What is left of the server's pause is what was left.
    let after = left().await;
    let moved = (after - before).num_milliseconds();
    assert!((slept - 2_500..=slept + 2_500).contains(&moved), "{moved}");
    assert!(matches!(
        now(&paused.id).await.waiting,
        Some(Waiting::Server { .. })
    ));

    // And back again.
    CLOCK_SET.store(0, Ordering::SeqCst);
    while (left().await - before).num_milliseconds().abs() > 5_000 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(matches!(
        now(&paused.id).await.waiting,
        Some(Waiting::Server { .. })
    ));
}
