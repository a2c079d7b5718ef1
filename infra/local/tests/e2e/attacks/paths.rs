//! Paths that gateway, authorizer and function could interpret in two ways.

use super::{
    attack::{Attack, AttackGroup},
    forge::TokenForge,
    request::Request,
};

/// Ids that contain `@`, the id of an existing token, and what no policy can name after decoding it once.
const NOT_LITERAL: [&str; 26] = [
    "@*",
    "*@",
    "@%2a",
    "@%3F",
    "@%3fx=1",
    "@%2f",
    "@%2F..",
    "x%2f..%2f@",
    "%2e%2e%2f@",
    "@%5c",
    "@%00",
    "@%0d%0aX:1",
    "@%20",
    "%20@",
    "@%09",
    "@%7f",
    "@%3bx=1",
    "@;x=1",
    "@%23x",
    "@%24%7bx%7d",
    "@%22",
    "@%3c",
    "@%c0%af",
    "@%ff",
    "@%25",
    "@%e2%80%8b",
];

/// The same with characters that a path may contain: each is the id of another token, which does not exist.
const LITERAL: [&str; 17] = [
    "@:", ":@", "@%3A", "@@", "@+", "@,@", "@=", "!@", "'@'", "(@)", "@&x=1", "@.", "@..", "@~", "@%41", "@:self",
    "self:@",
];

pub fn group(forge: &TokenForge<'_>) -> AttackGroup {
    let id = &forge.owner_token.id;
    let owner = &forge.owner;
    let path = |id: &str| format!("/v1/access-tokens/{id}");
    let both = |id: &str| vec![Request::new("GET", &path(id), owner), Request::new("DELETE", &path(id), owner)];
    let attack =
        |pattern: &&str, status| Attack::new(format!("{pattern}, {status}"), status, both(&replaced(pattern, id)));
    let mut attacks: Vec<_> = NOT_LITERAL.iter().map(|pattern| attack(pattern, 403)).collect();
    attacks.extend(LITERAL.iter().map(|pattern| attack(pattern, 404)));
    let encoded = id.replace('_', "%5F");
    for (name, id) in [
        ("escape encoded twice", encoded.replace("%5F", "%255F")),
        ("escape encoded three times", encoded.replace("%5F", "%25255F")),
        ("escape of another encoding", encoded.replace("%5F", "%u005F")),
        ("overlong escape", encoded.replace("%5F", "%c1%9f")),
        ("full-width character", encoded.replace("%5F", "%ef%bc%bf")),
        ("malformed escape", encoded.replace("%5F", "%5G")),
    ] {
        attacks.push(Attack::new(name, 403, both(&id)));
    }
    let valid = [("escape", encoded.clone()), ("lowercase escape", encoded.replace("%5F", "%5f"))];
    let valid = valid.map(|(name, id)| Attack::new(name, 200, vec![Request::new("GET", &path(&id), owner)]));
    AttackGroup::new("paths", owner, attacks).with_valid_variants(valid.into())
}

/// The first `@` of a pattern stands for the id; the others stand for themselves.
fn replaced(pattern: &str, id: &str) -> String {
    pattern.replacen('@', id, 1)
}
