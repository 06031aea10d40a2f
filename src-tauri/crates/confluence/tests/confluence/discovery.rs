use retropress_confluence::{Edition, ErrorKind, Http, Outcome, ServerPage, Site, Url, discover};
use serde_json::json as j;

use crate::server::{Recorded, Reply, Server, html, http, json, status, text};

async fn kind(entered: &str) -> ErrorKind {
    discover(&http(), entered, false).await.unwrap_err().kind()
}

/// A Cloud site as far as discovery sees it.
fn cloud(request: &Recorded) -> Reply {
    match request.path.as_str() {
        "/_edge/tenant_info" => json(200, j!({ "cloudId": "11111111-2222" })),
        _ => html(200, "<html>sign in</html>"),
    }
}

/// A Data Center below `/confluence` that tells its version to visitors.
fn data_center(request: &Recorded) -> Reply {
    match request.path.as_str() {
        "/confluence/rest/api/server-information" => json(
            200,
            j!({ "baseUrl": "https://wiki.example/confluence", "version": "10.0.3", "buildNumber": 9999 }),
        ),
        _ => status(404),
    }
}

const MANIFEST: &str = r#"<?xml version="1.0" encoding="UTF-8"?><manifest><id>a</id><name>Team &amp; Wiki</name>
<typeId>confluence</typeId><version>VERSION</version><buildNumber>1</buildNumber><applinksVersion>9.1.1</applinksVersion></manifest>"#;

fn manifest(version: &str) -> Reply {
    text(200, "application/xml", MANIFEST.replace("VERSION", version))
}

async fn found(server: &Server, path: &str) -> Site {
    let entered = format!("{}{}", server.url.as_str().trim_end_matches('/'), path);
    match discover(&http(), &entered, false).await {
        Ok(site) => site,
        Err(error) => panic!("{entered}: {error:?}\n{:?}", server.lines()),
    }
}

#[tokio::test]
async fn every_form_of_a_cloud_address() {
    let server = Server::start(cloud).await;
    for path in [
        "",
        "/",
        "///",
        "/wiki",
        "/wiki/",
        "/wiki/wiki",
        "/wiki/home",
        "/wiki/spaces/PAY/overview",
        "/wiki/spaces/PAY/pages/123/Some+Title?atlOrigin=x#top",
        "/wiki/x/AQAB",
        "/jira/projects",
        "/wiki/rest/api/content",
        "/wiki/pages/viewpage.action?pageId=12",
    ] {
        let site = found(&server, path).await;
        assert_eq!(site.base_url, server.below("/wiki"), "{path}");
        assert_eq!(site.edition, Edition::Cloud);
        assert_eq!(site.cloud_id.as_deref(), Some("11111111-2222"));
        assert_eq!(site.version, None);
    }
}

#[tokio::test]
async fn every_form_of_a_data_center_address() {
    let server = Server::start(data_center).await;
    for path in [
        "/confluence",
        "/confluence/",
        "/confluence//",
        "/confluence/display/PAY/A+Page",
        "/confluence/pages/viewpage.action?pageId=7",
        "/confluence/spaces/PAY/overview",
        "/confluence/x/AQAB",
        "/confluence/dashboard.action",
        "/confluence/login.action?os_destination=%2F",
        "/confluence/rest/api/content",
        "/confluence/confluence",
        "/confluence/some/thing",
        // Nothing but the host: the usual context paths are tried.
        "",
        "/",
    ] {
        let site = found(&server, path).await;
        assert_eq!(site.base_url, server.below("/confluence"), "{path}");
        assert_eq!(site.edition, Edition::DataCenter);
        assert_eq!(site.version.as_deref(), Some("10.0.3"));
        assert_eq!(site.cloud_id, None);
    }
}

#[tokio::test]
async fn no_scheme_is_https_and_http_on_this_computer() {
    let server = Server::start(data_center).await;
    let entered = format!("  127.0.0.1:{}/confluence ", server.url.port().unwrap());
    let site = discover(&http(), &entered, false).await.unwrap();
    assert_eq!(site.base_url, server.below("/confluence"));
    assert_eq!(
        Site::guess(
            "wiki.example.com/confluence/display/A/B",
            Edition::DataCenter
        )
        .unwrap()
        .base_url
        .as_str(),
        "https://wiki.example.com/confluence"
    );
}

