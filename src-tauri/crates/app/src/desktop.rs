//! What the app needs of the computer it runs on, given to it by the shell; and what it asks of it
//! while its window is not in front.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use ts_rs::TS;
use url::Url;

use crate::{
    ApiError, App, ErrorCode, Event, Result, lock,
    publish::{self, Operation, OperationKind, OperationState, outbox},
    sandbox::SandboxClient,
    settings::{self, Closing},
    teams,
};

#[async_trait]
pub trait Desktop: Send + Sync {
    /// Opens the address in the user's browser.
    fn open_in_browser(&self, address: &Url) -> std::io::Result<()>;

    /// Asks where to save a file; `None` when the user cancelled.
    async fn choose_where_to_save(&self, file_name: &str) -> Option<PathBuf>;

    /// Asks for a file to open whose name has this ending; `None` when the user cancelled.
    async fn choose_what_to_open(&self, _ending: &str) -> Option<PathBuf> {
        None
    }

    /// Shows the folder in the file manager.
    fn show_folder(&self, _folder: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Ends the app and starts it again, once what was typed is stored.
    fn restart(&self) {}

    /// The system and the web view, for the support report. Nothing that names the user or the
    /// computer.
    fn versions(&self) -> Versions {
        Versions::default()
    }

    /// Puts the window away and an icon into the tray. An error where this desktop has none.
    fn hide_in_tray(&self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Ends the app once what was typed is stored, whatever is queued.
    fn quit(&self) {}

    /// Ends the app as it was about to end when the window could not store what was typed.
    fn finish_leaving(&self) {}

    fn starts_at_login(&self) -> io::Result<bool> {
        Ok(false)
    }

    fn start_at_login(&self, _on: bool) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Empty where it is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Versions {
    /// "Debian 13.2, x86_64"
    pub system: String,
    /// "2.46.3"
    pub web_view: String,
}

/// Asks where to save a file, writes it there and answers the path; `None` when the user cancelled.
///
/// # Errors
/// A full disk, a folder that cannot be written to; `what` is the file in the user's words.
pub(crate) async fn save(
    app: &App,
    file_name: &str,
    bytes: Vec<u8>,
    what: &str,
) -> Result<Option<String>> {
    let Some(path) = app.inner.desktop.choose_where_to_save(file_name).await else {
        return Ok(None);
    };
    let target = path.clone();
    let written = tokio::task::spawn_blocking(move || std::fs::write(target, bytes))
        .await
        .map_err(|it| ApiError::internal(&it))?;
    written.map_err(|problem| {
        let full = problem.kind() == io::ErrorKind::StorageFull;
        not_saved(what, &path, full, &problem)
    })?;
    Ok(Some(path.display().to_string()))
}

/// A file could not be written where the user chose; `what` is the file in the user's words.
pub(crate) fn not_saved(
    what: &str,
    path: &Path,
    disk_full: bool,
    problem: &dyn std::fmt::Display,
) -> ApiError {
    let mut error = ApiError::new(
        if disk_full {
            ErrorCode::DiskFull
        } else {
            ErrorCode::Storage
        },
        format!("The {what} could not be saved"),
        "Choose another folder, or free some room on this computer.",
    )
    .retry();
    error.details = format!("{}: {problem}", path.display());
    error
}

/// Runs the built-in sandbox. The app talks to it like to any Confluence, through HTTP alone.
#[async_trait]
pub trait SandboxHost: Send + Sync {
    /// Starts it if it does not run yet.
    async fn start(&self) -> Result<SandboxAddresses>;

    /// Where it answers, if it runs.
    fn running(&self) -> Option<SandboxAddresses>;

    /// Where the next sign-in waits for the browser's answer: its apps are registered with that.
    async fn expect_redirect(&self, _redirect: &Url) -> Result<()> {
        Ok(())
    }

    /// Back to its sample pages.
    async fn empty(&self) -> Result<()>;
}

/// Where the sandbox answers and with what one signs in to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxAddresses {
    pub cloud: Url,
    /// In place of `https://api.atlassian.com`.
    pub gateway: Url,
    /// In place of `https://auth.atlassian.com`.
    pub auth: Url,
    /// Another Cloud site of the same account.
    pub second_cloud: Url,
    pub data_center: Url,
    /// Of the apps its sign-in knows, by which a sign-in is told to go there.
    pub client_ids: Vec<String>,
    pub email: String,
    pub api_token: String,
    pub personal_access_token: String,
    pub username: String,
    pub password: String,
    /// The OAuth 2.0 app of its Cloud.
    pub cloud_client: SandboxClient,
    /// The application link of its Data Center.
    pub data_center_client: SandboxClient,
    /// The credential of its service account.
    pub service_account: SandboxClient,
}

impl SandboxAddresses {
    /// Whether the address leads to this sandbox.
    pub fn holds(&self, address: &Url) -> bool {
        [&self.cloud, &self.second_cloud, &self.data_center]
            .iter()
            .any(|it| it.origin() == address.origin())
    }
}

/// So long the window is given to store what was typed. One that hangs holds nothing up.
const STORING: Duration = Duration::from_secs(1);

/// What became of what was typed and not stored yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    Stored,
    /// The window has said so to its author, who chooses.
    NotStored,
    /// There is no window, or it hangs.
    NoAnswer,
}

/// Has the window store what was typed, for one second. `tell` hands it the event; those of
/// [`App::events`] may have to wait for others.
pub async fn store_typed(app: &App, tell: impl FnOnce(Event)) -> Typed {
    let (answer, answered) = oneshot::channel();
    lock(&app.inner.storing).push(answer);
    tell(Event::StoreTyped);
    match tokio::time::timeout(STORING, answered).await {
        Ok(Ok(true)) => Typed::Stored,
        Ok(Ok(false)) => Typed::NotStored,
        Ok(Err(_)) | Err(_) => Typed::NoAnswer,
    }
}

/// The window's answer: whether all that was typed is on disk.
pub async fn typed_stored(app: &App, stored: bool) -> Result<()> {
    for answer in lock(&app.inner.storing).drain(..) {
        // Whoever waited may have lost patience.
        let _ = answer.send(stored);
    }
    Ok(())
}

/// Ends the app as it was about to end when the window could not store what was typed: it is stored
/// now, or its author gives it up.
pub async fn finish_leaving(app: &App) -> Result<()> {
    app.inner.desktop.finish_leaving();
    Ok(())
}

/// What closing the window does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Close {
    /// Nothing is queued, or its author chose that it may wait.
    Quit,
    HideInTray,
    /// The window asks its author; this many are queued.
    Ask(u32),
}

