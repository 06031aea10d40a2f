//! Atlassian's sign-in: the consent page and the tokens.
//!
//! `GET /authorize` answers with a page. Its form goes to `POST /authorize`
//! with the same parameters, `decision=accept` or `cancel`, and one `site` (a
//! cloud id) for each site that is allowed, all of them where none is named.
//! The answer is the redirect, so that a test needs that one POST and no
//! browser.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::json;

use crate::browser;
use crate::cloud::Shared;
use crate::html::Html;
use crate::oauth::{Challenge, Dead, Grant, Issuer, Tokens};
use crate::samples;
use crate::sign_in;
use crate::web::{self, Query};
use crate::world::{FIRST_SITE, SECOND_SITE, Site, World};

/// The scopes that are switched on for the app: the granular and the classic
/// ones of Confluence, and those of the account. With each what the consent
/// page says of it.
const SCOPES: [(&str, &str); 31] = [
    ("read:space:confluence", "View spaces"),
    ("read:page:confluence", "View pages"),
    ("write:page:confluence", "Create and change pages"),
    ("delete:page:confluence", "Delete pages"),
    ("read:attachment:confluence", "View and download files"),
    ("write:attachment:confluence", "Add files"),
    ("delete:attachment:confluence", "Delete files"),
    ("read:label:confluence", "View labels"),
    ("write:label:confluence", "Add and remove labels"),
    ("read:content-details:confluence", "View details of content"),
    (
        "read:content.metadata:confluence",
        "View ancestors of content",
    ),
    (
        "read:hierarchical-content:confluence",
        "View the tree of content",
    ),
    ("read:folder:confluence", "View folders"),
    ("write:folder:confluence", "Create folders"),
    ("delete:folder:confluence", "Delete folders"),
    ("write:space:confluence", "Create spaces"),
    ("read:user:confluence", "View people"),
    ("readonly:content.attachment:confluence", "Download files"),
    ("read:confluence-space.summary", "View a summary of spaces"),
    (
        "read:confluence-content.summary",
        "View a summary of content",
    ),
    ("read:confluence-content.all", "View content"),
    ("read:confluence-props", "View properties"),
    ("read:confluence-user", "View the people of the site"),
    ("write:confluence-content", "Create and change content"),
    ("write:confluence-space", "Create and change spaces"),
    ("write:confluence-file", "Add files to content"),
    ("write:confluence-props", "Change properties"),
    ("search:confluence", "Search"),
    ("read:me", "View your profile"),
    ("read:account", "View your account"),
    ("offline_access", "Stay signed in while you are away"),
];

/// The whole host.
pub(crate) fn routes(world: &Arc<World>) -> Router {
    Router::new()
        .route("/", get(console))
        .route("/callback-url", post(register))
        .route("/authorize", get(authorize).post(decide))
        .route("/error", get(problem))
        .route("/oauth/token", post(token))
        .route("/sandbox.css", get(browser::style))
        .fallback(async || refuse(404, "not_found", "Not Found"))
        .with_state(Arc::clone(world))
}

/// The sites of the account.
pub(crate) fn sites(world: &World) -> Vec<Site> {
    if world.switches().second_site {
        vec![FIRST_SITE, SECOND_SITE]
    } else {
        vec![FIRST_SITE]
    }
}

fn site_ids(world: &World) -> Vec<String> {
    sites(world)
        .iter()
        .map(|site| site.cloud_id.to_owned())
        .collect()
}

fn refuse(status: u16, error: &str, description: &str) -> Response {
    uncached(web::json(
        status,
        &json!({"error": error, "error_description": description}),
    ))
}

fn uncached(mut response: Response) -> Response {
    web::set_header(&mut response, "cache-control", "no-store");
    response
}

// ---- Consent -----------------------------------------------------------------

/// A request that may be put before the user.
struct Asked {
    client_id: String,
    redirect_uri: String,
    state: Option<String>,
    scopes: Vec<String>,
    challenge: Option<Challenge>,
}

