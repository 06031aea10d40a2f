//! The main job without a window: connect, publish, view, update, delete.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod common;

use common::world;
use retropress_app::{
    ErrorCode, Field,
    connect::{self, CheckOutcome, Method},
    drafts::{self, DraftQuery},
    history::{self, PageStanding, PublicationQuery, PublicationStatus, TimelineEvent},
    integrations,
    publish::{OperationState, PublishState, StepState},
    share,
};
use retropress_summary::{Kind, Summary};

#[tokio::test(flavor = "multi_thread")]
async fn a_retrospective_is_published_viewed_updated_and_deleted_on_each_edition() {
    for method in [Method::ApiToken, Method::PersonalAccessToken, Method::Basic] {
        let world = world().await;
        let integration = world.integration(method).await;
        let draft = world.retrospective().await;

        let preview = share::preview(&world.app, draft.clone(), None)
            .await
            .unwrap();
        assert_eq!(preview.problems, [], "{method:?}");
        let done = world.publish(&draft, &integration).await;
        assert_eq!(
            done.state,
            OperationState::Done,
            "{method:?}: {:?}",
            done.error
        );
        assert!(done.steps.iter().all(|it| it.state == StepState::Done));

        let list = history::list(
            &world.app,
            PublicationQuery {
                team_id: integration.team_id.clone(),
                text: "sprint RETRO".into(),
                limit: 50,
                ..PublicationQuery::default()
            },
        )
        .await
        .unwrap();
        let [row] = &*list.rows else {
            panic!("one entry, not {:?}", list.rows)
        };
        assert_eq!((row.status, row.version), (PublicationStatus::Published, 1));
        assert_eq!(row.title, preview.document.title);

        history::view(&world.app, row.id.clone()).await.unwrap();
        let opened = world.opened.lock().unwrap().clone();
        let publication = history::open(&world.app, row.id.clone()).await.unwrap();
        assert_eq!(opened, std::slice::from_ref(&publication.link));
        assert_eq!(publication.parent, format!("Retrospectives {}", year()));

        // The next version of the same page, with its PDF.
        let opened = drafts::open(&world.app, draft.clone()).await.unwrap();
        assert_eq!(
            opened.state,
            PublishState::Published {
                version: 1,
                changed: false
            }
        );
        let Summary::Retrospective(mut content) = opened.content else {
            panic!()
        };
        content.agreements.clear();
        drafts::save(
            &world.app,
            draft.clone(),
            opened.revision,
            Summary::Retrospective(content),
        )
        .await
        .unwrap();
        let opened = drafts::open(&world.app, draft.clone()).await.unwrap();
        assert_eq!(
            opened.state,
            PublishState::Published {
                version: 1,
                changed: true
            }
        );
        let page_id = publication.page_id;
        let updated = history::republish(&world.app, row.id.clone())
            .await
            .unwrap();
        let updated = world.settled(&updated).await;
        assert_eq!(
            updated.state,
            OperationState::Done,
            "{method:?}: {:?}",
            updated.error
        );
        let publication = history::open(&world.app, row.id.clone()).await.unwrap();
        assert_eq!(
            (publication.row.version, &publication.page_id),
            (2, &page_id)
        );

        let deleted = history::delete(&world.app, row.id.clone()).await.unwrap();
        assert_eq!(
            deleted.state,
            OperationState::Done,
            "{method:?}: {:?}",
            deleted.error
        );
        let publication = history::open(&world.app, row.id.clone()).await.unwrap();
        assert_eq!(publication.row.status, PublicationStatus::Deleted);
        let events: Vec<_> = publication.timeline.iter().map(|it| it.what).collect();
        assert_eq!(
            events,
            [
                TimelineEvent::Deleted,
                TimelineEvent::PdfUploaded,
                TimelineEvent::Updated,
                TimelineEvent::PdfUploaded,
                TimelineEvent::Created
            ]
        );
        let state = drafts::open(&world.app, draft).await.unwrap().state;
        assert_eq!(state, PublishState::Deleted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_known_parent_a_publish_is_two_requests() {
    for method in [Method::ApiToken, Method::PersonalAccessToken] {
        let world = world().await;
        let integration = world.integration(method).await;
        let (first, second) = (world.retrospective().await, world.health_check().await);
        world.publish(&first, &integration).await;
        world.requests();
        let done = world.publish(&second, &integration).await;
        assert_eq!(done.state, OperationState::Done, "{:?}", done.error);
        let requests = world.requests();
        assert_eq!(requests.len(), 2, "{requests:?}");

        // The parent that was created by the first publish is known by now.
        let third = drafts::duplicate(&world.app, first).await.unwrap().id;
        let done = world.publish(&third, &integration).await;
        assert_eq!(done.state, OperationState::Done, "{:?}", done.error);
        let requests = world.requests();
        assert_eq!(requests.len(), 2, "{requests:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_cost_one_request_more() {
    let world = world().await;
    let team = world.team().await;
    let connection = world.connect(&team, Method::ApiToken).await;
    let mut configuration = world.configuration(&connection, common::SPACE).await;
    configuration.labels = vec!["retrospective".into()];
    let integration = integrations::save(&world.app, connection.session_id, configuration, false)
        .await
        .unwrap();
    let draft = world.health_check().await;
    world.requests();
    let done = world.publish(&draft, &integration).await;
    assert_eq!(done.state, OperationState::Done, "{:?}", done.error);
    assert_eq!(world.requests().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wizard_publishes_a_test_and_deletes_it() {
    for method in [Method::ApiToken, Method::Basic] {
        let world = world().await;
        let team = world.team().await;
        let connection = world.connect(&team, method).await;
        let configuration = world.configuration(&connection, common::SPACE).await;
        let session = connection.session_id.clone();
        let checks = connect::checklist(&world.app, session.clone(), configuration.clone())
            .await
            .unwrap();
        assert!(
            checks.iter().all(|it| it.outcome != CheckOutcome::Failed),
            "{checks:?}"
        );
        for kind in [Kind::Retrospective, Kind::HealthCheck] {
            let started =
                connect::publish_test(&world.app, session.clone(), configuration.clone(), kind)
                    .await
                    .unwrap();
            let done = world.settled(&started).await;
            assert_eq!(done.state, OperationState::Done, "{:?}", done.error);
            connect::view_test(&world.app, session.clone(), done.id.clone())
                .await
                .unwrap();
            let deleted = connect::delete_test(&world.app, session.clone(), done.id)
                .await
                .unwrap();
            assert_eq!(deleted.state, OperationState::Done, "{:?}", deleted.error);
        }
        // Nothing is stored before SAVE CHANGES.
        assert!(
            integrations::list(&world.app, team.id)
                .await
                .unwrap()
                .is_empty()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_sign_in_data_is_refused_at_its_field() {
    let world = world().await;
    let team = world.team().await;
    let cases = [
        (Method::ApiToken, Field::ApiToken),
        (Method::PersonalAccessToken, Field::PersonalAccessToken),
        (Method::Basic, Field::Password),
    ];
    for (method, field) in cases {
        let mut request = world.request(&team, method);
        request.secret = Some("wrong".into());
        let problem = connect::check(&world.app, request).await.unwrap_err();
        assert_eq!(problem.field, Some(field), "{problem:?}");
        assert!(
            !problem.hint.is_empty() && !problem.details.contains("wrong"),
            "{problem:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_of_the_other_edition_is_refused_before_a_secret_is_sent() {
    let world = world().await;
    let team = world.team().await;
    let mut request = world.request(&team, Method::PersonalAccessToken);
    request.server_url = world.sandbox.addresses().cloud.clone();
    world.requests();
    let problem = connect::check(&world.app, request).await.unwrap_err();
    assert_eq!(
        (problem.code, problem.field),
        (ErrorCode::Invalid, Some(Field::ServerUrl))
    );
    assert!(
        world
            .sandbox
            .requests()
            .iter()
            .all(|it| it.header("authorization").is_none())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_secret_opens_after_a_restart_and_is_forgotten_on_disconnect() {
    let mut world = world().await;
    let integration = world.integration(Method::ApiToken).await;
    world.restart();
    let connection = connect::resume(&world.app, integration.id.clone())
        .await
        .unwrap();
    assert!(!connection.account_name.is_empty());
    let token = world.sandbox.credentials().api_token;
    for file in std::fs::read_dir(world.folder.path().join("data")).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes.windows(token.len()).any(|it| it == token.as_bytes());
            assert!(!found, "the token stands in {}", path.display());
        }
    }
    integrations::disconnect(&world.app, integration.id.clone())
        .await
        .unwrap();
    let problem = connect::resume(&world.app, integration.id)
        .await
        .unwrap_err();
    assert_eq!(problem.code, ErrorCode::Gone);
}

async fn only_publication(world: &common::World, team_id: &str) -> history::Publication {
    let list = history::list(
        &world.app,
        PublicationQuery {
            team_id: team_id.to_owned(),
            limit: 50,
            ..PublicationQuery::default()
        },
    )
    .await
    .unwrap();
    assert_eq!(list.rows.len(), 1);
    history::open(&world.app, list.rows[0].id.clone())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_forgotten_integration_are_viewed_and_taken_over_by_a_new_one() {
    let world = world().await;
    let integration = world.integration(Method::PersonalAccessToken).await;
    let draft = world.retrospective().await;
    let done = world.publish(&draft, &integration).await;
    assert_eq!(done.state, OperationState::Done, "{:?}", done.error);
    integrations::disconnect(&world.app, integration.id.clone())
        .await
        .unwrap();

    let kept = only_publication(&world, &integration.team_id).await;
    assert!(!kept.connected);
    history::view(&world.app, kept.row.id.clone())
        .await
        .unwrap();
    assert_eq!(*world.opened.lock().unwrap(), [kept.link]);
    let problem = history::delete(&world.app, kept.row.id.clone()).await;
    assert_eq!(problem.unwrap_err().code, ErrorCode::Gone);

    // Another Confluence does not get them; the same one does, whatever the way to sign in.
    world.integration(Method::ApiToken).await;
    assert!(
        !only_publication(&world, &integration.team_id)
            .await
            .connected
    );
    world.integration(Method::Basic).await;
    let kept = only_publication(&world, &integration.team_id).await;
    assert!(kept.connected);
    let again = history::republish(&world.app, kept.row.id.clone())
        .await
        .unwrap();
    let again = world.settled(&again).await;
    assert_eq!(again.state, OperationState::Done, "{:?}", again.error);
    let deleted = history::delete(&world.app, kept.row.id).await.unwrap();
    assert_eq!(deleted.state, OperationState::Done, "{:?}", deleted.error);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_integration_edited_to_another_confluence_leaves_its_old_pages_alone() {
    let world = world().await;
    let team = world.team().await;
    let integration = world.integration(Method::PersonalAccessToken).await;
    let draft = world.retrospective().await;
    let done = world.publish(&draft, &integration).await;
    assert_eq!(done.state, OperationState::Done, "{:?}", done.error);

    let mut request = world.request(&team, Method::ApiToken);
    request.integration_id = Some(integration.id.clone());
    let connection = connect::check(&world.app, request).await.unwrap();
    let configuration = world.configuration(&connection, common::SPACE).await;
    integrations::save(&world.app, connection.session_id, configuration, false)
        .await
        .unwrap();

    let old = only_publication(&world, &integration.team_id).await;
    assert!(!old.connected);
    world.requests();
    let problem = history::delete(&world.app, old.row.id.clone()).await;
    assert_eq!(problem.unwrap_err().code, ErrorCode::Gone);
    assert_eq!(world.requests(), [""; 0]);
    let old = only_publication(&world, &integration.team_id).await;
    assert_eq!(old.row.status, PublicationStatus::Published);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_republish_stays_in_the_space_of_its_page() {
    for method in [Method::ApiToken, Method::PersonalAccessToken] {
        let world = world().await;
        let team = world.team().await;
        let integration = world.integration(method).await;
        let draft = world.retrospective().await;
        let done = world.publish(&draft, &integration).await;
        assert_eq!(done.state, OperationState::Done, "{:?}", done.error);

        let mut request = world.request(&team, method);
        request.integration_id = Some(integration.id.clone());
        let connection = connect::check(&world.app, request).await.unwrap();
        let configuration = world.configuration(&connection, "CHK").await;
        integrations::save(&world.app, connection.session_id, configuration, false)
            .await
            .unwrap();
        let again = world.publish(&draft, &integration).await;
        assert_eq!(again.state, OperationState::Done, "{:?}", again.error);
        let publication = only_publication(&world, &team.id).await;
        assert_eq!(
            (publication.row.version, &*publication.row.space_key),
            (2, common::SPACE)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_server_wants_its_own_secret() {
    let world = world().await;
    let integration = world.integration(Method::PersonalAccessToken).await;
    let other = retropress_sandbox::Sandbox::start(retropress_sandbox::Options::default());
    let other = other.await.unwrap();
    let team = world.team().await;
    let mut request = world.request(&team, Method::PersonalAccessToken);
    request.integration_id = Some(integration.id);
    request.secret = None;
    request.server_url = other.addresses().data_center.clone();
    let problem = connect::check(&world.app, request).await.unwrap_err();
    assert_eq!(problem.field, Some(Field::PersonalAccessToken));
    assert!(
        other
            .requests()
            .iter()
            .all(|it| it.header("authorization").is_none())
    );
}

/// After an import, or with a keyring that is locked or was emptied.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_secret_moves_an_integration_whose_own_cannot_be_opened() {
    for removed in [true, false] {
        let mut world = world().await;
        let integration = world.integration(Method::PersonalAccessToken).await;
        if removed {
            integrations::remove_secret(&world.app, integration.id.clone())
                .await
                .unwrap();
        } else {
            world.vault = retropress_secrets::Vault::in_memory();
            world.restart();
        }
        let other = retropress_sandbox::Sandbox::start(retropress_sandbox::Options::default());
        let other = other.await.unwrap();
        let team = world.team().await;
        let request = |secret: Option<String>| {
            let mut request = world.request(&team, Method::PersonalAccessToken);
            request.integration_id = Some(integration.id.clone());
            request.server_url = other.addresses().data_center.clone();
            request.secret = secret;
            request
        };
        // The saved one is not sent, and not asked for in another way.
        let problem = connect::check(&world.app, request(None)).await.unwrap_err();
        assert_eq!(problem.code, ErrorCode::SecretGone);
        assert!(other.requests().is_empty());

        let token = other.credentials().personal_access_token;
        let connection = connect::check(&world.app, request(Some(token)))
            .await
            .unwrap();
        let configuration = world.configuration(&connection, common::SPACE).await;
        let saved = integrations::save(&world.app, connection.session_id, configuration, false);
        let saved = saved.await.unwrap();
        assert_eq!(saved.id, integration.id);
        assert_eq!(saved.secret_problem, None);
        assert_eq!(
            saved.site.base_url,
            other.addresses().data_center.trim_end_matches('/')
        );
    }
}

#[tokio::test]
async fn a_secret_kept_for_this_session_goes_to_no_other_server() {
    let world = world().await;
    let team = world.team().await;
    let connection = world.connect(&team, Method::PersonalAccessToken).await;
    let configuration = world.configuration(&connection, common::SPACE).await;
    let integration = integrations::save(&world.app, connection.session_id, configuration, true)
        .await
        .unwrap();
    let other = retropress_sandbox::Sandbox::start(retropress_sandbox::Options::default());
    let other = other.await.unwrap();
    // Half of an edit: the database has the new server, and memory has the secret of the old one.
    let file = rusqlite::Connection::open(world.folder.path().join("data/retropress.db")).unwrap();
    let moved = file.execute(
        "UPDATE integration SET site = replace(site, ?1, ?2)",
        [
            &world.sandbox.addresses().data_center,
            &other.addresses().data_center,
        ],
    );
    assert_eq!(moved.unwrap(), 1);
    let problem = connect::resume(&world.app, integration.id)
        .await
        .unwrap_err();
    assert_eq!(problem.code, ErrorCode::SecretGone, "{problem:?}");
    assert!(
        other
            .requests()
            .iter()
            .all(|it| it.header("authorization").is_none())
    );
}

/// The next lock of the runtime's own kind, which is that of the keyring, gives way to other tasks.
async fn about_to_give_way() {
    let lock = tokio::sync::Mutex::new(());
    while tokio::task::coop::has_budget_remaining() {
        drop(lock.lock().await);
    }
}

#[tokio::test]
async fn an_integration_that_is_disconnected_while_it_is_saved_does_not_come_back() {
    let world = world().await;
    let team = world.team().await;
    let integration = world.integration(Method::PersonalAccessToken).await;
    let mut request = world.request(&team, Method::PersonalAccessToken);
    request.integration_id = Some(integration.id.clone());
    let connection = connect::check(&world.app, request).await.unwrap();
    let configuration = world.configuration(&connection, common::SPACE).await;
    let saving = tokio::spawn({
        let app = world.app.clone();
        async move {
            about_to_give_way().await;
            integrations::save(&app, connection.session_id, configuration, false).await
        }
    });
    tokio::task::yield_now().await;
    assert!(!saving.is_finished(), "it waits for the keyring");
    integrations::disconnect(&world.app, integration.id)
        .await
        .unwrap();
    let problem = saving.await.unwrap().unwrap_err();
    assert_eq!(problem.code, ErrorCode::Gone, "{problem:?}");
    let left = integrations::list(&world.app, team.id).await.unwrap();
    assert_eq!(left, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_secret_that_is_typed_once_more_goes_to_no_other_server() {
    let world = world().await;
    let integration = world.integration(Method::PersonalAccessToken).await;
    let other = retropress_sandbox::Sandbox::start(retropress_sandbox::Options::default());
    let other = other.await.unwrap();
    let team = world.team().await;
    let mut request = world.request(&team, Method::PersonalAccessToken);
    request.integration_id = Some(integration.id);
    request.server_url = other.addresses().data_center.clone();
    let problem = connect::check(&world.app, request).await.unwrap_err();
    assert_eq!(problem.field, Some(Field::PersonalAccessToken));
    assert!(
        other
            .requests()
            .iter()
            .all(|it| it.header("authorization").is_none())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn drafts_are_found_by_their_words_and_open_actions_are_carried_over() {
    let world = world().await;
    let draft = world.retrospective().await;
    let content = drafts::open(&world.app, draft.clone())
        .await
        .unwrap()
        .content;
    let open = content.actions().iter().filter(|it| !it.done).count();
    assert!(open > 0);
    let team = world.team().await;
    let new = drafts::NewDraft::Retrospective {
        template_id: "4ls".into(),
    };
    let next = drafts::create(&world.app, team.id.clone(), new)
        .await
        .unwrap();
    assert_eq!(next.content.actions().len(), open);
    assert!(
        drafts::open_actions(&world.app, next.id)
            .await
            .unwrap()
            .actions
            .is_empty()
    );

    let word = &content.actions()[0].text[..4];
    let query = DraftQuery {
        team_id: team.id,
        text: word.to_uppercase(),
        limit: 10,
        ..DraftQuery::default()
    };
    let found = drafts::list(&world.app, query).await.unwrap();
    assert!(
        found.rows.iter().any(|it| it.id == draft),
        "{word} is not found"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_save_of_an_old_revision_is_refused_and_changes_nothing() {
    let world = world().await;
    let draft = world.retrospective().await;
    let opened = drafts::open(&world.app, draft.clone()).await.unwrap();
    let stale = drafts::save(&world.app, draft.clone(), 1, opened.content.clone()).await;
    assert_eq!(stale.unwrap_err().code, ErrorCode::StaleDraft);
    let again = drafts::open(&world.app, draft).await.unwrap();
    assert_eq!(again.revision, opened.revision);
}

fn year() -> String {
    chrono::Local::now().format("%Y").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_tells_what_became_of_its_page_and_changes_nothing() {
    for method in [Method::ApiToken, Method::PersonalAccessToken] {
        let world = world().await;
        let integration = world.integration(method).await;
        let draft = world.retrospective().await;
        let done = world.publish(&draft, &integration).await;
        let id = done.publication_id.unwrap();
        let entry = history::open(&world.app, id.clone()).await.unwrap();
        let look = async || history::look(&world.app, id.clone()).await.unwrap();
        let as_published = look().await;
        assert_eq!(as_published.standing, PageStanding::Current, "{method:?}");
        assert_eq!(
            (as_published.renamed_to, as_published.moved_below),
            (None, None)
        );
        assert_eq!(
            (as_published.changed_to, as_published.other_space),
            (None, false)
        );

        world.edit_in_confluence(&entry.page_id).await;
        assert_eq!(look().await.changed_to, Some(2), "{method:?}");
        world
            .rename_in_confluence(&entry.page_id, "Another title")
            .await;
        world.requests();
        let renamed = look().await;
        assert_eq!(renamed.renamed_to.as_deref(), Some("Another title"));
        assert_eq!(renamed.changed_to, Some(3));
        let asked = world.requests();
        assert!(asked.iter().all(|it| it.starts_with("GET ")), "{asked:?}");

        world.trash_in_confluence(&entry.page_id).await;
        assert_eq!(look().await.standing, PageStanding::Trashed, "{method:?}");
        let after = history::open(&world.app, id.clone()).await.unwrap();
        assert_eq!(after, entry, "the entry itself is as it was");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_saved_as_markdown_and_as_json() {
    let world = world().await;
    let draft = world.retrospective().await;
    let saved = async |format| {
        let path = share::save_draft(&world.app, draft.clone(), format)
            .await
            .unwrap()
            .unwrap();
        std::fs::read_to_string(path).unwrap()
    };
    let markdown = saved(share::DraftFile::Markdown).await;
    assert_eq!(
        markdown,
        share::markdown(&world.app, draft.clone()).await.unwrap()
    );
    let json: serde_json::Value =
        serde_json::from_str(&saved(share::DraftFile::Json).await).unwrap();
    assert_eq!(json["format"], "retropress-draft");
    let content: Summary = serde_json::from_value(json["summary"].clone()).unwrap();
    let opened = drafts::open(&world.app, draft.clone()).await.unwrap();
    assert_eq!(content, opened.content, "nothing of it is left out");
}
