//! The rows of the error catalogue, for Cloud (1.5) and Data Center (3.1, 3.3).

use std::time::Duration;

use retropress_confluence::{
    Client, Error, ErrorKind as K, NewPage, Outcome as O, PageUpdate, Upload,
};
use serde_json::json as j;

use crate::server::{
    Reply, Server, cloud, data_center, html, json, space, status, text, through_gateway,
};

async fn create(client: &Client) -> Error {
    let page = NewPage {
        space: space(),
        parent_id: None,
        title: "Sprint 42".into(),
        body: "<p/>".into(),
    };
    client.create_page(&page).await.unwrap_err()
}

async fn update(client: &Client) -> Error {
    let page = PageUpdate {
        id: "7".into(),
        space: space(),
        title: "T".into(),
        body: "<p/>".into(),
        version: 2,
        message: "m".into(),
        parent_id: None,
    };
    client.update_page(&page).await.unwrap_err()
}

async fn upload(client: &Client) -> Error {
    let file = Upload {
        file_name: "a.pdf".into(),
        media_type: "application/pdf".into(),
        bytes: vec![1],
        comment: "c".into(),
        replaces: None,
    };
    client.upload("7", &file).await.unwrap_err()
}

fn v2(code: u16, name: &str, title: &str) -> Reply {
    json(
        code,
        j!({ "errors": [{ "status": code, "code": name, "title": title, "detail": null }] }),
    )
}

fn v1(code: u16, message: &str) -> Reply {
    json(
        code,
        j!({ "statusCode": code, "data": { "authorized": true, "valid": true }, "message": message }),
    )
}

fn checked(error: &Error) {
    let words = error.words();
    assert!(
        !words.message.is_empty() && !words.hint.is_empty(),
        "{error:?}"
    );
    assert!(!words.message.ends_with('.'), "{words:?}");
    for text in [&words.cause, &words.hint] {
        assert!(
            text.is_empty() || text.ends_with(['.', '!', '?']) || text.contains("it said: "),
            "{words:?}"
        );
    }
    let details = error.details();
    assert!(details.starts_with(&format!("code       {}", error.kind().code())));
    for secret in ["tok-en", "pat-secret", "YWRh"] {
        assert!(!format!("{details}{words:?}{error:?}{error}").contains(secret));
    }
}

enum On {
    Create,
    Update,
    Upload,
}

async fn run(client: &Client, on: &On) -> Error {
    match on {
        On::Create => create(client).await,
        On::Update => update(client).await,
        On::Upload => upload(client).await,
    }
}

#[tokio::test]
async fn rows_of_cloud() {
    let rows: Vec<(On, Reply, K, O)> = vec![
        (
            On::Create,
            v2(
                400,
                "BAD_REQUEST",
                "A page with this title already exists: A page already exists with the same TITLE in this space",
            ),
            K::TitleTaken,
            O::NotDone,
        ),
        (
            On::Create,
            v2(
                400,
                "INVALID_REQUEST_PARAMETER",
                "A page with this title already exists: x",
            ),
            K::TitleTaken,
            O::NotDone,
        ),
        (
            On::Update,
            v2(
                409,
                "CONFLICT",
                "Version must be incremented when updating a page. Current Version: [3]. Provided version: [3]",
            ),
            K::PageChanged,
            O::Unknown,
        ),
        (
            On::Update,
            v2(404, "NOT_FOUND", "Cannot find a page with id [7]"),
            K::PageGone,
            O::Final,
        ),
        (
            On::Update,
            v2(400, "BAD_REQUEST", "Can not set page as its own parent"),
            K::Refused,
            O::Final,
        ),
        (
            On::Create,
            v2(413, "REQUEST_TOO_LARGE", "too large"),
            K::TooLarge,
            O::NotDone,
        ),
        (
            On::Create,
            html(401, "<html><h1>HTTP Status 401 – Unauthorized</h1></html>"),
            K::SignInRefused,
            O::NotDone,
        ),
        (
            On::Create,
            v1(403, "Failed to parse Connect Session Auth Token"),
            K::SignInRefused,
            O::NotDone,
        ),
        (
            On::Create,
            text(
                401,
                "text/plain",
                "Basic authentication with passwords is deprecated.  For more information, see: x",
            ),
            K::SignInRefused,
            O::NotDone,
        ),
        (
            On::Create,
            html(200, "<html><title>Log in</title></html>"),
            K::SignInPage,
            O::Unknown,
        ),
        (
            On::Create,
            v1(
                410,
                "com.atlassian.confluence.api.service.exceptions.GoneException: This deprecated endpoint has been removed.",
            ),
            K::ApiRemoved,
            O::Final,
        ),
        (
            On::Create,
            status(403).header("x-cache", "Error from cloudfront"),
            K::ServerError,
            O::Unknown,
        ),
        (
            On::Create,
            status(404).header("x-cache", "Error from cloudfront"),
            K::ServerError,
            O::Unknown,
        ),
        (
            On::Upload,
            v1(
                400,
                "Cannot add a new attachment with same file name as an existing attachment: a.pdf. Log referral number is x",
            ),
            K::FileNameTaken,
            O::NotDone,
        ),
        (On::Upload, v1(403, "x"), K::NotPermitted, O::NotDone),
        (
            On::Upload,
            json(
                200,
                j!({ "statusCode": 404, "message": "No content found with id : 7, status : draft" }),
            ),
            K::PageGone,
            O::Final,
        ),
        (
            On::Upload,
            v1(403, "Current user not permitted to use Confluence"),
            K::SignInRefused,
            O::NotDone,
        ),
    ];
    for (on, reply, kind, outcome) in rows {
        let server = Server::always(reply.clone()).await;
        let error = run(&cloud(&server), &on).await;
        assert_eq!(
            (error.kind(), error.outcome()),
            (kind, outcome),
            "{reply:?}"
        );
        checked(&error);
    }
}

