//! libFuzzer entry point of the target `user-claims`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::targets::run("user-claims", bytes));
