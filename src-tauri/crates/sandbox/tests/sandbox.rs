//! What the sandbox adds to Confluence: faults, the record, its memory, the
//! pages for a browser.

#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use reqwest::Method;
use retropress_sandbox::{Fault, Host, Matching, Options, Sandbox, SandboxError};
use serde_json::json;
use support::*;

async fn titles(t: &Tried, title: &str) -> usize {
    let request = t.v2(Method::GET, "/pages").query(&[("title", title)]);
    tell(request).await.is(200).json()["results"]
        .as_array()
        .unwrap()
        .len()
}

/// How long a client waits for its answer; a loaded machine needs a moment for one.
const PATIENCE: Duration = Duration::from_secs(3);

/// Sends a create of this title and answers what came back, if anything.
async fn sent(
    t: &Tried,
    space: &serde_json::Value,
    title: &str,
) -> Result<(u16, String), reqwest::Error> {
    let request = t
        .v2(Method::POST, "/pages")
        .json(&new_page(space, title, ""));
    let response = request.timeout(PATIENCE).send().await?;
    let status = response.status().as_u16();
    Ok((status, response.text().await?))
}

#[tokio::test]
async fn each_fault_fires_and_does_what_it_says() {
    let t = Tried::start().await;
    let space = t.space("PAY").await["id"].clone();
    let faults = t.sandbox.faults();
    // Fault, whether an answer arrives (and with which status), whether the
    // page is there afterwards.
    let cases = [
        (Fault::cut(), None, 0),
        (Fault::cut().after_handling(), None, 1),
        (Fault::cut_in_answer(), None, 1),
        (Fault::hang(), None, 0),
        (Fault::hang().after_handling(), None, 1),
        (Fault::delay(Duration::from_millis(300)), Some(200), 1),
        (
            Fault::delay(Duration::from_millis(300)).after_handling(),
            Some(200),
            1,
        ),
        (Fault::status(503), Some(503), 0),
        (Fault::status(504).after_handling(), Some(504), 1),
        (Fault::html(), Some(200), 0),
        (Fault::html().after_handling(), Some(200), 1),
        (Fault::invalid_json(), Some(200), 0),
        (Fault::rate_limited(7), Some(429), 0),
    ];
    for (number, (fault, expected, pages)) in cases.into_iter().enumerate() {
        let name = fault.to_string();
        let title = format!("Case {number}");
        let slow = matches!(expected, Some(200)) && name.starts_with("delay");
        let played = faults.on(
            Matching::request("POST", "/api/v2/pages$").host(Host::Cloud),
            fault,
        );
        let before = Instant::now();
        let answer = sent(&t, &space, &title).await;
        assert!(played.fired(), "{name} did not fire");
        assert_eq!(
            answer.as_ref().ok().map(|(status, _)| *status),
            expected,
            "{name}"
        );
        assert_eq!(titles(&t, &title).await, pages, "{name}");
        if slow {
            assert!(before.elapsed() >= Duration::from_millis(300), "{name}");
        }
        let recorded = t.sandbox.requests();
        let recorded = recorded.iter().rev().find(|r| r.method == "POST").unwrap();
        assert_eq!(recorded.fault.as_deref(), Some(name.as_str()));
        assert_eq!(recorded.handled, pages == 1, "{name}");
    }
    assert!(faults.unfired().is_empty());
    faults.on(Matching::any(), Fault::rate_limited(7));
    let told = tell(t.v2(Method::GET, "/spaces")).await.is(429);
    assert_eq!(told.header("retry-after"), "7");
    faults.on(Matching::any(), Fault::invalid_json());
    let told = tell(t.v2(Method::GET, "/spaces")).await.is(200);
    assert!(serde_json::from_str::<serde_json::Value>(&told.text).is_err());
}

