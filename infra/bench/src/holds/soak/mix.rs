//! The kinds of requests, and how many there are of each.

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A token is made, with an idempotency key.
    Create,
    /// A page of the list.
    List,
    /// A token is read by its maker.
    Get,
    /// A token reads itself.
    Own,
    /// A token is revoked.
    Revoke,
    /// A token asks for what only `token:create` allows.
    Decide,
    /// One's own roles.
    Roles,
    /// The keys that tokens are verified by.
    Keys,
    /// A token that is none.
    Bad,
    /// The token of another organization.
    Foreign,
}

/// Of a hundred requests.
const MIX: [(Kind, usize); 10] = [
    (Kind::Create, 14),
    (Kind::List, 8),
    (Kind::Get, 14),
    (Kind::Own, 20),
    (Kind::Revoke, 10),
    (Kind::Decide, 12),
    (Kind::Roles, 8),
    (Kind::Keys, 4),
    (Kind::Bad, 5),
    (Kind::Foreign, 5),
];

impl Kind {
    /// One of them, each as often as it is to be.
    pub(super) fn draw(random: &mut fastrand::Rng) -> Self {
        let mut drawn = random.usize(..100);
        for (kind, share) in MIX {
            match drawn.checked_sub(share) {
                Some(left) => drawn = left,
                None => return kind,
            }
        }
        Self::Own
    }

    /// What it is called in a table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Create => "create, with a key",
            Self::List => "list",
            Self::Get => "get",
            Self::Own => "a token reads itself",
            Self::Revoke => "revoke",
            Self::Decide => "a token lists",
            Self::Roles => "own roles",
            Self::Keys => "JWK set",
            Self::Bad => "a bad token",
            Self::Foreign => "an id of another tenant",
        }
    }

    /// The function behind the authorizer that answers it.
    pub(super) fn function(self) -> &'static str {
        match self {
            Self::Create => "create-token",
            Self::List | Self::Decide => "list-tokens",
            Self::Get | Self::Own | Self::Bad | Self::Foreign => "get-token",
            Self::Revoke => "revoke-token",
            Self::Roles => "my-roles",
            Self::Keys => "well-known",
        }
    }
}
