//! The pages a browser can look at: start, spaces, pages, files. They need no
//! sign-in, hold no script, and say on top that this is not Confluence.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use axum::routing::get;

use crate::cloud::Shared;
use crate::content::{Access, Content, Id, Page, Space, SpaceKind, Status};
use crate::data_center::CONTEXT;
use crate::drawing::{Canvas, draw};
use crate::html::Html;
use crate::links;
use crate::samples;
use crate::web::{self, Query};
use crate::world::{Edition, SECOND_SITE, World, lock};

/// No script, no frames, nothing from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

const BANNER: &str = "Retropress sandbox: this is not Confluence";

/// The tree beside a page goes this deep.
const TREE_DEPTH: usize = 20;

fn context(edition: Edition) -> &'static str {
    match edition {
        Edition::Cloud => "/wiki",
        Edition::DataCenter => CONTEXT,
    }
}

/// The site's pages around its API.
pub(crate) fn cloud(api: Router<Arc<World>>) -> Router<Arc<World>> {
    const CLOUD: Edition = Edition::Cloud;
    let start = async |State(world): Shared| start(&world, CLOUD);
    let overview = async |State(world): Shared, Path(key): Path<String>| {
        let content = world.content(CLOUD);
        match content.space_by_key(&key) {
            Some(space) => page(&content, space.homepage, CLOUD),
            None => missing(CLOUD),
        }
    };
    let by_id = async |State(world): Shared, Path(path): Path<HashMap<String, String>>| {
        let id = path.get("id").and_then(|id| id.parse().ok()).unwrap_or(0);
        page(&world.content(CLOUD), id, CLOUD)
    };
    api.route("/", get(async || web::redirect("/wiki")))
        .route("/wiki", get(start))
        .route("/wiki/", get(start))
        .route("/wiki/home", get(start))
        .route("/wiki/spaces", get(start))
        .route("/wiki/spaces/{key}", get(overview))
        .route("/wiki/spaces/{key}/overview", get(overview))
        .route("/wiki/spaces/{key}/pages/{id}", get(by_id))
        .route("/wiki/spaces/{key}/pages/{id}/{title}", get(by_id))
        .merge(common("/wiki", CLOUD))
        .fallback(async |uri: Uri| {
            // A base address that is a little wrong ends on the sign-in page,
            // with status 200.
            if uri.path().starts_with("/wiki/") && uri.path().contains("/rest/") {
                sign_on_page()
            } else {
                missing(CLOUD)
            }
        })
}

/// Data Center's pages around its API.
pub(crate) fn data_center(api: Router<Arc<World>>) -> Router<Arc<World>> {
    const DC: Edition = Edition::DataCenter;
    let start = async |State(world): Shared| start(&world, DC);
    let own = Router::new()
        .route("/confluence", get(start))
        .route("/confluence/", get(start))
        .route("/confluence/display/{key}", get(display_space))
        .route("/confluence/display/{key}/{title}", get(display_page))
        .route("/confluence/spaces/viewspace.action", get(view_space))
        .route("/confluence/login.action", get(login).post(solve))
        .route(
            "/confluence/plugins/personalaccesstokens/usertokens.action",
            get(tokens),
        )
        .merge(common("/confluence", DC));
    api.merge(own)
        .route("/", get(async || web::redirect("/confluence")))
        .fallback(async |uri: Uri| {
            let path = uri.path();
            if path.contains("/rest/") || path.contains("/api/") {
                web::container_page(404, "Not Found")
            } else {
                missing(DC)
            }
        })
}

/// What both editions have, below their context path.
fn common(context: &'static str, edition: Edition) -> Router<Arc<World>> {
    let view_page = async move |State(world): Shared, query: Query| {
        let id = query
            .get("pageId")
            .and_then(|id| id.parse().ok())
            .unwrap_or(0);
        page(&world.content(edition), id, edition)
    };
    let short = async move |State(world): Shared, Path(code): Path<String>| {
        let content = world.content(edition);
        match links::from_tiny(&code).and_then(|id| content.page(id)) {
            Some(found) => web::redirect(&canvas(&content, found, edition).page_address(found)),
            None => missing(edition),
        }
    };
    let file =
        async move |State(world): Shared,
                    Path((page, name)): Path<(String, String)>,
                    query: Query| { download(&world, edition, &page, &name, &query) };
    let router = Router::new()
        .route("/pages/viewpage.action", get(view_page))
        .route("/pages/viewpageattachments.action", get(view_page))
        .route("/x/{code}", get(short))
        .route("/x/{code}/", get(short))
        .route("/download/attachments/{page}/{name}", get(file))
        .route("/sandbox.css", get(style));
    Router::new().nest(context, router)
}

