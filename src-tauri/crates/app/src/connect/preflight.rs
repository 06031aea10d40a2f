//! The checklist: what is known of a connection before anything is published, line by line, without
//! writing to Confluence.

use std::sync::{Arc, Mutex};

use retropress_confluence::{
    Client, Error, ErrorKind, PageStatus, Permissions, RateLimit, Route, SpaceRef, discover,
};
use retropress_summary::{
    Kind,
    title::{self, TitleContext},
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Method, first_spaces_only, sample_of, session, signs_in_by_oauth};
use crate::{
    App, Event, Field, Result, clients,
    integrations::{self, Configuration, Parent},
    lock,
    network::{self, NetworkScope},
    teams::{self, Team},
};

/// One line of a checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Check {
    pub outcome: CheckOutcome,
    pub text: String,
    /// Why, or what else is known.
    pub note: String,
    /// What to do about it; empty where nothing has to be done.
    pub fix: String,
    /// For copying; never a secret.
    pub details: String,
    /// Where in the wizard it is put right.
    pub field: Option<Field>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum CheckOutcome {
    Ok,
    /// Worth knowing; nothing stands in the way.
    Warning,
    Failed,
    /// The server does not tell.
    Unknown,
    /// Not asked, because something before it failed.
    Skipped,
    Running,
    Waiting,
}

/// What is checked, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Reachable,
    Certificate,
    Confluence,
    Account,
    Space,
    Parent(Kind),
    Create,
    Attach,
    Delete,
    Scopes,
    RateLimit,
}

const LINES: [Line; 12] = [
    Line::Reachable,
    Line::Certificate,
    Line::Confluence,
    Line::Account,
    Line::Space,
    Line::Parent(Kind::Retrospective),
    Line::Parent(Kind::HealthCheck),
    Line::Create,
    Line::Attach,
    Line::Delete,
    Line::Scopes,
    Line::RateLimit,
];

impl Line {
    /// What it says before it is asked.
    fn title(self) -> &'static str {
        match self {
            Self::Reachable => "The server can be reached",
            Self::Certificate => "Its certificate is trusted",
            Self::Confluence => "It is Confluence",
            Self::Account => "Signed in",
            Self::Space => "The space is visible",
            Self::Parent(Kind::Retrospective) => "Retrospective parent page",
            Self::Parent(Kind::HealthCheck) => "Health check parent page",
            Self::Create => "May create pages",
            Self::Attach => "May attach files",
            Self::Delete => "May delete pages",
            Self::Scopes => "Scopes of the token",
            Self::RateLimit => "Rate limit",
        }
    }
}

/// The lines as they stand, told to the window at each change.
struct Checklist<'a> {
    app: &'a App,
    of: String,
    checks: Vec<Check>,
}

impl<'a> Checklist<'a> {
    fn new(app: &'a App, of: String) -> Self {
        let checks = LINES
            .iter()
            .map(|it| Check::new(CheckOutcome::Waiting, it.title(), ""))
            .collect();
        Self { app, of, checks }
    }

    fn at(&mut self, line: Line) -> Option<&mut Check> {
        let place = LINES.iter().position(|it| *it == line)?;
        self.checks.get_mut(place)
    }

    fn tell(&self) {
        self.app.tell(Event::ChecklistChanged {
            of: self.of.clone(),
            checks: self.checks.clone(),
        });
    }

    fn start(&mut self, line: Line) {
        if let Some(check) = self.at(line) {
            check.outcome = CheckOutcome::Running;
        }
        self.tell();
    }

    fn end(&mut self, line: Line, check: Check) {
        if let Some(place) = self.at(line) {
            *place = check;
        }
        self.tell();
    }

    fn fail(&mut self, line: Line, problem: &Error, field: Option<Field>) {
        let failed = Check::failed_by(problem);
        self.end(line, Check { field, ..failed });
    }

    /// What was not asked says so.
    fn close(mut self) -> Vec<Check> {
        for check in &mut self.checks {
            if matches!(check.outcome, CheckOutcome::Waiting | CheckOutcome::Running) {
                check.outcome = CheckOutcome::Skipped;
                "not checked".clone_into(&mut check.note);
            }
        }
        self.tell();
        self.checks
    }
}

/// What is checked.
struct Subject {
    team: Team,
    method: Method,
    client: Client,
    scope: NetworkScope,
    allow_http: bool,
    configuration: Configuration,
}

