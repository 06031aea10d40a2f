//! One summary read from the blocks between its heading and the next one's.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::{
    HeadingRole, ImportedHeading, UnplacedLine,
    blocks::{Block, Kind},
    dates::{self},
    inline::plain,
    items::{self, Known},
    words::{self, Fact},
};
use crate::{
    Action, Comment, HealthCheck, Retrospective, Summary,
    health_check::{DimensionResult, MOST_STEPS},
    retrospective::{Agreement, Column, Entry, Group, Idea, Kudo, Roti},
    title::date_in_words,
};

/// Roles chosen by the user, by heading id.
pub type Choices = HashMap<String, HeadingRole>;

/// What follows a heading, up to the next one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Below {
    pub items: bool,
    pub text: bool,
}

pub struct Section<'a> {
    choices: &'a Choices,
    pub(super) known: Known,
    pub title: String,
    facilitator: String,
    participants: Vec<String>,
    pub(super) columns: Vec<Column>,
    pub(super) actions: Vec<Action>,
    agreements: Vec<Agreement>,
    kudos: Vec<Kudo>,
    roti: Option<Roti>,
    pub(super) dimensions: Vec<DimensionResult>,
    pub(super) scale: Vec<String>,
    notes: Vec<String>,
    pub unplaced: Vec<UnplacedLine>,
    pub headings: Vec<ImportedHeading>,
    /// The heading says that this is a health check.
    pub(super) health_check: bool,
    pub(super) role: Option<HeadingRole>,
    /// Level of the heading that gave the role, and of the column around a group.
    level: u8,
    column_level: u8,
    /// Column that ideas go to.
    column: Option<usize>,
    /// Whether ideas go to the column's last group, and whether an item opened it.
    in_group: bool,
    group_is_item: bool,
    below: Below,
    last: Last,
    /// Indents of the items around the next one.
    indents: Vec<usize>,
    last_id: u32,
}

/// Where an item's own items go.
#[derive(Clone, Copy, PartialEq)]
enum Last {
    Nothing,
    Idea,
    Action,
    Agreement,
    Kudo,
    Dimension,
    Note,
}

impl<'a> Section<'a> {
    pub fn new(choices: &'a Choices, known: Known) -> Self {
        Self {
            choices,
            known,
            title: String::new(),
            facilitator: String::new(),
            participants: Vec::new(),
            columns: Vec::new(),
            actions: Vec::new(),
            agreements: Vec::new(),
            kudos: Vec::new(),
            roti: None,
            dimensions: Vec::new(),
            scale: Vec::new(),
            notes: Vec::new(),
            unplaced: Vec::new(),
            headings: Vec::new(),
            health_check: false,
            role: None,
            level: 0,
            column_level: 0,
            column: None,
            in_group: false,
            group_is_item: false,
            below: Below::default(),
            last: Last::Nothing,
            indents: Vec::new(),
            last_id: 0,
        }
    }

    pub(super) fn id(&mut self) -> String {
        self.last_id += 1;
        format!("i{}", self.last_id)
    }

    pub(super) fn placed(&mut self) {
        if let Some(heading) = self.headings.last_mut() {
            heading.items = heading.items.saturating_add(1);
        }
    }

    pub fn unplaced(&mut self, line: u32, text: &str) {
        self.unplaced.push(UnplacedLine {
            line,
            text: text.to_owned(),
        });
        self.notes.push(text.to_owned());
    }

