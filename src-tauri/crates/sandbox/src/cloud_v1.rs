//! Confluence Cloud, what is left of REST v1: attachments, labels, search, the
//! account. Content and spaces are gone and answer 410.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, delete, get, post, put};
use axum::{Extension, Router};
use serde_json::{Value, json};

use crate::cloud::{Shared, Who, json_body};
use crate::content::Id;
use crate::refusal::Refusal;
pub(crate) use crate::rest_v1::describe;
use crate::rest_v1::{self, search, sent_labels, show_attachment, show_labels, show_person};
use crate::samples;
use crate::web::{self, Query};
use crate::world::{Edition, World};

const CLOUD: Edition = Edition::Cloud;

/// How REST v1 says no on Cloud.
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
        let not_found = |id: Id| {
            (
                404,
                format!(
                    "{PACKAGE}.NotFoundException: No content found with id: ContentId{{id={id}}}"
                ),
            )
        };
        let bad = |text: String| (400, format!("{PACKAGE}.BadRequestException: {text}"));
        let (status, message) = match self.0 {
            Refusal::NoPage(id) | Refusal::NoParent(id) | Refusal::NoContent(id) => not_found(id),
            // The documented answer to a file above the configured size is 404;
            // its text is not verified.
            Refusal::FileTooLarge => (
                404,
                format!("{PACKAGE}.NotFoundException: The attachment is larger than allowed"),
            ),
            Refusal::NoSpace(_) | Refusal::NoSpaceKey(_) | Refusal::NoProperty(_) => {
                (404, format!("{PACKAGE}.NotFoundException: Not found"))
            }
            Refusal::MayNotCreate(_)
            | Refusal::MayNotChange(_)
            | Refusal::MayNotDelete(_)
            | Refusal::MayNotAttach(_)
            | Refusal::IsArchived(_) => (
                403,
                format!("{PACKAGE}.PermissionException: User not permitted to change this content"),
            ),
            Refusal::TitleTaken { .. } => bad("A page with this title already exists".to_owned()),
            Refusal::StaleVersion { current, .. } => (
                409,
                format!(
                    "{PACKAGE}.ConflictException: Version must be incremented on update. \
                     Current version is: {current}"
                ),
            ),
            Refusal::PropertyTaken(key) => (
                409,
                format!("{PACKAGE}.ConflictException: {key} already exists"),
            ),
            Refusal::OwnParent => bad("Can not set page as its own parent".to_owned()),
            Refusal::NotWellFormed(text) | Refusal::Invalid(text) => bad(text),
            Refusal::TooLarge => (413, "Request too large".to_owned()),
            Refusal::NameTaken(name) => (400, name_taken(&name)),
            Refusal::PurgedAlready => (500, "Internal Server Error".to_owned()),
            Refusal::Xsrf => (403, "XSRF check failed".to_owned()),
            Refusal::NotJson => (415, "Unsupported Media Type".to_owned()),
            Refusal::Disk(text) => (500, text),
        };
        error(status, true, &message)
    }
}

/// The same words on Cloud and Data Center.
pub(crate) fn name_taken(name: &str) -> String {
    format!(
        "Cannot add a new attachment with same file name as an existing attachment: {name}. \
         Log referral number is {}",
        uuid::Uuid::new_v4()
    )
}

fn error(status: u16, authorized: bool, message: &str) -> Response {
    let data = json!({
        "authorized": authorized, "valid": true, "allowedInReadOnlyMode": true,
        "errors": [], "successful": false,
    });
    web::json(
        status,
        &json!({"statusCode": status, "data": data, "message": message}),
    )
}

/// What v1 answers to wrong, revoked and missing credentials.
pub(crate) fn not_permitted(path: &str) -> Response {
    if path.ends_with("/user/current") {
        error(403, false, "caller cannot access Confluence")
    } else {
        error(403, false, "Current user not permitted to use Confluence")
    }
}

type Answer = Result<Response, No>;

/// Everything below `/wiki/rest/api`.
pub(crate) fn routes() -> Router<Arc<World>> {
    let attachments = get(gone).put(put_attachment).post(post_attachment);
    Router::new()
        .route("/user/current", get(current_user))
        .route("/user", get(user))
        .route("/search", get(site_search))
        .route("/content/search", get(content_search))
        .route("/content/archive", post(archive))
        .route("/content/{id}/child/attachment", attachments)
        .route(
            "/content/{id}/child/attachment/{attachment}",
            put(describe_attachment),
        )
        .route(
            "/content/{id}/child/attachment/{attachment}/data",
            post(attachment_data),
        )
        .route(
            "/content/{id}/child/attachment/{attachment}/download",
            get(download_attachment),
        )
        .route(
            "/content/{id}/label",
            get(gone).post(add_labels).delete(remove_label),
        )
        .route("/content/{id}/label/{label}", delete(remove_label_by_path))
        .route("/content", any(gone))
        .route("/content/{id}", any(gone))
        .route("/content/{id}/{*rest}", any(gone))
        .route("/contentbody/convert/{to}", any(gone))
        .route("/inlinetasks/{*rest}", any(gone))
        .route("/space", any(gone_or_not_built))
        .route("/space/{key}", any(gone_or_not_built))
        .route("/space/{key}/{*rest}", any(gone))
        .fallback(async || error(404, true, "null for uri"))
        .method_not_allowed_fallback(async || error(405, true, "HTTP 405 Method Not Allowed"))
}

