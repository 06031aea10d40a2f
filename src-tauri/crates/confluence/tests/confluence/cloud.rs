use std::sync::{Arc, Mutex};

use retropress_confluence::{
    CallRecord, ErrorKind, NewPage, Outcome, PageStatus, PageUpdate, Permissions, RateLimit, Upload,
};
use serde_json::{Value, json as j};

use crate::server::{Reply, Server, cloud, html, json, parts, space, status, through_gateway};

fn page(id: &str, title: &str) -> Value {
    j!({
        "id": id, "status": "current", "title": title, "spaceId": "98309", "parentId": "100", "parentType": "page",
        "version": { "number": 3, "message": "retropress:op", "authorId": "712020:ab", "createdAt": "2026-11-19T10:00:00.000Z", "ncsStepVersion": null },
        "body": { "storage": { "representation": "storage", "value": "<p>x</p>" } },
        "_links": { "base": "https://x.atlassian.net/wiki", "webui": "/spaces/PAY/pages/7/T", "tinyui": "/x/AYAB" }
    })
}

fn new_page(parent: Option<&str>) -> NewPage {
    NewPage {
        space: space(),
        parent_id: parent.map(str::to_owned),
        title: "Sprint 42 – Retro".into(),
        body: "<p>é</p>".into(),
    }
}

fn upload(replaces: Option<&str>) -> Upload {
    Upload {
        file_name: "Sprint 42 – Rückblick \"1\".pdf".into(),
        media_type: "application/pdf".into(),
        bytes: b"%PDF-1.7\r\n\0\xff--x".to_vec(),
        comment: "retropress:op:é".into(),
        replaces: replaces.map(str::to_owned),
    }
}

fn user() -> Reply {
    json(
        200,
        j!({ "type": "known", "accountId": "1", "displayName": "Ada" }),
    )
}

fn not_found() -> Reply {
    json(
        404,
        j!({ "errors": [{ "status": 404, "code": "NOT_FOUND", "title": "Not Found", "detail": null }] }),
    )
}

#[tokio::test]
async fn a_publish_is_two_requests_with_exactly_these_bodies() {
    let server = Server::start(|request| match request.path.ends_with("/pages") {
        true => json(200, page("7", "Sprint 42 – Retro")),
        _ => json(200, j!({ "results": [{ "id": "att9", "type": "attachment", "status": "current", "title": "a.pdf",
            "version": { "number": 1 }, "extensions": { "fileSize": 17, "comment": "retropress:op:é" } }], "size": 1 })),
    })
    .await;
    let client = cloud(&server);
    let saved = client.create_page(&new_page(Some("100"))).await.unwrap();
    assert_eq!(
        (saved.id.as_str(), saved.version, saved.title.as_str()),
        ("7", 3, "Sprint 42 – Retro")
    );
    assert_eq!(saved.link, server.below("/wiki/spaces/PAY/pages/7/T"));
    assert_eq!(saved.tiny_link, Some(server.below("/wiki/x/AYAB")));
    let attachment = client.upload("7", &upload(None)).await.unwrap();
    assert_eq!(
        (
            attachment.id.as_str(),
            attachment.size,
            attachment.comment.as_str()
        ),
        ("att9", Some(17), "retropress:op:é")
    );

    assert_eq!(
        server.lines(),
        [
            "POST /wiki/api/v2/pages",
            "POST /wiki/rest/api/content/7/child/attachment"
        ]
    );
    let [create, file] = &server.requests()[..] else {
        panic!()
    };
    assert_eq!(
        create.json(),
        j!({ "spaceId": "98309", "status": "current", "title": "Sprint 42 – Retro", "parentId": "100",
             "body": { "representation": "storage", "value": "<p>é</p>" } })
    );
    assert_eq!(create.header("content-type"), Some("application/json"));
    assert_eq!(create.query, "");

    assert_eq!(file.header("x-atlassian-token"), Some("no-check"));
    assert_eq!(
        file.header("content-length")
            .unwrap()
            .parse::<usize>()
            .unwrap(),
        file.body.len()
    );
    let parts = parts(file);
    assert_eq!(parts.len(), 3);
    assert_eq!(
        parts[0].0.to_lowercase(),
        "content-disposition: form-data; name=\"file\"; filename=\"sprint 42 – rückblick \\\"1\\\".pdf\"\r\ncontent-type: application/pdf"
    );
    assert_eq!(parts[0].1, b"%PDF-1.7\r\n\0\xff--x");
    let field = |name: &str| {
        format!(
            "content-disposition: form-data; name=\"{name}\"\r\ncontent-type: text/plain; charset=utf-8"
        )
    };
    assert_eq!(
        (parts[1].0.to_lowercase(), parts[1].1.as_slice()),
        (field("minoredit"), b"true".as_slice())
    );
    assert_eq!(
        (parts[2].0.to_lowercase(), parts[2].1.as_slice()),
        (field("comment"), "retropress:op:é".as_bytes())
    );
}

