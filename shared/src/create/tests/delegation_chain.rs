//! *(never wider)* as a property of the operations: whatever people and tokens order, no decision, lifetime or flag widens, and
//! after a revocation nothing below is granted.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::*;
use crate::{
    authorize::{AuthorizationRequest, Authorize, OrgHeader, Policy},
    caller::tests::person,
    jwt::samples as keys,
    memory::{At, Keys, Memory},
    permissions::EffectivePermissions,
    system::NanoIdGenerator,
    token::{Family, Revocation, samples::at},
};

const SLUGS: [&str; 6] = ["owner", "root", "w", "x", "y", "z"];
const ACTIONS: [&str; 4] = ["a:view", "a:edit", "b:view", "token:create"];
const START: i64 = 1_000_000;

/// The ledger, and what time it is.
struct World {
    ledger: Memory,
    now: i64,
}

/// A token of a line, and how it was made.
struct Made {
    token: Token,
    jwt: String,
    by: Caller,
    order: Value,
    key: Option<IdempotencyKey>,
}

fn issuers() -> Families<Issuer> {
    let issuer = |path: &str| Issuer { issuer: format!("https://a.example{path}"), audience: "a".to_owned() };
    Families { access: issuer(""), public: issuer("/public") }
}

/// The route that needs `action`.
fn route_of(action: &str) -> String {
    format!("GET /{}", action.replace(':', "-"))
}

impl World {
    /// Makes the token that `caller` orders, and says what it is.
    async fn make(&self, caller: &Caller, order: &Value, key: Option<&IdempotencyKey>) -> Option<(Token, String)> {
        let [rsa, ec] = keys::both();
        let create = Create {
            ledger: self.ledger.clone(),
            signers: Families { access: Keys(rsa), public: Keys(ec) },
            ids: NanoIdGenerator,
            clock: At(at(self.now)),
            issuers: issuers(),
            max_lifetime: None,
        };
        let issued = create.run(caller, CreateTokenRequest::parse(order.as_object().unwrap()).ok()?, key).await.ok()?;
        let token = issued.token().clone();
        // The ports in memory sign with nothing: what was issued is signed here as it would have been.
        let family = token.token_type.name().family();
        let key = if family == Family::Access { rsa } else { ec };
        let claims = crate::token::Claims::of(&token, issuers().of(family));
        let input = crate::jwt::SigningInput::new(key.public().alg(), key.public().kid(), &claims);
        Some((token, input.unwrap().sign_with(|text| key.sign(text))))
    }

    /// What the authorizer says of this token on the route that needs `action`.
    async fn ask(&self, jwt: &str, action: &str) -> Option<Caller> {
        let [rsa, ec] = keys::both();
        let rules: HashMap<_, _> = ACTIONS.iter().map(|action| (route_of(action), json!({"action": action}))).collect();
        let policy = Policy {
            issuers: issuers().map(|issuer| vec![issuer]),
            providers: Vec::new(),
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
        };
        authorize.decide(&request).await.into_result().ok().flatten()
    }

    /// *(never wider)* Whatever `made` may do, the person at the beginning may, and the token above.
    async fn nothing_widens(
        &self,
        made: &Made,
        person: &EffectivePermissions,
        above: Option<&Made>,
    ) -> Result<(), TestCaseError> {
        let token = &made.token;
        for action in ACTIONS {
            if self.ask(&made.jwt, action).await.is_some() {
                prop_assert!(person.decide(&action.parse().unwrap(), None).is_ok(), "{action} {token:?}");
                if let Some(above) = above {
                    prop_assert!(self.ask(&above.jwt, action).await.is_some(), "{action} {token:?}");
                }
            }
        }
        prop_assert!(above.is_none_or(|above| is_narrower(token, &above.token)), "{token:?}");
        Ok(())
    }

    /// A repetition gives the token that was made, or none.
    async fn is_repeated(&self, made: &Made) -> Result<bool, TestCaseError> {
        let Some(key) = &made.key else { return Ok(true) };
        let again = self.make(&made.by, &made.order, Some(key)).await;
        let unused = again.as_ref().map(|(token, _)| Token { last_used: None, ..token.clone() });
        prop_assert!(unused.as_ref().is_none_or(|token| *token == made.token), "{unused:?}");
        Ok(again.is_some())
    }

    /// Revokes the first of a line, and asks for all of them.
    async fn nothing_outlives_a_revocation(&self, line: &[Made]) -> Result<(), TestCaseError> {
        let Some(first) = line.first() else { return Ok(()) };
        let revocation = Some(Revocation { at: at(self.now), by: first.token.created_by.clone() });
        let revoked = Token { revocation, ..first.token.clone() };
        self.ledger.state().tokens.insert(revoked.id.key().clone(), Ok(revoked));
        prop_assert!(first.key.is_none() || !self.is_repeated(first).await?, "a repetition brought a token back");
        for made in line {
            for action in ACTIONS {
                prop_assert!(self.ask(&made.jwt, action).await.is_none(), "{action} {:?}", made.token);
            }
        }
        Ok(())
    }
}

