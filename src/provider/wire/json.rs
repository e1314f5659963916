//! JSON as foreign servers write it: borrowed from the text where possible, so that a token of a stream costs few allocations, and read
//! field by field, so that one odd field spoils nothing else.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::Unreadable;

/// Values that are read of one text. A few bytes make a value that takes ten times as many in memory, and no answer has so many.
const MOST_VALUES: u32 = 250_000;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json<'a> {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(Cow<'a, str>),
    List(Vec<Self>),
    Map(Vec<(Cow<'a, str>, Self)>),
}

impl<'a> Json<'a> {
    /// Reads `text`. Escapes of lone surrogates, which JSON allows and UTF-8 does not, have to be mended before: `surrogates`.
    pub(super) fn parse(text: &'a str) -> Result<Self, Unreadable> {
        let left = Cell::new(MOST_VALUES);
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let read = Counted { left: &left }.deserialize(&mut deserializer);
        match read.and_then(|json| deserializer.end().map(|()| json)) {
            Ok(json) => Ok(json),
            Err(_) if left.get() == 0 => Err(Unreadable::TooManyValues),
            Err(_) => Err(Unreadable::NotJson),
        }
    }

    /// The field of this name; the last one when there are several. Absent for `null` and for anything but an object.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        let Self::Map(fields) = self else { return None };
        fields.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value).filter(|value| **value != Json::Null)
    }

    /// The field at the end of these names.
    pub(super) fn at(&self, names: &[&str]) -> Option<&Self> {
        names.iter().try_fold(self, |value, name| value.get(name))
    }

    /// A text that is not empty.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// A text, or a number as text: error codes are both.
    pub(super) fn word(&self) -> Option<String> {
        match self {
            Self::Integer(number) => Some(number.to_string()),
            other => other.text().map(str::to_owned),
        }
    }

    /// The elements of a list; of anything else none.
    pub(super) fn elements(&self) -> &[Self] {
        match self {
            Self::List(elements) => elements,
            _ => &[],
        }
    }

    /// It is an object.
    pub(super) fn is_map(&self) -> bool {
        matches!(self, Self::Map(_))
    }
}

/// Compact JSON, fields in their order.
impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default();
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Float(number) => f.write_str(&serde_json::to_string(number).unwrap_or_default()),
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::List(elements) => {
                f.write_str("[")?;
                for (index, element) in elements.iter().enumerate() {
                    write!(f, "{}{element}", if index == 0 { "" } else { "," })?;
                }
                f.write_str("]")
            }
            Self::Map(fields) => {
                f.write_str("{")?;
                for (index, (name, value)) in fields.iter().enumerate() {
                    write!(f, "{}{}:{value}", if index == 0 { "" } else { "," }, quoted(name))?;
                }
                f.write_str("}")
            }
        }
    }
}

/// Reads a value as long as some are left.
#[derive(Clone, Copy)]
struct Counted<'c> {
    left: &'c Cell<u32>,
}

impl<'de> DeserializeSeed<'de> for Counted<'_> {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let Some(left) = self.left.get().checked_sub(1) else { return Err(serde::de::Error::custom(Unreadable::TooManyValues)) };
        self.left.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Counted<'_> {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Json::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Json::Integer(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Json::Float(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Json::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Json::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = access.next_element_seed(self)? {
            elements.push(element);
        }
        Ok(Json::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(Key(key)) = access.next_key()? {
            fields.push((key, access.next_value_seed(self)?));
        }
        Ok(Json::Map(fields))
    }
}

struct Key<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = Key<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Key(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Key(Cow::Owned(value.to_owned())))
    }
}

/// Keeps the newest name; allocates only for a new one, not on every chunk.
pub(super) fn note(kept: &mut Option<String>, value: Option<&Json<'_>>) {
    if let Some(text) = value.and_then(Json::text)
        && kept.as_deref() != Some(text)
    {
        *kept = Some(text.chars().take(super::LONGEST_NAME_CHARS).collect());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_are_found_and_null_is_absent() {
        let json = Json::parse(r#"{"a":null,"b":{"c":"x\n"},"b":{"c":"y"},"n":7,"list":[1,"2"]}"#).unwrap();
        assert_eq!(json.get("a"), None);
        assert_eq!(json.at(&["b", "c"]).and_then(Json::text), Some("y"));
        assert_eq!(json.get("n").and_then(Json::word).as_deref(), Some("7"));
        assert_eq!(json.get("list").map_or(0, |list| list.elements().len()), 2);
    }

    #[test]
    fn more_values_than_any_answer_has_are_not_read() {
        let list = |values: usize| format!("[{}{{}}]", "{},".repeat(values - 1));
        let most = MOST_VALUES as usize;
        assert!(Json::parse(&list(most - 1)).is_ok());
        assert_eq!(Json::parse(&list(most)), Err(Unreadable::TooManyValues));
        assert_eq!(Json::parse(&format!("{{\"a\":[{}0]}}", "[0],".repeat(most / 2))), Err(Unreadable::TooManyValues));
        // Broken JSON with as many values is broken.
        assert_eq!(Json::parse(&format!("[{}", "0,".repeat(most - 10))), Err(Unreadable::NotJson));
    }

    proptest! {
        #[test]
        fn written_json_reads_back(text in r#"(\{|\}|\[|\]|,|:|"a\\n"|"é"|1|-2.5e3|null|true| ){0,14}"#) {
            if let Ok(json) = Json::parse(&text) {
                let written = json.to_string();
                let again = Json::parse(&written);
                prop_assert_eq!(again.as_ref(), Ok(&json), "{}", &written);
            }
        }

        #[test]
        fn reading_agrees_with_serde_json(text in r#"(\{|\}|\[|\]|,|:|"a"|"\\u[dD][89a-f]00"|1|-2.5e3|null|true| ){0,12}"#) {
            prop_assert_eq!(Json::parse(&text).is_ok(), serde_json::from_str::<serde_json::Value>(&text).is_ok());
        }
    }
}
