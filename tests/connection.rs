//! What is done with a connection beside publishing, in the real window: handing it on, checking it,
//! its way through the network, the support report, disconnecting. The Confluence is a sandbox of the
//! test's own, which the app knows by its address alone. Run by `cargo xtask test e2e`.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test ends where its footing is missing.

mod window;

use std::{
    fs,
    os::unix::fs::FileExt,
    path::Path,
    time::{Duration, Instant},
};

use memchr::memmem;
use retropress_sandbox::{Options, Sandbox};
use window::journey::{choose_space, next, save_connection, view, write_and_publish};
use window::{Window, until};

const METHOD: &str = "Confluence Server / Data Center - Personal Access Token";

async fn confluence() -> Sandbox {
    Sandbox::start(Options {
        port: 0,
        folder: None,
    })
    .await
    .unwrap()
}

/// A first start, up to a saved connection to this Confluence.
async fn connected(to: &Sandbox) -> Window {
    let window = Window::open().await;
    window.fill("Name of your team", "Team Theta").await;
    window.click("button", "Connect to Confluence").await;
    window.find("heading", "Connect").await;
    window.click("radio", METHOD).await;
    window.fill("Server URL", &to.addresses().data_center).await;
    let token = &to.credentials().personal_access_token;
    window.fill("Personal Access Token", token).await;
    next(&window, "Configuration").await;
    choose_space(&window).await;
    next(&window, "Test").await;
    save_connection(&window).await;
    window
}

async fn report(window: &Window) -> String {
    let shown = window.find("region", "Text of the report").await;
    shown.text().await.unwrap()
}

