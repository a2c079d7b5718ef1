//! Listing tokens, page by page.

mod cursor;
mod filter;

pub use cursor::{CursorError, PageKey};
pub use filter::{MAX_PAGE_SIZE, TokenFilter};

use crate::{
    caller::Caller,
    error::ApiError,
    ports::{Clock, ListTokens, TokenPage},
    token::{Token, TokenClass},
};

/// Lists tokens.
pub struct List<L, C> {
    /// Lists them.
    pub ledger: L,
    /// Tells the time.
    pub clock: C,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenList {
    /// Its tokens, newest first.
    pub tokens: Vec<Token>,
    /// The cursor of the next page; `None` at the end.
    pub next: Option<String>,
}

impl<L: ListTokens, C: Clock> List<L, C> {
    /// The live tokens of the caller's organization that `filter` lets through, newest first, behind the place where `cursor`
    /// is. One read for each class.
    ///
    /// # Errors
    ///
    /// [`ApiError::Invalid`] for a cursor that is altered, or of another request; what the ledger could not do.
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
        let left_over = tokens.len() > filter.limit;
        tokens.truncate(filter.limit);
        let next = if left_over { tokens.last().map(PageKey::of) } else { next_key };
        Ok(TokenList { next: next.map(|position| position.to_cursor(&caller.org, filter)), tokens })
    }
}

/// The pages as one, newest first, down to the place above which every class was read, and that place; `None` where all of
/// them were read to their ends.
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
