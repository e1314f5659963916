//! Sampling parameters as fields; an empty field is not sent.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::sync::Arc;

use eframe::egui::Ui;

use crate::analysis::capitalised;
use crate::domain::{Effort, OutputSchema, Params, Tool};
use crate::ui::screens::typed;
use crate::ui::theme::icons;
use crate::ui::widgets::{Editor, FormRow, PushButton, TextField, segmented};

/// Width of the labels, points.
pub(super) const LABEL_WIDTH: f32 = 112.0;
/// Width of the number fields, points.
const NUMBER_WIDTH: f32 = 110.0;

/// The fields as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ParamsForm {
    temperature: String,
    max_tokens: String,
    top_p: String,
    seed: String,
    /// One a line, with `\n` for a line break.
    stop: String,
    effort: String,
    thinking: Option<bool>,
    /// JSON; empty for none.
    schema: String,
    /// JSON; empty for none.
    tools: String,
    /// The fields that few runs need are shown.
    more_open: bool,
}

/// A field that holds no value of its kind: what it takes instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong(Cow<'static, str>);

fn text_of<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn number(text: &str, range: RangeInclusive<f64>, wrong: &'static str) -> Result<Option<f64>, Wrong> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    typed::number(text).filter(|number| range.contains(number)).map(Some).ok_or_else(|| Wrong(wrong.into()))
}

fn whole<T: std::str::FromStr>(text: &str, valid: impl Fn(&T) -> bool, wrong: &'static str) -> Result<Option<T>, Wrong> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().ok().filter(valid).map(Some).ok_or_else(|| Wrong(wrong.into()))
}

fn escape(stop: &str) -> String {
    stop.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t").replace('\r', "\\r")
}

fn unescape(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('\\') | None => text.push('\\'),
            Some(other) => text.extend(['\\', other]),
        }
    }
    text
}

impl ParamsForm {
    /// The fields that hold these parameters.
    pub(super) fn of(params: &Params) -> Self {
        Self {
            temperature: text_of(params.temperature),
            max_tokens: text_of(params.max_tokens),
            top_p: text_of(params.top_p),
            seed: text_of(params.seed),
            stop: params.stop.iter().map(|stop| escape(stop)).collect::<Vec<_>>().join("\n"),
            effort: params.effort.map_or_else(String::new, |effort| effort.as_str().to_owned()),
            thinking: params.thinking,
            schema: params.schema.as_ref().map(|schema| schema.to_json()).unwrap_or_default(),
            tools: Tool::list_to_json(&params.tools),
            more_open: params.effort.is_some() || params.thinking.is_some() || params.schema.is_some() || !params.tools.is_empty(),
        }
    }

    fn temperature(&self) -> Result<Option<f64>, Wrong> {
        number(&self.temperature, 0.0..=2.0, "A number from 0 to 2")
    }

    fn max_tokens(&self) -> Result<Option<u32>, Wrong> {
        whole(&self.max_tokens, |tokens| *tokens > 0, "A whole number from 1")
    }

    fn top_p(&self) -> Result<Option<f64>, Wrong> {
        number(&self.top_p, 0.0..=1.0, "A number from 0 to 1")
    }

    fn seed(&self) -> Result<Option<i64>, Wrong> {
        whole(&self.seed, |_| true, "A whole number")
    }

    fn stop(&self) -> Result<Vec<String>, Wrong> {
        let stops: Vec<String> = self.stop.lines().filter(|line| !line.is_empty()).map(unescape).collect();
        if stops.len() > 4 { Err(Wrong("At most 4, one a line".into())) } else { Ok(stops) }
    }

    fn effort(&self) -> Result<Option<Effort>, Wrong> {
        let word = self.effort.trim().to_lowercase();
        if word.is_empty() {
            return Ok(None);
        }
        let known = || Wrong(format!("One of {}", Effort::ALL.map(Effort::as_str).join(", ")).into());
        Effort::from_word(&word).map(Some).ok_or_else(known)
    }