/// A file of the app's folder with this ending.
async fn saved_file(folder: &Path, ending: &str) -> String {
    until("the saved file", async || {
        let all = fs::read_dir(folder).unwrap().flatten();
        let path = all
            .map(|it| it.path())
            .find(|it| it.extension().is_some_and(|it| it == ending))?;
        Some(path.to_str().unwrap().to_owned())
    })
    .await
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn it_is_handed_on_and_opened_by_somebody_else() {
    let confluence = confluence().await;
    let token = confluence.credentials().personal_access_token;
    let window = connected(&confluence).await;
    window.click_containing("button", "Hand on…").await;
    window.fill("Made by", "Ines Hofmann").await;
    window.is_accessible("Handing on").await;
    window.click("button", "Save…").await;
    window.sees("Saved as").await;
    let file = saved_file(window.data(), "json").await;
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("Ines Hofmann") && !text.contains(&token));
    // The window and its folder go; the file was sent to somebody.
    let mail = tempfile::tempdir().unwrap();
    let received = mail.path().join("harbour.json");
    fs::copy(&file, &received).unwrap();
    window.close().await;

    let window = Window::open().await;
    window.fill("Name of your team", "Team Iota").await;
    window.click("button", "New retrospective").await;
    window.click("button", "Start the retrospective").await;
    window.click("link", "Back to Summaries").await;
    window.click("link", "Settings").await;
    window.find("button", "Open a configuration…").await;
    let broken = mail.path().join("broken.json");
    fs::write(&broken, &text[..text.len() / 2]).unwrap();
    window.choose_file("input[type=file]", &broken).await;
    window.find("heading", "Nothing was taken over").await;
    window.click("button", "Close").await;
    window.choose_file("input[type=file]", &received).await;
    window.find("heading", "Use this configuration?").await;
    window.sees("Ines Hofmann").await;
    window.sees(&confluence.addresses().data_center).await;
    window.is_accessible("Opening a configuration").await;
    window.click("button", "Go on to sign in").await;
    window.find("heading", METHOD).await;
    window.fill("Personal Access Token", &token).await;
    next(&window, "Configuration").await;
    // The space came with the file.
    next(&window, "Test").await;
    save_connection(&window).await;
    write_and_publish(&window, "Handed on").await;
    let (_, page) = view(&window).await;
    assert!(page.contains("Handed on"), "{page}");
    window.close().await;
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn it_is_checked_from_its_menu() {
    let confluence = confluence().await;
    let window = connected(&confluence).await;
    window.click_containing("button", "More for").await;
    window.click_containing("menuitem", "Check…").await;
    window.sees("Signed in as").await;
    until("all lines", async || {
        let text = window.text().await.to_lowercase();
        (text.contains("passed") && !text.contains("not checked yet")).then_some(())
    })
    .await;
    assert!(!window.shows("failed").await, "{}", window.text().await);
    window.is_accessible("Checklist").await;

    confluence.set_tokens_expired(true);
    window.click("button", "Check again").await;
    window.sees("1 failed").await;
    window.sees("What to do:").await;
    window.click("button", "Close").await;
    window.close().await;
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn its_network_is_tried_and_saved() {
    let confluence = confluence().await;
    let window = connected(&confluence).await;
    window.click("link", "Network").await;
    window.find("heading", "Time-outs").await;
    let address = &confluence.addresses().data_center;
    let tried = window.find("textbox", "Address to try").await;
    until("the connection's address", async || {
        (window.value(&tried).await == address.trim_end_matches('/')).then_some(())
    })
    .await;
    window.click("button", "Test").await;
    window.sees("On this computer, without a proxy").await;
    window.sees("answers").await;

    window.fill("To connect", "0").await;
    window.click("button", "Save network settings").await;
    window.sees("Enter whole seconds from 1 to 120").await;
    window.is_accessible("Network, with an error").await;
    window.fill("To connect", "17").await;
    window.click("button", "Save network settings").await;
    window.sees("Network settings saved").await;
    window.click("link", "Integrations").await;
    window.click_containing("button", "More for").await;
    window.click_containing("menuitem", "Network…").await;
    window.find("heading", "Proxy").await;
    let field = window.find("textbox", "To connect").await;
    let usual = field.attr("placeholder").await.unwrap();
    assert_eq!(
        usual.as_deref(),
        Some("17"),
        "what holds for every connection"
    );

    let window = window.restart().await;
    window.click("link", "Settings").await;
    window.click("link", "Network").await;
    let field = window.find("textbox", "To connect").await;
    until("what was saved", async || {
        (window.value(&field).await == "17").then_some(())
    })
    .await;
    window.close().await;
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn the_support_report_is_shown_before_it_is_saved() {
    let confluence = confluence().await;
    let window = connected(&confluence).await;
    window.click("link", "About").await;
    window.click("button", "Make the report").await;
    window.find("region", "Text of the report").await;
    window.sees("Data Center").await;
    window.sees("keyring").await;
    for nobodys in [
        "Team Theta",
        "127.0.0.1",
        "localhost",
        &*confluence.credentials().personal_access_token,
    ] {
        assert!(!report(&window).await.contains(nobodys), "{nobodys}");
    }
    window.is_accessible("Support report").await;
    let shown = report(&window).await;
    window.click("button", "Save…").await;
    window.sees("Saved as").await;
    let file = saved_file(window.data(), "txt").await;
    // The one beside it tells what was opened in the browser.
    let file = if file.ends_with("opened.txt") {
        fs::remove_file(&file).unwrap();
        saved_file(window.data(), "txt").await
    } else {
        file
    };
    assert_eq!(fs::read_to_string(file).unwrap().trim(), shown.trim());
    window.close().await;
}

/// How often it is in what a core dump of the process would hold: everything the process may write to.
/// The web engine sets aside far more than it uses, so only pages that exist are read. Source:
/// proc_pid_maps(5), proc_pid_pagemap(5).
fn times_in_memory(process: u32, wanted: &str) -> usize {
    const PAGE: u64 = 4096;
    const PART: u64 = 1024 * PAGE;
    let open = |name: &str| fs::File::open(format!("/proc/{process}/{name}")).unwrap();
    let (memory, pages) = (open("mem"), open("pagemap"));
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let mut times = 0;
    for map in maps.lines() {
        let mut words = map.split_whitespace();
        let (from, to) = words.next().unwrap().split_once('-').unwrap();
        let at = |text| u64::from_str_radix(text, 16).unwrap();
        if !words.next().unwrap().starts_with("rw") {
            continue;
        }
        let (mut from, to) = (at(from), at(to));
        // What one part ends with and the next begins with is not found twice.
        let mut end = Vec::new();
        while from < to {
            let length = PART.min(to - from);
            let mut entries = vec![0; usize::try_from(length / PAGE * 8).unwrap()];
            pages.read_exact_at(&mut entries, from / PAGE * 8).unwrap();
            let exists = entries.chunks(8).any(|it| it[7] & 0b1100_0000 != 0);
            let mut bytes = vec![0; if exists { length as usize } else { 0 }];
            // A map may have gone in between.
            if exists && memory.read_exact_at(&mut bytes, from).is_ok() {
                end.extend(bytes);
                times += memmem::find_iter(&end, wanted.as_bytes()).count();
                end.drain(..end.len() - (wanted.len() - 1));
            } else {
                end.clear();
            }
            from += length;
        }
    }
    times
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn nothing_is_left_of_the_token_after_disconnect() {
    let confluence = confluence().await;
    let token = confluence.credentials().personal_access_token;
    let window = connected(&confluence).await;
    write_and_publish(&window, "Before leaving").await;
    let process = window.process_id();
    let limits = fs::read_to_string(format!("/proc/{process}/limits")).unwrap();
    let core = limits
        .lines()
        .find(|it| it.starts_with("Max core file size"))
        .unwrap();
    let sizes: Vec<&str> = core.split_whitespace().skip(4).take(2).collect();
    assert_eq!(sizes, ["0", "0"], "{core}");
    let address = &confluence.addresses().data_center;
    assert!(
        times_in_memory(process, address) > 0,
        "what is there is found"
    );
    window.click("link", "Settings").await;
    window.click_containing("button", "Disconnect").await;
    window.click("button", "Disconnect").await;
    window.sees("is not connected yet").await;
    // Connections are closed by tasks of their own. What was typed stays in the web engine's process,
    // whose memory is its own.
    let disconnected = Instant::now();
    let mut left = times_in_memory(process, &token);
    while left > 0 && disconnected.elapsed() < Duration::from_secs(30) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        left = times_in_memory(process, &token);
    }
    assert_eq!(left, 0);
    for entry in fs::read_dir(window.data()).unwrap().flatten() {
        let bytes = fs::read(entry.path()).unwrap_or_default();
        let found = memmem::find(&bytes, token.as_bytes());
        assert_eq!(found, None, "{}", entry.path().display());
    }
    window.close().await;
}
