//! Tokens: what is asked for, what is understood, what is never said.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use base64::Engine as _;
use retropress_confluence::{
    AccessToken, AccessTokens, Client, Credential, Endpoints, Error, ErrorKind, Oauth, OauthServer,
    Outcome, Route, Url, cloud_sites, redirect_address,
};
use secrecy::ExposeSecret;
use serde_json::json as j;
use sha2::Digest as _;

use crate::server::{
    Recorded, Reply, Server, cloud_site, data_center_site, html, http, json, secret, status,
};

fn at(server: &Server) -> Endpoints {
    Endpoints {
        gateway: server.url.clone(),
        auth: server.url.clone(),
    }
}

fn atlassian(server: &Server) -> Oauth {
    Oauth::new(
        &http(),
        OauthServer::Atlassian(at(server)),
        "the-client",
        secret("the-client-secret"),
    )
    .unwrap()
}

fn form(request: &Recorded) -> HashMap<String, String> {
    assert_eq!(
        request.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    let body = String::from_utf8(request.body.clone()).unwrap();
    let url = Url::parse(&format!("http://x/?{body}")).unwrap();
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let map: HashMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(map.len(), pairs.len(), "nothing comes twice");
    map
}

fn query(address: &Url) -> HashMap<String, String> {
    address.query_pairs().into_owned().collect()
}

fn tokens() -> Reply {
    json(
        200,
        j!({
            "access_token": "the-access-token", "refresh_token": "the-next-refresh-token",
            "token_type": "bearer", "expires_in": 3600, "scope": "offline_access",
        }),
    )
}

#[tokio::test]
async fn the_consent_page_is_asked_for_as_atlassian_wants_it() {
    let server = Server::always(tokens()).await;
    let oauth = atlassian(&server);
    let redirect = redirect_address(47620);
    let scopes = ["read:space:confluence", "offline_access"];
    let consent = oauth.consent(&redirect, &scopes).unwrap();
    assert_eq!(consent.address.path(), "/authorize");
    let asked = query(&consent.address);
    for (name, value) in [
        ("audience", "api.atlassian.com"),
        ("prompt", "consent"),
        ("response_type", "code"),
        ("client_id", "the-client"),
        ("scope", "read:space:confluence offline_access"),
        ("redirect_uri", "http://localhost:47620/callback"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(asked.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert!(!consent.address.as_str().contains("secret"));
    let state = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(&asked["state"])
        .unwrap();
    assert!(state.len() >= 16, "128 bits and more");
    assert_eq!(consent.state.expose_secret(), asked["state"]);
    let other = oauth.consent(&redirect, &scopes).unwrap();
    let again = query(&other.address);
    assert_ne!(again["state"], asked["state"]);
    assert_ne!(again["code_challenge"], asked["code_challenge"]);
    assert!(server.requests().is_empty(), "nothing was sent");

    let given = oauth.exchange(consent, &secret("the-code")).await.unwrap();
    assert_eq!(
        given.refresh.unwrap().expose_secret(),
        "the-next-refresh-token"
    );
    assert_eq!(given.access.lifetime.unwrap().as_secs(), 3600);
    let sent = server.only();
    assert_eq!(sent.line(), "POST /oauth/token");
    assert_eq!(sent.header("authorization"), None);
    let sent = form(&sent);
    for (name, value) in [
        ("grant_type", "authorization_code"),
        ("code", "the-code"),
        ("client_id", "the-client"),
        ("client_secret", "the-client-secret"),
        ("redirect_uri", "http://localhost:47620/callback"),
    ] {
        assert_eq!(sent.get(name).map(String::as_str), Some(value), "{name}");
    }
    let hash = sha2::Sha256::digest(&sent["code_verifier"]);
    assert_eq!(
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash),
        asked["code_challenge"]
    );
}

#[tokio::test]
async fn a_data_center_is_asked_below_its_context_path() {
    let server = Server::always(tokens()).await;
    let site = data_center_site(&server, "9.2.7");
    let oauth = Oauth::new(
        &http(),
        OauthServer::DataCenter(site),
        "the-client",
        secret("s"),
    )
    .unwrap();
    let consent = oauth.consent(&redirect_address(1), &["WRITE"]).unwrap();
    assert_eq!(
        consent.address.path(),
        "/confluence/rest/oauth2/latest/authorize"
    );
    let asked = query(&consent.address);
    assert_eq!(asked["scope"], "WRITE");
    assert!(!asked.contains_key("audience") && !asked.contains_key("prompt"));
    oauth.exchange(consent, &secret("c")).await.unwrap();
    oauth.renew(&secret("r")).await.unwrap();
    assert_eq!(
        server.lines(),
        [
            "POST /confluence/rest/oauth2/latest/token",
            "POST /confluence/rest/oauth2/latest/token"
        ]
    );
    for request in server.requests() {
        form(&request);
    }
}

#[tokio::test]
async fn a_service_account_sends_no_scope() {
    let server = Server::always(json(
        200,
        j!({ "access_token": "a", "token_type": "Bearer", "expires_in": 3600 }),
    ))
    .await;
    let given = atlassian(&server).service_account().await.unwrap();
    assert!(given.refresh.is_none());
    let sent = form(&server.only());
    assert_eq!(sent["grant_type"], "client_credentials");
    assert!(!sent.contains_key("scope"), "{sent:?}");
}

#[tokio::test]
async fn oauth_never_goes_over_plain_http() {
    let far = |text: &str| Url::parse(text).unwrap();
    let near = Endpoints::default();
    let mut site = data_center_site(&Server::always(tokens()).await, "9.2.7");
    site.base_url = far("http://wiki.example/confluence");
    let servers = [
        OauthServer::DataCenter(site),
        OauthServer::Atlassian(Endpoints {
            auth: far("http://auth.example"),
            ..near.clone()
        }),
        OauthServer::Atlassian(Endpoints {
            gateway: far("http://api.example"),
            ..near
        }),
    ];
    for server in servers {
        let refused = Oauth::new(&http(), server, "c", secret("s")).err().unwrap();
        assert_eq!(refused.kind(), ErrorKind::InsecureHttp);
        assert!(refused.words().cause.contains("plain http"));
    }
}

async fn renewal(reply: Reply) -> Error {
    let server = Server::always(reply).await;
    let refused = atlassian(&server).renew(&secret("the-refresh-token")).await;
    assert_eq!(server.requests().len(), 1);
    refused.err().expect("a refusal")
}

async fn exchange(reply: Reply) -> Error {
    let server = Server::always(reply).await;
    let oauth = atlassian(&server);
    let consent = oauth.consent(&redirect_address(1), &[]).unwrap();
    let refused = oauth.exchange(consent, &secret("the-code")).await;
    assert_eq!(server.requests().len(), 1);
    refused.err().expect("a refusal")
}

fn refusal(status: u16, error: &str, description: &str) -> Reply {
    json(
        status,
        j!({ "error": error, "error_description": description }),
    )
}

#[tokio::test]
async fn what_a_token_endpoint_refuses_is_told_apart() {
    // Documented, measured, and as Data Center and RFC 6749 have it.
    for reply in [
        refusal(403, "invalid_grant", "Unknown or invalid refresh token."),
        refusal(403, "unauthorized_client", "refresh_token is invalid"),
        refusal(400, "invalid_grant", ""),
    ] {
        let error = renewal(reply).await;
        assert_eq!(error.kind(), ErrorKind::SignInNeeded);
        assert_eq!(error.outcome(), Outcome::NotDone);
        assert!(!error.is_about_client());
        assert!(error.words().message.contains("sign in again"));
    }
    for reply in [
        refusal(401, "access_denied", "Unauthorized"),
        refusal(401, "invalid_client", "client authentication failed"),
        refusal(400, "invalid_client", ""),
    ] {
        for error in [renewal(reply.clone()).await, exchange(reply.clone()).await] {
            assert_eq!(error.kind(), ErrorKind::SignInRefused);
            assert!(error.is_about_client());
            assert!(error.words().message.contains("Client Secret"));
        }
    }
    let error = exchange(refusal(
        400,
        "invalid_grant",
        "authorization_code is invalid",
    ))
    .await;
    assert_eq!(error.kind(), ErrorKind::SignInRefused);
    assert!(!error.is_about_client());
    assert!(error.words().message.contains("answer of the browser"));
    let error = exchange(refusal(400, "invalid_scope", "WRITE")).await;
    assert!(error.words().message.contains("not registered for all"));

    for (reply, kind) in [
        (html(200, "<title>Log in</title>"), ErrorKind::SignInPage),
        (
            status(302).header("location", "https://sso.example/login"),
            ErrorKind::SignInPage,
        ),
        (html(502, "<h1>Bad gateway</h1>"), ErrorKind::ServerError),
        (
            json(500, j!({ "message": "@FormParam" })),
            ErrorKind::ServerError,
        ),
        (
            json(429, j!({})).header("retry-after", "7"),
            ErrorKind::RateLimited,
        ),
        (json(200, j!({ "unexpected": true })), ErrorKind::Unknown),
        (json(403, j!({ "unexpected": true })), ErrorKind::Unknown),
        (status(200), ErrorKind::Unknown),
    ] {
        let error = renewal(reply).await;
        assert_eq!(error.kind(), kind, "{}", error.details());
    }
}

#[tokio::test]
async fn no_secret_is_in_what_is_said_of_a_failure() {
    let secrets = [
        "the-refresh-token",
        "the-client-secret",
        "the-code",
        "leaked-access",
    ];
    for reply in [
        refusal(
            400,
            "invalid_grant",
            "the-refresh-token of the-client-secret is no good",
        ),
        json(
            200,
            j!({ "access_token": ["leaked-access"], "token_type": "bearer" }),
        ),
        json(
            403,
            j!({ "error": { "access_token": "leaked-access the-refresh-token" } }),
        ),
        html(500, "the-refresh-token leaked-access"),
        html(200, "the-refresh-token leaked-access"),
    ] {
        let error = renewal(reply).await;
        let words = error.words();
        let said = format!(
            "{} {} {} {} {error:?} {error}",
            error.details(),
            words.message,
            words.cause,
            words.hint
        );
        for secret in secrets {
            assert!(!said.contains(secret), "{secret}: {said}");
        }
    }
}

#[tokio::test]
async fn each_site_comes_once() {
    let server = Server::start(|request| match &*request.path {
        "/oauth/token" => tokens(),
        _ => json(
            200,
            j!([
                { "id": "a-1", "name": "harbour", "url": "https://harbour.example",
                  "scopes": ["read:jira-work"], "avatarUrl": "https://x" },
                { "id": "b-2", "name": "quay", "url": "https://quay.example",
                  "scopes": ["read:space:confluence"] },
                { "id": "a-1", "name": "harbour", "url": "https://harbour.example",
                  "scopes": ["write:page:confluence", "read:space:confluence"] },
                { "id": "c-3", "name": "jira only", "url": "https://pier.example",
                  "scopes": ["read:jira-work"] },
                { "id": "../../x", "name": "evil", "url": "https://evil.example",
                  "scopes": ["read:space:confluence"] },
                { "id": "d-4", "name": "plain", "url": "http://plain.example",
                  "scopes": ["read:space:confluence"] },
            ]),
        ),
    })
    .await;
    let given = atlassian(&server).renew(&secret("r")).await.unwrap();
    let sites = cloud_sites(&http(), &at(&server), &given.access)
        .await
        .unwrap();
    let names: Vec<_> = sites.iter().map(|it| &*it.name).collect();
    assert_eq!(names, ["harbour", "quay"]);
    assert_eq!(
        sites[0].scopes,
        [
            "read:jira-work",
            "read:space:confluence",
            "write:page:confluence"
        ]
    );
    let site = sites[0].site();
    assert_eq!(site.base_url.as_str(), "https://harbour.example/wiki");
    assert_eq!(site.cloud_id.as_deref(), Some("a-1"));
    let asked = &server.requests()[1];
    assert_eq!(asked.line(), "GET /oauth/token/accessible-resources");
    assert_eq!(
        asked.header("authorization"),
        Some("Bearer the-access-token")
    );
}

#[tokio::test]
async fn no_site_is_said() {
    let server = Server::start(|request| match &*request.path {
        "/oauth/token" => tokens(),
        _ => json(200, j!([])),
    })
    .await;
    let given = atlassian(&server).renew(&secret("r")).await.unwrap();
    let error = cloud_sites(&http(), &at(&server), &given.access)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotPermitted);
    assert!(error.words().message.contains("No site"));
}

/// Gives out the tokens of a server one after the other.
struct OneByOne {
    oauth: Oauth,
    current: Mutex<Option<AccessToken>>,
    renewals: Arc<AtomicUsize>,
}

#[async_trait]
impl AccessTokens for OneByOne {
    async fn token(&self) -> Result<AccessToken, Error> {
        let known = self.current.lock().unwrap().clone();
        match known {
            Some(token) => Ok(token),
            None => {
                let token = self.oauth.renew(&secret("r")).await?.access;
                *self.current.lock().unwrap() = Some(token.clone());
                Ok(token)
            }
        }
    }

    async fn renew(&self, refused: &AccessToken) -> Result<AccessToken, Error> {
        assert_eq!(self.current.lock().unwrap().as_ref(), Some(refused));
        self.renewals.fetch_add(1, Ordering::SeqCst);
        *self.current.lock().unwrap() = None;
        self.token().await
    }
}

/// A server whose n-th access token is `token-n`, and a client with the first of them.
async fn signed_in(
    route: Route,
    answer: impl Fn(&str, &Recorded) -> Reply + Send + Sync + 'static,
) -> (Server, Client, Arc<AtomicUsize>) {
    let given = AtomicUsize::new(0);
    let server = Server::start(move |request| {
        if request.path.ends_with("/token") {
            let number = given.fetch_add(1, Ordering::SeqCst) + 1;
            return json(
                200,
                j!({ "access_token": format!("token-{number}"), "token_type": "bearer" }),
            );
        }
        let token = request.header("authorization").unwrap_or_default();
        answer(token.trim_start_matches("Bearer "), request)
    })
    .await;
    let renewals = Arc::new(AtomicUsize::new(0));
    let tokens = OneByOne {
        oauth: atlassian(&server),
        current: Mutex::default(),
        renewals: renewals.clone(),
    };
    let client = Client::new(
        &http(),
        cloud_site(&server),
        Credential::Oauth {
            tokens: Arc::new(tokens),
        },
        at(&server),
        route,
    );
    (server, client, renewals)
}

fn user() -> Reply {
    json(200, j!({ "accountId": "712020:ab", "displayName": "Ada" }))
}

#[tokio::test]
async fn an_expired_token_is_renewed_once_and_the_call_sent_again() {
    let (server, client, renewals) = signed_in(Route::Gateway, |token, _| match token {
        "token-1" => json(401, j!({ "code": 401, "message": "Unauthorized" })),
        _ => user(),
    })
    .await;
    assert_eq!(client.account().await.unwrap().name, "Ada");
    assert_eq!(renewals.load(Ordering::SeqCst), 1);
    let user = "GET /ex/confluence/c-1/wiki/rest/api/user/current";
    assert_eq!(
        server.lines(),
        ["POST /oauth/token", user, "POST /oauth/token", user]
    );
    client.account().await.unwrap();
    assert_eq!(server.lines().len(), 5, "the new one is used from then on");
}

#[tokio::test]
async fn a_token_that_is_refused_again_is_not_renewed_for_ever() {
    let (server, client, renewals) = signed_in(Route::Gateway, |token, _| {
        // The echo must not get into what is shown.
        json(
            401,
            j!({ "code": 401, "message": format!("{token} no good") }),
        )
    })
    .await;
    let error = client.account().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SignInRefused);
    assert!(error.words().message.contains("did not accept the sign-in"));
    assert!(!error.details().contains("token-"), "{}", error.details());
    assert_eq!(renewals.load(Ordering::SeqCst), 1);
    assert_eq!(server.lines().len(), 4);
}

#[tokio::test]
async fn a_missing_scope_is_no_expired_token() {
    let (_server, client, renewals) = signed_in(Route::Gateway, |_, _| {
        json(
            401,
            j!({ "code": 401, "message": "Unauthorized; scope does not match" }),
        )
    })
    .await;
    let error = client.account().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingScope);
    assert_eq!(renewals.load(Ordering::SeqCst), 0);
    assert!(error.words().cause.contains("read:confluence-user"));
    assert!(error.words().hint.contains("developer console"));
}

