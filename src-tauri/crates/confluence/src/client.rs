//! A signed-in connection to one site.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    Account, Attachment, CallRecord, Credential, Edition, FoundPage, Http, NewPage, PageRef,
    PageUpdate, Result, SavedPage, Site, Space, SpaceRef, Upload,
};

/// Where Atlassian's own services answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// The gateway scoped API tokens and OAuth go through: `https://api.atlassian.com`.
    pub gateway: Url,
}

impl Default for Endpoints {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "a constant, covered by a test")]
        let gateway = Url::parse("https://api.atlassian.com").expect("a valid address");
        Self { gateway }
    }
}

/// Which way the calls go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Route {
    /// To the site itself.
    Site,
    /// Through Atlassian's gateway: what a scoped API token needs.
    Gateway,
}

/// A signed-in connection to one site. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
    pub(crate) http: Http,
}

pub(crate) struct Inner {
    pub site: Site,
    pub credential: Arc<Credential>,
    pub endpoints: Endpoints,
    pub route: Route,
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
        let inner = Inner {
            site,
            credential: credential.into(),
            endpoints,
            route,
        };
        Self {
            inner: Arc::new(inner),
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

    pub fn site(&self) -> &Site {
        &self.inner.site
    }

    pub fn route(&self) -> Route {
        self.inner.route
    }

    pub async fn account(&self) -> Result<Account> {
        unimplemented!()
    }
    pub async fn spaces(&self) -> Result<Vec<Space>> {
        unimplemented!()
    }
    pub async fn top_pages(&self, _space: &SpaceRef) -> Result<Vec<PageRef>> {
        unimplemented!()
    }
    pub async fn children(&self, _page_id: &str) -> Result<Vec<PageRef>> {
        unimplemented!()
    }
    pub async fn find_pages(&self, _space: &SpaceRef, _text: &str) -> Result<Vec<PageRef>> {
        unimplemented!()
    }
    pub async fn pages_titled(&self, _space: &SpaceRef, _title: &str) -> Result<Vec<FoundPage>> {
        unimplemented!()
    }
    pub async fn page(&self, _id: &str) -> Result<Option<FoundPage>> {
        unimplemented!()
    }
    pub async fn newest_children(
        &self,
        _space: &SpaceRef,
        _parent_id: Option<&str>,
    ) -> Result<Vec<FoundPage>> {
        unimplemented!()
    }
    pub async fn create_page(&self, _page: &NewPage) -> Result<SavedPage> {
        unimplemented!()
    }
    pub async fn update_page(&self, _page: &PageUpdate) -> Result<SavedPage> {
        unimplemented!()
    }
    pub async fn delete_page(&self, _id: &str) -> Result<()> {
        unimplemented!()
    }
    pub async fn attachment(&self, _page_id: &str, _file_name: &str) -> Result<Option<Attachment>> {
        unimplemented!()
    }
    pub async fn upload(&self, _page_id: &str, _file: &Upload) -> Result<Attachment> {
        unimplemented!()
    }
    pub async fn add_labels(&self, _page_id: &str, _labels: &[String]) -> Result<()> {
        unimplemented!()
    }
    pub async fn may_create(&self, _space: &SpaceRef) -> Result<Option<bool>> {
        unimplemented!()
    }

    fn is_cloud(&self) -> bool {
        self.inner.site.edition == Edition::Cloud
    }
}
