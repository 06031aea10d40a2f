//! Signing in through the browser: OAuth with Atlassian, and with a Data Center's application link.
//!
//! [`start`] opens the consent page; [`read`] tells how far it is, with an event at each change;
//! [`paste_address`] takes the address where no browser can reach this computer. It ends in a
//! [`Connection`], the same that [`super::check`] gives.

use std::{
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use chrono::{DateTime, Utc};
use retropress_confluence::{
    self as confluence, Answered, Callback, Client, Consent, Credential, Endpoints, ErrorKind,
    NotTheAnswer, Oauth, OauthServer, Route, SecretString, Site, Tokens, Url, read_answer,
    redirect_address,
};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use tokio::{sync::OnceCell, task::JoinHandle};
use ts_rs::TS;

use super::{Connection, Method, Secret, Session};
use crate::{
    ApiError, App, ErrorCode, Event, Field, Result, clients,
    error::from_confluence,
    grant::Grant,
    integrations::{self, SignInDetails, StoredIntegration},
    lock,
    network::{self, NetworkScope},
    new_id, sealing, signing_in, teams,
};

/// Which of Atlassian's two families of scopes an app is registered with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum ScopeFamily {
    /// What REST v2 asks for.
    #[default]
    Granular,
    /// What REST v1 asks for: for apps that were registered before, where the site still serves it.
    Classic,
}

/// What the Connect step's form holds for a sign-in through the browser, or of a service account.
///
/// It crosses from the window only; nothing with a secret ever crosses back.
#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SignInRequest {
    pub team_id: String,
    /// The integration that is edited.
    pub integration_id: Option<String>,
    /// Atlassian Login or Application Link.
    pub method: Method,
    /// Of an application link; empty with Atlassian Login.
    pub server_url: String,
    /// Empty for the one that is built in or set, else for the saved one.
    pub client_id: String,
    /// `None` for the saved, built-in or set one.
    pub client_secret: Option<String>,
    pub scopes: ScopeFamily,
    /// Atlassian Login by client credentials: no browser, no consent page.
    pub service_account: bool,
    /// The application link was made with the `https` form of the redirect URL, as older lines of
    /// Data Center ask for: the address is pasted then, since no browser can load it.
    #[serde(default)]
    #[ts(optional)]
    pub https_redirect: Option<bool>,
    /// Do not ask for a keyring: the sign-in will be saved for this session only.
    #[serde(default)]
    #[ts(optional)]
    pub session_only: Option<bool>,
}

/// A sign-in under way, or how it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SignIn {
    pub id: String,
    pub method: Method,
    pub state: SignInState,
    /// The page the browser was sent to; empty for a service account.
    pub address: String,
    pub redirect_url: String,
    /// After this nobody is waited for any more.
    pub ends_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "type")]
#[ts(export)]
pub enum SignInState {
    /// The consent page is open in the browser.
    Waiting {
        /// The browser's answer comes by itself; else its address has to be pasted.
        listening: bool,
        /// Why it does not, or why no browser was opened.
        problem: Option<String>,
    },
    Exchanging,
    ChooseSite {
        sites: Vec<CloudSite>,
    },
    Connected {
        connection: Connection,
    },
    Failed {
        error: ApiError,
    },
    /// By the user, here or on the consent page, or by a newer sign-in.
    Cancelled,
}

/// A Cloud site the account may be used with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct CloudSite {
    /// Atlassian's cloud id.
    pub id: String,
    pub name: String,
    /// `https://harbour.atlassian.net`
    pub url: String,
}

/// What an administrator needs to register Retropress, and what is known of it already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct OauthSetup {
    /// To be entered where the app or the application link is made; has to match to the letter.
    pub redirect_url: String,
    /// The same for lines of Data Center that take `https` only; empty on Cloud.
    pub https_redirect_url: String,
    /// Of the integration, else the one that is built in or set; empty where there is none.
    pub client_id: String,
    /// Client id and secret are built in or set: one button is enough.
    pub client_known: bool,
    /// The integration's client secret is saved.
    pub client_secret_saved: bool,
    pub application_name: String,
    /// Of an application link.
    pub permission: String,
    /// Of an OAuth app of Atlassian; empty for an application link.
    pub scopes: Vec<ScopeView>,
    /// Where the app is made: Atlassian's developer console. Empty for an application link.
    pub apps_page: String,
}

