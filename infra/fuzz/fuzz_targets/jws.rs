//! libFuzzer entry point of the target `jws`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::targets::run("jws", bytes));
