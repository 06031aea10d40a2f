//! How each block of a document looks on paper, as strips ready for the pages.

use std::rc::Rc;

use super::{
    pages::{Mark, Strip},
    style::{self, BODY, BODY_STRONG, LEADING, SMALL, Sheet, Style},
    text::{Line, Span, Typesetter},
};
use crate::{
    Kind, Priority,
    document::{
        Block, CommentLine, Distribution, DistributionRow, Document, IdeaLine, Property,
        PropertyValue, Table, Task, average_in_words, change_in_words, trend, votes_in_words,
    },
    title::date_in_words,
};

/// Indent of text after a bullet or a check box.
const INDENT: f32 = 14.0;
/// Free above and below the text of a table's row.
const PAD: f32 = 4.0;
/// Between two columns of a table.
const GUTTER: f32 = 12.0;
/// Rows of more lines may be cut by the end of a page.
const WHOLE_ROW_LINES: usize = 14;
/// Wide enough for "1000000 votes".
const VOTES: f32 = 70.0;
const BAR: f32 = 190.0;
const BAR_HEIGHT: f32 = 12.0;
/// From the top of a line to its base line, for [`LEADING`] and 9.5 points.
const BASE: f32 = 10.0;

pub fn strips(document: &Document, sheet: &Sheet, typesetter: &mut Typesetter<'_>) -> Vec<Strip> {
    let mut set = Setting {
        typesetter,
        measure: sheet.measure(),
        strips: Vec::new(),
        next_gap: 0.0,
    };
    set.top(document);
    for block in &document.blocks {
        match block {
            Block::Properties { rows } => set.properties(rows),
            Block::PdfLink { .. } => {}
            Block::Heading { level, text } => set.heading(*level, text),
            Block::Paragraph { text } => set.paragraph(text),
            Block::Tasks { tasks } => set.tasks(tasks),
            Block::Ideas { ideas } => set.ideas(ideas),
            Block::Bullets { items } => items
                .iter()
                .for_each(|it| set.bullet(&[Span::new(it, BODY)], None, false)),
            Block::Kudos { items } => {
                for it in items {
                    let names = it.names();
                    let between = if names.is_empty() { "" } else { " " };
                    set.bullet(
                        &[
                            Span::new(&names, BODY_STRONG),
                            Span::new(between, BODY),
                            Span::new(&it.text, BODY),
                        ],
                        None,
                        false,
                    );
                }
            }
            Block::Distribution(it) => set.distribution(it),
            Block::Table(it) => set.table(it),
            Block::Comments { comments } => {
                for it in comments {
                    let (author, text) = comment(it);
                    set.bullet(
                        &[Span::new(&author, BODY_STRONG), Span::new(text, BODY)],
                        None,
                        false,
                    );
                }
            }
        }
        if !matches!(block, Block::Heading { .. } | Block::PdfLink { .. }) {
            set.next_gap = set.next_gap.max(8.0);
        }
    }
    set.strips
}

struct Setting<'t, 'f> {
    typesetter: &'t mut Typesetter<'f>,
    measure: f32,
    strips: Vec<Strip>,
    /// Kept free above the next strip.
    next_gap: f32,
}

impl Setting<'_, '_> {
    fn push(&mut self, mut strip: Strip) {
        strip.gap = strip.gap.max(std::mem::take(&mut self.next_gap));
        self.strips.push(strip);
    }

    /// Kind and team over a rule, then the title.
    fn top(&mut self, document: &Document) {
        let kind = match document.kind {
            Some(Kind::Retrospective) => "Retrospective",
            Some(Kind::HealthCheck) => "Health check",
            None => "Retropress",
        };
        let small = Style::new(8.5, style::TEXT_2);
        let kind = self.typesetter.one_line(kind, small, self.measure / 2.0);
        let team = document.blocks.iter().find_map(|block| match block {
            Block::Properties { rows } => rows.iter().find(|it| it.name == "Team"),
            _ => None,
        });
        let mut marks = Vec::new();
        match team.map(|it| &it.value) {
            Some(PropertyValue::Text(team)) => {
                let team = self.typesetter.one_line(team, small, self.measure / 2.0);
                marks.push(Mark::Text {
                    x: 0.0,
                    y: 8.0,
                    line: team,
                });
                marks.push(Mark::Text {
                    x: self.measure - kind.width,
                    y: 8.0,
                    line: kind,
                });
            }
            _ => marks.push(Mark::Text {
                x: 0.0,
                y: 8.0,
                line: kind,
            }),
        }
        marks.push(Mark::Fill {
            x: 0.0,
            y: 14.0,
            width: self.measure,
            height: 1.2,
            colour: style::TEXT,
        });
        self.push(Strip {
            height: 15.2,
            keep: true,
            marks,
            ..Strip::default()
        });

        self.next_gap = 16.0;
        let lines = self
            .typesetter
            .lines(&[Span::new(&document.title, style::TITLE)], self.measure);
        // A title longer than half a page is still cut between pages.
        let keep = lines.len() < 16;
        for line in lines {
            let x = self.aligned(&line, 0.0, self.measure);
            let marks = vec![Mark::Text { x, y: 20.0, line }];
            self.push(Strip {
                height: 26.0,
                keep,
                marks,
                ..Strip::default()
            });
        }
        self.next_gap = 8.0;
    }

