//! What holds of every world, whatever a test does in it: looked at when the world ends, and after each test of the shared one.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    thread,
    time::{Duration, Instant},
};

use local::{aws::OPERATOR, iam::Effect};
use serde_json::Value;

use crate::harness::World;

/// The operation of which each function tells.
const OPERATIONS: [(&str, &str); 8] = [
    ("authorizer", "authorize"),
    ("create-token", "createAccessToken"),
    ("list-tokens", "listAccessTokens"),
    ("get-token", "getAccessToken"),
    ("revoke-token", "revokeAccessToken"),
    ("well-known", "getAccessTokenWellKnown"),
    ("my-roles", "listCurrentRoles"),
    ("portal", "getPage"),
];

/// How long what was printed may take to be in the file, while the stack runs.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a function tells of one request: the request's id, and the operation.
type Told = (String, String);

/// What a function may do: its name, the action, and the resource.
pub type Power = (String, String, String);

impl World {
    /// Everything here.
    pub fn check(&self) {
        self.assert_nothing_leaked();
        self.assert_each_request_is_told_once_by_each_function_that_answered_it();
        self.assert_each_call_is_one_that_its_functions_policy_names();
    }

    /// *(one exit for secrets)* Nothing that the functions print holds a token, or even its signature.
    pub fn assert_nothing_leaked(&self) {
        let output = self.output();
        for token in self.tokens.lock().unwrap().iter() {
            for part in [token.as_str(), token.rsplit('.').next().unwrap()] {
                assert!(!output.contains(part), "a token was printed");
            }
        }
    }

    /// A function that answered has one line of the request, and none has two; and what is behind an authorized route is
    /// answered once the authorizer has been.
    fn assert_each_request_is_told_once_by_each_function_that_answered_it(&self) {
        let due = self.due();
        let until = Instant::now() + PATIENCE;
        loop {
            let told = self.told();
            let twice: Vec<_> = told.iter().filter(|(_, count)| **count > 1).collect();
            assert!(twice.is_empty(), "told twice: {twice:?}");
            let untold: Vec<_> = due.iter().filter(|line| !told.contains_key(*line)).collect();
            if untold.is_empty() {
                return;
            }
            assert!(self.stack.is_some() && Instant::now() < until, "answered and not told: {untold:?}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The lines that there must be: those of the answers so far. Requests that no gateway has numbered are sent past it, more
    /// than once under one id.
    fn due(&self) -> BTreeSet<Told> {
        let asked: HashSet<_> = self.asked.lock().unwrap().clone();
        let mut due = BTreeSet::new();
        for answered in self.lambda.handled_events().into_iter().filter(|answered| asked.contains(&answered.request_id))
        {
            let ours = self.template.functions.iter().any(|function| function.name == answered.function);
            let Some((_, operation)) = OPERATIONS.iter().find(|(name, _)| *name == answered.function) else {
                assert!(!ours, "no operation is known of {answered:?}");
                continue;
            };
            let fresh = due.insert((answered.request_id.clone(), (*operation).to_owned()));
            assert!(fresh, "answered twice: {answered:?}");
            if *operation != "authorize" {
                let authorized = due.contains(&(answered.request_id.clone(), "authorize".to_owned()));
                assert_eq!(authorized, self.is_authorized(&answered.function), "{answered:?}");
            }
        }
        due
    }

    /// Whether the routes of `function` ask the authorizer, which all of them do or none.
    fn is_authorized(&self, function: &str) -> bool {
        let routes = self.template.apis.iter().flat_map(|api| &api.routes).filter(|route| route.function == function);
        let asked: BTreeSet<_> = routes.map(|route| route.authorized).collect();
        assert_eq!(asked.len(), 1, "{function}");
        asked.contains(&true)
    }

    /// How often each function has told of each request. Every line is a JSON object of a known kind.
    fn told(&self) -> BTreeMap<Told, usize> {
        let asked = self.asked.lock().unwrap();
        let mut told = BTreeMap::new();
        for line in self.lines() {
            let kind = line["kind"].as_str().unwrap_or_default();
            assert!(["request", "audit", "error"].contains(&kind), "{line}");
            let id = line["request_id"].as_str().filter(|id| kind == "request" && asked.contains(*id));
            if let Some(id) = id {
                let operation = line["operation"].as_str().unwrap_or_else(|| panic!("no operation: {line}"));
                *told.entry((id.to_owned(), operation.to_owned())).or_default() += 1;
            }
        }
        told
    }

    /// All lines so far. One that has no end yet is being written.
    pub fn lines(&self) -> Vec<Value> {
        let output = self.output();
        let complete = output.rfind('\n').map_or("", |end| &output[..end]);
        let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        complete.lines().map(line).collect()
    }

    /// *(a power is a permission)* No function calls what its policy does not name, nor in a way that a condition forbids.
    fn assert_each_call_is_one_that_its_functions_policy_names(&self) {
        let named = self.named_powers();
        for call in self.calls.all().into_iter().filter(|call| call.caller != OPERATOR) {
            assert!(call.allowed, "{call:?}");
            for resource in &call.resources {
                let power = (call.caller.clone(), call.action.clone(), resource.clone());
                assert!(named.contains(&power), "no policy names it: {power:?}");
            }
        }
    }

    /// What the functions' policies name, each by one action and one resource, and allow.
    pub fn named_powers(&self) -> BTreeSet<Power> {
        let mut named = BTreeSet::new();
        for function in &self.template.functions {
            for statement in &function.statements {
                assert_eq!(statement.effect, Effect::Allow, "{}", function.name);
                for action in &statement.actions {
                    for resource in &statement.resources {
                        let is_one = !action.contains(['*', '?']) && !resource.contains(['*', '?']);
                        assert!(is_one, "{}: {action} {resource}", function.name);
                        named.insert((function.name.clone(), action.clone(), resource.clone()));
                    }
                }
            }
        }
        named
    }
}
