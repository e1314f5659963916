//! The connection that was chosen: its form, its check, its models and prices, and the bar that saves edits.

use std::collections::BTreeMap;

use eframe::egui::{Align, CentralPanel, Frame, Id, Label, Layout, Margin, Panel, ScrollArea, Ui, UiBuilder};

use super::check_panel::{CheckWish, check_panel};
use super::draft::{Draft, DraftError, KEY_WANTED, KeyPlace};
use super::form;
use super::key_field::KeyField;
use super::key_rows::{KeyRows, save_error};
use super::model_list::ModelListView;
use super::prices::PriceForm;
use super::ramp_panel::RampPanel;
use crate::app::{Command, ConnectionCommand};
use crate::domain::{Connection, ConnectionError, ConnectionId};
use crate::ui::cx::Cx;
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::icons;
use crate::ui::theme::text::{small, title};
use crate::ui::widgets::{PushButton, bar, key_value, role_badge, simulated_badge, visible};

/// The form is at most this wide, points.
const FORM_WIDTH: f32 = 820.0;
/// Everything else is at most this wide, points.
const WIDTH: f32 = 1000.0;

/// What the details remember for themselves.
pub(super) struct Details {
    /// Edits that are not saved, by connection.
    drafts: BTreeMap<ConnectionId, Draft>,
    shown: Option<ConnectionId>,
    key: KeyField,
    replacing: bool,
    /// The last wish to open the form that was heeded.
    edits_heeded: u64,
    /// Number of saves when these edits were sent to be saved.
    sent: Option<u64>,
    check_model: String,
    models: ModelListView,
    prices: PriceForm,
    ramp: RampPanel,
    more: bool,
}

impl Default for Details {
    fn default() -> Self {
        Self {
            drafts: BTreeMap::new(),
            shown: None,
            key: KeyField::new("details"),
            replacing: false,
            edits_heeded: 0,
            sent: None,
            check_model: String::new(),
            models: ModelListView::default(),
            prices: PriceForm::default(),
            ramp: RampPanel::default(),
            more: false,
        }
    }
}

impl Details {
    /// The connection has edits that are not saved.
    pub(super) fn is_edited(&self, id: ConnectionId) -> bool {
        self.drafts.contains_key(&id) || (self.shown == Some(id) && !self.key.is_empty())
    }

    /// Draws the details. True when the connection shall be removed.
    pub(super) fn show(&mut self, cx: &Cx<'_>, ui: &mut Ui, connection: &Connection) -> bool {
        self.turn_to(ui, connection.id);
        let connections = &cx.state.connections;
        if self.sent.is_some_and(|seen| connections.saves > seen) {
            self.give_up(ui, connection.id);
        }
        let mut draft = self.drafts.remove(&connection.id).unwrap_or_else(|| Draft::of(connection));
        draft.follow(connection);
        self.heed_edit_wish(cx, connection.id, &mut draft);
        let is_taken = |name: &str| connections.list.iter().any(|other| other.id != connection.id && other.name.eq_ignore_ascii_case(name));
        let made = draft.connection(!self.key.is_empty(), is_taken);
        let unsaved = draft.is_changed() || !self.key.is_empty();
        if unsaved {
            self.save_bar(cx, ui, &mut draft, made.clone());
        }
        let mut remove = false;
        CentralPanel::no_frame().show(ui, |ui| {
            ScrollArea::vertical().id_salt(("details", connection.id)).auto_shrink([false, false]).show(ui, |ui| {
                Frame::new().inner_margin(Margin::symmetric(24, 16)).show(ui, |ui| {
                    // One of its own, and not by counting: the bar that offers to save comes with the first edit.
                    let own = UiBuilder::new().scope_id(Id::unique(("connection details", connection.id)));
                    ui.scope_builder(own, |ui| remove = self.content(cx, ui, connection, &mut draft, made.as_ref().err(), unsaved));
                });
            });
        });
        if draft.is_changed() {
            self.drafts.insert(connection.id, draft);
        }
        remove
    }

