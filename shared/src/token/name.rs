//! The name that somebody gives a token.

use std::{fmt, str::FromStr};

/// The most characters of a name.
const MOST: usize = 255;

/// A token's name: 1 to 255 characters once trimmed, none of them a control character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenName(String);

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing is left once it is trimmed.
    #[error("`name` must not be blank")]
    Blank,
    /// It is too long.
    #[error("`name` must have 255 characters at most and has {0}")]
    Long(usize),
    /// It holds a control character, a line break for instance.
    #[error("`name` must not hold control characters")]
    Control,
}

impl FromStr for TokenName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let trimmed = text.trim();
        let length = trimmed.chars().count();
        if length == 0 {
            Err(NameError::Blank)
        } else if length > MOST {
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
    fn a_name_is_trimmed_and_has_1_to_255_characters() {
        assert_eq!(name("  My token "), Ok("My token".to_owned()));
        assert_eq!(name(&"n".repeat(255)), Ok("n".repeat(255)));
        assert_eq!(name(&"🔑".repeat(255)), Ok("🔑".repeat(255)));
        assert_eq!(name(&"n".repeat(256)), Err(NameError::Long(256)));
        assert_eq!(name(""), Err(NameError::Blank));
        assert_eq!(name(" \t\n "), Err(NameError::Blank));
    }

    #[test]
    fn a_name_holds_no_control_characters() {
        for bad in ["a\nb", "a\u{0}b", "a\u{7f}b", "a\u{85}b"] {
            assert_eq!(name(bad), Err(NameError::Control), "{bad:?}");
        }
    }
}
