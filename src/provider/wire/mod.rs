//! Wire formats: how requests are written and answers are read, one file each behind one trait.

mod error_body;
mod format;
mod json;
mod model_list;
mod openai_chat;
mod openai_usage;

#[cfg(test)]
mod openai_chat_tests;
#[cfg(test)]
mod openai_usage_tests;

pub(super) use error_body::ErrorBody;
pub(super) use format::{Answer, Piece, Unreadable, Wire, wire_of};