#[tokio::test]
async fn without_a_parent_none_is_named() {
    let server = Server::always(json(200, page("7", "T"))).await;
    cloud(&server).create_page(&new_page(None)).await.unwrap();
    assert_eq!(server.only().json().get("parentId"), None);
}

#[tokio::test]
async fn an_update_names_the_next_version() {
    let server = Server::always(json(200, page("7", "T"))).await;
    let update = PageUpdate {
        id: "7".into(),
        space: space(),
        title: "T".into(),
        body: "<p/>".into(),
        version: 3,
        message: "retropress:op".into(),
        parent_id: None,
    };
    assert_eq!(
        cloud(&server).update_page(&update).await.unwrap().version,
        3
    );
    let request = server.only();
    assert_eq!(request.line(), "PUT /wiki/api/v2/pages/7");
    assert_eq!(
        request.json(),
        j!({ "id": "7", "spaceId": "98309", "status": "current", "title": "T", "version": { "number": 3, "message": "retropress:op" },
             "body": { "representation": "storage", "value": "<p/>" } })
    );
}

#[tokio::test]
async fn every_call_goes_through_the_gateway_when_that_is_the_route() {
    let server = Server::start(|request| match request.path.rsplit('/').next() {
        Some("attachment") => json(200, j!({ "results": [{ "id": "att9", "title": "a.pdf" }] })),
        _ => json(200, page("7", "T")),
    })
    .await;
    let client = through_gateway(&server);
    let saved = client.create_page(&new_page(None)).await.unwrap();
    // The link still leads to the site.
    assert_eq!(saved.link, server.below("/wiki/spaces/PAY/pages/7/T"));
    client.upload("7", &upload(None)).await.unwrap();
    assert_eq!(
        server.lines(),
        [
            "POST /ex/confluence/c-1/wiki/api/v2/pages",
            "POST /ex/confluence/c-1/wiki/rest/api/content/7/child/attachment"
        ]
    );
}

