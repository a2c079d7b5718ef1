use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    response::{UNAUTHORIZED, UNDECIDED},
    *,
};
use crate::{
    authorize::{Denial, Policy},
    caller::{
        CallerIdentity,
        tests::{token as token_caller, token_mut},
    },
    error::ErrorCode,
    identity_provider::IdentityProviders,
    jwt::{SigningInput, samples as keys},
    memory::{At, Keys, Memory},
    ports::{Clock, PortError, PortErrorKind, Service},
    routes::SEGMENT_PUNCTUATION,
    token::{Claims, Families, Issuer, Token, TokenId, UnixTime, samples},
};

const ISSUER: &str = "https://api.example/v1/access-tokens";
const PUBLIC: &str = "https://api.example/v1/access-tokens/public";
const NOW: i64 = 1_566_657_000;

fn issuer(issuer: &str) -> Issuer {
    Issuer { issuer: issuer.to_owned(), audience: "a".to_owned() }
}

/// `token` as a JWT, signed by the family with this issuer.
fn signed(token: &Token, issued_by: &str) -> String {
    let key = keys::both()[usize::from(issued_by == PUBLIC)];
    let public = key.public();
    let claims = Claims::of(token, &issuer(issued_by));
    let input = SigningInput::new(public.alg(), public.kid(), &claims).unwrap();
    input.sign_with(|text| key.sign(text))
}

fn valid_jwt() -> String {
    signed(&samples::plain(), ISSUER)
}

/// The event of a REST API for `GET <path>/<id>` with this `Authorization` header.
fn rest(path: &str, id: &str, credential: &str) -> Value {
    json!({
        "type": "REQUEST",
        "methodArn": format!("arn:aws:execute-api:us-east-1:1:abc/live/GET{path}/{id}"),
        "resource": format!("{path}/{{id}}"),
        "path": format!("/base{path}/{id}"),
        "httpMethod": "GET",
        "headers": {"Authorization": credential},
        "multiValueHeaders": {"Authorization": [credential]},
        "pathParameters": {"id": id},
        "requestContext": {"requestId": "r-1", "stage": "live", "httpMethod": "GET", "apiId": "abc",
            "identity": {"sourceIp": "127.0.0.1"}},
    })
}

/// The same request as the event of an HTTP API.
fn http(path: &str, id: &str, credential: &str) -> Value {
    let route = format!("GET {path}/{{id}}");
    json!({
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": format!("arn:aws:execute-api:us-east-1:1:xyz/$default/GET{path}/{id}"),
        "identitySource": [credential],
        "routeKey": route,
        "rawPath": format!("{path}/{id}"),
        "rawQueryString": "",
        "headers": {"authorization": credential},
        "requestContext": {
            "accountId": "1", "apiId": "xyz", "domainName": "a.example", "requestId": "r-2", "routeKey": route,
            "http": {"method": "GET", "path": format!("{path}/{id}"), "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"},
            "stage": "$default", "time": "24/Aug/2019:14:15:22 +0000", "timeEpoch": 1_566_656_122_000_i64,
        },
        "pathParameters": {"id": id},
    })
}

/// A REST API event with a valid token.
fn event(id: &str) -> Value {
    rest("/v1/access-tokens", id, &format!("Bearer {}", valid_jwt()))
}

fn ledger() -> Memory {
    let parent = TokenId::new(samples::plain().id.type_name(), "PPPPPPPPPPPPPPPPPPPPP".parse().unwrap());
    let with = |id: &str, change: fn(Token) -> Token| Token { id: id.parse().unwrap(), ..change(samples::plain()) };
    let revoked = with(&parent.to_string(), |token| Token { revocation: samples::revoked().revocation, ..token });
    Memory::with([
        samples::plain(),
        samples::journey(),
        samples::with_networks(),
        revoked,
        with("api_EEEEEEEEEEEEEEEEEEEEE", |token| Token { expires_at: Some(samples::at(NOW - 1)), ..token }),
        Token { parent: Some(parent), ..with("api_CCCCCCCCCCCCCCCCCCCCC", |token| token) },
    ])
    .role("123:owner", &json!([{"action": "order:delete", "effect": "deny"}]))
    .role(
        "123:root",
        &json!([{"action": "*"}, {"action": "root:*", "effect": "deny"}, {"action": "own:*", "effect": "deny"}]),
    )
}

