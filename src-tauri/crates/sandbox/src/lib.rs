//! A Confluence to try, on this computer only: one Cloud (two sites, the
//! gateway, the sign-in) and one Data Center, served on loopback, with sample
//! spaces and pages, for newcomers and for tests.
//!
//! ```no_run
//! # async fn example() -> Result<(), retropress_sandbox::SandboxError> {
//! use retropress_sandbox::{Fault, Matching, Options, Sandbox};
//!
//! let sandbox = Sandbox::start(Options::default()).await?;
//! let site = &sandbox.addresses().cloud;
//! let token = sandbox.credentials().api_token;
//! let lost = sandbox
//!     .faults()
//!     .on(Matching::request("POST", "/pages$"), Fault::cut().after_handling());
//! // ... publish to `site` ...
//! assert!(lost.fired());
//! sandbox.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! Signing in by OAuth 2.0 needs no browser: what the consent page's form sends
//! can be sent by a test, and the redirect holds the code.
//!
//! ```text
//! POST {auth}/authorize                                        Cloud
//! POST {data_center}/rest/oauth2/latest/authorize              Data Center
//!      the parameters of the authorize address, as a form, and
//!      decision=accept or cancel (Cloud), allow or deny (Data Center)
//!      site={cloud id}, for each site allowed (Cloud; all when none is named)
//! 302  Location: {redirect_uri}?code=...&state=...
//! ```
//!
//! It answers as Confluence does where that is documented or was recorded, and
//! says in so many words where it is simpler. Nothing but loopback reaches it;
//! its web pages need no sign-in, its REST API does.

mod application_link;
mod attachments;
mod auth_host;
mod browser;
mod cloud;
mod cloud_v1;
mod content;
mod data_center;
mod disk;
mod drawing;
mod faults;
mod gateway;
mod html;
mod links;
mod oauth;
mod pages;
mod rate_limit;
mod record;
mod refusal;
mod rest_v1;
mod samples;
mod serve;
mod sign_in;
mod site;
mod storage_format;
mod web;
mod world;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use tokio::sync::Mutex;

pub use crate::attachments::Part;
pub use crate::faults::{Fault, Faults, Incoming, Matching, Played};
pub use crate::oauth::{FIRST_REDIRECT_URI, OAuthClient, OAuthClients, Permission};
pub use crate::record::{Host, Recorded};
pub use crate::sign_in::Credentials;

use crate::disk::DiskError;
use crate::oauth::SignIns;
use crate::rate_limit::RateLimit;
use crate::serve::Door;
use crate::sign_in::Accounts;
use crate::world::{FIRST_SITE, KEPT, SECOND_SITE, World};

/// How to start.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The first of five ports in a row: Cloud, gateway, sign-in, Data Center,
    /// Cloud's second site. 0 takes any five that are free.
    pub port: u16,
    /// Where pages and credentials are kept. None keeps them in memory.
    pub folder: Option<PathBuf>,
}

/// Where the sandbox answers. No address ends in a slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// The Cloud site as a user would enter it, `/wiki` included.
    pub cloud: String,
    /// In place of `https://api.atlassian.com`.
    pub gateway: String,
    /// In place of `https://auth.atlassian.com`.
    pub auth: String,
    /// The Data Center as a user would enter it, its context path included.
    pub data_center: String,
    /// The other site of the same account, `/wiki` included.
    pub second_cloud: String,
}

/// Why the sandbox could not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error("port {port} is in use by another program")]
    PortBusy { port: u16 },
    #[error("the sandbox cannot listen on this computer: {0}")]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Folder(String),
}

impl From<DiskError> for SandboxError {
    fn from(error: DiskError) -> SandboxError {
        SandboxError::Folder(error.to_string())
    }
}

/// A running sandbox. Dropping it stops it as well.
#[derive(Debug)]
pub struct Sandbox {
    world: Arc<World>,
    second: Arc<World>,
    doors: Mutex<Vec<Door>>,
    notice: Option<String>,
}

