//! What both sign-in servers keep: the registered apps, what people allowed,
//! and the codes and tokens given out. Tokens are kept as their SHA-256 alone.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::content::Person;
use crate::samples;
use crate::sign_in::random_text;

/// The redirect address both apps are registered with at the start.
pub const FIRST_REDIRECT_URI: &str = "http://localhost:47620/callback";

/// A code must be exchanged within this time.
const CODE_LIFETIME: [TimeDelta; 2] = [TimeDelta::minutes(5), TimeDelta::minutes(1)];

/// Access tokens live an hour on both, unless a switch says otherwise.
pub(crate) const ACCESS_LIFETIME: Duration = Duration::from_secs(3600);

/// A refresh token that is not used for so long dies.
const REFRESH_LIFETIME: TimeDelta = TimeDelta::days(90);

/// Atlassian takes a refresh token again within this time of its first use.
const REUSE_LEEWAY: TimeDelta = TimeDelta::minutes(10);

/// Tokens as long as Atlassian's, which do not fit where secrets are kept on
/// Windows.
const ATLASSIAN_TOKEN_LENGTH: usize = 2_700;

/// Which server gives out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Issuer {
    Atlassian,
    DataCenter,
}

/// What an app of Data Center may do; each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Permission {
    Read,
    Write,
    Admin,
    SystemAdmin,
}

impl Permission {
    const ALL: [(&str, Permission); 4] = [
        ("READ", Permission::Read),
        ("WRITE", Permission::Write),
        ("ADMIN", Permission::Admin),
        ("SYSTEM_ADMIN", Permission::SystemAdmin),
    ];

    /// As a scope is spelled.
    pub fn name(self) -> &'static str {
        Permission::ALL
            .iter()
            .find(|(_, permission)| *permission == self)
            .map_or("READ", |(name, _)| name)
    }

    pub(crate) fn from_name(name: &str) -> Option<Permission> {
        Permission::ALL
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, permission)| *permission)
    }
}

/// An app as it is registered with a sign-in server.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OAuthClient {
    pub id: String,
    pub secret: String,
    /// The one address codes are sent to; empty for a service account.
    pub redirect_uri: String,
}

impl fmt::Debug for OAuthClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthClient")
            .field("id", &self.id)
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
}

/// The apps that are registered with the sandbox's sign-in servers.
///
/// Made at random when the sandbox first starts, and kept in its folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OAuthClients {
    /// An OAuth 2.0 integration of Atlassian's developer console.
    pub cloud: OAuthClient,
    /// An application link of the Data Center.
    pub data_center: OAuthClient,
    /// The OAuth 2.0 credential of a service account.
    pub service_account: OAuthClient,
}

impl OAuthClients {
    fn random() -> Result<OAuthClients, getrandom::Error> {
        let client = |secret_start: &str, redirect_uri: &str| {
            Ok(OAuthClient {
                id: random_text(32)?,
                secret: format!("{secret_start}{}", random_text(48)?),
                redirect_uri: redirect_uri.to_owned(),
            })
        };
        Ok(OAuthClients {
            cloud: client("ATOA", FIRST_REDIRECT_URI)?,
            data_center: client("", FIRST_REDIRECT_URI)?,
            service_account: client("ATOA", "")?,
        })
    }
}

/// Whom an access token stands for and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Access {
    pub person: &'static Person,
    pub scopes: Vec<String>,
    /// The cloud ids it opens; none on Data Center.
    pub sites: Vec<String>,
}

/// The access token was good once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expired;

/// What somebody allowed an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub client_id: String,
    pub account_id: String,
    pub scopes: Vec<String>,
    pub sites: Vec<String>,
}

/// How a code is bound to the one who asked for it (RFC 7636).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    pub text: String,
    /// Otherwise plain.
    pub s256: bool,
}

impl Challenge {
    fn fits(&self, verifier: &str) -> bool {
        let answer = if self.s256 {
            URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
        } else {
            verifier.to_owned()
        };
        answer == self.text
    }
}

