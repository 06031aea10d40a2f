//! The words notes are made of: what headings, markers and facts are called.

use super::HeadingRole;

/// Lower-case words of a text, one space apart; no punctuation, no emoji.
pub fn normal(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    let mut gap = false;
    for it in text.chars() {
        if it.is_alphanumeric() {
            if gap && !words.is_empty() {
                words.push(' ');
            }
            gap = false;
            words.extend(it.to_lowercase());
        } else if !matches!(it, '\'' | '’' | '`') {
            gap = true;
        }
    }
    words
}

const COLUMNS: &[&str] = &[
    "went well",
    "what went well",
    "what went good",
    "went good",
    "what is going well",
    "going well",
    "good",
    "the good",
    "bad",
    "the bad",
    "ugly",
    "the ugly",
    "what didnt go well",
    "didnt go well",
    "did not go well",
    "what did not go well",
    "not so well",
    "what went not so well",
    "went less well",
    "what went less well",
    "went badly",
    "what went badly",
    "what went wrong",
    "went wrong",
    "to improve",
    "improve",
    "improvements",
    "what to improve",
    "needs improvement",
    "what can we improve",
    "what could we improve",
    "what can be improved",
    "what could be improved",
    "could be improved",
    "what could be better",
    "what could go better",
    "could be better",
    "could go better",
    "what could have gone better",
    "do better",
    "what can we do better",
    "even better if",
    "areas of improvement",
    "areas for improvement",
    "areas to improve",
    "room for improvement",
    "start",
    "stop",
    "continue",
    "start doing",
    "stop doing",
    "continue doing",
    "keep doing",
    "keep",
    "drop",
    "add",
    "more of",
    "less of",
    "do more of",
    "do less of",
    "liked",
    "learned",
    "lacked",
    "longed for",
    "loved",
    "loathed",
    "mad",
    "sad",
    "glad",
    "wind",
    "wind in our sails",
    "anchor",
    "anchors",
    "rocks",
    "island",
    "sun",
    "risks",
    "pros",
    "cons",
    "plus",
    "delta",
    "pluses",
    "deltas",
    "wins",
    "challenges",
    "puzzles",
    "what puzzles us",
    "questions",
    "positive",
    "positives",
    "negative",
    "negatives",
    "highlights",
    "lowlights",
    "happy",
    "unhappy",
    "worked well",
    "what worked",
    "what worked well",
    "what didnt work",
    "didnt work",
    "problems",
    "issues",
    "try",
    "to try",
    "ideas",
    "experiments",
    "what slowed us down",
    "slowed us down",
    "what held us back",
    "held us back",
    "what we learned",
    "what did we learn",
    "what have we learned",
    "lessons learned",
    "learnings",
    "what we liked",
    "rose",
    "roses",
    "thorn",
    "thorns",
    "bud",
    "buds",
    "proud",
    "worried",
    "blockers",
    "impediments",
    "frustrations",
    "concerns",
    "successes",
    "achievements",
    "celebrations",
];

const ACTIONS: &[&str] = &[
    "to do",
    "to dos",
    "todo",
    "todos",
    "tasks",
    "next step",
    "next steps",
    "follow up",
    "follow ups",
    "followup",
    "followups",
    "commitments",
    "experiments to run",
    "things to do",
    // German, French, Spanish, Italian, Portuguese, Dutch.
    "maßnahmen",
    "massnahmen",
    "aktionen",
    "aufgaben",
    "nächste schritte",
    "plan daction",
    "points daction",
    "prochaines étapes",
    "acciones",
    "puntos de acción",
    "tareas",
    "próximos pasos",
    "azioni",
    "prossimi passi",
    "ações",
    "próximos passos",
    "acties",
    "actiepunten",
    "volgende stappen",
];

const KUDOS: &[&str] = &[
    "thanks",
    "thank you",
    "thank yous",
    "props",
    "high fives",
    "gratitude",
    "recognition",
    "danke",
    "lob",
    "merci",
    "remerciements",
    "gracias",
    "agradecimientos",
    "grazie",
    "obrigado",
    "bedankt",
];

