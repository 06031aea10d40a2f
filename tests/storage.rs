//! Export, import and restore in the real window. Run by `cargo xtask test e2e`.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test ends where its footing is missing.

mod window;

use std::{fs, path::Path, process::Command};

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
        .find("heading", "Archived by an import or a restore")
        .await;
    window.is_accessible("Restore").await;
    window.sees("4 drafts, 0 published summaries").await;
    // Behind the backup that was made after the import.
    let all = window.find_all("button", "Restore…").await;
    all.last().unwrap().click().await.unwrap();
    window.click("button", "Restore and replace").await;
    window.find("button", "Restart now").await;
    let window = window.restart().await;
    window.sees("The archived database of").await;
    window.click("link", "Settings").await;
    window.click("link", "Storage").await;
    window.sees("4 drafts, 0 published summaries").await;
    window.close().await;
}

/// The app that was started again: nobody drives it.
fn started_on(data: &Path) -> Vec<u32> {
    let own = format!("RETROPRESS_DATA={}", data.display());
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter_map(|it| {
            let id = it.file_name().to_str()?.parse().ok()?;
            let program = fs::read_link(it.path().join("exe")).ok()?;
            let environment = fs::read(it.path().join("environ")).ok()?;
            let mut variables = environment.split(|byte| *byte == 0);
            let ours = variables.any(|it| it == own.as_bytes());
            (ours && program == Path::new(env!("CARGO_BIN_EXE_retropress"))).then_some(id)
        })
        .collect()
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn restart_now_ends_the_app_and_starts_it_with_what_was_imported() {
    let window = Window::open().await;
    window.fill("Name of your team", "Team Lambda").await;
    window.click("button", "Import…").await;
    window.find("heading", "Import").await;
    window.click("link", "Settings").await;
    window.click("link", "Storage").await;
    window.click("button", "Export all…").await;
    until("the exported file", async || exported(&window)).await;
    window.click("button", "Import…").await;
    window.click("button", "Import and replace").await;
    window.find("button", "Restart now").await;
    let data = window.data().to_owned();
    let before = started_on(&data);
    assert_eq!(before.len(), 1, "{before:?}");
    window.press_to_end("button", "Restart now").await;
    let after = until("the app started again", async || {
        let now = started_on(&data);
        let swapped = data.join("retropress.replaced-1.db").exists()
            && !data.join("retropress.staged.db").exists();
        (swapped && now.len() == 1 && now != before).then_some(now)
    })
    .await;
    let ended = Command::new("kill").arg(after[0].to_string()).status();
    assert!(ended.unwrap().success());
    until("its end", async || {
        started_on(&data).is_empty().then_some(())
    })
    .await;
    drop(window);
}
