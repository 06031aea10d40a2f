//! Configuration to hand on: an integration without its secrets, as a file.
//!
//! An administrator saves it, a scrum master opens it, sees who made it and what it sets, and has only
//! to sign in. The file is a JSON object:
//!
//! | field | holds |
//! |---|---|
//! | `format` | always `retropress-integration` |
//! | `version` | of the format: 1 |
//! | `madeBy`, `madeAt`, `madeWith` | who made it, when (RFC 3339), with which Retropress |
//! | `serverUrl` | address of the site up to and with its context path |
//! | `edition` | `cloud`, `dataCenter` or `server` |
//! | `method` | the authentication method |
//! | `clientId` | of the OAuth app or application link, where the method has one; never its secret |
//! | `serviceAccount` | true where Atlassian Login is by client credentials |
//! | `scopeFamily` | `granular` or `classic`, of Atlassian Login |
//! | `scopes` | what a token or OAuth app needs on Cloud |
//! | `space` | `id`, `key`, `name` |
//! | `retrospective`, `healthCheck` | `parent` (`type`: `none`, `new` or `existing`; `id`; `title`) and page `title` |
//! | `labels` | of published pages |
//! | `network` | `proxy` as `host:port`; a hint, which is shown and never set |
//!
//! Nothing in it can send a credential to a host the user did not see: the server is the address that
//! is shown and no other, and whether plain http is allowed is never taken from a file.

use base64::Engine as _;
use chrono::{DateTime, Utc};
use retropress_confluence::Url;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    ApiError, App, ErrorCode, Field, Result,
    connect::{
        self, Edition, Method,
        sign_in::{self, ScopeFamily},
    },
    desktop,
    integrations::{self, Configuration, Parent, StoredIntegration},
    network::{self, NetworkScope, ProxyInUse},
    teams,
};

/// Largest file that is read, in bytes. A real one has about one thousand.
pub const LIMIT: usize = 64 * 1024;
const FORMAT: &str = "retropress-integration";
const VERSION: u64 = 1;
/// Longest text in it: Confluence's titles have 255 characters.
const LONGEST_TEXT: usize = 255;
const LONGEST_ADDRESS: usize = 2000;
const MOST_ENTRIES: usize = 100;

/// What a file sets, as shown before anything is done with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct HandedOn {
    /// As the file says; nobody has checked it.
    pub made_by: String,
    pub made_at: DateTime<Utc>,
    pub made_with: String,
    /// The site, as it is entered in the wizard.
    pub server_url: String,
    /// Scheme, host and port of what receives the sign-in data: the site, or Atlassian's sign-in.
    pub server: String,
    pub edition: Edition,
    pub method: Method,
    /// Empty where the method has none.
    pub client_id: String,
    pub service_account: bool,
    pub scope_family: ScopeFamily,
    pub scopes: Vec<String>,
    pub configuration: Configuration,
    /// Proxy the maker uses, as a hint; empty for none.
    pub proxy: String,
    /// What to look at twice.
    pub warnings: Vec<String>,
}

/// Asks where to save the integration without its secrets, saves it there and answers the path;
/// `None` when the user cancelled.
///
/// # Errors
/// `made_by` is empty or too long; what saving a file can end with.
pub async fn save(app: &App, integration_id: String, made_by: String) -> Result<Option<String>> {
    let integration = integrations::find(app, &integration_id)?;
    let file = File::of(app, integration, &made_by)?;
    let name: String = host_of(&file.server_url)
        .chars()
        .map(|it| {
            if it.is_ascii_alphanumeric() || it == '.' {
                it
            } else {
                '-'
            }
        })
        .collect();
    let mut text = serde_json::to_string_pretty(&file).map_err(|it| ApiError::internal(&it))?;
    text.push('\n');
    let name = format!("Retropress - {name}.json");
    desktop::save(app, &name, text.into_bytes(), "configuration").await
}

