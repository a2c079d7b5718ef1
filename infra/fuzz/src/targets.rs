//! The list of fuzz targets.

mod authorizer;
mod claims;
mod create_request;
mod cursor;
mod ecdsa_der;
mod idempotency_key;
mod identity_providers;
mod ids;
mod jws;
mod lifetime;
mod role_grants;
mod route_rules;
mod user_claims;

pub use claims::valid as valid_claims;

/// A fuzz target.
#[derive(Clone, Copy)]
pub struct Target {
    /// The name; the libFuzzer program is called `fuzz-<name>`.
    pub name: &'static str,
    /// Runs the target on an input and panics if a property is violated.
    pub run: fn(&[u8]),
    /// Inputs that reach deep code, to mutate.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All targets.
pub static TARGETS: [Target; 13] = [
    authorizer::TARGET,
    claims::TARGET,
    create_request::TARGET,
    cursor::TARGET,
    ecdsa_der::TARGET,
    idempotency_key::TARGET,
    identity_providers::TARGET,
    ids::TARGET,
    jws::TARGET,
    lifetime::TARGET,
    role_grants::TARGET,
    route_rules::TARGET,
    user_claims::TARGET,
];

/// Runs the target `name` on `bytes`.
///
/// # Panics
///
/// Panics if a property is violated or the target does not exist.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    (target.run)(bytes);
}

/// Converts texts to seeds.
fn text_seeds<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Vec<Vec<u8>> {
    texts.into_iter().map(|text| text.as_ref().as_bytes().to_vec()).collect()
}
