//! Every call this crate makes.

use reqwest::Method;

/// One kind of request.
#[derive(Debug, PartialEq, Eq)]
pub struct Call {
    pub name: &'static str,
    pub method: Method,
    /// Below the site's address (context path included); `{...}` is filled in.
    pub path: &'static str,
    /// Scope an API token or an OAuth app needs for it on Cloud.
    pub scope: Option<&'static str>,
    pub why: &'static str,
}
