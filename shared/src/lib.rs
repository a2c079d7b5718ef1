//! Latchkey's product code: every function of `functions/` is a thin entry point over this crate.
//!
//! * Domain, pure: [`token`], [`jwt`], [`json`], [`permissions`]; [`pagination`]; [`identity_provider`] and
//!   [`routes`] are its configuration.
//! * Operations, one per function: [`create`], [`list`], [`get`], [`revoke`], [`authorize`], [`list_current_roles`], [`well_known`],
//!   [`portal`]; [`provisioning`] is for operators.
//! * [`ports`] are the traits that operations need from outside; [`aws`], [`oidc`] and [`system`] implement them.
//! * [`web`] is the only module that names HTTP statuses and Lambda events, [`aws`] the only one that names the AWS SDKs.

pub mod authorize;
pub mod aws;
pub mod caller;
pub mod config;
pub mod create;
pub mod error;
pub mod get;
pub mod https;
pub mod identity_provider;
pub mod json;
pub mod jwt;
pub mod list;
pub mod list_current_roles;
#[cfg(test)]
pub(crate) mod memory;
pub mod oidc;
pub mod pagination;
pub mod permissions;
pub mod portal;
pub mod ports;
pub mod provisioning;
pub mod revoke;
pub mod routes;
mod run;
pub mod system;
pub mod telemetry;
mod timeout;
pub mod token;
pub mod web;
pub mod well_known;

pub use run::run;
