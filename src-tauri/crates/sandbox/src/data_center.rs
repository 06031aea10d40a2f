//! Confluence Data Center, REST v1, below a context path.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use axum::{Extension, Router};
use serde_json::{Value, json};

use crate::cloud::{Shared, Who, json_body, version_number};
use crate::content::{Content, Id, Page, Person, Space, SpaceKind, Status};
use crate::links;
use crate::oauth::Permission;
use crate::pages::{Change, NewPage, Place};
use crate::refusal::Refusal;
use crate::rest_v1::{
    self, search, sent_labels, show_attachment, show_labels, show_person, show_version,
};
use crate::samples;
use crate::sign_in::{self, Presented};
use crate::web::{self, Query};
use crate::world::{Edition, World, lock};

/// Where it lives on its host.
pub(crate) const CONTEXT: &str = "/confluence";

/// The version it says it is, and that of a Server from before access tokens
/// and OAuth 2.0.
const VERSION: (&str, u32) = ("10.2.19", 10_219);
const OLD_VERSION: (&str, u32) = ("7.4.0", 8_401);

fn version(world: &World) -> (&'static str, u32) {
    if world.switches().old_server {
        OLD_VERSION
    } else {
        VERSION
    }
}

const DC: Edition = Edition::DataCenter;

/// How Data Center says no.
#[derive(Debug)]
pub(crate) struct No(pub Refusal);

impl From<Refusal> for No {
    fn from(refusal: Refusal) -> No {
        No(refusal)
    }
}

impl IntoResponse for No {
    fn into_response(self) -> Response {
        const PACKAGE: &str = "com.atlassian.confluence.api.service.exceptions";
        let no_content = |id: Id| {
            (
                404,
                false,
                format!("No content found with id: ContentId{{id={id}}}"),
            )
        };
        let (status, authorized, message) = match self.0 {
            Refusal::NoSpace(id) => (404, false, format!("No space with id : {id}")),
            Refusal::NoSpaceKey(key) => (404, false, format!("No space with key : {key}")),
            Refusal::NoPage(id) | Refusal::NoContent(id) => no_content(id),
            Refusal::NoParent(id) => (
                404,
                false,
                format!("The parent ID specified does not exist: {id}"),
            ),
            Refusal::NoProperty(key) => (
                404,
                false,
                format!("Cannot find content property with key: {key}"),
            ),
            Refusal::MayNotCreate(_) => (
                403,
                false,
                format!("{PACKAGE}.PermissionException: Could not create content with type page"),
            ),
            Refusal::MayNotChange(id) => (
                403,
                false,
                format!("{PACKAGE}.PermissionException: Could not update content with id {id}"),
            ),
            Refusal::MayNotDelete(id) => (403, false, format!("Unable to trash content {id}")),
            Refusal::MayNotAttach(_) => (
                403,
                false,
                format!("{PACKAGE}.PermissionException: User not permitted to create attachment"),
            ),
            Refusal::IsArchived(_) => (
                404,
                true,
                "Can not find draft with current content".to_owned(),
            ),
            Refusal::TitleTaken { title, key } => (
                400,
                true,
                format!(
                    "A page with this title already exists: A page already exists with the \
                     title {title} in the space with key {key}"
                ),
            ),
            Refusal::StaleVersion { current, .. } => (
                409,
                true,
                format!("Version must be incremented on update. Current version is: {current}"),
            ),
            Refusal::PropertyTaken(key) => (
                400,
                true,
                format!("A property with the key {key} already exists"),
            ),
            Refusal::OwnParent => (400, true, "Can not set page as its own parent".to_owned()),
            Refusal::NotWellFormed(text) | Refusal::Invalid(text) => (400, true, text),
            Refusal::TooLarge => (
                413,
                true,
                format!(
                    "Request too large. Requests for this resource can be at most {} bytes",
                    crate::pages::LARGEST_BODY
                ),
            ),
            // The documented answer; its text is not verified.
            Refusal::FileTooLarge => (
                404,
                true,
                "The attachment is larger than allowed".to_owned(),
            ),
            Refusal::NameTaken(name) => (400, true, crate::cloud_v1::name_taken(&name)),
            Refusal::PurgedAlready => (404, false, "No content found".to_owned()),
            Refusal::Xsrf => return web::answer(403, "text/plain", b"XSRF check failed".to_vec()),
            Refusal::NotJson => return web::container_page(415, "Unsupported Media Type"),
            Refusal::Disk(text) => (500, true, text),
        };
        error(status, authorized, &message)
    }
}

fn error(status: u16, authorized: bool, message: &str) -> Response {
    let reason = axum::http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or_default();
    let data = json!({
        "authorized": authorized, "valid": true, "errors": [],
        "successful": false, "allowedInReadOnlyMode": true,
    });
    web::json(
        status,
        &json!({"statusCode": status, "data": data, "message": message, "reason": reason}),
    )
}

type Answer = Result<Response, No>;

// ---- Sign-in -----------------------------------------------------------------

