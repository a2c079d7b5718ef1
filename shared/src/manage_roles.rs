//! The operations that manage the roles and assignments of an organization, for its owners.
//!
//! Every write is conditional on the stored value that the request has read, so that no request undoes another one. An operator's
//! file ([`crate::provisioning`]) has the same items and limits.

mod role_admin;
mod role_request;
#[cfg(test)]
mod tests;

use serde::Serialize;

pub use self::{
    role_admin::RoleAdmin,
    role_request::{RoleRequest, encode_user, parse_role_list, parse_user},
};
use crate::{
    access_item::{DesiredItem, ItemKey, ItemValue, Precondition},
    error::ApiError,
    json::truncate,
    list_current_roles::CurrentRole,
    permissions::{Role, RoleId, RoleWithName},
    ports::{DeleteRole, ListAccess, MAX_ORG_ROLES, PutAccessItem, ReadAccessItem, ReadRoles, RemoveOwner},
    provisioning::ManifestError,
    token::UserId,
};

/// Items of a page if the request names no limit, and the highest limit.
pub const MAX_ACCESS_PAGE_SIZE: usize = 1_000;

/// Most characters of a message that repeats a grant of the request.
const MAX_MESSAGE_CHARS: usize = 300;

/// Manages roles and assignments.
pub struct ManageRoles<L> {
    /// Reads and writes roles and assignments.
    pub ledger: L,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPage<T, K> {
    /// The items.
    pub items: Vec<T>,
    /// The last item that was read, after which the next page starts; `None` on the last page.
    pub next: Option<K>,
}

/// The roles of a user in a response, in the format of the original Permissions API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserRoles {
    /// The user, `<provider>|<subject>`.
    pub user_id: String,
    /// The roles, also those that do not exist: they have no effect.
    pub roles: Vec<RoleId>,
}

/// A change of a role or an assignment, for the audit log. A repeated request may leave the value as it was.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessChange {
    /// What changed.
    pub key: ItemKey,
    /// The stored value before; `None` if there was none.
    pub before: Option<ItemValue>,
    /// The stored value after; `None` if the item was deleted.
    pub after: Option<ItemValue>,
}

impl<L: ReadAccessItem + ListAccess> ManageRoles<L> {
    /// A page of at most `limit` roles of the organization, sorted by id, starting after `after`. The owner role is the first one
    /// of the first page, because it exists without an item. The root role is left out.
    ///
    /// # Errors
    ///
    /// Returns the errors of the ledger.
    pub async fn list_roles(
        &self,
        admin: &RoleAdmin<'_>,
        after: Option<&RoleId>,
        limit: usize,
    ) -> Result<ListPage<CurrentRole, RoleId>, ApiError> {
        let page = self.ledger.list_roles_page(admin.org(), after, limit).await?;
        let next = page.items.last().filter(|_| page.has_more).map(|(id, _)| id.clone());
        let owner = RoleId::owner(admin.org());
        let mut items = Vec::new();
        if after.is_none() {
            items.extend(CurrentRole::of(&owner, self.stored_role(&owner).await?));
        }
        let listed = page.items.into_iter().filter(|(id, _)| !id.is_root() && !id.is_owner());
        items.extend(listed.filter_map(|(id, role)| CurrentRole::of(&id, Some(role))));
        Ok(ListPage { items, next })
    }

    /// The role `id` with the grants that the authorizer applies.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::RoleNotFound`] if it does not exist, [`ApiError::PermissionDenied`] for the root role and a role of
    /// another organization, and the errors of the ledger.
    pub async fn get_role(&self, admin: &RoleAdmin<'_>, id: &RoleId) -> Result<CurrentRole, ApiError> {
        admin.require_own(id)?;
        CurrentRole::of(id, self.stored_role(id).await?).ok_or_else(|| ApiError::RoleNotFound(id.clone()))
    }

