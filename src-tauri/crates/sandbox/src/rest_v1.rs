//! REST v1: what Cloud still serves of it and Data Center have in common.

use axum::body::Bytes;
use axum::http::HeaderMap;
use serde_json::{Value, json};

use crate::attachments::{Upload, parts, upload};
use crate::content::{Attachment, Content, Id, Label, Page, Person, SpaceKind, Status, Version};
use crate::links;
use crate::refusal::Refusal;
use crate::samples;
use crate::web;
use crate::world::{Edition, World};

/// What a file is called by its media type.
pub(crate) fn describe(media_type: &str) -> &'static str {
    match media_type.split(';').next().unwrap_or_default() {
        "application/pdf" => "PDF Document",
        "image/png" => "PNG Image",
        "image/jpeg" => "JPEG Image",
        "text/plain" => "Text File",
        "text/csv" => "Comma Separated Values",
        _ => "File",
    }
}

/// An upload: needs its header against forged requests, and a form.
pub(crate) async fn uploaded(
    headers: &HeaderMap,
    body: &Bytes,
    edition: Edition,
) -> Result<Upload, Refusal> {
    let token = headers
        .get("x-atlassian-token")
        .and_then(|value| value.to_str().ok());
    if !matches!(token, Some("nocheck" | "no-check")) {
        return Err(Refusal::Xsrf);
    }
    let parts = parts(headers, body)
        .await
        .ok_or_else(|| Refusal::Invalid("The body is not multipart/form-data".to_owned()))?;
    upload(&parts, edition == Edition::Cloud)
}

pub(crate) fn show_person(person: &Person, edition: Edition) -> Value {
    let mut shown = json!({
        "type": "known",
        "profilePicture": {
            "path": "/images/icons/profilepics/default.png",
            "width": 48, "height": 48, "isDefault": true,
        },
        "displayName": person.name,
    });
    match edition {
        Edition::Cloud => {
            shown["accountId"] = json!(person.account_id);
            shown["accountType"] = json!("atlassian");
            shown["email"] = json!(person.email);
            shown["publicName"] = json!(person.name);
            shown["timeZone"] = json!("Etc/UTC");
            shown["isExternalCollaborator"] = json!(false);
            shown["isGuest"] = json!(false);
        }
        Edition::DataCenter => {
            shown["username"] = json!(person.username);
            shown["userKey"] = json!(person.user_key);
        }
    }
    shown
}

pub(crate) fn show_version(version: &Version, edition: Edition) -> Value {
    json!({
        "by": show_person(samples::person(&version.by), edition),
        "when": web::date(version.at),
        "message": version.message,
        "number": version.number,
        "minorEdit": version.minor,
        "hidden": false,
    })
}

pub(crate) fn show_labels(labels: &[Label], next: Value) -> Value {
    let results: Vec<Value> = labels
        .iter()
        .map(|label| {
            json!({
                "prefix": label.prefix,
                "name": label.name,
                "id": label.id.to_string(),
                "label": label.name,
            })
        })
        .collect();
    json!({
        "results": results, "start": 0, "limit": 200, "size": results.len(), "_links": next,
    })
}

/// `[{prefix, name}]`, or a single one.
pub(crate) fn sent_labels(sent: &Value) -> Result<Vec<(String, String)>, Refusal> {
    let one = |label: &Value| {
        let text = |key| label.get(key).and_then(Value::as_str).map(str::to_owned);
        let prefix = text("prefix").unwrap_or_else(|| "global".to_owned());
        text("name")
            .map(|name| (prefix, name))
            .ok_or_else(|| Refusal::Invalid("A label needs a name".to_owned()))
    };
    match sent {
        Value::Array(labels) => labels.iter().map(one).collect(),
        label => Ok(vec![one(label)?]),
    }
}

