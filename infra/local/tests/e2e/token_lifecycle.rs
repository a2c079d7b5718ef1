//! The lifecycle of tokens of each type: create, use, list, get, revoke.

use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde_json::{Value, json};

use crate::harness::{SharedStack, TestStack, claims_of, token_id, token_path};

fn check_lifecycle(stack: &TestStack) {
    let owner = stack.owner_token();
    let created = stack.create(&owner, &json!({"name": "Token for my application"}));
    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(created.header("cache-control"), "no-store");
    assert_eq!(created.header("content-type"), "application/json");
    let token = created.token();
    let mut item = created.json();
    item.as_object_mut().unwrap().remove("token");
    let id = token_id(&item).to_owned();
    assert_eq!((id.len(), &id[..4]), (25, "api_"));
    assert_eq!(item["name"], "Token for my application");
    assert_eq!(item["token_type"], "api");
    assert_eq!(item["assignments"], json!(["123:owner"]));
    assert_eq!(item["created_by"], "local|1001");

    let path = token_path(&item);
    let read = stack.request("GET", &path, &owner);
    assert_eq!((read.status, read.json()), (200, item.clone()));
    let listed = stack.list(&token).json();
    item["last_used"] = json!(item["created_at"].as_str().unwrap()[..10]);
    assert!(listed.as_array().unwrap().contains(&item), "{listed}");

    let revoked = stack.revoke(&owner, &id);
    assert_eq!(revoked.json()["revoked_by"], "local|1001");
    assert_eq!(stack.revoke(&owner, &id).json(), revoked.json(), "a repeated revocation returns the same item");
    assert_eq!(stack.request("GET", &path, &owner).json(), revoked.json());
    let detail = stack.list(&token).assert_problem(401, "unauthenticated");
    assert_eq!(detail, "a valid bearer token is required");
    assert!(!stack.list(&owner).ids::<Vec<_>>().contains(&id));
}

#[test]
fn token_lifecycle_works_from_create_to_revoke() {
    check_lifecycle(&SharedStack::get());
}

#[test]
fn token_lifecycle_works_with_p256_key() {
    let stack = TestStack::with_parameters(&[("KeySpec", "ECC_NIST_P256")]);
    check_lifecycle(&stack);
    let jwks = stack.request("GET", "/v1/access-tokens/.well-known/jwks.json", "").json();
    assert_eq!((&jwks["keys"][0]["kty"], &jwks["keys"][0]["alg"]), (&json!("EC"), &json!("ES256")));
}

#[test]
fn token_lifecycle_works_behind_stage_prefix() {
    let stack = TestStack::configured(|options| options.stage_in_path = true);
    assert!(stack.addresses().url.ends_with("/live"));
    check_lifecycle(&stack);
}

#[test]
fn assume_roles_is_an_alias_of_assignments() {
    let stack = SharedStack::get();
    let (item, _) = stack.create_token(&stack.owner_token(), &json!({"assume_roles": ["123:owner"]}));
    assert_eq!(item["assignments"], json!(["123:owner"]));
}

#[test]
fn owner_can_assign_any_existing_role() {
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    let (item, viewer) = stack.create_token(&owner, &json!({"assignments": ["123:viewer"]}));
    assert_eq!(item["assignments"], json!(["123:viewer"]));
    stack.create(&viewer, &json!({"name": "n"})).assert_problem(403, "permission_denied");
    let absent = stack.create(&owner, &json!({"name": "n", "assignments": ["123:nowhere"]}));
    assert!(absent.assert_problem(403, "role_not_held").contains("`123:nowhere`"));
}

