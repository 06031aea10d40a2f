//! Freezing: from here on nothing is rendered again. What the author saw is what is published.

use chrono::NaiveDate;
use retropress_confluence::{Site, SpaceRef};
use retropress_store::{
    Basis, OperationHead, OperationProgress, OperationRecord, PageBasis, PublicationRecord,
};
use retropress_summary::{
    Kind, Summary,
    document::{self, Context, Document},
    pdf::{self, Options, Pdf},
    storage::{self, Marker},
    title::{self, TitleContext},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Found, OperationKind, Phase, Stage};
use crate::{
    ApiError, App, ErrorCode, Field, Result,
    clients::{from_text, to_text},
    connect::Session,
    drafts,
    integrations::{self, Configuration, Parent, StoredIntegration},
    new_id,
    settings::{self, Paper},
    teams::{self, Team},
};

/// Everything that was decided at the start and never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Frozen {
    /// The wizard's connection, for a test.
    pub session_id: Option<String>,
    pub site_name: String,
    /// Address of the site: an integration that was edited to go to another one does not take
    /// this along. `None` in what an earlier version froze.
    #[serde(default)]
    pub site: Option<String>,
    pub space: SpaceRef,
    pub space_name: String,
    /// With the title already rendered.
    pub parent: Parent,
    pub parent_storage: String,
    pub labels: Vec<String>,
    pub pdf_name: String,
    pub summary_kind: Kind,
    pub date: Option<NaiveDate>,
    pub team_name: String,
    pub account_name: String,
    pub reference: String,
    pub draft_revision: i64,
    /// Stands in the page: `retropress-<marker>`.
    pub marker: String,
    /// The page that is updated or deleted.
    pub page: Option<FrozenPage>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FrozenPage {
    pub id: String,
    pub version: u32,
    pub link: String,
    pub attachment_id: Option<String>,
}

/// What a draft becomes, before it is rendered: its title, its parent, its file.
pub(crate) struct Plan {
    pub title: Result<String>,
    pub parent: Parent,
    pub pdf_name: String,
    pub document: Document,
}

/// The same for the preview and for publishing.
pub(crate) fn plan(
    app: &App,
    team: &Team,
    draft_id: &str,
    content: &Summary,
    configuration: Option<&Configuration>,
    chosen_title: Option<&str>,
    pdf_name: Option<&str>,
) -> Result<Plan> {
    let kind = content.kind();
    let default = match kind {
        Kind::Retrospective => title::DEFAULT_RETROSPECTIVE_TITLE,
        Kind::HealthCheck => title::DEFAULT_HEALTH_CHECK_TITLE,
    };
    let template = configuration.map_or(default, |it| it.title_template(kind));
    let context = content.date().map(|date| TitleContext {
        kind,
        title: content.title(),
        date,
        team: &team.name,
    });
    let rendered = match &context {
        Some(_) if chosen_title.is_some() => Ok(chosen_title.unwrap_or_default().to_owned()),
        None => Err(ApiError::invalid(
            Field::MeetingDate,
            "Enter the date of the meeting.",
        )),
        Some(context) => title::render(template, context)
            .map_err(|it| ApiError::invalid(Field::PageTitle, it.to_string())),
    };
    let parent = match (configuration.map(|it| it.parent(kind)), &context) {
        (Some(Parent::New { title }), Some(context)) => {
            let title = title::render(title, context)
                .map_err(|it| ApiError::invalid(Field::Target, it.to_string()))?;
            Parent::New { title }
        }
        (Some(other), _) => other.clone(),
        (None, _) => Parent::None,
    };
    let shown = rendered
        .clone()
        .unwrap_or_else(|_| drafts::title_or_date(content));
    let pdf_name = pdf_name.map_or_else(|| title::file_name(&shown), str::to_owned);
    let previous = drafts::previous(app, &team.id, draft_id, content)?;
    let document = document::build(
        content,
        &Context {
            team: &team.name,
            title: &shown,
            previous: previous.as_ref(),
            today: app.today(),
            pdf_name: &pdf_name,
        },
    );
    Ok(Plan {
        title: rendered,
        parent,
        pdf_name,
        document,
    })
}

