//! libFuzzer entry point of the target `idempotency-key`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::targets::run("idempotency-key", bytes));
