//! Every known attack on a JWT, each a row of a table and sent through the whole stack. Wherever it can be, a row is a good
//! token in which one thing was changed and which the real key signed again, so that nothing else can be the reason.

mod claims;
mod doubled;
mod ends;
mod families;
mod forge;
mod form;
mod header;
mod kid;
mod odd;
mod own_keys;
mod people;
mod places;
mod request;
mod row;
mod said;
mod secret;
mod signature;
mod tenants;
mod times;
mod types;

use std::thread;

use self::{
    forge::Forge,
    row::{Group, Tally},
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
    let mut groups = header::groups(&forge);
    let (key_of_the_tokens, listener) = own_keys::group(&forge);
    groups.extend([secret::group(&forge), key_of_the_tokens, kid::group(&forge)]);
    groups.extend([doubled::group(&forge), odd::group(&forge), form::group(&forge), places::group(&forge)]);
    groups.extend([families::group(&forge), signature::rsa(&forge)]);
    groups.extend(claims::groups(&forge));
    groups.extend([types::group(&forge), times::group(&forge), people::group(&forge), said::group(&forge)]);
    groups.extend([tenants::group(&forge), ends::group(&forge)]);
    let tallies = send(&world, &groups);
    assert!(listener.accept().is_err(), "an address that a token named was called");
    tallies
}

/// The attacks on a stack with P-256 keys.
fn p256() -> Vec<Tally> {
    let world = World::with(&[("KeySpec", "ECC_NIST_P256")]);
    let forge = Forge::new(&world, "attacks");
    let groups = [signature::p256(&forge), header::other_algorithms(&forge)];
    send(&world, &groups)
}

#[test]
fn no_known_attack_on_a_token_is_granted_or_breaks_anything() {
    let tallies = [rsa(), p256()].concat();
    println!("{}", row::table(&tallies));
    let complaints: Vec<_> = tallies.iter().flat_map(|tally| &tally.complaints).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
    assert!(tallies.iter().map(|tally| tally.rows).sum::<usize>() >= AT_LEAST);
}
