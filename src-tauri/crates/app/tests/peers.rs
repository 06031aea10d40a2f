//! The same faults for Retropress and for two tools that publish to Confluence as well, each at the
//! side of the sandbox it can speak to: `cargo xtask bench faults`.
//!
//! - markdown-to-confluence: its command line, to Cloud, with a page in Markdown that links a PDF. Its
//!   Data Center side takes https alone. It writes the page's id into the file, which stays. Once as it
//!   is by default, and once with `--no-overwrite`, which leaves pages alone that were edited.
//! - atlassian-python-api: `update_or_create` and `attach_file`, to Data Center
//!   (`src-tauri/crates/xtask/bench/peer_atlassian.py`).
//! - Retropress: to both.
//!
//! What fails is tried again once and at once, as a person or a build server does: the command is run
//! again, or Retry pressed. A command that does not end is stopped after [`PATIENCE`]; the app waits
//! 3 seconds for an answer here, so that the test ends sooner. Then the server is looked at. A tool that
//! leaves somebody else's change alone and says so (an exit code, a warning, a question) has lost
//! nothing.
//!
//! Prints `outcome <tool> <case> <lost> <doubled> <overwritten> <early before it was
//! tried again> <early> <tried again> <words>`, by tabs.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops where something is not as it should be; what it prints is read"
)]

mod common;

use std::{
    fs::{self, File},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use common::{World, world};
use retropress_app::{
    connect::Method,
    drafts,
    integrations::{self, Integration, Parent},
    publish::{self, Operation, OperationState, Waiting},
};
use retropress_sandbox::{Credentials, Fault, Host, Matching, Played};
use retropress_summary::Summary;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{sync::Semaphore, task::JoinSet};

/// Longer than the 75 seconds after which atlassian-python-api gives up by itself.
const PATIENCE: Duration = Duration::from_secs(100);
const SIDE_BY_SIDE: usize = 8;

const TITLE: &str = "Sprint 42";
const RENAMED: &str = "Sprint 42 of the payments team";
/// In the text of the first and of the second publish.
const FIRST: &str = "Pairing went well.";
const SECOND: &str = "So did the release.";
/// In what somebody else wrote.
const THEIRS: &str = "Written by somebody else.";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tool {
    MarkdownToConfluence,
    NoOverwrite,
    AtlassianPythonApi,
    OnCloud,
    OnDataCenter,
}

impl Tool {
    const ALL: [Tool; 5] = [
        Tool::MarkdownToConfluence,
        Tool::NoOverwrite,
        Tool::AtlassianPythonApi,
        Tool::OnCloud,
        Tool::OnDataCenter,
    ];

    fn name(self) -> &'static str {
        match self {
            Tool::MarkdownToConfluence => "markdown-to-confluence",
            Tool::NoOverwrite => "markdown-to-confluence --no-overwrite",
            Tool::AtlassianPythonApi => "atlassian-python-api",
            Tool::OnCloud => "Retropress, Cloud",
            Tool::OnDataCenter => "Retropress, Data Center",
        }
    }

    fn host(self) -> Host {
        match self {
            Tool::MarkdownToConfluence | Tool::NoOverwrite | Tool::OnCloud => Host::Cloud,
            Tool::AtlassianPythonApi | Tool::OnDataCenter => Host::DataCenter,
        }
    }

    fn create(self) -> Matching {
        let path = match self.host() {
            Host::Cloud => "/wiki/api/v2/pages/?$",
            _ => "/rest/api/content/?$",
        };
        Matching::request("POST", path)
    }

    fn update(self) -> Matching {
        let path = match self.host() {
            Host::Cloud => "/wiki/api/v2/pages/[0-9]+$",
            _ => "/rest/api/content/[0-9]+$",
        };
        Matching::request("PUT", path)
    }
}

fn upload() -> Matching {
    Matching::request("POST", "/child/attachment$")
}

#[derive(Clone)]
enum Trouble {
    Create(Fault),
    Upload(Fault),
    Update(Fault),
    /// And what was done is in no list for this long.
    LaggingCreate(Fault, Duration),
    Refused,
    TitleTaken,
    Edited,
    Renamed,
}

