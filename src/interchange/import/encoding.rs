//! Bytes to text: UTF-8, UTF-16 (Excel's “Unicode text”), else windows-1252 with a warning.

use std::borrow::Cow;

use super::{ImportError, MAX_FILE_BYTES};

/// A file's text.
pub(super) struct Decoded<'a> {
    pub(super) text: Cow<'a, str>,
    /// The name of the encoding.
    pub(super) encoding: &'static str,
    pub(super) warning: Option<&'static str>,
}

const BINARY: &str = "this is no text file; Assay reads CSV, TSV, JSON, JSON Lines and promptfoo YAML";

/// First bytes of files that people mistake for tables.
const KNOWN_BINARIES: [(&[u8], &str); 6] = [
    (b"PK\x03\x04", "this is an Excel workbook or another zip archive; save the sheet as CSV UTF-8 and import that"),
    (b"\xd0\xcf\x11\xe0", "this is an old Excel or Word file; save the sheet as CSV UTF-8 and import that"),
    (b"%PDF", "this is a PDF; copy its prompts into a CSV or text file"),
    (b"\x1f\x8b", "this is a gzip archive; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "this is a zstd archive; unpack it first"),
    (b"PAR1", "this is a Parquet file; convert it to CSV or JSON Lines first"),
];

/// Decodes a whole file.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded<'_>, ImportError> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(ImportError::TooLarge);
    }
    if let Some((_, message)) = KNOWN_BINARIES.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Err(ImportError::Binary(message));
    }
    let decoded = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => Decoded { encoding: "UTF-8 with BOM", ..utf8_or_windows(rest)? },
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes, "UTF-16LE")?,
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes, "UTF-16BE")?,
        _ => match utf16_without_mark(bytes) {
            Some(true) => utf16(bytes, u16::from_le_bytes, "UTF-16LE")?,
            Some(false) => utf16(bytes, u16::from_be_bytes, "UTF-16BE")?,
            None => utf8_or_windows(bytes)?,
        },
    };
    if decoded.text.trim().is_empty() { Err(ImportError::Empty) } else { Ok(decoded) }
}

/// `Some(true)` for little endian. Western text in UTF-16 has a NUL in nearly every unit, always on the same side.
fn utf16_without_mark(bytes: &[u8]) -> Option<bool> {
    let sample = &bytes[..bytes.len().min(4096) & !1];
    let count = |offset: usize| sample.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (count(0), count(1));
    let enough = sample.len() * 2 / 5;
    match (even, odd) {
        (0, odd) if bytes.len().is_multiple_of(2) && odd > 1 && odd >= enough => Some(true),
        (even, 0) if bytes.len().is_multiple_of(2) && even > 1 && even >= enough => Some(false),
        _ => None,
    }
}

fn utf16<'a>(bytes: &[u8], unit: fn([u8; 2]) -> u16, encoding: &'static str) -> Result<Decoded<'a>, ImportError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text: String =
        char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    if text.contains('\0') {
        return Err(ImportError::Binary(BINARY));
    }
    let broken = !rest.is_empty() || text.contains(char::REPLACEMENT_CHARACTER);
    let warning = broken.then_some("some characters of this UTF-16 file could not be read and became “\u{fffd}”");
    Ok(Decoded { text: text.into(), encoding, warning })
}

fn utf8_or_windows(bytes: &[u8]) -> Result<Decoded<'_>, ImportError> {
    let controls = bytes.iter().filter(|byte| matches!(byte, 1..=8 | 0x0e..=0x1a | 0x1c..=0x1f)).count();
    if bytes.contains(&0) {
        return Err(ImportError::Binary(BINARY));
    }
    if let Ok(text) = str::from_utf8(bytes) {
        return Ok(Decoded { text: text.into(), encoding: "UTF-8", warning: None });
    }
    if controls * 50 > bytes.len() {
        return Err(ImportError::Binary(BINARY));
    }
    Ok(Decoded {
        text: bytes.iter().map(|byte| windows_1252(*byte)).collect::<String>().into(),
        encoding: "windows-1252",
        warning: Some("the file is not UTF-8 and was read as windows-1252 (Western European); if letters look wrong, save it as UTF-8"),
    })
}

/// The WHATWG table: 0x80–0x9f differ from Latin-1, and the five gaps stay control characters.
fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•',
        '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> (String, &'static str, bool) {
        let decoded = decode(bytes).unwrap();
        (decoded.text.into_owned(), decoded.encoding, decoded.warning.is_some())
    }

    #[test]
    fn the_encodings_of_spreadsheets_are_read() {
        let utf16 = |unit: fn(u16) -> [u8; 2], text: &str| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
        let text = "id;prompt\n1;Grüße 你好 😀\n";
        assert_eq!(decoded(text.as_bytes()), (text.into(), "UTF-8", false));
        assert_eq!(decoded(format!("\u{feff}{text}").as_bytes()), (text.into(), "UTF-8 with BOM", false));
        assert_eq!(decoded(&utf16(u16::to_le_bytes, &format!("\u{feff}{text}"))), (text.into(), "UTF-16LE", false));
        assert_eq!(decoded(&utf16(u16::to_be_bytes, &format!("\u{feff}{text}"))), (text.into(), "UTF-16BE", false));
        assert_eq!(decoded(&utf16(u16::to_le_bytes, "prompt\nhi\n")), ("prompt\nhi\n".into(), "UTF-16LE", false));
        assert_eq!(decoded(&utf16(u16::to_be_bytes, "prompt\nhi\n")), ("prompt\nhi\n".into(), "UTF-16BE", false));
        assert_eq!(decoded(b"prompt\ncaf\xe9 \x80\n"), ("prompt\ncafé €\n".into(), "windows-1252", true));
        assert!(decoded(b"\xff\xfea\0\0\xd8").2, "a lone surrogate");
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for bytes in [
            &b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..],
            b"prompt\nhi\0there\n",
            b"PK\x03\x04\x14\0",
            b"\x01\x02\x03\xff\xfd\x04",
            b"\xff\xfea\0\0\0",
        ] {
            assert!(matches!(decode(bytes), Err(ImportError::Binary(_))), "{bytes:?}");
        }
        for bytes in [&b""[..], b" \r\n\t", b"\xef\xbb\xbf", b"\xff\xfe"] {
            assert!(matches!(decode(bytes), Err(ImportError::Empty)), "{bytes:?}");
        }
    }
}
