//! HTTP: the only room that names status codes.

mod authorizer;
mod body;
mod cors;
mod endpoints;
mod portal;
mod problem;
mod request;
mod response;
mod serve;

pub use authorizer::{answer_event, serve_authorizer};
pub use request::ApiRequest;
pub use response::ApiResponse;
pub use serve::{Endpoint, Error, serve};

/// The header by which a person's request is moved to another organization.
const ORG_HEADER: &str = "x-epilot-org-id";
