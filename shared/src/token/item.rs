//! The representation of a token in responses of the API.

use serde::Serialize;

use super::{AllowedNetworks, Token};
use crate::permissions::{RoleId, TokenGrants};

/// A token in a response. The JWT is not part of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Item {
    id: String,
    created_at: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    token_type: &'static str,
    assignments: Vec<RoleId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    inherited_denies: Vec<RoleId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    journey_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    portal_id: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    read_only: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    anonymize: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    renewable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    grants: Option<TokenGrants>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_grants: Option<TokenGrants>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_cidrs: Option<AllowedNetworks>,
    created_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotated_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotated_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_used_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    successor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotated_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_by: Option<String>,
}

impl Item {
    /// The representation of `token`. Members that do not apply to it are omitted.
    #[must_use]
    pub fn of(token: &Token) -> Self {
        let token_type = &token.token_type;
        let access = token_type.access();
        let origin = token.origin.as_ref();
        let succession = token.succession.as_ref();
        let revocation = token.revocation.as_ref();
        Self {
            id: token.id.to_string(),
            created_at: token.created_at.to_string(),
            name: token.name.to_string(),
            description: token.description.as_ref().map(ToString::to_string),
            token_type: token.id.type_name().as_str(),
            assignments: token_type.roles().to_vec(),
            inherited_denies: token_type.inherited_denies().to_vec(),
            expires_at: token.expires_at.map(|end| end.to_string()),
            last_used: token.last_used.map(|day| day.to_string()),
            journey_id: token_type.journey_id().map(ToOwned::to_owned),
            portal_id: token_type.portal_id().map(ToOwned::to_owned),
            read_only: access.is_some_and(|access| access.read_only),
            anonymize: access.is_some_and(|access| access.anonymize),
            renewable: access.is_some_and(|access| access.renewable),
            grants: access.and_then(|access| access.grant_limits.grants.clone()),
            parent_grants: access.and_then(|access| access.grant_limits.parent_grants.clone()),
            allowed_cidrs: token.allowed_networks.clone(),
            created_by: token.created_by.to_string(),
            owner: token.owner().map(ToString::to_string),
            parent: token.parent.as_ref().map(ToString::to_string),
            rotated_from: origin.map(|origin| origin.rotated_from.to_string()),
            rotated_by: origin.map(|origin| origin.rotated_by.to_string()),
            first_used_at: origin.and_then(|origin| origin.first_used_at).map(|time| time.to_string()),
            successor: succession.map(|succession| succession.successor.to_string()),
            rotated_at: succession.map(|succession| succession.rotated_at.to_string()),
            ends_at: succession.map(|succession| succession.ends_at.to_string()),
            revoked_at: revocation.map(|revocation| revocation.at.to_string()),
            revoked_by: revocation.map(|revocation| revocation.by.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::token::samples;

    #[test]
    fn item_omits_members_that_do_not_apply() {
        assert_eq!(
            json!(Item::of(&samples::plain())),
            json!({
                "id": "api_5ZugdRXasLfWBypHi93Fk", "created_at": "2019-08-24T14:15:22Z", "name": "Postman Access Token",
                "token_type": "api", "assignments": ["123:owner"], "created_by": "local|1001",
                "owner": "local|1001",
            })
        );
        assert_eq!(
            json!(Item::of(&samples::child())),
            json!({
                "id": "app_BBBBBBBBBBBBBBBBBBBBB", "created_at": "2019-08-24T14:15:22Z", "name": "Postman Access Token",
                "token_type": "app", "assignments": ["123:a", "123:b"], "created_by": "api_5ZugdRXasLfWBypHi93Fk",
                "owner": "local|1001", "parent": "api_5ZugdRXasLfWBypHi93Fk", "expires_at": "2019-08-24T15:20:00Z", "last_used": "2019-08-24",
                "read_only": true, "anonymize": true,
            })
        );
        let inheriting = json!(Item::of(&samples::with_inherited_denies()));
        assert_eq!(inheriting["assignments"], json!(["123:viewer"]));
        assert_eq!(inheriting["inherited_denies"], json!(["123:no_billing", "123:owner"]));
        let bound = json!(Item::of(&samples::with_networks()));
        assert_eq!(bound["allowed_cidrs"], json!(["203.0.113.0/24", "2001:db8::/32"]));
        let view = json!([{"action": "order:view", "effect": "allow"}]);
        let any = json!([{"action": "*"}]);
        let limited = json!(Item::of(&samples::with_grants(&view, Some(&any))));
        assert_eq!((&limited["grants"], &limited["parent_grants"]), (&view, &any));
        let rotated = json!(Item::of(&samples::rotated()));
        let successor = json!(Item::of(&samples::successor()));
        assert_eq!(rotated["successor"], successor["id"]);
        assert_eq!(rotated["rotated_at"], "2019-08-24T14:16:40Z");
        assert_eq!(rotated["ends_at"], "2019-08-25T14:16:40Z");
        assert_eq!((&successor["rotated_from"], &successor["rotated_by"]), (&rotated["id"], &rotated["id"]));
        assert_eq!(successor.get("first_used_at"), None);
        assert_eq!(json!(Item::of(&samples::with_description()))["description"], "Stored in the vault");
        let revoked = json!(Item::of(&samples::revoked()));
        assert_eq!(revoked["revoked_at"], "2019-08-24T14:30:00Z");
        assert_eq!(revoked["revoked_by"], "local|1002");
    }
}
