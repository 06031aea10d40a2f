//! What a user can do, without a window.
//!
//! Each public function of a module here is one command of the window. All of them can be called in
//! a test against the sandbox and a temporary folder.

mod clients;
pub mod connect;
pub mod desktop;
pub mod drafts;
mod error;
mod grant;
pub mod hand_on;
pub mod history;
pub mod import;
pub mod integrations;
pub mod network;
pub mod publish;
pub mod sandbox;
mod sealing;
pub mod security;
pub mod settings;
pub mod share;
pub mod signing_in;
pub mod storage;
pub mod support_report;
pub mod system_fonts;
pub mod teams;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use chrono::{DateTime, NaiveDate, Utc};
use retropress_confluence::{Endpoints, HttpOptions};
use retropress_secrets::Vault;
use retropress_store::{Recovery, Soundness, Store};
use retropress_summary::pdf::Fonts;
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, oneshot};
use ts_rs::TS;

pub use connect::sign_in::{OauthClient, OauthOptions};
pub use desktop::{Desktop, SandboxAddresses, SandboxHost, Versions};
pub use error::{ApiError, ErrorCode, Field, Result};

/// The app's state: its store, its keyring, its open connections. Cheap to clone.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

/// What the app is made of; tests put in their own.
pub struct Parts {
    /// Where the database lies.
    pub folder: PathBuf,
    /// The keyring: the folder's own key is in an entry beside this one.
    pub vault: Vault,
    pub desktop: Arc<dyn Desktop>,
    pub sandbox: Arc<dyn SandboxHost>,
    pub endpoints: Endpoints,
    pub http: HttpOptions,
    pub oauth: OauthOptions,
    pub clock: fn() -> DateTime<Utc>,
}

struct Inner {
    store: Store,
    keyring: sealing::Keyring,
    desktop: Arc<dyn Desktop>,
    sandbox: Arc<dyn SandboxHost>,
    endpoints: Endpoints,
    oauth: OauthOptions,
    network: network::Network,
    clock: fn() -> DateTime<Utc>,
    notices: Vec<String>,
    storage: storage::Kept,
    fonts: OnceLock<Fonts>,
    events: broadcast::Sender<Event>,
    sessions: Mutex<HashMap<String, Arc<connect::Session>>>,
    /// Secrets of integrations whose user chose "for this session only".
    session_secrets: Mutex<HashMap<String, clients::SessionSecret>>,
    /// What the integrations that sign in by OAuth hold of it.
    grants: Mutex<HashMap<String, grant::Grant>>,
    sign_ins: connect::sign_in::SignIns,
    notes: Mutex<Option<import::Notes>>,
    /// Those who wait for the window to store what was typed.
    storing: Mutex<Vec<oneshot::Sender<bool>>>,
    outbox: publish::Outbox,
}

/// Told to the window when something changed that it may be showing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "type")]
#[ts(export)]
pub enum Event {
    #[serde(rename_all = "camelCase")]
    OperationChanged {
        operation_id: String,
        draft_id: Option<String>,
    },
    /// A host began or stopped to answer, an integration was paused, a sign-in was refused.
    OutboxChanged,
    #[serde(rename_all = "camelCase")]
    DraftsChanged { team_id: String },
    #[serde(rename_all = "camelCase")]
    IntegrationsChanged { team_id: String },
    #[serde(rename_all = "camelCase")]
    SignInChanged { sign_in_id: String },
    /// The window is being closed while this many are queued; it asks its author.
    #[serde(rename_all = "camelCase")]
    Leaving { queued: u32 },
    /// The app is about to end: the window stores what was typed and answers with
    /// [`desktop::typed_stored`].
    StoreTyped,
    /// A notification or the tray leads here: "/outbox", "/published/<id>".
    #[serde(rename_all = "camelCase")]
    Open { place: String },
    /// A line of a checklist was ticked off. `of` names the wizard's session, or the integration.
    #[serde(rename_all = "camelCase")]
    ChecklistChanged {
        of: String,
        checks: Vec<connect::Check>,
    },
    /// The check at the start has ended, or there is a new backup.
    StorageChanged,
    /// To be said wherever the user is.
    #[serde(rename_all = "camelCase")]
    Noticed { text: String },
}

const DAMAGE_FOUND: &str = "The database is damaged: a disk error, or a program that wrote into it. Save what you are working on elsewhere, then close Retropress and start it again: it opens the last good backup and keeps the damaged file.";

/// The notice about a recovery.
fn recovered(recovery: &Recovery) -> String {
    let happened = match (&recovery.archived, recovery.from_backup) {
        (Some(_), true) => "The database was damaged. Retropress opened the last good backup",
        (Some(_), false) => {
            "The database was damaged and no backup can be read. Retropress started empty"
        }
        (None, true) => "The database was missing. Retropress opened the last good backup",
        (None, false) => {
            "The database was missing and no backup can be read. Retropress started empty"
        }
    };
    match &recovery.archived {
        Some(name) => format!("{happened}; the damaged file is kept as {name}."),
        None => format!("{happened}."),
    }
}

