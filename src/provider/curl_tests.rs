use crate::domain::{Connection, ConnectionId, KeySource, Role};

use super::as_curl;

fn connection(key_source: KeySource) -> Connection {
    Connection::new(ConnectionId::draw(), "Test", Role::Relay, "https://api.example.com/v1/", key_source)
}

#[test]
fn the_key_is_a_variable() {
    let mut connection = connection(KeySource::Environment("OPENAI_API_KEY".into()));
    connection.extra_headers = vec![("X-Title".into(), "it's".into())];
    assert_eq!(
        as_curl(&connection, "{\"a\":1}"),
        "curl -N 'https://api.example.com/v1/chat/completions' \\\n  -H \"authorization: Bearer ${OPENAI_API_KEY}\" \\\n  -H 'content-type: application/json' \\\n  -H 'X-Title: it'\\''s' \\\n  --data-raw '{\"a\":1}'\n"
    );
    assert!(as_curl(&self::connection(KeySource::Keychain), "{}").contains("${ASSAY_API_KEY}"));
    assert!(!as_curl(&self::connection(KeySource::None), "{}").contains("authorization"));
    let hostile = as_curl(&self::connection(KeySource::Environment("X}$(id)".into())), "{}");
    assert!(hostile.contains("${ASSAY_API_KEY}") && !hostile.contains("$(id)"));
}

/// A real shell reads back exactly the words that were meant.
#[cfg(unix)]
#[test]
fn a_shell_takes_nothing_in_the_body_as_its_own() {
    for body in ["it's", "$(id) `id` ${HOME} !! \\", "a\nb\t\"c\"", "'", "''", "@/etc/passwd", "-n", "你好 😀"] {
        let command = as_curl(&connection(KeySource::Session), body).replacen("curl", "printf '<%s>'", 1);
        let output = std::process::Command::new("sh").arg("-c").arg(command).env("ASSAY_API_KEY", "k e*y").output().unwrap();
        let expected = format!(
            "<-N><https://api.example.com/v1/chat/completions><-H><authorization: Bearer k e*y><-H><content-type: application/json><--data-raw><{body}>"
        );
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    }
}
