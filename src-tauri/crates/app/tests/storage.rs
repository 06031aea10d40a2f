//! Export, import and restore: all of it arrives, no secret does, and nothing is published twice.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod common;

use std::{fs, path::PathBuf, time::Duration};

use base64::Engine as _;
use chrono::NaiveDate;
use common::{World, alone, world};
use proptest::{prelude::*, test_runner::TestRunner};
use retropress_app::{
    ApiError, ErrorCode, Event, Field,
    connect::{self, ConnectRequest, Method},
    drafts::{self, DraftQuery, DraftSort},
    history::{self, PublicationQuery},
    import,
    integrations::{self, Integration},
    network::{self, ClientCertificateChoice, NetworkRequest, NetworkScope, ProxyUse},
    publish::{self, Operation, OperationState, PublishState},
    settings,
    share::{self, DraftFile},
    storage::{self, Candidate, Source, StartCheck},
    support_report, teams,
};
use retropress_sandbox::{Fault, Host, Matching};
use retropress_summary::{
    Action, HealthCheck, Kind, Retrospective, Summary,
    health_check::DimensionResult,
    import::ImportOptions,
    retrospective::{Column, Entry, Group, Idea, Roti},
    sample,
};

const CREATE: &str = "/rest/api/content$";

/// The app ends, and is started again once it has let go of its database.
async fn stop_and_start(world: &mut World) {
    stop(world).await;
    world.restart();
}

/// The same with a database that cannot be read any more.
async fn stop_and_damage(world: &mut World) {
    stop(world).await;
    let file = world.folder.path().join("data/retropress.db");
    fs::write(file, "no database").unwrap();
    world.restart();
}

