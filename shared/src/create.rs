//! Making a token.

mod issue;
mod order;

use std::collections::HashSet;

use issue::Draft;
pub use issue::Issued;
pub use order::Order;

use crate::{
    caller::{Caller, CallingToken, MOST_ROLE_BYTES, join},
    failure::Failure,
    jwt::{SigningInput, VerifyingKey},
    ports::{Clock, EvidenceReader, Ids, Recorder, Signer},
    rights::{Carried, Carry, RoleId},
    token::{Access, Claims, Issuer, LifetimeError, Token, TokenId, TokenType, expiry},
};

/// The most bytes of a finished token: API Gateway carries 10,240 bytes of headers.
const LONGEST: usize = 6_000;

/// Makes tokens: signs them and records them.
pub struct Create<L, S, I, C> {
    /// Records the token, and knows which roles exist.
    pub ledger: L,
    /// Signs it.
    pub signer: S,
    /// Draws its id.
    pub ids: I,
    /// Tells the time.
    pub clock: C,
    /// Under which name and for whom it is issued.
    pub issuer: Issuer,
}

impl<L: Recorder + EvidenceReader, S: Signer, I: Ids, C: Clock> Create<L, S, I, C> {
    /// Makes the token that `caller` ordered.
    ///
    /// # Errors
    ///
    /// The contract's: `too_deep`, `role_not_held`, `too_many_roles`, `lifetime_exceeds_parent`, a token that would be too
    /// long, and what the ledger or the signer could not do. Nothing is recorded then, but for a ledger that recorded and
    /// could not say so.
    pub async fn run(&self, caller: &Caller, order: Order) -> Result<Issued, Failure> {
        if caller.token.as_ref().is_some_and(|token| token.parent.is_some()) {
            return Err(Failure::TooDeep);
        }
        let carried = self.carried(caller, &order).await?;
        let draft = Draft::new(self.token(caller, order, carried)?);
        let key = self.signer.key().await?;
        let input = self.input(caller, draft.token(), &key)?;
        let signature = self.signer.sign(input.digest()).await?;
        draft.sign(input, &signature).record(&self.ledger).await
    }

    /// *(never wider)* The roles that the token will carry. An owner who names roles beyond their own has them looked up.
    async fn carried(&self, caller: &Caller, order: &Order) -> Result<Carried, Failure> {
        let plan = Carry::plan(caller.as_maker(), &order.asked)?;
        let existing = match plan.unproved() {
            [] => HashSet::new(),
            unproved => self.ledger.read(&[], unproved).await?.existing(),
        };
        Ok(plan.settle(&existing)?)
    }

    fn token(&self, caller: &Caller, order: Order, carried: Carried) -> Result<Token, Failure> {
        let now = self.clock.now();
        let parent = caller.token.as_ref();
        let parent_end = parent.and_then(|parent| parent.expires_at);
        let expires_at = expiry(order.type_name, order.lifetime, now, parent_end).map_err(beyond_parent)?;
        let access = access(&order, carried, parent);
        Ok(Token {
            id: TokenId::new(order.type_name, self.ids.draw()),
            org: caller.org.clone(),
            name: order.name,
            token_type: order
                .type_name
                .with_access(access)
                .ok_or_else(|| Order::not_offered(order.type_name.as_str()))?,
            created_at: now,
            created_by: caller.principal.clone(),
            parent: parent.map(|parent| parent.id.clone()),
            expires_at,
            revocation: None,
            last_used: None,
        })
    }

    /// What is to be signed, once it is known that the whole will not be too long.
    fn input(&self, caller: &Caller, token: &Token, key: &VerifyingKey) -> Result<SigningInput, Failure> {
        let input = self.write(token, key)?;
        let length = input.sealed_length(key.signature_length());
        let roles = &token.token_type.access().roles;
        if length <= LONGEST {
            return if join(roles).len() <= MOST_ROLE_BYTES { Ok(input) } else { Err(too_many(roles)) };
        }
        let fit = (1..roles.len()).rev().find(|count| self.fits(caller, token, *count, key));
        Err(Failure::Invalid(match fit {
            Some(count) => format!(
                "the token would have {length} bytes and may have {LONGEST}: the first {count} of its roles fit"
            ),
            None => format!("the token would have {length} bytes and may have {LONGEST}"),
        }))
    }

    /// Whether the token would do with the first `count` of its roles, and those that come along anyway.
    fn fits(&self, caller: &Caller, token: &Token, count: usize, key: &VerifyingKey) -> bool {
        let mut fewer = token.clone();
        let (TokenType::Api(access) | TokenType::Assume(access) | TokenType::App(access)) = &mut fewer.token_type;
        let along = access.roles.split_off(count);
        access.roles.extend(along.into_iter().filter(|role| caller.deny_roles.contains(role)));
        self.write(&fewer, key).is_ok_and(|input| input.sealed_length(key.signature_length()) <= LONGEST)
    }

    fn write(&self, token: &Token, key: &VerifyingKey) -> Result<SigningInput, Failure> {
        let claims = Claims::of(token, &self.issuer);
        SigningInput::new(key.alg(), key.kid(), &claims).map_err(|error| Failure::Internal(error.to_string()))
    }
}

/// What the token carries. *(never wider)* A flag of the token that makes it is its own as well.
fn access(order: &Order, carried: Carried, parent: Option<&CallingToken>) -> Access {
    Access {
        roles: carried.into_roles(),
        read_only: order.read_only || parent.is_some_and(|parent| parent.read_only),
        anonymize: order.anonymize || parent.is_some_and(|parent| parent.anonymize),
    }
}

/// A token that was made and could not be used, since the authorizer cannot hand its roles on, would be of no use.
fn too_many(roles: &[RoleId]) -> Failure {
    let bytes = join(roles).len();
    Failure::TooManyRoles(format!("the roles of the token would have {bytes} bytes and may have {MOST_ROLE_BYTES}"))
}

fn beyond_parent(error: LifetimeError) -> Failure {
    match error {
        LifetimeError::BeyondParent(end) => Failure::LifetimeExceedsParent(end),
        other => Failure::Invalid(other.to_string()),
    }
}

#[cfg(test)]
mod tests;
