//! Asks before something is sent that may cost much.

use eframe::egui::{Align, Context, Id, Label, Layout, Ui};
use rust_decimal::Decimal;

use crate::analysis::{ASK_OVER_REQUESTS, Expense, TargetForecast, WhyAsked, format_count, format_counted, sum_words};
use crate::app::{Answer, Asked, BenchCommand, Command, Start};
use crate::domain::{Currency, Money};
use crate::ui::cx::Cx;
use crate::ui::screens::typed;
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::text::{figures, quiet, small, strong};
use crate::ui::widgets::{FormRow, PushButton, Sheet, TextField, bar, key_value, visible};

/// Targets that are named one by one.
const TARGETS_NAMED: usize = 8;
/// Width of the labels, points.
const LABELS: f32 = 110.0;

/// What the sheet remembers for itself.
#[derive(Default)]
pub(super) struct ExpenseSheet {
    /// The cap as typed; absent until one is to be set.
    cap: Option<String>,
}

impl ExpenseSheet {
    /// Draws the question while there is one.
    pub(super) fn show(&mut self, cx: &Cx<'_>, ctx: &Context) {
        let Some(asked) = &cx.state.bench.asked else {
            self.cap = None;
            return;
        };
        let title = format!("Send {}?", format_counted(asked.expense.requests, "request", "requests"));
        let ask_over = cx.state.preferences.settings.ask_over;
        let view = std::cell::RefCell::new(&mut *self);
        let shown = Sheet::new(Id::unique("expense"), &title).width(520.0).show(
            ctx,
            |ui| view.borrow_mut().body(asked, ask_over, ui),
            |ui| view.borrow_mut().foot(asked, ui),
        );
        let (answer, cancel) = shown.foot;
        if shown.opened {
            // Not the button that spends.
            cancel.request_focus();
        }
        let left = cancel.clicked() || shown.closed;
        if let Some(answer) = answer.or_else(|| left.then_some(Answer::Cancel)) {
            cx.send(Command::Bench(BenchCommand::AnswerAsked(answer)));
        }
    }

    fn body(&mut self, asked: &Asked, ask_over: Decimal, ui: &mut Ui) {
        let tokens = ui.tokens();
        let expense = &asked.expense;
        ui.add(Label::new(quiet(why(expense, ask_over), tokens)).wrap());
        ui.add_space(tokens.gap.xs);
        let targets = format_counted(expense.targets.len() as u64, "target", "targets");
        let requests = format_count(expense.requests);
        key_value(ui, LABELS, "Requests", if expense.fault { requests } else { format!("{requests} to {targets}") });
        key_value(ui, LABELS, "Likely", likely(expense));
        key_value(ui, LABELS, "At most", at_most(expense));
        ui.add_space(tokens.gap.xs);
        for target in expense.targets.iter().take(TARGETS_NAMED) {
            bar(ui, |ui| {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    ui.label(figures(cost(target), tokens));
                    ui.label(small(format_counted(target.requests, "request", "requests"), tokens));
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        ui.add(Label::new(strong(visible(&target.label).text, tokens)).truncate());
                    });
                });
            });
        }
        if expense.targets.len() > TARGETS_NAMED {
            ui.label(small(format!("and {} more", expense.targets.len() - TARGETS_NAMED), tokens));
        }
        if let Some(cap) = &mut self.cap {
            ui.add_space(tokens.gap.xs);
            let wrong = (!cap.trim().is_empty() && read_cap(cap, expense).is_none()).then_some("An amount above 0, such as 2.50");
            FormRow::new("Spending cap")
                .label_width(LABELS - tokens.gap.xs)
                .hint("Never spent above it; what has no price is not sent")
                .error(wrong)
                .show(ui, |ui| {
                    let hint = format!("an amount in {}", currency(expense).code());
                    let first = cap.is_empty() && ui.memory(|memory| memory.focused().is_none());
                    let field = TextField::new(cap, "Spending cap").hint(&hint).width(150.0).char_limit(16).show(ui);
                    if first {
                        field.request_focus();
                    }
                });
        }
    }

    /// The answer, when a button gave one, and the button that cancels.
    fn foot(&mut self, asked: &Asked, ui: &mut Ui) -> (Option<Answer>, eframe::egui::Response) {
        let mut answer = None;
        match &self.cap {
            None => {
                if ui.add(PushButton::primary("Run").name("Run it")).clicked() {
                    answer = Some(Answer::Run);
                }
                // A stored run keeps the cap that it was planned with.
                let has_none = asked.expense.cap.is_none() && !asked.expense.totals.is_empty();
                if has_none && matches!(asked.start, Start::New(_)) && ui.add(PushButton::secondary("Set a cap…")).clicked() {
                    self.cap = Some(String::new());
                }
            }
            Some(typed) => {
                let cap = read_cap(typed, &asked.expense);
                let label = cap.as_ref().map_or_else(|| "Run under a cap".to_owned(), |cap| format!("Run under {cap}"));
                if ui.add_enabled(cap.is_some(), PushButton::primary(&label).name("Run under the cap")).clicked() {
                    answer = cap.map(Answer::RunUnder);
                }
            }
        }
        (answer, ui.add(PushButton::secondary("Cancel")))
    }
}

