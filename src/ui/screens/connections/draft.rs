//! A connection as it is being edited: texts of fields, and the connection that they would make.

use std::time::Duration;

use crate::domain::{BaseUrl, Connection, ConnectionError, Dialect, FoundBound, KeySource, Limits, Origin, Role, WireFormat};
use crate::ui::screens::typed;

/// Where a key is kept, as the choice in the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyPlace {
    Keychain,
    Session,
    Environment,
    None,
}

impl KeyPlace {
    pub(super) const ALL: [(Self, &'static str); 4] = [
        (Self::Keychain, "System keychain"),
        (Self::Session, "This session only"),
        (Self::Environment, "Environment variable"),
        (Self::None, "No key"),
    ];

    pub(super) fn of(source: &KeySource) -> Self {
        match source {
            KeySource::None => Self::None,
            KeySource::Keychain => Self::Keychain,
            KeySource::Session => Self::Session,
            KeySource::Environment(_) => Self::Environment,
        }
    }

    /// As the connection keeps it.
    pub(super) fn source(self, variable: &str) -> KeySource {
        match self {
            Self::None => KeySource::None,
            Self::Keychain => KeySource::Keychain,
            Self::Session => KeySource::Session,
            Self::Environment => KeySource::Environment(variable.trim().trim_start_matches('$').to_owned()),
        }
    }

    /// The program itself keeps the key: it is typed here.
    pub(super) fn takes_key(self) -> bool {
        matches!(self, Self::Keychain | Self::Session)
    }
}

/// In place of [`DraftError::KeyWanted`] where nothing was typed yet: it is no mistake.
pub(super) const KEY_WANTED: &str = "Paste the key, or choose another place for it";

/// Why the draft is no connection yet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum DraftError {
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// A limit that is no number in its range.
    #[error("“{0}” needs a whole number from 1, or nothing for no limit")]
    Limit(&'static str),
    #[error("“{0}” needs a number of seconds from 0.1 to 86400")]
    Timeout(&'static str),
    /// The key is to be kept, but none was given.
    #[error("paste the key that shall be kept")]
    KeyWanted,
    /// The key of the old address is not sent to the new one.
    #[error("the key was saved for {0} and is sent nowhere else; paste the key for the new address")]
    KeyElsewhere(String),
}

/// The fields. What they do not show (id, preset, last model) comes from the stored connection.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Draft {
    stored: Connection,
    pub(super) name: String,
    pub(super) base_url: String,
    pub(super) role: Role,
    pub(super) wire: WireFormat,
    pub(super) place: KeyPlace,
    pub(super) variable: String,
    pub(super) at_once: String,
    pub(super) per_minute: String,
    pub(super) tokens_per_minute: String,
    pub(super) connect_s: String,
    pub(super) first_byte_s: String,
    pub(super) idle_s: String,
    pub(super) attempt_s: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) think_tags: bool,
    pub(super) note: String,
    pub(super) plain_http_allowed: bool,
}

impl Draft {
    /// The fields of a stored connection.
    pub(super) fn of(stored: &Connection) -> Self {
        let Limits {
            max_in_flight,
            max_per_minute,
            max_tokens_per_minute,
            connect_timeout_ms,
            first_byte_timeout_ms,
            idle_timeout_ms,
            attempt_timeout_ms,
        } = stored.limits;
        let count = |limit: Option<u32>| limit.map(|limit| limit.to_string()).unwrap_or_default();
        Self {
            stored: stored.clone(),
            name: stored.name.clone(),
            base_url: stored.base_url.clone(),
            role: stored.role,
            wire: stored.wire,
            place: KeyPlace::of(&stored.key_source),
            variable: match &stored.key_source {
                KeySource::Environment(variable) => variable.clone(),
                _ => String::new(),
            },
            at_once: count(max_in_flight),
            per_minute: count(max_per_minute),
            tokens_per_minute: count(max_tokens_per_minute),
            connect_s: seconds_text(connect_timeout_ms),
            first_byte_s: seconds_text(first_byte_timeout_ms),
            idle_s: seconds_text(idle_timeout_ms),
            attempt_s: seconds_text(attempt_timeout_ms),
            headers: stored.extra_headers.clone(),
            think_tags: stored.think_tags,
            note: stored.note.clone(),
            plain_http_allowed: stored.plain_http_allowed,
        }
    }

