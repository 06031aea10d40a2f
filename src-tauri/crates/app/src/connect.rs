//! The wizard's Connect, Configuration and Test: everything before SAVE CHANGES, kept in memory only.

mod preflight;
pub mod sign_in;

use std::sync::Arc;

use chrono::NaiveDate;
use retropress_confluence::{
    self as confluence, Client, Error, ErrorKind, Listed, MOST_SPACES, PageAddress, PageRef,
    PageStatus, SecretString, Site, Space, SpaceRef, Url,
};
use retropress_summary::{
    Kind, Summary, sample,
    title::{self, TitleContext},
};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;
use ts_rs::TS;

use crate::{
    ApiError, App, ErrorCode, Field, Result, clients,
    error::from_confluence,
    grant::Grant,
    integrations::{self, Configuration, SignInDetails, StoredIntegration},
    lock,
    network::{self, NetworkScope},
    new_id,
    publish::{self, Operation},
    teams,
};

pub use preflight::{Check, CheckOutcome, check_integration, checklist};

/// The five ways to sign in, in the wizard's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Method {
    AtlassianLogin,
    ApiToken,
    PersonalAccessToken,
    Basic,
    ApplicationLink,
}

/// The method's name in the wizard, to the letter.
pub(crate) fn name_of(method: Method) -> &'static str {
    match method {
        Method::AtlassianLogin => "Confluence Cloud - Atlassian Login",
        Method::ApiToken => "Confluence Cloud - API Token",
        Method::PersonalAccessToken => "Confluence Server / Data Center - Personal Access Token",
        Method::Basic => "Confluence Server / Data Center - Basic Authentication",
        Method::ApplicationLink => "Confluence Server / Data Center - Application Link",
    }
}

/// What the Connect step's form holds. A secret left `None` means the saved one.
///
/// It crosses from the window only; nothing with a secret ever crosses back.
#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ConnectRequest {
    pub team_id: String,
    /// The integration that is edited.
    pub integration_id: Option<String>,
    pub method: Method,
    pub server_url: String,
    /// Email address of an API token, or user name of Basic Authentication.
    pub account: String,
    /// API token, personal access token or password.
    pub secret: Option<String>,
    /// The user accepted plain http for this host.
    pub allow_http: bool,
    /// The day the token expires, as its maker was told.
    pub expires_on: Option<NaiveDate>,
}

/// A connection that was checked and works.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Connection {
    /// Names the connection until the wizard is left.
    pub session_id: String,
    pub site: SiteView,
    pub account_name: String,
    pub space_count: u32,
    /// Things worth knowing that do not stand in the way.
    pub warnings: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SiteView {
    /// Address up to and with the context path.
    pub base_url: String,
    /// Host, or the site's name: what people call it.
    pub name: String,
    pub edition: Edition,
    /// "9.2.7"; empty on Cloud and where the server hides it.
    pub version: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Edition {
    Cloud,
    DataCenter,
    Server,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SpaceView {
    pub id: String,
    pub key: String,
    pub name: String,
    pub personal: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct PageView {
    pub id: String,
    pub title: String,
    /// Titles from the space's home page down; empty for a root and where it is not known.
    pub ancestors: Vec<String>,
    pub has_children: bool,
}

/// Pages of a picker, as many as are listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct PageList {
    pub pages: Vec<PageView>,
    /// There are more than these.
    pub more: bool,
}

/// What is known about the title of a new parent page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "type")]
#[ts(export)]
pub enum ParentTitle {
    /// It will be created with the first publish.
    Free { title: String },
    /// A page of this title is there and will be used.
    Exists { page: PageView },
}

/// How a page title comes out, for the preview below its field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct TitlePreview {
    /// The sample's title used, and what comes of it.
    pub sample: String,
    pub with_title: String,
    pub without_title: String,
    /// Characters of the longer one, of at most 255.
    pub length: u32,
    /// What is wrong with it, if anything.
    pub problem: Option<String>,
}

/// One substitution offered as a chip, with what it becomes for the sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SubstitutionView {
    /// "{{YYYY}}"
    pub text: String,
    pub means: String,
    pub example: String,
}

