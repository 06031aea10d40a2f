//! The document as a Confluence page, in storage format.
//!
//! Only constructs that Confluence Cloud's editor and Data Center both keep are used ("Confluence
//! Storage Format", Atlassian's documentation): headings, paragraphs, lists, tables, task lists,
//! the macros status, details (page properties) and anchor, and a link to an attachment. No macro
//! with a body stands inside another, which would stop Cloud from converting the page.
//!
//! All markup goes through quick-xml's writer, so text of the user can only ever become text. The
//! characters XML 1.0 forbids (section 2.2) are shown as U+FFFD, one for each.

mod lines;

use std::io;

use chrono::{Datelike, NaiveDate};
use quick_xml::{
    Writer,
    events::{BytesCData, BytesEnd, BytesStart, BytesText, Event},
};

use crate::{
    Priority,
    document::{
        Block, CommentLine, Distribution, DistributionRow, Document, IdeaLine, KudoLine, Property,
        PropertyValue, Table, Task, average_in_words, change_in_words, votes_in_words,
    },
    title::date_in_words,
};

pub use lines::text_lines;

/// What tells a page of ours from somebody else's with the same title.
#[derive(Debug, Clone, Copy)]
pub struct Marker<'a> {
    /// Id of the publishing operation; becomes the anchor `retropress-<operation_id>`.
    pub operation_id: &'a str,
    /// Short reference for people, such as "RP-7F3A19"; shown at the page's end.
    pub reference: &'a str,
}

impl Marker<'_> {
    /// Name of the anchor in the page's body.
    pub fn anchor(&self) -> String {
        ["retropress-", self.operation_id].concat()
    }
}

/// Backgrounds from the worst step to the best: red over grey to blue, which people who do not see
/// red and green apart can tell. All from the palette of Confluence's tables, and all light enough
/// for its dark text (contrast at least 4.5, WCAG 1.4.3).
pub const STEP_COLOURS: [&str; 5] = ["#ff8f73", "#ffbdad", "#f4f5f7", "#b3d4ff", "#4c9aff"];

/// The body of a page, as the REST API takes it with `representation: storage`.
pub fn write(document: &Document, marker: &Marker<'_>) -> String {
    let mut page = Page {
        xml: Writer::new(Vec::with_capacity(16 * 1024)),
        last_task: 0,
    };
    let written = page.document(document, marker);
    match written.map(|()| String::from_utf8(page.xml.into_inner())) {
        Ok(Ok(body)) => body,
        // A vector takes every write, and only text was written into it.
        failed => unreachable!("storage format is written to memory: {failed:?}"),
    }
}

type Written = io::Result<()>;

struct Page {
    xml: Writer<Vec<u8>>,
    /// Task ids count through the whole page.
    last_task: u32,
}

impl Page {
    fn document(&mut self, document: &Document, marker: &Marker<'_>) -> Written {
        for block in &document.blocks {
            self.block(block)?;
        }
        self.element("p", &[], |page| {
            page.macro_with("anchor", &[("", &marker.anchor())])?;
            page.text("Published with Retropress, ")?;
            page.text(marker.reference)
        })
    }

    fn block(&mut self, block: &Block) -> Written {
        match block {
            Block::Properties { rows } => self.properties(rows),
            Block::PdfLink { file_name } => self.pdf_link(file_name),
            Block::Heading { level, text } => {
                let name =
                    ["h1", "h2", "h3", "h4", "h5", "h6"][usize::from((*level).clamp(1, 6) - 1)];
                self.element(name, &[], |page| page.text(text))
            }
            Block::Paragraph { text } => self.paragraph(text),
            Block::Tasks { tasks } => self.list("ac:task-list", tasks, Self::task),
            Block::Ideas { ideas } => self.list("ul", ideas, Self::idea),
            Block::Bullets { items } => self.list("ul", items, |page, item| {
                page.element("li", &[], |page| page.paragraph(item))
            }),
            Block::Kudos { items } => self.list("ul", items, Self::kudo),
            Block::Distribution(it) => self.distribution(it),
            Block::Comments { comments } => self.list("ul", comments, Self::comment),
            Block::Table(it) => self.plain_table(it),
        }
    }

    fn plain_table(&mut self, it: &Table) -> Written {
        self.table(|page| {
            page.element("tr", &[], |page| {
                for column in &it.columns {
                    page.element("th", &[], |page| page.paragraph(&column.name))?;
                }
                Ok(())
            })?;
            for row in &it.rows {
                page.element("tr", &[], |page| {
                    for cell in row {
                        page.element("td", &[], |page| page.paragraph(cell))?;
                    }
                    Ok(())
                })?;
            }
            Ok(())
        })
    }

