//! Addresses within a Confluence: how titles and ids are written in a URL.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// One path segment, percent-encoded.
pub(crate) fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// A title as Confluence writes it in a path: spaces become `+`.
pub(crate) fn title(text: &str) -> String {
    segment(text).replace("%20", "+")
}

/// Whether Data Center puts this title into its `/display/KEY/Title` address;
/// any other page is addressed by its id.
pub(crate) fn is_plain_title(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_ascii_alphanumeric() || " -_.()!*',".contains(c))
        && !text.starts_with('.')
}

/// The short address of a page: `/x/` and the little-endian bytes of its id in
/// base64, with `/` as `-`, `+` as `_` and trailing `A` and `=` removed; a
/// trailing `_` is followed by `/`.
pub(crate) fn tiny(id: u64) -> String {
    let code = STANDARD
        .encode(id.to_le_bytes())
        .replace('/', "-")
        .replace('+', "_");
    let code = code.trim_end_matches(['A', '=']);
    let slash = if code.ends_with('_') { "/" } else { "" };
    format!("/x/{code}{slash}")
}

/// The id in a short address's code.
pub(crate) fn from_tiny(code: &str) -> Option<u64> {
    let mut padded = code
        .trim_end_matches('/')
        .replace('-', "/")
        .replace('_', "+");
    if padded.len() > 11 {
        return None;
    }
    while padded.len() < 11 {
        padded.push('A');
    }
    padded.push('=');
    let bytes = STANDARD.decode(padded).ok()?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_addresses_go_there_and_back() {
        for id in [
            1,
            65_537,
            98_309,
            131_081,
            33_037,
            1_048_574,
            u64::from(u32::MAX),
            63 << 40,
        ] {
            let short = tiny(id);
            assert_eq!(
                from_tiny(short.trim_start_matches("/x/")),
                Some(id),
                "{short}"
            );
        }
        assert_eq!(from_tiny("no such code"), None);
    }

    #[test]
    fn short_addresses_are_base64_of_the_little_endian_id() {
        // 0x00018005 -> 05 80 01 00 -> "BYABAA.." without its trailing A.
        assert_eq!(tiny(98_309), "/x/BYAB");
        assert_eq!(tiny(0xFC), "/x/-");
        assert_eq!(tiny(0xF8), "/x/_/");
        assert_eq!(tiny(0x03E0_0000), "/x/AADgAw");
    }

    #[test]
    fn titles_in_paths() {
        assert_eq!(title("Q1 & Ü"), "Q1+%26+%C3%9C");
        assert_eq!(segment("~casey"), "~casey");
        assert!(is_plain_title("2026-03-13 - Retrospective"));
        assert!(!is_plain_title("50% done?"));
    }
}
