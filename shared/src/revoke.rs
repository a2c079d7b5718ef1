//! The operation that revokes a token, with immediate effect and permanently.

use crate::{
    caller::Caller,
    error::ApiError,
    ports::{Clock, RevokeToken},
    token::{Revocation, Token},
};

/// Revokes tokens.
pub struct Revoke<L, C> {
    /// Revokes tokens with conditional writes.
    pub ledger: L,
    /// Source of the current time.
    pub clock: C,
}

impl<L: RevokeToken, C: Clock> Revoke<L, C> {
    /// Revokes the token `id` of the caller's organization and returns it. `self` denotes the token that calls.
    ///
    /// *(revoked is final)* Revoking a revoked token returns it with its first revocation.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::NotFound`] if the token does not exist, belongs to another organization or is outside of the
    /// caller's scope, without a difference between these, [`ApiError::PermissionDenied`] if the caller has no scope, and
    /// the errors of the ledger.
    pub async fn run(&self, caller: &Caller, id: &str) -> Result<Token, ApiError> {
        let accessible = caller.accessible_tokens()?;
        let id = caller.resolve(id)?;
        let revocation = Revocation { at: self.clock.now(), by: caller.principal() };
        let revoked = self.ledger.revoke_token(&id, &caller.org, &accessible, &revocation).await?;
        revoked.ok_or(ApiError::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        caller::{CallerIdentity, tests::person, tests::token},
        memory::{At, Memory},
        permissions::Scope,
        token::samples,
    };

    #[tokio::test]
    async fn revoke_revoked_token_returns_first_revocation() {
        let ledger = Memory::with([samples::plain()]);
        let id = samples::plain().id.to_string();
        let first = Revoke { ledger: ledger.clone(), clock: At(samples::at(10)) }.run(&person(&[]), &id).await;
        let mut other = person(&[]);
        other.identity = CallerIdentity::User("local|2".parse().unwrap());
        let second = Revoke { ledger, clock: At(samples::at(20)) }.run(&other, &id).await;
        assert_eq!(first, second);
        let revocation = Revocation { at: samples::at(10), by: "local|1001".parse().unwrap() };
        assert_eq!(first.unwrap().revocation, Some(revocation));
    }

    #[tokio::test]
    async fn revoke_token_outside_of_scope_is_not_found() {
        let ledger = Memory::with([samples::plain(), samples::child(), samples::with_inherited_denies()]);
        let revoke = Revoke { ledger: ledger.clone(), clock: At(samples::at(10)) };
        let stranger = Caller { identity: CallerIdentity::User("local|2".parse().unwrap()), ..person(&[]) };
        let child = samples::child().id;
        let sibling = samples::with_inherited_denies().id;
        for (caller, id) in [
            (stranger.with_scope(Some(Scope::Own)), &child),
            (token(&[], None, None).with_scope(Some(Scope::Own)), &sibling),
            (token(&[], None, None).with_scope(Some(Scope::OwnToken)), &child),
        ] {
            assert_eq!(revoke.run(&caller, &id.to_string()).await, Err(ApiError::NotFound), "{caller:?}");
            assert_eq!(ledger.token(id).unwrap().revocation, None);
        }
        let unscoped = revoke.run(&person(&[]).with_scope(None), &child.to_string()).await;
        assert!(matches!(unscoped, Err(ApiError::PermissionDenied(_))));
        let parent = token(&[], None, None).with_scope(Some(Scope::Own));
        assert!(revoke.run(&parent, &child.to_string()).await.unwrap().revocation.is_some());
    }

    #[tokio::test]
    async fn revoke_token_of_other_org_is_not_found() {
        let ledger = Memory::with([samples::plain()]);
        let mut outsider = person(&["124:owner"]);
        outsider.org = "124".parse().unwrap();
        let revoke = Revoke { ledger: ledger.clone(), clock: At(samples::at(10)) };
        let id = samples::plain().id.to_string();
        assert_eq!(revoke.run(&outsider, &id).await, Err(ApiError::NotFound));
        assert_eq!(ledger.token(&samples::plain().id).unwrap().revocation, None);
    }
}