/// How the author wants to leave while something is queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Leave {
    KeepPublishing,
    Quit,
}

/// Decides what closing the window does.
pub async fn close(app: &App) -> Close {
    let queued = queued(app).await.unwrap_or_else(|problem| {
        tracing::warn!(problem.message, "what is queued could not be read");
        0
    });
    let closing = settings::read(app).map_or(Closing::Ask, |it| it.closing);
    on_close(queued, closing)
}

/// Has the window ask its author how to leave while this many are queued.
pub fn ask_how_to_leave(app: &App, queued: u32) {
    app.tell(Event::Leaving { queued });
}

fn on_close(queued: u32, closing: Closing) -> Close {
    match closing {
        _ if queued == 0 => Close::Quit,
        Closing::Ask => Close::Ask(queued),
        Closing::KeepPublishing => Close::HideInTray,
        Closing::Quit => Close::Quit,
    }
}

/// Leaves as the author chose, and does so from then on.
///
/// # Errors
/// A desktop without a tray; then nothing is kept and the window stays.
pub async fn leave(app: &App, leave: Leave) -> Result<()> {
    let closing = match leave {
        Leave::KeepPublishing => {
            hide_in_tray(app)?;
            Closing::KeepPublishing
        }
        Leave::Quit => Closing::Quit,
    };
    let mut settings = settings::read(app)?;
    settings.closing = closing;
    settings::save(app, settings).await?;
    if leave == Leave::Quit {
        app.inner.desktop.quit();
    }
    Ok(())
}

