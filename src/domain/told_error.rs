//! Error bodies, in all the shapes that servers give them.
//!
//! `{"error": {…}}` (OpenAI, Gemini, llama.cpp), `{"error": "…"}` (Ollama), lists of such (Gemini), `{"message", "code"}` (vLLM, DashScope), `{"detail": …}`
//! (FastAPI), `{"message": {"detail": […]}}` (Mistral), `{"errors": […]}` (Cloudflare), `{"base_resp": {…}}` (MiniMax), `{"error_code", "error_msg"}` (Baidu),
//! and errors that quote another one in their words, as JSON or as Python prints it (relays).

use serde_json::Value;

use super::python_literal::read_python;

/// Errors inside errors are read down to here.
const DEEPEST: u8 = 5;
/// Longer words are not searched for another error in them.
const LONGEST_SEARCHED_BYTES: usize = 16 * 1024;
/// Of a list of errors so many are told.
const MOST_TOLD: usize = 5;
/// Words that are kept.
const MOST_WORDS: usize = 16;

const MESSAGES: [&str; 16] = [
    "message",
    "msg",
    "error_msg",
    "error_message",
    "errorMessage",
    "errmsg",
    "status_msg",
    "Message",
    "detail",
    "error_description",
    "details",
    "title",
    "Msg",
    "faultstring",
    "reason",
    "data",
];
const CODES: [&str; 9] = ["code", "error_code", "errorCode", "errcode", "err_code", "Code", "status_code", "statusCode", "error_type"];
/// Where an object holds another one that is the error.
const INNER: [&str; 11] = [
    "/error",
    "/errors",
    "/base_resp",
    "/response/error",
    "/choices/0/error",
    "/Error",
    "/Response/Error",
    "/ResponseMetadata/Error",
    "/ErrorMsg",
    "/fault",
    "/err",
];

/// MiniMax's numbers: the word that others have for each, and words of which one stands beside it where the number alone could be anybody's.
const MINIMAX: [(&str, &str, &[&str]); 14] = [
    ("1000", "api_error", &["unknown error"]),
    ("1001", "timeout_error", &["timeout", "timed out"]),
    ("1002", "rate_limit_error", &["limit"]),
    ("1004", "authentication_error", &["key", "login", "auth"]),
    ("1008", "insufficient_balance", &["balance"]),
    ("1024", "api_error", &["internal error"]),
    ("1026", "content_filter", &["sensitive"]),
    ("1027", "content_filter", &["sensitive"]),
    ("1033", "api_error", &["system error"]),
    ("1039", "rate_limit_error", &["limit"]),
    ("1041", "rate_limit_error", &["limit"]),
    ("2013", "invalid_request_error", &["param"]),
    ("2045", "rate_limit_error", &["limit"]),
    ("2049", "authentication_error", &["key"]),
];

/// What an error body says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToldError {
    /// The provider's words, with the place of each fault where it is told apart; may be empty.
    pub message: String,
    /// Its code, text or number.
    pub code: Option<String>,
    /// Its type, or its status where that is a word.
    pub kind: Option<String>,
    /// Code, type, status word, finer words for the cause, and those of an error that it quotes.
    pub words: Vec<String>,
    /// The HTTP status that it tells in a field.
    pub status: Option<u16>,
    /// The parameter that it is about.
    pub param: Option<String>,
    /// The object that is the error; null when it is only a text.
    pub object: Value,
}

impl ToldError {
    /// Reads a body; absent when it says nothing. One that is no JSON and no web page is its own words.
    pub fn read(body: &str) -> Option<Self> {
        let text = body.trim_start_matches('\u{feff}').trim();
        match serde_json::from_str(text) {
            Ok(json) => Self::of(&json),
            Err(_no_json) => text.starts_with(char::is_alphabetic).then(|| of_text(text, 0)),
        }
    }

    /// Reads a body that is JSON; absent when it says nothing.
    pub fn of(json: &Value) -> Option<Self> {
        of_value(json, 0)
    }

    /// An error that is only a text.
    pub fn plain(message: &str) -> Self {
        Self { message: message.to_owned(), ..Self::default() }
    }

    fn says_something(&self) -> bool {
        !self.message.is_empty() || !self.words.is_empty() || self.param.is_some()
    }

    fn note(&mut self, word: Option<String>) {
        if let Some(word) = word.filter(|word| !self.words.contains(word) && self.words.len() < MOST_WORDS) {
            self.words.push(word);
        }
    }