    fn schema(&self) -> Result<Option<Arc<OutputSchema>>, Wrong> {
        if self.schema.trim().is_empty() {
            return Ok(None);
        }
        OutputSchema::from_json(&self.schema)
            .map(|schema| Some(Arc::new(schema)))
            .map_err(|error| Wrong(capitalised(&error.to_string()).into()))
    }

    fn tools(&self) -> Result<Vec<Tool>, Wrong> {
        if self.tools.trim().is_empty() {
            return Ok(Vec::new());
        }
        Tool::list_from_json(&self.tools).map_err(|error| Wrong(capitalised(&error.to_string()).into()))
    }

    /// The parameters; the error is the first field that holds none.
    pub(super) fn read(&self) -> Result<Params, Wrong> {
        Ok(Params {
            temperature: self.temperature()?,
            max_tokens: self.max_tokens()?,
            top_p: self.top_p()?,
            seed: self.seed()?,
            stop: self.stop()?,
            effort: self.effort()?,
            thinking: self.thinking,
            schema: self.schema()?,
            tools: self.tools()?.into(),
        })
    }

    /// Draws the fields; `unset` is what holds where a field is empty. True when one of them was changed.
    pub(super) fn show(&mut self, unset: &Params, ui: &mut Ui) -> bool {
        let mut changed = false;
        let hint = |value: Option<String>| value.unwrap_or_else(|| "not sent".to_owned());
        let hints = [
            hint(unset.temperature.map(|value| value.to_string())),
            hint(unset.max_tokens.map(|value| value.to_string())),
            hint(unset.top_p.map(|value| value.to_string())),
            hint(unset.seed.map(|value| value.to_string())),
        ];
        let wrong = [self.temperature().err(), self.max_tokens().err(), self.top_p().err(), self.seed().err()];
        let fields = [
            ("Temperature", &mut self.temperature),
            ("Max tokens", &mut self.max_tokens),
            ("Top-p", &mut self.top_p),
            ("Seed", &mut self.seed),
        ];
        for (((label, text), hint), wrong) in fields.into_iter().zip(&hints).zip(wrong) {
            FormRow::new(label).label_width(LABEL_WIDTH).error(wrong.as_ref().map(|wrong| &*wrong.0)).show(ui, |ui| {
                changed |= TextField::new(text, label).hint(hint).width(NUMBER_WIDTH).char_limit(24).show(ui).changed();
            });
        }
        let wrong = self.stop().err();
        let row = FormRow::new("Stop").label_width(LABEL_WIDTH).hint("Ends the answer; one a line, \\n for a line break");
        row.error(wrong.as_ref().map(|wrong| &*wrong.0)).show(ui, |ui| {
            changed |= Editor::new(&mut self.stop, "Stop").rows(1).show(ui).changed();
        });
        let icon = if self.more_open { icons::CHEVRON_DOWN } else { icons::CHEVRON_RIGHT };
        if ui.add(PushButton::quiet("Reasoning, schema and tools").icon(icon).compact()).clicked() {
            self.more_open = !self.more_open;
        }
        if self.more_open {
            changed |= self.show_more(unset, ui);
        }
        changed
    }

