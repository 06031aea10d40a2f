//! Notes in Markdown, from any tool, read as retrospectives and health checks.
//!
//! Nothing is dropped silently: each line of the notes ends up in a draft, and those that fitted
//! nowhere are shown and kept as its notes.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Summary;

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