    pub(super) fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    /// The heading the section starts with.
    pub fn start(&mut self, line: u32, text: &str, below: Below) {
        let text = plain(text);
        let said = words::normal(&text);
        let titled = std::mem::take(&mut self.title);
        let dated = self.known.meeting;
        let mut dates = dates::find(&text);
        dates.retain(|it| it.date.read(self.known.order).is_some());
        match &dates[..] {
            [only] => {
                self.known.meeting = only.date.read(self.known.order);
                self.title =
                    title([&text[..only.range.start], " ", &text[only.range.end..]].concat());
            }
            // Of a period, the meeting stands at its end.
            [.., last] => {
                self.known.meeting = last.date.read(self.known.order);
                self.title = title(text.clone());
            }
            [] => self.title = title(text.clone()),
        }
        self.keep_earlier(titled, dated);
        self.column = None;
        self.in_group = false;
        self.level = 0;
        self.health_check = words::is_health_check(&said);
        self.role = words::role(&said).filter(|it| {
            matches!(
                it,
                HeadingRole::Actions | HeadingRole::Dimensions | HeadingRole::Kudos
            )
        });
        self.below = below;
        let heading_id = heading_id(&text);
        self.headings.push(ImportedHeading {
            heading_id,
            line,
            text,
            role: HeadingRole::Summary,
            items: 0,
        });
    }

    /// Title and date that were told above the heading, where the heading tells others.
    fn keep_earlier(&mut self, title: String, date: Option<NaiveDate>) {
        if self.title.is_empty() {
            self.title = title;
        } else if !words::normal(&self.title).contains(&words::normal(&title)) {
            self.note(title);
        }
        if let Some(date) = date.filter(|it| self.known.meeting != Some(*it)) {
            self.note(date_in_words(date));
        }
    }

    pub fn block(&mut self, block: &Block, next: Option<&Block>, below: Below) {
        match &block.kind {
            Kind::Heading { level, text } => self.heading(block.line, *level, text, below),
            Kind::Item {
                indent,
                text,
                checked,
            } => {
                let parent = matches!(next, Some(Block { kind: Kind::Item { indent: deeper, .. }, .. }) if *deeper > *indent + 1);
                self.item(block.line, *indent, text, *checked, parent);
            }
            Kind::Text(text) => self.text(block.line, text),
            Kind::Table(rows) => {
                self.indents.clear();
                self.table(rows);
            }
            Kind::Verbatim(text) => match self.role {
                Some(HeadingRole::Notes) => self.note(text.clone()),
                _ => self.unplaced(block.line, text),
            },
            Kind::Fact { key, value } => {
                if !self.fact(key, value) {
                    self.unplaced(block.line, &format!("{key}: {value}"));
                }
            }
        }
    }

    fn guess(&self, said: &str, level: u8, below: Below) -> HeadingRole {
        use HeadingRole::{Actions, Agreements, Column, Dimensions, Group, Kudos, Notes};
        if let Some(role) = words::role(said) {
            return role;
        }
        match self.role {
            Some(Column) if level > self.level => Group,
            Some(Group) if level > self.column_level => Group,
            Some(role @ (Dimensions | Actions | Agreements | Kudos | Notes))
                if level > self.level && self.level > 0 =>
            {
                role
            }
            Some(Dimensions) => Dimensions,
            _ if self.health_check && self.level == 0 => Dimensions,
            _ if below.items => Column,
            _ if below.text => Notes,
            _ => Column,
        }
    }

    fn heading(&mut self, line: u32, level: u8, raw: &str, below: Below) {
        let text = plain(raw);
        let said = words::normal(&text);
        let heading_id = heading_id(&text);
        let chosen = self.choices.get(&heading_id).copied();
        let role = chosen
            .filter(|it| *it != HeadingRole::Summary)
            .unwrap_or_else(|| self.guess(&said, level, below));
        let named = text.trim_end_matches(':').trim().to_owned();
        let nested = self.role == Some(role) && level > self.level && self.level > 0;
        self.headings.push(ImportedHeading {
            heading_id,
            line,
            text,
            role,
            items: 0,
        });
        self.below = below;
        self.last = Last::Nothing;
        self.indents.clear();
        self.group_is_item = false;
        match role {
            HeadingRole::Column => self.open_column(&named),
            HeadingRole::Group if self.column.is_some() && said == "other ideas" => {
                self.in_group = false;
            }
            HeadingRole::Group if self.column.is_some() => {
                let (title, votes) = items::votes(&named);
                let title = if votes == 0 { title } else { named };
                self.open_group(title);
            }
            HeadingRole::Group => self.open_column(&named),
            HeadingRole::Dimensions if words::role(&said) != Some(HeadingRole::Dimensions) => {
                self.dimension(&named);
            }
            _ if !words::is_plain_role(&said) && !named.is_empty() => self.note(named),
            _ => {}
        }
        if role == HeadingRole::Group {
            if self.role != Some(HeadingRole::Group) {
                self.column_level = self.level;
            }
            self.level = level;
        } else if !nested {
            self.level = level;
            self.column_level = level;
        }
        self.role = Some(if role == HeadingRole::Summary {
            HeadingRole::Notes
        } else {
            role
        });
    }