/// One scope and what it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ScopeView {
    /// Empty where only the other family has one.
    pub granular: String,
    pub classic: String,
    pub required_for: String,
}

/// How Retropress signs in through the browser on this computer.
#[derive(Clone)]
pub struct OauthOptions {
    /// Of the redirect URL. Fixed, since an app is registered with one exact address.
    pub port: u16,
    /// The organisation's app of Atlassian's, where it is known: one button is enough then.
    pub client: Option<OauthClient>,
    /// How long a browser's answer is waited for.
    pub patience: Duration,
}

/// Client id and client secret of an OAuth app.
pub struct OauthClient {
    pub id: String,
    pub secret: SecretString,
}

impl Clone for OauthClient {
    fn clone(&self) -> Self {
        Self {
            id: self.id.clone(),
            secret: SecretString::from(self.secret.expose_secret()),
        }
    }
}

impl Default for OauthOptions {
    /// Port 47620, five minutes, and the client this build was given by `RETROPRESS_OAUTH_CLIENT_ID`
    /// and `RETROPRESS_OAUTH_CLIENT_SECRET`.
    fn default() -> Self {
        let built_in = option_env!("RETROPRESS_OAUTH_CLIENT_ID")
            .zip(option_env!("RETROPRESS_OAUTH_CLIENT_SECRET"))
            .filter(|(id, secret)| !id.is_empty() && !secret.is_empty());
        Self {
            port: 47620,
            client: built_in.map(|(id, secret)| OauthClient {
                id: id.to_owned(),
                secret: SecretString::from(secret),
            }),
            patience: Duration::from_secs(5 * 60),
        }
    }
}

/// The scopes of both families, with what each is required for. Nothing else is asked for. An app of
/// the granular family may have a classic one among them.
pub(crate) const SCOPES: [(&str, &str, &str); 9] = [
    (
        "read:space:confluence",
        "read:confluence-space.summary",
        "reading the list of spaces during configuration",
    ),
    (
        "write:page:confluence",
        "write:confluence-content",
        "creating pages for retrospective and health check reports",
    ),
    // REST v2 cannot label. The call of v1 takes this one; for its granular alternative Atlassian
    // promises nothing yet.
    (
        "write:confluence-content",
        "",
        "labelling them, where labels are configured",
    ),
    (
        "delete:page:confluence",
        "",
        "deleting a published page when you choose Delete",
    ),
    (
        "write:confluence-file",
        "write:confluence-file",
        "adding the PDF to them",
    ),
    (
        "read:page:confluence",
        "read:confluence-content.summary",
        "checking whether a parent page exists, and whether a publish already arrived",
    ),
    (
        "read:attachment:confluence",
        "",
        "checking whether the PDF already arrived",
    ),
    (
        "read:confluence-user",
        "",
        "naming the account in the wizard",
    ),
    (
        "offline_access",
        "offline_access",
        "publishing later without signing in each time",
    ),
];

/// The first line of Data Center that gives out tokens of its own.
const FIRST_PROVIDER: (u32, u32) = (7, 17);

/// Of an application link.
const PERMISSION: &str = "Write";

pub(crate) fn scopes(method: Method, family: ScopeFamily) -> Vec<&'static str> {
    if method == Method::ApplicationLink {
        return vec!["WRITE"];
    }
    SCOPES
        .iter()
        .map(|(granular, classic, _)| match family {
            ScopeFamily::Granular => *granular,
            ScopeFamily::Classic => *classic,
        })
        .filter(|scope| !scope.is_empty())
        .collect()
}

/// The sign-ins of this run, the newest last.
#[derive(Default)]
pub(crate) struct SignIns {
    flows: Mutex<Vec<Arc<Flow>>>,
    /// One after the other: the port is one.
    starting: tokio::sync::Mutex<()>,
}

/// How many are remembered, so that a window that missed the end of one can still read it.
const REMEMBERED: usize = 8;