    /// With what stands around it, where it says nothing itself.
    fn or(mut self, around: Self) -> Self {
        if self.message.is_empty() {
            self.message = around.message;
        } else if self.object.is_null() && !around.message.is_empty() && !self.message.contains(&around.message) {
            // `{"error": "Not Found", "message": "…"}`
            self.message = format!("{}: {}", self.message, around.message);
        }
        self.code = self.code.or(around.code);
        self.kind = self.kind.or(around.kind);
        self.status = self.status.or(around.status);
        self.param = self.param.or(around.param);
        around.words.into_iter().for_each(|word| self.note(Some(word)));
        self
    }
}

fn of_value(value: &Value, depth: u8) -> Option<ToldError> {
    if depth > DEEPEST {
        return None;
    }
    match value {
        Value::String(text) if says_well(text) => None,
        Value::String(text) => Some(of_text(text.trim(), depth)).filter(ToldError::says_something),
        Value::Array(elements) => of_list(elements, depth),
        Value::Object(_) => {
            let inner = INNER.iter().filter_map(|place| value.pointer(place)).find_map(|inner| of_value(inner, depth + 1));
            let inner = inner.or_else(|| of_exception(value, depth));
            let own = of_fields(value, depth);
            let found = match inner {
                // Both have words: the outer ones introduce the inner.
                Some(inner) if depth > 0 && !own.message.is_empty() && !own.message.contains(&inner.message) => {
                    let message = format!("{}: {}", own.message, inner.message);
                    let object = inner.object.clone();
                    ToldError { message, object, ..own.or(inner) }
                }
                Some(inner) => inner.or(own),
                None => own,
            };
            Some(found).filter(ToldError::says_something)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// `{"throttlingException": {"message": …}}`, as Bedrock names its errors.
fn of_exception(object: &Value, depth: u8) -> Option<ToldError> {
    let (name, exception) = object.as_object()?.iter().find(|(name, value)| name.ends_with("Exception") && value.is_object())?;
    let mut told = of_value(exception, depth + 1)?;
    told.note(Some(name.clone()));
    told.kind = told.kind.or_else(|| Some(name.clone()));
    Some(told)
}

/// Several errors, or several faults of one request: told one after the other.
fn of_list(elements: &[Value], depth: u8) -> Option<ToldError> {
    let mut all = elements.iter().take(MOST_TOLD).filter_map(|element| of_value(element, depth + 1));
    let mut found = all.next()?;
    for other in all {
        if !other.message.is_empty() && !found.message.contains(&other.message) {
            found.message = format!("{}; {}", found.message, other.message);
        }
        found.param = found.param.or(other.param);
    }
    Some(found)
}

/// The words of an object, without those of errors inside it.
fn of_fields(object: &Value, depth: u8) -> ToldError {
    let word = |name: &str| object.get(name).and_then(word_of);
    let mut found = MESSAGES
        .iter()
        .filter_map(|name| object.get(name))
        .find_map(|value| of_value(value, depth + 1).filter(|told| !told.message.is_empty()))
        .unwrap_or_default();
    if says_well(&found.message) {
        found.message.clear();
    }
    if let Some(raw) = object.pointer("/metadata/raw").and_then(|raw| of_value(raw, depth + 1)) {
        found.message = if found.message.is_empty() { raw.message } else { format!("{}: {}", found.message, raw.message) };
        raw.words.into_iter().for_each(|word| found.note(Some(word)));
    }
    let place = place_of(object);
    if let Some(place) = place.as_ref().filter(|_| !found.message.is_empty()) {
        found.message = format!("{}: {}", place.join("."), found.message);
    }
    let code = CODES.iter().find_map(|name| word(name)).filter(|code| is_failing(code));
    let kind = ["type", "status"].iter().find_map(|name| object.get(name)?.as_str()).filter(|kind| is_failing(kind)).map(str::to_owned);
    let number = |name: &&str| word(name)?.parse().ok().filter(|status| (400..=599).contains(status));
    found.status =
        ["code", "status", "status_code", "statusCode", "http_status", "http_status_code"].iter().find_map(number).or(found.status);
    let details = object.get("details");
    let reason = details.and_then(Value::as_array).and_then(|details| details.iter().find_map(|detail| word_of(detail.get("reason")?)));
    let status = object.get("status").and_then(Value::as_str).filter(|status| is_failing(status));
    let mut own = ToldError { words: Vec::new(), ..ToldError::default() };
    for word in [
        code.clone(),
        kind.clone(),
        status.map(str::to_owned),
        reason,
        object.pointer("/details/error_code").and_then(word_of),
        object.pointer("/innererror/code").and_then(word_of),
    ] {
        own.note(word);
    }
    let is_minimax = object.get("status_msg").is_some();
    let minimax = by_minimax(code.as_deref().filter(|_| is_minimax), &found.message);
    own.note(minimax.map(str::to_owned));
    for word in std::mem::take(&mut found.words) {
        own.note(Some(word));
    }
    let param = word("param").filter(|param| param != "None");
    ToldError {
        message: found.message,
        code: code.or(found.code),
        kind: kind.or(found.kind),
        words: own.words,
        status: found.status,
        param: param.or_else(|| place?.into_iter().next().filter(|name| !name.starts_with(|c: char| c.is_ascii_digit()))).or(found.param),
        object: object.clone(),
    }
}

/// A text, and an error that it quotes.
fn of_text(text: &str, depth: u8) -> ToldError {
    let plain = || {
        let mut plain = ToldError::plain(text);
        plain.note(by_minimax(None, text).map(str::to_owned));
        plain
    };
    if text.len() > LONGEST_SEARCHED_BYTES {
        return plain();
    }
    let begins = text.match_indices(['{', '[']).map(|(at, _)| at).take(4);
    let quoted = begins.filter_map(|at| {
        let (value, bytes) = json_at(&text[at..]).or_else(|| read_python(&text[at..]))?;
        let told = of_value(&value, depth + 1).filter(|told| !told.message.is_empty() && is_error(&value))?;
        Some((told, at, at + bytes))
    });
    let Some((mut told, from, to)) = { quoted }.next() else { return plain() };
    let before = text[..from].trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '`'));
    // Bytes, as Python prints them.
    let before = before.strip_suffix(" b").unwrap_or(before).trim_end();
    let after = text[to..].trim_matches(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '`'));
    if !before.is_empty() {
        let mark = if before.ends_with([':', '-', ',']) { "" } else { ":" };
        told.message = format!("{before}{mark} {}", told.message);
    }
    if after.chars().any(char::is_alphanumeric) {
        told.message = format!("{} {after}", told.message);
    }
    told.object = Value::Null;
    told
}

