//! Tables: of actions, of dimensions, of facts, or with one column of ideas in each of theirs.

use super::{HeadingRole, blocks::Row, dates, inline::plain, items, section::Section, words};

const TEXT: &[&str] = &[
    "action",
    "actions",
    "action item",
    "action items",
    "what",
    "task",
    "tasks",
    "description",
    "item",
    "to do",
    "todo",
    "step",
    "next step",
    "next steps",
    "idea",
    "card",
    "text",
    "topic",
    "summary",
];
const OWNER: &[&str] = &[
    "owner",
    "owners",
    "who",
    "assignee",
    "assignees",
    "assigned to",
    "responsible",
    "by whom",
    "person",
    "lead",
    "dri",
];
const DUE: &[&str] = &[
    "due",
    "due date",
    "deadline",
    "when",
    "by",
    "by when",
    "date",
    "target date",
    "target",
];
const STATUS: &[&str] = &["status", "done", "state", "completed", "progress"];
const PRIORITY: &[&str] = &["priority", "prio", "importance"];
const VOTES: &[&str] = &["votes", "vote", "likes", "points", "count"];
const SUBJECT: &[&str] = &[
    "dimension",
    "dimensions",
    "area",
    "category",
    "statement",
    "question",
    "indicator",
    "theme",
    "aspect",
    "health indicator",
    "topic",
    "criterion",
];
const SCORE: &[&str] = &[
    "score", "rating", "average", "avg", "mean", "result", "status", "colour", "color", "rag",
    "value", "health",
];

