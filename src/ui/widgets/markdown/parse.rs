//! Markdown to a [`Flow`].

use std::borrow::Cow;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::super::visible;
use super::super::visible_text::leading_marks_bytes;
use super::flow::{Block, Emphasis, Flow, Kind, Span, Spans};
use super::link;

/// Lists and quotes deeper than this are drawn at this depth.
const DEEPEST: u8 = 8;
/// Texts are cut near this length, so that no block costs more than a moment to lay out.
const LONGEST_TEXT_BYTES: usize = 8 * 1024;
/// Lines of code in one block.
const CODE_LINES: usize = 40;
/// The most columns of a table that are drawn.
const MOST_COLUMNS: usize = 24;

/// Reads `source`. Everything in it is made visible; HTML stays text.
pub(super) fn parse(source: &str) -> Flow {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut reader = Reader::default();
    for event in Parser::new_ext(source, options) {
        reader.take(event);
    }
    reader.end_text();
    let mut flow = reader.flow;
    flow.fingerprints = flow.blocks.iter().map(egui::util::hash).collect();
    flow
}

#[derive(Default)]
struct Table {
    rows: Vec<Vec<Spans>>,
}

#[derive(Default)]
struct Reader {
    flow: Flow,
    spans: Spans,
    emphasis: Emphasis,
    heading: Option<u8>,
    /// The next number of each list that is open; absent for bullets.
    lists: Vec<Option<u64>>,
    quotes: u8,
    marker: Option<String>,
    /// The list item has begun a block: the next one in it has a gap.
    in_loose_item: bool,
    /// An outermost list has begun: its first item has a gap.
    fresh_list: bool,
    code: Option<String>,
    table: Option<Table>,
    /// Destinations of the links and pictures that are open.
    open_links: Vec<String>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.push(&text),
            },
            Event::Code(text) => {
                let before = self.emphasis;
                self.emphasis.code = true;
                self.push(&text);
                self.emphasis = before;
            }
            Event::Html(text) | Event::InlineHtml(text) | Event::InlineMath(text) | Event::DisplayMath(text) => self.push(&text),
            Event::FootnoteReference(name) => self.push(&format!("[^{name}]")),
            Event::SoftBreak => self.push(" "),
            Event::HardBreak => self.push("\n"),
            Event::Rule => {
                self.end_text();
                self.block(Kind::Rule, false);
            }
            Event::TaskListMarker(done) => self.marker = Some(if done { "✓" } else { "·" }.to_owned()),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } => {
                self.end_text();
                self.heading = Some(level_number(level));
            }
            Tag::BlockQuote(_) => {
                self.end_text();
                self.quotes = self.quotes.saturating_add(1);
            }
            Tag::CodeBlock(kind) => {
                self.end_text();
                self.code = Some(String::new());
                if let CodeBlockKind::Fenced(language) = kind
                    && !language.is_empty()
                {
                    let aside = Emphasis { aside: true, ..Emphasis::default() };
                    self.spans.push(Span { text: visible(&language).text.into_owned(), emphasis: aside });
                    self.end_text();
                }
            }
            Tag::List(first) => {
                self.end_text();
                self.fresh_list |= self.lists.is_empty();
                self.lists.push(first);
            }
            Tag::Item => {
                self.end_text();
                self.in_loose_item = false;
                self.marker = Some(match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let marker = format!("{number}.");
                        *number = number.saturating_add(1);
                        marker
                    }
                    _ => "•".to_owned(),
                });
            }
            Tag::Table(_) => {
                self.end_text();
                self.table = Some(Table::default());
            }
            Tag::TableHead | Tag::TableRow => {
                if let Some(table) = &mut self.table {
                    table.rows.push(Vec::new());
                }
            }
            Tag::Emphasis => self.emphasis.italic = true,
            Tag::Strong => self.emphasis.bold = true,
            Tag::Strikethrough => self.emphasis.struck = true,
            Tag::Link { dest_url, .. } => {
                self.open_links.push(link::destination(&dest_url));
                self.emphasis.link = u32::try_from(self.flow.links.len()).ok();
                self.flow.links.push(link::address(&dest_url));
            }
            Tag::Image { dest_url, .. } => {
                self.open_links.push(link::destination(&dest_url));
                self.aside("[picture: ");
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock | TagEnd::Item => self.end_text(),
            TagEnd::Heading(_) => {
                self.end_text();
                self.heading = None;
            }
            TagEnd::BlockQuote(_) => {
                self.end_text();
                self.quotes = self.quotes.saturating_sub(1);
            }
            TagEnd::List(_) => {
                self.end_text();
                self.lists.pop();
                self.in_loose_item = true;
            }
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::TableCell => {
                let cell = self.take_spans();
                if let Some(row) = self.table.as_mut().and_then(|table| table.rows.last_mut())
                    && row.len() < MOST_COLUMNS
                {
                    row.push(cell);
                }
            }
            TagEnd::Table => self.end_table(),
            TagEnd::Emphasis => self.emphasis.italic = false,
            TagEnd::Strong => self.emphasis.bold = false,
            TagEnd::Strikethrough => self.emphasis.struck = false,
            TagEnd::Link => {
                self.emphasis.link = None;
                let destination = self.open_links.pop().unwrap_or_default();
                self.aside(&format!(" ({destination})"));
            }
            TagEnd::Image => {
                let destination = self.open_links.pop().unwrap_or_default();
                self.aside(&format!(" · {destination}, not loaded]"));
            }
            _ => {}
        }
    }

    /// Adds text as it came: an entity is a piece of its own, and only the whole shows what is piled up.
    fn push(&mut self, text: &str) {
        match self.spans.last_mut() {
            Some(last) if last.emphasis == self.emphasis => last.text.push_str(text),
            _ => self.spans.push(Span { text: text.to_owned(), emphasis: self.emphasis }),
        }
    }

    /// The spans so far, made visible. Combining marks go to the span of their base.
    fn take_spans(&mut self) -> Spans {
        let mut spans = Spans::new();
        for mut span in std::mem::take(&mut self.spans) {
            if let Some(base) = spans.last_mut() {
                let marks = leading_marks_bytes(&span.text);
                base.text.extend(span.text.drain(..marks));
            }
            if !span.text.is_empty() {
                spans.push(span);
            }
        }
        for span in &mut spans {
            if let Cow::Owned(shown) = visible(&span.text).text {
                span.text = shown;
            }
        }
        spans
    }

    fn aside(&mut self, text: &str) {
        self.spans.push(Span { text: text.to_owned(), emphasis: Emphasis { aside: true, ..Emphasis::default() } });
    }

    fn block(&mut self, kind: Kind, tight: bool) {
        let block = Block {
            kind,
            indent: u8::try_from(self.lists.len()).unwrap_or(DEEPEST).min(DEEPEST),
            quotes: self.quotes.min(DEEPEST),
            marker: self.marker.take(),
            tight,
        };
        self.flow.blocks.push(block);
    }

    /// Makes a block of the spans so far.
    fn end_text(&mut self) {
        let mut spans = self.take_spans();
        if spans.iter().all(|span| span.text.trim().is_empty()) {
            return;
        }
        if let Some(last) = spans.last_mut() {
            last.text.truncate(last.text.trim_end().len());
        }
        let mut tight = !self.lists.is_empty() && !self.in_loose_item && !std::mem::take(&mut self.fresh_list);
        self.in_loose_item = true;
        for piece in cut(spans) {
            let kind = self.heading.map_or_else(|| Kind::Text(piece.clone()), |level| Kind::Heading(level, piece.clone()));
            self.block(kind, tight);
            tight = true;
        }
    }

    fn end_code(&mut self) {
        let code = self.code.take().unwrap_or_default();
        let shown = visible(code.strip_suffix('\n').unwrap_or(&code)).text.replace('\t', "    ");
        let lines: Vec<&str> = shown.split('\n').collect();
        let count = lines.len().div_ceil(CODE_LINES);
        for (index, lines) in lines.chunks(CODE_LINES).enumerate() {
            let kind = Kind::Code { text: lines.join("\n"), first: index == 0, last: index + 1 == count };
            self.block(kind, index > 0);
        }
    }

    fn end_table(&mut self) {
        let Some(table) = self.table.take() else { return };
        let columns = table.rows.iter().map(Vec::len).max().unwrap_or(0);
        let mut weights = vec![4_u16; columns];
        for row in &table.rows {
            for (weight, cell) in weights.iter_mut().zip(row) {
                let chars: usize = cell.iter().map(|span| span.text.chars().count()).sum();
                *weight = (*weight).max(u16::try_from(chars).unwrap_or(u16::MAX).min(48));
            }
        }
        for (index, cells) in table.rows.into_iter().enumerate() {
            self.block(Kind::TableRow { cells, weights: weights.clone(), head: index == 0 }, index > 0);
        }
    }
}

/// Cuts texts that are too long for one block at a space.
fn cut(spans: Spans) -> Vec<Spans> {
    if spans.iter().map(|span| span.text.len()).sum::<usize>() <= LONGEST_TEXT_BYTES {
        return vec![spans];
    }
    let (mut pieces, mut piece, mut length) = (Vec::new(), Spans::new(), 0);
    for span in spans {
        let mut rest = span.text.as_str();
        while length + rest.len() > LONGEST_TEXT_BYTES {
            let mut at = LONGEST_TEXT_BYTES - length;
            while !rest.is_char_boundary(at) {
                at -= 1;
            }
            let at = rest[..at].rfind(' ').map_or(at, |space| space + 1);
            piece.push(Span { text: rest[..at].to_owned(), emphasis: span.emphasis });
            pieces.push(std::mem::take(&mut piece));
            (rest, length) = (&rest[at..], 0);
        }
        length += rest.len();
        piece.push(Span { text: rest.to_owned(), emphasis: span.emphasis });
    }
    pieces.push(piece);
    pieces
}

fn level_number(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
