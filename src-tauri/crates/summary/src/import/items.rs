//! One item of a list: as an action with owners and date, an idea with votes, or thanks.

use chrono::NaiveDate;

use super::{DateOrder, dates, inline::plain, words};
use crate::{Action, Priority, retrospective::Kudo};

/// What is known beside the item itself.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    pub order: DateOrder,
    /// The day of the meeting: a due date without a year is the next one after it.
    pub meeting: Option<NaiveDate>,
}

/// How far from its end a text is searched for facts.
const TAIL: usize = 300;

/// An action; what cannot surely be told from its text stays in the text.
pub fn action(raw: &str, checked: Option<bool>, known: Known) -> Action {
    let mut action = Action {
        done: checked == Some(true),
        ..Action::default()
    };
    let struck = struck(raw, &mut action);
    let (text, status) = emphasised_status(&struck, &mut action);
    let text = plain(&text);
    let whole = text.clone();
    let text = without_done_prefix(&text, &mut action).to_owned();
    let mut text = text.as_str();
    for _ in 0..8 {
        let shorter = trimmed(text);
        let shorter = done_suffix(shorter, &mut action)
            .or_else(|| bracket_suffix(shorter, &mut action, known))
            .or_else(|| due_suffix(shorter, &mut action, known))
            .or_else(|| labelled_suffix(shorter, &mut action, known))
            .or_else(|| arrow_suffix(shorter, &mut action))
            .or_else(|| mention_suffix(shorter, &mut action));
        match shorter {
            Some(shorter) => text = shorter,
            None => break,
        }
    }
    let text = if action.owners.is_empty() {
        mentions(text, &mut action)
    } else {
        text
    };
    let text = text
        .trim_end_matches([' ', ',', ';', '-', '–', '—', '|'])
        .trim();
    action.text = if text.chars().any(char::is_alphanumeric) {
        text.to_owned()
    } else {
        // Nothing but facts: they are the text.
        action.owners.clear();
        whole
    };
    if let Some(status) = status {
        action.text = format!("{} ({status})", action.text.trim_end());
    }
    action
}

fn trimmed(text: &str) -> &str {
    let text = text.trim_end_matches([' ', '\n', ',', ';', '|', '\u{FE0F}']);
    // "Write tests (Tom)." says the same as without the dot.
    text.strip_suffix('.')
        .filter(|it| it.ends_with([')', ']']))
        .unwrap_or(text)
}

fn struck(raw: &str, action: &mut Action) -> String {
    if let Some((inside, rest)) = raw
        .trim()
        .strip_prefix("~~")
        .and_then(|it| it.split_once("~~"))
        && !inside.trim().is_empty()
    {
        action.done = true;
        return [inside, rest].concat();
    }
    raw.to_owned()
}

/// Takes out `**completed**` and the like. A status the draft has no place for comes back, to be
/// put behind the text.
fn emphasised_status(text: &str, action: &mut Action) -> (String, Option<String>) {
    let dashes = [' ', '-', '–', '—'];
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(['*', '_']) {
        let mark = rest[start..].starts_with("**") || rest[start..].starts_with("__");
        let mark = &rest[start..start + if mark { 2 } else { 1 }];
        let inside = &rest[start + mark.len()..];
        let content = window(inside, 80)
            .find(mark)
            .map(|end| inside[..end].trim());
        let Some(content) = content.filter(|it| !it.is_empty() && !it.contains(['*', '_'])) else {
            kept.push_str(&rest[..start + mark.len()]);
            rest = inside;
            continue;
        };
        let after_mark = window(inside, 80)
            .find(mark)
            .map_or(inside, |end| &inside[end + mark.len()..]);
        let said = words::normal(content);
        let last = after_mark.trim().is_empty();
        let before = words::normal(tail(if start == 0 { &kept } else { &rest[..start] }, 30));
        let denied = [
            "not",
            "partially",
            "partly",
            "almost",
            "half",
            "never",
            "nearly",
            "isnt",
        ]
        .iter()
        .any(|it| before.split(' ').next_back() == Some(it));
        if words::is_done(&said) && !denied {
            action.done = true;
            kept.push_str(&rest[..start]);
            kept.truncate(kept.trim_end_matches(dashes).len());
            if !last {
                let between = if kept.is_empty() { "" } else { " - " };
                kept.push_str(&[between, content].concat());
                if !after_mark.starts_with([' ', ',', ':', '.', ';', ')']) {
                    kept.push(' ');
                }
            }
        } else if last && (words::is_open(&said) || mark.len() == 1 && content.len() <= 60) {
            kept.push_str(&rest[..start]);
            kept.truncate(kept.trim_end_matches(dashes).len());
            if kept.is_empty() {
                return (content.to_owned(), None);
            }
            return (kept, Some(content.to_owned()));
        } else {
            kept.push_str(&rest[..rest.len() - after_mark.len()]);
        }
        rest = after_mark;
    }
    kept.push_str(rest);
    (kept, None)
}

