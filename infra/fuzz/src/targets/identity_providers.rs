//! Target `identity-providers`: the configuration of identity providers.

use std::{collections::HashSet, net::IpAddr};

use serde_json::{Map, Value, json, value::RawValue};
use shared::identity_provider::{ClaimName, IdentityProvider, IdentityProviders, Organizations};

use super::{Target, text_seeds};
use crate::json_members::JsonMembers;

pub(super) const TARGET: Target = Target { name: "identity-providers", run, seeds };

/// Latchkey's issuer of the access family; the issuer of the public family is a path below it.
const OWN_ISSUER: &str = "https://api.example/v1/access-tokens";

/// Accepted providers have an audience, distinct names and issuers, and keys that are fetched over HTTPS or from this
/// machine. They are restricted to the organizations of the input, and every permissive setting is off unless the input
/// turns it on. The issuer of any other entry is disabled, or unknown if it cannot be read.
fn run(bytes: &[u8]) {
    let entries = serde_json::from_slice(bytes).map_err(|error| error.to_string());
    let is_readable = entries.is_ok();
    let (providers, errors) = IdentityProviders::new(entries, &[OWN_ISSUER.to_owned()]);
    if !is_readable {
        assert!(providers.usable().is_empty() && !errors.is_empty(), "an unreadable list");
        return;
    }
    let are_distinct = |of: fn(&IdentityProvider) -> &str| {
        providers.usable().iter().map(of).collect::<HashSet<_>>().len() == providers.usable().len()
    };
    assert!(are_distinct(|provider| provider.name.as_str()), "a duplicate name is accepted");
    assert!(are_distinct(|provider| &provider.issuer), "a duplicate issuer is accepted");
    let Ok(inputs) = serde_json::from_slice::<Vec<&RawValue>>(bytes) else { return };
    assert_eq!(providers.usable().len() + errors.len(), inputs.len(), "an entry is neither accepted nor an error");
    // The parser of values rejects numbers that an invalid entry may contain.
    let inputs: Vec<_> = inputs.iter().filter_map(|input| JsonMembers::parse(input.get().as_bytes())).collect();
    for provider in providers.usable() {
        assert_eq!(providers.find(&provider.issuer), Ok(Some(provider)));
        let has_issuer = |input: &&JsonMembers| input.values("issuer").contains(&&json!(provider.issuer));
        let of_issuer: Vec<_> = inputs.iter().filter(has_issuer).collect();
        let [input] = of_issuer[..] else { unreachable!("{} is in {} entries", provider.issuer, of_issuer.len()) };
        let names: HashSet<_> = input.0.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), input.0.len(), "a duplicate member is accepted");
        check(provider, input);
    }
    for issuer in inputs.iter().flat_map(|input| input.values("issuer")).filter_map(Value::as_str) {
        assert_ne!(providers.find(issuer), Ok(None), "{issuer} is unknown");
    }
}

fn check(provider: &IdentityProvider, input: &JsonMembers) {
    let member = |name: &str| input.values(name).first().copied().cloned();
    let issuer = &provider.issuer;
    assert_eq!(member("issuer"), Some(json!(issuer)), "another issuer");
    assert!(!issuer.starts_with(OWN_ISSUER) && is_secure(issuer), "{issuer}");
    assert!(!provider.audience.is_empty() && !provider.audience.contains(&String::new()), "no audience");
    check_claim_names(provider, &member);
    for (setting, name) in
        [(provider.owner_from_claim, "owner_from_claim"), (provider.assigned_without_claim, "assigned_without_claim")]
    {
        assert!(!setting || member(name) == Some(json!(true)), "`{name}` is on by default");
    }
    match &provider.organizations {
        Organizations::All(_) => assert_eq!(member("organizations"), Some(json!("*"))),
        Organizations::Only(orgs) => {
            assert_eq!(member("organizations"), Some(orgs.iter().map(|org| json!(org.as_str())).collect()));
            let other = "not-in-the-input".parse().unwrap();
            assert_eq!(provider.organizations.include(&other), orgs.contains(&other));
        }
    }
    let is_included = provider.organization.as_ref().is_none_or(|org| provider.organizations.include(org));
    assert!(is_included, "`organization` is not one of `organizations`");
}

