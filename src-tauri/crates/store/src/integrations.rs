//! Integrations and their sealed secrets.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::{NetworkRecord, Result, Store, StoreError, network::put_network};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegrationRecord {
    pub id: String,
    pub team_id: String,
    pub method: String,
    pub site: String,
    pub route: String,
    pub account: String,
    pub account_name: String,
    pub configuration: String,
    /// Parent pages found or created by their title.
    pub parents: String,
    pub allow_http: bool,
    pub sandbox: bool,
    pub saved_at: i64,
    /// What is known of the sign-in beside its secret.
    pub sign_in: String,
}

const COLUMNS: &str = "id, team_id, method, site, route, account, account_name, configuration, \
                       parents, allow_http, sandbox, saved_at, sign_in";

fn record(row: &Row<'_>) -> rusqlite::Result<IntegrationRecord> {
    Ok(IntegrationRecord {
        id: row.get(0)?,
        team_id: row.get(1)?,
        method: row.get(2)?,
        site: row.get(3)?,
        route: row.get(4)?,
        account: row.get(5)?,
        account_name: row.get(6)?,
        configuration: row.get(7)?,
        parents: row.get(8)?,
        allow_http: row.get(9)?,
        sandbox: row.get(10)?,
        saved_at: row.get(11)?,
        sign_in: row.get(12)?,
    })
}

fn put(
    tx: &Transaction<'_>,
    it: &IntegrationRecord,
    sealed: Option<&[u8]>,
    network: Option<&NetworkRecord>,
) -> Result<()> {
    tx.execute(
        "INSERT INTO integration (id, team_id, method, site, route, account, account_name,
                                  configuration, parents, allow_http, sandbox, saved_at,
                                  sign_in)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
         ON CONFLICT (id) DO UPDATE SET
            method = excluded.method, site = excluded.site, route = excluded.route,
            account = excluded.account, account_name = excluded.account_name,
            configuration = excluded.configuration, parents = excluded.parents,
            allow_http = excluded.allow_http, sandbox = excluded.sandbox,
            saved_at = excluded.saved_at, sign_in = excluded.sign_in",
        params![
            it.id,
            it.team_id,
            it.method,
            it.site,
            it.route,
            it.account,
            it.account_name,
            it.configuration,
            it.parents,
            it.allow_http,
            it.sandbox,
            it.saved_at,
            it.sign_in
        ],
    )?;
    match sealed {
        Some(sealed) => tx.execute(
            "INSERT INTO secret (integration_id, sealed) VALUES (?1, ?2)
             ON CONFLICT (integration_id) DO UPDATE SET
                sealed = excluded.sealed, renewing_at = NULL",
            params![it.id, sealed],
        )?,
        None => tx.execute("DELETE FROM secret WHERE integration_id = ?1", [&it.id])?,
    };
    if let Some(network) = network {
        put_network(tx, Some(&it.id), Some(network))?;
    }
    Ok(())
}

