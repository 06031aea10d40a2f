//! Settings: texts under a name.

use rusqlite::{OptionalExtension, params};

use crate::{Result, Store};

impl Store {
    pub fn setting(&self, name: &str) -> Result<Option<String>> {
        self.read(|tx| {
            Ok(tx
                .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
                .query_row([name], |row| row.get(0))
                .optional()?)
        })
    }

    pub fn save_setting(&self, name: &str, value: &str) -> Result<()> {
        self.write_noting_secrets(|tx| {
            tx.execute(
                "INSERT INTO setting (name, value) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                params![name, value],
            )?;
            Ok(())
        })
    }
}
