//! A hundred summaries against a server that takes ten requests at a time.
//!
//! That they take no longer than the limit dictates is shown in virtual time, beside the engine.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod common;

use std::{collections::BTreeSet, time::Duration};

use common::world;
use retropress_app::{connect::Method, drafts, publish::outbox};
use retropress_summary::Summary;

const SUMMARIES: usize = 100;
/// Requests that may be on their way when the server says no.
const ON_THEIR_WAY: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_summaries_send_nothing_early_and_all_arrive_once() {
    let world = world().await;
    let integration = world.integration(Method::ApiToken).await;
    let mut draft_ids = Vec::new();
    for number in 0..SUMMARIES {
        let id = world.health_check().await;
        let opened = drafts::open(&world.app, id.clone()).await.unwrap();
        let Summary::HealthCheck(mut content) = opened.content else {
            panic!()
        };
        content.title = format!("Check {number}");
        let content = Summary::HealthCheck(content);
        drafts::save(&world.app, id.clone(), opened.revision, content)
            .await
            .unwrap();
        draft_ids.push(id);
    }
    world
        .sandbox
        .set_rate_limit(Some((10, Duration::from_secs(1))));
    world.sandbox.clear_requests();
    let queued = outbox::publish_many(&world.app, draft_ids, integration.id.clone())
        .await
        .unwrap();
    assert!(queued.iter().all(|it| it.error.is_none()));
    loop {
        let list = outbox::list(&world.app, integration.team_id.clone())
            .await
            .unwrap();
        assert_eq!(list.need_you, 0, "{list:?}");
        if list.total == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let requests = world.sandbox.requests();
    let refused: Vec<_> = requests
        .iter()
        .filter(|it| it.status == Some(429))
        .collect();
    assert!(refused.len() > 5, "the limit was never reached");
    for it in &refused {
        // The limit counts whole seconds, so each refusal asks for one at least.
        let until = it.at + chrono::Duration::seconds(1);
        let after = requests
            .iter()
            .filter(|other| other.at > it.at && other.at < until);
        let early = after.count();
        assert!(early <= ON_THEIR_WAY, "{early} requests after a refusal");
    }
    let created: BTreeSet<String> = requests
        .iter()
        .filter(|it| it.path.ends_with("/api/v2/pages") && it.status == Some(200))
        .filter_map(|it| it.value("title"))
        .collect();
    assert_eq!(created.len(), SUMMARIES);
    let sent = |path: &str| {
        let done = |status: Option<u16>| status == Some(200);
        requests
            .iter()
            .filter(|it| it.method == "POST" && it.path.ends_with(path) && done(it.status))
            .count()
    };
    assert_eq!(sent("/api/v2/pages"), SUMMARIES);
    assert_eq!(sent("/child/attachment"), SUMMARIES);
}