async fn authorize(ledger: Memory, event: Value) -> Result<Value, String> {
    let rules = json!({
        "GET /v1/access-tokens/{id}": {"action": "token:create"},
        "GET /orders/{id}": {"action": "order:view", "resource": "order/{id}"},
        "GET /deleted/{id}": {"action": "order:delete", "resource": "order/{id}"},
        "GET /rooted/{id}": {"action": "root:x"},
        "GET /catalog/{id}": {"action": "catalog:view", "public_tokens": true},
        "GET /open/{id}": {"public": true},
        "GET /own/{id}": {"action": "own:view", "own_id": "id"},
        "GET /tenants/{t}/{d}": {"action": "document:view", "resource": "tenant:{t}:doc:{d}"},
        "POST /v3/events:batchGet": {"action": "event:view"},
        "GET /": {"public": true},
    });
    let [rsa, ec] = keys::both();
    let policy = Policy {
        issuers: Families { access: vec![issuer(ISSUER)], public: vec![issuer(PUBLIC)] },
        providers: IdentityProviders::default(),
        rules: serde_json::from_value(rules).unwrap(),
    };
    let own_keys = Families { access: Keys(rsa), public: Keys(ec) };
    let authorize = Authorize::new(ledger, own_keys, Keys(ec), At(samples::at(NOW)), policy);
    let response = answer_event(&authorize, &event.to_string()).await.map_err(|diagnostic| diagnostic.error_message)?;
    Ok(serde_json::from_str(response.get()).unwrap())
}

async fn respond(event: Value) -> Result<Value, String> {
    authorize(ledger(), event).await
}

fn statement(response: &Value) -> &Value {
    &response["policyDocument"]["Statement"][0]
}

#[tokio::test]
async fn rest_policy_allows_one_literal_method_arn() {
    let response = respond(event("x-1")).await.unwrap();
    assert_eq!(
        *statement(&response),
        json!({
            "Action": "execute-api:Invoke", "Effect": "Allow",
            "Resource": "arn:aws:execute-api:us-east-1:1:abc/live/GET/v1/access-tokens/x-1",
        })
    );
    assert_eq!(response["principalId"], "api_5ZugdRXasLfWBypHi93Fk");
    assert_eq!(response["context"]["roles"], "123:owner");
    assert!(response["context"].as_object().unwrap().values().all(Value::is_string));
}

#[tokio::test]
async fn http_response_has_the_context_of_the_rest_response() {
    let bearer = format!("Bearer {}", valid_jwt());
    let simple = respond(http("/orders", "7", &bearer)).await.unwrap();
    let policy = respond(rest("/orders", "7", &bearer)).await.unwrap();
    assert_eq!(simple, json!({"isAuthorized": true, "context": policy["context"]}));
}

