//! Keeps stored keys out of exports: plain, escaped or encoded.

use std::io::{self, Write};

use crate::domain::{ApiKey, KeyForm};

/// Shorter keys are words rather than secrets and would be found everywhere; [`ApiKey::redact`] draws the same line.
const SHORTEST_KEY: usize = 6;
/// What servers of one's own tell people to type where a key is demanded.
const PLACEHOLDERS: [&str; 4] = ["ollama", "lm-studio", "not-needed", "sk-no-key-required"];
/// Scanned at once; a write is held back until then.
const CHUNK_BYTES: usize = 64 << 10;

/// A stored key was found; which one, but never the key itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the export would contain a stored API key{}; nothing was exported: take the key out of the prompt, note or setting it stands in", match form {
    KeyForm::Plain => "",
    KeyForm::Json => " (escaped as JSON)",
    KeyForm::Url => " (URL-encoded)",
    KeyForm::Base64 => " (in Base64)",
})]
pub struct KeyFound {
    /// Index into the keys given.
    pub key_index: usize,
    /// How it was written.
    pub form: KeyForm,
}

/// All forms of all keys. Holds keys in memory: no `Debug`.
struct KeyScanner {
    needles: Vec<(zeroize::Zeroizing<Vec<u8>>, KeyFound)>,
    /// Indices of the needles that begin with a byte.
    by_first_byte: Vec<Vec<usize>>,
    longest: usize,
}

impl KeyScanner {
    fn new(keys: &[ApiKey]) -> Self {
        let mut needles: Vec<(zeroize::Zeroizing<Vec<u8>>, KeyFound)> = Vec::new();
        for (key_index, key) in keys.iter().enumerate() {
            if key.reveal().len() < SHORTEST_KEY || PLACEHOLDERS.contains(&key.reveal()) {
                continue;
            }
            for (form, text) in key.forms() {
                let text = text.reveal().as_bytes();
                if !needles.iter().any(|(known, _)| **known == text) {
                    needles.push((text.to_owned().into(), KeyFound { key_index, form }));
                }
            }
        }
        let mut by_first_byte = vec![Vec::new(); 256];
        for (index, (needle, _)) in needles.iter().enumerate() {
            by_first_byte[usize::from(needle[0])].push(index);
        }
        let longest = needles.iter().map(|(needle, _)| needle.len()).max().unwrap_or(1);
        Self { needles, by_first_byte, longest }
    }

    fn find(&self, text: &[u8]) -> Option<KeyFound> {
        if self.needles.is_empty() {
            return None;
        }
        text.iter().enumerate().find_map(|(at, first)| {
            let candidates = self.by_first_byte[usize::from(*first)].iter().map(|index| &self.needles[*index]);
            candidates.into_iter().find(|(needle, _)| text[at..].starts_with(needle)).map(|(_, found)| *found)
        })
    }
}

/// Passes writes on only after they were searched, across the borders of writes; the write that completes a key fails with
/// [`KeyFound`] inside, and so does everything after it. Call [`Self::finish`]: what is held back is written there.
pub struct LeakGuard<W: Write> {
    out: W,
    scanner: KeyScanner,
    held: Vec<u8>,
    found: Option<KeyFound>,
}

impl<W: Write> LeakGuard<W> {
    /// Guards `out` against all `keys`.
    pub fn new(out: W, keys: &[ApiKey]) -> Self {
        Self { out, scanner: KeyScanner::new(keys), held: Vec::new(), found: None }
    }

