//! Requests that are larger than the gateway takes.

use std::collections::BTreeSet;

use reqwest::Method;

use crate::stack::{Ask, Outcome, Running, TOKENS, path};

/// A request that was too large.
#[derive(Debug)]
pub(super) struct Refused {
    /// What was too large.
    pub(super) what: &'static str,
    /// What it was to be answered.
    pub(super) expected: u16,
    /// What it was answered.
    pub(super) status: u16,
    /// Whether a function was asked.
    pub(super) reached: bool,
}

/// Sends one of each.
pub(super) async fn ask(running: &Running, owner: &str) -> Outcome<Vec<Refused>> {
    let caller = running.caller();
    let (long, header) = (path(&"a".repeat(10_000)), "a".repeat(10_240));
    let body = " ".repeat(10 * 1024 * 1024 + 1);
    let whole = Ask { path: TOKENS, bearer: owner, ..Ask::default() };
    let mut refused = Vec::new();
    for (what, expected, method, ask) in [
        ("a header of 10,240 bytes beside others", 431, Method::GET, Ask { key: &header, ..whole }),
        ("a path of 10,000 characters", 414, Method::GET, Ask { path: &long, ..whole }),
        ("a body of 10 MiB and a byte", 413, Method::POST, Ask { body: &body, ..whole }),
    ] {
        let answer = caller.ask(method, ask).await?;
        let id = answer.headers.get("x-amzn-requestid").and_then(|id| id.to_str().ok()).unwrap_or_default();
        let answered: BTreeSet<String> =
            running.stack.lambda.handled_events().into_iter().map(|answered| answered.request_id).collect();
        refused.push(Refused {
            what,
            expected,
            status: answer.status,
            reached: id.is_empty() || answered.contains(id),
        });
    }
    Ok(refused)
}

/// Each promise that is broken.
pub(super) fn broken(refused: &[Refused]) -> Vec<String> {
    let bad = refused.iter().filter(|refused| refused.status != refused.expected || refused.reached);
    bad.map(|refused| format!("{refused:?}")).collect()
}
