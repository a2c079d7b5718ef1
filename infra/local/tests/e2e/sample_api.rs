//! An API of somebody's own behind the authorizer: the sample, as a REST API and as an HTTP API.

use std::time::Duration;

use jiff::Timestamp;
use local::invoke::{Invoke, InvokeError};
use serde_json::{Value, json};

use crate::{
    events::event,
    harness::{Reply, World},
};

const KINDS: [&str; 2] = ["REST", "HTTP"];

/// A request with this credential, if there is one, to the sample's API of this kind.
fn ask(world: &World, kind: &str, method: &str, path: &str, credential: Option<&str>) -> Reply {
    let base = if kind == "REST" { &world.sample().rest } else { &world.sample().http };
    let bearer = credential.map(|token| format!("Bearer {token}"));
    let headers: Vec<_> = bearer.iter().map(|value| ("Authorization", value.as_str())).collect();
    world.send_to(base, method, path, &headers, "")
}

/// What the authorizer itself says of a request to `GET /orders/7`, asked past the gateway as this kind of API asks: the
/// text of its error, or whether it grants, and the context.
fn verdict(world: &World, kind: &str, credential: &str) -> Result<(bool, Value), String> {
    let bearer = format!("Bearer {credential}");
    let event = if kind == "REST" {
        json!({
            "type": "REQUEST", "methodArn": "arn:aws:execute-api:us-east-1:000000000000:restapi/live/GET/orders/7",
            "resource": "/orders/{id}", "path": "/orders/7", "httpMethod": "GET", "pathParameters": {"id": "7"},
            "headers": {"Authorization": bearer}, "multiValueHeaders": {"Authorization": [bearer]},
            "requestContext": {"requestId": "r", "stage": "live", "httpMethod": "GET", "apiId": "restapi", "identity": {}},
        })
    } else {
        json!({
            "version": "2.0", "type": "REQUEST", "routeKey": "GET /orders/{id}", "rawPath": "/orders/7",
            "routeArn": "arn:aws:execute-api:us-east-1:000000000000:httpapi/$default/GET/orders/7",
            "headers": {"authorization": bearer}, "pathParameters": {"id": "7"},
            "requestContext": {
                "apiId": "httpapi", "requestId": "r", "routeKey": "GET /orders/{id}", "stage": "$default",
                "http": {"method": "GET"},
            },
        })
    };
    let (lambda, patience) = (&world.stack().lambda, Duration::from_secs(30));
    match world.run(lambda.invoke("authorizer", event.to_string().into_bytes(), patience)) {
        Err(InvokeError::Failed { message }) => Err(message),
        Err(other) => panic!("{other}"),
        Ok(answer) => {
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            let statement = &answer["policyDocument"]["Statement"][0];
            let granted = match kind {
                "REST" => statement["Effect"] == "Allow" && statement["Resource"] == event["methodArn"],
                _ => answer["isAuthorized"] == true,
            };
            Ok((granted, answer["context"].clone()))
        }
    }
}