/// Each kind of credential and permission, on both kinds of APIs. Expected is `None` for the error `Unauthorized`,
/// otherwise whether the request is allowed, the code and the principal.
#[tokio::test]
async fn rest_and_http_api_get_the_same_decision() {
    let bearer = |token: &str| format!("Bearer {token}");
    let stored = |id: &str| Token { id: id.parse().unwrap(), ..samples::plain() };
    let expired = Token { expires_at: Some(samples::at(NOW - 1)), ..stored("api_EEEEEEEEEEEEEEEEEEEEE") };
    let child = Token { parent: "api_PPPPPPPPPPPPPPPPPPPPP".parse().ok(), ..stored("api_CCCCCCCCCCCCCCCCCCCCC") };
    let valid = bearer(&valid_jwt());
    let journey = bearer(&signed(&samples::journey(), PUBLIC));
    let me = "api_5ZugdRXasLfWBypHi93Fk";
    let public = samples::journey().id.to_string();
    for (path, credential, expected) in [
        ("/orders", String::new(), None),
        ("/orders", "Bearer garbage".to_owned(), None),
        ("/orders", bearer(&signed(&expired, ISSUER)), None),
        ("/orders", bearer(&signed(&stored("api_PPPPPPPPPPPPPPPPPPPPP"), ISSUER)), None),
        ("/orders", bearer(&signed(&child, ISSUER)), None),
        ("/orders", bearer(&signed(&stored("api_UUUUUUUUUUUUUUUUUUUUU"), ISSUER)), None),
        ("/orders", bearer(&signed(&samples::plain(), "https://other.example")), None),
        ("/orders", bearer(&signed(&samples::plain(), PUBLIC)), None),
        ("/orders", valid.clone(), Some((true, "ok", me))),
        ("/deleted", valid.clone(), Some((false, "permission_denied", me))),
        ("/rooted", valid.clone(), Some((false, "permission_denied", me))),
        ("/nowhere", valid.clone(), Some((false, "permission_denied", me))),
        ("/catalog", valid.clone(), Some((true, "ok", me))),
        ("/catalog", journey.clone(), Some((true, "ok", &public))),
        ("/orders", journey, Some((false, "permission_denied", &public))),
        ("/open", String::new(), Some((true, "ok", "nobody"))),
        ("/open", "Bearer garbage".to_owned(), Some((true, "ok", "nobody"))),
        ("/open", valid, Some((true, "ok", "nobody"))),
    ] {
        let case = format!("{path} {}", &credential[..credential.len().min(20)]);
        let rest = respond(rest(path, "7", &credential)).await;
        let http = respond(http(path, "7", &credential)).await;
        let Some((allowed, code, principal)) = expected else {
            assert_eq!((rest, http), (Err(UNAUTHORIZED.to_owned()), Err(UNAUTHORIZED.to_owned())), "{case}");
            continue;
        };
        let rest = rest.unwrap();
        let http = http.unwrap();
        assert_eq!(statement(&rest)["Effect"], if allowed { "Allow" } else { "Deny" }, "{case}");
        assert_eq!((&rest["principalId"], &rest["context"]["code"]), (&json!(principal), &json!(code)), "{case}");
        assert_eq!(http, json!({"isAuthorized": allowed, "context": rest["context"]}), "{case}");
    }
}

#[tokio::test]
async fn ledger_outage_is_an_undecided_error() {
    let bearer = format!("Bearer {}", valid_jwt());
    for event in [rest("/orders", "7", &bearer), http("/orders", "7", &bearer)] {
        let ledger = ledger();
        ledger.state().failing = Some(PortError::new(Service::DynamoDb, "BatchGetItem", PortErrorKind::Unreachable));
        assert_eq!(authorize(ledger, event).await, Err(UNDECIDED.to_owned()));
    }
}

#[tokio::test]
async fn ambiguous_path_is_denied() {
    let bearer = format!("Bearer {}", valid_jwt());
    for id in [
        "*",
        "?",
        "a*",
        "${x}",
        "a b",
        "a/b",
        "%2e",
        "..",
        ".",
        "..;",
        "ä",
        "a\"b",
        "",
        "a/",
        "/",
        "a$",
        "a\\b",
        "a#b",
        "a|b",
        "a\u{7f}",
        "a\u{0}",
        "%",
        "%2",
        "%zz",
        "%2f",
        "a%2Fb",
        "%2a",
        "%24%7Bx%7D",
        "%3f",
        "%3b",
        "%5c",
        "%20",
        "%00",
        "%7f",
        "%c3%a4",
        "%c0%ae",
        "%25",
        "%2561",
        "%252e",
        "%255F",
        "%2e%2e",
        &"x".repeat(600),
    ] {
        let policy = respond(rest("/orders", id, &bearer)).await.unwrap();
        assert_eq!(statement(&policy)["Effect"], "Deny", "{id}");
        assert_eq!(policy["context"]["code"], "permission_denied", "{id}");
        let simple = respond(http("/orders", id, &bearer)).await.unwrap();
        assert_eq!((&simple["isAuthorized"], &simple["context"]["code"]), (&json!(false), &json!("permission_denied")));
    }
    let mut other = http("/orders", "7", &bearer);
    other["rawPath"] = json!("/orders/8");
    assert_eq!(respond(other).await.unwrap()["isAuthorized"], false, "a path of another route");
    let mut mapped = http("/orders", "7", &bearer);
    mapped["rawPath"] = json!("/shop/orders/7");
    assert_eq!(respond(mapped).await.unwrap()["isAuthorized"], true, "a path after an API mapping key");
}

