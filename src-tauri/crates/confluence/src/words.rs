//! What a person reads when something failed: what happened, why, what to do.
//!
//! Where Confluence gives one answer for two causes, both are named. Nothing here is read by a program.

use crate::{
    Edition, Error, ErrorKind,
    answer::credential_name,
    client::{MOST_ROWS, Route},
    credential::Method,
    error::{Cause, Outcome},
};

/// What happened, why, what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// The title of a notice: no full stop.
    pub message: String,
    /// Empty when the message says it all.
    pub cause: String,
    pub hint: String,
}

fn words(message: impl Into<String>, cause: impl Into<String>, hint: impl Into<String>) -> Words {
    Words {
        message: message.into(),
        cause: cause.into(),
        hint: hint.into(),
    }
}

impl Error {
    pub fn words(&self) -> Words {
        let inner = self.inner();
        let context = &inner.context;
        let host = if context.host.is_empty() {
            "the server"
        } else {
            &context.host
        };
        let server = match (&context.version, context.edition) {
            (_, Some(Edition::Cloud)) => "Confluence Cloud".to_owned(),
            (Some(version), _) => format!("Confluence {version}"),
            (None, _) => "this Confluence".to_owned(),
        };
        let credential = credential_name(context.method);
        let account = context.account.as_deref().unwrap_or("this account");
        let space = context
            .space
            .as_deref()
            .map_or_else(|| "the space".to_owned(), |key| format!("the space {key}"));
        let subject = context.subject.as_deref();
        let said = inner.server_message.as_deref();
        let nothing_sent = inner.outcome == Outcome::NotDone && inner.status.is_none();

        match inner.kind {
            ErrorKind::NoSuchHost
            | ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionLost
            | ErrorKind::TimedOut
            | ErrorKind::ProxyRefused
                if inner.proxy.is_some() =>
            {
                self.proxy_words(host)
            }
            ErrorKind::NoSuchHost => words(
                format!("{host} was not found"),
                "no name server knows this address. Outside the office that usually means the VPN is off.",
                "connect to the VPN, or check the spelling of the Server URL.",
            ),
            ErrorKind::ConnectionRefused if self.cause() == Some(&Cause::NotConnected) => words(
                format!("There is no way to {host} from this network"),
                "this computer is offline, or the VPN is off.",
                "connect, then try again.",
            ),
            ErrorKind::ConnectionRefused => words(
                format!("{host} does not accept the connection"),
                "nothing answers at this port: the server is down, or the port in the address is another one.",
                "check the address with its port, or try again later.",
            ),
            ErrorKind::ConnectionLost if nothing_sent => words(
                format!("The connection to {host} could not be made"),
                "it broke off before anything was sent.",
                "check the network and try again.",
            ),
            ErrorKind::ConnectionLost => words(
                format!("The connection to {host} broke off"),
                "it was lost before the whole answer arrived.",
                "check the network and try again.",
            ),
            ErrorKind::TimedOut => words(
                match inner.waited {
                    Some(waited) => {
                        format!("{host} did not answer within {} seconds", waited.as_secs().max(1))
                    }
                    None => format!("{host} took too long to answer"),
                },
                "the server is busy, or a firewall drops the connection without a word.",
                "try again. If it stays so, send the details to your administrator.",
            ),
            ErrorKind::Certificate => self.certificate_words(host),
            ErrorKind::ProxyRefused => words(
                format!("The proxy did not let the call to {host} through"),
                "it asks for a sign-in that the system settings do not hold, or forbids this address. Retropress does not speak Windows sign-in (Negotiate, NTLM).",
                "ask your administrator for a proxy address with user and password, or for the helper your company uses for other programs.",
            ),
            ErrorKind::CaptivePortal => words(
                "The network you are in wants a sign-in first",
                format!("a page of the network (a hotel, a train) answered instead of {host}."),
                "open any address in your browser, sign in to the network, then try again.",
            ),
            ErrorKind::SignInPage => words(
                "A sign-in page answered instead of Confluence",
                match self.cause() {
                    Some(Cause::RedirectTo(target)) => format!(
                        "{host} sends its visitors to {target}: single sign-on, or the network you are in, stands in front of Confluence."
                    ),
                    _ => "single sign-on, or the network you are in (a hotel, a train), stands in front of Confluence. An address with a wrong path answers so too.".to_owned(),
                },
                "open the address in your browser and sign in. With single sign-on, use a Personal Access Token.",
            ),
            ErrorKind::Redirected => words(
                match self.cause() {
                    Some(Cause::RedirectTo(target)) => format!("{host} sends on to {target}"),
                    _ => format!("{host} sends on to another address"),
                },
                "Retropress follows no such pointer with your sign-in.",
                "enter the address your browser ends up at as Server URL.",
            ),
            ErrorKind::NotConfluence => match self.cause() {
                Some(Cause::NoSuchCloudSite) => words(
                    format!("There is no Atlassian site {host}"),
                    "Atlassian answered, but knows no site of this name.",
                    "check the spelling: copy the address of any page of your Confluence.",
                ),
                Some(Cause::OtherProduct(product)) => words(
                    format!("{host} is not Confluence"),
                    format!("it says that it is {}.", product_name(product)),
                    "enter the address of your Confluence: copy that of any of its pages.",
                ),
                _ => words(
                    format!("{host} is not Confluence"),
                    "something answers there, but not as Confluence does. Part of the path may be missing or wrong, such as /confluence.",
                    "copy the address of any Confluence page from your browser.",
                ),
            },
            ErrorKind::InsecureHttp if self.cause() == Some(&Cause::OauthNeedsHttps) => words(
                format!("{host} has no https"),
                "a sign-in through the browser hands out keys that work without a password, so it is never sent over plain http.",
                "enter the https address of this Confluence.",
            ),
            ErrorKind::InsecureHttp => words(
                format!("{host} would be reached without encryption"),
                "with http everybody on the way can read your sign-in.",
                "use https. If this server has no https, allow http for it.",
            ),
            ErrorKind::BadAddress => self.address_words(),
            ErrorKind::SignInRefused | ErrorKind::SignInNeeded => {
                self.sign_in_words(&server, credential)
            }
            ErrorKind::Captcha => words(
                "Confluence wants you to sign in once in the browser",
                "after several wrong passwords it asks for a CAPTCHA, which only a browser can show.",
                format!("sign in there as {account}, then try again."),
            ),
            ErrorKind::BasicSwitchedOff => words(
                "This Confluence takes no passwords from programs",
                "an administrator switched Basic Authentication off.",
                "use a Personal Access Token or an Application Link.",
            ),
            ErrorKind::TokenTooNew => words(
                "This server is too old for Personal Access Tokens",
                format!("it is {server}; they exist since 7.9."),
                "use Basic Authentication with a separate user.",
            ),
            ErrorKind::Anonymous => words(
                "Confluence answered, but to an anonymous visitor",
                format!("it ignored the {credential} and allows reading without sign-in. Publishing would fail."),
                format!("check that the {credential} belongs to this server."),
            ),
            ErrorKind::MissingScope if context.method == Some(Method::Oauth) => words(
                "The sign-in does not allow this",
                match self.missing_scope() {
                    Some(scope) => format!("the scope {scope} is missing."),
                    None => "a scope is missing.".to_owned(),
                },
                "add all scopes of the list to the app in Atlassian's developer console, then sign in again.",
            ),
            ErrorKind::MissingScope => match self.missing_scope() {
                Some(scope) => words(
                    "The token may not do this",
                    format!("the scope {scope} is missing. The scopes of a token cannot be changed."),
                    "create a new token with all scopes of the list.",
                ),
                None => words(
                    "The token may not do this",
                    "a scope is missing. The scopes of a token cannot be changed.",
                    "create a new token with all scopes of the list.",
                ),
            },
            ErrorKind::NotPermitted if self.cause() == Some(&Cause::NoSite) => words(
                "No site with Confluence was accepted",
                "the sign-in worked, but holds no Cloud site that Confluence runs on.",
                "sign in again and choose your site on Atlassian's page.",
            ),
            ErrorKind::NotPermitted => self.permission_words(account, &space),
            ErrorKind::SpaceGone => words(
                match &context.space {
                    Some(key) => format!("The space {key} was not found"),
                    None => "The space was not found".to_owned(),
                },
                "it is gone, or this account may not see it or add to it. Confluence gives the same answer for all of these.",
                "choose another space, or ask for access.",
            ),
            ErrorKind::PageGone => words(
                "The page was not found",
                "it was deleted, or this account may not see it. Confluence gives the same answer for both.",
                "look for it in Confluence. If it is there, ask for access.",
            ),
            ErrorKind::ParentGone => words(
                "The parent page was not found",
                "it was deleted, or this account may not see it. Confluence gives the same answer for both.",
                "choose another parent page, or ask for access.",
            ),
            ErrorKind::TitleTaken => words(
                "A page with this title already exists",
                match subject {
                    Some(title) => format!("“{title}” is in {space} already; upper and lower case count as the same. It was not touched."),
                    None => format!("titles are unique in {space}; upper and lower case count as the same. It was not touched."),
                },
                "choose another title. If you cannot find the page, it may be restricted or archived.",
            ),
            ErrorKind::FileNameTaken => words(
                "The page has a file of this name already",
                match subject {
                    Some(name) => format!("“{name}” is attached to it. It was not touched."),
                    None => "it was not touched.".to_owned(),
                },
                "publish the PDF under another name.",
            ),
            ErrorKind::PageChanged => words(
                "The page was changed in Confluence since",
                "somebody else saved a newer version. Nothing of it was overwritten.",
                "compare the two, then keep theirs, overwrite it, or publish a new page.",
            ),
            ErrorKind::ApiRemoved if context.route == Some(Route::GatewayClassic) => words(
                "This site needs the granular scopes",
                "it no longer serves REST v1, which is all that the classic scopes open. Your sign-in is not the reason.",
                "add the granular scopes to the app in Atlassian's developer console, choose them here, and sign in again.",
            ),
            ErrorKind::ApiRemoved => words(
                "This site needs the new API",
                "it no longer serves the older calls. Your sign-in is not the reason.",
                "use a token with the scopes of the list, and the newest Retropress.",
            ),
            ErrorKind::TooLarge => match (self.cause(), subject) {
                (Some(Cause::UploadTooLargeOrHidden), Some(name)) => words(
                    "Confluence did not take the file",
                    format!("“{name}” is above the size this Confluence allows, or this account may not attach files here. It gives the same answer for both."),
                    "ask its administrator for a higher limit and for “Attachments: Add”.",
                ),
                _ => words(
                    "This is more than Confluence takes",
                    "it limits a page to 5 MB, and files to what its administrator set.",
                    "shorten the summary, or ask for a higher limit.",
                ),
            },
            ErrorKind::RateLimited => words(
                "Confluence asks for a pause",
                "many programs write to it at the moment.",
                match inner.retry_after {
                    Some(wait) => format!("try again in {} seconds.", wait.as_secs().max(1)),
                    None => "try again in a while.".to_owned(),
                },
            ),
            ErrorKind::ServerError => self.server_words(host, subject),
            ErrorKind::Refused => match self.cause() {
                Some(Cause::LongList) => words(
                    format!("A list of {host} is too long"),
                    format!("It has more than {MOST_ROWS} rows, the most that Retropress reads. Usually these are pages of one title in the trash."),
                    "Empty the trash of the space, or choose another title.",
                ),
                Some(Cause::BadFileName) => words(
                    "The file cannot be attached under this name",
                    "a name has 1 to 255 characters, and no control characters.",
                    "choose another name.",
                ),
                Some(Cause::NotListed) => words(
                    "Retropress did not send a request that it does not list",
                    "each request has to be one of those in the table of its calls.",
                    "send the details to whoever maintains Retropress.",
                ),
                Some(Cause::Xsrf) => words(
                    "Confluence took the upload for a forgery",
                    "something on the way, such as a proxy, took out the header that marks it as wanted.",
                    "send the details to your administrator.",
                ),
                _ => words(
                    match inner.status {
                        Some(status) => format!("Confluence refused (status {status})"),
                        None => "Confluence refused".to_owned(),
                    },
                    said.map_or_else(|| "it gave no reason.".to_owned(), |said| format!("it said: {said}")),
                    "change what it complains about, or send the details to your administrator.",
                ),
            },
            ErrorKind::Unknown => match self.cause() {
                Some(Cause::TooLong) => words(
                    format!("{host} sent more than Retropress reads"),
                    "an answer of Confluence is never that long: something else may be answering.",
                    "send the details to your administrator.",
                ),
                Some(Cause::NoToken) => words(
                    format!("{host} did not answer the sign-in as it should"),
                    "there is no token in its answer, or it cannot be read.",
                    "try again. If it stays so, send the details to your administrator.",
                ),
                _ => words(
                    "It is not known whether Confluence did it",
                    "its answer was cut off or could not be read.",
                    "look before sending it again.",
                ),
            },
        }
    }

