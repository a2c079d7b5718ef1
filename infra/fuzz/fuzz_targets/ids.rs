//! libFuzzer entry point of the target `ids`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::targets::run("ids", bytes));