#[derive(Debug, Clone)]
struct Code {
    issuer: Issuer,
    grant: Grant,
    redirect_uri: String,
    challenge: Option<Challenge>,
    until: DateTime<Utc>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct AccessToken {
    issuer: Issuer,
    /// The tokens that come from one sign-in.
    family: String,
    account_id: String,
    scopes: Vec<String>,
    sites: Vec<String>,
    until: DateTime<Utc>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct RefreshToken {
    issuer: Issuer,
    family: String,
    grant: Grant,
    since: DateTime<Utc>,
    /// When it was first exchanged for another.
    used: Option<DateTime<Utc>>,
}

/// Tokens as they are given out.
#[derive(Debug)]
pub(crate) struct Tokens {
    pub access: String,
    pub refresh: Option<String>,
    pub lifetime: Duration,
    pub issued: DateTime<Utc>,
    pub scopes: Vec<String>,
}

/// The sign-in's clock, and how long an access token lives from then on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct When {
    pub now: DateTime<Utc>,
    pub lifetime: Duration,
}

/// Why a code or a refresh token gives nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dead {
    /// Never given out, used before, or too old.
    Unknown,
    /// Not used for 90 days.
    Inactive,
    OtherRedirect,
    WrongVerifier,
    /// The operating system gave no random numbers.
    NoRandom,
}

impl From<getrandom::Error> for Dead {
    fn from(_: getrandom::Error) -> Dead {
        Dead::NoRandom
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SignIns {
    pub clients: OAuthClients,
    /// What is allowed at Atlassian at the moment. Data Center's tokens carry
    /// what was allowed for each.
    grants: Vec<Grant>,
    access: HashMap<String, AccessToken>,
    refresh: HashMap<String, RefreshToken>,
    /// Codes live too short to be kept.
    #[serde(skip)]
    codes: HashMap<String, Code>,
    /// In the clear, for a test that looks for them; none are kept unless one asks.
    pub given: Option<Vec<String>>,
}

fn hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token))
}

fn token(issuer: Issuer) -> Result<String, getrandom::Error> {
    random_text(match issuer {
        Issuer::Atlassian => ATLASSIAN_TOKEN_LENGTH,
        Issuer::DataCenter => 64,
    })
}

impl SignIns {
    pub fn random() -> Result<SignIns, getrandom::Error> {
        Ok(SignIns {
            clients: OAuthClients::random()?,
            grants: Vec::new(),
            access: HashMap::new(),
            refresh: HashMap::new(),
            codes: HashMap::new(),
            given: None,
        })
    }

