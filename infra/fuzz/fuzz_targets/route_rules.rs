//! libFuzzer entry point of the target `route-rules`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::targets::run("route-rules", bytes));
