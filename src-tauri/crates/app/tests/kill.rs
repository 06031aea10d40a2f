//! A real process that is killed by SIGKILL at every call and at every commit of one publish, and again
//! at every call and every commit of its recovery: in the end there is one page with one PDF, or none
//! after a deletion.
//!
//! The process is this very program, as in `renewal.rs`. Calls are counted by the server, which kills
//! the process before it handles the call, or after it handled it and before it answers. Commits are
//! counted by the process itself, which SQLite tells of each just before it is made and just after: it
//! stands still there, with the database in its hands, until it is killed.
//!
//! N and M count from 1 until a process comes to its end unharmed. With `RETROPRESS_KILLS=all` every N
//! is tried with every M of every moment; without it every N with one M, drawn from a seed that is
//! printed (`RETROPRESS_SEED` sets it).

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops where something is not as it should be; what it prints is read"
)]

mod common;

use std::{
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::Utc;
use retropress_app::{
    App, Desktop, OauthOptions, Parts, Result, SandboxAddresses, SandboxHost,
    connect::{self, ConnectRequest, Method},
    drafts::{self, NewDraft},
    history::{self, PublicationQuery, PublicationStatus},
    integrations::{self, Configuration, Parent},
    publish::{self, Operation, OperationState},
    teams,
};
use retropress_confluence::{Client, Endpoints, HttpOptions, NewPage, PageStatus, SpaceRef, Url};
use retropress_sandbox::{Fault, Matching, Options, Recorded, Sandbox};
use retropress_secrets::Vault;
use retropress_store::{Store, commits::Commit};
use retropress_summary::{Summary, sample};
use tokio::{sync::Semaphore, task::JoinSet};

/// Set for the processes that are started.
const FOLDER: &str = "RETROPRESS_KILL_FOLDER";
const INTEGRATION: &str = "RETROPRESS_KILL_INTEGRATION";
const DRAFT: &str = "RETROPRESS_KILL_DRAFT";
/// The publication to delete; without it the draft is published.
const DELETE: &str = "RETROPRESS_KILL_DELETE";
/// The draft's earlier publish, which is not this one.
const EARLIER: &str = "RETROPRESS_KILL_EARLIER";
const AT_COMMIT: &str = "RETROPRESS_KILL_AT_COMMIT";

/// What a process says when it stands at its commit.
const HERE: &str = "stands at its commit";

/// Processes that wait side by side; most of the time of a recovery is waiting.
const SIDE_BY_SIDE: usize = 32;

const PARENT: &str = "Retrospectives of the team";

/// The commit at which this process stands still, and how many of its kind came before.
static STAND_AT: OnceLock<(Commit, u32)> = OnceLock::new();
static COMMITS: AtomicU32 = AtomicU32::new(0);

fn told(commit: Commit) {
    let Some((wanted, at)) = STAND_AT.get() else {
        return;
    };
    if *wanted == commit && COMMITS.fetch_add(1, Ordering::SeqCst) + 1 == *at {
        println!("\n{HERE}");
        loop {
            std::thread::park();
        }
    }
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
        clock: Utc::now,
    })
    .unwrap()
}

/// What each of the processes does: takes up what is unfinished, begins where nothing is, and ends
/// when that has ended. Without their environment there is nothing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process() {
    let (Ok(folder), Ok(integration), Ok(draft)) =
        (env::var(FOLDER), env::var(INTEGRATION), env::var(DRAFT))
    else {
        return;
    };
    if let Ok(at) = env::var(AT_COMMIT) {
        let (commit, number) = at.split_once(' ').unwrap();
        let commit = match commit {
            "due" => Commit::Due,
            _ => Commit::Made,
        };
        STAND_AT.get_or_init(|| (commit, number.parse().unwrap()));
        retropress_store::commits::watch(told);
    }
    let app = open(Path::new(&folder));
    app.settle().await;
    if let Ok(publication) = env::var(DELETE) {
        return delete(&app, publication).await;
    }
    let begun = drafts::open(&app, draft.clone())
        .await
        .unwrap()
        .operation_id
        .filter(|it| env::var(EARLIER).as_ref() != Ok(it));
    let id = match begun {
        Some(id) => id,
        None => publish::publish(&app, draft, integration).await.unwrap().id,
    };
    done(&app, &id).await;
}

