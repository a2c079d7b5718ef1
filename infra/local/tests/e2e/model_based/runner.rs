//! Running a program against the model and the service, step by step.

mod create;

use std::{collections::BTreeSet, thread, time::Duration};

use jiff::Timestamp;
use local::aws::{Service, faults::Fault};
use proptest::sample::Index;
use serde_json::{Value, json};

use super::{
    commands::{Lost, Step},
    domain::{ACTIONS, Action, Actor, End, FORMS, Held, Kind, ORGS, Person, ROLES, Verdict},
    harness::Place,
    model::Model,
};
use crate::{harness::Reply, key_rotation::Made as Signed};

/// A token that ends within so many seconds is not asked for any more: time passes first.
const MARGIN: i64 = 4;

/// A token that was made.
struct Made {
    id: String,
    jwt: String,
    /// When it ends, in seconds since 1970.
    end: Option<i64>,
    /// What it was ordered with, where that can be repeated.
    repeatable: Option<(String, Value)>,
    /// The first answer to its revocation.
    revoked: Option<Value>,
}

/// A program that runs.
pub struct Run<'a> {
    place: &'a mut Place,
    model: Model,
    orgs: [String; ORGS],
    people: Vec<String>,
    made: Vec<Made>,
}

impl<'a> Run<'a> {
    /// Organizations of its own, with their roles.
    pub fn new(place: &'a mut Place) -> Self {
        let (model, number) = (Model::new(), place.next_program());
        let orgs = ["a", "b"].map(|org| format!("p{number}{org}"));
        let person = |person: &Person| {
            let roles = slugs(&person.held);
            place.world().person_as(&orgs[person.org], person.user, &roles)
        };
        let people = model.people.iter().map(person).collect();
        let run = Self { place, model, orgs, people, made: Vec::new() };
        for org in 0..ORGS {
            (0..ROLES.len()).for_each(|role| run.write(org, role, 0));
        }
        run
    }

    /// Takes every step, then looks at everything.
    pub fn run(mut self, program: &[Step]) {
        for step in program {
            if self.ends_soon() {
                self.wait();
            }
            let (name, status) = self.take(step);
            self.place.count(name, status);
        }
        self.look();
    }

    fn take(&mut self, step: &Step) -> (&'static str, u16) {
        match step {
            Step::Create { by, order, keyed, lost } => {
                ("create", self.create(by.of(&self.model), order, *keyed, *lost))
            }
            Step::Use { by, action } => ("use", self.use_of(by.of(&self.model), *action)),
            Step::Edit { org, role, form } => {
                self.write(*org, *role, *form);
                self.model.edit(*org, *role, *form);
                ("edit a role", 0)
            }
            Step::Rotate => {
                self.place.rotate();
                self.verify_offline();
                ("rotate the keys", 0)
            }
            Step::Wait => {
                self.wait();
                ("let time pass", 0)
            }
            Step::List { by } => ("list", self.list(by.of(&self.model))),
            _ if self.made.is_empty() => ("nothing to take", 0),
            Step::Repeat { token } => ("repeat", self.repeat(*token, false)),
            Step::Mistake { token } => ("repeat wrongly", self.repeat(*token, true)),
            Step::Get { by, token } => ("get", self.get(by.of(&self.model), *token)),
            Step::Revoke { by, token, lost } => {
                let by = by.of(&self.model);
                ("revoke", self.revoke(by, token.index(self.made.len()), *lost))
            }
            Step::RevokeSelf { token } => {
                let token = token.index(self.made.len());
                ("revoke itself", self.revoke(Actor::Token(token), token, Lost::None))
            }
        }
    }

    fn credential(&self, actor: Actor) -> &str {
        match actor {
            Actor::Person(person) => &self.people[person],
            Actor::Token(token) => &self.made[token].jwt,
        }
    }

    fn name(&self, actor: Actor) -> String {
        match actor {
            Actor::Person(person) => format!("local|{}", self.model.people[person].user),
            Actor::Token(token) => self.made[token].id.clone(),
        }
    }

