//! The sources that answers name, each wire in its own way.

use crate::domain::{MOST_CITATIONS, NotKept};

use super::format::Answer;
use super::json::Json;

/// Where chat completions list them beside the choices: Perplexity and xAI, Perplexity and Baidu, Tencent, Zhipu, Volcengine.
const LISTS: [&[&str]; 5] = [&["citations"], &["search_results"], &["search_info", "search_results"], &["web_search"], &["references"]];

/// Those of a chunk or a whole chat completion.
pub(super) fn read_chat(json: &Json<'_>, answer: &mut Answer) {
    for list in LISTS {
        keep_all(json.at(list), answer);
    }
    for choice in json.get("choices").map_or(&[][..], Json::elements) {
        if choice.get("index").and_then(Json::word).is_some_and(|index| index != "0") {
            continue;
        }
        for text in ["delta", "message"].iter().filter_map(|name| choice.get(name)) {
            keep_all(text.get("annotations"), answer);
        }
    }
}

/// Those of a `response` object: at the texts of its messages, and Perplexity's `search_results`.
pub(super) fn read_response(response: &Json<'_>, answer: &mut Answer) {
    for item in response.get("output").map_or(&[][..], Json::elements) {
        if item.get("type").and_then(Json::text) == Some("search_results") {
            keep_all(item.get("results"), answer);
        }
        for part in item.get("content").map_or(&[][..], Json::elements) {
            keep_all(part.get("annotations"), answer);
        }
    }
}

/// Those at an Anthropic block of text, or the one that its `citations_delta` brings.
pub(super) fn read_block(block: &Json<'_>, answer: &mut Answer) {
    keep_all(block.get("citations"), answer);
    if let Some(source) = block.get("citation") {
        keep(source, answer);
    }
}

/// Those of a Gemini candidate.
pub(super) fn read_candidate(candidate: &Json<'_>, answer: &mut Answer) {
    for chunk in candidate.at(&["groundingMetadata", "groundingChunks"]).map_or(&[][..], Json::elements) {
        for source in ["web", "retrievedContext", "maps"].iter().filter_map(|kind| chunk.get(kind)) {
            keep(source, answer);
        }
    }
    for list in ["citationSources", "citations"] {
        keep_all(candidate.at(&["citationMetadata", list]), answer);
    }
}

fn keep_all(list: Option<&Json<'_>>, answer: &mut Answer) {
    for source in list.map_or(&[][..], Json::elements) {
        keep(source, answer);
    }
}

/// Keeps one source: an address alone, or an object with one.
pub(super) fn keep(source: &Json<'_>, answer: &mut Answer) {
    let source = source.get("url_citation").unwrap_or(source);
    let Some(url) = source.text().or_else(|| ["url", "uri", "link"].iter().find_map(|name| source.get(name)?.text())) else { return };
    match answer.citations.add(url, source.get("title").and_then(Json::text).unwrap_or_default()) {
        Ok(()) => {}
        Err(NotKept::TooMany) => {
            answer.warn(&format!("the answer names more than {MOST_CITATIONS} sources; the first {MOST_CITATIONS} are kept"));
        }
        Err(NotKept::AddressTooLong) => answer.warn("the answer names a source whose address is longer than 2 KiB; it was left out"),
    }
}
