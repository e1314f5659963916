//! Keys of others: a relay quotes its own, a server that of whoever asked it. They are known by their shape only, so what is no key beyond doubt stays: ids of
//! requests and models, hashes, addresses.

/// How keys of known providers start, and how many bytes follow at least.
const STARTS: [(&str, usize); 22] = [
    ("sk-", 8),
    ("sk_", 16),
    ("AIza", 24),
    ("AQ.", 24),
    ("gsk_", 16),
    ("xai-", 32),
    ("hf_", 28),
    ("r8_", 16),
    ("pplx-", 16),
    ("nvapi-", 16),
    ("fw_", 16),
    ("tgp_v1_", 16),
    ("csk-", 16),
    ("AKIA", 16),
    ("ASIA", 16),
    ("AKID", 16),
    ("LTAI", 12),
    ("glpat-", 16),
    ("ya29.", 16),
    ("ghp_", 16),
    ("github_pat_", 16),
    ("eyJ", 24),
];
/// No key is longer.
const LONGEST_KEY_BYTES: usize = 4 * 1024;
const SHORTEST_BEARER_BYTES: usize = 8;
/// A login in Base64: `a:password`, say.
const SHORTEST_BASIC_BYTES: usize = 12;
/// Behind the word “key” or “token” a text of any shape is one from this length on.
const SHORTEST_NAMED_BYTES: usize = 20;

/// What may stand between such a word and the key.
const BETWEEN: [&str; 15] = [
    "provided",
    "received",
    "passed",
    "given",
    "used",
    "value",
    "is",
    "was",
    "your",
    "header",
    "format",
    "incorrect",
    "invalid",
    "wrong",
    "unknown",
];

/// `text` without what is shaped like a key.
pub(super) fn without_foreign_keys(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let (mut kept_to, mut before) = (0, ' ');
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let of_word = c.is_ascii_alphanumeric() && !before.is_alphanumeric() && !matches!(before, '_' | '-');
        let begins = of_word || (matches!(before, '/' | ':') && c != ':' && begins_login(&text[..at]));
        if let Some((from, to)) = begins.then(|| key_at(text, at)).flatten() {
            clean.push_str(&text[kept_to..from]);
            clean.push_str("[key]");
            (at, kept_to, before) = (to, to, 'x');
        } else {
            at += c.len_utf8();
            before = c;
        }
    }
    clean.push_str(&text[kept_to..]);
    clean
}

/// From where to where a key stands that begins here, behind its `Bearer`, if it has one.
fn key_at(text: &str, at: usize) -> Option<(usize, usize)> {
    let rest = &text[at..];
    if rest.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("bearer ")) {
        let bytes = run(&rest[7..], |b| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b));
        return (bytes >= SHORTEST_BEARER_BYTES && is_random(&rest[7..7 + bytes])).then_some((at + 7, at + 7 + bytes));
    }
    if rest.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("basic ")) {
        let bytes = run(&rest[6..], |b| b.is_ascii_alphanumeric() || b"-_+/=".contains(&b));
        let login = &rest[6..6 + bytes];
        let mixed = is_random(login) && login.bytes().any(|b| b.is_ascii_uppercase()) && login.bytes().any(|b| b.is_ascii_lowercase());
        return (bytes >= SHORTEST_BASIC_BYTES && (mixed || login.ends_with('='))).then_some((at + 6, at + 6 + bytes));
    }
    if begins_login(&text[..at])
        && let Some(bytes) = login_bytes(rest)
    {
        return Some((at, at + bytes));
    }
    if let Some(bytes) = zhipu_key_bytes(rest) {
        return Some((at, at + bytes));
    }
    if let Some((start, shortest)) = STARTS.iter().find(|(start, _)| rest.starts_with(start)) {
        let dotted = matches!(*start, "eyJ" | "ya29." | "AQ.");
        let bytes = run(&rest[start.len()..], |b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_') || (dotted && b == b'.'));
        if bytes >= *shortest && is_random(&rest[start.len()..start.len() + bytes]) {
            return Some((at, at + start.len() + bytes));
        }
    }
    // Asked first: a long text of this shape is looked at once.
    if !is_named(&text[..at]) {
        return None;
    }
    let bytes = run(rest, |b| b.is_ascii_alphanumeric() || b"-_+/=".contains(&b));
    let count = |is: fn(&u8) -> bool| rest.as_bytes()[..bytes].iter().filter(|b| is(b)).count();
    let (digits, upper, lower) = (count(u8::is_ascii_digit), count(u8::is_ascii_uppercase), count(u8::is_ascii_lowercase));
    let mixed = (digits >= 4 && digits < bytes) || (digits >= 2 && upper >= 2 && lower >= 2);
    let named = bytes >= SHORTEST_NAMED_BYTES && mixed;
    named.then_some((at, at + bytes))
}

