//! A company's network, made of parts that nobody here wrote: nginx with a certificate of a private
//! authority, tinyproxy, client certificates.
//!
//! They listen on an address of this computer that is not loopback, since loopback never goes through
//! a proxy and may be spoken to without encryption.
#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    fs,
    net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use base64::Engine as _;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    SanType,
};
use retropress_app::network::{ClientCertificateChoice, NetworkRequest, ProxyUse};
use retropress_confluence::Url;
use tempfile::TempDir;

pub const PROXY_PASSWORD: &str = "proxy-pass-canary";

/// An address of this computer by which others reach it. Nothing is sent to find it out.
pub fn address() -> IpAddr {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    // 192.0.2.0/24 is nobody's (RFC 5737).
    socket
        .connect("192.0.2.1:9")
        .expect("this computer is in a network");
    let address = socket.local_addr().unwrap().ip();
    assert!(!address.is_loopback(), "this computer is in a network");
    address
}

pub fn free_port(address: IpAddr) -> u16 {
    TcpListener::bind((address, 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// A program that is ended with the test.
pub struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Starts a program and waits until it listens; another program may take the port in between, so
/// the port is chosen anew then.
pub fn start(listens_at: IpAddr, command: impl Fn(u16) -> Command) -> (Running, SocketAddr) {
    for _ in 0..5 {
        let at = SocketAddr::new(listens_at, free_port(listens_at));
        let mut command = command(at.port());
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|problem| panic!("{:?}: {problem}", command.get_program()));
        let mut running = Running(child);
        for _ in 0..1200 {
            if running.0.try_wait().unwrap().is_some() {
                break;
            }
            if TcpStream::connect(at).is_ok() {
                return (running, at);
            }
            thread::sleep(Duration::from_millis(50));
        }
    }
    panic!("it does not start");
}

/// Found also where the folder of servers is not in the path.
pub fn program(name: &str) -> Command {
    let sbin = Path::new("/usr/sbin").join(name);
    Command::new(if sbin.exists() { sbin } else { name.into() })
}

/// A company with an authority of its own.
pub struct Company {
    pub pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Company {
    pub fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    pub fn sign(&self, name: &str, address: Option<IpAddr>) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        match address {
            Some(address) => params.subject_alt_names.push(SanType::IpAddress(address)),
            None => params
                .extended_key_usages
                .push(ExtendedKeyUsagePurpose::ClientAuth),
        }
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

/// nginx before the sandbox's Data Center, with https.
pub struct Nginx {
    pub folder: TempDir,
    pub at: SocketAddr,
    _running: Running,
}

impl Nginx {
    /// `locations` stands before the way to the sandbox, `more` among the server's settings.
    pub fn start(company: &Company, sandbox: &str, locations: &str, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let own = address();
        let (certificate, key) = company.sign("wiki.harbour.example", Some(own));
        let path = folder.path();
        fs::write(path.join("server.crt"), certificate).unwrap();
        fs::write(path.join("server.key"), key).unwrap();
        fs::write(path.join("clients.crt"), &company.pem).unwrap();
        let sandbox = Url::parse(sandbox).unwrap().origin().ascii_serialization();
        let (running, at) = start(own, |port| {
            let text = format!(
                r#"
                daemon off; master_process off; pid nginx.pid; error_log error.log info;
                events {{}}
                http {{
                    log_format all '$request_method $uri $status [$ssl_client_s_dn]';
                    access_log access.log all;
                    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
                    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
                    client_max_body_size 50m;
                    server {{
                        listen {own}:{port} ssl;
                        ssl_certificate server.crt; ssl_certificate_key server.key;
                        ssl_client_certificate clients.crt;
                        {more}
                        {locations}
                        location / {{ proxy_pass {sandbox}; }}
                    }}
                }}"#
            );
            fs::write(path.join("nginx.conf"), text).unwrap();
            let mut command = program("nginx");
            command
                .arg("-p")
                .arg(path)
                .args(["-c", "nginx.conf", "-e", "start.log"]);
            command
        });
        Self {
            folder,
            at,
            _running: running,
        }
    }

    pub fn url(&self) -> String {
        format!("https://{}/confluence", self.at)
    }

    /// Each request it answered: method, path, status, who showed a certificate.
    pub fn log(&self) -> Vec<String> {
        let text = fs::read_to_string(self.folder.path().join("access.log")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

pub struct Tinyproxy {
    pub folder: TempDir,
    pub at: SocketAddr,
    _running: Running,
}

impl Tinyproxy {
    pub fn start(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let (running, at) = start([127, 0, 0, 1].into(), |port| {
            let text = format!(
                "Port {port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 100\nAllow 127.0.0.1\n\
                 LogFile \"{0}/log\"\nPidFile \"{0}/pid\"\nLogLevel Connect\n{more}\n",
                path.display()
            );
            fs::write(path.join("conf"), text).unwrap();
            let mut command = program("tinyproxy");
            command.arg("-d").arg("-c").arg(path.join("conf"));
            command
        });
        Self {
            folder,
            at,
            _running: running,
        }
    }

    pub fn with_sign_in() -> Self {
        Self::start(&format!("BasicAuth harbour {PROXY_PASSWORD}"))
    }

    /// Tunnels that were asked for.
    pub fn tunnels(&self, to: SocketAddr) -> usize {
        let text = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        text.matches(&format!("CONNECT {to} ")).count()
    }
}

pub fn as_usual() -> NetworkRequest {
    NetworkRequest {
        proxy_use: ProxyUse::None,
        proxy_host: String::new(),
        proxy_port: String::new(),
        proxy_user: String::new(),
        proxy_password: None,
        proxy_exceptions: String::new(),
        authorities: Vec::new(),
        client_certificate: ClientCertificateChoice::None,
        connect_seconds: "60".into(),
        answer_seconds: "120".into(),
    }
}

pub fn through(proxy: SocketAddr, password: Option<&str>) -> NetworkRequest {
    NetworkRequest {
        proxy_use: ProxyUse::Own,
        proxy_host: proxy.ip().to_string(),
        proxy_port: proxy.port().to_string(),
        proxy_user: password.map_or("", |_| "harbour").into(),
        proxy_password: password.map(str::to_owned),
        ..as_usual()
    }
}

pub fn shown((certificate, key): &(String, String)) -> ClientCertificateChoice {
    let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    ClientCertificateChoice::File {
        file: encode(certificate),
        key_file: Some(encode(key)),
        password: None,
    }
}
