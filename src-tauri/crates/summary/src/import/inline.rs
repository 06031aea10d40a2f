//! One line of Markdown as plain text: emphasis goes, links keep their address.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

/// Longer lines are no prose; they are kept as they are rather than searched for markup.
const LONGEST_LINE: usize = 20_000;

/// Stands before the line while it is parsed, so that nothing in it starts a block.
const GUARD: &str = "x ";

/// The line without inline markup. No word of it is lost.
pub fn plain(line: &str) -> String {
    let line = line.trim();
    let markup = ['*', '_', '`', '[', '<', '&', '\\'];
    if line.len() > LONGEST_LINE || !line.contains(markup) {
        return line.to_owned();
    }
    if line.contains('\n') {
        return line.split('\n').map(plain).collect::<Vec<_>>().join("\n");
    }
    let guarded = [GUARD, line].concat();
    let mut text = String::with_capacity(guarded.len());
    let mut links = Vec::new();
    for event in Parser::new(&guarded) {
        match event {
            Event::Text(it) | Event::Code(it) => text.push_str(&it),
            Event::InlineHtml(it) | Event::Html(it) => {
                let name = it.trim_matches(['<', '>', '/', ' ']);
                if name.eq_ignore_ascii_case("br") {
                    text.push('\n')
                } else {
                    text.push_str(&it)
                }
            }
            Event::SoftBreak | Event::HardBreak => text.push('\n'),
            Event::Start(
                Tag::Link {
                    dest_url, title, ..
                }
                | Tag::Image {
                    dest_url, title, ..
                },
            ) => {
                links.push((text.len(), dest_url, title));
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                let Some((start, address, title)) = links.pop() else {
                    continue;
                };
                let shown = text.get(start..).unwrap_or_default();
                let mut more = Vec::new();
                if !address.is_empty()
                    && shown != &*address
                    && ["mailto:", shown].concat() != *address
                {
                    more.push(address.to_string());
                }
                if !title.is_empty() {
                    more.push(title.to_string());
                }
                if !more.is_empty() {
                    text.push_str(&format!(" ({})", more.join(", ")));
                }
            }
            _ => {}
        }
    }
    match text.strip_prefix(GUARD) {
        Some(rest) => rest.trim().to_owned(),
        None => line.to_owned(),
    }
}
