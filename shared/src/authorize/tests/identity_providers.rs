//! Users of identity providers: their tokens in the form that each provider documents, and the keys that verify them.

use std::{slice, sync::Arc};

use super::*;
use crate::{jwt::ProviderKeySet, memory::ProviderJwks, token::ProviderName};

/// A token of each provider with the configuration that accepts it.
const PROVIDER_TOKENS: [(&str, &str); 10] = [
    ("keycloak", include_str!("provider_tokens/keycloak.json")),
    ("entra_id", include_str!("provider_tokens/entra_id.json")),
    ("cognito_id", include_str!("provider_tokens/cognito_id.json")),
    ("cognito_access", include_str!("provider_tokens/cognito_access.json")),
    ("okta", include_str!("provider_tokens/okta.json")),
    ("auth0", include_str!("provider_tokens/auth0.json")),
    ("adfs", include_str!("provider_tokens/adfs.json")),
    ("google", include_str!("provider_tokens/google.json")),
    ("github_actions", include_str!("provider_tokens/github_actions.json")),
    ("aws_web_identity", include_str!("provider_tokens/aws_web_identity.json")),
];

/// The page for operators. Each of its JSON blocks is a complete configuration.
const DOCUMENTATION: &str = include_str!("../../../../docs/identity-providers.md");

type ProviderAuthorizer = Authorize<(Memory, Keys, ProviderJwks, At)>;

/// An authorizer with these keys of its identity provider, and this provider if it is given.
fn with_keys(ledger: &Memory, keys: ProviderJwks, provider: Option<&Value>) -> ProviderAuthorizer {
    let Authorizer { keys: own_keys, clock, mut policy, .. } = authorizer(ledger);
    if let Some(provider) = provider {
        policy.providers = vec![serde_json::from_value(provider.clone()).unwrap()].into();
    }
    Authorize::new(ledger.clone(), own_keys, keys, clock, policy)
}

/// The JWK of the RSA (0) or the P-256 (1) key with these changes; `null` removes a member.
fn jwk(key: usize, changes: &Value) -> Value {
    let mut jwk = json!(keys::both()[key].public().jwk());
    for (member, value) in changes.as_object().unwrap() {
        jwk[member] = value.clone();
    }
    jwk.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    jwk
}

/// The authorizer's decision for a token with this header and valid claims with these changes, signed by the RSA (0) or
/// the P-256 (1) key.
async fn decide_user(
    authorizer: &ProviderAuthorizer,
    key: usize,
    header: &Value,
    changes: &Value,
) -> Result<Caller, AuthorizeError> {
    let mut claims = json!({
        "iss": PROVIDER_ISSUER, "sub": "1001", "aud": "latchkey", "iat": NOW - 10, "exp": NOW + 10, "org_id": "123",
        "roles": ["admin"],
    });
    for (claim, value) in changes.as_object().unwrap() {
        claims[claim] = value.clone();
    }
    let token = keys::both()[key].token(&header.to_string(), &claims.to_string());
    authorizer.decide(&request(&token)).await.into_result().map(Option::unwrap)
}

#[tokio::test]
async fn documented_token_of_each_provider_is_accepted() {
    for (name, text) in PROVIDER_TOKENS {
        let fixture: Value = serde_json::from_str(text).unwrap();
        let expected = &fixture["expected"];
        let org: OrgId = expected["org"].as_str().unwrap().parse().unwrap();
        let mut ledger = ledger([]);
        for role in expected["roles"].as_array().unwrap() {
            ledger = ledger.role(role.as_str().unwrap(), &json!([{"action": "token:create"}]));
        }
        if let Some(assigned) = fixture.get("assigned") {
            let principal = expected["principal"].as_str().unwrap().to_owned();
            ledger.state().assignments.insert((org, principal), serde_json::from_value(assigned.clone()).unwrap());
        }
        let keys = ProviderJwks::of(&[jwk(0, &json!({"kid": fixture["header"]["kid"], "alg": null}))]);
        let authorizer = with_keys(&ledger, keys, Some(&fixture["provider"]));
        assert_eq!(authorizer.policy.providers.usable()[0].check(&[]), Ok(()), "{name}");
        let token = keys::both()[0].token(&fixture["header"].to_string(), &fixture["claims"].to_string());
        let caller = authorizer.decide(&request(&token)).await.into_result();
        let caller = caller.unwrap_or_else(|error| unreachable!("{name}: {error:?}")).unwrap();
        let found =
            json!({"principal": caller.principal().to_string(), "org": caller.org.as_str(), "roles": caller.roles});
        assert_eq!(found, *expected, "{name}");
    }
}

