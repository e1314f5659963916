//! What several exports say of a case.

use crate::domain::{Case, RunPlan, RunTarget, Speaker, TrialRow};

use super::ExportError;

/// The rendered last message of the user; absent when the case cannot be rendered.
pub(super) fn sent_prompt(case: &Case) -> Option<String> {
    let messages = case.render().ok()?;
    messages.into_iter().rev().find(|message| message.role == Speaker::User).map(|message| message.content)
}

/// The case and the target of a trial.
pub(super) fn cell_of<'p>(plan: &'p RunPlan, row: &TrialRow) -> Result<(&'p Case, &'p RunTarget), ExportError> {
    let (case_index, target_index) = (row.cell.case_index, row.cell.target_index);
    let case = plan.cases.get(case_index as usize);
    case.zip(plan.targets.get(target_index as usize)).ok_or(ExportError::UnknownCell { case_index, target_index })
}

/// The label of the fallback that a trial was sent to, as it is shown; empty when it was not.
pub(super) fn fallback_label(plan: &RunPlan, row: &TrialRow) -> String {
    let fallback = row.fallback.as_ref().and_then(|_| plan.fallback_of(row.cell.target_index));
    fallback.map_or_else(String::new, |target| target.shown_label().into_owned())
}
