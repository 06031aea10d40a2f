//! A team's connections to Confluence, as they are saved.

use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeMap;

use retropress_confluence::{Route, Site, SpaceRef, Url};
use retropress_store::{IntegrationRecord, NetworkRecord, PublicationRecord};
use retropress_summary::{Kind, title::TitleContext};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    ApiError, App, Event, Field, Result,
    clients::{self, from_text, to_text},
    connect::{self, Method, Secret, SiteView, sign_in::ScopeFamily},
    drafts, grant, lock, network, publish, sealing, teams,
};

/// Where summaries go and what they are called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Configuration {
    pub space_id: String,
    pub space_key: String,
    pub space_name: String,
    pub retrospective_parent: Parent,
    /// With substitutions, such as `{{RetrospectiveTitleOrDate}} - Retrospective`.
    pub retrospective_title: String,
    pub health_check_parent: Parent,
    pub health_check_title: String,
    pub labels: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "type")]
#[ts(export)]
pub enum Parent {
    /// Below the space's home page.
    None,
    /// Looked up by its title with each publish, and created where it is missing.
    New {
        title: String,
    },
    Existing {
        id: String,
        title: String,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Integration {
    pub id: String,
    pub team_id: String,
    pub method: Method,
    pub site: SiteView,
    /// Email address or user name that was entered; empty where a token alone signs in.
    pub account: String,
    pub account_name: String,
    pub configuration: Configuration,
    pub allow_http: bool,
    /// Talks to the sandbox of this app.
    pub sandbox: bool,
    pub saved_at: DateTime<Utc>,
    /// The secret is in the keyring's care; when it is not, what to say about it.
    pub secret_problem: Option<String>,
    /// The day the token expires, as it was entered.
    pub expires_on: Option<NaiveDate>,
    /// From two weeks before that day on.
    pub expiry_warning: Option<String>,
    /// Atlassian Login by client credentials.
    pub service_account: bool,
    /// Of Atlassian Login.
    pub scopes: ScopeFamily,
    /// Of the methods that sign in by OAuth; empty for the others.
    pub client_id: String,
}

/// An integration as the other rooms need it.
#[derive(Debug, Clone)]
pub(crate) struct StoredIntegration {
    pub id: String,
    pub team_id: String,
    pub method: Method,
    pub site: Site,
    pub route: Route,
    pub account: String,
    pub account_name: String,
    pub configuration: Configuration,
    pub parents: Parents,
    pub allow_http: bool,
    pub sandbox: bool,
    pub saved_at: i64,
    pub sign_in: SignInDetails,
}

/// What is known of the sign-in beside its secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SignInDetails {
    pub expires_on: Option<NaiveDate>,
    pub service_account: bool,
    pub scopes: ScopeFamily,
    pub client_id: String,
}

/// Pages that were found out once and are not looked up with each publish.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Parents {
    pub home: Option<String>,
    pub by_title: BTreeMap<String, String>,
}

impl StoredIntegration {
    pub fn space(&self) -> SpaceRef {
        SpaceRef {
            id: self.configuration.space_id.clone(),
            key: self.configuration.space_key.clone(),
            homepage_id: self.parents.home.clone(),
        }
    }

    fn of(it: IntegrationRecord) -> Result<Self> {
        Ok(Self {
            method: from_text(&it.method)?,
            site: from_text(&it.site)?,
            route: from_text(&it.route)?,
            configuration: from_text(&it.configuration)?,
            parents: from_text(&it.parents)?,
            sign_in: from_text(&it.sign_in)?,
            id: it.id,
            team_id: it.team_id,
            account: it.account,
            account_name: it.account_name,
            allow_http: it.allow_http,
            sandbox: it.sandbox,
            saved_at: it.saved_at,
        })
    }

    fn record(&self) -> Result<IntegrationRecord> {
        Ok(IntegrationRecord {
            id: self.id.clone(),
            team_id: self.team_id.clone(),
            method: to_text(&self.method)?,
            site: to_text(&self.site)?,
            route: to_text(&self.route)?,
            account: self.account.clone(),
            account_name: self.account_name.clone(),
            configuration: to_text(&self.configuration)?,
            parents: to_text(&self.parents)?,
            sign_in: to_text(&self.sign_in)?,
            allow_http: self.allow_http,
            sandbox: self.sandbox,
            saved_at: self.saved_at,
        })
    }
}

