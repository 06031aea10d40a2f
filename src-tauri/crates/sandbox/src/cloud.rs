//! Confluence Cloud, REST v2: spaces, pages, their attachments and properties.

mod attachment_properties;

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use crate::content::{Attachment, Content, Id, Page, Person, Property, Space, SpaceKind, Status};
use crate::links;
use crate::pages::{Change, NewPage, Place};
use crate::refusal::Refusal;
use crate::samples;
use crate::web::{self, Query};
use crate::world::{Edition, World};

pub(crate) type Shared = State<Arc<World>>;
pub(crate) type Who = Extension<&'static Person>;

const CLOUD: Edition = Edition::Cloud;

/// How REST v2 says no.
#[derive(Debug)]
pub(crate) struct No(pub Refusal);

impl From<Refusal> for No {
    fn from(refusal: Refusal) -> No {
        No(refusal)
    }
}

impl IntoResponse for No {
    fn into_response(self) -> Response {
        let (status, code, title) = match self.0 {
            Refusal::NoSpace(id) | Refusal::MayNotCreate(id) => (
                404,
                "NOT_FOUND",
                format!("Cannot find a space with id [{id}]"),
            ),
            Refusal::NoSpaceKey(key) => (
                404,
                "NOT_FOUND",
                format!("Cannot find a space with key [{key}]"),
            ),
            Refusal::NoPage(id)
            | Refusal::NoParent(id)
            | Refusal::MayNotChange(id)
            | Refusal::MayNotDelete(id)
            | Refusal::IsArchived(id) => (
                404,
                "NOT_FOUND",
                format!("Cannot find a page with id [{id}]"),
            ),
            Refusal::NoContent(id) | Refusal::MayNotAttach(id) => (
                404,
                "NOT_FOUND",
                format!("Content with id: [{id}] not found"),
            ),
            Refusal::NoProperty(key) => (
                404,
                "NOT_FOUND",
                format!("Cannot find a property with id [{key}]"),
            ),
            Refusal::TitleTaken { .. } => (
                400,
                "BAD_REQUEST",
                "A page with this title already exists: A page already exists with the same \
                 TITLE in this space"
                    .to_owned(),
            ),
            Refusal::StaleVersion { current, provided } => (
                409,
                "CONFLICT",
                format!(
                    "Version must be incremented when updating a page. \
                     Current Version: [{current}]. Provided version: [{provided}]"
                ),
            ),
            Refusal::PropertyTaken(key) => (
                400,
                "BAD_REQUEST",
                format!("A property with the key {key} already exists"),
            ),
            Refusal::OwnParent => (
                400,
                "BAD_REQUEST",
                "Can not set page as its own parent".to_owned(),
            ),
            Refusal::NotWellFormed(text) | Refusal::Invalid(text) => (400, "BAD_REQUEST", text),
            Refusal::TooLarge | Refusal::FileTooLarge => (
                413,
                "REQUEST_ENTITY_TOO_LARGE",
                "The request is larger than 5 MB".to_owned(),
            ),
            Refusal::NameTaken(name) => (
                400,
                "BAD_REQUEST",
                format!("An attachment named {name} already exists"),
            ),
            Refusal::PurgedAlready => (
                500,
                "INTERNAL_SERVER_ERROR",
                "Internal Server Error".to_owned(),
            ),
            Refusal::Xsrf => (403, "FORBIDDEN", "XSRF check failed".to_owned()),
            Refusal::NotJson => (
                415,
                "UNSUPPORTED_MEDIA_TYPE",
                "Unsupported Media Type".to_owned(),
            ),
            Refusal::Disk(text) => (500, "INTERNAL_SERVER_ERROR", text),
        };
        error(status, code, &title)
    }
}

fn error(status: u16, code: &str, title: &str) -> Response {
    let error = json!({"status": status, "code": code, "title": title, "detail": null});
    web::json(status, &json!({ "errors": [error] }))
}

/// What v2 answers to wrong, revoked and missing credentials, and to a path it
/// does not know.
pub(crate) fn not_found() -> Response {
    error(404, "NOT_FOUND", "Not Found")
}

type Answer = Result<Response, No>;

