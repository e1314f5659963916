//! What a keychain can do.

use zeroize::Zeroizing;

use crate::domain::ApiKey;

use super::SecretError;

/// A place that keeps keys over restarts, under account names. Calls may block for as long as they like: the safe makes them on a thread
/// of their own, one at a time.
///
/// **Invariant:** a failed call is not remembered; the next one tries afresh. Errors hold no part of a key.
pub trait Keychain: Send {
    /// The text under `account`; [`SecretError::EntryNotFound`] when there is none.
    fn get(&mut self, account: &str) -> Result<Zeroizing<String>, SecretError>;

    /// Puts `key` under `account`, in the place of an earlier one.
    fn set(&mut self, account: &str, key: &ApiKey) -> Result<(), SecretError>;

    /// Removes what is under `account`; [`SecretError::EntryNotFound`] when there is nothing.
    fn delete(&mut self, account: &str) -> Result<(), SecretError>;
}

/// A keychain that is not there; every call says why.
#[derive(Clone, Debug)]
pub struct NoKeychain(pub String);

impl NoKeychain {
    fn refuse(&self) -> SecretError {
        SecretError::NoKeychain { reason: self.0.clone() }
    }
}

impl Keychain for NoKeychain {
    fn get(&mut self, _account: &str) -> Result<Zeroizing<String>, SecretError> {
        Err(self.refuse())
    }

    fn set(&mut self, _account: &str, _key: &ApiKey) -> Result<(), SecretError> {
        Err(self.refuse())
    }

    fn delete(&mut self, _account: &str) -> Result<(), SecretError> {
        Err(self.refuse())
    }
}