/// The PDF of a planned document.
pub(crate) async fn render(
    app: &App,
    document: Document,
    author: String,
    reference: String,
) -> Result<Pdf> {
    let paper = match settings::read(app)?.paper {
        Paper::A4 => pdf::Paper::A4,
        Paper::Letter => pdf::Paper::Letter,
    };
    let app = app.clone();
    let created = app.now();
    let subject = match document.kind {
        Some(Kind::Retrospective) => "Retrospective".to_owned(),
        Some(Kind::HealthCheck) => "Team health check".to_owned(),
        None => String::new(),
    };
    let work = move || {
        let options = Options {
            paper,
            author: &author,
            subject: &subject,
            keywords: &[],
            created,
            reference: &reference,
        };
        pdf::write(&document, app.fonts()?, &options).map_err(|it| ApiError::internal(&it))
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|it| ApiError::internal(&it))?
}

/// Who the PDF names as its author: the facilitator, or the team.
pub(crate) fn author(content: &Summary, team: &str) -> String {
    let facilitator = match content {
        Summary::Retrospective(it) => &it.facilitator,
        Summary::HealthCheck(it) => &it.facilitator,
    };
    if facilitator.trim().is_empty() {
        team.to_owned()
    } else {
        facilitator.clone()
    }
}

/// "RP-5E07C2": from the end of the draft's id, where the random bits are.
pub(crate) fn reference(draft_id: &str) -> String {
    let end: String = draft_id
        .chars()
        .filter(|it| it.is_ascii_hexdigit())
        .collect();
    let end = &end[end.len().saturating_sub(6)..];
    format!("RP-{}", end.to_uppercase())
}

/// Which page a publish of a draft is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Aim {
    /// The draft's own at the integration: its next version, or its first.
    Own,
    /// The next version of this publication's.
    Publication(String),
    /// A page beside what was published before.
    NewPage,
}

/// What the author decided after a publish stopped.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub title: Option<String>,
    pub parent: Option<Parent>,
}

impl Changes {
    pub fn titled(title: String) -> Self {
        Self {
            title: Some(title),
            ..Self::default()
        }
    }

    pub fn below(parent: Parent) -> Self {
        Self {
            parent: Some(parent),
            ..Self::default()
        }
    }
}

/// A frozen operation that is not written down yet, and what it was frozen from.
pub(super) struct Fresh {
    pub record: OperationRecord,
    /// Of the draft.
    pub revision: i64,
    /// Of the page that is updated.
    version: Option<u32>,
    beside: bool,
}

impl Fresh {
    /// `None` where there is no draft.
    pub fn basis(&self) -> Option<Basis<'_>> {
        self.record.draft_id.as_ref()?;
        let publication = self.record.progress.publication_id.as_deref();
        Some(Basis {
            revision: self.revision,
            page: match (publication, self.version) {
                (Some(id), Some(version)) => PageBasis::Version(id, version),
                _ if self.beside => PageBasis::Beside,
                _ => PageBasis::Unpublished,
            },
        })
    }
}

/// A publish of the draft as it stands.
pub(super) async fn draft(
    app: &App,
    draft_id: &str,
    integration: &StoredIntegration,
    aim: &Aim,
    changes: Changes,
) -> Result<Fresh> {
    let update = aimed_at(app, draft_id, integration, aim)?.map(Update::of);
    let version = update.as_ref().map(|it| it.page.version);
    let (record, revision) = from_draft(app, draft_id, integration, update, changes).await?;
    Ok(Fresh {
        record,
        revision,
        version,
        beside: *aim == Aim::NewPage,
    })
}

/// The publication that is updated; `None`: there will be a new one.
fn aimed_at(
    app: &App,
    draft_id: &str,
    integration: &StoredIntegration,
    aim: &Aim,
) -> Result<Option<PublicationRecord>> {
    match aim {
        Aim::NewPage => Ok(None),
        Aim::Own => Ok(app.store().publication_at(draft_id, &integration.id)?),
        Aim::Publication(id) => {
            let found = app.store().publication(id)?;
            let there =
                found.status != "deleted" && found.integration_id.as_ref() == Some(&integration.id);
            match there {
                true => Ok(Some(found)),
                false => Err(ApiError::gone("The page")),
            }
        }
    }
}

struct Update {
    /// Where the page is, which need not be where the integration publishes now.
    space: SpaceRef,
    space_name: String,
    publication_id: String,
    marker: String,
    pdf_name: String,
    page: FrozenPage,
}

impl Update {
    fn of(it: PublicationRecord) -> Self {
        Self {
            space: SpaceRef {
                id: it.space_id,
                key: it.space_key,
                homepage_id: None,
            },
            space_name: it.space_name,
            publication_id: it.id,
            marker: it.marker,
            pdf_name: it.pdf_name,
            page: FrozenPage {
                id: it.page_id,
                version: it.version,
                link: it.link,
                attachment_id: it.attachment_id,
            },
        }
    }
}

