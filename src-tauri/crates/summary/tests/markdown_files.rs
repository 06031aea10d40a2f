//! The Markdown file: it reads as written, and text of the user stays text.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};
use retropress_summary::{
    Kind, Summary,
    document::{Block, CommentLine, Context, Document, IdeaLine, Table, TableColumn, build},
    markdown::write,
    sample,
};

fn file(blocks: Vec<Block>) -> String {
    write(&Document {
        kind: Some(Kind::Retrospective),
        title: "T".into(),
        blocks,
    })
}

#[test]
fn a_retrospective_reads_well() {
    let summary = Summary::Retrospective(sample::retrospective("2026-11-19".parse().unwrap()));
    let context = Context {
        team: "Payments",
        title: "Sprint 22 - Retrospective",
        previous: None,
        today: "2026-11-24".parse().unwrap(),
        pdf_name: "",
    };
    let text = write(&build(&summary, &context));
    for expected in [
        "# Sprint 22 - Retrospective\n\n- Team: Payments\n- Meeting date: 19 Nov 2026\n",
        "- [ ] Add a daily review slot to the calendar (due 23 Nov 2026, overdue, high priority) (Ines)\n",
        "- [x] Rotate the test card keys (due 20 Nov 2026, low priority) (Jonas)\n",
        "### Incident handling, 8 votes\n\n- The runbook had us back in eleven minutes (5 votes)\n",
        "- Reviews wait for two days on average (4 votes)\n  - Draft pull requests",
        "- To Mei, from Katrin: for staying calm",
        "| Return on time invested | 1 | 2 | 3 | 4 | 5 | Average |\n| --- | --- |",
        "| Answers | 0 | 0 | 1 | 2 | 2 | 4.2 |\n",
    ] {
        assert!(text.contains(expected), "{expected}\nis not in\n{text}");
    }
}

#[test]
fn lines_of_an_idea_stay_in_its_item() {
    let idea = IdeaLine {
        text: "one\n\n    two\n# three\n1. four".into(),
        votes: 0,
        comments: vec![CommentLine {
            author: "Mei".into(),
            text: "a\nb".into(),
        }],
    };
    assert_eq!(
        file(vec![Block::Ideas { ideas: vec![idea] }]),
        "# T\n\n- one\\\n  \\\n  two\\\n  \\# three\\\n  1\\. four\n  - Mei: a\\\n    b\n"
    );
}

#[test]
fn a_table_keeps_addresses_to_the_letter_and_its_cells_apart() {
    let column = |name: &str, code| TableColumn {
        name: name.into(),
        code,
    };
    let written = file(vec![Block::Table(Table {
        columns: vec![column("Path", true), column("Why", false)],
        rows: vec![
            vec!["/a_b/{c}*".into(), "a | b_c".into()],
            vec!["a|`b".into(), "one\ntwo".into()],
            vec![String::new(), String::new()],
        ],
    })]);
    assert_eq!(
        written,
        "# T\n\n\
         | Path | Why |\n\
         | --- | --- |\n\
         | `/a_b/{c}*` | a \\| b\\_c |\n\
         | a\\|\\`b | one two |\n\
         |  |  |\n"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn text_never_becomes_markup(
        text in "([-+*_#>|=~`\\[\\]()!<&:.\\\\^$\"'{}] ?|[a-z]|[0-9]{1,3}[.)]|&amp;|</p>|\\PC| |\t|\n|\r\n){0,24}"
    ) {
        let written = file(vec![
            Block::Paragraph { text: text.clone() },
            Block::Bullets { items: vec![text.clone()] },
            Block::Heading { level: 2, text: text.clone() },
        ]);
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS
            | Options::ENABLE_FOOTNOTES | Options::ENABLE_MATH;
        let squeezed = |text: &str| text.split_whitespace().collect::<String>();
        let mut read = String::new();
        for event in Parser::new_ext(&written, options) {
            match event {
                Event::Text(it) => read.push_str(&it),
                Event::SoftBreak | Event::HardBreak => read.push('\n'),
                Event::Start(Tag::Paragraph | Tag::Heading { .. } | Tag::List(None) | Tag::Item) | Event::End(_) => {}
                other => prop_assert!(false, "{:?} came of {:?} in {:?}", other, text, written),
            }
        }
        prop_assert_eq!(squeezed(&read), squeezed(&["T", &text, &text, &text].concat()));
    }
}
