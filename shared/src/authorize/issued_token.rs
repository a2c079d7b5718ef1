//! Authenticates a token that Latchkey issued.

use std::time::Duration;

use super::{
    AuthenticatedCaller, AuthorizationRequest, Authorize, AuthorizeError, AuthorizerPorts, InactiveToken, OrgHeader,
    Rejection, deny_org, unauthenticated,
};
use crate::{
    caller::{Caller, CallerIdentity, CallingToken},
    jwt::Unverified,
    permissions::{EffectivePermissions, GrantLimits, OrgId, RoleId},
    ports::{AuthorizationData, Clock, OwnKeys, ReadAuthorizationData, RecordFirstUse, UpdateLastUsed},
    token::{Access, Claims, Date, Family, Token, TokenId, UnixTime, UserId},
};

/// Longest time by which the update of a token's last use may delay the request.
const LAST_USED_TIMEOUT: Duration = Duration::from_millis(200);

/// The items that a token's verified claims refer to. The decision depends on the items, not on these claims.
struct ReferencedItems {
    id: TokenId,
    parent: Option<TokenId>,
    org: OrgId,
    /// The roles, and the roles of which only the denies apply.
    roles: Vec<RoleId>,
}

/// The record of the first use of a token that succeeds another one.
pub(super) struct FirstUse {
    id: TokenId,
    org: OrgId,
}

/// The update of a token's last use, at its first use on a day.
pub(super) struct LastUsedUpdate {
    id: TokenId,
    day: Date,
}

impl<P: AuthorizerPorts> Authorize<P> {
    /// Authenticates `token`: verifies its signature, then reads the token, its parent and its roles in one batch.
    pub(super) async fn authenticate_issued_token(
        &self,
        family: Family,
        token: &Unverified<'_>,
        request: &AuthorizationRequest,
    ) -> Result<AuthenticatedCaller, AuthorizeError> {
        if token.typ().as_deref() != Some("at+jwt") {
            return Err(unauthenticated("header `typ` is not at+jwt"));
        }
        let claims: Claims = token.verify(self.keys.of(family).key_set().await?.as_ref())?;
        let items = ReferencedItems::of(&claims).ok_or_else(|| unauthenticated("claims contain an invalid id"))?;
        let authenticated = self.authenticate_claims(family, &claims, &items, request).await;
        // Errors name the token only from here on: before its signature is verified, the id may be forged.
        authenticated.map_err(|error| error.with_token(|| items.inactive_token()))
    }

    /// Authenticates the token with these claims, whose signature is verified.
    async fn authenticate_claims(
        &self,
        family: Family,
        claims: &Claims,
        items: &ReferencedItems,
        request: &AuthorizationRequest,
    ) -> Result<AuthenticatedCaller, AuthorizeError> {
        if !self.policy.issuers.of(family).iter().any(|issuer| claims.are_under(issuer)) {
            return Err(unauthenticated("token audience is not accepted"));
        }
        let tokens: Vec<_> = items.parent.iter().chain([&items.id]).cloned().collect();
        let mut roles = items.roles.clone();
        roles.push(RoleId::root(&items.org));
        let data = self.ledger.read_authorization_data(&tokens, &roles).await?;
        let now = self.clock.now();
        let stored_token = find_active(&data, &items.id, now)?;
        if !claims.are_of(stored_token) || stored_token.token_type.name().family() != family {
            return Err(unauthenticated("claims do not match the stored token"));
        }
        let parent = require_active_parent(&data, stored_token, now)?;
        self.require_overlap(stored_token, parent).await?;
        match &request.org {
            OrgHeader::Absent => {}
            OrgHeader::Org(org) if *org == stored_token.org => {}
            _ => return Err(deny_org("a token can be used only in its own organization")),
        }
        // *(never wider)* Also for a child that code without these restrictions created.
        let is_source_allowed = [Some(stored_token), parent]
            .into_iter()
            .flatten()
            .filter_map(|token| token.allowed_networks.as_ref())
            .all(|networks| networks.allow(request.source));
        let grant_limits = [Some(stored_token), parent].into_iter().flatten().filter_map(grant_limits).collect();
        let authenticated = authenticated_caller(stored_token.clone(), grant_limits, data, now);
        if is_source_allowed {
            Ok(authenticated)
        } else {
            Err(Rejection::address_not_allowed().for_caller(Some(authenticated.caller)))
        }
    }
}

