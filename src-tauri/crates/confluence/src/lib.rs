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
//! This crate never sleeps, never sends anything twice, and follows no redirect.

mod answer;
pub mod calls;
mod certificate;
mod client;
mod cloud;
mod credential;
mod data_center;
mod error;
mod http;
mod page;
mod preflight;
mod proxy;
mod sign_in;
mod site;
mod tls;
mod words;

pub use certificate::{
    Authority, CertificateInfo, CertificateProblem, ClientCertificate, LONGEST_CERTIFICATE_FILE,
};
pub use client::{Client, Endpoints, Route};
pub use credential::Credential;
pub use error::{Error, ErrorKind, Outcome, Result};
pub use http::{CallRecord, Http, HttpOptions, RateLimit};
pub use page::{
    Account, Attachment, FoundPage, NewPage, PageRef, PageStatus, PageUpdate, SavedPage, Space,
    SpaceRef, Upload,
};
pub use preflight::{Permissions, ScopeAnswer};
pub use proxy::{OwnProxy, ProxyChoice, ProxySignIn, Way};
pub use secrecy::SecretString;
pub use sign_in::sign_in;
pub use site::{Edition, PageAddress, ServerPage, Site, discover};
pub use tls::{Handshake, Trust};
pub use url::Url;
pub use words::Words;