/// A body as the REST API's `view`.
pub(crate) fn view(content: &Content, page: &Page, body: &str, context: &str) -> String {
    let edition = if context == CONTEXT {
        Edition::DataCenter
    } else {
        Edition::Cloud
    };
    draw(&canvas(content, page, edition), body).into_string()
}

fn canvas<'a>(content: &'a Content, page: &'a Page, edition: Edition) -> Canvas<'a> {
    Canvas {
        content,
        page,
        edition,
        context: context(edition),
    }
}

// ---- The frame -----------------------------------------------------------------

fn frame(edition: Edition, status: u16, title: &str, tree: Option<Html>, main: Html) -> Response {
    let style = format!("{}/sandbox.css", context(edition));
    let body = whole(&style, title, tree, main);
    guarded(web::answer(status, "text/html;charset=UTF-8", body), POLICY)
}

fn whole(style: &str, title: &str, tree: Option<Html>, main: Html) -> Vec<u8> {
    let mut html = Html::default();
    html.open("html", &[("lang", "en")]).open("head", &[]);
    html.open("meta", &[("charset", "utf-8")]);
    html.open(
        "meta",
        &[("name", "viewport"), ("content", "width=device-width")],
    );
    html.element("title", &[], &format!("{title} - Retropress sandbox"));
    html.open("link", &[("rel", "stylesheet"), ("href", style)]);
    html.close("head").open("body", &[]);
    html.element("p", &[("class", "banner"), ("role", "note")], BANNER);
    html.open("div", &[("class", "columns")]);
    if let Some(tree) = tree {
        html.append(tree);
    }
    html.open("main", &[]).append(main).close("main");
    html.close("div").close("body").close("html");
    format!("<!doctype html>{}", html.into_string()).into_bytes()
}

fn guarded(mut response: Response, policy: &str) -> Response {
    for (name, value) in [
        ("content-security-policy", policy),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    ] {
        web::set_header(&mut response, name, value);
    }
    response
}

/// A page of a sign-in server.
pub(crate) fn plain_page(style: &str, status: u16, title: &str, main: Html) -> Response {
    let body = whole(style, title, None, main);
    guarded(web::answer(status, "text/html;charset=UTF-8", body), POLICY)
}

/// A page whose form ends, by a redirect, at this address. Browsers hold the
/// policy against the redirect too.
pub(crate) fn form_page(style: &str, title: &str, main: Html, redirect: &str) -> Response {
    let ends_at = match redirect.parse::<Uri>() {
        Ok(uri) => match (uri.scheme_str(), uri.authority()) {
            (Some(scheme), Some(authority)) => format!("{scheme}://{authority}"),
            _ => String::new(),
        },
        // A scheme of the app's own.
        Err(_) => redirect
            .split_once(':')
            .map_or_else(String::new, |(scheme, _)| format!("{scheme}:")),
    };
    let policy = POLICY.replace(
        "form-action 'self'",
        &format!("form-action 'self' {ends_at}"),
    );
    let body = whole(style, title, None, main);
    guarded(web::answer(200, "text/html;charset=UTF-8", body), &policy)
}

pub(crate) fn button(main: &mut Html, name: &str, value: &str, text: &str) {
    let attributes = [("type", "submit"), ("name", name), ("value", value)];
    main.element("button", &attributes, text);
}

/// Names and what they stand for, to be copied.
pub(crate) fn facts(main: &mut Html, facts: &[(&str, &str)]) {
    main.open("dl", &[("class", "facts")]);
    for (name, value) in facts {
        main.element("dt", &[], name).open("dd", &[]);
        main.element("code", &[], value).close("dd");
    }
    main.close("dl");
}

/// A form with the one address of an app.
pub(crate) fn address_form(main: &mut Html, action: &str, label: &str, address: &str) {
    main.open("form", &[("method", "post"), ("action", action)]);
    main.open("label", &[]).text(label).text(" ");
    let attributes = [
        ("type", "text"),
        ("name", "address"),
        ("value", address),
        ("size", "48"),
    ];
    main.open("input", &attributes).close("label").text(" ");
    main.element("button", &[("type", "submit")], "Save");
    main.close("form");
}

pub(crate) async fn style() -> Response {
    let css = include_str!("browser.css").as_bytes().to_vec();
    guarded(web::answer(200, "text/css;charset=UTF-8", css), POLICY)
}

fn missing(edition: Edition) -> Response {
    let mut main = Html::default();
    main.element("h1", &[], "Page not found");
    main.element("p", &[], "There is no such page, or nobody may see it.");
    main.open("p", &[])
        .link(context(edition), "All spaces")
        .close("p");
    frame(edition, 404, "Page not found", None, main)
}

