//! What happens below HTTP: names, ports, certificates, proxies, broken and slow connections.

use std::{sync::Arc, time::Duration};

use retropress_confluence::{
    Authority, Client, ClientCertificate, Credential, Edition, Endpoints, Error, ErrorKind as K,
    Http, HttpOptions, NewPage, Outcome as O, OwnProxy, ProxyChoice, ProxySignIn, Route, Site,
    Trust, Upload, Url, discover,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::Notify,
};

use crate::server::{http, secret, space};

#[derive(Clone, Copy)]
enum Then {
    /// Close at once, with a reset.
    Reset,
    Close,
    /// Keep the connection and say nothing more.
    Hang,
}

/// Reads one request on each connection, answers with these bytes, then does as told.
async fn raw(answer: impl Into<Vec<u8>>, then: Then) -> Url {
    let answer: Vec<u8> = answer.into();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!(
        "http://{}/confluence",
        listener.local_addr().unwrap()
    ))
    .unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut request = vec![0; 64 * 1024];
                let mut length = 0;
                // Far enough for a request whose body is small.
                while !request[..length].windows(4).any(|part| part == b"\r\n\r\n") {
                    match stream.read(&mut request[length..]).await {
                        Ok(0) | Err(_) => return,
                        Ok(more) => length += more,
                    }
                }
                stream.write_all(&answer).await.ok();
                match then {
                    // Unread input makes the kernel send a reset.
                    Then::Reset => stream.set_zero_linger().unwrap(),
                    Then::Close => {
                        stream.shutdown().await.ok();
                        while stream.read(&mut request).await.is_ok_and(|more| more > 0) {}
                    }
                    Then::Hang => tokio::time::sleep(Duration::from_secs(60)).await,
                }
            });
        }
    });
    url
}

fn client(base_url: Url, http: &Http) -> Client {
    let site = Site {
        base_url,
        edition: Edition::DataCenter,
        version: Some("9.2.7".into()),
        cloud_id: None,
        name: "w".into(),
    };
    Client::new(
        http,
        site,
        Credential::PersonalAccessToken {
            token: secret("pat-secret"),
        },
        Endpoints::default(),
        Route::Site,
    )
}

async fn create(client: &Client) -> Error {
    let page = NewPage {
        space: space(),
        parent_id: None,
        title: "T".into(),
        body: "<p/>".into(),
    };
    client.create_page(&page).await.unwrap_err()
}

fn hurried() -> Http {
    Http::new(&HttpOptions {
        timeout: Duration::from_millis(300),
        proxy: ProxyChoice::None,
        ..HttpOptions::default()
    })
    .unwrap()
}

