//! The OpenAPI document of the service.

/// The OpenAPI 3.1 document as JSON. The build script generates it from `infra/openapi.yaml`.
pub const OPENAPI: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));
