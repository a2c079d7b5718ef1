//! The operation that lists the active tokens of an organization: page by page, or as many as fit into one response.

mod token_list;

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

pub(crate) use self::token_list::TokenList;
use crate::{
    caller::Caller,
    error::ApiError,
    pagination::{CursorError, PageKey, TokenFilter},
    ports::{Clock, ListTokens},
    token::Token,
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
        let mut page = list.read_page(&self.ledger, start.as_ref(), missing).await?;
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
            let next_page = list.read_page(&self.ledger, Some(&next_key), missing);
            let Ok(next_page) = timeout_at(deadline, next_page).await else { return Ok(Some(cursor_of(resume_key))) };
            page = next_page?;
            last_added = Some(resume_key);
        }
    }
}

impl From<CursorError> for ApiError {
    fn from(error: CursorError) -> Self {
        Self::Invalid(error.to_string())
    }
}

#[cfg(test)]
mod tests;