fn assert_clean(error: &Error) {
    let words = error.words();
    assert!(!words.message.is_empty() && !words.hint.is_empty());
    for text in [
        format!("{error:?}"),
        error.to_string(),
        error.details(),
        format!("{words:?}"),
    ] {
        assert!(!text.contains("pat-secret"), "{text}");
        assert!(!text.contains('?'), "a query: {text}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_after_sending_leaves_the_outcome_unknown() {
    for then in [Then::Reset, Then::Close] {
        let error = create(&client(raw("", then).await, &http())).await;
        assert_eq!(
            (error.kind(), error.outcome(), error.status()),
            (K::ConnectionLost, O::Unknown, None)
        );
        assert_clean(&error);
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_off_leaves_the_outcome_unknown() {
    for (head, then) in [
        (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"id\":",
            Then::Close,
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"id\"\r\n",
            Then::Close,
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"id\":",
            Then::Reset,
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"id\":",
            Then::Close,
        ),
        ("HTTP/1.1 200 OK\r\nContent-Ty", Then::Close),
        ("nonsense\r\n\r\n", Then::Close),
    ] {
        let error = create(&client(raw(head, then).await, &http())).await;
        assert_eq!(error.outcome(), O::Unknown, "{head}: {error:?}");
        assert!(
            matches!(error.kind(), K::Unknown | K::ConnectionLost),
            "{head}: {error:?}"
        );
        assert_clean(&error);
    }
}

#[tokio::test]
async fn a_failure_is_one_even_when_its_words_are_cut_off() {
    let url = raw(
        "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 500\r\n\r\nno per",
        Then::Close,
    )
    .await;
    let error = create(&client(url, &http())).await;
    assert_eq!(
        (error.kind(), error.outcome(), error.server_message()),
        (K::NotPermitted, O::NotDone, Some("no per"))
    );
}

#[tokio::test]
async fn silence_after_sending_is_a_time_out_with_an_unknown_outcome() {
    for answer in [
        "",
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"id\":",
    ] {
        let error = create(&client(raw(answer, Then::Hang).await, &hurried())).await;
        assert_eq!(
            (error.kind(), error.outcome()),
            (K::TimedOut, O::Unknown),
            "{answer}"
        );
        assert!(
            error.words().message.contains("within 1 seconds"),
            "{:?}",
            error.words()
        );
        assert_clean(&error);
    }
}

#[tokio::test]
async fn nothing_was_done_where_nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!(
        "http://{}/confluence",
        listener.local_addr().unwrap()
    ))
    .unwrap();
    drop(listener);
    let error = create(&client(url, &http())).await;
    assert_eq!(
        (error.kind(), error.outcome()),
        (K::ConnectionRefused, O::NotDone)
    );
    assert_clean(&error);
}

#[tokio::test]
async fn a_name_nobody_knows() {
    // RFC 6761, section 6.4: never resolves. Some resolvers take their time to say so.
    let http = Http::new(&HttpOptions {
        connect_timeout: Duration::from_secs(90),
        timeout: Duration::from_secs(90),
        proxy: ProxyChoice::None,
        ..HttpOptions::default()
    })
    .unwrap();
    let error = discover(&http, "https://wiki.harbour.invalid/confluence", false)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (K::NoSuchHost, O::NotDone),
        "{error:?}"
    );
    assert_eq!(error.words().message, "wiki.harbour.invalid was not found");
    let error = create(&client(
        Url::parse("https://wiki.harbour.invalid/c").unwrap(),
        &http,
    ))
    .await;
    assert_eq!((error.kind(), error.outcome()), (K::NoSuchHost, O::NotDone));
    assert_clean(&error);
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read_to_the_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/c", listener.local_addr().unwrap())).unwrap();
    let stopped = Arc::new(Notify::new());
    let told = stopped.clone();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        assert!(stream.read(&mut request).await.unwrap() > 0);
        let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n\"";
        stream.write_all(head).await.unwrap();
        let block = vec![b'x'; 1 << 20];
        let mut sent = 0_u64;
        while stream.write_all(&block).await.is_ok() && sent < 200 {
            sent += 1;
        }
        assert!(sent < 200, "read {sent} MB");
        told.notify_one();
    });
    let error = create(&client(url, &http())).await;
    assert_eq!((error.kind(), error.outcome()), (K::Unknown, O::Unknown));
    assert!(error.words().message.contains("more than Retropress reads"));
    tokio::time::timeout(Duration::from_secs(10), stopped.notified())
        .await
        .expect("the connection was dropped");
}

#[tokio::test]
async fn a_large_upload_is_given_more_time() {
    // 0.3 s for a call, but 4 MB at the slowest line take 128 s: the answer after 1 s is waited for.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/c", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (mut input, mut output) = stream.into_split();
        tokio::spawn(async move {
            let mut sink = vec![0; 1 << 16];
            while input.read(&mut sink).await.is_ok_and(|more| more > 0) {}
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        let body = r#"{"results":[{"id":"att1","title":"a.pdf"}]}"#;
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        output.write_all(answer.as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_secs(5)).await;
    });
    let file = Upload {
        file_name: "a.pdf".into(),
        media_type: "application/pdf".into(),
        bytes: vec![0; 4 << 20],
        comment: "c".into(),
        replaces: None,
    };
    assert_eq!(
        client(url, &hurried()).upload("7", &file).await.unwrap().id,
        "att1"
    );
}

/// An authority of one's own, as a company has it.
struct Company {
    pem: String,
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
}

impl Company {
    fn new() -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, "Harbour Internal CA 2");
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: rcgen::Issuer::new(params, key),
        }
    }

    fn authorities(&self) -> Vec<Authority> {
        Authority::read(self.pem.as_bytes()).unwrap()
    }

    fn client(&self) -> ClientCertificate {
        let (certificate, key) =
            self.sign(rcgen::CertificateParams::new(vec!["ada".to_owned()]).unwrap());
        ClientCertificate::read(
            certificate.pem().as_bytes(),
            Some(key.serialize_pem().as_bytes()),
            None,
        )
        .unwrap()
    }

    fn sign(&self, params: rcgen::CertificateParams) -> (rcgen::Certificate, rcgen::KeyPair) {
        let key = rcgen::KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }
}

/// A server with https that says 403 to everything. With `clients` it lets in only those who show a
/// certificate of that company.
async fn tls(
    (certificate, key): (rcgen::Certificate, rcgen::KeyPair),
    clients: Option<&Company>,
) -> Url {
    use tokio_rustls::rustls::{RootCertStore, ServerConfig, pki_types, server};
    let config = match clients {
        None => ServerConfig::builder().with_no_client_auth(),
        Some(company) => {
            use pki_types::pem::PemObject as _;
            let mut roots = RootCertStore::empty();
            roots
                .add(pki_types::CertificateDer::from_pem_slice(company.pem.as_bytes()).unwrap())
                .unwrap();
            let verifier = server::WebPkiClientVerifier::builder(Arc::new(roots))
                .build()
                .unwrap();
            ServerConfig::builder().with_client_cert_verifier(verifier)
        }
    };
    let config = config
        .with_single_cert(
            vec![certificate.der().clone()],
            pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!(
        "https://localhost:{}/c",
        listener.local_addr().unwrap().port()
    ))
    .unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut stream = acceptor.accept(stream).await.ok()?;
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await.ok()?;
                let answer = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
                stream.write_all(answer).await.ok()?;
                stream.shutdown().await.ok()
            });
        }
    });
    url
}

