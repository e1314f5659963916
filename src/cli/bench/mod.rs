//! `assay bench`: how exact this program is on this machine.

mod arguments;
mod compare;
mod level;
mod oha;
mod parent;
mod report_text;
mod serve;

pub(super) use arguments::{BenchArguments, BenchTask};
pub(super) use compare::compare;
pub(super) use level::level;
pub(super) use parent::bench;
pub(super) use serve::serve;