/// Except for `page`, which the authorizer does not use, the documentation contains the configurations that accept these
/// tokens, and no others.
#[test]
fn documented_configurations_are_those_of_the_tokens() {
    let configuration = |text: &str| serde_json::from_str::<Value>(text).unwrap()["provider"].clone();
    let tested: Vec<_> = PROVIDER_TOKENS.iter().map(|(_, text)| configuration(text)).collect();
    let blocks = DOCUMENTATION.split("\n```json\n").skip(1).map(|block| block.split("\n```").next().unwrap());
    let documented = blocks.flat_map(|block| serde_json::from_str::<Vec<Value>>(block).unwrap());
    let documented: Vec<_> = documented
        .map(|mut provider| {
            let parsed: IdentityProvider = serde_json::from_value(provider.clone()).unwrap();
            assert_eq!(parsed.check(&[]), Ok(()), "{provider}");
            provider.as_object_mut().unwrap().remove("page");
            provider
        })
        .collect();
    for provider in &documented {
        assert!(tested.contains(provider), "no token is tested with {provider}");
    }
    for provider in &tested {
        assert!(documented.contains(provider), "not documented: {provider}");
    }
}

#[tokio::test]
async fn organization_claim_is_read_in_three_forms() {
    let ledger = ledger([]);
    for (org, expected) in [
        (json!("123"), None),
        (json!(["123"]), None),
        (json!({"123": {"id": "42c3e46f"}}), None),
        (json!({"123": {}}), None),
        (json!(null), Some("null")),
        (json!(123), Some("a number")),
        (json!(true), Some("a boolean")),
        (json!([]), Some("a list of 0 values")),
        (json!(["123", "124"]), Some("a list of 2 values")),
        (json!([["123"]]), Some("a list of one value that is not a string")),
        (json!([123]), Some("a list of one value that is not a string")),
        (json!({"id": "123"}), Some("an object with one member that is not an object")),
        (json!({}), Some("an object with 0 members")),
        (json!({"123": {}, "124": {}}), Some("an object with 2 members")),
    ] {
        let authorizer = with_keys(&ledger, ProviderJwks::of(&[jwk(0, &json!({"kid": "k"}))]), None);
        let decision =
            decide_user(&authorizer, 0, &json!({"alg": "RS256", "kid": "k"}), &json!({"org_id": org.clone()})).await;
        match expected {
            None => assert_eq!(code(decision), "granted", "{org}"),
            Some(form) => {
                let rule =
                    "claim `org_id` must be a string, a list of one string or an object with one member, and is ";
                assert_eq!(cause(decision), format!("{rule}{form}"), "{org}");
            }
        }
    }
}

