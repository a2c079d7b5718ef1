//! The `OpenAPI` document of the service.

/// The `OpenAPI` 3.1 document as JSON, which the build script generates from `infra/openapi.yaml`.
pub const OPENAPI: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));
