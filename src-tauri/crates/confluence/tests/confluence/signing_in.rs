use retropress_confluence::{Credential, ErrorKind, Outcome, Route, sign_in};
use serde_json::json as j;

use crate::server::{
    Reply, Server, api_token, cloud_site, data_center_site, gateway, html, http, json, password,
    pat, secret, status, text,
};

const SITE_USER: &str = "/wiki/rest/api/user/current";
const GATEWAY_USER: &str = "/ex/confluence/c-1/wiki/rest/api/user/current";

fn cloud_user() -> Reply {
    json(
        200,
        j!({ "type": "known", "accountId": "712020:ab", "displayName": "Ada Lovelace" }),
    )
}

fn data_center_user() -> Reply {
    json(
        200,
        j!({ "type": "known", "username": "ada", "userKey": "ff80", "displayName": "Ada Lovelace" }),
    )
}

async fn cloud_fails(
    reply: Reply,
    through_gateway: Reply,
) -> (retropress_confluence::Error, Vec<String>) {
    let server = Server::start(move |request| {
        if request.path.starts_with("/ex/") {
            through_gateway.clone()
        } else {
            reply.clone()
        }
    })
    .await;
    let result = sign_in(
        &http(),
        &cloud_site(&server),
        api_token(),
        &gateway(&server),
    )
    .await;
    (result.err().expect("a failure"), server.lines())
}

async fn data_center_fails(credential: Credential, reply: Reply) -> retropress_confluence::Error {
    let server = Server::always(reply).await;
    let result = sign_in(
        &http(),
        &data_center_site(&server, "9.2.7"),
        credential,
        &gateway(&server),
    )
    .await;
    assert_eq!(server.lines(), ["GET /confluence/rest/api/user/current"]);
    result.err().expect("a failure")
}

#[tokio::test]
async fn an_unscoped_token_signs_in_at_the_site() {
    let server = Server::always(cloud_user()).await;
    let (client, account) = sign_in(
        &http(),
        &cloud_site(&server),
        api_token(),
        &gateway(&server),
    )
    .await
    .unwrap();
    assert_eq!(
        (client.route(), account.id.as_str(), account.name.as_str()),
        (Route::Site, "712020:ab", "Ada Lovelace")
    );
    let request = server.only();
    assert_eq!(request.line(), format!("GET {SITE_USER}"));
    // ada@example.com:tok-en
    assert_eq!(
        request.header("authorization"),
        Some("Basic YWRhQGV4YW1wbGUuY29tOnRvay1lbg==")
    );
    assert_eq!(request.header("accept"), Some("application/json"));
    assert!(
        request
            .header("user-agent")
            .unwrap()
            .starts_with("Retropress/")
    );
}

#[tokio::test]
async fn a_scoped_token_goes_through_the_gateway() {
    for refusal in [
        html(
            401,
            "<html><title>HTTP Status 401 – Unauthorized</title></html>",
        ),
        json(
            403,
            j!({ "statusCode": 403, "message": "Current user not permitted to use Confluence" }),
        ),
        json(
            404,
            j!({ "errors": [{ "status": 404, "code": "NOT_FOUND", "title": "Not Found", "detail": null }] }),
        ),
        json(200, j!({ "type": "anonymous", "displayName": "Anonymous" })),
    ] {
        let server = Server::start(move |request| match request.path.as_str() {
            GATEWAY_USER => cloud_user(),
            _ => refusal.clone(),
        })
        .await;
        let (client, account) = sign_in(
            &http(),
            &cloud_site(&server),
            api_token(),
            &gateway(&server),
        )
        .await
        .unwrap();
        assert_eq!(
            (client.route(), account.name.as_str()),
            (Route::Gateway, "Ada Lovelace")
        );
        assert_eq!(
            server.lines(),
            [format!("GET {SITE_USER}"), format!("GET {GATEWAY_USER}")]
        );
        client.spaces().await.unwrap_err();
        assert_eq!(
            server.requests()[2].path,
            "/ex/confluence/c-1/wiki/api/v2/spaces"
        );
    }
}

#[tokio::test]
async fn a_token_that_is_no_good_anywhere_is_refused() {
    let (error, lines) = cloud_fails(
        html(401, "<html>no</html>"),
        json(401, j!({ "code": 401, "message": "Unauthorized" })),
    )
    .await;
    assert_eq!(
        (error.kind(), error.outcome(), error.status()),
        (ErrorKind::SignInRefused, Outcome::NotDone, Some(401))
    );
    assert_eq!(lines.len(), 2);

    let (error, _) = cloud_fails(
        json(
            403,
            j!({ "statusCode": 403, "message": "caller cannot access Confluence" }),
        ),
        json(403, j!({ "code": 403, "message": "Forbidden" })),
    )
    .await;
    assert_eq!(error.kind(), ErrorKind::SignInRefused);
    assert!(
        error.words().cause.contains("same answer"),
        "{:?}",
        error.words()
    );
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let (error, _) = cloud_fails(
        html(401, "<html>no</html>"),
        json(
            401,
            j!({ "code": 401, "message": "Unauthorized; scope does not match" }),
        ),
    )
    .await;
    assert_eq!(error.kind(), ErrorKind::MissingScope);
    assert_eq!(error.missing_scope(), Some("read:confluence-user"));
    assert!(error.words().cause.contains("read:confluence-user"));
    assert!(error.details().contains("read:confluence-user"));
}

