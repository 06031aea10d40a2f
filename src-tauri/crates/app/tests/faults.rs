//! A publish while the network or the server fails: nothing lost, nothing doubled.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod common;

use std::time::Duration;

use common::{World, world};
use retropress_app::{
    ErrorCode,
    connect::Method,
    drafts, history,
    publish::{self, OperationState, PublishState, Resolution, Waiting},
};
use retropress_sandbox::{Fault, Matching};

const METHODS: [(Method, &str, &str); 2] = [
    (Method::ApiToken, "/wiki/api/v2/pages$", "/child/attachment"),
    (
        Method::PersonalAccessToken,
        "/rest/api/content$",
        "/child/attachment",
    ),
];

/// Live pages of that title, counted by asking like a client would.
async fn live_pages(world: &World, title: &str) -> usize {
    let all = world.sandbox.requests();
    let created = all.iter().filter(|it| {
        it.method == "POST"
            && it.handled
            && it.json()["title"] == title
            && (it.status.is_none() || it.status == Some(200) || it.fault.is_some())
    });
    created.count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_whose_answer_is_lost_is_found_and_not_sent_again() {
    for (method, create, _) in METHODS {
        let world = world().await;
        let integration = world.integration(method).await;
        let draft = world.health_check().await;
        let lost = Fault::cut().after_handling();
        let played = world
            .sandbox
            .faults()
            .on(Matching::request("POST", create), lost);
        let done = world.publish(&draft, &integration).await;
        assert!(played.fired(), "{method:?}: the fault did not fire");
        assert_eq!(
            done.state,
            OperationState::Done,
            "{method:?}: {:?}",
            done.error
        );
        assert_eq!(live_pages(&world, &done.title).await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_that_never_arrived_is_sent_again_after_looking() {
    for (method, create, _) in METHODS {
        let world = world().await;
        let integration = world.integration(method).await;
        let draft = world.health_check().await;
        let played = world
            .sandbox
            .faults()
            .on(Matching::request("POST", create), Fault::status(503));
        let started = std::time::Instant::now();
        let done = world.publish(&draft, &integration).await;
        assert!(played.fired());
        assert_eq!(
            done.state,
            OperationState::Done,
            "{method:?}: {:?}",
            done.error
        );
        assert!(
            started.elapsed() >= Duration::from_secs(10),
            "looked for ten seconds at least"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_upload_is_found_by_its_mark() {
    for (method, _, upload) in METHODS {
        let world = world().await;
        let integration = world.integration(method).await;
        let draft = world.health_check().await;
        let lost = Fault::cut().after_handling();
        let played = world
            .sandbox
            .faults()
            .on(Matching::request("POST", upload), lost);
        let done = world.publish(&draft, &integration).await;
        assert!(played.fired(), "{method:?}: the fault did not fire");
        assert_eq!(
            done.state,
            OperationState::Done,
            "{method:?}: {:?}",
            done.error
        );
        let uploads = world
            .sandbox
            .requests()
            .iter()
            .filter(|it| !it.parts.is_empty())
            .count();
        assert_eq!(uploads, 1, "{method:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_upload_leaves_the_page_and_retry_sends_the_pdf_alone() {
    for (method, create, upload) in METHODS {
        let world = world().await;
        let integration = world.integration(method).await;
        let draft = world.health_check().await;
        let played = world
            .sandbox
            .faults()
            .on(Matching::request("POST", upload), Fault::status(403));
        let stopped = world.publish(&draft, &integration).await;
        assert!(played.fired());
        assert_eq!(stopped.state, OperationState::NeedsAttention);
        let state = drafts::open(&world.app, draft.clone()).await.unwrap().state;
        assert_eq!(state, PublishState::PdfMissing { version: 1 });
        world.requests();
        let again = publish::retry(&world.app, stopped.id).await.unwrap();
        let done = world.settled(&again).await;
        assert_eq!(done.state, OperationState::Done, "{:?}", done.error);
        let created = regex_free_match(&world.requests(), create);
        assert_eq!(created, 0, "the page was not created again");
    }
}

fn regex_free_match(requests: &[String], create: &str) -> usize {
    let end = create.trim_end_matches('$');
    requests
        .iter()
        .filter(|it| it.starts_with("POST") && it.ends_with(end))
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_a_server_names_is_waited() {
    let world = world().await;
    let integration = world.integration(Method::ApiToken).await;
    let draft = world.health_check().await;
    let played = world.sandbox.faults().on(
        Matching::request("POST", "/wiki/api/v2/pages$"),
        Fault::rate_limited(2),
    );
    let started = std::time::Instant::now();
    let done = world.publish(&draft, &integration).await;
    assert!(played.fired());
    assert_eq!(done.state, OperationState::Done, "{:?}", done.error);
    assert!(started.elapsed() >= Duration::from_secs(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_that_is_taken_is_the_authors_to_decide() {
    for (method, _, _) in METHODS {
        let world = world().await;
        let integration = world.integration(method).await;
        let first = world.health_check().await;
        let second = drafts::duplicate(&world.app, first.clone()).await.unwrap();
        let content = drafts::open(&world.app, first.clone())
            .await
            .unwrap()
            .content;
        drafts::save(&world.app, second.id.clone(), second.revision, content)
            .await
            .unwrap();
        world.publish(&first, &integration).await;
        let taken = world.publish(&second.id, &integration).await;
        assert_eq!(taken.state, OperationState::Conflict);
        assert_eq!(taken.error.as_ref().unwrap().code, ErrorCode::TitleTaken);
        let title = format!("{} (2)", taken.title);
        let renamed = Resolution::Rename {
            title: title.clone(),
        };
        let again = publish::resolve(&world.app, taken.id, renamed)
            .await
            .unwrap();
        let done = world.settled(&again).await;
        assert_eq!((done.state, done.title), (OperationState::Done, title));
    }
}

/// Data Center answers in the language of the account.
#[tokio::test(flavor = "multi_thread")]
async fn a_taken_title_is_known_in_any_language() {
    let world = world().await;
    let integration = world.integration(Method::PersonalAccessToken).await;
    let first = world.health_check().await;
    world.publish(&first, &integration).await;
    let second = drafts::duplicate(&world.app, first.clone()).await.unwrap();
    let content = drafts::open(&world.app, first).await.unwrap().content;
    drafts::save(&world.app, second.id.clone(), second.revision, content)
        .await
        .unwrap();
    let german = r#"{"statusCode":400,"message":"Es gibt bereits eine Seite mit diesem Titel"}"#;
    let played = world.sandbox.faults().on(
        Matching::request("POST", "/rest/api/content$"),
        Fault::answer(400, "application/json", german),
    );
    let taken = world.publish(&second.id, &integration).await;
    assert!(played.fired());
    assert_eq!(taken.state, OperationState::Conflict, "{:?}", taken.error);
    assert_eq!(taken.error.unwrap().code, ErrorCode::TitleTaken);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publish_that_was_cut_short_goes_on_after_a_restart() {
    let mut world = world().await;
    let integration = world.integration(Method::ApiToken).await;
    let draft = world.health_check().await;
    let hang = world.sandbox.faults().on(
        Matching::request("POST", "/wiki/api/v2/pages$"),
        Fault::hang().after_handling(),
    );
    let started = publish::publish(&world.app, draft.clone(), integration.id.clone())
        .await
        .unwrap();
    while !hang.fired() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // The first app's carrier keeps waiting for its answer; the second one asks what became of it.
    world.restart();
    world.app.settle().await;
    let done = world.settled(&started).await;
    assert_eq!(done.state, OperationState::Done, "{:?}", done.error);
    assert_eq!(live_pages(&world, &done.title).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_somebody_else_changed_is_not_overwritten_unasked() {
    for (method, _, _) in METHODS {
        let world = world().await;
        let integration = world.integration(method).await;
        let draft = world.health_check().await;
        let done = world.publish(&draft, &integration).await;
        let publication = history::open(&world.app, done.publication_id.unwrap())
            .await
            .unwrap();
        world.edit_in_confluence(&publication.page_id).await;
        let again = history::republish(&world.app, publication.row.id.clone())
            .await
            .unwrap();
        let conflict = world.settled(&again).await;
        assert_eq!(
            conflict.state,
            OperationState::Conflict,
            "{method:?} {:?}",
            conflict.error
        );
        assert_eq!(
            conflict.error.as_ref().unwrap().code,
            ErrorCode::PageChanged
        );
        let over = publish::resolve(&world.app, conflict.id, Resolution::Overwrite)
            .await
            .unwrap();
        let done = world.settled(&over).await;
        assert_eq!(done.state, OperationState::Done, "{:?}", done.error);
        let publication = history::open(&world.app, publication.row.id).await.unwrap();
        assert_eq!(publication.row.version, 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_after_a_cancel() {
    let world = world().await;
    let integration = world.integration(Method::ApiToken).await;
    let draft = world.health_check().await;
    world.sandbox.faults().on(
        Matching::request("POST", "/wiki/api/v2/pages$"),
        Fault::rate_limited(3600),
    );
    let started = publish::publish(&world.app, draft, integration.id.clone())
        .await
        .unwrap();
    loop {
        let now = publish::operation(&world.app, started.id.clone())
            .await
            .unwrap();
        if matches!(now.waiting, Some(Waiting::Server { .. })) {
            assert_eq!(now.state, OperationState::Queued);
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let cancelled = publish::cancel(&world.app, started.id.clone())
        .await
        .unwrap();
    assert_eq!(cancelled.state, OperationState::Cancelled);
    world.requests();
    publish::retry(&world.app, started.id).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(world.requests().is_empty());
}
