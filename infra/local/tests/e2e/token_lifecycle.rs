//! The life of a token, with either kind of key and with a stage before every path.

use serde_json::json;

use crate::harness::{Shared, World};

/// Create, use, list, get, revoke, refused.
fn life(world: &World) {
    let owner = world.owner();
    let created = world.create(&owner, &json!({"name": "Token for my application"}));
    assert_eq!(created.status, 201, "{}", created.text);
    assert_eq!(created.header("cache-control"), "no-store");
    assert_eq!(created.header("content-type"), "application/json");
    let mut item = created.json();
    let token = item.as_object_mut().unwrap().remove("token").unwrap().as_str().unwrap().to_owned();
    let id = item["id"].as_str().unwrap().to_owned();
    assert_eq!((id.len(), &id[..4]), (25, "api_"));
    assert_eq!((&item["name"], &item["token_type"]), (&json!("Token for my application"), &json!("api")));
    assert_eq!((&item["assignments"], &item["created_by"]), (&json!(["123:owner"]), &json!("local|1001")));

    let path = format!("/v1/access-tokens/{id}");
    let got = world.call("GET", &path, &owner);
    assert_eq!((got.status, got.json()), (200, item.clone()));
    let listed = world.call("GET", "/v1/access-tokens", &token).json();
    let day = item["created_at"].as_str().unwrap()[..10].to_owned();
    item["last_used"] = json!(day);
    assert!(listed.as_array().unwrap().contains(&item), "{listed}");

    let revoked = world.call("DELETE", &path, &owner);
    assert_eq!(revoked.status, 200, "{}", revoked.text);
    assert_eq!(revoked.json()["revoked_by"], "local|1001");
    assert_eq!(world.call("DELETE", &path, &owner).json(), revoked.json(), "again: the same item");
    assert_eq!(world.call("GET", &path, &owner).json(), revoked.json());
    assert_eq!(
        world.call("GET", "/v1/access-tokens", &token).assert_problem(401, "unauthenticated"),
        "a valid bearer token is required"
    );
    let listed = world.call("GET", "/v1/access-tokens", &owner).json();
    assert!(!listed.as_array().unwrap().iter().any(|other| other["id"] == id.as_str()), "{listed}");
}

#[test]
fn token_lifecycle_works_from_create_to_revoke() {
    let shared = Shared::lend();
    life(&shared);
}

#[test]
fn token_lifecycle_works_with_p256_key() {
    let world = World::with(&[("KeySpec", "ECC_NIST_P256")]);
    life(&world);
    let keys = world.call("GET", "/v1/access-tokens/.well-known/jwks.json", "").json();
    assert_eq!((&keys["keys"][0]["kty"], &keys["keys"][0]["alg"]), (&json!("EC"), &json!("ES256")));
}

#[test]
fn token_lifecycle_works_behind_stage_prefix() {
    let world = World::configured(|options| options.stage_in_path = true);
    assert!(world.stack().local.url.ends_with("/live"));
    life(&world);
}

#[test]
fn assume_roles_is_an_alias_of_assignments() {
    let shared = Shared::lend();
    let (item, _) = shared.token(&shared.owner(), &json!({"assume_roles": ["123:owner"]}));
    assert_eq!(item["assignments"], json!(["123:owner"]));
}

#[test]
fn owner_can_assign_any_existing_role() {
    let shared = Shared::lend();
    let (item, viewer) = shared.token(&shared.owner(), &json!({"assignments": ["123:viewer"]}));
    assert_eq!(item["assignments"], json!(["123:viewer"]));
    shared.call("GET", "/v1/access-tokens", &viewer).assert_problem(403, "permission_denied");
    let absent = shared.create(&shared.owner(), &json!({"name": "n", "assignments": ["123:nowhere"]}));
    assert!(absent.assert_problem(403, "role_not_held").contains("`123:nowhere`"));
}