#[tokio::test]
async fn null_roles_are_no_roles() {
    let ledger = ledger([]);
    let key = ("123".parse().unwrap(), "local|1001".to_owned());
    ledger.state().assignments.insert(key, vec!["123:admin".parse().unwrap()]);
    let nested = json!({
        "name": "local", "issuer": PROVIDER_ISSUER, "audience": "latchkey", "organizations": "*",
        "roles_claim": "realm_access.roles", "assigned_without_claim": true,
    });
    for (provider, changes, expected) in [
        (None, json!({"roles": null}), "permission_denied"),
        (Some(&nested), json!({}), "granted"),
        (Some(&nested), json!({"realm_access": {}}), "granted"),
        (Some(&nested), json!({"realm_access": {"roles": null}}), "permission_denied"),
        (Some(&nested), json!({"realm_access": null}), "permission_denied"),
        (Some(&nested), json!({"realm_access": "roles"}), "unauthenticated"),
        (Some(&nested), json!({"realm_access": {"roles": ["viewer"]}}), "permission_denied"),
        (
            Some(&nested),
            json!({"realm_access.roles": ["viewer"], "realm_access": {"roles": ["admin"]}}),
            "permission_denied",
        ),
    ] {
        let authorizer = with_keys(&ledger, ProviderJwks::of(&[jwk(0, &json!({"kid": "k"}))]), provider);
        let decision = decide_user(&authorizer, 0, &json!({"alg": "RS256", "kid": "k"}), &changes).await;
        assert_eq!(code(decision), expected, "{changes}");
    }
}