/// The page of a single sign-on, as it gets into the way of an API call.
pub(crate) fn sign_on_page() -> Response {
    let mut main = Html::default();
    main.element("h1", &[], "Log in to continue");
    main.element(
        "p",
        &[],
        "This stands for the sign-in page of an organisation.",
    );
    frame(Edition::Cloud, 200, "Log in", None, main)
}

// ---- Spaces ---------------------------------------------------------------------

fn space_address(space: &Space, edition: Edition) -> String {
    let key = links::segment(&space.key);
    match edition {
        Edition::Cloud => format!("/wiki/spaces/{key}/overview"),
        Edition::DataCenter => format!("{CONTEXT}/display/{key}"),
    }
}

fn start(world: &World, edition: Edition) -> Response {
    let content = world.content(edition);
    let mut main = Html::default();
    let name = match edition {
        Edition::Cloud if world.site == SECOND_SITE => {
            "The second site of Confluence Cloud, as the sandbox plays it"
        }
        Edition::Cloud => "Confluence Cloud, as the sandbox plays it",
        Edition::DataCenter => "Confluence Data Center, as the sandbox plays it",
    };
    main.element("h1", &[], name);
    main.element(
        "p",
        &[],
        "Everything here is made up and stays on this computer. Retropress fills in what to sign \
         in with.",
    );
    sign_in_facts(world, edition, &mut main);
    for (kind, heading) in [
        (SpaceKind::Global, "Spaces"),
        (SpaceKind::Personal, "Personal spaces"),
    ] {
        main.element("h2", &[], heading).open("ul", &[]);
        for space in content.spaces.values() {
            if space.kind != kind || content.space(space.id).is_none() {
                continue;
            }
            main.open("li", &[])
                .link(&space_address(space, edition), &space.name);
            let about = match space.access {
                Access::Read => format!(" {} (read only)", space.key),
                _ => format!(" {}", space.key),
            };
            main.element("span", &[("class", "muted")], &about)
                .close("li");
        }
        main.close("ul");
    }
    frame(edition, 200, name, None, main)
}

/// What a user signs in with, for each of the ways.
fn sign_in_facts(world: &World, edition: Edition, main: &mut Html) {
    let own = &world.accounts.own;
    let clients = world.sign_ins().clients.clone();
    let base = world.base(edition);
    let console = format!("{}/", world.addresses.auth);
    main.open("details", &[("class", "sign-in"), ("open", "open")])
        .element("summary", &[], "To sign in");
    match edition {
        Edition::Cloud => {
            main.element("h2", &[], "API Token");
            facts(
                main,
                &[
                    ("Server URL", base),
                    ("Email Address", &own.email),
                    ("API token", &own.api_token),
                    ("API token with scopes", &own.scoped_api_token),
                ],
            );
            main.element("h2", &[], "Atlassian Login");
            facts(
                main,
                &[
                    ("Client ID", &clients.cloud.id),
                    ("Client Secret", &clients.cloud.secret),
                    ("Callback URL", &clients.cloud.redirect_uri),
                ],
            );
            main.element("h2", &[], "Atlassian Login with a service account");
            facts(
                main,
                &[
                    ("Client ID", &clients.service_account.id),
                    ("Client Secret", &clients.service_account.secret),
                ],
            );
            main.element("h2", &[], "In place of Atlassian's hosts");
            facts(
                main,
                &[
                    ("auth.atlassian.com", &world.addresses.auth),
                    ("api.atlassian.com", &world.addresses.gateway),
                ],
            );
            main.open("p", &[])
                .link(&console, "Change the callback URL")
                .close("p");
        }
        Edition::DataCenter => {
            main.element("h2", &[], "Personal Access Token");
            let token = ("Personal Access Token", own.personal_access_token.as_str());
            facts(main, &[("Server URL", base), token]);
            main.element("h2", &[], "Basic Authentication");
            facts(
                main,
                &[
                    ("Confluence Username", &own.username),
                    ("Confluence Password", &own.password),
                ],
            );
            main.element("h2", &[], "Application Link");
            facts(
                main,
                &[
                    ("Client ID", &clients.data_center.id),
                    ("Client Secret", &clients.data_center.secret),
                    ("Redirect URL", &clients.data_center.redirect_uri),
                ],
            );
            let links = "/confluence/plugins/servlet/applinks/listApplicationLinks";
            main.open("p", &[])
                .link(links, "Change the redirect URL")
                .close("p");
        }
    }
    main.close("details");
}

