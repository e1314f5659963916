//! Text as it came, in the mono font. Only the lines in view are laid out, so that megabytes scroll.

use std::ops::Range;
use std::sync::Arc;

use egui::{Align, FontFamily, FontId, Id, Label, Layout, Rect, RichText, Sense, Ui, UiBuilder, pos2, vec2};

use super::visible;
use crate::ui::theme::HasTokens as _;

/// The rows of one text at one width.
#[derive(Clone)]
struct Rows {
    fingerprint: u64,
    columns: usize,
    ranges: Arc<[Range<u32>]>,
}

/// Draws `text`, wrapped to the width there is, inside of the caller's scroll area. `id` is the thing that it belongs to.
/// It can be selected; what would deceive the eye is made visible.
pub fn raw_text(ui: &mut Ui, id: Id, text: &str) {
    let tokens = ui.tokens();
    let font = FontId::new(tokens.text.mono, FontFamily::Monospace);
    let (column_width, row_height) = ui.fonts_mut(|fonts| (fonts.glyph_width(&font, '0'), (font.size * 1.5).round()));
    let columns = ((ui.available_width() / column_width).floor() as usize).max(8);
    let fingerprint = egui::util::hash(text);
    let store = id.with("raw rows");
    let remembered = ui.data(|data| data.get_temp::<Rows>(store));
    let rows = match remembered {
        Some(known) if known.fingerprint == fingerprint && known.columns == columns => known.ranges,
        _ => {
            let rows: Arc<[Range<u32>]> = rows_of(text, columns).into();
            ui.data_mut(|data| data.insert_temp(store, Rows { fingerprint, columns, ranges: Arc::clone(&rows) }));
            rows
        }
    };
    let height = row_height * rows.len() as f32;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let view = ui.clip_rect().y_range();
    let first = (((view.min - rect.top()) / row_height).floor().max(0.0)) as usize;
    let last = ((((view.max - rect.top()) / row_height).ceil().max(0.0)) as usize).min(rows.len());
    for (index, row) in rows.iter().enumerate().take(last).skip(first) {
        let top = rect.top() + row_height * index as f32;
        let place = Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), row_height));
        let mut child = ui.new_child(UiBuilder::new().id_salt((id, index)).max_rect(place).layout(Layout::top_down(Align::Min)));
        let line = visible(&text[row.start as usize..row.end as usize]);
        let words = RichText::new(line.text.replace('\t', "    ")).font(font.clone()).color(tokens.text1).line_height(Some(row_height));
        child.add(Label::new(words).extend().selectable(true));
    }
}

/// Where the rows of `text` begin and end, as bytes: at line ends, and where a line is wider than `columns`.
fn rows_of(text: &str, columns: usize) -> Vec<Range<u32>> {
    let mut rows = Vec::with_capacity(text.len() / columns + 16);
    let mut offset = 0;
    for line in text.split('\n') {
        let (mut start, mut used) = (0, 0);
        for (at, c) in line.char_indices() {
            let wide = columns_of(c);
            if used + wide > columns {
                rows.push((offset + start) as u32..(offset + at) as u32);
                (start, used) = (at, 0);
            }
            used += wide;
        }
        let end = line.strip_suffix('\r').map_or(line.len(), str::len).max(start);
        rows.push((offset + start) as u32..(offset + end) as u32);
        offset += line.len() + 1;
    }
    rows
}

/// How many columns of the mono font `c` takes. A bound, not typography: East Asian characters and emoji take two.
fn columns_of(c: char) -> usize {
    match c {
        '\t' => 4,
        ' '..='\u{10ff}' => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(text: &str, columns: usize) -> Vec<&str> {
        rows_of(text, columns).into_iter().map(|row| &text[row.start as usize..row.end as usize]).collect()
    }

    #[test]
    fn lines_break_at_ends_and_at_the_edge() {
        assert_eq!(lines("ab\ncdefg\n", 3), ["ab", "cde", "fg", ""]);
        assert_eq!(lines("世界你", 4), ["世界", "你"]);
        assert_eq!(lines("a\r\nb", 9), ["a", "b"]);
        assert_eq!(lines("", 9), [""]);
    }

    proptest! {
        #[test]
        fn no_text_is_lost(text in any::<String>(), columns in 2usize..40) {
            let joined: String = lines(&text, columns).concat();
            prop_assert_eq!(joined.replace('\r', ""), text.replace(['\n', '\r'], ""));
        }
    }
}
