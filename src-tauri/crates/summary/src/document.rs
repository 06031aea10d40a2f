//! What a published summary says, in which order, before it has a look.
//!
//! The page, the PDF, the Markdown file and the window's preview are all written from the same
//! [`Document`], so none of them can say something the others do not.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    Action, CarriedFrom, Comment, HealthCheck, Kind, Priority, Retrospective, Summary,
    health_check::{DimensionResult, MOST_STEPS, PreviousCheck, average},
    retrospective::{Column, Entry, Idea},
    title::date_in_words,
};

const ROTI: &str = "Return on time invested";

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
    /// `None` for what Retropress says about itself.
    pub kind: Option<Kind>,
    pub title: String,
    pub blocks: Vec<Block>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "type")]
#[ts(export)]
pub enum Block {
    /// Facts about the meeting; on the page inside a page-properties macro.
    Properties {
        rows: Vec<Property>,
    },
    /// Where the page links to its PDF. The PDF itself leaves it out.
    PdfLink {
        file_name: String,
    },
    Heading {
        level: u8,
        text: String,
    },
    Paragraph {
        text: String,
    },
    /// On the page a Confluence task list, whose boxes can be ticked.
    Tasks {
        tasks: Vec<Task>,
    },
    /// Ideas of a column, or of a group in it.
    Ideas {
        ideas: Vec<IdeaLine>,
    },
    Bullets {
        items: Vec<String>,
    },
    /// Each kudo: "To Ana, from Tom: text".
    Kudos {
        items: Vec<KudoLine>,
    },
    /// The dimensions of a health check, or the ROTI tally as its only row.
    Distribution(Distribution),
    /// Comments on one dimension.
    Comments {
        comments: Vec<CommentLine>,
    },
    Table(Table),
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
    /// The dimension it belongs to; empty for none. What it was carried over from is told by the
    /// heading above.
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

/// Texts in rows and columns; each row has a cell for each column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Table {
    pub columns: Vec<TableColumn>,
    pub rows: Vec<Vec<String>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct TableColumn {
    pub name: String,
    /// Holds what is typed or sent to the letter, such as an address.
    pub code: bool,
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

impl KudoLine {
    /// "To Ana, from Tom:", "To Ana:", "From Tom:" or nothing.
    pub fn names(&self) -> String {
        match (is_blank(&self.to), is_blank(&self.from)) {
            (false, false) => format!("To {}, from {}:", self.to, self.from),
            (false, true) => format!("To {}:", self.to),
            (true, false) => format!("From {}:", self.from),
            (true, true) => String::new(),
        }
    }
}

impl Distribution {
    /// Head of the column of changes: "Since Q3 health check".
    pub fn since(&self) -> String {
        if is_blank(&self.compared_with) {
            "Change".to_owned()
        } else {
            format!("Since {}", self.compared_with)
        }
    }
}

/// Puts a summary into the order in which it is published. Parts that hold nothing are left out.
pub fn build(summary: &Summary, context: &Context<'_>) -> Document {
    let mut blocks = Blocks(Vec::new());
    match summary {
        Summary::Retrospective(it) => retrospective(it, context, &mut blocks),
        Summary::HealthCheck(it) => health_check(it, context, &mut blocks),
    }
    Document {
        kind: Some(summary.kind()),
        title: context.title.to_owned(),
        blocks: blocks.0,
    }
}

/// Whether an average rose, in a sign and in a word: colour and arrow alone tell not everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trend {
    pub arrow: &'static str,
    pub word: &'static str,
}

/// The trend of a change of an average; below half of a tenth it is none.
pub fn trend(change: f64) -> Trend {
    match one_decimal(change) {
        it if it > 0.0 => Trend {
            arrow: "↑",
            word: "better",
        },
        it if it < 0.0 => Trend {
            arrow: "↓",
            word: "worse",
        },
        _ => Trend {
            arrow: "→",
            word: "same",
        },
    }
}

/// A change with arrow, sign and word: "↑ +0.5 better", "↓ −0.8 worse", "→ same".
pub fn change_in_words(change: f64) -> String {
    let Trend { arrow, word } = trend(change);
    match one_decimal(change) {
        it if it > 0.0 => format!("{arrow} +{it:.1} {word}"),
        it if it < 0.0 => format!("{arrow} \u{2212}{:.1} {word}", it.abs()),
        _ => format!("{arrow} {word}"),
    }
}

/// An average as it is shown: "3.9".
pub fn average_in_words(average: f64) -> String {
    format!("{:.1}", one_decimal(average))
}

/// "1 vote", "2 votes".
pub fn votes_in_words(votes: u64) -> String {
    if votes == 1 {
        "1 vote".to_owned()
    } else {
        format!("{votes} votes")
    }
}

fn one_decimal(number: f64) -> f64 {
    let rounded = (number * 10.0).round() / 10.0;
    if rounded == 0.0 || !rounded.is_finite() {
        0.0
    } else {
        rounded
    }
}

struct Blocks(Vec<Block>);

impl Blocks {
    fn heading(&mut self, level: u8, text: impl Into<String>) {
        self.0.push(Block::Heading {
            level,
            text: text.into(),
        });
    }

