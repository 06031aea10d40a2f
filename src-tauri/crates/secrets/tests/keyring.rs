//! Against a real GNOME Keyring on a D-Bus session of its own: the keyring of whoever runs this is
//! neither read nor written. Run by `cargo xtask test keyring`, or
//!
//!     cargo test --package retropress-secrets --test keyring -- --ignored

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test ends where its footing is missing.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use retropress_secrets::{KeyringProblem, SealProblem, Vault};
use secrecy::{ExposeSecret, SecretString};
use secret_service::{EncryptionType, SecretService};
use tempfile::TempDir;

const SERVICE: &str = "retropress.test";

/// A D-Bus session that starts no program by itself, with a home folder of its own.
struct Session {
    home: TempDir,
    address: String,
    bus: Child,
    daemon: Option<Child>,
}

impl Session {
    /// With no keyring on it.
    fn start() -> Session {
        let home = tempfile::tempdir().unwrap();
        let socket = home.path().join("bus");
        let settings = home.path().join("bus.conf");
        let policy = r#"<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>"#;
        let content = format!(
            "<busconfig><type>session</type><listen>unix:path={}</listen>{policy}</busconfig>",
            socket.display()
        );
        fs::write(&settings, content).unwrap();
        let mut bus = Command::new("dbus-daemon")
            .arg("--config-file")
            .arg(&settings)
            .args(["--nofork", "--print-address"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon is installed (package dbus)");
        let mut address = String::new();
        let mut output = BufReader::new(bus.stdout.take().unwrap());
        output.read_line(&mut address).unwrap();
        let address = address.trim().to_owned();
        assert!(address.starts_with("unix:"), "{address}");
        Session {
            home,
            address,
            bus,
            daemon: None,
        }
    }

    /// The session with a keyring that is open. The first one chooses its password.
    fn with_keyring() -> Session {
        let mut session = Session::start();
        session.start_keyring("a password that is not empty");
        session
    }

    fn command(&self, program: &str) -> Command {
        let home = self.home.path();
        let mut command = Command::new(program);
        command
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .env("HOME", home)
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_RUNTIME_DIR", home.join("run"))
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("GNOME_KEYRING_CONTROL")
            .stderr(Stdio::null());
        command
    }

    fn start_keyring(&mut self, password: &str) {
        let mut daemon = self.daemon(&["--unlock"]);
        let mut input = daemon.stdin.take().unwrap();
        input.write_all(password.as_bytes()).unwrap();
        drop(input);
        self.daemon = Some(daemon);
        self.wait(|session| session.owner().is_some());
    }

    /// As D-Bus starts it where nobody has signed in with a password.
    fn start_keyring_without_password(&mut self) {
        self.daemon = Some(self.daemon(&[]));
        self.wait(|session| session.owner().is_some());
    }

    fn daemon(&self, arguments: &[&str]) -> Child {
        let run = self.home.path().join("run");
        fs::create_dir_all(&run).unwrap();
        fs::set_permissions(&run, fs::Permissions::from_mode(0o700)).unwrap();
        self.command("gnome-keyring-daemon")
            .args(["--foreground", "--components=secrets"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("gnome-keyring-daemon is installed (package gnome-keyring)")
    }

    fn stop_keyring(&mut self) {
        let mut daemon = self.daemon.take().unwrap();
        daemon.kill().unwrap();
        daemon.wait().unwrap();
        self.wait(|session| session.owner().is_none());
    }

    fn owner(&self) -> Option<String> {
        let answer = self.call(&[
            "--dest=org.freedesktop.DBus",
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus.GetNameOwner",
            "string:org.freedesktop.secrets",
        ]);
        answer.ok()
    }

    fn lock(&self) {
        self.call(&[
            "--dest=org.freedesktop.secrets",
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service.Lock",
            "array:objpath:/org/freedesktop/secrets/aliases/default",
        ])
        .unwrap();
    }

    /// How many entries the keyring holds for the service of these tests.
    fn entries(&self) -> usize {
        let answer = self.call(&[
            "--dest=org.freedesktop.secrets",
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service.SearchItems",
            "dict:string:string:service,retropress.test",
        ]);
        answer.unwrap().matches("/collection/").count()
    }

    fn call(&self, arguments: &[&str]) -> Result<String, String> {
        let output = self
            .command("dbus-send")
            .args(["--session", "--print-reply"])
            .args(arguments)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }

    fn wait(&self, done: impl Fn(&Session) -> bool) {
        let start = Instant::now();
        while !done(self) {
            assert!(start.elapsed() < Duration::from_secs(20), "waited too long");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn vault(&self) -> Vault {
        Vault::on_bus(SERVICE, "key", &self.address)
    }

    fn signal(&self, signal: &str) {
        let id = self.daemon.as_ref().unwrap().id().to_string();
        let status = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for child in self.daemon.iter_mut().chain([&mut self.bus]) {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

fn token() -> SecretString {
    SecretString::from("a token")
}

#[tokio::test]
#[ignore = "needs gnome-keyring and dbus"]
async fn present() {
    let session = Session::with_keyring();
    session.vault().probe().await.unwrap();

    let start = Instant::now();
    let sealed = session.vault().seal(&token(), b"here").await.unwrap();
    println!("first seal: {:?}", start.elapsed());
    let start = Instant::now();
    let opened = session.vault().open(&sealed, b"here").await.unwrap();
    println!("open: {:?}", start.elapsed());
    assert_eq!(opened.expose_secret(), "a token");

    let elsewhere = session.vault().open(&sealed, b"there").await;
    assert!(matches!(elsewhere, Err(SealProblem::Damaged)));
    session.vault().probe().await.unwrap();
}

#[tokio::test]
#[ignore = "needs gnome-keyring and dbus"]
async fn forgotten() {
    let session = Session::with_keyring();
    let vault = session.vault();
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
async fn opening_makes_no_key() {
    let session = Session::with_keyring();
    let sealed = Vault::in_memory().seal(&token(), b"").await.unwrap();
    assert!(matches!(
        session.vault().open(&sealed, b"").await,
        Err(SealProblem::KeyGone)
    ));
    assert_eq!(session.entries(), 0);
}

#[tokio::test]
#[ignore = "needs dbus"]
async fn missing() {
    let session = Session::start();
    let vault = session.vault();
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
    let vault = session.vault();
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
    let vault = session.vault();
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
        session.vault().probe().await,
        Err(KeyringProblem::Locked)
    ));
    let refused = session.vault().seal(&token(), b"").await;
    assert!(
        matches!(refused, Err(SealProblem::Keyring(KeyringProblem::Denied))),
        "{refused:?}"
    );
}

#[tokio::test]
#[ignore = "needs gnome-keyring and dbus"]
async fn stopped_and_started_again() {
    let mut session = Session::start();
    let vault = session.vault();
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
    let vault = session.vault();
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
    let refused = session.vault().open(&sealed, b"").await;
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
                let vault = session.vault();
                tokio::spawn(async move { vault.seal(&token(), b"").await.unwrap() })
            })
            .collect();
        let vault = session.vault();
        for sealed in all {
            let sealed = sealed.await.unwrap();
            assert_eq!(
                vault.open(&sealed, b"").await.unwrap().expose_secret(),
                "a token"
            );
        }
        assert_eq!(session.entries(), 1);
    }
}
