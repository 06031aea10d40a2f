//! The Confluence page: its markup, and that each character gets there.

#![allow(clippy::unwrap_used)]

use chrono::NaiveDate;
use proptest::prelude::*;
use quick_xml::{Reader, events::Event};
use retropress_summary::{
    Kind, Summary,
    document::{
        Block, CommentLine, Context, Distribution, DistributionRow, Document, IdeaLine, KudoLine,
        Property, PropertyValue, Table, TableColumn, Task, build,
    },
    sample,
    storage::{Marker, STEP_COLOURS, write},
};

const MARKER: Marker<'static> = Marker {
    operation_id: "0190b2a4-7c1e-7d7a-9f37-2b6f0d6a1c55",
    reference: "RP-7F3A19",
};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn sample_page(summary: Summary) -> String {
    let context = Context {
        team: "Payments",
        title: "T",
        previous: None,
        today: day("2026-11-22"),
        pdf_name: "Sprint 22 - Retrospective.pdf",
    };
    write(&build(&summary, &context), &MARKER)
}

fn page(blocks: Vec<Block>) -> String {
    write(
        &Document {
            kind: Some(Kind::Retrospective),
            title: "T".into(),
            blocks,
        },
        &MARKER,
    )
}

/// An element of a parsed page, or a piece of its text.
#[derive(Debug, Default)]
struct Node {
    name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Node>,
    text: String,
}

impl Node {
    /// All text below, line breaks included.
    fn words(&self) -> String {
        if self.name == "br" {
            return "\n".into();
        }
        self.text.clone() + &self.children.iter().map(Node::words).collect::<String>()
    }

    fn all(&self, name: &str) -> Vec<&Node> {
        let mut found = Vec::new();
        if self.name == name {
            found.push(self);
        }
        found.extend(self.children.iter().flat_map(|it| it.all(name)));
        found
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|it| it.0 == name)
            .map(|it| it.1.as_str())
    }

    fn is_macro(&self, name: &str) -> bool {
        self.name == "ac:structured-macro" && self.attribute("ac:name") == Some(name)
    }
}

/// Reads a body strictly, as Confluence does: wrapped into a root that declares the prefixes.
fn parse(body: &str) -> Node {
    let wrapped = format!(
        "<root xmlns:ac=\"http://atlassian.com/content\" \
         xmlns:ri=\"http://atlassian.com/resource/identifier\">{body}</root>"
    );
    let mut reader = Reader::from_str(&wrapped);
    reader.config_mut().check_end_names = true;
    reader.config_mut().allow_unmatched_ends = false;
    let mut open = vec![Node::default()];
    let text = |open: &mut Vec<Node>, text: String| {
        open.last_mut().unwrap().children.push(Node {
            text,
            ..Node::default()
        });
    };
    let element = |start: &quick_xml::events::BytesStart<'_>| Node {
        name: start.name().0.to_owned(),
        attributes: start
            .attributes()
            .map(|it| it.unwrap())
            .map(|it| {
                (
                    it.key.0.to_owned(),
                    quick_xml::escape::unescape(&it.value).unwrap().into_owned(),
                )
            })
            .collect(),
        ..Node::default()
    };
    loop {
        match reader
            .read_event()
            .unwrap_or_else(|problem| panic!("{problem} in {body}"))
        {
            Event::Start(it) => open.push(element(&it)),
            Event::Empty(it) => open.last_mut().unwrap().children.push(element(&it)),
            Event::End(_) => {
                let closed = open.pop().unwrap();
                open.last_mut().unwrap().children.push(closed);
            }
            Event::Text(it) => text(&mut open, it.into_inner().into_owned()),
            Event::GeneralRef(it) => {
                let found = match it.resolve_char_ref().unwrap() {
                    Some(found) => found.to_string(),
                    None => match &*it.into_inner() {
                        "amp" => "&",
                        "lt" => "<",
                        "gt" => ">",
                        "quot" => "\"",
                        "apos" => "'",
                        other => panic!("entity {other} needs a DTD"),
                    }
                    .to_owned(),
                };
                text(&mut open, found);
            }
            Event::CData(it) => text(&mut open, it.into_inner().into_owned()),
            Event::Eof => break,
            other => panic!("{other:?} does not belong on a page"),
        }
    }
    assert_eq!(open.len(), 1, "an element is not closed");
    let root = open.pop().unwrap().children.pop().unwrap();
    assert_eq!(root.name, "root");
    root
}

