//! The safe: where keys live. The system keychain, this session's memory and the environment, behind one handle.

mod desk;
mod environment;
mod error;
mod keychain;
mod memory_keychain;
mod safe;
#[cfg(test)]
mod safe_tests;
mod system_keychain;

pub use environment::Environment;
pub use error::SecretError;
pub use keychain::{Keychain, NoKeychain};
pub use memory_keychain::MemoryKeychain;
pub use safe::{GatheredKeys, Safe};
pub use system_keychain::SystemKeychain;
