//! Creates tokens that the service would not issue, signed with its real keys.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{
    harness::{TestStack, claims_of, header_of, token_id},
    kms_keys::KmsKey,
};

/// A token that the service has issued, and its parts.
pub struct ValidToken {
    pub id: String,
    pub jwt: String,
    pub header: Value,
    pub claims: Value,
}

/// Keys and valid tokens of an organization.
pub struct TokenForge<'s> {
    pub stack: &'s TestStack,
    pub org: &'static str,
    /// A user token of an owner.
    pub owner: String,
    /// The key of the access family.
    pub access_key: KmsKey,
    /// The key of the public family.
    pub public_key: KmsKey,
    /// A key of the same kind that is in no key set.
    pub unknown_key: KmsKey,
    /// A token with the role owner and without expiry.
    pub owner_token: ValidToken,
    /// A child of `owner_token` with every optional property: an expiry, two roles, both flags.
    pub child_token: ValidToken,
}

pub fn base64url(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

/// `object` with this member added or replaced.
pub fn with_member(object: &Value, member: &str, value: &Value) -> Value {
    let mut changed = object.clone();
    changed[member] = value.clone();
    changed
}

/// `object` without this member, which must exist.
pub fn without_member(object: &Value, member: &str) -> Value {
    let mut changed = object.clone();
    changed.as_object_mut().unwrap().remove(member).unwrap();
    changed
}

/// The JSON text of `object` with this text as the value of `member`, so that it can be a value that `Value` cannot represent.
pub fn with_member_text(object: &Value, member: &str, text: &str) -> String {
    with_member(object, member, &json!("@")).to_string().replace("\"@\"", text)
}

impl ValidToken {
    fn create(stack: &TestStack, credential: &str, members: &Value) -> Self {
        let (item, jwt) = stack.create_token(credential, members);
        Self { id: token_id(&item).to_owned(), header: header_of(&jwt), claims: claims_of(&jwt), jwt }
    }

    /// The encoded header, claims and signature.
    pub fn parts(&self) -> [&str; 3] {
        self.jwt.split('.').collect::<Vec<_>>().try_into().unwrap()
    }
}

impl<'s> TokenForge<'s> {
    pub fn new(stack: &'s TestStack, org: &'static str) -> Self {
        let owner = stack.user_token_with_roles(org, "1", &["owner"]);
        let roles = ["a", "b"].map(|slug| format!("{org}:{slug}"));
        for role in &roles {
            stack.put_role(role, &json!([{"action": "*:view"}]));
        }
        let owner_token = ValidToken::create(stack, &owner, &json!({}));
        let members = json!({"assignments": roles, "expires_in": 3600, "read_only": true, "anonymize": true});
        let child_token = ValidToken::create(stack, &owner_token.jwt, &members);
        let spec = if owner_token.header["alg"] == "ES256" { "ECC_NIST_P256" } else { "RSA_2048" };
        Self {
            stack,
            org,
            owner,
            access_key: KmsKey::of_template(stack, "AccessKey"),
            public_key: KmsKey::of_template(stack, "PublicKey"),
            unknown_key: KmsKey::create(stack, spec),
            owner_token,
            child_token,
        }
    }

    /// Creates another valid token.
    pub fn create_token(&self, credential: &str, members: &Value) -> ValidToken {
        ValidToken::create(self.stack, credential, members)
    }

    /// Signs a token of exactly these two texts with the key of the access family.
    pub fn sign(&self, header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
        self.sign_with(&self.access_key, header, claims)
    }

    /// Signs a token of exactly these two texts with `key`.
    pub fn sign_with(&self, key: &KmsKey, header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
        self.sign_input(key, &format!("{}.{}", base64url(header), base64url(claims)))
    }

    /// `input` with the signature of `key` appended.
    pub fn sign_input(&self, key: &KmsKey, input: &str) -> String {
        key.sign_input(self.stack, input)
    }

    /// The owner token with another header, signed again.
    pub fn with_header(&self, header: &Value) -> String {
        self.sign(header.to_string(), self.owner_token.claims.to_string())
    }

    /// The owner token with a member of its header added or replaced, signed again.
    pub fn with_header_member(&self, member: &str, value: &Value) -> String {
        self.with_header(&with_member(&self.owner_token.header, member, value))
    }

    /// The owner token with other claims, signed again.
    pub fn with_claims(&self, claims: &Value) -> String {
        self.sign(self.owner_token.header.to_string(), claims.to_string())
    }
}
