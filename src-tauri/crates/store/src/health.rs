//! How the database is, without any of the texts in it.

use std::{fs, time::SystemTime};

use crate::{Result, Store, backup, files::FILE};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    pub sqlite_version: &'static str,
    /// `user_version` of the file.
    pub schema: i64,
    /// `PRAGMA integrity_check` found nothing.
    pub sound: bool,
    /// Bytes of the file and its write-ahead log.
    pub size: u64,
    pub backed_up_at: Option<SystemTime>,
    /// Rows by what they are, in a fixed order.
    pub counts: Vec<(&'static str, u32)>,
    /// How many operations are in each state.
    pub operations: Vec<(String, u32)>,
    /// The newest operations that ended badly or have not ended, newest first; at most 10.
    pub troubled: Vec<OperationSummary>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationSummary {
    pub id: String,
    pub draft_id: Option<String>,
    pub kind: String,
    pub state: String,
    pub step: String,
    pub in_doubt: bool,
    /// As the app wrote it.
    pub error: Option<String>,
    pub started_at: i64,
}

const COUNTED: &[(&str, &str)] = &[
    ("teams", "SELECT count(*) FROM team"),
    (
        "drafts",
        "SELECT count(*) FROM draft WHERE deleted_at IS NULL",
    ),
    (
        "deleted drafts",
        "SELECT count(*) FROM draft WHERE deleted_at IS NOT NULL",
    ),
    ("integrations", "SELECT count(*) FROM integration"),
    ("sealed secrets", "SELECT count(*) FROM secret"),
    ("published", "SELECT count(*) FROM publication"),
    (
        "own models",
        "SELECT count(*) FROM library WHERE shelf = 'model'",
    ),
    (
        "own templates",
        "SELECT count(*) FROM library WHERE shelf = 'template'",
    ),
];

impl Store {
    /// Reads the whole file once to check it: takes its time with a large one.
    pub fn health(&self) -> Result<Health> {
        let sound = self.integrity()? == "ok";
        let folder = self.folder();
        let size = [FILE.to_owned(), format!("{FILE}-wal")]
            .iter()
            .filter_map(|it| fs::metadata(folder.join(it)).ok())
            .map(|it| it.len())
            .sum();
        let backed_up_at = backup::newest(folder);
        self.read(|tx| {
            let mut counts = Vec::new();
            for (what, sql) in COUNTED {
                counts.push((*what, tx.query_row(sql, [], |row| row.get(0))?));
            }
            let mut states =
                tx.prepare("SELECT state, count(*) FROM operation GROUP BY state ORDER BY state")?;
            let states = states.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let mut troubled = tx.prepare(
                "SELECT id, draft_id, kind, state, step, in_doubt, error, started_at
                 FROM operation
                 WHERE error IS NOT NULL OR ended_at IS NULL
                 ORDER BY started_at DESC, id DESC LIMIT 10",
            )?;
            let troubled = troubled.query_map([], |row| {
                Ok(OperationSummary {
                    id: row.get(0)?,
                    draft_id: row.get(1)?,
                    kind: row.get(2)?,
                    state: row.get(3)?,
                    step: row.get(4)?,
                    in_doubt: row.get(5)?,
                    error: row.get(6)?,
                    started_at: row.get(7)?,
                })
            })?;
            Ok(Health {
                sqlite_version: rusqlite::version(),
                schema: tx.pragma_query_value(None, "user_version", |row| row.get(0))?,
                sound,
                size,
                backed_up_at,
                counts,
                operations: states.collect::<Result<_, _>>()?,
                troubled: troubled.collect::<Result<_, _>>()?,
            })
        })
    }
}
