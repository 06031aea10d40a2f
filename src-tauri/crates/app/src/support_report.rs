//! Support report: what a helper needs to know, without what is nobody's business.
//!
//! Nothing gets into it because it was not recognised as a name or a secret; each line is put together
//! from numbers, versions and words of our own. Hosts are told apart by placeholders that stay the
//! same within the report and from one report to the next, in the order of the integrations. Of the
//! log only messages of [`LOG_MESSAGES`] are taken, never what stands behind them.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use chrono::{DateTime, Utc};
use retropress_confluence::{Route, Url};
use serde::Serialize;

use crate::{
    ApiError, App, Result, clients,
    connect::{self, Edition, name_of},
    desktop,
    integrations::{self, Parent, StoredIntegration},
    network::{self, NetworkScope},
    publish, sealing, settings,
};

/// Where the log lies, beside the database.
pub const LOG_FOLDER: &str = "logs";
/// Days and lines of the log that are looked at.
const LOG_FILES: usize = 3;
const LOG_BYTES: u64 = 4 * 1024 * 1024;
const LOG_LINES: usize = 20;
/// Far more than a report ever has.
const LONGEST: usize = 1024 * 1024;

/// Puts the report together. Asks the keyring whether it answers, and nobody else.
pub async fn make(app: &App) -> Result<String> {
    let keyring = match sealing::probe(app).await {
        Ok(()) => "answers".to_owned(),
        Err(problem) => word(&ApiError::from(problem).code),
    };
    let app = app.clone();
    tokio::task::spawn_blocking(move || write(&app, &keyring))
        .await
        .map_err(|it| ApiError::internal(&it))?
}

/// Asks where to save the report as it was shown, saves it there and answers the path; `None` when
/// the user cancelled.
pub async fn save(app: &App, text: String) -> Result<Option<String>> {
    if text.len() > LONGEST {
        return Err(ApiError::internal(&std::io::Error::other(
            "a report of that length is none",
        )));
    }
    let name = format!("Retropress support report {}.txt", app.today());
    desktop::save(app, &name, text.into_bytes(), "report").await
}

fn write(app: &App, keyring: &str) -> Result<String> {
    let mut report = Report::default();
    let versions = app.inner.desktop.versions();
    report.line("Retropress", env!("CARGO_PKG_VERSION"));
    report.line("Made", app.now().format("%Y-%m-%d %H:%M UTC"));
    report.line("System", or_unknown(&versions.system));
    report.line("Web view", or_unknown(&versions.web_view));
    report.line("Keyring", keyring);
    database(app, &mut report)?;
    preferences(app, &mut report)?;
    integrations_of(app, &mut report)?;
    log(app, &mut report);
    report.section();
    report.line(
        "Left out",
        "names, addresses, accounts, titles, texts, tokens, passwords",
    );
    Ok(report.text)
}

fn database(app: &App, report: &mut Report) -> Result<()> {
    let health = app.store().health()?;
    report.section();
    report.line(
        "Database",
        format_args!(
            "SQLite {}, schema {}, integrity {}, {} KB",
            health.sqlite_version,
            health.schema,
            if health.sound { "ok" } else { "damaged" },
            health.size.div_ceil(1024),
        ),
    );
    let backup = health.backed_up_at.map_or_else(
        || "none yet".to_owned(),
        |it| {
            DateTime::<Utc>::from(it)
                .format("%Y-%m-%d %H:%M UTC")
                .to_string()
        },
    );
    report.line("Last backup", backup);
    for notice in &app.inner.notices {
        let what = if notice.contains("last good backup") {
            "opened from the last backup: the file was damaged"
        } else {
            "started empty: the file was damaged"
        };
        report.line("At this start", what);
    }
    if let Some(what) = app.inner.storage.told() {
        report.line("At this start", what);
    }
    report.line("Counts", listed(&health.counts));
    let states: Vec<(&str, u32)> = health
        .operations
        .iter()
        .map(|(state, count)| (plain(state), *count))
        .collect();
    report.line("Operations", listed(&states));

    let mut codes: BTreeMap<String, u32> = BTreeMap::new();
    for it in &health.troubled {
        let code = it
            .error
            .as_deref()
            .and_then(|it| serde_json::from_str::<ApiError>(it).ok())
            .map(|it| word(&it.code));
        let doubt = if it.in_doubt { ", answer lost" } else { "" };
        report.line(
            &format!(
                "  {}",
                publish::reference(it.draft_id.as_ref().unwrap_or(&it.id))
            ),
            format_args!(
                "{}, {}, step {}{doubt}, {}, since {}",
                plain(&it.kind),
                plain(&it.state),
                plain(&it.step),
                code.as_deref().unwrap_or("no error"),
                crate::drafts::time(it.started_at).format("%Y-%m-%d %H:%M UTC"),
            ),
        );
        if let Some(code) = code {
            *codes.entry(code).or_default() += 1;
        }
    }
    let codes: Vec<(&str, u32)> = codes.iter().map(|(code, it)| (&**code, *it)).collect();
    report.line("Errors", listed(&codes));
    Ok(())
}

