//! Page titles: the template the user configured, with facts of the meeting put in.
//!
//! The same templates name parent pages. Nothing here knows today's date: every substitution is
//! about the meeting's.

use chrono::{Datelike, NaiveDate};
use thiserror::Error;

use crate::Kind;

pub const DEFAULT_RETROSPECTIVE_TITLE: &str = "{{RetrospectiveTitleOrDate}} - Retrospective";
pub const DEFAULT_HEALTH_CHECK_TITLE: &str = "{{HealthCheckTitleOrDate}} - Health Check";
pub const DEFAULT_RETROSPECTIVE_PARENT: &str = "Retrospectives";
pub const DEFAULT_HEALTH_CHECK_PARENT: &str = "Health Checks";

/// Longest title Confluence stores, in UTF-16 units (`maxLength` of `title` in Atlassian's Cloud
/// REST v1 schemas; Confluence counts Java characters).
pub const LONGEST_TITLE: usize = 255;

/// Longest name of a PDF without its ".pdf", in bytes of UTF-8. Below what file systems and
/// Confluence (255 characters) allow, so that a browser may still add " (1)".
const LONGEST_FILE_STEM: usize = 150;

const OPEN: &str = "{{";
const CLOSE: &str = "}}";

/// What a template may speak of.
#[derive(Debug, Clone, Copy)]
pub struct TitleContext<'a> {
    pub kind: Kind,
    /// The summary's own title; may be empty.
    pub title: &'a str,
    /// The day of the meeting.
    pub date: NaiveDate,
    pub team: &'a str,
}

/// Why a template gives no title. The text of each is written for the user.
///
/// Positions are UTF-16 units from the template's beginning, as a text field counts them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TitleProblem {
    #[error("{}", unknown_message(.text, .suggestion.as_deref()))]
    Unknown {
        text: String,
        position: usize,
        suggestion: Option<String>,
    },
    #[error("\"{{{{\" is never closed. Add \"}}}}\" after the substitution, or remove \"{{{{\".")]
    Unclosed { position: usize },
    #[error("The title is empty. Enter at least one character or substitution that gives text.")]
    Empty,
    #[error("The title has {length} characters. Confluence allows {LONGEST_TITLE} at most.")]
    TooLong { length: usize },
}

fn unknown_message(text: &str, suggestion: Option<&str>) -> String {
    let shown: String = text.chars().take(40).collect();
    let dots = if shown.len() < text.len() { "..." } else { "" };
    match suggestion {
        Some(near) => format!("{shown}{dots} is not a substitution. Did you mean {near}?"),
        None => format!("{shown}{dots} is not a substitution. Choose one from the list."),
    }
}

/// One substitution, for the window's chips.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Substitution {
    /// As typed into a template, with its braces.
    pub text: &'static str,
    pub means: &'static str,
}

const DATES_AND_TEAM: [Substitution; 11] = [
    Substitution {
        text: "{{YY}}",
        means: "Year, two digits",
    },
    Substitution {
        text: "{{YYYY}}",
        means: "Year, four digits",
    },
    Substitution {
        text: "{{MM}}",
        means: "Month, two digits",
    },
    Substitution {
        text: "{{MMM}}",
        means: "Month, short name",
    },
    Substitution {
        text: "{{MMMM}}",
        means: "Month, full name",
    },
    Substitution {
        text: "{{D}}",
        means: "Day of the month",
    },
    Substitution {
        text: "{{DD}}",
        means: "Day of the month, two digits",
    },
    Substitution {
        text: "{{Do}}",
        means: "Day of the month as 1st, 2nd, 3rd",
    },
    Substitution {
        text: "{{Q}}",
        means: "Quarter, 1 to 4",
    },
    Substitution {
        text: "{{WW}}",
        means: "ISO week, two digits",
    },
    Substitution {
        text: "{{Team}}",
        means: "Name of the team",
    },
];

/// What a template of this kind may hold, the most useful first.
pub fn substitutions(kind: Kind) -> Vec<Substitution> {
    let title_or_date = match kind {
        Kind::Retrospective => Substitution {
            text: "{{RetrospectiveTitleOrDate}}",
            means: "Title of the retrospective, or its date where it has none",
        },
        Kind::HealthCheck => Substitution {
            text: "{{HealthCheckTitleOrDate}}",
            means: "Title of the health check, or its date where it has none",
        },
    };
    std::iter::once(title_or_date)
        .chain(DATES_AND_TEAM)
        .collect()
}

