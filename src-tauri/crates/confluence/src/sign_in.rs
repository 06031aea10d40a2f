//! Signing in: which way the credential works, and who it is.

use std::sync::Arc;

use crate::{
    Account, Client, Credential, Edition, Endpoints, Http, Result, Site,
    client::Route,
    credential::Method,
    error::{Cause, Context, Error, ErrorKind, Outcome},
};

/// The first line with personal access tokens.
const FIRST_WITH_TOKENS: (u32, u32) = (7, 9);

/// Checks a credential and names its account, without writing anything.
///
/// The site is asked first. A scoped API token is refused there, and its text does not show its kind:
/// then Atlassian's gateway is asked, with the site's cloud id. One request, or two.
///
/// # Errors
///
/// [`ErrorKind::SignInRefused`], [`ErrorKind::Captcha`], [`ErrorKind::BasicSwitchedOff`],
/// [`ErrorKind::TokenTooNew`], [`ErrorKind::Anonymous`], [`ErrorKind::MissingScope`]; those of the
/// connection; [`ErrorKind::SignInPage`] when something else stands in front.
pub async fn sign_in(
    http: &Http,
    site: &Site,
    credential: impl Into<Arc<Credential>>,
    endpoints: &Endpoints,
) -> Result<(Client, Account)> {
    let credential = credential.into();
    let method = credential.method();
    let locally = |kind| {
        Error::new(kind, Outcome::NotDone).with(|inner| {
            inner.context = Context {
                host: site.name.clone(),
                edition: Some(site.edition),
                version: site.version.clone(),
                method: Some(method),
                account: credential.account().map(str::to_owned),
                ..Context::default()
            };
        })
    };
    if site.refuses(method) {
        return Err(locally(ErrorKind::SignInRefused).because(Cause::WrongMethod));
    }
    if method == Method::PersonalAccessToken
        && site.line().is_some_and(|line| line < FIRST_WITH_TOKENS)
    {
        return Err(locally(ErrorKind::TokenTooNew));
    }

    let direct = Client::new(
        http,
        site.clone(),
        credential.clone(),
        endpoints.clone(),
        Route::Site,
    );
    let refused = match direct.account().await {
        Ok(account) => return Ok((direct, account)),
        Err(error) => error,
    };
    let worth_another_way = site.edition == Edition::Cloud
        && site.cloud_id.is_some()
        && matches!(refused.status(), Some(200 | 401 | 403 | 404))
        && refused.cause() != Some(&Cause::PasswordInsteadOfToken)
        && refused.kind() != ErrorKind::Captcha
        && refused.kind() != ErrorKind::ServerError;
    if !worth_another_way {
        return Err(refused);
    }
    let client = Client::new(
        http,
        site.clone(),
        credential,
        endpoints.clone(),
        Route::Gateway,
    );
    match client.account().await {
        Ok(account) => Ok((client, account)),
        // What the gateway says of a token that is none is no better than what the site said.
        Err(error) if error.kind() == ErrorKind::SignInRefused => Err(match refused.kind() {
            ErrorKind::SignInRefused => refused,
            _ => error,
        }),
        Err(error) => Err(error),
    }
}
