//! Bytes of a file as text, or the reason why they are none.

use thiserror::Error;

/// Why a file is not taken for text. The message is written for the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotText {
    #[error("It holds binary data. Notes are text files, such as .md or .txt.")]
    Binary,
    #[error("It is a {0}. Save the notes as text or Markdown first.")]
    OtherFormat(&'static str),
    #[error("It is marked as UTF-16 but is damaged.")]
    DamagedUtf16,
}

/// Reads UTF-8 (with or without a byte order mark), UTF-16 with one, or Windows-1252.
///
/// Windows-1252 is the last resort, taken only when no byte is a control character; the WHATWG
/// Encoding Standard gives its table.
pub fn decode(bytes: &[u8]) -> Result<String, NotText> {
    if let Some(rest) = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]) {
        return std::str::from_utf8(rest)
            .map(str::to_owned)
            .or_else(|_| windows_1252(rest));
    }
    if let Some(rest) = bytes.strip_prefix(&[0xFF, 0xFE]) {
        return utf16(rest, u16::from_le_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(&[0xFE, 0xFF]) {
        return utf16(rest, u16::from_be_bytes);
    }
    if let Some((_, format)) = FORMATS.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Err(NotText::OtherFormat(format));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if text.contains('\0') => Err(NotText::Binary),
        Ok(text) => Ok(text.to_owned()),
        Err(_) => windows_1252(bytes),
    }
}

/// How files begin that people take for notes by mistake.
const FORMATS: [(&[u8], &str); 7] = [
    (b"%PDF-", "PDF"),
    (b"PK\x03\x04", "Word, Excel or ZIP file"),
    (b"\xD0\xCF\x11\xE0", "Word or Excel file"),
    (b"{\\rtf", "rich text file"),
    (b"\x89PNG", "picture"),
    (b"\xFF\xD8\xFF", "picture"),
    (b"GIF8", "picture"),
];

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, NotText> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(NotText::DamagedUtf16);
    }
    let text: String = char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .collect::<Result<_, _>>()
        .map_err(|_| NotText::DamagedUtf16)?;
    if text.contains('\0') {
        Err(NotText::Binary)
    } else {
        Ok(text)
    }
}

fn windows_1252(bytes: &[u8]) -> Result<String, NotText> {
    const FROM_0X80: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž',
        '\u{8F}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}',
        'ž', 'Ÿ',
    ];
    let character = |byte: &u8| match byte {
        b'\t' | b'\n' | b'\r' | b' '..=0x7E | 0xA0.. => Some(char::from(*byte)),
        0x80..=0x9F => FROM_0X80
            .get(usize::from(byte - 0x80))
            .copied()
            .filter(|it| !it.is_control()),
        _ => None,
    };
    bytes
        .iter()
        .map(character)
        .collect::<Option<String>>()
        .ok_or(NotText::Binary)
}
