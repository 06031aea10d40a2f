//! A signed-in connection to one site: what can be done there, whichever dialect it speaks.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use reqwest::header::HeaderValue;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use url::Url;

use crate::{
    Account, Attachment, CallRecord, Credential, Edition, FoundPage, Http, Listed, NewPage,
    PageAddress, PageRef, PageUpdate, Permissions, Result, SavedPage, Site, Space, SpaceRef,
    Upload,
    answer::{self, Subject, is_about_sign_in},
    calls::{self, Call},
    cloud, data_center,
    error::{Cause, Context, Error, ErrorKind, Outcome},
    http::{Answer, Payload, Request},
};

/// Where Atlassian's own services answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// The gateway scoped API tokens and OAuth go through: `https://api.atlassian.com`.
    pub gateway: Url,
    /// Where one signs in to Atlassian: `https://auth.atlassian.com`.
    pub auth: Url,
}

impl Default for Endpoints {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "constants, which a test parses")]
        let parse = |address| Url::parse(address).expect("a valid address");
        Self {
            gateway: parse("https://api.atlassian.com"),
            auth: parse("https://auth.atlassian.com"),
        }
    }
}

/// Which way the calls go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Route {
    /// To the site itself.
    Site,
    /// Through Atlassian's gateway: what a scoped API token and OAuth need.
    Gateway,
    /// The same in REST v1: what an OAuth app with the classic scopes needs, where the site serves it.
    GatewayClassic,
}

/// A signed-in connection to one site. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    http: Http,
}

struct Inner {
    site: Site,
    credential: Arc<Credential>,
    route: Route,
    /// What paths of the call table are appended to.
    root: Url,
    /// The newer call for children was refused once: do not ask again.
    no_direct_children: AtomicBool,
}

impl Client {
    /// A connection whose route is known from an earlier [`crate::sign_in`]; sends nothing.
    pub fn new(
        http: &Http,
        site: Site,
        credential: impl Into<Arc<Credential>>,
        endpoints: Endpoints,
        route: Route,
    ) -> Self {
        let root = match (route, &site.cloud_id) {
            (Route::Gateway | Route::GatewayClassic, Some(cloud_id)) => {
                let mut root = endpoints.gateway;
                let base = root.path().trim_end_matches('/').to_owned();
                root.set_path(&format!("{base}/ex/confluence/{cloud_id}/wiki"));
                root
            }
            _ => site.base_url.clone(),
        };
        Self {
            inner: Arc::new(Inner {
                site,
                credential: credential.into(),
                route,
                root,
                no_direct_children: AtomicBool::new(false),
            }),
            http: http.clone(),
        }
    }

    /// The same connection, telling `hook` about each call as it ends.
    pub fn on_call(&self, hook: impl Fn(&CallRecord) + Send + Sync + 'static) -> Self {
        Self {
            inner: self.inner.clone(),
            http: self.http.on_call(hook),
        }
    }

    /// The same connection, asking `gate` before each request how long nothing may be sent.
    ///
    /// While it says so, calls end with [`ErrorKind::RateLimited`] and that time; of one that makes
    /// several requests, the rest is not sent.
    pub fn gated(&self, gate: impl Fn() -> Option<Duration> + Send + Sync + 'static) -> Self {
        Self {
            inner: self.inner.clone(),
            http: self.http.gated(gate),
        }
    }

    pub fn site(&self) -> &Site {
        &self.inner.site
    }

    pub fn route(&self) -> Route {
        self.inner.route
    }

    /// Who is signed in. One request.
    ///
    /// The classic scopes do not open the account: then the first space is asked for, and the name is
    /// that of the site.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Anonymous`] when the server ignores the credential, else as for a sign-in.
    pub async fn account(&self) -> Result<Account> {
        if self.inner.route == Route::GatewayClassic {
            let _: Value = self
                .json(
                    self.call(&calls::SPACES)
                        .about(Subject::Account)
                        .ask("limit", "1"),
                )
                .await?;
            return Ok(Account {
                id: self.inner.site.name.clone(),
                name: format!("Atlassian account on {}", self.inner.site.name),
            });
        }
        let user: User = self
            .json(self.call(&calls::CURRENT_USER).about(Subject::Account))
            .await?;
        let anonymous = user.kind.as_deref() == Some("anonymous");
        let id = [user.account_id, user.user_key, user.username.clone()]
            .into_iter()
            .flatten()
            .find(|id| !id.is_empty());
        match id {
            Some(id) if !anonymous => {
                let name = [user.display_name, user.public_name, user.username]
                    .into_iter()
                    .flatten()
                    .find(|name| !name.is_empty())
                    .unwrap_or_else(|| id.clone());
                Ok(Account { id, name })
            }
            _ => Err(
                Error::new(ErrorKind::Anonymous, Outcome::NotDone).with(|inner| {
                    inner.call = Some(&calls::CURRENT_USER);
                    inner.status = Some(200);
                    inner.context = self.context();
                }),
            ),
        }
    }

