//! Closed by default: without the authorizer, without the ledger, without the keys, without the identity provider.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use local::{
    aws::{Service, faults::Fault},
    idp::faults::IdpFault,
    invoke::Invoke,
};
use serde_json::{Value, json};

use crate::harness::{Shared, World, eventually};

/// The longest that an answer may take while something is down: every call ends within 3 seconds, and there are two.
const PROMPT: Duration = Duration::from_secs(10);

/// Sends `event` to a function past the gateway, as nobody can on AWS without the right to invoke it.
fn invoke(world: &World, function: &str, event: &Value) -> Value {
    let patience = Duration::from_secs(30);
    let answer = world.run(world.stack().lambda.invoke(function, event.to_string().into_bytes(), patience)).unwrap();
    serde_json::from_slice(&answer).unwrap()
}

fn event(name: &str) -> Value {
    let file = local::build::workspace().join("events").join(name);
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

#[test]
fn function_without_authorizer_context_is_unauthenticated() {
    let shared = Shared::lend();
    for function in ["create-token", "list-tokens", "get-token", "revoke-token"] {
        let good = event(&format!("{function}/valid.json"));
        let answer = invoke(&shared, function, &good);
        assert_ne!(answer["statusCode"], 401, "{function}: {answer}");
        for context in
            [json!(null), json!({}), json!({"principalId": "local|1001"}), json!({"claims": {"sub": "1001"}})]
        {
            let mut event = good.clone();
            event["requestContext"]["authorizer"] = context.clone();
            event["headers"]["x-amzn-authorizer"] = json!("{\"org_id\":\"123\"}");
            let answer = invoke(&shared, function, &event);
            assert_eq!(answer["statusCode"], 401, "{function} {context}: {answer}");
        }
        let mut event = good.clone();
        event["headers"]["x-epilot-org-id"] = json!("456");
        event["multiValueHeaders"]["x-epilot-org-id"] = json!(["456"]);
        let answer = invoke(&shared, function, &event);
        assert_eq!(answer["statusCode"], 403, "{function}: {answer}");
    }
}

#[test]
fn http_api_event_is_handled() {
    let shared = Shared::lend();
    let rest = event("list-tokens/valid.json");
    let event = json!({
        "version": "2.0", "routeKey": "GET /v1/access-tokens", "rawPath": "/v1/access-tokens", "rawQueryString": "",
        "headers": {"accept": "*/*"}, "isBase64Encoded": false,
        "requestContext": {
            "http": {"method": "GET", "path": "/v1/access-tokens", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "t"},
            "requestId": "r-1", "routeKey": "GET /v1/access-tokens", "stage": "$default", "timeEpoch": 0,
            "authorizer": {"lambda": rest["requestContext"]["authorizer"]},
        },
    });
    assert_eq!(invoke(&shared, "list-tokens", &event)["statusCode"], 200);
    let mut nobody = event.clone();
    nobody["requestContext"].as_object_mut().unwrap().remove("authorizer");
    assert_eq!(invoke(&shared, "list-tokens", &nobody)["statusCode"], 401);
}

#[test]
fn outage_returns_503_promptly_and_grants_nothing() {
    let world = World::new();
    let owner = world.person_as("123", "1001", &["owner"]);
    let (item, token) = world.token(&owner, &json!({}));
    let path = format!("/v1/access-tokens/{}", item["id"].as_str().unwrap());
    let faults = &world.stack().aws.faults;
    let status = |status, error_type: &str| Fault::ErrorResponse { status, error_type: error_type.to_owned() };
    for fault in [
        Fault::ConnectionClosed,
        status(StatusCode::BAD_REQUEST, "ProvisionedThroughputExceededException"),
        status(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError"),
        Fault::Delay(Duration::from_secs(20)),
    ] {
        for operation in ["BatchGetItem", "PutItem", "Query", "GetItem", "UpdateItem"] {
            faults.inject(Service::DynamoDb, Some(operation), fault.clone(), None);
            let started = Instant::now();
            let reply = match operation {
                "BatchGetItem" => world.call("GET", "/v1/access-tokens", &token),
                "PutItem" => world.create(&owner, &json!({"name": "n"})),
                "Query" => world.call("GET", "/v1/access-tokens", &owner),
                "GetItem" => world.call("GET", &path, &owner),
                _ => world.call("DELETE", &path, &owner),
            };
            reply.assert_problem(503, "unavailable");
            assert!(started.elapsed() < PROMPT, "{operation} {fault:?}: {:?}", started.elapsed());
            faults.clear();
        }
    }
    faults.inject(Service::Kms, Some("Sign"), Fault::ConnectionClosed, None);
    world.create(&owner, &json!({"name": "n"})).assert_problem(503, "unavailable");
    faults.clear();
    let listed = world.call("GET", "/v1/access-tokens", &owner).json();
    assert_eq!(listed.as_array().unwrap().len(), 1, "what was answered with 503 left nothing behind: {listed}");
    assert_eq!(world.call("GET", &path, &token).status, 200);
}

#[test]
fn missing_iam_permission_is_internal_and_logged_once() {
    let mut world = World::new();
    let denied =
        Fault::ErrorResponse { status: StatusCode::BAD_REQUEST, error_type: "AccessDeniedException".to_owned() };
    world.stack().aws.faults.inject(Service::DynamoDb, Some("Query"), denied, None);
    let reply = world.call("GET", "/v1/access-tokens", &world.owner());
    assert!(!reply.assert_problem(500, "internal").contains("Denied"));
    let request_id = reply.json()["instance"].as_str().unwrap().to_owned();
    world.stop();
    let output = world.output();
    let told: Vec<_> = output.lines().filter(|line| line.contains(&request_id) && line.contains("ERROR")).collect();
    assert_eq!(told.len(), 1, "a failure is logged once: {told:?}");
    assert!(told[0].contains("dynamodb Query access denied: 400 AccessDeniedException"), "{told:?}");
}

#[test]
fn unprocessed_keys_are_retried_then_unavailable() {
    let world = World::new();
    let (_, token) = world.token(&world.owner(), &json!({}));
    let faults = &world.stack().aws.faults;
    faults.inject(Service::DynamoDb, Some("BatchGetItem"), Fault::KeysUnprocessed, Some(2));
    assert_eq!(world.call("GET", "/v1/access-tokens", &token).status, 200);
    faults.inject(Service::DynamoDb, Some("BatchGetItem"), Fault::KeysUnprocessed, None);
    let started = Instant::now();
    world.call("GET", "/v1/access-tokens", &token).assert_problem(503, "unavailable");
    assert!(started.elapsed() < PROMPT);
}

#[test]
fn applied_write_with_lost_response_is_not_a_conflict() {
    let world = World::new();
    let owner = world.owner();
    let faults = &world.stack().aws.faults;
    faults.inject(Service::DynamoDb, Some("PutItem"), Fault::ResponseLost, Some(1));
    let (item, token) = world.token(&owner, &json!({}));
    assert_eq!(world.call("GET", "/v1/access-tokens/self", &token).status, 200);
    faults.inject(Service::DynamoDb, Some("UpdateItem"), Fault::ResponseLost, Some(1));
    let path = format!("/v1/access-tokens/{}", item["id"].as_str().unwrap());
    let revoked = world.call("DELETE", &path, &owner);
    assert_eq!((revoked.status, &revoked.json()["revoked_by"]), (200, &json!("local|1001")));
}

#[test]
fn cached_keys_and_tokens_work_while_idp_is_down() {
    let world = World::new();
    let down = &world.stack().idp.faults;
    let owner = world.owner();
    down.set(Some(IdpFault::Down));
    world.call("GET", "/v1/access-tokens", &owner).assert_problem(503, "unavailable");
    down.set(None);
    let token = eventually(|| {
        let reply = world.create(&owner, &json!({"name": "n"}));
        (reply.status == 201).then(|| reply.json()["token"].as_str().unwrap().to_owned())
    });
    down.set(Some(IdpFault::Down));
    assert_eq!(world.call("GET", "/v1/access-tokens", &owner).status, 200);
    assert_eq!(world.call("GET", "/v1/access-tokens", &token).status, 200);
}

#[test]
fn identity_provider_keys_are_fetched_once_per_process() {
    let world = World::new();
    for _ in 0..20 {
        assert_eq!(world.call("GET", "/v1/access-tokens", &world.owner()).status, 200);
    }
    let stranger = World::under_another_kid(&world.owner());
    for _ in 0..20 {
        world.call("GET", "/v1/access-tokens", &stranger).assert_problem(401, "unauthenticated");
    }
    let processes = world.stack().lambda.processes("authorizer").len();
    assert!(world.stack().idp.faults.request_count("/jwks.json") <= processes, "at most once for each process");
}

#[test]
fn claims_that_differ_from_item_are_rejected_with_real_key() {
    let world = World::new();
    let (_, token) = world.token(&world.person("123", "1002"), &json!({}));
    let claims = World::claims(&token);
    assert_eq!(world.call("GET", "/v1/access-tokens", &world.signed(&claims)).status, 200, "signed anew as it was");
    for (claim, value) in [
        ("assume_roles", json!(["123:owner"])),
        ("org_id", json!("456")),
        ("token_type", json!("app")),
        ("iat", json!(claims["iat"].as_i64().unwrap() - 1)),
        ("exp", json!(4_102_444_800_u64)),
        ("token_id", json!("api_AAAAAAAAAAAAAAAAAAAAA")),
        ("read_only", json!(true)),
        ("iss", json!("https://other.example/v1/access-tokens")),
        ("aud", json!("https://other.example")),
    ] {
        let mut changed = claims.clone();
        changed[claim] = value;
        world.call("GET", "/v1/access-tokens", &world.signed(&changed)).assert_problem(401, "unauthenticated");
    }
}

#[test]
fn item_of_newer_schema_version_is_rejected() {
    let world = World::new();
    let (item, token) = world.token(&world.owner(), &json!({}));
    world.set(item["id"].as_str().unwrap(), "v", 2);
    world.call("GET", "/v1/access-tokens", &token).assert_problem(401, "unauthenticated");
}

#[test]
fn killed_process_is_restarted() {
    let world = World::new();
    assert_eq!(world.call("GET", "/v1/access-tokens", &world.owner()).status, 200);
    for function in ["authorizer", "list-tokens"] {
        for pid in world.stack().lambda.processes(function) {
            let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        }
        eventually(|| {
            let reply = world.call("GET", "/v1/access-tokens", &world.owner());
            match reply.status {
                200 => Some(()),
                502 => reply.assert_problem(502, "internal").is_empty().then_some(()),
                _ => reply.assert_problem(503, "unavailable").is_empty().then_some(()),
            }
        });
    }
}
