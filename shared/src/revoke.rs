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
    /// Returns [`ApiError::NotFound`] if the token does not exist or belongs to another organization, without a
    /// difference between the two, and the errors of the ledger.
    pub async fn run(&self, caller: &Caller, id: &str) -> Result<Token, ApiError> {
        let id = caller.resolve(id)?;
        let revocation = Revocation { at: self.clock.now(), by: caller.principal() };
        let revoked = self.ledger.revoke_token(&id, &caller.org, &revocation).await?;
        revoked.ok_or(ApiError::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        caller::{CallerIdentity, tests::person},
        memory::{At, Memory},
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