impl Section<'_> {
    pub(super) fn table(&mut self, rows: &[Row]) {
        let [head, data @ ..] = rows else { return };
        let heads: Vec<String> = head
            .cells
            .iter()
            .map(|it| words::normal(&plain(it)))
            .collect();
        let role = self.role;
        let done = self.facts(rows)
            || self.roti_table(&heads, data)
            || self.action_table(&heads, head, data)
            || self.dimension_table(&heads, head, data)
            || self.votes_table(&heads, head, data)
            || self.column_table(&heads, head, data);
        if done {
            return;
        }
        for row in rows {
            match role {
                Some(HeadingRole::Notes) => self.note(row.text.clone()),
                _ => self.unplaced(row.line, &row.text),
            }
        }
    }

    /// "| Date | 5 April 2021 |" and so on: every row a fact.
    fn facts(&mut self, rows: &[Row]) -> bool {
        let all = rows.iter().all(|row| {
            row.cells.len() == 2 && words::fact(&words::normal(&plain(&row.cells[0]))).is_some()
        });
        if all {
            for row in rows {
                if !self.fact(&plain(&row.cells[0]), &row.cells[1]) {
                    self.unplaced(row.line, &row.text);
                }
            }
        }
        all
    }

    fn roti_table(&mut self, heads: &[String], data: &[Row]) -> bool {
        let about_roti = self.role == Some(HeadingRole::Roti)
            || heads
                .first()
                .is_some_and(|it| words::role(it) == Some(HeadingRole::Roti));
        let Some(first) = heads.iter().position(|it| it == "1") else {
            return false;
        };
        let numbered = (0..5).all(|step| {
            heads
                .get(first + step)
                .is_some_and(|it| *it == (step + 1).to_string())
        });
        let [row] = data else { return false };
        if !about_roti || !numbered {
            return false;
        }
        let mut counts = [0; 5];
        for (step, count) in counts.iter_mut().enumerate() {
            match row.cells.get(first + step).map(|it| it.parse()) {
                Some(Ok(read)) => *count = read,
                _ => return false,
            }
        }
        if !self.set_roti(counts) {
            return false;
        }
        let average = crate::health_check::average(&counts).map(crate::document::average_in_words);
        for (place, cell) in row.cells.iter().enumerate() {
            let known = (first..first + 5).contains(&place) || Some(cell) == average.as_ref();
            if !(known || cell.is_empty() || place == 0 && words::normal(cell) == "answers") {
                self.unplaced(row.line, &plain(cell));
            }
        }
        true
    }

    fn action_table(&mut self, heads: &[String], head: &Row, data: &[Row]) -> bool {
        let place = |names: &[&str]| heads.iter().position(|it| names.contains(&it.as_str()));
        let (owner, due, status, priority) =
            (place(OWNER), place(DUE), place(STATUS), place(PRIORITY));
        let text = heads
            .iter()
            .position(|it| words::role(it) == Some(HeadingRole::Actions))
            .or_else(|| place(TEXT));
        let in_actions = self.role == Some(HeadingRole::Actions);
        let says_so = text.is_some_and(|it| words::role(&heads[it]) == Some(HeadingRole::Actions))
            && (owner.is_some() || due.is_some() || status.is_some());
        let what_and_who = text.is_some() && owner.is_some() && (due.is_some() || status.is_some());
        if !in_actions && !says_so && !what_and_who {
            return false;
        }
        let special = [owner, due, status, priority];
        let Some(text) = text.or_else(|| (0..heads.len()).find(|it| !special.contains(&Some(*it))))
        else {
            return false;
        };
        for row in data {
            let cell = |place: Option<usize>| {
                place
                    .and_then(|it| row.cells.get(it))
                    .map(|it| plain(it))
                    .unwrap_or_default()
            };
            self.action(0, row.cells.get(text).map_or("", String::as_str), None);
            let known = self.known;
            let Some(action) = self.actions.last_mut() else {
                continue;
            };
            let mut more = Vec::new();
            for (place, value) in row.cells.iter().enumerate() {
                let value = plain(value);
                let name = head
                    .cells
                    .get(place)
                    .map(|it| plain(it))
                    .unwrap_or_default();
                if place != text && !special.contains(&Some(place)) && !value.is_empty() {
                    more.push(if name.is_empty() {
                        value
                    } else {
                        format!("{name}: {value}")
                    });
                }
            }
            let owners = cell(owner);
            if !matches!(&*owners, "" | "-" | "–" | "—") {
                let people = owners.replace(" and ", ",");
                let people = people
                    .split([',', '/', '&', '+', ';', '\n'])
                    .map(|it| it.trim().trim_start_matches('@').to_owned());
                action.owners.extend(people.filter(|it| !it.is_empty()));
            }
            let date = cell(due);
            let read = dates::find(&date)
                .into_iter()
                .next()
                .filter(|it| it.range == (0..date.len()));
            match read.and_then(|it| it.date.read_after(known.order, known.meeting)) {
                Some(read) if action.due.is_none() => action.due = Some(read),
                _ if matches!(&*date, "" | "-" | "–" | "—") => {}
                _ => more.push(format!("Due: {date}")),
            }
            let said = cell(status);
            let state = words::normal(&said);
            if words::is_done(&state)
                || matches!(&*state, "yes" | "x")
                || matches!(
                    said.trim_end_matches('\u{FE0F}'),
                    "✅" | "✔" | "☑" | "✓" | "[x]" | "[X]"
                )
            {
                action.done = true;
            } else if !matches!(
                &*state,
                "open" | "no" | "todo" | "to do" | "new" | "not started" | "not done"
            ) && !matches!(&*said, "" | "-" | "–" | "[ ]" | "☐" | "❌")
            {
                more.push(said);
            }
            let said = cell(priority);
            match items::priority(&words::normal(&said)) {
                Some(read) => action.priority = Some(read),
                None if matches!(&*said, "" | "-" | "–") => {}
                None => more.push(format!("Priority: {said}")),
            }
            for line in more {
                action.text.push('\n');
                action.text.push_str(&line);
            }
        }
        self.keep_heads(heads, head, data, text);
        true
    }

    /// The head of the texts, and one that no cell stands below, are told nowhere else.
    fn keep_heads(&mut self, heads: &[String], head: &Row, data: &[Row], text: usize) {
        for (place, said) in heads.iter().enumerate() {
            let lists = [TEXT, OWNER, DUE, STATUS, PRIORITY, VOTES, SUBJECT, SCORE];
            let known = lists.iter().any(|it| it.contains(&said.as_str())) || said.is_empty();
            let used = data
                .iter()
                .any(|row| row.cells.get(place).is_some_and(|it| !it.is_empty()));
            let heads_texts = place == text && !words::is_plain_role(said);
            if !known && (!used || heads_texts) {
                self.unplaced(head.line, &plain(&head.cells[place]));
            }
        }
    }

    fn dimension_table(&mut self, heads: &[String], head: &Row, data: &[Row]) -> bool {
        let comment = |it: &str| {
            matches!(
                it,
                "comment" | "comments" | "notes" | "note" | "remarks" | "why"
            )
        };
        let trend = |it: &str| it == "trend" || it == "change" || it.starts_with("since ");
        let filled = |place: usize| {
            data.iter()
                .filter_map(move |row| row.cells.get(place))
                .filter(|it| !it.is_empty())
        };
        let steps: Vec<usize> = (1..heads.len())
            .filter(|it| {
                let said = heads[*it].as_str();
                let other = SCORE.contains(&said)
                    || comment(said)
                    || trend(said)
                    || matches!(said, "total" | "answers" | "responses");
                !other && filled(*it).count() > 0 && filled(*it).all(|it| it.parse::<u32>().is_ok())
            })
            .collect();
        let score =
            (1..heads.len()).find(|it| SCORE.contains(&heads[*it].as_str()) && !steps.contains(it));
        let numbers = steps.len() >= 2
            || score.is_some_and(|it| filled(it).count() > 0 && filled(it).all(|it| is_score(it)));
        let says_so = heads
            .first()
            .is_some_and(|it| SUBJECT.contains(&it.as_str()));
        let here = self.role == Some(HeadingRole::Dimensions)
            || self.health_check
            || matches!(
                heads.first().map(String::as_str),
                Some("dimension" | "dimensions")
            );
        if heads.len() < 2
            || !numbers
            || !(here || says_so)
            || !(2..=7).contains(&steps.len()) && score.is_none()
        {
            return false;
        }
        if (2..=7).contains(&steps.len()) && self.scale.is_empty() {
            self.scale = steps.iter().map(|it| plain(&head.cells[*it])).collect();
        }
        let labels: Vec<String> = steps.iter().map(|it| plain(&head.cells[*it])).collect();
        if labels.len() == self.scale.len() && labels != self.scale {
            self.unplaced(head.line, &head.text);
        }
        let same_scale = self.scale.len() == steps.len();
        // Where one score is a fraction, all of them are averages and none is an answer.
        let answers =
            score.is_some_and(|it| filled(it).all(|it| !it.contains('.') && !it.contains(",")));
        for row in data {
            let Some((name, rest)) = row.cells.split_first() else {
                continue;
            };
            let id = self.id();
            self.dimensions.push(crate::health_check::DimensionResult {
                id,
                name: plain(name),
                ..Default::default()
            });
            self.placed();
            let mut responses = Vec::new();
            if same_scale && !steps.is_empty() {
                let count = |place: &usize| {
                    row.cells
                        .get(*place)
                        .and_then(|it| it.parse().ok())
                        .unwrap_or(0)
                };
                responses = steps.iter().map(count).collect();
            }
            let average =
                crate::health_check::average(&responses).map(crate::document::average_in_words);
            let mut comments = Vec::new();
            for (place, cell) in (1..).zip(rest) {
                let said = heads.get(place).map(String::as_str).unwrap_or_default();
                let text = plain(cell);
                if text.is_empty() || steps.contains(&place) && same_scale {
                } else if comment(said) {
                    comments.push(text);
                } else if matches!(said, "statement" | "question" | "description") {
                    if let Some(it) = self.dimensions.last_mut() {
                        it.statement = text;
                    }
                } else if Some(&text) == average.as_ref() {
                } else {
                    let read = (Some(place) == score && answers && responses.is_empty())
                        .then(|| self.score(&text))
                        .flatten();
                    match read {
                        Some(read) => responses = read,
                        None => {
                            let name = head
                                .cells
                                .get(place)
                                .map(|it| plain(it))
                                .unwrap_or_default();
                            comments.push(if name.is_empty() {
                                text
                            } else {
                                format!("{name}: {text}")
                            });
                        }
                    }
                }
            }
            if let Some(it) = self.dimensions.last_mut() {
                it.responses = responses;
            }
            let items = self.headings.last().map(|it| it.items);
            comments
                .into_iter()
                .for_each(|it| self.dimension_comment(it));
            if let (Some(heading), Some(items)) = (self.headings.last_mut(), items) {
                heading.items = items;
            }
        }
        let kept: Vec<String> = heads
            .iter()
            .enumerate()
            .map(|(place, it)| {
                let known = steps.contains(&place) && same_scale
                    || comment(it)
                    || trend(it)
                    || matches!(
                        it.as_str(),
                        "statement"
                            | "question"
                            | "description"
                            | "total"
                            | "answers"
                            | "responses"
                    );
                if known { String::new() } else { it.clone() }
            })
            .collect();
        self.keep_dimension_heads(&kept, head, data);
        true
    }

    fn keep_dimension_heads(&mut self, heads: &[String], head: &Row, data: &[Row]) {
        for (place, said) in heads.iter().enumerate() {
            let known = said.is_empty()
                || SUBJECT.contains(&said.as_str())
                || SCORE.contains(&said.as_str());
            let used = place > 0
                && data
                    .iter()
                    .any(|row| row.cells.get(place).is_some_and(|it| !it.is_empty()));
            if !known && !used {
                self.unplaced(head.line, &plain(&head.cells[place]));
            }
        }
    }

    /// "| Idea | Votes |" below a column's heading.
    fn votes_table(&mut self, heads: &[String], head: &Row, data: &[Row]) -> bool {
        let in_column = matches!(
            self.role,
            None | Some(HeadingRole::Column | HeadingRole::Group)
        );
        let votes = heads
            .iter()
            .position(|it| VOTES.contains(&it.as_str()) || it.is_empty());
        let votes = votes.filter(|place| {
            *place > 0
                && data.iter().all(|row| {
                    row.cells
                        .get(*place)
                        .is_none_or(|it| it.is_empty() || it.parse::<u32>().is_ok())
                })
                && (VOTES.contains(&heads[*place].as_str())
                    || head.cells[*place].contains(['👍', '❤', '⭐', '+']))
        });
        let Some(votes) = votes.filter(|_| in_column) else {
            return false;
        };
        let column = heads
            .iter()
            .position(|it| matches!(it.as_str(), "column" | "category" | "list" | "type"));
        let Some(text) = (0..heads.len()).find(|it| *it != votes && Some(*it) != column) else {
            return false;
        };
        for row in data {
            if let Some(name) = column
                .and_then(|it| row.cells.get(it))
                .filter(|it| !it.is_empty())
            {
                self.open_column(&plain(name));
            }
            let count = row
                .cells
                .get(votes)
                .and_then(|it| it.parse().ok())
                .unwrap_or(0);
            let mut idea = row.cells.get(text).map(|it| plain(it)).unwrap_or_default();
            for (place, cell) in row.cells.iter().enumerate() {
                if place != votes && place != text && Some(place) != column && !cell.is_empty() {
                    let name = head
                        .cells
                        .get(place)
                        .map(|it| plain(it))
                        .unwrap_or_default();
                    let colon = if name.is_empty() { "" } else { ": " };
                    idea = [idea.as_str(), "\n", &name, colon, &plain(cell)].concat();
                }
            }
            if !idea.is_empty() {
                self.idea(idea, count);
            }
        }
        self.keep_heads(heads, head, data, text);
        true
    }

    fn column_table(&mut self, heads: &[String], head: &Row, data: &[Row]) -> bool {
        let known = heads
            .iter()
            .any(|it| words::role(it) == Some(HeadingRole::Column));
        let free =
            self.role.is_none() && self.columns.is_empty() && heads.iter().all(|it| !it.is_empty());
        let allowed = matches!(
            self.role,
            None | Some(HeadingRole::Column | HeadingRole::Group)
        );
        if !allowed || !(known || free) {
            return false;
        }
        for (place, name) in head.cells.iter().enumerate() {
            self.open_column(&plain(name));
            for cell in data.iter().filter_map(|row| row.cells.get(place)) {
                self.ideas_of_cell(cell);
            }
        }
        // Cells beyond the head's last one have no column of their own.
        for row in data {
            for cell in row
                .cells
                .iter()
                .skip(head.cells.len())
                .filter(|it| !it.is_empty())
            {
                self.unplaced(row.line, &plain(cell));
            }
        }
        true
    }

    /// A cell holds one idea a line.
    fn ideas_of_cell(&mut self, cell: &str) {
        for line in plain(cell).split('\n') {
            let line = line.trim().trim_start_matches(['-', '*', '•', ' ']);
            if !line.is_empty() {
                let (text, votes) = items::votes(line);
                self.idea(text, votes);
            }
        }
    }
}

fn is_score(text: &str) -> bool {
    let said = words::normal(text);
    let number = text
        .split(['/', ' '])
        .next()
        .unwrap_or_default()
        .replace(',', ".");
    number.parse::<f64>().is_ok()
        || matches!(text, "🔴" | "🟡" | "🟠" | "🟢")
        || matches!(&*said, "red" | "yellow" | "amber" | "green" | "orange")
}
