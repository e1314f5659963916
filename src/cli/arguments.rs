//! What can be written on the command line.

use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::builder::RangedI64ValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use rust_decimal::Decimal;

use super::bench::BenchArguments;
use super::connection_arguments::ConnectionTask;
use crate::domain::{Currency, Effort, RunId, RunSettings, TargetSpec, p95_limit_ms};

const EXAMPLES: &str = "\
Examples:
  assay demo
  assay connection add OpenAI --url https://api.openai.com/v1 --key-env OPENAI_API_KEY
  assay connection check OpenAI --model gpt-4.1
  assay run --prompts prompts.csv --target OpenAI/gpt-4.1 --target 'Relay/gpt-4.1?temperature=0.2#relay' --csv comparison.csv
  assay resume 01980c2e-6f0a-7cc1-9d7e-3f5a0c9b1e42

Exit codes: 0 every trial finished, 1 usage or input error, 2 some trials failed, 3 stopped by the cap, 130 cancelled.";

/// Over the options that every command has.
const EVERYWHERE: &str = "Options of every command";

/// Compare language models and their providers side by side: answers, latency and cost. Without a command the window opens.
#[derive(Debug, Parser)]
#[command(name = "assay", bin_name = "assay", version, after_help = EXAMPLES, max_term_width = 110)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) globals: Globals,
    #[command(subcommand)]
    pub(super) task: Option<Task>,
}

