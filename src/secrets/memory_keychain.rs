//! A keychain in memory, for tests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use crate::domain::ApiKey;

use super::{Keychain, SecretError};

/// Keeps keys in memory. Clones share their entries, so that a test can look inside or "restart" the program.
#[derive(Clone, Default)]
pub struct MemoryKeychain(Arc<Mutex<BTreeMap<String, Zeroizing<String>>>>);

impl MemoryKeychain {
    /// The accounts that have an entry, sorted.
    pub fn accounts(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// Puts any text under an account, as another program might.
    pub fn put(&self, account: &str, text: &str) {
        let text = Zeroizing::new(text.to_owned());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(account.to_owned(), text);
    }
}

impl Keychain for MemoryKeychain {
    fn get(&mut self, account: &str) -> Result<Zeroizing<String>, SecretError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(account).cloned().ok_or(SecretError::EntryNotFound)
    }

    fn set(&mut self, account: &str, key: &ApiKey) -> Result<(), SecretError> {
        self.put(account, key.reveal());
        Ok(())
    }

    fn delete(&mut self, account: &str) -> Result<(), SecretError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(account).map(drop).ok_or(SecretError::EntryNotFound)
    }
}
