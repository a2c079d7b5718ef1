//! The kinds of requests and their shares.

/// A kind of request, described in [`KINDS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestKind {
    Create,
    List,
    Get,
    GetSelf,
    Revoke,
    ListByToken,
    MyRoles,
    Jwks,
    InvalidToken,
    ForeignId,
}

/// Kind, share in percent, name, and the function that is invoked after the authorizer.
const KINDS: [(RequestKind, usize, &str, &str); 10] = [
    (RequestKind::Create, 14, "create with a key", "create-token"),
    (RequestKind::List, 8, "list", "list-tokens"),
    (RequestKind::Get, 14, "get", "get-token"),
    (RequestKind::GetSelf, 20, "get by the token itself", "get-token"),
    (RequestKind::Revoke, 10, "revoke", "revoke-token"),
    (RequestKind::ListByToken, 12, "list by a token", "list-tokens"),
    (RequestKind::MyRoles, 8, "own roles", "my-roles"),
    (RequestKind::Jwks, 4, "JWK set", "well-known"),
    (RequestKind::InvalidToken, 5, "invalid token", "get-token"),
    (RequestKind::ForeignId, 5, "id of another organization", "get-token"),
];

impl RequestKind {
    pub fn random(random: &mut fastrand::Rng) -> Self {
        let mut drawn = random.usize(..100);
        for (kind, share, ..) in KINDS {
            match drawn.checked_sub(share) {
                Some(rest) => drawn = rest,
                None => return kind,
            }
        }
        unreachable!("the shares add up to 100")
    }

    pub fn name(self) -> &'static str {
        self.row().2
    }

    pub fn function(self) -> &'static str {
        self.row().3
    }

    fn row(self) -> (Self, usize, &'static str, &'static str) {
        KINDS.into_iter().find(|(kind, ..)| *kind == self).unwrap_or(KINDS[0])
    }
}