/// A command with its options, ready to be run.
#[derive(Debug)]
pub struct Request {
    pub(super) globals: Globals,
    pub(super) task: Task,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub(super) struct Globals {
    /// Keep everything in this folder: database, settings, log, locks
    #[arg(long, global = true, value_name = "DIR", help_heading = EVERYWHERE)]
    pub(super) data_dir: Option<PathBuf>,
    /// No progress and no notices on stderr
    #[arg(long, short, global = true, help_heading = EVERYWHERE)]
    pub(super) quiet: bool,
    /// How results are written; with json, stdout is one JSON value and nothing else
    #[arg(long, global = true, value_enum, value_name = "text|json", hide_possible_values = true, default_value_t = Format::Text, help_heading = EVERYWHERE)]
    pub(super) format: Format,
}

/// How results and errors are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

#[derive(Debug, Subcommand)]
pub(super) enum Task {
    /// Run the sample set on the simulated provider and print the comparison
    Demo(DemoOptions),
    /// Add, list, check and remove connections
    #[command(subcommand)]
    Connection(ConnectionTask),
    /// Set prices of models
    #[command(subcommand)]
    Price(PriceTask),
    /// Store the prompts of a file as a prompt set (CSV, TSV, JSON, JSON Lines, promptfoo YAML)
    Import(ImportOptions),
    /// Send prompts to targets and compare them
    Run(Box<RunOptions>),
    /// List stored runs, newest first
    Runs,
    /// Send what is missing of a run; nothing that is stored is sent again
    Resume(ResumeOptions),
    /// Say what the requests cost that were in flight under a cap when the program ended
    Settle(SettleOptions),
    /// Write a stored run to files
    Export(ExportOptions),
    /// How exact are the figures on this machine? Measures against a server that knows the truth
    Bench(Box<BenchArguments>),
}

#[derive(Debug, Args)]
pub(super) struct DemoOptions {
    /// How many cases to send; past the sample's ten they begin again
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(super) cases: Option<u32>,
    /// Write the comparison, one row a trial
    #[arg(long, value_name = "FILE")]
    pub(super) csv: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum PriceTask {
    /// Set your own price of a model, per million tokens
    Set(PriceOptions),
}

#[derive(Debug, Args)]
pub(super) struct PriceOptions {
    /// CONNECTION/MODEL; a “#” in the model's id is written %23, a “?” %3F
    #[arg(value_name = "CONNECTION/MODEL")]
    pub(super) model: String,
    /// Per million input tokens
    #[arg(long, value_name = "X", value_parser = price)]
    pub(super) input: Decimal,
    /// Per million input tokens read from the provider's cache; without it they are counted as input, and that is said
    #[arg(long, value_name = "X", value_parser = price)]
    pub(super) cached_input: Option<Decimal>,
    /// Per million input tokens written to the provider's cache; without it they are counted as input too
    #[arg(long, value_name = "X", value_parser = price)]
    pub(super) cache_write: Option<Decimal>,
    /// Per million output tokens, reasoning included
    #[arg(long, value_name = "Y", value_parser = price)]
    pub(super) output: Decimal,
    /// Three-letter code
    #[arg(long, value_name = "CODE", default_value = "USD", value_parser = Currency::new)]
    pub(super) currency: Currency,
}

#[derive(Debug, Args)]
pub(super) struct ImportOptions {
    /// The file
    pub(super) file: PathBuf,
    /// Name of the new prompt set; without it, from the file's name
    #[arg(long, value_name = "SET")]
    pub(super) name: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct RunOptions {
    /// A prompt file, or the name of a prompt set; an existing path is a file
    #[arg(long, value_name = "FILE|SET")]
    pub(super) prompts: OsString,
    /// CONNECTION/MODEL[?temperature=0.2&max_tokens=64&effort=high&thinking=on][#LABEL]; a “#” in the model's id is written %23, a “?” %3F, a “%” %25; give it
    /// once per target
    #[arg(long, value_name = "TARGET", required = true)]
    pub(super) target: Vec<TargetSpec>,
    /// Where FROM fails for good, TO is asked: both are targets of this run, by label, as written, or by number from 1; may be given more than once
    #[arg(long, value_name = "FROM=TO")]
    pub(super) fallback: Vec<String>,
    /// How often each case is sent to each target
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = within(&RunSettings::REPEATS))]
    pub(super) repeats: u32,
    /// Requests in flight in the whole run
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = within(&RunSettings::CONCURRENCY))]
    pub(super) concurrency: u32,
    /// Upper bound on answer tokens of every target
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) max_tokens: Option<u32>,
    /// Temperature of every target, 0 to 2
    #[arg(long, value_name = "X", value_parser = temperature)]
    pub(super) temperature: Option<f64>,
    /// How much every target shall think: none, minimal, low, medium, high, xhigh or max
    #[arg(long, value_name = "EFFORT", value_parser = effort)]
    pub(super) effort: Option<Effort>,
    /// A JSON schema that every answer has to follow
    #[arg(long, value_name = "FILE")]
    pub(super) schema: Option<PathBuf>,
    /// Functions that the models may call, as JSON; calls are shown as the answer, and nothing is run
    #[arg(long, value_name = "FILE")]
    pub(super) tools: Option<PathBuf>,
    /// Further attempts after a failed one
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = within(&RunSettings::RETRIES))]
    pub(super) retries: u32,
    /// Never spend more than this, in US dollars
    #[arg(long, value_name = "AMOUNT", value_parser = cap)]
    pub(super) cap: Option<Decimal>,
    /// Where the run is measured from; without it, what the settings remember
    #[arg(long, value_name = "TEXT")]
    pub(super) vantage: Option<String>,
    /// Ask for whole answers instead of streams; there is no TTFT then
    #[arg(long)]
    pub(super) no_stream: bool,
    /// Open as many connections as the run uses at once before its first request; costs nothing and is counted nowhere
    #[arg(long)]
    pub(super) warm_up: bool,
    /// Flag a target while its running p95 (TTFT; with --no-stream total) is above this: 2s, 800ms; a target that is slower than its history is flagged anyway
    #[arg(long, value_name = "TIME", value_parser = p95_limit)]
    pub(super) flag_p95_above: Option<u64>,
    /// Tell each trial on stderr once it is stored, one JSON object a line
    #[arg(long)]
    pub(super) follow: bool,
    #[command(flatten)]
    pub(super) outputs: OutputOptions,
}

