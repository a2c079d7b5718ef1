//! The item of a token.

use serde::{Deserialize, Serialize};

use crate::{
    json::present,
    pagination::PageKey,
    permissions::{GrantLimits, OrgId, RoleId, TokenGrants},
    ports::ItemError,
    token::{
        Access, AllowedNetworks, Date, Fingerprint, Origin, Overlap, Revocation, Succession, Token, TokenClass,
        TokenId, TokenKey, TokenType, TypeName, UnixTime,
    },
};

/// The schema version of an item without an attribute of a later version. The version of an item is the lowest one that
/// has all of its attributes, so that older code rejects an item only if it would not apply a restriction of the token.
const PLAIN_SCHEMA_VERSION: u32 = 1;
/// The schema version of an item with the attribute `inherited_denies`.
const INHERITED_DENIES_SCHEMA_VERSION: u32 = 2;
/// The schema version of an item with an attribute that restricts the use of the token: `allowed_cidrs`, `grants`.
const RESTRICTED_SCHEMA_VERSION: u32 = 3;
/// The schema version of an item of a rotated token or of a successor: older code would know neither the end of the one
/// nor the first use of the other.
pub const ROTATION_SCHEMA_VERSION: u32 = 4;
/// The newest schema version of a token's item that this code reads. Newer items are rejected.
const MAX_SCHEMA_VERSION: u32 = ROTATION_SCHEMA_VERSION;

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;
/// Time for which the item of a revoked token is retained, in seconds: 30 days, in which it records who revoked the
/// token. Its deletion grants nothing, because a token without an item is rejected.
pub const REVOKED_RETENTION_SECONDS: u64 = 30 * SECONDS_PER_DAY;
/// Time for which the item of an expired token is retained, in seconds. It is short, because the item stays in the
/// index, where it adds to the cost of a list.
pub const EXPIRED_RETENTION_SECONDS: u64 = SECONDS_PER_DAY;

/// The item as it is stored: one attribute per field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenItem {
    pk: String,
    sk: String,
    v: u32,
    id: String,
    org: OrgId,
    name: String,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    roles: Vec<RoleId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    inherited_denies: Vec<RoleId>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    read_only: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    anonymize: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    renewable: bool,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    journey_id: Option<String>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    portal_id: Option<String>,
    created_at: UnixTime,
    created_by: String,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    expires_at: Option<UnixTime>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    allowed_cidrs: Option<AllowedNetworks>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    grants: Option<TokenGrants>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    parent_grants: Option<TokenGrants>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    rotated_from: Option<String>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    rotated_by: Option<String>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    chain_created_at: Option<UnixTime>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    first_used_at: Option<UnixTime>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    successor: Option<String>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    rotated_at: Option<UnixTime>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    ends_at: Option<UnixTime>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    revoked_at: Option<UnixTime>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    revoked_by: Option<String>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    last_used: Option<Date>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    fingerprint: Option<Fingerprint>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    by_org: Option<String>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    by_org_at: Option<String>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    ttl: Option<UnixTime>,
}

impl TokenItem {
    /// The sort key of every token's item.
    pub const SORT: &'static str = "TOKEN";

    /// The partition key of a token. Token keys are random, so the tokens of a large organization spread over all
    /// partitions.
    #[must_use]
    pub fn partition(key: &TokenKey) -> String {
        format!("TOKEN#{key}")
    }

    /// The partition key of the tokens of `org` and `class` in the index `by_org`.
    #[must_use]
    pub fn list_of(org: &OrgId, class: TokenClass) -> String {
        let class = match class {
            TokenClass::Listed => "listed",
            TokenClass::System => "system",
        };
        format!("{org}#{class}")
    }

