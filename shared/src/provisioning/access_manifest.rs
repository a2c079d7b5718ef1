//! The file in which an operator writes down roles and who has them. Pure: reading the text is all that happens here.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value;

use super::{DesiredItem, ItemKey, ItemValue, Precondition, TooManyRoles, role_limit};
use crate::{
    json::StrictObject,
    permissions::{Grant, OrgId, RoleId},
    token::{ProviderName, UserId},
};

/// Roles and assignments that were read and checked: each of them once, each grant understood.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessManifest(Vec<DesiredItem>);

/// Why a text is no setup. Each sentence begins with what it speaks of, so that it can stand behind a file's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// It is no JSON, or not of the form of a setup.
    #[error("{0}")]
    Form(String),
    /// A grant is not understood, so that the role would allow nothing.
    #[error("role `{0}` has a grant that is not understood: {1}")]
    Grant(RoleId, Value),
    /// A user is no subject of an identity provider.
    #[error("user `{0}` is no subject: 1 to 255 visible ASCII characters")]
    User(String),
    /// A user is named where it is not known of which identity provider.
    #[error(
        "user `{0}` is of no known identity provider: name the provider, or write `principal`: `<provider>|<subject>`"
    )]
    NoProvider(String),
    /// A principal is no person.
    #[error("principal `{0}` is no person: `<provider>|<subject>`, the provider 1 to 32 of a-z 0-9 -")]
    Principal(String),
    /// An assignment names nobody, or two at once.
    #[error("assignments in `{0}` name either a `user` or a `principal`")]
    Whom(OrgId),
    /// A person is given a role of another organization.
    #[error("assignment of `{0}` gives the role `{1}` of another organization")]
    Foreign(UserId, RoleId),
    /// A person is given so many roles that they would be refused everywhere.
    #[error("assignment of `{0}` would lock them out of `{1}`: {2}")]
    LocksOut(UserId, OrgId, TooManyRoles),
    /// Two items speak of one thing.
    #[error("there are two items for the {0}")]
    Twice(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    roles: Vec<StrictObject<WrittenRole>>,
    assignments: Vec<StrictObject<WrittenAssignment>>,
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
    /// Reads `{"roles": [{id, name, grants}], "assignments": [{org, user or principal, roles}]}`. A `user` is a person of
    /// `provider`, a `principal` is written `<provider>|<subject>`.
    ///
    /// # Errors
    ///
    /// See [`ManifestError`].
    pub fn parse(text: &[u8], provider: Option<&ProviderName>) -> Result<Self, ManifestError> {
        let file: File = serde_json::from_slice(text).map_err(|error| ManifestError::Form(error.to_string()))?;
        let roles = file.roles.into_iter().map(|StrictObject(written)| role(written));
        let assignments = file.assignments.into_iter().map(|StrictObject(written)| assignment(written, provider));
        let items: Vec<DesiredItem> = roles.chain(assignments).collect::<Result<_, _>>()?;
        let mut seen = HashSet::new();
        match items.iter().find(|item| !seen.insert(&item.key)) {
            Some(again) => Err(ManifestError::Twice(again.key.to_string())),
            None => Ok(Self(items)),
        }
    }

    /// The roles, then the assignments, each as they were written.
    #[must_use]
    pub fn items(&self) -> &[DesiredItem] {
        &self.0
    }
}

fn role(written: WrittenRole) -> Result<DesiredItem, ManifestError> {
    if let Some(grant) = written.grants.iter().find(|grant| Grant::parse(grant).is_none()) {
        return Err(ManifestError::Grant(written.id, grant.clone()));
    }
    let value = ItemValue::Role { name: written.name, grants: written.grants.into() };
    Ok(DesiredItem { key: ItemKey::Role(written.id), value, precondition: Precondition::None })
}

fn assignment(written: WrittenAssignment, provider: Option<&ProviderName>) -> Result<DesiredItem, ManifestError> {
    let person = match (written.user, written.principal) {
        (Some(user), None) => user_of(provider, user)?,
        (None, Some(principal)) => person(principal)?,
        _ => return Err(ManifestError::Whom(written.org)),
    };
    let WrittenAssignment { org, roles, .. } = written;
    if let Some(foreign) = roles.iter().find(|role| *role.org() != org) {
        return Err(ManifestError::Foreign(person, foreign.clone()));
    }
    match role_limit::check(&roles) {
        Err(why) => Err(ManifestError::LocksOut(person, org, why)),
        Ok(()) => Ok(DesiredItem {
            key: ItemKey::Assignment(org, person),
            value: ItemValue::Assignment(roles),
            precondition: Precondition::None,
        }),
    }
}

fn user_of(provider: Option<&ProviderName>, user: String) -> Result<UserId, ManifestError> {
    let Some(provider) = provider else { return Err(ManifestError::NoProvider(user)) };
    UserId::new(provider.clone(), &user).map_err(|_| ManifestError::User(user))
}

fn person(text: String) -> Result<UserId, ManifestError> {
    text.parse().map_err(|_| ManifestError::Principal(text))
}
