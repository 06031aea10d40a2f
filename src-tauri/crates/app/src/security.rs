//! Confluence integration security, for the administrator who has to approve Retropress: what is
//! sent, to which hosts, with which permissions, and how secrets are stored.
//!
//! The calls and their scopes come from the client's own table, [`calls::ALL`], out of which every
//! request is built. The page in the window, its PDF and `SECURITY.md` of this crate are written from
//! the same [`Document`].

use retropress_confluence::{
    Endpoints, Url,
    calls::{self, Call, Dialect},
};
use retropress_summary::document::{Block, Document, Property, PropertyValue, Table, TableColumn};

use crate::{
    App, Result,
    connect::{Method, name_of, sign_in},
    desktop,
    network::{self, NetworkScope, ProxyInUse},
    publish,
};

/// The whole text, with what holds for this computer.
pub async fn read(app: &App) -> Result<Document> {
    Ok(document(Some(&here(app)?)))
}

/// Asks where to save it as PDF, saves it there and answers the path; `None` when the user cancelled.
pub async fn save_pdf(app: &App) -> Result<Option<String>> {
    let document = read(app).await?;
    let pdf = publish::render(app, document, "Retropress".to_owned(), String::new()).await?;
    desktop::save(app, "Confluence integration security.pdf", pdf.bytes, "PDF").await
}

/// What differs from one computer to the next.
struct Here {
    date: chrono::NaiveDate,
    proxy: String,
}

fn here(app: &App) -> Result<Here> {
    let in_use = network::proxy_in_use(app, &NetworkScope::Everywhere)?;
    Ok(Here {
        date: app.today(),
        proxy: proxy_in_words(&in_use, |name| std::env::var(name).ok()),
    })
}

fn proxy_in_words(choice: &ProxyInUse, variable: impl Fn(&str) -> Option<String>) -> String {
    match choice {
        ProxyInUse::None => "None. Requests go directly to the server.".to_owned(),
        ProxyInUse::Own(proxy) => {
            format!("{proxy}, for all hosts except this computer and the configured exceptions.")
        }
        ProxyInUse::System => {
            let named = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
                .into_iter()
                .find_map(|name| variable(name).filter(|it| !it.is_empty()))
                .map(|value| match Url::parse(&value) {
                    Ok(address) if address.host_str().is_some() => host_of(&address),
                    _ => match Url::parse(&format!("http://{value}")) {
                        Ok(address) => host_of(&address),
                        Err(_) => "an invalid value".to_owned(),
                    },
                });
            match named {
                Some(proxy) => format!("{proxy}, from the environment variables of this computer."),
                None => "The proxy in the system settings, if one is set.".to_owned(),
            }
        }
    }
}

