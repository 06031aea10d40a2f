//! OAuth 2.0 (RFC 6749) with PKCE (RFC 7636): the consent page's address, and tokens for a code, for
//! a refresh token, for a service account.
//!
//! Atlassian's sign-in and a Data Center's application links differ in their addresses and scopes
//! alone. Both want the client secret, and both take forms; Data Center takes nothing else.

use std::{fmt, pin::Pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, RefreshToken, RequestTokenError, Scope, TokenResponse, TokenUrl,
    basic::{BasicClient, BasicErrorResponse, BasicTokenResponse},
};
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use crate::{
    Edition, Endpoints, Http, Result, Site,
    answer::{self, Subject},
    calls::{self, Call},
    credential::Method,
    error::{Cause, Context, Error, ErrorKind, Outcome},
    http::{Answer, Payload, Request, host_of, is_loopback},
};

/// 256 bits: nobody guesses it, so an answer that has it comes from the page that was opened.
const STATE_BYTES: u32 = 32;

/// The longest description of a failure that is kept.
const LONGEST_DESCRIPTION: usize = 300;

/// Who gives out the tokens.
#[derive(Debug, Clone)]
pub enum OauthServer {
    /// Atlassian, for all Cloud sites.
    Atlassian(Endpoints),
    /// A Data Center, over an application link.
    DataCenter(Site),
}

impl OauthServer {
    fn root(&self) -> &Url {
        match self {
            Self::Atlassian(endpoints) => &endpoints.auth,
            Self::DataCenter(site) => &site.base_url,
        }
    }

    fn consent(&self) -> &'static Call {
        match self {
            Self::Atlassian(_) => &calls::CLOUD_CONSENT,
            Self::DataCenter(_) => &calls::CONSENT,
        }
    }

    fn token(&self) -> &'static Call {
        match self {
            Self::Atlassian(_) => &calls::CLOUD_TOKEN,
            Self::DataCenter(_) => &calls::TOKEN,
        }
    }

    fn address(&self, call: &Call) -> String {
        let root = self.root().as_str().trim_end_matches('/');
        format!("{root}{}", call.path)
    }

    fn context(&self) -> Context {
        let (edition, version) = match self {
            Self::Atlassian(_) => (Edition::Cloud, None),
            Self::DataCenter(site) => (site.edition, site.version.clone()),
        };
        Context {
            host: host_of(self.root()),
            edition: Some(edition),
            version,
            method: Some(Method::Oauth),
            ..Context::default()
        }
    }
}

/// An app registered with the server: its id, its secret, and the way there.
pub struct Oauth {
    http: Http,
    server: OauthServer,
    client_id: String,
    client_secret: SecretString,
}

/// A consent page and what is needed to make something of its answer. Good for one attempt.
pub struct Consent {
    /// To be opened in the browser.
    pub address: Url,
    /// Comes back with the answer, unchanged.
    pub state: SecretString,
    redirect: RedirectUrl,
    verifier: PkceCodeVerifier,
}

/// What an access token is worth: it opens the API, and for how long. Never stored.
#[derive(Clone)]
pub struct AccessToken {
    token: Arc<SecretString>,
    /// Counted from its answer; `None` where the server does not tell.
    pub lifetime: Option<Duration>,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken").finish_non_exhaustive()
    }
}

impl PartialEq for AccessToken {
    fn eq(&self, other: &Self) -> bool {
        self.token.expose_secret() == other.token.expose_secret()
    }
}

impl AccessToken {
    pub(crate) fn header(&self) -> Result<HeaderValue> {
        let value = SecretString::from(format!("Bearer {}", self.token.expose_secret()));
        let mut header = HeaderValue::from_str(value.expose_secret()).map_err(|_| {
            Error::new(ErrorKind::SignInRefused, Outcome::NotDone)
                .because(Cause::UnusableCredential)
        })?;
        header.set_sensitive(true);
        Ok(header)
    }

    /// Takes the token out of an answer's body: a server may echo what it was sent.
    pub(crate) fn scrub(&self, body: &mut Vec<u8>) {
        let text = String::from_utf8_lossy(body);
        let token = self.token.expose_secret();
        if !token.is_empty() && text.contains(token) {
            *body = text.replace(token, "[secret]").into_bytes();
        }
    }
}

