//! What goes wrong in the hands of people, in the real window: each gets a clear message at the
//! right place, and what was typed is still there. Run by `cargo xtask test e2e`.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test ends where its footing is missing.

mod window;

use std::io::Write;

use retropress_sandbox::{Fault, Matching, Options, Sandbox};
use thirtyfour::prelude::*;
use window::Window;
use window::journey::{choose_space, fetch, next, pdf_of, save_connection};

/// A server of the test's own, so that it can be told what to answer.
async fn confluence() -> Sandbox {
    Sandbox::start(Options {
        port: 0,
        folder: None,
    })
    .await
    .unwrap()
}

/// A server that answers every request, but not as Confluence does.
async fn something_else() -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 8192];
                if stream.read(&mut request).await.is_ok() {
                    let answer = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello";
                    stream.write_all(answer.as_bytes()).await.ok();
                }
            });
        }
    });
    address
}

async fn to_personal_access_token(window: &Window) {
    window.fill("Name of your team", "Team Theta").await;
    window.click("button", "Connect to Confluence").await;
    window
        .click(
            "radio",
            "Confluence Server / Data Center - Personal Access Token",
        )
        .await;
}

/// Through the whole wizard.
async fn connect(window: &Window, server: &Sandbox) {
    to_personal_access_token(window).await;
    window
        .fill("Server URL", &server.addresses().data_center)
        .await;
    let token = server.credentials().personal_access_token;
    window.fill("Personal Access Token", &token).await;
    next(window, "Configuration").await;
    choose_space(window).await;
    next(window, "Test").await;
    save_connection(window).await;
}

