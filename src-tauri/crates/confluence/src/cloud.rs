//! Confluence Cloud: REST v2, and v1 only for uploads, labels, search and "who am I".

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{collections::HashSet, sync::atomic::Ordering};

use crate::{
    Attachment, Client, FoundPage, Listed, MOST_PAGES, MOST_SPACES, NewPage, PageRef, PageStatus,
    PageUpdate, Permissions, Result, SavedPage, Space, SpaceRef, Upload,
    answer::Subject,
    calls::{self, Call},
    client::{Ask, Id, LONGEST_LIST, Links, MOST_ROWS, endless, remember, too_long},
    error::ErrorKind,
};

#[derive(Deserialize)]
struct List<T> {
    results: Vec<T>,
    #[serde(default, rename = "_links")]
    links: Links,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SpaceAnswer {
    id: Id,
    key: String,
    name: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    homepage_id: Option<Id>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageAnswer {
    id: Id,
    title: Option<String>,
    status: Option<String>,
    space_id: Option<Id>,
    parent_id: Option<Id>,
    version: Option<VersionAnswer>,
    body: Option<Bodies>,
    #[serde(default, rename = "_links")]
    links: Links,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VersionAnswer {
    number: u32,
    message: Option<String>,
    author_id: Option<String>,
    created_at: Option<String>,
}

#[derive(Deserialize)]
struct Bodies {
    storage: Option<Body>,
}

#[derive(Deserialize)]
struct Body {
    value: String,
}

/// A child may be a page, a folder, a whiteboard and more.
#[derive(Deserialize)]
struct ChildAnswer {
    id: Id,
    title: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    status: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AttachmentAnswer {
    id: Id,
    title: String,
    comment: Option<String>,
    file_size: Option<u64>,
    version: Option<VersionAnswer>,
}

#[derive(Deserialize)]
struct Operations {
    operations: Vec<Operation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Operation {
    operation: String,
    target_type: String,
}

pub(crate) async fn spaces(client: &Client) -> Result<Listed<Space>> {
    let spaces = at_most(client, MOST_SPACES, || {
        client
            .call(&calls::CLOUD_SPACES)
            .about(Subject::Space)
            .ask("status", "current")
            .ask("limit", "250")
    })
    .await?;
    Ok(spaces.map(|space: SpaceAnswer| Space {
        name: space.name.unwrap_or_else(|| space.key.clone()),
        personal: space.kind.as_deref() == Some("personal") || space.key.starts_with('~'),
        id: space.id.0,
        key: space.key,
        homepage_id: space.homepage_id.map(|id| id.0),
    }))
}

pub(crate) async fn top_pages(client: &Client, space: &SpaceRef) -> Result<Listed<PageRef>> {
    let pages = at_most(client, MOST_PAGES, || {
        space_pages(client, space)
            .ask("depth", "root")
            .ask("sort", "title")
            .ask("status", "current")
            .ask("limit", "250")
    })
    .await?;
    Ok(pages.map(page_ref))
}

/// Up to 1,000 pages of the space, for a picker without search.
pub(crate) async fn first_pages(client: &Client, space: &SpaceRef) -> Result<Vec<PageRef>> {
    let pages: Vec<PageAnswer> = some(client, 4, || {
        space_pages(client, space)
            .ask("sort", "title")
            .ask("status", "current")
            .ask("limit", "250")
    })
    .await?;
    Ok(pages.into_iter().map(page_ref).collect())
}

/// The newer call also tells folders apart; scoped tokens cannot have its scope (CONFCLOUD-82041).
pub(crate) async fn children(client: &Client, page_id: &str) -> Result<Listed<PageRef>> {
    let refused = client.direct_children_refused();
    if !refused.load(Ordering::Relaxed) {
        let newer = at_most(client, MOST_PAGES, || {
            client
                .call(&calls::CLOUD_DIRECT_CHILDREN)
                .fill(&[page_id])
                .ask("limit", "250")
        })
        .await;
        match newer {
            Ok(children) => return Ok(child_refs(children)),
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::MissingScope
                        | ErrorKind::SignInRefused
                        | ErrorKind::NotPermitted
                        | ErrorKind::PageGone
                        | ErrorKind::ApiRemoved
                        | ErrorKind::Refused
                ) =>
            {
                // A page that is gone says nothing about the call.
                if error.kind() != ErrorKind::PageGone {
                    remember(refused);
                }
            }
            Err(error) => return Err(error),
        }
    }
    let children = at_most(client, MOST_PAGES, || {
        client
            .call(&calls::CLOUD_CHILDREN)
            .fill(&[page_id])
            .ask("limit", "250")
    })
    .await?;
    Ok(child_refs(children))
}

fn child_refs(children: Listed<ChildAnswer>) -> Listed<PageRef> {
    let more = children.more;
    let rows = children
        .into_iter()
        .filter(|child| child.kind.as_deref().unwrap_or("page") == "page")
        .filter(|child| child.status.as_deref().unwrap_or("current") == "current")
        .map(|child| PageRef {
            id: child.id.0,
            title: child.title.unwrap_or_default(),
            ancestors: Vec::new(),
            has_children: None,
        })
        .collect();
    Listed { rows, more }
}

pub(crate) async fn pages_titled(
    client: &Client,
    space: &SpaceRef,
    title: &str,
) -> Result<Vec<FoundPage>> {
    let pages: Vec<PageAnswer> = all(client, &calls::CLOUD_PAGES, || {
        client
            .call(&calls::CLOUD_PAGES)
            .about(Subject::Space)
            .ask("space-id", &space.id)
            .ask("title", title)
            .ask("status", "current")
            .ask("status", "archived")
            .ask("status", "trashed")
            .ask("body-format", "storage")
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
                .call(&calls::CLOUD_PAGE)
                .fill(&[id])
                .ask("body-format", "storage"),
        )
        .await?;
    Ok(found(client, page))
}

pub(crate) async fn newest_pages(client: &Client, space: &SpaceRef) -> Result<Vec<FoundPage>> {
    let pages: Vec<PageAnswer> = some(client, 1, || {
        space_pages(client, space)
            .ask("sort", "-created-date")
            .ask("status", "current")
            .ask("body-format", "storage")
            .ask("limit", "25")
    })
    .await?;
    Ok(pages.into_iter().map(|page| found(client, page)).collect())
}

pub(crate) async fn create_page(client: &Client, page: &NewPage) -> Result<SavedPage> {
    let mut body = json!({
        "spaceId": page.space.id,
        "status": "current",
        "title": page.title,
        "body": { "representation": "storage", "value": page.body },
    });
    // Without a parent Cloud puts it below the space's home page by itself.
    if let Some(parent) = &page.parent_id {
        body["parentId"] = json!(parent);
    }
    let answer = client
        .json(
            client
                .call(&calls::CLOUD_CREATE_PAGE)
                .about(Subject::NewPage)
                .send_json(body),
        )
        .await?;
    Ok(saved(client, answer, &page.title, 1))
}

pub(crate) async fn update_page(client: &Client, page: &PageUpdate) -> Result<SavedPage> {
    let mut body = json!({
        "id": page.id,
        "spaceId": page.space.id,
        "status": "current",
        "title": page.title,
        "body": { "representation": "storage", "value": page.body },
        "version": { "number": page.version, "message": page.message },
    });
    if let Some(parent) = &page.parent_id {
        body["parentId"] = json!(parent);
    }
    let answer = client
        .json(
            client
                .call(&calls::CLOUD_UPDATE_PAGE)
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
    let files: Vec<AttachmentAnswer> = all(client, &calls::CLOUD_ATTACHMENTS, || {
        client
            .call(&calls::CLOUD_ATTACHMENTS)
            .fill(&[page_id])
            .ask("filename", file_name)
            .ask("status", "current")
    })
    .await?;
    Ok(files
        .into_iter()
        .map(|file| Attachment {
            id: file.id.0,
            file_name: file.title,
            comment: file.comment.unwrap_or_default(),
            version: file.version.map_or(1, |version| version.number),
            size: file.file_size,
        })
        .collect())
}

/// v1: REST v2 cannot upload. One call makes a new attachment or a new version of it.
pub(crate) async fn upload(client: &Client, page_id: &str, file: &Upload) -> Result<Attachment> {
    // A file that is new must not become a version of somebody else's.
    let call = match file.replaces {
        Some(_) => &calls::CLOUD_UPLOAD_VERSION,
        None => &calls::CLOUD_UPLOAD,
    };
    let answer: Value = client
        .json(
            client
                .call(call)
                .fill(&[page_id])
                .about(Subject::File)
                .send_file(file),
        )
        .await?;
    crate::data_center::uploaded(client, call, answer)
}

pub(crate) async fn permissions(client: &Client, space: &SpaceRef) -> Result<Permissions> {
    let answer: Operations = client
        .json(
            client
                .call(&calls::CLOUD_SPACE_OPERATIONS)
                .fill(&[&space.id])
                .about(Subject::Space),
        )
        .await?;
    let permitted = answer
        .operations
        .iter()
        .map(|it| (&*it.operation, &*it.target_type));
    Ok(Permissions::of(permitted, true))
}

fn space_pages<'a>(client: &'a Client, space: &SpaceRef) -> Ask<'a> {
    client
        .call(&calls::CLOUD_SPACE_PAGES)
        .fill(&[&space.id])
        .about(Subject::Space)
}

/// Every row of a list. One that does not end or is too long is an error, never a short list.
async fn all<'a, T: DeserializeOwned>(
    client: &'a Client,
    call: &'static Call,
    ask: impl Fn() -> Ask<'a>,
) -> Result<Vec<T>> {
    let list = at_most(client, MOST_ROWS, ask).await?;
    if list.more {
        return Err(too_long(client, call));
    }
    Ok(list.rows)
}

/// The first rows of a list.
async fn at_most<'a, T: DeserializeOwned>(
    client: &'a Client,
    most: usize,
    ask: impl Fn() -> Ask<'a>,
) -> Result<Listed<T>> {
    let (mut rows, ended) = read(client, LONGEST_LIST, most, ask).await?;
    if !ended && rows.len() < most {
        return Err(endless(client, &calls::CLOUD_PAGES));
    }
    let more = !ended || rows.len() > most;
    rows.truncate(most);
    Ok(Listed { rows, more })
}

/// The rows of the first portions.
async fn some<'a, T: DeserializeOwned>(
    client: &'a Client,
    most: usize,
    ask: impl Fn() -> Ask<'a>,
) -> Result<Vec<T>> {
    Ok(read(client, most, usize::MAX, ask).await?.0)
}

/// At most so many portions, and none after so many rows. Answers whether that was the list's end.
///
/// Of a next link only the cursor is taken: the request goes where the first one went, through the
/// gateway too, and never to an address an answer names.
async fn read<'a, T: DeserializeOwned>(
    client: &'a Client,
    portions: usize,
    most: usize,
    ask: impl Fn() -> Ask<'a>,
) -> Result<(Vec<T>, bool)> {
    let mut rows = Vec::new();
    let mut seen = HashSet::new();
    let mut cursor: Option<String> = None;
    for _ in 0..portions {
        let mut request = ask();
        if let Some(cursor) = cursor.take() {
            request = request.ask("cursor", cursor);
        }
        let list: List<T> = client.json(request).await?;
        rows.extend(list.results);
        match list.links.next.as_deref().and_then(cursor_of) {
            None => return Ok((rows, true)),
            Some(next) if seen.insert(next.clone()) => cursor = Some(next),
            Some(_) => return Err(endless(client, &calls::CLOUD_PAGES)),
        }
        if rows.len() >= most {
            break;
        }
    }
    Ok((rows, false))
}