/// The page title a template gives for a meeting.
///
/// Text the user entered is put in as it is, never expanded again. Control characters and line
/// breaks become a space, runs of spaces become one, spaces at the ends go.
pub fn render(template: &str, context: &TitleContext<'_>) -> Result<String, TitleProblem> {
    let mut title = String::new();
    let mut rest = template;
    while let Some(start) = rest.find(OPEN) {
        let position = utf16_length(&template[..template.len() - rest.len() + start]);
        title.push_str(&rest[..start]);
        let inside = &rest[start + OPEN.len()..];
        let end = inside
            .find(CLOSE)
            .ok_or(TitleProblem::Unclosed { position })?;
        let name = &inside[..end];
        if name.contains(OPEN) {
            return Err(TitleProblem::Unclosed { position });
        }
        match substitute(name.trim(), context) {
            Some(text) => title.push_str(&text),
            None => {
                return Err(TitleProblem::Unknown {
                    text: format!("{OPEN}{name}{CLOSE}"),
                    position,
                    suggestion: nearest(name.trim(), context.kind),
                });
            }
        }
        rest = &inside[end + CLOSE.len()..];
    }
    title.push_str(rest);

    let title = one_line(&title);
    if title.is_empty() {
        return Err(TitleProblem::Empty);
    }
    match utf16_length(&title) {
        length if length > LONGEST_TITLE => Err(TitleProblem::TooLong { length }),
        _ => Ok(title),
    }
}

fn substitute(name: &str, context: &TitleContext<'_>) -> Option<String> {
    let date = context.date;
    let text = match name {
        "YY" => format!("{:02}", date.year().rem_euclid(100)),
        "YYYY" => format!("{:04}", date.year()),
        "MM" => format!("{:02}", date.month()),
        "MMM" => date.format("%b").to_string(),
        "MMMM" => date.format("%B").to_string(),
        "D" => date.day().to_string(),
        "DD" => format!("{:02}", date.day()),
        "Do" => format!("{}{}", date.day(), ordinal_ending(date.day())),
        "Q" => date.quarter().to_string(),
        "WW" => format!("{:02}", date.iso_week().week()),
        "Team" => context.team.to_owned(),
        "RetrospectiveTitleOrDate" if context.kind == Kind::Retrospective => {
            title_or_date(context.title, date)
        }
        "HealthCheckTitleOrDate" if context.kind == Kind::HealthCheck => {
            title_or_date(context.title, date)
        }
        _ => return None,
    };
    Some(text)
}

fn title_or_date(title: &str, date: NaiveDate) -> String {
    if one_line(title).is_empty() {
        date_in_words(date)
    } else {
        title.to_owned()
    }
}

/// A date as every page, PDF and title writes it: "19 Nov 2026".
pub fn date_in_words(date: NaiveDate) -> String {
    date.format("%-d %b %Y").to_string()
}

fn ordinal_ending(day: u32) -> &'static str {
    match (day % 10, day % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    }
}

/// The substitution the user may have meant.
fn nearest(name: &str, kind: Kind) -> Option<String> {
    if name.chars().count() > 40 {
        return None;
    }
    let bare = |text: &'static str| text.trim_matches(['{', '}']);
    let all = substitutions(kind);
    if name.eq_ignore_ascii_case("RetrospectiveTitleOrDate")
        || name.eq_ignore_ascii_case("HealthCheckTitleOrDate")
    {
        return all.first().map(|it| it.text.to_owned());
    }
    let wanted = name.to_lowercase();
    all.iter()
        .map(|it| {
            (
                strsim::damerau_levenshtein(&wanted, &bare(it.text).to_lowercase()),
                it.text,
            )
        })
        .filter(|(distance, text)| *distance <= bare(text).len() / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, text)| text.to_owned())
}

fn utf16_length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// A text as one line: no control characters, no line breaks, single spaces.
fn one_line(text: &str) -> String {
    let gap =
        |it: char| it.is_whitespace() || it.is_control() || matches!(it, '\u{FFFE}' | '\u{FFFF}');
    text.split(gap)
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// "<title>.pdf", fit for every file system and for Confluence: at most 154 bytes, never empty.
///
/// Out go what Windows forbids, what Confluence refuses in attachment names (`& + ? | =`, Atlassian's
/// knowledge base) and what breaks links to them (`# % ^ ~ [ ] { } ;`). Characters that turn the
/// reading direction go too, since they can make a name look like another.
pub fn file_name(title: &str) -> String {
    let mut stem = String::new();
    for it in one_line(title).chars() {
        match it {
            '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {}
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '&' | '+' | '=' | '#' | '%'
            | '^' | '~' | '[' | ']' | '{' | '}' | ';' | '`' | '$' | '@' | '!' => {
                if !stem.ends_with('-') {
                    stem.push('-');
                }
            }
            _ => stem.push(it),
        }
    }
    let at_ends = [' ', '.', '-'];
    let stem = cut(stem.trim_matches(at_ends), LONGEST_FILE_STEM).trim_end_matches(at_ends);
    let device = stem.split('.').next().unwrap_or_default().trim_end();
    match stem {
        "" => "Summary.pdf".to_owned(),
        _ if is_windows_device(device) => format!("{stem} summary.pdf"),
        _ => format!("{stem}.pdf"),
    }
}

/// The beginning of a text, at most so many bytes and whole characters.
fn cut(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Names Windows keeps for devices, whatever their ending ("Naming Files, Paths, and Namespaces").
fn is_windows_device(name: &str) -> bool {
    let name = name.to_uppercase();
    matches!(name.as_str(), "CON" | "PRN" | "AUX" | "NUL")
        || ["COM", "LPT"].iter().any(|port| {
            name.strip_prefix(port).is_some_and(|number| {
                matches!(
                    number,
                    "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³"
                )
            })
        })
}