    fn show_more(&mut self, unset: &Params, ui: &mut Ui) -> bool {
        let mut changed = false;
        let wrong = self.effort().err();
        let row = FormRow::new("Effort").label_width(LABEL_WIDTH).hint("How much to think: none, minimal, low, medium, high, xhigh or max");
        row.error(wrong.as_ref().map(|wrong| &*wrong.0)).show(ui, |ui| {
            let hint = unset.effort.map_or("not sent", Effort::as_str);
            changed |=
                TextField::new(&mut self.effort, "Reasoning effort").hint(hint).width(NUMBER_WIDTH).char_limit(24).show(ui).changed();
        });
        FormRow::new("Thinking").label_width(LABEL_WIDTH).hint("For models that can do both").show(ui, |ui| {
            let unset = match unset.thinking {
                None => "Not sent",
                Some(true) => "As the run: on",
                Some(false) => "As the run: off",
            };
            let before = self.thinking;
            segmented(ui, "Thinking", &mut self.thinking, &[(None, unset), (Some(true), "On"), (Some(false), "Off")]);
            changed |= self.thinking != before;
        });
        let wrong = self.schema().err();
        let row = FormRow::new("JSON schema").label_width(LABEL_WIDTH).hint("The answer follows it");
        row.error(wrong.as_ref().map(|wrong| &*wrong.0)).show(ui, |ui| {
            changed |= Editor::new(&mut self.schema, "JSON schema").mono().hint("not sent").rows(1).show(ui).changed();
        });
        let wrong = self.tools().err();
        let row = FormRow::new("Tools").label_width(LABEL_WIDTH).hint("JSON; calls are shown as the answer, nothing is run");
        row.error(wrong.as_ref().map(|wrong| &*wrong.0)).show(ui, |ui| {
            changed |= Editor::new(&mut self.tools, "Tools").mono().hint("not sent").rows(1).show(ui).changed();
        });
        changed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_empty_form_sends_nothing() {
        assert_eq!(ParamsForm::default().read(), Ok(Params::default()));
    }

    #[test]
    fn what_fits_no_parameter_is_told() {
        let form = |temperature: &str, max_tokens: &str, top_p: &str, seed: &str| ParamsForm {
            temperature: temperature.to_owned(),
            max_tokens: max_tokens.to_owned(),
            top_p: top_p.to_owned(),
            seed: seed.to_owned(),
            ..ParamsForm::default()
        };
        for wrong in [
            form("3", "", "", ""),
            form("NaN", "", "", ""),
            form("", "0", "", ""),
            form("", "1.5", "", ""),
            form("", "", "2", ""),
            form("", "", "", "x"),
        ] {
            assert!(wrong.read().is_err(), "{wrong:?}");
        }
        assert_eq!(
            form("0,7", " 500 ", "", "-1").read().unwrap(),
            Params { temperature: Some(0.7), max_tokens: Some(500), seed: Some(-1), ..Params::default() }
        );
        assert!(ParamsForm { effort: "huge".to_owned(), ..ParamsForm::default() }.read().is_err());
        for (schema, tools) in [("{", ""), ("[]", ""), ("", "{"), ("", "{}")] {
            let form = ParamsForm { schema: schema.to_owned(), tools: tools.to_owned(), ..ParamsForm::default() };
            assert!(form.read().is_err(), "{form:?}");
        }
        assert!(ParamsForm { stop: "a\nb\nc\nd\ne".to_owned(), ..ParamsForm::default() }.read().is_err());
    }

    proptest! {
        #[test]
        fn parameters_survive_the_form(
            temperature in proptest::option::of(0.0..=2.0f64),
            max_tokens in proptest::option::of(1u32..),
            top_p in proptest::option::of(0.0..=1.0f64),
            seed in proptest::option::of(any::<i64>()),
            stop in proptest::collection::vec("[a\\\\nrt\n\t é]{1,6}", 0..=4),
            effort in proptest::option::of(proptest::sample::select(Effort::ALL.to_vec())),
            thinking in proptest::option::of(any::<bool>()),
            named in proptest::option::of("[a-z_]{1,8}"),
        ) {
            let schema = named.as_ref().map(|name| format!(r#"{{"name":"{name}","schema":{{"type":"object"}}}}"#));
            let schema = schema.map(|text| Arc::new(OutputSchema::from_json(&text).unwrap()));
            let tools = named.iter().flat_map(|name| Tool::list_from_json(&format!(r#"{{"name":"{name}"}}"#)).unwrap()).collect();
            let params = Params { temperature, max_tokens, top_p, seed, stop, effort, thinking, schema, tools };
            prop_assert_eq!(ParamsForm::of(&params).read(), Ok(params));
        }
    }
}
