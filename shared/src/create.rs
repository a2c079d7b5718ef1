//! Creates tokens.

mod issuance;
mod order;
mod size;

use std::collections::HashSet;

use issuance::Issuance;
pub use issuance::{IssuedToken, SignedToken};
pub use order::{Order, Wanted, WantedAccess};
use size::Measure;

use crate::{
    caller::Caller,
    error::ApiError,
    ports::{Clock, EvidenceReader, Ids, RecordedToken, Recorder, Signer, find_token},
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

/// A request with an idempotency key: what it has in common with its repetitions.
struct IdempotentRequest {
    id: TokenId,
    fingerprint: Fingerprint,
}

impl<L: Recorder + EvidenceReader, S: Signer, I: Ids, C: Clock> Create<L, S, I, C> {
    /// Creates the token that `caller` requests. The same request with the same `key` again returns the same token, signed again.
    ///
    /// # Errors
    ///
    /// Those of the contract: `too_deep`, `role_not_held`, `too_many_roles`, `lifetime_exceeds_parent`, a token that would be too
    /// long, `idempotency_conflict`, `idempotency_mismatch`, and server errors. Nothing is stored then, unless the table stored
    /// the token and its response was lost.
    pub async fn run(
        &self,
        caller: &Caller,
        order: Order,
        key: Option<&IdempotencyKey>,
    ) -> Result<IssuedToken, ApiError> {
        if caller.is_child_token() {
            return Err(ApiError::TooDeep);
        }
        match key {
            Some(key) => self.create_idempotently(caller, order, key).await,
            None => self.create(caller, order).await,
        }
    }

    async fn create(&self, caller: &Caller, order: Order) -> Result<IssuedToken, ApiError> {
        let id = TokenId::new(order.wanted.type_name(), self.ids.draw());
        match self.issue(caller, order, id, None).await? {
            Issuance::Issued(issued) => Ok(*issued),
            Issuance::IdTaken(..) => Err(id_taken()),
        }
    }

    /// The token's id follows from the idempotency key, so that a repetition meets the token of the first request in the table.
    async fn create_idempotently(
        &self,
        caller: &Caller,
        order: Order,
        key: &IdempotencyKey,
    ) -> Result<IssuedToken, ApiError> {
        let request = IdempotentRequest::new(caller, &order, key);
        let fingerprint = Some(request.fingerprint.clone());
        match self.issue(caller, order, request.id.clone(), fingerprint).await {
            Ok(Issuance::Issued(issued)) => Ok(*issued),
            Ok(Issuance::IdTaken(token, existing)) => {
                self.replay(caller, &request, *existing, token.token_type.roles()).await
            }
            Err(error) if error.server_error().is_some() => Err(error),
            // A token that may not be created now may have been created before: the stored token decides.
            Err(error) => match find_token(&self.ledger, &request.id).await? {
                Some(existing) => self.replay(caller, &request, existing, &[]).await,
                None => Err(error),
            },
        }
    }

    /// Returns the stored token of an earlier request with the same idempotency key, signed again. It passes every check of a new
    /// request, against the stored token and the caller's current permissions. The roles in `verified` are known to exist.
    async fn replay(
        &self,
        caller: &Caller,
        request: &IdempotentRequest,
        existing: RecordedToken,
        verified: &[RoleId],
    ) -> Result<IssuedToken, ApiError> {
        let token = existing.token();
        let is_own = token.org == caller.org
            && token.created_by == caller.principal()
            && token.parent.as_ref() == caller.token().map(|token| &token.id);
        let Some(fingerprint) = token.fingerprint.as_ref().filter(|_| is_own) else {
            return Err(id_taken());
        };
        if *fingerprint != request.fingerprint {
            return Err(ApiError::IdempotencyMismatch);
        }
        let now = self.clock.now();
        if !token.is_alive(now) {
            return Err(ApiError::IdempotencyConflict);
        }
        self.check_end(caller, token, now)?;
        if let Some(access) = token.token_type.access() {
            let carried = self.carried(caller, &access.roles, verified).await?.into_roles();
            if let Some(added) = carried.iter().find(|role| !access.roles.contains(role)) {
                return Err(ApiError::PermissionDenied(format!(
                    "the token lacks the role `{added}`, which you now carry along"
                )));
            }
        }
        self.sign(caller, token.clone()).await?.release(existing)
    }

    /// Signs and stores the requested token under `id`.
    async fn issue(
        &self,
        caller: &Caller,
        order: Order,
        id: TokenId,
        fingerprint: Option<Fingerprint>,
    ) -> Result<Issuance, ApiError> {
        let token = self.token(caller, order, id, fingerprint).await?;
        self.sign(caller, token).await?.record(&self.ledger).await
    }

    async fn sign(&self, caller: &Caller, token: Token) -> Result<SignedToken, ApiError> {
        let family = token.token_type.name().family();
        let signer = self.signers.of(family);
        let key = signer.key().await?;
        let measure = Measure { key: &key, issuer: self.issuers.of(family), denying: &caller.deny_roles };
        let input = measure.input(&token)?;
        let signature = signer.sign(input.digest()).await?;
        Ok(SignedToken::new(token, input, &signature))
    }

    /// The requested token, once it passed every check.
    async fn token(
        &self,
        caller: &Caller,
        order: Order,
        id: TokenId,
        fingerprint: Option<Fingerprint>,
    ) -> Result<Token, ApiError> {
        let now = self.clock.now();
        let type_name = order.wanted.type_name();
        let token = Token {
            id,
            org: caller.org.clone(),
            name: order.name,
            token_type: self.token_type(caller, order.wanted).await?,
            created_at: now,
            created_by: caller.principal(),
            parent: caller.token().map(|token| token.id.clone()),
            expires_at: expiry(type_name, order.lifetime, now, caller.expires_at()).map_err(lifetime)?,
            revocation: None,
            last_used: None,
            fingerprint,
        };
        self.check_end(caller, &token, now)?;
        Ok(token)
    }

    async fn token_type(&self, caller: &Caller, wanted: Wanted) -> Result<TokenType, ApiError> {
        Ok(match wanted {
            Wanted::Api(wanted) => TokenType::Api(self.access(caller, wanted).await?),
            Wanted::Assume(wanted) => TokenType::Assume(self.access(caller, wanted).await?),
            Wanted::App(wanted) => TokenType::App(self.access(caller, wanted).await?),
            Wanted::Journey(_) | Wanted::Portal(_) if caller.is_anonymized() => {
                let reason = "an anonymized token cannot make public tokens";
                return Err(ApiError::PermissionDenied(reason.to_owned()));
            }
            Wanted::Journey(id) => TokenType::Journey(id),
            Wanted::Portal(id) => TokenType::Portal(id),
        })
    }

    async fn access(&self, caller: &Caller, wanted: WantedAccess) -> Result<Access, ApiError> {
        let roles = self.carried(caller, &wanted.asked, &[]).await?.into_roles();
        // *(never wider)* A flag of the token that makes it is its own as well.
        let read_only = wanted.read_only || caller.is_read_only();
        let anonymize = wanted.anonymize || caller.is_anonymized();
        Ok(Access { roles, read_only, anonymize })
    }

    /// *(never wider)* The roles that a token for `asked` carries. An owner who names roles beyond their own has them looked
    /// up, but for those `proved` already.
    async fn carried(&self, caller: &Caller, asked: &[RoleId], proved: &[RoleId]) -> Result<Carried, ApiError> {
        let plan = Carry::plan(caller.as_maker(), asked)?;
        let unproved: Vec<_> = plan.unproved().iter().filter(|role| !proved.contains(role)).cloned().collect();
        let mut existing: HashSet<_> = proved.iter().cloned().collect();
        if !unproved.is_empty() {
            existing.extend(self.ledger.read(&[], &unproved).await?.existing());
        }
        Ok(plan.settle(&existing)?)
    }

    /// A token ends with the one that makes it at the latest, and within what the operator allows.
    fn check_end(&self, caller: &Caller, token: &Token, now: UnixTime) -> Result<(), ApiError> {
        if let Some(parent_end) = caller.expires_at().filter(|end| token.expires_at.is_none_or(|own| own > *end)) {
            return Err(ApiError::LifetimeExceedsParent(parent_end));
        }
        self.ceiling.map_or(Ok(()), |ceiling| ceiling.check(now, token.expires_at)).map_err(lifetime)
    }
}

impl IdempotentRequest {
    fn new(caller: &Caller, order: &Order, key: &IdempotencyKey) -> Self {
        let id = TokenId::new(order.wanted.type_name(), key.token_key(&caller.org, &caller.principal()));
        Self { id, fingerprint: order.fingerprint.clone() }
    }
}

fn id_taken() -> ApiError {
    ApiError::internal("the id is taken")
}

fn lifetime(error: LifetimeError) -> ApiError {
    match error {
        LifetimeError::BeyondParent(end) => ApiError::LifetimeExceedsParent(end),
        other => ApiError::Invalid(other.to_string()),
    }
}

#[cfg(test)]
mod chain;
#[cfg(test)]
mod tests;
