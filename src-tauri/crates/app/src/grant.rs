//! What a user granted by signing in through the browser: access tokens, in memory only, and the
//! refresh token they are renewed with.
//!
//! A refresh token is good once: its answer brings the next one. So renewals happen one at a time, in
//! this process and in all others with the same data folder, and each of them looks first what the
//! one before left behind. The next refresh token is stored before the access token that came with
//! it is used.
//!
//! Between the server's answer and that moment the next refresh token exists on the wire alone. That
//! a renewal is about to happen is therefore written down before it is asked for. Where its end is
//! missing, it is asked for again at the next start: Atlassian takes a used refresh token for ten
//! minutes more. A server that does not wants a new sign-in then, and the words say why.

use std::{
    fs::{self, File, TryLockError},
    path::PathBuf,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use retropress_confluence::{
    AccessToken, AccessTokens, Error, ErrorKind, Oauth, OauthServer, SecretString, Tokens,
};
use retropress_store::NetworkRecord;
use secrecy::ExposeSecret as _;
use serde::Deserialize;

use crate::{
    ApiError, App, ErrorCode, Inner, Result, clients,
    connect::{Method, sign_in::OauthClient},
    integrations::{self, StoredIntegration},
    network::{self, NetworkScope},
    sealing::{self, Sealing},
};

/// An access token is renewed so long before its end that no call meets it on the way.
const MARGIN: TimeDelta = TimeDelta::seconds(60);

/// For whoever renews at the moment: a keyring that asks, and a server that takes its time.
const LONGEST_RENEWAL: Duration = Duration::from_secs(120);
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// What is sealed of a grant.
pub(crate) struct Kept {
    pub client_secret: SecretString,
    /// A service account has none.
    pub refresh_token: Option<SecretString>,
}

impl Kept {
    /// Wiped when dropped, as is what it is read from.
    pub fn to_text(&self) -> Result<SecretString> {
        let refresh = self.refresh_token.as_ref().map(|it| it.expose_secret());
        let text = serde_json::to_string(&[Some(self.client_secret.expose_secret()), refresh])
            .map_err(|it| ApiError::internal(&it))?;
        Ok(SecretString::from(text))
    }

    pub fn from_text(text: &SecretString) -> Result<Self> {
        #[derive(Deserialize)]
        struct Pair(SecretText, Option<SecretText>);
        struct SecretText(SecretString);
        impl<'de> Deserialize<'de> for SecretText {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                Ok(Self(SecretString::from(String::deserialize(from)?)))
            }
        }
        // The parser's words would show what it stumbled over.
        let Pair(client_secret, refresh_token) = serde_json::from_str(text.expose_secret())
            .map_err(|_| {
                ApiError::new(
                    ErrorCode::SecretGone,
                    "The saved sign-in data cannot be read any more",
                    "Edit the integration and sign in again.",
                )
            })?;
        Ok(Self {
            client_secret: client_secret.0,
            refresh_token: refresh_token.map(|it| it.0),
        })
    }

    pub fn copy(&self) -> Self {
        let copy = |it: &SecretString| SecretString::from(it.expose_secret());
        Self {
            client_secret: copy(&self.client_secret),
            refresh_token: self.refresh_token.as_ref().map(copy),
        }
    }
}

/// One grant. Clones share its tokens.
#[derive(Clone)]
pub(crate) struct Grant(Arc<Shared>);

struct Shared {
    app: Weak<Inner>,
    server: OauthServer,
    client_id: String,
    service_account: bool,
    in_memory: AtomicBool,
    held: tokio::sync::Mutex<Held>,
}

struct Held {
    access: Option<(AccessToken, Option<DateTime<Utc>>)>,
    place: Place,
    /// The way to the network it is renewed over.
    way: NetworkScope,
}

/// Where the refresh token is.
enum Place {
    /// Of the wizard, or of an integration that is saved for this session only.
    Memory(Kept),
    /// Sealed in the database.
    Sealed(Box<StoredIntegration>),
}

