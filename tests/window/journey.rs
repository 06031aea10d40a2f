//! Stretches of way that several tests go.

use std::process::{Command, Stdio};

use retropress_sandbox::Sandbox;
use thirtyfour::prelude::*;

use super::{Window, until};

pub const NOTES: &str = "\
## Retro Action Items - 04/18/2023
1. Move to a single date field (Ana)
2. Discuss how to remove console warnings

# Retrospective 05/02/2023

## What went well
- Pairing on the release
- Fewer console warnings & <less> noise

## What can be improved
- Reviews wait too long
- Деплой по пятницам

## Action items
- [ ] Book a bigger room (Ana)
- [x] Ask for a second reviewer (Ben)
";

/// From the first start to the wizard, filled in for a side of the sandbox.
pub async fn try_sandbox(window: &Window, team: &str, side: &str) {
    window.fill("Name of your team", team).await;
    window.click("radio", side).await;
    window
        .click("button", "Try with the built-in sandbox")
        .await;
    window.find("heading", "Connect").await;
}

/// A first start, connected with a personal access token to a sandbox outside the app.
pub async fn connected_to(sandbox: &Sandbox, team: &str) -> Window {
    let window = Window::open().await;
    window.fill("Name of your team", team).await;
    window.click("button", "Connect to Confluence").await;
    window.find("heading", "Connect").await;
    let method = "Confluence Server / Data Center - Personal Access Token";
    window.click("radio", method).await;
    window.find("heading", method).await;
    window
        .fill("Server URL", &sandbox.addresses().data_center)
        .await;
    window
        .fill(
            "Personal Access Token",
            &sandbox.credentials().personal_access_token,
        )
        .await;
    next(&window, "Configuration").await;
    choose_space(&window).await;
    next(&window, "Test").await;
    save_connection(&window).await;
    window
}

/// The wizard's next step.
pub async fn next(window: &Window, step: &str) {
    window.click("button", "Next").await;
    window.find("heading", step).await;
}

/// The first space of the list.
pub async fn choose_space(window: &Window) {
    let space = window.find("combobox", "Space").await;
    space.click().await.unwrap();
    window.find_containing("option", "(").await;
    space.send_keys(Key::Down + Key::Enter).await.unwrap();
    until("a space", async || {
        (!window.value(&space).await.is_empty()).then_some(())
    })
    .await;
}

/// From Test over Save to Settings.
pub async fn save_connection(window: &Window) {
    next(window, "Save").await;
    window.click("button", "SAVE CHANGES").await;
    window.find("heading", "Settings").await;
}

/// A new retrospective of this title, published.
pub async fn write_and_publish(window: &Window, title: &str) {
    window.press_with(&[Key::Control], 'n').await;
    window.click("button", "Start the retrospective").await;
    window.fill("Title", title).await;
    window.click("link", "Share").await;
    window.click("button", "Publish to Confluence").await;
    window.find("heading", "Published").await;
}

/// From what was just published to its page: the address and what a browser gets there.
pub async fn view(window: &Window) -> (String, String) {
    window.forget_opened();
    window.click("button", "View in Confluence").await;
    let address = window.opened().await;
    let page = fetch(&address).await.text().await.unwrap();
    (address, page)
}

/// Deletes the page whose link under Published has these words in it.
pub async fn delete(window: &Window, link: &str, address: &str) {
    window.click("link", "Published").await;
    window.click_containing("link", link).await;
    window.click("button", "Delete…").await;
    window.click("button", "Delete page").await;
    is_in_trash(address).await;
}

/// From Configuration over a saved connection to a page that is published and deleted.
pub async fn save_and_publish(window: &Window, title: &str) {
    window.find("heading", "Configuration").await;
    choose_space(window).await;
    next(window, "Test").await;
    save_connection(window).await;
    write_and_publish(window, title).await;
    let (address, page) = view(window).await;
    assert!(page.contains(title), "{page}");
    delete(window, &format!("Retrospective: {title}"), &address).await;
}

/// Pastes notes that hold so many summaries and imports them all.
pub async fn import_notes(window: &Window, notes: &str, summaries: usize) {
    window.click("link", "Summaries").await;
    window.click("link", "Import…").await;
    window.paste("Or paste your notes", notes).await;
    window.click("button", "Read the notes").await;
    window
        .find("heading", &format!("{summaries} summaries found"))
        .await;
    window
        .click("button", &format!("Import {summaries} drafts"))
        .await;
    window.find("heading", "Summaries").await;
}

/// What a browser gets at an address of the sandbox.
pub async fn fetch(address: &str) -> reqwest::Response {
    reqwest::get(address).await.unwrap()
}

/// Waits until the sandbox shows the page as one in the trash.
pub async fn is_in_trash(address: &str) {
    until("the page in the trash", async || {
        let page = fetch(address).await.text().await.ok()?;
        page.contains("This page is in the trash").then_some(())
    })
    .await;
}

/// The address of the PDF that a page of the sandbox links to.
pub fn pdf_link(address: &str, page: &str) -> String {
    let link = page
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .find(|link| {
            link.split('?')
                .next()
                .is_some_and(|path| path.ends_with(".pdf"))
        })
        .unwrap_or_else(|| panic!("no PDF is linked: {page}"));
    let base = reqwest::Url::parse(address).unwrap();
    base.join(&link.replace("&amp;", "&")).unwrap().to_string()
}

/// The text of that PDF.
pub async fn pdf_of(address: &str, page: &str) -> String {
    let link = pdf_link(address, page);
    let bytes = fetch(&link).await.bytes().await.unwrap();
    assert!(bytes.starts_with(b"%PDF-"), "{link}");
    text_of(&bytes)
}

/// By Poppler's pdftotext, as a search would find it.
pub fn text_of(pdf: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), pdf).unwrap();
    let output = Command::new("pdftotext")
        .arg(file.path())
        .arg("-")
        .stderr(Stdio::inherit())
        .output()
        .expect("pdftotext is installed (package poppler-utils)");
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}
