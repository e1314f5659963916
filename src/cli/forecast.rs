//! What a run will send and cost, told before anything is sent.

use std::fmt::Write as _;
use std::sync::Arc;

use rust_decimal::Decimal;

use crate::analysis::{Expense, Forecast, LengthWarning, TargetForecast, format_counted, format_ms, format_tokens};
use crate::app::{Effect, Fact, ForecastQuestion};
use crate::domain::{Money, RunPlan};

use super::error::CliError;
use super::session::Session;

/// Tells people the forecast, and which prompts may not fit; programs and the quiet get none. A forecast that cannot be made stops no run.
pub(super) fn tell_forecast(session: &mut Session<'_>, plan: &RunPlan) -> Result<(), CliError> {
    if session.console.is_json() || session.console.is_quiet() {
        return Ok(());
    }
    let windows = plan.targets.iter().map(|target| session.state.context_window(target)).collect();
    let question = ForecastQuestion::new(0, plan, windows);
    let made = session.ask(vec![Effect::Forecast(Box::new(question))], |fact| match fact {
        Fact::Forecast { forecast, .. } => Some(Ok(Arc::clone(forecast))),
        _ => None,
    });
    match made {
        Ok(forecast) => {
            forecast_lines(&forecast).lines().for_each(|line| session.console.note(line));
            for line in
                forecast.targets.iter().filter_map(|target| target.cap_words(plan.settings.cap.as_ref())).chain(fit_lines(&forecast))
            {
                session.console.warn(&line);
            }
            let expense = Expense::new(forecast.targets.clone(), plan.settings.cap.clone());
            if let Some(line) = expense_line(&expense, session.state.preferences.settings.ask_over) {
                session.console.warn(&line);
            }
        }
        Err(CliError::Interrupted) => return Err(CliError::Interrupted),
        Err(error) => session.console.warn(&error.to_string()),
    }
    Ok(())
}

/// Scripts are asked nothing, but told what the window would ask about.
fn expense_line(expense: &Expense, ask_over: Decimal) -> Option<String> {
    expense.asked_about(ask_over)?;
    let requests = format_counted(expense.requests, "request", "requests");
    let advice = if expense.cap.is_none() { "; no cap is set, --cap AMOUNT sets one" } else { "" };
    Some(format!("{requests}, {}{advice}", expense.at_most().words()))
}

fn forecast_lines(forecast: &Forecast) -> String {
    let requests = format_counted(forecast.requests, "request", "requests");
    let (input, output) = (format_tokens(forecast.input_tokens), format_tokens(forecast.likely_output_tokens));
    let time = format_ms(forecast.likely_duration_s * 1e3);
    let mut text = format!("forecast: {requests}, {input} tokens in, about {output} out, about {time}\n");
    for target in &forecast.targets {
        let requests = format_counted(target.requests, "request", "requests");
        writeln!(text, "forecast: {}: {requests}, {} ({})", target.label, cost_words(target), target.basis.words()).ok();
    }
    if forecast.targets.len() > 1 && !forecast.totals.is_empty() {
        let sum = |amounts: Vec<&Money>| amounts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" + ");
        let likely = sum(forecast.totals.iter().map(|total| &total.likely).collect());
        let worst = sum(forecast.totals.iter().map(|total| &total.worst).collect());
        let unknown = if forecast.price_unknown.is_empty() { "" } else { ", and what the targets without a price cost" };
        writeln!(text, "forecast: in all about {likely}, at most {worst}{unknown}").ok();
    }
    text
}

fn cost_words(target: &TargetForecast) -> String {
    match (&target.likely_cost, &target.worst_cost) {
        (Some(_), Some(worst)) if worst.amount.is_zero() => "no charge".to_owned(),
        (Some(likely), Some(worst)) => format!("about {likely}, at most {worst}"),
        _ => "price unknown".to_owned(),
    }
}

/// One line for each target with prompts that, with the longest answer, go past its context window.
fn fit_lines(forecast: &Forecast) -> Vec<String> {
    let line = |(index, target): (usize, &TargetForecast)| {
        let of_target: Vec<&LengthWarning> =
            forecast.length_warnings.iter().filter(|warning| warning.target_index as usize == index).collect();
        let longest = of_target.iter().max_by_key(|warning| warning.prompt_tokens)?;
        let prompts = format_counted(of_target.len() as u64, "prompt", "prompts");
        let answer = match longest.max_tokens {
            0 => String::new(),
            most => format!(" and an answer of up to {}", format_tokens(most.into())),
        };
        Some(format!(
            "{prompts} may not fit the context window of {} ({} tokens): case “{}” has about {}{answer}",
            target.label,
            format_tokens(longest.context_window_tokens),
            longest.case_id,
            format_tokens(longest.prompt_tokens),
        ))
    };
    forecast.targets.iter().enumerate().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{CurrencyTotal, LikelyBasis};
    use crate::domain::Currency;

    fn usd(amount: &str) -> Money {
        Money { amount: amount.parse().unwrap(), currency: Currency::usd() }
    }

    fn target(label: &str, cost: Option<(&str, &str)>) -> TargetForecast {
        TargetForecast {
            label: label.to_owned(),
            requests: 20,
            input_tokens: 620,
            likely_output_tokens: 6_000,
            worst_output_tokens: 10_000,
            likely_cost: cost.map(|(likely, _)| usd(likely)),
            worst_cost: cost.map(|(_, worst)| usd(worst)),
            standing: None,
            basis: LikelyBasis::Guess,
            set_aside: None,
            cap_allows: None,
        }
    }

    #[test]
    fn every_target_is_told_with_its_cost_or_that_it_is_unknown() {
        let forecast = Forecast {
            requests: 60,
            input_tokens: 620,
            likely_output_tokens: 900,
            case_tokens: Vec::new(),
            targets: vec![target("A", Some(("0.31", "0.62"))), target("B", None), target("C", Some(("0", "0")))],
            totals: vec![CurrencyTotal { likely: usd("0.31"), worst: usd("0.62") }],
            price_unknown: vec!["B".to_owned()],
            likely_duration_s: 2.0,
            length_warnings: vec![LengthWarning {
                case_id: "long".to_owned(),
                target_index: 1,
                prompt_tokens: 900,
                max_tokens: 64,
                context_window_tokens: 950,
            }],
        };
        let text = forecast_lines(&forecast);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("forecast: 60 requests, 620 tokens in, about 900 out, about 2"), "{}", lines[0]);
        assert_eq!(lines[1], "forecast: A: 20 requests, about $0.31, at most $0.62 (a guess: no earlier answers)");
        assert_eq!(lines[2], "forecast: B: 20 requests, price unknown (a guess: no earlier answers)");
        assert_eq!(lines[3], "forecast: C: 20 requests, no charge (a guess: no earlier answers)");
        assert_eq!(lines[4], "forecast: in all about $0.31, at most $0.62, and what the targets without a price cost");
        assert_eq!(
            fit_lines(&forecast),
            ["1 prompt may not fit the context window of B (950 tokens): case “long” has about 900 and an answer of up to 64"]
        );
    }
}
