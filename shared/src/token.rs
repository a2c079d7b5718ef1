//! The domain model of a token: id, type, lifetime, creator, JWT claims and representation in the API.
//!
//! *(pure core)* This module does no I/O, reads no clock, generates no random numbers and does not depend on HTTP.

mod changes;
mod claims;
mod description;
mod id;
mod idempotency;
mod item;
mod lifetime;
mod name;
mod network;
mod principal;
mod rotation;
#[cfg(test)]
pub(crate) mod samples;
mod selection;
mod time;
mod token_type;
mod visible_text;

pub use changes::{DescriptionChange, TokenChanges};
pub use claims::{Claims, Issuer};
pub use description::{Description, DescriptionError};
pub use id::{TokenId, TokenIdError, TokenKey};
pub use idempotency::{Fingerprint, IdempotencyKey, IdempotencyKeyError};
pub use item::Item;
pub use lifetime::{Lifetime, LifetimeError, MaxLifetime, expiry};
pub use name::{NameError, TokenName};
pub use network::{AllowedNetworks, AllowedNetworksError, MAX_NETWORKS, Network, NetworkError, SourceAddress};
pub use principal::{Principal, PrincipalError, ProviderName, UserId};
pub use rotation::{Origin, Overlap, OverlapError, Succession, SuccessorLimits, rotation_fingerprint};
pub use selection::TokenSelection;
pub use time::{Date, UnixTime};
pub use token_type::{
    Access, Families, Family, NOT_OFFERED, TargetId, TargetIdError, TokenClass, TokenType, TypeName, UnknownType,
};
pub use visible_text::{VisibleTextError, is_invisible_at, require_visible};

use crate::permissions::OrgId;

/// A token as it is stored in the ledger. The JWT is not part of it and is never stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The token's id.
    pub id: TokenId,
    /// The only organization in which the token acts.
    pub org: OrgId,
    /// The name that its creator gave it.
    pub name: TokenName,
    /// What the token is for, where its secret is stored, whom to contact. It is not part of the JWT.
    pub description: Option<Description>,
    /// The type, with the roles and flags or the target of that type.
    pub token_type: TokenType,
    /// Time of creation, which is also the claim `iat`.
    pub created_at: UnixTime,
    /// The user or token that created it.
    pub created_by: Principal,
    /// The user at the root of the chain: the creator, or the owner of the token that created it. `None` in older items.
    pub owner: Option<UserId>,
    /// The token that created it, if a token did. *(ends with its parent)*
    pub parent: Option<TokenId>,
    /// Time of expiration; `None` means that the token does not expire.
    pub expires_at: Option<UnixTime>,
    /// The networks from which the token may be used; `None` means any.
    pub allowed_networks: Option<AllowedNetworks>,
    /// The revocation, if the token is revoked. *(revoked is final)*
    pub revocation: Option<Revocation>,
    /// Day in UTC on which a request with the token was last allowed.
    pub last_used: Option<Date>,
    /// The rotation that created the token, if it succeeded another one.
    pub origin: Option<Origin>,
    /// The rotation of the token, if it was rotated.
    pub succession: Option<Succession>,
    /// Fingerprint of the request that created it, if that request had an idempotency key or was a rotation.
    pub fingerprint: Option<Fingerprint>,
}

/// The revocation of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// Time of the revocation.
    pub at: UnixTime,
    /// The user or token that revoked it.
    pub by: Principal,
}

impl Token {
    /// Whether the token itself is active at `now`: neither revoked nor expired, and not ended by its rotation. The caller
    /// also has to check the parent, and the first use of the successor.
    #[must_use]
    pub fn is_alive(&self, now: UnixTime) -> bool {
        self.revocation.is_none() && self.end().is_none_or(|end| now < end)
    }

    /// Whether the texts of the token may be changed at `now`: it is neither revoked nor expired. The end of a rotation does not
    /// count: a condition on it would require the permission to write it.
    #[must_use]
    pub fn is_changeable(&self, now: UnixTime) -> bool {
        self.revocation.is_none() && self.expires_at.is_none_or(|end| now < end)
    }

    /// The user who owns the token. For an older item it is the creator, if that is a user.
    #[must_use]
    pub fn owner(&self) -> Option<&UserId> {
        self.owner.as_ref().or(match &self.created_by {
            Principal::User(id) => Some(id),
            Principal::Token(_) => None,
        })
    }
}
