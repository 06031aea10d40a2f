//! A draft has one publication at each integration, and an update goes to the one it was pressed on.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod common;

use common::{World, world};
use retropress_app::{
    connect::Method,
    drafts,
    history::{self, Publication, PublicationQuery},
    integrations::Integration,
    publish::{self, Operation, OperationKind, OperationState, PublishState, Resolution, outbox},
    share,
};
use retropress_summary::Summary;

/// Published, and its publication.
async fn published(world: &World, draft: &str, integration: &Integration) -> Publication {
    let done = world.publish(draft, integration).await;
    assert_eq!(done.state, OperationState::Done, "{:?}", done.error);
    entry(world, &done.publication_id.unwrap()).await
}

async fn entry(world: &World, id: &str) -> Publication {
    history::open(&world.app, id.to_owned()).await.unwrap()
}

async fn entries(world: &World, team_id: &str) -> usize {
    let query = PublicationQuery {
        team_id: team_id.to_owned(),
        limit: 200,
        ..PublicationQuery::default()
    };
    let list = history::list(&world.app, query).await.unwrap();
    list.rows.len()
}

/// Saves the draft with another title, which is that of its page as well.
async fn retitle(world: &World, draft: &str, title: &str) {
    let opened = drafts::open(&world.app, draft.to_owned()).await.unwrap();
    let Summary::Retrospective(mut content) = opened.content else {
        panic!()
    };
    content.title = title.to_owned();
    let content = Summary::Retrospective(content);
    drafts::save(&world.app, draft.to_owned(), opened.revision, content)
        .await
        .unwrap();
}

async fn state(world: &World, draft: &str) -> PublishState {
    let opened = drafts::open(&world.app, draft.to_owned()).await.unwrap();
    opened.state
}

async fn updates(world: &World, draft: &str, to: &Integration) -> Option<(String, u32)> {
    let preview = share::preview(&world.app, draft.to_owned(), Some(to.id.clone()))
        .await
        .unwrap();
    preview.updates.map(|it| (it.publication_id, it.version))
}

/// Somebody edits the page, and the draft's next publish of it stops at that.
async fn in_conflict(world: &World, of: &Publication) -> Operation {
    world.edit_in_confluence(&of.page_id).await;
    let again = history::republish(&world.app, of.row.id.clone())
        .await
        .unwrap();
    let stopped = world.settled(&again).await;
    assert_eq!(stopped.state, OperationState::Conflict, "{stopped:?}");
    assert_eq!(stopped.publication_id.as_ref(), Some(&of.row.id));
    stopped
}