#[tokio::test]
async fn without_a_token_nothing_is_sent_and_a_write_is_surely_not_done() {
    let server = Server::start(|request| match &*request.path {
        "/oauth/token" => status(500),
        _ => panic!("nothing else is asked"),
    })
    .await;
    let tokens = OneByOne {
        oauth: atlassian(&server),
        current: Mutex::default(),
        renewals: Arc::default(),
    };
    let client = Client::new(
        &http(),
        cloud_site(&server),
        Credential::Oauth {
            tokens: Arc::new(tokens),
        },
        at(&server),
        Route::Gateway,
    );
    let error = client.delete_page("1").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ServerError);
    assert_eq!(error.outcome(), Outcome::NotDone);
}

#[tokio::test]
async fn classic_scopes_speak_the_older_calls_through_the_gateway() {
    let (server, client, _) = signed_in(Route::GatewayClassic, |_, _| {
        json(
            200,
            j!({ "results": [{ "id": 7, "key": "PAY", "name": "Payments", "type": "global" }],
                 "start": 0, "limit": 1, "size": 1, "_links": {} }),
        )
    })
    .await;
    // The five classic scopes open no account.
    assert!(client.account().await.unwrap().name.contains("x.example"));
    assert_eq!(client.spaces().await.unwrap()[0].key, "PAY");
    let spaces = "GET /ex/confluence/c-1/wiki/rest/api/space";
    assert_eq!(server.lines(), ["POST /oauth/token", spaces, spaces]);
}

#[tokio::test]
async fn a_page_names_its_space_by_id_or_by_key() {
    let known = retropress_confluence::SpaceRef {
        id: "7".into(),
        key: "PAY".into(),
        homepage_id: None,
    };
    for (route, id, key) in [
        (Route::Gateway, "found", "PAY"),
        (Route::GatewayClassic, "7", "found"),
    ] {
        let (_server, client, _) = signed_in(route, |_, _| json(200, j!({}))).await;
        let space = client.space_named("found".into(), &known);
        assert_eq!((&*space.id, &*space.key), (id, key));
    }
}

#[tokio::test]
async fn a_site_that_needs_the_granular_scopes_is_named_as_such() {
    let (_server, client, renewals) = signed_in(Route::GatewayClassic, |_, _| {
        json(
            410,
            j!({ "statusCode": 410, "data": { "authorized": true, "valid": true },
                 "message": "com.atlassian.confluence.api.service.exceptions.GoneException: This deprecated endpoint has been removed." }),
        )
    })
    .await;
    let error = client.account().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ApiRemoved);
    assert_eq!(error.words().message, "This site needs the granular scopes");
    assert_eq!(renewals.load(Ordering::SeqCst), 0);
}
