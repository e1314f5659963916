//! What the buttons of a diagnosis do. Each says what it changed, and can be undone.

use jiff::{SignedDuration, Timestamp};

use crate::analysis::format_ms;
use crate::domain::{Connection, ConnectionId, Dialect, KeySource, Limits, Origin, Remedy, TimeoutKind};

use super::bench::BenchCommand;
use super::command::{Command, Screen};
use super::connection_messages::ConnectionCommand;
use super::connections::{AfterSave, EditWish};
use super::doctor::{DoctorCommand, Patient, ProbeRound};
use super::effect::Effect;
use super::notices::NoticeLevel;
use super::planning::{BenchTarget, next_colour};
use super::runs::RunCommand;
use super::state::AppState;

impl AppState {
    pub(super) fn update_doctor(&mut self, command: DoctorCommand, now: Timestamp) -> Vec<Effect> {
        match command {
            DoctorCommand::Diagnose { run_id, trial_id } => {
                let made = self.runs.open.get(&run_id).and_then(|run| {
                    let body = run.bodies.get(&trial_id);
                    self.diagnose_trial(run, run.row_by_id(trial_id)?, body.map(AsRef::as_ref))
                });
                if let Some(diagnosis) = made {
                    self.doctor.keep(trial_id, diagnosis);
                }
                Vec::new()
            }
            DoctorCommand::Apply { patient, remedy } => self.remedy(patient, remedy, now),
            DoctorCommand::StopWaiting(patient) => {
                self.doctor.waiting.remove(&patient);
                Vec::new()
            }
            DoctorCommand::Probe { patient, key_elsewhere } => {
                let Some(connection) = self.connection_id_of(patient) else { return Vec::new() };
                let Some(diagnosis) = self.diagnosis_of(patient) else { return Vec::new() };
                let probes = diagnosis.probes.clone();
                let round = self.doctor.rounds.entry(patient).or_default();
                if round.running || probes.is_empty() {
                    return Vec::new();
                }
                *round = ProbeRound { running: true, results: Vec::new() };
                vec![Effect::Probe { patient, connection, probes, key_elsewhere }]
            }
            DoctorCommand::CopyReport(patient) => {
                self.clipboard = self.support_report(patient);
                if self.clipboard.is_some() {
                    self.notices.tell(NoticeLevel::Good, "Report copied; it holds neither the key nor your texts", now);
                }
                Vec::new()
            }
        }
    }

    /// Sends what has waited long enough. A run in flight and a ramp hold trials up.
    pub(super) fn try_what_is_due(&mut self, now: Timestamp) -> Vec<Effect> {
        let free = self.in_the_way().is_none();
        let is_ready = |patient: &Patient| match patient {
            Patient::Trial { .. } => free,
            Patient::Check(_) => true,
        };
        let due = self.doctor.waiting.iter().find(|(patient, at)| **at <= now && is_ready(patient)).map(|(patient, _)| *patient);
        match due {
            Some(patient) => {
                self.doctor.waiting.remove(&patient);
                self.try_again(patient, now)
            }
            None => Vec::new(),
        }
    }

    fn try_again(&mut self, patient: Patient, now: Timestamp) -> Vec<Effect> {
        match patient {
            Patient::Check(id) => {
                let model = self.connections.checks.get(&id).and_then(|check| check.report.as_ref()?.model.clone());
                self.connections.begin_check(id, model)
            }
            Patient::Trial { run_id, trial_id } => {
                // A trial that was superseded meanwhile needs no other.
                let cell = self.runs.open.get(&run_id).and_then(|run| run.row_by_id(trial_id)).map(|row| row.cell);
                match cell {
                    Some(cell) => self.update(Command::Runs(RunCommand::Again { run_id, cell }), now),
                    None => Vec::new(),
                }
            }
        }
    }

    fn connection_id_of(&self, patient: Patient) -> Option<ConnectionId> {
        match patient {
            Patient::Check(id) => Some(id),
            Patient::Trial { run_id, trial_id } => {
                let run = self.runs.open.get(&run_id)?;
                let target_index = run.row_by_id(trial_id)?.cell.target_index;
                Some(run.plan.targets.get(target_index as usize)?.connection.id)
            }
        }
    }

    fn remedy(&mut self, patient: Patient, remedy: Remedy, now: Timestamp) -> Vec<Effect> {
        let connection = self.connection_id_of(patient).and_then(|id| self.connections.find(id)).cloned();
        let Some(connection) = connection else {
            self.notices.tell(NoticeLevel::Warning, "The connection was removed; add it again first", now);
            return Vec::new();
        };
        let is_check = matches!(patient, Patient::Check(_));
        let name = &connection.name;
        let mut changed = connection.clone();
        let told = match remedy {
            Remedy::Retry(seconds) => return self.retry(patient, seconds, now),
            Remedy::StartServer => return Vec::new(),
            Remedy::ListModels => return self.update_connections(ConnectionCommand::LoadModels(connection.id)),
            Remedy::ReenterKey => return self.edit(connection.id, None),
            Remedy::UseModel(model) => match patient {
                Patient::Trial { .. } => return self.use_model(patient, connection.id, &model, now),
                Patient::Check(_) => {
                    let told = format!("{name} is asked for {model} from now on");
                    changed.last_model = Some(model);
                    told
                }
            },
            Remedy::UseRegion { base_url, .. } if matches!(connection.key_source, KeySource::Keychain | KeySource::Session) => {
                return self.edit(connection.id, Some(base_url));
            }
            Remedy::UseBaseUrl(base_url) | Remedy::UseRegion { base_url, .. } => {
                // A run keeps the addresses that it was planned with.
                let from = if is_check { "" } else { "; the next run goes there" };
                let told = format!("{name} is at {base_url} now{from}");
                changed.base_url = base_url;
                told
            }
            Remedy::UseWire { wire, base_url } => {
                let from = if is_check { "from now on" } else { "from the next run on" };
                let told = format!("{name} is asked in {} {from}", wire.label());
                // What was learnt holds for the other wire format.
                (changed.wire, changed.base_url, changed.dialect) = (wire, base_url, Dialect::default());
                told
            }
            Remedy::LowerConcurrency(most) => {
                changed.limits.max_in_flight = Some(most.max(1));
                format!("{name} is sent at most {most} at once from now on")
            }
            Remedy::RaiseTimeout { timeout, to_ms } => {
                let bound = bound_mut(&mut changed.limits, timeout);
                *bound = to_ms.max(*bound);
                format!("The {} of {name} is {} now", timeout.label(), format_ms(*bound as f64))
            }
            Remedy::DropStreamOptions => {
                changed.dialect.no_stream_options = true;
                format!("{name} is sent no stream_options from now on")
            }
        };
        if changed == connection {
            self.notices.tell(NoticeLevel::Info, "It is set so already; try again", now);
            return Vec::new();
        }
        // What failed is asked again, not another model that answered before.
        let failed = self.connections.checks.get(&connection.id).and_then(|check| check.report.as_ref()?.model.clone());
        if is_check && changed.last_model == connection.last_model {
            changed.last_model = failed.or(changed.last_model);
        }
        self.save_remedy(patient, connection, changed, told)
    }

