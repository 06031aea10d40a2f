//! The icon in the tray, there from when the window is put away with something queued.

use std::{io, sync::Arc};

use retropress_app::{App, desktop};
use tauri::{
    AppHandle, Manager,
    menu::{MenuBuilder, MenuItemBuilder},
    tray::TrayIconBuilder,
};

use crate::leaving::{self, Way};

const ID: &str = "outbox";

/// Puts the window away; the icon brings it back.
pub fn hide(handle: &AppHandle) -> io::Result<()> {
    if !can_be_shown() {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "libayatana-appindicator3 is not installed",
        ));
    }
    let main = handle.clone();
    let (answer, built) = std::sync::mpsc::channel();
    handle
        .run_on_main_thread(move || {
            // Whoever waited has gone when the app ends meanwhile.
            let _ = answer.send(put_away(&main));
        })
        .map_err(io::Error::other)?;
    built
        .recv()
        .map_err(io::Error::other)?
        .map_err(io::Error::other)
}

fn put_away(handle: &AppHandle) -> tauri::Result<()> {
    match handle.tray_by_id(ID) {
        Some(icon) => icon.set_visible(true)?,
        None => show_icon(handle)?,
    }
    match handle.get_webview_window("main") {
        Some(window) => window.hide(),
        None => Ok(()),
    }
}

fn show_icon(handle: &AppHandle) -> tauri::Result<()> {
    let item = |id, text| MenuItemBuilder::with_id(id, text).build(handle);
    let menu = MenuBuilder::new(handle)
        .items(&[
            &item("open", "Open")?,
            &item("publish", "Publish now")?,
            &item("quit", "Quit")?,
        ])
        .build()?;
    let mut icon = TrayIconBuilder::with_id(ID)
        .tooltip("Retropress publishes what is queued")
        .menu(&menu)
        .on_menu_event(|handle, event| match event.id().as_ref() {
            "open" => open(handle),
            "publish" => publish_now(handle),
            "quit" => leaving::leave(handle, Way::Quit),
            _ => {}
        });
    if let Some(image) = handle.default_window_icon() {
        icon = icon.icon(image.clone());
    }
    icon.build(handle)?;
    Ok(())
}

/// The Outbox, as that is why the app is in the tray.
fn open(handle: &AppHandle) {
    crate::show(handle);
    if let Some(app) = handle.try_state::<Arc<App>>() {
        desktop::open_place(&app, "/outbox");
    }
}

fn publish_now(handle: &AppHandle) {
    let Some(app) = handle.try_state::<Arc<App>>() else {
        return;
    };
    let app = app.inner().clone();
    tauri::async_runtime::spawn(async move {
        if let Err(problem) = desktop::publish_now(&app).await {
            tracing::warn!(problem.message, "publishing from the tray did not begin");
        }
    });
}

/// The icon goes with the window's return. It is kept out of sight: libayatana-appindicator never lets
/// go of an icon's place on the bus, and a second one under its name would not be shown.
pub fn put_icon_away(handle: &AppHandle) {
    let main = handle.clone();
    let asked = handle.run_on_main_thread(move || {
        if let Some(icon) = main.tray_by_id(ID)
            && let Err(problem) = icon.set_visible(false)
        {
            tracing::warn!(%problem, "the icon in the tray could not be removed");
        }
    });
    if let Err(problem) = asked {
        tracing::warn!(%problem, "the icon in the tray could not be removed");
    }
}

/// The library that draws the icon is loaded when it is first used, and the app would end without
/// it. ldconfig(8) lists what can be loaded.
#[cfg(target_os = "linux")]
fn can_be_shown() -> bool {
    let listed = |program: &str| {
        std::process::Command::new(program)
            .arg("-p")
            .output()
            .is_ok_and(|it| {
                let names = String::from_utf8_lossy(&it.stdout);
                ["libayatana-appindicator3.so.1", "libappindicator3.so.1"]
                    .iter()
                    .any(|name| names.contains(name))
            })
    };
    listed("ldconfig") || listed("/sbin/ldconfig")
}

#[cfg(not(target_os = "linux"))]
fn can_be_shown() -> bool {
    true
}
