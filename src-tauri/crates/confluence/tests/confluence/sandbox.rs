//! The whole main job against the sandbox: Cloud by both routes, Data Center by both methods.

use retropress_confluence::{
    Account, Client, Credential, Edition, Endpoints, ErrorKind, NewPage, Outcome, PageStatus,
    PageUpdate, Route, Space, Upload, Url, discover, sign_in,
};
use retropress_sandbox::{Fault, Matching, Options, Sandbox};

use crate::server::{http, secret};

async fn sandbox() -> Sandbox {
    Sandbox::start(Options::default()).await.unwrap()
}

async fn enter(sandbox: &Sandbox, address: &str, credential: Credential) -> (Client, Account) {
    let endpoints = Endpoints {
        gateway: Url::parse(&sandbox.addresses().gateway).unwrap(),
        ..Endpoints::default()
    };
    let site = discover(&http(), address, false).await.unwrap();
    sign_in(&http(), &site, credential, &endpoints)
        .await
        .unwrap()
}

fn classic(sandbox: &Sandbox) -> Credential {
    let known = sandbox.credentials();
    Credential::ApiToken {
        email: known.email,
        token: secret(&known.api_token),
    }
}

fn scoped(sandbox: &Sandbox) -> Credential {
    let known = sandbox.credentials();
    Credential::ApiToken {
        email: known.email,
        token: secret(&known.scoped_api_token),
    }
}

fn pat(sandbox: &Sandbox) -> Credential {
    Credential::PersonalAccessToken {
        token: secret(&sandbox.credentials().personal_access_token),
    }
}

fn basic(sandbox: &Sandbox) -> Credential {
    let known = sandbox.credentials();
    Credential::Basic {
        username: known.username,
        password: secret(&known.password),
    }
}

fn space(spaces: &[Space], key: &str) -> Space {
    spaces
        .iter()
        .find(|space| space.key == key)
        .cloned()
        .unwrap()
}

fn body(text: &str) -> String {
    format!(
        "<ac:structured-macro ac:name=\"anchor\"><ac:parameter ac:name=\"\">retropress-{text}</ac:parameter></ac:structured-macro><p>{text} é 😀</p>"
    )
}

fn pdf(text: &str, replaces: Option<String>) -> Upload {
    Upload {
        file_name: "Sprint 42 – Rückblick.pdf".into(),
        media_type: "application/pdf".into(),
        bytes: format!("%PDF-1.7 {text}").into_bytes(),
        comment: format!("retropress:{text}:é"),
        replaces,
    }
}

