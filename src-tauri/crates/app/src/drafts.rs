//! Drafts: written offline, saved at each change.

use chrono::{DateTime, NaiveDate, Utc};
use retropress_store::{DraftFilter, DraftOrder, DraftRecord, NewText, Shelf};
use retropress_summary::{
    Action, CarriedFrom, HealthCheck, Kind, Retrospective, Summary,
    health_check::{
        self, DimensionAverage, DimensionResult, MOST_STEPS, Model, PreviousCheck, built_in_models,
    },
    retrospective::{Column, Entry, Template, built_in_templates},
    title::date_in_words,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    ApiError, App, ErrorCode, Event, Field, Result, new_id,
    publish::{self, PublishState},
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Draft {
    pub id: String,
    pub team_id: String,
    /// Counts up with each save; a save that names an older one is refused.
    pub revision: i64,
    pub content: Summary,
    pub saved_at: DateTime<Utc>,
    pub state: PublishState,
    /// Its last live publication, whichever integration it is at; a deleted one where none is live.
    pub publication_id: Option<String>,
    /// The last publish of it, if any.
    pub operation_id: Option<String>,
    /// For a health check: the team's last one of the same model before it.
    pub previous: Option<PreviousCheck>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct DraftQuery {
    pub team_id: String,
    /// Words that must all occur, in the title or anywhere in the text; the last may be unfinished.
    pub text: String,
    pub kind: Option<Kind>,
    pub sort: DraftSort,
    pub descending: bool,
    pub offset: u32,
    /// At most 200.
    pub limit: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum DraftSort {
    #[default]
    MeetingDate,
    Title,
    Edited,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DraftList {
    pub rows: Vec<DraftRow>,
    /// How many match, over all pages of the list.
    pub total: u32,
    /// How many match without the filter by kind.
    pub retrospectives: u32,
    pub health_checks: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DraftRow {
    pub id: String,
    pub kind: Kind,
    pub title: String,
    pub date: Option<NaiveDate>,
    pub saved_at: DateTime<Utc>,
    pub state: PublishState,
    /// "12 ideas, 4 actions", or "8 dimensions".
    pub contents: String,
}

/// What a new draft starts from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[ts(export)]
pub enum NewDraft {
    #[serde(rename_all = "camelCase")]
    Retrospective { template_id: String },
    #[serde(rename_all = "camelCase")]
    HealthCheck { model_id: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Saved {
    pub revision: i64,
    pub saved_at: DateTime<Utc>,
}

/// Open actions of the team's last retrospective, ready to be put into the draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct OpenActions {
    /// Title of the summary they come from; empty when there are none.
    pub from: String,
    pub actions: Vec<Action>,
}

/// Bytes of a draft's content; Confluence takes 5 MB of page, so nothing larger could be published.
const LARGEST_DRAFT: usize = 20 * 1024 * 1024;

pub async fn list(app: &App, query: DraftQuery) -> Result<DraftList> {
    let found = app.store().drafts(&DraftFilter {
        team_id: &query.team_id,
        text: &query.text,
        kind: query.kind.map(kind_name),
        order: match query.sort {
            DraftSort::MeetingDate => DraftOrder::Date,
            DraftSort::Title => DraftOrder::Title,
            DraftSort::Edited => DraftOrder::Saved,
        },
        descending: query.descending,
        offset: query.offset,
        limit: query.limit.min(200),
    })?;
    let count = |kind: Kind| {
        found
            .counts
            .iter()
            .find(|it| it.0 == kind_name(kind))
            .map_or(0, |it| it.1)
    };
    let (retrospectives, health_checks) = (count(Kind::Retrospective), count(Kind::HealthCheck));
    let total = match query.kind {
        Some(Kind::Retrospective) => retrospectives,
        Some(Kind::HealthCheck) => health_checks,
        None => retrospectives + health_checks,
    };
    let mut rows = Vec::with_capacity(found.rows.len());
    for it in found.rows {
        rows.push(DraftRow {
            kind: if it.kind == kind_name(Kind::HealthCheck) {
                Kind::HealthCheck
            } else {
                Kind::Retrospective
            },
            date: it.date.as_deref().and_then(|date| date.parse().ok()),
            saved_at: time(it.saved_at),
            state: publish::state_of(&it.standing, it.revision),
            contents: it.contents,
            title: it.title,
            id: it.id,
        });
    }
    Ok(DraftList {
        rows,
        total,
        retrospectives,
        health_checks,
    })
}

/// A new retrospective gets the open actions of the team's last one.
pub async fn create(app: &App, team_id: String, new: NewDraft) -> Result<Draft> {
    let today = Some(app.today());
    let content = match new {
        NewDraft::Retrospective { template_id } => {
            let template = templates(app)
                .await?
                .into_iter()
                .find(|it| it.id == template_id)
                .ok_or_else(|| ApiError::gone("The template"))?;
            let column = |title: String| Column {
                id: new_id(),
                title,
                entries: Vec::new(),
            };
            let mut content = Retrospective {
                date: today,
                columns: template.columns.into_iter().map(column).collect(),
                ..Retrospective::default()
            };
            content.actions = open_actions_before(app, &team_id, today, "", &[])?.actions;
            Summary::Retrospective(content)
        }
        NewDraft::HealthCheck { model_id } => {
            let model = models(app)
                .await?
                .into_iter()
                .find(|it| it.id == model_id)
                .ok_or_else(|| ApiError::gone("The model"))?;
            Summary::HealthCheck(HealthCheck {
                date: today,
                model_id: model.id,
                model_name: model.name,
                dimensions: model
                    .dimensions
                    .into_iter()
                    .map(|it| DimensionResult {
                        id: it.id,
                        name: it.name,
                        statement: it.statement,
                        responses: vec![0; model.scale.len()],
                        comments: Vec::new(),
                    })
                    .collect(),
                scale: model.scale,
                ..HealthCheck::default()
            })
        }
    };
    let id = insert(app, &team_id, &content)?;
    open(app, id).await
}

pub async fn open(app: &App, draft_id: String) -> Result<Draft> {
    let record = record(app, &draft_id)?;
    let content = parse(&record.content)?;
    Ok(Draft {
        state: publish::state_of(&app.store().standing(&record.id)?, record.revision),
        previous: previous(app, &record.team_id, &record.id, &content)?,
        id: record.id,
        team_id: record.team_id,
        revision: record.revision,
        content,
        saved_at: time(record.saved_at),
        publication_id: record.publication_id,
        operation_id: record.operation_id,
    })
}

/// # Errors
/// [`ErrorCode::StaleDraft`] when `revision` is not the one last saved.
pub async fn save(app: &App, draft_id: String, revision: i64, content: Summary) -> Result<Saved> {
    let now = app.now();
    let text = IndexedText::of(&content)?;
    let revision =
        app.store()
            .save_draft(&draft_id, revision, text.borrow(), now.timestamp_millis())?;
    Ok(Saved {
        revision,
        saved_at: time(now.timestamp_millis()),
    })
}

pub async fn duplicate(app: &App, draft_id: String) -> Result<Draft> {
    let record = record(app, &draft_id)?;
    let mut content = parse(&record.content)?;
    let title = match &mut content {
        Summary::Retrospective(it) => &mut it.title,
        Summary::HealthCheck(it) => &mut it.title,
    };
    if !title.is_empty() {
        title.push_str(" (copy)");
    }
    let id = insert(app, &record.team_id, &content)?;
    open(app, id).await
}

/// The draft can be had back with [`restore`] for a week.
pub async fn delete(app: &App, draft_id: String) -> Result<()> {
    let record = record(app, &draft_id)?;
    app.store()
        .delete_draft(&draft_id, app.now().timestamp_millis())?;
    app.tell(Event::DraftsChanged {
        team_id: record.team_id,
    });
    Ok(())
}

pub async fn restore(app: &App, draft_id: String) -> Result<()> {
    app.store().restore_draft(&draft_id)?;
    let record = record(app, &draft_id)?;
    app.tell(Event::DraftsChanged {
        team_id: record.team_id,
    });
    Ok(())
}

/// Open actions of the last retrospective before this draft that the draft does not have yet.
pub async fn open_actions(app: &App, draft_id: String) -> Result<OpenActions> {
    let record = record(app, &draft_id)?;
    let content = parse(&record.content)?;
    open_actions_before(
        app,
        &record.team_id,
        content.date(),
        &draft_id,
        content.actions(),
    )
}

pub async fn templates(app: &App) -> Result<Vec<Template>> {
    let mut all = built_in_templates();
    all.extend(own::<Template>(app, Shelf::Template)?);
    Ok(all)
}

/// An empty id, or that of a built-in template, makes a new one.
pub async fn save_template(app: &App, mut template: Template) -> Result<Template> {
    template.name = one_line(&template.name);
    template.columns.retain(|it| !it.trim().is_empty());
    if template.name.is_empty() {
        return Err(ApiError::invalid(
            Field::Model,
            "Enter a name for the template.",
        ));
    }
    if template.columns.is_empty() {
        return Err(ApiError::invalid(
            Field::Model,
            "A template needs at least one column.",
        ));
    }
    let built_in = built_in_templates().iter().any(|it| it.id == template.id);
    if template.id.is_empty() || built_in {
        template.id = new_id();
    }
    template.built_in = false;
    put(app, Shelf::Template, &template.id, &template)?;
    Ok(template)
}

pub async fn delete_template(app: &App, template_id: String) -> Result<()> {
    Ok(app
        .store()
        .delete_from_library(Shelf::Template, &template_id)?)
}

pub async fn models(app: &App) -> Result<Vec<Model>> {
    let mut all = built_in_models();
    all.extend(own::<Model>(app, Shelf::Model)?);
    Ok(all)
}

/// An empty id, or that of a built-in model, makes a new one.
pub async fn save_model(app: &App, mut model: Model) -> Result<Model> {
    model.name = one_line(&model.name);
    if model.name.is_empty() {
        return Err(ApiError::invalid(
            Field::Model,
            "Enter a name for the model.",
        ));
    }
    if !(2..=7).contains(&model.scale.len()) {
        return Err(ApiError::invalid(Field::Model, "A scale has 2 to 7 steps."));
    }
    if model.scale.iter().any(|it| it.trim().is_empty()) {
        return Err(ApiError::invalid(
            Field::Model,
            "Each step of the scale needs a name.",
        ));
    }
    model.dimensions.retain(|it| !it.name.trim().is_empty());
    if model.dimensions.is_empty() {
        return Err(ApiError::invalid(
            Field::Model,
            "A model needs at least one dimension.",
        ));
    }
    for dimension in &mut model.dimensions {
        if dimension.id.is_empty() {
            dimension.id = new_id();
        }
    }
    let built_in = built_in_models().iter().any(|it| it.id == model.id);
    if model.id.is_empty() || built_in {
        model.id = new_id();
    }
    model.built_in = false;
    put(app, Shelf::Model, &model.id, &model)?;
    Ok(model)
}

pub async fn delete_model(app: &App, model_id: String) -> Result<()> {
    Ok(app.store().delete_from_library(Shelf::Model, &model_id)?)
}

pub(crate) fn record(app: &App, draft_id: &str) -> Result<DraftRecord> {
    app.store()
        .draft(draft_id)
        .map_err(|problem| match problem {
            retropress_store::StoreError::Gone => ApiError::gone("The draft"),
            other => other.into(),
        })
}

pub(crate) fn insert(app: &App, team_id: &str, content: &Summary) -> Result<String> {
    let id = new_id();
    let text = IndexedText::of(content)?;
    app.store()
        .create_draft(&id, team_id, text.borrow(), app.now().timestamp_millis())?;
    app.tell(Event::DraftsChanged {
        team_id: team_id.to_owned(),
    });
    Ok(id)
}

pub(crate) fn insert_all(app: &App, team_id: &str, all: &[Summary]) -> Result<Vec<String>> {
    let texts = all
        .iter()
        .map(IndexedText::of)
        .collect::<Result<Vec<_>>>()?;
    let rows: Vec<_> = texts.iter().map(|it| (new_id(), it.borrow())).collect();
    app.store()
        .create_drafts(team_id, &rows, app.now().timestamp_millis())?;
    app.tell(Event::DraftsChanged {
        team_id: team_id.to_owned(),
    });
    Ok(rows.into_iter().map(|it| it.0).collect())
}

pub(crate) fn parse(content: &str) -> Result<Summary> {
    serde_json::from_str(content).map_err(|it| ApiError::internal(&it))
}

pub(crate) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Retrospective => "retrospective",
        Kind::HealthCheck => "healthCheck",
    }
}

pub(crate) fn time(milliseconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(milliseconds).unwrap_or_default()
}

/// Its title, or its date where it has none.
pub(crate) fn title_or_date(summary: &Summary) -> String {
    name(summary.title(), summary.date())
}

/// What a summary of this title and date is called.
pub(crate) fn name(title: &str, date: Option<NaiveDate>) -> String {
    match (title.trim(), date) {
        ("", Some(date)) => date_in_words(date),
        ("", None) => "Untitled".to_owned(),
        (title, _) => title.to_owned(),
    }
}

/// "12 ideas, 4 actions"
pub(crate) fn contents(summary: &Summary) -> Result<String> {
    Ok(IndexedText::of(summary)?.contents)
}

/// The team's last check of the same model before this one.
pub(crate) fn previous(
    app: &App,
    team_id: &str,
    draft_id: &str,
    content: &Summary,
) -> Result<Option<PreviousCheck>> {
    let Summary::HealthCheck(check) = content else {
        return Ok(None);
    };
    let date = check.date.map(|it| it.to_string());
    let found = app.store().previous_draft(
        team_id,
        kind_name(Kind::HealthCheck),
        Some(&check.model_id),
        date.as_deref(),
        draft_id,
    )?;
    let Some(found) = found else { return Ok(None) };
    let earlier = parse(&found.content)?;
    let Summary::HealthCheck(earlier_check) = &earlier else {
        return Ok(None);
    };
    let averages: Vec<_> = earlier_check
        .dimensions
        .iter()
        .filter_map(|it| {
            let average = health_check::average(&it.responses)?;
            Some(DimensionAverage {
                dimension_id: it.id.clone(),
                average,
            })
        })
        .collect();
    // Nobody has answered the earlier one yet: there is nothing to compare with.
    if averages.is_empty() {
        return Ok(None);
    }
    Ok(Some(PreviousCheck {
        draft_id: found.id,
        title: title_or_date(&earlier),
        date: earlier_check.date,
        averages,
    }))
}

fn open_actions_before(
    app: &App,
    team_id: &str,
    date: Option<NaiveDate>,
    draft_id: &str,
    present: &[Action],
) -> Result<OpenActions> {
    // A retrospective of the same day comes before a new one, so the limit is the day after.
    let until = date.and_then(|it| it.succ_opt()).map(|it| it.to_string());
    let found = app.store().previous_draft(
        team_id,
        kind_name(Kind::Retrospective),
        None,
        until.as_deref(),
        draft_id,
    )?;
    let Some(found) = found else {
        return Ok(OpenActions {
            from: String::new(),
            actions: Vec::new(),
        });
    };
    let earlier = parse(&found.content)?;
    let from = title_or_date(&earlier);
    let actions = earlier
        .actions()
        .iter()
        .filter(|it| !it.done && !it.text.trim().is_empty())
        .filter(|it| !present.iter().any(|own| is_carried(own, &found.id, it)))
        .map(|it| Action {
            id: new_id(),
            carried_from: Some(CarriedFrom {
                draft_id: found.id.clone(),
                action_id: it.id.clone(),
                title: from.clone(),
            }),
            ..it.clone()
        })
        .collect();
    Ok(OpenActions { from, actions })
}

fn is_carried(own: &Action, draft_id: &str, action: &Action) -> bool {
    own.carried_from
        .as_ref()
        .is_some_and(|it| it.draft_id == draft_id && it.action_id == action.id)
}

fn own<T: serde::de::DeserializeOwned>(app: &App, shelf: Shelf) -> Result<Vec<T>> {
    app.store()
        .library(shelf)?
        .iter()
        .map(|it| serde_json::from_str(it).map_err(|it| ApiError::internal(&it)))
        .collect()
}

fn put<T: Serialize>(app: &App, shelf: Shelf, id: &str, value: &T) -> Result<()> {
    let text = serde_json::to_string(value).map_err(|it| ApiError::internal(&it))?;
    Ok(app.store().save_in_library(shelf, id, &text)?)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A draft as the store keeps it: its content, and what it is listed and found by.
struct IndexedText {
    kind: &'static str,
    title: String,
    date: Option<String>,
    model_id: Option<String>,
    contents: String,
    content: String,
    words: String,
}

impl IndexedText {
    fn of(summary: &Summary) -> Result<Self> {
        let content = serde_json::to_string(summary).map_err(|it| ApiError::internal(&it))?;
        if content.len() > LARGEST_DRAFT {
            return Err(ApiError::new(
                ErrorCode::TooLarge,
                "The draft is too large to be saved",
                "Remove some text, or split it into two drafts.",
            )
            .because(format!(
                "It has {} MB; {} MB fit, and Confluence takes 5 MB a page.",
                content.len() / 1024 / 1024,
                LARGEST_DRAFT / 1024 / 1024
            )));
        }
        if let Summary::HealthCheck(check) = summary
            && check.steps() > MOST_STEPS
        {
            return Err(ApiError::new(
                ErrorCode::TooLarge,
                "The health check has too many steps",
                "Shorten its scale, and give each dimension one number of answers for each step.",
            )
            .because(format!(
                "Its scale or the answers to a dimension have {} steps; the limit is {MOST_STEPS}.",
                check.steps()
            )));
        }
        let mut words = Vec::new();
        let (contents, model_id) = match summary {
            Summary::Retrospective(it) => (words_of_retrospective(it, &mut words), None),
            Summary::HealthCheck(it) => (
                words_of_health_check(it, &mut words),
                Some(it.model_id.clone()),
            ),
        };
        for action in summary.actions() {
            words.push(&*action.text);
            words.extend(action.owners.iter().map(String::as_str));
        }
        Ok(Self {
            kind: kind_name(summary.kind()),
            title: summary.title().to_owned(),
            date: summary.date().map(|it| it.to_string()),
            model_id,
            contents,
            words: words.join("\n"),
            content,
        })
    }

    fn borrow(&self) -> NewText<'_> {
        NewText {
            kind: self.kind,
            title: &self.title,
            date: self.date.as_deref(),
            model_id: self.model_id.as_deref(),
            contents: &self.contents,
            content: &self.content,
            words: &self.words,
        }
    }
}

fn words_of_retrospective<'a>(it: &'a Retrospective, words: &mut Vec<&'a str>) -> String {
    words.extend([&*it.facilitator, &*it.notes]);
    words.extend(it.participants.iter().map(String::as_str));
    for column in &it.columns {
        words.push(&column.title);
        for entry in &column.entries {
            if let Entry::Group(group) = entry {
                words.push(&group.title);
            }
        }
    }
    for idea in it.ideas() {
        words.push(&idea.text);
        words.extend(idea.comments.iter().flat_map(|it| [&*it.author, &*it.text]));
    }
    words.extend(it.agreements.iter().map(|it| &*it.text));
    words.extend(
        it.kudos
            .iter()
            .flat_map(|it| [&*it.to, &*it.from, &*it.text]),
    );
    let parts = [
        count(it.ideas().count(), "idea"),
        count(it.actions.len(), "action"),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        "Empty".to_owned()
    } else {
        parts.join(", ")
    }
}

fn words_of_health_check<'a>(it: &'a HealthCheck, words: &mut Vec<&'a str>) -> String {
    words.extend([&*it.facilitator, &*it.notes, &*it.model_name]);
    words.extend(it.participants.iter().map(String::as_str));
    for dimension in &it.dimensions {
        words.extend([&*dimension.name, &*dimension.statement]);
        words.extend(
            dimension
                .comments
                .iter()
                .flat_map(|it| [&*it.author, &*it.text]),
        );
    }
    let parts = [
        count(it.dimensions.len(), "dimension"),
        count(it.actions.len(), "action"),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        "Empty".to_owned()
    } else {
        parts.join(", ")
    }
}

fn count(number: usize, what: &str) -> Option<String> {
    match number {
        0 => None,
        1 => Some(format!("1 {what}")),
        _ => Some(format!("{number} {what}s")),
    }
}
