//! libFuzzer's door to the target `rules`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::targets::run("rules", bytes));
