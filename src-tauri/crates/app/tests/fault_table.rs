//! Each fault a network or a server may have, at each call of a publish that changes something: in the
//! end there is one page with one PDF, and the fault really happened.

#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod common;

use std::{sync::Arc, time::Duration};

use common::{World, confluence, world};
use retropress_app::{
    ErrorCode,
    connect::Method,
    drafts, history,
    integrations::Integration,
    publish::{self, Operation, OperationState, Resolution, Waiting},
};
use retropress_confluence::{PageStatus, PageUpdate, Upload};
use retropress_sandbox::{Fault, Host, Matching};
use tokio::{sync::Semaphore, task::JoinSet};

/// Worlds that wait side by side; most of the time is waiting.
const SIDE_BY_SIDE: usize = 12;

const HOSTS: [(Method, Host); 2] = [
    (Method::ApiToken, Host::Cloud),
    (Method::PersonalAccessToken, Host::DataCenter),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Parent,
    Create,
    Upload,
    Update,
    NewPdf,
    Delete,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// Nobody presses anything.
    ByItself,
    /// Its author is told, and Retry brings it to its end.
    AfterRetry,
}

/// The table: a name, the fault, and how it ends.
fn faults(at: At) -> Vec<(&'static str, Fault, Ends)> {
    use Ends::{AfterRetry, ByItself};
    let mut all = vec![
        ("cut before", Fault::cut(), ByItself),
        ("cut after", Fault::cut().after_handling(), ByItself),
        ("cut in mid-answer", Fault::cut_in_answer(), ByItself),
        (
            "short delay",
            Fault::delay(Duration::from_millis(200)),
            ByItself,
        ),
        // Longer than the client waits: it arrives while it is looked for.
        ("late", Fault::delay(Duration::from_secs(5)), ByItself),
        ("hang before", Fault::hang(), ByItself),
        ("hang after", Fault::hang().after_handling(), ByItself),
        ("html", Fault::html(), ByItself),
        ("html after", Fault::html().after_handling(), ByItself),
        ("invalid JSON", Fault::invalid_json(), ByItself),
        (
            "invalid JSON after",
            Fault::invalid_json().after_handling(),
            ByItself,
        ),
        ("rate limit", Fault::rate_limited(2), ByItself),
    ];
    for status in [408, 500, 502, 503, 504] {
        all.push(("unknown", Fault::status(status), ByItself));
        all.push((
            "unknown, done",
            Fault::status(status).after_handling(),
            ByItself,
        ));
    }
    for status in [400, 401, 403, 410, 413, 415] {
        all.push(("refused", Fault::status(status), AfterRetry));
    }
    if at == At::Update {
        all.push(("conflict", Fault::status(409), ByItself));
        all.push((
            "conflict, done",
            Fault::status(409).after_handling(),
            ByItself,
        ));
    }
    if at == At::Delete {
        // 400, 408 and 409 of a deletion are looked into at once; a body is not due.
        all.retain(|it| !matches!(it.0, "cut in mid-answer"));
    } else {
        all.push(("not found", Fault::status(404), AfterRetry));
    }
    all
}

fn matching(method: Method, at: At) -> Matching {
    let cloud = method == Method::ApiToken;
    let pages = if cloud {
        "/wiki/api/v2/pages$"
    } else {
        "/rest/api/content$"
    };
    let page = if cloud {
        "/wiki/api/v2/pages/[0-9]+$"
    } else {
        "/rest/api/content/[0-9]+$"
    };
    match at {
        At::Parent => Matching::request("POST", pages),
        At::Create => Matching::request("POST", pages).nth(2),
        At::Upload => Matching::request("POST", "/child/attachment$"),
        At::Update => Matching::request("PUT", page),
        At::NewPdf if cloud => Matching::request("PUT", "/child/attachment$"),
        At::NewPdf => Matching::request("POST", "/child/attachment/[^/]+/data$"),
        At::Delete => Matching::request("DELETE", page),
    }
}

/// A draft that is published, for what comes after.
async fn published(world: &World, integration: &Integration) -> (String, Operation) {
    let draft = world.retrospective().await;
    let done = world.publish(&draft, integration).await;
    assert_eq!(done.state, OperationState::Done, "{:?}", done.error);
    (draft, done)
}