/// A cap is in the currency of the prices; where there are several, in dollars if some are.
fn currency(expense: &Expense) -> Currency {
    let usd = Currency::usd();
    let mut known = expense.totals.iter().map(|total| &total.worst.currency);
    if known.clone().any(|currency| *currency == usd) { usd } else { known.next().cloned().unwrap_or(usd) }
}

fn read_cap(text: &str, expense: &Expense) -> Option<Money> {
    let amount = typed::amount(text).filter(|amount| *amount > Decimal::ZERO)?;
    Some(Money { amount, currency: currency(expense) })
}

/// Why this is asked.
fn why(expense: &Expense, ask_over: Decimal) -> String {
    match expense.asked_about(ask_over) {
        Some(WhyAsked::Cost) => {
            let most = expense.above(ask_over).unwrap_or_else(|| Money { amount: ask_over, currency: currency(expense) });
            let over = Money { amount: ask_over, currency: most.currency.clone() };
            format!("It may cost more than {over}, from which on Assay asks (Settings): {most}.")
        }
        Some(WhyAsked::Fault) => "What it costs could not be worked out, because of a fault in this program.".to_owned(),
        // Under a cap, what has no price is not sent: it would send nothing.
        Some(WhyAsked::UnknownCost) if expense.totals.is_empty() => {
            "Nobody can say what it costs: no price is known, so no cap can hold. Prices are set in Connections.".to_owned()
        }
        Some(WhyAsked::UnknownCost) => "Nobody can say what it costs: a price is unknown, and no cap is set.".to_owned(),
        Some(WhyAsked::Requests) | None => format!("These are more than {} requests, and no cap is set.", format_count(ASK_OVER_REQUESTS)),
    }
}

fn likely(expense: &Expense) -> String {
    let unknown = unknown(expense);
    let known = sum_words(expense.totals.iter().map(|total| &total.likely));
    match (expense.totals.is_empty(), unknown) {
        (true, _) => "unknown cost".to_owned(),
        (false, None) if expense.totals.iter().all(|total| total.likely.amount.is_zero()) => "no charge".to_owned(),
        (false, None) => format!("about {known}"),
        (false, Some(unknown)) => format!("about {known}, and the unknown cost of {unknown}"),
    }
}

fn at_most(expense: &Expense) -> String {
    let words = expense.at_most().words();
    let words = words.strip_prefix("at most ").unwrap_or(&words);
    let (has, is) = if expense.price_unknown.len() == 1 { ("has", "is") } else { ("have", "are") };
    match (&expense.cap, unknown(expense)) {
        (Some(cap), unknown) => {
            let unpriced = unknown.map(|unknown| format!("; {unknown} without a price {is} not sent"));
            let other = expense.in_another_currency();
            let other = named(&other).map(|targets| {
                let is = if other.len() == 1 { "is" } else { "are" };
                format!("; {targets} {is} not sent, the cap is in {}", cap.currency)
            });
            format!("{words}, under the cap{}{}", unpriced.unwrap_or_default(), other.unwrap_or_default())
        }
        (None, Some(unknown)) => format!("unknown: {unknown} {has} no price"),
        (None, None) if expense.fault => words.to_owned(),
        (None, None) => format!("{words}; retries that are charged come on top"),
    }
}

/// Whose price is unknown; absent when all are known.
fn unknown(expense: &Expense) -> Option<String> {
    named(&expense.price_unknown)
}

/// One target by its label, several by their number; absent when there is none.
fn named(labels: &[impl AsRef<str>]) -> Option<String> {
    match labels {
        [] => None,
        [label] => Some(visible(label.as_ref()).text.into_owned()),
        labels => Some(format_counted(labels.len() as u64, "target", "targets")),
    }
}

fn cost(target: &TargetForecast) -> String {
    match (&target.likely_cost, &target.worst_cost) {
        (Some(_), Some(worst)) if worst.amount.is_zero() => "no charge".to_owned(),
        (Some(likely), Some(worst)) => format!("about {likely}, at most {worst}"),
        _ => "unknown cost".to_owned(),
    }
}
