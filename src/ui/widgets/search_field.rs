//! A field that narrows what is shown.

use egui::{Id, Margin, Rect, Response, Role, TextEdit, Ui, UiBuilder, pos2, vec2};

use super::IconButton;
use super::text_field::id_of_field;
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::icons::{self, icon_text};

/// A field that narrows what is shown, with a × while it holds text.
#[must_use = "call show"]
pub struct SearchField<'a> {
    text: &'a mut String,
    name: &'a str,
    id: Option<Id>,
    width: f32,
}

impl<'a> SearchField<'a> {
    /// A field called `name`, which is also its hint.
    pub fn new(text: &'a mut String, name: &'a str) -> Self {
        Self { text, name, id: None, width: 220.0 }
    }

    /// Its id, for giving it the focus.
    pub fn id(mut self, id: Id) -> Self {
        self.id = Some(id);
        self
    }

    /// Its width, points.
    pub fn width(mut self, points: f32) -> Self {
        self.width = points;
        self
    }

    /// Draws it. The response has changed when the text has, by typing or by the ×.
    pub fn show(self, ui: &mut Ui) -> Response {
        let tokens = ui.tokens();
        let width = self.width.min(ui.available_width());
        let mut edit = TextEdit::singleline(self.text)
            .hint_text(self.name)
            .prefix(icon_text(icons::SEARCH, 13.0, tokens.text3))
            .desired_width(width)
            .min_size(vec2(width, tokens.row.control))
            .align(egui::Align2::LEFT_CENTER)
            .margin(Margin { left: 9, right: 28, top: 6, bottom: 6 });
        edit = edit.id(self.id.unwrap_or_else(|| id_of_field(ui, self.name)));
        let mut response = edit.show(ui).response.response.accessible_name(self.name);
        ui.accesskit_node_builder(response.id, |node| node.set_role(Role::SearchInput));
        if !self.text.is_empty() {
            let cross = Rect::from_center_size(pos2(response.rect.right() - 15.0, response.rect.center().y), vec2(20.0, 20.0));
            let mut child = ui.new_child(UiBuilder::new().max_rect(cross));
            if child.add(IconButton::new(icons::CLOSE, &format!("Clear: {}", self.name)).small()).clicked() {
                self.text.clear();
                response.mark_changed();
            }
        }
        response
    }
}
