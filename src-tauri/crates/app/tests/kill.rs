//! A real process that is killed at every call and at every commit of one publish, and again while it
//! recovers: in the end there is one page with one PDF.
//!
//! The process is this very program, as in `renewal.rs`. Calls are counted by the server, which kills
//! the process by a signal, either before it handles the call or after it. Commits are counted by the
//! process itself: the app reads its clock before each, and there it ends without another instruction.

#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod common;

use std::{
    env,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use retropress_app::{
    App, Desktop, OauthOptions, Parts, Result, SandboxAddresses, SandboxHost,
    connect::{self, ConnectRequest, Method},
    drafts::{self, NewDraft},
    history::{self, PublicationQuery, PublicationStatus},
    integrations::{self, Configuration, Parent},
    publish::{self, Operation, OperationState},
    teams,
};
use retropress_confluence::{
    Client, Credential, Endpoints, Http, HttpOptions, PageStatus, Route, SpaceRef, Url,
};
use retropress_sandbox::{Fault, Matching, Options, Recorded, Sandbox};
use retropress_secrets::Vault;
use retropress_store::Store;
use retropress_summary::{Summary, sample};
use tokio::{sync::Semaphore, task::JoinSet};

/// Set for the processes that are started.
const FOLDER: &str = "RETROPRESS_KILL_FOLDER";
const INTEGRATION: &str = "RETROPRESS_KILL_INTEGRATION";
const DRAFT: &str = "RETROPRESS_KILL_DRAFT";
const AT_CLOCK: &str = "RETROPRESS_KILL_AT_CLOCK";

/// Processes that wait side by side; most of the time of a recovery is waiting.
const SIDE_BY_SIDE: usize = 8;

static CLOCK_LEFT: AtomicU32 = AtomicU32::new(0);

fn clock() -> DateTime<Utc> {
    if CLOCK_LEFT.load(Ordering::SeqCst) > 0 && CLOCK_LEFT.fetch_sub(1, Ordering::SeqCst) == 1 {
        std::process::abort();
    }
    Utc::now()
}

struct Alone;

#[async_trait]
impl Desktop for Alone {
    fn open_in_browser(&self, _: &Url) -> std::io::Result<()> {
        Ok(())
    }

    async fn choose_where_to_save(&self, _: &str) -> Option<std::path::PathBuf> {
        None
    }
}

#[async_trait]
impl SandboxHost for Alone {
    async fn start(&self) -> Result<SandboxAddresses> {
        panic!("no sandbox is asked for")
    }

    fn running(&self) -> Option<SandboxAddresses> {
        None
    }

    async fn empty(&self) -> Result<()> {
        Ok(())
    }
}

fn open(folder: &Path) -> App {
    App::open(Parts {
        folder: folder.to_owned(),
        vault: Vault::with_key([7; 32]),
        desktop: Arc::new(Alone),
        sandbox: Arc::new(Alone),
        endpoints: Endpoints::default(),
        http: HttpOptions {
            timeout: Duration::from_secs(60),
            ..HttpOptions::default()
        },
        oauth: OauthOptions::default(),
        clock,
    })
    .unwrap()
}

/// What each of the processes does: takes up what is unfinished, publishes where nothing is, and ends
/// when that has ended. Without their environment there is nothing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process() {
    let (Ok(folder), Ok(integration), Ok(draft)) =
        (env::var(FOLDER), env::var(INTEGRATION), env::var(DRAFT))
    else {
        return;
    };
    let at = env::var(AT_CLOCK).map_or(0, |it| it.parse().unwrap());
    CLOCK_LEFT.store(at, Ordering::SeqCst);
    let app = open(Path::new(&folder));
    app.settle().await;
    let begun = drafts::open(&app, draft.clone())
        .await
        .unwrap()
        .operation_id;
    let id = match begun {
        Some(id) => id,
        None => publish::publish(&app, draft, integration).await.unwrap().id,
    };
    loop {
        let now = publish::operation(&app, id.clone()).await.unwrap();
        if !moves(&now) {
            assert_eq!(now.state, OperationState::Done, "{now:?}");
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn moves(operation: &Operation) -> bool {
    matches!(
        operation.state,
        OperationState::Queued | OperationState::Running | OperationState::Checking
    )
}

/// When a process dies.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// The nth call: the server never handles it.
    Call(u32),
    /// The nth call: the server handles it, and its answer comes too late.
    Answer(u32),
    /// The nth look at the clock, which comes before each commit.
    Commit(u32),
    Never,
}

struct Scene {
    sandbox: Sandbox,
    folder: tempfile::TempDir,
    method: Method,
    integration: String,
    draft: String,
}

impl Scene {
    async fn set(method: Method) -> Self {
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let app = open(folder.path());
        let team = teams::create(&app, "Payments".into()).await.unwrap();
        let (at, keys) = (sandbox.addresses(), sandbox.credentials());
        let cloud = method == Method::ApiToken;
        let connection = connect::check(
            &app,
            ConnectRequest {
                team_id: team.id.clone(),
                integration_id: None,
                method,
                server_url: if cloud { &at.cloud } else { &at.data_center }.clone(),
                account: if cloud { keys.email } else { String::new() },
                secret: Some(if cloud {
                    keys.api_token
                } else {
                    keys.personal_access_token
                }),
                allow_http: false,
                expires_on: None,
            },
        )
        .await
        .unwrap();
        let spaces = connect::spaces(&app, connection.session_id.clone())
            .await
            .unwrap();
        let space = spaces
            .into_iter()
            .find(|it| it.key == common::SPACE)
            .unwrap();
        let configuration = Configuration {
            space_id: space.id,
            space_key: space.key,
            space_name: space.name,
            retrospective_parent: Parent::New {
                title: "Retrospectives of the team".into(),
            },
            retrospective_title: "{{RetrospectiveTitleOrDate}} - Retrospective".into(),
            health_check_parent: Parent::None,
            health_check_title: "{{HealthCheckTitleOrDate}}".into(),
            labels: vec!["retrospective".into()],
        };
        let integration = integrations::save(&app, connection.session_id, configuration, false)
            .await
            .unwrap();
        let new = NewDraft::Retrospective {
            template_id: "went-well".into(),
        };
        let draft = drafts::create(&app, team.id, new).await.unwrap().id;
        let content = Summary::Retrospective(sample::retrospective(Utc::now().date_naive()));
        drafts::save(&app, draft.clone(), 1, content).await.unwrap();
        Self {
            integration: integration.id,
            sandbox,
            folder,
            method,
            draft,
        }
    }

    /// Runs a process, and kills it at its moment. Answers whether it came to its end.
    async fn run(&self, moment: Moment) -> bool {
        let mut command = Command::new(env::current_exe().unwrap());
        command
            .args(["one_process", "--exact", "--nocapture"])
            .env(FOLDER, self.folder.path())
            .env(INTEGRATION, &self.integration)
            .env(DRAFT, &self.draft)
            .env_remove(AT_CLOCK)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let process: Arc<Mutex<Option<Child>>> = Arc::default();
        let (at, fault) = match moment {
            Moment::Call(at) => (at, Some(Fault::cut())),
            Moment::Answer(at) => (at, Some(Fault::cut().after_handling())),
            Moment::Commit(at) => {
                command.env(AT_CLOCK, at.to_string());
                (0, None)
            }
            Moment::Never => (0, None),
        };
        let fired = Arc::new(AtomicBool::new(false));
        if let Some(fault) = fault {
            let (process, count) = (process.clone(), AtomicU32::new(0));
            let fired = fired.clone();
            let matching = Matching::any().when(move |request| {
                if !request.path.contains("/rest/api") && !request.path.contains("/api/v2") {
                    return false;
                }
                let hit = count.fetch_add(1, Ordering::SeqCst) + 1 == at;
                if hit && let Some(process) = process.lock().unwrap().as_mut() {
                    fired.store(true, Ordering::SeqCst);
                    process.kill().unwrap();
                }
                hit
            });
            self.sandbox.faults().on(matching, fault);
        }
        {
            // Held, so that no call comes before it is known who is to be killed.
            let mut held = process.lock().unwrap();
            *held = Some(command.spawn().unwrap());
        }
        let ended = loop {
            let status = process
                .lock()
                .unwrap()
                .as_mut()
                .unwrap()
                .try_wait()
                .unwrap();
            if let Some(status) = status {
                break status;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let fired = fired.load(Ordering::SeqCst);
        self.sandbox.faults().clear();
        if ended.success() {
            assert!(!fired, "{moment:?}: the process outlived its kill");
            return true;
        }
        let died = fired || matches!(moment, Moment::Commit(_));
        assert!(died, "{moment:?}: the process failed by itself: {ended}");
        false
    }

    async fn client(&self) -> Client {
        let http = Http::new(&HttpOptions::default()).unwrap();
        let (at, keys) = (self.sandbox.addresses(), self.sandbox.credentials());
        let (address, credential) = match self.method {
            Method::ApiToken => (
                &at.cloud,
                Credential::ApiToken {
                    email: keys.email,
                    token: keys.api_token.into(),
                },
            ),
            _ => (
                &at.data_center,
                Credential::PersonalAccessToken {
                    token: keys.personal_access_token.into(),
                },
            ),
        };
        let site = retropress_confluence::discover(&http, address, true)
            .await
            .unwrap();
        Client::new(&http, site, credential, Endpoints::default(), Route::Site)
    }

    /// One page, one PDF, one parent, as they were frozen; a sound database and a true history.
    async fn check(&self, what: &str) {
        let app = open(self.folder.path());
        let draft = drafts::open(&app, self.draft.clone()).await.unwrap();
        let id = draft.operation_id.unwrap();
        let operation = publish::operation(&app, id.clone()).await.unwrap();
        assert_eq!(operation.state, OperationState::Done, "{what}");
        let client = self.client().await;
        let space = client.spaces().await.unwrap();
        let space: SpaceRef = space
            .into_iter()
            .find(|it| it.key == common::SPACE)
            .unwrap()
            .to_ref();
        for title in [&*operation.title, "Retrospectives of the team"] {
            let pages = client.pages_titled(&space, title).await.unwrap();
            let live: Vec<_> = pages
                .iter()
                .filter(|it| it.status == PageStatus::Current)
                .collect();
            assert_eq!(live.len(), 1, "{what}: {title}");
            assert!(
                live[0].body.as_ref().unwrap().contains("retropress-"),
                "{what}"
            );
        }
        // What arrived was seen there, and not sent a second time, refused or not.
        let all = self.sandbox.requests();
        let sent = |wanted: &dyn Fn(&Recorded) -> bool| {
            all.iter()
                .filter(|it| it.method == "POST" && it.handled && wanted(it))
                .count()
        };
        let created = sent(&|it| it.json()["title"] == *operation.title);
        assert_eq!(created, 1, "{what}: creates");
        assert_eq!(sent(&|it| !it.parts.is_empty()), 1, "{what}: uploads");

        let page = client.pages_titled(&space, &operation.title).await.unwrap();
        let page = page
            .iter()
            .find(|it| it.status == PageStatus::Current)
            .unwrap();
        let list = history::list(
            &app,
            PublicationQuery {
                team_id: draft.team_id,
                limit: 10,
                ..PublicationQuery::default()
            },
        )
        .await
        .unwrap();
        assert_eq!(list.rows.len(), 1, "{what}");
        assert_eq!(list.rows[0].status, PublicationStatus::Published, "{what}");
        let entry = history::open(&app, list.rows[0].id.clone()).await.unwrap();
        assert_eq!(entry.page_id, page.id, "{what}");
        let file = client.attachment(&page.id, &entry.pdf_name).await.unwrap();
        let file = file.unwrap();
        assert_eq!(file.version, 1, "{what}: one PDF, once");
        let store = Store::open(self.folder.path()).unwrap().store;
        let frozen = store.operation(&id).unwrap();
        assert_eq!(
            file.comment,
            format!("retropress:{id}:{}", frozen.pdf_sha256),
            "{what}"
        );
        assert_eq!(file.size, Some(frozen.pdf.len() as u64), "{what}");
        assert_eq!(store.integrity().unwrap(), "ok", "{what}");
    }
}

/// Kills one publish at its moment and the recovery at another; then lets it come to its end.
/// Answers whether the publish came to its end unharmed.
async fn scenario(method: Method, first: Moment, second: Moment) -> bool {
    let scene = Scene::set(method).await;
    scene.sandbox.clear_requests();
    let unharmed = scene.run(first).await;
    let what = format!("{method:?}, {first:?}, then {second:?}");
    if !unharmed && !scene.run(second).await {
        assert!(scene.run(Moment::Never).await, "{what}");
    }
    scene.check(&what).await;
    unharmed
}

/// N = 1, 2, 3 until it runs through.
async fn at_every(method: Method, moment: fn(u32) -> Moment) {
    if env::var_os(FOLDER).is_some() {
        return;
    }
    let room = Arc::new(Semaphore::new(SIDE_BY_SIDE));
    let mut running = JoinSet::new();
    let last = Arc::new(AtomicU32::new(u32::MAX));
    for number in 1.. {
        let permit = room.clone().acquire_owned().await.unwrap();
        if number > last.load(Ordering::SeqCst) {
            break;
        }
        let last = last.clone();
        running.spawn(async move {
            // The recovery dies at another of its moments each time.
            let second = match number % 3 {
                0 => Moment::Call(number / 3 % 4 + 1),
                1 => Moment::Answer(number / 3 % 4 + 1),
                _ => Moment::Commit(number / 3 % 12 + 1),
            };
            if scenario(method, moment(number), second).await {
                last.fetch_min(number, Ordering::SeqCst);
            }
            drop(permit);
        });
    }
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
    let points = last.load(Ordering::SeqCst) - 1;
    assert!(points >= 4, "only {points} moments to die at");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_call_on_cloud() {
    at_every(Method::ApiToken, Moment::Call).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_answer_on_cloud() {
    at_every(Method::ApiToken, Moment::Answer).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_commit_on_cloud() {
    at_every(Method::ApiToken, Moment::Commit).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_call_on_data_center() {
    at_every(Method::PersonalAccessToken, Moment::Call).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_answer_on_data_center() {
    at_every(Method::PersonalAccessToken, Moment::Answer).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_commit_on_data_center() {
    at_every(Method::PersonalAccessToken, Moment::Commit).await;
}
