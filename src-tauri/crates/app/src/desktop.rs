//! What the app needs of the computer it runs on, given to it by the shell.

use std::path::PathBuf;

use async_trait::async_trait;
use url::Url;

use crate::{ApiError, App, ErrorCode, Result, sandbox::SandboxClient};

#[async_trait]
pub trait Desktop: Send + Sync {
    /// Opens the address in the user's browser.
    fn open_in_browser(&self, address: &Url) -> std::io::Result<()>;

    /// Asks where to save a file; `None` when the user cancelled.
    async fn choose_where_to_save(&self, file_name: &str) -> Option<PathBuf>;

    /// The system and the web view, for the support report. Nothing that names the user or the
    /// computer.
    fn versions(&self) -> Versions {
        Versions::default()
    }
}

/// Empty where it is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Versions {
    /// "Debian 13.2, x86_64"
    pub system: String,
    /// "2.46.3"
    pub web_view: String,
}

/// Asks where to save a file, writes it there and answers the path; `None` when the user cancelled.
///
/// # Errors
/// A full disk, a folder that cannot be written to; `what` is the file in the user's words.
pub(crate) async fn save(
    app: &App,
    file_name: &str,
    bytes: Vec<u8>,
    what: &str,
) -> Result<Option<String>> {
    let Some(path) = app.inner.desktop.choose_where_to_save(file_name).await else {
        return Ok(None);
    };
    let target = path.clone();
    let written = tokio::task::spawn_blocking(move || std::fs::write(target, bytes))
        .await
        .map_err(|it| ApiError::internal(&it))?;
    written.map_err(|problem| {
        let mut error = ApiError::new(
            if problem.kind() == std::io::ErrorKind::StorageFull {
                ErrorCode::DiskFull
            } else {
                ErrorCode::Storage
            },
            format!("The {what} could not be saved"),
            "Choose another folder, or free some room on this computer.",
        )
        .retry();
        error.details = format!("{}: {problem}", path.display());
        error
    })?;
    Ok(Some(path.display().to_string()))
}

/// Runs the built-in sandbox. The app talks to it like to any Confluence, through HTTP alone.
#[async_trait]
pub trait SandboxHost: Send + Sync {
    /// Starts it if it does not run yet.
    async fn start(&self) -> Result<SandboxAddresses>;

    /// Where it answers, if it runs.
    fn running(&self) -> Option<SandboxAddresses>;

    /// Where the next sign-in waits for the browser's answer: its apps are registered with that.
    async fn expect_redirect(&self, _redirect: &Url) -> Result<()> {
        Ok(())
    }

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

impl SandboxAddresses {
    /// Whether the address leads to this sandbox.
    pub fn holds(&self, address: &Url) -> bool {
        [&self.cloud, &self.second_cloud, &self.data_center]
            .iter()
            .any(|it| it.origin() == address.origin())
    }
}