#[tokio::test]
async fn path_with_reserved_characters_is_allowed() {
    let bearer = format!("Bearer {}", valid_jwt());
    for id in ["2021-08-01T00:00:00Z", "a@b.example", "a+b,c=d", "!'()&", "urn:x:y"] {
        let event = rest("/orders", id, &bearer);
        let policy = respond(event.clone()).await.unwrap();
        assert_eq!(statement(&policy)["Effect"], "Allow", "{id}");
        assert_eq!(statement(&policy)["Resource"], event["methodArn"], "{id}");
        assert_eq!(respond(http("/orders", id, &bearer)).await.unwrap()["isAuthorized"], true, "{id}");
    }
    let mut event = rest("/orders", "7", &bearer);
    event["httpMethod"] = json!("POST");
    event["resource"] = json!("/v3/events:batchGet");
    event["pathParameters"] = Value::Null;
    event["methodArn"] = json!("arn:aws:execute-api:us-east-1:1:abc/live/POST/v3/events:batchGet");
    let policy = respond(event.clone()).await.unwrap();
    assert_eq!(
        (&statement(&policy)["Effect"], &statement(&policy)["Resource"]),
        (&json!("Allow"), &event["methodArn"])
    );
}

/// A REST API passes the path parameters as they are in the URL. A gateway that decodes them gets the same decision.
#[tokio::test]
async fn percent_encoded_path_is_decoded_once() {
    let own_id = "api_5ZugdRXasLfWBypHi93Fk";
    let other = "api_AAAAAAAAAAAAAAAAAAAAA";
    let encoded = own_id.replace('_', "%5F").replace("Fk", "%46k");
    for (in_arn, in_parameters, allowed) in [
        (encoded.as_str(), encoded.as_str(), true),
        (&encoded, own_id, true),
        (own_id, &encoded, true),
        (&encoded, other, false),
        (&encoded.replace("%5F", "%5f"), &encoded, true),
        (&encoded.replace("%5F", "%255F"), &encoded, false),
        (&encoded.replace("%5F", "%255F"), own_id, false),
        (&encoded.replace("%5F", "%255F"), &encoded.replace("%5F", "%255F"), false),
    ] {
        let mut event = rest("/own", in_arn, &format!("Bearer {}", valid_jwt()));
        event["pathParameters"]["id"] = json!(in_parameters);
        let policy = respond(event.clone()).await.unwrap();
        let effect = if allowed { "Allow" } else { "Deny" };
        assert_eq!(statement(&policy)["Effect"], effect, "{in_arn} {in_parameters}");
        assert!(!allowed || statement(&policy)["Resource"] == event["methodArn"]);
    }
}

#[tokio::test]
async fn resource_contains_the_decoded_parameter() {
    let ledger =
        || ledger().role("123:root", &json!([{"action": "*", "resource": "order/7*"}, {"action": "token:create"}]));
    let bearer = format!("Bearer {}", valid_jwt());
    for (id, effect) in [("7", "Allow"), ("%37", "Allow"), ("7%40x", "Allow"), ("8", "Deny"), ("%38", "Deny")] {
        let policy = authorize(ledger(), rest("/orders", id, &bearer)).await.unwrap();
        assert_eq!(statement(&policy)["Effect"], effect, "{id}");
    }
}

