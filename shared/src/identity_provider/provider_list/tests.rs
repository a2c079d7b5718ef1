use std::mem;

use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

use super::*;
use crate::identity_provider::Organizations;

const OWN_ISSUER: &str = "https://api.example/v1/access-tokens";

fn read(text: &str) -> (IdentityProviders, Vec<ProviderError>) {
    let entries = serde_json::from_str(text).map_err(|error| error.to_string());
    IdentityProviders::new(entries, &[OWN_ISSUER.to_owned()])
}

fn provider(name: &str, issuer: &str) -> Value {
    json!({"name": name, "issuer": issuer, "audience": "a", "organizations": "*"})
}

/// What happens to a token of `issuer`: the name of the provider that checks it, `disabled` or `unknown`.
fn outcome<'a>(providers: &'a IdentityProviders, issuer: &str) -> &'a str {
    match providers.find(issuer) {
        Ok(Some(provider)) => provider.name.as_str(),
        Ok(None) => "unknown",
        Err(_) => "disabled",
    }
}

#[test]
fn invalid_provider_is_disabled_and_others_are_used() {
    let mut with_page = provider("b", "https://b.example");
    with_page["page"] = json!({});
    for (invalid, issuer, entry) in [
        (json!({"name": "b", "issuer": "https://b.example"}), "https://b.example", "b"),
        (provider("b", "http://b.example"), "http://b.example", "b"),
        (json!({"issuer": "https://b.example", "name": 7}), "https://b.example", "entry 2"),
        (with_page, "https://b.example", "b"),
    ] {
        let list = json!([provider("a", "https://a.example"), invalid, provider("c", "https://c.example")]);
        let (providers, errors) = read(&list.to_string());
        let found: Vec<_> = errors.iter().map(|error| (error.entry.as_deref(), error.effect)).collect();
        assert_eq!(found, [(Some(entry), ProviderErrorEffect::Disabled)], "{list}");
        assert_eq!(outcome(&providers, "https://a.example"), "a");
        assert_eq!(outcome(&providers, "https://c.example"), "c");
        assert_eq!(outcome(&providers, issuer), "disabled", "{list}");
    }
}

#[test]
fn entry_without_readable_issuer_is_unknown() {
    for invalid in [json!({"name": "b"}), json!({"name": "b", "issuer": 7}), json!("https://b.example"), json!([])] {
        let list = json!([provider("a", "https://a.example"), invalid]);
        let (providers, errors) = read(&list.to_string());
        assert_eq!(errors.len(), 1, "{list}");
        assert_eq!(errors[0].effect, ProviderErrorEffect::UnknownIssuer, "{list}");
        assert_eq!(outcome(&providers, "https://a.example"), "a");
        assert_eq!(outcome(&providers, "https://b.example"), "unknown");
    }
}

/// Such a key must not hide the name and the issuer, by which the entry is recognized as a duplicate.
#[test]
fn key_with_lone_surrogate_disables_the_issuer() {
    let valid = provider("a", "https://a.example");
    let text = format!(r#"[{valid}, {{"name": "a", "issuer": "https://a.example", "\ud800": 1}}]"#);
    let (providers, errors) = read(&text);
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors.iter().all(|error| error.effect == ProviderErrorEffect::Disabled), "{errors:?}");
    assert_eq!(outcome(&providers, "https://a.example"), "disabled");
}

#[test]
fn provider_with_issuer_of_latchkey_is_not_used() {
    let (_, errors) = read(&json!([provider("a", OWN_ISSUER)]).to_string());
    assert_eq!(errors[0].effect, ProviderErrorEffect::Unused);
}

#[test]
fn text_that_is_not_a_name_is_not_repeated() {
    for name in ["", &"n".repeat(5_000)] {
        let (providers, errors) = read(&json!([provider(name, "https://a.example")]).to_string());
        assert_eq!(errors[0].entry.as_deref(), Some("entry 1"));
        assert_eq!(outcome(&providers, "https://a.example"), "disabled");
    }
}

#[test]
fn duplicate_member_disables_every_named_issuer() {
    let text = r#"[{"name": "a", "issuer": "https://a.example", "issuer": "https://b.example", "audience": "a",
                    "organizations": "*"}]"#;
    let (providers, errors) = read(text);
    assert!(errors[0].reason.contains("duplicate field `issuer`"), "{errors:?}");
    for issuer in ["https://a.example", "https://b.example"] {
        assert_eq!(outcome(&providers, issuer), "disabled");
    }
}

/// The second provider shares its name with the first and its issuer with the third.
#[test]
fn providers_with_one_name_or_issuer_are_all_disabled() {
    let damaged = json!({"name": "e", "issuer": "https://d.example"});
    let list = json!([
        provider("a", "https://a.example"),
        provider("a", "https://b.example"),
        provider("b", "https://b.example"),
        provider("c", "https://c.example"),
        provider("d", "https://d.example"),
        damaged,
    ]);
    let (providers, errors) = read(&list.to_string());
    assert_eq!(errors.len(), 5);
    assert!(errors[..4].iter().all(|error| error.reason.ends_with("must be unique")), "{errors:?}");
    for (issuer, expected) in [("a", "disabled"), ("b", "disabled"), ("c", "c"), ("d", "disabled")] {
        assert_eq!(outcome(&providers, &format!("https://{issuer}.example")), expected, "{issuer}");
    }
}

