//! libFuzzer's door to the target `der`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::targets::run("der", bytes));
