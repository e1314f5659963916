//! Drawing a [`Flow`].

use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat};
use egui::text_selection::LabelSelectionState;
use egui::{
    Align, CornerRadius, FontFamily, FontId, Frame, Id, Label, Layout, Margin, Rect, Role, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::super::{menu_item, paint, raw_text, tall_column};
use super::flow::{Block, Flow, Kind, Spans};
use super::parse::parse;
use crate::ui::theme::{HasTokens as _, Tokens, icons, text};

/// Longer answers are shown raw, bytes.
pub const MARKDOWN_CAP_BYTES: usize = 200 * 1024;
/// How far each list or quote moves its text in, points.
const STEP: f32 = 18.0;

#[derive(Clone)]
struct Parsed {
    fingerprint: u64,
    flow: Arc<Flow>,
}

/// Draws `source` inside of the caller's scroll area; only the blocks in view are laid out. `id` is the thing that it belongs to.
/// Links tell their host and can be copied from a menu; pictures are a placeholder. Longer than [`MARKDOWN_CAP_BYTES`] it is shown raw.
pub fn markdown(ui: &mut Ui, id: Id, source: &str) {
    if source.len() > MARKDOWN_CAP_BYTES {
        raw_text(ui, id, source);
        return;
    }
    let fingerprint = egui::util::hash(source);
    let store = id.with("markdown");
    let remembered = ui.data(|data| data.get_temp::<Parsed>(store));
    let flow = match remembered {
        Some(known) if known.fingerprint == fingerprint => known.flow,
        _ => {
            let flow = Arc::new(parse(source));
            ui.data_mut(|data| data.insert_temp(store, Parsed { fingerprint, flow: Arc::clone(&flow) }));
            flow
        }
    };
    let tokens = ui.tokens();
    let per_row = (ui.available_width() / (tokens.text.answer * 0.5)).max(8.0);
    let line_height = answer_line_height(tokens);
    let mut first = true;
    let blocks = flow.blocks.iter().zip(&flow.fingerprints).map(|(block, &fingerprint)| {
        let gap = if std::mem::take(&mut first) { 0.0 } else { gap_above(block, tokens) };
        tall_column::Block { fingerprint, estimate: estimate(block, per_row, line_height), gap }
    });
    tall_column::show(ui, blocks, |ui, index| draw_block(ui, &flow, &flow.blocks[index]));
}

fn answer_line_height(tokens: &Tokens) -> f32 {
    (tokens.text.answer * tokens.text.line_height).round()
}

fn gap_above(block: &Block, tokens: &Tokens) -> f32 {
    match &block.kind {
        Kind::Code { first: false, .. } | Kind::TableRow { head: false, .. } => 0.0,
        Kind::Heading(..) => tokens.gap.m + 2.0,
        _ if block.tight => 3.0,
        _ => tokens.gap.s + 1.0,
    }
}

fn estimate(block: &Block, per_row: f32, line_height: f32) -> f32 {
    let rows = |chars: usize| 1.0 + (chars as f32 / per_row).floor();
    let length = |spans: &Spans| spans.iter().map(|span| span.text.len()).sum::<usize>();
    match &block.kind {
        Kind::Text(spans) | Kind::Heading(_, spans) => rows(length(spans)) * line_height,
        Kind::Code { text, .. } => text.lines().map(|line| rows(line.len())).sum::<f32>() * line_height,
        Kind::TableRow { cells, .. } => rows(cells.iter().map(length).max().unwrap_or(0)) * line_height + 8.0,
        Kind::Rule => 9.0,
    }
}

fn draw_block(ui: &mut Ui, flow: &Flow, block: &Block) {
    let tokens = ui.tokens();
    let whole = ui.available_rect_before_wrap();
    let inset = STEP * (f32::from(block.indent) + f32::from(block.quotes)).min((whole.width() / (2.0 * STEP)).floor());
    let inner = Rect::from_min_max(pos2(whole.left() + inset, whole.top()), whole.max);
    let mut child = ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::top_down(Align::Min)));
    match &block.kind {
        Kind::Text(spans) => rich(&mut child, flow, spans, Style::Text),
        Kind::Heading(level, spans) => rich(&mut child, flow, spans, Style::Heading(*level)),
        Kind::Code { text, first, last } => code(&mut child, text, *first, *last),
        Kind::TableRow { cells, weights, head } => table_row(&mut child, flow, cells, weights, *head),
        Kind::Rule => {
            let y = inner.top() + 4.0;
            child.painter().hline(inner.x_range(), y, Stroke::new(1.0, tokens.line));
            child.allocate_space(vec2(inner.width(), 9.0));
        }
    }
    let height = child.min_rect().height();
    ui.allocate_rect(Rect::from_min_size(whole.min, vec2(whole.width(), height)), egui::Sense::hover());
    let lists_width = STEP * f32::from(block.indent);
    for quote in 0..block.quotes {
        let x = (whole.left() + lists_width + STEP * f32::from(quote) + 3.0).min(inner.left() - 6.0);
        ui.painter().vline(x, inner.top()..=inner.top() + height, Stroke::new(2.0, tokens.bg3));
    }
    if let Some(marker) = &block.marker {
        let font = if marker.len() > 1 && marker.ends_with('.') {
            text::figures_font(tokens.text.answer)
        } else {
            FontId::proportional(tokens.text.answer)
        };
        let galley = ui.painter().layout_no_wrap(marker.clone(), font, tokens.text2);
        let top = inner.top() + (answer_line_height(tokens) - galley.size().y) / 2.0;
        let left = (inner.left() - galley.size().x - 5.0).max(whole.left());
        ui.painter().galley(pos2(left, top), galley, tokens.text2);
    }
}

#[derive(Clone, Copy)]
enum Style {
    Text,
    Heading(u8),
    TableHead,
}

