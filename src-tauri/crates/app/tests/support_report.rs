//! The support report holds nothing that is nobody's business.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod common;

use common::world;
use retropress_app::{
    connect::Method,
    drafts, integrations,
    network::{self, ClientCertificateChoice, NetworkRequest, NetworkScope, ProxyUse},
    publish,
    support_report::{self, LOG_FOLDER},
    teams,
};
use retropress_confluence::{Edition, Site};
use retropress_store::{IntegrationRecord, Store};
use retropress_summary::{
    Comment, Summary,
    health_check::{Dimension, Model},
    retrospective::{Agreement, Kudo, Template},
    sample,
};

/// In every name, address, title and secret of this test; one of the two is in each.
const CANARIES: [&str; 2] = ["quirrell", "zoltana"];

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_name_address_or_title_gets_into_it() {
    let world = world().await;
    let app = &world.app;
    let team = world.team().await;
    teams::create(app, "Team of Zoltana Quirrell".into())
        .await
        .unwrap();

    // Drafts, models and templates.
    let mut content = sample::retrospective(chrono::Utc::now().date_naive());
    content.title = "Quirrell retrospective".into();
    content.facilitator = "Zoltana Quirrell".into();
    content.participants = vec!["Zoltana Quirrell".into()];
    content.notes = "Ask zoltana@quirrell.example".into();
    content.agreements = vec![Agreement {
        id: "1".into(),
        text: "No quirrell".into(),
    }];
    content.kudos = vec![Kudo {
        id: "1".into(),
        to: "Zoltana".into(),
        from: "Zoltana".into(),
        text: "quirrell".into(),
    }];
    let draft = world.retrospective().await;
    let saved = drafts::open(app, draft.clone()).await.unwrap();
    drafts::save(
        app,
        draft.clone(),
        saved.revision,
        Summary::Retrospective(content),
    )
    .await
    .unwrap();
    let mut check = sample::health_check(chrono::Utc::now().date_naive());
    check.title = "Quirrell check".into();
    check.dimensions[0].comments = vec![Comment {
        id: "1".into(),
        author: "Zoltana".into(),
        text: "quirrell".into(),
    }];
    let other = world.health_check().await;
    let saved = drafts::open(app, other.clone()).await.unwrap();
    drafts::save(app, other, saved.revision, Summary::HealthCheck(check))
        .await
        .unwrap();
    drafts::save_template(
        app,
        Template {
            id: String::new(),
            name: "Quirrell".into(),
            columns: vec!["Zoltana".into()],
            built_in: false,
        },
    )
    .await
    .unwrap();
    let mut model = drafts::models(app).await.unwrap().remove(0);
    model = Model {
        id: String::new(),
        name: "Quirrell".into(),
        dimensions: vec![Dimension {
            id: "1".into(),
            name: "Zoltana".into(),
            statement: "quirrell".into(),
        }],
        built_in: false,
        ..model
    };
    drafts::save_model(app, model).await.unwrap();

    // A real connection, and one whose every field is a canary, with a publish that fails.
    world.integration(Method::PersonalAccessToken).await;
    let folder = world.folder.path().join("data");
    let store = Store::open(&folder).unwrap().store;
    let mut site = Site::guess(
        "https://wiki.quirrell.invalid:8443/zoltana",
        Edition::DataCenter,
    )
    .unwrap();
    site.version = Some("9.2.7-quirrell".into());
    site.name = "Quirrell wiki".into();
    let template = store.integrations(&team.id).unwrap().remove(0);
    let mut configuration: integrations::Configuration =
        serde_json::from_str(&template.configuration).unwrap();
    configuration.space_key = "QUIRRELL".into();
    configuration.space_name = "Zoltana's space".into();
    configuration.retrospective_parent = integrations::Parent::Existing {
        id: "1".into(),
        title: "Quirrell parent".into(),
    };
    configuration.labels = vec!["quirrell".into()];
    store
        .save_integration(
            &IntegrationRecord {
                id: "canary".into(),
                team_id: team.id.clone(),
                method: serde_json::to_string(&Method::Basic).unwrap(),
                site: serde_json::to_string(&site).unwrap(),
                account: "zoltana@quirrell.example".into(),
                account_name: "Zoltana Quirrell".into(),
                configuration: serde_json::to_string(&configuration).unwrap(),
                sandbox: false,
                ..template
            },
            Some(b"quirrell-secret-token"),
            None,
        )
        .unwrap();
    let refused = publish::publish(app, draft, "canary".into()).await;
    let operation = world.settled(&refused.unwrap()).await;
    assert!(operation.error.is_some());

    // The network, of every connection and of one.
    let proxy = |proxy_use| NetworkRequest {
        proxy_use,
        proxy_host: "proxy.quirrell.example".into(),
        proxy_port: "3128".into(),
        proxy_user: "zoltana".into(),
        proxy_password: Some("quirrell-proxy-password".into()),
        proxy_exceptions: "quirrell.example, *.zoltana.example".into(),
        authorities: Vec::new(),
        client_certificate: ClientCertificateChoice::None,
        connect_seconds: "30".into(),
        answer_seconds: String::new(),
    };
    let canary = NetworkScope::Integration {
        integration_id: "canary".into(),
    };
    network::save(app, canary, proxy(ProxyUse::Own), false)
        .await
        .unwrap();
    network::save(app, NetworkScope::Everywhere, proxy(ProxyUse::None), false)
        .await
        .unwrap();

    // The log, with what servers and programs may put into it.
    let logs = folder.join(LOG_FOLDER);
    std::fs::create_dir_all(&logs).unwrap();
    std::fs::write(
        logs.join("retropress.2026-11-19.log"),
        "2026-11-19T09:42:11.1Z ERROR retropress_app::publish::carry: the operation stopped problem=Zoltana details=\"GET https://wiki.quirrell.example\nquirrell-secret-token\n\
         2026-11-19T09:42:12Z ERROR retropress_app: zoltana@quirrell.example\n\
         2026-11-19T09:42:13Z ERROR zoltana_quirrell: a fault of ours panic=quirrell\n\
         2026-11-19T09:42:14Z  WARN hyper: Basic cXVpcnJlbGw6em9sdGFuYQ== at wiki.quirrell.example\n\
         2026-11-19T09:42:15Z ERROR retropress_app: a fault of ours quirrell\n",
    )
    .unwrap();

    let report = support_report::make(app).await.unwrap();
    let folded = report.to_lowercase();
    for canary in CANARIES {
        assert!(!folded.contains(canary), "{report}");
    }
    for also in [
        "cxvpcnjlbgw6em9sdgfuyq",
        "127.0.0.1",
        &world.sandbox.credentials().personal_access_token,
        &world.folder.path().display().to_string(),
        "Payments Platform",
        "PAY",
    ] {
        assert!(!report.contains(also), "{also}: {report}");
    }
    for told in [
        "integrity ok",
        "SQLite 3.",
        "teams 2",
        "own models 1, own templates 1",
        "Data Center 9.2.7, Confluence Server / Data Center - Basic Authentication",
        "host 1",
        "host 2, https, port 8443, with a context path",
        "secret        sealed",
        "Network         no proxy, 30 s to connect",
        "network       as for every connection",
        "network       proxy entered, with a sign-in, exceptions 2, 30 s to connect",
        "ERROR the operation stopped",
        "ERROR something else",
        "WARN something else",
        "create, needsAttention, step ",
    ] {
        assert!(report.contains(told), "{told}: {report}");
    }

    // Saved as it was shown; and the same a second time but for the minute.
    let path = support_report::save(app, report.clone())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(std::fs::read_to_string(path).unwrap(), report);
}