fn without_done_prefix<'a>(text: &'a str, action: &mut Action) -> &'a str {
    let text = text.trim();
    let marks = [
        "[DONE]", "(DONE)", "[Done]", "(Done)", "[done]", "(done)", "✅", "✔", "☑",
    ];
    if let Some(rest) = marks.iter().find_map(|it| text.strip_prefix(it)) {
        action.done = true;
        return rest.trim_start_matches(['\u{FE0F}', ' ', ':', '-', '–']);
    }
    for word in ["DONE", "COMPLETED", "Done", "Completed"] {
        if let Some(rest) = text.strip_prefix(word)
            && let Some(rest) = rest
                .trim_start()
                .strip_prefix([':', '-', '–', '—'])
                .or_else(|| {
                    (word.len() > 3 && word.chars().all(char::is_uppercase))
                        .then(|| rest.strip_prefix(' '))?
                })
        {
            action.done = true;
            return rest.trim_start();
        }
    }
    text
}

fn done_suffix<'a>(text: &'a str, action: &mut Action) -> Option<&'a str> {
    let rest = ["✅", "✔", "☑", "DONE", "COMPLETED", "FINISHED"]
        .iter()
        .find_map(|it| {
            text.strip_suffix(it)
                .filter(|rest| !rest.ends_with(char::is_alphanumeric) && !rest.is_empty())
        });
    let rest = rest.or_else(|| {
        let at = tail(text, 30)
            .rfind(['-', '–', '—'])
            .map(|at| text.len() - tail(text, 30).len() + at)?;
        let word = text[at..].trim_start_matches(['-', '–', '—']);
        (word.starts_with(' ') && words::is_done(&words::normal(word))).then(|| &text[..at])
    })?;
    let denied = words::normal(tail(rest, 12));
    if denied.ends_with("not") {
        return None;
    }
    action.done = true;
    Some(rest.trim_end_matches([' ', '-', '–', '—', ':']))
}

/// The text before a bracket at its end, and what the bracket holds.
fn bracket(text: &str) -> Option<(&str, &str)> {
    let (open, close) = match text.chars().next_back()? {
        ')' => ('(', ')'),
        ']' => ('[', ']'),
        _ => return None,
    };
    let mut depth = 0;
    for (at, it) in tail(text, TAIL).char_indices().rev() {
        if it == close {
            depth += 1;
        } else if it == open {
            depth -= 1;
            if depth == 0 {
                let at = text.len() - tail(text, TAIL).len() + at;
                return Some((&text[..at], &text[at + 1..text.len() - 1]));
            }
        }
    }
    None
}

