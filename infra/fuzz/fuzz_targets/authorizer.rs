//! libFuzzer entry point of the target `authorizer`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::targets::run("authorizer", bytes));
