//! What a published summary says, in which order, before it has a look.
//!
//! The page, the PDF, the Markdown file and the window's preview are all written from the same
//! [`Document`], so none of them can say something the others do not.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Kind, Priority, Summary, health_check::PreviousCheck};

/// What a document needs to know beside the summary itself.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    pub team: &'a str,
    /// The page's final title.
    pub title: &'a str,
    /// The team's last health check of the same model.
    pub previous: Option<&'a PreviousCheck>,
    /// The day of publishing, to tell which actions are overdue.
    pub today: NaiveDate,
    /// Name of the attached PDF.
    pub pdf_name: &'a str,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Document {
    pub kind: Kind,
    pub title: String,
    pub blocks: Vec<Block>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "type")]
#[ts(export)]
pub enum Block {
    /// Facts about the meeting; on the page inside a page-properties macro.
    Properties { rows: Vec<Property> },
    /// Where the page links to its PDF. The PDF itself leaves it out.
    PdfLink { file_name: String },
    Heading { level: u8, text: String },
    Paragraph { text: String },
    /// On the page a Confluence task list, whose boxes can be ticked.
    Tasks { tasks: Vec<Task> },
    /// Ideas of a column, or of a group in it.
    Ideas { ideas: Vec<IdeaLine> },
    Bullets { items: Vec<String> },
    /// Each kudo: "To Ana, from Tom: text".
    Kudos { items: Vec<KudoLine> },
    /// The dimensions of a health check, or the ROTI tally as its only row.
    Distribution(Distribution),
    /// Comments on one dimension.
    Comments { comments: Vec<CommentLine> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Property {
    pub name: String,
    pub value: PropertyValue,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "type", content = "value")]
#[ts(export)]
pub enum PropertyValue {
    Text(String),
    Date(NaiveDate),
    List(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Task {
    pub text: String,
    pub owners: Vec<String>,
    pub due: Option<NaiveDate>,
    pub overdue: bool,
    pub priority: Option<Priority>,
    pub done: bool,
    /// The summary it was carried over from, or the dimension it belongs to.
    pub note: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct IdeaLine {
    pub text: String,
    pub votes: u32,
    pub comments: Vec<CommentLine>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct CommentLine {
    pub author: String,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct KudoLine {
    pub to: String,
    pub from: String,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Distribution {
    /// Head of the first column: "Dimension", or "Return on time invested".
    pub subject: String,
    /// Labels of the steps, worst first.
    pub scale: Vec<String>,
    pub rows: Vec<DistributionRow>,
    /// What the trends compare with; empty when there is nothing to compare.
    pub compared_with: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DistributionRow {
    pub name: String,
    pub statement: String,
    pub responses: Vec<u32>,
    pub average: Option<f64>,
    /// Average minus the previous average, rounded to one decimal.
    pub change: Option<f64>,
}

/// Puts a summary into the order in which it is published.
pub fn build(_summary: &Summary, _context: &Context<'_>) -> Document {
    unimplemented!("document")
}
