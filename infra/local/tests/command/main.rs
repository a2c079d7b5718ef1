//! `cargo local` as its user meets it: the real program, what it prints, the signals it gets and what it leaves behind.

// Processes are found in /proc.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod api;
mod crashes;
mod ends;
mod first_steps;
mod people;
mod program;
mod refusals;
mod running;
