//! The tokens of an organization that match a filter: reads the lists of both classes as one.

use crate::{
    pagination::{MAX_PAGE_SIZE, PageKey, TokenFilter},
    permissions::OrgId,
    ports::{ListQuery, ListTokens, PortError, TokenPage},
    token::{Token, TokenClass, TokenSelection, UnixTime},
};

/// The active tokens of all classes that match a filter.
pub(crate) struct TokenList<'a> {
    /// The organization.
    pub(crate) org: &'a OrgId,
    /// The tokens that the caller may access. The list does not contain others.
    pub(crate) accessible: &'a TokenSelection,
    /// The time at which the tokens must not be expired.
    pub(crate) now: UnixTime,
    /// The filter.
    pub(crate) filter: &'a TokenFilter,
}

impl TokenList<'_> {
    /// Whether the caller may access every token of the organization.
    pub(crate) fn is_complete(&self) -> bool {
        *self.accessible == TokenSelection::All
    }

    /// One page of each requested class, merged: the tokens that match the filter, at most `limit`, and the key at which the
    /// next page starts.
    ///
    /// # Errors
    ///
    /// Returns the errors of the ledger.
    pub(crate) async fn read_page(
        &self,
        ledger: &impl ListTokens,
        before: Option<&PageKey>,
        limit: Option<usize>,
    ) -> Result<TokenPage, PortError> {
        let Self { org, accessible, now, filter } = *self;
        let read_size = limit.filter(|_| self.is_complete()).unwrap_or(MAX_PAGE_SIZE);
        let read = async |class: TokenClass| {
            let query = ListQuery { org, class, now, accessible, filter, read_size };
            if filter.includes_class(class) { ledger.list_page(&query, before).await.map(Some) } else { Ok(None) }
        };
        // At once, so that both end within the time of one call.
        let (listed, system) = tokio::join!(read(TokenClass::Listed), read(TokenClass::System));
        let (mut tokens, mut next_key) = merge([listed?, system?].into_iter().flatten().collect());
        tokens.retain(|token| filter.matches_token(token) && accessible.includes(token));
        if let Some(limit) = limit.filter(|limit| tokens.len() > *limit) {
            tokens.truncate(limit);
            next_key = tokens.last().map(PageKey::of);
        }
        Ok(TokenPage { tokens, next_key })
    }

    /// The position from which a later request continues after a read that ended at `next_key`. That may be a token that
    /// the caller may not access, which no cursor names.
    pub(crate) fn resume_key(&self, next_key: &PageKey, last_added: Option<PageKey>) -> PageKey {
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