/// Who asks, if anybody: None is an anonymous caller. And what an app may do
/// that asks for somebody.
#[derive(Debug, Clone, Copy)]
struct Caller(Option<&'static Person>, Permission);

fn wrong_password() -> Response {
    let mut response = web::container_page(
        401,
        "Basic Authentication Failure - Reason : AUTHENTICATED_FAILED",
    );
    web::set_header(
        &mut response,
        "x-seraph-loginreason",
        "AUTHENTICATED_FAILED",
    );
    let realm = "OAuth realm=\"http%3A%2F%2Flocalhost%2Fconfluence\"";
    web::set_header(&mut response, "www-authenticate", realm);
    response
}

fn captcha(world: &World) -> Response {
    let mut response = web::container_page(
        403,
        "Basic Authentication Failure - Reason : AUTHENTICATION_DENIED",
    );
    web::set_header(
        &mut response,
        "x-seraph-loginreason",
        "AUTHENTICATION_DENIED",
    );
    let reason = format!(
        "CAPTCHA_CHALLENGE; login-url={}/login.action",
        world.base(DC)
    );
    web::set_header(&mut response, "x-authentication-denied-reason", &reason);
    response
}

fn caller(world: &World, headers: &HeaderMap) -> Result<Caller, Box<Response>> {
    let switches = world.switches();
    let presented = sign_in::presented(world, headers);
    let is_basic = sign_in::basic_name(headers).is_some();
    if is_basic && !switches.basic {
        let message = "Basic Authentication has been disabled on this instance.";
        return Err(Box::new(web::json(403, &json!({ "message": message }))));
    }
    if let Some(name) = sign_in::basic_name(headers) {
        let name = name.to_lowercase();
        let mut failures = lock(&world.failures);
        if failures.get(&name).copied().unwrap_or(0) >= switches.captcha_after {
            return Err(Box::new(captcha(world)));
        }
        if let Presented::Password(person) = presented
            && name == person.username
        {
            failures.remove(&name);
            return Ok(Caller(Some(person), Permission::SystemAdmin));
        }
        *failures.entry(name).or_insert(0) += 1;
        return Err(Box::new(wrong_password()));
    }
    let nobody = Caller(None, Permission::Read);
    match presented {
        // A line that knows no tokens does not look at the header.
        _ if switches.old_server => Ok(nobody),
        Presented::PersonalAccessToken(person) => Ok(Caller(Some(person), Permission::SystemAdmin)),
        Presented::DataCenterAccess(access) => {
            let permission = access.scopes.first();
            let permission = permission.and_then(|name| Permission::from_name(name));
            let permission = permission.unwrap_or(Permission::Read);
            Ok(Caller(Some(access.person), permission))
        }
        // With anonymous access on, a wrong token is as good as none.
        _ if switches.anonymous => Ok(nobody),
        Presented::Nothing => Ok(nobody),
        _ => Err(Box::new(web::container_page(401, "Unauthorized"))),
    }
}

async fn signed_in(State(world): Shared, mut request: Request, next: Next) -> Response {
    let switches = world.switches();
    if switches.sign_in_page {
        return crate::browser::sign_on_page();
    }
    if switches.old_server && request.uri().path().ends_with("/server-information") {
        return web::container_page(404, "Not Found");
    }
    let caller = match caller(&world, request.headers()) {
        Ok(caller) => caller,
        Err(refused) => return *refused,
    };
    let path = request.uri().path();
    let Caller(person, permission) = caller;
    let mut response = match person {
        // Its words are not recorded.
        Some(_) if permission == Permission::Read && !request.method().is_safe() => {
            error(403, false, "The scope READ does not permit this")
        }
        Some(person) => {
            request.extensions_mut().insert(person);
            next.run(request).await
        }
        None => anonymous(&world, path, switches.anonymous),
    };
    let name = person.map_or("anonymous", |person| person.username);
    web::set_header(&mut response, "x-ausername", name);
    if person.is_some() {
        web::set_header(&mut response, "x-seraph-loginreason", "OK");
    }
    response
}

/// What a caller without credentials sees: nothing, but with a smile when the
/// site lets such callers in.
fn anonymous(world: &World, path: &str, let_in: bool) -> Response {
    if path.ends_with("/server-information") {
        return error(401, false, "Authentication required");
    }
    if !let_in {
        return error(403, false, "Current user not permitted to use Confluence");
    }
    if path.ends_with("/user/current") {
        let picture = "/confluence/images/icons/profilepics/anonymous.png";
        return web::json(
            200,
            &json!({
                "type": "anonymous",
                "profilePicture": {"path": picture, "width": 48, "height": 48, "isDefault": true},
                "displayName": "Anonymous",
                "_links": {"base": world.base(DC), "context": CONTEXT},
            }),
        );
    }
    if path.ends_with("/space") || path.ends_with("/content") || path.ends_with("/search") {
        let own = format!("{}{path}", world.base(DC));
        return web::json(
            200,
            &json!({
                "results": [], "start": 0, "limit": 25, "size": 0,
                "_links": {"self": own, "base": world.base(DC), "context": CONTEXT},
            }),
        );
    }
    error(404, false, "No content found")
}

// ---- Routes --------------------------------------------------------------------

/// Everything below `/confluence/rest`, sign-in included.
pub(crate) fn routes(world: &Arc<World>) -> Router<Arc<World>> {
    let attachments = get(attachments).post(attach);
    let api = Router::new()
        .route("/server-information", get(server_information))
        .route("/user/current", get(current_user))
        .route("/user", get(user))
        .route("/space", get(spaces))
        .route("/space/{key}", get(space))
        .route("/space/{key}/content", get(space_content))
        .route("/space/{key}/content/{kind}", get(space_content_of_kind))
        .route("/content", get(contents).post(create))
        .route("/content/search", get(content_search))
        .route("/search", get(site_search))
        .route(
            "/content/{id}",
            get(content).put(update).delete(delete_content),
        )
        .route("/content/{id}/history", get(history))
        .route("/content/{id}/child", get(child))
        .route("/content/{id}/child/page", get(child_pages))
        .route("/content/{id}/descendant/page", get(descendant_pages))
        .route("/content/{id}/child/attachment", attachments)
        .route(
            "/content/{id}/child/attachment/{attachment}",
            put(describe_attachment).delete(delete_attachment),
        )
        .route(
            "/content/{id}/child/attachment/{attachment}/data",
            post(attachment_data),
        )
        .route(
            "/content/{id}/label",
            get(labels).post(add_labels).delete(remove_label),
        )
        .route("/content/{id}/label/{label}", delete(remove_label_by_path))
        .route(
            "/content/{id}/property",
            get(properties).post(create_property),
        )
        .route(
            "/content/{id}/property/{key}",
            get(property)
                .put(update_property)
                .post(create_property_by_key)
                .delete(delete_property),
        )
        .fallback(async || web::container_page(404, "Not Found"))
        .method_not_allowed_fallback(async || error(405, true, "HTTP 405 Method Not Allowed"))
        .layer(middleware::from_fn_with_state(Arc::clone(world), signed_in));
    Router::new()
        .nest("/rest/api", api)
        .merge(crate::application_link::routes())
        .route("/rest/applinks/1.0/manifest", get(manifest))
        .route("/rest/applinks/latest/manifest", get(manifest))
        .route(
            "/status",
            get(async || web::json(200, &json!({"state": "RUNNING"}))),
        )
}

async fn manifest(State(world): Shared) -> Response {
    let (version, build) = version(&world);
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?><manifest>");
    for (name, value) in [
        ("id", "5f0c3c6e-6f6b-3a3a-9d5b-5a11db0c0001"),
        ("name", "Retropress sandbox"),
        ("typeId", "confluence"),
        ("version", version),
        ("buildNumber", &build.to_string()),
        ("applinksVersion", "10.0.0"),
        ("publicSignup", "false"),
        ("url", world.base(DC)),
    ] {
        xml.push_str(&format!("<{name}>"));
        crate::storage_format::escape_into(value, false, &mut xml);
        xml.push_str(&format!("</{name}>"));
    }
    xml.push_str("</manifest>");
    web::answer(200, "application/xml", xml.into_bytes())
}

async fn server_information(State(world): Shared) -> Response {
    let (version, build) = version(&world);
    web::json(
        200,
        &json!({
            "baseUrl": world.base(DC),
            "version": version,
            "buildNumber": build,
            "marketplaceBuildNumber": build,
            "buildDate": "2026-08-17T00:00:00.000Z",
        }),
    )
}

async fn current_user(State(world): Shared, Extension(person): Who) -> Response {
    web::json(200, &signed_person(&world, person))
}

fn signed_person(world: &World, person: &Person) -> Value {
    let mut shown = show_person(person, DC);
    let own = format!("{}/rest/api/user?key={}", world.base(DC), person.user_key);
    shown["_links"] = json!({"self": own, "base": world.base(DC), "context": CONTEXT});
    shown["_expandable"] = json!({"status": ""});
    shown
}

async fn user(State(world): Shared, query: Query) -> Response {
    let found = samples::MEMBERS.into_iter().find(|person| {
        query.get("username") == Some(person.username) || query.get("key") == Some(person.user_key)
    });
    match found {
        Some(person) => web::json(200, &signed_person(&world, person)),
        None => error(404, true, "No user found"),
    }
}

// ---- Lists ---------------------------------------------------------------------

fn list(
    world: &World,
    path: &str,
    query: &Query,
    items: usize,
    show: impl Fn(usize) -> Value,
) -> Response {
    let number = |name: &str, default: usize| {
        query
            .get(name)
            .and_then(|text| text.parse().ok())
            .unwrap_or(default)
    };
    let start = number("start", 0).min(items);
    let limit = number("limit", 25).clamp(1, 500);
    let end = (start + limit).min(items);
    let results: Vec<Value> = (start..end).map(show).collect();
    let base = world.base(DC);
    let own = if query.0.is_empty() {
        String::new()
    } else {
        format!("?{}", query.with(&[]))
    };
    let mut links = json!({
        "self": format!("{base}/rest/api{path}{own}"), "base": base, "context": CONTEXT,
    });
    if end < items {
        let next = query.with(&[("limit", limit.to_string()), ("start", end.to_string())]);
        links["next"] = json!(format!("/rest/api{path}?{next}"));
    }
    web::json(
        200,
        &json!({
            "results": results, "start": start, "limit": limit, "size": results.len(),
            "_links": links,
        }),
    )
}

// ---- Spaces --------------------------------------------------------------------

fn expands(query: &Query, name: &str) -> bool {
    query.list("expand").is_some_and(|all| {
        all.iter()
            .any(|e| e == name || e.starts_with(&format!("{name}.")))
    })
}

fn show_space(world: &World, content: &Content, space: &Space, query: &Query) -> Value {
    let mut shown = json!({
        "id": space.id,
        "key": space.key,
        "name": space.name,
        "status": if space.archived { "archived" } else { "current" },
        "type": rest_v1::space_type(space.kind),
        "_links": {
            "webui": format!("/display/{}", links::segment(&space.key)),
            "self": format!("{}/rest/api/space/{}", world.base(DC), links::segment(&space.key)),
        },
        "_expandable": {
            "metadata": "", "icon": "", "description": "", "retentionPolicy": "",
            "homepage": format!("/rest/api/content/{}", space.homepage),
        },
    });
    if expands(query, "homepage")
        && let Some(page) = content.page(space.homepage)
    {
        shown["homepage"] = show_page(world, content, page, &Query::default(), &[]);
        if let Some(expandable) = shown["_expandable"].as_object_mut() {
            expandable.remove("homepage");
        }
    }
    shown
}

async fn spaces(State(world): Shared, query: Query) -> Response {
    let content = world.content(DC);
    let keys = query.list("spaceKey");
    let found: Vec<&Space> = content
        .spaces
        .values()
        .filter(|s| content.space(s.id).is_some())
        .filter(|s| {
            keys.as_ref()
                .is_none_or(|keys| keys.iter().any(|key| key.eq_ignore_ascii_case(&s.key)))
        })
        .filter(|s| match query.get("type") {
            Some("personal") => s.kind == SpaceKind::Personal,
            Some("global") => s.kind == SpaceKind::Global,
            _ => true,
        })
        .filter(|s| match query.get("status") {
            Some(status) if status.eq_ignore_ascii_case("archived") => s.archived,
            Some(status) if status.eq_ignore_ascii_case("current") => !s.archived,
            _ => true,
        })
        .collect();
    list(&world, "/space", &query, found.len(), |i| {
        show_space(&world, &content, found[i], &query)
    })
}

fn find_space<'a>(content: &'a Content, key: &str) -> Result<&'a Space, No> {
    content
        .space_by_key(key)
        .ok_or_else(|| No(Refusal::NoSpaceKey(key.to_owned())))
}