/// Tokens as a server gave them out.
pub struct Tokens {
    pub access: AccessToken,
    /// Replaces the one before. A service account has none.
    pub refresh: Option<SecretString>,
}

/// Where a [`crate::Client`] gets its access token from.
#[async_trait]
pub trait AccessTokens: Send + Sync {
    /// One that is good as far as is known.
    async fn token(&self) -> Result<AccessToken>;

    /// The server did not accept this one, most likely since it expired: another.
    async fn renew(&self, refused: &AccessToken) -> Result<AccessToken>;
}

/// A Cloud site that a sign-in may be used with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudSite {
    /// Atlassian's cloud id.
    pub id: String,
    pub name: String,
    pub url: Url,
    /// Those granted for it.
    pub scopes: Vec<String>,
}

impl CloudSite {
    pub fn site(&self) -> Site {
        let mut base_url = self.url.clone();
        base_url.set_path("/wiki");
        Site {
            name: host_of(&base_url),
            base_url,
            edition: Edition::Cloud,
            version: None,
            cloud_id: Some(self.id.clone()),
        }
    }
}

/// What is asked of the token endpoint, since the same error means something else for each.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Code,
    Renewal,
    ServiceAccount,
}

/// `oauth2`'s way to the network: our own, with its proxy, its certificates and its silence.
impl<'c> AsyncHttpClient<'c> for Oauth {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

type Client = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

impl Oauth {
    /// Sends nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InsecureHttp`]: OAuth is never sent over plain http, but for loopback.
    pub fn new(
        http: &Http,
        server: OauthServer,
        client_id: &str,
        client_secret: SecretString,
    ) -> Result<Self> {
        let is_safe = |address: &Url| address.scheme() == "https" || is_loopback(address);
        let safe = match &server {
            OauthServer::Atlassian(it) => is_safe(&it.auth) && is_safe(&it.gateway),
            OauthServer::DataCenter(site) => is_safe(&site.base_url),
        };
        if !safe {
            return Err(
                Error::new(ErrorKind::InsecureHttp, Outcome::NotDone).with(|inner| {
                    inner.cause = Some(Cause::OauthNeedsHttps);
                    inner.context = server.context();
                }),
            );
        }
        Ok(Self {
            http: http.clone(),
            server,
            client_id: client_id.trim().to_owned(),
            client_secret: SecretString::from(client_secret.expose_secret().trim()),
        })
    }

    fn client(&self) -> Result<Client> {
        let address =
            |_| Error::new(ErrorKind::BadAddress, Outcome::NotDone).because(Cause::Unreadable);
        Ok(BasicClient::new(ClientId::new(self.client_id.clone()))
            .set_client_secret(ClientSecret::new(
                self.client_secret.expose_secret().to_owned(),
            ))
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(
                AuthUrl::new(self.server.address(self.server.consent())).map_err(address)?,
            )
            .set_token_uri(
                TokenUrl::new(self.server.address(self.server.token())).map_err(address)?,
            ))
    }

    /// A consent page that sends its answer to `redirect`. State and verifier are new each time.
    pub fn consent(&self, redirect: &Url, scopes: &[&str]) -> Result<Consent> {
        let client = self.client()?;
        let redirect = RedirectUrl::from_url(redirect.clone());
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = client
            .authorize_url(|| CsrfToken::new_random_len(STATE_BYTES))
            .set_redirect_uri(std::borrow::Cow::Borrowed(&redirect))
            .set_pkce_challenge(challenge)
            .add_scopes(scopes.iter().map(|&scope| Scope::new(scope.to_owned())));
        if matches!(self.server, OauthServer::Atlassian(_)) {
            request = request
                .add_extra_param("audience", "api.atlassian.com")
                .add_extra_param("prompt", "consent");
        }
        let (address, state) = request.url();
        Ok(Consent {
            address,
            state: SecretString::from(state.into_secret()),
            redirect,
            verifier,
        })
    }

    /// Tokens for the code of a consent page's answer. One request.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::SignInRefused`], see [`Error::is_about_client`]; those of the connection.
    pub async fn exchange(&self, consent: Consent, code: &SecretString) -> Result<Tokens> {
        let client = self.client()?.set_redirect_uri(consent.redirect);
        let code = AuthorizationCode::new(code.expose_secret().to_owned());
        let answer = client
            .exchange_code(code)
            .set_pkce_verifier(consent.verifier)
            .request_async(self)
            .await;
        self.tokens(answer, Asked::Code, &[])
    }

