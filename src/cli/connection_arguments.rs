//! The options of `assay connection`.

use clap::{Args, Subcommand, ValueEnum};

use crate::domain::{Connection, Limits, Role, WireFormat};

#[derive(Debug, Subcommand)]
pub(super) enum ConnectionTask {
    /// Add a connection: a place to send requests
    Add(AddOptions),
    /// List connections and where their keys are
    List,
    /// Check a connection step by step, ending with one tiny answer
    Check {
        /// The connection's name
        name: String,
        /// The model to ask; without it the last one used, else the first listed
        #[arg(long, value_name = "MODEL")]
        model: Option<String>,
    },
    /// List the models that a connection offers
    Models {
        /// The connection's name
        name: String,
    },
    /// Find out how much a connection takes: tiny requests, more and more at once, until one is refused as too many
    Ramp(RampOptions),
    /// Set or show the limits of a connection
    Limits {
        /// The connection's name
        name: String,
        #[command(flatten)]
        limits: LimitOptions,
    },
    /// Set or show how the answers of a connection are read
    Set {
        /// The connection's name
        name: String,
        #[command(flatten)]
        reading: ReadingOptions,
    },
    /// Remove a connection and erase its key; stored runs keep its name
    Remove {
        /// The connection's name
        name: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct AddOptions {
    /// Its name; no “/” in it
    pub(super) name: String,
    /// Base URL up to and including the version, such as https://api.example.com/v1; without it that of the wire format's maker
    #[arg(long, value_name = "URL", required_unless_present = "wire")]
    pub(super) url: Option<String>,
    /// What is spoken there; without it: at known addresses what is usual there, else OpenAI chat completions
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(super) wire: Option<WireWord>,
    /// What stands behind it; without it: known hosts as they are known, this computer local, others official
    #[arg(long, value_enum, value_name = "ROLE")]
    pub(super) role: Option<RoleWord>,
    /// Send unencrypted over http://: a key to a private address, or prompts without a key to any; to this computer nothing has to be allowed
    #[arg(long)]
    pub(super) allow_http: bool,
    #[command(flatten)]
    pub(super) limits: LimitOptions,
    #[command(flatten)]
    pub(super) reading: ReadingOptions,
    #[command(flatten)]
    pub(super) key: KeyOptions,
}

#[derive(Debug, Args)]
pub(super) struct RampOptions {
    /// The connection's name
    pub(super) name: String,
    /// The model to ask
    #[arg(long, value_name = "MODEL")]
    pub(super) model: String,
    /// Stop at so many requests at once, a power of 2
    #[arg(long, value_name = "N", default_value_t = crate::app::USUAL_RAMP_CEILING, value_parser = ceiling)]
    pub(super) ceiling: u32,
    /// Do not ask before it is sent
    #[arg(long, short)]
    pub(super) yes: bool,
}

/// How much a connection is sent.
#[derive(Clone, Copy, Debug, Default, Args)]
#[group(skip)]
pub(super) struct LimitOptions {
    /// Most requests in flight over it; `none` for no limit of its own
    #[arg(long, value_name = "N|none", value_parser = limit)]
    pub(super) at_once: Option<Limit>,
    /// Most requests started a minute
    #[arg(long, value_name = "N|none", value_parser = limit)]
    pub(super) per_minute: Option<Limit>,
    /// Most tokens a minute, prompts and answers together
    #[arg(long, value_name = "N|none", value_parser = limit)]
    pub(super) tokens_per_minute: Option<Limit>,
}

/// A limit, or that there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limit(pub(super) Option<u32>);

impl LimitOptions {
    /// Puts what was given in the place of what was.
    pub(super) fn apply(self, limits: &mut Limits) {
        let set = |given: Option<Limit>, limit: &mut Option<u32>| {
            if let Some(Limit(given)) = given {
                *limit = given;
            }
        };
        set(self.at_once, &mut limits.max_in_flight);
        set(self.per_minute, &mut limits.max_per_minute);
        set(self.tokens_per_minute, &mut limits.max_tokens_per_minute);
    }

    /// Something was given.
    pub(super) fn any(self) -> bool {
        self.at_once.is_some() || self.per_minute.is_some() || self.tokens_per_minute.is_some()
    }
}

/// How answers are read.
#[derive(Clone, Copy, Debug, Default, Args)]
#[group(skip)]
pub(super) struct ReadingOptions {
    /// Whether what stands between <think> and </think> in an answer is reasoning; usually on
    #[arg(long, value_enum, value_name = "on|off", hide_possible_values = true)]
    pub(super) think_tags: Option<Switch>,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Switch {
    On,
    Off,
}

impl ReadingOptions {
    /// Puts what was given in the place of what was.
    pub(super) fn apply(self, connection: &mut Connection) {
        if let Some(switch) = self.think_tags {
            connection.think_tags = switch == Switch::On;
        }
    }
}

/// Where the key comes from. A key itself is never an argument: arguments are seen by every user of the computer and kept in shell histories.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct KeyOptions {
    /// Read the key from this environment variable at each start
    #[arg(long, value_name = "VAR")]
    pub(super) key_env: Option<String>,
    /// Read the key from standard input and put it into the system keychain
    #[arg(long)]
    pub(super) key_stdin: bool,
    /// Send no key
    #[arg(long)]
    pub(super) no_key: bool,
}

/// The roles that a person can give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RoleWord {
    /// The maker of the model, or a cloud that hosts it by contract
    Official,
    /// A reseller or gateway
    Relay,
    /// A server of one's own; costs nothing per token
    Local,
}

impl From<RoleWord> for Role {
    fn from(word: RoleWord) -> Self {
        match word {
            RoleWord::Official => Self::Official,
            RoleWord::Relay => Self::Relay,
            RoleWord::Local => Self::Local,
        }
    }
}

/// The wire formats that a person can give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum WireWord {
    /// Chat completions, as nearly every provider and relay speaks it
    OpenaiChat,
    /// OpenAI's Responses
    OpenaiResponses,
    /// Anthropic's Messages
    #[value(alias = "anthropic")]
    AnthropicMessages,
    /// Google's generateContent
    Gemini,
}

impl From<WireWord> for WireFormat {
    fn from(word: WireWord) -> Self {
        match word {
            WireWord::OpenaiChat => Self::OpenAiChat,
            WireWord::OpenaiResponses => Self::OpenAiResponses,
            WireWord::AnthropicMessages => Self::AnthropicMessages,
            WireWord::Gemini => Self::Gemini,
        }
    }
}

fn ceiling(text: &str) -> Result<u32, String> {
    let given = text.parse().ok().filter(|ceiling: &u32| ceiling.is_power_of_two() && *ceiling <= 1024);
    given.ok_or_else(|| format!("ceilings are powers of 2 up to 1024, not “{text}”"))
}

fn limit(text: &str) -> Result<Limit, String> {
    if text == "none" {
        return Ok(Limit(None));
    }
    let given = text.parse().ok().filter(|limit| *limit > 0);
    given.map(|limit| Limit(Some(limit))).ok_or_else(|| format!("limits are whole numbers from 1, or `none`, not “{text}”"))
}