    fn proxy_words(&self, host: &str) -> Words {
        const OTHER: &str = "Retropress signs in to a proxy with user and password only (Basic)";
        let inner = self.inner();
        let proxy = inner.proxy.as_deref().unwrap_or("the proxy");
        match self.cause() {
            Some(Cause::ProxyUnreachable) => words(
                match inner.kind {
                    ErrorKind::NoSuchHost => format!("The proxy {proxy} was not found"),
                    ErrorKind::TimedOut => format!("The proxy {proxy} did not answer"),
                    _ => format!("The proxy {proxy} does not accept the connection"),
                },
                format!(
                    "{host} is reached through it. Outside the office it is often not there. Nothing was sent."
                ),
                "connect to the VPN, or check the proxy under Network.",
            ),
            Some(Cause::ProxyAsks { offers, signed_in }) => {
                let basic = offers.iter().any(|it| it.eq_ignore_ascii_case("basic"));
                match (basic || offers.is_empty(), signed_in) {
                    (true, true) => words(
                        format!("The proxy {proxy} did not accept user and password"),
                        "it answered 407: one of them is wrong. Nothing was sent to Confluence.",
                        "enter them again under Network.",
                    ),
                    (true, false) => words(
                        format!("The proxy {proxy} asks for a sign-in"),
                        "it answered 407 and was given no user and password. Nothing was sent to Confluence.",
                        "enter a proxy with user and password under Network.",
                    ),
                    (false, _) => words(
                        format!("The proxy {proxy} asks for a sign-in"),
                        format!(
                            "it answered 407 and offers {} alone. {OTHER}; Windows sign-in (Negotiate, NTLM) is not spoken. Nothing was sent to Confluence.",
                            offers.join(" and ")
                        ),
                        "ask your administrator for a proxy that takes user and password, or run the helper your company uses for other programs and enter its address under Network.",
                    ),
                }
            }
            Some(Cause::ProxyForbids(status)) => words(
                format!("The proxy {proxy} does not let calls to {host} through"),
                format!("it answered with status {status}. Nothing was sent to Confluence."),
                "ask your administrator to allow this host, or make it an exception under Network if it is reached without the proxy.",
            ),
            Some(Cause::ProxyCannotReach(status)) => words(
                format!("The proxy {proxy} does not reach {host}"),
                format!(
                    "it answered with status {status}: the server is down, or inside your own network, where the proxy does not look. Nothing was sent."
                ),
                "check the Server URL. If the server is inside your network, make it an exception under Network.",
            ),
            _ => words(
                format!("The proxy {proxy} did not let the call to {host} through"),
                format!("it did not say why. {OTHER}."),
                "check the proxy under Network, or send the details to your administrator.",
            ),
        }
    }

