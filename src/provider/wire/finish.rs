//! Why an answer ended, in the words of all makers: one table.

/// What a finish reason stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The model had said everything.
    Stop,
    /// The longest answer, or the context window, was reached.
    Length,
    /// The model calls a tool.
    ToolCalls,
    /// A content filter withheld the answer or its rest.
    Filtered,
    /// The server broke the answer off.
    GivenUp,
}

/// The words, lower case, without what is no letter or digit. Those of: OpenAI, Azure; Anthropic, Bedrock; Gemini, Vertex; Mistral; Cohere; DeepSeek; Zhipu; Baidu;
/// MiniMax; Moonshot; Together; Hugging Face TGI; watsonx; vLLM, SGLang.
const WORDS: [(Ending, &[&str]); 5] = [
    (
        Ending::Stop,
        &[
            "stop",
            "endturn",
            "stopsequence",
            "eos",
            "eostoken",
            "endofturn",
            "end",
            "complete",
            "completed",
            "normal",
            "finished",
            "done",
            "matchedstop",
            "stoptoken",
        ],
    ),
    (
        Ending::Length,
        &[
            "length",
            "maxtokens",
            "maxoutputtokens",
            "modellength",
            "maxlength",
            "modelcontextwindowexceeded",
            "contextlength",
            "contextlengthexceeded",
            "tokenlimit",
            "maxnewtokens",
            "maxtokensreached",
            "maxcompletiontokens",
            "errorlimit",
        ],
    ),
    (Ending::ToolCalls, &["toolcalls", "toolcall", "tooluse", "functioncall", "functioncalls"]),
    (
        Ending::Filtered,
        &[
            "contentfilter",
            "contentfiltered",
            "safety",
            "recitation",
            "language",
            "blocklist",
            "prohibitedcontent",
            "spii",
            "modelarmor",
            "imagesafety",
            "imageprohibitedcontent",
            "imagerecitation",
            "refusal",
            "sensitive",
            "guardrailintervened",
            "errortoxic",
            "blocked",
            "filtered",
            "censored",
            "riskcontrol",
            "datainspectionfailed",
            "policyviolation",
        ],
    ),
    (
        Ending::GivenUp,
        &[
            "insufficientsystemresource",
            "abort",
            "aborted",
            "error",
            "failed",
            "failure",
            "malformedfunctioncall",
            "malformedresponse",
            "unexpectedtoolcall",
            "toomanytoolcalls",
            "missingthoughtsignature",
            "networkerror",
            "timeout",
            "timelimit",
            "cancelled",
            "canceled",
            "usercancel",
            "interrupted",
            "engineoverloaded",
            "overloaded",
            "incomplete",
        ],
    ),
];

/// Parts of words that are not in the table and leave no doubt.
const PARTS: [(Ending, &[&str]); 2] = [
    (Ending::Filtered, &["filter", "safety", "sensitive", "moderat", "prohibited", "toxic", "policy"]),
    (
        Ending::GivenUp,
        &[
            "error",
            "fail",
            "abort",
            "interrupt",
            "timeout",
            "timedout",
            "cancel",
            "overload",
            "insufficient",
            "unavailable",
            "disconnect",
            "exception",
            "malformed",
        ],
    ),
];

/// Words that say that the answer goes on, or nothing at all: some servers send them with every chunk.
pub(super) fn says_nothing(reason: &str) -> bool {
    ["", "null", "none", "nil", "notfinished", "inprogress", "queued", "unspecified", "finishreasonunspecified"]
        .contains(&plain(reason).as_str())
}

fn plain(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// What a provider's finish reason stands for; absent for a word that is not known. `function_call_filter: MALFORMED_FUNCTION_CALL` and its like count by
/// their last word.
pub(super) fn ending_of(reason: &str) -> Option<Ending> {
    let word = reason.rsplit(": ").next().unwrap_or(reason);
    let plain = plain(word);
    let known = WORDS.iter().find(|(_, words)| words.contains(&plain.as_str()));
    let alike = || PARTS.iter().find(|(_, parts)| parts.iter().any(|part| plain.contains(part)));
    known.map(|(ending, _)| *ending).or_else(|| alike().map(|(ending, _)| *ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makers_words_are_known() {
        for (word, ending) in [
            ("stop", Ending::Stop),
            ("end_turn", Ending::Stop),
            ("eos", Ending::Stop),
            ("COMPLETE", Ending::Stop),
            ("max_tokens", Ending::Length),
            ("MAX_TOKENS", Ending::Length),
            ("model_length", Ending::Length),
            ("function_call", Ending::ToolCalls),
            ("sensitive", Ending::Filtered),
            ("IMAGE_SAFETY", Ending::Filtered),
            ("guardrail_intervened", Ending::Filtered),
            ("ERROR_TOXIC", Ending::Filtered),
            ("network_error", Ending::GivenUp),
            ("insufficient_system_resource", Ending::GivenUp),
            ("function_call_filter: MALFORMED_FUNCTION_CALL", Ending::GivenUp),
            ("cancelled", Ending::GivenUp),
            ("upstream_timed_out", Ending::GivenUp),
            ("safety_check_v2", Ending::Filtered),
        ] {
            assert_eq!(ending_of(word), Some(ending), "{word}");
        }
        for word in ["13", "OTHER", "pause_turn", "repetition", ""] {
            assert_eq!(ending_of(word), None, "{word}");
        }
    }

    #[test]
    fn no_word_stands_for_two_endings() {
        let mut words: Vec<&str> = WORDS.iter().flat_map(|(_, words)| words.iter().copied()).collect();
        words.sort_unstable();
        let all = words.len();
        words.dedup();
        assert_eq!(words.len(), all);
        assert!(words.iter().all(|word| word.chars().all(|c| c.is_ascii_lowercase())));
    }
}
