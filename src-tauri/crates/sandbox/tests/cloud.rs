//! The Cloud of the sandbox, row by row of what the real one does.

mod support;

use reqwest::Method;
use serde_json::{Value, json};
use support::*;

#[tokio::test]
async fn c1_create_answers_200_and_goes_below_the_homepage() {
    let t = Tried::start().await;
    let space = t.space("PAY").await;
    let page = t.create("First", "<p>x</p>").await.is(200).json();
    assert_eq!(page["version"]["number"], 1);
    assert_eq!(page["parentId"], space["homepageId"]);
    assert_eq!(page["parentType"], "page");
    assert_eq!(page["body"]["storage"]["value"], "<p>x</p>");
    assert!(page["id"].is_string() && page["spaceId"].is_string());
    assert_eq!(page["version"]["ncsStepVersion"], Value::Null);
    let base = t.sandbox.addresses().cloud.as_str();
    assert_eq!(page["_links"]["base"], base);
    let id = page["id"].as_str().unwrap();
    assert_eq!(
        page["_links"]["webui"],
        format!("/spaces/PAY/pages/{id}/First")
    );
    assert!(
        page["_links"]["tinyui"]
            .as_str()
            .unwrap()
            .starts_with("/x/")
    );

    let request = t.v2(Method::POST, "/pages?root-level=true");
    let root = tell(request.json(&new_page(&space["id"], "Root", "")))
        .await
        .is(200)
        .json();
    assert_eq!(root["parentId"], Value::Null);

    let nested = json!({"spaceId": space["id"], "status": "current", "title": "Nested",
        "parentId": page["id"], "body": {"storage": {"value": "<p>n</p>", "representation": "storage"}}});
    let nested = tell(t.v2(Method::POST, "/pages/").json(&nested))
        .await
        .is(200)
        .json();
    assert_eq!(nested["parentId"], page["id"]);

    let without = tell(t.v2(Method::GET, &format!("/pages/{id}")))
        .await
        .is(200)
        .json();
    assert_eq!(without["body"], json!({}));
    let home = space["homepageId"].as_str().unwrap();
    let home = tell(t.v2(Method::GET, &format!("/pages/{home}")))
        .await
        .is(200)
        .json();
    assert_eq!(
        (&home["parentId"], &home["parentType"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(home["_links"]["webui"], "/spaces/PAY/overview");
}

#[tokio::test]
async fn c2_a_stale_version_is_a_conflict() {
    let t = Tried::start().await;
    let page = t.create("V", "<p>1</p>").await.is(200).json();
    let path = format!("/pages/{}", page["id"].as_str().unwrap());
    for number in [1, 3] {
        let told = tell(
            t.v2(Method::PUT, &path)
                .json(&update(&page, number, "V", "<p>2</p>")),
        )
        .await;
        let told = told.is(409);
        assert_eq!(told.json()["errors"][0]["code"], "CONFLICT");
        let expected = format!(
            "Version must be incremented when updating a page. Current Version: [1]. \
             Provided version: [{number}]"
        );
        assert_eq!(told.title(), expected);
    }
    let told = tell(
        t.v2(Method::PUT, &path)
            .json(&update(&page, 2, "V", "<p>2</p>")),
    )
    .await
    .is(200);
    assert_eq!(told.json()["version"]["number"], 2);
    assert_eq!(told.json()["version"]["message"], "changed");
    let mut without = update(&page, 3, "V", "x");
    without.as_object_mut().unwrap().remove("status");
    tell(t.v2(Method::PUT, &path).json(&without)).await.is(400);
    let versions = tell(t.v2(Method::GET, &format!("{path}/versions")))
        .await
        .is(200)
        .json();
    assert_eq!(versions["results"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn c3_titles_are_unique_whatever_their_case_archived_ones_too() {
    let t = Tried::start().await;
    let page = t.create("Twice", "").await.is(200).json();
    let told = t.create("tWICE", "").await.is(400);
    assert!(
        told.title()
            .starts_with("A page with this title already exists: ")
    );
    assert_eq!(told.json()["errors"][0]["code"], "BAD_REQUEST");
    // The sample content holds an archived page of this title, and one that
    // nobody sees.
    t.create("Team health 2025", "").await.is(400);
    t.create("Salary review", "").await.is(400);
    // The trash frees it.
    let path = format!("/pages/{}", page["id"].as_str().unwrap());
    tell(t.v2(Method::DELETE, &path)).await.is(204);
    t.create("Twice", "").await.is(200);
    let gone = tell(t.v2(Method::GET, &path)).await.is(200).json();
    assert_eq!(
        (&gone["status"], &gone["parentId"]),
        (&json!("trashed"), &Value::Null)
    );
    // It cannot come back while the title is taken, and not under another one.
    tell(
        t.v2(Method::PUT, &path)
            .json(&update(&page, 2, "Twice", "")),
    )
    .await
    .is(400);
}

#[tokio::test]
async fn a_page_comes_back_from_the_trash_with_its_own_text() {
    let t = Tried::start().await;
    let page = t.create("Back", "<p>kept</p>").await.is(200).json();
    let path = format!("/pages/{}", page["id"].as_str().unwrap());
    tell(t.v2(Method::DELETE, &path)).await.is(204);
    let told = tell(
        t.v2(Method::PUT, &path)
            .json(&update(&page, 2, "Back", "<p>other</p>")),
    )
    .await;
    let back = told.is(200).json();
    assert_eq!(back["status"], "current");
    assert_eq!(back["body"]["storage"]["value"], "<p>kept</p>");
    tell(t.v2(Method::DELETE, &path)).await.is(204);
    tell(t.v2(Method::DELETE, &format!("{path}?purge=true")))
        .await
        .is(204);
    tell(t.v2(Method::DELETE, &format!("{path}?purge=true")))
        .await
        .is(500);
    let id = page["id"].as_str().unwrap();
    let told = tell(t.v2(Method::GET, &path)).await.is(404);
    assert_eq!(told.title(), format!("Cannot find a page with id [{id}]"));
    let told = tell(t.v2(Method::GET, &format!("{path}/properties")))
        .await
        .is(404);
    assert_eq!(told.title(), format!("Could not find page with id [{id}]"));
}

#[tokio::test]
async fn c4_no_permission_is_404() {
    let t = Tried::start().await;
    let hand = t.space("HAND").await;
    tell(
        t.v2(Method::POST, "/pages")
            .json(&new_page(&hand["id"], "X", "")),
    )
    .await
    .is(404);
    assert_eq!(t.space("BOARD").await, Value::Null);
    tell(t.v2(Method::GET, "/spaces/1")).await.is(404);
    tell(t.v2(Method::GET, "/spaces/PAY")).await.is(400);
    assert_eq!(t.page_titled("Salary review").await, Value::Null);
    assert_eq!(t.page_titled("Minutes").await, Value::Null);
    let page = t.page_titled("Holidays").await;
    let path = format!("/pages/{}", page["id"].as_str().unwrap());
    tell(t.v2(Method::GET, &path)).await.is(200);
    tell(t.v2(Method::PUT, &path).json(&update(&page, 2, "X", "")))
        .await
        .is(404);
    tell(t.v2(Method::DELETE, &path)).await.is(404);
    let upload = t.v1(
        Method::PUT,
        &format!("/content/{}/child/attachment", page["id"].as_str().unwrap()),
    );
    tell(
        upload
            .header("X-Atlassian-Token", "nocheck")
            .multipart(form("a.pdf", b"a", "")),
    )
    .await
    .is(403);
}

#[tokio::test]
async fn c5_wrong_credentials_look_like_missing_pages() {
    let t = Tried::start().await;
    let base = &t.sandbox.addresses().cloud;
    for request in [
        t.http.get(format!("{base}/api/v2/spaces")),
        t.http
            .get(format!("{base}/api/v2/spaces"))
            .basic_auth(&t.who.email, Some("wrong")),
        t.http
            .get(format!("{base}/api/v2/spaces"))
            .basic_auth("x", Some(&t.who.api_token)),
    ] {
        let told = tell(request).await.is(404);
        let expected = json!({"errors": [
            {"status": 404, "code": "NOT_FOUND", "title": "Not Found", "detail": null}]});
        assert_eq!(told.json(), expected);
    }
    let told = tell(t.http.get(format!("{base}/rest/api/search?cql=type=page")))
        .await
        .is(403);
    assert_eq!(
        told.json()["message"],
        "Current user not permitted to use Confluence"
    );
    let told = tell(t.http.get(format!("{base}/rest/api/user/current")))
        .await
        .is(403);
    assert_eq!(told.json()["message"], "caller cannot access Confluence");
    let bearer = t
        .http
        .get(format!("{base}/api/v2/spaces"))
        .bearer_auth(&t.who.api_token);
    let told = tell(bearer).await.is(403);
    assert!(
        told.text
            .contains("Failed to parse Connect Session Auth Token")
    );
    let password = t.http.get(format!("{base}/api/v2/spaces"));
    let told = tell(password.basic_auth(&t.who.email, Some(&t.who.password)))
        .await
        .is(401);
    assert!(
        told.text
            .starts_with("Basic authentication with passwords is deprecated.")
    );
    assert!(told.header("content-type").starts_with("text/plain"));
    let me = tell(t.v1(Method::GET, "/user/current"))
        .await
        .is(200)
        .json();
    assert_eq!(
        (&me["type"], &me["email"]),
        (&json!("known"), &json!(t.who.email))
    );
}

#[tokio::test]
async fn c6_a_missing_scope_is_told_before_anything_else() {
    let t = Tried::start().await;
    tell(t.gateway(Method::GET, "/wiki/api/v2/spaces"))
        .await
        .is(200);
    t.sandbox.set_scopes(&["read:page:confluence"]);
    for (method, path) in [
        (Method::GET, "/wiki/api/v2/spaces"),
        (Method::DELETE, "/wiki/api/v2/pages/1"),
        (Method::POST, "/wiki/api/v2/pages"),
        (Method::PUT, "/wiki/rest/api/content/1/child/attachment"),
        (Method::GET, "/wiki/no/such/path"),
    ] {
        let told = tell(t.gateway(method, path)).await.is(401);
        let expected = json!({"code": 401, "message": "Unauthorized; scope does not match"});
        assert_eq!(told.json(), expected, "{path}");
    }
    tell(t.gateway(Method::GET, "/wiki/api/v2/pages/1"))
        .await
        .is(404);
    // Either set of scopes opens an upload.
    t.sandbox.set_scopes(&[
        "read:content-details:confluence",
        "write:attachment:confluence",
    ]);
    tell(t.gateway(Method::PUT, "/wiki/rest/api/content/1/child/attachment"))
        .await
        .is(403);
    // A classic token has none to check.
    let url = format!(
        "{}/ex/confluence/{CLOUD_ID}/wiki/api/v2/spaces",
        t.sandbox.addresses().gateway
    );
    tell(
        t.http
            .get(url)
            .basic_auth(&t.who.email, Some(&t.who.api_token)),
    )
    .await
    .is(200);
}

#[tokio::test]
async fn c7_a_scoped_token_is_refused_by_the_site_with_html() {
    let t = Tried::start().await;
    for path in ["/api/v2/spaces", "/rest/api/user/current"] {
        let url = format!("{}{path}", t.sandbox.addresses().cloud);
        let request = t
            .http
            .get(url)
            .basic_auth(&t.who.email, Some(&t.who.scoped_api_token));
        let told = tell(request).await.is(401);
        assert!(told.header("content-type").starts_with("text/html"));
    }
    let site = t.sandbox.addresses().cloud.replace("/wiki", "");
    let told = tell(t.http.get(format!("{site}/_edge/tenant_info")))
        .await
        .is(200);
    assert_eq!(told.json(), json!({"cloudId": CLOUD_ID}));
}

#[tokio::test]
async fn c8_the_removed_api_is_gone() {
    let t = Tried::start().await;
    for path in [
        "/content",
        "/content/1",
        "/space",
        "/space/PAY",
        "/content/1/label",
        "/content/1/history",
    ] {
        let told = tell(t.gateway(Method::GET, &format!("/wiki/rest/api{path}")))
            .await
            .is(410)
            .json();
        assert_eq!(told["statusCode"], 410, "{path}");
        assert_eq!(told["data"]["authorized"], true);
        assert!(told["message"].as_str().unwrap().contains("GoneException"));
    }
    tell(
        t.gateway(Method::POST, "/wiki/rest/api/content")
            .json(&json!({})),
    )
    .await
    .is(410);
}

#[tokio::test]
async fn c9_attachments_are_put_and_not_posted_twice() {
    let t = Tried::start().await;
    let page = t.create("Files", "").await.is(200).json();
    let id = page["id"].as_str().unwrap();
    let path = format!("/content/{id}/child/attachment");
    let send = |method: Method, form| {
        t.v1(method, &path)
            .header("X-Atlassian-Token", "nocheck")
            .multipart(form)
    };
    let told = tell(t.v1(Method::PUT, &path).multipart(form("a.pdf", b"1", "")))
        .await
        .is(403);
    assert!(told.text.contains("XSRF check failed"));
    let first = tell(send(Method::PUT, form("Rückblick.pdf", b"one", "für alle")))
        .await
        .is(200)
        .json();
    let file = &first["results"][0];
    assert_eq!(file["title"], "Rückblick.pdf");
    assert!(file["id"].as_str().unwrap().starts_with("att"));
    assert_eq!(file["extensions"]["comment"], "für alle");
    assert_eq!(file["extensions"]["fileSize"], 3);
    assert_eq!(
        file["extensions"]["collectionName"],
        format!("contentId-{id}")
    );
    assert_eq!(file["version"]["number"], 1);
    let second = tell(send(Method::PUT, form("Rückblick.pdf", b"two!", "neu")))
        .await
        .is(200)
        .json();
    assert_eq!(second["results"][0]["id"], file["id"]);
    assert_eq!(second["results"][0]["version"]["number"], 2);
    let told = tell(send(Method::POST, form("Rückblick.pdf", b"3", "")))
        .await
        .is(400);
    assert!(told.text.contains(
        "Cannot add a new attachment with same file name as an existing attachment: Rückblick.pdf. \
         Log referral number is "
    ));
    // A comment whose part does not say UTF-8 is read as Latin-1.
    use reqwest::multipart::{Form, Part};
    let mojibake = Form::new()
        .part("file", Part::bytes(b"x".to_vec()).file_name("m.pdf"))
        .text("comment", "ü");
    let told = tell(send(Method::PUT, mojibake)).await.is(200).json();
    assert_eq!(told["results"][0]["extensions"]["comment"], "\u{c3}\u{bc}");

    let request = t
        .v2(Method::GET, &format!("/pages/{id}/attachments"))
        .query(&[("filename", "Rückblick.pdf")]);
    let listed = tell(request).await.is(200).json();
    assert_eq!(listed["results"].as_array().unwrap().len(), 1);
    assert_eq!(listed["results"][0]["comment"], "neu");
    // The download leads to the media host, which wants no credentials.
    let file_id = file["id"].as_str().unwrap();
    let told = tell(t.v1(Method::GET, &format!("{path}/{file_id}/download")))
        .await
        .is(302);
    let media = told.header("location").to_owned();
    assert_eq!(tell(t.http.get(&media)).await.is(200).text, "two!");
    tell(t.http.get(&media).bearer_auth("x")).await.is(400);
    let web = format!(
        "{}{}",
        t.sandbox.addresses().cloud,
        listed["results"][0]["downloadLink"].as_str().unwrap()
    );
    let told = tell(t.http.get(web)).await.is(200);
    assert_eq!(
        (told.text.as_str(), told.header("content-type")),
        ("two!", "application/pdf")
    );

    tell(t.v2(Method::DELETE, &format!("/attachments/{file_id}")))
        .await
        .is(204);
    tell(t.v2(Method::DELETE, &format!("/attachments/{file_id}")))
        .await
        .is(404);
    let large = vec![b'x'; 3 * 1024 * 1024];
    let told = tell(send(Method::PUT, form("large.pdf", &large, "")))
        .await
        .is(200)
        .json();
    assert_eq!(told["results"][0]["extensions"]["fileSize"], large.len());
    t.sandbox.set_largest_attachment(4);
    tell(send(Method::PUT, form("big.pdf", b"12345", "")))
        .await
        .is(404);
    let missing = t
        .v1(Method::PUT, "/content/1/child/attachment")
        .header("X-Atlassian-Token", "no-check");
    tell(missing.multipart(form("a.pdf", b"1", "")))
        .await
        .is(404);
}

#[tokio::test]
async fn c11_lists_lag_behind_when_asked_to() {
    let t = Tried::start().await;
    t.sandbox
        .set_read_lag(std::time::Duration::from_millis(1500));
    let page = t.create("Fresh", "").await.is(200).json();
    tell(t.v2(
        Method::GET,
        &format!("/pages/{}", page["id"].as_str().unwrap()),
    ))
    .await
    .is(200);
    assert_eq!(t.page_titled("Fresh").await, Value::Null);
    tokio::time::sleep(std::time::Duration::from_millis(1700)).await;
    assert_eq!(t.page_titled("Fresh").await["id"], page["id"]);
    tell(t.v2(
        Method::DELETE,
        &format!("/pages/{}", page["id"].as_str().unwrap()),
    ))
    .await
    .is(204);
    assert_eq!(t.page_titled("Fresh").await["status"], "current");
}

#[tokio::test]
async fn c12_what_is_stored_is_rewritten() {
    let t = Tried::start().await;
    let sent = "<p>a<br/><!-- no --></p><ac:structured-macro ac:name=\"toc\"/>";
    let page = t.create("Rewritten", sent).await.is(200).json();
    let stored = page["body"]["storage"]["value"].as_str().unwrap();
    assert!(
        stored.contains("<br />") && !stored.contains("<!--"),
        "{stored}"
    );
    assert!(stored.contains("ac:schema-version=\"1\"") && stored.contains("ac:macro-id=\""));
    for bad in ["<p>", "a & b", "<p>\u{1}</p>", "<x:y/>"] {
        t.create("Bad", bad).await.is(400);
    }
}

#[tokio::test]
async fn lists_come_in_pages_with_cursors() {
    let t = Tried::start().await;
    let mut keys = Vec::new();
    let site = t.sandbox.addresses().cloud.replace("/wiki", "");
    let mut url = format!("{site}/wiki/api/v2/spaces");
    let mut rounds = 0;
    loop {
        let request = t
            .http
            .get(&url)
            .basic_auth(&t.who.email, Some(&t.who.api_token));
        let told = tell(request).await.is(200);
        let page = told.json();
        keys.extend(
            page["results"]
                .as_array()
                .unwrap()
                .iter()
                .map(|s| s["key"].to_string()),
        );
        rounds += 1;
        let Some(next) = page["_links"]["next"].as_str() else {
            assert_eq!(told.header("link"), "");
            break;
        };
        assert!(
            next.starts_with("/wiki/api/v2/spaces?") && next.contains("cursor="),
            "{next}"
        );
        assert_eq!(told.header("link"), format!("<{next}>; rel=\"next\""));
        url = format!("{site}{next}");
    }
    let count = keys.len();
    keys.sort();
    keys.dedup();
    assert!(
        rounds == 2 && count > 25 && keys.len() == count,
        "{rounds} {count}"
    );
    for limit in ["0", "251", "x"] {
        tell(t.v2(Method::GET, &format!("/spaces?limit={limit}")))
            .await
            .is(400);
    }
    tell(t.v2(Method::GET, "/spaces?cursor=nonsense"))
        .await
        .is(400);
    let personal = tell(t.v2(Method::GET, "/spaces?type=personal"))
        .await
        .is(200)
        .json();
    assert!(
        personal["results"][0]["key"]
            .as_str()
            .unwrap()
            .starts_with('~')
    );
}

#[tokio::test]
async fn the_rest_of_the_error_table() {
    let t = Tried::start().await;
    let big = format!("<p>{}</p>", "x".repeat(5 * 1024 * 1024));
    t.create("Big", &big).await.is(413);
    t.create(&"t".repeat(256), "").await.is(400);
    t.create(&"ü".repeat(255), "").await.is(200);
    t.create("", "").await.is(400);
    let page = t.create("Own", "").await.is(200).json();
    let path = format!("/pages/{}", page["id"].as_str().unwrap());
    let mut own = update(&page, 2, "Own", "");
    own["parentId"] = page["id"].clone();
    let told = tell(t.v2(Method::PUT, &path).json(&own)).await.is(400);
    assert_eq!(told.title(), "Can not set page as its own parent");
    let wrong_base = format!("{}/home/rest/api/space", t.sandbox.addresses().cloud);
    let told = tell(t.http.get(wrong_base)).await.is(200);
    assert!(told.header("content-type").starts_with("text/html"));
    tell(t.v2(Method::POST, "/pages").body("{")).await.is(415);
    let broken = t
        .v2(Method::POST, "/pages")
        .header("content-type", "application/json");
    tell(broken.body("{")).await.is(400);
    tell(t.v2(Method::GET, "/pages/abc")).await.is(400);
    tell(t.v2(Method::GET, "/nothing")).await.is(404);
}

#[tokio::test]
async fn labels_properties_children_and_search() {
    let t = Tried::start().await;
    let page = t.create("Labelled", "").await.is(200).json();
    let id = page["id"].as_str().unwrap();
    let labels =
        json!([{"prefix": "global", "name": "retro"}, {"prefix": "global", "name": "2026"}]);
    let told = tell(
        t.v1(Method::POST, &format!("/content/{id}/label"))
            .json(&labels),
    )
    .await
    .is(200);
    assert_eq!(told.json()["results"].as_array().unwrap().len(), 2);
    let spaced = json!([{"prefix": "global", "name": "two words"}]);
    tell(
        t.v1(Method::POST, &format!("/content/{id}/label"))
            .json(&spaced),
    )
    .await
    .is(400);
    let listed = tell(t.v2(Method::GET, &format!("/pages/{id}/labels")))
        .await
        .is(200)
        .json();
    assert_eq!(listed["results"][0]["name"], "retro");

    let properties = format!("/pages/{id}/properties");
    let made = tell(
        t.v2(Method::POST, &properties)
            .json(&json!({"key": "editor", "value": "v2"})),
    )
    .await;
    let made = made.is(200).json();
    tell(
        t.v2(Method::POST, &properties)
            .json(&json!({"key": "editor", "value": "v2"})),
    )
    .await
    .is(400);
    let one = format!("{properties}/{}", made["id"].as_str().unwrap());
    let next = |n| json!({"key": "editor", "value": "v1", "version": {"number": n}});
    tell(t.v2(Method::PUT, &one).json(&next(1))).await.is(409);
    tell(t.v2(Method::PUT, &one).json(&next(2))).await.is(200);

    // An attachment has properties of its own.
    let file = tell(
        t.v1(Method::PUT, &format!("/content/{id}/child/attachment"))
            .header("X-Atlassian-Token", "nocheck")
            .multipart(form("a.pdf", b"1", "")),
    )
    .await
    .is(200)
    .json();
    let file = file["results"][0]["id"].as_str().unwrap().to_owned();
    let properties = format!("/attachments/{file}/properties");
    let digest = json!({"key": "digest", "value": "1"});
    let made = tell(t.v2(Method::POST, &properties).json(&digest)).await;
    let made = made.is(200).json();
    tell(t.v2(Method::POST, &properties).json(&digest))
        .await
        .is(400);
    let one = format!("{properties}/{}", made["id"].as_str().unwrap());
    let next = |n| json!({"key": "digest", "value": "2", "version": {"number": n}});
    tell(t.v2(Method::PUT, &one).json(&next(1))).await.is(409);
    tell(t.v2(Method::PUT, &one).json(&next(2))).await.is(200);
    let listed = |key: &str| t.v2(Method::GET, &format!("{properties}?key={key}"));
    let found = tell(listed("digest")).await.is(200).json();
    assert_eq!(found["results"][0]["value"], "2");
    let found = tell(listed("other")).await.is(200).json();
    assert_eq!(found["results"], json!([]));

    let retros = t.page_titled("Retrospectives").await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let children = tell(t.v2(Method::GET, &format!("/pages/{retros}/children")))
        .await
        .is(200)
        .json();
    assert_eq!(children["results"][0]["title"], "2025 Q4");
    let deep = tell(t.v2(Method::GET, &format!("/pages/{retros}/descendants")))
        .await
        .is(200)
        .json();
    assert_eq!(deep["results"].as_array().unwrap().len(), 6);

    let cql = "space = \"PAY\" and title ~ \"labell*\" and label = retro";
    let request = t.v1(Method::GET, "/search").query(&[("cql", cql)]);
    let found = tell(request).await.is(200).json();
    assert_eq!(found["results"][0]["content"]["id"], page["id"]);
    tell(t.v1(Method::GET, "/search").query(&[("cql", "title ~")]))
        .await
        .is(400);
}