#[tokio::test]
async fn rows_of_the_gateway() {
    for (code, message, kind) in [
        (401, "Unauthorized; scope does not match", K::MissingScope),
        (401, "Unauthorized", K::SignInRefused),
        (403, "Forbidden", K::NotPermitted),
    ] {
        let server = Server::always(json(code, j!({ "code": code, "message": message }))).await;
        let error = create(&through_gateway(&server)).await;
        assert_eq!((error.kind(), error.outcome()), (kind, O::NotDone));
        checked(&error);
        if kind == K::MissingScope {
            assert_eq!(error.missing_scope(), Some("write:page:confluence"));
            assert_eq!(
                upload(&through_gateway(&server)).await.missing_scope(),
                Some("write:confluence-file")
            );
        }
    }
}

#[tokio::test]
async fn rows_of_data_center() {
    let rows: Vec<(On, Reply, K, O)> = vec![
        (
            On::Create,
            v1(
                400,
                "A page with this title already exists: A page already exists with the title Sprint 42 in the space with key PAY",
            ),
            K::TitleTaken,
            O::NotDone,
        ),
        (
            On::Create,
            v1(
                400,
                "com.atlassian.confluence.api.service.exceptions.BadRequestException: A page with this title already exists: x",
            ),
            K::TitleTaken,
            O::NotDone,
        ),
        (
            On::Update,
            v1(
                409,
                "Version must be incremented on update. Current version is: 3",
            ),
            K::PageChanged,
            O::Unknown,
        ),
        (
            On::Update,
            v1(409, "Attempted to update stale data"),
            K::PageChanged,
            O::Unknown,
        ),
        (
            On::Update,
            v1(
                400,
                "Version must be incremented on update. Current version is: 3",
            ),
            K::PageChanged,
            O::Unknown,
        ),
        (
            On::Create,
            v1(
                400,
                "Error parsing xhtml: Unexpected close tag\n at [row,col {unknown-source}]: [1,5]",
            ),
            K::Refused,
            O::Final,
        ),
        (
            On::Create,
            v1(
                403,
                "com.atlassian.confluence.api.service.exceptions.PermissionException: Could not create content with type page",
            ),
            K::NotPermitted,
            O::NotDone,
        ),
        (
            On::Update,
            v1(404, "Can not find draft with current content"),
            K::PageGone,
            O::Final,
        ),
        (
            On::Create,
            text(
                413,
                "text/plain",
                "Request too large. Requests for this resource can be at most 5242880 bytes",
            ),
            K::TooLarge,
            O::NotDone,
        ),
        (
            On::Create,
            v1(500, "could not execute statement"),
            K::ServerError,
            O::Unknown,
        ),
        (
            On::Create,
            json(
                403,
                j!({ "message": "Basic Authentication has been disabled on this instance." }),
            ),
            K::BasicSwitchedOff,
            O::NotDone,
        ),
        (
            On::Create,
            html(401, "x").header("X-Seraph-LoginReason", "AUTHENTICATED_FAILED"),
            K::SignInRefused,
            O::NotDone,
        ),
        (
            On::Create,
            html(403, "x")
                .header("X-Seraph-LoginReason", "AUTHENTICATION_DENIED")
                .header(
                    "X-Authentication-Denied-Reason",
                    "CAPTCHA_CHALLENGE; login-url=x",
                ),
            K::Captcha,
            O::NotDone,
        ),
        (
            On::Upload,
            text(403, "text/plain", "XSRF check failed"),
            K::Refused,
            O::NotDone,
        ),
        (
            On::Upload,
            v1(
                400,
                "Cannot add a new attachment with same file name as an existing attachment: a.pdf. Log referral number is x",
            ),
            K::FileNameTaken,
            O::NotDone,
        ),
        (
            On::Create,
            text(429, "text/plain", "요청이 너무 많습니다"),
            K::RateLimited,
            O::NotDone,
        ),
    ];
    for (on, reply, kind, outcome) in rows {
        let server = Server::always(reply.clone()).await;
        let error = run(&data_center(&server), &on).await;
        assert_eq!(
            (error.kind(), error.outcome()),
            (kind, outcome),
            "{reply:?}"
        );
        checked(&error);
    }
}

