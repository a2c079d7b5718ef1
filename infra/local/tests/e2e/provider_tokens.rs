//! Tokens and JWK sets as identity providers send them. Each case has a provider of its own, with its own JWK set.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

use aws_lc_rs::hmac;
use axum::{
    Router,
    extract::State,
    http::{
        HeaderMap, Uri,
        header::{ACCEPT_ENCODING, CONTENT_ENCODING},
    },
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::Algorithm;
use local::{
    build,
    idp::issuer::Issuer,
    stack::{Sample, StackOptions},
};
use serde_json::{Value, json};

use crate::{
    attacks::{
        forge::{base64url, with_member, with_member_text, without_member},
        idp_tokens::IdpKeys,
    },
    harness::{HttpResponse, TestStack, eventually, temporary_folder},
};

/// A token, the JWK set of its provider, and the expected status of `GET /v1/permissions/me`.
struct Case {
    name: &'static str,
    jwks: Vec<Value>,
    header: Value,
    /// The claims as JSON text, because a number may have any form.
    claims: String,
    signer: Signer,
    /// Members of the provider's configuration in addition to the common ones.
    provider: Value,
    status: u16,
    /// A part of the reason in the log, if the token is rejected for it.
    reason: &'static str,
}

/// What signs the token.
#[derive(Clone, Copy)]
enum Signer {
    Rsa,
    P256,
    /// HMAC with the public RSA key as the secret.
    HmacOfPublicKey,
}

/// The keys of a provider, and another RSA key.
struct TestKeys {
    keys: IdpKeys,
    rsa: Value,
    p256: Value,
    other_rsa: Value,
    now: i64,
}

/// The JWK sets of all providers, by the index of the case.
struct Providers {
    url: String,
    jwks: Vec<Vec<Value>>,
}

/// Serves `/<index>/.well-known/openid-configuration` and `/<index>/jwks`. A JWK set is compressed, unless the request
/// excludes that.
async fn serve(State(providers): State<Arc<Providers>>, headers: HeaderMap, uri: Uri) -> Response {
    let (index, path) = uri.path()[1..].split_once('/').unwrap();
    let issuer = format!("{}/{index}", providers.url);
    if path != "jwks" {
        return json!({"issuer": issuer, "jwks_uri": format!("{issuer}/jwks")}).to_string().into_response();
    }
    if headers.get(ACCEPT_ENCODING).is_none_or(|accepted| accepted != "identity") {
        return ([(CONTENT_ENCODING, "gzip")], vec![0x1f, 0x8b]).into_response();
    }
    let jwks = &providers.jwks[index.parse::<usize>().unwrap()];
    json!({"keys": jwks}).to_string().into_response()
}

impl TestKeys {
    fn generate() -> Self {
        let folder = temporary_folder();
        let issuer = Issuer::open(folder.path(), 0).unwrap();
        let other_folder = temporary_folder();
        let other = Issuer::open(other_folder.path(), 0).unwrap();
        let [rsa, p256] = [0, 1].map(|index| jwk(&issuer, index));
        let keys = IdpKeys::of(folder.path(), &issuer);
        Self { keys, rsa, p256, other_rsa: jwk(&other, 0), now: Timestamp::now().as_second() }
    }

    /// A valid token of a provider with one RSA key.
    fn case(&self, name: &'static str) -> Case {
        Case {
            name,
            jwks: vec![with_member(&self.rsa, "kid", &json!("k1"))],
            header: json!({"alg": "RS256", "kid": "k1"}),
            claims: self.claims(&json!({})).to_string(),
            signer: Signer::Rsa,
            provider: json!({}),
            status: 200,
            reason: "",
        }
    }

    /// Valid claims but for the issuer, with these changes.
    fn claims(&self, changes: &Value) -> Value {
        let mut claims = json!({
            "iss": "@issuer@", "sub": "1001", "aud": "latchkey", "org_id": "providers", "iat": self.now - 10,
            "exp": self.now + 600,
        });
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        claims
    }

    fn with_claims(&self, name: &'static str, changes: &Value) -> Case {
        Case { claims: self.claims(changes).to_string(), ..self.case(name) }
    }

    /// A case with the text of a number as the value of a claim.
    fn with_time(&self, name: &'static str, claim: &str, text: &str) -> Case {
        Case { claims: with_member_text(&self.claims(&json!({})), claim, text), ..self.case(name) }
    }

    fn with_jwks(&self, name: &'static str, jwks: Vec<Value>, header: Value) -> Case {
        Case { jwks, header, ..self.case(name) }
    }

    fn token(&self, case: &Case, issuer: &str) -> String {
        let claims = case.claims.replace("@issuer@", issuer);
        let header = case.header.to_string();
        match case.signer {
            Signer::Rsa => self.keys.sign(&header, &claims, Algorithm::RS256),
            Signer::P256 => self.keys.sign(&header, &claims, Algorithm::ES256),
            Signer::HmacOfPublicKey => {
                let input = format!("{}.{}", base64url(header), base64url(claims));
                let secret = URL_SAFE_NO_PAD.decode(self.rsa["n"].as_str().unwrap()).unwrap();
                let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), input.as_bytes());
                format!("{input}.{}", base64url(mac))
            }
        }
    }
}