/// Credentials of every kind that may view the order 7, or would if they were good.
fn credentials(world: &World) -> Vec<(&'static str, String, Option<&'static str>)> {
    let owner = world.owner();
    world.role("123:clerk", &json!([{"action": "order:view", "resource": "order/7*"}]));
    world.role("123:shy", &json!([{"action": "order:*", "resource": "order/7", "effect": "deny"}]));
    let clerk = |more: &Value| {
        let mut members = json!({"assignments": ["123:clerk"]});
        members.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        world.token(&owner, &members)
    };
    let (_, good) = clerk(&json!({}));
    let changed = |claim: &str, value: Value| {
        let mut claims = World::claims(&good);
        claims[claim] = value;
        world.signed(&claims)
    };
    let (item, expiring) = clerk(&json!({"expires_in": "1h"}));
    let past = u32::try_from(Timestamp::now().as_second() - 1).unwrap();
    world.set(item["id"].as_str().unwrap(), "expires_at", past);
    let mut expired = World::claims(&expiring);
    expired["exp"] = json!(past);
    let (revoked, revoked_token) = world.token(&owner, &json!({}));
    let (_, orphan) = world.token(&revoked_token, &json!({"assignments": ["123:owner"]}));
    let path = format!("/v1/access-tokens/{}", revoked["id"].as_str().unwrap());
    assert_eq!(world.call("DELETE", &path, &owner).status, 200);
    let (_, public) = world.token(&owner, &json!({"journey_id": "j"}));
    let (_, viewer) = world.token(&owner, &json!({"assignments": ["123:token_admin"]}));
    let (_, shy) = world.token(&owner, &json!({"assignments": ["123:clerk", "123:shy"]}));
    let issuer = World::claims(&good)["iss"].as_str().unwrap().to_owned();
    vec![
        ("garbage", "garbage".to_owned(), None),
        ("expired", world.signed(&expired), None),
        ("revoked", revoked_token, None),
        ("a child of a revoked one", orphan, None),
        ("an unknown issuer", changed("iss", json!("https://other.example")), None),
        ("another audience", changed("aud", json!("https://other.example")), None),
        ("another typ", world.signed_as("JWT", &World::claims(&good)), None),
        ("ill-typed claims", changed("iat", json!("now")), None),
        ("claims that are not its row's", changed("assume_roles", json!(["123:owner"])), None),
        ("under the other family's issuer", changed("iss", json!(format!("{issuer}/public"))), None),
        ("of the public family", public, Some("permission_denied")),
        ("lacking the permission", viewer, Some("permission_denied")),
        ("with a role that denies", shy, Some("permission_denied")),
        ("good", good, Some("ok")),
        ("a person", world.person_as("123", "7", &["clerk"]), Some("ok")),
    ]
}

#[test]
fn credential_has_same_outcome_on_rest_and_http_api() {
    let world = World::with_sample();
    println!("{:<34} {:<6} {:<20} {:<6} HTTP API", "credential", "REST", "code", "HTTP");
    for (what, credential, code) in credentials(&world) {
        let [rest, http] = KINDS.map(|kind| ask(&world, kind, "GET", "/orders/7", Some(&credential)));
        let (status, shown, message) = match code {
            None => (401, "unauthenticated", "Unauthorized"),
            Some("ok") => (200, "", ""),
            Some(code) => (403, code, "Forbidden"),
        };
        println!("{what:<34} {:<6} {shown:<20} {:<6} {message}", rest.status, http.status);
        assert_eq!((rest.status, http.status), (status, status), "{what}: {} {}", rest.text, http.text);
        if status == 200 {
            assert_eq!(rest.json()["caller"]["org_id"], "123", "{what}");
        } else {
            rest.assert_problem(status, shown);
            assert_eq!(http.json(), json!({"message": message}), "{what}");
        }
        let verdicts = KINDS.map(|kind| verdict(&world, kind, &credential));
        match (code, &verdicts[0]) {
            (None, verdict) => assert_eq!(*verdict, Err("Unauthorized".to_owned()), "{what}"),
            (Some(code), Ok((granted, context))) => {
                assert_eq!((*granted, &context["code"]), (code == "ok", &json!(code)), "{what}");
                assert_eq!(context["org_id"], "123", "{what}: it is known who asks");
            }
            (Some(_), Err(error)) => panic!("{what}: {error}"),
        }
        assert_eq!(verdicts[0], verdicts[1], "{what}: both kinds are told the same");
    }
    for kind in KINDS {
        assert_eq!(ask(&world, kind, "GET", "/orders/7", None).status, 401, "without a credential");
    }
}

