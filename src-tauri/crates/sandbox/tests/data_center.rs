//! The Data Center of the sandbox, row by row of what the real one does.

mod support;

use reqwest::Method;
use serde_json::{Value, json};
use support::*;

#[tokio::test]
async fn pages_are_created_changed_and_deleted() {
    let t = Tried::start().await;
    let page = t.create_dc("First", "<p>x<br/></p>").await.is(200).json();
    assert_eq!(
        (&page["type"], &page["status"]),
        (&json!("page"), &json!("current"))
    );
    assert!(page["id"].is_string() && page["space"]["id"].is_number());
    assert_eq!(page["version"]["number"], 1);
    assert_eq!(page["version"]["by"]["username"], "cmorgan");
    assert_eq!(page["body"]["storage"]["value"], "<p>x<br /></p>");
    assert_eq!(page["extensions"]["position"], "none");
    assert_eq!(page["ancestors"][0]["title"], "Team Payments");
    let links = &page["_links"];
    assert_eq!(links["webui"], "/display/PAY/First");
    assert_eq!(links["base"], t.sandbox.addresses().data_center.as_str());
    assert_eq!(links["context"], "/confluence");
    let id = page["id"].as_str().unwrap();
    let odd = t.create_dc("50% done?", "").await.is(200).json();
    let address = format!(
        "/pages/viewpage.action?pageId={}",
        odd["id"].as_str().unwrap()
    );
    assert_eq!(odd["_links"]["webui"], address);

    let path = format!("/content/{id}");
    let told = tell(
        t.dc(Method::PUT, &path)
            .json(&update_dc(&page, 1, "First", "")),
    )
    .await
    .is(409);
    let message = "Version must be incremented on update. Current version is: 1";
    assert_eq!(told.json()["message"], message);
    let mut moved = update_dc(&page, 2, "First", "<p>y</p>");
    moved["ancestors"] = json!([{"id": odd["id"]}]);
    let told = tell(t.dc(Method::PUT, &path).json(&moved))
        .await
        .is(200)
        .json();
    assert_eq!(told["ancestors"][1]["id"], odd["id"]);

    let listed = tell(t.dc(
        Method::GET,
        "/content?type=page&spaceKey=PAY&title=First&expand=version,body.storage",
    ))
    .await
    .is(200)
    .json();
    assert_eq!(listed["results"][0]["version"]["number"], 2);
    assert_eq!(listed["results"][0]["body"]["storage"]["value"], "<p>y</p>");
    let history = tell(t.dc(Method::GET, &format!("{path}/history")));
    assert_eq!(history.await.is(200).json()["lastUpdated"]["number"], 2);
    tell(t.dc(Method::DELETE, &path)).await.is(204);
    tell(t.dc(Method::GET, &path)).await.is(404);
    let trashed = tell(t.dc(Method::GET, &format!("{path}?status=trashed")))
        .await
        .is(200)
        .json();
    assert_eq!(trashed["status"], "trashed");
    let listed = tell(t.dc(Method::GET, "/content?spaceKey=PAY&title=First&status=any"))
        .await
        .is(200)
        .json();
    assert_eq!(listed["results"][0]["status"], "trashed");
    tell(t.dc(Method::DELETE, &format!("{path}?status=trashed")))
        .await
        .is(204);
    tell(t.dc(Method::GET, &format!("{path}?status=any")))
        .await
        .is(404);
}

