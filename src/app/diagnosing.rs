//! From the state to a diagnosis: what is known about a failed trial or check, gathered for the doctor; and the report for support.

use std::sync::Arc;

use crate::analysis::{Findings, SupportCase, diagnose, no_model, support_report, without_prompt};
use crate::domain::{
    Attempt, Charge, CheckOutcome, CheckReport, CheckStepKind, Connection, ConnectionId, CostCertainty, Currency, Diagnosis, Evidence,
    FailedExchange, FailureKind, Money, RunTarget, TrialBody, TrialRow, is_refusal,
};

use super::connections::ModelList;
use super::doctor::Patient;
use super::open_run::OpenRun;
use super::state::AppState;

impl AppState {
    /// What a trial comes down to in which its own target failed; absent when it did not. Without its body (it is not read yet, say) it is judged by its kind
    /// alone. What became of it at the fallback is no part of it.
    pub fn diagnose_trial(&self, run: &OpenRun, row: &TrialRow, body: Option<&TrialBody>) -> Option<Diagnosis> {
        let failure = row.own_failure()?;
        let target = run.plan.targets.get(row.cell.target_index as usize)?;
        let fell_back = row.fallback.is_some();
        // The long texts, too, are of the last attempt only.
        let last = body.and_then(|body| body.attempts.iter().rfind(|attempt| !attempt.fallback));
        let texts = body.filter(|_| !fell_back);
        let nothing = Evidence::default();
        let reported = (!fell_back).then_some(row);
        let began = last.map_or_else(|| reported.and_then(|row| row.started_at), |attempt| Some(attempt.started_at));
        let told_us = || reported.and_then(|row| row.timing).map(|timing| timing.end_us);
        let lasted_us = last.map(|attempt| attempt.timing.end_us).or_else(told_us).unwrap_or_default();
        let lasted = jiff::SignedDuration::from_micros(i64::try_from(lasted_us).unwrap_or(0));
        let findings = Findings {
            failure,
            http_status: last.and_then(|attempt| attempt.http_status),
            error_body: texts.map_or("", |body| body.error_body.as_str()),
            evidence: last.map_or(&nothing, |attempt| &attempt.evidence),
            at: began.and_then(|at| at.checked_add(lasted).ok()).unwrap_or(self.now),
            connection: &target.connection,
            model: Some(&target.model),
            models: self.models_of(target.connection.id),
            context_window_tokens: self.context_window(target),
            max_tokens: run.plan.settings.params.overridden_by(&target.params).max_tokens,
            in_flight: run.plan.settings.concurrency,
            request_bytes: texts.and_then(|body| request_bytes(run, row, body)),
            connect_us: last.and_then(|attempt| attempt.timing.set_up?.connect_us),
            has_text: reported.is_some_and(|row| !row.first_line.is_empty())
                || texts.is_some_and(|body| !body.output.is_empty() || !body.reasoning.is_empty()),
            foreign_key: self.connections.foreign_keys.get(&target.connection.id),
            presets: &self.presets,
            charge: charge_of(row, body, target, run.plan.cost_certainty(row)),
        };
        Some(diagnose(&findings))
    }

    /// What a check that did not pass comes down to; absent when it passed.
    pub fn diagnose_check(&self, connection: &Connection, report: &CheckReport) -> Option<Diagnosis> {
        let charge = self.check_charge(connection, report);
        let Some(failure) = report.verdict().filter(|_| !report.passed()) else {
            let unasked = report.steps.iter().any(|step| {
                step.kind == CheckStepKind::Answer && matches!(step.outcome, CheckOutcome::Skipped(_)) && report.model.is_none()
            });
            return unasked.then(|| Diagnosis { charge, ..no_model(connection) });
        };
        let nothing = FailedExchange::default();
        let exchange = report.exchange.as_ref().unwrap_or(&nothing);
        let model = report.model.as_deref();
        let window = model.and_then(|model| self.catalog.find(&connection.price_host(), model)?.context_window_tokens);
        let findings = Findings {
            failure,
            http_status: exchange.http_status,
            error_body: &exchange.error_body,
            evidence: &exchange.evidence,
            at: report.at,
            connection,
            model,
            models: if report.models.is_empty() { self.models_of(connection.id) } else { &report.models },
            context_window_tokens: window,
            max_tokens: None,
            in_flight: self.bench.settings.concurrency,
            // The check asks in a few words.
            request_bytes: None,
            connect_us: None,
            has_text: false,
            foreign_key: report.foreign_key.as_ref(),
            presets: &self.presets,
            charge,
        };
        Some(diagnose(&findings))
    }

    fn check_charge(&self, connection: &Connection, report: &CheckReport) -> Charge {
        match report.cost {
            None => Charge::Unknown,
            Some(cost) if cost.is_zero() => Charge::Nothing,
            Some(amount) => {
                let price = report.model.as_deref().and_then(|model| self.price_of(connection, model));
                Charge::Amount(CostCertainty::Counted, Money { amount, currency: price.map_or_else(Currency::usd, |price| price.currency) })
            }
        }
    }

