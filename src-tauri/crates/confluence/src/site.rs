//! A Confluence site: its address, how it is found out, and addresses of its own pages.

use quick_xml::{Reader, events::Event};
use reqwest::header;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::{Host, Url};

use crate::{
    Http, Result,
    answer::{self, is_sign_in, same_host},
    calls::{self, Call},
    credential::Method,
    error::{Cause, Error, ErrorKind, Outcome},
    http::{Answer, Payload, Request, host_of, is_in_the_clear, is_loopback},
};

/// The three lines of Confluence.
///
/// No call tells a Data Center licence from a Server licence, and both answer alike. Server ended on
/// 2024-02-15 with 8.x; what is older than 7.0 is called Server here, since every line of it is past
/// its end; from 7.0 on, and where the version is hidden, it is called Data Center.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Edition {
    Cloud,
    DataCenter,
    Server,
}

/// Where a Confluence answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Site {
    /// Up to and with the context path, without query and fragment; ends in a slash only where there
    /// is no context path: `https://x.atlassian.net/wiki`, `https://wiki.example.com/`.
    pub base_url: Url,
    pub edition: Edition,
    /// "9.2.7"; `None` on Cloud and where the server hides it.
    pub version: Option<String>,
    /// Names the site at Atlassian's gateway; Cloud only.
    pub cloud_id: Option<String>,
    /// What people call it: the host, with its port where that is not the usual one.
    pub name: String,
}

/// A page of the server that a person opens in the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerPage {
    /// Where an API token or a personal access token is made.
    Tokens,
    /// Where an administrator makes a separate user.
    Users,
    /// Where an administrator sets up an application link.
    ApplicationLinks,
    /// Where an OAuth app of Atlassian is made.
    OauthApps,
    /// The server's start page, where one signs in.
    Home,
}

impl Site {
    /// What the address alone tells, before anything is asked: for links to the server's own pages.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadAddress`] when it is none.
    pub fn guess(entered: &str, edition: Edition) -> Result<Self> {
        let entered = Entered::parse(entered)?;
        let base_url = match edition {
            Edition::Cloud => with_path(&entered.url, "wiki"),
            Edition::DataCenter | Edition::Server => with_path(&entered.url, &entered.context),
        };
        Ok(Self::at(base_url, edition))
    }

    fn at(base_url: Url, edition: Edition) -> Self {
        Self {
            name: host_of(&base_url),
            base_url,
            edition,
            version: None,
            cloud_id: None,
        }
    }

    /// The address of one of the server's own pages, below its context path.
    pub fn server_page(&self, page: ServerPage) -> Url {
        let own = |path: &str| self.below(path);
        let atlassian =
            |address: &str| Url::parse(address).unwrap_or_else(|_| self.base_url.clone());
        if self.edition == Edition::Cloud {
            return match page {
                ServerPage::Tokens => {
                    atlassian("https://id.atlassian.com/manage-profile/security/api-tokens")
                }
                ServerPage::Users | ServerPage::ApplicationLinks => {
                    atlassian("https://admin.atlassian.com/")
                }
                ServerPage::OauthApps => {
                    atlassian("https://developer.atlassian.com/console/myapps/")
                }
                ServerPage::Home => own("/home"),
            };
        }
        match page {
            ServerPage::Tokens => own("/plugins/personalaccesstokens/usertokens.action"),
            ServerPage::Users => own("/admin/users/browseusers.action"),
            ServerPage::ApplicationLinks => own("/plugins/servlet/applinks/listApplicationLinks"),
            ServerPage::OauthApps => own("/plugins/servlet/applinks/listApplicationLinks"),
            ServerPage::Home => own("/"),
        }
    }

    /// The address for the browser of what `_links.webui` or `_links.tinyui` holds.
    ///
    /// These are relative to the base, context path included; a link that repeats the context path, or
    /// is a whole address, is understood too. A link to another host becomes the site's start page:
    /// nothing that an answer says may lead the user elsewhere.
    pub fn page_address(&self, webui: &str) -> Url {
        let webui = webui.trim();
        if let Ok(whole) = Url::parse(webui) {
            if self.is_own_address(&whole) {
                return whole;
            }
            return self.base_url.clone();
        }
        let context = self.context();
        let mut path = format!("/{}", webui.trim_start_matches('/'));
        if !context.is_empty() && path.starts_with(&format!("{context}/")) {
            path = path[context.len()..].to_owned();
        }
        self.below(&path)
    }

