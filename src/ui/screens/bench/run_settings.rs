//! The settings of the next run: in one line in the bar, and as a form under it.

use eframe::egui::{Checkbox, Response, Ui};
use rust_decimal::Decimal;

use crate::analysis::format_ms;
use crate::app::{BenchCommand, Command, PreferenceCommand};
use crate::domain::{Money, RunSettings, p95_limit_ms};
use crate::ui::cx::Cx;
use crate::ui::screens::typed;
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::text::overline;
use crate::ui::widgets::{FormRow, Stepper, TextField, popover};

use super::params_form::{LABEL_WIDTH, ParamsForm};

/// Width of the form, points.
const WIDTH: f32 = 360.0;

/// The settings in one line: `temperature 0.7 · max 500`.
pub(super) fn settings_words(settings: &RunSettings) -> String {
    let mut parts = settings.params.words();
    if !settings.stream {
        parts.push("not streamed".to_owned());
    }
    if settings.warm_up {
        parts.push("warm-up".to_owned());
    }
    parts.extend(settings.p95_limit_ms.map(|limit_ms| format!("slow above {}", format_ms(limit_ms as f64))));
    parts.extend(settings.cap.as_ref().map(|cap| format!("cap {}", cap.exact())));
    if parts.is_empty() { "default parameters".to_owned() } else { parts.join(" · ") }
}

/// The fields as typed while the form is open.
#[derive(Default)]
pub(super) struct RunSettingsForm {
    open: bool,
    params: ParamsForm,
    cap: String,
    currency: String,
    p95_limit: String,
}

/// The cap as typed; absent for none. The error says what the fields take.
fn read_cap(amount: &str, currency: &str) -> Result<Option<Money>, &'static str> {
    if amount.trim().is_empty() {
        return Ok(None);
    }
    let amount = typed::amount(amount).filter(|amount| *amount > Decimal::ZERO).ok_or("An amount above 0, such as 2.50")?;
    Ok(Some(Money { amount, currency: typed::currency(currency)? }))
}

/// A limit as it is typed: `2 s`, `1.5 s`, `800 ms`.
fn limit_text(limit_ms: u64) -> String {
    if limit_ms < 1_000 { format!("{limit_ms} ms") } else { format!("{} s", (Decimal::from(limit_ms) / Decimal::ONE_THOUSAND).normalize()) }
}

/// The limit as typed, milliseconds; absent for none. The error says what the field takes.
fn read_limit(text: &str) -> Result<Option<u64>, &'static str> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    p95_limit_ms(text).map(Some).ok_or("A time with its unit, 1 ms to 1 h, such as 800 ms or 2 s")
}

impl RunSettingsForm {
    /// Shows the form under `button` while it is open.
    pub(super) fn popover(&mut self, cx: &Cx<'_>, button: &Response) {
        let was_open = std::mem::replace(&mut self.open, false);
        let shown = popover(button, "Run settings", WIDTH, |ui| {
            if !was_open {
                self.take(&cx.state.bench.settings);
            }
            self.show(cx, ui);
        });
        self.open = shown.is_some();
    }

    fn take(&mut self, settings: &RunSettings) {
        self.params = ParamsForm::of(&settings.params);
        self.cap = settings.cap.as_ref().map_or_else(String::new, |cap| cap.amount.normalize().to_string());
        settings.cap.as_ref().map_or("USD", |cap| cap.currency.code()).clone_into(&mut self.currency);
        self.p95_limit = settings.p95_limit_ms.map_or_else(String::new, limit_text);
    }

    fn show(&mut self, cx: &Cx<'_>, ui: &mut Ui) {
        let tokens = ui.tokens();
        let settings = &cx.state.bench.settings;
        let send = |settings: RunSettings| cx.send(Command::Bench(BenchCommand::SetSettings(Box::new(settings))));
        ui.spacing_mut().item_spacing.y = tokens.gap.xs;
        ui.label(overline("Sent to every target", tokens));
        if self.params.show(&crate::domain::Params::default(), ui)
            && let Ok(params) = self.params.read()
            && params != settings.params
        {
            send(RunSettings { params, ..settings.clone() });
        }
        ui.add_space(tokens.gap.s);
        ui.label(overline("This run", tokens));
        let cap = read_cap(&self.cap, &self.currency);
        let row =
            FormRow::new("Spending cap").label_width(LABEL_WIDTH).hint("Empty: none. Never spent above it; unknown prices are not sent");
        let changed = row.error(cap.err()).show(ui, |ui| {
            let amount = TextField::new(&mut self.cap, "Spending cap").hint("none").width(80.0).char_limit(16).show(ui).changed();
            let currency = TextField::new(&mut self.currency, "Currency of the cap").width(58.0).char_limit(3).show(ui).changed();
            amount || currency
        });
        if changed.inner
            && let Ok(cap) = read_cap(&self.cap, &self.currency)
            && cap != settings.cap
        {
            send(RunSettings { cap, ..settings.clone() });
        }
        FormRow::new("Streaming").label_width(LABEL_WIDTH).show(ui, |ui| {
            let mut stream = settings.stream;
            let ticked = ui.add(Checkbox::new(&mut stream, "Ask for streams"));
            if ticked.on_hover_text("Without streams there is no time to the first token").changed() {
                send(RunSettings { stream, ..settings.clone() });
            }
        });
        FormRow::new("Warm-up").label_width(LABEL_WIDTH).show(ui, |ui| {
            let mut warm_up = settings.warm_up;
            let ticked = ui.add(Checkbox::new(&mut warm_up, "Open connections first"));
            let about = "Before the first trial as many connections are opened as the run uses at once, by requests that cost nothing and are counted nowhere";
            if ticked.on_hover_text(about).changed() {
                send(RunSettings { warm_up, ..settings.clone() });
            }
        });
        self.limit(cx, ui);
        engine(cx, ui);
        FormRow::new("Vantage").label_width(LABEL_WIDTH).hint("Where it is measured from; kept with the run and exported").show(ui, |ui| {
            let mut vantage = settings.vantage.clone();
            let field = TextField::new(&mut vantage, "Vantage").hint("such as office Berlin").char_limit(80).show(ui);
            if field.changed() {
                cx.send(Command::Preferences(PreferenceCommand::SetVantage(vantage)));
            }
        });
    }