impl Asked {
    /// Back to the app, with its state.
    fn back(&self, parameters: &[(&str, &str)]) -> Response {
        let mut all: Vec<(&str, &str)> = Vec::new();
        if let Some(state) = &self.state {
            all.push(("state", state));
        }
        all.extend_from_slice(parameters);
        web::redirect(&web::address_with(&self.redirect_uri, &all))
    }
}

/// Nothing is ever sent to an address that is not registered: the browser is
/// led to Atlassian's own page, whose address tells what is wrong.
fn page_of(error: &str, description: &str) -> Response {
    let parameters = [("error", error), ("error_description", description)];
    web::redirect(&web::address_with("/error", &parameters))
}

fn asked(world: &World, query: &Query) -> Result<Asked, Box<Response>> {
    let wrong = |error: &str, description: &str| Err(Box::new(page_of(error, description)));
    let text = |name: &str| query.get(name).unwrap_or_default().to_owned();
    let client = world.sign_ins().clients.cloud.clone();
    let (client_id, redirect_uri) = (text("client_id"), text("redirect_uri"));
    // Its words are not recorded.
    if client_id != client.id {
        return wrong("unauthorized_client", "client_id is not registered");
    }
    if redirect_uri != client.redirect_uri {
        let description = format!("redirect_uri is not registered for client: {redirect_uri}");
        return wrong("unauthorized_client", &description);
    }
    // Its words are not recorded; without this audience no token would open
    // the API.
    if text("audience") != "api.atlassian.com" {
        return wrong("invalid_request", "audience must be api.atlassian.com");
    }
    let scopes: Vec<String> = text("scope")
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    if scopes.is_empty() {
        let description = "This app has not requested any supported Atlassian scopes.";
        return wrong("invalid_scope", description);
    }
    let known = |scope: &String| SCOPES.iter().any(|(known, _)| known == scope);
    if let Some(unknown) = scopes.iter().find(|scope| !known(scope)) {
        let description = format!("The app has no such scope: {unknown}");
        return wrong("invalid_scope", &description);
    }
    let challenge = query.get("code_challenge").map(|text| Challenge {
        text: text.to_owned(),
        s256: query.get("code_challenge_method") == Some("S256"),
    });
    let asked = Asked {
        client_id,
        redirect_uri,
        state: query.get("state").map(str::to_owned),
        scopes,
        challenge,
    };
    if query.get("response_type") != Some("code") {
        let error = ("error", "unsupported_response_type");
        let description = ("error_description", "response_type must be code");
        return Err(Box::new(asked.back(&[error, description])));
    }
    Ok(asked)
}

async fn authorize(State(world): Shared, query: Query) -> Response {
    let asked = match asked(&world, &query) {
        Ok(asked) => asked,
        Err(refused) => return *refused,
    };
    let prompt = query.get("prompt").unwrap_or_default();
    if prompt != "consent" {
        let account = samples::OWN.account_id;
        let allowed = world.sign_ins().grant(&asked.client_id, account).cloned();
        let covered = allowed.filter(|grant| {
            asked
                .scopes
                .iter()
                .all(|scope| grant.scopes.contains(scope))
        });
        if let Some(grant) = covered {
            return accepted(&world, &asked, grant.sites);
        }
        if prompt == "none" {
            return asked.back(&[("error", "consent_required")]);
        }
    }
    consent(&world, &asked, &query)
}

fn consent(world: &World, asked: &Asked, query: &Query) -> Response {
    let mut main = Html::default();
    main.element(
        "h1",
        &[],
        "Retropress is requesting access to your Atlassian account",
    );
    let who = format!(
        "Signed in as {} ({})",
        samples::OWN.name,
        samples::OWN.email
    );
    main.element("p", &[("class", "muted")], &who);
    main.open("form", &[("method", "post"), ("action", "/authorize")]);
    for (name, value) in &query.0 {
        let attributes = [("type", "hidden"), ("name", name), ("value", value)];
        main.open("input", &attributes);
    }
    main.open("fieldset", &[])
        .element("legend", &[], "Use app on");
    for site in sites(world) {
        main.open("label", &[]);
        let attributes = [
            ("type", "checkbox"),
            ("name", "site"),
            ("value", site.cloud_id),
            ("checked", "checked"),
        ];
        main.open("input", &attributes)
            .text(" ")
            .text(site.name)
            .close("label");
    }
    main.close("fieldset");
    main.element("h2", &[], "Retropress would like to")
        .open("ul", &[]);
    for scope in &asked.scopes {
        let about = SCOPES.iter().find(|(known, _)| known == scope);
        main.open("li", &[])
            .text(about.map_or("", |(_, about)| about))
            .text(" ")
            .element("code", &[], scope)
            .close("li");
    }
    main.close("ul").open("p", &[("class", "buttons")]);
    browser::button(&mut main, "decision", "accept", "Accept");
    browser::button(&mut main, "decision", "cancel", "Cancel");
    main.close("p").close("form");
    browser::form_page("/sandbox.css", "Authorize", main, &asked.redirect_uri)
}

