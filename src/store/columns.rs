//! How domain values stand in columns.

use jiff::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, Type, Value, ValueRef};
use rusqlite::{Result, Row};
use rust_decimal::Decimal;
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::error::DoesNotFit;
use crate::domain::{
    COST_SCALE, ConnectionId, ConnectionUse, Failure, FailureKind, GapHistogram, PromptSetId, RunId, SetUp, Timing, TrialId, Usage,
    UsageSource,
};

macro_rules! id_column {
    ($($name:ident),*) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.0.as_bytes())))
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Uuid::from_slice(value.as_blob()?).map(Self).map_err(FromSqlError::other)
            }
        }
    )*};
}

id_column!(ConnectionId, PromptSetId, RunId, TrialId);

/// A moment as nanoseconds since 1970: years 1677 to 2262.
#[derive(Clone, Copy, Debug)]
pub(super) struct At(pub(super) Timestamp);

impl ToSql for At {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        i64::try_from(self.0.as_nanosecond()).map(ToSqlOutput::from).ok().ok_or_else(|| does_not_fit("a time"))
    }
}

impl FromSql for At {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Timestamp::from_nanosecond(value.as_i64()?.into()).map(Self).map_err(FromSqlError::other)
    }
}

/// An amount as whole billionths of the currency's unit, rounded to the nearest: up to ± 9.2 thousand million.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nano(pub(super) Decimal);

impl ToSql for Nano {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        let mut scaled = self.0;
        scaled.rescale(COST_SCALE);
        if scaled.scale() != COST_SCALE {
            return Err(does_not_fit("a cost"));
        }
        i64::try_from(scaled.mantissa()).map(ToSqlOutput::from).ok().ok_or_else(|| does_not_fit("a cost"))
    }
}

impl FromSql for Nano {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(Self(Decimal::new(value.as_i64()?, COST_SCALE).normalize()))
    }
}

/// A value kept as JSON text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Json<T>(pub(super) T);

impl<T: Serialize> ToSql for Json<T> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        let text = serde_json::to_string(&self.0).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        Ok(ToSqlOutput::from(text))
    }
}

impl<T: DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?).map(Self).map_err(FromSqlError::other)
    }
}

fn does_not_fit(what: &'static str) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(DoesNotFit(what)))
}

/// A count as a column's integer.
pub(super) fn integer(number: u64, what: &'static str) -> Result<i64> {
    i64::try_from(number).ok().ok_or_else(|| does_not_fit(what))
}

/// As [`integer`], for a column that may be empty.
pub(super) fn integer_if_any(number: Option<u64>, what: &'static str) -> Result<Value> {
    Ok(number.map(|number| integer(number, what)).transpose()?.into())
}

/// A column's integer as a count.
pub(super) fn count(row: &Row<'_>, column: usize) -> Result<u64> {
    whole(row.get(column)?, column)
}

/// As [`count`], for a column that may be empty.
pub(super) fn count_if_any(row: &Row<'_>, column: usize) -> Result<Option<u64>> {
    row.get::<_, Option<i64>>(column)?.map(|number| whole(number, column)).transpose()
}

fn whole(number: i64, column: usize) -> Result<u64> {
    u64::try_from(number).ok().ok_or(rusqlite::Error::IntegralValueOutOfRange(column, number))
}

/// A column's word, read by `parse`.
pub(super) fn word<T>(row: &Row<'_>, column: usize, parse: impl FnOnce(&str) -> Option<T>) -> Result<T> {
    word_if_any(row, column, parse)?.ok_or_else(|| rusqlite::Error::InvalidColumnType(column, "word".to_owned(), Type::Null))
}

/// As [`word`], for a column that may be empty.
pub(super) fn word_if_any<T>(row: &Row<'_>, column: usize, parse: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>> {
    let value = row.get_ref(column)?;
    if value == ValueRef::Null {
        return Ok(None);
    }
    let text = value.as_str().map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into()))?;
    match parse(text) {
        Some(parsed) => Ok(Some(parsed)),
        None => Err(rusqlite::Error::FromSqlConversionFailure(column, Type::Text, format!("unknown word “{text}”").into())),
    }
}

/// The two columns of a failure.
pub(super) fn failure_values(failure: Option<&Failure>) -> [Value; 2] {
    [failure.map(|failure| failure.kind.as_str().to_owned()).into(), failure.map(|failure| failure.message.clone()).into()]
}

/// Reads what [`failure_values`] wrote, from the column `from` on.
pub(super) fn failure(row: &Row<'_>, from: usize) -> Result<Option<Failure>> {
    let Some(kind) = word_if_any(row, from, FailureKind::from_word)? else { return Ok(None) };
    Ok(Some(Failure { kind, message: row.get(from + 1)? }))
}

/// The seventeen columns of a timing, in the order of [`timing_values`].
macro_rules! timing_columns {
    () => {
        "streamed, headers_us, first_chunk_us, first_reasoning_us, first_content_us, last_output_us, last_content_us, end_us, \
         output_arrivals, content_arrivals, longest_gap_us, connection_use, dns_us, connect_us, proxied, slept_us, load_delay_us"
    };
}
pub(super) use timing_columns;

