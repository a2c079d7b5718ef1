//! Fails closed: without the authorizer, and during outages of `DynamoDB`, KMS and the identity provider. *(deny by default)*

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use local::{
    aws::{Service, faults::Fault},
    idp::faults::IdpFault,
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::{
    events::event_file,
    harness::{SharedStack, TestStack, claims_of, eventually, token_id, token_path, with_unknown_kid},
};

/// Time limit of a response during an outage: two calls of at most 3 seconds each, with a margin.
const OUTAGE_RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);

fn invoke(stack: &TestStack, function: &str, event: &Value) -> Value {
    stack.invoke(function, event.to_string()).unwrap()
}

/// *(the caller comes from the gateway)* Neither a header nor an incomplete context is accepted as the authorizer context.
#[test]
fn function_without_authorizer_context_is_unauthenticated() {
    let stack = SharedStack::get();
    for function in ["create-token", "list-tokens", "get-token", "revoke-token", "update-token", "manage-roles"] {
        let valid = event_file(&format!("{function}/valid"));
        let response = invoke(&stack, function, &valid);
        assert_ne!(response["statusCode"], 401, "{function}: {response}");
        for context in
            [json!(null), json!({}), json!({"principalId": "local|1001"}), json!({"claims": {"sub": "1001"}})]
        {
            let mut event = valid.clone();
            event["requestContext"]["authorizer"] = context.clone();
            event["headers"]["x-amzn-authorizer"] = json!("{\"org_id\":\"123\"}");
            let response = invoke(&stack, function, &event);
            assert_eq!(response["statusCode"], 401, "{function} {context}: {response}");
        }
        let mut event = valid.clone();
        event["headers"]["x-epilot-org-id"] = json!("456");
        event["multiValueHeaders"]["x-epilot-org-id"] = json!(["456"]);
        let response = invoke(&stack, function, &event);
        assert_eq!(response["statusCode"], 403, "{function}: {response}");
    }
}

#[test]
fn http_api_event_is_handled() {
    let stack = SharedStack::get();
    let rest = event_file("list-tokens/valid");
    let event = json!({
        "version": "2.0", "routeKey": "GET /v1/access-tokens", "rawPath": "/v1/access-tokens", "rawQueryString": "",
        "headers": {"accept": "*/*"}, "isBase64Encoded": false,
        "requestContext": {
            "http": {"method": "GET", "path": "/v1/access-tokens", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "t"},
            "requestId": "r-1", "routeKey": "GET /v1/access-tokens", "stage": "$default", "timeEpoch": 0,
            "authorizer": {"lambda": rest["requestContext"]["authorizer"]},
        },
    });
    assert_eq!(invoke(&stack, "list-tokens", &event)["statusCode"], 200);
    let mut without_context = event.clone();
    without_context["requestContext"].as_object_mut().unwrap().remove("authorizer");
    assert_eq!(invoke(&stack, "list-tokens", &without_context)["statusCode"], 401);
}

#[test]
fn outage_returns_503_promptly_and_grants_nothing() {
    let stack = TestStack::new();
    let owner = stack.user_token_with_roles("123", "1001", &["owner"]);
    let (item, token) = stack.create_token(&owner, &json!({}));
    let path = token_path(&item);
    let faults = stack.faults();
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
            let response = match operation {
                "BatchGetItem" => stack.list(&token),
                "PutItem" => stack.create(&owner, &json!({"name": "n"})),
                "Query" => stack.list(&owner),
                "GetItem" => stack.request("GET", &path, &owner),
                _ => stack.request("DELETE", &path, &owner),
            };
            response.assert_problem(503, "unavailable");
            let elapsed = started.elapsed();
            assert!(elapsed < OUTAGE_RESPONSE_TIMEOUT, "{operation} {fault:?}: {elapsed:?}");
            faults.clear();
        }
    }
    faults.inject(Service::Kms, Some("Sign"), Fault::ConnectionClosed, None);
    stack.create(&owner, &json!({"name": "n"})).assert_problem(503, "unavailable");
    faults.clear();
    assert_eq!(stack.list(&owner).ids::<Vec<_>>().len(), 1, "a request that returned 503 created a token");
    assert_eq!(stack.request("GET", &path, &token).status, 200);
}

