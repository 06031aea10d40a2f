//! The content properties of an attachment: list, create, next version.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::routing::{get, put};
use axum::{Extension, Router};
use serde_json::Value;

use super::{
    Answer, CLOUD, Shared, Who, find_attachment, list, object, required, sent_text, show_property,
    version_number,
};
use crate::content::{Attachment, Id};
use crate::refusal::Refusal;
use crate::web::{self, Query};
use crate::world::World;

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/attachments/{id}/properties", get(properties).post(create))
        .route("/attachments/{id}/properties/{property}", put(update))
}

async fn properties(State(world): Shared, Path(text): Path<String>, query: Query) -> Answer {
    let content = world.content(CLOUD);
    let attachment = find_attachment(&content, &text)?;
    let path = format!("/attachments/{text}/properties");
    let key = query.get("key");
    let found: Vec<_> = attachment
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
}

async fn create(
    State(world): Shared,
    Extension(person): Who,
    Path(text): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let sent = object(&headers, &body)?;
    let key = required(sent_text(&sent, "key"), "key")?;
    let value = required(sent.get("value").cloned(), "value")?;
    let id = find_attachment(&world.content(CLOUD), &text)?.id;
    world.change(CLOUD, |content| {
        if content
            .attachment(None, id)
            .is_some_and(|it| it.properties.contains_key(&key))
        {
            return Err(Refusal::PropertyTaken(key.clone()));
        }
        content.put_attachment_property(person, id, &key, value, None)
    })?;
    one(&world, id, &key)
}

async fn update(
    State(world): Shared,
    Extension(person): Who,
    Path((text, property)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let sent = object(&headers, &body)?;
    let number = version_number(required(sent.get("version"), "version")?)?;
    let value = required(sent.get("value").cloned(), "value")?;
    let (id, key) = {
        let content = world.content(CLOUD);
        let attachment = find_attachment(&content, &text)?;
        (attachment.id, key_of(attachment, &property)?)
    };
    world.change(CLOUD, |content| {
        content.put_attachment_property(person, id, &key, value, Some(number))
    })?;
    one(&world, id, &key)
}

fn key_of(attachment: &Attachment, property: &str) -> Result<String, Refusal> {
    let found = attachment
        .properties
        .iter()
        .find(|(_, it)| it.id.to_string() == property);
    found
        .map(|(key, _)| key.clone())
        .ok_or_else(|| Refusal::NoProperty(property.to_owned()))
}

fn one(world: &World, id: Id, key: &str) -> Answer {
    let content = world.content(CLOUD);
    let shown = content
        .attachment(None, id)
        .and_then(|it| it.properties.get_key_value(key))
        .map_or(Value::Null, show_property);
    Ok(web::json(200, &shown))
}