/// Everything below `/wiki/api/v2`.
pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/spaces", get(spaces))
        .route("/spaces/{id}", get(space))
        .route("/spaces/{id}/pages", get(space_pages))
        .route("/spaces/{id}/operations", get(space_operations))
        .route("/pages", get(pages).post(create))
        // Some clients write the collection as a folder.
        .route("/pages/", get(pages).post(create))
        .route("/pages/{id}", get(page).put(update).delete(delete))
        .route("/pages/{id}/title", put(rename))
        .route("/pages/{id}/children", get(children))
        .route("/pages/{id}/direct-children", get(direct_children))
        .route("/pages/{id}/descendants", get(descendants))
        .route("/pages/{id}/ancestors", get(ancestors))
        .route("/pages/{id}/labels", get(labels))
        .route("/pages/{id}/versions", get(versions))
        .route("/pages/{id}/operations", get(page_operations))
        .route("/pages/{id}/attachments", get(page_attachments))
        .route(
            "/pages/{id}/properties",
            get(properties).post(create_property),
        )
        .route(
            "/pages/{id}/properties/{property}",
            get(property).put(update_property).delete(delete_property),
        )
        .route(
            "/attachments/{id}",
            get(attachment).delete(delete_attachment),
        )
        .merge(attachment_properties::routes())
        .route("/content/convert-ids-to-types", post(convert_ids))
        .route("/users-bulk", post(users))
        .fallback(async || not_found())
        .method_not_allowed_fallback(async || {
            error(405, "METHOD_NOT_ALLOWED", "Method Not Allowed")
        })
}

fn id(text: &str) -> Result<Id, No> {
    text.parse().map_err(|_| {
        No(Refusal::Invalid(format!(
            "Provided value {{{text}}} for 'id' is not the correct type. Expected type is long"
        )))
    })
}

/// Attachments are called `att` and a number; some calls take the bare number.
pub(crate) fn attachment_id(text: &str) -> Option<Id> {
    text.strip_prefix("att").unwrap_or(text).parse().ok()
}

/// A body that says it is JSON and is.
pub(crate) fn object(headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    match json_body(headers, body)? {
        Value::Object(object) => Ok(object),
        _ => Err(Refusal::Invalid(
            "The body must be a JSON object".to_owned(),
        )),
    }
}

pub(crate) fn json_body(headers: &HeaderMap, body: &[u8]) -> Result<Value, Refusal> {
    let is_json = headers
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.to_ascii_lowercase().starts_with("application/json"));
    if !is_json {
        return Err(Refusal::NotJson);
    }
    if body.len() > crate::pages::LARGEST_BODY {
        return Err(Refusal::TooLarge);
    }
    web::body(body).ok_or_else(|| Refusal::Invalid("The body is not valid JSON".to_owned()))
}

// ---- Lists ---------------------------------------------------------------

/// One page of a list, with its cursor in `_links.next` and in `Link`.
fn list<T>(
    world: &World,
    path: &str,
    query: &Query,
    items: &[T],
    item_id: impl Fn(&T) -> Id,
    show: impl Fn(&T) -> Value,
) -> Answer {
    let limit = match query.get("limit") {
        None => 25,
        Some(text) => match text.parse::<usize>() {
            Ok(limit @ 1..=250) => limit,
            _ => {
                return Err(No(Refusal::Invalid(
                    "The limit must be between 1 and 250".to_owned(),
                )));
            }
        },
    };
    let start = match query.get("cursor") {
        None => 0,
        Some(cursor) => {
            let (last, offset) = read_cursor(cursor)
                .ok_or_else(|| No(Refusal::Invalid("Invalid cursor".to_owned())))?;
            // What was deleted or added in between shifts nothing while the
            // last item seen is still there.
            items
                .iter()
                .position(|item| item_id(item) == last)
                .map_or(offset, |position| position + 1)
                .min(items.len())
        }
    };
    let end = (start + limit).min(items.len());
    let mut links = Map::new();
    links.insert("base".to_owned(), json!(world.base(CLOUD)));
    let mut next = None;
    if end < items.len() && end > start {
        let cursor = write_cursor(item_id(&items[end - 1]), end);
        let query = query.with(&[("limit", limit.to_string()), ("cursor", cursor)]);
        let address = format!("/wiki/api/v2{path}?{query}");
        links.insert("next".to_owned(), json!(address));
        next = Some(address);
    }
    let results: Vec<Value> = items[start..end].iter().map(show).collect();
    let mut response = web::json(200, &json!({"results": results, "_links": links}));
    if let Some(next) = next {
        web::set_header(&mut response, "link", &format!("<{next}>; rel=\"next\""));
    }
    Ok(response)
}

fn write_cursor(last: Id, offset: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("{last}:{offset}"))
}

fn read_cursor(cursor: &str) -> Option<(Id, usize)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (last, offset) = text.split_once(':')?;
    Some((last.parse().ok()?, offset.parse().ok()?))
}

// ---- Spaces --------------------------------------------------------------

fn show_space(space: &Space) -> Value {
    json!({
        "id": space.id.to_string(),
        "key": space.key,
        "name": space.name,
        "type": match space.kind { SpaceKind::Global => "global", SpaceKind::Personal => "personal" },
        "status": if space.archived { "archived" } else { "current" },
        "authorId": space.author,
        "spaceOwnerId": space.author,
        "currentActiveAlias": space.key,
        "createdAt": web::date(space.created),
        "homepageId": space.homepage.to_string(),
        "description": null,
        "icon": null,
        "_links": {"webui": format!("/spaces/{}", space.key)},
    })
}