/// Whether a start with the session shows no window: its author lets the app publish in the tray. One
/// that has something to say shows it.
pub fn starts_in_tray(app: &App) -> bool {
    app.start_notices().is_empty()
        && settings::read(app).is_ok_and(|it| it.closing == Closing::KeepPublishing)
}

fn hide_in_tray(app: &App) -> Result<()> {
    app.inner.desktop.hide_in_tray().map_err(|problem| {
        let mut error = ApiError::new(
            ErrorCode::Refused,
            "This desktop has no tray",
            "Leave the window open or minimised, or quit: what is queued is published after the next start.",
        );
        error.details = problem.to_string();
        error
    })
}

/// Whether the app starts with the user's session.
pub async fn starts_at_login(app: &App) -> Result<bool> {
    app.inner.desktop.starts_at_login().map_err(|it| login(&it))
}

pub async fn start_at_login(app: &App, on: bool) -> Result<bool> {
    let desktop = &app.inner.desktop;
    desktop.start_at_login(on).map_err(|it| login(&it))?;
    desktop.starts_at_login().map_err(|it| login(&it))
}

fn login(problem: &io::Error) -> ApiError {
    let mut error = ApiError::new(
        ErrorCode::Refused,
        "The start at login could not be changed",
        "Add Retropress to the programs that start at login in the settings of this computer.",
    );
    error.details = problem.to_string();
    error
}

/// Asks each Confluence of every team at once, and publishes what waits for it.
pub async fn publish_now(app: &App) -> Result<()> {
    for team in teams::list(app).await? {
        outbox::check_all(app, team.id).await?;
    }
    Ok(())
}

/// How many go on by themselves, over all teams.
async fn queued(app: &App) -> Result<u32> {
    let mut queued = 0;
    for team in teams::list(app).await? {
        queued += outbox::status(app, team.id).await?.queued;
    }
    Ok(queued)
}

/// Brings the window to a place such as "/outbox".
pub fn open_place(app: &App, place: &str) {
    app.tell(Event::Open {
        place: place.to_owned(),
    });
}

/// A notification of the system, and where it leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    pub title: String,
    pub body: String,
    /// "/outbox/<id of the operation>", "/published/<id of the entry>"
    pub place: String,
}

/// What happened while the window was not in front, as it is put into notifications: each that
/// needs its author is told of once, those that went out all together when nothing moves any more.
#[derive(Debug, Default)]
pub struct Unseen {
    told: HashMap<String, OperationState>,
    published: Vec<(String, Option<String>)>,
}

impl Unseen {
    /// What to tell after the event; `in_front` says whether the author sees the window.
    pub async fn after(
        &mut self,
        app: &App,
        event: &Event,
        in_front: bool,
    ) -> Option<Notification> {
        let Event::OperationChanged {
            operation_id,
            draft_id: Some(_),
        } = event
        else {
            return None;
        };
        let operation = publish::operation(app, operation_id.clone()).await.ok()?;
        let queued = queued(app).await.ok()?;
        let notify = settings::read(app).ok()?.notify;
        self.take(operation, in_front || !notify, queued)
    }

    /// `seen`: its author needs no notification. `queued`: how many go on by themselves.
    fn take(&mut self, operation: Operation, seen: bool, queued: u32) -> Option<Notification> {
        let state = operation.state;
        let stopped = matches!(
            state,
            OperationState::NeedsAttention | OperationState::Conflict
        );
        if !stopped && state != OperationState::Done {
            self.told.remove(&operation.id);
            return None;
        }
        if self.told.insert(operation.id.clone(), state) == Some(state) {
            return None;
        }
        if seen {
            self.published.clear();
            return None;
        }
        if stopped {
            return Some(Notification {
                title: format!("{} needs you", operation.title),
                body: operation.error.map(|it| it.message).unwrap_or_default(),
                place: format!("/outbox/{}", operation.id),
            });
        }
        if operation.kind == OperationKind::Delete {
            return None;
        }
        self.published
            .push((operation.title, operation.publication_id));
        if queued > 0 {
            return None;
        }
        went_out(std::mem::take(&mut self.published))
    }
}

