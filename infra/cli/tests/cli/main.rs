//! Integration tests: run the `latchkey` binary against a local stack or a stub server and check output and exit code.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod apply;
mod bulk_revoke;
mod can;
mod credentials;
#[cfg(feature = "aws")]
mod deployed_table;
mod errors;
mod harness;
mod help;
mod http_client;
mod idempotency;
mod keys;
mod output;
mod pagination;
mod providers;
mod rotation;
mod rotation_recipe;
mod rules;
mod sign_in;
mod stack_selection;
mod stored_access;
mod stub_server;
mod token_lifecycle;
mod verify;
