//! A permission that a route requires.

use serde::Deserialize;

use super::{ResourcePattern, Route};
use crate::{
    json::{StrictObject, present},
    permissions::{Action, Scope},
};

/// Most alternatives of a rule.
const MAX_ALTERNATIVES: usize = 10;

/// A permission that allows the requests of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredPermission {
    /// The action that the permission allows.
    pub action: Action,
    /// The resource that a request refers to; `None`: the permission must be for every resource.
    pub resource: Option<ResourcePattern>,
    /// Whose items a caller with the permission may access. The functions behind the authorizer enforce it.
    pub scope: Scope,
}

/// One or more permissions, of which each allows the requests of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredPermissions {
    first: RequiredPermission,
    others: Vec<RequiredPermission>,
}

/// The JSON form of a permission.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PermissionJson {
    action: Action,
    #[serde(default, deserialize_with = "present")]
    resource: Option<String>,
    #[serde(default, deserialize_with = "present")]
    scope: Option<String>,
}

impl RequiredPermission {
    pub(super) fn new(
        action: Action,
        resource: Option<String>,
        scope: Option<&str>,
        route: &Route,
    ) -> Result<Self, String> {
        let resource = resource.map(|text| ResourcePattern::parse(&text, route)).transpose()?;
        let scope = match scope.map(str::parse) {
            None => Scope::Organization,
            Some(Ok(scope @ (Scope::Own | Scope::Organization))) => scope,
            Some(Ok(Scope::OwnToken) | Err(_)) => return Err("`scope` must be `organization` or `own`".to_owned()),
        };
        Ok(Self { action, resource, scope })
    }
}

impl RequiredPermissions {
    /// The permissions of the member `any_of`.
    pub(super) fn any_of(alternatives: Vec<StrictObject<PermissionJson>>, route: &Route) -> Result<Self, String> {
        let count = alternatives.len();
        let mut permissions =
            alternatives.into_iter().map(|StrictObject(PermissionJson { action, resource, scope })| {
                RequiredPermission::new(action, resource, scope.as_deref(), route)
            });
        match permissions.next() {
            Some(first) if count <= MAX_ALTERNATIVES => {
                Ok(Self { first: first?, others: permissions.collect::<Result<_, _>>()? })
            }
            _ => Err(format!("`any_of` must contain 1 to {MAX_ALTERNATIVES} permissions")),
        }
    }

    /// The permission that a rejection names.
    #[must_use]
    pub fn first(&self) -> &RequiredPermission {
        &self.first
    }

    /// The other permissions, in the order of the rule.
    #[must_use]
    pub fn others(&self) -> &[RequiredPermission] {
        &self.others
    }

    /// All permissions, in the order of the rule.
    pub fn iter(&self) -> impl Iterator<Item = &RequiredPermission> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl From<RequiredPermission> for RequiredPermissions {
    fn from(first: RequiredPermission) -> Self {
        Self { first, others: Vec::new() }
    }
}
