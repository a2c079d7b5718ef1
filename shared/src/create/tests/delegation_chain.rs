//! *(never wider)* as a property of create and authorize: for any sequence of requests by users and tokens, no
//! decision, lifetime or flag of a token exceeds its creator's, and revoking a token makes every token below it
//! inactive. In the scope of its own tokens, no caller reads, lists or revokes another one.

use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::*;
use crate::{
    authorize::{AuthorizationRequest, Authorize, OrgHeader, Policy},
    caller::tests::person,
    get::Get,
    identity_provider::IdentityProviders,
    jwt::samples as keys,
    list::List,
    memory::{At, Keys, Memory},
    pagination::TokenFilter,
    permissions::{EffectivePermissions, Role, TokenGrants},
    revoke::{Extent, Revoke},
    system::NanoIdGenerator,
    token::{
        Family, Network, Revocation,
        samples::{self, at},
    },
};

const SLUGS: [&str; 6] = ["owner", "root", "w", "x", "y", "z"];
const ACTIONS: [&str; 6] = ["a:view", "a:edit", "b:view", "token:create", "token:self", "token:revoke"];
/// Names the route to create tokens, whose rule has an alternative for each scope.
const CREATE: &str = "create";
const START_SECONDS: i64 = 1_000_000;

/// Source addresses of requests.
const SOURCES: [&str; 3] = ["10.0.0.1", "10.0.1.1", "2001:db8::1"];
const NETWORKS: [&str; 6] = ["0.0.0.0/0", "10.0.0.0/16", "10.0.0.0/24", "10.0.1.1", "::/0", "2001:db8::/64"];

/// The ledger and the current time.
struct Fixture {
    ledger: Memory,
    now: i64,
}

/// A token of the chain, with the request that created it.
struct CreatedToken {
    token: Token,
    jwt: String,
    creator: Caller,
    body: Value,
    key: Option<IdempotencyKey>,
}

fn issuers() -> Families<Issuer> {
    let issuer = |path: &str| Issuer { issuer: format!("https://a.example{path}"), audience: "a".to_owned() };
    Families { access: issuer(""), public: issuer("/public") }
}

/// The route that requires `action`.
fn route_of(action: &str) -> String {
    format!("GET /{}", action.replace(':', "-"))
}

impl Fixture {
    /// Creates the token that `body` requests; `None` if the request is rejected.
    async fn create_token(
        &self,
        caller: &Caller,
        body: &Value,
        key: Option<&IdempotencyKey>,
    ) -> Option<(Token, String)> {
        let [rsa, ec] = keys::both();
        let create = Create {
            ledger: self.ledger.clone(),
            signers: Families { access: Keys(rsa), public: Keys(ec) },
            ids: NanoIdGenerator,
            clock: At(at(self.now)),
            issuers: issuers(),
            max_lifetime: None,
        };
        let issued = create.run(caller, CreateTokenRequest::parse(body.as_object().unwrap()).ok()?, key).await.ok()?;
        let token = issued.token().clone();
        // The in-memory signer returns zeros, so that the JWT is signed here with the key of the token's family.
        let family = token.token_type.name().family();
        let key = if family == Family::Access { rsa } else { ec };
        let claims = crate::token::Claims::of(&token, issuers().of(family));
        let input = crate::jwt::SigningInput::new(key.public().alg(), key.public().kid(), &claims);
        Some((token, input.unwrap().sign_with(|text| key.sign(text))))
    }

    /// The caller if the authorizer allows this token the route of `action` for a request from any of [`SOURCES`].
    async fn authorize(&self, jwt: &str, action: &str) -> Option<Caller> {
        for source in SOURCES {
            if let Some(caller) = self.authorize_from(source, jwt, action).await {
                return Some(caller);
            }
        }
        None
    }

