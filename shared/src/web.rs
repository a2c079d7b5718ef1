//! HTTP: the only room that names status codes.

mod answer;
mod authorizer;
mod body;
mod cors;
mod endpoints;
mod portal;
mod problem;
mod request;
mod serve;

pub use answer::Answer;
pub use authorizer::{answer_event, serve_authorizer};
pub use request::Incoming;
pub use serve::{Endpoint, Error, serve};

/// The header by which a person's request is moved to another organization.
const ORG_HEADER: &str = "x-epilot-org-id";
