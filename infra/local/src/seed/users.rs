//! The users of a seed: their names, and their roles in each organization.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::value::RawValue;
use shared::{
    access_item::{ItemKey, ItemValue},
    provisioning::AccessManifest,
};

use crate::idp::{provider_name, users::User};

/// Most characters of a name.
const MAX_NAME_CHARS: usize = 100;

/// An element of the member `people`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedUser {
    user: String,
    name: String,
}

/// The file, as far as it concerns names.
#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    people: Option<&'a RawValue>,
}

/// Returns the names by user, and the text without the member `people`, which is an access manifest. The lines keep their numbers,
/// so that an error about the manifest names the right one.
///
/// # Errors
///
/// Returns a sentence about the first invalid name.
pub(super) fn split_names(text: &str) -> Result<(BTreeMap<String, String>, String), String> {
    let file: File<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let Some(people) = file.people else { return Ok((BTreeMap::new(), text.to_owned())) };
    let users: Vec<NamedUser> = serde_json::from_str(people.get()).map_err(|error| format!("`people`: {error}"))?;
    let mut names = BTreeMap::new();
    for NamedUser { user, name } in users {
        if !is_name(&name) {
            return Err(format!(
                "the name of user `{user}` must have 1 to {MAX_NAME_CHARS} characters and no control characters"
            ));
        }
        if names.insert(user.clone(), name).is_some() {
            return Err(format!("user `{user}` has two names"));
        }
    }
    Ok((names, blank_people(text, people.get())))
}

fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= MAX_NAME_CHARS && !name.chars().any(char::is_control)
}

/// Replaces the member `people` by blanks. `value` is its value, a part of `text`. A key with escapes stays, and the manifest
/// rejects it.
fn blank_people(text: &str, value: &str) -> String {
    let start = value.as_ptr().addr() - text.as_ptr().addr();
    let mut before = &text[..start];
    let after = &text[start + value.len()..];
    for part in [":", "\"people\""] {
        let Some(shorter) = before.trim_end().strip_suffix(part) else { return text.to_owned() };
        before = shorter;
    }
    let member = before.len()..text.len() - after.len();
    let (end, comma) = match after.trim_start().strip_prefix(',') {
        Some(rest) => (text.len() - rest.len(), None),
        None => (member.end, before.trim_end().strip_suffix(',').map(str::len)),
    };
    let start = comma.unwrap_or(member.start);
    let blank: String = text[start..end].chars().map(|one| if one == '\n' { one } else { ' ' }).collect();
    [&text[..start], &blank, &text[end..]].concat()
}

/// Returns the users of the local identity provider with an assignment in `manifest`, in its order.
///
/// # Errors
///
/// Returns a sentence about a user with a name and without an assignment.
pub(super) fn assigned(manifest: &AccessManifest, names: &BTreeMap<String, String>) -> Result<Vec<User>, String> {
    let own = provider_name();
    let users = manifest.items().iter().filter_map(|item| match (&item.key, &item.value) {
        (ItemKey::Assignment(org, user), ItemValue::Assignment(roles)) if *user.provider() == own => Some(User {
            org: org.to_string(),
            id: user.subject().to_owned(),
            name: names.get(user.subject()).map_or(user.subject(), String::as_str).to_owned(),
            roles: roles.iter().map(ToString::to_string).collect(),
        }),
        _ => None,
    });
    let users: Vec<_> = users.collect();
    let ids: BTreeSet<_> = users.iter().map(|user| &user.id).collect();
    match names.keys().find(|user| !ids.contains(user)) {
        Some(user) => Err(format!("user `{user}` has a name and no assignment")),
        None => Ok(users),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = r#""roles": [], "assignments": [{"org": "1", "user": "a", "roles": ["1:x"]}]"#;
    const PEOPLE: &str = r#""people": [{"user": "a", "name": "Ada"}]"#;

    #[test]
    fn names_are_removed_at_every_position_and_lines_stay() {
        for text in [
            format!("{{\n{PEOPLE},\n{REST}\n}}"),
            format!("{{{REST},\n\n{PEOPLE} }}"),
            format!("{{\"roles\": [],\n {PEOPLE} , {}}}", &REST[13..]),
        ] {
            let (names, rest) = split_names(&text).unwrap();
            let manifest = AccessManifest::parse(rest.as_bytes(), Some(&provider_name())).unwrap();
            assert_eq!((rest.len(), rest.lines().count()), (text.len(), text.lines().count()), "{text}");
            let ada = User { org: "1".into(), id: "a".into(), name: "Ada".into(), roles: vec!["1:x".into()] };
            assert_eq!(assigned(&manifest, &names).unwrap(), [ada]);
        }
    }

    #[test]
    fn user_without_name_is_shown_by_id() {
        let text = format!("{{{REST}}}");
        let (names, rest) = split_names(&text).unwrap();
        assert_eq!(rest, text);
        let manifest = AccessManifest::parse(rest.as_bytes(), Some(&provider_name())).unwrap();
        assert_eq!(assigned(&manifest, &names).unwrap()[0].name, "a");
    }

    #[test]
    fn user_of_another_provider_is_not_listed() {
        let text = r#"{"roles": [], "assignments": [{"org": "1", "principal": "other|a", "roles": ["1:x"]}]}"#;
        let manifest = AccessManifest::parse(text.as_bytes(), Some(&provider_name())).unwrap();
        assert!(assigned(&manifest, &BTreeMap::new()).unwrap().is_empty());
    }

    #[test]
    fn invalid_or_repeated_name_is_rejected() {
        for people in [
            r#"[{"user": "a", "name": ""}]"#,
            r#"[{"user": "a", "name": "A\n"}]"#,
            r#"[{"user": "a", "name": "A"}, {"user": "a", "name": "B"}]"#,
            r#"[{"user": "a", "name": "A", "mail": "a@b"}]"#,
            r#"[{"user": "a"}]"#,
        ] {
            assert!(split_names(&format!("{{\"people\": {people}, {REST}}}")).is_err(), "{people}");
        }
        let long = format!(r#"[{{"user": "a", "name": "{}"}}]"#, "n".repeat(MAX_NAME_CHARS + 1));
        assert!(split_names(&format!("{{\"people\": {long}, {REST}}}")).is_err());
        assert!(split_names(&format!("{{{PEOPLE}, {PEOPLE}, {REST}}}")).is_err());
        let manifest = AccessManifest::parse(format!("{{{REST}}}").as_bytes(), Some(&provider_name())).unwrap();
        let unassigned = BTreeMap::from([("b".to_owned(), "Bob".to_owned())]);
        assert_eq!(assigned(&manifest, &unassigned).unwrap_err(), "user `b` has a name and no assignment");
    }
}