    /// New tokens for a refresh token, which is used up by this. One request.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::SignInNeeded`] when the refresh token is no longer good.
    pub async fn renew(&self, refresh: &SecretString) -> Result<Tokens> {
        let client = self.client()?;
        let token = RefreshToken::new(refresh.expose_secret().to_owned());
        let answer = client
            .exchange_refresh_token(&token)
            .request_async(self)
            .await;
        self.tokens(answer, Asked::Renewal, &[refresh])
    }

    /// A token of a service account, for its client id and secret. One request.
    ///
    /// No scope is sent: those of the credential were chosen when it was made, and Atlassian refuses
    /// the parameter.
    pub async fn service_account(&self) -> Result<Tokens> {
        let client = self.client()?;
        let answer = client
            .exchange_client_credentials()
            .request_async(self)
            .await;
        self.tokens(answer, Asked::ServiceAccount, &[])
    }

    /// The consent page answered with an error other than the user's own Cancel.
    pub fn not_consented(&self, error: &str, description: &str) -> Error {
        let cause = match error {
            "invalid_scope" => Cause::ScopeRefused,
            _ => Cause::ConsentRefused,
        };
        self.refused(ErrorKind::SignInRefused, cause, error, description, &[])
            .with(|inner| inner.call = Some(self.server.consent()))
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse> {
        let url = Url::parse(&request.uri().to_string()).map_err(|_| {
            Error::new(ErrorKind::BadAddress, Outcome::NotDone).because(Cause::Unreadable)
        })?;
        let answer = self
            .http
            .send(Request {
                call: self.server.token(),
                url,
                authorization: None,
                payload: Payload::Form(request.into_body()),
            })
            .await
            .map_err(|error| self.placed(error))?;
        // A page, a redirect or a failing server says nothing about tokens.
        let readable = !answer.is_redirect()
            && !answer.is_html()
            && !matches!(answer.status, 407 | 408 | 429 | 500..);
        if !readable {
            return Err(if answer.is_success() {
                self.placed(answer::page_instead(&answer)).with(|inner| {
                    inner.status = Some(answer.status);
                    inner.server_message = None;
                })
            } else {
                answer::failure(
                    &answer,
                    answer.status,
                    Subject::Account,
                    &self.server.context(),
                )
                .with(|inner| inner.server_message = None)
            });
        }
        // The crate takes 200 alone for a success.
        let status = if answer.is_success() {
            200
        } else {
            answer.status
        };
        let mut response = HttpResponse::new(answer.body);
        *response.status_mut() = oauth2::http::StatusCode::from_u16(status).unwrap_or_default();
        Ok(response)
    }

    fn placed(&self, error: Error) -> Error {
        error.with(|inner| {
            let host = std::mem::take(&mut inner.context.host);
            inner.context = self.server.context();
            if !host.is_empty() {
                inner.context.host = host;
            }
            inner.call = Some(self.server.token());
        })
    }

    fn tokens(
        &self,
        answer: Result<BasicTokenResponse, RequestTokenError<Error, BasicErrorResponse>>,
        asked: Asked,
        secrets: &[&SecretString],
    ) -> Result<Tokens> {
        let error = match answer {
            Ok(answer) => {
                let token = SecretString::from(answer.access_token().secret().as_str());
                return Ok(Tokens {
                    access: AccessToken {
                        token: Arc::new(token),
                        lifetime: answer.expires_in(),
                    },
                    refresh: answer
                        .refresh_token()
                        .map(|token| SecretString::from(token.secret().as_str())),
                });
            }
            Err(error) => error,
        };
        Err(match error {
            RequestTokenError::Request(error) => error,
            RequestTokenError::ServerResponse(said) => {
                let error = said.error().as_ref();
                let description = said.error_description().map_or("", String::as_str);
                let (kind, cause) = match (error, asked) {
                    // The browser says this for Cancel; here it is the client that was refused.
                    ("access_denied" | "invalid_client", _) => {
                        (ErrorKind::SignInRefused, Cause::ClientRefused)
                    }
                    // Atlassian says the second of a dead token, with a status of 403.
                    ("invalid_grant" | "unauthorized_client", Asked::Renewal) => {
                        (ErrorKind::SignInNeeded, Cause::RefreshTokenDead)
                    }
                    ("invalid_grant", _) => (ErrorKind::SignInRefused, Cause::CodeRefused),
                    ("invalid_scope", _) => (ErrorKind::SignInRefused, Cause::ScopeRefused),
                    ("unauthorized_client", _) => (ErrorKind::SignInRefused, Cause::ClientRefused),
                    _ => (ErrorKind::SignInRefused, Cause::ConsentRefused),
                };
                self.refused(kind, cause, error, description, secrets)
            }
            // Their texts hold the whole body, tokens and all.
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => self
                .placed(Error::new(ErrorKind::Unknown, Outcome::Unknown).because(Cause::NoToken)),
        })
    }

    fn refused(
        &self,
        kind: ErrorKind,
        cause: Cause,
        error: &str,
        description: &str,
        secrets: &[&SecretString],
    ) -> Error {
        let mut said = match description.trim() {
            "" => error.to_owned(),
            description => format!("{error}: {description}"),
        };
        for secret in secrets.iter().copied().chain([&self.client_secret]) {
            if !secret.expose_secret().is_empty() {
                said = said.replace(secret.expose_secret(), "[secret]");
            }
        }
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        self.placed(Error::new(kind, Outcome::NotDone))
            .with(|inner| {
                inner.cause = Some(cause);
                inner.server_message = Some(said.chars().take(LONGEST_DESCRIPTION).collect());
            })
    }
}

/// The Cloud sites a sign-in may be used with, each once. One request.
///
/// # Errors
///
/// Those of any call; [`ErrorKind::NotPermitted`] when there is none with Confluence on it.
pub async fn cloud_sites(
    http: &Http,
    endpoints: &Endpoints,
    access: &AccessToken,
) -> Result<Vec<CloudSite>> {
    #[derive(Deserialize)]
    struct Resource {
        id: String,
        #[serde(default)]
        name: String,
        url: Url,
        #[serde(default)]
        scopes: Vec<String>,
    }

    let call = &calls::CLOUD_SITES;
    let context = Context {
        host: host_of(&endpoints.gateway),
        edition: Some(Edition::Cloud),
        method: Some(Method::Oauth),
        ..Context::default()
    };
    let mut url = endpoints.gateway.clone();
    let base = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("{base}{}", call.path));
    let mut answer: Answer = http
        .send(Request {
            call,
            url,
            authorization: Some(access.header()?),
            payload: Payload::Empty,
        })
        .await
        .map_err(|error| {
            error.with(|inner| {
                let host = std::mem::take(&mut inner.context.host);
                inner.context = context.clone();
                inner.context.host = host;
            })
        })?;
    access.scrub(&mut answer.body);
    let all: Vec<Resource> = answer::json(&answer, Subject::Account, &context)?;

    let mut sites: Vec<CloudSite> = Vec::new();
    for it in all {
        // What an answer says becomes part of addresses.
        let id_is_plain = !it.id.is_empty()
            && it
                .id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let url_is_safe = it.url.scheme() == "https" || is_loopback(&it.url);
        if !id_is_plain || !url_is_safe {
            continue;
        }
        // One entry comes for each product: together they are the site.
        match sites.iter_mut().find(|known| known.id == it.id) {
            Some(known) => known.scopes.extend(it.scopes),
            None => sites.push(CloudSite {
                id: it.id,
                name: it.name,
                url: it.url,
                scopes: it.scopes,
            }),
        }
    }
    for site in &mut sites {
        site.scopes.sort();
        site.scopes.dedup();
    }
    // Sites that were granted for other products only.
    sites.retain(|site| {
        site.scopes.is_empty() || site.scopes.iter().any(|scope| scope.contains("confluence"))
    });
    if sites.is_empty() {
        return Err(
            Error::new(ErrorKind::NotPermitted, Outcome::NotDone).with(|inner| {
                inner.cause = Some(Cause::NoSite);
                inner.call = Some(call);
                inner.context = context;
            }),
        );
    }
    Ok(sites)
}
