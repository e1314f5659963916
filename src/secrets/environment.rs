//! The environment, as the safe reads it: at each fetch, and never kept.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::domain::{ApiKey, KeyTextError};

use super::SecretError;

type Lookup = dyn Fn(&str) -> Option<OsString> + Send + Sync;

/// Looks up environment variables. Cheap to clone.
#[derive(Clone)]
pub struct Environment(Arc<Lookup>);

impl Environment {
    /// The environment of this process.
    pub fn system() -> Self {
        Self(Arc::new(|name| std::env::var_os(name)))
    }

    /// A made-up environment.
    pub fn fixed<const N: usize>(variables: [(&str, &str); N]) -> Self {
        let variables: BTreeMap<String, OsString> = variables.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        Self(Arc::new(move |name| variables.get(name).cloned()))
    }

    /// The key in the variable `name`, trimmed like a pasted one.
    pub fn key(&self, name: &str) -> Result<ApiKey, SecretError> {
        let value = (self.0)(name).ok_or_else(|| SecretError::VariableNotSet(name.to_owned()))?;
        let value = value.into_string().map_err(|_not_unicode| SecretError::VariableNotHeaderSafe(name.to_owned()))?;
        let value = Zeroizing::new(value);
        match ApiKey::from_pasted(&value) {
            Ok((key, _trimmed)) => Ok(key),
            Err(KeyTextError::Empty) => Err(SecretError::VariableEmpty(name.to_owned())),
            Err(KeyTextError::NotHeaderSafe) => Err(SecretError::VariableNotHeaderSafe(name.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_of_having_no_key_is_told_apart() {
        let environment = Environment::fixed([("GOOD", " sk-abcdef123456\n"), ("EMPTY", " \n"), ("BROKEN", "sk-ключ")]);
        assert_eq!(environment.key("GOOD").unwrap().reveal(), "sk-abcdef123456");
        assert_eq!(environment.key("ABSENT").unwrap_err(), SecretError::VariableNotSet("ABSENT".into()));
        assert_eq!(environment.key("EMPTY").unwrap_err(), SecretError::VariableEmpty("EMPTY".into()));
        assert_eq!(environment.key("BROKEN").unwrap_err(), SecretError::VariableNotHeaderSafe("BROKEN".into()));
    }

    #[test]
    fn odd_names_are_just_not_set() {
        for name in ["", "A=B", "A\0B"] {
            assert!(matches!(Environment::system().key(name), Err(SecretError::VariableNotSet(_))), "{name:?}");
        }
    }
}
