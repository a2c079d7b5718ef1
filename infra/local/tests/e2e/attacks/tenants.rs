//! Another tenant's tokens, people, ids, cursors and roles.

use serde_json::json;

use super::{
    forge::Forge,
    row::{Group, Request, Row},
};
use crate::harness::World;

/// Where a page ends, in the list of `owner`.
fn cursor(world: &World, owner: &str) -> String {
    let page = world.call("GET", "/v1/access-tokens?limit=1", owner);
    let link = page.header("link").to_owned();
    link.split("cursor=").nth(1).unwrap().split(['>', '&']).next().unwrap().to_owned()
}

pub fn group(forge: &Forge<'_>) -> Group {
    let (world, org) = (forge.world, "attacks-neighbours");
    let person = world.person_as(org, "1", &["owner"]);
    let [token, _] = [(); 2].map(|()| forge.token(&person, &json!({})).token);
    let their_cursor = cursor(world, &person);
    forge.token(&forge.owner, &json!({}));
    let our_cursor = cursor(world, &forge.owner);
    let mut rows = Vec::new();
    for (who, credential) in [("a person", &person), ("a token", &token)] {
        for (what, id) in [("a token", &forge.plain.id), ("a child", &forge.rich.id)] {
            for method in ["GET", "DELETE"] {
                let request = Request::new(method, &format!("/v1/access-tokens/{id}"), credential);
                rows.push(Row::of(format!("{who}: {method} of {what}"), 404, vec![request]));
            }
        }
        let moved = ["GET /v1/access-tokens", "GET /v1/permissions/me", "POST /v1/access-tokens"].map(|route| {
            let (method, path) = route.split_once(' ').unwrap();
            Request::new(method, path, credential).with("x-epilot-org-id", forge.org).with_json(r#"{"name":"n"}"#)
        });
        rows.push(Row::of(format!("{who} in the other organization"), 403, moved.into()));
        let id = Request::new("DELETE", &format!("/v1/access-tokens/{}", forge.plain.id), credential);
        rows.push(Row::of(format!("{who} revokes there"), 403, vec![id.with("x-epilot-org-id", forge.org)]));
        for unclear in ["*", "", &format!("{org},{}", forge.org), &format!("{} {org}", forge.org)] {
            let request = Request::new("GET", "/v1/access-tokens", credential).with("x-epilot-org-id", unclear);
            rows.push(Row::of(format!("{who} in the organization {unclear:?}"), 403, vec![request]));
        }
        let twice = Request::new("GET", "/v1/access-tokens", credential);
        let twice = twice.with("x-epilot-org-id", org).with("x-epilot-org-id", forge.org);
        rows.push(Row::of(format!("{who} in two organizations"), 403, vec![twice]));
        let page = Request::new("GET", &format!("/v1/access-tokens?limit=1&cursor={our_cursor}"), credential);
        rows.push(Row::of(format!("{who} with the other's cursor"), 400, vec![page]));
        for role in ["owner", "a", "root"] {
            for member in ["assignments", "assume_roles"] {
                let body = json!({"name": "n", member: [format!("{}:{role}", forge.org)]}).to_string();
                let request = Request::new("POST", "/v1/access-tokens", credential).with_json(&body);
                rows.push(Row::of(format!("{who} names {role} as {member}"), 403, vec![request]));
            }
        }
        let body = json!({"name": "n", "org_id": forge.org}).to_string();
        let request = Request::new("POST", "/v1/access-tokens", credential).with_json(&body);
        rows.push(Row::of(format!("{who} names the organization"), 400, vec![request]));
    }
    let page = Request::new("GET", &format!("/v1/access-tokens?limit=1&cursor={their_cursor}"), &forge.owner);
    rows.push(Row::of("the neighbours' cursor here", 400, vec![page]));
    Group::new("another tenant's", &person, rows)
}
