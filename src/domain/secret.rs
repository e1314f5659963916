//! A key in memory: wiped when dropped, never printed, never serialised.

use zeroize::Zeroizing;

/// An API key. It has no `Display` and no `Serialize`; `Debug` prints a fixed word.
#[derive(Clone)]
pub struct ApiKey(Zeroizing<String>);

/// Why a pasted text cannot be a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyTextError {
    /// Nothing is left after trimming.
    #[error("the key is empty")]
    Empty,
    /// A character that an HTTP header cannot carry, such as a line break or an accented letter.
    #[error("the key holds a character that cannot be sent in a header; copy it again from the provider's page")]
    NotHeaderSafe,
}

/// What [`ApiKey::from_pasted`] had to remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trimmed(pub bool);

impl ApiKey {
    /// Takes a pasted key: surrounding white space, quotes, zero-width characters and a `Bearer ` prefix are removed.
    /// The flag says whether anything was, so that the person can be told.
    pub fn from_pasted(pasted: &str) -> Result<(Self, Trimmed), KeyTextError> {
        let invisible =
            |c: char| c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{2060}' | '"' | '\'' | '`' | '“' | '”');
        let mut text = pasted.trim_matches(invisible);
        if let Some(prefix) = text.get(..7)
            && prefix.eq_ignore_ascii_case("bearer ")
        {
            text = text[7..].trim_matches(invisible);
        }
        if text.is_empty() {
            return Err(KeyTextError::Empty);
        }
        if !text.bytes().all(|b| (0x21..0x7f).contains(&b)) {
            return Err(KeyTextError::NotHeaderSafe);
        }
        Ok((Self(Zeroizing::new(text.to_owned())), Trimmed(text.len() != pasted.len())))
    }

    /// A key that is known to be one, in another form.
    pub(super) fn of(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The key itself: for the request header and the safe, nowhere else.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The last four characters behind dots, for recognising a key on screen; only dots when the key is short.
    pub fn masked(&self) -> String {
        let tail = if self.0.len() >= 12 { &self.0[self.0.len() - 4..] } else { "" };
        format!("••••••••{tail}")
    }

    /// `text` with every occurrence of this key replaced by `[key]`; providers echo keys in their errors.
    pub fn redact(&self, text: &str) -> String {
        if self.0.len() < 6 { text.to_owned() } else { text.replace(self.0.as_str(), "[key]") }
    }
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiKey([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pasted_keys_are_trimmed_and_say_so() {
        for pasted in ["sk-abcdef123456\n", " \"sk-abcdef123456\" ", "Bearer sk-abcdef123456", "bearer  'sk-abcdef123456'"] {
            let (key, trimmed) = ApiKey::from_pasted(pasted).unwrap();
            assert_eq!(key.reveal(), "sk-abcdef123456");
            assert_eq!(trimmed, Trimmed(true));
        }
        assert_eq!(ApiKey::from_pasted("sk-abcdef123456").unwrap().1, Trimmed(false));
    }

    #[test]
    fn text_that_no_header_can_carry_is_refused() {
        assert_eq!(ApiKey::from_pasted("  \n").unwrap_err(), KeyTextError::Empty);
        assert_eq!(ApiKey::from_pasted("sk-a\nb").unwrap_err(), KeyTextError::NotHeaderSafe);
        assert_eq!(ApiKey::from_pasted("sk-ключ").unwrap_err(), KeyTextError::NotHeaderSafe);
    }

    #[test]
    fn nothing_prints_the_key() {
        let (key, _) = ApiKey::from_pasted("sk-CANARY-1234567890").unwrap();
        assert!(!format!("{key:?}").contains("CANARY"));
        assert!(!key.masked().contains("CANARY"));
        assert_eq!(key.redact("bad key sk-CANARY-1234567890!"), "bad key [key]!");
    }
}