    /// The item of `token`. The item of a revoked token has no index key.
    #[must_use]
    pub fn of(token: &Token) -> Self {
        let is_listed = token.revocation.is_none();
        let ttl = match &token.revocation {
            Some(revocation) => Some(revocation.at.plus(REVOKED_RETENTION_SECONDS)),
            // The token that a successor replaces is rejected without the successor's item.
            None if token.origin.is_some() => token
                .expires_at
                .map(|end| end.max(token.created_at.plus(Overlap::MAX_SECONDS)).plus(EXPIRED_RETENTION_SECONDS)),
            None => token.expires_at.map(|end| end.plus(EXPIRED_RETENTION_SECONDS)),
        };
        let inherited_denies = token.token_type.inherited_denies().to_vec();
        Self {
            pk: Self::partition(token.id.key()),
            sk: Self::SORT.to_owned(),
            v: schema_version(token),
            id: token.id.to_string(),
            org: token.org.clone(),
            name: token.name.to_string(),
            description: token.description.as_ref().map(ToString::to_string),
            roles: token.token_type.roles().to_vec(),
            inherited_denies,
            read_only: token.token_type.access().is_some_and(|access| access.read_only),
            anonymize: token.token_type.access().is_some_and(|access| access.anonymize),
            renewable: token.token_type.access().is_some_and(|access| access.renewable),
            journey_id: token.token_type.journey_id().map(ToOwned::to_owned),
            portal_id: token.token_type.portal_id().map(ToOwned::to_owned),
            created_at: token.created_at,
            created_by: token.created_by.to_string(),
            owner: token.owner.as_ref().map(ToString::to_string),
            parent: token.parent.as_ref().map(ToString::to_string),
            expires_at: token.expires_at,
            allowed_cidrs: token.allowed_networks.clone(),
            grants: token.token_type.access().and_then(|access| access.grant_limits.grants.clone()),
            parent_grants: token.token_type.access().and_then(|access| access.grant_limits.parent_grants.clone()),
            rotated_from: token.origin.as_ref().map(|origin| origin.rotated_from.to_string()),
            rotated_by: token.origin.as_ref().map(|origin| origin.rotated_by.to_string()),
            chain_created_at: token.origin.as_ref().map(|origin| origin.chain_created_at),
            first_used_at: token.origin.as_ref().and_then(|origin| origin.first_used_at),
            successor: token.succession.as_ref().map(|succession| succession.successor.to_string()),
            rotated_at: token.succession.as_ref().map(|succession| succession.rotated_at),
            ends_at: token.succession.as_ref().map(|succession| succession.ends_at),
            revoked_at: token.revocation.as_ref().map(|revocation| revocation.at),
            revoked_by: token.revocation.as_ref().map(|revocation| revocation.by.to_string()),
            last_used: token.last_used,
            by_org: is_listed.then(|| Self::list_of(&token.org, token.id.type_name().class())),
            by_org_at: is_listed.then(|| PageKey::of(token).as_str().to_owned()),
            fingerprint: token.fingerprint.clone(),
            ttl,
        }
    }

    /// The token of the item.
    ///
    /// # Errors
    ///
    /// Returns [`ItemError`] if the item has a newer schema version or an invalid attribute.
    pub fn token(self) -> Result<Token, ItemError> {
        if self.v > MAX_SCHEMA_VERSION {
            return Err(ItemError::Newer(self.v));
        }
        let id: TokenId = read(&self.id, "id")?;
        if self.pk != Self::partition(id.key()) {
            return Err(ItemError::Attribute("pk"));
        }
        self.check_access()?;
        let origin = self.origin()?;
        let succession = self.succession()?;
        if self.v == ROTATION_SCHEMA_VERSION && origin.is_none() && succession.is_none() {
            return Err(ItemError::Attribute("successor"));
        }
        Ok(Token {
            origin,
            succession,
            token_type: self.token_type(id.type_name())?,
            id,
            org: self.org,
            name: read(&self.name, "name")?,
            description: self.description.map(|text| read(&text, "description")).transpose()?,
            created_at: self.created_at,
            created_by: read(&self.created_by, "created_by")?,
            owner: self.owner.map(|owner| read(&owner, "owner")).transpose()?,
            parent: self.parent.map(|parent| read(&parent, "parent")).transpose()?,
            expires_at: self.expires_at,
            allowed_networks: self.allowed_cidrs,
            revocation: revocation(self.revoked_at, self.revoked_by.as_deref())?,
            last_used: self.last_used,
            fingerprint: self.fingerprint,
        })
    }

    /// Checks the roles, and the attributes that restrict the token: a damaged item must not lose one silently.
    fn check_access(&self) -> Result<(), ItemError> {
        if self.v == INHERITED_DENIES_SCHEMA_VERSION && self.inherited_denies.is_empty() {
            return Err(ItemError::Attribute("inherited_denies"));
        }
        if self.v == RESTRICTED_SCHEMA_VERSION && self.allowed_cidrs.is_none() && self.grants.is_none() {
            return Err(ItemError::Attribute("allowed_cidrs"));
        }
        // Only a child has the grants of a parent, and only in addition to grants of its own.
        if self.parent_grants.is_some() && (self.grants.is_none() || self.parent.is_none()) {
            return Err(ItemError::Attribute("parent_grants"));
        }
        let is_foreign = |role: &RoleId| *role.org() != self.org;
        if self.roles.iter().any(is_foreign) {
            return Err(ItemError::Attribute("roles"));
        }
        if self.inherited_denies.iter().any(is_foreign) {
            return Err(ItemError::Attribute("inherited_denies"));
        }
        Ok(())
    }