fn jwk(issuer: &Issuer, index: usize) -> Value {
    json!(issuer.jwks().keys[index])
}

impl Case {
    fn rejected(self, reason: &'static str) -> Self {
        Self { status: 401, reason, ..self }
    }

    fn signed_by(self, signer: Signer) -> Self {
        Self { signer, ..self }
    }

    fn configured(self, provider: Value) -> Self {
        Self { provider, ..self }
    }
}

/// Numbers by their value (RFC 7519, section 2).
fn times(keys: &TestKeys) -> Vec<Case> {
    let now = keys.now;
    let exponent = format!("{}E-2", (now + 600) * 100);
    vec![
        keys.case("whole seconds"),
        keys.with_time("exp with a zero fraction", "exp", &format!("{}.0", now + 600)),
        keys.with_time("exp with a half", "exp", &format!("{}.5", now + 600)),
        keys.with_time("exp in exponent notation", "exp", &exponent),
        keys.with_time("exp in the year 36812", "exp", "1099511627776"),
        keys.with_time("iat and nbf with a fraction", "nbf", &format!("{}.25", now - 5)),
        Case { claims: without_member(&keys.claims(&json!({})), "iat").to_string(), ..keys.case("no iat") },
        keys.with_time("exp in the past, with a fraction", "exp", &format!("{}.5", now - 62)).rejected("expired"),
        keys.with_time("exp out of range", "exp", "1e400").rejected("claim is missing, duplicated"),
        keys.with_time("exp beyond the largest time", "exp", "1099511627777").rejected("`exp` is missing or not"),
        keys.with_time("exp below zero", "exp", "-0.5").rejected("`exp` is missing or not"),
        keys.with_time("exp as text", "exp", "\"4102444800\"").rejected("`exp` is missing or not"),
        keys.with_time("iat is null", "iat", "null").rejected("`iat` is missing or not"),
        keys.with_time("iat in the future", "iat", &format!("{}.5", now + 3_000)).rejected("`iat` is in the future"),
    ]
}

