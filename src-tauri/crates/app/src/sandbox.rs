//! The built-in sandbox: a Confluence to try, on this computer only.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{App, Result};

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
}

/// Starts it if it does not run yet.
pub async fn start(_app: &App) -> Result<SandboxView> {
    unimplemented!()
}

/// Opens its Data Center in the browser.
pub async fn view(_app: &App) -> Result<()> {
    unimplemented!()
}

/// Throws away every page that was published to it.
pub async fn empty(_app: &App) -> Result<()> {
    unimplemented!()
}