/// One attempt to sign in.
struct Flow {
    id: String,
    method: Method,
    /// The integration that is edited.
    integration_id: Option<String>,
    address: String,
    redirect_url: String,
    ends_at: DateTime<Utc>,
    state: Mutex<SignInState>,
    next: Mutex<Next>,
    task: Mutex<Option<JoinHandle<()>>>,
}

/// What a sign-in needs for its next step; taken when that is made, so that it is made once.
enum Next {
    Consent(Box<Attempt>),
    Site(Arc<Choice>),
    /// One was chosen. Its session keeps the choice, which ends with it.
    OtherSite(Weak<Choice>),
    Nothing,
}

struct Attempt {
    plan: Plan,
    oauth: Oauth,
    consent: Consent,
}

/// A sign-in that may be used with several sites.
pub(crate) struct Choice {
    plan: Plan,
    grant: Grant,
    sites: Vec<confluence::CloudSite>,
}

/// What was asked for, as far as it is known before anybody was asked.
struct Plan {
    team_id: String,
    integration_id: Option<String>,
    method: Method,
    server: OauthServer,
    endpoints: Endpoints,
    client: OauthClient,
    scopes: ScopeFamily,
    service_account: bool,
}

impl Plan {
    fn way(&self) -> NetworkScope {
        NetworkScope::of(self.integration_id.as_deref(), &self.team_id)
    }
}

impl Flow {
    fn view(&self) -> SignIn {
        SignIn {
            id: self.id.clone(),
            method: self.method,
            state: lock(&self.state).clone(),
            address: self.address.clone(),
            redirect_url: self.redirect_url.clone(),
            ends_at: self.ends_at,
        }
    }

    /// Goes on to a state, unless it has ended. Answers whether it did.
    fn become_state(&self, app: &App, next: SignInState) -> bool {
        let mut state = lock(&self.state);
        if has_ended(&state) {
            return false;
        }
        *state = next;
        drop(state);
        app.tell(Event::SignInChanged {
            sign_in_id: self.id.clone(),
        });
        true
    }

    /// Ends it for good, whatever goes on; the port is free when this returns.
    async fn cancel(&self, app: &App) {
        // The state comes first: whoever starts a task after this one was stopped looks at it.
        self.become_state(app, SignInState::Cancelled);
        self.stop().await;
    }

    /// With a site; a second time with another one.
    fn connected(&self, app: &App, connection: &Connection) {
        let mut state = lock(&self.state);
        if matches!(*state, SignInState::Failed { .. } | SignInState::Cancelled) {
            return;
        }
        *state = SignInState::Connected {
            connection: connection.clone(),
        };
        drop(state);
        app.tell(Event::SignInChanged {
            sign_in_id: self.id.clone(),
        });
    }

    fn fail(&self, app: &App, error: ApiError) {
        self.become_state(app, SignInState::Failed { error });
    }

    /// Ends whatever goes on; the port is free when this returns.
    async fn stop(&self) {
        let task = lock(&self.task).take();
        if let Some(task) = task {
            task.abort();
            // It ends by being aborted.
            let _ = task.await;
        }
        *lock(&self.next) = Next::Nothing;
    }
}

