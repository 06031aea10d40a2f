//! The PDF as a reader sees it: each file is taken apart again with lopdf.

#![allow(clippy::unwrap_used)]

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use chrono::{DateTime, NaiveDate, Utc};
use lopdf::{Dictionary, Object, content::Content};
use retropress_summary::{
    Kind, Priority,
    document::{
        Block, CommentLine, Distribution, DistributionRow, Document, IdeaLine, KudoLine, Property,
        PropertyValue, Table, TableColumn, Task,
    },
    pdf::{FontSource, Fonts, Options, Paper, Pdf, SystemFace, write},
};

const NOTO: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/NotoSans-Regular.ttf"));

fn options(paper: Paper) -> Options<'static> {
    Options {
        paper,
        author: "Ines Okafor",
        subject: "Retrospective of Payments",
        keywords: &[],
        created: DateTime::<Utc>::from_timestamp(1_795_046_400, 0).unwrap(),
        reference: "PAY-7",
    }
}

fn document(blocks: Vec<Block>) -> Document {
    Document {
        kind: Some(Kind::Retrospective),
        title: "Sprint 42 - Retrospective".into(),
        blocks,
    }
}

fn paragraph(text: &str) -> Block {
    Block::Paragraph { text: text.into() }
}

fn heading(text: &str) -> Block {
    Block::Heading {
        level: 2,
        text: text.into(),
    }
}

fn task(text: &str) -> Task {
    Task {
        text: text.into(),
        owners: vec!["Ines Okafor".into(), "Tomás Herrera".into()],
        due: NaiveDate::from_ymd_opt(2026, 11, 23),
        overdue: false,
        priority: Some(Priority::High),
        done: false,
        note: String::new(),
    }
}

fn idea(text: &str, votes: u32) -> IdeaLine {
    IdeaLine {
        text: text.into(),
        votes,
        comments: Vec::new(),
    }
}

fn render(blocks: Vec<Block>) -> (Pdf, Read) {
    render_with(&Fonts::bundled().unwrap(), blocks)
}

fn render_with(fonts: &Fonts, blocks: Vec<Block>) -> (Pdf, Read) {
    let pdf = write(&document(blocks), fonts, &options(Paper::A4)).unwrap();
    let read = Read::new(&pdf.bytes);
    assert_eq!(read.pages.len(), pdf.pages as usize);
    (pdf, read)
}

// ---------------------------------------------------------------- a small reader of our own

struct Read {
    file: lopdf::Document,
    pages: Vec<Vec<Shown>>,
}

/// Text shown by one operator.
#[derive(Debug)]
struct Shown {
    text: String,
    x: f32,
    end: f32,
    y: f32,
}

struct Font {
    unicode: HashMap<u16, String>,
    widths: HashMap<u16, f32>,
}

impl Read {
    fn new(bytes: &[u8]) -> Self {
        let file = lopdf::Document::load_mem(bytes).unwrap();
        let pages = file
            .get_pages()
            .into_values()
            .map(|page| shown(&file, page))
            .collect();
        Self { file, pages }
    }

    /// The lines of a page from top to bottom, without the foot.
    fn lines(&self, page: usize) -> Vec<String> {
        let mut lines: BTreeMap<i64, Vec<&Shown>> = BTreeMap::new();
        for it in &self.pages[page] {
            if it.y > 50.0 {
                lines.entry((-it.y * 10.0) as i64).or_default().push(it);
            }
        }
        lines
            .into_values()
            .map(|mut it| {
                it.sort_by(|a, b| a.x.total_cmp(&b.x));
                it.iter()
                    .map(|it| it.text.as_str())
                    .collect::<Vec<_>>()
                    .join("|")
            })
            .collect()
    }

