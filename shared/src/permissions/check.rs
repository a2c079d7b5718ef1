//! A permission to check without a request to the route that requires it.

use super::{Action, ActionError};

/// Longest resource, in bytes.
const MAX_RESOURCE_BYTES: usize = 1_024;

/// An action, and the resource of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionCheck {
    /// The action.
    pub action: Action,
    /// The resource; `None` for a route that names none.
    pub resource: Option<String>,
}

/// Why the texts are not a permission to check.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PermissionCheckError {
    /// The action is invalid.
    #[error("`action`: {0}")]
    Action(#[from] ActionError),
    /// The resource is empty or too long.
    #[error("`resource` must have 1 to {MAX_RESOURCE_BYTES} bytes")]
    Resource,
    /// There is a resource and no action.
    #[error("`resource` requires `action`")]
    ActionMissing,
}

impl PermissionCheck {
    /// Parses an action and a resource; `None` if both are absent.
    ///
    /// # Errors
    ///
    /// Returns a [`PermissionCheckError`] if one of them is invalid.
    pub fn parse(action: Option<&str>, resource: Option<&str>) -> Result<Option<Self>, PermissionCheckError> {
        match (action, resource) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(PermissionCheckError::ActionMissing),
            (Some(_), Some(resource)) if !(1..=MAX_RESOURCE_BYTES).contains(&resource.len()) => {
                Err(PermissionCheckError::Resource)
            }
            (Some(action), resource) => {
                Ok(Some(Self { action: action.parse()?, resource: resource.map(ToOwned::to_owned) }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_has_an_action_and_optionally_a_resource() {
        let parse = PermissionCheck::parse;
        assert_eq!(parse(None, None), Ok(None));
        let check = parse(Some("order:view"), Some("order/7")).unwrap().unwrap();
        assert_eq!((check.action.as_str(), check.resource.as_deref()), ("order:view", Some("order/7")));
        assert_eq!(parse(Some("order:view"), None).unwrap().unwrap().resource, None);
        assert!(parse(Some("a"), Some(&"r".repeat(1_024))).is_ok());
        for (action, resource, error) in [
            (None, Some("order/7"), PermissionCheckError::ActionMissing),
            (Some(""), None, PermissionCheckError::Action(ActionError)),
            (Some("order:*"), None, PermissionCheckError::Action(ActionError)),
            (Some("a"), Some(""), PermissionCheckError::Resource),
            (Some("a"), Some(&*"r".repeat(1_025)), PermissionCheckError::Resource),
        ] {
            assert_eq!(parse(action, resource), Err(error), "{action:?} {resource:?}");
        }
    }
}
