//! libFuzzer entry point of the target `create-request`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::targets::run("create-request", bytes));
