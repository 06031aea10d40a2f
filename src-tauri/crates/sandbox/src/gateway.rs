//! The gateway in front of Cloud: `/ex/confluence/{cloudId}` and the same API
//! behind it, with the scopes of a token checked first.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use axum::routing::{any, get};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::auth_host;
use crate::cloud::Shared;
use crate::content::Person;
use crate::sign_in::{self, Presented};
use crate::web::{self, Query};
use crate::world::{Edition, World};

/// Marks a request that passed the gateway's own sign-in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Passed(pub &'static Person);

/// The whole gateway; `sites` are the APIs it passes on to.
pub(crate) fn routes(world: &Arc<World>, sites: Vec<(Arc<World>, Router)>) -> Router {
    let worlds: Vec<Arc<World>> = sites.iter().map(|(world, _)| Arc::clone(world)).collect();
    let forward =
        async move |State(world): Shared,
                    Path((cloud_id, _)): Path<(String, String)>,
                    request: Request| { pass_on(&world, &cloud_id, request, sites).await };
    let media = async move |Path(file): Path<String>, query: Query, headers: HeaderMap| {
        media(&worlds, &file, &query, &headers)
    };
    Router::new()
        .route("/ex/confluence/{cloud_id}/{*rest}", any(forward))
        .route("/oauth/token/accessible-resources", get(resources))
        .route("/me", get(me))
        .route("/avatar.svg", get(avatar))
        .route("/media/file/{file}/binary", get(media))
        .fallback(async || refuse(404, "Not Found"))
        .with_state(Arc::clone(world))
}

fn refuse(status: u16, message: &str) -> Response {
    web::json(status, &json!({"code": status, "message": message}))
}