#[tokio::test]
async fn colon_in_colon_delimited_resource_is_denied() {
    let bearer = format!("Bearer {}", valid_jwt());
    for (tenant, document, allowed) in
        [("1", "2", true), ("1", "doc:2", false), ("1:doc:x", "2", false), ("1", "%32", true), ("1", "x%3A2", false)]
    {
        let path = format!("/tenants/{tenant}/{document}");
        let mut event = rest("/orders", "7", &bearer);
        event["resource"] = json!("/tenants/{t}/{d}");
        event["pathParameters"] = json!({"t": tenant, "d": document});
        event["methodArn"] = json!(format!("arn:aws:execute-api:us-east-1:1:abc/live/GET{path}"));
        let policy = respond(event).await.unwrap();
        assert_eq!(statement(&policy)["Effect"], if allowed { "Allow" } else { "Deny" }, "{path}");
        let reason = policy["context"]["reason"].as_str().unwrap();
        assert_eq!(reason.contains("contains `:`"), !allowed, "{path}: {reason}");
    }
}

#[tokio::test]
async fn denial_of_ambiguous_path_names_allowed_characters() {
    let bearer = format!("Bearer {}", valid_jwt());
    let policy = respond(rest("/orders", "*", &bearer)).await.unwrap();
    let reason = policy["context"]["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("the path is too long or contains") && reason.ends_with(SEGMENT_PUNCTUATION),
        "{reason}"
    );
    assert!(reason.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'"' && b != b'\\'));
}

/// Path segments with characters and escapes that a path may and may not contain.
fn segments() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "a", "b", "7", ".", "..", "_", ":", "@", "+", ",", "=", "!", "'", "(", ")", "&", "%5F", "%5f", "%3A", "%40",
        "%61", "%2e", "%2F", "%2a", "%25", "%255F", "%", "*", "?", "$", ";", "\\", " ", "\u{e4}", "%c3%a4", "/",
    ]);
    prop::collection::vec(part, 0..4).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// An allowed path has one reading: it decodes once to the route with literal parameters, and the policy names the
    /// gateway's own ARN, which has no wildcard. Both kinds of APIs agree on every path without an escape.
    #[test]
    fn allowed_path_decodes_once_to_its_route(id in segments()) {
        let decide = |event: Value| {
            let event = Event::read(&event.to_string()).unwrap();
            response::allow(&event, None).ok().map(|response| serde_json::from_str::<Value>(response.get()).unwrap())
        };
        let rest = rest("/open", &id, "");
        if let Some(policy) = decide(rest.clone()) {
            let resource = &statement(&policy)["Resource"];
            prop_assert_eq!(resource, &rest["methodArn"]);
            prop_assert!(!resource.as_str().unwrap().contains(['*', '?', '$']), "{}", resource);
            let decoded = percent_encoding::percent_decode_str(&id).decode_utf8().unwrap();
            prop_assert!(crate::routes::segment_rule("")(&decoded), "{}", id);
            prop_assert_eq!(decide(http("/open", &decoded, "")).map(|simple| simple["isAuthorized"].clone()), Some(json!(true)));
        }
        if !id.contains('%') {
            prop_assert_eq!(decide(rest).is_some(), decide(http("/open", &id, "")).is_some(), "{}", id);
        }
    }
}

#[tokio::test]
async fn http_root_route_may_follow_a_stage_or_mapping() {
    for (path, allowed) in
        [("/", true), ("/dev", true), ("/dev/", true), ("/dev//", false), ("//", false), ("/*", false)]
    {
        let mut event = http("/orders", "7", "");
        event["routeKey"] = json!("GET /");
        event["requestContext"]["routeKey"] = json!("GET /");
        event["rawPath"] = json!(path);
        event["pathParameters"] = json!({});
        assert_eq!(respond(event).await.unwrap()["isAuthorized"], allowed, "{path}");
    }
}

