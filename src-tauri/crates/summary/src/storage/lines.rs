//! A page's storage format as plain text, for people to compare two versions.

use quick_xml::{Reader, escape::resolve_html5_entity, events::Event};

/// A page's storage format as text: a line for each paragraph, heading, list item and row of a table; cells are parted by " | ".
///
/// What cannot be read as XML is left out from there on: this is shown, never sent.
pub fn text_lines(storage: &str) -> Vec<String> {
    let mut reader = Reader::from_str(storage);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    let mut text = Lines::default();
    let mut unseen = 0u32;
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                let name = tag.name();
                if unseen > 0 || is_unseen(name.as_ref()) {
                    unseen += 1;
                } else {
                    text.begin(name.as_ref());
                }
            }
            Ok(Event::End(tag)) => {
                if unseen > 0 {
                    unseen -= 1;
                } else {
                    text.end(tag.name().as_ref());
                }
            }
            Ok(Event::Empty(tag)) if unseen == 0 && matches!(tag.name().as_ref(), "br" | "hr") => {
                text.finish();
            }
            Ok(Event::Text(words)) if unseen == 0 => {
                text.add(&words);
            }
            Ok(Event::CData(words)) if unseen == 0 => {
                text.add(&words);
            }
            Ok(Event::GeneralRef(reference)) if unseen == 0 => match reference.resolve_char_ref() {
                Ok(Some(character)) => text.add(&character.to_string()),
                _ => text.add(resolve_html5_entity(&reference).unwrap_or("\u{fffd}")),
            },
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    text.finish();
    text.all
}

/// Parameters of macros and the like: not what a reader sees.
fn is_unseen(name: &str) -> bool {
    matches!(
        name,
        "ac:parameter" | "ac:task-id" | "ac:task-status" | "ri:user" | "ac:placeholder"
    )
}

#[derive(Default)]
struct Lines {
    all: Vec<String>,
    line: String,
    /// Paragraphs of one cell stay in the row's line.
    rows: u32,
}

impl Lines {
    fn begin(&mut self, name: &str) {
        match name {
            "tr" => {
                self.finish();
                self.rows += 1;
            }
            "td" | "th" if !self.line.trim().is_empty() => self.line.push_str(" | "),
            _ if is_block(name) => self.part(),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "tr" => {
                self.rows = self.rows.saturating_sub(1);
                self.finish();
            }
            _ if is_block(name) => self.part(),
            _ => {}
        }
    }

    fn part(&mut self) {
        if self.rows == 0 {
            self.finish();
        } else {
            self.line.push(' ');
        }
    }

    fn add(&mut self, words: &str) {
        self.line.push_str(words);
    }

    fn finish(&mut self) {
        let line = self.line.split_whitespace().collect::<Vec<_>>().join(" ");
        self.line.clear();
        if !line.is_empty() {
            self.all.push(line);
        }
    }
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "li"
            | "ul"
            | "ol"
            | "table"
            | "blockquote"
            | "div"
            | "pre"
            | "ac:task"
            | "ac:task-body"
            | "ac:structured-macro"
            | "ac:layout-section"
            | "ac:layout-cell"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_paragraph_item_and_row_is_a_line() {
        let storage = "<h2>What went well</h2><p>Pairing &amp; <strong>demos</strong></p>\
            <ul><li><p>One&nbsp;thing</p></li><li>Sch&ouml;n &#8211; so</li></ul>\
            <table><tbody><tr><th><p>Who</p></th><th>By</th></tr><tr><td>Mei</td><td>30 Oct</td></tr></tbody></table>\
            <ac:structured-macro ac:name=\"anchor\"><ac:parameter ac:name=\"\">retropress-1</ac:parameter></ac:structured-macro>\
            <ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>incomplete</ac:task-status>\
            <ac:task-body>Ask about masking</ac:task-body></ac:task></ac:task-list>First<br/>second";
        assert_eq!(
            text_lines(storage),
            [
                "What went well",
                "Pairing & demos",
                "One thing",
                "Schön – so",
                "Who | By",
                "Mei | 30 Oct",
                "Ask about masking",
                "First",
                "second",
            ]
        );
    }

    #[test]
    fn what_is_no_xml_ends_the_text_and_nothing_else() {
        assert_eq!(text_lines("<p>One</p><p>two</b></p><p a=<"), ["One", "two"]);
        assert!(text_lines("").is_empty());
    }
}