async fn main_job(sandbox: &Sandbox, client: &Client) {
    let spaces = client.spaces().await.unwrap();
    assert!(spaces.len() > 25, "all pages of the list: {}", spaces.len());
    assert!(spaces.iter().any(|space| space.personal));
    assert!(
        !spaces.iter().any(|space| space.key == "BOARD"),
        "a hidden space is shown"
    );
    let pay = space(&spaces, "PAY").to_ref();

    let top = client.top_pages(&pay).await.unwrap();
    assert!(!top.is_empty());
    let home = pay.homepage_id.clone().unwrap();
    let children = client.children(&home).await.unwrap();
    let retros = children
        .iter()
        .find(|page| page.title == "Retrospectives")
        .unwrap();
    assert!(
        client
            .find_pages(&pay, "retrosp")
            .await
            .unwrap()
            .iter()
            .any(|page| page.id == retros.id)
    );

    // Every row of a look-up: a page that is there, in another case, archived, and nothing.
    let found = client.pages_titled(&pay, "Retrospectives").await.unwrap();
    assert_eq!(
        (found.len(), found[0].id.as_str(), found[0].status),
        (1, retros.id.as_str(), PageStatus::Current)
    );
    assert_eq!(found[0].parent_id.as_deref(), Some(home.as_str()));
    assert_eq!(
        client.pages_titled(&pay, "rETROSPECTIVES").await.unwrap()[0].id,
        retros.id
    );
    assert_eq!(
        client
            .pages_titled(&pay, "Nothing of this name")
            .await
            .unwrap(),
        []
    );

    // Publish: two requests.
    sandbox.clear_requests();
    let new = NewPage {
        space: pay.clone(),
        parent_id: Some(retros.id.clone()),
        title: "Sprint 42 – Rückblick".into(),
        body: body("op1"),
    };
    let saved = client.create_page(&new).await.unwrap();
    let file = client.upload(&saved.id, &pdf("op1", None)).await.unwrap();
    assert_eq!(sandbox.requests().len(), 2);
    assert_eq!(
        (saved.version, saved.title.as_str()),
        (1, "Sprint 42 – Rückblick")
    );
    assert_eq!(
        (file.file_name.as_str(), file.comment.as_str(), file.version),
        ("Sprint 42 – Rückblick.pdf", "retropress:op1:é", 1)
    );
    assert!(client.site().is_own_address(&saved.link), "{}", saved.link);
    let shown = reqwest::get(saved.link.clone()).await.unwrap();
    assert!(
        shown.status().is_success(),
        "{} answers {}",
        saved.link,
        shown.status()
    );
    assert!(
        shown
            .text()
            .await
            .unwrap()
            .contains("Sprint 42 – Rückblick")
    );
    assert_eq!(
        client.find_pages(&pay, saved.link.as_str()).await.unwrap()[0].id,
        saved.id
    );

    // A second one of the title, in any case, is refused, and the first one can be recognised.
    let again = NewPage {
        title: "SPRINT 42 – RÜCKBLICK".into(),
        ..new.clone()
    };
    let error = client.create_page(&again).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::TitleTaken, Outcome::NotDone)
    );
    for page in [
        client
            .pages_titled(&pay, &new.title)
            .await
            .unwrap()
            .remove(0),
        client
            .newest_children(&pay, Some(&retros.id))
            .await
            .unwrap()
            .remove(0),
        client.page(&saved.id).await.unwrap().unwrap(),
    ] {
        assert_eq!(page.id, saved.id);
        assert!(page.body.unwrap().contains("retropress-op1"));
    }

    // Republish: the page gets a version, its file too.
    let mut update = PageUpdate {
        id: saved.id.clone(),
        space: pay.clone(),
        title: new.title.clone(),
        body: body("op2"),
        version: 2,
        message: "retropress:op2".into(),
        parent_id: None,
    };
    assert_eq!(client.update_page(&update).await.unwrap().version, 2);
    let old = client
        .attachment(&saved.id, &file.file_name)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (old.id.as_str(), old.comment.as_str()),
        (file.id.as_str(), "retropress:op1:é")
    );
    let newer = client
        .upload(&saved.id, &pdf("op2", Some(old.id.clone())))
        .await
        .unwrap();
    assert_eq!(
        (newer.version, newer.comment.as_str()),
        (2, "retropress:op2:é")
    );
    assert_eq!(
        client.attachment(&saved.id, "other.pdf").await.unwrap(),
        None
    );
    let page = client.page(&saved.id).await.unwrap().unwrap();
    assert_eq!(
        (
            page.version,
            page.message.as_str(),
            page.parent_id.as_deref()
        ),
        (2, "retropress:op2", Some(retros.id.as_str()))
    );
    // The same number again is stale.
    let error = client.update_page(&update).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::PageChanged, Outcome::Unknown)
    );
    update.version = 3;
    update.body = "<p>not closed".into();
    assert_eq!(
        client.update_page(&update).await.unwrap_err().kind(),
        ErrorKind::Refused
    );

    client
        .add_labels(&saved.id, &["retrospective".into(), "team-pay".into()])
        .await
        .unwrap();

    // Delete, twice.
    client.delete_page(&saved.id).await.unwrap();
    client.delete_page(&saved.id).await.unwrap();
    let page = client.page(&saved.id).await.unwrap();
    assert!(page.is_none_or(|page| page.status == PageStatus::Trashed));
    // None: below the home page.
    let loose = client
        .create_page(&NewPage {
            parent_id: None,
            title: "Loose".into(),
            ..new.clone()
        })
        .await
        .unwrap();
    assert_eq!(
        client
            .page(&loose.id)
            .await
            .unwrap()
            .unwrap()
            .parent_id
            .as_deref(),
        Some(home.as_str())
    );

    // Gone, hidden, not permitted.
    assert_eq!(client.page("999999999").await.unwrap(), None);
    let lost = NewPage {
        parent_id: Some("999999999".into()),
        title: "Lost".into(),
        ..new.clone()
    };
    let error = client.create_page(&lost).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::ParentGone | ErrorKind::Refused),
        "{error:?}"
    );
    let read_only = space(&spaces, "HAND").to_ref();
    let error = client
        .create_page(&NewPage {
            space: read_only.clone(),
            parent_id: None,
            title: "No".into(),
            body: body("x"),
        })
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotPermitted, "{error:?}");
    assert_ne!(client.may_create(&read_only).await.unwrap(), Some(true));
    assert_ne!(client.may_create(&pay).await.unwrap(), Some(false));
    let archived = NewPage {
        title: "Team health 2025".into(),
        ..new.clone()
    };
    assert_eq!(
        client.create_page(&archived).await.unwrap_err().kind(),
        ErrorKind::TitleTaken
    );
}

#[tokio::test]
async fn cloud_at_the_site() {
    let sandbox = sandbox().await;
    let (client, account) = enter(&sandbox, &sandbox.addresses().cloud, classic(&sandbox)).await;
    assert_eq!(
        (client.site().edition, client.route()),
        (Edition::Cloud, Route::Site)
    );
    assert!(!account.name.is_empty());
    main_job(&sandbox, &client).await;
    let archived = client
        .pages_titled(
            &space(&client.spaces().await.unwrap(), "PAY").to_ref(),
            "Team health 2025",
        )
        .await
        .unwrap();
    assert_eq!(archived[0].status, PageStatus::Archived);
}