async fn space(State(world): Shared, Path(key): Path<String>, query: Query) -> Answer {
    let content = world.content(DC);
    let space = find_space(&content, &key)?;
    let mut shown = show_space(&world, &content, space, &query);
    shown["_links"]["base"] = json!(world.base(DC));
    shown["_links"]["context"] = json!(CONTEXT);
    Ok(web::json(200, &shown))
}

fn pages_of_space(world: &World, key: &str, query: &Query) -> Answer {
    let lag = world.switches().lag;
    let content = world.content(DC);
    let space = find_space(&content, key)?;
    let only_root = query.get("depth") == Some("root");
    let found: Vec<&Page> = content
        .pages
        .values()
        .filter(|p| p.space == space.id && content.sees(p))
        .filter(|p| p.listed_as(lag) == Some(Status::Current))
        .filter(|p| !only_root || p.parent.is_none())
        .collect();
    let path = format!("/space/{}/content/page", links::segment(&space.key));
    Ok(list(world, &path, query, found.len(), |i| {
        show_page(world, &content, found[i], query, &[])
    }))
}

async fn space_content_of_kind(
    State(world): Shared,
    Path((key, kind)): Path<(String, String)>,
    query: Query,
) -> Answer {
    match kind.as_str() {
        "page" => pages_of_space(&world, &key, &query),
        "blogpost" => {
            let content = world.content(DC);
            let space = find_space(&content, &key)?;
            let path = format!("/space/{}/content/blogpost", links::segment(&space.key));
            Ok(list(&world, &path, &query, 0, |_| Value::Null))
        }
        other => Err(No(Refusal::Invalid(format!(
            "Unsupported content type: {other}"
        )))),
    }
}

