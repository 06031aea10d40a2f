//! The wizard's Connect, Configuration and Test: everything before SAVE CHANGES, kept in memory only.

use retropress_summary::Kind;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{App, Result, integrations::Configuration, publish::Operation};

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

/// One line of the Test step's checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Check {
    pub outcome: CheckOutcome,
    pub text: String,
    pub note: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum CheckOutcome {
    Ok,
    Warning,
    Failed,
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

/// Reachable, Confluence, which edition, who am I, which spaces: in this order.
pub async fn check(_app: &App, _request: ConnectRequest) -> Result<Connection> {
    unimplemented!()
}

/// Opens a saved integration for editing, with its saved secret.
pub async fn resume(_app: &App, _integration_id: String) -> Result<Connection> {
    unimplemented!()
}

/// Forgets the session and the secret in it.
pub async fn leave(_app: &App, _session_id: String) -> Result<()> {
    unimplemented!()
}

/// All spaces of the account, from every page of the list; personal ones last.
pub async fn spaces(_app: &App, _session_id: String) -> Result<Vec<SpaceView>> {
    unimplemented!()
}

/// Pages below `parent_id`, or the space's top pages.
pub async fn pages(
    _app: &App,
    _session_id: String,
    _space_id: String,
    _parent_id: Option<String>,
) -> Result<Vec<PageView>> {
    unimplemented!()
}

/// Pages of the space whose title holds the text, or the page of a pasted address.
pub async fn find_pages(
    _app: &App,
    _session_id: String,
    _space_id: String,
    _text: String,
) -> Result<Vec<PageView>> {
    unimplemented!()
}

pub async fn parent_title(
    _app: &App,
    _session_id: String,
    _space_id: String,
    _kind: Kind,
    _title: String,
) -> Result<ParentTitle> {
    unimplemented!()
}

pub async fn title_preview(
    _app: &App,
    _team_id: String,
    _kind: Kind,
    _template: String,
) -> Result<TitlePreview> {
    unimplemented!()
}

pub async fn substitutions(
    _app: &App,
    _team_id: String,
    _kind: Kind,
) -> Result<Vec<SubstitutionView>> {
    unimplemented!()
}

/// Checks the configuration without writing anything to Confluence.
pub async fn checklist(
    _app: &App,
    _session_id: String,
    _configuration: Configuration,
) -> Result<Vec<Check>> {
    unimplemented!()
}

/// Publishes a sample summary, marked as a test. Its steps come as events.
pub async fn publish_test(
    _app: &App,
    _session_id: String,
    _configuration: Configuration,
    _kind: Kind,
) -> Result<Operation> {
    unimplemented!()
}

/// Deletes a page that [`publish_test`] made.
pub async fn delete_test(
    _app: &App,
    _session_id: String,
    _operation_id: String,
) -> Result<Operation> {
    unimplemented!()
}

/// Opens a page of the entered server in the browser.
pub async fn open_server_page(
    _app: &App,
    _method: Method,
    _server_url: String,
    _page: ServerPage,
) -> Result<()> {
    unimplemented!()
}


/// Opens the page that [`publish_test`] made in the browser: View in Confluence.
pub async fn view_test(_app: &App, _session_id: String, _operation_id: String) -> Result<()> {
    unimplemented!()
}