async fn spaces(State(world): Shared, query: Query) -> Answer {
    let content = world.content(CLOUD);
    let keys = query.list("keys");
    let ids = query.list("ids");
    let kind = query.get("type");
    let status = query.get("status");
    let mut found: Vec<&Space> = content
        .spaces
        .values()
        .filter(|s| content.space(s.id).is_some())
        .filter(|s| keys.as_ref().is_none_or(|keys| keys.contains(&s.key)))
        .filter(|s| {
            ids.as_ref()
                .is_none_or(|ids| ids.contains(&s.id.to_string()))
        })
        .filter(|s| kind.is_none_or(|kind| (kind == "personal") == (s.kind == SpaceKind::Personal)))
        .filter(|s| status.is_none_or(|status| (status == "archived") == s.archived))
        .collect();
    match query.get("sort").unwrap_or("id") {
        "key" => found.sort_by(|a, b| a.key.cmp(&b.key)),
        "-key" => found.sort_by(|a, b| b.key.cmp(&a.key)),
        "name" => found.sort_by(|a, b| a.name.cmp(&b.name)),
        "-name" => found.sort_by(|a, b| b.name.cmp(&a.name)),
        "-id" => found.reverse(),
        _ => {}
    }
    list(
        &world,
        "/spaces",
        &query,
        &found,
        |s| s.id,
        |s| show_space(s),
    )
}

fn find_space<'a>(content: &'a Content, text: &str) -> Result<&'a Space, No> {
    let id = id(text)?;
    content.space(id).ok_or(No(Refusal::NoSpace(id)))
}

async fn space(State(world): Shared, Path(id): Path<String>) -> Answer {
    let content = world.content(CLOUD);
    let space = find_space(&content, &id)?;
    let mut shown = show_space(space);
    shown["_links"]["base"] = json!(world.base(CLOUD));
    Ok(web::json(200, &shown))
}

pub(crate) fn operations(may_write: bool, target: &str) -> Value {
    let mut allowed = vec![json!({"operation": "read", "targetType": target})];
    if may_write {
        for operation in ["update", "delete"] {
            allowed.push(json!({"operation": operation, "targetType": target}));
        }
        for kind in ["page", "attachment"] {
            allowed.push(json!({"operation": "create", "targetType": kind}));
        }
        if target == "space" {
            allowed.push(json!({"operation": "delete", "targetType": "page"}));
        }
    }
    json!({ "operations": allowed })
}

async fn space_operations(State(world): Shared, Path(id): Path<String>) -> Answer {
    let content = world.content(CLOUD);
    let space = find_space(&content, &id)?;
    Ok(web::json(
        200,
        &operations(content.may_write(space.id), "space"),
    ))
}

// ---- Pages ---------------------------------------------------------------

pub(crate) fn webui(content: &Content, page: &Page) -> String {
    let key = content
        .spaces
        .get(&page.space)
        .map_or("", |s| s.key.as_str());
    if content.is_homepage(page) {
        format!("/spaces/{key}/overview")
    } else {
        format!(
            "/spaces/{key}/pages/{}/{}",
            page.id,
            links::title(page.title())
        )
    }
}

/// Which of a page's bodies is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Body {
    None,
    Storage,
    View,
}

fn body_format(query: &Query) -> Result<Body, No> {
    match query.get("body-format") {
        None => Ok(Body::None),
        Some("storage") => Ok(Body::Storage),
        Some("view") => Ok(Body::View),
        Some(other) => Err(No(Refusal::Invalid(format!(
            "The sandbox does not convert page bodies to {other}"
        )))),
    }
}

fn show_page(content: &Content, page: &Page, number: Option<u32>, body: Body) -> Value {
    let version = page
        .versions
        .iter()
        .find(|v| Some(v.number) == number)
        .or(page.versions.last());
    let key = content
        .spaces
        .get(&page.space)
        .map_or("", |s| s.key.as_str());
    let text = version.map_or("", |v| v.body.as_str());
    let body = match body {
        Body::None => json!({}),
        Body::Storage => json!({"storage": {"representation": "storage", "value": text}}),
        Body::View => json!({"view": {
            "representation": "view",
            "value": crate::browser::view(content, page, text, "/wiki"),
        }}),
    };
    json!({
        "id": page.id.to_string(),
        "status": page.status.name(),
        "title": version.map_or("", |v| v.title.as_str()),
        "spaceId": page.space.to_string(),
        "parentId": page.parent.map(|id| id.to_string()),
        "parentType": page.parent.map(|_| "page"),
        "position": page.position,
        "authorId": page.author,
        "ownerId": page.author,
        "lastOwnerId": null,
        "createdAt": web::date(page.created),
        "version": version.map(show_version),
        "body": body,
        "_links": {
            "webui": webui(content, page),
            "editui": format!("/pages/resumedraft.action?draftId={}", page.id),
            "edituiv2": format!("/spaces/{key}/pages/edit-v2/{}", page.id),
            "tinyui": links::tiny(page.id),
        },
    })
}

