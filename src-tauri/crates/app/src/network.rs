//! How Confluence is reached: for every connection, and for those that have settings of their own.
//!
//! A change takes effect with the next call of every connection it is about, without a restart.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use base64::Engine as _;
use chrono::{DateTime, Utc};
use retropress_confluence::{
    Authority, CertificateInfo, CertificateProblem, ClientCertificate, Error, ErrorKind, Http,
    HttpOptions, OwnProxy, ProxyChoice, ProxySignIn, SecretString, Trust, Url, Way, discover,
};
use retropress_store::NetworkRecord;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    ApiError, App, Field, Result,
    clients::{from_text, to_text},
    connect::{Check, CheckOutcome},
    error::from_confluence,
    integrations::{self, StoredIntegration},
    lock,
    sealing::{self, Sealing},
};

/// To resolve a name, connect and shake hands: seconds.
const CONNECT_SECONDS: std::ops::RangeInclusive<u64> = 1..=120;
/// For one whole call; uploads get more by their size: seconds.
const ANSWER_SECONDS: std::ops::RangeInclusive<u64> = 5..=600;

/// Whose settings.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "type")]
#[ts(export)]
pub enum NetworkScope {
    /// Of every connection, unless it has its own.
    Everywhere,
    #[serde(rename_all = "camelCase")]
    Integration { integration_id: String },
    /// Of the connection that is being made for the team; kept in memory until it is saved.
    #[serde(rename_all = "camelCase")]
    New { team_id: String },
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum ProxyUse {
    /// As for every connection; there it is the same as `System`.
    #[default]
    Inherit,
    System,
    Own,
    None,
}

/// The settings as they are saved; no secret is among them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct NetworkView {
    pub proxy_use: ProxyUse,
    pub proxy_host: String,
    pub proxy_port: String,
    pub proxy_user: String,
    pub proxy_password_saved: bool,
    /// With commas between.
    pub proxy_exceptions: String,
    pub authorities: Vec<CertificateView>,
    pub client_certificate: Option<CertificateView>,
    /// Seconds; empty for the usual ones.
    pub connect_seconds: String,
    pub answer_seconds: String,
    /// What holds where nothing is set here.
    pub usual: UsualNetwork,
    /// The password or the key was kept for the last session only.
    pub secret_problem: Option<String>,
}

/// What holds for a connection without settings of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct UsualNetwork {
    /// "proxy.example.com:3128 for https", as the system says now.
    pub system_proxy: String,
    pub connect_seconds: u32,
    pub answer_seconds: u32,
}

/// A certificate to be shown and compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct CertificateView {
    pub subject: String,
    pub issuer: String,
    /// 32 pairs of hex digits with colons between.
    pub sha256: String,
    pub valid_until: DateTime<Utc>,
    pub expired: bool,
    /// The certificate itself, which is no secret.
    pub pem: String,
}

/// What the form holds, as typed. A secret left `None` means the saved one.
///
/// It crosses from the window only; nothing with a secret ever crosses back.
#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct NetworkRequest {
    pub proxy_use: ProxyUse,
    pub proxy_host: String,
    pub proxy_port: String,
    pub proxy_user: String,
    pub proxy_password: Option<String>,
    pub proxy_exceptions: String,
    /// In PEM, each one of [`CertificateView::pem`].
    pub authorities: Vec<String>,
    pub client_certificate: ClientCertificateChoice,
    pub connect_seconds: String,
    pub answer_seconds: String,
}

#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "type")]
#[ts(export)]
pub enum ClientCertificateChoice {
    /// The saved one, if there is one.
    Keep,
    None,
    /// A PEM file with the key in it or beside it, or a PKCS #12 file; in base64.
    #[serde(rename_all = "camelCase")]
    File {
        file: String,
        key_file: Option<String>,
        password: Option<String>,
    },
}

/// The settings as they are stored, without their secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Stored {
    proxy: StoredProxy,
    authorities: Vec<String>,
    client_chain: Option<String>,
    connect_seconds: Option<u64>,
    answer_seconds: Option<u64>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct StoredProxy {
    choice: ProxyUse,
    host: String,
    port: u16,
    user: String,
    exceptions: Vec<String>,
}

/// Settings with their secrets, ready for use.
#[derive(Clone, Default)]
struct Loaded {
    stored: Stored,
    password: Option<Arc<SecretString>>,
    client: Option<ClientCertificate>,
}

/// Secrets of a computer without a keyring, and of connections that are not saved yet. Like a sealed
/// one, each opens nothing but what it was entered for.
#[derive(Clone, Default)]
struct Kept {
    password: Option<KeptSecret>,
    key: Option<KeptSecret>,
}

#[derive(Clone)]
struct KeptSecret {
    bound_to: String,
    secret: Arc<SecretString>,
}

impl Kept {
    fn of(loaded: &Loaded) -> Self {
        Self {
            password: loaded.password.clone().map(|secret| KeptSecret {
                bound_to: loaded.stored.proxy.place(),
                secret,
            }),
            key: loaded.client.as_ref().map(|client| KeptSecret {
                bound_to: client.info().sha256.clone(),
                secret: Arc::new(copy(client.key_pem())),
            }),
        }
    }

    fn password(&self, stored: &Stored) -> Option<Arc<SecretString>> {
        let kept = self.password.as_ref()?;
        (kept.bound_to == stored.proxy.place()).then(|| kept.secret.clone())
    }

    fn key(&self, stored: &Stored) -> Option<Arc<SecretString>> {
        let (kept, chain) = (self.key.as_ref()?, stored.client_chain.as_ref()?);
        (kept.bound_to == first_fingerprint(chain)).then(|| kept.secret.clone())
    }
}

