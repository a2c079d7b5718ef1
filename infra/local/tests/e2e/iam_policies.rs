//! The functions' IAM policies compared with the calls that the functions make, and the number of calls per operation.
//! *(one permission per port)*

use std::collections::{BTreeMap, BTreeSet};

use local::{
    aws::{OPERATOR, Service, faults::Fault},
    iam::{Condition, ConditionOperator},
};
use serde_json::{Value, json};

use crate::harness::{LONG_AGO, SharedStack, TestStack, token_id, token_path};

/// Sends each operation once, including each code path that needs a permission of its own.
fn send_every_operation(stack: &TestStack) {
    let owner = stack.owner_token();
    let (item, token) = stack.create_token(&owner, &json!({"assignments": ["123:token_admin"]}));
    let path = token_path(&item);
    assert_eq!(stack.update(&owner, token_id(&item), &json!({"name": "n", "description": "d"})).status, 200);
    for (method, path, credential) in [
        ("GET", "/v1/access-tokens", token.as_str()),
        ("GET", &path, &token),
        ("DELETE", &path, &token),
        ("GET", "/v1/access-tokens/.well-known/jwks.json", ""),
        ("GET", "/v1/permissions/me", &owner),
        ("GET", "/v1/permissions/me?may_give=true", &owner),
    ] {
        assert_eq!(stack.request(method, path, credential).status, 200, "{method} {path}");
    }
    let (rotated, _) = stack.create_token(&owner, &json!({}));
    let (successor, successor_token) = stack.rotate_token(&owner, token_id(&rotated), &json!({}));
    assert_eq!(stack.get_self(&successor_token).status, 200, "records the first use");
    let response = stack.request("DELETE", &format!("{}?family=true", token_path(&successor)), &owner);
    assert_eq!(response.status, 200, "{}", response.body);
    assert_eq!(stack.revoke_many(&owner, &json!({"created_by": "local|9"})).status, 200);
    manage_roles(stack, &owner);
    assert_eq!(stack.get_page("/tokens").status, 200);
    let (_, public) = stack.create_token(&owner, &json!({"journey_id": "j-1"}));
    // The authorizer reads the public family's keys at the first public token, because no route of the stack accepts one.
    assert_eq!(stack.list(&public).status, 403);
}

