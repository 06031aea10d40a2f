//! Sealing and opening, with the key in the operating system's keyring.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

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
    Memory(Memory),
}

/// A keyring in this process: keys by the name of their entry.
struct Memory {
    account: String,
    keys: Arc<Mutex<Keys>>,
    /// How long it takes to answer, as a real one does.
    pause: Duration,
}

#[derive(Default)]
struct Keys {
    /// What is in each entry that was never written to.
    given: Option<Key>,
    /// `None`: it was deleted.
    kept: HashMap<String, Option<Key>>,
}

impl Keys {
    fn of(&self, account: &str) -> Option<&Key> {
        match self.kept.get(account) {
            Some(kept) => kept.as_ref(),
            None => self.given.as_ref(),
        }
    }
}

impl Memory {
    fn new(given: Option<Key>, pause: Duration) -> Memory {
        Memory {
            account: String::new(),
            keys: Arc::new(Mutex::new(Keys {
                given,
                ..Keys::default()
            })),
            pause,
        }
    }

    async fn read(&self) -> Option<Key> {
        let keys = self.keys.lock().await;
        let key = keys.of(&self.account).map(Key::copy);
        drop(keys);
        self.wait().await;
        key
    }

    async fn read_or_put(&self, fresh: impl FnOnce() -> Key) -> Key {
        let mut keys = self.keys.lock().await;
        let key = match keys.of(&self.account) {
            Some(key) => key.copy(),
            None => {
                let key = fresh();
                keys.kept.insert(self.account.clone(), Some(key.copy()));
                key
            }
        };
        drop(keys);
        self.wait().await;
        key
    }

    async fn delete(&self) {
        self.wait().await;
        let mut keys = self.keys.lock().await;
        keys.kept.insert(self.account.clone(), None);
    }

    async fn wait(&self) {
        if !self.pause.is_zero() {
            tokio::time::sleep(self.pause).await;
        }
    }
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
        Vault(Arc::new(Keeper::Memory(Memory::new(None, Duration::ZERO))))
    }

    /// The same with a key that is given, for tests in which several processes share one.
    #[cfg(feature = "given-key")]
    pub fn with_key(key: [u8; 32]) -> Vault {
        let given = Key::from_keyring(&key);
        Vault(Arc::new(Keeper::Memory(Memory::new(given, Duration::ZERO))))
    }

    /// The same with a keyring that takes its time: a key is on its way for so long after it was
    /// read, and before it is deleted.
    #[cfg(feature = "given-key")]
    pub fn slow(pause: Duration) -> Vault {
        Vault(Arc::new(Keeper::Memory(Memory::new(None, pause))))
    }

    /// A vault with another key, in the entry of this account beside this one.
    pub fn named(&self, account: &str) -> Vault {
        Vault(Arc::new(match &*self.0 {
            Keeper::Keyring(entry) => Keeper::Keyring(entry.named(account)),
            Keeper::Memory(memory) => Keeper::Memory(Memory {
                account: account.to_owned(),
                keys: memory.keys.clone(),
                pause: memory.pause,
            }),
        }))
    }

    /// Copies the key of another vault of the same keyring, which keeps it, where this one has none
    /// yet. Answers whether there is a key now.
    pub async fn take_over(&self, other: &Vault) -> Result<bool, KeyringProblem> {
        match (&*self.0, &*other.0) {
            (Keeper::Keyring(own), Keeper::Keyring(other)) => {
                if own.read().await?.is_some() {
                    return Ok(true);
                }
                let Some(key) = other.read().await? else {
                    return Ok(false);
                };
                own.read_or_put(move || key).await.map(|_| true)
            }
            (Keeper::Memory(own), Keeper::Memory(other)) => match other.read().await {
                Some(key) => {
                    own.read_or_put(move || key).await;
                    Ok(true)
                }
                None => Ok(own.read().await.is_some()),
            },
            _ => Ok(false),
        }
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
        let key = match &*self.0 {
            Keeper::Keyring(entry) => entry.read_or_put(Key::generate).await?,
            Keeper::Memory(memory) => memory.read_or_put(Key::generate).await,
        };
        key.seal(secret, bound_to)
    }

    /// Opens what [`seal`](Vault::seal) gave, for the same `bound_to`. Never makes a key.
    ///
    /// # Errors
    /// `Damaged` where the bytes were changed or `bound_to` is another; `KeyGone` where the
    /// keyring holds no key, or another.
    pub async fn open(&self, sealed: &[u8], bound_to: &[u8]) -> Result<SecretString, SealProblem> {
        seal::check(sealed)?;
        let key = match &*self.0 {
            Keeper::Keyring(entry) => entry.read().await?,
            Keeper::Memory(memory) => memory.read().await,
        };
        key.ok_or(SealProblem::KeyGone)?.open(sealed, bound_to)
    }

    /// Deletes the key: everything sealed with it can never be opened again. Keys of other names
    /// stay. Fine when there is none.
    pub async fn forget(&self) -> Result<(), KeyringProblem> {
        match &*self.0 {
            Keeper::Keyring(entry) => entry.delete().await,
            Keeper::Memory(memory) => {
                memory.delete().await;
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

    #[tokio::test]
    async fn keys_of_other_names_are_keys_of_their_own() {
        let keyring = Vault::in_memory();
        let (mine, yours) = (keyring.named("mine"), keyring.named("yours"));
        let token = SecretString::from("token");
        let sealed = mine.seal(&token, b"").await.unwrap();
        let other = yours.seal(&token, b"").await.unwrap();
        assert!(matches!(
            yours.open(&sealed, b"").await,
            Err(SealProblem::KeyGone)
        ));
        mine.forget().await.unwrap();
        let opened = keyring.named("yours").open(&other, b"").await.unwrap();
        assert_eq!(opened.expose_secret(), "token");
    }

    #[tokio::test]
    async fn a_key_is_taken_over_once_and_left_where_it_was() {
        let shared = Vault::in_memory();
        let mine = shared.named("mine");
        assert!(!mine.take_over(&shared).await.unwrap());
        let token = SecretString::from("token");
        let sealed = shared.seal(&token, b"").await.unwrap();
        assert!(mine.take_over(&shared).await.unwrap());
        assert!(mine.open(&sealed, b"").await.is_ok());
        mine.forget().await.unwrap();
        assert!(shared.open(&sealed, b"").await.is_ok());

        let fresh = shared.named("fresh");
        let own = fresh.seal(&token, b"").await.unwrap();
        assert!(fresh.take_over(&shared).await.unwrap());
        assert!(fresh.open(&own, b"").await.is_ok(), "its own key stays");
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
        movable(vault.take_over(&vault));
    }
}
