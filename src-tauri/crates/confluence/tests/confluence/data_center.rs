use retropress_confluence::{
    ErrorKind, NewPage, Outcome, PageStatus, PageUpdate, Permissions, SpaceRef, Upload,
};
use serde_json::{Value, json as j};

use crate::server::{Server, data_center, html, json, parts, space, status};

fn page(id: &str, title: &str) -> Value {
    j!({
        "id": id, "type": "page", "status": "current", "title": title,
        "space": { "id": 1, "key": "PAY", "name": "Payments", "type": "global" },
        "ancestors": [{ "id": "100", "title": "Home" }, { "id": "200", "title": "Retrospectives" }],
        "version": { "number": 2, "message": "retropress:op", "when": "2026-11-19T10:00:00.000+01:00",
            "by": { "type": "known", "username": "ada", "userKey": "ff80", "displayName": "Ada Lovelace" } },
        "body": { "storage": { "value": "<p>x</p>", "representation": "storage" } },
        "_links": { "webui": "/display/PAY/T", "tinyui": "/x/AYAB", "base": "https://wiki.example/confluence", "context": "/confluence" }
    })
}

fn new_page(parent: Option<&str>) -> NewPage {
    NewPage {
        space: space(),
        parent_id: parent.map(str::to_owned),
        title: "T".into(),
        body: "<p/>".into(),
    }
}

fn upload(replaces: Option<&str>) -> Upload {
    Upload {
        file_name: "a.pdf".into(),
        media_type: "application/pdf".into(),
        bytes: b"%PDF".to_vec(),
        comment: "c".into(),
        replaces: replaces.map(str::to_owned),
    }
}

#[tokio::test]
async fn a_publish_is_two_requests_with_exactly_these_bodies() {
    let server = Server::start(|request| match request.path.as_str() {
        "/confluence/rest/api/content" => json(200, page("7", "T")),
        _ => json(200, j!({ "results": [{ "id": "12", "title": "a.pdf", "metadata": { "comment": "c", "mediaType": "application/pdf" },
            "extensions": { "fileSize": 4, "comment": "c" }, "version": { "number": 1 } }], "size": 1 })),
    })
    .await;
    let client = data_center(&server);
    let saved = client.create_page(&new_page(Some("200"))).await.unwrap();
    assert_eq!(
        (saved.id.as_str(), saved.version, saved.space_key.as_deref()),
        ("7", 2, Some("PAY"))
    );
    assert_eq!(saved.link, server.below("/confluence/display/PAY/T"));
    let file = client.upload("7", &upload(None)).await.unwrap();
    assert_eq!(
        (file.id.as_str(), file.comment.as_str(), file.size),
        ("12", "c", Some(4))
    );

    assert_eq!(
        server.lines(),
        [
            "POST /confluence/rest/api/content",
            "POST /confluence/rest/api/content/7/child/attachment"
        ]
    );
    let requests = server.requests();
    assert_eq!(
        requests[0].json(),
        j!({ "type": "page", "status": "current", "title": "T", "space": { "key": "PAY" }, "ancestors": [{ "id": "200" }],
             "body": { "storage": { "value": "<p/>", "representation": "storage" } } })
    );
    assert_eq!(requests[1].header("x-atlassian-token"), Some("no-check"));
    assert_eq!(parts(&requests[1])[0].1, b"%PDF");
    assert!(
        requests
            .iter()
            .all(|request| request.header("authorization") == Some("Bearer pat-secret"))
    );
}

#[tokio::test]
async fn without_a_parent_a_page_goes_below_the_home_page() {
    let server = Server::always(json(200, page("7", "T"))).await;
    data_center(&server)
        .create_page(&new_page(None))
        .await
        .unwrap();
    assert_eq!(server.only().json()["ancestors"], j!([{ "id": "100" }]));
    let server = Server::always(json(200, page("7", "T"))).await;
    let bare = NewPage {
        space: SpaceRef {
            homepage_id: None,
            ..space()
        },
        ..new_page(None)
    };
    data_center(&server).create_page(&bare).await.unwrap();
    assert_eq!(server.only().json().get("ancestors"), None);
}

