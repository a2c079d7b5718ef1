//! The operation that lists the active tokens of an organization, page by page.

use crate::{
    caller::Caller,
    error::ApiError,
    pagination::{CursorError, PageKey, TokenFilter},
    ports::{Clock, ListTokens, TokenPage},
    token::{Token, TokenClass},
};

/// Lists tokens.
pub struct List<L, C> {
    /// Reads pages of tokens.
    pub ledger: L,
    /// Source of the current time.
    pub clock: C,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenList {
    /// The tokens, newest first.
    pub tokens: Vec<Token>,
    /// The cursor of the next page; `None` on the last page.
    pub next: Option<String>,
}

impl<L: ListTokens, C: Clock> List<L, C> {
    /// The tokens of the caller's organization that are neither revoked nor expired and match `filter`, newest first,
    /// starting after `cursor`. Reads one page for each requested class.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Invalid`] if `cursor` was altered or belongs to another request, and the errors of the
    /// ledger.
    pub async fn run(
        &self,
        caller: &Caller,
        filter: &TokenFilter,
        cursor: Option<&str>,
    ) -> Result<TokenList, ApiError> {
        let before = cursor.map(|text| PageKey::from_cursor(text, &caller.org, filter)).transpose()?;
        let now = self.clock.now();
        let mut pages = Vec::new();
        for class in [TokenClass::Listed, TokenClass::System] {
            if filter.includes_class(class) {
                pages.push(self.ledger.list_page(&caller.org, class, before.as_ref(), now, filter).await?);
            }
        }
        let (mut tokens, next_key) = merge(pages);
        tokens.retain(|token| filter.matches_token(token));
        let exceeds_limit = tokens.len() > filter.limit;
        tokens.truncate(filter.limit);
        let next = if exceeds_limit { tokens.last().map(PageKey::of) } else { next_key };
        Ok(TokenList { next: next.map(|key| key.to_cursor(&caller.org, filter)), tokens })
    }
}

/// Merges the pages of the classes, newest first, and returns the key at which the next page starts; `None` if every
/// class was read to its end.
///
/// Tokens after that key are left to the next page: a class may have unread tokens between them.
fn merge(pages: Vec<TokenPage>) -> (Vec<Token>, Option<PageKey>) {
    let next_key = pages.iter().filter_map(|page| page.next_key.clone()).max();
    let mut tokens: Vec<Token> = pages.into_iter().flat_map(|page| page.tokens).collect();
    tokens.retain(|token| next_key.as_ref().is_none_or(|next_key| PageKey::of(token) >= *next_key));
    tokens.sort_by_cached_key(|token| std::cmp::Reverse(PageKey::of(token)));
    (tokens, next_key)
}

impl From<CursorError> for ApiError {
    fn from(error: CursorError) -> Self {
        Self::Invalid(error.to_string())
    }
}

#[cfg(test)]
mod tests;
