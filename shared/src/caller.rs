//! The caller of an operation.

mod context;

pub use self::context::{Context, MAX_ROLE_LIST_BYTES, join, role_list_bytes};
use crate::{
    error::ApiError,
    permissions::{Delegator, OrgId, RoleId, Scope},
    token::{Principal, TokenId, TokenSelection, UnixTime, UserId},
};

/// Most roles that the authorizer reads for a user: together with the root role, one batch of 100 items.
pub const MAX_CALLER_ROLES: usize = 99;

/// The caller of an operation: its identity, the organization in which it acts, and its roles there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// A user or a token.
    pub identity: CallerIdentity,
    /// The organization in which the request acts.
    pub org: OrgId,
    /// The roles that the caller holds in that organization.
    pub roles: Vec<RoleId>,
    /// The roles whose denies the caller passes on to each token that it creates: those of `roles` that deny an action,
    /// and those whose denies a token has inherited from its creator.
    pub deny_roles: Vec<RoleId>,
    /// Whose items the caller may access; `None`: the route requires no permission, and the caller may access none.
    pub scope: Option<Scope>,
}

/// The identity of a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallerIdentity {
    /// A user of an identity provider.
    User(UserId),
    /// A token that Latchkey issued.
    Token(CallingToken),
}

/// The token that calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallingToken {
    /// Its id.
    pub id: TokenId,
    /// The token that created it.
    pub parent: Option<TokenId>,
    /// The user who owns it and the tokens that it creates; `None` if that is unknown.
    pub owner: Option<UserId>,
    /// When it expires; `None` if it does not expire.
    pub expires_at: Option<UnixTime>,
    /// Whether it is read-only.
    pub read_only: bool,
    /// Whether it is anonymized.
    pub anonymize: bool,
    /// Whether grants limit it in addition to its roles.
    pub restricted: bool,
}

impl Caller {
    /// The token that calls; `None` if a user calls.
    #[must_use]
    pub fn token(&self) -> Option<&CallingToken> {
        match &self.identity {
            CallerIdentity::User(_) => None,
            CallerIdentity::Token(token) => Some(token),
        }
    }

    /// The caller as a principal.
    #[must_use]
    pub fn principal(&self) -> Principal {
        match &self.identity {
            CallerIdentity::User(id) => Principal::User(id.clone()),
            CallerIdentity::Token(token) => Principal::Token(token.id.clone()),
        }
    }

    /// The user who owns the tokens that the caller creates: the caller, or the owner of the calling token.
    #[must_use]
    pub fn owner(&self) -> Option<&UserId> {
        match &self.identity {
            CallerIdentity::User(id) => Some(id),
            CallerIdentity::Token(token) => token.owner.as_ref(),
        }
    }

    /// The tokens that the caller may access on this route.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::PermissionDenied`] if the authorizer granted no scope.
    pub fn accessible_tokens(&self) -> Result<TokenSelection, ApiError> {
        let scope = self
            .scope
            .ok_or_else(|| ApiError::PermissionDenied("the authorizer granted no scope on this route".to_owned()))?;
        Ok(match (scope, &self.identity) {
            (Scope::Organization, _) => TokenSelection::All,
            (Scope::Own, CallerIdentity::User(id)) => TokenSelection::OwnedBy(id.clone()),
            (Scope::Own, CallerIdentity::Token(token)) => TokenSelection::CreatedBy(token.id.clone()),
            (Scope::OwnToken, CallerIdentity::Token(token)) => TokenSelection::Only(token.id.clone()),
            (Scope::OwnToken, CallerIdentity::User(_)) => {
                return Err(ApiError::PermissionDenied("the scope `self` is that of tokens".to_owned()));
            }
        })
    }

    /// Whether the caller is a token that another token created.
    #[must_use]
    pub fn is_child_token(&self) -> bool {
        self.token().is_some_and(|token| token.parent.is_some())
    }

