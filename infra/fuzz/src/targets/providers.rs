//! The configuration of identity providers.

use std::{collections::HashSet, net::IpAddr};

use serde_json::json;
use shared::{
    identity_provider::{IdentityProvider, Organizations},
    json::StrictObject,
};

use super::{Target, texts};
use crate::pairs::Pairs;

pub(super) const TARGET: Target = Target { name: "providers", run, seeds };

/// Our own issuer, below which is the other family's.
const OURS: &str = "https://api.example/v1/access-tokens";

/// Providers that are taken have an audience, keys that come over HTTPS or from this machine, names and issuers of their own, and
/// speak for no organization that was not written down; and what may be left out is as careful as it can be.
fn run(bytes: &[u8]) {
    let Ok(providers) = serde_json::from_slice::<Vec<StrictObject<IdentityProvider>>>(bytes) else { return };
    let written: Vec<Pairs> = serde_json::from_slice(bytes).unwrap();
    let providers: Vec<_> = providers.into_iter().map(|StrictObject(provider)| provider).collect();
    let is_valid = |index: usize| providers[index].check(&providers[..index], &[OURS.to_owned()]).is_ok();
    if !(0..providers.len()).all(is_valid) {
        return;
    }
    let distinct =
        |of: fn(&IdentityProvider) -> &str| providers.iter().map(of).collect::<HashSet<_>>().len() == providers.len();
    assert!(distinct(|one| one.name.as_str()) && distinct(|one| &one.issuer), "one is there twice");
    for (provider, written) in providers.iter().zip(&written) {
        let names: HashSet<_> = written.0.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), written.0.len(), "a member is there twice");
        check(provider, written);
    }
}

fn check(provider: &IdentityProvider, written: &Pairs) {
    let one = |name: &str| written.all(name).first().copied().cloned();
    let issuer = &provider.issuer;
    assert_eq!(one("issuer"), Some(json!(issuer)), "another issuer than was written");
    assert!(!issuer.starts_with(OURS) && is_safe(issuer), "{issuer}");
    assert!(
        !provider.audience.is_empty() && provider.audience.iter().all(|audience| !audience.is_empty()),
        "no audience"
    );
    assert!(!provider.owner_from_claim || one("owner_from_claim") == Some(json!(true)), "owners by default");
    assert!(!provider.assigned_without_claim || one("assigned_without_claim") == Some(json!(true)), "roles by default");
    let org = "not-written-down".parse().unwrap();
    match &provider.organizations {
        Organizations::All(_) => assert_eq!(one("organizations"), Some(json!("*"))),
        Organizations::Only(orgs) => {
            assert_eq!(one("organizations"), Some(orgs.iter().map(|org| json!(org.as_str())).collect()));
            assert_eq!(provider.organizations.include(&org), orgs.contains(&org));
        }
    }
    assert!(
        provider.organization.as_ref().is_none_or(|org| provider.organizations.include(org)),
        "of an organization not its own"
    );
}

/// Whether an address is one over HTTPS or of this machine, by another reading than a URL parser's.
fn is_safe(address: &str) -> bool {
    let plain = address.trim_matches(|c: char| c <= ' ').replace(['\t', '\n', '\r'], "").replace('\\', "/");
    let lower = plain.to_ascii_lowercase();
    let Some((scheme, rest)) = lower.split_once(':') else { return false };
    let authority = rest.trim_start_matches('/').split(['/', '?', '#']).next().unwrap_or_default();
    // Nothing that says who asks; empty it says nothing.
    let host_and_port = authority.trim_start_matches(['@', ':']);
    match scheme {
        "https" => !host_and_port.contains('@'),
        "http" => is_here(host_and_port),
        _ => false,
    }
}

/// Whether this is the machine itself; a host that only a URL parser can read is left to it.
fn is_here(host_and_port: &str) -> bool {
    let is_port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let host = host_and_port.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(host_and_port, |(host, _)| host);
    let host = host.trim_matches(['[', ']']);
    let numeric = host.bytes().all(|byte| byte.is_ascii_hexdigit() || b"x.:".contains(&byte));
    match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost" || numeric || host.contains('%'),
    }
}

fn seeds() -> Vec<Vec<u8>> {
    texts([
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
    ])
}
