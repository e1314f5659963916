use crate::domain::{Connection, ConnectionId, KeySource, Role, WireFormat};

use super::as_curl;

fn connection(key_source: KeySource) -> Connection {
    Connection::new(ConnectionId::draw(), "Test", Role::Relay, "https://api.example.com/v1/", key_source)
}

#[test]
fn the_key_is_a_variable() {
    let mut connection = connection(KeySource::Environment("OPENAI_API_KEY".into()));
    connection.extra_headers = vec![("X-Title".into(), "it's".into())];
    assert_eq!(
        as_curl(&connection, "m", true, "{\"a\":1}"),
        "curl -N 'https://api.example.com/v1/chat/completions' \\\n  -H \"authorization: Bearer ${OPENAI_API_KEY}\" \\\n  -H 'content-type: application/json' \\\n  -H 'X-Title: it'\\''s' \\\n  --data-raw '{\"a\":1}'\n"
    );
    assert!(as_curl(&self::connection(KeySource::Keychain), "m", true, "{}").contains("${ASSAY_API_KEY}"));
    assert!(!as_curl(&self::connection(KeySource::None), "m", true, "{}").contains("authorization"));
    let hostile = as_curl(&self::connection(KeySource::Environment("X}$(id)".into())), "m", true, "{}");
    assert!(hostile.contains("${ASSAY_API_KEY}") && !hostile.contains("$(id)"));
}

#[test]
fn each_wire_has_its_own_address_and_headers() {
    let at = |wire, base_url: &str| {
        let mut connection = Connection::new(ConnectionId::draw(), "Test", Role::Official, base_url, KeySource::Environment("KEY".into()));
        connection.wire = wire;
        connection
    };
    let anthropic = at(WireFormat::AnthropicMessages, "https://api.anthropic.com/v1");
    assert_eq!(
        as_curl(&anthropic, "m", true, "{}"),
        "curl -N 'https://api.anthropic.com/v1/messages' \\\n  -H \"x-api-key: ${KEY}\" \\\n  -H 'content-type: application/json' \\\n  -H 'anthropic-version: 2023-06-01' \\\n  --data-raw '{}'\n"
    );
    let gemini = at(WireFormat::Gemini, "https://generativelanguage.googleapis.com/v1beta");
    let command = as_curl(&gemini, "gemini-2.5-flash", true, "{}");
    assert!(command.contains("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse'"), "{command}");
    assert!(command.contains("\"x-goog-api-key: ${KEY}\"") && !command.contains("key="), "{command}");
    assert!(as_curl(&gemini, "m", false, "{}").contains("/models/m:generateContent'"));
    assert!(as_curl(&at(WireFormat::OpenAiResponses, "https://api.openai.com/v1"), "m", true, "{}").contains("/v1/responses'"));
}

/// A real shell reads back exactly the words that were meant.
#[cfg(unix)]
#[test]
fn a_shell_takes_nothing_in_the_body_as_its_own() {
    for body in ["it's", "$(id) `id` ${HOME} !! \\", "a\nb\t\"c\"", "'", "''", "@/etc/passwd", "-n", "你好 😀"] {
        let command = as_curl(&connection(KeySource::Session), "m", true, body).replacen("curl", "printf '<%s>'", 1);
        let output = std::process::Command::new("sh").arg("-c").arg(command).env("ASSAY_API_KEY", "k e*y").output().unwrap();
        let expected = format!(
            "<-N><https://api.example.com/v1/chat/completions><-H><authorization: Bearer k e*y><-H><content-type: application/json><--data-raw><{body}>"
        );
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    }
}
