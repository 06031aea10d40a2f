//! The name of the key that the secrets of this folder are sealed with. The key itself is in the
//! keyring of the operating system, which holds one for each data folder.

use rusqlite::{Connection, OptionalExtension, params};

use crate::{Result, Store, integrations::count_secrets};

/// The setting it is kept in. A copy without secrets has none: see `forget::forget_secrets`.
const SETTING: &str = "sealingKey";

/// Which key of the keyring belongs to this folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealingKey {
    /// Random, and never used again.
    pub id: String,
    /// The folder had secrets before it had a key of its own: they are sealed with the one that all
    /// folders shared at first, which is to be copied before anything is opened.
    pub copies_shared: bool,
}

impl Store {
    /// The folder's key; from now on this one where it has none yet.
    pub fn sealing_key(&self, fresh: &str) -> Result<SealingKey> {
        if let Some(key) = self.known_sealing_key()? {
            return Ok(key);
        }
        self.write(|tx| {
            // Another process may have been faster.
            if let Some(key) = read(tx)? {
                return Ok(key);
            }
            let key = SealingKey {
                id: fresh.to_owned(),
                copies_shared: count_secrets(tx)? > 0,
            };
            tx.execute(
                "INSERT INTO setting (name, value)
                 VALUES (?1, json_object('id', ?2, 'copiesShared', ?3))",
                params![SETTING, key.id, key.copies_shared],
            )?;
            Ok(key)
        })
    }

    pub fn known_sealing_key(&self) -> Result<Option<SealingKey>> {
        self.read(|tx| read(tx))
    }

    /// The shared key was copied to this one.
    pub fn shared_key_was_copied(&self, id: &str) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "UPDATE setting SET value = json_object('id', ?2, 'copiesShared', 0)
                 WHERE name = ?1 AND value ->> '$.id' = ?2",
                [SETTING, id],
            )?;
            Ok(())
        })
    }

    /// The key is no longer in the keyring; the next secret gets another one.
    pub fn forget_sealing_key(&self, id: &str) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "DELETE FROM setting WHERE name = ?1 AND value ->> '$.id' = ?2",
                [SETTING, id],
            )?;
            Ok(())
        })
    }
}

fn read(file: &Connection) -> Result<Option<SealingKey>> {
    Ok(file
        .query_row(
            "SELECT value ->> '$.id', value ->> '$.copiesShared' FROM setting WHERE name = ?1",
            [SETTING],
            |row| {
                Ok(SealingKey {
                    id: row.get(0)?,
                    copies_shared: row.get(1)?,
                })
            },
        )
        .optional()?)
}
