//! An app without a window, in a temporary folder, with a sandbox to talk to.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

pub mod history;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use chrono::Utc;
use retropress_app::{
    App, Desktop, OauthOptions, Parts, Result, SandboxAddresses, SandboxHost,
    connect::{
        self, ConnectRequest, Connection, Method,
        sign_in::{self, ScopeFamily, SignIn, SignInRequest, SignInState},
    },
    drafts::{self, NewDraft},
    integrations::{self, Configuration, Integration, Parent},
    publish::{self, Operation, OperationState},
    teams::{self, Team},
};
use retropress_confluence::{
    Client, Credential, Endpoints, FoundPage, Http, HttpOptions, PageUpdate, Route, SpaceRef, Url,
};
use retropress_sandbox::{Options, Sandbox};
use retropress_secrets::Vault;
use retropress_summary::{Summary, sample};
use tempfile::TempDir;

pub struct World {
    pub app: App,
    pub sandbox: Arc<Sandbox>,
    pub opened: Arc<Mutex<Vec<String>>>,
    pub folder: TempDir,
    pub vault: Vault,
    pub oauth: OauthOptions,
}

struct Browser {
    opened: Arc<Mutex<Vec<String>>>,
    folder: PathBuf,
}

#[async_trait]
impl Desktop for Browser {
    fn open_in_browser(&self, address: &Url) -> std::io::Result<()> {
        self.opened.lock().unwrap().push(address.to_string());
        Ok(())
    }

    async fn choose_where_to_save(&self, file_name: &str) -> Option<PathBuf> {
        Some(self.folder.join(file_name))
    }

    /// The last one by its name that lies where files are saved.
    async fn choose_what_to_open(&self, ending: &str) -> Option<PathBuf> {
        let files = std::fs::read_dir(&self.folder).unwrap();
        let found = files.map(|it| it.unwrap().path());
        found
            .filter(|it| it.extension().is_some_and(|it| it == ending))
            .max()
    }

    fn restart(&self) {
        self.opened.lock().unwrap().push("restart".to_owned());
    }
}

struct Running(Arc<Sandbox>);

#[async_trait]
impl SandboxHost for Running {
    async fn start(&self) -> Result<SandboxAddresses> {
        Ok(addresses(&self.0))
    }

    fn running(&self) -> Option<SandboxAddresses> {
        Some(addresses(&self.0))
    }

    async fn empty(&self) -> Result<()> {
        self.0.empty().await.unwrap();
        Ok(())
    }
}

fn addresses(sandbox: &Sandbox) -> SandboxAddresses {
    let (it, keys) = (sandbox.addresses(), sandbox.credentials());
    let apps = sandbox.oauth_clients();
    SandboxAddresses {
        cloud: it.cloud.parse().unwrap(),
        gateway: it.gateway.parse().unwrap(),
        auth: it.auth.parse().unwrap(),
        second_cloud: it.second_cloud.parse().unwrap(),
        data_center: it.data_center.parse().unwrap(),
        client_ids: vec![apps.cloud.id, apps.service_account.id],
        email: keys.email,
        api_token: keys.api_token,
        personal_access_token: keys.personal_access_token,
        username: keys.username,
        password: keys.password,
        cloud_client: client(sandbox.oauth_clients().cloud),
        data_center_client: client(sandbox.oauth_clients().data_center),
        service_account: client(sandbox.oauth_clients().service_account),
    }
}

pub async fn world() -> World {
    world_with(Vault::in_memory()).await
}

/// With this keyring.
pub async fn world_with(vault: Vault) -> World {
    let sandbox = Sandbox::start(Options {
        port: 0,
        folder: None,
    })
    .await
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let oauth = OauthOptions {
        port: free_port(),
        ..OauthOptions::default()
    };
    let redirect = format!("http://localhost:{}/callback", oauth.port);
    sandbox.set_redirect_uri(&redirect).unwrap();
    let (sandbox, opened) = (Arc::new(sandbox), Arc::default());
    let app = app(&folder, &vault, &sandbox, &opened, &oauth);
    World {
        app,
        oauth,
        sandbox,
        opened,
        folder,
        vault,
    }
}

