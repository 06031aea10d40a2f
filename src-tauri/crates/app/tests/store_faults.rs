//! The database fails while something is queued or on its way: the disk is full, the file may not be
//! written to, another program holds it, it is damaged, cut short or of a newer app, or the app runs
//! twice. Its author is told, nothing is lost or doubled, and it goes on once that is cured.
//!
//! - A full disk is the limit of a process for the size of a file (`RLIMIT_FSIZE`, set from outside by
//!   `prlimit`): SQLite's write to its log then fails as on a full disk, at the moment that is wanted.
//! - A file that may not be written to binds a process that is not root: as root, the process is started
//!   as `nobody`.
//! - The file is held, and the app runs twice, in processes of their own: this very program, as in
//!   `kill.rs`.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops where something is not as it should be; what it prints is read"
)]

mod common;

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    time::Duration,
};

use chrono::Utc;
use retropress_app::{
    ApiError, App, ErrorCode, OauthOptions,
    connect::{self, ConnectRequest, Method},
    drafts::{self, NewDraft},
    integrations::{self, Configuration, Parent},
    publish::{self, Operation, OperationState, PublishState, Waiting},
    settings, teams,
};
use retropress_confluence::{Client, FoundPage, PageStatus, PageUpdate, SpaceRef, Url};
use retropress_sandbox::{Fault, Host, Matching, Options, Sandbox};
use retropress_secrets::Vault;
use retropress_store::Store;
use retropress_summary::{Summary, sample};
use tokio::{runtime::Handle, task::JoinSet};

const ROLE: &str = "RETROPRESS_FAULT_ROLE";
const FOLDER: &str = "RETROPRESS_FAULT_FOLDER";
const INTEGRATION: &str = "RETROPRESS_FAULT_INTEGRATION";
const DRAFT: &str = "RETROPRESS_FAULT_DRAFT";

const METHODS: [Method; 2] = [Method::ApiToken, Method::PersonalAccessToken];
const PARENT: &str = "Retrospectives of the team";

fn open(folder: &Path) -> retropress_app::Result<App> {
    let nowhere = Url::parse("http://127.0.0.1:9").unwrap();
    let vault = Vault::with_key([7; 32]);
    common::try_alone(folder, &vault, &nowhere, OauthOptions::default())
}

fn say(what: &str, of: &impl serde::Serialize) {
    println!("\n{what} {}", serde_json::to_string(of).unwrap());
}