pub(crate) fn show_attachment(
    world: &World,
    edition: Edition,
    content: &Content,
    attachment: &Attachment,
) -> Value {
    let base = world.base(edition);
    let latest = attachment.latest();
    let comment = latest.map_or("", |v| v.comment.as_str());
    let media_type = latest.map_or("", |v| v.media_type.as_str());
    let number = latest.map_or(1, |v| v.number);
    let modified = latest.map_or(0, |v| v.at.timestamp_millis());
    let id = match edition {
        Edition::Cloud => format!("att{}", attachment.id),
        Edition::DataCenter => attachment.id.to_string(),
    };
    let mut extensions = json!({
        "mediaType": media_type,
        "fileSize": latest.map_or(0, |v| v.bytes.len()),
        "comment": comment,
    });
    if edition == Edition::Cloud {
        extensions["mediaTypeDescription"] = json!(describe(media_type));
        extensions["fileId"] = json!(attachment.file_id);
        extensions["collectionName"] = json!(format!("contentId-{}", attachment.page));
    }
    let name = links::segment(&attachment.name);
    let preview = format!(
        "%2F{}%2F{}%2F{}",
        attachment.page,
        attachment.id,
        links::title(&attachment.name)
    );
    let webui = match (edition, content.pages.get(&attachment.page)) {
        (Edition::DataCenter, Some(page)) => {
            let address = crate::data_center::webui(content, page);
            let mark = if address.contains('?') { '&' } else { '?' };
            format!("{address}{mark}preview={preview}")
        }
        _ => format!(
            "/pages/viewpageattachments.action?pageId={}&preview={preview}",
            attachment.page
        ),
    };
    json!({
        "id": id,
        "type": "attachment",
        "status": if attachment.trashed { "trashed" } else { "current" },
        "title": attachment.name,
        "version": latest.map(|v| json!({
            "by": show_person(samples::person(&v.by), edition),
            "when": web::date(v.at),
            "message": v.comment,
            "number": v.number,
            "minorEdit": v.minor,
            "hidden": false,
        })),
        "metadata": {
            "comment": comment,
            "mediaType": media_type,
            "labels": {"results": [], "start": 0, "limit": 200, "size": 0, "_links": {}},
        },
        "extensions": extensions,
        "_links": {
            "webui": webui,
            "download": format!(
                "/download/attachments/{}/{name}?version={number}&modificationDate={modified}&api=v2",
                attachment.page,
            ),
            "self": format!("{base}/rest/api/content/{id}"),
        },
        "_expandable": {
            "container": format!("/rest/api/content/{}", attachment.page),
            "space": content.pages.get(&attachment.page)
                .and_then(|page| content.spaces.get(&page.space))
                .map(|space| format!("/rest/api/space/{}", space.key)),
        },
    })
}

/// The pages a search in Confluence's query language finds. It reads
/// comparisons of `type`, `space`, `title`, `text`, `siteSearch`, `id`,
/// `parent`, `ancestor` and `label`, joined by `and`.
pub(crate) fn search<'a>(
    content: &'a Content,
    cql: &str,
    lag: std::time::Duration,
) -> Result<Vec<&'a Page>, Refusal> {
    let tokens = cql_tokens(cql)?;
    let mut tests: Vec<(String, String, Vec<String>)> = Vec::new();
    let mut rest = tokens.as_slice();
    while !rest.is_empty() {
        if rest[0].eq_ignore_ascii_case("order") {
            break;
        }
        let bad = || Refusal::Invalid(format!("Could not parse cql : {cql}"));
        let [field, operator, tail @ ..] = rest else {
            return Err(bad());
        };
        let operator = operator.to_ascii_lowercase();
        let (values, tail) = if operator == "in" {
            let [open, tail @ ..] = tail else {
                return Err(bad());
            };
            let end = tail.iter().position(|t| t == ")").ok_or_else(bad)?;
            if open != "(" {
                return Err(bad());
            }
            let values = tail[..end].iter().filter(|t| *t != ",").cloned().collect();
            (values, &tail[end + 1..])
        } else {
            let [value, tail @ ..] = tail else {
                return Err(bad());
            };
            (vec![value.clone()], tail)
        };
        tests.push((field.to_ascii_lowercase(), operator, values));
        rest = match tail {
            [and, tail @ ..] if and.eq_ignore_ascii_case("and") => tail,
            [] => tail,
            [order, ..] if order.eq_ignore_ascii_case("order") => tail,
            _ => {
                return Err(Refusal::Invalid(format!(
                    "The sandbox understands comparisons joined by and, not: {cql}"
                )));
            }
        };
    }
    let mut found = Vec::new();
    for page in content.pages.values() {
        if !content.sees(page) || page.listed_as(lag) != Some(Status::Current) {
            continue;
        }
        let mut fits = true;
        for (field, operator, values) in &tests {
            fits &= cql_test(content, page, field, operator, values)?;
        }
        if fits {
            found.push(page);
        }
    }
    Ok(found)
}