#[derive(Debug, Args)]
pub(super) struct ResumeOptions {
    /// The run's id, as `assay runs` lists it
    #[arg(value_name = "RUN", value_parser = run_id)]
    pub(super) run: RunId,
    /// Raise the run's cap to this amount first, in its own currency
    #[arg(long, value_name = "AMOUNT", value_parser = cap)]
    pub(super) cap: Option<Decimal>,
    /// Tell each trial on stderr once it is stored, one JSON object a line
    #[arg(long)]
    pub(super) follow: bool,
    #[command(flatten)]
    pub(super) outputs: OutputOptions,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("said").required(true).args(["billed", "unknown"])))]
pub(super) struct SettleOptions {
    /// The run's id, as `assay runs` lists it
    #[arg(value_name = "RUN", value_parser = run_id)]
    pub(super) run: RunId,
    /// What the provider billed for all of them, in the cap's currency; 0 when it billed nothing
    #[arg(long, value_name = "AMOUNT", value_parser = price)]
    pub(super) billed: Option<Decimal>,
    /// Nobody knows after all: their worst case counts as spent again
    #[arg(long)]
    pub(super) unknown: bool,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("files").required(true).multiple(true).args(["csv", "summary_csv", "wide_csv", "json"])))]
pub(super) struct ExportOptions {
    /// The run's id, as `assay runs` lists it
    #[arg(value_name = "RUN", value_parser = run_id)]
    pub(super) run: RunId,
    #[command(flatten)]
    pub(super) outputs: OutputOptions,
}

/// The files that a run is written to. One that exists is replaced as a whole.
#[derive(Clone, Debug, Default, Args)]
#[group(skip)]
pub(super) struct OutputOptions {
    /// Write the comparison, one row a trial
    #[arg(long, value_name = "FILE")]
    pub(super) csv: Option<PathBuf>,
    /// Write the summary, one row a target
    #[arg(long, value_name = "FILE")]
    pub(super) summary_csv: Option<PathBuf>,
    /// Write answers side by side, one row a case
    #[arg(long, value_name = "FILE")]
    pub(super) wide_csv: Option<PathBuf>,
    /// Write everything, lossless
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
    /// Leave requests that waited for a connection out of the times in the summary; how many is told
    #[arg(long)]
    pub(super) without_new_connections: bool,
    /// Make the summary of all answers of each target; without it, of the cases that all targets with answers have in common
    #[arg(long)]
    pub(super) all_answered: bool,
}

pub(super) fn run_id(text: &str) -> Result<RunId, &'static str> {
    text.parse().map_err(|_not_an_id| "no run id; `assay runs` lists them")
}

/// A whole number in this range.
pub(super) fn within(range: &RangeInclusive<u32>) -> RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(i64::from(*range.start())..=i64::from(*range.end()))
}

fn price(text: &str) -> Result<Decimal, String> {
    let amount: Decimal = text.parse().map_err(|_not_a_number| format!("“{text}” is no amount"))?;
    if amount.is_sign_negative() && !amount.is_zero() { Err("a price cannot be negative".to_owned()) } else { Ok(amount) }
}

fn cap(text: &str) -> Result<Decimal, String> {
    let amount: Decimal = text.trim_start_matches('$').parse().map_err(|_not_a_number| format!("“{text}” is no amount"))?;
    if amount > Decimal::ZERO { Ok(amount) } else { Err("a cap must be above 0".to_owned()) }
}

fn p95_limit(text: &str) -> Result<u64, String> {
    p95_limit_ms(text).ok_or_else(|| format!("a time from 1ms to 1h with its unit, such as 800ms or 2s, not “{text}”"))
}

fn temperature(text: &str) -> Result<f64, String> {
    text.parse::<f64>().ok().filter(|value| (0.0..=2.0).contains(value)).ok_or_else(|| format!("temperatures go from 0 to 2, not “{text}”"))
}

