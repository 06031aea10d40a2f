//! The way out of the building: through which proxy a call goes, and what that proxy says of itself.

use std::{sync::Arc, time::Duration};

use hyper_util::client::proxy::matcher::Matcher;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use url::Url;

use crate::http::is_loopback;

/// How to get out of the building. Loopback never goes through a proxy.
#[derive(Debug, Clone, Default)]
pub enum ProxyChoice {
    /// What the operating system says; environment variables on Linux. Scripts that choose a proxy
    /// (PAC) are not run.
    #[default]
    System,
    None,
    Own(OwnProxy),
}

/// A proxy that was entered.
#[derive(Debug, Clone)]
pub struct OwnProxy {
    /// A name or an address, without scheme and port.
    pub host: String,
    pub port: u16,
    /// Basic is the one sign-in that is spoken.
    pub sign_in: Option<ProxySignIn>,
    /// Hosts that are reached directly: names with all names below them (`example.com`,
    /// `*.example.com`), addresses, networks (`10.0.0.0/8`).
    pub exceptions: Vec<String>,
}

/// User and password of a proxy.
#[derive(Debug, Clone)]
pub struct ProxySignIn {
    pub user: String,
    pub password: Arc<SecretString>,
}

/// The way of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// This computer itself.
    Loopback,
    Direct,
    Proxy {
        /// `proxy.example.com:3128`
        address: String,
        /// User and password are sent along.
        signs_in: bool,
    },
}

impl OwnProxy {
    pub(crate) fn address(&self) -> Option<Url> {
        let host = self.host.trim();
        let host = match host.contains(':') && !host.starts_with('[') {
            true => format!("[{host}]"),
            false => host.to_owned(),
        };
        Url::parse(&format!("http://{host}:{}", self.port))
            .ok()
            .filter(|url| url.path() == "/" && url.username().is_empty())
    }

    /// As the matcher reads them: a name stands for itself and all below it, with or without `*.`.
    fn exceptions(&self) -> String {
        let plain: Vec<&str> = self
            .exceptions
            .iter()
            .map(|it| it.trim())
            .map(|it| it.strip_prefix("*.").unwrap_or(it))
            .filter(|it| !it.is_empty())
            .collect();
        plain.join(",")
    }

    pub(crate) fn to_reqwest(&self, address: Url) -> reqwest::Result<reqwest::Proxy> {
        let mut proxy = reqwest::Proxy::all(address)?
            .no_proxy(reqwest::NoProxy::from_string(&self.exceptions()));
        if let Some(sign_in) = &self.sign_in {
            proxy = proxy.basic_auth(&sign_in.user, sign_in.password.expose_secret());
        }
        Ok(proxy)
    }
}

impl ProxyChoice {
    /// Through what a call to this address goes. The same matcher decides for the calls themselves.
    pub fn way_to(&self, address: &Url) -> Way {
        if is_loopback(address) {
            return Way::Loopback;
        }
        let (matcher, signs_in) = match self {
            Self::None => return Way::Direct,
            Self::System => (Matcher::from_system(), false),
            Self::Own(own) => {
                let Some(proxy) = own.address() else {
                    return Way::Direct;
                };
                let matcher = Matcher::builder()
                    .all(String::from(proxy))
                    .no(own.exceptions())
                    .build();
                (matcher, own.sign_in.is_some())
            }
        };
        let found = address
            .as_str()
            .parse()
            .ok()
            .and_then(|uri| matcher.intercept(&uri));
        match found {
            None => Way::Direct,
            Some(found) => Way::Proxy {
                address: match (found.uri().host(), found.uri().port_u16()) {
                    (Some(host), Some(port)) => format!("{host}:{port}"),
                    (Some(host), None) if found.uri().scheme_str() == Some("https") => {
                        format!("{host}:443")
                    }
                    (Some(host), None) => format!("{host}:80"),
                    (None, _) => found.uri().to_string(),
                },
                signs_in: signs_in || found.basic_auth().is_some(),
            },
        }
    }
}

/// What a proxy answers to a stranger who wants to reach a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProxyAnswer {
    pub status: u16,
    /// The schemes it offers for signing in, such as `Basic` and `Negotiate`.
    pub offers: Vec<String>,
}