/// What each of the processes does. Without their environment there is nothing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process() {
    let (Ok(role), Ok(folder)) = (env::var(ROLE), env::var(FOLDER)) else {
        return;
    };
    let folder = PathBuf::from(folder);
    let mut line = String::new();
    let mut wait = || std::io::stdin().read_line(&mut line).unwrap();
    match &*role {
        "holds" => {
            let file = rusqlite::Connection::open(folder.join("retropress.db")).unwrap();
            file.execute_batch("BEGIN EXCLUSIVE").unwrap();
            say("held", &());
            wait();
        }
        "opens" => match open(&folder) {
            Ok(_) => say("opened", &()),
            Err(problem) => say("refused", &problem),
        },
        "publishes" => {
            let app = open(&folder).unwrap();
            app.settle().await;
            say("opened", &());
            wait();
            let (integration, draft) = (env::var(INTEGRATION).unwrap(), env::var(DRAFT).unwrap());
            let begun = loop {
                match publish::publish(&app, draft.clone(), integration.clone()).await {
                    Ok(begun) => break begun,
                    Err(problem) => say("refused", &problem),
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            };
            let mut last = None;
            loop {
                let now = publish::operation(&app, begun.id.clone()).await.unwrap();
                if last.as_ref() != Some(&now) {
                    say("now", &now);
                }
                if !moves(&now) {
                    return;
                }
                last = Some(now);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        other => panic!("{other}"),
    }
}

fn moves(operation: &Operation) -> bool {
    matches!(
        operation.state,
        OperationState::Queued | OperationState::Running | OperationState::Checking
    )
}

/// A process that was started. It does not outlive its test.
struct Process {
    child: Child,
    input: Option<ChildStdin>,
    said: mpsc::Receiver<String>,
}

impl Process {
    fn start(mut command: Command, role: &str, folder: &Path) -> Self {
        command
            .args(["one_process", "--exact", "--nocapture"])
            .env(ROLE, role)
            .env(FOLDER, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (tell, said) = mpsc::channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
        Self {
            input: child.stdin.take(),
            child,
            said,
        }
    }

    fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it says this, and answers of what.
    fn says<T: serde::de::DeserializeOwned>(&self, what: &str) -> T {
        loop {
            let line = self.said.recv_timeout(Duration::from_secs(120)).unwrap();
            if let Some(of) = line.strip_prefix(&format!("{what} ")) {
                return serde_json::from_str(of).unwrap();
            }
        }
    }

    fn until(&self, reached: impl Fn(&Operation) -> bool) -> Operation {
        loop {
            let now: Operation = self.says("now");
            if reached(&now) {
                return now;
            }
            assert!(moves(&now), "{now:?}");
        }
    }

    fn go(&mut self) {
        let mut input = self.input.take().unwrap();
        writeln!(input).unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn this() -> Command {
    Command::new(env::current_exe().unwrap())
}

/// This program, with the signal ignored that a file over its limit sends; a write then fails.
fn with_a_disk_that_fills() -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(env::current_exe().unwrap());
    command
}

fn limit_files(process: u32, soft: &str) {
    let set = Command::new("prlimit")
        .args(["--pid", &process.to_string(), &format!("--fsize={soft}:")])
        .status()
        .unwrap();
    assert!(set.success(), "prlimit");
}

struct Scene {
    sandbox: Sandbox,
    folder: tempfile::TempDir,
    method: Method,
    integration: String,
    draft: String,
    app: Option<App>,
}

impl Scene {
    async fn set(method: Method) -> Self {
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let app = open(&folder.path().join("data")).unwrap();
        let team = teams::create(&app, "Payments".into()).await.unwrap();
        let (at, keys) = (sandbox.addresses(), sandbox.credentials());
        let cloud = method == Method::ApiToken;
        let request = ConnectRequest {
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
        };
        let session = connect::check(&app, request).await.unwrap().session_id;
        let spaces = connect::spaces(&app, session.clone()).await.unwrap();
        let space = spaces.into_iter().find(|it| it.key == common::SPACE);
        let space = space.unwrap();
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
            labels: Vec::new(),
        };
        let saved = integrations::save(&app, session, configuration, false).await;
        let new = NewDraft::Retrospective {
            template_id: "went-well".into(),
        };
        let draft = drafts::create(&app, team.id, new).await.unwrap().id;
        let content = Summary::Retrospective(sample::retrospective(Utc::now().date_naive()));
        drafts::save(&app, draft.clone(), 1, content).await.unwrap();
        let scene = Self {
            integration: saved.unwrap().id,
            sandbox,
            folder,
            method,
            draft,
            app: Some(app),
        };
        scene.sandbox.clear_requests();
        scene
    }

    fn host(&self) -> Host {
        match self.method {
            Method::ApiToken => Host::Cloud,
            _ => Host::DataCenter,
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn file(&self) -> PathBuf {
        self.data().join("retropress.db")
    }

    fn app(&self) -> &App {
        self.app.as_ref().unwrap()
    }

    /// Ends the app, and waits until its file is closed: the log is then gone.
    async fn close(&mut self) {
        self.app = None;
        while self.data().join("retropress.db-wal").exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn reopen(&mut self) {
        self.app = Some(open(&self.data()).unwrap());
    }

    async fn publish(&self) -> Operation {
        let (draft, integration) = (self.draft.clone(), self.integration.clone());
        publish::publish(self.app(), draft, integration)
            .await
            .unwrap()
    }

    async fn until(&self, id: &str, reached: impl Fn(&Operation) -> bool) -> Operation {
        for _ in 0..12_000 {
            let now = publish::operation(self.app(), id.to_owned()).await.unwrap();
            if reached(&now) {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it goes on for ever");
    }

    async fn settled(&self, id: &str) -> Operation {
        self.until(id, |it| !moves(it)).await
    }

    /// Frozen, and waiting for a host that refuses connections.
    async fn queued(&self) -> Operation {
        self.sandbox
            .set_reachable(self.host(), false)
            .await
            .unwrap();
        let begun = self.publish().await;
        self.until(&begun.id, |it| {
            matches!(it.waiting, Some(Waiting::Network { .. }))
        })
        .await
    }

    async fn reachable(&self) {
        self.sandbox.set_reachable(self.host(), true).await.unwrap();
    }

    fn process(&self, command: Command, role: &str) -> Process {
        let mut command = command;
        command
            .env(INTEGRATION, &self.integration)
            .env(DRAFT, &self.draft);
        Process::start(command, role, &self.data())
    }

    fn create(&self) -> Matching {
        let path = match self.method {
            Method::ApiToken => "/wiki/api/v2/pages$",
            _ => "/rest/api/content$",
        };
        // The parent page is the first.
        Matching::request("POST", path).when(|it| {
            let sent: serde_json::Value = serde_json::from_slice(it.body).unwrap_or_default();
            sent["title"] != PARENT
        })
    }

    async fn client(&self) -> (Client, SpaceRef) {
        common::confluence(&self.sandbox, self.method).await
    }

    /// The one live page of that title.
    async fn page(&self, title: &str) -> FoundPage {
        let (client, space) = self.client().await;
        let mut pages = client.pages_titled(&space, title).await.unwrap();
        pages.retain(|it| it.status == PageStatus::Current);
        assert_eq!(pages.len(), 1, "{:?}: live pages", self.method);
        pages.remove(0)
    }

    /// One page and one PDF, of one create and one upload; a sound database.
    async fn check(&self, done: &Operation) {
        let what = self.method;
        assert_eq!(done.state, OperationState::Done, "{what:?}: {done:?}");
        let entry = done.publication_id.clone().unwrap();
        let store = Store::open(&self.data()).unwrap().store;
        assert_eq!(store.integrity().unwrap(), "ok");
        let entry = store.publication(&entry).unwrap();
        let page = self.page(&entry.title).await;
        assert_eq!(page.id, entry.page_id, "{what:?}");
        let (client, _) = self.client().await;
        let file = client.attachment(&page.id, &entry.pdf_name).await;
        let file = file.unwrap().unwrap();
        assert_eq!(file.version, 1, "{what:?}");
        let frozen = store.operation(&done.id).unwrap();
        let comment = format!("retropress:{}:{}", done.id, frozen.pdf_sha256);
        assert_eq!(file.comment, comment, "{what:?}");
        let (creates, uploads) = self.sent(&done.title);
        assert_eq!((creates, uploads), (1, 1), "{what:?}: creates, uploads");
    }

    /// Pages of that title that were created, and PDFs that were stored.
    fn sent(&self, title: &str) -> (usize, usize) {
        let all = self.sandbox.requests();
        let done = || {
            all.iter().filter(|it| {
                let refused = it.status.is_some_and(|it| it >= 400);
                it.handled && it.method != "GET" && !refused
            })
        };
        let creates = done().filter(|it| it.method == "POST" && it.json()["title"] == title);
        (
            creates.count(),
            done().filter(|it| !it.parts.is_empty()).count(),
        )
    }
}

async fn all(mut running: JoinSet<()>) {
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_before_the_publish_keeps_the_draft() {
    let mut scene = Scene::set(Method::ApiToken).await;
    scene.close().await;
    let mut process = scene.process(with_a_disk_that_fills(), "publishes");
    process.says::<()>("opened");
    limit_files(process.id(), "1");
    process.go();
    let problem: ApiError = process.says("refused");
    assert_eq!(problem.code, ErrorCode::DiskFull, "{problem:?}");
    assert!(problem.retryable && !problem.hint.is_empty());
    assert!(scene.sandbox.requests().is_empty());
    limit_files(process.id(), "unlimited");
    let done = process.until(|it| it.state == OperationState::Done);
    drop(process);
    scene.check(&done).await;
}

/// From the moment the page's creation arrives, or the PDF's upload, on.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_in_mid_publish() {
    let mut running = JoinSet::new();
    for method in METHODS {
        for at_upload in [false, true] {
            running.spawn_blocking(move || Handle::current().block_on(fills(method, at_upload)));
        }
    }
    all(running).await;
}

async fn fills(method: Method, at_upload: bool) {
    let mut scene = Scene::set(method).await;
    scene.close().await;
    let mut process = scene.process(with_a_disk_that_fills(), "publishes");
    process.says::<()>("opened");
    let id = process.id();
    let full = Arc::new(AtomicU32::new(0));
    let fill = {
        let full = full.clone();
        move |_: &retropress_sandbox::Incoming<'_>| {
            if full.fetch_add(1, Ordering::SeqCst) == 0 {
                limit_files(id, "1");
            }
            false
        }
    };
    let matching = match (at_upload, method) {
        (true, _) => Matching::request("POST", "/child/attachment$"),
        (false, Method::ApiToken) => Matching::request("POST", "/wiki/api/v2/pages$"),
        (false, _) => Matching::request("POST", "/rest/api/content$"),
    };
    scene
        .sandbox
        .faults()
        .on(matching.when(fill), Fault::hang());
    process.go();
    let told = process.until(|it| it.error.is_some());
    assert_eq!(full.load(Ordering::SeqCst), 1, "the fault did not happen");
    let problem = told.error.clone().unwrap();
    assert_eq!(problem.code, ErrorCode::DiskFull, "{problem:?}");
    assert_eq!(told.state, OperationState::Checking, "{told:?}");
    limit_files(id, "unlimited");
    let done = process.until(|it| it.state == OperationState::Done);
    assert_eq!(done.error, None);
    drop(process);
    scene.check(&done).await;
}

/// Longer than the app waits for it, in mid-publish.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_another_program_holds() {
    let mut running = JoinSet::new();
    for method in METHODS {
        running.spawn_blocking(move || Handle::current().block_on(held(method)));
    }
    all(running).await;
}

async fn held(method: Method) {
    let scene = Scene::set(method).await;
    let holder: Arc<Mutex<Option<Process>>> = Arc::default();
    let hold = {
        let (holder, data) = (holder.clone(), scene.data());
        move |_: &retropress_sandbox::Incoming<'_>| {
            let mut holder = holder.lock().unwrap();
            if holder.is_none() {
                let process = Process::start(this(), "holds", &data);
                process.says::<()>("held");
                *holder = Some(process);
            }
            false
        }
    };
    let upload = Matching::request("POST", "/child/attachment$").when(hold);
    scene.sandbox.faults().on(upload, Fault::hang());
    let begun = scene.publish().await;
    let told = scene.until(&begun.id, |it| it.error.is_some()).await;
    assert_eq!(told.state, OperationState::Checking, "{told:?}");
    let problem = told.error.unwrap();
    assert_eq!(problem.code, ErrorCode::Storage);
    assert_eq!(problem.message, "Another program holds the database");
    // What is done in the window meanwhile says so as well.
    let refused = publish::cancel(scene.app(), begun.id.clone()).await;
    assert_eq!(refused.unwrap_err().code, ErrorCode::Storage);
    let process = holder.lock().unwrap().take();
    assert!(process.is_some(), "the fault did not happen");
    drop(process);
    let done = scene.settled(&begun.id).await;
    scene.check(&done).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_another_program_holds_at_the_start() {
    let mut scene = Scene::set(Method::ApiToken).await;
    let waiting = scene.queued().await;
    scene.reachable().await;
    scene.close().await;
    let holder = scene.process(this(), "holds");
    holder.says::<()>("held");
    scene.reopen();
    scene.app().settle().await;
    let told = scene.until(&waiting.id, |it| it.error.is_some()).await;
    assert_eq!(told.error.unwrap().code, ErrorCode::Storage);
    assert!(scene.sandbox.requests().iter().all(|it| it.method == "GET"));
    drop(holder);
    let done = scene.settled(&waiting.id).await;
    scene.check(&done).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_and_a_folder_that_may_not_be_written_to() {
    for folder in [false, true] {
        let mut scene = Scene::set(Method::ApiToken).await;
        let waiting = scene.queued().await;
        scene.close().await;
        let data = scene.data();
        let mode = |path: &Path, mode: u32| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        let root = fs::metadata(&data).unwrap().uid() == 0;
        let nobody = |path: &Path| {
            if root {
                std::os::unix::fs::chown(path, Some(65_534), None).unwrap();
            }
        };
        let mut command = this();
        if root {
            command = Command::new("setpriv");
            command
                .args(["--reuid=65534", "--clear-groups"])
                .arg(env::current_exe().unwrap());
            mode(scene.folder.path(), 0o755);
        } else if folder {
            // Its owner may always make it writable again, and the app does.
            continue;
        }
        if folder {
            // Somebody else's: it may be read, and not written to.
            nobody(&scene.file());
            mode(&data, 0o755);
        } else {
            nobody(&data);
            nobody(&scene.file());
            mode(&scene.file(), 0o444);
        }
        let process = scene.process(command, "opens");
        let problem: ApiError = process.says("refused");
        drop(process);
        assert_eq!(problem.code, ErrorCode::Storage, "{problem:?}");
        assert_eq!(problem.message, "The database cannot be written to");
        assert!(!problem.hint.is_empty());
        for path in [&data, &scene.file()] {
            if root {
                std::os::unix::fs::chown(path, Some(0), None).unwrap();
            }
        }
        mode(&scene.file(), 0o600);
        scene.reachable().await;
        scene.reopen();
        scene.app().settle().await;
        let done = scene.settled(&waiting.id).await;
        scene.check(&done).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_a_newer_app_waits_for_that() {
    let mut scene = Scene::set(Method::ApiToken).await;
    let waiting = scene.queued().await;
    scene.close().await;
    let version = |to: i64| {
        let file = rusqlite::Connection::open(scene.file()).unwrap();
        let was: i64 = file
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        file.pragma_update(None, "user_version", to).unwrap();
        was
    };
    let known = version(99);
    let before = fs::read(scene.file()).unwrap();
    let problem = open(&scene.data()).err().unwrap();
    assert_eq!(problem.code, ErrorCode::Storage);
    assert!(problem.message.contains("newer"), "{problem:?}");
    assert!(fs::read(scene.file()).unwrap() == before, "it was changed");
    version(known);
    scene.reachable().await;
    scene.reopen();
    scene.app().settle().await;
    let done = scene.settled(&waiting.id).await;
    scene.check(&done).await;
}

#[derive(Clone, Copy, Debug)]
enum Harm {
    Garbage,
    CutShort,
}

impl Harm {
    fn done_to(self, file: &Path) {
        let mut bytes = fs::read(file).unwrap();
        match self {
            Self::Garbage => bytes.iter_mut().skip(20).for_each(|it| *it = 0x5a),
            Self::CutShort => bytes.truncate(bytes.len() / 3),
        }
        fs::write(file, bytes).unwrap();
    }
}

/// Starts the app with a file that was harmed: its backup takes its place, and it says so.
async fn harmed(scene: &mut Scene, harm: Harm) {
    scene.close().await;
    harm.done_to(&scene.file());
    scene.reopen();
    let notices = settings::start(scene.app())
        .await
        .unwrap()
        .notices
        .join(" ");
    let aside = scene.data().join("retropress.damaged-1.db");
    assert!(aside.exists(), "{harm:?}: the damage was not found");
    assert!(notices.contains("backup"), "{notices}");
    scene.app().settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_when_the_file_is_damaged_is_in_the_backup() {
    let mut running = JoinSet::new();
    for harm in [Harm::Garbage, Harm::CutShort] {
        running.spawn_blocking(move || Handle::current().block_on(waits_and_is_harmed(harm)));
    }
    all(running).await;
}

async fn waits_and_is_harmed(harm: Harm) {
    let mut scene = Scene::set(Method::ApiToken).await;
    let waiting = scene.queued().await;
    scene.app().settle().await;
    harmed(&mut scene, harm).await;
    scene.reachable().await;
    // It may have been published or cancelled since the backup: its author is asked.
    let asked = scene.settled(&waiting.id).await;
    assert_eq!(asked.state, OperationState::NeedsAttention, "{asked:?}");
    assert_eq!(asked.error.unwrap().code, ErrorCode::Unknown);
    let again = publish::retry(scene.app(), asked.id).await.unwrap();
    let done = scene.settled(&again.id).await;
    scene.check(&done).await;
}

/// And its page has another title by now, so that the server would take a second one.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_published_after_the_backup_is_found_and_not_published_again() {
    let mut running = JoinSet::new();
    for method in METHODS {
        running.spawn_blocking(move || Handle::current().block_on(published_and_renamed(method)));
    }
    all(running).await;
}

async fn published_and_renamed(method: Method) {
    let mut scene = Scene::set(method).await;
    let waiting = scene.queued().await;
    scene.app().settle().await;
    scene.reachable().await;
    let again = publish::retry(scene.app(), waiting.id).await.unwrap();
    let done = scene.settled(&again.id).await;
    scene.check(&done).await;
    let page = scene.page(&done.title).await;
    let (client, space) = scene.client().await;
    let renamed = PageUpdate {
        id: page.id.clone(),
        space,
        title: "Renamed".into(),
        body: page.body.unwrap(),
        version: page.version + 1,
        message: String::new(),
        parent_id: page.parent_id,
    };
    client.update_page(&renamed).await.unwrap();
    harmed(&mut scene, Harm::Garbage).await;
    let asked = scene.settled(&done.id).await;
    assert_eq!(asked.state, OperationState::NeedsAttention, "{asked:?}");
    let again = publish::retry(scene.app(), asked.id).await.unwrap();
    let done = scene.settled(&again.id).await;
    scene.check(&done).await;
    assert_eq!(scene.page("Renamed").await.id, page.id);
}

/// The backup knows the draft and nothing of its publish: the title tells.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_frozen_after_the_backup_is_not_doubled() {
    let mut running = JoinSet::new();
    for method in METHODS {
        running.spawn_blocking(move || Handle::current().block_on(frozen_later(method)));
    }
    all(running).await;
}

async fn frozen_later(method: Method) {
    let mut scene = Scene::set(method).await;
    scene.app().settle().await;
    let done = scene.settled(&scene.publish().await.id).await;
    scene.check(&done).await;
    harmed(&mut scene, Harm::Garbage).await;
    let draft = drafts::open(scene.app(), scene.draft.clone()).await;
    assert_eq!(draft.unwrap().state, PublishState::Draft);
    let again = scene.publish().await;
    let asked = scene.settled(&again.id).await;
    assert_eq!(asked.state, OperationState::Conflict, "{asked:?}");
    assert_eq!(asked.error.unwrap().code, ErrorCode::TitleTaken);
    assert_eq!(scene.sent(&done.title), (1, 1), "{method:?}");
    scene.page(&done.title).await;
}

/// The shell lets one window run for a user. Should two run all the same, as with a folder that is
/// shared, both carry the same operation: the title, the marker and the PDF's comment are what is left.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_instance_publishes_nothing_twice() {
    let mut running = JoinSet::new();
    for method in METHODS {
        running.spawn_blocking(move || Handle::current().block_on(second_instance(method)));
    }
    all(running).await;
}

async fn second_instance(method: Method) {
    let mut scene = Scene::set(method).await;
    scene.close().await;
    // The first is held in its create, which comes to be done while the second looks for it.
    let played = scene
        .sandbox
        .faults()
        .on(scene.create(), Fault::delay(Duration::from_secs(8)));
    let mut first = scene.process(this(), "publishes");
    first.says::<()>("opened");
    first.go();
    while !played.fired() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut second = scene.process(this(), "publishes");
    second.says::<()>("opened");
    second.go();
    let one = first.until(|it| it.state == OperationState::Done);
    let other = second.until(|it| it.state == OperationState::Done);
    assert_eq!(one.id, other.id, "both carried the same operation");
    drop((first, second));
    scene.check(&one).await;
}