    fn head(&mut self, rows: Vec<Property>, context: &Context<'_>) {
        if !rows.is_empty() {
            self.0.push(Block::Properties { rows });
        }
        if !is_blank(context.pdf_name) {
            self.0.push(Block::PdfLink {
                file_name: context.pdf_name.to_owned(),
            });
        }
    }

    fn notes(&mut self, notes: &str) {
        if is_blank(notes) {
            return;
        }
        self.heading(2, "Notes");
        for line in notes.lines().filter(|line| !is_blank(line)) {
            self.0.push(Block::Paragraph {
                text: line.to_owned(),
            });
        }
    }
}

fn retrospective(it: &Retrospective, context: &Context<'_>, blocks: &mut Blocks) {
    let mut rows = meeting(context.team, it.date, &it.facilitator, &it.participants);
    if let Some(average) = it.roti.average() {
        let value = PropertyValue::Text(format!("{} of 5", average_in_words(average)));
        rows.push(Property {
            name: ROTI.to_owned(),
            value,
        });
    }
    blocks.head(rows, context);
    actions(&it.actions, &[], context, blocks);
    for column in &it.columns {
        ideas_of_column(column, blocks);
    }

    let agreements: Vec<String> = it
        .agreements
        .iter()
        .map(|it| it.text.clone())
        .filter(|text| !is_blank(text))
        .collect();
    if !agreements.is_empty() {
        blocks.heading(2, "Agreements");
        blocks.0.push(Block::Bullets { items: agreements });
    }

    let kudos: Vec<KudoLine> = it
        .kudos
        .iter()
        .filter(|it| !(is_blank(&it.to) && is_blank(&it.from) && is_blank(&it.text)))
        .map(|it| KudoLine {
            to: it.to.clone(),
            from: it.from.clone(),
            text: it.text.clone(),
        })
        .collect();
    if !kudos.is_empty() {
        blocks.heading(2, "Kudos");
        blocks.0.push(Block::Kudos { items: kudos });
    }

    if let Some(average) = it.roti.average() {
        blocks.heading(2, ROTI);
        blocks.0.push(Block::Distribution(Distribution {
            subject: ROTI.to_owned(),
            scale: (1..=it.roti.counts.len())
                .map(|step| step.to_string())
                .collect(),
            rows: vec![DistributionRow {
                name: "Answers".to_owned(),
                statement: String::new(),
                responses: it.roti.counts.to_vec(),
                average: Some(average),
                change: None,
            }],
            compared_with: String::new(),
        }));
    }
    blocks.notes(&it.notes);
}

fn health_check(it: &HealthCheck, context: &Context<'_>, blocks: &mut Blocks) {
    let asked: Vec<(String, &DimensionResult)> = it
        .dimensions
        .iter()
        .zip(1..)
        .filter(|(dimension, _)| !is_empty_dimension(dimension))
        .map(|(dimension, number)| (dimension_name(dimension, number), dimension))
        .collect();
    let results = results(it, &asked, context);

    let mut rows = meeting(context.team, it.date, &it.facilitator, &it.participants);
    if !is_blank(&it.model_name) {
        rows.push(text_property("Model", &it.model_name));
    }
    rows.extend(overall(&results, context));
    blocks.head(rows, context);

    if !results.rows.is_empty() {
        blocks.heading(2, "Results");
        blocks.0.push(Block::Distribution(results));
    }

    let mut headed = false;
    for (name, dimension) in &asked {
        let comments = comment_lines(&dimension.comments);
        if comments.is_empty() {
            continue;
        }
        if !headed {
            blocks.heading(2, "Comments");
            headed = true;
        }
        blocks.heading(3, name.as_str());
        blocks.0.push(Block::Comments { comments });
    }

    actions(&it.actions, &asked, context, blocks);
    blocks.notes(&it.notes);
}

fn meeting(
    team: &str,
    date: Option<NaiveDate>,
    facilitator: &str,
    participants: &[String],
) -> Vec<Property> {
    let mut rows = Vec::new();
    if !is_blank(team) {
        rows.push(text_property("Team", team));
    }
    if let Some(date) = date {
        let value = PropertyValue::Date(date);
        rows.push(Property {
            name: "Meeting date".to_owned(),
            value,
        });
    }
    if !is_blank(facilitator) {
        rows.push(text_property("Facilitator", facilitator));
    }
    let participants: Vec<String> = participants
        .iter()
        .filter(|name| !is_blank(name))
        .cloned()
        .collect();
    if !participants.is_empty() {
        let value = PropertyValue::List(participants);
        rows.push(Property {
            name: "Participants".to_owned(),
            value,
        });
    }
    rows
}

fn text_property(name: &str, value: &str) -> Property {
    Property {
        name: name.to_owned(),
        value: PropertyValue::Text(value.to_owned()),
    }
}

/// How many answered, and the mean of the dimensions' averages.
fn overall(results: &Distribution, context: &Context<'_>) -> Vec<Property> {
    let answers = results
        .rows
        .iter()
        .map(|row| row.responses.iter().map(|n| u64::from(*n)).sum::<u64>())
        .max();
    let averages: Vec<f64> = results.rows.iter().filter_map(|row| row.average).collect();
    let (Some(answers @ 1..), Some(average)) = (answers, mean(&averages)) else {
        return Vec::new();
    };
    let mut words = format!("{} of {}", average_in_words(average), results.scale.len());
    let since = context
        .previous
        .and_then(|previous| previous.date)
        .map(date_in_words);
    let changes: Vec<f64> = results.rows.iter().filter_map(|row| row.change).collect();
    if let (Some(change), Some(date)) = (mean(&changes), since) {
        words.push_str(&match trend(change).word {
            "same" => format!(", same as on {date}"),
            word => format!(", {} {word} than on {date}", average_in_words(change.abs())),
        });
    }
    vec![
        text_property("Answers", &answers.to_string()),
        text_property("Overall average", &words),
    ]
}

fn mean(numbers: &[f64]) -> Option<f64> {
    (!numbers.is_empty()).then(|| numbers.iter().sum::<f64>() / numbers.len() as f64)
}

fn results(
    check: &HealthCheck,
    asked: &[(String, &DimensionResult)],
    context: &Context<'_>,
) -> Distribution {
    // Answers on a step the scale does not name are shown under its number, never dropped; those beyond
    // the last possible step count for it.
    let steps = asked
        .iter()
        .map(|(_, it)| it.responses.len())
        .max()
        .unwrap_or(0);
    let steps = steps.max(check.scale.len()).min(MOST_STEPS);
    let scale = (0..steps)
        .map(|step| match check.scale.get(step) {
            Some(label) if !is_blank(label) => label.clone(),
            _ => (step + 1).to_string(),
        })
        .collect();
    let rows: Vec<DistributionRow> = asked
        .iter()
        .map(|(name, dimension)| {
            let (shown, beyond) = dimension
                .responses
                .split_at(steps.min(dimension.responses.len()));
            let mut responses = shown.to_vec();
            responses.resize(steps, 0);
            if let Some(last) = responses.last_mut() {
                *last = beyond.iter().fold(*last, |sum, n| sum.saturating_add(*n));
            }
            let average = average(&responses);
            let before = context.previous.and_then(|it| it.average(&dimension.id));
            let change = average
                .zip(before.filter(|it| it.is_finite()))
                .map(|(now, before)| one_decimal(now - before));
            let statement = dimension.statement.clone();
            DistributionRow {
                name: name.clone(),
                statement,
                responses,
                average,
                change,
            }
        })
        .collect();
    let compared = rows.iter().any(|row| row.change.is_some());
    let compared_with = match context.previous {
        Some(previous) if compared => previous.title.clone(),
        _ => String::new(),
    };
    Distribution {
        subject: "Dimension".to_owned(),
        scale,
        rows,
        compared_with,
    }
}

fn is_empty_dimension(it: &DimensionResult) -> bool {
    is_blank(&it.name)
        && is_blank(&it.statement)
        && it.responses.iter().all(|n| *n == 0)
        && it.comments.iter().all(|it| is_blank(&it.text))
}

fn dimension_name(it: &DimensionResult, number: usize) -> String {
    if is_blank(&it.name) {
        format!("Dimension {number}")
    } else {
        it.name.clone()
    }
}

/// Groups come first, each under its name; the ideas beside them follow as "Other ideas".
fn ideas_of_column(column: &Column, blocks: &mut Blocks) {
    let mut groups = Vec::new();
    let mut others = Vec::new();
    for entry in &column.entries {
        match entry {
            Entry::Idea(idea) => others.extend(idea_line(idea)),
            Entry::Group(group) => {
                let ideas: Vec<IdeaLine> = group.ideas.iter().filter_map(idea_line).collect();
                if !ideas.is_empty() {
                    groups.push((group.title.as_str(), ideas));
                }
            }
        }
    }
    if groups.is_empty() && others.is_empty() {
        return;
    }
    blocks.heading(
        2,
        if is_blank(&column.title) {
            "Ideas"
        } else {
            &column.title
        },
    );
    let grouped = !groups.is_empty();
    for (title, ideas) in groups {
        let title = if is_blank(title) { "Group" } else { title };
        let votes: u64 = ideas.iter().map(|it| u64::from(it.votes)).sum();
        blocks.heading(
            3,
            match votes {
                0 => title.to_owned(),
                _ => format!("{title}, {}", votes_in_words(votes)),
            },
        );
        blocks.0.push(Block::Ideas { ideas });
    }
    if !others.is_empty() {
        if grouped {
            blocks.heading(3, "Other ideas");
        }
        blocks.0.push(Block::Ideas { ideas: others });
    }
}

fn idea_line(idea: &Idea) -> Option<IdeaLine> {
    let comments = comment_lines(&idea.comments);
    if is_blank(&idea.text) && comments.is_empty() {
        return None;
    }
    Some(IdeaLine {
        text: idea.text.clone(),
        votes: idea.votes,
        comments,
    })
}

fn comment_lines(comments: &[Comment]) -> Vec<CommentLine> {
    comments
        .iter()
        .filter(|it| !is_blank(&it.text))
        .map(|it| CommentLine {
            author: it.author.clone(),
            text: it.text.clone(),
        })
        .collect()
}

/// New actions first, then those carried over, by the summary they come from.
fn actions(
    actions: &[Action],
    dimensions: &[(String, &DimensionResult)],
    context: &Context<'_>,
    blocks: &mut Blocks,
) {
    let mut lists: Vec<(Option<&CarriedFrom>, Vec<&Action>)> = vec![(None, Vec::new())];
    for action in actions
        .iter()
        .filter(|it| !is_blank(&it.text) || !it.owners.is_empty())
    {
        let from = action.carried_from.as_ref();
        let same = |it: &&mut (Option<&CarriedFrom>, Vec<&Action>)| {
            it.0.map(|it| (&it.draft_id, &it.title)) == from.map(|it| (&it.draft_id, &it.title))
        };
        match lists.iter_mut().find(same) {
            Some((_, list)) => list.push(action),
            None => lists.push((from, vec![action])),
        }
    }
    lists.retain(|(_, list)| !list.is_empty());
    if lists.is_empty() {
        return;
    }
    blocks.heading(2, "Actions");
    for (from, mut list) in lists {
        if let Some(from) = from {
            let title = if is_blank(&from.title) {
                "an earlier meeting"
            } else {
                &from.title
            };
            blocks.heading(3, format!("Carried over from {title}"));
        }
        list.sort_by_key(|it| match it.done {
            true => (true, 0, NaiveDate::MAX),
            false => (
                false,
                urgency(it.priority),
                it.due.unwrap_or(NaiveDate::MAX),
            ),
        });
        let tasks = list
            .into_iter()
            .map(|it| Task {
                text: it.text.clone(),
                owners: it
                    .owners
                    .iter()
                    .filter(|name| !is_blank(name))
                    .cloned()
                    .collect(),
                due: it.due,
                overdue: !it.done && it.due.is_some_and(|due| due < context.today),
                priority: it.priority,
                done: it.done,
                note: dimensions
                    .iter()
                    .find(|(_, dimension)| it.dimension_id.as_ref() == Some(&dimension.id))
                    .map(|(name, _)| name.clone())
                    .unwrap_or_default(),
            })
            .collect();
        blocks.0.push(Block::Tasks { tasks });
    }
}

fn urgency(priority: Option<Priority>) -> u8 {
    match priority {
        Some(Priority::High) => 0,
        Some(Priority::Medium) => 1,
        Some(Priority::Low) => 2,
        None => 3,
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}