/// The open ways to the network.
pub(crate) struct Network {
    base: HttpOptions,
    open: Mutex<HashMap<NetworkScope, Open>>,
    kept: Mutex<HashMap<NetworkScope, Kept>>,
    pending: Mutex<HashMap<String, Stored>>,
    /// Counts the changes of the settings: what was loaded before one is not used after it.
    changes: AtomicU64,
}

#[derive(Clone)]
struct Open {
    http: Http,
    /// What the system's proxy was when the connections were made.
    system: String,
}

impl Network {
    pub fn new(base: HttpOptions) -> Self {
        Self {
            base,
            open: Mutex::default(),
            kept: Mutex::default(),
            pending: Mutex::default(),
            changes: AtomicU64::new(0),
        }
    }

    fn changes(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    fn changed(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
    }
}

impl NetworkScope {
    pub(crate) fn of(integration_id: Option<&str>, team_id: &str) -> Self {
        match integration_id {
            Some(id) => Self::Integration {
                integration_id: id.to_owned(),
            },
            None => Self::New {
                team_id: team_id.to_owned(),
            },
        }
    }

    /// The row it is stored in; `None` for what is not stored yet.
    fn row(&self) -> Option<Option<&str>> {
        match self {
            Self::Everywhere => Some(None),
            Self::Integration { integration_id } => Some(Some(integration_id)),
            Self::New { .. } => None,
        }
    }