#[test]
fn token_type_has_own_prefix_default_expiry_and_filter() {
    let shared = Shared::lend();
    let owner = shared.person_as("lists", "1", &["owner"]);
    let ids: Vec<String> = ["api", "app", "assume"]
        .into_iter()
        .map(|name| {
            let (item, token) = shared.token(&owner, &json!({"token_type": name}));
            let id = item["id"].as_str().unwrap().to_owned();
            assert!(id.starts_with(&format!("{name}_")));
            assert_eq!(item.get("expires_at").is_some(), name != "api");
            assert_eq!(shared.call("GET", "/v1/access-tokens/self", &token).status, 200);
            id
        })
        .collect();
    let list = |query: &str| {
        let reply = shared.call("GET", &format!("/v1/access-tokens{query}"), &owner);
        assert_eq!(reply.status, 200, "{}", reply.text);
        let items = reply.json();
        items.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list(""), [ids[0].clone()]);
    assert_eq!(list("?token_type=app"), [ids[1].clone()]);
    for all in [
        "?token_type=api,app,assume",
        "?token_type=api&token_type=app&token_type=assume",
        "?token_type[]=api&token_type[]=app&token_type[]=assume",
    ] {
        let mut found = list(all);
        found.sort();
        assert_eq!(found, ids, "{all}");
    }
    for none in ["?token_type=journey", "?token_type=portal_preview", "?token_type=contact_identification,portal"] {
        assert!(list(none).is_empty(), "{none}");
    }
    shared.call("GET", "/v1/access-tokens?token_type=admin", &owner).assert_problem(400, "invalid_request");
    shared.call("GET", "/v1/access-tokens?token_type=", &owner).assert_problem(400, "invalid_request");
}

#[test]
fn child_token_dies_with_parent_and_cannot_create_tokens() {
    let shared = Shared::lend();
    let (parent, token) = shared.token(&shared.owner(), &json!({"expires_in": "1h"}));
    let (child, child_token) = shared.token(&token, &json!({}));
    assert_eq!((&child["parent"], &child["created_by"]), (&parent["id"], &parent["id"]));
    assert_eq!(child["expires_at"], parent["expires_at"]);
    assert_eq!(shared.call("GET", "/v1/access-tokens", &child_token).status, 200);
    shared.create(&child_token, &json!({"name": "n"})).assert_problem(403, "too_deep");
    let longer = shared.create(&token, &json!({"name": "n", "expires_in": "2h"}));
    let sentence = longer.assert_problem(403, "lifetime_exceeds_parent");
    assert!(sentence.contains(parent["expires_at"].as_str().unwrap()), "{sentence}");
    let revoked =
        shared.call("DELETE", &format!("/v1/access-tokens/{}", parent["id"].as_str().unwrap()), &shared.owner());
    assert_eq!(revoked.status, 200);
    shared.call("GET", "/v1/access-tokens", &child_token).assert_problem(401, "unauthenticated");
}

#[test]
fn child_of_anonymized_token_is_anonymized() {
    let shared = Shared::lend();
    let (parent, token) = shared.token(&shared.owner(), &json!({"anonymize": true}));
    let (child, _) = shared.token(&token, &json!({"anonymize": false}));
    assert_eq!((&parent["anonymize"], &child["anonymize"]), (&json!(true), &json!(true)));
}

#[test]
fn read_only_token_can_only_read_and_revoke_itself() {
    let shared = Shared::lend();
    let (item, token) = shared.token(&shared.owner(), &json!({"read_only": true}));
    let own = format!("/v1/access-tokens/{}", item["id"].as_str().unwrap());
    assert_eq!(shared.call("GET", &own, &token).status, 200);
    let (other, _) = shared.token(&shared.owner(), &json!({}));
    let other = format!("/v1/access-tokens/{}", other["id"].as_str().unwrap());
    for (method, path) in [("GET", "/v1/access-tokens"), ("GET", other.as_str()), ("DELETE", other.as_str())] {
        shared.call(method, path, &token).assert_problem(403, "read_only_token");
    }
    shared.create(&token, &json!({"name": "n"})).assert_problem(403, "read_only_token");
    assert_eq!(shared.call("DELETE", "/v1/access-tokens/self", &token).status, 200);
    shared.call("GET", "/v1/access-tokens/self", &token).assert_problem(401, "unauthenticated");
}

