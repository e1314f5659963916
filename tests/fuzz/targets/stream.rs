//! A streamed answer, from its bytes to what is kept of it.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| assay_fuzz::provider::fuzzing::stream(input));
