//! The program as a shell runs it, on a data folder of its own, without keychain, display and proxies.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::server::Server;

/// A data folder and the way to run commands on it.
pub(crate) struct Program {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// What a command said.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.stdout, self.stderr))
    }

    /// The error that stderr holds as JSON.
    pub(crate) fn error(&self) -> (String, String) {
        let value: Value = serde_json::from_str(self.stderr.trim()).unwrap_or_else(|error| panic!("{error}: {}", self.stderr));
        let part = |name: &str| value["error"][name].as_str().unwrap().to_owned();
        (part("kind"), part("message"))
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Program {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    /// Sets an environment variable for all commands from now on.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn data_folder(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A path beside the data folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn command<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
        command.env_clear().env("HOME", self.folder.path()).env("XDG_RUNTIME_DIR", self.folder.path());
        for name in ["PATH", "SystemRoot", "TMPDIR"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.args(arguments).arg("--data-dir").arg(self.data_folder());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        self.command(arguments).output().unwrap().into()
    }

    /// Runs with `--format json`.
    pub(crate) fn run_json(&self, arguments: &[&str]) -> Said {
        self.run(&[arguments, &["--format", "json"]].concat())
    }

    /// Adds a connection that sends the key of an environment variable, or none.
    pub(crate) fn connect(&self, name: &str, server: &Server, key_variable: Option<&str>) {
        self.connect_to(name, &server.url(), key_variable);
    }

    /// The same for any server.
    pub(crate) fn connect_to(&self, name: &str, url: &str, key_variable: Option<&str>) {
        let key: &[&str] = match &key_variable {
            Some(variable) => &["--key-env", variable],
            None => &["--no-key"],
        };
        let said = self.run(&[&["connection", "add", name, "--url", url, "--role", "relay"], key].concat());
        assert_eq!(said.code, 0, "{}", said.stderr);
    }
}

/// Prompts as CSV: `Prompt 1`, `Prompt 2`, …
pub(crate) fn prompts_csv(count: usize) -> String {
    let rows: Vec<String> = (1..=count).map(|number| format!("c{number},Prompt {number}\n")).collect();
    format!("id,prompt\n{}", rows.concat())
}

/// A CSV file as its header and rows by column name.
pub(crate) struct Rows {
    pub(crate) header: Vec<String>,
    rows: Vec<csv::StringRecord>,
}

impl Rows {
    pub(crate) fn read(path: &Path) -> Self {
        let mut reader = csv::Reader::from_path(path).unwrap();
        let header = reader.headers().unwrap().iter().map(str::to_owned).collect();
        Self { header, rows: reader.records().map(Result::unwrap).collect() }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// All cells of a column.
    pub(crate) fn column(&self, name: &str) -> Vec<&str> {
        let at = self.header.iter().position(|head| head == name).unwrap_or_else(|| panic!("no column {name}"));
        self.rows.iter().map(|row| &row[at]).collect()
    }
}

/// The columns of the comparison, as documented.
pub(crate) const COMPARISON: &str = "run_id,case_id,case_index,repeat,target,connection,model,response_model,status,error_kind,error,attempts,fallback,fallback_error_kind,ttft_ms,\
    total_ms,waited_ms,queue_ms,output_tokens_per_s,gap_p50_ms,gap_p95_ms,longest_gap_ms,connection_use,dns_ms,connect_ms,slept_ms,load_delay_ms,\
    input_tokens,cached_input_tokens,output_tokens,reasoning_tokens,usage_source,cost,currency,\
    price_source,finish_reason,started_at,vantage,thumb,score,note,prompt,output";

/// The columns of the summary, as documented.
pub(crate) const SUMMARY: &str = "target,connection,model,n,finished,failed,by_fallback,cancelled,error_rate,ttft_p50_ms,ttft_p95_ms,total_p50_ms,total_p95_ms,\
    total_p99_ms,waited_p95_ms,output_tokens_per_s_p50,input_tokens,output_tokens,cost,currency,cost_per_1k_requests,thumbs_up,thumbs_down,score_mean,\
    gap_p50_ms,gap_p95_ms,longest_gap_ms,set_up_p50_ms,on_new_connections,left_out,slept,under_load,worst_delay_ms,stated_cost_usd,cells,not_sent,basis,compared,in_common,\
    answers_n,ttft_n,total_n,waited_n,output_tokens_per_s_n,tokens_n,cost_known_n,cost_per_1k_n,score_n,empty";
