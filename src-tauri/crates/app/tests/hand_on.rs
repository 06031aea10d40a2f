//! Configuration to hand on: there and back, and files that somebody else wrote.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod common;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use common::{SPACE, World, world};
use retropress_app::{
    ApiError, ErrorCode, Field,
    connect::{Method, sign_in::ScopeFamily},
    hand_on::{self, HandedOn, LIMIT},
    integrations::{self, Parent},
};
use serde_json::{Value, json};

async fn open(world: &World, text: impl AsRef<[u8]>) -> Result<HandedOn, ApiError> {
    let team = world.team().await;
    hand_on::open(&world.app, team.id, STANDARD.encode(text)).await
}

async fn saved(world: &World, method: Method) -> (integrations::Integration, String) {
    let integration = world.integration(method).await;
    let path = hand_on::save(&world.app, integration.id.clone(), " Ines Okafor ".into())
        .await
        .unwrap()
        .unwrap();
    (integration, std::fs::read_to_string(path).unwrap())
}

/// A file as it should be, to be spoilt.
fn sound() -> Value {
    json!({
        "format": "retropress-integration",
        "version": 1,
        "madeBy": "Ines Okafor",
        "madeAt": "2026-11-18T09:30:00Z",
        "madeWith": "Retropress 0.1.0",
        "serverUrl": "https://wiki.harbour.example/confluence",
        "edition": "dataCenter",
        "method": "personalAccessToken",
        "space": { "id": "PAY", "key": "PAY", "name": "Payments" },
        "retrospective": {
            "parent": { "type": "new", "title": "Retrospectives {{YYYY}}" },
            "title": "{{RetrospectiveTitleOrDate}} - Retrospective",
        },
        "healthCheck": {
            "parent": { "type": "existing", "id": "65601", "title": "Health checks" },
            "title": "{{HealthCheckTitleOrDate}} - Health Check",
        },
        "labels": ["retro"],
        "network": { "proxy": "proxy.harbour.example:3128" },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_integration_is_handed_on_and_works_after_signing_in() {
    for method in [Method::ApiToken, Method::PersonalAccessToken, Method::Basic] {
        let world = world().await;
        let (integration, text) = saved(&world, method).await;
        let request = world.request(&world.team().await, method);
        assert!(!text.contains(&*request.secret.unwrap()), "{method:?}");
        assert!(
            request.account.is_empty() || !text.contains(&request.account),
            "{method:?}: whose account it was is nobody's business"
        );

        let found = open(&world, &text).await.unwrap();
        assert_eq!(found.made_by, "Ines Okafor");
        assert_eq!(found.method, method);
        assert_eq!(found.server_url, integration.site.base_url);
        assert_eq!(found.configuration, integration.configuration);
        assert_eq!(
            found.scopes.contains(&"write:page:confluence".to_owned()),
            method == Method::ApiToken
        );

        // What the wizard does with it.
        let team = world.team().await;
        let mut request = world.request(&team, method);
        request.server_url = found.server_url;
        let connection = retropress_app::connect::check(&world.app, request)
            .await
            .unwrap();
        let copy = integrations::save(
            &world.app,
            connection.session_id,
            found.configuration,
            false,
        )
        .await
        .unwrap();
        assert_ne!(copy.id, integration.id);
        assert_eq!(copy.configuration.space_key, SPACE);
        assert_eq!(copy.site, integration.site);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_made_it_has_to_be_said() {
    let world = world().await;
    let integration = world.integration(Method::Basic).await;
    for nobody in ["", "  ", "a\u{202e}b"] {
        let refused = hand_on::save(&world.app, integration.id.clone(), nobody.into())
            .await
            .unwrap_err();
        assert_eq!(
            (refused.code, refused.field),
            (ErrorCode::Invalid, Some(Field::MadeBy))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_a_file_sets_is_told() {
    let world = world().await;
    let found = open(&world, sound().to_string()).await.unwrap();
    assert_eq!(found.server, "https://wiki.harbour.example");
    assert_eq!(found.proxy, "proxy.harbour.example:3128");
    assert_eq!(
        found.configuration.health_check_parent,
        Parent::Existing {
            id: "65601".into(),
            title: "Health checks".into()
        }
    );
    assert!(found.warnings.is_empty());
    // As editors on Windows save it.
    let marked = format!("\u{feff}{}", sound());
    assert_eq!(open(&world, marked).await.unwrap(), found);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_atlassian_login_it_is_atlassian_that_is_signed_in_to() {
    let world = world().await;
    let mut file = sound();
    for (name, value) in [
        (
            "serverUrl",
            json!("https://harbour-example.atlassian.net/wiki"),
        ),
        ("edition", json!("cloud")),
        ("method", json!("atlassianLogin")),
        ("clientId", json!("client-1")),
        ("scopeFamily", json!("classic")),
        ("serviceAccount", json!(true)),
    ] {
        file[name] = value;
    }
    let found = open(&world, file.to_string()).await.unwrap();
    assert_eq!(found.server, "https://auth.atlassian.com");
    assert_eq!(found.client_id, "client-1");
    assert_eq!(found.scope_family, ScopeFamily::Classic);
    assert!(found.service_account);
    file["clientSecret"] = json!("secret");
    let refused = open(&world, file.to_string()).await.unwrap_err();
    assert!(refused.cause.contains("unknown field `clientSecret`"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_to_look_at_twice_is_pointed_out() {
    let world = world().await;
    for (server, edition, method, said) in [
        (
            "http://wiki.harbour.example",
            "dataCenter",
            "basic",
            "not encrypted",
        ),
        (
            "https://xn--wki-8la.example",
            "dataCenter",
            "basic",
            "letters beyond",
        ),
        (
            "https://atlassian.net.example/wiki",
            "cloud",
            "apiToken",
            "not an address below",
        ),
    ] {
        let mut file = sound();
        file["serverUrl"] = server.into();
        file["edition"] = edition.into();
        file["method"] = method.into();
        let found = open(&world, file.to_string()).await.unwrap();
        let [warning] = &*found.warnings else {
            panic!("{server}: {:?}", found.warnings)
        };
        assert!(warning.contains(said), "{server}: {warning}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_none_of_ours_is_refused_with_the_reason() {
    let world = world().await;
    let text = sound().to_string();
    let cut = &text[..text.len() - 20];
    let garbled = text.replacen("\"madeAt\":", "\"madeAt\"", 1);
    let newer = text.replacen("\"version\":1", "\"version\":2", 1);
    let others: [(&[u8], &str, &str); 11] = [
        (b"", "not a configuration", "no JSON"),
        (b"\x00\xff\xfe", "not a configuration", "not a text file"),
        (b"# Sprint 42\n- notes", "not a configuration", "no JSON"),
        (b"[1, 2]", "not a configuration", "no JSON"),
        (b"{}", "not a configuration", "Another program"),
        (
            b"{\"format\": 1, \"version\": 1}",
            "not a configuration",
            "Another program",
        ),
        (
            b"{\"format\": \"postman\", \"version\": 1}",
            "not a configuration",
            "Another program",
        ),
        (
            b"{\"format\": \"retropress-integration\"}",
            "damaged",
            "which version",
        ),
        (cut.as_bytes(), "damaged", "cut off"),
        (garbled.as_bytes(), "damaged", "cannot be read from line 1"),
        (newer.as_bytes(), "newer Retropress", "version 2"),
    ];
    for (bytes, message, cause) in others {
        let refused = open(&world, bytes).await.unwrap_err();
        let shown = String::from_utf8_lossy(bytes);
        assert_eq!(refused.code, ErrorCode::Invalid, "{shown}");
        assert_eq!(refused.field, Some(Field::File));
        assert!(refused.message.contains(message), "{shown}: {refused:?}");
        assert!(refused.cause.contains(cause), "{shown}: {refused:?}");
        assert!(!refused.hint.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_says_what_it_must_not_is_refused() {
    let world = world().await;
    let spoilt: &[(&str, Value, &str)] = &[
        // A field nobody knows, above all one that would loosen something.
        ("/apiToken", json!("secret"), "unknown field `apiToken`"),
        ("/allowHttp", json!(true), "unknown field `allowHttp`"),
        ("/cloudId", json!("11223344"), "unknown field `cloudId`"),
        (
            "/space/gateway",
            json!("https://evil.example"),
            "unknown field `gateway`",
        ),
        ("/network/setProxy", json!(true), "unknown field `setProxy`"),
        (
            "/retrospective/parent/url",
            json!("https://evil.example"),
            "unknown field `url`",
        ),
        // A server that is not what it looks like.
        (
            "/serverUrl",
            json!("https://wiki.harbour.example@evil.example"),
            "hides the real server",
        ),
        (
            "/serverUrl",
            json!("https://evil.example\\@wiki.harbour.example"),
            "would be used",
        ),
        (
            "/serverUrl",
            json!("https://wiki.harbour.example/?to=evil.example"),
            "more than a server",
        ),
        (
            "/serverUrl",
            json!("https://wiki.harbour.example/#evil"),
            "more than a server",
        ),
        (
            "/serverUrl",
            json!("https://w\u{ed}ki.example"),
            "would be used",
        ),
        (
            "/serverUrl",
            json!("https://wiki.harbour.example/a/../b"),
            "would be used",
        ),
        (
            "/serverUrl",
            json!(" https://wiki.harbour.example"),
            "would be used",
        ),
        ("/serverUrl", json!("https://2130706433"), "would be used"),
        (
            "/serverUrl",
            json!("HTTPS://WIKI.harbour.example"),
            "would be used",
        ),
        (
            "/serverUrl",
            json!("file:///etc/passwd"),
            "not one of the web",
        ),
        (
            "/serverUrl",
            json!("javascript:alert(1)"),
            "not one of the web",
        ),
        (
            "/serverUrl",
            json!("wiki.harbour.example"),
            "cannot be read",
        ),
        (
            "/serverUrl",
            json!(format!("https://a.example/{}", "a".repeat(3000))),
            "too long",
        ),
        // Texts that hide something.
        ("/madeBy", json!("Ines\u{202e}rofakO"), "cannot be seen"),
        ("/madeBy", json!("Ines\nOkafor"), "cannot be seen"),
        ("/madeBy", json!("  "), "who made it"),
        ("/space/name", json!("Pay\u{200b}ments"), "cannot be seen"),
        ("/space/name", json!("x".repeat(256)), "longer than 255"),
        ("/labels", json!(vec!["a"; 101]), "more labels"),
        ("/network/proxy", json!("proxy\u{0}"), "cannot be seen"),
        // Values that are none.
        ("/method", json!("password"), "unknown variant"),
        ("/edition", json!("cloud"), "does not fit"),
        ("/version", json!(-1), "which version"),
        ("/version", json!("1"), "which version"),
        ("/version", json!(1.5), "which version"),
        ("/madeAt", json!("yesterday"), "not whole"),
        ("/space", json!("PAY"), "not whole"),
        ("/space/id", json!(""), "Choose the space"),
        ("/retrospective/title", json!("{{Nonsense}}"), "Nonsense"),
        (
            "/retrospective/parent",
            json!({ "type": "none", "id": "1" }),
            "parent page",
        ),
        (
            "/retrospective/parent",
            json!({ "type": "existing", "id": "1" }),
            "parent page",
        ),
        ("/healthCheck/parent/id", json!(""), "parent page"),
        ("/labels", json!(["Not a label"]), "blank"),
    ];
    for (place, value, cause) in spoilt {
        let mut file = sound();
        let (parent, name) = place.rsplit_once('/').unwrap();
        file.pointer_mut(parent).unwrap()[name] = value.clone();
        let refused = open(&world, file.to_string()).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::Invalid, "{place} {value}");
        assert!(
            refused.cause.contains(cause),
            "{place} {value}: {refused:?}"
        );
        assert!(refused.cause.contains("Nothing was taken over"), "{place}");
    }

    // The second of two fields must not win over the one that was checked.
    let twice = sound().to_string().replacen(
        "\"serverUrl\":",
        "\"serverUrl\":\"https://evil.example\",\"serverUrl\":",
        1,
    );
    let refused = open(&world, twice).await.unwrap_err();
    assert!(refused.cause.contains("duplicate field"), "{refused:?}");
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let deep = sound().to_string().replacen("[\"retro\"]", &deep, 1);
    assert_eq!(
        open(&world, deep).await.unwrap_err().code,
        ErrorCode::Invalid
    );
    for missing in sound().as_object().unwrap().keys() {
        let mut file = sound();
        file.as_object_mut().unwrap().remove(missing);
        let may_be_missing = ["labels", "network"].contains(&missing.as_str());
        assert_eq!(
            open(&world, file.to_string()).await.is_ok(),
            may_be_missing,
            "{missing}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_too_large_is_refused_unread() {
    let world = world().await;
    let sound = sound().to_string();
    let padded = |length: usize| format!("{sound}{}", " ".repeat(length - sound.len()));
    assert!(open(&world, padded(LIMIT)).await.is_ok());
    let refused = open(&world, padded(LIMIT + 1)).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::TooLarge);
    assert_eq!(
        open(&world, vec![b'x'; 10 * LIMIT]).await.unwrap_err().code,
        ErrorCode::TooLarge
    );
}