    /// A copied row opens nothing of another integration, proxy or certificate.
    fn bound(&self, what: &str) -> Vec<u8> {
        let owner = match self {
            Self::Integration { integration_id } => integration_id,
            _ => "every connection",
        };
        ["network", owner, what].join("\n").into()
    }
}

impl StoredProxy {
    fn place(&self) -> String {
        format!("proxy {}:{} {}", self.host, self.port, self.user)
    }
}

/// The settings of a scope, for the form.
pub async fn read(app: &App, scope: NetworkScope) -> Result<NetworkView> {
    if let NetworkScope::Integration { integration_id } = &scope {
        integrations::find(app, integration_id)?;
    }
    let (stored, record) = saved(app, &scope)?;
    let kept = kept(app, &scope);
    let password = record.proxy_password.is_some() || kept.password(&stored).is_some();
    let key = record.client_key.is_some() || kept.key(&stored).is_some();
    let lost = stored.client_chain.is_some() && !key
        || stored.proxy.choice == ProxyUse::Own && !stored.proxy.user.is_empty() && !password;
    let client_certificate = match &stored.client_chain {
        Some(pem) => certificate_views(app, pem.as_bytes()).into_iter().next(),
        None => None,
    };
    let usual = match &scope {
        NetworkScope::Everywhere => Stored::default(),
        _ => self::stored(app, &NetworkScope::Everywhere)?,
    };
    let base = &app.inner.network.base;
    let seconds = |own: Option<u64>, base: Duration| {
        own.unwrap_or(base.as_secs()).try_into().unwrap_or(u32::MAX)
    };
    Ok(NetworkView {
        proxy_use: stored.proxy.choice,
        proxy_port: match stored.proxy.port {
            0 => String::new(),
            port => port.to_string(),
        },
        proxy_host: stored.proxy.host,
        proxy_user: stored.proxy.user,
        proxy_password_saved: password,
        proxy_exceptions: stored.proxy.exceptions.join(", "),
        authorities: stored
            .authorities
            .iter()
            .flat_map(|pem| certificate_views(app, pem.as_bytes()))
            .collect(),
        client_certificate,
        connect_seconds: typed(stored.connect_seconds),
        answer_seconds: typed(stored.answer_seconds),
        usual: UsualNetwork {
            system_proxy: system_proxy(),
            connect_seconds: seconds(usual.connect_seconds, base.connect_timeout),
            answer_seconds: seconds(usual.answer_seconds, base.timeout),
        },
        secret_problem: lost
            .then(|| "The proxy's password or the certificate's key was kept for the last session only. Enter it again.".to_owned()),
    })
}

/// Checks and saves the settings; every connection they are about uses them with its next call.
///
/// With `session_only` the secrets among them are kept in memory until the app ends, for a computer
/// without a keyring.
pub async fn save(
    app: &App,
    scope: NetworkScope,
    request: NetworkRequest,
    session_only: bool,
) -> Result<NetworkView> {
    if let NetworkScope::Integration { integration_id } = &scope {
        integrations::find(app, integration_id)?;
    }
    let loaded = entered(app, &scope, request).await?;
    // Refuses what no connection can be made with, before anything is stored.
    Http::new(&options(app, &scope, &loaded).await?).map_err(|it| from_confluence(&it, None))?;
    match scope.row() {
        None => {
            let NetworkScope::New { team_id } = &scope else {
                return Err(ApiError::gone("The connection"));
            };
            lock(&app.inner.network.pending).insert(team_id.clone(), loaded.stored.clone());
            keep(app, &scope, Kept::of(&loaded));
            app.inner.network.changed();
        }
        Some(row) => {
            let mut record = NetworkRecord {
                settings: to_text(&loaded.stored)?,
                ..NetworkRecord::default()
            };
            let sealing = sealing::begin(app).await;
            let kept = if session_only {
                Kept::of(&loaded)
            } else {
                seal(&sealing, &scope, &loaded, &mut record).await?;
                Kept::default()
            };
            let empty = loaded.stored == Stored::default();
            let before = app
                .store()
                .save_network(row, (!empty).then_some(&record))?
                .unwrap_or_default();
            drop(sealing);
            keep(app, &scope, kept);
            app.inner.network.changed();
            let gone = |before: &Option<_>, now: &Option<_>| before.is_some() && now.is_none();
            if gone(&before.proxy_password, &record.proxy_password)
                || gone(&before.client_key, &record.client_key)
            {
                integrations::secret_removed(app).await?;
            }
        }
    }
    refresh(app, &scope).await;
    read(app, scope).await
}

async fn seal(
    sealing: &Sealing<'_>,
    scope: &NetworkScope,
    loaded: &Loaded,
    record: &mut NetworkRecord,
) -> Result<()> {
    if let Some(password) = &loaded.password {
        let bound = scope.bound(&loaded.stored.proxy.place());
        record.proxy_password = Some(sealing.seal(password, &bound).await?);
    }
    if let Some(client) = &loaded.client {
        let bound = scope.bound(&client.info().sha256);
        record.client_key = Some(sealing.seal(client.key_pem(), &bound).await?);
    }
    Ok(())
}

/// The settings of a connection that was being made, on their way to its integration.
pub(crate) struct Adopted {
    pub record: NetworkRecord,
    kept: Kept,
}

/// Seals the settings of a connection that is being made for the integration it is saved as; they
/// are its own once the record is stored and [`Adopted::done`] was called.
pub(crate) async fn adopt(
    app: &App,
    sealing: &Sealing<'_>,
    team_id: &str,
    integration_id: &str,
    session_only: bool,
) -> Result<Option<Adopted>> {
    let new = NetworkScope::of(None, team_id);
    if !lock(&app.inner.network.pending).contains_key(team_id) {
        return Ok(None);
    }
    let loaded = load(app, &new).await?;
    let scope = NetworkScope::of(Some(integration_id), team_id);
    let mut record = NetworkRecord {
        settings: to_text(&loaded.stored)?,
        ..NetworkRecord::default()
    };
    let kept = if session_only {
        Kept::of(&loaded)
    } else {
        seal(sealing, &scope, &loaded, &mut record).await?;
        Kept::default()
    };
    Ok(Some(Adopted { record, kept }))
}

impl Adopted {
    pub(crate) fn done(self, app: &App, integration: &StoredIntegration) {
        let scope = NetworkScope::of(Some(&integration.id), &integration.team_id);
        keep(app, &scope, self.kept);
        let new = NetworkScope::of(None, &integration.team_id);
        lock(&app.inner.network.pending).remove(&integration.team_id);
        keep(app, &new, Kept::default());
        app.inner.network.changed();
    }
}

/// Closes the connections that were made for a connection that is being made: their buffers hold what
/// went through them.
pub(crate) fn close_new(app: &App, team_id: &str) {
    lock(&app.inner.network.open).remove(&NetworkScope::of(None, team_id));
}

/// Nothing of a disconnected integration is left in memory.
pub(crate) fn forget(app: &App, integration_id: &str) {
    let scope = NetworkScope::of(Some(integration_id), "");
    keep(app, &scope, Kept::default());
    app.inner.network.changed();
    lock(&app.inner.network.open).remove(&scope);
}

/// The certificates of a file, in base64, before they are added.
pub async fn read_authorities(app: &App, file: String) -> Result<Vec<CertificateView>> {
    let bytes = decode(&file, Field::Authority)?;
    let found = Authority::read(&bytes).map_err(|it| refused(it, Field::Authority))?;
    Ok(found
        .iter()
        .map(|it| certificate_view(app, it.info(), it.to_pem()))
        .collect())
}

/// Tries the settings of the form, saved or not: says what was tried, through what, and what came
/// of it. No credential is sent.
pub async fn test(
    app: &App,
    scope: NetworkScope,
    request: NetworkRequest,
    address: String,
) -> Result<Vec<Check>> {
    let loaded = entered(app, &scope, request).await?;
    let options = options(app, &scope, &loaded).await?;
    if address.trim().is_empty() {
        return Err(ApiError::invalid(
            Field::TestAddress,
            "Enter an address to try, such as that of your Confluence.",
        ));
    }
    let http = Http::new(&options).map_err(|it| from_confluence(&it, None))?;
    let started = std::time::Instant::now();
    let found = discover(&http, &address, true).await;
    let took = started.elapsed().as_millis();
    if let Err(problem) = &found
        && problem.kind() == ErrorKind::BadAddress
    {
        return Err(from_confluence(problem, Some(Field::TestAddress)));
    }
    let tried = found
        .as_ref()
        .ok()
        .map(|site| site.base_url.clone())
        .or_else(|| Url::parse(address.trim()).ok())
        .or_else(|| Url::parse(&format!("https://{}", address.trim())).ok());
    let Some(tried) = tried else {
        return Err(ApiError::invalid(
            Field::TestAddress,
            "This address cannot be read.",
        ));
    };
    let mut checks = vec![way(&http, &options, &tried)];
    let limits = format!(
        "{took} ms; it may take {} s to connect and {} s for an answer",
        options.connect_timeout.as_secs(),
        options.timeout.as_secs()
    );
    match &found {
        Ok(site) => {
            checks.push(Check::ok(
                format!("{} answers", site.name),
                format!("{}, {limits}", edition(site)),
            ));
        }
        // The network is in order; what answers is another matter.
        Err(problem) if problem.kind() == ErrorKind::NotConfluence => {
            checks.push(Check::warning(problem.words().message, problem));
        }
        Err(problem) if problem.blames_proxy() => checks[0] = Check::failed_by(problem),
        Err(problem) => checks.push(Check::failed_by(problem)),
    }
    let reached = checks[0].outcome != CheckOutcome::Failed;
    if reached {
        checks.extend(certificate(app, &http, &tried, &options));
    }
    Ok(checks)
}

fn way(http: &Http, options: &HttpOptions, address: &Url) -> Check {
    match http.way_to(address) {
        Way::Loopback => Check::ok(
            "On this computer, without a proxy",
            "loopback never goes through one",
        ),
        Way::Direct => Check::ok(
            "Directly, without a proxy",
            match &options.proxy {
                ProxyChoice::System => "the system has none for this address",
                ProxyChoice::None => "as set",
                ProxyChoice::Own(_) => "the address is an exception",
            },
        ),
        Way::Proxy { address, signs_in } => Check::ok(
            format!("Through the proxy {address}"),
            match (&options.proxy, signs_in) {
                (ProxyChoice::System, false) => "the system's setting",
                (ProxyChoice::System, true) => "the system's setting, with user and password",
                (_, false) => "the proxy entered, without a sign-in",
                (_, true) => "the proxy entered, with user and password",
            },
        ),
    }
}

/// "directly", or through which proxy.
pub(crate) fn way_note(http: &Http, address: &Url) -> String {
    match http.way_to(address) {
        Way::Loopback => "on this computer".to_owned(),
        Way::Direct => "directly, without a proxy".to_owned(),
        Way::Proxy { address, .. } => format!("through the proxy {address}"),
    }
}

/// What the latest encrypted connection says of the certificates on both sides.
pub(crate) fn certificate(
    app: &App,
    http: &Http,
    address: &Url,
    options: &HttpOptions,
) -> Vec<Check> {
    let seen = http.handshake();
    let mut checks = Vec::new();
    match (&seen.certificate, seen.trust) {
        (None, _) if retropress_confluence::is_in_the_clear(address) => checks.push(Check {
            fix: "Use https where the server has it.".into(),
            ..Check::new(
                CheckOutcome::Warning,
                "Not encrypted",
                "http has no certificate",
            )
        }),
        (None, _) => {}
        (Some(info), Trust::Nobody) => checks.push(Check {
            fix: "Add the certificate of its issuer under Certificates: your administrator has it as a file.".into(),
            ..Check::new(
                CheckOutcome::Failed,
                format!("The certificate of {} is not trusted", info.subject),
                format!("issued by {}", info.issuer),
            )
        }),
        (Some(info), trust) => checks.push(Check::ok(
            format!("Certificate issued by {}", info.issuer),
            format!(
                "valid until {}, trusted {}",
                day(info.valid_until),
                match trust {
                    Trust::Added => "through a certificate added here",
                    _ => "by this computer",
                }
            ),
        )),
    }
    match (&options.client_certificate, seen.asked_for_certificate) {
        (Some(own), true) => {
            let expired = own.info().valid_until < app.now().timestamp();
            checks.push(Check::new(
                if expired {
                    CheckOutcome::Failed
                } else {
                    CheckOutcome::Ok
                },
                format!("The certificate {} was shown", own.info().subject),
                format!("valid until {}", day(own.info().valid_until)),
            ));
        }
        (Some(own), false) => checks.push(Check::new(
            CheckOutcome::Warning,
            format!("The certificate {} was not asked for", own.info().subject),
            "this server needs none",
        )),
        (None, _) => {}
    }
    checks
}

fn day(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0).map_or_else(String::new, |it| {
        it.with_timezone(&chrono::Local)
            .format("%-d %b %Y")
            .to_string()
    })
}