/// Checks the wizard's connection and configuration. Its lines come as events while they are ticked
/// off, and all together in the end.
pub async fn checklist(
    app: &App,
    session_id: String,
    configuration: Configuration,
) -> Result<Vec<Check>> {
    let session = session(app, &session_id)?;
    let team = teams::find(app, &session.team_id)?;
    let configuration = integrations::check(&configuration, &team.name, app.today())?;
    let subject = Subject {
        scope: NetworkScope::of(session.integration_id.as_deref(), &session.team_id),
        team,
        method: session.method,
        client: session.client.clone(),
        allow_http: session.allow_http,
        configuration,
    };
    Ok(run(Checklist::new(app, session_id), &subject).await)
}

/// The same for a saved integration.
pub async fn check_integration(app: &App, integration_id: String) -> Result<Vec<Check>> {
    let integration = integrations::find(app, &integration_id)?;
    let subject = Subject {
        scope: NetworkScope::of(Some(&integration_id), &integration.team_id),
        team: teams::find(app, &integration.team_id)?,
        method: integration.method,
        client: clients::client_of(app, &integration).await?,
        allow_http: integration.allow_http,
        configuration: integration.configuration,
    };
    Ok(run(Checklist::new(app, integration_id), &subject).await)
}

async fn run(mut list: Checklist<'_>, subject: &Subject) -> Vec<Check> {
    let limits: Arc<Mutex<RateLimit>> = Arc::default();
    let paused: Arc<Mutex<bool>> = Arc::default();
    // Connections of its own, so that name, port and certificate are looked at now.
    list.start(Line::Reachable);
    let (http, options) = match network::fresh(list.app, &subject.scope).await {
        Ok(fresh) => fresh,
        Err(problem) => {
            list.end(
                Line::Reachable,
                network::failed(Line::Reachable.title(), &problem),
            );
            return list.close();
        }
    };
    let told = (limits.clone(), paused.clone());
    let http = http.on_call(move |record| {
        let said = record.rate_limit;
        if said.limit.is_some() || said.remaining.is_some() || said.near {
            *lock(&told.0) = said;
        }
        if record.status == Some(429) {
            *lock(&told.1) = true;
        }
    });
    let client = subject.client.over(&http);
    let site = client.site().clone();
    let address = &site.base_url;

    let found = discover(&http, address.as_str(), subject.allow_http).await;
    let seen = network::certificate(list.app, &http, address, &options);
    let way = network::way_note(&http, address);
    match &found {
        Ok(_) => list.end(
            Line::Reachable,
            Check::ok(format!("{} can be reached", site.name), way),
        ),
        // Something answers: what it is, is said below.
        Err(problem) if problem.status().is_some() && !problem.blames_proxy() => list.end(
            Line::Reachable,
            Check::ok(format!("{} can be reached", site.name), way),
        ),
        Err(problem) if problem.kind() == ErrorKind::Certificate => {
            list.end(
                Line::Reachable,
                Check::ok(format!("{} can be reached", site.name), way),
            );
            list.fail(Line::Certificate, problem, Some(Field::ServerUrl));
            return list.close();
        }
        Err(problem) => {
            list.fail(Line::Reachable, problem, Some(Field::ServerUrl));
            return list.close();
        }
    }
    list.end(Line::Certificate, joined(seen));
    match found {
        Ok(found) => list.end(
            Line::Confluence,
            Check::ok(network::edition(&found), address.to_string()),
        ),
        Err(problem) => {
            list.fail(Line::Confluence, &problem, Some(Field::ServerUrl));
            return list.close();
        }
    }

    list.start(Line::Account);
    match client.account().await {
        Ok(who) => list.end(
            Line::Account,
            Check::ok(format!("Signed in as {}", who.name), ""),
        ),
        Err(problem) => {
            let field = super::field_of(&problem, subject.method);
            list.fail(Line::Account, &problem, field);
            return list.close();
        }
    }

    if let Some(space) = space(&mut list, &client, &subject.configuration).await {
        for kind in [Kind::Retrospective, Kind::HealthCheck] {
            list.start(Line::Parent(kind));
            let check = parent(list.app, &client, subject, &space, kind).await;
            list.end(Line::Parent(kind), check);
        }
        list.start(Line::Create);
        match client.permissions(&space).await {
            Ok(permissions) => permitted(&mut list, permissions, &subject.configuration),
            Err(problem) => list.fail(Line::Create, &problem, None),
        }
    }

    list.start(Line::Scopes);
    let check = scopes(&client, subject).await;
    list.end(Line::Scopes, check);
    let check = rate_limit(*lock(&limits), *lock(&paused));
    list.end(Line::RateLimit, check);
    list.close()
}