    /// Whether an address is below this site: same scheme, host, port and context path.
    pub fn is_own_address(&self, address: &Url) -> bool {
        let context = self.context();
        address.origin() == self.base_url.origin()
            && address.username().is_empty()
            && address.password().is_none()
            && (address.path() == context || address.path().starts_with(&format!("{context}/")))
    }

    /// The page that a pasted address names, if it is one of this site's.
    pub fn page_in(&self, pasted: &str) -> Option<PageAddress> {
        let url = Url::parse(pasted.trim()).ok()?;
        if url.host_str() != self.base_url.host_str()
            || url.port_or_known_default() != self.base_url.port_or_known_default()
        {
            return None;
        }
        if let Some((_, id)) = url.query_pairs().find(|(name, _)| name == "pageId") {
            return digits(&id).map(PageAddress::Id);
        }
        let segments: Vec<&str> = url.path_segments()?.collect();
        let after = |name: &str| {
            segments
                .iter()
                .position(|segment| *segment == name)
                .map(|at| &segments[at + 1..])
        };
        if after("spaces").is_some()
            && let Some([id, ..]) = after("pages")
        {
            return digits(id).map(PageAddress::Id);
        }
        if let Some([code, ..]) = after("x") {
            return tiny_id(code).map(PageAddress::Id);
        }
        if let Some([space, title, ..]) = after("display") {
            let plain = |text: &str| {
                url::form_urlencoded::parse(format!("t={text}").as_bytes())
                    .next()
                    .map(|(_, value)| value.into_owned())
            };
            return Some(PageAddress::Title {
                space_key: plain(space)?,
                title: plain(title)?,
            });
        }
        None
    }

    /// The context path without a slash at the end; empty for none.
    fn context(&self) -> &str {
        self.base_url.path().trim_end_matches('/')
    }

    fn below(&self, path_and_query: &str) -> Url {
        let base = self.base_url.as_str().trim_end_matches('/');
        Url::parse(&format!("{base}{path_and_query}"))
            .ok()
            .filter(|url| self.is_own_address(url))
            .unwrap_or_else(|| self.base_url.clone())
    }

    /// Major and minor of the version, where it is known.
    pub fn line(&self) -> Option<(u32, u32)> {
        line(self.version.as_deref()?)
    }

    /// Whether a way to sign in belongs to the other kind of Confluence.
    pub(crate) fn refuses(&self, method: Method) -> bool {
        match method {
            Method::ApiToken => self.edition != Edition::Cloud,
            Method::PersonalAccessToken | Method::Basic => self.edition == Edition::Cloud,
            Method::Oauth => false,
        }
    }
}

/// How an address names a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageAddress {
    Id(String),
    Title { space_key: String, title: String },
}

fn digits(text: &str) -> Option<String> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.to_owned())
}

/// The page id in a tiny link: base64 of its little-endian bytes, with `-` for `/`, `_` for `+`, and
/// the `A`s at the end left out.
fn tiny_id(code: &str) -> Option<String> {
    use base64::Engine as _;
    if code.is_empty() || code.len() > 11 {
        return None;
    }
    let mut text = code.replace('-', "/").replace('_', "+");
    while text.len() < 11 {
        text.push('A');
    }
    text.push('=');
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(text)
        .ok()?;
    let bytes: [u8; 8] = bytes.try_into().ok()?;
    let id = u64::from_le_bytes(bytes);
    (id > 0).then(|| id.to_string())
}

fn line(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split(['.', '-']);
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
    Some((major, minor))
}

/// An address as a person pastes it, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entered {
    /// Scheme, host and port only.
    url: Url,
    /// What stands before the first part that is Confluence's own; without slashes around it.
    context: String,
}

/// First path segments that are Confluence's own, so that what stands before is the context path.
const OWN_SEGMENTS: [&str; 30] = [
    "_edge",
    "admin",
    "api",
    "authenticate",
    "calendars",
    "collector",
    "display",
    "dosearchsite.action",
    "download",
    "ex",
    "home",
    "images",
    "inbox",
    "label",
    "labels",
    "login",
    "pages",
    "people",
    "plugins",
    "questions",
    "rest",
    "s",
    "search",
    "secure",
    "servicedesk",
    "setup",
    "space",
    "spaces",
    "status",
    "x",
];

fn bad(cause: Cause) -> Error {
    Error::new(ErrorKind::BadAddress, Outcome::NotDone).because(cause)
}

