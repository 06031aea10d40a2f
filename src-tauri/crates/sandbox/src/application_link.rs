//! Data Center as an OAuth 2.0 provider: the page that asks, the tokens, and
//! the application link itself.
//!
//! The form of `GET …/rest/oauth2/latest/authorize` goes to `POST` of the same
//! address with the same parameters and `decision=allow` or `deny`. The answer
//! is the redirect, so that a test needs that one POST and no browser.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::json;

use crate::browser;
use crate::cloud::Shared;
use crate::data_center::CONTEXT;
use crate::html::Html;
use crate::oauth::{Challenge, Dead, Grant, Issuer, Permission, Tokens};
use crate::samples;
use crate::web::{self, Query};
use crate::world::World;

const STYLE: &str = "/confluence/sandbox.css";
const AUTHORIZE: &str = "/confluence/rest/oauth2/latest/authorize";
const LINK: &str = "/confluence/plugins/servlet/applinks/listApplicationLinks";

const NOT_HTTPS: &str = "Please ensure that your server is using HTTPS and that your application \
                         base URL is configured appropriately.";
/// What lines that take no plain http at all say.
const HTTPS_ONLY: &str = "URL must use https";

/// Below the context path.
pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/rest/oauth2/latest/authorize", get(authorize).post(decide))
        .route("/rest/oauth2/latest/token", post(token))
        .route(
            "/plugins/servlet/applinks/listApplicationLinks",
            get(link).post(register),
        )
}

/// Its words are not recorded, unless said otherwise where it is used.
fn refuse(status: u16, error: &str, description: &str) -> Response {
    let body = json!({"error": error, "error_description": description});
    let mut response = web::json(status, &body);
    web::set_header(&mut response, "cache-control", "no-store");
    response
}

fn is_absent(world: &World) -> bool {
    world.switches().old_server
}

// ---- The question --------------------------------------------------------------

struct Asked {
    client_id: String,
    redirect_uri: String,
    state: Option<String>,
    permission: Permission,
    challenge: Option<Challenge>,
}

fn back(redirect_uri: &str, state: Option<&str>, parameters: &[(&str, &str)]) -> Response {
    let mut all: Vec<(&str, &str)> = parameters.to_vec();
    if let Some(state) = state {
        all.push(("state", state));
    }
    web::redirect(&web::address_with(redirect_uri, &all))
}

/// Why this address may get no code; None when it may.
fn forbidden(redirect_uri: &str, https_only: bool) -> Option<&'static str> {
    let (scheme, _) = redirect_uri.split_once(':')?;
    if !scheme.eq_ignore_ascii_case("http") {
        return None;
    }
    if https_only {
        return Some(HTTPS_ONLY);
    }
    let host = redirect_uri.parse::<Uri>().ok();
    let host = host.as_ref().and_then(Uri::host);
    (host != Some("localhost")).then_some(NOT_HTTPS)
}

fn problem(description: &str) -> Response {
    let mut main = Html::default();
    main.element("h1", &[], "The application cannot be linked");
    main.element("p", &[("role", "alert")], description);
    browser::plain_page(STYLE, 400, "The application cannot be linked", main)
}

fn asked(world: &World, query: &Query) -> Result<Asked, Box<Response>> {
    let text = |name: &str| query.get(name).unwrap_or_default().to_owned();
    let link = world.sign_ins().clients.data_center.clone();
    let switches = world.switches();
    let (client_id, redirect_uri) = (text("client_id"), text("redirect_uri"));
    if client_id != link.id {
        return Err(Box::new(problem(
            "There is no application link with this client ID.",
        )));
    }
    if let Some(why) = forbidden(&redirect_uri, switches.https_only) {
        return Err(Box::new(problem(why)));
    }
    if redirect_uri != link.redirect_uri {
        let why = "The redirect URL is not the one of the application link.";
        return Err(Box::new(problem(why)));
    }
    let state = query.get("state").map(str::to_owned);
    let wrong = |error: &str, description: &str| {
        let parameters = [("error", error), ("error_description", description)];
        Err(Box::new(back(&redirect_uri, state.as_deref(), &parameters)))
    };
    if query.get("response_type") != Some("code") {
        return wrong("unsupported_response_type", "response_type must be code");
    }
    let mut permission = None;
    for scope in text("scope").split_whitespace() {
        match Permission::from_name(scope) {
            Some(known) if known <= switches.link_permission => {
                permission = permission.max(Some(known));
            }
            _ => return wrong("invalid_scope", &format!("The scope {scope} is invalid")),
        }
    }
    let challenge = match (
        query.get("code_challenge"),
        query.get("code_challenge_method"),
    ) {
        (None, _) => None,
        (Some(text), method @ (None | Some("plain" | "S256"))) => Some(Challenge {
            text: text.to_owned(),
            s256: method == Some("S256"),
        }),
        _ => {
            return wrong(
                "invalid_request",
                "code_challenge_method must be S256 or plain",
            );
        }
    };
    Ok(Asked {
        client_id,
        state,
        // An app that names none gets what the link allows.
        permission: permission.unwrap_or(switches.link_permission),
        challenge,
        redirect_uri,
    })
}

