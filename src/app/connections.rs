//! The connections slice: what is stored, what their checks said, which models they offer.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{
    ApiKey, CheckReport, CheckStep, Connection, ConnectionId, Diagnosis, Failure, ForeignKey, KeySource, KeyState, OwnPrice,
};

use super::command::Command;
use super::connection_messages::{ConnectionCommand, ConnectionFact};
use super::effect::Effect;
use super::notices::{NoticeLevel, Notices};
use super::ramp::RampState;

/// A check as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct CheckState {
    /// It runs.
    pub running: bool,
    /// The steps so far of a running check.
    pub steps: Vec<CheckStep>,
    /// The last whole report; kept while a new one is made.
    pub report: Option<Arc<CheckReport>>,
    /// What that comes down to; absent when it passed.
    pub diagnosis: Option<Arc<Diagnosis>>,
}

/// The form of a connection shall be opened for its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditWish {
    /// The connection.
    pub id: ConnectionId,
    /// The address to put into the form; absent: as it is.
    pub base_url: Option<String>,
    /// Tells one wish from the next.
    pub serial: u64,
}

/// What follows once a change is stored.
#[derive(Debug)]
pub(super) struct AfterSave {
    pub(super) id: ConnectionId,
    /// Check it.
    pub(super) check: bool,
    /// What was changed.
    pub(super) told: String,
    /// The way back.
    pub(super) undo: Option<Command>,
}

/// A list of models as far as it is known.
#[derive(Clone, Debug)]
pub enum ModelList {
    /// Asked, not come yet.
    Loading,
    /// In the provider's order.
    Known(Arc<Vec<String>>),
    /// It did not come.
    Failed(Failure),
}

/// A key found in the environment that no connection uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentKey {
    /// The preset it belongs to.
    pub preset_id: String,
    /// The variable's name.
    pub variable: String,
    /// Its last four characters behind dots.
    pub masked: String,
}

/// The slice's state.
#[derive(Debug, Default)]
pub struct Connections {
    /// Stored connections by name; the simulated one last.
    pub list: Vec<Connection>,
    /// Where their keys are; absent until looked up.
    pub key_states: BTreeMap<ConnectionId, KeyState>,
    /// The one at the right.
    pub selected: Option<ConnectionId>,
    /// Checks.
    pub checks: BTreeMap<ConnectionId, CheckState>,
    /// Model lists.
    pub models: BTreeMap<ConnectionId, ModelList>,
    /// Ramps, running or over.
    pub ramps: BTreeMap<ConnectionId, RampState>,
    /// The user's own prices.
    pub own_prices: Vec<OwnPrice>,
    /// Keys in the environment that no connection uses yet.
    pub in_environment: Vec<EnvironmentKey>,
    /// A save is under way.
    pub saving: bool,
    after_save: Option<AfterSave>,
    /// Keys that start as another provider's do, as far as keys were read.
    pub foreign_keys: BTreeMap<ConnectionId, ForeignKey>,
    /// The form of a connection shall be opened.
    pub edit: Option<EditWish>,
    /// Why the last save failed; cleared by the next.
    pub save_error: Option<String>,
    /// The sheet that adds a connection is open.
    pub adding: bool,
    /// Counts successful saves, so that an open sheet knows that its save went through.
    pub saves: u64,
}

impl Connections {
    /// The connection of this id.
    pub fn find(&self, id: ConnectionId) -> Option<&Connection> {
        self.list.iter().find(|connection| connection.id == id)
    }

    /// The connection of this name, exactly, else in any case.
    pub fn find_by_name(&self, name: &str) -> Option<&Connection> {
        self.list
            .iter()
            .find(|connection| connection.name == name)
            .or_else(|| self.list.iter().find(|connection| connection.name.eq_ignore_ascii_case(name)))
    }

    /// The connection is known to have this model: by its list, the last one used, or a price set by hand.
    pub fn knows_model(&self, connection: &Connection, model: &str) -> bool {
        let host = connection.price_host();
        let is_listed =
            matches!(self.models.get(&connection.id), Some(ModelList::Known(models)) if models.iter().any(|known| known == model));
        is_listed
            || connection.last_model.as_deref() == Some(model)
            || self.own_prices.iter().any(|own| own.host == host && own.model == model)
    }

    fn sort(&mut self) {
        self.list.sort_by_cached_key(|connection| (connection.is_simulated(), connection.name.to_lowercase()));
    }

    /// `wanted`, or with the first number after it that makes it a name that no connection has.
    pub fn free_name(&self, wanted: &str) -> String {
        let taken = |name: &str| self.list.iter().any(|connection| connection.name.eq_ignore_ascii_case(name));
        if !taken(wanted) {
            return wanted.to_owned();
        }
        (2..=self.list.len() + 2).map(|n| format!("{wanted} {n}")).find(|name| !taken(name)).unwrap_or_default()
    }

