//! Every call this crate makes, in one table. Requests are built from it and from nothing else: a
//! [`Call`] can be made only here, and a request to any other path than its own is not sent.

use reqwest::Method;
use url::Url;

/// Which servers a call is made to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Sent without a credential, to find out what answers at an address.
    Discovery,
    /// Cloud, Data Center and Server alike.
    Both,
    /// REST v2, and of v1 what Cloud still serves.
    Cloud,
    /// Data Center and Server: REST v1.
    DataCenter,
    /// Atlassian's sign-in: `https://auth.atlassian.com`.
    AtlassianSignIn,
    /// Atlassian's gateway itself, no site of it: `https://api.atlassian.com`.
    AtlassianGateway,
}

/// One kind of request.
#[derive(Debug, PartialEq, Eq)]
pub struct Call {
    pub name: &'static str,
    pub method: Method,
    /// Below the site's address, context path included; below the host for `/_edge` and for
    /// Atlassian's own hosts.
    /// Each `{...}` is filled in.
    pub path: &'static str,
    pub dialect: Dialect,
    /// Scope a scoped API token or an OAuth app needs for it on Cloud.
    pub scope: Option<&'static str>,
    pub why: &'static str,
    _listed: Listed,
}

/// Known to this file only, so that no call can be made beside the table.
#[derive(Debug, PartialEq, Eq)]
struct Listed;

impl Call {
    /// Whether a request of this method and path, whatever stands before it, is this call.
    pub fn fits(&self, method: &str, path: &str) -> bool {
        let wanted: Vec<&str> = segments(self.path).collect();
        let found: Vec<&str> = segments(path).collect();
        let Some(before) = found.len().checked_sub(wanted.len()) else {
            return false;
        };
        // The start page has no path of its own for a base to stand before.
        (before == 0 || !wanted.is_empty())
            && method == self.method.as_str()
            && wanted.iter().zip(&found[before..]).all(|(wanted, found)| {
                wanted.starts_with('{') && !found.is_empty() || wanted == found
            })
    }

    pub(crate) fn leads_to(&self, address: &Url) -> bool {
        self.fits(self.method.as_str(), address.path())
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|it| !it.is_empty())
}

macro_rules! calls {
    ($($id:ident = $name:literal, $method:ident $path:literal, $dialect:ident, $scope:expr, $why:literal;)+) => {
        $(
            pub static $id: Call = Call {
                name: $name,
                method: Method::$method,
                path: $path,
                dialect: Dialect::$dialect,
                scope: $scope,
                why: $why,
                _listed: Listed,
            };
        )+

        /// The whole table.
        pub static ALL: &[&Call] = &[$(&$id),+];
    };
}

