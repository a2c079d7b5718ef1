//! The OpenAPI document compared with the deployed routes, and the response check that the end-to-end tests share.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod answers;
mod document;
mod routes;
mod unexpected_responses;