/// The removed part of v1.
pub(crate) async fn gone() -> Response {
    error(
        410,
        true,
        "com.atlassian.confluence.api.service.exceptions.GoneException: \
         This deprecated endpoint has been removed.",
    )
}

/// Spaces can still be created, changed and deleted by v1 on the real Cloud;
/// reading them is gone. The sandbox's spaces are fixed.
async fn gone_or_not_built(method: Method) -> Response {
    if method == Method::GET {
        return gone().await;
    }
    error(403, true, "The spaces of the sandbox cannot be changed")
}

async fn current_user(State(world): Shared, Extension(person): Who) -> Response {
    let mut shown = show_person(person, CLOUD);
    shown["_expandable"] = json!({"operations": "", "personalSpace": ""});
    shown["_links"] = json!({
        "self": format!("{}/rest/api/user?accountId={}", world.base(CLOUD), person.account_id),
        "base": world.base(CLOUD),
        "context": "/wiki",
    });
    web::json(200, &shown)
}

async fn user(State(world): Shared, query: Query) -> Response {
    let wanted = query.get("accountId").unwrap_or_default();
    let found = samples::PEOPLE.into_iter().find(|p| p.account_id == wanted);
    let Some(person) = found else {
        return error(
            404,
            true,
            &format!("No user found with account id: {wanted}"),
        );
    };
    let mut shown = show_person(person, CLOUD);
    shown["_links"] = json!({"base": world.base(CLOUD), "context": "/wiki"});
    web::json(200, &shown)
}

fn attachment_results(world: &World, page: Id, id: Id) -> Response {
    let content = world.content(CLOUD);
    let results: Vec<Value> = content
        .attachment(Some(page), id)
        .map(|attachment| show_attachment(world, CLOUD, &content, attachment))
        .into_iter()
        .collect();
    let own = format!(
        "{}/rest/api/content/{page}/child/attachment",
        world.base(CLOUD)
    );
    web::json(
        200,
        &json!({
            "results": results, "start": 0, "limit": 200, "size": results.len(),
            "_links": {"base": world.base(CLOUD), "context": "/wiki", "self": own},
        }),
    )
}

async fn attach(
    world: &World,
    person: &'static crate::content::Person,
    page: &str,
    headers: &HeaderMap,
    body: &Bytes,
    or_new_version: bool,
) -> Answer {
    let page = rest_v1::id(page)?;
    let upload = rest_v1::uploaded(headers, body, CLOUD).await?;
    let largest = world.switches().largest_file;
    let id = world.change(CLOUD, |content| {
        content.attach(person, page, upload, or_new_version, largest)
    })?;
    Ok(attachment_results(world, page, id))
}

async fn put_attachment(
    State(world): Shared,
    Extension(person): Who,
    Path(page): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    attach(&world, person, &page, &headers, &body, true).await
}

async fn post_attachment(
    State(world): Shared,
    Extension(person): Who,
    Path(page): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    attach(&world, person, &page, &headers, &body, false).await
}

