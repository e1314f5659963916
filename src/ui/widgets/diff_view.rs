//! A word diff against the baseline.

use egui::text::{LayoutJob, TextFormat};
use egui::text_selection::LabelSelectionState;
use egui::{FontId, Label, Role, Stroke, Ui, WidgetInfo};

use super::paint::{self, Ground};
use super::{tall_column, visible};
use crate::ui::theme::{HasTokens as _, Tokens};

/// Lines are cut near this length, so that none costs more than a moment to lay out.
const LONGEST_LINE_BYTES: usize = 8 * 1024;

/// What a piece of a diff is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DiffPart {
    /// In both texts.
    Same,
    /// In this text only.
    Added,
    /// In the baseline only.
    Removed,
}

/// Draws the `pieces` in order, line by line; only the lines in view are laid out.
pub fn diff_view<'a>(ui: &mut Ui, pieces: impl IntoIterator<Item = (DiffPart, &'a str)>) {
    let tokens = ui.tokens();
    let lines = lines(pieces);
    let line_height = (tokens.text.answer * tokens.text.line_height).round();
    let per_row = (ui.available_width() / (tokens.text.answer * 0.5)).max(10.0);
    let blocks = lines.iter().map(|line| {
        let chars: usize = line.iter().map(|(_, text)| text.len()).sum();
        let estimate = line_height * (1.0 + (chars as f32 / per_row).floor());
        tall_column::Block { fingerprint: egui::util::hash(("diff", line)), estimate, gap: 0.0 }
    });
    tall_column::show(ui, blocks, |ui, index| {
        let (job, changed) = job(&lines[index], tokens, line_height);
        let (position, galley, response) = Label::new(job).wrap().selectable(true).layout_in_ui(ui);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, galley.text()));
        paint::grounds(ui, &galley, position, tokens.text.answer + 4.0, &changed);
        LabelSelectionState::label_text_selection(ui, &response, position, galley, tokens.text1, Stroke::NONE);
    });
}

/// The pieces cut at line ends, and at a space where a line is too long.
fn lines<'a>(pieces: impl IntoIterator<Item = (DiffPart, &'a str)>) -> Vec<Vec<(DiffPart, &'a str)>> {
    let (mut lines, mut line, mut length) = (Vec::new(), Vec::new(), 0);
    for (part, text) in pieces {
        for (index, mut segment) in text.split('\n').enumerate() {
            if index > 0 {
                lines.push(std::mem::take(&mut line));
                length = 0;
            }
            while length + segment.len() > LONGEST_LINE_BYTES {
                let room = segment.floor_char_boundary(LONGEST_LINE_BYTES - length);
                let at = segment[..room].rfind(' ').map_or(room, |space| space + 1);
                line.extend((at > 0).then(|| (part, &segment[..at])));
                lines.push(std::mem::take(&mut line));
                (segment, length) = (&segment[at..], 0);
            }
            length += segment.len();
            line.extend((!segment.is_empty()).then_some((part, segment)));
        }
    }
    lines.push(line);
    lines
}

/// The text of a line, and where it differs, in characters.
fn job(line: &[(DiffPart, &str)], tokens: &Tokens, line_height: f32) -> (LayoutJob, Vec<Ground>) {
    let same = TextFormat { line_height: Some(line_height), ..TextFormat::simple(FontId::proportional(tokens.text.answer), tokens.text1) };
    let removed = TextFormat { color: tokens.text2, ..same.clone() };
    let (mut job, mut changed, mut chars) = (LayoutJob::default(), Vec::new(), 0);
    for (part, text) in line {
        // A space at either end of a changed piece is not part of the change to the eye.
        let body = text.trim();
        let (head, middle, tail) = match text.split_once(body) {
            Some((head, tail)) if !body.is_empty() && *part != DiffPart::Same => (head, body, tail),
            _ => ("", *text, ""),
        };
        for (text, is_middle) in [(head, false), (middle, true), (tail, false)] {
            if text.is_empty() {
                continue;
            }
            let shown = visible(text).text;
            let start = chars;
            chars += shown.chars().count();
            let format = if is_middle && *part == DiffPart::Removed { &removed } else { &same };
            // What takes the place of removed words stands a little apart from them.
            let replaces = is_middle && changed.last().is_some_and(|last: &Ground| last.strike.is_some() && last.chars.end == start);
            job.append(&shown, if replaces { 4.0 } else { 0.0 }, format.clone());
            match part {
                DiffPart::Added if is_middle => changed.push(Ground { chars: start..chars, fill: tokens.diff_add, strike: None }),
                DiffPart::Removed if is_middle => {
                    changed.push(Ground { chars: start..chars, fill: tokens.diff_del, strike: Some(tokens.text2) });
                }
                _ => {}
            }
        }
    }
    if job.sections.is_empty() {
        job.append(" ", 0.0, same);
    }
    (job, changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_cut_at_line_ends() {
        use DiffPart::{Added, Same};
        assert_eq!(
            lines([(Same, "a\nb "), (Added, "c\n"), (Same, "d")]),
            [vec![(Same, "a")], vec![(Same, "b "), (Added, "c")], vec![(Same, "d")]]
        );
        assert_eq!(lines([]).len(), 1);
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_at_a_space_and_nothing_is_lost() {
        use DiffPart::{Added, Same};
        let (words, one) = ("word ".repeat(5_000), "é".repeat(10_000));
        let cut = lines([(Same, words.as_str()), (Added, one.as_str()), (Same, "end")]);
        assert!(cut.len() > 5);
        for line in &cut {
            assert!(line.iter().map(|(_, text)| text.len()).sum::<usize>() <= LONGEST_LINE_BYTES);
        }
        assert!(cut[0][0].1.ends_with("word "));
        let joined: String = cut.iter().flatten().map(|(_, text)| *text).collect();
        assert_eq!(joined, words + &one + "end");
    }

    #[test]
    fn spaces_around_a_change_are_not_marked() {
        let tokens = Tokens::of(egui::Theme::Dark);
        let (job, changed) = job(&[(DiffPart::Same, "magic "), (DiffPart::Removed, "dice "), (DiffPart::Added, "coins")], tokens, 20.0);
        assert_eq!(job.text, "magic dice coins");
        let marked: Vec<_> = changed.into_iter().map(|ground| (ground.chars, ground.fill)).collect();
        assert_eq!(marked, [(6..10, tokens.diff_del), (11..16, tokens.diff_add)]);
    }
}
