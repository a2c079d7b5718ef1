//! Every known attack on a JWT, each a row of a table and sent through the whole stack. Wherever it can be, a row is a good
//! token in which one thing was changed and which the real key signed again, so that nothing else can be the reason.

mod attack;
mod claim_types;
mod claims;
mod credential_location;
mod cross_tenant;
mod duplicate_members;
mod embedded_keys;
mod forge;
mod hmac_confusion;
mod idp_claims;
mod idp_tokens;
mod inactive_tokens;
mod jose_header;
mod jws_encoding;
mod kid;
mod malformed_json;
mod numeric_dates;
mod request;
mod signature;
mod token_families;

use std::thread;

use self::{
    attack::{Group, Tally},
    forge::Forge,
};
use crate::harness::World;

/// Fewer would mean that some are not sent any more.
const AT_LEAST: usize = 1_500;

/// Sends all groups, each beside the others, and gives how each went.
fn send(world: &World, groups: &[Group]) -> Vec<Tally> {
    thread::scope(|scope| {
        let running: Vec<_> = groups.iter().map(|group| scope.spawn(|| group.send(world))).collect();
        running.into_iter().map(|tally| tally.join().unwrap()).collect()
    })
}

/// The attacks on a stack with RSA keys, one of its own: the shared one's lines are read after each test.
fn rsa() -> Vec<Tally> {
    let world = World::new();
    let forge = Forge::new(&world, "attacks");
    let mut groups = jose_header::groups(&forge);
    let (key_of_the_tokens, listener) = embedded_keys::group(&forge);
    groups.extend([hmac_confusion::group(&forge), key_of_the_tokens, kid::group(&forge)]);
    groups.extend([
        duplicate_members::group(&forge),
        malformed_json::group(&forge),
        jws_encoding::group(&forge),
        credential_location::group(&forge),
    ]);
    groups.extend([token_families::group(&forge), signature::rsa(&forge)]);
    groups.extend(claims::groups(&forge));
    groups.extend([
        claim_types::group(&forge),
        numeric_dates::group(&forge),
        idp_tokens::group(&forge),
        idp_claims::group(&forge),
    ]);
    groups.extend([cross_tenant::group(&forge), inactive_tokens::group(&forge)]);
    let tallies = send(&world, &groups);
    assert!(listener.accept().is_err(), "an address that a token named was called");
    tallies
}

/// The attacks on a stack with P-256 keys.
fn p256() -> Vec<Tally> {
    let world = World::with(&[("KeySpec", "ECC_NIST_P256")]);
    let forge = Forge::new(&world, "attacks");
    let groups = [signature::p256(&forge), jose_header::other_algorithms(&forge)];
    send(&world, &groups)
}

#[test]
fn known_attacks_are_rejected_without_server_error() {
    let tallies = [rsa(), p256()].concat();
    println!("{}", attack::table(&tallies));
    let complaints: Vec<_> = tallies.iter().flat_map(|tally| &tally.complaints).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
    assert!(tallies.iter().map(|tally| tally.rows).sum::<usize>() >= AT_LEAST);
}