#[tokio::test]
async fn credential_other_than_one_bearer_token_is_rejected() {
    let token = valid_jwt();
    let with = |values: Vec<String>| {
        let mut event = event("x");
        event["headers"] = values.last().map_or(json!({}), |last| json!({"Authorization": last}));
        event["multiValueHeaders"] = json!({"Authorization": values});
        let mut joined = http("/v1/access-tokens", "x", "");
        joined["headers"] = if values.is_empty() { json!({}) } else { json!({"authorization": values.join(",")}) };
        [event, joined]
    };
    for header in [format!("bearer {token}"), format!("BEARER   {token} ")] {
        for event in with(vec![header]) {
            assert!(respond(event).await.is_ok());
        }
    }
    for headers in [
        vec![],
        vec![String::new()],
        vec!["Bearer".to_owned()],
        vec!["Bearer ".to_owned()],
        vec![token.clone()],
        vec![format!("Basic {token}")],
        vec![format!("Bearer\t{token}")],
        vec![format!("Bearer {token}, Bearer {token}")],
        vec![format!("Bearer {token}"), format!("Bearer {token}")],
    ] {
        for event in with(headers.clone()) {
            assert_eq!(respond(event).await, Err(UNAUTHORIZED.to_owned()), "{}", headers.len());
        }
    }
}

#[tokio::test]
async fn denial_reason_is_printable_ascii_without_request_data() {
    let mut event = event("x");
    event["resource"] = json!("/v1/unknown/\"route\"");
    let response = respond(event).await.unwrap();
    let reason = response["context"]["reason"].as_str().unwrap();
    assert_eq!(reason, "no rule allows this route");
    assert!(reason.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'"' && b != b'\\'));
    assert_eq!(statement(&response)["Effect"], "Deny");
}

#[tokio::test]
async fn unsupported_event_is_rejected_with_instructions() {
    let token = json!({"type": "TOKEN", "authorizationToken": "Bearer x", "methodArn": "a"});
    let with = |member: &str, value: Value| {
        let mut event = event("x");
        event[member] = value;
        event
    };
    let mut other_route = http("/orders", "7", "Bearer x");
    other_route["requestContext"]["routeKey"] = json!("GET /other");
    let mut without_api = http("/orders", "7", "Bearer x");
    without_api["requestContext"]["apiId"] = Value::Null;
    for (event, words) in [
        (token, "change the type of this authorizer to REQUEST"),
        (with("version", json!("1.0")), "payload format 2.0 with simple responses"),
        (with("version", json!("2.0")), "does not match its payload format"),
        (with("version", json!("3.0")), "is not an API Gateway authorizer event"),
        (with("version", json!(2)), "is not an API Gateway authorizer event"),
        (with("requestContext", json!(7)), "does not match its payload format"),
        (other_route, "does not match its payload format"),
        (without_api, "does not match its payload format"),
        (json!({}), "is not an API Gateway authorizer event"),
        (json!(null), "is not an API Gateway authorizer event"),
        (json!({"type": 7}), "is not an API Gateway authorizer event"),
    ] {
        let error = respond(event.clone()).await.unwrap_err();
        assert!(error.contains(words), "{event}: {error}");
    }
    assert_eq!(respond(with("methodArn", Value::Null)).await, Err(UNDECIDED.to_owned()));
}

#[tokio::test]
async fn method_arn_that_differs_from_the_event_is_denied() {
    let mut event = event("x");
    event["methodArn"] = json!("arn:aws:execute-api:us-east-1:1:abc/live/GET/v1/access-tokens/x/");
    let response = respond(event).await.unwrap();
    assert_eq!(statement(&response)["Effect"], "Deny");
    assert_eq!(response["context"]["code"], "permission_denied");
}

#[tokio::test]
async fn method_arn_with_wildcard_is_denied() {
    for (original, member, replacement) in
        [("1:abc/live", "apiId", "1:a*c/live"), ("abc/live", "stage", "abc/*"), ("abc/live", "stage", "abc/${x}")]
    {
        let mut event = rest("/open", "7", "");
        let method_arn = event["methodArn"].as_str().unwrap().replace(original, replacement);
        event["methodArn"] = json!(method_arn);
        event["requestContext"][member] = json!(replacement.rsplit(['/', ':']).next().unwrap());
        let response = respond(event).await.unwrap();
        assert_eq!(
            *statement(&response),
            json!({"Action": "execute-api:Invoke", "Effect": "Deny", "Resource": "*"}),
            "{replacement}"
        );
    }
}

