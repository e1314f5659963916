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
            "eostokenid",
            "stopeos",
            "endofturn",
            "endoftext",
            "end",
            "complete",
            "completed",
            "normal",
            "natural",
            "finish",
            "finished",
            "done",
            "success",
            "succeeded",
            "ok",
            "stopped",
            "safestop",
            "matchedstop",
            "messagestop",
            "stopstr",
            "stopstring",
            "stopword",
            "stoptoken",
        ],
    ),
    (Ending::Length, &["length", "limit", "outputlimit", "errorlimit"]),
    (Ending::ToolCalls, &["toolcalls", "toolcall", "tooluse", "functioncall", "functioncalls"]),
    (Ending::Filtered, &["recitation", "language", "blocklist", "spii", "modelarmor", "imagerecitation", "datainspectionfailed"]),
    (
        Ending::GivenUp,
        &[
            "missingthoughtsignature",
            "unexpectedtoolcall",
            "toomanytoolcalls",
            "incomplete",
            "oom",
            "outofmemory",
            "budgetexceeded",
            "deadlineexceeded",
            "toomanyrequests",
        ],
    ),
];

/// Parts of words that are not in the table and leave no doubt; the first that a word holds decides. `max_tokens_exceeded` is a length and
/// `quota_exceeded` is none, `content_filter_error` is a filter, `no_error` is no error.
const PARTS: [(Ending, &[&str]); 5] = [
    (Ending::Stop, &["noerror", "withouterror", "nofailure"]),
    (Ending::GivenUp, &["ratelimit", "timelimit", "quota", "connection"]),
    (
        Ending::Length,
        &[
            "maxtoken",
            "maxnewtoken",
            "maxoutput",
            "maxcompletion",
            "tokenlimit",
            "tokenslimit",
            "toomanytokens",
            "contextwindow",
            "contextl",
            "maxlength",
            "modellength",
            "outputlength",
            "lengthlimit",
            "lengthexceeded",
        ],
    ),
    (
        Ending::Filtered,
        &[
            "filter",
            "safety",
            "unsafe",
            "sensitive",
            "moderat",
            "prohibited",
            "toxic",
            "policy",
            "violat",
            "harmful",
            "guardrail",
            "blocked",
            "inappropriate",
            "illegal",
            "jailbreak",
            "refus",
            "spam",
            "censor",
            "risk",
            "nsfw",
        ],
    ),
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
            "busy",
            "preempt",
            "evict",
            "lost",
            "closed",
            "terminat",
            "shutdown",
            "shuttingdown",
            "kill",
            "crash",
            "died",
            "expired",
            "exhaust",
            "broke",
            "throttl",
            "unreachable",
        ],
    ),
];

/// Words that say that the answer goes on, or nothing at all: some servers send them with every chunk.
pub(super) fn says_nothing(reason: &str) -> bool {
    ["", "null", "none", "nil", "notfinished", "inprogress", "queued", "unspecified", "finishreasonunspecified"]
        .contains(&plain(reason).as_str())
}

/// Of one that gave an answer up: what was paid for it is used up, so that trying again does not help.
pub(in crate::provider) fn says_spent(reason: &str) -> bool {
    let plain = plain(reason);
    ["quota", "balance", "budget", "credit"].iter().any(|part| plain.contains(part))
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
            ("content_filter_error", Ending::Filtered),
            ("TOO_MANY_TOOL_CALLS", Ending::GivenUp),
        ] {
            assert_eq!(ending_of(word), Some(ending), "{word}");
        }
        for word in ["13", "OTHER", "IMAGE_OTHER", "pause_turn", "repetition", ""] {
            assert_eq!(ending_of(word), None, "{word}");
        }
    }

    #[test]
    fn words_that_nobody_documents_are_told_by_their_parts() {
        for (ending, words) in [
            (
                Ending::GivenUp,
                &[
                    "rate_limited",
                    "rate_limit",
                    "server_busy",
                    "preempted",
                    "evicted",
                    "connection_lost",
                    "connection_refused",
                    "upstream_closed",
                    "stream_closed",
                    "terminated",
                    "shutdown",
                    "killed",
                    "crashed",
                    "worker_died",
                    "out_of_memory",
                    "oom_killed",
                    "deadline_exceeded",
                    "expired",
                    "quota_exceeded",
                    "token_quota_exceeded",
                    "insufficient_balance",
                    "broken",
                    "ENGINE_ERROR",
                    "unknown_error",
                ][..],
            ),
            (
                Ending::Filtered,
                &[
                    "unsafe",
                    "unsafe_stop",
                    "risk",
                    "violation",
                    "content_violation",
                    "harmful",
                    "guardrail",
                    "guardrails",
                    "GUARDRAIL_BLOCKED",
                    "content_blocked",
                    "prompt_blocked",
                    "inappropriate",
                    "illegal_content",
                    "jailbreak",
                    "refuse",
                    "antispam",
                    "output_new_sensitive",
                ],
            ),
            (
                Ending::Length,
                &[
                    "max_token",
                    "max_tokens_limit",
                    "max_tokens_exceeded",
                    "max_tokens_error",
                    "exceeded_max_tokens",
                    "context_window_exceeded",
                    "context_length_exceeded",
                    "context_limit",
                    "token_limit_reached",
                    "max_output_length",
                    "output_limit",
                    "limit",
                ],
            ),
            (
                Ending::Stop,
                &[
                    "stopped",
                    "stop_str",
                    "eos_token_id",
                    "stop:eos",
                    "end-of-text",
                    "success",
                    "ok",
                    "finish",
                    "no_error",
                    "stop_without_error",
                    "safe_stop",
                ],
            ),
        ] {
            for word in words {
                assert_eq!(ending_of(word), Some(ending), "{word}");
            }
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
