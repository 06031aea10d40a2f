//! The shell: the only room that knows Tauri.

#[cfg(feature = "automation")]
mod automation;
mod commands;
mod computer;
mod leaving;
mod logs;
mod sandbox;
mod tray;

use std::{
    collections::HashMap,
    env,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use retropress_app::{
    App, Desktop, OauthClient, OauthOptions, Parts,
    desktop::{self, Notification, Unseen},
};
use retropress_confluence::{Endpoints, HttpOptions, Url};
use retropress_secrets::Vault;
use tauri::{AppHandle, Emitter, Manager, WindowEvent, webview::PageLoadEvent};
use tauri_plugin_dialog::{DialogExt, MessageDialogKind};
use tauri_plugin_notification::NotificationExt as _;

// A bug in a command, the PDF or the import is an error to the window: see `retropress_app::guarded`.
#[cfg(not(panic = "unwind"))]
compile_error!("panics have to unwind: remove `panic` from the profile");

/// What the environment asks for; every one is meant for tests and for administrators.
struct Environment {
    /// `RETROPRESS_DATA`: the folder of the database, the logs and the sandbox's pages.
    folder: Option<PathBuf>,
    /// The window tests drive it; never in a build for users.
    automation: bool,
    /// `RETROPRESS_SANDBOX_PORT`: the first of the sandbox's ports.
    sandbox_port: Option<u16>,
    /// `RETROPRESS_ATLASSIAN_AUTH` and `RETROPRESS_ATLASSIAN_API`: Atlassian's hosts, where they are
    /// other than `https://auth.atlassian.com` and `https://api.atlassian.com`.
    endpoints: Endpoints,
    /// `RETROPRESS_OAUTH_PORT`: the port of the redirect URL. `RETROPRESS_OAUTH_CLIENT_ID` and
    /// `RETROPRESS_OAUTH_CLIENT_SECRET`: the organisation's OAuth app of Atlassian's.
    oauth: OauthOptions,
}

impl Environment {
    fn read() -> Self {
        Self {
            folder: env::var_os("RETROPRESS_DATA")
                .filter(|it| !it.is_empty())
                .map(PathBuf::from),
            #[cfg(feature = "automation")]
            automation: automation::is_on(),
            #[cfg(not(feature = "automation"))]
            automation: false,
            sandbox_port: env::var("RETROPRESS_SANDBOX_PORT")
                .ok()
                .and_then(|it| it.parse().ok()),
            endpoints: endpoints(),
            oauth: oauth(),
        }
    }
}

fn endpoints() -> Endpoints {
    let mut endpoints = Endpoints::default();
    for (name, place) in [
        ("RETROPRESS_ATLASSIAN_AUTH", &mut endpoints.auth),
        ("RETROPRESS_ATLASSIAN_API", &mut endpoints.gateway),
    ] {
        let set = env::var(name).ok().and_then(|it| Url::parse(&it).ok());
        // Never in the clear, but for a server on this computer.
        let safe = |it: &Url| {
            it.scheme() == "https"
                || matches!(it.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
        };
        if let Some(address) = set.filter(|it| it.has_host() && safe(it)) {
            *place = address;
        }
    }
    endpoints
}

fn oauth() -> OauthOptions {
    let mut options = OauthOptions::default();
    let set = |name| env::var(name).ok().filter(|it| !it.is_empty());
    if let Some(port) = set("RETROPRESS_OAUTH_PORT").and_then(|it| it.parse().ok()) {
        options.port = port;
    }
    if let (Some(id), Some(secret)) = (
        set("RETROPRESS_OAUTH_CLIENT_ID"),
        set("RETROPRESS_OAUTH_CLIENT_SECRET"),
    ) {
        options.client = Some(OauthClient {
            id,
            secret: secret.into(),
        });
    }
    options
}

/// How the system starts the app with the user's session.
const AT_LOGIN: &str = "--at-login";

fn started_into_tray(handle: &AppHandle) -> bool {
    env::args().any(|it| it == AT_LOGIN)
        && handle
            .try_state::<Arc<App>>()
            .is_some_and(|app| desktop::starts_in_tray(&app))
}

/// Opens the window and stays until it is closed.
pub fn run() {
    no_core_dumps();
    let environment = Environment::read();
    let mut builder = tauri::Builder::default();
    if !environment.automation {
        // Has to be the first plugin: a second start ends here and brings the first window forward.
        builder = builder.plugin(tauri_plugin_single_instance::init(|app, _, _| show(app)));
    }
    let builder = builder
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_window_state::Builder::default().build())
        .plugin(tauri_plugin_notification::init())
        .plugin(
            tauri_plugin_autostart::Builder::new()
                .args([AT_LOGIN])
                .build(),
        )
        .invoke_handler(commands::handler())
        .on_page_load(|window, page| {
            if page.event() != PageLoadEvent::Finished {
                return;
            }
            if started_into_tray(window.app_handle()) {
                put_away(window.app_handle());
            } else if let Err(problem) = window.window().show() {
                // Shown once there is something to see: no white flash, no empty frame.
                tracing::error!(%problem, "the window could not be shown");
            }
        })
        .on_window_event(|window, event| {
            if let WindowEvent::CloseRequested { api, .. } = event {
                api.prevent_close();
                leaving::close(window.app_handle());
            }
        })
        .manage(leaving::Held::default())
        .setup(move |tauri| {
            tauri.add_capability(include_str!(concat!(env!("OUT_DIR"), "/window.json")))?;
            let handle = tauri.handle().clone();
            match open(&handle, &environment) {
                Ok(app) => {
                    listen(&handle, &app);
                    tauri.manage(Arc::new(app));
                    leaving::listen_to_signals(&handle);
                }
                Err(problem) => refuse(&handle, &problem, environment.automation),
            }
            Ok(())
        });
    if let Err(problem) = builder.run(tauri::generate_context!()) {
        tracing::error!(%problem, "the window could not be opened");
        std::process::exit(1);
    }
}

fn open(handle: &AppHandle, environment: &Environment) -> Result<App, Refusal> {
    let folder = match &environment.folder {
        Some(folder) => folder.clone(),
        None => handle.path().app_data_dir().map_err(|it| Refusal {
            message: "There is no folder for the data of apps on this computer".to_owned(),
            hint: it.to_string(),
        })?,
    };
    logs::start(&folder);
    let desktop: Arc<dyn Desktop> = {
        let computer = computer::Computer::new(handle.clone());
        #[cfg(feature = "automation")]
        match environment.automation {
            true => Arc::new(automation::Scripted::new(computer, &folder)),
            false => Arc::new(computer),
        }
        #[cfg(not(feature = "automation"))]
        Arc::new(computer)
    };
    let app = App::open(Parts {
        // Each folder's own key is beside this entry, which all of them shared at first.
        vault: Vault::new("Retropress", "master key"),
        desktop,
        sandbox: Arc::new(sandbox::BuiltIn::new(
            folder.join("sandbox"),
            environment.sandbox_port,
            retropress_confluence::redirect_address(environment.oauth.port),
        )),
        endpoints: environment.endpoints.clone(),
        oauth: environment.oauth.clone(),
        http: HttpOptions::default(),
        clock: chrono::Utc::now,
        folder,
    });
    app.map_err(|it| Refusal {
        message: it.message,
        hint: format!("{}\n\n{}", it.hint, it.details),
    })
}

/// Until then the window is there, on a slow computer too; nothing else competes with it before.
const WINDOW_COMES: Duration = Duration::from_secs(3);

/// Tells the window of each change, and takes up what an earlier run left unfinished.
fn listen(handle: &AppHandle, app: &App) {
    let (handle, app) = (handle.clone(), app.clone());
    tauri::async_runtime::spawn(async move {
        let mut events = app.events();
        let mut unseen = Unseen::default();
        let settling = app.clone();
        tauri::async_runtime::spawn(async move {
            settling.resume().await;
            tokio::time::sleep(WINDOW_COMES).await;
            settling.tidy().await;
        });
        let places = Places::default();
        let opened = (handle.clone(), app.clone(), places.clone());
        let clicked = handle.notification().on_action(move |action| {
            let (handle, app, places) = &opened;
            let place = action.notification().and_then(|it| places.of(it.id()));
            show(handle);
            desktop::open_place(app, &place.unwrap_or_else(|| "/outbox".to_owned()));
        });
        if let Err(problem) = clicked {
            tracing::warn!(%problem, "a click on a notification will not be heard");
        }
        loop {
            match events.recv().await {
                Ok(event) => {
                    if let Some(it) = unseen.after(&app, &event, in_front(&handle)).await {
                        notify(&handle, &places, it);
                    }
                    if let Err(problem) = handle.emit("changed", event) {
                        tracing::warn!(%problem, "the window was not told");
                    }
                }
                // The window reads the state anew with the next event.
                Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
                Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
            }
        }
    });
}

/// What this and the window's own processes hold in memory is never written to a file when they fail.
fn no_core_dumps() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        if let Err(problem) = setrlimit(Resource::Core, none) {
            tracing::warn!(%problem, "core dumps could not be switched off");
        }
    }
}

