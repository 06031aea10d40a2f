//! SAVE CHANGES is one thing: all of it is saved, or nothing.

#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod common;

use common::{SPACE, world};
use retropress_app::{
    ErrorCode,
    connect::Method,
    integrations,
    network::{self, ClientCertificateChoice, NetworkRequest, NetworkScope, ProxyUse},
};
use rusqlite::Connection as Database;

/// A proxy with a sign-in that no request ever goes through.
fn proxy() -> NetworkRequest {
    NetworkRequest {
        proxy_use: ProxyUse::Own,
        proxy_host: "proxy.example".into(),
        proxy_port: "3128".into(),
        proxy_user: "ines".into(),
        proxy_password: Some("proxy-password".into()),
        proxy_exceptions: String::new(),
        authorities: Vec::new(),
        client_certificate: ClientCertificateChoice::None,
        connect_seconds: String::new(),
        answer_seconds: String::new(),
    }
}

#[tokio::test]
async fn a_save_that_failed_half_way_has_saved_nothing_and_can_be_repeated() {
    let world = world().await;
    let team = world.team().await;
    let new = NetworkScope::New {
        team_id: team.id.clone(),
    };
    let earlier = world.integration(Method::PersonalAccessToken).await;
    let draft = world.retrospective().await;
    world.publish(&draft, &earlier).await;
    integrations::disconnect(&world.app, earlier.id)
        .await
        .unwrap();
    network::save(&world.app, new.clone(), proxy(), false)
        .await
        .unwrap();
    let connection = world.connect(&team, Method::PersonalAccessToken).await;
    let configuration = world.configuration(&connection, SPACE).await;
    let save = || {
        integrations::save(
            &world.app,
            connection.session_id.clone(),
            configuration.clone(),
            false,
        )
    };
    let database = Database::open(world.folder.path().join("data/retropress.db")).unwrap();
    let count = |table: &str| -> u32 {
        let all = format!("SELECT count(*) FROM {table}");
        database.query_row(&all, [], |row| row.get(0)).unwrap()
    };

    let full = |act: &str| {
        let trigger =
            format!("CREATE TRIGGER full BEFORE {act} BEGIN SELECT raise(ABORT, 'full'); END");
        database.execute(&trigger, []).unwrap();
    };
    let room = || database.execute("DROP TRIGGER full", []).unwrap();

    full("INSERT ON network");
    assert_eq!(save().await.unwrap_err().code, ErrorCode::Internal);
    for empty in ["integration", "secret", "network"] {
        assert_eq!(count(empty), 0, "{empty}");
    }
    // What is not saved is still being made.
    let kept = network::read(&world.app, new.clone()).await.unwrap();
    assert!(kept.proxy_password_saved);
    room();

    // Pages of an earlier integration are given to the new one once it is there.
    full("UPDATE ON publication");
    assert_eq!(save().await.unwrap_err().code, ErrorCode::Internal);
    room();
    let saved = save().await.unwrap();
    for one in ["integration", "secret", "network"] {
        assert_eq!(count(one), 1, "{one}");
    }
    let scope = NetworkScope::Integration {
        integration_id: saved.id,
    };
    let adopted = network::read(&world.app, scope).await.unwrap();
    assert!(adopted.proxy_password_saved);
    let left = network::read(&world.app, new).await.unwrap();
    assert_eq!(left.proxy_use, ProxyUse::Inherit);
}

#[tokio::test]
async fn a_secret_that_is_kept_for_this_session_leaves_none_of_an_earlier_save() {
    let world = world().await;
    let team = world.team().await;
    let saved = world.integration(Method::PersonalAccessToken).await;
    let mut request = world.request(&team, Method::PersonalAccessToken);
    request.integration_id = Some(saved.id.clone());
    let connection = retropress_app::connect::check(&world.app, request)
        .await
        .unwrap();
    let configuration = world.configuration(&connection, SPACE).await;
    integrations::save(&world.app, connection.session_id, configuration, true)
        .await
        .unwrap();
    let database = Database::open(world.folder.path().join("data/retropress.db")).unwrap();
    let count: u32 = database
        .query_row("SELECT count(*) FROM secret", [], |row| row.get(0))
        .unwrap();
    assert_eq!(count, 0);
}