    fn heading(&mut self, level: u8, text: &str) {
        let style = style::heading(level);
        let leading = (style.size * 1.3).max(LEADING);
        let above: f32 = match level {
            0..=2 => 20.0,
            3 => 12.0,
            _ => 10.0,
        };
        self.next_gap = self.next_gap.max(above);
        let lines = self
            .typesetter
            .lines(&[Span::new(text, style)], self.measure);
        let keep = lines.len() < 24;
        for (number, line) in lines.into_iter().enumerate() {
            let heading = (number == 0)
                .then(|| (level, text.split_whitespace().collect::<Vec<_>>().join(" ")));
            let x = self.aligned(&line, 0.0, self.measure);
            let marks = vec![Mark::Text {
                x,
                y: style.size * 1.02,
                line,
            }];
            self.push(Strip {
                height: leading,
                keep,
                marks,
                heading,
                ..Strip::default()
            });
        }
        self.next_gap = 4.0;
    }

    fn paragraph(&mut self, text: &str) {
        let lines = self
            .typesetter
            .lines(&[Span::new(text, BODY)], self.measure);
        self.running(lines, 0.0, self.measure, LEADING, Vec::new());
        self.next_gap = 5.0;
    }

    /// Lines one below the other; the first two and the last two stay together.
    fn running(
        &mut self,
        lines: Vec<Line>,
        x: f32,
        width: f32,
        leading: f32,
        mut first: Vec<Mark>,
    ) {
        let count = lines.len();
        for (number, line) in lines.into_iter().enumerate() {
            let at = self.aligned(&line, x, width);
            let mut marks = std::mem::take(&mut first);
            marks.push(Mark::Text {
                x: at,
                y: BASE,
                line,
            });
            let keep = number + 1 < count && (number == 0 || number + 2 == count);
            self.push(Strip {
                height: leading,
                keep,
                marks,
                ..Strip::default()
            });
        }
    }

    fn aligned(&self, line: &Line, x: f32, width: f32) -> f32 {
        if line.rtl {
            x + (width - line.width).max(0.0)
        } else {
            x
        }
    }

    fn properties(&mut self, rows: &[Property]) {
        let name_width = 120.0;
        let columns = [
            (0.0, name_width),
            (name_width + GUTTER, self.measure - name_width - GUTTER),
        ];
        for row in rows {
            let value = match &row.value {
                PropertyValue::Text(text) => text.clone(),
                PropertyValue::Date(date) => date_in_words(*date),
                PropertyValue::List(items) => items.join(", "),
            };
            let name = Style::new(BODY.size, style::TEXT_2);
            let cells = vec![
                self.typesetter
                    .lines(&[Span::new(&row.name, name)], columns[0].1),
                self.typesetter
                    .lines(&[Span::new(&value, BODY)], columns[1].1),
            ];
            self.row(&columns, cells, Vec::new(), None);
        }
    }

    /// The head of a table: one strip, repeated on each page the table goes on.
    fn head(&mut self, columns: &[(f32, f32)], titles: &[&str]) -> Rc<Strip> {
        let mut marks = Vec::new();
        let mut most = 1;
        for (&(x, width), title) in columns.iter().zip(titles) {
            let mut lines = self.typesetter.lines(&[Span::new(title, SMALL)], width);
            lines.truncate(4);
            most = most.max(lines.len());
            for (number, line) in lines.into_iter().enumerate() {
                marks.push(Mark::Text {
                    x: self.aligned(&line, x, width),
                    y: 8.0 + number as f32 * 11.0,
                    line,
                });
            }
        }
        let height = most as f32 * 11.0 + 5.0;
        marks.push(Mark::Fill {
            x: 0.0,
            y: height - 0.8,
            width: self.measure,
            height: 0.8,
            colour: style::TEXT_2,
        });
        let head = Strip {
            height,
            keep: true,
            marks,
            ..Strip::default()
        };
        self.push(head.clone());
        Rc::new(head)
    }

