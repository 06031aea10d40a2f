//! Signing in by OAuth 2.0: Atlassian's sign-in, what its tokens open, and Data
//! Center as a provider.

#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Method, RequestBuilder};
use retropress_sandbox::{
    FIRST_REDIRECT_URI, Fault, Host, Matching, OAuthClient, Options, Permission,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use support::*;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

const RECOMMENDED: &str = "read:space:confluence read:page:confluence write:page:confluence \
    read:attachment:confluence write:confluence-file read:confluence-user offline_access";

const VERIFIER: &str = "a-verifier-of-the-forty-three-letters-it-needs";

fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

type Pairs = Vec<(&'static str, String)>;

/// With one of them replaced, or taken out.
fn but(pairs: &Pairs, name: &'static str, value: Option<&str>) -> Pairs {
    let mut pairs = pairs.clone();
    pairs.retain(|(key, _)| *key != name);
    pairs.extend(value.map(|value| (name, value.to_owned())));
    pairs
}

fn query_of(address: &str) -> Vec<(String, String)> {
    let (_, query) = address.split_once('?').unwrap();
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

fn value_of(address: &str, name: &str) -> Option<String> {
    let mut pairs = query_of(address).into_iter();
    pairs.find(|(key, _)| key == name).map(|(_, value)| value)
}

impl Tried {
    fn auth(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.addresses().auth)
    }

    fn provider(&self, path: &str) -> String {
        let base = &self.sandbox.addresses().data_center;
        format!("{base}/rest/oauth2/latest{path}")
    }

    fn asking(&self, scope: &str) -> Pairs {
        vec![
            ("audience", "api.atlassian.com".to_owned()),
            ("client_id", self.sandbox.oauth_clients().cloud.id),
            ("scope", scope.to_owned()),
            ("redirect_uri", FIRST_REDIRECT_URI.to_owned()),
            ("state", "st & te".to_owned()),
            ("response_type", "code".to_owned()),
            ("prompt", "consent".to_owned()),
        ]
    }

    fn asking_dc(&self, scope: &str) -> Pairs {
        vec![
            ("client_id", self.sandbox.oauth_clients().data_center.id),
            ("scope", scope.to_owned()),
            ("redirect_uri", FIRST_REDIRECT_URI.to_owned()),
            ("state", "state".to_owned()),
            ("response_type", "code".to_owned()),
        ]
    }

    async fn page(&self, address: &str, asked: &Pairs) -> Told {
        tell(self.http.get(address).query(asked)).await
    }

    /// Where the form of the page leads to.
    async fn decided(&self, address: &str, asked: &Pairs, decision: &str) -> String {
        let mut form = asked.clone();
        form.push(("decision", decision.to_owned()));
        let told = tell(self.http.post(address).form(&form)).await.is(302);
        told.header("location").to_owned()
    }

    async fn accept(&self, asked: &Pairs) -> String {
        let address = self
            .decided(&self.auth("/authorize"), asked, "accept")
            .await;
        assert!(address.starts_with(FIRST_REDIRECT_URI), "{address}");
        value_of(&address, "code").unwrap()
    }

    async fn allow(&self, asked: &Pairs) -> String {
        let address = self
            .decided(&self.provider("/authorize"), asked, "allow")
            .await;
        value_of(&address, "code").unwrap_or_else(|| panic!("no code: {address}"))
    }

    fn exchange(client: &OAuthClient, code: &str) -> Pairs {
        vec![
            ("grant_type", "authorization_code".to_owned()),
            ("client_id", client.id.clone()),
            ("client_secret", client.secret.clone()),
            ("code", code.to_owned()),
            ("redirect_uri", FIRST_REDIRECT_URI.to_owned()),
        ]
    }

    fn refreshing(client: &OAuthClient, token: &str) -> Pairs {
        vec![
            ("grant_type", "refresh_token".to_owned()),
            ("client_id", client.id.clone()),
            ("client_secret", client.secret.clone()),
            ("refresh_token", token.to_owned()),
        ]
    }

    async fn token(&self, form: &Pairs) -> Told {
        tell(self.http.post(self.auth("/oauth/token")).form(form)).await
    }

    async fn token_dc(&self, form: &Pairs) -> Told {
        tell(self.http.post(self.provider("/token")).form(form)).await
    }

    async fn signed_in(&self, scope: &str) -> Value {
        let code = self.accept(&self.asking(scope)).await;
        let form = Tried::exchange(&self.sandbox.oauth_clients().cloud, &code);
        self.token(&form).await.is(200).json()
    }

    async fn signed_in_dc(&self, scope: &str) -> Value {
        let code = self.allow(&self.asking_dc(scope)).await;
        let form = Tried::exchange(&self.sandbox.oauth_clients().data_center, &code);
        self.token_dc(&form).await.is(200).json()
    }

    async fn refreshed(&self, tokens: &Value) -> Told {
        let client = self.sandbox.oauth_clients().cloud;
        let token = tokens["refresh_token"].as_str().unwrap();
        self.token(&Tried::refreshing(&client, token)).await
    }

    async fn refreshed_dc(&self, tokens: &Value) -> Told {
        let client = self.sandbox.oauth_clients().data_center;
        let token = tokens["refresh_token"].as_str().unwrap();
        self.token_dc(&Tried::refreshing(&client, token)).await
    }

    fn at(&self, tokens: &Value, method: Method, url: &str) -> RequestBuilder {
        let token = tokens["access_token"].as_str().unwrap();
        self.http.request(method, url).bearer_auth(token)
    }

    /// Through the gateway to the first site.
    fn through(&self, tokens: &Value, method: Method, path: &str) -> RequestBuilder {
        let gateway = &self.sandbox.addresses().gateway;
        let url = format!("{gateway}/ex/confluence/{CLOUD_ID}{path}");
        self.at(tokens, method, &url)
    }

    async fn resources(&self, tokens: &Value) -> Vec<Value> {
        let gateway = &self.sandbox.addresses().gateway;
        let url = format!("{gateway}/oauth/token/accessible-resources");
        let told = tell(self.at(tokens, Method::GET, &url)).await.is(200);
        told.json().as_array().unwrap().clone()
    }
}

#[track_caller]
fn is_refused(told: Told, status: u16, error: &str, description: &str) {
    let told = told.is(status);
    let json = told.json();
    assert_eq!(
        (json["error"].as_str(), json["error_description"].as_str()),
        (Some(error), Some(description)),
    );
}

// ---- Atlassian: consent ----------------------------------------------------------

#[tokio::test]
async fn the_consent_page_names_the_app_the_scopes_and_the_sites() {
    let t = Tried::start().await;
    let asked = t.asking(RECOMMENDED);
    let told = t.page(&t.auth("/authorize"), &asked).await.is(200);
    assert!(told.header("content-type").starts_with("text/html"));
    for part in [
        "this is not Confluence",
        "Retropress is requesting access",
        "Casey Morgan",
        "<code>write:page:confluence</code>",
        "<code>offline_access</code>",
        "Create and change pages",
        "retropress-sandbox</label>",
        "retropress-sandbox-two</label>",
        "value=\"accept\">Accept</button>",
        "value=\"cancel\">Cancel</button>",
        "name=\"state\" value=\"st &amp; te\"",
    ] {
        assert!(told.text.contains(part), "{part} is not in {}", told.text);
    }
    // Else a browser would not follow the redirect that answers the form.
    let policy = told.header("content-security-policy");
    let allowed = "form-action 'self' http://localhost:47620;";
    assert!(policy.contains(allowed), "{policy}");
    t.sandbox.set_second_site(false);
    let told = t.page(&t.auth("/authorize"), &asked).await.is(200);
    assert!(!told.text.contains("retropress-sandbox-two"));
}

#[tokio::test]
async fn the_consent_page_is_safe_to_show() {
    let t = Tried::start().await;
    let asked = but(
        &t.asking(RECOMMENDED),
        "state",
        Some("\"><script>alert(1)</script>"),
    );
    let told = t.page(&t.auth("/authorize"), &asked).await.is(200);
    assert!(!told.text.contains("<script"), "{}", told.text);
    let asked = but(
        &asked,
        "redirect_uri",
        Some("http://x/<script>alert(1)</script>"),
    );
    let told = t.page(&t.auth("/authorize"), &asked).await.is(302);
    let url = t.auth(told.header("location"));
    let told = tell(t.http.get(url)).await.is(200);
    assert!(!told.text.contains("<script"), "{}", told.text);
}

#[tokio::test]
async fn the_page_of_another_site_cannot_accept() {
    let t = Tried::start().await;
    let mut form = t.asking(RECOMMENDED);
    form.push(("decision", "accept".to_owned()));
    let own = t.sandbox.addresses().auth.clone();
    for (header, value, status) in [
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
        ("sec-fetch-site", "same-origin", 302),
        ("origin", own.as_str(), 302),
    ] {
        let request = t.http.post(t.auth("/authorize")).form(&form);
        tell(request.header(header, value)).await.is(status);
        let mut form = t.asking_dc("WRITE");
        form.push(("decision", "allow".to_owned()));
        let value = value.replace(&own, t.dc_origin());
        let request = t.http.post(t.provider("/authorize")).form(&form);
        tell(request.header(header, value)).await.is(status);
    }
}

impl Tried {
    fn dc_origin(&self) -> &str {
        let base = &self.sandbox.addresses().data_center;
        base.strip_suffix("/confluence").unwrap()
    }
}

#[tokio::test]
async fn accepting_leads_back_with_a_code_and_the_state() {
    let t = Tried::start().await;
    let asked = t.asking(RECOMMENDED);
    let address = t.decided(&t.auth("/authorize"), &asked, "accept").await;
    assert!(address.starts_with("http://localhost:47620/callback?"));
    assert_eq!(value_of(&address, "state").as_deref(), Some("st & te"));
    assert!(value_of(&address, "code").unwrap().len() > 20);
    let asked = but(&asked, "state", None);
    let address = t.decided(&t.auth("/authorize"), &asked, "accept").await;
    assert_eq!(value_of(&address, "state"), None);
}

#[tokio::test]
async fn cancelling_leads_back_with_access_denied() {
    let t = Tried::start().await;
    let asked = t.asking(RECOMMENDED);
    let address = t.decided(&t.auth("/authorize"), &asked, "cancel").await;
    assert!(address.starts_with(FIRST_REDIRECT_URI));
    assert_eq!(
        value_of(&address, "error").as_deref(),
        Some("access_denied")
    );
    assert_eq!(value_of(&address, "state").as_deref(), Some("st & te"));
    assert_eq!(value_of(&address, "code"), None);
}

#[tokio::test]
async fn a_wrong_question_never_reaches_the_app() {
    let t = Tried::start().await;
    let asked = t.asking(RECOMMENDED);
    let close = "http://localhost:47620/callback/";
    let other_port = "http://localhost:47621/callback";
    let by_number = "http://127.0.0.1:47620/callback";
    let unregistered =
        |address: &str| format!("redirect_uri is not registered for client: {address}");
    let cases = [
        ("client_id", Some("nobody"), "unauthorized_client", None),
        (
            "redirect_uri",
            Some(close),
            "unauthorized_client",
            Some(unregistered(close)),
        ),
        (
            "redirect_uri",
            Some(other_port),
            "unauthorized_client",
            Some(unregistered(other_port)),
        ),
        (
            "redirect_uri",
            Some(by_number),
            "unauthorized_client",
            Some(unregistered(by_number)),
        ),
        (
            "redirect_uri",
            None,
            "unauthorized_client",
            Some(unregistered("")),
        ),
        ("audience", None, "invalid_request", None),
        ("audience", Some("api.example.com"), "invalid_request", None),
        (
            "scope",
            Some(""),
            "invalid_scope",
            Some("This app has not requested any supported Atlassian scopes.".to_owned()),
        ),
        (
            "scope",
            Some("read:page:confluence write:everything"),
            "invalid_scope",
            None,
        ),
    ];
    for (name, value, error, description) in cases {
        let asked = but(&asked, name, value);
        let told = t.page(&t.auth("/authorize"), &asked).await.is(302);
        let page = told.header("location").to_owned();
        assert!(page.starts_with("/error?"), "{name}: {page}");
        assert_eq!(value_of(&page, "error").as_deref(), Some(error), "{name}");
        let told = tell(t.http.get(t.auth(&page))).await.is(200);
        if let Some(description) = description {
            assert_eq!(
                value_of(&page, "error_description"),
                Some(description.clone())
            );
            assert!(told.text.contains(&description), "{}", told.text);
        }
        // The form is held to the same.
        let page = t.decided(&t.auth("/authorize"), &asked, "accept").await;
        assert!(page.starts_with("/error?"), "{name}: {page}");
    }
    let told = t
        .page(
            &t.auth("/authorize"),
            &but(&asked, "response_type", Some("token")),
        )
        .await;
    let told = told.is(302);
    let back = told.header("location");
    assert!(back.starts_with(FIRST_REDIRECT_URI), "{back}");
    assert_eq!(
        value_of(back, "error").as_deref(),
        Some("unsupported_response_type")
    );
}

#[tokio::test]
async fn without_prompt_what_was_allowed_before_is_not_asked_again() {
    let t = Tried::start().await;
    let asked = t.asking(RECOMMENDED);
    let quiet = but(&asked, "prompt", Some("none"));
    let told = t.page(&t.auth("/authorize"), &quiet).await.is(302);
    let error = value_of(told.header("location"), "error");
    assert_eq!(error.as_deref(), Some("consent_required"));
    t.page(&t.auth("/authorize"), &but(&asked, "prompt", None))
        .await
        .is(200);
    t.accept(&asked).await;
    for prompt in [None, Some("none")] {
        let told = t
            .page(&t.auth("/authorize"), &but(&asked, "prompt", prompt))
            .await
            .is(302);
        assert!(value_of(told.header("location"), "code").is_some());
    }
    // More than was allowed is asked for again; so is all, when told to.
    let more = but(
        &but(&asked, "prompt", None),
        "scope",
        Some("search:confluence"),
    );
    t.page(&t.auth("/authorize"), &more).await.is(200);
    t.page(&t.auth("/authorize"), &asked).await.is(200);
}

// ---- Atlassian: tokens -----------------------------------------------------------

#[tokio::test]
async fn a_code_gives_tokens_as_a_form_and_as_json() {
    let t = Tried::start().await;
    let client = t.sandbox.oauth_clients().cloud;
    for as_json in [false, true] {
        let code = t.accept(&t.asking(RECOMMENDED)).await;
        let form = Tried::exchange(&client, &code);
        let request = t.http.post(t.auth("/oauth/token"));
        let told = if as_json {
            let body: serde_json::Map<String, Value> = form
                .iter()
                .map(|(k, v)| ((*k).to_owned(), json!(v)))
                .collect();
            tell(request.json(&body)).await
        } else {
            tell(request.form(&form)).await
        };
        let told = told.is(200);
        assert_eq!(told.header("cache-control"), "no-store");
        let tokens = told.json();
        assert_eq!(tokens["expires_in"], 3600);
        assert_eq!(tokens["token_type"], "Bearer");
        assert_eq!(tokens["scope"], RECOMMENDED);
        // Longer than Windows keeps as one secret.
        assert!(tokens["access_token"].as_str().unwrap().len() > 2560);
        assert!(tokens["refresh_token"].as_str().unwrap().len() > 2560);
        tell(t.through(&tokens, Method::GET, "/wiki/api/v2/spaces"))
            .await
            .is(200);
    }
    // The client may also identify itself in the header.
    let code = t.accept(&t.asking(RECOMMENDED)).await;
    let form = Tried::exchange(&client, &code);
    let form = but(&but(&form, "client_secret", None), "client_id", None);
    let request = t.http.post(t.auth("/oauth/token")).form(&form);
    tell(request.basic_auth(&client.id, Some(&client.secret)))
        .await
        .is(200);
}

#[tokio::test]
async fn without_offline_access_there_is_no_refresh_token() {
    let t = Tried::start().await;
    let tokens = t.signed_in("read:space:confluence").await;
    assert_eq!(tokens.get("refresh_token"), None);
    tell(t.through(&tokens, Method::GET, "/wiki/api/v2/spaces"))
        .await
        .is(200);
}

#[tokio::test]
async fn a_code_works_once_for_its_app_and_its_address_and_not_for_long() {
    let t = Tried::start().await;
    let client = t.sandbox.oauth_clients().cloud;
    let asked = t.asking(RECOMMENDED);
    let form = Tried::exchange(&client, &t.accept(&asked).await);
    t.token(&form).await.is(200);
    let invalid = "authorization_code is invalid";
    is_refused(t.token(&form).await, 400, "invalid_request", invalid);
    is_refused(
        t.token(&Tried::exchange(&client, "guess")).await,
        400,
        "invalid_request",
        invalid,
    );

    let form = Tried::exchange(&client, &t.accept(&asked).await);
    let other = but(&form, "redirect_uri", Some("http://localhost:1/callback"));
    is_refused(t.token(&other).await, 400, "invalid_request", invalid);
    // A code that was shown to the wrong one is spent.
    is_refused(t.token(&form).await, 400, "invalid_request", invalid);

    let form = Tried::exchange(&client, &t.accept(&asked).await);
    t.sandbox.set_clock_ahead(6 * MINUTE);
    is_refused(t.token(&form).await, 400, "invalid_request", invalid);

    // A code of Data Center is none of Atlassian's.
    let code = t.allow(&t.asking_dc("WRITE")).await;
    is_refused(
        t.token(&Tried::exchange(&client, &code)).await,
        400,
        "invalid_request",
        invalid,
    );
}

#[tokio::test]
async fn the_client_secret_is_always_wanted() {
    let t = Tried::start().await;
    let client = t.sandbox.oauth_clients().cloud;
    let mut asked = t.asking(RECOMMENDED);
    asked.push(("code_challenge", challenge()));
    asked.push(("code_challenge_method", "S256".to_owned()));
    let mut form = Tried::exchange(&client, &t.accept(&asked).await);
    form.push(("code_verifier", VERIFIER.to_owned()));
    let incomplete = "Incorrect request parameters";
    let without = t.token(&but(&form, "client_secret", None)).await;
    is_refused(without, 400, "invalid_request", incomplete);
    let wrong = t.token(&but(&form, "client_secret", Some("guess"))).await;
    is_refused(wrong, 401, "access_denied", "Unauthorized");
    let unknown = t.token(&but(&form, "client_id", Some("nobody"))).await;
    is_refused(unknown, 401, "access_denied", "Unauthorized");
    let nothing = t.token(&but(&form, "grant_type", None)).await;
    is_refused(nothing, 400, "invalid_request", incomplete);
    let device = t
        .token(&but(&form, "grant_type", Some("device_code")))
        .await;
    assert_eq!(device.json()["error"], "unsupported_grant_type");
    t.token(&form).await.is(200);
}

#[tokio::test]
async fn a_verifier_is_checked_where_a_challenge_was_sent() {
    let t = Tried::start().await;
    let client = t.sandbox.oauth_clients().cloud;
    let s256 = |method: Option<&'static str>, text: &str| {
        let mut asked = t.asking(RECOMMENDED);
        asked.push(("code_challenge", text.to_owned()));
        asked.extend(method.map(|method| ("code_challenge_method", method.to_owned())));
        asked
    };
    let (hashed, plain) = (
        s256(Some("S256"), &challenge()),
        s256(Some("plain"), VERIFIER),
    );
    for (asked, verifier, good) in [
        (&hashed, Some(VERIFIER), true),
        (&hashed, Some("another"), false),
        (&hashed, None, false),
        (&hashed, Some(challenge().as_str()), false),
        (&plain, Some(VERIFIER), true),
        (&plain, Some("another"), false),
    ] {
        let form = Tried::exchange(&client, &t.accept(asked).await);
        let told = t.token(&but(&form, "code_verifier", verifier)).await;
        if good {
            told.is(200);
        } else {
            assert_eq!(told.is(403).json()["error"], "invalid_grant");
        }
    }
}

#[tokio::test]
async fn refresh_tokens_rotate_and_an_old_one_is_taken_for_ten_minutes() {
    let t = Tried::start().await;
    let first = t.signed_in(RECOMMENDED).await;
    let second = t.refreshed(&first).await.is(200).json();
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert_ne!(first["access_token"], second["access_token"]);
    assert_eq!(second["scope"], RECOMMENDED);
    // Both access tokens live until their time is over.
    for tokens in [&first, &second] {
        tell(t.through(tokens, Method::GET, "/wiki/api/v2/spaces"))
            .await
            .is(200);
    }
    t.sandbox.set_clock_ahead(9 * MINUTE);
    t.refreshed(&first).await.is(200);
    t.sandbox.set_clock_ahead(11 * MINUTE);
    let dead = "refresh_token is invalid";
    is_refused(t.refreshed(&first).await, 403, "unauthorized_client", dead);
    // A late try does not hurt the newer ones.
    t.refreshed(&second).await.is(200);
    let made_up = json!({"refresh_token": "guess"});
    is_refused(
        t.refreshed(&made_up).await,
        403,
        "unauthorized_client",
        dead,
    );
}

#[tokio::test]
async fn ninety_days_without_use_end_a_sign_in() {
    let t = Tried::start().await;
    let first = t.signed_in(RECOMMENDED).await;
    t.sandbox.set_clock_ahead(89 * DAY);
    let second = t.refreshed(&first).await.is(200).json();
    t.sandbox.set_clock_ahead((89 + 89) * DAY);
    let third = t.refreshed(&second).await.is(200).json();
    t.sandbox.set_clock_ahead((89 + 89 + 91) * DAY);
    let inactive = "Unknown or invalid refresh token.";
    is_refused(t.refreshed(&third).await, 403, "invalid_grant", inactive);
}

#[tokio::test]
async fn a_removed_app_is_signed_out() {
    let t = Tried::start().await;
    let tokens = t.signed_in(RECOMMENDED).await;
    t.sandbox.revoke_sign_ins().unwrap();
    t.refreshed(&tokens).await.is(403);
    tell(t.through(&tokens, Method::GET, "/wiki/api/v2/spaces"))
        .await
        .is(401);
}

#[tokio::test]
async fn a_new_consent_replaces_the_scopes() {
    let t = Tried::start().await;
    let wide = t.signed_in(RECOMMENDED).await;
    t.signed_in("read:space:confluence offline_access").await;
    let refreshed = t.refreshed(&wide).await.is(200).json();
    assert_eq!(refreshed["scope"], "read:space:confluence offline_access");
    tell(t.through(&refreshed, Method::GET, "/wiki/api/v2/pages"))
        .await
        .is(401);
}

#[tokio::test]
async fn access_tokens_expire() {
    let t = Tried::start().await;
    t.sandbox
        .set_access_token_lifetime(Some(Duration::from_secs(30)));
    let short = t.signed_in(RECOMMENDED).await;
    assert_eq!(short["expires_in"], 30);
    let spaces = "/wiki/api/v2/spaces";
    tell(t.through(&short, Method::GET, spaces)).await.is(200);
    t.sandbox.set_clock_ahead(Duration::from_secs(31));
    let told = tell(t.through(&short, Method::GET, spaces)).await.is(401);
    assert_eq!(told.json()["message"], "Unauthorized");
    t.sandbox.set_access_token_lifetime(None);
    let fresh = t.refreshed(&short).await.is(200).json();
    assert_eq!(fresh["expires_in"], 3600);
    tell(t.through(&fresh, Method::GET, spaces)).await.is(200);
    t.sandbox.expire_access_tokens().unwrap();
    tell(t.through(&fresh, Method::GET, spaces)).await.is(401);
    let fresh = t.refreshed(&fresh).await.is(200).json();
    tell(t.through(&fresh, Method::GET, spaces)).await.is(200);
    let record = t.sandbox.requests();
    let kinds: Vec<_> = record
        .iter()
        .filter_map(|r| r.header("authorization"))
        .collect();
    assert!(kinds.contains(&"Bearer (access token)"));
    assert!(kinds.contains(&"Bearer (expired access token)"));
}

#[tokio::test]
async fn a_service_account_signs_in_by_a_form_without_scopes() {
    let t = Tried::start().await;
    let client = t.sandbox.oauth_clients().service_account;
    let form: Pairs = vec![
        ("grant_type", "client_credentials".to_owned()),
        ("client_id", client.id.clone()),
        ("client_secret", client.secret.clone()),
    ];
    let tokens = t.token(&form).await.is(200).json();
    assert_eq!(tokens["expires_in"], 3600);
    assert_eq!(tokens.get("refresh_token"), None);
    let scoped = t
        .token(&but(&form, "scope", Some("read:page:confluence")))
        .await;
    assert_eq!(scoped.is(400).json()["error"], "invalid_scope");
    let wrong = t.token(&but(&form, "client_secret", Some("guess"))).await;
    is_refused(wrong, 401, "access_denied", "Unauthorized");
    let app = t.sandbox.oauth_clients().cloud;
    let not_this_app = but(
        &but(&form, "client_id", Some(&app.id)),
        "client_secret",
        Some(&app.secret),
    );
    is_refused(
        t.token(&not_this_app).await,
        401,
        "access_denied",
        "Unauthorized",
    );
    let body: serde_json::Map<String, Value> = form
        .iter()
        .map(|(k, v)| ((*k).to_owned(), json!(v)))
        .collect();
    tell(t.http.post(t.auth("/oauth/token")).json(&body))
        .await
        .is(400);

    // It finds its sites, and its pages bear its name.
    assert_eq!(t.resources(&tokens).await.len(), 4);
    let space = t.space("PAY").await["id"].clone();
    let request = t.through(&tokens, Method::POST, "/wiki/api/v2/pages");
    let page = tell(request.json(&new_page(&space, "By the service account", "")))
        .await
        .is(200)
        .json();
    let request = t.through(&tokens, Method::GET, "/wiki/rest/api/user/current");
    let account = tell(request).await.is(200).json();
    assert_eq!(account["displayName"], "Retropress service account");
    assert_eq!(page["authorId"], account["accountId"]);
}

// ---- What the tokens open ----------------------------------------------------------

#[tokio::test]
async fn the_sites_are_named_once_for_each_family_of_scopes() {
    let t = Tried::start().await;
    let tokens = t.signed_in(RECOMMENDED).await;
    let [first, second] = t.sandbox.cloud_ids();
    let found = t.resources(&tokens).await;
    let ids: Vec<&str> = found.iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [first, second, first, second]);
    let addresses = t.sandbox.addresses();
    assert_eq!(
        format!("{}/wiki", found[0]["url"].as_str().unwrap()),
        addresses.cloud
    );
    assert_eq!(
        format!("{}/wiki", found[1]["url"].as_str().unwrap()),
        addresses.second_cloud
    );
    assert_eq!(
        found[0]["scopes"],
        json!(["write:confluence-file", "read:confluence-user"])
    );
    assert!(
        found[2]["scopes"]
            .as_array()
            .unwrap()
            .contains(&json!("read:page:confluence"))
    );
    assert_eq!(found[0]["name"], "retropress-sandbox");
    tell(t.http.get(found[0]["avatarUrl"].as_str().unwrap()))
        .await
        .is(200);

    t.sandbox.set_second_site(false);
    let ids: Vec<Value> = t
        .resources(&tokens)
        .await
        .iter()
        .map(|it| it["id"].clone())
        .collect();
    assert_eq!(ids, [first, first]);

    let gateway = &t.sandbox.addresses().gateway;
    for token in ["", "guess"] {
        let url = format!("{gateway}/oauth/token/accessible-resources");
        tell(t.http.get(url).bearer_auth(token)).await.is(401);
    }
}