    /// The spaces the account may see, personal ones too, from every page of the list; at most
    /// [`MOST_SPACES`].
    pub async fn spaces(&self) -> Result<Listed<Space>> {
        if self.is_cloud() {
            cloud::spaces(self).await
        } else {
            data_center::spaces(self).await
        }
    }

    /// Pages without a parent; on Cloud the space's home page is among them. At most
    /// [`MOST_PAGES`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::SpaceGone`] when the space is gone or invisible.
    pub async fn top_pages(&self, space: &SpaceRef) -> Result<Listed<PageRef>> {
        self.settle(if self.is_cloud() {
            cloud::top_pages(self, space).await
        } else {
            data_center::top_pages(self, space).await
        })
        .await
    }

    /// Pages right below a page, in the server's order. Folders are left out: a summary's parent is a page.
    /// At most [`MOST_PAGES`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::PageGone`] when the page is gone or invisible.
    pub async fn children(&self, page_id: &str) -> Result<Listed<PageRef>> {
        self.settle(if self.is_cloud() {
            cloud::children(self, page_id).await
        } else {
            data_center::children(self, page_id).await
        })
        .await
    }

    /// Pages of the space for a picker: of a pasted address the page itself, else those whose title
    /// holds the text. At most 50; there may be more wherever so many are found.
    ///
    /// Asks the search index first, which lags by seconds; where search is refused or finds nothing,
    /// the exact title and the first 1,000 pages of the space.
    pub async fn find_pages(&self, space: &SpaceRef, text: &str) -> Result<Listed<PageRef>> {
        let text = text.trim();
        if text.is_empty() {
            return self.top_pages(space).await;
        }
        if let Some(address) = self.site().page_in(text) {
            return Ok(self.addressed(space, address).await?.into());
        }
        if let Some(cql) = title_search(space, text) {
            let found = match self.search(&cql).await {
                Ok(found) => found,
                Err(error) if is_refusal(&error) => Vec::new(),
                Err(error) => return Err(error),
            };
            let found: Vec<PageRef> = found
                .into_iter()
                .filter(|page| holds(&page.title, text))
                .collect();
            if !found.is_empty() {
                return Ok(matches(found));
            }
        }
        let mut pages: Vec<PageRef> = self
            .exactly_titled(space, text)
            .await?
            .into_iter()
            .filter(|page| page.status == crate::PageStatus::Current)
            .map(page_ref)
            .collect();
        let listed = self.settle(self.first_pages(space).await).await?;
        for page in listed {
            if holds(&page.title, text) && !pages.iter().any(|known| known.id == page.id) {
                pages.push(page);
            }
        }
        Ok(matches(pages))
    }

    /// Pages of this title in the space, in all statuses that matter: current and archived ones own
    /// the title, trashed ones do not. With their bodies.
    ///
    /// Titles are unique whatever their case, but the look-up is exact: when it finds no page that owns
    /// the title, the search index is asked for candidates (the space's first 1,000 pages, where search
    /// is refused), and each is read from the database itself.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::SpaceGone`] when the space is gone or invisible.
    pub async fn pages_titled(&self, space: &SpaceRef, title: &str) -> Result<Vec<FoundPage>> {
        let mut pages = self.exactly_titled(space, title).await?;
        if pages
            .iter()
            .any(|page| page.status != crate::PageStatus::Trashed)
        {
            return Ok(pages);
        }
        let Some(cql) = title_search(space, title) else {
            return Ok(pages);
        };
        let candidates = match self.search(&cql).await {
            Ok(candidates) => candidates,
            // A scoped token seldom has the scope for search: the list of the space's first pages is
            // the next best. Neither hides what the exact look-up told.
            Err(error) if is_refusal(&error) => match self.first_pages(space).await {
                Ok(listed) => listed,
                Err(error) if is_refusal(&error) => return Ok(pages),
                Err(error) => return Err(error),
            },
            Err(error) => return Err(error),
        };
        let wanted = title.to_lowercase();
        for candidate in candidates {
            if candidate.title.to_lowercase() == wanted
                && !pages.iter().any(|page| page.id == candidate.id)
                && let Some(page) = self.page(&candidate.id).await?
                && page.title.to_lowercase() == wanted
            {
                pages.push(page);
            }
        }
        Ok(pages)
    }

