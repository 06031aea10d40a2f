//! The Share screen: the page and the PDF as they will be, and where they go.

use base64::Engine as _;
use retropress_summary::{document::Document, markdown};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    ApiError, App, Result, desktop, drafts,
    integrations::{self, Parent, StoredIntegration},
    publish::{self, Plan},
    teams,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SharePreview {
    pub document: Document,
    pub pdf_name: String,
    /// `None` while the team has no integration.
    pub target: Option<Target>,
    /// What keeps it from being published, each at its field.
    pub problems: Vec<crate::ApiError>,
    /// This draft is published at the target already: publishing makes a new version of that page.
    pub updates: Option<Updates>,
    /// The draft's publish to the target that has not ended, else the last one.
    pub operation_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Target {
    pub integration_id: String,
    pub site_name: String,
    pub space_key: String,
    pub space_name: String,
    /// Title of the parent page; empty for the space's home page.
    pub parent: String,
    /// The parent is looked up by that title, and created where it is missing.
    pub parent_is_new: bool,
    pub account_name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Updates {
    pub publication_id: String,
    pub version: u32,
    /// The draft was edited since that version.
    pub changed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct PdfPreview {
    /// The file itself.
    pub base64: String,
    pub pages: u32,
    /// Bytes.
    pub size: u32,
    /// Characters no font of this computer can draw, one string each.
    pub missing: Vec<String>,
}

pub async fn preview(
    app: &App,
    draft_id: String,
    integration_id: Option<String>,
) -> Result<SharePreview> {
    let it = prepare(app, &draft_id, integration_id.as_deref())?;
    let kind = it.content.kind();
    let target = it.integration.as_ref().map(|integration| {
        let (parent, parent_is_new) =
            match (&it.plan.parent, integration.configuration.parent(kind)) {
                (Parent::None, _) => (String::new(), false),
                (Parent::New { title }, _) => (title.clone(), true),
                (Parent::Existing { title, .. }, _) => (title.clone(), false),
            };
        Target {
            integration_id: integration.id.clone(),
            site_name: integration.site.name.clone(),
            space_key: integration.configuration.space_key.clone(),
            space_name: integration.configuration.space_name.clone(),
            parent,
            parent_is_new,
            account_name: integration.account_name.clone(),
        }
    });
    Ok(SharePreview {
        problems: it.plan.title.err().into_iter().collect(),
        document: it.plan.document,
        pdf_name: it.plan.pdf_name,
        target,
        updates: it.updates,
        operation_id: it.operation_id,
    })
}

pub async fn pdf(
    app: &App,
    draft_id: String,
    integration_id: Option<String>,
) -> Result<PdfPreview> {
    let pdf = render(app, &draft_id, integration_id.as_deref()).await?.1;
    Ok(PdfPreview {
        base64: base64::engine::general_purpose::STANDARD.encode(&pdf.bytes),
        pages: pdf.pages,
        size: u32::try_from(pdf.bytes.len()).unwrap_or(u32::MAX),
        missing: pdf.missing.iter().map(ToString::to_string).collect(),
    })
}

/// The whole summary as Markdown, for the clipboard or a file.
pub async fn markdown(app: &App, draft_id: String) -> Result<String> {
    Ok(markdown::write(
        &prepare(app, &draft_id, None)?.plan.document,
    ))
}

/// Asks where to save the PDF, saves it there and answers the path; `None` when the user cancelled.
pub async fn save_pdf(
    app: &App,
    draft_id: String,
    integration_id: Option<String>,
) -> Result<Option<String>> {
    let (name, pdf) = render(app, &draft_id, integration_id.as_deref()).await?;
    desktop::save(app, &name, pdf.bytes, "PDF").await
}

/// What a draft can be saved as, beside the PDF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum DraftFile {
    /// As the page reads.
    Markdown,
    /// Every field, for other programs.
    Json,
}

/// Asks where to save the draft, saves it there and answers the path; `None` when the user
/// cancelled.
pub async fn save_draft(app: &App, draft_id: String, format: DraftFile) -> Result<Option<String>> {
    let it = prepare(app, &draft_id, None)?;
    let name = it.plan.pdf_name.trim_end_matches(".pdf");
    match format {
        DraftFile::Markdown => {
            let text = markdown::write(&it.plan.document);
            desktop::save(app, &format!("{name}.md"), text.into(), "Markdown file").await
        }
        DraftFile::Json => {
            let text = serde_json::to_string_pretty(&SavedDraft {
                format: DRAFT_FORMAT,
                version: DRAFT_VERSION,
                team: &it.team_name,
                summary: &it.content,
            })
            .map_err(|it| ApiError::internal(&it))?;
            desktop::save(app, &format!("{name}.json"), text.into(), "JSON file").await
        }
    }
}

/// What a draft saved as JSON says it is; `import` reads it again.
pub(crate) const DRAFT_FORMAT: &str = "retropress-draft";
pub(crate) const DRAFT_VERSION: u64 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SavedDraft<'a> {
    format: &'static str,
    /// Of the format, not of the app.
    version: u64,
    team: &'a str,
    summary: &'a retropress_summary::Summary,
}

async fn render(
    app: &App,
    draft_id: &str,
    integration_id: Option<&str>,
) -> Result<(String, retropress_summary::pdf::Pdf)> {
    let it = prepare(app, draft_id, integration_id)?;
    let author = publish::author(&it.content, &it.team_name);
    let pdf = publish::render(app, it.plan.document, author, publish::reference(draft_id)).await?;
    Ok((it.plan.pdf_name, pdf))
}

struct Prepared {
    content: retropress_summary::Summary,
    team_name: String,
    integration: Option<StoredIntegration>,
    plan: Plan,
    updates: Option<Updates>,
    operation_id: Option<String>,
}

fn prepare(app: &App, draft_id: &str, integration_id: Option<&str>) -> Result<Prepared> {
    let draft = drafts::record(app, draft_id)?;
    let team = teams::find(app, &draft.team_id)?;
    let content = drafts::parse(&draft.content)?;
    let integration = match integration_id {
        Some(id) => Some(integrations::find(app, id)?),
        None => {
            let last = app.store().last_publication(draft_id)?;
            let last = last.filter(|it| it.status != "deleted");
            integrations::first_of(app, &team.id, last.as_ref())?
        }
    };
    let (updated, operation) = match &integration {
        Some(it) => (
            app.store().publication_at(draft_id, &it.id)?,
            app.store().last_operation(draft_id, &it.id)?,
        ),
        None => (None, None),
    };
    let plan = publish::plan(
        app,
        &team,
        draft_id,
        &content,
        integration.as_ref().map(|it| &it.configuration),
        None,
        updated.as_ref().map(|it| &*it.pdf_name),
    )?;
    Ok(Prepared {
        content,
        team_name: team.name,
        integration,
        plan,
        updates: updated.map(|it| Updates {
            publication_id: it.id,
            version: it.version,
            changed: it.draft_revision != draft.revision,
        }),
        operation_id: operation.map(|it| it.id),
    })
}
