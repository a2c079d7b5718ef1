//! The whole service on one machine: an emulation of the AWS services around the functions, in one process.
//!
//! It reads `template.yaml`, and starts from it a gateway with the semantics of a REST API, the Lambda Runtime API around the
//! deployed function binaries, a `DynamoDB`, a KMS and an identity provider for users.

pub mod aws;
pub mod build;
pub mod command;
pub mod gateway;
mod http_server;
pub mod iam;
pub mod idp;
mod ids;
pub mod invoke;
pub mod key_pair;
pub mod lambda;
mod loopback_host;
mod private_file;
pub mod seed;
pub mod stack;
pub mod template;
pub mod terminal;