pub(crate) fn edition(site: &retropress_confluence::Site) -> String {
    use retropress_confluence::Edition;
    let version = site.version.as_deref().unwrap_or_default();
    let name = match site.edition {
        Edition::Cloud => "Confluence Cloud",
        Edition::DataCenter => "Confluence Data Center",
        Edition::Server => "Confluence Server",
    };
    format!("{name} {version}").trim().to_owned()
}

/// The way to the network of an integration, or of one that is being made.
pub(crate) async fn http(app: &App, scope: &NetworkScope) -> Result<Http> {
    let open = lock(&app.inner.network.open).get(scope).cloned();
    let system = system_proxy();
    if let Some(open) = open
        && open.system == system
    {
        return Ok(open.http);
    }
    let failed = |it: Error| from_confluence(&it, None);
    loop {
        let changes = app.inner.network.changes();
        let options = in_force(app, scope).await;
        let mut all = lock(&app.inner.network.open);
        if changes != app.inner.network.changes() {
            // A save came in between, perhaps while the keyring asked its user.
            continue;
        }
        let options = options?;
        let open = match all.get(scope).cloned() {
            // The laptop moved: the system names another proxy.
            Some(open) => {
                open.http.reconnect(&options).map_err(failed)?;
                Open { system, ..open }
            }
            None => Open {
                http: Http::new(&options).map_err(failed)?,
                system,
            },
        };
        all.insert(scope.clone(), open.clone());
        return Ok(open.http);
    }
}

/// The same with connections of its own, so that the next call shows everything anew.
pub(crate) async fn fresh(app: &App, scope: &NetworkScope) -> Result<(Http, HttpOptions)> {
    let options = in_force(app, scope).await?;
    let http = Http::new(&options).map_err(|it| from_confluence(&it, None))?;
    Ok((http, options))
}

/// Lets the open connections use what is saved now.
async fn refresh(app: &App, changed: &NetworkScope) {
    let scopes: Vec<NetworkScope> = lock(&app.inner.network.open).keys().cloned().collect();
    for scope in scopes {
        if scope != *changed && *changed != NetworkScope::Everywhere {
            continue;
        }
        loop {
            let changes = app.inner.network.changes();
            let options = in_force(app, &scope).await;
            let mut all = lock(&app.inner.network.open);
            if changes != app.inner.network.changes() {
                continue;
            }
            let renewed = match (options, all.get(&scope)) {
                (Ok(options), Some(open)) => open.http.reconnect(&options).is_ok(),
                _ => false,
            };
            if !renewed {
                // Made anew, and complained about, when it is next needed.
                all.remove(&scope);
            }
            break;
        }
    }
}

/// What is saved for the scope, and for every connection.
async fn in_force(app: &App, scope: &NetworkScope) -> Result<HttpOptions> {
    let loaded = load(app, scope).await?;
    options(app, scope, &loaded).await
}

/// The proxy that holds for a scope, for those who are told: no user, no password.
pub(crate) enum ProxyInUse {
    System,
    None,
    /// Host and port.
    Own(String),
}