    /// The column of this title; a new one where there is none.
    pub(super) fn open_column(&mut self, title: &str) {
        self.in_group = false;
        let same = |it: &Column| it.title.to_lowercase() == title.to_lowercase();
        // Few columns have a title twice; a search for each of thousands would take long.
        let near = self.columns.len().saturating_sub(20);
        self.column = self.columns[near..]
            .iter()
            .position(same)
            .map(|it| it + near);
        if self.column.is_none() {
            let id = self.id();
            self.columns.push(Column {
                id,
                title: title.to_owned(),
                entries: Vec::new(),
            });
            self.column = Some(self.columns.len() - 1);
        }
    }

    fn open_group(&mut self, title: String) {
        let id = self.id();
        if let Some(column) = self.column.and_then(|it| self.columns.get_mut(it)) {
            column.entries.push(Entry::Group(Group {
                id,
                title,
                ideas: Vec::new(),
            }));
            self.in_group = true;
        }
    }

    fn dimension(&mut self, name: &str) {
        let id = self.id();
        let name = name.to_owned();
        self.dimensions.push(DimensionResult {
            id,
            name,
            ..DimensionResult::default()
        });
        self.last = Last::Dimension;
    }

    pub(super) fn idea(&mut self, text: String, votes: u32) {
        if self.column.is_none() {
            self.open_column("Ideas");
        }
        let idea = Idea {
            id: self.id(),
            text,
            votes,
            comments: Vec::new(),
        };
        let in_group = self.in_group;
        if let Some(column) = self.column.and_then(|it| self.columns.get_mut(it)) {
            match column.entries.last_mut() {
                Some(Entry::Group(group)) if in_group => group.ideas.push(idea),
                _ => column.entries.push(Entry::Idea(idea)),
            }
        }
        self.last = Last::Idea;
        self.placed();
    }

    fn item(&mut self, line: u32, indent: usize, raw: &str, checked: Option<bool>, parent: bool) {
        if raw.is_empty() && checked.is_none() {
            return;
        }
        // A list may be out of line by one space.
        while self.indents.last().is_some_and(|it| *it + 1 >= indent) {
            self.indents.pop();
        }
        let depth = self.indents.len();
        self.indents.push(indent);
        if depth == 0 && self.group_is_item {
            self.in_group = false;
            self.group_is_item = false;
        }
        let child_of_group = depth == 1 && self.group_is_item;
        if depth > 0 && !child_of_group && self.last != Last::Nothing {
            return self.child(raw, checked);
        }
        if self.role.is_none() && self.fact_or_property(line, raw) {
            self.last = Last::Nothing;
            return;
        }
        match self.role {
            None if checked.is_some() => self.action(line, raw, checked),
            None | Some(HeadingRole::Summary | HeadingRole::Column | HeadingRole::Group) => {
                self.idea_or_group(raw, checked, parent && depth == 0);
            }
            Some(HeadingRole::Actions) => self.action(line, raw, checked),
            Some(HeadingRole::Agreements) => {
                let agreement = Agreement {
                    id: self.id(),
                    text: plain(raw),
                };
                self.agreements.push(agreement);
                self.last = Last::Agreement;
                self.placed();
            }
            Some(HeadingRole::Kudos) => self.kudo(raw),
            Some(HeadingRole::Participants) => self.people(raw),
            Some(HeadingRole::Dimensions) => {
                if !self.label_fact_of_meeting(raw) {
                    self.dimension_item(line, raw);
                }
            }
            Some(HeadingRole::Roti) => self.roti_line(line, raw),
            Some(HeadingRole::Notes) => {
                let text = plain(raw);
                self.note(["- ", &text].concat());
                self.last = Last::Note;
                self.placed();
            }
        }
    }

