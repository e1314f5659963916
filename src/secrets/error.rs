//! Why a key cannot be had or kept, worded for a person; never any part of a key.

/// What to do without a keychain.
const OTHER_CHOICES: &str = "keep the key for this session only, or name an environment variable that holds it";

/// Why the safe could not do what was asked. Every variant holds for one connection's key; others are not affected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The keychain cannot be reached: no D-Bus session, no keychain service.
    #[error("no system keychain can be reached; start one and try again, {}: {reason}", OTHER_CHOICES)]
    NoKeychain {
        /// The system's own words, at most 300 characters.
        reason: String,
    },
    /// The keychain is locked, its prompt was dismissed, or it has no default keyring.
    #[error("the system keychain is locked, or its question was dismissed; unlock it and try again, {}: {reason}", OTHER_CHOICES)]
    Locked {
        /// The system's own words, at most 300 characters.
        reason: String,
    },
    /// No answer within the bound. The keychain may still do what was asked.
    #[error(
        "the system keychain did not answer in time; it may be waiting for you to unlock it, and may still do what was asked; try again, {}",
        OTHER_CHOICES
    )]
    TimedOut,
    /// An earlier call has not come back; nothing was asked.
    #[error("the system keychain is still busy with an earlier request; unlock it and try again, {}", OTHER_CHOICES)]
    KeychainStuck,
    /// Any other failure of the keychain.
    #[error("the system keychain failed; try again, {}: {reason}", OTHER_CHOICES)]
    KeychainFailed {
        /// The system's own words, at most 300 characters.
        reason: String,
    },
    /// The keychain works and has no key for this connection.
    #[error("the system keychain has no key for this connection; enter the key again")]
    EntryNotFound,
    /// The keychain has several entries for this connection.
    #[error("the system keychain has more than one key for this connection; delete the extra “assay” entries in your keychain program")]
    Ambiguous,
    /// The entry is there and is no key: not text, empty, or not fit for a header.
    #[error("what the system keychain holds for this connection is not a key; enter the key again, or delete the entry")]
    NotText,
    /// The keychain refuses keys of this length.
    #[error("the key is longer than the system keychain takes ({limit}); {}", OTHER_CHOICES)]
    TooLong {
        /// Its limit, in the unit of the system.
        limit: u32,
    },
    /// A key for this session only, and this session has none.
    #[error("the key was kept for an earlier session only; enter it again")]
    SessionKeyGone,
    /// No such variable in the environment of this process.
    #[error("the environment variable {0} is not set; set it before starting, or choose another place for the key")]
    VariableNotSet(String),
    /// The variable is set to nothing.
    #[error("the environment variable {0} is empty; set it before starting, or choose another place for the key")]
    VariableEmpty(String),
    /// The variable's value cannot be sent in a header.
    #[error("the environment variable {0} holds a character that no key has; copy the key again from the provider's page")]
    VariableNotHeaderSafe(String),
    /// A key cannot be put into the environment.
    #[error("a key cannot be saved into the environment variable {0}; set it where you start the program")]
    VariableNotWritable(String),
    /// The connection is set to send no key.
    #[error("this connection sends no key; choose where its key lives before saving one")]
    SourceTakesNoKey,
}

impl SecretError {
    /// The place works and holds no key for this connection.
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::EntryNotFound | Self::SessionKeyGone | Self::VariableNotSet(_) | Self::VariableEmpty(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_no_keychain_is_told_the_other_choices() {
        let reason = || "reason".to_owned();
        let unusable = [
            SecretError::NoKeychain { reason: reason() },
            SecretError::Locked { reason: reason() },
            SecretError::TimedOut,
            SecretError::KeychainStuck,
            SecretError::KeychainFailed { reason: reason() },
            SecretError::TooLong { limit: 2560 },
        ];
        for error in unusable {
            let message = error.to_string();
            assert!(message.contains("this session only") && message.contains("environment variable"), "{message}");
        }
    }
}