async fn decide(State(world): Shared, headers: HeaderMap, body: Bytes) -> Response {
    if !web::is_own_form(&headers) {
        return refuse(403, "access_denied", "The form of another site");
    }
    let form = Query::from_form(&body);
    let asked = match asked(&world, &form) {
        Ok(asked) => asked,
        Err(refused) => return *refused,
    };
    if form.get("decision") != Some("accept") {
        return asked.back(&[
            ("error", "access_denied"),
            ("error_description", "User did not authorize the request"),
        ]);
    }
    let mut chosen = site_ids(&world);
    if let Some(named) = form.list("site") {
        chosen.retain(|site| named.contains(site));
    }
    if chosen.is_empty() {
        return page_of("invalid_request", "Choose a site");
    }
    accepted(&world, &asked, chosen)
}

fn accepted(world: &World, asked: &Asked, sites: Vec<String>) -> Response {
    let grant = Grant {
        client_id: asked.client_id.clone(),
        account_id: samples::OWN.account_id.to_owned(),
        scopes: asked.scopes.clone(),
        sites,
    };
    let now = world.now();
    let code = world.change_sign_ins(|kept| {
        let (address, challenge) = (&asked.redirect_uri, asked.challenge.clone());
        kept.allow(Issuer::Atlassian, grant, address, challenge, now)
    });
    match code {
        Ok(Ok(code)) => asked.back(&[("code", &code)]),
        _ => asked.back(&[("error", "server_error")]),
    }
}

async fn problem(query: Query) -> Response {
    let mut main = Html::default();
    main.element("h1", &[], "Something went wrong");
    main.element("p", &[], query.get("error_description").unwrap_or_default());
    main.open("p", &[("class", "muted")]).text("Error: ");
    main.element("code", &[], query.get("error").unwrap_or_default())
        .close("p");
    browser::plain_page("/sandbox.css", 200, "Something went wrong", main)
}

// ---- Tokens ------------------------------------------------------------------

/// What a client sent, as a form or as JSON.
fn sent(headers: &HeaderMap, body: &[u8]) -> Option<Query> {
    if web::is_form(headers) {
        return Some(Query::from_form(body));
    }
    let sent = web::body(body)?;
    let pairs = sent.as_object()?.iter();
    Some(Query(
        pairs
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect(),
    ))
}