impl<P: AuthorizerPorts> Authorize<P> {
    /// A rotated token is active until its overlap ends, or until shortly after the first use of its successor. The successor
    /// is read only if the token or its parent was rotated.
    async fn require_overlap(&self, token: &Token, parent: Option<&Token>) -> Result<(), AuthorizeError> {
        let mark = |token: &Token| token.succession.as_ref().map(|succession| succession.successor.clone());
        let successors: Vec<_> = [Some(token), parent].into_iter().flatten().filter_map(mark).collect();
        if successors.is_empty() {
            return Ok(());
        }
        let data = self.ledger.read_authorization_data(&successors, &[]).await?;
        // Later than the first read, after which the token may have ended.
        let now = self.clock.now();
        require_overlap_with_successor(&data, token, now)?;
        parent.map_or(Ok(()), |parent| {
            require_overlap_with_successor(&data, parent, now).map_err(|error| match error {
                AuthorizeError::Unauthenticated { cause, .. } => unauthenticated(format!("parent {cause}")),
                other => other,
            })
        })
    }
}

/// *(deny by default)* Without the item of its successor a rotated token is inactive, because the first use is not known.
fn require_overlap_with_successor(
    data: &AuthorizationData,
    token: &Token,
    now: UnixTime,
) -> Result<(), AuthorizeError> {
    let Some(succession) = &token.succession else { return Ok(()) };
    let successor = match data.tokens.get(succession.successor.key()) {
        None => return Err(unauthenticated("token was rotated, and its successor does not exist")),
        Some(Err(error)) => {
            return Err(unauthenticated(format!("token was rotated, and its successor is unreadable: {error}")));
        }
        Some(Ok(successor)) => successor,
    };
    match &successor.origin {
        Some(origin) if origin.rotated_from == token.id && successor.org == token.org => {
            let overlaps = succession.overlaps(origin.first_used_at, now);
            if overlaps { Ok(()) } else { Err(unauthenticated("token was replaced by its successor")) }
        }
        _ => Err(unauthenticated("token was rotated, and its successor belongs to another token")),
    }
}

impl ReferencedItems {
    fn of(claims: &Claims) -> Option<Self> {
        Some(Self {
            id: claims.token_id().parse().ok()?,
            parent: match claims.parent() {
                None => None,
                Some(parent) => Some(parent.parse().ok()?),
            },
            org: claims.org_id().parse().ok()?,
            roles: claims
                .roles()
                .iter()
                .chain(claims.deny_roles())
                .map(|role| role.parse().ok())
                .collect::<Option<_>>()?,
        })
    }

    /// The token that the rejection names in the log.
    fn inactive_token(self) -> InactiveToken {
        InactiveToken { id: self.id, org: self.org }
    }
}

/// The stored token `id`, if it exists and is neither revoked nor expired. Each cause begins with `token`.
fn find_active<'a>(data: &'a AuthorizationData, id: &TokenId, now: UnixTime) -> Result<&'a Token, AuthorizeError> {
    let token = match data.tokens.get(id.key()) {
        None => return Err(unauthenticated("token does not exist")),
        Some(Err(error)) => return Err(unauthenticated(format!("token is unreadable: {error}"))),
        Some(Ok(token)) => token,
    };
    if token.revocation.is_some() {
        Err(unauthenticated("token is revoked"))
    } else if token.expires_at.is_some_and(|end| end <= now) {
        Err(unauthenticated("token is expired"))
    } else if !token.is_alive(now) {
        Err(unauthenticated("token was rotated, and its overlap has ended"))
    } else {
        Ok(token)
    }
}