/// Sends each operation on roles and assignments once.
fn manage_roles(stack: &TestStack, owner: &str) {
    let bearer = format!("Bearer {owner}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let role = "/v1/permissions/roles/123:clerk";
    for (method, path, body) in [
        ("GET", "/v1/permissions/roles", ""),
        ("PUT", role, r#"{"name": "Clerk", "grants": []}"#),
        ("GET", role, ""),
        ("PUT", "/v1/permissions/assignments/local%7C9", r#"["123:clerk", "123:owner"]"#),
        // The owner role in a transaction.
        ("DELETE", "/v1/permissions/assignments/local%7C9/123:owner", ""),
        ("GET", "/v1/permissions/assignments", ""),
        ("DELETE", role, ""),
    ] {
        let response = stack.send(method, path, &headers, body);
        assert_eq!(response.status, 200, "{method} {path}: {}", response.body);
    }
}

/// Each call is permitted, and each permission is used.
#[test]
fn functions_make_exactly_the_calls_of_their_policies() {
    let stack = TestStack::new();
    send_every_operation(&stack);
    let mut called = BTreeSet::new();
    for call in stack.calls.all().into_iter().filter(|call| call.caller != OPERATOR) {
        let function = call.caller;
        called.extend(call.permissions.into_iter().map(|(action, resource)| (function.clone(), action, resource)));
    }
    assert_eq!(called, stack.permissions());
}

/// The permissions with conditions: function, action and conditions.
const CONDITIONAL_PERMISSIONS: [(&str, &str, &[ExpectedCondition]); 16] = [
    ("authorizer", "dynamodb:GetItem", &[ORGANIZATION_KEYS]),
    (
        "authorizer",
        "dynamodb:UpdateItem",
        &[attributes(&["pk", "sk", "first_used_at", "last_used", "revoked_at"]), TOKEN_KEYS],
    ),
    ("create-token", "dynamodb:PutItem", &[TOKEN_KEYS]),
    (
        "create-token",
        "dynamodb:UpdateItem",
        &[attributes(&["pk", "sk", "successor", "rotated_at", "ends_at", "v", "ttl", "revoked_at"]), TOKEN_KEYS],
    ),
    (
        "create-token",
        "kms:Sign",
        &[
            (ConditionOperator::StringEquals, "kms:MessageType", &["DIGEST"]),
            (ConditionOperator::StringEquals, "kms:SigningAlgorithm", &["RSASSA_PKCS1_V1_5_SHA_256", "ECDSA_SHA_256"]),
        ],
    ),
    ("get-token", "dynamodb:GetItem", &[TOKEN_KEYS]),
    ("manage-roles", "dynamodb:BatchGetItem", &[ORGANIZATION_KEYS]),
    ("manage-roles", "dynamodb:ConditionCheckItem", &[ORGANIZATION_KEYS]),
    ("manage-roles", "dynamodb:DeleteItem", &[ORGANIZATION_KEYS]),
    ("manage-roles", "dynamodb:GetItem", &[ORGANIZATION_KEYS]),
    ("manage-roles", "dynamodb:PutItem", &[ORGANIZATION_KEYS]),
    ("manage-roles", "dynamodb:Query", &[ORGANIZATION_KEYS]),
    ("my-roles", "dynamodb:BatchGetItem", &[ORGANIZATION_AND_TOKEN_KEYS]),
    ("my-roles", "dynamodb:Query", &[ORGANIZATION_KEYS]),
    (
        "revoke-token",
        "dynamodb:UpdateItem",
        &[
            attributes(&[
                "pk",
                "sk",
                "id",
                "org",
                "owner",
                "created_by",
                "revoked_at",
                "revoked_by",
                "ttl",
                "by_org",
                "by_org_at",
                "successor",
                "rotated_by",
            ]),
            TOKEN_KEYS,
        ],
    ),
    (
        "update-token",
        "dynamodb:UpdateItem",
        &[
            attributes(&[
                "pk",
                "sk",
                "id",
                "org",
                "owner",
                "created_by",
                "revoked_at",
                "expires_at",
                "name",
                "description",
            ]),
            TOKEN_KEYS,
        ],
    ),
];

/// Operator, key and values of a condition.
type ExpectedCondition = (ConditionOperator, &'static str, &'static [&'static str]);

const TOKEN_KEYS: ExpectedCondition = (ConditionOperator::ForAllStringLike, "dynamodb:LeadingKeys", &["TOKEN#*"]);
const ORGANIZATION_KEYS: ExpectedCondition = (ConditionOperator::ForAllStringLike, "dynamodb:LeadingKeys", &["ORG#*"]);
const ORGANIZATION_AND_TOKEN_KEYS: ExpectedCondition =
    (ConditionOperator::ForAllStringLike, "dynamodb:LeadingKeys", &["ORG#*", "TOKEN#*"]);

const fn attributes(names: &'static [&'static str]) -> ExpectedCondition {
    (ConditionOperator::ForAllStringEquals, "dynamodb:Attributes", names)
}

/// Every statement that grants such a permission has the same conditions.
#[test]
fn conditional_permission_has_no_unconditional_grant() {
    let stack = SharedStack::get();
    let mut actual = BTreeMap::<_, BTreeSet<Vec<String>>>::new();
    for function in &stack.template.functions {
        for statement in &function.statements {
            let text = |own: &Condition| format!("{:?} {} {:?}", own.operator, own.key, own.values);
            let mut conditions: Vec<_> = statement.conditions.iter().map(text).collect();
            conditions.sort_unstable();
            for action in &statement.actions {
                let permission = (function.name.clone(), action.clone());
                actual.entry(permission).or_default().insert(conditions.clone());
            }
        }
    }
    actual.retain(|_, conditions| *conditions != BTreeSet::from([Vec::new()]));
    let text = |(operator, key, values): &ExpectedCondition| format!("{operator:?} {key} {values:?}");
    let expected = CONDITIONAL_PERMISSIONS.iter().map(|(function, action, conditions)| {
        let conditions: Vec<_> = conditions.iter().map(text).collect();
        (((*function).to_owned(), (*action).to_owned()), BTreeSet::from([conditions]))
    });
    assert_eq!(actual, expected.collect());
}

#[test]
fn only_create_token_may_sign() {
    let stack = SharedStack::get();
    for function in &stack.template.functions {
        let mut actions = function.statements.iter().flat_map(|statement| &statement.actions);
        let may_sign = actions.any(|action| action == "kms:Sign");
        assert_eq!(may_sign, function.name == "create-token", "{}", function.name);
    }
}

/// A name that contains `key` means a request with an `Idempotency-Key`.
#[test]
fn aws_calls_per_operation_match_design() {
    const TOKENS: &str = "/v1/access-tokens";
    const REVOKE: &str = "/v1/access-tokens/revoke";
    const ROLES: &str = "/v1/permissions/roles";
    const USER: &str = "/v1/permissions/assignments/local%7C9";
    let stack = TestStack::new();
    let claimed = stack.user_token_with_roles("123", "1001", &["owner"]);
    let assigned = stack.owner_token();
    let other = stack.user_token("123", "1002");
    let (item, token) = stack.create_token(&claimed, &json!({}));
    let path = token_path(&item);
    let (_, limited) = stack.create_token(&claimed, &json!({"grants": [{"action": "*"}]}));
    assert_eq!(stack.get_self(&limited).status, 200);
    // The authorizer records the first use of a token on a day.
    assert_eq!(stack.request("GET", &path, &token).status, 200);
    let body = json!({"name": "n"}).to_string();
    let other_role = json!({"name": "n", "assignments": ["123:viewer"]}).to_string();
    let no_token = r#"{"created_by": "local|9"}"#;
    let new_role = r#"{"name": "New", "slug": "new", "grants": []}"#;
    let replaced = r#"{"name": "Replaced", "grants": []}"#;
    println!("{:<44} {:<12} {:>8} {:>8}", "operation", "function", "KMS", "DynamoDB");
    let mut created = json!({});
    for (name, credential, method, path, body, function, expected) in [
        ("create", &claimed, "POST", TOKENS, body.as_str(), "create-token", (1, 1)),
        ("create, role not held", &claimed, "POST", TOKENS, &other_role, "create-token", (1, 2)),
        ("create with key, role not held", &claimed, "POST", TOKENS, &other_role, "create-token", (1, 2)),
        ("replay with key, role not held", &claimed, "POST", TOKENS, &other_role, "create-token", (2, 2)),
        ("create with key", &other, "POST", TOKENS, &body, "create-token", (1, 1)),
        ("replay with key", &other, "POST", TOKENS, &body, "create-token", (2, 1)),
        ("create as a token", &token, "POST", TOKENS, &body, "create-token", (1, 2)),
        ("create as a token, role not held", &token, "POST", TOKENS, &other_role, "create-token", (1, 2)),
        ("list", &claimed, "GET", TOKENS, "", "list-tokens", (0, 1)),
        ("list, two types", &claimed, "GET", "/v1/access-tokens?token_type=api,app", "", "list-tokens", (0, 2)),
        ("get", &claimed, "GET", &path, "", "get-token", (0, 1)),
        ("authorize a token", &token, "GET", &path, "", "authorizer", (0, 1)),
        ("authorize a user, roles from a claim", &claimed, "GET", &path, "", "authorizer", (0, 1)),
        ("authorize a user, assigned roles", &assigned, "GET", &path, "", "authorizer", (0, 2)),
        ("JWK set", &claimed, "GET", "/v1/access-tokens/.well-known/jwks.json", "", "well-known", (0, 0)),
        ("own roles", &claimed, "GET", "/v1/permissions/me", "", "my-roles", (0, 1)),
        ("assignable roles", &claimed, "GET", "/v1/permissions/me?may_give=true", "", "my-roles", (0, 1)),
        ("own roles with a decision", &claimed, "GET", "/v1/permissions/me?action=a", "", "my-roles", (0, 2)),
        ("own roles with a decision, grants", &limited, "GET", "/v1/permissions/me?action=a", "", "my-roles", (0, 3)),
        ("simulate", &claimed, "POST", "/v1/permissions/simulate", r#"{"action": "a"}"#, "my-roles", (0, 1)),
        ("simulate as a token", &token, "POST", "/v1/permissions/simulate", r#"{"action": "a"}"#, "my-roles", (0, 2)),
        ("list roles", &claimed, "GET", ROLES, "", "manage-roles", (0, 2)),
        ("create a role", &claimed, "POST", ROLES, new_role, "manage-roles", (0, 3)),
        ("replace a role", &claimed, "PUT", "/v1/permissions/roles/123:new", replaced, "manage-roles", (0, 2)),
        ("assign roles", &claimed, "PUT", USER, r#"["123:new", "123:owner"]"#, "manage-roles", (0, 3)),
        ("take the owner role", &claimed, "PUT", USER, "[]", "manage-roles", (0, 3)),
        ("delete a role", &claimed, "DELETE", "/v1/permissions/roles/123:new", "", "manage-roles", (0, 2)),
        ("revoke many, none matches", &claimed, "POST", REVOKE, no_token, "revoke-token", (0, 2)),
        ("rename", &claimed, "PATCH", &path, r#"{"name": "Renamed"}"#, "update-token", (0, 1)),
        ("revoke", &claimed, "DELETE", &path, "", "revoke-token", (0, 1)),
        ("revoke again", &claimed, "DELETE", &path, "", "revoke-token", (0, 1)),
        // Two reads and one write for each token: the tokens created above, without the one that was revoked.
        ("revoke many, 7 tokens", &claimed, "POST", REVOKE, r#"{"all": true}"#, "revoke-token", (0, 9)),
    ] {
        // Within the same second, a retry writes the same item. An item of an earlier second makes it a replay.
        if name.starts_with("replay") {
            stack.set_attribute(token_id(&created), "created_at", LONG_AGO);
        }
        created = send_and_count(&stack, name, credential, (method, path, body), (function, expected));
    }
}

/// Sends a request, which must succeed, and compares the calls of `function` to KMS and `DynamoDB` with `expected`. Returns the response.
fn send_and_count(
    stack: &TestStack,
    name: &str,
    credential: &str,
    (method, path, body): (&str, &str, &str),
    (function, expected): (&str, (usize, usize)),
) -> Value {
    let mark = stack.calls.mark();
    let bearer = format!("Bearer {credential}");
    let mut headers = vec![("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    headers.extend(name.contains("key").then_some(("Idempotency-Key", "a-key")));
    let response = stack.send(method, path, &headers, body);
    assert!(response.status < 300, "{name}: {}", response.body);
    let calls = stack.calls.since(mark);
    let count =
        |service: &str| calls.iter().filter(|call| call.caller == function && call.action.starts_with(service)).count();
    let actual = (count("kms:"), count("dynamodb:"));
    println!("{name:<44} {function:<12} {:>8} {:>8}", actual.0, actual.1);
    assert_eq!(actual, expected, "{name}: {calls:?}");
    response.json()
}

#[test]
fn aws_calls_of_rotated_tokens_match_design() {
    const SELF: &str = "/v1/access-tokens/self";
    let stack = TestStack::new();
    let owner = stack.user_token_with_roles("123", "1001", &["owner"]);
    let rotate_path = |(item, _): (Value, String)| format!("{}/rotate", token_path(&item));
    let (item, token) = stack.create_token(&owner, &json!({}));
    let (_, successor) = stack.rotate_token(&owner, token_id(&item), &json!({}));
    let rotated_path = token_path(&item);
    // The authorizer records the first use of a token on a day.
    assert_eq!(stack.get_self(&token).status, 200);
    let (_, rotating) = stack.create_token(&owner, &json!({}));
    let rotate = rotate_path(stack.create_token(&owner, &json!({})));
    let rotate_child = rotate_path(stack.create_token(&rotating, &json!({})));
    let itself = format!("{SELF}/rotate");
    for (name, credential, method, path, function, expected) in [
        ("rotate", &owner, "POST", rotate.as_str(), "create-token", (1, 3)),
        ("rotate again", &owner, "POST", &rotate, "create-token", (1, 1)),
        ("rotate a child", &owner, "POST", &rotate_child, "create-token", (1, 4)),
        ("rotate itself", &rotating, "POST", &itself, "create-token", (1, 3)),
        ("authorize a rotated token", &token, "GET", SELF, "authorizer", (0, 2)),
        ("authorize a successor, first use", &successor, "GET", SELF, "authorizer", (0, 3)),
        ("authorize a successor", &successor, "GET", SELF, "authorizer", (0, 1)),
        ("revoke a rotated token", &owner, "DELETE", &rotated_path, "revoke-token", (0, 3)),
    ] {
        send_and_count(&stack, name, credential, (method, path, ""), (function, expected));
    }
}

/// *(returned only on creation)* Includes rejected requests and an outage.
#[test]
fn functions_never_print_a_token() {
    let stack = TestStack::new();
    send_every_operation(&stack);
    stack.create(&stack.owner_token(), &json!({"name": 7})).assert_problem(400, "invalid_request");
    stack.list("eyJ.no.token").assert_problem(401, "unauthenticated");
    stack.faults().inject(Service::Kms, None, Fault::ConnectionClosed, None);
    stack.create(&stack.owner_token(), &json!({"name": "n"})).assert_problem(503, "unavailable");
    let output = stack.output();
    assert!(output.lines().count() > 10, "{output}");
    for line in output.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "not JSON: {line}");
        assert!(!line.contains("eyJ"), "a part of a token: {line}");
    }
    stack.assert_no_secret_is_logged();
}