    /// Searches and writes the rest, and hands the writer back.
    pub fn finish(mut self) -> io::Result<W> {
        self.scan()?;
        self.out.write_all(&self.held)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn scan(&mut self) -> io::Result<()> {
        self.found = self.found.or_else(|| self.scanner.find(&self.held));
        self.found.map_or(Ok(()), |found| Err(io::Error::other(found)))
    }
}

impl<W: Write> Write for LeakGuard<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(found) = self.found {
            return Err(io::Error::other(found));
        }
        self.held.extend_from_slice(bytes);
        if self.held.len() >= CHUNK_BYTES + self.scanner.longest {
            self.scan()?;
            // A key may have begun in the last bytes.
            let clean = self.held.len() - (self.scanner.longest - 1);
            self.out.write_all(&self.held[..clean])?;
            self.held.drain(..clean);
        }
        Ok(bytes.len())
    }

    /// Flushes what was passed on; the rest stays held back.
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::interchange::export::ExportError;

    fn key(text: &str) -> ApiKey {
        ApiKey::from_pasted(text).unwrap().0
    }

    fn find_key(text: &[u8], keys: &[ApiKey]) -> Option<KeyFound> {
        KeyScanner::new(keys).find(text)
    }

    fn form_in(text: &str, secret: &str) -> Option<KeyForm> {
        find_key(text.as_bytes(), &[key("another-key-1"), key(secret)]).map(|found| {
            assert_eq!(found.key_index, 1);
            found.form
        })
    }

    #[test]
    fn every_form_of_a_key_is_found() {
        let secret = "sk-a/b+c\"d\\e=CANARY";
        assert_eq!(form_in(&format!("x{secret}x"), secret), Some(KeyForm::Plain));
        assert_eq!(form_in(&secret.replace('"', "\"\""), secret), Some(KeyForm::Plain));
        let json = serde_json::to_string(secret).unwrap();
        assert_eq!(form_in(&json, secret), Some(KeyForm::Json));
        assert_eq!(form_in(&json.replace('"', "\"\""), secret), Some(KeyForm::Json));
        assert_eq!(form_in("?k=sk-a%2Fb%2Bc%22d%5Ce%3DCANARY&", secret), Some(KeyForm::Url));
        assert_eq!(form_in("?k=sk-a%2fb%2bc%22d%5ce%3dCANARY&", secret), Some(KeyForm::Url));
        // base64 of "<secret>", "u:<secret>" and "Bearer <secret> "
        for encoded in ["c2stYS9iK2MiZFxlPUNBTkFSWQ==", "dTpzay1hL2IrYyJkXGU9Q0FOQVJZ", "QmVhcmVyIHNrLWEvYitjImRcZT1DQU5BUlkg"] {
            assert_eq!(form_in(encoded, secret), Some(KeyForm::Base64), "{encoded}");
        }
        assert_eq!(form_in("sk-a/b+c-CANARY", secret), None);
    }

    #[test]
    fn words_are_no_secrets() {
        assert_eq!(find_key(b"I run ollama with the key abc", &[key("ollama"), key("abc")]), None);
        assert!(find_key(b"sk-test1", &[key("sk-test1")]).is_some());
    }

    #[test]
    fn the_error_does_not_hold_the_key() {
        let mut guard = LeakGuard::new(Vec::new(), &[key("sk-CANARY-123456")]);
        guard.write_all(b"a sk-CANARY-").unwrap();
        guard.write_all(b"123456 b").unwrap();
        let error = ExportError::from(guard.finish().unwrap_err());
        assert!(matches!(error, ExportError::KeyFound(KeyFound { key_index: 0, form: KeyForm::Plain })));
        assert!(!format!("{error} {error:?}").contains("CANARY"));
    }

    proptest! {
        #[test]
        fn a_key_is_found_however_the_writes_fall(before in 0usize..70_000, step in 1usize..5_000) {
            let keys = [key("sk-CANARY-123456")];
            let mut text = vec![b's'; before];
            text.extend_from_slice(b"sk-CANARY-123456");
            text.extend(std::iter::repeat_n(b'k', 70_000));
            let mut written = Vec::new();
            let mut guard = LeakGuard::new(&mut written, &keys);
            let result = text.chunks(step).try_for_each(|chunk| guard.write_all(chunk)).and_then(|()| guard.finish().map(drop));
            prop_assert!(result.is_err());
            prop_assert_eq!(find_key(&written, &keys), None);
            prop_assert!(!written.windows(6).any(|window| window == b"CANARY"));
        }

        #[test]
        fn clean_text_passes_unchanged(text in proptest::collection::vec(any::<u8>(), 0..2_000), times in 1usize..100, step in 1usize..3_000) {
            let text = text.repeat(times);
            let mut guard = LeakGuard::new(Vec::new(), &[key("sk-CANARY-123456")]);
            for chunk in text.chunks(step) {
                guard.write_all(chunk).unwrap();
            }
            prop_assert_eq!(guard.finish().unwrap(), text);
        }
    }
}
