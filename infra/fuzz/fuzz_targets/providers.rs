//! libFuzzer's door to the target `providers`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::targets::run("providers", bytes));