/// Host and port, without the user and password an address may hold.
pub(crate) fn host_of(address: &Url) -> String {
    let host = address.host_str().unwrap_or_default();
    match address.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn document(here: Option<&Here>) -> Document {
    let mut text = Text(Vec::new());
    text.say(
        "This page is for the administrator who has to approve Retropress. It lists what Retropress \
         sends, to which hosts, which permissions it needs, and how it stores credentials.",
    );
    if let Some(here) = here {
        let rows = [
            (
                "Version",
                format!("Retropress {}", env!("CARGO_PKG_VERSION")),
            ),
            (
                "Generated on",
                retropress_summary::title::date_in_words(here.date),
            ),
            (
                "Requests come from",
                "This computer, as the user who is signed in to it.".to_owned(),
            ),
            ("Proxy", here.proxy.clone()),
        ];
        text.0.push(Block::Properties {
            rows: rows
                .into_iter()
                .map(|(name, value)| Property {
                    name: name.to_owned(),
                    value: PropertyValue::Text(value),
                })
                .collect(),
        });
    }
    network(&mut text);
    methods(&mut text);
    scopes(&mut text);
    every_call(&mut text);
    reading(&mut text);
    secrets(&mut text);
    Document {
        kind: None,
        title: "Confluence integration security".to_owned(),
        blocks: text.0,
    }
}

fn network(text: &mut Text) {
    text.heading(2, "Where requests come from and where they go");
    text.bullets(&[
        "Requests come from the computer that runs Retropress. There is no service in between. \
         Retropress sends no usage statistics and no error reports, and does not check for updates.",
        "Requests go to the configured Server URL and, for Confluence Cloud, to the Atlassian hosts \
         below. A redirect to another host is never followed, so no credential reaches a host that \
         is not listed here.",
        "Requests use the system proxy or the configured proxy, except for addresses of this computer \
         and the configured exceptions. The user name and password of a proxy are sent to the proxy \
         with Basic authentication, without encryption. If the proxy refuses them, Retropress asks it \
         once more, without credentials, which authentication schemes it offers.",
        "Requests use HTTPS. Certificates must be trusted by the operating system or added under \
         Network. Certificate checks cannot be switched off. A client certificate is sent where one \
         is configured.",
        "Plain HTTP is refused unless the integration allows it, and is labelled as not encrypted.",
        "On Windows and macOS, the operating system can also contact a certificate authority\u{2019}s \
         OCSP or CRL hosts to check for revoked certificates.",
        "Requests carry no cookies. The User-Agent header contains only the name and version of \
         Retropress.",
    ]);
    text.heading(3, "Hosts to allow");
    let atlassian = Endpoints::default();
    text.table(
        &[("Host", false), ("Port", false), ("Needed for", false)],
        vec![
            vec![
                "The host of the Server URL".to_owned(),
                "443, or the port in the Server URL".to_owned(),
                "Every method except Atlassian Login, which reaches the site through the gateway."
                    .to_owned(),
            ],
            vec![
                host_of(&atlassian.gateway),
                "443".to_owned(),
                "Confluence Cloud: Atlassian Login, and an API token that the site refuses."
                    .to_owned(),
            ],
            vec![
                host_of(&atlassian.auth),
                "443".to_owned(),
                "Confluence Cloud: Atlassian Login, to sign in and to renew the sign-in."
                    .to_owned(),
            ],
        ],
    );
    text.say(
        "These are the default Atlassian hosts. The environment variables RETROPRESS_ATLASSIAN_AUTH \
         and RETROPRESS_ATLASSIAN_API replace them.",
    );
    text.say(
        "The user\u{2019}s browser opens pages of Confluence. To sign in or to create a token, it also \
         opens pages of Atlassian (id.atlassian.com, auth.atlassian.com, developer.atlassian.com). \
         These requests are made by the browser, with the browser\u{2019}s own settings.",
    );
    text.say(
        "During a sign-in through the browser, Retropress listens on a port of this computer\u{2019}s \
         loopback address (47620 by default) for at most five minutes.",
    );
}

fn methods(text: &mut Text) {
    text.heading(2, "How each method signs in");
    let row = |method: Method, entered: &str, sent: &str, kept: &str| {
        [name_of(method), entered, sent, kept]
            .map(str::to_owned)
            .to_vec()
    };
    text.table(
        &[
            ("Authentication method", false),
            ("The user enters", false),
            ("Sent", false),
            ("Kept on this computer", false),
        ],
        vec![
            row(
                Method::AtlassianLogin,
                "Client ID and Client Secret of an OAuth 2.0 app, unless they are already configured. \
                 The password is entered only in the browser.",
                "OAuth 2.0 with PKCE in the browser. Client ID, Client Secret and the one-time code or \
                 the refresh token are sent to auth.atlassian.com. Each request to api.atlassian.com \
                 carries \u{201c}Authorization: Bearer\u{201d} with an access token that expires. \
                 A service account signs in with Client ID and Client Secret alone, without a browser.",
                "Client ID. Encrypted: Client Secret and refresh token. In memory only: the access token.",
            ),
            row(
                Method::ApiToken,
                "Server URL, API token, Email Address.",
                "Each request carries \u{201c}Authorization: Basic\u{201d} with email address and token. \
                 Requests go to the site. If the site refuses the token when the user connects, the \
                 token is sent to api.atlassian.com, because tokens with scopes are accepted only there.",
                "Email address. Encrypted: the token.",
            ),
            row(
                Method::PersonalAccessToken,
                "Server URL, Personal Access Token.",
                "Each request to the server carries \u{201c}Authorization: Bearer\u{201d} with the token.",
                "Encrypted: the token.",
            ),
            row(
                Method::Basic,
                "Server URL, Confluence Username, Confluence Password.",
                "Each request to the server carries \u{201c}Authorization: Basic\u{201d} with user name \
                 and password.",
                "User name. Encrypted: the password.",
            ),
            row(
                Method::ApplicationLink,
                "Server URL, Client ID, Client Secret. The password is entered only in the browser.",
                "OAuth 2.0 with PKCE in the browser. Client ID, Client Secret and the one-time code or \
                 the refresh token are sent to the server. Each request to the server carries \
                 \u{201c}Authorization: Bearer\u{201d} with an access token that expires.",
                "Client ID. Encrypted: Client Secret and refresh token. In memory only: the access token.",
            ),
        ],
    );
    text.say(
        "When the user connects, Retropress first identifies the server without sending a credential. \
         Retropress can do in Confluence only what the account can do, within the scopes of its token.",
    );
}

/// Scopes that need not be granted: without them, a part of the app does less.
const OPTIONAL: &[(&str, &str)] = &[
    (
        "search:confluence",
        "Optional: finding a parent page by part of its title.",
    ),
    (
        "read:hierarchical-content:confluence",
        "Optional: a newer call that lists the pages below a page. Without it, an older call is used.",
    ),
];

/// One row of the table of scopes.
struct ScopeRow {
    name: String,
    classic: String,
    required_for: String,
}

fn scope_rows() -> Vec<ScopeRow> {
    let mut rows = Vec::new();
    for (granular, classic, required_for) in sign_in::SCOPES {
        let mut words = required_for.chars();
        let first: String = words
            .next()
            .iter()
            .flat_map(|it| it.to_uppercase())
            .collect();
        for name in names(granular) {
            rows.push(ScopeRow {
                name: name.to_owned(),
                classic: classic.to_owned(),
                required_for: format!("{first}{}.", words.as_str()),
            });
        }
    }
    let mut add = |name: &str, required_for: String| {
        if !rows.iter().any(|it| it.name == name) {
            rows.push(ScopeRow {
                name: name.to_owned(),
                classic: String::new(),
                required_for,
            });
        }
    };
    for (name, required_for) in OPTIONAL {
        add(name, (*required_for).to_owned());
    }
    for scope in calls::ALL.iter().filter_map(|it| it.scope) {
        let why: Vec<&str> = calls_with(scope).map(|it| it.why).collect();
        add(scope, why.join(" "));
    }
    rows
}

fn names(scopes: &str) -> impl Iterator<Item = &str> {
    scopes.split([' ', ',']).filter(|it| !it.is_empty())
}

fn calls_with(scope: &str) -> impl Iterator<Item = &'static Call> {
    calls::ALL
        .iter()
        .copied()
        .filter(move |it| it.scope == Some(scope))
}

