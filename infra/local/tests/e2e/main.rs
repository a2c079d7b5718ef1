//! End-to-end tests: HTTP requests to a local stack that runs the function binaries.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "a test prints its measurements")]

mod attacks;
mod authorizer_policies;
mod bulk_revoke;
mod cors;
mod cost_growth;
mod dry_run;
mod error_responses;
mod events;
mod fail_closed;
mod faults;
mod grants;
mod harness;
mod iam_policies;
mod idempotency;
mod identity_providers;
mod invariants;
mod key_rotation;
mod kms_keys;
mod limits;
mod logs;
mod model_based;
mod networks;
mod pagination;
mod permissions;
mod permissions_api;
mod portal;
mod provider_tokens;
mod races;
mod raw_requests;
mod rotation;
mod sample_api;
mod scopes;
mod token_lifecycle;
mod update;
mod upstreams;