fn show_version(version: &crate::content::Version) -> Value {
    json!({
        "number": version.number,
        "message": version.message,
        "minorEdit": version.minor,
        "authorId": version.by,
        "createdAt": web::date(version.at),
        "ncsStepVersion": null,
    })
}

fn single(world: &World, content: &Content, id: Id, number: Option<u32>, body: Body) -> Answer {
    let page = content.page(id).ok_or(No(Refusal::NoPage(id)))?;
    let mut shown = show_page(content, page, number, body);
    shown["_links"]["base"] = json!(world.base(CLOUD));
    Ok(web::json(200, &shown))
}

fn find_page<'a>(content: &'a Content, text: &str) -> Result<&'a Page, No> {
    let id = id(text)?;
    content.page(id).ok_or(No(Refusal::NoPage(id)))
}

fn list_pages(world: &World, path: &str, space: Option<Id>, query: &Query) -> Answer {
    let body = body_format(query)?;
    let lag = world.switches().lag;
    let content = world.content(CLOUD);
    let spaces = query.list("space-id");
    let ids = query.list("id");
    let statuses = query
        .list("status")
        .unwrap_or_else(|| vec!["current".to_owned(), "archived".to_owned()]);
    if let Some(unknown) = statuses
        .iter()
        .find(|s| !["current", "archived", "deleted", "trashed"].contains(&s.as_str()))
    {
        return Err(No(Refusal::Invalid(format!("Invalid status: {unknown}"))));
    }
    let title = query.get("title");
    let only_root = query.get("depth") == Some("root");
    let mut found: Vec<(&Page, Status)> = content
        .pages
        .values()
        .filter(|p| content.sees(p))
        .filter(|p| space.is_none_or(|space| p.space == space))
        .filter(|p| {
            spaces
                .as_ref()
                .is_none_or(|ids| ids.contains(&p.space.to_string()))
        })
        .filter(|p| {
            ids.as_ref()
                .is_none_or(|ids| ids.contains(&p.id.to_string()))
        })
        .filter(|p| title.is_none_or(|title| p.title() == title))
        .filter(|p| !only_root || p.parent.is_none())
        .filter_map(|p| Some((p, p.listed_as(lag)?)))
        .filter(|(_, status)| statuses.iter().any(|wanted| wanted == status.name()))
        .collect();
    let modified = |p: &Page| p.versions.last().map(|v| v.at);
    match query.get("sort").unwrap_or("id") {
        "-id" => found.reverse(),
        "title" => found.sort_by(|a, b| a.0.title().cmp(b.0.title())),
        "-title" => found.sort_by(|a, b| b.0.title().cmp(a.0.title())),
        "created-date" => found.sort_by_key(|(p, _)| p.created),
        "-created-date" => found.sort_by_key(|(p, _)| std::cmp::Reverse(p.created)),
        "modified-date" => found.sort_by_key(|(p, _)| modified(p)),
        "-modified-date" => found.sort_by_key(|(p, _)| std::cmp::Reverse(modified(p))),
        _ => {}
    }
    let show = |(page, status): &(&Page, Status)| {
        let mut shown = show_page(&content, page, None, body);
        shown["status"] = json!(status.name());
        shown
    };
    list(world, path, query, &found, |(p, _)| p.id, show)
}

async fn pages(State(world): Shared, query: Query) -> Answer {
    list_pages(&world, "/pages", None, &query)
}

async fn space_pages(State(world): Shared, Path(text): Path<String>, query: Query) -> Answer {
    let space = find_space(&world.content(CLOUD), &text)?.id;
    list_pages(
        &world,
        &format!("/spaces/{space}/pages"),
        Some(space),
        &query,
    )
}

async fn page(State(world): Shared, Path(text): Path<String>, query: Query) -> Answer {
    let content = world.content(CLOUD);
    let page = find_page(&content, &text)?;
    if page.status == Status::Draft && !query.flag("get-draft") {
        return Err(No(Refusal::NoPage(page.id)));
    }
    let number = match query.get("version") {
        None => None,
        Some(text) => {
            let number = text.parse().ok();
            if !page.versions.iter().any(|v| Some(v.number) == number) {
                return Err(No(Refusal::NoPage(page.id)));
            }
            number
        }
    };
    if let Some(statuses) = query.list("status")
        && !statuses
            .iter()
            .any(|s| s == page.status.name() || s == "any")
    {
        return Err(No(Refusal::NoPage(page.id)));
    }
    let body = body_format(&query)?;
    let mut shown = show_page(&content, page, number, body);
    shown["_links"]["base"] = json!(world.base(CLOUD));
    if query.flag("include-labels") {
        let labels: Vec<Value> = page.labels.iter().map(show_label).collect();
        let own = format!("/wiki/api/v2/pages/{}/labels", page.id);
        shown["labels"] = json!({
            "results": labels, "meta": {"hasMore": false}, "_links": {"self": own},
        });
    }
    if query.flag("include-properties") {
        let all: Vec<Value> = page.properties.iter().map(show_property).collect();
        let own = format!("/wiki/api/v2/pages/{}/properties", page.id);
        shown["properties"] = json!({
            "results": all, "meta": {"hasMore": false}, "_links": {"self": own},
        });
    }
    Ok(web::json(200, &shown))
}

