//! Diagnoses in words and as JSON.

use serde_json::{Value, json};

use crate::analysis::PROVIDER_SAID;
use crate::app::{AppState, OpenRun};
use crate::domain::{Diagnosis, FailureKind, TrialRow};

/// What one kind of failure of a target comes down to, by the last of its trials whose texts are at hand.
pub(super) struct KindDiagnosis {
    pub(super) target_index: u32,
    pub(super) kind: FailureKind,
    pub(super) diagnosis: Diagnosis,
}

impl KindDiagnosis {
    pub(super) fn json(&self, run: &OpenRun) -> Value {
        let target = run.plan.targets.get(self.target_index as usize).map(|target| target.shown_label());
        let mut json = diagnosis_json(&self.diagnosis);
        json["target"] = json!(target);
        json["error_kind"] = json!(self.kind.as_str());
        json
    }
}

/// One for each target and kind of failure of a run.
pub(super) fn diagnoses(state: &AppState, run: &OpenRun) -> Vec<KindDiagnosis> {
    let mut examples: Vec<(u32, FailureKind, &TrialRow)> = Vec::new();
    for row in &run.rows {
        let Some(failure) = row.own_failure() else { continue };
        let target_index = row.cell.target_index;
        match examples.iter_mut().find(|(index, kind, _)| (*index, *kind) == (target_index, failure.kind)) {
            // Those that ended last are still in memory whole.
            Some((_, _, example)) => {
                if run.bodies.contains_key(&row.id) {
                    *example = row;
                }
            }
            None => examples.push((target_index, failure.kind, row)),
        }
    }
    examples
        .into_iter()
        .filter_map(|(target_index, kind, row)| {
            let body = run.bodies.get(&row.id).map(AsRef::as_ref);
            Some(KindDiagnosis { target_index, kind, diagnosis: state.diagnose_trial(run, row, body)? })
        })
        .collect()
}

/// Cause and advice, whose side, what it rests on, and what stays open; one line each.
pub(super) fn diagnosis_lines(diagnosis: &Diagnosis) -> Vec<String> {
    let mut lines = vec![format!("{} {}", diagnosis.happened, diagnosis.to_do), format!("Whose side: {}", diagnosis.side.label())];
    // The failure above quotes the provider.
    let facts = diagnosis.facts.iter().filter(|fact| fact.label != PROVIDER_SAID);
    lines.extend(facts.map(|fact| format!("{}: {}", fact.label, fact.value)));
    lines.extend(diagnosis.open.clone());
    lines.extend(diagnosis.note.map(str::to_owned));
    lines
}

pub(super) fn diagnosis_json(diagnosis: &Diagnosis) -> Value {
    json!({
        "cause": diagnosis.cause.as_str(),
        "side": diagnosis.side.as_str(),
        "happened": diagnosis.happened,
        "to_do": diagnosis.to_do,
        "charge": diagnosis.charge.words(),
        "facts": diagnosis.facts.iter().map(|fact| json!({ "label": fact.label, "value": fact.value })).collect::<Vec<_>>(),
        "open": diagnosis.open,
        "note": diagnosis.note,
    })
}
