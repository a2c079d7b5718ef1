//! What the functions write: one line for each request, with what a person searches by and the metrics, and one for each token
//! that was made or revoked.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use local::aws::{Service, faults::Fault};
use serde_json::{Value, json};
use shared::telemetry::{Metric, OPERATIONS};

use crate::harness::{Reply, World, eventually};

/// The lines of one request by their operations, once there are so many.
fn of(world: &World, reply: &Reply, kind: &str, count: usize) -> Vec<Value> {
    let id = reply.header("x-amzn-requestid");
    eventually(|| {
        let mut lines = world.lines();
        lines.retain(|line| line["request_id"] == id && line["kind"] == kind);
        (lines.len() >= count).then_some(lines)
    })
}

#[test]
fn request_has_one_log_line_per_function() {
    let world = World::new();
    let owner = world.owner();
    let made = world.create(&owner, &json!({"name": "n"}));
    let (id, token) = (made.json()["id"].clone(), made.json()["token"].as_str().unwrap().to_owned());
    let path = format!("/v1/access-tokens/{}", id.as_str().unwrap());
    let refused = world.call("GET", "/v1/access-tokens", &world.person("123", "1003"));
    let unknown = world.call("GET", "/v1/access-tokens", "garbage");
    let invalid = world.create(&owner, &json!({"name": 7}));
    let read = world.call("GET", "/v1/access-tokens/self", &token);
    let absent = world.call("GET", "/v1/access-tokens/api_5ZugdRXasLfWBypHi93Fk", &owner);
    let open = world.call("GET", "/v1/access-tokens/.well-known/jwks.json", "");
    let revoked = world.call("DELETE", &path, &owner);
    world.stack().aws.faults.inject(Service::Kms, Some("Sign"), Fault::ConnectionClosed, None);
    let failed = world.create(&owner, &json!({"name": "n"}));
    for (reply, operation, outcome, code, token_id) in [
        (&made, "createAccessToken", "ok", "ok", id.clone()),
        (&refused, "", "client_error", "permission_denied", Value::Null),
        (&unknown, "", "client_error", "unauthenticated", Value::Null),
        (&invalid, "createAccessToken", "client_error", "invalid_request", Value::Null),
        (&read, "getAccessToken", "ok", "ok", id.clone()),
        (&absent, "getAccessToken", "client_error", "not_found", json!("api_5ZugdRXasLfWBypHi93Fk")),
        (&open, "getAccessTokenWellKnown", "ok", "ok", Value::Null),
        (&revoked, "revokeAccessToken", "ok", "ok", id.clone()),
        (&failed, "createAccessToken", "server_error", "unavailable", Value::Null),
    ] {
        let mut expected: Vec<_> = [operation].into_iter().filter(|name| !name.is_empty()).collect();
        expected.extend(Some("authorize").filter(|_| operation != "getAccessTokenWellKnown"));
        let lines = of(&world, reply, "request", expected.len());
        let mut operations: Vec<_> = lines.iter().map(|line| line["operation"].as_str().unwrap()).collect();
        operations.sort_unstable();
        expected.sort_unstable();
        assert_eq!(operations, expected, "{}", reply.text);
        let of_interest = if operation.is_empty() { "authorize" } else { operation };
        let line = lines.iter().find(|line| line["operation"] == of_interest).unwrap();
        assert_eq!((&line["outcome"], &line["code"]), (&json!(outcome), &json!(code)), "{line}");
        assert_eq!(line["token_id"], token_id, "{line}");
        assert_eq!(line["reason"].is_null(), code == "ok", "a refusal has its reason: {line}");
        assert_eq!(line["level"], if outcome == "server_error" { "ERROR" } else { "INFO" });
        assert!(line["duration_ms"].as_f64().unwrap() > 0.0 && line["cold_start"].is_boolean(), "{line}");
        if code != "unauthenticated" && operation != "getAccessTokenWellKnown" {
            assert_eq!(line["org_id"], "123", "{line}");
            assert!(!line["principal"].as_str().unwrap().is_empty(), "{line}");
        }
    }
    for (reply, event) in [(&made, "created"), (&revoked, "revoked")] {
        let audits = of(&world, reply, "audit", 1);
        assert_eq!(audits.len(), 1);
        let audit = &audits[0];
        assert_eq!((&audit["event"], &audit["token_id"], &audit["by"]), (&json!(event), &id, &json!("local|1001")));
    }
    assert!(of(&world, &revoked, "audit", 1)[0]["revoked_at"].is_string());
    let cold = world.lines().into_iter().filter(|line| line["cold_start"] == true);
    let cold: Vec<_> = cold.map(|line| line["operation"].to_string()).collect();
    let each: BTreeSet<_> = cold.iter().collect();
    assert_eq!(cold.len(), each.len(), "a function starts cold once: {cold:?}");
}

