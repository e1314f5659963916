//! More tokens than a prompt can have: what a cap on spending reckons with.

use super::{Image, Message};

/// Tokens that chat templates put around each message.
const TOKENS_AROUND_MESSAGE: u64 = 16;
/// Tokens that chat templates and default system prompts put around a request.
const TOKENS_AROUND_REQUEST: u64 = 128;

/// More tokens than the messages can have: a byte-level tokenizer never makes more tokens than there are bytes, plus what chat
/// templates add, plus the most that pictures count as anywhere. Several times the likely count, but a reservation must hold, and what is not used returns on settling.
pub fn input_bound_tokens(messages: &[Message]) -> u64 {
    let pictures: u64 = messages.iter().flat_map(|message| &message.images).map(Image::most_tokens).sum();
    let texts: u64 = messages.iter().map(|message| message.content.len() as u64 + TOKENS_AROUND_MESSAGE).sum();
    texts + pictures + TOKENS_AROUND_REQUEST
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Speaker;

    #[test]
    fn the_bound_is_above_the_bytes() {
        let message = Message::new(Speaker::User, "量子");
        assert_eq!(input_bound_tokens(&[message]), 6 + 16 + 128);
    }
}