/// A page of the server that the wizard links to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum ServerPage {
    /// Where an API token or a personal access token is made.
    Tokens,
    /// Where an administrator makes a separate user.
    Users,
    /// Where an administrator sets up an application link.
    ApplicationLinks,
    /// Where an OAuth app of Atlassian is made.
    OauthApps,
    /// The server's own start or sign-in page.
    Home,
}

/// A checked connection of the wizard, with its secret, until the wizard is left.
pub(crate) struct Session {
    pub team_id: String,
    pub integration_id: Option<String>,
    pub method: Method,
    pub account: String,
    pub account_name: String,
    pub secret: Secret,
    pub client: Client,
    pub allow_http: bool,
    pub sandbox: bool,
    pub sign_in: SignInDetails,
    spaces: OnceCell<Listed<Space>>,
    /// Of the integration it is saved as, where none is edited: saving it again saves no second one.
    pub new_id: String,
    /// It signs in with what was saved, and ends when that is removed.
    with_saved_secret: bool,
    /// The other sites its sign-in may be used with.
    choice: Option<Arc<sign_in::Choice>>,
}

/// What a session signs in with.
pub(crate) enum Secret {
    /// API token, personal access token or password.
    Entered(SecretString),
    /// By signing in through the browser, or of a service account.
    Granted(Grant),
}

/// Reachable, Confluence, which edition, who am I, which spaces: in this order.
pub async fn check(app: &App, request: ConnectRequest) -> Result<Connection> {
    if signs_in_by_oauth(request.method) {
        return Err(ApiError::new(
            ErrorCode::Invalid,
            "This authentication method signs in through the browser",
            "Press the button that opens it.",
        ));
    }
    let address = request.server_url.trim();
    if address.is_empty() {
        return Err(ApiError::invalid(
            Field::ServerUrl,
            "Enter the address of your Confluence.",
        ));
    }
    let account = request.account.trim().to_owned();
    let (account_field, secret_field) = fields(request.method);
    if let Some(field) = account_field
        && account.is_empty()
    {
        let what = if request.method == Method::Basic {
            "user name"
        } else {
            "email address"
        };
        return Err(ApiError::invalid(field, format!("Enter the {what}.")));
    }
    if request.method == Method::ApiToken && !account.contains('@') {
        return Err(ApiError::invalid(
            Field::EmailAddress,
            "Enter the email address of your Atlassian account, with an @.",
        ));
    }
    let saved = match &request.integration_id {
        // A secret of another kind is no use here, and nobody else's business.
        Some(id) => Some(integrations::find(app, id)?).filter(|it| it.method == request.method),
        None => None,
    };
    let with_saved_secret = request.secret.is_none();
    let secret = match (request.secret, &saved) {
        (Some(secret), _) if !secret.trim().is_empty() => SecretString::from(secret),
        (None, Some(saved)) => clients::secret_of(app, saved).await?,
        _ => {
            let what = match request.method {
                Method::Basic => "password",
                Method::PersonalAccessToken => "personal access token",
                _ => "API token",
            };
            return Err(ApiError::invalid(
                secret_field,
                format!("Enter the {what}."),
            ));
        }
    };
    let scope = NetworkScope::of(request.integration_id.as_deref(), &request.team_id);
    let http = &network::http(app, &scope).await?;
    let site = confluence::discover(http, address, request.allow_http)
        .await
        .map_err(|it| from_confluence(&it, Some(Field::ServerUrl)))?;
    fits(request.method, &site)?;
    // A saved secret goes to the server it was entered for and to no other.
    if let Some(saved) = &saved
        && saved.site.base_url.origin() != site.base_url.origin()
        && (with_saved_secret || is_saved(app, saved, &secret).await?)
    {
        return Err(ApiError::invalid(
            secret_field,
            "The server has changed: enter the token or password for the new one.",
        ));
    }
    let credential = clients::credential(
        request.method,
        &account,
        SecretString::from(secret.expose_secret()),
    )?;
    let endpoints = clients::endpoints_for(app, &site.base_url);
    let (client, who) = confluence::sign_in(http, &site, credential, &endpoints)
        .await
        .map_err(|it| from_confluence(&it, field_of(&it, request.method)))?;
    let sandbox = app
        .inner
        .sandbox
        .running()
        .is_some_and(|it| it.holds(&client.site().base_url));
    let session = Session {
        team_id: request.team_id,
        integration_id: request.integration_id,
        method: request.method,
        account,
        account_name: who.name,
        secret: Secret::Entered(secret),
        client,
        allow_http: request.allow_http,
        sandbox,
        sign_in: SignInDetails {
            expires_on: request.expires_on,
            ..SignInDetails::default()
        },
        spaces: OnceCell::new(),
        new_id: new_id(),
        with_saved_secret,
        choice: None,
    };
    begin(app, session).await
}

