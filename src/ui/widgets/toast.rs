//! Notices of what happened in the background: bottom right, above the status line.

use std::time::Duration;

use egui::{Align2, Area, Context, Frame, Id, Label, Layout, Margin, Order, RichText, Role, Sense, Stroke, Ui, WidgetInfo, vec2};

use super::{IconButton, Level, PushButton, paint};
use crate::ui::theme::{HasTokens as _, icons};

/// How long the fade at either end takes, seconds.
const FADE_S: f64 = 0.1;
/// More than this many at once would cover the screen.
const MOST: usize = 5;

/// One notice; `A` is what its button does.
#[derive(Clone, Debug)]
pub struct Toast<A> {
    level: Level,
    text: String,
    action: Option<(String, A)>,
    ttl_s: f64,
}

impl<A> Toast<A> {
    /// A notice that stays 5 s; what wants attention, 12 s.
    pub fn new(level: Level, text: impl Into<String>) -> Self {
        Self { level, text: text.into(), action: None, ttl_s: if matches!(level, Level::Warn | Level::Bad) { 12.0 } else { 5.0 } }
    }

    /// With a button, such as “Undo”; stays 10 s at least.
    #[must_use]
    pub fn action(mut self, label: impl Into<String>, action: A) -> Self {
        self.action = Some((label.into(), action));
        self.ttl_s = self.ttl_s.max(10.0);
        self
    }
}

struct Shown<A> {
    number: u64,
    toast: Toast<A>,
    /// The frame time at which it goes; absent until it was first drawn.
    ends_s: Option<f64>,
    begun_s: f64,
}

/// The notices in view. Lives in the shell, which shows it last.
pub struct Toasts<A> {
    shown: Vec<Shown<A>>,
    next_number: u64,
}

impl<A> Default for Toasts<A> {
    fn default() -> Self {
        Self { shown: Vec::new(), next_number: 0 }
    }
}

impl<A> Toasts<A> {
    /// Adds a notice; the oldest goes when there are more than five.
    pub fn push(&mut self, toast: Toast<A>) {
        if self.shown.len() == MOST {
            self.shown.remove(0);
        }
        self.shown.push(Shown { number: self.next_number, toast, ends_s: None, begun_s: 0.0 });
        self.next_number += 1;
    }

    /// No notice is in view.
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// Draws them `above_bottom` points over the lower edge and returns what was asked for by their buttons.
    pub fn show(&mut self, ctx: &Context, above_bottom: f32) -> Vec<A> {
        let now_s = ctx.input(|input| input.time);
        for shown in &mut self.shown {
            if shown.ends_s.is_none() {
                shown.begun_s = now_s;
                shown.ends_s = Some(now_s + shown.toast.ttl_s);
            }
        }
        let mut asked = Vec::new();
        if self.shown.is_empty() {
            return asked;
        }
        let tokens = ctx.tokens();
        let area = Area::new(Id::unique("toasts"))
            .order(Order::Foreground)
            .anchor(Align2::RIGHT_BOTTOM, vec2(-tokens.gap.l, -above_bottom - tokens.gap.m))
            .accessible_name("Notices");
        let hovered = area
            .show(ctx, |ui| {
                ui.spacing_mut().item_spacing.y = tokens.gap.s;
                let mut closed = None;
                for shown in &self.shown {
                    ui.push_id(shown.number, |ui| {
                        let ends_s = shown.ends_s.unwrap_or(now_s);
                        let opacity = ((now_s - shown.begun_s + 0.02).min(ends_s - now_s) / FADE_S).clamp(0.0, 1.0);
                        ui.set_opacity(opacity as f32);
                        match draw(ui, &shown.toast) {
                            Some(Pressed::Action) => closed = Some((shown.number, true)),
                            Some(Pressed::Close) => closed = Some((shown.number, false)),
                            None => {}
                        }
                    });
                }
                if let Some((number, act)) = closed
                    && let Some(at) = self.shown.iter().position(|shown| shown.number == number)
                {
                    let shown = self.shown.remove(at);
                    asked.extend(shown.toast.action.filter(|_| act).map(|(_, action)| action));
                }
            })
            .response
            .contains_pointer();
        if hovered {
            // What is being read does not go away.
            for shown in &mut self.shown {
                shown.ends_s = shown.ends_s.map(|ends_s| ends_s.max(now_s + 1.5));
            }
        }
        self.shown.retain(|shown| shown.ends_s.is_none_or(|ends_s| ends_s > now_s));
        self.ask_for_next_frame(ctx, now_s);
        asked
    }

    fn ask_for_next_frame(&self, ctx: &Context, now_s: f64) {
        let fading = self.shown.iter().any(|shown| now_s - shown.begun_s < FADE_S);
        let soonest = self.shown.iter().filter_map(|shown| shown.ends_s).fold(f64::INFINITY, f64::min);
        let wait_s = if fading || soonest - now_s < FADE_S { 0.016 } else { soonest - now_s - FADE_S };
        if let Ok(wait) = Duration::try_from_secs_f64(wait_s)
            && !self.shown.is_empty()
        {
            ctx.request_repaint_after(wait);
        }
    }
}

enum Pressed {
    Action,
    Close,
}

fn draw<A>(ui: &mut Ui, toast: &Toast<A>) -> Option<Pressed> {
    let tokens = ui.tokens();
    let mut pressed = None;
    let shown = Frame::new()
        .fill(tokens.bg2)
        .stroke(Stroke::new(1.0, tokens.line))
        .corner_radius(tokens.radius.large)
        .inner_margin(Margin { left: 14, right: 8, top: 8, bottom: 8 })
        .shadow(ui.visuals().popup_shadow)
        .show(ui, |ui| {
            ui.set_width(340.0);
            ui.horizontal(|ui| {
                let (rect, _) = ui.allocate_exact_size(vec2(16.0, 24.0), Sense::hover());
                paint::icon(ui.painter(), rect.center(), toast.level.icon(), 15.0, toast.level.color(tokens));
                let buttons = 28.0 + toast.action.as_ref().map_or(0.0, |(label, _)| 34.0 + 7.0 * label.chars().count() as f32);
                ui.scope(|ui| {
                    ui.set_max_width(ui.available_width() - buttons);
                    ui.add(Label::new(RichText::new(&toast.text).color(tokens.text1)).wrap().selectable(true));
                });
                ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
                    if ui.add(IconButton::new(icons::CLOSE, "Close the notice").small()).clicked() {
                        pressed = Some(Pressed::Close);
                    }
                    if let Some((label, _)) = &toast.action
                        && ui.add(PushButton::quiet(label).compact()).clicked()
                    {
                        pressed = Some(Pressed::Action);
                    }
                });
            });
        });
    shown.response.widget_info(|| WidgetInfo::labeled(Role::Status, true, format!("{}: {}", toast.level.word(), toast.text)));
    pressed
}