/// The storage format in a request's `body`, flat or nested.
fn sent_body(object: &Map<String, Value>) -> Result<Option<String>, Refusal> {
    let Some(body) = object.get("body").filter(|body| !body.is_null()) else {
        return Ok(None);
    };
    let (representation, value) = match body.get("representation") {
        Some(representation) => (representation.as_str(), body.get("value")),
        None => match body.as_object().and_then(|body| body.iter().next()) {
            Some((name, inner)) => (Some(name.as_str()), inner.get("value")),
            None => return Ok(None),
        },
    };
    match representation {
        Some("storage") => {}
        Some(other @ ("atlas_doc_format" | "wiki")) => {
            return Err(Refusal::Invalid(format!(
                "The sandbox stores page bodies in storage format alone, not in {other}"
            )));
        }
        _ => {
            return Err(Refusal::Invalid(
                "Invalid representation of the body".to_owned(),
            ));
        }
    }
    match value.and_then(Value::as_str) {
        Some(text) => Ok(Some(text.to_owned())),
        None => Err(Refusal::Invalid("The body has no value".to_owned())),
    }
}

fn sent_draft(object: &Map<String, Value>) -> Result<bool, Refusal> {
    match object.get("status").and_then(Value::as_str) {
        None | Some("current") => Ok(false),
        Some("draft") => Ok(true),
        Some(other) => Err(Refusal::Invalid(format!("Invalid status: {other}"))),
    }
}

fn sent_id(object: &Map<String, Value>, name: &str) -> Result<Option<Id>, Refusal> {
    match object.get(name).filter(|value| !value.is_null()) {
        None => Ok(None),
        Some(value) => web::number(value)
            .map(Some)
            .ok_or_else(|| Refusal::Invalid(format!("Invalid {name}"))),
    }
}