#[tokio::test]
async fn spaces_come_from_every_page_of_the_list() {
    let server = Server::start(|request| {
        let (results, next) = match request.asked("cursor").first().map(String::as_str) {
            None => (j!([{ "id": "1", "key": "PAY", "name": "Payments", "type": "global", "homepageId": "100" }]), Some("a+b/=")),
            Some("a+b/=") => (j!([{ "id": "2", "key": "~712020ab", "name": "Ada", "type": "personal", "homepageId": null }]), Some("c")),
            _ => (j!([{ "id": 3, "key": "OPS", "name": null, "type": "collaboration" }]), None),
        };
        let next = next.map(|cursor| {
            format!("/wiki/api/v2/spaces?limit=250&cursor={}", cursor.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"))
        });
        json(200, j!({ "results": results, "_links": { "next": next, "base": "https://x.atlassian.net/wiki" } }))
    })
    .await;
    for client in [cloud(&server), through_gateway(&server)] {
        let spaces = client.spaces().await.unwrap();
        let keys: Vec<_> = spaces
            .iter()
            .map(|space| {
                (
                    space.key.as_str(),
                    space.personal,
                    space.homepage_id.as_deref(),
                )
            })
            .collect();
        assert_eq!(
            keys,
            [
                ("PAY", false, Some("100")),
                ("~712020ab", true, None),
                ("OPS", false, None)
            ]
        );
        assert_eq!(
            (spaces[2].id.as_str(), spaces[2].name.as_str()),
            ("3", "OPS")
        );
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 6);
    assert!(
        requests[..3]
            .iter()
            .all(|request| request.path == "/wiki/api/v2/spaces")
    );
    assert!(
        requests[3..]
            .iter()
            .all(|request| request.path == "/ex/confluence/c-1/wiki/api/v2/spaces")
    );
    assert_eq!(requests[0].asked("limit"), ["250"]);
}

#[tokio::test]
async fn a_next_link_never_leads_elsewhere() {
    let other = Server::always(json(200, j!({ "results": [] }))).await;
    let foreign = other.below("/wiki/api/v2/spaces?cursor=x").to_string();
    let server = Server::start(move |request| {
        if request.asked("cursor").is_empty() {
            json(200, j!({ "results": [], "_links": { "next": foreign } }))
        } else {
            json(200, j!({ "results": [] }))
        }
    })
    .await;
    cloud(&server).spaces().await.unwrap();
    assert!(other.requests().is_empty());
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_list_without_an_end_is_an_error() {
    let server = Server::always(json(
        200,
        j!({ "results": [], "_links": { "next": "/wiki/api/v2/spaces?cursor=same" } }),
    ))
    .await;
    let error = cloud(&server).spaces().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ServerError);
    assert_eq!(server.requests().len(), 2);
    assert!(error.words().message.contains("without an end"));
}

#[tokio::test]
async fn a_search_that_is_to_wait_is_not_answered_by_more_requests() {
    let server = Server::start(|request| match request.path.ends_with("/search") {
        true => status(429).header("retry-after", "30"),
        false => json(200, j!({ "results": [] })),
    })
    .await;
    let error = cloud(&server)
        .find_pages(&space(), "retro")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(server.requests().len(), 1);
}

/// A list that goes on for as long as it is read, so many rows at a time.
async fn without_an_end(portion: usize) -> Server {
    Server::start(move |request| {
        let at: usize = match request.asked("cursor").first() {
            Some(cursor) => cursor.parse().unwrap(),
            None => 0,
        };
        let rows: Vec<Value> = (at..at + portion)
            .map(|id| j!({ "id": id.to_string(), "key": format!("S{id}"), "title": "Retro" }))
            .collect();
        let next = format!("/wiki/api/v2/x?cursor={}", at + portion);
        json(200, j!({ "results": rows, "_links": { "next": next } }))
    })
    .await
}

#[tokio::test]
async fn the_first_1000_pages_of_a_picker_are_read() {
    let server = without_an_end(250).await;
    let client = cloud(&server);
    let top = client.top_pages(&space()).await.unwrap();
    assert_eq!(server.requests().len(), 4);
    let children = client.children("9").await.unwrap();
    assert_eq!(server.requests().len(), 8);
    for pages in [top, children] {
        assert_eq!((pages.len(), pages.more), (1_000, true));
    }
    // Some servers give more at a time than they are asked for.
    let server = without_an_end(1_700).await;
    let pages = cloud(&server).children("9").await.unwrap();
    assert_eq!((pages.len(), pages.more), (1_000, true));
}

#[tokio::test]
async fn the_first_100000_spaces_are_read() {
    let server = without_an_end(25_000).await;
    let spaces = cloud(&server).spaces().await.unwrap();
    assert_eq!((spaces.len(), spaces.more), (100_000, true));
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn a_look_up_that_finds_too_much_is_an_error_and_never_a_short_list() {
    let server = without_an_end(250).await;
    let client = cloud(&server);
    for error in [
        client.pages_titled(&space(), "Retro").await.unwrap_err(),
        client.attachment("7", "a.pdf").await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert_eq!(error.outcome(), Outcome::Final);
        assert!(error.words().cause.contains("1000 rows"), "{error:?}");
    }
    assert_eq!(server.requests().len(), 8);
}

#[tokio::test]
async fn a_list_that_ends_at_the_limit_is_whole() {
    let server = Server::start(|request| {
        let last = request.asked("cursor").first().is_some_and(|it| it == "c");
        let next = (!last).then_some("/wiki/api/v2/x?cursor=c");
        let rows: Vec<Value> = (0..500)
            .map(|id| j!({ "id": id.to_string(), "title": "Retro" }))
            .collect();
        json(200, j!({ "results": rows, "_links": { "next": next } }))
    })
    .await;
    let pages = cloud(&server).children("9").await.unwrap();
    assert_eq!((pages.len(), pages.more), (1_000, false));
    let titled = cloud(&server)
        .pages_titled(&space(), "Retro")
        .await
        .unwrap();
    assert_eq!(titled.len(), 1_000);
}

#[tokio::test]
async fn a_token_without_the_newer_scope_reads_children_by_the_older_call() {
    let server = Server::start(|request| match request.path.as_str() {
        "/ex/confluence/c-1/wiki/api/v2/pages/1/direct-children" | "/ex/confluence/c-1/wiki/api/v2/pages/2/direct-children" => {
            json(401, j!({ "code": 401, "message": "Unauthorized; scope does not match" }))
        }
        _ => json(200, j!({ "results": [{ "id": "5", "status": "current", "title": "Child", "spaceId": "1", "childPosition": 1 }] })),
    })
    .await;
    let client = through_gateway(&server);
    for page in ["1", "2"] {
        let children = client.children(page).await.unwrap();
        assert_eq!(
            (
                children[0].id.as_str(),
                children[0].title.as_str(),
                children[0].has_children
            ),
            ("5", "Child", None)
        );
    }
    let last: Vec<String> = server
        .requests()
        .iter()
        .map(|request| request.path.split("/pages/").nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(last, ["1/direct-children", "1/children", "2/children"]);
}

#[tokio::test]
async fn folders_are_no_parents() {
    let server = Server::always(json(
        200,
        j!({ "results": [
        { "id": "1", "status": "current", "title": "A page", "type": "page" },
        { "id": "2", "status": "current", "title": "A folder", "type": "folder" },
        { "id": "3", "status": "archived", "title": "Old", "type": "page" },
    ] }),
    ))
    .await;
    let children = cloud(&server).children("9").await.unwrap();
    assert_eq!(
        children
            .iter()
            .map(|page| page.title.as_str())
            .collect::<Vec<_>>(),
        ["A page"]
    );
}

#[tokio::test]
async fn pages_of_a_title_come_in_all_statuses_with_their_bodies() {
    let server = Server::start(|request| match request.path.as_str() {
        "/wiki/api/v2/pages" => {
            let mut archived = page("8", "t");
            archived["status"] = j!("archived");
            json(
                200,
                j!({ "results": [page("7", "T"), archived], "_links": {} }),
            )
        }
        _ => status(500),
    })
    .await;
    let pages = cloud(&server).pages_titled(&space(), "T").await.unwrap();
    assert_eq!(
        pages
            .iter()
            .map(|page| (page.id.as_str(), page.status))
            .collect::<Vec<_>>(),
        [("7", PageStatus::Current), ("8", PageStatus::Archived)]
    );
    let first = &pages[0];
    assert_eq!(
        (first.version, first.message.as_str(), first.body.as_deref()),
        (3, "retropress:op", Some("<p>x</p>"))
    );
    assert_eq!(
        (
            first.parent_id.as_deref(),
            first.changed_by_id.as_deref(),
            first.changed_at.as_deref()
        ),
        (
            Some("100"),
            Some("712020:ab"),
            Some("2026-11-19T10:00:00.000Z")
        )
    );
    let request = server.only();
    assert_eq!(request.asked("status"), ["current", "archived", "trashed"]);
    assert_eq!(
        (
            request.asked("space-id"),
            request.asked("title"),
            request.asked("body-format")
        ),
        (
            vec!["98309".into()],
            vec!["T".into()],
            vec!["storage".into()]
        )
    );
}

#[tokio::test]
async fn a_title_in_another_case_is_found_and_read_from_the_database() {
    let server = Server::start(|request| match request.path.as_str() {
        "/wiki/api/v2/pages" => json(200, j!({ "results": [] })),
        "/wiki/rest/api/search" => json(
            200,
            j!({ "results": [
            { "content": { "id": "7", "type": "page", "title": "sprint 42" } },
            { "content": { "id": "8", "type": "page", "title": "Sprint 42 again" } },
            { "content": { "id": "9", "type": "page", "title": "SPRINT 42" } },
        ] }),
        ),
        "/wiki/api/v2/pages/7" => json(200, page("7", "Sprint 42")),
        // Renamed since the index saw it.
        "/wiki/api/v2/pages/9" => json(200, page("9", "Other")),
        _ => status(500),
    })
    .await;
    let pages = cloud(&server)
        .pages_titled(&space(), "SPRINT 42")
        .await
        .unwrap();
    assert_eq!(
        pages
            .iter()
            .map(|page| page.id.as_str())
            .collect::<Vec<_>>(),
        ["7"]
    );
}

#[tokio::test]
async fn a_search_that_is_refused_does_not_hide_the_exact_answer() {
    for refusal in [401, 403, 404, 410, 500] {
        let server = Server::start(move |request| match request.path.as_str() {
            "/wiki/api/v2/pages" => json(200, j!({ "results": [] })),
            _ => status(refusal),
        })
        .await;
        assert_eq!(
            cloud(&server).pages_titled(&space(), "T").await.unwrap(),
            []
        );
    }
}

#[tokio::test]
async fn a_missing_page_is_none_only_while_the_credential_is_good() {
    let server = Server::start(|request| match request.path.as_str() {
        "/wiki/rest/api/user/current" => user(),
        _ => not_found(),
    })
    .await;
    assert_eq!(cloud(&server).page("7").await.unwrap(), None);
    assert_eq!(
        server.lines(),
        [
            "GET /wiki/api/v2/pages/7",
            "GET /wiki/rest/api/user/current"
        ]
    );

    let server = Server::start(|request| match request.path.as_str() {
        "/wiki/rest/api/user/current" => json(
            403,
            j!({ "statusCode": 403, "message": "caller cannot access Confluence" }),
        ),
        _ => not_found(),
    })
    .await;
    assert_eq!(
        cloud(&server).page("7").await.unwrap_err().kind(),
        ErrorKind::SignInRefused
    );
    assert_eq!(
        cloud(&server).delete_page("7").await.unwrap_err().kind(),
        ErrorKind::SignInRefused
    );
    assert_eq!(
        cloud(&server)
            .create_page(&new_page(None))
            .await
            .unwrap_err()
            .kind(),
        ErrorKind::SignInRefused
    );

    // Words of its own say that the credential was read.
    let server = Server::always(json(
        404,
        j!({ "errors": [{ "title": "Cannot find a page with id [7]" }] }),
    ))
    .await;
    assert_eq!(cloud(&server).page("7").await.unwrap(), None);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_404_to_a_create_is_told_apart() {
    for (parent_reply, space_reply, kind) in [
        (404, 200, ErrorKind::ParentGone),
        (200, 404, ErrorKind::SpaceGone),
        (200, 200, ErrorKind::NotPermitted),
    ] {
        let server = Server::start(move |request| match request.path.as_str() {
            "/wiki/rest/api/user/current" => user(),
            "/wiki/api/v2/pages/100" if parent_reply == 200 => json(200, page("100", "Parent")),
            "/wiki/api/v2/spaces/98309" if space_reply == 200 => json(200, j!({ "id": "98309" })),
            _ => not_found(),
        })
        .await;
        let error = cloud(&server)
            .create_page(&new_page(Some("100")))
            .await
            .unwrap_err();
        assert_eq!((error.kind(), error.status()), (kind, Some(404)));
        assert!(!error.words().cause.is_empty());
    }
}

#[tokio::test]
async fn deleting_what_is_gone_is_success() {
    for reply in [
        status(204),
        json(
            404,
            j!({ "errors": [{ "title": "Cannot find a page with id [7]" }] }),
        ),
    ] {
        let server = Server::always(reply).await;
        cloud(&server).delete_page("7").await.unwrap();
        assert_eq!(server.only().line(), "DELETE /wiki/api/v2/pages/7");
    }
    let server = Server::start(|request| match request.method.as_str() {
        "DELETE" => json(400, j!({ "errors": [{ "title": "already trashed" }] })),
        _ => {
            let mut trashed = page("7", "T");
            trashed["status"] = j!("trashed");
            json(200, trashed)
        }
    })
    .await;
    cloud(&server).delete_page("7").await.unwrap();
    let server = Server::start(|request| match request.method.as_str() {
        "DELETE" => json(400, j!({ "errors": [{ "title": "no" }] })),
        _ => json(200, page("7", "T")),
    })
    .await;
    assert_eq!(
        cloud(&server).delete_page("7").await.unwrap_err().kind(),
        ErrorKind::Refused
    );
    for code in [500, 502, 503] {
        let server = Server::always(status(code)).await;
        assert_eq!(
            cloud(&server).delete_page("7").await.unwrap_err().outcome(),
            Outcome::Unknown
        );
    }
}

#[tokio::test]
async fn an_attachment_is_found_by_its_exact_name() {
    let server = Server::always(json(200, j!({ "results": [
        { "id": "att1", "title": "A.pdf", "comment": "x", "fileSize": 3, "version": { "number": 1 } },
        { "id": "att2", "title": "a.pdf", "comment": "retropress:op", "fileSize": 4, "version": { "number": 2 } },
    ] })))
    .await;
    let file = cloud(&server)
        .attachment("7", "a.pdf")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (
            file.id.as_str(),
            file.comment.as_str(),
            file.version,
            file.size
        ),
        ("att2", "retropress:op", 2, Some(4))
    );
    assert_eq!(server.only().asked("filename"), ["a.pdf"]);
    assert_eq!(cloud(&server).attachment("7", "b.pdf").await.unwrap(), None);
}

#[tokio::test]
async fn an_upload_that_meets_a_404_says_which_of_the_two_it_is() {
    let server = Server::start(|request| match request.method.as_str() {
        "POST" => json(404, j!({ "statusCode": 404, "message": "x" })),
        _ => json(200, page("7", "T")),
    })
    .await;
    let error = cloud(&server).upload("7", &upload(None)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::TooLarge, Outcome::NotDone)
    );
    assert!(error.words().cause.contains("same answer for both"));

    let server = Server::always(json(
        404,
        j!({ "statusCode": 404, "message": "No content found" }),
    ))
    .await;
    assert_eq!(
        cloud(&server)
            .upload("7", &upload(None))
            .await
            .unwrap_err()
            .kind(),
        ErrorKind::PageGone
    );
}

#[tokio::test]
async fn a_file_name_no_server_takes_is_refused_without_sending_it() {
    let server = Server::always(status(500)).await;
    for name in ["", "a\r\nX-Evil: 1.pdf", &"x".repeat(256)] {
        let file = Upload {
            file_name: name.to_owned(),
            ..upload(None)
        };
        let error = cloud(&server).upload("7", &file).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Refused, Outcome::Final)
        );
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn labels_are_one_request_and_none_is_no_request() {
    let server = Server::always(json(200, j!({ "results": [] }))).await;
    cloud(&server)
        .add_labels("7", &["retro".into(), "team-a".into()])
        .await
        .unwrap();
    cloud(&server).add_labels("7", &[]).await.unwrap();
    let request = server.only();
    assert_eq!(request.line(), "POST /wiki/rest/api/content/7/label");
    assert_eq!(
        request.json(),
        j!([{ "prefix": "global", "name": "retro" }, { "prefix": "global", "name": "team-a" }])
    );
}

#[tokio::test]
async fn permissions_are_asked_for_without_writing() {
    for (operations, expected) in [
        (
            j!([{ "operation": "create", "targetType": "attachment" }, { "operation": "create", "targetType": "page" },
                { "operation": "delete", "targetType": "page" }]),
            Permissions {
                create_pages: Some(true),
                attach_files: Some(true),
                delete_pages: Some(true),
            },
        ),
        (
            j!([{ "operation": "read", "targetType": "space" }, { "operation": "create", "targetType": "comment" }]),
            Permissions {
                create_pages: Some(false),
                attach_files: Some(false),
                delete_pages: None,
            },
        ),
        (j!([]), Permissions::default()),
    ] {
        let server = Server::always(json(200, j!({ "operations": operations }))).await;
        let permissions = cloud(&server).permissions(&space()).await.unwrap();
        assert_eq!(permissions, expected);
        assert_eq!(
            server.only().line(),
            "GET /wiki/api/v2/spaces/98309/operations"
        );
    }
}

#[tokio::test]
async fn the_picker_finds_pages_by_search_and_without_it() {
    let server = Server::start(|request| match request.path.as_str() {
        "/wiki/rest/api/search" => json(200, j!({ "results": [
            { "content": { "id": "5", "type": "page", "title": "Team Retrospectives", "ancestors": [{ "id": "1", "title": "Home" }] } },
            { "content": { "id": "6", "type": "attachment", "title": "retro.pdf" } },
            { "user": {}, "title": "x" },
        ] })),
        _ => status(500),
    })
    .await;
    let found = cloud(&server).find_pages(&space(), "retro").await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].id.as_str(), found[0].ancestors.as_slice()),
        ("5", ["Home".to_owned()].as_slice())
    );
    assert_eq!(
        server.only().asked("cql"),
        [r#"space = "PAY" and type = page and title ~ "retro*""#]
    );

    let server = Server::start(|request| match request.path.as_str() {
        "/wiki/api/v2/pages" => json(200, j!({ "results": [] })),
        "/wiki/api/v2/spaces/98309/pages" => json(
            200,
            j!({ "results": [page("5", "Team Retrospectives"), page("6", "Other")] }),
        ),
        _ => status(401),
    })
    .await;
    let found = cloud(&server)
        .find_pages(&space(), "RETRO team")
        .await
        .unwrap();
    assert_eq!(
        found
            .iter()
            .map(|page| page.id.as_str())
            .collect::<Vec<_>>(),
        ["5"]
    );
}

