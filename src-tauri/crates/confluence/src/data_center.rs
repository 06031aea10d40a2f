//! Confluence Data Center and Server: REST v1.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    Attachment, Client, FoundPage, Listed, MOST_PAGES, MOST_SPACES, NewPage, PageRef, PageStatus,
    PageUpdate, Permissions, Result, SavedPage, Space, SpaceRef, Upload,
    answer::Subject,
    calls::{self, Call},
    client::{Ask, Id, LONGEST_LIST, Links, MOST_ROWS, endless, too_long},
    error::{Cause, Error, ErrorKind, Outcome},
};

/// Of the pages that were created last, so many are looked at.
const NEWEST: usize = 10;
/// Asked for in one piece. The server may give fewer; the next link decides whether there are more.
const PORTION: usize = 200;

#[derive(Deserialize)]
struct List<T> {
    results: Vec<T>,
    #[serde(default, rename = "_links")]
    links: Links,
}

#[derive(Deserialize)]
struct SpaceAnswer {
    id: Id,
    key: String,
    name: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    homepage: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: Id,
    #[serde(default)]
    title: String,
}

#[derive(Deserialize)]
struct PageAnswer {
    id: Id,
    title: Option<String>,
    status: Option<String>,
    space: Option<SpaceKey>,
    #[serde(default)]
    ancestors: Vec<Named>,
    version: Option<VersionAnswer>,
    history: Option<History>,
    body: Option<Bodies>,
    #[serde(rename = "childTypes")]
    child_types: Option<ChildTypes>,
    #[serde(default)]
    operations: Vec<Operation>,
    #[serde(default, rename = "_links")]
    links: Links,
}

#[derive(Deserialize)]
struct SpaceKey {
    key: Option<String>,
}

