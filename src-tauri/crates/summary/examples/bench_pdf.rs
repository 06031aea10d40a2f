//! How long the PDF of a retrospective with 120 ideas and 30 actions takes.
//!
//! `cargo run --release -p retropress-summary --example bench_pdf` prints three medians in
//! milliseconds: `warm` (fonts parsed, the subset of the same characters at hand), `edited` (fonts
//! parsed, each document has characters of its own, so that each subset is made anew) and `cold`
//! (fonts parsed anew each time). With `--json` it prints the document for a peer to render; with
//! `--write FILE` it writes the PDF.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::{env, fs, hint::black_box, time::Instant};

use chrono::{DateTime, NaiveDate, Utc};
use retropress_summary::{
    Action, Comment, Priority, Retrospective, Summary,
    document::{Block, Context, Document, build},
    pdf::{Fonts, Options, Paper, write},
    retrospective::{Agreement, Column, Entry, Group, Idea, Kudo, Roti},
};

const RUNS: usize = 41;

fn main() {
    let document = document();
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--json"] => println!("{}", json(&document)),
        ["--write", file] => fs::write(file, pdf(&document, &Fonts::bundled().unwrap())).unwrap(),
        _ => measure(&document),
    }
}

fn measure(document: &Document) {
    let fonts = Fonts::bundled().unwrap();
    black_box(pdf(document, &fonts));
    println!(
        "warm   {:.2} ms",
        median(|_| drop(black_box(pdf(document, &fonts))))
    );
    let edited: Vec<Document> = (0..RUNS)
        .map(|run| {
            let mut edited = document.clone();
            let own: String = "αβγδεζηθικλμνξοπρστυφχψωабвгдежзийклмноп"
                .chars()
                .skip(run)
                .take(3)
                .collect();
            edited.blocks.push(Block::Paragraph { text: own });
            edited
        })
        .collect();
    println!(
        "edited {:.2} ms",
        median(|run| drop(black_box(pdf(&edited[run], &fonts))))
    );
    println!(
        "cold   {:.2} ms",
        median(|_| drop(black_box(pdf(document, &Fonts::bundled().unwrap()))))
    );
}

fn pdf(document: &Document, fonts: &Fonts) -> Vec<u8> {
    let options = Options {
        paper: Paper::A4,
        author: "Ines Okafor",
        subject: "Retrospective",
        keywords: &[],
        created: DateTime::<Utc>::UNIX_EPOCH,
        reference: "Retropress",
    };
    write(document, fonts, &options).unwrap().bytes
}

