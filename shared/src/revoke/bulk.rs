//! The operation that revokes many tokens, page by page.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::{BulkRevokeRequest, RevocationFilter, Revoke};
use crate::{
    caller::Caller,
    error::ApiError,
    list::TokenList,
    pagination::{
        CursorError, PageKey,
        cursor::{decode, encode},
    },
    permissions::OrgId,
    ports::{Clock, ListTokens, RevocationTarget, RevokeToken},
    token::{Token, TokenId, TokenSelection},
};

/// Most tokens that one request revokes, in addition to the tokens that come last.
const MAX_REVOKED_TOKENS: usize = 100;

/// Time after which a request ends with the tokens that it has revoked. The request then ends within its time limit, although a read
/// and a write take up to 2.9 seconds each.
const REVOKE_TIMEOUT: Duration = Duration::from_secs(4);

/// Most tokens that are deferred. More of them are revoked in their turn, which ends the access of the caller early.
const MAX_DEFERRED_TOKENS: usize = 20;

/// The result of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkRevocation {
    /// The tokens that the request has revoked, in this order.
    pub revoked: Vec<TokenId>,
    /// The cursor of the next request; `None` if no matching token is left.
    pub cursor: Option<String>,
}

/// What one request may do.
#[derive(Debug, Clone, Copy)]
struct RequestBudget {
    /// Most tokens that it revokes.
    max_tokens: usize,
    /// When it ends with the tokens that it has revoked.
    deadline: Instant,
}

/// How far the requests have come that revoke the tokens of one filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Progress {
    /// The position in the list after which no token has been read; `None`: at the start.
    position: Option<PageKey>,
    /// Matching tokens before that position whose revocation ends the access of the caller, in the order of the list: the token that
    /// calls, its parent, and the tokens that either of them succeeds. They are revoked at the end.
    deferred: Vec<TokenId>,
}

impl<L: RevokeToken + ListTokens, C: Clock> Revoke<L, C> {
    /// Revokes the active tokens in the caller's scope that match the request, newest first, at most 100 and for at most 4 seconds.
    /// A successor that a token has obtained by rotating itself matches whenever that token does. The token that calls comes last, after its parent and the
    /// tokens that either of them succeeds: it is revoked when no other token is left. Each token is passed to `on_revoked` as soon
    /// as it is revoked.
    ///
    /// A token that another request has revoked or that no longer exists is left out of the result.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::PermissionDenied`] if the caller has no scope, [`ApiError::Invalid`] if the cursor was altered or belongs
    /// to another request, and the errors of the ledger. What was revoked before an error stays revoked.
    pub async fn run_bulk(
        &self,
        caller: &Caller,
        request: &BulkRevokeRequest,
        on_revoked: impl FnMut(&Token) + Send,
    ) -> Result<BulkRevocation, ApiError> {
        let budget = RequestBudget { max_tokens: MAX_REVOKED_TOKENS, deadline: Instant::now() + REVOKE_TIMEOUT };
        self.run_bulk_within(budget, caller, request, on_revoked).await
    }

    async fn run_bulk_within(
        &self,
        budget: RequestBudget,
        caller: &Caller,
        request: &BulkRevokeRequest,
        mut on_revoked: impl FnMut(&Token) + Send,
    ) -> Result<BulkRevocation, ApiError> {
        let mut progress = Progress::of_request(request, &caller.org)?;
        let accessible = caller.accessible_tokens()?;
        let filter = request.filter.list_filter();
        let list = TokenList { org: &caller.org, accessible: &accessible, now: self.clock.now(), filter: &filter };
        let mut revoked = Revoked { ids: Vec::new(), on_revoked: &mut on_revoked };
        // Each request revokes a token if there is one, however long the reading took.
        let mut has_written = false;
        let must_end = |count: usize, has_written: bool| {
            count >= budget.max_tokens || (has_written && Instant::now() >= budget.deadline)
        };
        let unfinished = |revoked: Vec<TokenId>, progress: &Progress| {
            Ok(BulkRevocation { revoked, cursor: progress.to_cursor(request, &caller.org) })
        };
        // Few of the tokens that are read may match, so that reads are not limited to the number of missing ones.
        let limit = |count: usize| {
            let missing = budget.max_tokens.saturating_sub(count).max(1);
            (request.filter == RevocationFilter::All).then_some(missing)
        };
        let mut page = list.read_page(&self.ledger, progress.position.as_ref(), limit(revoked.ids.len())).await?;
        loop {
            for token in &page.tokens {
                if request.filter.includes(token) && !progress.defer(caller, token) {
                    if must_end(revoked.ids.len(), has_written) {
                        return unfinished(revoked.ids, &progress);
                    }
                    self.revoke_new(caller, &accessible, &token.id, &mut revoked).await?;
                    has_written = true;
                }
                progress.position = Some(PageKey::of(token));
            }
            let Some(next_key) = page.next_key else { break };
            progress.position = Some(list.resume_key(&next_key, progress.position));
            if must_end(revoked.ids.len(), has_written) {
                return unfinished(revoked.ids, &progress);
            }
            // From where the last read stopped: the position may be before tokens of others that were read.
            let next_page = list.read_page(&self.ledger, Some(&next_key), limit(revoked.ids.len()));
            let Ok(next_page) = timeout_at(budget.deadline, next_page).await else {
                return unfinished(revoked.ids, &progress);
            };
            page = next_page?;
        }
        let deferred = progress.deferred_in_order(caller);
        // All of them in one request, because the caller has no access afterwards.
        if has_written && !deferred.is_empty() && must_end(revoked.ids.len() + deferred.len() - 1, has_written) {
            return unfinished(revoked.ids, &progress);
        }
        for id in deferred {
            self.revoke_new(caller, &accessible, &id, &mut revoked).await?;
        }
        // Also if a token that it succeeds was revoked after it.
        revoked.ids.sort_by_key(|id| caller.token().is_some_and(|token| token.id == *id));
        Ok(BulkRevocation { revoked: revoked.ids, cursor: None })
    }

