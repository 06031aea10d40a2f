//! The built-in sandbox: a Confluence to try, on this computer only.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{App, Result, connect, desktop::SandboxClient};

/// Where the sandbox answers and with what one signs in to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SandboxView {
    pub cloud_url: String,
    pub data_center_url: String,
    pub email: String,
    pub api_token: String,
    pub personal_access_token: String,
    pub username: String,
    pub password: String,
    /// For Atlassian Login.
    pub cloud_client: SandboxClient,
    /// For Application Link.
    pub data_center_client: SandboxClient,
    /// For Atlassian Login with a service account.
    pub service_account: SandboxClient,
}

/// Starts it if it does not run yet.
pub async fn start(app: &App) -> Result<SandboxView> {
    let it = app.inner.sandbox.start().await?;
    Ok(SandboxView {
        cloud_url: it.cloud.to_string(),
        data_center_url: it.data_center.to_string(),
        email: it.email,
        api_token: it.api_token,
        personal_access_token: it.personal_access_token,
        username: it.username,
        password: it.password,
        cloud_client: it.cloud_client,
        data_center_client: it.data_center_client,
        service_account: it.service_account,
    })
}

/// Opens its Data Center in the browser.
pub async fn view(app: &App) -> Result<()> {
    let addresses = app.inner.sandbox.start().await?;
    connect::open_in_browser(app, &addresses.data_center)
}

/// Throws away every page that was published to it.
pub async fn empty(app: &App) -> Result<()> {
    app.inner.sandbox.start().await?;
    app.inner.sandbox.empty().await
}