    /// A page of at most `limit` users to whom roles are assigned, sorted by user, starting after `after`.
    ///
    /// # Errors
    ///
    /// Returns the errors of the ledger.
    pub async fn list_assignments(
        &self,
        admin: &RoleAdmin<'_>,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<ListPage<UserRoles, UserId>, ApiError> {
        let page = self.ledger.list_assignments_page(admin.org(), after, limit).await?;
        let next = page.items.last().filter(|_| page.has_more).map(|(user, _)| user.clone());
        let assigned = page.items.into_iter().filter(|(_, roles)| !roles.is_empty());
        Ok(ListPage { items: assigned.map(|(user, roles)| UserRoles::new(&user, roles)).collect(), next })
    }

    /// The roles that are assigned to `user`; empty if there are none.
    ///
    /// # Errors
    ///
    /// Returns the errors of the ledger.
    pub async fn assigned_roles(&self, admin: &RoleAdmin<'_>, user: &UserId) -> Result<Vec<RoleId>, ApiError> {
        Ok(self.stored_assignment(admin, user).await?.unwrap_or_default())
    }

    async fn stored_role(&self, id: &RoleId) -> Result<Option<RoleWithName>, ApiError> {
        let stored = self.ledger.read_access_item(&ItemKey::Role(id.clone())).await?;
        Ok(stored.map(|value| role_with_name(id, value)))
    }

    /// The stored roles of `user`; `None` without an item.
    async fn stored_assignment(&self, admin: &RoleAdmin<'_>, user: &UserId) -> Result<Option<Vec<RoleId>>, ApiError> {
        let key = ItemKey::Assignment(admin.org().clone(), user.clone());
        match self.ledger.read_access_item(&key).await? {
            None => Ok(None),
            Some(ItemValue::Assignment(roles)) => Ok(Some(roles)),
            Some(_) => Err(unreadable(&key)),
        }
    }
}

impl<L: ReadAccessItem + ListAccess + PutAccessItem + DeleteRole> ManageRoles<L> {
    /// Creates a role.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Conflict`] if the role exists, [`ApiError::TooManyRoles`] if the organization has
    /// [`MAX_ORG_ROLES`], [`ApiError::PermissionDenied`] for the owner and root role and a role of another organization,
    /// [`ApiError::Invalid`] for an invalid grant, and the errors of the ledger.
    pub async fn create_role(
        &self,
        admin: &RoleAdmin<'_>,
        request: RoleRequest,
    ) -> Result<(CurrentRole, AccessChange), ApiError> {
        admin.require_writable(&request.id)?;
        let key = ItemKey::Role(request.id.clone());
        if self.ledger.read_access_item(&key).await?.is_some() {
            return Err(ApiError::Conflict(format!("the role `{}` exists already", request.id)));
        }
        self.put_new_value(admin, request, None).await
    }

    /// Creates a role or replaces its name and grants.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Conflict`] if another request changed the role at the same time, an internal error if the stored item
    /// cannot be read, and otherwise the errors of [`ManageRoles::create_role`].
    pub async fn put_role(
        &self,
        admin: &RoleAdmin<'_>,
        request: RoleRequest,
    ) -> Result<(CurrentRole, AccessChange), ApiError> {
        admin.require_writable(&request.id)?;
        let key = ItemKey::Role(request.id.clone());
        let existing = self.ledger.read_access_item(&key).await?;
        if matches!(existing, Some(ItemValue::Unreadable)) {
            return Err(unreadable(&key));
        }
        self.put_new_value(admin, request, existing).await
    }

    async fn put_new_value(
        &self,
        admin: &RoleAdmin<'_>,
        request: RoleRequest,
        existing: Option<ItemValue>,
    ) -> Result<(CurrentRole, AccessChange), ApiError> {
        let id = request.id.clone();
        let item = DesiredItem::role(request.id, request.name, request.grants).map_err(manifest_error)?;
        let item = DesiredItem { precondition: Precondition::Unchanged(existing.clone()), ..item };
        if existing.is_none() && self.ledger.count_roles(admin.org()).await? >= MAX_ORG_ROLES {
            return Err(ApiError::TooManyRoles(format!("an organization may have at most {MAX_ORG_ROLES} roles")));
        }
        if existing.as_ref() != Some(&item.value) && !self.ledger.put_access_item(&item).await? {
            return Err(concurrent(&item.key));
        }
        let role = CurrentRole::of(&id, Some(role_with_name(&id, item.value.clone())));
        let role = role.ok_or_else(|| ApiError::internal("a stored role has no representation"))?;
        Ok((role, AccessChange { key: item.key, before: existing, after: Some(item.value) }))
    }

