//! The operation that creates a token: checks the request, signs the token, stores it and releases its JWT.
//! `rotate` creates the successor of a token.

mod issuance;
mod request;
mod rotate;
mod rotation_request;
mod stored_creator;
mod token_size;

use issuance::Issuance;
pub use issuance::{IssuedToken, SignedToken};
pub use request::{CreateTokenRequest, RequestedAccess, RequestedType};
pub use rotate::RotatedToken;
pub use rotation_request::RotateTokenRequest;
pub(crate) use stored_creator::StoredCreator;
use token_size::TokenSizeLimit;

use crate::{
    caller::Caller,
    error::ApiError,
    permissions::{RoleId, Scope},
    ports::{Clock, IdGenerator, InsertToken, ReadAuthorizationData, RecordedToken, Signer, find_token},
    token::{
        Families, Family, Fingerprint, IdempotencyKey, Issuer, LifetimeError, MaxLifetime, Token, TokenId, TokenType,
        TypeName, UnixTime, expiry,
    },
};

/// Creates tokens.
pub struct Create<L, S, I, C> {
    /// Stores tokens, and reads the token that calls and which roles exist.
    pub ledger: L,
    /// Sign tokens, one signer for each token family.
    pub signers: Families<S>,
    /// Generates the keys of token ids.
    pub ids: I,
    /// Source of the current time.
    pub clock: C,
    /// Issuer and audience of each token family.
    pub issuers: Families<Issuer>,
    /// Longest lifetime that the operator allows; `None` means no limit.
    pub max_lifetime: Option<MaxLifetime>,
}

/// What identifies a request with an idempotency key: the same for the request and every retry of it.
struct IdempotentRequest {
    id: TokenId,
    fingerprint: Fingerprint,
}

impl<L: InsertToken + ReadAuthorizationData, S: Signer, I: IdGenerator, C: Clock> Create<L, S, I, C> {
    /// Creates the token that `caller` requests. A retry with the same `key` returns the same token with a new
    /// signature.
    ///
    /// # Errors
    ///
    /// Returns the contract's `too_deep`, `role_not_held`, `too_many_roles`, `lifetime_exceeds_parent`,
    /// `addresses_exceed_parent`, `permission_denied`, `idempotency_conflict` or `idempotency_mismatch`, [`ApiError::Invalid`] if the token would
    /// exceed its size limit, and server errors. Nothing is stored in these cases, unless the table stored the token
    /// and its response was lost.
    pub async fn run(
        &self,
        caller: &Caller,
        request: CreateTokenRequest,
        key: Option<&IdempotencyKey>,
    ) -> Result<IssuedToken, ApiError> {
        if caller.is_child_token() {
            return Err(ApiError::TooDeep);
        }
        require_scope(caller, request.requested_type.type_name())?;
        match key {
            Some(key) => self.create_idempotently(caller, request, key).await,
            None => self.create(caller, request).await,
        }
    }

    async fn create(&self, caller: &Caller, request: CreateTokenRequest) -> Result<IssuedToken, ApiError> {
        let id = TokenId::new(request.requested_type.type_name(), self.ids.generate());
        match self.issue(caller, request, id, None).await? {
            Issuance::Issued(issued) => Ok(*issued),
            Issuance::IdTaken(..) => Err(id_taken()),
        }
    }

    /// Derives the token's id from the idempotency key, so that a retry finds the token of the first request in the
    /// table.
    async fn create_idempotently(
        &self,
        caller: &Caller,
        request: CreateTokenRequest,
        key: &IdempotencyKey,
    ) -> Result<IssuedToken, ApiError> {
        let idempotent = IdempotentRequest::new(caller, &request, key);
        let fingerprint = Some(idempotent.fingerprint.clone());
        match self.issue(caller, request, idempotent.id.clone(), fingerprint).await {
            Ok(Issuance::Issued(issued)) => Ok(*issued),
            Ok(Issuance::IdTaken(token, existing)) => {
                self.replay(caller, &idempotent, *existing, token.token_type.roles()).await
            }
            Err(error) if error.server_error().is_some() => Err(error),
            // A request that is rejected now may have succeeded before: the stored token decides.
            Err(error) => match find_token(&self.ledger, &idempotent.id).await? {
                Some(existing) => self.replay(caller, &idempotent, existing, &[]).await,
                None => Err(error),
            },
        }
    }

    /// Returns the stored token of an earlier request with the same idempotency key, with a new signature.
    ///
    /// *(never wider)* The stored token passes every check of a new request against the caller's current permissions.
    /// The roles in `verified` are known to exist and are not read again.
    async fn replay(
        &self,
        caller: &Caller,
        idempotent: &IdempotentRequest,
        existing: RecordedToken,
        verified: &[RoleId],
    ) -> Result<IssuedToken, ApiError> {
        let token = existing.token();
        let is_own = token.org == caller.org
            && token.created_by == caller.principal()
            && token.origin.is_none()
            && token.parent.as_ref() == caller.token().map(|token| &token.id);
        let Some(fingerprint) = token.fingerprint.as_ref().filter(|_| is_own) else {
            return Err(id_taken());
        };
        if *fingerprint != idempotent.fingerprint {
            return Err(ApiError::IdempotencyMismatch);
        }
        let now = self.clock.now();
        if !token.is_alive(now) {
            return Err(ApiError::IdempotencyConflict);
        }
        self.check_expiration(caller, token, now)?;
        let access = token.token_type.access();
        let requested_roles = access.map(|access| access.roles.as_slice());
        let creator = StoredCreator::read(&self.ledger, caller, requested_roles, verified).await?;
        creator.check_networks(token.allowed_networks.as_ref())?;
        creator.check_grants(&token.token_type)?;
        if let Some(missing) = creator.missing_deny(caller, &token.token_type)? {
            return Err(ApiError::PermissionDenied(format!(
                "the token of this `Idempotency-Key` does not inherit the denies of the role `{missing}`, which your \
                 tokens must inherit"
            )));
        }
        self.sign(caller, token.clone()).await?.release(existing)
    }

