//! The built-in sandbox, started when it is first asked for and stopped with the app.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use retropress_app::{ApiError, ErrorCode, SandboxAddresses, SandboxHost, sandbox::SandboxClient};
use retropress_sandbox::{OAuthClient, Options, Sandbox, SandboxError};
use tokio::sync::Mutex;
use url::Url;

/// The first of its ports; always the same, since integrations keep its address.
const PORT: u16 = 47610;

/// So long another Retropress is given to end.
const CLOSING: Duration = Duration::from_secs(5);

pub struct BuiltIn {
    folder: PathBuf,
    port: u16,
    /// Where the app waits for the answer of a sign-in.
    redirect: Url,
    started: Mutex<Option<Sandbox>>,
    addresses: std::sync::Mutex<Option<SandboxAddresses>>,
}

impl BuiltIn {
    pub fn new(folder: PathBuf, port: Option<u16>, redirect: Url) -> Self {
        Self {
            folder,
            port: port.unwrap_or(PORT),
            redirect,
            started: Mutex::new(None),
            addresses: std::sync::Mutex::new(None),
        }
    }

    fn set(&self, addresses: &SandboxAddresses) {
        *self
            .addresses
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(addresses.clone());
    }
}

#[async_trait]
impl SandboxHost for BuiltIn {
    async fn start(&self) -> Result<SandboxAddresses, ApiError> {
        let mut started = self.started.lock().await;
        if let (Some(_), Some(addresses)) = (&*started, self.running()) {
            return Ok(addresses);
        }
        let options = Options {
            port: self.port,
            folder: Some(self.folder.clone()),
        };
        let sandbox = start(options).await.map_err(|it| not_working(&it))?;
        sandbox
            .set_redirect_uri(self.redirect.as_str())
            .map_err(|it| not_working(&it))?;
        let addresses = addresses(&sandbox)?;
        self.set(&addresses);
        *started = Some(sandbox);
        Ok(addresses)
    }

    fn running(&self) -> Option<SandboxAddresses> {
        self.addresses
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }

    async fn expect_redirect(&self, redirect: &Url) -> Result<(), ApiError> {
        match &*self.started.lock().await {
            Some(sandbox) => sandbox
                .set_redirect_uri(redirect.as_str())
                .map_err(|it| not_working(&it)),
            None => Ok(()),
        }
    }

    async fn empty(&self) -> Result<(), ApiError> {
        if let Some(sandbox) = &*self.started.lock().await {
            sandbox.empty().await.map_err(|it| not_working(&it))?;
        }
        Ok(())
    }
}

/// A Retropress that was just closed may hold the ports for another moment.
async fn start(options: Options) -> Result<Sandbox, SandboxError> {
    let since = Instant::now();
    loop {
        match Sandbox::start(options.clone()).await {
            Err(SandboxError::PortBusy { .. }) if since.elapsed() < CLOSING => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            answer => return answer,
        }
    }
}

fn addresses(sandbox: &Sandbox) -> Result<SandboxAddresses, ApiError> {
    let (it, keys) = (sandbox.addresses(), sandbox.credentials());
    let apps = sandbox.oauth_clients();
    let parse = |address: &str| {
        Url::parse(address).map_err(|problem| {
            let mut error = error(ErrorCode::Internal, "The sandbox has no usable address");
            error.details = format!("{address}: {problem}");
            error
        })
    };
    Ok(SandboxAddresses {
        cloud: parse(&it.cloud)?,
        gateway: parse(&it.gateway)?,
        auth: parse(&it.auth)?,
        second_cloud: parse(&it.second_cloud)?,
        data_center: parse(&it.data_center)?,
        client_ids: vec![apps.cloud.id, apps.service_account.id],
        email: keys.email,
        api_token: keys.api_token,
        personal_access_token: keys.personal_access_token,
        username: keys.username,
        password: keys.password,
        cloud_client: client(sandbox.oauth_clients().cloud),
        data_center_client: client(sandbox.oauth_clients().data_center),
        service_account: client(sandbox.oauth_clients().service_account),
    })
}

fn client(app: OAuthClient) -> SandboxClient {
    SandboxClient {
        id: app.id,
        secret: app.secret,
    }
}

fn not_working(problem: &SandboxError) -> ApiError {
    let mut refused = match problem {
        SandboxError::PortBusy { port } => {
            let mut it = error(ErrorCode::SandboxPortBusy, "The sandbox cannot start");
            it.cause = format!("Another program uses port {port} of this computer.");
            it.hint = "Close that program, or a second Retropress, and try again.".to_owned();
            it
        }
        _ => {
            let mut it = error(ErrorCode::Storage, "The sandbox cannot start");
            it.hint = "Try again. If it stays so, restart Retropress.".to_owned();
            it
        }
    };
    refused.details = problem.to_string();
    refused
}

fn error(code: ErrorCode, message: &str) -> ApiError {
    ApiError {
        code,
        message: message.to_owned(),
        cause: String::new(),
        hint: String::new(),
        retryable: true,
        field: None,
        details: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    #[tokio::test]
    async fn waits_for_a_retropress_that_is_just_closing() {
        let (held, port) = (20_000..30_000)
            .step_by(10)
            .find_map(|port| Some((TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()?, port)))
            .unwrap();
        let closes = tokio::spawn(async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            drop(held);
        });
        let options = Options {
            port,
            ..Options::default()
        };
        let busy = Sandbox::start(options.clone()).await;
        assert!(matches!(busy, Err(SandboxError::PortBusy { .. })));
        let sandbox = start(options).await.unwrap();
        assert!(sandbox.addresses().cloud.contains(&port.to_string()));
        closes.await.unwrap();
    }
}