/// Whether this is the saved secret, typed once more. One that cannot be opened, as after an import or
/// with a locked keyring, is not what was typed: it could only have been sent from here.
async fn is_saved(
    app: &App,
    integration: &StoredIntegration,
    entered: &SecretString,
) -> Result<bool> {
    match clients::secret_of(app, integration).await {
        Ok(saved) => Ok(saved.expose_secret() == entered.expose_secret()),
        Err(problem) if clients::cannot_be_opened(&problem) => Ok(false),
        Err(problem) => Err(problem),
    }
}

/// Opens a saved integration for editing, with its saved secret.
pub async fn resume(app: &App, integration_id: String) -> Result<Connection> {
    let integration = integrations::find(app, &integration_id)?;
    let secret = if signs_in_by_oauth(integration.method) {
        Secret::Granted(clients::grant_of(app, &integration).await?)
    } else {
        Secret::Entered(clients::secret_of(app, &integration).await?)
    };
    let client = clients::client_of(app, &integration).await?;
    let who = client
        .account()
        .await
        .map_err(|it| from_confluence(&it, field_of(&it, integration.method)))?;
    let session = Session {
        team_id: integration.team_id,
        integration_id: Some(integration.id),
        method: integration.method,
        account: integration.account,
        account_name: who.name,
        secret,
        client,
        allow_http: integration.allow_http,
        sandbox: integration.sandbox,
        sign_in: integration.sign_in,
        spaces: OnceCell::new(),
        new_id: new_id(),
        with_saved_secret: true,
        choice: None,
    };
    begin(app, session).await
}

/// Forgets the session and the secret in it, and ends its test.
pub async fn leave(app: &App, session_id: String) -> Result<()> {
    let left = lock(&app.inner.sessions).remove(&session_id);
    if let Some(session) = left {
        network::close_new(app, &session.team_id);
    }
    publish::end_left_tests(app, false).await
}

/// Forgets a session that was saved, and those of the same sign-in with it.
pub(crate) fn end(app: &App, session_id: &str, session: &Session) {
    lock(&app.inner.sessions).retain(|id, it| {
        let same = match (&it.choice, &session.choice) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        };
        id != session_id && !same
    });
    network::close_new(app, &session.team_id);
    publish::end_left_tests_soon(app);
}

/// Forgets the sessions of an integration whose secret was removed.
pub(crate) fn forget_saved(app: &App, integration_id: &str) {
    lock(&app.inner.sessions).retain(|_, it| {
        it.integration_id.as_deref() != Some(integration_id) || !it.with_saved_secret
    });
    publish::end_left_tests_soon(app);
}

