//! The operation that returns one token.

use crate::{caller::Caller, error::ApiError, ports::FindToken, token::Token};

/// Returns tokens by id.
pub struct Get<L> {
    /// Reads tokens.
    pub ledger: L,
}

impl<L: FindToken> Get<L> {
    /// The token `id` of the caller's organization. `self` denotes the token that calls.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::NotFound`] if the token does not exist, belongs to another organization or is outside of the
    /// caller's scope, without a difference between these, [`ApiError::PermissionDenied`] if the caller has no scope, and
    /// the errors of the ledger.
    pub async fn run(&self, caller: &Caller, id: &str) -> Result<Token, ApiError> {
        let accessible = caller.accessible_tokens()?;
        let id = caller.resolve(id)?;
        let token = self.ledger.find_token(&id, &caller.org).await?;
        token.filter(|token| accessible.includes(token)).ok_or(ApiError::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        caller::{CallerIdentity, tests::person, tests::token},
        memory::Memory,
        permissions::Scope,
        token::samples,
    };

    #[tokio::test]
    async fn get_token_outside_of_scope_is_not_found() {
        let get = Get { ledger: Memory::with([samples::plain(), samples::child(), samples::with_inherited_denies()]) };
        let is_found = async |caller: &Caller, id: &str| match get.run(caller, id).await {
            Ok(_) => true,
            Err(error) => {
                assert_eq!(error, ApiError::NotFound);
                false
            }
        };
        let plain = samples::plain().id.to_string();
        let child = samples::child().id.to_string();
        let sibling = samples::with_inherited_denies().id.to_string();
        let owner = person(&[]).with_scope(Some(Scope::Own));
        let stranger = Caller { identity: CallerIdentity::User("local|2".parse().unwrap()), ..owner.clone() };
        let own_token = token(&[], None, None).with_scope(Some(Scope::Own));
        let itself = token(&[], None, None).with_scope(Some(Scope::OwnToken));
        for (caller, expected) in [
            (owner, [true, true, true]),
            (stranger, [false, false, false]),
            (own_token, [true, true, false]),
            (itself, [true, false, false]),
        ] {
            for (id, expected) in [&plain, &child, &sibling].into_iter().zip(expected) {
                assert_eq!(is_found(&caller, id).await, expected, "{caller:?} {id}");
            }
        }
        let unscoped = get.run(&person(&[]).with_scope(None), &plain).await;
        assert!(matches!(unscoped, Err(ApiError::PermissionDenied(_))));
    }

    #[tokio::test]
    async fn get_token_of_other_org_or_type_is_not_found() {
        let get = Get { ledger: Memory::with([samples::plain()]) };
        let mut outsider = person(&["124:owner"]);
        outsider.org = "124".parse().unwrap();
        let id = samples::plain().id.to_string();
        assert_eq!(get.run(&person(&[]), &id).await, Ok(samples::plain()));
        assert_eq!(get.run(&outsider, &id).await, Err(ApiError::NotFound));
        for id in ["app_5ZugdRXasLfWBypHi93Fk", "api_AAAAAAAAAAAAAAAAAAAAA", "self", "", "api_%20"] {
            assert_eq!(get.run(&person(&[]), id).await, Err(ApiError::NotFound), "{id}");
        }
    }
}
