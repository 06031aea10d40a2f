//! What is published: a retrospective or a health check, and how each looks as a Confluence page,
//! a PDF and Markdown.
//!
//! Everything here is a function of its arguments: no clock, no file, no network, no random
//! numbers. Dates are passed in, fonts are passed in.
//!
//! The way of a summary: [`Summary`] (what the user wrote) -> [`document::build`] (what is said, in
//! which order) -> [`storage::write`], [`pdf::write`] or [`markdown::write`] (how it looks). All
//! three say the same because they are written from the same [`document::Document`].

pub mod action;
pub mod document;
pub mod health_check;
pub mod import;
pub mod markdown;
pub mod pdf;
pub mod retrospective;
pub mod sample;
pub mod storage;
pub mod title;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use action::{Action, CarriedFrom, Priority};
pub use health_check::HealthCheck;
pub use retrospective::Retrospective;

/// The two kinds of summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Kind {
    Retrospective,
    HealthCheck,
}

/// What a draft holds. `kind` tells them apart in JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[ts(export)]
pub enum Summary {
    Retrospective(Retrospective),
    HealthCheck(HealthCheck),
}

impl Summary {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Retrospective(_) => Kind::Retrospective,
            Self::HealthCheck(_) => Kind::HealthCheck,
        }
    }

    pub fn title(&self) -> &str {
        match self {
            Self::Retrospective(it) => &it.title,
            Self::HealthCheck(it) => &it.title,
        }
    }

    /// The day of the meeting; empty until the user enters one.
    pub fn date(&self) -> Option<NaiveDate> {
        match self {
            Self::Retrospective(it) => it.date,
            Self::HealthCheck(it) => it.date,
        }
    }

    pub fn actions(&self) -> &[Action] {
        match self {
            Self::Retrospective(it) => &it.actions,
            Self::HealthCheck(it) => &it.actions,
        }
    }
}

/// Something somebody said about an idea or a dimension. The author may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Comment {
    pub id: String,
    #[serde(default)]
    pub author: String,
    pub text: String,
}