calls! {
    TENANT_INFO = "Tenant info", GET "/_edge/tenant_info", Discovery, None,
        "Tells a Cloud site, also behind a domain of its own, and its cloud id.";
    SERVER_INFORMATION = "Server information", GET "/rest/api/server-information", Discovery, None,
        "Tells a Data Center and its version.";
    MANIFEST = "Application manifest", GET "/rest/applinks/1.0/manifest", Discovery, None,
        "Tells an older Data Center or Server from other products, and its version.";
    STATUS = "Status", GET "/status", Discovery, None,
        "Tells a server that hides the rest from visitors.";
    START_PAGE = "Start page", GET "/", Discovery, None,
        "Tells where a server sends its visitors: the context path is in it.";

    CLOUD_CONSENT = "Consent page", GET "/authorize", AtlassianSignIn, None,
        "Opened in the browser: the user signs in to Atlassian and accepts.";
    CLOUD_TOKEN = "Atlassian token", POST "/oauth/token", AtlassianSignIn, None,
        "Exchanges the browser's code for tokens, renews them, and signs a service account in.";
    CLOUD_SITES = "Sites of the sign-in", GET "/oauth/token/accessible-resources", AtlassianGateway, None,
        "Lists the Cloud sites the user accepted, with their cloud ids.";
    CONSENT = "Consent page", GET "/rest/oauth2/latest/authorize", DataCenter, None,
        "Opened in the browser: the user signs in to Confluence and allows.";
    TOKEN = "Token", POST "/rest/oauth2/latest/token", DataCenter, None,
        "Exchanges the browser's code for tokens and renews them, over an application link.";

    CURRENT_USER = "Who am I", GET "/rest/api/user/current", Both, Some("read:confluence-user"),
        "Checks the sign-in and names the account.";
    SEARCH = "Search", GET "/rest/api/search", Both, Some("search:confluence"),
        "Offers pages whose title holds what was typed. Never decides anything.";
    ADD_LABELS = "Add labels", POST "/rest/api/content/{page}/label", Both, Some("write:confluence-content"),
        "Labels a published page, where labels are configured.";

    CLOUD_SPACES = "List spaces", GET "/api/v2/spaces", Cloud, Some("read:space:confluence"),
        "Fills the list of spaces.";
    CLOUD_SPACE = "Read a space", GET "/api/v2/spaces/{space}", Cloud, Some("read:space:confluence"),
        "After a 404, tells a vanished space from a missing permission.";
    CLOUD_SPACE_OPERATIONS = "Permissions in a space", GET "/api/v2/spaces/{space}/operations", Cloud, Some("read:space:confluence"),
        "Checks without writing whether the account may create pages.";
    CLOUD_SPACE_PAGES = "Pages of a space", GET "/api/v2/spaces/{space}/pages", Cloud, Some("read:page:confluence"),
        "Fills the page picker; after a lost answer, looks among the newest pages for the one just sent.";
    CLOUD_DIRECT_CHILDREN = "Children of a page", GET "/api/v2/pages/{page}/direct-children", Cloud, Some("read:hierarchical-content:confluence"),
        "Opens a branch of the page picker.";
    CLOUD_CHILDREN = "Children of a page, older call", GET "/api/v2/pages/{page}/children", Cloud, Some("read:page:confluence"),
        "The same for scoped API tokens, which cannot be given the newer scope (CONFCLOUD-82041).";
    CLOUD_PAGES = "Look for pages", GET "/api/v2/pages", Cloud, Some("read:page:confluence"),
        "Finds a page by its title: a parent, or a page whose answer was lost.";
    CLOUD_PAGE = "Read a page", GET "/api/v2/pages/{page}", Cloud, Some("read:page:confluence"),
        "Checks a parent, and a page before it is updated or deleted.";
    CLOUD_CREATE_PAGE = "Create a page", POST "/api/v2/pages", Cloud, Some("write:page:confluence"),
        "Publishes a summary; creates a parent page.";
    CLOUD_UPDATE_PAGE = "Update a page", PUT "/api/v2/pages/{page}", Cloud, Some("write:page:confluence"),
        "Republishes a summary as a new version.";
    CLOUD_DELETE_PAGE = "Delete a page", DELETE "/api/v2/pages/{page}", Cloud, Some("delete:page:confluence"),
        "Moves a published page to the bin.";
    CLOUD_ATTACHMENTS = "Attachments of a page", GET "/api/v2/pages/{page}/attachments", Cloud, Some("read:attachment:confluence"),
        "Looks whether a PDF already arrived.";
    CLOUD_UPLOAD = "Upload a file", POST "/rest/api/content/{page}/child/attachment", Cloud, Some("write:confluence-file"),
        "Attaches the PDF. Refused where the page has a file of that name already.";
    CLOUD_UPLOAD_VERSION = "Upload a new version of a file", PUT "/rest/api/content/{page}/child/attachment", Cloud, Some("write:confluence-file"),
        "Replaces the PDF of an updated page.";

    SPACES = "List spaces", GET "/rest/api/space", DataCenter, None,
        "Fills the list of spaces.";
    SPACE = "Read a space", GET "/rest/api/space/{space}", DataCenter, None,
        "After a 404, tells a vanished space from a missing permission.";
    SPACE_PAGES = "Pages of a space", GET "/rest/api/space/{space}/content/page", DataCenter, None,
        "Fills the page picker.";
    CHILDREN = "Children of a page", GET "/rest/api/content/{page}/child/page", DataCenter, None,
        "Opens a branch of the page picker; after a lost answer, looks for the page just sent.";
    PAGES = "Look for pages", GET "/rest/api/content", DataCenter, None,
        "Finds a page by its title: a parent, or a page whose answer was lost.";
    PAGE = "Read a page", GET "/rest/api/content/{page}", DataCenter, None,
        "Checks a parent, and a page before it is updated or deleted.";
    CREATE_PAGE = "Create a page", POST "/rest/api/content", DataCenter, None,
        "Publishes a summary; creates a parent page.";
    UPDATE_PAGE = "Update a page", PUT "/rest/api/content/{page}", DataCenter, None,
        "Republishes a summary as a new version.";
    DELETE_PAGE = "Delete a page", DELETE "/rest/api/content/{page}", DataCenter, None,
        "Moves a published page to the bin.";
    ATTACHMENTS = "Attachments of a page", GET "/rest/api/content/{page}/child/attachment", DataCenter, None,
        "Looks whether a PDF already arrived.";
    UPLOAD = "Upload a file", POST "/rest/api/content/{page}/child/attachment", DataCenter, None,
        "Attaches the PDF.";
    UPLOAD_VERSION = "Upload a new version of a file", POST "/rest/api/content/{page}/child/attachment/{attachment}/data", DataCenter, None,
        "Replaces the PDF of an updated page.";
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        path::{Path, PathBuf},
    };

    use super::*;
    use crate::{
        ErrorKind, Http, HttpOptions, Outcome,
        http::{Payload, Request},
    };

    #[test]
    fn a_call_knows_its_own_addresses() {
        assert!(PAGE.fits("GET", "/rest/api/content/12"));
        assert!(PAGE.fits("GET", "/confluence/rest/api/content/12"));
        assert!(!PAGE.fits("DELETE", "/rest/api/content/12"));
        assert!(!PAGE.fits("GET", "/rest/api/content/12/history"));
        assert!(!PAGE.fits("GET", "/rest/api/user/12"));
        assert!(!PAGE.fits("GET", "/12"));
        assert!(START_PAGE.fits("GET", "/"));
        assert!(!START_PAGE.fits("GET", "/admin"));
    }

    #[test]
    fn nothing_is_listed_twice_and_each_says_why() {
        for (at, call) in ALL.iter().enumerate() {
            assert!(call.why.ends_with('.'), "{}", call.name);
            assert!(call.path.starts_with('/'), "{}", call.name);
            assert!(
                !ALL[..at].iter().any(|it| it.method == call.method
                    && it.path == call.path
                    && it.dialect == call.dialect),
                "{}",
                call.name
            );
        }
    }

    #[tokio::test]
    async fn a_request_past_the_table_is_not_sent() {
        let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        server.set_nonblocking(true).unwrap();
        let address = format!("http://{}/rest/api/audit", server.local_addr().unwrap());
        let sent = Http::new(&HttpOptions::default())
            .unwrap()
            .send(Request {
                call: &PAGE,
                url: Url::parse(&address).unwrap(),
                authorization: None,
                payload: Payload::Empty,
            })
            .await;
        let Err(refused) = sent else {
            panic!("it was sent")
        };
        assert_eq!(
            (refused.kind(), refused.outcome()),
            (ErrorKind::Refused, Outcome::NotDone)
        );
        // A connection that was opened would wait here.
        assert_eq!(
            server.accept().unwrap_err().kind(),
            std::io::ErrorKind::WouldBlock
        );
    }

    /// What could send a request past the table, and the one file that may hold all of it. Another
    /// one asks a proxy that refused why it did: that goes to no server.
    const WAYS_OUT: &[&str] = &[
        "reqwest::Client",
        "reqwest::get",
        "reqwest::blocking",
        "RequestBuilder",
        "TcpStream::connect",
        "UdpSocket::",
    ];
    const MAY_SEND: &str = "confluence/src/http.rs";
    const MAY_ASK_A_PROXY: (&str, &str) = ("confluence/src/proxy.rs", "TcpStream::connect");
    const HTTP_CLIENTS: &[&str] = &[
        "reqwest",
        "hyper",
        "hyper-util",
        "ureq",
        "isahc",
        "curl",
        "attohttpc",
        "surf",
        "awc",
        "tauri-plugin-http",
    ];

    #[test]
    fn no_other_file_of_the_app_sends_a_request() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let rooms = ["app", "confluence", "secrets", "store", "summary"];
        let mut files = Vec::new();
        for room in rooms {
            sources(&crates.join(room).join("src"), &mut files);
        }
        sources(&crates.join("../src"), &mut files);
        assert!(files.len() > 60, "{}", files.len());
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
            for way in WAYS_OUT.iter().filter(|_| !file.ends_with(MAY_SEND)) {
                if file.ends_with(MAY_ASK_A_PROXY.0) && *way == MAY_ASK_A_PROXY.1 {
                    continue;
                }
                assert!(!code.contains(way), "{} has {way}", file.display());
            }
        }
        let manifests = rooms
            .iter()
            .filter(|it| **it != "confluence")
            .map(|it| crates.join(it).join("Cargo.toml"))
            .chain([crates.join("../../Cargo.toml")]);
        for manifest in manifests {
            let text = fs::read_to_string(&manifest).unwrap();
            let used = text.split("[dependencies]").nth(1).unwrap();
            for line in used.lines().take_while(|it| !it.starts_with('[')) {
                let name = line.split([' ', '.', '=']).next().unwrap();
                assert!(
                    !HTTP_CLIENTS.contains(&name),
                    "{} uses {name}",
                    manifest.display()
                );
            }
        }
    }

    fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, files);
            } else if path.extension().is_some_and(|it| it == "rs") {
                files.push(path);
            }
        }
    }
}
