//! libFuzzer entry point of the target `ecdsa-der`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::targets::run("ecdsa-der", bytes));
