//! libFuzzer entry point of the target `identity-providers`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::targets::run("identity-providers", bytes));