/// Asks the proxy once more, without user and password: the library that opens tunnels keeps the
/// proxy's answer to itself. `None` when it says nothing understandable within 5 seconds.
pub(crate) async fn ask(proxy: &str, target: &Url) -> Option<ProxyAnswer> {
    let host = target.host_str()?;
    let port = target.port_or_known_default()?;
    let request = format!(
        "CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n"
    );
    let answer = async {
        let mut stream = TcpStream::connect(proxy).await.ok()?;
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut head = Vec::new();
        let mut part = [0; 1024];
        while !head.windows(4).any(|it| it == b"\r\n\r\n") && head.len() < 16 * 1024 {
            match stream.read(&mut part).await.ok()? {
                0 => break,
                more => head.extend_from_slice(&part[..more]),
            }
        }
        read_head(&String::from_utf8_lossy(&head))
    };
    tokio::time::timeout(Duration::from_secs(5), answer)
        .await
        .ok()?
}

fn read_head(head: &str) -> Option<ProxyAnswer> {
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let offers = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| name.eq_ignore_ascii_case("proxy-authenticate"))
        .filter_map(|(_, value)| scheme(value))
        .collect();
    Some(ProxyAnswer { status, offers })
}

/// The scheme at the beginning of a challenge (RFC 9110, section 11.3).
pub(crate) fn scheme(challenge: &str) -> Option<String> {
    challenge
        .split([' ', ','])
        .find(|word| !word.is_empty())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(exceptions: &[&str]) -> ProxyChoice {
        ProxyChoice::Own(OwnProxy {
            host: "proxy.harbour.example".into(),
            port: 3128,
            sign_in: None,
            exceptions: exceptions.iter().map(|&it| it.to_owned()).collect(),
        })
    }

    fn way(choice: &ProxyChoice, address: &str) -> String {
        match choice.way_to(&Url::parse(address).unwrap()) {
            Way::Loopback => "loopback".into(),
            Way::Direct => "direct".into(),
            Way::Proxy { address, .. } => address,
        }
    }

    #[test]
    fn exceptions_are_names_with_all_below_them_addresses_and_networks() {
        let choice = own(&[
            "*.harbour.example",
            "other.example",
            "10.0.0.0/8",
            "192.0.2.7",
        ]);
        for (address, through) in [
            ("https://x.atlassian.net/wiki", "proxy.harbour.example:3128"),
            ("http://plain.example/", "proxy.harbour.example:3128"),
            ("https://wiki.harbour.example/c", "direct"),
            ("https://harbour.example/c", "direct"),
            ("https://notharbour.example/c", "proxy.harbour.example:3128"),
            ("https://a.other.example/", "direct"),
            ("https://10.1.2.3/", "direct"),
            ("https://192.0.2.7/", "direct"),
            ("https://192.0.2.8/", "proxy.harbour.example:3128"),
            ("http://localhost:8090/c", "loopback"),
            ("http://127.0.0.1:8090/c", "loopback"),
            ("http://[::1]:8090/c", "loopback"),
        ] {
            assert_eq!(way(&choice, address), through, "{address}");
        }
        assert_eq!(way(&ProxyChoice::None, "https://x.example/"), "direct");
    }

    #[test]
    fn a_host_that_is_no_host_is_no_proxy() {
        for host in ["", "a b", "a/b", "u:p@h"] {
            let own = OwnProxy {
                host: host.into(),
                port: 1,
                sign_in: None,
                exceptions: Vec::new(),
            };
            assert_eq!(own.address(), None, "{host}");
        }
        let own = OwnProxy {
            host: "2001:db8::1".into(),
            port: 8080,
            sign_in: None,
            exceptions: Vec::new(),
        };
        assert_eq!(
            own.address().unwrap().as_str(),
            "http://[2001:db8::1]:8080/"
        );
    }

    #[test]
    fn a_proxy_says_how_one_signs_in_to_it() {
        let answer = read_head(
            "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\n\
             proxy-authenticate: Basic realm=\"x\"\r\n\r\nProxy-Authenticate: Digest",
        )
        .unwrap();
        assert_eq!(answer.status, 407);
        assert_eq!(answer.offers, ["Negotiate", "Basic"]);
        assert_eq!(read_head("nonsense"), None);
    }
}
