//! The requests by which functions are made to call, and what must hold after each.

use serde_json::{Value, json};

use super::calls::{Call, Door};
use crate::harness::{Reply, World};

/// One request to the service, by somebody in an organization of their own, and who may look at the ledger afterwards.
pub struct Request {
    owner: String,
    credential: String,
    method: &'static str,
    path: String,
    key: String,
}

impl Request {
    /// The request that makes a function call as `call` says; `tag` is part of the organization's name.
    pub fn new(world: &World, call: &Call, tag: &str) -> Self {
        let org = format!("f-{tag}");
        let owner = world.person_as(&org, "1", &["owner"]);
        let token = || world.token(&owner, &json!({}));
        let list = "/v1/access-tokens".to_owned();
        let (method, path, credential) = match call.door {
            Door::Create => ("POST", list, owner.clone()),
            Door::CreateNaming => {
                world.role(&format!("{org}:named"), &json!([{"action": "order:view"}]));
                ("POST", list, owner.clone())
            }
            Door::List => ("GET", list, owner.clone()),
            Door::Get => ("GET", item(&token().0), owner.clone()),
            Door::Revoke => ("DELETE", item(&token().0), owner.clone()),
            Door::ByToken => ("GET", list, token().1),
            Door::ByPerson => {
                world.assign(&org, "2", &[&format!("{org}:owner")]);
                ("GET", list, world.person(&org, "2"))
            }
            Door::Roles => ("GET", "/v1/permissions/me".to_owned(), owner.clone()),
            Door::MayGive => ("GET", "/v1/permissions/me?may_give=true".to_owned(), owner.clone()),
            Door::KeySet => ("GET", "/v1/access-tokens/.well-known/jwks.json".to_owned(), String::new()),
        };
        Self { owner, credential, method, path, key: tag.to_owned() }
    }

    pub fn send(&self, world: &World, call: &Call) -> Reply {
        match call.door {
            Door::Create => world.create_with_key(&self.credential, &self.key, &json!({"name": "n"})),
            Door::CreateNaming => {
                let roles = json!([format!("f-{}:named", self.key)]);
                world.create_with_key(&self.credential, &self.key, &json!({"name": "n", "assignments": roles}))
            }
            _ => world.call(self.method, &self.path, &self.credential),
        }
    }

    /// The tokens of the organization that live, as its owner sees them.
    fn living(&self, world: &World) -> Vec<Value> {
        let reply = world.call("GET", "/v1/access-tokens", &self.owner);
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json().as_array().unwrap().clone()
    }

    /// With the fault gone: the ledger agrees with the answer, and asking again gives what was asked for, once.
    pub fn settle(&self, world: &World, call: &Call, answer: &Reply, what: &str) {
        let before = self.living(world);
        let again = self.send(world, call);
        match call.door {
            Door::Create | Door::CreateNaming => {
                assert!(before.len() <= 1, "{what}: one request made {before:?}");
                assert!(answer.status != 201 || before.len() == 1, "{what}: a token was given and is not recorded");
                assert!(call.operation == "PutItem" || answer.status == 201 || before.is_empty(), "{what}: {before:?}");
                assert_eq!(again.status, 201, "{what}: {}", again.text);
                let (made, living) = (again.json(), self.living(world));
                assert_eq!((living.len(), &living[0]["id"]), (1, &made["id"]), "{what}: one key, one token");
                let used = world.call("GET", "/v1/access-tokens/self", made["token"].as_str().unwrap());
                assert_eq!(used.status, 200, "{what}: {}", used.text);
            }
            Door::Revoke => {
                assert!(answer.status != 200 || before.is_empty(), "{what}: revoked, and still listed");
                assert_eq!(
                    (again.status, again.json()["revoked_by"].is_null()),
                    (200, false),
                    "{what}: {}",
                    again.text
                );
                assert!(self.living(world).is_empty(), "{what}");
            }
            _ => assert_eq!(again.status, 200, "{what}: {}", again.text),
        }
    }
}

fn item(item: &Value) -> String {
    format!("/v1/access-tokens/{}", item["id"].as_str().unwrap())
}
