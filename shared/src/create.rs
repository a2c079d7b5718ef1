//! Making a token.

mod issue;
mod order;
mod size;

use std::collections::HashSet;

pub use issue::Issued;
use issue::{Draft, Recorded};
pub use order::{Order, Wanted};
use size::Sized;

use crate::{
    caller::Caller,
    failure::Failure,
    ports::{Clock, EvidenceReader, Ids, Recorder, Signer},
    rights::{Carried, Carry, RoleId},
    token::{
        Access, Ceiling, Families, IdempotencyKey, Issuer, LifetimeError, Token, TokenId, TokenType, TypeName,
        UnixTime, expiry,
    },
};

/// Makes tokens: signs them and records them.
pub struct Create<L, S, I, C> {
    /// Records the token, and knows which roles exist.
    pub ledger: L,
    /// Sign it, each family's for its own.
    pub signers: Families<S>,
    /// Draws its id.
    pub ids: I,
    /// Tells the time.
    pub clock: C,
    /// Under which name and for whom it is issued.
    pub issuers: Families<Issuer>,
    /// The longest lifetime that the operator allows.
    pub ceiling: Option<Ceiling>,
}

impl<L: Recorder + EvidenceReader, S: Signer, I: Ids, C: Clock> Create<L, S, I, C> {
    /// Makes the token that `caller` ordered. The same order with the same `key` again gives the same token, signed anew.
    ///
    /// # Errors
    ///
    /// The contract's: `too_deep`, `role_not_held`, `too_many_roles`, `lifetime_exceeds_parent`, a token that would be too
    /// long, `idempotency_conflict`, `idempotency_mismatch`, and what the ledger or the signer could not do. Nothing is
    /// recorded then, but for a ledger that recorded and could not say so.
    pub async fn run(&self, caller: &Caller, order: Order, key: Option<&IdempotencyKey>) -> Result<Issued, Failure> {
        if caller.token.as_ref().is_some_and(|token| token.parent.is_some()) {
            return Err(Failure::TooDeep);
        }
        let draft = self.draft(caller, order, key).await?;
        match self.sign(caller, draft).await?.record(&self.ledger).await? {
            Recorded::New(issued) => Ok(*issued),
            Recorded::There(draft, there) => self.replay(caller, &draft, *there).await,
        }
    }

    async fn sign(&self, caller: &Caller, draft: Draft) -> Result<issue::Signed, Failure> {
        let family = draft.token().token_type.name().family();
        let signer = self.signers.of(family);
        let key = signer.key().await?;
        let sized = Sized { key: &key, issuer: self.issuers.of(family), denying: &caller.deny_roles };
        let input = sized.input(draft.token())?;
        let signature = signer.sign(input.digest()).await?;
        Ok(draft.sign(input, &signature))
    }

    /// A row is there already under the id that the idempotency key gives: a repetition, or another order. It passes every
    /// check of a new one, against the token that is there and the caller's rights now.
    async fn replay(&self, caller: &Caller, draft: &Token, there: Token) -> Result<Issued, Failure> {
        let same = |token: &Token| (token.org.clone(), token.created_by.clone(), token.parent.clone());
        if there.fingerprint.is_none() || same(&there) != same(draft) {
            return Err(Failure::Internal("the id is taken".to_owned()));
        }
        if there.fingerprint != draft.fingerprint {
            return Err(Failure::IdempotencyMismatch);
        }
        let now = self.clock.now();
        if !there.is_alive(now) {
            return Err(Failure::IdempotencyConflict);
        }
        self.check_end(caller, &there, now)?;
        if let Some(access) = there.token_type.access() {
            let carried = self.carried(caller, &access.roles).await?.into_roles();
            if let Some(added) = carried.iter().find(|role| !access.roles.contains(role)) {
                return Err(Failure::PermissionDenied(format!(
                    "the token lacks the role `{added}`, which you now carry along"
                )));
            }
        }
        Ok(self.sign(caller, Draft::new(there)).await?.already_recorded())
    }

    async fn draft(&self, caller: &Caller, order: Order, key: Option<&IdempotencyKey>) -> Result<Draft, Failure> {
        let (now, parent) = (self.clock.now(), caller.token.as_ref());
        let parent_end = parent.and_then(|parent| parent.expires_at);
        let token_key = key.map(|key| key.token_key(&caller.org, &caller.principal));
        let token = Token {
            id: TokenId::new(order.type_name, token_key.unwrap_or_else(|| self.ids.draw())),
            org: caller.org.clone(),
            name: order.name,
            token_type: self.token_type(caller, order.type_name, order.wanted).await?,
            created_at: now,
            created_by: caller.principal.clone(),
            parent: parent.map(|parent| parent.id.clone()),
            expires_at: expiry(order.type_name, order.lifetime, now, parent_end).map_err(lifetime)?,
            revocation: None,
            last_used: None,
            fingerprint: key.map(|_| order.fingerprint),
        };
        self.check_end(caller, &token, now)?;
        Ok(Draft::new(token))
    }

    async fn token_type(&self, caller: &Caller, name: TypeName, wanted: Wanted) -> Result<TokenType, Failure> {
        let with = |access: Access| match name {
            TypeName::Assume => TokenType::Assume(access),
            TypeName::App => TokenType::App(access),
            _ => TokenType::Api(access),
        };
        match wanted {
            Wanted::Target(_) if caller.token.as_ref().is_some_and(|parent| parent.anonymize) => {
                Err(Failure::PermissionDenied("an anonymized token cannot make public tokens".to_owned()))
            }
            Wanted::Target(id) if name == TypeName::Journey => Ok(TokenType::Journey(id)),
            Wanted::Target(id) => Ok(TokenType::Portal(id)),
            Wanted::Access { asked, read_only, anonymize } => {
                let roles = self.carried(caller, &asked).await?.into_roles();
                // *(never wider)* A flag of the token that makes it is its own as well.
                let read_only = read_only || caller.token.as_ref().is_some_and(|parent| parent.read_only);
                let anonymize = anonymize || caller.token.as_ref().is_some_and(|parent| parent.anonymize);
                Ok(with(Access { roles, read_only, anonymize }))
            }
        }
    }

    /// *(never wider)* The roles that a token for `asked` carries. An owner who names roles beyond their own has them looked
    /// up.
    async fn carried(&self, caller: &Caller, asked: &[RoleId]) -> Result<Carried, Failure> {
        let plan = Carry::plan(caller.as_maker(), asked)?;
        let existing = match plan.unproved() {
            [] => HashSet::new(),
            unproved => self.ledger.read(&[], unproved).await?.existing(),
        };
        Ok(plan.settle(&existing)?)
    }

    /// A token ends with the one that makes it at the latest, and within what the operator allows.
    fn check_end(&self, caller: &Caller, token: &Token, now: UnixTime) -> Result<(), Failure> {
        let parent_end = caller.token.as_ref().and_then(|parent| parent.expires_at);
        if let Some(parent_end) = parent_end.filter(|end| token.expires_at.is_none_or(|own| own > *end)) {
            return Err(Failure::LifetimeExceedsParent(parent_end));
        }
        self.ceiling.map_or(Ok(()), |ceiling| ceiling.check(now, token.expires_at)).map_err(lifetime)
    }
}

fn lifetime(error: LifetimeError) -> Failure {
    match error {
        LifetimeError::BeyondParent(end) => Failure::LifetimeExceedsParent(end),
        other => Failure::Invalid(other.to_string()),
    }
}

#[cfg(test)]
mod chain;
#[cfg(test)]
mod tests;
