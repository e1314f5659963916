//! JSON values within a budget: a small file must not become a large one in memory, by aliases or by millions of tiny values.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::MAX_FILE_BYTES;

/// Most values in one file; a value costs up to a hundred bytes of memory.
const MAX_VALUES: usize = 4_000_000;
/// Most lists and objects inside each other.
const MAX_DEPTH: usize = 100;

/// What may still be read.
pub(super) struct ValueBudget {
    values: Cell<usize>,
    bytes: Cell<usize>,
    depth: Cell<usize>,
    passed: Cell<Option<Bound>>,
    watched: Vec<(f64, Cell<bool>)>,
}

/// A bound that a file can pass though its syntax is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    Values,
    Bytes,
    Depth,
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Values => write!(f, "more than {MAX_VALUES} values"),
            Self::Bytes => write!(f, "more than {} MiB of text once its aliases are followed", MAX_FILE_BYTES >> 20),
            Self::Depth => f.write_str("nested too deeply"),
        }
    }
}

impl ValueBudget {
    pub(super) fn for_file() -> Self {
        Self::watching([])
    }

    /// The same, and it will tell which of these numbers were read.
    pub(super) fn watching(floats: impl IntoIterator<Item = f64>) -> Self {
        Self {
            values: Cell::new(MAX_VALUES),
            bytes: Cell::new(MAX_FILE_BYTES),
            depth: Cell::new(0),
            passed: Cell::new(None),
            watched: floats.into_iter().map(|float| (float, Cell::new(false))).collect(),
        }
    }

    /// The bound that stopped the reading, if one did.
    pub(super) fn passed(&self) -> Option<Bound> {
        self.passed.get()
    }

    /// For each of the watched numbers, whether it was read.
    pub(super) fn seen(&self) -> impl Iterator<Item = bool> {
        self.watched.iter().map(|(_, seen)| seen.get())
    }

    fn stop<E: Error>(&self, bound: Bound) -> E {
        self.passed.set(Some(bound));
        E::custom(bound)
    }

    fn spend<E: Error>(&self, bytes: usize) -> Result<(), E> {
        let values = self.values.get().checked_sub(1).ok_or_else(|| self.stop(Bound::Values))?;
        self.bytes.set(self.bytes.get().checked_sub(bytes).ok_or_else(|| self.stop(Bound::Bytes))?);
        self.values.set(values);
        Ok(())
    }

    fn enter<E: Error>(&self) -> Result<(), E> {
        self.spend(0)?;
        self.depth.set(self.depth.get() + 1);
        if self.depth.get() > MAX_DEPTH { Err(self.stop(Bound::Depth)) } else { Ok(()) }
    }

    fn leave(&self) {
        self.depth.set(self.depth.get().saturating_sub(1));
    }
}

/// Reads one value and charges it to the budget.
#[derive(Clone, Copy)]
pub(super) struct Bounded<'b>(pub(super) &'b ValueBudget);

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        self.0.spend(0).map(|()| value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        self.0.spend(0).map(|()| value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        self.0.spend(0).map(|()| value.into())
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Value, E> {
        self.visit_string(value.to_string())
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Value, E> {
        self.visit_string(value.to_string())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        self.0.watched.iter().filter(|(float, _)| float.to_bits() == value.to_bits()).for_each(|(_, seen)| seen.set(true));
        self.0.spend(0).map(|()| value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.0.spend(value.len()).map(|()| value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        self.0.spend(value.len()).map(|()| value.into())
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        self.0.spend(0).map(|()| Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        self.0.enter()?;
        let mut values = Vec::new();
        while let Some(value) = elements.next_element_seed(self)? {
            values.push(value);
        }
        self.0.leave();
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        self.0.enter()?;
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            self.0.spend(key.len())?;
            map.insert(key, entries.next_value_seed(self)?);
        }
        self.0.leave();
        Ok(Value::Object(map))
    }
}

/// A scalar as the text of a prompt or variable, anything nested as JSON; nothing for null.
pub(super) fn as_text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

/// What a value is, for messages.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