pub(crate) fn proxy_in_use(app: &App, scope: &NetworkScope) -> Result<ProxyInUse> {
    for scope in [scope, &NetworkScope::Everywhere] {
        let proxy = stored(app, scope)?.proxy;
        match proxy.choice {
            ProxyUse::Inherit => {}
            ProxyUse::System => return Ok(ProxyInUse::System),
            ProxyUse::None => return Ok(ProxyInUse::None),
            ProxyUse::Own => {
                return Ok(ProxyInUse::Own(format!("{}:{}", proxy.host, proxy.port)));
            }
        }
    }
    Ok(match app.inner.network.base.proxy {
        ProxyChoice::None => ProxyInUse::None,
        _ => ProxyInUse::System,
    })
}

/// The settings of a scope in words of our own: no name, no address, no secret. `None` where nothing is
/// set.
pub(crate) fn told(app: &App, scope: &NetworkScope) -> Result<Option<String>> {
    let it = stored(app, scope)?;
    if it == Stored::default() {
        return Ok(None);
    }
    let mut parts = vec![match it.proxy.choice {
        ProxyUse::Inherit => "proxy as usual".to_owned(),
        ProxyUse::System => "proxy of the system".to_owned(),
        ProxyUse::None => "no proxy".to_owned(),
        ProxyUse::Own => format!(
            "proxy entered, {} a sign-in, exceptions {}",
            if it.proxy.user.is_empty() {
                "without"
            } else {
                "with"
            },
            it.proxy.exceptions.len()
        ),
    }];
    if !it.authorities.is_empty() {
        parts.push(format!("certificates added {}", it.authorities.len()));
    }
    if it.client_chain.is_some() {
        parts.push("a client certificate".to_owned());
    }
    for (what, seconds) in [
        ("to connect", it.connect_seconds),
        ("to answer", it.answer_seconds),
    ] {
        if let Some(seconds) = seconds {
            parts.push(format!("{seconds} s {what}"));
        }
    }
    Ok(Some(parts.join(", ")))
}

/// What holds for the scope: its own settings, and those for every connection where it has none.
async fn options(app: &App, scope: &NetworkScope, own: &Loaded) -> Result<HttpOptions> {
    let mut options = app.inner.network.base.clone();
    if *scope != NetworkScope::Everywhere {
        let all = load(app, &NetworkScope::Everywhere).await?;
        apply(&mut options, &all)?;
    }
    apply(&mut options, own)?;
    Ok(options)
}

fn apply(options: &mut HttpOptions, it: &Loaded) -> Result<()> {
    let proxy = &it.stored.proxy;
    match proxy.choice {
        ProxyUse::Inherit => {}
        ProxyUse::System => options.proxy = ProxyChoice::System,
        ProxyUse::None => options.proxy = ProxyChoice::None,
        ProxyUse::Own => {
            options.proxy = ProxyChoice::Own(OwnProxy {
                host: proxy.host.clone(),
                port: proxy.port,
                sign_in: it.password.clone().map(|password| ProxySignIn {
                    user: proxy.user.clone(),
                    password,
                }),
                exceptions: proxy.exceptions.clone(),
            });
        }
    }
    for pem in &it.stored.authorities {
        let more = Authority::read(pem.as_bytes()).map_err(|it| refused(it, Field::Authority))?;
        options.authorities.extend(more);
    }
    if it.client.is_some() {
        options.client_certificate = it.client.clone();
    }
    if let Some(seconds) = it.stored.connect_seconds {
        options.connect_timeout = Duration::from_secs(seconds);
    }
    if let Some(seconds) = it.stored.answer_seconds {
        options.timeout = Duration::from_secs(seconds);
    }
    Ok(())
}

fn stored(app: &App, scope: &NetworkScope) -> Result<Stored> {
    Ok(saved(app, scope)?.0)
}

/// The settings with the sealed secrets that belong to them.
fn saved(app: &App, scope: &NetworkScope) -> Result<(Stored, NetworkRecord)> {
    if let NetworkScope::New { team_id } = scope {
        let pending = lock(&app.inner.network.pending).get(team_id).cloned();
        return Ok((pending.unwrap_or_default(), NetworkRecord::default()));
    }
    let record = match scope.row() {
        Some(row) => app.store().network(row)?.unwrap_or_default(),
        None => NetworkRecord::default(),
    };
    let stored = match &*record.settings {
        "" => Stored::default(),
        settings => from_text(settings)?,
    };
    Ok((stored, record))
}

async fn load(app: &App, scope: &NetworkScope) -> Result<Loaded> {
    let (stored, record) = saved(app, scope)?;
    let kept = kept(app, scope);
    let password = match (kept.password(&stored), &record.proxy_password) {
        (Some(kept), _) => Some(kept),
        (None, Some(sealed)) => {
            let bound = scope.bound(&stored.proxy.place());
            Some(Arc::new(sealing::open(app, sealed, &bound).await?))
        }
        (None, None) => None,
    };
    let client = match &stored.client_chain {
        None => None,
        Some(chain) => {
            let sha256 = first_fingerprint(chain);
            let key = match (kept.key(&stored), &record.client_key) {
                (Some(kept), _) => Some(kept),
                (None, Some(sealed)) => {
                    let bound = scope.bound(&sha256);
                    Some(Arc::new(sealing::open(app, sealed, &bound).await?))
                }
                (None, None) => None,
            };
            match key {
                Some(key) => Some(
                    ClientCertificate::from_pem(chain, &key)
                        .map_err(|it| refused(it, Field::ClientCertificate))?,
                ),
                None => None,
            }
        }
    };
    Ok(Loaded {
        stored,
        password,
        client,
    })
}

fn kept(app: &App, scope: &NetworkScope) -> Kept {
    let all = lock(&app.inner.network.kept);
    all.get(scope).cloned().unwrap_or_default()
}