fn preferences(app: &App, report: &mut Report) -> Result<()> {
    let it = settings::read(app)?;
    report.section();
    report.line(
        "Settings",
        format_args!("theme {}, paper {}", word(&it.theme), word(&it.paper)),
    );
    let network = network::told(app, &NetworkScope::Everywhere)?;
    let usual = "proxy of the system";
    report.line("Network", network.as_deref().unwrap_or(usual));
    Ok(())
}

fn integrations_of(app: &App, report: &mut Report) -> Result<()> {
    let mut hosts: Vec<String> = Vec::new();
    let mut number = 0;
    for team in app.store().teams()? {
        for record in app.store().integrations(&team.id)? {
            number += 1;
            report.section();
            // A row of another version must not keep the rest from being told.
            let Ok(it) = integrations::find(app, &record.id) else {
                report.line(&format!("Connection {number}"), "cannot be read");
                continue;
            };
            integration(app, number, &it, &mut hosts, report)?;
        }
    }
    if number == 0 {
        report.section();
        report.line("Connections", "none");
    }
    Ok(())
}

fn integration(
    app: &App,
    number: usize,
    it: &StoredIntegration,
    hosts: &mut Vec<String>,
    report: &mut Report,
) -> Result<()> {
    let site = connect::site_view(&it.site);
    let edition = match site.edition {
        Edition::Cloud => "Cloud",
        Edition::DataCenter => "Data Center",
        Edition::Server => "Server",
    };
    report.line(
        &format!("Connection {number}"),
        format_args!(
            "{edition} {}, {}",
            version(&site.version),
            name_of(it.method)
        ),
    );
    let route = match it.route {
        Route::Site => "directly",
        Route::Gateway => "through the gateway",
        Route::GatewayClassic => "through the gateway, REST v1",
    };
    report.line(
        "  host",
        format_args!(
            "{}, {}, port {}, {}{route}{}",
            placeholder(hosts, &it.site.base_url),
            it.site.base_url.scheme(),
            it.site.base_url.port_or_known_default().unwrap_or_default(),
            if it.site.base_url.path() == "/" {
                ""
            } else {
                "with a context path, "
            },
            if it.sandbox { ", sandbox" } else { "" },
        ),
    );
    let secret = if app.store().sealed_secret(&it.id)?.is_some() {
        "sealed"
    } else if clients::has_secret(app, it)? {
        "kept for this session"
    } else {
        "missing"
    };
    report.line("  secret", secret);
    let network = network::told(app, &NetworkScope::of(Some(&it.id), &it.team_id))?;
    let usual = "as for every connection";
    report.line("  network", network.as_deref().unwrap_or(usual));
    let parent = |it: &Parent| match it {
        Parent::None => "none",
        Parent::New { .. } => "new",
        Parent::Existing { .. } => "existing",
    };
    report.line(
        "  parents",
        format_args!(
            "retrospectives {}, health checks {}; labels {}",
            parent(&it.configuration.retrospective_parent),
            parent(&it.configuration.health_check_parent),
            it.configuration.labels.len(),
        ),
    );
    report.line(
        "  saved",
        crate::drafts::time(it.saved_at).format("%Y-%m-%d %H:%M UTC"),
    );
    Ok(())
}