fn bracket_suffix<'a>(text: &'a str, action: &mut Action, known: Known) -> Option<&'a str> {
    let (before, inside) = bracket(text)?;
    if before.trim().is_empty() {
        return None;
    }
    let mut read = Action {
        owners: Vec::new(),
        ..action.clone()
    };
    let mut people = Vec::new();
    for part in inside.split([',', ';']).map(str::trim) {
        let said = words::normal(part);
        if words::is_done(&said) {
            read.done = true;
        } else if said == "overdue" && read.due.is_some() {
        } else if let Some(priority) = priority(&said).filter(|_| read.priority.is_none()) {
            read.priority = Some(priority);
        } else if due_suffix(part, &mut read, known) == Some("")
            || labelled_suffix(part, &mut read, known) == Some("")
        {
        } else {
            people.push(part);
        }
    }
    if !people.is_empty() {
        if !action.owners.is_empty() || !read.owners.is_empty() {
            return None;
        }
        read.owners = words::names(&people.join(","))?;
    }
    let owners = std::mem::take(&mut action.owners);
    *action = read;
    if action.owners.is_empty() {
        action.owners = owners;
    }
    Some(before.trim_end())
}

fn due_suffix<'a>(text: &'a str, action: &mut Action, known: Known) -> Option<&'a str> {
    if action.due.is_some() {
        return None;
    }
    let tail = tail(text, 60);
    let text_before = &text[..text.len() - tail.len()];
    let bare = tail.trim_end_matches(['.', ' ']);
    let last = dates::find(bare)
        .into_iter()
        .next_back()
        .filter(|it| it.range.end == bare.len())?;
    let date = last.date.read_after(known.order, known.meeting)?;
    let before = without_weekday(tail[..last.range.start].trim_end_matches([' ', ':', ',']));
    let mut rest = before;
    for keyword in [
        "on",
        "by",
        "date",
        "due",
        "until",
        "till",
        "deadline",
        "📅",
        "🗓️",
        "🗓",
        "bis zum",
        "bis",
        "fällig am",
        "fällig",
        "avant le",
        "pour le",
        "hasta el",
        "antes del",
        "entro il",
        "tot",
        "até",
    ] {
        if let Some(shorter) = strip_word(rest, keyword) {
            rest = shorter.trim_end_matches([' ', ':']);
            if matches!(keyword, "by" | "date") {
                rest = strip_word(rest, "due").unwrap_or(rest).trim_end();
            }
            if keyword == "on" {
                rest = strip_word(rest, "due")?.trim_end();
            }
            if keyword == "date" && rest == before {
                return None;
            }
            action.due = Some(date);
            let cut = text_before.len() + rest.len();
            return Some(text[..cut].trim_end_matches([' ', ',', ';', '-', '–', '—', '(', '|']));
        }
    }
    None
}

fn without_weekday(text: &str) -> &str {
    let days = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    days.iter()
        .flat_map(|it| [*it, &it[..3]])
        .find_map(|it| strip_word(text, it))
        .map_or(text, |it| it.trim_end_matches([' ', ',']))
}

/// The text without this word at its end, in any case.
fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let at = text.len().checked_sub(word.len())?;
    let end = text.get(at..)?;
    let rest = &text[..at];
    let whole = !word.is_ascii() || !rest.ends_with(|it: char| it.is_alphanumeric());
    (whole && end.eq_ignore_ascii_case(word)).then_some(rest)
}

const LABELS: &[&str] = &[
    "owner",
    "owners",
    "assignee",
    "assignees",
    "assigned to",
    "responsible",
    "who",
    "due",
    "due date",
    "deadline",
    "status",
    "priority",
    "prio",
    "verantwortlich",
    "zuständig",
    "wer",
    "fällig",
    "bis",
    "responsable",
    "échéance",
    "fecha límite",
    "responsabile",
    "scadenza",
    "responsável",
    "verantwoordelijk",
    "eigenaar",
];

/// "... - Owner: Tom", "... Due: 5 May", "... Status: done".
fn labelled_suffix<'a>(text: &'a str, action: &mut Action, known: Known) -> Option<&'a str> {
    let tail = tail(text, 120);
    let colon = tail.rfind(": ").or_else(|| tail.rfind(':'))?;
    let value = tail[colon + 1..]
        .trim()
        .trim_matches(['*', '_'])
        .trim_end_matches('.');
    let before = tail[..colon].trim_end_matches(['*', '_']);
    // The longest label first: "due date" ends like "date".
    let label = LABELS
        .iter()
        .filter(|it| strip_word(before, it).is_some())
        .max_by_key(|it| it.len())?;
    let rest = strip_word(before, label)?;
    apply_label(label, value, action, known)?;
    let cut = text.len() - tail.len() + rest.len();
    Some(
        text[..cut].trim_end_matches([' ', '\n', ',', ';', '-', '–', '—', '(', '[', '|', '*', '_']),
    )
}

