//! Notes cut into blocks: headings, items of lists, tables, paragraphs.
//!
//! Notes are looser than CommonMark: bold lines and "Label:" lines stand for headings, lists are
//! numbered "1." then "2)" then "3.5", bullets are pasted from word processors. Each line goes into
//! exactly one block, in one pass.

use super::{dates, inline::plain, words};

#[derive(Debug)]
pub struct Block {
    /// Counted from 1.
    pub line: u32,
    pub kind: Kind,
}

#[derive(Debug)]
pub enum Kind {
    Heading {
        level: u8,
        text: String,
    },
    Item {
        indent: usize,
        text: String,
        checked: Option<bool>,
    },
    Text(String),
    Table(Vec<Row>),
    /// A line of code or of a comment, as it stands.
    Verbatim(String),
    /// A line of front matter.
    Fact {
        key: String,
        value: String,
    },
}

#[derive(Debug)]
pub struct Row {
    pub line: u32,
    pub text: String,
    pub cells: Vec<String>,
}

/// Levels below the six of Markdown, for lines that stand for headings.
pub const BOLD: u8 = 7;
pub const LABEL: u8 = 8;
pub const DATED: u8 = 9;

/// A line this long goes on in the next one.
const FULL_LINE: usize = 60;

/// Lines of a text; `\r\n`, `\n` and `\r` each end one.
pub fn lines(text: &str) -> Vec<&str> {
    text.split('\n')
        .flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
        .collect()
}

pub fn scan(lines: &[&str]) -> Vec<Block> {
    let mut scanner = Scanner {
        lines,
        at: 0,
        blocks: Vec::new(),
        next_filled: next_filled(lines),
        open: Open::Nothing,
        blank: true,
        unclosed: [false; 3],
        last_number: None,
    };
    scanner.front_matter();
    while scanner.at < lines.len() {
        scanner.line();
    }
    scanner.blocks
}

/// For each line the next one below it that is not blank.
fn next_filled(lines: &[&str]) -> Vec<usize> {
    let mut next = vec![lines.len(); lines.len()];
    let mut filled = lines.len();
    for at in (0..lines.len()).rev() {
        next[at] = filled;
        if !lines[at].trim().is_empty() {
            filled = at;
        }
    }
    next
}

/// The block that the next line may go on with.
#[derive(Clone, Copy, PartialEq)]
enum Open {
    Nothing,
    Item { indent: usize },
    Paragraph { full: bool, lines: u32 },
}

struct Scanner<'a> {
    lines: &'a [&'a str],
    at: usize,
    blocks: Vec<Block>,
    next_filled: Vec<usize>,
    open: Open,
    /// Whether the line before was blank.
    blank: bool,
    /// Fences and comments known to be closed nowhere below: "```", "~~~", "<!--".
    unclosed: [bool; 3],
    /// The last item's number, to tell "3.5 text" from a decimal.
    last_number: Option<u32>,
}

impl<'a> Scanner<'a> {
    fn push(&mut self, line: usize, kind: Kind) {
        let line = u32::try_from(line + 1).unwrap_or(u32::MAX);
        self.blocks.push(Block { line, kind });
    }

    fn heading(&mut self, level: u8, text: &str) {
        self.push(
            self.at,
            Kind::Heading {
                level,
                text: text.trim().to_owned(),
            },
        );
        self.open = Open::Nothing;
        self.last_number = None;
    }

