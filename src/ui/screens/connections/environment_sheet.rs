//! Keys that are in the environment already: which of them shall become connections.

use std::collections::BTreeSet;

use eframe::egui::{Align, Context, Id, Label, Layout};

use crate::app::{Command, ConnectionCommand, EnvironmentKey};
use crate::ui::cx::Cx;
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::text::{mono, quiet, small};
use crate::ui::widgets::{PushButton, Sheet, bar, check_box};

/// What the sheet remembers for itself.
#[derive(Debug, Default)]
pub(super) struct EnvironmentSheet {
    pub(super) is_open: bool,
    /// Variables that shall not be taken.
    left_out: BTreeSet<String>,
}

impl EnvironmentSheet {
    /// Draws the sheet while it is open.
    pub(super) fn show(&mut self, cx: &Cx<'_>, ctx: &Context) {
        if !self.is_open {
            return;
        }
        let tokens = ctx.tokens();
        let found = &cx.state.connections.in_environment;
        let chosen = found.iter().filter(|key| !self.left_out.contains(&key.variable)).count();
        let shown = Sheet::new(Id::unique("import from environment"), "Import from environment").width(520.0).show(
            ctx,
            |ui| {
                if found.is_empty() {
                    let words =
                        "No further key was found in the environment that Assay was started from. Known are names such as OPENAI_API_KEY.";
                    ui.add(Label::new(quiet(words, tokens)).wrap());
                    return;
                }
                let words = "Each becomes a connection that reads its key from the variable at each start of a run. The key is not copied.";
                ui.add(Label::new(quiet(words, tokens)).wrap());
                ui.add_space(tokens.gap.s);
                for key in found {
                    ui.push_id(&key.variable, |ui| self.row(cx, ui, key));
                }
            },
            |ui| {
                let label = match chosen {
                    0 => "Add connections".to_owned(),
                    1 => "Add 1 connection".to_owned(),
                    count => format!("Add {count} connections"),
                };
                let add = ui.add_enabled(chosen > 0, PushButton::primary(&label)).clicked();
                let cancel = ui.add(PushButton::secondary("Cancel")).clicked();
                (add, cancel)
            },
        );
        let (add, cancel) = shown.foot;
        if add {
            let keys = found.iter().filter(|key| !self.left_out.contains(&key.variable));
            let keys = keys.map(|key| (key.preset_id.clone(), key.variable.clone())).collect();
            cx.send(Command::Connections(ConnectionCommand::AddFromEnvironment(keys)));
        }
        if add || cancel || shown.closed {
            *self = Self::default();
        }
    }

    fn row(&mut self, cx: &Cx<'_>, ui: &mut eframe::egui::Ui, key: &EnvironmentKey) {
        let tokens = ui.tokens();
        let name = cx.state.presets.find(&key.preset_id).map_or(key.preset_id.as_str(), |preset| preset.name.as_str());
        bar(ui, |ui| {
            let mut taken = !self.left_out.contains(&key.variable);
            if check_box(ui, &mut taken, name).changed() {
                if taken {
                    self.left_out.remove(&key.variable);
                } else {
                    self.left_out.insert(key.variable.clone());
                }
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.label(small(&key.masked, tokens));
                ui.add(Label::new(mono(format!("${}", key.variable), tokens).color(tokens.text2)).truncate());
            });
        });
    }
}
