//! Runs a sequence of commands against the service and the model, and compares the results.

mod create;

use std::{collections::BTreeSet, thread, time::Duration};

use jiff::Timestamp;
use local::aws::{Service, faults::Fault};
use proptest::sample::Index;
use serde_json::{Value, json};

use super::{
    commands::{Command, LostResponses},
    domain::{Action, Actor, Expiry, NAMES, ORGANIZATIONS, Outcome, ROLE_GRANTS, ROLES, ROUTE_ACTIONS, User},
    harness::ServiceUnderTest,
    model::Model,
};
use crate::{
    harness::{HttpResponse, LONG_AGO, token_id},
    key_rotation::IssuedToken,
};

/// If a token expires within this time, the runner waits for it, because a request could otherwise arrive before or after.
const EXPIRY_MARGIN_SECONDS: i64 = 4;

/// The name in every create request.
const FIRST_NAME: &str = "Token of a sequence";

/// A token that the service has created. Its index is that of the model's token.
struct CreatedToken {
    id: String,
    jwt: String,
    /// In seconds since 1970.
    expires_at: Option<i64>,
    /// The idempotency key and the body of its create request, if it had a key.
    keyed_request: Option<(String, Value)>,
    /// The response to its first revocation.
    revocation: Option<Value>,
}

impl CreatedToken {
    /// The token of a response.
    fn of(response: &HttpResponse, keyed_request: Option<(String, Value)>) -> Self {
        let item = response.json();
        let expires_at = item["expires_at"].as_str().map(|time| time.parse::<Timestamp>().unwrap().as_second());
        let id = token_id(&item).to_owned();
        Self { id, jwt: response.token(), expires_at, keyed_request, revocation: None }
    }
}

pub struct Runner<'a> {
    service: &'a mut ServiceUnderTest,
    model: Model,
    /// The ids of the organizations, which belong to this sequence only.
    orgs: [String; ORGANIZATIONS],
    user_tokens: Vec<String>,
    created: Vec<CreatedToken>,
}

impl<'a> Runner<'a> {
    pub fn new(service: &'a mut ServiceUnderTest) -> Self {
        let model = Model::new();
        let sequence = service.next_sequence();
        let orgs = ["a", "b"].map(|org| format!("p{sequence}{org}"));
        let user_token =
            |user: &User| service.stack().user_token_with_roles(&orgs[user.org], user.name, &user.roles.slugs());
        let user_tokens = model.users.iter().map(user_token).collect();
        let runner = Self { service, model, orgs, user_tokens, created: Vec::new() };
        for org in 0..ORGANIZATIONS {
            for role in 0..ROLES.len() {
                runner.write_role(org, role, 0);
            }
        }
        runner
    }

    /// Runs the commands, then the final checks.
    pub fn run(mut self, commands: &[Command]) {
        for command in commands {
            self.wait_if_expiry_is_near();
            let (name, status) = self.run_command(command);
            self.service.count(name, status);
        }
        self.check_final_state();
    }

    /// Returns the command's name, and the status of its request.
    fn run_command(&mut self, command: &Command) -> (&'static str, Option<u16>) {
        match command {
            Command::Create { by, request, with_key, lost } => {
                ("create", Some(self.create(by.resolve(&self.model), request, *with_key, *lost)))
            }
            Command::Use { by, action } => ("use", Some(self.use_route(by.resolve(&self.model), *action))),
            Command::EditRole { org, role, variant } => {
                self.write_role(*org, *role, *variant);
                self.model.edit_role(*org, *role, *variant);
                ("edit role", None)
            }
            Command::RotateKeys => {
                self.service.rotate_keys();
                self.verify_offline();
                ("rotate keys", None)
            }
            Command::Wait => {
                self.wait_for_expiry();
                ("wait", None)
            }
            Command::RevokeMany { by, creator, lost } => {
                let creator = creator.as_ref().map(|creator| creator.resolve(&self.model));
                ("revoke many", Some(self.revoke_many(by.resolve(&self.model), creator, *lost)))
            }
            Command::List { by } => ("list", Some(self.list(by.resolve(&self.model)))),
            _ if self.created.is_empty() => ("skipped: no token", None),
            Command::Replay { token } => ("replay", self.replay(*token)),
            Command::ReplayWithOtherBody { token } => ("replay with other body", self.replay_with_other_body(*token)),
            Command::Get { by, token } => ("get", Some(self.get(by.resolve(&self.model), self.token_index(*token)))),
            Command::Revoke { by, token, family, lost } => {
                let actor = by.resolve(&self.model);
                let name = if *family { "revoke family" } else { "revoke" };
                (name, Some(self.revoke(actor, self.token_index(*token), *family, *lost)))
            }
            Command::Rotate { by, token, lost } => {
                let actor = by.resolve(&self.model);
                ("rotate", Some(self.rotate(actor, self.token_index(*token), *lost)))
            }
            Command::RotateSelf { token, lost } => {
                let token = self.token_index(*token);
                ("rotate itself", Some(self.rotate(Actor::Token(token), token, *lost)))
            }
            Command::Rename { by, token, name, lost } => {
                let actor = by.resolve(&self.model);
                ("rename", Some(self.rename(actor, self.token_index(*token), *name, *lost)))
            }
            Command::RevokeSelf { token } => {
                let token = self.token_index(*token);
                ("revoke itself", Some(self.revoke(Actor::Token(token), token, false, LostResponses::None)))
            }
        }
    }