    fn properties(&mut self, rows: &[Property]) -> Written {
        if rows.is_empty() {
            return Ok(());
        }
        self.macro_with_body("details", |page| {
            page.table(|page| {
                for row in rows {
                    page.element("tr", &[], |page| {
                        page.element("th", &[], |page| page.paragraph(&row.name))?;
                        page.element("td", &[], |page| match &row.value {
                            PropertyValue::Text(text) => page.paragraph(text),
                            PropertyValue::List(items) => page.paragraph(&items.join(", ")),
                            PropertyValue::Date(date) => {
                                page.element("p", &[], |page| page.date(*date))
                            }
                        })
                    })?;
                }
                Ok(())
            })
        })
    }

    /// A plain link rather than a preview macro: the page is created before its PDF is attached,
    /// and a link still reads well until then.
    fn pdf_link(&mut self, file_name: &str) -> Written {
        self.element("p", &[], |page| {
            page.text("PDF: ")?;
            page.element("ac:link", &[], |page| {
                page.empty("ri:attachment", &[("ri:filename", file_name)])?;
                page.element("ac:plain-text-link-body", &[], |page| page.cdata(file_name))
            })
        })
    }

    fn task(&mut self, task: &Task) -> Written {
        self.last_task += 1;
        let id = self.last_task.to_string();
        self.element("ac:task", &[], |page| {
            page.element("ac:task-id", &[], |page| page.text(&id))?;
            let status = if task.done { "complete" } else { "incomplete" };
            page.element("ac:task-status", &[], |page| page.text(status))?;
            page.element("ac:task-body", &[], |page| {
                page.text(&task.text)?;
                if !task.owners.is_empty() {
                    page.text(" ")?;
                    page.element("strong", &[], |page| page.text(&task.owners.join(", ")))?;
                }
                if let Some(due) = task.due {
                    page.text(" due ")?;
                    page.date(due)?;
                }
                if task.overdue {
                    page.lozenge("Red", "Overdue")?;
                }
                match task.priority {
                    Some(Priority::High) => page.lozenge("Red", "High")?,
                    Some(Priority::Medium) => page.lozenge("Yellow", "Medium")?,
                    Some(Priority::Low) => page.lozenge("Grey", "Low")?,
                    None => {}
                }
                if !task.note.is_empty() {
                    page.text(" ")?;
                    page.element("em", &[], |page| page.text(&task.note))?;
                }
                Ok(())
            })
        })
    }

    fn idea(&mut self, idea: &IdeaLine) -> Written {
        self.element("li", &[], |page| {
            page.element("p", &[], |page| {
                page.text(&idea.text)?;
                match idea.votes {
                    0 => Ok(()),
                    votes => page.lozenge("Blue", &votes_in_words(u64::from(votes))),
                }
            })?;
            page.list("ul", &idea.comments, Self::comment)
        })
    }

    fn comment(&mut self, comment: &CommentLine) -> Written {
        self.element("li", &[], |page| {
            page.element("p", &[], |page| {
                if !comment.author.trim().is_empty() {
                    page.element("em", &[], |page| {
                        page.text(&comment.author)?;
                        page.text(":")
                    })?;
                    page.text(" ")?;
                }
                page.text(&comment.text)
            })
        })
    }

    fn kudo(&mut self, kudo: &KudoLine) -> Written {
        self.element("li", &[], |page| {
            page.element("p", &[], |page| {
                let names = kudo.names();
                if !names.is_empty() {
                    page.element("strong", &[], |page| page.text(&names))?;
                    page.text(" ")?;
                }
                page.text(&kudo.text)
            })
        })
    }

    fn distribution(&mut self, it: &Distribution) -> Written {
        let compared = it.rows.iter().any(|row| row.change.is_some());
        self.table(|page| {
            page.element("tr", &[], |page| {
                let labels = it.scale.iter().map(String::as_str);
                for head in std::iter::once(it.subject.as_str())
                    .chain(labels)
                    .chain(["Average"])
                {
                    page.element("th", &[], |page| page.paragraph(head))?;
                }
                if compared {
                    page.element("th", &[], |page| page.paragraph(&it.since()))?;
                }
                Ok(())
            })?;
            for row in &it.rows {
                page.distribution_row(row, compared)?;
            }
            Ok(())
        })
    }

    fn distribution_row(&mut self, row: &DistributionRow, compared: bool) -> Written {
        self.element("tr", &[], |page| {
            page.element("th", &[], |page| {
                page.paragraph(&row.name)?;
                if row.statement.trim().is_empty() {
                    return Ok(());
                }
                page.element("p", &[], |page| {
                    page.element("em", &[], |page| page.text(&row.statement))
                })
            })?;
            for (step, count) in row.responses.iter().enumerate() {
                let colour = [(
                    "data-highlight-colour",
                    step_colour(step, row.responses.len()),
                )];
                let attributes = if *count == 0 { &[] } else { &colour[..] };
                page.element("td", attributes, |page| {
                    page.element("p", &[("style", "text-align: center;")], |page| {
                        page.text(&count.to_string())
                    })
                })?;
            }
            let average = row.average.map(average_in_words).unwrap_or_default();
            page.element("td", &[], |page| page.paragraph(&average))?;
            if compared {
                let change = row.change.map(change_in_words).unwrap_or_default();
                page.element("td", &[], |page| page.paragraph(&change))?;
            }
            Ok(())
        })
    }