impl Grant {
    /// A sign-in that has just been made.
    pub fn fresh(
        app: &App,
        server: &OauthServer,
        client: &OauthClient,
        service_account: bool,
        way: NetworkScope,
        tokens: Tokens,
    ) -> Self {
        let until = until(app.now(), &tokens.access);
        Self(Arc::new(Shared {
            app: Arc::downgrade(&app.inner),
            server: server.clone(),
            client_id: client.id.clone(),
            service_account,
            in_memory: AtomicBool::new(true),
            held: tokio::sync::Mutex::new(Held {
                access: Some((tokens.access, until)),
                place: Place::Memory(Kept {
                    client_secret: client.clone().secret,
                    refresh_token: tokens.refresh,
                }),
                way,
            }),
        }))
    }

    /// That of a saved integration; sends nothing and opens nothing.
    pub fn saved(app: &App, server: OauthServer, integration: &StoredIntegration) -> Self {
        Self(Arc::new(Shared {
            app: Arc::downgrade(&app.inner),
            server,
            client_id: integration.sign_in.client_id.clone(),
            service_account: integration.sign_in.service_account,
            in_memory: AtomicBool::new(false),
            held: tokio::sync::Mutex::new(Held {
                access: None,
                place: Place::Sealed(Box::new(integration.clone())),
                way: NetworkScope::of(Some(&integration.id), &integration.team_id),
            }),
        }))
    }

    pub async fn client_secret(&self, app: &App) -> Result<SecretString> {
        let held = self.0.held.lock().await;
        match &held.place {
            Place::Memory(kept) => Ok(kept.copy().client_secret),
            Place::Sealed(integration) => Ok(look(app, integration).await?.1.client_secret),
        }
    }

    /// Its tokens go to the server of this integration and came from its app.
    pub fn is_of(&self, integration: &StoredIntegration) -> bool {
        let here = match &self.0.server {
            OauthServer::Atlassian(_) => integration.method == Method::AtlassianLogin,
            OauthServer::DataCenter(site) => {
                site.base_url.origin() == integration.site.base_url.origin()
            }
        };
        here && self.0.client_id == integration.sign_in.client_id
    }

    /// Nothing of it is in the database.
    pub fn is_in_memory(&self) -> bool {
        self.0.in_memory.load(Ordering::Relaxed)
    }

    /// Saves `integration` with this grant, which belongs to it from then on.
    ///
    /// With `session_only` the database gets no secret.
    pub async fn save_as(
        &self,
        app: &App,
        sealing: &Sealing<'_>,
        integration: &StoredIntegration,
        edited: bool,
        session_only: bool,
        network: Option<&NetworkRecord>,
    ) -> Result<()> {
        let mut held = self.0.held.lock().await;
        let _alone = alone(app, &integration.id).await?;
        let kept = match &held.place {
            Place::Memory(kept) => kept.copy(),
            Place::Sealed(saved) => look(app, saved).await?.1,
        };
        if session_only {
            integrations::store(app, integration, edited, None, network)?;
            held.place = Place::Memory(kept);
        } else {
            let sealed = clients::seal(sealing, integration, &kept.to_text()?).await?;
            integrations::store(app, integration, edited, Some(&sealed), network)?;
            held.place = Place::Sealed(Box::new(integration.clone()));
        }
        held.way = NetworkScope::of(Some(&integration.id), &integration.team_id);
        self.0.in_memory.store(session_only, Ordering::Relaxed);
        Ok(())
    }

    async fn current(&self, refused: Option<&AccessToken>) -> Result<AccessToken, Error> {
        let (shared, refused) = (self.0.clone(), refused.cloned());
        // A task of its own: whoever asked may stop waiting, but a renewal that is under way is
        // brought to its end.
        tokio::spawn(async move { shared.current(refused.as_ref()).await })
            .await
            .unwrap_or_else(|stopped| Err(Error::from_elsewhere(ApiError::internal(&stopped))))
    }
}

#[async_trait]
impl AccessTokens for Grant {
    async fn token(&self) -> Result<AccessToken, Error> {
        self.current(None).await
    }