    /// Whether the caller is a read-only token.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.token().is_some_and(|token| token.read_only)
    }

    /// Whether the caller is an anonymized token.
    #[must_use]
    pub fn is_anonymized(&self) -> bool {
        self.token().is_some_and(|token| token.anonymize)
    }

    /// Whether the caller is a token that grants limit in addition to its roles.
    #[must_use]
    pub fn is_restricted(&self) -> bool {
        self.token().is_some_and(|token| token.restricted)
    }

    /// When the token that calls expires; `None` if a user calls or the token does not expire.
    #[must_use]
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.token().and_then(|token| token.expires_at)
    }

    /// The roles of which only the denies apply to the caller: those of `deny_roles` that it does not hold.
    #[must_use]
    pub fn inherited_denies(&self) -> Vec<RoleId> {
        self.deny_roles.iter().filter(|role| !self.roles.contains(role)).cloned().collect()
    }

    /// Whether the roles and inherited denies exceed [`MAX_ROLE_LIST_BYTES`].
    #[must_use]
    pub fn has_too_many_roles(&self) -> bool {
        role_list_bytes(&self.roles, &self.inherited_denies()) > MAX_ROLE_LIST_BYTES
    }

    /// The same caller without roles, for a request that needs none.
    #[must_use]
    pub fn without_roles(self) -> Self {
        Self { roles: Vec::new(), deny_roles: Vec::new(), ..self }
    }

    /// The same caller with the scope that the rule of the route grants.
    #[must_use]
    pub fn with_scope(self, scope: Option<Scope>) -> Self {
        Self { scope, ..self }
    }

    /// The same caller without the owner of the calling token, which functions can do without.
    #[must_use]
    pub fn without_owner(mut self) -> Self {
        if let CallerIdentity::Token(token) = &mut self.identity {
            token.owner = None;
        }
        self
    }

    /// Resolves the `id` of a request: `self` is the token that calls.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::NotFound`] for `self` if a user calls, and for text that is not a token id.
    pub fn resolve(&self, id: &str) -> Result<TokenId, ApiError> {
        if id == "self" {
            return self.token().map(|token| token.id.clone()).ok_or(ApiError::NotFound);
        }
        id.parse().map_err(|_| ApiError::NotFound)
    }

    /// The caller as the creator of a token.
    #[must_use]
    pub fn as_delegator(&self) -> Delegator<'_> {
        let may_assign_any = self.is_owner() && self.scope == Some(Scope::Organization);
        Delegator { org: &self.org, roles: &self.roles, deny_roles: &self.deny_roles, may_assign_any }
    }

    /// Whether the caller has the role `owner` of the organization.
    #[must_use]
    pub fn is_owner(&self) -> bool {
        self.roles.contains(&RoleId::owner(&self.org))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::token::samples;

    /// A user of the organization 123 with these roles.
    pub(crate) fn person(roles: &[&str]) -> Caller {
        Caller {
            identity: CallerIdentity::User("local|1001".parse().unwrap()),
            org: "123".parse().unwrap(),
            roles: roles.iter().map(|role| role.parse().unwrap()).collect(),
            deny_roles: Vec::new(),
            scope: Some(Scope::Organization),
        }
    }

    /// A token of the organization 123 with these roles.
    pub(crate) fn token(roles: &[&str], parent: Option<TokenId>, expires_at: Option<UnixTime>) -> Caller {
        let id = samples::plain().id;
        let token =
            CallingToken { id, parent, owner: None, expires_at, read_only: false, anonymize: false, restricted: false };
        Caller { identity: CallerIdentity::Token(token), ..person(roles) }
    }

    /// The calling token of `caller`, for changes.
    pub(crate) fn token_mut(caller: &mut Caller) -> &mut CallingToken {
        match &mut caller.identity {
            CallerIdentity::Token(token) => token,
            CallerIdentity::User(id) => panic!("{id} is not a token"),
        }
    }

    #[test]
    fn accessible_tokens_follow_scope_and_identity() {
        let user = |scope| person(&[]).with_scope(Some(scope)).accessible_tokens().ok();
        let token = |scope| token(&[], None, None).with_scope(Some(scope)).accessible_tokens().ok();
        let id = samples::plain().id;
        for (actual, expected) in [
            (user(Scope::Organization), Some(TokenSelection::All)),
            (token(Scope::Organization), Some(TokenSelection::All)),
            (user(Scope::Own), Some(TokenSelection::OwnedBy("local|1001".parse().unwrap()))),
            (token(Scope::Own), Some(TokenSelection::CreatedBy(id.clone()))),
            (user(Scope::OwnToken), None),
            (token(Scope::OwnToken), Some(TokenSelection::Only(id))),
        ] {
            assert_eq!(actual, expected);
        }
    }

    #[test]
    fn resolve_self_returns_calling_token_or_not_found() {
        let caller = token(&[], None, None);
        assert_eq!(caller.resolve("self"), Ok(samples::plain().id));
        assert_eq!(person(&[]).resolve("self"), Err(ApiError::NotFound));
        assert_eq!(person(&[]).resolve("api_x"), Err(ApiError::NotFound));
        assert_eq!(person(&[]).resolve(&samples::child().id.to_string()), Ok(samples::child().id));
    }

    #[test]
    fn role_list_over_3700_bytes_is_too_many_roles() {
        let roles: Vec<String> = (0..58).map(|n| format!("123:{n:02}{}", "r".repeat(57))).collect();
        let mut caller = person(&roles.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(join(&caller.roles).len(), 3_711);
        assert!(caller.has_too_many_roles());
        let last = caller.roles.pop().unwrap();
        assert!(!caller.has_too_many_roles());
        caller.deny_roles = vec![caller.roles[0].clone()];
        assert!(!caller.has_too_many_roles(), "a role that is held counts once");
        caller.deny_roles.push(last);
        assert!(caller.has_too_many_roles(), "inherited denies count");
    }
}
