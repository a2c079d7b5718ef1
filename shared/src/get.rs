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
    /// Returns [`ApiError::NotFound`] if the token does not exist or belongs to another organization, without a
    /// difference between the two, and the errors of the ledger.
    pub async fn run(&self, caller: &Caller, id: &str) -> Result<Token, ApiError> {
        let id = caller.resolve(id)?;
        self.ledger.find_token(&id, &caller.org).await?.ok_or(ApiError::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{caller::tests::person, memory::Memory, token::samples};

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