    fn certificate_words(&self, host: &str) -> Words {
        match self.cause() {
            Some(Cause::NoCertificateStore) => words(
                "The certificates of this computer cannot be read",
                "without them nobody can vouch for a server. Nothing was sent.",
                "install the system's CA certificates (on Linux the package ca-certificates), then start Retropress again.",
            ),
            Some(Cause::ClientCertificateWanted) => words(
                format!("{host} wants a certificate of this computer"),
                "it lets in only those who show one. Nothing was done.",
                "choose the client certificate under Network: your administrator gives it to you as a file.",
            ),
            Some(Cause::ClientCertificateRefused) => words(
                format!("{host} does not accept the certificate of this computer"),
                "it expired, was revoked, or was issued by somebody the server does not know. Nothing was done.",
                "choose another client certificate under Network.",
            ),
            Some(Cause::CertificateExpired) => words(
                format!("The certificate of {host} has expired"),
                "the server shows an old one, or the clock of this computer is wrong. Nothing was sent.",
                "check the date of this computer, else tell your administrator.",
            ),
            Some(Cause::CertificateNotYetValid) => words(
                format!("The certificate of {host} is not valid yet"),
                "most likely the clock of this computer is wrong. Nothing was sent.",
                "check the date of this computer.",
            ),
            Some(Cause::CertificateOtherName) => words(
                format!("The certificate of {host} is for another name"),
                "the server shows one that was made for another address, or the network you are in (a hotel, a train) answers instead of it. Nothing was sent.",
                "enter the address the certificate is for: your administrator knows it. In a foreign network, sign in to it in your browser first.",
            ),
            Some(Cause::CertificateRevoked) => words(
                format!("The certificate of {host} was revoked"),
                "whoever issued it no longer stands by it. Nothing was sent.",
                "tell your administrator.",
            ),
            Some(Cause::UntrustedIssuer(issuer)) => words(
                format!("The certificate of {host} is not trusted"),
                format!(
                    "it was issued by {}, which this computer does not know. Company servers and filtering proxies often use such a certificate. Nothing was sent.",
                    match issuer {
                        Some(name) => format!("“{name}”"),
                        None => "somebody".to_owned(),
                    }
                ),
                "add that CA certificate under Network: your administrator has it as a file.",
            ),
            _ => words(
                format!("No secure connection to {host} could be made"),
                "what answers there does not speak https as it should. The port may be that of plain http. Nothing was sent.",
                "check the address with its port.",
            ),
        }
    }