fn cursor_of(next: &str) -> Option<String> {
    let (_, query) = next.split_once('?')?;
    let query = query.split('#').next().unwrap_or(query);
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, value)| name == "cursor" && !value.is_empty())
        .map(|(_, value)| value.into_owned())
}

fn status(text: Option<&str>) -> PageStatus {
    match text {
        Some("current") | None => PageStatus::Current,
        Some("archived") => PageStatus::Archived,
        Some("trashed" | "deleted") => PageStatus::Trashed,
        Some(_) => PageStatus::Other,
    }
}

fn found(client: &Client, page: PageAnswer) -> FoundPage {
    let link = page.links.page(client.site(), &page.id.0);
    let version = page.version;
    FoundPage {
        title: page.title.unwrap_or_default(),
        status: status(page.status.as_deref()),
        parent_id: page.parent_id.map(|id| id.0),
        space: page.space_id.map(|id| id.0),
        version: version.as_ref().map_or(1, |version| version.number),
        message: version
            .as_ref()
            .and_then(|version| version.message.clone())
            .unwrap_or_default(),
        changed_by_id: version
            .as_ref()
            .and_then(|version| version.author_id.clone()),
        changed_by_name: None,
        changed_at: version.and_then(|version| version.created_at),
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
        space_key: None,
        id: page.id.0,
    }
}

fn page_ref(page: PageAnswer) -> PageRef {
    PageRef {
        id: page.id.0,
        title: page.title.unwrap_or_default(),
        ancestors: Vec::new(),
        has_children: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_cursor_of_a_next_link_counts() {
        assert_eq!(
            cursor_of("/wiki/api/v2/spaces?limit=2&cursor=a%2Bb%3D%3D").as_deref(),
            Some("a+b==")
        );
        assert_eq!(
            cursor_of("https://evil.example/?cursor=x#y").as_deref(),
            Some("x")
        );
        assert_eq!(cursor_of("/wiki/api/v2/spaces?limit=2"), None);
        assert_eq!(cursor_of("/wiki/api/v2/spaces"), None);
    }
}
