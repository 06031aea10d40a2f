//! What the team decided to do.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct Action {
    pub id: String,
    pub text: String,
    /// Names as they were written, in that order.
    pub owners: Vec<String>,
    pub due: Option<NaiveDate>,
    pub priority: Option<Priority>,
    pub done: bool,
    /// The dimension of a health check this action belongs to.
    pub dimension_id: Option<String>,
    pub carried_from: Option<CarriedFrom>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Priority {
    High,
    Medium,
    Low,
}

/// The earlier summary in which the action was still open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct CarriedFrom {
    pub draft_id: String,
    pub action_id: String,
    /// Its title, or its date where it has none.
    pub title: String,
}
