//! The service as its users meet it: HTTP against the local stack, with the real binaries behind it.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "a test prints what it measured")]

mod attached;
mod attacks;
mod bounds;
mod checks;
mod closed;
mod events;
mod faults;
mod harness;
mod keys;
mod life;
mod logs;
mod origins;
mod pages;
mod paths;
mod policies;
mod portal;
mod powers;
mod programs;
mod providers;
mod races;
mod refusals;
mod repeats;
mod rights;
mod rotation;
mod upstreams;
