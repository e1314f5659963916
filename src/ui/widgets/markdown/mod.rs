//! Markdown of model answers, drawn by ourselves: showing it makes no request and reads no file.

mod draw;
mod flow;
mod link;
mod parse;

pub use draw::{MARKDOWN_CAP_BYTES, markdown};
