//! The export sheet: what of a run is written, and where to.

use eframe::egui::{self, Align, Id, Key, Label, Layout, Response, Ui};

use crate::analysis::{Basis, Cases, TimesOf};
use crate::app::{AppState, Command, ExchangeCommand, ExportKind, ExportSheet, OpenRun};
use crate::domain::RunId;
use crate::ui::cx::Cx;
use crate::ui::theme::{HasTokens as _, text};
use crate::ui::widgets::{
    Alert, FormRow, Level, PushButton, SelectCard, Sheet, TextField, bar, progress_line, segmented, simulated_badge, visible,
};

/// What the sheet remembers: the path while it is being typed.
#[derive(Default)]
pub(crate) struct ExportView {
    path: String,
}

/// The kinds of export, what each is called, and what is in it; the summary is as it is on screen.
fn kinds(basis: Basis) -> [(ExportKind, &'static str, &'static str); 4] {
    [
        (ExportKind::Comparison, "Comparison", "One row a trial: every answer with its times, tokens, cost and judgement."),
        (ExportKind::Summary { basis }, "Summary", "One row a target: percentiles, failures, cost per 1,000 requests."),
        (
            ExportKind::SideBySide { all_repeats: false },
            "Side by side",
            "One row a case, the targets' answers beside each other, for reading.",
        ),
        (ExportKind::Json, "JSON", "Everything, lossless: settings, prices, attempts and answers."),
    ]
}

/// Draws the sheet while it is open.
pub(super) fn show(cx: &Cx<'_>, view: &mut ExportView, ctx: &egui::Context) {
    let Some(sheet) = &cx.state.exchange.export else {
        view.path.clear();
        return;
    };
    view.path.clone_from(&sheet.path);
    let ready = !sheet.writing && !sheet.path.trim().is_empty();
    let done = sheet.written.is_some();
    let shown = Sheet::new(Id::unique("export"), "Export the run").width(740.0).show(
        ctx,
        |ui| body(cx, view, sheet, ui),
        |ui| {
            if done {
                return (false, ui.add(PushButton::primary("Done")).clicked());
            }
            let label = if sheet.writing { "Writing…" } else { "Write file" };
            let write = ui.add_enabled(ready, PushButton::primary(label)).clicked();
            (write, ui.add(PushButton::quiet("Cancel")).clicked())
        },
    );
    if shown.opened {
        shown.body.request_focus();
    }
    let entered = shown.body.lost_focus() && ctx.input(|input| input.key_pressed(Key::Enter));
    let (write, close) = shown.foot;
    if write || (entered && ready && !done) {
        cx.send(Command::Exchange(ExchangeCommand::CommitExport));
    } else if close || shown.closed {
        cx.send(Command::Exchange(ExchangeCommand::CancelExport));
    }
}

fn body(cx: &Cx<'_>, view: &mut ExportView, sheet: &ExportSheet, ui: &mut Ui) -> Response {
    let tokens = ui.tokens();
    if let Some(title) = run_words(cx.state, sheet.run_id) {
        bar(ui, |ui| {
            if is_simulated(cx.state, sheet.run_id) {
                simulated_badge(ui);
            }
            ui.add(Label::new(text::quiet(title, tokens)).truncate());
        });
    }
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.add_enabled_ui(!sheet.writing, |ui| {
            let left_out = cx.state.runs.open.get(&sheet.run_id).map(OpenRun::left_out).unwrap_or_default();
            for (kind, name, sentence) in kinds(Basis { left_out, ..cx.state.bench.basis() }) {
                kind_card(cx, sheet.kind, kind, name, sentence, ui);
            }
        });
    });
    if let ExportKind::SideBySide { all_repeats } = sheet.kind {
        FormRow::new("Repeats").label_width(70.0).show(ui, |ui| {
            let mut all = all_repeats;
            if segmented(ui, "Repeats", &mut all, &[(false, "The first of each case"), (true, "All repeats")]).changed() {
                cx.send(Command::Exchange(ExchangeCommand::SetExportKind(ExportKind::SideBySide { all_repeats: all })));
            }
        });
    }
    if let ExportKind::Summary { basis } = sheet.kind {
        let choose = |basis| cx.send(Command::Exchange(ExchangeCommand::SetExportKind(ExportKind::Summary { basis })));
        FormRow::new("Answers").label_width(70.0).show(ui, |ui| {
            let mut cases = basis.cases;
            let options = [(Cases::InCommon, "Cases in common"), (Cases::AllAnswered, "All answered")];
            if segmented(ui, "Answers", &mut cases, &options).changed() {
                choose(Basis { cases, ..basis });
            }
        });
        FormRow::new("Times").label_width(70.0).show(ui, |ui| {
            let mut times_of = basis.times_of;
            let options = [(TimesOf::AllTrials, "Of all trials"), (TimesOf::KeptConnections, "Without new connections")];
            if segmented(ui, "Times", &mut times_of, &options).changed() {
                choose(Basis { times_of, ..basis });
            }
        });
    }
    let path = path_row(cx, view, sheet, ui);
    let mut notes = Vec::new();
    if sheet.kind != ExportKind::Json {
        notes.push("Text that a spreadsheet could run as a formula is guarded with an apostrophe.");
    }
    if is_simulated(cx.state, sheet.run_id) {
        notes.push("This run is simulated, and the file says so.");
    }
    notes.push("Keys are never written: an export that would hold one is refused.");
    ui.label(text::small(notes.join(" "), tokens));
    outcome(sheet, ui);
    path
}