async fn token(State(world): Shared, headers: HeaderMap, body: Bytes) -> Response {
    let incomplete = || refuse(400, "invalid_request", "Incorrect request parameters");
    let unauthorized = || refuse(401, "access_denied", "Unauthorized");
    let Some(sent) = sent(&headers, &body) else {
        return incomplete();
    };
    let text = |name: &str| sent.get(name).filter(|value| !value.is_empty());
    let of_header = sign_in::decode_basic(&headers);
    let (client_id, secret) = match &of_header {
        Some((id, secret)) => (Some(id.as_str()), Some(secret.as_str())),
        None => (text("client_id"), text("client_secret")),
    };
    // PKCE or not: the secret is always wanted.
    let (Some(client_id), Some(secret), Some(grant_type)) = (client_id, secret, text("grant_type"))
    else {
        return incomplete();
    };
    let clients = world.sign_ins().clients.clone();
    let of_service_account = grant_type == "client_credentials";
    let client = if of_service_account {
        &clients.service_account
    } else {
        &clients.cloud
    };
    if client_id != client.id || secret != client.secret {
        return unauthorized();
    }
    let when = world.when();
    let given = match grant_type {
        "authorization_code" => {
            let (Some(code), Some(redirect_uri)) = (text("code"), text("redirect_uri")) else {
                return incomplete();
            };
            let verifier = text("code_verifier");
            world.change_sign_ins(|kept| {
                kept.exchange(
                    Issuer::Atlassian,
                    client_id,
                    code,
                    redirect_uri,
                    verifier,
                    when,
                )
            })
        }
        "refresh_token" => {
            let Some(token) = text("refresh_token") else {
                return incomplete();
            };
            world.change_sign_ins(|kept| kept.refresh(Issuer::Atlassian, client_id, token, when))
        }
        "client_credentials" => {
            if !web::is_form(&headers) {
                return incomplete();
            }
            // Even an empty one: the scopes were chosen with the credential.
            if let Some(scope) = sent.get("scope") {
                return refuse(400, "invalid_scope", &format!("Invalid scope: {scope}"));
            }
            let sites = site_ids(&world);
            world.change_sign_ins(|kept| kept.for_service_account(sites, when))
        }
        other => {
            let description = format!("Unsupported grant type: {other}");
            return refuse(403, "unsupported_grant_type", &description);
        }
    };
    match given {
        Ok(Ok(tokens)) => show(&tokens),
        Ok(Err(dead)) => dead_end(grant_type, dead),
        Err(error) => refuse(500, "server_error", &error.to_string()),
    }
}

fn show(tokens: &Tokens) -> Response {
    let mut shown = json!({
        "access_token": tokens.access,
        "expires_in": tokens.lifetime.as_secs(),
        "token_type": "Bearer",
        "scope": tokens.scopes.join(" "),
    });
    if let Some(refresh) = &tokens.refresh {
        shown["refresh_token"] = json!(refresh);
    }
    uncached(web::json(200, &shown))
}

fn dead_end(grant_type: &str, dead: Dead) -> Response {
    match dead {
        // Documented, and measured: both are met.
        Dead::Inactive => refuse(403, "invalid_grant", "Unknown or invalid refresh token."),
        Dead::Unknown if grant_type == "refresh_token" => {
            refuse(403, "unauthorized_client", "refresh_token is invalid")
        }
        Dead::Unknown | Dead::OtherRedirect => {
            refuse(400, "invalid_request", "authorization_code is invalid")
        }
        // Its words are not recorded.
        Dead::WrongVerifier => refuse(403, "invalid_grant", "Failed to verify code verifier"),
        Dead::NoRandom => refuse(500, "server_error", "No random numbers"),
    }
}

// ---- The developer console ---------------------------------------------------

async fn console(State(world): Shared) -> Response {
    let clients = world.sign_ins().clients.clone();
    let mut main = Html::default();
    main.element("h1", &[], "Developer console, as the sandbox plays it");
    main.element("h2", &[], "Retropress, an OAuth 2.0 integration");
    browser::facts(
        &mut main,
        &[
            ("Client ID", &clients.cloud.id),
            ("Secret", &clients.cloud.secret),
        ],
    );
    browser::address_form(
        &mut main,
        "/callback-url",
        "Callback URL",
        &clients.cloud.redirect_uri,
    );
    main.element("h2", &[], "A service account's OAuth 2.0 credential");
    browser::facts(
        &mut main,
        &[
            ("Client ID", &clients.service_account.id),
            ("Secret", &clients.service_account.secret),
        ],
    );
    browser::plain_page("/sandbox.css", 200, "Developer console", main)
}

async fn register(State(world): Shared, headers: HeaderMap, body: Bytes) -> Response {
    if !web::is_own_form(&headers) {
        return refuse(403, "access_denied", "The form of another site");
    }
    let form = Query::from_form(&body);
    let address = form.get("address").unwrap_or_default().trim().to_owned();
    if address.is_empty() {
        return page_of("invalid_request", "A callback URL is needed");
    }
    match world.change_sign_ins(|kept| kept.clients.cloud.redirect_uri = address) {
        Ok(()) => web::redirect("/"),
        Err(error) => refuse(500, "server_error", &error.to_string()),
    }
}
