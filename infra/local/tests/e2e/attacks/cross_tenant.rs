//! Requests that use another organization's ids, cursors and roles.

use serde_json::{Value, json};

use super::{
    attack::{Attack, AttackGroup},
    forge::TokenForge,
    request::Request,
};
use crate::harness::TestStack;

/// A cursor of the list of this owner's organization.
fn cursor(stack: &TestStack, owner: &str) -> String {
    let page = stack.request("GET", "/v1/access-tokens?limit=1", owner);
    let link = page.header("link").to_owned();
    link.split("cursor=").nth(1).unwrap().split(['>', '&']).next().unwrap().to_owned()
}

/// A caller of another organization, and a cursor of the attacked organization.
struct Attacker<'f> {
    forge: &'f TokenForge<'f>,
    org: &'static str,
    kind: &'static str,
    credential: &'f str,
    /// A cursor of the attacked organization's list.
    cursor: &'f str,
}

pub fn group(forge: &TokenForge<'_>) -> AttackGroup {
    let stack = forge.stack;
    let org = "attacks-other-tenant";
    let user = stack.user_token_with_roles(org, "1", &["owner"]);
    let [token, _] = [(); 2].map(|()| forge.create_token(&user, &json!({})).jwt);
    let own_cursor = cursor(stack, &user);
    forge.create_token(&forge.owner, &json!({}));
    let cursor = &cursor(stack, &forge.owner);
    let mut attacks = Vec::new();
    for (kind, credential) in [("user", &user), ("token", &token)] {
        let attacker = Attacker { forge, org, kind, credential, cursor };
        attacks.extend(attacker.access_foreign_tokens());
        attacks.extend(attacker.switch_organization());
        attacks.extend(attacker.create_tokens());
    }
    let page = Request::new("GET", &format!("/v1/access-tokens?limit=1&cursor={own_cursor}"), &forge.owner);
    attacks.push(Attack::new("owner with the cursor of another organization", 400, vec![page]));
    AttackGroup::new("other organization", &user, attacks)
}

impl Attacker<'_> {
    fn attack(&self, name: &str, status: u16, request: Request) -> Attack {
        Attack::new(format!("{}: {name}", self.kind), status, vec![request])
    }

    /// Reads and revokes the attacked organization's tokens, and continues its list.
    fn access_foreign_tokens(&self) -> Vec<Attack> {
        let mut attacks = Vec::new();
        for (name, id) in [("token", &self.forge.owner_token.id), ("child token", &self.forge.child_token.id)] {
            for method in ["GET", "DELETE"] {
                let request = Request::new(method, &format!("/v1/access-tokens/{id}"), self.credential);
                attacks.push(self.attack(&format!("{method} of the {name}"), 404, request.clone()));
                let switched = request.with_header("x-epilot-org-id", self.forge.org);
                attacks.push(self.attack(&format!("{method} of the {name} with its organization"), 403, switched));
            }
        }
        let page = format!("/v1/access-tokens?limit=1&cursor={}", self.cursor);
        attacks.push(self.attack("foreign cursor", 400, Request::new("GET", &page, self.credential)));
        attacks
    }

    /// Names the attacked organization in the header.
    fn switch_organization(&self) -> Vec<Attack> {
        let target = self.forge.org;
        let own = self.org;
        let mut attacks = Vec::new();
        for (method, path) in
            [("GET", "/v1/access-tokens"), ("GET", "/v1/permissions/me"), ("POST", "/v1/access-tokens")]
        {
            let request = Request::new(method, path, self.credential).with_header("x-epilot-org-id", target);
            attacks.push(self.attack(
                &format!("{method} {path} with the other organization"),
                403,
                request.with_json(r#"{"name":"n"}"#),
            ));
        }
        for invalid in ["*", "", &format!("{own},{target}"), &format!("{target} {own}")] {
            let request =
                Request::new("GET", "/v1/access-tokens", self.credential).with_header("x-epilot-org-id", invalid);
            attacks.push(self.attack(&format!("organization {invalid:?}"), 403, request));
        }
        let twice = Request::new("GET", "/v1/access-tokens", self.credential);
        let twice = twice.with_header("x-epilot-org-id", own).with_header("x-epilot-org-id", target);
        attacks.push(self.attack("two organizations", 403, twice));
        attacks
    }

    /// Creates tokens with the attacked organization's roles, or with members that name it.
    fn create_tokens(&self) -> Vec<Attack> {
        let target = self.forge.org;
        let create =
            |body: Value| Request::new("POST", "/v1/access-tokens", self.credential).with_json(&body.to_string());
        let mut attacks = Vec::new();
        for role in ["owner", "a", "root"] {
            for member in ["assignments", "assume_roles"] {
                let body = json!({"name": "n", member: [format!("{target}:{role}")]});
                attacks.push(self.attack(&format!("role {role} in {member}"), 403, create(body)));
            }
        }
        for member in ["org_id", "organization_id", "parent", "created_by", "token_id"] {
            let body = json!({"name": "n", member: target});
            attacks.push(self.attack(&format!("member {member}"), 400, create(body)));
        }
        attacks
    }
}
