//! Who is asking: the credentials of the sandbox and how each host answers
//! right, wrong and missing ones.

use std::fmt;

use axum::http::HeaderMap;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use crate::content::Person;
use crate::oauth::{Access, Expired, Issuer};
use crate::samples;
use crate::world::World;

/// What opens the sandbox, and nothing else.
///
/// Made at random when the sandbox first starts, and kept in its folder.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// The account on Cloud.
    pub email: String,
    /// A classic token: opens the site, and the gateway too.
    pub api_token: String,
    /// A token with scopes: opens the gateway alone.
    pub scoped_api_token: String,
    /// Opens Data Center.
    pub personal_access_token: String,
    /// The account on Data Center.
    pub username: String,
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("email", &self.email)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

impl Credentials {
    pub(crate) fn random(person: &Person) -> Result<Credentials, getrandom::Error> {
        Ok(Credentials {
            email: person.email.to_owned(),
            api_token: format!("sandbox-{}", random_text(24)?),
            scoped_api_token: format!("sandbox-{}", random_text(24)?),
            personal_access_token: random_text(24)?,
            username: person.username.to_owned(),
            password: format!("pw-{}", random_text(12)?),
        })
    }
}

/// Letters and digits that cannot be mistaken for one another.
pub(crate) fn random_text(length: usize) -> Result<String, getrandom::Error> {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes)?;
    let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
    Ok(bytes.iter().map(letter).collect())
}

/// The two accounts that can sign in: the one offered to a newcomer, and a
/// colleague through whom a test makes a foreign edit.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Accounts {
    pub own: Credentials,
    pub other: Credentials,
}

impl Accounts {
    pub fn random() -> Result<Accounts, getrandom::Error> {
        Ok(Accounts {
            own: Credentials::random(&samples::OWN)?,
            other: Credentials::random(&samples::OTHER)?,
        })
    }

    fn all(&self) -> [(&'static Person, &Credentials); 2] {
        [(&samples::OWN, &self.own), (&samples::OTHER, &self.other)]
    }
}

/// What an `Authorization` header holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Presented {
    Nothing,
    /// Basic, an account's email and its classic token.
    ApiToken(&'static Person),
    /// Basic, an account's email and its token with scopes.
    ScopedToken(&'static Person),
    /// Basic, an account's email or name and its password.
    Password(&'static Person),
    PersonalAccessToken(&'static Person),
    /// Bearer, an access token that Atlassian's sign-in gave out.
    CloudAccess(Access),
    /// Bearer, an access token that Data Center gave out.
    DataCenterAccess(Access),
    /// Bearer, an access token of either that is too old.
    ExpiredAccess,
    /// Bearer with one of the API tokens, which are for Basic.
    ApiTokenAsBearer,
    /// Basic with a personal access token, which is for Bearer.
    PersonalAccessTokenAsBasic,
    WrongBasic,
    WrongBearer,
    Unreadable,
}

impl Presented {
    /// What the record shows in place of the secret.
    pub fn kind(&self) -> &'static str {
        match self {
            Presented::Nothing => "nothing",
            Presented::ApiToken(_) => "Basic (API token)",
            Presented::ScopedToken(_) => "Basic (scoped API token)",
            Presented::Password(_) => "Basic (password)",
            Presented::PersonalAccessToken(_) => "Bearer (personal access token)",
            Presented::CloudAccess(_) | Presented::DataCenterAccess(_) => "Bearer (access token)",
            Presented::ExpiredAccess => "Bearer (expired access token)",
            Presented::ApiTokenAsBearer => "Bearer (API token)",
            Presented::PersonalAccessTokenAsBasic => "Basic (personal access token)",
            Presented::WrongBasic => "Basic (unknown)",
            Presented::WrongBearer => "Bearer (unknown)",
            Presented::Unreadable => "(unreadable)",
        }
    }
}

/// The user name in a Basic header, whether the rest is right or wrong.
pub(crate) fn basic_name(headers: &HeaderMap) -> Option<String> {
    decode_basic(headers).map(|(name, _)| name)
}

/// A Basic header in its two halves.
pub(crate) fn decode_basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get("authorization")?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
    let (name, secret) = text.split_once(':')?;
    Some((name.to_owned(), secret.to_owned()))
}

/// Reads the `Authorization` header.
pub(crate) fn presented(world: &World, headers: &HeaderMap) -> Presented {
    let Some(value) = headers.get("authorization") else {
        return Presented::Nothing;
    };
    let Some((scheme, rest)) = value.to_str().ok().and_then(|v| v.split_once(' ')) else {
        return Presented::Unreadable;
    };
    let expired = world.switches().tokens_expired;
    let accounts = world.accounts.all();
    if scheme.eq_ignore_ascii_case("bearer") {
        let token = rest.trim();
        for (person, c) in accounts {
            if token == c.personal_access_token && !expired {
                return Presented::PersonalAccessToken(person);
            }
            if token == c.api_token || token == c.scoped_api_token {
                return Presented::ApiTokenAsBearer;
            }
        }
        return match world.sign_ins().access(token, world.now()) {
            Some(Ok((Issuer::Atlassian, access))) => Presented::CloudAccess(access),
            Some(Ok((Issuer::DataCenter, access))) => Presented::DataCenterAccess(access),
            Some(Err(Expired)) => Presented::ExpiredAccess,
            None => Presented::WrongBearer,
        };
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return Presented::Unreadable;
    }
    let Some((name, secret)) = decode_basic(headers) else {
        return Presented::Unreadable;
    };
    for (person, c) in accounts {
        if name.eq_ignore_ascii_case(&c.email) && secret == c.api_token && !expired {
            return Presented::ApiToken(person);
        }
        if name.eq_ignore_ascii_case(&c.email) && secret == c.scoped_api_token && !expired {
            return Presented::ScopedToken(person);
        }
        let known = name.eq_ignore_ascii_case(&c.email) || name.eq_ignore_ascii_case(&c.username);
        if known && secret == c.password {
            return Presented::Password(person);
        }
        if secret == c.personal_access_token {
            return Presented::PersonalAccessTokenAsBasic;
        }
    }
    Presented::WrongBasic
}