#[test]
fn token_type_has_own_prefix_default_expiry_and_filter() {
    let stack = SharedStack::get();
    let owner = stack.user_token_with_roles("lists", "1", &["owner"]);
    let ids = ["api", "app", "assume"].map(|name| {
        let (item, token) = stack.create_token(&owner, &json!({"token_type": name}));
        assert!(token_id(&item).starts_with(&format!("{name}_")));
        assert_eq!(item.get("expires_at").is_some(), name != "api");
        assert_eq!(stack.get_self(&token).status, 200);
        token_id(&item).to_owned()
    });
    let list = |query: &str| stack.request("GET", &format!("/v1/access-tokens{query}"), &owner);
    assert_eq!(list("").ids::<Vec<_>>(), ids[..1]);
    assert_eq!(list("?token_type=app").ids::<Vec<_>>(), ids[1..2]);
    for all in [
        "?token_type=api,app,assume",
        "?token_type=api&token_type=app&token_type=assume",
        "?token_type[]=api&token_type[]=app&token_type[]=assume",
    ] {
        let mut listed: Vec<_> = list(all).ids();
        listed.sort();
        assert_eq!(listed, ids, "{all}");
    }
    for none in ["?token_type=journey", "?token_type=portal_preview", "?token_type=contact_identification,portal"] {
        assert!(list(none).ids::<Vec<_>>().is_empty(), "{none}");
    }
    for invalid in ["?token_type=admin", "?token_type="] {
        list(invalid).assert_problem(400, "invalid_request");
    }
}

/// *(ends with its parent)*
#[test]
fn child_token_ends_with_parent_and_cannot_create_tokens() {
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    let (parent, token) = stack.create_token(&owner, &json!({"expires_in": "1h"}));
    let (child, child_token) = stack.create_token(&token, &json!({}));
    assert_eq!((&child["parent"], &child["created_by"]), (&parent["id"], &parent["id"]));
    assert_eq!(child["expires_at"], parent["expires_at"]);
    assert_eq!(stack.list(&child_token).status, 200);
    stack.create(&child_token, &json!({"name": "n"})).assert_problem(403, "too_deep");
    let longer = stack.create(&token, &json!({"name": "n", "expires_in": "2h"}));
    let detail = longer.assert_problem(403, "lifetime_exceeds_parent");
    assert!(detail.contains(parent["expires_at"].as_str().unwrap()), "{detail}");
    stack.revoke(&owner, token_id(&parent));
    stack.list(&child_token).assert_problem(401, "unauthenticated");
}

#[test]
fn child_of_anonymized_token_is_anonymized() {
    let stack = SharedStack::get();
    let (parent, token) = stack.create_token(&stack.owner_token(), &json!({"anonymize": true}));
    let (child, _) = stack.create_token(&token, &json!({"anonymize": false}));
    assert_eq!((&parent["anonymize"], &child["anonymize"]), (&json!(true), &json!(true)));
}

#[test]
fn read_only_token_reads_and_revokes_itself() {
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    let (item, token) = stack.create_token(&owner, &json!({"read_only": true}));
    assert_eq!(stack.request("GET", &token_path(&item), &token).status, 200);
    let other_path = token_path(&stack.create_token(&owner, &json!({})).0);
    stack.request("DELETE", &other_path, &token).assert_problem(403, "read_only_token");
    stack.create(&token, &json!({"name": "n"})).assert_problem(403, "read_only_token");
    stack.revoke(&token, "self");
    stack.get_self(&token).assert_problem(401, "unauthenticated");
}

