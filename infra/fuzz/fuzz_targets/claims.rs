//! libFuzzer entry point of the target `claims`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::targets::run("claims", bytes));
