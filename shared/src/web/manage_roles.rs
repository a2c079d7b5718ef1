//! The endpoint of the operations on roles and assignments: one function serves all of them.

use serde::Serialize;

use super::{
    ApiRequest, ApiResponse, Endpoint,
    endpoints::{Roles, query_reference},
};
use crate::{
    caller::Caller,
    error::ApiError,
    manage_roles::{
        AccessChange, MAX_ACCESS_PAGE_SIZE, ManageRoles, RoleAdmin, RoleRequest, UserRoles, encode_user,
        parse_role_list, parse_user,
    },
    permissions::RoleId,
    ports::{DeleteRole, ListAccess, PutAccessItem, ReadAccessItem, ReadRoles, RemoveOwner},
    telemetry,
    token::UserId,
};

/// The response of `listAllAssignments`.
#[derive(Serialize)]
struct Assignments {
    assignments: Vec<UserRoles>,
}

/// All ports of the operations.
trait RolePorts: ReadAccessItem + ListAccess + ReadRoles + PutAccessItem + DeleteRole + RemoveOwner {}

impl<L: ReadAccessItem + ListAccess + ReadRoles + PutAccessItem + DeleteRole + RemoveOwner> RolePorts for L {}

impl<L: RolePorts> Endpoint for ManageRoles<L> {
    fn operation(&self, _route: &str) -> &'static str {
        "managePermissions"
    }

    async fn handle(&self, request: &ApiRequest) -> Result<ApiResponse, ApiError> {
        let caller = request.caller()?;
        let admin = RoleAdmin::of(&caller)?;
        let operation = Operation { roles: self, admin, caller: &caller, request };
        match (request.method(), request.route()) {
            ("GET", "/v1/permissions/roles") => operation.list_roles().await,
            ("POST", "/v1/permissions/roles") => operation.create_role().await,
            ("GET", "/v1/permissions/roles/{roleId}") => operation.get_role().await,
            ("PUT", "/v1/permissions/roles/{roleId}") => operation.put_role().await,
            ("DELETE", "/v1/permissions/roles/{roleId}") => operation.delete_role().await,
            ("GET", "/v1/permissions/assignments") => operation.list_assignments().await,
            ("GET", "/v1/permissions/assignments/{userId}") => operation.assigned_roles().await,
            ("PUT", "/v1/permissions/assignments/{userId}") => operation.assign_roles().await,
            ("POST", "/v1/permissions/assignments/{userId}/{roleId}") => operation.add_assignment().await,
            ("DELETE", "/v1/permissions/assignments/{userId}/{roleId}") => operation.remove_assignment().await,
            _ => Err(ApiError::NotFound),
        }
    }
}

/// A request of an administrator of roles.
struct Operation<'a, L> {
    roles: &'a ManageRoles<L>,
    admin: RoleAdmin<'a>,
    caller: &'a Caller,
    request: &'a ApiRequest,
}

