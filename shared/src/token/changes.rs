//! A change of the texts of a token, which are all that changes in an active token besides its last use.

use super::{Description, Token, TokenName};

/// The change of a token's name, its description, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenChanges {
    /// The new name; `None` leaves the name unchanged.
    pub name: Option<TokenName>,
    /// What becomes of the description.
    pub description: DescriptionChange,
}

/// The change of a description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DescriptionChange {
    /// It stays as it is.
    Keep,
    /// It is replaced, or added.
    Set(Description),
    /// It is removed. A token without a description stays without one.
    Remove,
}

impl TokenChanges {
    /// The token after the change.
    #[must_use]
    pub fn apply(&self, token: &Token) -> Token {
        Token {
            name: self.name.clone().unwrap_or_else(|| token.name.clone()),
            description: match &self.description {
                DescriptionChange::Keep => token.description.clone(),
                DescriptionChange::Set(description) => Some(description.clone()),
                DescriptionChange::Remove => None,
            },
            ..token.clone()
        }
    }

    /// The names of the changed members.
    #[must_use]
    pub fn members(&self) -> Vec<&'static str> {
        let name = self.name.as_ref().map(|_| "name");
        let description = (self.description != DescriptionChange::Keep).then_some("description");
        name.into_iter().chain(description).collect()
    }
}
