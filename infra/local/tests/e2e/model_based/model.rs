//! The expected behavior of the service, written without its code.

use std::collections::BTreeSet;

use super::domain::{
    Action, Actor, CreateRequest, ExpectedToken, Expiry, Flags, Grants, ORGANIZATIONS, Outcome, ROLE_GRANTS, ROLES,
    ROOT_ROLE, RoleSet, Scope, TokenType, User,
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
                user(0, "fay", roles(false, &[4, 1])),
                user(0, "gus", roles(false, &[5, 2])),
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

    /// A token is inactive if it or its parent is. A rotated token has ended.
    pub fn is_active(&self, actor: Actor) -> bool {
        let Actor::Token(token) = actor else { return true };
        let token = &self.tokens[token];
        !token.revoked && !token.expired && token.successor.is_none() && self.is_active(token.creator)
    }

    fn grants(&self, org: usize, role: usize) -> Grants {
        self.grant_variants[org][role].map_or::<Grants, _>(&[], |variant| ROLE_GRANTS[role][variant])
    }

    fn has_grant(&self, org: usize, role: usize, action: Action, denies: bool) -> bool {
        let applies = if denies { denies_action } else { allows_action };
        self.grants(org, role).iter().any(|(pattern, denied)| *denied == denies && applies(pattern, action))
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

    /// The expected result of a request to the route of `action`.
    pub fn authorize(&self, actor: Actor, action: Action) -> Outcome {
        match action {
            Action::ViewTokens => self.scope_of_view(actor).map_or_else(|rejection| rejection, |_| Outcome::Success),
            _ => self.authorize_action(actor, action),
        }
    }

    fn authorize_action(&self, actor: Actor, action: Action) -> Outcome {
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

    /// The widest scope that one of the alternatives allows, or the rejection.
    fn scope(&self, actor: Actor, alternatives: [(Action, Scope); 2]) -> Result<Scope, Outcome> {
        let rejection = self.authorize_action(actor, alternatives[0].0);
        let allowed = alternatives
            .into_iter()
            .filter(|(action, _)| self.authorize_action(actor, *action) == Outcome::Success)
            .map(|(_, scope)| scope);
        allowed.max().ok_or(rejection)
    }

    fn scope_of_create(&self, actor: Actor) -> Result<Scope, Outcome> {
        self.scope(actor, [(Action::CreateTokens, Scope::Organization), (Action::OwnTokens, Scope::Own)])
    }

    fn scope_of_view(&self, actor: Actor) -> Result<Scope, Outcome> {
        self.scope(actor, [(Action::ViewTokens, Scope::Organization), (Action::OwnTokens, Scope::Own)])
    }

    fn scope_of_revoke(&self, actor: Actor) -> Result<Scope, Outcome> {
        self.scope(actor, [(Action::RevokeTokens, Scope::Organization), (Action::OwnTokens, Scope::Own)])
    }

    /// Whether `token` is in the scope of `actor`. A user owns the tokens of a chain that begins with the user; a token owns
    /// itself and what it created.
    fn is_in_scope(&self, actor: Actor, scope: Scope, token: usize) -> bool {
        self.org(actor) == self.tokens[token].org
            && match (scope, actor) {
                (Scope::Organization, _) => true,
                (Scope::Own, Actor::User(_)) => self.owner(token) == actor,
                (Scope::Own, Actor::Token(id)) => id == token || self.tokens[token].creator == actor,
            }
    }

    /// The user at the root of the chain.
    pub fn owner(&self, token: usize) -> Actor {
        match self.tokens[token].creator {
            Actor::Token(parent) => self.owner(parent),
            user @ Actor::User(_) => user,
        }
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
        let scope = self.scope_of_create(creator)?;
        let parent = match creator {
            Actor::Token(token) => Some(&self.tokens[token]),
            Actor::User(_) => None,
        };
        let is_too_deep = parent.is_some_and(|parent| matches!(parent.creator, Actor::Token(_)));
        let inherited = parent.map(|parent| parent.flags).unwrap_or_default();
        let is_public = request.token_type.is_public();
        if is_too_deep || (is_public && (inherited.anonymize || scope == Scope::Own)) {
            return Err(Outcome::Forbidden);
        }
        let flags = Flags {
            read_only: request.flags.read_only || inherited.read_only,
            anonymize: request.flags.anonymize || inherited.anonymize,
        };
        let roles =
            if is_public { RoleSet::default() } else { self.delegate_roles(creator, scope, &request.requested_roles)? };
        let inherited_denies = if is_public { BTreeSet::new() } else { &self.deny_roles(creator) - &roles.roles };
        Ok(ExpectedToken {
            org: self.org(creator),
            creator,
            token_type: request.token_type,
            roles,
            inherited_denies,
            expiry: expiry(request, parent.map_or(Expiry::Never, |parent| parent.expiry))?,
            flags: if is_public { Flags::default() } else { flags },
            name: None,
            origin: None,
            successor: None,
            revoked: false,
            expired: false,
        })
    }

    /// The requested roles must be the creator's, unless it is an owner who may create tokens for the organization.
    fn delegate_roles(&self, creator: Actor, scope: Scope, requested: &RoleSet) -> Result<RoleSet, Outcome> {
        let own = self.roles(creator);
        let roles = if requested.is_empty() { own.clone() } else { requested.clone() };
        let may_assign_any = own.owner && scope == Scope::Organization;
        let is_held = (own.owner || !roles.owner) && roles.roles.is_subset(&own.roles);
        if may_assign_any || is_held { Ok(roles) } else { Err(Outcome::Forbidden) }
    }

    /// The expected result of repeating the create request of `token` with the same idempotency key.
    pub fn replay(&self, token: usize) -> Outcome {
        let token = &self.tokens[token];
        let scope = match self.scope_of_create(token.creator) {
            Ok(scope) => scope,
            Err(rejection) => return rejection,
        };
        let is_public = token.token_type.is_public();
        let inherits_denies = self.deny_roles(token.creator).is_subset(&(&token.roles.roles | &token.inherited_denies));
        let may_delegate = || self.delegate_roles(token.creator, scope, &token.roles).is_ok();
        if is_public && scope == Scope::Own {
            Outcome::Forbidden
        } else if token.revoked || token.expired {
            Outcome::Conflict
        } else if is_public || (inherits_denies && may_delegate()) {
            Outcome::Success
        } else {
            Outcome::Forbidden
        }
    }

    /// The expected result of another create request with the idempotency key of `token`.
    pub fn replay_with_other_body(&self, token: usize) -> Outcome {
        let token = &self.tokens[token];
        match self.scope_of_create(token.creator) {
            Ok(Scope::Own) if token.token_type.is_public() => Outcome::Forbidden,
            Ok(_) => Outcome::Mismatch,
            Err(rejection) => rejection,
        }
    }

    /// The expected result of reading `token`.
    pub fn get(&self, actor: Actor, token: usize) -> Outcome {
        self.access_token(actor, token, self.scope_of_view(actor))
    }

    /// The expected result of revoking `token`, or its family: a token that needs no permission revokes only itself.
    pub fn revoke(&self, actor: Actor, token: usize, family: bool) -> Outcome {
        if family && self.is_active_self(actor, token) {
            return Outcome::Forbidden;
        }
        self.access_token(actor, token, self.scope_of_revoke(actor))
    }

    /// The tokens that a bulk revocation by `actor` revokes, those of `creator` or every one, or the rejection.
    pub fn revoked_in_bulk(&self, actor: Actor, creator: Option<Actor>) -> Result<BTreeSet<usize>, Outcome> {
        let scope = self.scope_of_revoke(actor)?;
        let matches = |token: &usize| {
            let ExpectedToken { revoked, expired, creator: created_by, .. } = &self.tokens[*token];
            let is_by_creator = creator.is_none_or(|creator| creator == *created_by);
            !revoked && !expired && is_by_creator && self.is_in_scope(actor, scope, *token)
        };
        Ok((0..self.tokens.len()).filter(matches).collect())
    }

    /// The successor of `token`, or the error. A token rotates only itself; a user passes the checks of a replay.
    pub fn rotate(&self, actor: Actor, token: usize) -> Result<ExpectedToken, Outcome> {
        let rotated = &self.tokens[token];
        let scope = self.scope_of_create(actor);
        let is_itself = self.is_active_self(actor, token);
        match (scope, actor) {
            _ if is_itself => {}
            (Err(rejection), _) => return Err(rejection),
            (Ok(_), Actor::Token(_)) => return Err(Outcome::Forbidden),
            (Ok(scope), Actor::User(_)) if !self.is_in_scope(actor, scope, token) => return Err(Outcome::NotFound),
            (Ok(_), Actor::User(_)) => {}
        }
        let is_parent_gone = match rotated.creator {
            Actor::Token(parent) => self.tokens[parent].revoked || self.tokens[parent].expired,
            Actor::User(_) => false,
        };
        if rotated.revoked || is_parent_gone || (rotated.expired && rotated.successor.is_none()) {
            return Err(Outcome::Conflict);
        }
        if let (Ok(scope), Actor::User(_)) = (scope, actor) {
            let is_public = rotated.token_type.is_public();
            let inherits_denies = self.deny_roles(actor).is_subset(&(&rotated.roles.roles | &rotated.inherited_denies));
            let may_delegate = || inherits_denies && self.delegate_roles(actor, scope, &rotated.roles).is_ok();
            if (is_public && scope == Scope::Own) || (!is_public && !may_delegate()) {
                return Err(Outcome::Forbidden);
            }
        }
        if rotated.successor.is_some() {
            return Err(Outcome::Conflict);
        }
        Ok(ExpectedToken { origin: Some((token, actor)), ..rotated.clone() })
    }

    /// The tokens that `actor` revokes with `token`, which comes first.
    pub fn revoked_with(&self, actor: Actor, token: usize, family: bool) -> Vec<usize> {
        let mut revoked = vec![token];
        if !family && actor == Actor::Token(token) {
            return revoked;
        }
        let mut last = token;
        while let Some(next) = self.tokens[last].successor {
            let is_by_itself = self.tokens[next].origin == Some((last, Actor::Token(last)));
            if !family && !is_by_itself {
                break;
            }
            revoked.push(next);
            last = next;
        }
        let mut first = token;
        while let Some((previous, _)) = self.tokens[first].origin.filter(|_| family) {
            revoked.push(previous);
            first = previous;
        }
        revoked
    }

    /// The expected result of renaming `token`, which a token cannot do to itself. A child of an inactive parent can be renamed.
    pub fn rename(&self, actor: Actor, token: usize) -> Outcome {
        let ExpectedToken { revoked, expired, .. } = self.tokens[token];
        match self.scope_of_create(actor) {
            Err(rejection) => rejection,
            Ok(_) if actor == Actor::Token(token) => Outcome::Forbidden,
            Ok(scope) if !self.is_in_scope(actor, scope, token) => Outcome::NotFound,
            Ok(_) if revoked || expired => Outcome::Conflict,
            Ok(_) => Outcome::Success,
        }
    }

    /// Whether `actor` is `token`, which is active and of the access family.
    fn is_active_self(&self, actor: Actor, token: usize) -> bool {
        let is_itself = actor == Actor::Token(token) && !self.tokens[token].token_type.is_public();
        is_itself && self.is_active(actor)
    }

    /// A token of the access family can always read and revoke itself.
    fn access_token(&self, actor: Actor, token: usize, scope: Result<Scope, Outcome>) -> Outcome {
        if self.is_active_self(actor, token) {
            return Outcome::Success;
        }
        match scope {
            Ok(scope) if self.is_in_scope(actor, scope, token) => Outcome::Success,
            Ok(_) => Outcome::NotFound,
            Err(rejection) => rejection,
        }
    }

    /// The tokens in the list of `actor`, or the rejection.
    pub fn listed(&self, actor: Actor) -> Result<Vec<usize>, Outcome> {
        let scope = self.scope_of_view(actor)?;
        let is_listed = |token: &usize| {
            let ExpectedToken { revoked, expired, .. } = &self.tokens[*token];
            !revoked && !expired && self.is_in_scope(actor, scope, *token)
        };
        Ok((0..self.tokens.len()).filter(is_listed).collect())
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

/// Whether a grant of `pattern` allows `action`. `token:create` implies the other actions on tokens, and `token:revoke`
/// implies `token:view`. Only `token:view` of them may be allowed by a pattern.
fn allows_action(pattern: &str, action: Action) -> bool {
    let creates = matches(pattern, "token:create");
    match action {
        Action::ViewTokens => creates || pattern == "token:revoke" || matches(pattern, action.name()),
        Action::RevokeTokens | Action::OwnTokens => creates || pattern == action.name(),
        _ => matches(pattern, action.name()),
    }
}

/// Whether a deny of `pattern` denies `action`. A deny of `token:create` denies every action on tokens.
fn denies_action(pattern: &str, action: Action) -> bool {
    let is_implied = matches!(action, Action::ViewTokens | Action::RevokeTokens | Action::OwnTokens);
    matches(pattern, action.name()) || (is_implied && matches(pattern, "token:create"))
}

/// Whether the pattern matches the text: exactly, or with one `*` at its start or end.
fn matches(pattern: &str, text: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), _) => text.ends_with(end),
        (None, Some(start)) => text.starts_with(start),
        (None, None) => pattern == text,
    }
}
