//! The tables and their versions.

use rusqlite::Connection;

use crate::{Result, StoreError};

/// Each entry brings the schema one version further; `user_version` counts them.
const MIGRATIONS: &[&str] = &[
    include_str!("schema.sql"),
    include_str!("schema-sign-in.sql"),
    include_str!("schema-outbox.sql"),
    include_str!("schema-history.sql"),
    include_str!("schema-withdrawn.sql"),
    include_str!("schema-publications.sql"),
];

/// Newest schema this app knows.
pub(crate) const SCHEMA: i64 = MIGRATIONS.len() as i64;

pub(crate) fn migrate(connection: &mut Connection) -> Result<()> {
    let known = SCHEMA;
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    if found < 0 {
        return Err(StoreError::InvalidSchema { found });
    }
    for (version, migration) in (0..).zip(MIGRATIONS) {
        if version < found {
            continue;
        }
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let now: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if now == version {
            transaction.execute_batch(migration)?;
            transaction.pragma_update(None, "user_version", version + 1)?;
        }
        transaction.commit()?;
    }
    Ok(())
}
