//! Listing tokens.

use crate::{
    caller::Caller,
    failure::Failure,
    ports::{Clock, Lister},
    token::{Class, Token, TypeName},
};

/// The most tokens of one answer.
const LIMIT: usize = 1_000;

/// Lists tokens.
pub struct List<L, C> {
    /// Lists them.
    pub ledger: L,
    /// Tells the time.
    pub clock: C,
}

impl<L: Lister, C: Clock> List<L, C> {
    /// The live tokens of these types in the caller's organization, newest first; of the listed types where none is named.
    /// A thousand at most.
    ///
    /// # Errors
    ///
    /// What the ledger could not do.
    pub async fn run(&self, caller: &Caller, types: Option<&[TypeName]>) -> Result<Vec<Token>, Failure> {
        let wanted = |name: TypeName| types.map_or(name.class() == Class::Listed, |types| types.contains(&name));
        let now = self.clock.now();
        let mut tokens = Vec::new();
        for class in [Class::Listed, Class::System] {
            if TypeName::ALL.into_iter().any(|name| name.class() == class && wanted(name)) {
                tokens.extend(self.ledger.list(&caller.org, class, now, LIMIT).await?);
            }
        }
        tokens.retain(|token| wanted(token.id.type_name()));
        tokens.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
        tokens.truncate(LIMIT);
        Ok(tokens)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::{
        caller::tests::person,
        memory::{At, Memory},
        token::samples,
    };

    async fn ids(types: Option<&[TypeName]>, now: i64) -> Vec<String> {
        let mut later = samples::plain();
        later.id = "api_CCCCCCCCCCCCCCCCCCCCC".parse().unwrap();
        later.created_at = later.created_at.plus(1);
        let mut other = later.clone();
        other.id = "api_DDDDDDDDDDDDDDDDDDDDD".parse().unwrap();
        other.org = "124".parse().unwrap();
        let ledger = Memory::with([samples::plain(), samples::child(), later, other]);
        let tokens = List { ledger, clock: At(samples::at(now)) }.run(&person(&[]), types).await.unwrap();
        tokens.iter().map(|token| token.id.to_string()).collect()
    }

    #[tokio::test]
    async fn the_organizations_live_tokens_come_newest_first() {
        assert_eq!(ids(None, 0).await, ["api_CCCCCCCCCCCCCCCCCCCCC", "api_5ZugdRXasLfWBypHi93Fk"]);
    }

    #[tokio::test]
    async fn system_tokens_come_only_when_asked_for() {
        assert_eq!(ids(Some(&[TypeName::App]), 0).await, ["app_BBBBBBBBBBBBBBBBBBBBB"]);
        assert_eq!(ids(Some(&[TypeName::App, TypeName::Api]), 0).await.len(), 3);
        assert_eq!(ids(Some(&[TypeName::Journey]), 0).await.len(), 0);
        assert_eq!(ids(Some(&[]), 0).await.len(), 0);
    }

    #[tokio::test]
    async fn an_expired_token_is_not_listed() {
        assert_eq!(ids(Some(&[TypeName::App]), 1_566_659_999).await.len(), 1);
        assert_eq!(ids(Some(&[TypeName::App]), 1_566_660_000).await.len(), 0);
    }
}
