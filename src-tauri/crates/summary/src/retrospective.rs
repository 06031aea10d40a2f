//! A retrospective as its facilitator wrote it down.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Action, Comment};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct Retrospective {
    pub title: String,
    pub date: Option<NaiveDate>,
    pub facilitator: String,
    pub participants: Vec<String>,
    pub columns: Vec<Column>,
    pub actions: Vec<Action>,
    pub agreements: Vec<Agreement>,
    pub kudos: Vec<Kudo>,
    pub roti: Roti,
    /// Free text, one paragraph a line; imported lines that fitted nowhere are kept here.
    pub notes: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct Column {
    pub id: String,
    pub title: String,
    pub entries: Vec<Entry>,
}

/// What stands in a column, in the order the team put it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "type")]
#[ts(export)]
pub enum Entry {
    Idea(Idea),
    Group(Group),
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct Group {
    pub id: String,
    pub title: String,
    pub ideas: Vec<Idea>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct Idea {
    pub id: String,
    pub text: String,
    pub votes: u32,
    pub comments: Vec<Comment>,
}

/// A working agreement of the team.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct Agreement {
    pub id: String,
    pub text: String,
}

/// Thanks from one to another; either name may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct Kudo {
    pub id: String,
    pub to: String,
    pub from: String,
    pub text: String,
}

/// Return on time invested: how many gave 1, 2, 3, 4 or 5 points.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Roti {
    pub counts: [u32; 5],
}

/// The columns a new retrospective starts with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Template {
    pub id: String,
    pub name: String,
    pub columns: Vec<String>,
    /// The product brings it along; it cannot be changed or deleted.
    pub built_in: bool,
}

impl Retrospective {
    pub fn ideas(&self) -> impl Iterator<Item = &Idea> {
        self.columns.iter().flat_map(|column| {
            column.entries.iter().flat_map(|entry| match entry {
                Entry::Idea(idea) => std::slice::from_ref(idea).iter(),
                Entry::Group(group) => group.ideas.iter(),
            })
        })
    }
}

impl Roti {
    pub fn responses(&self) -> u32 {
        self.counts
            .iter()
            .fold(0u32, |sum, n| sum.saturating_add(*n))
    }

    /// Mean of the points given, 1.0 to 5.0; `None` when nobody answered.
    pub fn average(&self) -> Option<f64> {
        crate::health_check::average(&self.counts)
    }
}

/// The templates the product brings along.
pub fn built_in_templates() -> Vec<Template> {
    let template = |id: &str, name: &str, columns: &[&str]| Template {
        id: id.into(),
        name: name.into(),
        columns: columns.iter().map(|it| (*it).into()).collect(),
        built_in: true,
    };
    vec![
        template(
            "went-well",
            "Went well / To improve",
            &["Went well", "To improve"],
        ),
        template(
            "start-stop-continue",
            "Start Stop Continue",
            &["Start", "Stop", "Continue"],
        ),
        template("4ls", "4Ls", &["Liked", "Learned", "Lacked", "Longed for"]),
        template("mad-sad-glad", "Mad Sad Glad", &["Mad", "Sad", "Glad"]),
    ]
}
