//! A tall column of blocks of which only those in view are laid out.
//!
//! The height of a block is remembered under its fingerprint and the width; until it was drawn once it is estimated.

use std::collections::HashMap;

use egui::{Align, Id, Layout, Pos2, Rect, Ui, UiBuilder, pos2};

/// Beyond this many remembered heights all are forgotten.
const MOST_HEIGHTS: usize = 100_000;
/// How far outside of the view blocks are still drawn, points.
const MARGIN: f32 = 200.0;

#[derive(Clone, Default)]
struct Heights(HashMap<(u64, u32), f32>);

/// One block: a fingerprint of all that decides its height but the width, and an estimate for before it was drawn, points.
pub(super) struct Block {
    pub(super) fingerprint: u64,
    pub(super) estimate: f32,
    /// Room above it, points.
    pub(super) gap: f32,
}

/// Draws the `blocks` that are in view, each with `draw(ui, index)`, and takes the room of all.
pub(super) fn show(ui: &mut Ui, blocks: impl Iterator<Item = Block>, mut draw: impl FnMut(&mut Ui, usize)) {
    let store = Id::unique("heights of blocks");
    let mut heights = ui.data_mut(|data| std::mem::take(data.get_temp_mut_or_default::<Heights>(store)));
    if heights.0.len() > MOST_HEIGHTS {
        heights.0.clear();
    }
    let width = ui.available_width();
    let view = ui.clip_rect().y_range().expand(MARGIN);
    let origin = ui.cursor().min;
    let mut y = origin.y;
    let mut guessed_wrong_above = false;
    for (index, block) in blocks.enumerate() {
        y += block.gap;
        let key = (block.fingerprint, width.to_bits());
        let known = heights.0.get(&key).copied();
        let height = known.unwrap_or(block.estimate);
        if y + height < view.min || y > view.max {
            y += height;
            continue;
        }
        let rect = Rect::from_min_size(pos2(origin.x, y), egui::vec2(width, height));
        let mut child = ui.new_child(UiBuilder::new().id_salt(index).max_rect(rect).layout(Layout::top_down(Align::Min)));
        draw(&mut child, index);
        let drawn = child.min_rect().height();
        if known.is_none_or(|known| (known - drawn).abs() > 0.5) {
            heights.0.insert(key, drawn);
            guessed_wrong_above |= known.is_none() && (drawn - height).abs() > 0.5;
        }
        y += drawn;
    }
    ui.data_mut(|data| data.insert_temp(store, heights));
    ui.allocate_rect(Rect::from_min_max(origin, Pos2::new(origin.x + width, y)), egui::Sense::hover());
    if guessed_wrong_above {
        ui.ctx().request_repaint();
    }
}