/// A login may stand behind this part of an address.
fn begins_login(before: &str) -> bool {
    before.ends_with("://") || before.ends_with("://:")
}

/// How long the user name and password of an address are that `rest` begins with, up to its `@`.
fn login_bytes(rest: &str) -> Option<usize> {
    let bytes = run(rest, |b| b.is_ascii_graphic() && !b"/?#\"'<>`\\".contains(&b));
    rest[..bytes].rfind('@').filter(|login| *login > 0)
}

/// Zhipu's keys are an id of 32 hexadecimal digits, a point, and a secret of 16 characters.
fn zhipu_key_bytes(rest: &str) -> Option<usize> {
    let id = run(rest, |b| b.is_ascii_hexdigit());
    let secret = rest.get(id..)?.strip_prefix('.').filter(|_| id == 32)?;
    let bytes = run(secret, |b| b.is_ascii_alphanumeric());
    (bytes == 16 && is_random(&secret[..bytes])).then_some(id + 1 + bytes)
}

fn run(text: &str, in_key: impl Fn(u8) -> bool) -> usize {
    text.bytes().take(LONGEST_KEY_BYTES).take_while(|b| in_key(*b)).count()
}

/// No word of a language: letters and digits are mixed.
fn is_random(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit()) && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// What stands before it calls it a key or token.
fn is_named(before: &str) -> bool {
    let mut before = &before[before.ceil_char_boundary(before.len().saturating_sub(60))..];
    for _ in 0..4 {
        before = before.trim_end_matches(|c: char| c.is_whitespace() || "\"'`=:([<“‘\\".contains(c));
        let Some(word) =
            BETWEEN.iter().find(|word| ends_with(before, word) && !before[..before.len() - word.len()].ends_with(char::is_alphanumeric))
        else {
            break;
        };
        before = &before[..before.len() - word.len()];
    }
    ["key", "token", "secret"].iter().any(|word| ends_with(before, word))
}

