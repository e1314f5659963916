//! What is known about the key of a connection, without the key.

/// Where the key of a connection is, or why it is not there. Holds no part of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// No key is sent.
    NoKey,
    /// The system keychain has it.
    InKeychain,
    /// In memory until the program ends.
    ThisSession,
    /// It is read from an environment variable.
    Environment {
        /// The variable's name.
        name: String,
        /// The variable exists and is not empty.
        set: bool,
    },
    /// It should be in the keychain or in memory, and is not: deleted, or kept for an earlier session.
    Missing,
    /// It may be there but cannot be read.
    CannotBeRead {
        /// What happened and what to do, for a person.
        reason: String,
    },
}
