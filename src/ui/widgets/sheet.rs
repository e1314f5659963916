//! A task on top of the screen, with its buttons at the foot.

use egui::{Align, Context, Frame, Id, Layout, Margin, Modal, Order, Popup, Rect, Role, ScrollArea, Stroke, Ui, WidgetInfo};

use super::{IconButton, bar};
use crate::ui::theme::{HasTokens as _, icons, text};

/// A task on top of the screen. Escape, its × and a click beside it close it.
#[must_use = "call show"]
pub struct Sheet<'a> {
    id: Id,
    title: &'a str,
    width: f32,
}

/// What became of a sheet in this frame.
#[derive(Debug)]
pub struct SheetResponse<B, F> {
    /// What the body returned.
    pub body: B,
    /// What the foot returned.
    pub foot: F,
    /// The user wants it closed.
    pub closed: bool,
    /// This is its first frame: the moment to give a field the focus.
    pub opened: bool,
}

impl<'a> Sheet<'a> {
    /// The sheet `id`, headed `title`.
    pub fn new(id: Id, title: &'a str) -> Self {
        Self { id, title, width: 560.0 }
    }

    /// Its width, points; less when the window is narrower.
    pub fn width(mut self, points: f32) -> Self {
        self.width = points;
        self
    }

    /// Draws it while it is open. The foot is laid out from the right: the primary action first.
    pub fn show<B, F>(self, ctx: &Context, body: impl FnOnce(&mut Ui) -> B, foot: impl FnOnce(&mut Ui) -> F) -> SheetResponse<B, F> {
        let tokens = ctx.tokens();
        let frame_number = ctx.cumulative_frame_nr();
        let opened = ctx.data_mut(|data| {
            let last: &mut Option<u64> = data.get_temp_mut_or_default(self.id);
            let opened = last.is_none_or(|last| last + 1 < frame_number);
            *last = Some(frame_number);
            opened
        });
        if opened {
            // What was open under it would lie over it now.
            Popup::close_all(ctx);
        }
        let room = ctx.content_rect();
        let frame = Frame::new()
            .fill(tokens.bg1)
            .stroke(Stroke::new(1.0, tokens.line))
            .corner_radius(tokens.radius.large)
            .shadow(ctx.global_style().visuals.window_shadow)
            .inner_margin(Margin::same(0));
        // Menus and popovers are `Foreground`. Were a sheet that too, the last to be pressed would be on top, and a press on the button of a menu is one on
        // the sheet: where press and release come in one frame, the sheet would cover the menu.
        let area = Modal::default_area(self.id).order(Order::Middle);
        let modal = Modal::new(self.id).area(area).frame(frame).backdrop_color(egui::Color32::from_black_alpha(tokens.shadow_alpha));
        let shown = modal.show(ctx, |ui| {
            ui.set_width(self.width.min(room.width() - 48.0));
            ui.spacing_mut().item_spacing.y = 0.0;
            let mut closed = false;
            Frame::new().inner_margin(Margin { left: 20, right: 14, top: 14, bottom: 10 }).show(ui, |ui| {
                bar(ui, |ui| {
                    ui.label(text::heading(self.title, tokens));
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        closed = ui.add(IconButton::new(icons::CLOSE, "Close")).clicked();
                    });
                });
            });
            let body = ScrollArea::vertical()
                .max_height((room.height() - 180.0).max(120.0))
                .auto_shrink([false, true])
                .show(ui, |ui| {
                    Frame::new()
                        .inner_margin(Margin { left: 20, right: 20, top: 4, bottom: 16 })
                        .show(ui, |ui| {
                            ui.spacing_mut().item_spacing.y = tokens.gap.s;
                            body(ui)
                        })
                        .inner
                })
                .inner;
            let foot = Frame::new()
                .fill(tokens.bg0)
                .corner_radius(egui::CornerRadius { nw: 0, ne: 0, sw: tokens.radius.large, se: tokens.radius.large })
                .inner_margin(Margin::symmetric(20, 12))
                .show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    ui.allocate_ui_with_layout(
                        egui::vec2(ui.available_width(), tokens.row.control),
                        Layout::right_to_left(Align::Center),
                        foot,
                    )
                    .inner
                })
                .inner;
            (body, foot, closed)
        });
        // A sheet finds its place a frame after its size: without another frame it would jump when the pointer next moves, under a click maybe.
        let place = ctx.data_mut(|data| data.get_temp::<Rect>(self.id));
        if place != Some(shown.response.rect) {
            ctx.data_mut(|data| data.insert_temp(self.id, shown.response.rect));
            ctx.request_repaint();
        }
        let closed = shown.should_close() || shown.inner.2;
        shown.response.widget_info(|| WidgetInfo::labeled(Role::Dialog, true, self.title));
        let (body, foot, _) = shown.inner;
        SheetResponse { body, foot, closed, opened }
    }
}