pub async fn setup(
    app: &App,
    team_id: String,
    integration_id: Option<String>,
    method: Method,
) -> Result<OauthSetup> {
    teams::find(app, &team_id)?;
    let cloud = method == Method::AtlassianLogin;
    let saved = match &integration_id {
        Some(id) => Some(integrations::find(app, id)?).filter(|it| it.method == method),
        None => None,
    };
    let known = signing_in::known_client_id(app)?.filter(|_| cloud);
    let client_id = match (&saved, &known) {
        (Some(saved), _) => saved.sign_in.client_id.clone(),
        (None, Some(known)) => known.clone(),
        (None, None) => String::new(),
    };
    let client_secret_saved = match &saved {
        Some(saved) => clients::has_secret(app, saved)?,
        None => false,
    };
    let apps = Site {
        base_url: app.inner.endpoints.gateway.clone(),
        edition: confluence::Edition::Cloud,
        version: None,
        cloud_id: None,
        name: String::new(),
    };
    Ok(OauthSetup {
        redirect_url: redirect(app, false)?.to_string(),
        https_redirect_url: if cloud {
            String::new()
        } else {
            redirect(app, true)?.to_string()
        },
        client_id,
        client_known: known.is_some(),
        client_secret_saved,
        application_name: "Retropress".to_owned(),
        permission: PERMISSION.to_owned(),
        scopes: SCOPES
            .iter()
            .filter(|_| cloud)
            .map(|(granular, classic, required_for)| ScopeView {
                granular: (*granular).to_owned(),
                classic: (*classic).to_owned(),
                required_for: (*required_for).to_owned(),
            })
            .collect(),
        apps_page: if cloud {
            apps.server_page(confluence::ServerPage::OauthApps)
                .to_string()
        } else {
            String::new()
        },
    })
}

/// Opens the consent page in the browser and waits for its answer; a sign-in that was under way is
/// cancelled. A service account needs no page: then tokens are asked for at once.
///
/// The keyring is asked first: nobody should sign in for nothing.
pub async fn start(app: &App, request: SignInRequest) -> Result<SignIn> {
    let plan = plan(app, &request).await?;
    if request.session_only != Some(true) {
        sealing::ready(app).await?;
    }
    let http = network::http(app, &plan.way()).await?;
    let oauth = Oauth::new(
        &http,
        plan.server.clone(),
        &plan.client.id,
        SecretString::from(plan.client.secret.expose_secret()),
    )
    .map_err(|it| from_confluence(&it, Some(Field::ServerUrl)))?;
    let _alone = app.inner.sign_ins.starting.lock().await;
    for flow in app.inner.sign_ins.all() {
        flow.cancel(app).await;
    }
    let flow = if plan.service_account {
        without_browser(app, plan, oauth)
    } else {
        with_browser(app, plan, oauth, request.https_redirect == Some(true)).await?
    };
    let view = flow.view();
    app.inner.sign_ins.add(flow);
    Ok(view)
}

pub async fn read(app: &App, sign_in_id: String) -> Result<SignIn> {
    Ok(app.inner.sign_ins.find(&sign_in_id)?.view())
}

/// Opens the consent page once more.
pub async fn open_page(app: &App, sign_in_id: String) -> Result<()> {
    let flow = app.inner.sign_ins.find(&sign_in_id)?;
    let waiting = matches!(*lock(&flow.state), SignInState::Waiting { .. });
    match Url::parse(&flow.address) {
        Ok(address) if waiting => super::open_in_browser(app, &address),
        _ => Err(ended()),
    }
}

/// Takes the address the browser ended on in place of the browser's own answer.
///
/// One that is not the answer ends nothing: it can be pasted again.
pub async fn paste_address(app: &App, sign_in_id: String, address: String) -> Result<SignIn> {
    let flow = app.inner.sign_ins.find(&sign_in_id)?;
    let invalid = |message: &str| Err(ApiError::invalid(Field::SignInAddress, message));
    let Ok(address) = Url::parse(address.trim()) else {
        return invalid("This is no address. Copy all of it from the browser's address bar.");
    };
    let (attempt, answered) = {
        let mut next = lock(&flow.next);
        let Next::Consent(attempt) = &*next else {
            return Err(ended());
        };
        let answered = match read_answer(&address, &attempt.consent.state) {
            Ok(answered) => answered,
            Err(NotTheAnswer::Nothing) => {
                return invalid(
                    "This address holds no answer. Sign in and accept first, then copy the address of the page the browser ends on.",
                );
            }
            Err(NotTheAnswer::OtherSignIn) => {
                return invalid(
                    "This address belongs to another sign-in. Use the page that was opened last.",
                );
            }
            Err(NotTheAnswer::Doubled) => {
                return invalid("This address was changed on its way. Copy it again.");
            }
        };
        match std::mem::replace(&mut *next, Next::Nothing) {
            Next::Consent(attempt) => (attempt, answered),
            _ => return Err(ended()),
        }
    };
    flow.stop().await;
    if matches!(answered, Answered::Code(_)) {
        flow.become_state(app, SignInState::Exchanging);
    }
    let (app_, flow_) = (app.clone(), flow.clone());
    let task = tokio::spawn(async move { conclude(&app_, &flow_, *attempt, answered).await });
    *lock(&flow.task) = Some(task);
    // Cancelled while the listener was stopped.
    if matches!(*lock(&flow.state), SignInState::Cancelled) {
        flow.stop().await;
    }
    Ok(flow.view())
}

