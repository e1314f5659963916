//! The screen: its bar, its parts, and what stands there while there is nothing to show.

use eframe::egui::{self, CentralPanel, Event, Frame, Margin, Panel, Ui};

use crate::app::{AppState, BenchCommand, Command, ExchangeCommand, OpenSet, PromptCommand, Screen, read_pasted_rows};
use crate::domain::{PromptSetHead, PromptSetId};
use crate::ui::cx::Cx;
use crate::ui::screens::screen_frame::screen_frame;
use crate::ui::theme::{HasTokens as _, icons, text};
use crate::ui::widgets::{EmptyState, PushButton, progress_line, visible};

use super::case_columns::{CaseColumns, Column};
use super::case_table::CaseTable;
use super::conversation_sheet;
use super::export_set_sheet::{self, ExportSet};
use super::name_sheet;
use super::paste_sheet::PasteSheet;
use super::set_head::{self, HeadAction, NameEdit};
use super::set_list;
use super::table_bar::{self, BarAction};

/// The screen of prompt sets.
#[derive(Default)]
pub(crate) struct SetsScreen {
    search_sets: String,
    search_cases: String,
    /// The set in view in the last frame.
    shown: Option<PromptSetId>,
    table: CaseTable,
    columns: CaseColumns,
    renaming: Option<NameEdit>,
    /// A case was added when there were so many.
    added_to: Option<usize>,
    naming: Option<String>,
    pasting: Option<PasteSheet>,
    exporting: Option<ExportSet>,
}

impl SetsScreen {
    /// Draws the screen.
    pub(crate) fn show(&mut self, cx: &Cx<'_>, ui: &mut Ui) {
        let mut new_set = false;
        screen_frame(
            ui,
            "Sets",
            |_| {},
            |ui| {
                if ui.add(PushButton::primary("Import…").icon(icons::DOWNLOAD)).clicked() {
                    cx.send(Command::Exchange(ExchangeCommand::BeginImport));
                }
                new_set = ui.add(PushButton::secondary("New set…").icon(icons::PLUS)).clicked();
            },
            |ui| self.content(cx, ui),
        );
        if new_set {
            self.naming = Some(String::new());
        }
        self.sheets(cx, ui.ctx());
    }

    /// Keeps what is being typed, before another screen is shown.
    pub(crate) fn leave(&mut self, cx: &Cx<'_>) {
        if cx.state.screen != Screen::Sets {
            self.table.commit(cx);
        }
    }

    fn content(&mut self, cx: &Cx<'_>, ui: &mut Ui) {
        let tokens = ui.tokens();
        if !cx.state.ready {
            busy("Reading the archive…", ui);
            return;
        }
        if cx.state.prompts.listed().next().is_none() {
            let sentence =
                "A prompt set is a list of cases that go to every target. Import one from CSV, JSON or promptfoo YAML, or make a new one.";
            if EmptyState::new(icons::SETS, "No prompt sets yet", sentence).action("Import prompts…").show(ui) {
                cx.send(Command::Exchange(ExchangeCommand::BeginImport));
            }
            return;
        }
        let width = if ui.available_width() < 1000.0 { 220.0 } else { 280.0 };
        Panel::left("set-list")
            .exact_size(width)
            .resizable(false)
            .frame(Frame::new().inner_margin(Margin::symmetric(tokens.gap.s as i8, tokens.gap.m as i8)))
            .show(ui, |ui| set_list::show(cx, &mut self.search_sets, ui));
        CentralPanel::no_frame().show(ui, |ui| self.set(cx, ui));
    }

