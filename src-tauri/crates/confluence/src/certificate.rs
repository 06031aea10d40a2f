//! Certificates that are added to those of the operating system: of an organisation's own authority,
//! and the one this computer shows of itself.

use std::{fmt, fmt::Write as _, sync::Arc};

use pkcs8::{EncryptedPrivateKeyInfoRef, der::Decode as _};
use rustls::{
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem, pem::PemObject as _},
    sign::CertifiedKey,
};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use x509_parser::{
    certificate::X509Certificate,
    prelude::{FromDer as _, X509Name},
};

/// Larger files are no certificates. A bundle of all public authorities has 220 kB.
pub const LONGEST_CERTIFICATE_FILE: usize = 1024 * 1024;

/// What a person compares and looks after of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateInfo {
    /// The common name, or the organisation's, or the whole name where it has neither.
    pub subject: String,
    pub issuer: String,
    /// Of the DER bytes: 32 pairs of capital hex digits with colons between, as browsers show it.
    pub sha256: String,
    /// Seconds since 1970, UTC.
    pub valid_from: i64,
    pub valid_until: i64,
}

impl CertificateInfo {
    /// Of each certificate of a PEM text or DER file, with its own PEM text.
    ///
    /// # Errors
    /// When there is none, or one is damaged.
    pub fn read(bytes: &[u8]) -> Result<Vec<(Self, String)>, CertificateProblem> {
        certificates(bytes)?
            .iter()
            .map(|der| Ok((info(der)?, to_pem(der))))
            .collect()
    }
}

/// Why a file cannot be used as a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertificateProblem {
    #[error("This file holds no certificate")]
    NoCertificate,
    #[error("The certificate in this file is damaged")]
    Damaged,
    #[error("This is the certificate of one server, not of an authority")]
    NotAnAuthority,
    #[error("The private key is missing")]
    NoKey,
    #[error("The private key is protected by a password")]
    PasswordMissing,
    #[error("The password does not open this file")]
    WrongPassword,
    #[error("The private key does not belong to the certificate")]
    OtherKey,
    #[error("The private key is of a kind that is not supported")]
    UnsupportedKey,
    #[error("This file is larger than certificates are")]
    TooLarge,
}

impl CertificateProblem {
    /// What to do.
    pub fn hint(self) -> &'static str {
        match self {
            Self::NoCertificate => {
                "Choose a PEM file: it begins with -----BEGIN CERTIFICATE-----. Your administrator has it."
            }
            Self::Damaged => "Ask your administrator for the file again.",
            Self::NotAnAuthority => {
                "Choose the certificate of whoever issued it: its CA certificate. Your administrator has it."
            }
            Self::NoKey => {
                "Choose the PEM file of the private key too, or one PKCS #12 file (.p12, .pfx) that holds both."
            }
            Self::PasswordMissing => "Enter the password of the file.",
            Self::WrongPassword => {
                "Enter the password the file was made with. Files with the very old RC2-MD5 or DES-MD5 protection are not read: export it again with AES."
            }
            Self::OtherKey => "Choose the key that was made together with this certificate.",
            Self::UnsupportedKey => {
                "RSA, ECDSA and Ed25519 keys in PKCS #8, PKCS #1 or SEC 1 form are. `openssl pkcs8 -topk8` converts others."
            }
            Self::TooLarge => "Choose the file with the certificate alone, 1 MB at most.",
        }
    }
}

/// A certificate authority that is trusted beside those of the operating system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    der: CertificateDer<'static>,
    info: CertificateInfo,
}

impl Authority {
    /// All certificates of a PEM text, or the one of a DER file.
    ///
    /// A self-signed certificate of a single server counts as its own authority.
    ///
    /// # Errors
    /// When there is none, or one of them is no authority's.
    pub fn read(bytes: &[u8]) -> Result<Vec<Self>, CertificateProblem> {
        let mut authorities: Vec<Self> = Vec::new();
        for der in certificates(bytes)? {
            let info = info(&der)?;
            if !is_authority(&der) {
                return Err(CertificateProblem::NotAnAuthority);
            }
            if authorities.iter().all(|known| known.der != der) {
                authorities.push(Self { der, info });
            }
        }
        Ok(authorities)
    }

    pub fn info(&self) -> &CertificateInfo {
        &self.info
    }

    pub fn to_pem(&self) -> String {
        to_pem(&self.der)
    }

    pub(crate) fn der(&self) -> CertificateDer<'static> {
        self.der.clone()
    }
}

