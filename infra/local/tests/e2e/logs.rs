//! Log lines: one per request and function, with metrics, and an audit line for each token that is created, changed or revoked.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use local::aws::{Service, faults::Fault};
use serde_json::{Value, json};
use shared::telemetry::{Metric, OPERATIONS};

use crate::harness::{HttpResponse, LONG_AGO, TestStack, claims_of, eventually, token_id, with_unknown_kid};

/// The lines of this kind of a request, once there are at least `count`.
fn lines_of(stack: &TestStack, response: &HttpResponse, kind: &str, count: usize) -> Vec<Value> {
    let id = response.header("x-amzn-requestid");
    eventually(|| {
        let mut lines = stack.log_lines();
        lines.retain(|line| line["request_id"] == id && line["kind"] == kind);
        (lines.len() >= count).then_some(lines)
    })
}

/// A rejected request has a reason. A created, changed or revoked token also has an audit line.
#[test]
fn request_has_one_log_line_per_function() {
    let stack = TestStack::new();
    let owner = stack.owner_token();
    let created = stack.create(&owner, &json!({"name": "n"}));
    let id = created.json()["id"].clone();
    let denied = stack.list(&stack.user_token("123", "unassigned"));
    let unauthenticated = stack.list("garbage");
    let invalid = stack.create(&owner, &json!({"name": 7}));
    let read = stack.get_self(&created.token());
    let absent = stack.request("GET", "/v1/access-tokens/api_5ZugdRXasLfWBypHi93Fk", &owner);
    let public = stack.request("GET", "/v1/access-tokens/.well-known/jwks.json", "");
    let texts = json!({"name": "Nightly export", "description": "In the vault"});
    let updated = stack.update(&owner, id.as_str().unwrap(), &texts);
    let revoked = stack.revoke(&owner, id.as_str().unwrap());
    stack.faults().inject(Service::Kms, Some("Sign"), Fault::ConnectionClosed, None);
    let failed = stack.create(&owner, &json!({"name": "n"}));
    // The functions that have a line of the request, the last of them that which decides the outcome.
    for (response, operations, outcome, code, token_id) in [
        (&created, &["authorize", "createAccessToken"][..], "ok", "ok", id.clone()),
        (&denied, &["authorize"], "client_error", "permission_denied", Value::Null),
        (&unauthenticated, &["authorize"], "client_error", "unauthenticated", Value::Null),
        (&invalid, &["authorize", "createAccessToken"], "client_error", "invalid_request", Value::Null),
        (&read, &["authorize", "getAccessToken"], "ok", "ok", id.clone()),
        (&absent, &["authorize", "getAccessToken"], "client_error", "not_found", json!("api_5ZugdRXasLfWBypHi93Fk")),
        (&public, &["getAccessTokenWellKnown"], "ok", "ok", Value::Null),
        (&updated, &["authorize", "updateAccessToken"], "ok", "ok", id.clone()),
        (&revoked, &["authorize", "revokeAccessToken"], "ok", "ok", id.clone()),
        (&failed, &["authorize", "createAccessToken"], "server_error", "unavailable", Value::Null),
    ] {
        let lines = lines_of(&stack, response, "request", operations.len());
        let logged: BTreeSet<_> = lines.iter().map(|line| line["operation"].as_str().unwrap()).collect();
        assert_eq!(logged, operations.iter().copied().collect(), "{}", response.body);
        assert_eq!(lines.len(), operations.len(), "{lines:?}");
        let line = lines.iter().find(|line| line["operation"] == *operations.last().unwrap()).unwrap();
        assert_eq!((&line["outcome"], &line["code"]), (&json!(outcome), &json!(code)), "{line}");
        assert_eq!(line["token_id"], token_id, "{line}");
        assert_eq!(line["reason"].is_null(), code == "ok", "{line}");
        assert_eq!(line["level"], if outcome == "server_error" { "ERROR" } else { "INFO" });
        assert!(line["duration_ms"].as_f64().unwrap() > 0.0 && line["cold_start"].is_boolean(), "{line}");
        if code != "unauthenticated" && operations.contains(&"authorize") {
            assert_eq!(line["org_id"], "123", "{line}");
            assert!(!line["principal"].as_str().unwrap().is_empty(), "{line}");
        }
    }
    for (response, event) in [(&created, "created"), (&updated, "updated"), (&revoked, "revoked")] {
        let audits = lines_of(&stack, response, "audit", 1);
        assert_eq!(audits.len(), 1, "{audits:?}");
        let audit = &audits[0];
        assert_eq!((&audit["event"], &audit["token_id"]), (&json!(event), &id), "{audit}");
        assert_eq!(audit["by"], "local|1001", "{audit}");
        assert_eq!(audit["revoked_at"].is_string(), event == "revoked", "{audit}");
        let changed = if event == "updated" { json!(["name", "description"]) } else { Value::Null };
        assert_eq!(audit["changed"], changed, "{audit}");
    }
    for text in ["Nightly export", "In the vault"] {
        assert!(!stack.output().contains(text), "the texts are not logged");
    }
    let lines = stack.log_lines();
    let cold_starts: Vec<_> =
        lines.iter().filter(|line| line["cold_start"] == true).map(|line| line["operation"].to_string()).collect();
    let functions: BTreeSet<_> = cold_starts.iter().collect();
    assert_eq!(cold_starts.len(), functions.len(), "a process reports two cold starts: {cold_starts:?}");
}

