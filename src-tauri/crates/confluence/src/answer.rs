//! What an answer of Confluence means. The one place that reads statuses and error bodies.
//!
//! Rows of the error catalogues of Cloud and Data Center are matched on status and shape; on text only
//! where nothing else tells two cases apart, and then the other reading is still a correct one.

use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::{
    Result,
    client::Route,
    credential::Method,
    error::{Cause, Context, Error, ErrorKind, Outcome},
    http::{Answer, at, host_of},
    site::Edition,
};

/// What a call is about: the same 404 means something else for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Whoever is signed in.
    Account,
    Space,
    Page,
    /// A page that is being created.
    NewPage,
    /// A page that is being changed.
    PageUpdate,
    File,
}

/// Reads a 2xx as JSON; anything else becomes an error.
pub(crate) fn json<T: DeserializeOwned>(
    answer: &Answer,
    subject: Subject,
    context: &Context,
) -> Result<T> {
    let value: Value = whole(answer, subject, context)?;
    serde_json::from_value(value).map_err(|error| {
        unknown(Cause::Unparsable)
            .with(|inner| inner.source = Some(Box::new(error)))
            .with(|inner| placed(inner, answer, context))
    })
}

/// Checks that an answer is a success, without asking for a body.
pub(crate) fn done(answer: &Answer, subject: Subject, context: &Context) -> Result<()> {
    if answer.is_success() && answer.body.trim_ascii().is_empty() {
        return Ok(());
    }
    whole(answer, subject, context).map(|_| ())
}

fn whole(answer: &Answer, subject: Subject, context: &Context) -> Result<Value> {
    if !answer.is_success() {
        return Err(failure(answer, answer.status, subject, context));
    }
    if answer.is_html() {
        return Err(page_instead(answer).with(|inner| placed(inner, answer, context)));
    }
    let value: Value = serde_json::from_slice(&answer.body).map_err(|error| {
        unknown(Cause::Unparsable)
            .with(|inner| inner.source = Some(Box::new(error)))
            .with(|inner| placed(inner, answer, context))
    })?;
    // A failure in the coat of a 200, as met with draft pages.
    if let Some(status) = value.get("statusCode").and_then(Value::as_u64)
        && (400..600).contains(&status)
        && value.get("id").is_none()
        && value.get("results").is_none()
        && let Ok(status) = u16::try_from(status)
    {
        return Err(failure(answer, status, subject, context));
    }
    Ok(value)
}

fn unknown(cause: Cause) -> Error {
    Error::new(ErrorKind::Unknown, Outcome::Unknown).because(cause)
}

fn placed(inner: &mut crate::error::Inner, answer: &Answer, context: &Context) {
    inner.status = Some(answer.status);
    inner.call = Some(answer.call);
    inner.at = Some(at(answer.call, &answer.url));
    inner.context = context.clone();
    inner.context.host = host_of(&answer.url);
}

/// A 401 is the gateway's answer to a missing scope, too: its words alone tell the two apart.
fn is_scope_refusal(route: Option<Route>, said: &str) -> bool {
    matches!(route, Some(Route::Gateway | Route::GatewayClassic)) && said.contains("scope")
}

/// Whether another access token might be accepted. What an expired one is answered is not recorded,
/// so every 401 counts that does not speak of scopes.
pub(crate) fn token_expired(answer: &Answer) -> bool {
    answer.status == 401
        && !server_message(answer)
            .to_ascii_lowercase()
            .contains("scope")
}

/// What a status that is no success means.
pub(crate) fn failure(answer: &Answer, status: u16, subject: Subject, context: &Context) -> Error {
    let message = server_message(answer);
    let (kind, outcome, cause) = classify(answer, status, subject, context, &message);
    Error::new(kind, outcome).with(|inner| {
        placed(inner, answer, context);
        inner.status = Some(status);
        inner.server_message = (!message.is_empty()).then_some(message);
        inner.cause = cause;
        inner.retry_after = retry_after(answer, SystemTime::now());
    })
}