fn ends_with(text: &str, word: &str) -> bool {
    let start = text.len().checked_sub(word.len()).filter(|start| text.is_char_boundary(*start));
    start.is_some_and(|start| text[start..].eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_of_others_go() {
        for (text, clean) in [
            ("Incorrect API key provided: sk-proj-AbC123dEf456GhI789. You", "Incorrect API key provided: [key]. You"),
            ("sk-ant-api03-Zx9_yW8-vU7", "[key]"),
            ("https://g.test/v1?key=AIzaSyD0123456789abcdefghijklmnopqrstu&alt=sse", "https://g.test/v1?key=[key]&alt=sse"),
            (r#"{"headers":{"Authorization":"Bearer abc123def456"}}"#, r#"{"headers":{"Authorization":"Bearer [key]"}}"#),
            ("api key: 0123456789abcdef0123456789abcdef is wrong", "api key: [key] is wrong"),
            ("Invalid token “ZmFzZDEyMzQ1Njc4OTBhYmNkZWY=”", "Invalid token “[key]”"),
            (r#"{"api_key":"0f8fad5b-d9cb-469f-a165-70867728950e"}"#, r#"{"api_key":"[key]"}"#),
            ("key was 0f8fad5b-d9cb-469f-a165-70867728950e.", "key was [key]."),
            ("Request had header Authorization: Basic dXNlcjpwYXNzd29yZDEyMzQ1Njc4OTA=", "Request had header Authorization: Basic [key]"),
            ("proxyconnect: https://user:hunter2Secret99@proxy.test:8080 refused", "proxyconnect: https://[key]@proxy.test:8080 refused"),
            ("https://__token__:secretword@host.test, https://$user:pw@host.test", "https://[key]@host.test, https://[key]@host.test"),
            ("redis://:s3cret@db.test/0, postgres://me:p@ss@db.test", "redis://:[key]@db.test/0, postgres://[key]@db.test"),
            ("The SecretId AKIDz8krbsJ5yKBZQpn74WFkmLPx3gnPhESA is not found", "The SecretId [key] is not found"),
            ("Invalid API key: 0a1b2c3d4e5f60718293a4b5c6d7e8f9.AbCdEfGh1jK2mN3p", "Invalid API key: [key]"),
            ("no such id 0a1b2c3d4e5f60718293a4b5c6d7e8f9.AbCdEfGh1jK2mN3p.", "no such id [key]."),
            ("The API key format is incorrect: 0f8fad5b-d9cb-469f-a165-70867728950e", "The API key format is incorrect: [key]"),
            ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc_DEF-123", "token [key]"),
        ] {
            assert_eq!(without_foreign_keys(text), clean);
        }
    }

    #[test]
    fn what_is_no_key_stays() {
        for text in [
            "Incorrect API key provided: sk-abc***. You can find your API key at https://platform.openai.com/account/api-keys.",
            "Received API Key = sk-...1234, Key Hash (Token) =88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b.",
            "Unable to find token in cache or `LiteLLM_VerificationTokenTable`",
            r#"{"request_id":"0f8fad5b-d9cb-469f-a165-70867728950e","id":"chatcmpl-9x8y7z6w5v4u3t2s1r0q"}"#,
            "(request id: 20260101123456789012345abcdef)",
            "req_011CSHoEeqs5C35K2UUqR7Fy",
            "max token for model accounts/fireworks/models/llama-v3p1-405b-instruct-2024",
            "The model gpt-4.1-2025-04-14 has a limit of 30000 tokens: 40000 asked",
            "Bearer token is missing; Bearer authentication required",
            "commit 9fceb02d0ae598e95dc970b74767f19372d61af8, cf-ray 8f1d2c3b4a596877-AMS",
            "https://docs.test/keys/0123456789abcdef0123456789abcdef",
            "the monkey and the tokenizer llama-3.1-8b-instruct-q4_k_m-20250101",
            "sk-learn or scikit",
            "Basic authentication is required; basic-plan2024",
            "see https://docs.test/@someone and mail help@x.test, https://api.test:8080/v1",
            "object 0a1b2c3d4e5f60718293a4b5c6d7e8f9.parquet, 0a1b2c3d4e5f60718293a4b5c6d7e8f9.js",
            "AKIDNEY is no key, and the request id is 0f8fad5b-d9cb-469f-a165-70867728950e",
        ] {
            assert_eq!(without_foreign_keys(text), text);
        }
    }

    proptest! {
        #[test]
        fn no_key_of_a_known_shape_survives(
            start in prop::sample::select(STARTS.to_vec()),
            tail in "[A-Za-z]{6}[0-9]{3}[A-Za-z0-9]{30}",
            around in ("(\\PC{0,12}[ \"'(:=])?", "([ \"').,;*&]\\PC{0,12})?"),
        ) {
            let text = format!("{}{}{tail}{}", around.0, start.0, around.1);
            let clean = without_foreign_keys(&text);
            prop_assert!(!clean.contains(&tail), "{}", clean);
            prop_assert_eq!(without_foreign_keys(&clean), clean);
        }

        #[test]
        fn ids_of_requests_and_models_stay(
            id in "(req_|gen-|chatcmpl-|msg_|resp_|org-|proj_|cf-)[A-Za-z0-9]{8,40}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[a-z]{2,8}/[a-z]{3,8}-[0-9]{1,2}\\.[0-9]-[0-9]{2}b(-[a-z]{3,8}){0,3}",
            before in prop::sample::select(vec!["", "request id: ", "\"request_id\":\"", "the model `", "id=", "trace ", "for tokens in ", "https://x.test/"]),
        ) {
            let text = format!("{before}{id}");
            prop_assert_eq!(without_foreign_keys(&text), text);
        }
    }
}
