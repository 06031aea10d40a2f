//! A cancel while it is not known whether the page was created: nothing more is written, and what did
//! arrive stands in the history.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod common;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use common::{World, world};
use retropress_app::{
    Event,
    connect::Method,
    drafts,
    history::{self, Publication, PublicationQuery, PublicationStatus},
    integrations::{self, Integration},
    publish::{self, Operation, OperationState, PublishState, outbox},
};
use retropress_sandbox::{Fault, Matching};
use retropress_store::{OutboxLane, Store};

const EDITIONS: [(Method, &str); 2] = [
    (Method::ApiToken, "/wiki/api/v2/pages$"),
    (Method::PersonalAccessToken, "/rest/api/content$"),
];

/// Publishes, loses the answer, and cancels while the server answers no question.
async fn cancelled_in_doubt(
    world: &World,
    integration: &Integration,
    draft: &str,
    create: (&str, Fault),
) -> Operation {
    let faults = world.sandbox.faults();
    let lost = faults.on(Matching::request("POST", create.0), create.1);
    let silent = faults.on(
        Matching::request("GET", "/").times(1_000),
        Fault::status(503),
    );
    let begun = publish::publish(&world.app, draft.to_owned(), integration.id.clone())
        .await
        .unwrap();
    while !(lost.fired() && silent.fired()) {
        outbox::check_all(&world.app, integration.team_id.clone())
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // The questions to the host fire as well, perhaps before the operation notices the lost answer.
    let state = async || {
        publish::operation(&world.app, begun.id.clone())
            .await
            .unwrap()
            .state
    };
    for _ in 0..1_000 {
        if state().await == OperationState::Checking {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(state().await, OperationState::Checking);
    let cancelled = publish::cancel(&world.app, begun.id).await.unwrap();
    assert_eq!(cancelled.state, OperationState::Cancelled);
    assert!(cancelled.error.is_none() && cancelled.waiting.is_none());
    cancelled
}

async fn in_the_history(world: &World, integration: &Integration) -> Vec<Publication> {
    let query = PublicationQuery {
        team_id: integration.team_id.clone(),
        limit: 10,
        ..PublicationQuery::default()
    };
    let mut all = Vec::new();
    for row in history::list(&world.app, query).await.unwrap().rows {
        all.push(history::open(&world.app, row.id).await.unwrap());
    }
    all
}

/// Asks at once instead of after the pauses of the worker.
async fn look(world: &World, integration: &Integration) {
    outbox::check_all(&world.app, integration.team_id.clone())
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
}

async fn arrives(world: &World, integration: &Integration) -> Publication {
    for _ in 0..500 {
        look(world, integration).await;
        if let Some(it) = in_the_history(world, integration).await.pop() {
            return it;
        }
    }
    panic!("it is not in the history: {:?}", world.requests());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_arrived_stands_in_the_history() {
    for (method, create) in EDITIONS {
        for restarted in [false, true] {
            let mut world = world().await;
            let integration = world.integration(method).await;
            let draft = world.health_check().await;
            let fault = Fault::cut().after_handling();
            let cancelled = cancelled_in_doubt(&world, &integration, &draft, (create, fault)).await;
            let list = outbox::list(&world.app, integration.team_id.clone())
                .await
                .unwrap();
            assert_eq!(list.total, 0, "cancelled is not in the Outbox");
            if restarted {
                // The app before it is kept from going on by itself.
                outbox::pause(&world.app, integration.id.clone())
                    .await
                    .unwrap();
                world.restart();
                world.app.settle().await;
                outbox::resume(&world.app, integration.id.clone())
                    .await
                    .unwrap();
            }
            let mut events = world.app.events();
            world.requests();
            world.sandbox.faults().clear();
            let found = arrives(&world, &integration).await;
            assert_eq!(found.row.status, PublicationStatus::PdfMissing);
            assert_eq!(found.row.title, cancelled.title);
            let noted = &found.timeline[0].note;
            assert!(noted.contains("cancelled"), "{noted}");
            let mut told = false;
            while let Ok(event) = events.try_recv() {
                told |= matches!(event, Event::Noticed { text } if text.contains(&cancelled.title));
            }
            assert!(told);
            let now = publish::operation(&world.app, cancelled.id.clone()).await;
            assert_eq!(now.unwrap().state, OperationState::Cancelled);
            let sent = world.requests();
            assert!(sent.iter().all(|it| it.starts_with("GET")), "{sent:?}");
            let state = drafts::open(&world.app, draft.clone()).await.unwrap().state;
            assert_eq!(state, PublishState::PdfMissing { version: 1 });

            // Publishing it after all makes no second page.
            let done = world.publish(&draft, &integration).await;
            assert_eq!(done.state, OperationState::Done, "{done:?}");
            let all = in_the_history(&world, &integration).await;
            assert_eq!(all.len(), 1);
            assert_eq!(all[0].row.status, PublicationStatus::Published);
            assert_eq!((all[0].row.version, &all[0].page_id), (2, &found.page_id));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_did_not_arrive_is_cancelled_and_that_is_all() {
    let world = world().await;
    let (method, create) = EDITIONS[0];
    let integration = world.integration(method).await;
    let draft = world.health_check().await;
    cancelled_in_doubt(&world, &integration, &draft, (create, Fault::cut())).await;
    world.requests();
    world.sandbox.faults().clear();
    for _ in 0..20 {
        look(&world, &integration).await;
    }
    let sent = world.requests();
    let by_title = |it: &&String| **it == "GET /wiki/api/v2/pages";
    assert!(sent.iter().filter(by_title).count() > 2, "{sent:?}");
    assert!(sent.iter().all(|it| it.starts_with("GET")), "{sent:?}");
    assert!(in_the_history(&world, &integration).await.is_empty());
    let state = drafts::open(&world.app, draft.clone()).await.unwrap().state;
    assert_eq!(state, PublishState::Draft);
    let done = world.publish(&draft, &integration).await;
    assert_eq!(done.state, OperationState::Done, "{done:?}");
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Standing {
    Looking,
    Paused,
    SignInRefused,
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_integration_it_is_not_looked_for_any_more() {
    for standing in [Standing::Looking, Standing::Paused, Standing::SignInRefused] {
        let world = world().await;
        let (method, create) = EDITIONS[0];
        let integration = world.integration(method).await;
        let draft = world.health_check().await;
        let refuses = Arc::new(AtomicBool::new(false));
        let refusing = Arc::clone(&refuses);
        world.sandbox.faults().on(
            Matching::request("GET", "/")
                .when(move |_| refusing.load(Ordering::SeqCst))
                .times(1_000),
            Fault::status(401),
        );
        let fault = Fault::cut().after_handling();
        let cancelled = cancelled_in_doubt(&world, &integration, &draft, (create, fault)).await;
        let store = Store::open(&world.folder.path().join("data"))
            .unwrap()
            .store;
        assert_eq!(store.open_operations().unwrap(), [cancelled.id]);
        match standing {
            Standing::Looking => {}
            Standing::Paused => outbox::pause(&world.app, integration.id.clone())
                .await
                .unwrap(),
            Standing::SignInRefused => {
                refuses.store(true, Ordering::SeqCst);
                let refused = |lane: &OutboxLane| lane.sign_in_problem.is_some();
                while !store.outbox_lanes().unwrap().iter().any(refused) {
                    look(&world, &integration).await;
                }
            }
        }
        integrations::disconnect(&world.app, integration.id.clone())
            .await
            .unwrap();
        for _ in 0..500 {
            if store.open_operations().unwrap().is_empty() {
                break;
            }
            look(&world, &integration).await;
        }
        let open = store.open_operations().unwrap();
        assert!(open.is_empty(), "{standing:?}: it goes on for ever");
    }
}
