//! A panic is an error like any other to the window, and the app goes on.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod common;

use std::sync::atomic::Ordering;

use common::{CLOCK_SET, world};
use retropress_app::{
    ErrorCode, guarded,
    import::{self, ImportSource},
    share,
};
use retropress_summary::import::ImportOptions;

/// Where adding to a time is a panic.
const BEYOND: i64 = i64::MAX / 1_000;

async fn notes(app: &retropress_app::App) -> ImportSource {
    import::read_text(app, "# Retrospective\n\n## Went well\n- Pairing\n".into())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_panic_in_a_pdf_or_an_import_is_an_error_and_the_app_goes_on() {
    let world = world().await;
    let team = world.team().await;
    let draft = world.retrospective().await;
    let source = notes(&world.app).await;
    let pdf = || {
        let (app, draft) = (world.app.clone(), draft.clone());
        guarded(async move { share::pdf(&app, draft, None).await })
    };
    let import = || {
        let (app, team, id) = (world.app.clone(), team.id.clone(), source.id.clone());
        guarded(async move { import::run(&app, team, id, ImportOptions::default()).await })
    };

    CLOCK_SET.store(BEYOND, Ordering::SeqCst);
    let broken = pdf().await.unwrap_err();
    let refused = import().await.unwrap_err();
    CLOCK_SET.store(0, Ordering::SeqCst);
    for error in [broken, refused] {
        assert_eq!(error.code, ErrorCode::Internal);
        assert!(error.details.contains("panic"), "{}", error.details);
    }

    assert!(pdf().await.unwrap().pages > 0);
    assert_eq!(import().await.unwrap().len(), 1);
}
