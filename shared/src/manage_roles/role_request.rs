//! The inputs of the operations: parses a role, a list of role ids, and a user in a path.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use crate::{
    error::ApiError,
    json::excerpt,
    permissions::{OrgId, RoleId},
    token::{TokenName, UserId, require_visible},
};

/// The members of a role in the original API that Latchkey does not offer, because no value of them has an effect here.
const NOT_OFFERED: [&str; 4] = ["expires_at", "parent_role", "partner_org_id", "pricing_tier"];

/// The only type of roles.
const ROLE_TYPE: &str = "user_role";

/// Precedes the base64url of a user whose subject a path cannot contain. No name of an identity provider starts with it.
const ENCODED_USER_PREFIX: char = '~';

/// A role that a request creates or replaces. Its grants are not checked yet.
#[derive(Debug, Clone, PartialEq)]
pub struct RoleRequest {
    /// The role's id.
    pub id: RoleId,
    /// The display name.
    pub name: String,
    /// The grants.
    pub grants: Vec<Value>,
}

impl RoleRequest {
    /// Parses the members of a request body. `slug` is required without `id_in_path`, the id of the
    /// path, if the path has one.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Invalid`] with the member and the rule that it violates, and [`ApiError::PermissionDenied`] if
    /// `organization_id` is not `org`.
    pub fn parse(members: &Map<String, Value>, org: &OrgId, id_in_path: Option<&RoleId>) -> Result<Self, ApiError> {
        if let Some(name) = members.keys().find(|name| NOT_OFFERED.contains(&name.as_str())) {
            return Err(invalid(format!("`{name}` is not offered")));
        }
        let known = ["id", "name", "slug", "type", "organization_id", "vendor_created", "grants"];
        if let Some(unknown) = members.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(invalid(format!("`{}` is not a member of a role", excerpt(unknown))));
        }
        if members.get("type").is_some_and(|kind| kind != ROLE_TYPE) {
            return Err(invalid(format!("`type` must be `{ROLE_TYPE}`")));
        }
        if members.get("vendor_created").is_some_and(|created| *created != Value::Bool(false)) {
            return Err(invalid("`vendor_created` must be false".to_owned()));
        }
        if text(members, "organization_id")?.is_some_and(|given| given != org.as_str()) {
            return Err(ApiError::PermissionDenied(
                "`organization_id` is not the organization of the caller".to_owned(),
            ));
        }
        let name: TokenName = required(members, "name")?.parse().map_err(|error| invalid(format!("{error}")))?;
        require_visible(name.as_str()).map_err(|error| invalid(format!("`name` {error}")))?;
        let grants = members.get("grants").ok_or_else(|| invalid("`grants` is required".to_owned()))?;
        let grants = grants.as_array().ok_or_else(|| invalid("`grants` must be an array".to_owned()))?;
        Ok(Self { id: role_id(members, org, id_in_path)?, name: name.to_string(), grants: grants.clone() })
    }
}

/// The id of the role: `id_in_path`, or else that of the members. All that are given must agree.
fn role_id(members: &Map<String, Value>, org: &OrgId, id_in_path: Option<&RoleId>) -> Result<RoleId, ApiError> {
    let of_slug = text(members, "slug")?.map(|slug| RoleId::new(org.clone(), slug)).transpose();
    let of_slug = of_slug.map_err(|error| invalid(format!("`slug`: {error}")))?;
    let of_id = text(members, "id")?.map(str::parse::<RoleId>).transpose();
    let of_id = of_id.map_err(|error| invalid(format!("`id`: {error}")))?;
    let given: Vec<&RoleId> = id_in_path.into_iter().chain(&of_id).chain(&of_slug).collect();
    let id = given.first().filter(|_| id_in_path.is_some() || of_slug.is_some());
    let Some(id) = id else { return Err(invalid("`slug` is required".to_owned())) };
    if given.iter().any(|other| other != id) {
        let rule = if id_in_path.is_some() { "must be those of the path" } else { "must name the same role" };
        return Err(invalid(format!("`id` and `slug` {rule}")));
    }
    Ok((*id).clone())
}

/// The role ids of a request body, an array, without duplicates.
///
/// # Errors
///
/// Returns [`ApiError::Invalid`] if an element is not a role id.
pub fn parse_role_list(elements: &[Value]) -> Result<Vec<RoleId>, ApiError> {
    let mut roles = Vec::new();
    for element in elements {
        let text = element.as_str().ok_or_else(|| invalid("the body must be an array of role ids".to_owned()))?;
        let not_a_role = |error| invalid(format!("`{}` is not a role id: {error}", excerpt(text)));
        let role: RoleId = text.parse().map_err(not_a_role)?;
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    Ok(roles)
}

/// Parses a user in a path: `<provider>|<subject>`, or `~` and the base64url without padding (RFC 4648, section 5) of that text,
/// which every subject has.
///
/// # Errors
///
/// Returns [`ApiError::Invalid`] for any other text.
pub fn parse_user(text: &str) -> Result<UserId, ApiError> {
    let malformed = || {
        let form = "must be `<provider>|<subject>`, or `~` and the base64url of that text";
        invalid(format!("`userId` {form}"))
    };
    let Some(encoded) = text.strip_prefix(ENCODED_USER_PREFIX) else { return text.parse().map_err(|_| malformed()) };
    let decoded = URL_SAFE_NO_PAD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.and_then(|user| user.parse().ok()).ok_or_else(malformed)
}

/// `user` as [`parse_user`] reads it from any path.
#[must_use]
pub fn encode_user(user: &UserId) -> String {
    format!("{ENCODED_USER_PREFIX}{}", URL_SAFE_NO_PAD.encode(user.to_string()))
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, ApiError> {
    let is_text = |value: &'a Value| value.as_str().ok_or_else(|| invalid(format!("`{name}` must be a string")));
    members.get(name).map(is_text).transpose()
}

fn required<'a>(members: &'a Map<String, Value>, name: &str) -> Result<&'a str, ApiError> {
    text(members, name)?.ok_or_else(|| invalid(format!("`{name}` is required")))
}

fn invalid(message: String) -> ApiError {
    ApiError::Invalid(message)
}