async fn display_space(State(world): Shared, Path(key): Path<String>) -> Response {
    overview(&world, &key)
}

async fn view_space(State(world): Shared, query: Query) -> Response {
    overview(&world, query.get("key").unwrap_or_default())
}

fn overview(world: &World, key: &str) -> Response {
    let content = world.content(Edition::DataCenter);
    match content.space_by_key(key) {
        Some(space) => page(&content, space.homepage, Edition::DataCenter),
        None => missing(Edition::DataCenter),
    }
}

async fn display_page(
    State(world): Shared,
    Path((key, title)): Path<(String, String)>,
) -> Response {
    let content = world.content(Edition::DataCenter);
    let title = title.replace('+', " ");
    let space = content.space_by_key(&key).map(|space| space.id);
    let mut found: Vec<&Page> = content
        .pages
        .values()
        .filter(|p| Some(p.space) == space && p.title().eq_ignore_ascii_case(&title))
        .collect();
    // A live page comes before one in the trash, a newer one before an older.
    found.sort_by_key(|p| (p.status == Status::Trashed, std::cmp::Reverse(p.id)));
    page(
        &content,
        found.first().map_or(0, |p| p.id),
        Edition::DataCenter,
    )
}

// ---- A page ---------------------------------------------------------------------

fn page(content: &Content, id: Id, edition: Edition) -> Response {
    let Some(page) = content.page(id).filter(|p| p.status != Status::Draft) else {
        return missing(edition);
    };
    let Some(space) = content.space(page.space) else {
        return missing(edition);
    };
    let canvas = canvas(content, page, edition);
    let mut main = Html::default();
    main.open("nav", &[("class", "crumbs"), ("aria-label", "Breadcrumbs")]);
    main.link(context(edition), "All spaces").text(" / ");
    main.link(&space_address(space, edition), &space.name);
    for ancestor in content.ancestors(page) {
        if !content.is_homepage(ancestor) && content.sees(ancestor) {
            main.text(" / ")
                .link(&canvas.page_address(ancestor), ancestor.title());
        }
    }
    main.close("nav").element("h1", &[], page.title());
    byline(page, &mut main);
    if page.status == Status::Trashed {
        main.element(
            "p",
            &[("class", "trash"), ("role", "status")],
            "This page is in the trash.",
        );
    } else {
        if page.status == Status::Archived {
            main.element(
                "p",
                &[("class", "trash")],
                "This page is archived. It keeps its title.",
            );
        }
        labels(page, &mut main);
        main.open("div", &[("class", "body")]);
        main.append(draw(&canvas, page.body())).close("div");
        if !content
            .page_attachments(id, std::time::Duration::ZERO)
            .is_empty()
        {
            main.open("section", &[]).element("h2", &[], "Attachments");
            canvas.attachments(&mut main);
            main.close("section");
        }
    }
    history(page, &mut main);
    let tree = tree(&canvas, space);
    frame(edition, 200, page.title(), Some(tree), main)
}

fn byline(page: &Page, main: &mut Html) {
    let Some(version) = page.versions.last() else {
        return;
    };
    let line = format!(
        "Created by {}. Version {} by {}, {} UTC.",
        samples::person(&page.author).name,
        version.number,
        samples::person(&version.by).name,
        version.at.format("%-d %b %Y %H:%M")
    );
    main.element("p", &[("class", "byline")], &line);
}

fn labels(page: &Page, main: &mut Html) {
    if page.labels.is_empty() {
        return;
    }
    main.open("ul", &[("class", "labels"), ("aria-label", "Labels")]);
    for label in &page.labels {
        main.element("li", &[], &label.name);
    }
    main.close("ul");
}

fn history(page: &Page, main: &mut Html) {
    main.open("details", &[])
        .element("summary", &[], "Versions");
    main.open("ul", &[]);
    for version in page.versions.iter().rev() {
        let line = format!(
            "{}: {}, {} UTC {}",
            version.number,
            samples::person(&version.by).name,
            version.at.format("%-d %b %Y %H:%M"),
            version.message
        );
        main.element("li", &[], line.trim_end());
    }
    main.close("ul").close("details");
}

/// The live pages of the space; branches open towards the page shown.
fn tree(canvas: &Canvas<'_>, space: &Space) -> Html {
    let mut below: HashMap<Option<Id>, Vec<&Page>> = HashMap::new();
    for page in canvas.content.pages.values() {
        if page.space == space.id && page.status == Status::Current && canvas.content.sees(page) {
            below.entry(page.parent).or_default().push(page);
        }
    }
    for pages in below.values_mut() {
        pages.sort_by_key(|page| (page.position, page.id));
    }
    let mut path: Vec<Id> = canvas
        .content
        .ancestors(canvas.page)
        .iter()
        .map(|p| p.id)
        .collect();
    path.push(canvas.page.id);
    let mut html = Html::default();
    html.open("nav", &[("class", "tree"), ("aria-label", "Page tree")]);
    branch(canvas, &below, None, &path, 0, &mut html);
    html.close("nav");
    html
}