pub(crate) fn find(app: &App, integration_id: &str) -> Result<StoredIntegration> {
    let record = app
        .store()
        .integration(integration_id)
        .map_err(|problem| match problem {
            retropress_store::StoreError::Gone => ApiError::gone("The integration"),
            other => other.into(),
        })?;
    StoredIntegration::of(record)
}

/// The integration a draft goes to: the one it was published with, else the team's first.
pub(crate) fn first_of(
    app: &App,
    team_id: &str,
    published: Option<&PublicationRecord>,
) -> Result<Option<StoredIntegration>> {
    if let Some(id) = published.and_then(|it| it.integration_id.as_ref()) {
        return Ok(Some(find(app, id)?));
    }
    app.store()
        .integrations(team_id)?
        .into_iter()
        .next()
        .map(StoredIntegration::of)
        .transpose()
}

pub(crate) fn of_team(app: &App, team_id: &str) -> Result<Vec<StoredIntegration>> {
    let records = app.store().integrations(team_id)?;
    records.into_iter().map(StoredIntegration::of).collect()
}

pub async fn list(app: &App, team_id: String) -> Result<Vec<Integration>> {
    let mut all = Vec::new();
    for record in app.store().integrations(&team_id)? {
        all.push(view(app, StoredIntegration::of(record)?)?);
    }
    Ok(all)
}

/// Checks the whole configuration, then stores it with its secret: SAVE CHANGES.
///
/// With `session_only` the secret is kept in memory until the app ends, for a computer without a
/// keyring.
pub async fn save(
    app: &App,
    session_id: String,
    configuration: Configuration,
    session_only: bool,
) -> Result<Integration> {
    let session = connect::session(app, &session_id)?;
    let team = teams::find(app, &session.team_id)?;
    let configuration = check(&configuration, &team.name, app.today())?;
    let home = connect::spaces_of(&session)
        .await?
        .iter()
        .find(|it| it.id == configuration.space_id)
        .ok_or_else(|| {
            ApiError::invalid(
                Field::Space,
                "This space is gone, or this account may not see it.",
            )
        })?
        .homepage_id
        .clone();
    let integration = StoredIntegration {
        id: session
            .integration_id
            .clone()
            .unwrap_or_else(|| session.new_id.clone()),
        team_id: session.team_id.clone(),
        method: session.method,
        site: session.client.site().clone(),
        route: session.client.route(),
        account: session.account.clone(),
        account_name: session.account_name.clone(),
        configuration,
        parents: Parents {
            home,
            by_title: BTreeMap::new(),
        },
        allow_http: session.allow_http,
        sandbox: session.sandbox,
        saved_at: app.now().timestamp_millis(),
        sign_in: session.sign_in.clone(),
    };
    // Everything that can be refused comes before the first thing that is written.
    let sealing = sealing::begin(app).await;
    let adopted = match &session.integration_id {
        None => {
            network::adopt(
                app,
                &sealing,
                &session.team_id,
                &integration.id,
                session_only,
            )
            .await?
        }
        Some(_) => None,
    };
    let network = adopted.as_ref().map(|it| &it.record);
    let edited = session.integration_id.is_some();
    match &session.secret {
        Secret::Entered(secret) => {
            let sealed = if session_only {
                None
            } else {
                Some(clients::seal(&sealing, &integration, secret).await?)
            };
            store(app, &integration, edited, sealed.as_deref(), network)?;
            let mut kept = lock(&app.inner.session_secrets);
            if session_only {
                let secret = clients::SessionSecret::new(&integration, secret);
                kept.insert(integration.id.clone(), secret);
            } else {
                kept.remove(&integration.id);
            }
            lock(&app.inner.grants).remove(&integration.id);
        }
        Secret::Granted(grant) => {
            grant
                .save_as(app, &sealing, &integration, edited, session_only, network)
                .await?;
            lock(&app.inner.session_secrets).remove(&integration.id);
            lock(&app.inner.grants).insert(integration.id.clone(), grant.clone());
        }
    }
    drop(sealing);
    if let Some(adopted) = adopted {
        adopted.done(app, &integration);
    }
    // Pages that went out over an integration that is gone can be reached again over this one; those
    // of another Confluence cannot.
    app.store()
        .share_out_publications(&integration.team_id, &integration.id, |link| {
            Url::parse(link).is_ok_and(|it| integration.site.is_own_address(&it))
        })?;
    if session_only {
        // One that was saved before is not to be found anywhere.
        secret_removed(app).await?;
    }
    connect::end(app, &session_id, &session);
    publish::signed_in_again(app, &integration.id).await?;
    app.tell(Event::IntegrationsChanged {
        team_id: integration.team_id.clone(),
    });
    view(app, integration)
}

