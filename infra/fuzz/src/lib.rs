//! Fuzz targets for the code of `shared` that reads untrusted input.
//!
//! A target takes arbitrary bytes and panics if a property is violated. `README.md` describes how libFuzzer runs the
//! targets; `tests/targets.rs` runs the same functions in `cargo test`. The targets use the public API of `shared`
//! only.

#![expect(clippy::unwrap_used, reason = "a panic reports a violated property")]

mod json_members;
pub mod keys;
pub mod mutate;
pub mod targets;

pub use targets::{TARGETS, Target};