#[tokio::test]
async fn the_picker_takes_a_pasted_address() {
    let server = Server::start(|request| match request.path.as_str() {
        "/wiki/api/v2/pages/7" => json(200, page("7", "T")),
        "/wiki/api/v2/pages/8" => {
            let mut other = page("8", "Elsewhere");
            other["spaceId"] = j!("555");
            json(200, other)
        }
        _ => status(500),
    })
    .await;
    let client = cloud(&server);
    let pasted = server.below("/wiki/spaces/PAY/pages/7/T");
    assert_eq!(
        client.find_pages(&space(), pasted.as_str()).await.unwrap()[0].id,
        "7"
    );
    let elsewhere = server.below("/wiki/spaces/OPS/pages/8/T");
    assert_eq!(
        client
            .find_pages(&space(), elsewhere.as_str())
            .await
            .unwrap(),
        Vec::new().into()
    );
}

#[tokio::test]
async fn the_newest_pages_are_asked_for_with_their_bodies() {
    let server = Server::always(json(
        200,
        j!({ "results": [page("7", "T")], "_links": { "next": "/wiki/api/v2/x?cursor=2" } }),
    ))
    .await;
    let pages = cloud(&server)
        .newest_children(&space(), Some("100"))
        .await
        .unwrap();
    assert_eq!(pages[0].body.as_deref(), Some("<p>x</p>"));
    let request = server.only();
    assert_eq!(
        (
            request.path.as_str(),
            request.asked("sort"),
            request.asked("body-format")
        ),
        (
            "/wiki/api/v2/spaces/98309/pages",
            vec!["-created-date".into()],
            vec!["storage".into()]
        )
    );
}