    fn role(&self, org: usize, role: usize) -> String {
        format!("{}:{}", self.orgs[org], ROLES.get(role).unwrap_or(&"root"))
    }

    fn write(&self, org: usize, role: usize, form: usize) {
        let grant = |(action, denies): &(&str, bool)| json!({"action": action, "effect": if *denies { "deny" } else { "allow" }});
        let grants: Vec<_> = FORMS[role][form].iter().map(grant).collect();
        self.place.world().role(&self.role(org, role), &json!(grants));
    }

    fn call(&self, method: &str, path: &str, actor: Actor) -> Reply {
        self.place.world().call(method, path, self.credential(actor))
    }

    /// Asks while answers of the ledger are lost, as a client does who asks again until it knows. `asked` tells whether the ledger is
    /// asked at all.
    fn losing(
        &self,
        (function, operation): (&str, &str),
        lost: Lost,
        repeatable: bool,
        asked: bool,
        ask: impl Fn() -> Reply,
    ) -> Reply {
        let faults = &self.place.world().stack().aws.faults;
        // Without a key, asking again would be another order.
        let times = match lost {
            Lost::None => return ask(),
            Lost::All if repeatable => None,
            Lost::Once | Lost::All => Some(1),
        };
        faults.inject_for(function, Service::DynamoDb, operation, Fault::ResponseLost, times);
        let answer = ask();
        faults.clear_for(function);
        if times.is_some() || !asked {
            return answer;
        }
        answer.assert_problem(503, "unavailable");
        ask()
    }

    /// The route of the sample that needs the action, and of ours for managing tokens.
    fn use_of(&self, actor: Actor, action: Action) -> u16 {
        let (method, path) = match action {
            Action::View => ("GET", "/orders/1"),
            Action::Sell => ("POST", "/orders"),
            Action::Delete => ("DELETE", "/orders/1"),
            Action::Catalog => ("GET", "/catalog"),
            Action::Manage => {
                return expect(
                    &self.call("GET", "/v1/access-tokens?limit=1", actor),
                    self.model.may(actor, action),
                    200,
                );
            }
        };
        let bearer = format!("Bearer {}", self.credential(actor));
        let world = self.place.world();
        let answer = world.send_to(&world.sample().rest, method, path, &[("Authorization", &bearer)], "");
        let status = expect(&answer, self.model.may(actor, action), if action == Action::Sell { 201 } else { 200 });
        if status < 300 {
            let body = answer.json();
            let told = (&body["org_id"], &body["caller"]["principal"]);
            assert_eq!(told, (&json!(self.orgs[self.model.org(actor)]), &json!(self.name(actor))), "{body}");
        }
        status
    }

    fn get(&self, by: Actor, token: Index) -> u16 {
        let token = token.index(self.made.len());
        let answer = self.call("GET", &format!("/v1/access-tokens/{}", self.made[token].id), by);
        let status = expect(&answer, self.model.reaches(by, token), 200);
        if status == 200 {
            assert_eq!(answer.json()["revoked_at"].is_null(), !self.model.tokens[token].revoked, "{}", answer.text);
        }
        status
    }

    fn list(&self, by: Actor) -> u16 {
        let answer = self.call("GET", "/v1/access-tokens?token_type=api,app,assume,journey", by);
        let status = expect(&answer, self.model.may(by, Action::Manage), 200);
        if status == 200 {
            let items = answer.json();
            let ids: BTreeSet<_> = items.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
            let listed = self.model.listed(self.model.org(by));
            assert_eq!(ids, listed.map(|token| self.made[token].id.as_str()).collect(), "the list is what lives");
        }
        status
    }