async fn space_content(State(world): Shared, Path(key): Path<String>, query: Query) -> Answer {
    let listed = pages_of_space(&world, &key, &query)?;
    let bytes = axum::body::to_bytes(listed.into_body(), usize::MAX).await;
    let pages = bytes
        .ok()
        .and_then(|bytes| web::body(&bytes))
        .unwrap_or_default();
    let none = json!({"results": [], "start": 0, "limit": 25, "size": 0, "_links": {}});
    Ok(web::json(200, &json!({"page": pages, "blogpost": none})))
}

// ---- Pages ---------------------------------------------------------------------

pub(crate) fn webui(content: &Content, page: &Page) -> String {
    let key = content
        .spaces
        .get(&page.space)
        .map_or("", |s| s.key.as_str());
    if links::is_plain_title(page.title()) && page.status == Status::Current {
        format!(
            "/display/{}/{}",
            links::segment(key),
            links::title(page.title())
        )
    } else {
        format!("/pages/viewpage.action?pageId={}", page.id)
    }
}

/// What the answer to a write, and to reading one page, shows without being
/// asked.
const WRITTEN: [&str; 6] = [
    "space",
    "history",
    "version",
    "ancestors",
    "container",
    "body.storage",
];
const SINGLE: [&str; 3] = ["space", "history", "version"];