impl Entered {
    fn parse(entered: &str) -> Result<Self> {
        let text = entered.trim().trim_matches(['<', '>', '"', '\'']).trim();
        if text.is_empty() {
            return Err(bad(Cause::NoAddress));
        }
        let url = if let Some((_, rest)) = text.split_once("://") {
            // The parser would take the first part of the path for the host.
            if rest.starts_with(['/', '\\']) {
                return Err(bad(Cause::NoServerName));
            }
            Url::parse(text)
        } else if text.starts_with("http:") || text.starts_with("https:") {
            return Err(bad(Cause::Unreadable));
        } else {
            let text = text.trim_start_matches('/');
            Url::parse(&format!("https://{text}")).map(|url| {
                if is_loopback(&url) {
                    Url::parse(&format!("http://{text}")).unwrap_or(url)
                } else {
                    url
                }
            })
        };
        let mut url = url.map_err(|error| match error {
            url::ParseError::EmptyHost => bad(Cause::NoServerName),
            _ => bad(Cause::Unreadable),
        })?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(bad(Cause::NotWeb));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad(Cause::HoldsPassword));
        }
        match url.host() {
            None => return Err(bad(Cause::NoServerName)),
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.').to_owned();
                if name.is_empty() {
                    return Err(bad(Cause::NoServerName));
                }
                if name == "atlassian.net"
                    || name == "atlassian.com"
                    || name.ends_with(".atlassian.com")
                {
                    return Err(bad(Cause::AtlassianService));
                }
            }
            Some(_) => {}
        }
        let context = context_of(&url);
        url.set_path("/");
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self { url, context })
    }
}

/// The context path in a page's address.
fn context_of(url: &Url) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in url.path_segments().into_iter().flatten() {
        if segment.is_empty() {
            continue;
        }
        let lower = segment.to_ascii_lowercase();
        let own = OWN_SEGMENTS.contains(&lower.as_str())
            || lower.ends_with(".action")
            || lower.ends_with(".jsp")
            || lower.ends_with(".html");
        if own {
            break;
        }
        // `/wiki/wiki` comes of joining a base and a link that both hold it.
        if kept.last() != Some(&segment) {
            kept.push(segment);
        }
    }
    kept.join("/")
}

pub(crate) fn with_path(url: &Url, path: &str) -> Url {
    let mut url = url.clone();
    url.set_path(path);
    url
}

/// Finds out what answers at an address. No credential is sent, and nothing is followed to another host.
///
/// Whatever is pasted will do: a page's address, a tiny link, no scheme, slashes at the end, `/wiki`
/// twice or not at all. Without a scheme it is https, or http on this computer.
///
/// # Errors
///
/// [`ErrorKind::BadAddress`] and [`ErrorKind::InsecureHttp`] before anything is sent; the connection's
/// own failures; [`ErrorKind::SignInPage`], [`ErrorKind::CaptivePortal`], [`ErrorKind::Redirected`] or
/// [`ErrorKind::NotConfluence`] for what answers and is no Confluence.
pub async fn discover(http: &Http, entered: &str, allow_http: bool) -> Result<Site> {
    let mut entered = Entered::parse(entered)?;
    let mut moved = false;
    loop {
        if !allow_http && is_in_the_clear(&entered.url) {
            return Err(Error::new(ErrorKind::InsecureHttp, Outcome::NotDone)
                .with(|inner| inner.context.host = host_of(&entered.url)));
        }
        match look(http, &entered).await? {
            Found::Site(site) => return Ok(site),
            Found::Moved(to) if !moved => {
                moved = true;
                entered = to;
            }
            Found::Moved(_) => {
                return Err(Error::new(ErrorKind::Redirected, Outcome::NotDone)
                    .with(|inner| inner.context.host = host_of(&entered.url)));
            }
        }
    }
}

enum Found {
    Site(Site),
    /// The same host, with https or another context path.
    Moved(Entered),
}