#[tokio::test]
async fn a_request_whose_client_hung_up_is_done_all_the_same() {
    let t = Tried::start().await;
    let space = t.space("PAY").await["id"].clone();
    t.sandbox.faults().on(
        Matching::request("POST", "pages"),
        Fault::delay(2 * PATIENCE),
    );
    assert!(sent(&t, &space, "Late").await.unwrap_err().is_timeout());
    assert_eq!(titles(&t, "Late").await, 0);
    let begun = Instant::now();
    while titles(&t, "Late").await == 0 {
        assert!(begun.elapsed() < Duration::from_secs(60), "it never came");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_closed_host_refuses_connections() {
    let t = Tried::start().await;
    t.space("PAY").await;
    t.sandbox.set_reachable(Host::Cloud, false).await.unwrap();
    // A client of its own: the other one still holds a connection that was cut.
    let fresh = reqwest::Client::builder().no_proxy().build().unwrap();
    let error = fresh
        .get(&t.sandbox.addresses().cloud)
        .send()
        .await
        .unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    tell(t.dc(Method::GET, "/space")).await.is(200);
    t.sandbox.set_reachable(Host::Cloud, true).await.unwrap();
    t.space("PAY").await;
}

#[tokio::test]
async fn every_request_waits_when_asked_to() {
    let t = Tried::start().await;
    t.sandbox.set_delay(Duration::from_millis(120));
    let before = Instant::now();
    t.space("PAY").await;
    assert!(before.elapsed() >= Duration::from_millis(120));
}

#[tokio::test]
async fn the_record_tells_everything_but_the_secrets() {
    let t = Tried::start().await;
    t.sandbox.clear_requests();
    let page = t.create("Told", "<p>x</p>").await.is(200).json();
    let path = format!("/content/{}/child/attachment", page["id"].as_str().unwrap());
    let upload = t
        .v1(Method::PUT, &path)
        .header("X-Atlassian-Token", "nocheck");
    tell(upload.multipart(form("ü.pdf", b"pdf", "c")))
        .await
        .is(200);
    tell(t.dc(Method::GET, "/space?limit=1")).await.is(200);
    tell(t.gateway(Method::GET, "/wiki/api/v2/spaces"))
        .await
        .is(200);
    let base = &t.sandbox.addresses().data_center;
    let wrong = t
        .http
        .get(format!("{base}/rest/api/space"))
        .basic_auth("cmorgan", Some("guess"));
    tell(wrong).await.is(401);

    let all = t.sandbox.requests();
    let hosts: Vec<Host> = all.iter().map(|r| r.host).collect();
    let expected = [
        Host::Cloud,
        Host::Cloud,
        Host::Cloud,
        Host::DataCenter,
        Host::Gateway,
        Host::DataCenter,
    ];
    assert_eq!(hosts, expected);
    let kinds: Vec<&str> = all
        .iter()
        .map(|r| r.header("authorization").unwrap())
        .collect();
    assert_eq!(kinds[1], "Basic (API token)");
    assert_eq!(kinds[3], "Bearer (personal access token)");
    assert_eq!(kinds[4], "Basic (scoped API token)");
    assert_eq!(kinds[5], "Basic (unknown)");
    assert_eq!(
        (all[1].method.as_str(), all[1].path.as_str()),
        ("POST", "/wiki/api/v2/pages")
    );
    assert_eq!(
        (all[1].json()["title"].as_str(), all[1].status),
        (Some("Told"), Some(200))
    );
    assert_eq!(all[2].parts[0].file_name.as_deref(), Some("ü.pdf"));
    assert_eq!(all[2].parts[0].bytes.as_ref(), b"pdf");
    assert_eq!(all[3].query, "limit=1");
    let written = format!("{all:?}{:?}{:?}", t.sandbox, t.who);
    for secret in [
        &t.who.api_token,
        &t.who.scoped_api_token,
        &t.who.personal_access_token,
        &t.who.password,
    ] {
        assert!(!written.contains(secret.as_str()));
    }
    assert!(!written.contains("guess"));
}

#[tokio::test]
async fn what_was_published_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        port: 0,
        folder: Some(folder.path().to_owned()),
    };
    let t = Tried::with(options.clone()).await;
    let page = t.create("Kept", "<p>x</p>").await.is(200).json();
    let id = page["id"].as_str().unwrap().to_owned();
    let path = format!("/content/{id}/child/attachment");
    let upload = t
        .v1(Method::PUT, &path)
        .header("X-Atlassian-Token", "nocheck");
    tell(upload.multipart(form("a.pdf", b"bytes", "")))
        .await
        .is(200);
    let kept = t.create_dc("Kept", "").await.is(200).json();
    let who = t.who.clone();
    t.sandbox.stop().await;

    let t = Tried::with(options.clone()).await;
    assert_eq!(t.who, who);
    let again = tell(t.v2(Method::GET, &format!("/pages/{id}?body-format=storage")))
        .await
        .is(200)
        .json();
    assert_eq!(again["body"]["storage"]["value"], "<p>x</p>");
    let file = format!(
        "{}/download/attachments/{id}/a.pdf",
        t.sandbox.addresses().cloud
    );
    assert_eq!(tell(t.http.get(file)).await.is(200).text, "bytes");
    tell(t.dc(
        Method::GET,
        &format!("/content/{}", kept["id"].as_str().unwrap()),
    ))
    .await
    .is(200);

    t.sandbox.empty().await.unwrap();
    tell(t.v2(Method::GET, &format!("/pages/{id}")))
        .await
        .is(404);
    let next = t.create("Kept", "").await.is(200).json();
    assert_ne!(next["id"], page["id"], "an id was used twice");
    t.sandbox.stop().await;

    // A damaged file is set aside, and said.
    for tail in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(folder.path().join(format!("sandbox.sqlite3{tail}")));
    }
    std::fs::write(folder.path().join("sandbox.sqlite3"), "no database").unwrap();
    let t = Tried::with(options).await;
    assert!(
        t.sandbox
            .notice()
            .unwrap()
            .contains("sandbox.sqlite3.damaged-1")
    );
    assert_ne!(t.who, who);
    t.create("Kept", "").await.is(200);
    let aside = std::fs::read(folder.path().join("sandbox.sqlite3.damaged-1")).unwrap();
    assert!(aside == b"no database");
}

