//! Files of certificates and keys, as administrators hand them out.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use retropress_confluence::{Authority, CertificateProblem as Problem, ClientCertificate};

use crate::server::secret;

fn authority(name: &str) -> (String, Issuer<'static, KeyPair>) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    let pem = params.self_signed(&key).unwrap().pem();
    (pem, Issuer::new(params, key))
}

fn leaf(name: &str, issuer: &Issuer<'static, KeyPair>) -> (String, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["wiki.harbour.example".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    (params.signed_by(&key, issuer).unwrap().pem(), key)
}

#[test]
fn an_authority_is_named_and_can_be_compared() {
    let (pem, _) = authority("Harbour Internal CA 2");
    let found = Authority::read(pem.as_bytes()).unwrap();
    assert_eq!(found.len(), 1);
    let info = found[0].info();
    assert_eq!(info.subject, "Harbour Internal CA 2");
    assert_eq!(info.issuer, "Harbour Internal CA 2");
    assert_eq!(info.sha256.len(), 32 * 3 - 1);
    assert!(info.valid_until > info.valid_from);
    // What is kept is the same certificate.
    assert_eq!(
        Authority::read(found[0].to_pem().as_bytes()).unwrap(),
        found
    );
    // So is its DER form, and a bundle with the same one twice.
    let der = pem_body(&pem);
    assert_eq!(Authority::read(&der).unwrap(), found);
    assert_eq!(
        Authority::read(format!("{pem}\n{pem}").as_bytes()).unwrap(),
        found
    );
}

fn pem_body(pem: &str) -> Vec<u8> {
    use base64::Engine as _;
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    base64::engine::general_purpose::STANDARD
        .decode(body)
        .unwrap()
}

#[test]
fn what_is_no_authority_is_refused_with_its_reason() {
    let (_, issuer) = authority("Harbour Internal CA 2");
    let (server, key) = leaf("wiki", &issuer);
    for (bytes, expected) in [
        (server.into_bytes(), Problem::NotAnAuthority),
        (key.serialize_pem().into_bytes(), Problem::NoCertificate),
        (b"hello".to_vec(), Problem::NoCertificate),
        (Vec::new(), Problem::NoCertificate),
        (
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec(),
            Problem::Damaged,
        ),
        (vec![b'x'; 2 << 20], Problem::TooLarge),
    ] {
        let problem = Authority::read(&bytes).unwrap_err();
        assert_eq!(problem, expected);
        assert!(!problem.hint().is_empty());
    }
}

#[test]
fn a_client_certificate_is_read_from_one_file_or_two() {
    let (_, issuer) = authority("Harbour Internal CA 2");
    let (certificate, key) = leaf("ada", &issuer);
    let key = key.serialize_pem();
    let two = ClientCertificate::read(certificate.as_bytes(), Some(key.as_bytes()), None).unwrap();
    let both = format!("{key}{certificate}");
    let one = ClientCertificate::read(both.as_bytes(), None, None).unwrap();
    for it in [&one, &two] {
        assert_eq!(it.info().subject, "ada");
        assert_eq!(it.info().issuer, "Harbour Internal CA 2");
        let kept = ClientCertificate::from_pem(&it.chain_pem(), it.key_pem()).unwrap();
        assert_eq!(kept.info(), it.info());
        assert!(!format!("{it:?}").contains("KEY"), "{it:?}");
    }
}

#[test]
fn a_client_certificate_that_cannot_be_used_says_why() {
    let (_, issuer) = authority("Harbour Internal CA 2");
    let (certificate, key) = leaf("ada", &issuer);
    let (_, other) = leaf("bob", &issuer);
    let read = |file: &str, key: Option<&str>, password: Option<&str>| {
        ClientCertificate::read(
            file.as_bytes(),
            key.map(str::as_bytes),
            password.map(secret).as_ref(),
        )
        .unwrap_err()
    };
    assert_eq!(read(&certificate, None, None), Problem::NoKey);
    assert_eq!(
        read(&certificate, Some(&other.serialize_pem()), None),
        Problem::OtherKey
    );
    assert_eq!(
        read(&key.serialize_pem(), None, None),
        Problem::NoCertificate
    );
    assert_eq!(read("hello", None, None), Problem::NoCertificate);
    let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    assert_eq!(read(&certificate, Some(old), None), Problem::UnsupportedKey);
}

/// Files made by OpenSSL, which nobody here wrote.
mod of_openssl {
    use super::*;

    fn file(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certificates/");
        std::fs::read(format!("{folder}{name}")).unwrap()
    }

    #[test]
    fn a_fingerprint_is_the_one_openssl_shows() {
        let expected = String::from_utf8(file("ada.sha256")).unwrap();
        let it = ClientCertificate::read(&file("ada.crt"), Some(&file("ada.key")), None).unwrap();
        assert_eq!(it.info().sha256, expected.trim());
    }

    #[test]
    fn pkcs12_in_its_present_and_its_older_form() {
        for name in ["ada-aes.p12", "ada-3des.p12"] {
            let it = ClientCertificate::read(&file(name), None, Some(&secret("harbour"))).unwrap();
            assert_eq!(it.info().subject, "ada", "{name}");
            for (password, expected) in [
                (None, Problem::PasswordMissing),
                (Some("other"), Problem::WrongPassword),
            ] {
                assert_eq!(
                    ClientCertificate::read(&file(name), None, password.map(secret).as_ref())
                        .unwrap_err(),
                    expected,
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn a_key_with_a_password() {
        let read = |password: Option<&str>| {
            ClientCertificate::read(
                &file("ada.crt"),
                Some(&file("ada-protected.key")),
                password.map(secret).as_ref(),
            )
        };
        assert_eq!(read(Some("harbour")).unwrap().info().subject, "ada");
        assert_eq!(read(None).unwrap_err(), Problem::PasswordMissing);
        assert_eq!(read(Some("other")).unwrap_err(), Problem::WrongPassword);
    }
}