const AGREEMENTS: &[&str] = &[
    "vereinbarungen",
    "teamvereinbarungen",
    "accords",
    "acuerdos",
    "accordi",
    "acordos",
    "afspraken",
];

const PARTICIPANTS: &[&str] = &[
    "participants",
    "participant",
    "attendees",
    "attendee",
    "attendance",
    "present",
    "in attendance",
    "who was there",
    "attended",
    "people",
    "team members",
    "members",
    "participants present",
    "who",
    "took part",
    "teilnehmer",
    "teilnehmende",
    "teilnehmerinnen",
    "anwesend",
    "présents",
    "participantes",
    "asistentes",
    "partecipanti",
    "deelnemers",
    "aanwezig",
];

const NOTES: &[&str] = &[
    "notes",
    "note",
    "general notes",
    "meeting notes",
    "discussion",
    "discussions",
    "discussion notes",
    "agenda",
    "link",
    "links",
    "misc",
    "miscellaneous",
    "other",
    "other notes",
    "others",
    "background",
    "context",
    "summary",
    "comments",
    "comment",
    "references",
    "resources",
    "attachments",
    "parking lot",
    "icebreaker",
    "ice breaker",
    "check in",
    "warm up",
    "prime directive",
    "off topic",
    "data",
    "notizen",
    "sonstiges",
    "remarques",
    "notas",
    "notities",
];

const DIMENSIONS: &[&str] = &[
    "dimensions",
    "dimension",
    "scores",
    "ratings",
    "survey results",
];

/// What a heading of these words is, its place aside.
pub fn role(words: &str) -> Option<HeadingRole> {
    let has = |word: &str| words.split(' ').any(|it| it == word);
    let tokens = |any: &[&str]| any.iter().any(|it| has(it));
    let says = |phrase: &str| says(words, phrase);
    if words.len() > 200 {
        return None;
    }
    let role = if has("roti") || says("return on time") {
        HeadingRole::Roti
    } else if tokens(&["action", "actions"]) || ACTIONS.contains(&words) || says("next steps") {
        HeadingRole::Actions
    } else if tokens(&["agreement", "agreements"])
        || AGREEMENTS.contains(&words)
        || says("ground rules")
        || words == "norms"
    {
        HeadingRole::Agreements
    } else if tokens(&[
        "kudos",
        "shoutout",
        "shoutouts",
        "appreciation",
        "appreciations",
    ]) || says("shout outs")
        || says("shout out")
        || KUDOS.contains(&words)
    {
        HeadingRole::Kudos
    } else if PARTICIPANTS.contains(&words) {
        HeadingRole::Participants
    } else if DIMENSIONS.contains(&words) || is_health_check(words) {
        HeadingRole::Dimensions
    } else if NOTES.contains(&words) {
        HeadingRole::Notes
    } else if COLUMNS.contains(&words) {
        HeadingRole::Column
    } else {
        return None;
    };
    Some(role)
}

/// Whether the words say a role and nothing else, so that nothing is lost with them.
pub fn is_plain_role(words: &str) -> bool {
    let exact: [&[&str]; 7] = [
        ACTIONS,
        AGREEMENTS,
        KUDOS,
        PARTICIPANTS,
        NOTES,
        DIMENSIONS,
        COLUMNS,
    ];
    exact.iter().any(|it| it.contains(&words))
        || matches!(
            words,
            "actions"
                | "action items"
                | "action points"
                | "action item"
                | "action"
                | "agreements"
                | "working agreements"
                | "working agreement"
                | "team agreements"
                | "ground rules"
                | "kudos"
                | "shout outs"
                | "shoutouts"
                | "shout out"
                | "appreciations"
                | "roti"
                | "return on time invested"
                | "return on time"
                | "health check"
                | "results"
        )
}

pub fn is_health_check(words: &str) -> bool {
    [
        "health check",
        "healthcheck",
        "health checks",
        "squad health",
        "team health",
        "team radar",
    ]
    .iter()
    .any(|it| says(words, it))
}

