//! The Outbox: what waits, why, and that it goes out by itself.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod common;

use std::time::Duration;

use common::{World, world};
use retropress_app::{
    ErrorCode,
    connect::{self, Method},
    drafts, history,
    integrations::{self, Parent},
    publish::{
        self, Operation, OperationState, PublishState, Resolution, Waiting,
        outbox::{self, OutboxAction, Reach, StatusChip},
    },
};
use retropress_sandbox::{Fault, Host, Matching};
use retropress_summary::Summary;

/// Waits until the operation is as wanted; how long does not matter.
async fn until(world: &World, id: &str, wanted: impl Fn(&Operation) -> bool) -> Operation {
    for _ in 0..6_000 {
        let now = publish::operation(&world.app, id.to_owned()).await.unwrap();
        if wanted(&now) {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let now = publish::operation(&world.app, id.to_owned()).await.unwrap();
    panic!("it never came to this: {now:?}");
}

fn waits_for_network(it: &Operation) -> bool {
    it.state == OperationState::Queued && matches!(it.waiting, Some(Waiting::Network { .. }))
}

async fn only_row(world: &World, team_id: &str) -> outbox::OutboxRow {
    let list = outbox::list(&world.app, team_id.to_owned()).await.unwrap();
    let mut rows: Vec<_> = list.queues.into_iter().flat_map(|it| it.rows).collect();
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_network_it_is_queued_and_goes_out_when_its_own_host_answers() {
    for (method, host) in [
        (Method::ApiToken, Host::Cloud),
        (Method::PersonalAccessToken, Host::DataCenter),
    ] {
        let world = world().await;
        let integration = world.integration(method).await;
        let draft = world.health_check().await;
        world.sandbox.set_reachable(host, false).await.unwrap();
        world.requests();
        let queued = publish::publish(&world.app, draft.clone(), integration.id.clone())
            .await
            .unwrap();
        until(&world, &queued.id, waits_for_network).await;
        let state = drafts::open(&world.app, draft.clone()).await.unwrap().state;
        assert_eq!(state, PublishState::Queued);
        let row = only_row(&world, &integration.team_id).await;
        assert_eq!(row.attempts, 0, "being offline uses up no tries");
        assert_eq!(
            row.last_error.unwrap().code,
            ErrorCode::ConnectionRefused,
            "{method:?}"
        );
        assert!(row.operation.error.is_none() && row.next_try_at.is_some());
        let status = outbox::status(&world.app, integration.team_id.clone())
            .await
            .unwrap();
        assert_eq!((status.chip, status.queued), (StatusChip::Offline, 1));

        // Nobody presses anything.
        world.sandbox.set_reachable(host, true).await.unwrap();
        let done = until(&world, &queued.id, |it| it.state == OperationState::Done).await;
        assert_eq!(done.waiting, None);
        let writes = world.requests();
        let creates = writes.iter().filter(|it| it.starts_with("POST")).count();
        assert!(creates <= 2, "{writes:?}");
        let status = outbox::status(&world.app, integration.team_id)
            .await
            .unwrap();
        assert_eq!(
            status.chip,
            StatusChip::Online {
                reachable: 1,
                of: 1
            }
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_host_that_does_not_answer_beside_one_that_does_is_a_vpn() {
    let world = world().await;
    let wiki = world.integration(Method::PersonalAccessToken).await;
    let cloud = world.integration(Method::ApiToken).await;
    world
        .sandbox
        .set_reachable(Host::DataCenter, false)
        .await
        .unwrap();
    let (one, two) = (world.health_check().await, world.health_check().await);
    let waiting = publish::publish(&world.app, one, wiki.id).await.unwrap();
    until(&world, &waiting.id, waits_for_network).await;
    // The other integration is not kept from anything.
    let done = world.publish(&two, &cloud).await;
    assert_eq!(done.state, OperationState::Done, "{:?}", done.error);
    let status = outbox::status(&world.app, wiki.team_id.clone())
        .await
        .unwrap();
    assert!(
        matches!(status.chip, StatusChip::WaitingForVpn { .. }),
        "{status:?}"
    );
    let now = publish::operation(&world.app, waiting.id.clone())
        .await
        .unwrap();
    assert!(
        matches!(now.waiting, Some(Waiting::Network { vpn: true, .. })),
        "{now:?}"
    );
    world
        .sandbox
        .set_reachable(Host::DataCenter, true)
        .await
        .unwrap();
    let status = outbox::check_all(&world.app, wiki.team_id).await.unwrap();
    assert!(
        status
            .connections
            .iter()
            .all(|it| it.reach == Reach::Online),
        "{status:?}"
    );
    until(&world, &waiting.id, |it| it.state == OperationState::Done).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_integration_sends_nothing_until_it_is_resumed_restart_or_not() {
    let mut world = world().await;
    let integration = world.integration(Method::ApiToken).await;
    let draft = world.health_check().await;
    outbox::pause(&world.app, integration.id.clone())
        .await
        .unwrap();
    world.requests();
    let queued = publish::publish(&world.app, draft, integration.id.clone())
        .await
        .unwrap();
    until(&world, &queued.id, |it| it.waiting == Some(Waiting::Paused)).await;
    publish::retry(&world.app, queued.id.clone()).await.unwrap();
    world.restart();
    world.app.settle().await;
    let row = only_row(&world, &integration.team_id).await;
    assert_eq!(row.operation.waiting, Some(Waiting::Paused));
    assert_eq!(row.primary, Some(OutboxAction::Resume));
    assert!(world.requests().is_empty());
    outbox::resume(&world.app, integration.id).await.unwrap();
    until(&world, &queued.id, |it| it.state == OperationState::Done).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_sign_in_stops_its_integration_alone_and_a_new_one_sets_all_going() {
    let world = world().await;
    let team = world.team().await;
    let bad = world.integration(Method::PersonalAccessToken).await;
    let good = world.integration(Method::Basic).await;
    world.sandbox.set_tokens_expired(true);
    let stopped = world.publish(&world.health_check().await, &bad).await;
    assert_eq!(stopped.state, OperationState::NeedsAttention);
    world.requests();
    let waiting = publish::publish(&world.app, world.retrospective().await, bad.id.clone())
        .await
        .unwrap();
    let waiting = until(&world, &waiting.id, |it| {
        it.waiting == Some(Waiting::SignIn)
    })
    .await;
    assert!(world.requests().is_empty(), "it is not tried in vain");
    let done = world.publish(&world.health_check().await, &good).await;
    // Its title is taken or not; it was sent, and that is what counts here.
    assert!(!world.requests().is_empty(), "{done:?}");

    world.sandbox.set_tokens_expired(false);
    let mut request = world.request(&team, Method::PersonalAccessToken);
    request.integration_id = Some(bad.id.clone());
    let connection = connect::check(&world.app, request).await.unwrap();
    let configuration = world.configuration(&connection, common::SPACE).await;
    integrations::save(&world.app, connection.session_id, configuration, false)
        .await
        .unwrap();
    until(&world, &waiting.id, |it| it.state == OperationState::Done).await;
    until(&world, &stopped.id, |it| {
        matches!(it.state, OperationState::Done | OperationState::Conflict)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_a_server_named_holds_after_a_restart_and_against_retry() {
    let mut world = world().await;
    let integration = world.integration(Method::ApiToken).await;
    let limited = world.sandbox.faults().on(
        Matching::request("POST", "/wiki/api/v2/pages$"),
        Fault::rate_limited(3600),
    );
    let first = publish::publish(
        &world.app,
        world.health_check().await,
        integration.id.clone(),
    )
    .await
    .unwrap();
    let server = |it: &Operation| matches!(it.waiting, Some(Waiting::Server { .. }));
    let before = until(&world, &first.id, server).await;
    assert!(limited.fired());
    world.requests();
    world.restart();
    world.app.settle().await;
    let after = until(&world, &first.id, server).await;
    assert_eq!(after.waiting, before.waiting, "to the second");
    publish::retry(&world.app, first.id.clone()).await.unwrap();
    // Another one for the same host waits as well.
    let second = publish::publish(&world.app, world.retrospective().await, integration.id)
        .await
        .unwrap();
    until(&world, &second.id, server).await;
    assert_eq!(world.requests(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_queued_at_once_and_the_rest_is_cancelled() {
    let world = world().await;
    let integration = world.integration(Method::ApiToken).await;
    world
        .sandbox
        .set_reachable(Host::Cloud, false)
        .await
        .unwrap();
    let mut draft_ids = Vec::new();
    for number in 0..12 {
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
    draft_ids.push("no such draft".into());
    let queued = outbox::publish_many(&world.app, draft_ids, integration.id.clone())
        .await
        .unwrap();
    let ids: Vec<String> = queued
        .iter()
        .filter_map(|it| Some(it.operation.as_ref()?.id.clone()))
        .collect();
    assert_eq!(ids.len(), 12);
    assert_eq!(queued[12].error.as_ref().unwrap().code, ErrorCode::Gone);
    let (keep, rest) = ids.split_at(5);
    let cancelled = outbox::cancel_many(&world.app, rest.to_vec())
        .await
        .unwrap();
    assert!(
        cancelled
            .iter()
            .all(|it| it.state == OperationState::Cancelled)
    );
    world
        .sandbox
        .set_reachable(Host::Cloud, true)
        .await
        .unwrap();
    outbox::retry_many(&world.app, keep.to_vec()).await.unwrap();
    for id in keep {
        until(&world, id, |it| it.state == OperationState::Done).await;
    }
    let creates = world
        .requests()
        .iter()
        .filter(|it| *it == "POST /wiki/api/v2/pages")
        .count();
    assert_eq!(creates, 5, "nothing of what was cancelled was sent");
    let list = outbox::list(&world.app, integration.team_id).await.unwrap();
    assert_eq!((list.total, list.need_you), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queued_draft_is_edited_and_goes_out_as_it_is_last() {
    let world = world().await;
    let integration = world.integration(Method::ApiToken).await;
    world
        .sandbox
        .set_reachable(Host::Cloud, false)
        .await
        .unwrap();
    let draft = world.health_check().await;
    let publish = || publish::publish(&world.app, draft.clone(), integration.id.clone());
    let first = publish().await.unwrap();
    until(&world, &first.id, waits_for_network).await;
    assert_eq!(
        publish().await.unwrap().id,
        first.id,
        "of the same text there is one"
    );
    let opened = drafts::open(&world.app, draft.clone()).await.unwrap();
    drafts::save(
        &world.app,
        draft.clone(),
        opened.revision,
        opened.content.clone(),
    )
    .await
    .unwrap();
    let second = publish().await.unwrap();
    assert_ne!(second.id, first.id);
    let first = publish::operation(&world.app, first.id).await.unwrap();
    assert_eq!(first.state, OperationState::Cancelled);

    let back = outbox::back_to_draft(&world.app, second.id).await.unwrap();
    assert_eq!(back, draft);
    let state = drafts::open(&world.app, draft.clone()).await.unwrap().state;
    assert_eq!(state, PublishState::Draft);
    world
        .sandbox
        .set_reachable(Host::Cloud, true)
        .await
        .unwrap();
    let done = world.publish(&draft, &integration).await;
    assert_eq!(done.state, OperationState::Done, "{:?}", done.error);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_versions_of_a_changed_page_are_shown_as_text() {
    for method in [Method::ApiToken, Method::PersonalAccessToken] {
        let world = world().await;
        let integration = world.integration(method).await;
        let draft = world.health_check().await;
        let done = world.publish(&draft, &integration).await;
        let publication = history::open(&world.app, done.publication_id.unwrap())
            .await
            .unwrap();
        world.edit_in_confluence(&publication.page_id).await;
        let again = history::republish(&world.app, publication.row.id)
            .await
            .unwrap();
        world.settled(&again).await;
        let row = only_row(&world, &integration.team_id).await;
        assert_eq!(row.primary, Some(OutboxAction::Resolve));
        let conflict = outbox::conflict(&world.app, again.id).await.unwrap();
        assert_eq!((conflict.theirs.version, conflict.ours.version), (2, 3));
        assert!(conflict.theirs.lines.contains(&"One more thing.".into()));
        assert!(!conflict.ours.lines.contains(&"One more thing.".into()));
        assert!(conflict.ours.lines.len() > 5 && conflict.theirs.at.is_some());
        assert!(conflict.may_overwrite);
        let text = format!("{conflict:?}");
        assert!(
            !text.contains("<p>") && !text.contains("retropress-"),
            "{text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_that_is_gone_is_asked_about_and_another_is_taken() {
    let world = world().await;
    let team = world.team().await;
    let connection = world.connect(&team, Method::ApiToken).await;
    let mut configuration = world.configuration(&connection, common::SPACE).await;
    configuration.health_check_parent = Parent::Existing {
        id: "999999999".into(),
        title: "Gone".into(),
    };
    let integration = integrations::save(&world.app, connection.session_id, configuration, false)
        .await
        .unwrap();
    let draft = world.health_check().await;
    let stopped = world.publish(&draft, &integration).await;
    assert_eq!(stopped.state, OperationState::NeedsAttention);
    let row = only_row(&world, &integration.team_id).await;
    assert_eq!(row.primary, Some(OutboxAction::ChooseParent), "{row:?}");
    let moved = Resolution::Move {
        parent: Parent::None,
    };
    let again = publish::resolve(&world.app, stopped.id, moved)
        .await
        .unwrap();
    let done = world.settled(&again).await;
    assert_eq!(done.state, OperationState::Done, "{:?}", done.error);
}

/// The parent page carries a marker that begins like that of the page below it.
#[tokio::test(flavor = "multi_thread")]
async fn the_parent_page_is_never_taken_for_the_page() {
    let world = world().await;
    let integration = world.integration(Method::ApiToken).await;
    let draft = world.retrospective().await;
    let played = world.sandbox.faults().on(
        Matching::request("POST", "/wiki/api/v2/pages$").nth(2),
        Fault::status(503),
    );
    let done = world.publish(&draft, &integration).await;
    assert!(played.fired());
    assert_eq!(done.state, OperationState::Done, "{:?}", done.error);
    let publication = history::open(&world.app, done.publication_id.unwrap())
        .await
        .unwrap();
    assert_eq!(publication.row.title, done.title);
}

/// A backup program holds the file at the worst moment: the page is there, and it cannot be written
/// down.
#[tokio::test(flavor = "multi_thread")]
async fn a_locked_database_delays_it_and_doubles_nothing() {
    let world = world().await;
    let integration = world.integration(Method::ApiToken).await;
    let draft = world.health_check().await;
    let slow = world.sandbox.faults().on(
        Matching::request("POST", "/wiki/api/v2/pages$"),
        Fault::delay(Duration::from_secs(1)),
    );
    world.requests();
    let begun = publish::publish(&world.app, draft, integration.id)
        .await
        .unwrap();
    while !slow.fired() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let file = world.folder.path().join("data").join("retropress.db");
    let other = rusqlite::Connection::open(file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // The app waits for five seconds before it gives a write up.
    tokio::time::sleep(Duration::from_secs(8)).await;
    other.execute_batch("ROLLBACK").unwrap();
    let done = until(&world, &begun.id, |it| {
        !matches!(
            it.state,
            OperationState::Queued | OperationState::Running | OperationState::Checking
        )
    })
    .await;
    assert_eq!(done.state, OperationState::Done, "{done:?}");
    let requests = world.requests();
    let creates = requests
        .iter()
        .filter(|it| *it == "POST /wiki/api/v2/pages");
    assert_eq!(creates.count(), 1, "{requests:?}");
    let looked = requests.iter().any(|it| it.starts_with("GET"));
    assert!(looked, "its answer was written down after all");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_waits_for_the_call_on_its_way_and_nothing_follows_it() {
    for (method, pages) in [
        (Method::ApiToken, "/wiki/api/v2/pages$"),
        (Method::PersonalAccessToken, "/rest/api/content$"),
    ] {
        let world = world().await;
        let integration = world.integration(method).await;
        let draft = world.health_check().await;
        let slow = world.sandbox.faults().on(
            Matching::request("POST", pages),
            Fault::delay(Duration::from_millis(700)),
        );
        let begun = publish::publish(&world.app, draft.clone(), integration.id)
            .await
            .unwrap();
        while !slow.fired() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let cancelled = publish::cancel(&world.app, begun.id.clone()).await.unwrap();
        assert_eq!(cancelled.state, OperationState::Cancelled);
        // The page is there, and the history knows it: without its PDF.
        let state = drafts::open(&world.app, draft).await.unwrap().state;
        assert_eq!(state, PublishState::PdfMissing { version: 1 }, "{method:?}");
        world.requests();
        publish::retry(&world.app, begun.id.clone()).await.unwrap();
        outbox::check_all(&world.app, integration.team_id)
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(500)).await;
        let sent = world.requests();
        let writes = sent.iter().any(|it| !it.starts_with("GET"));
        assert!(!writes, "{sent:?}");
    }
}