    /// The caller if the authorizer allows this token the route of `action` for a request from `source`.
    async fn authorize_from(&self, source: &str, jwt: &str, action: &str) -> Option<Caller> {
        let [rsa, ec] = keys::both();
        let mut rules: HashMap<_, _> =
            ACTIONS.iter().map(|action| (route_of(action), json!({"action": action}))).collect();
        let alternatives = json!([{"action": "token:create"}, {"action": "token:self", "scope": "own"}]);
        rules.insert(route_of(CREATE), json!({ "any_of": alternatives }));
        let policy = Policy {
            issuers: issuers().map(|issuer| vec![issuer]),
            providers: IdentityProviders::default(),
            rules: serde_json::from_value(json!(rules)).unwrap(),
        };
        let keys = Families { access: Keys(rsa), public: Keys(ec) };
        let authorize = Authorize::new(self.ledger.clone(), keys, Keys(ec), At(at(self.now)), policy);
        let request = AuthorizationRequest {
            credential: Ok(jwt.to_owned()),
            api: String::new(),
            method: "GET".to_owned(),
            route: route_of(action),
            parameters: HashMap::new(),
            org: OrgHeader::Absent,
            source: source.parse().ok(),
        };
        authorize.decide(&request).await.into_result().ok().flatten()
    }

    /// The permissions of the roles that the request for `created` names; `None` if it names none.
    fn requested_permissions(&self, created: &CreatedToken) -> Option<EffectivePermissions> {
        let assignments = created.body["assignments"].as_array().filter(|roles| !roles.is_empty())?;
        let roles: Vec<RoleId> = assignments.iter().map(|role| role.as_str().unwrap().parse().unwrap()).collect();
        let stored = self.ledger.state().roles.clone();
        Some(EffectivePermissions::new(&"123".parse().unwrap(), &roles, &[], stored, false))
    }

    /// The actions that the authorizer allows this token, each with an address from which it does.
    async fn allowed(&self, jwt: &str) -> Vec<(&'static str, &'static str)> {
        let mut allowed = Vec::new();
        for (action, source) in ACTIONS.into_iter().flat_map(|action| SOURCES.map(|source| (action, source))) {
            if self.authorize_from(source, jwt, action).await.is_some() {
                allowed.push((action, source));
            }
        }
        allowed
    }

    /// Every action that `created` is allowed from an address is allowed by the roles as they are stored now, and by the
    /// grants and networks that its request and that of `parent` name. Returns these actions and addresses.
    async fn assert_within_limits(
        &self,
        created: &CreatedToken,
        parent: Option<&CreatedToken>,
    ) -> Result<Vec<(&'static str, &'static str)>, TestCaseError> {
        let token = &created.token;
        let requested = self.requested_permissions(created);
        let allowed = self.allowed(&created.jwt).await;
        for (action, source) in &allowed {
            if let Some(requested) = &requested {
                prop_assert!(requested.decide(&action.parse().unwrap(), None).is_ok(), "{action} {token:?}");
            }
            for limiting in parent.into_iter().chain([created]) {
                let is_within = has_network(&limiting.body, source) && has_grant(&limiting.body, action);
                prop_assert!(is_within, "{action} from {source} {token:?} {}", limiting.body);
            }
        }
        Ok(allowed)
    }

    /// *(never wider)* Every action that `created` is allowed from an address is allowed to `user`, the first creator, and
    /// from this address to `parent`, and is within the limits that they name.
    async fn assert_not_wider(
        &self,
        created: &CreatedToken,
        user: Option<&EffectivePermissions>,
        parent: Option<&CreatedToken>,
    ) -> Result<(), TestCaseError> {
        let token = &created.token;
        let allowed_to_parent = match parent {
            Some(parent) => Some(self.allowed(&parent.jwt).await),
            None => None,
        };
        for allowed in self.assert_within_limits(created, parent).await? {
            let (action, source) = allowed;
            let is_denied = |user: &EffectivePermissions| user.decide(&action.parse().unwrap(), None).is_err();
            prop_assert!(!user.is_some_and(is_denied), "{action} {token:?}");
            let is_allowed_to_parent = allowed_to_parent.as_ref().is_none_or(|parent| parent.contains(&allowed));
            prop_assert!(is_allowed_to_parent, "{action} from {source} {token:?}");
        }
        prop_assert!(parent.is_none_or(|parent| is_not_wider(token, &parent.token)), "{token:?}");
        Ok(())
    }

    /// In the scope of its own tokens, `caller` delegates only roles that it holds and creates no public token.
    fn assert_own_scope(caller: &Caller, token: &Token) -> Result<(), TestCaseError> {
        if caller.scope == Some(Scope::Own) {
            let access = token.token_type.access();
            let holds_roles = access.is_some_and(|access| access.roles.iter().all(|role| caller.roles.contains(role)));
            prop_assert!(holds_roles, "{token:?}");
        }
        Ok(())
    }

