//! What one signs in with, and how it goes over the wire.

use std::sync::Arc;

use base64::Engine as _;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    AccessTokens,
    error::{Cause, Error, ErrorKind, Outcome},
};

/// What one signs in with. It has no `Clone`, no `Debug` and no `Serialize`.
pub enum Credential {
    /// Cloud: Basic with the email address and an API token, scoped or not.
    ApiToken { email: String, token: SecretString },
    /// Data Center and Server from 7.9: Bearer.
    PersonalAccessToken { token: SecretString },
    /// Data Center and Server: user name and password.
    Basic {
        username: String,
        password: SecretString,
    },
    /// Cloud's Atlassian Login and Data Center's application links: Bearer, with a token that is
    /// renewed from time to time.
    Oauth { tokens: Arc<dyn AccessTokens> },
}

/// Which of them it is, for the words of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    ApiToken,
    PersonalAccessToken,
    Basic,
    Oauth,
}

impl Credential {
    pub(crate) fn method(&self) -> Method {
        match self {
            Self::ApiToken { .. } => Method::ApiToken,
            Self::PersonalAccessToken { .. } => Method::PersonalAccessToken,
            Self::Basic { .. } => Method::Basic,
            Self::Oauth { .. } => Method::Oauth,
        }
    }

    /// Email address or user name; a personal access token has none.
    pub(crate) fn account(&self) -> Option<&str> {
        match self {
            Self::ApiToken { email, .. } => Some(email.trim()),
            Self::Basic { username, .. } => Some(username),
            Self::PersonalAccessToken { .. } | Self::Oauth { .. } => None,
        }
    }

    /// The value of the `Authorization` header of a credential that stays the same, marked sensitive so that no log shows it.
    ///
    /// Tokens are trimmed, since they are pasted; a password may begin or end with a blank.
    pub(crate) fn header(&self) -> Result<HeaderValue, Error> {
        let value = match self {
            Self::ApiToken { email, token } => basic(email.trim(), token.expose_secret().trim())?,
            Self::Basic { username, password } => basic(username, password.expose_secret())?,
            Self::PersonalAccessToken { token } => {
                let token = token.expose_secret().trim();
                if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
                    return Err(unusable());
                }
                SecretString::from(format!("Bearer {token}"))
            }
            Self::Oauth { .. } => return Err(unusable()),
        };
        let mut header = HeaderValue::from_str(value.expose_secret()).map_err(|_| unusable())?;
        header.set_sensitive(true);
        Ok(header)
    }

    /// Takes the secret out of a text that came from outside: a server may echo what it was sent.
    pub(crate) fn scrub(&self, text: &str) -> String {
        let secret = match self {
            Self::ApiToken { token, .. } | Self::PersonalAccessToken { token } => {
                token.expose_secret().trim()
            }
            Self::Basic { password, .. } => password.expose_secret(),
            // Taken out of the answer itself, where the token that was sent is known.
            Self::Oauth { .. } => return text.to_owned(),
        };
        if secret.is_empty() {
            return text.to_owned();
        }
        let mut text = text.replace(secret, "[secret]");
        if let Ok(header) = self.header()
            && let Ok(value) = header.to_str()
            && let Some((_, encoded)) = value.split_once(' ')
        {
            text = text.replace(encoded, "[secret]");
        }
        text
    }
}

fn basic(user: &str, secret: &str) -> Result<SecretString, Error> {
    // RFC 7617, section 2: a user-id with a colon cannot be sent, nor can control characters.
    if user.is_empty() || secret.is_empty() || user.contains(':') {
        return Err(unusable());
    }
    if user.chars().chain(secret.chars()).any(char::is_control) {
        return Err(unusable());
    }
    let pair = SecretString::from(format!("{user}:{secret}"));
    let encoded =
        SecretString::from(base64::engine::general_purpose::STANDARD.encode(pair.expose_secret()));
    Ok(SecretString::from(format!(
        "Basic {}",
        encoded.expose_secret()
    )))
}

fn unusable() -> Error {
    Error::new(ErrorKind::SignInRefused, Outcome::NotDone).because(Cause::UnusableCredential)
}
