//! The app beside its window: the tray, notifications that lead to their place, the start with the
//! session, and every way out. Run by `cargo xtask test e2e`.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test ends where its footing is missing.

mod closing;
mod session;
#[path = "../window/mod.rs"]
mod window;

use std::fs;

use retropress_sandbox::{Host, Options, Sandbox};
use session::Session;
use thirtyfour::prelude::*;
use window::journey::connected_to;
use window::{Window, until};

async fn away(sandbox: &Sandbox, away: bool) {
    sandbox
        .set_reachable(Host::DataCenter, !away)
        .await
        .unwrap();
}

/// Publishes a retrospective while the server is away.
async fn queue(window: &Window, title: &str) {
    window.press_with(&[Key::Control], 'n').await;
    window.click("button", "Start the retrospective").await;
    window.fill("Title", title).await;
    window.click("link", "Share").await;
    window.sees(title).await;
    window.click("button", "Publish to Confluence").await;
    window.find("heading", "Queued").await;
}

/// The window is at the place, and is seen.
async fn stands_at(window: &Window, place: &str) {
    until(&format!("the window at {place}"), async || {
        let at = window.place().await;
        (at.starts_with(place) && window.is_visible().await).then_some(())
    })
    .await;
}

async fn is_put_away(window: &Window) {
    until("the window to be put away", async || {
        (!window.is_visible().await).then_some(())
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn from_the_tray_it_publishes_and_tells_what_became_of_it() {
    let session = Session::start().await;
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let window = connected_to(&sandbox, "Team Kappa").await;
    away(&sandbox, true).await;
    queue(&window, "Closed too early").await;

    session.close_window("Retropress");
    window.find("heading", "1 summary is queued").await;
    window.is_accessible("Leaving").await;
    window.click("button", "Stay").await;
    until("the question to go", async || {
        (!window.has("button", "Stay").await).then_some(())
    })
    .await;
    assert!(!session.has_icon().await);
    session.close_window("Retropress");
    window.click("button", "Keep publishing in the tray").await;
    is_put_away(&window).await;

    session.choose("Open").await;
    stands_at(&window, "#/outbox").await;
    until("the icon to go", async || {
        (!session.has_icon().await).then_some(())
    })
    .await;

    // The choice was kept: this time nothing is asked.
    session.close_window("Retropress");
    is_put_away(&window).await;
    assert!(session.notifications().is_empty());
    away(&sandbox, false).await;
    session.choose("Publish now").await;
    let published = session.notified(0).await;
    assert_eq!(published.title, "Published");
    assert!(published.body.contains("Closed too early"), "{published:?}");
    session.click(&published).await;
    stands_at(&window, "#/published/").await;
    window.sees("Closed too early").await;

    // The same title once more: Confluence has it already.
    away(&sandbox, true).await;
    queue(&window, "Closed too early").await;
    session.close_window("Retropress");
    is_put_away(&window).await;
    away(&sandbox, false).await;
    session.choose("Publish now").await;
    let needs = session.notified(1).await;
    assert!(needs.title.ends_with("needs you"), "{needs:?}");
    session.click(&needs).await;
    stands_at(&window, "#/outbox/").await;
    window.find_containing("button", "Change the title…").await;

    away(&sandbox, true).await;
    queue(&window, "For another day").await;
    session.close_window("Retropress");
    is_put_away(&window).await;
    session.choose("Quit").await;
    until("the app to end", async || {
        (!session.has_icon().await).then_some(())
    })
    .await;
    assert_eq!(session.notifications().len(), 2);
    drop(window);
    sandbox.stop().await;
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn the_start_at_login_is_written_down_and_taken_back() {
    let home = tempfile::tempdir().unwrap();
    let window = Window::open_at_home(home.path()).await;
    window.fill("Name of your team", "Team Lambda").await;
    window.click("button", "New retrospective").await;
    window.find("button", "Start the retrospective").await;
    window.press(Key::Null + Key::Escape).await;
    window.click("link", "Settings").await;
    window.click("link", "Appearance").await;
    let entries = || {
        let folder = home.path().join(".config/autostart");
        let all = fs::read_dir(folder).into_iter().flatten().flatten();
        all.map(|it| fs::read_to_string(it.path()).unwrap())
            .collect::<Vec<_>>()
    };
    assert!(entries().is_empty(), "it is off by default");
    window.click("checkbox", "Start at login").await;
    let entry = until("the entry", async || entries().pop()).await;
    let program = env!("CARGO_BIN_EXE_retropress");
    assert!(
        entry.contains(&format!("Exec={program} --at-login")),
        "{entry}"
    );
    window.click("checkbox", "Start at login").await;
    until("the entry to go", async || {
        entries().is_empty().then_some(())
    })
    .await;
    window.close().await;
}
