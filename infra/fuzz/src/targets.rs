//! The targets, and good inputs to start from.

mod authorizer;
mod claims;
mod cursor;
mod der;
mod idempotency;
mod ids;
mod jws;
mod lifetime;
mod order;
mod providers;
mod roles;
mod rules;

pub use claims::good as good_claims;

/// A target.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name, which is that of its program for libFuzzer too.
    pub name: &'static str,
    /// What takes the bytes. It panics where a property is broken.
    pub run: fn(&[u8]),
    /// Inputs that go deep, to make others from.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub static TARGETS: [Target; 12] = [
    authorizer::TARGET,
    claims::TARGET,
    cursor::TARGET,
    der::TARGET,
    idempotency::TARGET,
    ids::TARGET,
    jws::TARGET,
    lifetime::TARGET,
    order::TARGET,
    providers::TARGET,
    roles::TARGET,
    rules::TARGET,
];

/// Brings `bytes` to the target `name`.
///
/// # Panics
///
/// Where a property is broken, or there is no such target.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    (target.run)(bytes);
}

/// Texts as seeds.
fn texts<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Vec<Vec<u8>> {
    texts.into_iter().map(|text| text.as_ref().as_bytes().to_vec()).collect()
}