fn cql_tokens(cql: &str) -> Result<Vec<String>, Refusal> {
    let mut tokens = Vec::new();
    let mut chars = cql.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => {}
            '"' | '\'' => {
                let mut text = String::new();
                loop {
                    match chars.next() {
                        Some('\\') => text.extend(chars.next()),
                        Some(end) if end == c => break,
                        Some(other) => text.push(other),
                        None => {
                            return Err(Refusal::Invalid(format!("Could not parse cql : {cql}")));
                        }
                    }
                }
                tokens.push(text);
            }
            '(' | ')' | ',' => tokens.push(c.to_string()),
            '=' | '~' => tokens.push(c.to_string()),
            '!' if chars.peek().is_some_and(|next| "=~".contains(*next)) => {
                tokens.push(format!("!{}", chars.next().unwrap_or('=')));
            }
            _ => {
                let mut word = c.to_string();
                while let Some(next) =
                    chars.next_if(|n| !n.is_whitespace() && !"=~!(),\"'".contains(*n))
                {
                    word.push(next);
                }
                tokens.push(word);
            }
        }
    }
    Ok(tokens)
}

fn cql_test(
    content: &Content,
    page: &Page,
    field: &str,
    operator: &str,
    values: &[String],
) -> Result<bool, Refusal> {
    let key = content
        .spaces
        .get(&page.space)
        .map_or("", |s| s.key.as_str());
    let contains = |text: &str, value: &String| {
        let wanted = value.trim_end_matches('*').to_lowercase();
        text.to_lowercase().contains(&wanted)
    };
    let is = |value: &String| match (field, operator) {
        ("title", "~" | "!~") => contains(page.title(), value),
        ("text" | "sitesearch", "~" | "!~") => {
            contains(page.title(), value) || contains(page.body(), value)
        }
        ("type", _) => value.eq_ignore_ascii_case("page"),
        ("space" | "space.key", _) => value.eq_ignore_ascii_case(key),
        ("title", _) => value.eq_ignore_ascii_case(page.title()),
        ("id" | "content", _) => *value == page.id.to_string(),
        ("parent", _) => page.parent.is_some_and(|id| *value == id.to_string()),
        ("ancestor", _) => content
            .ancestors(page)
            .iter()
            .any(|a| *value == a.id.to_string()),
        ("label", _) => page.labels.iter().any(|l| l.name == *value),
        _ => false,
    };
    let known = [
        "title",
        "text",
        "sitesearch",
        "type",
        "space",
        "space.key",
        "id",
        "content",
        "parent",
        "ancestor",
        "label",
    ];
    if !known.contains(&field) || !["=", "!=", "~", "!~", "in"].contains(&operator) {
        return Err(Refusal::Invalid(format!(
            "The sandbox does not know the comparison {field} {operator}"
        )));
    }
    let any = values.iter().any(is);
    Ok(any != operator.starts_with('!'))
}

/// The id in a path segment.
pub(crate) fn id(text: &str) -> Result<Id, Refusal> {
    crate::cloud::attachment_id(text)
        .ok_or_else(|| Refusal::Invalid(format!("Content id is not valid: {text}")))
}

pub(crate) fn space_type(kind: SpaceKind) -> &'static str {
    match kind {
        SpaceKind::Global => "global",
        SpaceKind::Personal => "personal",
    }
}
