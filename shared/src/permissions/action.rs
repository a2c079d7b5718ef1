//! What somebody wants to do: `token:create`, `entity:view`.

use std::{fmt, str::FromStr};

use serde::Deserialize;

/// The last parts of the actions that a read-only token is allowed.
const READ_ONLY_ACTIONS: [&str; 3] = ["view", "export", "download"];

/// An action: parts separated by colons, 1 to 128 of `A-Z a-z 0-9 _ - . :` in all.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Action(String);

/// Why a text is no action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an action is 1 to 128 of A-Z a-z 0-9 _ - . :")]
pub struct ActionError;

impl Action {
    /// The action as text. It holds nothing that a JSON string would have to escape.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a read-only token may be allowed it: the last part is `view`, `export` or `download`.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.0.rsplit(':').next().is_some_and(|last| READ_ONLY_ACTIONS.contains(&last))
    }
}

impl FromStr for Action {
    type Err = ActionError;

    fn from_str(text: &str) -> Result<Self, ActionError> {
        let fits =
            (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.:".contains(&b));
        fits.then(|| Self(text.to_owned())).ok_or(ActionError)
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
    fn only_view_export_and_download_as_the_last_part_are_reading() {
        for (action, reading) in [
            ("entity:view", true),
            ("entity:attribute:export", true),
            ("download", true),
            ("entity:view:delete", false),
            ("entity:preview", false),
            ("token:create", false),
            ("view:", false),
        ] {
            assert_eq!(action.parse::<Action>().map(|a| a.is_read_only()), Ok(reading), "{action}");
        }
    }

    #[test]
    fn an_action_is_told_as_it_was_written() {
        assert_eq!("token:create".parse::<Action>().map(|action| action.to_string()).as_deref(), Ok("token:create"));
    }

    #[test]
    fn an_action_holds_nothing_that_a_gateway_response_would_have_to_escape() {
        for bad in ["", "a b", "a\"b", "a\\b", "a$b", "a*", "ä"] {
            assert_eq!(bad.parse::<Action>(), Err(ActionError), "{bad}");
        }
    }
}
