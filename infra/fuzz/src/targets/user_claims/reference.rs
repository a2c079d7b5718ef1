//! Reference implementation: what the claims of a user's token mean to its provider's configuration.

use std::sync::LazyLock;

use regex_lite::Regex;
use serde_json::Value;

use super::{
    super::authorizer::ports::NOW,
    {AUDIENCE, ISSUER},
};
use crate::json_members::JsonMembers;

/// Largest `NumericDate` that is accepted, 2^40 seconds.
const MAX_SECONDS: f64 = 1_099_511_627_776.0;
/// Accepted difference between clocks, in seconds.
const CLOCK_SKEW_SECONDS: f64 = 60.0;

static SUBJECT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\A[!-~]([ -~]{0,253}[!-~])?\z").unwrap());
static ORG: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\A[A-Za-z0-9_-]{1,64}\z").unwrap());
static SLUG: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\A[A-Za-z0-9_.-]{1,64}\z").unwrap());

/// The meaning of valid claims.
pub(super) struct Reading {
    pub(super) subject: String,
    pub(super) org: String,
    /// The claimed roles; `None` if the claim is not found.
    pub(super) roles: Option<Vec<String>>,
    /// Whether every configured claim is found, so that the claims must be accepted.
    pub(super) is_complete: bool,
}

impl Reading {
    /// `None` if the claims are invalid.
    pub(super) fn of(provider: &Value, claims: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(claims).ok()?;
        let members = JsonMembers::parse(claims)?;
        let value: Value = serde_json::from_str(text).ok()?;
        if count_colons(text) != count_members(&value) || members.values("iss") != [ISSUER] {
            return None;
        }
        if !has_valid_times(&value) || !has_audience(&value) || !value.get("sub")?.is_string() {
            return None;
        }
        let find = |setting: &str, default: Option<&str>| {
            let name = provider.get(setting).map_or(default, Value::as_str)?;
            find(&value, name)
        };
        let subject = find("user_claim", Some("sub"))?.as_str().filter(|subject| SUBJECT.is_match(subject))?;
        let org = match provider.get("organization") {
            Some(fixed) => fixed.as_str()?,
            None => org(find("org_claim", Some("org_id"))?)?,
        };
        let has_roles_claim = provider.get("roles_claim").is_some();
        let claimed = find("roles_claim", None);
        let is_owner_accepted = provider.get("owner_from_claim").is_some();
        let roles = match claimed {
            Some(claimed) => Some(roles(claimed, org, is_owner_accepted)?),
            None => None,
        };
        let is_complete = roles.is_some() || !has_roles_claim;
        Some(Self { subject: subject.to_owned(), org: org.to_owned(), roles, is_complete })
    }
}

/// The claim with this name, found by another implementation of JSON Pointer.
fn find<'v>(claims: &'v Value, name: &str) -> Option<&'v Value> {
    let nested = || name.split('.').try_fold(claims, |value, member| value.as_object()?.get(member));
    claims.get(name).or_else(|| if name.starts_with('/') { claims.pointer(name) } else { nested() })
}

fn has_valid_times(claims: &Value) -> bool {
    let now: f64 = f64::from(i32::try_from(NOW).unwrap());
    let time =
        |name: &str| claims.get(name).map(|value| value.as_f64().filter(|time| (0.0..=MAX_SECONDS).contains(time)));
    let is_past = |name: &str| time(name).is_none_or(|time| time.is_some_and(|time| time <= now + CLOCK_SKEW_SECONDS));
    let is_current = time("exp").flatten().is_some_and(|time| time + CLOCK_SKEW_SECONDS > now);
    is_current && is_past("iat") && is_past("nbf")
}

fn has_audience(claims: &Value) -> bool {
    match claims.get("aud") {
        Some(Value::Array(all)) => all.iter().all(Value::is_string) && all.iter().any(|one| one == AUDIENCE),
        one => one.is_some_and(|one| one == AUDIENCE),
    }
}

fn org(claim: &Value) -> Option<&str> {
    let id = match claim {
        Value::Array(ids) if ids.len() == 1 => ids[0].as_str(),
        Value::Object(members) if members.len() == 1 => members.keys().next().map(String::as_str),
        other => other.as_str(),
    };
    id.filter(|id| ORG.is_match(id))
}

/// The roles of the organization in their order, without duplicates; `None` if the claim has another form.
fn roles(claim: &Value, org: &str, is_owner_accepted: bool) -> Option<Vec<String>> {
    let texts: Vec<&str> = match claim {
        Value::Null => Vec::new(),
        Value::Array(values) => values.iter().map(Value::as_str).collect::<Option<_>>()?,
        one => vec![one.as_str()?],
    };
    let mut roles = Vec::new();
    for text in texts {
        let slug = text.strip_prefix(&format!("{org}:")).unwrap_or(text);
        let role = format!("{org}:{slug}");
        let is_accepted = SLUG.is_match(slug) && (slug != "owner" || is_owner_accepted);
        if is_accepted && !roles.contains(&role) {
            roles.push(role);
        }
    }
    Some(roles)
}

/// Number of members of all objects, without duplicates.
fn count_members(value: &Value) -> usize {
    match value {
        Value::Object(members) => members.len() + members.values().map(count_members).sum::<usize>(),
        Value::Array(values) => values.iter().map(count_members).sum(),
        _ => 0,
    }
}

/// Number of members of all objects in a JSON text, including duplicates: that of the colons outside of strings.
fn count_colons(text: &str) -> usize {
    let mut is_in_string = false;
    let mut is_escaped = false;
    let mut colons = 0;
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => is_in_string = !is_in_string,
            b':' if !is_in_string => colons += 1,
            _ => {}
        }
    }
    colons
}
