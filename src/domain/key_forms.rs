//! The forms in which a key may stand in a text.

use super::ApiKey;

/// Shorter encoded pieces could be chance.
const SHORTEST_ENCODED: usize = 8;

/// How a key stands in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyForm {
    /// As it is, or with its quotes doubled as in CSV.
    Plain,
    /// As inside a JSON text.
    Json,
    /// With `%XX`.
    Url,
    /// In Base64, at any alignment, in either alphabet.
    Base64,
}

impl ApiKey {
    /// The key in every form that it is searched for when something is read or exported, itself first; each once.
    pub fn forms(&self) -> Vec<(KeyForm, Self)> {
        let key = self.reveal();
        let json = key.replace('\\', "\\\\").replace('"', "\\\"");
        let mut forms: Vec<(KeyForm, Self)> = Vec::new();
        let mut add = |form: KeyForm, text: String| {
            let text = Self::of(text);
            if !forms.iter().any(|(_, known)| known.reveal() == text.reveal()) {
                forms.push((form, text));
            }
        };
        add(KeyForm::Plain, key.to_owned());
        add(KeyForm::Plain, key.replace('"', "\"\""));
        add(KeyForm::Json, json.replace('/', "\\/"));
        add(KeyForm::Json, json.replace('"', "\"\""));
        add(KeyForm::Json, json);
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let keeps: [&dyn Fn(u8) -> bool; 3] = [&unreserved, &|byte| unreserved(byte) || byte == b'/', &|_| false];
        for kept in keeps {
            add(KeyForm::Url, url_encoded(key, kept, b"0123456789ABCDEF"));
            add(KeyForm::Url, url_encoded(key, kept, b"0123456789abcdef"));
        }
        for offset in 0..3 {
            let piece = base64_piece(key.as_bytes(), offset);
            if piece.len() >= SHORTEST_ENCODED {
                add(KeyForm::Base64, piece.replace('+', "-").replace('/', "_"));
                add(KeyForm::Base64, piece.replace('/', "\\/"));
                add(KeyForm::Base64, piece);
            }
        }
        forms
    }
}

fn url_encoded(key: &str, kept: &dyn Fn(u8) -> bool, digits: &[u8; 16]) -> String {
    let mut encoded = String::new();
    for byte in key.bytes() {
        if kept(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.extend([b'%', digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]].map(char::from));
        }
    }
    encoded
}

/// The Base64 characters that depend on `bytes` alone when `offset` other bytes (modulo 3) stand before them and any behind.
fn base64_piece(bytes: &[u8], offset: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bit = |index: usize| u8::from(bytes[index / 8] >> (7 - index % 8) & 1 == 1);
    // The first character that begins at or behind the first bit of `bytes`.
    let start = (offset * 8).next_multiple_of(6) - offset * 8;
    let sextets = (bytes.len() * 8 - start) / 6;
    (0..sextets)
        .map(|sextet| {
            let value = (0..6).fold(0u8, |value, index| value << 1 | bit(start + sextet * 6 + index));
            char::from(ALPHABET[usize::from(value)])
        })
        .collect()
}