    /// Signs and stores the requested token under `id`.
    async fn issue(
        &self,
        caller: &Caller,
        request: CreateTokenRequest,
        id: TokenId,
        fingerprint: Option<Fingerprint>,
    ) -> Result<Issuance, ApiError> {
        let token = self.build_token(caller, request, id, fingerprint).await?;
        self.sign(caller, token).await?.record(&self.ledger).await
    }

    /// Fails before the call of the signer if the token would exceed its size limit.
    async fn sign(&self, caller: &Caller, token: Token) -> Result<SignedToken, ApiError> {
        let family = token.token_type.name().family();
        let signer = self.signers.of(family);
        let key = signer.key().await?;
        let size_limit = TokenSizeLimit { key: &key, issuer: self.issuers.of(family), deny_roles: &caller.deny_roles };
        let input = size_limit.input(&token)?;
        let signature = signer.sign(input.digest()).await?;
        Ok(SignedToken::new(token, input, &signature))
    }

    /// The requested token. It has passed every check except for its size.
    async fn build_token(
        &self,
        caller: &Caller,
        request: CreateTokenRequest,
        id: TokenId,
        fingerprint: Option<Fingerprint>,
    ) -> Result<Token, ApiError> {
        request.require_visible_texts()?;
        let now = self.clock.now();
        let type_name = request.requested_type.type_name();
        let requested_roles = request.requested_type.access().map(|access| access.requested_roles.as_slice());
        let creator = StoredCreator::read(&self.ledger, caller, requested_roles, &[]).await?;
        let token_type = token_type(caller, &creator, request.requested_type)?;
        creator.check_grants(&token_type)?;
        let token = Token {
            id,
            org: caller.org.clone(),
            name: request.name,
            description: request.description,
            token_type,
            created_at: now,
            created_by: caller.principal(),
            owner: caller.owner().cloned(),
            parent: caller.token().map(|token| token.id.clone()),
            expires_at: expiry(type_name, request.lifetime, now, caller.expires_at()).map_err(lifetime_error)?,
            allowed_networks: creator.networks(request.allowed_networks)?,
            revocation: None,
            last_used: None,
            origin: None,
            succession: None,
            fingerprint,
        };
        self.check_expiration(caller, &token, now)?;
        Ok(token)
    }

    /// *(never wider)* A token expires no later than its parent and within the operator's limit.
    fn check_expiration(&self, caller: &Caller, token: &Token, now: UnixTime) -> Result<(), ApiError> {
        if let Some(parent_end) = caller.expires_at().filter(|end| token.expires_at.is_none_or(|own| own > *end)) {
            return Err(ApiError::LifetimeExceedsParent(parent_end));
        }
        self.max_lifetime
            .map_or(Ok(()), |max_lifetime| max_lifetime.check(now, token.expires_at))
            .map_err(lifetime_error)
    }
}

impl IdempotentRequest {
    fn new(caller: &Caller, request: &CreateTokenRequest, key: &IdempotencyKey) -> Self {
        let id = TokenId::new(request.requested_type.type_name(), key.token_key(&caller.org, &caller.principal()));
        Self { id, fingerprint: request.fingerprint.clone() }
    }
}

/// Requires a scope in which `caller` may create a token of this type. A public token has no roles that its creator could
/// hold, so that `token:self` does not suffice for it.
pub(crate) fn require_scope(caller: &Caller, type_name: TypeName) -> Result<(), ApiError> {
    let reason = match (caller.scope, type_name.family()) {
        (Some(Scope::Organization), _) | (Some(Scope::Own), Family::Access) => return Ok(()),
        (Some(Scope::Own), Family::Public) => "permission token:create is missing, which public tokens require",
        (Some(Scope::OwnToken) | None, _) => "the authorizer granted no scope on this route",
    };
    Err(ApiError::PermissionDenied(reason.to_owned()))
}

fn token_type(caller: &Caller, creator: &StoredCreator, requested: RequestedType) -> Result<TokenType, ApiError> {
    Ok(match requested {
        RequestedType::Api(requested) => TokenType::Api(creator.access(caller, &requested)?),
        RequestedType::Assume(requested) => TokenType::Assume(creator.access(caller, &requested)?),
        RequestedType::App(requested) => TokenType::App(creator.access(caller, &requested)?),
        RequestedType::Journey(_) | RequestedType::Portal(_) if caller.is_anonymized() => {
            let reason = "an anonymized token cannot create public tokens";
            return Err(ApiError::PermissionDenied(reason.to_owned()));
        }
        RequestedType::Journey(id) => TokenType::Journey(id),
        RequestedType::Portal(id) => TokenType::Portal(id),
    })
}

/// Two tokens with one id: a collision of 126-bit keys, or an item that this operation did not write.
fn id_taken() -> ApiError {
    ApiError::internal("another token is stored under the id of the new token")
}

fn lifetime_error(error: LifetimeError) -> ApiError {
    match error {
        LifetimeError::BeyondParent(end) => ApiError::LifetimeExceedsParent(end),
        other => ApiError::Invalid(other.to_string()),
    }
}

#[cfg(test)]
mod tests;
