//! What the app needs of the computer it runs on, given to it by the shell.

use std::path::PathBuf;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use url::Url;

use crate::Result;

#[async_trait]
pub trait Desktop: Send + Sync {
    /// Opens the address in the user's browser.
    fn open_in_browser(&self, address: &Url) -> std::io::Result<()>;

    /// Asks where to save a file; `None` when the user cancelled.
    async fn choose_where_to_save(&self, file_name: &str) -> Option<PathBuf>;
}

/// Runs the built-in sandbox. The app talks to it like to any Confluence, through HTTP alone.
#[async_trait]
pub trait SandboxHost: Send + Sync {
    /// Starts it if it does not run yet.
    async fn start(&self) -> Result<SandboxAddresses>;

    /// Where it answers, if it runs.
    fn running(&self) -> Option<SandboxAddresses>;

    /// Back to its sample pages.
    async fn empty(&self) -> Result<()>;
}

/// Where the sandbox answers and with what one signs in to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxAddresses {
    pub cloud: Url,
    /// In place of `https://api.atlassian.com`.
    pub gateway: Url,
    /// In place of `https://auth.atlassian.com`.
    pub auth: Url,
    /// Another Cloud site of the same account.
    pub second_cloud: Url,
    pub data_center: Url,
    /// Of the apps its sign-in knows, by which a sign-in is told to go there.
    pub client_ids: Vec<String>,
    pub email: String,
    pub api_token: String,
    pub personal_access_token: String,
    pub username: String,
    pub password: String,
    /// The OAuth 2.0 app of its Cloud.
    pub cloud_client: SandboxClient,
    /// The application link of its Data Center.
    pub data_center_client: SandboxClient,
    /// The credential of its service account.
    pub service_account: SandboxClient,
}

/// What an OAuth client of the sandbox is known by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SandboxClient {
    pub id: String,
    pub secret: String,
}

impl SandboxAddresses {
    /// Whether the address leads to this sandbox.
    pub fn holds(&self, address: &Url) -> bool {
        [&self.cloud, &self.second_cloud, &self.data_center]
            .iter()
            .any(|it| it.origin() == address.origin())
    }
}