async fn space(
    list: &mut Checklist<'_>,
    client: &Client,
    configuration: &Configuration,
) -> Option<SpaceRef> {
    list.start(Line::Space);
    let name = format!("{} ({})", configuration.space_name, configuration.space_key);
    match client.spaces().await {
        Ok(all) => {
            let more = all.more;
            let space = all.into_iter().find(|it| it.id == configuration.space_id);
            match space {
                Some(space) => {
                    list.end(
                        Line::Space,
                        Check::ok(format!("Space {name} is visible"), ""),
                    );
                    Some(space.to_ref())
                }
                None if more => {
                    list.end(
                        Line::Space,
                        Check::new(
                            CheckOutcome::Warning,
                            format!("Space {name} could not be checked"),
                            first_spaces_only(),
                        ),
                    );
                    None
                }
                None => {
                    list.end(
                        Line::Space,
                        Check {
                            fix: "choose another space, or ask its administrator for access."
                                .into(),
                            field: Some(Field::Space),
                            ..Check::new(
                                CheckOutcome::Failed,
                                format!("Space {name} is not visible"),
                                "it is gone, or this account may not see it",
                            )
                        },
                    );
                    None
                }
            }
        }
        Err(problem) => {
            list.fail(Line::Space, &problem, Some(Field::Space));
            None
        }
    }
}

async fn parent(
    app: &App,
    client: &Client,
    subject: &Subject,
    space: &SpaceRef,
    kind: Kind,
) -> Check {
    let (what, field) = match kind {
        Kind::Retrospective => ("Retrospectives", Field::RetrospectiveParent),
        Kind::HealthCheck => ("Health checks", Field::HealthCheckParent),
    };
    let gone = |title: &str, note: &str, fix: &str| Check {
        fix: fix.to_owned(),
        field: Some(field),
        ..Check::new(
            CheckOutcome::Failed,
            format!("Parent page \u{201c}{title}\u{201d} cannot be used"),
            note,
        )
    };
    let problem = |it: &Error| Check {
        field: Some(field),
        ..Check::failed_by(it)
    };
    match subject.configuration.parent(kind) {
        Parent::None => Check::ok(format!("{what} go below the space\u{2019}s home page"), ""),
        Parent::Existing { id, title } => match client.page(id).await {
            Ok(Some(page)) if page.status == PageStatus::Current => Check::ok(
                format!("Parent page \u{201c}{}\u{201d} exists", page.title),
                what,
            ),
            Ok(Some(_)) => gone(
                title,
                "it is archived or in the bin",
                "restore it in Confluence, or choose another one.",
            ),
            Ok(None) => gone(
                title,
                "it is gone, or this account may not see it",
                "choose another one, or ask for access.",
            ),
            Err(it) => problem(&it),
        },
        Parent::New { title } => {
            let sample = sample_of(app, kind);
            let context = TitleContext {
                kind,
                title: sample.title(),
                date: app.today(),
                team: &subject.team.name,
            };
            let title = title::render(title, &context).unwrap_or_default();
            match client.pages_titled(space, &title).await {
                Ok(pages) if pages.iter().any(|it| it.status == PageStatus::Current) => {
                    Check::ok(format!("Parent page \u{201c}{title}\u{201d} exists"), what)
                }
                Ok(pages) if pages.iter().any(|it| it.status == PageStatus::Archived) => gone(
                    &title,
                    "an archived page keeps this title",
                    "restore that page in Confluence, or choose another title.",
                ),
                Ok(_) => Check::ok(format!("\u{201c}{title}\u{201d} will be created"), what),
                Err(it) => problem(&it),
            }
        }
    }
}

fn permitted(list: &mut Checklist<'_>, it: Permissions, configuration: &Configuration) {
    let key = &configuration.space_key;
    let lines = [
        (Line::Create, it.create_pages, "create pages", "Pages: Add"),
        (
            Line::Attach,
            it.attach_files,
            "attach files",
            "Attachments: Add",
        ),
        (
            Line::Delete,
            it.delete_pages,
            "delete pages",
            "Pages: Delete",
        ),
    ];
    for (line, may, what, permission) in lines {
        let check = match may {
            Some(true) => Check::ok(format!("May {what} in {key}"), "asked, nothing was written"),
            Some(false) => Check {
                fix: format!(
                    "ask the space\u{2019}s administrator for \u{201c}{permission}\u{201d}, or choose another space."
                ),
                field: Some(Field::Space),
                ..Check::new(
                    CheckOutcome::Failed,
                    format!("May not {what} in {key}"),
                    format!("needs \u{201c}{permission}\u{201d}"),
                )
            },
            None => Check::new(
                CheckOutcome::Unknown,
                format!("Whether this account may {what} is not known"),
                "this Confluence does not tell; a test summary finds out",
            ),
        };
        list.end(line, check);
    }
}