    /// The rotation that created the token. An item with only one of its attributes is invalid.
    fn origin(&self) -> Result<Option<Origin>, ItemError> {
        match (&self.rotated_from, &self.rotated_by, self.chain_created_at) {
            (None, None, None) if self.first_used_at.is_none() => Ok(None),
            (Some(from), Some(by), Some(chain_created_at)) => Ok(Some(Origin {
                rotated_from: read(from, "rotated_from")?,
                rotated_by: read(by, "rotated_by")?,
                chain_created_at,
                first_used_at: self.first_used_at,
            })),
            _ => Err(ItemError::Attribute("rotated_from")),
        }
    }

    /// The rotation of the token. An item with only a part of its attributes is invalid, so that a damaged mark never
    /// prolongs a token.
    fn succession(&self) -> Result<Option<Succession>, ItemError> {
        match (&self.successor, self.rotated_at, self.ends_at) {
            (None, None, None) => Ok(None),
            (Some(successor), Some(rotated_at), Some(ends_at)) => {
                Ok(Some(Succession { successor: read(successor, "successor")?, rotated_at, ends_at }))
            }
            _ => Err(ItemError::Attribute("successor")),
        }
    }

    /// The token type with its attributes. An attribute of another type makes the item invalid.
    fn token_type(&self, name: TypeName) -> Result<TokenType, ItemError> {
        let access = Access {
            roles: self.roles.clone(),
            inherited_denies: self.inherited_denies.clone(),
            read_only: self.read_only,
            anonymize: self.anonymize,
            renewable: self.renewable,
            grant_limits: GrantLimits { grants: self.grants.clone(), parent_grants: self.parent_grants.clone() },
        };
        let has_no_roles = self.roles.is_empty() && self.inherited_denies.is_empty();
        let has_no_flags = !self.read_only && !self.anonymize && !self.renewable;
        let has_no_access = has_no_roles && has_no_flags && !access.grant_limits.are_present();
        match (name, &self.journey_id, &self.portal_id) {
            (TypeName::Api, None, None) => Ok(TokenType::Api(access)),
            (TypeName::Assume, None, None) => Ok(TokenType::Assume(access)),
            (TypeName::App, None, None) => Ok(TokenType::App(access)),
            (TypeName::Journey, Some(id), None) if has_no_access => Ok(TokenType::Journey(read(id, "journey_id")?)),
            (TypeName::Portal, None, Some(id)) if has_no_access => Ok(TokenType::Portal(read(id, "portal_id")?)),
            _ => Err(ItemError::Attribute("id")),
        }
    }
}

fn schema_version(token: &Token) -> u32 {
    let has_grants = token.token_type.access().is_some_and(|access| access.grant_limits.are_present());
    if token.origin.is_some() || token.succession.is_some() {
        ROTATION_SCHEMA_VERSION
    } else if token.allowed_networks.is_some() || has_grants {
        RESTRICTED_SCHEMA_VERSION
    } else if !token.token_type.inherited_denies().is_empty() {
        INHERITED_DENIES_SCHEMA_VERSION
    } else {
        PLAIN_SCHEMA_VERSION
    }
}

/// The revocation. An item with only one of its two attributes is invalid, so that a damaged revocation never yields an
/// active token.
fn revocation(at: Option<UnixTime>, by: Option<&str>) -> Result<Option<Revocation>, ItemError> {
    match (at, by) {
        (None, None) => Ok(None),
        (Some(at), Some(by)) => Ok(Some(Revocation { at, by: read(by, "revoked_by")? })),
        _ => Err(ItemError::Attribute("revoked_at")),
    }
}