fn sent_text(object: &Map<String, Value>, name: &str) -> Option<String> {
    object.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn required<T>(value: Option<T>, name: &str) -> Result<T, Refusal> {
    value.ok_or_else(|| Refusal::Invalid(format!("'{name}' must be provided")))
}

async fn create(
    State(world): Shared,
    Extension(person): Who,
    query: Query,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let sent = object(&headers, &body)?;
    let draft = sent_draft(&sent)?;
    let place = match sent_id(&sent, "parentId")? {
        Some(_) if query.flag("root-level") => {
            return Err(No(Refusal::Invalid(
                "'parentId' must not be provided for a page at the root".to_owned(),
            )));
        }
        Some(parent) => Place::Below(parent),
        None if query.flag("root-level") => Place::Root,
        None => Place::Default,
    };
    let new = NewPage {
        space: required(sent_id(&sent, "spaceId")?, "spaceId")?,
        place,
        title: sent_text(&sent, "title").unwrap_or_default(),
        body: sent_body(&sent)?.unwrap_or_default(),
        draft,
    };
    let id = world.change(CLOUD, |content| content.create_page(person, new))?;
    single(&world, &world.content(CLOUD), id, None, Body::Storage)
}

async fn update(
    State(world): Shared,
    Extension(person): Who,
    Path(text): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let id = id(&text)?;
    let sent = object(&headers, &body)?;
    if required(sent_id(&sent, "id")?, "id")? != id {
        return Err(No(Refusal::Invalid(
            "The id in the body is not the id in the address".to_owned(),
        )));
    }
    required(sent.get("status"), "status")?;
    let version = required(sent.get("version"), "version")?;
    let change = Change {
        title: Some(required(sent_text(&sent, "title"), "title")?),
        body: Some(required(sent_body(&sent)?, "body")?),
        number: version_number(version)?,
        message: sent_text(version.as_object().unwrap_or(&Map::new()), "message")
            .unwrap_or_default(),
        minor: false,
        parent: sent_id(&sent, "parentId")?,
        draft: sent_draft(&sent)?,
    };
    let space = sent_id(&sent, "spaceId")?;
    world.change(CLOUD, |content| {
        let page = content.page(id).ok_or(Refusal::NoPage(id))?;
        if space.is_some_and(|space| space != page.space) {
            return Err(Refusal::Invalid(
                "A page cannot be moved to another space".to_owned(),
            ));
        }
        content.update_page(person, id, change)
    })?;
    single(&world, &world.content(CLOUD), id, None, Body::Storage)
}

pub(crate) fn version_number(version: &Value) -> Result<u32, Refusal> {
    version
        .get("number")
        .and_then(web::number)
        .and_then(|number| u32::try_from(number).ok())
        .ok_or_else(|| Refusal::Invalid("'version.number' must be provided".to_owned()))
}

async fn rename(
    State(world): Shared,
    Extension(person): Who,
    Path(text): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let id = id(&text)?;
    let sent = object(&headers, &body)?;
    let title = required(sent_text(&sent, "title"), "title")?;
    let draft = sent_draft(&sent)?;
    world.change(CLOUD, |content| {
        let page = content.page(id).ok_or(Refusal::NoPage(id))?;
        let number = if page.status == Status::Draft {
            1
        } else {
            page.number() + 1
        };
        let change = Change {
            title: Some(title),
            number,
            draft,
            ..Change::default()
        };
        content.update_page(person, id, change)
    })?;
    single(&world, &world.content(CLOUD), id, None, Body::None)
}

async fn delete(State(world): Shared, Path(text): Path<String>, query: Query) -> Answer {
    let id = id(&text)?;
    world.change(CLOUD, |content| {
        let is_draft = content.page(id).is_some_and(|p| p.status == Status::Draft);
        if query.flag("purge") || (is_draft && query.flag("draft")) {
            content.purge_page(id)
        } else if is_draft {
            Err(Refusal::NoPage(id))
        } else {
            content.trash_page(id)
        }
    })?;
    Ok(web::no_content())
}

fn show_child(page: &Page) -> Value {
    json!({
        "id": page.id.to_string(),
        "status": page.status.name(),
        "title": page.title(),
        "spaceId": page.space.to_string(),
        "childPosition": page.position,
    })
}

fn listed_children(content: &Content, id: Id, lag: Duration) -> Vec<&Page> {
    let mut children = content.children(id);
    children.retain(|page| page.listed_as(lag) == Some(Status::Current));
    children
}

async fn children(State(world): Shared, Path(text): Path<String>, query: Query) -> Answer {
    let lag = world.switches().lag;
    let content = world.content(CLOUD);
    let page = find_page(&content, &text)?;
    let path = format!("/pages/{}/children", page.id);
    let found = listed_children(&content, page.id, lag);
    list(&world, &path, &query, &found, |p| p.id, |p| show_child(p))
}

async fn direct_children(State(world): Shared, Path(text): Path<String>, query: Query) -> Answer {
    let lag = world.switches().lag;
    let content = world.content(CLOUD);
    let page = find_page(&content, &text)?;
    let path = format!("/pages/{}/direct-children", page.id);
    let found = listed_children(&content, page.id, lag);
    let show = |page: &&Page| {
        let mut shown = show_child(page);
        shown["type"] = json!("page");
        shown
    };
    list(&world, &path, &query, &found, |p| p.id, show)
}

async fn descendants(State(world): Shared, Path(text): Path<String>, query: Query) -> Answer {
    let depth: usize = match query.get("depth").map(str::parse) {
        None => 2,
        Some(Ok(depth @ 1..=10)) => depth,
        Some(_) => {
            return Err(No(Refusal::Invalid(
                "The depth must be between 1 and 10".to_owned(),
            )));
        }
    };
    let lag = world.switches().lag;
    let content = world.content(CLOUD);
    let page = find_page(&content, &text)?;
    let mut found: Vec<(usize, &Page)> = Vec::new();
    let mut level = vec![page];
    for depth in 1..=depth {
        level = level
            .iter()
            .flat_map(|page| listed_children(&content, page.id, lag))
            .collect();
        found.extend(level.iter().map(|page| (depth, *page)));
    }
    let path = format!("/pages/{}/descendants", page.id);
    let show = |(depth, page): &(usize, &Page)| {
        json!({
            "id": page.id.to_string(),
            "status": page.status.name(),
            "title": page.title(),
            "type": "page",
            "parentId": page.parent.map(|id| id.to_string()),
            "depth": depth,
            "childPosition": page.position,
        })
    };
    list(&world, &path, &query, &found, |(_, p)| p.id, show)
}

async fn ancestors(State(world): Shared, Path(text): Path<String>, query: Query) -> Answer {
    let content = world.content(CLOUD);
    let page = find_page(&content, &text)?;
    let path = format!("/pages/{}/ancestors", page.id);
    let show = |page: &&Page| json!({"id": page.id.to_string(), "type": "page"});
    list(
        &world,
        &path,
        &query,
        &content.ancestors(page),
        |p| p.id,
        show,
    )
}

async fn versions(State(world): Shared, Path(text): Path<String>, query: Query) -> Answer {
    let content = world.content(CLOUD);
    let page = find_page(&content, &text)?;
    let path = format!("/pages/{}/versions", page.id);
    let newest_first: Vec<_> = page.versions.iter().rev().collect();
    list(
        &world,
        &path,
        &query,
        &newest_first,
        |v| Id::from(v.number),
        |v| show_version(v),
    )
}

async fn page_operations(State(world): Shared, Path(text): Path<String>) -> Answer {
    let content = world.content(CLOUD);
    let page = find_page(&content, &text)?;
    Ok(web::json(
        200,
        &operations(content.may_write(page.space), "page"),
    ))
}

// ---- Labels and properties -------------------------------------------------

fn show_label(label: &crate::content::Label) -> Value {
    json!({"id": label.id.to_string(), "prefix": label.prefix, "name": label.name})
}

async fn labels(State(world): Shared, Path(text): Path<String>, query: Query) -> Answer {
    let content = world.content(CLOUD);
    let page = find_page(&content, &text)?;
    let path = format!("/pages/{}/labels", page.id);
    list(&world, &path, &query, &page.labels, |l| l.id, show_label)
}

fn show_property((key, property): (&String, &Property)) -> Value {
    json!({
        "id": property.id.to_string(),
        "key": key,
        "value": property.value,
        "version": {
            "number": property.version,
            "message": "",
            "minorEdit": false,
            "authorId": property.by,
            "createdAt": web::date(property.at),
        },
    })
}

/// Properties have their own words for a missing page.
fn page_with_properties<'a>(content: &'a Content, text: &str) -> Result<&'a Page, Box<Response>> {
    let missing = |id| {
        error(
            404,
            "NOT_FOUND",
            &format!("Could not find page with id [{id}]"),
        )
    };
    let id = id(text).map_err(|no| Box::new(no.into_response()))?;
    content.page(id).ok_or_else(|| Box::new(missing(id)))
}