fn apply_label(label: &str, value: &str, action: &mut Action, known: Known) -> Option<()> {
    match label {
        "due" | "due date" | "deadline" | "fällig" | "bis" | "échéance" | "fecha límite"
        | "scadenza" => {
            let found = dates::find(value)
                .into_iter()
                .next()
                .filter(|it| it.range == (0..value.len()))?;
            action.due = Some(found.date.read_after(known.order, known.meeting)?);
        }
        "status" => {
            let said = words::normal(value);
            if !words::is_done(&said) {
                return None;
            }
            action.done = true;
        }
        "priority" | "prio" => action.priority = Some(priority(&words::normal(value))?),
        _ => {
            let people = words::names(value).or_else(|| {
                let few = value.split_whitespace().count() <= 4 && !value.is_empty();
                few.then(|| {
                    value
                        .split([',', '/', '&', '+'])
                        .map(|it| it.trim().to_owned())
                        .collect()
                })
            })?;
            action.owners.extend(people);
        }
    }
    Some(())
}

/// "... -> Tom", "... → Ana, Ben".
fn arrow_suffix<'a>(text: &'a str, action: &mut Action) -> Option<&'a str> {
    if !action.owners.is_empty() {
        return None;
    }
    let tail = tail(text, 120);
    let (at, arrow) = ["->", "→", "=>", "➔", "➡"]
        .iter()
        .filter_map(|it| Some((tail.rfind(it)?, it)))
        .max_by_key(|it| it.0)?;
    let value = tail[at + arrow.len()..]
        .trim_start_matches('\u{FE0F}')
        .trim();
    let before = text[..text.len() - tail.len() + at].trim_end();
    if before.is_empty() {
        return None;
    }
    action.owners = words::names(value)?;
    Some(before)
}

/// A line below an action that gives a fact of it, such as "Owner: Tom". `false`: it does not.
pub fn fact_of_action(raw: &str, action: &mut Action, known: Known) -> bool {
    let text = plain(raw);
    let Some((label, value)) = words::label(&text) else {
        return false;
    };
    let label = words::normal(label);
    LABELS.contains(&&*label) && apply_label(&label, value, action, known).is_some()
}

pub fn priority(words: &str) -> Option<Priority> {
    match words {
        "high" | "high priority" | "p1" | "prio 1" | "urgent" | "critical" | "priority high" => {
            Some(Priority::High)
        }
        "medium" | "medium priority" | "p2" | "prio 2" | "normal" | "priority medium" => {
            Some(Priority::Medium)
        }
        "low" | "low priority" | "p3" | "prio 3" | "priority low" => Some(Priority::Low),
        _ => None,
    }
}

/// The name of a mention, without its `@`; e-mail addresses hold none.
fn mention(text: &str, at: usize) -> Option<&str> {
    if text[..at].ends_with(|it: char| it.is_alphanumeric() || matches!(it, '.' | '_' | '@')) {
        return None;
    }
    let inside = |it: char| it.is_alphanumeric() || matches!(it, '.' | '_' | '-');
    let name = &text[at + 1..];
    let name = &name[..name.find(|it| !inside(it)).unwrap_or(name.len())];
    let name = name.trim_end_matches(['.', '-', '_']);
    name.starts_with(char::is_alphabetic).then_some(name)
}

