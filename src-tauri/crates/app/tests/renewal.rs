//! Several processes with one saved sign-in that has expired, some of them killed while they renew it.
//!
//! Each round starts eight processes of this very program, which do nothing but sign in with what is
//! saved. `RETROPRESS_RENEWAL_ROUNDS` sets how many rounds; with 500 it takes some minutes.

#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod common;

use std::{
    collections::HashMap,
    env,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Form, Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use common::free_port;
use retropress_app::{
    App, OauthOptions,
    connect::{self, sign_in},
};
use retropress_confluence::Url;
use retropress_secrets::Vault;
use serde_json::{Value, json};

const PROCESSES: usize = 8;
const ROUNDS: usize = 6;

/// Set for the processes that are started.
const FOLDER: &str = "RETROPRESS_RENEWAL_FOLDER";
const SERVER: &str = "RETROPRESS_RENEWAL_SERVER";
const INTEGRATION: &str = "RETROPRESS_RENEWAL_INTEGRATION";

fn open(folder: &Path, server: &Url, port: u16) -> App {
    common::alone(
        folder,
        &Vault::with_key([7; 32]),
        server,
        OauthOptions {
            port,
            ..OauthOptions::default()
        },
    )
}

/// When a process is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// It asked, and the server has done nothing yet.
    Asked,
    /// The server rotated; its answer never leaves.
    Rotated,
    /// So long after the answer that it may be on its way, about to be stored, or stored.
    Answered(Duration),
}

/// A sign-in server that rotates, and that takes a used refresh token again only where its successor
/// went to a process that was killed.
#[derive(Default)]
struct World {
    /// The number of the refresh token that is good.
    current: u64,
    /// Its predecessor is good, too.
    leeway: bool,
    /// Requests of this round, and how many of them rotated.
    asked: u32,
    rotated: u32,
    /// At which request of the round, and when.
    kill: Option<(u32, Moment)>,
    killed: Vec<u32>,
    processes: HashMap<u32, Child>,
    wrong: Vec<String>,
}

impl World {
    fn kill(&mut self, pid: u32) {
        if let Some(process) = self.processes.get_mut(&pid) {
            // It may have ended in between.
            let _ = process.kill();
            self.killed.push(pid);
        }
    }
}

type Shared = State<Arc<Mutex<World>>>;

async fn token(
    State(shared): Shared,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let pid = headers["user-agent"]
        .to_str()
        .unwrap()
        .parse::<u32>()
        .unwrap();
    // Time for the others to come up to the lock.
    tokio::time::sleep(Duration::from_millis(5)).await;
    let answer = {
        let mut world = shared.lock().unwrap();
        world.asked += 1;
        let moment = world
            .kill
            .filter(|(at, _)| *at == world.asked)
            .map(|(_, moment)| moment);
        if moment == Some(Moment::Asked) {
            world.kill(pid);
            return StatusCode::BAD_GATEWAY.into_response();
        }
        let first = form["grant_type"] == "authorization_code";
        let presented = form.get("refresh_token").cloned().unwrap_or_default();
        let good = presented == format!("refresh-{}", world.current);
        let again = world.leeway && presented == format!("refresh-{}", world.current - 1);
        if !first && !good && !again {
            let current = world.current;
            world.wrong.push(format!(
                "{presented} was presented when refresh-{current} was good"
            ));
            return (
                StatusCode::FORBIDDEN,
                Json(json!({ "error": "invalid_grant" })),
            )
                .into_response();
        }
        world.current += 1;
        world.rotated += 1;
        // Only a process that is killed from here on may lose it.
        world.leeway = moment.is_some();
        match moment {
            Some(Moment::Rotated) => {
                world.kill(pid);
                return StatusCode::BAD_GATEWAY.into_response();
            }
            Some(Moment::Answered(wait)) => {
                let world = shared.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(wait).await;
                    world.lock().unwrap().kill(pid);
                });
            }
            _ => {}
        }
        json!({
            "access_token": format!("access-{}", world.current),
            "refresh_token": format!("refresh-{}", world.current),
            "token_type": "bearer", "expires_in": 3600,
        })
    };
    Json(answer).into_response()
}

async fn api(headers: HeaderMap, answer: Value) -> Response {
    let bearer = headers.get("authorization").and_then(|it| it.to_str().ok());
    match bearer {
        Some(it) if it.starts_with("Bearer access-") => Json(answer).into_response(),
        _ => StatusCode::UNAUTHORIZED.into_response(),
    }
}

