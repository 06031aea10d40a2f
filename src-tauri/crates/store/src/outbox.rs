//! What the outbox waits for: paused integrations, refused sign-ins, pauses a server asked for.

use std::collections::HashMap;

use rusqlite::params;

use crate::{
    OperationHead, Result, Store, StoreError,
    operations::{HEAD, head},
};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutboxLane {
    pub integration_id: String,
    pub paused: bool,
    pub sign_in_problem: Option<String>,
}

impl Store {
    /// Those that have not ended, oldest first.
    pub fn outbox(&self) -> Result<Vec<OperationHead>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(&format!(
                "SELECT {HEAD} FROM operation WHERE ended_at IS NULL ORDER BY id"
            ))?;
            let rows = statement.query_map([], head)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Title and date of the drafts of [`Store::outbox`], by the draft's id.
    #[allow(clippy::type_complexity, reason = "two columns of a row")]
    pub fn drafts_in_outbox(&self) -> Result<HashMap<String, (String, Option<String>)>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT id, title, date FROM draft
                 WHERE deleted_at IS NULL
                   AND id IN (SELECT draft_id FROM operation WHERE ended_at IS NULL)",
            )?;
            let rows =
                statement.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    pub fn outbox_lanes(&self) -> Result<Vec<OutboxLane>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT integration_id, paused, sign_in_problem FROM outbox_lane",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(OutboxLane {
                    integration_id: row.get(0)?,
                    paused: row.get(1)?,
                    sign_in_problem: row.get(2)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// # Errors
    /// [`StoreError::Gone`] when the integration was disconnected in the meantime.
    pub fn pause_integration(&self, integration_id: &str, paused: bool) -> Result<()> {
        self.write(|tx| {
            let written = tx.execute(
                "INSERT INTO outbox_lane (integration_id, paused)
                 SELECT id, ?2 FROM integration WHERE id = ?1
                 ON CONFLICT (integration_id) DO UPDATE SET paused = excluded.paused",
                params![integration_id, paused],
            )?;
            match written {
                0 => Err(StoreError::Gone),
                _ => Ok(()),
            }
        })
    }

    /// `None`: it is good, or worth another try.
    ///
    /// # Errors
    /// [`StoreError::Gone`] when the integration was disconnected in the meantime.
    pub fn set_sign_in_problem(&self, integration_id: &str, problem: Option<&str>) -> Result<()> {
        self.write(|tx| {
            let written = tx.execute(
                "INSERT INTO outbox_lane (integration_id, sign_in_problem)
                 SELECT id, ?2 FROM integration WHERE id = ?1
                 ON CONFLICT (integration_id) DO UPDATE SET
                     sign_in_problem = excluded.sign_in_problem",
                params![integration_id, problem],
            )?;
            match written {
                0 => Err(StoreError::Gone),
                _ => Ok(()),
            }
        })
    }

    /// When each host may be asked again, in milliseconds since 1970.
    pub fn host_pauses(&self) -> Result<Vec<(String, i64)>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached("SELECT host, not_before FROM outbox_host")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Writes down what a server asked for, unless it asked for a longer pause before.
    pub fn set_host_pause(&self, host: &str, not_before: i64) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "INSERT INTO outbox_host (host, not_before) VALUES (?1, ?2)
                 ON CONFLICT (host) DO UPDATE SET
                     not_before = max(outbox_host.not_before, excluded.not_before)",
                params![host, not_before],
            )?;
            Ok(())
        })
    }

    /// The clock was set by so many milliseconds: what is left of each pause stays what it was.
    pub fn move_host_pauses(&self, by: i64) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "UPDATE outbox_host SET not_before = min(not_before, ?2) + ?1",
                params![by, i64::MAX - by.max(0)],
            )?;
            Ok(())
        })
    }
}