async fn properties(
    State(world): Shared,
    Path(text): Path<String>,
    query: Query,
) -> Result<Response, Response> {
    let content = world.content(CLOUD);
    let page = page_with_properties(&content, &text).map_err(|no| *no)?;
    let path = format!("/pages/{}/properties", page.id);
    let key = query.get("key");
    let found: Vec<_> = page
        .properties
        .iter()
        .filter(|(name, _)| key.is_none_or(|key| key == name.as_str()))
        .collect();
    list(
        &world,
        &path,
        &query,
        &found,
        |(_, p)| p.id,
        |p| show_property(*p),
    )
    .map_err(IntoResponse::into_response)
}

fn key_of(page: &Page, property: &str) -> Result<String, No> {
    let missing = || No(Refusal::NoProperty(property.to_owned()));
    let id: Id = property.parse().map_err(|_| missing())?;
    let found = page.properties.iter().find(|(_, p)| p.id == id);
    found.map(|(key, _)| key.clone()).ok_or_else(missing)
}

async fn property(State(world): Shared, Path((text, property)): Path<(String, String)>) -> Answer {
    let content = world.content(CLOUD);
    let page = find_page(&content, &text)?;
    let key = key_of(page, &property)?;
    let shown = page.properties.get_key_value(&key).map(show_property);
    Ok(web::json(200, &shown.unwrap_or_default()))
}