    fn address_words(&self) -> Words {
        let copy = "copy the address of any Confluence page from your browser.";
        match self.cause() {
            Some(Cause::NoAddress) => {
                words("The Server URL is missing", "the field is empty.", copy)
            }
            Some(Cause::NoServerName) => words("The address has no server name", "", copy),
            Some(Cause::HoldsPassword) => words(
                "The address holds a user name or password",
                "an address is shown and stored, so nothing secret may stand in it. Nothing was sent.",
                "take out what stands before the @, and enter it in its own field.",
            ),
            Some(Cause::NotWeb) => words(
                "The address is not one of the web",
                "it begins with something other than https.",
                copy,
            ),
            Some(Cause::AtlassianService) => words(
                "This is an address of Atlassian, not of your site",
                "your own site's address ends in .atlassian.net, or is a name of your company.",
                copy,
            ),
            _ => words("The address cannot be read", "", copy),
        }
    }

    fn sign_in_words(&self, server: &str, credential: &str) -> Words {
        let context = &self.inner().context;
        let account = context.account.as_deref().unwrap_or("this account");
        match (self.cause(), context.method) {
            (Some(Cause::ClientRefused), _) => words(
                "Client ID or Client Secret was not accepted",
                self.said("they do not belong together, or the secret was replaced."),
                "copy both again from where the app or the application link was made.",
            ),
            (Some(Cause::CodeRefused), _) => words(
                "The answer of the browser was not accepted",
                self.said("it was used before, or is too old."),
                "sign in again.",
            ),
            (Some(Cause::ScopeRefused), _) => words(
                "The app is not registered for all that Retropress asks for",
                self.said("a scope or permission is missing there."),
                "compare the scopes of the app with the list, or the permission of the application link: it has to be Write.",
            ),
            (Some(Cause::ConsentRefused), _) => words(
                "The sign-in was refused",
                self.said("the server gave no reason."),
                "compare the Redirect URL and the scopes with those the app was registered with.",
            ),
            (Some(Cause::RefreshTokenDead), _) => words(
                "Confluence wants you to sign in again",
                "the sign-in was taken back, or was not used for 90 days. Nothing that waits is lost.",
                "edit the integration and sign in.",
            ),
            (Some(Cause::UnusableCredential), Some(Method::Basic)) => words(
                "This user name or password cannot be sent",
                "one of them is empty or holds a control character, or the user name holds a colon.",
                "check both fields.",
            ),
            (Some(Cause::UnusableCredential), Some(Method::ApiToken)) => words(
                "This email address or API token cannot be sent",
                "one of them is empty or holds a character no token has.",
                "copy the token again, all of it.",
            ),
            (Some(Cause::UnusableCredential), _) => words(
                "This token cannot be sent",
                "it is empty or holds a character no token has.",
                "copy it again, all of it.",
            ),
            (Some(Cause::WrongMethod), _) if context.edition == Some(Edition::Cloud) => words(
                "This is Confluence Cloud, which signs in another way",
                "personal access tokens and passwords belong to Server and Data Center. Nothing was sent.",
                "choose “Confluence Cloud - API Token”.",
            ),
            (Some(Cause::WrongMethod), _) => words(
                "This is not Confluence Cloud, which API tokens are for",
                format!("the server is {server} of your company. Nothing was sent."),
                "choose “Confluence Server / Data Center - Personal Access Token” or “Basic Authentication”.",
            ),
            (Some(Cause::PasswordInsteadOfToken), _) => words(
                "Confluence Cloud takes no passwords",
                "what was entered as API token is a password.",
                "create an API token and enter it instead.",
            ),
            (Some(Cause::NoConfluenceAccess), Some(Method::ApiToken)) => words(
                "Confluence did not accept the API token",
                format!(
                    "email address and token do not belong together, the token expired or was revoked, or {account} has no access to Confluence. It gives the same answer for all of these."
                ),
                "create a new token, and check that you can open Confluence in the browser.",
            ),
            (Some(Cause::NoConfluenceAccess), _) => words(
                "Confluence did not let this account in",
                format!(
                    "{account} may not use Confluence, or an administrator forbade this way to sign in. It gives the same answer for both."
                ),
                "check that the account can open Confluence in the browser, or choose another method.",
            ),
            (_, Some(Method::ApiToken)) => words(
                "Confluence did not accept the API token",
                if context.route == Some(Route::Gateway) {
                    "it expired or was revoked, or belongs to another email address or site."
                        .to_owned()
                } else {
                    "email address and token do not belong together, or the token expired, was revoked, or belongs to another site.".to_owned()
                },
                "check the email address, or create a new token and enter it here.",
            ),
            (_, Some(Method::PersonalAccessToken)) => words(
                "Confluence did not accept the access token",
                "it expired, was revoked, or belongs to another site.",
                "create a new one and enter it here.",
            ),
            (_, Some(Method::Basic)) => words(
                "Confluence did not accept user name and password",
                "one of them is wrong, or this server takes no passwords from programs.",
                "check both by signing in with your browser. After several wrong ones Confluence asks for a CAPTCHA.",
            ),
            (_, Some(Method::Oauth)) => words(
                "Confluence did not accept the sign-in",
                "the app's access was taken back, or the account may no longer use Confluence.",
                "edit the integration and sign in again.",
            ),
            _ => words(
                format!("Confluence did not accept the {credential}"),
                "it is wrong, expired or was revoked.",
                "enter a new one.",
            ),
        }
    }

