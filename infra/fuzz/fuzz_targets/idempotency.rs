//! libFuzzer's door to the target `idempotency`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::targets::run("idempotency", bytes));
