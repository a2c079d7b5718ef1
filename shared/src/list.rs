//! The operation that lists the active tokens of an organization: page by page, or as many as fit into one response.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::{
    caller::Caller,
    error::ApiError,
    pagination::{CursorError, MAX_PAGE_SIZE, PageKey, TokenFilter},
    permissions::OrgId,
    ports::{Clock, ListQuery, ListTokens, PortError, TokenPage},
    token::{Token, TokenClass, TokenSelection, UnixTime},
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
    /// Passes the tokens in the caller's scope that are neither revoked nor expired and match `filter` to `add`, newest
    /// first, starting after `cursor`. Ends when `add` returns false for a token, which the next page then starts with. `add`
    /// must return true for the first token.
    ///
    /// With a page size it reads one page for each requested class. Without one it reads all pages, for at most
    /// 4 seconds, after which it ends with those that are complete, at least one. If the scope is narrower than the
    /// organization, it also reads all pages until the page size is reached, so that neither the number of tokens nor the
    /// cursor depends on the tokens of others.
    ///
    /// Returns the cursor of the next page; `None` if there are no more tokens.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::PermissionDenied`] if the caller has no scope, [`ApiError::Invalid`] if `cursor` was altered or
    /// belongs to another request, and the errors of `add` and of the ledger.
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
        let accessible = caller.accessible_tokens()?;
        let list = TokenList { org: &caller.org, accessible: &accessible, now: self.clock.now(), filter };
        let mut missing = filter.limit;
        let mut page = self.read_page(&list, start.as_ref(), missing).await?;
        let mut last_added = start;
        loop {
            for token in &page.tokens {
                if !add(token)? {
                    return Ok(last_added.map(cursor_of));
                }
                last_added = Some(PageKey::of(token));
            }
            let Some(next_key) = page.next_key else { return Ok(None) };
            let resume_key = list.resume_key(&next_key, last_added);
            missing = missing.map(|missing| missing - page.tokens.len());
            if missing.is_some_and(|missing| missing == 0 || list.is_complete()) {
                return Ok(Some(cursor_of(resume_key)));
            }
            let next_page = self.read_page(&list, Some(&next_key), missing);
            let Ok(next_page) = timeout_at(deadline, next_page).await else { return Ok(Some(cursor_of(resume_key))) };
            page = next_page?;
            last_added = Some(resume_key);
        }
    }

    /// One page of each requested class, merged: the tokens that match the filter, at most `limit`, and the key at which the
    /// next page starts.
    async fn read_page(
        &self,
        list: &TokenList<'_>,
        before: Option<&PageKey>,
        limit: Option<usize>,
    ) -> Result<TokenPage, PortError> {
        let TokenList { org, accessible, now, filter } = *list;
        let read_size = limit.filter(|_| list.is_complete()).unwrap_or(MAX_PAGE_SIZE);
        let mut pages = Vec::new();
        for class in [TokenClass::Listed, TokenClass::System] {
            if filter.includes_class(class) {
                let query = ListQuery { org, class, now, accessible, filter, read_size };
                pages.push(self.ledger.list_page(&query, before).await?);
            }
        }
        let (mut tokens, mut next_key) = merge(pages);
        tokens.retain(|token| filter.matches_token(token) && accessible.includes(token));
        if let Some(limit) = limit.filter(|limit| tokens.len() > *limit) {
            tokens.truncate(limit);
            next_key = tokens.last().map(PageKey::of);
        }
        Ok(TokenPage { tokens, next_key })
    }
}

/// The tokens of all classes that a request lists.
struct TokenList<'a> {
    org: &'a OrgId,
    accessible: &'a TokenSelection,
    now: UnixTime,
    filter: &'a TokenFilter,
}

impl TokenList<'_> {
    /// Whether the caller may access every token of the organization.
    fn is_complete(&self) -> bool {
        *self.accessible == TokenSelection::All
    }

    /// The position from which a later request continues after a read that ended at `next_key`. That may be a token that
    /// the caller may not access, which no cursor names.
    fn resume_key(&self, next_key: &PageKey, last_added: Option<PageKey>) -> PageKey {
        if self.is_complete() {
            return next_key.clone();
        }
        let start = next_key.start_of_second();
        // A token of the same second that was added is not repeated.
        last_added.map_or_else(|| start.clone(), |last_added| last_added.min(start.clone()))
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
