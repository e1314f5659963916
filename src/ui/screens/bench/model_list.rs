//! The models that a connection offers, narrowed by what is typed; what is typed is itself a model id.

use eframe::egui::{Frame, Label, ScrollArea, Ui};

use crate::app::{AppState, Command, ConnectionCommand, ModelList};
use crate::domain::{Connection, ConnectionId};
use crate::ui::cx::Cx;
use crate::ui::screens::price_words::amounts_short;
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::text::quiet;
use crate::ui::widgets::{Alert, Level, ListRow, PushButton, progress_line, visible};

/// Height of the list, points.
const HEIGHT: f32 = 192.0;

/// The rows of the list, kept until the connection, its models or the filter change.
#[derive(Default)]
pub(super) struct ModelRows {
    made_for: Option<(ConnectionId, String, usize)>,
    rows: Vec<String>,
    asked: Option<ConnectionId>,
}

/// The models known for a connection: its own list, else those of the catalog at its host and the one last used.
fn offered(state: &AppState, connection: &Connection) -> Vec<String> {
    if let Some(ModelList::Known(models)) = state.connections.models.get(&connection.id) {
        return models.to_vec();
    }
    let host = connection.price_host();
    let at_host = state.catalog.entries.iter().filter(|entry| entry.hosts.contains(&host)).flat_map(|entry| entry.models.iter().cloned());
    let mut models: Vec<String> = connection.last_model.iter().cloned().chain(at_host).collect();
    let mut seen = std::collections::BTreeSet::new();
    models.retain(|model| seen.insert(model.clone()));
    models
}

/// The models that hold every word of the filter, in the provider's order.
fn narrowed(models: Vec<String>, filter: &str) -> Vec<String> {
    let filter = filter.to_lowercase();
    let words: Vec<&str> = filter.split_whitespace().collect();
    models.into_iter().filter(|model| words.iter().all(|word| model.to_lowercase().contains(word))).collect()
}

impl ModelRows {
    fn refresh(&mut self, state: &AppState, connection: &Connection, filter: &str) {
        let known = match state.connections.models.get(&connection.id) {
            Some(ModelList::Known(models)) => models.len() + 1,
            _ => 0,
        };
        if self.made_for.as_ref().is_none_or(|(id, text, count)| (*id, text.as_str(), *count) != (connection.id, filter, known)) {
            self.rows = narrowed(offered(state, connection), filter);
            self.made_for = Some((connection.id, filter.to_owned(), known));
        }
    }

    /// Asks for the connection's models, once.
    fn ask(&mut self, cx: &Cx<'_>, id: ConnectionId) {
        if self.asked.replace(id) != Some(id) && !cx.state.connections.models.contains_key(&id) {
            cx.send(Command::Connections(ConnectionCommand::LoadModels(id)));
        }
    }

    /// Draws the list under the field; `filter` is what was typed since a model was picked last. Returns the model that was picked.
    pub(super) fn show(&mut self, cx: &Cx<'_>, connection: &Connection, filter: &str, picked: &str, ui: &mut Ui) -> Option<String> {
        self.ask(cx, connection.id);
        self.refresh(cx.state, connection, filter.trim());
        let tokens = ui.tokens();
        match cx.state.connections.models.get(&connection.id) {
            Some(ModelList::Loading) => {
                progress_line(ui, "Asking for the models", None);
            }
            Some(ModelList::Failed(failure)) => {
                let text = format!("{} You can type a model id above.", visible(&failure.message).text);
                Alert::new(Level::Warn, &format!("The list of models did not come: {}", failure.kind.label())).text(&text).show_with(
                    ui,
                    |ui| {
                        if ui.add(PushButton::secondary("Try again").compact()).clicked() {
                            cx.send(Command::Connections(ConnectionCommand::LoadModels(connection.id)));
                        }
                    },
                );
            }
            Some(ModelList::Known(_)) | None => {}
        }
        let typed = filter.trim();
        let as_typed = (!typed.is_empty() && !self.rows.iter().any(|row| row == typed)).then_some(typed);
        if self.rows.is_empty() && as_typed.is_none() {
            let words = match cx.state.connections.models.get(&connection.id) {
                Some(ModelList::Loading) => "Asking for the list of models…",
                _ => "No list of models: type the id as the provider spells it.",
            };
            ui.add(Label::new(quiet(words, tokens)).wrap());
            return None;
        }
        let rows = &self.rows;
        let count = rows.len() + usize::from(as_typed.is_some());
        let mut chosen = None;
        Frame::new().fill(tokens.bg0).corner_radius(tokens.radius.medium).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let area = ScrollArea::vertical().id_salt(("models", connection.id)).max_height(HEIGHT).auto_shrink([false, true]);
            area.show_rows(ui, tokens.row.list, count, |ui, range| {
                for at in range {
                    let row = match (as_typed, at) {
                        (Some(typed), 0) => typed,
                        (Some(_), at) => &rows[at - 1],
                        (None, at) => &rows[at],
                    };
                    let free = as_typed == Some(row);
                    if model_row(cx, connection, row, free, row == picked, ui) {
                        chosen = Some(row.to_owned());
                    }
                }
            });
        });
        chosen
    }
}

fn model_row(cx: &Cx<'_>, connection: &Connection, model: &str, free: bool, picked: bool, ui: &mut Ui) -> bool {
    let shown = visible(model);
    let words = if free { format!("Use “{}” as typed", shown.text) } else { shown.text.into_owned() };
    let price = cx.state.price_of(connection, model).map(|price| amounts_short(&price)).unwrap_or_default();
    ui.push_id(model, |ui| ListRow::new(&words).trailing(&price).selected(picked).show(ui).clicked()).inner
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_filter_must_be_there() {
        let models = || ["qwen/qwen3-max", "qwen/qwen3-coder", "openai/gpt-4.1"].map(str::to_owned).to_vec();
        assert_eq!(narrowed(models(), "QWEN max"), ["qwen/qwen3-max"]);
        assert_eq!(narrowed(models(), "").len(), 3);
        assert!(narrowed(models(), "claude").is_empty());
    }
}