fn show_page(
    world: &World,
    content: &Content,
    page: &Page,
    query: &Query,
    always: &[&str],
) -> Value {
    let base = world.base(DC);
    let wants = |name: &str| always.contains(&name) || expands(query, name);
    let id = page.id;
    let mut expandable = serde_json::Map::new();
    let mut shown = json!({
        "id": id.to_string(),
        "type": "page",
        "status": page.status.name(),
        "title": page.title(),
        "position": -1,
        "extensions": {"position": "none"},
        "_links": {
            "webui": webui(content, page),
            "edit": format!("/pages/resumedraft.action?draftId={id}"),
            "tinyui": links::tiny(id),
            "self": format!("{base}/rest/api/content/{id}"),
        },
    });
    let mut part = |name: &str, path: &str, value: &dyn Fn() -> Value| {
        if wants(name) {
            shown[name] = value();
        } else {
            expandable.insert(name.to_owned(), json!(path));
        }
    };
    let space = content.spaces.get(&page.space);
    let show_container = || {
        space.map_or(Value::Null, |s| {
            show_space(world, content, s, &Query::default())
        })
    };
    let space_path = space.map(|s| format!("/rest/api/space/{}", links::segment(&s.key)));
    let space_path = space_path.unwrap_or_default();
    part("space", &space_path, &show_container);
    part("container", &space_path, &show_container);
    part("version", "", &|| {
        page.versions
            .last()
            .map_or(Value::Null, |v| show_version(v, DC))
    });
    part(
        "history",
        &format!("/rest/api/content/{id}/history"),
        &|| show_history(world, page),
    );
    part("ancestors", "", &|| {
        content
            .ancestors(page)
            .into_iter()
            .filter(|a| content.sees(a))
            .map(|a| show_page(world, content, a, &Query::default(), &[]))
            .collect()
    });
    part("operations", "", &|| {
        let may_write = content.may_write(page.space);
        crate::cloud::operations(may_write, "page")["operations"].take()
    });
    let children = format!("/rest/api/content/{id}/child");
    part("children", &children, &|| {
        let pages: Vec<Value> = content
            .children(id)
            .into_iter()
            .map(|child| show_page(world, content, child, &Query::default(), &[]))
            .collect();
        let count = pages.len();
        json!({
            "page": {"results": pages, "start": 0, "limit": 25, "size": count, "_links": {
                "self": format!("{base}/rest/api/content/{id}/child/page"),
            }},
            "_links": {"self": format!("{base}{children}")},
            "_expandable": {"attachment": format!("{children}/attachment")},
        })
    });
    part("metadata", "", &|| {
        let own = format!("{base}/rest/api/content/{id}/label");
        json!({
            "labels": show_labels(&page.labels, json!({ "self": own })),
            "_expandable": {"currentuser": "", "properties": "", "frontend": ""},
        })
    });
    let mut body = serde_json::Map::new();
    for name in ["storage", "view"] {
        if wants(&format!("body.{name}")) || (name == "storage" && always.contains(&"body.storage"))
        {
            let value = match name {
                "view" => crate::browser::view(content, page, page.body(), CONTEXT),
                _ => page.body().to_owned(),
            };
            body.insert(
                name.to_owned(),
                json!({
                    "value": value,
                    "representation": name,
                    "_expandable": {"content": format!("/rest/api/content/{id}")},
                }),
            );
        }
    }
    if body.is_empty() {
        expandable.insert("body".to_owned(), json!(""));
    } else {
        body.insert(
            "_expandable".to_owned(),
            json!({"editor": "", "export_view": ""}),
        );
        shown["body"] = Value::Object(body);
    }
    expandable.insert(
        "descendants".to_owned(),
        json!(format!("/rest/api/content/{id}/descendant")),
    );
    shown["_expandable"] = Value::Object(expandable);
    shown
}

fn show_history(world: &World, page: &Page) -> Value {
    json!({
        "latest": true,
        "createdBy": show_person(samples::person(&page.author), DC),
        "createdDate": web::date(page.created),
        "_links": {"self": format!("{}/rest/api/content/{}/history", world.base(DC), page.id)},
        "_expandable": {
            "lastUpdated": "", "previousVersion": "", "contributors": "", "nextVersion": "",
        },
    })
}

fn single(
    world: &World,
    content: &Content,
    page: &Page,
    query: &Query,
    always: &[&str],
) -> Response {
    let mut shown = show_page(world, content, page, query, always);
    shown["_links"]["collection"] = json!("/rest/api/content");
    shown["_links"]["base"] = json!(world.base(DC));
    shown["_links"]["context"] = json!(CONTEXT);
    web::json(200, &shown)
}

async fn contents(State(world): Shared, query: Query) -> Answer {
    let lag = world.switches().lag;
    let content = world.content(DC);
    let space = match query.get("spaceKey").filter(|key| !key.is_empty()) {
        Some(key) => Some(find_space(&content, key)?.id),
        None => None,
    };
    match query.get("type") {
        None | Some("page") => {}
        Some("blogpost") => return Ok(list(&world, "/content", &query, 0, |_| Value::Null)),
        Some(other) => {
            return Err(No(Refusal::Invalid(format!(
                "Unsupported content type: {other}"
            ))));
        }
    }
    let statuses = query
        .list("status")
        .unwrap_or_else(|| vec!["current".to_owned()]);
    let title = query.get("title").filter(|title| !title.is_empty());
    let found: Vec<(&Page, Status)> = content
        .pages
        .values()
        .filter(|p| content.sees(p))
        .filter(|p| space.is_none_or(|space| p.space == space))
        .filter(|p| title.is_none_or(|title| p.title() == title))
        .filter_map(|p| Some((p, p.listed_as(lag)?)))
        .filter(|(_, status)| {
            statuses.iter().any(|wanted| {
                wanted == status.name() || (wanted == "any" && *status != Status::Draft)
            })
        })
        .collect();
    Ok(list(&world, "/content", &query, found.len(), |i| {
        let mut shown = show_page(&world, &content, found[i].0, &query, &[]);
        shown["status"] = json!(found[i].1.name());
        shown
    }))
}

async fn content(State(world): Shared, Path(text): Path<String>, query: Query) -> Answer {
    let id = rest_v1::id(&text)?;
    let content = world.content(DC);
    if let Some(attachment) = content.attachment(None, id) {
        return Ok(web::json(
            200,
            &show_attachment(&world, DC, &content, attachment),
        ));
    }
    let page = content.page(id).ok_or(Refusal::NoPage(id))?;
    let statuses = query
        .list("status")
        .unwrap_or_else(|| vec!["current".to_owned()]);
    if !statuses
        .iter()
        .any(|s| s == "any" || s == page.status.name())
    {
        return Err(No(Refusal::NoPage(id)));
    }
    Ok(single(&world, &content, page, &query, &SINGLE))
}

