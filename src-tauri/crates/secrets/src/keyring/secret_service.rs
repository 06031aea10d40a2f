//! Linux and the other free Unixes: the Secret Service over D-Bus (GNOME Keyring, KWallet,
//! KeePassXC). Source: the freedesktop.org Secret Service API, draft 0.2.
//!
//! Each call makes its own connection, so a keyring that was stopped and started again is found
//! at the next call. Secrets travel encrypted over the bus.

use std::collections::HashMap;
use std::time::Duration;

use secret_service::{Collection, EncryptionType, Error, Item, SecretService};
use sha2::{Digest, Sha256};
use zbus::Connection;
use zbus::fdo::{RequestNameFlags, RequestNameReply};
use zeroize::Zeroizing;

use super::{NotAKey, PROMPT, PROMPT_FREE, within};
use crate::KeyringProblem;
use crate::seal::Key;

pub(crate) struct Entry {
    service: String,
    account: String,
    bus: Option<String>,
}

impl Entry {
    pub(crate) fn new(service: &str, account: &str) -> Entry {
        Entry {
            service: service.to_owned(),
            account: account.to_owned(),
            bus: None,
        }
    }

    pub(crate) fn on_bus(service: &str, account: &str, address: &str) -> Entry {
        Entry {
            bus: Some(address.to_owned()),
            ..Entry::new(service, account)
        }
    }

    /// Another entry of the same keyring.
    pub(crate) fn named(&self, account: &str) -> Entry {
        Entry {
            bus: self.bus.clone(),
            ..Entry::new(&self.service, account)
        }
    }

    pub(crate) async fn probe(&self) -> Result<(), KeyringProblem> {
        within(PROMPT_FREE, async {
            let keyring = self.connect().await?;
            if let Some(item) = self.find(&keyring).await? {
                return match item.is_locked().await.map_err(problem)? {
                    true => Err(KeyringProblem::Locked),
                    false => Ok(()),
                };
            }
            match default_collection(&keyring).await? {
                None => Err(KeyringProblem::Empty),
                Some(collection) if collection.is_locked().await.map_err(problem)? => {
                    Err(KeyringProblem::Locked)
                }
                Some(_) => Ok(()),
            }
        })
        .await
    }

    pub(crate) async fn unlock(&self) -> Result<(), KeyringProblem> {
        let keyring = within(PROMPT_FREE, self.connect()).await?;
        if let Some(item) = within(PROMPT_FREE, self.find(&keyring)).await? {
            return open_item(&item).await;
        }
        open_collection(&keyring).await.map(drop)
    }

    pub(crate) async fn read(&self) -> Result<Option<Key>, KeyringProblem> {
        let keyring = within(PROMPT_FREE, self.connect()).await?;
        self.read_from(&keyring).await
    }

    /// The key; where there is none, this one from now on.
    pub(crate) async fn read_or_put(
        &self,
        fresh: impl FnOnce() -> Key,
    ) -> Result<Key, KeyringProblem> {
        let keyring = within(PROMPT_FREE, self.connect()).await?;
        if let Some(key) = self.read_from(&keyring).await? {
            return Ok(key);
        }
        let collection = open_collection(&keyring).await?;
        // Held until the connection closes: two programs that start at once make one key.
        let turn = within(PROMPT_FREE, self.turn()).await?;
        if let Some(key) = self.read_from(&keyring).await? {
            return Ok(key);
        }
        let fresh = fresh();
        within(PROMPT_FREE, async {
            collection
                .create_item(
                    &self.service,
                    self.attributes(),
                    fresh.bytes(),
                    false,
                    "application/octet-stream",
                )
                .await
                .map_err(problem)
                .map(drop)
        })
        .await?;
        let kept = self.read_from(&keyring).await?;
        drop(turn);
        kept.ok_or_else(|| KeyringProblem::Other(Box::new(NotAKey)))
    }

    pub(crate) async fn delete(&self) -> Result<(), KeyringProblem> {
        let keyring = within(PROMPT_FREE, self.connect()).await?;
        while let Some(item) = within(PROMPT_FREE, self.find(&keyring)).await? {
            open_item(&item).await?;
            within(PROMPT, async { item.delete().await.map_err(problem) }).await?;
        }
        Ok(())
    }

    async fn bus(&self) -> Result<Connection, KeyringProblem> {
        let connection = match &self.bus {
            Some(address) => {
                zbus::connection::Builder::address(address.as_str())
                    .map_err(no_bus)?
                    .build()
                    .await
            }
            None => Connection::session().await,
        };
        connection.map_err(no_bus)
    }

