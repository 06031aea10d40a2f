//! Against a real GNOME Keyring on a D-Bus session of its own: the keyring of whoever runs this is
//! neither read nor written. Run by `cargo xtask test keyring`, or
//!
//!     cargo test --package retropress-secrets --test keyring -- --ignored

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test ends where its footing is missing.

mod session;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use retropress_secrets::{KeyringProblem, SealProblem, Vault};
use secrecy::{ExposeSecret, SecretString};
use secret_service::{EncryptionType, SecretService};
use session::Session;

const SERVICE: &str = "retropress.test";

fn vault_of(session: &Session) -> Vault {
    Vault::on_bus(SERVICE, "key", &session.address)
}

fn token() -> SecretString {
    SecretString::from("a token")
}

#[tokio::test]
#[ignore = "needs gnome-keyring and dbus"]
async fn present() {
    let session = Session::with_keyring();
    vault_of(&session).probe().await.unwrap();

    let start = Instant::now();
    let sealed = vault_of(&session).seal(&token(), b"here").await.unwrap();
    println!("first seal: {:?}", start.elapsed());
    let start = Instant::now();
    let opened = vault_of(&session).open(&sealed, b"here").await.unwrap();
    println!("open: {:?}", start.elapsed());
    assert_eq!(opened.expose_secret(), "a token");

    let elsewhere = vault_of(&session).open(&sealed, b"there").await;
    assert!(matches!(elsewhere, Err(SealProblem::Damaged)));
    vault_of(&session).probe().await.unwrap();
}

#[tokio::test]
#[ignore = "needs gnome-keyring and dbus"]
async fn forgotten() {
    let session = Session::with_keyring();
    let vault = vault_of(&session);
    let sealed = vault.seal(&token(), b"").await.unwrap();
    vault.forget().await.unwrap();
    vault.forget().await.unwrap();
    assert!(matches!(
        vault.open(&sealed, b"").await,
        Err(SealProblem::KeyGone)
    ));
    vault.seal(&token(), b"").await.unwrap();
    assert!(matches!(
        vault.open(&sealed, b"").await,
        Err(SealProblem::KeyGone)
    ));
}

#[tokio::test]
#[ignore = "needs gnome-keyring and dbus"]
async fn forgetting_the_key_of_one_name_leaves_the_others() {
    let session = Session::with_keyring();
    let shared = vault_of(&session);
    let (mine, yours) = (shared.named("mine"), shared.named("yours"));
    assert!(!mine.take_over(&shared).await.unwrap());
    assert_eq!(session.entries(SERVICE), 0, "nothing to copy, nothing made");
    let of_both = shared.seal(&token(), b"").await.unwrap();
    assert!(mine.take_over(&shared).await.unwrap());
    assert!(mine.take_over(&shared).await.unwrap());
    let of_yours = yours.seal(&token(), b"").await.unwrap();
    assert_eq!(session.entries(SERVICE), 3);

    let opened = mine.open(&of_both, b"").await.unwrap();
    assert_eq!(opened.expose_secret(), "a token");
    let refused = yours.open(&of_both, b"").await;
    assert!(matches!(refused, Err(SealProblem::KeyGone)));
    mine.forget().await.unwrap();
    assert_eq!(session.entries(SERVICE), 2);
    assert!(vault_of(&session).open(&of_both, b"").await.is_ok());
    assert!(yours.open(&of_yours, b"").await.is_ok());
}

#[tokio::test]
#[ignore = "needs gnome-keyring and dbus"]
async fn opening_makes_no_key() {
    let session = Session::with_keyring();
    let sealed = Vault::in_memory().seal(&token(), b"").await.unwrap();
    assert!(matches!(
        vault_of(&session).open(&sealed, b"").await,
        Err(SealProblem::KeyGone)
    ));
    assert_eq!(session.entries(SERVICE), 0);
}

#[tokio::test]
#[ignore = "needs dbus"]
async fn missing() {
    let session = Session::start();
    let vault = vault_of(&session);
    let refused = vault.probe().await;
    assert!(
        matches!(refused, Err(KeyringProblem::Missing)),
        "{refused:?}"
    );
    let refused = vault.seal(&token(), b"").await;
    assert!(matches!(
        refused,
        Err(SealProblem::Keyring(KeyringProblem::Missing))
    ));
    let refused = vault.forget().await;
    assert!(matches!(refused, Err(KeyringProblem::Missing)));
}

#[tokio::test]
#[ignore = "belongs to the keyring tests"]
async fn no_bus_at_all() {
    let home = tempfile::tempdir().unwrap();
    let address = format!("unix:path={}", home.path().join("nothing").display());
    let vault = Vault::on_bus(SERVICE, "key", &address);
    let refused = vault.probe().await;
    assert!(
        matches!(refused, Err(KeyringProblem::Missing)),
        "{refused:?}"
    );
    let vault = Vault::on_bus(SERVICE, "key", "no address");
    let refused = vault.probe().await;
    assert!(
        matches!(refused, Err(KeyringProblem::Missing)),
        "{refused:?}"
    );
}