async fn attachment_data(
    State(world): Shared,
    Extension(person): Who,
    Path((page, attachment)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let (page, id) = (rest_v1::id(&page)?, rest_v1::id(&attachment)?);
    let upload = rest_v1::uploaded(&headers, &body, CLOUD).await?;
    let largest = world.switches().largest_file;
    world.change(CLOUD, |content| {
        content.attach_version(person, page, id, upload, largest)
    })?;
    one_attachment(&world, page, id)
}

fn one_attachment(world: &World, page: Id, id: Id) -> Answer {
    let content = world.content(CLOUD);
    let attachment = content
        .attachment(Some(page), id)
        .ok_or(Refusal::NoContent(id))?;
    let mut shown = show_attachment(world, CLOUD, &content, attachment);
    shown["_links"]["base"] = json!(world.base(CLOUD));
    shown["_links"]["context"] = json!("/wiki");
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
    world.change(CLOUD, |content| {
        content.describe_attachment(page, id, name, comment)
    })?;
    one_attachment(&world, page, id)
}

/// Sends the caller on to the media host, which takes no credentials.
async fn download_attachment(
    State(world): Shared,
    Path((page, attachment)): Path<(String, String)>,
    query: Query,
) -> Answer {
    let (page, id) = (rest_v1::id(&page)?, rest_v1::id(&attachment)?);
    let content = world.content(CLOUD);
    let attachment = content
        .attachment(Some(page), id)
        .filter(|a| !a.trashed)
        .ok_or(Refusal::NoContent(id))?;
    let version = query.get("version").and_then(|text| text.parse().ok());
    let number = version
        .or(attachment.latest().map(|v| v.number))
        .unwrap_or(1);
    let address = format!(
        "{}/media/file/{}/binary?version={number}",
        world.addresses.gateway, attachment.file_id
    );
    let mut response = web::answer(302, "text/plain", Vec::new());
    web::set_header(&mut response, "location", &address);
    Ok(response)
}

async fn add_labels(
    State(world): Shared,
    Path(page): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let page = rest_v1::id(&page)?;
    let labels = sent_labels(&json_body(&headers, &body)?)?;
    world.change(CLOUD, |content| content.add_labels(page, &labels))?;
    let content = world.content(CLOUD);
    let found = content.page(page).ok_or(Refusal::NoPage(page))?;
    let links = json!({
        "base": world.base(CLOUD),
        "context": "/wiki",
        "self": format!("{}/rest/api/content/{page}/label", world.base(CLOUD)),
    });
    Ok(web::json(200, &show_labels(&found.labels, links)))
}

async fn remove_label(State(world): Shared, Path(page): Path<String>, query: Query) -> Answer {
    let page = rest_v1::id(&page)?;
    let name = query.get("name").unwrap_or_default();
    world.change(CLOUD, |content| content.remove_label(page, name))?;
    Ok(web::no_content())
}

async fn remove_label_by_path(
    State(world): Shared,
    Path((page, name)): Path<(String, String)>,
) -> Answer {
    let page = rest_v1::id(&page)?;
    world.change(CLOUD, |content| content.remove_label(page, &name))?;
    Ok(web::no_content())
}

async fn archive(State(world): Shared, headers: HeaderMap, body: Bytes) -> Answer {
    let sent = json_body(&headers, &body)?;
    let ids: Option<Vec<Id>> = sent
        .get("pages")
        .and_then(Value::as_array)
        .map(|pages| pages.iter().filter_map(|p| p.get("id")?.as_u64()).collect());
    let ids = ids.ok_or_else(|| Refusal::Invalid("'pages' must be provided".to_owned()))?;
    world.change(CLOUD, |content| {
        ids.iter().try_for_each(|id| content.archive_page(*id))
    })?;
    let task = uuid::Uuid::new_v4();
    let status = format!("/rest/api/longtask/{task}");
    Ok(web::json(
        202,
        &json!({"id": task.to_string(), "links": {"status": status}}),
    ))
}

fn show_found(
    world: &World,
    content: &crate::content::Content,
    page: &crate::content::Page,
) -> Value {
    json!({
        "id": page.id.to_string(),
        "type": "page",
        "status": page.status.name(),
        "title": page.title(),
        "_links": {
            "webui": crate::cloud::webui(content, page),
            "tinyui": crate::links::tiny(page.id),
            "self": format!("{}/rest/api/content/{}", world.base(CLOUD), page.id),
        },
        "_expandable": {},
    })
}

fn found(world: &World, query: &Query, path: &str, whole: bool) -> Answer {
    let cql = query.get("cql").unwrap_or_default();
    let lag = world.switches().lag;
    let content = world.content(CLOUD);
    let found = search(&content, cql, lag)?;
    let limit = query
        .get("limit")
        .and_then(|t| t.parse().ok())
        .unwrap_or(25)
        .clamp(1, 250);
    // Start is ignored here: only the cursor counts.
    let start: usize = query
        .get("cursor")
        .and_then(|cursor| cursor.strip_prefix("_f_")?.parse().ok())
        .unwrap_or(0);
    let start = start.min(found.len());
    let end = (start + limit).min(found.len());
    let results: Vec<Value> = found[start..end]
        .iter()
        .map(|page| {
            let shown = show_found(world, &content, page);
            if whole {
                return shown;
            }
            json!({
                "content": shown,
                "title": page.title(),
                "excerpt": "",
                "url": crate::cloud::webui(&content, page),
                "breadcrumbs": [],
                "entityType": "content",
                "iconCssClass": "aui-icon content-type-page",
                "lastModified": page.versions.last().map(|v| web::date(v.at)),
                "friendlyLastModified": "",
            })
        })
        .collect();
    let mut links = json!({"base": world.base(CLOUD), "context": "/wiki"});
    if end < found.len() {
        let next = query.with(&[
            ("cursor", format!("_f_{end}")),
            ("limit", limit.to_string()),
        ]);
        links["next"] = json!(format!("/rest/api{path}?{next}"));
    }
    Ok(web::json(
        200,
        &json!({
            "results": results, "start": start, "limit": limit, "size": results.len(),
            "totalSize": found.len(), "cqlQuery": cql, "searchDuration": 1,
            "_links": links,
        }),
    ))
}

async fn site_search(State(world): Shared, query: Query) -> Answer {
    found(&world, &query, "/search", false)
}

async fn content_search(State(world): Shared, query: Query) -> Answer {
    found(&world, &query, "/content/search", true)
}