fn for_localhost() -> rcgen::CertificateParams {
    rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap()
}

fn trusting(company: &Company, own: Option<ClientCertificate>) -> Http {
    Http::new(&HttpOptions {
        proxy: ProxyChoice::None,
        authorities: company.authorities(),
        client_certificate: own,
        ..HttpOptions::default()
    })
    .unwrap()
}

#[tokio::test]
async fn an_added_authority_is_trusted_beside_those_of_the_system() {
    let company = Company::new();
    let url = tls(company.sign(for_localhost()), None).await;

    let http = http();
    let error = create(&client(url.clone(), &http)).await;
    assert_eq!(error.kind(), K::Certificate, "{error:?}");
    let words = error.words();
    assert!(words.cause.contains("“Harbour Internal CA 2”"), "{words:?}");
    assert_eq!(http.handshake().trust, Trust::Nobody);
    assert_clean(&error);

    // The same clients, once the authority is added.
    let connected = client(url.clone(), &http);
    http.reconnect(&HttpOptions {
        proxy: ProxyChoice::None,
        authorities: company.authorities(),
        ..HttpOptions::default()
    })
    .unwrap();
    assert_eq!(create(&connected).await.kind(), K::NotPermitted);
    let seen = http.handshake();
    assert_eq!(seen.trust, Trust::Added);
    assert_eq!(seen.certificate.unwrap().issuer, "Harbour Internal CA 2");
    assert!(!seen.asked_for_certificate);

    // Another company's authority vouches for nothing here.
    let error = create(&client(url, &trusting(&Company::new(), None))).await;
    assert_eq!(error.kind(), K::Certificate, "{error:?}");
}

#[tokio::test]
async fn an_added_authority_excuses_neither_age_nor_name() {
    let company = Company::new();
    let mut old = for_localhost();
    old.not_before = rcgen::date_time_ymd(2020, 1, 1);
    old.not_after = rcgen::date_time_ymd(2021, 1, 1);
    let other = rcgen::CertificateParams::new(vec!["wiki.harbour.example".to_owned()]).unwrap();
    for (params, words) in [(old, "has expired"), (other, "is for another name")] {
        let url = tls(company.sign(params), None).await;
        let error = create(&client(url, &trusting(&company, None))).await;
        assert_eq!(
            (error.kind(), error.outcome()),
            (K::Certificate, O::NotDone),
            "{error:?}"
        );
        assert!(error.words().message.contains(words), "{:?}", error.words());
    }
}

#[tokio::test]
async fn a_server_may_ask_for_a_certificate_of_this_computer() {
    let company = Company::new();
    let url = tls(company.sign(for_localhost()), Some(&company)).await;

    let without = trusting(&company, None);
    let error = create(&client(url.clone(), &without)).await;
    assert_eq!(
        (error.kind(), error.outcome()),
        (K::Certificate, O::NotDone),
        "{error:?}"
    );
    let words = error.words();
    assert!(
        words
            .message
            .contains("wants a certificate of this computer"),
        "{words:?}"
    );
    assert!(without.handshake().asked_for_certificate);

    let with = trusting(&company, Some(company.client()));
    let error = create(&client(url.clone(), &with)).await;
    assert_eq!(error.kind(), K::NotPermitted, "{error:?}");

    let stranger = trusting(&company, Some(Company::new().client()));
    let error = create(&client(url, &stranger)).await;
    assert_eq!(error.kind(), K::Certificate, "{error:?}");
    let words = error.words();
    assert!(words.message.contains("does not accept"), "{words:?}");
}

#[tokio::test]
async fn a_certificate_nobody_vouches_for_stops_everything() {
    let key = rcgen::KeyPair::generate().unwrap();
    let url = tls((for_localhost().self_signed(&key).unwrap(), key), None).await;
    let error = create(&client(url, &http())).await;
    assert_eq!(
        (error.kind(), error.outcome()),
        (K::Certificate, O::NotDone),
        "{error:?}"
    );
    assert!(
        error.words().message.contains("is not trusted"),
        "{:?}",
        error.words()
    );
    assert_clean(&error);
}