    /// `caller` reads, lists and revokes exactly the tokens of its scope: of `chain`, whose user owns all of it, and of the
    /// stored token of another user.
    async fn assert_scope(&self, caller: &Caller, chain: &[CreatedToken]) -> Result<(), TestCaseError> {
        let stranger = stranger();
        let is_organization = caller.scope == Some(Scope::Organization);
        let is_own = |token: &Token| match caller.token() {
            None => true,
            Some(own) => token.id == own.id || token.parent.as_ref() == Some(&own.id),
        };
        let of_chain = chain.iter().map(|created| (&created.token, is_organization || is_own(&created.token)));
        let mut expected: Vec<_> = of_chain.collect();
        expected.push((&stranger, is_organization));
        let get = Get { ledger: self.ledger.clone() };
        let clock = At(at(self.now));
        let filter = TokenFilter { types: Some(TypeName::ALL.into()), ..TokenFilter::default() };
        let mut listed = Vec::new();
        let list = List { ledger: self.ledger.clone(), clock };
        let add = |token: &Token| {
            listed.push(token.id.clone());
            Ok(true)
        };
        prop_assert_eq!(list.run(caller, &filter, None, add).await.ok(), Some(None));
        for (token, is_accessible) in expected {
            let id = token.id.to_string();
            prop_assert_eq!(get.run(caller, &id).await.is_ok(), is_accessible, "{:?} {:?}", caller, token);
            let is_listed = is_accessible && token.is_alive(at(self.now));
            prop_assert_eq!(listed.contains(&token.id), is_listed, "{:?} {:?}", caller, token);
            // On a copy of the token, because a revocation ends the chain.
            let revoke = Revoke { ledger: Memory::with([token.clone()]), clock };
            prop_assert_eq!(
                revoke.run(caller, &id, Extent::Token, |_| ()).await.is_ok(),
                is_accessible,
                "{:?} {:?}",
                caller,
                token
            );
        }
        Ok(())
    }

    fn replace_role(&self, slug: &str, grants: &Value) {
        let id: RoleId = format!("123:{slug}").parse().unwrap();
        self.ledger.state().roles.insert(id.clone(), Role::parse(id, grants));
    }

    /// Whether a retry of the request succeeds. It never returns another token.
    async fn retry_succeeds(&self, created: &CreatedToken) -> Result<bool, TestCaseError> {
        let Some(key) = &created.key else { return Ok(true) };
        let retried = self.create_token(&created.creator, &created.body, Some(key)).await;
        let unused = retried.as_ref().map(|(token, _)| Token { last_used: None, ..token.clone() });
        prop_assert!(unused.as_ref().is_none_or(|token| *token == created.token), "{unused:?}");
        Ok(retried.is_some())
    }

    /// Revokes the first token of the chain and asserts that every token of the chain is denied.
    async fn assert_revocation_ends_chain(&self, chain: &[CreatedToken]) -> Result<(), TestCaseError> {
        let Some(first) = chain.first() else { return Ok(()) };
        let revocation = Some(Revocation { at: at(self.now), by: first.token.created_by.clone() });
        let revoked = Token { revocation, ..first.token.clone() };
        self.ledger.state().tokens.insert(revoked.id.key().clone(), Ok(revoked));
        prop_assert!(first.key.is_none() || !self.retry_succeeds(first).await?, "a retry returned a revoked token");
        for created in chain {
            for action in ACTIONS {
                prop_assert!(self.authorize(&created.jwt, action).await.is_none(), "{action} {:?}", created.token);
            }
        }
        Ok(())
    }
}

fn grants() -> impl Strategy<Value = Value> {
    let action = prop::sample::select(vec!["a:*", "*", "*:view", "b:view", "token:create", "token:self", "token:s*"]);
    let effect = prop::sample::select(vec!["allow", "allow", "deny"]);
    let grant = (action, effect).prop_map(|(action, effect)| json!({"action": action, "effect": effect}));
    prop::collection::vec(grant, 0..3).prop_map(Value::Array)
}

