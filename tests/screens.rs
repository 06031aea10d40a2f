//! Every screen, looked at by axe-core in light and in dark, in the smallest window and in a large
//! one. Run by `cargo xtask test e2e`. `RETROPRESS_SCREENS` names a folder for pictures of them.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test ends where its footing is missing.

mod window;

use thirtyfour::prelude::*;
use window::Window;
use window::journey::{NOTES, choose_space, next, try_sandbox};

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
