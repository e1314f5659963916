//! promptfoo configurations: prompts × tests × variables. What cannot be taken is named, never run, fetched or followed.

mod config;
mod nunjucks;
mod prompts;
mod test_entries;
mod vars;

#[cfg(test)]
mod tests;

pub(super) use config::{is_config, read_config};
