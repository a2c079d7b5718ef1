//! Known attacks on JWTs and on the service, each sent through the whole stack. Where possible, a token differs from a valid one in
//! a single property and is signed again with the real key, so that nothing else can be the reason for its rejection.

mod attack;
mod claim_types;
mod claims;
mod credential_location;
mod cross_tenant;
mod duplicate_members;
mod embedded_keys;
pub mod forge;
mod grants;
mod hmac_confusion;
mod idp_claims;
pub mod idp_tokens;
mod inactive_tokens;
mod jose_header;
mod jws_encoding;
mod kid;
mod malformed_json;
mod numeric_dates;
mod paths;
mod request;
mod signature;
mod source_address;
mod token_families;

use std::thread;

use self::{
    attack::{AttackGroup, GroupResult},
    forge::TokenForge,
};
use crate::harness::TestStack;

/// Lower bound of the number of attacks, so that none is lost unnoticed.
const MIN_ATTACKS: usize = 1_500;

/// Sends the groups concurrently.
fn send_all(stack: &TestStack, groups: &[AttackGroup]) -> Vec<GroupResult> {
    thread::scope(|scope| {
        let threads: Vec<_> = groups.iter().map(|group| scope.spawn(|| group.send(stack))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Attacks on a stack with RSA keys.
fn send_to_rsa_stack() -> Vec<GroupResult> {
    let stack = TestStack::new();
    let forge = TokenForge::new(&stack, "attacks");
    let (embedded_keys, listener) = embedded_keys::group(&forge);
    let mut groups = jose_header::groups(&forge);
    groups.extend([
        hmac_confusion::group(&forge),
        embedded_keys,
        kid::group(&forge),
        duplicate_members::group(&forge),
        malformed_json::group(&forge),
        jws_encoding::group(&forge),
        credential_location::group(&forge),
        token_families::group(&forge),
        signature::rsa(&forge),
    ]);
    groups.extend(claims::groups(&forge));
    groups.extend([
        claim_types::group(&forge),
        numeric_dates::group(&forge),
        idp_tokens::group(&forge),
        idp_claims::group(&forge),
        cross_tenant::group(&forge),
        inactive_tokens::group(&forge),
        source_address::group(&forge),
        grants::group(&forge),
        paths::group(&forge),
    ]);
    let results = send_all(&stack, &groups);
    assert!(listener.accept().is_err(), "the service connected to an address that a token names");
    results
}

/// Attacks on a stack with P-256 keys.
fn send_to_p256_stack() -> Vec<GroupResult> {
    let stack = TestStack::with_parameters(&[("KeySpec", "ECC_NIST_P256")]);
    let forge = TokenForge::new(&stack, "attacks");
    send_all(&stack, &[signature::p256(&forge), jose_header::other_algorithms(&forge)])
}

#[test]
fn known_attacks_are_rejected_without_server_error() {
    let results = [send_to_rsa_stack(), send_to_p256_stack()].concat();
    println!("{}", attack::table(&results));
    let failures: Vec<_> = results.iter().flat_map(|result| &result.failures).collect();
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(results.iter().map(|result| result.attacks).sum::<usize>() >= MIN_ATTACKS);
}
