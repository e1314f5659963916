//! What stands above a set's table: its name, its version, and what can be done with the whole of it.

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{Align, FontId, Id, Key, Label, Layout, Role, Ui, WidgetInfo};

use crate::analysis::format_counted;
use crate::app::{OpenSet, PromptFileKind};
use crate::domain::{PromptSetHead, PromptSetKind};
use crate::ui::cx::Cx;
use crate::ui::theme::{HasTokens as _, icons, text};
use crate::ui::widgets::{Emphasis, IconButton, MenuButton, PushButton, TextField, badge, bar, menu_item, visible};

use super::case_columns::CaseColumns;

/// What a person wants of the set.
pub(super) enum HeadAction {
    UseOnBench,
    Rename(String),
    Duplicate,
    Delete,
    Export(PromptFileKind),
}

/// The name while it is being typed.
pub(super) struct NameEdit {
    draft: String,
    has_focus: bool,
}

/// Longest name of a set, characters.
const NAME_CHARS: usize = 60;
/// Room for the buttons at the right, points.
const BUTTONS: f32 = 260.0;

/// Draws it.
pub(super) fn show(
    cx: &Cx<'_>,
    head: &PromptSetHead,
    set: &OpenSet,
    columns: &CaseColumns,
    renaming: &mut Option<NameEdit>,
    ui: &mut Ui,
) -> Option<HeadAction> {
    let mut action = None;
    bar(ui, |ui| {
        action = name(head, renaming, ui);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            action = buttons(ui).or_else(|| action.take());
        });
    });
    facts(cx, head, set, columns, ui);
    action
}

fn name(head: &PromptSetHead, renaming: &mut Option<NameEdit>, ui: &mut Ui) -> Option<HeadAction> {
    let tokens = ui.tokens();
    let room = (ui.available_width() - BUTTONS).max(120.0);
    let Some(edit) = renaming else {
        let name = visible(&head.name).text;
        ui.scope(|ui| {
            ui.set_max_width(room - 110.0);
            ui.add(Label::new(text::title(name.clone(), tokens)).truncate()).on_hover_text(name.as_ref());
        });
        if ui.add(IconButton::new(icons::PENCIL, "Rename this set")).clicked() {
            *renaming = Some(NameEdit { draft: head.name.clone(), has_focus: false });
        }
        badge(ui, &format!("v{}", head.version));
        if head.kind == PromptSetKind::Sample {
            badge(ui, "sample");
        }
        return None;
    };
    let field = TextField::new(&mut edit.draft, "Name of the set")
        .id(Id::unique("set name").with(head.id))
        .width(room.min(360.0))
        .char_limit(NAME_CHARS);
    let response = field.show(ui);
    if !edit.has_focus {
        response.request_focus();
        edit.has_focus = response.has_focus();
        return None;
    }
    if !response.lost_focus() {
        return None;
    }
    let name = edit.draft.trim().to_owned();
    *renaming = None;
    let left = ui.input(|input| input.key_pressed(Key::Escape)) || name == head.name;
    (!left).then_some(HeadAction::Rename(name))
}

fn buttons(ui: &mut Ui) -> Option<HeadAction> {
    let mut action = None;
    if ui.add(PushButton::secondary("Use on the bench").icon(icons::BENCH)).clicked() {
        action = Some(HeadAction::UseOnBench);
    }
    MenuButton::new("More", Emphasis::Quiet).name("More for this set").show(ui, |ui| {
        for (icon, label, chosen) in [
            (icons::COPY, "Duplicate", HeadAction::Duplicate),
            (icons::UPLOAD, "Export as JSON Lines…", HeadAction::Export(PromptFileKind::JsonL)),
            (icons::UPLOAD, "Export as CSV…", HeadAction::Export(PromptFileKind::Csv)),
            (icons::TRASH, "Delete", HeadAction::Delete),
        ] {
            if menu_item(ui, Some(icon), label, None).clicked() {
                action = Some(chosen);
            }
        }
    });
    action
}

fn facts(cx: &Cx<'_>, head: &PromptSetHead, set: &OpenSet, columns: &CaseColumns, ui: &mut Ui) {
    let tokens = ui.tokens();
    let saved = if set.saving || set.edited_at.is_some() {
        "saving…"
    } else if cx.state.prompts.saved_at.is_some() && set.revision > 0 {
        "saved"
    } else {
        "edits are saved as you make them"
    };
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = tokens.gap.m;
        ui.add(Label::new(text::small(format_counted(set.cases.len() as u64, "case", "cases"), tokens)).extend());
        ui.add(Label::new(text::small(saved, tokens)).extend());
        if head.frozen {
            let words = format!("v{} was used by a run; the next edit starts v{}", head.version, head.version + 1);
            let label = ui.add(Label::new(text::small(words, tokens)).extend());
            label.on_hover_text("A run keeps the version that it used, so that its answers can be judged later.");
        }
        if columns.incomplete > 0 {
            let words = format!("{} a value", format_counted(columns.incomplete as u64, "case needs", "cases need"));
            warning(&words, ui);
        }
        if columns.hidden_variables > 0 {
            warning(&format!("{} more variables have no column here", columns.hidden_variables), ui);
        }
    });
}

fn warning(words: &str, ui: &mut Ui) {
    let tokens = ui.tokens();
    let mut job = LayoutJob::default();
    let icon = TextFormat { valign: Align::Center, ..TextFormat::simple(icons::font(tokens.text.base), tokens.warn) };
    job.append(&icons::WARNING.glyph().to_string(), 0.0, icon);
    job.append(
        words,
        tokens.gap.xs,
        TextFormat { valign: Align::Center, ..TextFormat::simple(FontId::proportional(tokens.text.small), tokens.warn) },
    );
    let response = ui.add(Label::new(job).extend());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
}
