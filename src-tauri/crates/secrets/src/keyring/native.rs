//! macOS and Windows: the login Keychain and the Credential Manager.
//!
//! Both block, and both may ask the user, so each call runs on a thread of its own. A call that
//! runs into its limit is left behind there; what it ends with is thrown away.

use std::fs::File;
use std::time::Duration;

use keyring_core::api::CredentialStoreApi;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{NotAKey, PROMPT, PROMPT_FREE, within};
use crate::KeyringProblem;
use crate::seal::Key;

pub(crate) struct Entry {
    service: String,
    account: String,
}

impl Entry {
    pub(crate) fn new(service: &str, account: &str) -> Entry {
        Entry {
            service: service.to_owned(),
            account: account.to_owned(),
        }
    }

    /// Another entry of the same keyring.
    pub(crate) fn named(&self, account: &str) -> Entry {
        Entry::new(&self.service, account)
    }

    /// The login keyring of both systems is open once somebody has signed in, so reading is the
    /// way to find out. A prompt of the system that stays unanswered counts as locked.
    pub(crate) async fn probe(&self) -> Result<(), KeyringProblem> {
        match self.call(PROMPT_FREE, read).await {
            Err(KeyringProblem::TimedOut) => Err(KeyringProblem::Locked),
            outcome => outcome.map(drop),
        }
    }

    pub(crate) async fn unlock(&self) -> Result<(), KeyringProblem> {
        self.read().await.map(drop)
    }

    pub(crate) async fn read(&self) -> Result<Option<Key>, KeyringProblem> {
        self.call(PROMPT, read).await
    }

    /// The key; where there is none, this one from now on.
    pub(crate) async fn read_or_put(
        &self,
        fresh: impl FnOnce() -> Key + Send + 'static,
    ) -> Result<Key, KeyringProblem> {
        if let Some(key) = self.read().await? {
            return Ok(key);
        }
        let turn = self.turn();
        self.call(PROMPT, move |entry| {
            // Held until the end: two programs that start at once make one key.
            let lock = File::create(turn).and_then(|file| file.lock().map(|()| file));
            let _lock = lock.map_err(|error| KeyringProblem::Other(Box::new(error)))?;
            if let Some(key) = read(entry)? {
                return Ok(key);
            }
            entry.set_secret(fresh().bytes()).map_err(problem)?;
            read(entry)?.ok_or_else(|| KeyringProblem::Other(Box::new(NotAKey)))
        })
        .await
    }

    pub(crate) async fn delete(&self) -> Result<(), KeyringProblem> {
        self.call(PROMPT, |entry| match entry.delete_credential() {
            Ok(()) | Err(keyring_core::Error::NoEntry) => Ok(()),
            Err(error) => Err(problem(error)),
        })
        .await
    }

    /// A file to lock while the key is made. Both systems have a temporary folder for each user.
    fn turn(&self) -> std::path::PathBuf {
        let entry = Sha256::new_with_prefix(&self.service)
            .chain_update([0])
            .chain_update(&self.account)
            .finalize();
        let entry: String = entry[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        std::env::temp_dir().join(format!("keyring-turn-of-{entry}"))
    }

    async fn call<T: Send + 'static>(
        &self,
        limit: Duration,
        task: impl FnOnce(&keyring_core::Entry) -> Result<T, KeyringProblem> + Send + 'static,
    ) -> Result<T, KeyringProblem> {
        let (service, account) = (self.service.clone(), self.account.clone());
        let task = tokio::task::spawn_blocking(move || {
            #[cfg(target_os = "macos")]
            let store = apple_native_keyring_store::keychain::Store::new();
            #[cfg(windows)]
            let store = windows_native_keyring_store::Store::new();
            let entry = store
                .and_then(|store| store.build(&service, &account, None))
                .map_err(problem)?;
            task(&entry)
        });
        within(limit, async {
            task.await
                .unwrap_or_else(|error| Err(KeyringProblem::Other(Box::new(error))))
        })
        .await
    }
}

fn read(entry: &keyring_core::Entry) -> Result<Option<Key>, KeyringProblem> {
    match entry.get_secret() {
        Ok(bytes) => Key::from_keyring(&Zeroizing::new(bytes))
            .map(Some)
            .ok_or_else(|| KeyringProblem::Other(Box::new(NotAKey))),
        Err(keyring_core::Error::NoEntry) => Ok(None),
        Err(error) => Err(problem(error)),
    }
}

#[cfg(target_os = "macos")]
fn problem(error: keyring_core::Error) -> KeyringProblem {
    use keyring_core::Error::{NoStorageAccess, PlatformFailure};
    use security_framework::base::Error;

    let (NoStorageAccess(source) | PlatformFailure(source)) = error else {
        return KeyringProblem::Other(Box::new(NotAKey));
    };
    // Source: SecBase.h, "Security Error Codes".
    match source.downcast_ref::<Error>().map(|error| error.code()) {
        // Cancelled by the user, wrong password, no right to the item.
        Some(-128 | -25293 | -25244 | -61) => KeyringProblem::Denied,
        // Locked, and no window may be shown to ask.
        Some(-25308 | -25315) => KeyringProblem::Locked,
        // No keychain is available, or there is none.
        Some(-25291 | -25294 | -25307) => KeyringProblem::Missing,
        _ => KeyringProblem::Other(source),
    }
}

#[cfg(windows)]
fn problem(error: keyring_core::Error) -> KeyringProblem {
    match error {
        // ERROR_NO_SUCH_LOGON_SESSION: signed in over a network, without a vault.
        keyring_core::Error::NoStorageAccess(_) => KeyringProblem::Missing,
        keyring_core::Error::PlatformFailure(source) => KeyringProblem::Other(source),
        _ => KeyringProblem::Other(Box::new(NotAKey)),
    }
}
