//! The filter of a list request: token types, creator and page size.

use std::collections::BTreeSet;

use crate::token::{Principal, Token, TokenClass, TypeName};

/// Most tokens of a page of a caller that pages, and of one read of the list.
pub const MAX_PAGE_SIZE: usize = 1_000;

/// The filter and the page size of a list request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenFilter {
    /// Return only tokens of these types; `None` means the types that users manage ([`TokenClass::Listed`]).
    pub types: Option<BTreeSet<TypeName>>,
    /// Return only tokens that this user or token created.
    pub created_by: Option<Principal>,
    /// Most tokens of a page, 1 to [`MAX_PAGE_SIZE`]. `None`: all tokens, or as many as fit into one response.
    pub limit: Option<usize>,
}

impl TokenFilter {
    fn includes_type(&self, name: TypeName) -> bool {
        self.types.as_ref().map_or(name.class() == TokenClass::Listed, |types| types.contains(&name))
    }

    /// Whether a token of this class can match.
    pub(crate) fn includes_class(&self, class: TokenClass) -> bool {
        TypeName::ALL.into_iter().any(|name| name.class() == class && self.includes_type(name))
    }

    pub(crate) fn matches_token(&self, token: &Token) -> bool {
        let is_by_creator = self.created_by.as_ref().is_none_or(|creator| token.created_by == *creator);
        is_by_creator && self.includes_type(token.id.type_name())
    }

    /// The canonical form of the filter, for the checksum of a cursor. It does not contain the page size, which may
    /// change from page to page.
    pub(crate) fn canonical(&self) -> String {
        let types = TypeName::ALL.into_iter().filter(|name| self.includes_type(*name)).map(TypeName::as_str);
        let creator = self.created_by.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{}\n{creator}", types.collect::<Vec<_>>().join(","))
    }
}