async fn history(State(world): Shared, Path(text): Path<String>, query: Query) -> Answer {
    let id = rest_v1::id(&text)?;
    let content = world.content(DC);
    let page = content.page(id).ok_or(Refusal::NoPage(id))?;
    let mut shown = show_history(&world, page);
    // Unlike elsewhere, a caller that asks for nothing gets this as well.
    if query.get("expand").is_none() || expands(&query, "lastUpdated") {
        shown["lastUpdated"] = page
            .versions
            .last()
            .map_or(Value::Null, |v| show_version(v, DC));
    }
    shown["_links"]["base"] = json!(world.base(DC));
    shown["_links"]["context"] = json!(CONTEXT);
    Ok(web::json(200, &shown))
}

fn sent_parent(sent: &Value) -> Result<Option<Id>, Refusal> {
    let Some(parent) = sent
        .get("ancestors")
        .and_then(Value::as_array)
        .and_then(|a| a.last())
    else {
        return Ok(None);
    };
    parent
        .get("id")
        .and_then(web::number)
        .map(Some)
        .ok_or_else(|| Refusal::Invalid("Invalid ancestor".to_owned()))
}

fn sent_storage(sent: &Value) -> Result<Option<String>, Refusal> {
    let Some(body) = sent.get("body").and_then(Value::as_object) else {
        return Ok(None);
    };
    match body.get("storage") {
        Some(storage) => Ok(storage
            .get("value")
            .and_then(Value::as_str)
            .map(str::to_owned)),
        None if body.is_empty() => Ok(None),
        None => Err(Refusal::Invalid(
            "The sandbox stores page bodies in storage format alone".to_owned(),
        )),
    }
}

fn is_page(sent: &Value) -> Result<(), Refusal> {
    match sent.get("type").and_then(Value::as_str) {
        Some("page") => Ok(()),
        Some(other) => Err(Refusal::Invalid(format!(
            "The sandbox stores pages, not content of type {other}"
        ))),
        None => Err(Refusal::Invalid("Content must have a type".to_owned())),
    }
}

async fn create(
    State(world): Shared,
    Extension(person): Who,
    query: Query,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let sent = json_body(&headers, &body)?;
    is_page(&sent)?;
    let text = |pointer: &str| sent.pointer(pointer).and_then(Value::as_str);
    let draft = match text("/status") {
        None | Some("current") => false,
        Some("draft") => true,
        Some(other) => return Err(No(Refusal::Invalid(format!("Invalid status: {other}")))),
    };
    let key = text("/space/key")
        .ok_or_else(|| Refusal::Invalid("Content must have a space".to_owned()))?;
    let labels = match sent.pointer("/metadata/labels") {
        Some(labels) => sent_labels(labels)?,
        None => Vec::new(),
    };
    let properties = sent
        .pointer("/metadata/properties")
        .and_then(Value::as_object);
    let place = sent_parent(&sent)?.map_or(Place::Default, Place::Below);
    let title = text("/title").unwrap_or_default().to_owned();
    let storage = sent_storage(&sent)?.unwrap_or_default();
    let id = world.change(DC, |content| {
        let space = content
            .space_by_key(key)
            .ok_or_else(|| Refusal::NoSpaceKey(key.to_owned()))?
            .id;
        let new = NewPage {
            space,
            place,
            title,
            body: storage,
            draft,
        };
        let id = content.create_page(person, new)?;
        content.add_labels(id, &labels)?;
        for (key, property) in properties.into_iter().flatten() {
            let value = property.get("value").unwrap_or(property).clone();
            content.put_property(person, id, key, value, None)?;
        }
        Ok(id)
    })?;
    let content = world.content(DC);
    let page = content.page(id).ok_or(Refusal::NoPage(id))?;
    Ok(single(&world, &content, page, &query, &WRITTEN))
}

async fn update(
    State(world): Shared,
    Extension(person): Who,
    Path(text): Path<String>,
    query: Query,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let id = rest_v1::id(&text)?;
    let sent = json_body(&headers, &body)?;
    is_page(&sent)?;
    let version = sent.get("version").cloned().unwrap_or_default();
    let sent_text =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let change = Change {
        title: sent_text(&sent, "title"),
        body: sent_storage(&sent)?,
        number: version_number(&version)?,
        message: sent_text(&version, "message").unwrap_or_default(),
        minor: version
            .get("minorEdit")
            .and_then(Value::as_bool)
            .unwrap_or(false),
        parent: sent_parent(&sent)?,
        draft: sent_text(&sent, "status").as_deref() == Some("draft"),
    };
    world.change(DC, |content| content.update_page(person, id, change))?;
    let content = world.content(DC);
    let page = content.page(id).ok_or(Refusal::NoPage(id))?;
    Ok(single(&world, &content, page, &query, &WRITTEN))
}

async fn delete_content(State(world): Shared, Path(text): Path<String>, query: Query) -> Answer {
    let id = rest_v1::id(&text)?;
    world.change(DC, |content| {
        if content.attachment(None, id).is_some() {
            return content.trash_attachment(id);
        }
        match query.get("status") {
            Some("trashed" | "draft") => content.purge_page(id),
            _ => content.trash_page(id),
        }
    })?;
    Ok(web::no_content())
}

async fn child(State(world): Shared, Path(text): Path<String>, query: Query) -> Answer {
    let id = rest_v1::id(&text)?;
    let content = world.content(DC);
    let page = content.page(id).ok_or(Refusal::NoPage(id))?;
    let expand = Query(vec![("expand".to_owned(), "children.page".to_owned())]);
    let mut shown = show_page(&world, &content, page, &expand, &[])["children"].take();
    if !expands(&query, "page")
        && let Some(children) = shown.as_object_mut()
    {
        children.remove("page");
        children.insert(
            "_expandable".to_owned(),
            json!({
                "page": format!("/rest/api/content/{id}/child/page"),
                "attachment": format!("/rest/api/content/{id}/child/attachment"),
            }),
        );
    }
    Ok(web::json(200, &shown))
}

