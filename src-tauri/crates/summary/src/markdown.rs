//! The document as Markdown (CommonMark, with the tables and task lists of GitHub's dialect).
//!
//! Text of the user is escaped so that it reads as written and never becomes markup. Its line
//! breaks are kept, save in headings and table cells, which have one line only.

use crate::{
    Priority,
    document::{
        Block, CommentLine, Distribution, Document, IdeaLine, PropertyValue, Table, Task,
        average_in_words, change_in_words, votes_in_words,
    },
    title::date_in_words,
};

/// A Markdown file, ending in a line break.
pub fn write(document: &Document) -> String {
    let mut parts = vec![heading(1, &document.title)];
    parts.extend(document.blocks.iter().map(block));
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n") + "\n"
}

fn block(block: &Block) -> String {
    match block {
        Block::Properties { rows } => list(rows, |row| {
            let value = match &row.value {
                PropertyValue::Text(text) => text.clone(),
                PropertyValue::Date(date) => date_in_words(*date),
                PropertyValue::List(items) => items.join(", "),
            };
            item("- ", &format!("{}: {value}", row.name))
        }),
        Block::PdfLink { file_name } => paragraph("PDF: ", file_name, ""),
        Block::Heading { level, text } => heading(*level, text),
        Block::Paragraph { text } => paragraph("", text, ""),
        Block::Tasks { tasks } => list(tasks, task),
        Block::Ideas { ideas } => list(ideas, idea),
        Block::Bullets { items } => list(items, |it| item("- ", it)),
        Block::Kudos { items } => list(items, |it| {
            item("- ", format!("{} {}", it.names(), it.text).trim_start())
        }),
        Block::Distribution(it) => distribution(it),
        Block::Comments { comments } => list(comments, |it| item("- ", &comment(it))),
        Block::Table(it) => table(it),
    }
}

fn list<T>(items: &[T], item: impl Fn(&T) -> String) -> String {
    items.iter().map(item).collect::<Vec<_>>().join("\n")
}

fn heading(level: u8, text: &str) -> String {
    let text = one_line(text);
    if text.is_empty() {
        return String::new();
    }
    let marks = "#".repeat(usize::from(level.clamp(1, 6)));
    [marks.as_str(), " ", text.as_str()].concat()
}

fn task(task: &Task) -> String {
    let mut facts = Vec::new();
    if let Some(due) = task.due {
        let overdue = if task.overdue { ", overdue" } else { "" };
        facts.push(format!("due {}{overdue}", date_in_words(due)));
    }
    facts.extend(task.priority.map(|it| {
        match it {
            Priority::High => "high priority",
            Priority::Medium => "medium priority",
            Priority::Low => "low priority",
        }
        .to_owned()
    }));
    if !task.note.is_empty() {
        facts.push(task.note.clone());
    }
    let mut text = task.text.clone();
    for (words, between) in [(&facts, ", "), (&task.owners, " / ")] {
        if !words.is_empty() {
            text.push_str(&format!(" ({})", words.join(between)));
        }
    }
    item(if task.done { "- [x] " } else { "- [ ] " }, &text)
}

fn idea(idea: &IdeaLine) -> String {
    let votes = match idea.votes {
        0 => String::new(),
        votes => format!(" ({})", votes_in_words(u64::from(votes))),
    };
    let mut text = item("- ", &[idea.text.as_str(), &votes].concat());
    for it in &idea.comments {
        text.push('\n');
        text.push_str(&item("  - ", &comment(it)));
    }
    text
}

fn comment(comment: &CommentLine) -> String {
    if comment.author.trim().is_empty() {
        comment.text.clone()
    } else {
        format!("{}: {}", comment.author, comment.text)
    }
}

fn distribution(it: &Distribution) -> String {
    let compared = it.rows.iter().any(|row| row.change.is_some());
    let mut head = vec![it.subject.clone()];
    head.extend(it.scale.iter().cloned());
    head.push("Average".to_owned());
    if compared {
        head.push(it.since());
    }
    let rule = ["---"].repeat(head.len()).join(" | ");
    let mut rows = vec![table_row(&head), format!("| {rule} |")];
    for row in &it.rows {
        let name = match row.statement.trim() {
            "" => row.name.clone(),
            statement => format!("{}: {statement}", row.name),
        };
        let mut cells = vec![name];
        cells.extend(row.responses.iter().map(u32::to_string));
        cells.push(row.average.map(average_in_words).unwrap_or_default());
        if compared {
            cells.push(row.change.map(change_in_words).unwrap_or_default());
        }
        rows.push(table_row(&cells));
    }
    rows.join("\n")
}

fn table(it: &Table) -> String {
    let head: Vec<String> = it.columns.iter().map(|it| it.name.clone()).collect();
    let rule = ["---"].repeat(head.len()).join(" | ");
    let mut rows = vec![table_row(&head), format!("| {rule} |")];
    for row in &it.rows {
        let cells = row.iter().enumerate().map(|(at, cell)| {
            if it.columns.get(at).is_some_and(|it| it.code) {
                code(cell)
            } else {
                one_line(cell)
            }
        });
        rows.push(format!("| {} |", cells.collect::<Vec<_>>().join(" | ")));
    }
    rows.join("\n")
}

/// Each line as a code span, which GitHub shows to the letter but for a bar; one with a sign that
/// would end the span or the cell is escaped instead.
fn code(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|it| !it.is_empty());
    let spans = lines.map(|it| {
        if it.contains(['`', '|', '\\']) || it.chars().any(char::is_control) {
            one_line(it)
        } else {
            format!("`{it}`")
        }
    });
    spans.collect::<Vec<_>>().join(", ")
}

fn table_row(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|it| one_line(it)).collect();
    format!("| {} |", cells.join(" | "))
}

/// An item of a list; its further lines are set below its first.
fn item(mark: &str, text: &str) -> String {
    let indent = mark.len() - mark.trim_start().len();
    paragraph(mark, text, &" ".repeat(indent + 2))
}

fn paragraph(first: &str, text: &str, further: &str) -> String {
    let lines: Vec<String> = text
        .trim()
        .lines()
        .flat_map(|it| it.split('\r'))
        .map(escape)
        .collect();
    // A backslash at the end of a line is CommonMark's hard line break.
    [first, &lines.join(&["\\\n", further].concat())].concat()
}

fn one_line(text: &str) -> String {
    escape(
        &text
            .split(['\n', '\r'])
            .map(str::trim)
            .collect::<Vec<_>>()
            .join(" "),
    )
}

/// One line of text, as Markdown that reads the same.
fn escape(line: &str) -> String {
    let line = line.trim_matches([' ', '\t']);
    let mut escaped = String::with_capacity(line.len() + 8);
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    for (place, it) in line.chars().enumerate() {
        let at_start = match it {
            '-' | '+' | '=' | ':' => place == 0,
            '.' | ')' => {
                place == digits && digits > 0 && !line[place + 1..].starts_with(|it| it > ' ')
            }
            _ => false,
        };
        let anywhere = matches!(
            it,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '#' | '$' | '^'
        );
        if at_start || anywhere {
            escaped.push('\\');
        }
        let control = it.is_control() && it != '\t' || matches!(it, '\u{FFFE}' | '\u{FFFF}');
        escaped.push(if control {
            char::REPLACEMENT_CHARACTER
        } else {
            it
        });
    }
    escaped
}