    /// A table's row, its cells given in lines; `first` is drawn beside the first of them.
    fn row(
        &mut self,
        columns: &[(f32, f32)],
        cells: Vec<Vec<Line>>,
        first: Vec<Mark>,
        head: Option<&Rc<Strip>>,
    ) {
        let count = cells.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let mut marks: Vec<Vec<Mark>> = vec![Vec::new(); count];
        marks[0] = first.into_iter().map(|it| it.below(PAD)).collect();
        for (&(x, width), lines) in columns.iter().zip(cells) {
            for (number, line) in lines.into_iter().enumerate() {
                let y = BASE + if number == 0 { PAD } else { 0.0 };
                marks[number].push(Mark::Text {
                    x: self.aligned(&line, x, width),
                    y,
                    line,
                });
            }
        }
        for (number, mut marks) in marks.into_iter().enumerate() {
            let last = number + 1 == count;
            let mut height = LEADING + if number == 0 { PAD } else { 0.0 };
            if last {
                height += PAD;
                let y = height - 0.5;
                marks.push(Mark::Fill {
                    x: 0.0,
                    y,
                    width: self.measure,
                    height: 0.5,
                    colour: style::LINE,
                });
            }
            let keep = !last && (count <= WHOLE_ROW_LINES || number == 0 || number + 2 == count);
            let inside = number > 0;
            self.push(Strip {
                height,
                keep,
                inside,
                marks,
                head: head.cloned(),
                ..Strip::default()
            });
        }
    }

    fn table(&mut self, table: &Table) {
        let titles: Vec<&str> = table.columns.iter().map(|it| it.name.as_str()).collect();
        if titles.is_empty() {
            return;
        }
        let mut wanted = vec![0.0_f32; titles.len()];
        for (at, title) in titles.iter().enumerate() {
            let cells = table.rows.iter().filter_map(|row| row.get(at));
            for (text, style) in
                std::iter::once((*title, SMALL)).chain(cells.map(|it| (it.as_str(), BODY)))
            {
                let lines = self
                    .typesetter
                    .lines(&[Span::new(text, style)], f32::INFINITY);
                // A hair more, so that rounding breaks no line that fits.
                let widest = lines.iter().map(|it| it.width + 0.5).fold(0.0, f32::max);
                wanted[at] = wanted[at].max(widest);
            }
        }
        let room = self.measure - GUTTER * (titles.len() - 1) as f32;
        let mut x = 0.0;
        let mut columns = Vec::new();
        for width in widths(&wanted, room) {
            columns.push((x, width));
            x += width + GUTTER;
        }
        let head = self.head(&columns, &titles);
        for row in &table.rows {
            let cells = row
                .iter()
                .zip(&columns)
                .map(|(text, &(_, width))| self.typesetter.lines(&[Span::new(text, BODY)], width))
                .collect();
            self.row(&columns, cells, Vec::new(), Some(&head));
        }
    }

    fn tasks(&mut self, tasks: &[Task]) {
        let any = |it: &dyn Fn(&Task) -> bool| tasks.iter().any(it);
        let mut titles = vec!["Action"];
        let mut widths = vec![0.0];
        for (shown, title, width) in [
            (any(&|it| !it.owners.is_empty()), "Owner", 96.0),
            (any(&|it| it.due.is_some()), "Due", 64.0),
            (any(&|it| it.priority.is_some()), "Priority", 44.0),
        ] {
            if shown {
                titles.push(title);
                widths.push(width);
            }
        }
        let taken: f32 = widths.iter().map(|it| it + GUTTER).sum::<f32>() - GUTTER;
        widths[0] = self.measure - INDENT - 2.0 - taken;
        let mut columns = Vec::new();
        let mut x = INDENT + 2.0;
        for width in widths {
            columns.push((x, width));
            x += width + GUTTER;
        }
        let head = self.head(&columns, &titles);
        for task in tasks {
            let mut action = self
                .typesetter
                .lines(&[Span::new(&task.text, BODY)], columns[0].1);
            if !task.note.is_empty() {
                action.extend(
                    self.typesetter
                        .lines(&[Span::new(&task.note, SMALL)], columns[0].1),
                );
            }
            if task.done {
                action.extend(
                    self.typesetter
                        .lines(&[Span::new("Done", SMALL)], columns[0].1),
                );
            }
            let mut cells = vec![action];
            for (title, &(_, width)) in titles.iter().zip(&columns).skip(1) {
                cells.push(match *title {
                    "Owner" => {
                        let owners = task.owners.join("\n");
                        self.typesetter.lines(&[Span::new(&owners, BODY)], width)
                    }
                    "Due" => self.due(task, width),
                    _ => {
                        let (word, style) = match task.priority {
                            Some(Priority::High) => ("High", BODY_STRONG),
                            Some(Priority::Medium) => ("Medium", BODY),
                            Some(Priority::Low) => ("Low", BODY),
                            None => ("", BODY),
                        };
                        self.typesetter.lines(&[Span::new(word, style)], width)
                    }
                });
            }
            self.row(&columns, cells, check_box(task.done), Some(&head));
        }
    }