#[test]
fn created_token_verifies_offline_with_published_keys() {
    let shared = Shared::lend();
    let (item, token) = shared.token(&shared.owner(), &json!({}));
    let metadata = shared.call("GET", "/v1/access-tokens/.well-known/openid-configuration", "expired").json();
    assert_eq!(metadata["issuer"], shared.stack().local.issuer);
    let jwks_uri = metadata["jwks_uri"].as_str().unwrap();
    let path = jwks_uri.strip_prefix(&shared.stack().local.url).unwrap();
    let keys = shared.send("GET", path, &[("Accept", "application/large-response.vnd+json")], "");
    assert_eq!(keys.header("cache-control"), "public, max-age=300");
    assert_eq!(keys.header("content-type"), "application/json");
    let header = jsonwebtoken::decode_header(&token).unwrap();
    assert_eq!(header.typ.as_deref(), Some("at+jwt"));
    let keys: jsonwebtoken::jwk::JwkSet = serde_json::from_value(keys.json()).unwrap();
    let key = keys.find(header.kid.as_ref().unwrap()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(header.alg);
    validation.set_audience(&[&shared.stack().local.url]);
    validation.set_issuer(&[&shared.stack().local.issuer]);
    validation.set_required_spec_claims(&["iss", "aud", "sub"]);
    let key = jsonwebtoken::DecodingKey::from_jwk(key).unwrap();
    let claims = jsonwebtoken::decode::<serde_json::Value>(&token, &key, &validation).unwrap().claims;
    for claim in ["sub", "jti", "client_id", "token_id", "user_id"] {
        assert_eq!(claims[claim], item["id"], "{claim}");
    }
    assert_eq!((&claims["assume_roles"], &claims["org_id"]), (&json!(["123:owner"]), &json!("123")));
    assert!(claims.get("exp").is_none());
}

#[test]
fn public_token_has_own_keys_and_is_denied_on_own_routes() {
    let shared = Shared::lend();
    let owner = shared.person_as("public", "1", &["owner"]);
    for (member, prefix) in [("journey_id", "journey"), ("portal_id", "portal")] {
        let (item, token) = shared.token(&owner, &json!({member: "id-1", "expires_in": "7d"}));
        assert!(item["id"].as_str().unwrap().starts_with(prefix));
        assert_eq!(
            (&item["token_type"], &item[member], &item["assignments"]),
            (&json!(prefix), &json!("id-1"), &json!([]))
        );
        let claims = World::claims(&token);
        assert_eq!(claims["iss"], format!("{}/public", shared.stack().local.issuer));
        for (method, path) in
            [("GET", "/v1/access-tokens"), ("GET", "/v1/access-tokens/self"), ("GET", "/v1/permissions/me")]
        {
            shared.call(method, path, &token).assert_problem(403, "permission_denied");
        }
        let kid = jsonwebtoken::decode_header(&token).unwrap().kid.unwrap();
        let keys = |path: &str| shared.call("GET", &format!("/v1/access-tokens{path}/.well-known/jwks.json"), "").text;
        assert!(keys("/public").contains(&kid) && !keys("").contains(&kid));
    }
    let metadata = shared.call("GET", "/v1/access-tokens/public/.well-known/openid-configuration", "").json();
    assert_eq!(metadata["issuer"], format!("{}/public", shared.stack().local.issuer));
    let listed = shared.call("GET", "/v1/access-tokens", &owner).json();
    assert_eq!(listed.as_array().unwrap().len(), 2, "people manage them: {listed}");
}

#[test]
fn authenticated_caller_can_list_own_roles() {
    let shared = Shared::lend();
    let roles = |token: &str| shared.call("GET", "/v1/permissions/me", token).json();
    assert_eq!(
        roles(&shared.person("123", "1003")),
        json!({"roles": [{
            "id": "123:viewer", "name": "Viewer", "slug": "viewer", "type": "user_role", "organization_id": "123",
            "grants": [{"action": "*:view"}],
        }]})
    );
    assert_eq!(roles(&shared.person("123", "nobody")), json!({"roles": []}));
    let (_, token) = shared.token(&shared.owner(), &json!({"read_only": true}));
    assert_eq!(roles(&token)["roles"][0]["grants"], json!([{"action": "*"}]));
    shared.send("GET", "/v1/permissions/me", &[], "").assert_problem(401, "unauthenticated");
}

#[test]
fn max_lifetime_limits_every_token() {
    let world = World::with(&[("MaxLifetime", "90d")]);
    let sentence = world.create(&world.owner(), &json!({"name": "n"})).assert_problem(400, "invalid_request");
    assert!(sentence.contains("must not exceed 7776000 seconds"), "{sentence}");
    world.create(&world.owner(), &json!({"name": "n", "expires_in": "91d"})).assert_problem(400, "invalid_request");
    let (item, _) = world.token(&world.owner(), &json!({"expires_in": "90d"}));
    assert!(item["expires_at"].is_string());
}