#[tokio::test]
async fn the_error_table() {
    let t = Tried::start().await;
    t.create_dc("Twice", "").await.is(200);
    let told = t.create_dc("TWICE", "").await.is(400).json();
    assert_eq!(
        told["message"],
        "A page with this title already exists: A page already exists with the title TWICE in the \
         space with key PAY"
    );
    assert_eq!(
        (&told["statusCode"], &told["reason"]),
        (&json!(400), &json!("Bad Request"))
    );
    t.create_dc("Team health 2025", "").await.is(400);
    let told = t.create_dc("Bad", "<p>\n</b>").await.is(400).json();
    let message = told["message"].as_str().unwrap();
    assert!(message.starts_with("Error parsing xhtml: "), "{message}");
    assert!(
        message.contains("\n at [row,col {unknown-source}]: [2,"),
        "{message}"
    );
    let mut elsewhere = new_content("X", "");
    elsewhere["space"]["key"] = json!("HAND");
    let told = tell(t.dc(Method::POST, "/content").json(&elsewhere))
        .await
        .is(403)
        .json();
    let message = told["message"].as_str().unwrap();
    assert!(message.ends_with("PermissionException: Could not create content with type page"));
    let told = tell(t.dc(Method::GET, "/content?spaceKey=NOPE"))
        .await
        .is(404)
        .json();
    assert_eq!(told["message"], "No space with key : NOPE");
    assert_eq!(told["data"]["authorized"], false);
    tell(t.dc(Method::GET, "/space/BOARD")).await.is(404);
    let read_only = tell(t.dc(Method::GET, "/content?spaceKey=HAND&title=Holidays"))
        .await
        .is(200)
        .json();
    let path = format!(
        "/content/{}",
        read_only["results"][0]["id"].as_str().unwrap()
    );
    let told = tell(t.dc(Method::DELETE, &path)).await.is(403).json();
    assert!(
        told["message"]
            .as_str()
            .unwrap()
            .starts_with("Unable to trash content")
    );
    let big = format!("<p>{}</p>", "x".repeat(5_242_881));
    let told = t.create_dc("Big", &big).await.is(413).json();
    let message = "Request too large. Requests for this resource can be at most 5242880 bytes";
    assert_eq!(told["message"], message);
    let archived = tell(t.dc(
        Method::GET,
        "/content?spaceKey=PAY&title=Team%20health%202025&status=archived",
    ))
    .await
    .is(200)
    .json()["results"][0]
        .clone();
    let path = format!("/content/{}", archived["id"].as_str().unwrap());
    let told = tell(
        t.dc(Method::PUT, &path)
            .json(&update_dc(&archived, 2, "T", "")),
    )
    .await
    .is(404)
    .json();
    assert_eq!(told["message"], "Can not find draft with current content");
}

#[tokio::test]
async fn d1_there_is_no_v2_and_the_context_path_counts() {
    let t = Tried::start().await;
    let base = &t.sandbox.addresses().data_center;
    let token = &t.who.personal_access_token;
    tell(
        t.http
            .get(format!("{base}/api/v2/spaces"))
            .bearer_auth(token),
    )
    .await
    .is(404);
    let bare = base.replace("/confluence", "");
    tell(
        t.http
            .get(format!("{bare}/rest/api/space"))
            .bearer_auth(token),
    )
    .await
    .is(404);
    let info = tell(t.dc(Method::GET, "/server-information"))
        .await
        .is(200)
        .json();
    assert_eq!(info["baseUrl"], base.as_str());
    assert!(info["version"].as_str().unwrap().starts_with("10."));
    tell(t.http.get(format!("{base}/rest/api/server-information")))
        .await
        .is(401);
    let manifest = tell(t.http.get(format!("{base}/rest/applinks/1.0/manifest")))
        .await
        .is(200);
    assert!(manifest.text.contains("<typeId>confluence</typeId>"));
    let status = tell(t.http.get(format!("{base}/status"))).await.is(200);
    assert_eq!(status.json(), json!({"state": "RUNNING"}));
}

