//! The keys. None of them steals typing: single letters work only while no text field has the focus.

use eframe::egui::{Context, Event, Key, KeyboardShortcut, Modifiers};

use crate::app::{BenchCommand, BenchView, Command, ExchangeCommand, PreferenceCommand, Screen};
use crate::domain::{Judgement, Thumb, TrialRow};

use super::current_column::CurrentColumn;
use super::cx::Cx;

const COMMAND: Modifiers = Modifiers::COMMAND;

/// Every shortcut with what it does, for the settings screen.
pub(super) const LIST: &[(&str, &str)] = &[
    ("Ctrl Enter", "Run"),
    ("Ctrl 1 … 4", "Bench, Sets, History, Connections"),
    ("Ctrl ,", "Settings"),
    ("Ctrl I", "Import prompts…"),
    ("Ctrl E", "Export the run in view…"),
    ("J / K, or Alt ↓ / Alt ↑", "Next and previous case"),
    ("A, T, S", "Answers, Table, Summary"),
    ("D", "Diff to baseline"),
    ("← / →", "Current column of the answers"),
    ("1 … 5", "Score for the answer in the current column; again, or 0 or Backspace, to take it back"),
    ("N", "Note on the answer in the current column; Esc leaves it"),
    ("Shift 1 … 8", "Thumb up for the answer in column 1 … 8; again to take it back"),
    ("Alt 1 … 8", "Thumb down for the answer in column 1 … 8; again to take it back"),
    ("Esc", "Close a sheet"),
    ("Ctrl + / − / 0", "Zoom"),
];

/// Sends what the pressed keys mean.
pub(super) fn dispatch(cx: &Cx<'_>, ctx: &Context) {
    let pressed = |modifiers: Modifiers, key: Key| ctx.input_mut(|input| input.consume_shortcut(&KeyboardShortcut::new(modifiers, key)));
    // Behind an open sheet a key would act on what cannot be seen.
    if eframe::egui::Popup::is_any_open(ctx) || ctx.memory(|memory| memory.top_modal_layer().is_some()) {
        return;
    }
    if pressed(COMMAND, Key::Enter) && cx.state.screen == Screen::Bench && !cx.state.is_first_run() {
        cx.send(Command::Bench(BenchCommand::Run));
    }
    let screens = [(Key::Num1, Screen::Bench), (Key::Num2, Screen::Sets), (Key::Num3, Screen::History), (Key::Num4, Screen::Connections)];
    for (key, screen) in screens {
        if pressed(COMMAND, key) {
            cx.send(Command::Go(screen));
        }
    }
    if pressed(COMMAND, Key::Comma) {
        cx.send(Command::Go(Screen::Settings));
    }
    if pressed(COMMAND, Key::I) {
        cx.send(Command::Exchange(ExchangeCommand::BeginImport));
    }
    if pressed(COMMAND, Key::E)
        && let Some(run) = cx.state.bench.run
    {
        cx.send(Command::Exchange(ExchangeCommand::BeginExport(run)));
    }
    let zoom = cx.state.preferences.settings.zoom_percent;
    for (key, percent) in [(Key::Plus, zoom + 10), (Key::Equals, zoom + 10), (Key::Minus, zoom.saturating_sub(10)), (Key::Num0, 100)] {
        if pressed(COMMAND, key) {
            cx.send(Command::Preferences(PreferenceCommand::SetZoom(percent)));
        }
    }
    if pressed(Modifiers::ALT, Key::ArrowDown) {
        cx.send(Command::Bench(BenchCommand::NextCase));
    }
    if pressed(Modifiers::ALT, Key::ArrowUp) {
        cx.send(Command::Bench(BenchCommand::PreviousCase));
    }
    if cx.state.screen == Screen::Bench && !ctx.text_edit_focused() {
        bench_letters(cx, ctx, &pressed);
    }
}

/// The digit keys from 0.
const DIGITS: [Key; 9] = [Key::Num0, Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8];