    fn token_index(&self, token: Index) -> usize {
        token.index(self.created.len())
    }

    fn credential(&self, actor: Actor) -> &str {
        match actor {
            Actor::User(user) => &self.user_tokens[user],
            Actor::Token(token) => &self.created[token].jwt,
        }
    }

    fn principal(&self, actor: Actor) -> String {
        match actor {
            Actor::User(user) => format!("local|{}", self.model.users[user].name),
            Actor::Token(token) => self.created[token].id.clone(),
        }
    }

    fn write_role(&self, org: usize, role: usize, variant: usize) {
        let id = format!("{}:{}", self.orgs[org], ROLES.get(role).unwrap_or(&"root"));
        let grants = ROLE_GRANTS[role][variant]
            .iter()
            .map(|(action, is_denied)| json!({"action": action, "effect": if *is_denied { "deny" } else { "allow" }}));
        self.service.stack().put_role(&id, &grants.collect::<Value>());
    }

    fn request(&self, method: &str, path: &str, actor: Actor) -> HttpResponse {
        self.service.stack().request(method, path, self.credential(actor))
    }

    /// Sends a request while responses of `DynamoDB` are lost, and retries it after an error if that has the same effect. `is_called`:
    /// whether the function calls `DynamoDB` at all.
    fn send_with_lost_responses(
        &self,
        (function, operation): (&str, &str),
        lost: LostResponses,
        can_retry: bool,
        is_called: bool,
        send: impl Fn() -> HttpResponse,
    ) -> HttpResponse {
        let times = match lost {
            LostResponses::None => return send(),
            LostResponses::All if can_retry => None,
            LostResponses::First | LostResponses::All => Some(1),
        };
        let faults = self.service.stack().faults();
        faults.inject_for(function, Service::DynamoDb, operation, Fault::ResponseLost, times);
        let response = send();
        faults.clear_for(function);
        if times.is_some() || !is_called {
            return response;
        }
        response.assert_problem(503, "unavailable");
        send()
    }

    /// Requests the route that requires `action`: of the sample API, or Latchkey's own list of tokens.
    fn use_route(&self, actor: Actor, action: Action) -> u16 {
        let outcome = self.model.authorize(actor, action);
        let (method, path, success) = match action {
            Action::ViewOrder => ("GET", "/orders/1", 200),
            Action::CreateOrder => ("POST", "/orders", 201),
            Action::DeleteOrder => ("DELETE", "/orders/1", 200),
            Action::ViewCatalog => ("GET", "/catalog", 200),
            Action::ViewTokens => {
                return assert_outcome(&self.request("GET", "/v1/access-tokens?limit=1", actor), outcome, 200);
            }
            Action::CreateTokens | Action::RevokeTokens | Action::OwnTokens => {
                unreachable!("{action:?} has no route of its own")
            }
        };
        let bearer = format!("Bearer {}", self.credential(actor));
        let stack = self.service.stack();
        let response = stack.send_to(&stack.sample().rest, method, path, &[("Authorization", &bearer)], "");
        let status = assert_outcome(&response, outcome, success);
        if status < 300 {
            let body = response.json();
            assert_eq!(body["org_id"], self.orgs[self.model.org(actor)], "{body}");
            assert_eq!(body["caller"]["principal"], self.principal(actor), "{body}");
        }
        status
    }

    fn get(&self, by: Actor, token: usize) -> u16 {
        let response = self.request("GET", &self.path(token), by);
        let status = assert_outcome(&response, self.model.get(by, token), 200);
        if status == 200 {
            let is_revoked = !response.json()["revoked_at"].is_null();
            assert_eq!(is_revoked, self.model.tokens[token].revoked, "{}", response.body);
            assert_eq!(response.json()["name"], self.name(token), "{}", response.body);
        }
        status
    }

    fn path(&self, token: usize) -> String {
        format!("/v1/access-tokens/{}", self.created[token].id)
    }