fn branch(
    canvas: &Canvas<'_>,
    below: &HashMap<Option<Id>, Vec<&Page>>,
    parent: Option<Id>,
    path: &[Id],
    depth: usize,
    html: &mut Html,
) {
    let Some(pages) = below.get(&parent).filter(|_| depth < TREE_DEPTH) else {
        return;
    };
    html.open("ul", &[]);
    for page in pages {
        html.open("li", &[]);
        let address = canvas.page_address(page);
        let mut attributes = vec![("href", address.as_str())];
        if page.id == canvas.page.id {
            attributes.push(("aria-current", "page"));
        }
        html.element("a", &attributes, page.title());
        if below.contains_key(&Some(page.id)) {
            let open = depth == 0 || path.contains(&page.id);
            let attributes: &[(&'static str, &str)] = if open { &[("open", "open")] } else { &[] };
            let count = below.get(&Some(page.id)).map_or(0, Vec::len);
            let summary = match count {
                1 => "1 page".to_owned(),
                more => format!("{more} pages"),
            };
            html.open("details", attributes)
                .element("summary", &[], &summary);
            branch(canvas, below, Some(page.id), path, depth + 1, html);
            html.close("details");
        }
        html.close("li");
    }
    html.close("ul");
}

// ---- Files and sign-in ------------------------------------------------------------

/// The types a browser may show by itself; any other file is saved.
const SHOWN: [&str; 4] = ["application/pdf", "image/png", "image/jpeg", "image/gif"];

fn download(world: &World, edition: Edition, page: &str, name: &str, query: &Query) -> Response {
    let content = world.content(edition);
    let found = page
        .parse()
        .ok()
        .and_then(|page| content.attachment_named(page, name))
        .and_then(|id| content.attachment(None, id));
    let number: Option<u32> = query.get("version").and_then(|text| text.parse().ok());
    let version = found.and_then(|file| match number {
        Some(number) => file.versions.iter().find(|v| v.number == number),
        None => file.latest(),
    });
    let Some(version) = version else {
        return missing(edition);
    };
    let declared = version
        .media_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    let shown = SHOWN
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(declared));
    let media_type = shown.unwrap_or("application/octet-stream");
    let how = if shown.is_some() {
        "inline"
    } else {
        "attachment"
    };
    let mut response = web::answer(200, media_type, version.bytes.to_vec());
    let disposition = format!("{how}; filename*=UTF-8''{}", links::segment(name));
    web::set_header(&mut response, "content-disposition", &disposition);
    web::set_header(&mut response, "x-content-type-options", "nosniff");
    // A policy on a PDF would stop the browser's own viewer.
    if shown != Some("application/pdf") {
        web::set_header(
            &mut response,
            "content-security-policy",
            "default-src 'none'; sandbox",
        );
    }
    response
}

async fn login(State(world): Shared) -> Response {
    let waiting = lock(&world.failures).values().any(|count| *count > 0);
    let mut main = Html::default();
    main.element("h1", &[], "Log in");
    if waiting {
        main.element(
            "p",
            &[],
            "Wrong passwords were sent. A real site would show letters to read here.",
        );
        main.open(
            "form",
            &[("method", "post"), ("action", "/confluence/login.action")],
        );
        main.element("button", &[("type", "submit")], "I have solved the CAPTCHA");
        main.close("form");
    } else {
        main.element("p", &[], "Looking at the sandbox needs no sign-in.");
    }
    frame(Edition::DataCenter, 200, "Log in", None, main)
}

async fn solve(State(world): Shared) -> Response {
    lock(&world.failures).clear();
    let mut main = Html::default();
    main.element("h1", &[], "Solved");
    main.element(
        "p",
        &[("role", "status")],
        "Go back to Retropress and try again.",
    );
    frame(Edition::DataCenter, 200, "Solved", None, main)
}

async fn tokens() -> Response {
    let mut main = Html::default();
    main.element("h1", &[], "Personal Access Tokens");
    main.element(
        "p",
        &[],
        "On a real site you create a token here. The sandbox has one already: Retropress fills it \
         in, and the start page shows it.",
    );
    frame(
        Edition::DataCenter,
        200,
        "Personal Access Tokens",
        None,
        main,
    )
}
