//! Tests of the `OpenAPI` document, and of the response check that the end-to-end tests use.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod document;
mod routes;
mod unexpected_responses;
