//! Operations: a frozen publish, update or delete, and how far it got.
//!
//! What is frozen is written once, in the transaction that moves the draft on. What changes while
//! it is carried to Confluence is [`OperationProgress`], written in one piece at each step.

use rusqlite::{OptionalExtension, Row, Transaction, params};

use crate::{
    PublicationRecord, Result, Store, StoreError, TimelineRecord,
    publications::{self, add_to_timeline, publication_at},
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

/// An operation without what was rendered: for lists, badges and decisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationHead {
    pub id: String,
    pub kind: String,
    pub team_id: String,
    pub integration_id: Option<String>,
    pub draft_id: Option<String>,
    pub frozen: String,
    pub pdf_sha256: String,
    pub pdf_size: u64,
    pub started_at: i64,
    pub progress: OperationProgress,
}

/// What was rendered for an operation; gone some time after it has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    pub storage: String,
    pub pdf: Vec<u8>,
}

/// What an operation of a draft was frozen from. It is written only while this holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Basis<'a> {
    /// Of the draft.
    pub revision: i64,
    pub page: PageBasis<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageBasis<'a> {
    /// The draft has no live publication at the integration.
    Unpublished,
    /// The publication with this id is live and at this version.
    Version(&'a str, u32),
    /// A page of its own, whatever was published before.
    Beside,
}

/// Whoever carries on what was cancelled in the meantime writes nothing.
const NOT_OVER: &str = "state <> 'cancelled'
                        AND (state <> 'withdrawn' OR ?4 IN ('withdrawn', 'cancelled'))";

const COLUMNS: &str = "id, kind, team_id, integration_id, draft_id, frozen, \
                       coalesce(rendered.storage, ''), storage_sha256, \
                       coalesce(rendered.pdf, x''), pdf_sha256, started_at, title, \
                       publication_id, state, step, in_doubt, progress, error, ended_at";

pub(crate) const HEAD: &str = "id, kind, team_id, integration_id, draft_id, frozen, pdf_sha256, \
                               pdf_size, started_at, title, publication_id, state, step, \
                               in_doubt, progress, error, ended_at";

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

pub(crate) fn head(row: &Row<'_>) -> rusqlite::Result<OperationHead> {
    Ok(OperationHead {
        id: row.get(0)?,
        kind: row.get(1)?,
        team_id: row.get(2)?,
        integration_id: row.get(3)?,
        draft_id: row.get(4)?,
        frozen: row.get(5)?,
        pdf_sha256: row.get(6)?,
        pdf_size: u64::try_from(row.get::<_, i64>(7)?).unwrap_or(0),
        started_at: row.get(8)?,
        progress: progress(row, 9)?,
    })
}

/// Title, publication, state, step, doubt, what was found, error and end, the first at column `from`.
fn progress(row: &Row<'_>, from: usize) -> rusqlite::Result<OperationProgress> {
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
    /// A draft has one operation under way at each integration. Operations at different integrations
    /// go to different pages and do not wait for each other.
    ///
    /// # Errors
    /// Nothing is written: [`StoreError::UnderWay`] when an operation of the draft at the same
    /// integration has not ended, [`StoreError::Stale`] when the draft is no longer at the revision
    /// that was frozen, [`StoreError::Republished`] when its page is no longer what it was,
    /// [`StoreError::OtherContent`] when the id is already taken by other content.
    pub fn enqueue(&self, it: &OperationRecord, basis: Option<Basis<'_>>) -> Result<()> {
        self.write(|tx| insert(tx, it, basis))
    }

    /// Ends an operation and writes the one that takes its place: both or neither.
    ///
    /// `shown` is the operation as its author saw it. `false`: it has gone on or ended since, and
    /// nothing was written.
    ///
    /// # Errors
    /// Those of [`Store::enqueue`].
    pub fn replace_operation(
        &self,
        shown: &OperationHead,
        ended: &OperationProgress,
        new: &OperationRecord,
        basis: Option<Basis<'_>>,
    ) -> Result<bool> {
        self.write(|tx| {
            let as_shown = tx
                .prepare_cached(
                    "SELECT 1 FROM operation
                     WHERE id = ?1 AND state = ?2 AND step = ?3 AND error IS ?4
                       AND ended_at IS NULL",
                )?
                .exists(params![
                    shown.id,
                    shown.progress.state,
                    shown.progress.step,
                    shown.progress.error
                ])?;
            if !as_shown {
                return Ok(false);
            }
            update(tx, &shown.id, ended, NOT_OVER)?;
            insert(tx, new, basis)?;
            Ok(true)
        })
    }

    /// With what was rendered; empty where that is gone.
    pub fn operation(&self, id: &str) -> Result<OperationRecord> {
        self.read(|tx| {
            Ok(tx
                .prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM operation
                     LEFT JOIN rendered ON rendered.operation_id = operation.id
                     WHERE id = ?1"
                ))?
                .query_row([id], record)?)
        })
    }

    pub fn operation_head(&self, id: &str) -> Result<OperationHead> {
        self.read(|tx| {
            Ok(tx
                .prepare_cached(&format!("SELECT {HEAD} FROM operation WHERE id = ?1"))?
                .query_row([id], head)?)
        })
    }

    /// # Errors
    /// [`StoreError::Gone`] when the operation ended long ago.
    pub fn rendered(&self, operation_id: &str) -> Result<Rendered> {
        self.read(|tx| {
            Ok(tx
                .prepare_cached("SELECT storage, pdf FROM rendered WHERE operation_id = ?1")?
                .query_row([operation_id], |row| {
                    Ok(Rendered {
                        storage: row.get(0)?,
                        pdf: row.get(1)?,
                    })
                })?)
        })
    }

    /// The operation of the draft at the integration that has not ended.
    pub fn operation_under_way(
        &self,
        draft_id: &str,
        integration_id: &str,
    ) -> Result<Option<OperationHead>> {
        self.read(|tx| {
            Ok(tx
                .prepare_cached(&format!(
                    "SELECT {HEAD} FROM operation
                     WHERE draft_id = ?1 AND integration_id = ?2 AND ended_at IS NULL
                     ORDER BY rowid DESC LIMIT 1"
                ))?
                .query_row([draft_id, integration_id], head)
                .optional()?)
        })
    }

    /// The one that has not ended, else the last one.
    pub fn last_operation(
        &self,
        draft_id: &str,
        integration_id: &str,
    ) -> Result<Option<OperationHead>> {
        self.read(|tx| {
            Ok(tx
                .prepare_cached(&format!(
                    "SELECT {HEAD} FROM operation WHERE draft_id = ?1 AND integration_id = ?2
                     ORDER BY ended_at IS NULL DESC, rowid DESC LIMIT 1"
                ))?
                .query_row([draft_id, integration_id], head)
                .optional()?)
        })
    }

    /// Ends an operation that nobody can read, whatever it says. `false`: it has ended already.
    pub fn discard_operation(&self, id: &str, now: i64) -> Result<bool> {
        self.write(|tx| {
            let ended = tx.execute(
                "UPDATE operation SET state = 'cancelled', ended_at = ?2
                 WHERE id = ?1 AND ended_at IS NULL",
                params![id, now],
            )?;
            Ok(ended > 0)
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
                if publications::save(tx, publication)? {
                    publications::take_the_place(tx, publication, id)?;
                }
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

    /// The frozen texts of ended operations take room and are not needed any more: those of a test
    /// at once, the others when they ended before that time.
    pub fn slim_operations(&self, ended_before: i64) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "DELETE FROM rendered WHERE operation_id IN (
                     SELECT id FROM operation
                     WHERE ended_at < ?1 OR (ended_at IS NOT NULL AND integration_id IS NULL)
                 )",
                [ended_before],
            )?;
            Ok(())
        })
    }
}