#[test]
fn unreadable_list_has_no_provider() {
    for text in ["", "[", "{}", "7", r#"[{"name": "a", "issuer": "https://a.example"}"#] {
        let (providers, errors) = read(text);
        let found: Vec<_> = errors.iter().map(|error| (error.entry.as_deref(), error.effect)).collect();
        assert_eq!(found, [(None, ProviderErrorEffect::NoProvider)], "{text}");
        assert_eq!(outcome(&providers, "https://a.example"), "unknown");
    }
}

/// A corruption of the list. Each index selects an entry, a member or a byte. An optional member that is missing is not a
/// corruption but another valid configuration.
#[derive(Debug, Clone)]
enum Corruption {
    /// A required member is missing.
    MemberDropped(Index, &'static str),
    /// A member has another type.
    MemberType(Index, Index, Value),
    /// A member is repeated.
    MemberDuplicated(Index, Index),
    /// An unknown member is added.
    MemberAdded(Index),
    /// An entry has another type.
    EntryType(Index, Value),
    /// The text ends early.
    Truncated(Index),
    /// An entry is repeated.
    Duplicated(Index),
}

fn corruption() -> impl Strategy<Value = Corruption> {
    let value = || prop::sample::select(vec![json!(null), json!(1), json!([true]), json!({}), json!([])]);
    let required = prop::sample::select(vec!["name", "issuer", "audience", "organizations"]);
    let index = any::<Index>;
    prop_oneof![
        (index(), required).prop_map(|(entry, member)| Corruption::MemberDropped(entry, member)),
        (index(), index(), value()).prop_map(|(entry, member, value)| Corruption::MemberType(entry, member, value)),
        (index(), index()).prop_map(|(entry, member)| Corruption::MemberDuplicated(entry, member)),
        index().prop_map(Corruption::MemberAdded),
        (index(), value()).prop_map(|(entry, value)| Corruption::EntryType(entry, value)),
        index().prop_map(Corruption::Truncated),
        index().prop_map(Corruption::Duplicated),
    ]
}

/// One to three valid providers with optional members.
fn list() -> impl Strategy<Value = Vec<Value>> {
    let optional = prop::sample::subsequence(
        vec![
            ("audience", json!(["a", "b"])),
            ("audience_claim", json!("client_id")),
            ("token_use", json!("access")),
            ("organizations", json!(["123"])),
            ("org_claim", json!("tenant")),
            ("user_claim", json!("oid")),
            ("roles_claim", json!("groups")),
            ("assigned_without_claim", json!(false)),
            ("owner_from_claim", json!(false)),
            ("page", json!({"client_id": "page"})),
        ],
        0..=10,
    );
    prop::collection::vec(optional, 1..4).prop_map(|entries| {
        let names = ["a", "b", "c"].into_iter().zip(entries);
        let entry = |(name, members): (&str, Vec<(&str, Value)>)| {
            let mut entry = provider(name, &format!("https://{name}.example"));
            for (member, value) in members {
                entry[member] = value;
            }
            entry
        };
        names.map(entry).collect()
    })
}

fn corrupt(list: &[Value], corruption: &Corruption) -> String {
    let mut entries = list.to_vec();
    let count = entries.len();
    match corruption {
        Corruption::MemberDropped(entry, member) => {
            entries[entry.index(count)].as_object_mut().unwrap().remove(*member);
        }
        Corruption::MemberType(entry, member, value) => {
            let members = entries[entry.index(count)].as_object_mut().unwrap();
            let member = member.index(members.len());
            let member = members.values_mut().nth(member).unwrap();
            *member = if mem::discriminant(member) == mem::discriminant(value) { Value::Null } else { value.clone() };
        }
        Corruption::MemberDuplicated(entry, member) => {
            let entry = entry.index(count);
            let members = entries[entry].as_object().unwrap();
            let (name, value) = members.iter().nth(member.index(members.len())).unwrap();
            let repeated = format!("{{{}: {value}, ", json!(name));
            let mut texts: Vec<_> = entries.iter().map(Value::to_string).collect();
            texts[entry].replace_range(..1, &repeated);
            return format!("[{}]", texts.join(","));
        }
        Corruption::MemberAdded(entry) => entries[entry.index(count)]["other"] = json!(true),
        Corruption::EntryType(entry, value) => entries[entry.index(count)] = value.clone(),
        Corruption::Truncated(end) => {
            let text = json!(entries).to_string();
            return text[..end.index(text.len())].to_owned();
        }
        Corruption::Duplicated(entry) => entries.push(entries[entry.index(count)].clone()),
    }
    json!(entries).to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Each provider that the corrupted list uses is a provider of the sound list, except that it may be accepted in no
    /// organization. So no token is accepted that the sound list rejects.
    #[test]
    fn corrupted_providers_accept_no_more(list in list(), corruption in corruption()) {
        let (sound, errors) = read(&json!(list).to_string());
        prop_assert_eq!(errors, []);
        let text = corrupt(&list, &corruption);
        let (corrupted, errors) = read(&text);
        for provider in corrupted.usable() {
            let intended = sound.find(&provider.issuer).unwrap().unwrap();
            let in_no_organization = IdentityProvider { organizations: Organizations::Only(Vec::new()), ..intended.clone() };
            prop_assert!([intended, &in_no_organization].contains(&provider), "{}", text);
        }
        let is_unchanged = corrupted.usable().len() == list.len();
        prop_assert!(is_unchanged || !errors.is_empty(), "{}", text);
    }
}
