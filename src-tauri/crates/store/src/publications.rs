//! The history of what was published.

use rusqlite::{OptionalExtension, Row, Transaction, params};

use crate::{
    Result, Store,
    history_list::{HistoryList, fold},
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicationRecord {
    pub id: String,
    pub team_id: String,
    pub team_name: String,
    pub integration_id: Option<String>,
    pub draft_id: Option<String>,
    pub kind: String,
    pub title: String,
    pub date: Option<String>,
    pub status: String,
    pub site_name: String,
    pub space_id: String,
    pub space_key: String,
    pub space_name: String,
    pub parent: String,
    pub page_id: String,
    pub link: String,
    pub version: u32,
    pub pdf_name: String,
    pub pdf_size: u32,
    pub attachment_id: Option<String>,
    pub account_name: String,
    pub reference: String,
    pub marker: String,
    pub draft_revision: i64,
    pub published_at: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineRecord {
    pub what: String,
    pub text: String,
    pub note: String,
    pub at: i64,
}

#[derive(Debug, Clone)]
pub struct PublicationFilter<'a> {
    pub team_id: &'a str,
    /// Words that must all occur in the title.
    pub text: &'a str,
    pub kind: Option<&'a str>,
    pub space_key: Option<&'a str>,
    pub status: Option<&'a str>,
    pub since: Option<&'a str>,
    pub order: PublicationOrder,
    pub descending: bool,
    pub offset: u32,
    pub limit: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicationOrder {
    Date,
    Title,
    Published,
}

const COLUMNS: &str = "id, team_id, team_name, integration_id, draft_id, kind, title, date, status, \
                       site_name, space_id, space_key, space_name, parent, page_id, link, version, \
                       pdf_name, pdf_size, attachment_id, account_name, reference, marker, \
                       draft_revision, published_at";

fn record(row: &Row<'_>) -> rusqlite::Result<PublicationRecord> {
    Ok(PublicationRecord {
        id: row.get(0)?,
        team_id: row.get(1)?,
        team_name: row.get(2)?,
        integration_id: row.get(3)?,
        draft_id: row.get(4)?,
        kind: row.get(5)?,
        title: row.get(6)?,
        date: row.get(7)?,
        status: row.get(8)?,
        site_name: row.get(9)?,
        space_id: row.get(10)?,
        space_key: row.get(11)?,
        space_name: row.get(12)?,
        parent: row.get(13)?,
        page_id: row.get(14)?,
        link: row.get(15)?,
        version: row.get(16)?,
        pdf_name: row.get(17)?,
        pdf_size: row.get(18)?,
        attachment_id: row.get(19)?,
        account_name: row.get(20)?,
        reference: row.get(21)?,
        marker: row.get(22)?,
        draft_revision: row.get(23)?,
        published_at: row.get(24)?,
    })
}

impl Store {
    pub fn publication(&self, id: &str) -> Result<PublicationRecord> {
        self.read(|tx| {
            Ok(tx
                .prepare_cached(&format!("SELECT {COLUMNS} FROM publication WHERE id = ?1"))?
                .query_row([id], record)?)
        })
    }

    pub fn timeline(&self, publication_id: &str) -> Result<Vec<TimelineRecord>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT what, text, note, at FROM timeline WHERE publication_id = ?1
                 ORDER BY number DESC",
            )?;
            let rows = statement.query_map([publication_id], |row| {
                Ok(TimelineRecord {
                    what: row.get(0)?,
                    text: row.get(1)?,
                    note: row.get(2)?,
                    at: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    pub fn add_to_timeline(&self, publication_id: &str, entry: &TimelineRecord) -> Result<()> {
        self.write(|tx| add_to_timeline(tx, publication_id, entry))
    }

    /// The rows asked for, how many match in all, and the spaces that occur at all.
    #[allow(clippy::type_complexity, reason = "three answers of one transaction")]
    pub fn publications(
        &self,
        filter: &PublicationFilter<'_>,
    ) -> Result<(Vec<PublicationRecord>, u32, Vec<(String, String)>)> {
        // Whoever waits for the list waits for the database of another caller.
        let mut at_hand = crate::blocking(|| self.history_list());
        self.read(|tx| {
            let list = HistoryList::of(&mut at_hand, tx, filter.team_id)?;
            let (ids, total) = list.find(filter);
            let mut statement =
                tx.prepare_cached(&format!("SELECT {COLUMNS} FROM publication WHERE id = ?1"))?;
            let rows = ids
                .into_iter()
                .map(|id| statement.query_row([id], record))
                .collect::<Result<_, _>>()?;
            Ok((rows, total, list.spaces().to_vec()))
        })
    }

    /// Gives the integration those of its team's publications that are its own by their link and
    /// belong to no other, and takes away those that are not.
    pub fn share_out_publications(
        &self,
        team_id: &str,
        integration_id: &str,
        is_own: impl Fn(&str) -> bool,
    ) -> Result<()> {
        self.write(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT id, link, integration_id IS NOT NULL FROM publication
                 WHERE integration_id = ?2 OR (team_id = ?1 AND integration_id IS NULL)",
            )?;
            let all: Vec<(String, String, bool)> = statement
                .query_map([team_id, integration_id], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })?
                .collect::<Result<_, _>>()?;
            for (id, link, held) in all {
                let own = is_own(&link);
                if own != held {
                    tx.execute(
                        "UPDATE publication SET integration_id = ?2 WHERE id = ?1",
                        params![id, own.then_some(integration_id)],
                    )?;
                }
            }
            Ok(())
        })
    }

    /// The draft's publication at the integration: the page its next publish there updates.
    pub fn publication_at(
        &self,
        draft_id: &str,
        integration_id: &str,
    ) -> Result<Option<PublicationRecord>> {
        self.read(|tx| publication_at(tx, draft_id, integration_id))
    }

    /// The draft's last live publication, at whichever integration; a deleted one where none is live.
    pub fn last_publication(&self, draft_id: &str) -> Result<Option<PublicationRecord>> {
        self.read(|tx| {
            Ok(tx
                .prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM publication
                     WHERE id = (SELECT {LAST_PUBLICATION} FROM draft d WHERE d.id = ?1)"
                ))?
                .query_row([draft_id], record)
                .optional()?)
        })
    }
}