impl<L: RolePorts> Operation<'_, L> {
    async fn list_roles(&self) -> Result<ApiResponse, ApiError> {
        let (limit, cursor) = self.request.page(MAX_ACCESS_PAGE_SIZE)?;
        let after = cursor.map(|text| text.parse::<RoleId>()).transpose().map_err(|_| invalid_cursor())?;
        if after.as_ref().is_some_and(|id| id.org() != self.admin.org()) {
            return Err(invalid_cursor());
        }
        let limit_or_max = limit.unwrap_or(MAX_ACCESS_PAGE_SIZE);
        let page = self.roles.list_roles(&self.admin, after.as_ref(), limit_or_max).await?;
        let response = ApiResponse::ok(&Roles { roles: page.items })?;
        Ok(with_next(response, limit, page.next.map(|id| id.to_string())))
    }

    async fn get_role(&self) -> Result<ApiResponse, ApiError> {
        ApiResponse::ok(&self.roles.get_role(&self.admin, &self.role_id()?).await?)
    }

    async fn create_role(&self) -> Result<ApiResponse, ApiError> {
        let role = RoleRequest::parse(&self.request.members()?, self.admin.org(), None)?;
        let (role, change) = self.roles.create_role(&self.admin, role).await?;
        self.changed(&role, &change)
    }

    async fn put_role(&self) -> Result<ApiResponse, ApiError> {
        let id = self.role_id()?;
        let role = RoleRequest::parse(&self.request.members()?, self.admin.org(), Some(&id))?;
        let (role, change) = self.roles.put_role(&self.admin, role).await?;
        self.changed(&role, &change)
    }

    async fn delete_role(&self) -> Result<ApiResponse, ApiError> {
        let (role, change) = self.roles.delete_role(&self.admin, &self.role_id()?).await?;
        self.changed(&role, &change)
    }

    async fn list_assignments(&self) -> Result<ApiResponse, ApiError> {
        let (limit, cursor) = self.request.page(MAX_ACCESS_PAGE_SIZE)?;
        let after = cursor.map(|text| parse_user(&text)).transpose().map_err(|_| invalid_cursor())?;
        let limit_or_max = limit.unwrap_or(MAX_ACCESS_PAGE_SIZE);
        let page = self.roles.list_assignments(&self.admin, after.as_ref(), limit_or_max).await?;
        let response = ApiResponse::ok(&Assignments { assignments: page.items })?;
        Ok(with_next(response, limit, page.next.as_ref().map(encode_user)))
    }

    async fn assigned_roles(&self) -> Result<ApiResponse, ApiError> {
        ApiResponse::ok(&self.roles.assigned_roles(&self.admin, &self.user()?).await?)
    }

    async fn assign_roles(&self) -> Result<ApiResponse, ApiError> {
        let user = self.user()?;
        let assigned = parse_role_list(&self.request.elements()?)?;
        let (assigned, change) = self.roles.assign_roles(&self.admin, &user, assigned).await?;
        self.changed(&assigned.roles, &change)
    }

    async fn add_assignment(&self) -> Result<ApiResponse, ApiError> {
        let (assigned, change) = self.roles.add_assignment(&self.admin, &self.user()?, &self.role_id()?).await?;
        self.log(&change);
        ApiResponse::created(&assigned)
    }

    async fn remove_assignment(&self) -> Result<ApiResponse, ApiError> {
        let (assigned, change) = self.roles.remove_assignment(&self.admin, &self.user()?, &self.role_id()?).await?;
        self.changed(&assigned, &change)
    }

    /// The path parameter `{roleId}`.
    fn role_id(&self) -> Result<RoleId, ApiError> {
        let text = self.request.path_parameter("roleId").unwrap_or_default();
        text.parse().map_err(|error| ApiError::Invalid(format!("`roleId`: {error}")))
    }

    /// The path parameter `{userId}`.
    fn user(&self) -> Result<UserId, ApiError> {
        parse_user(&self.request.path_parameter("userId").unwrap_or_default())
    }

    /// 200 with `body`, after the log line of `change`.
    fn changed(&self, body: &impl Serialize, change: &AccessChange) -> Result<ApiResponse, ApiError> {
        self.log(change);
        ApiResponse::ok(body)
    }

    fn log(&self, change: &AccessChange) {
        telemetry::access_changed(change, self.caller, self.request.request_id());
    }
}

/// Adds the link to the page after `cursor`, which is the last item of this page: a cursor gives no access to another organization.
fn with_next(response: ApiResponse, limit: Option<usize>, cursor: Option<String>) -> ApiResponse {
    let Some(cursor) = cursor else { return response };
    let limit = limit.map(|limit| ("limit", limit.to_string()));
    response.with_next(&query_reference(limit.into_iter().chain([("cursor", cursor)])))
}

fn invalid_cursor() -> ApiError {
    ApiError::Invalid("`cursor` is invalid: take the URL from the `Link` header of the previous page".to_owned())
}
