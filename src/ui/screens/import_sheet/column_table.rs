//! The columns of a table with what each is taken as.

use eframe::egui::{Align, FontFamily, FontId, Rect, ScrollArea, Sense, Stroke, Ui, UiBuilder, pos2, vec2};

use crate::app::{ColumnMapping, ColumnPreview};
use crate::ui::theme::{HasTokens as _, text};
use crate::ui::widgets::{TextField, cell_text, dropdown, visible};

use super::column_roles::{KINDS, Kind, name_of, with_kind, with_name};

const ROW: f32 = 38.0;
const ROLE: f32 = 176.0;
const NAME: f32 = 140.0;

/// What the table remembers: the name that is being typed, by index of its column.
#[derive(Default)]
pub(in crate::ui::screens) struct ColumnTable {
    typing: Option<(usize, String)>,
}

impl ColumnTable {
    /// Draws it, at most `max_height` points high. Returns the columns as they shall be, when a choice was made.
    pub(in crate::ui::screens) fn show(&mut self, columns: &[ColumnPreview], max_height: f32, ui: &mut Ui) -> Option<ColumnMapping> {
        let tokens = ui.tokens();
        let mut chosen = None;
        ui.spacing_mut().item_spacing.y = 0.0;
        let (header, _) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
        let places = Places::of(header);
        let font = FontId::proportional(tokens.text.small);
        for (place, words) in [(places.header, "Column"), (places.samples, "First values"), (places.role, "Taken as")] {
            cell_text(ui, place, Align::Min, words, font.clone(), tokens.text3);
        }
        ui.painter().hline(header.x_range(), header.bottom(), Stroke::new(1.0, tokens.line));
        ScrollArea::vertical().id_salt("columns").max_height(max_height - 22.0).auto_shrink([false, true]).show_rows(
            ui,
            ROW,
            columns.len(),
            |ui, rows| {
                for index in rows {
                    if let Some(column) = columns.get(index) {
                        let row = ui.push_id(index, |ui| self.row(columns, index, column, ui)).inner;
                        chosen = row.or_else(|| chosen.take());
                    }
                }
            },
        );
        chosen
    }

    fn row(&mut self, columns: &[ColumnPreview], index: usize, column: &ColumnPreview, ui: &mut Ui) -> Option<ColumnMapping> {
        let tokens = ui.tokens();
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
        let places = Places::of(rect);
        let header =
            if column.header.trim().is_empty() { "(no header)".to_owned() } else { visible(column.header.trim()).text.into_owned() };
        let mut labels = ui.new_child(UiBuilder::new().max_rect(places.header));
        labels.set_clip_rect(places.header.intersect(ui.clip_rect()));
        labels.horizontal_centered(|ui| ui.add(eframe::egui::Label::new(text::mono(header.clone(), tokens)).truncate()));
        let samples: Vec<String> = column.samples.iter().map(|sample| one_line(sample)).collect();
        let words = if samples.is_empty() { "always empty".to_owned() } else { samples.join("  ·  ") };
        cell_text(ui, places.samples, Align::Min, &words, FontId::new(tokens.text.base, FontFamily::Proportional), tokens.text2);
        ui.painter().hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, tokens.line));
        let mut role = ui.new_child(UiBuilder::new().id_salt("role").max_rect(places.role));
        let mut kind = Kind::of(&column.role);
        let name = format!("Column {header} is taken as");
        if dropdown(&mut role, &name, &mut kind, &KINDS, ROLE).changed() {
            self.typing = None;
            return Some(with_kind(columns, index, kind));
        }
        let mut field = ui.new_child(UiBuilder::new().id_salt("name").max_rect(places.name));
        self.name_field(columns, index, &header, name_of(&column.role)?, &mut field)
    }

    fn name_field(&mut self, columns: &[ColumnPreview], index: usize, header: &str, known: &str, ui: &mut Ui) -> Option<ColumnMapping> {
        let typing_here = self.typing.as_ref().is_some_and(|(at, _)| *at == index);
        let mut draft = match &self.typing {
            Some((at, draft)) if *at == index => draft.clone(),
            _ => known.to_owned(),
        };
        let response =
            TextField::new(&mut draft, &format!("Name of the variable in column {header}")).mono().width(NAME).char_limit(80).show(ui);
        if response.has_focus() || response.changed() {
            self.typing = Some((index, draft));
            return None;
        }
        if !typing_here {
            return None;
        }
        self.typing = None;
        (draft.trim() != known && !draft.trim().is_empty()).then(|| with_name(columns, index, &draft))
    }
}

/// A text as one line of safe characters.
pub(super) fn one_line(text: &str) -> String {
    let flat: String = text.chars().take(240).map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c }).collect();
    visible(&flat).text.into_owned()
}

/// Where the parts of a row stand.
struct Places {
    header: Rect,
    samples: Rect,
    role: Rect,
    name: Rect,
}

impl Places {
    fn of(row: Rect) -> Self {
        let right = row.right() - 12.0;
        let name = Rect::from_min_max(pos2(right - NAME, row.top() + 4.0), pos2(right, row.bottom() - 4.0));
        let role = Rect::from_min_max(pos2(name.left() - 8.0 - ROLE, name.top()), pos2(name.left() - 8.0, name.bottom()));
        let header = Rect::from_min_max(row.min, pos2(row.left() + ((role.left() - row.left()) * 0.34).max(90.0), row.bottom()));
        let samples = Rect::from_min_max(pos2(header.right() + 8.0, row.top()), pos2(role.left() - 12.0, row.bottom()));
        Self { header, samples, role, name }
    }
}