#[tokio::test]
async fn a_server_without_context_path() {
    let server = Server::start(|request| match request.path.as_str() {
        "/rest/api/server-information" => json(200, j!({ "version": "9.2.7", "buildNumber": 1 })),
        _ => status(404),
    })
    .await;
    let site = found(&server, "/display/PAY/Page").await;
    assert_eq!(site.base_url, server.url);
    assert_eq!(
        site.page_address("/display/PAY/Page"),
        server.below("/display/PAY/Page")
    );
}

#[tokio::test]
async fn an_unusual_context_path_is_found_by_the_redirect_of_the_start_page() {
    let server = Server::start(|request| match request.path.as_str() {
        "/" => status(302).header("location", "/kb/login.action"),
        "/kb/rest/applinks/1.0/manifest" => manifest("8.5.1"),
        _ => status(404),
    })
    .await;
    let site = found(&server, "").await;
    assert_eq!(site.base_url, server.below("/kb"));
    assert_eq!(site.version.as_deref(), Some("8.5.1"));
}

#[tokio::test]
async fn older_servers_are_known_by_their_manifest() {
    for (version, edition) in [("6.15.10", Edition::Server), ("7.4.9", Edition::DataCenter)] {
        let server = Server::start(move |request| match request.path.as_str() {
            "/wiki/rest/applinks/1.0/manifest" => manifest(version),
            _ => status(404),
        })
        .await;
        let site = found(&server, "/wiki/display/X/Y").await;
        assert_eq!(
            (site.edition, site.version.as_deref()),
            (edition, Some(version))
        );
        assert_eq!(site.base_url, server.below("/wiki"));
    }
}

#[tokio::test]
async fn a_server_that_hides_its_version_from_visitors() {
    let refusals = [
        json(
            401,
            j!({ "statusCode": 401, "message": "Client must be authenticated" }),
        ),
        html(401, "<html>no</html>").header("X-Seraph-LoginReason", "OK"),
    ];
    for refusal in refusals {
        let server = Server::start(move |request| match request.path.as_str() {
            "/confluence/rest/api/server-information" => refusal.clone(),
            _ => status(404),
        })
        .await;
        let site = found(&server, "/confluence").await;
        assert_eq!((site.edition, site.version), (Edition::DataCenter, None));
    }
}

#[tokio::test]
async fn the_version_is_taken_from_the_manifest_where_the_newer_call_wants_a_sign_in() {
    let server = Server::start(|request| match request.path.as_str() {
        "/confluence/rest/api/server-information" => {
            json(401, j!({ "statusCode": 401, "message": "no" }))
        }
        "/confluence/rest/applinks/1.0/manifest" => manifest("10.2.19"),
        _ => status(404),
    })
    .await;
    assert_eq!(
        found(&server, "/confluence").await.version.as_deref(),
        Some("10.2.19")
    );
}

#[tokio::test]
async fn discovery_sends_no_credential_and_no_cookie() {
    let server = Server::start(data_center).await;
    found(&server, "/confluence").await;
    assert!(!server.requests().is_empty());
    for request in server.requests() {
        assert_eq!(request.method, "GET");
        assert!(request.header("authorization").is_none());
        assert!(request.header("cookie").is_none());
        assert!(request.header("referer").is_none());
    }
}

#[tokio::test]
async fn addresses_that_cannot_be_used_are_refused_before_anything_is_sent() {
    for entered in [
        "",
        "   ",
        "https://",
        "https:///path",
        "https:wiki.example",
        "https://ada:secret@wiki.example/",
        "https://ada@wiki.example/",
        "ftp://wiki.example",
        "mailto://x",
        "https://id.atlassian.com/manage",
        "https://api.atlassian.com/ex/confluence/1",
        "https://atlassian.net",
        "https://wiki example/",
        "http://[::1",
    ] {
        let error = discover(&http(), entered, false).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadAddress, "{entered:?}");
        assert_eq!(error.outcome(), Outcome::NotDone);
        assert!(!error.details().contains("secret"));
        let words = error.words();
        assert!(
            !words.message.is_empty() && !words.hint.is_empty(),
            "{entered:?}"
        );
    }
}