/// The certificate this computer shows to a server that asks for one, with its key.
///
/// It has no `Serialize`, and its `Debug` leaves the key out.
#[derive(Clone)]
pub struct ClientCertificate {
    certified: Arc<CertifiedKey>,
    key: Arc<SecretString>,
    info: CertificateInfo,
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate")
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

impl ClientCertificate {
    /// A PEM file with certificate and key, two such files, or one PKCS #12 file.
    ///
    /// # Errors
    /// When certificate or key is missing, the password does not fit, or the two do not belong together.
    pub fn read(
        file: &[u8],
        key_file: Option<&[u8]>,
        password: Option<&SecretString>,
    ) -> Result<Self, CertificateProblem> {
        if file.len() > LONGEST_CERTIFICATE_FILE {
            return Err(CertificateProblem::TooLarge);
        }
        if key_file.is_none() && !is_pem(file) && info(&CertificateDer::from(file)).is_err() {
            return from_pkcs12(file, password);
        }
        let chain = certificates(file)?;
        let key = private_key(key_file.unwrap_or(file), password)?;
        Self::of(chain, key)
    }

    /// What [`Self::chain_pem`] and [`Self::key_pem`] gave.
    ///
    /// # Errors
    /// When they are not that.
    pub fn from_pem(chain: &str, key: &SecretString) -> Result<Self, CertificateProblem> {
        let chain = certificates(chain.as_bytes())?;
        let key = private_key(key.expose_secret().as_bytes(), None)?;
        Self::of(chain, key)
    }

    fn of(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, CertificateProblem> {
        let first = chain.first().ok_or(CertificateProblem::NoCertificate)?;
        let info = info(first)?;
        let kept = SecretString::from(key_to_pem(&key).expose_secret());
        let signing = aws_lc_rs::sign::any_supported_type(&key)
            .map_err(|_| CertificateProblem::UnsupportedKey)?;
        let certified = CertifiedKey::new(chain, signing);
        // Where it cannot be told, as with certificates of version 1, the server will say.
        if let Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch)) =
            certified.keys_match()
        {
            return Err(CertificateProblem::OtherKey);
        }
        Ok(Self {
            certified: Arc::new(certified),
            key: Arc::new(kept),
            info,
        })
    }

    pub fn info(&self) -> &CertificateInfo {
        &self.info
    }

    /// The certificate and those between it and its authority.
    pub fn chain_pem(&self) -> String {
        self.certified.cert.iter().map(to_pem).collect()
    }

    /// The private key: a secret.
    pub fn key_pem(&self) -> &SecretString {
        &self.key
    }

    pub(crate) fn certified(&self) -> Arc<CertifiedKey> {
        self.certified.clone()
    }
}

fn is_pem(bytes: &[u8]) -> bool {
    bytes.windows(11).any(|part| part == b"-----BEGIN ")
}

fn certificates(bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, CertificateProblem> {
    if bytes.len() > LONGEST_CERTIFICATE_FILE {
        return Err(CertificateProblem::TooLarge);
    }
    if !is_pem(bytes) {
        let der = CertificateDer::from(bytes.to_vec());
        info(&der).map_err(|_| CertificateProblem::NoCertificate)?;
        return Ok(vec![der]);
    }
    let found: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(bytes).collect();
    let found = found.map_err(|_| CertificateProblem::Damaged)?;
    if found.is_empty() {
        return Err(CertificateProblem::NoCertificate);
    }
    Ok(found)
}

fn private_key(
    bytes: &[u8],
    password: Option<&SecretString>,
) -> Result<PrivateKeyDer<'static>, CertificateProblem> {
    if bytes.len() > LONGEST_CERTIFICATE_FILE {
        return Err(CertificateProblem::TooLarge);
    }
    if !is_pem(bytes) {
        return PrivateKeyDer::try_from(bytes.to_vec())
            .map_err(|_| CertificateProblem::UnsupportedKey);
    }
    let text = String::from_utf8_lossy(bytes);
    if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") {
        let password = password
            .filter(|it| !it.expose_secret().is_empty())
            .ok_or(CertificateProblem::PasswordMissing)?;
        return decrypted(&text, password);
    }
    // The form of OpenSSL before 1.0, whose protection is weak.
    if text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(CertificateProblem::UnsupportedKey);
    }
    PrivateKeyDer::from_pem_slice(bytes).map_err(|error| match error {
        pem::Error::NoItemsFound => CertificateProblem::NoKey,
        _ => CertificateProblem::Damaged,
    })
}