#[tokio::test]
async fn d2_anonymous_answers_and_sign_in_pages() {
    let t = Tried::start().await;
    let base = t.sandbox.addresses().data_center.clone();
    let me = format!("{base}/rest/api/user/current");
    tell(t.http.get(&me)).await.is(403);
    tell(t.http.get(&me).bearer_auth("wrong")).await.is(401);
    t.sandbox.set_anonymous_access(true);
    for request in [t.http.get(&me), t.http.get(&me).bearer_auth("wrong")] {
        assert_eq!(tell(request).await.is(200).json()["type"], "anonymous");
    }
    let spaces = tell(t.http.get(format!("{base}/rest/api/space")))
        .await
        .is(200)
        .json();
    assert_eq!(spaces["results"], json!([]));
    assert_eq!(
        tell(t.dc(Method::GET, "/user/current"))
            .await
            .is(200)
            .json()["type"],
        "known"
    );
    t.sandbox.set_sign_on_page(true);
    let told = tell(t.dc(Method::GET, "/user/current")).await.is(200);
    assert!(told.header("content-type").starts_with("text/html"));
}

#[tokio::test]
async fn d3_basic_authentication_and_its_captcha() {
    let t = Tried::start().await;
    let url = format!(
        "{}/rest/api/user/current",
        t.sandbox.addresses().data_center
    );
    let basic = |password: &str| t.http.get(&url).basic_auth(&t.who.username, Some(password));
    let me = tell(basic(&t.who.password)).await.is(200).json();
    assert_eq!(me["username"], "cmorgan");
    let told = tell(basic(&t.who.personal_access_token)).await.is(401);
    assert!(
        told.text
            .contains("Basic Authentication Failure - Reason : AUTHENTICATED_FAILED")
    );
    for _ in 0..4 {
        let told = tell(basic("wrong")).await.is(401);
        assert_eq!(told.header("x-seraph-loginreason"), "AUTHENTICATED_FAILED");
        assert!(told.header("content-type").starts_with("text/html"));
    }
    let told = tell(basic(&t.who.password)).await.is(403);
    assert_eq!(told.header("x-seraph-loginreason"), "AUTHENTICATION_DENIED");
    let reason = told.header("x-authentication-denied-reason");
    let address = reason
        .strip_prefix("CAPTCHA_CHALLENGE; login-url=")
        .unwrap();
    tell(t.http.get(address)).await.is(200);
    tell(t.http.post(address)).await.is(200);
    tell(basic(&t.who.password)).await.is(200);
    t.sandbox.set_basic_authentication(false);
    let told = tell(basic(&t.who.password)).await.is(403).json();
    assert_eq!(
        told["message"],
        "Basic Authentication has been disabled on this instance."
    );
    tell(t.dc(Method::GET, "/user/current")).await.is(200);
}

#[tokio::test]
async fn d4_attachments_are_posted_and_updated_by_their_id() {
    let t = Tried::start().await;
    let page = t.create_dc("Files", "").await.is(200).json();
    let path = format!("/content/{}/child/attachment", page["id"].as_str().unwrap());
    let send = |method: Method, path: &str, form| {
        t.dc(method, path)
            .header("X-Atlassian-Token", "nocheck")
            .multipart(form)
    };
    tell(send(Method::PUT, &path, form("a.pdf", b"1", "")))
        .await
        .is(405);
    let told = tell(t.dc(Method::POST, &path).multipart(form("a.pdf", b"1", "")))
        .await
        .is(403);
    assert!(told.text.contains("XSRF check failed"));
    let made = tell(send(Method::POST, &path, form("ä.pdf", b"one", "erste")))
        .await
        .is(200)
        .json();
    let file = &made["results"][0];
    let id = file["id"].as_str().unwrap();
    assert!(id.bytes().all(|byte| byte.is_ascii_digit()), "{id}");
    assert_eq!(
        (&file["title"], &file["extensions"]["comment"]),
        (&json!("ä.pdf"), &json!("erste"))
    );
    let told = tell(send(Method::POST, &path, form("ä.pdf", b"two", "")))
        .await
        .is(400)
        .json();
    let message = told["message"].as_str().unwrap();
    assert!(message.starts_with(
        "Cannot add a new attachment with same file name as an existing attachment: ä.pdf. "
    ));
    let data = format!("{path}/{id}/data");
    let told = tell(send(Method::POST, &data, form("ä.pdf", b"two", "zweite")))
        .await
        .is(200)
        .json();
    assert_eq!(told["version"]["number"], 2);
    let listed = tell(t.dc(Method::GET, &path).query(&[("filename", "ä.pdf")]))
        .await
        .is(200)
        .json();
    assert_eq!(
        (
            &listed["size"],
            &listed["results"][0]["metadata"]["comment"]
        ),
        (&json!(1), &json!("zweite"))
    );
    let link = listed["results"][0]["_links"]["download"].as_str().unwrap();
    let url = format!("{}{link}", t.sandbox.addresses().data_center);
    assert_eq!(tell(t.http.get(url)).await.is(200).text, "two");
    tell(t.dc(Method::DELETE, &format!("/content/{id}")))
        .await
        .is(204);
    let listed = tell(t.dc(Method::GET, &path)).await.is(200).json();
    assert_eq!(listed["size"], 0);
}

