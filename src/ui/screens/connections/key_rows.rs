//! The rows of a form about the key: what is there, the field for a new one, and where it is kept.

use eframe::egui::{Align, Label, Layout, Role, Sense, Ui, UiBuilder, WidgetInfo, vec2};

use super::draft::{Draft, KeyPlace};
use super::key_field::KeyField;
use super::words::key_words;
use crate::app::{Command, ConnectionCommand};
use crate::domain::{Connection, KeyState, Origin};
use crate::ui::cx::Cx;
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::text::{mono, quiet, small};
use crate::ui::widgets::{Alert, FormRow, Level, PushButton, TextField, dropdown, segmented, visible};

/// The places stand side by side where there is this much room, points.
const SEGMENTS: f32 = 432.0;

/// The field for the name of an environment variable.
pub(super) fn variable_field(ui: &mut Ui, variable: &mut String, hint: &str, width: f32) {
    TextField::new(variable, "Environment variable").mono().hint(hint).char_limit(200).width(width).show(ui);
}

/// Where the key shall be kept. True when another place was chosen.
pub(super) fn place_row(ui: &mut Ui, place: &mut KeyPlace) -> bool {
    FormRow::new("Kept in")
        .show(ui, |ui| {
            if ui.available_width() < SEGMENTS {
                dropdown(ui, "Where the key is kept", place, &KeyPlace::ALL, 240.0).changed()
            } else {
                segmented(ui, "Where the key is kept", place, &KeyPlace::ALL).changed()
            }
        })
        .inner
}

/// The key of a stored connection.
pub(super) struct KeyRows<'a> {
    pub(super) connection: &'a Connection,
    pub(super) draft: &'a mut Draft,
    pub(super) key: &'a mut KeyField,
    /// A new key is to be typed.
    pub(super) replacing: &'a mut bool,
}

impl KeyRows<'_> {
    /// Draws them.
    pub(super) fn show(mut self, cx: &Cx<'_>, ui: &mut Ui) {
        let state = cx.state.connections.key_states.get(&self.connection.id);
        let told = self.told(state);
        let mut row = FormRow::new("Key");
        if let Some(told) = &told {
            row = row.hint(told);
        }
        row.show(ui, |ui| self.key_row(ui, state));
        if self.takes_typing(state) {
            below(ui, |ui| {
                self.key.notes(ui, &cx.state.presets, self.connection.preset.as_deref(), &self.connection.name);
            });
        } else if let Some(KeyState::CannotBeRead { reason }) = state
            && self.draft.place == KeyPlace::of(&self.connection.key_source)
        {
            below(ui, |ui| {
                Alert::new(Level::Warn, "The key cannot be read").text(reason).show_with(ui, |ui| {
                    if ui.add(PushButton::secondary("Look again")).clicked() {
                        cx.send(Command::Connections(ConnectionCommand::RefreshKey(self.connection.id)));
                    }
                });
            });
        }
        if place_row(ui, &mut self.draft.place) && self.draft.needs_key() {
            self.key.focus();
        }
    }

    fn takes_typing(&self, state: Option<&KeyState>) -> bool {
        self.draft.place.takes_key() && (*self.replacing || self.draft.needs_key() || state == Some(&KeyState::Missing))
    }

    /// What the line under the row says: where the key is, and that it goes nowhere else.
    fn told(&self, state: Option<&KeyState>) -> Option<String> {
        let host = Origin::of(&self.draft.base_url).map(|origin| origin.host).unwrap_or_default();
        let told = match (self.draft.place, state) {
            (KeyPlace::None, _) => return None,
            (KeyPlace::Environment, Some(KeyState::Environment { name, set: false })) if *name == self.draft.variable => return None,
            (KeyPlace::Environment, Some(KeyState::Environment { name, set: true })) if *name == self.draft.variable => {
                format!("Is set; read at each start of a run, sent only to {host}")
            }
            (KeyPlace::Environment, _) => format!("Read at each start of a run, sent only to {host}"),
            (KeyPlace::Keychain | KeyPlace::Session, state) if self.takes_typing(state) => return None,
            (_, Some(KeyState::InKeychain)) => format!("In the system keychain, sent only to {host}"),
            (_, Some(KeyState::ThisSession)) => format!("Kept until Assay is closed, sent only to {host}"),
            _ => return None,
        };
        Some(visible(&told).text.into_owned())
    }

    fn key_row(&mut self, ui: &mut Ui, state: Option<&KeyState>) {
        let tokens = ui.tokens();
        match self.draft.place {
            KeyPlace::None => {
                ui.label(quiet("No key is sent", tokens));
            }
            KeyPlace::Environment => {
                variable_field(ui, &mut self.draft.variable, "OPENAI_API_KEY", 240.0);
                if matches!(state, Some(KeyState::Environment { name, set: false }) if *name == self.draft.variable) {
                    ui.add(Label::new(small("✗ not set where Assay was started", tokens).color(tokens.bad)).truncate());
                }
            }
            KeyPlace::Keychain | KeyPlace::Session if self.takes_typing(state) => {
                let can_keep = *self.replacing && !self.draft.needs_key() && state != Some(&KeyState::Missing);
                let width = if can_keep { ui.available_width() - 144.0 } else { ui.available_width() };
                self.key.show(ui, width.min(420.0));
                if can_keep && ui.add(PushButton::quiet("Keep the old one")).clicked() {
                    *self.replacing = false;
                    self.key.wipe(ui.ctx());
                }
            }
            KeyPlace::Keychain | KeyPlace::Session => {
                kept_key(ui, state);
                if ui.add(PushButton::secondary("Replace…").name("Replace the key…")).clicked() {
                    *self.replacing = true;
                    self.key.focus();
                }
            }
        }
    }
}

