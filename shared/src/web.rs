//! HTTP: the only room that names status codes.

mod answer;
mod authorizer;
mod body;
mod endpoints;
mod problem;
mod request;
mod serve;

pub use answer::Answer;
pub use authorizer::serve_authorizer;
pub use request::Incoming;
pub use serve::{Endpoint, Error, serve};
