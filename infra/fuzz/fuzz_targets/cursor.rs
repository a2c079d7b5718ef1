//! libFuzzer entry point of the target `cursor`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::targets::run("cursor", bytes));