/// "host 1" for the first host met, and for it again.
fn placeholder(hosts: &mut Vec<String>, address: &Url) -> String {
    let host = address.host_str().unwrap_or_default();
    let at = hosts.iter().position(|it| it == host).unwrap_or_else(|| {
        hosts.push(host.to_owned());
        hosts.len() - 1
    });
    format!("host {}", at + 1)
}

/// Messages of the log that may be repeated: our own words, each to the letter. Everything else in a
/// line came from outside or may name somebody.
const LOG_MESSAGES: &[&str] = &[
    "a click on a notification will not be heard",
    "a fault of ours",
    "a signal of the system will not be heard",
    "a notification could not be shown",
    "a sign-in could not be renewed",
    "a test of the wizard was not ended",
    "an operation could not be taken up",
    "and could not be written down",
    "core dumps could not be switched off",
    "nobody listens for the browser's answer",
    "publishing from the tray did not begin",
    "the app cannot start",
    "the database is damaged",
    "the icon in the tray could not be removed",
    "the key stayed in the keyring",
    "the operation could not be read",
    "the operation stopped",
    "the operation's times were not moved",
    "the parent page was not remembered",
    "the window could not be brought forward",
    "the window did not answer in time",
    "the window could not be minimised",
    "the window could not be opened",
    "the window could not be shown",
    "the window was not asked to store what was typed",
    "the window was not told",
    "there is no tray",
    "removed secrets are still in a file",
    "removed secrets could not be looked for",
    "tidying up failed",
    "tidying up stopped",
    "unfinished operations could not be read",
    "unfinished renewals could not be looked for",
    "what a server asked for was not written down",
    "what is queued could not be read",
];

fn log(app: &App, report: &mut Report) {
    report.section();
    let lines = last_of_log(&app.store().folder().join(LOG_FOLDER));
    if lines.is_empty() {
        report.line("Log", "no warnings and no errors");
        return;
    }
    report.line(
        "Log",
        format_args!("warnings and errors, the last {}", lines.len()),
    );
    for line in lines {
        let _ = writeln!(report.text, "  {line}");
    }
}

/// The newest warnings and errors, oldest first.
fn last_of_log(folder: &Path) -> Vec<String> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|it| it.path()).collect())
        .unwrap_or_default();
    files.retain(|it: &std::path::PathBuf| it.extension().is_some_and(|it| it == "log"));
    // Their names end with the day.
    files.sort();
    let mut lines = Vec::new();
    for file in files.iter().rev().take(LOG_FILES).rev() {
        if fs::metadata(file).is_ok_and(|it| it.len() <= LOG_BYTES)
            && let Ok(bytes) = fs::read(file)
        {
            lines.extend(String::from_utf8_lossy(&bytes).lines().filter_map(told));
        }
    }
    lines.split_off(lines.len().saturating_sub(LOG_LINES))
}

/// A line of the log in words of our own; `None` for what is no warning and no error.
///
/// The subscriber writes "time LEVEL target: message field=value ..." without escaping line breaks in
/// values, so any line may be made up by whoever answered: nothing of it is taken over but a time and
/// a message that is known.
fn told(line: &str) -> Option<String> {
    let mut parts = line.splitn(2, char::is_whitespace);
    let at = DateTime::parse_from_rfc3339(parts.next()?).ok()?;
    let rest = parts.next()?.trim_start();
    let level = ["ERROR", "WARN"]
        .into_iter()
        .find(|it| rest.starts_with(it))?;
    let message = LOG_MESSAGES.iter().find(|message| {
        rest.split_once(*message).is_some_and(|(before, after)| {
            before.ends_with(": ") && (after.is_empty() || after.starts_with(' '))
        })
    });
    let at = at.with_timezone(&Utc).format("%Y-%m-%d %H:%M:%S UTC");
    Some(format!(
        "{at} {level} {}",
        message.unwrap_or(&"something else")
    ))
}

