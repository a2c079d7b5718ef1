//! Sample tokens for tests.

use serde_json::{Value, json};

use super::{
    Access, AllowedNetworks, Network, Origin, Overlap, Principal, Revocation, Token, TokenType, UnixTime,
    rotation_fingerprint,
};
use crate::permissions::{GrantLimits, token_grants};

pub(crate) fn at(seconds: i64) -> UnixTime {
    UnixTime::try_from(seconds).unwrap()
}

fn access(roles: &[&str]) -> Access {
    let roles = roles.iter().map(|id| id.parse().unwrap()).collect();
    let grant_limits = GrantLimits::default();
    Access { roles, inherited_denies: Vec::new(), read_only: false, anonymize: false, renewable: false, grant_limits }
}

/// An `api` token of the organization 123 that a user created and that does not expire.
pub(crate) fn plain() -> Token {
    Token {
        id: "api_5ZugdRXasLfWBypHi93Fk".parse().unwrap(),
        org: "123".parse().unwrap(),
        name: "Postman Access Token".parse().unwrap(),
        description: None,
        token_type: TokenType::Api(access(&["123:owner"])),
        created_at: at(1_566_656_122),
        created_by: "local|1001".parse().unwrap(),
        owner: Some("local|1001".parse().unwrap()),
        parent: None,
        expires_at: None,
        allowed_networks: None,
        revocation: None,
        last_used: None,
        origin: None,
        succession: None,
        fingerprint: None,
    }
}

/// A token like [`plain`] with a description.
pub(crate) fn with_description() -> Token {
    let id = "api_EEEEEEEEEEEEEEEEEEEEE".parse().unwrap();
    Token { id, description: Some("Stored in the vault".parse().unwrap()), ..plain() }
}

/// A public token for a journey.
pub(crate) fn journey() -> Token {
    let id = "journey_JJJJJJJJJJJJJJJJJJJJJ".parse().unwrap();
    Token { id, token_type: TokenType::Journey("j-1".parse().unwrap()), ..plain() }
}

/// A child of [`plain`] with an expiration and both flags.
pub(crate) fn child() -> Token {
    let id: super::TokenId = "app_BBBBBBBBBBBBBBBBBBBBB".parse().unwrap();
    Token {
        id,
        token_type: TokenType::App(Access { read_only: true, anonymize: true, ..access(&["123:a", "123:b"]) }),
        created_by: "api_5ZugdRXasLfWBypHi93Fk".parse().unwrap(),
        parent: Some(plain().id),
        expires_at: Some(at(1_566_660_000)),
        last_used: Some(at(1_566_656_200).date()),
        ..plain()
    }
}

/// A token like [`plain`] that inherits the denies of two roles of its creator.
pub(crate) fn with_inherited_denies() -> Token {
    let inherited_denies = access(&["123:no_billing", "123:owner"]).roles;
    let id = "api_DDDDDDDDDDDDDDDDDDDDD".parse().unwrap();
    let token_type = TokenType::Api(Access { inherited_denies, ..access(&["123:viewer"]) });
    Token { id, token_type, ..plain() }
}

/// The list of these networks.
pub(crate) fn networks(texts: &[&str]) -> AllowedNetworks {
    texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<Network>>().try_into().unwrap()
}

/// A token like [`plain`] that is bound to two networks.
pub(crate) fn with_networks() -> Token {
    let id = "api_NNNNNNNNNNNNNNNNNNNNN".parse().unwrap();
    Token { id, allowed_networks: Some(networks(&["203.0.113.0/24", "2001:db8::/32"])), ..plain() }
}

/// A child of [`plain`] that is limited to these grants and those of its parent.
pub(crate) fn with_grants(grants: &Value, parent_grants: Option<&Value>) -> Token {
    let id = "api_GGGGGGGGGGGGGGGGGGGGG".parse().unwrap();
    let grant_limits =
        GrantLimits { grants: Some(token_grants(grants)), parent_grants: parent_grants.map(token_grants) };
    Token {
        id,
        token_type: TokenType::Api(Access { grant_limits, ..access(&["123:owner"]) }),
        created_by: plain().id.to_string().parse().unwrap(),
        parent: Some(plain().id),
        ..plain()
    }
}

/// [`plain`] after its revocation.
pub(crate) fn revoked() -> Token {
    let revocation = Revocation { at: at(1_566_657_000), by: "local|1002".parse().unwrap() };
    Token { revocation: Some(revocation), ..plain() }
}

/// The successor of [`plain`], which obtained it itself.
pub(crate) fn successor() -> Token {
    let rotated = plain();
    let origin = Origin {
        rotated_from: rotated.id.clone(),
        rotated_by: Principal::Token(rotated.id.clone()),
        chain_created_at: rotated.created_at,
        first_used_at: None,
    };
    let fingerprint = Some(rotation_fingerprint(Overlap::DEFAULT, None));
    Token { id: rotated.successor_id(), created_at: at(1_566_656_200), origin: Some(origin), fingerprint, ..rotated }
}

/// [`plain`] after its rotation.
pub(crate) fn rotated() -> Token {
    let token = plain();
    let succession = token.succession(token.successor_id(), at(1_566_656_200), Overlap::DEFAULT);
    Token { succession: Some(succession), ..token }
}

/// One token of each kind: plain, child, with a description, with inherited denies, with networks, with grants of its own and of
/// its parent, revoked, rotated, successor, journey and portal.
pub(crate) fn tokens() -> [Token; 12] {
    let portal = Token {
        id: "portal_PPPPPPPPPPPPPPPPPPPPP".parse().unwrap(),
        token_type: TokenType::Portal("p-1".parse().unwrap()),
        fingerprint: Some(super::Fingerprint::of("{}")),
        ..plain()
    };
    let view = json!([{"action": "order:view", "resource": "order/*", "effect": "allow"}]);
    let unused = successor();
    let origin = unused.origin.clone().map(|origin| Origin { first_used_at: Some(at(1_566_656_300)), ..origin });
    let used_successor = Token { origin, ..unused };
    let limited = with_grants(&view, None);
    let child_of_limited = with_grants(&view, Some(&json!([{"action": "*"}])));
    [
        plain(),
        child(),
        with_description(),
        with_inherited_denies(),
        with_networks(),
        limited,
        child_of_limited,
        revoked(),
        rotated(),
        used_successor,
        journey(),
        portal,
    ]
}
