//! Tests of the command `cargo local` as a process: its output, its reaction to signals, and what it leaves behind.

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
