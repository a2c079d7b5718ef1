//! The operations that revoke tokens, with immediate effect and permanently, and with each the tokens that succeed it: one by its id,
//! and many by a filter.

mod bulk;
mod bulk_request;

use std::time::Duration;

use tokio::time::Instant;

pub use self::{
    bulk::BulkRevocation,
    bulk_request::{BulkRevokeRequest, RevocationFilter},
};
use crate::{
    caller::Caller,
    error::ApiError,
    permissions::Scope,
    ports::{Clock, RevocationTarget, RevokeToken},
    token::{Origin, Principal, Revocation, Succession, Token, TokenId},
};

/// Time after which a request revokes no further token. It then fails, and its error names the token with which to continue.
const FOLLOW_TIMEOUT: Duration = Duration::from_secs(2);

/// Revokes tokens.
pub struct Revoke<L, C> {
    /// Revokes tokens with conditional writes.
    pub ledger: L,
    /// Source of the current time.
    pub clock: C,
}

/// Which tokens are revoked together with the named one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// The successor that the token obtained by rotating itself, that one's, and so on, unless the token revokes itself.
    Token,
    /// All tokens after it and before it in the chain of rotations.
    Family,
}

impl<L: RevokeToken, C: Clock> Revoke<L, C> {
    /// Revokes the token `id` of the caller's organization and returns it. `self` denotes the token that calls. Passes each
    /// token that is revoked, the named one first, to `on_revoked`, also if the request fails afterwards.
    ///
    /// *(revoked is final)* Revoking a revoked token returns it with its first revocation, and revokes those of its successors
    /// that an earlier request did not reach.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::NotFound`] if the token does not exist, belongs to another organization or is outside of the
    /// caller's scope, without a difference between these, [`ApiError::PermissionDenied`] if the caller has no scope, or only
    /// that of its own token and names the family, [`ApiError::Unfinished`] if the chain is too long for one request, and the
    /// errors of the ledger.
    pub async fn run(
        &self,
        caller: &Caller,
        id: &str,
        extent: Extent,
        mut on_revoked: impl FnMut(&Token) + Send,
    ) -> Result<Token, ApiError> {
        let accessible = caller.accessible_tokens()?;
        let id = caller.resolve(id)?;
        if extent == Extent::Family && caller.scope == Some(Scope::OwnToken) {
            return Err(ApiError::PermissionDenied("a token can revoke only itself, and not its family".to_owned()));
        }
        let deadline = Instant::now() + FOLLOW_TIMEOUT;
        // Between two tokens: a write that is cancelled could succeed without its audit line. A request for the last token that is
        // revoked continues under the same conditions.
        let require_time = |last: &Token| {
            if Instant::now() < deadline { Ok(()) } else { Err(ApiError::Unfinished(last.id.clone())) }
        };
        let revocation = self.revocation(caller);
        let mut revoke = async |id: &TokenId, rotated_by: Option<&TokenId>| {
            let target = RevocationTarget { id, org: &caller.org, accessible: &accessible, rotated_by };
            self.revoke_one(&target, &revocation, &mut on_revoked).await
        };
        let named = revoke(&id, None).await?.ok_or(ApiError::NotFound)?;
        if extent == Extent::Token && caller.principal() == Principal::Token(id) {
            return Ok(named);
        }
        let mut last = named.clone();
        while let Some(Succession { successor, .. }) = &last.succession {
            // A user's successor stays active: the holder of the rotated token did not receive it.
            let rotated_by = Some(&last.id).filter(|_| extent == Extent::Token);
            require_time(&last)?;
            let Some(next) = revoke(successor, rotated_by).await? else { break };
            last = next;
        }
        let mut first = named.clone();
        while let Some(Origin { rotated_from, .. }) = first.origin.as_ref().filter(|_| extent == Extent::Family) {
            require_time(&first)?;
            let Some(previous) = revoke(rotated_from, None).await? else { break };
            first = previous;
        }
        Ok(named)
    }

