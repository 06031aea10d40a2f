//! The site of the Cloud edition: REST v2, the rest of v1, `/_edge`, and what
//! it answers to the wrong credentials and addresses.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use serde_json::json;

use crate::cloud::Shared;
use crate::gateway::Passed;
use crate::sign_in::{self, Presented};
use crate::web;
use crate::world::World;

/// REST v2 and v1, with the site's sign-in.
pub(crate) fn api(world: &Arc<World>) -> Router<Arc<World>> {
    let signed_in = |router: Router<Arc<World>>| {
        router.layer(middleware::from_fn_with_state(Arc::clone(world), signed_in))
    };
    Router::new()
        .nest("/wiki/api/v2", signed_in(crate::cloud::routes()))
        .nest("/wiki/rest/api", signed_in(crate::cloud_v1::routes()))
}

/// The whole site.
pub(crate) fn routes(world: &Arc<World>) -> Router<Arc<World>> {
    Router::new()
        .merge(api(world))
        .route("/_edge/tenant_info", get(tenant_info))
}

async fn tenant_info(State(world): Shared) -> Response {
    web::json(200, &json!({ "cloudId": world.site.cloud_id }))
}

async fn signed_in(State(world): Shared, mut request: Request, next: Next) -> Response {
    if let Some(Passed(person)) = request.extensions().get::<Passed>().copied() {
        request.extensions_mut().insert(person);
        return next.run(request).await;
    }
    let original = request
        .extensions()
        .get::<axum::extract::OriginalUri>()
        .map_or_else(
            || request.uri().path().to_owned(),
            |uri| uri.0.path().to_owned(),
        );
    match sign_in::presented(&world, request.headers()) {
        Presented::ApiToken(person) => {
            request.extensions_mut().insert(person);
            next.run(request).await
        }
        Presented::ScopedToken(_) | Presented::CloudAccess(_) | Presented::ExpiredAccess => {
            web::container_page(401, "Unauthorized")
        }
        Presented::ApiTokenAsBearer
        | Presented::WrongBearer
        | Presented::PersonalAccessToken(_)
        | Presented::DataCenterAccess(_) => {
            let message = "Failed to parse Connect Session Auth Token";
            web::json(403, &json!({"statusCode": 403, "message": message}))
        }
        Presented::Password(_) => web::answer(
            401,
            "text/plain",
            b"Basic authentication with passwords is deprecated.  For more information, see: \
              https://developer.atlassian.com/cloud/confluence/deprecation-notice-basic-auth/"
                .to_vec(),
        ),
        _ if original.starts_with("/wiki/api/v2") => crate::cloud::not_found(),
        _ => crate::cloud_v1::not_permitted(&original),
    }
}
