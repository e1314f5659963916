//! One bar per target, with its value at its end.

use egui::{Color32, FontId, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::super::paint;
use super::card::{ChartCard, ChartResponse};
use super::quantity::Quantity;
use crate::analysis::format_count;
use crate::ui::theme::{HasTokens as _, text};

/// One bar.
#[derive(Clone, Copy, Debug)]
pub struct Bar<'a> {
    /// The target.
    pub name: &'a str,
    /// Its colour.
    pub color: Color32,
    /// Its value; absent: unknown, which is not 0.
    pub value: Option<f64>,
    /// How many measurements it rests on; 0 where that is not said.
    pub n: u32,
}

impl ChartCard<'_> {
    /// Draws `bars` from the top, all from 0 on the same scale.
    pub fn bars(self, ui: &mut Ui, bars: &[Bar<'_>], quantity: Quantity) -> ChartResponse {
        self.around(ui, &[], !bars.is_empty(), |ui, card| {
            draw(ui, card, bars, quantity);
            None
        })
    }
}

fn draw(ui: &mut Ui, card: &ChartCard<'_>, bars: &[Bar<'_>], quantity: Quantity) {
    let tokens = ui.tokens();
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), card.height), Sense::hover());
    let value_of = |bar: &Bar<'_>| bar.value.filter(|value| value.is_finite());
    let most = bars.iter().filter_map(value_of).fold(0.0, f64::max);
    // Where they rest on different numbers, each says its own.
    let ns_differ = bars.iter().any(|bar| bar.n != bars[0].n);
    let texts: Vec<_> = bars
        .iter()
        .map(|bar| {
            let n = if ns_differ { format!(" · n {}", format_count(bar.n.into())) } else { String::new() };
            let (text, ink) = value_of(bar)
                .map_or_else(|| ("unknown".to_owned(), tokens.text3), |value| (format!("{}{n}", quantity.value(value)), tokens.text1));
            paint::line(ui, &text, text::figures_font(tokens.text.base), ink, f32::INFINITY)
        })
        .collect();
    let widest = texts.iter().map(|text| text.size().x).fold(0.0, f32::max);
    let room = (rect.width() - widest - 12.0).max(8.0);
    let step = (rect.height() / bars.len() as f32).min(72.0);
    let thick = (step - 18.0 - 12.0).clamp(4.0, 26.0);
    for (index, (bar, value_text)) in bars.iter().zip(texts).enumerate() {
        let top = rect.top() + step * index as f32 + 2.0;
        let name = paint::line(ui, bar.name, FontId::proportional(tokens.text.small + 1.0), tokens.text2, rect.width());
        ui.painter().galley(pos2(rect.left(), top), name, tokens.text2);
        let length = value_of(bar).map_or(0.0, |value| if most > 0.0 { room * (value / most).clamp(0.0, 1.0) as f32 } else { 0.0 });
        let ground = Rect::from_min_size(pos2(rect.left(), top + 18.0), vec2(length.max(2.0), thick));
        if value_of(bar).is_some() {
            ui.painter().rect_filled(ground, f32::from(tokens.radius.small).min(ground.width() / 2.0), bar.color.gamma_multiply(0.85));
        }
        let text_left = if value_of(bar).is_some() { ground.right() + 8.0 } else { rect.left() };
        paint::middle_left(ui, ground, text_left, value_text);
        let row = Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), step));
        let response = ui.interact(row, ui.scope_id().with(("bar", index)), Sense::hover());
        let told = value_of(bar).map_or_else(|| "unknown".to_owned(), |value| quantity.value(value));
        let n = if bar.n > 0 { format!(", n = {}", bar.n) } else { String::new() };
        let words = format!("{}: {told}{n}", bar.name);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
        if bar.n > 0 {
            response.on_hover_text(words);
        }
    }
}
