//! The pages a browser can look at.

use std::sync::Arc;

use axum::Router;
use axum::response::Response;

use crate::content::{Content, Page};
use crate::web;
use crate::world::World;

pub(crate) fn cloud(router: Router<Arc<World>>) -> Router<Arc<World>> {
    router
}

pub(crate) fn data_center(router: Router<Arc<World>>) -> Router<Arc<World>> {
    router
}

pub(crate) fn auth() -> Router {
    Router::new()
}

pub(crate) fn view(_: &Content, _: &Page, body: &str, _: &str) -> String {
    body.to_owned()
}

pub(crate) fn sign_on_page() -> Response {
    web::container_page(200, "Sign in")
}