async fn look(http: &Http, entered: &Entered) -> Result<Found> {
    let tenant = ask(http, &entered.url, &calls::TENANT_INFO).await?;
    if let Some(id) = cloud_id(&tenant) {
        let mut site = Site::at(with_path(&entered.url, "wiki"), Edition::Cloud);
        site.cloud_id = Some(id);
        return Ok(Found::Site(site));
    }
    let host = entered
        .url
        .host_str()
        .unwrap_or_default()
        .trim_end_matches('.')
        .to_owned();
    if host.ends_with(".atlassian.net") {
        let error = match tenant.status {
            404 => not_confluence(&tenant).because(Cause::NoSuchCloudSite),
            _ if tenant.is_success() && tenant.is_html() => {
                told(answer::page_instead(&tenant), &tenant)
            }
            _ => answer::failure(
                &tenant,
                tenant.status,
                answer::Subject::Account,
                &Default::default(),
            ),
        };
        return Err(error);
    }
    if let Some(to) = moved_on_same_host(&tenant, entered) {
        return Ok(Found::Moved(to));
    }

    let mut first = None;
    for context in contexts(&entered.context) {
        let base = with_path(&entered.url, &context);
        match look_below(http, &base).await? {
            Below::Site(site) => return Ok(Found::Site(site)),
            Below::Not(why) => {
                // What answers at the entered path is the better explanation than a guess beside it.
                first.get_or_insert(why);
            }
        }
    }

    // A bare host often sends its visitors to the context path.
    let start = ask(http, &entered.url, &calls::START_PAGE).await?;
    if let Some(to) = moved_on_same_host(&start, entered) {
        return Ok(Found::Moved(to));
    }
    let why = if start.is_redirect() {
        told(answer::redirect(&start), &start)
    } else {
        first.unwrap_or_else(|| not_confluence(&start))
    };
    Err(why.with(|inner| inner.outcome = Outcome::NotDone))
}

/// Context paths worth asking at: the entered one, what it begins with, and the usual ones.
fn contexts(entered: &str) -> Vec<String> {
    let mut list = vec![entered.to_owned()];
    let mut rest = entered;
    while let Some((before, _)) = rest.rsplit_once('/') {
        list.push(before.to_owned());
        rest = before;
    }
    list.extend(["", "confluence", "wiki"].map(str::to_owned));
    let mut seen = Vec::new();
    list.retain(|path| {
        let new = !seen.contains(path);
        seen.push(path.clone());
        new
    });
    list.truncate(6);
    list
}

enum Below {
    Site(Site),
    Not(Error),
}

async fn look_below(http: &Http, base: &Url) -> Result<Below> {
    let found = |version: Option<String>| {
        let old = version
            .as_deref()
            .and_then(line)
            .is_some_and(|line| line < (7, 0));
        let edition = if old {
            Edition::Server
        } else {
            Edition::DataCenter
        };
        let mut site = Site::at(base.clone(), edition);
        site.version = version;
        Below::Site(site)
    };
    let information = ask(http, base, &calls::SERVER_INFORMATION).await?;
    if let Some(version) = server_version(&information) {
        return Ok(found(Some(version)));
    }
    if matches!(information.status, 407 | 429 | 511) || information.status >= 500 {
        return Ok(Below::Not(answer::failure(
            &information,
            information.status,
            answer::Subject::Account,
            &Default::default(),
        )));
    }
    let manifest = ask(http, base, &calls::MANIFEST).await?;
    match read_manifest(&manifest) {
        Some(Manifest { kind, version }) if kind.eq_ignore_ascii_case("confluence") => {
            return Ok(found(version));
        }
        Some(Manifest { kind, .. }) => {
            return Ok(Below::Not(
                not_confluence(&information).because(Cause::OtherProduct(kind)),
            ));
        }
        None => {}
    }
    if is_confluence_refusal(&information) {
        return Ok(found(None));
    }
    let status = ask(http, base, &calls::STATUS).await?;
    if matches!(information.status, 401 | 403)
        && serde_json::from_slice::<Value>(&status.body)
            .ok()
            .is_some_and(|value| value.get("state").is_some_and(Value::is_string))
    {
        return Ok(found(None));
    }
    Ok(Below::Not(if information.is_redirect() {
        told(answer::redirect(&information), &information)
    } else if information.is_success()
        && information.is_html()
        && (looks_like_sign_in(&information)
            || answer::page_instead(&information).kind() == ErrorKind::CaptivePortal)
    {
        told(answer::page_instead(&information), &information)
    } else if matches!(information.status, 401 | 403)
        && information.header("www-authenticate").is_some()
    {
        // A gate in front of everything: whether a Confluence is behind it, nobody can tell.
        told(
            Error::new(ErrorKind::SignInPage, Outcome::NotDone),
            &information,
        )
    } else {
        not_confluence(&information)
    }))
}

fn told(error: Error, answer: &Answer) -> Error {
    let message = answer::server_message(answer);
    error.with(|inner| {
        inner.status = Some(answer.status);
        inner.call = Some(answer.call);
        inner.at = Some(crate::http::at(answer.call, &answer.url));
        inner.context.host = host_of(&answer.url);
        inner.server_message = (!message.is_empty()).then_some(message);
    })
}

