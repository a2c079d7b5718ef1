//! Making tokens, and asking for them again.

use std::collections::BTreeSet;

use jiff::Timestamp;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::{Made, Run, expect, slugs};
use crate::model_based::{
    commands::Lost,
    domain::{Actor, End, Held, Kind, Order, Token, Verdict},
};

impl Run<'_> {
    pub(super) fn create(&mut self, by: Actor, order: &Order, keyed: bool, lost: Lost) -> u16 {
        let order = self.asked_well(by, order);
        let promised = self.model.make(by, &order);
        let body = self.body(by, &order);
        let key = keyed.then(|| format!("key-{}", self.made.len()));
        let answer = self.losing(("create-token", "PutItem"), lost, keyed, promised.is_ok(), || {
            let (world, credential) = (self.place.world(), self.credential(by));
            match &key {
                Some(key) => world.create_with_key(credential, key, &body),
                None => world.create(credential, &body),
            }
        });
        match promised {
            Err(verdict) => expect(&answer, verdict, 201),
            Ok(token) => {
                let status = expect(&answer, Verdict::Granted, 201);
                let item = answer.json();
                self.assert_as_promised(by, &token, &item);
                let end = item["expires_at"].as_str().map(|end| end.parse::<Timestamp>().unwrap().as_second());
                let text = |member: &str| item[member].as_str().unwrap().to_owned();
                let repeatable = key.map(|key| (key, body));
                self.made.push(Made { id: text("id"), jwt: text("token"), end, repeatable, revoked: None });
                self.model.tokens.push(token);
                status
            }
        }
    }

    /// The order without what depends on how long the program took so far: an end later than one that comes late.
    fn asked_well(&self, by: Actor, order: &Order) -> Order {
        let late = matches!(by, Actor::Token(token) if self.model.tokens[token].end == End::Late);
        Order { end: order.end.filter(|end| !(late && *end == End::Late)), ..order.clone() }
    }

    fn body(&self, by: Actor, order: &Order) -> Value {
        let ends_soon = matches!(by, Actor::Token(token) if self.model.tokens[token].end == End::Soon);
        let kind = match order.kind {
            Kind::Api => "api",
            Kind::App => "app",
            Kind::Assume => "assume",
            Kind::Journey => "journey",
        };
        let mut body = json!({"name": "Token of a program", "token_type": kind});
        if order.asked != Held::default() {
            let org = &self.orgs[self.model.org(by)];
            body["assignments"] = slugs(&order.asked).iter().map(|slug| format!("{org}:{slug}")).collect();
        }
        if let Some(end) = order.end {
            body["expires_in"] = json!(if end == End::Soon && !ends_soon { 30 } else { 3_600 });
        }
        for (member, value) in [("read_only", order.flags.read_only), ("anonymize", order.flags.anonymize)] {
            if value {
                body[member] = json!(true);
            }
        }
        if order.kind == Kind::Journey {
            body["journey_id"] = json!("j");
        }
        body
    }

    fn assert_as_promised(&self, by: Actor, token: &Token, item: &Value) {
        let org = &self.orgs[token.org];
        let carried: BTreeSet<_> = slugs(&token.held).iter().map(|slug| format!("{org}:{slug}")).collect();
        let got = item["assignments"].as_array().into_iter().flatten();
        let got: BTreeSet<_> = got.map(|role| role.as_str().unwrap().to_owned()).collect();
        assert_eq!(got, carried, "{item}");
        assert_eq!(item["created_by"], self.name(by), "{item}");
        assert_eq!(item["expires_at"].is_null(), token.end == End::Never, "{item}");
        assert_eq!(item["parent"].is_null(), matches!(by, Actor::Person(_)), "{item}");
        assert_eq!(item["read_only"] == true, token.flags.read_only, "{item}");
        assert_eq!(item["anonymize"] == true, token.flags.anonymize, "{item}");
        assert!(self.made.iter().all(|other| item["id"] != other.id.as_str()), "a new token has an id of its own");
    }

    pub(super) fn repeat(&mut self, token: Index, wrongly: bool) -> u16 {
        let keyed: Vec<_> = (0..self.made.len()).filter(|made| self.made[*made].repeatable.is_some()).collect();
        if keyed.is_empty() {
            return 0;
        }
        let token = *token.get(&keyed);
        let verdict = if wrongly { self.model.mistake(token) } else { self.model.repeat(token) };
        let (key, mut body) = self.made[token].repeatable.clone().unwrap();
        if wrongly {
            body["name"] = json!("Another token");
        }
        let by = self.model.tokens[token].maker;
        let answer = self.place.world().create_with_key(self.credential(by), &key, &body);
        let status = expect(&answer, verdict, 201);
        if status == 201 {
            let item = answer.json();
            assert_eq!(item["id"], self.made[token].id.as_str(), "one key, one token");
            item["token"].as_str().unwrap().clone_into(&mut self.made[token].jwt);
        }
        status
    }
}