    /// The access token, whose it is, and whether it is still good.
    pub fn access(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Option<Result<(Issuer, Access), Expired>> {
        let found = self.access.get(&hash(token))?;
        if found.until <= now {
            return Some(Err(Expired));
        }
        let access = Access {
            person: samples::person(&found.account_id),
            scopes: found.scopes.clone(),
            sites: found.sites.clone(),
        };
        Some(Ok((found.issuer, access)))
    }

    /// What this account allows this app at Atlassian.
    pub fn grant(&self, client_id: &str, account_id: &str) -> Option<&Grant> {
        self.grants
            .iter()
            .find(|grant| grant.client_id == client_id && grant.account_id == account_id)
    }

    /// Somebody allowed it: the code to send to the app. At Atlassian the
    /// scopes replace those of an earlier consent.
    pub fn allow(
        &mut self,
        issuer: Issuer,
        grant: Grant,
        redirect_uri: &str,
        challenge: Option<Challenge>,
        now: DateTime<Utc>,
    ) -> Result<String, Dead> {
        if issuer == Issuer::Atlassian {
            self.grants.retain(|old| {
                old.client_id != grant.client_id || old.account_id != grant.account_id
            });
            self.grants.push(grant.clone());
        }
        let code = random_text(40)?;
        let lifetime = match issuer {
            Issuer::Atlassian => CODE_LIFETIME[0],
            Issuer::DataCenter => CODE_LIFETIME[1],
        };
        let kept = Code {
            issuer,
            grant,
            redirect_uri: redirect_uri.to_owned(),
            challenge,
            until: now + lifetime,
        };
        self.codes.insert(hash(&code), kept);
        Ok(code)
    }

    /// Exchanges a code. It is gone whether it gives tokens or not.
    pub fn exchange(
        &mut self,
        issuer: Issuer,
        client_id: &str,
        code: &str,
        redirect_uri: &str,
        verifier: Option<&str>,
        when: When,
    ) -> Result<Tokens, Dead> {
        self.codes.retain(|_, code| code.until > when.now);
        let key = hash(code);
        if !self
            .codes
            .get(&key)
            .is_some_and(|code| code.issuer == issuer && code.grant.client_id == client_id)
        {
            return Err(Dead::Unknown);
        }
        let code = self.codes.remove(&key).ok_or(Dead::Unknown)?;
        if code.redirect_uri != redirect_uri {
            return Err(Dead::OtherRedirect);
        }
        if let Some(challenge) = &code.challenge
            && !verifier.is_some_and(|verifier| challenge.fits(verifier))
        {
            return Err(Dead::WrongVerifier);
        }
        let family = random_text(16)?;
        self.give(issuer, code.grant, family, when)
    }

    /// Exchanges a refresh token for a new pair.
    ///
    /// Atlassian takes the old one again for ten minutes; Data Center kills it
    /// and the access token that came with it at once.
    pub fn refresh(
        &mut self,
        issuer: Issuer,
        client_id: &str,
        token: &str,
        when: When,
    ) -> Result<Tokens, Dead> {
        let key = hash(token);
        let found = self
            .refresh
            .get_mut(&key)
            .filter(|found| found.issuer == issuer && found.grant.client_id == client_id)
            .ok_or(Dead::Unknown)?;
        if when.now - found.since > REFRESH_LIFETIME {
            return Err(Dead::Inactive);
        }
        if let Some(used) = found.used
            && (issuer == Issuer::DataCenter || when.now - used > REUSE_LEEWAY)
        {
            return Err(Dead::Unknown);
        }
        let (family, mut grant) = (found.family.clone(), found.grant.clone());
        found.used.get_or_insert(when.now);
        match issuer {
            Issuer::Atlassian => {
                let current = self.grant(client_id, &grant.account_id);
                grant = current.cloned().ok_or(Dead::Unknown)?;
            }
            Issuer::DataCenter => self.access.retain(|_, access| access.family != family),
        }
        self.give(issuer, grant, family, when)
    }

    /// A token for a service account, without a refresh token.
    pub fn for_service_account(&mut self, sites: Vec<String>, when: When) -> Result<Tokens, Dead> {
        let grant = Grant {
            client_id: self.clients.service_account.id.clone(),
            account_id: samples::SERVICE.account_id.to_owned(),
            scopes: samples::SCOPES.iter().map(|s| (*s).to_owned()).collect(),
            sites,
        };
        let family = random_text(16)?;
        self.give(Issuer::Atlassian, grant, family, when)
    }

    fn give(
        &mut self,
        issuer: Issuer,
        grant: Grant,
        family: String,
        when: When,
    ) -> Result<Tokens, Dead> {
        self.forget_old(when.now);
        let access = token(issuer)?;
        let scopes = grant.scopes.clone();
        let kept = AccessToken {
            issuer,
            family: family.clone(),
            account_id: grant.account_id.clone(),
            scopes: scopes.clone(),
            sites: grant.sites.clone(),
            until: when.now + when.lifetime,
        };
        self.access.insert(hash(&access), kept);
        let refreshable =
            issuer == Issuer::DataCenter || scopes.iter().any(|scope| scope == "offline_access");
        let refresh = if refreshable {
            let refresh = token(issuer)?;
            let kept = RefreshToken {
                issuer,
                family,
                grant,
                since: when.now,
                used: None,
            };
            self.refresh.insert(hash(&refresh), kept);
            Some(refresh)
        } else {
            None
        };
        if let Some(given) = &mut self.given {
            given.push(access.clone());
            given.extend(refresh.clone());
        }
        Ok(Tokens {
            access,
            refresh,
            lifetime: when.lifetime,
            issued: when.now,
            scopes,
        })
    }

    /// What has long been dead answers like what never was.
    fn forget_old(&mut self, now: DateTime<Utc>) {
        let day = TimeDelta::days(1);
        self.access.retain(|_, access| now - access.until < day);
        self.refresh
            .retain(|_, refresh| refresh.used.is_none_or(|used| now - used < day));
    }

    /// Every access token is as if its time were over.
    pub fn expire_access(&mut self, now: DateTime<Utc>) {
        for access in self.access.values_mut() {
            access.until = access.until.min(now);
        }
    }

    /// As if the user had removed the app from the account.
    pub fn revoke(&mut self) {
        self.grants.clear();
        self.access.clear();
        self.refresh.clear();
        self.codes.clear();
    }
}
