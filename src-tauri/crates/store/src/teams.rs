//! Teams.

use rusqlite::params;

use crate::{Result, Store, StoreError};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamRecord {
    pub id: String,
    pub name: String,
    pub integrations: u32,
    pub drafts: u32,
}

impl Store {
    /// In the order in which they were made.
    pub fn teams(&self) -> Result<Vec<TeamRecord>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT id, name,
                        (SELECT count(*) FROM integration WHERE team_id = team.id),
                        (SELECT count(*) FROM draft WHERE team_id = team.id AND deleted_at IS NULL)
                 FROM team ORDER BY created_at, rowid",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(TeamRecord {
                    id: row.get(0)?,
                    name: row.get(1)?,
                    integrations: row.get(2)?,
                    drafts: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    pub fn create_team(&self, id: &str, name: &str, now: i64) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "INSERT INTO team (id, name, created_at) VALUES (?1, ?2, ?3)",
                params![id, name, now],
            )?;
            Ok(())
        })
    }

    pub fn rename_team(&self, id: &str, name: &str) -> Result<()> {
        self.write(|tx| {
            match tx.execute("UPDATE team SET name = ?2 WHERE id = ?1", params![id, name])? {
                0 => Err(StoreError::Gone),
                _ => Ok(()),
            }
        })
    }

    /// With its drafts, integrations, secrets and history.
    pub fn delete_team(&self, id: &str) -> Result<()> {
        self.write_noting_secrets(|tx| {
            match tx.execute("DELETE FROM team WHERE id = ?1", [id])? {
                0 => Err(StoreError::Gone),
                _ => Ok(()),
            }
        })
    }
}
