//! What one signs in with, and how it goes over the wire.

use base64::Engine as _;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Cause, Error, ErrorKind, Outcome};

/// What one signs in with. It has no `Clone` and no `Serialize`, and shows nothing secret.
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
}

impl Credential {
    /// The value of the `Authorization` header, marked sensitive so that no log shows it.
    ///
    /// Tokens are trimmed, since they are pasted; a password may begin or end with a blank.
    pub(crate) fn header(&self) -> Result<HeaderValue, Error> {
        let value = match self {
            Self::ApiToken { email, token } => basic(email.trim(), token.expose_secret().trim())?,
            Self::Basic { username, password } => basic(username, password.expose_secret())?,
            Self::PersonalAccessToken { token } => {
                SecretString::from(format!("Bearer {}", token.expose_secret().trim()))
            }
        };
        let mut header = HeaderValue::from_str(value.expose_secret()).map_err(|_| unusable())?;
        header.set_sensitive(true);
        Ok(header)
    }
}

fn basic(user: &str, secret: &str) -> Result<SecretString, Error> {
    // RFC 7617, section 2: a user-id with a colon cannot be sent.
    if user.contains(':') {
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
