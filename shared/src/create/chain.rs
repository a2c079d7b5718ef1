//! *(never wider)* as a property of the operations: whatever people and tokens order, no decision, lifetime or flag widens, and
//! after a revocation nothing below is granted.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    authorize::{Authorize, OrgHeader, Policy, Question},
    caller::tests::person,
    jwt::samples as keys,
    memory::{At, Keys, Memory},
    system::NanoIds,
    token::{Revocation, samples::at},
};

const SLUGS: [&str; 5] = ["owner", "w", "x", "y", "z"];
const ACTIONS: [&str; 4] = ["a:view", "a:edit", "b:view", "token:create"];
const NOW: i64 = 1_000_000;

fn issuers() -> Families<Issuer> {
    let issuer = |path: &str| Issuer { issuer: format!("https://a.example{path}"), audience: "a".to_owned() };
    Families { access: issuer(""), public: issuer("/public") }
}

/// Makes the token that `caller` orders, and says what it is.
async fn make(ledger: &Memory, caller: &Caller, order: &Value) -> Option<(Token, String)> {
    let [rsa, ec] = keys::both();
    let create = Create {
        ledger: ledger.clone(),
        signers: Families { access: Keys(rsa), public: Keys(ec) },
        ids: NanoIds,
        clock: At(at(NOW)),
        issuers: issuers(),
        ceiling: None,
    };
    let issued = create.run(caller, Order::read(order.as_object().unwrap()).ok()?, None).await.ok()?;
    let token = issued.token().clone();
    // The ports in memory sign with nothing: what was issued is signed here as it would have been.
    let input = crate::jwt::SigningInput::new(
        rsa.public().alg(),
        rsa.public().kid(),
        &crate::token::Claims::of(&token, &issuers().access),
    );
    Some((token, input.unwrap().seal_with(|text| rsa.sign(text)).reveal()))
}

/// What the authorizer says of this token on the route that needs `action`.
async fn ask(ledger: &Memory, jwt: &str, action: &str) -> Option<Caller> {
    let [rsa, ec] = keys::both();
    let rules: HashMap<_, _> =
        ACTIONS.iter().map(|action| (format!("GET /{action}"), json!({"action": action}))).collect();
    let authorize = Authorize {
        ledger: ledger.clone(),
        keys: Families { access: Keys(rsa), public: Keys(ec) },
        provider_keys: Keys(ec),
        clock: At(at(NOW)),
        policy: Policy {
            issuers: issuers().map(|issuer| vec![issuer]),
            providers: Vec::new(),
            rules: serde_json::from_value(json!(rules)).unwrap(),
        },
    };
    let question = Question {
        credential: jwt.to_owned(),
        route: format!("GET /{action}"),
        parameters: HashMap::new(),
        org: OrgHeader::Absent,
    };
    authorize.decide(&question).await.ok()
}

fn grants() -> impl Strategy<Value = Value> {
    let action = prop::sample::select(vec!["a:*", "*", "*:view", "b:view", "token:create"]);
    let effect = prop::sample::select(vec!["allow", "allow", "deny"]);
    let grant = (action, effect).prop_map(|(action, effect)| json!({"action": action, "effect": effect}));
    prop::collection::vec(grant, 0..3).prop_map(Value::Array)
}

fn order() -> impl Strategy<Value = Value> {
    let roles = prop::collection::vec(prop::sample::select(SLUGS.to_vec()), 0..3);
    let type_name = prop::sample::select(vec!["api", "app", "assume"]);
    let expires_in = prop::option::of(prop::sample::select(vec![30, 3_600, 90_000]));
    (roles, type_name, expires_in, any::<bool>(), any::<bool>()).prop_map(
        |(roles, type_name, expires_in, read_only, anonymize)| {
            let roles: Vec<String> = roles.iter().map(|slug| format!("123:{slug}")).collect();
            let mut order = json!({"name": "n", "token_type": type_name, "assignments": roles});
            order["read_only"] = json!(read_only);
            order["anonymize"] = json!(anonymize);
            if let Some(seconds) = expires_in.filter(|_| type_name != "assume") {
                order["expires_in"] = json!(seconds);
            }
            order
        },
    )
}

/// Whether nothing of `token` is wider than its maker's.
fn is_narrower(token: &Token, maker: &Token) -> bool {
    let (own, makers) = (token.token_type.access().unwrap(), maker.token_type.access().unwrap());
    let ends = maker.expires_at.is_none_or(|end| token.expires_at.is_some_and(|own| own <= end));
    ends && (own.anonymize || !makers.anonymize) && (own.read_only || !makers.read_only)
}

async fn holds(book: Vec<(&str, Value)>, held: Vec<&str>, orders: Vec<Value>) -> Result<(), TestCaseError> {
    let mut ledger = Memory::default();
    for (slug, grants) in &book {
        ledger = ledger.role(&format!("123:{slug}"), grants);
    }
    let held: Vec<String> = held.iter().map(|slug| format!("123:{slug}")).collect();
    let holdings = {
        let claimed: Vec<RoleId> = held.iter().map(|role| role.parse().unwrap()).collect();
        crate::rights::Holdings::new(&"123".parse().unwrap(), &claimed, ledger.state().roles.clone(), false)
    };
    let mut maker = person(&[]);
    (maker.roles, maker.deny_roles) = (holdings.held().to_vec(), holdings.denying());
    let mut line: Vec<(Token, String)> = Vec::new();
    for order in &orders {
        let Some((token, jwt)) = make(&ledger, &maker, order).await else { break };
        for action in ACTIONS {
            if ask(&ledger, &jwt, action).await.is_some() {
                prop_assert!(holdings.decide(&action.parse().unwrap(), None).is_ok(), "{action} {token:?}");
                if let Some((_, above)) = line.last() {
                    prop_assert!(ask(&ledger, above, action).await.is_some(), "{action} {token:?}");
                }
            }
        }
        prop_assert!(line.last().is_none_or(|(above, _)| is_narrower(&token, above)), "{token:?}");
        line.push((token, jwt));
        // Only a token that may make tokens goes on, as the gateway would have it.
        let Some(caller) = ask(&ledger, &line[line.len() - 1].1, "token:create").await else { break };
        maker = caller;
    }
    prop_assert!(line.len() <= 2, "a token made by a token makes none");
    nothing_outlives_a_revocation(&ledger, &line).await
}

/// Revokes the first of a line, and asks for all of them.
async fn nothing_outlives_a_revocation(ledger: &Memory, line: &[(Token, String)]) -> Result<(), TestCaseError> {
    let Some((first, _)) = line.first().cloned() else { return Ok(()) };
    let revocation = Some(Revocation { at: at(NOW), by: first.created_by.clone() });
    ledger.state().tokens.insert(first.id.key().clone(), Ok(Token { revocation, ..first }));
    for (token, jwt) in line {
        for action in ACTIONS {
            prop_assert!(ask(ledger, jwt, action).await.is_none(), "{action} {token:?}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn down_any_chain_nothing_widens_and_nothing_outlives_a_revocation(
        book in prop::collection::vec((prop::sample::select(SLUGS.to_vec()), grants()), 0..5),
        held in prop::collection::vec(prop::sample::select(SLUGS.to_vec()), 1..4),
        orders in prop::collection::vec(order(), 3),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(holds(book, held, orders))?;
    }
}
