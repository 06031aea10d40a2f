//! Signing in with an OAuth server that nobody here wrote: `oidc-provider` (npm), which rotates,
//! notices a refresh token that comes twice, compares the redirect URL to the letter and wants the
//! client secret and PKCE. It is `tests/oauth-server`; `cargo xtask test oauth` installs it.

#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod common;

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use common::{alone, atlassian_login, free_port, saved};
use retropress_app::{
    App, ErrorCode, Field, OauthOptions,
    connect::{
        self,
        sign_in::{self, SignIn, SignInRequest, SignInState},
    },
    integrations::Integration,
};
use retropress_confluence::Url;
use retropress_secrets::Vault;
use tempfile::TempDir;

const CLIENT: &str = "retropress";
const SECRET: &str = "a secret with spaces, & signs = and 100% +";

/// The server, and an app that takes it for Atlassian.
struct World {
    process: Child,
    address: Url,
    port: u16,
    folder: TempDir,
    vault: Vault,
}

impl Drop for World {
    fn drop(&mut self) {
        // It ends with its input, too; this is sooner.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl World {
    /// With an app registered for `registered`, which this computer may or may not listen at.
    fn new(registered: impl FnOnce(u16) -> String) -> Self {
        let port = free_port();
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/oauth-server");
        let mut process = Command::new("node")
            .args(["server.js", &registered(port), CLIENT, SECRET])
            .current_dir(place)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Self {
            process,
            address: Url::parse(line.trim()).unwrap(),
            port,
            folder: tempfile::tempdir().unwrap(),
            vault: Vault::in_memory(),
        }
    }

    fn usual() -> Self {
        Self::new(|port| format!("http://localhost:{port}/callback"))
    }

    /// A fresh start: no access token is left.
    fn app(&self) -> App {
        let oauth = OauthOptions {
            port: self.port,
            ..OauthOptions::default()
        };
        alone(
            &self.folder.path().join("data"),
            &self.vault,
            &self.address,
            oauth,
        )
    }

    async fn request(&self, app: &App) -> SignInRequest {
        atlassian_login(app, CLIENT, SECRET).await
    }

    async fn signed_in(&self, app: &App) -> Integration {
        let request = self.request(app).await;
        let sign_in = sign_in::start(app, request).await.unwrap();
        let to = browse(&sign_in, "consent").await.unwrap();
        assert!(to.contains("code="), "{to}");
        reqwest::get(&to).await.unwrap();
        saved(app, &sign_in).await
    }
}

/// What a browser does with a server that has cookies, a sign-in form and a consent form: the address
/// it is sent to in the end, or the text of the page where it goes no further.
async fn browse(sign_in: &SignIn, decision: &str) -> Result<String, String> {
    let browser = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let mut cookies = BTreeMap::new();
    let mut address = Url::parse(&sign_in.address).unwrap();
    let mut form: Option<Vec<(&str, &str)>> = None;
    for _ in 0..20 {
        if address.as_str().starts_with(&sign_in.redirect_url) {
            return Ok(address.to_string());
        }
        let sent: Vec<String> = cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let request = match form.take() {
            Some(form) => browser.post(address.clone()).form(&form),
            None => browser.get(address.clone()),
        };
        let answer = request
            .header("cookie", sent.join("; "))
            .send()
            .await
            .unwrap();
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            match value {
                "" => cookies.remove(name),
                value => cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        if let Some(next) = answer.headers().get("location") {
            address = address.join(next.to_str().unwrap()).unwrap();
            continue;
        }
        let page = answer.text().await.unwrap();
        if page.contains("value=\"login\"") {
            form = Some(vec![
                ("prompt", "login"),
                ("login", "ines"),
                ("password", "x"),
            ]);
        } else if page.contains("value=\"consent\"") && decision == "consent" {
            form = Some(vec![("prompt", "consent")]);
        } else if page.contains("value=\"consent\"") {
            address = address.join(&format!("{}/abort", address.path())).unwrap();
        } else {
            return Err(page);
        }
    }
    panic!("the browser is sent round and round");
}

async fn end(app: &App, sign_in: &SignIn) -> SignInState {
    loop {
        let state = sign_in::read(app, sign_in.id.clone()).await.unwrap().state;
        match state {
            SignInState::Waiting { .. } | SignInState::Exchanging => {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            other => return other,
        }
    }
}

#[tokio::test]
#[ignore = "needs tests/oauth-server: cargo xtask test oauth"]
async fn it_is_signed_in_with_and_renewed_again_and_again() {
    let world = World::usual();
    let app = world.app();
    let integration = world.signed_in(&app).await;
    drop(app);
    for _ in 0..5 {
        let app = world.app();
        let connection = connect::resume(&app, integration.id.clone()).await.unwrap();
        assert_eq!(connection.account_name, "Ines Okafor");
    }
}

#[tokio::test]
#[ignore = "needs tests/oauth-server: cargo xtask test oauth"]
async fn a_refresh_token_that_comes_twice_ends_the_sign_in() {
    let world = World::usual();
    let integration = world.signed_in(&world.app()).await;
    let data = world.folder.path().join("data");
    let backup = world.folder.path().join("backup");
    fs::create_dir(&backup).unwrap();
    let copy = |from: &Path, to: &Path| {
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
            }
        }
    };
    copy(&data, &backup);
    connect::resume(&world.app(), integration.id.clone())
        .await
        .unwrap();
    // Somebody brings back an older database: its refresh token was used in the meantime.
    for entry in fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::remove_file(path).unwrap();
        }
    }
    copy(&backup, &data);
    let app = world.app();
    let error = connect::resume(&app, integration.id).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::SignInNeeded, "{error:?}");
    // A new sign-in cures it.
    let again = world.signed_in(&app).await;
    connect::resume(&app, again.id).await.unwrap();
}