fn grants() -> impl Strategy<Value = Value> {
    let action = prop::sample::select(vec!["a:*", "*", "*:view", "b:view", "token:create"]);
    let effect = prop::sample::select(vec!["allow", "allow", "deny"]);
    let grant = (action, effect).prop_map(|(action, effect)| json!({"action": action, "effect": effect}));
    prop::collection::vec(grant, 0..3).prop_map(Value::Array)
}

fn order() -> impl Strategy<Value = Value> {
    let roles = prop::collection::vec(prop::sample::select(SLUGS.to_vec()), 0..3);
    let type_name = prop::sample::select(vec!["api", "api", "app", "assume", "journey", "portal"]);
    let expires_in = prop::option::of(prop::sample::select(vec![30, 3_600, 90_000]));
    (roles, type_name, expires_in, any::<bool>(), any::<bool>()).prop_map(
        |(roles, type_name, expires_in, read_only, anonymize)| {
            let roles: Vec<String> = roles.iter().map(|slug| format!("123:{slug}")).collect();
            let mut order = json!({"name": "n", "token_type": type_name});
            if matches!(type_name, "journey" | "portal") {
                order[format!("{type_name}_id")] = json!("a target");
            } else {
                order["assignments"] = json!(roles);
                order["read_only"] = json!(read_only);
                order["anonymize"] = json!(anonymize);
            }
            if let Some(seconds) = expires_in.filter(|_| type_name != "assume") {
                order["expires_in"] = json!(seconds);
            }
            order
        },
    )
}

/// An order, whether it comes with a key, and how many seconds pass before the next.
fn step() -> impl Strategy<Value = (Value, bool, i64)> {
    (order(), any::<bool>(), prop::sample::select(vec![0, 1, 29, 30, 3_600, 86_400]))
}

/// Whether nothing of `token` is wider than its maker's.
fn is_narrower(token: &Token, maker: &Token) -> bool {
    let ends = maker.expires_at.is_none_or(|end| token.expires_at.is_some_and(|own| own <= end));
    let makers = maker.token_type.access().unwrap();
    ends && match token.token_type.access() {
        Some(own) => (own.anonymize || !makers.anonymize) && (own.read_only || !makers.read_only),
        None => !makers.anonymize,
    }
}

/// A person who claims these roles, and what they really hold.
fn person_with(world: &World, claimed: &[&str]) -> (Caller, EffectivePermissions) {
    let claimed: Vec<RoleId> = claimed.iter().map(|slug| format!("123:{slug}").parse().unwrap()).collect();
    let rows = world.ledger.state().roles.clone();
    let permissions = EffectivePermissions::new(&"123".parse().unwrap(), &claimed, rows, false);
    let mut caller = person(&[]);
    (caller.roles, caller.deny_roles) = (permissions.roles().to_vec(), permissions.deny_roles());
    (caller, permissions)
}

async fn holds(book: Vec<(&str, Value)>, held: Vec<&str>, steps: Vec<(Value, bool, i64)>) -> Result<(), TestCaseError> {
    let ledger =
        book.iter().fold(Memory::default(), |ledger, (slug, grants)| ledger.role(&format!("123:{slug}"), grants));
    let mut world = World { ledger, now: START };
    let (mut maker, permissions) = person_with(&world, &held);
    let mut line: Vec<Made> = Vec::new();
    for (order, keyed, pause) in steps {
        let key = keyed.then(|| "a-key".parse().unwrap());
        let Some((token, jwt)) = world.make(&maker, &order, key.as_ref()).await else { break };
        line.push(Made { token, jwt, by: maker.clone(), order, key });
        let (made, above) = (&line[line.len() - 1], line.len().checked_sub(2).map(|above| &line[above]));
        world.nothing_widens(made, &permissions, above).await?;
        world.now += pause;
        prop_assert!(world.is_repeated(made).await? || !made.token.is_alive(at(world.now)), "{:?}", made.token);
        world.nothing_widens(made, &permissions, above).await?;
        // Only a token that may make tokens goes on, as the gateway would have it.
        let Some(caller) = world.ask(&made.jwt, "token:create").await else { break };
        maker = caller;
    }
    prop_assert!(line.len() <= 2, "a token made by a token makes none");
    world.nothing_outlives_a_revocation(&line).await
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn down_any_chain_nothing_widens_and_nothing_outlives_a_revocation(
        book in prop::collection::vec((prop::sample::select(SLUGS.to_vec()), grants()), 0..5),
        held in prop::collection::vec(prop::sample::select(SLUGS.to_vec()), 1..4),
        steps in prop::collection::vec(step(), 3),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(holds(book, held, steps))?;
    }
}