    fn list(&self, by: Actor) -> u16 {
        let response = self.request("GET", "/v1/access-tokens?token_type=api,app,assume,journey", by);
        match self.model.listed(by) {
            Ok(tokens) => {
                let expected = tokens.into_iter().map(|token| self.created[token].id.clone());
                assert_eq!(response.ids::<BTreeSet<_>>(), expected.collect());
                200
            }
            Err(rejection) => assert_outcome(&response, rejection, 200),
        }
    }

    /// The current name of the token.
    fn name(&self, token: usize) -> &'static str {
        self.model.tokens[token].name.map_or(FIRST_NAME, |name| NAMES[name])
    }

    fn rename(&mut self, by: Actor, token: usize, name: usize, lost: LostResponses) -> u16 {
        let outcome = self.model.rename(by, token);
        let is_itself = by == Actor::Token(token);
        let is_called = !is_itself && matches!(outcome, Outcome::Success | Outcome::NotFound | Outcome::Conflict);
        let body = json!({"name": NAMES[name]});
        let send = || self.service.stack().update(self.credential(by), &self.created[token].id, &body);
        let response = self.send_with_lost_responses(("update-token", "UpdateItem"), lost, true, is_called, send);
        let status = assert_outcome(&response, outcome, 200);
        if status == 200 {
            self.model.tokens[token].name = Some(name);
            assert_eq!(response.json()["name"], NAMES[name], "{}", response.body);
        }
        status
    }

    fn rotate(&mut self, by: Actor, token: usize, lost: LostResponses) -> u16 {
        let expected = self.model.rotate(by, token);
        let send = || self.service.stack().rotate(self.credential(by), &self.created[token].id, &json!({}));
        let operation = ("create-token", "UpdateItem");
        let response = self.send_with_lost_responses(operation, lost, true, expected.is_ok(), send);
        let successor = match expected {
            Err(outcome) => return assert_outcome(&response, outcome, 201),
            Ok(successor) => successor,
        };
        let status = assert_outcome(&response, Outcome::Success, 201);
        let item = response.json();
        assert_eq!(item["rotated_from"], self.created[token].id.as_str(), "{item}");
        assert_eq!(item["rotated_by"], self.principal(by), "{item}");
        assert_eq!(item["created_by"], self.principal(successor.creator), "{item}");
        assert_eq!(item["name"], self.name(token), "{item}");
        // As if it was used, and a minute had passed.
        self.service.stack().set_attribute(token_id(&item), "first_used_at", LONG_AGO);
        // A repetition of the create request returns the rotated token, which has ended.
        self.created[token].keyed_request = None;
        self.created.push(CreatedToken::of(&response, None));
        self.model.tokens[token].successor = Some(self.model.tokens.len());
        self.model.tokens.push(successor);
        assert_eq!(self.use_route(Actor::Token(token), Action::ViewCatalog), 401);
        status
    }

    fn revoke(&mut self, by: Actor, token: usize, family: bool, lost: LostResponses) -> u16 {
        let outcome = self.model.revoke(by, token, family);
        let revoked = self.model.revoked_with(by, token, family);
        // For a token of another organization or owner, DynamoDB rejects the write.
        let is_called = matches!(outcome, Outcome::Success | Outcome::NotFound);
        // A token that has revoked itself or its parent is inactive and cannot retry.
        let can_retry = !revoked.iter().any(|token| by == Actor::Token(*token) || self.is_child(by, *token));
        let path = format!("{}{}", self.path(token), if family { "?family=true" } else { "" });
        let send = || self.request("DELETE", &path, by);
        let operation = ("revoke-token", "UpdateItem");
        let response = self.send_with_lost_responses(operation, lost, can_retry, is_called, send);
        let status = assert_outcome(&response, outcome, 200);
        if status == 200 {
            let mut item = response.json();
            assert!(!item["revoked_at"].is_null(), "{item}");
            assert_eq!(item["name"], self.name(token), "{item}");
            let also: BTreeSet<_> = revoked[1..].iter().map(|token| self.created[*token].id.as_str()).collect();
            let answered = item.as_object_mut().unwrap().remove("also_revoked").unwrap_or_default();
            let answered: BTreeSet<_> =
                answered.as_array().into_iter().flatten().map(|id| id.as_str().unwrap()).collect();
            assert_eq!(answered, also, "{item}");
            let first = self.created[token].revocation.get_or_insert_with(|| item.clone());
            assert_eq!(*first, item, "a repeated revocation changed the item");
            for token in revoked {
                self.model.tokens[token].revoked = true;
                assert_eq!(self.use_route(Actor::Token(token), Action::ViewCatalog), 401);
            }
        }
        status
    }

    fn revoke_many(&mut self, by: Actor, creator: Option<Actor>, lost: LostResponses) -> u16 {
        let expected = self.model.revoked_in_bulk(by, creator);
        let body = creator.map_or(json!({"all": true}), |creator| json!({"created_by": self.principal(creator)}));
        let tokens = expected.clone().unwrap_or_default();
        // A token that has revoked itself or its parent is inactive and cannot retry.
        let can_retry = !tokens.iter().any(|token| by == Actor::Token(*token) || self.is_child(by, *token));
        let send = || self.service.stack().revoke_many(self.credential(by), &body);
        let operation = ("revoke-token", "UpdateItem");
        let response = self.send_with_lost_responses(operation, lost, can_retry, !tokens.is_empty(), send);
        let status = assert_outcome(&response, expected.err().unwrap_or(Outcome::Success), 200);
        if status == 200 {
            let answer = response.json();
            let revoked: Vec<_> = answer["revoked"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
            let expected: BTreeSet<_> = tokens.iter().map(|token| self.created[*token].id.as_str()).collect();
            let unique: BTreeSet<_> = revoked.iter().copied().collect();
            assert_eq!(unique.len(), revoked.len(), "{answer}");
            // The token whose response was lost is revoked, and the retry does not find it.
            let is_complete = lost != LostResponses::All || !can_retry;
            assert!(unique.is_subset(&expected) && (!is_complete || unique == expected), "{answer}");
            let own = tokens.iter().find(|token| by == Actor::Token(**token));
            assert!(own.is_none_or(|own| revoked.last() == Some(&self.created[*own].id.as_str())), "{answer}");
            assert!(answer["cursor"].is_null(), "{answer}");
            for token in tokens {
                self.model.tokens[token].revoked = true;
                assert_eq!(self.use_route(Actor::Token(token), Action::ViewCatalog), 401);
            }
        }
        status
    }

    fn is_child(&self, actor: Actor, token: usize) -> bool {
        matches!(actor, Actor::Token(child) if self.model.tokens[child].creator == Actor::Token(token))
    }

    /// The tokens that expire during the sequence, and have not.
    fn expiring_tokens(&self) -> impl Iterator<Item = &CreatedToken> {
        let pairs = self.model.tokens.iter().zip(&self.created);
        pairs.filter(|(token, _)| token.expiry == Expiry::Soon && !token.expired).map(|(_, created)| created)
    }

    fn wait_if_expiry_is_near(&mut self) {
        let is_near = |expires_at: i64| expires_at - Timestamp::now().as_second() < EXPIRY_MARGIN_SECONDS;
        if self.expiring_tokens().any(|token| token.expires_at.is_some_and(is_near)) {
            self.wait_for_expiry();
        }
    }

    /// Waits until every token with [`Expiry::Soon`] has expired.
    fn wait_for_expiry(&mut self) {
        if let Some(last) = self.expiring_tokens().filter_map(|token| token.expires_at).max() {
            let remaining = last + 1 - Timestamp::now().as_second();
            thread::sleep(Duration::from_secs(remaining.max(0).unsigned_abs()));
            self.model.expire_tokens();
        }
    }

    /// The published keys verify every active token.
    fn verify_offline(&self) {
        let jwks = self.service.rotation.published_jwks();
        for (index, created) in self.created.iter().enumerate() {
            if self.model.is_active(Actor::Token(index)) {
                let family = usize::from(self.model.tokens[index].token_type.is_public());
                let issued = IssuedToken { family, id: created.id.clone(), jwt: created.jwt.clone() };
                assert_eq!(issued.verify(&jwks), Ok(()), "{}", created.id);
            }
        }
    }

    /// Every token has exactly the expected permissions, and none that its creator does not have.
    fn check_final_state(&mut self) {
        for token in 0..self.created.len() {
            self.wait_if_expiry_is_near();
            let creator = self.model.tokens[token].creator;
            for action in ROUTE_ACTIONS {
                let is_granted = self.use_route(Actor::Token(token), action) < 300;
                // The operator opens this route to public tokens, which have no roles.
                let is_public_route = self.model.tokens[token].token_type.is_public() && action == Action::ViewCatalog;
                if is_granted && !is_public_route {
                    assert!(self.use_route(creator, action) < 300, "wider than its creator: {action:?}");
                }
                self.service.count("final use", Some(if is_granted { 200 } else { 403 }));
            }
        }
        for user in 0..self.user_tokens.len() {
            self.list(Actor::User(user));
        }
        self.verify_offline();
    }
}

/// Asserts the status of the outcome, and returns it.
#[track_caller]
fn assert_outcome(response: &HttpResponse, outcome: Outcome, success: u16) -> u16 {
    let status = match outcome {
        Outcome::Success => success,
        Outcome::Unauthenticated => 401,
        Outcome::Forbidden => 403,
        Outcome::NotFound => 404,
        Outcome::Conflict => 409,
        Outcome::Mismatch => 422,
    };
    assert_eq!(response.status, status, "expected {outcome:?}: {}", response.body);
    status
}