    /// Deletes the role `id` and returns it. Assignments and tokens that name it keep its id, which has no effect without a role.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::RoleNotFound`] if it does not exist, [`ApiError::Conflict`] if another request changed it at the same
    /// time, [`ApiError::PermissionDenied`] for the owner and root role and a role of another organization, an internal error if
    /// the stored item cannot be read, and the errors of the ledger.
    pub async fn delete_role(
        &self,
        admin: &RoleAdmin<'_>,
        id: &RoleId,
    ) -> Result<(CurrentRole, AccessChange), ApiError> {
        admin.require_writable(id)?;
        let key = ItemKey::Role(id.clone());
        let existing = self.ledger.read_access_item(&key).await?.ok_or_else(|| ApiError::RoleNotFound(id.clone()))?;
        if existing == ItemValue::Unreadable {
            return Err(unreadable(&key));
        }
        if !self.ledger.delete_role(id, &existing).await? {
            return Err(concurrent(&key));
        }
        let role = CurrentRole::of(id, Some(role_with_name(id, existing.clone())));
        let role = role.ok_or_else(|| ApiError::internal("a stored role has no representation"))?;
        Ok((role, AccessChange { key, before: Some(existing), after: None }))
    }
}

impl<L: ReadAccessItem + ListAccess + ReadRoles + PutAccessItem + RemoveOwner> ManageRoles<L> {
    /// Assigns exactly `roles` to `user`.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Invalid`] for a role that neither exists nor is assigned already, [`ApiError::TooManyRoles`] if the
    /// authorizer would deny every request of a user with these roles, [`ApiError::PermissionDenied`] for the root role and a
    /// role of another organization, [`ApiError::Conflict`] if no owner would remain or another request changed the roles at
    /// the same time, an internal error if the stored item cannot be read, and the errors of the ledger.
    pub async fn assign_roles(
        &self,
        admin: &RoleAdmin<'_>,
        user: &UserId,
        roles: Vec<RoleId>,
    ) -> Result<(UserRoles, AccessChange), ApiError> {
        roles.iter().try_for_each(|role| admin.require_own(role))?;
        let existing = self.stored_assignment(admin, user).await?;
        self.replace(admin, user, existing, roles).await.map_err(|error| match error {
            // The role is a part of the body, and not of the path.
            ApiError::RoleNotFound(_) => ApiError::Invalid(error.public_message()),
            other => other,
        })
    }

    /// Assigns `role` to `user` in addition to others.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::RoleNotFound`] if the role does not exist, and otherwise the errors of
    /// [`ManageRoles::assign_roles`].
    pub async fn add_assignment(
        &self,
        admin: &RoleAdmin<'_>,
        user: &UserId,
        role: &RoleId,
    ) -> Result<(UserRoles, AccessChange), ApiError> {
        let add = |roles: &mut Vec<RoleId>| {
            if !roles.contains(role) {
                roles.push(role.clone());
            }
        };
        self.edit_assignment(admin, user, role, add).await
    }

    /// Takes `role` from `user`. A role that is not assigned, also one that does not exist, is not an error.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`ManageRoles::assign_roles`].
    pub async fn remove_assignment(
        &self,
        admin: &RoleAdmin<'_>,
        user: &UserId,
        role: &RoleId,
    ) -> Result<(UserRoles, AccessChange), ApiError> {
        self.edit_assignment(admin, user, role, |roles| roles.retain(|assigned| assigned != role)).await
    }