async fn pass_on(
    world: &World,
    cloud_id: &str,
    mut request: Request,
    sites: Vec<(Arc<World>, Router)>,
) -> Response {
    let path = request.uri().path().to_owned();
    let prefix = format!("/ex/confluence/{cloud_id}");
    let inner = path.strip_prefix(&prefix).unwrap_or_default().to_owned();
    let mut open: Vec<String> = auth_host::sites(world)
        .iter()
        .map(|site| site.cloud_id.to_owned())
        .collect();
    let (person, scopes) = match sign_in::presented(world, request.headers()) {
        Presented::ApiToken(person) => (person, None),
        Presented::ScopedToken(person) => (person, Some(world.switches().scopes)),
        Presented::CloudAccess(access) => {
            open.retain(|site| access.sites.contains(site));
            (access.person, Some(access.scopes))
        }
        // Its words are not recorded.
        Presented::ExpiredAccess | Presented::DataCenterAccess(_) | Presented::WrongBearer => {
            return unauthorized();
        }
        // Where the real gateway answers this is not recorded; the site's own
        // answers are given.
        _ if inner.starts_with("/wiki/api/v2") => return crate::cloud::not_found(),
        _ => return crate::cloud_v1::not_permitted(&inner),
    };
    if let Some(scopes) = scopes
        && !permits(request.method(), &inner, &scopes)
    {
        return refuse(401, "Unauthorized; scope does not match");
    }
    let site = sites
        .into_iter()
        .find(|(world, _)| world.site.cloud_id == cloud_id)
        .filter(|(world, _)| open.iter().any(|id| id == world.site.cloud_id));
    let Some((_, site)) = site else {
        return refuse(404, "Not Found");
    };
    let uri = match request.uri().query() {
        Some(query) => format!("{inner}?{query}"),
        None => inner,
    };
    let Ok(uri) = uri.parse::<Uri>() else {
        return refuse(400, "Bad Request");
    };
    *request.uri_mut() = uri;
    // Otherwise the site's routes would also see the gateway's parameters.
    request.extensions_mut().clear();
    request.extensions_mut().insert(Passed(person));
    match site.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Whether a token with these scopes may make this call. Each call has one or
/// more sets of scopes, of which one must be there whole.
fn permits(method: &Method, path: &str, scopes: &[String]) -> bool {
    let has = |wanted: &str| scopes.iter().any(|scope| scope == wanted);
    needed(method, path)
        .iter()
        .any(|set| set.iter().all(|scope| has(scope)))
}

/// The scopes of each call, as the descriptions of REST v2 and v1 list them.
fn needed(method: &Method, path: &str) -> &'static [&'static [&'static str]] {
    let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
    let reads = method == Method::GET;
    let deletes = method == Method::DELETE;
    match segments.as_slice() {
        ["wiki", "api", "v2", rest @ ..] => match rest {
            ["spaces", _, "pages"] => &[&["read:page:confluence"]],
            ["spaces", ..] if reads => &[&["read:space:confluence"]],
            ["spaces"] => &[&["write:space:confluence"]],
            ["pages", _, "attachments"] => &[&["read:attachment:confluence"]],
            ["pages", _, "direct-children" | "descendants"] => {
                &[&["read:hierarchical-content:confluence"]]
            }
            ["pages", _, "ancestors"] => &[&["read:content.metadata:confluence"]],
            ["pages", _, "properties", ..] if !reads => {
                &[&["read:page:confluence", "write:page:confluence"]]
            }
            ["pages", ..] if reads => &[&["read:page:confluence"]],
            ["pages", ..] if deletes => &[&["delete:page:confluence"]],
            ["pages", ..] => &[&["write:page:confluence"]],
            ["attachments", _] if deletes => &[&["delete:attachment:confluence"]],
            ["attachments", _, "properties", ..] if !reads => {
                &[&["read:attachment:confluence", "write:attachment:confluence"]]
            }
            ["attachments", ..] => &[&["read:attachment:confluence"]],
            ["content", "convert-ids-to-types"] => &[&["read:content.metadata:confluence"]],
            ["users-bulk"] => &[&["read:user:confluence"]],
            _ => &[],
        },
        ["wiki", "rest", "api", rest @ ..] => match rest {
            ["content", _, "child", "attachment", _, "download"] => &[
                &["readonly:content.attachment:confluence"],
                &["read:attachment:confluence"],
            ],
            ["content", _, "child", "attachment", _] if method == Method::PUT => &[
                &["write:confluence-file", "write:confluence-props"],
                &[
                    "read:content-details:confluence",
                    "write:attachment:confluence",
                ],
            ],
            ["content", _, "child", "attachment", ..] if !reads => &[
                &["write:confluence-file"],
                &[
                    "read:content-details:confluence",
                    "write:attachment:confluence",
                ],
            ],
            ["content", _, "label", ..] if !reads => &[
                &["write:confluence-content"],
                &["read:label:confluence", "write:label:confluence"],
            ],
            ["search"] | ["content", "search"] => {
                &[&["search:confluence"], &["read:content-details:confluence"]]
            }
            ["user", ..] => &[
                &["read:confluence-user"],
                &["read:content-details:confluence"],
            ],
            ["content", "archive"] => &[&["write:confluence-content"]],
            // The removed part: whatever the scopes, it answers that it is gone.
            ["content" | "space" | "contentbody" | "inlinetasks", ..] => &[&[]],
            _ => &[],
        },
        _ => &[],
    }
}

fn unauthorized() -> Response {
    refuse(401, "Unauthorized")
}

/// The sites an app may work on. Each is named once for every family of scopes
/// that was allowed: the classic ones and the granular ones.
async fn resources(State(world): Shared, headers: HeaderMap) -> Response {
    let Presented::CloudAccess(access) = sign_in::presented(&world, &headers) else {
        return unauthorized();
    };
    let is_granular =
        |scope: &String| scope.ends_with(":confluence") && scope != "search:confluence";
    let is_classic = |scope: &String| scope.contains(":confluence") && !is_granular(scope);
    let families: [Vec<String>; 2] = [
        access
            .scopes
            .iter()
            .filter(|s| is_classic(s))
            .cloned()
            .collect(),
        access
            .scopes
            .iter()
            .filter(|s| is_granular(s))
            .cloned()
            .collect(),
    ];
    let sites = auth_host::sites(&world);
    let mut found: Vec<Value> = Vec::new();
    for scopes in families.iter().filter(|scopes| !scopes.is_empty()) {
        for site in &sites {
            if access.sites.iter().any(|id| id == site.cloud_id) {
                found.push(json!({
                    "id": site.cloud_id,
                    "name": site.name,
                    "url": world.site_address(*site),
                    "scopes": scopes,
                    "avatarUrl": format!("{}/avatar.svg", world.addresses.gateway),
                }));
            }
        }
    }
    web::json(200, &Value::Array(found))
}

async fn me(State(world): Shared, headers: HeaderMap) -> Response {
    let Presented::CloudAccess(access) = sign_in::presented(&world, &headers) else {
        return unauthorized();
    };
    if !access.scopes.iter().any(|scope| scope == "read:me") {
        return refuse(401, "Unauthorized; scope does not match");
    }
    let person = access.person;
    web::json(
        200,
        &json!({
            "account_type": "atlassian",
            "account_id": person.account_id,
            "account_status": "active",
            "email": person.email,
            "name": person.name,
            "nickname": person.username,
            "picture": format!("{}/avatar.svg", world.addresses.gateway),
            "zoneinfo": "Etc/UTC",
            "locale": "en-US",
        }),
    )
}

async fn avatar() -> Response {
    const PICTURE: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 48 48\">\
                           <circle cx=\"24\" cy=\"24\" r=\"24\" fill=\"#4c7bd9\"/></svg>";
    web::answer(200, "image/svg+xml", PICTURE.as_bytes().to_vec())
}

/// The media host: the address alone opens a file, and credentials sent along
/// are a client's mistake.
fn media(worlds: &[Arc<World>], file: &str, query: &Query, headers: &HeaderMap) -> Response {
    if headers.contains_key("authorization") {
        return refuse(400, "Only one authentication mechanism is allowed");
    }
    let number: Option<u32> = query.get("version").and_then(|text| text.parse().ok());
    for world in worlds {
        let content = world.content(Edition::Cloud);
        let version = content
            .attachments
            .values()
            .find(|a| a.file_id == file && !a.trashed)
            .and_then(|a| a.versions.iter().find(|v| Some(v.number) == number));
        if let Some(version) = version {
            return web::answer(200, "application/octet-stream", version.bytes.to_vec());
        }
    }
    refuse(404, "Not Found")
}