    /// A diagnosis wants the key again, maybe for another address.
    fn heed_edit_wish(&mut self, cx: &Cx<'_>, id: ConnectionId, draft: &mut Draft) {
        let Some(wish) = cx.state.connections.edit.as_ref().filter(|wish| wish.id == id && wish.serial > self.edits_heeded) else { return };
        self.edits_heeded = wish.serial;
        if let Some(base_url) = &wish.base_url {
            draft.base_url.clone_from(base_url);
        }
        if !draft.place.takes_key() {
            draft.place = KeyPlace::Keychain;
        }
        self.replacing = true;
        self.key.focus();
    }

    /// Another connection is shown than before: what was typed for that one, except edits of its form, is gone.
    fn turn_to(&mut self, ui: &Ui, id: ConnectionId) {
        if self.shown == Some(id) {
            return;
        }
        self.shown = Some(id);
        self.key.wipe(ui.ctx());
        self.replacing = false;
        self.sent = None;
        self.check_model.clear();
        self.models = ModelListView::default();
        self.prices = PriceForm::default();
        self.ramp = RampPanel::default();
    }

    fn give_up(&mut self, ui: &Ui, id: ConnectionId) {
        self.drafts.remove(&id);
        self.key.wipe(ui.ctx());
        self.replacing = false;
        self.sent = None;
    }

    fn content(
        &mut self,
        cx: &Cx<'_>,
        ui: &mut Ui,
        connection: &Connection,
        draft: &mut Draft,
        problem: Option<&DraftError>,
        unsaved: bool,
    ) -> bool {
        let tokens = ui.tokens();
        ui.spacing_mut().item_spacing.y = tokens.gap.s;
        ui.set_width(ui.available_width().min(WIDTH));
        let remove = head(cx, ui, connection);
        ui.add_space(tokens.gap.xs);
        let wish = if connection.is_simulated() {
            simulated_facts(ui, connection);
            check_panel(cx, ui, connection, &mut self.check_model, false)
        } else {
            self.form(cx, ui, connection, draft, problem);
            ui.add_space(tokens.gap.xs);
            let wish = check_panel(cx, ui, connection, &mut self.check_model, unsaved);
            if let Some(bound) = self.ramp.show(cx, ui, connection) {
                draft.take_limit(bound);
            }
            self.prices.show(cx, ui, connection);
            self.more(ui, draft, problem);
            wish
        };
        match wish {
            Some(CheckWish::ShowModels) => self.models.is_open = true,
            None => {}
        }
        remove
    }

    fn form(&mut self, cx: &Cx<'_>, ui: &mut Ui, connection: &Connection, draft: &mut Draft, problem: Option<&DraftError>) {
        let field_problem = match problem {
            Some(DraftError::Connection(error)) => Some(error),
            _ => None,
        };
        ui.scope(|ui| {
            ui.set_max_width(FORM_WIDTH.min(ui.available_width()));
            form::address_rows(ui, draft, &cx.state.presets, field_problem);
            KeyRows { connection, draft, key: &mut self.key, replacing: &mut self.replacing }.show(cx, ui);
            if let Some(message) = cx.state.connections.save_error.as_deref().filter(|_| self.sent.is_some())
                && let Some(place) = save_error(ui, &visible(message).text, draft.place)
            {
                draft.place = place;
                self.sent = None;
                if place == KeyPlace::Session {
                    self.save(cx, draft);
                }
            }
            form::limit_row(ui, draft);
        });
        if let Some(model) = self.models.show(cx, ui, connection) {
            self.check_model = model;
        }
    }