/// Where the notifications that were shown lead.
#[derive(Clone, Default)]
struct Places(Arc<Mutex<HashMap<i32, String>>>);

impl Places {
    fn keep(&self, place: String) -> i32 {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let id = i32::try_from(all.len()).unwrap_or(i32::MAX);
        all.insert(id, place);
        id
    }

    fn of(&self, id: i32) -> Option<String> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&id).cloned()
    }
}

fn in_front(handle: &AppHandle) -> bool {
    let window = handle.get_webview_window("main");
    window.is_some_and(|it| it.is_visible().unwrap_or(true) && it.is_focused().unwrap_or(true))
}

fn notify(handle: &AppHandle, places: &Places, it: Notification) {
    let id = places.keep(it.place);
    let shown = handle
        .notification()
        .builder()
        .id(id)
        .title(it.title)
        .body(it.body)
        .show();
    if let Err(problem) = shown {
        tracing::warn!(%problem, "a notification could not be shown");
    }
}

/// Why the app cannot start.
struct Refusal {
    message: String,
    hint: String,
}

/// Without its database the app can do nothing; it says so and ends.
fn refuse(handle: &AppHandle, problem: &Refusal, automation: bool) {
    tracing::error!(
        message = problem.message,
        hint = problem.hint,
        "the app cannot start"
    );
    if automation {
        std::process::exit(1);
    }
    let end = handle.clone();
    handle
        .dialog()
        .message(format!("{}.\n\n{}", problem.message, problem.hint))
        .title("Retropress cannot start")
        .kind(MessageDialogKind::Error)
        .show(move |_| end.exit(1));
}

/// Without a tray the window stays, minimised, and so does the app.
fn put_away(handle: &AppHandle) {
    let handle = handle.clone();
    // The icon is made in the main thread, which this may be called from.
    tauri::async_runtime::spawn_blocking(move || {
        if let Err(problem) = tray::hide(&handle) {
            tracing::warn!(%problem, "there is no tray");
            if let Some(window) = handle.get_webview_window("main") {
                for outcome in [window.show(), window.minimize()] {
                    if let Err(problem) = outcome {
                        tracing::warn!(%problem, "the window could not be minimised");
                    }
                }
            }
        }
    });
}

fn show(app: &AppHandle) {
    tray::put_icon_away(app);
    if let Some(window) = app.get_webview_window("main") {
        for outcome in [window.unminimize(), window.show(), window.set_focus()] {
            if let Err(problem) = outcome {
                tracing::warn!(%problem, "the window could not be brought forward");
            }
        }
    }
}
