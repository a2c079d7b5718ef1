//! Commands, and the generation of random sequences of them.

use proptest::{
    collection::{btree_set, vec},
    prelude::*,
    sample::{Index, select},
};

use super::{
    domain::{
        Action, Actor, CreateRequest, Expiry, Flags, NAMES, ORGANIZATIONS, ROLE_GRANTS, ROLES, ROUTE_ACTIONS, RoleSet,
        TokenType,
    },
    model::Model,
};

/// Chooses an actor among those that exist when the command runs.
#[derive(Debug, Clone)]
pub struct ActorChoice {
    is_token: bool,
    index: Index,
}

impl ActorChoice {
    pub fn resolve(&self, model: &Model) -> Actor {
        if self.is_token && !model.tokens.is_empty() {
            return Actor::Token(self.index.index(model.tokens.len()));
        }
        Actor::User(self.index.index(model.users.len()))
    }
}

/// Which responses of `DynamoDB` are lost after the write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LostResponses {
    None,
    First,
    /// All, until the client has received an error and retries.
    All,
}

#[derive(Debug, Clone)]
pub enum Command {
    Create {
        by: ActorChoice,
        request: CreateRequest,
        with_key: bool,
        lost: LostResponses,
    },
    Replay {
        token: Index,
    },
    ReplayWithOtherBody {
        token: Index,
    },
    Use {
        by: ActorChoice,
        action: Action,
    },
    Get {
        by: ActorChoice,
        token: Index,
    },
    List {
        by: ActorChoice,
    },
    Revoke {
        by: ActorChoice,
        token: Index,
        family: bool,
        lost: LostResponses,
    },
    /// Rotates a token. Its successor is used, and a minute passes.
    Rotate {
        by: ActorChoice,
        token: Index,
        lost: LostResponses,
    },
    RotateSelf {
        token: Index,
        lost: LostResponses,
    },
    RevokeSelf {
        token: Index,
    },
    /// Revokes the tokens of a creator, or every token, at once.
    RevokeMany {
        by: ActorChoice,
        creator: Option<ActorChoice>,
        lost: LostResponses,
    },
    Rename {
        by: ActorChoice,
        token: Index,
        name: usize,
        lost: LostResponses,
    },
    EditRole {
        org: usize,
        role: usize,
        variant: usize,
    },
    RotateKeys,
    /// Waits until every token with [`Expiry::Soon`] has expired.
    Wait,
}

pub fn sequence() -> impl Strategy<Value = Vec<Command>> {
    vec(command(), 20..60)
}

fn command() -> impl Strategy<Value = Command> {
    let token = any::<Index>;
    prop_oneof![
        12 => (actor(), create_request(), any::<bool>(), lost_responses())
            .prop_map(|(by, request, with_key, lost)| Command::Create { by, request, with_key, lost }),
        4 => token().prop_map(|token| Command::Replay { token }),
        1 => token().prop_map(|token| Command::ReplayWithOtherBody { token }),
        10 => (actor(), select(&ROUTE_ACTIONS[..])).prop_map(|(by, action)| Command::Use { by, action }),
        2 => (actor(), token()).prop_map(|(by, token)| Command::Get { by, token }),
        2 => actor().prop_map(|by| Command::List { by }),
        4 => (actor(), token(), proptest::bool::weighted(0.3), lost_responses())
            .prop_map(|(by, token, family, lost)| Command::Revoke { by, token, family, lost }),
        4 => (actor(), token(), lost_responses()).prop_map(|(by, token, lost)| Command::Rotate { by, token, lost }),
        3 => (token(), lost_responses()).prop_map(|(token, lost)| Command::RotateSelf { token, lost }),
        1 => token().prop_map(|token| Command::RevokeSelf { token }),
        1 => (actor(), proptest::option::weighted(0.8, actor()), lost_responses())
            .prop_map(|(by, creator, lost)| Command::RevokeMany { by, creator, lost }),
        4 => (actor(), token(), 0..NAMES.len(), lost_responses())
            .prop_map(|(by, token, name, lost)| Command::Rename { by, token, name, lost }),
        2 => (0..ORGANIZATIONS, 0..ROLE_GRANTS.len(), 0..2_usize)
            .prop_map(|(org, role, variant)| Command::EditRole { org, role, variant }),
        1 => Just(Command::RotateKeys),
        1 => Just(Command::Wait),
    ]
}

fn actor() -> impl Strategy<Value = ActorChoice> {
    (any::<bool>(), any::<Index>()).prop_map(|(is_token, index)| ActorChoice { is_token, index })
}

fn lost_responses() -> impl Strategy<Value = LostResponses> {
    prop_oneof![6 => Just(LostResponses::None), 1 => Just(LostResponses::First), 1 => Just(LostResponses::All)]
}

/// Valid requests only: other tests cover invalid ones.
fn create_request() -> impl Strategy<Value = CreateRequest> {
    let token_type = prop_oneof![
        6 => Just(TokenType::Api),
        2 => Just(TokenType::App),
        1 => Just(TokenType::Assume),
        2 => Just(TokenType::Journey),
    ];
    let expiry = prop_oneof![5 => Just(None), 2 => Just(Some(Expiry::Soon)), 2 => Just(Some(Expiry::Late))];
    let requested_roles = prop_oneof![3 => Just(RoleSet::default()), 4 => role_set()];
    let flag = || proptest::bool::weighted(0.15);
    (token_type, requested_roles, expiry, flag(), flag()).prop_map(
        |(token_type, requested_roles, expiry, read_only, anonymize)| {
            let is_public = token_type.is_public();
            CreateRequest {
                token_type,
                requested_roles: if is_public { RoleSet::default() } else { requested_roles },
                expiry: expiry.filter(|_| token_type != TokenType::Assume),
                flags: if is_public { Flags::default() } else { Flags { read_only, anonymize } },
            }
        },
    )
}

fn role_set() -> impl Strategy<Value = RoleSet> {
    (proptest::bool::weighted(0.2), btree_set(0..ROLES.len(), 0..3)).prop_map(|(owner, roles)| RoleSet { owner, roles })
}