fn insert(tx: &Transaction<'_>, it: &OperationRecord, basis: Option<Basis<'_>>) -> Result<()> {
    if let (Some(draft_id), Some(basis)) = (&it.draft_id, basis) {
        check(tx, it, draft_id, basis)?;
        tx.execute(
            "UPDATE draft SET operation_id = ?2 WHERE id = ?1",
            params![draft_id, it.id],
        )?;
    }
    let taken = tx.execute(
        "INSERT INTO operation (id, kind, team_id, integration_id, draft_id, frozen,
             storage_sha256, pdf_sha256, pdf_size, started_at, title, publication_id, state, step,
             in_doubt, progress, error, ended_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
         ON CONFLICT (id) DO NOTHING",
        params![
            it.id,
            it.kind,
            it.team_id,
            it.integration_id,
            it.draft_id,
            it.frozen,
            it.storage_sha256,
            it.pdf_sha256,
            it.pdf.len() as i64,
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
    if !(it.storage.is_empty() && it.pdf.is_empty()) {
        tx.execute(
            "INSERT INTO rendered (operation_id, storage, pdf) VALUES (?1, ?2, ?3)",
            params![it.id, it.storage, it.pdf],
        )?;
    }
    Ok(())
}

/// Whether what the operation was frozen from is still so, and nothing of it is under way.
fn check(
    tx: &Transaction<'_>,
    it: &OperationRecord,
    draft_id: &str,
    basis: Basis<'_>,
) -> Result<()> {
    let under_way: Option<String> = tx
        .prepare_cached(
            "SELECT id FROM operation
             WHERE draft_id = ?1 AND integration_id IS ?2 AND ended_at IS NULL AND id <> ?3",
        )?
        .query_row(params![draft_id, it.integration_id, it.id], |row| {
            row.get(0)
        })
        .optional()?;
    if let Some(operation) = under_way {
        return Err(StoreError::UnderWay { operation });
    }
    let saved: i64 = tx.query_row(
        "SELECT revision FROM draft WHERE id = ?1 AND deleted_at IS NULL",
        [draft_id],
        |row| row.get(0),
    )?;
    if saved != basis.revision {
        return Err(StoreError::Stale { saved });
    }
    let as_frozen = match (basis.page, &it.integration_id) {
        (PageBasis::Beside, _) | (PageBasis::Unpublished, None) => true,
        (PageBasis::Unpublished, Some(integration_id)) => {
            publication_at(tx, draft_id, integration_id)?.is_none()
        }
        (PageBasis::Version(id, version), _) => tx
            .prepare_cached(
                "SELECT 1 FROM publication WHERE id = ?1 AND version = ?2 AND status <> 'deleted'",
            )?
            .exists(params![id, version])?,
    };
    match as_frozen {
        true => Ok(()),
        false => Err(StoreError::Republished),
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