/// Forgets everything that goes on for an integration that is disconnected.
pub(crate) async fn forget(app: &App, integration_id: &str) {
    sign_in::forget(app, integration_id).await;
    lock(&app.inner.sessions).retain(|_, it| it.integration_id.as_deref() != Some(integration_id));
    publish::end_left_tests_soon(app);
}

/// The spaces of the account, from every page of the list; personal ones last.
pub async fn spaces(app: &App, session_id: String) -> Result<Vec<SpaceView>> {
    let session = session(app, &session_id)?;
    let mut spaces: Vec<SpaceView> = spaces_of(&session)
        .await?
        .iter()
        .map(|it| SpaceView {
            id: it.id.clone(),
            key: it.key.clone(),
            name: it.name.clone(),
            personal: it.personal,
        })
        .collect();
    spaces.sort_by_cached_key(|it| (it.personal, it.name.to_lowercase()));
    Ok(spaces)
}

/// Pages below `parent_id`, or the space's top pages.
pub async fn pages(
    app: &App,
    session_id: String,
    space_id: String,
    parent_id: Option<String>,
) -> Result<PageList> {
    let session = session(app, &session_id)?;
    let pages = match parent_id {
        Some(id) => session.client.children(&id).await?,
        None => {
            session
                .client
                .top_pages(&space_ref(&session, &space_id).await?)
                .await?
        }
    };
    Ok(page_list(pages))
}

/// Pages of the space whose title holds the text, or the page of a pasted address.
pub async fn find_pages(
    app: &App,
    session_id: String,
    space_id: String,
    text: String,
) -> Result<PageList> {
    let session = session(app, &session_id)?;
    let text = text.trim();
    if text.is_empty() {
        return pages(app, session_id, space_id, None).await;
    }
    let space = space_ref(&session, &space_id).await?;
    let pasted = match session.client.site().page_in(text) {
        Some(PageAddress::Id(id)) => session.client.page(&id).await?,
        Some(PageAddress::Title { title, .. }) => session
            .client
            .pages_titled(&space, &title)
            .await?
            .into_iter()
            .next(),
        None => {
            let found = session.client.find_pages(&space, text).await?;
            return Ok(page_list(found));
        }
    };
    let pasted = pasted
        .filter(|it| it.status == PageStatus::Current)
        .map(|it| PageView {
            id: it.id,
            title: it.title,
            ancestors: Vec::new(),
            has_children: true,
        });
    Ok(PageList {
        pages: pasted.into_iter().collect(),
        more: false,
    })
}

pub async fn parent_title(
    app: &App,
    session_id: String,
    space_id: String,
    kind: Kind,
    title: String,
) -> Result<ParentTitle> {
    let session = session(app, &session_id)?;
    let field = match kind {
        Kind::Retrospective => Field::RetrospectiveParent,
        Kind::HealthCheck => Field::HealthCheckParent,
    };
    let team = teams::find(app, &session.team_id)?;
    let sample = sample_of(app, kind);
    let context = TitleContext {
        kind,
        title: sample.title(),
        date: app.today(),
        team: &team.name,
    };
    let title =
        title::render(&title, &context).map_err(|it| ApiError::invalid(field, it.to_string()))?;
    let space = space_ref(&session, &space_id).await?;
    let found = session.client.pages_titled(&space, &title).await?;
    if let Some(page) = found.iter().find(|it| it.status == PageStatus::Current) {
        return Ok(ParentTitle::Exists {
            page: PageView {
                id: page.id.clone(),
                title: page.title.clone(),
                ancestors: Vec::new(),
                has_children: true,
            },
        });
    }
    if found.iter().any(|it| it.status == PageStatus::Archived) {
        return Err(ApiError::invalid(
            field,
            "An archived page has this title and keeps it. Choose another title, or restore that page.",
        ));
    }
    Ok(ParentTitle::Free { title })
}

