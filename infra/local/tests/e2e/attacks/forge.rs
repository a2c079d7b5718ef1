//! Tokens that the service would never make, under its real keys.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{harness::World, kms_keys::Key};

/// A good token, and what it takes to make others of it.
pub struct Base {
    pub id: String,
    pub token: String,
    pub header: Value,
    pub claims: Value,
}

/// An organization with tokens, and the keys of the stack that it is on.
pub struct Forge<'w> {
    pub world: &'w World,
    pub org: &'static str,
    /// An owner, a person.
    pub owner: String,
    /// The access family's key, the public family's, and one that is nobody's, of one kind.
    pub key: Key,
    pub public: Key,
    pub stranger: Key,
    /// An owner's token without expiry.
    pub plain: Base,
    /// Its child with all that a token can have: an expiry, two roles, both flags.
    pub rich: Base,
}

/// A part of a token.
pub fn encode(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

/// `object` with this member, in place of one that is there.
pub fn with(object: &Value, member: &str, value: &Value) -> Value {
    let mut changed = object.clone();
    changed[member] = value.clone();
    changed
}

/// `object` without this member, which must be there.
pub fn without(object: &Value, member: &str) -> Value {
    let mut changed = object.clone();
    changed.as_object_mut().unwrap().remove(member).unwrap();
    changed
}

impl Base {
    fn new(world: &World, credential: &str, members: &Value) -> Self {
        let (item, token) = world.token(credential, members);
        let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
        let (id, claims) = (item["id"].as_str().unwrap().to_owned(), World::claims(&token));
        Self { id, header: serde_json::from_slice(&header).unwrap(), claims, token }
    }

    /// The token's three parts as they are.
    pub fn parts(&self) -> [&str; 3] {
        self.token.split('.').collect::<Vec<_>>().try_into().unwrap()
    }
}

impl<'w> Forge<'w> {
    pub fn new(world: &'w World, org: &'static str) -> Self {
        let owner = world.person_as(org, "1", &["owner"]);
        let roles = ["a", "b"].map(|slug| format!("{org}:{slug}"));
        for role in &roles {
            world.role(role, &json!([{"action": "*:view"}]));
        }
        let plain = Base::new(world, &owner, &json!({}));
        let everything = json!({"assignments": roles, "expires_in": 3600, "read_only": true, "anonymize": true});
        let rich = Base::new(world, &plain.token, &everything);
        let [key, public] = ["AccessKey", "PublicKey"].map(|id| family_key(world, id));
        let spec = if plain.header["alg"] == "ES256" { "ECC_NIST_P256" } else { "RSA_2048" };
        Self { stranger: Key::make(world, spec), world, org, owner, key, public, plain, rich }
    }

    /// A further token, a living one.
    pub fn token(&self, credential: &str, members: &Value) -> Base {
        Base::new(self.world, credential, members)
    }

    /// The token of exactly these two texts that the access family's key signs.
    pub fn signed(&self, header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
        self.signed_by(&self.key, header, claims)
    }

    /// The token of exactly these two texts that `key` signs.
    pub fn signed_by(&self, key: &Key, header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
        self.sealed(key, &format!("{}.{}", encode(header), encode(claims)))
    }

    /// `input` and `key`'s signature over it, whatever it is.
    pub fn sealed(&self, key: &Key, input: &str) -> String {
        format!("{input}.{}", encode(key.signature(self.world, input.as_bytes())))
    }

    /// The plain token under another header, signed anew.
    pub fn under(&self, header: &Value) -> String {
        self.signed(header.to_string(), self.plain.claims.to_string())
    }

    /// The plain token with another member in its header, signed anew.
    pub fn with_header(&self, member: &str, value: &Value) -> String {
        self.under(&with(&self.plain.header, member, value))
    }

    /// A token with other claims, signed anew.
    pub fn saying(&self, claims: &Value) -> String {
        self.signed(self.plain.header.to_string(), claims.to_string())
    }
}

/// The key of one family.
fn family_key(world: &World, logical_id: &str) -> Key {
    let keys = &world.stack().template.keys;
    Key::read(world, &keys.iter().find(|key| key.logical_id == logical_id).unwrap().arn)
}