/// A key that is there, as dots: no part of it is known here.
fn kept_key(ui: &mut Ui, state: Option<&KeyState>) {
    let tokens = ui.tokens();
    let is_there = matches!(state, Some(KeyState::InKeychain | KeyState::ThisSession));
    let width = 240.0_f32.min(ui.available_width() - 100.0);
    let (rect, response) = ui.allocate_exact_size(vec2(width, tokens.row.control), Sense::hover());
    ui.painter().rect_filled(rect, f32::from(tokens.radius.medium), tokens.bg0);
    let words = if is_there { "••••••••••••".to_owned() } else { key_words(state) };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Key: {}", key_words(state))));
    let place = rect.shrink2(vec2(11.0, 0.0));
    let mut inside = ui.new_child(UiBuilder::new().max_rect(place).layout(Layout::left_to_right(Align::Center)));
    inside.add(Label::new(mono(words, tokens).color(tokens.text2)).truncate());
}

/// `content` under the inputs of a row.
pub(super) fn below(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    let indent = 150.0 + ui.tokens().gap.xs + ui.spacing().item_spacing.x;
    ui.horizontal_top(|ui| {
        ui.add_space(indent);
        ui.vertical(content);
    });
}

/// Why nothing was saved, and for a key that the keychain did not take the other places. Returns the place that was chosen instead.
pub(super) fn save_error(ui: &mut Ui, message: &str, place: KeyPlace) -> Option<KeyPlace> {
    let alert = Alert::new(Level::Bad, "Nothing was saved").text(message);
    if place != KeyPlace::Keychain {
        alert.show(ui);
        return None;
    }
    alert
        .show_with(ui, |ui| {
            let session = ui.add(PushButton::secondary("Keep for this session only")).clicked();
            let variable = ui.add(PushButton::secondary("Use an environment variable…")).clicked();
            match (session, variable) {
                (true, _) => Some(KeyPlace::Session),
                (_, true) => Some(KeyPlace::Environment),
                _ => None,
            }
        })
        .inner
}
