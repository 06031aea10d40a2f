//! What was typed up to the last moment is there at the next start, whatever ended the app.

use std::time::{Duration, Instant};

use retropress_sandbox::{Options, Sandbox};
use rusqlite::Connection as Database;
use thirtyfour::prelude::*;

use crate::session::Session;
use crate::window::Window;
use crate::window::journey::connected_to;
use crate::{away, queue, stands_at};

const TITLE: &str = "Closed while typing";

/// A retrospective in which an idea is about to be typed.
async fn writing() -> Window {
    let window = Window::open().await;
    window.fill("Name of your team", "Team Nu").await;
    window.click("button", "New retrospective").await;
    window.click("button", "Start the retrospective").await;
    window.fill("Title", TITLE).await;
    window.click("button", "Add an idea to Went well").await;
    window
}

async fn look_again(window: &Window) {
    window
        .click("link", &format!("Retrospective: {TITLE}"))
        .await;
    window.find("heading", "Columns").await;
}

/// Another program writes into the database and does not come to an end.
fn hold_database(window: &Window) -> Database {
    let database = Database::open(window.data().join("retropress.db")).unwrap();
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    database
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn the_close_button_loses_nothing_that_was_typed() {
    let session = Session::start().await;
    let window = writing().await;
    window.press("Typed to the very last letter").await;
    session.close_window("Retropress");
    let window = window.start_again().await;
    look_again(&window).await;
    window.sees("Typed to the very last letter").await;
    window.close().await;
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn quitting_from_the_tray_loses_nothing_that_was_typed() {
    let session = Session::start().await;
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let window = connected_to(&sandbox, "Team Nu").await;
    away(&sandbox, true).await;
    queue(&window, "What keeps it in the tray").await;
    session.close_window("Retropress");
    window.click("button", "Keep publishing in the tray").await;
    session.choose("Open").await;
    stands_at(&window, "#/outbox").await;

    window.press_with(&[Key::Control], 'n').await;
    window.click("button", "Start the retrospective").await;
    window.fill("Title", TITLE).await;
    window.click("button", "Add an idea to Went well").await;
    window.press("Typed before Quit").await;
    session.close_window("Retropress");
    session.choose("Quit").await;
    let window = window.start_again().await;
    look_again(&window).await;
    window.sees("Typed before Quit").await;
    window.close().await;
    sandbox.stop().await;
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn the_end_of_the_session_loses_nothing_that_was_typed() {
    let mut window = writing().await;
    for signal in ["TERM", "HUP", "INT"] {
        window.press(format!("Typed before {signal}")).await;
        window.signal(signal);
        window = window.start_again().await;
        look_again(&window).await;
        window.sees(&format!("Typed before {signal}")).await;
        window.click("button", "Add an idea to Went well").await;
    }
    window.close().await;
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn a_window_that_hangs_is_closed_all_the_same() {
    let session = Session::start().await;
    let window = writing().await;
    window.press("Saved before it hung").await;
    window.sees("Saved on this computer").await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    window.hang().await;
    let begun = Instant::now();
    session.close_window("Retropress");
    let window = window.start_again().await;
    assert!(begun.elapsed() < Duration::from_secs(20));
    look_again(&window).await;
    window.sees("Saved before it hung").await;
    window.close().await;
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn what_cannot_be_saved_is_not_lost_without_a_word() {
    let session = Session::start().await;
    let window = writing().await;
    let held = hold_database(&window);
    window.press("Not on disk yet").await;
    session.close_window("Retropress");
    window
        .find("heading", "Your last changes are not saved")
        .await;
    window.is_accessible("Not saved").await;
    window.click("button", "Keep editing").await;
    window.sees("Not on disk yet").await;
    session.close_window("Retropress");
    window.find("button", "Save and close").await;
    held.execute_batch("ROLLBACK").unwrap();
    window.press_to_end("button", "Save and close").await;
    let window = window.start_again().await;
    look_again(&window).await;
    window.sees("Not on disk yet").await;

    window.click("button", "Add an idea to Went well").await;
    let held = hold_database(&window);
    window.press("Given up").await;
    window.signal("TERM");
    window.press_to_end("button", "Close without saving").await;
    window.ends().await;
    drop(held);
    let window = window.start_again().await;
    look_again(&window).await;
    window.sees("Not on disk yet").await;
    assert!(!window.shows("Given up").await);
    window.close().await;
}