    fn idea_or_group(&mut self, raw: &str, checked: Option<bool>, parent: bool) {
        let bold = raw.len() > 4 && raw.starts_with("**") && raw.ends_with("**");
        if parent && checked.is_none() && (raw.ends_with(':') || raw.ends_with(":**") || bold) {
            if self.column.is_none() {
                self.open_column("Ideas");
            }
            self.open_group(plain(raw).trim_end_matches(':').trim().to_owned());
            self.group_is_item = true;
            self.last = Last::Nothing;
            return;
        }
        let (text, votes) = items::votes(raw);
        let text = match checked {
            Some(true) => [&text, " (done)"].concat(),
            _ => text,
        };
        self.idea(text, votes);
    }

    /// An item below another one.
    fn child(&mut self, raw: &str, checked: Option<bool>) {
        let id = self.id();
        let comment = || Comment {
            id,
            author: String::new(),
            text: plain(raw),
        };
        match self.last {
            Last::Idea => {
                let in_group = self.in_group;
                let column = self.column.and_then(|it| self.columns.get_mut(it));
                let idea = match column.and_then(|it| it.entries.last_mut()) {
                    Some(Entry::Group(group)) if in_group => group.ideas.last_mut(),
                    Some(Entry::Idea(idea)) => Some(idea),
                    _ => None,
                };
                match idea {
                    Some(idea) => idea.comments.push(comment()),
                    None => self.note(plain(raw)),
                }
            }
            Last::Action if checked.is_some() => self.action(0, raw, checked),
            Last::Action => {
                let known = self.known;
                if let Some(action) = self.actions.last_mut()
                    && !items::fact_of_action(raw, action, known)
                {
                    append(&mut action.text, &["- ", &plain(raw)].concat());
                }
            }
            Last::Agreement => {
                if let Some(it) = self.agreements.last_mut() {
                    append(&mut it.text, &plain(raw));
                }
            }
            Last::Kudo => {
                if let Some(it) = self.kudos.last_mut() {
                    append(&mut it.text, &plain(raw));
                }
            }
            Last::Dimension => self.dimension_item(0, raw),
            Last::Note | Last::Nothing => self.note(["  - ", &plain(raw)].concat()),
        }
    }

    pub(super) fn action(&mut self, line: u32, raw: &str, checked: Option<bool>) {
        let nothing = matches!(
            &*words::normal(raw),
            "none" | "no actions" | "na" | "n a" | "nothing" | "no action items" | "none this time"
        );
        if nothing && line > 0 {
            return self.unplaced(line, &plain(raw));
        }
        let id = self.id();
        let action = items::action(raw, checked, self.known);
        self.actions.push(Action { id, ..action });
        self.last = Last::Action;
        self.placed();
    }

    fn kudo(&mut self, raw: &str) {
        let id = self.id();
        self.kudos.push(Kudo {
            id,
            ..items::kudo(raw)
        });
        self.last = Last::Kudo;
        self.placed();
    }

    fn people(&mut self, list: &str) {
        let list = plain(list).replace(" and ", ",");
        for name in list.split([',', ';', '\n', '/', '&', '|']) {
            let name = name.trim().trim_start_matches('@').trim_end_matches('.');
            if !name.is_empty() {
                self.participants.push(name.to_owned());
            }
        }
        self.placed();
    }

