//! Signing in through the browser in the real window: Atlassian Login and Application Link, up to a
//! published page. The test is the browser. Run by `cargo xtask test e2e`.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test ends where its footing is missing.

mod window;

use reqwest::{Url, header};
use thirtyfour::prelude::*;
use url::form_urlencoded;
use window::journey::{fetch, save_and_publish, write_and_publish};
use window::{Window, free_ports, until};

/// What the browser does with the consent page that was opened: its form is sent with this button,
/// and the redirect gives the address to go to.
async fn decide(page: &str, button: &str) -> String {
    let shown = fetch(page).await;
    assert_eq!(shown.status(), 200, "{page}");
    assert!(shown.text().await.unwrap().contains("<form"), "{page}");
    let mut to = Url::parse(page).unwrap();
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(to.query_pairs())
        .append_pair("decision", button)
        .finish();
    to.set_query(None);
    let browser = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let answer = browser
        .post(to)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 302);
    answer.headers()[header::LOCATION]
        .to_str()
        .unwrap()
        .to_owned()
}

/// A first start, and the wizard at the method's form.
async fn at(method: &str) -> Window {
    let window = Window::open().await;
    window.fill("Name of your team", "Team Eta").await;
    window.click("button", "Connect to Confluence").await;
    window.find("heading", "Connect").await;
    window.click("radio", method).await;
    window.find("heading", method).await;
    window
}

/// The same, filled in from the sandbox.
async fn fill_in(method: &str) -> Window {
    let window = at(method).await;
    fill_from_sandbox(&window).await;
    window
}

async fn fill_from_sandbox(window: &Window) {
    window
        .click("button", "Try with the built-in sandbox")
        .await;
    let client = window.find("textbox", "Client ID").await;
    until("a Client ID", async || {
        (!window.value(&client).await.is_empty()).then_some(())
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn with_an_atlassian_login() {
    let window = fill_in("Confluence Cloud - Atlassian Login").await;
    window.click("button", "Sign In To Confluence Cloud").await;
    window
        .find_containing("heading", "Waiting for you to click Accept")
        .await;
    let page = window.opened().await;
    window.is_accessible("Waiting for the browser").await;

    // Cancel in the browser is no failure of anything; the form is as it was.
    let to = decide(&page, "cancel").await;
    assert_eq!(fetch(&to).await.status(), 200);
    window.find("button", "Sign In To Confluence Cloud").await;
    window.forget_opened();
    window.click("button", "Sign In To Confluence Cloud").await;
    let to = decide(&window.opened().await, "accept").await;
    let answer = fetch(&to).await;
    assert_eq!(answer.status(), 200);

    // Two sites may be used: neither is chosen by itself.
    window.find("heading", "Signed in").await;
    let site = window.find("combobox", "Atlassian Cloud instance").await;
    if window.value(&site).await.is_empty() {
        site.send_keys(Key::Down).await.unwrap();
    }
    until("an instance", async || {
        (!window.value(&site).await.is_empty()).then_some(())
    })
    .await;
    window.is_accessible("Choosing the instance").await;
    window.click("button", "Next").await;
    save_and_publish(&window, "Signed in by browser").await;

    // The sign-in outlives the app.
    let window = window.restart().await;
    write_and_publish(&window, "After a restart").await;
    window.close().await;
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn with_a_service_account() {
    let window = at("Confluence Cloud - Atlassian Login").await;
    window
        .click("button", "Use a service account instead")
        .await;
    fill_from_sandbox(&window).await;
    window.is_accessible("A service account").await;
    window.forget_opened();
    window.click("button", "Sign In To Confluence Cloud").await;
    window.find_containing("heading", "Signed in").await;
    assert!(
        !window.data().join("opened.txt").exists(),
        "no browser is needed"
    );
    window.click("button", "Next").await;
    save_and_publish(&window, "Signed in by itself").await;
    window.click("link", "Settings").await;
    window.sees("with a service account").await;

    // There is no refresh token: a new start asks for a new access token.
    let window = window.restart().await;
    write_and_publish(&window, "After a restart").await;
    window.close().await;
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn with_the_organisations_app_it_is_one_button() {
    let window = fill_in("Confluence Cloud - Atlassian Login").await;
    let client = window.find("textbox", "Client ID").await;
    let client = window.value(&client).await;
    let secret = window.find("textbox", "Client Secret").await;
    let secret = window.value(&secret).await;
    window.click("link", "Cancel").await;
    window.click("button", "Leave without saving").await;
    window.click("link", "Settings").await;
    window.click("link", "Network").await;
    let port = free_ports(1).to_string();
    window.fill("Port for the browser’s answer", &port).await;
    window.fill("Client ID optional", &client).await;
    window.fill("Client Secret", &secret).await;
    window.click("button", "Save sign-in settings").await;
    window.sees("Sign-in settings saved").await;
    window.is_accessible("Signing in").await;

    let window = window.restart().await;
    window.click("link", "Settings").await;
    // No other server than the sandbox knows the app.
    window.click("button", "Open in browser").await;
    window.opened().await;
    window.click("link", "CONNECT").await;
    window
        .click("radio", "Confluence Cloud - Atlassian Login")
        .await;
    window.find("button", "Sign In To Confluence Cloud").await;
    window.forget_opened();
    window.click("button", "Sign In To Confluence Cloud").await;
    let to = decide(&window.opened().await, "accept").await;
    assert!(to.contains(&format!("localhost:{port}/")), "{to}");
    fetch(&to).await;
    window.find("combobox", "Atlassian Cloud instance").await;
    window.click("button", "Next").await;
    save_and_publish(&window, "Signed in by one button").await;
    window.close().await;
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn another_instance_is_chosen_without_a_second_sign_in() {
    let window = fill_in("Confluence Cloud - Atlassian Login").await;
    window.click("button", "Sign In To Confluence Cloud").await;
    let to = decide(&window.opened().await, "accept").await;
    fetch(&to).await;
    let site = window.find("combobox", "Atlassian Cloud instance").await;
    let first = window.value(&site).await;
    window.click("button", "Next").await;
    window.find("heading", "Configuration").await;
    window.click("button", "Back").await;
    window.forget_opened();
    let site = window.find("combobox", "Atlassian Cloud instance").await;
    site.send_keys(Key::Down).await.unwrap();
    until("another instance", async || {
        (window.value(&site).await != first).then_some(())
    })
    .await;
    window.click("button", "Next").await;
    save_and_publish(&window, "On the other one").await;
    window.close().await;
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn with_an_application_link_by_a_pasted_address() {
    let window = fill_in("Confluence Server / Data Center - Application Link").await;
    window.click("button", "Sign In To Confluence").await;
    window
        .find_containing("heading", "Waiting for you to click Allow")
        .await;
    let to = decide(&window.opened().await, "allow").await;
    // The browser does not get through; its user does.
    window
        .fill("Address from the browser", "http://localhost/")
        .await;
    window.click("button", "Continue").await;
    window
        .find_containing("textbox", "Address from the browser")
        .await;
    window.fill("Address from the browser", &to).await;
    window.click("button", "Continue").await;
    window.find_containing("heading", "Signed in as").await;
    window.click("button", "Next").await;
    save_and_publish(&window, "Signed in by browser").await;
    window.close().await;
}