#[test]
fn response_never_exceeds_the_gateway_limit() {
    let roles: Vec<String> = (0..60).map(|n| format!("123:{n:02}{}", "r".repeat(62))).collect();
    let mut caller = crate::caller::tests::person(&roles.iter().map(String::as_str).collect::<Vec<_>>());
    caller.deny_roles = caller.roles.clone();
    caller.identity = CallerIdentity::User(format!("local|{}", "\"".repeat(255)).parse().unwrap());
    for event in [event("x"), http("/orders", "7", "")].map(|event| Event::read(&event.to_string()).unwrap()) {
        let denial = response::allow(&event, Some(&caller)).unwrap_err();
        assert_eq!(denial.code, ErrorCode::TooManyRoles);
        let denial = Denial { caller: Some(caller.clone()), ..*denial };
        let response = response::deny(&event, &denial).unwrap();
        assert!(response.get().len() <= 8_192);
        let response: Value = serde_json::from_str(response.get()).unwrap();
        assert_eq!(
            (&response["context"]["roles"], &response["context"]["code"]),
            (&Value::Null, &json!("too_many_roles"))
        );
    }
}

/// The roles of such a token were accepted before the context had an owner.
#[test]
fn context_that_would_be_too_large_has_no_owner() {
    let owner = format!("local|{}", "\"".repeat(255));
    let context = |role_count: usize| {
        let roles: Vec<String> = (0..role_count).map(|n| format!("123:{n:02}{}", "r".repeat(55))).collect();
        let mut caller = token_caller(&roles.iter().map(String::as_str).collect::<Vec<_>>(), None, None);
        caller.deny_roles = caller.roles.clone();
        assert!(!caller.has_too_many_roles());
        token_mut(&mut caller).owner = Some(owner.parse().unwrap());
        let event = Event::read(&event("x").to_string()).unwrap();
        let response: Value = serde_json::from_str(response::allow(&event, Some(&caller)).unwrap().get()).unwrap();
        response["context"].clone()
    };
    assert_eq!(context(1)["owner"], owner.as_str());
    let largest = context(59);
    assert_eq!(largest.get("owner"), None);
    assert!(largest["roles"].as_str().unwrap().len() > 3_600 && largest["deny_roles"] == largest["roles"]);
}

/// The code of the decision on both kinds of events for a token that is bound to networks, if the gateway reports `source`
/// and the request has this additional header.
async fn codes_for_source(source: &Value, (name, value): (&str, &str)) -> [String; 2] {
    let credential = format!("Bearer {}", signed(&samples::with_networks(), ISSUER));
    let mut rest = rest("/orders", "7", &credential);
    rest["requestContext"]["identity"]["sourceIp"] = source.clone();
    rest["headers"][name] = json!(value);
    rest["multiValueHeaders"][name] = json!([value]);
    let mut http = http("/orders", "7", &credential);
    http["requestContext"]["http"]["sourceIp"] = source.clone();
    http["headers"][name.to_ascii_lowercase()] = json!(value);
    [respond(rest).await, respond(http).await].map(|response| match response {
        Ok(response) => response["context"]["code"].as_str().unwrap().to_owned(),
        Err(error) => error,
    })
}

#[tokio::test]
async fn source_address_of_gateway_is_compared_with_networks() {
    let no_header = ("x-test", "1");
    for source in ["203.0.113.9", "::ffff:203.0.113.9", "2001:db8::9", "2001:DB8:0:0:0:0:0:9"] {
        assert_eq!(codes_for_source(&json!(source), no_header).await, ["ok", "ok"], "{source}");
    }
    for source in [
        json!("198.51.100.9"),
        json!("127.0.0.1"),
        json!("203.0.113.9:443"),
        json!(" 203.0.113.9"),
        json!("203.0.113.9 "),
        json!("203.0.113.09"),
        json!("203.0.113.0/24"),
        json!("203.0.113.9, 198.51.100.9"),
        json!("2001:db8::9%eth0"),
        json!("[2001:db8::9]"),
        json!("::203.0.113.9"),
        json!("test-invoke-source-ip"),
        json!(""),
        json!(null),
    ] {
        assert_eq!(
            codes_for_source(&source, no_header).await,
            ["address_not_allowed", "address_not_allowed"],
            "{source}"
        );
    }
    for source in [json!(["203.0.113.9"]), json!({"ip": "203.0.113.9"}), json!(3_405_803_785_u32), json!(true)] {
        let malformed = "the event does not match its payload format";
        assert_eq!(codes_for_source(&source, no_header).await, [malformed, malformed], "{source}");
    }
}