    fn due(&mut self, task: &Task, width: f32) -> Vec<Line> {
        let Some(due) = task.due else {
            return Vec::new();
        };
        let date = date_in_words(due);
        if !task.overdue {
            return self.typesetter.lines(&[Span::new(&date, BODY)], width);
        }
        let mut lines = self.typesetter.lines(
            &[Span::new(&date, Style::new(BODY.size, style::BAD))],
            width,
        );
        lines.extend(self.typesetter.lines(
            &[Span::new("Overdue", Style::strong(SMALL.size, style::BAD))],
            width,
        ));
        lines
    }

    fn ideas(&mut self, ideas: &[IdeaLine]) {
        let voted = ideas.iter().any(|it| it.votes > 0);
        for idea in ideas {
            let votes = (idea.votes > 0).then(|| votes_in_words(idea.votes.into()));
            self.bullet(
                &[Span::new(&idea.text, BODY)],
                Some(votes.unwrap_or_default()).filter(|_| voted),
                !idea.comments.is_empty(),
            );
            for (number, it) in idea.comments.iter().enumerate() {
                let (author, text) = comment(it);
                let strong = Style::strong(8.5, style::TEXT_2);
                let plain = Style::new(8.5, style::TEXT_2);
                let x = INDENT + 10.0;
                let spans = [Span::new(&author, strong), Span::new(text, plain)];
                let lines = self.typesetter.lines(&spans, self.measure - x - VOTES);
                if number > 0 {
                    self.next_gap = 2.0;
                }
                let from = self.strips.len();
                self.running(lines, x, self.measure - x - VOTES, 12.5, Vec::new());
                for strip in &mut self.strips[from..] {
                    let y = -strip.gap;
                    let height = strip.height + strip.gap;
                    strip.marks.push(Mark::Fill {
                        x: INDENT,
                        y,
                        width: 1.2,
                        height,
                        colour: style::LINE,
                    });
                }
            }
            self.next_gap = if idea.comments.is_empty() { 3.0 } else { 6.0 };
        }
    }