    /// Stores the changed connection; when it is stored, says so, offers the way back, and checks again.
    fn save_remedy(&mut self, patient: Patient, before: Connection, changed: Connection, told: String) -> Vec<Effect> {
        // An undo that would move a kept key to another origin cannot be: the key has to be given again.
        let stays = Origin::of(&before.base_url) == Origin::of(&changed.base_url)
            || !matches!(before.key_source, KeySource::Keychain | KeySource::Session);
        let check = matches!(patient, Patient::Check(_));
        let undo = stays.then(|| Command::Connections(ConnectionCommand::Save { connection: Box::new(before), key: None }));
        let id = changed.id;
        self.connections.save_then(Box::new(changed), AfterSave { id, check, told, undo })
    }

    fn retry(&mut self, patient: Patient, seconds: Option<u64>, now: Timestamp) -> Vec<Effect> {
        let wait = SignedDuration::from_secs(seconds.and_then(|seconds| i64::try_from(seconds).ok()).unwrap_or(0));
        let due = self.failed_at(patient).unwrap_or(now).checked_add(wait).unwrap_or(now);
        if due <= now {
            self.doctor.waiting.remove(&patient);
            return self.try_again(patient, now);
        }
        self.doctor.waiting.insert(patient, due);
        Vec::new()
    }

    /// When it failed: waits that a server asks for count from there. Absent when that is not known (any more).
    pub fn failed_at(&self, patient: Patient) -> Option<Timestamp> {
        match patient {
            Patient::Check(id) => Some(self.connections.checks.get(&id)?.report.as_ref()?.at),
            Patient::Trial { run_id, trial_id } => {
                let last = self.runs.open.get(&run_id)?.bodies.get(&trial_id)?.attempts.last()?;
                last.started_at.checked_add(SignedDuration::from_micros(i64::try_from(last.timing.end_us).ok()?)).ok()
            }
        }
    }

    /// Opens the connection's form, with this address in it, for the key.
    pub(super) fn edit(&mut self, id: ConnectionId, base_url: Option<String>) -> Vec<Effect> {
        let serial = self.connections.edit.as_ref().map_or(0, |wish| wish.serial) + 1;
        self.connections.edit = Some(EditWish { id, base_url, serial });
        self.screen = Screen::Connections;
        self.update_connections(ConnectionCommand::Select(id))
    }

    /// The next run asks another model; the one that failed stays as it was.
    fn use_model(&mut self, patient: Patient, connection_id: ConnectionId, model: &str, now: Timestamp) -> Vec<Effect> {
        let Patient::Trial { run_id, trial_id } = patient else { return Vec::new() };
        let found = self.runs.open.get(&run_id).and_then(|run| {
            let row = run.row_by_id(trial_id)?;
            run.plan.targets.get(row.cell.target_index as usize)
        });
        let Some(old) = found.map(|target| target.model.clone()) else { return Vec::new() };
        let undo = BenchCommand::PutBack { set_id: self.bench.set_id, targets: self.bench.targets.clone(), baseline: self.bench.baseline };
        let mut replaced = false;
        for target in self.bench.targets.iter_mut().filter(|target| target.connection_id == connection_id && target.model.trim() == old) {
            model.clone_into(&mut target.model);
            // A label made from the old name would tell a lie.
            target.label.take_if(|label| label.contains(&old));
            replaced = true;
        }
        let told = if replaced {
            format!("The next run asks {model} in place of {old}")
        } else {
            let colour = next_colour(&self.bench.targets);
            let params = crate::domain::Params::default();
            self.bench.targets.push(BenchTarget { connection_id, model: model.to_owned(), params, label: None, colour, fallback: None });
            format!("{model} is added to the targets of the next run")
        };
        self.notices.tell_undoable(told, Command::Bench(undo), now);
        self.remember_bench(now);
        Vec::new()
    }
}

fn bound_mut(limits: &mut Limits, timeout: TimeoutKind) -> &mut u64 {
    match timeout {
        TimeoutKind::Connect => &mut limits.connect_timeout_ms,
        TimeoutKind::FirstByte => &mut limits.first_byte_timeout_ms,
        TimeoutKind::Idle => &mut limits.idle_timeout_ms,
        TimeoutKind::Attempt => &mut limits.attempt_timeout_ms,
    }
}
