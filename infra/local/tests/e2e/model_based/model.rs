//! The expected behavior of the service, written without its code.

use std::collections::BTreeSet;

use super::domain::{
    Action, Actor, CreateRequest, ExpectedToken, Expiry, Flags, Grants, ORGANIZATIONS, Outcome, ROLE_GRANTS, ROLES,
    ROOT_ROLE, RoleSet, TokenType, User,
};

#[derive(Debug, Clone)]
pub struct Model {
    pub users: Vec<User>,
    pub tokens: Vec<ExpectedToken>,
    /// The variant of each role's grants per organization; `None` if the role does not exist.
    grant_variants: [[Option<usize>; ROLES.len() + 1]; ORGANIZATIONS],
}

impl Model {
    pub fn new() -> Self {
        let roles = |owner, roles: &[usize]| RoleSet { owner, roles: roles.iter().copied().collect() };
        let user = |org, name, roles| User { org, name, roles };
        let mut variants = [Some(0); ROLES.len() + 1];
        variants[ROOT_ROLE] = None;
        Self {
            users: vec![
                user(0, "ada", roles(true, &[])),
                user(0, "bob", roles(false, &[0, 1])),
                user(0, "cyd", roles(false, &[0, 3])),
                user(0, "dan", roles(false, &[2])),
                user(1, "eve", roles(true, &[])),
            ],
            tokens: Vec::new(),
            grant_variants: [variants; ORGANIZATIONS],
        }
    }

    pub fn edit_role(&mut self, org: usize, role: usize, variant: usize) {
        self.grant_variants[org][role] = Some(variant);
    }

    /// Expires every token whose expiry is [`Expiry::Soon`].
    pub fn expire_tokens(&mut self) {
        for token in self.tokens.iter_mut().filter(|token| token.expiry == Expiry::Soon) {
            token.expired = true;
        }
    }

    pub fn org(&self, actor: Actor) -> usize {
        match actor {
            Actor::User(user) => self.users[user].org,
            Actor::Token(token) => self.tokens[token].org,
        }
    }

    fn roles(&self, actor: Actor) -> &RoleSet {
        match actor {
            Actor::User(user) => &self.users[user].roles,
            Actor::Token(token) => &self.tokens[token].roles,
        }
    }

    /// A token is inactive if it or its parent is.
    pub fn is_active(&self, actor: Actor) -> bool {
        let Actor::Token(token) = actor else { return true };
        let token = &self.tokens[token];
        !token.revoked && !token.expired && self.is_active(token.creator)
    }

    fn grants(&self, org: usize, role: usize) -> Grants {
        self.grant_variants[org][role].map_or::<Grants, _>(&[], |variant| ROLE_GRANTS[role][variant])
    }

    fn has_grant(&self, org: usize, role: usize, action: Action, denies: bool) -> bool {
        self.grants(org, role).iter().any(|(pattern, denied)| *denied == denies && matches(pattern, action.name()))
    }

    /// A denial takes precedence, and the root role, if it exists, must allow the action too.
    fn allows(&self, org: usize, roles: &RoleSet, inherited_denies: &BTreeSet<usize>, action: Action) -> bool {
        let has_grant = |role: &usize, denies| self.has_grant(org, *role, action, denies);
        let is_allowed = roles.owner || roles.roles.iter().any(|role| has_grant(role, false));
        let is_denied = roles.roles.iter().chain(inherited_denies).any(|role| has_grant(role, true));
        self.root_allows(org, action) && is_allowed && !is_denied
    }

    fn root_allows(&self, org: usize, action: Action) -> bool {
        self.grant_variants[org][ROOT_ROLE].is_none() || self.has_grant(org, ROOT_ROLE, action, false)
    }

    /// The expected result of a request that requires `action`.
    pub fn authorize(&self, actor: Actor, action: Action) -> Outcome {
        if !self.is_active(actor) {
            return Outcome::Unauthenticated;
        }
        let org = self.org(actor);
        let allowed = match actor {
            Actor::User(user) => self.allows(org, &self.users[user].roles, &BTreeSet::new(), action),
            Actor::Token(token) => {
                let token = &self.tokens[token];
                if token.token_type.is_public() {
                    // The only route whose rule accepts public tokens.
                    action == Action::ViewCatalog && self.root_allows(org, action)
                } else {
                    (!token.flags.read_only || action.name().ends_with(":view"))
                        && self.allows(org, &token.roles, &token.inherited_denies, action)
                }
            }
        };
        if allowed { Outcome::Success } else { Outcome::Forbidden }
    }

    /// The roles whose denies `actor` passes on: those of its roles that deny something, and those that it has inherited.
    fn deny_roles(&self, actor: Actor) -> BTreeSet<usize> {
        let org = self.org(actor);
        let denies = |role: &&usize| self.grants(org, **role).iter().any(|(_, denied)| *denied);
        let inherited = match actor {
            Actor::User(_) => &BTreeSet::new(),
            Actor::Token(token) => &self.tokens[token].inherited_denies,
        };
        self.roles(actor).roles.iter().filter(denies).chain(inherited).copied().collect()
    }

