//! `cargo local` as its user meets it: the real program, what it prints, the signals it gets and what it leaves behind.

// Processes are found in /proc.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod api;
mod function_crashes;
mod process;
mod quick_start;
mod running_stack;
mod shutdown;
mod startup_errors;
mod user_tokens;