#[test]
fn sample_route_requires_its_permission_on_its_resource() {
    let world = World::with_sample();
    let owner = world.owner();
    world.role("123:clerk", &json!([{"action": "order:view", "resource": "order/7*"}, {"action": "order:create"}]));
    let (_, clerk) = world.token(&owner, &json!({"assignments": ["123:clerk"]}));
    let (_, journey) = world.token(&owner, &json!({"journey_id": "j"}));
    let (_, reader) = world.token(&owner, &json!({"read_only": true}));
    for (what, credential, method, path, status) in [
        ("an owner", &owner, "DELETE", "/orders/7", 200),
        ("a clerk", &clerk, "GET", "/orders/7", 200),
        ("a clerk", &clerk, "GET", "/orders/71", 200),
        ("a clerk", &clerk, "GET", "/orders/8", 403),
        ("a clerk", &clerk, "POST", "/orders", 201),
        ("a clerk", &clerk, "DELETE", "/orders/7", 403),
        ("a clerk", &clerk, "GET", "/catalog", 403),
        ("a journey", &journey, "GET", "/catalog", 200),
        ("a journey", &journey, "GET", "/orders/7", 403),
        ("a journey", &journey, "POST", "/orders", 403),
        ("a read-only token", &reader, "GET", "/orders/7", 200),
        ("a read-only token", &reader, "POST", "/orders", 403),
    ] {
        for kind in KINDS {
            let reply = ask(&world, kind, method, path, Some(credential));
            assert_eq!(reply.status, status, "{kind}: {what} {method} {path}: {}", reply.text);
        }
    }
    let sentence = ask(&world, "REST", "DELETE", "/orders/7", Some(&clerk)).assert_problem(403, "permission_denied");
    assert!(sentence.contains("order:delete"), "{sentence}");
    let me = world.call("DELETE", "/v1/access-tokens/self", &clerk);
    assert_eq!(me.status, 200);
    for kind in KINDS {
        assert_eq!(ask(&world, kind, "GET", "/orders/7", Some(&clerk)).status, 401, "{kind}: revoked means at once");
    }
}

#[test]
fn organization_header_switches_users_but_not_tokens() {
    let world = World::with_sample();
    let (person, owner) = (world.person("123", "1002"), world.owner());
    world.role("456:clerk", &json!([{"action": "order:view"}]));
    world.assign("456", "1002", &["456:clerk"]);
    let (_, token) = world.token(&owner, &json!({}));
    for (credential, orgs, expected) in [
        (&person, &[][..], Ok("123")),
        (&person, &["123"], Ok("123")),
        (&person, &["456"], Ok("456")),
        (&person, &["789"], Err(403)),
        (&person, &[""], Err(403)),
        (&person, &["456", "456"], Err(403)),
        (&person, &["456,123"], Err(403)),
        (&person, &["*"], Err(403)),
        (&token, &["123"], Ok("123")),
        (&token, &["456"], Err(403)),
        (&token, &[""], Err(403)),
        (&token, &["123", "123"], Err(403)),
    ] {
        let bearer = format!("Bearer {credential}");
        let mut headers = vec![("Authorization", bearer.as_str())];
        headers.extend(orgs.iter().map(|org| ("x-epilot-org-id", *org)));
        for base in [&world.sample().rest, &world.sample().http] {
            let reply = world.send_to(base, "GET", "/orders/7", &headers, "");
            match expected {
                Ok(org) => {
                    assert_eq!(reply.status, 200, "{orgs:?}: {}", reply.text);
                    let caller = &reply.json()["caller"];
                    assert_eq!(caller["org_id"], org, "{orgs:?}");
                    let roles = caller["roles"].as_array().unwrap();
                    assert!(
                        roles.iter().all(|role| role.as_str().unwrap().starts_with(&format!("{org}:"))),
                        "{caller}"
                    );
                }
                Err(status) => assert_eq!(reply.status, status, "{orgs:?}: {}", reply.text),
            }
        }
    }
}

#[test]
fn authorizer_event_with_valid_token_has_named_outcome() {
    let world = World::with_sample();
    let (_, token) = world.token(&world.owner(), &json!({}));
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
        let patience = Duration::from_secs(30);
        let answer = match world.run(world.stack().lambda.invoke("authorizer", event.into_bytes(), patience)) {
            Ok(answer) => {
                let answer: Value = serde_json::from_slice(&answer).unwrap();
                let effect = &answer["policyDocument"]["Statement"][0]["Effect"];
                Ok(*effect == "Allow" || answer["isAuthorized"] == true)
            }
            Err(InvokeError::Failed { message }) => Err(message),
            Err(other) => panic!("{name}: {other}"),
        };
        match expected {
            Ok(granted) => assert_eq!(answer, Ok(granted), "{name}"),
            Err(words) => assert!(answer.as_ref().is_err_and(|text| text.contains(words)), "{name}: {answer:?}"),
        }
    }
}
