//! libFuzzer's door to the target `roles`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::targets::run("roles", bytes));