/// Forgets the secret and the tokens of an integration, which keeps everything else.
///
/// With the last secret the key leaves the keyring, too.
pub async fn remove_secret(app: &App, integration_id: String) -> Result<Integration> {
    let integration = find(app, &integration_id)?;
    app.store().delete_secret(&integration_id)?;
    connect::forget_saved(app, &integration_id);
    forget(app, &integration_id).await?;
    app.tell(Event::IntegrationsChanged {
        team_id: integration.team_id.clone(),
    });
    view(app, integration)
}

/// Forgets the integration and its secret; published pages stay, and what is queued goes back to its
/// drafts.
///
/// With the last secret the key leaves the keyring, too.
pub async fn disconnect(app: &App, integration_id: String) -> Result<()> {
    let integration = find(app, &integration_id)?;
    publish::outbox::cancel_all_of(app, &integration_id).await?;
    app.store().delete_integration(&integration_id)?;
    app.outbox().disconnected(&integration_id);
    connect::forget(app, &integration_id).await;
    forget(app, &integration_id).await?;
    app.tell(Event::IntegrationsChanged {
        team_id: integration.team_id,
    });
    Ok(())
}

/// Forgets what is held of an integration in memory, and the key once nothing is sealed with it.
async fn forget(app: &App, integration_id: &str) -> Result<()> {
    lock(&app.inner.session_secrets).remove(integration_id);
    lock(&app.inner.grants).remove(integration_id);
    // Of a sign-in that was never renewed there is none.
    let _ = std::fs::remove_file(grant::lock_file(app, integration_id));
    network::forget(app, integration_id);
    secret_removed(app).await
}

/// After a secret was removed: the key goes with the last one, and no file keeps what was deleted.
pub(crate) async fn secret_removed(app: &App) -> Result<()> {
    if let Err(problem) = sealing::forget_unused(app).await {
        // The sealed secret is gone already, so the key opens nothing any more.
        tracing::warn!(%problem, "the key stayed in the keyring");
    }
    crate::storage::forget_secrets(app).await
}

/// Writes the integration with its sealed secret and, where they are given, its network settings:
/// all of it or nothing. Without a secret none is left of an earlier save.
///
/// One that is edited and was disconnected while the keyring was asked does not come back.
pub(crate) fn store(
    app: &App,
    integration: &StoredIntegration,
    edited: bool,
    sealed: Option<&[u8]>,
    network: Option<&NetworkRecord>,
) -> Result<()> {
    let record = integration.record()?;
    let stored = match edited {
        true => app.store().change_integration(&record, sealed, network),
        false => app.store().save_integration(&record, sealed, network),
    };
    stored.map_err(|problem| match problem {
        retropress_store::StoreError::Gone => ApiError::gone("The integration"),
        other => other.into(),
    })
}

pub(crate) fn remember_parent(
    app: &App,
    integration_id: &str,
    title: &str,
    page_id: Option<&str>,
) -> Result<()> {
    let mut problem = None;
    app.store().change_parents(integration_id, |text| {
        let changed = from_text(text).and_then(|mut parents: Parents| {
            match page_id {
                Some(id) => parents.by_title.insert(title.to_owned(), id.to_owned()),
                None => parents.by_title.remove(title),
            };
            to_text(&parents)
        });
        changed.map_err(|it| problem = Some(it)).ok()
    })?;
    problem.map_or(Ok(()), Err)
}

/// From two weeks before the day on.
fn expiry_warning(day: NaiveDate, today: NaiveDate) -> Option<String> {
    let date = day.format("%-d %B %Y");
    match (day - today).num_days() {
        ..0 => Some(format!(
            "The token expired on {date}. Create a new one and enter it here."
        )),
        0 => Some("The token expires today. Create a new one and enter it here.".to_owned()),
        1 => Some("The token expires tomorrow. Create a new one and enter it here.".to_owned()),
        days @ 2..=14 => Some(format!(
            "The token expires in {days} days, on {date}. Create a new one and enter it here."
        )),
        _ => None,
    }
}