#[tokio::test]
async fn a_busy_port_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = Sandbox::start(Options { port, folder: None })
        .await
        .unwrap_err();
    assert!(
        matches!(error, SandboxError::PortBusy { port: p } if p == port),
        "{error}"
    );
}

#[tokio::test]
async fn only_loopback_is_answered_and_by_its_own_name() {
    let t = Tried::start().await;
    let base = t.sandbox.addresses().cloud.clone();
    tell(t.http.get(base.replace("localhost", "127.0.0.1")))
        .await
        .is(200);
    let port = base
        .split(':')
        .nth(2)
        .unwrap()
        .trim_end_matches("/wiki")
        .to_owned();
    for name in ["evil.example", "localhost.evil.example:80", "192.0.2.1"] {
        tell(t.http.get(&base).header("host", name)).await.is(421);
    }
    tell(t.http.get(&base).header("host", format!("[::1]:{port}")))
        .await
        .is(200);
    // Another address of this computer.
    assert!(std::net::TcpStream::connect(format!("127.0.0.2:{port}")).is_err());
}

const HOSTILE: &str = "<script>alert(1)</script>";

#[tokio::test]
async fn hostile_text_stays_text_on_the_web_pages() {
    let t = Tried::start().await;
    let body = format!(
        "<p>{escaped}</p><script>alert(2)</script><p onclick=\"alert(3)\" style=\"x\">p</p>\
         <a href=\"javascript:alert(4)\">link</a><a href=\"java&#10;script:alert(5)\">l</a>\
         <iframe src=\"https://evil.example\"></iframe><img src=\"https://evil.example/x.png\" />\
         <ac:structured-macro ac:name=\"status\"><ac:parameter ac:name=\"colour\">\" onload=\"</ac:parameter>\
         <ac:parameter ac:name=\"title\">{escaped}</ac:parameter></ac:structured-macro>\
         <ac:structured-macro ac:name=\"anchor\"><ac:parameter ac:name=\"\">\"&gt;{escaped}</ac:parameter></ac:structured-macro>\
         <ac:structured-macro ac:name=\"{escaped}\"><ac:plain-text-body><![CDATA[{HOSTILE}]]></ac:plain-text-body></ac:structured-macro>\
         <table><tbody><tr><td data-highlight-colour=\"red;background:url(x)\" colspan=\"2&quot; x\">c</td></tr></tbody></table>\
         <ac:image ac:width=\"1&quot; onerror=&quot;x\"><ri:url ri:value=\"https://evil.example/y.png\" /></ac:image>",
        escaped = "&lt;script&gt;alert(1)&lt;/script&gt;",
    );
    let page = t.create(HOSTILE, &body).await.is(200).json();
    let id = page["id"].as_str().unwrap();
    let label = json!([{"prefix": "global", "name": "a\"b"}]);
    tell(
        t.v1(Method::POST, &format!("/content/{id}/label"))
            .json(&label),
    )
    .await
    .is(200);
    let upload = t.v1(Method::PUT, &format!("/content/{id}/child/attachment"));
    let upload = upload.header("X-Atlassian-Token", "nocheck");
    let file = reqwest::multipart::Part::bytes(HOSTILE.as_bytes().to_vec())
        .file_name("x.html")
        .mime_str("text/html")
        .unwrap();
    tell(upload.multipart(reqwest::multipart::Form::new().part("file", file)))
        .await
        .is(200);
    let base = &t.sandbox.addresses().cloud;
    let told = tell(t.http.get(format!(
        "{base}{}",
        page["_links"]["webui"].as_str().unwrap()
    )))
    .await
    .is(200);
    let lower = told.text.to_lowercase();
    for bad in [
        "<script",
        "javascript:",
        "<iframe",
        "<img",
        " onclick",
        " onload=\"",
        "onerror=\"",
        "url(x)",
    ] {
        assert!(!lower.contains(bad), "{bad} in {}", told.text);
    }
    assert!(told.text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    let policy = told.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    let told = tell(
        t.http
            .get(format!("{base}/download/attachments/{id}/x.html")),
    )
    .await
    .is(200);
    assert_eq!(told.header("content-type"), "application/octet-stream");
    assert!(told.header("content-disposition").starts_with("attachment"));
}

const PAGE: &str = "<h2>Part</h2><ac:structured-macro ac:name=\"details\"><ac:rich-text-body><table><tbody>\
    <tr><th>Team</th><td data-highlight-colour=\"#e3fcef\">Payments</td></tr></tbody></table></ac:rich-text-body>\
    </ac:structured-macro><ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>complete</ac:task-status>\
    <ac:task-body>Do it <time datetime=\"2026-03-13\" /></ac:task-body></ac:task></ac:task-list>\
    <p><ac:structured-macro ac:name=\"status\"><ac:parameter ac:name=\"colour\">Green</ac:parameter>\
    <ac:parameter ac:name=\"title\">3 VOTES</ac:parameter></ac:structured-macro></p>\
    <ac:structured-macro ac:name=\"expand\"><ac:parameter ac:name=\"title\">More</ac:parameter>\
    <ac:rich-text-body><p>inside</p></ac:rich-text-body></ac:structured-macro>\
    <p><ac:link><ri:attachment ri:filename=\"a.pdf\" /><ac:link-body>the PDF</ac:link-body></ac:link></p>";

#[tokio::test]
async fn a_published_page_can_be_looked_at_without_signing_in() {
    let t = Tried::start().await;
    let cloud = t.create("Look", PAGE).await.is(200).json();
    let dc = t.create_dc("Look", PAGE).await.is(200).json();
    for (edition, page) in [("cloud", &cloud), ("dc", &dc)] {
        let id = page["id"].as_str().unwrap();
        let path = format!("/content/{id}/child/attachment");
        let (base, upload) = match edition {
            "cloud" => (&t.sandbox.addresses().cloud, t.v1(Method::PUT, &path)),
            _ => (
                &t.sandbox.addresses().data_center,
                t.dc(Method::POST, &path),
            ),
        };
        let upload = upload.header("X-Atlassian-Token", "nocheck");
        tell(upload.multipart(form("a.pdf", b"%PDF", "comment")))
            .await
            .is(200);
        let webui = format!("{base}{}", page["_links"]["webui"].as_str().unwrap());
        let told = tell(t.http.get(&webui)).await.is(200);
        let context = if edition == "cloud" {
            "/wiki"
        } else {
            "/confluence"
        };
        for part in [
            "Retropress sandbox: this is not Confluence",
            "<h1>Look</h1>",
            "<h2 id=\"heading-0\">Part</h2>",
            "<td bgcolor=\"#e3fcef\" class=\"highlight\">Payments</td>",
            "checked=\"checked\"",
            "<time datetime=\"2026-03-13\">13 Mar 2026</time>",
            "<span class=\"status green\">3 VOTES</span>",
            "<summary>More</summary><p>inside</p>",
            &format!("<a href=\"{context}/download/attachments/{id}/a.pdf\">the PDF</a>"),
            "Casey Morgan",
            "aria-current=\"page\"",
            "Team Payments",
        ] {
            assert!(told.text.contains(part), "{part} is not in {}", told.text);
        }
        let tiny = format!("{base}{}", page["_links"]["tinyui"].as_str().unwrap());
        let told = tell(t.http.get(tiny)).await.is(302);
        assert!(webui.ends_with(told.header("location")));
        let style = tell(t.http.get(format!("{base}/sandbox.css")))
            .await
            .is(200);
        assert!(style.header("content-type").starts_with("text/css"));
        let start = tell(t.http.get(base)).await.is(200);
        assert!(start.text.contains("Team Payments") && !start.text.contains("Board Papers"));
        let by_id = format!("{base}/pages/viewpage.action?pageId={id}");
        tell(t.http.get(&by_id)).await.is(200);
        let delete = match edition {
            "cloud" => t.v2(Method::DELETE, &format!("/pages/{id}")),
            _ => t.dc(Method::DELETE, &format!("/content/{id}")),
        };
        tell(delete).await.is(204);
        let told = tell(t.http.get(webui)).await.is(200);
        assert!(told.text.contains("This page is in the trash."));
    }
}

#[tokio::test]
async fn a_thousand_pages_are_quick() {
    let folder = tempfile::tempdir().unwrap();
    let t = Tried::with(Options {
        port: 0,
        folder: Some(folder.path().to_owned()),
    })
    .await;
    let space = t.space("PAY").await["id"].clone();
    // Of the processor's time: other programs do not count.
    let before = ProcessTime::now();
    for number in 0..1000 {
        let request =
            t.v2(Method::POST, "/pages")
                .json(&new_page(&space, &format!("Page {number}"), PAGE));
        tell(request).await.is(200);
    }
    let writing = before.elapsed();
    let before = ProcessTime::now();
    let found = t.page_titled("Page 999").await;
    let url = format!(
        "{}{}",
        t.sandbox.addresses().cloud,
        found["_links"]["webui"].as_str().unwrap()
    );
    tell(t.http.get(url)).await.is(200);
    let reading = before.elapsed();
    println!("1,000 pages: {writing:?}, one found and looked at: {reading:?}");
    // Generous: a quadratic store would need minutes.
    assert!(writing < Duration::from_secs(60), "{writing:?}");
    assert!(reading < Duration::from_secs(3), "{reading:?}");
}

#[tokio::test]
async fn the_colleague_makes_a_foreign_edit() {
    let t = Tried::start().await;
    let page = t.create("Shared", "<p>ours</p>").await.is(200).json();
    let other = t.sandbox.other_credentials();
    let id = page["id"].as_str().unwrap();
    let url = format!("{}/api/v2/pages/{id}", t.sandbox.addresses().cloud);
    let request = t
        .http
        .put(url)
        .basic_auth(&other.email, Some(&other.api_token));
    let told = tell(request.json(&update(&page, 2, "Shared", "<p>theirs</p>")))
        .await
        .is(200)
        .json();
    assert_ne!(told["version"]["authorId"], page["version"]["authorId"]);
}
