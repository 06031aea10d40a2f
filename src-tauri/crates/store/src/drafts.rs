//! Drafts: saved at each change, listed and searched by the thousand.

use rusqlite::{OptionalExtension, Row, Transaction, named_params, params};

use crate::{Result, Store, StoreError, publications::LAST_PUBLICATION};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftRecord {
    pub id: String,
    pub team_id: String,
    pub revision: i64,
    pub saved_at: i64,
    pub content: String,
    /// Its last live publication, else the one that was deleted last.
    pub publication_id: Option<String>,
    pub operation_id: Option<String>,
}

/// A draft's content, with what is needed to list and find it.
#[derive(Debug, Clone, Copy)]
pub struct NewText<'a> {
    pub kind: &'a str,
    pub title: &'a str,
    /// ISO 8601.
    pub date: Option<&'a str>,
    pub model_id: Option<&'a str>,
    /// "12 ideas, 4 actions".
    pub contents: &'a str,
    pub content: &'a str,
    /// All the words it can be found by, besides the title.
    pub words: &'a str,
}

#[derive(Debug, Clone)]
pub struct DraftFilter<'a> {
    pub team_id: &'a str,
    /// Words that must all occur; the last one may be unfinished.
    pub text: &'a str,
    pub kind: Option<&'a str>,
    pub order: DraftOrder,
    pub descending: bool,
    pub offset: u32,
    pub limit: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DraftOrder {
    Date,
    Title,
    Saved,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftRow {
    pub id: String,
    pub kind: String,
    pub title: String,
    pub date: Option<String>,
    pub contents: String,
    pub revision: i64,
    pub saved_at: i64,
    pub standing: Standing,
}

/// How far a draft's publishing got, over all integrations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// State, step and error of the operation that needs its author, else of one that moves, else of
    /// the last one.
    pub operation: Option<(String, String, Option<String>)>,
    /// Status, version and frozen revision of its last live publication.
    pub publication: Option<(String, u32, i64)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftRows {
    pub rows: Vec<DraftRow>,
    /// How many match, by kind.
    pub counts: Vec<(String, u32)>,
}

/// An earlier draft of the team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousDraft {
    pub id: String,
    pub content: String,
}

const ROW: &str = "d.id, d.kind, d.title, d.date, d.contents, d.revision, d.saved_at";

const STANDING: &str = "o.state, o.step, o.error, p.status, p.version, p.draft_revision";

fn standing_join() -> String {
    format!(
        "LEFT JOIN operation o ON o.id = coalesce(
             (SELECT id FROM operation open
              WHERE open.draft_id = d.id AND open.ended_at IS NULL
              ORDER BY open.state IN ('conflict', 'needsAttention') DESC, open.rowid DESC LIMIT 1),
             d.operation_id)
         LEFT JOIN publication p ON p.id = {LAST_PUBLICATION}"
    )
}

fn standing(row: &Row<'_>, first: usize) -> rusqlite::Result<Standing> {
    let state: Option<String> = row.get(first)?;
    let status: Option<String> = row.get(first + 3)?;
    Ok(Standing {
        operation: match state {
            Some(state) => Some((state, row.get(first + 1)?, row.get(first + 2)?)),
            None => None,
        },
        publication: match status {
            Some(status) => Some((status, row.get(first + 4)?, row.get(first + 5)?)),
            None => None,
        },
    })
}

fn row(row: &Row<'_>) -> rusqlite::Result<DraftRow> {
    Ok(DraftRow {
        id: row.get(0)?,
        kind: row.get(1)?,
        title: row.get(2)?,
        date: row.get(3)?,
        contents: row.get(4)?,
        revision: row.get(5)?,
        saved_at: row.get(6)?,
        standing: standing(row, 7)?,
    })
}

impl Store {
    pub fn create_draft(&self, id: &str, team_id: &str, text: NewText<'_>, now: i64) -> Result<()> {
        self.write(|tx| insert(tx, id, team_id, text, now))
    }

