//! The whole service on one machine: what stands around the functions on AWS, played by this process.
//!
//! Reads `template.yaml` and builds from it a gateway with the semantics of a REST API, the Lambda runtime around the real
//! function binaries, a `DynamoDB`, a KMS and an identity provider for people. The functions cannot tell it from AWS.

pub mod aws;
pub mod build;
pub mod command;
pub mod gateway;
pub mod idp;
pub mod invoke;
pub mod lambda;
pub mod seed;
pub mod stack;
pub mod template;
