//! Whom we trust and what we show of ourselves when a connection is encrypted.
//!
//! The operating system decides first. Only what it does not know may be vouched for by an authority
//! the user added; a certificate that is expired, revoked or for another name stays refused.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore,
    SignatureScheme,
    client::{
        ResolvesClientCert, WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, ServerName, UnixTime},
    sign::CertifiedKey,
};

use crate::certificate::{self, Authority, CertificateInfo, ClientCertificate};

/// What the latest encrypted connection showed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Handshake {
    /// The server's own certificate, whether it was trusted or not.
    pub certificate: Option<CertificateInfo>,
    pub trust: Trust,
    /// A server asked this computer for a certificate, in this connection or an earlier one.
    pub asked_for_certificate: bool,
}

/// Who vouches for the server's certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Trust {
    #[default]
    Nobody,
    /// The operating system's authorities.
    System,
    /// An authority the user added.
    Added,
}

/// Shared by the connections of one [`crate::Http`], which write to it, and whoever wants to know.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Handshake>>);

impl Seen {
    pub fn read(&self) -> Handshake {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn write(&self, change: impl FnOnce(&mut Handshake)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// A certificate that nobody here vouches for.
#[derive(Debug, thiserror::Error)]
#[error("issued by {issuer}, which is not known here")]
pub(crate) struct Untrusted {
    pub issuer: String,
}

pub(crate) fn config(
    authorities: &[Authority],
    own: Option<&ClientCertificate>,
    seen: &Seen,
) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Verifier {
        system: rustls_platform_verifier::Verifier::new(provider.clone())?,
        added: added(authorities, &provider)?,
        seen: seen.clone(),
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_cert_resolver(Arc::new(Own {
            certified: own.map(ClientCertificate::certified),
            seen: seen.clone(),
        }));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn added(
    authorities: &[Authority],
    provider: &Arc<CryptoProvider>,
) -> Result<Option<Arc<WebPkiServerVerifier>>, rustls::Error> {
    if authorities.is_empty() {
        return Ok(None);
    }
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority.der())?;
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .build()
        .map(Some)
        .map_err(|error| rustls::Error::Other(OtherError(Arc::new(error))))
}

#[derive(Debug)]
struct Verifier {
    system: rustls_platform_verifier::Verifier,
    added: Option<Arc<WebPkiServerVerifier>>,
    seen: Seen,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let info = certificate::info(end_entity).ok();
        let issuer = info.as_ref().map(|it| it.issuer.clone());
        self.seen.write(|it| {
            it.certificate = info;
            it.trust = Trust::Nobody;
        });
        let verify = |by: &dyn ServerCertVerifier| {
            by.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        };
        let mut trust = Trust::System;
        let mut answer = verify(&self.system);
        if let (Err(error), Some(added)) = (&answer, &self.added)
            && is_unknown_issuer(error)
        {
            trust = Trust::Added;
            answer = verify(added.as_ref());
        }
        match answer {
            Ok(verified) => {
                self.seen.write(|it| it.trust = trust);
                Ok(verified)
            }
            Err(error) if is_unknown_issuer(&error) => Err(match issuer {
                Some(issuer) => CertificateError::Other(OtherError(Arc::new(Untrusted { issuer }))),
                None => CertificateError::UnknownIssuer,
            }
            .into()),
            Err(error) => Err(error),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.system.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.system.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.system.supported_verify_schemes()
    }
}

fn is_unknown_issuer(error: &rustls::Error) -> bool {
    matches!(
        error,
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)
    )
}

/// Shows the user's certificate to a server that asks, and remembers that it did.
struct Own {
    certified: Option<Arc<CertifiedKey>>,
    seen: Seen,
}

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Own").finish_non_exhaustive()
    }
}

impl ResolvesClientCert for Own {
    fn resolve(
        &self,
        _root_hint_subjects: &[&[u8]],
        _sigschemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        self.seen.write(|it| it.asked_for_certificate = true);
        self.certified.clone()
    }

    fn has_certs(&self) -> bool {
        self.certified.is_some()
    }
}