#[test]
fn request_line_counts_aws_calls() {
    let world = World::new();
    let owner = world.owner();
    world.call("GET", "/v1/access-tokens", &owner);
    let mark = world.stack().aws.calls.mark();
    let made = world.create(&owner, &json!({"name": "n"}));
    let calls = world.stack().aws.calls.since(mark);
    for (operation, function) in [("authorize", "authorizer"), ("createAccessToken", "create-token")] {
        let lines = of(&world, &made, "request", 2);
        let line = lines.iter().find(|line| line["operation"] == operation).unwrap();
        let counted = calls.iter().filter(|call| call.caller == function).count();
        assert_eq!(line["aws_calls"], counted, "{line} {calls:?}");
    }
}

#[test]
fn operation_emits_exactly_its_metrics() {
    let world = World::new();
    let owner = world.owner();
    let made = world.create(&owner, &json!({"name": "n"})).json();
    let path = format!("/v1/access-tokens/{}", made["id"].as_str().unwrap());
    for path in ["/v1/access-tokens", &path, "/v1/permissions/me", "/v1/openapi.json"] {
        assert_eq!(world.call("GET", path, &owner).status, 200, "{path}");
    }
    assert_eq!(world.page("/tokens").status, 200);
    let revoked = world.call("DELETE", &path, &owner);
    of(&world, &revoked, "request", 2);
    let mut emitted = BTreeSet::new();
    for line in world.lines().iter().filter(|line| line["kind"] == "request") {
        for set in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
            let stack = &world.stack().template.pseudo_parameters.stack_name;
            assert_eq!(set["Namespace"], format!("Latchkey/{stack}"), "the stack's own");
            let name = |name: &Value| name.as_str().unwrap().to_owned();
            let metrics = set["Metrics"].as_array().unwrap().iter();
            emitted.extend(metrics.map(|metric| (name(&line["operation"]), name(&metric["Name"]))));
        }
    }
    let pairs = OPERATIONS.iter().flat_map(|operation| Metric::ALL.map(|metric| (*operation, metric)));
    let pairs = pairs.filter(|(operation, metric)| metric.is_emitted_by(operation));
    let expected = pairs.map(|(operation, metric)| (operation.to_owned(), metric.name().to_owned()));
    assert_eq!(emitted, expected.collect());
}

/// The one answer to a token that does not count, without its request's id, and the authorizer's line of it.
fn turned_away(world: &World, token: &str) -> (Value, Value) {
    let reply = world.call("GET", "/v1/access-tokens", token);
    reply.assert_problem(401, "unauthenticated");
    let mut problem = reply.json();
    problem["instance"].take();
    (problem, of(world, &reply, "request", 1).remove(0))
}

#[test]
fn inactive_token_is_logged_by_id_but_forged_id_is_not() {
    let world = World::new();
    let owner = world.owner();
    let [(revoked, token), (expired, late)] = [(); 2].map(|()| world.token(&owner, &json!({})));
    let (child, orphan) = world.token(&token, &json!({}));
    let id = |item: &Value| item["id"].as_str().unwrap().to_owned();
    assert_eq!(world.call("DELETE", &format!("/v1/access-tokens/{}", id(&revoked)), &owner).status, 200);
    world.set(&id(&expired), "expires_at", 1_566_656_122);
    let mut claims = World::claims(&token);
    claims["token_id"] = json!("api_FFFFFFFFFFFFFFFFFFFFF");
    let (_, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = token.split_once('.').unwrap();
    let forged = format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let foreign = World::under_another_kid(&token);
    let mut problems = Vec::new();
    for (token, token_id, reason) in [
        (&token, json!(id(&revoked)), "token is revoked"),
        (&late, json!(id(&expired)), "token is expired"),
        (&orphan, json!(id(&child)), "parent token is revoked"),
        (&forged, Value::Null, "signature is invalid"),
        (&foreign, Value::Null, "`kid` does not match any key of the issuer"),
    ] {
        let (problem, line) = turned_away(&world, token);
        assert_eq!((&line["token_id"], &line["reason"]), (&token_id, &json!(reason)), "{line}");
        let org = if token_id.is_null() { Value::Null } else { json!("123") };
        assert_eq!((&line["org_id"], &line["principal"]), (&org, &Value::Null), "{line}");
        problems.push(problem);
    }
    assert!(problems.iter().all(|problem| *problem == problems[0]), "one answer for all: {problems:?}");
    assert!(!world.output().contains("FFFFFFFFFFFFFFFFFFFFF"), "what a forged token says was printed");
}
