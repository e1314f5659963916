//! The system's own keychain: Secret Service on Linux, Keychain on macOS, Credential Manager on Windows.

use std::collections::HashMap;
use std::sync::Arc;

use keyring_core::{CredentialStore, Entry, Error};
use zeroize::Zeroizing;

use crate::domain::ApiKey;

use super::{Keychain, SecretError};

/// The service under which all entries stand; the account is the connection's id.
const SERVICE: &str = "assay";

/// Connects to the system's keychain at the first call, and again after a failure.
pub struct SystemKeychain {
    connect: fn() -> keyring_core::Result<Arc<CredentialStore>>,
    /// The name that the keychain's own window shows for an entry, where the store has such a thing.
    label: Option<&'static str>,
    /// Absent before the first call, after a failed one, and while one is under way, so that a panic inside leaves none behind.
    store: Option<Arc<CredentialStore>>,
}

impl Default for SystemKeychain {
    fn default() -> Self {
        Self { connect: connect_system, label: cfg!(target_os = "linux").then_some("Assay API key"), store: None }
    }
}

#[cfg(target_os = "linux")]
fn connect_system() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(target_os = "macos")]
fn connect_system() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(target_os = "windows")]
fn connect_system() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "windows")))]
fn connect_system() -> keyring_core::Result<Arc<CredentialStore>> {
    Err(Error::NotSupportedByStore("no keychain is known for this operating system".to_owned()))
}

impl SystemKeychain {
    fn with_entry<T>(&mut self, account: &str, action: impl Fn(&Entry) -> keyring_core::Result<T>) -> Result<T, SecretError> {
        let earlier = self.store.take();
        let modifiers = self.label.map(|label| HashMap::from([("label", label)]));
        let act = |store: &CredentialStore| store.build(SERVICE, account, modifiers.as_ref()).and_then(|entry| action(&entry));
        if let Some(store) = earlier {
            let result = act(&*store);
            // A keychain service that was restarted knows nothing of the old session: connect again, once.
            if !matches!(result, Err(Error::PlatformFailure(_))) {
                return self.finish(store, result);
            }
        }
        let store = (self.connect)().map_err(|error| SecretError::NoKeychain { reason: words(&error) })?;
        let result = act(&*store);
        self.finish(store, result)
    }

    fn finish<T>(&mut self, store: Arc<CredentialStore>, result: keyring_core::Result<T>) -> Result<T, SecretError> {
        if !matches!(result, Err(Error::PlatformFailure(_))) {
            self.store = Some(store);
        }
        result.map_err(to_secret_error)
    }
}

/// The system's words for an error; only for variants that carry no stored data.
fn words(error: &Error) -> String {
    let words = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    words.chars().filter(|c| !c.is_control()).take(300).collect()
}

fn to_secret_error(error: Error) -> SecretError {
    match error {
        Error::NoEntry => SecretError::EntryNotFound,
        Error::Ambiguous(_) => SecretError::Ambiguous,
        Error::NoStorageAccess(_) => SecretError::Locked { reason: words(&error) },
        Error::TooLong(_, limit) => SecretError::TooLong { limit },
        Error::BadEncoding(bytes) | Error::BadDataFormat(bytes, _) => {
            drop(Zeroizing::new(bytes));
            SecretError::NotText
        }
        other => SecretError::KeychainFailed { reason: words(&other) },
    }
}

impl Keychain for SystemKeychain {
    fn get(&mut self, account: &str) -> Result<Zeroizing<String>, SecretError> {
        let bytes = self.with_entry(account, Entry::get_secret)?;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Zeroizing::new(text)),
            Err(error) => {
                drop(Zeroizing::new(error.into_bytes()));
                Err(SecretError::NotText)
            }
        }
    }

    fn set(&mut self, account: &str, key: &ApiKey) -> Result<(), SecretError> {
        self.with_entry(account, |entry| entry.set_password(key.reveal())).map_err(|error| match error {
            // A service may quote in its complaint what it was given.
            SecretError::KeychainFailed { reason } => SecretError::KeychainFailed { reason: key.redact(&reason) },
            SecretError::Locked { reason } => SecretError::Locked { reason: key.redact(&reason) },
            other => other,
        })
    }

    fn delete(&mut self, account: &str) -> Result<(), SecretError> {
        self.with_entry(account, Entry::delete_credential)
    }
}

#[cfg(test)]
#[path = "system_keychain_tests.rs"]
mod tests;