fn keep(app: &App, scope: &NetworkScope, kept: Kept) {
    let mut all = lock(&app.inner.network.kept);
    if kept.password.is_none() && kept.key.is_none() {
        all.remove(scope);
    } else {
        all.insert(scope.clone(), kept);
    }
}

/// The form's content with the saved secrets it leaves alone, or what is wrong with it and where.
async fn entered(app: &App, scope: &NetworkScope, request: NetworkRequest) -> Result<Loaded> {
    let saved = load(app, scope).await;
    let mut loaded = Loaded::default();
    let invalid = ApiError::invalid;
    loaded.stored.proxy = proxy(&request)?;
    let proxy = &loaded.stored.proxy;
    if proxy.choice == ProxyUse::Own && !proxy.user.is_empty() {
        loaded.password = match request.proxy_password {
            Some(password) if password.is_empty() => {
                return Err(invalid(
                    Field::ProxyPassword,
                    "Enter the password of the proxy, or leave the user empty.",
                ));
            }
            Some(password) => Some(Arc::new(SecretString::from(password))),
            None => {
                // A saved password goes to the proxy it was entered for and to no other.
                let saved = saved.as_ref().map_err(Clone::clone)?;
                if saved.password.is_some() && saved.stored.proxy.place() != proxy.place() {
                    return Err(invalid(
                        Field::ProxyPassword,
                        "The proxy or its user has changed: enter the password again.",
                    ));
                }
                Some(saved.password.clone().ok_or_else(|| {
                    invalid(
                        Field::ProxyPassword,
                        "Enter the password of the proxy, or leave the user empty.",
                    )
                })?)
            }
        };
    }
    for pem in &request.authorities {
        let found = Authority::read(pem.as_bytes()).map_err(|it| refused(it, Field::Authority))?;
        for it in found {
            let pem = it.to_pem();
            if !loaded.stored.authorities.contains(&pem) {
                loaded.stored.authorities.push(pem);
            }
        }
    }
    loaded.client = match request.client_certificate {
        ClientCertificateChoice::None => None,
        ClientCertificateChoice::Keep => {
            let saved = saved?;
            if saved.stored.client_chain.is_some() && saved.client.is_none() {
                return Err(invalid(
                    Field::ClientCertificate,
                    "Its key was kept for the last session only: choose the file again.",
                ));
            }
            saved.client
        }
        ClientCertificateChoice::File {
            file,
            key_file,
            password,
        } => {
            let file = decode(&file, Field::ClientCertificate)?;
            let key_file = key_file
                .filter(|it| !it.is_empty())
                .map(|it| decode(&it, Field::ClientKey))
                .transpose()?;
            let password = password.filter(|it| !it.is_empty()).map(SecretString::from);
            let client = ClientCertificate::read(&file, key_file.as_deref(), password.as_ref())
                .map_err(|problem| {
                    use CertificateProblem as P;
                    let field = match problem {
                        P::PasswordMissing | P::WrongPassword => Field::ClientPassword,
                        P::NoKey | P::OtherKey | P::UnsupportedKey => Field::ClientKey,
                        _ => Field::ClientCertificate,
                    };
                    refused(problem, field)
                })?;
            Some(client)
        }
    };
    loaded.stored.client_chain = loaded.client.as_ref().map(ClientCertificate::chain_pem);
    loaded.stored.connect_seconds = seconds(
        &request.connect_seconds,
        CONNECT_SECONDS,
        Field::ConnectSeconds,
    )?;
    loaded.stored.answer_seconds = seconds(
        &request.answer_seconds,
        ANSWER_SECONDS,
        Field::AnswerSeconds,
    )?;
    Ok(loaded)
}

fn proxy(request: &NetworkRequest) -> Result<StoredProxy> {
    let invalid = |field, message: &str| Err(ApiError::invalid(field, message));
    if request.proxy_use != ProxyUse::Own {
        return Ok(StoredProxy {
            choice: request.proxy_use,
            ..StoredProxy::default()
        });
    }
    let mut host = request.proxy_host.trim().to_owned();
    let mut port = request.proxy_port.trim().to_owned();
    if host.contains('@') {
        return invalid(
            Field::ProxyHost,
            "Enter user and password in their own fields, and the host alone here.",
        );
    }
    // A pasted address is welcome: http://proxy.example.com:3128
    if let Some(rest) = host.strip_prefix("http://") {
        host = rest.trim_end_matches('/').to_owned();
    } else if host.contains("://") {
        return invalid(
            Field::ProxyHost,
            "Only http proxies are spoken to: enter the host alone, without https:// or socks://.",
        );
    }
    if let Some((name, number)) = host.clone().rsplit_once(':')
        && !name.contains(':')
    {
        if port.is_empty() {
            port = number.to_owned();
        }
        host = name.to_owned();
    }
    if host.is_empty() {
        return invalid(Field::ProxyHost, "Enter the name or address of the proxy.");
    }
    let port = match port.parse::<u16>() {
        Ok(port) if port > 0 => port,
        _ => {
            return invalid(
                Field::ProxyPort,
                "Enter the port of the proxy: a number from 1 to 65535, often 3128 or 8080.",
            );
        }
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let bracketed = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    if url::Host::parse(&bracketed).is_err() {
        return invalid(
            Field::ProxyHost,
            "This is no name or address of a computer.",
        );
    }
    let user = request.proxy_user.trim().to_owned();
    if user.contains(':') || user.chars().any(char::is_control) {
        // RFC 7617, section 2.
        return invalid(Field::ProxyUser, "A user name cannot hold a colon.");
    }
    let exceptions: Vec<String> = request
        .proxy_exceptions
        .split([',', ';', ' ', '\n'])
        .map(str::trim)
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect();
    if let Some(bad) = exceptions.iter().find(|it| !is_exception(it)) {
        return Err(ApiError::invalid(
            Field::ProxyExceptions,
            format!(
                "\u{201c}{bad}\u{201d} is no host. Enter names (wiki.example.com, *.example.com), addresses or networks (10.0.0.0/8), with commas between."
            ),
        ));
    }
    Ok(StoredProxy {
        choice: ProxyUse::Own,
        host: host.to_owned(),
        port,
        user,
        exceptions,
    })
}

fn is_exception(text: &str) -> bool {
    if text == "*" {
        return true;
    }
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    if let Ok(address) = address.parse::<std::net::IpAddr>() {
        let most = if address.is_ipv4() { 32 } else { 128 };
        return length.is_none_or(|it| it.parse::<u8>().is_ok_and(|it| it <= most));
    }
    let name = address.strip_prefix("*.").unwrap_or(address);
    let name = name.strip_prefix('.').unwrap_or(name);
    length.is_none()
        && !name.is_empty()
        && name
            .chars()
            .all(|it| it.is_alphanumeric() || matches!(it, '-' | '.' | '_'))
}

fn seconds(
    text: &str,
    allowed: std::ops::RangeInclusive<u64>,
    field: Field,
) -> Result<Option<u64>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse() {
        Ok(seconds) if allowed.contains(&seconds) => Ok(Some(seconds)),
        _ => Err(ApiError::invalid(
            field,
            format!(
                "Enter whole seconds from {} to {}, or nothing for the usual time.",
                allowed.start(),
                allowed.end()
            ),
        )),
    }
}