async fn run(method: Method, at: At, fault: Fault, ends: Ends, what: &str) {
    let world = world().await;
    let integration = world.integration(method).await;
    let before = match at {
        At::Update | At::NewPdf | At::Delete => Some(published(&world, &integration).await),
        _ => None,
    };
    world.sandbox.clear_requests();
    let played = world.sandbox.faults().on(matching(method, at), fault);
    let begun = match (&before, at) {
        (Some((_, done)), At::Delete) => {
            history::delete(&world.app, done.publication_id.clone().unwrap())
                .await
                .unwrap()
        }
        (Some((draft, _)), _) => {
            publish::publish(&world.app, draft.clone(), integration.id.clone())
                .await
                .unwrap()
        }
        (None, _) => {
            let draft = world.retrospective().await;
            publish::publish(&world.app, draft, integration.id.clone())
                .await
                .unwrap()
        }
    };
    let mut ended = settled(&world, &begun).await;
    assert!(played.fired(), "{what}: the fault did not happen");
    if ends == Ends::AfterRetry && ended.state != OperationState::Done {
        assert!(
            matches!(
                ended.state,
                OperationState::NeedsAttention | OperationState::Conflict
            ),
            "{what}: {ended:?}"
        );
        assert!(ended.error.is_some(), "{what}");
        let again = publish::retry(&world.app, ended.id.clone()).await.unwrap();
        ended = settled(&world, &again).await;
    }
    assert_eq!(ended.state, OperationState::Done, "{what}: {ended:?}");
    assert_eq!(played.count(), 1, "{what}");
    check(&world, method, at, &ended, what).await;
}