#[tokio::test]
async fn a_password_in_place_of_a_token_is_said_at_once() {
    let (error, lines) = cloud_fails(
        text(401, "text/plain", "Basic authentication with passwords is deprecated.  For more information, see: https://x"),
        status(500),
    )
    .await;
    assert_eq!(error.kind(), ErrorKind::SignInRefused);
    assert_eq!(lines.len(), 1);
    assert!(
        error.words().message.contains("password"),
        "{:?}",
        error.words()
    );
}

#[tokio::test]
async fn trouble_at_the_site_is_not_asked_about_at_the_gateway() {
    for (reply, kind) in [
        (status(503), ErrorKind::ServerError),
        (status(429), ErrorKind::RateLimited),
        (
            html(200, "<html>log in</html>").header("x", "y"),
            ErrorKind::SignInPage,
        ),
        (
            status(403).header("x-cache", "Error from cloudfront"),
            ErrorKind::ServerError,
        ),
    ] {
        let html_page = kind == ErrorKind::SignInPage;
        let (error, lines) = cloud_fails(reply, status(401)).await;
        assert_eq!(
            error.kind(),
            if html_page {
                ErrorKind::SignInRefused
            } else {
                kind
            }
        );
        assert_eq!(lines.len(), if html_page { 2 } else { 1 });
    }
}

#[tokio::test]
async fn a_personal_access_token_is_sent_as_bearer() {
    let server = Server::always(data_center_user()).await;
    let (client, account) = sign_in(
        &http(),
        &data_center_site(&server, "9.2.7"),
        pat(),
        &gateway(&server),
    )
    .await
    .unwrap();
    assert_eq!(
        (client.route(), account.id.as_str(), account.name.as_str()),
        (Route::Site, "ff80", "Ada Lovelace")
    );
    assert_eq!(
        server.only().line(),
        "GET /confluence/rest/api/user/current"
    );
    assert_eq!(
        server.only().header("authorization"),
        Some("Bearer pat-secret")
    );
}

#[tokio::test]
async fn user_name_and_password_are_sent_as_basic() {
    let server = Server::always(data_center_user()).await;
    sign_in(
        &http(),
        &data_center_site(&server, "6.1.0"),
        password(),
        &gateway(&server),
    )
    .await
    .unwrap();
    // ada:pass word
    assert_eq!(
        server.only().header("authorization"),
        Some("Basic YWRhOnBhc3Mgd29yZA==")
    );
}

#[tokio::test]
async fn an_anonymous_answer_is_a_failure() {
    for reply in [
        json(200, j!({ "type": "anonymous", "displayName": "Anonymous" })),
        json(200, j!({})),
        json(200, j!({ "type": "known", "displayName": "Nobody" })),
    ] {
        let error = data_center_fails(pat(), reply).await;
        assert_eq!(error.kind(), ErrorKind::Anonymous);
    }
}

#[tokio::test]
async fn what_data_center_says_of_a_refused_sign_in() {
    let failed = || {
        html(
            401,
            "<html><h1>Basic Authentication Failure - Reason : AUTHENTICATED_FAILED</h1></html>",
        )
        .header("X-Seraph-LoginReason", "AUTHENTICATED_FAILED")
    };
    let captcha = || {
        html(403, "<html></html>")
            .header("X-Seraph-LoginReason", "AUTHENTICATION_DENIED")
            .header(
                "X-Authentication-Denied-Reason",
                "CAPTCHA_CHALLENGE; login-url=https://w.example/login.action",
            )
    };
    let off = || {
        json(
            403,
            j!({ "message": "Basic Authentication has been disabled on this instance." }),
        )
    };
    let single = || status(302).header("location", "https://sso.example/saml");
    let page = || html(200, "<html><title>Sign in to your account</title></html>");

    for (credential, reply, kind) in [
        (password(), failed(), ErrorKind::SignInRefused),
        (pat(), failed(), ErrorKind::SignInRefused),
        (pat(), status(401), ErrorKind::SignInRefused),
        (password(), captcha(), ErrorKind::Captcha),
        (password(), off(), ErrorKind::BasicSwitchedOff),
        (password(), single(), ErrorKind::SignInPage),
        (pat(), page(), ErrorKind::SignInPage),
        (
            pat(),
            json(403, j!({ "message": "no" })),
            ErrorKind::SignInRefused,
        ),
        (pat(), status(404), ErrorKind::NotConfluence),
    ] {
        let error = data_center_fails(credential, reply.clone()).await;
        assert_eq!(error.kind(), kind, "{reply:?}");
        let words = error.words();
        assert!(!words.message.is_empty() && !words.hint.is_empty());
        for secret in ["pat-secret", "pass word", "YWRhOnBhc3Mgd29yZA=="] {
            assert!(!format!("{error:?} {} {words:?}", error.details()).contains(secret));
        }
    }
}

