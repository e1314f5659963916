use proptest::prelude::*;

use super::*;

fn text_of(kind: &Kind) -> String {
    let join = |spans: &Spans| spans.iter().map(|span| span.text.as_str()).collect::<String>();
    match kind {
        Kind::Text(spans) | Kind::Heading(_, spans) => join(spans),
        Kind::Code { text, .. } => text.clone(),
        Kind::TableRow { cells, .. } => cells.iter().map(join).collect::<Vec<_>>().join("|"),
        Kind::Rule => "---".into(),
    }
}

fn shown(source: &str) -> Vec<String> {
    parse(source).blocks.iter().map(|block| text_of(&block.kind)).collect()
}

#[test]
fn blocks_come_flat_with_their_depth() {
    let flow = parse("# Title\n\ntext **bold**\n\n- one\n- two\n  1. deep\n\n> quote\n\n---\n");
    let places: Vec<_> =
        flow.blocks.iter().map(|block| (text_of(&block.kind), block.indent, block.quotes, block.marker.as_deref())).collect();
    let expected = [
        ("Title", 0, 0, None),
        ("text bold", 0, 0, None),
        ("one", 1, 0, Some("•")),
        ("two", 1, 0, Some("•")),
        ("deep", 2, 0, Some("1.")),
        ("quote", 0, 1, None),
        ("---", 0, 0, None),
    ];
    assert_eq!(places, expected.map(|(text, indent, quotes, marker)| (text.to_owned(), indent, quotes, marker)));
}

#[test]
fn marks_do_not_pile_up_as_entities_nor_over_several_spans() {
    assert_eq!(shown(&format!("e{}x", "&#x301;".repeat(20))), [format!("e{}<12 more marks>x", "\u{301}".repeat(8))]);
    let spans = parse(&format!("e{}x", "\u{301}*\u{301}a\u{301}*".repeat(3)));
    for text in spans.blocks.iter().map(|block| text_of(&block.kind)) {
        assert!(!text.contains(&"\u{301}".repeat(9)), "{text:?}");
    }
    let cell = format!("|h|\n|-|\n|e{}|", "&#x301;".repeat(20));
    assert_eq!(shown(&cell)[1], format!("e{}<12 more marks>", "\u{301}".repeat(8)));
    assert_eq!(shown("&#x202e;a&#8203;"), ["<U+202E>a<U+200B>"]);
}

#[test]
fn an_emoji_that_is_joined_by_an_entity_is_whole() {
    assert_eq!(shown("👩&zwj;👩"), ["👩\u{200d}👩"]);
}

#[test]
fn links_and_pictures_tell_their_host_and_nothing_else() {
    assert_eq!(shown("see [the docs](https://good.com@evil.test/x)"), ["see the docs (evil.test)"]);
    assert_eq!(shown("![a *chart*](https://track.test/p.png?id=1)"), ["[picture: a chart · track.test, not loaded]"]);
    assert_eq!(parse("[a](https://b.test/c)").links, ["https://b.test/c"]);
    assert_eq!(shown("<script>alert(1)</script>\n\n<img src=x>"), ["<script>alert(1)</script>", "<img src=x>"].map(|html| html.to_owned()));
}

#[test]
fn hidden_characters_are_shown_everywhere() {
    for source in ["a\u{202e}b", "`a\u{202e}b`", "```\na\u{202e}b\n```", "| a\u{202e}b |\n| - |\n", "# a\u{202e}b"] {
        assert!(shown(source).concat().contains("a<U+202E>b"), "{source:?}");
    }
}

#[test]
fn nesting_is_capped() {
    let flow = parse(&format!("{}deep", "> ".repeat(500)));
    assert!(flow.blocks.iter().all(|block| block.quotes <= DEEPEST));
    let flow = parse(&format!("{}deep", "- ".repeat(500)));
    assert!(flow.blocks.iter().all(|block| block.indent <= DEEPEST));
}

#[test]
fn huge_blocks_are_cut() {
    let code = format!("```\n{}```", "line\n".repeat(100));
    let flow = parse(&code);
    assert_eq!(flow.blocks.len(), 3);
    assert!(matches!(&flow.blocks[0].kind, Kind::Code { first: true, last: false, .. }));
    assert!(matches!(&flow.blocks[2].kind, Kind::Code { first: false, last: true, .. }));
    let long = "word ".repeat(10_000);
    let pieces = shown(&long);
    assert!(pieces.iter().all(|piece| piece.len() <= LONGEST_TEXT_BYTES));
    assert_eq!(pieces.concat().trim(), long.trim());
}

#[test]
fn tables_keep_their_cells() {
    assert_eq!(shown("| a | b |\n| --- | --- |\n| 1 | **2** |\n"), ["a|b", "1|2"]);
}

proptest! {
    #[test]
    fn any_text_is_read(source in "[-*_#>`|~!\\[\\]()<a \n\u{202e}]{0,200}") {
        let flow = parse(&source);
        prop_assert_eq!(flow.blocks.len(), flow.fingerprints.len());
        let hidden = shown(&source).concat().contains('\u{202e}');
        prop_assert!(!hidden);
    }
}