async fn from_draft(
    app: &App,
    draft_id: &str,
    integration: &StoredIntegration,
    update: Option<Update>,
    changes: Changes,
) -> Result<(OperationRecord, i64)> {
    let draft = drafts::record(app, draft_id)?;
    let team = teams::find(app, &draft.team_id)?;
    let content = drafts::parse(&draft.content)?;
    let mut plan = plan(
        app,
        &team,
        draft_id,
        &content,
        Some(&integration.configuration),
        changes.title.as_deref(),
        update.as_ref().map(|it| &*it.pdf_name),
    )?;
    if let Some(parent) = changes.parent {
        plan.parent = parent;
    }
    let record = freeze(
        app,
        Ingredients {
            plan,
            content: &content,
            team: &team,
            space: update
                .as_ref()
                .map_or_else(|| integration.space(), |it| it.space.clone()),
            space_name: update
                .as_ref()
                .map_or(&integration.configuration.space_name, |it| &it.space_name)
                .clone(),
            configuration: &integration.configuration,
            site: &integration.site,
            account_name: integration.account_name.clone(),
            integration_id: Some(integration.id.clone()),
            session_id: None,
            draft: Some((draft_id.to_owned(), draft.revision)),
            update,
        },
    )
    .await?;
    Ok((record, draft.revision))
}

pub(super) async fn test(
    app: &App,
    session_id: &str,
    session: &Session,
    team: &Team,
    configuration: &Configuration,
    space: SpaceRef,
    content: &Summary,
) -> Result<OperationRecord> {
    let plan = plan(app, team, "", content, Some(configuration), None, None)?;
    freeze(
        app,
        Ingredients {
            plan,
            content,
            team,
            space,
            space_name: configuration.space_name.clone(),
            configuration,
            site: session.client.site(),
            account_name: session.account_name.clone(),
            integration_id: None,
            session_id: Some(session_id.to_owned()),
            draft: None,
            update: None,
        },
    )
    .await
}

struct Ingredients<'a> {
    plan: Plan,
    content: &'a Summary,
    team: &'a Team,
    space: SpaceRef,
    space_name: String,
    configuration: &'a Configuration,
    site: &'a Site,
    account_name: String,
    integration_id: Option<String>,
    session_id: Option<String>,
    draft: Option<(String, i64)>,
    update: Option<Update>,
}

async fn freeze(app: &App, it: Ingredients<'_>) -> Result<OperationRecord> {
    let id = new_id();
    let title = it.plan.title?;
    let (draft_id, draft_revision) = match it.draft {
        Some((id, revision)) => (Some(id), revision),
        None => (None, 0),
    };
    let reference = reference(draft_id.as_deref().unwrap_or(&id));
    let marker = it
        .update
        .as_ref()
        .map_or_else(|| id.clone(), |it| it.marker.clone());
    let storage = storage::write(
        &it.plan.document,
        &Marker {
            operation_id: &marker,
            reference: &reference,
        },
    );
    // https://developer.atlassian.com/cloud/confluence: a request body has 5 MB at most.
    if storage.len() > 5 * 1024 * 1024 {
        return Err(ApiError::new(
            ErrorCode::TooLarge,
            "The page is too large for Confluence",
            "Remove some text, or split the draft into two.",
        )
        .because(format!(
            "It has {:.1} MB; Confluence takes 5 MB. Nothing was sent.",
            storage.len() as f64 / 1024.0 / 1024.0
        )));
    }
    let author = author(it.content, &it.team.name);
    let pdf = render(app, it.plan.document, author, reference.clone()).await?;
    let parent_storage = match &it.plan.parent {
        Parent::New { title } => parent_page(it.content.kind(), &it.team.name, title, &id),
        _ => String::new(),
    };
    let kind = if it.update.is_some() {
        OperationKind::Update
    } else {
        OperationKind::Create
    };
    let frozen = Frozen {
        session_id: it.session_id,
        site_name: it.site.name.clone(),
        site: Some(it.site.base_url.to_string()),
        space: it.space,
        space_name: it.space_name,
        parent: it.plan.parent,
        parent_storage,
        labels: it.configuration.labels.clone(),
        pdf_name: it.plan.pdf_name.clone(),
        summary_kind: it.content.kind(),
        date: it.content.date(),
        team_name: it.team.name.clone(),
        account_name: it.account_name,
        reference,
        draft_revision,
        marker,
        page: it.update.as_ref().map(|it| it.page.clone()),
    };
    let found = Found::fresh(&it.plan.pdf_name);
    Ok(OperationRecord {
        id,
        kind: kind.name().to_owned(),
        team_id: it.team.id.clone(),
        integration_id: it.integration_id,
        draft_id,
        frozen: to_text(&frozen)?,
        storage_sha256: sha256(storage.as_bytes()),
        storage,
        pdf_sha256: sha256(&pdf.bytes),
        pdf: pdf.bytes,
        started_at: app.now().timestamp_millis(),
        progress: OperationProgress {
            title,
            publication_id: it.update.map(|it| it.publication_id),
            state: Phase::Queued.name().to_owned(),
            step: Stage::SignIn.name().to_owned(),
            in_doubt: false,
            found: to_text(&found)?,
            error: None,
            ended_at: None,
        },
    })
}

