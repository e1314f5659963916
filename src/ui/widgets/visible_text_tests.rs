use proptest::prelude::*;

use super::*;

fn shown(text: &str) -> String {
    visible(text).text.into_owned()
}

#[test]
fn clean_text_is_borrowed() {
    for text in ["", "plain\n\ttext", "Grüße, 世界, שלום, مرحبا, नमस्ते", "café e\u{301}", "€ — “quotes” ✓"]
    {
        let result = visible(text);
        assert!(matches!(result.text, Cow::Borrowed(same) if same == text), "{text:?} became {:?}", result.text);
        assert_eq!(result.made_visible, 0);
    }
}

#[test]
fn what_hides_is_shown() {
    assert_eq!(shown("access\u{202e}nimda"), "access<U+202E>nimda");
    assert_eq!(shown("a\u{200b}b\u{ad}c\u{feff}"), "a<U+200B>b<U+00AD>c<U+FEFF>");
    assert_eq!(shown("\u{1b}[31mred\u{7}"), "<U+001B>[31mred<U+0007>");
    assert_eq!(shown("x\u{85}\u{9b}y"), "x<U+0085><U+009B>y");
    assert_eq!(shown("hi\u{e0041}\u{e0042}"), "hi<U+E0041><U+E0042>");
    assert_eq!(shown("\u{3164}\u{ffa0}"), "<U+3164><U+FFA0>");
    assert_eq!(visible("\u{2066}x\u{2069}").made_visible, 2);
}

#[test]
fn line_ends_are_plain() {
    assert_eq!(visible("a\r\nb"), VisibleText { text: Cow::Owned("a\nb".into()), made_visible: 0 });
    assert_eq!(shown("a\rb"), "a<U+000D>b");
}

#[test]
fn emoji_sequences_stay_whole() {
    let family = "👩\u{200d}👩\u{200d}👧";
    let flag = "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}";
    for text in [family, "❤\u{fe0f}\u{200d}🔥", "1\u{fe0f}\u{20e3}", "👩🏽\u{200d}💻", flag, "™\u{fe0e}"] {
        assert_eq!(shown(text), text);
    }
    assert_eq!(shown("a\u{200d}b"), "a<U+200D>b");
    assert_eq!(shown("👩\u{200d}x"), "👩<U+200D>x");
    assert_eq!(shown("x\u{fe0f}"), "x<U+FE0F>");
    assert_eq!(shown("❤\u{fe0f}\u{fe0f}"), "❤\u{fe0f}<U+FE0F>");
    assert_eq!(shown("🏴\u{e0068}\u{e0069}"), "🏴<U+E0068><U+E0069>");
}

#[test]
fn joiners_stay_where_scripts_need_them() {
    for text in ["می\u{200c}خواهم", "क्\u{200d}ष", "ක්\u{200d}ර"] {
        assert_eq!(shown(text), text);
    }
    assert_eq!(shown("म\u{200c}x"), "म<U+200C>x");
    assert_eq!(shown("葛\u{e0100}"), "葛\u{e0100}");
    assert_eq!(shown("葛\u{e0100}\u{e0101}"), "葛\u{e0100}<U+E0101>");
}

#[test]
fn piles_of_marks_are_counted() {
    let zalgo = format!("Z{}algo", "\u{336}".repeat(20));
    let result = visible(&zalgo);
    assert_eq!(result.text, format!("Z{}<12 more marks>algo", "\u{336}".repeat(8)));
    assert_eq!(result.made_visible, 12);
    assert_eq!(shown("e\u{301}\u{323}"), "e\u{301}\u{323}");
    assert!(shown(&format!("e{}", "\u{301}".repeat(9))).ends_with("<1 more marks>"));
}

fn hostile() -> impl Strategy<Value = String> {
    let dangerous = prop::sample::select(vec![
        '\u{202e}',
        '\u{2066}',
        '\u{200b}',
        '\u{200c}',
        '\u{200d}',
        '\u{fe0f}',
        '\u{fe00}',
        '\u{e0041}',
        '\u{e007f}',
        '\u{e0100}',
        '\u{ad}',
        '\u{85}',
        '\u{0}',
        '\r',
        '\n',
        '\u{301}',
        '\u{feff}',
        '\u{3164}',
        '🏴',
        '👩',
        '❤',
        'م',
        'क',
        '葛',
        '7',
        'a',
        '<',
    ]);
    prop::collection::vec(prop_oneof![3 => dangerous, 1 => any::<char>()], 0..60).prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    #[test]
    fn showing_twice_changes_nothing_more(text in hostile()) {
        let once = shown(&text);
        let twice = visible(&once);
        prop_assert_eq!(twice.made_visible, 0, "{:?}", once);
        prop_assert_eq!(&*twice.text, &once);
    }

    #[test]
    fn nothing_dangerous_remains(text in hostile()) {
        let once = shown(&text);
        for c in once.chars() {
            let never = matches!(c, '\u{0}'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
                | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{3164}' | '\u{ffa0}' | '\u{61c}' | '\u{e0001}');
            prop_assert!(!never, "{c:?} in {once:?}");
        }
    }
}
