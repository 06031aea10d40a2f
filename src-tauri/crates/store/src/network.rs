//! How the network is reached: for every connection, and for integrations that have their own.

use rusqlite::{OptionalExtension, Transaction, params};

use crate::{Result, Store};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NetworkRecord {
    pub settings: String,
    pub proxy_password: Option<Vec<u8>>,
    pub client_key: Option<Vec<u8>>,
}

impl Store {
    /// Of an integration, or with `None` of every connection.
    pub fn network(&self, integration_id: Option<&str>) -> Result<Option<NetworkRecord>> {
        self.read(|tx| get_network(tx, integration_id))
    }

    /// Settings and secrets: all of it or nothing. `None` forgets them. Answers what they replace.
    pub fn save_network(
        &self,
        integration_id: Option<&str>,
        record: Option<&NetworkRecord>,
    ) -> Result<Option<NetworkRecord>> {
        self.write_noting_secrets(|tx| {
            let before = get_network(tx, integration_id)?;
            put_network(tx, integration_id, record)?;
            Ok(before)
        })
    }
}

fn get_network(
    tx: &Transaction<'_>,
    integration_id: Option<&str>,
) -> Result<Option<NetworkRecord>> {
    Ok(tx
        .prepare_cached(
            "SELECT settings, proxy_password, client_key FROM network
             WHERE integration_id IS ?1",
        )?
        .query_row([integration_id], |row| {
            Ok(NetworkRecord {
                settings: row.get(0)?,
                proxy_password: row.get(1)?,
                client_key: row.get(2)?,
            })
        })
        .optional()?)
}

pub(crate) fn put_network(
    tx: &Transaction<'_>,
    integration_id: Option<&str>,
    record: Option<&NetworkRecord>,
) -> Result<()> {
    tx.execute(
        "DELETE FROM network WHERE integration_id IS ?1",
        [integration_id],
    )?;
    if let Some(it) = record {
        tx.execute(
            "INSERT INTO network (integration_id, settings, proxy_password, client_key)
             VALUES (?1, ?2, ?3, ?4)",
            params![
                integration_id,
                it.settings,
                it.proxy_password,
                it.client_key
            ],
        )?;
    }
    Ok(())
}