fn typed(seconds: Option<u64>) -> String {
    seconds.map_or_else(String::new, |it| it.to_string())
}

fn decode(base64: &str, field: Field) -> Result<Vec<u8>> {
    base64::engine::general_purpose::STANDARD
        .decode(base64)
        .map_err(|_| ApiError::invalid(field, "The file did not arrive whole. Choose it again."))
}

fn refused(problem: CertificateProblem, field: Field) -> ApiError {
    let mut error = ApiError::invalid(field, problem.to_string());
    problem.hint().clone_into(&mut error.hint);
    error
}

fn certificate_views(app: &App, pem: &[u8]) -> Vec<CertificateView> {
    CertificateInfo::read(pem)
        .unwrap_or_default()
        .into_iter()
        .map(|(info, pem)| certificate_view(app, &info, pem))
        .collect()
}

fn first_fingerprint(pem: &str) -> String {
    CertificateInfo::read(pem.as_bytes())
        .ok()
        .and_then(|all| all.into_iter().next())
        .map(|(info, _)| info.sha256)
        .unwrap_or_default()
}

fn certificate_view(app: &App, info: &CertificateInfo, pem: String) -> CertificateView {
    CertificateView {
        subject: info.subject.clone(),
        issuer: info.issuer.clone(),
        sha256: info.sha256.clone(),
        valid_until: DateTime::from_timestamp(info.valid_until, 0).unwrap_or_default(),
        expired: info.valid_until < app.now().timestamp(),
        pem,
    }
}

/// "proxy.example.com:3128 for https and http", or "no proxy".
fn system_proxy() -> String {
    let of = |address: &str| {
        let way = Url::parse(address)
            .map(|it| ProxyChoice::System.way_to(&it))
            .unwrap_or(Way::Direct);
        match way {
            Way::Proxy { address, .. } => Some(address),
            _ => None,
        }
    };
    match (
        of("https://confluence.invalid/"),
        of("http://confluence.invalid/"),
    ) {
        (None, None) => "no proxy".to_owned(),
        (Some(https), Some(http)) if https == http => format!("{https} for https and http"),
        (Some(https), Some(http)) => format!("{https} for https, {http} for http"),
        (Some(https), None) => format!("{https} for https"),
        (None, Some(http)) => format!("{http} for http"),
    }
}

fn copy(secret: &SecretString) -> SecretString {
    SecretString::from(secret.expose_secret())
}

impl Check {
    pub(crate) fn new(
        outcome: CheckOutcome,
        text: impl Into<String>,
        note: impl Into<String>,
    ) -> Self {
        Self {
            outcome,
            text: text.into(),
            note: note.into(),
            fix: String::new(),
            details: String::new(),
            field: None,
        }
    }

    pub(crate) fn ok(text: impl Into<String>, note: impl Into<String>) -> Self {
        Self::new(CheckOutcome::Ok, text, note)
    }

    /// In the words of the failure: what happened, why, what to do.
    pub(crate) fn failed_by(problem: &Error) -> Self {
        Self {
            outcome: CheckOutcome::Failed,
            ..Self::warning(problem.words().message, problem)
        }
    }

    pub(crate) fn warning(text: impl Into<String>, problem: &Error) -> Self {
        let words = problem.words();
        Self {
            fix: words.hint,
            details: problem.details(),
            ..Self::new(CheckOutcome::Warning, text, words.cause)
        }
    }
}