    /// All of them or none.
    pub fn create_drafts(
        &self,
        team_id: &str,
        all: &[(String, NewText<'_>)],
        now: i64,
    ) -> Result<()> {
        self.write(|tx| {
            for (id, text) in all {
                insert(tx, id, team_id, *text, now)?;
            }
            Ok(())
        })
    }

    pub fn draft(&self, id: &str) -> Result<DraftRecord> {
        self.read(|tx| {
            Ok(tx
                .prepare_cached(&format!(
                    "SELECT d.id, d.team_id, d.revision, d.saved_at, c.content,
                            {LAST_PUBLICATION}, d.operation_id
                     FROM draft d JOIN draft_content c USING (number)
                     WHERE d.id = ?1 AND d.deleted_at IS NULL"
                ))?
                .query_row([id], |row| {
                    Ok(DraftRecord {
                        id: row.get(0)?,
                        team_id: row.get(1)?,
                        revision: row.get(2)?,
                        saved_at: row.get(3)?,
                        content: row.get(4)?,
                        publication_id: row.get(5)?,
                        operation_id: row.get(6)?,
                    })
                })?)
        })
    }

    /// Saves the next revision and answers its number.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when `revision` is not the one that is saved.
    pub fn save_draft(&self, id: &str, revision: i64, text: NewText<'_>, now: i64) -> Result<i64> {
        self.write(|tx| {
            let (number, saved): (i64, i64) = tx
                .prepare_cached(
                    "SELECT number, revision FROM draft WHERE id = ?1 AND deleted_at IS NULL",
                )?
                .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
            if saved != revision {
                return Err(StoreError::Stale { saved });
            }
            tx.prepare_cached(
                "UPDATE draft SET title = ?2, date = ?3, model_id = ?4, contents = ?5,
                        revision = ?6, saved_at = ?7 WHERE number = ?1",
            )?
            .execute(params![
                number,
                text.title,
                text.date,
                text.model_id,
                text.contents,
                saved + 1,
                now
            ])?;
            tx.prepare_cached("UPDATE draft_content SET content = ?2 WHERE number = ?1")?
                .execute(params![number, text.content])?;
            index(tx, number, text)?;
            Ok(saved + 1)
        })
    }

    /// Hides the draft; [`Store::restore_draft`] brings it back.
    pub fn delete_draft(&self, id: &str, now: i64) -> Result<()> {
        self.write(|tx| {
            let deleted = tx.execute(
                "UPDATE draft SET deleted_at = ?2 WHERE id = ?1 AND deleted_at IS NULL",
                params![id, now],
            )?;
            if deleted == 0 {
                Err(StoreError::Gone)
            } else {
                Ok(())
            }
        })
    }

    pub fn restore_draft(&self, id: &str) -> Result<()> {
        self.write(|tx| {
            match tx.execute("UPDATE draft SET deleted_at = NULL WHERE id = ?1", [id])? {
                0 => Err(StoreError::Gone),
                _ => Ok(()),
            }
        })
    }

    /// Deletes for good what was hidden before that time.
    pub fn purge_drafts(&self, before: i64) -> Result<u32> {
        self.write(|tx| Ok(tx.execute("DELETE FROM draft WHERE deleted_at < ?1", [before])? as u32))
    }

    pub fn drafts(&self, filter: &DraftFilter<'_>) -> Result<DraftRows> {
        let query = words(filter.text);
        if query.as_deref() == Some("") {
            // Only signs that are no words: nothing can match.
            return Ok(DraftRows {
                rows: Vec::new(),
                counts: Vec::new(),
            });
        }
        let matching = match query {
            Some(_) => {
                "AND d.number IN (SELECT rowid FROM draft_text WHERE draft_text MATCH :query)"
            }
            None => "AND :query IS NULL",
        };
        let direction = if filter.descending { "DESC" } else { "ASC" };
        // The id is made of the time, so it settles ties the same way each time.
        let order = match filter.order {
            DraftOrder::Date => {
                format!("d.date {direction} NULLS FIRST, d.saved_at {direction}, d.id")
            }
            DraftOrder::Title => format!("d.title COLLATE NOCASE {direction}, d.id"),
            DraftOrder::Saved => format!("d.saved_at {direction}, d.id"),
        };
        self.read(|tx| {
            let mut statement = tx.prepare_cached(&format!(
                "SELECT {ROW}, {STANDING} FROM (
                     SELECT * FROM draft d
                     WHERE d.team_id = :team AND d.deleted_at IS NULL {matching}
                       AND (:kind IS NULL OR d.kind = :kind)
                     ORDER BY {order} LIMIT :limit OFFSET :offset
                 ) d {} ORDER BY {order}",
                standing_join()
            ))?;
            let rows = statement
                .query_map(
                    named_params! {
                        ":team": filter.team_id, ":query": query, ":kind": filter.kind,
                        ":limit": filter.limit, ":offset": filter.offset,
                    },
                    row,
                )?
                .collect::<Result<_, _>>()?;
            let mut statement = tx.prepare_cached(&format!(
                "SELECT d.kind, count(*) FROM draft d
                 WHERE d.team_id = :team AND d.deleted_at IS NULL {matching} GROUP BY d.kind"
            ))?;
            let counts = statement
                .query_map(
                    named_params! {":team": filter.team_id, ":query": query},
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )?
                .collect::<Result<_, _>>()?;
            Ok(DraftRows { rows, counts })
        })
    }

    pub fn standing(&self, draft_id: &str) -> Result<Standing> {
        self.read(|tx| {
            Ok(tx
                .prepare_cached(&format!(
                    "SELECT {STANDING} FROM draft d {} WHERE d.id = ?1",
                    standing_join()
                ))?
                .query_row([draft_id], |row| standing(row, 0))?)
        })
    }

    /// The team's last draft of that kind (and model) before the given one, by meeting date.
    pub fn previous_draft(
        &self,
        team_id: &str,
        kind: &str,
        model_id: Option<&str>,
        date: Option<&str>,
        except: &str,
    ) -> Result<Option<PreviousDraft>> {
        self.read(|tx| {
            Ok(tx
                .prepare_cached(
                    "SELECT d.id, c.content FROM draft d JOIN draft_content c USING (number)
                     WHERE d.team_id = ?1 AND d.kind = ?2 AND d.deleted_at IS NULL
                       AND (?3 IS NULL OR d.model_id = ?3)
                       AND d.date IS NOT NULL AND (?4 IS NULL OR d.date < ?4) AND d.id <> ?5
                     ORDER BY d.date DESC, d.saved_at DESC LIMIT 1",
                )?
                .query_row(params![team_id, kind, model_id, date, except], |row| {
                    Ok(PreviousDraft {
                        id: row.get(0)?,
                        content: row.get(1)?,
                    })
                })
                .optional()?)
        })
    }
}

fn insert(
    tx: &Transaction<'_>,
    id: &str,
    team_id: &str,
    text: NewText<'_>,
    now: i64,
) -> Result<()> {
    let team: Option<i64> = tx
        .query_row("SELECT 1 FROM team WHERE id = ?1", [team_id], |row| {
            row.get(0)
        })
        .optional()?;
    if team.is_none() {
        return Err(StoreError::Gone);
    }
    tx.prepare_cached(
        "INSERT INTO draft (id, team_id, kind, title, date, model_id, contents, revision, saved_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?8)",
    )?
    .execute(params![
        id,
        team_id,
        text.kind,
        text.title,
        text.date,
        text.model_id,
        text.contents,
        now
    ])?;
    let number = tx.last_insert_rowid();
    tx.prepare_cached("INSERT INTO draft_content (number, content) VALUES (?1, ?2)")?
        .execute(params![number, text.content])?;
    index(tx, number, text)
}

fn index(tx: &Transaction<'_>, number: i64, text: NewText<'_>) -> Result<()> {
    tx.prepare_cached("DELETE FROM draft_text WHERE rowid = ?1")?
        .execute([number])?;
    tx.prepare_cached("INSERT INTO draft_text (rowid, title, body) VALUES (?1, ?2, ?3)")?
        .execute(params![number, text.title, text.words])?;
    Ok(())
}

/// The typed text as an FTS5 query: every word must occur, the last one may go on.
/// `None` for no text at all, an empty query when nothing in it is a word.
///
/// <https://sqlite.org/fts5.html#full_text_query_syntax>: a quoted string takes any character.
fn words(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return None;
    }
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric() && !is_mark(c))
        .filter(|it| !it.is_empty())
        .collect();
    if words.is_empty() {
        return Some(String::new());
    }
    let mut query: String = words.iter().map(|it| format!("\"{it}\" ")).collect();
    query.truncate(query.len() - 1);
    query.push('*');
    Some(query)
}

/// Combining marks belong to the letter before them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}