    /// The connection that this is a draft of.
    pub(super) fn stored(&self) -> &Connection {
        &self.stored
    }

    /// Takes over what was stored meanwhile; edits stay.
    pub(super) fn follow(&mut self, stored: &Connection) {
        if self.stored == *stored {
            return;
        }
        if self.is_changed() && self.stored.id == stored.id {
            self.stored = stored.clone();
        } else {
            *self = Self::of(stored);
        }
    }

    /// Some field differs from what is stored.
    pub(super) fn is_changed(&self) -> bool {
        *self != Self::of(&self.stored)
    }

    /// Scheme, host or port differ from the stored ones: the stored key is not sent there.
    pub(super) fn has_moved(&self) -> bool {
        Origin::of(&self.url()) != Origin::of(&self.stored.base_url)
    }

    /// The key has to be given again for this draft.
    pub(super) fn needs_key(&self) -> bool {
        self.place.takes_key() && (self.place != KeyPlace::of(&self.stored.key_source) || self.has_moved())
    }

    /// Puts what a ramp found into the field that it belongs to.
    pub(super) fn take_limit(&mut self, bound: FoundBound) {
        match bound {
            FoundBound::AtOnce(most) => self.at_once = most.to_string(),
            FoundBound::PerMinute(most) => self.per_minute = most.to_string(),
            FoundBound::NotBelow(_) => {}
        }
    }

    fn url(&self) -> String {
        BaseUrl::from_pasted(&self.base_url).url
    }

    /// The connection as the fields say it. `key_given` says that a key was typed, `is_taken` that another connection has a name.
    pub(super) fn connection(&self, key_given: bool, is_taken: impl Fn(&str) -> bool) -> Result<Connection, DraftError> {
        let stored = &self.stored;
        let connection = Connection {
            name: self.name.trim().to_owned(),
            base_url: self.url(),
            role: self.role,
            wire: self.wire,
            // What one server has shown says nothing about another.
            dialect: if self.url() == stored.base_url && self.wire == stored.wire { stored.dialect.clone() } else { Dialect::default() },
            key_source: self.place.source(&self.variable),
            plain_http_allowed: self.plain_http_allowed,
            limits: Limits {
                max_in_flight: count_of(&self.at_once, "at once")?,
                max_per_minute: count_of(&self.per_minute, "requests per minute")?,
                max_tokens_per_minute: count_of(&self.tokens_per_minute, "tokens per minute")?,
                connect_timeout_ms: milliseconds_of(&self.connect_s, "connect")?,
                first_byte_timeout_ms: milliseconds_of(&self.first_byte_s, "first byte")?,
                idle_timeout_ms: milliseconds_of(&self.idle_s, "idle")?,
                attempt_timeout_ms: milliseconds_of(&self.attempt_s, "whole attempt")?,
            },
            extra_headers: self
                .headers
                .iter()
                .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
                .filter(|(name, value)| !(name.is_empty() && value.is_empty()))
                .collect(),
            think_tags: self.think_tags,
            note: self.note.clone(),
            ..stored.clone()
        };
        connection.validate()?;
        if is_taken(&connection.name) {
            return Err(ConnectionError::NameTaken(connection.name).into());
        }
        if self.needs_key() && !key_given {
            let kept_before = KeyPlace::of(&stored.key_source).takes_key();
            return Err(if kept_before && self.has_moved() { DraftError::KeyElsewhere(stored.host()) } else { DraftError::KeyWanted });
        }
        Ok(connection)
    }
}

fn seconds_text(milliseconds: u64) -> String {
    let seconds = Duration::from_millis(milliseconds).as_secs_f64();
    format!("{seconds}")
}

fn count_of(text: &str, field: &'static str) -> Result<Option<u32>, DraftError> {
    match text.trim() {
        "" => Ok(None),
        digits => digits.parse().ok().filter(|count| *count > 0).map(Some).ok_or(DraftError::Limit(field)),
    }
}