    fn revoke(&mut self, by: Actor, token: usize, lost: Lost) -> u16 {
        let verdict = self.model.reaches(by, token);
        let path = format!("/v1/access-tokens/{}", self.made[token].id);
        // That a token is another organization's is the ledger's to say.
        let asked = matches!(verdict, Verdict::Granted | Verdict::NotFound);
        // Who revokes itself is nobody any more when it asks again.
        let again = by != Actor::Token(token) && !self.is_below(by, token);
        let ask = || self.call("DELETE", &path, by);
        let answer = self.losing(("revoke-token", "UpdateItem"), lost, again, asked, ask);
        let status = expect(&answer, verdict, 200);
        if status == 200 {
            let item = answer.json();
            assert!(!item["revoked_at"].is_null(), "{item}");
            let first = self.made[token].revoked.get_or_insert_with(|| item.clone());
            assert_eq!(*first, item, "revoked once and for all");
            self.model.tokens[token].revoked = true;
            assert_eq!(self.use_of(Actor::Token(token), Action::Catalog), 401);
        }
        status
    }

    fn is_below(&self, actor: Actor, token: usize) -> bool {
        matches!(actor, Actor::Token(child) if self.model.tokens[child].maker == Actor::Token(token))
    }

    /// Whether a living token ends so soon that a slow machine could ask for it too late.
    fn ends_soon(&self) -> bool {
        let near = |end: i64| end - Timestamp::now().as_second() < MARGIN;
        self.soon().any(|made| made.end.is_some_and(near))
    }

    fn soon(&self) -> impl Iterator<Item = &Made> {
        let both = self.model.tokens.iter().zip(&self.made);
        both.filter(|(token, _)| token.end == End::Soon && !token.ended).map(|(_, made)| made)
    }

    /// Waits until all that end soon have ended.
    fn wait(&mut self) {
        if let Some(last) = self.soon().filter_map(|made| made.end).max() {
            let left = last + 1 - Timestamp::now().as_second();
            thread::sleep(Duration::from_secs(left.max(0).unsigned_abs()));
            self.model.pass_time();
        }
    }

    /// The published keys verify every living token.
    fn verify_offline(&self) {
        let sets = self.place.rotation.published();
        for (number, made) in self.made.iter().enumerate().filter(|(number, _)| self.model.lives(Actor::Token(*number)))
        {
            let family = usize::from(self.model.tokens[number].kind == Kind::Journey);
            let signed = Signed { family, path: String::new(), token: made.jwt.clone() };
            assert_eq!(signed.verify(&sets), Ok(()), "{}", made.id);
        }
    }

    /// Everybody may do what they were promised and nothing else, and no token what its maker may not.
    fn look(&mut self) {
        for token in 0..self.made.len() {
            if self.ends_soon() {
                self.wait();
            }
            let maker = self.model.tokens[token].maker;
            for action in ACTIONS {
                let granted = self.use_of(Actor::Token(token), action) < 300;
                // A public token carries no rights: the operator opened that route to all of them.
                let opened = self.model.tokens[token].kind == Kind::Journey && action == Action::Catalog;
                if granted && !opened {
                    assert!(self.use_of(maker, action) < 300, "wider than its maker: {action:?}");
                }
                self.place.count("use in the end", if granted { 200 } else { 403 });
            }
        }
        self.list(Actor::Person(0));
        self.list(Actor::Person(self.people.len() - 1));
        self.verify_offline();
    }
}

fn slugs(held: &Held) -> Vec<&'static str> {
    let owner = held.owner.then_some("owner");
    owner.into_iter().chain(held.roles.iter().map(|role| ROLES[*role])).collect()
}

/// The status, which is that of the verdict.
#[track_caller]
fn expect(answer: &Reply, verdict: Verdict, granted: u16) -> u16 {
    let status = match verdict {
        Verdict::Granted => granted,
        Verdict::Unauthenticated => 401,
        Verdict::Denied => 403,
        Verdict::NotFound => 404,
        Verdict::Conflict => 409,
        Verdict::Mismatch => 422,
    };
    assert_eq!(answer.status, status, "{verdict:?} was promised, answered was {}", answer.text);
    status
}