#[tokio::test]
async fn header_never_replaces_the_source_address() {
    for (name, value) in [
        ("X-Forwarded-For", "203.0.113.9"),
        ("X-Forwarded-For", "198.51.100.9, 203.0.113.9"),
        ("X-Real-IP", "203.0.113.9"),
        ("Forwarded", "for=203.0.113.9"),
        ("Forwarded", "for=\"[2001:db8::9]\""),
        ("True-Client-IP", "203.0.113.9"),
        ("CF-Connecting-IP", "203.0.113.9"),
        ("CloudFront-Viewer-Address", "203.0.113.9:443"),
        ("sourceIp", "203.0.113.9"),
    ] {
        let codes = codes_for_source(&json!("198.51.100.9"), (name, value)).await;
        assert_eq!(codes, ["address_not_allowed", "address_not_allowed"], "{name}");
        assert_eq!(codes_for_source(&json!(null), (name, value)).await, codes, "{name}");
    }
}

#[tokio::test]
async fn event_without_identity_denies_a_token_with_networks() {
    let credential = format!("Bearer {}", signed(&samples::with_networks(), ISSUER));
    for path in ["/requestContext/identity", "/requestContext/identity/sourceIp"] {
        let mut event = rest("/orders", "7", &credential);
        let (parent, name) = path.rsplit_once('/').unwrap();
        event.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
        assert_eq!(respond(event).await.unwrap()["context"]["code"], "address_not_allowed", "{path}");
    }
    let mut event = http("/orders", "7", &credential);
    event["requestContext"]["http"].as_object_mut().unwrap().remove("sourceIp");
    assert_eq!(respond(event).await.unwrap()["context"]["code"], "address_not_allowed");
}

#[tokio::test]
async fn repeated_organization_header_is_denied() {
    let mut event = event("x");
    event["multiValueHeaders"]["x-epilot-org-id"] = json!(["123", "124"]);
    let response = respond(event).await.unwrap();
    assert_eq!(response["context"]["code"], "permission_denied");
    assert_eq!(response["principalId"], "nobody");
}

#[tokio::test]
async fn http_organization_header_with_joined_values_is_denied() {
    for (org, allowed) in [("123", true), ("124", false), ("", false), ("123,124", false), ("123,123", false)] {
        let mut event = http("/orders", "7", &format!("Bearer {}", valid_jwt()));
        event["headers"]["x-epilot-org-id"] = json!(org);
        assert_eq!(respond(event).await.unwrap()["isAuthorized"], allowed, "{org}");
    }
}

/// A clock that panics.
struct Defect;

impl Clock for Defect {
    fn now(&self) -> UnixTime {
        panic!("the clock is defective")
    }
}

#[tokio::test]
async fn panic_in_authorizer_allows_nothing() {
    let rules = serde_json::from_value(json!({"GET /v1/access-tokens/{id}": {"any_caller": true}})).unwrap();
    let issuers = Families { access: vec![issuer(ISSUER)], public: vec![issuer(PUBLIC)] };
    let [rsa, ec] = keys::both();
    let keys = Families { access: Keys(rsa), public: Keys(ec) };
    let policy = Policy { issuers, providers: IdentityProviders::default(), rules };
    let authorize = Authorize::new(ledger(), keys, Keys(ec), Defect, policy);
    let error = answer_event(&authorize, &event("self").to_string()).await.unwrap_err();
    assert_eq!(error.error_type, UNDECIDED);
}
