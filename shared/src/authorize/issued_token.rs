//! Recognizing a token of ours.

use std::time::Duration;

use super::{
    AuthenticatedCaller, Authorize, AuthorizeError, AuthorizerPorts, InactiveToken, OrgHeader, deny_org,
    unauthenticated,
};
use crate::{
    caller::{Caller, CallerIdentity, CallingToken},
    jwt::Unverified,
    permissions::{EffectivePermissions, OrgId, RoleId},
    ports::{AuthorizationData, Clock, OwnKeys, ReadAuthorizationData, UpdateLastUsed},
    token::{Access, Claims, Date, Family, Token, TokenId, UnixTime},
};

/// Longest time by which the update of a token's last use may delay the request.
const LAST_USED_TIMEOUT: Duration = Duration::from_millis(200);

/// Which rows a token's verified claims ask for. They decide nothing: what counts is in the rows.
struct ReferencedItems {
    id: TokenId,
    parent: Option<TokenId>,
    org: OrgId,
    roles: Vec<RoleId>,
}

/// The update of a token's last use, at its first use on a day.
pub(super) struct LastUsedUpdate {
    id: TokenId,
    day: Date,
}

impl<P: AuthorizerPorts> Authorize<P> {
    /// Who has `token`, one of ours: its signature first, then, in one batch, its row, its parent's and those of its roles.
    pub(super) async fn authenticate_issued_token(
        &self,
        family: Family,
        token: &Unverified<'_>,
        org: &OrgHeader,
    ) -> Result<AuthenticatedCaller, AuthorizeError> {
        if token.typ().as_deref() != Some("at+jwt") {
            return Err(unauthenticated("its `typ` is not at+jwt"));
        }
        let claims: Claims = token.verify(self.keys.of(family).key_set().await?.as_ref())?;
        let items = ReferencedItems::of(&claims).ok_or_else(|| unauthenticated("its claims hold no ids"))?;
        let authenticated = self.verified(family, &claims, &items, org).await;
        // Only now: the id in a token that we have not signed is whatever somebody wrote there.
        authenticated.map_err(|error| error.with_token(|| items.inactive_token()))
    }

    /// Who has the token with these claims, whose signature is ours.
    async fn verified(
        &self,
        family: Family,
        claims: &Claims,
        items: &ReferencedItems,
        org: &OrgHeader,
    ) -> Result<AuthenticatedCaller, AuthorizeError> {
        if !self.policy.issuers.of(family).iter().any(|issuer| claims.are_under(issuer)) {
            return Err(unauthenticated("its audience is another"));
        }
        let tokens: Vec<_> = items.parent.iter().chain([&items.id]).cloned().collect();
        let mut roles = items.roles.clone();
        roles.push(RoleId::root(&items.org));
        let data = self.ledger.read_authorization_data(&tokens, &roles).await?;
        let now = self.clock.now();
        let row = find_active(&data, &items.id, now)?;
        if !claims.are_of(row) || row.token_type.name().family() != family {
            return Err(unauthenticated("its claims are not those of its row"));
        }
        require_active_parent(&data, row, now)?;
        match org {
            OrgHeader::Absent => {}
            OrgHeader::Org(org) if *org == row.org => {}
            _ => return Err(deny_org("a token acts in its own organization alone")),
        }
        Ok(authenticated(row.clone(), data, now))
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
            roles: claims.roles().iter().map(|role| role.parse().ok()).collect::<Option<_>>()?,
        })
    }

    /// The token, where it counts no more.
    fn inactive_token(self) -> InactiveToken {
        InactiveToken { id: self.id, org: self.org }
    }
}

/// The row of the token `id`, if there is one and it is alive.
fn find_active<'a>(data: &'a AuthorizationData, id: &TokenId, now: UnixTime) -> Result<&'a Token, AuthorizeError> {
    let token = match data.tokens.get(id.key()) {
        None => return Err(unauthenticated("it has no row")),
        Some(Err(error)) => return Err(unauthenticated(error.to_string())),
        Some(Ok(token)) => token,
    };
    if token.revocation.is_some() {
        Err(unauthenticated("it is revoked"))
    } else if !token.is_alive(now) {
        Err(unauthenticated("it is expired"))
    } else {
        Ok(token)
    }
}

/// *(dies with its parent)* A parent that is revoked, expired, absent or unread ends its children at once.
fn require_active_parent(data: &AuthorizationData, row: &Token, now: UnixTime) -> Result<(), AuthorizeError> {
    let Some(id) = &row.parent else { return Ok(()) };
    match find_active(data, id, now) {
        // An idempotency key used again long after gives a new token an old one's key: that one made no children before.
        Ok(parent) if parent.id != *id || parent.created_at > row.created_at => {
            Err(unauthenticated("its parent: another token has its id"))
        }
        Ok(parent) if parent.org == row.org => Ok(()),
        Ok(_) => Err(unauthenticated("its parent is of another organization")),
        Err(AuthorizeError::Unauthenticated { cause, .. }) => Err(unauthenticated(format!("its parent: {cause}"))),
        Err(other) => Err(other),
    }
}

/// *(the row is the right)* Organization, roles, expiry and flags are the row's.
fn authenticated(row: Token, data: AuthorizationData, now: UnixTime) -> AuthenticatedCaller {
    let flag = |flag: fn(&Access) -> bool| row.token_type.access().is_some_and(flag);
    let (read_only, anonymize) = (flag(|access| access.read_only), flag(|access| access.anonymize));
    let permissions = EffectivePermissions::new(&row.org, row.token_type.roles(), data.roles, read_only);
    let today = now.date();
    let last_used = (row.last_used != Some(today)).then(|| LastUsedUpdate { id: row.id.clone(), day: today });
    let token = CallingToken { id: row.id, parent: row.parent, expires_at: row.expires_at, read_only, anonymize };
    let caller = Caller {
        identity: CallerIdentity::Token(token),
        org: row.org,
        roles: permissions.roles().to_vec(),
        deny_roles: permissions.deny_roles(),
    };
    AuthenticatedCaller { caller, permissions, last_used }
}

impl LastUsedUpdate {
    /// Writes the update. It changes no decision, so that an error is ignored and the time is limited.
    pub(super) async fn write(self, ledger: &impl UpdateLastUsed) {
        let _ = tokio::time::timeout(LAST_USED_TIMEOUT, ledger.update_last_used(&self.id, self.day)).await;
    }
}
