//! The request that triggers a call, and what must be true after it.

use serde_json::{Value, json};

use super::aws_calls::{AwsCall, Trigger};
use crate::harness::{HttpResponse, TestStack, token_id, token_path};

/// A request in an organization of its own.
pub struct Scenario {
    /// An owner, who can see the organization's tokens.
    owner: String,
    request: Request,
}

enum Request {
    /// A create request with an idempotency key.
    Create { credential: String, key: String, body: Value },
    Other {
        method: &'static str,
        path: String,
        credential: String,
        /// JSON; empty for a request without a body.
        body: String,
    },
}

impl Scenario {
    /// The request that triggers `call`. `tag` is part of the organization's id.
    pub fn new(stack: &TestStack, call: &AwsCall, tag: &str) -> Self {
        let org = format!("f-{tag}");
        let owner = stack.user_token_with_roles(&org, "1", &["owner"]);
        let create_token = || stack.create_token(&owner, &json!({}));
        let create_as = |credential: &str, body: Value| Request::Create {
            credential: credential.to_owned(),
            key: tag.to_owned(),
            body,
        };
        let create = |body: Value| create_as(&owner, body);
        let with_body = |method, path: &str, credential: &str, body: &str| Request::Other {
            method,
            path: path.to_owned(),
            credential: credential.to_owned(),
            body: body.to_owned(),
        };
        let other = |method, path: &str, credential: &str| with_body(method, path, credential, "");
        let role_path = format!("/v1/permissions/roles/{org}:clerk");
        let put_role = || stack.put_role(&format!("{org}:clerk"), &json!([{"action": "order:view"}]));
        let request = match call.trigger {
            Trigger::Create => create(json!({"name": "n"})),
            Trigger::CreateWithRole => {
                let role = format!("{org}:clerk");
                stack.put_role(&role, &json!([{"action": "order:view"}]));
                create(json!({"name": "n", "assignments": [role]}))
            }
            Trigger::CreateAsToken => {
                // Of a type that the list does not contain.
                let members = json!({"token_type": "app", "allowed_cidrs": ["127.0.0.1"]});
                create_as(&stack.create_token(&owner, &members).1, json!({"name": "n"}))
            }
            Trigger::Rotate => other("POST", &format!("{}/rotate", token_path(&create_token().0)), &owner),
            Trigger::List => other("GET", "/v1/access-tokens", &owner),
            Trigger::Get => other("GET", &token_path(&create_token().0), &owner),
            Trigger::Revoke => other("DELETE", &token_path(&create_token().0), &owner),
            Trigger::RevokeRotated => {
                let (item, token) = create_token();
                stack.rotate_token(&token, "self", &json!({}));
                other("DELETE", &token_path(&item), &owner)
            }
            Trigger::ListAsRotated | Trigger::FirstUse => {
                let (item, token) = create_token();
                let (_, successor) = stack.rotate_token(&owner, token_id(&item), &json!({}));
                let credential = if call.trigger == Trigger::FirstUse { successor } else { token };
                other("GET", "/v1/access-tokens", &credential)
            }
            Trigger::RevokeAll => {
                create_token();
                with_body("POST", "/v1/access-tokens/revoke", &owner, r#"{"all": true}"#)
            }
            Trigger::Update => {
                with_body("PATCH", &token_path(&create_token().0), &owner, r#"{"name": "Renamed", "description": "d"}"#)
            }
            Trigger::ListAsToken => other("GET", "/v1/access-tokens", &create_token().1),
            Trigger::ListAsUser => {
                stack.assign_roles(&org, "2", &[&format!("{org}:owner")]);
                other("GET", "/v1/access-tokens", &stack.user_token(&org, "2"))
            }
            Trigger::OwnRoles => other("GET", "/v1/permissions/me", &owner),
            Trigger::AssignableRoles => other("GET", "/v1/permissions/me?may_give=true", &owner),
            Trigger::GetRole => {
                put_role();
                other("GET", &role_path, &owner)
            }
            Trigger::ListAssignments => other("GET", "/v1/permissions/assignments", &owner),
            Trigger::PutRole => {
                with_body("PUT", &role_path, &owner, r#"{"name": "Clerk", "grants": [{"action": "a"}]}"#)
            }
            Trigger::DeleteRole => {
                put_role();
                other("DELETE", &role_path, &owner)
            }
            Trigger::AssignRole => {
                put_role();
                let roles = json!([format!("{org}:clerk")]).to_string();
                with_body("PUT", "/v1/permissions/assignments/local%7C2", &owner, &roles)
            }
            Trigger::RemoveOwner => {
                for user in ["2", "3"] {
                    stack.assign_roles(&org, user, &[&format!("{org}:owner")]);
                }
                with_body("PUT", "/v1/permissions/assignments/local%7C2", &owner, "[]")
            }
            Trigger::Jwks => other("GET", "/v1/access-tokens/.well-known/jwks.json", ""),
        };
        Self { owner, request }
    }

    pub fn send(&self, stack: &TestStack) -> HttpResponse {
        match &self.request {
            Request::Create { credential, key, body } => stack.create_with_key(credential, key, body),
            Request::Other { method, path, credential, body } => {
                let bearer = format!("Bearer {credential}");
                let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
                stack.send(method, path, &headers, body.as_bytes())
            }
        }
    }

    fn active_ids(&self, stack: &TestStack) -> Vec<String> {
        stack.list(&self.owner).ids()
    }

    /// Asserts that the stored state agrees with the response, and that a retry succeeds once.
    pub fn assert_recovery(&self, stack: &TestStack, call: &AwsCall, response: &HttpResponse, case: &str) {
        let stored = self.active_ids(stack);
        let retry = self.send(stack);
        match call.trigger {
            trigger if trigger.is_create() => {
                assert!(stored.len() <= 1, "{case}: one request created {stored:?}");
                assert!(response.status != 201 || stored.len() == 1, "{case}: the returned token is not stored");
                let may_be_stored = response.status == 201 || call.operation == "PutItem";
                assert!(may_be_stored || stored.is_empty(), "{case}: {stored:?}");
                assert_eq!(retry.status, 201, "{case}: {}", retry.body);
                assert_eq!(self.active_ids(stack), [retry.json()["id"].as_str().unwrap()], "{case}");
                let used = stack.get_self(&retry.token());
                assert_eq!(used.status, 200, "{case}: {}", used.body);
            }
            Trigger::Rotate => {
                assert!(stored.len() <= 2, "{case}: one request created {stored:?}");
                assert!(response.status != 201 || stored.len() == 2, "{case}: the returned token is not stored");
                assert_eq!(retry.status, 201, "{case}: {}", retry.body);
                let successor = retry.json()["id"].clone();
                if response.status == 201 {
                    assert_eq!(response.json()["id"], successor, "{case}");
                }
                let active = self.active_ids(stack);
                assert!(active.len() == 2 && active.iter().any(|id| *id == successor), "{case}: {active:?}");
                let used = stack.get_self(&stack.remember_secret(retry.token()));
                assert_eq!(used.status, 200, "{case}: {}", used.body);
                self.send(stack).assert_problem(409, "already_rotated");
            }
            Trigger::Revoke | Trigger::RevokeRotated => {
                assert!(response.status != 200 || stored.is_empty(), "{case}: the revoked token is listed");
                assert_eq!(retry.status, 200, "{case}: {}", retry.body);
                assert!(!retry.json()["revoked_by"].is_null(), "{case}: {}", retry.body);
                assert!(self.active_ids(stack).is_empty(), "{case}");
            }
            Trigger::RevokeAll => {
                let revoked = |response: &HttpResponse| response.json()["revoked"].as_array().unwrap().len();
                assert!(response.status != 200 || (stored.is_empty() && revoked(response) == 1), "{case}");
                // A write whose response was lost has revoked the token, which the retry then does not find.
                assert_eq!(retry.status, 200, "{case}: {}", retry.body);
                assert_eq!(revoked(&retry), stored.len(), "{case}");
                assert!(retry.json()["cursor"].is_null() && self.active_ids(stack).is_empty(), "{case}");
            }
            Trigger::Update => {
                assert_eq!(retry.status, 200, "{case}: {}", retry.body);
                let read = stack.list(&self.owner).json();
                assert_eq!(read, json!([retry.json()]), "{case}: one token, and the change is stored");
                assert_eq!((&read[0]["name"], &read[0]["description"]), (&json!("Renamed"), &json!("d")), "{case}");
            }
            Trigger::DeleteRole => {
                let is_deleted = |response: &HttpResponse| matches!(response.status, 200 | 404);
                assert!(is_deleted(&retry), "{case}: {}", retry.body);
                assert_eq!(self.send(stack).status, 404, "{case}");
                assert!(response.status != 200 || retry.status == 404, "{case}: the deleted role is stored");
            }
            Trigger::PutRole | Trigger::AssignRole | Trigger::RemoveOwner => {
                assert_eq!(retry.status, 200, "{case}: {}", retry.body);
                let Request::Other { path, body, .. } = &self.request else { return };
                let read = stack.request("GET", path, &self.owner).json();
                let sent: Value = serde_json::from_str(body).unwrap();
                let stored =
                    if sent.is_array() { read } else { json!({"name": read["name"], "grants": read["grants"]}) };
                assert_eq!(stored, sent, "{case}");
            }
            _ => assert_eq!(retry.status, 200, "{case}: {}", retry.body),
        }
    }
}