/// Selection among the keys of a JWK set (RFC 7517, sections 4.3 and 4.5; OpenID Connect Core 1.0, section 10.1).
fn key_selection(keys: &TestKeys) -> Vec<Case> {
    let with_kid = |jwk: &Value, kid: &str| with_member(jwk, "kid", &json!(kid));
    let rsa = &keys.rsa;
    let unnamed = without_member(rsa, "kid");
    let both = || vec![with_kid(rsa, "1"), with_kid(&keys.p256, "1")];
    let named = |alg: &str| json!({"alg": alg, "kid": "1"});
    let zero = |member: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(rsa[member].as_str().unwrap()).unwrap();
        with_member(&with_kid(rsa, "1"), member, &json!(base64url([&[0], &bytes[..]].concat())))
    };
    let padded = with_member(&with_kid(rsa, "1"), "e", &json!("AQAB===="));
    let key_ops = |operations: Value| with_member(&with_kid(rsa, "1"), "key_ops", &operations);
    let encryption = with_member(&with_kid(rsa, "1"), "use", &json!("enc"));
    let four_others = vec![with_kid(&keys.other_rsa, "1"); 4];
    let own_last = |count: usize| [&four_others[..count], &[with_kid(rsa, "1")]].concat();
    vec![
        keys.with_jwks("one kid for an RSA and an EC key, ES256", both(), named("ES256")).signed_by(Signer::P256),
        keys.with_jwks("one kid for an RSA and an EC key, RS256", both(), named("RS256")),
        keys.with_jwks("RSA signature as ES256", both(), named("ES256")).rejected("signature is invalid"),
        keys.with_jwks("P-256 signature as RS256", both(), named("RS256"))
            .signed_by(Signer::P256)
            .rejected("signature is invalid"),
        keys.with_jwks("HMAC with the public key", both(), named("HS256"))
            .signed_by(Signer::HmacOfPublicKey)
            .rejected("alg is neither"),
        keys.with_jwks("HMAC with the public key as RS256", both(), named("RS256"))
            .signed_by(Signer::HmacOfPublicKey)
            .rejected("signature is invalid"),
        keys.with_jwks("fourth key of a kid", own_last(3), named("RS256")),
        keys.with_jwks("fifth key of a kid", own_last(4), named("RS256")).rejected("signature is invalid"),
        keys.with_jwks("one key, no kid anywhere", vec![unnamed.clone()], json!({"alg": "RS256"})),
        keys.with_jwks("no kid, one key of each type", both(), json!({"alg": "RS256"})),
        keys.with_jwks(
            "no kid, one key for signatures",
            vec![encryption.clone(), unnamed.clone()],
            json!({"alg": "RS256"}),
        ),
        keys.with_jwks(
            "no kid, two fitting keys",
            vec![unnamed.clone(), keys.other_rsa.clone()],
            json!({"alg": "RS256"}),
        )
        .rejected("header `kid` is missing, and 2 keys"),
        keys.with_jwks("no kid, a key of another type", vec![keys.p256.clone()], json!({"alg": "RS256"}))
            .rejected("header `kid` is missing, and 0 keys"),
        keys.with_jwks("kid, key without kid", vec![unnamed], named("RS256")).rejected("does not match any key"),
        keys.with_jwks("key_ops with verify", vec![key_ops(json!(["verify"]))], named("RS256")),
        keys.with_jwks("key_ops without verify", vec![key_ops(json!(["encrypt"]))], named("RS256"))
            .rejected("key `1`: `key_ops` must contain verify"),
        keys.with_jwks("modulus with a leading zero byte", vec![zero("n")], named("RS256"))
            .rejected("key `1`: `n` has a leading zero byte"),
        keys.with_jwks("exponent with a leading zero byte", vec![zero("e")], named("RS256"))
            .rejected("key `1`: `e` has a leading zero byte"),
        keys.with_jwks("exponent with padding", vec![padded], named("RS256")).rejected("key `1`: `e` has padding"),
        keys.with_jwks("encryption key", vec![encryption], named("RS256")).rejected("key `1`: `use` must be sig"),
        keys.with_jwks("symmetric key", vec![json!({"kty": "oct", "kid": "1", "k": "AAAA"})], named("RS256"))
            .rejected("key `1`: key type must be RSA"),
    ]
}

