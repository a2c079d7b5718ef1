//! The claims of a token's JWT. *(the item is authoritative)* They are a pure function of the stored token.

use serde::{Deserialize, Serialize};

use super::{Token, UnixTime};
use crate::{json::present, permissions::TokenGrants};

/// The issuer and the audience of the tokens of a family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// The claim `iss`, a URL.
    pub issuer: String,
    /// The claim `aud`.
    pub audience: String,
}

/// The claims of a token of either family (RFC 9068, section 2.2, and Latchkey's own), in the order in which they are
/// written.
///
/// Each claim has one type. A claim of another type, including `null`, fails the parsing of all claims, so that it
/// never counts as absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    iss: String,
    sub: String,
    aud: String,
    jti: String,
    client_id: String,
    iat: UnixTime,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    exp: Option<UnixTime>,
    /// Never written. Latchkey did not issue a token that contains it, so the token is rejected at any time (RFC 7519,
    /// section 4.1.5).
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    nbf: Option<UnixTime>,
    token_use: TokenUse,
    token_id: String,
    /// Informative: the name at the time of the signature, since the name of a token can change.
    token_name: String,
    token_type: String,
    org_id: String,
    user_id: String,
    assume_roles: Vec<String>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    deny_roles: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    read_only: Option<True>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    anonymize: Option<True>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    grants: Option<TokenGrants>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    parent_grants: Option<TokenGrants>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    journey_id: Option<String>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    portal_id: Option<String>,
}

/// The claim `token_use`, which distinguishes an access token from an ID token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum TokenUse {
    Access,
}

/// A flag that is written only if it is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "bool", into = "bool")]
struct True;

impl TryFrom<bool> for True {
    type Error = &'static str;

    fn try_from(flag: bool) -> Result<Self, &'static str> {
        flag.then_some(Self).ok_or("a flag must be true or absent")
    }
}

impl From<True> for bool {
    fn from(True: True) -> Self {
        true
    }
}

impl Claims {
    /// The claims of `token`, issued by `issuer`.
    #[must_use]
    pub fn of(token: &Token, issuer: &Issuer) -> Self {
        let id = token.id.to_string();
        let token_type = &token.token_type;
        let access = token_type.access();
        Self {
            iss: issuer.issuer.clone(),
            sub: id.clone(),
            aud: issuer.audience.clone(),
            jti: id.clone(),
            client_id: id.clone(),
            iat: token.created_at,
            exp: token.expires_at,
            nbf: None,
            token_use: TokenUse::Access,
            token_id: id.clone(),
            token_name: token.name.to_string(),
            token_type: token.id.type_name().to_string(),
            org_id: token.org.to_string(),
            user_id: id,
            assume_roles: token_type.roles().iter().map(ToString::to_string).collect(),
            deny_roles: Some(token_type.inherited_denies().iter().map(ToString::to_string).collect())
                .filter(|roles: &Vec<_>| !roles.is_empty()),
            parent: token.parent.as_ref().map(ToString::to_string),
            read_only: access.filter(|access| access.read_only).map(|_| True),
            anonymize: access.filter(|access| access.anonymize).map(|_| True),
            grants: access.and_then(|access| access.grant_limits.grants.clone()),
            parent_grants: access.and_then(|access| access.grant_limits.parent_grants.clone()),
            journey_id: token_type.journey_id().map(ToOwned::to_owned),
            portal_id: token_type.portal_id().map(ToOwned::to_owned),
        }
    }

    /// *(the item is authoritative)* Whether these are the claims of `token`, under the issuer and audience that they name.
    /// Every claim but `token_name` must equal the value that is derived from the stored token. The name has no effect on a
    /// decision and changes without a new signature.
    #[must_use]
    pub fn are_of(&self, token: &Token) -> bool {
        let issuer = Issuer { issuer: self.iss.clone(), audience: self.aud.clone() };
        *self == Self { token_name: self.token_name.clone(), ..Self::of(token, &issuer) }
    }