#[tokio::test]
async fn outcomes_by_status() {
    for (code, outcome) in [
        (400, O::Final),
        (401, O::NotDone),
        (403, O::NotDone),
        (407, O::NotDone),
        (408, O::Unknown),
        (410, O::Final),
        (413, O::NotDone),
        (415, O::NotDone),
        (429, O::NotDone),
        (500, O::Unknown),
        (502, O::Unknown),
        (503, O::Unknown),
        (504, O::Unknown),
        (301, O::Unknown),
        (302, O::Unknown),
        (511, O::NotDone),
    ] {
        let server = Server::always(status(code)).await;
        for client in [cloud(&server), data_center(&server)] {
            let error = create(&client).await;
            assert_eq!(error.outcome(), outcome, "{code}");
            assert_eq!(error.status(), Some(code));
            checked(&error);
        }
        // Nothing is sent a second time.
        assert_eq!(server.requests().len(), 2, "{code}");
    }
}

#[tokio::test]
async fn answers_that_are_no_json_leave_the_outcome_unknown() {
    for reply in [
        text(200, "application/json", "{\"id\": \"7\", \"title\": \"T"),
        text(200, "application/json", "null"),
        text(200, "application/json", ""),
        text(200, "application/json", "\u{feff}{}"),
        text(200, "text/plain", "ok"),
        json(200, j!({ "title": "no id" })),
        html(200, "<html></html>"),
        text(200, "", "<!doctype html><p>x"),
    ] {
        let server = Server::always(reply.clone()).await;
        let error = create(&cloud(&server)).await;
        assert_eq!(error.outcome(), O::Unknown, "{reply:?}");
        checked(&error);
    }
}

#[tokio::test]
async fn the_pause_a_server_asks_for_in_both_forms() {
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    let later = "Sun, 06 Nov 1994 08:51:37 GMT";
    for (value, code, expected) in [
        ("30", 429, Some(30)),
        (" 7 ", 503, Some(7)),
        ("86400", 429, Some(86_400)),
        (later, 429, Some(120)),
        (date, 503, Some(0)),
        ("soon", 429, None),
        ("-1", 429, None),
    ] {
        let server = Server::always(
            status(code)
                .header("retry-after", value)
                .header("date", date),
        )
        .await;
        let error = create(&cloud(&server)).await;
        assert_eq!(
            error.retry_after(),
            expected.map(Duration::from_secs),
            "{value}"
        );
        checked(&error);
    }
    assert_eq!(
        create(&cloud(&Server::always(status(429)).await))
            .await
            .retry_after(),
        None
    );
}

#[tokio::test]
async fn the_servers_own_words_are_kept_without_markup_and_classes() {
    for (reply, said) in [
        (
            v1(
                400,
                "com.atlassian.confluence.api.service.exceptions.BadRequestException: Error parsing xhtml:\n  x",
            ),
            "Error parsing xhtml: x",
        ),
        (
            json(400, j!({ "errors": [{ "title": "One", "detail": "Two" }] })),
            "One. Two",
        ),
        (
            html(
                400,
                "<html><style>p{}</style><script>x()</script><h1>Bad &amp; Request</h1>\n<p>no</p></html>",
            ),
            "Bad & Request no",
        ),
        (text(400, "text/plain", "plain"), "plain"),
    ] {
        let server = Server::always(reply).await;
        let error = create(&data_center(&server)).await;
        assert_eq!(error.server_message(), Some(said));
        assert!(error.words().cause.contains(said));
        assert!(error.details().contains(said));
    }
    let server = Server::always(text(400, "text/plain", "x".repeat(9000))).await;
    assert_eq!(
        create(&data_center(&server))
            .await
            .server_message()
            .unwrap()
            .chars()
            .count(),
        501
    );
}

#[tokio::test]
async fn details_hold_the_request_without_its_query() {
    let server = Server::always(v1(403, "no")).await;
    let error = data_center(&server)
        .pages_titled(&space(), "Very private title")
        .await
        .unwrap_err();
    let details = error.details();
    assert!(
        details.contains(&format!(
            "request    GET {}",
            server.below("/confluence/rest/api/content")
        )),
        "{details}"
    );
    assert!(!details.contains("private"));
    assert!(details.contains("status     403"));
}

#[tokio::test]
async fn an_emoji_is_named_as_a_possible_cause_of_a_500() {
    let server = Server::always(status(500)).await;
    let page = NewPage {
        space: space(),
        parent_id: None,
        title: "Retro 🎉".into(),
        body: "<p/>".into(),
    };
    let error = data_center(&server).create_page(&page).await.unwrap_err();
    assert!(error.words().cause.contains("emoji"));
    assert!(
        !create(&data_center(&server))
            .await
            .words()
            .cause
            .contains("emoji")
    );
}