pub async fn cancel(app: &App, sign_in_id: String) -> Result<SignIn> {
    let flow = app.inner.sign_ins.find(&sign_in_id)?;
    flow.cancel(app).await;
    Ok(flow.view())
}

/// Goes on with one of the sites. Another may be chosen where it does not work, and as long as the
/// session that came of it is not left.
pub async fn choose_site(app: &App, sign_in_id: String, site_id: String) -> Result<Connection> {
    let flow = app.inner.sign_ins.find(&sign_in_id)?;
    let choice = match &*lock(&flow.next) {
        Next::Site(choice) => Some(choice.clone()),
        Next::OtherSite(choice) => choice.upgrade(),
        _ => None,
    };
    let choice = choice.ok_or_else(ended)?;
    let site = choice.sites.iter().find(|it| it.id == site_id);
    let site = site.ok_or_else(|| ApiError::gone("The site"))?.site();
    let connection = connection(app, &choice.plan, &choice.grant, site, Some(&choice)).await?;
    {
        let mut next = lock(&flow.next);
        // Cancelled in between: nothing comes of it any more.
        if matches!(*next, Next::Nothing) {
            lock(&app.inner.sessions).remove(&connection.session_id);
            return Err(ended());
        }
        *next = Next::OtherSite(Arc::downgrade(&choice));
    }
    flow.connected(app, &connection);
    Ok(connection)
}

/// Ends what goes on for an integration that is disconnected.
pub(super) async fn forget(app: &App, integration_id: &str) {
    for flow in app.inner.sign_ins.all() {
        if flow.integration_id.as_deref() == Some(integration_id) {
            flow.cancel(app).await;
        }
    }
}

impl SignIns {
    fn all(&self) -> Vec<Arc<Flow>> {
        lock(&self.flows).clone()
    }

    fn find(&self, id: &str) -> Result<Arc<Flow>> {
        let found = lock(&self.flows).iter().find(|it| it.id == id).cloned();
        found.ok_or_else(ended)
    }

    fn add(&self, flow: Arc<Flow>) {
        let mut all = lock(&self.flows);
        all.push(flow);
        if all.len() > REMEMBERED {
            all.remove(0);
        }
    }
}

fn has_ended(state: &SignInState) -> bool {
    matches!(
        state,
        SignInState::Connected { .. } | SignInState::Failed { .. } | SignInState::Cancelled
    )
}

fn ended() -> ApiError {
    ApiError::new(
        ErrorCode::Gone,
        "This sign-in has ended",
        "Start it again from the Connect step.",
    )
}

fn redirect(app: &App, https: bool) -> Result<Url> {
    let mut address = redirect_address(signing_in::port(app)?);
    // Cannot fail between these two; the address keeps its port, which neither has as its own.
    if https && address.set_scheme("https").is_err() {
        return Err(ended());
    }
    Ok(address)
}

