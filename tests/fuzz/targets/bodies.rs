//! Whole answers, refusals and lists of models.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| assay_fuzz::provider::fuzzing::bodies(input));