/// Reads a file's bytes, sent as base64. Stores nothing and sends nothing.
///
/// # Errors
/// [`ErrorCode::TooLarge`]; [`ErrorCode::Invalid`] with the reason for a file that is damaged, of
/// another program, of a newer Retropress, or that says something it must not.
pub async fn open(app: &App, team_id: String, base64: String) -> Result<HandedOn> {
    if base64.len() / 4 * 3 > LIMIT + 3 {
        return Err(too_large());
    }
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(base64.as_bytes())
        .map_err(|it| ApiError::internal(&it))?;
    if bytes.len() > LIMIT {
        return Err(too_large());
    }
    let team = teams::find(app, &team_id)?;
    let file = File::read(&bytes)?;
    file.check_texts()?;
    let address = file.address()?;
    let configuration = integrations::check(&file.configuration(), &team.name, app.today())
        .map_err(|it| says_wrong(&it.message))?;
    Ok(HandedOn {
        warnings: file.warnings(&address),
        server: match file.method {
            Method::AtlassianLogin => &app.inner.endpoints.auth,
            _ => &address,
        }
        .origin()
        .ascii_serialization(),
        made_by: file.made_by,
        made_at: file.made_at,
        made_with: file.made_with,
        server_url: file.server_url,
        edition: file.edition,
        method: file.method,
        client_id: file.client_id.unwrap_or_default(),
        service_account: file.service_account,
        scope_family: file.scope_family,
        scopes: file.scopes,
        configuration,
        proxy: file.network.map(|it| it.proxy).unwrap_or_default(),
    })
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    format: String,
    version: u64,
    made_by: String,
    made_at: DateTime<Utc>,
    made_with: String,
    server_url: String,
    edition: Edition,
    method: Method,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    service_account: bool,
    #[serde(default)]
    scope_family: ScopeFamily,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    scopes: Vec<String>,
    space: SpaceOf,
    retrospective: Pages,
    health_check: Pages,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    network: Option<Network>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpaceOf {
    id: String,
    key: String,
    name: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pages {
    parent: ParentOf,
    title: String,
}

/// A struct rather than [`Parent`], which takes unknown fields.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ParentOf {
    r#type: ParentType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum ParentType {
    None,
    New,
    Existing,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Network {
    proxy: String,
}

/// Read before everything else, from whatever the file holds beside.
#[derive(Deserialize)]
struct Header {
    format: Option<serde_json::Value>,
    version: Option<serde_json::Value>,
}

impl File {
    fn of(app: &App, it: StoredIntegration, made_by: &str) -> Result<Self> {
        let made_by = made_by.trim();
        if made_by.is_empty() || made_by.chars().count() > LONGEST_TEXT || hides(made_by) {
            return Err(ApiError::invalid(
                Field::MadeBy,
                "Enter your name, so that the receiver knows whose configuration it is.",
            ));
        }
        let site = connect::site_view(&it.site);
        let way = NetworkScope::of(Some(&it.id), &it.team_id);
        let Configuration {
            space_id,
            space_key,
            space_name,
            retrospective_parent,
            retrospective_title,
            health_check_parent,
            health_check_title,
            labels,
        } = it.configuration;
        Ok(Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            made_by: made_by.to_owned(),
            made_at: app.now(),
            made_with: format!("Retropress {}", env!("CARGO_PKG_VERSION")),
            server_url: site.base_url,
            edition: site.edition,
            method: it.method,
            scopes: scopes(it.method, it.sign_in.scopes),
            client_id: (!it.sign_in.client_id.is_empty()).then_some(it.sign_in.client_id),
            service_account: it.sign_in.service_account,
            scope_family: it.sign_in.scopes,
            space: SpaceOf {
                id: space_id,
                key: space_key,
                name: space_name,
            },
            retrospective: Pages {
                parent: retrospective_parent.into(),
                title: retrospective_title,
            },
            health_check: Pages {
                parent: health_check_parent.into(),
                title: health_check_title,
            },
            labels,
            network: match network::proxy_in_use(app, &way)? {
                ProxyInUse::Own(proxy) => Some(Network { proxy }),
                ProxyInUse::System | ProxyInUse::None => None,
            },
        })
    }

    fn read(bytes: &[u8]) -> Result<Self> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text = std::str::from_utf8(bytes).map_err(|_| foreign("It is not a text file."))?;
        // An array would be read for an object, its fields by their place.
        if !text.trim_start().starts_with('{') {
            return Err(foreign("It is no JSON object."));
        }
        let header: Header = match serde_json::from_str(text) {
            Ok(header) => header,
            Err(problem) if text.contains(FORMAT) => {
                let why = if problem.is_eof() {
                    "It is cut off: its end is missing.".to_owned()
                } else {
                    format!("It cannot be read from line {} on.", problem.line())
                };
                return Err(damaged(&why));
            }
            Err(_) => return Err(foreign("It is no JSON object.")),
        };
        if header.format.as_ref().and_then(|it| it.as_str()) != Some(FORMAT) {
            return Err(foreign("Another program wrote it."));
        }
        match header.version.as_ref().and_then(serde_json::Value::as_u64) {
            Some(VERSION) => {}
            Some(version) if version > VERSION => {
                return Err(refused(
                    "This configuration is of a newer Retropress",
                    &format!("Its format has version {version}; this Retropress knows {VERSION}."),
                    "Install the newest Retropress, or ask for the file of an older one.",
                ));
            }
            _ => return Err(damaged("It does not say which version its format has.")),
        }
        serde_json::from_str(text).map_err(|problem| {
            let why: String = problem.to_string().chars().take(200).collect();
            damaged(&format!("It was changed, or is not whole: {why}."))
        })
    }

    /// No text may hide or turn round a part of what is shown.
    fn check_texts(&self) -> Result<()> {
        let pages = [&self.retrospective, &self.health_check];
        let mut texts = vec![
            &self.made_by,
            &self.made_with,
            &self.space.id,
            &self.space.key,
            &self.space.name,
        ];
        texts.extend(&self.client_id);
        texts.extend(pages.iter().map(|it| &it.title));
        texts.extend(pages.iter().flat_map(|it| &it.parent.id));
        texts.extend(pages.iter().flat_map(|it| &it.parent.title));
        texts.extend(self.network.iter().map(|it| &it.proxy));
        if self.labels.len() > MOST_ENTRIES || self.scopes.len() > MOST_ENTRIES {
            return Err(says_wrong(
                "It has more labels or scopes than anybody needs.",
            ));
        }
        texts.extend(&self.labels);
        texts.extend(&self.scopes);
        for text in texts {
            if text.chars().count() > LONGEST_TEXT {
                return Err(says_wrong("A text in it is longer than 255 characters."));
            }
            if hides(text) {
                return Err(says_wrong(
                    "A text in it holds characters that cannot be seen, or that turn round what is read.",
                ));
            }
        }
        if self.made_by.trim().is_empty() {
            return Err(says_wrong("It does not say who made it."));
        }
        let lacks = |it: &ParentOf| match it.r#type {
            ParentType::None => it.id.is_some() || it.title.is_some(),
            ParentType::New => it.id.is_some() || it.title.is_none(),
            ParentType::Existing => it.id.is_none() || it.title.is_none(),
        };
        if pages.iter().any(|it| lacks(&it.parent)) {
            return Err(says_wrong(
                "A parent page in it is not told as it has to be.",
            ));
        }
        Ok(())
    }

    /// The server, written exactly as it will be used: what is shown is what is asked.
    fn address(&self) -> Result<Url> {
        let wrong = |why: &str| says_wrong(&format!("Its server address {why}."));
        if self.server_url.len() > LONGEST_ADDRESS {
            return Err(wrong("is too long"));
        }
        let address = Url::parse(&self.server_url).map_err(|_| wrong("cannot be read"))?;
        if !matches!(address.scheme(), "https" | "http") {
            return Err(wrong("is not one of the web"));
        }
        if !address.username().is_empty() || address.password().is_some() {
            return Err(wrong("holds a user name, which hides the real server"));
        }
        if address.query().is_some() || address.fragment().is_some() {
            return Err(wrong("holds more than a server and a path"));
        }
        if address.as_str().trim_end_matches('/') != self.server_url {
            return Err(wrong("is not written the way it would be used"));
        }
        let cloud_method = matches!(self.method, Method::AtlassianLogin | Method::ApiToken);
        if cloud_method != (self.edition == Edition::Cloud) {
            return Err(says_wrong(
                "Its authentication method does not fit its edition of Confluence.",
            ));
        }
        Ok(address)
    }

    fn warnings(&self, address: &Url) -> Vec<String> {
        let host = address.host_str().unwrap_or_default();
        let mut warnings = Vec::new();
        if retropress_confluence::is_in_the_clear(address) {
            warnings.push(
                "This server is not encrypted. The wizard asks before anything is sent to it."
                    .to_owned(),
            );
        }
        if host.split('.').any(|it| it.starts_with("xn--")) {
            warnings.push(
                "The server\u{2019}s name is written in letters beyond a to z, which can look like another name."
                    .to_owned(),
            );
        }
        if self.edition == Edition::Cloud && !host.ends_with(".atlassian.net") {
            warnings.push(
                "This is not an address below atlassian.net. Cloud sites can have a domain of their own; make sure that it is yours."
                    .to_owned(),
            );
        }
        warnings
    }

    fn configuration(&self) -> Configuration {
        Configuration {
            space_id: self.space.id.clone(),
            space_key: self.space.key.clone(),
            space_name: self.space.name.clone(),
            retrospective_parent: self.retrospective.parent.read(),
            retrospective_title: self.retrospective.title.clone(),
            health_check_parent: self.health_check.parent.read(),
            health_check_title: self.health_check.title.clone(),
            labels: self.labels.clone(),
        }
    }
}

