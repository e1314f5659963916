//! The connections slice: what is stored, what their checks said, which models they offer.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{Amendment, ApiKey, CheckReport, CheckStep, Connection, ConnectionId, Failure, KeySource, KeyState, OwnPrice, Remedy};

use super::command::Command;
use super::effect::Effect;
use super::notices::{NoticeLevel, Notices};

/// What a person wants of the connections.
#[derive(Clone, Debug)]
pub enum ConnectionCommand {
    /// Show it at the right.
    Select(ConnectionId),
    /// Store a new one; its id is drawn by the backend. The key goes to the place that the connection names.
    Add {
        /// The connection; its id is ignored.
        connection: Box<Connection>,
        /// Its key; absent for none or an environment variable.
        key: Option<ApiKey>,
    },
    /// Store changes; a key only when it changes too.
    Save {
        /// The connection.
        connection: Box<Connection>,
        /// A new key.
        key: Option<ApiKey>,
    },
    /// Erase its key and take it out of the list; history keeps its name.
    Remove(ConnectionId),
    /// Store a copy under another name, without a key.
    Duplicate(ConnectionId),
    /// Check it, with this model or the usual one.
    Check {
        /// The connection.
        id: ConnectionId,
        /// The model to ask; absent: last used, else first listed.
        model: Option<String>,
    },
    /// Do what a failed check advises.
    Apply {
        /// The connection.
        id: ConnectionId,
        /// The remedy.
        remedy: Remedy,
    },
    /// Ask for its list of models.
    LoadModels(ConnectionId),
    /// Set one's own price of a model.
    SetPrice(Box<OwnPrice>),
    /// Go back to the catalog's price.
    RemovePrice {
        /// Host of the price.
        host: String,
        /// Model of the price.
        model: String,
    },
    /// Look again where its key is.
    RefreshKey(ConnectionId),
    /// Add connections that read these environment variables: preset id and variable.
    AddFromEnvironment(Vec<(String, String)>),
    /// Open the sheet that adds a connection, over whichever screen is in view.
    BeginAdd,
    /// Close that sheet.
    EndAdd,
}

/// What happened to connections.
#[derive(Debug)]
pub enum ConnectionFact {
    /// The stored list, whole.
    Listed(Vec<Connection>),
    /// It is stored.
    Saved {
        /// As stored.
        connection: Box<Connection>,
        /// Where its key is now.
        key_state: KeyState,
        /// It was not there before.
        added: bool,
    },
    /// It is not stored, or its key is not.
    SaveFailed {
        /// Why, and what to do.
        message: String,
    },
    /// It is gone, and so is its key.
    Removed {
        /// Its id.
        id: ConnectionId,
        /// Its name.
        name: String,
    },
    /// Where a key is.
    Key {
        /// The connection.
        id: ConnectionId,
        /// Its key's state.
        state: KeyState,
    },
    /// A step of a running check ended.
    CheckStepped {
        /// The connection.
        id: ConnectionId,
        /// The step.
        step: CheckStep,
    },
    /// A check ended.
    Checked(Box<CheckReport>),
    /// The list of models came, or not.
    Models {
        /// The connection.
        id: ConnectionId,
        /// Model ids in the provider's order.
        result: Result<Vec<String>, Failure>,
    },
    /// The user's own prices, whole.
    Prices(Vec<OwnPrice>),
    /// Its server showed how it wants requests to a model written.
    Learned {
        /// The connection.
        id: ConnectionId,
        /// The model.
        model: String,
        /// How.
        amendment: Amendment,
    },
}

/// A check as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct CheckState {
    /// It runs.
    pub running: bool,
    /// The steps so far of a running check.
    pub steps: Vec<CheckStep>,
    /// The last whole report; kept while a new one is made.
    pub report: Option<Arc<CheckReport>>,
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
    /// The user's own prices.
    pub own_prices: Vec<OwnPrice>,
    /// Keys in the environment that no connection uses yet.
    pub in_environment: Vec<EnvironmentKey>,
    /// A save is under way.
    pub saving: bool,
    /// Checked as soon as it is stored, with this model.
    check_after_save: Option<(ConnectionId, Option<String>)>,
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
                if copy.key_source == KeySource::Keychain {
                    copy.key_source = KeySource::None;
                    notices.tell(NoticeLevel::Info, "The copy has no key yet: keys are not copied", now);
                }
                self.save(Box::new(copy), None, true)
            }
            ConnectionCommand::Check { id, model } => self.begin_check(id, model),
            ConnectionCommand::Apply { id, remedy } => match remedy {
                Remedy::UseModel(model) => {
                    let Some(mut connection) = self.find(id).cloned() else { return Vec::new() };
                    connection.last_model = Some(model.clone());
                    self.check_after_save = Some((id, Some(model)));
                    self.save(Box::new(connection), None, false)
                }
                Remedy::UseBaseUrl(url) => {
                    let Some(mut connection) = self.find(id).cloned() else { return Vec::new() };
                    connection.base_url = url;
                    self.check_after_save = Some((id, None));
                    self.save(Box::new(connection), None, false)
                }
                Remedy::Retry(_) | Remedy::StartServer | Remedy::ReenterKey => {
                    self.update(ConnectionCommand::Check { id, model: None }, presets, now, notices)
                }
            },
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

    fn begin_check(&mut self, id: ConnectionId, model: Option<String>) -> Vec<Effect> {
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
                match self.check_after_save.take() {
                    // Checked only now: before, the old address would be asked.
                    Some((asked, model)) if asked == id => self.begin_check(id, model),
                    _ => Vec::new(),
                }
            }
            ConnectionFact::SaveFailed { message } => {
                self.saving = false;
                notices.tell(NoticeLevel::Error, message.clone(), now);
                self.save_error = Some(message);
                Vec::new()
            }
            ConnectionFact::Removed { id, name } => {
                self.list.retain(|connection| connection.id != id);
                self.key_states.remove(&id);
                self.checks.remove(&id);
                self.models.remove(&id);
                if self.selected == Some(id) {
                    self.selected = None;
                }
                notices.tell(NoticeLevel::Info, format!("{name} is removed and its key erased"), now);
                Vec::new()
            }
            ConnectionFact::Key { id, state } => {
                self.key_states.insert(id, state);
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
            ConnectionFact::Learned { id, model, amendment } => {
                if let Some(connection) = self.list.iter_mut().find(|connection| connection.id == id) {
                    connection.dialect.learn(&model, amendment);
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
