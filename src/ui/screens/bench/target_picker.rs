//! The sheet that adds a target or changes one: a connection, a model there, and what sets this target apart.

use eframe::egui::{Align, Context, Id, Layout, ScrollArea, Ui, vec2};

use crate::app::{BenchCommand, BenchTarget, Command, ConnectionCommand, Screen};
use crate::domain::{Connection, ConnectionId, KeyState, Params};
use crate::ui::cx::Cx;
use crate::ui::theme::text::{overline, quiet, small, strong};
use crate::ui::theme::{HasTokens as _, icons};
use crate::ui::widgets::{EmptyState, FormRow, PushButton, SelectCard, Sheet, TextField, role_badge, visible};

use super::model_facts::{ModelPriceForm, model_facts};
use super::model_list::ModelRows;
use super::params_form::{LABEL_WIDTH, ParamsForm};

/// Width of the sheet and of its list of connections, points.
const WIDTH: f32 = 820.0;
const LEFT_WIDTH: f32 = 230.0;
/// Least height of the body, so that nothing jumps while models load, points.
const LEAST_HEIGHT: f32 = 380.0;

/// What has been chosen so far.
struct Draft {
    /// Index of the target being changed; absent for a new one.
    editing: Option<usize>,
    connection_id: Option<ConnectionId>,
    model: String,
    /// The field was typed into since a row was picked: it narrows the list.
    narrows: bool,
    label: String,
    params: ParamsForm,
    apart_open: bool,
}

/// The sheet.
#[derive(Default)]
pub(super) struct TargetPicker {
    draft: Option<Draft>,
    models: ModelRows,
    price: ModelPriceForm,
}

impl TargetPicker {
    fn open(&mut self, draft: Draft) {
        *self = Self { draft: Some(draft), ..Self::default() };
    }

    /// Opens the sheet for a new target.
    pub(super) fn open_new(&mut self, cx: &Cx<'_>) {
        let last = cx.state.bench.targets.last().filter(|target| cx.state.connection_of(target).is_some());
        let connection_id = last.map(|target| target.connection_id).or_else(|| cx.state.connections.list.first().map(|first| first.id));
        self.open(Draft {
            editing: None,
            connection_id,
            model: String::new(),
            narrows: false,
            label: String::new(),
            params: ParamsForm::default(),
            apart_open: false,
        });
    }

    /// Opens the sheet for a target of the bench.
    pub(super) fn open_for(&mut self, cx: &Cx<'_>, index: usize) {
        let Some(target) = cx.state.bench.targets.get(index) else { return };
        self.open(Draft {
            editing: Some(index),
            connection_id: cx.state.connection_of(target).map(|connection| connection.id),
            model: target.model.clone(),
            narrows: false,
            label: target.label.clone().unwrap_or_default(),
            params: ParamsForm::of(&target.params),
            apart_open: true,
        });
    }

    /// Draws the sheet while it is open.
    pub(super) fn show(&mut self, cx: &Cx<'_>, ctx: &Context) {
        let Self { draft: open, models, price } = self;
        let Some(draft) = open else { return };
        let title = if draft.editing.is_some() { "Edit target" } else { "Add a target" };
        let ready = target_of(cx, draft);
        let shown = Sheet::new(Id::unique("target-picker"), title).width(WIDTH).show(
            ctx,
            |ui| body(cx, draft, models, price, ui),
            |ui| foot(&ready, ui),
        );
        let left = shown.body;
        if let (Some(accepted), Ok(target)) = (shown.foot, ready)
            && accepted
        {
            cx.send(Command::Bench(match open.as_ref().and_then(|draft| draft.editing) {
                Some(index) => BenchCommand::ChangeTarget { index, target },
                None => BenchCommand::AddTarget(target),
            }));
            *open = None;
        } else if shown.closed || left || shown.foot == Some(false) {
            *open = None;
        }
    }
}

/// The target as it would be; the error says what it lacks, or is empty when that is plain to see.
fn target_of(cx: &Cx<'_>, draft: &Draft) -> Result<Box<BenchTarget>, String> {
    let connection = draft.connection_id.and_then(|id| cx.state.connections.find(id)).ok_or_else(String::new)?;
    let model = draft.model.trim();
    if model.is_empty() {
        return Err("Pick a model, or type its id".to_owned());
    }
    let params = draft.params.read().map_err(|_wrong| "One of the parameters is not valid".to_owned())?;
    let label = Some(draft.label.trim().to_owned()).filter(|label| !label.is_empty());
    let target = BenchTarget { connection_id: connection.id, model: model.to_owned(), params, label, colour: 0, fallback: None };
    let name = cx.state.label_of(&target);
    let twice =
        cx.state.bench.targets.iter().enumerate().any(|(index, known)| Some(index) != draft.editing && cx.state.label_of(known) == name);
    if twice {
        return Err(format!("“{name}” is on the bench already; give this one another label or other parameters"));
    }
    Ok(Box::new(target))
}

/// True: accepted; false: cancelled.
fn foot(ready: &Result<Box<BenchTarget>, String>, ui: &mut Ui) -> Option<bool> {
    let tokens = ui.tokens();
    let accepted = ui.add_enabled(ready.is_ok(), PushButton::primary("Use this target")).clicked();
    let cancelled = ui.add(PushButton::secondary("Cancel")).clicked();
    if let Err(lacks) = ready
        && !lacks.is_empty()
    {
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.add(eframe::egui::Label::new(quiet(visible(lacks).text, tokens)).truncate());
        });
    }
    if accepted { Some(true) } else { cancelled.then_some(false) }
}