impl App {
    /// Opens the database; sends nothing.
    ///
    /// # Errors
    /// A database of a newer app, a full disk, a folder that cannot be written to.
    pub fn open(parts: Parts) -> Result<App> {
        let opened = Store::open(&parts.folder)?;
        let notices = opened.recovery.iter().map(recovered).collect();
        let storage = storage::Kept::at_start(&opened)?;
        let (events, _) = broadcast::channel(256);
        let app = App {
            inner: Arc::new(Inner {
                store: opened.store,
                keyring: sealing::Keyring::new(parts.vault),
                desktop: parts.desktop,
                sandbox: parts.sandbox,
                endpoints: parts.endpoints,
                oauth: parts.oauth,
                network: network::Network::new(parts.http),
                clock: parts.clock,
                notices,
                storage,
                fonts: OnceLock::new(),
                events,
                sessions: Mutex::default(),
                session_secrets: Mutex::default(),
                grants: Mutex::default(),
                sign_ins: connect::sign_in::SignIns::default(),
                notes: Mutex::default(),
                storing: Mutex::default(),
                outbox: publish::Outbox::new((parts.clock)().timestamp_millis()),
            }),
        };
        app.inner.outbox.remember(&app)?;
        Ok(app)
    }

    /// [`resume`](Self::resume) and [`tidy`](Self::tidy).
    pub async fn settle(&self) {
        self.resume().await;
        self.tidy().await;
    }

    /// Takes up what an earlier run left unfinished. To be called once.
    pub async fn resume(&self) {
        grant::resume(self).await;
        publish::resume(self).await;
    }

    /// Checks the database and backs it up, clears away what was deleted. To be called once, when the
    /// window is there: a large file keeps the computer busy for a while.
    pub async fn tidy(&self) {
        let store = self.inner.store.clone();
        let week_ago = (self.now() - chrono::Duration::days(7)).timestamp_millis();
        let replaced = self.inner.storage.was_replaced();
        let checked = self.clone();
        let tidy = tokio::task::spawn_blocking(move || {
            let sound = store.check();
            checked
                .inner
                .storage
                .was_checked(sound.as_ref().ok().map(Soundness::is_sound));
            if !sound?.is_sound() {
                return Ok(false);
            }
            store.purge_drafts(week_ago)?;
            store.slim_operations(week_ago)?;
            for left in store.forget_left()? {
                tracing::warn!(?left, "removed secrets are still in a file");
            }
            if replaced {
                // The backups are of what was there before.
                store.back_up_now()?;
                store.replacement_was_told()?;
            } else {
                store.back_up()?;
            }
            Ok::<_, retropress_store::StoreError>(true)
        });
        let tidied = tidy.await;
        self.tell(Event::StorageChanged);
        match tidied {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => {
                tracing::error!("the database is damaged");
                self.tell(Event::Noticed {
                    text: DAMAGE_FOUND.to_owned(),
                });
            }
            Ok(Err(problem)) => tracing::warn!(%problem, "tidying up failed"),
            Err(problem) => tracing::warn!(%problem, "tidying up stopped"),
        }
    }

    /// Said once after the start.
    pub(crate) fn start_notices(&self) -> Vec<String> {
        let mut notices = self.inner.notices.clone();
        notices.extend(self.inner.storage.notice().map(str::to_owned));
        notices
    }

    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.inner.events.subscribe()
    }

    pub(crate) fn tell(&self, event: Event) {
        // Nobody listens before the window is there.
        let _ = self.inner.events.send(event);
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn outbox(&self) -> &publish::Outbox {
        &self.inner.outbox
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.inner.clock)()
    }

    /// Today where the user is.
    pub(crate) fn today(&self) -> NaiveDate {
        self.now().with_timezone(&chrono::Local).date_naive()
    }

    /// Parsed at the first PDF and kept: parsing is most of the time a PDF takes.
    pub(crate) fn fonts(&self) -> Result<&Fonts> {
        if let Some(fonts) = self.inner.fonts.get() {
            return Ok(fonts);
        }
        let fonts = Fonts::bundled()
            .map_err(|it| ApiError::internal(&it))?
            .with_system(Arc::new(system_fonts::SystemFonts::default()));
        Ok(self.inner.fonts.get_or_init(|| fonts))
    }
}

/// Runs a use case for the window. A bug in it, a panic, becomes an error like any other and the app
/// goes on. It has a thread of its own: a database that is busy holds up nothing else.
pub async fn guarded<T: Send + 'static>(
    case: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || runtime.block_on(case))
        .await
        .unwrap_or_else(|stopped| Err(ApiError::internal(&stopped)))
}

/// A lock whose holder panicked left nothing half done: all of ours guard plain maps.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// UUIDv7: sorts by the time it was made.
fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}
