//! libFuzzer's door to the target `order`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::targets::run("order", bytes));
