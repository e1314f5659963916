//! The model: missing, misspelt, or without a channel at the relay.

use super::phrases::{NO_CHANNEL_FOR_MODEL, NO_CHANNEL_FOR_MODEL_WORDS, PULL_WORDS};
use super::symptoms::Symptoms;
use crate::domain::{Cause, Diagnosis, Remedy, Side};

/// 404 about the model.
pub(super) fn missing(s: &Symptoms<'_>) -> Diagnosis {
    let model = s.model();
    let near = nearest_models(model, s.found.models);
    let listed = s.found.models.iter().any(|name| name == model);
    let no_channel = s.error.is(NO_CHANNEL_FOR_MODEL) || s.error.says(NO_CHANNEL_FOR_MODEL_WORDS);
    if no_channel || (s.is_relay() && listed) {
        let happened = format!("The relay has no channel for “{model}” at this time.");
        let to_do = "Try again later, take another model, or ask the relay's support.";
        let found = s.diagnosis(Cause::RelayNoChannel, if s.is_relay() { Side::Relay } else { s.server_side() }, happened, to_do);
        let names = near.into_iter().filter(|name| *name != model).map(|name| Remedy::UseModel(name.to_owned()));
        return found
            .with_open("Whether the relay has stopped the model or only cannot reach it now it does not say. Its model list, asked anew, would tell.")
            .with_remedies([Remedy::Retry(None)])
            .with_remedies(names);
    }
    let happened = format!("The {} has no model called “{model}”.", s.server_word());
    let to_do = match near.as_slice() {
        _ if listed => {
            "It is in the list, so the name is right: this key may not use it, or it does not chat. Take another from the list.".to_owned()
        }
        [] if s.found.models.is_empty() => "Look the name up at the provider; it is matched exactly, upper and lower case too.".to_owned(),
        [] => "Take a name from the provider's list; it is matched exactly, upper and lower case too.".to_owned(),
        [first, ..] if first.eq_ignore_ascii_case(model) => format!("The provider spells it “{first}”; upper and lower case count."),
        near => {
            let names: Vec<String> = near.iter().map(|name| format!("“{name}”")).collect();
            format!("Nearest in its own list: {}. Names are matched exactly, upper and lower case too.", names.join(", "))
        }
    };
    let to_do = if s.error.says(PULL_WORDS) { format!("Pull it at the server, or take one that is there. {to_do}") } else { to_do };
    let names = near.into_iter().filter(|name| *name != model).map(|name| Remedy::UseModel(name.to_owned()));
    let found = s.diagnosis(Cause::ModelMissing, Side::You, happened, to_do).with_remedies(names);
    if !s.found.models.is_empty() {
        return found.with_fact("Models listed", super::super::format_count(s.found.models.len() as u64));
    }
    found.with_open("Its list of models is not known here. Asking for it would tell the right name.").with_remedies([Remedy::ListModels])
}

/// The server has the model, and has not loaded it.
pub(super) fn not_loaded(s: &Symptoms<'_>) -> Diagnosis {
    let side = if s.is_loopback() { Side::You } else { s.server_side() };
    s.diagnosis(
        Cause::ModelNotLoaded,
        side,
        format!("The server has not loaded the model “{}”.", s.model()),
        "Load it at the server, then try again. If it does not load there, its own words or its output say why: often too little memory is free.",
    )
    .with_remedies([Remedy::Retry(None), Remedy::ListModels])
}

/// The server is just loading it.
pub(super) fn loading(s: &Symptoms<'_>) -> Diagnosis {
    let side = if s.is_loopback() { Side::You } else { s.server_side() };
    let to_do = "Wait until it is loaded, then try again. Large models take minutes.";
    s.diagnosis(Cause::ModelNotLoaded, side, "The server is still loading the model.", to_do).with_remedies([s.retry()])
}

/// Up to three names of the list that `model` may have meant, the likeliest first.
pub fn nearest_models<'a>(model: &str, models: &'a [String]) -> Vec<&'a str> {
    const ALIKE: f64 = 0.8;
    let plain = |name: &str| name.rsplit('/').next().unwrap_or(name).to_lowercase();
    let wanted = (model.to_lowercase(), plain(model));
    let likeness = |name: &str| {
        let whole = name.to_lowercase();
        if whole == wanted.0 {
            return 3.0;
        }
        let short = plain(name);
        if short == wanted.1 {
            return 2.0;
        }
        let contained = if !wanted.1.is_empty() && (short.contains(&wanted.1) || wanted.1.contains(&short)) { 0.1 } else { 0.0 };
        strsim::jaro_winkler(&whole, &wanted.0).max(strsim::jaro_winkler(&short, &wanted.1)) + contained
    };
    let mut ranked: Vec<(f64, &str)> =
        models.iter().map(|name| (likeness(name), name.as_str())).filter(|(score, _)| *score >= ALIKE).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    ranked.into_iter().map(|(_, name)| name).take(3).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_models_come_from_the_list() {
        let models: Vec<String> =
            ["gpt-4.1", "gpt-4.1-mini", "deepseek/deepseek-chat", "Qwen3-Max", "text-embedding-3"].map(str::to_owned).into();
        assert_eq!(nearest_models("gpt-41", &models)[0], "gpt-4.1");
        assert_eq!(nearest_models("deepseek-chat", &models)[0], "deepseek/deepseek-chat");
        assert_eq!(nearest_models("qwen3-max", &models)[0], "Qwen3-Max");
        assert_eq!(nearest_models("claude", &models), [""; 0]);
    }
}