fn app(
    folder: &TempDir,
    vault: &Vault,
    sandbox: &Arc<Sandbox>,
    opened: &Arc<Mutex<Vec<String>>>,
    oauth: &OauthOptions,
) -> App {
    App::open(Parts {
        folder: folder.path().join("data"),
        vault: vault.clone(),
        desktop: Arc::new(Browser {
            opened: opened.clone(),
            folder: folder.path().to_owned(),
        }),
        sandbox: Arc::new(Running(sandbox.clone())),
        endpoints: Endpoints::default(),
        http: HttpOptions {
            timeout: Duration::from_secs(3),
            ..HttpOptions::default()
        },
        oauth: oauth.clone(),
        clock,
    })
    .unwrap()
}

/// What somebody sees of the sandbox who does not go through the app, and the space that is published
/// to.
pub async fn confluence(sandbox: &Sandbox, method: Method) -> (Client, SpaceRef) {
    let http = Http::new(&HttpOptions::default()).unwrap();
    let (at, keys) = (sandbox.addresses(), sandbox.credentials());
    let (address, credential) = match method {
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
    let client = Client::new(&http, site, credential, Endpoints::default(), Route::Site);
    let spaces = client.spaces().await.unwrap();
    let space = spaces.iter().find(|it| it.key == SPACE).unwrap();
    (client, space.to_ref())
}

/// How far the computer's clock was set, in milliseconds, in the tests that do so.
pub static CLOCK_SET: std::sync::atomic::AtomicI64 = std::sync::atomic::AtomicI64::new(0);

fn clock() -> chrono::DateTime<Utc> {
    let by = CLOCK_SET.load(std::sync::atomic::Ordering::SeqCst);
    Utc::now() + chrono::Duration::milliseconds(by)
}

/// One that nobody listens on, below the range from which the system takes ports of its own accord.
pub fn free_port() -> u16 {
    use std::sync::atomic::{AtomicU16, Ordering};
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = 12_000 + (std::process::id() % 1_000) as u16 * 18 + step % 1_000;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

impl World {
    /// The app ends and is started again with the same folder and keyring.
    pub fn restart(&mut self) {
        self.app = app(
            &self.folder,
            &self.vault,
            &self.sandbox,
            &self.opened,
            &self.oauth,
        );
    }

    /// Another laptop of the same user, with the same Confluence.
    pub fn another_laptop(&self) -> World {
        let (folder, vault, opened) = (
            tempfile::tempdir().unwrap(),
            Vault::in_memory(),
            Arc::default(),
        );
        World {
            app: app(&folder, &vault, &self.sandbox, &opened, &self.oauth),
            sandbox: self.sandbox.clone(),
            opened,
            folder,
            vault,
            oauth: self.oauth.clone(),
        }
    }

    pub async fn team(&self) -> Team {
        match teams::list(&self.app).await.unwrap().into_iter().next() {
            Some(team) => team,
            None => teams::create(&self.app, "Payments Platform".into())
                .await
                .unwrap(),
        }
    }

    pub fn request(&self, team: &Team, method: Method) -> ConnectRequest {
        let (it, keys) = (self.sandbox.addresses(), self.sandbox.credentials());
        let (server_url, account, secret) = match method {
            Method::ApiToken => (it.cloud.clone(), keys.email, keys.api_token),
            Method::PersonalAccessToken => (
                it.data_center.clone(),
                String::new(),
                keys.personal_access_token,
            ),
            _ => (it.data_center.clone(), keys.username, keys.password),
        };
        ConnectRequest {
            team_id: team.id.clone(),
            integration_id: None,
            method,
            server_url,
            account,
            secret: Some(secret),
            allow_http: false,
            expires_on: None,
        }
    }

    pub async fn connect(&self, team: &Team, method: Method) -> Connection {
        connect::check(&self.app, self.request(team, method))
            .await
            .unwrap()
    }

    pub async fn configuration(&self, connection: &Connection, space: &str) -> Configuration {
        let spaces = connect::spaces(&self.app, connection.session_id.clone())
            .await
            .unwrap();
        let space = spaces.into_iter().find(|it| it.key == space).unwrap();
        Configuration {
            space_id: space.id,
            space_key: space.key,
            space_name: space.name,
            retrospective_parent: Parent::New {
                title: "Retrospectives {{YYYY}}".into(),
            },
            retrospective_title: "{{RetrospectiveTitleOrDate}} - Retrospective".into(),
            health_check_parent: Parent::None,
            health_check_title: "{{HealthCheckTitleOrDate}} - Health Check".into(),
            labels: Vec::new(),
        }
    }

    pub async fn integration(&self, method: Method) -> Integration {
        let team = self.team().await;
        let connection = self.connect(&team, method).await;
        let configuration = self.configuration(&connection, SPACE).await;
        integrations::save(&self.app, connection.session_id, configuration, false)
            .await
            .unwrap()
    }

    pub async fn retrospective(&self) -> String {
        let team = self.team().await;
        let new = NewDraft::Retrospective {
            template_id: "went-well".into(),
        };
        let draft = drafts::create(&self.app, team.id, new).await.unwrap();
        let content = sample::retrospective(Utc::now().date_naive());
        drafts::save(
            &self.app,
            draft.id.clone(),
            1,
            Summary::Retrospective(content),
        )
        .await
        .unwrap();
        draft.id
    }

    pub async fn health_check(&self) -> String {
        let team = self.team().await;
        let model_id = drafts::models(&self.app).await.unwrap()[0].id.clone();
        let new = NewDraft::HealthCheck { model_id };
        let draft = drafts::create(&self.app, team.id, new).await.unwrap();
        let content = sample::health_check(Utc::now().date_naive());
        drafts::save(
            &self.app,
            draft.id.clone(),
            1,
            Summary::HealthCheck(content),
        )
        .await
        .unwrap();
        draft.id
    }

    /// Waits until the operation has ended or needs its author.
    pub async fn settled(&self, operation: &Operation) -> Operation {
        for _ in 0..6000 {
            let now = publish::operation(&self.app, operation.id.clone())
                .await
                .unwrap();
            match now.state {
                OperationState::Queued | OperationState::Running | OperationState::Checking => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                _ => return now,
            }
        }
        panic!("the operation goes on for ever");
    }

    pub async fn publish(&self, draft_id: &str, integration: &Integration) -> Operation {
        let operation = publish::publish(&self.app, draft_id.to_owned(), integration.id.clone())
            .await
            .unwrap();
        self.settled(&operation).await
    }

    /// Somebody changes the page in Confluence itself.
    pub async fn edit_in_confluence(&self, page_id: &str) {
        let (client, page, space) = self.in_confluence(page_id).await;
        let update = PageUpdate {
            id: page.id,
            space,
            title: page.title,
            body: format!("{}<p>One more thing.</p>", page.body.unwrap()),
            version: page.version + 1,
            message: "By hand".into(),
            parent_id: page.parent_id,
        };
        client.update_page(&update).await.unwrap();
    }

    /// Somebody gives the page another title in Confluence itself.
    pub async fn rename_in_confluence(&self, page_id: &str, title: &str) {
        let (client, page, space) = self.in_confluence(page_id).await;
        let update = PageUpdate {
            id: page.id,
            space,
            title: title.to_owned(),
            body: page.body.unwrap(),
            version: page.version + 1,
            message: String::new(),
            parent_id: page.parent_id,
        };
        client.update_page(&update).await.unwrap();
    }

    /// Somebody puts the page into the bin in Confluence itself.
    pub async fn trash_in_confluence(&self, page_id: &str) {
        let (client, ..) = self.in_confluence(page_id).await;
        client.delete_page(page_id).await.unwrap();
    }

    async fn in_confluence(&self, page_id: &str) -> (Client, FoundPage, SpaceRef) {
        // The page is on one of the two hosts, and ids differ between them.
        for method in [Method::ApiToken, Method::PersonalAccessToken] {
            let (client, space) = confluence(&self.sandbox, method).await;
            if let Some(page) = client.page(page_id).await.unwrap() {
                return (client, page, space);
            }
        }
        panic!("the page is on neither host");
    }

    /// Method and path of each request since the last call.
    pub fn requests(&self) -> Vec<String> {
        let all = self.sandbox.requests();
        self.sandbox.clear_requests();
        all.iter()
            .map(|it| format!("{} {}", it.method, it.path))
            .collect()
    }
}

/// An app without a sandbox and without a browser, with this server in the place of Atlassian. The
/// server tells by the user agent which process asks.
pub fn alone(folder: &Path, vault: &Vault, atlassian: &Url, oauth: OauthOptions) -> App {
    try_alone(folder, vault, atlassian, oauth).unwrap()
}

pub fn try_alone(
    folder: &Path,
    vault: &Vault,
    atlassian: &Url,
    oauth: OauthOptions,
) -> Result<App> {
    App::open(Parts {
        folder: folder.to_owned(),
        vault: vault.clone(),
        desktop: Arc::new(Browser {
            opened: Arc::default(),
            folder: folder.to_owned(),
        }),
        sandbox: Arc::new(NoSandbox),
        endpoints: Endpoints {
            gateway: atlassian.clone(),
            auth: atlassian.clone(),
        },
        http: HttpOptions {
            user_agent: std::process::id().to_string(),
            timeout: Duration::from_secs(60),
            ..HttpOptions::default()
        },
        oauth,
        clock: Utc::now,
    })
}

struct NoSandbox;

#[async_trait]
impl SandboxHost for NoSandbox {
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

pub async fn atlassian_login(app: &App, client_id: &str, client_secret: &str) -> SignInRequest {
    let team = match teams::list(app).await.unwrap().into_iter().next() {
        Some(team) => team,
        None => teams::create(app, "Payments Platform".into())
            .await
            .unwrap(),
    };
    SignInRequest {
        team_id: team.id,
        integration_id: None,
        method: Method::AtlassianLogin,
        server_url: String::new(),
        client_id: client_id.into(),
        client_secret: Some(client_secret.into()),
        scopes: ScopeFamily::Granular,
        service_account: false,
        https_redirect: None,
        session_only: None,
    }
}

/// Waits for the end of a sign-in with one site, and saves what came of it.
pub async fn saved(app: &App, sign_in: &SignIn) -> Integration {
    let connection = loop {
        let now = sign_in::read(app, sign_in.id.clone()).await.unwrap();
        match now.state {
            SignInState::Connected { connection } => break connection,
            SignInState::Waiting { .. } | SignInState::Exchanging => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            other => panic!("{other:?}"),
        }
    };
    let spaces = connect::spaces(app, connection.session_id.clone())
        .await
        .unwrap();
    let configuration = Configuration {
        space_id: spaces[0].id.clone(),
        space_key: spaces[0].key.clone(),
        space_name: spaces[0].name.clone(),
        retrospective_parent: Parent::None,
        retrospective_title: "{{RetrospectiveTitleOrDate}}".into(),
        health_check_parent: Parent::None,
        health_check_title: "{{HealthCheckTitleOrDate}}".into(),
        labels: Vec::new(),
    };
    integrations::save(app, connection.session_id, configuration, false)
        .await
        .unwrap()
}

/// A space of the sandbox whose pages may be written.
pub const SPACE: &str = "PAY";

fn client(app: retropress_sandbox::OAuthClient) -> retropress_app::sandbox::SandboxClient {
    retropress_app::sandbox::SandboxClient {
        id: app.id,
        secret: app.secret,
    }
}