    async fn renew(&self, refused: &AccessToken) -> Result<AccessToken, Error> {
        self.current(Some(refused)).await
    }
}

impl Shared {
    async fn current(&self, refused: Option<&AccessToken>) -> Result<AccessToken, Error> {
        let app = self.app().map_err(Error::from_elsewhere)?;
        // One at a time in this process.
        let mut held = self.held.lock().await;
        if let Some((token, until)) = &held.access
            && refused != Some(token)
            && until.is_none_or(|until| app.now() < until)
        {
            return Ok(token.clone());
        }
        held.access = None;
        let way = held.way.clone();
        let token = self.renewed(&app, &mut held.place, &way).await?;
        held.access = Some((token.clone(), until(app.now(), &token)));
        Ok(token)
    }

    async fn renewed(
        &self,
        app: &App,
        place: &mut Place,
        way: &NetworkScope,
    ) -> Result<AccessToken, Error> {
        match place {
            Place::Memory(kept) => {
                let tokens = self.ask(app, kept, way).await?;
                if let Some(next) = tokens.refresh {
                    kept.refresh_token = Some(next);
                }
                Ok(tokens.access)
            }
            Place::Sealed(integration) => self.renewed_in_database(app, integration, way).await,
        }
    }

    async fn renewed_in_database(
        &self,
        app: &App,
        integration: &StoredIntegration,
        way: &NetworkScope,
    ) -> Result<AccessToken, Error> {
        // And one at a time on this computer.
        let _alone = alone(app, &integration.id)
            .await
            .map_err(Error::from_elsewhere)?;
        let mut looks = 0;
        loop {
            looks += 1;
            let (sealed, kept) = look(app, integration)
                .await
                .map_err(Error::from_elsewhere)?;
            if self.service_account {
                return Ok(self.ask(app, &kept, way).await?.access);
            }
            let store = |it| Error::from_elsewhere(ApiError::from(it));
            let cut_off = app
                .store()
                .renewal_begun(&integration.id)
                .map_err(store)?
                .is_some();
            app.store()
                .begin_renewal(&integration.id, app.now().timestamp_millis())
                .map_err(store)?;
            let tokens = match self.ask(app, &kept, way).await {
                Ok(tokens) => tokens,
                Err(problem) if problem.kind() == ErrorKind::SignInNeeded => {
                    // Somebody who does not know this lock may have renewed it: look again, once.
                    let now = app.store().sealed_secret(&integration.id).map_err(store)?;
                    if looks == 1 && now.as_ref().is_some_and(|now| *now != sealed) {
                        continue;
                    }
                    return Err(if cut_off { was_cut_off() } else { problem });
                }
                Err(problem) => {
                    if never_asked(&problem) && !cut_off {
                        app.store()
                            .end_renewal(&integration.id, &sealed, &sealed)
                            .map_err(store)?;
                    }
                    return Err(problem);
                }
            };
            let next = Kept {
                client_secret: kept.client_secret,
                refresh_token: tokens.refresh.or(kept.refresh_token),
            };
            let next = next.to_text().map_err(Error::from_elsewhere)?;
            let sealing = sealing::begin(app).await;
            let next = clients::seal(&sealing, integration, &next)
                .await
                .map_err(Error::from_elsewhere)?;
            let stored = app
                .store()
                .end_renewal(&integration.id, &sealed, &next)
                .map_err(store)?;
            if stored {
                return Ok(tokens.access);
            }
            // Removed, or replaced by another sign-in: what was just renewed is nobody's any more.
            if looks > 1 {
                return Err(Error::from_elsewhere(clients::secret_gone()));
            }
        }
    }

    async fn ask(&self, app: &App, kept: &Kept, way: &NetworkScope) -> Result<Tokens, Error> {
        let http = network::http(app, way)
            .await
            .map_err(Error::from_elsewhere)?;
        let secret = SecretString::from(kept.client_secret.expose_secret());
        let oauth = Oauth::new(&http, self.server.clone(), &self.client_id, secret)?;
        match &kept.refresh_token {
            _ if self.service_account => oauth.service_account().await,
            Some(refresh) => oauth.renew(refresh).await,
            None => Err(Error::from_elsewhere(no_refresh_token())),
        }
    }