    fn text(&self) -> String {
        self.pages
            .iter()
            .flatten()
            .map(|it| it.text.as_str())
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn info(&self, key: &str) -> String {
        let id = self
            .file
            .trailer
            .get(b"Info")
            .unwrap()
            .as_reference()
            .unwrap();
        let bytes = self
            .file
            .get_dictionary(id)
            .unwrap()
            .get(key.as_bytes())
            .unwrap()
            .as_str()
            .unwrap();
        match bytes.strip_prefix(&[0xfe, 0xff]) {
            Some(utf16) => from_utf16(utf16),
            None => String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    fn media_boxes(&self) -> Vec<(f32, f32)> {
        let side = |it: &Object| it.as_float().unwrap();
        self.file
            .get_pages()
            .into_values()
            .map(|page| {
                let media = self
                    .file
                    .get_dictionary(page)
                    .unwrap()
                    .get(b"MediaBox")
                    .unwrap()
                    .as_array()
                    .unwrap();
                (
                    side(&media[2]) - side(&media[0]),
                    side(&media[3]) - side(&media[1]),
                )
            })
            .collect()
    }

    fn addresses(&self) -> Vec<String> {
        let mut all = Vec::new();
        for page in self.file.get_pages().into_values() {
            for link in self
                .file
                .get_dictionary(page)
                .unwrap()
                .get(b"Annots")
                .unwrap()
                .as_array()
                .unwrap()
            {
                let action = link
                    .as_dict()
                    .unwrap()
                    .get(b"A")
                    .unwrap()
                    .as_dict()
                    .unwrap();
                all.push(
                    String::from_utf8(action.get(b"URI").unwrap().as_str().unwrap().to_vec())
                        .unwrap(),
                );
            }
        }
        all
    }
}

fn from_utf16(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes
        .chunks(2)
        .map(|it| u16::from_be_bytes([it[0], it[1]]))
        .collect();
    String::from_utf16(&units).unwrap()
}

fn fonts_of(file: &lopdf::Document, page: lopdf::ObjectId) -> HashMap<Vec<u8>, Font> {
    let follow = |it: &Object| -> Object {
        match it {
            Object::Reference(id) => file.get_object(*id).unwrap().clone(),
            other => other.clone(),
        }
    };
    let dictionary = |it: &Object| -> Dictionary { follow(it).as_dict().unwrap().clone() };
    let resources = dictionary(
        file.get_dictionary(page)
            .unwrap()
            .get(b"Resources")
            .unwrap(),
    );
    dictionary(resources.get(b"Font").unwrap())
        .iter()
        .map(|(name, font)| {
            let font = dictionary(font);
            let map = file
                .get_object(font.get(b"ToUnicode").unwrap().as_reference().unwrap())
                .unwrap();
            let stream = map.as_stream().unwrap();
            let map = stream
                .decompressed_content()
                .unwrap_or_else(|_| stream.content.clone());
            let map = String::from_utf8(map).unwrap();
            let hex = |it: &str| -> Vec<u8> {
                let digits = it.trim_matches(['<', '>']);
                (0..digits.len() / 2)
                    .map(|at| u8::from_str_radix(&digits[at * 2..at * 2 + 2], 16).unwrap())
                    .collect()
            };
            let mut unicode = HashMap::new();
            let mut inside = false;
            for line in map.lines() {
                match line {
                    _ if line.ends_with("beginbfchar") => inside = true,
                    "endbfchar" => inside = false,
                    _ if inside => {
                        let (code, text) = line.split_once(' ').unwrap();
                        let code = hex(code);
                        unicode.insert(
                            u16::from_be_bytes([code[0], code[1]]),
                            from_utf16(&hex(text)),
                        );
                    }
                    _ => {}
                }
            }
            let inner = dictionary(&font.get(b"DescendantFonts").unwrap().as_array().unwrap()[0]);
            let mut widths = HashMap::new();
            let list = inner.get(b"W").unwrap().as_array().unwrap().clone();
            for pair in list.chunks(2) {
                let first = pair[0].as_i64().unwrap() as u16;
                for (at, width) in pair[1].as_array().unwrap().iter().enumerate() {
                    widths.insert(first + at as u16, width.as_i64().unwrap() as f32);
                }
            }
            (name.clone(), Font { unicode, widths })
        })
        .collect()
}

fn shown(file: &lopdf::Document, page: lopdf::ObjectId) -> Vec<Shown> {
    let fonts = fonts_of(file, page);
    let content = Content::decode(&file.get_page_content(page)).unwrap();
    let mut all = Vec::new();
    let mut font = None;
    let (mut size, mut x, mut y) = (0.0, 0.0, 0.0);
    // Text given for the glyphs that follow, and where the first of them stands.
    let mut actual: Option<(String, Option<f32>)> = None;
    for operation in content.operations {
        let operands = &operation.operands;
        match operation.operator.as_str() {
            "Tf" => {
                font = fonts.get(operands[0].as_name().unwrap());
                size = operands[1].as_float().unwrap();
            }
            "Tm" => {
                (x, y) = (
                    operands[4].as_float().unwrap(),
                    operands[5].as_float().unwrap(),
                )
            }
            "BDC" => {
                let text = operands[1]
                    .as_dict()
                    .unwrap()
                    .get(b"ActualText")
                    .unwrap()
                    .as_str()
                    .unwrap();
                actual = Some((from_utf16(&text[2..]), None));
            }
            "EMC" => {
                let (text, start) = actual.take().unwrap();
                all.push(Shown {
                    text,
                    x: start.unwrap(),
                    end: x,
                    y,
                });
            }
            "TJ" => {
                let font = font.unwrap();
                let mut start = x;
                let mut text = String::new();
                if let Some((_, first @ None)) = &mut actual {
                    *first = Some(x);
                }
                for part in operands[0].as_array().unwrap() {
                    match part {
                        Object::String(codes, _) => {
                            for code in codes.chunks(2) {
                                let code = u16::from_be_bytes([code[0], code[1]]);
                                text.push_str(&font.unicode[&code]);
                                x += font.widths[&code] * size / 1000.0;
                            }
                        }
                        number => {
                            let moved = number.as_float().unwrap();
                            // Kerning is smaller; this is the next column.
                            if moved.abs() > 350.0 && actual.is_none() {
                                let text = std::mem::take(&mut text);
                                all.push(Shown {
                                    text,
                                    x: start,
                                    end: x,
                                    y,
                                });
                                start = x - moved * size / 1000.0;
                            }
                            x -= moved * size / 1000.0;
                        }
                    }
                }
                if actual.is_none() {
                    all.push(Shown {
                        text,
                        x: start,
                        end: x,
                        y,
                    });
                }
            }
            _ => {}
        }
    }
    all
}

// ---------------------------------------------------------------- paper, pages, tables

#[test]
fn a4_and_letter_have_their_sizes() {
    let fonts = Fonts::bundled().unwrap();
    for (paper, width, height) in [(Paper::A4, 595.28, 841.89), (Paper::Letter, 612.0, 792.0)] {
        let blocks = (0..200)
            .map(|it| paragraph(&format!("Paragraph {it}")))
            .collect();
        let pdf = write(&document(blocks), &fonts, &options(paper)).unwrap();
        let read = Read::new(&pdf.bytes);
        assert!(read.pages.len() > 3);
        for (w, h) in read.media_boxes() {
            assert!(
                (w - width).abs() < 0.02 && (h - height).abs() < 0.02,
                "{w} x {h}"
            );
        }
        for it in read.pages.iter().flatten() {
            assert!(
                it.x >= 50.0 && it.end <= width - 50.0 && it.y > 30.0 && it.y < height - 50.0,
                "{it:?}"
            );
        }
    }
}

#[test]
fn each_page_has_its_number_title_and_reference_at_the_foot() {
    let (pdf, read) = render(
        (0..200)
            .map(|it| paragraph(&format!("Paragraph {it}")))
            .collect(),
    );
    for (number, page) in read.pages.iter().enumerate() {
        let foot: Vec<&str> = page
            .iter()
            .filter(|it| it.y < 50.0)
            .map(|it| it.text.as_str())
            .collect();
        let number = format!("{} / {}", number + 1, pdf.pages);
        assert_eq!(
            foot,
            ["Sprint 42 - Retrospective", "PAY-7", number.as_str()]
        );
    }
}

#[test]
fn a_long_table_repeats_its_head_on_each_page() {
    let tasks = (0..120)
        .map(|it| task(&format!("Action number {it}")))
        .collect();
    let (pdf, read) = render(vec![heading("Actions"), Block::Tasks { tasks }]);
    assert!(pdf.pages > 3);
    for page in 0..read.pages.len() {
        let heads = read
            .lines(page)
            .iter()
            .filter(|it| *it == "Action|Owner|Due|Priority")
            .count();
        assert_eq!(heads, 1, "page {}", page + 1);
    }
    let lines: Vec<String> = (0..read.pages.len())
        .flat_map(|it| read.lines(it))
        .collect();
    for number in 0..120 {
        let line = format!("Action number {number}|Ines Okafor|23 Nov 2026|High");
        assert_eq!(lines.iter().filter(|it| **it == line).count(), 1, "{line}");
    }
}

#[test]
fn a_table_of_texts_breaks_over_pages_under_a_repeated_head() {
    let column = |name: &str| TableColumn {
        name: name.into(),
        code: false,
    };
    let path = "/rest/api/content/{page}/child/attachment/{attachment}/data";
    let rows = (0..120)
        .map(|it| {
            vec![
                format!("POST {it}"),
                path.into(),
                "Replaces the PDF. ".repeat(6),
            ]
        })
        .collect();
    let (pdf, read) = render(vec![
        heading("Every call"),
        Block::Table(Table {
            columns: vec![column("Method"), column("Path"), column("Why")],
            rows,
        }),
    ]);
    assert!(pdf.pages > 3);
    for page in 0..read.pages.len() {
        let lines = read.lines(page);
        let heads = lines.iter().filter(|it| *it == "Method|Path|Why").count();
        assert_eq!(heads, 1, "page {}", page + 1);
    }
    // A path is broken where it must be, and loses nothing.
    let text: String = read.text().split_whitespace().collect();
    assert_eq!(text.matches("Replaces").count(), 720);
    for it in read.pages.iter().flatten() {
        assert!(it.end < 595.28 - 50.0, "{it:?}");
    }
    for number in 0..120 {
        let first = format!("POST {number}|");
        let found = (0..read.pages.len())
            .flat_map(|it| read.lines(it))
            .filter(|it| it.starts_with(&first))
            .count();
        assert_eq!(found, 1, "{first}");
    }
}

#[test]
fn what_is_about_retropress_itself_says_so() {
    let about = Document {
        kind: None,
        ..document(vec![paragraph("x")])
    };
    let pdf = write(&about, &Fonts::bundled().unwrap(), &options(Paper::A4)).unwrap();
    let text = Read::new(&pdf.bytes).text();
    assert!(text.contains("Retropress") && !text.contains("Health check"));
}

#[test]
fn a_table_that_ends_with_its_page_leaves_no_head_behind() {
    for filler in 30..60 {
        let mut blocks: Vec<Block> = (0..filler)
            .map(|it| paragraph(&format!("Paragraph {it}")))
            .collect();
        blocks.push(Block::Tasks {
            tasks: vec![task("Only one")],
        });
        let (_, read) = render(blocks);
        for page in 0..read.pages.len() {
            assert_ne!(
                read.lines(page).last().unwrap(),
                "Action|Owner|Due|Priority",
                "{filler}"
            );
        }
    }
}

#[test]
fn a_row_taller_than_a_page_goes_on_under_a_repeated_head() {
    let tall = "taller than a page ".repeat(700);
    let tasks = vec![task("first"), task(&tall), task("last")];
    let (pdf, read) = render(vec![Block::Tasks { tasks }]);
    assert!(pdf.pages > 3);
    assert_eq!(
        read.text().replace('\n', " ").matches("taller").count(),
        700
    );
    assert!(
        (0..read.pages.len()).all(|it| read.lines(it).iter().any(|it| it.starts_with("Action|")))
    );
}

#[test]
fn a_heading_is_never_the_last_line_of_a_page_and_no_page_is_empty() {
    for filler in 30..70 {
        let mut blocks: Vec<Block> = (0..filler)
            .map(|it| paragraph(&format!("Paragraph {it}")))
            .collect();
        blocks.push(heading("Heading"));
        blocks.push(Block::Heading {
            level: 3,
            text: "Heading below".into(),
        });
        blocks.push(Block::Ideas {
            ideas: vec![idea(&"An idea of several lines. ".repeat(12), 1)],
        });
        let (_, read) = render(blocks);
        for page in 0..read.pages.len() {
            let lines = read.lines(page);
            assert!(
                !lines.last().unwrap().starts_with("Heading"),
                "{filler}: {lines:?}"
            );
        }
    }
}

#[test]
fn ten_thousand_ideas_are_all_there() {
    let ideas = (0..10_000)
        .map(|it| idea(&format!("Idea <{it}>"), it % 9))
        .collect();
    let (pdf, read) = render(vec![heading("Ideas"), Block::Ideas { ideas }]);
    let text = read.text();
    assert_eq!(text.matches("Idea <").count(), 10_000);
    assert!(text.contains("Idea <9999>"));
    assert!((150..400).contains(&pdf.pages), "{} pages", pdf.pages);
    assert!(pdf.bytes.len() < 3_000_000, "{} bytes", pdf.bytes.len());
    assert!((0..read.pages.len()).all(|it| !read.lines(it).is_empty()));
}

#[test]
fn a_word_of_a_hundred_thousand_characters_stays_on_the_paper() {
    let (_, read) = render(vec![
        paragraph(&"x".repeat(100_000)),
        Block::Tasks {
            tasks: vec![task(&"y".repeat(9_000))],
        },
    ]);
    assert_eq!(read.text().matches('x').count(), 100_000);
    assert!(read.text().matches('y').count() >= 9_000);
    for it in read.pages.iter().flatten() {
        assert!(it.end < 595.28 - 50.0, "{it:?}");
    }
}

#[test]
fn an_empty_document_is_one_page() {
    let empty = Document {
        kind: Some(Kind::HealthCheck),
        title: String::new(),
        blocks: Vec::new(),
    };
    let pdf = write(&empty, &Fonts::bundled().unwrap(), &options(Paper::Letter)).unwrap();
    assert_eq!(pdf.pages, 1);
    assert!(Read::new(&pdf.bytes).text().contains("Health check"));
}

// ---------------------------------------------------------------- what the blocks say

#[test]
fn every_block_says_what_the_document_says() {
    let comments = vec![CommentLine {
        author: "Ana".into(),
        text: "indeed".into(),
    }];
    let (_, read) = render(vec![
        Block::Properties {
            rows: vec![
                Property {
                    name: "Team".into(),
                    value: PropertyValue::Text("Payments".into()),
                },
                Property {
                    name: "Meeting date".into(),
                    value: PropertyValue::Date(NaiveDate::from_ymd_opt(2026, 11, 19).unwrap()),
                },
                Property {
                    name: "Participants".into(),
                    value: PropertyValue::List(vec!["A".into(), "B".into()]),
                },
            ],
        },
        Block::PdfLink {
            file_name: "left out.pdf".into(),
        },
        Block::Ideas {
            ideas: vec![IdeaLine {
                comments: comments.clone(),
                ..idea("An idea", 5)
            }],
        },
        Block::Bullets {
            items: vec!["An agreement".into()],
        },
        Block::Kudos {
            items: vec![KudoLine {
                to: "Mei".into(),
                from: "Sam".into(),
                text: "thanks".into(),
            }],
        },
        Block::Tasks {
            tasks: vec![Task {
                done: true,
                overdue: true,
                note: "Ease of release".into(),
                ..task("An action")
            }],
        },
        Block::Comments { comments },
    ]);
    let lines = read.lines(0);
    for line in [
        "Payments|Retrospective",
        "Sprint 42 - Retrospective",
        "Team|Payments",
        "Meeting date|19 Nov 2026",
        "Participants|A, B",
        "\u{2022}|An idea|5 votes",
        "Ana: |indeed",
        "\u{2022}|An agreement",
        "\u{2022}|To Mei, from Sam:| thanks",
        "An action|Ines Okafor|23 Nov 2026|High",
        "Ease of release|Tomás Herrera|Overdue",
        "Done",
        "\u{2022}|Ana: |indeed",
    ] {
        assert!(
            lines.iter().any(|it| it == line),
            "{line:?} is not in {lines:#?}"
        );
    }
    assert!(!read.text().contains("left out"));
}

#[test]
fn a_distribution_is_a_bar_with_its_numbers_and_words_beside_it() {
    let row = |name: &str, responses: &[u32], average, change| DistributionRow {
        name: name.into(),
        statement: String::new(),
        responses: responses.to_vec(),
        average,
        change,
    };
    let (_, read) = render(vec![Block::Distribution(Distribution {
        subject: "Dimension".into(),
        scale: ["Never", "Seldom", "Sometimes", "Often", "Always"]
            .map(String::from)
            .to_vec(),
        rows: vec![
            row("Clear goals", &[1, 0, 2, 3, 1], Some(3.43), Some(0.5)),
            row("Code quality", &[4, 0, 0, 0, 1], Some(1.8), Some(-0.8)),
            row("Learning", &[0, 0, 0, 0, 0], None, None),
            row("Pace", &[0, 0, 0, u32::MAX, 1], Some(4.0), Some(0.0)),
        ],
        compared_with: "Q3".into(),
    })]);
    let lines = read.lines(0);
    assert!(
        lines.contains(&"1 Never|2 Seldom|3 Sometimes|4 Often|5 Always".to_owned()),
        "{lines:#?}"
    );
    assert!(lines.contains(&"Dimension|Answers 1 to 5|Average|Since Q3".to_owned()));
    assert!(lines.contains(&"Clear goals|3.4|+0.5 better".to_owned()));
    assert!(lines.contains(&"Code quality|1.8|\u{2212}0.8 worse".to_owned()));
    assert!(lines.contains(&"Learning|No answers".to_owned()));
    assert!(lines.contains(&"Pace|4.0|same".to_owned()));
    for numbers in ["1|2|3|1", "4|1", "4294967295|1"] {
        assert!(
            lines.iter().any(|it| it == numbers),
            "{numbers} is not in {lines:#?}"
        );
    }
    let page = read.file.get_pages().into_values().next().unwrap();
    let content = String::from_utf8(read.file.get_page_content(page)).unwrap();
    for colour in [
        "0.69 0.314 0.165 rg",
        "0.925 0.757 0.651 rg",
        "0.827 0.855 0.871 rg",
        "0.624 0.796 0.851 rg",
        "0.078 0.38 0.482 rg",
    ] {
        assert!(content.contains(colour), "{colour}");
    }
}

#[test]
fn web_addresses_can_be_clicked_and_nothing_else() {
    let (_, read) = render(vec![paragraph(
        "https://example.org/a(b), javascript:alert(1) file:///etc/passwd mailto:a@b.c http://[::1]/x",
    )]);
    assert_eq!(
        read.addresses(),
        ["https://example.org/a(b)", "http://[::1]/x"]
    );
}

// ---------------------------------------------------------------- text and fonts

#[test]
fn text_is_read_back_letter_by_letter() {
    let texts = [
        "office affluent fjord waffle final AVATAR Ty",
        "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία",
        "Съешь же ещё этих мягких французских булок",
        "Łódź, Åsa, naïve, e\u{301}te\u{301}, \u{2126} and \u{3a9}",
        "क्षत्रिय ऋषियों को",
    ];
    let (pdf, read) = render(texts.iter().map(|it| paragraph(it)).collect());
    let text = read.lines(0).join("\n").replace('|', "");
    for it in texts {
        assert!(text.contains(it), "{it:?} is not in {text:?}");
    }
    assert_eq!(pdf.missing, []);
}

#[test]
fn right_to_left_is_put_in_visual_order() {
    let face = with_character_map(
        &[('\u{5d0}', 'a'), ('\u{5d1}', 'b'), ('\u{5d2}', 'c')],
        "Other",
    );
    let fonts = Fonts::bundled()
        .unwrap()
        .with_system(Arc::new(OneFace(face)));
    let (_, read) = render_with(
        &fonts,
        vec![
            paragraph("one \u{5d0}\u{5d1}\u{5d2} \u{5d1}\u{5d0} two"),
            paragraph("\u{5d0} x"),
        ],
    );
    let lines = read.lines(0);
    assert!(
        lines
            .iter()
            .any(|it| it == "one |\u{5d0}\u{5d1}| |\u{5d2}\u{5d1}\u{5d0}| two"),
        "{lines:?}"
    );
    let last = read.pages[0]
        .iter()
        .filter(|it| it.text.contains('\u{5d0}'))
        .map(|it| it.end)
        .fold(0.0, f32::max);
    assert!(
        last > 595.28 - 60.0,
        "a paragraph from right to left starts at the right edge, not at {last}"
    );
}

#[test]
fn faces_of_the_computer_are_used_for_what_the_bundled_ones_lack() {
    let face = with_character_map(&[('漢', 'A'), ('字', 'B'), ('。', 'C')], "Other-Regular");
    let fonts = Fonts::bundled()
        .unwrap()
        .with_system(Arc::new(OneFace(face)));
    let (pdf, read) = render_with(
        &fonts,
        vec![heading("漢字 strong"), paragraph("Latin 漢字。 and 語")],
    );
    assert!(
        read.lines(0)
            .join("")
            .replace('|', "")
            .contains("Latin 漢字。 and 語")
    );
    assert_eq!(pdf.missing, ['語']);
    let names: Vec<String> = font_names(&read.file);
    assert_eq!(names.len(), 3);
    assert!(
        names.iter().any(|it| it.ends_with("+Other-Regular")),
        "{names:?}"
    );
}

#[test]
fn what_no_face_has_is_reported_once_and_still_read() {
    let (pdf, read) = render(vec![
        paragraph("日本 and 日 \u{1f389}, \u{1}control\u{7f} \u{ffff}"),
        paragraph("本\u{200d}\u{200f}\u{feff}"),
    ]);
    assert_eq!(pdf.missing, ['日', '本', '\u{ffff}', '\u{1f389}']);
    let text = read.lines(0).join("\n").replace('|', "");
    assert!(text.contains("日本 and 日 \u{1f389}, control"), "{text:?}");
}

#[test]
fn hostile_text_breaks_nothing() {
    let zalgo = format!("Z{}", "\u{351}\u{36b}\u{343}".repeat(2_000));
    let texts = [
        "\u{202e}\u{202e}\u{2066}\u{2067}open \u{202c}\u{202c}\u{2069}\u{2069} closed".to_owned(),
        "\u{202d}".repeat(400) + "deep",
        "👩\u{200d}👩\u{200d}👧\u{200d}".repeat(300),
        "\u{200d}\u{200c}\u{200b}\u{feff}\u{fe0f}".repeat(100),
        "\u{301}\u{301}alone".to_owned(),
        "\u{0}\u{7}\u{1b}[31m\u{ffff}\u{fffe}\u{10ffff}\u{e000}".to_owned(),
        "(\\)\r<<>>\tET Q endstream endobj %%EOF".to_owned(),
        zalgo,
        "\n\n\n".to_owned(),
        String::new(),
        " \u{a0}\u{3000} ".to_owned(),
    ];
    let mut blocks: Vec<Block> = texts.iter().map(|it| paragraph(it)).collect();
    for it in &texts {
        blocks.push(heading(it));
        blocks.push(Block::Tasks {
            tasks: vec![Task {
                owners: vec![it.clone()],
                note: it.clone(),
                ..task(it)
            }],
        });
        blocks.push(Block::Ideas {
            ideas: vec![idea(it, u32::MAX)],
        });
        blocks.push(Block::Kudos {
            items: vec![KudoLine {
                to: it.clone(),
                from: String::new(),
                text: it.clone(),
            }],
        });
    }
    let fonts = Fonts::bundled().unwrap();
    let hostile = Document {
        title: texts.concat(),
        ..document(blocks)
    };
    let pdf = write(
        &hostile,
        &fonts,
        &Options {
            author: &texts[5],
            reference: &texts[0],
            ..options(Paper::A4)
        },
    )
    .unwrap();
    let text = Read::new(&pdf.bytes).text().replace('\n', "");
    assert!(text.contains("deep") && text.contains("alone") && text.contains("%%EOF"));
    assert!(!pdf.missing.iter().any(|it| it.is_control()));
}

#[test]
fn fonts_are_embedded_as_small_subsets() {
    let (pdf, read) = render(vec![paragraph("Only a few letters")]);
    for name in font_names(&read.file) {
        let (tag, _) = name.split_once('+').unwrap();
        assert!(
            tag.len() == 6 && tag.bytes().all(|it| it.is_ascii_uppercase()),
            "{name}"
        );
    }
    let programs = read
        .file
        .objects
        .values()
        .filter(|it| it.as_dict().is_ok_and(|it| it.has(b"FontFile2")))
        .count();
    assert_eq!(programs, 2);
    assert!(pdf.bytes.len() < 40_000, "{} bytes", pdf.bytes.len());
}

// ---------------------------------------------------------------- the file

#[test]
fn the_properties_name_title_author_and_date() {
    let (_, read) = render(vec![heading("Actions"), paragraph("x")]);
    assert_eq!(read.info("Title"), "Sprint 42 - Retrospective");
    assert_eq!(read.info("Author"), "Ines Okafor");
    assert_eq!(read.info("Subject"), "Retrospective of Payments");
    assert_eq!(read.info("Creator"), "Retropress");
    assert_eq!(read.info("CreationDate"), "D:20261119000000+00'00'");
    assert_eq!(read.info("ModDate"), read.info("CreationDate"));
    let catalog = read.file.catalog().unwrap();
    assert_eq!(catalog.get(b"Lang").unwrap().as_str().unwrap(), b"en");
    let shown = catalog
        .get(b"ViewerPreferences")
        .unwrap()
        .as_dict()
        .unwrap()
        .get(b"DisplayDocTitle")
        .unwrap();
    assert!(shown.as_bool().unwrap());
    let outline = catalog.get(b"Outlines").unwrap().as_reference().unwrap();
    let first = read
        .file
        .get_dictionary(outline)
        .unwrap()
        .get(b"First")
        .unwrap()
        .as_reference()
        .unwrap();
    let title = read
        .file
        .get_dictionary(first)
        .unwrap()
        .get(b"Title")
        .unwrap()
        .as_str()
        .unwrap();
    assert_eq!(from_utf16(&title[2..]), "Actions");
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    let face = || with_character_map(&[('漢', 'A'), ('✓', 'B'), ('字', 'C')], "Other");
    let fonts = || {
        Fonts::bundled()
            .unwrap()
            .with_system(Arc::new(OneFace(face())))
    };
    let blocks = || {
        vec![
            heading("漢"),
            paragraph("字 漢"),
            Block::Ideas {
                ideas: (0..50).map(|it| idea("x", it)).collect(),
            },
        ]
    };
    let (first, _) = render_with(&fonts(), blocks());
    let used = fonts();
    render_with(&used, vec![paragraph("✓ other things first: ж λ")]);
    let (second, _) = render_with(&used, blocks());
    let (third, _) = render_with(&used, blocks());
    assert!(first.bytes == second.bytes && second.bytes == third.bytes);
    let later = Options {
        created: DateTime::<Utc>::UNIX_EPOCH,
        ..options(Paper::A4)
    };
    assert_ne!(
        write(&document(blocks()), &used, &later).unwrap().bytes,
        first.bytes
    );
}

// ---------------------------------------------------------------- fonts for the tests

struct OneFace(SystemFace);

impl FontSource for OneFace {
    fn find(&self, missing: char) -> Option<SystemFace> {
        self.0.can_draw(missing).then(|| self.0.clone())
    }
}

/// Noto Sans with another character map: each character is drawn as the letter beside it.
fn with_character_map(characters: &[(char, char)], name: &str) -> SystemFace {
    let letters = {
        // Glyph numbers of A to Z and a to z, from the font's own map (format 4, OpenType 1.9 "cmap").
        let at16 = |at: usize| usize::from(u16::from_be_bytes([NOTO[at], NOTO[at + 1]]));
        let at32 = |at: usize| at16(at) << 16 | at16(at + 2);
        let record = (0..at16(4))
            .map(|it| 12 + it * 16)
            .find(|it| &NOTO[*it..it + 4] == b"cmap")
            .unwrap();
        let cmap = at32(record + 8);
        let table = (0..at16(cmap + 2))
            .map(|it| cmap + at32(cmap + 8 + it * 8))
            .find(|it| at16(*it) == 4)
            .unwrap();
        let segments = at16(table + 6) / 2;
        let ends = table + 14;
        let starts = ends + segments * 2 + 2;
        let (deltas, offsets) = (starts + segments * 2, starts + segments * 4);
        move |letter: char| {
            let code = letter as usize;
            let segment = (0..segments)
                .find(|it| at16(ends + it * 2) >= code)
                .unwrap();
            let offset = at16(offsets + segment * 2);
            let glyph = match offset {
                0 => code,
                _ => at16(offsets + segment * 2 + offset + (code - at16(starts + segment * 2)) * 2),
            };
            ((glyph + at16(deltas + segment * 2)) & 0xffff) as u32
        }
    };
    let mut pairs: Vec<(u32, u32)> = characters
        .iter()
        .map(|it| (it.0 as u32, letters(it.1)))
        .collect();
    pairs.sort_unstable();
    let mut cmap: Vec<u8> = Vec::new();
    for number in [0_u16, 1, 3, 10] {
        cmap.extend(number.to_be_bytes());
    }
    cmap.extend(12_u32.to_be_bytes());
    cmap.extend([0, 12, 0, 0]);
    for number in [16 + 12 * pairs.len() as u32, 0, pairs.len() as u32] {
        cmap.extend(number.to_be_bytes());
    }
    for (character, glyph) in pairs {
        for number in [character, character, glyph] {
            cmap.extend(number.to_be_bytes());
        }
    }
    let mut data = NOTO.to_vec();
    data.resize(data.len().next_multiple_of(4), 0);
    let tables = usize::from(u16::from_be_bytes([data[4], data[5]]));
    let record = (0..tables)
        .map(|it| 12 + it * 16)
        .find(|it| &data[*it..it + 4] == b"cmap")
        .unwrap();
    let place = [data.len() as u32, cmap.len() as u32];
    data[record + 8..record + 12].copy_from_slice(&place[0].to_be_bytes());
    data[record + 12..record + 16].copy_from_slice(&place[1].to_be_bytes());
    data.extend(cmap);
    SystemFace {
        name: name.into(),
        data: Arc::new(data),
        index: 0,
    }
}

fn font_names(file: &lopdf::Document) -> Vec<String> {
    let fonts = file.objects.values().filter_map(|it| it.as_dict().ok());
    let fonts = fonts.filter(|it| {
        it.get(b"Subtype")
            .and_then(Object::as_name)
            .is_ok_and(|it| it == b"Type0")
    });
    fonts
        .map(|it| {
            String::from_utf8(it.get(b"BaseFont").unwrap().as_name().unwrap().to_vec()).unwrap()
        })
        .collect()
}