/// What a text must read as on the page.
fn shown(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .chars()
        .map(|it| match it {
            '\t' | '\n' => it,
            '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => '\u{FFFD}',
            _ => it,
        })
        .collect()
}

/// Text with what has broken publishers before, between any characters.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => any::<String>(),
        2 => any::<char>().prop_map(String::from),
        1 => (0u32..0x20).prop_map(|it| char::from_u32(it).unwrap().to_string()),
        2 => prop::sample::select(vec![
            "]]>", "--", "&", "<", ">", "\"", "'", "&amp;", "&nbsp;", "<script>", "</p>", "<!--",
            "<![CDATA[", "\r\n", "\n", "\r", "\n\n", "\t", "  ", "\u{FFFE}", "\u{FFFF}", "\u{0}",
            "مرحبا", "שלום", "👩‍👩‍👧", "\u{202E}", "\u{85}", "\u{2028}", "{status}", "${x}",
        ])
        .prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|it| it.concat())
}

const ELEMENTS: [&str; 26] = [
    "root",
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "li",
    "strong",
    "em",
    "br",
    "table",
    "tbody",
    "tr",
    "th",
    "td",
    "time",
    "ac:structured-macro",
    "ac:parameter",
    "ac:rich-text-body",
    "ac:task-list",
    "ac:task",
    "ac:link",
    "ri:attachment",
];
const PARTS: [&str; 4] = [
    "ac:task-id",
    "ac:task-status",
    "ac:task-body",
    "ac:plain-text-link-body",
];

fn assert_known_markup(node: &Node, inside_bodied_macro: bool) {
    assert!(
        node.name.is_empty() || ELEMENTS.contains(&&*node.name) || PARTS.contains(&&*node.name),
        "<{}> is not safe on both editions",
        node.name
    );
    let bodied = node
        .children
        .iter()
        .any(|it| it.name == "ac:rich-text-body");
    assert!(!(bodied && inside_bodied_macro), "bodied macros are nested");
    if node.name == "ac:structured-macro" {
        assert!(
            ["details", "status", "anchor"]
                .iter()
                .any(|it| node.is_macro(it)),
            "{node:?}"
        );
    }
    if ["ul", "ac:task-list", "tbody", "tr"].contains(&&*node.name) {
        assert!(!node.children.is_empty(), "<{}> is empty", node.name);
    }
    for (name, value) in &node.attributes {
        let known = matches!(
            (&*node.name, &**name),
            ("ac:structured-macro" | "ac:parameter", "ac:name")
                | ("time", "datetime")
                | ("ri:attachment", "ri:filename")
                | ("td", "data-highlight-colour")
                | ("p", "style")
                | ("root", _)
        );
        assert!(known, "{name}=\"{value}\" on <{}>", node.name);
        assert!(name != "style" || value == "text-align: center;");
    }
    for child in &node.children {
        assert_known_markup(child, inside_bodied_macro || bodied);
    }
}

#[test]
fn a_retrospective_becomes_a_page() {
    let body = sample_page(Summary::Retrospective(sample::retrospective(day(
        "2026-11-19",
    ))));
    let root = parse(&body);
    assert_known_markup(&root, false);

    let details = root
        .all("ac:structured-macro")
        .into_iter()
        .find(|it| it.is_macro("details"));
    let rows: Vec<(String, String)> = details
        .unwrap()
        .all("tr")
        .iter()
        .map(|it| (it.all("th")[0].words(), it.all("td")[0].words()))
        .collect();
    assert!(
        rows.contains(&("Team".into(), "Payments".into())),
        "{rows:?}"
    );
    assert!(rows.contains(&(
        "Participants".into(),
        "Ines, Jonas, Katrin, Mei, Tomás".into()
    )));
    assert!(rows.contains(&("Return on time invested".into(), "4.2 of 5".into())));

    let tasks = root.all("ac:task");
    let ids: Vec<String> = tasks
        .iter()
        .map(|it| it.all("ac:task-id")[0].words())
        .collect();
    assert_eq!(ids, ["1", "2", "3"]);
    let states: Vec<String> = tasks
        .iter()
        .map(|it| it.all("ac:task-status")[0].words())
        .collect();
    assert_eq!(states, ["incomplete", "incomplete", "complete"]);
    assert_eq!(
        tasks[0].all("time")[0].attribute("datetime"),
        Some("2026-11-23")
    );
    assert_eq!(
        tasks[0].all("ac:task-body")[0].words(),
        "Add a daily review slot to the calendar Ines due  RedHigh"
    );

    let lozenges: Vec<String> = root
        .all("ac:structured-macro")
        .iter()
        .filter(|it| it.is_macro("status"))
        .map(|it| it.words())
        .collect();
    assert!(lozenges.contains(&"Blue5 votes".into()), "{lozenges:?}");

    let link = root.all("ac:link")[0];
    assert_eq!(
        link.all("ri:attachment")[0].attribute("ri:filename"),
        Some("Sprint 22 - Retrospective.pdf")
    );
    assert_eq!(link.words(), "Sprint 22 - Retrospective.pdf");

    let comment = root
        .all("li")
        .into_iter()
        .find(|it| !it.all("ul").is_empty())
        .unwrap();
    assert_eq!(
        comment.all("ul")[0].words(),
        "Draft pull requests are not visible on the board"
    );
}

