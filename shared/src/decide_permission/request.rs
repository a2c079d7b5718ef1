//! The request to decide a permission for a token that does not exist yet.

use serde_json::{Map, Value};

use crate::{create::RequestedAccess, error::ApiError, json::excerpt, permissions::PermissionCheck};

/// The members of a request.
const MEMBERS: [&str; 5] = ["assignments", "grants", "read_only", "action", "resource"];

/// A token that does not exist yet, and the permission to decide for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulationRequest {
    /// The roles, grants and flags of the token.
    pub access: RequestedAccess,
    /// The permission.
    pub check: PermissionCheck,
}

impl SimulationRequest {
    /// Parses the members of a request body.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Invalid`] with the member and the rule that it violates.
    pub fn parse(members: &Map<String, Value>) -> Result<Self, ApiError> {
        if let Some(unknown) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
            return Err(ApiError::Invalid(format!("`{}` is not a member of a simulation", excerpt(unknown))));
        }
        let action = text(members, "action")?;
        let resource = text(members, "resource")?;
        let check = PermissionCheck::parse(action, resource).map_err(|error| ApiError::Invalid(error.to_string()))?;
        let check = check.ok_or_else(|| ApiError::Invalid("`action` is required".to_owned()))?;
        Ok(Self { access: RequestedAccess::parse(members)?, check })
    }
}

fn text<'a>(members: &'a Map<String, Value>, member: &str) -> Result<Option<&'a str>, ApiError> {
    match members.get(member) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(ApiError::Invalid(format!("`{member}` must be a string"))),
    }
}