#[tokio::test]
async fn the_user_chooses_the_sites() {
    let t = Tried::start().await;
    let [first, second] = t.sandbox.cloud_ids();
    let mut asked = t.asking(RECOMMENDED);
    asked.push(("site", second.to_owned()));
    let client = t.sandbox.oauth_clients().cloud;
    let form = Tried::exchange(&client, &t.accept(&asked).await);
    let tokens = t.token(&form).await.is(200).json();
    let ids: Vec<Value> = t
        .resources(&tokens)
        .await
        .iter()
        .map(|it| it["id"].clone())
        .collect();
    assert_eq!(ids, [second, second]);
    let gateway = &t.sandbox.addresses().gateway;
    let spaces = |site: &str| format!("{gateway}/ex/confluence/{site}/wiki/api/v2/spaces");
    tell(t.at(&tokens, Method::GET, &spaces(first)))
        .await
        .is(404);
    let told = tell(t.at(&tokens, Method::GET, &spaces(second)))
        .await
        .is(200)
        .json();
    assert_eq!(
        told["_links"]["base"],
        t.sandbox.addresses().second_cloud.as_str()
    );
    let keys: Vec<_> = told["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["key"].clone())
        .collect();
    assert!(
        keys.contains(&json!("TRY")) && !keys.contains(&json!("PAY")),
        "{keys:?}"
    );
    let mut none = asked.clone();
    none.push(("site", "unknown".to_owned()));
    none.retain(|(_, value)| value != second);
    let page = t.decided(&t.auth("/authorize"), &none, "accept").await;
    assert!(page.starts_with("/error?"), "{page}");
}

#[tokio::test]
async fn the_second_site_has_pages_of_its_own() {
    let t = Tried::start().await;
    let second = t.sandbox.addresses().second_cloud.clone();
    let info = tell(t.http.get(second.replace("/wiki", "/_edge/tenant_info")))
        .await
        .is(200);
    assert_eq!(info.json()["cloudId"], t.sandbox.cloud_ids()[1]);
    let get = |url: String| {
        t.http
            .get(url)
            .basic_auth(&t.who.email, Some(&t.who.api_token))
    };
    let space = tell(get(format!("{second}/api/v2/spaces?keys=TRY")))
        .await
        .is(200)
        .json();
    let space = &space["results"][0]["id"];
    let made = tell(
        t.http
            .post(format!("{second}/api/v2/pages"))
            .basic_auth(&t.who.email, Some(&t.who.api_token))
            .json(&new_page(space, "Over there", "<p>x</p>")),
    )
    .await
    .is(200)
    .json();
    let webui = format!("{second}{}", made["_links"]["webui"].as_str().unwrap());
    assert!(
        tell(t.http.get(webui))
            .await
            .is(200)
            .text
            .contains("<h1>Over there</h1>")
    );
    let id = made["id"].as_str().unwrap();
    tell(t.v2(Method::GET, &format!("/pages/{id}")))
        .await
        .is(404);
    let hosts: Vec<Host> = t.sandbox.requests().iter().map(|r| r.host).collect();
    assert_eq!(hosts.last(), Some(&Host::Cloud));
    assert!(hosts.contains(&Host::SecondCloud));
    t.sandbox.empty().await.unwrap();
    tell(get(format!("{second}/api/v2/pages/{id}")))
        .await
        .is(404);
}

#[tokio::test]
async fn the_account_is_told_to_who_may_know_it() {
    let t = Tried::start().await;
    let me = format!("{}/me", t.sandbox.addresses().gateway);
    let tokens = t.signed_in("read:me read:page:confluence").await;
    let account = tell(t.at(&tokens, Method::GET, &me)).await.is(200).json();
    assert_eq!(account["name"], "Casey Morgan");
    assert_eq!(account["email"], t.who.email.as_str());
    let request = t.v1(Method::GET, "/user/current");
    let same = tell(request).await.is(200).json();
    assert_eq!(account["account_id"], same["accountId"]);
    let tokens = t.signed_in("read:page:confluence").await;
    let told = tell(t.at(&tokens, Method::GET, &me)).await.is(401);
    assert_eq!(told.json()["message"], "Unauthorized; scope does not match");
    tell(t.http.get(&me)).await.is(401);
}

#[tokio::test]
async fn access_tokens_work_on_the_gateway_alone() {
    let t = Tried::start().await;
    let tokens = t.signed_in(RECOMMENDED).await;
    let site = &t.sandbox.addresses().cloud;
    for path in ["/api/v2/spaces", "/rest/api/user/current"] {
        for expired in [false, true] {
            if expired {
                t.sandbox.expire_access_tokens().unwrap();
            }
            let told = tell(t.at(&tokens, Method::GET, &format!("{site}{path}")))
                .await
                .is(401);
            assert!(
                told.header("content-type").starts_with("text/html"),
                "{path}"
            );
            assert!(told.text.contains("HTTP Status 401"), "{}", told.text);
        }
    }
    let dc = format!("{}/rest/api/space", t.sandbox.addresses().data_center);
    tell(t.at(&tokens, Method::GET, &dc)).await.is(401);
}

#[tokio::test]
async fn scopes_are_checked_before_the_way() {
    let t = Tried::start().await;
    let no_match = "Unauthorized; scope does not match";
    // Each call that a scope opens, and a scope that does not.
    for (method, path, opens) in [
        (Method::GET, "/wiki/api/v2/spaces", "read:space:confluence"),
        (Method::GET, "/wiki/api/v2/pages", "read:page:confluence"),
        (Method::POST, "/wiki/api/v2/pages", "write:page:confluence"),
        (
            Method::DELETE,
            "/wiki/api/v2/pages/1",
            "delete:page:confluence",
        ),
        (
            Method::GET,
            "/wiki/api/v2/pages/1/attachments",
            "read:attachment:confluence",
        ),
        (
            Method::GET,
            "/wiki/api/v2/pages/1/direct-children",
            "read:hierarchical-content:confluence",
        ),
        (
            Method::PUT,
            "/wiki/rest/api/content/1/child/attachment",
            "write:confluence-file",
        ),
        (
            Method::POST,
            "/wiki/rest/api/content/1/label",
            "write:confluence-content",
        ),
        (
            Method::GET,
            "/wiki/rest/api/user/current",
            "read:confluence-user",
        ),
        (
            Method::GET,
            "/wiki/rest/api/search?cql=type=page",
            "search:confluence",
        ),
    ] {
        for scope in ["offline_access", opens] {
            let tokens = t.signed_in(scope).await;
            let told = tell(t.through(&tokens, method.clone(), path)).await;
            let refused = told.text.contains(no_match);
            assert_eq!(
                refused,
                scope != opens,
                "{method} {path} with {scope}: {}",
                told.text
            );
            assert_eq!(told.status == 401, refused, "{method} {path} with {scope}");
        }
    }
    // Before it is known whether there is such a site.
    let tokens = t.signed_in("read:page:confluence").await;
    let gateway = &t.sandbox.addresses().gateway;
    let nowhere = format!("{gateway}/ex/confluence/no-such-site/wiki/api/v2");
    tell(t.at(&tokens, Method::GET, &format!("{nowhere}/spaces")))
        .await
        .is(401);
    tell(t.at(&tokens, Method::GET, &format!("{nowhere}/pages")))
        .await
        .is(404);
}

#[tokio::test]
async fn classic_scopes_do_not_open_v2_and_v1_content_is_gone() {
    let t = Tried::start().await;
    let classic = "read:confluence-space.summary write:confluence-content write:confluence-file \
                   read:confluence-content.summary offline_access";
    let tokens = t.signed_in(classic).await;
    for path in ["/spaces", "/pages"] {
        let told = tell(t.through(&tokens, Method::GET, &format!("/wiki/api/v2{path}"))).await;
        assert_eq!(
            told.is(401).json()["message"],
            "Unauthorized; scope does not match"
        );
    }
    for (method, path) in [
        (Method::GET, "/content?title=x"),
        (Method::POST, "/content"),
        (Method::GET, "/space"),
        (Method::GET, "/space/PAY"),
    ] {
        let told = tell(t.through(&tokens, method, &format!("/wiki/rest/api{path}")))
            .await
            .is(410);
        let json = told.json();
        assert_eq!(json["statusCode"], 410);
        assert_eq!(json["data"]["authorized"], true);
        assert!(json["message"].as_str().unwrap().contains("GoneException"));
    }
}

// ---- Data Center ---------------------------------------------------------------------

#[tokio::test]
async fn data_center_asks_and_leads_back() {
    let t = Tried::start().await;
    let asked = t.asking_dc("WRITE");
    let told = t.page(&t.provider("/authorize"), &asked).await.is(200);
    for part in [
        "Retropress would like to access your Confluence account",
        "Casey Morgan",
        "<code>WRITE</code>",
        "value=\"allow\">Allow</button>",
        "value=\"deny\">Deny</button>",
    ] {
        assert!(told.text.contains(part), "{part} is not in {}", told.text);
    }
    let policy = told.header("content-security-policy");
    assert!(
        policy.contains("form-action 'self' http://localhost:47620;"),
        "{policy}"
    );
    let address = t.decided(&t.provider("/authorize"), &asked, "allow").await;
    assert!(address.starts_with(FIRST_REDIRECT_URI));
    assert_eq!(value_of(&address, "state").as_deref(), Some("state"));
    assert!(value_of(&address, "code").is_some());
    let address = t.decided(&t.provider("/authorize"), &asked, "deny").await;
    assert_eq!(
        value_of(&address, "error").as_deref(),
        Some("access_denied")
    );
}

#[tokio::test]
async fn data_center_gives_tokens_to_forms_alone() {
    let t = Tried::start().await;
    let client = t.sandbox.oauth_clients().data_center;
    let form = Tried::exchange(&client, &t.allow(&t.asking_dc("WRITE")).await);
    let body: serde_json::Map<String, Value> = form
        .iter()
        .map(|(k, v)| ((*k).to_owned(), json!(v)))
        .collect();
    let told = tell(t.http.post(t.provider("/token")).json(&body))
        .await
        .is(500);
    assert!(
        told.text.contains("@FormParam is utilized"),
        "{}",
        told.text
    );
    let before = chrono::Utc::now().timestamp();
    let tokens = t.token_dc(&form).await.is(200).json();
    assert_eq!(tokens["token_type"], "bearer");
    assert_eq!(tokens["expires_in"], 3600);
    assert!((before..=before + 600).contains(&tokens["created_at"].as_i64().unwrap()));
    let base = &t.sandbox.addresses().data_center;
    let url = format!("{base}/rest/api/user/current");
    let account = tell(t.at(&tokens, Method::GET, &url)).await.is(200).json();
    assert_eq!(account["username"], t.who.username.as_str());
    let request = t.at(&tokens, Method::POST, &format!("{base}/rest/api/content"));
    tell(request.json(&new_content("By the link", "")))
        .await
        .is(200);
    // They are nothing to Cloud.
    tell(t.through(&tokens, Method::GET, "/wiki/api/v2/spaces"))
        .await
        .is(401);
}

#[tokio::test]
async fn data_center_checks_the_secret_the_code_and_the_verifier() {
    let t = Tried::start().await;
    let client = t.sandbox.oauth_clients().data_center;
    let form = Tried::exchange(&client, &t.allow(&t.asking_dc("WRITE")).await);
    for secret in [None, Some("guess")] {
        let told = t
            .token_dc(&but(&form, "client_secret", secret))
            .await
            .is(401);
        assert_eq!(told.json()["error"], "invalid_client");
    }
    let told = t
        .token_dc(&but(&form, "client_id", Some("nobody")))
        .await
        .is(401);
    assert_eq!(told.json()["error"], "invalid_client");
    for missing in ["grant_type", "client_id", "code"] {
        let told = t.token_dc(&but(&form, missing, None)).await.is(400);
        assert_eq!(told.json()["error"], "invalid_request");
    }
    let told = t
        .token_dc(&but(&form, "grant_type", Some("password")))
        .await
        .is(400);
    assert_eq!(told.json()["error"], "unsupported_grant_type");
    t.token_dc(&form).await.is(200);
    let told = t.token_dc(&form).await.is(400);
    assert_eq!(told.json()["error"], "invalid_grant");

    let form = Tried::exchange(&client, &t.allow(&t.asking_dc("WRITE")).await);
    let told = t
        .token_dc(&but(&form, "redirect_uri", Some("http://localhost:1/")))
        .await
        .is(400);
    assert_eq!(told.json()["error"], "invalid_grant");

    let form = Tried::exchange(&client, &t.allow(&t.asking_dc("WRITE")).await);
    t.sandbox.set_clock_ahead(Duration::from_secs(61));
    let told = t.token_dc(&form).await.is(400);
    assert_eq!(told.json()["error"], "invalid_grant");
    t.sandbox.set_clock_ahead(Duration::ZERO);

    for (method, text) in [("S256", challenge()), ("plain", VERIFIER.to_owned())] {
        for (verifier, status) in [(Some(VERIFIER), 200), (Some("another"), 400), (None, 400)] {
            let mut asked = t.asking_dc("WRITE");
            asked.push(("code_challenge", text.clone()));
            asked.push(("code_challenge_method", method.to_owned()));
            let form = Tried::exchange(&client, &t.allow(&asked).await);
            t.token_dc(&but(&form, "code_verifier", verifier))
                .await
                .is(status);
        }
    }
    let mut asked = t.asking_dc("WRITE");
    asked.push(("code_challenge", challenge()));
    asked.push(("code_challenge_method", "S512".to_owned()));
    let told = t.page(&t.provider("/authorize"), &asked).await.is(302);
    let error = value_of(told.header("location"), "error");
    assert_eq!(error.as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn data_center_kills_the_old_pair_at_a_refresh() {
    let t = Tried::start().await;
    let url = format!("{}/rest/api/space", t.sandbox.addresses().data_center);
    let first = t.signed_in_dc("WRITE").await;
    let other = t.signed_in_dc("WRITE").await;
    let second = t.refreshed_dc(&first).await.is(200).json();
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    tell(t.at(&second, Method::GET, &url)).await.is(200);
    tell(t.at(&first, Method::GET, &url)).await.is(401);
    // Another sign-in of the same app is not touched.
    tell(t.at(&other, Method::GET, &url)).await.is(200);
    let told = t.refreshed_dc(&first).await.is(400);
    assert_eq!(told.json()["error"], "invalid_grant");
    t.refreshed_dc(&second).await.is(200);
    t.sandbox.set_clock_ahead(91 * DAY);
    let told = t.refreshed_dc(&other).await.is(400);
    assert_eq!(told.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn data_center_knows_four_scopes_and_what_the_link_allows() {
    let t = Tried::start().await;
    let base = t.sandbox.addresses().data_center.clone();
    let all = ["READ", "WRITE", "ADMIN", "SYSTEM_ADMIN"];
    let permissions = [
        Permission::Read,
        Permission::Write,
        Permission::Admin,
        Permission::SystemAdmin,
    ];
    for (most, permission) in permissions.into_iter().enumerate() {
        t.sandbox.set_link_permission(permission);
        for (number, scope) in all.into_iter().enumerate() {
            let address = t
                .decided(&t.provider("/authorize"), &t.asking_dc(scope), "allow")
                .await;
            assert!(address.starts_with(FIRST_REDIRECT_URI));
            let error = value_of(&address, "error");
            let expected = (number > most).then_some("invalid_scope");
            assert_eq!(error.as_deref(), expected, "{scope} with {permission:?}");
        }
    }
    for scope in ["read:page:confluence", "write", "READ SUPER"] {
        let told = t
            .page(&t.provider("/authorize"), &t.asking_dc(scope))
            .await
            .is(302);
        let error = value_of(told.header("location"), "error");
        assert_eq!(error.as_deref(), Some("invalid_scope"), "{scope}");
    }
    let tokens = t.signed_in_dc("READ").await;
    tell(t.at(&tokens, Method::GET, &format!("{base}/rest/api/space")))
        .await
        .is(200);
    let request = t.at(&tokens, Method::POST, &format!("{base}/rest/api/content"));
    tell(request.json(&new_content("Not allowed", "")))
        .await
        .is(403);
    let tokens = t.signed_in_dc("READ WRITE").await;
    let request = t.at(&tokens, Method::POST, &format!("{base}/rest/api/content"));
    tell(request.json(&new_content("Not allowed", "")))
        .await
        .is(200);
}

#[tokio::test]
async fn data_center_sends_codes_to_https_and_localhost_alone() {
    let t = Tried::start().await;
    let not_https = "Please ensure that your server is using HTTPS and that your application base \
                     URL is configured appropriately.";
    for (address, on_newer, on_older) in [
        (
            "http://localhost:47620/callback",
            None,
            Some("URL must use https"),
        ),
        (
            "http://127.0.0.1:47620/callback",
            Some(not_https),
            Some("URL must use https"),
        ),
        (
            "http://[::1]:47620/callback",
            Some(not_https),
            Some("URL must use https"),
        ),
        (
            "http://localhost.example.com/callback",
            Some(not_https),
            Some("URL must use https"),
        ),
        ("https://retropress.example.com/callback", None, None),
        ("retropress://callback", None, None),
    ] {
        t.sandbox.set_redirect_uri(address).unwrap();
        let asked = but(&t.asking_dc("WRITE"), "redirect_uri", Some(address));
        for (https_only, problem) in [(false, on_newer), (true, on_older)] {
            t.sandbox.set_https_redirects_only(https_only);
            let told = t.page(&t.provider("/authorize"), &asked).await;
            match problem {
                Some(problem) => assert!(told.is(400).text.contains(problem), "{address}"),
                None => {
                    told.is(200);
                    let back = t.decided(&t.provider("/authorize"), &asked, "allow").await;
                    assert!(back.starts_with(&format!("{address}?code=")), "{back}");
                }
            }
        }
        t.sandbox.set_https_redirects_only(false);
    }
    // Another address than the link's, and another app.
    let other = but(
        &t.asking_dc("WRITE"),
        "redirect_uri",
        Some("https://evil.example"),
    );
    t.page(&t.provider("/authorize"), &other).await.is(400);
    let other = but(&t.asking_dc("WRITE"), "client_id", Some("nobody"));
    t.page(&t.provider("/authorize"), &other).await.is(400);
}

// ---- Switches -------------------------------------------------------------------------

#[tokio::test]
async fn an_old_server_knows_neither_tokens_nor_oauth() {
    let t = Tried::start().await;
    let tokens = t.signed_in_dc("WRITE").await;
    t.sandbox.set_old_server(true);
    let base = t.sandbox.addresses().data_center.clone();
    let manifest = tell(t.http.get(format!("{base}/rest/applinks/1.0/manifest")))
        .await
        .is(200);
    assert!(
        manifest.text.contains("<version>7.4.0</version>"),
        "{}",
        manifest.text
    );
    tell(t.dc(Method::GET, "/server-information")).await.is(404);
    // The header is not looked at: the caller is nobody.
    tell(t.dc(Method::GET, "/space")).await.is(403);
    tell(t.at(&tokens, Method::GET, &format!("{base}/rest/api/space")))
        .await
        .is(403);
    t.sandbox.set_anonymous_access(true);
    let account = tell(t.dc(Method::GET, "/user/current"))
        .await
        .is(200)
        .json();
    assert_eq!(account["type"], "anonymous");
    let asked = t.asking_dc("WRITE");
    t.page(&t.provider("/authorize"), &asked).await.is(404);
    t.token_dc(&Tried::exchange(
        &t.sandbox.oauth_clients().data_center,
        "x",
    ))
    .await
    .is(404);
    // Names and passwords work.
    let request = t.http.get(format!("{base}/rest/api/user/current"));
    tell(request.basic_auth(&t.who.username, Some(&t.who.password)))
        .await
        .is(200);
}

#[tokio::test]
async fn tokens_past_their_last_day_are_refused() {
    let t = Tried::start().await;
    t.sandbox.set_tokens_expired(true);
    tell(t.v2(Method::GET, "/spaces")).await.is(404);
    tell(t.v1(Method::GET, "/user/current")).await.is(403);
    tell(t.gateway(Method::GET, "/wiki/api/v2/spaces"))
        .await
        .is(404);
    tell(t.dc(Method::GET, "/space")).await.is(401);
    t.sandbox.set_tokens_expired(false);
    tell(t.v2(Method::GET, "/spaces")).await.is(200);
    tell(t.dc(Method::GET, "/space")).await.is(200);
}

#[tokio::test]
async fn the_captcha_comes_when_it_is_told_to() {
    let t = Tried::start().await;
    t.sandbox.set_captcha_after(2);
    let url = format!("{}/rest/api/space", t.sandbox.addresses().data_center);
    let guess = |password: &str| t.http.get(&url).basic_auth("cmorgan", Some(password));
    for _ in 0..2 {
        let told = tell(guess("wrong")).await.is(401);
        assert_eq!(told.header("x-seraph-loginreason"), "AUTHENTICATED_FAILED");
    }
    let told = tell(guess(&t.who.password)).await.is(403);
    let reason = told.header("x-authentication-denied-reason");
    assert!(
        reason.starts_with("CAPTCHA_CHALLENGE; login-url=http"),
        "{reason}"
    );
    // A token is not a password.
    tell(t.dc(Method::GET, "/space")).await.is(200);
}

#[tokio::test]
async fn the_limit_of_requests_is_told_and_kept() {
    let t = Tried::start().await;
    t.sandbox
        .set_rate_limit(Some((3, Duration::from_secs(3600))));
    for left in ["2", "1", "0"] {
        let told = tell(t.dc(Method::GET, "/space")).await.is(200);
        assert_eq!(told.header("x-ratelimit-limit"), "3");
        assert_eq!(told.header("x-ratelimit-remaining"), left);
        assert_eq!(told.header("x-ratelimit-interval-seconds"), "3600");
        assert_eq!(told.header("x-ratelimit-fillrate"), "3");
    }
    let told = tell(t.dc(Method::GET, "/space")).await.is(429);
    let wait: u64 = told.header("retry-after").parse().unwrap();
    assert!((1..=3600).contains(&wait));
    // Cloud counts by itself.
    for _ in 0..3 {
        let told = tell(t.v2(Method::GET, "/spaces")).await.is(200);
        assert_eq!(told.header("x-ratelimit-limit"), "3");
    }
    let told = tell(t.gateway(Method::GET, "/wiki/api/v2/spaces"))
        .await
        .is(429);
    assert_eq!(told.header("x-ratelimit-nearlimit"), "true");
    assert!(told.header("x-ratelimit-reset").ends_with('Z'));
    assert!(!told.header("ratelimit-reason").is_empty());
    // Pages for people, and the sign-in, have no limit.
    tell(t.http.get(&t.sandbox.addresses().data_center))
        .await
        .is(200);
    t.signed_in(RECOMMENDED).await;
    t.sandbox.set_rate_limit(None);
    let told = tell(t.dc(Method::GET, "/space")).await.is(200);
    assert_eq!(told.header("x-ratelimit-limit"), "");
    t.sandbox
        .set_rate_limit(Some((1, Duration::from_millis(1))));
    tell(t.dc(Method::GET, "/space")).await.is(200);
    tokio::time::sleep(Duration::from_millis(5)).await;
    tell(t.dc(Method::GET, "/space")).await.is(200);
}

#[tokio::test]
async fn a_lost_answer_leaves_the_old_refresh_token_usable_at_atlassian_alone() {
    let t = Tried::start().await;
    let (cloud, dc) = (
        t.signed_in(RECOMMENDED).await,
        t.signed_in_dc("WRITE").await,
    );
    let clients = t.sandbox.oauth_clients();
    for (host, client, tokens, after) in [
        (Host::Auth, &clients.cloud, &cloud, 200),
        (Host::DataCenter, &clients.data_center, &dc, 400),
    ] {
        let url = match host {
            Host::Auth => t.auth("/oauth/token"),
            _ => t.provider("/token"),
        };
        let form = Tried::refreshing(client, tokens["refresh_token"].as_str().unwrap());
        let played = t.sandbox.faults().on(
            Matching::request("POST", "/token$").host(host),
            Fault::cut().after_handling(),
        );
        t.http.post(&url).form(&form).send().await.unwrap_err();
        assert!(played.fired());
        tell(t.http.post(&url).form(&form)).await.is(after);
    }
    t.sandbox.faults().on(
        Matching::request("POST", "/oauth/token$").host(Host::Auth),
        Fault::html(),
    );
    let told = t.refreshed(&cloud).await.is(200);
    assert!(told.header("content-type").starts_with("text/html"));
}

// ---- What is kept, told and shown -------------------------------------------------------

#[tokio::test]
async fn a_sign_in_outlives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        port: 0,
        folder: Some(folder.path().to_owned()),
    };
    let t = Tried::with(options.clone()).await;
    let (cloud, dc) = (
        t.signed_in(RECOMMENDED).await,
        t.signed_in_dc("WRITE").await,
    );
    let second = t.sandbox.addresses().second_cloud.clone();
    let space = tell(
        t.http
            .get(format!("{second}/api/v2/spaces?keys=TRY"))
            .basic_auth(&t.who.email, Some(&t.who.api_token)),
    )
    .await
    .json();
    let request = t
        .http
        .post(format!("{second}/api/v2/pages"))
        .basic_auth(&t.who.email, Some(&t.who.api_token));
    let page = new_page(&space["results"][0]["id"], "Kept over there", "");
    let page = tell(request.json(&page)).await.is(200).json();
    let clients = t.sandbox.oauth_clients();
    t.sandbox.stop().await;
    // No token is written down.
    for name in ["sandbox.sqlite3", "sandbox.sqlite3-wal"] {
        let bytes = std::fs::read(folder.path().join(name)).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        for tokens in [&cloud, &dc] {
            for token in ["access_token", "refresh_token"] {
                assert!(!text.contains(tokens[token].as_str().unwrap()));
            }
        }
    }

    let t = Tried::with(options).await;
    assert_eq!(t.sandbox.oauth_clients(), clients);
    tell(t.through(&cloud, Method::GET, "/wiki/api/v2/spaces"))
        .await
        .is(200);
    t.refreshed(&cloud).await.is(200);
    t.refreshed_dc(&dc).await.is(200);
    let second = &t.sandbox.addresses().second_cloud;
    let url = format!("{second}/api/v2/pages/{}", page["id"].as_str().unwrap());
    let request = t
        .http
        .get(url)
        .basic_auth(&t.who.email, Some(&t.who.api_token));
    tell(request).await.is(200);
}

#[tokio::test]
async fn a_file_of_an_earlier_version_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        port: 0,
        folder: Some(folder.path().to_owned()),
    };
    let t = Tried::with(options.clone()).await;
    let page = t.create("From before", "").await.is(200).json();
    let who = t.who.clone();
    t.sandbox.stop().await;
    let file = rusqlite::Connection::open(folder.path().join("sandbox.sqlite3")).unwrap();
    file.execute_batch("DELETE FROM item WHERE edition = 'cloud-2' OR kind = 'sign-ins'")
        .unwrap();
    drop(file);
    let t = Tried::with(options).await;
    assert_eq!((t.sandbox.notice(), &t.who), (None, &who));
    tell(t.v2(
        Method::GET,
        &format!("/pages/{}", page["id"].as_str().unwrap()),
    ))
    .await
    .is(200);
    let tokens = t.signed_in(RECOMMENDED).await;
    assert_eq!(t.resources(&tokens).await.len(), 4);
}

#[tokio::test]
async fn the_record_shows_what_was_asked_and_no_secret() {
    let t = Tried::start().await;
    let client = t.sandbox.oauth_clients().cloud;
    let code = t.accept(&t.asking(RECOMMENDED)).await;
    let mut form = Tried::exchange(&client, &code);
    form.push(("code_verifier", VERIFIER.to_owned()));
    let tokens = t.token(&form).await.is(200).json();
    t.refreshed(&tokens).await.is(200);
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let body = json!({
        "grant_type": "refresh_token", "client_id": client.id,
        "client_secret": client.secret, "refresh_token": refresh,
    });
    tell(t.http.post(t.auth("/oauth/token")).json(&body))
        .await
        .is(200);
    tell(
        t.http
            .post(t.auth("/oauth/token"))
            .body(format!("x{refresh}")),
    )
    .await
    .is(400);
    let all = t.sandbox.requests();
    let asked: Vec<_> = all.iter().filter(|r| r.path == "/oauth/token").collect();
    let kinds: Vec<_> = asked.iter().map(|r| r.value("grant_type")).collect();
    let kinds: Vec<_> = kinds.iter().map(Option::as_deref).collect();
    let refreshing = Some("refresh_token");
    assert_eq!(
        kinds,
        [Some("authorization_code"), refreshing, refreshing, None]
    );
    assert_eq!(
        asked[1].value("refresh_token").as_deref(),
        Some("(refresh token)")
    );
    assert_eq!(
        asked[2].value("client_secret").as_deref(),
        Some("(client secret)")
    );
    let written = format!("{all:?} {:?} {:?}", t.sandbox, t.sandbox.oauth_clients());
    for secret in [
        refresh,
        tokens["access_token"].as_str().unwrap(),
        &client.secret,
        &code,
        VERIFIER,
    ] {
        assert!(!written.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn the_start_pages_show_what_to_sign_in_with() {
    let t = Tried::start().await;
    let (addresses, clients) = (t.sandbox.addresses(), t.sandbox.oauth_clients());
    let cloud = tell(t.http.get(&addresses.cloud)).await.is(200).text;
    for shown in [
        &addresses.cloud,
        &t.who.email,
        &t.who.api_token,
        &t.who.scoped_api_token,
        &clients.cloud.id,
        &clients.cloud.secret,
        &clients.service_account.id,
        &clients.service_account.secret,
        &addresses.auth,
        &addresses.gateway,
        &FIRST_REDIRECT_URI.to_owned(),
    ] {
        assert!(cloud.contains(shown.as_str()), "{shown} is not in {cloud}");
    }
    let dc = tell(t.http.get(&addresses.data_center)).await.is(200).text;
    for shown in [
        &addresses.data_center,
        &t.who.username,
        &t.who.password,
        &t.who.personal_access_token,
        &clients.data_center.id,
        &clients.data_center.secret,
    ] {
        assert!(dc.contains(shown.as_str()), "{shown} is not in {dc}");
    }
    tell(t.http.get(&addresses.second_cloud)).await.is(200);
}

#[tokio::test]
async fn the_redirect_address_is_registered_as_on_the_real_pages() {
    let t = Tried::start().await;
    let link = format!(
        "{}/plugins/servlet/applinks/listApplicationLinks",
        t.sandbox.addresses().data_center
    );
    let new = "http://localhost:50000/here";
    for page in [t.auth("/"), link.clone()] {
        let told = tell(t.http.get(&page)).await.is(200);
        assert!(told.text.contains(FIRST_REDIRECT_URI), "{}", told.text);
    }
    let form = [("address", new)];
    tell(t.http.post(t.auth("/callback-url")).form(&form))
        .await
        .is(302);
    tell(t.http.post(&link).form(&form)).await.is(302);
    let clients = t.sandbox.oauth_clients();
    assert_eq!(clients.cloud.redirect_uri, new);
    assert_eq!(clients.data_center.redirect_uri, new);
    let bad = [("address", "http://127.0.0.1:50000/here")];
    tell(t.http.post(&link).form(&bad)).await.is(400);
    for request in [t.http.post(t.auth("/callback-url")), t.http.post(&link)] {
        let request = request.form(&form).header("sec-fetch-site", "cross-site");
        tell(request).await.is(403);
    }
}