fn classify(
    answer: &Answer,
    status: u16,
    subject: Subject,
    context: &Context,
    message: &str,
) -> (ErrorKind, Outcome, Option<Cause>) {
    use ErrorKind as K;
    use Outcome::{Final, NotDone, Unknown};
    let said = message.to_ascii_lowercase();
    let cloud = context.edition == Some(Edition::Cloud);

    if answer.is_redirect() {
        let error = redirect(answer);
        return (error.kind(), error.outcome(), error.cause().cloned());
    }
    // Amazon's front door fails now and then under load, in the coat of a 403 or 404.
    if matches!(status, 403 | 404)
        && answer
            .header("x-cache")
            .is_some_and(|value| value.eq_ignore_ascii_case("Error from cloudfront"))
    {
        return (K::ServerError, Unknown, None);
    }
    if matches!(status, 401 | 403)
        && answer
            .header("x-authentication-denied-reason")
            .is_some_and(|value| value.to_ascii_uppercase().contains("CAPTCHA"))
    {
        return (K::Captcha, NotDone, None);
    }
    match status {
        400 if said.contains("same file name") => (K::FileNameTaken, NotDone, None),
        400 if said.contains("with this title already exists")
            || said.contains("already exists with the same title") =>
        {
            (K::TitleTaken, NotDone, None)
        }
        400 if said.contains("version must be incremented") => (K::PageChanged, Unknown, None),
        400 if matches!(subject, Subject::NewPage | Subject::PageUpdate) => {
            (K::Refused, Final, None)
        }
        401 if is_scope_refusal(context.route, &said) => (K::MissingScope, NotDone, None),
        401 if said.contains("with passwords is deprecated") => (
            K::SignInRefused,
            NotDone,
            Some(Cause::PasswordInsteadOfToken),
        ),
        401 => (K::SignInRefused, NotDone, None),
        403 if said.contains("basic auth") => (K::BasicSwitchedOff, NotDone, None),
        403 if said.contains("xsrf") => (K::Refused, NotDone, Some(Cause::Xsrf)),
        403 if cloud
            && (said.contains("not permitted to use confluence")
                || said.contains("caller cannot access confluence")) =>
        {
            (K::SignInRefused, NotDone, Some(Cause::NoConfluenceAccess))
        }
        403 if cloud && said.contains("session auth token") => (K::SignInRefused, NotDone, None),
        403 if subject == Subject::Account => {
            (K::SignInRefused, NotDone, Some(Cause::NoConfluenceAccess))
        }
        403 => (K::NotPermitted, NotDone, None),
        404 => match subject {
            Subject::Account => (K::NotConfluence, NotDone, None),
            _ => {
                let kind = match subject {
                    Subject::Space | Subject::NewPage => K::SpaceGone,
                    _ => K::PageGone,
                };
                // Cloud's REST v2 says exactly this to a credential it does not accept.
                let perhaps = cloud && message == "Not Found";
                (kind, Final, perhaps.then_some(Cause::PerhapsSignIn))
            }
        },
        407 => (K::ProxyRefused, NotDone, None),
        408 => (K::TimedOut, Unknown, None),
        409 if matches!(subject, Subject::PageUpdate | Subject::Page) => {
            (K::PageChanged, Unknown, None)
        }
        409 => (K::Refused, Unknown, None),
        410 => (K::ApiRemoved, Final, None),
        413 => (K::TooLarge, NotDone, None),
        429 => (K::RateLimited, NotDone, None),
        // RFC 6585, section 6: the network wants a sign-in.
        511 => (K::CaptivePortal, NotDone, None),
        500..=599 => (K::ServerError, Unknown, None),
        _ => (K::Refused, NotDone, None),
    }
}

/// A 3xx where an answer was due. Outcome unknown: what redirects may not be Confluence at all.
pub(crate) fn redirect(answer: &Answer) -> Error {
    let target = answer
        .header("location")
        .and_then(|location| answer.url.join(location).ok());
    let Some(target) = target else {
        return Error::new(ErrorKind::Redirected, Outcome::Unknown);
    };
    let whole = target.as_str().to_ascii_lowercase();
    let shown = Cause::RedirectTo(format!("{}://{}", target.scheme(), host_of(&target)));
    let kind = if is_portal(&whole) && !same_host(&target, &answer.url) {
        ErrorKind::CaptivePortal
    } else if is_sign_in(&target) {
        ErrorKind::SignInPage
    } else {
        ErrorKind::Redirected
    };
    Error::new(kind, Outcome::Unknown).because(shown)
}

/// HTML with a success status where JSON was due.
pub(crate) fn page_instead(answer: &Answer) -> Error {
    let text = answer.text().to_ascii_lowercase();
    let kind = if is_portal(&title_of(&text)) || text.contains("wispaccessgatewayparam") {
        ErrorKind::CaptivePortal
    } else {
        ErrorKind::SignInPage
    };
    Error::new(kind, Outcome::Unknown)
        .because(Cause::Html)
        .with(|inner| {
            let message = server_message(answer);
            inner.server_message = (!message.is_empty()).then_some(message);
        })
}

