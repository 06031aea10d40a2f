//! How a secret is encrypted.
//!
//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) under a 32-byte key. A sealed secret is
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version, 1 |
//! | 8 | which key: the start of SHA-256 over a fixed prefix and the key |
//! | 24 | nonce, random for each secret |
//! | n + 16 | the encrypted secret and its tag |
//!
//! The first nine bytes and the caller's `bound_to` are authenticated along.

use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::SealProblem;

const VERSION: u8 = 1;
const NAME: usize = 8;
const HEADER: usize = 1 + NAME;
const NONCE: usize = 24;
const TAG: usize = 16;

/// Length of the key, in bytes.
pub(crate) const KEY: usize = 32;

/// The key every secret is sealed with; wiped from memory when dropped.
pub(crate) struct Key(Zeroizing<[u8; KEY]>);

impl Key {
    /// A fresh one, from the operating system's random source.
    pub(crate) fn generate() -> Key {
        Key(Zeroizing::new(<[u8; KEY]>::generate()))
    }

    /// The one a keyring kept; `None` when the bytes are not 32.
    pub(crate) fn from_keyring(bytes: &[u8]) -> Option<Key> {
        let bytes = Zeroizing::new(<[u8; KEY]>::try_from(bytes).ok()?);
        Some(Key(bytes))
    }

    pub(crate) fn copy(&self) -> Key {
        Key(self.0.clone())
    }

    /// The bytes to keep in a keyring.
    pub(crate) fn bytes(&self) -> &[u8; KEY] {
        &self.0
    }

    /// Tells two keys apart and gives nothing of the key away.
    fn name(&self) -> [u8; NAME] {
        let mut name = [0; NAME];
        let hash = Sha256::new_with_prefix(b"name of a sealing key\0")
            .chain_update(self.bytes())
            .finalize();
        name.copy_from_slice(&hash[..NAME]);
        name
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }

    pub(crate) fn seal(
        &self,
        secret: &SecretString,
        bound_to: &[u8],
    ) -> Result<Vec<u8>, SealProblem> {
        let mut sealed = vec![VERSION];
        sealed.extend(self.name());
        let nonce = XNonce::generate();
        let payload = Payload {
            msg: secret.expose_secret().as_bytes(),
            aad: &bind(&sealed, bound_to),
        };
        // Fails only beyond 256 GB of secret.
        let encrypted = self
            .cipher()
            .encrypt(&nonce, payload)
            .map_err(|_| SealProblem::Damaged)?;
        sealed.extend(nonce);
        sealed.extend(encrypted);
        Ok(sealed)
    }

    pub(crate) fn open(&self, sealed: &[u8], bound_to: &[u8]) -> Result<SecretString, SealProblem> {
        check(sealed)?;
        let (header, rest) = sealed.split_at(HEADER);
        if header[1..] != self.name() {
            return Err(SealProblem::KeyGone);
        }
        let (nonce, encrypted) = rest.split_at(NONCE);
        let nonce = XNonce::try_from(nonce).map_err(|_| SealProblem::Damaged)?;
        let payload = Payload {
            msg: encrypted,
            aad: &bind(header, bound_to),
        };
        let secret = Zeroizing::new(
            self.cipher()
                .decrypt(&nonce, payload)
                .map_err(|_| SealProblem::Damaged)?,
        );
        let secret = std::str::from_utf8(&secret).map_err(|_| SealProblem::Damaged)?;
        Ok(SecretString::from(secret))
    }
}

/// Whether these bytes can be a sealed secret at all. Asked before a keyring is.
pub(crate) fn check(sealed: &[u8]) -> Result<(), SealProblem> {
    if sealed.len() < HEADER + NONCE + TAG || sealed[0] != VERSION {
        return Err(SealProblem::Damaged);
    }
    Ok(())
}

fn bind(header: &[u8], bound_to: &[u8]) -> Vec<u8> {
    [header, bound_to].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> SecretString {
        SecretString::from("correct horse battery staple, ein Pferd: 馬")
    }

    #[test]
    fn opens_what_it_sealed() {
        let key = Key::generate();
        let sealed = key.seal(&secret(), b"example.org").unwrap();
        let opened = key.open(&sealed, b"example.org").unwrap();
        assert_eq!(opened.expose_secret(), secret().expose_secret());
        let plain = secret();
        let plain = plain.expose_secret().as_bytes();
        assert!(!sealed.windows(8).any(|part| plain.starts_with(part)));
    }

    #[test]
    fn an_empty_secret_is_a_secret() {
        let key = Key::generate();
        let sealed = key.seal(&SecretString::from(""), b"").unwrap();
        assert_eq!(key.open(&sealed, b"").unwrap().expose_secret(), "");
    }

    #[test]
    fn the_same_secret_never_looks_the_same() {
        let key = Key::generate();
        let once = key.seal(&secret(), b"").unwrap();
        assert_ne!(once, key.seal(&secret(), b"").unwrap());
    }

    #[test]
    fn opens_only_where_it_is_bound_to() {
        let key = Key::generate();
        let sealed = key.seal(&secret(), b"example.org").unwrap();
        for elsewhere in [&b"example.com"[..], b"", b"example.org/", b"example.or"] {
            let refused = key.open(&sealed, elsewhere);
            assert!(matches!(refused, Err(SealProblem::Damaged)));
        }
    }

    #[test]
    fn no_single_changed_bit_goes_unnoticed() {
        let key = Key::generate();
        let sealed = key.seal(&secret(), b"example.org").unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let refused = key.open(&changed, b"example.org");
            let expected = match bit / 8 {
                1..HEADER => matches!(refused, Err(SealProblem::KeyGone)),
                _ => matches!(refused, Err(SealProblem::Damaged)),
            };
            assert!(expected, "bit {bit}");
        }
    }

    #[test]
    fn nothing_cut_off_opens() {
        let key = Key::generate();
        let sealed = key.seal(&secret(), b"").unwrap();
        for length in 0..sealed.len() {
            let refused = key.open(&sealed[..length], b"");
            assert!(matches!(refused, Err(SealProblem::Damaged)), "{length}");
        }
    }

    #[test]
    fn another_key_is_told_apart_from_damage() {
        let sealed = Key::generate().seal(&secret(), b"").unwrap();
        let refused = Key::generate().open(&sealed, b"");
        assert!(matches!(refused, Err(SealProblem::KeyGone)));
    }

    #[test]
    fn a_key_is_32_bytes() {
        assert!(Key::from_keyring(&[7; 31]).is_none());
        assert!(Key::from_keyring(&[7; 33]).is_none());
        assert!(Key::from_keyring(&[7; 32]).is_some());
    }

    /// Sealed by the first version. Must open for ever.
    #[test]
    fn format_1_still_opens() {
        let sealed = FORMAT_1
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect::<Vec<_>>();
        let key = Key::from_keyring(&[7; 32]).unwrap();
        assert_eq!(key.open(&sealed, b"here").unwrap().expose_secret(), "kept");
    }

    const FORMAT_1: &str = "016e2802333fe0a370285e49073b7b255796cffdc6a3cc36616f\
        5bf1c79de9497d23f9c3cdbca84e4622bb1d0071c35e3744402dc1";
}