#[tokio::test]
async fn plain_http_needs_a_yes_outside_this_computer() {
    for entered in [
        "http://wiki.example",
        "http://10.1.2.3/confluence",
        "http://localhost.example/",
    ] {
        assert_eq!(kind(entered).await, ErrorKind::InsecureHttp, "{entered}");
    }
    let server = Server::start(data_center).await;
    let port = server.url.port().unwrap();
    let site = discover(
        &http(),
        &format!("http://localhost:{port}/confluence"),
        false,
    )
    .await
    .unwrap();
    assert_eq!(site.name, format!("localhost:{port}"));
    // With the yes it is tried: the name does not exist, which is another answer.
    let error = discover(&http(), "http://wiki.invalid", true)
        .await
        .unwrap_err();
    assert_ne!(error.kind(), ErrorKind::InsecureHttp);
}

#[tokio::test]
async fn what_is_no_confluence_is_named_as_such() {
    let jira = MANIFEST
        .replace("confluence", "jira")
        .replace("VERSION", "9.4.0");
    let cases: Vec<(Reply, ErrorKind)> = vec![
        (status(404), ErrorKind::NotConfluence),
        (
            html(200, "<html><title>Welcome to nginx!</title></html>"),
            ErrorKind::NotConfluence,
        ),
        (
            json(200, j!({ "hello": "world" })),
            ErrorKind::NotConfluence,
        ),
        (text(200, "application/xml", jira), ErrorKind::NotConfluence),
        (
            html(200, "<html><form><input type=\"password\"></form></html>"),
            ErrorKind::SignInPage,
        ),
        (
            html(200, "<html><title>Free WiFi</title>login</html>"),
            ErrorKind::CaptivePortal,
        ),
        (
            status(302).header(
                "location",
                "https://login.microsoftonline.com/x?SAMLRequest=abc",
            ),
            ErrorKind::SignInPage,
        ),
        (
            status(302).header("location", "http://hotspot.train.example/"),
            ErrorKind::CaptivePortal,
        ),
        (
            status(301).header("location", "https://wiki.new.example/"),
            ErrorKind::Redirected,
        ),
        (status(511), ErrorKind::CaptivePortal),
        (status(503), ErrorKind::ServerError),
        (
            status(429).header("retry-after", "7"),
            ErrorKind::RateLimited,
        ),
        (
            html(401, "no").header("www-authenticate", "Basic realm=\"gate\""),
            ErrorKind::SignInPage,
        ),
    ];
    for (reply, expected) in cases {
        let shown = format!("{reply:?}");
        let server = Server::always(reply).await;
        let error = discover(&http(), server.url.as_str(), false)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), expected, "{shown}\n{:?}", server.lines());
        assert!(!error.details().contains("SAMLRequest"));
    }
}

#[tokio::test]
async fn jira_is_called_jira() {
    let jira = MANIFEST
        .replace("confluence", "jira")
        .replace("VERSION", "9.4.0");
    let server = Server::start(move |request| match request.path.as_str() {
        "/rest/applinks/1.0/manifest" => text(200, "application/xml", jira.clone()),
        _ => status(404),
    })
    .await;
    let error = discover(&http(), server.url.as_str(), false)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotConfluence);
    assert!(error.words().cause.contains("Jira"), "{:?}", error.words());
}

#[tokio::test]
async fn a_redirect_to_another_port_is_not_followed() {
    let other = Server::start(data_center).await;
    let target = other.below("/confluence/").to_string();
    let server = Server::start(move |_| status(302).header("location", target.clone())).await;
    let error = discover(&http(), server.url.as_str(), false)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Redirected);
    assert!(other.requests().is_empty());
    assert!(
        error
            .words()
            .message
            .contains(&other.url.port().unwrap().to_string())
    );
}

#[tokio::test]
async fn a_host_that_redirects_to_itself_for_ever_ends() {
    let server = Server::start(|request| {
        let next = format!("/a{}/", request.path.len());
        status(302).header("location", next)
    })
    .await;
    let error = discover(&http(), server.url.as_str(), false)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Redirected);
    assert!(server.requests().len() < 60, "{}", server.requests().len());
}

#[tokio::test]
async fn a_cloud_id_that_is_none_is_not_used() {
    let server = Server::start(|request| match request.path.as_str() {
        "/_edge/tenant_info" => json(200, j!({ "cloudId": "../../evil" })),
        _ => status(404),
    })
    .await;
    assert_eq!(
        discover(&http(), server.url.as_str(), false)
            .await
            .unwrap_err()
            .kind(),
        ErrorKind::NotConfluence
    );
}

