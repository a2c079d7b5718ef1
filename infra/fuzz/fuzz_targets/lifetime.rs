//! libFuzzer entry point of the target `lifetime`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::targets::run("lifetime", bytes));
