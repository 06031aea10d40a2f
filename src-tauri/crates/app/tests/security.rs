//! Confluence integration security: what is told is what is sent.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod common;

use common::{World, world};
use retropress_app::{
    connect::{self, Method},
    history::{self, PublicationQuery},
    publish::OperationState,
    security,
};
use retropress_confluence::calls;
use retropress_summary::{Kind, document::Block};

async fn first_publication(world: &World, team_id: &str) -> String {
    let query = PublicationQuery {
        team_id: team_id.to_owned(),
        limit: 10,
        ..PublicationQuery::default()
    };
    let list = history::list(&world.app, query).await.unwrap();
    list.rows[0].id.clone()
}

/// The whole main job on each edition; the sandbox's own record of it is compared with the table.
#[tokio::test(flavor = "multi_thread")]
async fn each_request_that_arrives_is_a_call_of_the_table() {
    for method in [Method::ApiToken, Method::PersonalAccessToken] {
        let world = world().await;
        let team = world.team().await;
        let connection = world.connect(&team, method).await;
        let mut configuration = world.configuration(&connection, common::SPACE).await;
        configuration.labels = vec!["retro".into()];
        let session = connection.session_id;
        let space = configuration.space_id.clone();
        connect::checklist(&world.app, session.clone(), configuration.clone())
            .await
            .unwrap();
        let pages = connect::pages(&world.app, session.clone(), space.clone(), None)
            .await
            .unwrap();
        connect::pages(
            &world.app,
            session.clone(),
            space.clone(),
            Some(pages.pages[0].id.clone()),
        )
        .await
        .unwrap();
        connect::find_pages(&world.app, session.clone(), space.clone(), "Retro".into())
            .await
            .unwrap();
        connect::parent_title(
            &world.app,
            session.clone(),
            space,
            Kind::HealthCheck,
            "Health Checks".into(),
        )
        .await
        .unwrap();
        let integration =
            retropress_app::integrations::save(&world.app, session, configuration, false)
                .await
                .unwrap();
        let draft = world.retrospective().await;
        assert_eq!(
            world.publish(&draft, &integration).await.state,
            OperationState::Done
        );
        let publication = first_publication(&world, &team.id).await;
        for act in ["republish", "delete"] {
            let operation = if act == "republish" {
                history::republish(&world.app, publication.clone()).await
            } else {
                history::delete(&world.app, publication.clone()).await
            };
            let ended = world.settled(&operation.unwrap()).await;
            assert_eq!(ended.state, OperationState::Done, "{act}");
        }

        let requests = world.sandbox.requests();
        assert!(requests.len() > 15, "{}", requests.len());
        for it in requests {
            assert!(
                calls::ALL
                    .iter()
                    .any(|call| call.fits(&it.method, &it.path)),
                "{method:?}: {} {} is not in the table",
                it.method,
                it.path
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_saved_as_a_pdf_over_several_pages() {
    let world = world().await;
    let document = security::read(&world.app).await.unwrap();
    assert_eq!(document.kind, None);
    let Some(Block::Properties { rows }) = document
        .blocks
        .iter()
        .find(|it| matches!(it, Block::Properties { .. }))
    else {
        panic!("it says nothing about this computer")
    };
    assert!(rows.iter().any(|it| it.name == "Proxy"));

    let path = security::save_pdf(&world.app).await.unwrap().unwrap();
    let pdf = std::fs::read(path).unwrap();
    assert!(pdf.starts_with(b"%PDF-"));
    assert!(pdf.len() > 20_000, "{}", pdf.len());
}
