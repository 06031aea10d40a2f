//! The key of this data folder, in the keyring of the operating system.
//!
//! Each folder has one of its own, under a random name that its database keeps: forgetting it leaves
//! what other folders sealed. Folders of the first version shared one key, in the entry "master key".
//! Where secrets were sealed with that, it is copied to the folder's own name at first use; the old
//! entry is left alone, since other folders may still need it. A folder that was copied as files
//! shares its key with the copy.

use retropress_confluence::SecretString;
use retropress_secrets::{KeyringProblem, Vault};
use retropress_store::SealingKey;
use tokio::sync::{RwLock, RwLockReadGuard};

use crate::{ApiError, App, Result, new_id};

pub(crate) struct Keyring {
    /// The entry that all folders shared; those of the folders are beside it.
    shared: Vault,
    /// Held by all who seal, until what they sealed is stored; and by the one who forgets the key.
    in_use: RwLock<()>,
}

impl Keyring {
    pub fn new(shared: Vault) -> Self {
        Self {
            shared,
            in_use: RwLock::default(),
        }
    }

    fn of(&self, key: &SealingKey) -> Vault {
        self.shared.named(&format!("key {}", key.id))
    }
}

/// The only way to seal: the key is not forgotten before this is dropped, which is when what was sealed
/// is stored.
pub(crate) struct Sealing<'a> {
    app: &'a App,
    _in_use: RwLockReadGuard<'a, ()>,
}

/// Nobody waits here but for a key that is just being forgotten.
pub(crate) async fn begin(app: &App) -> Sealing<'_> {
    Sealing {
        app,
        _in_use: app.inner.keyring.in_use.read().await,
    }
}

impl Sealing<'_> {
    pub async fn seal(&self, secret: &SecretString, bound_to: &[u8]) -> Result<Vec<u8>> {
        Ok(own(self.app).await?.seal(secret, bound_to).await?)
    }
}

pub(crate) async fn open(app: &App, sealed: &[u8], bound_to: &[u8]) -> Result<SecretString> {
    Ok(own(app).await?.open(sealed, bound_to).await?)
}

async fn own(app: &App) -> Result<Vault> {
    let keyring = &app.inner.keyring;
    let key = app.store().sealing_key(&new_id())?;
    let own = keyring.of(&key);
    if key.copies_shared
        && own
            .take_over(&keyring.shared)
            .await
            .map_err(ApiError::from)?
    {
        app.store().shared_key_was_copied(&key.id)?;
    }
    Ok(own)
}

/// Whether the keyring answers. Asks the user nothing.
pub(crate) async fn probe(app: &App) -> Result<(), KeyringProblem> {
    entry(app).probe().await
}

/// Opens the keyring where it is locked, or has it set up: that asks the user.
pub(crate) async fn ready(app: &App) -> Result<(), KeyringProblem> {
    let entry = entry(app);
    match entry.probe().await {
        Err(KeyringProblem::Locked | KeyringProblem::Empty) => entry.unlock().await,
        answer => answer,
    }
}

/// Any entry says how the keyring is; the folder's own one where there is one.
fn entry(app: &App) -> Vault {
    let keyring = &app.inner.keyring;
    match app.store().known_sealing_key() {
        Ok(Some(key)) => keyring.of(&key),
        _ => keyring.shared.clone(),
    }
}

/// Takes the folder's key out of the keyring once nothing is sealed with it any more.
pub(crate) async fn forget_unused(app: &App) -> Result<()> {
    let keyring = &app.inner.keyring;
    // Somebody who is sealing needs the key. Waiting for them could be waiting for ever: they may
    // wait for what the caller holds.
    let Ok(_alone) = keyring.in_use.try_write() else {
        return Ok(());
    };
    if app.store().secret_count()? > 0 {
        return Ok(());
    }
    let Some(key) = app.store().known_sealing_key()? else {
        return Ok(());
    };
    keyring.of(&key).forget().await?;
    Ok(app.store().forget_sealing_key(&key.id)?)
}
