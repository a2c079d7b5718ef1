//! Invariants of every stack, whatever a test does: checked when a stack is dropped, and after each test on the shared one.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    thread,
    time::{Duration, Instant},
};

use local::{aws::OPERATOR, iam::Effect};
use serde_json::Value;

use crate::harness::TestStack;

/// The function that logs each operation.
const OPERATIONS: [(&str, &str); 13] = [
    ("authorize", "authorizer"),
    ("createAccessToken", "create-token"),
    ("rotateAccessToken", "create-token"),
    ("listAccessTokens", "list-tokens"),
    ("getAccessToken", "get-token"),
    ("revokeAccessToken", "revoke-token"),
    ("revokeAccessTokens", "revoke-token"),
    ("updateAccessToken", "update-token"),
    ("getAccessTokenWellKnown", "well-known"),
    ("listCurrentRoles", "my-roles"),
    ("simulatePermission", "my-roles"),
    ("managePermissions", "manage-roles"),
    ("getPage", "portal"),
];

/// Time limit for a log line to reach the file while the stack runs.
const LOG_TIMEOUT: Duration = Duration::from_secs(10);

/// Identifies a function's log line of a request: the request id and the function.
type RequestLine = (String, String);

/// A permission of a function: the function's name, the action and the resource.
pub type Permission = (String, String, String);

impl TestStack {
    pub fn check_invariants(&self) {
        self.assert_no_secret_is_logged();
        self.assert_each_request_is_logged_once_per_function();
        self.assert_each_call_is_permitted();
    }

    /// *(returned only on creation)* The functions log no token, nor its signature.
    pub fn assert_no_secret_is_logged(&self) {
        let output = self.output();
        for token in self.secrets.lock().unwrap().iter() {
            for part in [token.as_str(), token.rsplit('.').next().unwrap()] {
                assert!(!output.contains(part), "a token was logged");
            }
        }
    }

    /// Each function that responded to a request has exactly one line of it, and a function behind an authorized route
    /// responds only after the authorizer.
    fn assert_each_request_is_logged_once_per_function(&self) {
        let expected = self.expected_lines();
        let deadline = Instant::now() + LOG_TIMEOUT;
        loop {
            let logged = self.logged_lines();
            let duplicates: Vec<_> = logged.iter().filter(|(_, count)| **count > 1).collect();
            assert!(duplicates.is_empty(), "logged more than once: {duplicates:?}");
            let missing: Vec<_> = expected.iter().filter(|line| !logged.contains_key(*line)).collect();
            if missing.is_empty() {
                return;
            }
            assert!(self.is_running() && Instant::now() < deadline, "not logged: {missing:?}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The lines of the responses so far. Direct invocations are excluded, because they can repeat a request id.
    fn expected_lines(&self) -> BTreeSet<RequestLine> {
        let request_ids: HashSet<_> = self.request_ids.lock().unwrap().clone();
        let mut expected = BTreeSet::new();
        for event in self.lambda.handled_events() {
            if !request_ids.contains(&event.request_id) {
                continue;
            }
            let in_template = self.template.functions.iter().any(|function| function.name == event.function);
            if !OPERATIONS.iter().any(|(_, function)| *function == event.function) {
                assert!(!in_template, "no operation is listed for {event:?}");
                continue;
            }
            let is_new = expected.insert((event.request_id.clone(), event.function.clone()));
            assert!(is_new, "two responses: {event:?}");
            if event.function != "authorizer" {
                let authorized = expected.contains(&(event.request_id.clone(), "authorizer".to_owned()));
                assert_eq!(authorized, self.is_authorized(&event.function), "{event:?}");
            }
        }
        expected
    }

    /// Whether the routes of `function` have the authorizer. All of them must have it, or none.
    fn is_authorized(&self, function: &str) -> bool {
        let routes = self.template.apis.iter().flat_map(|api| &api.routes).filter(|route| route.function == function);
        let authorized: BTreeSet<_> = routes.map(|route| route.authorized).collect();
        assert_eq!(authorized.len(), 1, "{function}");
        authorized.contains(&true)
    }

    /// How often each function has logged each request. Every line must be a JSON object of a known kind.
    fn logged_lines(&self) -> BTreeMap<RequestLine, usize> {
        let request_ids = self.request_ids.lock().unwrap();
        let mut logged = BTreeMap::new();
        for line in self.log_lines() {
            let kind = line["kind"].as_str().unwrap_or_default();
            assert!(["start", "request", "audit", "error"].contains(&kind), "{line}");
            let id = line["request_id"].as_str().filter(|id| kind == "request" && request_ids.contains(*id));
            if let Some(id) = id {
                let operation = OPERATIONS.iter().find(|(operation, _)| line["operation"] == *operation);
                let (_, function) = operation.unwrap_or_else(|| panic!("no operation: {line}"));
                *logged.entry((id.to_owned(), (*function).to_owned())).or_default() += 1;
            }
        }
        logged
    }

    /// All complete log lines so far.
    pub fn log_lines(&self) -> Vec<Value> {
        let output = self.output();
        let complete = output.rfind('\n').map_or("", |end| &output[..end]);
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        complete.lines().map(parse).collect()
    }

    /// *(one permission per port)* No function makes a call that its policy does not name or a condition forbids.
    fn assert_each_call_is_permitted(&self) {
        let permissions = self.permissions();
        for call in self.calls.all().into_iter().filter(|call| call.caller != OPERATOR) {
            assert!(call.allowed, "{call:?}");
            for (action, resource) in call.permissions {
                let permission = (call.caller.clone(), action, resource);
                assert!(permissions.contains(&permission), "not in the function's policy: {permission:?}");
            }
        }
    }

    /// The permissions in the functions' policies, which contain no wildcards.
    pub fn permissions(&self) -> BTreeSet<Permission> {
        let mut permissions = BTreeSet::new();
        for function in &self.template.functions {
            for statement in &function.statements {
                assert_eq!(statement.effect, Effect::Allow, "{}", function.name);
                for action in &statement.actions {
                    for resource in &statement.resources {
                        let is_literal = !action.contains(['*', '?']) && !resource.contains(['*', '?']);
                        assert!(is_literal, "{}: {action} {resource}", function.name);
                        permissions.insert((function.name.clone(), action.clone(), resource.clone()));
                    }
                }
            }
        }
        permissions
    }
}
