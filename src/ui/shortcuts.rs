//! The keys. None of them steals typing: single letters work only while no text field has the focus.

use eframe::egui::{Context, Event, Key, KeyboardShortcut, Modifiers};

use crate::app::{BenchCommand, BenchView, Command, ExchangeCommand, PreferenceCommand, Screen};
use crate::domain::{Judgement, Thumb};

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
    if cx.state.screen == Screen::Bench && !ctx.egui_wants_keyboard_input() {
        bench_letters(cx, ctx, &pressed);
    }
}

/// The digit keys, one a column.
const COLUMNS: [Key; 8] = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8];

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
                let column = COLUMNS.iter().position(|column| *column == physical_key.unwrap_or(*key))?;
                Some((column, *modifiers))
            }
            _ => None,
        };
        input.events.iter().filter_map(digit).collect::<Vec<_>>()
    });
    for (column, modifiers) in digits {
        if modifiers.shift && !modifiers.alt && !modifiers.command {
            judge_column(cx, column, Thumb::Up);
        } else if modifiers.alt && !modifiers.shift && !modifiers.command {
            judge_column(cx, column, Thumb::Down);
        }
    }
}

/// Gives the answer in a column a thumb, or takes the same one back.
fn judge_column(cx: &Cx<'_>, column: usize, thumb: Thumb) {
    let Some(row) = cx.state.cell_in_view(column).and_then(|cell| cx.state.run_in_view()?.row(cell)) else { return };
    let given = (row.judgement.thumb != Some(thumb)).then_some(thumb);
    let judgement = Judgement { thumb: given, ..row.judgement.clone() };
    cx.send(Command::Bench(BenchCommand::Judge { trial_id: row.id, judgement }));
}