fn effort(text: &str) -> Result<Effort, String> {
    let known = || Effort::ALL.map(Effort::as_str).join(", ");
    Effort::from_word(text).ok_or_else(|| format!("“{text}” is no effort; known are {}", known()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::super::connection_arguments::WireWord;
    use super::*;
    use crate::domain::WireFormat;

    fn parse(line: &str) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(line.split(' '))
    }

    #[test]
    fn the_declarations_hold_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_run_is_read_whole() {
        let line = "assay run --prompts p.csv --target A/m --target B/x/y?max_tokens=8#two --repeats 2 --cap 0.50 --retries 0 --no-stream \
                    --warm-up --flag-p95-above 1.5s --without-new-connections --all-answered --effort high --schema s.json --tools t.json --wide-csv w.csv --format json --data-dir d";
        let arguments = parse(line).unwrap();
        assert_eq!((arguments.globals.format, arguments.globals.data_dir), (Format::Json, Some("d".into())));
        let Some(Task::Run(run)) = arguments.task else { panic!("no run") };
        assert_eq!((run.target.len(), run.target[1].model.as_str(), run.repeats, run.concurrency), (2, "x/y", 2, 16));
        assert_eq!((run.cap, run.retries, run.no_stream), (Some(Decimal::new(50, 2)), 0, true));
        assert_eq!(run.flag_p95_above, Some(1_500));
        assert!(run.warm_up && run.outputs.without_new_connections && run.outputs.all_answered);
        assert_eq!((run.effort, run.schema, run.tools), (Some(Effort::High), Some("s.json".into()), Some("t.json".into())));
        assert_eq!(run.outputs.wide_csv, Some("w.csv".into()));
    }

    #[test]
    fn a_wire_format_stands_for_its_makers_address() {
        let Some(Task::Connection(ConnectionTask::Add(add))) = parse("assay connection add A --wire anthropic --no-key").unwrap().task
        else {
            panic!("no connection")
        };
        assert_eq!((add.url, add.wire), (None, Some(WireWord::AnthropicMessages)));
        for wire in WireFormat::ALL {
            let word = WireWord::from_str(wire.as_str(), false).unwrap();
            assert_eq!(WireFormat::from(word), wire);
        }
    }

    #[test]
    fn a_wrong_run_id_says_where_the_right_ones_are() {
        for line in ["assay resume x", "assay export abc --csv x.csv"] {
            let told = parse(line).unwrap_err().to_string();
            assert!(told.contains("no run id; `assay runs` lists them"), "{told}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for line in [
            "assay run --prompts p.csv",
            "assay run --target A/m",
            "assay run --prompts p --target A",
            "assay run --prompts p --target A/m --repeats 0",
            "assay run --prompts p --target A/m --repeats 101",
            "assay run --prompts p --target A/m --concurrency 1025",
            "assay run --prompts p --target A/m --retries 11",
            "assay run --prompts p --target A/m --cap 0",
            "assay run --prompts p --target A/m --temperature 3",
            "assay run --prompts p --target A/m --flag-p95-above 2",
            "assay run --prompts p --target A/m --flag-p95-above 2h",
            "assay connection add A --url http://localhost/v1",
            "assay connection add A --no-key",
            "assay connection add A --wire smoke-signals --no-key",
            "assay run --prompts p --target A/m --effort huge",
            "assay connection add A --url http://localhost/v1 --no-key --key-stdin",
            "assay connection limits A --at-once 0",
            "assay connection ramp A",
            "assay connection ramp A --model m --ceiling 12",
            "assay connection add A --url http://localhost/v1 --key sk-1",
            "assay connection add A --url http://localhost/v1 --no-key --role demo",
            "assay price set A/m --input 1",
            "assay price set A/m --input 1 --output -1",
            "assay price set A/m --input 1 --output 1 --currency dollars",
            "assay resume 17",
            "assay settle 01980c2e-6f0a-7cc1-9d7e-3f5a0c9b1e42",
            "assay settle 01980c2e-6f0a-7cc1-9d7e-3f5a0c9b1e42 --billed -1",
            "assay export 01980c2e-6f0a-7cc1-9d7e-3f5a0c9b1e42",
            "assay demo --cases 0",
            "assay dance",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
        assert!(parse("assay").unwrap().task.is_none());
    }
}
