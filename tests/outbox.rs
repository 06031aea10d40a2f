//! Offline and back in the real window: what is published while the server is away is queued,
//! survives a restart, and goes out once. Run by `cargo xtask test e2e`.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test ends where its footing is missing.

mod window;

use retropress_sandbox::{Host, Options, Sandbox};
use thirtyfour::prelude::*;
use window::journey::{connected_to, fetch};
use window::until;

const TITLE: &str = "Written on the train";

/// Requests that write, and were answered.
fn writes(sandbox: &Sandbox) -> Vec<String> {
    sandbox
        .requests()
        .into_iter()
        .filter(|it| it.method != "GET" && it.method != "HEAD")
        .map(|it| format!("{} {}", it.method, it.path))
        .collect()
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn published_offline_goes_out_once_when_the_server_is_back() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let window = connected_to(&sandbox, "Team Iota").await;
    window
        .find_containing("button", "Connections: Online")
        .await;
    sandbox.clear_requests();

    sandbox
        .set_reachable(Host::DataCenter, false)
        .await
        .unwrap();
    window.press_with(&[Key::Control], 'n').await;
    window.click("button", "Start the retrospective").await;
    window.fill("Title", TITLE).await;
    window.click("link", "Share").await;
    window.sees(TITLE).await;
    window.click("button", "Publish to Confluence").await;
    window.find("heading", "Queued").await;
    window.sees("Waits until").await;
    window
        .find_containing("button", "Connections: Offline")
        .await;

    window.click("link", "Show in the Outbox").await;
    window.find("heading", "Outbox").await;
    window.sees("1 in all").await;
    window
        .find("heading", &format!("Retrospective: {TITLE}"))
        .await;
    window.is_accessible("Outbox").await;
    window.click_containing("button", "Connections: ").await;
    window.find("button", "Try now").await;
    window.is_accessible("Connections").await;
    window.click("button", "Close").await;
    assert_eq!(writes(&sandbox), Vec::<String>::new());

    let window = window.restart().await;
    window.click("link", "Outbox").await;
    window
        .find("heading", &format!("Retrospective: {TITLE}"))
        .await;
    window
        .find_containing("button", "Connections: Offline")
        .await;
    assert_eq!(writes(&sandbox), Vec::<String>::new());

    sandbox.set_reachable(Host::DataCenter, true).await.unwrap();
    window.click("button", "Check all now").await;
    window.sees("Nothing is queued").await;
    window.click("link", "Published").await;
    window
        .click("link", &format!("Retrospective: {TITLE} - Retrospective"))
        .await;
    window.forget_opened();
    window.click("button", "View in Confluence").await;
    let address = window.opened().await;
    let page = fetch(&address).await.text().await.unwrap();
    assert!(page.contains(TITLE), "{page}");

    // Once: one page was made, one PDF was attached, and both are there.
    let writes = writes(&sandbox);
    let count = |path: &str| writes.iter().filter(|it| it.ends_with(path)).count();
    assert_eq!(count("/rest/api/content"), 1, "{writes:?}");
    assert_eq!(count("/child/attachment"), 1, "{writes:?}");
    let upload = writes.iter().find(|it| it.ends_with("/child/attachment"));
    assert_eq!(pdfs(&sandbox, upload.expect("an upload")).await, 1);
    until("the chip to say Online", async || {
        let chips = window.find_all("button", "Connections: Online").await;
        (!chips.is_empty()).then_some(())
    })
    .await;
    window.close().await;
    sandbox.stop().await;
}

/// How many files hang on the page that this upload went to.
async fn pdfs(sandbox: &Sandbox, upload: &str) -> usize {
    let (_, path) = upload.split_once("/rest/").expect("a path of the API");
    let answer = reqwest::Client::new()
        .get(format!("{}/rest/{path}", sandbox.addresses().data_center))
        .bearer_auth(sandbox.credentials().personal_access_token)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let text = answer.text().await.unwrap();
    let found: serde_json::Value = serde_json::from_str(&text).unwrap();
    found["results"].as_array().expect("a list").len()
}
