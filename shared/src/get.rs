//! Reading one token.

use crate::{caller::Caller, error::ApiError, ports::FindToken, token::Token};

/// Reads tokens.
pub struct Get<L> {
    /// Finds them.
    pub ledger: L,
}

impl<L: FindToken> Get<L> {
    /// The token `id` of the caller's organization, or by `self` the calling one.
    ///
    /// # Errors
    ///
    /// [`ApiError::NotFound`] for all that is not theirs to see, one answer for all; what the ledger could not do.
    pub async fn run(&self, caller: &Caller, id: &str) -> Result<Token, ApiError> {
        let id = caller.resolve(id)?;
        self.ledger.find_token(&id, &caller.org).await?.ok_or(ApiError::NotFound)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::{caller::tests::person, memory::Memory, token::samples};

    #[tokio::test]
    async fn a_token_of_another_organization_another_type_or_none_is_not_found() {
        let get = Get { ledger: Memory::with([samples::plain()]) };
        let mut stranger = person(&["124:owner"]);
        stranger.org = "124".parse().unwrap();
        let id = samples::plain().id.to_string();
        assert_eq!(get.run(&person(&[]), &id).await, Ok(samples::plain()));
        assert_eq!(get.run(&stranger, &id).await, Err(ApiError::NotFound));
        for id in ["app_5ZugdRXasLfWBypHi93Fk", "api_AAAAAAAAAAAAAAAAAAAAA", "self", "", "api_%20"] {
            assert_eq!(get.run(&person(&[]), id).await, Err(ApiError::NotFound), "{id}");
        }
    }
}