#[tokio::test]
async fn lists_come_in_pages_by_start_and_limit() {
    let t = Tried::start().await;
    let first = tell(t.dc(Method::GET, "/space")).await.is(200).json();
    assert_eq!(
        (&first["start"], &first["limit"], &first["size"]),
        (&json!(0), &json!(25), &json!(25))
    );
    let next = first["_links"]["next"].as_str().unwrap();
    assert_eq!(next, "/rest/api/space?limit=25&start=25");
    let url = format!("{}{next}", t.sandbox.addresses().data_center);
    let second = tell(t.http.get(url).bearer_auth(&t.who.personal_access_token))
        .await
        .is(200)
        .json();
    assert!(second["size"].as_u64().unwrap() > 0);
    assert_eq!(second["_links"]["next"], Value::Null);
    let personal = tell(t.dc(Method::GET, "/space?type=personal&expand=homepage"))
        .await
        .is(200)
        .json();
    assert_eq!(personal["results"][0]["key"], "~cmorgan");
    assert_eq!(personal["results"][0]["homepage"]["type"], "page");
    let mine = tell(t.dc(Method::GET, "/space/~cmorgan"))
        .await
        .is(200)
        .json();
    assert_eq!(mine["type"], "personal");
}

#[tokio::test]
async fn labels_properties_and_children() {
    let t = Tried::start().await;
    let page = t.create_dc("Labelled", "").await.is(200).json();
    let id = page["id"].as_str().unwrap();
    let path = format!("/content/{id}/label");
    let told = tell(
        t.dc(Method::POST, &path)
            .json(&json!([{"prefix": "global", "name": "Retro"}])),
    )
    .await;
    assert_eq!(told.is(200).json()["results"][0]["name"], "retro");
    tell(t.dc(Method::DELETE, &format!("{path}?name=retro")))
        .await
        .is(204);
    assert_eq!(
        tell(t.dc(Method::GET, &path)).await.is(200).json()["size"],
        0
    );
    let path = format!("/content/{id}/property");
    let sent = json!({"key": "retropress", "value": {"op": 1}});
    tell(t.dc(Method::POST, &path).json(&sent)).await.is(200);
    tell(t.dc(Method::POST, &path).json(&sent)).await.is(400);
    let one = format!("{path}/retropress");
    let next = |n| json!({"key": "retropress", "value": {"op": 2}, "version": {"number": n}});
    tell(t.dc(Method::PUT, &one).json(&next(1))).await.is(409);
    tell(t.dc(Method::PUT, &one).json(&next(2))).await.is(200);
    assert_eq!(
        tell(t.dc(Method::GET, &one)).await.is(200).json()["value"]["op"],
        2
    );
    let retros = tell(t.dc(Method::GET, "/content?spaceKey=PAY&title=Retrospectives"))
        .await
        .is(200)
        .json();
    let id = retros["results"][0]["id"].as_str().unwrap();
    let children = tell(t.dc(Method::GET, &format!("/content/{id}/child/page")))
        .await
        .is(200)
        .json();
    assert_eq!(children["results"][1]["title"], "2026 Q1");
}
