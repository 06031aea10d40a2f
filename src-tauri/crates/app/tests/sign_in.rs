//! Signing in through the browser, below the window, against the sandbox.

#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod common;

use std::{net::TcpListener, time::Duration};

use chrono::{Days, Local, Utc};
use common::{SPACE, World, world};
use retropress_app::{
    ErrorCode, Event, Field, OauthClient, Result,
    connect::{
        self, Connection, Edition, Method,
        sign_in::{self, CloudSite, ScopeFamily, SignIn, SignInRequest, SignInState},
    },
    integrations::{self, Integration},
    publish::OperationState,
    signing_in::{self, SigningInRequest},
};
use retropress_confluence::{SecretString, Url};
use retropress_sandbox::{Fault, Host, Matching, OAuthClient};

/// What a browser does: it shows the consent page, and its user decides.
struct Browser(reqwest::Client);

impl Browser {
    fn new() -> Self {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self(client)
    }

    /// The address the consent page sends the browser to.
    async fn decide(&self, sign_in: &SignIn, decision: &str, sites: &[&str]) -> String {
        let page = Url::parse(&sign_in.address).unwrap();
        let mut form: Vec<(String, String)> = page.query_pairs().into_owned().collect();
        form.push(("decision".into(), decision.into()));
        form.extend(sites.iter().map(|it| ("site".into(), (*it).to_owned())));
        let mut to = page;
        to.set_query(None);
        let answer = self.0.post(to).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), 302);
        answer.headers()["location"].to_str().unwrap().to_owned()
    }

    async fn go(&self, address: &str) -> reqwest::Result<String> {
        self.0.get(address).send().await?.text().await
    }
}

impl World {
    async fn asking(&self, method: Method, client: &OAuthClient) -> SignInRequest {
        SignInRequest {
            team_id: self.team().await.id,
            integration_id: None,
            method,
            server_url: match method {
                Method::ApplicationLink => self.sandbox.addresses().data_center.clone(),
                _ => String::new(),
            },
            client_id: client.id.clone(),
            client_secret: Some(client.secret.clone()),
            scopes: ScopeFamily::Granular,
            service_account: false,
            https_redirect: None,
            session_only: None,
        }
    }

    async fn asking_cloud(&self) -> SignInRequest {
        let client = self.sandbox.oauth_clients().cloud;
        self.asking(Method::AtlassianLogin, &client).await
    }

    async fn asking_data_center(&self) -> SignInRequest {
        let client = self.sandbox.oauth_clients().data_center;
        self.asking(Method::ApplicationLink, &client).await
    }

    async fn start(&self, request: SignInRequest) -> SignIn {
        sign_in::start(&self.app, request).await.unwrap()
    }

    async fn state(&self, sign_in: &SignIn) -> SignInState {
        sign_in::read(&self.app, sign_in.id.clone())
            .await
            .unwrap()
            .state
    }

    /// Waits until nobody is asked any more but the user.
    async fn come_to_rest(&self, sign_in: &SignIn) -> SignInState {
        for _ in 0..6000 {
            match self.state(sign_in).await {
                SignInState::Waiting { .. } | SignInState::Exchanging => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                other => return other,
            }
        }
        panic!("the sign-in goes on for ever");
    }

    /// Signs in as the user would, and accepts everything.
    async fn signed_in(&self, request: SignInRequest) -> Connection {
        let decision = match request.method {
            Method::ApplicationLink => "allow",
            _ => "accept",
        };
        let sign_in = self.start(request).await;
        let browser = Browser::new();
        let to = browser.decide(&sign_in, decision, &[]).await;
        browser.go(&to).await.unwrap();
        match self.come_to_rest(&sign_in).await {
            SignInState::Connected { connection } => connection,
            SignInState::ChooseSite { sites } => {
                sign_in::choose_site(&self.app, sign_in.id, sites[0].id.clone())
                    .await
                    .unwrap()
            }
            other => panic!("{other:?}"),
        }
    }

    async fn save(&self, connection: Connection) -> Integration {
        let configuration = self.configuration(&connection, SPACE).await;
        integrations::save(&self.app, connection.session_id, configuration, false)
            .await
            .unwrap()
    }

    fn port_is_free(&self) -> bool {
        TcpListener::bind(("127.0.0.1", self.oauth.port)).is_ok()
    }
}

fn waiting(sign_in: &SignIn) -> (bool, Option<String>) {
    match &sign_in.state {
        SignInState::Waiting { listening, problem } => (*listening, problem.clone()),
        other => panic!("{other:?}"),
    }
}

fn failed(state: SignInState) -> retropress_app::ApiError {
    match state {
        SignInState::Failed { error } => error,
        other => panic!("{other:?}"),
    }
}