    fn more(&mut self, ui: &mut Ui, draft: &mut Draft, problem: Option<&DraftError>) {
        let header_problem = match problem {
            Some(DraftError::Connection(error @ ConnectionError::Header(_))) => Some(error),
            _ => None,
        };
        let icon = if self.more { icons::CHEVRON_UP } else { icons::CHEVRON_DOWN };
        if ui.add(PushButton::quiet("Timeouts, reasoning, headers, note").trailing(icon)).clicked() {
            self.more = !self.more;
        }
        // It stays open once the problem is gone: whoever mends it is typing there.
        self.more |= header_problem.is_some() || matches!(problem, Some(DraftError::Timeout(_)));
        if self.more {
            ui.scope(|ui| {
                ui.set_max_width(FORM_WIDTH.min(ui.available_width()));
                form::timeout_rows(ui, draft);
                form::reading_row(ui, draft);
                form::header_rows(ui, draft, header_problem);
                form::note_row(ui, draft);
            });
        }
    }

    fn save_bar(&mut self, cx: &Cx<'_>, ui: &mut Ui, draft: &mut Draft, made: Result<Connection, DraftError>) {
        let tokens = ui.tokens();
        let frame = Frame::new().fill(tokens.bg0).inner_margin(Margin::symmetric(24, 0));
        Panel::bottom("save-bar").exact_size(tokens.row.top_bar).resizable(false).show_separator_line(false).frame(frame).show(ui, |ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let saving = cx.state.connections.saving && self.sent.is_some();
                let key_problem = if self.key.is_empty() { None } else { self.key.key().err() };
                let ready = made.is_ok() && key_problem.is_none() && !saving;
                let label = if saving { "Saving…" } else { "Save" };
                if ui.add_enabled(ready, PushButton::primary(label).name("Save connection")).clicked() {
                    self.save(cx, draft);
                }
                if ui.add(PushButton::secondary("Revert")).clicked() {
                    let id = draft.stored().id;
                    self.give_up(ui, id);
                    *draft = Draft::of(&draft.stored().clone());
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let (words, ink) = match (made, key_problem) {
                        (Err(DraftError::KeyWanted), _) => (KEY_WANTED.to_owned(), tokens.text2),
                        (Err(problem), _) => (format!("✗ {problem}"), tokens.bad),
                        (_, Some(problem)) => (format!("✗ {problem}"), tokens.bad),
                        _ => ("Not saved yet".to_owned(), tokens.text2),
                    };
                    ui.add(Label::new(small(visible(&words).text, tokens).color(ink)).wrap());
                });
            });
        });
    }

    fn save(&mut self, cx: &Cx<'_>, draft: &Draft) {
        let Ok(connection) = draft.connection(!self.key.is_empty(), |_| false) else { return };
        let key = if draft.place.takes_key() && !self.key.is_empty() {
            match self.key.key() {
                Ok((key, _)) => Some(key),
                Err(_) => return,
            }
        } else {
            None
        };
        self.sent = Some(cx.state.connections.saves);
        cx.send(Command::Connections(ConnectionCommand::Save { connection: Box::new(connection), key }));
    }
}

/// Name, badge and what can be done with the whole. True when it shall be removed.
fn head(cx: &Cx<'_>, ui: &mut Ui, connection: &Connection) -> bool {
    let tokens = ui.tokens();
    bar(ui, |ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let remove = ui.add(PushButton::quiet("Remove…")).clicked();
            if !connection.is_simulated() && ui.add(PushButton::quiet("Duplicate")).clicked() {
                cx.send(Command::Connections(ConnectionCommand::Duplicate(connection.id)));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.scope(|ui| {
                    ui.set_max_width((ui.available_width() - 100.0).max(80.0));
                    ui.add(Label::new(title(visible(&connection.name).text, tokens)).truncate());
                });
                if connection.is_simulated() {
                    simulated_badge(ui);
                } else {
                    role_badge(ui, connection.role);
                }
                form::plain_http_badge(ui, connection);
            });
            remove
        })
        .inner
    })
    .inner
}

fn simulated_facts(ui: &mut Ui, connection: &Connection) {
    key_value(ui, 150.0, "Where", "A small server inside Assay, on this computer only");
    key_value(ui, 150.0, "Wire format", connection.wire.label());
    key_value(ui, 150.0, "Answers", "Made up, with made-up latencies and errors; no model is asked and nothing is charged");
    ui.add_space(ui.tokens().gap.s);
}