fn milliseconds_of(text: &str, field: &'static str) -> Result<u64, DraftError> {
    let seconds = typed::number(text).filter(|seconds| (0.1..=86_400.0).contains(seconds)).ok_or(DraftError::Timeout(field))?;
    Ok((seconds * 1e3).round() as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::ConnectionId;

    fn stored() -> Connection {
        Connection::new(ConnectionId::draw(), "HolySheep", Role::Relay, "https://api.holysheep.ai/v1", KeySource::Keychain)
    }

    fn free(_: &str) -> bool {
        false
    }

    #[test]
    fn an_untouched_draft_is_what_is_stored() {
        let mut connection = stored();
        connection.limits.connect_timeout_ms = 1_500;
        connection.limits.max_per_minute = Some(600);
        connection.limits.max_tokens_per_minute = Some(30_000);
        connection.think_tags = false;
        let draft = Draft::of(&connection);
        assert!(!draft.is_changed());
        assert_eq!(draft.connect_s, "1.5");
        assert_eq!(draft.connection(false, free), Ok(connection));
    }

    #[test]
    fn a_key_stays_with_its_address() {
        let mut draft = Draft::of(&stored());
        draft.base_url = "https://api.holysheep.ai/v2/".into();
        assert!(!draft.needs_key());
        draft.base_url = "https://api.example.com/v1".into();
        assert_eq!(draft.connection(false, free), Err(DraftError::KeyElsewhere("api.holysheep.ai".into())));
        assert_eq!(draft.connection(true, free).unwrap().base_url, "https://api.example.com/v1");
        draft.place = KeyPlace::None;
        assert!(draft.connection(false, free).is_ok());
    }

    #[test]
    fn another_place_wants_the_key_again() {
        let mut draft = Draft::of(&stored());
        draft.place = KeyPlace::Session;
        assert_eq!(draft.connection(false, free), Err(DraftError::KeyWanted));
        draft.place = KeyPlace::Environment;
        draft.variable = " $HOLYSHEEP_API_KEY".into();
        assert_eq!(draft.connection(false, free).unwrap().key_source, KeySource::Environment("HOLYSHEEP_API_KEY".into()));
    }

    #[test]
    fn what_cannot_be_saved_is_named() {
        let mut draft = Draft::of(&stored());
        draft.at_once = "many".into();
        assert_eq!(draft.connection(false, free), Err(DraftError::Limit("at once")));
        draft.at_once = "0".into();
        assert_eq!(draft.connection(false, free), Err(DraftError::Limit("at once")));
        draft.at_once.clear();
        draft.idle_s = "NaN".into();
        assert_eq!(draft.connection(false, free), Err(DraftError::Timeout("idle")));
        draft.idle_s = "0,5".into();
        assert_eq!(draft.connection(false, free).unwrap().limits.idle_timeout_ms, 500);
        assert_eq!(draft.connection(false, |_| true), Err(ConnectionError::NameTaken("HolySheep".into()).into()));
        draft.headers = vec![(String::new(), String::new()), ("Authorization".into(), "x".into())];
        assert_eq!(draft.connection(false, free), Err(ConnectionError::Header("Authorization".into()).into()));
    }

    #[test]
    fn what_is_stored_meanwhile_is_taken_over_and_edits_stay() {
        let mut draft = Draft::of(&stored());
        let mut later = draft.stored().clone();
        later.last_model = Some("qwen-max".into());
        draft.note = "the cheap one".into();
        draft.follow(&later);
        let made = draft.connection(false, free).unwrap();
        assert_eq!((made.last_model.as_deref(), made.note.as_str()), (Some("qwen-max"), "the cheap one"));
        let other = stored();
        draft.follow(&other);
        assert_eq!(draft, Draft::of(&other));
    }

    proptest! {
        #[test]
        fn seconds_survive_the_form(milliseconds in 100_u64..=86_400_000) {
            prop_assert_eq!(milliseconds_of(&seconds_text(milliseconds), "idle"), Ok(milliseconds));
        }

        #[test]
        fn no_text_in_a_number_field_panics(text in ".*") {
            let _maybe = milliseconds_of(&text, "idle");
            let _maybe = count_of(&text, "at once");
        }
    }
}
