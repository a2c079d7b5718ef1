//! *(a power is a permission)* What the functions call is what their policies allow, and how often they call it is the design's.

use std::collections::{BTreeMap, BTreeSet};

use local::{
    aws::OPERATOR,
    iam::{Condition, ConditionOperator},
};
use serde_json::json;

use crate::harness::{Shared, World};

/// Every operation once, each path that needs a power of its own included.
fn everything(world: &World) {
    let (item, token) = world.token(&world.owner(), &json!({"assignments": ["123:token_admin"]}));
    let path = format!("/v1/access-tokens/{}", item["id"].as_str().unwrap());
    assert_eq!(world.call("GET", "/v1/access-tokens", &token).status, 200);
    assert_eq!(world.call("GET", &path, &token).status, 200);
    assert_eq!(world.call("DELETE", &path, &token).status, 200);
    assert_eq!(world.call("GET", "/v1/access-tokens/.well-known/jwks.json", "").status, 200);
    assert_eq!(world.call("GET", "/v1/permissions/me", &world.owner()).status, 200);
    assert_eq!(world.call("GET", "/v1/permissions/me?may_give=true", &world.owner()).status, 200);
    assert_eq!(world.page("/tokens").status, 200);
    let (_, public) = world.token(&world.owner(), &json!({"journey_id": "j-1"}));
    // Where no route is open to these tokens, their keys are read when one is shown.
    assert_eq!(world.call("GET", "/v1/access-tokens", &public).status, 403);
}

#[test]
fn functions_make_exactly_the_calls_of_their_policies() {
    let world = World::new();
    everything(&world);
    let calls = world.calls.all().into_iter().filter(|call| call.caller != OPERATOR);
    let called: BTreeSet<_> = calls
        .flat_map(|call| {
            call.resources.into_iter().map(move |resource| (call.caller.clone(), call.action.clone(), resource))
        })
        .collect();
    assert_eq!(called, world.named_powers());
}

/// The statements that have conditions: the function, the action, and each condition's operator, key and values.
const CONDITIONED: [(&str, &str, &[Narrowed]); 8] = [
    ("authorizer", "dynamodb:GetItem", &[ORGS]),
    ("authorizer", "dynamodb:UpdateItem", &[attributes(&["pk", "sk", "last_used", "revoked_at"]), TOKENS]),
    ("create-token", "dynamodb:PutItem", &[TOKENS]),
    (
        "create-token",
        "kms:Sign",
        &[
            (ConditionOperator::StringEquals, "kms:MessageType", &["DIGEST"]),
            (ConditionOperator::StringEquals, "kms:SigningAlgorithm", &["RSASSA_PKCS1_V1_5_SHA_256", "ECDSA_SHA_256"]),
        ],
    ),
    ("get-token", "dynamodb:GetItem", &[TOKENS]),
    ("my-roles", "dynamodb:BatchGetItem", &[ORGS]),
    ("my-roles", "dynamodb:Query", &[ORGS]),
    (
        "revoke-token",
        "dynamodb:UpdateItem",
        &[attributes(&["pk", "sk", "id", "org", "revoked_at", "revoked_by", "ttl", "by_org", "by_org_at"]), TOKENS],
    ),
];

