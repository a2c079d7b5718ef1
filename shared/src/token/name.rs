//! The name of a token, chosen by its creator.

use std::{fmt, str::FromStr};

/// Longest name, in characters.
const MAX_NAME_CHARACTERS: usize = 255;

/// The name of a token: 1 to 255 characters without control characters, and without white space at the ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenName(String);

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text is empty or only white space.
    #[error("`name` must not be blank")]
    Blank,
    /// The text exceeds the maximum length.
    #[error("`name` must not exceed {MAX_NAME_CHARACTERS} characters and has {0}")]
    Long(usize),
    /// The text contains a control character, such as a line break.
    #[error("`name` must not contain control characters")]
    Control,
}

impl TokenName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TokenName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let trimmed = text.trim();
        let length = trimmed.chars().count();
        if length == 0 {
            Err(NameError::Blank)
        } else if length > MAX_NAME_CHARACTERS {
            Err(NameError::Long(length))
        } else if trimmed.chars().any(char::is_control) {
            Err(NameError::Control)
        } else {
            Ok(Self(trimmed.to_owned()))
        }
    }
}

impl fmt::Display for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Result<String, NameError> {
        text.parse::<TokenName>().map(|name| name.to_string())
    }

    #[test]
    fn name_is_trimmed_and_has_1_to_255_characters() {
        assert_eq!(name("  My token "), Ok("My token".to_owned()));
        assert_eq!(name(&"n".repeat(255)), Ok("n".repeat(255)));
        assert_eq!(name(&"🔑".repeat(255)), Ok("🔑".repeat(255)));
        assert_eq!(name(&"n".repeat(256)), Err(NameError::Long(256)));
        assert_eq!(name(""), Err(NameError::Blank));
        assert_eq!(name(" \t\n "), Err(NameError::Blank));
    }

    #[test]
    fn name_with_control_characters_is_invalid() {
        for bad in ["a\nb", "a\u{0}b", "a\u{7f}b", "a\u{85}b"] {
            assert_eq!(name(bad), Err(NameError::Control), "{bad:?}");
        }
    }
}