fn scopes(text: &mut Text) {
    text.heading(2, "Scopes on Confluence Cloud");
    text.say(
        "An OAuth app and an API token with scopes are limited to these. Atlassian Login always requests \
         all scopes that are not optional, including the one for labels when no labels are \
         configured. An OAuth app that was registered with the older, classic scopes can use those \
         instead, where the site still serves REST v1. Server and Data Center have no scopes for single \
         calls: an application link gets the permission Write.",
    );
    let rows = scope_rows().into_iter().map(|it| {
        let calls: Vec<&str> = calls_with(&it.name).map(|it| it.name).collect();
        let calls = if calls.is_empty() {
            "Signing in".to_owned()
        } else {
            calls.join(", ")
        };
        vec![it.name, it.classic, it.required_for, calls]
    });
    let rows = rows.collect();
    text.table(
        &[
            ("Scope", true),
            ("Classic scope", true),
            ("Required for", false),
            ("Calls", false),
        ],
        rows,
    );
}

fn every_call(text: &mut Text) {
    text.heading(2, "Every API call");
    text.say(
        "Every request is built from this list. A request that is not in the list is not sent. Paths are \
         relative to the address of the site. With Atlassian Login, and with a token that is accepted \
         only by api.atlassian.com, they are relative to \
         https://api.atlassian.com/ex/confluence/{cloudId}/wiki.",
    );
    let mut dialects: Vec<Dialect> = Vec::new();
    for call in calls::ALL {
        if !dialects.contains(&call.dialect) {
            dialects.push(call.dialect);
        }
    }
    for dialect in dialects {
        let listed: Vec<&Call> = calls::ALL
            .iter()
            .copied()
            .filter(|it| it.dialect == dialect)
            .collect();
        text.heading(3, heading_of(dialect));
        let scoped = listed.iter().any(|it| it.scope.is_some());
        let mut columns = vec![("Method", true), ("Path", true)];
        if scoped {
            columns.push(("Scope on Cloud", true));
        }
        columns.extend([("Call", false), ("Why", false)]);
        let rows = listed.iter().map(|it| {
            let mut cells = vec![it.method.to_string(), it.path.to_owned()];
            if scoped {
                cells.push(it.scope.unwrap_or_default().to_owned());
            }
            cells.extend([it.name.to_owned(), it.why.to_owned()]);
            cells
        });
        text.table(&columns, rows.collect());
    }
}