/// Everything that can be wrong before a browser is opened.
async fn plan(app: &App, request: &SignInRequest) -> Result<Plan> {
    let method = request.method;
    if !matches!(method, Method::AtlassianLogin | Method::ApplicationLink) {
        return Err(ApiError::new(
            ErrorCode::Invalid,
            "This authentication method needs no browser",
            "Enter its token or password and press Next.",
        ));
    }
    teams::find(app, &request.team_id)?;
    let service_account = request.service_account && method == Method::AtlassianLogin;
    let saved = match &request.integration_id {
        Some(id) => Some(integrations::find(app, id)?),
        None => None,
    };
    let saved =
        saved.filter(|it| it.method == method && it.sign_in.service_account == service_account);
    let known = signing_in::known_client_id(app)?
        .filter(|_| method == Method::AtlassianLogin && !service_account);
    let entered = request.client_id.trim();
    let id = match (entered, &saved, &known) {
        // Where an app is known, no other is meant by an empty field, not even the saved one.
        ("", _, Some(known)) => known.clone(),
        ("", Some(saved), None) => saved.sign_in.client_id.clone(),
        ("", None, None) => {
            return Err(ApiError::invalid(Field::ClientId, "Enter the Client ID."));
        }
        (entered, _, _) => entered.to_owned(),
    };
    let (server, endpoints) = server(app, request, &id).await?;
    let entered = request.client_secret.as_deref().map(str::trim);
    let secret = match entered.filter(|it| !it.is_empty()) {
        Some(secret) => SecretString::from(secret),
        None if known.as_ref() == Some(&id) && request.client_id.trim().is_empty() => {
            known_secret(app).await?
        }
        None => match (&saved, &known) {
            // A saved secret goes to the server it was entered for and to no other.
            (Some(saved), _)
                if saved.sign_in.client_id == id
                    && goes_to(saved, &server)
                    && clients::has_secret(app, saved)? =>
            {
                clients::grant_of(app, saved)
                    .await?
                    .client_secret(app)
                    .await?
            }
            (_, Some(known)) if *known == id => known_secret(app).await?,
            _ => {
                return Err(ApiError::invalid(
                    Field::ClientSecret,
                    "Enter the Client Secret.",
                ));
            }
        },
    };
    Ok(Plan {
        team_id: request.team_id.clone(),
        integration_id: request.integration_id.clone(),
        method,
        server,
        endpoints,
        client: OauthClient { id, secret },
        scopes: request.scopes,
        service_account,
    })
}

async fn known_secret(app: &App) -> Result<SecretString> {
    let client = signing_in::known_client(app).await?;
    Ok(client.ok_or_else(clients::secret_gone)?.secret)
}

fn goes_to(saved: &StoredIntegration, server: &OauthServer) -> bool {
    match server {
        OauthServer::Atlassian(_) => true,
        OauthServer::DataCenter(site) => site.base_url.origin() == saved.site.base_url.origin(),
    }
}

async fn server(
    app: &App,
    request: &SignInRequest,
    client_id: &str,
) -> Result<(OauthServer, Endpoints)> {
    let entered = request.server_url.trim();
    if request.method == Method::AtlassianLogin {
        let endpoints = clients::atlassian_for(app, client_id);
        return Ok((OauthServer::Atlassian(endpoints.clone()), endpoints));
    }
    if entered.is_empty() {
        return Err(ApiError::invalid(
            Field::ServerUrl,
            "Enter the address of your Confluence.",
        ));
    }
    let way = NetworkScope::of(request.integration_id.as_deref(), &request.team_id);
    let http = network::http(app, &way).await?;
    let site = confluence::discover(&http, entered, false)
        .await
        .map_err(|it| {
            let mut error = from_confluence(&it, Some(Field::ServerUrl));
            if it.kind() == ErrorKind::InsecureHttp {
                // Nothing that can be allowed, as it can with the other methods.
                error.code = ErrorCode::Invalid;
                error.hint = "Enter the https address of this Confluence.".to_owned();
                error.cause =
                    "A sign-in through the browser is never sent over plain http.".to_owned();
            }
            error
        })?;
    super::fits(request.method, &site)?;
    if let (Some(line), Some(version)) = (site.line(), &site.version)
        && line < FIRST_PROVIDER
    {
        return Err(ApiError::invalid(
            Field::ServerUrl,
            format!(
                "This is Confluence {version}. Application links that sign in through the browser exist since Data Center 7.17: choose another authentication method."
            ),
        ));
    }
    let endpoints = clients::endpoints_for(app, &site.base_url);
    Ok((OauthServer::DataCenter(site), endpoints))
}

