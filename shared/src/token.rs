//! What a token is: its id, type, lifetime, row in the ledger and claims.
//!
//! *(pure core)* Nothing here does I/O, reads a clock, draws random numbers or knows HTTP.

mod claims;
mod id;
mod idempotency;
mod item;
mod lifetime;
mod name;
mod principal;
#[cfg(test)]
pub(crate) mod samples;
mod time;
mod token_type;

pub use claims::{Claims, Issuer};
pub use id::{TokenId, TokenIdError, TokenKey};
pub use idempotency::{Fingerprint, IdempotencyKey, IdempotencyKeyError};
pub use item::Item;
pub use lifetime::{Lifetime, LifetimeError, MaxLifetime, expiry};
pub use name::{NameError, TokenName};
pub use principal::{Principal, PrincipalError, ProviderName, UserId};
pub use time::{Date, UnixTime};
pub use token_type::{
    Access, Families, Family, NOT_OFFERED, TargetId, TargetIdError, TokenClass, TokenType, TypeName, UnknownType,
};

use crate::permissions::OrgId;

/// A token as the ledger knows it. The JWT is not part of it and is stored nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The token's id.
    pub id: TokenId,
    /// The organization in which it acts, always.
    pub org: OrgId,
    /// What its maker called it.
    pub name: TokenName,
    /// Its type, and what tokens of that type carry.
    pub token_type: TokenType,
    /// When it was made, which is also its `iat`.
    pub created_at: UnixTime,
    /// Who made it.
    pub created_by: Principal,
    /// The token that made it, where a token did; it ends with that one.
    pub parent: Option<TokenId>,
    /// When it ends by itself; `None`: never.
    pub expires_at: Option<UnixTime>,
    /// Whether, when and by whom it was revoked.
    pub revocation: Option<Revocation>,
    /// The day it was last granted something, UTC.
    pub last_used: Option<Date>,
    /// What it was ordered with, where the order had an idempotency key.
    pub fingerprint: Option<Fingerprint>,
}

/// When and by whom a token was revoked, which is final.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// When.
    pub at: UnixTime,
    /// By whom.
    pub by: Principal,
}

impl Token {
    /// Whether the token may be used at `now`, as far as it alone goes: neither revoked nor expired. Its parent, where it
    /// has one, must be alive too.
    #[must_use]
    pub fn is_alive(&self, now: UnixTime) -> bool {
        self.revocation.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}