    fn front_matter(&mut self) {
        if self.lines.first().map(|it| it.trim_end()) != Some("---") {
            return;
        }
        let rest = self.lines.iter().skip(1).take(200);
        let Some(end) = rest
            .clone()
            .position(|it| matches!(it.trim_end(), "---" | "..."))
        else {
            return;
        };
        let is_fact = |line: &&str| {
            let line = line.trim();
            line.is_empty() || line.starts_with(['#', '-']) || words::label(line).is_some()
        };
        if !rest.take(end).all(is_fact) {
            return;
        }
        let mut last: Option<usize> = None;
        for at in 1..=end {
            let line = self.lines[at].trim();
            let unquoted = |text: &str| text.trim_matches(['"', '\'']).to_owned();
            if let Some(item) = line.strip_prefix("- ")
                && let Some(Block {
                    kind: Kind::Fact { value, .. },
                    ..
                }) = last.and_then(|it| self.blocks.get_mut(it))
            {
                if !value.is_empty() {
                    value.push_str(", ");
                }
                value.push_str(&unquoted(item.trim()));
            } else if let Some((key, value)) = words::label(line) {
                let (key, value) = (key.to_owned(), unquoted(value));
                last = Some(self.blocks.len());
                self.push(at, Kind::Fact { key, value });
            } else if !line.is_empty() {
                self.push(at, Kind::Verbatim(line.to_owned()));
            }
        }
        self.at = end + 2;
    }

    fn line(&mut self) {
        let (indent, body) = unindented(self.lines[self.at]);
        if body.is_empty() {
            self.blank = true;
            self.at += 1;
            return;
        }
        self.block(indent, body);
        self.blank = false;
        self.at += 1;
    }

    fn block(&mut self, indent: usize, body: &'a str) {
        if self.verbatim(body) || self.table(body) {
            self.open = Open::Nothing;
        } else if let Some((level, text)) = atx(body) {
            self.heading(level, text);
        } else if let Some(level) = self.underline(body) {
            if let Some(Block { kind, .. }) = self.blocks.last_mut()
                && let Kind::Text(text) = kind
            {
                *kind = Kind::Heading {
                    level,
                    text: std::mem::take(text),
                };
            }
            self.open = Open::Nothing;
        } else if is_rule(body) {
            self.open = Open::Nothing;
        } else if !self.item(indent, body) && !self.heading_line(indent, body) {
            self.text(indent, body);
        }
    }

    /// Code between fences, and comments.
    fn verbatim(&mut self, body: &str) -> bool {
        let (kind, close) = match body {
            _ if body.starts_with("```") && !body[3..].trim_start_matches('`').contains('`') => {
                (0, "```")
            }
            _ if body.starts_with("~~~") => (1, "~~~"),
            _ if body.starts_with("<!--") => (2, "-->"),
            _ => return false,
        };
        let first = if kind == 2 { self.at } else { self.at + 1 };
        let closes = |line: &&str| match kind {
            2 => line.contains(close),
            _ => {
                let line = unindented(line).1.trim_end();
                line.starts_with(close) && line.bytes().all(|it| close.as_bytes()[0] == it)
            }
        };
        let end = match self.unclosed[kind] {
            true => None,
            false => self.lines[first.min(self.lines.len())..]
                .iter()
                .position(closes),
        };
        self.unclosed[kind] |= end.is_none();
        let last = end.map_or(self.at, |end| first + end);
        for at in self.at..=last {
            if !self.lines[at].trim().is_empty() {
                self.push(at, Kind::Verbatim(self.lines[at].trim_end().to_owned()));
            }
        }
        self.at = last;
        true
    }

    fn table(&mut self, body: &str) -> bool {
        let delimiter = self.lines.get(self.at + 1).map(|it| unindented(it).1);
        if !body.contains('|') || !delimiter.is_some_and(is_delimiter) {
            return false;
        }
        let row = |at: usize| {
            let text = unindented(self.lines[at]).1.trim_end().to_owned();
            let line = u32::try_from(at + 1).unwrap_or(u32::MAX);
            Row {
                line,
                cells: cells(&text),
                text,
            }
        };
        let mut rows = vec![row(self.at)];
        let mut at = self.at + 2;
        while self.lines.get(at).is_some_and(|it| it.contains('|')) {
            rows.push(row(at));
            at += 1;
        }
        self.push(self.at, Kind::Table(rows));
        self.at = at - 1;
        true
    }

