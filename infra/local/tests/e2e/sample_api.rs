//! Other APIs behind the authorizer: the sample, as a REST API and as an HTTP API.

use jiff::Timestamp;
use local::{build, invoke::InvokeError, stack::Sample};
use serde_json::{Value, json};

use crate::{
    events::event,
    harness::{HttpResponse, TestStack, claims_of, eventually, token_id},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ApiKind {
    Rest,
    Http,
}

const API_KINDS: [ApiKind; 2] = [ApiKind::Rest, ApiKind::Http];

/// Sends a request to the sample's API of this kind.
fn send(stack: &TestStack, kind: ApiKind, method: &str, path: &str, credential: Option<&str>) -> HttpResponse {
    let base = match kind {
        ApiKind::Rest => &stack.sample().rest,
        ApiKind::Http => &stack.sample().http,
    };
    let bearer = credential.map(|token| format!("Bearer {token}"));
    let headers: Vec<_> = bearer.iter().map(|value| ("Authorization", value.as_str())).collect();
    stack.send_to(base, method, path, &headers, "")
}

/// The authorizer's event of `GET /orders/7`.
fn authorizer_event(kind: ApiKind, credential: &str) -> Value {
    let bearer = format!("Bearer {credential}");
    match kind {
        ApiKind::Rest => json!({
            "type": "REQUEST", "methodArn": "arn:aws:execute-api:us-east-1:000000000000:restapi/live/GET/orders/7",
            "resource": "/orders/{id}", "path": "/orders/7", "httpMethod": "GET", "pathParameters": {"id": "7"},
            "headers": {"Authorization": bearer}, "multiValueHeaders": {"Authorization": [bearer]},
            "requestContext": {"requestId": "r", "stage": "live", "httpMethod": "GET", "apiId": "restapi", "identity": {}},
        }),
        ApiKind::Http => json!({
            "version": "2.0", "type": "REQUEST", "routeKey": "GET /orders/{id}", "rawPath": "/orders/7",
            "routeArn": "arn:aws:execute-api:us-east-1:000000000000:httpapi/$default/GET/orders/7",
            "headers": {"authorization": bearer}, "pathParameters": {"id": "7"},
            "requestContext": {
                "apiId": "httpapi", "requestId": "r", "routeKey": "GET /orders/{id}", "stage": "$default",
                "http": {"method": "GET"},
            },
        }),
    }
}

/// The authorizer's response to `GET /orders/7`: whether it grants, and the context; or the text of its error.
fn authorize(stack: &TestStack, kind: ApiKind, credential: &str) -> Result<(bool, Value), String> {
    let event = authorizer_event(kind, credential);
    match stack.invoke("authorizer", event.to_string()) {
        Err(InvokeError::Failed { message }) => Err(message),
        Err(other) => panic!("{other}"),
        Ok(response) => {
            let statement = &response["policyDocument"]["Statement"][0];
            let granted = match kind {
                ApiKind::Rest => statement["Effect"] == "Allow" && statement["Resource"] == event["methodArn"],
                ApiKind::Http => response["isAuthorized"] == true,
            };
            Ok((granted, response["context"].clone()))
        }
    }
}

/// The expected result of `GET /orders/7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Granted,
    Denied,
    Unauthenticated,
}