    fn table(&mut self, rows: impl FnOnce(&mut Self) -> Written) -> Written {
        self.element("table", &[], |page| page.element("tbody", &[], rows))
    }

    /// Nothing at all where there are no items: Confluence keeps no empty list.
    fn list<T>(
        &mut self,
        name: &str,
        items: &[T],
        item: impl Fn(&mut Self, &T) -> Written,
    ) -> Written {
        if items.is_empty() {
            return Ok(());
        }
        self.element(name, &[], |page| {
            items.iter().try_for_each(|it| item(page, it))
        })
    }

    fn paragraph(&mut self, text: &str) -> Written {
        self.element("p", &[], |page| page.text(text))
    }

    /// A date Confluence shows in the reader's own way.
    fn date(&mut self, date: NaiveDate) -> Written {
        if (1..=9999).contains(&date.year()) {
            self.empty(
                "time",
                &[("datetime", &date.format("%Y-%m-%d").to_string())],
            )
        } else {
            self.text(&date_in_words(date))
        }
    }

    /// A status lozenge, after a space.
    fn lozenge(&mut self, colour: &str, title: &str) -> Written {
        self.text(" ")?;
        self.macro_with("status", &[("colour", colour), ("title", title)])
    }

    fn macro_with(&mut self, name: &str, parameters: &[(&str, &str)]) -> Written {
        self.element("ac:structured-macro", &[("ac:name", name)], |page| {
            for (name, value) in parameters {
                page.element("ac:parameter", &[("ac:name", name)], |page| {
                    page.text(value)
                })?;
            }
            Ok(())
        })
    }

    fn macro_with_body(&mut self, name: &str, body: impl FnOnce(&mut Self) -> Written) -> Written {
        self.element("ac:structured-macro", &[("ac:name", name)], |page| {
            page.element("ac:rich-text-body", &[], body)
        })
    }

    fn element(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        content: impl FnOnce(&mut Self) -> Written,
    ) -> Written {
        self.xml
            .write_event(Event::Start(start(name, attributes)))?;
        content(self)?;
        self.xml.write_event(Event::End(BytesEnd::new(name)))
    }

    fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> Written {
        self.xml.write_event(Event::Empty(start(name, attributes)))
    }

    /// Text with its line breaks.
    fn text(&mut self, text: &str) -> Written {
        for (number, line) in lines(text).enumerate() {
            if number > 0 {
                self.empty("br", &[])?;
            }
            if !line.is_empty() {
                self.xml
                    .write_event(Event::Text(BytesText::new(&legal(line))))?;
            }
        }
        Ok(())
    }

    /// Text as it is; `]]>` is split over two sections.
    fn cdata(&mut self, text: &str) -> Written {
        for section in BytesCData::escaped(&legal(text)) {
            self.xml.write_event(Event::CData(section))?;
        }
        Ok(())
    }
}

fn start<'a>(name: &'a str, attributes: &[(&str, &str)]) -> BytesStart<'a> {
    let mut start = BytesStart::new(name);
    for (name, value) in attributes {
        // A parser turns line breaks and tabs of an attribute into spaces (XML 1.0, 3.3.3).
        let value: String = legal(value).replace(['\n', '\r', '\t'], " ");
        start.push_attribute((*name, value.as_str()));
    }
    start
}

/// The lines of a text; `\r\n`, `\n` and `\r` each end one.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.find(['\n', '\r']) else {
            rest = None;
            return Some(text);
        };
        let after = &text[end..];
        let after = after.strip_prefix("\r\n").unwrap_or(&after[1..]);
        rest = Some(after);
        Some(&text[..end])
    })
}

fn legal(text: &str) -> String {
    text.chars()
        .map(|it| {
            if is_legal(it) {
                it
            } else {
                char::REPLACEMENT_CHARACTER
            }
        })
        .collect()
}

/// Whether XML 1.0 allows the character (section 2.2).
fn is_legal(it: char) -> bool {
    matches!(it, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

/// The colour of a step, counted from 0, on a scale of so many.
fn step_colour(step: usize, steps: usize) -> &'static str {
    let last = STEP_COLOURS.len() - 1;
    let place = if steps < 2 {
        last / 2
    } else {
        (step * last + (steps - 1) / 2) / (steps - 1)
    };
    STEP_COLOURS[place.min(last)]
}
