//! The history of one team in memory, so that a search answers within a keystroke, however long the
//! history is: going through the file's wide rows takes ten times as long.

use std::collections::BTreeMap;

use memchr::memmem::Finder;
use rusqlite::Transaction;

use crate::{PublicationFilter, PublicationOrder, Result};

pub(crate) struct HistoryList {
    team_id: String,
    /// `history_change` as it was read.
    change: i64,
    /// By date, the oldest first.
    entries: Vec<Entry>,
    /// Places in `entries`, by title and by when it was published.
    by_title: Vec<usize>,
    by_published: Vec<usize>,
    /// Every space that occurs: key and name, by name.
    spaces: Vec<(String, String)>,
}

struct Entry {
    id: String,
    folded: String,
    date: Option<String>,
    published_at: i64,
    kind: String,
    space_key: String,
    status: String,
}

impl HistoryList {
    /// The list at hand if it is that of the team and nothing changed since, else a fresh one.
    pub(crate) fn of<'a>(
        at_hand: &'a mut Option<Self>,
        tx: &Transaction<'_>,
        team_id: &str,
    ) -> Result<&'a Self> {
        let change = tx
            .prepare_cached("SELECT number FROM history_change")?
            .query_row([], |row| row.get(0))?;
        let fresh = match at_hand.take() {
            Some(list) if list.team_id == team_id && list.change == change => list,
            _ => Self::read(tx, team_id, change)?,
        };
        Ok(at_hand.insert(fresh))
    }

    fn read(tx: &Transaction<'_>, team_id: &str, change: i64) -> Result<Self> {
        let mut statement = tx.prepare_cached(
            "SELECT id, folded, date, published_at, kind, space_key, status, space_name
             FROM publication WHERE team_id = ?1",
        )?;
        let mut names = BTreeMap::<String, String>::new();
        let mut entries = statement
            .query_map([team_id], |row| {
                let entry = Entry {
                    id: row.get(0)?,
                    folded: row.get(1)?,
                    date: row.get(2)?,
                    published_at: row.get(3)?,
                    kind: row.get(4)?,
                    space_key: row.get(5)?,
                    status: row.get(6)?,
                };
                // A space that was renamed goes by the greatest of its names, as good as any.
                let name: String = row.get(7)?;
                match names.get_mut(&entry.space_key) {
                    Some(known) if *known >= name => {}
                    Some(known) => *known = name,
                    None => {
                        names.insert(entry.space_key.clone(), name);
                    }
                }
                Ok(entry)
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        entries.sort_by(|one, other| {
            (&one.date, one.published_at, &one.id).cmp(&(
                &other.date,
                other.published_at,
                &other.id,
            ))
        });
        let mut by_title: Vec<usize> = (0..entries.len()).collect();
        by_title.sort_by_key(|it| &entries[*it].folded);
        let mut by_published: Vec<usize> = (0..entries.len()).collect();
        by_published.sort_by_key(|it| entries[*it].published_at);
        let mut spaces: Vec<_> = names.into_iter().collect();
        spaces.sort_by(|one, other| one.1.cmp(&other.1));
        Ok(Self {
            team_id: team_id.to_owned(),
            change,
            entries,
            by_title,
            by_published,
            spaces,
        })
    }

    pub(crate) fn spaces(&self) -> &[(String, String)] {
        &self.spaces
    }

    /// The ids asked for, in their order, and how many match in all.
    pub(crate) fn find(&self, filter: &PublicationFilter<'_>) -> (Vec<&str>, u32) {
        let text = fold(filter.text);
        let words: Vec<Finder<'_>> = text.split_whitespace().map(Finder::new).collect();
        let matches = |entry: &Entry| {
            filter.kind.is_none_or(|it| entry.kind == it)
                && filter.space_key.is_none_or(|it| entry.space_key == it)
                && filter.status.is_none_or(|it| entry.status == it)
                && filter
                    .since
                    .is_none_or(|it| entry.date.as_deref().is_some_and(|date| date >= it))
                && words
                    .iter()
                    .all(|word| word.find(entry.folded.as_bytes()).is_some())
        };
        let place = |at: usize| match filter.order {
            PublicationOrder::Date => at,
            PublicationOrder::Title => self.by_title[at],
            PublicationOrder::Published => self.by_published[at],
        };
        let (from, count) = (filter.offset as usize, filter.limit as usize);
        let last = self.entries.len();
        let (mut ids, mut total) = (Vec::new(), 0usize);
        for at in 0..last {
            let at = if filter.descending { last - 1 - at } else { at };
            let entry = &self.entries[place(at)];
            if matches(entry) {
                if total >= from && ids.len() < count {
                    ids.push(entry.id.as_str());
                }
                total += 1;
            }
        }
        (ids, u32::try_from(total).unwrap_or(u32::MAX))
    }
}

/// How texts are compared: upper and lower case are one.
pub(crate) fn fold(text: &str) -> String {
    text.to_lowercase()
}
