//! Every way out of the app: the window's close button, the tray's Quit, Restart, and the signals by
//! which a system ends its programs. What was typed is stored before any of them ends the app.
//!
//! The window is asked and has a second for its answer. One that hangs is not waited for any longer.
//! One that cannot store what was typed says so and stays: its author tries again or gives it up, and
//! the window then calls [`finish`]. Nothing here waits in the main thread, which draws the window.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use retropress_app::{
    App,
    desktop::{self, Close, Typed},
};
use tauri::{AppHandle, Emitter, Manager, async_runtime};

/// How the app ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Way {
    #[default]
    Quit,
    Restart,
}

/// How it was about to end when something could not be stored.
#[derive(Default)]
pub struct Held(Mutex<Way>);

impl Held {
    fn way(&self) -> MutexGuard<'_, Way> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A database that is busy is not waited for any longer: the app then quits, which loses nothing.
const DECIDING: Duration = Duration::from_secs(1);

/// The close button was pressed.
pub fn close(handle: &AppHandle) {
    let Some(app) = app(handle) else {
        return end(handle, Way::Quit);
    };
    let handle = handle.clone();
    async_runtime::spawn(async move {
        match decide(&app).await {
            Close::HideInTray => crate::put_away(&handle),
            Close::Quit => quit(&handle, &app, Way::Quit).await,
            Close::Ask(queued) => match ask(&handle, &app, Way::Quit).await {
                Typed::Stored => desktop::ask_how_to_leave(&app, queued),
                Typed::NotStored => {}
                // It could not ask either.
                Typed::NoAnswer => end(&handle, Way::Quit),
            },
        }
    });
}

/// In a thread of its own: reading the database may take its time.
async fn decide(app: &Arc<App>) -> Close {
    let app = app.clone();
    let decided =
        async_runtime::spawn_blocking(move || async_runtime::block_on(desktop::close(&app)));
    match tokio::time::timeout(DECIDING, decided).await {
        Ok(Ok(close)) => close,
        _ => Close::Quit,
    }
}

/// Ends the app once what was typed is stored.
pub fn leave(handle: &AppHandle, way: Way) {
    let Some(app) = app(handle) else {
        return end(handle, way);
    };
    let handle = handle.clone();
    async_runtime::spawn(async move { quit(&handle, &app, way).await });
}

/// Ends the app as it was about to end when the window could not store what was typed.
pub fn finish(handle: &AppHandle) {
    let way = *handle.state::<Held>().way();
    end(handle, way);
}

async fn quit(handle: &AppHandle, app: &App, way: Way) {
    match ask(handle, app, way).await {
        Typed::Stored | Typed::NoAnswer => end(handle, way),
        Typed::NotStored => {}
    }
}

async fn ask(handle: &AppHandle, app: &App, way: Way) -> Typed {
    let typed = desktop::store_typed(app, |event| {
        if let Err(problem) = handle.emit("changed", event) {
            tracing::warn!(%problem, "the window was not asked to store what was typed");
        }
    })
    .await;
    match typed {
        Typed::Stored => {}
        Typed::NotStored => {
            *handle.state::<Held>().way() = way;
            crate::show(handle);
        }
        Typed::NoAnswer => tracing::warn!("the window did not answer in time"),
    }
    typed
}

fn end(handle: &AppHandle, way: Way) {
    match way {
        Way::Quit => handle.exit(0),
        Way::Restart => handle.request_restart(),
    }
}

fn app(handle: &AppHandle) -> Option<Arc<App>> {
    handle.try_state::<Arc<App>>().map(|it| it.inner().clone())
}

/// Two signals within this time end the app at once, whatever cannot be stored.
#[cfg(unix)]
const INSISTING: Duration = Duration::from_secs(5);

/// Logging out, shutting down, `kill` and Ctrl-C in a terminal.
#[cfg(unix)]
pub fn listen_to_signals(handle: &AppHandle) {
    use tokio::signal::unix::{SignalKind, signal};

    let last: Arc<Mutex<Option<Instant>>> = Arc::default();
    for kind in [
        SignalKind::terminate(),
        SignalKind::hangup(),
        SignalKind::interrupt(),
    ] {
        let (handle, last) = (handle.clone(), last.clone());
        async_runtime::spawn(async move {
            let mut signals = match signal(kind) {
                Ok(signals) => signals,
                Err(problem) => {
                    tracing::warn!(%problem, "a signal of the system will not be heard");
                    return;
                }
            };
            while signals.recv().await.is_some() {
                let before = last
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .replace(Instant::now());
                match before {
                    Some(before) if before.elapsed() < INSISTING => end(&handle, Way::Quit),
                    _ => leave(&handle, Way::Quit),
                }
            }
        });
    }
}

/// Windows and macOS end their programs by other means, of which Tauri tells when it is too late to
/// ask; the window stores what was typed when it loses the focus.
#[cfg(not(unix))]
pub fn listen_to_signals(_handle: &AppHandle) {}
