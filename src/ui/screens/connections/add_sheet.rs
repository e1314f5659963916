//! The sheet that adds a connection: a provider, then a key and a name.

use eframe::egui::{Align, Context, Id, Label, Layout, Ui};

use super::draft::{DraftError, KEY_WANTED, KeyPlace};
use super::form::{follow_wire, plain_http_row, role_row, url_hint, url_row, wire_row};
use super::key_field::KeyField;
use super::key_rows::{place_row, save_error, variable_field};
use super::preset_grid::{Choice, preset_grid};
use crate::analysis::capitalised;
use crate::app::{Command, ConnectionCommand};
use crate::domain::{ApiKey, Connection, ConnectionError, ConnectionId, Preset, Role, WireFormat};
use crate::ui::cx::Cx;
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::icons;
use crate::ui::theme::text::{mono, small};
use crate::ui::widgets::{Alert, FormRow, IconButton, Level, PushButton, Sheet, TextField, bar, dropdown, role_badge, visible};

/// What the sheet remembers for itself. Nothing of it outlives the sheet.
pub(super) struct AddSheet {
    was_open: bool,
    filter: String,
    choice: Option<Choice>,
    name: String,
    base_url: String,
    role: Role,
    wire: WireFormat,
    place: KeyPlace,
    variable: String,
    key: KeyField,
    plain_http_allowed: bool,
    /// The form was just shown: the name takes the focus where no key is asked for.
    name_wants_focus: bool,
    /// The grid was just shown.
    grid_wants_focus: bool,
    /// Number of saves when it was sent to be stored.
    sent: Option<u64>,
}

impl Default for AddSheet {
    fn default() -> Self {
        Self {
            was_open: false,
            filter: String::new(),
            choice: None,
            name: String::new(),
            base_url: String::new(),
            role: Role::Relay,
            wire: WireFormat::default(),
            place: KeyPlace::Keychain,
            variable: String::new(),
            key: KeyField::new("add"),
            plain_http_allowed: false,
            name_wants_focus: false,
            grid_wants_focus: true,
            sent: None,
        }
    }
}

impl AddSheet {
    /// Something was typed that is in no list: a key, or an address.
    pub(super) fn is_filled(&self) -> bool {
        !self.key.is_empty() || (matches!(self.choice, Some(Choice::ByHand)) && !self.base_url.is_empty())
    }

    /// Draws the sheet while it is open.
    pub(super) fn show(&mut self, cx: &Cx<'_>, ctx: &Context) {
        let connections = &cx.state.connections;
        if !connections.adding {
            if self.was_open {
                self.key.wipe(ctx);
                *self = Self::default();
            }
            return;
        }
        self.was_open = true;
        if self.sent.is_some_and(|seen| connections.saves > seen) {
            cx.send(Command::Connections(ConnectionCommand::EndAdd));
            return;
        }
        let preset = match &self.choice {
            Some(Choice::Preset(id)) => cx.state.presets.find(id),
            _ => None,
        };
        let title = preset.map_or_else(|| "Add a connection".to_owned(), |preset| format!("Add {}", preset.name));
        // Both borrows end with the sheet: body and foot run one after the other.
        let view = std::cell::RefCell::new(self);
        let shown = Sheet::new(Id::unique("add connection"), &title).width(660.0).show(
            ctx,
            |ui| view.borrow_mut().body(cx, ui, preset),
            |ui| view.borrow_mut().foot(cx, ui, preset),
        );
        if shown.foot || shown.closed {
            cx.send(Command::Connections(ConnectionCommand::EndAdd));
        }
    }

    fn body(&mut self, cx: &Cx<'_>, ui: &mut Ui, preset: Option<&Preset>) {
        if self.choice.is_none() {
            let first = std::mem::take(&mut self.grid_wants_focus);
            if let Some(choice) = preset_grid(ui, &cx.state.presets, &mut self.filter, first) {
                self.choose(cx, choice);
            }
            return;
        }
        let tokens = ui.tokens();
        bar(ui, |ui| {
            if ui.add(PushButton::quiet("All providers").icon(icons::ARROW_LEFT)).clicked() {
                self.choice = None;
                self.grid_wants_focus = true;
                self.key.wipe(ui.ctx());
            }
            if let Some(preset) = preset {
                role_badge(ui, preset.role);
            }
        });
        if self.choice.is_none() {
            return;
        }
        if self.role == Role::Local || preset.is_none() {
            self.address_rows(cx, ui, preset);
            self.key_inputs(cx, ui, preset);
        } else {
            self.key_inputs(cx, ui, preset);
            self.address_rows(cx, ui, preset);
        }
        if let Some(message) = cx.state.connections.save_error.as_deref().filter(|_| self.sent.is_some()) {
            ui.add_space(tokens.gap.s);
            if let Some(place) = save_error(ui, &visible(message).text, self.place) {
                self.place = place;
                self.sent = None;
                if place == KeyPlace::Session {
                    self.add(cx, preset);
                }
            }
        }
    }

