//! The house: every decision that Latchkey makes, one crate.
//!
//! `token`, `jwt` and `rights` are pure. The operations (`create`, `list`, `get`, `revoke`, `authorize`, `publish`, `portal`,
//! `my_roles`, `apply`) need what `ports` names. `aws` is the only room that names the AWS SDKs, `https` the only other one that
//! names their HTTP client, `web` the only one that names status codes.

pub mod apply;
pub mod authorize;
pub mod aws;
pub mod caller;
pub mod config;
pub mod create;
pub mod error;
pub mod get;
pub mod https;
pub mod jwt;
pub mod list;
#[cfg(test)]
pub(crate) mod memory;
pub mod my_roles;
pub mod oidc;
pub mod portal;
pub mod ports;
pub mod publish;
pub mod revoke;
pub mod rights;
mod start;
pub mod system;
pub mod telemetry;
mod timeout;
pub mod token;
pub mod web;

pub use start::start;