fn rich(ui: &mut Ui, flow: &Flow, spans: &Spans, style: Style) {
    let tokens = ui.tokens();
    let (mut job, mut code, mut chars) = (LayoutJob::default(), Vec::new(), 0);
    for span in spans {
        job.append(&span.text, 0.0, format(tokens, span.emphasis, style));
        let start = chars;
        chars += span.text.chars().count();
        if span.emphasis.code {
            code.push(paint::Ground { chars: start..chars, fill: tokens.bg2, strike: None });
        }
    }
    let (position, galley, response) = Label::new(job).wrap().selectable(true).layout_in_ui(ui);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, galley.text()));
    let link = response.hover_pos().filter(|_| spans.iter().any(|span| span.emphasis.link.is_some())).and_then(|pointer| {
        let index = galley.cursor_from_pos(pointer - position).index.0;
        link_at(spans, index)
    });
    paint::grounds(ui, &galley, position, tokens.text.answer + 4.0, &code);
    LabelSelectionState::label_text_selection(ui, &response, position, galley, tokens.text1, Stroke::NONE);
    link_menu(&response, flow, link);
}

/// The link that the character `index` of `spans` belongs to.
fn link_at(spans: &Spans, index: usize) -> Option<u32> {
    let mut end = 0;
    spans.iter().find_map(|span| {
        end += span.text.chars().count();
        (index < end).then_some(span.emphasis.link)
    })?
}

/// Shows the address of `link` on hover and offers to copy it. Nothing is opened.
fn link_menu(response: &egui::Response, flow: &Flow, link: Option<u32>) {
    let address = |link: u32| flow.links.get(link as usize).cloned();
    let store = response.id.with("link");
    if response.secondary_clicked() {
        response.ctx.data_mut(|data| data.insert_temp(store, link));
    }
    if let Some(address) = link.and_then(address) {
        response.clone().on_hover_text_at_pointer(format!("{address}\nNot opened from here. Copy it from the menu of the right button."));
    }
    let chosen = response.ctx.data(|data| data.get_temp::<Option<u32>>(store)).flatten();
    if let Some(address) = chosen.and_then(address) {
        response.context_menu(|ui| {
            if menu_item(ui, Some(icons::COPY), "Copy the address", None).clicked() {
                ui.copy_text(address.clone());
            }
        });
    }
}

fn format(tokens: &Tokens, emphasis: super::flow::Emphasis, style: Style) -> TextFormat {
    let size = match style {
        Style::Heading(1) => tokens.text.heading,
        Style::Heading(2) => tokens.text.heading - 1.0,
        Style::Heading(_) | Style::Text => tokens.text.answer,
        Style::TableHead => tokens.text.base,
    };
    let bold = emphasis.bold || !matches!(style, Style::Text);
    let font = if emphasis.code {
        FontId::new(size - 1.0, FontFamily::Monospace)
    } else if bold && !emphasis.aside {
        text::strong_font(size)
    } else {
        FontId::proportional(if emphasis.aside { tokens.text.small } else { size })
    };
    let color = match emphasis {
        _ if emphasis.aside => tokens.text3,
        _ if emphasis.link.is_some() => tokens.accent,
        _ => tokens.text1,
    };
    TextFormat {
        line_height: Some((size * tokens.text.line_height).round()),
        italics: emphasis.italic,
        underline: if emphasis.link.is_some() { Stroke::new(1.0, tokens.accent.gamma_multiply(0.5)) } else { Stroke::NONE },
        strikethrough: if emphasis.struck { Stroke::new(1.0, tokens.text2) } else { Stroke::NONE },
        ..TextFormat::simple(font, color)
    }
}

fn code(ui: &mut Ui, code: &str, first: bool, last: bool) {
    let tokens = ui.tokens();
    let round = |round: bool| if round { tokens.radius.medium } else { 0 };
    let pad = |pad: bool| if pad { 9 } else { 0 };
    Frame::new()
        .fill(tokens.bg0)
        .corner_radius(CornerRadius { nw: round(first), ne: round(first), sw: round(last), se: round(last) })
        .inner_margin(Margin { left: 11, right: 11, top: pad(first), bottom: pad(last) })
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            let format = TextFormat {
                line_height: Some((tokens.text.mono * 1.5).round()),
                ..TextFormat::simple(FontId::new(tokens.text.mono, FontFamily::Monospace), tokens.text1)
            };
            ui.add(Label::new(LayoutJob::single_section(code.to_owned(), format)).wrap().selectable(true));
        });
}

fn table_row(ui: &mut Ui, flow: &Flow, cells: &[Spans], weights: &[u16], head: bool) {
    let tokens = ui.tokens();
    let place = ui.available_rect_before_wrap();
    let total: f32 = weights.iter().map(|&weight| f32::from(weight)).sum::<f32>().max(1.0);
    let (mut x, mut bottom) = (place.left(), place.top() + 8.0);
    for (index, (cell, &weight)) in cells.iter().zip(weights).enumerate() {
        let width = place.width() * f32::from(weight) / total;
        let rect = Rect::from_min_size(pos2(x, place.top() + 4.0), vec2((width - 12.0).max(16.0), f32::INFINITY));
        let mut child = ui.new_child(UiBuilder::new().id_salt(index).max_rect(rect).layout(Layout::top_down(Align::Min)));
        rich(&mut child, flow, cell, if head { Style::TableHead } else { Style::Text });
        bottom = bottom.max(child.min_rect().bottom() + 4.0);
        x += width;
    }
    ui.painter().hline(place.x_range(), bottom, Stroke::new(1.0, tokens.line));
    ui.allocate_rect(Rect::from_min_max(place.min, pos2(place.right(), bottom + 1.0)), egui::Sense::hover());
}
