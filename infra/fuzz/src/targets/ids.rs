//! Target `ids`: ids of roles, organizations, tokens, principals and providers, and names of actions.

use std::{
    fmt::Display,
    str::{FromStr, from_utf8},
    sync::LazyLock,
};

use regex_lite::Regex;
use serde_json::json;
use shared::{
    permissions::{Action, OrgId, RoleId},
    token::{Principal, ProviderName, TokenId},
};

use super::{Target, text_seeds};

pub(super) const TARGET: Target = Target { name: "ids", run, seeds };

/// Reference implementation: the format of each type.
static FORMATS: LazyLock<[Regex; 6]> = LazyLock::new(|| {
    let token = "(api|journey|portal|assume|app)_[A-Za-z0-9_-]{21}";
    [
        r"[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_.-]{1,64}",
        "[A-Za-z0-9_-]{1,64}",
        token,
        &format!(r"{token}|[a-z0-9-]{{1,32}}\|[!-~]([ -~]{{0,253}}[!-~])?"),
        "[a-z0-9-]{1,32}",
        "[A-Za-z0-9_.:-]{1,128}",
    ]
    .map(|format| Regex::new(&format!(r"\A(?:{format})\z")).unwrap())
});

/// A text is parsed if and only if it matches the format, and displayed unchanged. A role id is parsed the same from
/// JSON, and is never both the owner and the root role.
fn run(bytes: &[u8]) {
    let Ok(text) = from_utf8(bytes) else { return };
    let [role, org, token, principal, provider, action] = &*FORMATS;
    check::<RoleId>(text, role);
    check::<OrgId>(text, org);
    check::<TokenId>(text, token);
    check::<Principal>(text, principal);
    check::<ProviderName>(text, provider);
    check::<Action>(text, action);
    let from_json = serde_json::from_value::<RoleId>(json!(text)).ok();
    assert_eq!(from_json, text.parse().ok(), "{text:?}");
    if let Some(role) = from_json {
        assert!(!(role.is_owner() && role.is_root()), "{text:?}");
        assert_eq!(role.is_owner(), role == RoleId::owner(role.org()), "{text:?}");
        assert_eq!(role.is_root(), role == RoleId::root(role.org()), "{text:?}");
    }
}

fn check<T: FromStr + Display>(text: &str, format: &Regex) {
    let parsed = text.parse::<T>().ok();
    assert_eq!(parsed.is_some(), format.is_match(text), "{text:?} {format}");
    assert!(parsed.is_none_or(|id| id.to_string() == text), "{text:?} {format}");
}

fn seeds() -> Vec<Vec<u8>> {
    let longest = "o".repeat(64);
    text_seeds([
        "123:owner",
        "123:root",
        "1:a.b-c_d",
        "123",
        "api_5ZugdRXasLfWBypHi93Fk",
        "journey_JJJJJJJJJJJJJJJJJJJJJ",
        "local|1001",
        "auth0|auth0|5f",
        "token:create",
        "1:a:b",
        ":a",
        "1:",
        "api_",
        "|x",
        "a|",
        "\u{e4}:a",
        &longest,
        &format!("{longest}:{longest}"),
    ])
}