#[derive(Default)]
struct Report {
    text: String,
}

impl Report {
    fn line(&mut self, name: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.text, "{name:<15} {value}");
    }

    fn section(&mut self) {
        self.text.push('\n');
    }
}

fn or_unknown(text: &str) -> &str {
    if text.is_empty() { "unknown" } else { text }
}

/// "teams 2, drafts 41"; "none" for no entries.
fn listed(counts: &[(&str, u32)]) -> String {
    if counts.is_empty() {
        return "none".to_owned();
    }
    let each: Vec<String> = counts
        .iter()
        .map(|(what, it)| format!("{what} {it}"))
        .collect();
    each.join(", ")
}

/// An enum's name as it is stored and as it crosses: a word of ours.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        _ => "unknown".to_owned(),
    }
}

/// A word of ours from the database; anything else is not repeated.
fn plain(text: &str) -> &str {
    if !text.is_empty() && text.len() <= 30 && text.bytes().all(|it| it.is_ascii_alphabetic()) {
        text
    } else {
        "unknown"
    }
}

/// A server tells its version itself: only the number is taken.
fn version(text: &str) -> &str {
    let end = text
        .find(|it: char| !it.is_ascii_digit() && it != '.')
        .unwrap_or(text.len());
    match &text[..end.min(20)] {
        "" => "of unknown version",
        number => number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_line_only_its_time_level_and_known_message_are_told() {
        let line = "2026-11-19T09:42:11.123456Z ERROR retropress_app::publish::carry: the operation stopped problem=Ines at wiki.harbour.example id=1";
        assert_eq!(
            told(line).unwrap(),
            "2026-11-19 09:42:11 UTC ERROR the operation stopped"
        );
        assert_eq!(
            told("2026-11-19T09:42:11Z  WARN hyper: wiki.harbour.example is away").unwrap(),
            "2026-11-19 09:42:11 UTC WARN something else"
        );
        assert_eq!(
            told("2026-11-19T09:42:11Z  INFO retropress_app: a fault of ours"),
            None
        );
        assert_eq!(told("Ines ERROR retropress_app: a fault of ours"), None);
        assert_eq!(told(""), None);
    }

    #[test]
    fn a_version_is_a_number() {
        assert_eq!(version("9.2.7"), "9.2.7");
        assert_eq!(version("9.2.7-harbour"), "9.2.7");
        assert_eq!(version("harbour"), "of unknown version");
    }

    /// Else a new message of the log would be "something else" in every report.
    #[test]
    fn each_warning_and_error_of_the_log_can_be_told() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let folders = [
            "src",
            "crates/app/src",
            "crates/confluence/src",
            "crates/secrets/src",
            "crates/store/src",
            "crates/summary/src",
        ];
        let mut found = Vec::new();
        for folder in folders {
            messages(&root.join(folder), &mut found);
        }
        assert!(found.len() > 10);
        for message in &found {
            assert!(LOG_MESSAGES.contains(&&**message), "{message}");
        }
        for message in LOG_MESSAGES {
            assert!(
                found.iter().any(|it| it == message),
                "{message} is not logged any more"
            );
        }
    }

    /// The last literal of each `tracing::warn!` and `tracing::error!`.
    fn messages(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                messages(&path, found);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
            for call in text.split("tracing::warn!(").skip(1) {
                found.extend(last_literal(call));
            }
            for call in text.split("tracing::error!(").skip(1) {
                found.extend(last_literal(call));
            }
        }
    }

    /// Of a macro's arguments, up to the parenthesis that ends them. None of ours has a quotation
    /// mark inside a literal.
    fn last_literal(arguments: &str) -> Option<String> {
        let (mut depth, mut last) = (1, None);
        for (at, part) in arguments.split('"').enumerate() {
            if at % 2 == 1 {
                assert!(!part.contains('{'), "{part} holds a value");
                last = Some(part.to_owned());
                continue;
            }
            for it in part.chars() {
                depth += match it {
                    '(' => 1,
                    ')' => -1,
                    _ => 0,
                };
                if depth == 0 {
                    return last;
                }
            }
        }
        None
    }
}