#[derive(Deserialize)]
struct VersionAnswer {
    number: u32,
    message: Option<String>,
    by: Option<Person>,
    when: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Person {
    username: Option<String>,
    user_key: Option<String>,
    display_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct History {
    created_date: Option<String>,
}

#[derive(Deserialize)]
struct Bodies {
    storage: Option<Body>,
}

#[derive(Deserialize)]
struct Body {
    value: String,
}

#[derive(Deserialize)]
struct ChildTypes {
    page: Option<ChildType>,
}

#[derive(Deserialize)]
struct ChildType {
    value: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Operation {
    operation: String,
    target_type: String,
}

/// An attachment: its comment stands in `metadata` on older lines, in `extensions` on newer ones.
#[derive(Deserialize)]
struct AttachmentAnswer {
    id: Id,
    title: String,
    metadata: Option<AttachmentFacts>,
    extensions: Option<AttachmentFacts>,
    version: Option<VersionAnswer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AttachmentFacts {
    comment: Option<String>,
    file_size: Option<u64>,
}

pub(crate) async fn spaces(client: &Client) -> Result<Listed<Space>> {
    let spaces = at_most(client, &calls::SPACES, MOST_SPACES, || {
        client
            .call(&calls::SPACES)
            .about(Subject::Space)
            .ask("status", "current")
            .ask("expand", "homepage")
    })
    .await?;
    Ok(spaces.map(|space: SpaceAnswer| Space {
        name: space.name.unwrap_or_else(|| space.key.clone()),
        personal: space.kind.as_deref() == Some("personal") || space.key.starts_with('~'),
        id: space.id.0,
        key: space.key,
        homepage_id: space.homepage.map(|page| page.id.0),
    }))
}

pub(crate) async fn top_pages(client: &Client, space: &SpaceRef) -> Result<Listed<PageRef>> {
    let pages = at_most(client, &calls::SPACE_PAGES, MOST_PAGES, || {
        client
            .call(&calls::SPACE_PAGES)
            .fill(&[&space.key])
            .about(Subject::Space)
            .ask("depth", "root")
            .ask("expand", "childTypes.page")
    })
    .await?;
    Ok(pages.map(page_ref))
}

/// Up to 1,000 pages of the space, for a picker without search.
pub(crate) async fn first_pages(client: &Client, space: &SpaceRef) -> Result<Vec<PageRef>> {
    let pages: Vec<PageAnswer> = some(client, &calls::SPACE_PAGES, 5, || {
        client
            .call(&calls::SPACE_PAGES)
            .fill(&[&space.key])
            .about(Subject::Space)
            .ask("depth", "all")
            .ask("expand", "ancestors")
    })
    .await?;
    Ok(pages.into_iter().map(page_ref).collect())
}

pub(crate) async fn children(client: &Client, page_id: &str) -> Result<Listed<PageRef>> {
    let pages = at_most(client, &calls::CHILDREN, MOST_PAGES, || {
        client
            .call(&calls::CHILDREN)
            .fill(&[page_id])
            .ask("expand", "childTypes.page")
    })
    .await?;
    Ok(pages.map(page_ref))
}

pub(crate) async fn pages_titled(
    client: &Client,
    space: &SpaceRef,
    title: &str,
) -> Result<Vec<FoundPage>> {
    let pages: Vec<PageAnswer> = all(client, &calls::PAGES, || {
        client
            .call(&calls::PAGES)
            .about(Subject::Space)
            .ask("type", "page")
            .ask("spaceKey", &space.key)
            .ask("title", title)
            .ask("status", "any")
            .ask("expand", "version,ancestors,body.storage,space")
    })
    .await?;
    Ok(pages
        .into_iter()
        .map(|page| found(client, page))
        .filter(|page| page.title.to_lowercase() == title.to_lowercase())
        .collect())
}

pub(crate) async fn page(client: &Client, id: &str) -> Result<FoundPage> {
    let page = client
        .json(
            client
                .call(&calls::PAGE)
                .fill(&[id])
                .ask("status", "any")
                .ask("expand", "version,ancestors,body.storage,space"),
        )
        .await?;
    Ok(found(client, page))
}

/// The list of children has no order by age: their dates are read first, then the newest ten pages.
pub(crate) async fn newest_children(
    client: &Client,
    space: &SpaceRef,
    parent_id: Option<&str>,
) -> Result<Vec<FoundPage>> {
    let parent = parent_id.or(space.homepage_id.as_deref());
    let call = match parent {
        Some(_) => &calls::CHILDREN,
        None => &calls::SPACE_PAGES,
    };
    let ask = || {
        let request = match parent {
            Some(parent) => client.call(call).fill(&[parent]),
            None => client
                .call(call)
                .fill(&[&space.key])
                .about(Subject::Space)
                .ask("depth", "root"),
        };
        request.ask("expand", "history")
    };
    let mut pages: Vec<PageAnswer> = Vec::new();
    let ended = portions(client, call, LONGEST_LIST, ask, |portion| {
        pages.extend(portion);
        // Ids grow with time as well, which serves where a date is missing.
        pages.sort_by_cached_key(|page: &PageAnswer| {
            let created = page
                .history
                .as_ref()
                .and_then(|history| history.created_date.clone());
            let id: u64 = page.id.0.parse().unwrap_or(0);
            std::cmp::Reverse((created, id))
        });
        pages.truncate(NEWEST);
        true
    })
    .await?;
    if !ended {
        return Err(endless(client, call));
    }
    let mut newest = Vec::new();
    for found in pages {
        match page(client, &found.id.0).await {
            Ok(page) => newest.push(page),
            Err(error) if error.kind() == ErrorKind::PageGone => {}
            Err(error) => return Err(error),
        }
    }
    Ok(newest)
}

pub(crate) async fn create_page(client: &Client, page: &NewPage) -> Result<SavedPage> {
    let mut body = json!({
        "type": "page",
        "status": "current",
        "title": page.title,
        "space": { "key": page.space.key },
        "body": { "storage": { "value": page.body, "representation": "storage" } },
    });
    // Without ancestors Data Center puts a page beside the home page, Cloud below it: below it is meant.
    if let Some(parent) = page.parent_id.as_ref().or(page.space.homepage_id.as_ref()) {
        body["ancestors"] = json!([{ "id": parent }]);
    }
    let answer = client
        .json(
            client
                .call(&calls::CREATE_PAGE)
                .about(Subject::NewPage)
                .send_json(body),
        )
        .await?;
    Ok(saved(client, answer, &page.title, 1))
}

pub(crate) async fn update_page(client: &Client, page: &PageUpdate) -> Result<SavedPage> {
    let mut body = json!({
        "id": page.id,
        "type": "page",
        "status": "current",
        "title": page.title,
        "space": { "key": page.space.key },
        "version": { "number": page.version, "message": page.message, "minorEdit": true },
        "body": { "storage": { "value": page.body, "representation": "storage" } },
    });
    if let Some(parent) = &page.parent_id {
        body["ancestors"] = json!([{ "id": parent }]);
    }
    let answer = client
        .json(
            client
                .call(&calls::UPDATE_PAGE)
                .fill(&[&page.id])
                .about(Subject::PageUpdate)
                .send_json(body),
        )
        .await?;
    Ok(saved(client, answer, &page.title, page.version))
}

pub(crate) async fn attachments(
    client: &Client,
    page_id: &str,
    file_name: &str,
) -> Result<Vec<Attachment>> {
    let files: Vec<AttachmentAnswer> = all(client, &calls::ATTACHMENTS, || {
        client
            .call(&calls::ATTACHMENTS)
            .fill(&[page_id])
            .ask("filename", file_name)
            .ask("expand", "version")
    })
    .await?;
    Ok(files.into_iter().map(attachment).collect())
}

/// A new version goes to the attachment's own id; `PUT child/attachment` is Cloud's alone.
pub(crate) async fn upload(client: &Client, page_id: &str, file: &Upload) -> Result<Attachment> {
    let (call, request) = match &file.replaces {
        Some(attachment) => (
            &calls::UPLOAD_VERSION,
            client
                .call(&calls::UPLOAD_VERSION)
                .fill(&[page_id, attachment]),
        ),
        None => (&calls::UPLOAD, client.call(&calls::UPLOAD).fill(&[page_id])),
    };
    let answer = client
        .json(request.about(Subject::File).send_file(file))
        .await?;
    uploaded(client, call, answer)
}

/// v1 answers an upload with a list, and a new version with the attachment alone.
pub(crate) fn uploaded(client: &Client, call: &'static Call, answer: Value) -> Result<Attachment> {
    let one = match answer.get("results").and_then(Value::as_array) {
        Some(results) => results.first().cloned(),
        None => Some(answer),
    };
    one.and_then(|value| serde_json::from_value::<AttachmentAnswer>(value).ok())
        .map(attachment)
        .ok_or_else(|| {
            Error::new(ErrorKind::Unknown, Outcome::Unknown)
                .because(Cause::Unparsable)
                .with(|inner| {
                    inner.call = Some(call);
                    inner.context = client.context();
                })
        })
}

/// The operations of the home page tell of the space. Older lines leave them out.
pub(crate) async fn permissions(client: &Client, space: &SpaceRef) -> Result<Permissions> {
    let Some(homepage) = &space.homepage_id else {
        return Ok(Permissions::default());
    };
    let page: PageAnswer = client
        .json(
            client
                .call(&calls::PAGE)
                .fill(&[homepage])
                .ask("expand", "operations"),
        )
        .await?;
    let permitted = page
        .operations
        .iter()
        .map(|it| (&*it.operation, &*it.target_type));
    Ok(Permissions::of(permitted, false))
}

/// Every row of a list. One that does not end or is too long is an error, never a short list.
async fn all<'a, T: DeserializeOwned>(
    client: &'a Client,
    call: &'static Call,
    ask: impl Fn() -> Ask<'a>,
) -> Result<Vec<T>> {
    let list = at_most(client, call, MOST_ROWS, ask).await?;
    if list.more {
        return Err(too_long(client, call));
    }
    Ok(list.rows)
}

/// The first rows of a list.
async fn at_most<'a, T: DeserializeOwned>(
    client: &'a Client,
    call: &'static Call,
    most: usize,
    ask: impl Fn() -> Ask<'a>,
) -> Result<Listed<T>> {
    let mut rows = Vec::new();
    let ended = portions(client, call, LONGEST_LIST, ask, |portion| {
        rows.extend(portion);
        rows.len() < most
    })
    .await?;
    if !ended && rows.len() < most {
        return Err(endless(client, call));
    }
    let more = !ended || rows.len() > most;
    rows.truncate(most);
    Ok(Listed { rows, more })
}

/// The rows of the first portions.
async fn some<'a, T: DeserializeOwned>(
    client: &'a Client,
    call: &'static Call,
    most: usize,
    ask: impl Fn() -> Ask<'a>,
) -> Result<Vec<T>> {
    let mut rows = Vec::new();
    portions(client, call, most, ask, |portion| {
        rows.extend(portion);
        true
    })
    .await?;
    Ok(rows)
}

/// Reads a list portion by portion, at most so many, for as long as `take` wants more. Answers whether
/// it came to the list's end.
///
/// Rows an account may not see are taken out of a portion after it was cut, so a short one does not mean
/// the end: a missing next link does.
async fn portions<'a, T: DeserializeOwned>(
    client: &'a Client,
    call: &'static Call,
    most: usize,
    ask: impl Fn() -> Ask<'a>,
    mut take: impl FnMut(Vec<T>) -> bool,
) -> Result<bool> {
    let mut start = 0;
    for _ in 0..most {
        let list: List<T> = client
            .json(
                ask()
                    .ask("start", start.to_string())
                    .ask("limit", PORTION.to_string()),
            )
            .await?;
        let count = list.results.len();
        let wants_more = take(list.results);
        let Some(next) = list.links.next else {
            return Ok(true);
        };
        let next = start_of(&next).unwrap_or(start + count);
        if next <= start {
            return Err(endless(client, call));
        }
        if !wants_more {
            return Ok(false);
        }
        start = next;
    }
    Ok(false)
}

