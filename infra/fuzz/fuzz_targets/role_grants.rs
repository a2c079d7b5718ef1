//! libFuzzer entry point of the target `role-grants`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::targets::run("role-grants", bytes));
