//! Assay.
fn main() {}