impl Store {
    pub fn integrations(&self, team_id: &str) -> Result<Vec<IntegrationRecord>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM integration WHERE team_id = ?1 ORDER BY rowid"
            ))?;
            let rows = statement.query_map([team_id], record)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    pub fn integration(&self, id: &str) -> Result<IntegrationRecord> {
        self.read(|tx| {
            Ok(tx
                .prepare_cached(&format!("SELECT {COLUMNS} FROM integration WHERE id = ?1"))?
                .query_row([id], record)?)
        })
    }

    /// Saves the integration with its sealed secret and, where they are given, its network settings:
    /// all of it or nothing. Without a secret the one it had is forgotten.
    pub fn save_integration(
        &self,
        it: &IntegrationRecord,
        sealed: Option<&[u8]>,
        network: Option<&NetworkRecord>,
    ) -> Result<()> {
        self.write_noting_secrets(|tx| put(tx, it, sealed, network))
    }

    /// The same for one that is edited.
    ///
    /// # Errors
    /// [`StoreError::Gone`] when it was disconnected in the meantime.
    pub fn change_integration(
        &self,
        it: &IntegrationRecord,
        sealed: Option<&[u8]>,
        network: Option<&NetworkRecord>,
    ) -> Result<()> {
        self.write_noting_secrets(|tx| {
            tx.query_row("SELECT 1 FROM integration WHERE id = ?1", [&it.id], |_| {
                Ok(())
            })?;
            put(tx, it, sealed, network)
        })
    }

    /// Changes what is kept of the parent pages, in one transaction with reading it. `None` leaves it.
    pub fn change_parents(
        &self,
        id: &str,
        change: impl FnOnce(&str) -> Option<String>,
    ) -> Result<()> {
        self.write(|tx| {
            let parents: String = tx
                .prepare_cached("SELECT parents FROM integration WHERE id = ?1")?
                .query_row([id], |row| row.get(0))?;
            if let Some(changed) = change(&parents) {
                tx.execute(
                    "UPDATE integration SET parents = ?2 WHERE id = ?1",
                    [id, &*changed],
                )?;
            }
            Ok(())
        })
    }

    pub fn sealed_secret(&self, integration_id: &str) -> Result<Option<Vec<u8>>> {
        self.read(|tx| {
            Ok(tx
                .prepare_cached("SELECT sealed FROM secret WHERE integration_id = ?1")?
                .query_row([integration_id], |row| row.get(0))
                .optional()?)
        })
    }

    /// Writes down that the secret is about to be replaced by a new one, which somebody else hands
    /// out and which exists from then on, whether it arrives here or not.
    pub fn begin_renewal(&self, integration_id: &str, at: i64) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "UPDATE secret SET renewing_at = ?2 WHERE integration_id = ?1",
                params![integration_id, at],
            )?;
            Ok(())
        })
    }

    /// When a renewal was begun of which no end is known.
    pub fn renewal_begun(&self, integration_id: &str) -> Result<Option<i64>> {
        self.read(|tx| {
            Ok(tx
                .prepare_cached("SELECT renewing_at FROM secret WHERE integration_id = ?1")?
                .query_row([integration_id], |row| row.get(0))
                .optional()?
                .flatten())
        })
    }

    /// Integrations whose secret was being renewed when the app ended.
    pub fn unfinished_renewals(&self) -> Result<Vec<String>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT integration_id FROM secret WHERE renewing_at IS NOT NULL",
            )?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Puts the new secret in the place of the old one, and of that one only. `false`: another was
    /// saved in the meantime, or it was removed.
    pub fn end_renewal(&self, integration_id: &str, old: &[u8], new: &[u8]) -> Result<bool> {
        self.write(|tx| {
            let changed = tx.execute(
                "UPDATE secret SET sealed = ?3, renewing_at = NULL
                 WHERE integration_id = ?1 AND sealed = ?2",
                params![integration_id, old, new],
            )?;
            Ok(changed == 1)
        })
    }

    /// Forgets the secret; the integration stays.
    pub fn delete_secret(&self, integration_id: &str) -> Result<()> {
        self.write_noting_secrets(|tx| {
            tx.execute(
                "DELETE FROM secret WHERE integration_id = ?1",
                [integration_id],
            )?;
            Ok(())
        })
    }

    /// How many secrets are kept in all; with none left the key can go.
    pub fn secret_count(&self) -> Result<u32> {
        self.read(|tx| count_secrets(tx))
    }

    /// With its secret; what was published keeps its place in the history.
    pub fn delete_integration(&self, id: &str) -> Result<()> {
        self.write_noting_secrets(|tx| {
            match tx.execute("DELETE FROM integration WHERE id = ?1", [id])? {
                0 => Err(StoreError::Gone),
                _ => Ok(()),
            }
        })
    }
}

pub(crate) fn count_secrets(file: &Connection) -> Result<u32> {
    Ok(file.query_row(
        "SELECT (SELECT count(*) FROM secret)
              + (SELECT count(proxy_password) + count(client_key) FROM network)
              + (SELECT count(json_extract(value, '$.sealedClientSecret')) FROM setting
                 WHERE name = 'signingIn')",
        [],
        |row| row.get(0),
    )?)
}
