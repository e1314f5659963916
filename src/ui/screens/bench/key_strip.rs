//! Why the next run, or a stored one, cannot be sent: the key of one of its connections is not where it should be.

use eframe::egui::{Frame, Margin, Panel, Ui};

use crate::analysis::{capitalised, format_counted};
use crate::app::{BenchCommand, Command, ConnectionCommand, Hindrance};
use crate::domain::KeySource;
use crate::ui::cx::Cx;
use crate::ui::widgets::{Alert, Level, PushButton, visible};

/// Draws the first of what is in the way; nothing when nothing is.
pub(super) fn key_strip(cx: &Cx<'_>, ui: &mut Ui) {
    if cx.state.runs.live.is_some() {
        return;
    }
    let all = cx.state.all_hindrances();
    let Some(first) = all.first() else { return };
    // The next run can be sent.
    let of_stored = first.targets.is_empty();
    let title = format!("{}: {}", if of_stored { "The stored run was not sent" } else { "Not yet" }, visible(&first.why).text);
    let text = format!("{}{}", visible(&capitalised(&first.remedy)).text, more_words(first, all.len() - 1));
    Panel::top("key-missing").frame(Frame::new().inner_margin(Margin::symmetric(14, 8))).show_separator_line(true).show(ui, |ui| {
        ui.push_id(first.connection, |ui| {
            Alert::new(Level::Warn, &title).text(&text).show_with(ui, |ui| buttons(cx, first, ui));
        });
    });
}

fn more_words(hindrance: &Hindrance, others: usize) -> String {
    let targets = match hindrance.targets.len() as u64 {
        0 => String::new(),
        count => format!(" {} it.", if count == 1 { "1 target needs".to_owned() } else { format!("{count} targets need") }),
    };
    match others as u64 {
        0 => targets,
        count => format!("{targets} {} after this.", format_counted(count, "more key is missing", "more keys are missing")),
    }
}

fn buttons(cx: &Cx<'_>, hindrance: &Hindrance, ui: &mut Ui) {
    let id = hindrance.connection;
    if ui.add(PushButton::secondary("Enter the key…")).clicked() {
        cx.send(Command::Connections(ConnectionCommand::EnterKey(id)));
    }
    // Nothing but a keychain changes while the program runs.
    if cx.state.connections.find(id).is_some_and(|connection| connection.key_source == KeySource::Keychain)
        && ui.add(PushButton::secondary("Look again")).clicked()
    {
        cx.send(Command::Connections(ConnectionCommand::RefreshKey(id)));
    }
    let others = cx.state.bench.targets.len() - hindrance.targets.len();
    if !hindrance.targets.is_empty() && others > 0 {
        let name = cx.state.connections.find(id).map_or("it", |connection| connection.name.as_str());
        let label = format!("Run without {}", visible(name).text);
        let left = format_counted(others as u64, "target is left", "targets are left");
        if ui.add(PushButton::quiet(&label).max_width(260.0)).on_hover_text(format!("Takes it off the bench; {left}")).clicked() {
            cx.send(Command::Bench(BenchCommand::LeaveOut(id)));
            cx.send(Command::Bench(BenchCommand::Run));
        }
    }
}