/// Credentials of every kind. Each would be granted `GET /orders/7` but for the named property.
fn credentials(stack: &TestStack) -> Vec<(&'static str, String, Expected)> {
    let owner = stack.owner_token();
    stack.put_role("123:clerk", &json!([{"action": "order:view", "resource": "order/7*"}]));
    stack.put_role("123:blocked", &json!([{"action": "order:*", "resource": "order/7", "effect": "deny"}]));
    let (_, valid) = stack.create_token(&owner, &json!({"assignments": ["123:clerk"]}));
    let with_claim = |claim: &str, value: Value| {
        let mut claims = claims_of(&valid);
        claims[claim] = value;
        stack.sign(&claims)
    };
    let (expiring_item, expiring) =
        stack.create_token(&owner, &json!({"assignments": ["123:clerk"], "expires_in": "1h"}));
    let past = u32::try_from(Timestamp::now().as_second() - 1).unwrap();
    stack.set_attribute(token_id(&expiring_item), "expires_at", past);
    let mut expired_claims = claims_of(&expiring);
    expired_claims["exp"] = json!(past);
    let (revoked_item, revoked) = stack.create_token(&owner, &json!({}));
    let (_, child_of_revoked) = stack.create_token(&revoked, &json!({"assignments": ["123:owner"]}));
    stack.revoke(&owner, token_id(&revoked_item));
    let (_, public) = stack.create_token(&owner, &json!({"journey_id": "j"}));
    let (_, token_admin) = stack.create_token(&owner, &json!({"assignments": ["123:token_admin"]}));
    let (_, blocked) = stack.create_token(&owner, &json!({"assignments": ["123:clerk", "123:blocked"]}));
    let issuer = claims_of(&valid)["iss"].as_str().unwrap().to_owned();
    vec![
        ("garbage", "garbage".to_owned(), Expected::Unauthenticated),
        ("expired", stack.sign(&expired_claims), Expected::Unauthenticated),
        ("revoked", revoked, Expected::Unauthenticated),
        ("child of a revoked token", child_of_revoked, Expected::Unauthenticated),
        ("unknown issuer", with_claim("iss", json!("https://other.example")), Expected::Unauthenticated),
        ("other audience", with_claim("aud", json!("https://other.example")), Expected::Unauthenticated),
        ("other typ", stack.sign_with_typ("JWT", &claims_of(&valid)), Expected::Unauthenticated),
        ("mistyped claim", with_claim("iat", json!("now")), Expected::Unauthenticated),
        (
            "claim that differs from the item",
            with_claim("assume_roles", json!(["123:owner"])),
            Expected::Unauthenticated,
        ),
        ("issuer of the other family", with_claim("iss", json!(format!("{issuer}/public"))), Expected::Unauthenticated),
        ("token of the public family", public, Expected::Denied),
        ("without the permission", token_admin, Expected::Denied),
        ("with a role that denies", blocked, Expected::Denied),
        ("valid", valid, Expected::Granted),
        ("user", stack.user_token_with_roles("123", "7", &["clerk"]), Expected::Granted),
    ]
}

/// The REST API returns problem documents. An HTTP API returns its own messages. The authorizer's responses are the same.
#[test]
fn credential_has_same_outcome_on_rest_and_http_api() {
    let stack = TestStack::with_sample();
    println!("{:<34} {:<6} {:<20} {:<6} HTTP API", "credential", "REST", "code", "HTTP");
    for (name, credential, expected) in credentials(&stack) {
        let rest = send(&stack, ApiKind::Rest, "GET", "/orders/7", Some(&credential));
        let http = send(&stack, ApiKind::Http, "GET", "/orders/7", Some(&credential));
        let (status, code, message) = match expected {
            Expected::Granted => (200, "ok", ""),
            Expected::Denied => (403, "permission_denied", "Forbidden"),
            Expected::Unauthenticated => (401, "unauthenticated", "Unauthorized"),
        };
        println!("{name:<34} {:<6} {code:<20} {:<6} {message}", rest.status, http.status);
        assert_eq!((rest.status, http.status), (status, status), "{name}: {} {}", rest.body, http.body);
        if expected == Expected::Granted {
            assert_eq!(rest.json()["caller"]["org_id"], "123", "{name}");
        } else {
            rest.assert_problem(status, code);
            assert_eq!(http.json(), json!({"message": message}), "{name}");
        }
        let authorized = API_KINDS.map(|kind| authorize(&stack, kind, &credential));
        assert_eq!(authorized[0], authorized[1], "{name}");
        match &authorized[0] {
            Err(error) => {
                assert_eq!((expected, error.as_str()), (Expected::Unauthenticated, "Unauthorized"), "{name}");
            }
            Ok((granted, context)) => {
                assert_ne!(expected, Expected::Unauthenticated, "{name}");
                assert_eq!((*granted, &context["code"]), (expected == Expected::Granted, &json!(code)), "{name}");
                assert_eq!(context["org_id"], "123", "{name}");
            }
        }
    }
    for kind in API_KINDS {
        assert_eq!(send(&stack, kind, "GET", "/orders/7", None).status, 401, "{kind:?} without a credential");
    }
}