    /// Revokes one token and adds it to `revoked`, unless another request was first. Its successors are in the list too.
    async fn revoke_new(
        &self,
        caller: &Caller,
        accessible: &TokenSelection,
        id: &TokenId,
        revoked: &mut Revoked<'_, impl FnMut(&Token) + Send>,
    ) -> Result<(), ApiError> {
        let revocation = self.revocation(caller);
        let add = |token: &Token| {
            // A repetition of the write, after its response was lost, finds the same revocation.
            let is_own =
                token.revocation.as_ref().is_some_and(|own| own.by == revocation.by && own.at >= revocation.at);
            if is_own && !revoked.ids.contains(&token.id) {
                (revoked.on_revoked)(token);
                revoked.ids.push(token.id.clone());
            }
        };
        let target = RevocationTarget { id, org: &caller.org, accessible, rotated_by: None };
        self.revoke_one(&target, &revocation, add).await.map(|_| ())
    }
}

/// The tokens that a request has revoked.
struct Revoked<'a, F> {
    ids: Vec<TokenId>,
    on_revoked: &'a mut F,
}

impl Progress {
    /// The progress that the cursor of `request` contains, or that of the first page.
    fn of_request(request: &BulkRevokeRequest, org: &OrgId) -> Result<Self, ApiError> {
        let Some(cursor) = &request.cursor else {
            return Ok(Self::default());
        };
        let text = decode(cursor, org, &request.filter.canonical());
        text.and_then(|text| Self::parse(&text)).map_err(|CursorError| {
            let problem = "`cursor` was altered or belongs to another request";
            ApiError::Invalid(format!("{problem}: take it from the previous response to the same request"))
        })
    }

    /// Parses the content of a cursor.
    fn parse(text: &str) -> Result<Self, CursorError> {
        let (deferred, key) = text.split_once(':').ok_or(CursorError)?;
        let ids = deferred.split(',').filter(|id| !id.is_empty()).map(str::parse);
        let deferred = ids.collect::<Result<Vec<TokenId>, _>>().map_err(|_| CursorError)?;
        if deferred.len() > MAX_DEFERRED_TOKENS {
            return Err(CursorError);
        }
        Ok(Self { position: Some(PageKey::parse(key.to_owned())?), deferred })
    }

    /// The cursor of the request that continues. It names no token that the caller may not access.
    fn to_cursor(&self, request: &BulkRevokeRequest, org: &OrgId) -> Option<String> {
        let deferred = self.deferred.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let text = |key: &PageKey| format!("{deferred}:{}", key.as_str());
        self.position.as_ref().map(|key| encode(&text(key), org, &request.filter.canonical()))
    }

    /// Defers `token` and returns true, if its revocation ends the access of the caller.
    fn defer(&mut self, caller: &Caller, token: &Token) -> bool {
        let Some(calling) = caller.token() else { return false };
        let ends_caller = |id: &TokenId| calling.id == *id || calling.parent.as_ref() == Some(id);
        let successor = token.succession.as_ref().map(|succession| &succession.successor);
        let is_succeeded = successor.is_some_and(|id| ends_caller(id) || self.deferred.contains(id));
        // There is always room for the caller and its parent.
        let has_room = self.deferred.len() + 2 < MAX_DEFERRED_TOKENS;
        let is_deferred = ends_caller(&token.id) || (is_succeeded && has_room);
        if is_deferred && !self.deferred.contains(&token.id) {
            self.deferred.push(token.id.clone());
        }
        is_deferred
    }

    /// The deferred tokens in the order in which they are revoked: the token that calls after its parent, and both after the tokens
    /// that they succeed, the oldest first.
    fn deferred_in_order(&self, caller: &Caller) -> Vec<TokenId> {
        let rank = |id: &TokenId| match caller.token() {
            Some(token) if token.id == *id => 2,
            Some(token) if token.parent.as_ref() == Some(id) => 1,
            _ => 0,
        };
        let mut ids: Vec<_> = self.deferred.iter().rev().cloned().collect();
        ids.sort_by_key(rank);
        ids
    }
}

#[cfg(test)]
mod tests;