fn heading_of(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Discovery => "Without a credential, to identify the server",
        Dialect::Both => "Cloud, Data Center and Server",
        Dialect::Cloud => "Cloud",
        Dialect::DataCenter => "Data Center and Server, and Cloud with classic scopes",
        Dialect::AtlassianSignIn => "Atlassian\u{2019}s sign-in, at https://auth.atlassian.com",
        Dialect::AtlassianGateway => "Atlassian\u{2019}s gateway, at https://api.atlassian.com",
    }
}

fn reading(text: &mut Text) {
    text.heading(2, "What is read and written in Confluence");
    text.bullets(&[
        "The name of the account, the spaces it can see, and its permissions in the chosen space.",
        "Titles of pages in the chosen space, while a parent page is being chosen.",
        "The text of pages that were published from here, and of pages with the title of a page to be \
         published or of its parent. If an answer from Confluence was lost, also the text of the newest \
         pages in the same place. Retropress reads these texts to find its own marker. If somebody \
         else changed a page, the Outbox shows the current text beside the new one. None of these \
         texts is stored.",
        "The list of files attached to a page that was published from here.",
    ]);
    text.say(
        "Retropress reads nothing else. It writes the pages and PDFs that the user publishes, the parent \
         pages that the user chose to create, the test page of an integration if the user asks for \
         one, and labels where they are configured. It deletes a page only when the user asks for it, \
         and only if the page was published from here. Confluence moves a deleted page to the trash.",
    );
}

fn secrets(text: &mut Text) {
    text.heading(2, "How secrets are stored");
    text.say(
        "API tokens, passwords, client secrets and refresh tokens are encrypted \
         (XChaCha20-Poly1305) in the database in the user\u{2019}s profile. Only the keyring of the \
         operating system holds the key: Secret Service (GNOME Keyring, KWallet, KeePassXC) on Linux, \
         Keychain on macOS, Credential Manager on Windows. The secrets of an integration are bound \
         to that integration, its site and its account, so a copied row cannot be decrypted for another.",
    );
    text.bullets(&[
        "Secrets are never written to a log, an error message, the support report, an export or an \
         exported configuration. A saved secret cannot be displayed again.",
        "In memory, Retropress overwrites secrets, and its own buffers that held them, after use. \
         Copies can remain in the memory of the system\u{2019}s web engine, which displays what the user \
         types, until the app is closed, and on the stack.",
        "On Linux and macOS, Retropress sets the size limit of core dumps to zero. Linux ignores this \
         limit where core dumps are piped to a crash reporter: a crash report can then contain secrets.",
        "Without a keyring, no secret is stored in plain text. The user can keep a secret for the \
         current session only, or install a keyring.",
        "Disconnect removes the secret from the database. When the last secret is removed, the key is \
         also removed from the keyring.",
    ]);
    text.heading(3, "What this protects against");
    text.bullets(&[
        "Another user of the computer who tries to read the secrets in the database.",
        "Somebody who gets a backup or a copy of the database but not the keyring.",
        "Theft of the computer, if its disk is encrypted.",
        "A server that redirects to another host.",
        "Somebody who reads or changes network traffic, as long as HTTPS is used.",
    ]);
    text.heading(3, "What this does not protect against");
    text.bullets(&[
        "A program that runs as the same user: an unlocked keyring serves every program of its user.",
        "An administrator of the computer.",
        "Somebody who uses the computer while it is unlocked.",
        "Another user of the same computer during a sign-in through the browser. The address of the \
         consent page is visible in the list of processes, so another user can complete the sign-in \
         with a different account. Check the account that the wizard shows before you choose SAVE \
         CHANGES.",
        "Other users of the same computer who open the built-in sandbox. It shows its pages to every \
         local user: do not publish confidential text to it.",
        "An exported data file (.retropress) from somebody you do not trust. Importing it takes over \
         its integrations, proxy, certificates and permission to use plain HTTP, and a manipulated file \
         can later change what is published. Import only files that you exported yourself.",
        "Readers of the data folder: drafts, and pages and PDFs on their way to Confluence, are not \
         encrypted. On Linux and macOS, only the user can open a folder that Retropress created. On \
         Windows, the permissions of the user\u{2019}s profile apply.",
        "Readers in Confluence: everybody who can see the space can read what is published.",
    ]);
}

struct Text(Vec<Block>);