#[tokio::test]
async fn plain_http_behind_an_https_address_is_told() {
    let mut url = raw("HTTP/1.1 400 Bad Request\r\n\r\n", Then::Close).await;
    url.set_scheme("https").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    url.set_port(Some(listener.local_addr().unwrap().port()))
        .unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut hello = [0; 1024];
            if stream.read(&mut hello).await.is_err() {
                continue;
            }
            stream
                .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                .await
                .ok();
        }
    });
    let error = create(&client(url, &http())).await;
    assert_eq!(
        (error.kind(), error.outcome()),
        (K::Certificate, O::NotDone),
        "{error:?}"
    );
    assert!(
        error.words().message.contains("No secure connection"),
        "{:?}",
        error.words()
    );
}

fn own_proxy(address: &Url) -> ProxyChoice {
    ProxyChoice::Own(OwnProxy {
        host: address.host_str().unwrap().to_owned(),
        port: address.port().unwrap(),
        sign_in: None,
        exceptions: Vec::new(),
    })
}

async fn through(answer: &str, signed_in: bool, base: &str) -> Error {
    let proxy = raw(answer, Then::Close).await;
    let ProxyChoice::Own(mut own) = own_proxy(&proxy) else {
        unreachable!()
    };
    own.sign_in = signed_in.then(|| ProxySignIn {
        user: "ada".into(),
        password: Arc::new(secret("proxy-secret")),
    });
    let http = Http::new(&HttpOptions {
        proxy: ProxyChoice::Own(own),
        ..HttpOptions::default()
    })
    .unwrap();
    let error = create(&client(Url::parse(base).unwrap(), &http)).await;
    assert_clean(&error);
    let told = format!("{error:?}{}{:?}", error.details(), error.words());
    assert!(!told.contains("proxy-secret"), "{told}");
    // It is the proxy that is named.
    let address = format!("127.0.0.1:{}", proxy.port().unwrap());
    assert!(
        error.words().message.contains(&address),
        "{:?}",
        error.words()
    );
    error
}

#[tokio::test]
async fn a_proxy_that_wants_a_sign_in_says_which() {
    let asks = |offer: &str| {
        format!(
            "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: {offer}\r\nContent-Length: 0\r\n\r\n"
        )
    };
    for base in ["https://wiki.example/c", "http://wiki.example/c"] {
        for (offer, signed_in, message, cause) in [
            (
                "Negotiate",
                false,
                "asks for a sign-in",
                "offers Negotiate alone",
            ),
            ("NTLM", true, "asks for a sign-in", "offers NTLM alone"),
            (
                "Basic realm=\"x\"",
                false,
                "asks for a sign-in",
                "given no user",
            ),
            (
                "Basic realm=\"x\"",
                true,
                "did not accept user and password",
                "407",
            ),
        ] {
            let error = through(&asks(offer), signed_in, base).await;
            assert_eq!(
                (error.kind(), error.outcome()),
                (K::ProxyRefused, O::NotDone),
                "{base}: {error:?}"
            );
            let words = error.words();
            assert!(words.message.contains(message), "{words:?}");
            assert!(words.cause.contains(cause), "{words:?}");
        }
    }
}

#[tokio::test]
async fn a_proxy_that_forbids_is_told_from_one_that_cannot_reach() {
    for (answer, kind, message) in [
        (
            "HTTP/1.1 403 Filtered\r\nContent-Length: 0\r\n\r\n",
            K::ProxyRefused,
            "does not let calls",
        ),
        (
            "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
            K::ConnectionRefused,
            "does not reach wiki.example",
        ),
        ("nonsense\r\n\r\n", K::ProxyRefused, "did not let the call"),
    ] {
        let error = through(answer, false, "https://wiki.example/c").await;
        assert_eq!(
            (error.kind(), error.outcome()),
            (kind, O::NotDone),
            "{answer}: {error:?}"
        );
        assert!(
            error.words().message.contains(message),
            "{:?}",
            error.words()
        );
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_named_instead_of_the_server() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let http = Http::new(&HttpOptions {
        proxy: own_proxy(&address),
        ..HttpOptions::default()
    })
    .unwrap();
    let error = create(&client(
        Url::parse("https://wiki.example/c").unwrap(),
        &http,
    ))
    .await;
    assert_eq!(
        (error.kind(), error.outcome()),
        (K::ConnectionRefused, O::NotDone),
        "{error:?}"
    );
    let words = error.words();
    assert!(
        words.message.starts_with("The proxy 127.0.0.1:"),
        "{words:?}"
    );
    assert_clean(&error);
}

#[tokio::test]
async fn loopback_never_goes_through_a_proxy() {
    let mut proxy = raw(
        "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
        Then::Close,
    )
    .await;
    proxy.set_path("");
    let http = Http::new(&HttpOptions {
        proxy: own_proxy(&proxy),
        ..HttpOptions::default()
    })
    .unwrap();
    let url = raw(
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
        Then::Close,
    )
    .await;
    assert_eq!(create(&client(url, &http)).await.kind(), K::NotPermitted);
}
