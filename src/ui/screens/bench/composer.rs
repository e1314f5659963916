//! The prompt of the selected case, to be edited. Edits are wishes from the first letter; the mind keeps them after a quiet moment.

use eframe::egui::{Align, Frame, Label, Layout, Margin, Panel, ScrollArea, Ui};

use crate::analysis::format_tokens;
use crate::app::{Command, OpenSet, PromptCommand};
use crate::domain::{Case, Image, PromptBody, PromptSetId, RoughCounter, TokenCounter as _};
use crate::ui::cx::Cx;
use crate::ui::theme::text::{mono, overline, small};
use crate::ui::theme::{HasTokens as _, icons};
use crate::ui::widgets::{Editor, IconButton, PushButton, define, visible};

use super::case_details::{CaseDetails, case_details};
use super::case_images::{AttachForm, case_images};
use super::sent_view::{conversation, sent_view};

/// Width of the names of variables, points.
const NAME_WIDTH: f32 = 80.0;
/// Longer prompts are counted only for the forecast, off the window's thread.
const ROUGH_BYTES: usize = 65_536;
/// Least height of the user's text, points.
const USER_LEAST: f32 = 84.0;

/// The case being edited, as typed.
struct Draft {
    set_id: PromptSetId,
    index: usize,
    case: Case,
    details: CaseDetails,
    /// What the mind held when the last edit was sent and not taken yet.
    sent_over: Option<Case>,
}

impl Draft {
    fn new(set_id: PromptSetId, index: usize, case: &Case) -> Self {
        Self { set_id, index, case: case.clone(), details: CaseDetails::of(case), sent_over: None }
    }

    /// The draft still stands for what the mind holds.
    fn holds(&mut self, set_id: PromptSetId, index: usize, stored: &Case) -> bool {
        if (self.set_id, self.index) != (set_id, index) {
            return false;
        }
        if self.case == *stored {
            self.sent_over = None;
            return true;
        }
        self.sent_over.as_ref() == Some(stored)
    }
}

/// The composer with its draft.
#[derive(Default)]
pub(super) struct Composer {
    draft: Option<Draft>,
    attach: AttachForm,
    details_open: bool,
    shows_sent: bool,
    wants_focus: bool,
}

impl Composer {
    /// The user's text takes the focus when it is next drawn.
    pub(super) fn focus_user(&mut self) {
        self.wants_focus = true;
        self.shows_sent = false;
    }

    /// Draws the composer of the selected case in what room there is.
    pub(super) fn show(&mut self, cx: &Cx<'_>, ui: &mut Ui) {
        let index = cx.state.bench.case_index;
        let foreign = cx.state.run_in_view().filter(|run| cx.state.is_foreign(run));
        if let Some(run) = foreign {
            if let Some(case) = run.plan.cases.get(index) {
                let words = format!("as sent with version {} · read-only", run.plan.prompt_set_version);
                foot(ui, |ui| {
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        ui.add(Label::new(small(words, ui.tokens())).truncate());
                    });
                });
                sent_view(ui, ("foreign", index), case);
            }
            return;
        }
        let Some((set_id, set)) = cx.state.bench.set_id.and_then(|id| Some((id, cx.state.prompts.open.get(&id)?))) else { return };
        let Some(stored) = set.cases.get(index) else { return };
        if !self.draft.as_mut().is_some_and(|draft| draft.holds(set_id, index, stored)) {
            self.draft = Some(Draft::new(set_id, index, stored));
        }
        foot(ui, |ui| self.foot(cx, set, ui));
        let Some(draft) = &mut self.draft else { return };
        if self.shows_sent {
            sent_view(ui, ("sent", index), &draft.case);
            return;
        }
        let changed = ui
            .push_id((set_id, index), |ui| edit(cx, draft, set, &mut self.attach, &mut self.details_open, &mut self.wants_focus, ui))
            .inner;
        if changed && draft.case != *stored {
            draft.sent_over.get_or_insert_with(|| stored.clone());
            let case = Box::new(draft.case.clone());
            cx.send(Command::Prompts(PromptCommand::EditCase { id: set_id, index, case }));
        }
    }

    fn foot(&mut self, cx: &Cx<'_>, set: &OpenSet, ui: &mut Ui) {
        let tokens = ui.tokens();
        let index = cx.state.bench.case_index;
        if ui.add(IconButton::new(icons::TRASH, "Remove case").small()).clicked() {
            cx.send(Command::Prompts(PromptCommand::RemoveCase { id: set.head.id, index }));
            let left = set.cases.len().saturating_sub(2);
            cx.send(Command::Bench(crate::app::BenchCommand::SelectCase(index.min(left))));
        }
        if ui.add(IconButton::new(icons::EYE, "What will be sent").small().selected(self.shows_sent)).clicked() {
            self.shows_sent = !self.shows_sent;
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let words = ui.add(Label::new(small(foot_words(cx, set, index), tokens)).truncate());
            define(words, "Tokens in", "Estimated with OpenAI's o200k vocabulary; another vendor's count may differ by 20 %. The provider's own count decides what is paid.");
        });
    }
}