fn bench_letters(cx: &Cx<'_>, ctx: &Context, pressed: &impl Fn(Modifiers, Key) -> bool) {
    let letters = [
        (Key::J, BenchCommand::NextCase),
        (Key::K, BenchCommand::PreviousCase),
        (Key::A, BenchCommand::SetView(BenchView::Answers)),
        (Key::T, BenchCommand::SetView(BenchView::Table)),
        (Key::S, BenchCommand::SetView(BenchView::Summary)),
        (Key::D, BenchCommand::SetDiff(!cx.state.bench.diff)),
    ];
    for (key, command) in letters {
        if pressed(Modifiers::NONE, key) {
            cx.send(Command::Bench(command));
        }
    }
    // By place on the keyboard: with Shift held, a digit key makes another character on most layouts.
    let digits = ctx.input(|input| {
        let digit = |event: &Event| match event {
            Event::Key { key, physical_key, pressed: true, repeat: false, modifiers } => {
                let digit = DIGITS.iter().position(|digit| *digit == physical_key.unwrap_or(*key))?;
                Some((digit, *modifiers))
            }
            _ => None,
        };
        input.events.iter().filter_map(digit).collect::<Vec<_>>()
    });
    // An answer that is not on screen is not judged.
    let Some(column) = cx.state.current_column().filter(|_| cx.state.bench.view == BenchView::Answers) else { return };
    for (digit, modifiers) in digits {
        match digit.checked_sub(1) {
            Some(nth) if modifiers.shift && !modifiers.alt && !modifiers.command => give_thumb(cx, nth, Thumb::Up),
            Some(nth) if modifiers.alt && !modifiers.shift && !modifiers.command => give_thumb(cx, nth, Thumb::Down),
            _ if modifiers.any() => {}
            _ if digit > 5 || row_in(cx, column).is_none() => {}
            _ if CurrentColumn::is_seen(ctx) => give_score(cx, column, digit as u8),
            _ => {}
        }
    }
    if pressed(Modifiers::NONE, Key::Backspace) && row_in(cx, column).is_some() && CurrentColumn::is_seen(ctx) {
        give_score(cx, column, 0);
    }
    if pressed(Modifiers::NONE, Key::N)
        && let Some(row) = row_in(cx, column)
        && CurrentColumn::is_seen(ctx)
    {
        cx.send(Command::Bench(BenchCommand::OpenNote(row.id)));
    }
    // Arrows belong to whatever has the focus.
    if !ctx.egui_wants_keyboard_input() {
        if pressed(Modifiers::NONE, Key::ArrowRight) {
            cx.send(Command::Bench(BenchCommand::SelectColumn(column + 1)));
        }
        if pressed(Modifiers::NONE, Key::ArrowLeft) {
            cx.send(Command::Bench(BenchCommand::SelectColumn(column.saturating_sub(1))));
        }
    }
}

/// The trial of the case in view in this column.
fn row_in<'a>(cx: &'a Cx<'_>, column: usize) -> Option<&'a TrialRow> {
    cx.state.run_in_view()?.row(cx.state.cell_in_view(column)?)
}

fn judge(cx: &Cx<'_>, row: &TrialRow, judgement: Judgement) {
    cx.send(Command::Bench(BenchCommand::Judge { trial_id: row.id, judgement }));
}

/// Gives the answer in a column a thumb, or takes the same one back.
fn give_thumb(cx: &Cx<'_>, column: usize, thumb: Thumb) {
    if let Some(row) = row_in(cx, column) {
        let given = (row.judgement.thumb != Some(thumb)).then_some(thumb);
        judge(cx, row, Judgement { thumb: given, ..row.judgement.clone() });
    }
}

/// Gives the answer in a column a score, or takes the same one back; 0 takes any back.
fn give_score(cx: &Cx<'_>, column: usize, points: u8) {
    if let Some(row) = row_in(cx, column) {
        let given = (points > 0 && row.judgement.score != Some(points)).then_some(points);
        if given != row.judgement.score {
            judge(cx, row, Judgement { score: given, ..row.judgement.clone() });
        }
    }
}