/// A revocation takes effect on both APIs immediately.
#[test]
fn sample_route_requires_its_permission_on_its_resource() {
    let stack = TestStack::with_sample();
    let owner = stack.owner_token();
    stack.put_role("123:clerk", &json!([{"action": "order:view", "resource": "order/7*"}, {"action": "order:create"}]));
    let (_, clerk) = stack.create_token(&owner, &json!({"assignments": ["123:clerk"]}));
    let (_, journey) = stack.create_token(&owner, &json!({"journey_id": "j"}));
    let (_, read_only) = stack.create_token(&owner, &json!({"read_only": true}));
    for (caller, credential, method, path, status) in [
        ("owner", &owner, "DELETE", "/orders/7", 200),
        ("clerk", &clerk, "GET", "/orders/7", 200),
        ("clerk", &clerk, "GET", "/orders/71", 200),
        ("clerk", &clerk, "GET", "/orders/8", 403),
        ("clerk", &clerk, "POST", "/orders", 201),
        ("clerk", &clerk, "DELETE", "/orders/7", 403),
        ("clerk", &clerk, "GET", "/catalog", 403),
        ("journey", &journey, "GET", "/catalog", 200),
        ("journey", &journey, "GET", "/orders/7", 403),
        ("journey", &journey, "POST", "/orders", 403),
        ("read-only token", &read_only, "GET", "/orders/7", 200),
        ("read-only token", &read_only, "POST", "/orders", 403),
    ] {
        for kind in API_KINDS {
            let response = send(&stack, kind, method, path, Some(credential));
            assert_eq!(response.status, status, "{kind:?}: {caller} {method} {path}: {}", response.body);
        }
    }
    let denied = send(&stack, ApiKind::Rest, "DELETE", "/orders/7", Some(&clerk));
    let detail = denied.assert_problem(403, "permission_denied");
    assert!(detail.contains("order:delete"), "{detail}");
    stack.revoke(&clerk, "self");
    for kind in API_KINDS {
        assert_eq!(send(&stack, kind, "GET", "/orders/7", Some(&clerk)).status, 401, "{kind:?}");
    }
}

/// A user acts with the roles of the named organization only. A token always acts in its own.
#[test]
fn organization_header_switches_users_but_not_tokens() {
    let stack = TestStack::with_sample();
    let user = stack.user_token("123", "1002");
    stack.put_role("456:clerk", &json!([{"action": "order:view"}]));
    stack.assign_roles("456", "1002", &["456:clerk"]);
    let (_, token) = stack.create_token(&stack.owner_token(), &json!({}));
    for (credential, header_values, expected_org) in [
        (&user, &[][..], Some("123")),
        (&user, &["123"], Some("123")),
        (&user, &["456"], Some("456")),
        (&user, &["789"], None),
        (&user, &[""], None),
        (&user, &["456", "456"], None),
        (&user, &["456,123"], None),
        (&user, &["*"], None),
        (&token, &["123"], Some("123")),
        (&token, &["456"], None),
        (&token, &[""], None),
        (&token, &["123", "123"], None),
    ] {
        let bearer = format!("Bearer {credential}");
        let mut headers = vec![("Authorization", bearer.as_str())];
        headers.extend(header_values.iter().map(|org| ("x-epilot-org-id", *org)));
        for base in [&stack.sample().rest, &stack.sample().http] {
            let response = stack.send_to(base, "GET", "/orders/7", &headers, "");
            let Some(org) = expected_org else {
                assert_eq!(response.status, 403, "{header_values:?}: {}", response.body);
                continue;
            };
            assert_eq!(response.status, 200, "{header_values:?}: {}", response.body);
            let caller = &response.json()["caller"];
            assert_eq!(caller["org_id"], org, "{header_values:?}");
            let prefix = format!("{org}:");
            let roles = caller["roles"].as_array().unwrap();
            assert!(roles.iter().all(|role| role.as_str().unwrap().starts_with(&prefix)), "{caller}");
        }
    }
}