#[test]
fn missing_iam_permission_is_internal_and_logged_once() {
    let mut stack = TestStack::new();
    let denied =
        Fault::ErrorResponse { status: StatusCode::BAD_REQUEST, error_type: "AccessDeniedException".to_owned() };
    stack.faults().inject(Service::DynamoDb, Some("Query"), denied, None);
    let response = stack.list(&stack.owner_token());
    assert!(!response.assert_problem(500, "internal").contains("Denied"));
    let request_id = response.json()["instance"].as_str().unwrap().to_owned();
    stack.stop();
    let output = stack.output();
    let errors: Vec<_> = output.lines().filter(|line| line.contains(&request_id) && line.contains("ERROR")).collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].contains("dynamodb Query access denied: 400 AccessDeniedException"), "{errors:?}");
}

#[test]
fn unprocessed_keys_are_retried_then_unavailable() {
    let stack = TestStack::new();
    let (_, token) = stack.create_token(&stack.owner_token(), &json!({}));
    let faults = stack.faults();
    faults.inject(Service::DynamoDb, Some("BatchGetItem"), Fault::KeysUnprocessed, Some(2));
    assert_eq!(stack.list(&token).status, 200);
    faults.inject(Service::DynamoDb, Some("BatchGetItem"), Fault::KeysUnprocessed, None);
    let started = Instant::now();
    stack.list(&token).assert_problem(503, "unavailable");
    assert!(started.elapsed() < OUTAGE_RESPONSE_TIMEOUT);
}

/// The AWS SDK retries a write whose response was lost, and the retry finds the item that the first attempt wrote.
#[test]
fn applied_write_with_lost_response_is_not_a_conflict() {
    let stack = TestStack::new();
    let owner = stack.owner_token();
    let faults = stack.faults();
    faults.inject(Service::DynamoDb, Some("PutItem"), Fault::ResponseLost, Some(1));
    let (item, token) = stack.create_token(&owner, &json!({}));
    assert_eq!(stack.get_self(&token).status, 200);
    faults.inject(Service::DynamoDb, Some("UpdateItem"), Fault::ResponseLost, Some(1));
    let revoked = stack.revoke(&owner, token_id(&item));
    assert_eq!(revoked.json()["revoked_by"], "local|1001");
}

/// User tokens are accepted with the keys that a process has cached, and tokens of the service do not depend on the provider.
#[test]
fn cached_keys_and_tokens_work_while_idp_is_down() {
    let stack = TestStack::new();
    let faults = &stack.idp().faults;
    let owner = stack.owner_token();
    faults.set(Some(IdpFault::Down));
    stack.list(&owner).assert_problem(503, "unavailable");
    faults.set(None);
    let token = eventually(|| {
        let response = stack.create(&owner, &json!({"name": "n"}));
        (response.status == 201).then(|| response.token())
    });
    faults.set(Some(IdpFault::Down));
    assert_eq!(stack.list(&owner).status, 200);
    assert_eq!(stack.list(&token).status, 200);
}

/// An unknown `kid` causes no further fetch either.
#[test]
fn identity_provider_keys_are_fetched_once_per_process() {
    let stack = TestStack::new();
    for _ in 0..20 {
        assert_eq!(stack.list(&stack.owner_token()).status, 200);
    }
    let unknown = with_unknown_kid(&stack.owner_token());
    for _ in 0..20 {
        stack.list(&unknown).assert_problem(401, "unauthenticated");
    }
    let processes = stack.lambda.processes("authorizer").len();
    assert!(stack.idp().faults.request_count("/jwks.json") <= processes);
}

/// *(the item is authoritative)*
#[test]
fn claims_that_differ_from_item_are_rejected_with_real_key() {
    let stack = TestStack::new();
    let (_, token) = stack.create_token(&stack.user_token("123", "1002"), &json!({}));
    let claims = claims_of(&token);
    assert_eq!(stack.list(&stack.sign(&claims)).status, 200, "the unchanged claims, signed again");
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
        stack.list(&stack.sign(&changed)).assert_problem(401, "unauthenticated");
    }
}

#[test]
fn item_of_newer_schema_version_is_rejected() {
    let stack = TestStack::new();
    let (item, token) = stack.create_token(&stack.owner_token(), &json!({}));
    stack.set_attribute(token_id(&item), "v", 4);
    stack.list(&token).assert_problem(401, "unauthenticated");
}

#[test]
fn killed_process_is_restarted() {
    let stack = TestStack::new();
    assert_eq!(stack.list(&stack.owner_token()).status, 200);
    for function in ["authorizer", "list-tokens"] {
        for pid in stack.lambda.processes(function) {
            let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
            kill_process(pid, Signal::KILL).unwrap();
        }
        eventually(|| {
            let response = stack.list(&stack.owner_token());
            match response.status {
                200 => return Some(()),
                502 => response.assert_problem(502, "internal"),
                _ => response.assert_problem(503, "unavailable"),
            };
            None
        });
    }
}