fn without_browser(app: &App, plan: Plan, oauth: Oauth) -> Arc<Flow> {
    let flow = Arc::new(Flow {
        id: new_id(),
        method: plan.method,
        integration_id: plan.integration_id.clone(),
        address: String::new(),
        redirect_url: String::new(),
        ends_at: app.now() + app.inner.oauth.patience,
        state: Mutex::new(SignInState::Exchanging),
        next: Mutex::new(Next::Nothing),
        task: Mutex::default(),
    });
    let (app, of) = (app.clone(), flow.clone());
    let task = tokio::spawn(async move {
        match oauth.service_account().await {
            Ok(tokens) => granted(&app, &of, plan, tokens).await,
            Err(problem) => of.fail(&app, refused(&problem)),
        }
    });
    *lock(&flow.task) = Some(task);
    flow
}

async fn with_browser(
    app: &App,
    plan: Plan,
    oauth: Oauth,
    https_redirect: bool,
) -> Result<Arc<Flow>> {
    let redirect = redirect(app, https_redirect)?;
    let consent = oauth
        .consent(&redirect, &scopes(plan.method, plan.scopes))
        .map_err(|it| from_confluence(&it, Some(Field::ServerUrl)))?;
    let port = signing_in::port(app)?;
    let paste = "Sign in, then copy the address of the page the browser ends on and paste it here.";
    let (callback, problem) = if https_redirect {
        let why = format!("Nothing on this computer answers at an https address. {paste}");
        (None, Some(why))
    } else {
        match Callback::listen(port).await {
            Ok(callback) => (Some(callback), None),
            Err(problem) => {
                tracing::warn!(%problem, port, "nobody listens for the browser's answer");
                let why = format!("Another program uses port {port} of this computer. {paste}");
                (None, Some(why))
            }
        }
    };
    if !https_redirect {
        app.inner.sandbox.expect_redirect(&redirect).await?;
    }
    let address = consent.address.clone();
    let problem = match super::open_in_browser(app, &address) {
        Ok(()) => problem,
        Err(_) => {
            let link = "The browser could not be opened: copy the link and open it yourself.";
            Some(match problem {
                Some(problem) => format!("{link} {problem}"),
                None => link.to_owned(),
            })
        }
    };
    let state = SecretString::from(consent.state.expose_secret());
    let patience = app.inner.oauth.patience;
    let flow = Arc::new(Flow {
        id: new_id(),
        method: plan.method,
        integration_id: plan.integration_id.clone(),
        address: address.to_string(),
        redirect_url: redirect.to_string(),
        ends_at: app.now() + patience,
        state: Mutex::new(SignInState::Waiting {
            listening: callback.is_some(),
            problem,
        }),
        next: Mutex::new(Next::Consent(Box::new(Attempt {
            plan,
            oauth,
            consent,
        }))),
        task: Mutex::default(),
    });
    let (app, of) = (app.clone(), flow.clone());
    let task = tokio::spawn(async move {
        let answered = async {
            match callback {
                Some(callback) => callback.answer(state).await,
                None => std::future::pending().await,
            }
        };
        let answered = tokio::time::timeout(patience, answered).await;
        let next = std::mem::replace(&mut *lock(&of.next), Next::Nothing);
        let Next::Consent(attempt) = next else {
            return;
        };
        match answered {
            Ok(answered) => {
                if matches!(answered, Answered::Code(_)) {
                    of.become_state(&app, SignInState::Exchanging);
                }
                conclude(&app, &of, *attempt, answered).await;
            }
            Err(_) => of.fail(
                &app,
                ApiError::new(
                    ErrorCode::TimedOut,
                    format!("Nobody answered within {}", duration(patience)),
                    "Start the sign-in again when you have the time.",
                )
                .because("The page in the browser was not brought to its end.")
                .retry(),
            ),
        }
    });
    *lock(&flow.task) = Some(task);
    Ok(flow)
}

fn duration(it: Duration) -> String {
    match (it.as_secs() / 60, it.as_secs()) {
        (0, 1) => "1 second".to_owned(),
        (0, seconds) => format!("{seconds} seconds"),
        (1, _) => "a minute".to_owned(),
        (minutes, _) => format!("{minutes} minutes"),
    }
}