fn start_of(next: &str) -> Option<usize> {
    let (_, query) = next.split_once('?')?;
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "start")
        .and_then(|(_, value)| value.parse().ok())
}

fn status(text: Option<&str>) -> PageStatus {
    match text {
        Some("current") | None => PageStatus::Current,
        Some("archived") => PageStatus::Archived,
        Some("trashed") => PageStatus::Trashed,
        Some(_) => PageStatus::Other,
    }
}

fn attachment(file: AttachmentAnswer) -> Attachment {
    let facts = [file.metadata, file.extensions];
    let facts: Vec<AttachmentFacts> = facts.into_iter().flatten().collect();
    Attachment {
        comment: facts
            .iter()
            .filter_map(|facts| facts.comment.clone())
            .find(|comment| !comment.is_empty())
            .unwrap_or_default(),
        size: facts.iter().find_map(|facts| facts.file_size),
        id: file.id.0,
        file_name: file.title,
        version: file.version.map_or(1, |version| version.number),
    }
}

fn found(client: &Client, page: PageAnswer) -> FoundPage {
    let link = page.links.page(client.site(), &page.id.0);
    let (number, message, by, when) = match page.version {
        Some(version) => (version.number, version.message, version.by, version.when),
        None => (1, None, None, None),
    };
    FoundPage {
        title: page.title.unwrap_or_default(),
        status: status(page.status.as_deref()),
        parent_id: page.ancestors.last().map(|parent| parent.id.0.clone()),
        space: page.space.and_then(|space| space.key),
        version: number,
        message: message.unwrap_or_default(),
        changed_by_id: by
            .as_ref()
            .and_then(|by| by.user_key.clone().or_else(|| by.username.clone())),
        changed_by_name: by.and_then(|by| by.display_name),
        changed_at: when,
        body: page
            .body
            .and_then(|body| body.storage)
            .map(|body| body.value),
        link: Some(link),
        id: page.id.0,
    }
}

fn saved(client: &Client, page: PageAnswer, title: &str, version: u32) -> SavedPage {
    SavedPage {
        version: page.version.map_or(version, |version| version.number),
        title: page.title.unwrap_or_else(|| title.to_owned()),
        link: page.links.page(client.site(), &page.id.0),
        tiny_link: page.links.tiny(client.site()),
        space_key: page.space.and_then(|space| space.key),
        id: page.id.0,
    }
}

fn page_ref(page: PageAnswer) -> PageRef {
    PageRef {
        id: page.id.0,
        title: page.title.unwrap_or_default(),
        ancestors: page
            .ancestors
            .into_iter()
            .map(|ancestor| ancestor.title)
            .collect(),
        has_children: page
            .child_types
            .and_then(|types| types.page)
            .map(|page| page.value),
    }
}