async fn stop(world: &mut World) {
    let nowhere = "http://127.0.0.1:9".parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let idle = alone(folder.path(), &world.vault, &nowhere, world.oauth.clone());
    drop(std::mem::replace(&mut world.app, idle));
    let file = world.folder.path().join("data/retropress.db");
    for _ in 0..3_000 {
        let free = |it: rusqlite::Connection| it.pragma_update(None, "journal_mode", "DELETE");
        if rusqlite::Connection::open(&file).and_then(free).is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the app goes on for ever");
}

async fn export(world: &World) -> PathBuf {
    storage::export(&world.app).await.unwrap().unwrap().into()
}

/// Imports what the other laptop exported, up to the restart.
async fn import_from(world: &World, file: &PathBuf) -> Candidate {
    fs::copy(file, world.folder.path().join("from elsewhere.retropress")).unwrap();
    storage::choose_import(&world.app).await.unwrap().unwrap()
}

async fn stage(world: &World, candidate: Candidate) {
    storage::stage(&world.app, candidate.id).await.unwrap();
}

async fn notice(world: &World) -> String {
    let notices = settings::start(&world.app).await.unwrap().notices;
    assert_eq!(notices.len(), 1, "{notices:?}");
    notices.into_iter().next().unwrap()
}

async fn state(world: &World, draft: &str) -> PublishState {
    let draft = drafts::open(&world.app, draft.to_owned()).await.unwrap();
    draft.state
}

/// Signs in again with what the imported integration was made for.
async fn sign_in_again(world: &World, integration: &Integration) {
    let team = world.team().await;
    let request = ConnectRequest {
        integration_id: Some(integration.id.clone()),
        ..world.request(&team, Method::PersonalAccessToken)
    };
    let connection = connect::check(&world.app, request).await.unwrap();
    let configuration = integration.configuration.clone();
    integrations::save(&world.app, connection.session_id, configuration, false)
        .await
        .unwrap();
}

/// Creates of pages of that title that the server carried out.
fn created(world: &World, title: &str) -> usize {
    let all = world.sandbox.requests();
    let created = all.iter().filter(|it| {
        it.method == "POST"
            && it.path.ends_with("/rest/api/content")
            && it.json()["title"] == title
            && it.handled
            && it.status.is_none_or(|it| it == 200)
    });
    created.count()
}

fn updates(world: &World) -> usize {
    let all = world.sandbox.requests();
    all.iter().filter(|it| it.method == "PUT").count()
}

async fn until(world: &World, id: &str, wanted: impl Fn(&Operation) -> bool) {
    for _ in 0..6_000 {
        let now = publish::operation(&world.app, id.to_owned()).await.unwrap();
        if wanted(&now) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came to this");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_arrives_on_the_other_laptop_but_the_secrets() {
    let world = world().await;
    let integration = world.integration(Method::PersonalAccessToken).await;
    let team = world.team().await;
    let keys = world.sandbox.credentials();
    let proxy = NetworkRequest {
        proxy_use: ProxyUse::Own,
        proxy_host: "proxy.example".into(),
        proxy_port: "3128".into(),
        proxy_user: "ines".into(),
        proxy_password: Some("proxy-password-canary".into()),
        proxy_exceptions: "127.0.0.1, localhost".into(),
        authorities: Vec::new(),
        client_certificate: ClientCertificateChoice::None,
        connect_seconds: String::new(),
        answer_seconds: String::new(),
    };
    network::save(&world.app, NetworkScope::Everywhere, proxy, false)
        .await
        .unwrap();
    let draft = world.retrospective().await;
    let other = world.health_check().await;
    let done = world.publish(&draft, &integration).await;
    assert_eq!(done.state, OperationState::Done, "{:?}", done.error);
    let mut own = drafts::models(&world.app).await.unwrap().remove(0);
    own.id = String::new();
    own.built_in = false;
    own.name = "Our own".into();
    drafts::save_model(&world.app, own).await.unwrap();

    let database = world.folder.path().join("data/retropress.db");
    let sealed: Vec<Vec<u8>> = {
        let file = rusqlite::Connection::open(database).unwrap();
        let mut all = file
            .prepare("SELECT sealed FROM secret UNION ALL SELECT proxy_password FROM network")
            .unwrap();
        let rows = all.query_map([], |row| row.get(0)).unwrap();
        rows.map(|it| it.unwrap()).collect()
    };
    assert_eq!(sealed.len(), 2);
    let file = export(&world).await;
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    assert!(name.starts_with("Retropress 2") && name.ends_with(".retropress"));
    let bytes = fs::read(&file).unwrap();
    let plain = [
        keys.personal_access_token.as_bytes(),
        b"proxy-password-canary",
    ];
    for secret in plain.into_iter().chain(sealed.iter().map(|it| &it[..])) {
        assert!(memchr::memmem::find(&bytes, secret).is_none());
    }

    let mut laptop = world.another_laptop();
    teams::create(&laptop.app, "Mobile".into()).await.unwrap();
    let found = import_from(&laptop, &file).await;
    assert_eq!(
        (found.source, &*found.file),
        (Source::Export, "from elsewhere.retropress")
    );
    assert_eq!(found.version.as_deref(), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(found.holds.teams, ["Payments Platform"]);
    assert_eq!((found.holds.drafts, found.holds.published), (2, 1));
    assert_eq!(found.here.teams, ["Mobile"]);
    stage(&laptop, found).await;
    assert_eq!(laptop.team().await.name, "Mobile");
    storage::restart(&laptop.app).await.unwrap();
    assert_eq!(*laptop.opened.lock().unwrap(), ["restart"]);
    stop_and_start(&mut laptop).await;

    let told = notice(&laptop).await;
    assert!(told.contains("from elsewhere.retropress"), "{told}");
    assert!(
        told.contains("1 team, 2 drafts, 1 published summary"),
        "{told}"
    );
    assert!(told.contains("sign in again"), "{told}");
    assert_eq!(
        laptop.team().await,
        teams::list(&world.app).await.unwrap()[0]
    );
    for id in [draft, other] {
        let there = drafts::open(&laptop.app, id.clone()).await.unwrap();
        let here = drafts::open(&world.app, id).await.unwrap();
        assert_eq!(there, here);
    }
    let publications = |app| {
        let query = PublicationQuery {
            team_id: team.id.clone(),
            limit: 10,
            ..PublicationQuery::default()
        };
        async move { history::list(app, query).await.unwrap().rows }
    };
    let rows = publications(&laptop.app).await;
    assert_eq!(rows, publications(&world.app).await);
    let there = history::open(&laptop.app, rows[0].id.clone())
        .await
        .unwrap();
    let here = history::open(&world.app, rows[0].id.clone()).await.unwrap();
    assert_eq!(there.timeline, here.timeline);
    let models = drafts::models(&laptop.app).await.unwrap();
    assert!(models.iter().any(|it| it.name == "Our own"));
    let network = network::read(&laptop.app, NetworkScope::Everywhere)
        .await
        .unwrap();
    assert_eq!(network.proxy_host, "proxy.example");
    assert!(!network.proxy_password_saved);
    let there = integrations::list(&laptop.app, team.id).await.unwrap();
    assert_eq!(there[0].configuration, integration.configuration);
    assert!(there[0].secret_problem.is_some());

    // What was here before can be restored, once the notice was told.
    laptop.app.settle().await;
    let copies = storage::copies(&laptop.app).await.unwrap();
    let sources: Vec<_> = copies.iter().map(|it| it.source).collect();
    assert_eq!(sources, [Source::Backup, Source::SetAside]);
    let report = support_report::make(&laptop.app).await.unwrap();
    assert!(report.contains("an export took the place"), "{report}");
    let before = storage::choose_copy(&laptop.app, copies[1].name.clone())
        .await
        .unwrap();
    stage(&laptop, before).await;
    stop_and_start(&mut laptop).await;
    assert!(
        notice(&laptop)
            .await
            .starts_with("The archived database of")
    );
    assert_eq!(laptop.team().await.name, "Mobile");
    laptop.app.settle().await;
    stop_and_start(&mut laptop).await;
    let notices = settings::start(&laptop.app).await.unwrap().notices;
    assert!(notices.is_empty(), "told once: {notices:?}");
}

/// The page landed and its answer did not: the file holds an operation in doubt.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_under_way_in_the_file_is_a_draft_again_and_publishing_it_doubles_nothing() {
    let world = world().await;
    let integration = world.integration(Method::PersonalAccessToken).await;
    let draft = world.health_check().await;
    let hang = Fault::hang().after_handling();
    let played = world
        .sandbox
        .faults()
        .on(Matching::request("POST", CREATE), hang);
    let under_way = publish::publish(&world.app, draft.clone(), integration.id.clone())
        .await
        .unwrap();
    for _ in 0..6_000 {
        if played.fired() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(played.fired());
    let file = export(&world).await;
    let title = under_way.title.clone();
    // The first laptop finds out by itself, and ends with its one page.
    let done = world.settled(&under_way).await;
    assert_eq!(done.state, OperationState::Done, "{:?}", done.error);
    assert_eq!(created(&world, &title), 1);

    let mut laptop = world.another_laptop();
    let found = import_from(&laptop, &file).await;
    assert_eq!(found.holds.unfinished, 1);
    stage(&laptop, found).await;
    let staged = storage::read(&laptop.app).await.unwrap().staged.unwrap();
    assert_eq!((staged.drafts_again, staged.deletions_dropped), (1, 0));
    stop_and_start(&mut laptop).await;
    let told = notice(&laptop).await;
    assert!(
        told.contains("1 summary that was on its way is a draft again"),
        "{told}"
    );
    laptop.sandbox.clear_requests();
    laptop.app.settle().await;
    assert_eq!(state(&laptop, &draft).await, PublishState::Draft);
    sign_in_again(&laptop, &integration).await;
    let writes = |world: &World| {
        let all = world.sandbox.requests();
        all.iter().filter(|it| it.method != "GET").count()
    };
    assert_eq!(writes(&laptop), 0, "nothing goes out by itself");

    let asked = laptop.publish(&draft, &integration).await;
    assert_eq!(asked.state, OperationState::Conflict);
    assert_eq!(asked.error.unwrap().code, ErrorCode::TitleTaken);
    assert_eq!(created(&laptop, &title), 0);
    assert_eq!(updates(&laptop), 0);
    let page = done.publication_id.unwrap();
    let look = history::look(&world.app, page).await.unwrap();
    assert_eq!(look.changed_to, None, "and it was not written over");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_from_a_copy_that_is_behind_is_asked_about() {
    let world = world().await;
    let integration = world.integration(Method::PersonalAccessToken).await;
    let draft = world.health_check().await;
    let first = world.publish(&draft, &integration).await;
    let file = export(&world).await;
    let second = world.publish(&draft, &integration).await;
    assert_eq!(second.state, OperationState::Done, "{:?}", second.error);

    let mut laptop = world.another_laptop();
    let found = import_from(&laptop, &file).await;
    stage(&laptop, found).await;
    stop_and_start(&mut laptop).await;
    sign_in_again(&laptop, &integration).await;
    laptop.sandbox.clear_requests();
    let asked = laptop.publish(&draft, &integration).await;
    assert_eq!(asked.state, OperationState::Conflict);
    assert_eq!(asked.error.unwrap().code, ErrorCode::PageChanged);
    assert_eq!(updates(&laptop), 0);
    assert_eq!(created(&laptop, &first.title), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unfinished_in_a_backup_does_not_go_out_when_it_is_restored() {
    let mut world = world().await;
    let integration = world.integration(Method::PersonalAccessToken).await;
    let published = world.retrospective().await;
    let done = world.publish(&published, &integration).await;
    let publication = done.publication_id.unwrap();
    let draft = world.health_check().await;
    let reach = |on| world.sandbox.set_reachable(Host::DataCenter, on);
    reach(false).await.unwrap();
    let queued = publish::publish(&world.app, draft.clone(), integration.id.clone())
        .await
        .unwrap();
    until(&world, &queued.id, |it| it.waiting.is_some()).await;
    let deletion = history::delete(&world.app, publication.clone())
        .await
        .unwrap();
    assert_eq!(deletion.state, OperationState::Queued);
    world.app.settle().await;
    reach(true).await.unwrap();
    publish::cancel(&world.app, deletion.id.clone())
        .await
        .unwrap();
    let done = world.settled(&queued).await;
    assert_eq!(done.state, OperationState::Done, "{:?}", done.error);
    assert_eq!(created(&world, &queued.title), 1);

    let copies = storage::copies(&world.app).await.unwrap();
    assert_eq!(copies[0].source, Source::Backup);
    assert_eq!(copies[0].holds.as_ref().unwrap().unfinished, 2);
    let backup = storage::choose_copy(&world.app, copies[0].name.clone())
        .await
        .unwrap();
    stage(&world, backup).await;
    stop_and_start(&mut world).await;
    let told = notice(&world).await;
    assert!(told.starts_with("The backup of"), "{told}");
    assert!(
        told.contains("1 summary that was on its way is a draft again"),
        "{told}"
    );
    assert!(
        told.contains("1 page that was to be deleted was left alone"),
        "{told}"
    );
    world.sandbox.clear_requests();
    world.app.settle().await;
    assert_eq!(state(&world, &draft).await, PublishState::Draft);
    let page = history::open(&world.app, publication).await.unwrap();
    assert_eq!(page.row.status, history::PublicationStatus::Published);
    // The same laptop has the same key: no new sign-in is needed.
    let asked = world.publish(&draft, &integration).await;
    assert_eq!(asked.error.unwrap().code, ErrorCode::TitleTaken);
    let all = world.requests();
    assert!(!all.iter().any(|it| it.starts_with("DELETE")), "{all:?}");
    assert!(!all.iter().any(|it| it.starts_with("PUT")), "{all:?}");
}

/// Restored by itself after damage: what the backup holds as queued may have gone out since, even under
/// a title somebody changed in Confluence.
#[tokio::test(flavor = "multi_thread")]
async fn after_an_automatic_restore_it_is_found_out_before_anything_is_created() {
    let mut world = world().await;
    let integration = world.integration(Method::PersonalAccessToken).await;
    let draft = world.health_check().await;
    let reach = |on| world.sandbox.set_reachable(Host::DataCenter, on);
    reach(false).await.unwrap();
    let queued = publish::publish(&world.app, draft.clone(), integration.id.clone())
        .await
        .unwrap();
    until(&world, &queued.id, |it| it.waiting.is_some()).await;
    world.app.settle().await;
    reach(true).await.unwrap();
    let done = world.settled(&queued).await;
    assert_eq!(done.state, OperationState::Done, "{:?}", done.error);
    let page = history::open(&world.app, done.publication_id.unwrap())
        .await
        .unwrap()
        .page_id;
    world.rename_in_confluence(&page, "Renamed by hand").await;

    stop_and_damage(&mut world).await;
    assert!(notice(&world).await.contains("last good backup"));
    world.sandbox.clear_requests();
    world.app.settle().await;
    // Its author may have cancelled it since: it is asked about.
    let asked = world.settled(&queued).await;
    assert_eq!(asked.state, OperationState::NeedsAttention);
    assert_eq!(asked.error.unwrap().code, ErrorCode::Unknown);
    assert!(world.requests().is_empty());
    publish::retry(&world.app, queued.id.clone()).await.unwrap();
    let again = world.settled(&queued).await;
    assert_eq!(again.state, OperationState::Done, "{:?}", again.error);
    assert_eq!(created(&world, &queued.title), 0);
    let adopted = history::open(&world.app, again.publication_id.unwrap())
        .await
        .unwrap();
    assert_eq!(adopted.page_id, page);
    assert_eq!(
        state(&world, &draft).await,
        PublishState::Published {
            version: 2,
            changed: false
        }
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_chosen_can_be_left_and_what_was_staged_taken_back() {
    let mut world = world().await;
    world.retrospective().await;
    let file = export(&world).await;
    let size = fs::metadata(&file).unwrap().len();
    let first = storage::choose_import(&world.app).await.unwrap().unwrap();
    assert!(first.holds.size >= size);
    let id = first.id.clone();
    storage::leave(&world.app, id.clone()).await.unwrap();
    let gone = storage::stage(&world.app, id).await.unwrap_err();
    assert_eq!(gone.code, ErrorCode::Gone);
    let second = storage::choose_import(&world.app).await.unwrap().unwrap();
    let now = storage::stage(&world.app, second.id).await.unwrap();
    assert_eq!(now.staged.unwrap().holds.drafts, 1);
    assert_eq!(now.checked, StartCheck::Running);
    let now = storage::take_back(&world.app).await.unwrap();
    assert_eq!(now.staged, None);
    stop_and_start(&mut world).await;
    let start = settings::start(&world.app).await.unwrap();
    assert!(start.notices.is_empty());
    world.app.settle().await;
    let now = storage::read(&world.app).await.unwrap();
    assert_eq!(now.checked, StartCheck::Sound);
    assert!(now.newest_backup.is_some());
    assert_eq!(now.here.drafts, 1);
    assert_eq!(storage::keyring(&world.app).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_which_a_removed_secret_may_be_is_named_until_it_is_deleted() {
    let world = world().await;
    let integration = world.integration(Method::PersonalAccessToken).await;
    world.app.settle().await;
    let damaged = world.folder.path().join("data/retropress.damaged-1.db");
    fs::write(&damaged, "no database").unwrap();
    let mut events = world.app.events();
    integrations::disconnect(&world.app, integration.id)
        .await
        .unwrap();
    let mut noticed = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let Event::Noticed { text } = event {
            noticed.push(text);
        }
    }
    assert_eq!(noticed.len(), 1, "{noticed:?}");
    assert!(
        noticed[0].contains("in the file retropress.damaged-1.db"),
        "{noticed:?}"
    );
    let left = storage::read(&world.app).await.unwrap().secrets_left;
    assert_eq!(left.len(), 1);
    assert_eq!(
        (&*left[0].file, left[0].damaged),
        ("retropress.damaged-1.db", true)
    );
    let again = storage::forget_secrets_left(&world.app).await.unwrap();
    assert_eq!(again.secrets_left, left);
    let copies = storage::copies(&world.app).await.unwrap();
    let copy = copies
        .iter()
        .find(|it| it.source == Source::Damaged)
        .unwrap();
    assert!(copy.holds.is_none() && !copy.unread);
    let copies = storage::delete_copy(&world.app, copy.name.clone())
        .await
        .unwrap();
    assert!(copies.iter().all(|it| it.source == Source::Backup));
    assert!(!damaged.exists());
    let now = storage::read(&world.app).await.unwrap();
    assert_eq!(now.secrets_left, []);
}

/// It was saved, and is to be kept for the session only from now on.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_for_the_session_only_leaves_the_backups() {
    let world = world().await;
    let integration = world.integration(Method::PersonalAccessToken).await;
    world.app.settle().await;
    let backup = world.folder.path().join("data/retropress.backup-1.db");
    let secrets = || {
        let file = rusqlite::Connection::open(&backup).unwrap();
        file.query_row("SELECT count(*) FROM secret", [], |row| {
            row.get::<_, u32>(0)
        })
        .unwrap()
    };
    assert_eq!(secrets(), 1);
    let team = world.team().await;
    let request = ConnectRequest {
        integration_id: Some(integration.id.clone()),
        ..world.request(&team, Method::PersonalAccessToken)
    };
    let connection = connect::check(&world.app, request).await.unwrap();
    let configuration = integration.configuration.clone();
    integrations::save(&world.app, connection.session_id, configuration, true)
        .await
        .unwrap();
    assert_eq!(secrets(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_file_says_why_and_changes_nothing() {
    let world = world().await;
    world.retrospective().await;
    let file = world.folder.path().join("z.retropress");
    fs::write(&file, "# Sprint 42").unwrap();
    let refused = storage::choose_import(&world.app).await.unwrap_err();
    assert_eq!(
        (refused.code, refused.field),
        (ErrorCode::Invalid, Some(Field::File))
    );
    assert_eq!(refused.message, "This is no export of Retropress");
    assert!(refused.cause.contains("Nothing was changed"));
    assert!(!refused.hint.is_empty());
    let now = storage::read(&world.app).await.unwrap();
    assert_eq!((now.here.drafts, now.staged), (1, None));
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn an_export_onto_a_full_disk_says_so_and_leaves_no_half_file() {
    let world = world().await;
    world.retrospective().await;
    let today = chrono::Local::now().date_naive();
    let part = format!("Retropress {today}.retropress.part");
    std::os::unix::fs::symlink("/dev/full", world.folder.path().join(part)).unwrap();
    let failed = storage::export(&world.app).await.unwrap_err();
    assert_eq!(failed.code, ErrorCode::DiskFull);
    assert_eq!(failed.message, "The export could not be saved");
    assert!(failed.retryable);
    let left = fs::read_dir(world.folder.path()).unwrap();
    let left: Vec<_> = left.map(|it| it.unwrap().file_name()).collect();
    assert_eq!(left, ["data"]);
}

// ---- a draft as JSON

async fn read_back(world: &World, json: &str) -> Result<import::ImportSource, ApiError> {
    let base64 = base64::engine::general_purpose::STANDARD.encode(json);
    import::read_file(&world.app, "draft.json".into(), base64).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_health_check_with_endless_answers_is_refused() {
    let world = world().await;
    let draft = world.health_check().await;
    let opened = drafts::open(&world.app, draft.clone()).await.unwrap();
    let Summary::HealthCheck(check) = &opened.content else {
        panic!("{:?}", opened.content);
    };
    let with = |steps: usize| {
        let mut check = check.clone();
        check.dimensions[0].responses = vec![1; steps];
        Summary::HealthCheck(check)
    };
    let refused = |problem: ApiError| {
        assert_eq!(problem.code, ErrorCode::TooLarge);
        assert!(
            problem.cause.contains("2000000 steps; the limit is 20"),
            "{problem:?}"
        );
        problem.field
    };
    // By the editor.
    let saved = drafts::save(&world.app, draft.clone(), opened.revision, with(2_000_000));
    assert_eq!(refused(saved.await.unwrap_err()), None);
    let now = drafts::open(&world.app, draft.clone()).await.unwrap();
    assert_eq!(now.content, opened.content);
    drafts::save(&world.app, draft, opened.revision, with(20))
        .await
        .unwrap();
    // From a file.
    let json = |steps: usize| {
        serde_json::json!({
            "format": "retropress-draft", "version": 1, "team": "", "summary": with(steps),
        })
        .to_string()
    };
    let read = read_back(&world, &json(2_000_000)).await;
    assert_eq!(refused(read.unwrap_err()), Some(Field::File));
    read_back(&world, &json(20)).await.unwrap();
}

async fn imported(world: &World, json: &str) -> (import::ImportSource, Summary) {
    let source = read_back(world, json).await.unwrap();
    let team = world.team().await;
    let options = ImportOptions::default();
    let ids = import::run(&world.app, team.id, source.id.clone(), options)
        .await
        .unwrap();
    assert_eq!(ids.len(), 1);
    let draft = drafts::open(&world.app, ids[0].clone()).await.unwrap();
    assert_eq!(draft.state, PublishState::Draft);
    (source, draft.content)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_saved_as_json_becomes_the_same_draft_again() {
    let world = world().await;
    for (draft, kind, title) in [
        (
            world.retrospective().await,
            Kind::Retrospective,
            "Sprint 22",
        ),
        (world.health_check().await, Kind::HealthCheck, ""),
    ] {
        let path = share::save_draft(&world.app, draft.clone(), DraftFile::Json)
            .await
            .unwrap()
            .unwrap();
        let saved = drafts::open(&world.app, draft).await.unwrap();
        let (source, content) = imported(&world, &fs::read_to_string(path).unwrap()).await;
        assert_eq!(content, saved.content);
        let found = source.draft.unwrap();
        assert_eq!((found.kind, found.date), (kind, saved.content.date()));
        assert_eq!(found.team, "Payments Platform");
        assert!(found.title.contains(title) && !found.contents.is_empty());
    }
    let query = DraftQuery {
        team_id: world.team().await.id,
        text: "runbook".into(),
        kind: None,
        sort: DraftSort::MeetingDate,
        descending: true,
        offset: 0,
        limit: 10,
    };
    let rows = drafts::list(&world.app, query).await.unwrap().rows;
    assert_eq!(rows.len(), 2, "the new one is found by its words, too");
}

fn text() -> BoxedStrategy<String> {
    // Quotes, controls and characters of every width among them.
    proptest::collection::vec(
        prop_oneof![
            any::<char>(),
            Just('"'),
            Just('\\'),
            Just('\n'),
            Just('\u{0}')
        ],
        0..12,
    )
    .prop_map(|it| it.into_iter().collect())
    .boxed()
}

fn summary() -> impl Strategy<Value = Summary> {
    let day = (1i32..9999, 1u32..=12, 1u32..=28)
        .prop_map(|(year, month, day)| NaiveDate::from_ymd_opt(year, month, day).unwrap());
    let action = (
        text(),
        text(),
        proptest::option::of(day.clone()),
        any::<bool>(),
    )
        .prop_map(|(text, owner, due, done)| Action {
            id: "a".into(),
            text,
            owners: vec![owner],
            due,
            done,
            ..Action::default()
        })
        .boxed();
    let idea = (text(), any::<u32>())
        .prop_map(|(text, votes)| Idea {
            id: "i".into(),
            text,
            votes,
            ..Idea::default()
        })
        .boxed();
    let retrospective = (
        text(),
        proptest::option::of(day.clone()),
        idea.clone(),
        idea,
        action.clone(),
        any::<[u32; 5]>(),
    )
        .prop_map(|(title, date, alone, grouped, action, counts)| {
            Summary::Retrospective(Retrospective {
                notes: title.clone(),
                title,
                date,
                columns: vec![Column {
                    id: "c".into(),
                    title: alone.text.clone(),
                    entries: vec![
                        Entry::Idea(alone),
                        Entry::Group(Group {
                            id: "g".into(),
                            title: grouped.text.clone(),
                            ideas: vec![grouped],
                        }),
                    ],
                }],
                actions: vec![action],
                roti: Roti { counts },
                ..Retrospective::default()
            })
        });
    let health_check = (text(), text(), any::<[u32; 3]>(), action, day).prop_map(
        |(title, statement, responses, action, date)| {
            Summary::HealthCheck(HealthCheck {
                title,
                date: Some(date),
                scale: vec!["Bad".into(), "So so".into(), "Good".into()],
                dimensions: vec![DimensionResult {
                    id: "d".into(),
                    name: statement.clone(),
                    statement,
                    responses: responses.to_vec(),
                    ..DimensionResult::default()
                }],
                actions: vec![action],
                ..HealthCheck::default()
            })
        },
    );
    prop_oneof![retrospective, health_check]
}

#[test]
fn whatever_stands_in_a_draft_comes_back() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(world());
    runtime.block_on(world.team());
    let mut runner = TestRunner::new(proptest::test_runner::Config {
        cases: 64,
        ..Default::default()
    });
    let outcome = runner.run(&summary(), |summary| {
        let saved = serde_json::json!({
            "format": "retropress-draft", "version": 1, "team": "T", "summary": summary,
        });
        let (_, content) = runtime.block_on(imported(&world, &saved.to_string()));
        prop_assert_eq!(content, summary);
        Ok(())
    });
    outcome.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn other_json_is_refused_at_the_place_and_notes_stay_notes() {
    let world = world().await;
    let summary = serde_json::to_value(Summary::Retrospective(sample::retrospective(
        NaiveDate::from_ymd_opt(2026, 11, 19).unwrap(),
    )))
    .unwrap();
    let saved = |version: u32, summary: &serde_json::Value| {
        serde_json::json!({"format": "retropress-draft", "version": version, "summary": summary})
            .to_string()
    };
    let whole = saved(1, &summary);
    let mut odd = summary.clone();
    odd["columns"] = "none".into();
    let mut twice = summary.clone();
    twice["actions"] = serde_json::json!([{"id": "a"}, {"id": "a"}]);
    for (text, message) in [
        (
            &whole[..whole.len() / 2],
            "\u{201c}draft.json\u{201d} is damaged",
        ),
        (
            r#"{"name": "package"}"#,
            "\u{201c}draft.json\u{201d} is no draft of Retropress",
        ),
        (
            "[1, 2]",
            "\u{201c}draft.json\u{201d} is no draft of Retropress",
        ),
        ("# Sprint 42", "\u{201c}draft.json\u{201d} is damaged"),
        (
            &saved(2, &summary),
            "\u{201c}draft.json\u{201d} was saved by a newer Retropress",
        ),
        (&saved(1, &odd), "\u{201c}draft.json\u{201d} is damaged"),
        (&saved(1, &twice), "\u{201c}draft.json\u{201d} is damaged"),
    ] {
        let refused = read_back(&world, text).await.unwrap_err();
        assert_eq!(refused.message, message);
        assert_eq!(refused.field, Some(Field::File));
        assert!(!refused.hint.is_empty());
    }
    // Pasted, it is taken just the same; what only begins with a brace is notes.
    let source = import::read_text(&world.app, whole).await.unwrap();
    assert!(source.draft.is_some());
    let notes = "{draft} Sprint 42\n- an idea".to_owned();
    let source = import::read_text(&world.app, notes).await.unwrap();
    assert!(source.draft.is_none());
}