    fn text(&mut self, line: u32, raw: &str) {
        self.indents.clear();
        if self.label_fact(raw) {
            return;
        }
        let text = plain(raw);
        match self.role {
            None | Some(HeadingRole::Summary) if items::thanks(&text).is_some() => self.kudo(raw),
            Some(HeadingRole::Column | HeadingRole::Group) => self.idea_or_group(raw, None, false),
            Some(HeadingRole::Actions) if !self.below.items => self.action(line, raw, None),
            Some(HeadingRole::Agreements) if !self.below.items => {
                let id = self.id();
                self.agreements.push(Agreement { id, text });
                self.placed();
            }
            Some(HeadingRole::Kudos) => self.kudo(raw),
            Some(HeadingRole::Participants) if text.len() < 500 => self.people(raw),
            Some(HeadingRole::Roti) => self.roti_line(line, raw),
            Some(HeadingRole::Dimensions) if self.last == Last::Dimension => {
                self.dimension_item(line, raw)
            }
            Some(HeadingRole::Notes) => {
                self.note(text);
                self.placed();
            }
            _ => self.unplaced(line, &text),
        }
        if !matches!(self.role, Some(HeadingRole::Dimensions)) {
            self.last = Last::Nothing;
        }
    }

    /// An item above all columns: a fact of the meeting, or one that drafts have no place for.
    fn fact_or_property(&mut self, line: u32, raw: &str) -> bool {
        if self.label_fact(raw) {
            return true;
        }
        let property = words::label(raw).is_some_and(|(key, _)| {
            let key = words::normal(key);
            words::fact(&key).is_some() || words::is_property(&key)
        });
        if property {
            self.unplaced(line, &plain(raw));
        }
        property
    }

    fn label_fact(&mut self, raw: &str) -> bool {
        words::label(raw).is_some_and(|(key, value)| self.fact(key, value))
    }

    /// Like `label_fact`, but leaves alone what may be the name of a dimension.
    fn label_fact_of_meeting(&mut self, raw: &str) -> bool {
        words::label(raw).is_some_and(|(key, value)| {
            matches!(
                words::fact(&words::normal(key)),
                Some(Fact::Date | Fact::Facilitator | Fact::Participants)
            ) && self.fact(key, value)
        })
    }

    /// Takes a fact of the meeting, unless it is known already or cannot be read.
    pub(super) fn fact(&mut self, key: &str, value: &str) -> bool {
        let value = plain(value);
        if value.is_empty() {
            return false;
        }
        match words::fact(&words::normal(key)) {
            Some(Fact::Title) if self.title.is_empty() => self.title = value,
            Some(Fact::Date) => {
                let whole = |(range, date): (std::ops::Range<usize>, NaiveDate)| {
                    let rest = [&value[..range.start], &value[range.end..]].concat();
                    (!rest.chars().any(char::is_alphanumeric) || is_weekday(&rest)).then_some(date)
                };
                match dates::first(&value, self.known.order).and_then(whole) {
                    Some(date) if self.known.meeting.is_none_or(|it| it == date) => {
                        self.known.meeting = Some(date);
                    }
                    _ => return false,
                }
            }
            Some(Fact::Facilitator) if self.facilitator.is_empty() => self.facilitator = value,
            Some(Fact::Participants) if value.len() < 2000 => {
                let before = self.headings.last().map(|it| it.items);
                self.people(&value);
                if let (Some(heading), Some(items)) = (self.headings.last_mut(), before) {
                    heading.items = items;
                }
            }
            Some(Fact::Roti) => match roti(&value) {
                Some(roti) if self.roti.is_none() => self.roti = Some(roti),
                _ => return false,
            },
            _ => return false,
        }
        true
    }

    fn roti_line(&mut self, line: u32, raw: &str) {
        let text = plain(raw);
        match (roti(&text), self.roti) {
            (Some(read), None) => self.roti = Some(read),
            (Some(read), Some(known))
                if read
                    .counts
                    .iter()
                    .zip(known.counts)
                    .all(|(read, known)| *read == 0 || known == 0) =>
            {
                let mut counts = known.counts;
                counts
                    .iter_mut()
                    .zip(read.counts)
                    .for_each(|(sum, read)| *sum += read);
                self.roti = Some(Roti { counts });
            }
            _ => return self.unplaced(line, &text),
        }
        self.placed();
    }

