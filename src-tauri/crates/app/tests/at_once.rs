//! Two things asked for at once: of one draft and one integration there is one operation.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod common;

use common::{World, world};
use retropress_app::{
    App,
    connect::Method,
    drafts::{self, NewDraft},
    integrations::Integration,
    publish::{self, OperationState, Resolution, outbox},
};
use rusqlite::Connection;

const ROUNDS: usize = 1_000;
/// Drafts of one `publish_many`.
const MANY: usize = 10;
const RESOLUTIONS: usize = 100;

/// Nothing is sent: the integration is paused.
async fn quiet() -> (World, Integration, Connection) {
    let world = world().await;
    let integration = world.integration(Method::ApiToken).await;
    outbox::pause(&world.app, integration.id.clone())
        .await
        .unwrap();
    let file = world.folder.path().join("data/retropress.db");
    let other = Connection::open(file).unwrap();
    other
        .busy_timeout(std::time::Duration::from_secs(5))
        .unwrap();
    (world, integration, other)
}

/// A page and a PDF of a few lines.
async fn small_draft(world: &World) -> String {
    let new = NewDraft::Retrospective {
        template_id: "went-well".into(),
    };
    let team = world.team().await;
    drafts::create(&world.app, team.id, new).await.unwrap().id
}

/// All of the draft, and those that have not ended.
fn operations(file: &Connection, draft: &str) -> (u32, u32) {
    file.query_row(
        "SELECT count(*), count(*) FILTER (WHERE ended_at IS NULL) FROM operation
         WHERE draft_id = ?1",
        [draft],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
    .unwrap()
}

async fn publish_it(app: App, draft: String, integration: String) -> String {
    let operation = publish::publish(&app, draft, integration).await.unwrap();
    operation.id
}

#[tokio::test(flavor = "multi_thread")]
async fn two_publishes_of_one_draft_make_one_operation() {
    let (world, integration, file) = quiet().await;
    for round in 0..ROUNDS {
        let draft = small_draft(&world).await;
        let both = [0, 1].map(|_| {
            let (app, draft) = (world.app.clone(), draft.clone());
            tokio::spawn(publish_it(app, draft, integration.id.clone()))
        });
        let [one, other] = both;
        let (one, other) = (one.await.unwrap(), other.await.unwrap());
        assert_eq!(one, other, "round {round}");
        assert_eq!(operations(&file, &draft), (1, 1), "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn publishing_many_beside_one_of_them_makes_one_operation_each() {
    let (world, integration, file) = quiet().await;
    for round in 0..ROUNDS / MANY {
        let mut drafts = Vec::new();
        for _ in 0..MANY {
            drafts.push(small_draft(&world).await);
        }
        let many = {
            let (app, drafts, id) = (world.app.clone(), drafts.clone(), integration.id.clone());
            tokio::spawn(async move { outbox::publish_many(&app, drafts, id).await })
        };
        let mut single = Vec::new();
        for draft in &drafts {
            let app = world.app.clone();
            single.push(publish_it(app, draft.clone(), integration.id.clone()).await);
        }
        let many = many.await.unwrap().unwrap();
        for ((draft, single), queued) in drafts.iter().zip(single).zip(many) {
            assert_eq!(queued.operation.unwrap().id, single, "round {round}");
            assert_eq!(operations(&file, draft), (1, 1), "round {round}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_that_is_resolved_twice_is_resolved_once() {
    let (world, integration, file) = quiet().await;
    for round in 0..RESOLUTIONS {
        let draft = small_draft(&world).await;
        let id = publish_it(world.app.clone(), draft.clone(), integration.id.clone()).await;
        let stopped = r#"{"code":"titleTaken","message":"m","cause":"","hint":"","retryable":false,"field":null,"details":""}"#;
        file.execute(
            "UPDATE operation SET state = 'conflict', error = ?2 WHERE id = ?1",
            [&*id, stopped],
        )
        .unwrap();
        let both = ["One title", "Another title"].map(|title| {
            let (app, id) = (world.app.clone(), id.clone());
            let title = title.to_owned();
            tokio::spawn(
                async move { publish::resolve(&app, id, Resolution::Rename { title }).await },
            )
        });
        let [one, other] = both;
        let (one, other) = (one.await.unwrap().unwrap(), other.await.unwrap().unwrap());
        assert_eq!(operations(&file, &draft), (2, 1), "round {round}");
        assert_eq!(one.id, other.id, "both are told of the one that goes on");
        assert_ne!(one.state, OperationState::Cancelled);
        let old = publish::operation(&world.app, id).await.unwrap();
        assert_eq!(old.state, OperationState::Cancelled);
    }
}
