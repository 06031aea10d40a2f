//! Where secrets are left behind. An app of its own process signs in by every method, over a proxy and
//! with a client certificate, publishes, renews and saves, with its log at its most talkative; then its
//! files, its command line, its environment and its memory are looked through for every secret it was
//! given, and once more after everything was disconnected.
//!
//! What the process holds is read as a debugger would (proc_pid_mem(5)): all that a core dump has, and
//! without the file. `cargo xtask test network` installs what is needed and runs this.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops where something is not as it should be"
)]

mod common;
mod company;
#[path = "../../secrets/tests/session/mod.rs"]
mod session;

use std::{
    alloc::System,
    collections::BTreeSet,
    env, fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::Utc;
use common::{SPACE, free_port};
use company::{Company, Nginx, PROXY_PASSWORD, Tinyproxy, through};
use memchr::memmem;
use retropress_app::{
    App, Desktop, OauthOptions, Parts, Result, SandboxAddresses, SandboxHost,
    connect::{
        self, ConnectRequest, Connection, Method,
        sign_in::{self, ScopeFamily, SignInRequest, SignInState},
    },
    drafts::{self, NewDraft},
    integrations::{self, Configuration, Parent},
    network::{self, ClientCertificateChoice, NetworkRequest, NetworkScope},
    publish::{self, OperationState},
    support_report, teams,
};
use retropress_confluence::{Endpoints, HttpOptions, Url};
use retropress_sandbox::{Options, Sandbox};
use retropress_secrets::Vault;
use serde_json::{Value, json};
use session::Session;
use zeroizing_alloc::ZeroAlloc;

/// As the app itself has it.
#[global_allocator]
static WIPING: ZeroAlloc<System> = ZeroAlloc(System);

const SERVICE: &str = "retropress.canary";
/// Where the started process finds the test: nothing secret.
const PLACE: &str = "RETROPRESS_CANARY";

const PASSPHRASE: &str = "certificate-passphrase-canary";

/// Two ends of a conversation in JSON. What was read is wiped like everything else; nothing is kept in
/// a buffer between two messages.
struct Line(TcpStream);

impl Line {
    fn say(&mut self, message: &Value) {
        let text = message.to_string();
        let length = u32::try_from(text.len()).unwrap().to_be_bytes();
        self.0.write_all(&length).unwrap();
        self.0.write_all(text.as_bytes()).unwrap();
    }

    fn hear(&mut self) -> Value {
        let mut length = [0; 4];
        self.0.read_exact(&mut length).unwrap();
        let mut text = vec![0; u32::from_be_bytes(length) as usize];
        self.0.read_exact(&mut text).unwrap();
        serde_json::from_slice(&text).unwrap()
    }
}

// ---- the process that is looked into ----

struct Computer {
    opened: Mutex<Vec<String>>,
}

#[async_trait]
impl Desktop for Computer {
    fn open_in_browser(&self, address: &Url) -> std::io::Result<()> {
        self.opened.lock().unwrap().push(address.to_string());
        Ok(())
    }

    async fn choose_where_to_save(&self, _: &str) -> Option<PathBuf> {
        None
    }
}

struct Elsewhere;

#[async_trait]
impl SandboxHost for Elsewhere {
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

fn text(of: &Value) -> String {
    of.as_str().unwrap().to_owned()
}

/// The process. Without its place there is nothing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_app() {
    let Ok(place) = env::var(PLACE) else {
        return;
    };
    let place: Vec<&str> = place.split('|').collect();
    let [at, folder, bus, port, auth, gateway] = place[..] else {
        panic!("{place:?}")
    };
    let mut line = Line(TcpStream::connect(at).unwrap());
    let logs = Path::new(folder).join(support_report::LOG_FOLDER);
    fs::create_dir_all(&logs).unwrap();
    tracing_subscriber::fmt()
        .with_env_filter("trace")
        .with_ansi(false)
        .with_writer(Mutex::new(
            fs::File::create(logs.join("retropress.2026-11-27.log")).unwrap(),
        ))
        .init();
    let computer = Arc::new(Computer {
        opened: Mutex::default(),
    });
    let app = App::open(Parts {
        folder: folder.into(),
        vault: Vault::on_bus(SERVICE, "key", bus),
        desktop: computer.clone(),
        sandbox: Arc::new(Elsewhere),
        endpoints: Endpoints {
            gateway: gateway.parse().unwrap(),
            auth: auth.parse().unwrap(),
        },
        http: HttpOptions {
            timeout: Duration::from_secs(60),
            ..HttpOptions::default()
        },
        oauth: OauthOptions {
            port: port.parse().unwrap(),
            ..OauthOptions::default()
        },
        clock: Utc::now,
    })
    .unwrap();
    let team = teams::create(&app, "Payments Platform".into())
        .await
        .unwrap()
        .id;
    loop {
        let asked = line.hear();
        let answer = match asked["do"].as_str().unwrap() {
            "network" => {
                let pem = text(&asked["authority"]);
                let request = NetworkRequest {
                    authorities: vec![pem],
                    client_certificate: ClientCertificateChoice::File {
                        file: text(&asked["file"]),
                        key_file: Some(text(&asked["keyFile"])),
                        password: Some(text(&asked["passphrase"])),
                    },
                    ..through(
                        text(&asked["proxy"]).parse().unwrap(),
                        Some(asked["password"].as_str().unwrap()),
                    )
                };
                let new = NetworkScope::New {
                    team_id: team.clone(),
                };
                network::save(&app, new, request, false).await.unwrap();
                Value::Null
            }
            "connect" => {
                let request = ConnectRequest {
                    team_id: team.clone(),
                    integration_id: None,
                    method: serde_json::from_value(asked["method"].clone()).unwrap(),
                    server_url: text(&asked["url"]),
                    account: text(&asked["account"]),
                    secret: Some(text(&asked["secret"])),
                    allow_http: false,
                    expires_on: None,
                };
                let connection = connect::check(&app, request).await.unwrap();
                saved(&app, connection, asked["sessionOnly"] == true).await
            }
            "sign in" => {
                let request = SignInRequest {
                    team_id: team.clone(),
                    integration_id: None,
                    method: serde_json::from_value(asked["method"].clone()).unwrap(),
                    server_url: text(&asked["url"]),
                    client_id: text(&asked["clientId"]),
                    client_secret: Some(text(&asked["clientSecret"])),
                    scopes: ScopeFamily::Granular,
                    service_account: asked["serviceAccount"] == true,
                    https_redirect: None,
                    session_only: None,
                };
                let started = sign_in::start(&app, request).await.unwrap();
                json!({ "id": started.id, "address": started.address })
            }
            "finish" => {
                let id = text(&asked["id"]);
                let connection = loop {
                    match sign_in::read(&app, id.clone()).await.unwrap().state {
                        SignInState::Connected { connection } => break connection,
                        SignInState::ChooseSite { sites } => {
                            let first = sites[0].id.clone();
                            break sign_in::choose_site(&app, id, first).await.unwrap();
                        }
                        SignInState::Waiting { .. } | SignInState::Exchanging => {
                            tokio::time::sleep(Duration::from_millis(10)).await;
                        }
                        other => panic!("{other:?}"),
                    }
                };
                saved(&app, connection, false).await
            }
            "publish" => {
                let model = NewDraft::Retrospective {
                    template_id: "went-well".into(),
                };
                let draft = drafts::create(&app, team.clone(), model).await.unwrap();
                let begun = publish::publish(&app, draft.id, text(&asked["id"]))
                    .await
                    .unwrap();
                let ended = loop {
                    let now = publish::operation(&app, begun.id.clone()).await.unwrap();
                    if !matches!(
                        now.state,
                        OperationState::Queued | OperationState::Running | OperationState::Checking
                    ) {
                        break now;
                    }
                    tokio::time::sleep(Duration::from_millis(10)).await;
                };
                assert_eq!(ended.state, OperationState::Done, "{:?}", ended.error);
                Value::Null
            }
            // Writes the backup.
            "settle" => {
                app.settle().await;
                Value::Null
            }
            "report" => json!(support_report::make(&app).await.unwrap()),
            "disconnect" => {
                for one in integrations::list(&app, team.clone()).await.unwrap() {
                    integrations::disconnect(&app, one.id).await.unwrap();
                }
                Value::Null
            }
            "end" => return,
            other => panic!("{other}"),
        };
        drop(asked);
        line.say(&answer);
    }
}

async fn saved(app: &App, connection: Connection, session_only: bool) -> Value {
    let session = connection.session_id;
    let spaces = connect::spaces(app, session.clone()).await.unwrap();
    let space = spaces.into_iter().find(|it| it.key == SPACE).unwrap();
    let configuration = Configuration {
        space_id: space.id,
        space_key: space.key,
        space_name: space.name,
        retrospective_parent: Parent::None,
        // No two pages of a space have the same title.
        retrospective_title: format!("{{{{RetrospectiveTitleOrDate}}}} {session}"),
        health_check_parent: Parent::None,
        health_check_title: "{{HealthCheckTitleOrDate}}".into(),
        labels: Vec::new(),
    };
    let saved = integrations::save(app, session, configuration, session_only)
        .await
        .unwrap();
    json!(saved.id)
}

// ---- the one that looks ----

/// What is looked for, with what it is.
struct Canary {
    what: String,
    bytes: Vec<u8>,
}

fn canary(what: &str, bytes: &[u8]) -> Canary {
    assert!(bytes.len() >= 12, "{what} is found by chance");
    Canary {
        what: what.to_owned(),
        bytes: bytes.to_vec(),
    }
}

/// Everything a process may write to: its heap, its stacks, what it mapped for itself.
fn memory(pid: u32) -> Vec<(String, Vec<u8>)> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let memory = fs::File::open(format!("/proc/{pid}/mem")).unwrap();
    let mut all = Vec::new();
    for map in maps.lines() {
        let mut words = map.split_whitespace();
        let (from, to) = words.next().unwrap().split_once('-').unwrap();
        let from = u64::from_str_radix(from, 16).unwrap();
        let to = u64::from_str_radix(to, 16).unwrap();
        if !words.next().unwrap().starts_with("rw") {
            continue;
        }
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        // A map may have gone in between.
        if memory.read_exact_at(&mut bytes, from).is_ok() {
            all.push((map.to_owned(), bytes));
        }
    }
    assert!(all.len() > 5);
    all
}