/// The slugs of a user's roles. Half of the users are owners, who may create tokens.
fn claimed_roles() -> impl Strategy<Value = Vec<&'static str>> {
    let slugs = prop::collection::vec(prop::sample::select(SLUGS.to_vec()), 1..4);
    (slugs, any::<bool>()).prop_map(|(mut slugs, is_owner)| {
        slugs.extend(is_owner.then_some("owner"));
        slugs
    })
}

/// Grants of a token, most of which allow the creation of tokens.
fn token_grants() -> impl Strategy<Value = Value> {
    let action =
        prop::sample::select(vec!["token:create", "token:create", "token:*", "token:self", "*", "a:*", "*:view"]);
    let grant = action.prop_map(|action| json!({ "action": action }));
    prop::collection::vec(grant, 1..3).prop_map(Value::Array)
}

/// Most bodies request a token that may create tokens, so that many chains have a child.
fn body() -> impl Strategy<Value = Value> {
    let some_roles = prop::collection::vec(prop::sample::select(SLUGS.to_vec()), 1..3);
    let roles = prop_oneof![Just(Vec::new()), some_roles];
    let type_name = prop::sample::select(vec!["api", "api", "api", "api", "app", "assume", "journey", "portal"]);
    let read_only = prop::bool::weighted(0.2);
    let expires_in = prop::option::of(prop::sample::select(vec![30, 3_600, 90_000]));
    let networks = prop::collection::vec(prop::sample::select(NETWORKS.to_vec()), 1..3);
    let networks = prop::option::weighted(0.5, networks);
    let grants = prop::option::weighted(0.5, token_grants());
    (roles, type_name, expires_in, read_only, any::<bool>(), networks, grants).prop_map(
        |(roles, type_name, expires_in, read_only, anonymize, networks, grants)| {
            let roles: Vec<String> = roles.iter().map(|slug| format!("123:{slug}")).collect();
            let mut body = json!({"name": "n", "token_type": type_name});
            if matches!(type_name, "journey" | "portal") {
                body[format!("{type_name}_id")] = json!("a target");
            } else {
                body["assignments"] = json!(roles);
                body["read_only"] = json!(read_only);
                body["anonymize"] = json!(anonymize);
                if let Some(grants) = grants {
                    body["grants"] = grants;
                }
            }
            if let Some(networks) = networks {
                body["allowed_cidrs"] = json!(networks);
            }
            if let Some(seconds) = expires_in.filter(|_| type_name != "assume") {
                body["expires_in"] = json!(seconds);
            }
            body
        },
    )
}

