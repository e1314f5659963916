//! A request as a command line that anyone can run, without the key.

use std::fmt::Write as _;

use crate::domain::{Connection, KeyHeader, KeySource};

use super::wire::wire_of;

/// Stands for a key that lives in no environment variable.
const KEY_VARIABLE: &str = "ASSAY_API_KEY";

/// The request as a `curl` command for a POSIX shell. `request_json` is the body as kept, with names in place of pictures; the key is the environment
/// variable that the connection names, else `$ASSAY_API_KEY`. `model` and `stream` are part of the address in some wire formats.
pub fn as_curl(connection: &Connection, model: &str, stream: bool, request_json: &str) -> String {
    let wire = wire_of(connection.wire);
    let base_url = connection.base_url.trim_end_matches('/');
    let mut command = format!("curl -N {}", quoted(&format!("{base_url}{}", wire.chat_path(model, stream))));
    let variable = match &connection.key_source {
        KeySource::None => None,
        KeySource::Environment(name) if name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') => Some(name.as_str()),
        // A name that is none would be run by the shell.
        KeySource::Keychain | KeySource::Session | KeySource::Environment(_) => Some(KEY_VARIABLE),
    };
    let mut header = |text: String| write!(command, " \\\n  -H {text}").is_ok();
    if let Some(variable) = variable {
        let KeyHeader { name, prefix } = connection.wire.key_header();
        header(format!("\"{name}: {prefix}${{{variable}}}\""));
    }
    header(quoted("content-type: application/json"));
    for (name, value) in wire.fixed_headers() {
        if !connection.extra_headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name)) {
            header(quoted(&format!("{name}: {value}")));
        }
    }
    for (name, value) in &connection.extra_headers {
        header(quoted(&format!("{name}: {value}")));
    }
    command.push_str(" \\\n  --data-raw ");
    command.push_str(&quoted(request_json));
    command.push('\n');
    command
}

/// `text` as one word of a POSIX shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