/// Claims in the forms of providers.
fn claims(keys: &TestKeys) -> Vec<Case> {
    let org = |value: Value| json!({"org_id": value});
    let nested = json!({"https://x/": {"org": "providers"}, "realm_access": {"roles": ["viewer"]}});
    let pointer = json!({"org_claim": "/https:~1~1x~1/org", "roles_claim": "realm_access.roles"});
    let two_members = org(json!({"providers": {}, "other": {}}));
    let duplicate = keys.claims(&org(json!("@"))).to_string().replace("\"@\"", r#"{"providers":{},"providers":{}}"#);
    vec![
        keys.with_claims("one role as text", &json!({"groups": "viewer"})).configured(json!({"roles_claim": "groups"})),
        keys.with_claims("null roles", &json!({"roles": null})).configured(json!({"roles_claim": "roles"})),
        keys.with_claims("roles in an object", &json!({"roles": {"0": "viewer"}}))
            .configured(json!({"roles_claim": "roles"}))
            .rejected("claim `roles` is neither a string nor an array of strings"),
        keys.with_claims("subject with spaces", &json!({"sub": "CN=Jane Doe,OU=Users,DC=example,DC=com"})),
        keys.with_claims("subject with a space at the end", &json!({"sub": "jane "})).rejected("a subject must have"),
        keys.with_claims("subject with a no-break space", &json!({"sub": "jane\u{a0}doe"})).rejected("a subject must"),
        keys.with_claims("organization in a list", &org(json!(["providers"]))),
        keys.with_claims("organization as the name of a member", &org(json!({"providers": {"id": "42c3e46f"}}))),
        keys.with_claims("two organizations", &two_members).rejected("and is an object with 2 members"),
        keys.with_claims("two organizations in a list", &org(json!(["providers", "x"]))).rejected("a list of 2 values"),
        Case { claims: duplicate, ..keys.case("duplicate organization") }.rejected("claim is missing, duplicated"),
        keys.with_claims("nested claims", &nested).configured(pointer.clone()),
        keys.with_claims("pointer through text", &json!({"https://x/": "providers"}))
            .configured(pointer)
            .rejected("is below a value that is not an object"),
        keys.with_claims("name with dots", &json!({"a.b": "providers", "a": {"b": "other"}}))
            .configured(json!({"org_claim": "a.b"})),
    ]
}

/// Starts the providers and a stack that trusts them. Returns the stack and the token of each case.
fn start(keys: &TestKeys, cases: &[Case], change: impl FnOnce(&mut StackOptions)) -> (TestStack, Vec<String>) {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let configured = cases.iter().enumerate().map(|(index, case)| {
        let mut provider = json!({
            "name": format!("p{index}"), "issuer": format!("{url}/{index}"), "audience": "latchkey",
            "organizations": ["providers"],
        });
        provider.as_object_mut().unwrap().extend(case.provider.as_object().unwrap().clone());
        provider
    });
    let configured = json!(configured.collect::<Vec<_>>()).to_string();
    let stack = TestStack::configured(|options| {
        options.parameters.insert("IdentityProviders".to_owned(), configured);
        change(options);
    });
    stack.put_role("providers:viewer", &json!([{"action": "token:create"}]));
    listener.set_nonblocking(true).unwrap();
    let providers = Providers { url: url.clone(), jwks: cases.iter().map(|case| case.jwks.clone()).collect() };
    let service = Router::new().fallback(serve).with_state(Arc::new(providers));
    stack.spawn(async move {
        axum::serve(tokio::net::TcpListener::from_std(listener).unwrap(), service).await.unwrap();
    });
    let tokens = cases.iter().enumerate();
    let tokens = tokens.map(|(index, case)| stack.remember_secret(keys.token(case, &format!("{url}/{index}"))));
    let tokens = tokens.collect();
    (stack, tokens)
}

/// Sends each token, and compares the status, the body of each 401 and its reason in the log.
fn check(keys: &TestKeys, cases: &[Case]) -> (TestStack, Vec<HttpResponse>) {
    let (stack, tokens) = start(keys, cases, |_| ());
    let responses: Vec<_> = tokens.iter().map(|token| stack.request("GET", "/v1/permissions/me", token)).collect();
    let mut bodies = Vec::new();
    for (case, response) in cases.iter().zip(&responses) {
        assert_eq!(response.status, case.status, "{}: {}", case.name, response.body);
        if case.status == 401 {
            let id = response.header("x-amzn-requestid");
            bodies.push(response.body.replace(id, ""));
            let line = eventually(|| {
                stack.log_lines().into_iter().find(|line| line["request_id"] == id && line["operation"] == "authorize")
            });
            let reason = line["reason"].as_str().unwrap();
            assert!(reason.contains(case.reason), "{}: {reason}", case.name);
        }
    }
    bodies.dedup();
    assert!(bodies.len() <= 1, "{bodies:?}");
    (stack, responses)
}

#[test]
fn provider_times_are_compared_as_numbers() {
    let keys = TestKeys::generate();
    check(&keys, &times(&keys));
}

/// A key that is not used is named in the log once it is fetched, and when a token is rejected because of it.
#[test]
fn provider_key_is_selected_by_kid_type_and_use() {
    let keys = TestKeys::generate();
    let (stack, _) = check(&keys, &key_selection(&keys));
    let messages: Vec<_> = stack.log_lines().into_iter().filter(|line| line["level"] == "WARN").collect();
    for expected in [
        "1: key `1`: `n` has a leading zero byte",
        "1: key `1`: `e` has padding",
        "1: key `1`: key type must be RSA, or EC with the curve P-256",
    ] {
        let is_logged = |line: &Value| line["message"].as_str().unwrap().ends_with(expected);
        assert_eq!(messages.iter().filter(|line| is_logged(line)).count(), 1, "{expected}: {messages:?}");
    }
}

#[test]
fn provider_claims_are_read_in_their_forms() {
    let keys = TestKeys::generate();
    let cases = claims(&keys);
    let (_, responses) = check(&keys, &cases);
    let roles = |name: &str| {
        let index = cases.iter().position(|case| case.name == name).unwrap();
        responses[index].json()["roles"].as_array().unwrap().iter().map(|role| role["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(roles("one role as text"), ["providers:viewer"]);
    assert_eq!(roles("nested claims"), ["providers:viewer"]);
    assert!(roles("null roles").is_empty());
}

/// The subject is part of ids that are stored, logged and filtered by.
#[test]
fn user_with_spaces_in_subject_creates_and_finds_tokens() {
    let stack = TestStack::new();
    let subject = "CN=Jane Doe,OU=Users,DC=example,DC=com";
    stack.assign_roles("spaces", subject, &["spaces:owner"]);
    let user = stack.user_token("spaces", subject);
    let (item, token) = stack.create_token(&user, &json!({}));
    assert!(item["created_by"].as_str().unwrap().ends_with(&format!("|{subject}")), "{item}");
    let creator: String = form_urlencoded::byte_serialize(item["created_by"].as_str().unwrap().as_bytes()).collect();
    let listed = eventually(|| {
        let listed = stack.request("GET", &format!("/v1/access-tokens?created_by={creator}"), &user);
        (listed.json() != json!([])).then_some(listed)
    });
    assert_eq!(listed.ids::<Vec<_>>(), [item["id"].as_str().unwrap()]);
    assert_eq!(stack.get_self(&token).status, 200);
}

/// Over a header and over a claim, an organization without a role there is not the user's. Both types of API reject a key
/// that may not verify.
#[test]
fn any_caller_rule_denies_user_without_role() {
    let keys = TestKeys::generate();
    let with_key_ops = |name, operations: Value| {
        let jwk = with_member(&with_member(&keys.rsa, "kid", &json!("k1")), "key_ops", &operations);
        let claims = keys.claims(&json!({"groups": "viewer"})).to_string();
        Case { jwks: vec![jwk], claims, ..keys.case(name) }.configured(json!({"roles_claim": "groups"}))
    };
    let cases = [
        keys.case("no role").configured(json!({"roles_claim": "groups"})),
        with_key_ops("a role", json!(["verify"])),
        with_key_ops("key_ops without verify", json!(["encrypt"])),
    ];
    let rules = json!({
        "GET /orders/{id}": {"any_caller": true}, "DELETE /orders/{id}": {"any_caller": true, "without_role": true},
    });
    let (stack, tokens) = start(&keys, &cases, |options| {
        let template = Sample::read(&build::workspace()).unwrap().template;
        options.sample = Some(Sample { template, rules: rules.to_string() });
    });
    for base in [&stack.sample().rest, &stack.sample().http] {
        for (case, method, expected) in [
            (0, "GET", Some(403)),
            (0, "DELETE", None),
            (1, "GET", None),
            (1, "DELETE", None),
            (2, "GET", Some(401)),
            (2, "DELETE", Some(401)),
        ] {
            let bearer = format!("Bearer {}", tokens[case]);
            let response = stack.send_to(base, method, "/orders/7", &[("Authorization", &bearer)], "");
            let rejection = Some(response.status).filter(|status| matches!(status, 401 | 403 | 500..));
            assert_eq!(rejection, expected, "{}: {method} {base}: {}", cases[case].name, response.body);
        }
    }
    let response = stack.request("GET", "/v1/permissions/me", &tokens[0]);
    assert_eq!((response.status, response.json()), (200, json!({"roles": []})));
}