pub async fn title_preview(
    app: &App,
    team_id: String,
    kind: Kind,
    template: String,
) -> Result<TitlePreview> {
    let team = teams::find(app, &team_id)?;
    let sample = sample_of(app, kind);
    let render = |title: &str| {
        let context = TitleContext {
            kind,
            title,
            date: app.today(),
            team: &team.name,
        };
        title::render(&template, &context)
    };
    let (with_title, without_title) = (render(sample.title()), render(""));
    let problem = with_title.as_ref().err().or(without_title.as_ref().err());
    let problem = problem.map(ToString::to_string);
    let (with_title, without_title) = (
        with_title.unwrap_or_default(),
        without_title.unwrap_or_default(),
    );
    let length = [&with_title, &without_title].map(|it| it.encode_utf16().count());
    Ok(TitlePreview {
        sample: sample.title().to_owned(),
        with_title,
        without_title,
        length: length.into_iter().max().unwrap_or_default() as u32,
        problem,
    })
}

pub async fn substitutions(
    app: &App,
    team_id: String,
    kind: Kind,
) -> Result<Vec<SubstitutionView>> {
    let team = teams::find(app, &team_id)?;
    let sample = sample_of(app, kind);
    let context = TitleContext {
        kind,
        title: sample.title(),
        date: app.today(),
        team: &team.name,
    };
    Ok(title::substitutions(kind)
        .into_iter()
        .map(|it| SubstitutionView {
            example: title::render(it.text, &context).unwrap_or_default(),
            text: it.text.to_owned(),
            means: it.means.to_owned(),
        })
        .collect())
}

/// Publishes a sample summary, marked as a test. Its steps come as events.
pub async fn publish_test(
    app: &App,
    session_id: String,
    configuration: Configuration,
    kind: Kind,
) -> Result<Operation> {
    let session = session(app, &session_id)?;
    let team = teams::find(app, &session.team_id)?;
    let configuration = integrations::check(&configuration, &team.name, app.today())?;
    let space = space_ref(&session, &configuration.space_id).await?;
    let mut content = sample_of(app, kind);
    let title = match &mut content {
        Summary::Retrospective(it) => &mut it.title,
        Summary::HealthCheck(it) => &mut it.title,
    };
    // The time makes it a title of its own, however often the test is run.
    let now = app.now().with_timezone(&chrono::Local);
    *title = format!("Test {} - {title}", now.format("%H.%M.%S"));
    publish::start_test(
        app,
        &session_id,
        &session,
        &team,
        configuration,
        space,
        content,
    )
    .await
}

/// Deletes a page that [`publish_test`] made.
pub async fn delete_test(app: &App, session_id: String, operation_id: String) -> Result<Operation> {
    let session = session(app, &session_id)?;
    publish::delete_test(app, &session_id, &session, &operation_id).await
}

/// Opens the page that [`publish_test`] made in the browser: View in Confluence.
pub async fn view_test(app: &App, session_id: String, operation_id: String) -> Result<()> {
    let session = session(app, &session_id)?;
    let link = publish::link_of(app, &operation_id)?;
    open_page(app, session.client.site(), &link)
}

/// Opens a page of the entered server in the browser.
pub async fn open_server_page(
    app: &App,
    method: Method,
    server_url: String,
    page: ServerPage,
) -> Result<()> {
    let page = match page {
        ServerPage::Tokens => confluence::ServerPage::Tokens,
        ServerPage::Users => confluence::ServerPage::Users,
        ServerPage::ApplicationLinks => confluence::ServerPage::ApplicationLinks,
        ServerPage::OauthApps => confluence::ServerPage::OauthApps,
        ServerPage::Home => confluence::ServerPage::Home,
    };
    let cloud = matches!(method, Method::AtlassianLogin | Method::ApiToken);
    let edition = if cloud {
        confluence::Edition::Cloud
    } else {
        confluence::Edition::DataCenter
    };
    let site = match Site::guess(&server_url, edition) {
        Ok(site) => site,
        // Atlassian's own pages are the same for every site.
        Err(_) if cloud => Site {
            base_url: app.inner.endpoints.gateway.clone(),
            edition,
            version: None,
            cloud_id: None,
            name: String::new(),
        },
        Err(problem) => return Err(from_confluence(&problem, Some(Field::ServerUrl))),
    };
    open_in_browser(app, &site.server_page(page))
}

