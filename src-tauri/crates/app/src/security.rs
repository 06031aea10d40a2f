//! Confluence integration security: what is sent, to which hosts, what it needs, and how secrets are
//! kept, for the administrator who has to approve it.
//!
//! The calls and their scopes come from the client's own table, [`calls::ALL`], out of which every
//! request is built. The page of the window, its PDF and the section of the README are written from
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
        ProxyInUse::None => "None: requests go straight to the server.".to_owned(),
        ProxyInUse::Own(proxy) => {
            format!("{proxy}, for every host but loopback and the exceptions that were entered.")
        }
        ProxyInUse::System => {
            let named = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
                .into_iter()
                .find_map(|name| variable(name).filter(|it| !it.is_empty()))
                .map(|value| match Url::parse(&value) {
                    Ok(address) if address.host_str().is_some() => host_of(&address),
                    _ => match Url::parse(&format!("http://{value}")) {
                        Ok(address) => host_of(&address),
                        Err(_) => "a value that is no address".to_owned(),
                    },
                });
            match named {
                Some(proxy) => format!("{proxy}, named by the environment of this computer."),
                None => "The one in the settings of the system, where it names one.".to_owned(),
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
        "For the administrator who has to approve it: what Retropress sends to Confluence, to which \
         hosts, what it needs there, and how it keeps what one signs in with.",
    );
    if let Some(here) = here {
        let rows = [
            (
                "Version",
                format!("Retropress {}", env!("CARGO_PKG_VERSION")),
            ),
            (
                "Written on",
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
    text.heading(2, "Where requests come from, and where they go");
    text.bullets(&[
        "They come from the computer Retropress runs on. There is no service in between, and nothing \
         is sent to the makers of Retropress: no statistics, no error reports, no search for updates.",
        "They go to the Server URL that was entered, and for Confluence Cloud to the Atlassian hosts \
         below. A redirect to another host is never followed, so no credential reaches a host that is not \
         listed here.",
        "They take the proxy of the system or the one that was set, except for addresses of this \
         computer itself and for the exceptions that were entered. A proxy that refused is asked once \
         more, without user and password, which ways of signing in it takes.",
        "They are encrypted: https, with the certificates the system trusts and those that were added \
         under Network, and with a client certificate where one was chosen. There is no switch that \
         ignores certificates. Plain http is refused until the user allows it for that one server, \
         and is named as not encrypted.",
        "They carry no cookies. The header User-Agent says Retropress and its version.",
    ]);
    text.heading(3, "Hosts to allow");
    let atlassian = Endpoints::default();
    text.table(
        &[("Host", false), ("Port", false), ("Needed for", false)],
        vec![
            vec![
                "The host of the Server URL".to_owned(),
                "443, or the port in the Server URL".to_owned(),
                "Every method but Atlassian Login, which reaches the site through the gateway."
                    .to_owned(),
            ],
            vec![
                host_of(&atlassian.gateway),
                "443".to_owned(),
                "Confluence Cloud: Atlassian Login, and an API token with scopes.".to_owned(),
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
        "The user\u{2019}s browser opens pages of Confluence, and to sign in or to make a token also \
         pages of Atlassian (id.atlassian.com, auth.atlassian.com, developer.atlassian.com). That is \
         the browser\u{2019}s traffic, with its own settings.",
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
                "Client ID and Client Secret of an OAuth 2.0 app, unless they are known already; the \
                 password in the browser only.",
                "OAuth 2.0 with PKCE in the browser. Client ID, Client Secret and the one-time code or \
                 the refresh token to auth.atlassian.com. With each request \u{201c}Authorization: \
                 Bearer\u{201d} and an access token that ends by itself, to api.atlassian.com. \
                 A service account signs in with Client ID and Client Secret alone, without a browser.",
                "Client ID. Sealed: Client Secret and refresh token. In memory only: the access token.",
            ),
            row(
                Method::ApiToken,
                "Server URL, API token, Email Address.",
                "With each request \u{201c}Authorization: Basic\u{201d} with email address and token, to \
                 the site. A token with scopes is refused there and then sent to api.atlassian.com.",
                "Email address. Sealed: the token.",
            ),
            row(
                Method::PersonalAccessToken,
                "Server URL, Personal Access Token.",
                "With each request \u{201c}Authorization: Bearer\u{201d} with the token, to the server.",
                "Sealed: the token.",
            ),
            row(
                Method::Basic,
                "Server URL, Confluence Username, Confluence Password.",
                "With each request \u{201c}Authorization: Basic\u{201d} with user name and password, to \
                 the server.",
                "User name. Sealed: the password.",
            ),
            row(
                Method::ApplicationLink,
                "Server URL, Client ID, Client Secret; the password in the browser only.",
                "OAuth 2.0 with PKCE in the browser. Client ID, Client Secret and the one-time code or \
                 the refresh token to the server. With each request \u{201c}Authorization: \
                 Bearer\u{201d} and an access token that ends by itself, to the server.",
                "Client ID. Sealed: Client Secret and refresh token. In memory only: the access token.",
            ),
        ],
    );
    text.say(
        "What answers at a Server URL is found out first, without a credential. Retropress can do in \
         Confluence what the account can do, within the scopes of its token, and nothing more.",
    );
}

/// What nobody has to grant: without these, a part of the app does less.
const OPTIONAL: &[(&str, &str)] = &[
    (
        "search:confluence",
        "Optional: finding a parent page by a part of its title.",
    ),
    (
        "read:hierarchical-content:confluence",
        "Optional: a newer call for the pages below a page; an older one is used without it.",
    ),
];

/// One scope as it is told.
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
        "An OAuth app and an API token with scopes are limited to these. An OAuth app that was \
         registered with the older, classic scopes can use those instead, where the site still \
         serves REST v1. On Server and Data Center there are no scopes for single calls: an \
         application link gets the permission Write.",
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
            ("Older scope", true),
            ("Required for", false),
            ("Calls", false),
        ],
        rows,
    );
}