    fn set(&mut self, cx: &Cx<'_>, ui: &mut Ui) {
        let Some(head) = selected(cx.state) else {
            EmptyState::new(icons::SETS, "No set chosen", "Choose one in the list to see and edit its cases.").show(ui);
            return;
        };
        if self.shown != Some(head.id) {
            self.table.commit(cx);
            self.shown = Some(head.id);
            self.search_cases.clear();
            self.renaming = None;
            self.added_to = None;
        }
        let Some(set) = cx.state.prompts.open.get(&head.id) else {
            busy(&format!("Reading “{}”…", visible(&head.name).text), ui);
            return;
        };
        self.columns.refresh(set, &self.search_cases);
        self.go_to_added(set);
        let tokens = ui.tokens();
        let margin =
            |top: f32, bottom: f32| Margin { left: tokens.gap.xl as i8, right: tokens.gap.l as i8, top: top as i8, bottom: bottom as i8 };
        Frame::new().inner_margin(margin(tokens.gap.m, tokens.gap.s)).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = tokens.gap.xs;
            if let Some(action) = set_head::show(cx, head, set, &self.columns, &mut self.renaming, ui) {
                self.act(cx, head, action);
            }
            if let Some(action) = table_bar::show(set, &self.columns, &mut self.search_cases, ui) {
                self.act_on_table(cx, set, action);
            }
        });
        if self.columns.rows.is_empty() {
            let sentence = format!("No case holds “{}”.", visible(self.search_cases.trim()).text);
            if EmptyState::new(icons::SEARCH, "Nothing found", &sentence).action("Show all cases").show(ui) {
                self.search_cases.clear();
            }
            self.table.commit(cx);
        } else {
            self.table.show(cx, set, &self.columns, ui);
        }
        self.take_pasted(cx, set, ui.ctx());
    }

    /// After a case was added, its prompt is the next thing to write.
    fn go_to_added(&mut self, set: &OpenSet) {
        if self.added_to.is_some_and(|before| set.cases.len() > before) {
            self.added_to = None;
            self.table.go_to_end(Some((set.cases.len() - 1, Column::Prompt)));
        }
    }

    fn act(&mut self, cx: &Cx<'_>, head: &PromptSetHead, action: HeadAction) {
        self.table.commit(cx);
        match action {
            HeadAction::UseOnBench => cx.send(Command::Bench(BenchCommand::ChooseSet(head.id))),
            HeadAction::Rename(name) => cx.send(Command::Prompts(PromptCommand::Rename { id: head.id, name })),
            HeadAction::Duplicate => cx.send(Command::Prompts(PromptCommand::Duplicate(head.id))),
            HeadAction::Delete => cx.send(Command::Prompts(PromptCommand::Delete(head.id))),
            HeadAction::Export(kind) => self.exporting = Some(ExportSet::new(head, kind, &cx.state.exchange.documents)),
        }
    }

    fn act_on_table(&mut self, cx: &Cx<'_>, set: &OpenSet, action: BarAction) {
        self.table.commit(cx);
        match action {
            BarAction::AddCase => {
                self.search_cases.clear();
                self.added_to = Some(set.cases.len());
                cx.send(Command::Prompts(PromptCommand::AddCase(set.head.id)));
            }
            BarAction::PasteRows => self.pasting = Some(PasteSheet::new(set.head.id, String::new())),
            BarAction::Undo => cx.send(Command::Prompts(PromptCommand::Undo(set.head.id))),
        }
    }

    /// A table pasted while nothing is being typed is added to the set: at once when it says itself what its columns are, else after a look.
    fn take_pasted(&mut self, cx: &Cx<'_>, set: &OpenSet, ctx: &egui::Context) {
        let covered = self.pasting.is_some() || self.exporting.is_some() || self.naming.is_some() || self.table.conversation.is_some();
        if covered || cx.state.exchange.import.is_some() || cx.state.exchange.export.is_some() || ctx.text_edit_focused() {
            return;
        }
        let pasted = ctx.input(|input| {
            input.events.iter().find_map(|event| match event {
                Event::Paste(text) if !text.trim().is_empty() => Some(text.clone()),
                _ => None,
            })
        });
        let Some(text) = pasted else { return };
        match read_pasted_rows(&text, None, None) {
            Ok(rows) if rows.has_header && rows.skipped.is_empty() && text.contains('\t') => {
                self.search_cases.clear();
                self.table.go_to_end(None);
                cx.send(Command::Prompts(PromptCommand::AppendCases { id: set.head.id, cases: rows.cases }));
            }
            _ => self.pasting = Some(PasteSheet::new(set.head.id, text)),
        }
    }

    fn sheets(&mut self, cx: &Cx<'_>, ctx: &egui::Context) {
        if let Some(name) = &mut self.naming {
            let named = name_sheet::show(name, ctx);
            if named.create {
                cx.send(Command::Prompts(PromptCommand::Create { name: name.trim().to_owned() }));
            }
            if named.create || named.closed {
                self.naming = None;
            }
        }
        if let Some(sheet) = &mut self.pasting {
            let done = sheet.show(cx, ctx);
            if done.added {
                self.search_cases.clear();
                self.table.go_to_end(None);
            }
            if done.closed || done.added {
                self.pasting = None;
            }
        }
        if let Some(export) = &mut self.exporting
            && export_set_sheet::show(cx, export, ctx)
        {
            self.exporting = None;
        }
        if let Some(index) = self.table.conversation {
            let case = self.shown.and_then(|id| cx.state.prompts.open.get(&id)).and_then(|set| set.cases.get(index));
            if case.is_none_or(|case| conversation_sheet::show(case, ctx)) {
                self.table.conversation = None;
            }
        }
    }
}

/// The set on the screen, when it is there.
fn selected(state: &AppState) -> Option<&PromptSetHead> {
    let id = state.prompts.selected?;
    state.prompts.listed().find(|head| head.id == id)
}

fn busy(words: &str, ui: &mut Ui) {
    let tokens = ui.tokens();
    progress_line(ui, words, None);
    Frame::new().inner_margin(Margin::same(tokens.gap.xl as i8)).show(ui, |ui| ui.label(text::quiet(words, tokens)));
}