/// Whether the words hold these, whole and in this order.
fn says(words: &str, phrase: &str) -> bool {
    words.match_indices(phrase).any(|(at, _)| {
        let after = &words[at + phrase.len()..];
        (at == 0 || words[..at].ends_with(' ')) && (after.is_empty() || after.starts_with(' '))
    })
}

/// Whether a heading names a meeting, such as "Sprint 12" or "Retrospective".
pub fn is_meeting(words: &str) -> bool {
    words.len() <= 200
        && (is_health_check(words)
            || words.split(' ').any(|it| {
                matches!(
                    it,
                    "retro"
                        | "retros"
                        | "retrospective"
                        | "retrospectives"
                        | "sprint"
                        | "iteration"
                        | "postmortem"
                )
            }))
}

/// The facts of a meeting that stand in lines such as "Date: 5 April 2021".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    Title,
    Date,
    Facilitator,
    Participants,
    Roti,
}

pub fn fact(key: &str) -> Option<Fact> {
    match key {
        "title" | "name" => Some(Fact::Title),
        "date" | "meeting date" | "when" | "held on" | "day" | "retro date" | "datum" | "fecha" => {
            Some(Fact::Date)
        }
        "facilitator" | "facilitated by" | "facilitation" | "moderator" | "moderated by"
        | "host" | "scrum master" | "led by" | "moderation" | "animateur" | "animatrice"
        | "facilitador" | "facilitadora" | "facilitatore" => Some(Fact::Facilitator),
        "roti" | "return on time invested" | "return on time" => Some(Fact::Roti),
        key if PARTICIPANTS.contains(&key) => Some(Fact::Participants),
        _ => None,
    }
}

/// Facts of a meeting that a draft has no field for.
pub fn is_property(key: &str) -> bool {
    matches!(
        key,
        "team"
            | "squad"
            | "project"
            | "sprint"
            | "time"
            | "duration"
            | "location"
            | "place"
            | "room"
            | "answers"
            | "overall average"
            | "model"
            | "format"
            | "version"
            | "status"
    )
}

/// The two sides of "Label: text"; the label has at most six words and no mark of a sentence.
pub fn label(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let colon = line.bytes().take(80).position(|it| it == b':')?;
    let (label, text) = (&line[..colon], &line[colon + 1..]);
    // "**Date:** x" and "**Date**: x".
    let (label, text) = match label.trim_start_matches(['*', '_']) {
        bare if bare.len() < label.len() => {
            let marks = &label[..label.len() - bare.len()];
            let bare = bare
                .strip_suffix(marks)
                .map(|it| (it, text))
                .or_else(|| text.strip_prefix(marks).map(|text| (bare, text)));
            bare?
        }
        _ => (label, text),
    };
    let sound = !label.is_empty()
        && label.split_whitespace().count() <= 6
        && !label.contains(['.', '!', '?', ';', '(', '[', '{', '"', '*', '`', '<'])
        && !text.starts_with("//")
        && (text.is_empty() || text.starts_with([' ', '\t', '*', '_', '\u{A0}']));
    sound.then_some((label.trim(), text.trim()))
}

pub fn is_done(words: &str) -> bool {
    matches!(
        words,
        "done"
            | "completed"
            | "complete"
            | "finished"
            | "closed"
            | "resolved"
            | "fixed"
            | "status done"
            | "status completed"
            | "status closed"
    )
}

/// Words of a status that means an action is still open.
pub fn is_open(words: &str) -> bool {
    matches!(
        words,
        "open"
            | "ongoing"
            | "in progress"
            | "on hold"
            | "to do"
            | "todo"
            | "not started"
            | "new"
            | "pending"
            | "blocked"
            | "waiting"
            | "not done"
            | "no"
            | "wip"
    )
}

const GROUPS: &[&str] = &[
    "team",
    "teams",
    "lead",
    "leads",
    "dev",
    "devs",
    "design",
    "designers",
    "product",
    "qa",
    "ops",
    "devops",
    "everyone",
    "everybody",
    "all",
    "facilitator",
    "po",
    "sm",
    "ux",
    "pm",
    "developers",
    "engineering",
    "support",
    "quality",
    "whole",
    "management",
];

