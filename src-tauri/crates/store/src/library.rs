//! Health check models and column templates of the user's own.

use rusqlite::params;

use crate::{Result, Store, StoreError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    Model,
    Template,
}

impl Shelf {
    fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Template => "template",
        }
    }
}

impl Store {
    /// The texts on the shelf, in the order in which they were first saved.
    pub fn library(&self, shelf: Shelf) -> Result<Vec<String>> {
        self.read(|tx| {
            let mut statement =
                tx.prepare_cached("SELECT value FROM library WHERE shelf = ?1 ORDER BY rowid")?;
            let rows = statement.query_map([shelf.name()], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    pub fn save_in_library(&self, shelf: Shelf, id: &str, value: &str) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "INSERT INTO library (id, shelf, value) VALUES (?1, ?2, ?3)
                 ON CONFLICT (id) DO UPDATE SET value = excluded.value",
                params![id, shelf.name(), value],
            )?;
            Ok(())
        })
    }

    pub fn delete_from_library(&self, shelf: Shelf, id: &str) -> Result<()> {
        self.write(|tx| {
            let deleted = tx.execute(
                "DELETE FROM library WHERE id = ?1 AND shelf = ?2",
                [id, shelf.name()],
            )?;
            if deleted == 0 {
                Err(StoreError::Gone)
            } else {
                Ok(())
            }
        })
    }
}
