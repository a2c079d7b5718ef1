//! The operation that rotates a token: creates its successor, then marks the token, then releases the successor's JWT.
//!
//! Nothing is lost between these steps: the id of the successor is derived from that of the token, so that the same request
//! finds the successor again and completes the rotation, until the successor is used.

use super::{Create, IssuedToken, RotateTokenRequest, SignedToken, StoredCreator};
use crate::{
    caller::Caller,
    error::ApiError,
    ports::{
        Clock, IdGenerator, InsertOutcome, InsertToken, MarkRotated, ReadAuthorizationData, RecordedToken, Signer,
        find_tokens, insert_token,
    },
    token::{Family, LifetimeError, Origin, Overlap, SuccessorLimits, Token, TokenId, UnixTime},
};

/// A rotated token with its successor.
#[derive(Debug)]
pub struct RotatedToken {
    /// The rotated token, with its mark.
    pub rotated: Token,
    /// The successor with its JWT.
    pub issued: IssuedToken,
}

/// The stored tokens of a rotation.
struct Rotation {
    rotated: Token,
    /// The token that created the rotated one, if it exists.
    parent: Option<Token>,
    /// The token that is stored under the id of the successor.
    stored_successor: Option<RecordedToken>,
}

impl<L, S, I, C> Create<L, S, I, C>
where
    L: InsertToken + ReadAuthorizationData + MarkRotated,
    S: Signer,
    I: IdGenerator,
    C: Clock,
{
    /// Rotates the token `id`. The same request of the same caller returns the same successor with a new signature, until
    /// the successor is used.
    ///
    /// # Errors
    ///
    /// Returns the contract's `not_found`, `permission_denied`, `token_inactive`, `already_rotated`, `idempotency_mismatch` or
    /// `lifetime_exceeds_parent`, [`ApiError::Invalid`] if the overlap or the lifetime exceeds a limit, and server errors.
    /// After a server error the successor may be stored: the same request then completes the rotation.
    pub async fn rotate(
        &self,
        caller: &Caller,
        id: &TokenId,
        request: RotateTokenRequest,
    ) -> Result<RotatedToken, ApiError> {
        let rotation = self.read_rotation(caller, id).await?;
        let rotated = &rotation.rotated;
        let now = self.clock.now();
        if !rotation.is_possible(now) {
            return Err(ApiError::TokenInactive);
        }
        self.check_rotation(caller, &rotation, request).await?;
        let (recorded, signed) = match rotation.stored_successor {
            Some(stored) => {
                check_stored_successor(caller, rotated, stored.token(), request, now)?;
                self.check_stored_lifetime(stored.token(), rotation.parent.as_ref(), now)?;
                let signed = self.sign(caller, stored.token().clone()).await?;
                (stored, signed)
            }
            // The mark names a successor that is gone: a new one could be used beside it.
            None if rotated.succession.is_some() => return Err(ApiError::AlreadyRotated),
            None => {
                let successor = self.successor(caller, &rotation, request, now)?;
                self.insert_successor(caller, rotated, successor, request, now).await?
            }
        };
        let rotated = self.mark(rotation.rotated, recorded.token(), request.overlap).await?;
        Ok(RotatedToken { rotated, issued: signed.release(recorded)? })
    }

    /// Reads the stored tokens. Only a user may name another token than itself.
    async fn read_rotation(&self, caller: &Caller, id: &TokenId) -> Result<Rotation, ApiError> {
        let accessible = caller.accessible_tokens()?;
        if caller.token().is_some_and(|token| token.id != *id) {
            return Err(ApiError::PermissionDenied("a token can rotate only itself".to_owned()));
        }
        let successor_id = id.successor(&caller.org);
        let parent_id = caller.token().and_then(|token| token.parent.clone());
        let ids: Vec<_> = [id.clone(), successor_id.clone()].into_iter().chain(parent_id).collect();
        let mut tokens = find_tokens(&self.ledger, &ids).await?;
        let rotated = tokens.remove(id).map(RecordedToken::into_token);
        let rotated = rotated.filter(|token| token.org == caller.org && accessible.includes(token));
        let rotated = rotated.ok_or(ApiError::NotFound)?;
        if let Some(parent) = rotated.parent.as_ref().filter(|parent| !ids.contains(parent)) {
            tokens.extend(find_tokens(&self.ledger, std::slice::from_ref(parent)).await?);
        }
        let parent = rotated.parent.as_ref().and_then(|parent| tokens.remove(parent)).map(RecordedToken::into_token);
        Ok(Rotation { rotated, parent, stored_successor: tokens.remove(&successor_id) })
    }

    /// *(never wider)* A token obtains no more by rotating itself than it has; a user passes the checks of a replay.
    async fn check_rotation(
        &self,
        caller: &Caller,
        rotation: &Rotation,
        request: RotateTokenRequest,
    ) -> Result<(), ApiError> {
        let rotated = &rotation.rotated;
        let family = rotated.token_type.name().family();
        if caller.token().is_some() {
            if family == Family::Public {
                return Err(ApiError::PermissionDenied("a public token cannot rotate itself".to_owned()));
            }
            if request.overlap.is_shorter_than(Overlap::MIN_OF_ITSELF) {
                return Err(ApiError::Invalid(
                    "`overlap` must be at least 5 minutes for a token that rotates itself".to_owned(),
                ));
            }
            return Ok(());
        }
        super::require_scope(caller, rotated.token_type.name())?;
        let requested_roles = rotated.token_type.access().map(|access| access.roles.as_slice());
        let creator = StoredCreator::read(&self.ledger, caller, requested_roles, &[]).await;
        let missing = creator.and_then(|creator| creator.missing_deny(caller, &rotated.token_type));
        match missing {
            Ok(None) => Ok(()),
            Ok(Some(missing)) => Err(ApiError::PermissionDenied(format!(
                "the token does not inherit the denies of the role `{missing}`, which your tokens must inherit"
            ))),
            Err(ApiError::RoleNotHeld(role)) => {
                Err(ApiError::PermissionDenied(format!("you do not hold the role `{role}` of the token")))
            }
            Err(error) => Err(error),
        }
    }

    /// The successor of a token, which is not stored yet.
    fn successor(
        &self,
        caller: &Caller,
        rotation: &Rotation,
        request: RotateTokenRequest,
        now: UnixTime,
    ) -> Result<Token, ApiError> {
        let rotated = &rotation.rotated;
        let is_renewable = rotated.token_type.access().is_some_and(|access| access.renewable);
        let renewed_end = |end: UnixTime| now.plus(end.seconds_since(rotated.created_at));
        let own_end = rotated.expires_at.map(|end| if is_renewable { renewed_end(end) } else { end });
        let is_by_itself = caller.token().is_some();
        let limits = SuccessorLimits {
            max_lifetime: self.max_lifetime,
            parent_end: rotation.parent.as_ref().and_then(Token::end),
            own_end: own_end.filter(|_| is_by_itself),
        };
        let expires_at = limits.expiry(rotated, request.lifetime, now).map_err(|error| match error {
            LifetimeError::BeyondRotated(_) => ApiError::PermissionDenied(error.to_string()),
            other => super::lifetime_error(other),
        })?;
        let origin = Origin {
            rotated_from: rotated.id.clone(),
            rotated_by: caller.principal(),
            chain_created_at: if is_by_itself { rotated.chain_created_at() } else { now },
            first_used_at: None,
        };
        Ok(Token {
            id: rotated.successor_id(),
            created_at: now,
            expires_at,
            last_used: None,
            origin: Some(origin),
            succession: None,
            fingerprint: Some(request.fingerprint()),
            ..rotated.clone()
        })
    }

    /// *(never wider)* A successor that was stored before passes the present limits.
    fn check_stored_lifetime(&self, successor: &Token, parent: Option<&Token>, now: UnixTime) -> Result<(), ApiError> {
        let parent_end = parent.and_then(Token::end);
        let within_parent = match parent_end.filter(|end| successor.expires_at.is_none_or(|own| own > *end)) {
            Some(end) => Err(LifetimeError::BeyondParent(end)),
            None => Ok(()),
        };
        within_parent
            .and_then(|()| self.max_lifetime.map_or(Ok(()), |max| max.check(now, successor.expires_at)))
            .map_err(|error| ApiError::PermissionDenied(error.to_string()))
    }

    /// Signs and stores the successor, unless another request has stored one in the meantime.
    async fn insert_successor(
        &self,
        caller: &Caller,
        rotated: &Token,
        successor: Token,
        request: RotateTokenRequest,
        now: UnixTime,
    ) -> Result<(RecordedToken, SignedToken), ApiError> {
        let signed = self.sign(caller, successor.clone()).await?;
        match insert_token(&self.ledger, successor).await? {
            InsertOutcome::Inserted(recorded) => Ok((recorded, signed)),
            InsertOutcome::Exists { existing, .. } => {
                check_stored_successor(caller, rotated, existing.token(), request, now)?;
                let signed = self.sign(caller, existing.token().clone()).await?;
                Ok((*existing, signed))
            }
        }
    }

    /// Marks the rotated token, on condition that it is neither revoked nor succeeded by another token, and returns it.
    async fn mark(&self, rotated: Token, successor: &Token, overlap: Overlap) -> Result<Token, ApiError> {
        let marked = if rotated.succession.is_some() {
            Some(rotated)
        } else {
            let succession = rotated.succession(successor.id.clone(), self.clock.now(), overlap);
            self.ledger.mark_rotated(&rotated.id, &succession, successor.expires_at).await?
        };
        let marked = marked.filter(|token| token.revocation.is_none()).ok_or(ApiError::TokenInactive)?;
        let is_marked = marked.succession.as_ref().is_some_and(|succession| succession.successor == successor.id);
        if is_marked { Ok(marked) } else { Err(ApiError::AlreadyRotated) }
    }
}