/// Id of the last live publication of the draft `d`, else of the one it named last.
pub(crate) const LAST_PUBLICATION: &str = "coalesce(
    (SELECT live.id FROM publication live
     WHERE live.draft_id = d.id AND live.status <> 'deleted'
     ORDER BY live.superseded, live.published_at DESC, live.rowid DESC LIMIT 1),
    d.publication_id)";

pub(crate) fn publication_at(
    tx: &Transaction<'_>,
    draft_id: &str,
    integration_id: &str,
) -> Result<Option<PublicationRecord>> {
    Ok(tx
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM publication
             WHERE draft_id = ?1 AND integration_id = ?2 AND status <> 'deleted'
             ORDER BY superseded, rowid DESC LIMIT 1"
        ))?
        .query_row([draft_id, integration_id], record)
        .optional()?)
}

/// A publication that `operation` has just made becomes the draft's own at its integration. One that
/// was cancelled and arrived all the same does not push aside what was begun since.
pub(crate) fn take_the_place(
    tx: &Transaction<'_>,
    it: &PublicationRecord,
    operation: &str,
) -> Result<()> {
    let overtaken = tx
        .prepare_cached(
            "SELECT 1 FROM operation
             WHERE draft_id = ?1 AND integration_id = ?2
               AND rowid > (SELECT rowid FROM operation WHERE id = ?3)",
        )?
        .exists(params![it.draft_id, it.integration_id, operation])?;
    let superseded = if overtaken { "id = ?3" } else { "id <> ?3" };
    tx.execute(
        &format!(
            "UPDATE publication SET superseded = 1
             WHERE draft_id = ?1 AND integration_id = ?2 AND {superseded}"
        ),
        params![it.draft_id, it.integration_id, it.id],
    )?;
    Ok(())
}

pub(crate) fn add_to_timeline(
    tx: &Transaction<'_>,
    publication_id: &str,
    entry: &TimelineRecord,
) -> Result<()> {
    tx.execute(
        "INSERT INTO timeline (publication_id, what, text, note, at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![publication_id, entry.what, entry.text, entry.note, entry.at],
    )?;
    Ok(())
}

/// Answers whether it is a new one.
pub(crate) fn save(tx: &Transaction<'_>, it: &PublicationRecord) -> Result<bool> {
    let known = tx
        .prepare_cached("SELECT 1 FROM publication WHERE id = ?1")?
        .exists([&it.id])?;
    tx.execute(
        "INSERT INTO publication (id, team_id, team_name, integration_id, draft_id, kind, title,
             folded, date, status, site_name, space_id, space_key, space_name, parent, page_id,
             link, version, pdf_name, pdf_size, attachment_id, account_name, reference, marker,
             draft_revision, published_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
                 ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26)
         ON CONFLICT (id) DO UPDATE SET
             title = excluded.title, folded = excluded.folded, date = excluded.date,
             status = excluded.status, parent = excluded.parent, page_id = excluded.page_id,
             link = excluded.link, version = excluded.version, pdf_name = excluded.pdf_name,
             pdf_size = excluded.pdf_size, attachment_id = excluded.attachment_id,
             account_name = excluded.account_name, marker = excluded.marker,
             draft_revision = excluded.draft_revision, published_at = excluded.published_at",
        params![
            it.id,
            it.team_id,
            it.team_name,
            it.integration_id,
            it.draft_id,
            it.kind,
            it.title,
            fold(&it.title),
            it.date,
            it.status,
            it.site_name,
            it.space_id,
            it.space_key,
            it.space_name,
            it.parent,
            it.page_id,
            it.link,
            it.version,
            it.pdf_name,
            it.pdf_size,
            it.attachment_id,
            it.account_name,
            it.reference,
            it.marker,
            it.draft_revision,
            it.published_at
        ],
    )?;
    Ok(!known)
}