struct Case {
    name: &'static str,
    trouble: Trouble,
    times: u32,
    /// What the server asked to wait for, in seconds: longer than it takes to run a command again.
    wait: Option<i64>,
}

fn case(name: &'static str, trouble: Trouble) -> Case {
    Case {
        name,
        trouble,
        times: 1,
        wait: None,
    }
}

fn limited(name: &'static str, status: u16, seconds: i64, times: u32) -> Case {
    let fault = Fault::status(status).with_header("retry-after", &seconds.to_string());
    Case {
        name,
        trouble: Trouble::Create(fault),
        times,
        wait: Some(seconds),
    }
}

fn cases() -> Vec<Case> {
    use Trouble::{Create, Edited, LaggingCreate, Refused, Renamed, TitleTaken, Update, Upload};
    let lost = || Fault::cut().after_handling();
    let silent = || Fault::hang().after_handling();
    vec![
        case(
            "create: connection cut before it is handled",
            Create(Fault::cut()),
        ),
        case("create: done, the answer lost", Create(lost())),
        case(
            "create: done, the answer lost, lists lag 15 s",
            LaggingCreate(lost(), Duration::from_secs(15)),
        ),
        case(
            "create: done, the answer cut in the middle",
            Create(Fault::cut_in_answer()),
        ),
        case("create: done, no answer ever", Create(silent())),
        case("create: 503 once", Create(Fault::status(503))),
        case(
            "create: done, 504",
            Create(Fault::status(504).after_handling()),
        ),
        case(
            "create: a sign-in page with status 200",
            Create(Fault::html()),
        ),
        limited("create: 429 with Retry-After 20 s, once", 429, 20, 1),
        limited("create: 429 with Retry-After 20 s, five times", 429, 20, 5),
        limited("create: 503 with Retry-After 20 s, once", 503, 20, 1),
        case("upload: done, the answer lost", Upload(lost())),
        case("upload: done, no answer ever", Upload(silent())),
        case("upload: 503 once", Upload(Fault::status(503))),
        case(
            "upload: a sign-in page with status 200",
            Upload(Fault::html()),
        ),
        case("update: done, the answer lost", Update(lost())),
        case("offline at first", Refused),
        case("title taken by somebody's page", TitleTaken),
        case("edited by somebody before the second publish", Edited),
        case("renamed by somebody before the second publish", Renamed),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Done,
    /// That it failed, or that it left something alone.
    NotDone,
}

/// What publishes.
enum Publisher {
    Command(Peer),
    Retropress {
        integration: Box<Integration>,
        draft: String,
        operation: Option<Operation>,
    },
}

struct Peer {
    tool: Tool,
    folder: TempDir,
    address: String,
    who: Credentials,
}

impl Peer {
    fn write(&self, text: &str) {
        let markdown = self.folder.path().join("retro.md");
        // The id of its page, once it was written here, stays at the top.
        let old = fs::read_to_string(&markdown).unwrap_or_default();
        let ids: String = old
            .lines()
            .filter(|line| line.starts_with("<!-- confluence-"))
            .map(|line| format!("{line}\n"))
            .collect();
        let page = format!("{ids}# {TITLE}\n\n{text}\n\n[The PDF](retro.pdf)\n");
        fs::write(markdown, page).unwrap();
        let body = self.folder.path().join("retro.xml");
        fs::write(body, format!("<p>{text}</p>")).unwrap();
        let pdf = self.folder.path().join("retro.pdf");
        fs::write(pdf, format!("%PDF-1.4\n% {text}\n")).unwrap();
    }

    /// Runs the command. What it printed is in `log`.
    fn run(&self) -> Said {
        let python = std::env::var_os("PEERS_PYTHON");
        let Some(python) = python else {
            panic!("PEERS_PYTHON is set by cargo xtask bench faults")
        };
        let mut command = Command::new(python);
        let no_overwrite = self.tool == Tool::NoOverwrite;
        if no_overwrite || self.tool == Tool::MarkdownToConfluence {
            command
                .args(["-m", "md2conf", "--api-url"])
                .arg(format!("{}/", self.address))
                .args(["--space", common::SPACE, "retro.md"])
                .env("CONFLUENCE_USER_NAME", &self.who.email)
                .env("CONFLUENCE_API_KEY", &self.who.api_token);
            if no_overwrite {
                command.arg("--no-overwrite");
            }
        } else {
            let script = Path::new(env!("CARGO_MANIFEST_DIR"));
            command
                .arg(script.join("../xtask/bench/peer_atlassian.py"))
                .args([&self.address, common::SPACE, TITLE])
                .args(["retro.xml", "retro.pdf"])
                .env("CONFLUENCE_TOKEN", &self.who.personal_access_token);
        }
        let log = self.folder.path().join("log");
        let file = File::create(&log).unwrap();
        let mut child = command
            .current_dir(self.folder.path())
            .env("NO_PROXY", "localhost")
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap();
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break Some(status);
            }
            if start.elapsed() > PATIENCE {
                child.kill().unwrap();
                child.wait().unwrap();
                break None;
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        // It ends well, and says in a warning that it left the page alone.
        let told = fs::read_to_string(&log).unwrap();
        let left = no_overwrite && told.contains("has been edited since last synchronized");
        match status {
            Some(status) if status.success() && !left => Said::Done,
            _ => Said::NotDone,
        }
    }
}

impl Publisher {
    async fn new(tool: Tool, world: &World) -> Publisher {
        let addresses = world.sandbox.addresses();
        let peer = |address: &str| {
            Publisher::Command(Peer {
                tool,
                folder: tempfile::tempdir().unwrap(),
                address: address.to_owned(),
                who: world.sandbox.credentials(),
            })
        };
        let method = match tool {
            Tool::MarkdownToConfluence | Tool::NoOverwrite => return peer(&addresses.cloud),
            Tool::AtlassianPythonApi => return peer(&addresses.data_center),
            Tool::OnCloud => Method::ApiToken,
            Tool::OnDataCenter => Method::PersonalAccessToken,
        };
        let team = world.team().await;
        let connection = world.connect(&team, method).await;
        let mut configuration = world.configuration(&connection, common::SPACE).await;
        configuration.retrospective_parent = Parent::None;
        configuration.retrospective_title = "{{RetrospectiveTitleOrDate}}".into();
        let saved = integrations::save(&world.app, connection.session_id, configuration, false);
        Publisher::Retropress {
            integration: Box::new(saved.await.unwrap()),
            draft: world.retrospective().await,
            operation: None,
        }
    }

    async fn write(&self, world: &World, text: &str) {
        match self {
            Publisher::Command(peer) => peer.write(text),
            Publisher::Retropress { draft, .. } => {
                let opened = drafts::open(&world.app, draft.clone()).await.unwrap();
                let Summary::Retrospective(mut content) = opened.content else {
                    panic!("a retrospective")
                };
                content.title = TITLE.into();
                content.notes = text.into();
                let content = Summary::Retrospective(content);
                drafts::save(&world.app, draft.clone(), opened.revision, content)
                    .await
                    .unwrap();
            }
        }
    }

    /// Runs the command, or presses Publish, and later Retry.
    async fn begin(&mut self, world: &World, again: bool) -> Said {
        match self {
            Publisher::Command(peer) => tokio::task::block_in_place(|| peer.run()),
            Publisher::Retropress {
                integration,
                draft,
                operation,
            } => {
                let begun = match operation {
                    Some(stopped) if again => publish::retry(&world.app, stopped.id.clone()).await,
                    _ => {
                        let (draft, integration) = (draft.clone(), integration.id.clone());
                        publish::publish(&world.app, draft, integration).await
                    }
                };
                let begun = begun.unwrap();
                assert_eq!(begun.title, TITLE);
                *operation = Some(begun);
                Said::NotDone
            }
        }
    }

    /// Waits for the end. A command has ended already.
    async fn end(&mut self, world: &World, said: Said) -> Said {
        let Publisher::Retropress { operation, .. } = self else {
            return said;
        };
        let ended = wait(world, operation.as_ref().unwrap(), |now| {
            !matches!(
                now.state,
                OperationState::Queued | OperationState::Running | OperationState::Checking
            )
        })
        .await;
        match ended.state {
            OperationState::Done => Said::Done,
            _ => Said::NotDone,
        }
    }

    async fn publish(&mut self, world: &World, again: bool) -> Said {
        let said = self.begin(world, again).await;
        self.end(world, said).await
    }
}

async fn wait(world: &World, begun: &Operation, until: fn(&Operation) -> bool) -> Operation {
    for _ in 0..30_000 {
        let now = publish::operation(&world.app, begun.id.clone())
            .await
            .unwrap();
        if until(&now) {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it goes on for ever: {begun:?}");
}

/// Confluence as a colleague sees it.
struct Server {
    http: reqwest::Client,
    host: Host,
    address: String,
    who: Credentials,
}

#[derive(Debug)]
struct Page {
    id: String,
    title: String,
    body: String,
    version: u64,
}

impl Server {
    fn new(world: &World, host: Host) -> Server {
        let addresses = world.sandbox.addresses();
        let address = match host {
            Host::Cloud => &addresses.cloud,
            _ => &addresses.data_center,
        };
        Server {
            http: reqwest::Client::new(),
            host,
            address: address.clone(),
            who: world.sandbox.other_credentials(),
        }
    }

    async fn call(&self, method: reqwest::Method, path: &str, sent: Option<Value>) -> Value {
        let request = self.http.request(method, format!("{}{path}", self.address));
        let mut request = match self.host {
            Host::Cloud => request.basic_auth(&self.who.email, Some(&self.who.api_token)),
            _ => request.bearer_auth(&self.who.personal_access_token),
        };
        if let Some(sent) = sent {
            request = request
                .header("content-type", "application/json")
                .body(sent.to_string());
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        self.call(reqwest::Method::GET, path, None).await
    }

    async fn space(&self) -> String {
        let found = self
            .get(&format!("/api/v2/spaces?keys={}", common::SPACE))
            .await;
        text(&found["results"][0]["id"])
    }

    /// The live pages of the space, whole.
    async fn pages(&self) -> Vec<Page> {
        let path = match self.host {
            Host::Cloud => format!(
                "/api/v2/spaces/{}/pages?status=current&body-format=storage&limit=250",
                self.space().await
            ),
            _ => format!(
                "/rest/api/content?spaceKey={}&type=page&limit=200&expand=body.storage,version",
                common::SPACE
            ),
        };
        let found = self.get(&path).await;
        assert!(found["_links"]["next"].is_null(), "more than one page");
        let pages = found["results"].as_array().unwrap().iter();
        pages
            .map(|it| Page {
                id: text(&it["id"]),
                title: text(&it["title"]),
                body: text(&it["body"]["storage"]["value"]),
                version: it["version"]["number"].as_u64().unwrap(),
            })
            .collect()
    }

    async fn pdfs(&self, page: &Page) -> usize {
        let path = match self.host {
            Host::Cloud => format!("/api/v2/pages/{}/attachments?limit=250", page.id),
            _ => format!("/rest/api/content/{}/child/attachment?limit=200", page.id),
        };
        let found = self.get(&path).await;
        let files = found["results"].as_array().unwrap().iter();
        files
            .filter(|it| text(&it["title"]).ends_with(".pdf"))
            .count()
    }

    async fn create(&self, title: &str, body: &str) {
        let storage = json!({"value": body, "representation": "storage"});
        let mut sent = json!({"title": title, "status": "current", "body": {"storage": storage}});
        let path = match self.host {
            Host::Cloud => {
                sent["spaceId"] = json!(self.space().await);
                "/api/v2/pages"
            }
            _ => {
                sent["type"] = json!("page");
                sent["space"] = json!({"key": common::SPACE});
                "/rest/api/content"
            }
        };
        self.call(reqwest::Method::POST, path, Some(sent)).await;
    }

    async fn change(&self, page: &Page, title: &str, body: &str) {
        let storage = json!({"value": body, "representation": "storage"});
        let sent = json!({
            "id": page.id,
            "type": "page",
            "status": "current",
            "title": title,
            "body": {"storage": storage},
            "version": {"number": page.version + 1},
        });
        let path = match self.host {
            Host::Cloud => format!("/api/v2/pages/{}", page.id),
            _ => format!("/rest/api/content/{}", page.id),
        };
        self.call(reqwest::Method::PUT, &path, Some(sent)).await;
    }

    async fn ours(&self) -> Page {
        let pages = self.pages().await;
        let mut ours = pages.into_iter().filter(|it| it.body.contains(FIRST));
        let found = ours.next().unwrap();
        assert!(ours.next().is_none());
        found
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[derive(Debug)]
struct Outcome {
    lost: bool,
    doubled: usize,
    overwritten: bool,
    /// Before it was tried again.
    early_alone: usize,
    early: usize,
    again: bool,
    words: String,
}

async fn run(tool: Tool, case: Case) -> Outcome {
    let what = format!("{}, {}", tool.name(), case.name);
    let world = world().await;
    let server = Server::new(&world, tool.host());
    let mut publisher = Publisher::new(tool, &world).await;
    publisher.write(&world, FIRST).await;
    let second = matches!(
        case.trouble,
        Trouble::Update(_) | Trouble::Edited | Trouble::Renamed
    );
    let wanted = if second { SECOND } else { FIRST };
    if second {
        let said = publisher.publish(&world, false).await;
        assert_eq!(said, Said::Done, "{what}: the first publish");
        let page = server.ours().await;
        assert_eq!(server.pdfs(&page).await, 1, "{what}");
        publisher.write(&world, &format!("{FIRST} {SECOND}")).await;
    }
    let theirs = match case.trouble {
        Trouble::TitleTaken => {
            server.create(TITLE, &format!("<p>{THEIRS}</p>")).await;
            true
        }
        Trouble::Edited => {
            let page = server.ours().await;
            let body = format!("{}<p>{THEIRS}</p>", page.body);
            server.change(&page, &page.title, &body).await;
            true
        }
        Trouble::Renamed => {
            let page = server.ours().await;
            server.change(&page, RENAMED, &page.body).await;
            true
        }
        _ => false,
    };
    world.sandbox.clear_requests();
    let played = play(tool, &case, &world);

    let mut said = if matches!(case.trouble, Trouble::Refused) {
        offline_at_first(&mut publisher, &world, tool.host()).await
    } else {
        publisher.publish(&world, false).await
    };
    let again = said == Said::NotDone;
    let early_alone = early(&world, case.wait);
    if again {
        said = publisher.publish(&world, true).await;
    }
    assert!(
        played.is_none_or(|it| it.fired()),
        "{what}: the fault did not happen"
    );
    let early = early(&world, case.wait);
    world.sandbox.faults().clear();
    world.sandbox.set_read_lag(Duration::ZERO);

    let pages = server.pages().await;
    let copies: Vec<&Page> = pages.iter().filter(|it| it.body.contains(FIRST)).collect();
    let mut pdfs = 0;
    for page in &copies {
        pdfs += server.pdfs(page).await;
    }
    let doubled = copies.len().max(pdfs).saturating_sub(1);
    let arrived = copies.iter().any(|it| it.body.contains(wanted)) && pdfs > 0;
    let overwritten = theirs
        && !pages.iter().any(|it| match case.trouble {
            Trouble::Renamed => it.title == RENAMED,
            _ => it.body.contains(THEIRS),
        });
    let told = theirs && said == Said::NotDone;
    let lost = !arrived && !told;
    let words = match (lost, overwritten) {
        _ if doubled > 0 => "doubled",
        (_, true) => "overwritten",
        (true, _) if copies.is_empty() && pages.iter().any(|it| it.title == TITLE) => {
            "lost: an empty page"
        }
        (true, _) if copies.is_empty() => "lost: no page",
        (true, _) if pdfs == 0 => "lost: no PDF",
        (true, _) => "lost: the old text",
        (false, false) if arrived => "published",
        (false, false) => "left alone, and said so",
    };
    let mut words = words.to_owned();
    let again = again && !told;
    if again {
        words.push_str(", tried again");
    }
    if early > 0 {
        words.push_str(&format!(", {early} early"));
    }
    Outcome {
        lost,
        doubled,
        overwritten,
        early_alone,
        early,
        again,
        words,
    }
}

fn play(tool: Tool, case: &Case, world: &World) -> Option<Played> {
    let (matching, fault) = match &case.trouble {
        Trouble::Create(fault) => (tool.create(), fault),
        Trouble::LaggingCreate(fault, lag) => {
            world.sandbox.set_read_lag(*lag);
            (tool.create(), fault)
        }
        Trouble::Upload(fault) => (upload(), fault),
        Trouble::Update(fault) => (tool.update(), fault),
        Trouble::Refused | Trouble::TitleTaken | Trouble::Edited | Trouble::Renamed => return None,
    };
    let faults = world.sandbox.faults();
    Some(faults.on(matching.times(case.times), fault.clone()))
}

async fn offline_at_first(publisher: &mut Publisher, world: &World, host: Host) -> Said {
    world.sandbox.set_reachable(host, false).await.unwrap();
    let said = publisher.begin(world, false).await;
    assert_eq!(said, Said::NotDone, "it cannot be done");
    if let Publisher::Retropress { operation, .. } = publisher {
        wait(world, operation.as_ref().unwrap(), |now| {
            matches!(now.waiting, Some(Waiting::Network { .. }))
        })
        .await;
    }
    assert!(world.sandbox.requests().is_empty());
    world.sandbox.set_reachable(host, true).await.unwrap();
    publisher.end(world, said).await
}

/// Requests that came before the time the server had named.
fn early(world: &World, wait: Option<i64>) -> usize {
    let Some(seconds) = wait else {
        return 0;
    };
    let requests = world.sandbox.requests();
    let refusals: Vec<_> = requests
        .iter()
        .filter(|it| it.fault.is_some())
        .map(|it| it.at)
        .collect();
    let until = chrono::Duration::seconds(seconds);
    requests
        .iter()
        .filter(|it| refusals.iter().any(|at| it.at > *at && it.at < *at + until))
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 16)]
#[ignore = "runs two other tools: cargo xtask bench faults"]
async fn the_same_faults_for_all() {
    let room = Arc::new(Semaphore::new(SIDE_BY_SIDE));
    let mut running = JoinSet::new();
    for (place, tool) in Tool::ALL.into_iter().enumerate() {
        for (number, case) in cases().into_iter().enumerate() {
            let room = room.clone();
            running.spawn(async move {
                let _permit = room.acquire_owned().await.unwrap();
                let name = case.name;
                ((number, place), tool.name(), name, run(tool, case).await)
            });
        }
    }
    let mut all = Vec::new();
    while let Some(ended) = running.join_next().await {
        all.push(ended.unwrap());
    }
    all.sort_by_key(|it| it.0);
    for (_, tool, case, it) in all {
        println!(
            "outcome\t{tool}\t{case}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
            u8::from(it.lost),
            it.doubled,
            u8::from(it.overwritten),
            it.early_alone,
            it.early,
            u8::from(it.again),
            it.words
        );
    }
}

/// The README's table is of these cases, and of these versions of the two tools.
#[test]
fn the_document_on_reliability_lists_each_case() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let document = fs::read_to_string(top.join("tests/RELIABILITY.md")).unwrap();
    let wanted = top.join("src-tauri/crates/xtask/bench/requirements.txt");
    let versions = fs::read_to_string(wanted).unwrap();
    for tool in ["markdown-to-confluence", "atlassian-python-api"] {
        let pinned = versions.lines().find_map(|line| line.strip_prefix(tool));
        let version = pinned.unwrap().trim_start_matches('=');
        let told = format!("[{tool}](https://pypi.org/project/{tool}/) {version} ");
        assert!(document.contains(&told), "not in RELIABILITY.md: {told}");
    }
    for case in cases() {
        let row = format!("\n| {} |", case.name);
        assert!(
            document.contains(&row),
            "not in RELIABILITY.md: {} - cargo xtask bench faults",
            case.name
        );
    }
}
