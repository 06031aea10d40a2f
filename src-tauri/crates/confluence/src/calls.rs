//! Every call this crate makes, in one table. Requests are built from it and from nothing else.

use reqwest::Method;

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
    CLOUD_UPLOAD = "Upload a file", PUT "/rest/api/content/{page}/child/attachment", Cloud, Some("write:confluence-file"),
        "Attaches the PDF, as a new attachment or as a new version of it.";

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