/// Presses Next and waits for these words, in a message that belongs to the field.
async fn refused_at(window: &Window, label: &str, words: &str) {
    window.click("button", "Next").await;
    window.sees(words).await;
    let field = window.find("textbox", label).await;
    assert_eq!(
        field.attr("aria-invalid").await.unwrap().as_deref(),
        Some("true"),
        "{label}"
    );
    let described = window.description(&field).await;
    assert!(!described.trim().is_empty(), "{label}: {words}");
    assert!(!window.has("heading", "Configuration").await);
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn each_wrong_address_is_named_at_its_field() {
    let window = Window::open().await;
    let server = confluence().await;
    let token = server.credentials().personal_access_token;
    to_personal_access_token(&window).await;
    window.fill("Personal Access Token", &token).await;
    let closed = {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        socket.local_addr().unwrap().port()
    };
    let data_center = server.addresses().data_center.clone();
    let other = something_else().await;
    for (address, words) in [
        ("confluence", "confluence was not found"),
        ("ftp://confluence.example.com", "is not one of the web"),
        (
            "http://confluence.example.com/wiki",
            "would be reached without encryption",
        ),
        ("https://confluence.invalid", "was not found"),
        (
            &format!("http://localhost:{closed}"),
            "does not accept the connection",
        ),
        (&other, "is not Confluence"),
    ] {
        window.fill("Server URL", address).await;
        refused_at(&window, "Server URL", words).await;
        let field = window.find("textbox", "Server URL").await;
        assert_eq!(window.value(&field).await, address);
    }
    let field = window.find("textbox", "Personal Access Token").await;
    assert_eq!(window.value(&field).await, token);

    // HTML where JSON was due.
    window.fill("Server URL", &data_center).await;
    server.set_sign_on_page(true);
    refused_at(&window, "Server URL", "A sign-in page answered").await;
    server.set_sign_on_page(false);

    server.set_tokens_expired(true);
    refused_at(&window, "Personal Access Token", "token").await;
    server.set_tokens_expired(false);
    let field = window.find("textbox", "Personal Access Token").await;
    assert_eq!(window.value(&field).await, token);
    next(&window, "Configuration").await;
    window.close().await;
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn each_refused_publish_says_why_and_keeps_the_draft() {
    let window = Window::open().await;
    let server = confluence().await;
    connect(&window, &server).await;

    let draft = async |title: &str| {
        window.press_with(&[Key::Control], '1').await;
        window.press_with(&[Key::Control], 'n').await;
        window.click("button", "Start the retrospective").await;
        window.fill("Title", title).await;
        window.click("button", "Add an idea to Went well").await;
        window.press(format!("Typed for {title}")).await;
        window.press(Key::Enter + Key::Escape).await;
        window.click("link", "Share").await;
    };
    let create = "/rest/api/content$";
    for (title, answer, words) in [
        (
            "Not permitted",
            Fault::answer(
                403,
                "application/json",
                r#"{"statusCode":403,"message":"com.atlassian.confluence.api.service.exceptions.PermissionException: Not permitted to create content of type page"}"#,
            ),
            "may not",
        ),
        (
            "Space vanished",
            Fault::answer(
                404,
                "application/json",
                r#"{"statusCode":404,"message":"com.atlassian.confluence.api.service.exceptions.NotFoundException: No space found with key : XYZ"}"#,
            ),
            "was not found",
        ),
        (
            "Too large",
            Fault::status(413),
            "more than Confluence takes",
        ),
    ] {
        draft(title).await;
        if title == "Space vanished" {
            // As every question for it is answered from then on.
            server.faults().on(
                Matching::request("GET", "/rest/api/space/"),
                Fault::status(404),
            );
        }
        let played = server
            .faults()
            .on(Matching::request("POST", create).times(1), answer);
        window.click("button", "Publish to Confluence").await;
        window.sees(words).await;
        assert!(played.fired(), "{title}");
        server.faults().clear();
        window.click("link", "Write").await;
        window.sees(&format!("Typed for {title}")).await;
    }

    // Published once; a second one of this title stays where it is.
    draft("Twice").await;
    window.click("button", "Publish to Confluence").await;
    window.find("heading", "Published").await;
    draft("Twice").await;
    window.click("button", "Publish to Confluence").await;
    window.sees("A page with this title already exists").await;
    window.click("link", "Write").await;
    window.sees("Typed for Twice").await;
    window.close().await;
}

#[tokio::test]
#[ignore = "needs a display: cargo xtask test e2e"]
async fn odd_notes_are_refused_or_kept_whole() {
    let window = Window::open().await;
    let server = confluence().await;
    connect(&window, &server).await;
    window.click("link", "Summaries").await;
    window.click("link", "Import…").await;

    // A picture under the name of notes.
    let mut picture = tempfile::Builder::new().suffix(".md").tempfile().unwrap();
    let bytes: Vec<u8> = (0..20_000_u32)
        .map(|it| (it.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    picture.write_all(b"\x89PNG\r\n\x1a\n").unwrap();
    picture.write_all(&bytes).unwrap();
    window.choose_file("#import-file", picture.path()).await;
    window.find("alert", "").await;
    window.sees("is not a text file").await;

    // 50 MB, as a file and pasted: what was pasted stays.
    let mut big = tempfile::Builder::new().suffix(".md").tempfile().unwrap();
    let line = "- fifty megabytes of notes\n";
    for _ in 0..50_000_000 / line.len() {
        big.write_all(line.as_bytes()).unwrap();
    }
    window.choose_file("#import-file", big.path()).await;
    window.sees("10 MB").await;
    window
        .paste_many("Or paste your notes", line, 50_000_000 / line.len())
        .await;
    window.click("button", "Read the notes").await;
    window.sees("10 MB").await;
    let field = window.find("textbox", "Or paste your notes").await;
    assert!(window.length(&field).await > 49_000_000);

    // Control characters, half a surrogate pair, a word of a million letters.
    let word = "w".repeat(1_000_000);
    let notes = [
        "# Odd one 05/02/2023\n\n## What went well",
        "- bell \u{7} and null \u{0} and escape \u{1b}[31m here",
        "- half {half} of a pair",
        &format!("- {word}"),
    ]
    .join("\n");
    window
        .paste_with_half_a_pair("Or paste your notes", &notes)
        .await;
    window.click("button", "Read the notes").await;
    window.find("heading", "1 summary found").await;
    window.click("button", "Import 1 draft").await;
    window.find_containing("heading", "Odd one").await;
    window.click("link", "Share").await;
    window.sees("of a pair").await;
    window.click("button", "Publish to Confluence").await;
    window.find("heading", "Published").await;
    window.forget_opened();
    window.click("button", "View in Confluence").await;
    let address = window.opened().await;
    let page = fetch(&address).await.text().await.unwrap();
    assert!(page.contains(&word), "the long word is whole");
    for text in ["bell ", "and null ", "half \u{fffd} of a pair"] {
        assert!(page.contains(text), "{text:?}");
    }
    let pdf = pdf_of(&address, &page).await;
    let letters = pdf.matches('w').count();
    assert!(letters >= 1_000_000, "{letters} letters in the PDF");
    window.close().await;
}
