//! Operations: a frozen publish, update or delete, and how far it got.
//!
//! What is frozen is written once, in the transaction that moves the draft on. What changes while
//! it is carried to Confluence is [`OperationProgress`], written in one piece at each step.

use rusqlite::{Row, Transaction, params};

use crate::{
    PublicationRecord, Result, Store, StoreError, TimelineRecord,
    publications::{self, add_to_timeline},
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationRecord {
    pub id: String,
    pub kind: String,
    pub team_id: String,
    /// `None` for the wizard's test, whose integration is not saved yet.
    pub integration_id: Option<String>,
    pub draft_id: Option<String>,
    /// Target and everything else that was decided at the start.
    pub frozen: String,
    pub storage: String,
    pub storage_sha256: String,
    pub pdf: Vec<u8>,
    pub pdf_sha256: String,
    pub started_at: i64,
    pub progress: OperationProgress,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationProgress {
    pub title: String,
    pub publication_id: Option<String>,
    pub state: String,
    pub step: String,
    /// The step's call was sent and its answer is not known.
    pub in_doubt: bool,
    /// What the steps found out: parent, page, attachment.
    pub found: String,
    pub error: Option<String>,
    pub ended_at: Option<i64>,
}

/// Whoever carries on what was cancelled in the meantime writes nothing.
const NOT_OVER: &str = "state <> 'cancelled'
                        AND (state <> 'withdrawn' OR ?4 IN ('withdrawn', 'cancelled'))";

const COLUMNS: &str = "id, kind, team_id, integration_id, draft_id, frozen, storage, storage_sha256, \
                       pdf, pdf_sha256, started_at, title, publication_id, state, step, in_doubt, \
                       progress, error, ended_at";

fn record(row: &Row<'_>) -> rusqlite::Result<OperationRecord> {
    Ok(OperationRecord {
        id: row.get(0)?,
        kind: row.get(1)?,
        team_id: row.get(2)?,
        integration_id: row.get(3)?,
        draft_id: row.get(4)?,
        frozen: row.get(5)?,
        storage: row.get(6)?,
        storage_sha256: row.get(7)?,
        pdf: row.get(8)?,
        pdf_sha256: row.get(9)?,
        started_at: row.get(10)?,
        progress: progress(row, 11)?,
    })
}

/// Title, publication, state, step, doubt, what was found, error and end, the first at column `from`.
pub(crate) fn progress(row: &Row<'_>, from: usize) -> rusqlite::Result<OperationProgress> {
    Ok(OperationProgress {
        title: row.get(from)?,
        publication_id: row.get(from + 1)?,
        state: row.get(from + 2)?,
        step: row.get(from + 3)?,
        in_doubt: row.get(from + 4)?,
        found: row.get(from + 5)?,
        error: row.get(from + 6)?,
        ended_at: row.get(from + 7)?,
    })
}

impl Store {
    /// Writes the frozen operation and moves its draft on, in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when the draft is no longer at the revision that was frozen,
    /// [`StoreError::OtherContent`] when the id is already taken by other content.
    pub fn enqueue(&self, it: &OperationRecord, draft_revision: Option<i64>) -> Result<()> {
        self.write(|tx| {
            if let (Some(draft_id), Some(revision)) = (&it.draft_id, draft_revision) {
                let saved: i64 = tx.query_row(
                    "SELECT revision FROM draft WHERE id = ?1 AND deleted_at IS NULL",
                    [draft_id],
                    |row| row.get(0),
                )?;
                if saved != revision {
                    return Err(StoreError::Stale { saved });
                }
                tx.execute(
                    "UPDATE draft SET operation_id = ?2 WHERE id = ?1",
                    params![draft_id, it.id],
                )?;
            }
            let taken = tx.execute(
                "INSERT INTO operation (id, kind, team_id, integration_id, draft_id, frozen,
                     storage, storage_sha256, pdf, pdf_sha256, started_at, title, publication_id,
                     state, step, in_doubt, progress, error, ended_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
                         ?17, ?18, ?19)
                 ON CONFLICT (id) DO NOTHING",
                params![
                    it.id,
                    it.kind,
                    it.team_id,
                    it.integration_id,
                    it.draft_id,
                    it.frozen,
                    it.storage,
                    it.storage_sha256,
                    it.pdf,
                    it.pdf_sha256,
                    it.started_at,
                    it.progress.title,
                    it.progress.publication_id,
                    it.progress.state,
                    it.progress.step,
                    it.progress.in_doubt,
                    it.progress.found,
                    it.progress.error,
                    it.progress.ended_at
                ],
            )?;
            if taken == 0 {
                return Err(StoreError::OtherContent);
            }
            Ok(())
        })
    }

    pub fn operation(&self, id: &str) -> Result<OperationRecord> {
        self.read(|tx| {
            Ok(tx
                .prepare_cached(&format!("SELECT {COLUMNS} FROM operation WHERE id = ?1"))?
                .query_row([id], record)?)
        })
    }

    /// Those that have not ended, and those that were cancelled and may have arrived; oldest first.
    pub fn open_operations(&self) -> Result<Vec<String>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT id FROM (SELECT id, started_at FROM operation WHERE ended_at IS NULL
                                 UNION ALL
                                 SELECT id, started_at FROM operation WHERE state = 'withdrawn')
                 ORDER BY started_at, id",
            )?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Writes a step's intent or outcome; a cancelled operation stays cancelled.
    ///
    /// Answers whether it was written. Together with the history entry and its timeline, where the
    /// outcome makes one.
    pub fn progress(
        &self,
        id: &str,
        progress: &OperationProgress,
        publication: Option<&PublicationRecord>,
        timeline: Option<&TimelineRecord>,
    ) -> Result<bool> {
        self.write(|tx| {
            let written = update(tx, id, progress, NOT_OVER)?;
            if let Some(publication) = publication {
                publications::save(tx, publication)?;
                if let Some(draft_id) = &publication.draft_id {
                    // One that was cancelled and arrived does not push aside what was published since.
                    tx.execute(
                        "UPDATE draft SET publication_id = ?2
                         WHERE id = ?1 AND (publication_id IS NULL OR operation_id = ?3)",
                        params![draft_id, publication.id, id],
                    )?;
                }
                if let Some(entry) = timeline {
                    add_to_timeline(tx, &publication.id, entry)?;
                }
            }
            Ok(written > 0)
        })
    }

    /// The frozen texts of ended operations take room and are not needed any more.
    pub fn slim_operations(&self, ended_before: i64) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "UPDATE operation SET storage = '', pdf = x''
                 WHERE ended_at < ?1 AND length(pdf) > 0",
                [ended_before],
            )?;
            Ok(())
        })
    }
}

fn update(
    tx: &Transaction<'_>,
    id: &str,
    it: &OperationProgress,
    condition: &str,
) -> Result<usize> {
    Ok(tx
        .prepare_cached(&format!(
            "UPDATE operation SET title = ?2, publication_id = ?3, state = ?4, step = ?5,
                    in_doubt = ?6, progress = ?7, error = ?8, ended_at = ?9
             WHERE id = ?1 AND {condition}"
        ))?
        .execute(params![
            id,
            it.title,
            it.publication_id,
            it.state,
            it.step,
            it.in_doubt,
            it.found,
            it.error,
            it.ended_at
        ])?)
}