fn mention_suffix<'a>(text: &'a str, action: &mut Action) -> Option<&'a str> {
    let near = tail(text, 60);
    let at = text.len() - near.len() + near.rfind('@')?;
    let name = mention(text, at)?;
    let mut end = at + 1 + name.len();
    // "@Ines Okafor" at the end is one name.
    let surname = text[end..].strip_prefix(' ').filter(|it| {
        it.split(' ').count() == 1
            && words::names(it).is_some()
            && it.starts_with(char::is_uppercase)
    });
    if let Some(surname) = surname.filter(|_| name.starts_with(char::is_uppercase)) {
        end += 1 + surname.len();
    }
    if end != text.len() {
        return None;
    }
    action.owners.insert(0, text[at + 1..end].to_owned());
    let before = text[..at].trim_end_matches([' ', ',', '/', '&', '+', '-', '–', '—', ':']);
    Some(
        before
            .strip_suffix(" and")
            .filter(|it| it.contains('@'))
            .unwrap_or(before),
    )
}

/// Mentions within the text make owners; only one that begins it is taken out.
fn mentions<'a>(text: &'a str, action: &mut Action) -> &'a str {
    let mut found = text
        .match_indices('@')
        .filter_map(|(at, _)| Some((at, mention(text, at)?)));
    if let Some((0, name)) = found.next() {
        action.owners.push(name.to_owned());
        let rest = text[1 + name.len()..].trim_start_matches([':', ',', ' ', '-', '–']);
        return if rest.is_empty() { text } else { rest };
    }
    text.match_indices('@')
        .filter_map(|(at, _)| mention(text, at))
        .take(20)
        .for_each(|name| action.owners.push(name.to_owned()));
    text
}

/// The text of an idea without its votes, and the votes.
pub fn votes(raw: &str) -> (String, u32) {
    let text = plain(raw);
    let (rest, votes) = split_votes(&text);
    if rest.is_empty() {
        (text, 0)
    } else {
        (rest.to_owned(), votes)
    }
}

fn split_votes(text: &str) -> (&str, u32) {
    if let Some((before, inside)) = bracket(text)
        && let Some(votes) = count(inside, true)
    {
        return (before.trim_end(), votes);
    }
    for (open, close) in [('(', ')'), ('[', ']')] {
        if let Some((inside, rest)) = text.strip_prefix(open).and_then(|it| it.split_once(close))
            && let Some(votes) = count(inside, true)
        {
            return (rest.trim_start(), votes);
        }
    }
    // The last two or three words: "3 votes", "- 3 votes", "👍 3", "+3".
    let near = tail(text, 40);
    let starts = near.char_indices().filter(|(at, it)| {
        *at == 0 && near.len() == text.len()
            || near[..*at].ends_with([' ', '\u{A0}'])
            || matches!(it, '👍' | '❤' | '⭐')
    });
    for (at, _) in starts {
        if let Some(votes) = count(&near[at..], false) {
            let before = &text[..text.len() - near.len() + at];
            return (
                before.trim_end_matches([' ', '-', '–', '—', ',', ':', '|', '·']),
                votes,
            );
        }
    }
    (text, 0)
}

/// "3", "+3", "x3", "3x", "3 votes", "👍 3", "👍👍". A bare number counts in brackets only.
fn count(text: &str, in_brackets: bool) -> Option<u32> {
    let lower = text.trim().to_lowercase().replace('\u{FE0F}', "");
    let hands = |it: char| {
        matches!(
            it,
            '👍' | '❤' | '⭐' | '🖤' | '🗳' | '🏻' | '🏼' | '🏽' | '🏾' | '🏿'
        )
    };
    let thumbs = u32::try_from(
        lower
            .chars()
            .filter(|it| matches!(it, '👍' | '❤' | '⭐'))
            .count(),
    )
    .ok()?;
    if thumbs > 0 && lower.chars().all(|it| hands(it) || it == ' ') {
        return Some(thumbs);
    }
    let number = lower
        .trim_start_matches(hands)
        .trim_start_matches(":+1:")
        .trim_start_matches(":thumbsup:")
        .trim();
    let marked = number.len() < lower.len();
    let bare = [
        "votes", "vote", "likes", "like", "points", "dots", "x", "×", "👍", "❤", "⭐",
    ]
    .iter()
    .find_map(|it| number.strip_suffix(it))
    .unwrap_or(number)
    .trim();
    let bare = bare.strip_prefix("votes:").unwrap_or(bare).trim();
    let worded = bare.len() < number.len();
    let plain = bare.strip_prefix(['+', 'x', '×']).unwrap_or(bare);
    let signed = plain.len() < bare.len();
    if plain.is_empty() || !plain.bytes().all(|it| it.is_ascii_digit()) || plain.len() > 9 {
        return None;
    }
    // "(2023)" is a year.
    let sure = marked
        || worded && number.len() - bare.len() > 1
        || (plain.len() <= 3 && (signed || in_brackets));
    if sure { plain.parse().ok() } else { None }
}

