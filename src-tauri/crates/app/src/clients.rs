//! Clients: signed-in connections made from what is saved or entered.

use std::sync::Arc;

use retropress_confluence::{Client, Credential, Endpoints, OauthServer, SecretString, Url};
use secrecy::ExposeSecret as _;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    ApiError, App, ErrorCode, Result, SandboxAddresses,
    connect::{Method, signs_in_by_oauth},
    grant::Grant,
    integrations::StoredIntegration,
    lock,
    network::{self, NetworkScope},
    sealing::{self, Sealing},
};

/// Atlassian's gateway, or the sandbox's when the address leads there.
pub(crate) fn endpoints_for(app: &App, address: &Url) -> Endpoints {
    match app.inner.sandbox.running() {
        Some(sandbox) if sandbox.holds(address) => of_sandbox(sandbox),
        _ => app.inner.endpoints.clone(),
    }
}

/// Atlassian's hosts for a sign-in, which has no site yet: the client id tells the sandbox's.
pub(crate) fn atlassian_for(app: &App, client_id: &str) -> Endpoints {
    match app.inner.sandbox.running() {
        Some(sandbox) if sandbox.client_ids.iter().any(|it| it == client_id) => of_sandbox(sandbox),
        _ => app.inner.endpoints.clone(),
    }
}

fn of_sandbox(sandbox: SandboxAddresses) -> Endpoints {
    Endpoints {
        gateway: sandbox.gateway,
        auth: sandbox.auth,
    }
}

/// A connection of a saved integration; sends nothing to Confluence.
pub(crate) async fn client_of(app: &App, integration: &StoredIntegration) -> Result<Client> {
    if integration.sandbox {
        app.inner.sandbox.start().await?;
    }
    let credential = if signs_in_by_oauth(integration.method) {
        let grant = grant_of(app, integration).await?;
        Credential::Oauth {
            tokens: Arc::new(grant),
        }
    } else {
        let secret = secret_of(app, integration).await?;
        credential(integration.method, &integration.account, secret)?
    };
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

/// What a saved integration holds of its sign-in; sends nothing.
///
/// # Errors
/// [`ErrorCode::SecretGone`] where nothing is saved of it.
pub(crate) async fn grant_of(app: &App, integration: &StoredIntegration) -> Result<Grant> {
    if integration.sandbox {
        app.inner.sandbox.start().await?;
    }
    let server = match integration.method {
        Method::ApplicationLink => OauthServer::DataCenter(integration.site.clone()),
        _ => OauthServer::Atlassian(endpoints_for(app, &integration.site.base_url)),
    };
    let held = lock(&app.inner.grants).get(&integration.id).cloned();
    if let Some(grant) = &held
        && grant.is_of(integration)
    {
        return Ok(grant.clone());
    }
    if app.store().sealed_secret(&integration.id)?.is_none() {
        return Err(secret_gone());
    }
    let saved = Grant::saved(app, server, integration);
    if held.is_some() {
        // The integration is being edited: what is held is not for this server, or soon will not be.
        return Ok(saved);
    }
    // Another caller may have been first: there is one grant, or both would renew it.
    Ok(lock(&app.inner.grants)
        .entry(integration.id.clone())
        .or_insert(saved)
        .clone())
}

/// Whether anything is left to sign in with, here or in the database.
pub(crate) fn has_secret(app: &App, integration: &StoredIntegration) -> Result<bool> {
    let in_memory = session_secret(app, integration).is_some()
        || lock(&app.inner.grants)
            .get(&integration.id)
            .is_some_and(Grant::is_in_memory);
    Ok(in_memory || app.store().sealed_secret(&integration.id)?.is_some())
}

pub(crate) fn secret_gone() -> ApiError {
    ApiError::new(
        ErrorCode::SecretGone,
        "There is no sign-in data any more",
        "Edit the integration and sign in again.",
    )
    .because("It was removed, or kept for the last session only.")
}

/// Nothing is saved, or neither this keyring nor its key opens it. Trouble with the database is not
/// among these.
pub(crate) fn cannot_be_opened(problem: &ApiError) -> bool {
    matches!(
        problem.code,
        ErrorCode::SecretGone
            | ErrorCode::KeyringMissing
            | ErrorCode::KeyringLocked
            | ErrorCode::KeyringDenied
    )
}

/// Of the methods that sign in by what was entered.
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
            ErrorCode::Internal,
            "This method signs in through the browser",
            "Edit the integration and sign in again.",
        )),
    }
}

/// A secret that is kept for this session. Like a sealed one, it opens nothing but what it was entered
/// for.
#[derive(Clone)]
pub(crate) struct SessionSecret {
    bound_to: Vec<u8>,
    secret: Arc<SecretString>,
}

impl SessionSecret {
    pub fn new(integration: &StoredIntegration, secret: &SecretString) -> Self {
        Self {
            bound_to: bound_to(integration),
            secret: Arc::new(SecretString::from(secret.expose_secret())),
        }
    }
}

fn session_secret(app: &App, integration: &StoredIntegration) -> Option<Arc<SecretString>> {
    let kept = lock(&app.inner.session_secrets)
        .get(&integration.id)
        .cloned()?;
    (kept.bound_to == bound_to(integration)).then_some(kept.secret)
}

/// The saved secret, or the one kept for this session.
pub(crate) async fn secret_of(app: &App, integration: &StoredIntegration) -> Result<SecretString> {
    if let Some(secret) = session_secret(app, integration) {
        return Ok(SecretString::from(secret.expose_secret()));
    }
    let sealed = app
        .store()
        .sealed_secret(&integration.id)?
        .ok_or_else(secret_gone)?;
    open(app, integration, &sealed).await
}

pub(crate) async fn open(
    app: &App,
    integration: &StoredIntegration,
    sealed: &[u8],
) -> Result<SecretString> {
    sealing::open(app, sealed, &bound_to(integration)).await
}

/// Seals the secret for this integration alone: a copied row opens nothing else.
pub(crate) async fn seal(
    sealing: &Sealing<'_>,
    integration: &StoredIntegration,
    secret: &SecretString,
) -> Result<Vec<u8>> {
    sealing.seal(secret, &bound_to(integration)).await
}

fn bound_to(integration: &StoredIntegration) -> Vec<u8> {
    let mut circumstances = vec![
        &*integration.id,
        integration.site.base_url.as_str(),
        &*integration.account,
    ];
    if signs_in_by_oauth(integration.method) {
        circumstances.push(&integration.sign_in.client_id);
    }
    circumstances.join("\n").into()
}

pub(crate) fn to_text<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|it| ApiError::internal(&it))
}

pub(crate) fn from_text<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|it| ApiError::internal(&it))
}