    pub(super) fn update(
        &mut self,
        command: ConnectionCommand,
        presets: &crate::domain::Presets,
        now: Timestamp,
        notices: &mut Notices,
    ) -> Vec<Effect> {
        match command {
            ConnectionCommand::Select(id) => {
                self.selected = Some(id);
                if self.key_states.contains_key(&id) { Vec::new() } else { vec![Effect::LookUpKey(id)] }
            }
            ConnectionCommand::Add { connection, key } => self.save(connection, key, true),
            ConnectionCommand::Save { connection, key } => self.save(connection, key, false),
            ConnectionCommand::Remove(id) => vec![Effect::RemoveConnection(id)],
            ConnectionCommand::Duplicate(id) => {
                let Some(original) = self.find(id).cloned() else { return Vec::new() };
                let mut copy = original;
                copy.name = self.free_name(&copy.name);
                // Another key may have another limit.
                copy.found_limit = None;
                if copy.key_source == KeySource::Keychain {
                    copy.key_source = KeySource::None;
                    notices.tell(NoticeLevel::Info, "The copy has no key yet: keys are not copied", now);
                }
                self.save(Box::new(copy), None, true)
            }
            ConnectionCommand::Check { id, model } => self.begin_check(id, model),
            ConnectionCommand::LoadModels(id) => {
                if !matches!(self.models.get(&id), Some(ModelList::Known(_))) {
                    self.models.insert(id, ModelList::Loading);
                }
                vec![Effect::LoadModels(id)]
            }
            ConnectionCommand::SetPrice(price) => vec![Effect::SetPrice(price)],
            ConnectionCommand::RemovePrice { host, model } => {
                if let Some(price) = self.own_prices.iter().find(|own| own.host == host && own.model == model) {
                    let undo = Command::Connections(ConnectionCommand::SetPrice(Box::new(price.clone())));
                    notices.tell_undoable(format!("Your price of {model} is removed"), undo, now);
                }
                vec![Effect::RemovePrice { host, model }]
            }
            ConnectionCommand::Ramp { id, model, ceiling } => {
                if self.ramps() {
                    return Vec::new();
                }
                self.ramps.insert(id, RampState { model: model.clone(), stopping: false, rungs: Vec::new(), end: None });
                vec![Effect::Ramp { id, model, ceiling }]
            }
            ConnectionCommand::StopRamp(id) => {
                if let Some(ramp) = self.ramps.get_mut(&id) {
                    ramp.stopping = true;
                }
                vec![Effect::StopRamp(id)]
            }
            // The whole state opens the form.
            ConnectionCommand::EnterKey(_) => Vec::new(),
            ConnectionCommand::RefreshKey(id) => vec![Effect::LookUpKey(id)],
            ConnectionCommand::BeginAdd => {
                self.adding = true;
                self.save_error = None;
                Vec::new()
            }
            ConnectionCommand::EndAdd => {
                self.adding = false;
                self.save_error = None;
                Vec::new()
            }
            ConnectionCommand::AddFromEnvironment(keys) => {
                let mut effects = Vec::new();
                let mut presets_added: Vec<String> = Vec::new();
                for (preset_id, variable) in keys {
                    // Two variables of one provider hold the same key under two names.
                    if presets_added.contains(&preset_id) {
                        continue;
                    }
                    presets_added.push(preset_id.clone());
                    let Some(preset) = presets.find(&preset_id) else { continue };
                    let Some(url) = preset.urls.first() else { continue };
                    let name = self.free_name(&preset.name);
                    let mut connection = Connection::new(
                        ConnectionId(uuid::Uuid::nil()),
                        &name,
                        preset.role,
                        &url.url,
                        KeySource::Environment(variable.clone()),
                    );
                    connection.preset = Some(preset.id.clone());
                    connection.wire = url.wire;
                    self.in_environment.retain(|key| key.variable != variable);
                    effects.push(Effect::SaveConnection { connection: Box::new(connection), key: None, is_new: true });
                }
                effects
            }
        }
    }

    /// A ramp is being climbed.
    pub fn ramps(&self) -> bool {
        self.ramps.values().any(|ramp| ramp.end.is_none())
    }

    /// Stores a change, and does what follows.
    pub(super) fn save_then(&mut self, connection: Box<Connection>, after: AfterSave) -> Vec<Effect> {
        self.after_save = Some(after);
        self.save(connection, None, false)
    }

    pub(super) fn begin_check(&mut self, id: ConnectionId, model: Option<String>) -> Vec<Effect> {
        let check = self.checks.entry(id).or_default();
        if check.running {
            return Vec::new();
        }
        check.running = true;
        check.steps.clear();
        vec![Effect::Check { id, model }]
    }

