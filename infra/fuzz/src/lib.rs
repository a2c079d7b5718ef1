//! Fuzz targets: each takes bytes from anybody, brings them to a door of `shared`, and panics where a property of that door is
//! broken. `README.md` says how libFuzzer drives them; `tests/targets.rs` drives the same functions in every `cargo test`.
//!
//! Nothing here is part of what is deployed, and no door is opened for it alone.

#![expect(clippy::unwrap_used, reason = "a broken property is told by a panic")]

pub mod choices;
pub mod keys;
pub mod mutate;
pub mod pairs;
pub mod targets;

pub use targets::{TARGETS, Target};