async fn delete(app: &App, publication: String) {
    let team = teams::list(app).await.unwrap().remove(0).id;
    let list = publish::outbox::list(app, team).await.unwrap();
    let begun = list.queues.into_iter().flat_map(|it| it.rows).next();
    let id = match begun {
        Some(row) => row.operation.id,
        None => {
            let entry = history::open(app, publication.clone()).await.unwrap();
            if entry.row.status == PublicationStatus::Deleted {
                return;
            }
            history::delete(app, publication).await.unwrap().id
        }
    };
    done(app, &id).await;
}

async fn done(app: &App, id: &str) {
    loop {
        let now = publish::operation(app, id.to_owned()).await.unwrap();
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    /// Below a parent page that an earlier publish found.
    Create,
    /// And the parent page with it.
    CreateWithParent,
    Update,
    Delete,
}

/// When a process dies.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// The nth call: the server never handles it.
    Call(u32),
    /// The nth call: the server handles it, and its answer comes too late.
    Answer(u32),
    /// The nth commit, just before it is made.
    CommitDue(u32),
    /// The nth commit, just after it was made.
    CommitMade(u32),
    Never,
}

const MOMENTS: [fn(u32) -> Moment; 4] = [
    Moment::Call,
    Moment::Answer,
    Moment::CommitDue,
    Moment::CommitMade,
];

/// No process outlives its test, however that ends.
struct KilledAtLast(Arc<Mutex<Option<Child>>>);