/// The names of claims are those of the input or the default, and a claim with such a name is found.
fn check_claim_names(provider: &IdentityProvider, member: &impl Fn(&str) -> Option<Value>) {
    let names = [
        (Some(&provider.org_claim), "org_claim", Some("org_id")),
        (Some(&provider.user_claim), "user_claim", Some("sub")),
        (provider.roles_claim.as_ref(), "roles_claim", None),
    ];
    for (name, setting, default) in names {
        let name = name.map(ClaimName::as_str);
        let configured = member(setting);
        assert_eq!(name, configured.as_ref().map_or(default, Value::as_str), "{setting}");
        let Some(name) = name else { continue };
        assert!((1..=256).contains(&name.len()) && !name.chars().any(char::is_control), "{name:?}");
        let claims = Map::from_iter([(name.to_owned(), json!(7))]);
        let parsed = ClaimName::try_from(name.to_owned()).unwrap();
        assert_eq!(parsed.find(&claims), Ok(Some(&json!(7))), "{name:?}");
    }
}

/// Reference implementation, without a URL parser: whether the address uses HTTPS or is on this machine.
fn is_secure(address: &str) -> bool {
    let trimmed = address.trim_matches(|c: char| c <= ' ').replace(['\t', '\n', '\r'], "").replace('\\', "/");
    let lower = trimmed.to_ascii_lowercase();
    let Some((scheme, rest)) = lower.split_once(':') else { return false };
    let authority = rest.trim_start_matches('/').split(['/', '?', '#']).next().unwrap_or_default();
    // URL parsers ignore empty user information; any other is rejected.
    let host_and_port = authority.trim_start_matches(['@', ':']);
    match scheme {
        "https" => !host_and_port.contains('@'),
        "http" => is_loopback(host_and_port),
        _ => false,
    }
}

/// Whether the host is this machine. Hosts that only a URL parser can interpret are accepted here.
fn is_loopback(host_and_port: &str) -> bool {
    let is_port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let host = host_and_port.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(host_and_port, |(host, _)| host);
    let host = host.trim_matches(['[', ']']);
    let is_numeric = host.bytes().all(|byte| byte.is_ascii_hexdigit() || b"x.:".contains(&byte));
    match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost" || is_numeric || host.contains('%'),
    }
}

fn seeds() -> Vec<Vec<u8>> {
    text_seeds([
        r#"[{"name":"local","issuer":"https://id.example/","audience":"https://api.example","organizations":"*"}]"#,
        r#"[{"name":"cognito","issuer":"https://cognito-idp.eu-central-1.amazonaws.com/x","audience":["a","b"],"audience_claim":"aud_or_client_id","token_use":"access","organizations":["1","2"],"organization":"1"}]"#,
        r#"[{"name":"a","issuer":"http://127.0.0.1:9000","audience":"a","organizations":["1"],"roles_claim":"roles","owner_from_claim":true}]"#,
        r#"[{"name":"a","issuer":"http://[::1]:1","audience":"a","organizations":"*","page":{"client_id":"p","origins":["https://x.example"]}}]"#,
        r#"[{"name":"a","issuer":"http://localhost","audience":"","organizations":"*"}]"#,
        r#"[{"name":"a","issuer":"https://api.example/v1/access-tokens/public","audience":"a","organizations":"*"}]"#,
        r#"[{"name":"a","issuer":"https://u:p@id.example","audience":"a","organizations":"*"},{"name":"a","issuer":"https://b","audience":"a","organizations":[]}]"#,
        r#"[{"name":"a","issuer":"https://id.example","audience":["a",""],"organizations":["1"],"organization":"2"}]"#,
        r#"[{"name":"a","issuer":"https://id.example","audience":"a","organizations":["1"]},{"name":"b","issuer":"https://id.example","audience":"a","organizations":["1"]}]"#,
        r#"[["a","https://id.example","a"]]"#,
        r#"[{"name":"a","issuer":"https://a.example","audience":"a","organizations":"*"},{"name":"a","issuer":"https://b.example"},{"issuer":"https://c.example","issuer":"https://d.example"},{"name":"e","issuer":"https://e.example","audience":"a","organizations":"*"}]"#,
        r#"[{"name":"a","issuer":"https://id.example","audience":"a","organizations":["1"],"org_claim":"/https:~1~1x~1/org~0","user_claim":"a.b","roles_claim":"https://x.example/roles"}]"#,
        r#"[{"name":"a","issuer":"https://id.example","audience":"a","organizations":["1"],"org_claim":"/a~2","user_claim":"","roles_claim":null}]"#,
    ])
}
