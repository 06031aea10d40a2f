//! The main job in the real window, as its user does it: connect, import or write, publish, look,
//! delete. Run by `cargo xtask test e2e`.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test ends where its footing is missing.

mod window;

use thirtyfour::prelude::*;
use window::journey::{
    NOTES, choose_space, delete, fetch, import_notes, is_in_trash, next, pdf_of, save_connection,
    try_sandbox, view, write_and_publish,
};
use window::{Window, until};

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn imported_retrospective_with_a_personal_access_token() {
    let window = Window::open().await;
    window
        .find("heading", "Where should your summaries go?")
        .await;
    try_sandbox(&window, "Team Alpha", "Data Center").await;
    let token = window.find("textbox", "Personal Access Token").await;
    assert!(!window.value(&token).await.is_empty());
    next(&window, "Configuration").await;

    choose_space(&window).await;
    for parent in ["Retrospective Parent Page", "Health Check Parent Page"] {
        let parent = window.find("group", parent).await;
        window
            .click_in(&parent, "radio", "Create a new parent page")
            .await;
    }
    next(&window, "Test").await;
    for (act, name) in [
        ("Publish Test Retrospective Summary", "Retrospective"),
        ("Publish Test Health Check Summary", "Health check"),
    ] {
        let test = window.find("region", name).await;
        window.click_in(&test, "button", act).await;
        window.forget_opened();
        window.click_in(&test, "button", "View in Confluence").await;
        let address = window.opened().await;
        assert_eq!(fetch(&address).await.status(), 200, "{address}");
        window.click_in(&test, "button", "Delete").await;
        is_in_trash(&address).await;
    }
    window.sees("The test page was deleted").await;
    save_connection(&window).await;

    import_notes(&window, NOTES, 2).await;
    window.click("link", "Retrospective: Retrospective").await;
    window.click("link", "Share").await;
    window.sees("console warnings & <less> noise").await;
    window.click("button", "Publish to Confluence").await;
    window.find("heading", "Published").await;

    let (address, page) = view(&window).await;
    for text in [
        "Pairing on the release",
        "&lt;less&gt;",
        "Деплой по пятницам",
        "Book a bigger room",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let pdf = pdf_of(&address, &page).await;
    for text in [
        "Pairing on the release",
        "<less>",
        "Деплой по пятницам",
        "Book a bigger room",
    ] {
        assert!(pdf.contains(text), "{text}: {pdf}");
    }

    delete(&window, "Retrospective: ", &address).await;
    window.find_containing("row", "Deleted").await;
    window.close().await;
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn health_check_by_hand_with_an_api_token() {
    let window = Window::open().await;
    try_sandbox(&window, "Team Beta", "Cloud").await;
    let chosen = window.find("radio", "Confluence Cloud - API Token").await;
    assert!(chosen.is_selected().await.unwrap());
    let token = window.find("textbox", "API token").await;
    assert!(!window.value(&token).await.is_empty());
    next(&window, "Configuration").await;
    choose_space(&window).await;
    next(&window, "Test").await;
    save_connection(&window).await;

    window.click("link", "Summaries").await;
    window.click("button", "New health check").await;
    window.click("button", "Start the health check").await;
    window.fill("Title", "Autumn check").await;
    let mut answers = window.find_all("spinbutton", "Answers ").await;
    let best = answers.pop().expect("a scale");
    window.type_over(&best, "4").await;
    window.sees("4 answers").await;
    window.click("button", "Add a comment").await;
    window.press("Works well since we pair").await;
    window.press_with(&[Key::Control], Key::Enter).await;
    window.click("link", "Share").await;
    window.sees("Works well since we pair").await;
    window.click("button", "Publish to Confluence").await;
    window.find("heading", "Published").await;
    let (address, page) = view(&window).await;
    assert!(
        page.contains("Autumn check") && page.contains("Works well since we pair"),
        "{page}"
    );
    assert!(
        pdf_of(&address, &page)
            .await
            .contains("Works well since we pair")
    );

    // The same page gets a new version.
    window.click("link", "Write").await;
    window.fill("Title", "Autumn check, corrected").await;
    window.click("link", "Share").await;
    window.click("button", "Publish version 2").await;
    window.sees("Published as version 2").await;
    let page = fetch(&address).await.text().await.unwrap();
    assert!(page.contains("Autumn check, corrected"), "{page}");

    window.click("link", "Published").await;
    window.click_containing("link", "Health check: ").await;
    window.click("button", "Delete…").await;
    window.click("button", "Delete page").await;
    is_in_trash(&address).await;
    window.close().await;
}

/// Nothing but keys, from the first start to a published page.
#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn retrospective_with_basic_authentication_by_keyboard() {
    let window = Window::open().await;
    window.find("textbox", "Name of your team").await;
    window.tab_to("textbox", "Name of your team").await;
    window.press("Team Gamma").await;
    window
        .tab_to("button", "Try with the built-in sandbox")
        .await;
    window.press(Key::Enter).await;

    window.find("heading", "Connect").await;
    window
        .find(
            "radio",
            "Confluence Server / Data Center - Personal Access Token",
        )
        .await;
    window
        .tab_to(
            "radio",
            "Confluence Server / Data Center - Personal Access Token",
        )
        .await;
    window.press(Key::Down).await;
    window.find("textbox", "Confluence Username").await;
    window
        .tab_to("button", "Try with the built-in sandbox")
        .await;
    window.press(Key::Enter).await;
    let password = window.find("textbox", "Confluence Password").await;
    until("a password", async || {
        (!window.value(&password).await.is_empty()).then_some(())
    })
    .await;
    window.press_with(&[Key::Control], Key::Enter).await;

    window.find("heading", "Configuration").await;
    window.find("combobox", "Space").await;
    window.tab_to("combobox", "Space").await;
    window.press(Key::Down).await;
    window.find_containing("option", "(").await;
    window.press(Key::Enter).await;
    window.press_with(&[Key::Control], Key::Enter).await;
    window.find("heading", "Test").await;
    window.press_with(&[Key::Control], Key::Enter).await;
    window.find("heading", "Save").await;
    window.press_with(&[Key::Control], Key::Enter).await;
    window.find("heading", "Settings").await;

    window.press_with(&[Key::Control], 'n').await;
    window.find("button", "Start the retrospective").await;
    window.press(Key::Enter).await;
    window.find("textbox", "Title").await;
    window.tab_to("textbox", "Title").await;
    window.press("By keys alone").await;
    window.tab_to("button", "Add an idea to Went well").await;
    window.press(Key::Enter).await;
    window.press("No mouse").await;
    window.press(Key::Enter).await;
    window.press("No hurry").await;
    window.press(Key::Enter).await;
    window.press(Key::Escape).await;
    window.press_with(&[Key::Control], Key::Enter).await;
    window.find("button", "Publish to Confluence").await;
    window.sees("No hurry").await;
    window.press_with(&[Key::Control], Key::Enter).await;
    window.find("heading", "Published").await;
    window.tab_to("button", "View in Confluence").await;
    window.press(Key::Enter).await;
    let address = window.opened().await;
    let page = fetch(&address).await.text().await.unwrap();
    assert!(
        page.contains("No mouse") && page.contains("No hurry"),
        "{page}"
    );

    window.press_with(&[Key::Control], '3').await;
    window.find_containing("link", "By keys alone").await;
    window
        .tab_to("link", "Retrospective: By keys alone - Retrospective")
        .await;
    window.press(Key::Enter).await;
    window.find("button", "Delete…").await;
    window.tab_to("button", "Delete…").await;
    window.press(Key::Enter).await;
    window.find("button", "Delete page").await;
    window.tab_to("button", "Delete page").await;
    window.press(Key::Enter).await;
    is_in_trash(&address).await;
    window.close().await;
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn a_draft_survives_the_end_of_the_app() {
    let window = Window::open().await;
    window.fill("Name of your team", "Team Delta").await;
    window.click("button", "New retrospective").await;
    window.click("button", "Start the retrospective").await;
    window.fill("Title", "Written offline").await;
    window.click("button", "Add an idea to Went well").await;
    window.press("Still here tomorrow").await;
    window.press(Key::Enter).await;
    window.press(Key::Escape).await;
    window.sees("Saved on this computer").await;

    let window = window.restart().await;
    window.click("link", "Retrospective: Written offline").await;
    window.sees("Still here tomorrow").await;
    window.click("link", "Share").await;
    window.sees("No connection yet").await;
    window.close().await;
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn a_saved_connection_survives_the_end_of_the_app() {
    let window = Window::open().await;
    try_sandbox(&window, "Team Epsilon", "Data Center").await;
    next(&window, "Configuration").await;
    choose_space(&window).await;
    next(&window, "Test").await;
    save_connection(&window).await;

    let window = window.restart().await;
    write_and_publish(&window, "After a restart").await;
    window.close().await;
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn a_wrong_token_is_named_at_its_field() {
    let window = Window::open().await;
    try_sandbox(&window, "Team Zeta", "Data Center").await;
    window.fill("Personal Access Token", "not the token").await;
    window.click("button", "Next").await;
    window.find("alert", "").await;
    window.sees("token").await;
    let address = window.find("textbox", "Server URL").await;
    assert!(window.value(&address).await.starts_with("http://localhost"));
    let token = window.find("textbox", "Personal Access Token").await;
    assert_eq!(window.value(&token).await, "not the token");
    assert!(!window.has("heading", "Configuration").await);
    window.close().await;
}