#[tokio::test]
async fn v1_content_and_space_are_never_asked_on_cloud() {
    let server = Server::start(|request| {
        if request.path.contains("/child/attachment") {
            json(200, j!({ "results": [{ "id": "att1", "title": "a" }] }))
        } else if request.path.contains("/user/") {
            user()
        } else if request.path.ends_with("/operations") {
            json(200, j!({ "operations": [] }))
        } else if request.method == "POST"
            || request.method == "PUT"
            || request.path.ends_with("/pages/7")
        {
            json(200, page("7", "T"))
        } else {
            json(200, j!({ "results": [] }))
        }
    })
    .await;
    let client = cloud(&server);
    client.spaces().await.unwrap();
    client.top_pages(&space()).await.unwrap();
    client.children("7").await.unwrap();
    client.find_pages(&space(), "x").await.unwrap();
    client.pages_titled(&space(), "x").await.unwrap();
    client.page("7").await.unwrap();
    client.newest_children(&space(), None).await.unwrap();
    client.create_page(&new_page(None)).await.unwrap();
    client.delete_page("7").await.unwrap();
    client.attachment("7", "a").await.unwrap();
    client.upload("7", &upload(None)).await.unwrap();
    client.permissions(&space()).await.unwrap();
    client.add_labels("7", &["a".into()]).await.unwrap();
    for line in server.lines() {
        let v1 = line.contains("/rest/api/");
        let stays = [
            "/child/attachment",
            "/label",
            "/user/current",
            "/rest/api/search",
        ]
        .iter()
        .any(|end| line.ends_with(end));
        assert!(!v1 || stays, "{line}");
        assert!(
            !(line.starts_with("GET") && line.contains("/rest/api/content")),
            "{line}"
        );
    }
}