    pub(super) fn set_roti(&mut self, counts: [u32; 5]) -> bool {
        let new = self.roti.is_none();
        if new {
            self.roti = Some(Roti { counts });
            self.placed();
        }
        new
    }

    /// "Code quality: 4", "Code quality: 🟢", or a comment on the dimension above.
    fn dimension_item(&mut self, line: u32, raw: &str) {
        let text = plain(raw);
        let nested = self.last == Last::Dimension && self.indents.len() > 1 || line == 0;
        let (name, value) = match words::label(&text) {
            Some((name, value)) => (name.to_owned(), value.to_owned()),
            None => match text.split_once(" - ").or_else(|| text.split_once(" – ")) {
                Some((name, value)) if !nested => (name.trim().to_owned(), value.trim().to_owned()),
                _ => (text.clone(), String::new()),
            },
        };
        let under_heading = self.headings.last().is_some_and(|it| {
            self.dimensions
                .last()
                .is_some_and(|last| last.name == it.text.trim_end_matches(':'))
        });
        if (nested || under_heading) && self.last == Last::Dimension {
            let said = words::normal(&name);
            let is_score = matches!(
                &*said,
                "score" | "rating" | "result" | "average" | "colour" | "color" | "status"
            );
            if let Some(responses) = is_score.then(|| self.score(&value)).flatten() {
                if let Some(dimension) = self
                    .dimensions
                    .last_mut()
                    .filter(|it| it.responses.is_empty())
                {
                    dimension.responses = responses;
                    return self.placed();
                }
            } else if let (Ok(count), false) = (value.parse::<u32>(), value.is_empty()) {
                let known = self.scale.iter().position(|it| words::normal(it) == said);
                let step = known.unwrap_or(self.scale.len());
                if step < MOST_STEPS
                    && let Some(dimension) = self.dimensions.last_mut()
                {
                    if known.is_none() {
                        self.scale.push(name.clone());
                    }
                    dimension
                        .responses
                        .resize(dimension.responses.len().max(step + 1), 0);
                    dimension.responses[step] = dimension.responses[step].saturating_add(count);
                    return self.placed();
                }
            }
            return self.dimension_comment(text);
        }
        let counts: Vec<u32> = value
            .split([',', '/', ' ', '|'])
            .filter(|it| !it.is_empty())
            .map_while(|it| it.parse().ok())
            .collect();
        let all_counts = counts.len()
            == value
                .split([',', '/', ' ', '|'])
                .filter(|it| !it.is_empty())
                .count();
        let score = self.score(&value);
        self.dimension(&name);
        self.placed();
        let steps = self.scale.len();
        if let Some(dimension) = self.dimensions.last_mut() {
            if let Some(responses) = score {
                dimension.responses = responses;
            } else if all_counts && counts.len() > 2 && counts.len() == steps {
                dimension.responses = counts;
            } else if !value.is_empty() {
                self.dimension_comment(value);
            }
        }
    }

    pub(super) fn dimension_comment(&mut self, text: String) {
        let comment = Comment {
            id: self.id(),
            author: String::new(),
            text,
        };
        if let Some(dimension) = self.dimensions.last_mut() {
            dimension.comments.push(comment);
        }
        self.placed();
    }