async fn authorize(State(world): Shared, query: Query) -> Response {
    if is_absent(&world) {
        return web::container_page(404, "Not Found");
    }
    let asked = match asked(&world, &query) {
        Ok(asked) => asked,
        Err(refused) => return *refused,
    };
    let may = match asked.permission {
        Permission::Read => "View projects, pages and files",
        Permission::Write => "View, create, change and delete pages and files",
        Permission::Admin => "Administer this site, and all that its people may do",
        Permission::SystemAdmin => "Administer this site and its system",
    };
    let mut main = Html::default();
    main.element(
        "h1",
        &[],
        "Retropress would like to access your Confluence account",
    );
    let who = format!(
        "Logged in as {} ({})",
        samples::OWN.name,
        samples::OWN.username
    );
    main.element("p", &[("class", "muted")], &who);
    main.element("p", &[], "It will be able to:")
        .open("ul", &[]);
    main.open("li", &[])
        .text(may)
        .text(" ")
        .element("code", &[], asked.permission.name())
        .close("li")
        .close("ul");
    main.open("form", &[("method", "post"), ("action", AUTHORIZE)]);
    for (name, value) in &query.0 {
        let attributes = [("type", "hidden"), ("name", name), ("value", value)];
        main.open("input", &attributes);
    }
    main.open("p", &[("class", "buttons")]);
    browser::button(&mut main, "decision", "allow", "Allow");
    browser::button(&mut main, "decision", "deny", "Deny");
    main.close("p").close("form");
    browser::form_page(STYLE, "Allow access", main, &asked.redirect_uri)
}

async fn decide(State(world): Shared, headers: HeaderMap, body: Bytes) -> Response {
    if is_absent(&world) {
        return web::container_page(404, "Not Found");
    }
    if !web::is_own_form(&headers) {
        return web::answer(403, "text/plain", b"XSRF check failed".to_vec());
    }
    let form = Query::from_form(&body);
    let asked = match asked(&world, &form) {
        Ok(asked) => asked,
        Err(refused) => return *refused,
    };
    let Asked {
        redirect_uri,
        state,
        ..
    } = asked;
    let answer = |parameters: &[(&str, &str)]| back(&redirect_uri, state.as_deref(), parameters);
    if form.get("decision") != Some("allow") {
        return answer(&[
            ("error", "access_denied"),
            ("error_description", "The resource owner denied the request"),
        ]);
    }
    let grant = Grant {
        client_id: asked.client_id,
        account_id: samples::OWN.account_id.to_owned(),
        scopes: vec![asked.permission.name().to_owned()],
        sites: Vec::new(),
    };
    let now = world.now();
    let code = world.change_sign_ins(|kept| {
        kept.allow(
            Issuer::DataCenter,
            grant,
            &redirect_uri,
            asked.challenge,
            now,
        )
    });
    match code {
        Ok(Ok(code)) => answer(&[("code", &code)]),
        _ => answer(&[("error", "server_error")]),
    }
}

// ---- Tokens --------------------------------------------------------------------

