//! Server-sent events: bytes in, events out. No I/O; every byte is looked at a bounded number of times; the events do not depend on
//! how the bytes were cut into chunks. Follows the HTML standard (§9.2.6), and also gives the last event when its blank line is missing,
//! a field `error` that holds an object as an event of that name, `data` lines of which each is JSON as events of their own (servers that part
//! events by one line end), and lines that are JSON without a field name (JSON Lines).

use std::borrow::Cow;
use std::ops::ControlFlow;

use serde::de::IgnoredAny;

/// One event with data.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Event<'a> {
    /// The `event` field; empty when there was none.
    pub(super) name: &'a str,
    /// The `data` lines, joined by line feeds; never empty. Bytes that are no UTF-8 became U+FFFD.
    pub(super) data: &'a str,
    /// Such bytes were there.
    pub(super) lossy: bool,
}

/// An event grew past the cap; the parser is of no further use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event of the stream is larger than the cap")]
pub(super) struct EventTooLarge;

/// The parser of one stream.
#[derive(Debug)]
pub(super) struct SseParser {
    /// Bytes an event may have, comments and line ends apart.
    event_cap: usize,
    /// The line begun in an earlier chunk.
    line: Vec<u8>,
    /// That line is a comment: its bytes are not kept.
    in_comment: bool,
    /// The last chunk ended in CR: an LF that follows belongs to it.
    after_cr: bool,
    /// The first line is still to come; it may begin with a byte order mark.
    at_start: bool,
    /// Bytes of the event so far.
    event_bytes: usize,
    name: Vec<u8>,
    data: Vec<u8>,
    /// The event has a `data` line, which may be empty.
    has_data: bool,
    /// Its `data` lines.
    data_lines: u32,
    /// The server parts its events by one line end.
    each_line: bool,
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

impl SseParser {
    pub(super) fn new(event_cap: usize) -> Self {
        Self {
            event_cap,
            line: Vec::new(),
            in_comment: false,
            after_cr: false,
            at_start: true,
            event_bytes: 0,
            name: Vec::new(),
            data: Vec::new(),
            has_data: false,
            data_lines: 0,
            each_line: false,
        }
    }

    /// Takes the next bytes and gives the events that they complete; `on_event` may stop it, and what is left is then dropped.
    pub(super) fn push(
        &mut self,
        mut bytes: &[u8],
        on_event: &mut impl FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, EventTooLarge> {
        if self.after_cr
            && let Some(first) = bytes.first()
        {
            self.after_cr = false;
            if *first == b'\n' {
                bytes = &bytes[1..];
            }
        }
        while let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (part, rest) = (&bytes[..end], &bytes[end + 1..]);
            let flow = if self.line.is_empty() && !self.in_comment {
                self.count(part)?;
                self.take_line(part, on_event)
            } else {
                self.keep(part)?;
                let line = std::mem::take(&mut self.line);
                let flow = if std::mem::take(&mut self.in_comment) { ControlFlow::Continue(()) } else { self.take_line(&line, on_event) };
                // The buffer is given back, so that a stream of split lines allocates once.
                self.line = line;
                self.line.clear();
                flow
            };
            if flow.is_break() {
                return Ok(flow);
            }
            bytes = match (bytes[end], rest.first()) {
                (b'\r', Some(b'\n')) => &rest[1..],
                (b'\r', None) => {
                    self.after_cr = true;
                    rest
                }
                _ => rest,
            };
        }
        self.keep(bytes)?;
        Ok(ControlFlow::Continue(()))
    }

    /// The body ended: gives what stands there without a blank line.
    pub(super) fn finish(&mut self, on_event: &mut impl FnMut(Event<'_>) -> ControlFlow<()>) {
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() && self.take_line(&line, on_event).is_break() {
            return;
        }
        // Breaking off and going on are the same at the end.
        let (ControlFlow::Continue(()) | ControlFlow::Break(())) = self.dispatch(on_event);
    }

    fn count(&mut self, part: &[u8]) -> Result<(), EventTooLarge> {
        if part.first() == Some(&b':') {
            return Ok(());
        }
        self.event_bytes += part.len();
        if self.event_bytes > self.event_cap { Err(EventTooLarge) } else { Ok(()) }
    }

    fn keep(&mut self, part: &[u8]) -> Result<(), EventTooLarge> {
        if self.in_comment || part.is_empty() {
            return Ok(());
        }
        if self.line.is_empty() && part[0] == b':' {
            self.in_comment = true;
            return Ok(());
        }
        self.event_bytes += part.len();
        if self.event_bytes > self.event_cap {
            return Err(EventTooLarge);
        }
        self.line.extend_from_slice(part);
        Ok(())
    }

    fn take_line(&mut self, mut line: &[u8], on_event: &mut impl FnMut(Event<'_>) -> ControlFlow<()>) -> ControlFlow<()> {
        if std::mem::take(&mut self.at_start) {
            line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        }
        if line.is_empty() {
            return self.dispatch(on_event);
        }
        if line.first() == Some(&b'{') {
            self.dispatch(on_event)?;
            self.add_data(line);
            return self.dispatch(on_event);
        }
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &[][..]),
        };
        let mut value = value.strip_prefix(b" ").unwrap_or(value);
        match field.trim_ascii().to_ascii_lowercase().as_slice() {
            b"data" => {
                // Some relays put their own field before the one that they pass on.
                while let Some(inner) = value.strip_prefix(b"data:").map(<[u8]>::trim_ascii_start)
                    && (inner.starts_with(b"{") || inner.starts_with(b"data:") || is_done(inner))
                {
                    value = inner;
                }
                let begins_another = self.data_lines == 1 && (value.first() == Some(&b'{') || is_done(value));
                if begins_another && self.is_whole() {
                    self.each_line = true;
                    self.dispatch(on_event)?;
                }
                self.add_data(value);
                if self.each_line && self.data_lines == 1 && self.is_whole() {
                    return self.dispatch(on_event);
                }
            }
            b"event" => {
                self.name.clear();
                self.name.extend_from_slice(value);
            }
            // llama.cpp up to 2025 wrote its errors so.
            b"error" if value.starts_with(b"{") => {
                self.name.clear();
                self.name.extend_from_slice(field);
                self.add_data(value);
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    /// The one line of data is an event by itself.
    fn is_whole(&self) -> bool {
        is_done(&self.data) || is_json(&self.data)
    }

    fn add_data(&mut self, value: &[u8]) {
        self.data_lines = self.data_lines.saturating_add(1);
        if std::mem::replace(&mut self.has_data, true) {
            self.data.push(b'\n');
        }
        self.data.extend_from_slice(value);
    }

    fn dispatch(&mut self, on_event: &mut impl FnMut(Event<'_>) -> ControlFlow<()>) -> ControlFlow<()> {
        self.event_bytes = 0;
        self.has_data = false;
        self.data_lines = 0;
        let flow = if self.data.is_empty() {
            ControlFlow::Continue(())
        } else {
            let data = String::from_utf8_lossy(&self.data);
            let name = String::from_utf8_lossy(&self.name);
            on_event(Event { name: &name, lossy: matches!(data, Cow::Owned(_)), data: &data })
        };
        self.data.clear();
        self.name.clear();
        flow
    }
}

/// JSON of any kind.
pub(super) fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}

fn is_done(data: &[u8]) -> bool {
    data.trim_ascii() == b"[DONE]"
}
