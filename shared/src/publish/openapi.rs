//! The contract as a document.

/// The contract as `OpenAPI` 3.1, JSON. It is written from `infra/openapi.yaml`, by
/// `WRITE_OPENAPI=1 cargo test --package local --test contract`, and a test holds the two together.
pub const OPENAPI: &str = include_str!("openapi.json");