async fn serve(world: &Arc<Mutex<World>>) -> Url {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let site = url.to_string();
    let gateway = "/ex/confluence/c-1/wiki";
    let router = Router::new()
        .route("/oauth/token", post(token))
        .route(
            "/oauth/token/accessible-resources",
            get(move |headers| {
                api(
                    headers,
                    json!([{ "id": "c-1", "name": "harbour", "url": site }]),
                )
            }),
        )
        .route(
            &format!("{gateway}/rest/api/user/current"),
            get(|headers| api(headers, json!({ "accountId": "1", "displayName": "Ada" }))),
        )
        .route(
            &format!("{gateway}/api/v2/spaces"),
            get(|headers| {
                let space = json!({ "id": "7", "key": "PAY", "name": "Payments",
                    "type": "global", "status": "current", "homepageId": "8" });
                api(headers, json!({ "results": [space], "_links": {} }))
            }),
        )
        .with_state(world.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

/// What each of the processes does. Without their environment there is nothing to do.
#[tokio::test]
async fn one_process() {
    let (Ok(folder), Ok(server), Ok(integration)) =
        (env::var(FOLDER), env::var(SERVER), env::var(INTEGRATION))
    else {
        return;
    };
    let app = open(Path::new(&folder), &Url::parse(&server).unwrap(), 1);
    connect::resume(&app, integration).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_processes_renew_one_sign_in() {
    if env::var_os(FOLDER).is_some() {
        return;
    }
    let world = Arc::new(Mutex::new(World::default()));
    let server = serve(&world).await;
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let app = open(folder.path(), &server, port);
    let request = common::atlassian_login(&app, "client", "secret").await;
    let started = sign_in::start(&app, request).await.unwrap();
    let page = Url::parse(&started.address).unwrap();
    let state = page.query_pairs().find(|it| it.0 == "state").unwrap().1;
    let answer = format!("http://localhost:{port}/callback?code=c&state={state}");
    sign_in::paste_address(&app, started.id.clone(), answer)
        .await
        .unwrap();
    let integration = common::saved(&app, &started).await.id;
    drop(app);

    let rounds = env::var("RETROPRESS_RENEWAL_ROUNDS")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(ROUNDS);
    for round in 0..rounds {
        let random = uuid::Uuid::new_v4().as_u128();
        let at = 1 + (random % PROCESSES as u128) as u32;
        let moment = match (random >> 32) % 4 {
            0 => Moment::Asked,
            1 => Moment::Rotated,
            _ => Moment::Answered(Duration::from_micros(((random >> 64) % 20_000) as u64)),
        };
        let kill = (round % 2 == 1).then_some((at, moment));
        {
            let mut world = world.lock().unwrap();
            (world.asked, world.rotated, world.kill) = (0, 0, kill);
            world.killed.clear();
            for _ in 0..PROCESSES {
                let process = Command::new(env::current_exe().unwrap())
                    .args(["one_process", "--exact", "--nocapture"])
                    .env(FOLDER, folder.path())
                    .env(SERVER, server.as_str())
                    .env(INTEGRATION, &integration)
                    .stdout(Stdio::null())
                    .spawn()
                    .unwrap();
                world.processes.insert(process.id(), process);
            }
        }
        let ended = all_ended(&world).await;
        let world = world.lock().unwrap();
        let what = format!("round {round}, {kill:?}");
        assert!(world.wrong.is_empty(), "{what}: {:?}", world.wrong);
        for (pid, well) in ended {
            assert!(
                well || world.killed.contains(&pid),
                "{what}: sign-in needed"
            );
        }
        assert_eq!(world.asked, PROCESSES as u32, "{what}");
        let lost = u32::from(matches!(kill, Some((_, Moment::Asked))));
        assert_eq!(world.rotated, world.asked - lost, "{what}");
    }
    // What is saved in the end is still good.
    let app = open(folder.path(), &server, port);
    connect::resume(&app, integration).await.unwrap();
}

/// Each process with whether it ended well.
async fn all_ended(world: &Arc<Mutex<World>>) -> Vec<(u32, bool)> {
    let mut ended = Vec::new();
    loop {
        {
            let mut world = world.lock().unwrap();
            world.processes.retain(|pid, process| {
                let status = process.try_wait().unwrap();
                ended.extend(status.map(|it| (*pid, it.success())));
                status.is_none()
            });
            if world.processes.is_empty() {
                return ended;
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