pub(super) fn timing_values(timing: Option<&Timing>) -> Result<[Value; 17]> {
    let stamp = |stamp: fn(&Timing) -> Option<u64>| integer_if_any(timing.and_then(stamp), "a time stamp");
    let set_up = timing.and_then(|timing| timing.set_up);
    Ok([
        timing.map(|timing| timing.streamed).into(),
        stamp(|timing| timing.headers_us)?,
        stamp(|timing| timing.first_chunk_us)?,
        stamp(|timing| timing.first_reasoning_us)?,
        stamp(|timing| timing.first_content_us)?,
        stamp(|timing| timing.last_output_us)?,
        stamp(|timing| timing.last_content_us)?,
        stamp(|timing| Some(timing.end_us))?,
        timing.map(|timing| timing.output_arrivals).into(),
        timing.map(|timing| timing.content_arrivals).into(),
        stamp(|timing| timing.longest_gap_us)?,
        set_up.map(|set_up| set_up.connection.as_str().to_owned()).into(),
        integer_if_any(set_up.and_then(|set_up| set_up.dns_us), "a time")?,
        integer_if_any(set_up.and_then(|set_up| set_up.connect_us), "a time")?,
        set_up.filter(|set_up| set_up.proxied).map(|_| true).into(),
        stamp(|timing| Some(timing.slept_us).filter(|us| *us > 0))?,
        stamp(|timing| timing.load_delay_us)?,
    ])
}

/// Reads what [`timing_values`] wrote, from the column `from` on.
pub(super) fn timing(row: &Row<'_>, from: usize) -> Result<Option<Timing>> {
    let Some(streamed) = row.get(from)? else { return Ok(None) };
    Ok(Some(Timing {
        streamed,
        headers_us: count_if_any(row, from + 1)?,
        first_chunk_us: count_if_any(row, from + 2)?,
        first_reasoning_us: count_if_any(row, from + 3)?,
        first_content_us: count_if_any(row, from + 4)?,
        last_output_us: count_if_any(row, from + 5)?,
        last_content_us: count_if_any(row, from + 6)?,
        end_us: count(row, from + 7)?,
        output_arrivals: row.get(from + 8)?,
        content_arrivals: row.get(from + 9)?,
        longest_gap_us: count_if_any(row, from + 10)?,
        set_up: set_up(row, from + 11)?,
        slept_us: count_if_any(row, from + 15)?.unwrap_or(0),
        load_delay_us: count_if_any(row, from + 16)?,
    }))
}

fn set_up(row: &Row<'_>, from: usize) -> Result<Option<SetUp>> {
    let Some(connection) = word_if_any(row, from, ConnectionUse::from_word)? else { return Ok(None) };
    Ok(Some(SetUp {
        connection,
        dns_us: count_if_any(row, from + 1)?,
        connect_us: count_if_any(row, from + 2)?,
        proxied: row.get::<_, Option<bool>>(from + 3)?.unwrap_or(false),
    }))
}

/// The column of a gap histogram; empty where there are no gaps.
pub(super) fn gaps_value(gaps: &GapHistogram) -> Value {
    if gaps.is_empty() { Value::Null } else { Value::Blob(gaps.to_bytes()) }
}

/// Reads what [`gaps_value`] wrote.
pub(super) fn gaps(row: &Row<'_>, column: usize) -> Result<GapHistogram> {
    let Some(bytes) = row.get_ref(column)?.as_blob_or_null()? else { return Ok(GapHistogram::default()) };
    let unreadable = || rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, "no histogram of gaps".into());
    GapHistogram::from_bytes(bytes).ok_or_else(unreadable)
}

/// The six columns of a usage, in the order of [`usage_values`].
macro_rules! usage_columns {
    () => {
        "input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, usage_source"
    };
}
pub(super) use usage_columns;

pub(super) fn usage_values(usage: Option<&Usage>) -> Result<[Value; 6]> {
    let tokens = |tokens: fn(&Usage) -> Option<u64>| integer_if_any(usage.and_then(tokens), "a token count");
    Ok([
        tokens(|usage| Some(usage.input_tokens))?,
        tokens(|usage| usage.cached_input_tokens)?,
        tokens(|usage| usage.cache_write_tokens)?,
        tokens(|usage| Some(usage.output_tokens))?,
        tokens(|usage| usage.reasoning_tokens)?,
        usage.map(|usage| usage.source.as_str().to_owned()).into(),
    ])
}

/// Reads what [`usage_values`] wrote, from the column `from` on.
pub(super) fn usage(row: &Row<'_>, from: usize) -> Result<Option<Usage>> {
    let source = |word: &str| [UsageSource::Provider, UsageSource::Estimated].into_iter().find(|source| source.as_str() == word);
    let Some(source) = word_if_any(row, from + 5, source)? else { return Ok(None) };
    Ok(Some(Usage {
        input_tokens: count(row, from)?,
        cached_input_tokens: count_if_any(row, from + 1)?,
        cache_write_tokens: count_if_any(row, from + 2)?,
        output_tokens: count(row, from + 3)?,
        reasoning_tokens: count_if_any(row, from + 4)?,
        source,
    }))
}
