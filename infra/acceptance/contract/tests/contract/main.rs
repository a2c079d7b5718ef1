//! Tests of the `OpenAPI` document, and of the response check that the end-to-end tests use.

mod document;
mod routes;
mod unexpected_responses;