/// The event files contain the placeholder `not-a-token`; with a valid token in its place, each has the outcome of its name.
#[test]
fn authorizer_event_with_valid_token_has_named_outcome() {
    let stack = TestStack::with_sample();
    let (_, token) = stack.create_token(&stack.owner_token(), &json!({}));
    for (name, expected) in [
        ("authorizer/rest-api", Ok(true)),
        ("authorizer/http-api", Ok(true)),
        ("authorizer/unknown-route", Ok(false)),
        ("authorizer/organization", Ok(false)),
        ("authorizer/two-credentials", Err("Unauthorized")),
        ("authorizer/http-api-two-credentials", Err("Unauthorized")),
        ("authorizer/missing-credential", Err("Unauthorized")),
        ("authorizer/http-api-missing-credential", Err("Unauthorized")),
        ("authorizer/token-event", Err("change the type of this authorizer to REQUEST")),
        ("authorizer/payload-1.0", Err("payload format 2.0 with simple responses")),
    ] {
        let event = event(name).to_string().replace("not-a-token", &token);
        match (stack.invoke("authorizer", event), expected) {
            (Ok(response), Ok(granted)) => {
                let effect = &response["policyDocument"]["Statement"][0]["Effect"];
                assert_eq!(*effect == "Allow" || response["isAuthorized"] == true, granted, "{name}: {response}");
            }
            (Err(InvokeError::Failed { message }), Err(text)) => assert!(message.contains(text), "{name}: {message}"),
            (result, _) => panic!("{name}: {result:?}"),
        }
    }
}

/// A stack that serves the sample with these rules.
fn with_rules(rules: &str) -> TestStack {
    TestStack::configured(|options| {
        options.sample = Some(Sample::read(&build::workspace()).unwrap());
        options.parameters.insert("RouteRules".to_owned(), rules.to_owned());
    })
}

/// The other routes and Latchkey's own API are not affected. The log names the entry.
#[test]
fn route_with_invalid_rule_is_denied_and_others_work() {
    let stack = with_rules(
        r#"{"GET /orders/{id}": {"acton": "order:view"}, "POST /orders": {"action": "order:create"},
            "POST /v1/access-tokens": {"public": true}}"#,
    );
    let owner = stack.owner_token();
    let (_, token) = stack.create_token(&owner, &json!({}));
    for kind in API_KINDS {
        assert_eq!(send(&stack, kind, "POST", "/orders", Some(&token)).status, 201, "{kind:?}");
        assert_eq!(send(&stack, kind, "GET", "/orders/7", Some(&token)).status, 403, "{kind:?}");
    }
    let denied = send(&stack, ApiKind::Rest, "GET", "/orders/7", Some(&token));
    assert_eq!(denied.assert_problem(403, "permission_denied"), "the rule of this route is invalid");
    let anonymous = stack.create("", &json!({}));
    assert_eq!(anonymous.status, 401, "the rule for Latchkey's own route has no effect");
    let id = denied.header("x-amzn-requestid");
    let lines = eventually(|| {
        let lines = stack.log_lines();
        lines.iter().any(|line| line["request_id"] == id && line["operation"] == "authorize").then_some(lines)
    });
    let line = lines.iter().find(|line| line["request_id"] == id).unwrap();
    let reason = "the rule of this route is invalid: entry `GET /orders/{id}` of ROUTE_RULES";
    assert_eq!((&line["reason"], &line["ConfigurationErrors"]), (&json!(reason), &json!(2.0)), "{line}");
    let messages: Vec<_> =
        lines.iter().filter(|line| line["kind"] == "error").map(|line| line["message"].as_str().unwrap()).collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(
        messages[0]
            .starts_with("invalid configuration: environment variable `ROUTE_RULES`: the rule of `GET /orders/{id}`")
    );
    assert!(
        messages[1].ends_with("`POST /v1/access-tokens` already has a rule of Latchkey (Latchkey's own rule applies)")
    );
}

#[test]
fn rules_that_are_not_json_deny_all_routes_but_own() {
    for rules in [
        r#"{"GET /orders/{id}": {"public": true}, }"#,
        r#"{"GET /orders/{id}": {"public": true}} {"POST /orders": {"public": true}}"#,
    ] {
        let stack = with_rules(rules);
        let owner = stack.owner_token();
        let (item, token) = stack.create_token(&owner, &json!({}));
        assert_eq!(stack.get_self(&token).status, 200);
        for kind in API_KINDS {
            assert_eq!(send(&stack, kind, "GET", "/orders/7", Some(&token)).status, 403, "{kind:?}");
            assert_eq!(send(&stack, kind, "POST", "/orders", Some(&owner)).status, 403, "{kind:?}");
        }
        assert_eq!(stack.revoke(&owner, token_id(&item)).status, 200);
        assert_eq!(stack.get_self(&token).status, 401);
    }
}