    fn save(&mut self, connection: Box<Connection>, key: Option<ApiKey>, is_new: bool) -> Vec<Effect> {
        self.save_error = None;
        if let Err(error) = connection.validate() {
            self.save_error = Some(error.to_string());
            return Vec::new();
        }
        self.saving = true;
        vec![Effect::SaveConnection { connection, key, is_new }]
    }

    fn forget(&mut self, id: ConnectionId) {
        self.list.retain(|connection| connection.id != id);
        self.key_states.remove(&id);
        self.checks.remove(&id);
        self.models.remove(&id);
        if self.selected == Some(id) {
            self.selected = None;
        }
    }

    pub(super) fn apply(&mut self, fact: ConnectionFact, now: Timestamp, notices: &mut Notices) -> Vec<Effect> {
        match fact {
            ConnectionFact::Listed(list) => {
                self.list = list;
                self.sort();
                self.in_environment.retain(|key| {
                    !self.list.iter().any(|connection| connection.key_source == KeySource::Environment(key.variable.clone()))
                });
                self.list.iter().map(|connection| Effect::LookUpKey(connection.id)).collect()
            }
            ConnectionFact::Saved { connection, key_state, added } => {
                self.saving = false;
                self.save_error = None;
                self.saves += 1;
                self.key_states.insert(connection.id, key_state);
                self.models.remove(&connection.id);
                let id = connection.id;
                if added {
                    self.selected = Some(id);
                }
                match self.list.iter_mut().find(|known| known.id == connection.id) {
                    Some(known) => *known = *connection,
                    None => self.list.push(*connection),
                }
                self.sort();
                self.foreign_keys.remove(&id);
                let Some(after) = self.after_save.take_if(|after| after.id == id) else { return Vec::new() };
                match after.undo {
                    Some(undo) => notices.tell_undoable(after.told, undo, now),
                    None => notices.tell(NoticeLevel::Good, after.told, now),
                }
                // Checked only now: before, the old address would be asked.
                if after.check { self.begin_check(id, None) } else { Vec::new() }
            }
            ConnectionFact::SaveFailed { message } => {
                self.saving = false;
                self.after_save = None;
                notices.tell(NoticeLevel::Error, message.clone(), now);
                self.save_error = Some(message);
                Vec::new()
            }
            ConnectionFact::Gone(id) => {
                if let Some(connection) = self.find(id) {
                    let told = format!("{} was removed meanwhile, by another window or a command", connection.name);
                    notices.tell(NoticeLevel::Warning, told, now);
                }
                self.forget(id);
                Vec::new()
            }
            ConnectionFact::Removed { id, name } => {
                self.forget(id);
                notices.tell(NoticeLevel::Info, format!("{name} is removed and its key erased"), now);
                Vec::new()
            }
            ConnectionFact::Key { id, state } => {
                self.key_states.insert(id, state);
                Vec::new()
            }
            ConnectionFact::KeyStart { id, foreign } => {
                self.foreign_keys.insert(id, foreign);
                Vec::new()
            }
            ConnectionFact::CheckStepped { id, step } => {
                self.checks.entry(id).or_default().steps.push(step);
                Vec::new()
            }
            ConnectionFact::Checked(report) => {
                let id = report.connection_id;
                if !report.models.is_empty() {
                    self.models.insert(id, ModelList::Known(Arc::new(report.models.clone())));
                }
                if let Some(foreign) = &report.foreign_key {
                    self.foreign_keys.insert(id, foreign.clone());
                }
                let check = self.checks.entry(id).or_default();
                check.running = false;
                check.steps.clear();
                check.report = Some(Arc::from(report));
                Vec::new()
            }
            ConnectionFact::Models { id, result } => {
                let list = match result {
                    Ok(models) => ModelList::Known(Arc::new(models)),
                    Err(failure) => ModelList::Failed(failure),
                };
                self.models.insert(id, list);
                Vec::new()
            }
            ConnectionFact::RampClimbed { id, rung } => {
                if let Some(ramp) = self.ramps.get_mut(&id) {
                    ramp.rungs.push(rung);
                }
                Vec::new()
            }
            ConnectionFact::Learned { id, model, amendment } => {
                if let Some(connection) = self.list.iter_mut().find(|connection| connection.id == id) {
                    connection.dialect.learn(&model, amendment);
                }
                Vec::new()
            }
            ConnectionFact::Ramped { id, end, found } => {
                if let Some(ramp) = self.ramps.get_mut(&id) {
                    ramp.end = Some(end);
                }
                if let (Some(known), Some(found)) = (self.list.iter_mut().find(|known| known.id == id), found) {
                    known.found_limit = Some(found);
                }
                Vec::new()
            }
            ConnectionFact::Prices(prices) => {
                self.own_prices = prices;
                Vec::new()
            }
        }
    }
}
