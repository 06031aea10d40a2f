//! Signing in: which way the credential works, and who it is.

use std::sync::Arc;

use crate::{Account, Client, Credential, Endpoints, Http, Result, Site};

pub async fn sign_in(
    _http: &Http,
    _site: &Site,
    _credential: impl Into<Arc<Credential>>,
    _endpoints: &Endpoints,
) -> Result<(Client, Account)> {
    unimplemented!()
}