#[test]
fn the_marker_is_an_anchor_and_a_line_people_can_read() {
    let root = parse(&page(Vec::new()));
    let [last] = &root.children[..] else {
        panic!("{root:?}")
    };
    let anchor = &last.children[0];
    assert!(anchor.is_macro("anchor"));
    assert_eq!(anchor.all("ac:parameter")[0].attribute("ac:name"), Some(""));
    assert_eq!(
        anchor.words(),
        "retropress-0190b2a4-7c1e-7d7a-9f37-2b6f0d6a1c55"
    );
    assert!(
        last.words()
            .ends_with("Published with Retropress, RP-7F3A19")
    );
}

#[test]
fn a_health_check_is_drawn_in_coloured_cells() {
    let body = sample_page(Summary::HealthCheck(sample::health_check(day(
        "2026-11-19",
    ))));
    let root = parse(&body);
    assert_known_markup(&root, false);
    let table = root.all("table")[1];
    let head: Vec<String> = table.all("tr")[0]
        .all("th")
        .iter()
        .map(|it| it.words())
        .collect();
    assert_eq!(
        head,
        [
            "Dimension",
            "Strongly disagree",
            "Disagree",
            "Neutral",
            "Agree",
            "Strongly agree",
            "Average"
        ]
    );
    let cells: Vec<(String, Option<&str>)> = table.all("tr")[1]
        .all("td")
        .iter()
        .map(|it| (it.words(), it.attribute("data-highlight-colour")))
        .collect();
    let expected = [
        ("0", None),
        ("0", None),
        ("1", Some(STEP_COLOURS[2])),
        ("3", Some(STEP_COLOURS[3])),
        ("1", Some(STEP_COLOURS[4])),
        ("4.0", None),
    ];
    assert_eq!(
        cells,
        expected.map(|(text, colour)| (text.to_owned(), colour))
    );
}

#[test]
fn changes_stand_in_a_column_with_arrow_and_word() {
    let row = |name: &str, change| DistributionRow {
        name: name.into(),
        statement: "We say".into(),
        responses: vec![1, 1],
        average: Some(1.5),
        change,
    };
    let root = parse(&page(vec![Block::Distribution(Distribution {
        subject: "Dimension".into(),
        scale: vec!["No".into(), "Yes".into()],
        rows: vec![
            row("A", Some(0.5)),
            row("B", Some(-0.8)),
            row("C", Some(0.0)),
            row("D", None),
        ],
        compared_with: "September".into(),
    })]));
    let rows = root.all("tr");
    assert_eq!(rows[0].all("th")[4].words(), "Since September");
    let changes: Vec<String> = rows[1..].iter().map(|it| it.all("td")[3].words()).collect();
    assert_eq!(changes, ["↑ +0.5 better", "↓ −0.8 worse", "→ same", ""]);
    let colours: Vec<_> = rows[1]
        .all("td")
        .iter()
        .map(|it| it.attribute("data-highlight-colour"))
        .collect();
    assert_eq!(
        colours,
        [Some(STEP_COLOURS[0]), Some(STEP_COLOURS[4]), None, None]
    );
}