fn view(app: &App, it: StoredIntegration) -> Result<Integration> {
    let secret_problem = (!clients::has_secret(app, &it)?)
        .then(|| "The sign-in data was removed, or kept for the last session only.".to_owned());
    Ok(Integration {
        site: connect::site_view(&it.site),
        id: it.id,
        team_id: it.team_id,
        method: it.method,
        account: it.account,
        account_name: it.account_name,
        configuration: it.configuration,
        allow_http: it.allow_http,
        sandbox: it.sandbox,
        saved_at: drafts::time(it.saved_at),
        secret_problem,
        expiry_warning: it
            .sign_in
            .expires_on
            .and_then(|day| expiry_warning(day, app.today())),
        expires_on: it.sign_in.expires_on,
        service_account: it.sign_in.service_account,
        scopes: it.sign_in.scopes,
        client_id: it.sign_in.client_id,
    })
}

impl Configuration {
    pub(crate) fn title_template(&self, kind: Kind) -> &str {
        match kind {
            Kind::Retrospective => &self.retrospective_title,
            Kind::HealthCheck => &self.health_check_title,
        }
    }

    pub(crate) fn parent(&self, kind: Kind) -> &Parent {
        match kind {
            Kind::Retrospective => &self.retrospective_parent,
            Kind::HealthCheck => &self.health_check_parent,
        }
    }
}

/// The configuration as it will be stored, or what is wrong with it and where.
pub(crate) fn check(
    configuration: &Configuration,
    team: &str,
    today: chrono::NaiveDate,
) -> Result<Configuration> {
    let mut checked = configuration.clone();
    if checked.space_id.is_empty() {
        return Err(ApiError::invalid(
            Field::Space,
            "Choose the space your summaries go to.",
        ));
    }
    let fields = [
        (
            Kind::Retrospective,
            Field::RetrospectiveTitle,
            Field::RetrospectiveParent,
        ),
        (
            Kind::HealthCheck,
            Field::HealthCheckTitle,
            Field::HealthCheckParent,
        ),
    ];
    for (kind, title_field, parent_field) in fields {
        // A title that only works while the summary has one would fail at the worst moment.
        for title in ["Sprint 22", ""] {
            let context = TitleContext {
                kind,
                title,
                date: today,
                team,
            };
            retropress_summary::title::render(checked.title_template(kind), &context)
                .map_err(|it| ApiError::invalid(title_field, it.to_string()))?;
        }
        match checked.parent(kind) {
            Parent::None => {}
            Parent::New { title } => {
                let context = TitleContext {
                    kind,
                    title: "Sprint 22",
                    date: today,
                    team,
                };
                retropress_summary::title::render(title, &context)
                    .map_err(|it| ApiError::invalid(parent_field, it.to_string()))?;
            }
            Parent::Existing { id, .. } if id.is_empty() => {
                return Err(ApiError::invalid(parent_field, "Choose the parent page."));
            }
            Parent::Existing { .. } => {}
        }
    }
    for label in &mut checked.labels {
        *label = label.trim().to_owned();
        if let Some(problem) = label_problem(label) {
            return Err(ApiError::invalid(Field::Labels, problem));
        }
    }
    checked.labels.sort();
    checked.labels.dedup();
    Ok(checked)
}

/// Confluence's rules for labels: lower case, no blanks, none of the signs its search uses.
fn label_problem(label: &str) -> Option<String> {
    let length = label.chars().count();
    if length == 0 || length > 255 {
        return Some("A label has 1 to 255 characters.".to_owned());
    }
    if label.chars().any(char::is_whitespace) {
        return Some(format!(
            "The label \u{201c}{label}\u{201d} has a blank in it. Use a hyphen."
        ));
    }
    if label.chars().any(char::is_uppercase) {
        return Some(format!(
            "The label \u{201c}{label}\u{201d} has capital letters. Use small ones."
        ));
    }
    let sign = label
        .chars()
        .find(|it| it.is_control() || "(!#&)*,.:;<>?@[]^".contains(*it))?;
    Some(format!(
        "The label \u{201c}{label}\u{201d} has a \u{201c}{sign}\u{201d} in it, which Confluence refuses."
    ))
}
