//! The tokens of an organization that a caller may access.

use super::{Principal, Token, TokenId, UserId};

/// A selection of the tokens of one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenSelection {
    /// Every token.
    All,
    /// The tokens that this user owns.
    OwnedBy(UserId),
    /// This token and the tokens that it created.
    CreatedBy(TokenId),
    /// This token.
    Only(TokenId),
}

impl TokenSelection {
    /// Whether the selection includes `token`, which is of its organization.
    #[must_use]
    pub fn includes(&self, token: &Token) -> bool {
        match self {
            Self::All => true,
            Self::OwnedBy(user) => token.owner() == Some(user),
            Self::CreatedBy(id) => token.id == *id || token.created_by == Principal::Token(id.clone()),
            Self::Only(id) => token.id == *id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::samples;

    #[test]
    fn selection_of_user_is_the_tokens_with_that_owner() {
        let user = |id: &str| TokenSelection::OwnedBy(id.parse().unwrap());
        let owned = Token { owner: Some("local|7".parse().unwrap()), ..samples::child() };
        assert!(user("local|7").includes(&owned));
        assert!(!user("local|1001").includes(&owned));
        let transferred = Token { owner: Some("local|7".parse().unwrap()), ..samples::plain() };
        assert!(!user("local|1001").includes(&transferred), "the owner and not the creator counts");
        let older = Token { owner: None, ..samples::plain() };
        assert!(user("local|1001").includes(&older));
        let older_child = Token { owner: None, ..samples::child() };
        assert!(!user("local|1001").includes(&older_child));
    }

    #[test]
    fn selection_of_token_is_itself_and_what_it_created() {
        let plain = samples::plain();
        let selection = TokenSelection::CreatedBy(plain.id.clone());
        assert!(selection.includes(&plain) && selection.includes(&samples::child()));
        assert!(!selection.includes(&samples::with_inherited_denies()));
        let only = TokenSelection::Only(plain.id.clone());
        assert!(only.includes(&plain) && !only.includes(&samples::child()));
        assert!(TokenSelection::All.includes(&samples::child()));
    }
}
