//! What can be known of a connection before anything is published, without writing to Confluence.

use serde_json::json;

use crate::{
    Client, Result, Route,
    answer::{self, Subject},
    calls::{self, Call},
    error::ErrorKind,
    http::{Answer, Http},
};

/// What the account may do in a space. `None` where the server does not tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Permissions {
    pub create_pages: Option<bool>,
    pub attach_files: Option<bool>,
    /// A server may let an account delete its own pages and not say so: this is never a `Some(false)`.
    pub delete_pages: Option<bool>,
}

/// Whether a token has the scope of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScopeAnswer {
    pub scope: &'static str,
    /// The call it is needed for, in the words of [`crate::calls`].
    pub call: &'static Call,
    pub granted: bool,
}

/// An id no page has: not even a number. Whatever is asked about it does nothing.
const NO_PAGE: &str = "none";

impl Permissions {
    /// From what a server lists as permitted, as pairs of operation and target.
    pub(crate) fn of<'a>(
        operations: impl Iterator<Item = (&'a str, &'a str)> + Clone,
        complete: bool,
    ) -> Self {
        let has = |name: &str, target: &str| {
            operations
                .clone()
                .any(|(operation, kind)| operation == name && kind == target)
        };
        let any = operations.clone().next().is_some();
        // A page's own list may leave out what may be done below it: there only an account that may
        // not write at all is known not to create.
        let writes = operations
            .clone()
            .any(|(operation, _)| matches!(operation, "create" | "update"));
        let absent = (any && (complete || !writes)).then_some(false);
        let known = |name, target| has(name, target).then_some(true).or(absent);
        Self {
            create_pages: known("create", "page"),
            attach_files: known("create", "attachment"),
            delete_pages: has("delete", "page").then_some(true),
        }
    }
}

impl Client {
    /// The same sign-in over other connections.
    pub fn over(&self, http: &Http) -> Self {
        self.with_connections(http.clone())
    }

    /// Which scopes the token has, of those that publishing needs; with `labels` those for labels too.
    /// Empty where the token has none to ask for: not through the gateway.
    ///
    /// A missing scope is refused before anything else is looked at (401, "scope does not match"). So
    /// each call is made in a way that cannot succeed - without a body, or about a page that cannot
    /// exist - and any other refusal says that the scope is there. Nothing is written.
    pub async fn scopes(&self, labels: bool) -> Result<Vec<ScopeAnswer>> {
        if self.route() != Route::Gateway {
            return Ok(Vec::new());
        }
        let mut probes = vec![
            self.call(&calls::CLOUD_PAGE).fill(&[NO_PAGE]),
            self.call(&calls::CLOUD_ATTACHMENTS).fill(&[NO_PAGE]),
            self.call(&calls::CLOUD_CREATE_PAGE).send_json(json!({})),
            self.call(&calls::CLOUD_UPLOAD)
                .fill(&[NO_PAGE])
                .send_json(json!({})),
            self.call(&calls::CLOUD_DELETE_PAGE).fill(&[NO_PAGE]),
        ];
        if labels {
            probes.push(
                self.call(&calls::ADD_LABELS)
                    .fill(&[NO_PAGE])
                    .send_json(json!([])),
            );
        }
        let mut answers = Vec::new();
        for probe in probes {
            let call = probe.of();
            let Some(scope) = call.scope else { continue };
            let answer = self.send(probe).await?;
            answers.push(ScopeAnswer {
                scope,
                call,
                granted: self.has_scope(&answer)?,
            });
        }
        Ok(answers)
    }

    fn has_scope(&self, answer: &Answer) -> Result<bool> {
        if answer.is_success() {
            return Ok(true);
        }
        let error = answer::failure(answer, answer.status, Subject::Page, &self.context());
        match error.kind() {
            ErrorKind::MissingScope => Ok(false),
            ErrorKind::SignInRefused
            | ErrorKind::Captcha
            | ErrorKind::RateLimited
            | ErrorKind::ServerError
            | ErrorKind::SignInPage
            | ErrorKind::CaptivePortal
            | ErrorKind::Redirected => Err(error),
            _ => Ok(true),
        }
    }
}
