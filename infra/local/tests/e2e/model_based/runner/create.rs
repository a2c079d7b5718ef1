//! Create requests and their repetitions.

use std::collections::BTreeSet;

use proptest::sample::Index;
use serde_json::{Value, json};

use super::{CreatedToken, FIRST_NAME, Runner, assert_outcome};
use crate::model_based::{
    commands::LostResponses,
    domain::{Actor, CreateRequest, ExpectedToken, Expiry, Outcome, ROLES},
};

impl Runner<'_> {
    pub(super) fn create(&mut self, by: Actor, request: &CreateRequest, with_key: bool, lost: LostResponses) -> u16 {
        let request = self.without_late_expiry_of_child(by, request);
        let expected = self.model.create(by, &request);
        let body = self.body(by, &request);
        let key = with_key.then(|| format!("key-{}", self.created.len()));
        let send = || {
            let credential = self.credential(by);
            match &key {
                Some(key) => self.service.stack().create_with_key(credential, key, &body),
                None => self.service.stack().create(credential, &body),
            }
        };
        // Without a key, a retry would create another token.
        let operation = ("create-token", "PutItem");
        let response = self.send_with_lost_responses(operation, lost, with_key, expected.is_ok(), send);
        let token = match expected {
            Err(outcome) => return assert_outcome(&response, outcome, 201),
            Ok(token) => token,
        };
        let status = assert_outcome(&response, Outcome::Success, 201);
        let item = response.json();
        self.assert_item(by, &token, &item);
        self.created.push(CreatedToken::of(&response, key.map(|key| (key, body))));
        self.model.tokens.push(token);
        status
    }

    /// Removes a late expiry if the parent's is late too: which of them is later depends on the duration of the sequence.
    fn without_late_expiry_of_child(&self, by: Actor, request: &CreateRequest) -> CreateRequest {
        let parent_is_late = self.parent_expiry(by) == Some(Expiry::Late);
        let expiry = request.expiry.filter(|expiry| !(parent_is_late && *expiry == Expiry::Late));
        CreateRequest { expiry, ..request.clone() }
    }

    fn parent_expiry(&self, by: Actor) -> Option<Expiry> {
        match by {
            Actor::Token(token) => Some(self.model.tokens[token].expiry),
            Actor::User(_) => None,
        }
    }

    fn body(&self, by: Actor, request: &CreateRequest) -> Value {
        let mut body = json!({"name": FIRST_NAME, "token_type": request.token_type.name()});
        if !request.requested_roles.is_empty() {
            body["assignments"] = json!(self.role_ids(self.model.org(by), &request.requested_roles.slugs()));
        }
        if let Some(expiry) = request.expiry {
            // A child must not outlive its parent, so a request after the parent's expiry is always rejected.
            let is_soon = expiry == Expiry::Soon && self.parent_expiry(by) != Some(Expiry::Soon);
            body["expires_in"] = json!(if is_soon { 30 } else { 3_600 });
        }
        for (member, value) in [("read_only", request.flags.read_only), ("anonymize", request.flags.anonymize)] {
            if value {
                body[member] = json!(true);
            }
        }
        if request.token_type.is_public() {
            body["journey_id"] = json!("j");
        }
        body
    }

    fn role_ids(&self, org: usize, slugs: &[&str]) -> BTreeSet<String> {
        slugs.iter().map(|slug| format!("{}:{slug}", self.orgs[org])).collect()
    }

    fn assert_item(&self, by: Actor, token: &ExpectedToken, item: &Value) {
        let roles = |member: &str| {
            let roles = item[member].as_array().into_iter().flatten();
            roles.map(|role| role.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
        };
        assert_eq!(roles("assignments"), self.role_ids(token.org, &token.roles.slugs()), "{item}");
        let inherited: Vec<_> = token.inherited_denies.iter().map(|role| ROLES[*role]).collect();
        assert_eq!(roles("inherited_denies"), self.role_ids(token.org, &inherited), "{item}");
        assert_eq!(item["created_by"], self.principal(by), "{item}");
        let owner = match by {
            Actor::User(_) => by,
            Actor::Token(parent) => self.model.owner(parent),
        };
        assert_eq!(item["owner"], self.principal(owner), "{item}");
        assert_eq!(item["expires_at"].is_null(), token.expiry == Expiry::Never, "{item}");
        assert_eq!(item["parent"].is_null(), matches!(by, Actor::User(_)), "{item}");
        assert_eq!(item["read_only"] == true, token.flags.read_only, "{item}");
        assert_eq!(item["anonymize"] == true, token.flags.anonymize, "{item}");
        assert!(self.created.iter().all(|other| item["id"] != other.id.as_str()), "the id is not unique: {item}");
    }

    /// Repeats the create request of a token that has an idempotency key.
    pub(super) fn replay(&mut self, token: Index) -> Option<u16> {
        let token = self.token_with_key(token)?;
        let (key, body) = self.created[token].keyed_request.clone()?;
        let credential = self.credential(self.model.tokens[token].creator);
        let response = self.service.stack().create_with_key(credential, &key, &body);
        let status = assert_outcome(&response, self.model.replay(token), 201);
        if status == 201 {
            assert_eq!(response.json()["id"], self.created[token].id.as_str());
            assert_eq!(response.json()["name"], self.name(token));
            self.created[token].jwt = response.token();
        }
        Some(status)
    }

    /// Sends another create request with the idempotency key of a token.
    pub(super) fn replay_with_other_body(&self, token: Index) -> Option<u16> {
        let token = self.token_with_key(token)?;
        let (key, mut body) = self.created[token].keyed_request.clone()?;
        body["name"] = json!("Another name");
        let credential = self.credential(self.model.tokens[token].creator);
        let response = self.service.stack().create_with_key(credential, &key, &body);
        Some(assert_outcome(&response, self.model.replay_with_other_body(token), 201))
    }

    fn token_with_key(&self, token: Index) -> Option<usize> {
        let with_key = (0..self.created.len()).filter(|created| self.created[*created].keyed_request.is_some());
        let with_key: Vec<_> = with_key.collect();
        (!with_key.is_empty()).then(|| *token.get(&with_key))
    }
}