async fn token(State(world): Shared, headers: HeaderMap, body: Bytes) -> Response {
    if is_absent(&world) {
        return web::container_page(404, "Not Found");
    }
    if !web::is_form(&headers) {
        let message = "@FormParam is utilized when the content type of the request entity is not \
                       application/x-www-form-urlencoded";
        return web::json(500, &json!({"message": message, "status-code": 500}));
    }
    let sent = Query::from_form(&body);
    let text = |name: &str| sent.get(name).filter(|value| !value.is_empty());
    let link = world.sign_ins().clients.data_center.clone();
    let missing = |name: &str| refuse(400, "invalid_request", &format!("Missing {name}"));
    let Some(grant_type) = text("grant_type") else {
        return missing("grant_type");
    };
    let Some(client_id) = text("client_id") else {
        return missing("client_id");
    };
    if client_id != link.id || text("client_secret") != Some(&link.secret) {
        return refuse(401, "invalid_client", "Invalid client credentials");
    }
    let when = world.when();
    let given = match grant_type {
        "authorization_code" => {
            let Some(code) = text("code") else {
                return missing("code");
            };
            let redirect_uri = text("redirect_uri").unwrap_or_default();
            let verifier = text("code_verifier");
            world.change_sign_ins(|kept| {
                kept.exchange(
                    Issuer::DataCenter,
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
                return missing("refresh_token");
            };
            world.change_sign_ins(|kept| kept.refresh(Issuer::DataCenter, client_id, token, when))
        }
        other => {
            let description = format!("The grant type {other} is not supported");
            return refuse(400, "unsupported_grant_type", &description);
        }
    };
    match given {
        Ok(Ok(tokens)) => show(&tokens),
        Ok(Err(Dead::NoRandom)) => refuse(500, "server_error", "No random numbers"),
        Ok(Err(Dead::WrongVerifier)) => refuse(400, "invalid_grant", "Invalid code verifier"),
        Ok(Err(Dead::OtherRedirect)) => refuse(400, "invalid_grant", "Invalid redirect URI"),
        Ok(Err(Dead::Unknown | Dead::Inactive)) if grant_type == "refresh_token" => {
            refuse(400, "invalid_grant", "Invalid refresh token")
        }
        Ok(Err(Dead::Unknown | Dead::Inactive)) => {
            refuse(400, "invalid_grant", "Invalid authorization code")
        }
        Err(error) => refuse(500, "server_error", &error.to_string()),
    }
}

fn show(tokens: &Tokens) -> Response {
    let mut response = web::json(
        200,
        &json!({
            "access_token": tokens.access,
            "refresh_token": tokens.refresh,
            "token_type": "bearer",
            "expires_in": tokens.lifetime.as_secs(),
            "created_at": tokens.issued.timestamp(),
        }),
    );
    web::set_header(&mut response, "cache-control", "no-store");
    response
}

// ---- The link --------------------------------------------------------------------

async fn link(State(world): Shared) -> Response {
    let mut main = Html::default();
    main.element("h1", &[], "Application links");
    if is_absent(&world) {
        main.element("p", &[], "This Server has no OAuth 2.0.");
        return browser::plain_page(STYLE, 200, "Application links", main);
    }
    let link = world.sign_ins().clients.data_center.clone();
    main.element("h2", &[], "Retropress, an incoming link");
    browser::facts(
        &mut main,
        &[
            ("Client ID", &link.id),
            ("Client secret", &link.secret),
            ("Permission", world.switches().link_permission.name()),
        ],
    );
    browser::address_form(&mut main, LINK, "Redirect URL", &link.redirect_uri);
    main.open("p", &[]).link(CONTEXT, "All spaces").close("p");
    browser::plain_page(STYLE, 200, "Application links", main)
}

async fn register(State(world): Shared, headers: HeaderMap, body: Bytes) -> Response {
    if !web::is_own_form(&headers) {
        return web::answer(403, "text/plain", b"XSRF check failed".to_vec());
    }
    let form = Query::from_form(&body);
    let address = form.get("address").unwrap_or_default().trim().to_owned();
    if address.is_empty() {
        return problem("A redirect URL is needed.");
    }
    if let Some(why) = forbidden(&address, world.switches().https_only) {
        return problem(why);
    }
    match world.change_sign_ins(|kept| kept.clients.data_center.redirect_uri = address) {
        Ok(()) => web::redirect(LINK),
        Err(error) => problem(&error.to_string()),
    }
}
