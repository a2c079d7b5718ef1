//! The good token where no token is looked for, or under another scheme (RFC 6750, section 2).

use serde_json::json;

use super::{
    attack::{Group, Row},
    forge::Forge,
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

/// What is no scheme of ours.
const SCHEMES: [&str; 11] =
    ["", "Basic ", "Token ", "JWT ", "DPoP ", "Bearer:", "Bearer=", "Bearer\t", "Bearer", "OAuth ", "Bearer,"];

/// Who am I, with these headers and no others.
fn who(path: &str, headers: Vec<(&'static str, String)>) -> Vec<Request> {
    vec![Request { method: "GET", path: path.to_owned(), headers, body: String::new() }]
}

/// The same by the path of the route.
fn under(headers: Vec<(&'static str, String)>) -> Vec<Request> {
    who("/v1/permissions/me", headers)
}

pub fn group(forge: &Forge<'_>) -> Group {
    let token = &forge.plain.token;
    let mut rows = in_other_headers(token);
    rows.extend(in_two_headers(token));
    rows.extend(in_the_request(token));
    // RFC 9110, section 11.1: a scheme is case-insensitive, and one space or more follow it.
    let legal = ["bearer ", "BEARER ", "bEaReR ", "Bearer  "].map(|scheme| {
        let header = vec![("Authorization", format!("{scheme}{token}"))];
        Row::of(format!("{scheme:?} as the scheme"), 200, under(header))
    });
    Group::new("places and schemes", token, rows).beside(legal.into())
}

fn in_other_headers(token: &str) -> Vec<Row> {
    let scheme = |scheme: &&str| {
        let header = vec![("Authorization", format!("{scheme}{token}"))];
        Row::of(format!("{scheme:?} as the scheme"), 401, under(header))
    };
    let header = |name: &&'static str| {
        Row::of(format!("in the header {name}"), 401, under(vec![(*name, format!("Bearer {token}"))]))
    };
    let mut rows: Vec<_> = SCHEMES.iter().map(scheme).chain(HEADERS.iter().map(header)).collect();
    let cookie = vec![("Cookie", format!("access_token={token}; Authorization=Bearer {token}"))];
    rows.push(Row::of("in a cookie", 401, under(cookie)));
    rows
}

fn in_two_headers(token: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let good = ("Authorization", format!("Bearer {token}"));
    for second in ["Bearer x", "Basic eA==", &good.1, ""] {
        let other = ("Authorization", second.to_owned());
        let name = format!("the good header and {second:.12}");
        rows.push(Row::of(name.clone(), 401, under(vec![good.clone(), other.clone()])));
        rows.push(Row::of(format!("{name}, the other way round"), 401, under(vec![other, good.clone()])));
    }
    rows
}

/// In the query and in the body (RFC 6750, sections 2.2 and 2.3).
fn in_the_request(token: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    for name in ["access_token", "token", "jwt", "Authorization", "authorization", "bearer"] {
        let path = format!("/v1/permissions/me?{name}={token}");
        rows.push(Row::of(format!("{name} in the query"), 401, who(&path, Vec::new())));
    }
    for (media_type, body) in [
        ("application/x-www-form-urlencoded", format!("access_token={token}&name=n")),
        ("application/json", json!({"name": "n", "access_token": token}).to_string()),
    ] {
        let headers = vec![("Content-Type", media_type.to_owned())];
        let request = Request { method: "POST", path: "/v1/access-tokens".to_owned(), headers, body };
        rows.push(Row::of(format!("in the body, {media_type}"), 401, vec![request]));
    }
    rows
}
