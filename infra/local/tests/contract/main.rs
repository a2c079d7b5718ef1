//! The contract as a document, held against what is served, what is deployed, and what is answered.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod answers;
mod routes;
mod strict;