    /// A bullet, its text and, at the right edge, votes.
    fn bullet(&mut self, spans: &[Span<'_>], votes: Option<String>, keep_last: bool) {
        let right = if votes.is_some() { VOTES } else { 0.0 };
        let width = self.measure - INDENT - right;
        let lines = self.typesetter.lines(spans, width);
        let rtl = lines.iter().any(|it| it.rtl);
        let dot =
            self.typesetter
                .one_line("\u{2022}", Style::new(BODY.size, style::TEXT_2), INDENT);
        let x = if rtl {
            self.measure - right - dot.width
        } else {
            3.0
        };
        let text_x = if rtl { 0.0 } else { INDENT };
        let mut first = vec![Mark::Text {
            x,
            y: BASE,
            line: dot,
        }];
        if let Some(votes) = votes.filter(|it| !it.is_empty()) {
            let votes =
                self.typesetter
                    .one_line(&votes, Style::new(8.5, style::TEXT_2), VOTES - 4.0);
            first.push(Mark::Text {
                x: self.measure - votes.width,
                y: BASE,
                line: votes,
            });
        }
        self.running(lines, text_x, width, LEADING, first);
        if keep_last && let Some(last) = self.strips.last_mut() {
            last.keep = true;
        }
        self.next_gap = 3.0;
    }

    fn distribution(&mut self, it: &Distribution) {
        self.key(&it.scale);
        let compared = it.rows.iter().any(|row| row.change.is_some());
        let since = it.since();
        let steps = format!("Answers 1 to {}", it.scale.len());
        let mut titles = vec![it.subject.as_str(), steps.as_str(), "Average"];
        let mut widths = vec![0.0, BAR, 40.0];
        if compared {
            titles.push(since.as_str());
            widths.push(74.0);
        }
        let taken: f32 = widths.iter().map(|it| it + GUTTER).sum::<f32>() - GUTTER;
        widths[0] = self.measure - taken;
        let mut columns = Vec::new();
        let mut x = 0.0;
        for width in widths {
            columns.push((x, width));
            x += width + GUTTER;
        }
        let head = self.head(&columns, &titles);
        for row in &it.rows {
            let mut subject = self
                .typesetter
                .lines(&[Span::new(&row.name, BODY_STRONG)], columns[0].1);
            if !row.statement.trim().is_empty() {
                subject.extend(
                    self.typesetter
                        .lines(&[Span::new(&row.statement, SMALL)], columns[0].1),
                );
            }
            let mut first = Vec::new();
            let mut cells = vec![subject];
            if row.responses.iter().all(|it| *it == 0) {
                let none = Style::new(BODY.size, style::TEXT_2);
                cells.push(self.typesetter.lines(&[Span::new("No answers", none)], BAR));
            } else {
                first = self.bar(row, columns[1].0);
                cells.push(Vec::new());
            }
            let average = row.average.map(average_in_words).unwrap_or_default();
            cells.push(
                self.typesetter
                    .lines(&[Span::new(&average, BODY)], columns[2].1),
            );
            if let (true, Some(change)) = (compared, row.change) {
                let (x, width) = columns[3];
                let trend = trend(change);
                let (colour, points) = match trend.word {
                    "better" => (
                        style::GOOD,
                        [(0.5, 10.0), (7.0, 3.5), (2.5, 3.5), (7.0, 3.5), (7.0, 8.0)],
                    ),
                    "worse" => (
                        style::BAD,
                        [
                            (0.5, 3.5),
                            (7.0, 10.0),
                            (2.5, 10.0),
                            (7.0, 10.0),
                            (7.0, 5.5),
                        ],
                    ),
                    _ => (
                        style::TEXT_2,
                        [(0.5, 6.8), (8.0, 6.8), (5.0, 3.8), (8.0, 6.8), (5.0, 9.8)],
                    ),
                };
                let points = points.iter().map(|(px, py)| (x + px, *py)).collect();
                first.push(Mark::Path {
                    points,
                    thickness: 0.9,
                    colour,
                });
                let words = change_in_words(change);
                let words = words.trim_start_matches(trend.arrow).trim_start();
                let style = Style::new(BODY.size, colour);
                let lines = self
                    .typesetter
                    .lines(&[Span::new(words, style)], width - 12.0);
                columns[3] = (x + 12.0, width - 12.0);
                cells.push(lines);
                self.row(&columns, cells, first, Some(&head));
                columns[3] = (x, width);
            } else {
                self.row(&columns, cells, first, Some(&head));
            }
        }
    }

    /// What the colours mean, in as many rows as are needed.
    fn key(&mut self, scale: &[String]) {
        let steps = scale.len();
        let mut x = 0.0;
        let mut marks = Vec::new();
        for (step, label) in scale.iter().enumerate() {
            let number = (step + 1).to_string();
            let label = if label.trim() == number {
                number
            } else {
                format!("{number} {label}")
            };
            let line = self.typesetter.one_line(&label, SMALL, self.measure - 13.0);
            let width = 13.0 + line.width;
            if x > 0.0 && x + width > self.measure {
                let marks = std::mem::take(&mut marks);
                self.push(Strip {
                    height: 13.0,
                    keep: true,
                    marks,
                    ..Strip::default()
                });
                x = 0.0;
            }
            let colour = style::answer(step, steps);
            marks.push(Mark::Fill {
                x,
                y: 1.5,
                width: 9.0,
                height: 9.0,
                colour,
            });
            marks.push(Mark::Text {
                x: x + 13.0,
                y: 9.0,
                line,
            });
            x += width + 16.0;
        }
        if !marks.is_empty() {
            self.push(Strip {
                height: 13.0,
                keep: true,
                marks,
                ..Strip::default()
            });
        }
        self.next_gap = 7.0;
    }

    /// A stacked bar, each part as wide as its share but never narrower than its number.
    fn bar(&mut self, row: &DistributionRow, x: f32) -> Vec<Mark> {
        let steps = row.responses.len();
        let parts: Vec<(usize, u32)> = row
            .responses
            .iter()
            .copied()
            .enumerate()
            .filter(|it| it.1 > 0)
            .collect();
        let room = BAR - (parts.len().max(1) - 1) as f32;
        let mut size = 7.5;
        let mut labels;
        loop {
            labels = Vec::new();
            for (step, count) in &parts {
                let style = Style::strong(size, style::on(style::answer(*step, steps)));
                labels.push(self.typesetter.one_line(&count.to_string(), style, BAR));
            }
            let needed: f32 = labels.iter().map(|it| it.width + 5.0).sum();
            if needed <= room || size < 2.5 {
                break;
            }
            size -= 0.5;
        }
        let minimums: Vec<f32> = labels.iter().map(|it| it.width + 5.0).collect();
        let counts: Vec<f32> = parts.iter().map(|it| it.1 as f32).collect();
        let widths = shares(&counts, &minimums, room);
        let mut marks = Vec::new();
        let mut at = x;
        for (((step, _), label), width) in parts.iter().zip(labels).zip(widths) {
            let colour = style::answer(*step, steps);
            marks.push(Mark::Fill {
                x: at,
                y: 0.8,
                width,
                height: BAR_HEIGHT,
                colour,
            });
            let y = 0.8 + (BAR_HEIGHT + size * 0.714) / 2.0;
            marks.push(Mark::Text {
                x: at + (width - label.width) / 2.0,
                y,
                line: label,
            });
            at += width + 1.0;
        }
        marks
    }
}

/// Widths of columns: what each wants where it fits, else the narrow ones what they want and the
/// wide ones equal parts of the rest. Room that is left goes to the last.
fn widths(wanted: &[f32], room: f32) -> Vec<f32> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    let mut widths = vec![0.0; wanted.len()];
    let mut rest = room.max(0.0);
    for (done, at) in order.into_iter().enumerate() {
        widths[at] = wanted[at].min(rest / (wanted.len() - done) as f32);
        rest -= widths[at];
    }
    if let Some(last) = widths.last_mut() {
        *last += rest;
    }
    widths
}

