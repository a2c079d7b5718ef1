//! The operation that lists the active tokens of an organization: page by page, or as many as fit into one response.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::{
    caller::Caller,
    error::ApiError,
    pagination::{CursorError, PageKey, TokenFilter},
    ports::{Clock, ListTokens, PortError, TokenPage},
    token::{Token, TokenClass, UnixTime},
};

/// Time after which a list without a page size ends with the tokens that were read. The request then ends within its time
/// limit, although a read takes up to 2.9 seconds.
const READ_TIMEOUT: Duration = Duration::from_secs(4);

/// Lists tokens.
pub struct List<L, C> {
    /// Reads pages of tokens.
    pub ledger: L,
    /// Source of the current time.
    pub clock: C,
}

impl<L: ListTokens, C: Clock> List<L, C> {
    /// Passes the tokens of the caller's organization that are neither revoked nor expired and match `filter` to `add`, newest
    /// first, starting after `cursor`. Ends when `add` returns false for a token, which the next page then starts with. `add`
    /// must return true for the first token.
    ///
    /// With a page size it reads one page for each requested class. Without one it reads all pages, for at most
    /// 4 seconds, after which it ends with those that are complete, at least one.
    ///
    /// Returns the cursor of the next page; `None` if there are no more tokens.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Invalid`] if `cursor` was altered or belongs to another request, and the errors of `add` and of the
    /// ledger.
    pub async fn run(
        &self,
        caller: &Caller,
        filter: &TokenFilter,
        cursor: Option<&str>,
        add: impl FnMut(&Token) -> Result<bool, ApiError> + Send,
    ) -> Result<Option<String>, ApiError> {
        self.run_until(Instant::now() + READ_TIMEOUT, caller, filter, cursor, add).await
    }

    async fn run_until(
        &self,
        deadline: Instant,
        caller: &Caller,
        filter: &TokenFilter,
        cursor: Option<&str>,
        mut add: impl FnMut(&Token) -> Result<bool, ApiError> + Send,
    ) -> Result<Option<String>, ApiError> {
        let cursor_of = |key: PageKey| key.to_cursor(&caller.org, filter);
        let start = cursor.map(|text| PageKey::from_cursor(text, &caller.org, filter)).transpose()?;
        let now = self.clock.now();
        let mut page = self.read_page(caller, filter, start.as_ref(), now).await?;
        let mut last_added = start;
        loop {
            for token in &page.tokens {
                if !add(token)? {
                    return Ok(last_added.map(cursor_of));
                }
                last_added = Some(PageKey::of(token));
            }
            let Some(next_key) = page.next_key else { return Ok(None) };
            if filter.limit.is_some() {
                return Ok(Some(cursor_of(next_key)));
            }
            let next_page = self.read_page(caller, filter, Some(&next_key), now);
            let Ok(next_page) = timeout_at(deadline, next_page).await else { return Ok(Some(cursor_of(next_key))) };
            page = next_page?;
            last_added = Some(next_key);
        }
    }

    /// One page of each requested class, merged: the tokens that match `filter`, at most its page size, and the key at which
    /// the next page starts.
    async fn read_page(
        &self,
        caller: &Caller,
        filter: &TokenFilter,
        before: Option<&PageKey>,
        now: UnixTime,
    ) -> Result<TokenPage, PortError> {
        let mut pages = Vec::new();
        for class in [TokenClass::Listed, TokenClass::System] {
            if filter.includes_class(class) {
                pages.push(self.ledger.list_page(&caller.org, class, before, now, filter).await?);
            }
        }
        let (mut tokens, mut next_key) = merge(pages);
        tokens.retain(|token| filter.matches_token(token));
        if let Some(limit) = filter.limit.filter(|limit| tokens.len() > *limit) {
            tokens.truncate(limit);
            next_key = tokens.last().map(PageKey::of);
        }
        Ok(TokenPage { tokens, next_key })
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