/// A deletion of what is in the history.
pub(super) fn deletion(app: &App, publication_id: &str) -> Result<OperationRecord> {
    let published = app.store().publication(publication_id)?;
    let integration_id = published.integration_id.clone().ok_or_else(|| {
        ApiError::new(
            ErrorCode::Gone,
            "The integration this was published with is no longer there",
            "Delete the page in Confluence itself.",
        )
    })?;
    let integration = integrations::find(app, &integration_id)?;
    let frozen = Frozen {
        session_id: None,
        site_name: published.site_name,
        site: Some(integration.site.base_url.to_string()),
        space: SpaceRef {
            id: published.space_id,
            key: published.space_key,
            homepage_id: None,
        },
        space_name: published.space_name,
        parent: Parent::None,
        parent_storage: String::new(),
        labels: Vec::new(),
        pdf_name: published.pdf_name,
        summary_kind: from_text(&format!("\"{}\"", published.kind))?,
        date: published.date.as_deref().and_then(|it| it.parse().ok()),
        team_name: published.team_name,
        account_name: published.account_name,
        reference: published.reference,
        draft_revision: published.draft_revision,
        marker: published.marker,
        page: Some(FrozenPage {
            id: published.page_id,
            version: published.version,
            link: published.link,
            attachment_id: published.attachment_id,
        }),
    };
    // Not of the draft: the draft's last publish stays its last publish.
    record_of_deletion(
        app,
        published.team_id,
        Some(integration_id),
        Some(published.id),
        published.title,
        &frozen,
    )
}

pub(super) fn deletion_of_test(
    app: &App,
    session_id: &str,
    session: &Session,
    made: &OperationHead,
) -> Result<OperationRecord> {
    let mut frozen: Frozen = from_text(&made.frozen)?;
    let found: Found = from_text(&made.progress.found)?;
    let page = found.page.ok_or_else(|| ApiError::gone("The test page"))?;
    frozen.session_id = Some(session_id.to_owned());
    frozen.account_name = session.account_name.clone();
    frozen.page = Some(FrozenPage {
        id: page.id,
        version: page.version,
        link: page.link,
        attachment_id: found.attachment_id,
    });
    record_of_deletion(
        app,
        made.team_id.clone(),
        None,
        None,
        made.progress.title.clone(),
        &frozen,
    )
}

fn record_of_deletion(
    app: &App,
    team_id: String,
    integration_id: Option<String>,
    publication_id: Option<String>,
    title: String,
    frozen: &Frozen,
) -> Result<OperationRecord> {
    Ok(OperationRecord {
        id: new_id(),
        kind: OperationKind::Delete.name().to_owned(),
        team_id,
        integration_id,
        draft_id: None,
        frozen: to_text(frozen)?,
        storage: String::new(),
        storage_sha256: sha256(b""),
        pdf: Vec::new(),
        pdf_sha256: sha256(b""),
        started_at: app.now().timestamp_millis(),
        progress: OperationProgress {
            title,
            publication_id,
            state: Phase::Queued.name().to_owned(),
            step: Stage::SignIn.name().to_owned(),
            in_doubt: false,
            found: to_text(&Found::default())?,
            error: None,
            ended_at: None,
        },
    })
}

/// What a parent page says that the app creates.
fn parent_page(kind: Kind, team: &str, title: &str, operation_id: &str) -> String {
    let what = match kind {
        Kind::Retrospective => "Retrospectives",
        Kind::HealthCheck => "Health checks",
    };
    let document = Document {
        kind: Some(kind),
        title: title.to_owned(),
        blocks: vec![document::Block::Paragraph {
            text: format!("{what} of {team}."),
        }],
    };
    let marker = format!("{operation_id}-parent");
    storage::write(
        &document,
        &Marker {
            operation_id: &marker,
            reference: &reference(operation_id),
        },
    )
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|it| format!("{it:02x}"))
        .collect()
}