pub(crate) fn session(app: &App, session_id: &str) -> Result<Arc<Session>> {
    lock(&app.inner.sessions)
        .get(session_id)
        .cloned()
        .ok_or_else(|| {
            ApiError::new(
                ErrorCode::Gone,
                "The connection has to be checked again",
                "Go back to Connect and press Next.",
            )
        })
}

pub(crate) async fn spaces_of(session: &Session) -> Result<&Listed<Space>> {
    Ok(session
        .spaces
        .get_or_try_init(|| session.client.spaces())
        .await?)
}

/// Where an account sees more spaces than are listed.
pub(crate) fn first_spaces_only() -> String {
    let most = MOST_SPACES / 1_000;
    format!(
        "This account can see more than {most},000 spaces. Retropress lists the first {most},000."
    )
}

pub(crate) fn site_view(site: &Site) -> SiteView {
    SiteView {
        base_url: site.base_url.as_str().trim_end_matches('/').to_owned(),
        name: site.name.clone(),
        edition: match site.edition {
            confluence::Edition::Cloud => Edition::Cloud,
            confluence::Edition::DataCenter => Edition::DataCenter,
            confluence::Edition::Server => Edition::Server,
        },
        version: site.version.clone().unwrap_or_default(),
    }
}

/// Opens a page of the configured site, and nothing else.
pub(crate) fn open_page(app: &App, site: &Site, link: &str) -> Result<()> {
    let address = Url::parse(link).ok().filter(|it| site.is_own_address(it));
    let address = address.ok_or_else(|| {
        ApiError::new(
            ErrorCode::Internal,
            "The saved address does not belong to this Confluence",
            "Open the page from Confluence itself.",
        )
    })?;
    open_in_browser(app, &address)
}

/// Opens a page whose integration is gone. Its address came from the Confluence it was published to.
pub(crate) async fn open_kept_link(app: &App, link: &str) -> Result<()> {
    let address = Url::parse(link).map_err(|it| ApiError::internal(&it))?;
    let on_this_computer = matches!(
        address.host_str(),
        Some("localhost" | "127.0.0.1" | "[::1]")
    );
    if on_this_computer {
        // Most likely the sandbox. Where it is something else, the browser says what is missing.
        let _ = app.inner.sandbox.start().await;
    }
    open_in_browser(app, &address)
}

pub(crate) fn open_in_browser(app: &App, address: &Url) -> Result<()> {
    if !matches!(address.scheme(), "https" | "http") {
        return Err(ApiError::new(
            ErrorCode::Internal,
            "This address cannot be opened in a browser",
            "Open the page from Confluence itself.",
        ));
    }
    app.inner
        .desktop
        .open_in_browser(address)
        .map_err(|problem| {
            let mut error = ApiError::new(
                ErrorCode::Internal,
                "The browser could not be opened",
                format!("Open this address yourself: {address}"),
            )
            .retry();
            error.details = problem.to_string();
            error
        })
}

async fn begin(app: &App, session: Session) -> Result<Connection> {
    let spaces = spaces_of(&session).await?;
    if spaces.is_empty() {
        return Err(ApiError::new(
            ErrorCode::NotPermitted,
            "This account sees no space",
            "Ask an administrator of the space to let this account view it and add pages.",
        )
        .at(Field::ServerUrl)
        .retry());
    }
    let site = site_view(session.client.site());
    let mut warnings = Vec::new();
    if site.edition == Edition::Server {
        warnings.push(
            "Atlassian ended support for Confluence Server on 15 February 2024. Retropress works with it as long as its REST API does.".to_owned(),
        );
    }
    if spaces.more {
        warnings.push(first_spaces_only());
    }
    if retropress_confluence::is_in_the_clear(&session.client.site().base_url) {
        warnings.push(
            "This connection is not encrypted: everyone on the way can read the sign-in data."
                .to_owned(),
        );
    }
    let session_id = new_id();
    let connection = Connection {
        session_id: session_id.clone(),
        site,
        account_name: session.account_name.clone(),
        space_count: spaces.len() as u32,
        warnings,
    };
    lock(&app.inner.sessions).insert(session_id, Arc::new(session));
    Ok(connection)
}

