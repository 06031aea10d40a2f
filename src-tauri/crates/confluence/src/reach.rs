//! Whether the host of a connection answers: one small request, without a credential.

use crate::{
    Edition, Endpoints, Http, Result, Route, Site,
    answer::{self, Subject},
    calls,
    error::ErrorKind,
    site::{ask, with_path},
};

/// Asks the very host the calls of a connection go to. Any answer will do, as long as it is not that
/// of a network that wants a sign-in of its own.
///
/// # Errors
///
/// What kept the host from being reached; [`ErrorKind::CaptivePortal`] and [`ErrorKind::SignInPage`]
/// for what answers in its place; [`ErrorKind::RateLimited`], which says that it is there.
pub async fn reach(http: &Http, site: &Site, route: Route, endpoints: &Endpoints) -> Result<()> {
    let answer = match (route, site.edition) {
        (Route::Gateway | Route::GatewayClassic, _) => {
            ask(http, &endpoints.gateway, &calls::CLOUD_SITES).await?
        }
        (Route::Site, Edition::Cloud) => {
            ask(http, &with_path(&site.base_url, ""), &calls::TENANT_INFO).await?
        }
        (Route::Site, _) => ask(http, &site.base_url, &calls::STATUS).await?,
    };
    if answer.is_redirect() {
        let error = answer::redirect(&answer);
        return match error.kind() {
            ErrorKind::CaptivePortal => Err(error),
            _ => Ok(()),
        };
    }
    // These two answer in JSON; a Data Center may send its visitors to a page.
    if answer.is_success() && answer.is_html() {
        let error = answer::page_instead(&answer);
        return match (error.kind(), site.edition) {
            (ErrorKind::CaptivePortal, _) | (_, Edition::Cloud) => Err(error),
            _ => Ok(()),
        };
    }
    match answer.status {
        429 | 511 => Err(answer::failure(
            &answer,
            answer.status,
            Subject::Account,
            &Default::default(),
        )),
        _ => Ok(()),
    }
}