/// A request for a token, and what happens after it.
#[derive(Debug, Clone)]
struct Step {
    body: Value,
    has_key: bool,
    /// Seconds until the next request.
    pause: i64,
    /// The slug of a role whose grants are replaced before the next request.
    role_edit: Option<(&'static str, Value)>,
}

fn step() -> impl Strategy<Value = Step> {
    let pause = prop::sample::select(vec![0, 1, 29, 30, 3_600, 86_400]);
    let role_edit = prop::option::weighted(0.3, (prop::sample::select(SLUGS.to_vec()), grants()));
    let step = (body(), any::<bool>(), pause, role_edit);
    step.prop_map(|(body, has_key, pause, role_edit)| Step { body, has_key, pause, role_edit })
}

/// Whether the networks that `body` names, if it names any, contain the address.
fn has_network(body: &Value, source: &str) -> bool {
    let Some(networks) = body["allowed_cidrs"].as_array() else { return true };
    let source = source.parse().unwrap();
    networks.iter().any(|network| network.as_str().unwrap().parse::<Network>().unwrap().contains(source))
}

/// Whether the grants that `body` names, if it names any, allow the action.
fn has_grant(body: &Value, action: &str) -> bool {
    let Some(grants) = body["grants"].as_array() else { return true };
    TokenGrants::parse(grants).unwrap().allow(&action.parse().unwrap(), None)
}

/// Whether lifetime, networks, grants and flags of `token` are within those of its creator. The authorizer applies networks
/// and grants of both items, and offline verifiers see those of the token alone.
fn is_not_wider(token: &Token, creator: &Token) -> bool {
    let expires_in_time = creator.expires_at.is_none_or(|end| token.expires_at.is_some_and(|own| own <= end));
    let limit = creator.token_type.access().unwrap();
    let outer = creator.allowed_networks.as_ref();
    let has_networks =
        outer.is_none_or(|outer| token.allowed_networks.as_ref().is_some_and(|own| own.are_within(outer)));
    let grants = limit.grant_limits.grants.as_ref();
    expires_in_time
        && has_networks
        && match token.token_type.access() {
            Some(own) => {
                let has_flags = (own.anonymize || !limit.anonymize) && (own.read_only || !limit.read_only);
                has_flags && own.grant_limits.include(grants)
            }
            None => !limit.anonymize && grants.is_none(),
        }
}

/// A token of another user of the organization.
fn stranger() -> Token {
    let owner = Some("local|7".parse().unwrap());
    Token { created_by: "local|7".parse().unwrap(), owner, created_at: at(START_SECONDS), ..samples::plain() }
}

/// A user with this scope whose claim names these roles, and the user's effective permissions.
fn user_with_roles(fixture: &Fixture, claimed: &[&str], scope: Scope) -> (Caller, EffectivePermissions) {
    let claimed: Vec<RoleId> = claimed.iter().map(|slug| format!("123:{slug}").parse().unwrap()).collect();
    let roles = fixture.ledger.state().roles.clone();
    let permissions = EffectivePermissions::new(&"123".parse().unwrap(), &claimed, &[], roles, false);
    let mut caller = person(&[]).with_scope(Some(scope));
    caller.roles = permissions.roles().to_vec();
    caller.deny_roles = permissions.deny_roles();
    (caller, permissions)
}

async fn check_chain(
    roles: Vec<(&str, Value)>,
    claimed: Vec<&str>,
    scope: Scope,
    steps: Vec<Step>,
) -> Result<(), TestCaseError> {
    let stored = Memory::with([stranger()]);
    let ledger = roles.iter().fold(stored, |ledger, (slug, grants)| ledger.role(&format!("123:{slug}"), grants));
    let mut fixture = Fixture { ledger, now: START_SECONDS };
    let (user_caller, permissions) = user_with_roles(&fixture, &claimed, scope);
    let mut creator = user_caller.clone();
    // A role that denies more than when the token was created denies it to its holders alone.
    let mut user = Some(permissions);
    let mut chain: Vec<CreatedToken> = Vec::new();
    for Step { body, has_key, pause, role_edit } in steps {
        let key = has_key.then(|| "a-key".parse().unwrap());
        let Some((token, jwt)) = fixture.create_token(&creator, &body, key.as_ref()).await else { break };
        chain.push(CreatedToken { token, jwt, creator: creator.clone(), body, key });
        let created = &chain[chain.len() - 1];
        let parent = chain.len().checked_sub(2).map(|parent| &chain[parent]);
        Fixture::assert_own_scope(&creator, &created.token)?;
        for caller in [&user_caller, &creator] {
            fixture.assert_scope(caller, &chain).await?;
        }
        fixture.assert_not_wider(created, user.as_ref(), parent).await?;
        fixture.now += pause;
        let is_active = created.token.is_alive(at(fixture.now));
        prop_assert!(fixture.retry_succeeds(created).await? || !is_active, "{:?}", created.token);
        fixture.assert_not_wider(created, user.as_ref(), parent).await?;
        if let Some((slug, grants)) = role_edit {
            fixture.replace_role(slug, &grants);
            user = None;
            fixture.retry_succeeds(created).await?;
            fixture.assert_within_limits(created, parent).await?;
        }
        // The authorizer denies the create route to a token without this permission.
        let Some(caller) = fixture.authorize(&created.jwt, CREATE).await else { break };
        creator = caller;
    }
    prop_assert!(chain.len() <= 2, "a child token created a token");
    fixture.assert_revocation_ends_chain(&chain).await
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn token_chain_never_widens_or_outlives_revocation(
        roles in prop::collection::vec((prop::sample::select(SLUGS.to_vec()), grants()), 0..5),
        claimed in claimed_roles(),
        scope in prop::sample::select(vec![Scope::Own, Scope::Organization]),
        steps in prop::collection::vec(step(), 3),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(check_chain(roles, claimed, scope, steps))?;
    }
}