/// `room` divided by the counts, with no part below its minimum.
fn shares(counts: &[f32], minimums: &[f32], room: f32) -> Vec<f32> {
    let mut widths = vec![0.0; counts.len()];
    let mut fixed = vec![false; counts.len()];
    loop {
        let rest: f32 = room
            - widths
                .iter()
                .zip(&fixed)
                .filter(|it| *it.1)
                .map(|it| it.0)
                .sum::<f32>();
        let total: f32 = counts
            .iter()
            .zip(&fixed)
            .filter(|it| !*it.1)
            .map(|it| it.0)
            .sum();
        let mut settled = true;
        for at in 0..counts.len() {
            if fixed[at] {
                continue;
            }
            widths[at] = rest * counts[at] / total;
            if widths[at] < minimums[at] {
                widths[at] = minimums[at];
                fixed[at] = true;
                settled = false;
                break;
            }
        }
        if settled {
            return widths;
        }
    }
}

fn check_box(done: bool) -> Vec<Mark> {
    let mut marks = vec![Mark::Box {
        x: 1.0,
        y: 2.6,
        side: 8.0,
        colour: style::TEXT_2,
    }];
    if done {
        let points = vec![(2.8, 6.8), (4.4, 8.6), (7.4, 4.6)];
        marks.push(Mark::Path {
            points,
            thickness: 1.2,
            colour: style::ACCENT,
        });
    }
    marks
}

fn comment(it: &CommentLine) -> (String, &str) {
    let author = it.author.trim();
    (
        if author.is_empty() {
            String::new()
        } else {
            format!("{author}: ")
        },
        &it.text,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_share_the_room_and_nothing_is_left() {
        assert_eq!(widths(&[20.0, 30.0], 100.0), [20.0, 80.0]);
        assert_eq!(widths(&[20.0, 300.0, 500.0], 100.0), [20.0, 40.0, 40.0]);
        assert_eq!(widths(&[500.0, 10.0], 100.0), [90.0, 10.0]);
    }

    #[test]
    fn bars_are_shared_by_count_but_hold_their_numbers() {
        assert_eq!(shares(&[1.0, 3.0], &[5.0, 5.0], 100.0), [25.0, 75.0]);
        assert_eq!(shares(&[1.0, 999.0], &[10.0, 20.0], 100.0), [10.0, 90.0]);
        let widths = shares(&[4_294_967_295.0, 1.0, 1.0], &[40.0, 8.0, 8.0], 100.0);
        assert_eq!(widths, [84.0, 8.0, 8.0]);
    }
}