async fn create_property(
    State(world): Shared,
    Extension(person): Who,
    Path(text): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Response> {
    let page = page_with_properties(&world.content(CLOUD), &text)
        .map_err(|no| *no)?
        .id;
    let sent = object(&headers, &body).map_err(|r| No(r).into_response())?;
    let made = required(sent_text(&sent, "key"), "key").and_then(|key| {
        let value = required(sent.get("value").cloned(), "value")?;
        world.change(CLOUD, |content| {
            if content
                .page(page)
                .is_some_and(|p| p.properties.contains_key(&key))
            {
                return Err(Refusal::PropertyTaken(key.clone()));
            }
            content.put_property(person, page, &key, value, None)
        })?;
        Ok(key)
    });
    let key = made.map_err(|refusal| No(refusal).into_response())?;
    let content = world.content(CLOUD);
    let page = content.page(page);
    let shown = page.and_then(|p| p.properties.get_key_value(&key).map(show_property));
    Ok(web::json(200, &shown.unwrap_or_default()))
}

async fn update_property(
    State(world): Shared,
    Extension(person): Who,
    Path((text, property)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let sent = object(&headers, &body)?;
    let version = version_number(required(sent.get("version"), "version")?)?;
    let value = required(sent.get("value").cloned(), "value")?;
    let (page, key) = {
        let content = world.content(CLOUD);
        let page = find_page(&content, &text)?;
        (page.id, key_of(page, &property)?)
    };
    world.change(CLOUD, |content| {
        content.put_property(person, page, &key, value, Some(version))
    })?;
    let content = world.content(CLOUD);
    let page = content.page(page);
    let shown = page.and_then(|p| p.properties.get_key_value(&key).map(show_property));
    Ok(web::json(200, &shown.unwrap_or_default()))
}

async fn delete_property(
    State(world): Shared,
    Path((text, property)): Path<(String, String)>,
) -> Answer {
    let (page, key) = {
        let content = world.content(CLOUD);
        let page = find_page(&content, &text)?;
        (page.id, key_of(page, &property)?)
    };
    world.change(CLOUD, |content| content.delete_property(page, &key))?;
    Ok(web::no_content())
}

// ---- Attachments -----------------------------------------------------------

fn show_attachment(attachment: &Attachment, number: Option<u32>) -> Value {
    let version = attachment
        .versions
        .iter()
        .find(|v| Some(v.number) == number)
        .or(attachment.latest());
    let download = format!(
        "/download/attachments/{}/{}?version={}",
        attachment.page,
        links::segment(&attachment.name),
        version.map_or(1, |v| v.number),
    );
    let webui = format!(
        "/pages/viewpageattachments.action?pageId={}&preview=%2F{}%2F{}%2F{}",
        attachment.page,
        attachment.page,
        attachment.id,
        links::title(&attachment.name),
    );
    json!({
        "id": format!("att{}", attachment.id),
        "status": if attachment.trashed { "trashed" } else { "current" },
        "title": attachment.name,
        "createdAt": web::date(attachment.created),
        "pageId": attachment.page.to_string(),
        "mediaType": version.map(|v| v.media_type.as_str()),
        "mediaTypeDescription": crate::cloud_v1::describe(version.map_or("", |v| &v.media_type)),
        "comment": version.map(|v| v.comment.as_str()),
        "fileId": attachment.file_id,
        "fileSize": version.map(|v| v.bytes.len()),
        "webuiLink": webui,
        "downloadLink": download,
        "version": version.map(|v| json!({
            "number": v.number,
            "message": v.comment,
            "minorEdit": v.minor,
            "authorId": v.by,
            "createdAt": web::date(v.at),
        })),
        "_links": {"webui": webui, "download": download},
    })
}

async fn page_attachments(State(world): Shared, Path(text): Path<String>, query: Query) -> Answer {
    let lag = world.switches().lag;
    let content = world.content(CLOUD);
    let page = find_page(&content, &text)?;
    let path = format!("/pages/{}/attachments", page.id);
    let name = query.get("filename");
    let media_type = query.get("mediaType");
    let mut found = content.page_attachments(page.id, lag);
    found.retain(|a| name.is_none_or(|name| a.name == name));
    found.retain(|a| media_type.is_none_or(|m| a.latest().is_some_and(|v| v.media_type == m)));
    list(
        &world,
        &path,
        &query,
        &found,
        |a| a.id,
        |a| show_attachment(a, None),
    )
}

fn find_attachment<'a>(content: &'a Content, text: &str) -> Result<&'a Attachment, No> {
    let id = attachment_id(text)
        .ok_or_else(|| No(Refusal::Invalid(format!("Invalid attachment id: {text}"))))?;
    content
        .attachment(None, id)
        .ok_or(No(Refusal::NoContent(id)))
}

async fn attachment(State(world): Shared, Path(text): Path<String>, query: Query) -> Answer {
    let content = world.content(CLOUD);
    let attachment = find_attachment(&content, &text)?;
    let number = query.get("version").and_then(|text| text.parse().ok());
    let mut shown = show_attachment(attachment, number);
    shown["_links"]["base"] = json!(world.base(CLOUD));
    Ok(web::json(200, &shown))
}

async fn delete_attachment(State(world): Shared, Path(text): Path<String>) -> Answer {
    let id = find_attachment(&world.content(CLOUD), &text)?.id;
    world.change(CLOUD, |content| content.trash_attachment(id))?;
    Ok(web::no_content())
}

// ---- The rest ----------------------------------------------------------------

async fn convert_ids(State(world): Shared, headers: HeaderMap, body: Bytes) -> Answer {
    let sent = object(&headers, &body)?;
    let content = world.content(CLOUD);
    let mut results = Map::new();
    let ids = sent.get("contentIds").and_then(Value::as_array);
    for id in required(ids, "contentIds")? {
        let name = match id {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let kind = web::number(id)
            .and_then(|id| content.page(id))
            .map(|_| "page");
        results.insert(name, json!(kind));
    }
    Ok(web::json(200, &json!({ "results": results })))
}

async fn users(State(world): Shared, headers: HeaderMap, body: Bytes) -> Answer {
    let sent = object(&headers, &body)?;
    let ids = sent.get("accountIds").and_then(Value::as_array);
    let ids = required(ids, "accountIds")?;
    let found: Vec<Value> = samples::PEOPLE
        .into_iter()
        .filter(|person| ids.iter().any(|id| id.as_str() == Some(person.account_id)))
        .map(|person| {
            json!({
                "accountId": person.account_id,
                "accountType": "atlassian",
                "accountStatus": "active",
                "displayName": person.name,
                "publicName": person.name,
                "email": person.email,
                "timeZone": "Etc/UTC",
                "isExternalCollaborator": false,
                "profilePicture": {"path": "/aa-avatar/default", "isDefault": true},
            })
        })
        .collect();
    let links = json!({"base": world.base(CLOUD)});
    Ok(web::json(200, &json!({"results": found, "_links": links})))
}