/// Thanks: "To Ana, from Tom: ...", "Thanks to Ana for ...", "Tom -> Ana: ...", "Ana: ...".
pub fn kudo(raw: &str) -> Kudo {
    let text = plain(raw);
    let mut kudo = Kudo::default();
    let text = match bracket(&text) {
        Some((before, inside)) if inside.to_lowercase().starts_with("from ") => {
            kudo.from = inside[5..].trim().to_owned();
            before.trim_end()
        }
        _ => &text,
    };
    if let Some((head, rest)) = window(text, 120)
        .find(": ")
        .map(|at| (&text[..at], text[at + 2..].trim()))
    {
        if let Some((to, from)) = head
            .strip_prefix("To ")
            .and_then(|it| it.split_once(", from "))
        {
            return Kudo {
                to: to.into(),
                from: from.into(),
                text: rest.into(),
                ..kudo
            };
        }
        if let Some(from) = head.strip_prefix("From ") {
            return Kudo {
                from: from.into(),
                text: rest.into(),
                ..kudo
            };
        }
        if let Some((from, to)) = ["->", "→", "=>"].iter().find_map(|it| head.split_once(it)) {
            return Kudo {
                to: to.trim().into(),
                from: from.trim().into(),
                text: rest.into(),
                ..kudo
            };
        }
        let to = head
            .strip_prefix("To ")
            .unwrap_or(head)
            .trim_start_matches('@');
        if words::names(to).is_some() {
            return Kudo {
                to: to.into(),
                text: rest.into(),
                ..kudo
            };
        }
    }
    if let Some(rest) = thanks(text) {
        let end = window(rest, 120)
            .find(" for ")
            .or_else(|| window(rest, 120).find([',', '!', '.']));
        let (to, what) = match end {
            Some(end) => (
                rest[..end].trim(),
                rest[end..].trim_start_matches([' ', ',', '!', '.']),
            ),
            None => (rest.trim(), ""),
        };
        if words::names(to).is_some() {
            return Kudo {
                to: to.trim_start_matches('@').into(),
                text: what.into(),
                ..kudo
            };
        }
    }
    if let Some(name) = text.starts_with('@').then(|| mention(text, 0)).flatten() {
        let what = text[1 + name.len()..].trim_start_matches([':', ',', ' ', '-', '–']);
        return Kudo {
            to: name.into(),
            text: what.into(),
            ..kudo
        };
    }
    kudo.text = text.to_owned();
    kudo
}

/// What follows "Thanks to" and the like.
pub fn thanks(text: &str) -> Option<&str> {
    let starts = [
        "thanks to ",
        "thank you to ",
        "thank you ",
        "thanks ",
        "kudos to ",
        "shout-out to ",
        "shoutout to ",
        "shout out to ",
        "props to ",
        "kudos ",
    ];
    starts.iter().find_map(|it| {
        let start = text.get(..it.len())?;
        start.eq_ignore_ascii_case(it).then(|| &text[it.len()..])
    })
}

/// The end of a text, at most so many bytes.
pub fn tail(text: &str, bytes: usize) -> &str {
    let mut start = text.len().saturating_sub(bytes);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

/// The beginning of a text, at most so many bytes.
pub fn window(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