#[tokio::test]
async fn cloud_through_the_gateway() {
    let sandbox = sandbox().await;
    let (client, _) = enter(&sandbox, &sandbox.addresses().cloud, scoped(&sandbox)).await;
    assert_eq!(client.route(), Route::Gateway);
    main_job(&sandbox, &client).await;
}

#[tokio::test]
async fn data_center_with_a_token_and_with_a_password() {
    for credential in [pat, basic] {
        let sandbox = sandbox().await;
        let (client, account) = enter(
            &sandbox,
            &sandbox.addresses().data_center,
            credential(&sandbox),
        )
        .await;
        assert_eq!(client.site().edition, Edition::DataCenter);
        assert!(client.site().version.is_some());
        assert!(!account.name.is_empty());
        main_job(&sandbox, &client).await;
    }
}

#[tokio::test]
async fn a_wrong_token_is_refused_everywhere() {
    let sandbox = sandbox().await;
    let endpoints = Endpoints {
        gateway: Url::parse(&sandbox.addresses().gateway).unwrap(),
        ..Endpoints::default()
    };
    let cloud = discover(&http(), &sandbox.addresses().cloud, false)
        .await
        .unwrap();
    let wrong = Credential::ApiToken {
        email: sandbox.credentials().email,
        token: secret("wrong"),
    };
    let error = sign_in(&http(), &cloud, wrong, &endpoints)
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::SignInRefused);
    // A token that went bad later: Cloud says "Not Found", which is not taken for a missing page.
    let stale = Client::new(
        &http(),
        cloud,
        Credential::ApiToken {
            email: sandbox.credentials().email,
            token: secret("wrong"),
        },
        endpoints.clone(),
        Route::Site,
    );
    assert_eq!(
        stale.page("1").await.unwrap_err().kind(),
        ErrorKind::SignInRefused
    );

    let own = discover(&http(), &sandbox.addresses().data_center, false)
        .await
        .unwrap();
    let wrong = Credential::PersonalAccessToken {
        token: secret("wrong"),
    };
    assert_eq!(
        sign_in(&http(), &own, wrong, &endpoints)
            .await
            .err()
            .unwrap()
            .kind(),
        ErrorKind::SignInRefused
    );
    sandbox.set_basic_authentication(false);
    assert_eq!(
        sign_in(&http(), &own, basic(&sandbox), &endpoints)
            .await
            .err()
            .unwrap()
            .kind(),
        ErrorKind::BasicSwitchedOff
    );
}

#[tokio::test]
async fn a_missing_scope_is_named_by_the_call_that_needs_it() {
    let sandbox = sandbox().await;
    let (client, _) = enter(&sandbox, &sandbox.addresses().cloud, scoped(&sandbox)).await;
    let pay = space(&client.spaces().await.unwrap(), "PAY").to_ref();
    sandbox.set_scopes(&["read:confluence-user", "read:space:confluence"]);
    let error = client
        .create_page(&NewPage {
            space: pay,
            parent_id: None,
            title: "T".into(),
            body: body("x"),
        })
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.missing_scope()),
        (ErrorKind::MissingScope, Some("write:page:confluence"))
    );
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_the_page_is_found_again() {
    for data_center in [false, true] {
        let sandbox = sandbox().await;
        let (client, _) = if data_center {
            enter(&sandbox, &sandbox.addresses().data_center, pat(&sandbox)).await
        } else {
            enter(&sandbox, &sandbox.addresses().cloud, classic(&sandbox)).await
        };
        let pay = space(&client.spaces().await.unwrap(), "PAY").to_ref();
        for (number, fault) in [
            Fault::cut().after_handling(),
            Fault::cut_in_answer(),
            Fault::html().after_handling(),
            Fault::invalid_json().after_handling(),
        ]
        .into_iter()
        .enumerate()
        {
            sandbox.faults().clear();
            let fired = sandbox
                .faults()
                .on(Matching::request("POST", "/(pages|content)$"), fault);
            let title = format!("Lost {number}");
            let page = NewPage {
                space: pay.clone(),
                parent_id: None,
                title: title.clone(),
                body: body(&title),
            };
            let error = client.create_page(&page).await.unwrap_err();
            assert!(fired.fired());
            assert_eq!(error.outcome(), Outcome::Unknown, "{error:?}");
            let found = client.pages_titled(&pay, &title).await.unwrap();
            assert_eq!(found.len(), 1);
            assert!(
                found[0]
                    .body
                    .as_deref()
                    .unwrap()
                    .contains(&format!("retropress-{title}"))
            );
        }
    }
}
