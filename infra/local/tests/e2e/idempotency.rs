//! Asking twice and getting one token.

use local::aws::{Service, faults::Fault};
use serde_json::json;

use crate::harness::{Reply, World};

/// The id of the token that was made, which works.
fn id(world: &World, reply: &Reply) -> String {
    assert_eq!(reply.status, 201, "{}", reply.text);
    let item = reply.json();
    let used = world.call("GET", "/v1/access-tokens/self", item["token"].as_str().unwrap());
    assert_eq!(used.status, 200, "{}", used.text);
    item["id"].as_str().unwrap().to_owned()
}

#[test]
fn same_key_and_body_return_same_active_token() {
    let world = World::new();
    let (owner, body) = (world.owner(), json!({"name": "n", "expires_in": "1h"}));
    let first = id(&world, &world.create_with_key(&owner, "key-1", &body));
    assert_eq!(id(&world, &world.create_with_key(&owner, "\"key-1\"", &body)), first);
    assert_ne!(id(&world, &world.create_with_key(&owner, "key-2", &body)), first);
    assert_ne!(
        id(&world, &world.create_with_key(&world.person("123", "1002"), "key-1", &body)),
        first,
        "another principal"
    );
    world.create_with_key(&owner, "key-1", &json!({"name": "other"})).assert_problem(422, "idempotency_mismatch");
    for bad in ["", "a b", &"k".repeat(256)] {
        world.create_with_key(&owner, bad, &body).assert_problem(400, "invalid_request");
    }
    let listed = world.call("GET", "/v1/access-tokens", &owner).json();
    assert_eq!(listed.as_array().unwrap().len(), 3);
    assert_eq!(world.call("DELETE", &format!("/v1/access-tokens/{first}"), &owner).status, 200);
    world.create_with_key(&owner, "key-1", &body).assert_problem(409, "idempotency_conflict");
}

#[test]
fn retry_after_lost_response_returns_active_token() {
    let world = World::new();
    let (owner, body) = (world.owner(), json!({"name": "n"}));
    let lost = Fault::ResponseLost;
    world.stack().aws.faults.inject(Service::DynamoDb, Some("PutItem"), lost, Some(3));
    world.create_with_key(&owner, "lost", &body).assert_problem(503, "unavailable");
    let again = world.create_with_key(&owner, "lost", &body);
    let made = id(&world, &again);
    let listed = world.call("GET", "/v1/access-tokens", &owner).json();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["id"]), (1, &json!(made)));
}

#[test]
fn replay_after_role_removal_is_forbidden() {
    let world = World::new();
    let (maker, body) = (world.person("123", "1002"), json!({"name": "n", "assignments": ["123:viewer"]}));
    let first = world.create_with_key(&maker, "k", &body);
    id(&world, &first);
    world.assign("123", "1002", &["123:token_admin"]);
    let refused = world.create_with_key(&maker, "k", &body);
    assert!(refused.assert_problem(403, "role_not_held").contains("123:viewer"));
    world.assign("123", "1002", &[]);
    world.create_with_key(&maker, "k", &body).assert_problem(403, "permission_denied");
}