    fn app(&self) -> Result<App> {
        let inner = self.app.upgrade().ok_or_else(|| {
            ApiError::new(
                ErrorCode::Internal,
                "Retropress is closing",
                "Start it again.",
            )
        })?;
        Ok(App { inner })
    }
}

/// Takes up renewals whose end is not known, while the server may still take the old refresh token.
pub(crate) async fn resume(app: &App) {
    let unfinished = match app.store().unfinished_renewals() {
        Ok(unfinished) => unfinished,
        Err(problem) => {
            tracing::warn!(%problem, "unfinished renewals could not be looked for");
            return;
        }
    };
    for id in unfinished {
        let renewed = async {
            let integration = integrations::find(app, &id)?;
            let grant = clients::grant_of(app, &integration).await?;
            grant.token().await.map_err(ApiError::from)
        };
        if let Err(problem) = renewed.await {
            tracing::warn!(%problem, "a sign-in could not be renewed");
        }
    }
}

/// The lock's file of an integration, for whoever disconnects it.
pub(crate) fn lock_file(app: &App, integration_id: &str) -> PathBuf {
    let name: String = integration_id
        .chars()
        .filter(|it| it.is_ascii_alphanumeric() || *it == '-')
        .collect();
    app.store().folder().join(format!("sign-in-{name}.lock"))
}

/// Waits until no other process renews this sign-in. Free again when dropped, and when the process
/// ends, however it does.
async fn alone(app: &App, integration_id: &str) -> Result<File> {
    let path = lock_file(app, integration_id);
    let locked = async {
        loop {
            let file = fs::OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&path)?;
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(BETWEEN_TRIES).await,
                Err(TryLockError::Error(problem)) => return Err(problem),
            }
        }
    };
    match tokio::time::timeout(LONGEST_RENEWAL, locked).await {
        Ok(Ok(file)) => Ok(file),
        Ok(Err(problem)) => {
            let mut error = ApiError::new(
                ErrorCode::Storage,
                "The data folder cannot be written to",
                "Check that Retropress may write to its folder, then try again.",
            )
            .retry();
            error.details = problem.to_string();
            Err(error)
        }
        Err(_) => Err(ApiError::new(
            ErrorCode::TimedOut,
            "Another Retropress is renewing this sign-in and does not come to an end",
            "Close other windows of Retropress, then try again.",
        )
        .retry()),
    }
}

async fn look(app: &App, integration: &StoredIntegration) -> Result<(Vec<u8>, Kept)> {
    let sealed = app
        .store()
        .sealed_secret(&integration.id)?
        .ok_or_else(clients::secret_gone)?;
    let text = clients::open(app, integration, &sealed).await?;
    Ok((sealed, Kept::from_text(&text)?))
}

fn until(now: DateTime<Utc>, token: &AccessToken) -> Option<DateTime<Utc>> {
    let lifetime = TimeDelta::from_std(token.lifetime?).ok()?;
    // Of a very short life the margin takes a part only.
    now.checked_add_signed(lifetime - MARGIN.min(lifetime / 4))
}

/// Nothing reached the server, so the refresh token is as good as before.
fn never_asked(problem: &Error) -> bool {
    problem.outcome() == retropress_confluence::Outcome::NotDone
}

fn was_cut_off() -> Error {
    Error::from_elsewhere(
        ApiError::new(
            ErrorCode::SignInNeeded,
            "Confluence wants you to sign in again",
            "Edit the integration and sign in. Nothing that waits is lost.",
        )
        .because(
            "Retropress or the connection was cut off at the very moment the sign-in was renewed.",
        )
        .retry(),
    )
}

fn no_refresh_token() -> ApiError {
    ApiError::new(
        ErrorCode::SignInNeeded,
        "Confluence wants you to sign in again",
        "Edit the integration and sign in. With Atlassian Login the scope offline_access spares you that.",
    )
    .because("The sign-in was granted for an hour only.")
    .retry()
}
