//! Ids: of roles, organizations, tokens and principals.

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

use super::{Target, texts};

pub(super) const TARGET: Target = Target { name: "ids", run, seeds };

/// What each is, written another time.
static FORMS: LazyLock<[Regex; 6]> = LazyLock::new(|| {
    let token = "(api|journey|portal|assume|app)_[A-Za-z0-9_-]{21}";
    [
        r"[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_.-]{1,64}",
        "[A-Za-z0-9_-]{1,64}",
        token,
        &format!(r"{token}|[a-z0-9-]{{1,32}}\|[!-~]{{1,255}}"),
        "[a-z0-9-]{1,32}",
        "[A-Za-z0-9_.:-]{1,128}",
    ]
    .map(|form| Regex::new(&format!(r"\A(?:{form})\z")).unwrap())
});

/// A text is an id exactly if its form fits, is written as it was read, and a role's is the same read from JSON. No role is both
/// its organization's owner and its root.
fn run(bytes: &[u8]) {
    let Ok(text) = from_utf8(bytes) else { return };
    let [role, org, token, principal, provider, action] = &*FORMS;
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

fn check<T: FromStr + Display>(text: &str, form: &Regex) {
    let parsed = text.parse::<T>().ok();
    assert_eq!(parsed.is_some(), form.is_match(text), "{text:?} {form}");
    assert!(parsed.is_none_or(|id| id.to_string() == text), "{text:?} {form}");
}

fn seeds() -> Vec<Vec<u8>> {
    let longest = "o".repeat(64);
    texts([
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
