//! Which tokens a list shows.

use std::collections::BTreeSet;

use crate::token::{Principal, Token, TokenClass, TypeName};

/// The most tokens of a page, and as many as a page has where nothing is said.
pub const MAX_PAGE_SIZE: usize = 1_000;

/// Which tokens a list shows, and how many at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFilter {
    /// Of these types; `None`: of those that people manage.
    pub types: Option<BTreeSet<TypeName>>,
    /// Made by this one alone.
    pub created_by: Option<Principal>,
    /// How many at once, 1 to [`MAX_PAGE_SIZE`].
    pub limit: usize,
}

impl Default for TokenFilter {
    fn default() -> Self {
        Self { types: None, created_by: None, limit: MAX_PAGE_SIZE }
    }
}

impl TokenFilter {
    fn shows(&self, name: TypeName) -> bool {
        self.types.as_ref().map_or(name.class() == TokenClass::Listed, |types| types.contains(&name))
    }

    /// Whether a token of this class may be among those shown.
    pub(super) fn includes_class(&self, class: TokenClass) -> bool {
        TypeName::ALL.into_iter().any(|name| name.class() == class && self.shows(name))
    }

    pub(super) fn matches_token(&self, token: &Token) -> bool {
        let maker = self.created_by.as_ref();
        self.shows(token.id.type_name()) && maker.is_none_or(|maker| token.created_by == *maker)
    }

    /// The filter as one text, the same for every way of asking for it. How many at once makes no difference.
    pub(super) fn canonical(&self) -> String {
        let shown = TypeName::ALL.into_iter().filter(|name| self.shows(*name)).map(TypeName::as_str);
        let maker = self.created_by.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{}\n{maker}", shown.collect::<Vec<_>>().join(","))
    }
}
