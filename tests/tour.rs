//! `cargo xtask tour`: the main job in the real window against the sandbox, with a picture of each
//! station in light and in dark, the published page and the PDF, left in the folder that
//! `RETROPRESS_TOUR` names.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A tour ends where its footing is missing.

mod window;

use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs};

use window::journey::{choose_space, fetch, import_notes, next, pdf_link, try_sandbox};
use window::{Window, until};

const NOTES: &str = include_str!("tour/notes.md");

struct Tour {
    window: Window,
    folder: PathBuf,
    station: u32,
}

impl Tour {
    async fn picture(&mut self, name: &str) {
        self.station += 1;
        for theme in ["light", "dark"] {
            self.window.theme(theme).await;
            let file = format!("{:02}-{name}-{theme}.png", self.station);
            self.window.picture(&self.folder.join(file)).await;
        }
        self.window.theme("light").await;
    }

    /// The page that "View in Confluence" opens, and its PDF.
    async fn keep_page(&self, name: &str) {
        self.window.forget_opened();
        self.window.click("button", "View in Confluence").await;
        let address = self.window.opened().await;
        let page = fetch(&address).await.text().await.unwrap();
        let pdf = fetch(&pdf_link(&address, &page))
            .await
            .bytes()
            .await
            .unwrap();
        fs::write(self.folder.join(format!("{name}.html")), page).unwrap();
        fs::write(self.folder.join(format!("{name}.pdf")), pdf).unwrap();
    }

    async fn delete_published(&mut self, kind: &str) {
        self.window.click("link", "Published").await;
        self.window.click_containing("link", kind).await;
        self.window.find("heading", "Timeline").await;
        self.picture("published").await;
        self.window.click("button", "Delete…").await;
        self.window.find("button", "Delete page").await;
        self.picture("delete").await;
        self.window.click("button", "Delete page").await;
        until("the entry to be deleted", async || {
            (!self.window.has("button", "Delete…").await && self.window.shows("Deleted").await)
                .then_some(())
        })
        .await;
        self.picture("deleted").await;
    }
}

#[tokio::test]
#[ignore = "cargo xtask tour"]
async fn tour() {
    let folder = PathBuf::from(env::var_os("RETROPRESS_TOUR").expect("set by cargo xtask tour"));
    let mut tour = Tour {
        window: Window::open().await,
        folder,
        station: 0,
    };
    tour.window.resize(1280, 800).await;

    tour.window
        .find("heading", "Where should your summaries go?")
        .await;
    tour.picture("first-run").await;
    try_sandbox(&tour.window, "Payments", "Data Center").await;
    tour.window.find("textbox", "Personal Access Token").await;
    tour.picture("connect").await;
    next(&tour.window, "Configuration").await;
    choose_space(&tour.window).await;
    for parent in ["Retrospective Parent Page", "Health Check Parent Page"] {
        let parent = tour.window.find("group", parent).await;
        tour.window
            .click_in(&parent, "radio", "Create a new parent page")
            .await;
    }
    tour.picture("configuration").await;
    next(&tour.window, "Test").await;
    tour.window
        .click("button", "Publish Test Retrospective Summary")
        .await;
    tour.window.find("button", "View in Confluence").await;
    tour.picture("test").await;
    tour.window.click("button", "Delete").await;
    tour.window.sees("The test page was deleted").await;
    next(&tour.window, "Save").await;
    tour.picture("save").await;
    tour.window.click("button", "SAVE CHANGES").await;
    tour.window.find("heading", "Settings").await;
    tour.picture("integrations").await;

    import_notes(&tour.window, NOTES, 3).await;
    tour.picture("summaries").await;
    tour.window
        .click_containing("link", "Retrospective: Sprint 22")
        .await;
    tour.window.find("heading", "Columns").await;
    tour.picture("retrospective").await;
    tour.window.click("link", "Share").await;
    tour.window.find("button", "Publish to Confluence").await;
    tour.window.sees("Pairing on the release").await;
    // A message about the import lies over the button for eight seconds.
    tokio::time::sleep(Duration::from_secs(9)).await;
    tour.picture("share").await;
    tour.window.click("tab", "PDF").await;
    tour.window.find_containing("img", "Page 1").await;
    tour.picture("share-pdf").await;
    tour.window.click("tab", "Confluence page").await;
    tour.window.click("button", "Publish to Confluence").await;
    tour.window.find("heading", "Published").await;
    tour.picture("share-published").await;
    tour.keep_page("retrospective").await;
    tour.delete_published("Retrospective: Sprint 22").await;

    tour.window.click("link", "Summaries").await;
    tour.window.click("button", "New health check").await;
    tour.window.find("button", "Start the health check").await;
    tour.picture("new-health-check").await;
    tour.window.click("button", "Start the health check").await;
    tour.window.fill("Title", "Autumn check").await;
    for answers in ["1 2 3", "0 1 5", "2 3 1", "0 4 2"] {
        let steps = tour.window.find_all("spinbutton", "Answers ").await;
        let of_best = steps.iter().rev().zip(answers.split(' ').rev());
        for (step, number) in of_best {
            tour.window.type_over(step, number).await;
        }
        tour.window.click("button", "Next dimension").await;
    }
    tour.picture("health-check").await;
    tour.window.click("link", "Share").await;
    tour.window.click("button", "Publish to Confluence").await;
    tour.window.find("heading", "Published").await;
    tour.picture("health-check-published").await;
    tour.keep_page("health-check").await;
    tour.delete_published("Health check: Autumn check").await;
    tour.window.close().await;
}
