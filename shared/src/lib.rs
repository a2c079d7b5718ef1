//! Latchkey's product code: every function of `functions/` is a thin entry point over this crate.
//!
//! * Domain: [`token`], [`jwt`], [`json`] and [`permissions`], which are pure; [`caller`], [`error`] and [`pagination`];
//!   [`identity_provider`] and [`routes`], which an operator configures.
//! * Operations, one per function: [`create`], [`list`], [`get`], [`revoke`], [`update`], [`authorize`],
//!   [`list_current_roles`], [`manage_roles`], [`well_known`] and [`portal`]; [`provisioning`] is for operators.
//! * [`ports`] are the traits that operations need from outside; [`aws`], [`oidc`] and [`system`] implement them.
//! * [`web`] is the only module that names HTTP statuses and Lambda events, [`aws`] the only one that names the AWS
//!   SDKs.
//! * [`config`] reads the environment of a function, [`telemetry`] writes its log and metrics, and [`run()`] starts
//!   it.

pub mod access_item;
pub mod authorize;
pub mod aws;
pub mod caller;
pub mod config;
pub mod create;
pub mod decide_permission;
pub mod error;
pub mod get;
pub mod https;
pub mod identity_provider;
pub mod json;
pub mod jwt;
pub mod list;
pub mod list_current_roles;
pub mod manage_roles;
#[cfg(test)]
pub(crate) mod memory;
pub mod oidc;
pub mod pagination;
mod panics;
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
pub mod update;
pub mod web;
pub mod well_known;

pub use run::run;
