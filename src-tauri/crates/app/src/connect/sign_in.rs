//! Signing in through the browser: OAuth with Atlassian, and with a Data Center's application link.
//!
//! [`start`] opens the consent page; [`read`] tells how far it is, with an event at each change;
//! [`paste_address`] takes the address where no browser can reach this computer. It ends in a
//! [`Connection`], the same that [`super::check`] gives.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Connection, Method};
use crate::{ApiError, App, ErrorCode, Result};

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
    /// Empty for the one that is built in or set.
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

pub async fn setup(
    _app: &App,
    _team_id: String,
    _integration_id: Option<String>,
    _method: Method,
) -> Result<OauthSetup> {
    Err(not_built())
}

/// Opens the consent page in the browser and waits for its answer; a sign-in that was under way is
/// cancelled.
pub async fn start(_app: &App, _request: SignInRequest) -> Result<SignIn> {
    Err(not_built())
}

pub async fn read(_app: &App, _sign_in_id: String) -> Result<SignIn> {
    Err(not_built())
}

/// Opens the consent page once more.
pub async fn open_page(_app: &App, _sign_in_id: String) -> Result<()> {
    Err(not_built())
}

/// Takes the address the browser ended on in place of the browser's own answer.
pub async fn paste_address(_app: &App, _sign_in_id: String, _address: String) -> Result<SignIn> {
    Err(not_built())
}

pub async fn cancel(_app: &App, _sign_in_id: String) -> Result<SignIn> {
    Err(not_built())
}

pub async fn choose_site(_app: &App, _sign_in_id: String, _site_id: String) -> Result<Connection> {
    Err(not_built())
}

fn not_built() -> ApiError {
    ApiError::new(
        ErrorCode::NotBuilt,
        "Signing in by OAuth is not part of this version",
        "Choose an API token, a personal access token or basic authentication.",
    )
}