async fn settled(world: &World, operation: &Operation) -> Operation {
    for _ in 0..12_000 {
        let now = publish::operation(&world.app, operation.id.clone())
            .await
            .unwrap();
        if !matches!(
            now.state,
            OperationState::Queued | OperationState::Running | OperationState::Checking
        ) {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it goes on for ever: {operation:?}");
}

/// What the server has, and what it was sent on the way there.
async fn check(world: &World, method: Method, at: At, ended: &Operation, what: &str) {
    let requests = world.sandbox.requests();
    for limited in requests.iter().filter(|it| it.status == Some(429)) {
        let until = limited.at + chrono::Duration::seconds(2);
        let early = requests
            .iter()
            .find(|it| it.at > limited.at && it.at < until);
        assert!(early.is_none(), "{what}: early {early:?}");
    }
    // A live page is made by a create that was done; whatever else was sent was refused.
    let made = |title: &str| {
        requests
            .iter()
            .filter(|it| {
                let answered = it.status.is_none_or(|it| it == 200) || it.fault.is_some();
                it.method == "POST" && it.handled && answered && it.json()["title"] == title
            })
            .count()
    };
    let fresh = matches!(at, At::Parent | At::Create | At::Upload);
    assert_eq!(made(&ended.title), usize::from(fresh), "{what}: creates");

    let (client, space) = confluence(&world.sandbox, method).await;
    let pages = client.pages_titled(&space, &ended.title).await.unwrap();
    let live: Vec<_> = pages
        .iter()
        .filter(|it| it.status == PageStatus::Current)
        .collect();
    if at == At::Delete {
        assert!(live.is_empty(), "{what}: it is still there");
        return;
    }
    let [page] = live[..] else {
        panic!("{what}: {} live pages", live.len())
    };
    assert!(
        page.body.as_ref().unwrap().contains("retropress-"),
        "{what}"
    );
    assert_eq!(page.version, if fresh { 1 } else { 2 }, "{what}");
    let parent = format!("Retrospectives {}", chrono::Local::now().format("%Y"));
    let parents = client.pages_titled(&space, &parent).await.unwrap();
    let parents = parents.iter().filter(|it| it.status == PageStatus::Current);
    assert_eq!(parents.count(), 1, "{what}: parent pages");

    let entry = history::open(&world.app, ended.publication_id.clone().unwrap())
        .await
        .unwrap();
    assert_eq!(entry.page_id, page.id, "{what}");
    let file = client.attachment(&page.id, &entry.pdf_name).await.unwrap();
    let file = file.unwrap();
    assert_eq!(file.version, if fresh { 1 } else { 2 }, "{what}: PDFs");
    let [_, id, hash] = file.comment.split(':').collect::<Vec<_>>()[..] else {
        panic!("{what}: {}", file.comment)
    };
    assert_eq!(id, ended.id, "{what}");
    // The bytes that were sent are those of the hash.
    let sent = requests
        .iter()
        .filter(|it| it.handled)
        .flat_map(|it| &it.parts)
        .filter(|it| it.file_name.is_some())
        .all(|it| sha256(&it.bytes) == hash);
    assert!(sent, "{what}: another PDF was sent");
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(bytes)
        .iter()
        .map(|it| format!("{it:02x}"))
        .collect()
}

async fn table(at: At) {
    let room = Arc::new(Semaphore::new(SIDE_BY_SIDE));
    let mut running = JoinSet::new();
    for method in [Method::ApiToken, Method::PersonalAccessToken] {
        for (name, fault, ends) in faults(at) {
            let room = room.clone();
            running.spawn(async move {
                let _permit = room.acquire_owned().await.unwrap();
                let what = format!("{method:?}, {at:?}, {name}, {fault}");
                run(method, at, fault, ends, &what).await;
            });
        }
    }
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_at_the_creation_of_the_parent() {
    table(At::Parent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_at_the_creation_of_the_page() {
    table(At::Create).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_at_the_upload() {
    table(At::Upload).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_at_the_update() {
    table(At::Update).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_at_the_upload_of_an_update() {
    table(At::NewPdf).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_at_the_deletion() {
    table(At::Delete).await;
}

/// Refused connections, from before the first call on.
#[tokio::test(flavor = "multi_thread")]
async fn every_kind_waits_for_a_host_that_refuses() {
    for (method, host) in HOSTS {
        for at in [At::Create, At::Update, At::Delete] {
            let what = format!("{method:?}, {at:?}, refused");
            let world = world().await;
            let integration = world.integration(method).await;
            let before = match at {
                At::Create => None,
                _ => Some(published(&world, &integration).await),
            };
            let draft = match &before {
                Some((draft, _)) => draft.clone(),
                None => world.retrospective().await,
            };
            world.sandbox.set_reachable(host, false).await.unwrap();
            world.sandbox.clear_requests();
            let begun = match (&before, at) {
                (Some((_, done)), At::Delete) => {
                    history::delete(&world.app, done.publication_id.clone().unwrap())
                        .await
                        .unwrap()
                }
                _ => publish::publish(&world.app, draft, integration.id.clone())
                    .await
                    .unwrap(),
            };
            assert!(world.sandbox.requests().is_empty(), "{what}");
            world.sandbox.set_reachable(host, true).await.unwrap();
            let ended = settled(&world, &begun).await;
            assert_eq!(ended.state, OperationState::Done, "{what}: {ended:?}");
            check(&world, method, at, &ended, &what).await;
        }
    }
}

/// The host goes away after the page was created and before its PDF is sent, and comes back.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_waits_for_a_host_that_refuses_after_the_creation() {
    for (method, host) in HOSTS {
        let what = format!("{method:?}, refused after the creation");
        let world = world().await;
        let integration = world.integration(method).await;
        world.sandbox.clear_requests();
        // The creation is held until the integration is paused: what follows waits then.
        let (arrived, creation) = std::sync::mpsc::channel();
        let (go_on, held) = std::sync::mpsc::channel::<()>();
        let held = std::sync::Mutex::new(held);
        let hold = matching(method, At::Parent).when(move |it| {
            let sent: serde_json::Value = serde_json::from_slice(it.body).unwrap_or_default();
            if !sent["title"].as_str().unwrap_or_default().contains(" - ") {
                return false;
            }
            arrived.send(()).unwrap();
            tokio::task::block_in_place(|| held.lock().unwrap().recv().unwrap());
            false
        });
        world.sandbox.faults().on(hold, Fault::hang());
        let draft = world.retrospective().await;
        let begun = publish::publish(&world.app, draft, integration.id.clone())
            .await
            .unwrap();
        tokio::task::spawn_blocking(move || creation.recv().unwrap())
            .await
            .unwrap();
        publish::outbox::pause(&world.app, integration.id.clone())
            .await
            .unwrap();
        go_on.send(()).unwrap();
        let paused = until(&world, &begun, |it| it.waiting == Some(Waiting::Paused)).await;
        assert!(paused.publication_id.is_some(), "{what}: {paused:?}");
        world.sandbox.set_reachable(host, false).await.unwrap();
        publish::outbox::resume(&world.app, integration.id)
            .await
            .unwrap();
        let refused = |it: &Operation| matches!(it.waiting, Some(Waiting::Network { .. }));
        let waits = until(&world, &begun, refused).await;
        assert_eq!(waits.state, OperationState::Queued, "{what}");
        let uploads = |world: &World| {
            let all = world.sandbox.requests();
            all.iter().filter(|it| !it.parts.is_empty()).count()
        };
        assert_eq!(uploads(&world), 0, "{what}");
        world.sandbox.set_reachable(host, true).await.unwrap();
        let ended = settled(&world, &begun).await;
        assert_eq!(ended.state, OperationState::Done, "{what}: {ended:?}");
        assert_eq!(uploads(&world), 1, "{what}");
        check(&world, method, At::Upload, &ended, &what).await;
    }
}

/// The host goes away while a lost creation or upload is looked for, and comes back. What was sent is
/// there or is not; it is not seen before the third look.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_doubt_stays_so_while_a_host_refuses_between_the_looks() {
    let mut running = JoinSet::new();
    for (method, host) in HOSTS {
        for at in [At::Create, At::Upload] {
            for arrived in [false, true] {
                running.spawn(async move {
                    let what = format!("{method:?}, {at:?}, arrived: {arrived}, refused");
                    let world = world().await;
                    let integration = world.integration(method).await;
                    world.sandbox.clear_requests();
                    let lost = match arrived {
                        true => Fault::cut().after_handling(),
                        false => Fault::cut(),
                    };
                    if arrived {
                        world.sandbox.set_read_lag(Duration::from_secs(6));
                    }
                    let faults = world.sandbox.faults();
                    let played = faults.on(matching(method, at), lost);
                    let draft = world.retrospective().await;
                    let begun = publish::publish(&world.app, draft, integration.id)
                        .await
                        .unwrap();
                    let looked = |world: &World| {
                        let all = world.sandbox.requests();
                        let sent = all.iter().rposition(|it| it.fault.is_some());
                        sent.is_some_and(|it| all[it..].iter().any(|it| it.method == "GET"))
                    };
                    while !looked(&world) {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                    assert!(played.fired(), "{what}");
                    world.sandbox.set_reachable(host, false).await.unwrap();
                    let refused =
                        |it: &Operation| matches!(it.waiting, Some(Waiting::Network { .. }));
                    let waits = until(&world, &begun, refused).await;
                    assert_eq!(waits.state, OperationState::Checking, "{what}");
                    world.sandbox.set_reachable(host, true).await.unwrap();
                    let ended = settled(&world, &begun).await;
                    assert_eq!(ended.state, OperationState::Done, "{what}: {ended:?}");
                    world.sandbox.set_read_lag(Duration::ZERO);
                    check(&world, method, at, &ended, &what).await;
                });
            }
        }
    }
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
}

async fn until(
    world: &World,
    operation: &Operation,
    reached: impl Fn(&Operation) -> bool,
) -> Operation {
    for _ in 0..12_000 {
        let now = publish::operation(&world.app, operation.id.clone())
            .await
            .unwrap();
        if reached(&now) {
            return now;
        }
        assert_ne!(now.state, OperationState::Done, "the fault did not happen");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it never came to that: {operation:?}");
}

/// What was done is seen by nobody for six seconds.
#[tokio::test(flavor = "multi_thread")]
async fn reads_that_lag_double_nothing() {
    let mut running = JoinSet::new();
    for method in [Method::ApiToken, Method::PersonalAccessToken] {
        for at in [At::Parent, At::Create, At::Upload] {
            running.spawn(async move {
                let what = format!("{method:?}, {at:?}, read lag");
                let world = world().await;
                let integration = world.integration(method).await;
                world.sandbox.set_read_lag(Duration::from_secs(6));
                world.sandbox.clear_requests();
                let lost = Fault::cut().after_handling();
                let played = world.sandbox.faults().on(matching(method, at), lost);
                let draft = world.retrospective().await;
                let ended = world_publish(&world, &draft, &integration).await;
                assert!(played.fired(), "{what}");
                assert_eq!(ended.state, OperationState::Done, "{what}: {ended:?}");
                world.sandbox.set_read_lag(Duration::ZERO);
                check(&world, method, at, &ended, &what).await;
            });
        }
    }
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
}

async fn world_publish(world: &World, draft: &str, integration: &Integration) -> Operation {
    let begun = publish::publish(&world.app, draft.to_owned(), integration.id.clone())
        .await
        .unwrap();
    settled(world, &begun).await
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_file_of_the_same_name_stays_as_it_is() {
    for method in [Method::ApiToken, Method::PersonalAccessToken] {
        let world = world().await;
        let integration = world.integration(method).await;
        let played = world
            .sandbox
            .faults()
            .on(matching(method, At::Upload), Fault::status(403));
        let draft = world.retrospective().await;
        let stopped = world_publish(&world, &draft, &integration).await;
        assert!(played.fired());
        assert_eq!(stopped.state, OperationState::NeedsAttention);
        let entry = history::open(&world.app, stopped.publication_id.clone().unwrap())
            .await
            .unwrap();
        let (client, _) = confluence(&world.sandbox, method).await;
        let theirs = Upload {
            file_name: entry.pdf_name.clone(),
            media_type: "application/pdf".into(),
            bytes: b"theirs".to_vec(),
            comment: "mine".into(),
            replaces: None,
        };
        client.upload(&entry.page_id, &theirs).await.unwrap();
        let again = publish::retry(&world.app, stopped.id).await.unwrap();
        let done = settled(&world, &again).await;
        assert_eq!(done.state, OperationState::Done, "{done:?}");
        let kept = client.attachment(&entry.page_id, &entry.pdf_name).await;
        let kept = kept.unwrap().unwrap();
        assert_eq!((&*kept.comment, kept.version), ("mine", 1), "{method:?}");
        let after = history::open(&world.app, entry.row.id).await.unwrap();
        assert_ne!(after.pdf_name, entry.pdf_name);
        let ours = client.attachment(&entry.page_id, &after.pdf_name).await;
        assert!(ours.unwrap().unwrap().comment.contains(&done.id));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_lost_our_marker_is_written_to_by_nobody() {
    for method in [Method::ApiToken, Method::PersonalAccessToken] {
        let world = world().await;
        let integration = world.integration(method).await;
        let (draft, done) = published(&world, &integration).await;
        let entry = history::open(&world.app, done.publication_id.unwrap())
            .await
            .unwrap();
        let (client, space) = confluence(&world.sandbox, method).await;
        let page = client.page(&entry.page_id).await.unwrap().unwrap();
        let update = PageUpdate {
            id: page.id,
            space,
            title: page.title,
            body: "<p>Something else.</p>".into(),
            version: page.version + 1,
            message: String::new(),
            parent_id: page.parent_id,
        };
        client.update_page(&update).await.unwrap();
        world.sandbox.clear_requests();
        let stopped = world_publish(&world, &draft, &integration).await;
        assert_eq!(stopped.state, OperationState::Conflict);
        assert_eq!(stopped.error.unwrap().code, ErrorCode::NotOurs);
        let still = publish::resolve(&world.app, stopped.id, Resolution::Overwrite)
            .await
            .unwrap();
        assert_eq!(
            settled(&world, &still).await.state,
            OperationState::Conflict
        );
        let deleted = history::delete(&world.app, entry.row.id).await.unwrap();
        assert_eq!(deleted.state, OperationState::NeedsAttention);
        let wrote = world.sandbox.requests().iter().any(|it| it.method != "GET");
        assert!(!wrote, "{method:?}");
        assert!(drafts::open(&world.app, draft).await.is_ok());
    }
}