async fn child_pages(State(world): Shared, Path(text): Path<String>, query: Query) -> Answer {
    let id = rest_v1::id(&text)?;
    let lag = world.switches().lag;
    let content = world.content(DC);
    content.page(id).ok_or(Refusal::NoPage(id))?;
    let mut found = content.children(id);
    found.retain(|page| page.listed_as(lag) == Some(Status::Current));
    let path = format!("/content/{id}/child/page");
    Ok(list(&world, &path, &query, found.len(), |i| {
        show_page(&world, &content, found[i], &query, &[])
    }))
}

async fn descendant_pages(State(world): Shared, Path(text): Path<String>, query: Query) -> Answer {
    let id = rest_v1::id(&text)?;
    let lag = world.switches().lag;
    let content = world.content(DC);
    content.page(id).ok_or(Refusal::NoPage(id))?;
    let found: Vec<&Page> = content
        .pages
        .values()
        .filter(|p| content.sees(p) && p.listed_as(lag) == Some(Status::Current))
        .filter(|p| content.ancestors(p).iter().any(|a| a.id == id))
        .collect();
    let path = format!("/content/{id}/descendant/page");
    Ok(list(&world, &path, &query, found.len(), |i| {
        show_page(&world, &content, found[i], &query, &[])
    }))
}

// ---- Search ----------------------------------------------------------------------

fn found(world: &World, path: &str, query: &Query, whole: bool) -> Answer {
    let cql = query
        .get("cql")
        .ok_or_else(|| Refusal::Invalid("cql is required".to_owned()))?;
    let lag = world.switches().lag;
    let content = world.content(DC);
    let found = search(&content, cql, lag)?;
    Ok(list(world, path, query, found.len(), |i| {
        let page = found[i];
        let shown = show_page(world, &content, page, query, &[]);
        if whole {
            return shown;
        }
        json!({
            "content": shown,
            "title": page.title(),
            "excerpt": "",
            "url": webui(&content, page),
            "entityType": "content",
            "iconCssClass": "aui-icon content-type-page",
            "lastModified": page.versions.last().map(|v| web::date(v.at)),
            "friendlyLastModified": "",
        })
    }))
}

async fn content_search(State(world): Shared, query: Query) -> Answer {
    found(&world, "/content/search", &query, true)
}

async fn site_search(State(world): Shared, query: Query) -> Answer {
    found(&world, "/search", &query, false)
}

// ---- Attachments -------------------------------------------------------------------

async fn attachments(State(world): Shared, Path(text): Path<String>, query: Query) -> Answer {
    let id = rest_v1::id(&text)?;
    let lag = world.switches().lag;
    let content = world.content(DC);
    content.page(id).ok_or(Refusal::NoContent(id))?;
    let name = query.get("filename");
    let media_type = query.get("mediaType");
    let mut found = content.page_attachments(id, lag);
    found.retain(|a| name.is_none_or(|name| a.name == name));
    found.retain(|a| media_type.is_none_or(|m| a.latest().is_some_and(|v| v.media_type == m)));
    let path = format!("/content/{id}/child/attachment");
    Ok(list(&world, &path, &query, found.len(), |i| {
        show_attachment(&world, DC, &content, found[i])
    }))
}

async fn attach(
    State(world): Shared,
    Extension(person): Who,
    Path(text): Path<String>,
    query: Query,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let page = rest_v1::id(&text)?;
    let upload = rest_v1::uploaded(&headers, &body, DC).await?;
    let largest = world.switches().largest_file;
    let or_new_version = query.flag("allowDuplicated");
    let id = world.change(DC, |content| {
        content.attach(person, page, upload, or_new_version, largest)
    })?;
    let content = world.content(DC);
    let attachment = content
        .attachment(Some(page), id)
        .ok_or(Refusal::NoContent(id))?;
    let path = format!("/content/{page}/child/attachment");
    Ok(list(&world, &path, &Query::default(), 1, |_| {
        show_attachment(&world, DC, &content, attachment)
    }))
}

