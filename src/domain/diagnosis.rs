//! What a failure comes down to: its cause, whose side it is, what it cost, and what can be done.

use super::{CostCertainty, Money, Probe, WireFormat};

macro_rules! causes {
    ($($(#[$doc:meta])* $variant:ident = $word:literal;)*) => {
        /// The causes of failures, finer than their kinds.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Cause { $($(#[$doc])* $variant,)* }

        impl Cause {
            /// Every cause, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word in reports.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

causes! {
    /// The server wants a key, and none is sent.
    KeyNotSet = "key_not_set";
    /// The key could not be read from where it is kept.
    KeyUnreadable = "key_unreadable";
    /// The server does not take the key.
    WrongKey = "wrong_key";
    /// The key starts as another provider's do.
    ForeignKey = "foreign_key";
    /// The key may belong to another region of this provider.
    RegionKey = "region_key";
    /// Not allowed, without saying why.
    Forbidden = "forbidden";
    /// The provider does not serve this country.
    CountryNotServed = "country_not_served";
    /// A firewall in front of the server refuses.
    Firewall = "firewall";
    /// Your quota, balance or credit is spent.
    BalanceSpent = "balance_spent";
    /// A spend limit that was set at the provider is reached.
    SpendLimit = "spend_limit";
    /// The relay's own account at its upstream is spent.
    RelayBalanceSpent = "relay_balance_spent";
    /// There is no such model.
    ModelMissing = "model_missing";
    /// The relay has no channel for this model.
    RelayNoChannel = "relay_no_channel";
    /// The relay's own key for its upstream is refused.
    RelayKey = "relay_key";
    /// The relay's upstream failed.
    RelayUpstream = "relay_upstream";
    /// The relay sends nothing to a model for a time, because it failed.
    RelayResting = "relay_resting";
    /// The relay cannot reach the provider behind it.
    RelayUnreachable = "relay_unreachable";
    /// The server has not loaded the model.
    ModelNotLoaded = "model_not_loaded";
    /// There is no such path.
    PathMissing = "path_missing";
    /// What answers is no LLM API.
    NotAnApi = "not_an_api";
    /// The server speaks another wire format than the one that it was asked in.
    WrongWire = "wrong_wire";
    /// The server points elsewhere.
    Redirected = "redirected";
    /// The server gave up waiting for the request (408).
    RequestTimeout = "request_timeout";
    /// Something else was under way (409).
    Conflict = "conflict";
    /// More tokens than the model's window.
    ContextTooLong = "context_too_long";
    /// More bytes than the server takes (413).
    RequestTooLarge = "request_too_large";
    /// A parameter that is not accepted.
    Parameter = "parameter";
    /// Not accepted, without saying what.
    Rejected = "rejected";
    /// Nobody who serves the model does what the request asks for.
    AbilityMissing = "ability_missing";
    /// A privacy setting of the account leaves nobody to serve the model.
    DataPolicy = "data_policy";
    /// Too many requests in a time.
    RequestRate = "request_rate";
    /// Too many tokens in a time.
    TokenRate = "token_rate";
    /// Too many requests at once.
    Concurrency = "concurrency";
    /// Today's allowance is used up.
    DailyLimit = "daily_limit";
    /// Some limit, without saying which.
    RateLimited = "rate_limited";
    /// The server failed by itself (500).
    ServerError = "server_error";
    /// A gateway got no good answer from behind it (502, 504).
    BadGateway = "bad_gateway";
    /// The server is not available (503).
    Unavailable = "unavailable";
    /// The server has more work than it can do (529).
    Overloaded = "overloaded";
    /// Not sent, because the model failed again and again.
    BreakerOpen = "breaker_open";
    /// The host name has no address.
    HostUnknown = "host_unknown";
    /// Nothing listens at the address.
    Refused = "refused";
    /// There is no way to the address.
    NoRoute = "no_route";
    /// The connection broke.
    Reset = "reset";
    /// The certificate is past its end.
    CertificateExpired = "certificate_expired";
    /// The certificate holds from a later day on.
    CertificateNotYetValid = "certificate_not_yet_valid";
    /// The certificate is for another host.
    CertificateForOtherHost = "certificate_for_other_host";
    /// The certificate is from an unknown authority.
    CertificateFromUnknownIssuer = "certificate_from_unknown_issuer";
    /// The server speaks no TLS.
    NoTls = "no_tls";
    /// TLS failed otherwise.
    Tls = "tls";
    /// A proxy asks for a login.
    ProxyLogin = "proxy_login";
    /// A proxy does not let through.
    Proxy = "proxy";
    /// No connection in time.
    ConnectTimeout = "connect_timeout";
    /// No byte of the answer in time.
    FirstByteTimeout = "first_byte_timeout";
    /// Silence inside the answer.
    IdleTimeout = "idle_timeout";
    /// The whole attempt took too long.
    AttemptTimeout = "attempt_timeout";
    /// The content filter withheld the answer.
    ContentFilter = "content_filter";
    /// The answer ended without its end mark.
    Truncated = "truncated";
    /// A success in which nothing was said.
    EmptyAnswer = "empty_answer";
    /// The provider broke off with an error.
    StreamError = "stream_error";
    /// Past a size cap.
    TooLarge = "too_large";
    /// An answer that cannot be read.
    Malformed = "malformed";
    /// No model is known to ask.
    NoModel = "no_model";
    /// The cap on spending left no room.
    OverBudget = "over_budget";
    /// The price is unknown and a cap is set.
    PriceUnknown = "price_unknown";
    /// A fault of this program or this computer.
    Internal = "internal";
}

/// On whose side a failure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Settings, key, prompt or server of the person who asked.
    You,
    /// Something between this computer and the server.
    Network,
    /// The relay or gateway that was asked.
    Relay,
    /// The provider that was asked, or the one behind the relay.
    Upstream,
    /// This program.
    Program,
    /// What came back does not tell.
    Unclear,
}

impl Side {
    /// The word in reports for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::You => "you",
            Self::Network => "network",
            Self::Relay => "relay",
            Self::Upstream => "upstream",
            Self::Program => "program",
            Self::Unclear => "unclear",
        }
    }

    /// The words on screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::You => "your side",
            Self::Network => "network",
            Self::Relay => "relay",
            Self::Upstream => "upstream provider",
            Self::Program => "this program",
            Self::Unclear => "not clear from here",
        }
    }
}