fn kind_card(cx: &Cx<'_>, chosen: ExportKind, kind: ExportKind, name: &str, sentence: &str, ui: &mut Ui) {
    let tokens = ui.tokens();
    let selected = std::mem::discriminant(&chosen) == std::mem::discriminant(&kind);
    let card = SelectCard::new(Id::unique("export kind").with(name), name, selected).show(ui, |ui| {
        ui.horizontal(|ui| {
            let (rect, _) = ui.allocate_exact_size(egui::vec2(18.0, 18.0), egui::Sense::hover());
            radio_mark(ui, rect, selected);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 1.0;
                ui.label(text::strong(name, tokens));
                ui.add(Label::new(text::quiet(sentence, tokens)).wrap());
            });
        });
    });
    if card.response.clicked() && !selected {
        cx.send(Command::Exchange(ExchangeCommand::SetExportKind(kind)));
    }
}

/// The sign of the one that is chosen.
fn radio_mark(ui: &Ui, rect: egui::Rect, selected: bool) {
    let tokens = ui.tokens();
    let ink = if selected { tokens.accent } else { tokens.text3 };
    ui.painter().circle_stroke(rect.center(), 6.0, (1.5, ink));
    if selected {
        ui.painter().circle_filled(rect.center(), 3.0, ink);
    }
}

fn path_row(cx: &Cx<'_>, view: &mut ExportView, sheet: &ExportSheet, ui: &mut Ui) -> Response {
    let missing = "No place was chosen in a dialog: type the path here.";
    let hint = if sheet.dialog_missing { missing } else { "A file of that name is replaced." };
    let row = FormRow::new("File").label_width(70.0).hint(hint);
    let inputs = row.show(ui, |ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.add_enabled(!sheet.writing, PushButton::secondary("Browse…")).clicked() {
                cx.send(Command::Exchange(ExchangeCommand::BrowseExport));
            }
            let field = ui.add_enabled_ui(!sheet.writing, |ui| TextField::new(&mut view.path, "Export path").mono().show(ui)).inner;
            if field.changed() {
                cx.send(Command::Exchange(ExchangeCommand::SetExportPath(view.path.clone())));
            }
            field
        })
        .inner
    });
    inputs.inner
}

fn outcome(sheet: &ExportSheet, ui: &mut Ui) {
    if sheet.writing {
        progress_line(ui, "Writing the file", None);
    } else if let Some(error) = &sheet.error {
        Alert::new(Level::Bad, "The file was not written").text(&visible(error).text).show(ui);
    } else if let Some(path) = &sheet.written {
        let words = format!("Written to {}", visible(&path.display().to_string()).text);
        Alert::new(Level::Good, &words).show(ui);
    }
}

/// The run in words; absent when nothing of it is loaded.
fn run_words(state: &AppState, id: RunId) -> Option<String> {
    let (name, version, targets) = if let Some(run) = state.runs.open.get(&id) {
        let labels: Vec<&str> = run.plan.targets.iter().map(|target| target.label.as_str()).collect();
        (run.plan.prompt_set_name.as_str(), run.plan.prompt_set_version, labels)
    } else {
        let head = state.history.heads.iter().find(|head| head.id == id)?;
        (head.prompt_set_name.as_str(), head.prompt_set_version, head.target_labels.iter().map(String::as_str).collect())
    };
    Some(visible(&format!("{name} · v{version} · {}", targets.join(", "))).text.into_owned())
}

fn is_simulated(state: &AppState, id: RunId) -> bool {
    match state.runs.open.get(&id) {
        Some(run) => run.plan.is_simulated(),
        None => state.history.heads.iter().any(|head| head.id == id && head.simulated),
    }
}