fn every_call(text: &mut Text) {
    text.heading(2, "Every API call");
    text.say(
        "This list is the program\u{2019}s own: each request is built from it, and one that is not in \
         it is not sent. Paths are below the address of the site; with a token that has scopes, and \
         with Atlassian Login, below https://api.atlassian.com/ex/confluence/{cloudId}/wiki.",
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
        Dialect::Discovery => "Without a credential, to find out what answers at an address",
        Dialect::Both => "Cloud, Data Center and Server",
        Dialect::Cloud => "Cloud",
        Dialect::DataCenter => "Data Center and Server, and Cloud with the older scopes",
        Dialect::AtlassianSignIn => "Atlassian\u{2019}s sign-in, at https://auth.atlassian.com",
        Dialect::AtlassianGateway => {
            "Atlassian\u{2019}s gateway itself, at https://api.atlassian.com"
        }
    }
}

fn reading(text: &mut Text) {
    text.heading(2, "What is read, and that nothing else is");
    text.bullets(&[
        "The name of the account, the spaces it may see, and what it may do in the chosen one.",
        "Titles of pages in the chosen space, while a parent page is looked for.",
        "The text of a page that has the title of a page to be published or of its parent, of a page \
         that was published from here, and, when an answer of Confluence was lost, of the newest \
         pages there: to tell by its mark whether it is the one that was sent. None of it is kept or \
         shown.",
        "The list of files attached to a page that was published from here.",
    ]);
    text.say(
        "Nothing else is read. What is written are the pages and PDFs the user publishes, parent \
         pages the user chose to have created, and labels where they are configured. A page is \
         deleted only when the user asks for it and only if it was published from here; Confluence \
         moves it to the bin.",
    );
}

fn secrets(text: &mut Text) {
    text.heading(2, "How secrets are kept");
    text.say(
        "API tokens, passwords, client secrets and refresh tokens are encrypted \
         (XChaCha20-Poly1305) in the database in the user\u{2019}s profile, with a key that only the \
         keyring of the operating system holds: Secret Service (GNOME Keyring, KWallet, KeePassXC) \
         on Linux, Keychain on macOS, Credential Manager on Windows. Each is bound to the \
         integration, site and account it is for, so that a copied row opens nothing else.",
    );
    text.bullets(&[
        "They never get into a log, an error, the support report, an export, or a configuration that is handed \
         on, and they cannot be shown again once they are saved.",
        "In memory they are wiped after use, with every buffer they went through. What was typed into \
         the window stays in the memory of the system\u{2019}s web engine, which draws it, until the \
         app is closed. Core dumps are switched off for both on Linux and macOS.",
        "Without a keyring nothing is written in plain text: the secret can be kept for this session \
         only, or a keyring is installed.",
        "Disconnect removes the secret from the database; with the last one the key leaves the \
         keyring, too.",
    ]);
    text.heading(3, "What this protects against");
    text.bullets(&[
        "Other users of the computer.",
        "Backups and copies of the database.",
        "A stolen disk, if the disk itself is encrypted.",
        "A server that redirects elsewhere, and a network that listens or pretends.",
    ]);
    text.heading(3, "What it does not protect against");
    text.bullets(&[
        "A program that runs as the same user, and an administrator of the computer.",
        "Somebody who sits at the unlocked computer.",
        "Readers of the drafts: those are not encrypted, but lie in a folder of the user\u{2019}s own.",
        "What is published: whoever may see the space may read it.",
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
        assert!(proxy_in_words(&ProxyInUse::System, |_| None).contains("settings of the system"));
    }

    const BEGIN: &str = "<!-- From here on written by `cargo xtask bindings`, out of src-tauri/crates/app/src/security.rs. -->\n";
    const END: &str = "<!-- To here. -->\n";

    /// The same text one level deeper, so that it is a section.
    fn section() -> String {
        let mut section = String::new();
        for line in markdown::write(&document(None)).lines() {
            if line.starts_with('#') {
                section.push('#');
            }
            section.push_str(line);
            section.push('\n');
        }
        section
    }

    /// The README says what the page of the window says. `cargo xtask bindings` writes it again.
    #[test]
    fn export_security_section() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../README.md");
        let readme = fs::read_to_string(&path).unwrap();
        let (before, rest) = readme.split_once(BEGIN).unwrap();
        let (told, after) = rest.split_once(END).unwrap();
        let fresh = format!("\n{}\n", section());
        if std::env::var_os("RETROPRESS_README").is_some() {
            fs::write(&path, [before, BEGIN, &fresh, END, after].concat()).unwrap();
            return;
        }
        assert!(
            told == fresh,
            "the README's section \u{201c}Confluence integration security\u{201d} is stale: run \
             `cargo xtask bindings` and commit what it changes"
        );
    }
}