fn found_in<'a>(canaries: &'a [Canary], bytes: &'a [u8]) -> impl Iterator<Item = &'a str> {
    canaries
        .iter()
        .filter(|it| memmem::find(bytes, &it.bytes).is_some())
        .map(|it| &*it.what)
}

fn found_in_memory(canaries: &[Canary], pid: u32) -> BTreeSet<String> {
    memory(pid)
        .iter()
        .flat_map(|(map, bytes)| {
            found_in(canaries, bytes).map(move |what| {
                let place = map.split_whitespace().nth(5).unwrap_or("mapped");
                format!("{what} in {place}")
            })
        })
        .collect()
}

fn files(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, all),
            false => all.push(path),
        }
    }
}

fn assert_nowhere_else(canaries: &[Canary], pid: u32, folder: &Path, report: &str) {
    let mut all = Vec::new();
    files(folder, &mut all);
    let names: Vec<String> = all
        .iter()
        .map(|it| it.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    for wanted in [
        "retropress.db",
        "retropress.db-wal",
        "retropress.backup-1.db",
        "retropress.2026-11-27.log",
    ] {
        assert!(names.iter().any(|it| it == wanted), "{wanted}: {names:?}");
    }
    let log = folder.join("logs/retropress.2026-11-27.log");
    assert!(
        fs::read_to_string(log)
            .unwrap()
            .contains("retropress::http")
    );
    all.push(format!("/proc/{pid}/cmdline").into());
    all.push(format!("/proc/{pid}/environ").into());
    for file in all {
        let bytes = fs::read(&file).unwrap();
        let found: Vec<&str> = found_in(canaries, &bytes).collect();
        assert!(found.is_empty(), "{}: {found:?}", file.display());
    }
    let found: Vec<&str> = found_in(canaries, report.as_bytes()).collect();
    assert!(found.is_empty(), "the support report: {found:?}\n{report}");
}

/// What a browser does with a consent page that is accepted.
async fn accept(page: &str, decision: &str) {
    let browser = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let mut to = Url::parse(page).unwrap();
    let mut form: Vec<(String, String)> = to.query_pairs().into_owned().collect();
    form.push(("decision".into(), decision.into()));
    to.set_query(None);
    let answer = browser.post(to).form(&form).send().await.unwrap();
    let next = answer.headers()["location"].to_str().unwrap().to_owned();
    browser.get(next).send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "starts nginx, tinyproxy and a GNOME Keyring: cargo xtask test network"]
async fn a_secret_is_nowhere_but_in_memory_and_after_disconnect_not_there_either() {
    let keyring = Session::with_keyring();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let sandbox = Sandbox::start(Options {
        port: 0,
        folder: None,
    })
    .await
    .unwrap();
    let port = free_port();
    sandbox
        .set_redirect_uri(&format!("http://localhost:{port}/callback"))
        .unwrap();
    sandbox.given_tokens();
    let (it, keys, apps) = (
        sandbox.addresses().clone(),
        sandbox.credentials(),
        sandbox.oauth_clients(),
    );
    let company = Company::new("Harbour Internal CA 2");
    let nginx = Nginx::start(&company, &it.data_center, "", "ssl_verify_client on;");
    let proxy = Tinyproxy::with_sign_in();
    let (certificate, key) = company.sign("svc-retropress", None);
    let protected = protected(&key, folder.path());
    let proxy_pair = STANDARD.encode(format!("harbour:{PROXY_PASSWORD}"));

    let mut canaries = vec![
        canary("the API token", keys.api_token.as_bytes()),
        canary(
            "the header of the API token",
            STANDARD
                .encode(format!("{}:{}", keys.email, keys.api_token))
                .as_bytes(),
        ),
        canary(
            "the personal access token",
            keys.personal_access_token.as_bytes(),
        ),
        canary("the password", keys.password.as_bytes()),
        canary(
            "the header of the password",
            STANDARD
                .encode(format!("{}:{}", keys.username, keys.password))
                .as_bytes(),
        ),
        canary("the client secret", apps.cloud.secret.as_bytes()),
        canary(
            "the client secret of the link",
            apps.data_center.secret.as_bytes(),
        ),
        canary(
            "the client secret of the service account",
            apps.service_account.secret.as_bytes(),
        ),
        canary("the proxy's password", PROXY_PASSWORD.as_bytes()),
        canary("the header of the proxy's password", proxy_pair.as_bytes()),
        canary("the certificate's passphrase", PASSPHRASE.as_bytes()),
    ];
    let lines: Vec<&str> = key.lines().collect();
    canaries.push(canary("the certificate's key as text", lines[1].as_bytes()));
    let der = STANDARD.decode(lines[1..lines.len() - 1].concat()).unwrap();
    // PKCS #8 of P-256: the 32 bytes of the private number stand behind a fixed head.
    canaries.push(canary("the certificate's key", &der[36..68]));

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = [
        listener.local_addr().unwrap().to_string(),
        data.display().to_string(),
        keyring.address.clone(),
        port.to_string(),
        it.auth.clone(),
        it.gateway.clone(),
    ];
    let mut process = Command::new(env::current_exe().unwrap())
        .args(["one_app", "--exact", "--nocapture"])
        .env(PLACE, place.join("|"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let pid = process.id();
    let mut line = Line(listener.accept().unwrap().0);
    let mut ask = |what: Value| {
        line.say(&what);
        line.hear()
    };
    assert!(found_in_memory(&canaries, pid).is_empty());

    let encode = |text: &str| STANDARD.encode(text);
    ask(
        json!({ "do": "network", "authority": company.pem, "file": encode(&certificate),
        "keyFile": encode(&protected), "passphrase": PASSPHRASE, "proxy": proxy.at.to_string(),
        "password": PROXY_PASSWORD }),
    );
    let mut ids = Vec::new();
    for (method, url, account, secret, session_only) in [
        // The first one takes the settings of the network with it.
        (
            Method::PersonalAccessToken,
            &nginx.url(),
            "",
            &keys.personal_access_token,
            false,
        ),
        (
            Method::ApiToken,
            &it.cloud,
            &*keys.email,
            &keys.api_token,
            false,
        ),
        (
            Method::Basic,
            &it.data_center,
            &*keys.username,
            &keys.password,
            true,
        ),
    ] {
        ids.push(ask(json!({ "do": "connect", "method": method, "url": url,
            "account": account, "secret": secret, "sessionOnly": session_only })));
    }
    assert!(proxy.tunnels(nginx.at) > 0);
    for (method, url, client, service, decision) in [
        (Method::AtlassianLogin, "", &apps.cloud, false, "accept"),
        (
            Method::ApplicationLink,
            &*it.data_center,
            &apps.data_center,
            false,
            "allow",
        ),
        (Method::AtlassianLogin, "", &apps.service_account, true, ""),
    ] {
        let started = ask(json!({ "do": "sign in", "method": method, "url": url,
            "clientId": client.id, "clientSecret": client.secret, "serviceAccount": service }));
        if !service {
            accept(started["address"].as_str().unwrap(), decision).await;
        }
        ids.push(ask(json!({ "do": "finish", "id": started["id"] })));
    }
    // Each publishes, the OAuth ones after a renewal.
    sandbox.expire_access_tokens().unwrap();
    for id in &ids {
        ask(json!({ "do": "publish", "id": id }));
    }
    ask(json!({ "do": "settle" }));
    let report = ask(json!({ "do": "report" }));
    let given = sandbox.given_tokens();
    assert!(given.len() > 6, "{}", given.len());
    for (number, token) in given.iter().enumerate() {
        let what = format!("OAuth token {number}");
        // Signed ones begin alike: the end is their own.
        let end = &token.as_bytes()[token.len().saturating_sub(48)..];
        canaries.push(canary(&what, end));
    }

    // In use some of it is in memory, so it can be found; it is nowhere else.
    let held = found_in_memory(&canaries, pid);
    println!("held in use: {held:#?}");
    assert!(
        held.iter().any(|it| it.starts_with("the password in ")),
        "{held:?}"
    );
    assert_nowhere_else(&canaries, pid, &data, report.as_str().unwrap());
    assert_eq!(
        keyring.entries(SERVICE),
        1,
        "the key that everything is sealed with"
    );

    let sealed = sealed_in(&data);
    assert_eq!(sealed.len(), 7, "five secrets, a password and a key");
    let backup = fs::read(data.join("retropress.backup-1.db")).unwrap();
    assert_eq!(found_in(&sealed, &backup).count(), 7);
    ask(json!({ "do": "disconnect" }));
    let report = ask(json!({ "do": "report" }));
    // Connections are closed by tasks of their own. That takes no time to speak of; after a minute it
    // would be done by their being idle, which proves nothing.
    let mut left = found_in_memory(&canaries, pid);
    let disconnected = Instant::now();
    while !left.is_empty() && disconnected.elapsed() < Duration::from_secs(30) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        left = found_in_memory(&canaries, pid);
    }
    assert!(left.is_empty(), "after Disconnect there is: {left:#?}");
    assert_nowhere_else(&canaries, pid, &data, report.as_str().unwrap());
    assert_eq!(keyring.entries(SERVICE), 0);
    // Not even sealed.
    assert!(sealed_in(&data).is_empty());
    let mut all = Vec::new();
    files(&data, &mut all);
    for file in all {
        let bytes = fs::read(&file).unwrap();
        let left: Vec<&str> = found_in(&sealed, &bytes).collect();
        assert!(left.is_empty(), "{}: {left:?}", file.display());
    }
    line.say(&json!({ "do": "end" }));
    assert!(process.wait().unwrap().success());
}

/// The key, encrypted with the passphrase.
fn protected(key: &str, folder: &Path) -> String {
    let plain = folder.join("plain.key");
    fs::write(&plain, key).unwrap();
    let output = Command::new("openssl")
        .args(["pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout"])
        .arg(format!("pass:{PASSPHRASE}"))
        .arg("-in")
        .arg(&plain)
        .output()
        .expect("openssl is installed");
    fs::remove_file(&plain).unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

fn sealed_in(data: &Path) -> Vec<Canary> {
    let database = rusqlite::Connection::open(data.join("retropress.db")).unwrap();
    let mut all = database
        .prepare(
            "SELECT sealed FROM secret UNION ALL SELECT proxy_password FROM network
             UNION ALL SELECT client_key FROM network",
        )
        .unwrap();
    let rows = all
        .query_map([], |row| row.get::<_, Option<Vec<u8>>>(0))
        .unwrap();
    rows.filter_map(|it| it.unwrap())
        .map(|it| canary("a sealed secret", &it))
        .collect()
}
