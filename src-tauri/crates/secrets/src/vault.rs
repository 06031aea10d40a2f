//! Sealing and opening, with the key in the operating system's keyring.

use std::sync::Arc;

use secrecy::SecretString;
use tokio::sync::Mutex;

use crate::keyring::Entry;
use crate::seal::{self, Key};
use crate::{KeyringProblem, SealProblem};

/// Seals secrets with one key and opens them again. Clones share the key.
///
/// Nothing is remembered between calls: a keyring that is locked, stopped, emptied or started
/// later is seen at the next one.
#[derive(Clone)]
pub struct Vault(Arc<Keeper>);

enum Keeper {
    Keyring(Entry),
    Memory(Mutex<Option<Key>>),
}

impl Vault {
    /// A vault whose key is in the keyring of the operating system, in the entry of this service
    /// and account. Touches nothing yet.
    pub fn new(service: &str, account: &str) -> Vault {
        Vault(Arc::new(Keeper::Keyring(Entry::new(service, account))))
    }

    /// The same over the D-Bus session at this address, instead of the one the environment names.
    #[cfg(all(unix, not(target_os = "macos")))]
    pub fn on_bus(service: &str, account: &str, address: &str) -> Vault {
        Vault(Arc::new(Keeper::Keyring(Entry::on_bus(
            service, account, address,
        ))))
    }

    /// A vault for this session only: its key lives in this process and dies with it.
    pub fn in_memory() -> Vault {
        Vault(Arc::new(Keeper::Memory(Mutex::new(None))))
    }

    /// The same with a key that is given, for tests in which several processes share one.
    #[cfg(feature = "given-key")]
    pub fn with_key(key: [u8; 32]) -> Vault {
        Vault(Arc::new(Keeper::Memory(Mutex::new(Key::from_keyring(
            &key,
        )))))
    }

    /// Can the key be read or made? Never asks the user anything, and answers within 5 seconds.
    ///
    /// # Errors
    /// `Locked` and `Empty` go away by [`unlock`](Vault::unlock).
    pub async fn probe(&self) -> Result<(), KeyringProblem> {
        match &*self.0 {
            Keeper::Keyring(entry) => entry.probe().await,
            Keeper::Memory(_) => Ok(()),
        }
    }

    /// Lets the system ask the user for the keyring's password, or for a new one where there is no
    /// keyring yet. Waits 60 seconds at most; does nothing when the keyring is open.
    pub async fn unlock(&self) -> Result<(), KeyringProblem> {
        match &*self.0 {
            Keeper::Keyring(entry) => entry.unlock().await,
            Keeper::Memory(_) => Ok(()),
        }
    }

    /// Seals a secret. Makes the key on first use, and lets the system ask for the keyring's
    /// password if need be (60 seconds at most).
    pub async fn seal(
        &self,
        secret: &SecretString,
        bound_to: &[u8],
    ) -> Result<Vec<u8>, SealProblem> {
        match &*self.0 {
            Keeper::Keyring(entry) => entry.read_or_make().await?.seal(secret, bound_to),
            Keeper::Memory(key) => key
                .lock()
                .await
                .get_or_insert_with(Key::generate)
                .seal(secret, bound_to),
        }
    }

    /// Opens what [`seal`](Vault::seal) gave, for the same `bound_to`. Never makes a key.
    ///
    /// # Errors
    /// `Damaged` where the bytes were changed or `bound_to` is another; `KeyGone` where the
    /// keyring holds no key, or another.
    pub async fn open(&self, sealed: &[u8], bound_to: &[u8]) -> Result<SecretString, SealProblem> {
        seal::check(sealed)?;
        match &*self.0 {
            Keeper::Keyring(entry) => match entry.read().await? {
                Some(key) => key.open(sealed, bound_to),
                None => Err(SealProblem::KeyGone),
            },
            Keeper::Memory(key) => match &*key.lock().await {
                Some(key) => key.open(sealed, bound_to),
                None => Err(SealProblem::KeyGone),
            },
        }
    }

    /// Deletes the key: everything sealed with it can never be opened again. Fine when there is
    /// none.
    pub async fn forget(&self) -> Result<(), KeyringProblem> {
        match &*self.0 {
            Keeper::Keyring(entry) => entry.delete().await,
            Keeper::Memory(key) => {
                *key.lock().await = None;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[tokio::test]
    async fn a_vault_in_memory_seals_for_its_clones_alone() {
        let vault = Vault::in_memory();
        let sealed = vault
            .seal(&SecretString::from("token"), b"here")
            .await
            .unwrap();
        let opened = vault.clone().open(&sealed, b"here").await.unwrap();
        assert_eq!(opened.expose_secret(), "token");

        let other = Vault::in_memory();
        let refused = other.open(&sealed, b"here").await;
        assert!(
            matches!(refused, Err(SealProblem::KeyGone)),
            "no key was made by opening"
        );
        other
            .seal(&SecretString::from("token"), b"here")
            .await
            .unwrap();
        let refused = other.open(&sealed, b"here").await;
        assert!(matches!(refused, Err(SealProblem::KeyGone)));
    }

    #[tokio::test]
    async fn forgetting_the_key_closes_everything() {
        let vault = Vault::in_memory();
        let sealed = vault.seal(&SecretString::from("token"), b"").await.unwrap();
        vault.forget().await.unwrap();
        vault.forget().await.unwrap();
        assert!(matches!(
            vault.open(&sealed, b"").await,
            Err(SealProblem::KeyGone)
        ));
    }

    #[test]
    fn a_vault_may_be_used_from_any_thread() {
        fn check<T: Clone + Send + Sync>(_: &T) {}
        fn movable<T: Send>(_: T) {}
        let vault = Vault::new("retropress test", "nobody");
        check(&vault);
        movable(vault.seal(&SecretString::from(""), b""));
        movable(vault.open(b"", b""));
        movable(vault.probe());
        movable(vault.forget());
        movable(vault.unlock());
    }
}
