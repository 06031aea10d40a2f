//! What holds for every sign-in through the browser on this computer: the port of the redirect URL, and
//! the organisation's OAuth app of Atlassian's.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use retropress_confluence::{SecretString, redirect_address};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    ApiError, App, Field, Result,
    clients::{from_text, to_text},
    connect::sign_in::OauthClient,
    integrations, sealing,
};

/// Lower ones belong to the system's own services.
const PORTS: std::ops::RangeInclusive<u16> = 1024..=65535;

/// The setting it is stored in. [`retropress_store::Store::secret_count`] knows it by this name.
const SETTING: &str = "signingIn";

/// As it is saved; no secret is among it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SigningIn {
    /// Where the browser's answer is waited for.
    pub port: u16,
    /// What holds where nothing is set.
    pub usual_port: u16,
    /// No other program listens there now.
    pub port_free: bool,
    /// To be registered with Atlassian or Confluence, to the letter.
    pub redirect_url: String,
    /// Of the organisation's app that was entered; empty for none.
    pub client_id: String,
    pub client_secret_saved: bool,
    /// Client id of an app that the build, or whoever started Retropress, brings along; empty for none.
    pub brought_along: String,
}

/// What the form holds, as typed.
///
/// It crosses from the window only; nothing with a secret ever crosses back.
#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SigningInRequest {
    /// Empty for the usual one.
    pub port: String,
    /// Empty for no app of its own.
    pub client_id: String,
    /// `None` for the saved one.
    pub client_secret: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Stored {
    port: Option<u16>,
    client_id: String,
    /// In base64.
    sealed_client_secret: Option<String>,
}

fn stored(app: &App) -> Result<Stored> {
    match app.store().setting(SETTING)? {
        Some(text) => from_text(&text),
        None => Ok(Stored::default()),
    }
}

/// A copied row opens nothing of another app.
fn bound_to(client_id: &str) -> Vec<u8> {
    ["organisation's app", client_id].join("\n").into()
}

pub async fn read(app: &App) -> Result<SigningIn> {
    let stored = stored(app)?;
    let usual_port = app.inner.oauth.port;
    let port = stored.port.unwrap_or(usual_port);
    let brought = app.inner.oauth.client.as_ref();
    Ok(SigningIn {
        port,
        usual_port,
        port_free: std::net::TcpListener::bind(("127.0.0.1", port)).is_ok(),
        redirect_url: redirect_address(port).to_string(),
        client_id: stored.client_id,
        client_secret_saved: stored.sealed_client_secret.is_some(),
        brought_along: brought.map_or_else(String::new, |it| it.id.clone()),
    })
}

/// The next sign-in uses what is saved here. Integrations keep the app they signed in with.
pub async fn save(app: &App, request: SigningInRequest) -> Result<SigningIn> {
    let before = stored(app)?;
    let had_secret = before.sealed_client_secret.is_some();
    let port = match request.port.trim() {
        "" => None,
        typed => match typed.parse::<u16>() {
            Ok(port) if PORTS.contains(&port) => Some(port),
            _ => {
                return Err(ApiError::invalid(
                    Field::RedirectPort,
                    format!(
                        "Enter a whole number from {} to {}, or nothing for the usual port.",
                        PORTS.start(),
                        PORTS.end()
                    ),
                ));
            }
        },
    };
    let client_id = request.client_id.trim().to_owned();
    let typed = request.client_secret.map(SecretString::from);
    let sealing = sealing::begin(app).await;
    let sealed_client_secret = match typed {
        _ if client_id.is_empty() => None,
        Some(secret) if !blank(&secret) => {
            let bound = bound_to(&client_id);
            Some(STANDARD.encode(sealing.seal(&secret, &bound).await?))
        }
        None if client_id == before.client_id && before.sealed_client_secret.is_some() => {
            before.sealed_client_secret
        }
        _ => {
            return Err(ApiError::invalid(
                Field::ClientSecret,
                "Enter the Client Secret.",
            ));
        }
    };
    let next = Stored {
        port: port.filter(|it| *it != app.inner.oauth.port),
        client_id,
        sealed_client_secret,
    };
    let removed = had_secret && next.sealed_client_secret.is_none();
    app.store().save_setting(SETTING, &to_text(&next)?)?;
    drop(sealing);
    if removed {
        integrations::secret_removed(app).await?;
    }
    read(app).await
}

fn blank(secret: &SecretString) -> bool {
    use secrecy::ExposeSecret as _;
    secret.expose_secret().trim().is_empty()
}

/// Of the redirect URL.
pub(crate) fn port(app: &App) -> Result<u16> {
    Ok(stored(app)?.port.unwrap_or(app.inner.oauth.port))
}

/// Client id of the app that makes Atlassian Login one button.
pub(crate) fn known_client_id(app: &App) -> Result<Option<String>> {
    let entered = stored(app)?.client_id;
    if !entered.is_empty() {
        return Ok(Some(entered));
    }
    Ok(app.inner.oauth.client.as_ref().map(|it| it.id.clone()))
}

/// The same with its secret.
pub(crate) async fn known_client(app: &App) -> Result<Option<OauthClient>> {
    let stored = stored(app)?;
    let Some(sealed) = stored.sealed_client_secret else {
        return Ok(app.inner.oauth.client.clone());
    };
    let sealed = STANDARD
        .decode(sealed)
        .map_err(|it| ApiError::internal(&it))?;
    let bound = bound_to(&stored.client_id);
    Ok(Some(OauthClient {
        secret: sealing::open(app, &sealed, &bound).await?,
        id: stored.client_id,
    }))
}
