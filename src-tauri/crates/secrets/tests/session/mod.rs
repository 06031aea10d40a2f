//! A D-Bus session and a GNOME Keyring for one test.
#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::fs::PermissionsExt,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// A D-Bus session that starts no program by itself, with a home folder of its own.
pub struct Session {
    pub home: TempDir,
    pub address: String,
    pub bus: Child,
    pub daemon: Option<Child>,
}

impl Session {
    /// With no keyring on it.
    pub fn start() -> Session {
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
    pub fn with_keyring() -> Session {
        let mut session = Session::start();
        session.start_keyring("a password that is not empty");
        session
    }

    pub fn command(&self, program: &str) -> Command {
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

    pub fn start_keyring(&mut self, password: &str) {
        let mut daemon = self.daemon(&["--unlock"]);
        let mut input = daemon.stdin.take().unwrap();
        input.write_all(password.as_bytes()).unwrap();
        drop(input);
        self.daemon = Some(daemon);
        self.wait(|session| session.owner().is_some());
    }

    /// As D-Bus starts it where nobody has signed in with a password.
    pub fn start_keyring_without_password(&mut self) {
        self.daemon = Some(self.daemon(&[]));
        self.wait(|session| session.owner().is_some());
    }

    pub fn daemon(&self, arguments: &[&str]) -> Child {
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

    pub fn stop_keyring(&mut self) {
        let mut daemon = self.daemon.take().unwrap();
        daemon.kill().unwrap();
        daemon.wait().unwrap();
        self.wait(|session| session.owner().is_none());
    }

    pub fn owner(&self) -> Option<String> {
        let answer = self.call(&[
            "--dest=org.freedesktop.DBus",
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus.GetNameOwner",
            "string:org.freedesktop.secrets",
        ]);
        answer.ok()
    }

    pub fn lock(&self) {
        self.call(&[
            "--dest=org.freedesktop.secrets",
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service.Lock",
            "array:objpath:/org/freedesktop/secrets/aliases/default",
        ])
        .unwrap();
    }

    /// How many entries the keyring holds for a service.
    pub fn entries(&self, service: &str) -> usize {
        let answer = self.call(&[
            "--dest=org.freedesktop.secrets",
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service.SearchItems",
            &format!("dict:string:string:service,{service}"),
        ]);
        answer.unwrap().matches("/collection/").count()
    }

    pub fn call(&self, arguments: &[&str]) -> Result<String, String> {
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

    pub fn wait(&self, done: impl Fn(&Session) -> bool) {
        let start = Instant::now();
        while !done(self) {
            assert!(start.elapsed() < Duration::from_secs(20), "waited too long");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn signal(&self, signal: &str) {
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
