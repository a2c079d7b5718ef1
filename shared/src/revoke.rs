//! Revoking a token, at once and for good.

use crate::{
    caller::Caller,
    error::ApiError,
    ports::{Clock, RevokeToken},
    token::{Revocation, Token},
};

/// Revokes tokens.
pub struct Revoke<L, C> {
    /// Revokes them.
    pub ledger: L,
    /// Tells the time.
    pub clock: C,
}

impl<L: RevokeToken, C: Clock> Revoke<L, C> {
    /// Revokes the token `id` of the caller's organization, or by `self` the calling one, and gives it back. Again gives the
    /// same: *(revoked is final)*.
    ///
    /// # Errors
    ///
    /// [`ApiError::NotFound`] for all that is not theirs to revoke, one answer for all; what the ledger could not do.
    pub async fn run(&self, caller: &Caller, id: &str) -> Result<Token, ApiError> {
        let id = caller.resolve(id)?;
        let revocation = Revocation { at: self.clock.now(), by: caller.principal() };
        let revoked = self.ledger.revoke_token(&id, &caller.org, &revocation).await?;
        revoked.ok_or(ApiError::NotFound)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::{
        caller::{CallerIdentity, tests::person},
        memory::{At, Memory},
        token::samples,
    };

    #[tokio::test]
    async fn revoking_again_gives_the_first_revocation() {
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
    async fn a_token_of_another_organization_is_not_found_and_lives_on() {
        let ledger = Memory::with([samples::plain()]);
        let mut stranger = person(&["124:owner"]);
        stranger.org = "124".parse().unwrap();
        let revoke = Revoke { ledger: ledger.clone(), clock: At(samples::at(10)) };
        let id = samples::plain().id.to_string();
        assert_eq!(revoke.run(&stranger, &id).await, Err(ApiError::NotFound));
        assert_eq!(ledger.token(&samples::plain().id).unwrap().revocation, None);
    }
}