    async fn connect(&self) -> Result<SecretService<'static>, KeyringProblem> {
        SecretService::connect_with_existing(EncryptionType::Dh, self.bus().await?)
            .await
            .map_err(problem)
    }

    /// Waits until no other program is making this key. A name on the bus belongs to one
    /// connection at a time and is given back when that closes, even by a crash.
    async fn turn(&self) -> Result<Connection, KeyringProblem> {
        let entry = Sha256::new_with_prefix(&self.service)
            .chain_update([0])
            .chain_update(&self.account)
            .finalize();
        let entry: String = entry[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let name = format!("keyring.turn.of{entry}");
        let bus = self.bus().await?;
        loop {
            let answer = bus
                .request_name_with_flags(name.as_str(), RequestNameFlags::DoNotQueue.into())
                .await;
            match answer {
                Ok(RequestNameReply::PrimaryOwner | RequestNameReply::AlreadyOwner) => {
                    return Ok(bus);
                }
                Ok(_) | Err(zbus::Error::NameTaken) => {}
                Err(error) => return Err(problem(error.into())),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn attributes(&self) -> HashMap<&str, &str> {
        HashMap::from([
            ("service", self.service.as_str()),
            ("username", self.account.as_str()),
        ])
    }

    /// The entry; the oldest where another program made a second one.
    async fn find<'a>(
        &self,
        keyring: &'a SecretService<'_>,
    ) -> Result<Option<Item<'a>>, KeyringProblem> {
        let found = keyring
            .search_items(self.attributes())
            .await
            .map_err(problem)?;
        let mut items = found.unlocked;
        items.extend(found.locked);
        if items.len() < 2 {
            return Ok(items.pop());
        }
        let mut oldest: Option<((u64, String), Item<'a>)> = None;
        for item in items {
            let age = (
                item.get_created().await.map_err(problem)?,
                item.item_path.to_string(),
            );
            if oldest.as_ref().is_none_or(|(other, _)| age < *other) {
                oldest = Some((age, item));
            }
        }
        Ok(oldest.map(|(_, item)| item))
    }

    async fn read_from(&self, keyring: &SecretService<'_>) -> Result<Option<Key>, KeyringProblem> {
        let mut item = within(PROMPT_FREE, self.find(keyring)).await?;
        if item.is_none()
            && let Some(collection) = within(PROMPT_FREE, default_collection(keyring)).await?
            && within(PROMPT_FREE, async {
                collection.is_locked().await.map_err(problem)
            })
            .await?
        {
            // Some keyrings show what they hold only once they are open.
            open(&collection).await?;
            item = within(PROMPT_FREE, self.find(keyring)).await?;
        }
        let Some(item) = item else { return Ok(None) };
        open_item(&item).await?;
        let bytes = within(PROMPT_FREE, async {
            item.get_secret().await.map_err(problem)
        })
        .await?;
        match Key::from_keyring(&Zeroizing::new(bytes)) {
            Some(key) => Ok(Some(key)),
            None => Err(KeyringProblem::Other(Box::new(NotAKey))),
        }
    }
}

async fn default_collection<'a>(
    keyring: &'a SecretService<'_>,
) -> Result<Option<Collection<'a>>, KeyringProblem> {
    match keyring.get_default_collection().await {
        Ok(collection) => Ok(Some(collection)),
        Err(Error::NoResult) => Ok(None),
        Err(error) => Err(problem(error)),
    }
}

/// The default collection, opened; made where there is none yet. Either may ask the user.
async fn open_collection<'a>(
    keyring: &'a SecretService<'_>,
) -> Result<Collection<'a>, KeyringProblem> {
    match within(PROMPT_FREE, default_collection(keyring)).await? {
        Some(collection) => {
            open(&collection).await?;
            Ok(collection)
        }
        None => {
            within(PROMPT, async {
                keyring
                    .create_collection("Default keyring", "default")
                    .await
                    .map_err(problem)
            })
            .await
        }
    }
}

async fn open(collection: &Collection<'_>) -> Result<(), KeyringProblem> {
    if within(PROMPT_FREE, async {
        collection.is_locked().await.map_err(problem)
    })
    .await?
    {
        within(PROMPT, async { collection.unlock().await.map_err(problem) }).await?;
    }
    Ok(())
}

async fn open_item(item: &Item<'_>) -> Result<(), KeyringProblem> {
    if within(PROMPT_FREE, async {
        item.is_locked().await.map_err(problem)
    })
    .await?
    {
        within(PROMPT, async { item.unlock().await.map_err(problem) }).await?;
    }
    Ok(())
}

/// Without a session bus there is no keyring either.
fn no_bus(error: zbus::Error) -> KeyringProblem {
    match error {
        zbus::Error::Address(_) | zbus::Error::InputOutput(_) | zbus::Error::Connection(..) => {
            KeyringProblem::Missing
        }
        error => problem(error.into()),
    }
}

fn problem(error: Error) -> KeyringProblem {
    let name = match &error {
        Error::Unavailable => return KeyringProblem::Missing,
        Error::Locked => return KeyringProblem::Locked,
        Error::Prompt => return KeyringProblem::Denied,
        Error::NoResult => return KeyringProblem::Empty,
        Error::Zbus(zbus::Error::MethodError(name, ..)) => name.to_string(),
        Error::Zbus(zbus::Error::FDO(error)) => zbus::DBusError::name(&**error).to_string(),
        Error::ZbusFdo(error) => zbus::DBusError::name(error).to_string(),
        _ => String::new(),
    };
    match name.as_str() {
        "org.freedesktop.Secret.Error.IsLocked" => KeyringProblem::Locked,
        "org.freedesktop.DBus.Error.ServiceUnknown"
        | "org.freedesktop.DBus.Error.NameHasNoOwner" => KeyringProblem::Missing,
        "org.freedesktop.DBus.Error.AccessDenied" | "org.freedesktop.DBus.Error.AuthFailed" => {
            KeyringProblem::Denied
        }
        "org.freedesktop.DBus.Error.NoReply"
        | "org.freedesktop.DBus.Error.Timeout"
        | "org.freedesktop.DBus.Error.TimedOut" => KeyringProblem::TimedOut,
        // The bus knows a keyring by name and could not start it.
        name if name.starts_with("org.freedesktop.DBus.Error.Spawn.") => KeyringProblem::Missing,
        _ => KeyringProblem::Other(Box::new(error)),
    }
}