#[tokio::test]
#[ignore = "needs tests/oauth-server: cargo xtask test oauth"]
async fn cancel_and_a_wrong_secret_are_told_apart() {
    let world = World::usual();
    let app = world.app();
    let request = world.request(&app).await;
    let sign_in = sign_in::start(&app, request).await.unwrap();
    let to = browse(&sign_in, "abort").await.unwrap();
    assert!(to.contains("error=access_denied"), "{to}");
    reqwest::get(&to).await.unwrap();
    assert_eq!(end(&app, &sign_in).await, SignInState::Cancelled);

    let mut request = world.request(&app).await;
    request.client_secret = Some("not the secret".into());
    let sign_in = sign_in::start(&app, request).await.unwrap();
    let to = browse(&sign_in, "consent").await.unwrap();
    reqwest::get(&to).await.unwrap();
    let SignInState::Failed { error } = end(&app, &sign_in).await else {
        panic!("it did not fail");
    };
    assert_eq!(error.code, ErrorCode::SignInRefused);
    assert_eq!(error.field, Some(Field::ClientSecret));
}

#[tokio::test]
#[ignore = "needs tests/oauth-server: cargo xtask test oauth"]
async fn another_redirect_url_gets_no_code() {
    for registered in [
        |port: u16| format!("http://localhost:{}/callback", port + 1),
        |port: u16| format!("http://localhost:{port}/callback/"),
        |port: u16| format!("http://127.0.0.1:{port}/callback"),
    ] {
        let world = World::new(registered);
        let app = world.app();
        let request = world.request(&app).await;
        let sign_in = sign_in::start(&app, request).await.unwrap();
        let page = browse(&sign_in, "consent").await.unwrap_err();
        assert!(page.contains("redirect_uri"), "{page}");
        // The user sees that page and cancels here; nothing else ends the wait.
        let state = sign_in::cancel(&app, sign_in.id).await.unwrap().state;
        assert_eq!(state, SignInState::Cancelled);
    }
}