    fn choose(&mut self, cx: &Cx<'_>, choice: Choice) {
        if let Choice::Preset(id) = &choice
            && let Some(preset) = cx.state.presets.find(id)
        {
            self.name = cx.state.connections.free_name(&preset.name);
            self.base_url = preset.urls.first().map(|url| url.url.clone()).unwrap_or_default();
            self.wire = preset.urls.first().map(|url| url.wire).unwrap_or_default();
            self.role = preset.role;
            self.variable = preset.key_variables.first().cloned().unwrap_or_default();
        } else {
            self.name.clear();
            self.base_url.clear();
            self.wire = WireFormat::default();
            self.role = Role::Relay;
            self.variable.clear();
        }
        self.place = if self.role == Role::Local { KeyPlace::None } else { KeyPlace::Keychain };
        self.sent = None;
        self.name_wants_focus = self.role == Role::Local || choice == Choice::ByHand;
        if !self.name_wants_focus {
            self.key.focus();
        }
        self.choice = Some(choice);
    }

    fn address_rows(&mut self, cx: &Cx<'_>, ui: &mut Ui, preset: Option<&Preset>) {
        let problem = self.problem(cx, preset);
        let name_error = problem.as_ref().filter(|_| !self.name.is_empty()).and_then(|problem| match problem {
            DraftError::Connection(error) if error.is_about_name() => Some(error.to_string()),
            _ => None,
        });
        FormRow::new("Name").error(name_error.as_deref()).show(ui, |ui| {
            let field = TextField::new(&mut self.name, "Name").hint("How it is called in Assay").char_limit(60).show(ui);
            if std::mem::take(&mut self.name_wants_focus) {
                field.request_focus();
            }
        });
        let wires = preset.map_or_else(|| WireFormat::ALL.to_vec(), Preset::wires);
        if wires.len() > 1 && wire_row(ui, &mut self.wire, &wires) {
            follow_wire(preset, self.wire, &mut self.base_url);
        }
        let regions: Vec<_> = preset.iter().flat_map(|preset| preset.urls_of(self.wire)).collect();
        if regions.len() > 1 {
            FormRow::new("Region").hint("A key holds for the region that issued it").show(ui, |ui| {
                let options: Vec<(String, &str)> = regions.iter().map(|url| (url.url.clone(), url.region.as_str())).collect();
                dropdown(ui, "Region", &mut self.base_url, &options, 300.0);
            });
            return;
        }
        let url_error = problem.filter(|_| !self.base_url.is_empty()).and_then(|problem| match problem {
            DraftError::Connection(error) if error.is_about_url() => Some(error.to_string()),
            _ => None,
        });
        let url_hint = url_hint(&self.base_url);
        url_row(url_error.as_deref(), url_hint.as_deref()).show(ui, |ui| {
            TextField::new(&mut self.base_url, "Base URL").mono().hint("https://api.example.com/v1").char_limit(500).show(ui);
        });
        plain_http_row(ui, &self.base_url, self.place, &mut self.plain_http_allowed);
        if preset.is_none() {
            role_row(ui, &mut self.role);
        }
    }

    fn key_inputs(&mut self, cx: &Cx<'_>, ui: &mut Ui, preset: Option<&Preset>) {
        let tokens = ui.tokens();
        match self.place {
            KeyPlace::Keychain | KeyPlace::Session => {
                FormRow::new("Key").show(ui, |ui| self.key.show(ui, 420.0));
                ui.horizontal_top(|ui| {
                    ui.add_space(150.0 + tokens.gap.xs + tokens.gap.s);
                    ui.vertical(|ui| {
                        self.key.notes(ui, &cx.state.presets, preset.map(|preset| preset.id.as_str()), &self.name);
                        if let Some(page) = preset.and_then(|preset| preset.key_page.as_deref()) {
                            key_page(ui, page);
                        }
                    });
                });
            }
            KeyPlace::Environment => {
                FormRow::new("Key").hint("The name of the variable; it is read at each start of a run").show(ui, |ui| {
                    variable_field(ui, &mut self.variable, "OPENAI_API_KEY", 300.0);
                });
            }
            KeyPlace::None => {
                FormRow::new("Key").show(ui, |ui| ui.label(small("No key is sent", tokens).color(tokens.text2)));
            }
        }
        if place_row(ui, &mut self.place) && self.place.takes_key() {
            self.key.focus();
        }
        let found = &cx.state.connections.in_environment;
        if self.place.takes_key()
            && let Some(key) = preset.and_then(|preset| found.iter().find(|key| key.preset_id == preset.id))
        {
            let told = format!("${} is set in the environment ({})", key.variable, key.masked);
            Alert::new(Level::Info, &told).show_with(ui, |ui| {
                if ui.add(PushButton::secondary("Use it").name(&format!("Use ${}", key.variable))).clicked() {
                    self.place = KeyPlace::Environment;
                    self.variable.clone_from(&key.variable);
                    self.key.wipe(ui.ctx());
                }
            });
        }
    }

