//! An action that a route requires and that a grant allows or denies: `token:create`, `entity:view`.

use std::{fmt, str::FromStr};

use serde::Deserialize;

/// Last parts of the actions that a read-only token may use.
const READ_ONLY_ACTIONS: [&str; 3] = ["view", "export", "download"];

/// The permission for every operation on tokens, which implies the narrower ones.
const CREATE_TOKENS: &str = "token:create";
/// The permission to list and get the tokens of the organization.
const VIEW_TOKENS: &str = "token:view";
/// The permission to revoke the tokens of the organization, which implies [`VIEW_TOKENS`].
const REVOKE_TOKENS: &str = "token:revoke";
/// The permission to create, list, get and revoke one's own tokens.
const OWN_TOKENS: &str = "token:self";

/// An action: parts separated by colons, in total 1 to 128 characters of `A-Z a-z 0-9 _ - . :`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Action(String);

/// The text is not a valid action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an action must have 1 to 128 characters of A-Z a-z 0-9 _ - . :")]
pub struct ActionError;

impl Action {
    /// The action as text. It contains no character that a JSON string must escape.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the pattern can match an action: `*` stands for any characters.
    #[must_use]
    pub fn is_pattern(pattern: &str) -> bool {
        pattern.replace('*', "a").parse::<Self>().is_ok()
    }

    /// Whether a read-only token may use the action: its last part is `view`, `export` or `download`.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.0.rsplit(':').next().is_some_and(|last| READ_ONLY_ACTIONS.contains(&last))
    }

    /// The actions that imply this one: a grant that allows one of them allows this action too.
    pub(super) fn implied_by(&self) -> &'static [&'static str] {
        match self.as_str() {
            VIEW_TOKENS => &[CREATE_TOKENS, REVOKE_TOKENS],
            REVOKE_TOKENS | OWN_TOKENS => &[CREATE_TOKENS],
            _ => &[],
        }
    }

    /// The action whose denial denies this one too.
    pub(super) fn denied_with(&self) -> Option<&'static str> {
        matches!(self.as_str(), VIEW_TOKENS | REVOKE_TOKENS | OWN_TOKENS).then_some(CREATE_TOKENS)
    }
}

/// Whether only a grant of exactly this action allows it, and no pattern. Patterns such as `*:self` were written before
/// the action existed.
pub(super) fn requires_exact_grant(action: &str) -> bool {
    matches!(action, REVOKE_TOKENS | OWN_TOKENS)
}

impl FromStr for Action {
    type Err = ActionError;

    fn from_str(text: &str) -> Result<Self, ActionError> {
        let is_valid =
            (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.:".contains(&b));
        is_valid.then(|| Self(text.to_owned())).ok_or(ActionError)
    }
}

impl TryFrom<String> for Action {
    type Error = ActionError;

    fn try_from(text: String) -> Result<Self, ActionError> {
        text.parse()
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_only_action_ends_with_view_export_or_download() {
        for (action, read_only) in [
            ("entity:view", true),
            ("entity:attribute:export", true),
            ("download", true),
            ("entity:view:delete", false),
            ("entity:preview", false),
            ("token:create", false),
            ("view:", false),
        ] {
            assert_eq!(action.parse::<Action>().map(|a| a.is_read_only()), Ok(read_only), "{action}");
        }
    }

    #[test]
    fn action_display_returns_parsed_text() {
        assert_eq!("token:create".parse::<Action>().map(|action| action.to_string()).as_deref(), Ok("token:create"));
    }

    /// Gateway responses contain the action without escaping.
    #[test]
    fn action_with_invalid_character_is_rejected() {
        for invalid in ["", "a b", "a\"b", "a\\b", "a$b", "a*", "ä"] {
            assert_eq!(invalid.parse::<Action>(), Err(ActionError), "{invalid}");
        }
    }
}