#[tokio::test]
async fn calls_are_told_without_what_they_carry() {
    let server = Server::always(json(200, page("7", "T"))).await;
    let records: Arc<Mutex<Vec<CallRecord>>> = Arc::default();
    let log = records.clone();
    let client = cloud(&server).on_call(move |record| log.lock().unwrap().push(record.clone()));
    client.page("7").await.unwrap();
    let records = records.lock().unwrap();
    assert_eq!(records.len(), 1);
    assert_eq!(
        (
            records[0].call.path,
            records[0].call.method.as_str(),
            records[0].status
        ),
        ("/api/v2/pages/{page}", "GET", Some(200))
    );
    let shown = format!("{records:?}");
    assert!(!shown.contains("tok-en") && !shown.contains("YWRh") && !shown.contains("<p>"));
}

#[tokio::test]
async fn html_where_a_saved_page_was_due_is_not_known_to_have_failed() {
    let server = Server::always(html(
        200,
        "<html><title>Log in with your Atlassian account</title></html>",
    ))
    .await;
    let error = cloud(&server)
        .create_page(&new_page(None))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome(), error.status()),
        (ErrorKind::SignInPage, Outcome::Unknown, Some(200))
    );
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn scopes_are_found_out_by_calls_that_cannot_succeed() {
    let server = Server::start(|request| match request.line().as_str() {
        line if line.starts_with("DELETE") => json(
            401,
            j!({ "code": 401, "message": "Unauthorized; scope does not match" }),
        ),
        line if line.ends_with("/attachment") => status(415),
        line if line.starts_with("POST") => json(400, j!({ "errors": [] })),
        _ => status(404),
    })
    .await;
    let scopes = through_gateway(&server).scopes(true).await.unwrap();
    let said: Vec<_> = scopes.iter().map(|it| (it.scope, it.granted)).collect();
    assert_eq!(
        said,
        [
            ("read:page:confluence", true),
            ("read:attachment:confluence", true),
            ("write:page:confluence", true),
            ("write:confluence-file", true),
            ("delete:page:confluence", false),
            ("write:confluence-content", true),
        ]
    );
    for request in server.requests() {
        // No page, and nothing that could become one.
        let harmless = request.path.contains("/none") || request.body == b"{}";
        assert!(harmless, "{}", request.line());
    }

    let server = Server::always(status(404)).await;
    assert_eq!(cloud(&server).scopes(true).await.unwrap(), []);
    assert!(server.requests().is_empty(), "{:?}", server.lines());

    let server = Server::always(json(401, j!({ "code": 401, "message": "Unauthorized" }))).await;
    let error = through_gateway(&server).scopes(false).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SignInRefused);
}

#[tokio::test]
async fn what_an_answer_says_of_its_limits_is_told() {
    let server = Server::always(
        json(200, page("7", "T"))
            .header("X-RateLimit-Limit", "65000")
            .header("X-RateLimit-Remaining", "12")
            .header("X-RateLimit-NearLimit", "true"),
    )
    .await;
    let records: Arc<Mutex<Vec<CallRecord>>> = Arc::default();
    let log = records.clone();
    let client = cloud(&server).on_call(move |record| log.lock().unwrap().push(record.clone()));
    client.page("7").await.unwrap();
    assert_eq!(
        records.lock().unwrap()[0].rate_limit,
        RateLimit {
            limit: Some(65000),
            remaining: Some(12),
            near: true
        }
    );
}