/// It is an error, and no part of a request or anything else that a message may repeat.
fn is_error(value: &Value) -> bool {
    const SIGNS: [&str; 8] = ["error", "errors", "message", "msg", "detail", "error_msg", "errmsg", "base_resp"];
    SIGNS.iter().any(|sign| value.get(0).unwrap_or(value).get(sign).is_some_and(|sign| !sign.is_null()))
}

/// The JSON that `text` begins with, and how many bytes it takes.
fn json_at(text: &str) -> Option<(Value, usize)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let value = values.next()?.ok()?;
    Some((value, values.byte_offset()))
}

/// Where in the request a fault is, as FastAPI names it, the parameter first.
fn place_of(fault: &Value) -> Option<Vec<String>> {
    let place = fault.get("loc")?.as_array()?.iter().filter_map(word_of);
    let place: Vec<String> = place.skip_while(|part| matches!(part.as_str(), "body" | "query" | "path")).take(8).collect();
    (!place.is_empty()).then_some(place)
}

/// The word for one of MiniMax's numbers, told in its own field or at the end of the words, in brackets.
fn by_minimax(code: Option<&str>, message: &str) -> Option<&'static str> {
    if let Some(code) = code {
        return MINIMAX.iter().find(|(known, ..)| *known == code).map(|(_, word, _)| *word);
    }
    let (words, number) = message.trim_end_matches('.').strip_suffix(')')?.rsplit_once('(')?;
    let words = words.to_lowercase();
    let known = MINIMAX.iter().find(|(known, _, beside)| *known == number && beside.iter().any(|word| words.contains(word)));
    known.map(|(_, word, _)| *word)
}

/// A text or a number, as text: error codes are both.
fn word_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The code or type is none of those that tell that all is well, and says more than that there is an error.
fn is_failing(word: &str) -> bool {
    let is_success = word.parse::<i64>().is_ok_and(|code| code == 0 || (200..300).contains(&code) || code == 20_000);
    !is_success && !says_well(word) && !word.eq_ignore_ascii_case("error")
}

/// The word, or all of a message, tells that all is well, or nothing at all.
fn says_well(word: &str) -> bool {
    const WELL: [&str; 17] = [
        "",
        "0",
        "false",
        "none",
        "null",
        "nil",
        "undefined",
        "no error",
        "no errors",
        "noerror",
        "ok",
        "success",
        "succeeded",
        "successful",
        "healthy",
        "成功",
        "请求成功",
    ];
    WELL.contains(&word.trim().trim_end_matches(['.', '!']).to_lowercase().replace(['_', '-'], " ").as_str())
}