/// A condition as the table has it.
type Narrowed = (ConditionOperator, &'static str, &'static [&'static str]);

const TOKENS: Narrowed = (ConditionOperator::ForAllStringLike, "dynamodb:LeadingKeys", &["TOKEN#*"]);
const ORGS: Narrowed = (ConditionOperator::ForAllStringLike, "dynamodb:LeadingKeys", &["ORG#*"]);

const fn attributes(names: &'static [&'static str]) -> Narrowed {
    (ConditionOperator::ForAllStringEquals, "dynamodb:Attributes", names)
}

#[test]
fn conditional_permission_has_no_unconditional_grant() {
    let world = Shared::lend();
    let mut found = BTreeMap::<_, BTreeSet<Vec<String>>>::new();
    for function in &world.template.functions {
        for statement in &function.statements {
            let text = |own: &Condition| format!("{:?} {} {:?}", own.operator, own.key, own.values);
            let mut conditions: Vec<_> = statement.conditions.iter().map(text).collect();
            conditions.sort_unstable();
            for action in &statement.actions {
                let power = (function.name.clone(), action.clone());
                found.entry(power).or_default().insert(conditions.clone());
            }
        }
    }
    found.retain(|_, conditions| *conditions != BTreeSet::from([Vec::new()]));
    let text = |(operator, key, values): &Narrowed| format!("{operator:?} {key} {values:?}");
    let expected = CONDITIONED.iter().map(|(function, action, conditions)| {
        let conditions: Vec<_> = conditions.iter().map(text).collect();
        (((*function).to_owned(), (*action).to_owned()), BTreeSet::from([conditions]))
    });
    assert_eq!(found, expected.collect());
}

#[test]
fn only_create_token_may_sign() {
    let world = World::new();
    for function in &world.stack().template.functions {
        let signs =
            function.statements.iter().flat_map(|statement| &statement.actions).any(|action| action == "kms:Sign");
        assert_eq!(signs, function.name == "create-token", "{}", function.name);
    }
}

#[test]
fn aws_calls_per_operation_match_design() {
    let world = World::new();
    let (claimed, assigned) = (world.person_as("123", "1001", &["owner"]), world.owner());
    let other = world.person("123", "1002");
    let (item, token) = world.token(&claimed, &json!({}));
    let path = format!("/v1/access-tokens/{}", item["id"].as_str().unwrap());
    assert_eq!(world.call("GET", &path, &token).status, 200, "the first use of the day is noted here");
    let body = json!({"name": "n"}).to_string();
    let beyond = json!({"name": "n", "assignments": ["123:viewer"]}).to_string();
    println!("{:<44} {:<10} {:>8} {:>8}", "operation", "function", "KMS", "DynamoDB");
    let mut made = String::new();
    let keyed = |what: &str| {
        Some(("Idempotency-Key", "a-key")).filter(|_| what.contains("with a key") || what.starts_with("again"))
    };
    for (what, credential, method, path, body, function, expected) in [
        ("create", &claimed, "POST", "/v1/access-tokens", body.as_str(), "create-token", (1, 1)),
        ("create, roles beyond one's own", &claimed, "POST", "/v1/access-tokens", &beyond, "create-token", (1, 2)),
        ("with a key", &claimed, "POST", "/v1/access-tokens", &beyond, "create-token", (1, 2)),
        ("again, roles beyond one's own", &claimed, "POST", "/v1/access-tokens", &beyond, "create-token", (2, 2)),
        ("with a key", &other, "POST", "/v1/access-tokens", &body, "create-token", (1, 1)),
        ("again", &other, "POST", "/v1/access-tokens", &body, "create-token", (2, 1)),
        ("list", &claimed, "GET", "/v1/access-tokens", "", "list-tokens", (0, 1)),
        ("list, both classes", &claimed, "GET", "/v1/access-tokens?token_type=api,app", "", "list-tokens", (0, 2)),
        ("get", &claimed, "GET", &path, "", "get-token", (0, 1)),
        ("authorize a token", &token, "GET", &path, "", "authorizer", (0, 1)),
        ("authorize a person, roles from a claim", &claimed, "GET", &path, "", "authorizer", (0, 1)),
        ("authorize a person, roles assigned", &assigned, "GET", &path, "", "authorizer", (0, 2)),
        ("the keys", &claimed, "GET", "/v1/access-tokens/.well-known/jwks.json", "", "well-known", (0, 0)),
        ("own roles", &claimed, "GET", "/v1/permissions/me", "", "my-roles", (0, 1)),
        ("roles to give", &claimed, "GET", "/v1/permissions/me?may_give=true", "", "my-roles", (0, 1)),
        ("revoke", &claimed, "DELETE", &path, "", "revoke-token", (0, 1)),
        ("revoke again", &claimed, "DELETE", &path, "", "revoke-token", (0, 1)),
    ] {
        // A repetition within a second is the very write that was made; a row of an earlier second is a replay.
        if what.starts_with("again") {
            world.set(&made, "created_at", 1_566_656_122);
        }
        let mark = world.stack().aws.calls.mark();
        let bearer = format!("Bearer {credential}");
        let mut headers = vec![("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        headers.extend(keyed(what));
        let reply = world.send(method, path, &headers, body);
        assert!(reply.status < 300, "{what}: {}", reply.text);
        made = reply.json()["id"].as_str().unwrap_or_default().to_owned();
        let calls = world.stack().aws.calls.since(mark);
        let count = |service: &str| {
            calls.iter().filter(|call| call.caller == function && call.action.starts_with(service)).count()
        };
        let counted = (count("kms:"), count("dynamodb:"));
        println!("{what:<44} {function:<10} {:>8} {:>8}", counted.0, counted.1);
        assert_eq!(counted, expected, "{what}: {calls:?}");
    }
}

#[test]
fn functions_never_print_a_token() {
    let world = World::new();
    everything(&world);
    world.create(&world.owner(), &json!({"name": 7})).assert_problem(400, "invalid_request");
    world.call("GET", "/v1/access-tokens", "eyJ.no.token").assert_problem(401, "unauthenticated");
    world.stack().aws.faults.inject(local::aws::Service::Kms, None, local::aws::faults::Fault::ConnectionClosed, None);
    world.create(&world.owner(), &json!({"name": "n"})).assert_problem(503, "unavailable");
    let output = world.output();
    assert!(output.lines().count() > 10, "there is something to look at");
    for line in output.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "no JSON: {line}");
        assert!(!line.contains("eyJ"), "a part of a token: {line}");
    }
    world.assert_nothing_leaked();
}