    /// A revocation by `caller` at the current time.
    fn revocation(&self, caller: &Caller) -> Revocation {
        Revocation { at: self.clock.now(), by: caller.principal() }
    }

    /// Revokes the token that `target` selects, passes it to `on_revoked` and returns it; `None` if there is no such token.
    async fn revoke_one(
        &self,
        target: &RevocationTarget<'_>,
        revocation: &Revocation,
        on_revoked: impl FnMut(&Token) + Send,
    ) -> Result<Option<Token>, ApiError> {
        let revoked = self.ledger.revoke_token(target, revocation).await?;
        revoked.iter().for_each(on_revoked);
        Ok(revoked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        caller::{CallerIdentity, tests::person, tests::token, tests::token_mut},
        memory::{At, Memory},
        token::{Overlap, samples},
    };

    /// The ids of the tokens that a request revokes, the named one first.
    async fn revoke(ledger: &Memory, caller: &Caller, id: &TokenId, extent: Extent) -> Result<Vec<TokenId>, ApiError> {
        let mut ids = Vec::new();
        let revoke = Revoke { ledger: ledger.clone(), clock: At(samples::at(10)) };
        revoke.run(caller, &id.to_string(), extent, |token| ids.push(token.id.clone())).await.map(|_| ids)
    }

    /// A chain of four tokens, each the successor of the one before it. The last rotation was a user's.
    fn chain() -> [Token; 4] {
        let mut chain = [samples::plain(), samples::successor(), samples::successor(), samples::successor()];
        for index in 1..4 {
            let rotated_from = chain[index - 1].id.clone();
            let id = chain[index - 1].successor_id();
            let own = Principal::Token(rotated_from.clone());
            let rotated_by = if index == 3 { "local|1001".parse().unwrap() } else { own };
            let chain_created_at = samples::plain().created_at;
            let origin = Origin { rotated_from, rotated_by, chain_created_at, first_used_at: None };
            chain[index - 1].succession =
                Some(chain[index - 1].succession(id.clone(), samples::at(5), Overlap::DEFAULT));
            chain[index] = Token { id, origin: Some(origin), ..samples::plain() };
        }
        chain
    }

    #[tokio::test]
    async fn revocation_follows_successors_by_extent_and_caller() {
        let tokens = chain();
        let ids = tokens.clone().map(|token| token.id);
        let itself = |index: usize| {
            let mut caller = token(&[], None, None);
            token_mut(&mut caller).id = ids[index].clone();
            caller
        };
        let own = |index| itself(index).with_scope(Some(Scope::OwnToken));
        for (caller, index, extent, expected) in [
            (person(&[]), 0, Extent::Token, &[0, 1, 2][..]),
            (person(&[]), 1, Extent::Token, &[1, 2]),
            (person(&[]), 2, Extent::Token, &[2]),
            (itself(1), 0, Extent::Token, &[0, 1, 2]),
            (itself(0), 0, Extent::Token, &[0]),
            (own(0), 0, Extent::Token, &[0]),
            (person(&[]), 1, Extent::Family, &[1, 2, 3, 0]),
            (person(&[]), 3, Extent::Family, &[3, 2, 1, 0]),
        ] {
            let ledger = Memory::with(tokens.clone());
            let revoked = revoke(&ledger, &caller, &ids[index], extent).await.unwrap();
            let expected: Vec<_> = expected.iter().map(|index| ids[*index].clone()).collect();
            assert_eq!(revoked, expected, "{index} {extent:?} {caller:?}");
            for id in &ids {
                assert_eq!(ledger.token(id).unwrap().revocation.is_some(), expected.contains(id), "{id}");
            }
        }
        let denied = revoke(&Memory::with(tokens.clone()), &own(0), &ids[0], Extent::Family).await;
        assert!(matches!(denied, Err(ApiError::PermissionDenied(_))), "{denied:?}");
    }

    #[tokio::test]
    async fn repeated_revocation_finishes_what_a_failure_left() {
        let tokens = chain();
        let revocation = Some(Revocation { at: samples::at(1), by: "local|1001".parse().unwrap() });
        let mut interrupted = tokens.clone();
        interrupted[0].revocation = revocation;
        let ledger = Memory::with(interrupted);
        let revoked = revoke(&ledger, &person(&[]), &tokens[0].id, Extent::Token).await.unwrap();
        assert_eq!(revoked.len(), 3);
        assert_eq!(ledger.token(&tokens[0].id).unwrap().revocation.unwrap().at, samples::at(1), "the first one stays");
    }

    /// A token that lost its origin, or belongs to another organization, is not followed.
    #[tokio::test]
    async fn revocation_of_token_with_foreign_successor_ends_there() {
        let tokens = chain();
        for foreign in
            [Token { origin: None, ..tokens[1].clone() }, Token { org: "124".parse().unwrap(), ..tokens[1].clone() }]
        {
            let ledger = Memory::with([tokens[0].clone(), foreign]);
            let revoked = revoke(&ledger, &person(&[]), &tokens[0].id, Extent::Token).await.unwrap();
            assert_eq!(revoked, [tokens[0].id.clone()]);
        }
    }

    #[tokio::test]
    async fn revoke_revoked_token_returns_first_revocation() {
        let ledger = Memory::with([samples::plain()]);
        let id = samples::plain().id.to_string();
        let first = Revoke { ledger: ledger.clone(), clock: At(samples::at(10)) }
            .run(&person(&[]), &id, Extent::Token, |_| ())
            .await;
        let mut other = person(&[]);
        other.identity = CallerIdentity::User("local|2".parse().unwrap());
        let second = Revoke { ledger, clock: At(samples::at(20)) }.run(&other, &id, Extent::Token, |_| ()).await;
        assert_eq!(first, second);
        let revocation = Revocation { at: samples::at(10), by: "local|1001".parse().unwrap() };
        assert_eq!(first.unwrap().revocation, Some(revocation));
    }

    #[tokio::test]
    async fn revoke_token_outside_of_scope_is_not_found() {
        let ledger = Memory::with([samples::plain(), samples::child(), samples::with_inherited_denies()]);
        let stranger = Caller { identity: CallerIdentity::User("local|2".parse().unwrap()), ..person(&[]) };
        let child = samples::child().id;
        let sibling = samples::with_inherited_denies().id;
        for (caller, id) in [
            (stranger.with_scope(Some(Scope::Own)), &child),
            (token(&[], None, None).with_scope(Some(Scope::Own)), &sibling),
            (token(&[], None, None).with_scope(Some(Scope::OwnToken)), &child),
        ] {
            let revoked = revoke(&ledger, &caller, id, Extent::Token).await;
            assert_eq!(revoked, Err(ApiError::NotFound), "{caller:?}");
            assert_eq!(ledger.token(id).unwrap().revocation, None);
        }
        let unscoped = revoke(&ledger, &person(&[]).with_scope(None), &child, Extent::Token).await;
        assert!(matches!(unscoped, Err(ApiError::PermissionDenied(_))));
        let parent = token(&[], None, None).with_scope(Some(Scope::Own));
        assert_eq!(revoke(&ledger, &parent, &child, Extent::Token).await, Ok(vec![child]));
    }

    #[tokio::test]
    async fn revoke_token_of_other_org_is_not_found() {
        let ledger = Memory::with([samples::plain()]);
        let mut outsider = person(&["124:owner"]);
        outsider.org = "124".parse().unwrap();
        let revoked = revoke(&ledger, &outsider, &samples::plain().id, Extent::Token).await;
        assert_eq!(revoked, Err(ApiError::NotFound));
        assert_eq!(ledger.token(&samples::plain().id).unwrap().revocation, None);
    }
}