#[tokio::test(flavor = "multi_thread")]
async fn each_integration_has_its_own_page_and_an_update_stays_with_it() {
    for retitled in [false, true] {
        let world = world().await;
        let x = world.integration(Method::ApiToken).await;
        let y = world.integration(Method::PersonalAccessToken).await;
        let draft = world.retrospective().await;
        let at_x = published(&world, &draft, &x).await;
        let at_y = published(&world, &draft, &y).await;
        assert_ne!(at_x.row.id, at_y.row.id);
        if retitled {
            retitle(&world, &draft, "Sprint of another name").await;
        }
        assert_eq!(
            updates(&world, &draft, &x).await,
            Some((at_x.row.id.clone(), 1))
        );
        let again = published(&world, &draft, &x).await;
        assert_eq!(
            (&again.row.id, &again.page_id, again.row.version),
            (&at_x.row.id, &at_x.page_id, 2)
        );
        assert_eq!(entry(&world, &at_y.row.id).await, at_y, "left alone");
        let both = history::republish(&world.app, at_y.row.id.clone())
            .await
            .unwrap();
        assert_eq!(world.settled(&both).await.state, OperationState::Done);
        let at_y = entry(&world, &at_y.row.id).await;
        assert_eq!(at_y.row.version, 2);
        assert_eq!(updates(&world, &draft, &y).await, Some((at_y.row.id, 2)));
        assert_eq!(entries(&world, &x.team_id).await, 2, "no second page");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_new_page_each_is_updated_where_it_is_pressed() {
    let world = world().await;
    let integration = world.integration(Method::ApiToken).await;
    let draft = world.retrospective().await;
    let old = published(&world, &draft, &integration).await;
    let stopped = in_conflict(&world, &old).await;
    let as_new = Resolution::NewPage {
        title: "A page of its own".into(),
    };
    let new = publish::resolve(&world.app, stopped.id.clone(), as_new)
        .await
        .unwrap();
    let new = world.settled(&new).await;
    assert_eq!(new.state, OperationState::Done, "{:?}", new.error);
    let new = entry(&world, &new.publication_id.unwrap()).await;
    assert_ne!(new.page_id, old.page_id);

    // Pressed on the old one: it is asked about what was changed there, and written over.
    let again = history::republish(&world.app, old.row.id.clone())
        .await
        .unwrap();
    let again = world.settled(&again).await;
    assert_eq!(again.state, OperationState::Conflict, "{again:?}");
    assert_eq!(again.publication_id.as_ref(), Some(&old.row.id));
    let over = publish::resolve(&world.app, again.id, Resolution::Overwrite)
        .await
        .unwrap();
    let over = world.settled(&over).await;
    assert_eq!(over.state, OperationState::Done, "{:?}", over.error);
    assert_eq!(entry(&world, &old.row.id).await.row.version, 3);
    assert_eq!(entry(&world, &new.row.id).await, new, "left alone");

    // And the draft's own page is the new one.
    assert_eq!(
        updates(&world, &draft, &integration).await,
        Some((new.row.id.clone(), 1))
    );
    // Its own title is that of the old page.
    retitle(&world, &draft, "Sprint of another name").await;
    let again = published(&world, &draft, &integration).await;
    assert_eq!((&again.row.id, again.row.version), (&new.row.id, 2));
    assert_eq!(entries(&world, &integration.team_id).await, 2);

    // With the new one deleted there is one left.
    history::delete(&world.app, new.row.id).await.unwrap();
    assert_eq!(
        updates(&world, &draft, &integration).await,
        Some((old.row.id, 3))
    );
}

/// What the author decided about one page holds for that one.
#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_about_the_old_page_is_resolved_on_the_old_page() {
    let world = world().await;
    let integration = world.integration(Method::ApiToken).await;
    let draft = world.retrospective().await;
    let old = published(&world, &draft, &integration).await;
    let stopped = in_conflict(&world, &old).await;
    let as_new = Resolution::NewPage {
        title: "A page of its own".into(),
    };
    let new = publish::resolve(&world.app, stopped.id, as_new)
        .await
        .unwrap();
    let new = world.settled(&new).await.publication_id.unwrap();
    let stopped = in_conflict(&world, &old).await;
    let renamed = Resolution::Rename {
        title: "The old page renamed".into(),
    };
    let again = publish::resolve(&world.app, stopped.id, renamed)
        .await
        .unwrap();
    assert_eq!(again.kind, OperationKind::Update);
    assert_eq!(again.publication_id, Some(old.row.id));
    world.settled(&again).await;
    assert_eq!(entry(&world, &new).await.row.version, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_shows_what_needs_the_author_then_what_moves_then_what_is_live() {
    let world = world().await;
    let x = world.integration(Method::ApiToken).await;
    let y = world.integration(Method::PersonalAccessToken).await;
    let draft = world.retrospective().await;
    let at_x = published(&world, &draft, &x).await;

    // One integration does not wait for the other.
    outbox::pause(&world.app, x.id.clone()).await.unwrap();
    let waiting = publish::publish(&world.app, draft.clone(), x.id.clone())
        .await
        .unwrap();
    let at_y = published(&world, &draft, &y).await;
    assert_eq!(state(&world, &draft).await, PublishState::Queued);
    publish::cancel(&world.app, waiting.id).await.unwrap();
    outbox::resume(&world.app, x.id.clone()).await.unwrap();

    let stopped = in_conflict(&world, &at_x).await;
    published(&world, &draft, &y).await;
    let now = state(&world, &draft).await;
    assert!(matches!(now, PublishState::Conflict { .. }), "{now:?}");
    publish::resolve(&world.app, stopped.id, Resolution::Keep)
        .await
        .unwrap();

    history::delete(&world.app, at_y.row.id).await.unwrap();
    let live = PublishState::Published {
        version: 1,
        changed: false,
    };
    assert_eq!(state(&world, &draft).await, live, "the other page is live");
    history::delete(&world.app, at_x.row.id).await.unwrap();
    assert_eq!(state(&world, &draft).await, PublishState::Deleted);
}
