//! Clients: signed-in connections made from what is saved or entered.

use retropress_confluence::{Client, Credential, Endpoints, SecretString, Url};
use secrecy::ExposeSecret as _;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    ApiError, App, ErrorCode, Result,
    connect::Method,
    integrations::StoredIntegration,
    lock,
    network::{self, NetworkScope},
};

/// Atlassian's gateway, or the sandbox's when the address leads there.
pub(crate) fn endpoints_for(app: &App, address: &Url) -> Endpoints {
    match app.inner.sandbox.running() {
        Some(sandbox) if sandbox.holds(address) => Endpoints {
            gateway: sandbox.gateway,
        },
        _ => app.inner.endpoints.clone(),
    }
}

/// A connection of a saved integration; sends nothing to Confluence.
pub(crate) async fn client_of(app: &App, integration: &StoredIntegration) -> Result<Client> {
    if integration.sandbox {
        app.inner.sandbox.start().await?;
    }
    let secret = secret_of(app, integration).await?;
    let credential = credential(integration.method, &integration.account, secret)?;
    let endpoints = endpoints_for(app, &integration.site.base_url);
    let scope = NetworkScope::of(Some(&integration.id), &integration.team_id);
    let http = network::http(app, &scope).await?;
    Ok(Client::new(
        &http,
        integration.site.clone(),
        credential,
        endpoints,
        integration.route,
    ))
}

/// # Errors
/// [`ErrorCode::NotBuilt`] for the methods that sign in by OAuth.
pub(crate) fn credential(
    method: Method,
    account: &str,
    secret: SecretString,
) -> Result<Credential> {
    match method {
        Method::ApiToken => Ok(Credential::ApiToken {
            email: account.trim().to_owned(),
            token: secret,
        }),
        Method::PersonalAccessToken => Ok(Credential::PersonalAccessToken { token: secret }),
        Method::Basic => Ok(Credential::Basic {
            username: account.trim().to_owned(),
            password: secret,
        }),
        Method::AtlassianLogin | Method::ApplicationLink => Err(ApiError::new(
            ErrorCode::NotBuilt,
            "Signing in by OAuth is not part of this version",
            "Choose an API token, a personal access token or basic authentication.",
        )),
    }
}

/// The saved secret, or the one kept for this session.
pub(crate) async fn secret_of(app: &App, integration: &StoredIntegration) -> Result<SecretString> {
    let kept = lock(&app.inner.session_secrets)
        .get(&integration.id)
        .cloned();
    if let Some(secret) = kept {
        return Ok(SecretString::from(secret.expose_secret()));
    }
    let sealed = app.store().sealed_secret(&integration.id)?.ok_or_else(|| {
        ApiError::new(
            ErrorCode::SecretGone,
            "The sign-in data was kept for the last session only",
            "Edit the integration and enter the token or password again.",
        )
    })?;
    Ok(app
        .inner
        .vault
        .open(&sealed, &bound_to(integration))
        .await?)
}

/// Seals the secret for this integration alone: a copied row opens nothing else.
pub(crate) async fn seal(
    app: &App,
    integration: &StoredIntegration,
    secret: &SecretString,
) -> Result<Vec<u8>> {
    Ok(app.inner.vault.seal(secret, &bound_to(integration)).await?)
}

fn bound_to(integration: &StoredIntegration) -> Vec<u8> {
    [
        &*integration.id,
        integration.site.base_url.as_str(),
        &*integration.account,
    ]
    .join("\n")
    .into()
}

pub(crate) fn to_text<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|it| ApiError::internal(&it))
}

pub(crate) fn from_text<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|it| ApiError::internal(&it))
}