async fn conclude(app: &App, flow: &Flow, attempt: Attempt, answered: Answered) {
    let Attempt {
        plan,
        oauth,
        consent,
    } = attempt;
    match answered {
        // The user's own decision is not an error.
        Answered::Cancelled => {
            flow.become_state(app, SignInState::Cancelled);
        }
        Answered::Failed { error, description } => {
            flow.fail(app, refused(&oauth.not_consented(&error, &description)));
        }
        Answered::Code(code) => match oauth.exchange(consent, &code).await {
            Ok(tokens) => granted(app, flow, plan, tokens).await,
            Err(problem) => flow.fail(app, refused(&problem)),
        },
    }
}

/// With the first tokens: which sites, and where there is one alone, on to it.
async fn granted(app: &App, flow: &Flow, plan: Plan, tokens: Tokens) {
    let http = match network::http(app, &plan.way()).await {
        Ok(http) => http,
        Err(problem) => return flow.fail(app, problem),
    };
    let sites = match &plan.server {
        OauthServer::Atlassian(endpoints) => {
            confluence::cloud_sites(&http, endpoints, &tokens.access).await
        }
        OauthServer::DataCenter(_) => Ok(Vec::new()),
    };
    let sites = match sites {
        Ok(sites) => sites,
        Err(problem) => return flow.fail(app, refused(&problem)),
    };
    let grant = Grant::fresh(
        app,
        &plan.server,
        &plan.client,
        plan.service_account,
        plan.way(),
        tokens,
    );
    let site = match (&plan.server, sites.as_slice()) {
        (OauthServer::DataCenter(site), _) => site.clone(),
        (_, [only]) => only.site(),
        _ => {
            let state = SignInState::ChooseSite {
                sites: sites
                    .iter()
                    .map(|it| CloudSite {
                        id: it.id.clone(),
                        name: it.name.clone(),
                        url: it.url.as_str().trim_end_matches('/').to_owned(),
                    })
                    .collect(),
            };
            *lock(&flow.next) = Next::Site(Arc::new(Choice { plan, grant, sites }));
            flow.become_state(app, state);
            return;
        }
    };
    match connection(app, &plan, &grant, site, None).await {
        Ok(connection) => {
            let session_id = connection.session_id.clone();
            if !flow.become_state(app, SignInState::Connected { connection }) {
                // Cancelled in between: nothing comes of it any more.
                lock(&app.inner.sessions).remove(&session_id);
            }
        }
        Err(problem) => flow.fail(app, problem),
    }
}

async fn connection(
    app: &App,
    plan: &Plan,
    grant: &Grant,
    site: Site,
    choice: Option<&Arc<Choice>>,
) -> Result<Connection> {
    let route = match (&plan.server, plan.scopes) {
        (OauthServer::DataCenter(_), _) => Route::Site,
        (_, ScopeFamily::Granular) => Route::Gateway,
        (_, ScopeFamily::Classic) => Route::GatewayClassic,
    };
    let credential = Credential::Oauth {
        tokens: Arc::new(grant.clone()),
    };
    let http = network::http(app, &plan.way()).await?;
    let client = Client::new(&http, site, credential, plan.endpoints.clone(), route);
    let who = client.account().await.map_err(|it| refused(&it))?;
    let sandbox = app
        .inner
        .sandbox
        .running()
        .is_some_and(|it| it.holds(&client.site().base_url));
    let session = Session {
        team_id: plan.team_id.clone(),
        integration_id: plan.integration_id.clone(),
        method: plan.method,
        account: String::new(),
        account_name: who.name,
        secret: Secret::Granted(grant.clone()),
        client,
        allow_http: false,
        sandbox,
        sign_in: SignInDetails {
            expires_on: None,
            service_account: plan.service_account,
            scopes: plan.scopes,
            client_id: plan.client.id.clone(),
        },
        spaces: OnceCell::new(),
        new_id: new_id(),
        with_saved_secret: false,
        choice: choice.cloned(),
    };
    super::begin(app, session).await
}

fn refused(problem: &confluence::Error) -> ApiError {
    let field = if problem.is_about_client() {
        Some(Field::ClientSecret)
    } else {
        None
    };
    from_confluence(problem, field)
}