/// Each process reports its version once, before any other line.
#[test]
fn start_line_has_version_of_function() {
    let stack = TestStack::new();
    stack.list(&stack.owner_token());
    let lines = stack.log_lines();
    assert_eq!((&lines[0]["kind"], &lines[0]["level"]), (&json!("start"), &json!("INFO")), "{lines:?}");
    for line in lines.iter().filter(|line| line["kind"] == "start") {
        assert_eq!(line["version"], env!("CARGO_PKG_VERSION"), "{line}");
    }
}

#[test]
fn request_line_counts_aws_calls() {
    let stack = TestStack::new();
    let owner = stack.owner_token();
    stack.list(&owner);
    let mark = stack.calls.mark();
    let created = stack.create(&owner, &json!({"name": "n"}));
    let calls = stack.calls.since(mark);
    let lines = lines_of(&stack, &created, "request", 2);
    for (operation, function) in [("authorize", "authorizer"), ("createAccessToken", "create-token")] {
        let line = lines.iter().find(|line| line["operation"] == operation).unwrap();
        let count = calls.iter().filter(|call| call.caller == function).count();
        assert_eq!(line["aws_calls"], count, "{line} {calls:?}");
    }
}

#[test]
fn rotation_has_audit_lines_of_both_tokens() {
    let stack = TestStack::new();
    let owner = stack.owner_token();
    let (item, _) = stack.create_token(&owner, &json!({}));
    let response = stack.rotate(&owner, token_id(&item), &json!({"overlap": "1h"}));
    stack.remember_secret(response.token());
    let rotated = stack.request("GET", &format!("/v1/access-tokens/{}", token_id(&item)), &owner).json();
    let lines = lines_of(&stack, &response, "audit", 2);
    let line = |event: &str| lines.iter().find(|line| line["event"] == event).unwrap();
    for (member, value) in [
        ("token_id", &item["id"]),
        ("successor", &rotated["successor"]),
        ("ends_at", &rotated["ends_at"]),
        ("by", &json!("local|1001")),
    ] {
        assert_eq!(line("rotated")[member], *value, "{member}");
    }
    assert_eq!(line("created")["token_id"], rotated["successor"]);
    assert_eq!(line("created")["rotated_from"], item["id"]);
}