/// A failure of this app's own to start with: the keyring is locked, a file is damaged.
pub(crate) fn failed(text: &str, problem: &ApiError) -> Check {
    Check {
        fix: problem.hint.clone(),
        details: problem.details.clone(),
        field: problem.field,
        ..Check::new(
            CheckOutcome::Failed,
            format!("{text}: {}", problem.message),
            problem.cause.clone(),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, path::PathBuf, pin::Pin, task::Poll};

    use async_trait::async_trait;
    use retropress_confluence::Endpoints;
    use retropress_secrets::Vault;

    use super::*;
    use crate::{Desktop, OauthOptions, Parts, SandboxAddresses, SandboxHost};

    struct Nobody;

    #[async_trait]
    impl Desktop for Nobody {
        fn open_in_browser(&self, _address: &Url) -> std::io::Result<()> {
            Ok(())
        }

        async fn choose_where_to_save(&self, _file_name: &str) -> Option<PathBuf> {
            None
        }
    }

    #[async_trait]
    impl SandboxHost for Nobody {
        async fn start(&self) -> Result<SandboxAddresses> {
            Err(ApiError::gone("The sandbox"))
        }

        fn running(&self) -> Option<SandboxAddresses> {
            None
        }

        async fn empty(&self) -> Result<()> {
            Ok(())
        }
    }

    fn app(folder: &tempfile::TempDir) -> App {
        App::open(Parts {
            folder: folder.path().to_owned(),
            vault: Vault::in_memory(),
            desktop: Arc::new(Nobody),
            sandbox: Arc::new(Nobody),
            endpoints: Endpoints::default(),
            http: HttpOptions::default(),
            oauth: OauthOptions::default(),
            clock: Utc::now,
        })
        .unwrap()
    }

    fn through(host: &str) -> NetworkRequest {
        NetworkRequest {
            proxy_use: ProxyUse::Own,
            proxy_host: host.to_owned(),
            proxy_port: "3128".to_owned(),
            proxy_user: "ines".to_owned(),
            proxy_password: Some(format!("password of {host}")),
            proxy_exceptions: String::new(),
            authorities: Vec::new(),
            client_certificate: ClientCertificateChoice::None,
            connect_seconds: String::new(),
            answer_seconds: String::new(),
        }
    }

    async fn save_all(app: &App, host: &str, session_only: bool) {
        save(app, NetworkScope::Everywhere, through(host), session_only)
            .await
            .unwrap();
    }

    fn proxy_of(http: &Http) -> String {
        match http.way_to(&Url::parse("https://wiki.example").unwrap()) {
            Way::Proxy { address, .. } => address,
            other => panic!("{other:?}"),
        }
    }

    /// The end of a save, of settings that need no secret: the vault is taken.
    async fn save_without_secret(app: &App, host: &str) {
        let mut stored = Stored::default();
        stored.proxy.choice = ProxyUse::Own;
        stored.proxy.host = host.to_owned();
        stored.proxy.port = 3128;
        let record = NetworkRecord {
            settings: to_text(&stored).unwrap(),
            ..NetworkRecord::default()
        };
        app.store().save_network(None, Some(&record)).unwrap();
        app.inner.network.changed();
        refresh(app, &NetworkScope::Everywhere).await;
    }

    /// Lets `work` go as far as the vault, and no further: the runtime gives this task a budget, and a
    /// lock of its own kind, which is that of the vault, gives way once nothing is left of it.
    async fn as_far_as_the_vault<T>(work: &mut Pin<Box<impl Future<Output = T>>>) {
        let lock = tokio::sync::Mutex::new(());
        while tokio::task::coop::has_budget_remaining() {
            drop(lock.lock().await);
        }
        let waits = poll_fn(|context| Poll::Ready(work.as_mut().poll(context).is_pending()));
        assert!(waits.await);
        tokio::task::yield_now().await;
    }

    #[tokio::test]
    async fn settings_saved_while_older_ones_are_opened_are_the_ones_used() {
        let folder = tempfile::tempdir().unwrap();
        let app = app(&folder);
        let changes = app.inner.network.changes();
        save_all(&app, "old.example", false).await;
        assert!(app.inner.network.changes() > changes, "a save is noticed");
        let mut opening = Box::pin(http(&app, &NetworkScope::Everywhere));
        as_far_as_the_vault(&mut opening).await;
        save_without_secret(&app, "new.example").await;
        assert_eq!(proxy_of(&opening.await.unwrap()), "new.example:3128");
        let next = http(&app, &NetworkScope::Everywhere).await.unwrap();
        assert_eq!(proxy_of(&next), "new.example:3128");
    }

    #[tokio::test]
    async fn of_two_saves_the_later_one_holds_for_the_open_connections() {
        let folder = tempfile::tempdir().unwrap();
        let app = app(&folder);
        save_all(&app, "old.example", false).await;
        let open = http(&app, &NetworkScope::Everywhere).await.unwrap();
        let mut earlier = Box::pin(refresh(&app, &NetworkScope::Everywhere));
        as_far_as_the_vault(&mut earlier).await;
        save_without_secret(&app, "new.example").await;
        earlier.await;
        assert_eq!(proxy_of(&open), "new.example:3128");
    }

    #[tokio::test]
    async fn a_password_kept_for_this_session_goes_to_the_proxy_it_was_entered_for() {
        let folder = tempfile::tempdir().unwrap();
        let app = app(&folder);
        save_all(&app, "old.example", true).await;
        let kept = load(&app, &NetworkScope::Everywhere).await.unwrap();
        assert!(kept.password.is_some());
        // Half of a save: the database has the new settings, and memory has the old password.
        let mut stored = kept.stored;
        stored.proxy.host = "new.example".to_owned();
        let record = NetworkRecord {
            settings: to_text(&stored).unwrap(),
            ..NetworkRecord::default()
        };
        app.store().save_network(None, Some(&record)).unwrap();
        let loaded = load(&app, &NetworkScope::Everywhere).await.unwrap();
        assert_eq!(loaded.stored.proxy.host, "new.example");
        assert!(loaded.password.is_none());
        let view = read(&app, NetworkScope::Everywhere).await.unwrap();
        assert!(!view.proxy_password_saved);
    }

    #[tokio::test]
    async fn a_save_that_fails_leaves_what_is_kept_for_this_session() {
        let folder = tempfile::tempdir().unwrap();
        let app = app(&folder);
        save_all(&app, "old.example", true).await;
        let file = rusqlite::Connection::open(folder.path().join("retropress.db")).unwrap();
        file.execute_batch(
            "CREATE TRIGGER broken BEFORE DELETE ON network
             BEGIN SELECT RAISE(ABORT, 'the disk is broken'); END",
        )
        .unwrap();
        let scope = NetworkScope::Everywhere;
        let saved = save(&app, scope.clone(), through("old.example"), false).await;
        saved.unwrap_err();
        assert!(read(&app, scope).await.unwrap().proxy_password_saved);
    }
}
