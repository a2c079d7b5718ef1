//! The access manifest: a JSON file in which an operator declares roles and assignments. Parsing has no side effects.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{ApplyError, TooManyRoles, role_limit};
use crate::{
    access_item::{DesiredItem, ItemKey, ItemValue, Precondition},
    json::{StrictObject, UniqueKeys, present},
    permissions::{Action, Grant, OrgId, RoleId},
    token::{ProviderName, UserId},
};

/// Validated roles and assignments: no duplicates, and every grant is valid.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessManifest(Vec<DesiredItem>);

/// Why an access manifest is invalid. Each message starts with its subject, so that a caller can prefix the file name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// The text is not JSON, or a member is missing, unknown or of another type.
    #[error("{0}")]
    Form(String),
    /// A grant is invalid. A stored role with such a grant allows nothing.
    #[error("role `{0}` has an invalid grant: {1}")]
    InvalidGrant(RoleId, Value),
    /// An action of a grant contains a character that no action has, so the grant would never apply.
    #[error("role `{0}` has the action `{1}`: an action must have 1 to 128 characters of A-Z a-z 0-9 _ - . : *")]
    InvalidAction(RoleId, String),
    /// The file declares nothing.
    #[error("neither roles nor assignments are declared")]
    Empty,
    /// A `user` cannot be the subject of an identity provider.
    #[error("user `{0}` must be 1 to 255 printable ASCII characters, without a space at either end")]
    InvalidUser(String),
    /// An assignment names a `user`, and no identity provider is given.
    #[error("user `{0}` has no identity provider: name one, or write `principal`: `<provider>|<subject>`")]
    MissingProvider(String),
    /// A `principal` is not a user.
    #[error("principal `{0}` must be `<provider>|<subject>` with 1 to 32 characters `a-z`, `0-9`, `-` as the provider")]
    InvalidPrincipal(String),
    /// An assignment has neither a `user` nor a `principal`, or both.
    #[error("assignments in `{0}` must have either a `user` or a `principal`")]
    AmbiguousUser(OrgId),
    /// An assignment contains a role of another organization.
    #[error("assignment of `{0}` contains the role `{1}` of another organization")]
    RoleOfOtherOrg(UserId, RoleId),
    /// An assignment has so many roles that the authorizer would deny every request of the user.
    #[error("assignment of `{0}` exceeds the role limit in `{1}`: {2}")]
    TooManyRoles(UserId, OrgId, TooManyRoles),
    /// Two items have the same key.
    #[error("item for the {0} is declared twice")]
    Duplicate(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, deserialize_with = "present")]
    roles: Option<Vec<StrictObject<WrittenRole>>>,
    #[serde(default, deserialize_with = "present")]
    assignments: Option<Vec<StrictObject<WrittenAssignment>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRole {
    id: RoleId,
    name: String,
    grants: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAssignment {
    org: OrgId,
    user: Option<String>,
    principal: Option<String>,
    roles: Vec<RoleId>,
}

impl AccessManifest {
    /// Parses `{"roles": [{id, name, grants}], "assignments": [{org, user or principal, roles}]}`. A `user` is a
    /// subject of `provider`; a `principal` has the form `<provider>|<subject>`.
    ///
    /// # Errors
    ///
    /// See [`ManifestError`].
    pub fn parse(text: &[u8], provider: Option<&ProviderName>) -> Result<Self, ManifestError> {
        let form = |error: serde_json::Error| ManifestError::Form(error.to_string());
        // Of duplicate members, such as two `effect`s of a grant, one would be ignored.
        let UniqueKeys(members) = serde_json::from_slice(text).map_err(form)?;
        let StrictObject(file): StrictObject<File> = serde_json::from_value(Value::Object(members)).map_err(form)?;
        if file.roles.is_none() && file.assignments.is_none() {
            return Err(ManifestError::Empty);
        }
        let role = |StrictObject(WrittenRole { id, name, grants })| DesiredItem::role(id, name, grants);
        let roles = file.roles.into_iter().flatten().map(role);
        let assignments =
            file.assignments.into_iter().flatten().map(|StrictObject(written)| assignment(written, provider));
        let items: Vec<DesiredItem> = roles.chain(assignments).collect::<Result<_, _>>()?;
        let mut seen = HashSet::new();
        match items.iter().find(|item| !seen.insert(&item.key)) {
            Some(duplicate) => Err(ManifestError::Duplicate(duplicate.key.to_string())),
            None => Ok(Self(items)),
        }
    }

    /// The stored `items` as a file: parsing it yields them.
    ///
    /// # Errors
    ///
    /// Returns [`ApplyError::InvalidItem`] for the first item that cannot be read, and [`ApplyError::InvalidExport`] if
    /// [`AccessManifest::parse`] would reject the file.
    pub fn export(items: &[(ItemKey, ItemValue)]) -> Result<Value, ApplyError> {
        let mut roles = Vec::new();
        let mut assignments = Vec::new();
        for (key, value) in items {
            let entry = Self::entry(key, value).ok_or_else(|| ApplyError::InvalidItem(key.clone()))?;
            if matches!(key, ItemKey::Role(_)) { roles.push(entry) } else { assignments.push(entry) }
        }
        let file = json!({"roles": roles, "assignments": assignments});
        Self::parse(file.to_string().as_bytes(), None).map_err(ApplyError::InvalidExport)?;
        Ok(file)
    }

    /// The entry of a file for an item; `None` if the value is unreadable or does not fit the key.
    #[must_use]
    pub fn entry(key: &ItemKey, value: &ItemValue) -> Option<Value> {
        match (key, value) {
            (ItemKey::Role(id), ItemValue::Role { name, grants }) => {
                Some(json!({"id": id, "name": name, "grants": grants}))
            }
            (ItemKey::Assignment(org, user), ItemValue::Assignment(roles)) => {
                Some(json!({"org": org, "principal": user.to_string(), "roles": roles}))
            }
            _ => None,
        }
    }

    /// The roles, then the assignments, in the order of the file.
    #[must_use]
    pub fn items(&self) -> &[DesiredItem] {
        &self.0
    }
}

impl DesiredItem {
    /// The role `id` with these grants, to be written without a condition.
    ///
    /// # Errors
    ///
    /// Returns [`ManifestError::InvalidGrant`] or [`ManifestError::InvalidAction`] for the first grant that is invalid.
    pub fn role(id: RoleId, name: String, grants: Vec<Value>) -> Result<Self, ManifestError> {
        if let Some(grant) = grants.iter().find(|grant| Grant::parse(grant).is_none()) {
            return Err(ManifestError::InvalidGrant(id, grant.clone()));
        }
        let action = |grant: &Value| grant["action"].as_str().unwrap_or_default().to_owned();
        if let Some(invalid) = grants.iter().map(action).find(|action| !Action::is_pattern(action)) {
            return Err(ManifestError::InvalidAction(id, invalid));
        }
        let value = ItemValue::Role { name, grants: grants.into() };
        Ok(Self { key: ItemKey::Role(id), value, precondition: Precondition::None })
    }

    /// The roles of `user` in `org`, to be written without a condition.
    ///
    /// # Errors
    ///
    /// Returns [`ManifestError::RoleOfOtherOrg`] for the first role of another organization, and
    /// [`ManifestError::TooManyRoles`] if the authorizer would deny every request of a user with these roles.
    pub fn assignment(org: OrgId, user: UserId, roles: Vec<RoleId>) -> Result<Self, ManifestError> {
        if let Some(foreign) = roles.iter().find(|role| *role.org() != org) {
            return Err(ManifestError::RoleOfOtherOrg(user, foreign.clone()));
        }
        match role_limit::check(&roles) {
            Err(limit) => Err(ManifestError::TooManyRoles(user, org, limit)),
            Ok(()) => Ok(Self {
                key: ItemKey::Assignment(org, user),
                value: ItemValue::Assignment(roles),
                precondition: Precondition::None,
            }),
        }
    }
}

fn assignment(written: WrittenAssignment, provider: Option<&ProviderName>) -> Result<DesiredItem, ManifestError> {
    let user = match (written.user, written.principal) {
        (Some(subject), None) => user_of(provider, subject)?,
        (None, Some(principal)) => user_with_provider(principal)?,
        _ => return Err(ManifestError::AmbiguousUser(written.org)),
    };
    DesiredItem::assignment(written.org, user, written.roles)
}

fn user_of(provider: Option<&ProviderName>, subject: String) -> Result<UserId, ManifestError> {
    let Some(provider) = provider else { return Err(ManifestError::MissingProvider(subject)) };
    UserId::new(provider.clone(), &subject).map_err(|_| ManifestError::InvalidUser(subject))
}

fn user_with_provider(principal: String) -> Result<UserId, ManifestError> {
    principal.parse().map_err(|_| ManifestError::InvalidPrincipal(principal))
}
