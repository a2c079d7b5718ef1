//! Making a token.

mod issue;
mod order;
mod size;

use std::collections::HashSet;

pub use issue::Issued;
use issue::{Draft, Recorded};
pub use order::{Order, Wanted, WantedAccess};
use size::Measure;

use crate::{
    caller::Caller,
    failure::Failure,
    ports::{Clock, EvidenceReader, Ids, Recorder, Signer},
    rights::{Carried, Carry, RoleId},
    token::{
        Access, Ceiling, Families, Fingerprint, IdempotencyKey, Issuer, LifetimeError, Token, TokenId, TokenType,
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
        let repeated = key.map(|key| Repeated::new(caller, &order, key));
        match (self.attempt(caller, order, repeated.as_ref()).await, repeated) {
            (Ok(Recorded::New(issued)), _) => Ok(*issued),
            (Ok(Recorded::There(draft, there)), Some(repeated)) => {
                self.replay(caller, &repeated, *there, draft.token_type.roles()).await
            }
            (Ok(Recorded::There(..)), None) => Err(Failure::Internal("the id is taken".to_owned())),
            // What may not be made now may have been made before: then the token that is there decides.
            (Err(refusal), Some(repeated)) if !refusal.is_ours() => match self.find(&repeated).await? {
                Some(there) => self.replay(caller, &repeated, there, &[]).await,
                None => Err(refusal),
            },
            (Err(failure), _) => Err(failure),
        }
    }

    async fn attempt(&self, caller: &Caller, order: Order, repeated: Option<&Repeated>) -> Result<Recorded, Failure> {
        let draft = self.draft(caller, order, repeated).await?;
        self.sign(caller, draft).await?.record(&self.ledger).await
    }

    /// The token that an earlier request with the same idempotency key made.
    async fn find(&self, repeated: &Repeated) -> Result<Option<Token>, Failure> {
        let mut evidence = self.ledger.read(std::slice::from_ref(&repeated.id), &[]).await?;
        let row = evidence.tokens.remove(repeated.id.key()).transpose();
        row.map_err(|error| Failure::Internal(error.to_string()))
    }

    async fn sign(&self, caller: &Caller, draft: Draft) -> Result<issue::Signed, Failure> {
        let family = draft.token().token_type.name().family();
        let signer = self.signers.of(family);
        let key = signer.key().await?;
        let measure = Measure { key: &key, issuer: self.issuers.of(family), denying: &caller.deny_roles };
        let input = measure.input(draft.token())?;
        let signature = signer.sign(input.digest()).await?;
        Ok(draft.sign(input, &signature))
    }

    /// A row is there already under the id that the idempotency key gives: a repetition, or another order. It passes every
    /// check of a new one, against the token that is there and the caller's rights now. Roles of `proved` were just shown to
    /// be the caller's to give.
    async fn replay(
        &self,
        caller: &Caller,
        repeated: &Repeated,
        there: Token,
        proved: &[RoleId],
    ) -> Result<Issued, Failure> {
        let parent = caller.token.as_ref().map(|token| &token.id);
        let same = there.org == caller.org && there.created_by == caller.principal && there.parent.as_ref() == parent;
        let Some(fingerprint) = there.fingerprint.as_ref().filter(|_| same) else {
            return Err(Failure::Internal("the id is taken".to_owned()));
        };
        if *fingerprint != repeated.fingerprint {
            return Err(Failure::IdempotencyMismatch);
        }
        let now = self.clock.now();
        if !there.is_alive(now) {
            return Err(Failure::IdempotencyConflict);
        }
        self.check_end(caller, &there, now)?;
        if let Some(access) = there.token_type.access() {
            let carried = self.carried(caller, &access.roles, proved).await?.into_roles();
            if let Some(added) = carried.iter().find(|role| !access.roles.contains(role)) {
                return Err(Failure::PermissionDenied(format!(
                    "the token lacks the role `{added}`, which you now carry along"
                )));
            }
        }
        Ok(self.sign(caller, Draft::new(there)).await?.already_recorded())
    }

    async fn draft(&self, caller: &Caller, order: Order, repeated: Option<&Repeated>) -> Result<Draft, Failure> {
        let (now, parent) = (self.clock.now(), caller.token.as_ref());
        let parent_end = parent.and_then(|parent| parent.expires_at);
        let type_name = order.wanted.type_name();
        let token = Token {
            id: repeated.map_or_else(|| TokenId::new(type_name, self.ids.draw()), |repeated| repeated.id.clone()),
            org: caller.org.clone(),
            name: order.name,
            token_type: self.token_type(caller, order.wanted).await?,
            created_at: now,
            created_by: caller.principal.clone(),
            parent: parent.map(|parent| parent.id.clone()),
            expires_at: expiry(type_name, order.lifetime, now, parent_end).map_err(lifetime)?,
            revocation: None,
            last_used: None,
            fingerprint: repeated.map(|repeated| repeated.fingerprint.clone()),
        };
        self.check_end(caller, &token, now)?;
        Ok(Draft::new(token))
    }

    async fn token_type(&self, caller: &Caller, wanted: Wanted) -> Result<TokenType, Failure> {
        Ok(match wanted {
            Wanted::Api(wanted) => TokenType::Api(self.access(caller, wanted).await?),
            Wanted::Assume(wanted) => TokenType::Assume(self.access(caller, wanted).await?),
            Wanted::App(wanted) => TokenType::App(self.access(caller, wanted).await?),
            Wanted::Journey(_) | Wanted::Portal(_) if caller.token.as_ref().is_some_and(|parent| parent.anonymize) => {
                let reason = "an anonymized token cannot make public tokens";
                return Err(Failure::PermissionDenied(reason.to_owned()));
            }
            Wanted::Journey(id) => TokenType::Journey(id),
            Wanted::Portal(id) => TokenType::Portal(id),
        })
    }

    async fn access(&self, caller: &Caller, wanted: WantedAccess) -> Result<Access, Failure> {
        let roles = self.carried(caller, &wanted.asked, &[]).await?.into_roles();
        // *(never wider)* A flag of the token that makes it is its own as well.
        let read_only = wanted.read_only || caller.token.as_ref().is_some_and(|parent| parent.read_only);
        let anonymize = wanted.anonymize || caller.token.as_ref().is_some_and(|parent| parent.anonymize);
        Ok(Access { roles, read_only, anonymize })
    }

    /// *(never wider)* The roles that a token for `asked` carries. An owner who names roles beyond their own has them looked
    /// up, but for those `proved` already.
    async fn carried(&self, caller: &Caller, asked: &[RoleId], proved: &[RoleId]) -> Result<Carried, Failure> {
        let plan = Carry::plan(caller.as_maker(), asked)?;
        let unproved: Vec<_> = plan.unproved().iter().filter(|role| !proved.contains(role)).cloned().collect();
        let mut existing: HashSet<_> = proved.iter().cloned().collect();
        if !unproved.is_empty() {
            existing.extend(self.ledger.read(&[], &unproved).await?.existing());
        }
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

/// What a request with an idempotency key has in common with its repetitions.
struct Repeated {
    id: TokenId,
    fingerprint: Fingerprint,
}

impl Repeated {
    fn new(caller: &Caller, order: &Order, key: &IdempotencyKey) -> Self {
        let id = TokenId::new(order.wanted.type_name(), key.token_key(&caller.org, &caller.principal));
        Self { id, fingerprint: order.fingerprint.clone() }
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
