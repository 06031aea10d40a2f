//! The network between, made of parts that nobody here wrote: nginx with a certificate of a private
//! authority and client certificates, tinyproxy with and without a sign-in, all on this computer.
//!
//! They listen on an address of this computer that is not loopback, since loopback never goes through
//! a proxy and may be spoken to without encryption. `cargo xtask test network` installs what is needed
//! and runs these tests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops where something is not as it should be"
)]

mod common;
mod company;

use std::{
    fs,
    io::Read as _,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use base64::Engine as _;
use common::{SPACE, World, world};
use company::{
    Company, Nginx, PROXY_PASSWORD, Tinyproxy, address, as_usual, free_port, shown, through,
};
use retropress_app::{
    ErrorCode, Event, Field,
    connect::{self, Check, CheckOutcome, ConnectRequest, Method},
    integrations,
    network::{self, ClientCertificateChoice, NetworkRequest, NetworkScope, ProxyUse},
    publish::OperationState,
};
use retropress_confluence::{
    Client, Credential, Edition, Endpoints, ErrorKind, Http, HttpOptions, NewPage, ProxyChoice,
    Route, Site, SpaceRef, Upload, Url,
};

async fn connect_request(world: &World, nginx: &Nginx) -> ConnectRequest {
    let team = world.team().await;
    ConnectRequest {
        server_url: nginx.url(),
        ..world.request(&team, Method::PersonalAccessToken)
    }
}

async fn tried(world: &World, request: NetworkRequest, nginx: &Nginx) -> Vec<Check> {
    network::test(&world.app, NetworkScope::Everywhere, request, nginx.url())
        .await
        .unwrap()
}

fn failure(checks: &[Check]) -> &Check {
    checks
        .iter()
        .find(|it| it.outcome == CheckOutcome::Failed)
        .unwrap_or_else(|| panic!("nothing failed: {checks:?}"))
}

/// Waits for what a program writes to its log after it answered.
async fn eventually(what: &str, met: impl Fn() -> bool) {
    for _ in 0..600 {
        if met() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts nginx and tinyproxy: cargo xtask test network"]
async fn a_publish_goes_through_proxy_private_authority_and_client_certificate() {
    let world = world().await;
    let company = Company::new("Harbour Internal CA 2");
    let nginx = Nginx::start(
        &company,
        &world.sandbox.addresses().data_center,
        "",
        "ssl_verify_client on;",
    );
    let proxy = Tinyproxy::with_sign_in();
    let team = world.team().await;
    let new = NetworkScope::New {
        team_id: team.id.clone(),
    };
    let request = || NetworkRequest {
        authorities: vec![company.pem.clone()],
        client_certificate: shown(&company.sign("svc-retropress", None)),
        ..through(proxy.at, Some(PROXY_PASSWORD))
    };

    // The settings of the connection that is being made hold before it is saved.
    network::save(&world.app, new.clone(), as_usual(), false)
        .await
        .unwrap();
    let problem = connect::check(&world.app, connect_request(&world, &nginx).await)
        .await
        .unwrap_err();
    assert_eq!(problem.code, ErrorCode::Certificate, "{problem:?}");
    network::save(&world.app, new.clone(), request(), false)
        .await
        .unwrap();
    let connection = connect::check(&world.app, connect_request(&world, &nginx).await)
        .await
        .unwrap();
    let configuration = world.configuration(&connection, SPACE).await;

    let mut events = world.app.events();
    let session = connection.session_id.clone();
    let checks = connect::checklist(&world.app, session.clone(), configuration.clone())
        .await
        .unwrap();
    let said = |text: &str| {
        assert!(
            checks.iter().any(|it| it.outcome == CheckOutcome::Ok
                && (it.text.contains(text) || it.note.contains(text))),
            "{text}: {checks:#?}"
        );
    };
    assert!(
        checks.iter().all(|it| matches!(
            it.outcome,
            CheckOutcome::Ok | CheckOutcome::Unknown | CheckOutcome::Warning
        )),
        "{checks:#?}"
    );
    said(&format!("through the proxy {}", proxy.at));
    said("issued by Harbour Internal CA 2");
    said("The certificate svc-retropress was shown");
    said("Confluence Data Center");
    said("Signed in as");
    // Line by line: never more than one under way, and none goes back.
    let mut done = 0;
    while let Ok(event) = events.try_recv() {
        if let Event::ChecklistChanged { of, checks } = event {
            assert_eq!(of, session);
            let count = |wanted| checks.iter().filter(|it| it.outcome == wanted).count();
            assert!(count(CheckOutcome::Running) <= 1);
            let now = checks.len() - count(CheckOutcome::Waiting) - count(CheckOutcome::Running);
            assert!(now >= done, "{checks:#?}");
            done = now;
        }
    }
    assert_eq!(done, checks.len());
    let written = ["POST", "PUT", "DELETE"];
    assert!(
        !world
            .requests()
            .iter()
            .any(|it| written.iter().any(|method| it.starts_with(method))),
        "the checklist wrote"
    );

    let integration = integrations::save(&world.app, connection.session_id, configuration, false)
        .await
        .unwrap();
    let draft = world.retrospective().await;
    let done = world.publish(&draft, &integration).await;
    assert_eq!(done.state, OperationState::Done, "{:?}", done.error);

    // Everything went through both, and showed the certificate.
    assert!(proxy.tunnels(nginx.at) > 0);
    let sent = world.requests().len();
    assert!(sent > 0);
    eventually("nginx logged less than the sandbox got", || {
        nginx.log().len() >= sent
    })
    .await;
    for line in nginx.log() {
        assert!(line.contains("svc-retropress"), "{line}");
    }

    // A change is in force with the next publish, without a restart; and it is kept over one.
    let own = NetworkScope::Integration {
        integration_id: integration.id.clone(),
    };
    let saved = network::read(&world.app, own.clone()).await.unwrap();
    assert!(saved.proxy_password_saved);
    assert_eq!(saved.client_certificate.unwrap().subject, "svc-retropress");
    let open = Tinyproxy::start("");
    network::save(
        &world.app,
        own.clone(),
        NetworkRequest {
            client_certificate: ClientCertificateChoice::Keep,
            ..NetworkRequest {
                authorities: vec![company.pem.clone()],
                ..through(open.at, None)
            }
        },
        false,
    )
    .await
    .unwrap();
    let before = proxy.tunnels(nginx.at);
    let draft = world.health_check().await;
    let done = world.publish(&draft, &integration).await;
    assert_eq!(done.state, OperationState::Done, "{:?}", done.error);
    assert!(open.tunnels(nginx.at) > 0);
    assert_eq!(proxy.tunnels(nginx.at), before);

    let mut world = world;
    world.restart();
    let checks = connect::check_integration(&world.app, integration.id.clone())
        .await
        .unwrap();
    assert!(
        checks.iter().all(|it| it.outcome != CheckOutcome::Failed),
        "{checks:#?}"
    );

    // Neither password nor key lies in the database.
    let folder = world.folder.path().join("data");
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = fs::read(&path).unwrap();
            for secret in [PROXY_PASSWORD.as_bytes(), b"PRIVATE KEY"] {
                assert!(
                    !bytes.windows(secret.len()).any(|part| part == secret),
                    "{}",
                    path.display()
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts nginx and tinyproxy: cargo xtask test network"]
async fn each_thing_that_is_missing_is_named_and_cured() {
    let world = world().await;
    let company = Company::new("Harbour Internal CA 2");
    let sandbox = world.sandbox.addresses().data_center.clone();
    let nginx = Nginx::start(&company, &sandbox, "", "ssl_verify_client on;");
    let locked = Tinyproxy::with_sign_in();
    let narrow = Tinyproxy::start("ConnectPort 1");
    let open = Tinyproxy::start("");
    let nobody: SocketAddr = ([127, 0, 0, 1], free_port([127, 0, 0, 1].into())).into();
    let dead = free_port(address());

    for (request, words) in [
        (as_usual(), "is not trusted"),
        (through(locked.at, None), "asks for a sign-in"),
        (
            through(locked.at, Some("wrong")),
            "did not accept user and password",
        ),
        (through(narrow.at, None), "does not let calls"),
        (through(nobody, None), "does not accept the connection"),
        (
            NetworkRequest {
                authorities: vec![company.pem.clone()],
                ..as_usual()
            },
            "wants a certificate of this computer",
        ),
        (
            NetworkRequest {
                authorities: vec![company.pem.clone()],
                client_certificate: shown(&Company::new("Somebody else").sign("ada", None)),
                ..as_usual()
            },
            "does not accept the certificate of this computer",
        ),
        (
            NetworkRequest {
                authorities: vec![Company::new("Somebody else").pem],
                ..as_usual()
            },
            "is not trusted",
        ),
    ] {
        let checks = tried(&world, request, &nginx).await;
        let failed = failure(&checks);
        assert!(failed.text.contains(words), "{words}: {checks:#?}");
        assert!(!failed.fix.is_empty());
        assert!(!format!("{checks:?}").contains(PROXY_PASSWORD));
    }
    // Through a proxy to where nobody listens: it is not the proxy's fault.
    let checks = network::test(
        &world.app,
        NetworkScope::Everywhere,
        through(open.at, None),
        format!("https://{}:{dead}/confluence", address()),
    )
    .await
    .unwrap();
    assert!(
        failure(&checks).text.contains("does not reach"),
        "{checks:#?}"
    );

    let checks = tried(
        &world,
        NetworkRequest {
            authorities: vec![company.pem.clone()],
            client_certificate: shown(&company.sign("svc-retropress", None)),
            ..through(locked.at, Some(PROXY_PASSWORD))
        },
        &nginx,
    )
    .await;
    assert!(
        checks.iter().all(|it| it.outcome == CheckOutcome::Ok),
        "{checks:#?}"
    );
    assert_eq!(checks.len(), 4, "{checks:#?}");
    // A test saves nothing.
    let saved = network::read(&world.app, NetworkScope::Everywhere)
        .await
        .unwrap();
    assert_eq!(saved.proxy_use, ProxyUse::Inherit);

    // An exception is reached directly; the proxy would refuse.
    let request = NetworkRequest {
        proxy_exceptions: address().to_string(),
        authorities: vec![company.pem.clone()],
        client_certificate: shown(&company.sign("svc-retropress", None)),
        ..through(locked.at, None)
    };
    let checks = tried(&world, request, &nginx).await;
    assert_eq!(checks[0].text, "Directly, without a proxy");
    assert!(
        checks.iter().all(|it| it.outcome == CheckOutcome::Ok),
        "{checks:#?}"
    );
}

/// Takes connections and keeps what arrives; answers nothing.
struct Trap {
    at: SocketAddr,
    got: Arc<Mutex<Vec<u8>>>,
}

impl Trap {
    fn start() -> Self {
        let listener = TcpListener::bind((address(), 0)).unwrap();
        let at = listener.local_addr().unwrap();
        let got: Arc<Mutex<Vec<u8>>> = Arc::default();
        let log = got.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (Ok(mut stream), log) = (stream, log.clone()) else {
                    return;
                };
                thread::spawn(move || {
                    // Even a connection without a byte is one too many.
                    log.lock().unwrap().extend_from_slice(b"connected:");
                    let mut part = [0; 4096];
                    while let Ok(more @ 1..) = stream.read(&mut part) {
                        log.lock().unwrap().extend_from_slice(&part[..more]);
                    }
                });
            }
        });
        Self { at, got }
    }

    fn got(&self) -> String {
        String::from_utf8_lossy(&self.got.lock().unwrap()).into_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts nginx and tinyproxy: cargo xtask test network"]
async fn no_redirect_carries_anything_to_another_server() {
    let world = world().await;
    let company = Company::new("Harbour Internal CA 2");
    let sandbox = world.sandbox.addresses().data_center.clone();
    let trap = Trap::start();
    let there = trap.at;
    let page = |body: &str| format!("default_type text/html; return 200 '{body}';");
    let list = format!(
        r#"default_type application/json; return 200 '{{"results":[],"size":0,"_links":{{"base":"https://{there}","next":"https://{there}/rest/api/space?start=25"}}}}';"#
    );
    let mut answers: Vec<String> = [301, 302, 303, 307, 308]
        .iter()
        .flat_map(|status| {
            ["https", "http"]
                .map(|scheme| format!("return {status} {scheme}://{there}$request_uri;"))
        })
        .collect();
    answers.push(page(&format!(
        "<html><head><meta http-equiv=\"refresh\" content=\"0;url=https://{there}/\"><title>Sign in</title></head><form action=\"https://{there}/\"><input type=\"password\"></form></html>"
    )));
    answers.push(list);
    answers.push(format!(
        "add_header Link '<https://{there}/>; rel=\"next\"' always; add_header Refresh '0; url=https://{there}/' always; return 403;"
    ));
    // One server for each answer to everything that needs a sign-in; what finds the server out is
    // left alone, so that the credential is sent.
    for answer in answers {
        let nginx = Nginx::start(
            &company,
            &sandbox,
            &format!("location ~ ^/confluence/rest/api/(?!server-information) {{ {answer} }}"),
            "",
        );
        let options = HttpOptions {
            proxy: ProxyChoice::None,
            authorities: retropress_confluence::Authority::read(company.pem.as_bytes()).unwrap(),
            ..HttpOptions::default()
        };
        let http = Http::new(&options).unwrap();
        for credential in [
            Credential::PersonalAccessToken {
                token: "canary-token".to_owned().into(),
            },
            Credential::Basic {
                username: "ada".into(),
                password: "canary-password".to_owned().into(),
            },
        ] {
            let site = Site {
                base_url: Url::parse(&nginx.url()).unwrap(),
                edition: Edition::DataCenter,
                version: Some("9.2.7".into()),
                cloud_id: None,
                name: "wiki".into(),
            };
            let client = Client::new(&http, site, credential, Endpoints::default(), Route::Site);
            let space = SpaceRef {
                id: "1".into(),
                key: "PAY".into(),
                homepage_id: Some("2".into()),
            };
            let new = NewPage {
                space: space.clone(),
                parent_id: None,
                title: "T".into(),
                body: "<p>canary-page</p>".into(),
            };
            let file = Upload {
                file_name: "a.pdf".into(),
                media_type: "application/pdf".into(),
                bytes: b"canary-file".to_vec(),
                comment: String::new(),
                replaces: None,
            };
            let account = client.account().await.unwrap_err();
            if answer.contains("meta") || answer.starts_with("return 3") {
                assert!(
                    matches!(
                        account.kind(),
                        ErrorKind::Redirected | ErrorKind::SignInPage
                    ),
                    "{answer}: {account:?}"
                );
            }
            client.create_page(&new).await.unwrap_err();
            client.upload("7", &file).await.unwrap_err();
            client.delete_page("7").await.ok();
            client.spaces().await.ok();
            client.pages_titled(&space, "T").await.ok();
            client.page("7").await.ok();
        }
        eventually("nothing was asked", || nginx.log().len() >= 6).await;
    }
    // The wizard's way, from the address on.
    let nginx = Nginx::start(
        &company,
        &sandbox,
        &format!("location ~ . {{ return 302 https://{there}/login; }}"),
        "",
    );
    network::save(
        &world.app,
        NetworkScope::Everywhere,
        NetworkRequest {
            authorities: vec![company.pem.clone()],
            ..as_usual()
        },
        false,
    )
    .await
    .unwrap();
    let problem = connect::check(&world.app, connect_request(&world, &nginx).await)
        .await
        .unwrap_err();
    assert_eq!(problem.code, ErrorCode::SignInPage, "{problem:?}");
    assert_eq!(problem.field, Some(Field::ServerUrl));
    assert_eq!(trap.got(), "");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts nginx and tinyproxy: cargo xtask test network"]
async fn a_captive_portal_and_a_gate_are_named() {
    let world = world().await;
    let company = Company::new("Harbour Internal CA 2");
    let sandbox = world.sandbox.addresses().data_center.clone();
    network::save(
        &world.app,
        NetworkScope::Everywhere,
        NetworkRequest {
            authorities: vec![company.pem.clone()],
            ..as_usual()
        },
        false,
    )
    .await
    .unwrap();
    for (location, code) in [
        (
            "default_type text/html; return 200 '<html><title>Hotel WiFi</title>Welcome</html>';",
            ErrorCode::CaptivePortal,
        ),
        ("return 511;", ErrorCode::CaptivePortal),
        (
            "default_type text/html; return 200 '<html><title>Sign in</title><input type=password></html>';",
            ErrorCode::SignInPage,
        ),
        (
            "auth_basic gate; auth_basic_user_file /dev/null;",
            ErrorCode::SignInPage,
        ),
        (
            "return 302 https://idp.harbour.example/saml?x=1;",
            ErrorCode::SignInPage,
        ),
        (
            "return 302 https://portal.hotel.example/captive;",
            ErrorCode::CaptivePortal,
        ),
        (
            "return 302 https://new.harbour.example/;",
            ErrorCode::Redirected,
        ),
        ("return 404;", ErrorCode::NotConfluence),
        ("return 503;", ErrorCode::ServerError),
    ] {
        let nginx = Nginx::start(
            &company,
            &sandbox,
            &format!("location ~ . {{ {location} }}"),
            "",
        );
        let problem = connect::check(&world.app, connect_request(&world, &nginx).await)
            .await
            .unwrap_err();
        assert_eq!(problem.code, code, "{location}: {problem:?}");
        assert!(!problem.hint.is_empty());
    }
}

#[tokio::test]
async fn a_setting_that_cannot_be_used_names_its_field() {
    let world = world().await;
    let nowhere = SocketAddr::from(([192, 0, 2, 1], 3128));
    let company = Company::new("Harbour Internal CA 2");
    let (certificate, key) = company.sign("ada", None);
    let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let own = || through(nowhere, None);
    let client = |file: &str, key: Option<&str>| NetworkRequest {
        client_certificate: ClientCertificateChoice::File {
            file: encode(file),
            key_file: key.map(encode),
            password: None,
        },
        ..as_usual()
    };
    for (request, field) in [
        (
            NetworkRequest {
                proxy_host: String::new(),
                ..own()
            },
            Field::ProxyHost,
        ),
        (
            NetworkRequest {
                proxy_host: "a b".into(),
                ..own()
            },
            Field::ProxyHost,
        ),
        (
            NetworkRequest {
                proxy_host: "user:pw@proxy.example".into(),
                ..own()
            },
            Field::ProxyHost,
        ),
        (
            NetworkRequest {
                proxy_host: "socks5://proxy.example".into(),
                ..own()
            },
            Field::ProxyHost,
        ),
        (
            NetworkRequest {
                proxy_port: String::new(),
                ..own()
            },
            Field::ProxyPort,
        ),
        (
            NetworkRequest {
                proxy_port: "0".into(),
                ..own()
            },
            Field::ProxyPort,
        ),
        (
            NetworkRequest {
                proxy_port: "70000".into(),
                ..own()
            },
            Field::ProxyPort,
        ),
        (
            NetworkRequest {
                proxy_user: "a:b".into(),
                ..own()
            },
            Field::ProxyUser,
        ),
        (
            NetworkRequest {
                proxy_user: "ada".into(),
                ..own()
            },
            Field::ProxyPassword,
        ),
        (
            NetworkRequest {
                proxy_exceptions: "10.0.0.0/40".into(),
                ..own()
            },
            Field::ProxyExceptions,
        ),
        (
            NetworkRequest {
                proxy_exceptions: "a.example, b/c".into(),
                ..own()
            },
            Field::ProxyExceptions,
        ),
        (
            NetworkRequest {
                authorities: vec![certificate.clone()],
                ..as_usual()
            },
            Field::Authority,
        ),
        (
            NetworkRequest {
                authorities: vec!["x".into()],
                ..as_usual()
            },
            Field::Authority,
        ),
        (client("x", None), Field::ClientCertificate),
        (client(&certificate, None), Field::ClientKey),
        (
            client(&certificate, Some(&company.sign("bob", None).1)),
            Field::ClientKey,
        ),
        (
            NetworkRequest {
                connect_seconds: "0".into(),
                ..as_usual()
            },
            Field::ConnectSeconds,
        ),
        (
            NetworkRequest {
                connect_seconds: "121".into(),
                ..as_usual()
            },
            Field::ConnectSeconds,
        ),
        (
            NetworkRequest {
                answer_seconds: "4".into(),
                ..as_usual()
            },
            Field::AnswerSeconds,
        ),
        (
            NetworkRequest {
                answer_seconds: "soon".into(),
                ..as_usual()
            },
            Field::AnswerSeconds,
        ),
    ] {
        let problem = network::save(&world.app, NetworkScope::Everywhere, request, false)
            .await
            .unwrap_err();
        assert_eq!(
            (problem.code, problem.field),
            (ErrorCode::Invalid, Some(field)),
            "{problem:?}"
        );
        assert!(!problem.message.is_empty());
    }
    let saved = network::read(&world.app, NetworkScope::Everywhere)
        .await
        .unwrap();
    assert_eq!(
        saved.proxy_use,
        ProxyUse::Inherit,
        "nothing of it was saved"
    );
    network::save(
        &world.app,
        NetworkScope::Everywhere,
        client(&certificate, Some(&key)),
        false,
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn a_saved_proxy_password_goes_to_the_proxy_it_was_entered_for() {
    let mut world = world().await;
    let save = async |world: &World, request| {
        network::save(&world.app, NetworkScope::Everywhere, request, false).await
    };
    let proxy = SocketAddr::from(([192, 0, 2, 1], 3128));
    // A pasted address is taken apart.
    let pasted = NetworkRequest {
        proxy_host: "http://192.0.2.1:3128/".into(),
        proxy_port: String::new(),
        proxy_exceptions: "*.harbour.example; 10.0.0.0/8".into(),
        ..through(proxy, Some(PROXY_PASSWORD))
    };
    let saved = save(&world, pasted).await.unwrap();
    assert_eq!(
        (&*saved.proxy_host, &*saved.proxy_port),
        ("192.0.2.1", "3128")
    );
    assert_eq!(saved.proxy_exceptions, "*.harbour.example, 10.0.0.0/8");
    assert!(saved.proxy_password_saved);
    assert!(!format!("{saved:?}").contains(PROXY_PASSWORD));

    let kept = |host: &str, user: &str| NetworkRequest {
        proxy_host: host.into(),
        proxy_user: user.into(),
        proxy_password: None,
        ..through(proxy, Some(""))
    };
    save(&world, kept("192.0.2.1", "harbour")).await.unwrap();
    for (host, user) in [("192.0.2.2", "harbour"), ("192.0.2.1", "eve")] {
        let problem = save(&world, kept(host, user)).await.unwrap_err();
        assert_eq!(problem.field, Some(Field::ProxyPassword), "{host} {user}");
    }
    world.restart();
    save(&world, kept("192.0.2.1", "harbour")).await.unwrap();

    // Without a user none is kept; and for one session it is kept in memory alone.
    let saved = save(&world, through(proxy, None)).await.unwrap();
    assert!(!saved.proxy_password_saved);
    let request = through(proxy, Some(PROXY_PASSWORD));
    let saved = network::save(&world.app, NetworkScope::Everywhere, request, true)
        .await
        .unwrap();
    assert!(saved.proxy_password_saved && saved.secret_problem.is_none());
    world.restart();
    let saved = network::read(&world.app, NetworkScope::Everywhere)
        .await
        .unwrap();
    assert!(!saved.proxy_password_saved && saved.secret_problem.is_some());
}

#[tokio::test]
async fn the_checklist_says_what_the_sandbox_tells_and_writes_nothing() {
    let world = world().await;
    for method in [Method::ApiToken, Method::PersonalAccessToken, Method::Basic] {
        let integration = world.integration(method).await;
        world.requests();
        let checks = connect::check_integration(&world.app, integration.id.clone())
            .await
            .unwrap();
        assert_eq!(checks.len(), 12, "{checks:#?}");
        assert!(
            checks.iter().all(|it| matches!(
                it.outcome,
                CheckOutcome::Ok | CheckOutcome::Unknown | CheckOutcome::Warning
            )),
            "{checks:#?}"
        );
        let wrote: Vec<_> = world
            .requests()
            .into_iter()
            .filter(|it| !it.starts_with("GET"))
            .collect();
        assert_eq!(wrote, Vec::<String>::new());
        integrations::disconnect(&world.app, integration.id)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_scope_that_is_missing_is_found_without_writing() {
    let world = world().await;
    let team = world.team().await;
    let request = ConnectRequest {
        secret: Some(world.sandbox.credentials().scoped_api_token),
        ..world.request(&team, Method::ApiToken)
    };
    let connection = connect::check(&world.app, request).await.unwrap();
    let configuration = world.configuration(&connection, SPACE).await;
    let run = async || {
        world.requests();
        let session = connection.session_id.clone();
        connect::checklist(&world.app, session, configuration.clone())
            .await
            .unwrap()
    };
    let pages = async || {
        let (session, space) = (
            connection.session_id.clone(),
            configuration.space_id.clone(),
        );
        connect::pages(&world.app, session, space, None)
            .await
            .unwrap()
    };
    let before = pages().await;
    let scope_line = |checks: &[Check]| checks[10].clone();

    let all = scope_line(&run().await);
    assert_eq!(all.outcome, CheckOutcome::Ok, "{all:?}");
    assert!(all.note.contains("delete:page:confluence"), "{all:?}");

    world.sandbox.set_scopes(&[
        "read:space:confluence",
        "read:page:confluence",
        "read:confluence-user",
        "read:attachment:confluence",
        "write:page:confluence",
    ]);
    let some = scope_line(&run().await);
    assert_eq!(some.outcome, CheckOutcome::Failed, "{some:?}");
    assert_eq!(some.note, "write:confluence-file, delete:page:confluence");
    assert!(some.fix.contains("create a new one"));
    assert_eq!(some.field, Some(Field::ApiToken));

    // Nothing came of any of it.
    let probes = world.requests();
    assert!(probes.iter().any(|it| it.starts_with("POST")), "{probes:?}");
    assert_eq!(pages().await, before);
}