#[tokio::test]
async fn an_update_names_the_next_version_and_moves_only_when_told() {
    let server = Server::always(json(200, page("7", "T"))).await;
    let mut update = PageUpdate {
        id: "7".into(),
        space: space(),
        title: "T".into(),
        body: "<p/>".into(),
        version: 2,
        message: "retropress:op".into(),
        parent_id: None,
    };
    data_center(&server).update_page(&update).await.unwrap();
    update.parent_id = Some("300".into());
    data_center(&server).update_page(&update).await.unwrap();
    let requests = server.requests();
    assert_eq!(requests[0].line(), "PUT /confluence/rest/api/content/7");
    assert_eq!(
        requests[0].json(),
        j!({ "id": "7", "type": "page", "status": "current", "title": "T", "space": { "key": "PAY" },
             "version": { "number": 2, "message": "retropress:op", "minorEdit": true },
             "body": { "storage": { "value": "<p/>", "representation": "storage" } } })
    );
    assert_eq!(requests[1].json()["ancestors"], j!([{ "id": "300" }]));
}

#[tokio::test]
async fn a_new_version_of_a_file_goes_to_its_own_id() {
    // Answered with the attachment alone, not with a list.
    let server = Server::always(json(
        200,
        j!({ "id": 12, "title": "a.pdf", "version": { "number": 2 } }),
    ))
    .await;
    let file = data_center(&server)
        .upload("7", &upload(Some("12")))
        .await
        .unwrap();
    assert_eq!((file.id.as_str(), file.version), ("12", 2));
    assert_eq!(
        server.only().line(),
        "POST /confluence/rest/api/content/7/child/attachment/12/data"
    );
}