fn read<T: std::str::FromStr>(text: &str, attribute: &'static str) -> Result<T, ItemError> {
    text.parse().map_err(|_| ItemError::Attribute(attribute))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::token::samples;

    #[test]
    fn token_item_round_trip_returns_the_token() {
        for token in samples::tokens() {
            let json = serde_json::to_value(TokenItem::of(&token)).unwrap();
            let item: TokenItem = serde_json::from_value(json).unwrap();
            assert_eq!(item.token(), Ok(token));
        }
    }

    #[test]
    fn public_token_item_with_access_attribute_is_rejected() {
        let [.., journey, portal] = samples::tokens();
        for token in [journey, portal] {
            let written = serde_json::to_value(TokenItem::of(&token)).unwrap();
            assert_eq!(serde_json::from_value::<TokenItem>(written.clone()).unwrap().token(), Ok(token));
            for (attribute, value) in [
                ("roles", json!(["123:a"])),
                ("inherited_denies", json!(["123:a"])),
                ("read_only", json!(true)),
                ("anonymize", json!(true)),
                ("renewable", json!(true)),
                ("grants", json!([{"action": "*"}])),
            ] {
                let mut item = written.clone();
                item[attribute] = value;
                let read = serde_json::from_value::<TokenItem>(item).unwrap().token();
                assert_eq!(read, Err(ItemError::Attribute("id")), "{attribute}");
            }
        }
    }

    #[test]
    fn assume_token_item_round_trip_returns_the_token() {
        let child = samples::child();
        let access = child.token_type.access().unwrap().clone();
        let id = "assume_BBBBBBBBBBBBBBBBBBBBB".parse().unwrap();
        let assume = Token { id, token_type: TokenType::Assume(access), ..child };
        assert_eq!(TokenItem::of(&assume).token(), Ok(assume));
    }

    /// Stored items have these names, keys and times to live: a change would make existing items unreadable.
    #[test]
    fn token_item_attributes_are_unchanged() {
        let written = |token: &Token| serde_json::to_value(TokenItem::of(token)).unwrap();
        assert_eq!(
            written(&samples::child()),
            json!({
                "pk": "TOKEN#BBBBBBBBBBBBBBBBBBBBB", "sk": "TOKEN", "v": 1, "id": "app_BBBBBBBBBBBBBBBBBBBBB",
                "org": "123", "name": "Postman Access Token", "roles": ["123:a", "123:b"], "read_only": true,
                "anonymize": true, "created_at": 1_566_656_122, "created_by": "api_5ZugdRXasLfWBypHi93Fk",
                "owner": "local|1001", "parent": "api_5ZugdRXasLfWBypHi93Fk", "expires_at": 1_566_660_000, "last_used": "2019-08-24",
                "by_org": "123#system", "by_org_at": "001566656122#app_BBBBBBBBBBBBBBBBBBBBB",
                "ttl": 1_566_660_000 + 86_400,
            })
        );
        assert_eq!(
            written(&samples::revoked()),
            json!({
                "pk": "TOKEN#5ZugdRXasLfWBypHi93Fk", "sk": "TOKEN", "v": 1, "id": "api_5ZugdRXasLfWBypHi93Fk",
                "org": "123", "name": "Postman Access Token", "roles": ["123:owner"], "created_at": 1_566_656_122,
                "created_by": "local|1001", "owner": "local|1001", "revoked_at": 1_566_657_000, "revoked_by": "local|1002",
                "ttl": 1_566_657_000 + 2_592_000,
            })
        );
        let described = written(&samples::with_description());
        assert_eq!((&described["v"], &described["description"]), (&json!(1), &json!("Stored in the vault")));
        let inheriting = written(&samples::with_inherited_denies());
        assert_eq!(inheriting["v"], 2, "older code, which ignores the attribute, rejects the item");
        assert_eq!(inheriting["inherited_denies"], json!(["123:no_billing", "123:owner"]));
        let bound = written(&samples::with_networks());
        assert_eq!(bound["v"], 3, "older code, which ignores the attribute, rejects the item");
        assert_eq!(bound["allowed_cidrs"], json!(["203.0.113.0/24", "2001:db8::/32"]));
        let access = samples::plain().token_type.access().unwrap().clone();
        let renewable = TokenType::Api(Access { renewable: true, ..access });
        let plain_renewable = written(&Token { token_type: renewable.clone(), ..samples::plain() });
        assert_eq!((&plain_renewable["v"], &plain_renewable["renewable"]), (&json!(1), &json!(true)));
        let any = json!([{"action": "*"}]);
        let limited = written(&samples::with_grants(&json!([{"action": "order:view"}]), Some(&any)));
        assert_eq!(limited["v"], 3);
        assert_eq!((&limited["grants"], &limited["parent_grants"]), (&json!([{"action": "order:view"}]), &any));
        let mark = written(&samples::rotated());
        let successor = samples::successor();
        for (attribute, value) in [
            ("v", json!(4)),
            ("successor", json!(successor.id.to_string())),
            ("rotated_at", json!(1_566_656_200)),
            ("ends_at", json!(1_566_656_200 + 86_400)),
        ] {
            assert_eq!(mark[attribute], value, "{attribute}");
        }
        let successor = written(&Token { token_type: renewable, ..successor });
        for (attribute, value) in [
            ("v", json!(4)),
            ("rotated_from", mark["id"].clone()),
            ("rotated_by", mark["id"].clone()),
            ("renewable", json!(true)),
            ("first_used_at", Value::Null),
        ] {
            assert_eq!(successor[attribute], value, "{attribute}");
        }
        let unused = Token { expires_at: Some(samples::at(1_566_656_260)), ..samples::successor() };
        assert_eq!(written(&unused)["ttl"], 1_566_656_200 + 30 * 86_400 + 86_400, "as long as the longest overlap");
        let both =
            Token { allowed_networks: samples::with_networks().allowed_networks, ..samples::with_inherited_denies() };
        assert_eq!((&written(&both)["v"], TokenItem::of(&both).token()), (&json!(3), Ok(both)));
        let journey = written(&samples::journey());
        assert_eq!((&journey["by_org"], &journey["journey_id"]), (&json!("123#listed"), &json!("j-1")));
        assert_eq!(journey.get("ttl"), None, "the item of a token without an expiration is not deleted");
    }

    #[test]
    fn revoked_token_item_has_no_index_key() {
        for token in samples::tokens() {
            let json = serde_json::to_value(TokenItem::of(&token)).unwrap();
            assert_eq!(json.get("by_org").is_some(), token.revocation.is_none());
            assert_eq!(json.get("by_org_at").is_some(), token.revocation.is_none());
        }
    }

    /// Reads a valid item with some attributes replaced; `None` if it cannot be deserialized.
    fn with(changes: &Value) -> Option<Result<Token, ItemError>> {
        let mut json = serde_json::to_value(TokenItem::of(&samples::child())).unwrap();
        for (name, value) in changes.as_object().unwrap() {
            json[name] = value.clone();
        }
        serde_json::from_value::<TokenItem>(json).ok().map(TokenItem::token)
    }

    /// Requests with such texts are rejected. Tokens that were created before stay readable, and so usable and revocable.
    #[test]
    fn token_item_with_hidden_characters_in_texts_is_read() {
        let mut json = serde_json::to_value(TokenItem::of(&samples::journey())).unwrap();
        json["name"] = json!("prod\u{202e} nim\u{ad}da");
        json["description"] = json!("\u{202e}d\u{ad}");
        json["journey_id"] = json!("\u{202e}j\u{ad}");
        let token = serde_json::from_value::<TokenItem>(json).unwrap().token().unwrap();
        assert_eq!(token.name.as_str(), "prod\u{202e} nim\u{ad}da");
        assert_eq!(token.token_type.journey_id(), Some("\u{202e}j\u{ad}"));
        assert_eq!(token.description.unwrap().as_str(), "\u{202e}d\u{ad}");
    }

    #[test]
    fn token_item_of_newer_schema_version_is_rejected() {
        assert_eq!(with(&json!({"v": 5})), Some(Err(ItemError::Newer(5))));
        assert_eq!(with(&json!({"v": 4})), Some(Err(ItemError::Attribute("successor"))));
        let mark = json!({"successor": "app_AAAAAAAAAAAAAAAAAAAAA", "rotated_at": 1, "ends_at": 2});
        let succession = with(&mark).unwrap().unwrap().succession.unwrap();
        assert_eq!(succession.ends_at, samples::at(2), "the end counts in any version");
        assert_eq!(with(&json!({"v": 3})), Some(Err(ItemError::Attribute("allowed_cidrs"))));
        let denies_alone = json!({"v": 3, "inherited_denies": ["123:a"]});
        assert_eq!(with(&denies_alone), Some(Err(ItemError::Attribute("allowed_cidrs"))));
        assert!(matches!(with(&json!({"v": 3, "allowed_cidrs": ["::1/128"]})), Some(Ok(_))));
        let any = json!([{"action": "*"}]);
        assert!(matches!(with(&json!({"v": 3, "grants": any})), Some(Ok(_))));
        assert_eq!(with(&json!({"v": 3, "parent_grants": any})), Some(Err(ItemError::Attribute("allowed_cidrs"))));
        let limits = with(&json!({"grants": any})).unwrap().unwrap().token_type.access().unwrap().grant_limits.clone();
        assert!(limits.are_present(), "the grants count in any version");
        let networks = with(&json!({"allowed_cidrs": ["::1/128"]})).unwrap().unwrap().allowed_networks;
        assert_eq!(networks, Some(samples::networks(&["::1"])), "the networks count in any version");
        assert_eq!(with(&json!({"v": 2})), Some(Err(ItemError::Attribute("inherited_denies"))));
        assert!(matches!(with(&json!({"v": 2, "inherited_denies": ["123:a"]})), Some(Ok(_))));
        assert!(
            matches!(with(&json!({"inherited_denies": ["123:a"]})), Some(Ok(_))),
            "the denies count in any version"
        );
        assert!(matches!(with(&json!({"v": 0})), Some(Ok(_))));
    }

    #[test]
    fn token_item_with_invalid_attribute_is_rejected() {
        for (changes, attribute) in [
            (json!({"id": "api_short"}), "id"),
            (json!({"id": "journey_5ZugdRXasLfWBypHi93Fk", "pk": "TOKEN#5ZugdRXasLfWBypHi93Fk"}), "id"),
            (json!({"journey_id": "j"}), "id"),
            (json!({"pk": "TOKEN#AAAAAAAAAAAAAAAAAAAAA"}), "pk"),
            (json!({"roles": ["999:owner"]}), "roles"),
            (json!({"inherited_denies": ["999:owner"]}), "inherited_denies"),
            (json!({"parent_grants": [{"action": "*"}]}), "parent_grants"),
            (json!({"name": ""}), "name"),
            (json!({"description": ""}), "description"),
            (json!({"owner": "1001"}), "owner"),
            (json!({"owner": "api_5ZugdRXasLfWBypHi93Fk"}), "owner"),
            (json!({"parent": "not-a-token-id"}), "parent"),
            (json!({"rotated_from": "app_AAAAAAAAAAAAAAAAAAAAA"}), "rotated_from"),
            (json!({"rotated_by": "local|1"}), "rotated_from"),
            (json!({"first_used_at": 5}), "rotated_from"),
            (json!({"rotated_from": "app_AAAAAAAAAAAAAAAAAAAAA", "rotated_by": "local|1"}), "rotated_from"),
            (json!({"rotated_from": "app_short", "rotated_by": "local|1", "chain_created_at": 1}), "rotated_from"),
            (
                json!({"rotated_from": "app_AAAAAAAAAAAAAAAAAAAAA", "rotated_by": "1", "chain_created_at": 1}),
                "rotated_by",
            ),
            (json!({"successor": "app_AAAAAAAAAAAAAAAAAAAAA"}), "successor"),
            (json!({"successor": "app_AAAAAAAAAAAAAAAAAAAAA", "rotated_at": 5}), "successor"),
            (json!({"rotated_at": 5, "ends_at": 6}), "successor"),
            (json!({"successor": "app_short", "rotated_at": 5, "ends_at": 6}), "successor"),
            (json!({"revoked_at": 5}), "revoked_at"),
            (json!({"revoked_by": "local|1"}), "revoked_at"),
        ] {
            assert_eq!(with(&changes), Some(Err(ItemError::Attribute(attribute))), "{changes}");
        }
        for changes in [
            json!({"org": "a b"}),
            json!({"roles": "123:owner"}),
            json!({"expires_at": "never"}),
            json!({"expires_at": -1}),
            json!({"expires_at": null}),
            json!({"parent": null}),
            json!({"description": null}),
            json!({"revoked_at": null, "revoked_by": null}),
            json!({"read_only": "false"}),
            json!({"renewable": 1}),
            json!({"successor": null, "rotated_at": null, "ends_at": null}),
            json!({"rotated_from": null, "rotated_by": null}),
            json!({"grants": null}),
            json!({"grants": []}),
            json!({"grants": {}}),
            json!({"grants": [{"action": "*", "effect": "deny"}]}),
            json!({"grants": [{"action": "*"}], "parent_grants": null}),
            json!({"allowed_cidrs": null}),
            json!({"allowed_cidrs": []}),
            json!({"allowed_cidrs": "::/0"}),
            json!({"allowed_cidrs": ["10.0.0.1/8"]}),
            json!({"allowed_cidrs": ["any"]}),
        ] {
            assert_eq!(with(&changes), None, "{changes}");
        }
    }
}
