//! What is published, and in which order.

#![allow(clippy::unwrap_used)]

use chrono::NaiveDate;
use retropress_summary::{
    Action, CarriedFrom, Comment, HealthCheck, Priority, Retrospective, Summary,
    document::{
        Block, Context, Document, PropertyValue, average_in_words, build, change_in_words, trend,
    },
    health_check::{DimensionAverage, DimensionResult, MOST_STEPS, PreviousCheck},
    retrospective::{Column, Entry, Group, Idea, Roti},
    sample,
};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn context<'a>() -> Context<'a> {
    Context {
        team: "Payments",
        title: "Sprint 22 - Retrospective",
        previous: None,
        today: day("2026-11-22"),
        pdf_name: "Sprint 22 - Retrospective.pdf",
    }
}

fn built(summary: impl Into<Wrapped>) -> Document {
    build(&summary.into().0, &context())
}

struct Wrapped(Summary);

impl From<Retrospective> for Wrapped {
    fn from(it: Retrospective) -> Self {
        Self(Summary::Retrospective(it))
    }
}

impl From<HealthCheck> for Wrapped {
    fn from(it: HealthCheck) -> Self {
        Self(Summary::HealthCheck(it))
    }
}

fn headings(document: &Document) -> Vec<String> {
    let heading = |it: &Block| match it {
        Block::Heading { level, text } => Some(format!("{level} {text}")),
        _ => None,
    };
    document.blocks.iter().filter_map(heading).collect()
}

fn task_texts(document: &Document) -> Vec<Vec<&str>> {
    document
        .blocks
        .iter()
        .filter_map(|it| match it {
            Block::Tasks { tasks } => Some(tasks.iter().map(|it| it.text.as_str()).collect()),
            _ => None,
        })
        .collect()
}