impl Text {
    fn heading(&mut self, level: u8, text: &str) {
        self.0.push(Block::Heading {
            level,
            text: text.to_owned(),
        });
    }

    fn say(&mut self, text: &str) {
        self.0.push(Block::Paragraph {
            text: text.to_owned(),
        });
    }

    fn bullets(&mut self, items: &[&str]) {
        self.0.push(Block::Bullets {
            items: items.iter().map(|&it| it.to_owned()).collect(),
        });
    }

    fn table(&mut self, columns: &[(&str, bool)], rows: Vec<Vec<String>>) {
        self.0.push(Block::Table(Table {
            columns: columns
                .iter()
                .map(|&(name, code)| TableColumn {
                    name: name.to_owned(),
                    code,
                })
                .collect(),
            rows,
        }));
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use retropress_summary::markdown;

    use super::*;

    fn tables(document: &Document) -> Vec<&Table> {
        let tables = document.blocks.iter().filter_map(|it| match it {
            Block::Table(table) => Some(table),
            _ => None,
        });
        tables.collect()
    }

    #[test]
    fn every_call_of_the_client_is_told_with_its_method_scope_and_reason() {
        let document = document(None);
        let rows: Vec<&Vec<String>> = tables(&document)
            .into_iter()
            .filter(|it| it.columns[0].name == "Method")
            .flat_map(|it| &it.rows)
            .collect();
        assert_eq!(rows.len(), calls::ALL.len());
        for call in calls::ALL {
            let told = rows.iter().any(|row| {
                row[0] == call.method.as_str()
                    && row[1] == call.path
                    && row.last().map(String::as_str) == Some(call.why)
                    && call.scope.is_none_or(|it| row[2] == it)
            });
            assert!(told, "{} {}", call.method, call.path);
        }
    }

    #[test]
    fn every_scope_is_told_once_with_what_it_is_required_for() {
        let document = document(None);
        let scopes = tables(&document)
            .into_iter()
            .find(|it| it.columns[0].name == "Scope")
            .unwrap();
        for call in calls::ALL {
            let Some(scope) = call.scope else { continue };
            let told: Vec<_> = scopes.rows.iter().filter(|it| it[0] == scope).collect();
            assert_eq!(told.len(), 1, "{scope}");
            assert!(!told[0][2].is_empty());
            assert!(told[0][3].contains(call.name), "{scope}");
        }
        // Words for a scope that nothing needs any more are stale.
        for (scope, _) in OPTIONAL {
            assert!(calls_with(scope).next().is_some(), "{scope}");
        }
    }

    #[test]
    fn rows_fill_their_columns() {
        let document = document(None);
        for table in tables(&document) {
            assert!(table.rows.iter().all(|it| it.len() == table.columns.len()));
        }
    }

    #[test]
    fn a_proxy_is_named_without_its_password() {
        let named = |value: &'static str| {
            proxy_in_words(&ProxyInUse::System, move |name| {
                (name == "HTTPS_PROXY").then(|| value.to_owned())
            })
        };
        for (value, host) in [
            (
                "http://ines:hunter2@proxy.example:3128/",
                "proxy.example:3128,",
            ),
            ("ines:hunter2@proxy.example:3128", "proxy.example:3128,"),
            ("proxy.example:3128", "proxy.example:3128,"),
        ] {
            let words = named(value);
            assert!(words.starts_with(host), "{words}");
            assert!(!words.contains("hunter2") && !words.contains("ines"));
        }
        let own = ProxyInUse::Own("10.0.0.1:8080".into());
        assert!(proxy_in_words(&own, |_| None).starts_with("10.0.0.1:8080,"));
        assert!(proxy_in_words(&ProxyInUse::System, |_| None).contains("system settings"));
    }

    const HEAD: &str =
        "<!-- Written by `cargo xtask bindings` from src/security.rs. Do not edit. -->\n\n";

    /// `SECURITY.md` of this crate says what the page in the window says. `cargo xtask bindings`
    /// writes it again.
    #[test]
    fn export_security_document() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("SECURITY.md");
        let fresh = [HEAD, &markdown::write(&document(None))].concat();
        if std::env::var_os("RETROPRESS_SECURITY").is_some() {
            fs::write(&path, fresh).unwrap();
            return;
        }
        assert!(
            fs::read_to_string(&path).is_ok_and(|it| it == fresh),
            "src-tauri/crates/app/SECURITY.md is stale: run `cargo xtask bindings` and commit what it changes"
        );
    }
}