    /// What the server said, or what is most likely.
    fn said(&self, else_likely: &str) -> String {
        match self.server_message() {
            Some(said) => format!("the server said \u{201c}{said}\u{201d}: {else_likely}"),
            None => else_likely.to_owned(),
        }
    }

    fn permission_words(&self, account: &str, space: &str) -> Words {
        let call = self.inner().call.map(|call| call.name);
        let who = self
            .inner()
            .context
            .account
            .as_deref()
            .unwrap_or("This account");
        match call {
            Some("Create a page") => words(
                format!("{who} may not add pages to {space}"),
                "the space, or the parent page, lets this account view, but not add.",
                "ask its administrator for “Pages: Add” and “Attachments: Add”.",
            ),
            Some("Update a page") => words(
                format!("{who} may not change this page"),
                "the page or its space lets this account view, but not edit.",
                "ask the space's administrator for “Pages: Add”, or to lift the page's restriction.",
            ),
            Some("Delete a page") => words(
                format!("{who} may not delete this page"),
                "the space lets this account add pages, but not delete them.",
                "ask its administrator for “Pages: Delete”, or delete the page in Confluence.",
            ),
            Some("Upload a file" | "Upload a new version of a file") => words(
                format!("{who} may not attach files here"),
                "the space does not let this account add attachments, or attachments are switched off. Confluence gives the same answer for both.",
                "ask its administrator for “Attachments: Add”.",
            ),
            _ => words(
                "Confluence did not permit this",
                format!("{account} lacks a permission for it."),
                "ask the administrator of the space, or of Confluence.",
            ),
        }
    }

