//! Every screen, looked at by axe-core in light and in dark, in the smallest window and in a large
//! one. Run by `cargo xtask test e2e`. `RETROPRESS_SCREENS` names a folder for pictures of them.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test ends where its footing is missing.

mod window;

use std::fs;

use rusqlite::Connection as Database;
use thirtyfour::prelude::*;
use window::Window;
use window::journey::{NOTES, choose_space, next, try_sandbox, write_and_publish};

const SMALLEST: (u32, u32) = (900, 640);
const LARGE: (u32, u32) = (1600, 1000);

async fn check(window: &Window, screen: &str) {
    for (width, height) in [SMALLEST, LARGE] {
        window.resize(width, height).await;
        window
            .is_accessible(&format!("{screen}, {width} x {height}"))
            .await;
        let Some(folder) = std::env::var_os("RETROPRESS_SCREENS") else {
            continue;
        };
        let folder = std::path::Path::new(&folder);
        for theme in ["dark", "light"] {
            window.theme(theme).await;
            let name =
                format!("{screen}, {width} x {height}, {theme}.png").replace([' ', '/'], "-");
            window.picture(&folder.join(name)).await;
        }
    }
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn are_accessible() {
    let window = Window::open().await;
    window
        .find("heading", "Where should your summaries go?")
        .await;
    check(&window, "First run").await;

    try_sandbox(&window, "Team Alpha", "Data Center").await;
    for method in [
        "Confluence Cloud - Atlassian Login",
        "Confluence Cloud - API Token",
        "Confluence Server / Data Center - Basic Authentication",
        "Confluence Server / Data Center - Application Link",
        "Confluence Server / Data Center - Personal Access Token",
    ] {
        window.click("radio", method).await;
        window.find("heading", method).await;
        check(&window, method).await;
    }
    next(&window, "Configuration").await;
    window.click("button", "Next").await;
    window.find("alert", "").await;
    check(&window, "Configuration, with errors").await;
    choose_space(&window).await;
    check(&window, "Configuration").await;
    next(&window, "Test").await;
    window
        .click("button", "Publish Test Retrospective Summary")
        .await;
    window.find("button", "View in Confluence").await;
    check(&window, "Test").await;
    next(&window, "Save").await;
    check(&window, "Save").await;
    window.click("link", "Cancel").await;
    window.find("button", "Leave without saving").await;
    check(&window, "Leaving the wizard").await;
    window.click("button", "Keep editing").await;
    window.click("button", "SAVE CHANGES").await;
    window.find("heading", "Settings").await;
    check(&window, "Settings").await;
    for (section, heading) in [
        ("Network", "Certificates"),
        ("Team", "Teams"),
        ("Appearance", "Appearance"),
        ("Storage", "On this computer"),
        ("About", "Support report"),
    ] {
        window.click("link", section).await;
        window.find("heading", heading).await;
        check(&window, &format!("Settings, {section}")).await;
    }
    window.click("link", "Integrations").await;
    window
        .click("link", "Read it Confluence integration security")
        .await;
    window.find("button", "Save as PDF…").await;
    check(&window, "Confluence integration security").await;

    window.click("link", "Summaries").await;
    window.click("link", "Import…").await;
    window.find("button", "Read the notes").await;
    check(&window, "Import").await;
    window.paste("Or paste your notes", NOTES).await;
    window.click("button", "Read the notes").await;
    window.find("heading", "2 summaries found").await;
    check(&window, "Import, found").await;
    window.click("button", "Import 2 drafts").await;
    window.find("heading", "Summaries").await;
    check(&window, "Summaries").await;

    window.click("link", "Retrospective: Retrospective").await;
    window.find("heading", "Columns").await;
    check(&window, "Retrospective").await;
    window.click("link", "Share").await;
    window.find("button", "Publish to Confluence").await;
    window.sees("Reviews wait too long").await;
    check(&window, "Share").await;
    window.click("tab", "PDF").await;
    window.find_containing("img", "Page 1").await;
    check(&window, "Share, PDF").await;
    window.click("button", "Publish to Confluence").await;
    window.find("heading", "Published").await;
    check(&window, "Share, published").await;

    window.press_with(&[Key::Control], '2').await;
    window.find("heading", "Outbox").await;
    check(&window, "Outbox").await;
    window.click_containing("button", "Connections: ").await;
    window.find("button", "Try now").await;
    check(&window, "Connections").await;
    window.click("button", "Close").await;
    window.click("link", "Summaries").await;
    window.click("checkbox", "Select all").await;
    window.find("region", "Selected summaries").await;
    check(&window, "Summaries, selected").await;
    // One is published, the other one has no date.
    window.click("button", "See why…").await;
    window
        .find("heading", "None of them can be published")
        .await;
    check(&window, "Publishing many").await;
    window.press(Key::Escape).await;

    window.press_with(&[Key::Control, Key::Shift], 'n').await;
    window.find("button", "Start the health check").await;
    check(&window, "New health check").await;
    window.click("button", "Start the health check").await;
    window.find("heading", "Dimensions").await;
    check(&window, "Health check").await;

    window.click("link", "Back to Summaries").await;
    window.click("link", "Published").await;
    window.click_containing("link", "Retrospective: ").await;
    window.find("heading", "Timeline").await;
    check(&window, "Published, details").await;
    window.click("button", "Delete…").await;
    window.find("button", "Delete page").await;
    check(&window, "Deleting").await;
    window.close().await;
}

/// What is on the screen only where something went wrong on the disk, by keyboard alone.
#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn of_trouble_are_accessible() {
    let window = Window::open().await;
    try_sandbox(&window, "Team Alpha", "Data Center").await;
    next(&window, "Configuration").await;
    choose_space(&window).await;
    next(&window, "Test").await;
    next(&window, "Save").await;
    window.click("button", "SAVE CHANGES").await;
    window.find("heading", "Settings").await;
    window.click("link", "Summaries").await;
    write_and_publish(&window, "Sprint 42").await;
    let folder = window.data().to_owned();
    let file = folder.join("retropress.db");
    let database = Database::open(&file).unwrap();
    let changed = database.execute_batch(
        r#"UPDATE operation SET frozen = '{', state = 'queued', ended_at = NULL;
           INSERT INTO setting (name, value) VALUES ('secretsLeft', '[
               {"file": "retropress.backup-1.db", "damaged": false, "problem": "the disk is full"},
               {"file": "retropress.damaged-1.db", "damaged": true, "problem": "not a database"}]');"#,
    );
    changed.unwrap();
    // The app writes backup 1 itself, some time after its start.
    for copy in ["backup-2", "replaced-1", "damaged-2"] {
        let copy = folder.join(format!("retropress.{copy}.db"));
        database
            .execute("VACUUM INTO ?1", [copy.to_str().unwrap()])
            .unwrap();
    }
    fs::write(folder.join("retropress.damaged-1.db"), "no database").unwrap();
    let window = window.restart().await;

    window.press_with(&[Key::Control], '2').await;
    window.find("heading", "Outbox").await;
    window
        .find("button", "Discard Sprint 42 - Retrospective")
        .await;
    check(&window, "Outbox, not readable").await;
    window
        .tab_to("button", "Discard Sprint 42 - Retrospective")
        .await;
    window.press(Key::Enter).await;
    window.sees("Nothing is queued").await;

    window.press_with(&[Key::Control], '4').await;
    window.tab_to("link", "Storage").await;
    window.press(Key::Enter).await;
    window.find("button", "Try again to remove them").await;
    check(&window, "Storage, secrets left").await;
    window.tab_to("button", "Restore…").await;
    window.press(Key::Enter).await;
    window.find("heading", "Archived because of damage").await;
    check(&window, "Restore").await;
    let before = window.find_all("button", "Delete…").await.len();
    assert_eq!(before, 3);
    let delete = window.find_containing("button", "Delete…").await;
    let name = delete.text().await.unwrap();
    delete.focus().await.unwrap();
    window.press(Key::Enter).await;
    window.find("button", "Delete database").await;
    check(&window, "Deleting an archived database").await;
    window.press(Key::Escape).await;
    window.find("heading", "Archived because of damage").await;
    assert_eq!(
        window.find_all("button", "Delete…").await.len(),
        before,
        "{name}"
    );
    window.press(Key::Escape).await;
    assert_eq!(window.focused().await.1, "Restore…");

    window.press_with(&[Key::Control], '1').await;
    window.click("link", "Retrospective: Sprint 42").await;
    window.find("heading", "Columns").await;
    let database = Database::open(&file).unwrap();
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    window.fill("Title", "Sprint 43").await;
    window.signal("TERM");
    window
        .find("heading", "Your last changes are not saved")
        .await;
    check(&window, "Not saved").await;
    assert_eq!(window.focused().await.1, "Keep editing");
    window.press(Key::Escape).await;
    database.execute_batch("ROLLBACK").unwrap();
    window.sees("Saved on this computer").await;
    window.close().await;
}