fn not_confluence(answer: &Answer) -> Error {
    told(
        Error::new(ErrorKind::NotConfluence, Outcome::NotDone),
        answer,
    )
}

pub(crate) async fn ask(http: &Http, base: &Url, call: &'static Call) -> Result<Answer> {
    let base = base.as_str().trim_end_matches('/');
    let url = Url::parse(&format!("{base}{}", call.path)).map_err(|_| bad(Cause::Unreadable))?;
    http.send(Request {
        call,
        url,
        authorization: None,
        payload: Payload::Empty,
    })
    .await
}

fn cloud_id(answer: &Answer) -> Option<String> {
    if !answer.is_success() {
        return None;
    }
    let value: Value = serde_json::from_slice(&answer.body).ok()?;
    let id = value.get("cloudId")?.as_str()?;
    // It becomes part of the gateway's path.
    let plain = !id.is_empty()
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    plain.then(|| id.to_owned())
}

fn server_version(answer: &Answer) -> Option<String> {
    if !answer.is_success() {
        return None;
    }
    let value: Value = serde_json::from_slice(&answer.body).ok()?;
    value.get("buildNumber")?;
    let version = value.get("version")?.as_str()?;
    line(version)?;
    Some(version.to_owned())
}

/// A refusal with Confluence's own marks on it: its JSON, or its sign-in filter's header.
fn is_confluence_refusal(answer: &Answer) -> bool {
    matches!(answer.status, 401 | 403)
        && (answer.header("x-seraph-loginreason").is_some()
            || answer.header("x-confluence-request-time").is_some()
            || serde_json::from_slice::<Value>(&answer.body)
                .ok()
                .is_some_and(|value| {
                    value.get("statusCode").is_some() && value.get("message").is_some()
                }))
}

fn looks_like_sign_in(answer: &Answer) -> bool {
    let text = answer.text().to_ascii_lowercase();
    [
        "type=\"password\"",
        "type='password'",
        "type=password",
        "log in",
        "login",
        "sign in",
        "signin",
        "single sign",
        "captive",
        "hotspot",
        "wispaccessgatewayparam",
    ]
    .iter()
    .any(|word| text.contains(word))
}

/// The same host with https, or with a context path not known yet.
fn moved_on_same_host(answer: &Answer, entered: &Entered) -> Option<Entered> {
    if !answer.is_redirect() {
        return None;
    }
    let location = answer.headers.get(header::LOCATION)?.to_str().ok()?;
    let target = answer.url.join(location).ok()?;
    if !same_host(&target, &entered.url) || !matches!(target.scheme(), "http" | "https") {
        return None;
    }
    // Only a change of path, or the usual step from http to https; another port is another server.
    let same_origin = target.origin() == entered.url.origin();
    let to_https = entered.url.scheme() == "http"
        && target.scheme() == "https"
        && entered.url.port().is_none()
        && target.port().is_none();
    if !same_origin && !to_https {
        return None;
    }
    let from_tenant = answer.call == &calls::TENANT_INFO;
    let context = if from_tenant || is_sign_in(&target) && context_of(&target).is_empty() {
        entered.context.clone()
    } else {
        context_of(&target)
    };
    let mut url = target;
    url.set_path("/");
    url.set_query(None);
    url.set_fragment(None);
    let moved = Entered { url, context };
    let known = moved.url == entered.url && contexts(&entered.context).contains(&moved.context);
    (!known).then_some(moved)
}

struct Manifest {
    kind: String,
    version: Option<String>,
}

/// Atlassian's application manifest: `<manifest><typeId>confluence</typeId><version>…`.
fn read_manifest(answer: &Answer) -> Option<Manifest> {
    if !answer.is_success() || answer.is_html() {
        return None;
    }
    let text = answer.text();
    let mut reader = Reader::from_str(&text);
    let mut path: Vec<String> = Vec::new();
    let (mut kind, mut version) = (None, None);
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                path.push(start.local_name().as_ref().to_owned());
            }
            Event::End(_) => {
                path.pop();
            }
            Event::Text(text) if path.len() == 2 => {
                let value = text.trim().to_owned();
                match path[1].as_str() {
                    "typeId" => kind = Some(value),
                    "version" => version = Some(value),
                    _ => {}
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    Some(Manifest {
        kind: kind?,
        version: version.filter(|version| line(version).is_some()),
    })
}
