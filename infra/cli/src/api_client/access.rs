//! Requests for roles and assignments, as items in the form in which an operator reads them from the table.

use reqwest::{Method, StatusCode, header::CONTENT_TYPE};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{
    access_item::{ItemKey, ItemValue},
    manage_roles::encode_user,
    permissions::{OrgId, RoleId},
    token::UserId,
};

use super::ApiClient;
use crate::error::Error;

const ROLES_PATH: &str = "/v1/permissions/roles";
const ASSIGNMENTS_PATH: &str = "/v1/permissions/assignments";

/// The expected responses, in errors.
const ROLE: &str = "a role";
const ASSIGNMENTS: &str = "a list of assignments";
const ASSIGNMENT: &str = "a list of a user's roles";

/// A role or an assignment.
pub type AccessItem = (ItemKey, ItemValue);

/// A role in a response.
#[derive(Deserialize)]
struct Role {
    id: RoleId,
    name: String,
    grants: Value,
}

#[derive(Deserialize)]
struct Roles {
    roles: Vec<Role>,
}

#[derive(Deserialize)]
struct UserRoles {
    user_id: String,
    roles: Vec<RoleId>,
}

#[derive(Deserialize)]
struct Assignments {
    assignments: Vec<UserRoles>,
}

impl ApiClient {
    /// Returns the roles of the organization, the owner role first, without the root role.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Api`] or [`Error::Unreachable`], and [`Error::NotLatchkey`] for another response.
    pub async fn list_roles(&self) -> Result<Vec<AccessItem>, Error> {
        let mut items = Vec::new();
        for page in self.get_pages(self.url(ROLES_PATH)?).await? {
            items.extend(page.parse::<Roles>("a list of roles")?.roles.into_iter().map(Role::item));
        }
        Ok(items)
    }

    /// Returns one role.
    ///
    /// # Errors
    ///
    /// As for [`ApiClient::list_roles`].
    pub async fn get_role(&self, id: &RoleId) -> Result<AccessItem, Error> {
        Ok(self.get(&format!("{ROLES_PATH}/{id}")).await?.parse::<Role>(ROLE)?.item())
    }

    /// Creates or replaces a role, and returns it as it is stored.
    ///
    /// # Errors
    ///
    /// As for [`ApiClient::list_roles`].
    pub async fn put_role(&self, id: &RoleId, name: &str, grants: &Value) -> Result<AccessItem, Error> {
        let url = self.url(&format!("{ROLES_PATH}/{id}"))?;
        let body = json!({"id": id, "name": name, "slug": id.slug(), "type": "user_role", "grants": grants});
        let request = self.request(Method::PUT, url).header(CONTENT_TYPE, "application/json").body(body.to_string());
        Ok(self.send(request).await?.parse::<Role>(ROLE)?.item())
    }

    /// Deletes a role. If the connection failed once, a role that does not exist counts as deleted.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Api`] or [`Error::Unreachable`].
    pub async fn delete_role(&self, id: &RoleId) -> Result<(), Error> {
        let request = self.request(Method::DELETE, self.url(&format!("{ROLES_PATH}/{id}"))?);
        let attempt = self.send_with_retry(request).await?;
        let is_gone = matches!(attempt.result, Ok((status, _)) if status == StatusCode::NOT_FOUND.as_u16());
        if attempt.was_retried && is_gone { Ok(()) } else { self.check_status(attempt).map(|_| ()) }
    }

    /// Returns the users to whom roles of the organization are assigned.
    ///
    /// # Errors
    ///
    /// As for [`ApiClient::list_roles`].
    pub async fn list_assignments(&self) -> Result<Vec<AccessItem>, Error> {
        let mut items = Vec::new();
        for page in self.get_pages(self.url(ASSIGNMENTS_PATH)?).await? {
            for assigned in page.parse::<Assignments>(ASSIGNMENTS)?.assignments {
                let user = assigned.user_id.parse().map_err(|_| page.unexpected(ASSIGNMENTS))?;
                items.extend(assignment(user, assigned.roles));
            }
        }
        Ok(items)
    }

    /// Returns the roles of a user; `None` if none are assigned.
    ///
    /// # Errors
    ///
    /// As for [`ApiClient::list_roles`].
    pub async fn get_assignment(&self, user: &UserId) -> Result<Option<AccessItem>, Error> {
        let response = self.get(&format!("{ASSIGNMENTS_PATH}/{}", encode_user(user))).await?;
        Ok(assignment(user.clone(), response.parse(ASSIGNMENT)?))
    }

    /// Assigns a role to a user, or takes it from the user, and returns the user's roles.
    ///
    /// # Errors
    ///
    /// As for [`ApiClient::list_roles`].
    pub async fn change_assignment(&self, user: &UserId, role: &RoleId, assign: bool) -> Result<AccessItem, Error> {
        let method = if assign { Method::POST } else { Method::DELETE };
        let url = self.url(&format!("{ASSIGNMENTS_PATH}/{}/{role}", encode_user(user)))?;
        let response = self.send(self.request(method, url)).await?;
        let roles = response.parse::<UserRoles>(ASSIGNMENT)?.roles;
        Ok((ItemKey::Assignment(role.org().clone(), user.clone()), ItemValue::Assignment(roles)))
    }
}

impl Role {
    fn item(self) -> AccessItem {
        (ItemKey::Role(self.id), ItemValue::Role { name: self.name, grants: self.grants })
    }
}

/// The item of a user's roles, all of which are of one organization; `None` without roles.
fn assignment(user: UserId, roles: Vec<RoleId>) -> Option<AccessItem> {
    let org: OrgId = roles.first()?.org().clone();
    Some((ItemKey::Assignment(org, user), ItemValue::Assignment(roles)))
}
