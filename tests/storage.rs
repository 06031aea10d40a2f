//! Export, import and restore in the real window. Run by `cargo xtask test e2e`.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test ends where its footing is missing.

mod window;

use std::fs;

use window::journey::{NOTES, import_notes};
use window::{Window, until};

/// The one exported file; under automation it is saved beside the database.
fn exported(window: &Window) -> Option<std::path::PathBuf> {
    let files = fs::read_dir(window.data().join("exports")).ok()?;
    files
        .flatten()
        .map(|it| it.path())
        .find(|it| it.extension().is_some_and(|it| it == "retropress"))
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn an_export_is_imported_with_the_next_start_and_what_was_there_is_restored() {
    let window = Window::open().await;
    window.fill("Name of your team", "Team Kappa").await;
    window.click("button", "Import…").await;
    window.paste("Or paste your notes", NOTES).await;
    window.click("button", "Read the notes").await;
    window.click("button", "Import 2 drafts").await;
    window.find("heading", "Summaries").await;
    window.click("link", "Settings").await;
    window.click("link", "Storage").await;
    window.sees("2 drafts, 0 published summaries").await;
    window.sees("Checked at start: no damage.").await;
    window.click("button", "Export all…").await;
    until("the exported file", async || exported(&window)).await;
    window.sees("Exported as").await;

    import_notes(&window, NOTES, 2).await;
    window.click("link", "Settings").await;
    window.click("link", "Storage").await;
    window.sees("4 drafts, 0 published summaries").await;
    window.click("button", "Import…").await;
    window
        .find("heading", "Replace everything on this computer?")
        .await;
    window.is_accessible("Replacing everything").await;
    window.click("button", "Import and replace").await;
    window.find("button", "Restart now").await;
    window.is_accessible("Staged").await;

    let window = window.restart().await;
    window
        .sees("took the place of what was here: 1 team, 2 drafts")
        .await;
    window.click("link", "Settings").await;
    window.click("link", "Storage").await;
    window.sees("2 drafts, 0 published summaries").await;
    window.click("button", "Restore…").await;
    window
        .find("heading", "Set aside by an import or a restore")
        .await;
    window.is_accessible("Restore").await;
    window.sees("4 drafts, 0 published summaries").await;
    // Behind the backup that was made after the import.
    let all = window.find_all("button", "Restore…").await;
    all.last().unwrap().click().await.unwrap();
    window.click("button", "Restore and replace").await;
    window.find("button", "Restart now").await;
    let window = window.restart().await;
    window.sees("What was set aside on").await;
    window.click("link", "Settings").await;
    window.click("link", "Storage").await;
    window.sees("4 drafts, 0 published summaries").await;
    window.close().await;
}