fn refused<T>(answer: Result<T>) -> retropress_app::ApiError {
    match answer {
        Ok(_) => panic!("it was not refused"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn atlassian_login_leads_to_the_choice_of_a_site_in_three_requests() {
    let world = world().await;
    let mut events = world.app.events();
    let sign_in = world.start(world.asking_cloud().await).await;
    assert_eq!(waiting(&sign_in), (true, None));
    assert_eq!(
        *world.opened.lock().unwrap(),
        std::slice::from_ref(&sign_in.address)
    );
    assert!(sign_in.address.starts_with(&world.sandbox.addresses().auth));
    assert!(sign_in.ends_at > Utc::now());

    let browser = Browser::new();
    let to = browser.decide(&sign_in, "accept", &[]).await;
    assert!(to.starts_with(&sign_in.redirect_url), "{to}");
    world.requests();
    let page = browser.go(&to).await.unwrap();
    assert!(page.contains("Back to Retropress"), "{page}");
    let SignInState::ChooseSite { sites } = world.come_to_rest(&sign_in).await else {
        panic!("no choice");
    };
    assert_eq!(
        world.requests(),
        ["POST /oauth/token", "GET /oauth/token/accessible-resources"]
    );
    let ids = world.sandbox.cloud_ids();
    assert_eq!(sites.iter().map(|it| &*it.id).collect::<Vec<_>>(), ids);
    let wrong = sign_in::choose_site(&world.app, sign_in.id.clone(), "no-such".into()).await;
    assert_eq!(refused(wrong).code, ErrorCode::Gone);
    let connection = sign_in::choose_site(&world.app, sign_in.id.clone(), ids[1].into())
        .await
        .unwrap();
    assert_eq!(connection.site.edition, Edition::Cloud);
    assert_eq!(
        connection.site.base_url,
        world.sandbox.addresses().second_cloud
    );
    assert!(!connection.account_name.is_empty());
    assert_eq!(
        world.state(&sign_in).await,
        SignInState::Connected { connection }
    );
    // Who is signed in, and the spaces for the next step.
    let first = world.requests().into_iter().next().unwrap();
    assert!(first.ends_with("/wiki/rest/api/user/current"), "{first}");
    let mut told = 0;
    while let Ok(event) = events.try_recv() {
        told += u32::from(
            event
                == Event::SignInChanged {
                    sign_in_id: sign_in.id.clone(),
                },
        );
    }
    assert_eq!(told, 3, "exchanging, a choice, connected");
    assert!(world.port_is_free());
}

#[tokio::test]
async fn another_site_can_be_chosen_as_long_as_the_session_lasts() {
    let world = world().await;
    let ids = world.sandbox.cloud_ids();
    let choose = async |sign_in: &SignIn, at: usize| {
        sign_in::choose_site(&world.app, sign_in.id.clone(), ids[at].into()).await
    };
    let chosen = async || {
        let sign_in = world.start(world.asking_cloud().await).await;
        let to = Browser::new().decide(&sign_in, "accept", &[]).await;
        Browser::new().go(&to).await.unwrap();
        world.come_to_rest(&sign_in).await;
        world.requests();
        let first = choose(&sign_in, 1).await.unwrap();
        (sign_in, first)
    };
    let (sign_in, first) = chosen().await;
    let second = choose(&sign_in, 0).await.unwrap();
    assert_ne!(first.site.base_url, second.site.base_url);
    assert_ne!(first.session_id, second.session_id);
    let calls = world.requests();
    assert!(!calls.iter().any(|it| it.contains("/oauth/")), "{calls:?}");
    let connection = second.clone();
    assert_eq!(
        world.state(&sign_in).await,
        SignInState::Connected { connection }
    );
    // Each of the two may be left; the choice ends with the last of them.
    connect::leave(&world.app, first.session_id).await.unwrap();
    let third = choose(&sign_in, 1).await.unwrap();
    for id in [second.session_id, third.session_id] {
        connect::leave(&world.app, id).await.unwrap();
    }
    assert_eq!(
        refused(choose(&sign_in, 0).await).code,
        ErrorCode::Gone,
        "the session is over"
    );

    // Saving one ends the others.
    let (sign_in, first) = chosen().await;
    let second = choose(&sign_in, 0).await.unwrap();
    let integration = world.save(second).await;
    assert_eq!(refused(choose(&sign_in, 1).await).code, ErrorCode::Gone);
    let left = connect::spaces(&world.app, first.session_id).await;
    assert_eq!(refused(left).code, ErrorCode::Gone);

    // So does disconnecting the integration that is edited.
    let mut request = world.asking_cloud().await;
    request.integration_id = Some(integration.id.clone());
    let sign_in = world.start(request).await;
    let to = Browser::new().decide(&sign_in, "accept", &[]).await;
    Browser::new().go(&to).await.unwrap();
    world.come_to_rest(&sign_in).await;
    let again = choose(&sign_in, 0).await.unwrap();
    integrations::disconnect(&world.app, integration.id)
        .await
        .unwrap();
    assert_eq!(refused(choose(&sign_in, 1).await).code, ErrorCode::Gone);
    let left = connect::spaces(&world.app, again.session_id).await;
    assert_eq!(refused(left).code, ErrorCode::Gone);
}

#[tokio::test]
async fn labels_are_put_on_what_an_atlassian_login_publishes() {
    let world = world().await;
    let connection = world.signed_in(world.asking_cloud().await).await;
    let mut configuration = world.configuration(&connection, SPACE).await;
    configuration.labels = vec!["retro".into()];
    let checks = connect::checklist(
        &world.app,
        connection.session_id.clone(),
        configuration.clone(),
    )
    .await
    .unwrap();
    for check in &checks {
        assert_ne!(check.outcome, connect::CheckOutcome::Failed, "{check:?}");
    }
    let integration = integrations::save(&world.app, connection.session_id, configuration, false)
        .await
        .unwrap();
    let draft = world.retrospective().await;
    world.requests();
    let published = world.publish(&draft, &integration).await;
    assert_eq!(published.state, OperationState::Done, "{published:?}");
    let all = world.sandbox.requests();
    let label = all.iter().find(|it| it.path.ends_with("/label")).unwrap();
    assert_eq!(label.status, Some(200), "{label:?}");
}

#[tokio::test]
async fn one_site_is_chosen_by_itself() {
    let world = world().await;
    let sign_in = world.start(world.asking_cloud().await).await;
    let browser = Browser::new();
    let only = world.sandbox.cloud_ids()[0];
    let to = browser.decide(&sign_in, "accept", &[only]).await;
    world.requests();
    browser.go(&to).await.unwrap();
    let state = world.come_to_rest(&sign_in).await;
    assert!(matches!(state, SignInState::Connected { .. }), "{state:?}");
    let calls = world.requests();
    assert_eq!(
        calls[..2],
        ["POST /oauth/token", "GET /oauth/token/accessible-resources"]
    );
    assert!(calls[2].ends_with("/rest/api/user/current"), "{calls:?}");
}

#[tokio::test]
async fn what_was_signed_in_by_atlassian_login_publishes_after_a_restart() {
    let mut world = world().await;
    let connection = world.signed_in(world.asking_cloud().await).await;
    let integration = world.save(connection).await;
    assert_eq!(integration.method, Method::AtlassianLogin);
    assert_eq!(
        integration.client_id,
        world.sandbox.oauth_clients().cloud.id
    );
    assert_eq!(integration.secret_problem, None);
    let draft = world.retrospective().await;
    let published = world.publish(&draft, &integration).await;
    assert_eq!(published.state, OperationState::Done, "{published:?}");

    // A new start has no access token, and renews.
    world.restart();
    world.sandbox.expire_access_tokens().unwrap();
    world.requests();
    let draft = world.health_check().await;
    let published = world.publish(&draft, &integration).await;
    assert_eq!(published.state, OperationState::Done, "{published:?}");
    let renewed = |calls: &[String]| calls.iter().filter(|it| *it == "POST /oauth/token").count();
    assert_eq!(renewed(&world.requests()), 1);

    // Expired while in use: renewed once, and nothing is lost by it.
    world.sandbox.expire_access_tokens().unwrap();
    let connection = connect::resume(&world.app, integration.id.clone())
        .await
        .unwrap();
    assert_eq!(renewed(&world.requests()), 1);
    let configuration = world.configuration(&connection, SPACE).await;
    let saved = integrations::save(&world.app, connection.session_id, configuration, false)
        .await
        .unwrap();
    assert_eq!(saved.id, integration.id);
    world.restart();
    connect::resume(&world.app, integration.id).await.unwrap();
}

#[tokio::test]
async fn an_application_link_works_the_same_way() {
    let mut world = world().await;
    let connection = world.signed_in(world.asking_data_center().await).await;
    assert_eq!(connection.site.edition, Edition::DataCenter);
    let integration = world.save(connection).await;
    let draft = world.retrospective().await;
    let published = world.publish(&draft, &integration).await;
    assert_eq!(published.state, OperationState::Done, "{published:?}");
    world.restart();
    world.sandbox.expire_access_tokens().unwrap();
    connect::resume(&world.app, integration.id.clone())
        .await
        .unwrap();
    // Each renewal used up the token of the one before.
    world.restart();
    world.sandbox.expire_access_tokens().unwrap();
    connect::resume(&world.app, integration.id).await.unwrap();
}

#[tokio::test]
async fn a_service_account_needs_no_browser() {
    let mut world = world().await;
    world.sandbox.set_second_site(false);
    let client = world.sandbox.oauth_clients().service_account;
    let mut request = world.asking(Method::AtlassianLogin, &client).await;
    request.service_account = true;
    let sign_in = world.start(request).await;
    assert_eq!(sign_in.address, "");
    assert!(world.opened.lock().unwrap().is_empty());
    let SignInState::Connected { connection } = world.come_to_rest(&sign_in).await else {
        panic!("not connected");
    };
    let integration = world.save(connection).await;
    assert!(integration.service_account);
    world.restart();
    let draft = world.retrospective().await;
    let published = world.publish(&draft, &integration).await;
    assert_eq!(published.state, OperationState::Done, "{published:?}");
}

#[tokio::test]
async fn cancel_on_the_page_is_no_error_and_a_wrong_secret_is_one() {
    let world = world().await;
    let browser = Browser::new();
    for request in [world.asking_cloud().await, world.asking_data_center().await] {
        let decision = if request.method == Method::ApplicationLink {
            "deny"
        } else {
            "cancel"
        };
        let sign_in = world.start(request).await;
        let to = browser.decide(&sign_in, decision, &[]).await;
        let page = browser.go(&to).await.unwrap();
        assert!(page.contains("Sign-in cancelled"), "{page}");
        assert_eq!(world.come_to_rest(&sign_in).await, SignInState::Cancelled);
    }
    let mut request = world.asking_cloud().await;
    request.client_secret = Some("not-the-secret".into());
    let sign_in = world.start(request).await;
    let to = browser.decide(&sign_in, "accept", &[]).await;
    browser.go(&to).await.unwrap();
    let error = failed(world.come_to_rest(&sign_in).await);
    assert_eq!(error.code, ErrorCode::SignInRefused);
    assert_eq!(error.field, Some(Field::ClientSecret));
    assert!(error.message.contains("Client Secret"), "{}", error.message);
    assert!(!format!("{error:?}").contains("not-the-secret"));
}

#[tokio::test]
async fn the_address_can_be_pasted() {
    let world = world().await;
    let taken = TcpListener::bind(("127.0.0.1", world.oauth.port)).unwrap();
    let sign_in = world.start(world.asking_cloud().await).await;
    let (listening, problem) = waiting(&sign_in);
    assert!(!listening);
    assert!(problem.unwrap().contains(&world.oauth.port.to_string()));
    let only = world.sandbox.cloud_ids()[0];
    let to = Browser::new().decide(&sign_in, "accept", &[only]).await;

    for wrong in [
        "no address",
        "https://wiki.example/login",
        &to.replace("state=", "state=x"),
        &format!("{to}&code=other"),
    ] {
        let pasted = sign_in::paste_address(&world.app, sign_in.id.clone(), wrong.to_owned()).await;
        let error = refused(pasted);
        assert_eq!(error.code, ErrorCode::Invalid, "{wrong}");
        assert_eq!(error.field, Some(Field::SignInAddress));
    }
    assert!(matches!(
        world.state(&sign_in).await,
        SignInState::Waiting { .. }
    ));
    let pasted = sign_in::paste_address(&world.app, sign_in.id.clone(), format!("  {to}\n"))
        .await
        .unwrap();
    assert_eq!(pasted.id, sign_in.id);
    let state = world.come_to_rest(&sign_in).await;
    assert!(matches!(state, SignInState::Connected { .. }), "{state:?}");
    let again = sign_in::paste_address(&world.app, sign_in.id, to).await;
    assert_eq!(refused(again).code, ErrorCode::Gone);
    drop(taken);
}

#[tokio::test]
async fn pasting_works_while_the_browser_is_listened_to_and_frees_the_port() {
    let world = world().await;
    let sign_in = world.start(world.asking_cloud().await).await;
    assert!(waiting(&sign_in).0);
    let to = Browser::new().decide(&sign_in, "accept", &[]).await;
    sign_in::paste_address(&world.app, sign_in.id.clone(), to)
        .await
        .unwrap();
    assert!(world.port_is_free());
    let state = world.come_to_rest(&sign_in).await;
    assert!(matches!(state, SignInState::ChooseSite { .. }), "{state:?}");
}

#[tokio::test]
async fn cancel_while_an_address_is_taken_ends_it_for_good() {
    let world = world().await;
    let sign_in = world.start(world.asking_cloud().await).await;
    let only = world.sandbox.cloud_ids()[0];
    let to = Browser::new().decide(&sign_in, "accept", &[only]).await;
    world.requests();
    let (pasted, cancelled) = tokio::join!(
        sign_in::paste_address(&world.app, sign_in.id.clone(), to),
        sign_in::cancel(&world.app, sign_in.id.clone()),
    );
    assert_eq!(pasted.unwrap().state, SignInState::Cancelled);
    assert_eq!(cancelled.unwrap().state, SignInState::Cancelled);
    tokio::time::sleep(Duration::from_millis(300)).await;
    // No token was asked for, and none is held.
    assert_eq!(world.requests(), [""; 0]);
    assert_eq!(world.state(&sign_in).await, SignInState::Cancelled);
}

#[tokio::test]
async fn a_server_that_wants_https_is_served_by_pasting() {
    let world = world().await;
    world.sandbox.set_https_redirects_only(true);
    let https = format!("https://localhost:{}/callback", world.oauth.port);
    world.sandbox.set_redirect_uri(&https).unwrap();
    let mut request = world.asking_data_center().await;
    request.https_redirect = Some(true);
    let sign_in = world.start(request).await;
    assert_eq!(sign_in.redirect_url, https);
    let (listening, problem) = waiting(&sign_in);
    assert!(!listening && problem.unwrap().contains("https"));
    let to = Browser::new().decide(&sign_in, "allow", &[]).await;
    assert!(to.starts_with(&https));
    sign_in::paste_address(&world.app, sign_in.id.clone(), to)
        .await
        .unwrap();
    let state = world.come_to_rest(&sign_in).await;
    assert!(matches!(state, SignInState::Connected { .. }), "{state:?}");
}

#[tokio::test]
async fn cancel_frees_the_port_at_once_and_nothing_can_follow() {
    let world = world().await;
    let sign_in = world.start(world.asking_cloud().await).await;
    assert!(!world.port_is_free());
    let to = Browser::new().decide(&sign_in, "accept", &[]).await;
    let cancelled = sign_in::cancel(&world.app, sign_in.id.clone())
        .await
        .unwrap();
    assert!(world.port_is_free());
    assert_eq!(cancelled.state, SignInState::Cancelled);
    assert!(Browser::new().go(&to).await.is_err(), "nobody listens");
    let late = sign_in::paste_address(&world.app, sign_in.id.clone(), to).await;
    assert_eq!(refused(late).code, ErrorCode::Gone);
    let page = sign_in::open_page(&world.app, sign_in.id.clone()).await;
    assert_eq!(refused(page).code, ErrorCode::Gone);
    assert_eq!(world.state(&sign_in).await, SignInState::Cancelled);
}

#[tokio::test]
async fn a_second_sign_in_cancels_the_first() {
    let world = world().await;
    let browser = Browser::new();
    let first = world.start(world.asking_cloud().await).await;
    let old = browser.decide(&first, "accept", &[]).await;
    let second = world.start(world.asking_cloud().await).await;
    assert_ne!(first.address, second.address);
    assert_eq!(world.state(&first).await, SignInState::Cancelled);
    // The first one's answer arrives late, at the second one's door.
    let page = browser.go(&old).await.unwrap();
    assert!(page.contains("older sign-in"), "{page}");
    assert!(matches!(
        world.state(&second).await,
        SignInState::Waiting { .. }
    ));
    let to = browser.decide(&second, "accept", &[]).await;
    browser.go(&to).await.unwrap();
    let state = world.come_to_rest(&second).await;
    assert!(matches!(state, SignInState::ChooseSite { .. }), "{state:?}");
}

#[tokio::test]
async fn sign_ins_that_start_together_leave_one() {
    let world = world().await;
    let mut starting = Vec::new();
    for _ in 0..4 {
        let (app, request) = (world.app.clone(), world.asking_cloud().await);
        starting.push(tokio::spawn(sign_in_on(app, request)));
    }
    let mut waiting = 0;
    for it in starting {
        let started = it.await.unwrap();
        if let SignInState::Waiting { listening, problem } = world.state(&started).await {
            assert!(listening, "{problem:?}");
            waiting += 1;
        }
    }
    assert_eq!(waiting, 1);
}

async fn sign_in_on(app: retropress_app::App, request: SignInRequest) -> SignIn {
    sign_in::start(&app, request).await.unwrap()
}

#[tokio::test]
async fn a_server_too_old_for_it_is_named() {
    let world = world().await;
    world.sandbox.set_old_server(true);
    let error = refused(sign_in::start(&world.app, world.asking_data_center().await).await);
    assert_eq!(error.field, Some(Field::ServerUrl));
    assert!(error.message.contains("7.17"), "{}", error.message);
}

#[tokio::test]
async fn it_ends_when_nobody_answers() {
    let mut world = world().await;
    world.oauth.patience = Duration::from_millis(300);
    world.restart();
    let sign_in = world.start(world.asking_cloud().await).await;
    let error = failed(world.come_to_rest(&sign_in).await);
    assert_eq!(error.code, ErrorCode::TimedOut);
    assert!(error.retryable);
    assert!(world.port_is_free());
}

#[tokio::test]
async fn a_script_in_a_description_stays_text() {
    let world = world().await;
    let sign_in = world.start(world.asking_cloud().await).await;
    let address = Url::parse(&sign_in.address).unwrap();
    let state = address
        .query_pairs()
        .find(|(name, _)| name == "state")
        .unwrap()
        .1;
    let to = format!(
        "{}?error=server_error&error_description=%3Cscript%3Ealert(1)%3C/script%3E&state={state}",
        sign_in.redirect_url
    );
    let page = Browser::new().go(&to).await.unwrap();
    assert!(!page.contains("script"), "{page}");
    let error = failed(world.come_to_rest(&sign_in).await);
    assert!(
        error.cause.contains("<script>alert(1)</script>"),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_was_taken_back_asks_for_a_new_sign_in() {
    let mut world = world().await;
    for request in [world.asking_cloud().await, world.asking_data_center().await] {
        let connection = world.signed_in(request).await;
        let integration = world.save(connection).await;
        world.restart();
        world.sandbox.revoke_sign_ins().unwrap();
        let draft = world.retrospective().await;
        let stopped = world.publish(&draft, &integration).await;
        assert_eq!(stopped.state, OperationState::NeedsAttention);
        let error = stopped.error.clone().unwrap();
        assert_eq!(error.code, ErrorCode::SignInNeeded, "{error:?}");
        assert!(error.retryable, "what waits is not lost");
        let error = refused(connect::resume(&world.app, integration.id.clone()).await);
        assert_eq!(error.code, ErrorCode::SignInNeeded, "{error:?}");
        assert_eq!(error.field, None, "no field is wrong");

        // Signed in again, with the client that is saved, and what waited goes on.
        let mut request = match integration.method {
            Method::ApplicationLink => world.asking_data_center().await,
            _ => world.asking_cloud().await,
        };
        request.integration_id = Some(integration.id.clone());
        request.client_id = String::new();
        request.client_secret = None;
        let connection = world.signed_in(request).await;
        let again = world.save(connection).await;
        assert_eq!(again.id, integration.id);
        let operation = retropress_app::publish::retry(&world.app, stopped.id.clone())
            .await
            .unwrap();
        let done = world.settled(&operation).await;
        assert_eq!(done.state, OperationState::Done, "{done:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_of_a_renewal_is_asked_for_again() {
    let mut world = world().await;
    let connection = world.signed_in(world.asking_cloud().await).await;
    let integration = world.save(connection).await;
    world.restart();
    world.sandbox.expire_access_tokens().unwrap();
    // The server rotates, and its answer is lost on the way.
    let lost = world.sandbox.faults().on(
        Matching::request("POST", "/oauth/token$")
            .host(Host::Auth)
            .nth(1),
        Fault::cut().after_handling(),
    );
    let error = refused(connect::resume(&world.app, integration.id.clone()).await);
    assert!(lost.fired());
    assert_eq!(error.code, ErrorCode::ConnectionLost, "{error:?}");
    // The next start does not wait for somebody to publish: in ten minutes it would be too late.
    world.restart();
    world.requests();
    world.app.settle().await;
    assert_eq!(world.requests(), ["POST /oauth/token"]);
    world.restart();
    world.app.settle().await;
    assert_eq!(
        world.requests(),
        Vec::<String>::new(),
        "that one came to its end"
    );
    connect::resume(&world.app, integration.id).await.unwrap();
}

#[tokio::test]
async fn a_renewal_that_was_cut_off_too_long_ago_says_so() {
    let mut world = world().await;
    let connection = world.signed_in(world.asking_data_center().await).await;
    let integration = world.save(connection).await;
    world.restart();
    world.sandbox.expire_access_tokens().unwrap();
    let lost = world.sandbox.faults().on(
        Matching::request("POST", "/rest/oauth2/latest/token$").nth(1),
        Fault::cut().after_handling(),
    );
    refused(connect::resume(&world.app, integration.id.clone()).await);
    assert!(lost.fired());
    // A Data Center takes no refresh token twice.
    let error = refused(connect::resume(&world.app, integration.id.clone()).await);
    assert_eq!(error.code, ErrorCode::SignInNeeded);
    assert!(error.cause.contains("cut off"), "{error:?}");
}

#[tokio::test]
async fn nothing_of_a_sign_in_lies_open_in_the_folder() {
    let world = world().await;
    let connection = world.signed_in(world.asking_cloud().await).await;
    let integration = world.save(connection).await;
    let secret = world.sandbox.oauth_clients().cloud.secret;
    let draft = world.retrospective().await;
    world.publish(&draft, &integration).await;
    for entry in std::fs::read_dir(world.folder.path().join("data")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
}

#[tokio::test]
async fn a_secret_can_be_removed_and_the_integration_stays() {
    let world = world().await;
    let connection = world.signed_in(world.asking_cloud().await).await;
    let oauth = world.save(connection).await;
    let token = world.integration(Method::PersonalAccessToken).await;
    for integration in [oauth, token] {
        let left = integrations::remove_secret(&world.app, integration.id.clone())
            .await
            .unwrap();
        assert_eq!(left.id, integration.id);
        assert!(left.secret_problem.is_some());
        let error = refused(connect::resume(&world.app, integration.id.clone()).await);
        assert_eq!(error.code, ErrorCode::SecretGone, "{error:?}");
        let setup = sign_in::setup(
            &world.app,
            integration.team_id,
            Some(integration.id),
            Method::AtlassianLogin,
        )
        .await
        .unwrap();
        assert!(!setup.client_secret_saved);
    }
}

#[tokio::test]
async fn for_this_session_only_means_that() {
    let mut world = world().await;
    let mut request = world.asking_cloud().await;
    request.session_only = Some(true);
    let connection = world.signed_in(request).await;
    let configuration = world.configuration(&connection, SPACE).await;
    let integration = integrations::save(&world.app, connection.session_id, configuration, true)
        .await
        .unwrap();
    assert_eq!(integration.secret_problem, None);
    world.sandbox.expire_access_tokens().unwrap();
    let draft = world.retrospective().await;
    let published = world.publish(&draft, &integration).await;
    assert_eq!(published.state, OperationState::Done, "{published:?}");
    world.restart();
    let error = refused(connect::resume(&world.app, integration.id).await);
    assert_eq!(error.code, ErrorCode::SecretGone);
}

#[tokio::test]
async fn a_known_client_makes_it_one_button() {
    let mut world = world().await;
    let team = world.team().await;
    let setup = |world: &World| {
        let (app, team) = (world.app.clone(), team.id.clone());
        async move {
            sign_in::setup(&app, team, None, Method::AtlassianLogin)
                .await
                .unwrap()
        }
    };
    let unknown = setup(&world).await;
    assert!(!unknown.client_known && unknown.client_id.is_empty());
    assert_eq!(
        unknown.redirect_url,
        format!("http://localhost:{}/callback", world.oauth.port)
    );
    assert!(
        unknown
            .apps_page
            .starts_with("https://developer.atlassian.com/")
    );
    let granular: Vec<_> = unknown.scopes.iter().map(|it| &*it.granular).collect();
    assert!(granular.contains(&"write:page:confluence") && granular.contains(&"offline_access"));
    let mut request = world.asking_cloud().await;
    request.client_id = String::new();
    request.client_secret = None;
    let error = refused(sign_in::start(&world.app, request).await);
    assert_eq!(error.field, Some(Field::ClientId));

    let client = world.sandbox.oauth_clients().cloud;
    world.oauth.client = Some(OauthClient {
        id: client.id.clone(),
        secret: SecretString::from(client.secret),
    });
    world.restart();
    let known = setup(&world).await;
    assert!(known.client_known);
    assert_eq!(known.client_id, client.id);
    let mut request = world.asking_cloud().await;
    request.client_id = String::new();
    request.client_secret = None;
    world.signed_in(request).await;

    // An integration with an app of its own goes over to the known one by an emptied field.
    world.oauth.client = None;
    world.restart();
    let connection = world.signed_in(world.asking_cloud().await).await;
    let integration = world.save(connection).await;
    assert_eq!(integration.client_id, client.id);
    let known = "harbour-app";
    world.oauth.client = Some(OauthClient {
        id: known.into(),
        secret: SecretString::from("known-secret"),
    });
    world.restart();
    let mut request = world.asking_cloud().await;
    request.integration_id = Some(integration.id.clone());
    request.client_id = String::new();
    request.client_secret = None;
    let sign_in = world.start(request).await;
    let page = Url::parse(&sign_in.address).unwrap();
    let asked = page.query_pairs().find(|it| it.0 == "client_id").unwrap();
    assert_eq!(asked.1, known);
}

#[tokio::test]
async fn a_saved_client_secret_goes_to_no_other_server() {
    let world = world().await;
    let connection = world.signed_in(world.asking_data_center().await).await;
    let integration = world.save(connection).await;
    let other = common::world().await;
    let mut request = world.asking_data_center().await;
    request.integration_id = Some(integration.id);
    request.client_secret = None;
    request.server_url = other.sandbox.addresses().data_center.clone();
    let error = refused(sign_in::start(&world.app, request).await);
    assert_eq!(error.field, Some(Field::ClientSecret));
}

#[tokio::test]
async fn an_application_link_is_never_asked_over_plain_http() {
    let world = world().await;
    let mut request = world.asking_data_center().await;
    request.server_url = "http://wiki.example/confluence".into();
    let error = refused(sign_in::start(&world.app, request).await);
    assert_eq!(error.code, ErrorCode::Invalid);
    assert_eq!(error.field, Some(Field::ServerUrl));
    assert!(world.opened.lock().unwrap().is_empty());
}

#[tokio::test]
async fn classic_scopes_on_a_site_without_the_older_calls_say_what_is_needed() {
    let world = world().await;
    let mut request = world.asking_cloud().await;
    request.scopes = ScopeFamily::Classic;
    let sign_in = world.start(request).await;
    let only = world.sandbox.cloud_ids()[0];
    let browser = Browser::new();
    let to = browser.decide(&sign_in, "accept", &[only]).await;
    browser.go(&to).await.unwrap();
    let error = failed(world.come_to_rest(&sign_in).await);
    assert_eq!(error.code, ErrorCode::ApiRemoved, "{error:?}");
    assert_eq!(error.message, "This site needs the granular scopes");
}

#[tokio::test]
async fn the_day_a_token_expires_is_warned_of() {
    let world = world().await;
    let team = world.team().await;
    let today = Utc::now().with_timezone(&Local).date_naive();
    for (days, warned) in [
        (15_i64, None),
        (14, Some("in 14 days")),
        (0, Some("today")),
        (-1, Some("expired")),
    ] {
        let day = match days {
            0.. => today + Days::new(days.unsigned_abs()),
            _ => today - Days::new(days.unsigned_abs()),
        };
        let mut request = world.request(&team, Method::PersonalAccessToken);
        request.expires_on = Some(day);
        let connection = connect::check(&world.app, request).await.unwrap();
        let saved = world.save(connection).await;
        assert_eq!(saved.expires_on, Some(day));
        match (saved.expiry_warning, warned) {
            (None, None) => {}
            (Some(warning), Some(part)) => assert!(warning.contains(part), "{warning}"),
            (warning, _) => panic!("{days}: {warning:?}"),
        }
    }
}

#[tokio::test]
async fn sites_cross_without_a_slash_at_their_end() {
    let world = world().await;
    let sign_in = world.start(world.asking_cloud().await).await;
    let browser = Browser::new();
    let to = browser.decide(&sign_in, "accept", &[]).await;
    browser.go(&to).await.unwrap();
    let SignInState::ChooseSite { sites } = world.come_to_rest(&sign_in).await else {
        panic!("no choice");
    };
    let CloudSite { name, url, .. } = &sites[0];
    assert!(!name.is_empty());
    assert_eq!(format!("{url}/wiki"), world.sandbox.addresses().cloud);
}

#[tokio::test]
async fn port_and_app_are_settings_of_this_computer() {
    let mut world = world().await;
    let usual = signing_in::read(&world.app).await.unwrap();
    assert_eq!(
        (usual.port, usual.usual_port),
        (world.oauth.port, world.oauth.port)
    );
    assert!(usual.port_free && usual.client_id.is_empty() && !usual.client_secret_saved);
    let client = world.sandbox.oauth_clients().cloud;
    let port = common::free_port();
    let asked = |port: &str, id: &str, secret: Option<&str>| SigningInRequest {
        port: port.into(),
        client_id: id.into(),
        client_secret: secret.map(str::to_owned),
    };
    for (request, field) in [
        (asked("80", "", None), Field::RedirectPort),
        (asked("a port", "", None), Field::RedirectPort),
        (asked("", "an-app", None), Field::ClientSecret),
        (asked("", "an-app", Some(" ")), Field::ClientSecret),
    ] {
        let error = refused(signing_in::save(&world.app, request).await);
        assert_eq!(error.field, Some(field), "{error:?}");
    }
    let text = port.to_string();
    let busy = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let saved = signing_in::save(&world.app, asked(&text, &client.id, Some(&client.secret)))
        .await
        .unwrap();
    assert!(!saved.port_free);
    drop(busy);
    assert_eq!(saved.client_id, client.id);
    assert_eq!(
        saved.redirect_url,
        format!("http://localhost:{port}/callback")
    );
    world.restart();
    // Another port, and the secret stays.
    let saved = signing_in::save(&world.app, asked(&text, &client.id, None))
        .await
        .unwrap();
    assert!(saved.client_secret_saved && saved.port_free);

    // It is one button now, with the redirect that was set.
    world.sandbox.set_redirect_uri(&saved.redirect_url).unwrap();
    let team = world.team().await;
    let setup = sign_in::setup(&world.app, team.id, None, Method::AtlassianLogin)
        .await
        .unwrap();
    assert!(setup.client_known);
    assert_eq!(
        (setup.client_id, setup.redirect_url),
        (client.id.clone(), saved.redirect_url)
    );
    let mut request = world.asking_cloud().await;
    request.client_id = String::new();
    request.client_secret = None;
    let connection = world.signed_in(request).await;
    let integration = world.save(connection).await;

    // The key is needed as long as the app's secret is sealed with it, and no longer.
    integrations::disconnect(&world.app, integration.id)
        .await
        .unwrap();
    world.restart();
    let mut request = world.asking_cloud().await;
    request.client_id = String::new();
    request.client_secret = None;
    world.signed_in(request).await;
    signing_in::save(&world.app, asked("", &client.id, None))
        .await
        .unwrap();
    let gone = signing_in::save(&world.app, asked("", "", None))
        .await
        .unwrap();
    assert!(!gone.client_secret_saved && gone.port == usual.port);
    let error = refused(signing_in::save(&world.app, asked("", &client.id, None)).await);
    assert_eq!(error.field, Some(Field::ClientSecret));
}