    /// The level of the heading that this line underlines.
    fn underline(&self, body: &str) -> Option<u8> {
        let body = body.trim_end();
        let level = match body.as_bytes() {
            [b'=', b'=', ..] if body.bytes().all(|it| it == b'=') => 1,
            [b'-', b'-', b'-', ..] if body.bytes().all(|it| it == b'-') => 2,
            _ => return None,
        };
        let below_a_line = matches!(self.open, Open::Paragraph { lines: 1, .. }) && !self.blank;
        below_a_line.then_some(level)
    }

    fn item(&mut self, indent: usize, body: &'a str) -> bool {
        let Some((mut text, number)) = item_text(body, self.last_number) else {
            return false;
        };
        while let Some((inner, _)) = item_text(text, None).filter(|_| text.starts_with(BULLETS)) {
            text = inner;
        }
        let (checked, text) = checkbox(text);
        if number.is_some() {
            self.last_number = number;
        }
        if text.is_empty() && checked.is_none() {
            self.open = Open::Item { indent };
            self.push(
                self.at,
                Kind::Item {
                    indent,
                    text: String::new(),
                    checked,
                },
            );
            return true;
        }
        let bare = text.trim_matches(['*', '_', ':', ' ']);
        let deeper_below = self
            .below()
            .is_some_and(|(below, line)| below > indent + 1 && item_text(line, None).is_some());
        if checked.is_none()
            && deeper_below
            && is_known(bare)
            && words::fact(&words::normal(bare)).is_none()
        {
            self.heading(LABEL, bare);
            return true;
        }
        self.open = Open::Item { indent };
        self.push(
            self.at,
            Kind::Item {
                indent,
                text: text.trim_end().to_owned(),
                checked,
            },
        );
        true
    }

    /// The next line that is not blank, with its indent.
    fn below(&self) -> Option<(usize, &'a str)> {
        self.lines
            .get(*self.next_filled.get(self.at)?)
            .map(|it| unindented(it))
    }

    /// Lines that are headings in all but markup.
    fn heading_line(&mut self, indent: usize, body: &str) -> bool {
        let body = body.trim_end();
        if indent > 3 || body.len() > 200 {
            return false;
        }
        let starts = self.blank || self.open == Open::Nothing;
        // Without a blank line above, below the last item of the list before.
        let after_list = indent == 0 && matches!(self.open, Open::Item { .. });
        let lists = self
            .below()
            .is_some_and(|(_, line)| item_text(line, None).is_some());
        if let Some(text) = bold(body) {
            self.heading(BOLD, text.trim_end_matches(':'));
            return true;
        }
        if let Some((label, value)) = words::label(body) {
            let normal = words::normal(label);
            let checked = match label {
                "TODO" | "Todo" => Some(false),
                "DONE" | "Done" => Some(true),
                _ => None,
            };
            if checked.is_some() && !value.is_empty() {
                self.open = Open::Item { indent };
                let text = value.to_owned();
                let item = Kind::Item {
                    indent,
                    text,
                    checked,
                };
                self.push(self.at, item);
                return true;
            }
            let fact = words::fact(&normal);
            let known = is_known(label) && (fact.is_none() || value.is_empty());
            if value.is_empty() && (known || lists && (starts || after_list)) {
                let level = if dates::find(label).is_empty() {
                    LABEL
                } else {
                    DATED
                };
                self.heading(level, label);
                return true;
            }
            // "Start: 10:00" is a time rather than an idea.
            if known && !value.starts_with(|it: char| it.is_ascii_digit()) {
                self.heading(LABEL, label);
                let item = Kind::Item {
                    indent,
                    text: value.to_owned(),
                    checked: None,
                };
                self.push(self.at, item);
                return true;
            }
            if fact.is_some() {
                return false;
            }
        }
        let capitals = is_capitals(body);
        let stands_alone = starts || after_list && body.starts_with(char::is_uppercase);
        if stands_alone && (lists && is_known(body) || capitals && (lists || is_known(body))) {
            self.heading(LABEL, body);
            return true;
        }
        let dated =
            starts && !body.ends_with(['.', '!', '?']) && body.split_whitespace().count() <= 8;
        if dated
            && self.below().is_some_and(|(_, line)| {
                item_text(line, None).is_some()
                    || atx(line).is_some()
                    || is_known(line.trim_end_matches(':'))
                    || words::label(line).is_some_and(|(_, value)| value.is_empty())
                    || bold(line.trim_end()).is_some()
                    || is_capitals(line.trim_end())
            })
            && dates::find(body)
                .iter()
                .any(|it| !matches!(it.date, dates::Written::NoYear { .. }))
        {
            self.heading(DATED, body);
            return true;
        }
        false
    }