    /// Applies `edit`, which concerns `role`, to the stored roles of `user`.
    async fn edit_assignment(
        &self,
        admin: &RoleAdmin<'_>,
        user: &UserId,
        role: &RoleId,
        edit: impl FnOnce(&mut Vec<RoleId>) + Send,
    ) -> Result<(UserRoles, AccessChange), ApiError> {
        admin.require_own(role)?;
        let existing = self.stored_assignment(admin, user).await?;
        let mut roles = existing.clone().unwrap_or_default();
        edit(&mut roles);
        self.replace(admin, user, existing, roles).await
    }

    /// *(an owner remains)* Replaces the stored roles `existing` of `user` by `roles`.
    async fn replace(
        &self,
        admin: &RoleAdmin<'_>,
        user: &UserId,
        existing: Option<Vec<RoleId>>,
        roles: Vec<RoleId>,
    ) -> Result<(UserRoles, AccessChange), ApiError> {
        let before = existing.clone().unwrap_or_default();
        // First, because it limits the number of roles: a batch has at most 100 items.
        let item = DesiredItem::assignment(admin.org().clone(), user.clone(), roles.clone()).map_err(manifest_error)?;
        self.require_existing(&roles, &before).await?;
        let existing = existing.map(ItemValue::Assignment);
        let item = DesiredItem { precondition: Precondition::Unchanged(existing.clone()), ..item };
        let owner = RoleId::owner(admin.org());
        let written = if before == roles {
            true
        } else if before.contains(&owner) && !roles.contains(&owner) {
            let other = self.ledger.find_other_owner(admin.org(), user).await?;
            let other = other.ok_or_else(|| last_owner(user, &owner))?;
            self.ledger.remove_owner(&item, &other).await?
        } else {
            self.ledger.put_access_item(&item).await?
        };
        if !written {
            return Err(concurrent(&item.key));
        }
        let change = AccessChange { key: item.key, before: existing, after: Some(item.value) };
        Ok((UserRoles::new(user, roles), change))
    }

    /// Checks that each of `roles` exists, unless it is in `assigned`: it may have been deleted since.
    async fn require_existing(&self, roles: &[RoleId], assigned: &[RoleId]) -> Result<(), ApiError> {
        let new: Vec<_> = roles.iter().filter(|role| !role.is_owner() && !assigned.contains(role)).cloned().collect();
        let stored = self.ledger.read_roles(&new).await?;
        match new.into_iter().find(|role| !stored.contains_key(role)) {
            Some(missing) => Err(ApiError::RoleNotFound(missing)),
            None => Ok(()),
        }
    }
}

impl UserRoles {
    fn new(user: &UserId, roles: Vec<RoleId>) -> Self {
        Self { user_id: user.to_string(), roles }
    }
}

/// The role `id` with this stored value. One that cannot be read denies every action.
fn role_with_name(id: &RoleId, value: ItemValue) -> RoleWithName {
    match value {
        ItemValue::Role { name, grants } => RoleWithName { name, role: Role::parse(id.clone(), &grants) },
        ItemValue::Assignment(_) | ItemValue::Unreadable => {
            RoleWithName { name: String::new(), role: Role::unreadable(id.clone()) }
        }
    }
}

fn unreadable(key: &ItemKey) -> ApiError {
    ApiError::internal(format!("the stored item ({key}) cannot be read: an operator must repair it"))
}

fn last_owner(user: &UserId, owner: &RoleId) -> ApiError {
    ApiError::Conflict(format!("`{user}` is the last user with the role `{owner}`: assign it to another user first"))
}

fn concurrent(key: &ItemKey) -> ApiError {
    ApiError::Conflict(format!("another request changed the {key} at the same time: read it again and retry"))
}

fn manifest_error(error: ManifestError) -> ApiError {
    match error {
        ManifestError::TooManyRoles(_, _, limit) => {
            ApiError::TooManyRoles(format!("too many roles for a user: {limit}"))
        }
        other => ApiError::Invalid(truncate(&other.to_string(), MAX_MESSAGE_CHARS)),
    }
}
