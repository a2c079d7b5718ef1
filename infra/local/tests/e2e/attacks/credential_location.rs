//! A valid token in other locations and under other schemes (RFC 6750, section 2).

use serde_json::json;

use super::{
    attack::{Attack, AttackGroup},
    forge::TokenForge,
    request::Request,
};

/// Headers that a proxy or a framework may take for `Authorization`.
const HEADERS: [&str; 6] = [
    "X-Authorization",
    "X-Access-Token",
    "X-Amz-Security-Token",
    "Proxy-Authorization",
    "X-Forwarded-Authorization",
    "DPoP",
];

/// Texts before the token that are not the scheme `Bearer` and a space.
const SCHEMES: [&str; 11] =
    ["", "Basic ", "Token ", "JWT ", "DPoP ", "Bearer:", "Bearer=", "Bearer\t", "Bearer", "OAuth ", "Bearer,"];

/// A request with these headers and no others.
fn get(path: &str, headers: Vec<(&'static str, String)>) -> Vec<Request> {
    vec![Request { method: "GET", path: path.to_owned(), headers, body: String::new() }]
}

/// A request to the route for authenticated callers with these headers and no others.
fn with_headers(headers: Vec<(&'static str, String)>) -> Vec<Request> {
    get("/v1/permissions/me", headers)
}

pub fn group(forge: &TokenForge<'_>) -> AttackGroup {
    let token = &forge.owner_token.jwt;
    let mut attacks = other_schemes_and_headers(token);
    attacks.extend(two_headers(token));
    attacks.extend(query_and_body(token));
    // RFC 9110, section 11.1: a scheme is case-insensitive, and one space or more follow it.
    let valid = ["bearer ", "BEARER ", "bEaReR ", "Bearer  "].map(|scheme| {
        let header = vec![("Authorization", format!("{scheme}{token}"))];
        Attack::new(format!("scheme {scheme:?}"), 200, with_headers(header))
    });
    AttackGroup::new("locations and schemes", token, attacks).with_valid_variants(valid.into())
}

fn other_schemes_and_headers(token: &str) -> Vec<Attack> {
    let scheme = |scheme: &&str| {
        let header = vec![("Authorization", format!("{scheme}{token}"))];
        Attack::new(format!("scheme {scheme:?}"), 401, with_headers(header))
    };
    let header = |name: &&'static str| {
        Attack::new(format!("header {name}"), 401, with_headers(vec![(*name, format!("Bearer {token}"))]))
    };
    let mut attacks: Vec<_> = SCHEMES.iter().map(scheme).chain(HEADERS.iter().map(header)).collect();
    let cookie = vec![("Cookie", format!("access_token={token}; Authorization=Bearer {token}"))];
    attacks.push(Attack::new("cookie", 401, with_headers(cookie)));
    attacks
}

fn two_headers(token: &str) -> Vec<Attack> {
    let mut attacks = Vec::new();
    let valid = ("Authorization", format!("Bearer {token}"));
    for second in ["Bearer x", "Basic eA==", &valid.1, ""] {
        let other = ("Authorization", second.to_owned());
        let name = format!("the valid header and {second:.12}");
        attacks.push(Attack::new(name.clone(), 401, with_headers(vec![valid.clone(), other.clone()])));
        attacks.push(Attack::new(format!("{name}, in reverse order"), 401, with_headers(vec![other, valid.clone()])));
    }
    attacks
}

/// In the query and in the body (RFC 6750, sections 2.2 and 2.3).
fn query_and_body(token: &str) -> Vec<Attack> {
    let mut attacks = Vec::new();
    for name in ["access_token", "token", "jwt", "Authorization", "authorization", "bearer"] {
        let path = format!("/v1/permissions/me?{name}={token}");
        attacks.push(Attack::new(format!("query parameter {name}"), 401, get(&path, Vec::new())));
    }
    for (media_type, body) in [
        ("application/x-www-form-urlencoded", format!("access_token={token}&name=n")),
        ("application/json", json!({"name": "n", "access_token": token}).to_string()),
    ] {
        let headers = vec![("Content-Type", media_type.to_owned())];
        let request = Request { method: "POST", path: "/v1/access-tokens".to_owned(), headers, body };
        attacks.push(Attack::new(format!("body, {media_type}"), 401, vec![request]));
    }
    attacks
}