/// Capitalised words that stand in brackets without being a name.
const NO_NAMES: &[&str] = &[
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "today",
    "tomorrow",
    "optional",
    "tbd",
    "tbc",
    "ongoing",
    "recurring",
    "stretch",
    "urgent",
    "critical",
    "high",
    "medium",
    "low",
    "wiki",
    "slack",
    "jira",
    "confluence",
    "github",
    "gitlab",
    "figma",
    "google",
    "docs",
    "teams",
    "zoom",
    "miro",
    "mural",
    "done",
    "open",
    "new",
    "old",
    "yes",
    "no",
    "none",
    "maybe",
    "again",
    "same",
    "see",
    "etc",
    "weekly",
    "daily",
    "monthly",
    "quarterly",
    "phase",
    "part",
    "sprint",
    "iteration",
    "week",
    "q1",
    "q2",
    "q3",
    "q4",
    "internal",
    "external",
    "english",
    "draft",
    "blocked",
    "waiting",
    "pending",
    "progress",
    "hold",
    "only",
    "also",
    "first",
    "next",
    "later",
    "now",
    "soon",
    "review",
    "write",
    "create",
    "check",
    "fix",
    "update",
    "discuss",
    "plan",
    "add",
    "remove",
    "make",
    "test",
    "tests",
    "link",
    "example",
    "examples",
    "note",
    "notes",
    "important",
    "idea",
    "ideas",
    "action",
    "actions",
    "retro",
    "process",
    "documentation",
    "production",
    "staging",
    "api",
    "ui",
    "ci",
    "cd",
];

/// Words no name holds: verbs and the small words of a sentence.
const SENTENCE: &[&str] = &[
    "to", "for", "with", "needs", "need", "use", "see", "if", "when", "in", "on", "of", "the", "a",
    "an", "be", "is", "are", "was", "were", "at", "by", "from", "will", "should", "must", "can",
    "not", "or", "as", "it", "we", "they", "our", "has", "have", "had", "that", "this", "only",
    "after", "before", "until", "than", "per", "via", "because", "but", "so", "do", "does",
];

const PARTICLES: &[&str] = &[
    "de", "van", "von", "der", "den", "da", "di", "la", "le", "bin", "al", "ten",
];

/// The names in a list such as "Tif/Bill" or "Jerome + team". `None` if any of it may be
/// something else.
pub fn names(list: &str) -> Option<Vec<String>> {
    if list.len() > 300 {
        return None;
    }
    let list = [" and ", " und ", " et ", " y "]
        .iter()
        .fold(list.to_owned(), |list, it| list.replace(it, ","));
    let parts: Vec<&str> = list
        .split(['/', '+', '&', ',', ';'])
        .map(str::trim)
        .collect();
    let mut names = Vec::new();
    for part in parts {
        let name = part.trim_start_matches('@');
        if !(part.len() > name.len() && !name.is_empty() || is_name(name)) {
            return None;
        }
        names.push(name.to_owned());
    }
    Some(names)
}

fn is_name(name: &str) -> bool {
    let words: Vec<&str> = name.split(' ').collect();
    let fits = |word: &&str| {
        let lower = word.to_lowercase();
        let letters = word
            .chars()
            .all(|it| it.is_alphabetic() || matches!(it, '.' | '\'' | '’' | '-'));
        let starts = word
            .chars()
            .next()
            .is_some_and(|it| it.is_alphabetic() && !it.is_lowercase());
        letters
            && !SENTENCE.contains(&&*lower)
            && (starts || GROUPS.contains(&&*lower) || PARTICLES.contains(&&*lower))
    };
    let lower = name.to_lowercase();
    // A single abbreviation is a thing as often as it is somebody's initials.
    let abbreviation = words.len() == 1
        && name.len() > 1
        && name.chars().all(char::is_uppercase)
        && !GROUPS.contains(&&*lower);
    (1..=3).contains(&words.len())
        && words.iter().all(fits)
        && !abbreviation
        && (GROUPS.contains(&&*lower) || !lower.split(' ').any(|word| NO_NAMES.contains(&word)))
}