    /// One answer, from "4", "4/5" or a colour; sets the scale where there is none.
    pub(super) fn score(&mut self, value: &str) -> Option<Vec<u32>> {
        let said = words::normal(value);
        let colour = match value.trim() {
            "🔴" => Some(0),
            "🟡" | "🟠" => Some(1),
            "🟢" => Some(2),
            _ => match &*said {
                "red" => Some(0),
                "yellow" | "amber" | "orange" => Some(1),
                "green" => Some(2),
                _ => None,
            },
        };
        let (step, steps) = match colour {
            Some(step) => (step, 3),
            None => {
                let (step, steps) = match value.split_once('/').or_else(|| value.split_once(" of "))
                {
                    Some((step, steps)) => (step.trim(), steps.trim().parse().ok()?),
                    None => (value.trim(), self.scale.len().max(5)),
                };
                (step.parse::<usize>().ok().filter(|it| *it >= 1)? - 1, steps)
            }
        };
        if step >= steps
            || !(2..=7).contains(&steps)
            || !(self.scale.is_empty() || self.scale.len() == steps)
        {
            return None;
        }
        if self.scale.is_empty() {
            self.scale = match colour {
                Some(_) => ["Red", "Yellow", "Green"].map(str::to_owned).to_vec(),
                None => (1..=steps).map(|it| it.to_string()).collect(),
            };
        }
        let mut responses = vec![0; steps];
        responses[step] = 1;
        Some(responses)
    }

    /// The summary, with the lines that are its notes.
    pub fn finish(mut self) -> (Summary, Vec<ImportedHeading>, Vec<UnplacedLine>) {
        self.close_columns();
        let ideas = self.columns.iter().any(|it| !it.entries.is_empty());
        let summary = if !self.dimensions.is_empty() || self.health_check && !ideas {
            self.notes_of_check();
            let steps = self
                .dimensions
                .iter()
                .map(|it| it.responses.len())
                .max()
                .unwrap_or(0);
            for step in self.scale.len()..steps {
                self.scale.push((step + 1).to_string());
            }
            let steps = self.scale.len();
            for dimension in &mut self.dimensions {
                dimension.responses.resize(steps, 0);
            }
            Summary::HealthCheck(HealthCheck {
                title: self.title,
                date: self.known.meeting,
                facilitator: self.facilitator,
                participants: self.participants,
                scale: self.scale,
                dimensions: self.dimensions,
                actions: self.actions,
                notes: self.notes.join("\n"),
                ..HealthCheck::default()
            })
        } else {
            Summary::Retrospective(Retrospective {
                title: self.title,
                date: self.known.meeting,
                facilitator: self.facilitator,
                participants: self.participants,
                columns: self.columns,
                actions: self.actions,
                agreements: self.agreements,
                kudos: self.kudos,
                roti: self.roti.unwrap_or_default(),
                notes: self.notes.join("\n"),
            })
        };
        (summary, self.headings, self.unplaced)
    }

    /// A heading that only stood above others is no column; its words are kept as a note.
    fn close_columns(&mut self) {
        for column in &mut self.columns {
            for entry in &mut column.entries {
                if let Entry::Group(group) = entry {
                    without_sum(group);
                }
            }
        }
        let (kept, empty): (Vec<Column>, Vec<Column>) = std::mem::take(&mut self.columns)
            .into_iter()
            .partition(|it| {
                !it.entries.is_empty() || words::is_plain_role(&words::normal(&it.title))
            });
        self.columns = kept;
        self.notes.extend(empty.into_iter().map(|it| it.title));
    }

    /// What a health check has no place for.
    fn notes_of_check(&mut self) {
        for column in std::mem::take(&mut self.columns) {
            self.notes.push(column.title);
            for entry in column.entries {
                let (title, ideas) = match entry {
                    Entry::Idea(idea) => (None, vec![idea]),
                    Entry::Group(group) => (Some(group.title), group.ideas),
                };
                self.notes.extend(title);
                for idea in ideas {
                    let votes = match idea.votes {
                        0 => String::new(),
                        votes => format!(" ({})", crate::document::votes_in_words(votes.into())),
                    };
                    self.notes.push(format!("- {}{votes}", idea.text));
                    self.notes.extend(
                        idea.comments
                            .into_iter()
                            .map(|it| format!("  - {}", it.text)),
                    );
                }
            }
        }
        self.notes.extend(
            std::mem::take(&mut self.agreements)
                .into_iter()
                .map(|it| it.text),
        );
        for kudo in std::mem::take(&mut self.kudos) {
            let line = crate::document::KudoLine {
                to: kudo.to,
                from: kudo.from,
                text: kudo.text,
            };
            self.notes
                .push(format!("{} {}", line.names(), line.text).trim().to_owned());
        }
        if let Some(roti) = self.roti {
            let counts: Vec<String> = roti.counts.iter().map(u32::to_string).collect();
            self.notes.push(format!(
                "Return on time invested, 1 to 5: {}",
                counts.join(", ")
            ));
        }
    }
}