#[tokio::test]
async fn duplicate_member_of_a_nested_claim_is_unauthenticated() {
    let ledger = ledger([]);
    let authorizer = with_keys(&ledger, ProviderJwks::of(&[jwk(0, &json!({"kid": "k"}))]), None);
    let claims = format!(
        r#"{{"iss":"{PROVIDER_ISSUER}","sub":"1","aud":"latchkey","exp":{},"org_id":{{"123":{{}},"123":{{}}}}}}"#,
        NOW + 10
    );
    let token = keys::both()[0].token(r#"{"alg":"RS256","kid":"k"}"#, &claims);
    let decision = authorizer.decide(&request(&token)).await.into_result().map(Option::unwrap);
    assert_eq!(cause(decision), "claim is missing, duplicated or of the wrong type");
}

#[tokio::test]
async fn newer_keys_are_used_if_the_cached_ones_do_not_verify() {
    let ledger = ledger([]);
    let set = |jwks: &[Value]| Arc::new(ProviderKeySet::new(jwks.to_vec()));
    let named = json!({"alg": "RS256", "kid": "k"});
    let unnamed = json!({"alg": "RS256"});
    let rsa = jwk(0, &json!({"kid": "k"}));
    let ec = jwk(1, &json!({"kid": "k"}));
    let dropped = jwk(0, &json!({"kid": "k", "use": "enc"}));
    // A key of the same size that verifies no token.
    let mut other = rsa.clone();
    let modulus = other["n"].as_str().unwrap();
    let replacement = if &modulus[9..10] == "A" { "B" } else { "A" };
    other["n"] = json!(format!("{}{replacement}{}", &modulus[..9], &modulus[10..]));
    for (header, cached, newer, expected) in [
        (&named, set(&[]), set(slice::from_ref(&rsa)), "granted"),
        (&named, set(slice::from_ref(&ec)), set(slice::from_ref(&rsa)), "granted"),
        (&named, set(slice::from_ref(&dropped)), set(slice::from_ref(&rsa)), "granted"),
        (&unnamed, set(&[rsa.clone(), rsa.clone()]), set(slice::from_ref(&rsa)), "granted"),
        (&unnamed, set(&[]), set(&[ec.clone(), rsa.clone()]), "granted"),
        (&named, set(slice::from_ref(&other)), set(slice::from_ref(&rsa)), "granted"),
        (&unnamed, set(slice::from_ref(&other)), set(slice::from_ref(&rsa)), "granted"),
        (&named, set(slice::from_ref(&other)), set(slice::from_ref(&other)), "signature is invalid"),
        (&named, set(&[]), set(slice::from_ref(&ec)), "alg does not match the key"),
        (
            &unnamed,
            set(&[]),
            set(&[rsa.clone(), rsa.clone()]),
            "header `kid` is missing, and 2 keys of the issuer fit the algorithm",
        ),
        (
            &named,
            set(&[]),
            set(slice::from_ref(&dropped)),
            "the key that the token names is not used: key `k`: `use` must be sig",
        ),
    ] {
        let authorizer = with_keys(&ledger, ProviderJwks { cached, newer }, None);
        let decision = decide_user(&authorizer, 0, header, &json!({})).await;
        let found = if decision.is_ok() { "granted".to_owned() } else { cause(decision) };
        assert_eq!(found, expected, "{header}");
    }
    let unsupported = with_keys(&ledger, ProviderJwks { cached: set(&[]), newer: set(slice::from_ref(&rsa)) }, None);
    let decision = decide_user(&unsupported, 0, &json!({"alg": "HS256", "kid": "k"}), &json!({})).await;
    assert_eq!(cause(decision), "alg is neither RS256 nor ES256");
}

/// A provider decides which organization its users' tokens name. Without a role there, that is not yet membership.
#[tokio::test]
async fn user_without_role_in_claimed_org_is_denied() {
    let ledger = ledger([]);
    let rules = json!({
        "GET /any": {"any_caller": true}, "GET /all": {"any_caller": true, "without_role": true},
        "GET /public": {"public": true},
    });
    let fixed = json!({
        "name": "local", "issuer": PROVIDER_ISSUER, "audience": "latchkey", "organizations": "*", "organization": "123",
        "roles_claim": "roles",
    });
    let header = json!({"alg": "RS256", "kid": "k"});
    for (provider, route, roles, org, expected) in [
        (None, "GET /any", json!([]), None, "permission_denied"),
        (None, "GET /any", json!(["unknown"]), None, "permission_denied"),
        (None, "GET /any", json!(["admin"]), None, "granted"),
        (None, "GET /any", json!([]), Some("123"), "permission_denied"),
        (None, "GET /all", json!([]), None, "granted"),
        (None, "GET /all", json!([]), Some("123"), "granted"),
        (None, "GET /all", json!([]), Some("124"), "permission_denied"),
        (Some(&fixed), "GET /any", json!([]), None, "granted"),
        (Some(&fixed), "GET /any", json!([]), Some("124"), "permission_denied"),
        (Some(&fixed), "GET /all", json!([]), None, "granted"),
    ] {
        let mut authorizer = with_keys(&ledger, ProviderJwks::of(&[jwk(0, &json!({"kid": "k"}))]), provider);
        authorizer.policy.rules = serde_json::from_value(rules.clone()).unwrap();
        let claims = json!({
            "iss": PROVIDER_ISSUER, "sub": "1001", "aud": "latchkey", "exp": NOW + 10, "org_id": "123", "roles": roles,
        });
        let token = keys::both()[0].token(&header.to_string(), &claims.to_string());
        let org_header = org.map_or(OrgHeader::Absent, |org| OrgHeader::Org(org.parse().unwrap()));
        let request = AuthorizationRequest { route: route.to_owned(), org: org_header, ..request(&token) };
        let decision = authorizer.decide(&request).await.into_result().map(Option::unwrap);
        assert_eq!(code(decision), expected, "{route} {roles} {org:?}");
    }
}

#[tokio::test]
async fn user_with_spaces_in_subject_has_assigned_roles() {
    let ledger = ledger([]);
    let subject = "CN=Jane Doe,OU=Users,DC=example,DC=com";
    let key = ("123".parse().unwrap(), format!("local|{subject}"));
    ledger.state().assignments.insert(key, vec!["123:admin".parse().unwrap()]);
    let caller = authorize(&ledger, &user_jwt(&json!({"sub": subject}))).await.unwrap();
    assert_eq!(caller.principal().to_string(), format!("local|{subject}"));
    let name: ProviderName = "local".parse().unwrap();
    assert_eq!(caller.principal(), Principal::User(crate::token::UserId::new(name, subject).unwrap()));
}