impl Rotation {
    /// Whether the token and its parent are active. A token that was rotated may have ended: its successor is then returned
    /// again, for example if the overlap was 0 seconds and the first response was lost.
    fn is_possible(&self, now: UnixTime) -> bool {
        // A parent that is younger than its child has the id of an older token whose item is gone, as in the authorizer.
        let is_active_parent = |parent: &Token| {
            let is_older = parent.created_at <= self.rotated.created_at || self.rotated.origin.is_some();
            parent.org == self.rotated.org && is_older && parent.is_alive(now)
        };
        let is_orphan = self.rotated.parent.is_some() && !self.parent.as_ref().is_some_and(is_active_parent);
        let is_marked = self.rotated.succession.is_some();
        self.rotated.revocation.is_none() && !is_orphan && (is_marked || self.rotated.is_alive(now))
    }
}

/// A stored successor is returned again only to the caller that requested it, and only until it is used: otherwise a thief
/// of the rotated token could fetch the successor of its owner, and the owner that of a thief.
fn check_stored_successor(
    caller: &Caller,
    rotated: &Token,
    successor: &Token,
    request: RotateTokenRequest,
    now: UnixTime,
) -> Result<(), ApiError> {
    let is_own = successor.id == rotated.successor_id()
        && successor.org == rotated.org
        && successor.origin.as_ref().is_some_and(|origin| {
            origin.rotated_from == rotated.id
                && origin.rotated_by == caller.principal()
                && origin.first_used_at.is_none()
        });
    if !is_own || !successor.is_alive(now) || successor.succession.is_some() {
        return Err(ApiError::AlreadyRotated);
    }
    if successor.fingerprint != Some(request.fingerprint()) {
        return Err(ApiError::RotationMismatch);
    }
    Ok(())
}