fn scope_fix(method: Method, missing: &[&str]) -> String {
    let missing = missing.join(" and ");
    if signs_in_by_oauth(method) {
        format!(
            "add {missing} to the app in Atlassian's developer console, or to the credentials of the service account, then sign in again."
        )
    } else {
        format!("the scopes of a token cannot be changed: create a new one with {missing} too.")
    }
}

async fn scopes(client: &Client, subject: &Subject) -> Check {
    if client.route() != Route::Gateway {
        return Check::ok(
            match subject.method {
                Method::Basic => "A password has no scopes",
                _ => "This token has no scopes",
            },
            "it may do what the account may",
        );
    }
    match client
        .scopes(!subject.configuration.labels.is_empty())
        .await
    {
        Err(problem) => Check::failed_by(&problem),
        Ok(answers) => {
            let missing: Vec<&str> = answers
                .iter()
                .filter(|it| !it.granted)
                .map(|it| it.scope)
                .collect();
            if missing.is_empty() {
                let all: Vec<&str> = answers.iter().map(|it| it.scope).collect();
                return Check::ok("The token has the scopes it needs", all.join(", "));
            }
            Check {
                fix: scope_fix(subject.method, &missing),
                field: Some(super::fields(subject.method).1),
                ..Check::new(
                    CheckOutcome::Failed,
                    match (missing.len(), signs_in_by_oauth(subject.method)) {
                        (1, false) => "A scope of the token is missing".to_owned(),
                        (1, true) => "A scope of the sign-in is missing".to_owned(),
                        (some, false) => format!("{some} scopes of the token are missing"),
                        (some, true) => format!("{some} scopes of the sign-in are missing"),
                    },
                    missing.join(", "),
                )
            }
        }
    }
}

fn rate_limit(it: RateLimit, paused: bool) -> Check {
    let left = match (it.remaining, it.limit) {
        (Some(remaining), Some(limit)) => format!("{remaining} of {limit} requests left"),
        (Some(remaining), None) => format!("{remaining} requests left"),
        (None, Some(limit)) => format!("{limit} requests in each interval"),
        (None, None) => String::new(),
    };
    if paused {
        return Check {
            fix: "wait a little: publishing does so by itself.".into(),
            ..Check::new(CheckOutcome::Warning, "Confluence asks for a pause", left)
        };
    }
    // What one publish takes, with what looks for its parent and checks the result.
    let scarce = it.near || it.remaining.is_some_and(|it| it < 20);
    if scarce {
        let note = [&*left, "publishing waits by itself where it has to"];
        let note: Vec<&str> = note.into_iter().filter(|it| !it.is_empty()).collect();
        return Check::new(
            CheckOutcome::Warning,
            "The rate limit is near",
            note.join("; "),
        );
    }
    if left.is_empty() {
        return Check::ok("No rate limit", "its answers name none");
    }
    Check::ok("The rate limit is far", left)
}

/// Certificates of both sides in one line: what is wrong comes first.
fn joined(mut checks: Vec<Check>) -> Check {
    if checks.is_empty() {
        return Check::ok("No certificate is needed", "");
    }
    let worst = checks
        .iter()
        .position(|it| it.outcome == CheckOutcome::Failed)
        .unwrap_or_default();
    let mut first = checks.remove(worst);
    for other in checks {
        let more = [&*first.note, &*other.text]
            .iter()
            .filter(|it| !it.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join("; ");
        first.note = more;
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_scope_is_added_where_it_can_be() {
        let missing = ["read:page:confluence", "write:confluence-content"];
        let token = scope_fix(Method::ApiToken, &missing);
        assert!(token.contains("create a new one with read:page:confluence and write:"));
        for method in [Method::AtlassianLogin, Method::ApplicationLink] {
            let fix = scope_fix(method, &missing);
            assert!(
                fix.contains("sign in again") && !fix.contains("token"),
                "{fix}"
            );
        }
    }
}