/// Words that networks in front of the internet use about themselves.
fn is_portal(text: &str) -> bool {
    ["captive", "hotspot", "wifi", "wi-fi", "wlan"]
        .iter()
        .any(|word| text.contains(word))
}

/// Whether an address is one where people sign in.
pub(crate) fn is_sign_in(target: &Url) -> bool {
    let words =
        format!("{}{}", target.host_str().unwrap_or_default(), target.path()).to_ascii_lowercase();
    [
        "login",
        "logon",
        "signin",
        "sign-in",
        "sso",
        "saml",
        "oauth",
        "oidc",
        "openid",
        "adfs",
        "okta",
        "idp",
        "auth.",
        "/auth",
        "id.atlassian.com",
    ]
    .iter()
    .any(|word| words.contains(word))
}

pub(crate) fn same_host(one: &Url, other: &Url) -> bool {
    one.host_str() == other.host_str()
}

/// The server's own words: of the four JSON shapes, plain text, or a page's title.
pub(crate) fn server_message(answer: &Answer) -> String {
    let text = if answer.is_html() {
        page_text(&answer.text())
    } else if let Ok(value) = serde_json::from_slice::<Value>(&answer.body) {
        let said =
            |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let mut words: Vec<String> = Vec::new();
        for item in value
            .get("errors")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            words.extend(
                ["title", "detail", "message"]
                    .iter()
                    .filter_map(|name| said(item, name)),
            );
        }
        words.extend(said(&value, "message"));
        if words.is_empty() {
            words.extend(
                ["error_description", "error", "errorMessage"]
                    .iter()
                    .find_map(|name| said(&value, name)),
            );
        }
        words.retain(|word| !word.trim().is_empty());
        words.join(". ")
    } else if matches!(answer.body.trim_ascii_start().first(), Some(b'{' | b'[')) {
        String::new()
    } else {
        answer.text()
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    shorten(without_class(&text), 500)
}

/// Takes a Java exception's class name off the front of its message.
fn without_class(text: &str) -> &str {
    match text.split_once(": ") {
        Some((class, rest))
            if class.contains('.')
                && class.ends_with("Exception")
                && !class.contains(char::is_whitespace) =>
        {
            rest
        }
        _ => text,
    }
}

fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn title_of(lower_html: &str) -> String {
    let Some(start) = lower_html.find("<title") else {
        return String::new();
    };
    let rest = &lower_html[start..];
    let Some(open) = rest.find('>') else {
        return String::new();
    };
    let rest = &rest[open + 1..];
    rest[..rest.find('<').unwrap_or(rest.len())]
        .trim()
        .to_owned()
}

/// A page's text without its markup, styles and scripts: enough for an error page.
fn page_text(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        text.push(' ');
        rest = &rest[start..];
        let lower = rest.get(..7).unwrap_or(rest).to_ascii_lowercase();
        let end = if lower.starts_with("<style") {
            rest.find("</style>").map(|at| at + 8)
        } else if lower.starts_with("<script") {
            rest.find("</script>").map(|at| at + 9)
        } else {
            rest.find('>').map(|at| at + 1)
        };
        match end {
            Some(end) => rest = &rest[end..],
            None => {
                rest = "";
            }
        }
    }
    text.push_str(rest);
    text.replace("&nbsp;", " ").replace("&amp;", "&")
}

/// `Retry-After` in both its forms (RFC 9110, section 10.2.3). A date is counted from the answer's
/// own `Date`, so that a wrong clock on this computer does not matter.
pub(crate) fn retry_after(answer: &Answer, now: SystemTime) -> Option<Duration> {
    let value = answer.header("retry-after")?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let from = answer
        .header("date")
        .and_then(|date| httpdate::parse_http_date(date).ok())
        .unwrap_or(now);
    Some(until.duration_since(from).unwrap_or_default())
}

/// Whether a credential is what the server did not like.
pub(crate) fn is_about_sign_in(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::SignInRefused
            | ErrorKind::SignInNeeded
            | ErrorKind::Anonymous
            | ErrorKind::Captcha
            | ErrorKind::BasicSwitchedOff
            | ErrorKind::TokenTooNew
    )
}

/// What the credential is called in a sentence.
pub(crate) fn credential_name(method: Option<Method>) -> &'static str {
    match method {
        Some(Method::ApiToken) => "API token",
        Some(Method::PersonalAccessToken) => "personal access token",
        Some(Method::Basic) => "password",
        Some(Method::Oauth) | None => "sign-in",
    }
}
