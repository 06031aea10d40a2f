//! Cloud over an OAuth app with the classic scopes: REST v1 through the gateway. Behind the gateway of
//! this test is the sandbox's Data Center, which speaks REST v1.

#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod common;

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{Method as Verb, StatusCode},
    response::{IntoResponse as _, Response},
};
use common::{SPACE, World, free_port};
use retropress_app::{
    OauthOptions,
    connect::{
        Connection, Edition,
        sign_in::{self, ScopeFamily, SignInState},
    },
    integrations,
    publish::OperationState,
};
use retropress_confluence::Url;
use retropress_sandbox::{Options, Sandbox};
use retropress_secrets::Vault;
use serde_json::{Value, json};

const GATEWAY: &str = "/ex/confluence/c-1/wiki";

struct Gateway {
    address: Url,
    data_center: String,
    token: String,
    http: reqwest::Client,
    /// The key of the space somebody moved every page to.
    moved_to: Mutex<Option<&'static str>>,
    /// Bodies of the updates of pages.
    updates: Mutex<Vec<Value>>,
}

async fn answer(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    match parts.uri.path() {
        "/oauth/token" => {
            return Json(json!({
                "access_token": "access", "refresh_token": "refresh",
                "token_type": "bearer", "expires_in": 3600,
            }))
            .into_response();
        }
        "/oauth/token/accessible-resources" => {
            let site = gateway.address.as_str();
            return Json(json!([{ "id": "c-1", "name": "harbour", "url": site }])).into_response();
        }
        _ => {}
    }
    let Some(path) = parts.uri.path().strip_prefix(GATEWAY) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if parts.method == Verb::PUT {
        let update = serde_json::from_slice(&body).unwrap();
        gateway.updates.lock().unwrap().push(update);
    }
    let query = parts.uri.query().unwrap_or_default();
    let address = format!("{}{path}?{query}", gateway.data_center);
    let mut request = gateway
        .http
        .request(parts.method.clone(), address)
        .bearer_auth(&gateway.token)
        .body(body);
    for name in ["accept", "content-type", "x-atlassian-token"] {
        if let Some(value) = parts.headers.get(name) {
            request = request.header(name, value);
        }
    }
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let mut body = answer.bytes().await.unwrap().to_vec();
    let moved_to = *gateway.moved_to.lock().unwrap();
    if let (Some(key), Ok(mut page)) = (moved_to, serde_json::from_slice::<Value>(&body))
        && page["space"]["key"].is_string()
    {
        page["space"]["key"] = key.into();
        body = page.to_string().into_bytes();
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let json = "application/json".parse().unwrap();
    response.headers_mut().insert("content-type", json);
    response
}

async fn start(sandbox: &Sandbox) -> Arc<Gateway> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let gateway = Arc::new(Gateway {
        address: Url::parse(&address).unwrap(),
        data_center: sandbox.addresses().data_center.clone(),
        token: sandbox.credentials().personal_access_token,
        http: reqwest::Client::builder().no_proxy().build().unwrap(),
        moved_to: Mutex::default(),
        updates: Mutex::default(),
    });
    let router = Router::new().fallback(answer).with_state(gateway.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    gateway
}

async fn signed_in(world: &World) -> Connection {
    let mut request = common::atlassian_login(&world.app, "client", "secret").await;
    request.scopes = ScopeFamily::Classic;
    let started = sign_in::start(&world.app, request).await.unwrap();
    let page = Url::parse(&started.address).unwrap();
    let state = page.query_pairs().find(|it| it.0 == "state").unwrap().1;
    let port = world.oauth.port;
    let answer = format!("http://localhost:{port}/callback?code=c&state={state}");
    sign_in::paste_address(&world.app, started.id.clone(), answer)
        .await
        .unwrap();
    loop {
        match sign_in::read(&world.app, started.id.clone())
            .await
            .unwrap()
            .state
        {
            SignInState::Connected { connection } => return connection,
            SignInState::Waiting { .. } | SignInState::Exchanging => {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_of_a_page_that_was_moved_names_the_space_it_is_in() {
    let sandbox = Sandbox::start(Options {
        port: 0,
        folder: None,
    });
    let sandbox = Arc::new(sandbox.await.unwrap());
    let gateway = start(&sandbox).await;
    let (folder, vault) = (tempfile::tempdir().unwrap(), Vault::in_memory());
    let oauth = OauthOptions {
        port: free_port(),
        ..OauthOptions::default()
    };
    let data = folder.path().join("data");
    let world = World {
        app: common::alone(&data, &vault, &gateway.address, oauth.clone()),
        sandbox,
        opened: Arc::default(),
        folder,
        vault,
        oauth,
    };
    let connection = signed_in(&world).await;
    assert_eq!(connection.site.edition, Edition::Cloud);
    let configuration = world.configuration(&connection, SPACE).await;
    let session = connection.session_id;
    let integration = integrations::save(&world.app, session, configuration, false)
        .await
        .unwrap();
    let draft = world.retrospective().await;
    let created = world.publish(&draft, &integration).await;
    assert_eq!(created.state, OperationState::Done, "{:?}", created.error);
    assert!(gateway.updates.lock().unwrap().is_empty());

    for key in [SPACE, "CHK"] {
        *gateway.moved_to.lock().unwrap() = (key != SPACE).then_some(key);
        let updated = world.publish(&draft, &integration).await;
        assert_eq!(updated.state, OperationState::Done, "{:?}", updated.error);
        let sent = gateway.updates.lock().unwrap().pop().unwrap();
        assert_eq!(sent["space"]["key"], key);
    }
}
