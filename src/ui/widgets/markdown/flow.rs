//! An answer as a flat flow of blocks: nesting is a number, so that drawing needs no recursion and can skip what is not in view.

/// Bold, italic and what else can hold of a span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Emphasis {
    pub(super) bold: bool,
    pub(super) italic: bool,
    pub(super) struck: bool,
    pub(super) code: bool,
    /// Beside the text: hosts of links, placeholders of pictures.
    pub(super) aside: bool,
    /// The number of the link that it belongs to, into [`Flow::links`].
    pub(super) link: Option<u32>,
}

/// A span of text in one style.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Span {
    pub(super) text: String,
    pub(super) emphasis: Emphasis,
}

/// The text of a block.
pub(super) type Spans = Vec<Span>;

/// What a block is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Text(Spans),
    /// Level 1–6.
    Heading(u8, Spans),
    /// Some lines of a code block, and whether they are its first and its last.
    Code {
        text: String,
        first: bool,
        last: bool,
    },
    /// A row of a table; the weights say how wide its columns are against each other.
    TableRow {
        cells: Vec<Spans>,
        weights: Vec<u16>,
        head: bool,
    },
    Rule,
}

/// A block with its place in lists and quotes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Block {
    pub(super) kind: Kind,
    /// How many lists it stands in.
    pub(super) indent: u8,
    /// How many quotes it stands in.
    pub(super) quotes: u8,
    /// `•` or `3.` before it.
    pub(super) marker: Option<String>,
    /// It follows the block before it without a gap.
    pub(super) tight: bool,
}

/// A whole answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Flow {
    pub(super) blocks: Vec<Block>,
    /// [`egui::util::hash`] of each block.
    pub(super) fingerprints: Vec<u64>,
    /// Addresses of links, made visible.
    pub(super) links: Vec<String>,
}