#[tokio::test]
async fn spaces_are_read_to_the_end_even_when_portions_are_short() {
    let server = Server::start(|request| {
        let (results, next) = match request.asked("start")[0].as_str() {
            "0" => (j!([{ "id": 1, "key": "PAY", "name": "Payments", "type": "global", "homepage": { "id": "100", "title": "Home" } }]), Some(200)),
            // Everything of this portion is hidden from the account.
            "200" => (j!([]), Some(400)),
            _ => (j!([{ "id": 2, "key": "~ada", "name": "Ada", "type": "personal" }]), None),
        };
        let next = next.map(|start| format!("/rest/api/space?limit=200&start={start}"));
        json(200, j!({ "results": results, "start": 0, "limit": 200, "size": 1, "_links": { "next": next } }))
    })
    .await;
    let spaces = data_center(&server).spaces().await.unwrap();
    let keys: Vec<_> = spaces
        .iter()
        .map(|space| {
            (
                space.id.as_str(),
                space.key.as_str(),
                space.personal,
                space.homepage_id.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        keys,
        [("1", "PAY", false, Some("100")), ("2", "~ada", true, None)]
    );
    assert_eq!(server.requests().len(), 3);
    assert_eq!(server.requests()[0].asked("expand"), ["homepage"]);
}

#[tokio::test]
async fn a_list_that_goes_backwards_is_an_error() {
    let server = Server::always(json(
        200,
        j!({ "results": [], "_links": { "next": "/rest/api/space?start=0" } }),
    ))
    .await;
    assert_eq!(
        data_center(&server).spaces().await.unwrap_err().kind(),
        ErrorKind::ServerError
    );
    assert_eq!(server.requests().len(), 1);
}

/// A list of so many rows, 200 at a time; `created` is the day of the year of each.
async fn list_of(rows: usize) -> Server {
    Server::start(move |request| {
        let path = request.path.as_str();
        if let Some(id) = path.strip_prefix("/confluence/rest/api/content/")
            && id.parse::<usize>().is_ok()
        {
            return json(200, page(id, "x"));
        }
        let start: usize = request.asked("start")[0].parse().unwrap();
        let end = rows.min(start + 200);
        let results: Vec<Value> = (start..end)
            .map(|id| {
                let created = format!("2026-01-01T00:00:00.{:06}Z", id.wrapping_mul(7) % rows);
                j!({ "id": id.to_string(), "key": format!("S{id}"), "title": "T",
                     "history": { "createdDate": created } })
            })
            .collect();
        let next = (end < rows).then(|| format!("/rest/api/x?start={end}"));
        json(200, j!({ "results": results, "_links": { "next": next } }))
    })
    .await
}

#[tokio::test]
async fn the_first_1000_pages_of_a_picker_are_read() {
    let server = list_of(usize::MAX).await;
    let client = data_center(&server);
    let top = client.top_pages(&space()).await.unwrap();
    let children = client.children("9").await.unwrap();
    for pages in [top, children] {
        assert_eq!((pages.len(), pages.more), (1_000, true));
    }
    assert_eq!(server.requests().len(), 10);
}

#[tokio::test]
async fn a_look_up_that_finds_too_much_is_an_error_and_never_a_short_list() {
    let server = list_of(usize::MAX).await;
    let client = data_center(&server);
    for error in [
        client.pages_titled(&space(), "T").await.unwrap_err(),
        client.attachment("7", "a.pdf").await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert_eq!(error.outcome(), Outcome::Final);
    }
    assert_eq!(server.requests().len(), 10);
}

/// All dates are looked at, and no more than the newest are held.
#[tokio::test]
async fn the_newest_children_are_found_in_a_list_of_any_length() {
    let server = list_of(2_999).await;
    let found = data_center(&server)
        .newest_children(&space(), Some("200"))
        .await
        .unwrap();
    let mut expected: Vec<usize> = (0..2_999).collect();
    expected.sort_by_key(|id| std::cmp::Reverse(id * 7 % 2_999));
    let expected: Vec<String> = expected[..10].iter().map(usize::to_string).collect();
    let found: Vec<&str> = found.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn the_tree_tells_which_pages_have_children() {
    let server = Server::always(json(200, j!({ "results": [
        { "id": "1", "title": "A", "status": "current", "childTypes": { "page": { "value": true } } },
        { "id": "2", "title": "B", "status": "current", "childTypes": { "page": { "value": false } } },
        { "id": "3", "title": "C", "status": "current" },
    ] })))
    .await;
    let client = data_center(&server);
    for pages in [
        client.top_pages(&space()).await.unwrap(),
        client.children("9").await.unwrap(),
    ] {
        assert_eq!(
            pages
                .iter()
                .map(|page| page.has_children)
                .collect::<Vec<_>>(),
            [Some(true), Some(false), None]
        );
    }
    assert_eq!(
        server.lines(),
        [
            "GET /confluence/rest/api/space/PAY/content/page",
            "GET /confluence/rest/api/content/9/child/page"
        ]
    );
}

#[tokio::test]
async fn pages_of_a_title_come_in_all_statuses_with_their_bodies() {
    let server = Server::start(|_| {
        let mut trashed = page("8", "T");
        trashed["status"] = j!("trashed");
        json(200, j!({ "results": [page("7", "T"), trashed], "start": 0, "limit": 200, "size": 2, "_links": {} }))
    })
    .await;
    let pages = data_center(&server)
        .pages_titled(&space(), "T")
        .await
        .unwrap();
    assert_eq!(
        pages.iter().map(|page| page.status).collect::<Vec<_>>(),
        [PageStatus::Current, PageStatus::Trashed]
    );
    let first = &pages[0];
    assert_eq!(
        (
            first.parent_id.as_deref(),
            first.version,
            first.message.as_str()
        ),
        (Some("200"), 2, "retropress:op")
    );
    assert_eq!(
        (
            first.changed_by_name.as_deref(),
            first.changed_by_id.as_deref(),
            first.space.as_deref()
        ),
        (Some("Ada Lovelace"), Some("ff80"), Some("PAY"))
    );
    let request = server.only();
    assert_eq!(
        (
            request.asked("spaceKey"),
            request.asked("title"),
            request.asked("status")
        ),
        (vec!["PAY".into()], vec!["T".into()], vec!["any".into()])
    );
}

#[tokio::test]
async fn an_unknown_space_is_named() {
    let server = Server::always(json(404, j!({ "statusCode": 404, "data": { "authorized": false }, "message": "No space with key : PAY" }))).await;
    let error = data_center(&server)
        .pages_titled(&space(), "T")
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::SpaceGone, Outcome::Final)
    );
    assert!(error.words().message.contains("PAY"));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn the_newest_children_come_newest_first_with_their_bodies() {
    let server = Server::start(|request| match request.path.as_str() {
        "/confluence/rest/api/content/200/child/page" => json(200, j!({ "results": [
            { "id": "1", "title": "old", "history": { "createdDate": "2026-01-01T00:00:00.000Z" } },
            { "id": "2", "title": "new", "history": { "createdDate": "2026-03-01T00:00:00.000Z" } },
            { "id": "3", "title": "gone", "history": { "createdDate": "2026-02-01T00:00:00.000Z" } },
        ] })),
        "/confluence/rest/api/content/3" => status(404),
        path => json(200, page(path.rsplit('/').next().unwrap(), "x")),
    })
    .await;
    let pages = data_center(&server)
        .newest_children(&space(), Some("200"))
        .await
        .unwrap();
    assert_eq!(
        pages
            .iter()
            .map(|page| page.id.as_str())
            .collect::<Vec<_>>(),
        ["2", "1"]
    );
    assert!(pages.iter().all(|page| page.body.is_some()));
}

#[tokio::test]
async fn permissions_are_told_only_where_the_server_tells_them() {
    for (operations, expected) in [
        (
            j!([{ "operation": "read", "targetType": "page" }, { "operation": "create", "targetType": "page" }]),
            Some(true),
        ),
        (
            j!([{ "operation": "read", "targetType": "page" }]),
            Some(false),
        ),
        (
            j!([{ "operation": "read", "targetType": "page" }, { "operation": "update", "targetType": "page" }]),
            None,
        ),
        (j!([]), None),
    ] {
        let mut home = page("100", "Home");
        home["operations"] = operations;
        let server = Server::always(json(200, home)).await;
        assert_eq!(
            data_center(&server)
                .permissions(&space())
                .await
                .unwrap()
                .create_pages,
            expected
        );
        assert_eq!(server.only().asked("expand"), ["operations"]);
    }
    let server = Server::always(status(500)).await;
    assert_eq!(
        data_center(&server)
            .permissions(&SpaceRef {
                homepage_id: None,
                ..space()
            })
            .await
            .unwrap(),
        Permissions::default()
    );
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn deleting_what_is_gone_is_success() {
    for reply in [
        status(204),
        status(200),
        json(
            404,
            j!({ "statusCode": 404, "message": "No content found" }),
        ),
    ] {
        let server = Server::always(reply).await;
        data_center(&server).delete_page("7").await.unwrap();
        assert_eq!(
            server.only().line(),
            "DELETE /confluence/rest/api/content/7"
        );
    }
    let server = Server::start(|request| match request.method.as_str() {
        "DELETE" => json(409, j!({ "message": "in the bin" })),
        _ => {
            let mut trashed = page("7", "T");
            trashed["status"] = j!("trashed");
            json(200, trashed)
        }
    })
    .await;
    data_center(&server).delete_page("7").await.unwrap();
}

#[tokio::test]
async fn a_404_to_a_create_is_told_apart() {
    for (parent, space_there, kind) in [
        (false, true, ErrorKind::ParentGone),
        (true, false, ErrorKind::SpaceGone),
        (true, true, ErrorKind::NotPermitted),
    ] {
        let server = Server::start(move |request| match request.path.as_str() {
            "/confluence/rest/api/content/200" if parent => json(200, page("200", "P")),
            "/confluence/rest/api/space/PAY" if space_there => json(200, j!({ "key": "PAY" })),
            _ => json(404, j!({ "statusCode": 404, "message": "no" })),
        })
        .await;
        assert_eq!(
            data_center(&server)
                .create_page(&new_page(Some("200")))
                .await
                .unwrap_err()
                .kind(),
            kind
        );
    }
}

#[tokio::test]
async fn a_200_with_another_shape_is_not_known_to_have_failed() {
    for reply in [
        json(200, j!({ "results": [] })),
        json(200, j!([])),
        status(200),
        status(204),
        html(200, "<html>login</html>"),
    ] {
        let server = Server::always(reply).await;
        assert_eq!(
            data_center(&server)
                .upload("7", &upload(None))
                .await
                .unwrap_err()
                .outcome(),
            Outcome::Unknown
        );
        assert_eq!(
            data_center(&server)
                .create_page(&new_page(None))
                .await
                .unwrap_err()
                .outcome(),
            Outcome::Unknown
        );
    }
}