pub(crate) fn signs_in_by_oauth(method: Method) -> bool {
    matches!(method, Method::AtlassianLogin | Method::ApplicationLink)
}

/// Cloud and Data Center sign in differently; found out before a secret is sent.
fn fits(method: Method, site: &Site) -> Result<()> {
    let cloud_method = matches!(method, Method::AtlassianLogin | Method::ApiToken);
    let cloud = site.edition == confluence::Edition::Cloud;
    if cloud == cloud_method {
        return Ok(());
    }
    let (is, choose) = if cloud {
        ("Confluence Cloud", "Confluence Cloud - API Token")
    } else {
        (
            "a Confluence Server or Data Center",
            "Confluence Server / Data Center - Personal Access Token",
        )
    };
    Err(ApiError::new(
        ErrorCode::Invalid,
        format!("{} is {is}", site.name),
        format!("Choose \u{201c}{choose}\u{201d} as authentication method. Nothing was sent."),
    )
    .at(Field::ServerUrl))
}

fn fields(method: Method) -> (Option<Field>, Field) {
    match method {
        Method::ApiToken => (Some(Field::EmailAddress), Field::ApiToken),
        Method::PersonalAccessToken => (None, Field::PersonalAccessToken),
        Method::AtlassianLogin | Method::ApplicationLink => (None, Field::ClientSecret),
        Method::Basic => (Some(Field::Username), Field::Password),
    }
}

/// Failures of the way belong to the address, those of the sign-in to what was signed in with.
fn field_of(problem: &Error, method: Method) -> Option<Field> {
    if signs_in_by_oauth(method) {
        // All else was decided in the browser, not in a field.
        return problem.is_about_client().then_some(Field::ClientSecret);
    }
    Some(match problem.kind() {
        ErrorKind::SignInRefused
        | ErrorKind::Captcha
        | ErrorKind::BasicSwitchedOff
        | ErrorKind::TokenTooNew
        | ErrorKind::Anonymous
        | ErrorKind::MissingScope => fields(method).1,
        _ => Field::ServerUrl,
    })
}

async fn space_ref(session: &Session, space_id: &str) -> Result<SpaceRef> {
    let spaces = spaces_of(session).await?;
    let space = spaces.iter().find(|it| it.id == space_id);
    space.map(Space::to_ref).ok_or_else(|| {
        ApiError::new(
            ErrorCode::SpaceGone,
            "The space was not found",
            "Choose another space, or check the connection again.",
        )
        .because(match spaces.more {
            true => first_spaces_only(),
            false => "It is gone, or this account may not see it.".to_owned(),
        })
        .at(Field::Space)
    })
}

fn page_list(listed: Listed<PageRef>) -> PageList {
    PageList {
        more: listed.more,
        pages: listed.into_iter().map(page_view).collect(),
    }
}

fn page_view(it: PageRef) -> PageView {
    PageView {
        id: it.id,
        title: it.title,
        ancestors: it.ancestors,
        has_children: it.has_children.unwrap_or(true),
    }
}

fn sample_of(app: &App, kind: Kind) -> Summary {
    match kind {
        Kind::Retrospective => Summary::Retrospective(sample::retrospective(app.today())),
        Kind::HealthCheck => Summary::HealthCheck(sample::health_check(app.today())),
    }
}