fn site(base: &str, edition: Edition) -> Site {
    Site {
        base_url: Url::parse(base).unwrap(),
        edition,
        version: None,
        cloud_id: None,
        name: "x".into(),
    }
}

#[test]
fn page_addresses_never_double_the_context_path() {
    let site = site("https://x.atlassian.net/wiki", Edition::Cloud);
    let page = "https://x.atlassian.net/wiki/spaces/A/pages/1/T";
    for webui in [
        "/spaces/A/pages/1/T",
        "/wiki/spaces/A/pages/1/T",
        "spaces/A/pages/1/T",
        page,
    ] {
        assert_eq!(site.page_address(webui).as_str(), page);
    }
    assert_eq!(
        site.page_address("/pages/viewpage.action?pageId=7")
            .as_str(),
        "https://x.atlassian.net/wiki/pages/viewpage.action?pageId=7"
    );
    for foreign in [
        "https://evil.example/x",
        "//evil.example/x",
        "javascript:alert(1)",
        "https://x.atlassian.net.evil.example/wiki/x",
        "/../../evil",
    ] {
        let address = site.page_address(foreign);
        assert!(site.is_own_address(&address), "{foreign} became {address}");
    }
}

#[test]
fn only_addresses_below_the_site_are_its_own() {
    let site = site("https://w.example/confluence", Edition::DataCenter);
    for (address, own) in [
        ("https://w.example/confluence", true),
        ("https://w.example/confluence/x/AB", true),
        ("https://w.example/confluence2/x", false),
        ("https://w.example/", false),
        ("http://w.example/confluence/x", false),
        ("https://w.example:8443/confluence/x", false),
        ("https://u@w.example/confluence/x", false),
        ("https://evil.example/confluence/x", false),
    ] {
        assert_eq!(
            site.is_own_address(&Url::parse(address).unwrap()),
            own,
            "{address}"
        );
    }
}

#[test]
fn pages_of_the_server_for_the_how_to_links() {
    let cloud = site("https://x.atlassian.net/wiki", Edition::Cloud);
    assert_eq!(
        cloud.server_page(ServerPage::Tokens).host_str(),
        Some("id.atlassian.com")
    );
    assert_eq!(
        cloud.server_page(ServerPage::Home).as_str(),
        "https://x.atlassian.net/wiki/home"
    );
    let own = site("https://w.example/confluence", Edition::DataCenter);
    for page in [
        ServerPage::Tokens,
        ServerPage::Users,
        ServerPage::ApplicationLinks,
        ServerPage::OauthApps,
        ServerPage::Home,
    ] {
        assert!(own.is_own_address(&own.server_page(page)), "{page:?}");
    }
    let root = site("https://w.example/", Edition::DataCenter);
    assert_eq!(
        root.server_page(ServerPage::Home).as_str(),
        "https://w.example/"
    );
    assert_eq!(
        Site::guess("https://w.example/confluence/x/AB", Edition::DataCenter)
            .unwrap()
            .server_page(ServerPage::Users)
            .as_str(),
        "https://w.example/confluence/admin/users/browseusers.action"
    );
}

#[test]
fn a_pasted_page_address_names_its_page() {
    use retropress_confluence::PageAddress::{Id, Title};
    let site = site("https://w.example/c", Edition::DataCenter);
    let id = |text: &str| Some(Id(text.to_owned()));
    for (pasted, page) in [
        (
            "https://w.example/c/pages/viewpage.action?pageId=98305&x=1",
            id("98305"),
        ),
        (
            "https://w.example/c/spaces/PAY/pages/98305/A+Title",
            id("98305"),
        ),
        // 98305 is 0x018001: bytes 01 80 01, base64 AYAB.
        ("https://w.example/c/x/AYAB", id("98305")),
        (
            "https://w.example/c/display/PAY/A+Title%21",
            Some(Title {
                space_key: "PAY".into(),
                title: "A Title!".into(),
            }),
        ),
        ("https://w.example/c/spaces/PAY/overview", None),
        (
            "https://evil.example/c/pages/viewpage.action?pageId=1",
            None,
        ),
        ("Sprint 42", None),
        ("https://w.example/c/x/!!", None),
    ] {
        assert_eq!(site.page_in(pasted), page, "{pasted}");
    }
}

#[tokio::test]
async fn an_http_client_can_be_shared() {
    fn shared<T: Send + Sync + Clone + 'static>() {}
    shared::<Http>();
    shared::<retropress_confluence::Client>();
}
