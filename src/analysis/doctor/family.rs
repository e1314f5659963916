//! What a failure is about, decided once, from its kind and the words of the server. This is the one place that knows several families; they do not know
//! each other, so that no refusal can be passed around between them.

use super::phrases::{RATE_LIMIT, SERVER};
use super::signs;
use super::symptoms::Symptoms;
use super::wire::{self, Spoken};
use crate::domain::{BehindRelay, FailureKind};

/// The families of causes.
pub(super) enum Family {
    HostUnknown,
    NothingListens,
    BrokenOnTheWay,
    Proxy,
    Tls,
    Late,
    RequestTimeout,
    Conflict,
    Key,
    /// The key may be right, and goes into another header than the one that it was sent in.
    KeyElsewhere(Spoken),
    KeyUnreadable,
    Forbidden,
    Country,
    Money,
    Limit,
    NobodyLeft,
    Model,
    NotLoaded,
    Loading,
    BehindRelay(BehindRelay),
    Azure,
    Path,
    WrongWire(Spoken),
    NotAnApi,
    Redirect,
    Context,
    Parameter,
    Server,
    Filter,
    Truncated,
    BrokenOff,
    TooLarge,
    AnsweredInAnother,
    Empty,
    Unreadable,
    NotAskedAgain,
    NotAskedAfterRefusals,
    OverBudget,
    PriceUnknown,
    Internal,
}

/// The family of a failure.
pub(super) fn family_of(s: &Symptoms<'_>) -> Family {
    if signs::leaves_nobody(s) {
        return Family::NobodyLeft;
    }
    if let Some(family) = by_words_alone(s) {
        return family;
    }
    match s.found.failure.kind {
        FailureKind::CannotResolve => Family::HostUnknown,
        FailureKind::Refused => Family::NothingListens,
        FailureKind::Network => Family::BrokenOnTheWay,
        FailureKind::Proxy => Family::Proxy,
        FailureKind::Tls => Family::Tls,
        FailureKind::ConnectTimeout | FailureKind::FirstByteTimeout | FailureKind::IdleTimeout | FailureKind::AttemptTimeout => {
            Family::Late
        }
        FailureKind::Unauthorized => of_refused_key(s),
        FailureKind::Forbidden => of_forbidden(s),
        FailureKind::NoKey => Family::KeyUnreadable,
        FailureKind::QuotaSpent if signs::says_token_limit(s) => Family::Limit,
        FailureKind::QuotaSpent => Family::Money,
        FailureKind::ModelNotFound => Family::Model,
        FailureKind::PathNotFound => wire::other_wire(s).map_or(Family::Path, Family::WrongWire),
        FailureKind::NotAnApi => wire::other_wire(s).map_or(Family::NotAnApi, Family::WrongWire),
        FailureKind::Redirect => Family::Redirect,
        FailureKind::ContextTooLong => Family::Context,
        FailureKind::BadRequest => of_rejected(s),
        FailureKind::RateLimited => of_rate_limited(s),
        FailureKind::ServerError if signs::says_spent(s) => Family::Money,
        FailureKind::ServerError => Family::Server,
        FailureKind::ContentFilter => Family::Filter,
        FailureKind::Truncated => Family::Truncated,
        FailureKind::StreamError => of_error_in_answer(s),
        FailureKind::TooLarge => Family::TooLarge,
        FailureKind::WrongWire => Family::AnsweredInAnother,
        FailureKind::EmptyAnswer => Family::Empty,
        FailureKind::Malformed => Family::Unreadable,
        FailureKind::BreakerOpen => Family::NotAskedAgain,
        FailureKind::OverBudget => Family::OverBudget,
        FailureKind::PriceUnknown => Family::PriceUnknown,
        FailureKind::Internal => Family::Internal,
    }
}

/// Words that decide whatever was made of them: a relay's about the provider behind it, a local server's about a model that is not loaded, Azure's about its
/// addresses.
fn by_words_alone(s: &Symptoms<'_>) -> Option<Family> {
    use FailureKind::{
        BadRequest, Forbidden, ModelNotFound, PathNotFound, QuotaSpent, RateLimited, ServerError, StreamError, Unauthorized,
    };
    let kind = s.found.failure.kind;
    if !matches!(
        kind,
        BadRequest | Forbidden | ModelNotFound | PathNotFound | QuotaSpent | RateLimited | ServerError | StreamError | Unauthorized
    ) {
        return None;
    }
    match s.behind {
        Some(BehindRelay::Spent) => return Some(Family::Money),
        Some(BehindRelay::Limit) => return Some(Family::Limit),
        Some(behind) => return Some(Family::BehindRelay(behind)),
        None => {}
    }
    if matches!(kind, BadRequest | ModelNotFound | PathNotFound | ServerError | StreamError) && signs::says_not_loaded(s) {
        return Some(Family::NotLoaded);
    }
    if matches!(kind, ServerError | StreamError) && signs::says_loading(s) {
        return Some(Family::Loading);
    }
    let astray = match kind {
        PathNotFound => signs::azure_base_url(s).is_some() || signs::says_azure(s),
        Unauthorized | BadRequest | ModelNotFound => signs::says_azure(s),
        _ => false,
    };
    astray.then_some(Family::Azure)
}

/// 401.
fn of_refused_key(s: &Symptoms<'_>) -> Family {
    if signs::says_spent(s) {
        return Family::Money;
    }
    wire::behind_a_refused_key(s).map_or(Family::Key, Family::KeyElsewhere)
}

/// 403.
fn of_forbidden(s: &Symptoms<'_>) -> Family {
    if signs::says_spent(s) {
        Family::Money
    } else if signs::says_filtered(s) {
        Family::Filter
    } else if signs::says_country(s) {
        Family::Country
    } else {
        Family::Forbidden
    }
}

/// Another 4xx.
fn of_rejected(s: &Symptoms<'_>) -> Family {
    match s.status() {
        408 => Family::RequestTimeout,
        409 => Family::Conflict,
        _ if signs::says_country(s) => Family::Country,
        _ if signs::says_spend_limit(s) => Family::Money,
        _ => Family::Parameter,
    }
}

/// 429.
fn of_rate_limited(s: &Symptoms<'_>) -> Family {
    if s.found.http_status.is_none() {
        Family::NotAskedAfterRefusals
    } else if (signs::says_spend_limit(s) || signs::says_free_quota_spent(s)) && !signs::says_token_limit(s) {
        Family::Money
    } else {
        Family::Limit
    }
}

/// An error inside an answer, where the status tells nothing.
fn of_error_in_answer(s: &Symptoms<'_>) -> Family {
    if signs::says_spent(s) || s.error.status == Some(402) {
        Family::Money
    } else if s.error.status == Some(401) {
        of_refused_key(s)
    } else if s.error.is(RATE_LIMIT) || signs::says_token_limit(s) {
        Family::Limit
    } else if signs::says_filtered(s) {
        Family::Filter
    } else if signs::says_too_long(s) {
        Family::Context
    } else if s.error.is(SERVER) || s.error.is_from_upstream() || s.error.status >= Some(500) {
        Family::Server
    } else {
        Family::BrokenOff
    }
}