async fn attachment_data(
    State(world): Shared,
    Extension(person): Who,
    Path((page, attachment)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let (page, id) = (rest_v1::id(&page)?, rest_v1::id(&attachment)?);
    let upload = rest_v1::uploaded(&headers, &body, DC).await?;
    let largest = world.switches().largest_file;
    world.change(DC, |content| {
        content.attach_version(person, page, id, upload, largest)
    })?;
    one_attachment(&world, page, id)
}

fn one_attachment(world: &World, page: Id, id: Id) -> Answer {
    let content = world.content(DC);
    let attachment = content
        .attachment(Some(page), id)
        .ok_or(Refusal::NoContent(id))?;
    let mut shown = show_attachment(world, DC, &content, attachment);
    shown["_links"]["base"] = json!(world.base(DC));
    shown["_links"]["context"] = json!(CONTEXT);
    Ok(web::json(200, &shown))
}

async fn describe_attachment(
    State(world): Shared,
    Path((page, attachment)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let (page, id) = (rest_v1::id(&page)?, rest_v1::id(&attachment)?);
    let sent = json_body(&headers, &body)?;
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let name = text(sent.get("title"));
    let comment =
        text(sent.pointer("/metadata/comment")).or(text(sent.pointer("/extensions/comment")));
    world.change(DC, |content| {
        content.describe_attachment(page, id, name, comment)
    })?;
    one_attachment(&world, page, id)
}

async fn delete_attachment(
    State(world): Shared,
    Path((page, attachment)): Path<(String, String)>,
) -> Answer {
    let (page, id) = (rest_v1::id(&page)?, rest_v1::id(&attachment)?);
    world.change(DC, |content| {
        content
            .attachment(Some(page), id)
            .ok_or(Refusal::NoContent(id))?;
        content.trash_attachment(id)
    })?;
    Ok(web::no_content())
}

// ---- Labels and properties -----------------------------------------------------------

fn labels_of(world: &World, page: Id) -> Answer {
    let content = world.content(DC);
    let found = content.page(page).ok_or(Refusal::NoPage(page))?;
    let links = json!({
        "self": format!("{}/rest/api/content/{page}/label", world.base(DC)),
        "base": world.base(DC),
        "context": CONTEXT,
    });
    Ok(web::json(200, &show_labels(&found.labels, links)))
}

async fn labels(State(world): Shared, Path(page): Path<String>) -> Answer {
    labels_of(&world, rest_v1::id(&page)?)
}

async fn add_labels(
    State(world): Shared,
    Path(page): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let page = rest_v1::id(&page)?;
    let labels = sent_labels(&json_body(&headers, &body)?)?;
    world.change(DC, |content| content.add_labels(page, &labels))?;
    labels_of(&world, page)
}

async fn remove_label(State(world): Shared, Path(page): Path<String>, query: Query) -> Answer {
    let page = rest_v1::id(&page)?;
    let name = query.get("name").unwrap_or_default();
    world.change(DC, |content| content.remove_label(page, name))?;
    Ok(web::no_content())
}

async fn remove_label_by_path(
    State(world): Shared,
    Path((page, name)): Path<(String, String)>,
) -> Answer {
    let page = rest_v1::id(&page)?;
    world.change(DC, |content| content.remove_label(page, &name))?;
    Ok(web::no_content())
}

fn show_property(world: &World, page: &Page, key: &str) -> Result<Value, Refusal> {
    let property = page
        .properties
        .get(key)
        .ok_or_else(|| Refusal::NoProperty(key.to_owned()))?;
    let own = format!(
        "{}/rest/api/content/{}/property/{}",
        world.base(DC),
        page.id,
        links::segment(key)
    );
    Ok(json!({
        "id": property.id.to_string(),
        "key": key,
        "value": property.value,
        "version": {
            "number": property.version,
            "when": web::date(property.at),
            "by": show_person(samples::person(&property.by), DC),
            "message": "", "minorEdit": false, "hidden": false,
        },
        "_links": {"self": own, "base": world.base(DC), "context": CONTEXT},
        "_expandable": {"content": format!("/rest/api/content/{}", page.id)},
    }))
}

async fn properties(State(world): Shared, Path(text): Path<String>, query: Query) -> Answer {
    let id = rest_v1::id(&text)?;
    let content = world.content(DC);
    let page = content.page(id).ok_or(Refusal::NoPage(id))?;
    let keys: Vec<&String> = page.properties.keys().collect();
    let path = format!("/content/{id}/property");
    Ok(list(&world, &path, &query, keys.len(), |i| {
        show_property(&world, page, keys[i]).unwrap_or_default()
    }))
}

fn one_property(world: &World, id: Id, key: &str) -> Answer {
    let content = world.content(DC);
    let page = content.page(id).ok_or(Refusal::NoPage(id))?;
    Ok(web::json(200, &show_property(world, page, key)?))
}

async fn property(State(world): Shared, Path((text, key)): Path<(String, String)>) -> Answer {
    one_property(&world, rest_v1::id(&text)?, &key)
}

fn write_property(
    world: &World,
    person: &Person,
    id: Id,
    key: &str,
    sent: &Value,
    create: bool,
) -> Answer {
    let value = sent
        .get("value")
        .cloned()
        .ok_or_else(|| Refusal::Invalid("A property needs a value".to_owned()))?;
    let number = match sent.get("version") {
        Some(version) => Some(version_number(version)?),
        None if create => None,
        None => {
            return Err(No(Refusal::Invalid(
                "A property needs a version".to_owned(),
            )));
        }
    };
    world.change(DC, |content| {
        let page = content.page(id).ok_or(Refusal::NoPage(id))?;
        if create && page.properties.contains_key(key) {
            return Err(Refusal::PropertyTaken(key.to_owned()));
        }
        content.put_property(person, id, key, value, number)
    })?;
    one_property(world, id, key)
}

async fn create_property(
    State(world): Shared,
    Extension(person): Who,
    Path(text): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let sent = json_body(&headers, &body)?;
    let key = sent
        .get("key")
        .and_then(Value::as_str)
        .ok_or_else(|| Refusal::Invalid("A property needs a key".to_owned()))?;
    write_property(&world, person, rest_v1::id(&text)?, key, &sent, true)
}

async fn create_property_by_key(
    State(world): Shared,
    Extension(person): Who,
    Path((text, key)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let sent = json_body(&headers, &body)?;
    write_property(&world, person, rest_v1::id(&text)?, &key, &sent, true)
}

async fn update_property(
    State(world): Shared,
    Extension(person): Who,
    Path((text, key)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let sent = json_body(&headers, &body)?;
    write_property(&world, person, rest_v1::id(&text)?, &key, &sent, false)
}

async fn delete_property(
    State(world): Shared,
    Path((text, key)): Path<(String, String)>,
) -> Answer {
    let id = rest_v1::id(&text)?;
    world.change(DC, |content| {
        content.page(id).ok_or(Refusal::NoPage(id))?;
        content.delete_property(id, &key)
    })?;
    Ok(web::no_content())
}