#[test]
fn a_retrospective_is_told_in_the_order_of_the_page() {
    let mut retrospective = sample::retrospective(day("2026-11-19"));
    retrospective.notes = "First\n\n  Second".into();
    let document = built(retrospective);
    assert_eq!(
        headings(&document),
        [
            "2 Actions",
            "2 Went well",
            "3 Incident handling, 8 votes",
            "3 Other ideas",
            "2 To improve",
            "2 Agreements",
            "2 Kudos",
            "2 Return on time invested",
            "2 Notes",
        ]
    );
    assert!(matches!(document.blocks[0], Block::Properties { .. }));
    assert!(matches!(document.blocks[1], Block::PdfLink { .. }));
    let paragraphs: Vec<&str> = document
        .blocks
        .iter()
        .filter_map(|it| match it {
            Block::Paragraph { text } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(paragraphs, ["First", "  Second"]);
}

#[test]
fn facts_are_listed_and_empty_ones_left_out() {
    let facts = |document: &Document| match &document.blocks[0] {
        Block::Properties { rows } => rows
            .iter()
            .map(|row| match &row.value {
                PropertyValue::Text(text) => format!("{}={text}", row.name),
                PropertyValue::Date(date) => format!("{}={date}", row.name),
                PropertyValue::List(items) => format!("{}={}", row.name, items.join("|")),
            })
            .collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    assert_eq!(
        facts(&built(sample::retrospective(day("2026-11-19")))),
        [
            "Team=Payments",
            "Meeting date=2026-11-19",
            "Facilitator=Ines",
            "Participants=Ines|Jonas|Katrin|Mei|Tomás",
            "Return on time invested=4.2 of 5",
        ]
    );
    assert_eq!(facts(&built(Retrospective::default())), ["Team=Payments"]);
    let nothing = Context {
        team: " ",
        pdf_name: "",
        ..context()
    };
    assert_eq!(
        build(&Summary::Retrospective(Retrospective::default()), &nothing).blocks,
        []
    );
    assert_eq!(
        build(&Summary::HealthCheck(HealthCheck::default()), &nothing).blocks,
        []
    );
}

#[test]
fn parts_that_hold_nothing_are_left_out() {
    let blank = Idea {
        text: " \n".into(),
        ..Idea::default()
    };
    let document = built(Retrospective {
        columns: vec![Column {
            title: "Went well".into(),
            entries: vec![
                Entry::Idea(blank.clone()),
                Entry::Group(Group {
                    title: "Empty".into(),
                    ideas: vec![blank],
                    ..Group::default()
                }),
            ],
            ..Column::default()
        }],
        actions: vec![Action::default()],
        notes: " \n \n".into(),
        ..Retrospective::default()
    });
    assert_eq!(headings(&document), Vec::<String>::new());
}

#[test]
fn actions_are_ordered_and_carried_ones_told_apart() {
    let action = |text: &str, priority, due: Option<&str>, done, from: Option<&str>| Action {
        text: text.into(),
        priority,
        due: due.map(day),
        done,
        carried_from: from.map(|title| CarriedFrom {
            draft_id: title.into(),
            action_id: "x".into(),
            title: title.into(),
        }),
        ..Action::default()
    };
    let document = built(Retrospective {
        actions: vec![
            action("done", Some(Priority::High), None, true, None),
            action("no priority", None, Some("2026-01-01"), false, None),
            action("low", Some(Priority::Low), None, false, None),
            action("old", None, Some("2026-11-21"), false, Some("Sprint 21")),
            action("high, no date", Some(Priority::High), None, false, None),
            action(
                "high, later",
                Some(Priority::High),
                Some("2026-12-02"),
                false,
                None,
            ),
            action(
                "high, sooner",
                Some(Priority::High),
                Some("2026-12-01"),
                false,
                None,
            ),
            action(
                "medium",
                Some(Priority::Medium),
                Some("2026-11-22"),
                false,
                None,
            ),
            action("older", None, Some("2026-11-01"), true, Some("Sprint 20")),
        ],
        ..Retrospective::default()
    });
    assert_eq!(
        headings(&document),
        [
            "2 Actions",
            "3 Carried over from Sprint 21",
            "3 Carried over from Sprint 20"
        ]
    );
    assert_eq!(
        task_texts(&document),
        [
            vec![
                "high, sooner",
                "high, later",
                "high, no date",
                "medium",
                "low",
                "no priority",
                "done"
            ],
            vec!["old"],
            vec!["older"],
        ]
    );
    let overdue: Vec<&str> = document
        .blocks
        .iter()
        .flat_map(|it| match it {
            Block::Tasks { tasks } => tasks.as_slice(),
            _ => &[],
        })
        .filter(|it| it.overdue)
        .map(|it| it.text.as_str())
        .collect();
    assert_eq!(
        overdue,
        ["no priority", "old"],
        "today and done are not overdue"
    );
}

#[test]
fn the_largest_numbers_do_not_overflow() {
    let idea = Idea {
        text: "x".into(),
        votes: u32::MAX,
        ..Idea::default()
    };
    let group = Group {
        title: "G".into(),
        ideas: vec![idea.clone(), idea],
        ..Group::default()
    };
    let column = Column {
        title: "C".into(),
        entries: vec![Entry::Group(group)],
        ..Column::default()
    };
    let roti = Roti {
        counts: [u32::MAX; 5],
    };
    let document = built(Retrospective {
        columns: vec![column],
        roti,
        ..Retrospective::default()
    });
    assert!(headings(&document).contains(&"3 G, 8589934590 votes".to_owned()));
    built(HealthCheck {
        dimensions: vec![DimensionResult {
            responses: vec![u32::MAX; 7],
            ..Default::default()
        }],
        ..HealthCheck::default()
    });
}

fn check(dimensions: Vec<DimensionResult>) -> HealthCheck {
    HealthCheck {
        scale: vec!["Red".into(), "".into(), "Green".into()],
        dimensions,
        ..Default::default()
    }
}

fn dimension(id: &str, responses: &[u32], comment: &str) -> DimensionResult {
    DimensionResult {
        id: id.into(),
        name: id.to_uppercase(),
        responses: responses.to_vec(),
        comments: vec![Comment {
            id: "c".into(),
            author: String::new(),
            text: comment.into(),
        }],
        ..DimensionResult::default()
    }
}

/// Each row is as long as the scale, so one row must not make all of them long.
#[test]
fn a_check_with_endless_answers_has_a_table_of_limited_width() {
    let mut dimensions = vec![dimension("long", &vec![1; 1_000_000], "")];
    dimensions.extend((0..500).map(|_| dimension("short", &[0, 2], "")));
    let mut it = check(dimensions);
    it.scale.resize(1_000, "Step".to_owned());
    let document = built(it);
    let table = document
        .blocks
        .iter()
        .find_map(|it| match it {
            Block::Distribution(it) => Some(it),
            _ => None,
        })
        .unwrap();
    assert_eq!((table.scale.len(), table.rows.len()), (MOST_STEPS, 501));
    assert!(table.rows.iter().all(|it| it.responses.len() == MOST_STEPS));
    // None of the answers is dropped.
    assert_eq!(table.rows[0].responses.iter().sum::<u32>(), 1_000_000);
}

#[test]
fn a_health_check_shows_answers_averages_and_trends() {
    let mut it = check(vec![
        dimension("goals", &[0, 1, 3], "Clearer now"),
        dimension("pace", &[2, 0], ""),
        dimension("fun", &[], ""),
        dimension("new", &[0, 0, 1, 1], "  "),
    ]);
    it.actions.push(Action {
        text: "Slow down".into(),
        dimension_id: Some("pace".into()),
        ..Default::default()
    });
    it.notes = "Remember".into();
    let average = |id: &str, average| DimensionAverage {
        dimension_id: id.into(),
        average,
    };
    let previous = PreviousCheck {
        draft_id: "d".into(),
        title: "September".into(),
        date: Some(day("2026-09-23")),
        averages: vec![
            average("goals", 2.3),
            average("pace", 1.04),
            average("fun", 2.0),
        ],
    };
    let document = build(
        &Summary::HealthCheck(it),
        &Context {
            previous: Some(&previous),
            ..context()
        },
    );
    assert_eq!(
        headings(&document),
        ["2 Results", "2 Comments", "3 GOALS", "2 Actions", "2 Notes"]
    );
    let table = document
        .blocks
        .iter()
        .find_map(|it| match it {
            Block::Distribution(it) => Some(it),
            _ => None,
        })
        .unwrap();
    assert_eq!(table.scale, ["Red", "2", "Green", "4"]);
    assert_eq!(table.since(), "Since September");
    let rows: Vec<_> = table
        .rows
        .iter()
        .map(|it| {
            (
                it.name.as_str(),
                it.responses.as_slice(),
                it.average,
                it.change,
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("GOALS", &[0, 1, 3, 0][..], Some(2.75), Some(0.5)),
            ("PACE", &[2, 0, 0, 0], Some(1.0), Some(0.0)),
            ("FUN", &[0, 0, 0, 0], None, None),
            ("NEW", &[0, 0, 1, 1], Some(3.5), None),
        ]
    );
    let Block::Properties { rows } = &document.blocks[0] else {
        panic!("no facts")
    };
    let texts: Vec<_> = rows
        .iter()
        .map(|it| (it.name.as_str(), &it.value))
        .collect();
    assert!(texts.contains(&("Answers", &PropertyValue::Text("4".into()))));
    let overall = PropertyValue::Text("2.4 of 4, 0.3 better than on 23 Sep 2026".into());
    assert!(texts.contains(&("Overall average", &overall)), "{texts:?}");
    let Some(Block::Tasks { tasks }) = document
        .blocks
        .iter()
        .find(|it| matches!(it, Block::Tasks { .. }))
    else {
        panic!("no tasks")
    };
    assert_eq!(tasks[0].note, "PACE");
}

#[test]
fn trends_are_told_in_words() {
    assert_eq!(trend(0.5).word, "better");
    assert_eq!((trend(-0.1).arrow, trend(-0.1).word), ("↓", "worse"));
    assert_eq!(trend(0.04).word, "same");
    assert_eq!(trend(f64::NAN).word, "same");
    assert_eq!(change_in_words(0.5), "↑ +0.5 better");
    assert_eq!(change_in_words(-0.8), "↓ −0.8 worse");
    assert_eq!(change_in_words(-0.0), "→ same");
    assert_eq!(average_in_words(3.949), "3.9");
}
