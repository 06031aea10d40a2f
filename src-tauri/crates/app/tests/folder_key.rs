//! Each data folder has a key of its own in the keyring.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod common;

use std::{path::PathBuf, time::Duration};

use common::{SPACE, World, alone, world, world_with};
use retropress_app::{
    App,
    connect::{self, CheckOutcome, Method},
    integrations::{self, Integration},
    network::{self, ClientCertificateChoice, NetworkRequest, NetworkScope, ProxyUse},
    storage,
};
use retropress_confluence::SecretString;
use retropress_secrets::Vault;
use rusqlite::{Connection as Database, OptionalExtension as _};

/// A proxy with a password, which nothing that goes to this computer goes through.
fn proxy(password: Option<&str>) -> NetworkRequest {
    NetworkRequest {
        proxy_use: match password {
            Some(_) => ProxyUse::Own,
            None => ProxyUse::System,
        },
        proxy_host: password.map_or_else(String::new, |_| "proxy.example".into()),
        proxy_port: password.map_or_else(String::new, |_| "3128".into()),
        proxy_user: password.map_or_else(String::new, |_| "ines".into()),
        proxy_password: password.map(str::to_owned),
        proxy_exceptions: password.map_or_else(String::new, |_| "localhost, 127.0.0.1".into()),
        authorities: Vec::new(),
        client_certificate: ClientCertificateChoice::None,
        connect_seconds: String::new(),
        answer_seconds: String::new(),
    }
}

async fn set_proxy(app: &App, password: Option<&str>) {
    network::save(app, NetworkScope::Everywhere, proxy(password), false)
        .await
        .unwrap();
}

/// Its secret opens, and Confluence takes it.
async fn works(world: &World, integration: &Integration) {
    let checks = connect::check_integration(&world.app, integration.id.clone())
        .await
        .unwrap();
    let bad: Vec<_> = checks
        .iter()
        .filter(|it| matches!(it.outcome, CheckOutcome::Failed))
        .collect();
    assert!(!checks.is_empty() && bad.is_empty(), "{bad:?}");
}

fn file(world: &World) -> PathBuf {
    world.folder.path().join("data/retropress.db")
}

fn key_id(file: PathBuf) -> Option<String> {
    Database::open(file)
        .unwrap()
        .query_row(
            "SELECT value ->> '$.id' FROM setting WHERE name = 'sealingKey'",
            [],
            |row| row.get(0),
        )
        .optional()
        .unwrap()
}

/// Which key the one saved secret was sealed with: see the format in `retropress_secrets`.
fn sealed_with(world: &World) -> Vec<u8> {
    let sealed: Vec<u8> = Database::open(file(world))
        .unwrap()
        .query_row("SELECT sealed FROM secret", [], |row| row.get(0))
        .unwrap();
    sealed[1..9].to_vec()
}

#[tokio::test]
async fn forgetting_the_key_of_one_folder_leaves_the_others_readable() {
    let world = world().await;
    let integration = world.integration(Method::PersonalAccessToken).await;
    let other = tempfile::tempdir().unwrap();
    let nowhere = "http://127.0.0.1:9".parse().unwrap();
    let second = alone(other.path(), &world.vault, &nowhere, world.oauth.clone());
    set_proxy(&second, Some("of the second folder")).await;
    // With its last secret the second folder's key goes.
    set_proxy(&second, None).await;
    assert_eq!(key_id(other.path().join("retropress.db")), None);
    works(&world, &integration).await;
}

#[tokio::test]
async fn a_folder_of_the_first_version_copies_the_key_that_all_folders_shared() {
    let mut world = world().await;
    let integration = world.integration(Method::PersonalAccessToken).await;
    // As the first version left it: sealed with the shared key, and no name of another one.
    let shared = world.vault.clone();
    let id = key_id(file(&world)).unwrap();
    let own = shared.named(&format!("key {id}"));
    assert!(shared.take_over(&own).await.unwrap());
    own.forget().await.unwrap();
    Database::open(file(&world))
        .unwrap()
        .execute("DELETE FROM setting WHERE name = 'sealingKey'", [])
        .unwrap();
    let first = sealed_with(&world);
    let token = SecretString::from("of another folder");
    let elsewhere = shared.seal(&token, b"").await.unwrap();
    assert_eq!(elsewhere[1..9], first);

    world.restart();
    works(&world, &integration).await;
    assert!(key_id(file(&world)).is_some_and(|now| now != id));

    integrations::disconnect(&world.app, integration.id)
        .await
        .unwrap();
    assert!(shared.open(&elsewhere, b"").await.is_ok());
    assert_eq!(key_id(file(&world)), None);
    let again = world.integration(Method::PersonalAccessToken).await;
    works(&world, &again).await;
    assert_ne!(sealed_with(&world), first, "the next key is a fresh one");
}

#[tokio::test]
async fn a_fresh_folder_copies_nothing() {
    let shared = Vault::in_memory();
    let token = SecretString::from("of another folder");
    let elsewhere = shared.seal(&token, b"").await.unwrap();
    let world = world_with(shared).await;
    let integration = world.integration(Method::PersonalAccessToken).await;
    works(&world, &integration).await;
    assert_ne!(sealed_with(&world), elsewhere[1..9]);
}

#[tokio::test]
async fn an_export_does_not_name_the_key() {
    let world = world().await;
    world.integration(Method::PersonalAccessToken).await;
    assert!(key_id(file(&world)).is_some());
    let exported = storage::export(&world.app).await.unwrap().unwrap();
    assert_eq!(key_id(exported.into()), None);
}

/// The last secret goes while another one is being sealed: whichever comes first, what is stored in
/// the end can be opened.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_not_forgotten_between_sealing_and_storing() {
    let pause = Duration::from_millis(300);
    for (removed_after, sealed_after) in [(0, 100), (100, 0)] {
        let world = world_with(Vault::slow(pause)).await;
        let integration = world.integration(Method::PersonalAccessToken).await;
        let (remover, sealer) = (world.app.clone(), world.app.clone());
        let removed = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(removed_after)).await;
            integrations::remove_secret(&remover, integration.id)
                .await
                .unwrap();
        });
        let sealed = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(sealed_after)).await;
            set_proxy(&sealer, Some("sealed meanwhile")).await;
        });
        removed.await.unwrap();
        sealed.await.unwrap();
        // Opens the proxy's password, though nothing goes through the proxy.
        let team = world.team().await;
        let connection = world.connect(&team, Method::PersonalAccessToken).await;
        world.configuration(&connection, SPACE).await;
    }
}