impl Drop for KilledAtLast {
    fn drop(&mut self) {
        if let Ok(mut process) = self.0.lock()
            && let Some(process) = process.as_mut()
        {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

struct Scene {
    kind: Kind,
    sandbox: Sandbox,
    folder: tempfile::TempDir,
    method: Method,
    integration: String,
    draft: String,
    /// The operation and the history entry of the earlier publish of the draft.
    earlier: Option<(String, String)>,
    /// A page of somebody else.
    theirs: String,
    /// Uploads that were looked at, and what was not as it should be.
    uploads: Arc<AtomicUsize>,
    early: Arc<Mutex<Vec<String>>>,
}

impl Scene {
    async fn set(method: Method, kind: Kind) -> Self {
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
        let parent = || Parent::New {
            title: PARENT.into(),
        };
        let configuration = Configuration {
            space_id: space.id,
            space_key: space.key,
            space_name: space.name,
            retrospective_parent: parent(),
            retrospective_title: "{{RetrospectiveTitleOrDate}} - Retrospective".into(),
            health_check_parent: parent(),
            health_check_title: "{{HealthCheckTitleOrDate}} - Health Check".into(),
            labels: vec!["retrospective".into()],
        };
        let integration = integrations::save(&app, connection.session_id, configuration, false)
            .await
            .unwrap()
            .id;
        if kind == Kind::Create {
            let model_id = drafts::models(&app).await.unwrap()[0].id.clone();
            let new = NewDraft::HealthCheck { model_id };
            let other = drafts::create(&app, team.id.clone(), new).await.unwrap().id;
            let content = Summary::HealthCheck(sample::health_check(Utc::now().date_naive()));
            drafts::save(&app, other.clone(), 1, content).await.unwrap();
            let begun = publish::publish(&app, other, integration.clone()).await;
            done(&app, &begun.unwrap().id).await;
        }
        let new = NewDraft::Retrospective {
            template_id: "went-well".into(),
        };
        let draft = drafts::create(&app, team.id, new).await.unwrap().id;
        let content = Summary::Retrospective(sample::retrospective(Utc::now().date_naive()));
        let revision = drafts::save(&app, draft.clone(), 1, content.clone())
            .await
            .unwrap()
            .revision;
        let mut earlier = None;
        if matches!(kind, Kind::Update | Kind::Delete) {
            let begun = publish::publish(&app, draft.clone(), integration.clone()).await;
            let id = begun.unwrap().id;
            done(&app, &id).await;
            let publication = publish::operation(&app, id.clone()).await.unwrap();
            earlier = Some((id, publication.publication_id.unwrap()));
            drafts::save(&app, draft.clone(), revision, content)
                .await
                .unwrap();
        }
        let mut scene = Self {
            kind,
            sandbox,
            folder,
            method,
            integration,
            draft,
            earlier,
            theirs: String::new(),
            uploads: Arc::default(),
            early: Arc::default(),
        };
        let (client, space) = scene.client().await;
        let theirs = NewPage {
            space,
            parent_id: None,
            title: "Somebody else's".into(),
            body: "<p>Theirs.</p>".into(),
        };
        scene.theirs = client.create_page(&theirs).await.unwrap().id;
        scene.sandbox.clear_requests();
        scene
    }

    /// Looks at each upload when it comes: the id of its page has to be in the database by then.
    fn watch_uploads(&self) {
        let database = self.folder.path().join("retropress.db");
        let (uploads, early) = (self.uploads.clone(), self.early.clone());
        let look = move |request: &retropress_sandbox::Incoming<'_>| {
            if !request.path.contains("/child/attachment") || request.method == "GET" {
                return false;
            }
            uploads.fetch_add(1, Ordering::SeqCst);
            let file = rusqlite::Connection::open(&database).unwrap();
            let known: Option<String> = file
                .query_row(
                    "SELECT json_extract(progress, '$.page.id') FROM operation
                     WHERE ended_at IS NULL",
                    [],
                    |row| row.get(0),
                )
                .unwrap();
            let known = known.unwrap_or_else(|| "none".to_owned());
            if !request.path.contains(&format!("/{known}/")) {
                let path = request.path;
                early
                    .lock()
                    .unwrap()
                    .push(format!("{path}, known: {known}"));
            }
            false
        };
        self.sandbox
            .faults()
            .on(Matching::any().when(look), Fault::hang());
    }

    /// Runs a process, and kills it at its moment. Answers whether it came to its end.
    async fn run(&self, moment: Moment) -> bool {
        let errors = tempfile::NamedTempFile::new().unwrap();
        let mut command = Command::new(env::current_exe().unwrap());
        command
            .args(["one_process", "--exact", "--nocapture"])
            .env(FOLDER, self.folder.path())
            .env(INTEGRATION, &self.integration)
            .env(DRAFT, &self.draft)
            .stdout(Stdio::piped())
            .stderr(errors.reopen().unwrap());
        if let Some((operation, publication)) = &self.earlier {
            command.env(EARLIER, operation);
            if self.kind == Kind::Delete {
                command.env(DELETE, publication);
            }
        }
        let process: Arc<Mutex<Option<Child>>> = Arc::default();
        let (at, fault) = match moment {
            Moment::Call(at) => (at, Some(Fault::cut())),
            Moment::Answer(at) => (at, Some(Fault::cut().after_handling())),
            Moment::CommitDue(at) => {
                command.env(AT_COMMIT, format!("due {at}"));
                (0, None)
            }
            Moment::CommitMade(at) => {
                command.env(AT_COMMIT, format!("made {at}"));
                (0, None)
            }
            Moment::Never => (0, None),
        };
        let killed = Arc::new(AtomicBool::new(false));
        let kill = {
            let (process, killed) = (process.clone(), killed.clone());
            move || {
                if let Some(process) = process.lock().unwrap().as_mut() {
                    killed.store(true, Ordering::SeqCst);
                    process.kill().unwrap();
                }
            }
        };
        self.watch_uploads();
        if let Some(fault) = fault {
            let (count, kill) = (AtomicU32::new(0), kill.clone());
            let matching = Matching::any().when(move |request| {
                if !request.path.contains("/rest/api") && !request.path.contains("/api/v2") {
                    return false;
                }
                let hit = count.fetch_add(1, Ordering::SeqCst) + 1 == at;
                if hit {
                    kill();
                }
                hit
            });
            self.sandbox.faults().on(matching, fault);
        }
        let _ended = KilledAtLast(process.clone());
        let said = {
            // Held, so that no call comes before it is known who is to be killed.
            let mut held = process.lock().unwrap();
            let mut child = command.spawn().unwrap();
            let said = child.stdout.take().unwrap();
            *held = Some(child);
            said
        };
        let listening = tokio::task::spawn_blocking(move || {
            for line in BufReader::new(said).lines() {
                if line.unwrap().contains(HERE) {
                    kill();
                }
            }
        });
        listening.await.unwrap();
        let ended = process.lock().unwrap().as_mut().unwrap().wait().unwrap();
        self.sandbox.faults().clear();
        if killed.load(Ordering::SeqCst) {
            assert!(by_sigkill(ended), "{moment:?}: {ended}");
            return false;
        }
        let errors = fs::read_to_string(errors.path()).unwrap();
        assert!(ended.success(), "{moment:?}: it failed by itself: {errors}");
        true
    }

    async fn client(&self) -> (Client, SpaceRef) {
        common::confluence(&self.sandbox, self.method).await
    }

    /// One page and one PDF as they were frozen, or none after a deletion; one parent page; a sound
    /// database and a true history; nothing of anybody else was touched.
    async fn check(&self, what: &str) {
        let requests = self.sandbox.requests();
        let app = open(self.folder.path());
        let draft = drafts::open(&app, self.draft.clone()).await.unwrap();
        let store = Store::open(self.folder.path()).unwrap().store;
        assert_eq!(store.integrity().unwrap(), "ok", "{what}");
        assert!(store.open_operations().unwrap().is_empty(), "{what}");
        let query = PublicationQuery {
            team_id: draft.team_id.clone(),
            limit: 10,
            ..PublicationQuery::default()
        };
        let list = history::list(&app, query).await.unwrap().rows;
        let others = usize::from(self.kind == Kind::Create);
        assert_eq!(list.len(), 1 + others, "{what}: the history");
        let of_draft = |it: &&history::PublicationRow| it.title.ends_with("- Retrospective");
        let entry = list.iter().find(of_draft).unwrap().id.clone();
        let entry = history::open(&app, entry).await.unwrap();

        let (client, space) = self.client().await;
        let theirs = client.page(&self.theirs).await.unwrap().unwrap();
        assert_eq!(
            (theirs.status, theirs.version),
            (PageStatus::Current, 1),
            "{what}: somebody else's page"
        );
        for it in &requests {
            let foreign = matches!(&*it.method, "PUT" | "DELETE")
                && !it.path.contains(&format!("/{}", entry.page_id));
            assert!(!foreign, "{what}: {} {}", it.method, it.path);
        }
        let early = self.early.lock().unwrap().clone();
        assert!(early.is_empty(), "{what}: uploaded before {early:?}");

        let live = |title: String| {
            let (client, space) = (&client, &space);
            async move {
                let pages = client.pages_titled(space, &title).await.unwrap();
                let live = pages
                    .into_iter()
                    .filter(|it| it.status == PageStatus::Current);
                live.collect::<Vec<_>>()
            }
        };
        assert_eq!(live(PARENT.into()).await.len(), 1, "{what}: parent pages");
        let pages = live(entry.row.title.clone()).await;
        let handled = |method: &str, wanted: &dyn Fn(&Recorded) -> bool| {
            let sent = requests.iter().filter(|it| it.method == method);
            sent.filter(|it| it.handled && wanted(it)).count()
        };
        let page = |it: &Recorded| it.path.ends_with(&format!("/{}", entry.page_id));
        if self.kind == Kind::Delete {
            assert!(pages.is_empty(), "{what}: it is still there");
            assert_eq!(entry.row.status, PublicationStatus::Deleted, "{what}");
            assert_eq!(handled("DELETE", &page), 1, "{what}: deletions");
            assert_eq!(handled("POST", &|_| true), 0, "{what}");
            return;
        }
        let [current] = &pages[..] else {
            panic!("{what}: {} live pages", pages.len())
        };
        assert_eq!(entry.page_id, current.id, "{what}");
        assert_eq!(entry.row.status, PublicationStatus::Published, "{what}");
        let id = draft.operation_id.unwrap();
        let frozen = store.operation(&id).unwrap();
        // What arrived was seen there, and not sent a second time, refused or not.
        let titled = |it: &Recorded| it.json()["title"] == *entry.row.title;
        let (creates, updates, version) = match self.kind {
            Kind::Update => (0, 1, 2),
            _ => (1, 0, 1),
        };
        assert_eq!(handled("POST", &titled), creates, "{what}: creates");
        assert_eq!(handled("PUT", &page), updates, "{what}: updates");
        assert_eq!(current.version, version, "{what}");
        let sent = requests.iter().filter(|it| titled(it));
        for it in sent.filter(|it| it.handled && it.method != "GET") {
            assert!(
                sha256(body(it).as_bytes()) == frozen.storage_sha256,
                "{what}: another text was sent"
            );
        }
        let uploads: Vec<_> = requests
            .iter()
            .filter(|it| it.handled)
            .flat_map(|it| &it.parts)
            .filter(|it| it.file_name.is_some())
            .collect();
        assert_eq!(uploads.len(), 1, "{what}: uploads");
        assert!(self.uploads.load(Ordering::SeqCst) >= 1, "{what}");
        assert_eq!(sha256(&uploads[0].bytes), frozen.pdf_sha256, "{what}");
        let file = client.attachment(&current.id, &entry.pdf_name).await;
        let file = file.unwrap().unwrap();
        assert_eq!(file.version, version, "{what}: one PDF, once");
        let comment = format!("retropress:{id}:{}", frozen.pdf_sha256);
        assert_eq!(file.comment, comment, "{what}");
        assert_eq!(file.size, Some(frozen.pdf.len() as u64), "{what}");
    }
}

/// The storage format that was sent, by Cloud's or Data Center's rules.
fn body(request: &Recorded) -> String {
    let json = request.json();
    let at = [&json["body"]["value"], &json["body"]["storage"]["value"]];
    at.iter().find_map(|it| it.as_str()).unwrap().to_owned()
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(bytes)
        .iter()
        .map(|it| format!("{it:02x}"))
        .collect()
}

#[cfg(unix)]
fn by_sigkill(status: ExitStatus) -> bool {
    std::os::unix::process::ExitStatusExt::signal(&status) == Some(9)
}

#[cfg(not(unix))]
fn by_sigkill(status: ExitStatus) -> bool {
    !status.success()
}

/// Kills one publish at its moment and the recovery at another; then lets it come to its end.
/// Answers whether the first process came to its end unharmed, and whether the second did.
async fn scenario(method: Method, kind: Kind, first: Moment, second: Moment) -> (bool, bool) {
    let scene = Scene::set(method, kind).await;
    let what = format!("{method:?}, {kind:?}, {first:?}, then {second:?}");
    let mut unharmed = (scene.run(first).await, true);
    if !unharmed.0 {
        unharmed.1 = scene.run(second).await;
    }
    if !unharmed.1 {
        assert!(scene.run(Moment::Never).await, "{what}");
    }
    scene.check(&what).await;
    unharmed
}

/// N = 1, 2, 3 until it runs through; for each of them one M, or M = 1, 2, 3 until it runs through.
async fn at_every(kind: Kind) {
    if env::var_os(FOLDER).is_some() {
        return;
    }
    let all = env::var("RETROPRESS_KILLS").is_ok_and(|it| it == "all");
    let seed: u64 = match env::var("RETROPRESS_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => Utc::now().timestamp_micros().unsigned_abs(),
    };
    println!("RETROPRESS_SEED={seed}");
    let room = Arc::new(Semaphore::new(SIDE_BY_SIDE));
    let pairs = Arc::new(AtomicUsize::new(0));
    let mut sweeps = JoinSet::new();
    for method in [Method::ApiToken, Method::PersonalAccessToken] {
        for (index, first) in MOMENTS.into_iter().enumerate() {
            let (room, pairs) = (room.clone(), pairs.clone());
            sweeps.spawn(async move {
                let last = Arc::new(AtomicU32::new(u32::MAX));
                let mut running = JoinSet::new();
                for number in 1.. {
                    let permit = room.clone().acquire_owned().await.unwrap();
                    if number > last.load(Ordering::SeqCst) {
                        break;
                    }
                    let (last, pairs) = (last.clone(), pairs.clone());
                    running.spawn(async move {
                        let mut hasher = DefaultHasher::new();
                        (seed, kind, index, number).hash(&mut hasher);
                        let drawn = hasher.finish();
                        let one = (drawn % 4) as usize;
                        let moments = MOMENTS.iter().enumerate();
                        for (_, second) in moments.filter(|(index, _)| all || *index == one) {
                            let most = if one < 2 { 5 } else { 12 };
                            let mut at = if all {
                                1
                            } else {
                                (drawn >> 8) as u32 % most + 1
                            };
                            loop {
                                pairs.fetch_add(1, Ordering::SeqCst);
                                let unharmed =
                                    scenario(method, kind, first(number), second(at)).await;
                                if unharmed.0 {
                                    last.fetch_min(number, Ordering::SeqCst);
                                    return;
                                }
                                if unharmed.1 || !all {
                                    break;
                                }
                                at += 1;
                            }
                        }
                        drop(permit);
                    });
                }
                while let Some(ended) = running.join_next().await {
                    ended.unwrap();
                }
                (method, first(last.load(Ordering::SeqCst)))
            });
        }
    }
    while let Some(ended) = sweeps.join_next().await {
        let (method, unharmed) = ended.unwrap();
        println!("{method:?}, {kind:?}: unharmed by {unharmed:?}");
        let (points, least) = match unharmed {
            Moment::Call(at) | Moment::Answer(at) => (at - 1, 2),
            // The frozen operation, the intent of its call, and the outcome.
            Moment::CommitDue(at) | Moment::CommitMade(at) => (at - 1, 3),
            Moment::Never => (0, 0),
        };
        assert!(points >= least, "only {points} moments to die at");
    }
    println!("{kind:?}: {} pairs", pairs.load(Ordering::SeqCst));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_it_creates_a_page() {
    at_every(Kind::Create).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_it_creates_a_page_and_its_parent() {
    at_every(Kind::CreateWithParent).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_it_updates_a_page() {
    at_every(Kind::Update).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_it_deletes_a_page() {
    at_every(Kind::Delete).await;
}
