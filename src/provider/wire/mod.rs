//! Wire formats: how requests are written and answers are read, one file each behind one trait.

mod anthropic;
mod anthropic_body;
mod body;
mod call;
mod calls;
mod citations;
mod error_body;
mod event;
mod finish;
mod foreign;
mod format;
mod gemini;
mod gemini_body;
mod json;
mod model_list;
mod openai_chat;
mod openai_chat_body;
mod openai_responses;
mod openai_usage;
mod refused_parameters;
mod stated_cost;
mod surrogates;
mod usage;

#[cfg(test)]
mod anthropic_tests;
#[cfg(test)]
mod beside_tests;
#[cfg(test)]
mod calls_tests;
#[cfg(test)]
mod gemini_tests;
#[cfg(test)]
mod openai_chat_tests;
#[cfg(test)]
mod openai_responses_tests;
#[cfg(test)]
mod openai_usage_tests;
#[cfg(test)]
mod wire_tests;

/// Names and ids in an answer are cut here: a hostile server may send any length.
const LONGEST_NAME_CHARS: usize = 200;

pub(super) use error_body::ErrorBody;
pub(super) use event::is_end_mark;
pub(super) use finish::says_spent;
pub(super) use foreign::{Spoken, spoken_in};
pub(super) use format::{Answer, Pictures, Piece, Unreadable, Wire, wire_of};
pub(super) use stated_cost::amount_of;
