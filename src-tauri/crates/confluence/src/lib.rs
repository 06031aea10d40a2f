//! Where a summary goes: Confluence sites, credentials, sign-in, the REST dialects, the error catalogue.
//!
//! How to use it, in the order of the wizard:
//!
//! 1. [`Http::new`] once.
//! 2. [`discover`] turns whatever address was pasted into a [`Site`], without sending a credential.
//! 3. [`sign_in`] gives a [`Client`] and the [`Account`], or says why not.
//! 4. The [`Client`] reads spaces and pages, creates, updates and deletes pages, uploads files.
//!
//! Each failure is an [`Error`]: its [`ErrorKind`] says what happened, its [`Outcome`] whether
//! Confluence may have done it all the same, and [`Error::words`] tells it to the user.
//!
//! Where the sign-in goes through a browser, [`Oauth`] makes the consent page's address and turns the
//! answer, which [`Callback`] waits for, into tokens; a [`Client`] gets them from its [`AccessTokens`].
//!
//! This crate follows no redirect and sends nothing twice, but for one case: what was refused because
//! an access token had expired is sent again with a new one.

mod answer;
mod callback;
pub mod calls;
mod certificate;
mod client;
mod cloud;
mod credential;
mod data_center;
mod error;
mod http;
mod oauth;
mod page;
mod preflight;
mod proxy;
mod reach;
mod sign_in;
mod site;
mod tls;
mod words;

pub use callback::{Answered, Callback, NotTheAnswer, read_answer, redirect_address};
pub use certificate::{
    Authority, CertificateInfo, CertificateProblem, ClientCertificate, LONGEST_CERTIFICATE_FILE,
};
pub use client::{Client, Endpoints, MOST_PAGES, MOST_SPACES, Route};
pub use credential::Credential;
pub use error::{Error, ErrorKind, Outcome, Result};
pub use http::{CallRecord, Http, HttpOptions, RateLimit, is_in_the_clear};
pub use oauth::{
    AccessToken, AccessTokens, CloudSite, Consent, Oauth, OauthServer, Tokens, cloud_sites,
};
pub use page::{
    Account, Attachment, FoundPage, Listed, NewPage, PageRef, PageStatus, PageUpdate, SavedPage,
    Space, SpaceRef, Upload,
};
pub use preflight::{Permissions, ScopeAnswer};
pub use proxy::{OwnProxy, ProxyChoice, ProxySignIn, Way};
pub use reach::reach;
pub use secrecy::SecretString;
pub use sign_in::sign_in;
pub use site::{Edition, PageAddress, ServerPage, Site, discover};
pub use tls::{Handshake, Trust};
pub use url::Url;
pub use words::Words;
