//! The event parser.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| assay_fuzz::provider::fuzzing::events(input));
