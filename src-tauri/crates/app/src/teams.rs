//! Teams: each has its own drafts and its own integrations.

use retropress_store::TeamRecord;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{ApiError, App, Field, Result, new_id, settings};

/// Characters of a team's name.
const LONGEST_NAME: usize = 80;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Team {
    pub id: String,
    pub name: String,
    pub integration_count: u32,
    pub draft_count: u32,
}

impl From<TeamRecord> for Team {
    fn from(it: TeamRecord) -> Self {
        Self {
            id: it.id,
            name: it.name,
            integration_count: it.integrations,
            draft_count: it.drafts,
        }
    }
}

pub async fn list(app: &App) -> Result<Vec<Team>> {
    Ok(app.store().teams()?.into_iter().map(Team::from).collect())
}

/// The new team becomes the one that is shown.
pub async fn create(app: &App, name: String) -> Result<Team> {
    let name = checked(app, &name, None).await?;
    let id = new_id();
    app.store()
        .create_team(&id, &name, app.now().timestamp_millis())?;
    settings::show_team(app, &id)?;
    find(app, &id)
}

pub async fn rename(app: &App, team_id: String, name: String) -> Result<Team> {
    let name = checked(app, &name, Some(&team_id)).await?;
    app.store().rename_team(&team_id, &name)?;
    find(app, &team_id)
}

/// Deletes the team with its drafts and integrations; published pages stay in Confluence.
pub async fn delete(app: &App, team_id: String) -> Result<()> {
    for integration in app.store().integrations(&team_id)? {
        crate::integrations::disconnect(app, integration.id).await?;
    }
    Ok(app.store().delete_team(&team_id)?)
}

pub(crate) fn find(app: &App, team_id: &str) -> Result<Team> {
    app.store()
        .teams()?
        .into_iter()
        .find(|it| it.id == team_id)
        .map(Team::from)
        .ok_or_else(|| ApiError::gone("The team"))
}

async fn checked(app: &App, name: &str, except: Option<&str>) -> Result<String> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Err(ApiError::invalid(
            Field::TeamName,
            "Enter the name of the team.",
        ));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(ApiError::invalid(
            Field::TeamName,
            format!(
                "The name has {} characters; {LONGEST_NAME} fit.",
                name.chars().count()
            ),
        ));
    }
    let folded = name.to_lowercase();
    let taken = |it: &TeamRecord| it.name.to_lowercase() == folded && Some(&*it.id) != except;
    if app.store().teams()?.iter().any(taken) {
        return Err(ApiError::invalid(
            Field::TeamName,
            "There is a team of this name already.",
        ));
    }
    Ok(name)
}
