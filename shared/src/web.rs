//! The HTTP layer: parses API Gateway events, calls the operations and renders responses with their status codes.

mod authorizer;
mod body;
mod cors;
mod endpoints;
mod event;
mod list_body;
mod manage_roles;
mod portal;
mod problem;
mod query;
mod request;
mod response;
mod serve;

pub use authorizer::{answer_event, serve_authorizer};
pub use endpoints::CurrentPermissions;
pub use request::ApiRequest;
pub use response::ApiResponse;
pub use serve::{Endpoint, Error, serve};

/// Header with which a user selects the organization in which the request acts.
const ORG_HEADER: &str = "x-epilot-org-id";
