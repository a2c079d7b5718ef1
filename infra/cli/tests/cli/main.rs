//! The command line against a running service: the real binary, its output, its exit codes.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod apply;
mod connection;
mod contract;
mod life;
mod own;
mod pages;
mod program;
mod refusals;
mod service;
mod verify;
