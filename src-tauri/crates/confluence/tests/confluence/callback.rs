//! The listener for the browser's answer, and everybody else who may talk to it.

use std::{
    io::ErrorKind,
    net::{Ipv4Addr, Ipv6Addr, TcpListener},
    time::Duration,
};

use retropress_confluence::{Answered, Callback, NotTheAnswer, Url, read_answer, redirect_address};
use secrecy::ExposeSecret;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};

use crate::server::secret;

const STATE: &str = "n0body-guesses-this";

/// Below the range from which the system takes ports of its own accord.
pub fn free_port() -> u16 {
    use std::sync::atomic::{AtomicU16, Ordering};
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let first = 10_000 + (std::process::id() % 1_000) as u16 * 20;
        let port = first + step % 2_000;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

async fn listen() -> (u16, JoinHandle<Answered>) {
    let port = free_port();
    let callback = Callback::listen(port).await.unwrap();
    (port, tokio::spawn(callback.answer(secret(STATE))))
}

/// Sends the bytes and reads until the other side closes; empty when it does so without a word.
async fn say(port: u16, bytes: &[u8]) -> String {
    let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        .await
        .unwrap();
    // It may close before it has read all of it.
    let _ = connection.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = connection.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

async fn get(port: u16, target: &str) -> String {
    let request = format!("GET {target} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
    say(port, request.as_bytes()).await
}

/// The sign-in goes on: the true answer is still taken.
async fn still_works(port: u16, waiting: JoinHandle<Answered>) {
    assert!(!waiting.is_finished());
    let page = get(port, &format!("/callback?code=c0de&state={STATE}")).await;
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("Back to Retropress"), "{page}");
    match waiting.await.unwrap() {
        Answered::Code(code) => assert_eq!(code.expose_secret(), "c0de"),
        _ => panic!("another answer"),
    }
}

#[tokio::test]
async fn nothing_but_the_answer_ends_the_wait() {
    let (port, waiting) = listen().await;
    let host = format!("Host: localhost:{port}\r\n");
    let right = format!("/callback?code=stolen&state={STATE}");
    let line = |line: &str| format!("{line}\r\n{host}\r\n");
    let with_host = |host: &str| format!("GET {right} HTTP/1.1\r\n{host}\r\n");
    let cases = [
        (
            "wrong path",
            line(&format!("GET /?code=stolen&state={STATE} HTTP/1.1")),
            404,
        ),
        (
            "path with more",
            line(&format!(
                "GET /callback/?code=stolen&state={STATE} HTTP/1.1"
            )),
            404,
        ),
        (
            "path in capitals",
            line(&format!("GET /CALLBACK?code=stolen&state={STATE} HTTP/1.1")),
            404,
        ),
        ("favicon", line("GET /favicon.ico HTTP/1.1"), 404),
        ("HEAD", line(&format!("HEAD {right} HTTP/1.1")), 405),
        ("POST", line(&format!("POST {right} HTTP/1.1")), 405),
        ("OPTIONS", line(&format!("OPTIONS {right} HTTP/1.1")), 405),
        (
            "wrong state",
            line("GET /callback?code=stolen&state=guess HTTP/1.1"),
            400,
        ),
        (
            "missing state",
            line("GET /callback?code=stolen HTTP/1.1"),
            400,
        ),
        (
            "empty state",
            line("GET /callback?code=stolen&state= HTTP/1.1"),
            400,
        ),
        (
            "doubled state",
            line(&format!("GET {right}&state={STATE} HTTP/1.1")),
            400,
        ),
        (
            "doubled state, one wrong",
            line(&format!("GET {right}&state=guess HTTP/1.1")),
            400,
        ),
        (
            "doubled code",
            line(&format!("GET {right}&code=other HTTP/1.1")),
            400,
        ),
        (
            "no code",
            line(&format!("GET /callback?state={STATE} HTTP/1.1")),
            400,
        ),
        ("no query", line("GET /callback HTTP/1.1"), 400),
        (
            "refusal of another sign-in",
            line("GET /callback?error=access_denied&state=guess HTTP/1.1"),
            400,
        ),
        (
            "refusal without state",
            line("GET /callback?error=access_denied HTTP/1.1"),
            400,
        ),
        (
            "address of loopback",
            with_host(&format!("Host: 127.0.0.1:{port}\r\n")),
            421,
        ),
        ("foreign host", with_host("Host: attacker.example\r\n"), 421),
        (
            "foreign host of this port",
            with_host(&format!("Host: attacker.example:{port}\r\n")),
            421,
        ),
        (
            "host without its port",
            with_host("Host: localhost\r\n"),
            421,
        ),
        ("no host", with_host(""), 421),
        (
            "two hosts",
            with_host(&format!("{host}Host: attacker.example\r\n")),
            421,
        ),
        (
            "whole address of a foreign host",
            format!("GET http://attacker.example{right} HTTP/1.1\r\n{host}\r\n"),
            421,
        ),
        (
            "over-long line",
            line(&format!("GET {right}&x={} HTTP/1.1", "x".repeat(70_000))),
            414,
        ),
        (
            "over-long header",
            format!(
                "GET {right} HTTP/1.1\r\n{host}X: {}\r\n\r\n",
                "x".repeat(70_000)
            ),
            431,
        ),
        ("junk", "what is this?\r\n\r\n".to_owned(), 400),
        ("nothing at all", "\r\n\r\n".to_owned(), 0),
    ];
    for (what, request, status) in cases {
        let answer = say(port, request.as_bytes()).await;
        // A server may close on junk and on what is too long before its answer has been read.
        let silent = answer.is_empty() && matches!(status, 0 | 414 | 431 | 400);
        let told = answer.starts_with(&format!("HTTP/1.1 {status}"))
            || (matches!(status, 414 | 431) && answer.starts_with("HTTP/1.1 4"));
        assert!(silent || told || status == 0, "{what}: {answer}");
        assert!(!answer.contains("stolen"), "{what}: {answer}");
        assert!(!waiting.is_finished(), "{what}");
    }
    // A browser that was told https.
    say(port, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").await;
    still_works(port, waiting).await;
}

#[tokio::test]
async fn its_pages_are_fixed_and_shut() {
    let (port, waiting) = listen().await;
    let evil = "%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    let page = get(
        port,
        &format!("/callback?error=server_error&error_description={evil}&state={STATE}&code={evil}"),
    )
    .await;
    let lower = page.to_ascii_lowercase();
    assert!(!lower.contains("script"), "{page}");
    for header in [
        "content-security-policy: default-src 'none'",
        "referrer-policy: no-referrer",
        "cache-control: no-store",
        "x-content-type-options: nosniff",
        "content-type: text/html; charset=utf-8",
    ] {
        assert!(lower.contains(header), "{header}: {page}");
    }
    match waiting.await.unwrap() {
        Answered::Failed { error, description } => {
            assert_eq!(error, "server_error");
            assert_eq!(description, "<script>alert(1)</script>");
        }
        _ => panic!("another answer"),
    }
}

#[tokio::test]
async fn cancel_on_the_consent_page_is_told_apart() {
    let (port, waiting) = listen().await;
    let page = get(
        port,
        &format!("/callback?error=access_denied&error_description=No&state={STATE}"),
    )
    .await;
    assert!(page.contains("Sign-in cancelled"), "{page}");
    assert!(matches!(waiting.await.unwrap(), Answered::Cancelled));
}

#[tokio::test]
async fn a_code_is_taken_once_and_the_port_is_free_then() {
    let (port, waiting) = listen().await;
    let target = format!("/callback?code=c0de&state={STATE}");
    let pages = futures(8, |_| {
        let target = target.clone();
        tokio::spawn(async move {
            let Ok(mut connection) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else {
                return String::new();
            };
            let request = format!("GET {target} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
            let _ = connection.write_all(request.as_bytes()).await;
            let mut answer = String::new();
            let _ = connection.read_to_string(&mut answer).await;
            answer
        })
    })
    .await;
    let taken = pages.iter().filter(|it| it.contains("Back to Retropress"));
    assert_eq!(taken.count(), 1, "{pages:?}");
    for page in &pages {
        assert!(
            page.is_empty() || page.starts_with("HTTP/1.1 200") || page.starts_with("HTTP/1.1 410"),
            "{page}"
        );
    }
    assert!(matches!(waiting.await.unwrap(), Answered::Code(_)));
    let replayed = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await;
    assert_eq!(
        replayed.err().map(|it| it.kind()),
        Some(ErrorKind::ConnectionRefused)
    );
    Callback::listen(port).await.unwrap();
}

async fn futures<T>(count: usize, make: impl Fn(usize) -> JoinHandle<T>) -> Vec<T> {
    let all: Vec<_> = (0..count).map(make).collect();
    let mut results = Vec::new();
    for it in all {
        results.push(it.await.unwrap());
    }
    results
}

#[tokio::test]
async fn a_slow_sender_keeps_nobody_waiting() {
    let (port, waiting) = listen().await;
    let mut slow = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        .await
        .unwrap();
    slow.write_all(b"GET /callback?code=st").await.unwrap();
    still_works(port, waiting).await;
}

#[tokio::test]
async fn a_slow_sender_is_let_go() {
    let (port, waiting) = listen().await;
    let mut slow = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        .await
        .unwrap();
    slow.write_all(b"GET /callback?code=st").await.unwrap();
    let mut answer = Vec::new();
    // Without a limit of its own this would wait for ever.
    tokio::time::timeout(Duration::from_secs(60), slow.read_to_end(&mut answer))
        .await
        .expect("it is let go")
        .ok();
    still_works(port, waiting).await;
}

#[tokio::test]
async fn a_thousand_connections_keep_nobody_out() {
    let (port, waiting) = listen().await;
    let mut held = Vec::new();
    for number in 0..1000 {
        match TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
            Ok(mut connection) => {
                if number % 3 == 0 {
                    let _ = connection.write_all(b"GET /callback?code=stolen").await;
                }
                held.push(connection);
            }
            // This process has no more file descriptors: as many as it may have, then.
            Err(_) => {
                held.truncate(number / 2);
                break;
            }
        }
    }
    assert!(held.len() > 100, "{}", held.len());
    still_works(port, waiting).await;
}

#[tokio::test]
async fn a_busy_port_is_said_whichever_family_has_it() {
    let busy = |result: std::io::Result<Callback>| {
        result.err().map(|it| it.kind()) == Some(ErrorKind::AddrInUse)
    };
    let port = free_port();
    let first = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    assert!(busy(Callback::listen(port).await), "IPv4");
    // Where this computer has IPv6 at all.
    if let Ok(second) = TcpListener::bind((Ipv6Addr::LOCALHOST, port)) {
        assert!(busy(Callback::listen(port).await), "both");
        drop(first);
        assert!(busy(Callback::listen(port).await), "IPv6");
        drop(second);
    } else {
        drop(first);
    }
    Callback::listen(port).await.unwrap();
}

#[tokio::test]
async fn both_families_are_listened_to() {
    let port = free_port();
    let callback = Callback::listen(port).await.unwrap();
    let waiting = tokio::spawn(callback.answer(secret(STATE)));
    let Ok(mut connection) = TcpStream::connect((Ipv6Addr::LOCALHOST, port)).await else {
        // Only a computer without IPv6 may refuse it.
        assert!(TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err());
        return;
    };
    let request =
        format!("GET /callback?code=c0de&state={STATE} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut page = String::new();
    connection.read_to_string(&mut page).await.unwrap();
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(matches!(waiting.await.unwrap(), Answered::Code(_)));
}

#[tokio::test]
async fn whoever_stops_waiting_frees_the_port() {
    let (port, waiting) = listen().await;
    let _held = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        .await
        .unwrap();
    waiting.abort();
    assert!(waiting.await.is_err_and(|it| it.is_cancelled()));
    Callback::listen(port).await.unwrap();
}

#[test]
fn the_answer_is_read_from_a_pasted_address_too() {
    let state = secret(STATE);
    let read = |address: &str| read_answer(&Url::parse(address).unwrap(), &state);
    let port = redirect_address(47620);
    assert_eq!(port.as_str(), "http://localhost:47620/callback");
    match read(&format!(
        "https://localhost:47620/callback?state={STATE}&code=a%2Bb"
    )) {
        Ok(Answered::Code(code)) => assert_eq!(code.expose_secret(), "a+b"),
        _ => panic!("no code"),
    }
    for (address, why) in [
        ("https://wiki.example/login", NotTheAnswer::Nothing),
        (
            "http://localhost:1/callback?code=a",
            NotTheAnswer::OtherSignIn,
        ),
        (
            "http://localhost:1/callback?code=a&state=b",
            NotTheAnswer::OtherSignIn,
        ),
        (
            "http://localhost:1/callback?code=a&state=b&state=b",
            NotTheAnswer::Doubled,
        ),
    ] {
        assert_eq!(read(address).err(), Some(why), "{address}");
    }
}