#[tokio::test]
async fn the_words_of_a_captcha_name_the_account() {
    let reply = status(401).header(
        "X-Authentication-Denied-Reason",
        "CAPTCHA_CHALLENGE; login-url=https://w.example/x",
    );
    let error = data_center_fails(password(), reply).await;
    assert_eq!(error.kind(), ErrorKind::Captcha);
    assert!(error.words().hint.contains("sign in there as ada"));
}

#[tokio::test]
async fn a_token_for_a_server_older_than_tokens_is_not_sent() {
    let server = Server::always(data_center_user()).await;
    for (version, too_old) in [
        ("7.8.3", true),
        ("6.15.10", true),
        ("7.9.0", false),
        ("10.0.3", false),
    ] {
        let before = server.requests().len();
        let result = sign_in(
            &http(),
            &data_center_site(&server, version),
            pat(),
            &gateway(&server),
        )
        .await;
        match result {
            Err(error) => {
                assert!(too_old, "{version}");
                assert_eq!(error.kind(), ErrorKind::TokenTooNew);
                assert!(error.words().cause.contains(version));
                assert_eq!(server.requests().len(), before);
            }
            Ok(_) => assert!(!too_old, "{version}"),
        }
    }
}

#[tokio::test]
async fn the_wrong_method_for_the_edition_is_refused_without_sending_it() {
    let server = Server::always(data_center_user()).await;
    for credential in [pat(), password()] {
        let error = sign_in(&http(), &cloud_site(&server), credential, &gateway(&server))
            .await
            .err()
            .unwrap();
        assert_eq!(error.kind(), ErrorKind::SignInRefused);
        assert!(error.words().hint.contains("API Token"));
    }
    let error = sign_in(
        &http(),
        &data_center_site(&server, "9.0.1"),
        api_token(),
        &gateway(&server),
    )
    .await
    .err()
    .unwrap();
    assert_eq!(error.kind(), ErrorKind::SignInRefused);
    assert!(error.words().hint.contains("Personal Access Token"));
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn credentials_that_no_header_can_hold_are_refused_without_sending_them() {
    let server = Server::always(data_center_user()).await;
    let site = data_center_site(&server, "9.2.7");
    for credential in [
        Credential::PersonalAccessToken { token: secret("") },
        Credential::PersonalAccessToken {
            token: secret("two words"),
        },
        Credential::PersonalAccessToken {
            token: secret("a\r\nX-Evil: 1"),
        },
        Credential::Basic {
            username: "a:b".into(),
            password: secret("p"),
        },
        Credential::Basic {
            username: "".into(),
            password: secret("p"),
        },
        Credential::Basic {
            username: "ada".into(),
            password: secret("p\0"),
        },
    ] {
        let error = sign_in(&http(), &site, credential, &gateway(&server))
            .await
            .err()
            .unwrap();
        assert_eq!(error.kind(), ErrorKind::SignInRefused);
    }
    assert!(server.requests().is_empty());
    // A pasted token often brings a line break along.
    let pasted = Credential::PersonalAccessToken {
        token: secret(" pat-secret\n"),
    };
    sign_in(&http(), &site, pasted, &gateway(&server))
        .await
        .unwrap();
    assert_eq!(
        server.only().header("authorization"),
        Some("Bearer pat-secret")
    );
}

#[tokio::test]
async fn a_secret_the_server_echoes_is_taken_out() {
    let error = data_center_fails(pat(), text(401, "text/plain", "bad token pat-secret!")).await;
    assert_eq!(error.server_message(), Some("bad token [secret]!"));
    let error = data_center_fails(
        password(),
        text(401, "text/plain", "got Basic YWRhOnBhc3Mgd29yZA=="),
    )
    .await;
    assert_eq!(error.server_message(), Some("got Basic [secret]"));
}

#[tokio::test]
async fn a_credential_never_follows_a_redirect_to_another_port() {
    let other = Server::always(data_center_user()).await;
    let target = other.below("/confluence/rest/api/user/current").to_string();
    for code in [301, 302, 303, 307, 308] {
        let error = data_center_fails(pat(), status(code).header("location", target.clone())).await;
        assert_eq!(error.kind(), ErrorKind::Redirected);
    }
    assert!(other.requests().is_empty());
}