fn decrypted(
    text: &str,
    password: &SecretString,
) -> Result<PrivateKeyDer<'static>, CertificateProblem> {
    use base64::Engine as _;
    let body: String = text
        .lines()
        .skip_while(|line| !line.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----"))
        .skip(1)
        .take_while(|line| !line.starts_with("-----"))
        .map(str::trim)
        .collect();
    let der = base64::engine::general_purpose::STANDARD
        .decode(body)
        .map_err(|_| CertificateProblem::Damaged)?;
    let sealed = EncryptedPrivateKeyInfoRef::from_der(&der)
        .map_err(|_| CertificateProblem::UnsupportedKey)?;
    let opened = sealed
        .decrypt(password.expose_secret())
        .map_err(|_| CertificateProblem::WrongPassword)?;
    Ok(PrivatePkcs8KeyDer::from(opened.as_bytes().to_vec()).into())
}

fn from_pkcs12(
    file: &[u8],
    password: Option<&SecretString>,
) -> Result<ClientCertificate, CertificateProblem> {
    // PKCS #12 is a sequence of the version 3 and what is protected (RFC 7292, section 4).
    if file.first() != Some(&0x30) {
        return Err(CertificateProblem::NoCertificate);
    }
    let entered = password.map_or("", |it| it.expose_secret());
    let store = p12_keystore::KeyStore::from_pkcs12(
        file,
        entered,
        p12_keystore::Pkcs12ImportPolicy::Relaxed,
    )
    .map_err(|error| match error {
        p12_keystore::error::Error::DerError(_) => CertificateProblem::NoCertificate,
        p12_keystore::error::Error::InvalidPrivateKey => CertificateProblem::UnsupportedKey,
        _ if entered.is_empty() => CertificateProblem::PasswordMissing,
        _ => CertificateProblem::WrongPassword,
    })?;
    let (_, chain) = store.private_key_chain().ok_or(CertificateProblem::NoKey)?;
    let certificates = chain
        .certs()
        .iter()
        .map(|it| CertificateDer::from(it.as_der().to_vec()))
        .collect();
    let key = PrivatePkcs8KeyDer::from(chain.key().as_der().to_vec());
    ClientCertificate::of(certificates, key.into())
}

/// Subject, issuer, fingerprint and dates of a certificate in DER.
pub(crate) fn info(der: &CertificateDer<'_>) -> Result<CertificateInfo, CertificateProblem> {
    let (_, parsed) = X509Certificate::from_der(der).map_err(|_| CertificateProblem::Damaged)?;
    Ok(CertificateInfo {
        subject: name(parsed.subject()),
        issuer: name(parsed.issuer()),
        sha256: fingerprint(der),
        valid_from: parsed.validity().not_before.timestamp(),
        valid_until: parsed.validity().not_after.timestamp(),
    })
}

fn is_authority(der: &CertificateDer<'_>) -> bool {
    X509Certificate::from_der(der).is_ok_and(|(_, parsed)| {
        parsed.is_ca() || parsed.subject().as_raw() == parsed.issuer().as_raw()
    })
}

fn name(name: &X509Name<'_>) -> String {
    let common = name.iter_common_name().next();
    let known = common.or_else(|| name.iter_organization().next());
    match known.and_then(|it| it.as_str().ok()) {
        Some(text) if !text.trim().is_empty() => text.trim().to_owned(),
        _ => name.to_string(),
    }
}

fn fingerprint(der: &[u8]) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(der) {
        let colon = if text.is_empty() { "" } else { ":" };
        // Writing to a String cannot fail.
        let _ = write!(text, "{colon}{byte:02X}");
    }
    text
}

fn to_pem(der: &CertificateDer<'_>) -> String {
    block("CERTIFICATE", der)
}

fn key_to_pem(key: &PrivateKeyDer<'_>) -> SecretString {
    let label = match key {
        PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
        PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
        _ => "PRIVATE KEY",
    };
    SecretString::from(block(label, key.secret_der()))
}

/// RFC 7468: lines of 64 characters between two labels.
fn block(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    let mut text = String::with_capacity(body.len() + body.len() / 64 + 64);
    let _ = writeln!(text, "-----BEGIN {label}-----");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        let _ = writeln!(text, "{line}");
        rest = after;
    }
    let _ = writeln!(text, "-----END {label}-----");
    text
}
