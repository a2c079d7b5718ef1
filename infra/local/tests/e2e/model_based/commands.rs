//! The steps of a program, drawn at random.

use proptest::{
    collection::{btree_set, vec},
    prelude::*,
    sample::{Index, select},
};

use super::{
    domain::{ACTIONS, Action, Actor, End, FORMS, Flags, Held, Kind, ORGS, Order, ROLES},
    model::Model,
};

/// Somebody of those that there are when the step is taken.
#[derive(Debug, Clone)]
pub struct Pick {
    token: bool,
    which: Index,
}

impl Pick {
    pub fn of(&self, model: &Model) -> Actor {
        if self.token && !model.tokens.is_empty() {
            return Actor::Token(self.which.index(model.tokens.len()));
        }
        Actor::Person(self.which.index(model.people.len()))
    }
}

/// Which answers of the ledger get lost after it wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    None,
    Once,
    /// All, until the client has heard of it and asks again.
    All,
}

#[derive(Debug, Clone)]
pub enum Step {
    Create { by: Pick, order: Order, keyed: bool, lost: Lost },
    Repeat { token: Index },
    Mistake { token: Index },
    Use { by: Pick, action: Action },
    Get { by: Pick, token: Index },
    List { by: Pick },
    Revoke { by: Pick, token: Index, lost: Lost },
    RevokeSelf { token: Index },
    Edit { org: usize, role: usize, form: usize },
    Rotate,
    Wait,
}

/// A program.
pub fn program() -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 20..60)
}

fn step() -> impl Strategy<Value = Step> {
    let token = any::<Index>;
    prop_oneof![
        12 => (pick(), order(), any::<bool>(), lost())
            .prop_map(|(by, order, keyed, lost)| Step::Create { by, order, keyed, lost }),
        4 => token().prop_map(|token| Step::Repeat { token }),
        1 => token().prop_map(|token| Step::Mistake { token }),
        10 => (pick(), select(&ACTIONS[..])).prop_map(|(by, action)| Step::Use { by, action }),
        2 => (pick(), token()).prop_map(|(by, token)| Step::Get { by, token }),
        2 => pick().prop_map(|by| Step::List { by }),
        4 => (pick(), token(), lost()).prop_map(|(by, token, lost)| Step::Revoke { by, token, lost }),
        1 => token().prop_map(|token| Step::RevokeSelf { token }),
        2 => (0..ORGS, 0..FORMS.len(), 0..2_usize).prop_map(|(org, role, form)| Step::Edit { org, role, form }),
        1 => Just(Step::Rotate),
        1 => Just(Step::Wait),
    ]
}

fn pick() -> impl Strategy<Value = Pick> {
    (any::<bool>(), any::<Index>()).prop_map(|(token, which)| Pick { token, which })
}

fn lost() -> impl Strategy<Value = Lost> {
    prop_oneof![6 => Just(Lost::None), 1 => Just(Lost::Once), 1 => Just(Lost::All)]
}

fn order() -> impl Strategy<Value = Order> {
    let kind = prop_oneof![
        6 => Just(Kind::Api), 2 => Just(Kind::App), 1 => Just(Kind::Assume), 2 => Just(Kind::Journey)
    ];
    let end = prop_oneof![5 => Just(None), 2 => Just(Some(End::Soon)), 2 => Just(Some(End::Late))];
    let asked = prop_oneof![3 => Just(Held::default()), 4 => held()];
    let flag = || proptest::bool::weighted(0.15);
    (kind, asked, end, flag(), flag()).prop_map(|(kind, asked, end, read_only, anonymize)| {
        // What the contract refuses as a form is looked at elsewhere.
        let public = kind == Kind::Journey;
        Order {
            kind,
            asked: if public { Held::default() } else { asked },
            end: end.filter(|_| kind != Kind::Assume),
            flags: if public { Flags::default() } else { Flags { read_only, anonymize } },
        }
    })
}

fn held() -> impl Strategy<Value = Held> {
    (proptest::bool::weighted(0.2), btree_set(0..ROLES.len(), 0..3)).prop_map(|(owner, roles)| Held { owner, roles })
}