    fn models_of(&self, id: ConnectionId) -> &[String] {
        match self.connections.models.get(&id) {
            Some(ModelList::Known(models)) => models,
            _ => &[],
        }
    }

    /// Makes the diagnoses of checks anew.
    pub(super) fn diagnose_checks(&mut self) {
        let made: Vec<_> = (self.connections.checks.iter())
            .filter_map(|(id, check)| {
                let (report, connection) = (check.report.as_deref()?, self.connections.find(*id)?);
                Some((*id, self.diagnose_check(connection, report).map(Arc::new)))
            })
            .collect();
        for (id, diagnosis) in made {
            if let Some(check) = self.connections.checks.get_mut(&id) {
                check.diagnosis = diagnosis;
            }
        }
    }

    /// The diagnosis of a failure, once it was made.
    pub fn diagnosis_of(&self, patient: Patient) -> Option<&Arc<Diagnosis>> {
        match patient {
            Patient::Trial { trial_id, .. } => self.doctor.diagnoses.get(&trial_id),
            Patient::Check(id) => self.connections.checks.get(&id)?.diagnosis.as_ref(),
        }
    }

    /// The report of a failure for the vendor's support.
    pub(super) fn support_report(&self, patient: Patient) -> Option<String> {
        let diagnosis = self.diagnosis_of(patient)?;
        match patient {
            Patient::Trial { run_id, trial_id } => {
                let run = self.runs.open.get(&run_id)?;
                let row = run.row_by_id(trial_id)?;
                let target = run.plan.targets.get(row.cell.target_index as usize)?;
                let body = run.bodies.get(&trial_id);
                let curl = (body.filter(|body| !body.request.is_empty())).map(|body| {
                    crate::provider::as_curl(&target.connection, &target.model, run.plan.settings.stream, &without_prompt(&body.request))
                });
                Some(support_report(&SupportCase {
                    diagnosis,
                    connection: &target.connection,
                    model: Some(&target.model),
                    at: row.started_at.unwrap_or(self.now),
                    attempts: body.map_or(&[], |body| &body.attempts),
                    steps: &[],
                    exchange: None,
                    error_body: body.map_or("", |body| &body.error_body),
                    curl: curl.as_deref(),
                }))
            }
            Patient::Check(id) => {
                let report = self.connections.checks.get(&id)?.report.as_deref()?;
                let steps: Vec<String> = report.steps.iter().map(|step| step_words(step, report.model.as_deref())).collect();
                Some(support_report(&SupportCase {
                    diagnosis,
                    connection: self.connections.find(id)?,
                    model: report.model.as_deref(),
                    at: report.at,
                    attempts: &[],
                    steps: &steps,
                    exchange: report.exchange.as_ref(),
                    error_body: report.exchange.as_ref().map_or("", |exchange| &exchange.error_body),
                    curl: None,
                }))
            }
        }
    }
}

/// What was sent. The request that is kept names its pictures, which are counted from the case.
fn request_bytes(run: &OpenRun, row: &TrialRow, body: &TrialBody) -> Option<u64> {
    if body.request.is_empty() {
        return None;
    }
    let pictures = run.plan.cases.get(row.cell.case_index as usize)?.all_images().map(|image| image.base64.len()).sum::<usize>();
    u64::try_from(body.request.len() + pictures).ok()
}

fn charge_of(row: &TrialRow, body: Option<&TrialBody>, target: &RunTarget, certainty: CostCertainty) -> Charge {
    let all_refused = body.is_some_and(|body| !body.attempts.is_empty() && body.attempts.iter().all(was_refused));
    match (row.cost, &target.price) {
        (None, _) if all_refused => Charge::Nothing,
        _ if row.attempts == 0 => Charge::NotSent,
        (Some(cost), _) if cost.is_zero() => Charge::Nothing,
        (Some(amount), Some(price)) => Charge::Amount(certainty, Money { amount, currency: price.currency.clone() }),
        _ => Charge::Unknown,
    }
}

/// No provider charges for a request that it refused, or that did not reach it.
fn was_refused(attempt: &Attempt) -> bool {
    let never_arrived = |kind| {
        matches!(
            kind,
            FailureKind::CannotResolve | FailureKind::Refused | FailureKind::Tls | FailureKind::ConnectTimeout | FailureKind::Proxy
        )
    };
    match attempt.http_status {
        Some(status) => is_refusal(status),
        None => attempt.failure.as_ref().is_some_and(|failure| never_arrived(failure.kind)),
    }
}

fn step_words(step: &crate::domain::CheckStep, model: Option<&str>) -> String {
    let name = match (step.kind, model) {
        (CheckStepKind::Answer, Some(model)) => format!("Answer from {model}"),
        (kind, _) => kind.label().to_owned(),
    };
    let outcome = match &step.outcome {
        CheckOutcome::Passed => "passed".to_owned(),
        CheckOutcome::Failed(failure) => format!("failed ({}): {}", failure.kind.label(), failure.message),
        CheckOutcome::Skipped(reason) => format!("skipped: {reason}"),
    };
    format!("{name}: {outcome}, {:.1} ms", step.took_us as f64 / 1e3)
}