    fn text(&mut self, indent: usize, body: &str) {
        let before = self.at.checked_sub(1).and_then(|at| self.lines.get(at));
        let hard_break =
            !self.blank && before.is_some_and(|it| it.ends_with("  ") || it.ends_with('\\'));
        let body = body.trim_end();
        let between = match self.open {
            Open::Nothing => None,
            Open::Item { indent: item } if self.blank => (indent >= item + 2).then_some("\n"),
            Open::Paragraph { .. } if self.blank => None,
            _ if hard_break => Some("\n"),
            Open::Item { .. } => Some(" "),
            Open::Paragraph { full, .. } => full.then_some(" "),
        };
        let full = body.len() >= FULL_LINE;
        if let Some(between) = between
            && !is_fact(body)
            && let Some(Kind::Item { text, .. } | Kind::Text(text)) =
                self.blocks.last_mut().map(|it| &mut it.kind)
        {
            if hard_break && text.ends_with('\\') {
                text.pop();
            }
            if !text.is_empty() {
                text.push_str(between);
            }
            text.push_str(body);
            if let Open::Paragraph { lines, .. } = self.open {
                self.open = Open::Paragraph {
                    full,
                    lines: lines + 1,
                };
            }
            return;
        }
        self.last_number = None;
        let lines = match self.open {
            Open::Paragraph { lines, .. } if !self.blank => lines + 1,
            _ => 1,
        };
        self.push(self.at, Kind::Text(body.to_owned()));
        self.open = Open::Paragraph { full, lines };
    }
}

fn is_fact(body: &str) -> bool {
    words::label(body).is_some_and(|(label, _)| words::fact(&words::normal(label)).is_some())
}

fn is_known(text: &str) -> bool {
    text.len() <= 100 && words::is_plain_role(&words::normal(text))
}

/// A short line in capitals: a heading in notes that have no other marks.
fn is_capitals(text: &str) -> bool {
    let letters = text.chars().filter(|it| it.is_alphabetic()).count();
    letters >= 3
        && text.split_whitespace().count() <= 6
        && !text.chars().any(char::is_lowercase)
        && text.chars().any(char::is_uppercase)
        && !text.ends_with(['.', '!', '?'])
}

/// Indent in columns (a tab reaches the next multiple of 4), and the line without it and without
/// the marks of a quotation.
fn unindented(line: &str) -> (usize, &str) {
    let mut columns = 0;
    let mut body = line.trim_start_matches('\u{FEFF}');
    loop {
        let mut chars = body.chars();
        match chars.next() {
            Some(' ' | '\u{A0}') => columns += 1,
            Some('\t') => columns += 4 - columns % 4,
            Some('>') if !chars.as_str().is_empty() => columns = 0,
            _ => break,
        }
        body = chars.as_str();
    }
    if body.trim().is_empty() {
        (columns, "")
    } else {
        (columns, body)
    }
}

fn atx(body: &str) -> Option<(u8, &str)> {
    let text = body.trim_start_matches('#');
    let level = body.len() - text.len();
    if !(1..=6).contains(&level) || !(text.is_empty() || text.starts_with([' ', '\t'])) {
        return None;
    }
    let text = text.trim();
    let without = text.trim_end_matches('#');
    let text = if without.is_empty() || without.ends_with(' ') {
        without.trim_end()
    } else {
        text
    };
    Some((u8::try_from(level).ok()?, text))
}

fn is_rule(body: &str) -> bool {
    let Some(mark) = body
        .chars()
        .next()
        .filter(|it| matches!(it, '-' | '*' | '_' | '='))
    else {
        return false;
    };
    body.chars().all(|it| it == mark || it.is_whitespace()) && body.matches(mark).count() >= 3
}

