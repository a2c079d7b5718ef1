//! The people of a seed: the names in it, and who has roles.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::value::RawValue;
use shared::provisioning::{AccessManifest, ItemKey, ItemValue};

use crate::idp::{provider_name, users::User};

/// The most characters of a name.
const LONGEST: usize = 100;

/// A person's name as the file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    user: String,
    name: String,
}

/// The file's members, of which only the people are looked at.
#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    people: Option<&'a RawValue>,
}

/// The names of people by their users, and the text without them, for which the setup is to be asked. Its lines stay where they
/// were, so that an error about the rest still says the right one.
///
/// # Errors
///
/// A sentence about what cannot be.
pub(super) fn names(text: &str) -> Result<(BTreeMap<String, String>, String), String> {
    let file: File<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let Some(written) = file.people else { return Ok((BTreeMap::new(), text.to_owned())) };
    let people: Vec<Named> = serde_json::from_str(written.get()).map_err(|error| format!("its people: {error}"))?;
    let mut names = BTreeMap::new();
    for Named { user, name } in people {
        if !is_name(&name) {
            return Err(format!("the name of the user `{user}` is 1 to {LONGEST} characters, none of them a control"));
        }
        if names.insert(user.clone(), name).is_some() {
            return Err(format!("there are two names for the user `{user}`"));
        }
    }
    Ok((names, without(text, written.get())))
}

fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= LONGEST && !name.chars().any(char::is_control)
}

/// `text` with blanks in place of the member `people`, whose value is `value`, a part of it. A key that is written in another
/// way stays, and the setup refuses it.
fn without(text: &str, value: &str) -> String {
    let start = value.as_ptr().addr() - text.as_ptr().addr();
    let (mut before, after) = (&text[..start], &text[start + value.len()..]);
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

/// The people of the local provider who are assigned something in `setup`, in the order in which they are written there.
///
/// # Errors
///
/// A sentence that names a user who has a name and nothing else.
pub(super) fn assigned(setup: &AccessManifest, names: &BTreeMap<String, String>) -> Result<Vec<User>, String> {
    let own = provider_name();
    let people = setup.items().iter().filter_map(|item| match (&item.key, &item.value) {
        (ItemKey::Assignment(org, user), ItemValue::Assignment(roles)) if *user.provider() == own => Some(User {
            org: org.to_string(),
            id: user.subject().to_owned(),
            name: names.get(user.subject()).map_or(user.subject(), String::as_str).to_owned(),
            roles: roles.iter().map(ToString::to_string).collect(),
        }),
        _ => None,
    });
    let people: Vec<_> = people.collect();
    let users: BTreeSet<_> = people.iter().map(|person| &person.id).collect();
    match names.keys().find(|user| !users.contains(user)) {
        Some(nobody) => Err(format!("the user `{nobody}` has a name and no assignment")),
        None => Ok(people),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = r#""roles": [], "assignments": [{"org": "1", "user": "a", "roles": ["1:x"]}]"#;
    const PEOPLE: &str = r#""people": [{"user": "a", "name": "Ada"}]"#;

    #[test]
    fn names_are_taken_out_wherever_they_stand_and_lines_stay() {
        for text in [
            format!("{{\n{PEOPLE},\n{REST}\n}}"),
            format!("{{{REST},\n\n{PEOPLE} }}"),
            format!("{{\"roles\": [],\n {PEOPLE} , {}}}", &REST[13..]),
        ] {
            let (names, rest) = names(&text).unwrap();
            let setup = AccessManifest::parse(rest.as_bytes(), Some(&provider_name())).unwrap();
            assert_eq!((rest.len(), rest.lines().count()), (text.len(), text.lines().count()), "{text}");
            let ada = User { org: "1".into(), id: "a".into(), name: "Ada".into(), roles: vec!["1:x".into()] };
            assert_eq!(assigned(&setup, &names).unwrap(), [ada]);
        }
    }

    #[test]
    fn who_has_no_name_is_called_by_the_user() {
        let text = format!("{{{REST}}}");
        let (names, rest) = names(&text).unwrap();
        assert_eq!(rest, text);
        let setup = AccessManifest::parse(rest.as_bytes(), Some(&provider_name())).unwrap();
        assert_eq!(assigned(&setup, &names).unwrap()[0].name, "a");
    }

    #[test]
    fn people_of_another_provider_do_not_sign_in_here() {
        let text = r#"{"roles": [], "assignments": [{"org": "1", "principal": "other|a", "roles": ["1:x"]}]}"#;
        let setup = AccessManifest::parse(text.as_bytes(), Some(&provider_name())).unwrap();
        assert!(assigned(&setup, &BTreeMap::new()).unwrap().is_empty());
    }

    #[test]
    fn a_name_is_of_somebody_once_and_can_be_shown() {
        for people in [
            r#"[{"user": "a", "name": ""}]"#,
            r#"[{"user": "a", "name": "A\n"}]"#,
            r#"[{"user": "a", "name": "A"}, {"user": "a", "name": "B"}]"#,
            r#"[{"user": "a", "name": "A", "mail": "a@b"}]"#,
            r#"[{"user": "a"}]"#,
        ] {
            assert!(names(&format!("{{\"people\": {people}, {REST}}}")).is_err(), "{people}");
        }
        let long = format!(r#"[{{"user": "a", "name": "{}"}}]"#, "n".repeat(LONGEST + 1));
        assert!(names(&format!("{{\"people\": {long}, {REST}}}")).is_err());
        assert!(names(&format!("{{{PEOPLE}, {PEOPLE}, {REST}}}")).is_err());
        let setup = AccessManifest::parse(format!("{{{REST}}}").as_bytes(), Some(&provider_name())).unwrap();
        let stranger = BTreeMap::from([("b".to_owned(), "Bob".to_owned())]);
        assert_eq!(assigned(&setup, &stranger).unwrap_err(), "the user `b` has a name and no assignment");
    }
}
