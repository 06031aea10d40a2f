//! What the author is told when an operation stops.

use super::engine::Seen;
use crate::{ApiError, ErrorCode};

pub(super) fn title_taken(said: ApiError) -> ApiError {
    if said.code == ErrorCode::TitleTaken {
        return said;
    }
    ApiError {
        details: said.details,
        ..ApiError::new(
            ErrorCode::TitleTaken,
            "Another page of the space has this title",
            "Choose another title.",
        )
        .because("Confluence allows a title once in a space. Nothing was created.")
    }
}

/// Stands in the history beside a page that a cancelled publish had created.
pub(super) const CAME_TOO_LATE: &str =
    "It was cancelled before Confluence had answered. Delete it, or publish again to complete it.";

pub(super) fn arrived_all_the_same(title: &str) -> String {
    format!(
        "“{title}” was cancelled, but its page had reached Confluence already. It stands in Published, without its PDF."
    )
}

pub(super) fn elsewhere(site_name: &str) -> ApiError {
    ApiError::new(
        ErrorCode::Gone,
        "The integration goes to another Confluence now",
        "Discard this and publish again, or edit the integration back.",
    )
    .because(format!(
        "This was made for {site_name}. Nothing was sent to the other one."
    ))
    .retry()
}

pub(super) fn page_gone() -> ApiError {
    ApiError::new(
        ErrorCode::PageGone,
        "The page was not found",
        "Publish it as a new page, or ask for the right to see it.",
    )
    .because("It is gone, or this account may not see it. Nothing was sent.")
}

pub(super) fn page_put_away() -> ApiError {
    ApiError::new(
        ErrorCode::PageGone,
        "The page was created, and put away since",
        "Publish it as a new page, or restore it in Confluence and retry.",
    )
    .because("Somebody archived it or moved it to the bin before its PDF was uploaded.")
}

pub(super) fn page_changed(page: &Seen) -> ApiError {
    let who = match &page.changed_by {
        Some(name) => format!("{name} saved version {}", page.version),
        None => format!("Somebody saved version {}", page.version),
    };
    ApiError::new(
        ErrorCode::PageChanged,
        "The page was changed in Confluence",
        "Write over that version, keep it, or publish as a new page.",
    )
    .because(format!("{who} since the last publish. Nothing was sent."))
}

pub(super) fn not_ours() -> ApiError {
    ApiError::new(
        ErrorCode::NotOurs,
        "This page does not carry the mark of Retropress any more",
        "Look at the page in Confluence and decide there.",
    )
    .because("Its text was replaced by somebody else. It was not touched.")
}

pub(super) fn parent_archived(title: &str) -> ApiError {
    ApiError::new(
        ErrorCode::TitleTaken,
        "The parent page is in the archive",
        "Restore it in Confluence, or choose another parent page in the integration.",
    )
    .because(format!(
        "An archived page is called \u{201c}{title}\u{201d} and keeps that title. Nothing was sent."
    ))
    .retry()
}

pub(super) fn parent_hidden() -> ApiError {
    ApiError::new(
        ErrorCode::TitleTaken,
        "The parent page cannot be seen",
        "Ask for the right to see it, or choose another parent page in the integration.",
    )
    .because("A page of its title is in the space, and this account may not see it.")
    .retry()
}

pub(super) fn incomplete(stored: u64, sent: u64) -> ApiError {
    ApiError::new(
        ErrorCode::Refused,
        "The PDF arrived incomplete",
        "Upload it again.",
    )
    .because(format!(
        "Confluence stored {stored} bytes of {sent}. The page itself is there."
    ))
    .retry()
}

pub(super) fn never_answered() -> ApiError {
    ApiError::new(
        ErrorCode::Unknown,
        "Confluence did not answer, several times",
        "Try again later. Retropress looks first whether it arrived.",
    )
    .because("Nothing of it was found there so far.")
    .retry()
}

pub(super) fn from_backup() -> ApiError {
    ApiError::new(
        ErrorCode::Unknown,
        "What became of it since the backup is not known",
        "Retry: Retropress looks in Confluence first and sends what is missing there. Or cancel it.",
    )
    .because("The database was damaged, and its last good backup took its place.")
    .retry()
}

/// Of an operation, for a place that has room for a line.
pub(super) fn unreadable() -> ApiError {
    super::kept::Unreadable::unknown("state").into()
}

pub(super) fn under_way() -> ApiError {
    ApiError::new(
        ErrorCode::UnderWay,
        "Another publish of this summary has not ended",
        "Wait until it has ended, or cancel it in the Outbox. Then try again.",
    )
    .because("It is for another page of the same integration. Nothing was queued.")
    .retry()
}

pub(super) fn mixed_up() -> ApiError {
    ApiError::new(
        ErrorCode::Internal,
        "Something went wrong in Retropress",
        "Try again. What was to be published is still here.",
    )
    .retry()
}
