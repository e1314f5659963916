//! How many columns a text takes on a terminal.

/// Ranges of characters that take two columns: East Asian wide and full width (Unicode Annex 11), and emoji.
const WIDE: [(u32, u32); 15] = [
    (0x1100, 0x115f),
    (0x231a, 0x231b),
    (0x23e9, 0x23ec),
    (0x2614, 0x2615),
    (0x2e80, 0x303e),
    (0x3041, 0x33ff),
    (0x3400, 0x4dbf),
    (0x4e00, 0xa4cf),
    (0xa960, 0xa97f),
    (0xac00, 0xd7a3),
    (0xf900, 0xfaff),
    (0xfe30, 0xfe6f),
    (0xff00, 0xff60),
    (0xffe0, 0xffe6),
    (0x1f300, 0x3fffd),
];

/// Ranges of characters that take no column: combining marks, joiners, variation selectors.
const NARROW: [(u32, u32); 12] = [
    (0x0300, 0x036f),
    (0x0483, 0x0489),
    (0x0591, 0x05bd),
    (0x064b, 0x065f),
    (0x0e31, 0x0e31),
    (0x0e34, 0x0e3a),
    (0x0e47, 0x0e4e),
    (0x1ab0, 0x1aff),
    (0x1dc0, 0x1dff),
    (0x200b, 0x200d),
    (0x20d0, 0x20ff),
    (0xfe00, 0xfe0f),
];

fn char_width(c: char) -> usize {
    let code = u32::from(c);
    let within = |ranges: &[(u32, u32)]| ranges.iter().any(|(from, to)| (*from..=*to).contains(&code));
    match code {
        0..0x300 => 1,
        _ if within(&NARROW) => 0,
        _ if within(&WIDE) => 2,
        _ => 1,
    }
}

/// Columns of a line of visible text. An approximation where terminals differ themselves, as for joined emoji.
pub(super) fn display_width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// The text, or as much of it as fits into `columns` with `…` behind it.
pub(super) fn shortened(text: &str, columns: usize) -> String {
    if display_width(text) <= columns {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut taken = 1;
    for c in text.chars() {
        taken += char_width(c);
        if taken > columns {
            break;
        }
        short.push(c);
    }
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_take_two_columns_and_marks_none() {
        for (text, columns) in
            [("", 0), ("abc", 3), ("量子", 4), ("한국어", 6), ("ｆｕｌｌ", 8), ("e\u{301}", 1), ("Größe", 5), ("🙂", 2), ("…—·", 3)]
        {
            assert_eq!(display_width(text), columns, "{text}");
        }
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(shortened("short", 5), "short");
        assert_eq!(shortened("longer text", 8), "longer…");
        assert_eq!(shortened("量子纠缠", 6), "量子…");
        assert_eq!(shortened("abc", 1), "…");
    }
}