    fn server_words(&self, host: &str, subject: Option<&str>) -> Words {
        let inner = self.inner();
        if self.cause() == Some(&Cause::EndlessList) {
            return words(
                format!("{host} sends a list without an end"),
                "each part of it points to another one.",
                "send the details to your administrator.",
            );
        }
        // Databases of older servers cannot hold characters beyond the basic plane.
        let four_bytes = subject
            .is_some_and(|title| title.chars().any(|character| u32::from(character) > 0xFFFF));
        if inner.status == Some(500) && four_bytes && inner.context.edition != Some(Edition::Cloud)
        {
            return words(
                "Confluence failed (status 500)",
                "the title holds an emoji, which the database of some servers cannot keep.",
                "try a title without it.",
            );
        }
        words(
            match inner.status {
                Some(status) => format!("Confluence failed (status {status})"),
                None => "Confluence failed".to_owned(),
            },
            "it is overloaded, restarting, or has a fault of its own.",
            match inner.retry_after {
                Some(wait) => format!("try again in {} seconds.", wait.as_secs().max(1)),
                None => {
                    "try again in a while. If it stays so, send the details to your administrator."
                        .to_owned()
                }
            },
        )
    }
}

fn product_name(kind: &str) -> String {
    let mut letters = kind.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => "another product".to_owned(),
    }
}