    /// A page with its body; trashed and archived ones too. `None`: gone, or invisible to this account.
    ///
    /// On Cloud a credential that is no longer good gives the same answer as a missing page, so the
    /// credential is checked before `None` is said.
    pub async fn page(&self, id: &str) -> Result<Option<FoundPage>> {
        let page = self
            .settle(if self.is_cloud() {
                cloud::page(self, id).await
            } else {
                data_center::page(self, id).await
            })
            .await;
        match page {
            Ok(page) => Ok(Some(page)),
            Err(error) if error.kind() == ErrorKind::PageGone => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Pages that were created last, newest first, with their bodies: for finding a page whose create
    /// was answered by nobody.
    ///
    /// On Cloud the newest 25 of the whole space, whatever their parent; on Data Center the newest 10
    /// below `parent_id`, or below the space's home page.
    pub async fn newest_children(
        &self,
        space: &SpaceRef,
        parent_id: Option<&str>,
    ) -> Result<Vec<FoundPage>> {
        self.settle(if self.is_cloud() {
            cloud::newest_pages(self, space).await
        } else {
            data_center::newest_children(self, space, parent_id).await
        })
        .await
    }

    /// Creates a page: one request, and more only to tell two causes of a 404 apart.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TitleTaken`], [`ErrorKind::ParentGone`], [`ErrorKind::SpaceGone`],
    /// [`ErrorKind::NotPermitted`], [`ErrorKind::TooLarge`], [`ErrorKind::Refused`] with Confluence's words.
    pub async fn create_page(&self, page: &NewPage) -> Result<SavedPage> {
        let result = if self.is_cloud() {
            cloud::create_page(self, page).await
        } else {
            data_center::create_page(self, page).await
        };
        let error = match self.settle(result).await {
            Ok(saved) => return Ok(saved),
            Err(error) => error.with(|inner| {
                inner.context.subject = Some(page.title.clone());
                inner.context.space = Some(page.space.key.clone());
            }),
        };
        if error.kind() != ErrorKind::SpaceGone {
            return Err(error);
        }
        Err(self.why_not_created(page, error).await)
    }

    /// Makes the next version of a page. One request.
    ///
    /// A page in the bin is brought back by this, on Cloud with its old content (the API's description
    /// of `status`): read the page first where that is not wanted.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::PageChanged`] when the version is not the next one (read the page: it may be our
    /// own), [`ErrorKind::PageGone`], and those of [`Self::create_page`].
    pub async fn update_page(&self, page: &PageUpdate) -> Result<SavedPage> {
        let result = if self.is_cloud() {
            cloud::update_page(self, page).await
        } else {
            data_center::update_page(self, page).await
        };
        self.settle(result).await.map_err(|error| {
            error.with(|inner| {
                inner.context.subject = Some(page.title.clone());
                inner.context.space = Some(page.space.key.clone());
            })
        })
    }

    /// Moves a page to the bin. Gone or trashed already is success.
    pub async fn delete_page(&self, id: &str) -> Result<()> {
        let call = if self.is_cloud() {
            &calls::CLOUD_DELETE_PAGE
        } else {
            &calls::DELETE_PAGE
        };
        let request = self.call(call).fill(&[id]).about(Subject::Page);
        let error = match self.settle(self.done(request).await).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        match error.kind() {
            ErrorKind::PageGone => Ok(()),
            // Some lines answer like this to a page that is in the bin already.
            ErrorKind::PageChanged | ErrorKind::Refused => match self.page(id).await? {
                Some(page) if page.status != crate::PageStatus::Trashed => Err(error),
                _ => Ok(()),
            },
            _ => Err(error),
        }
    }

    /// The page's attachment of this name, compared exactly.
    pub async fn attachment(&self, page_id: &str, file_name: &str) -> Result<Option<Attachment>> {
        let list = self
            .settle(if self.is_cloud() {
                cloud::attachments(self, page_id, file_name).await
            } else {
                data_center::attachments(self, page_id, file_name).await
            })
            .await?;
        Ok(list.into_iter().find(|file| file.file_name == file_name))
    }

    /// Attaches a file: one request.
    ///
    /// With [`Upload::replaces`] a new version of that attachment: on Cloud of whichever has the name,
    /// so it has to be known whose that is. Without it a name that is there already is refused.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::FileNameTaken`], [`ErrorKind::TooLarge`], [`ErrorKind::NotPermitted`],
    /// [`ErrorKind::PageGone`].
    pub async fn upload(&self, page_id: &str, file: &Upload) -> Result<Attachment> {
        let result = if self.is_cloud() {
            cloud::upload(self, page_id, file).await
        } else {
            data_center::upload(self, page_id, file).await
        };
        let error = match self.settle(result).await {
            Ok(attachment) => return Ok(attachment),
            Err(error) => error.with(|inner| inner.context.subject = Some(file.file_name.clone())),
        };
        // The same 404 is said of a page that is gone and of a file above the configured size.
        if error.kind() == ErrorKind::PageGone
            && let Ok(Some(page)) = self.page(page_id).await
            && page.status == crate::PageStatus::Current
        {
            return Err(error
                .become_kind(ErrorKind::TooLarge, Outcome::NotDone)
                .because(Cause::UploadTooLargeOrHidden));
        }
        Err(error)
    }

    /// Adds labels to a page; those it has already stay. Nothing is sent for an empty list.
    pub async fn add_labels(&self, page_id: &str, labels: &[String]) -> Result<()> {
        if labels.is_empty() {
            return Ok(());
        }
        let body: Vec<Value> = labels
            .iter()
            .map(|name| serde_json::json!({ "prefix": "global", "name": name }))
            .collect();
        let request = self
            .call(&calls::ADD_LABELS)
            .fill(&[page_id])
            .about(Subject::Page)
            .send_json(Value::Array(body));
        self.settle(self.done(request).await).await
    }

    /// What the account may do in the space, asked without writing anything.
    pub async fn permissions(&self, space: &SpaceRef) -> Result<Permissions> {
        self.settle(if self.is_cloud() {
            cloud::permissions(self, space).await
        } else {
            data_center::permissions(self, space).await
        })
        .await
    }

    /// The space that [`FoundPage::space`] of this connection names; what it leaves out is that of `known`.
    pub fn space_named(&self, name: String, known: &SpaceRef) -> SpaceRef {
        let mut space = known.clone();
        if self.is_cloud() {
            space.id = name;
        } else {
            space.key = name;
        }
        space
    }

    // What the dialects are built from.

    pub(crate) fn with_connections(&self, http: Http) -> Self {
        Self {
            inner: self.inner.clone(),
            http,
        }
    }

    /// Whether it is spoken to in Cloud's dialect, REST v2.
    pub(crate) fn is_cloud(&self) -> bool {
        self.inner.site.edition == Edition::Cloud && self.inner.route != Route::GatewayClassic
    }

    pub(crate) fn context(&self) -> Context {
        Context {
            host: self.inner.site.name.clone(),
            edition: Some(self.inner.site.edition),
            version: self.inner.site.version.clone(),
            route: Some(self.inner.route),
            method: Some(self.inner.credential.method()),
            account: self.inner.credential.account().map(str::to_owned),
            subject: None,
            space: None,
        }
    }

    pub(crate) fn direct_children_refused(&self) -> &AtomicBool {
        &self.inner.no_direct_children
    }

    pub(crate) fn call(&self, call: &'static Call) -> Ask<'_> {
        Ask {
            call,
            parameters: Vec::new(),
            query: Vec::new(),
            body: None,
            file: None,
            subject: Subject::Page,
        }
    }

    pub(crate) async fn json<T: DeserializeOwned>(&self, ask: Ask<'_>) -> Result<T> {
        let subject = ask.subject;
        let answer = self.send(ask).await?;
        answer::json(&answer, subject, &self.context()).map_err(|error| self.scrubbed(error))
    }

    pub(crate) async fn done(&self, ask: Ask<'_>) -> Result<()> {
        let subject = ask.subject;
        let answer = self.send(ask).await?;
        answer::done(&answer, subject, &self.context()).map_err(|error| self.scrubbed(error))
    }

    pub(crate) async fn send(&self, ask: Ask<'_>) -> Result<Answer> {
        let here = |error: Error| error.with(|inner| inner.context = self.context());
        let Credential::Oauth { tokens } = &*self.inner.credential else {
            let authorization = self.inner.credential.header().map_err(here)?;
            return self.send_as(&ask, authorization).await;
        };
        // Whatever keeps a token from being had, the call itself was not made, or was refused.
        let no_token = |error: Error| error.with(|inner| inner.outcome = Outcome::NotDone);
        let token = tokens.token().await.map_err(no_token)?;
        let authorization = token.header().map_err(here)?;
        let mut answer = self.send_as(&ask, authorization).await?;
        if answer::token_expired(&answer) {
            let token = tokens.renew(&token).await.map_err(no_token)?;
            let authorization = token.header().map_err(here)?;
            answer = self.send_as(&ask, authorization).await?;
            token.scrub(&mut answer.body);
        }
        token.scrub(&mut answer.body);
        Ok(answer)
    }

    async fn send_as(&self, ask: &Ask<'_>, authorization: HeaderValue) -> Result<Answer> {
        let url = address(&self.inner.root, ask.call, &ask.parameters, &ask.query);
        let payload = match (&ask.body, ask.file) {
            (_, Some(file)) => Payload::File(file),
            (Some(body), None) => Payload::Json(body),
            (None, None) => Payload::Empty,
        };
        self.http
            .send(Request {
                call: ask.call,
                url,
                authorization: Some(authorization),
                payload,
            })
            .await
            .map_err(|error| {
                error.with(|inner| {
                    let host = std::mem::take(&mut inner.context.host);
                    inner.context = self.context();
                    inner.context.host = host;
                })
            })
    }

    fn scrubbed(&self, error: Error) -> Error {
        error.with(|inner| {
            inner.server_message = inner
                .server_message
                .take()
                .map(|message| self.inner.credential.scrub(&message));
        })
    }

    /// Decides a 404 that a bad credential gives as well: one request, and only then.
    async fn settle<T>(&self, result: Result<T>) -> Result<T> {
        match result {
            Err(error) if error.cause() == Some(&Cause::PerhapsSignIn) => {
                match self.account().await {
                    Err(why) if is_about_sign_in(why.kind()) => Err(why),
                    // The scope is another matter than the sign-in, and any other trouble here says
                    // nothing about the first answer.
                    _ => Err(error.with(|inner| inner.cause = None)),
                }
            }
            result => result,
        }
    }

    /// A create was answered with 404: parent gone, space gone, or no permission.
    async fn why_not_created(&self, page: &NewPage, error: Error) -> Error {
        if let Some(parent) = &page.parent_id {
            match self.page(parent).await {
                Ok(Some(found)) if found.status == crate::PageStatus::Current => {}
                Ok(_) => return error.become_kind(ErrorKind::ParentGone, Outcome::Final),
                Err(_) => return error,
            }
        }
        let call = if self.is_cloud() {
            self.call(&calls::CLOUD_SPACE).fill(&[&page.space.id])
        } else {
            self.call(&calls::SPACE).fill(&[&page.space.key])
        };
        match self.json::<Value>(call.about(Subject::Space)).await {
            Ok(_) => error.become_kind(ErrorKind::NotPermitted, Outcome::NotDone),
            Err(_) => error,
        }
    }

    async fn exactly_titled(&self, space: &SpaceRef, title: &str) -> Result<Vec<FoundPage>> {
        let result = if self.is_cloud() {
            cloud::pages_titled(self, space, title).await
        } else {
            data_center::pages_titled(self, space, title).await
        };
        self.settle(result)
            .await
            .map_err(|error| error.with(|inner| inner.context.space = Some(space.key.clone())))
    }

    async fn first_pages(&self, space: &SpaceRef) -> Result<Vec<PageRef>> {
        if self.is_cloud() {
            cloud::first_pages(self, space).await
        } else {
            data_center::first_pages(self, space).await
        }
    }

    async fn addressed(&self, space: &SpaceRef, address: PageAddress) -> Result<Vec<PageRef>> {
        let pages = match address {
            PageAddress::Id(id) => self.page(&id).await?.into_iter().collect(),
            PageAddress::Title { title, space_key } if space_key == space.key => {
                self.exactly_titled(space, &title).await?
            }
            PageAddress::Title { .. } => Vec::new(),
        };
        Ok(pages
            .into_iter()
            .filter(|page| page.status == crate::PageStatus::Current)
            .filter(|page| match &page.space {
                Some(other) => *other == space.id || *other == space.key,
                None => true,
            })
            .map(page_ref)
            .collect())
    }

    /// Asks the search index. v1 on both dialects; on Cloud it is one of the calls that stay.
    async fn search(&self, cql: &str) -> Result<Vec<PageRef>> {
        let found: SearchList = self
            .json(
                self.call(&calls::SEARCH)
                    .about(Subject::Space)
                    .ask("cql", cql)
                    .ask("limit", MOST_MATCHES.to_string())
                    .ask("expand", "content.ancestors"),
            )
            .await?;
        Ok(found
            .results
            .into_iter()
            .filter_map(|hit| hit.content)
            .filter(|content| content.kind.as_deref().unwrap_or("page") == "page")
            .map(|content| PageRef {
                id: content.id.0,
                title: content.title,
                ancestors: content
                    .ancestors
                    .into_iter()
                    .map(|ancestor| ancestor.title)
                    .collect(),
                has_children: None,
            })
            .collect())
    }
}

/// One request in the making.
pub(crate) struct Ask<'a> {
    call: &'static Call,
    parameters: Vec<String>,
    query: Vec<(&'static str, String)>,
    body: Option<Value>,
    file: Option<&'a Upload>,
    subject: Subject,
}

impl<'a> Ask<'a> {
    pub fn of(&self) -> &'static Call {
        self.call
    }

    /// Fills the `{...}` of the call's path, in their order.
    pub fn fill(mut self, parameters: &[&str]) -> Self {
        self.parameters = parameters.iter().map(|&value| value.to_owned()).collect();
        self
    }

    pub fn ask(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub fn about(mut self, subject: Subject) -> Self {
        self.subject = subject;
        self
    }

    pub fn send_json(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    pub fn send_file(mut self, file: &'a Upload) -> Self {
        self.file = Some(file);
        self
    }
}

/// The call's address below `root`. Parameters are percent-encoded, so none can leave its segment.
fn address(root: &Url, call: &Call, parameters: &[String], query: &[(&str, String)]) -> Url {
    let mut url = root.clone();
    let mut parameters = parameters.iter();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty();
        for segment in call.path.split('/').filter(|segment| !segment.is_empty()) {
            if segment.starts_with('{') {
                // `.` and `..` would be dropped by the parser and hit the call above.
                let value = parameters.next().map(String::as_str).unwrap_or_default();
                segments.push(if matches!(value, "" | "." | "..") {
                    "-"
                } else {
                    value
                });
            } else {
                segments.push(segment);
            }
        }
    }
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    url
}

/// A search for titles in one space. `None` when the text has no word to search for.
///
/// Only letters, digits and blanks go into the query, so that nothing typed is read as CQL.
fn title_search(space: &SpaceRef, text: &str) -> Option<String> {
    let words: String = text
        .chars()
        .map(|character| {
            if character.is_alphanumeric() {
                character
            } else {
                ' '
            }
        })
        .collect();
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.is_empty() {
        return None;
    }
    let key: String = space
        .key
        .chars()
        .filter(|character| !matches!(character, '"' | '\\') && !character.is_control())
        .collect();
    Some(format!(
        r#"space = "{key}" and type = page and title ~ "{words}*""#
    ))
}

/// Answered, and with a no: not a broken connection, and not a pause.
fn is_refusal(error: &Error) -> bool {
    error.status().is_some() && error.kind() != ErrorKind::RateLimited
}

fn matches(mut rows: Vec<PageRef>) -> Listed<PageRef> {
    let more = rows.len() >= MOST_MATCHES;
    rows.truncate(MOST_MATCHES);
    Listed { rows, more }
}

fn holds(title: &str, text: &str) -> bool {
    let title = title.to_lowercase();
    text.to_lowercase()
        .split_whitespace()
        .all(|word| title.contains(word))
}

fn page_ref(page: FoundPage) -> PageRef {
    PageRef {
        id: page.id,
        title: page.title,
        ancestors: Vec::new(),
        has_children: None,
    }
}

/// Remembers a refusal for the rest of the connection.
pub(crate) fn remember(flag: &AtomicBool) {
    flag.store(true, Ordering::Relaxed);
}

/// An id, which is a text on Cloud and often a number on Data Center.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Id(pub String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) if !text.is_empty() => Ok(Self(text)),
            Value::Number(number) => Ok(Self(number.to_string())),
            _ => Err(serde::de::Error::custom("no id")),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    #[serde(rename = "type")]
    kind: Option<String>,
    account_id: Option<String>,
    user_key: Option<String>,
    username: Option<String>,
    display_name: Option<String>,
    public_name: Option<String>,
}

#[derive(Deserialize)]
struct SearchList {
    results: Vec<SearchHit>,
}

#[derive(Deserialize)]
struct SearchHit {
    content: Option<SearchContent>,
}

#[derive(Deserialize)]
struct SearchContent {
    id: Id,
    title: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    ancestors: Vec<SearchAncestor>,
}

#[derive(Deserialize)]
struct SearchAncestor {
    #[serde(default)]
    title: String,
}

/// The links an answer brings along.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Links {
    pub next: Option<String>,
    pub webui: Option<String>,
    pub tinyui: Option<String>,
}

impl Links {
    /// Where the page is read in a browser.
    pub fn page(&self, site: &Site, id: &str) -> Url {
        match &self.webui {
            Some(webui) => site.page_address(webui),
            None => site.page_address(&format!("/pages/viewpage.action?pageId={id}")),
        }
    }