/// A rule is invalid, so that the authorizer counts configuration errors.
#[test]
fn operation_emits_exactly_its_metrics() {
    let stack = TestStack::with_parameters(&[("RouteRules", r#"{"GET /x": {}}"#)]);
    let owner = stack.owner_token();
    let (item, _) = stack.create_token(&owner, &json!({}));
    let path = format!("/v1/access-tokens/{}", token_id(&item));
    for path in ["/v1/access-tokens", &path, "/v1/permissions/me", "/v1/permissions/roles", "/v1/openapi.json"] {
        assert_eq!(stack.request("GET", path, &owner).status, 200, "{path}");
    }
    let simulated = stack.send_json("POST", "/v1/permissions/simulate", &owner, &json!({"action": "token:view"}));
    assert_eq!(simulated.status, 200);
    assert_eq!(stack.get_page("/tokens").status, 200);
    assert_eq!(stack.update(&owner, token_id(&item), &json!({"name": "Renamed"})).status, 200);
    stack.rotate_token(&owner, token_id(&item), &json!({}));
    let revoked = stack.revoke(&owner, token_id(&item));
    lines_of(&stack, &revoked, "request", 2);
    let revoked = stack.revoke_many(&owner, &json!({"all": true}));
    lines_of(&stack, &revoked, "request", 2);
    let namespace = format!("Latchkey/{}", stack.template.pseudo_parameters.stack_name);
    let mut emitted = BTreeSet::new();
    for line in stack.log_lines().iter().filter(|line| line["kind"] == "request") {
        for set in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
            assert_eq!(set["Namespace"], namespace);
            let text = |name: &Value| name.as_str().unwrap().to_owned();
            let metrics = set["Metrics"].as_array().unwrap().iter();
            emitted.extend(metrics.map(|metric| (text(&line["operation"]), text(&metric["Name"]))));
        }
    }
    let pairs = OPERATIONS.iter().flat_map(|operation| Metric::ALL.map(|metric| (*operation, metric)));
    let pairs = pairs.filter(|(operation, metric)| metric.is_emitted_by(operation));
    let expected = pairs.map(|(operation, metric)| (operation.to_owned(), metric.name().to_owned()));
    assert_eq!(emitted, expected.collect());
}

/// The response to an inactive or invalid token without its request id, and the authorizer's line.
fn rejection(stack: &TestStack, token: &str) -> (Value, Value) {
    let response = stack.list(token);
    response.assert_problem(401, "unauthenticated");
    let mut problem = response.json();
    problem["instance"].take();
    (problem, lines_of(stack, &response, "request", 1).remove(0))
}

/// A token with a valid signature can be found in the log by its id. Claims without a valid signature are not logged. The response
/// is the same for all.
#[test]
fn inactive_token_is_logged_by_id_but_forged_id_is_not() {
    let stack = TestStack::new();
    let owner = stack.owner_token();
    let (revoked_item, revoked) = stack.create_token(&owner, &json!({}));
    let (expired_item, expired) = stack.create_token(&owner, &json!({}));
    let (child_item, child) = stack.create_token(&revoked, &json!({}));
    stack.revoke(&owner, token_id(&revoked_item));
    stack.set_attribute(token_id(&expired_item), "expires_at", LONG_AGO);
    let mut claims = claims_of(&revoked);
    claims["token_id"] = json!("api_FFFFFFFFFFFFFFFFFFFFF");
    let [header, _, signature]: [&str; 3] = revoked.split('.').collect::<Vec<_>>().try_into().unwrap();
    let forged = format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let unknown_kid = with_unknown_kid(&revoked);
    let mut problems = Vec::new();
    for (token, token_id, reason) in [
        (&revoked, &revoked_item["id"], "token is revoked"),
        (&expired, &expired_item["id"], "token is expired"),
        (&child, &child_item["id"], "parent token is revoked"),
        (&forged, &Value::Null, "signature is invalid"),
        (&unknown_kid, &Value::Null, "`kid` does not match any key of the issuer"),
    ] {
        let (problem, line) = rejection(&stack, token);
        assert_eq!((&line["token_id"], &line["reason"]), (token_id, &json!(reason)), "{line}");
        let org = if token_id.is_null() { Value::Null } else { json!("123") };
        assert_eq!((&line["org_id"], &line["principal"]), (&org, &Value::Null), "{line}");
        problems.push(problem);
    }
    assert!(problems.iter().all(|problem| *problem == problems[0]), "{problems:?}");
    assert!(!stack.output().contains("FFFFFFFFFFFFFFFFFFFFF"), "a claim of the forged token was logged");
}