#[test]
fn counts_can_be_read_on_their_colours() {
    let light = |hex: &str| {
        let part = |at: usize| {
            let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    };
    for colour in STEP_COLOURS {
        let contrast = (light(colour) + 0.05) / (light("#172b4d") + 0.05);
        assert!(contrast >= 4.5, "{colour}: {contrast:.2}");
    }
}

#[test]
fn dates_out_of_the_ordinary_are_written_as_text() {
    let due = NaiveDate::from_ymd_opt(12026, 1, 2);
    let body = page(vec![Block::Properties {
        rows: vec![Property {
            name: "Meeting date".into(),
            value: PropertyValue::Date(due.unwrap()),
        }],
    }]);
    assert!(parse(&body).all("time").is_empty());
    assert!(body.contains("2 Jan +12026"), "{body}");
}

#[test]
fn lists_without_items_are_not_written() {
    let body = page(vec![
        Block::Bullets { items: Vec::new() },
        Block::Tasks { tasks: Vec::new() },
        Block::Properties { rows: Vec::new() },
    ]);
    assert_known_markup(&parse(&body), false);
    assert_eq!(parse(&body).children.len(), 1);
}

#[test]
fn a_table_of_texts_is_a_table() {
    let written = page(vec![Block::Table(Table {
        columns: vec![TableColumn {
            name: "Path".into(),
            code: true,
        }],
        rows: vec![vec!["<b>".into()]],
    })]);
    assert!(written.starts_with(
        "<table><tbody><tr><th><p>Path</p></th></tr><tr><td><p>&lt;b&gt;</p></td></tr></tbody></table>"
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// In every place a user's text can stand, it is text, and all of it is there.
    #[test]
    fn any_text_gets_onto_the_page(text in any_text()) {
        let line = || CommentLine { author: text.clone(), text: text.clone() };
        let blocks = vec![
            Block::Heading { level: 2, text: text.clone() },
            Block::Paragraph { text: text.clone() },
            Block::Bullets { items: vec![text.clone()] },
            Block::Ideas { ideas: vec![IdeaLine { text: text.clone(), votes: 0, comments: vec![line()] }] },
            Block::Tasks { tasks: vec![Task {
                text: text.clone(), owners: vec![text.clone()], due: None, overdue: false,
                priority: None, done: false, note: text.clone(),
            }] },
            Block::Kudos { items: vec![KudoLine { to: String::new(), from: String::new(), text: text.clone() }] },
            Block::Properties { rows: vec![Property { name: text.clone(), value: PropertyValue::List(vec![text.clone()]) }] },
            Block::PdfLink { file_name: text.clone() },
            Block::Distribution(Distribution {
                subject: text.clone(), scale: vec![text.clone()],
                rows: vec![DistributionRow { name: text.clone(), statement: String::new(), responses: vec![1], average: None, change: None }],
                compared_with: String::new(),
            }),
        ];
        let body = page(blocks);
        let root = parse(&body);
        assert_known_markup(&root, false);
        let expected = shown(&text);
        prop_assert_eq!(root.all("h2")[0].words(), expected.clone());
        prop_assert_eq!(root.all("p")[0].words(), expected.clone());
        prop_assert_eq!(root.all("ul")[0].words(), expected.clone());
        let idea = root.all("ul")[1];
        prop_assert_eq!(idea.all("p")[0].words(), expected.clone());
        let author = if text.trim().is_empty() { String::new() } else { format!("{expected}: ") };
        prop_assert_eq!(idea.all("p")[1].words(), format!("{author}{expected}"));
        let task = root.all("ac:task-body")[0].words();
        let note = if text.is_empty() { String::new() } else { format!(" {expected}") };
        prop_assert_eq!(task, format!("{expected} {expected}{note}"));
        let details = root.all("ac:rich-text-body")[0];
        prop_assert_eq!(details.all("th")[0].words(), expected.clone());
        prop_assert_eq!(details.all("td")[0].words(), expected.clone());
        let cells = root.all("table")[1].all("th");
        for cell in [cells[0], cells[1], cells[3]] {
            prop_assert_eq!(cell.words(), expected.clone());
        }
        let link = root.all("ac:link")[0];
        // A link's text and an attribute have one line each; the text keeps its characters.
        prop_assert_eq!(shown(&link.words()), expected.clone());
        let name = link.all("ri:attachment")[0].attribute("ri:filename").unwrap().to_owned();
        prop_assert_eq!(name, shown(&text.replace(['\r', '\n', '\t'], " ")));
    }
}