fn median(run: impl Fn(usize)) -> f64 {
    let mut times: Vec<f64> = (0..RUNS)
        .map(|number| {
            let start = Instant::now();
            run(number);
            start.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[RUNS / 2]
}

/// Headings with the lines below them, and the table of actions: what a peer needs.
fn json(document: &Document) -> String {
    let quoted = |text: &str| format!("{text:?}");
    let mut parts = Vec::new();
    for block in &document.blocks {
        parts.push(match block {
            Block::Heading { level, text } => {
                format!("{{\"heading\":{level},\"text\":{}}}", quoted(text))
            }
            Block::Tasks { tasks } => {
                let rows: Vec<String> = tasks
                    .iter()
                    .map(|it| {
                        let due = it.due.map(|it| it.to_string()).unwrap_or_default();
                        let cells = [
                            it.text.clone(),
                            it.owners.join(", "),
                            due,
                            format!("{:?}", it.priority),
                        ];
                        format!("[{}]", cells.map(|it| quoted(&it)).join(","))
                    })
                    .collect();
                format!("{{\"rows\":[{}]}}", rows.join(","))
            }
            Block::Ideas { ideas } => {
                let rows: Vec<String> = ideas
                    .iter()
                    .map(|it| {
                        let mut text = it.text.clone();
                        for comment in &it.comments {
                            text.push_str(&format!(" - {}: {}", comment.author, comment.text));
                        }
                        format!("[{},{}]", quoted(&text), quoted(&it.votes.to_string()))
                    })
                    .collect();
                format!("{{\"rows\":[{}]}}", rows.join(","))
            }
            Block::Bullets { items } => {
                let rows: Vec<String> =
                    items.iter().map(|it| format!("[{}]", quoted(it))).collect();
                format!("{{\"rows\":[{}]}}", rows.join(","))
            }
            _ => continue,
        });
    }
    format!(
        "{{\"title\":{},\"blocks\":[{}]}}",
        quoted(&document.title),
        parts.join(",")
    )
}

fn document() -> Document {
    let phrases = [
        "Reviews of the ledger service wait two days on average",
        "Pairing on the on-call handover saved us an hour each Monday",
        "Draft pull requests are not visible on the board, so nobody picks them up before the stand-up",
        "Contract tests caught the currency rounding change before staging",
        "Two new people shipped in their first week",
        "Staging data was stale again and the refund tests had to be repeated by hand until Thursday evening",
        "The runbook for card network time-outs meant we were back in 11 minutes",
        "Résumé parsing broke on names like Åsa Żółć and Łukasz",
    ];
    let people = [
        "Ines Okafor",
        "Tomás Herrera",
        "Katrin Vogel",
        "Mei Tanaka",
        "Sam Osei",
    ];
    let pick = |number: usize| phrases[number * 5 % phrases.len()];
    let idea = |number: usize| Idea {
        id: number.to_string(),
        text: format!("{} ({number})", pick(number)),
        votes: (number * 7 % 13) as u32,
        comments: (0..usize::from(number.is_multiple_of(6)) * 2)
            .map(|it| Comment {
                id: it.to_string(),
                author: people[(number + it) % people.len()].into(),
                text: pick(number + it + 3).into(),
            })
            .collect(),
    };
    let columns = ["Liked", "Learned", "Lacked", "Longed for"]
        .iter()
        .enumerate()
        .map(|(column, title)| {
            let from = column * 30;
            let group = Group {
                id: "g".into(),
                title: "Waiting for reviews".into(),
                ideas: (from..from + 8).map(idea).collect(),
            };
            let mut entries = vec![Entry::Group(group)];
            entries.extend((from + 8..from + 30).map(|it| Entry::Idea(idea(it))));
            Column {
                id: title.to_string(),
                title: title.to_string(),
                entries,
            }
        })
        .collect();
    let day = NaiveDate::from_ymd_opt(2026, 11, 19).unwrap();
    let actions = (0..30_usize)
        .map(|number| Action {
            id: number.to_string(),
            text: format!("{}, {number}", pick(number + 1)),
            owners: people[..number % 3]
                .iter()
                .map(|it| it.to_string())
                .collect(),
            due: (number % 4 != 3).then(|| day + chrono::Days::new(number as u64)),
            priority: [
                Some(Priority::High),
                Some(Priority::Medium),
                Some(Priority::Low),
                None,
            ][number % 4],
            done: number.is_multiple_of(5),
            ..Action::default()
        })
        .collect();
    let summary = Summary::Retrospective(Retrospective {
        title: "Sprint 42".into(),
        date: Some(day),
        facilitator: people[0].into(),
        participants: people.iter().map(|it| it.to_string()).collect(),
        columns,
        actions,
        agreements: vec![
            Agreement {
                id: "1".into(),
                text: "We review before we start new work.".into(),
            },
            Agreement {
                id: "2".into(),
                text: "A date goes to a partner only after the team has seen it.".into(),
            },
        ],
        kudos: vec![Kudo {
            id: "1".into(),
            to: "Mei".into(),
            from: "Sam".into(),
            text: "for the calm Friday".into(),
        }],
        roti: Roti {
            counts: [0, 1, 1, 4, 2],
        },
        notes: "Next time we try https://example.org/lean-coffee.".into(),
    });
    build(
        &summary,
        &Context {
            team: "Payments Platform",
            title: "Sprint 42 - Retrospective",
            previous: None,
            today: day + chrono::Days::new(3),
            pdf_name: "Sprint 42 - Retrospective.pdf",
        },
    )
}