/// True when the sheet shall close because the user goes elsewhere.
fn body(cx: &Cx<'_>, draft: &mut Draft, models: &mut ModelRows, price: &mut ModelPriceForm, ui: &mut Ui) -> bool {
    let tokens = ui.tokens();
    if cx.state.connections.list.is_empty() {
        return no_connection(cx, ui);
    }
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = tokens.gap.xl;
        let left = ui
            .allocate_ui_with_layout(vec2(LEFT_WIDTH, LEAST_HEIGHT), Layout::top_down(Align::Min), |ui| {
                ui.set_min_size(vec2(LEFT_WIDTH, LEAST_HEIGHT));
                ui.spacing_mut().item_spacing.x = tokens.gap.s;
                connections(cx, draft, models, price, ui)
            })
            .inner;
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing = vec2(tokens.gap.s, tokens.gap.s);
            match draft.connection_id.and_then(|id| cx.state.connections.find(id)) {
                Some(connection) => model_side(cx, connection, draft, models, price, ui),
                None => {
                    ui.label(quiet("Its connection was removed: choose another one.", tokens));
                }
            }
        });
        left
    })
    .inner
}

fn no_connection(cx: &Cx<'_>, ui: &mut Ui) -> bool {
    let tokens = ui.tokens();
    let sentence = "A target is a model at a connection. Add one with your key, or try the simulated provider.";
    ui.set_min_height(LEAST_HEIGHT / 2.0);
    EmptyState::new(icons::CONNECTIONS, "No connection yet", sentence).show(ui);
    ui.add_space(tokens.gap.m);
    ui.vertical_centered(|ui| {
        let add = ui.add(PushButton::primary("Add a connection…")).clicked();
        let demo = ui.add(PushButton::secondary("Try the demo")).clicked();
        if add {
            add_connection(cx);
        } else if demo {
            cx.send(Command::Bench(BenchCommand::RunDemo));
        }
        add || demo
    })
    .inner
}

/// Goes where connections are added.
pub(in crate::ui::screens) fn add_connection(cx: &Cx<'_>) {
    cx.send(Command::Go(Screen::Connections));
    cx.send(Command::Connections(ConnectionCommand::BeginAdd));
}

/// What keeps a connection from being used now; absent when nothing is known to.
fn key_words(state: Option<&KeyState>) -> Option<&'static str> {
    match state? {
        KeyState::Missing => Some("key missing"),
        KeyState::CannotBeRead { .. } => Some("key cannot be read"),
        KeyState::Environment { set: false, .. } => Some("variable not set"),
        KeyState::NoKey | KeyState::InKeychain | KeyState::ThisSession | KeyState::Environment { set: true, .. } => None,
    }
}

fn connections(cx: &Cx<'_>, draft: &mut Draft, models: &mut ModelRows, price: &mut ModelPriceForm, ui: &mut Ui) -> bool {
    let tokens = ui.tokens();
    ui.label(overline("Connection", tokens));
    ScrollArea::vertical().id_salt("connections").max_height(LEAST_HEIGHT - 60.0).auto_shrink([false, true]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for connection in &cx.state.connections.list {
            let selected = draft.connection_id == Some(connection.id);
            let card = SelectCard::new(Id::unique(("picker", connection.id)), &connection.name, selected).show(ui, |ui| {
                ui.add(eframe::egui::Label::new(strong(visible(&connection.name).text, tokens)).truncate());
                ui.horizontal(|ui| {
                    role_badge(ui, connection.role);
                    if let Some(words) = key_words(cx.state.connections.key_states.get(&connection.id)) {
                        ui.label(small(words, tokens).color(tokens.warn));
                    }
                });
            });
            if card.response.clicked() && !selected {
                draft.connection_id = Some(connection.id);
                draft.model.clear();
                draft.narrows = false;
                *models = ModelRows::default();
                *price = ModelPriceForm::default();
            }
        }
    });
    ui.add_space(tokens.gap.xs);
    let add = ui.add(PushButton::quiet("Add a connection…").icon(icons::PLUS)).clicked();
    if add {
        add_connection(cx);
    }
    add
}

fn model_side(cx: &Cx<'_>, connection: &Connection, draft: &mut Draft, models: &mut ModelRows, price: &mut ModelPriceForm, ui: &mut Ui) {
    let tokens = ui.tokens();
    ui.label(overline("Model", tokens));
    let field = TextField::new(&mut draft.model, "Model").hint("Filter the list, or type a model id").mono().char_limit(200).show(ui);
    if field.changed() {
        draft.narrows = true;
        *price = ModelPriceForm::default();
    }
    let filter = if draft.narrows { draft.model.clone() } else { String::new() };
    if let Some(model) = models.show(cx, connection, &filter, draft.model.trim(), ui) {
        if model != draft.model {
            *price = ModelPriceForm::default();
        }
        draft.model = model;
        draft.narrows = false;
    }
    let model = draft.model.trim();
    if !model.is_empty() && !draft.narrows {
        model_facts(cx, connection, model, price, ui);
    }
    let icon = if draft.apart_open { icons::CHEVRON_DOWN } else { icons::CHEVRON_RIGHT };
    if ui.add(PushButton::quiet("Label and parameters").icon(icon).compact()).clicked() {
        draft.apart_open = !draft.apart_open;
    }
    if draft.apart_open {
        let made = BenchTarget {
            connection_id: connection.id,
            model: draft.model.trim().to_owned(),
            params: draft.params.read().unwrap_or_else(|_wrong| Params::default()),
            label: None,
            colour: 0,
            fallback: None,
        };
        let hint = cx.state.label_of(&made);
        FormRow::new("Label")
            .label_width(LABEL_WIDTH)
            .show(ui, |ui| TextField::new(&mut draft.label, "Label").hint(&hint).char_limit(80).show(ui));
        draft.params.show(&cx.state.bench.settings.params, ui);
    }
}