/// Length, saving, and whether the run in view sent something else.
fn foot_words(cx: &Cx<'_>, set: &OpenSet, index: usize) -> String {
    let mut parts = Vec::new();
    let forecast = cx.state.bench.forecast.value.as_ref().filter(|forecast| forecast.case_tokens.len() == set.cases.len());
    let counted = match forecast {
        Some(forecast) => forecast.case_tokens.get(index).copied().flatten(),
        None => set.cases.get(index).and_then(roughly_counted),
    };
    parts.extend(counted.map(|tokens| format!("about {} tokens in", format_tokens(tokens))));
    parts.push(if set.edited_at.is_some() || set.saving { "saving…" } else { "saved" }.to_owned());
    if edited_since_run(cx, set, index) {
        parts.push("edited since this run".to_owned());
    }
    parts.join(" · ")
}

/// A count without a vocabulary, for the time before there is a forecast; absent for what cannot be sent and for long prompts.
fn roughly_counted(case: &Case) -> Option<u64> {
    let messages = case.render().ok()?;
    let bytes: usize = messages.iter().map(|message| message.content.len()).sum();
    let pictures: u64 = messages.iter().flat_map(|message| &message.images).map(Image::likely_tokens).sum();
    (bytes <= ROUGH_BYTES).then(|| pictures + messages.iter().map(|message| RoughCounter.count_tokens(&message.content)).sum::<u64>())
}

fn edited_since_run(cx: &Cx<'_>, set: &OpenSet, index: usize) -> bool {
    let planned = cx.state.plan_case_index(index).and_then(|planned| cx.state.run_in_view()?.plan.cases.get(planned));
    planned
        .zip(set.cases.get(index))
        .is_some_and(|(sent, now)| (&sent.body, &sent.vars, &sent.images) != (&now.body, &now.vars, &now.images))
}

fn foot(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    Panel::bottom("composer-foot")
        .exact_size(28.0)
        .show_separator_line(false)
        .frame(Frame::new().inner_margin(Margin::symmetric(12, 2)))
        .show(ui, |ui| ui.with_layout(Layout::right_to_left(Align::Center), content));
}

/// Draws the fields. True when the draft was changed.
fn edit(
    cx: &Cx<'_>,
    draft: &mut Draft,
    set: &OpenSet,
    attach: &mut AttachForm,
    details_open: &mut bool,
    wants_focus: &mut bool,
    ui: &mut Ui,
) -> bool {
    let tokens = ui.tokens();
    let room = ui.available_height();
    let mut changed = false;
    ScrollArea::vertical().id_salt("composer").auto_shrink([false, false]).show(ui, |ui| {
        Frame::new().inner_margin(Margin { left: 12, right: 12, top: 10, bottom: 8 }).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = tokens.gap.s;
            let variables = draft.case.variables();
            match &mut draft.case.body {
                PromptBody::Template { system, prompt } => {
                    ui.label(overline("System", tokens));
                    let system = Editor::prompt(system, "System").hint("none").rows(1).show(ui);
                    ui.label(overline("User", tokens));
                    let rows = variables.len() as f32;
                    let below = 84.0 + if variables.is_empty() { 0.0 } else { 26.0 + rows * 44.0 };
                    let above = system.rect.height() + 58.0;
                    let least = if *details_open { USER_LEAST } else { (room - above - below).max(USER_LEAST) };
                    let user =
                        Editor::prompt(prompt, "User").hint("Write a prompt; {{name}} is a variable").rows(3).min_height(least).show(ui);
                    if std::mem::take(wants_focus) {
                        user.request_focus();
                    }
                    changed |= system.changed() || user.changed();
                }
                PromptBody::Messages(messages) => conversation(ui, "messages", messages),
            }
            changed |= case_images(cx, attach, draft.set_id, draft.index, &mut draft.case, ui);
            changed |= variable_fields(&mut draft.case, &variables, ui);
            let icon = if *details_open { icons::CHEVRON_DOWN } else { icons::CHEVRON_RIGHT };
            if ui.add(PushButton::quiet("Title, id, expected, tags").icon(icon).compact()).clicked() {
                *details_open = !*details_open;
            }
            if *details_open {
                let taken = |id: &str| set.cases.iter().enumerate().any(|(index, case)| index != draft.index && case.id == id);
                changed |= case_details(&mut draft.details, &mut draft.case, taken, ui);
            }
        });
    });
    changed
}

/// One field for the value of each variable. True when one was changed.
fn variable_fields(case: &mut Case, variables: &[String], ui: &mut Ui) -> bool {
    if variables.is_empty() {
        return false;
    }
    let tokens = ui.tokens();
    let mut changed = false;
    ui.label(overline("Variables", tokens));
    for name in variables {
        ui.horizontal_top(|ui| {
            let missing = !case.vars.contains_key(name);
            ui.allocate_ui_with_layout(eframe::egui::vec2(NAME_WIDTH, 36.0), Layout::left_to_right(Align::Center), |ui| {
                ui.set_min_width(NAME_WIDTH);
                let color = if missing { tokens.warn } else { tokens.text3 };
                ui.add(Label::new(mono(visible(name).text, tokens).color(color)).truncate());
            });
            let mut value = case.vars.get(name).cloned().unwrap_or_default();
            let hint = if missing { "no value yet" } else { "empty" };
            let field = Editor::new(&mut value, &format!("Value of {name}")).hint(hint).rows(1).show(ui);
            if field.changed() {
                case.vars.insert(name.clone(), value);
                changed = true;
            }
        });
    }
    changed
}