fn append(text: &mut String, line: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(line);
}

/// "Reviews, 11 votes" is the title "Reviews" where its ideas have 11 votes.
fn without_sum(group: &mut Group) {
    let sum: u64 = group.ideas.iter().map(|it| u64::from(it.votes)).sum();
    let (title, votes) = items::votes(&group.title);
    if votes > 0 && u64::from(votes) == sum {
        group.title = title;
    }
}

fn is_weekday(text: &str) -> bool {
    let said = words::normal(text);
    [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ]
    .iter()
    .any(|it| *it == said || it[..3] == said)
}

/// A heading without its date, trimmed to its words.
fn title(text: String) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = ["( )", "()", "[ ]", "[]"]
        .iter()
        .fold(words, |text, it| text.replace(it, " "));
    let edges = [' ', '-', '–', '—', ':', '|', ',', ';', '/', '·', '.'];
    let mut title = text.trim_matches(edges);
    for word in [" of", " on", " from", " for", " date", " held"] {
        title = title
            .strip_suffix(word)
            .unwrap_or(title)
            .trim_end_matches(edges);
    }
    title.to_owned()
}

/// The words of a heading without its numbers, so that dated ones share an id.
pub fn heading_id(text: &str) -> String {
    let mut words = String::new();
    let mut rest = 0;
    for found in dates::find(text) {
        words.push_str(&text[rest..found.range.start]);
        words.push(' ');
        rest = found.range.end;
    }
    words.push_str(&text[rest..]);
    let said = words::normal(&words);
    let id: Vec<&str> = said
        .split(' ')
        .filter(|it| !it.bytes().all(|it| it.is_ascii_digit()))
        .collect();
    items::window(&id.join("-"), 200).to_owned()
}

/// "5 4 4 3", "1: 0, 2: 1, 3: 4, 4: 2, 5: 1" or "5 x 3". An average alone tells no counts.
fn roti(text: &str) -> Option<Roti> {
    if text.len() > 500 {
        return None;
    }
    let mut counts = [0u32; 5];
    let pairs: Vec<&str> = text
        .split([',', ';', '|', '\n'])
        .map(str::trim)
        .filter(|it| !it.is_empty())
        .collect();
    let mut read = 0;
    for pair in &pairs {
        let Some((points, count)) = pair
            .split_once([':', '=', 'x', '×'])
            .or_else(|| pair.split_once(" - "))
        else {
            break;
        };
        let number = |text: &str| {
            let words = words::normal(text);
            let mut parts = words.split(' ');
            let number = parts.next()?.parse::<u32>().ok()?;
            let unit = parts.all(|it| {
                matches!(
                    it,
                    "point"
                        | "points"
                        | "star"
                        | "stars"
                        | "people"
                        | "vote"
                        | "votes"
                        | "person"
                        | "answers"
                )
            });
            unit.then_some(number)
        };
        let step = number(points).filter(|it| (1..=5).contains(it))? as usize - 1;
        counts[step] = counts[step].saturating_add(number(count)?);
        read += 1;
    }
    if read > 0 {
        return (read == pairs.len()).then_some(Roti { counts });
    }
    let points: Vec<&str> = text
        .split([',', ' ', ';'])
        .filter(|it| !it.is_empty())
        .collect();
    if points.len() < 2 {
        return None;
    }
    for point in points {
        let step = point
            .parse::<usize>()
            .ok()
            .filter(|it| (1..=5).contains(it))?
            - 1;
        counts[step] += 1;
    }
    Some(Roti { counts })
}