    /// The token that a create request yields, or the error.
    pub fn create(&self, creator: Actor, request: &CreateRequest) -> Result<ExpectedToken, Outcome> {
        let outcome = self.authorize(creator, Action::ManageTokens);
        if outcome != Outcome::Success {
            return Err(outcome);
        }
        let parent = match creator {
            Actor::Token(token) => Some(&self.tokens[token]),
            Actor::User(_) => None,
        };
        let is_too_deep = parent.is_some_and(|parent| matches!(parent.creator, Actor::Token(_)));
        let inherited = parent.map(|parent| parent.flags).unwrap_or_default();
        let is_public = request.token_type.is_public();
        if is_too_deep || (is_public && inherited.anonymize) {
            return Err(Outcome::Forbidden);
        }
        let flags = Flags {
            read_only: request.flags.read_only || inherited.read_only,
            anonymize: request.flags.anonymize || inherited.anonymize,
        };
        let roles =
            if is_public { RoleSet::default() } else { self.delegate_roles(creator, &request.requested_roles)? };
        let inherited_denies = if is_public { BTreeSet::new() } else { &self.deny_roles(creator) - &roles.roles };
        Ok(ExpectedToken {
            org: self.org(creator),
            creator,
            token_type: request.token_type,
            roles,
            inherited_denies,
            expiry: expiry(request, parent.map_or(Expiry::Never, |parent| parent.expiry))?,
            flags: if is_public { Flags::default() } else { flags },
            revoked: false,
            expired: false,
        })
    }

    /// The requested roles must be the creator's, unless it is an owner.
    fn delegate_roles(&self, creator: Actor, requested: &RoleSet) -> Result<RoleSet, Outcome> {
        let own = self.roles(creator);
        let roles = if requested.is_empty() { own.clone() } else { requested.clone() };
        let is_permitted = own.owner || (!roles.owner && roles.roles.is_subset(&own.roles));
        if is_permitted { Ok(roles) } else { Err(Outcome::Forbidden) }
    }

    /// The expected result of repeating the create request of `token` with the same idempotency key.
    pub fn replay(&self, token: usize) -> Outcome {
        let token = &self.tokens[token];
        match self.authorize(token.creator, Action::ManageTokens) {
            Outcome::Success if token.revoked || token.expired => Outcome::Conflict,
            Outcome::Success if token.token_type.is_public() => Outcome::Success,
            Outcome::Success
                if !self.deny_roles(token.creator).is_subset(&(&token.roles.roles | &token.inherited_denies)) =>
            {
                Outcome::Forbidden
            }
            other => other,
        }
    }

    /// The expected result of another create request with the idempotency key of `token`.
    pub fn replay_with_other_body(&self, token: usize) -> Outcome {
        match self.authorize(self.tokens[token].creator, Action::ManageTokens) {
            Outcome::Success => Outcome::Mismatch,
            other => other,
        }
    }

    /// The expected result of reading or revoking `token`. A token of the access family can always read and revoke itself.
    pub fn access_token(&self, actor: Actor, token: usize) -> Outcome {
        let is_itself = actor == Actor::Token(token) && !self.tokens[token].token_type.is_public();
        if is_itself && self.is_active(actor) {
            return Outcome::Success;
        }
        match self.authorize(actor, Action::ManageTokens) {
            Outcome::Success if self.org(actor) != self.tokens[token].org => Outcome::NotFound,
            other => other,
        }
    }

    /// The tokens in the list of an organization.
    pub fn listed(&self, org: usize) -> impl Iterator<Item = usize> {
        let is_listed = move |token: &ExpectedToken| token.org == org && !token.revoked && !token.expired;
        self.tokens.iter().enumerate().filter(move |(_, token)| is_listed(token)).map(|(index, _)| index)
    }
}

/// The expiry of a new token, which is not later than its parent's.
fn expiry(request: &CreateRequest, parent: Expiry) -> Result<Expiry, Outcome> {
    match (request.expiry, parent) {
        (Some(requested), Expiry::Never) => Ok(requested),
        (Some(Expiry::Soon), Expiry::Late) => Ok(Expiry::Soon),
        (Some(_), _) => Err(Outcome::Forbidden),
        (None, Expiry::Never) if matches!(request.token_type, TokenType::App | TokenType::Assume) => Ok(Expiry::Late),
        (None, parent) => Ok(parent),
    }
}

/// Whether the pattern matches the action: exactly, or with one `*` at its start or end.
fn matches(pattern: &str, action: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), _) => action.ends_with(end),
        (None, Some(start)) => action.starts_with(start),
        (None, None) => pattern == action,
    }
}