#[tokio::test]
#[ignore = "needs gnome-keyring and dbus"]
async fn locked() {
    let mut session = Session::with_keyring();
    let vault = vault_of(&session);
    let sealed = vault.seal(&token(), b"").await.unwrap();
    session.lock();
    assert!(matches!(vault.probe().await, Err(KeyringProblem::Locked)));
    // There is no desktop that could ask for the password, so the question counts as refused.
    let refused = vault.open(&sealed, b"").await;
    assert!(
        matches!(refused, Err(SealProblem::Keyring(KeyringProblem::Denied))),
        "{refused:?}"
    );
    assert!(matches!(vault.unlock().await, Err(KeyringProblem::Denied)));

    session.stop_keyring();
    session.start_keyring("a password that is not empty");
    vault.probe().await.unwrap();
    assert_eq!(
        vault.open(&sealed, b"").await.unwrap().expose_secret(),
        "a token"
    );
}

#[tokio::test]
#[ignore = "needs gnome-keyring and dbus"]
async fn empty() {
    let mut session = Session::start();
    session.start_keyring_without_password();
    let vault = vault_of(&session);
    let refused = vault.probe().await;
    assert!(matches!(refused, Err(KeyringProblem::Empty)), "{refused:?}");
    // There is no desktop that could ask for a new password.
    let refused = vault.unlock().await;
    assert!(
        matches!(refused, Err(KeyringProblem::Denied)),
        "{refused:?}"
    );
}

#[tokio::test]
#[ignore = "needs gnome-keyring and dbus"]
async fn locked_before_there_was_a_key() {
    let session = Session::with_keyring();
    session.lock();
    assert!(matches!(
        vault_of(&session).probe().await,
        Err(KeyringProblem::Locked)
    ));
    let refused = vault_of(&session).seal(&token(), b"").await;
    assert!(
        matches!(refused, Err(SealProblem::Keyring(KeyringProblem::Denied))),
        "{refused:?}"
    );
}

#[tokio::test]
#[ignore = "needs gnome-keyring and dbus"]
async fn stopped_and_started_again() {
    let mut session = Session::start();
    let vault = vault_of(&session);
    let refused = vault.probe().await;
    assert!(
        matches!(refused, Err(KeyringProblem::Missing)),
        "{refused:?}"
    );
    session.start_keyring("first");
    vault.probe().await.unwrap();
    let sealed = vault.seal(&token(), b"").await.unwrap();

    session.stop_keyring();
    let refused = vault.open(&sealed, b"").await;
    assert!(matches!(
        refused,
        Err(SealProblem::Keyring(KeyringProblem::Missing))
    ));

    session.start_keyring("first");
    assert_eq!(
        vault.open(&sealed, b"").await.unwrap().expose_secret(),
        "a token"
    );
}

#[tokio::test]
#[ignore = "needs gnome-keyring and dbus"]
async fn hanging() {
    let session = Session::with_keyring();
    let vault = vault_of(&session);
    let sealed = vault.seal(&token(), b"").await.unwrap();
    session.signal("-STOP");
    let start = Instant::now();
    assert!(matches!(vault.probe().await, Err(KeyringProblem::TimedOut)));
    assert!(
        start.elapsed() < Duration::from_secs(30),
        "{:?}",
        start.elapsed()
    );
    session.signal("-CONT");
    assert_eq!(
        vault.open(&sealed, b"").await.unwrap().expose_secret(),
        "a token"
    );
}

#[tokio::test]
#[ignore = "needs gnome-keyring and dbus"]
async fn the_entry_holds_something_else() {
    let session = Session::with_keyring();
    let sealed = Vault::in_memory().seal(&token(), b"").await.unwrap();
    let bus = zbus::connection::Builder::address(session.address.as_str())
        .unwrap()
        .build()
        .await
        .unwrap();
    let keyring = SecretService::connect_with_existing(EncryptionType::Dh, bus)
        .await
        .unwrap();
    let attributes = HashMap::from([("service", SERVICE), ("username", "key")]);
    let collection = keyring.get_default_collection().await.unwrap();
    collection
        .create_item("other", attributes, b"too short", false, "text/plain")
        .await
        .unwrap();
    let refused = vault_of(&session).open(&sealed, b"").await;
    assert!(
        matches!(refused, Err(SealProblem::Keyring(KeyringProblem::Other(_)))),
        "{refused:?}"
    );
}

/// Each vault has connections of its own, as separate programs would.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs gnome-keyring and dbus"]
async fn programs_that_start_at_once_share_one_key() {
    for _ in 0..5 {
        let session = Session::with_keyring();
        let all: Vec<_> = (0..6)
            .map(|_| {
                let vault = vault_of(&session);
                tokio::spawn(async move { vault.seal(&token(), b"").await.unwrap() })
            })
            .collect();
        let vault = vault_of(&session);
        for sealed in all {
            let sealed = sealed.await.unwrap();
            assert_eq!(
                vault.open(&sealed, b"").await.unwrap().expose_secret(),
                "a token"
            );
        }
        assert_eq!(session.entries(SERVICE), 1);
    }
}