fn went_out(mut published: Vec<(String, Option<String>)>) -> Option<Notification> {
    if published.len() > 1 {
        return Some(Notification {
            title: format!("{} summaries are published", published.len()),
            body: "Each with its PDF.".to_owned(),
            place: "/published".to_owned(),
        });
    }
    let (title, publication) = published.pop()?;
    Some(Notification {
        title: "Published".to_owned(),
        body: title,
        place: publication.map_or("/published".to_owned(), |it| format!("/published/{it}")),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn closing_asks_only_while_something_is_queued() {
        assert_eq!(on_close(0, Closing::Ask), Close::Quit);
        assert_eq!(on_close(0, Closing::KeepPublishing), Close::Quit);
        assert_eq!(on_close(3, Closing::Ask), Close::Ask(3));
        assert_eq!(on_close(3, Closing::KeepPublishing), Close::HideInTray);
        assert_eq!(on_close(3, Closing::Quit), Close::Quit);
    }

    fn operation(id: &str, state: OperationState) -> Operation {
        Operation {
            id: id.to_owned(),
            draft_id: Some("draft".to_owned()),
            kind: OperationKind::Create,
            title: format!("Sprint {id}"),
            state,
            steps: vec![],
            started_at: chrono::DateTime::UNIX_EPOCH,
            ended_at: None,
            publication_id: Some(format!("entry of {id}")),
            error: None,
            waiting: None,
        }
    }

    #[test]
    fn what_went_out_is_told_when_nothing_moves_any_more() {
        use OperationState::{Done, Running};
        let mut unseen = Unseen::default();
        assert_eq!(unseen.take(operation("1", Running), false, 2), None);
        assert_eq!(unseen.take(operation("1", Done), false, 1), None);
        let both = unseen.take(operation("2", Done), false, 0).unwrap();
        assert_eq!(
            (&*both.title, &*both.place),
            ("2 summaries are published", "/published")
        );
        let single = unseen.take(operation("3", Done), false, 0).unwrap();
        assert_eq!(
            (&*single.body, &*single.place),
            ("Sprint 3", "/published/entry of 3")
        );
    }

    #[test]
    fn one_that_needs_its_author_is_told_of_once_each_time_it_stops() {
        use OperationState::{NeedsAttention, Queued};
        let mut unseen = Unseen::default();
        let stopped = || operation("1", NeedsAttention);
        let told = unseen.take(stopped(), false, 5).unwrap();
        assert_eq!(
            (&*told.title, &*told.place),
            ("Sprint 1 needs you", "/outbox/1")
        );
        assert_eq!(unseen.take(stopped(), false, 5), None);
        assert_eq!(unseen.take(operation("1", Queued), false, 5), None);
        assert!(unseen.take(stopped(), false, 5).is_some());
    }

    #[test]
    fn what_is_seen_or_deleted_needs_no_notification() {
        use OperationState::{Conflict, Done};
        let mut unseen = Unseen::default();
        assert_eq!(unseen.take(operation("1", Done), false, 1), None);
        assert_eq!(unseen.take(operation("2", Conflict), true, 1), None);
        // The first was seen with it.
        let third = unseen.take(operation("3", Done), false, 0).unwrap();
        assert_eq!(third.body, "Sprint 3");
        let mut deleted = operation("4", Done);
        deleted.kind = OperationKind::Delete;
        assert_eq!(unseen.take(deleted, false, 0), None);
    }
}