    pub fn tiny(&self, site: &Site) -> Option<Url> {
        self.tinyui.as_deref().map(|link| site.page_address(link))
    }
}

/// Spaces that are listed: all of even a large company's, and some tens of MB at most.
pub const MOST_SPACES: usize = 100_000;
/// Pages that are listed below a page or at the top of a space: more than anybody looks through.
pub const MOST_PAGES: usize = 1_000;
/// Pages that a search finds.
const MOST_MATCHES: usize = 50;
/// Rows of a list of which none may be left out. Only trashed pages of one title can be so many.
pub(crate) const MOST_ROWS: usize = 1_000;
/// Requests for one list: more is a list without an end.
pub(crate) const LONGEST_LIST: usize = 1_000;

pub(crate) fn endless(client: &Client, call: &'static Call) -> Error {
    Error::new(ErrorKind::ServerError, Outcome::Unknown)
        .because(Cause::EndlessList)
        .with(|inner| {
            inner.call = Some(call);
            inner.context = client.context();
        })
}

/// Of a list that has to be read to its end and has more than [`MOST_ROWS`].
pub(crate) fn too_long(client: &Client, call: &'static Call) -> Error {
    Error::new(ErrorKind::Refused, Outcome::Final)
        .because(Cause::LongList)
        .with(|inner| {
            inner.call = Some(call);
            inner.context = client.context();
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atlassians_hosts_are_addresses() {
        assert_eq!(
            Endpoints::default().gateway.as_str(),
            "https://api.atlassian.com/"
        );
        assert_eq!(
            Endpoints::default().auth.as_str(),
            "https://auth.atlassian.com/"
        );
    }

    #[test]
    fn a_parameter_stays_in_its_segment() {
        let root = Url::parse("https://w.example/c").unwrap();
        for (value, path) in [
            ("12", "/c/rest/api/content/12"),
            ("a/b?c#d", "/c/rest/api/content/a%2Fb%3Fc%23d"),
            ("..", "/c/rest/api/content/-"),
            ("", "/c/rest/api/content/-"),
        ] {
            let url = address(&root, &calls::PAGE, &[value.to_owned()], &[]);
            assert_eq!(url.path(), path);
            assert_eq!(url.query(), None);
        }
    }

    #[test]
    fn a_search_holds_no_syntax_of_the_user() {
        let space = SpaceRef {
            id: "1".into(),
            key: "PA\"Y".into(),
            homepage_id: None,
        };
        assert_eq!(
            title_search(&space, r#"Sprint "42": a\b OR*"#).unwrap(),
            r#"space = "PAY" and type = page and title ~ "Sprint 42 a b OR*""#
        );
        assert_eq!(title_search(&space, "***"), None);
    }
}
