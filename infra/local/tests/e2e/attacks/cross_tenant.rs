//! Another tenant's tokens, people, ids, cursors and roles.

use serde_json::{Value, json};

use super::{
    attack::{Group, Row},
    forge::Forge,
    request::Request,
};
use crate::harness::World;

/// Where a page ends, in the list of `owner`.
fn cursor(world: &World, owner: &str) -> String {
    let page = world.call("GET", "/v1/access-tokens?limit=1", owner);
    let link = page.header("link").to_owned();
    link.split("cursor=").nth(1).unwrap().split(['>', '&']).next().unwrap().to_owned()
}

/// Somebody of another organization, and what belongs to this one.
struct Neighbour<'f> {
    forge: &'f Forge<'f>,
    org: &'static str,
    who: &'static str,
    credential: &'f str,
    /// A place in this organization's list.
    cursor: &'f str,
}

pub fn group(forge: &Forge<'_>) -> Group {
    let (world, org) = (forge.world, "attacks-neighbours");
    let person = world.person_as(org, "1", &["owner"]);
    let [token, _] = [(); 2].map(|()| forge.token(&person, &json!({})).token);
    let their_cursor = cursor(world, &person);
    forge.token(&forge.owner, &json!({}));
    let cursor = &cursor(world, &forge.owner);
    let mut rows = Vec::new();
    for (who, credential) in [("a person", &person), ("a token", &token)] {
        let neighbour = Neighbour { forge, org, who, credential, cursor };
        rows.extend(neighbour.reaches_over());
        rows.extend(neighbour.moves());
        rows.extend(neighbour.makes_tokens());
    }
    let page = Request::new("GET", &format!("/v1/access-tokens?limit=1&cursor={their_cursor}"), &forge.owner);
    rows.push(Row::of("the neighbours' cursor here", 400, vec![page]));
    Group::new("another tenant's", &person, rows)
}

impl Neighbour<'_> {
    fn row(&self, what: &str, status: u16, request: Request) -> Row {
        Row::of(format!("{}: {what}", self.who), status, vec![request])
    }

    /// Reads and revokes this organization's tokens, and goes on in its list.
    fn reaches_over(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for (what, id) in [("a token", &self.forge.plain.id), ("a child", &self.forge.rich.id)] {
            for method in ["GET", "DELETE"] {
                let request = Request::new(method, &format!("/v1/access-tokens/{id}"), self.credential);
                rows.push(self.row(&format!("{method} of {what}"), 404, request.clone()));
                let moved = request.with("x-epilot-org-id", self.forge.org);
                rows.push(self.row(&format!("{method} of {what}, moved there"), 403, moved));
            }
        }
        let page = format!("/v1/access-tokens?limit=1&cursor={}", self.cursor);
        rows.push(self.row("the other's cursor", 400, Request::new("GET", &page, self.credential)));
        rows
    }

    /// Moves to this organization, or to what may be taken for it.
    fn moves(&self) -> Vec<Row> {
        let (here, there) = (self.forge.org, self.org);
        let mut rows = Vec::new();
        for (method, path) in
            [("GET", "/v1/access-tokens"), ("GET", "/v1/permissions/me"), ("POST", "/v1/access-tokens")]
        {
            let request = Request::new(method, path, self.credential).with("x-epilot-org-id", here);
            rows.push(self.row(&format!("{method} {path}, moved there"), 403, request.with_json(r#"{"name":"n"}"#)));
        }
        for unclear in ["*", "", &format!("{there},{here}"), &format!("{here} {there}")] {
            let request = Request::new("GET", "/v1/access-tokens", self.credential).with("x-epilot-org-id", unclear);
            rows.push(self.row(&format!("moves to {unclear:?}"), 403, request));
        }
        let twice = Request::new("GET", "/v1/access-tokens", self.credential);
        let twice = twice.with("x-epilot-org-id", there).with("x-epilot-org-id", here);
        rows.push(self.row("moves to two", 403, twice));
        rows
    }

    /// Makes a token with this organization's roles, or in its name.
    fn makes_tokens(&self) -> Vec<Row> {
        let here = self.forge.org;
        let create =
            |body: Value| Request::new("POST", "/v1/access-tokens", self.credential).with_json(&body.to_string());
        let mut rows = Vec::new();
        for role in ["owner", "a", "root"] {
            for member in ["assignments", "assume_roles"] {
                let body = json!({"name": "n", member: [format!("{here}:{role}")]});
                rows.push(self.row(&format!("names {role} as {member}"), 403, create(body)));
            }
        }
        for member in ["org_id", "organization_id", "parent", "created_by", "token_id"] {
            let body = json!({"name": "n", member: here});
            rows.push(self.row(&format!("names {member}"), 400, create(body)));
        }
        rows
    }
}
