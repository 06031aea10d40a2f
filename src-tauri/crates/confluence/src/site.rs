//! A Confluence site: its address, and how it is found out.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::{Http, Result};

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
    /// Up to and with the context path, without a slash at the end: `https://x.atlassian.net/wiki`.
    pub base_url: Url,
    pub edition: Edition,
    /// "9.2.7"; `None` on Cloud and where the server hides it.
    pub version: Option<String>,
    /// Names the site at Atlassian's gateway; Cloud only.
    pub cloud_id: Option<String>,
    /// What people call it: the host.
    pub name: String,
}

/// A page of the server a person opens in the browser.
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
    /// The server's start page.
    Home,
}

impl Site {
    /// What the address alone tells, before anything is asked: for links to the server's own pages.
    pub fn guess(_entered: &str, _edition: Edition) -> Result<Self> {
        unimplemented!()
    }

    pub fn server_page(&self, _page: ServerPage) -> Url {
        unimplemented!()
    }
    /// Joins what `_links.webui` holds to the site's address.
    pub fn page_address(&self, _webui: &str) -> Url {
        unimplemented!()
    }
    pub fn is_own_address(&self, _address: &Url) -> bool {
        unimplemented!()
    }
}

pub async fn discover(_http: &Http, _entered: &str, _allow_http: bool) -> Result<Site> {
    unimplemented!()
}
