//! A team health check: how the team answered, dimension by dimension.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Action, Comment};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct HealthCheck {
    pub title: String,
    pub date: Option<NaiveDate>,
    pub facilitator: String,
    pub participants: Vec<String>,
    /// The model the check was started from. Trends compare checks of the same model.
    pub model_id: String,
    pub model_name: String,
    /// Labels of the steps from worst to best; step 1 is the first.
    pub scale: Vec<String>,
    pub dimensions: Vec<DimensionResult>,
    pub actions: Vec<Action>,
    /// Free text, one paragraph a line; imported lines that fitted nowhere are kept here.
    pub notes: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct DimensionResult {
    /// The id the dimension has in the model, so that it is found again in the next check.
    pub id: String,
    pub name: String,
    pub statement: String,
    /// How many chose each step of the scale, worst first; as long as the scale.
    pub responses: Vec<u32>,
    pub comments: Vec<Comment>,
}

/// Steps a check's scale can have. Models have up to 7; notes that were imported may name more.
pub const MOST_STEPS: usize = 20;

/// What a team is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct Model {
    pub id: String,
    pub name: String,
    /// Labels of the steps from worst to best, 2 to 7 of them.
    pub scale: Vec<String>,
    pub dimensions: Vec<Dimension>,
    /// The product brings it along; a changed one is saved as a copy.
    pub built_in: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct Dimension {
    pub id: String,
    pub name: String,
    pub statement: String,
}

/// The team's last check of the same model, as far as a trend needs it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct PreviousCheck {
    pub draft_id: String,
    /// Its title, or its date where it has none.
    pub title: String,
    pub date: Option<NaiveDate>,
    pub averages: Vec<DimensionAverage>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DimensionAverage {
    pub dimension_id: String,
    pub average: f64,
}

impl HealthCheck {
    /// Steps of the scale, named or not.
    pub fn steps(&self) -> usize {
        let answered = self.dimensions.iter().map(|it| it.responses.len()).max();
        answered.unwrap_or(0).max(self.scale.len())
    }
}

/// Mean step, counted from 1; `None` when nobody answered.
pub fn average(responses: &[u32]) -> Option<f64> {
    let total: u64 = responses.iter().map(|n| u64::from(*n)).sum();
    if total == 0 {
        return None;
    }
    let points: u64 = responses
        .iter()
        .zip(1u64..)
        .map(|(n, step)| u64::from(*n) * step)
        .sum();
    Some(points as f64 / total as f64)
}

impl PreviousCheck {
    pub fn average(&self, dimension_id: &str) -> Option<f64> {
        self.averages
            .iter()
            .find(|it| it.dimension_id == dimension_id)
            .map(|it| it.average)
    }
}

/// The models the product brings along. Their ids never change: trends are found by them.
pub fn built_in_models() -> Vec<Model> {
    let model = |id: &str, name: &str, scale: &[&str], dimensions: &[(&str, &str, &str)]| Model {
        id: id.into(),
        name: name.into(),
        scale: scale.iter().map(|it| (*it).into()).collect(),
        dimensions: dimensions
            .iter()
            .map(|(id, name, statement)| Dimension {
                id: (*id).into(),
                name: (*name).into(),
                statement: (*statement).into(),
            })
            .collect(),
        built_in: true,
    };
    vec![
        model(
            "team-health",
            "Team health",
            &[
                "Strongly disagree",
                "Disagree",
                "Neutral",
                "Agree",
                "Strongly agree",
            ],
            &[
                (
                    "clear-goals",
                    "Clear goals",
                    "We know what we work towards, and why.",
                ),
                (
                    "value",
                    "Delivery of value",
                    "What we finish makes a difference to our users.",
                ),
                (
                    "release",
                    "Ease of release",
                    "Bringing a change to our users is quick and safe.",
                ),
                (
                    "quality",
                    "Code quality",
                    "We can change our code without fear.",
                ),
                (
                    "pace",
                    "Sustainable pace",
                    "We could go on working like this for years.",
                ),
                (
                    "learning",
                    "Learning",
                    "We learn something new in every sprint.",
                ),
                (
                    "teamwork",
                    "Teamwork",
                    "We help each other and finish things together.",
                ),
                (
                    "support",
                    "Support from others",
                    "We get the help we need from outside the team.",
                ),
            ],
        ),
        model(
            "traffic-light",
            "Traffic light",
            &["Needs help", "So-so", "Good"],
            &[
                (
                    "mission",
                    "Mission",
                    "We know what we are here for, and like it.",
                ),
                (
                    "outcome",
                    "Outcome",
                    "We are proud of what we give our users.",
                ),
                ("speed", "Speed", "Things get done without long waits."),
                (
                    "craft",
                    "Craft",
                    "Our code and our tests are in good shape.",
                ),
                ("process", "Way of working", "How we work suits us."),
                (
                    "releasing",
                    "Releasing",
                    "Releasing is simple and holds no surprises.",
                ),
                (
                    "say",
                    "A say in things",
                    "We decide together what we build and how.",
                ),
                (
                    "help",
                    "Help from outside",
                    "Others answer when we need them.",
                ),
                ("growth", "Growth", "Each of us gets better at what we do."),
                ("fun", "Fun", "We enjoy working with each other."),
            ],
        ),
    ]
}
