//! Made-up summaries: for the wizard's test publish, the sandbox and measurements.

use chrono::{Days, NaiveDate};

use crate::{
    Action, Comment, HealthCheck, Priority, Retrospective,
    health_check::{DimensionResult, built_in_models},
    retrospective::{Agreement, Column, Entry, Group, Idea, Kudo, Roti},
};

/// A small retrospective, titled "Sprint 22".
pub fn retrospective(date: NaiveDate) -> Retrospective {
    let column = |id: &str, title: &str, entries| Column {
        id: id.to_owned(),
        title: title.to_owned(),
        entries,
    };
    Retrospective {
        title: "Sprint 22".to_owned(),
        date: Some(date),
        facilitator: "Ines".to_owned(),
        participants: names(&["Ines", "Jonas", "Katrin", "Mei", "Tomás"]),
        columns: vec![
            column(
                "well",
                "Went well",
                vec![
                    Entry::Group(Group {
                        id: "g1".to_owned(),
                        title: "Incident handling".to_owned(),
                        ideas: vec![
                            idea("i1", "The runbook had us back in eleven minutes", 5, &[]),
                            idea("i2", "Pairing on the on-call handover", 3, &[]),
                        ],
                    }),
                    Entry::Idea(idea(
                        "i3",
                        "Two new people shipped in their first week",
                        2,
                        &[],
                    )),
                ],
            ),
            column(
                "improve",
                "To improve",
                vec![
                    Entry::Idea(idea(
                        "i4",
                        "Reviews wait for two days on average",
                        4,
                        &["Draft pull requests are not visible on the board"],
                    )),
                    Entry::Idea(idea("i5", "Data on staging was stale again", 2, &[])),
                ],
            ),
        ],
        actions: vec![
            action(
                "a1",
                "Add a daily review slot to the calendar",
                "Ines",
                date,
                4,
                Priority::High,
            ),
            action(
                "a2",
                "Refresh staging every week",
                "Tomás",
                date,
                14,
                Priority::Medium,
            ),
            Action {
                done: true,
                ..action(
                    "a3",
                    "Rotate the test card keys",
                    "Jonas",
                    date,
                    1,
                    Priority::Low,
                )
            },
        ],
        agreements: vec![Agreement {
            id: "w1".to_owned(),
            text: "We review before we start new work.".to_owned(),
        }],
        kudos: vec![Kudo {
            id: "k1".to_owned(),
            to: "Mei".to_owned(),
            from: "Katrin".to_owned(),
            text: "for staying calm during the incident".to_owned(),
        }],
        roti: Roti {
            counts: [0, 0, 1, 2, 2],
        },
        notes: String::new(),
    }
}

/// A small health check of the built-in model "Team health", titled "Sprint 22".
pub fn health_check(date: NaiveDate) -> HealthCheck {
    let Some(model) = built_in_models().into_iter().next() else {
        return HealthCheck::default();
    };
    let answers: [[u32; 5]; 8] = [
        [0, 0, 1, 3, 1],
        [0, 1, 1, 2, 1],
        [1, 2, 1, 1, 0],
        [0, 1, 2, 2, 0],
        [0, 0, 2, 1, 2],
        [0, 1, 1, 3, 0],
        [0, 0, 1, 1, 3],
        [0, 1, 2, 1, 1],
    ];
    let dimensions: Vec<DimensionResult> = model
        .dimensions
        .iter()
        .zip(answers)
        .map(|(dimension, answers)| DimensionResult {
            id: dimension.id.clone(),
            name: dimension.name.clone(),
            statement: dimension.statement.clone(),
            responses: answers.to_vec(),
            comments: Vec::new(),
        })
        .enumerate()
        .map(|(place, mut dimension)| {
            if place == 2 {
                dimension.comments = vec![comment("c1", "A release takes a whole afternoon.")];
            }
            dimension
        })
        .collect();
    let weak = dimensions.get(2).map(|it| it.id.clone());
    HealthCheck {
        title: "Sprint 22".to_owned(),
        date: Some(date),
        facilitator: "Ines".to_owned(),
        participants: names(&["Ines", "Jonas", "Katrin", "Mei", "Tomás"]),
        model_id: model.id,
        model_name: model.name,
        scale: model.scale,
        dimensions,
        actions: vec![Action {
            dimension_id: weak,
            ..action(
                "a1",
                "Automate the release notes",
                "Jonas",
                date,
                14,
                Priority::High,
            )
        }],
        notes: String::new(),
    }
}

/// A retrospective as large as they come: 120 ideas in 4 columns, 30 actions.
pub fn large_retrospective() -> Retrospective {
    let date = NaiveDate::from_ymd_opt(2026, 11, 19).unwrap_or_default();
    let mut large = retrospective(date);
    large.columns = ["Went well", "Slowed us down", "Puzzles", "To try"]
        .iter()
        .enumerate()
        .map(|(number, title)| Column {
            id: format!("column-{number}"),
            title: (*title).to_owned(),
            entries: (0..6)
                .map(|place| large_entry(number * 30 + place * 5, place))
                .collect(),
        })
        .collect();
    let owners = ["Ines", "Jonas", "Katrin", "Mei", "Tomás"];
    let priorities = [Priority::High, Priority::Medium, Priority::Low];
    large.actions = (0..30usize)
        .map(|number| Action {
            done: number % 5 == 4,
            ..action(
                &format!("action-{number}"),
                &format!("Measure how long step {number} of a release takes and tell the team"),
                owners[number % owners.len()],
                date,
                number as u64,
                priorities[number % priorities.len()],
            )
        })
        .collect();
    large
}

/// A group of five ideas.
fn large_entry(first: usize, place: usize) -> Entry {
    let ideas = (first..first + 5)
        .map(|number| {
            let text = format!(
                "Idea {number}: the tests of the ledger module ran for {} minutes, and nobody \
                 looked at them before the afternoon",
                number % 40 + 5
            );
            let comments: &[&str] = if number % 3 == 0 {
                &["The same as last time"]
            } else {
                &[]
            };
            idea(
                &format!("idea-{number}"),
                &text,
                (number % 7) as u32,
                comments,
            )
        })
        .collect();
    Entry::Group(Group {
        id: format!("group-{first}"),
        title: format!("Theme {place}"),
        ideas,
    })
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|it| (*it).to_owned()).collect()
}

fn idea(id: &str, text: &str, votes: u32, comments: &[&str]) -> Idea {
    let comments = comments
        .iter()
        .enumerate()
        .map(|(number, text)| comment(&format!("{id}-c{number}"), text))
        .collect();
    Idea {
        id: id.to_owned(),
        text: text.to_owned(),
        votes,
        comments,
    }
}

fn comment(id: &str, text: &str) -> Comment {
    Comment {
        id: id.to_owned(),
        author: String::new(),
        text: text.to_owned(),
    }
}

fn action(
    id: &str,
    text: &str,
    owner: &str,
    meeting: NaiveDate,
    days: u64,
    priority: Priority,
) -> Action {
    Action {
        id: id.to_owned(),
        text: text.to_owned(),
        owners: names(&[owner]),
        due: meeting.checked_add_days(Days::new(days)),
        priority: Some(priority),
        ..Action::default()
    }
}