impl From<Parent> for ParentOf {
    fn from(it: Parent) -> Self {
        let (r#type, id, title) = match it {
            Parent::None => (ParentType::None, None, None),
            Parent::New { title } => (ParentType::New, None, Some(title)),
            Parent::Existing { id, title } => (ParentType::Existing, Some(id), Some(title)),
        };
        Self { r#type, id, title }
    }
}

impl ParentOf {
    fn read(&self) -> Parent {
        let title = self.title.clone().unwrap_or_default();
        match self.r#type {
            ParentType::None => Parent::None,
            ParentType::New => Parent::New { title },
            ParentType::Existing => Parent::Existing {
                id: self.id.clone().unwrap_or_default(),
                title,
            },
        }
    }
}

/// Control characters, and those of Unicode that are invisible or change the direction of reading.
fn hides(text: &str) -> bool {
    text.chars().any(|it| {
        it.is_control()
            || matches!(it,
                '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    })
}

/// What a token or an OAuth app needs on Cloud.
fn scopes(method: Method, family: ScopeFamily) -> Vec<String> {
    let scopes = match method {
        Method::AtlassianLogin => sign_in::scopes(method, family),
        // A token is no sign-in that would have to be renewed.
        Method::ApiToken => sign_in::scopes(Method::AtlassianLogin, ScopeFamily::Granular)
            .into_iter()
            .filter(|it| *it != "offline_access")
            .collect(),
        Method::PersonalAccessToken | Method::Basic | Method::ApplicationLink => Vec::new(),
    };
    scopes.into_iter().map(str::to_owned).collect()
}

fn host_of(address: &str) -> String {
    Url::parse(address)
        .ok()
        .and_then(|it| it.host_str().map(str::to_owned))
        .unwrap_or_default()
}

fn refused(message: &str, cause: &str, hint: &str) -> ApiError {
    ApiError::new(ErrorCode::Invalid, message, hint)
        .because(cause)
        .at(Field::File)
}

fn foreign(why: &str) -> ApiError {
    refused(
        "This is not a configuration of Retropress",
        why,
        "Choose the file that was saved with \u{201c}Hand on\u{201d}; its name ends in .json.",
    )
}

fn damaged(why: &str) -> ApiError {
    refused(
        "This configuration is damaged",
        &format!("{why} Nothing was taken over."),
        "Ask whoever made it to save and send it again.",
    )
}

fn says_wrong(why: &str) -> ApiError {
    refused(
        "This configuration cannot be used",
        &format!("{why} Nothing was taken over."),
        "Ask whoever made it to save and send it again.",
    )
}

fn too_large() -> ApiError {
    let mut error = foreign("A configuration is never larger than 64 KB. Nothing was read.");
    error.code = ErrorCode::TooLarge;
    error
}