    /// Whether `iss` and `aud` are those of `issuer`.
    #[must_use]
    pub fn are_under(&self, issuer: &Issuer) -> bool {
        self.iss == issuer.issuer && self.aud == issuer.audience
    }

    /// The claim `token_id`: the token to read from the ledger.
    #[must_use]
    pub fn token_id(&self) -> &str {
        &self.token_id
    }

    /// The claim `parent`: the parent token to read from the ledger.
    #[must_use]
    pub fn parent(&self) -> Option<&str> {
        self.parent.as_deref()
    }

    /// The claim `org_id`.
    #[must_use]
    pub fn org_id(&self) -> &str {
        &self.org_id
    }

    /// The claim `assume_roles`: the roles to read from the ledger.
    #[must_use]
    pub fn roles(&self) -> &[String] {
        &self.assume_roles
    }

    /// The claim `deny_roles`: roles of which only the denies apply, also to read from the ledger. Empty if it is absent.
    #[must_use]
    pub fn deny_roles(&self) -> &[String] {
        self.deny_roles.as_deref().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::token::samples;

    fn issuer() -> Issuer {
        Issuer { issuer: "https://api.example/v1/access-tokens".to_owned(), audience: "https://api.example".to_owned() }
    }

    fn json_of(token: &Token) -> Value {
        serde_json::to_value(Claims::of(token, &issuer())).unwrap()
    }

    #[test]
    fn claims_of_token_match_contract() {
        let id = "api_5ZugdRXasLfWBypHi93Fk";
        assert_eq!(
            json_of(&samples::plain()),
            json!({
                "iss": "https://api.example/v1/access-tokens", "aud": "https://api.example", "sub": id, "jti": id,
                "client_id": id, "token_id": id, "user_id": id, "iat": 1_566_656_122, "token_use": "access",
                "token_name": "Postman Access Token", "token_type": "api", "org_id": "123",
                "assume_roles": ["123:owner"],
            })
        );
        let child = json_of(&samples::child());
        assert_eq!(child["exp"], 1_566_660_000);
        assert_eq!((&child["read_only"], &child["anonymize"]), (&json!(true), &json!(true)));
        assert_eq!(child["parent"], id);
        assert_eq!(child.get("deny_roles"), None);
        let inheriting = json_of(&samples::with_inherited_denies());
        assert_eq!(inheriting["assume_roles"], json!(["123:viewer"]));
        assert_eq!(inheriting["deny_roles"], json!(["123:no_billing", "123:owner"]));
    }

    #[test]
    fn claims_with_other_deny_roles_are_not_of_token() {
        let token = samples::with_inherited_denies();
        for value in [json!([]), json!(["123:owner"]), json!(["123:owner", "123:no_billing"])] {
            let mut changed = json_of(&token);
            changed["deny_roles"] = value.clone();
            assert!(!serde_json::from_value::<Claims>(changed).unwrap().are_of(&token), "{value}");
        }
        let mut without = json_of(&token);
        without.as_object_mut().unwrap().remove("deny_roles");
        assert!(!serde_json::from_value::<Claims>(without).unwrap().are_of(&token));
        let mut empty = json_of(&samples::plain());
        empty["deny_roles"] = json!([]);
        assert!(!serde_json::from_value::<Claims>(empty).unwrap().are_of(&samples::plain()));
    }

    #[test]
    fn claims_with_other_grants_are_not_of_token() {
        let view = json!([{"action": "order:view"}]);
        let any = json!([{"action": "*", "effect": "allow"}]);
        let token = samples::with_grants(&view, Some(&any));
        let good = json_of(&token);
        assert_eq!((&good["grants"], &good["parent_grants"]), (&view, &any));
        assert!(serde_json::from_value::<Claims>(good.clone()).unwrap().are_of(&token));
        for claim in ["grants", "parent_grants"] {
            let mut without = good.clone();
            without.as_object_mut().unwrap().remove(claim);
            assert!(!serde_json::from_value::<Claims>(without).unwrap().are_of(&token), "without {claim}");
            for value in [json!([{"action": "*"}]), json!([{"action": "order:view"}, {"action": "order:edit"}])] {
                let mut changed = good.clone();
                changed[claim] = value.clone();
                assert!(!serde_json::from_value::<Claims>(changed).unwrap().are_of(&token), "{claim} {value}");
            }
            for value in [json!(null), json!([]), json!({}), json!([{"action": "*", "effect": "deny"}]), json!([1])] {
                let mut changed = good.clone();
                changed[claim] = value.clone();
                assert!(serde_json::from_value::<Claims>(changed).is_err(), "{claim} {value}");
            }
        }
        let mut swapped = good.clone();
        swapped["grants"] = any;
        swapped["parent_grants"] = view;
        assert!(!serde_json::from_value::<Claims>(swapped.clone()).unwrap().are_of(&token));
        let mut added = json_of(&samples::plain());
        added["grants"] = swapped["grants"].clone();
        assert!(!serde_json::from_value::<Claims>(added).unwrap().are_of(&samples::plain()));
    }

    #[test]
    fn claims_with_any_difference_are_not_of_token() {
        let token = samples::child();
        let good = json_of(&token);
        let claims: Claims = serde_json::from_value(good.clone()).unwrap();
        assert!(claims.are_of(&token));
        for (claim, value) in [
            ("sub", json!("app_CCCCCCCCCCCCCCCCCCCCC")),
            ("jti", json!("x")),
            ("client_id", json!("x")),
            ("token_id", json!("x")),
            ("user_id", json!("x")),
            ("token_type", json!("api")),
            ("org_id", json!("124")),
            ("assume_roles", json!(["123:a"])),
            ("assume_roles", json!(["123:b", "123:a"])),
            ("parent", json!("api_CCCCCCCCCCCCCCCCCCCCC")),
            ("iat", json!(1_566_656_121)),
            ("exp", json!(1_566_660_001)),
            ("nbf", json!(1_566_656_122)),
            ("nbf", json!(4_102_444_800_u64)),
        ] {
            let mut changed = good.clone();
            changed[claim] = value;
            let claims: Claims = serde_json::from_value(changed).unwrap();
            assert!(!claims.are_of(&token), "{claim}");
        }
        for claim in ["exp", "parent", "read_only", "anonymize"] {
            let mut changed = good.clone();
            changed.as_object_mut().unwrap().remove(claim);
            let claims: Claims = serde_json::from_value(changed).unwrap();
            assert!(!claims.are_of(&token), "without {claim}");
        }
    }

    #[test]
    fn claims_of_renamed_token_are_of_token() {
        let token = samples::child();
        let claims: Claims = serde_json::from_value(json_of(&token)).unwrap();
        let renamed = Token { name: "Another name".parse().unwrap(), ..token.clone() };
        assert!(claims.are_of(&renamed));
        assert!(!claims.are_of(&Token { created_at: samples::at(9), ..renamed }), "every other claim counts");
        let mut without = json_of(&token);
        without.as_object_mut().unwrap().remove("token_name");
        assert!(serde_json::from_value::<Claims>(without).is_err());
    }

    #[test]
    fn claim_of_wrong_type_fails_parsing() {
        for (claim, value) in [
            ("token_name", json!(null)),
            ("token_name", json!(["Postman Access Token"])),
            ("exp", json!(null)),
            ("exp", json!("1566660000")),
            ("exp", json!(1.5)),
            ("exp", json!(-1)),
            ("exp", json!(u64::MAX)),
            ("iat", json!("0")),
            ("nbf", json!(null)),
            ("nbf", json!("0")),
            ("aud", json!(["https://api.example"])),
            ("token_use", json!("id")),
            ("read_only", json!(false)),
            ("read_only", json!("true")),
            ("anonymize", json!(1)),
            ("parent", json!(null)),
            ("assume_roles", json!("123:a")),
            ("deny_roles", json!("123:a")),
            ("deny_roles", json!(null)),
            ("org_id", json!(123)),
        ] {
            let mut changed = json_of(&samples::child());
            changed[claim] = value.clone();
            assert!(serde_json::from_value::<Claims>(changed).is_err(), "{claim} {value}");
        }
    }
}