/// What a failure cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Charge {
    /// Nothing was sent.
    NotSent,
    /// Sent, and nothing is charged for it.
    Nothing,
    /// So much, all attempts together.
    Amount(CostCertainty, Money),
    /// It may have been charged; no count came, or there is no price.
    Unknown,
}

impl Charge {
    /// One sentence.
    pub fn words(&self) -> String {
        match self {
            Self::NotSent => "It was not sent. Nothing was charged.".to_owned(),
            Self::Nothing => "Nothing was charged.".to_owned(),
            Self::Amount(certainty, money) => format!("It cost {}{money}.", certainty.word()),
            Self::Unknown => "What it cost is not known: the provider may have charged for it.".to_owned(),
        }
    }
}

/// A bound of a connection on time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeoutKind {
    /// Name, TCP and TLS.
    Connect,
    /// Up to the first byte.
    FirstByte,
    /// Silence inside the body.
    Idle,
    /// The whole attempt.
    Attempt,
}

impl TimeoutKind {
    /// The words on screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Connect => "connect timeout",
            Self::FirstByte => "first-byte timeout",
            Self::Idle => "idle timeout",
            Self::Attempt => "bound on the whole attempt",
        }
    }
}

/// What a person can do about a failure, as a button does it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Take this model name instead.
    UseModel(String),
    /// Take this base URL at the same origin instead (with or without `/v1`).
    UseBaseUrl(String),
    /// Speak this wire format instead, at this base URL of the same origin.
    UseWire {
        /// The wire format.
        wire: WireFormat,
        /// Where it is spoken; often the one that the connection has.
        base_url: String,
    },
    /// Take this region's base URL instead; the key has to be given again, because it goes only to the origin that it was saved for.
    UseRegion {
        /// The region's name.
        region: String,
        /// Its base URL.
        base_url: String,
    },
    /// Give the key again.
    ReenterKey,
    /// Try again, after this many seconds from the failure when known.
    Retry(Option<u64>),
    /// Start the local server.
    StartServer,
    /// Ask the provider for its list of models.
    ListModels,
    /// Send at most so many requests at once to this connection.
    LowerConcurrency(u32),
    /// Wait longer.
    RaiseTimeout {
        /// Which bound.
        timeout: TimeoutKind,
        /// The new bound, milliseconds.
        to_ms: u64,
    },
    /// Send no `stream_options` to this connection any more.
    DropStreamOptions,
}

/// Something that the diagnosis rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiagnosisFact {
    /// What, in one to three words.
    pub label: &'static str,
    /// Its value, with its unit.
    pub value: String,
}

/// What a failure comes down to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// The cause.
    pub cause: Cause,
    /// Whose side it is.
    pub side: Side,
    /// What happened, one sentence.
    pub happened: String,
    /// What to do, one to three sentences.
    pub to_do: String,
    /// What it cost.
    pub charge: Charge,
    /// What it rests on.
    pub facts: Vec<DiagnosisFact>,
    /// What cannot be known from what came back, and what would tell; absent when nothing is open.
    pub open: Option<String>,
    /// Something to know besides; absent when there is nothing.
    pub note: Option<&'static str>,
    /// What buttons can do, the likeliest first.
    pub remedies: Vec<Remedy>,
    /// What could be asked at no cost to learn more.
    pub probes: Vec<Probe>,
}

impl Diagnosis {
    /// Adds a fact.
    #[must_use]
    pub fn with_fact(mut self, label: &'static str, value: impl Into<String>) -> Self {
        self.facts.push(DiagnosisFact { label, value: value.into() });
        self
    }

    /// Adds a fact where there is one.
    #[must_use]
    pub fn with_fact_if(self, label: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with_fact(label, value),
            None => self,
        }
    }

    /// Says what stays open, and what would tell.
    #[must_use]
    pub fn with_open(mut self, open: impl Into<String>) -> Self {
        self.open = Some(open.into());
        self
    }

    /// Adds something to know.
    #[must_use]
    pub fn with_note(mut self, note: &'static str) -> Self {
        self.note = Some(note);
        self
    }

    /// Adds remedies after those that are there.
    #[must_use]
    pub fn with_remedies(mut self, remedies: impl IntoIterator<Item = Remedy>) -> Self {
        self.remedies.extend(remedies);
        self
    }

    /// Adds probes.
    #[must_use]
    pub fn with_probes(mut self, probes: impl IntoIterator<Item = Probe>) -> Self {
        self.probes.extend(probes);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_has_a_word_of_its_own() {
        let mut words: Vec<&str> = Cause::ALL.iter().map(|cause| cause.as_str()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Cause::ALL.len());
    }

    #[test]
    fn a_cost_that_nobody_counted_is_told_as_one() {
        let words = |certainty| {
            let money = Money { amount: "0.066".parse().unwrap(), currency: crate::domain::Currency::usd() };
            Charge::Amount(certainty, money).words()
        };
        assert_eq!(
            [CostCertainty::Counted, CostCertainty::Estimated, CostCertainty::Bound].map(words),
            ["It cost $0.066.", "It cost about $0.066.", "It cost at most $0.066."]
        );
    }
}