impl Sandbox {
    /// Starts on 127.0.0.1, and on ::1 where there is IPv6.
    ///
    /// # Errors
    /// [`SandboxError::PortBusy`] when one of the ports is taken; `Io` and
    /// `Folder` with the operating system's reason.
    pub async fn start(options: Options) -> Result<Sandbox, SandboxError> {
        let mut bound = Vec::new();
        let hosts = [
            Host::Cloud,
            Host::Gateway,
            Host::Auth,
            Host::DataCenter,
            Host::SecondCloud,
        ];
        for (offset, host) in (0_u16..).zip(hosts) {
            let port = match options.port {
                0 => 0,
                first => first.checked_add(offset).ok_or_else(|| {
                    std::io::Error::other("there are no five ports from this one on")
                })?,
            };
            match serve::bind(port).await {
                Ok((port, sockets)) => bound.push((host, port, sockets)),
                Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                    return Err(SandboxError::PortBusy { port });
                }
                Err(error) => return Err(SandboxError::Io(error)),
            }
        }
        let address = |host: Host| {
            let port = bound.iter().find(|b| b.0 == host).map_or(0, |b| b.1);
            format!("http://localhost:{port}")
        };
        let addresses = Addresses {
            cloud: format!("{}/wiki", address(Host::Cloud)),
            gateway: address(Host::Gateway),
            auth: address(Host::Auth),
            data_center: format!("{}{}", address(Host::DataCenter), data_center::CONTEXT),
            second_cloud: format!("{}/wiki", address(Host::SecondCloud)),
        };
        let (accounts, sign_ins, contents, disk, set_aside) = match options.folder {
            Some(folder) => {
                let opened = tokio::task::spawn_blocking(move || disk::open(&folder)).await;
                let it = opened.map_err(std::io::Error::other)??;
                let disk = Some(it.disk);
                (it.accounts, it.sign_ins, it.contents, disk, it.set_aside)
            }
            None => {
                let accounts = Accounts::random().map_err(DiskError::Random)?;
                let sign_ins = SignIns::random().map_err(DiskError::Random)?;
                (accounts, sign_ins, KEPT.map(samples::content), None, None)
            }
        };
        let [cloud, second, data_center] = contents;
        let world = World::new(addresses, accounts, sign_ins, cloud, data_center, disk);
        let second = Arc::new(world.second(second));
        let world = Arc::new(world);
        let doors = bound
            .into_iter()
            .map(|(host, port, sockets)| {
                let router = router(host, &world, &second);
                Door::open(host, port, sockets, router, Arc::clone(&world))
            })
            .collect();
        let notice = set_aside.map(|path| {
            format!(
                "The sandbox's file was damaged. It was set aside as {} and a new one begun.",
                path.display()
            )
        });
        Ok(Sandbox {
            world,
            second,
            doors: Mutex::new(doors),
            notice,
        })
    }

    pub fn addresses(&self) -> &Addresses {
        &self.world.addresses
    }

    /// What a user is told about the start, such as a damaged file set aside.
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    pub fn credentials(&self) -> Credentials {
        self.world.accounts.own.clone()
    }

    /// A colleague's account, for foreign edits.
    pub fn other_credentials(&self) -> Credentials {
        self.world.accounts.other.clone()
    }

    /// The apps that are registered with the sign-in servers.
    pub fn oauth_clients(&self) -> OAuthClients {
        self.world.sign_ins().clients.clone()
    }

    /// Each access token and refresh token given out from the first call on, in the clear: for a test
    /// that looks where they are left behind.
    pub fn given_tokens(&self) -> Vec<String> {
        self.world.sign_ins().given.get_or_insert_default().clone()
    }

    /// The ids of the first and the second site of Cloud.
    pub fn cloud_ids(&self) -> [&'static str; 2] {
        [FIRST_SITE.cloud_id, SECOND_SITE.cloud_id]
    }

    /// Every request so far, oldest first: the newest 10,000, with the newest
    /// 128 MB of bodies.
    pub fn requests(&self) -> Vec<Recorded> {
        self.world.record.all()
    }

    pub fn clear_requests(&self) {
        self.world.record.clear();
    }

    /// The script of faults.
    pub fn faults(&self) -> Faults {
        self.world.faults.clone()
    }

    /// Every request waits this long before it is handled.
    pub fn set_delay(&self, delay: Duration) {
        self.world.switch(|s| s.delay = delay);
    }

    /// Lists and searches do not know what happened within this time.
    pub fn set_read_lag(&self, lag: Duration) {
        self.world.switch(|s| s.lag = lag);
    }

    /// Replaces the scopes of the scoped API token.
    pub fn set_scopes(&self, scopes: &[&str]) {
        let scopes = scopes.iter().map(|s| (*s).to_owned()).collect();
        self.world.switch(|s| s.scopes = scopes);
    }

    /// Data Center: lets callers without credentials in, to see nothing.
    pub fn set_anonymous_access(&self, on: bool) {
        self.world.switch(|s| s.anonymous = on);
    }

    /// Data Center: accepts user names and passwords, as at the start.
    pub fn set_basic_authentication(&self, on: bool) {
        self.world.switch(|s| s.basic = on);
    }

    /// Data Center: a single sign-on answers everything with its page.
    pub fn set_sign_on_page(&self, on: bool) {
        self.world.switch(|s| s.sign_in_page = on);
    }

    /// The largest attachment, in bytes. 100 MB at the start.
    pub fn set_largest_attachment(&self, bytes: usize) {
        self.world.switch(|s| s.largest_file = bytes);
    }

    /// Registers the address codes are sent to, with Cloud's app and with the
    /// application link: [`FIRST_REDIRECT_URI`] at the very start.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn set_redirect_uri(&self, address: &str) -> Result<(), SandboxError> {
        self.world.change_sign_ins(|kept| {
            address.clone_into(&mut kept.clients.cloud.redirect_uri);
            address.clone_into(&mut kept.clients.data_center.redirect_uri);
        })?;
        Ok(())
    }

    /// Puts the clock of the sign-in servers this far ahead: codes and tokens
    /// grow old without waiting.
    pub fn set_clock_ahead(&self, time: Duration) {
        self.world.switch(|s| s.ahead = time);
    }

    /// How long the access tokens live that are given out from now on; None as
    /// on the real servers, an hour.
    pub fn set_access_token_lifetime(&self, time: Option<Duration>) {
        self.world.switch(|s| s.access_lifetime = time);
    }

    /// Every access token given out so far is past its time.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn expire_access_tokens(&self) -> Result<(), SandboxError> {
        let now = self.world.now();
        self.world.change_sign_ins(|kept| kept.expire_access(now))?;
        Ok(())
    }

    /// Takes back what people allowed, as a user does who removes the app from
    /// the account: refresh tokens are refused from now on.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn revoke_sign_ins(&self) -> Result<(), SandboxError> {
        self.world.change_sign_ins(SignIns::revoke)?;
        Ok(())
    }

    /// API tokens and personal access tokens are past their last day.
    pub fn set_tokens_expired(&self, on: bool) {
        self.world.switch(|s| s.tokens_expired = on);
    }

    /// Cloud: whether the account has a second site, as at the start.
    pub fn set_second_site(&self, on: bool) {
        self.world.switch(|s| s.second_site = on);
    }

    /// Data Center: takes no redirect to plain http, `localhost` included, as
    /// older lines do.
    pub fn set_https_redirects_only(&self, on: bool) {
        self.world.switch(|s| s.https_only = on);
    }

    /// Data Center: the most the application link may ask for. Write at the
    /// start.
    pub fn set_link_permission(&self, permission: Permission) {
        self.world.switch(|s| s.link_permission = permission);
    }

    /// Data Center: becomes a Server 7.4, which knows neither personal access
    /// tokens nor OAuth 2.0.
    pub fn set_old_server(&self, on: bool) {
        self.world.switch(|s| s.old_server = on);
    }

    /// Data Center: so many wrong passwords in a row bring the CAPTCHA. 5 at
    /// the start; 0 asks for it at once.
    pub fn set_captcha_after(&self, failures: u32) {
        self.world.switch(|s| s.captcha_after = failures);
    }

    /// Cloud and Data Center, each counted by itself: only so many calls of the
    /// API in this time. None, as at the start, limits nothing.
    pub fn set_rate_limit(&self, limit: Option<(u32, Duration)>) {
        let limit = limit.map(|(calls, per)| RateLimit { calls, per });
        self.world.switch(|s| s.rate_limit = limit);
    }

    /// Closes or opens one host: while closed, connections are refused and
    /// those that were open are cut.
    ///
    /// # Errors
    /// When another program took the port in between.
    pub async fn set_reachable(&self, host: Host, on: bool) -> Result<(), SandboxError> {
        for door in self
            .doors
            .lock()
            .await
            .iter_mut()
            .filter(|d| d.host == host)
        {
            if on {
                door.reopen().await?;
            } else {
                door.close().await;
            }
        }
        Ok(())
    }

    /// Throws away what was published: back to the sample content. Credentials
    /// stay, and ids are not used again.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub async fn empty(&self) -> Result<(), SandboxError> {
        let (world, second) = (Arc::clone(&self.world), Arc::clone(&self.second));
        let empty = move || world.empty().and_then(|()| second.empty());
        let done = tokio::task::spawn_blocking(empty).await;
        done.map_err(std::io::Error::other)??;
        Ok(())
    }

    /// Closes all connections, frees the ports and closes the file.
    pub async fn stop(self) {
        for door in self.doors.lock().await.iter_mut() {
            door.close().await;
        }
        self.world.close();
    }
}

fn router(host: Host, world: &Arc<World>, second: &Arc<World>) -> Router {
    // The limits are Confluence's own, told in its own words.
    let unlimited = DefaultBodyLimit::disable;
    let site = |world: &Arc<World>| {
        browser::cloud(site::routes(world))
            .layer(unlimited())
            .with_state(Arc::clone(world))
    };
    match host {
        Host::Cloud => site(world),
        Host::SecondCloud => site(second),
        Host::Gateway => {
            let api = |world: &Arc<World>| {
                let state = Arc::clone(world);
                let api = site::api(world).layer(unlimited()).with_state(state);
                (Arc::clone(world), api)
            };
            gateway::routes(world, vec![api(world), api(second)])
        }
        Host::Auth => auth_host::routes(world),
        Host::DataCenter => {
            let rest = Router::new().nest(data_center::CONTEXT, data_center::routes(world));
            browser::data_center(rest)
                .layer(unlimited())
                .with_state(Arc::clone(world))
        }
    }
}