/// *(ends with its parent)* A parent that is revoked, expired, missing or unreadable makes its children inactive at
/// once. Returns the parent of a child.
fn require_active_parent<'a>(
    data: &'a AuthorizationData,
    child: &Token,
    now: UnixTime,
) -> Result<Option<&'a Token>, AuthorizeError> {
    let Some(id) = &child.parent else { return Ok(None) };
    match find_active(data, id, now) {
        // An idempotency key that is used again after the old token's item is gone gives a new token the old one's key.
        // The new token is not the parent of children that are older than itself.
        Ok(parent) if parent.id != *id || parent.created_at > child.created_at => {
            Err(unauthenticated("parent token id belongs to another token"))
        }
        Ok(parent) if parent.org == child.org => Ok(Some(parent)),
        Ok(_) => Err(unauthenticated("parent token belongs to another organization")),
        Err(AuthorizeError::Unauthenticated { cause, .. }) => Err(unauthenticated(format!("parent {cause}"))),
        Err(other) => Err(other),
    }
}

/// *(the item is authoritative)* Organization, roles, expiry and flags are those of the stored token.
fn authenticated_caller(
    stored: Token,
    grant_limits: Vec<GrantLimits>,
    data: AuthorizationData,
    now: UnixTime,
) -> AuthenticatedCaller {
    let has_flag = |flag: fn(&Access) -> bool| stored.token_type.access().is_some_and(flag);
    let read_only = has_flag(|access| access.read_only);
    let anonymize = has_flag(|access| access.anonymize);
    let owner = owner(&stored, &data).cloned();
    let end = stored.end();
    let restricted = !grant_limits.is_empty();
    let token_type = &stored.token_type;
    let inherited_denies = token_type.inherited_denies();
    let permissions =
        EffectivePermissions::new(&stored.org, token_type.roles(), inherited_denies, data.roles, read_only)
            .limited_to(grant_limits);
    let today = now.date();
    let is_unused_successor = stored.origin.as_ref().is_some_and(|origin| origin.first_used_at.is_none());
    let first_use = is_unused_successor.then(|| FirstUse { id: stored.id.clone(), org: stored.org.clone() });
    let last_used = (stored.last_used != Some(today)).then(|| LastUsedUpdate { id: stored.id.clone(), day: today });
    let token =
        CallingToken { id: stored.id, parent: stored.parent, owner, expires_at: end, read_only, anonymize, restricted };
    let caller = Caller {
        identity: CallerIdentity::Token(token),
        org: stored.org,
        roles: permissions.roles().to_vec(),
        deny_roles: permissions.deny_roles(),
        scope: None,
    };
    AuthenticatedCaller { caller, permissions, is_org_claimed: false, first_use, last_used }
}

/// The grants that limit `token`; `None` if there are none.
fn grant_limits(token: &Token) -> Option<GrantLimits> {
    token.token_type.access().map(|access| access.grant_limits.clone()).filter(GrantLimits::are_present)
}

/// The user who owns `token`. The item of an older child does not name them; that of its parent does.
fn owner<'a>(token: &'a Token, data: &'a AuthorizationData) -> Option<&'a UserId> {
    let parent = || data.tokens.get(token.parent.as_ref()?.key())?.as_ref().ok()?.owner();
    token.owner().or_else(parent)
}

impl FirstUse {
    /// Records the first use. The token that it succeeds ends shortly after it, so that a request is allowed only if the use is
    /// recorded.
    pub(super) async fn record(self, ledger: &impl RecordFirstUse, now: UnixTime) -> Result<(), AuthorizeError> {
        if ledger.record_first_use(&self.id, now).await? {
            return Ok(());
        }
        let Self { id, org } = self;
        Err(unauthenticated("token is revoked").with_token(|| InactiveToken { id, org }))
    }
}

impl LastUsedUpdate {
    /// Writes the update. An error is ignored and the time is limited, because the decision does not depend on the
    /// update.
    pub(super) async fn write(self, ledger: &impl UpdateLastUsed) {
        let _ = tokio::time::timeout(LAST_USED_TIMEOUT, ledger.update_last_used(&self.id, self.day)).await;
    }
}