    fn limit(&mut self, cx: &Cx<'_>, ui: &mut Ui) {
        let settings = &cx.state.bench.settings;
        let latency = if settings.stream { "TTFT" } else { "total time" };
        let hint = format!("A target is flagged while its running p95 {latency} is above it. Slower than its history is flagged anyway");
        let row = FormRow::new("Slow above").label_width(LABEL_WIDTH).hint(&hint).error(read_limit(&self.p95_limit).err());
        let field = row.show(ui, |ui| TextField::new(&mut self.p95_limit, "Slow above").hint("none").width(80.0).char_limit(16).show(ui));
        if field.inner.changed()
            && let Ok(p95_limit_ms) = read_limit(&self.p95_limit)
            && p95_limit_ms != settings.p95_limit_ms
        {
            cx.send(Command::Bench(BenchCommand::SetSettings(Box::new(RunSettings { p95_limit_ms, ..settings.clone() }))));
        }
    }
}

fn engine(cx: &Cx<'_>, ui: &mut Ui) {
    let settings = &cx.state.bench.settings;
    let (mut concurrency, mut retries) = (settings.concurrency, settings.retries);
    let in_flight = FormRow::new("In flight")
        .label_width(LABEL_WIDTH)
        .show(ui, |ui| Stepper::new(&mut concurrency, RunSettings::CONCURRENCY, "Requests in flight").show(ui).changed());
    let retried = FormRow::new("Retries")
        .label_width(LABEL_WIDTH)
        .show(ui, |ui| Stepper::new(&mut retries, RunSettings::RETRIES, "Retries").show(ui).changed());
    if in_flight.inner || retried.inner {
        cx.send(Command::Preferences(PreferenceCommand::SetEngine { concurrency, retries }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Currency, Params};

    #[test]
    fn settings_are_told_in_one_line() {
        assert_eq!(settings_words(&RunSettings::default()), "default parameters");
        let settings = RunSettings {
            params: Params { temperature: Some(0.7), max_tokens: Some(500), ..Params::default() },
            cap: Some(Money { amount: 2.into(), currency: Currency::usd() }),
            ..RunSettings::default()
        };
        assert_eq!(settings_words(&settings), "temperature 0.7 · max 500 · cap $2.00");
        assert_eq!(settings_words(&RunSettings { warm_up: true, ..RunSettings::default() }), "warm-up");
        assert_eq!(settings_words(&RunSettings { p95_limit_ms: Some(2_500), ..RunSettings::default() }), "slow above 2.50 s");
    }

    #[test]
    fn a_limit_reads_back_as_it_is_shown() {
        for (limit_ms, text) in [(1, "1 ms"), (800, "800 ms"), (1_000, "1 s"), (2_500, "2.5 s"), (3_600_000, "3600 s")] {
            assert_eq!((limit_text(limit_ms).as_str(), read_limit(text)), (text, Ok(Some(limit_ms))));
        }
        assert_eq!(read_limit("  "), Ok(None));
        assert!(read_limit("2").is_err() && read_limit("0 s").is_err());
    }

    #[test]
    fn a_cap_is_an_amount_above_nothing() {
        assert_eq!(read_cap(" ", "USD"), Ok(None));
        assert_eq!(read_cap("2,5", "cny").unwrap().unwrap().to_string(), "CN¥2.50");
        for (amount, currency) in [("0", "USD"), ("-1", "USD"), ("two", "USD"), ("2", "US")] {
            assert!(read_cap(amount, currency).is_err(), "{amount} {currency}");
        }
    }
}