/// The discovery document names the JWK set.
#[test]
fn created_token_verifies_offline_with_published_keys() {
    let stack = SharedStack::get();
    let (item, token) = stack.create_token(&stack.owner_token(), &json!({}));
    let metadata = stack.request("GET", "/v1/access-tokens/.well-known/openid-configuration", "expired").json();
    assert_eq!(metadata["issuer"], stack.addresses().issuer);
    let jwks_uri = metadata["jwks_uri"].as_str().unwrap();
    let path = jwks_uri.strip_prefix(&stack.addresses().url).unwrap();
    let jwks = stack.send("GET", path, &[("Accept", "application/large-response.vnd+json")], "");
    assert_eq!(jwks.header("cache-control"), "public, max-age=300");
    assert_eq!(jwks.header("content-type"), "application/json");
    let header = decode_header(&token).unwrap();
    assert_eq!(header.typ.as_deref(), Some("at+jwt"));
    let jwks: JwkSet = serde_json::from_value(jwks.json()).unwrap();
    let key = DecodingKey::from_jwk(jwks.find(header.kid.as_ref().unwrap()).unwrap()).unwrap();
    let mut validation = Validation::new(header.alg);
    validation.set_audience(&[&stack.addresses().url]);
    validation.set_issuer(&[&stack.addresses().issuer]);
    validation.set_required_spec_claims(&["iss", "aud", "sub"]);
    let claims = decode::<Value>(&token, &key, &validation).unwrap().claims;
    for claim in ["sub", "jti", "client_id", "token_id", "user_id"] {
        assert_eq!(claims[claim], item["id"], "{claim}");
    }
    assert_eq!((&claims["assume_roles"], &claims["org_id"]), (&json!(["123:owner"]), &json!("123")));
    assert!(claims.get("exp").is_none());
}

/// Users manage public tokens like the others.
#[test]
fn public_token_has_own_keys_and_is_denied_on_own_routes() {
    let stack = SharedStack::get();
    let owner = stack.user_token_with_roles("public", "1", &["owner"]);
    let public_issuer = format!("{}/public", stack.addresses().issuer);
    for (member, token_type) in [("journey_id", "journey"), ("portal_id", "portal")] {
        let (item, token) = stack.create_token(&owner, &json!({member: "id-1", "expires_in": "7d"}));
        assert!(token_id(&item).starts_with(token_type));
        assert_eq!(item["token_type"], token_type);
        assert_eq!(item[member], "id-1");
        assert_eq!(item["assignments"], json!([]));
        assert_eq!(claims_of(&token)["iss"], public_issuer);
        for path in ["/v1/access-tokens", "/v1/access-tokens/self", "/v1/permissions/me"] {
            stack.request("GET", path, &token).assert_problem(403, "permission_denied");
        }
        let kid = decode_header(&token).unwrap().kid.unwrap();
        let jwks =
            |path: &str| stack.request("GET", &format!("/v1/access-tokens{path}/.well-known/jwks.json"), "").body;
        assert!(jwks("/public").contains(&kid) && !jwks("").contains(&kid));
    }
    let metadata = stack.request("GET", "/v1/access-tokens/public/.well-known/openid-configuration", "").json();
    assert_eq!(metadata["issuer"], public_issuer);
    assert_eq!(stack.list(&owner).ids::<Vec<_>>().len(), 2);
}

#[test]
fn authenticated_caller_can_list_own_roles() {
    let stack = SharedStack::get();
    let roles = |token: &str| stack.request("GET", "/v1/permissions/me", token).json();
    assert_eq!(
        roles(&stack.user_token("123", "1003")),
        json!({"roles": [{
            "id": "123:viewer", "name": "Viewer", "slug": "viewer", "type": "user_role", "organization_id": "123",
            "grants": [{"action": "*:view"}],
        }]})
    );
    assert_eq!(roles(&stack.user_token("123", "unassigned")), json!({"roles": []}));
    let (_, token) = stack.create_token(&stack.owner_token(), &json!({"read_only": true}));
    assert_eq!(roles(&token)["roles"][0]["grants"], json!([{"action": "*"}]));
    stack.send("GET", "/v1/permissions/me", &[], "").assert_problem(401, "unauthenticated");
}

#[test]
fn max_lifetime_limits_every_token() {
    let stack = TestStack::with_parameters(&[("MaxLifetime", "90d")]);
    let owner = stack.owner_token();
    let detail = stack.create(&owner, &json!({"name": "n"})).assert_problem(400, "invalid_request");
    assert!(detail.contains("must not exceed 7776000 seconds"), "{detail}");
    stack.create(&owner, &json!({"name": "n", "expires_in": "91d"})).assert_problem(400, "invalid_request");
    let (item, _) = stack.create_token(&owner, &json!({"expires_in": "90d"}));
    assert!(item["expires_at"].is_string());
}