fn is_delimiter(line: &str) -> bool {
    line.contains('-')
        && line.contains('|')
        && line
            .chars()
            .all(|it| matches!(it, '-' | '|' | ':') || it.is_whitespace())
}

/// The cells of a row, between `|` that are not escaped.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim();
    let row = row.strip_prefix('|').unwrap_or(row);
    let mut cells = vec![String::new()];
    let mut escaped = false;
    for it in row.chars() {
        match (it, cells.last_mut()) {
            ('|', _) if !escaped => cells.push(String::new()),
            ('|', Some(cell)) => {
                cell.pop();
                cell.push('|');
            }
            (_, Some(cell)) => cell.push(it),
            (_, None) => {}
        }
        escaped = it == '\\' && !escaped;
    }
    if cells.len() > 1 && cells.last().is_some_and(|it| it.trim().is_empty()) {
        cells.pop();
    }
    cells.iter().map(|it| it.trim().to_owned()).collect()
}

const BULLETS: [char; 13] = [
    '-', '*', '+', '•', '–', '—', '◦', '▪', '·', '‣', '●', '○', '∙',
];

/// The text of a list's item, and its number.
///
/// "3.5 text" is an item only below one numbered 3.
fn item_text(body: &str, last: Option<u32>) -> Option<(&str, Option<u32>)> {
    if let Some(rest) = body.strip_prefix(BULLETS) {
        return (rest.is_empty() || rest.starts_with([' ', '\t', '\u{A0}']))
            .then(|| (rest.trim(), None));
    }
    if let Some(rest) = body.strip_prefix(['☐', '☑', '☒', '✅', '✔'])
        && rest.starts_with([' ', '\u{FE0F}'])
    {
        return Some((body, None));
    }
    if ["[ ] ", "[x] ", "[X] "]
        .iter()
        .any(|it| body.starts_with(it))
    {
        return Some((body, None));
    }
    let digits = body.bytes().take(10).take_while(u8::is_ascii_digit).count();
    if digits == 0 || digits > 9 {
        let letter = body.strip_prefix(|it: char| it.is_ascii_lowercase())?;
        return letter.strip_prefix(") ").map(|text| (text.trim(), None));
    }
    let number = body[..digits].parse().ok();
    let rest = &body[digits..];
    if let Some(text) = rest.strip_prefix(['.', ')']) {
        if text.is_empty() || text.starts_with([' ', '\t']) {
            return Some((text.trim(), number));
        }
        let more = text.bytes().take_while(u8::is_ascii_digit).count();
        let after = text[more..].trim_start_matches(['.', ')']);
        if rest.starts_with('.')
            && (1..=2).contains(&more)
            && after.starts_with([' ', '\t'])
            && last.is_some()
            && last == number
        {
            return Some((after.trim(), number));
        }
    }
    None
}

fn checkbox(text: &str) -> (Option<bool>, &str) {
    for (marks, checked) in [
        (&["[ ]", "[]", "☐"][..], false),
        (&["[x]", "[X]", "[✓]", "[✔]", "☑", "☒", "✅", "✔"], true),
    ] {
        for mark in marks {
            if let Some(rest) = text.strip_prefix(mark)
                && !rest.starts_with(['(', '[', ':'])
            {
                return (
                    Some(checked),
                    rest.trim_start_matches('\u{FE0F}').trim_start(),
                );
            }
        }
    }
    (None, text)
}

/// The text of a line that is bold as a whole.
fn bold(body: &str) -> Option<&str> {
    let body = body.trim_end_matches(':');
    let text = ["**", "__"]
        .iter()
        .find_map(|it| body.strip_prefix(it)?.strip_suffix(it))?;
    let sound = !text.trim().is_empty() && !text.contains("**") && !text.contains("__");
    let short = plain(text).split_whitespace().count() <= 10;
    (sound && short && !text.starts_with('*')).then_some(text)
}