    /// The connection as the fields say it, with its key.
    fn made(&self, cx: &Cx<'_>, preset: Option<&Preset>) -> Result<(Connection, Option<ApiKey>), DraftError> {
        let no_id = ConnectionId(uuid::Uuid::nil());
        let mut connection = Connection::new(no_id, self.name.trim(), self.role, &self.base_url, self.place.source(&self.variable));
        connection.wire = self.wire;
        connection.preset = preset.map(|preset| preset.id.clone());
        connection.plain_http_allowed = self.plain_http_allowed;
        connection.validate()?;
        if cx.state.connections.list.iter().any(|other| other.name.eq_ignore_ascii_case(&connection.name)) {
            return Err(ConnectionError::NameTaken(connection.name).into());
        }
        let key = if self.place.takes_key() { Some(self.key.key().map_err(|_not_yet| DraftError::KeyWanted)?.0) } else { None };
        Ok((connection, key))
    }

    fn problem(&self, cx: &Cx<'_>, preset: Option<&Preset>) -> Option<DraftError> {
        self.made(cx, preset).err()
    }

    /// True when the sheet shall close.
    fn foot(&mut self, cx: &Cx<'_>, ui: &mut Ui, preset: Option<&Preset>) -> bool {
        let tokens = ui.tokens();
        if self.choice.is_none() {
            let cancel = ui.add(PushButton::secondary("Cancel")).clicked();
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(Label::new(small("Keys are sent only to the address that they were saved for", tokens)).truncate());
            });
            return cancel;
        }
        let saving = cx.state.connections.saving && self.sent.is_some();
        let problem = self.problem(cx, preset);
        let label = if saving { "Adding…" } else { "Add connection" };
        if ui.add_enabled(problem.is_none() && !saving, PushButton::primary(label).name("Add connection")).clicked() {
            self.add(cx, preset);
        }
        let cancel = ui.add(PushButton::secondary("Cancel")).clicked();
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let words = match problem {
                Some(DraftError::KeyWanted) => KEY_WANTED.to_owned(),
                Some(DraftError::Connection(ConnectionError::Name)) if self.name.is_empty() => "Give it a name".to_owned(),
                Some(DraftError::Connection(ConnectionError::Url)) if self.base_url.is_empty() => "Give its base URL".to_owned(),
                Some(DraftError::Connection(ConnectionError::VariableName)) if self.variable.is_empty() => "Name the variable".to_owned(),
                // Its row says it.
                Some(DraftError::Connection(error)) if error.is_about_url() || error.is_about_name() => String::new(),
                Some(problem) => capitalised(&problem.to_string()),
                None => String::new(),
            };
            ui.add(Label::new(small(words, tokens)).wrap());
        });
        cancel
    }

    fn add(&mut self, cx: &Cx<'_>, preset: Option<&Preset>) {
        if let Ok((connection, key)) = self.made(cx, preset) {
            self.sent = Some(cx.state.connections.saves);
            cx.send(Command::Connections(ConnectionCommand::Add { connection: Box::new(connection), key }));
        }
    }
}

/// Where to get a key, as text to copy: nothing is opened.
fn key_page(ui: &mut Ui, page: &str) {
    let tokens = ui.tokens();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = tokens.gap.xs;
        ui.label(small("Get a key at", tokens));
        ui.add(Label::new(mono(page, tokens).size(tokens.text.small).color(tokens.text2)).selectable(true).truncate());
        if ui.add(IconButton::new(icons::COPY, "Copy the address of the key page").small()).clicked() {
            ui.ctx().copy_text(page.to_owned());
        }
    });
}
