//! `assay runs`.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::analysis::format_count;
use crate::app::{Effect, Fact, HistoryFact};
use crate::domain::{RunHead, RunId, RunStatus};

use super::error::CliError;
use super::exit::Exit;
use super::outputs::number;
use super::session::Session;
use super::table::{Align, Table};

/// Lists stored runs, newest first, and says which can be resumed.
pub(super) fn runs(session: &mut Session<'_>) -> Result<Exit, CliError> {
    let mut heads: Vec<RunHead> = Vec::new();
    loop {
        let offset = heads.len() as u32;
        let (page, total) = session.ask(vec![Effect::LoadRuns { search: String::new(), offset }], |fact| match fact {
            Fact::History(HistoryFact::Runs { heads, total, .. }) => Some(Ok((heads.clone(), *total))),
            _ => None,
        })?;
        let is_last = page.is_empty();
        heads.extend(page);
        if is_last || heads.len() as u64 >= total {
            break;
        }
    }
    let idle: BTreeSet<RunId> = session.state.runs.unfinished.iter().map(|head| head.id).collect();
    let is_live = |head: &RunHead| head.status == RunStatus::Unfinished && !idle.contains(&head.id);
    session.console.answer(
        || heads.iter().map(|head| head_json(head, is_live(head))).collect(),
        || {
            if heads.is_empty() {
                return "No runs yet. Try `assay demo`.\n".to_owned();
            }
            let mut table = Table::new([
                ("Run", Align::Left),
                ("Started", Align::Left),
                ("Status", Align::Left),
                ("Finished", Align::Right),
                ("Failed", Align::Right),
                ("Cost", Align::Right),
                ("Prompts", Align::Left),
                ("Targets", Align::Left),
            ]);
            for head in &heads {
                table.row(head_cells(head, is_live(head)));
            }
            table.render()
        },
    );
    if let Some(head) = heads.iter().find(|head| idle.contains(&head.id)) {
        session.console.note(&format!("unfinished runs can be resumed: `assay resume {}`", head.id));
    }
    Ok(Exit::Done)
}

fn head_cells(head: &RunHead, is_live: bool) -> [String; 8] {
    let costs: Vec<String> = head.costs.iter().map(ToString::to_string).collect();
    let cost = match (costs.is_empty(), head.cost_incomplete) {
        (true, _) => crate::analysis::UNKNOWN.to_owned(),
        (false, true) => format!("≥ {}", costs.join(" + ")),
        (false, false) => costs.join(" + "),
    };
    [
        head.id.to_string(),
        head.created_at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string(),
        if is_live { "running".to_owned() } else { head.status.as_str().to_owned() },
        format!("{}/{}", format_count(head.finished), format_count(head.cell_count)),
        format_count(head.failed.saturating_sub(head.not_sent)),
        cost,
        head.prompt_set_name.clone(),
        head.target_labels.join(", "),
    ]
}

fn head_json(head: &RunHead, is_live: bool) -> Value {
    let costs: Vec<Value> =
        head.costs.iter().map(|cost| json!({ "amount": number(cost.amount), "currency": cost.currency.code() })).collect();
    json!({
        "id": head.id.to_string(),
        "status": head.status.as_str(),
        "live": is_live,
        "created_at": head.created_at.to_string(),
        "prompt_set": head.prompt_set_name,
        "targets": head.target_labels,
        "vantage": head.vantage,
        "counts": {
            "trials": head.cell_count,
            "finished": head.finished,
            "failed": head.failed.saturating_sub(head.not_sent),
            "not_sent": head.not_sent,
            "cancelled": head.cancelled,
            "missing": head.cell_count.saturating_sub(head.finished + head.failed + head.cancelled),
        },
        "spent": costs,
        "spent_incomplete": head.cost_incomplete,
        "simulated": head.simulated,
    })
}
