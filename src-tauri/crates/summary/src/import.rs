//! Notes in Markdown, from any tool, read as retrospectives and health checks.
//!
//! Nothing is dropped silently: each line of the notes ends up in a draft, and those that fitted
//! nowhere are shown and kept as its notes.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Summary, title::date_in_words};

mod blocks;
mod dates;
mod inline;
mod items;
mod section;
mod split;
mod table;
mod text;
mod words;

pub use text::{NotText, decode};

use blocks::{Block, Kind};
use items::Known;
use section::{Below, Choices, Section, heading_id};

/// What the user corrected in the preview.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct ImportOptions {
    /// `None`: found out from the dates themselves.
    pub date_order: Option<DateOrder>,
    /// What a heading is, by its `heading_id`; the others are guessed.
    pub roles: Vec<RoleChoice>,
    /// Sections that are not to be imported, by index.
    pub left_out: Vec<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum DateOrder {
    /// 04/03/2023 is 4 March.
    DayMonthYear,
    /// 04/03/2023 is 3 April.
    MonthDayYear,
    YearMonthDay,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct RoleChoice {
    /// Headings with the same words share an id, so one choice corrects all of them.
    pub heading_id: String,
    pub role: HeadingRole,
}

/// What the lines below a heading are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum HeadingRole {
    /// Starts a summary of its own.
    Summary,
    /// A column of ideas.
    Column,
    /// A group of ideas in the column above.
    Group,
    Actions,
    Agreements,
    Kudos,
    Participants,
    /// A table or list of dimensions: makes the summary a health check.
    Dimensions,
    Roti,
    Notes,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ImportPreview {
    /// The order used, and whether the dates left a doubt about it.
    pub date_order: DateOrder,
    pub date_order_in_doubt: bool,
    /// A date of the notes and what it was read as, to see whether the order is right.
    pub date_example: Option<DateExample>,
    pub sections: Vec<ImportedSection>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DateExample {
    pub text: String,
    pub read_as: NaiveDate,
}

/// One summary found in the notes: it becomes one draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ImportedSection {
    pub index: u32,
    /// Line of its heading, counted from 1.
    pub line: u32,
    pub left_out: bool,
    pub summary: Summary,
    pub headings: Vec<ImportedHeading>,
    /// Lines that fitted nowhere; they are kept in the draft's notes.
    pub unplaced: Vec<UnplacedLine>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ImportedHeading {
    pub heading_id: String,
    pub line: u32,
    pub text: String,
    pub role: HeadingRole,
    /// How many ideas, actions or lines were found below it.
    pub items: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct UnplacedLine {
    pub line: u32,
    pub text: String,
}

/// What the notes say, section by section, under the user's corrections.
pub fn preview(text: &str, options: &ImportOptions) -> ImportPreview {
    let lines = blocks::lines(text);
    let blocks = blocks::scan(&lines);
    let headings: Vec<String> = blocks
        .iter()
        .filter_map(|it| match &it.kind {
            Kind::Heading { text, .. } => Some(inline::plain(text)),
            _ => None,
        })
        .collect();
    let found = dates::order(&lines, &headings);
    let order = options.date_order.unwrap_or(found.order);
    let choices: Choices = options
        .roles
        .iter()
        .map(|it| (it.heading_id.clone(), it.role))
        .collect();

    let below = below(&blocks);
    let starts = split::starts(&blocks, &choices, order);
    let known = Known {
        order,
        meeting: None,
    };
    let mut sections = Vec::new();
    for (place, start) in starts.iter().enumerate() {
        let end = starts.get(place + 1).map_or(blocks.len(), |it| it.from);
        let mut section = Section::new(&choices, known);
        for at in start.from..end {
            let Block { line, kind } = &blocks[at];
            match kind {
                Kind::Heading { text, .. } if start.heading == Some(at) => {
                    section.start(*line, text, below[at]);
                }
                // The title of the whole document, above its sections.
                Kind::Heading { text, .. }
                    if start.heading.is_some_and(|it| at < it)
                        && !choices.contains_key(&heading_id(&inline::plain(text))) =>
                {
                    let text = inline::plain(text);
                    if starts.len() == 1 && section.title.is_empty() {
                        section.title = text;
                    } else {
                        section.unplaced(*line, &text);
                    }
                }
                _ => section.block(&blocks[at], blocks[at + 1..end].first(), below[at]),
            }
        }
        let index = u32::try_from(place).unwrap_or(u32::MAX);
        let line = blocks
            .get(start.heading.unwrap_or(start.from))
            .map_or(1, |it| it.line);
        let (summary, headings, unplaced) = section.finish();
        let left_out = options.left_out.contains(&index);
        sections.push(ImportedSection {
            index,
            line,
            left_out,
            summary,
            headings,
            unplaced,
        });
    }
    tell_apart(&mut sections);
    ImportPreview {
        date_order: order,
        date_order_in_doubt: options.date_order.is_none() && found.in_doubt,
        date_example: example(&lines, order),
        sections,
    }
}

/// Sections under the same words get their date into the title: a space of Confluence takes each
/// title once.
fn tell_apart(sections: &mut [ImportedSection]) {
    let mut seen: HashMap<String, u32> = HashMap::new();
    for section in sections.iter() {
        *seen
            .entry(section.summary.title().to_lowercase())
            .or_default() += 1;
    }
    for section in sections {
        let date = section.summary.date();
        let title = match &mut section.summary {
            Summary::Retrospective(it) => &mut it.title,
            Summary::HealthCheck(it) => &mut it.title,
        };
        let same = seen.get(&title.to_lowercase()).copied().unwrap_or_default();
        if let Some(date) = date.filter(|_| same > 1 && !title.is_empty()) {
            *title = [&**title, &date_in_words(date)].join(", ");
        }
    }
}

/// A draft of each section that is not left out. Ids are unique within a draft.
pub fn drafts(text: &str, options: &ImportOptions) -> Vec<Summary> {
    let sections = preview(text, options).sections;
    sections
        .into_iter()
        .filter(|it| !it.left_out)
        .map(|it| it.summary)
        .collect()
}

/// The first date whose order matters, or else the first of all.
fn example(lines: &[&str], order: DateOrder) -> Option<DateExample> {
    let mut clear = None;
    for line in lines {
        for found in dates::find(line) {
            let Some(read_as) = found.date.read(order) else {
                continue;
            };
            let example = DateExample {
                text: line[found.range].to_owned(),
                read_as,
            };
            match found.date {
                dates::Written::Numbers { first, second, .. } if first != second => {
                    return Some(example);
                }
                _ => clear = clear.or(Some(example)),
            }
        }
    }
    clear
}

/// For each block what follows it up to the next heading.
fn below(blocks: &[Block]) -> Vec<Below> {
    let mut below = vec![Below::default(); blocks.len()];
    let mut next = Below::default();
    for (at, block) in blocks.iter().enumerate().rev() {
        below[at] = next;
        match block.kind {
            Kind::Heading { .. } => next = Below::default(),
            Kind::Item { .. } | Kind::Table(_) => next.items = true,
            Kind::Text(_) | Kind::Verbatim(_) => next.text = true,
            Kind::Fact { .. } => {}
        }
    }
    below
}
