//! The description of a token: what it is for, where its secret is stored, whom to contact.

use std::{fmt, str::FromStr};

/// Longest description, in characters.
const MAX_DESCRIPTION_CHARACTERS: usize = 1_000;

/// The description of a token: 1 to 1,000 characters without control characters, and without white space at the ends.
///
/// It is one line, as a name is, so that a line of a table, a log or a terminal shows it as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description(String);

/// Why a text is not a description.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DescriptionError {
    /// The text is empty or only white space.
    #[error("`description` must not be blank")]
    Blank,
    /// The text exceeds the maximum length.
    #[error("`description` must not exceed {MAX_DESCRIPTION_CHARACTERS} characters and has {0}")]
    Long(usize),
    /// The text contains a control character, such as a line break.
    #[error("`description` must be one line without control characters")]
    Control,
}

impl Description {
    /// The description as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Description {
    type Err = DescriptionError;

    fn from_str(text: &str) -> Result<Self, DescriptionError> {
        let trimmed = text.trim();
        let length = trimmed.chars().count();
        if length == 0 {
            Err(DescriptionError::Blank)
        } else if length > MAX_DESCRIPTION_CHARACTERS {
            Err(DescriptionError::Long(length))
        } else if trimmed.chars().any(char::is_control) {
            Err(DescriptionError::Control)
        } else {
            Ok(Self(trimmed.to_owned()))
        }
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description(text: &str) -> Result<String, DescriptionError> {
        text.parse::<Description>().map(|description| description.to_string())
    }

    #[test]
    fn description_is_trimmed_and_has_1_to_1_000_characters() {
        assert_eq!(description("  In the vault \n"), Ok("In the vault".to_owned()));
        assert_eq!(description("d"), Ok("d".to_owned()));
        assert_eq!(description(&"🔑".repeat(1_000)), Ok("🔑".repeat(1_000)));
        assert_eq!(description(&"d".repeat(1_001)), Err(DescriptionError::Long(1_001)));
        assert_eq!(description(""), Err(DescriptionError::Blank));
        assert_eq!(description(" \t\n "), Err(DescriptionError::Blank));
    }

    #[test]
    fn description_with_control_characters_is_invalid() {
        for bad in ["a\nb", "a\r\nb", "a\tb", "a\u{0}b", "a\u{1b}[2Jb", "a\u{7f}b", "a\u{85}b"] {
            assert_eq!(description(bad), Err(DescriptionError::Control), "{bad:?}");
        }
    }
}
