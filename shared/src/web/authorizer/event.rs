//! What an API Gateway asks its authorizer, of either kind of API.

mod http;
mod rest;

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use self::{http::HttpRequest, rest::RestRequest};
use crate::{
    authorize::{AuthorizationRequest, OrgHeader},
    json::present,
};

/// The event.
pub(super) enum Event {
    /// A REST API's `REQUEST` event, which is answered with an IAM policy.
    Rest(Box<RestRequest>),
    /// An HTTP API's event with payload 2.0, which is answered with the simple form.
    Http(Box<HttpRequest>),
}

/// What tells the kind of an event.
#[derive(Default, Deserialize)]
struct Kind {
    #[serde(default, rename = "type", deserialize_with = "present")]
    kind: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    version: Option<Value>,
}

/// What both kinds of events tell.
struct EventFields<'a> {
    api: Option<&'a str>,
    method: String,
    route: String,
    parameters: &'a HashMap<String, String>,
    /// All values of `Authorization`.
    credentials: Vec<&'a str>,
    /// All values of `x-epilot-org-id`.
    orgs: Vec<&'a str>,
}

impl Event {
    /// Reads the event.
    ///
    /// # Errors
    ///
    /// Why it is none that this authorizer takes. The sentence holds nothing from the event.
    pub(super) fn read(event: &str) -> Result<Self, &'static str> {
        let malformed = "the event has not the form of its kind";
        let kind: Kind = serde_json::from_str(event).unwrap_or_default();
        let text = |value: &'_ Option<Value>| value.as_ref().map(|value| value.as_str().unwrap_or_default().to_owned());
        match (text(&kind.kind).as_deref(), text(&kind.version).as_deref()) {
            (Some("REQUEST"), None) => RestRequest::read(event).map(Box::new).map(Self::Rest).ok_or(malformed),
            (Some("REQUEST"), Some("2.0")) => HttpRequest::read(event).map(Box::new).map(Self::Http).ok_or(malformed),
            (Some("REQUEST"), Some("1.0")) => Err(
                "payload 1.0 is not understood: set the authorizer of this HTTP API to payload 2.0 with simple responses",
            ),
            (Some("TOKEN"), _) => Err("TOKEN events are not understood: make this authorizer one of the type REQUEST"),
            _ => Err("this is no event of an API Gateway authorizer"),
        }
    }

    /// The id that the gateway gave the request.
    pub(super) fn request_id(&self) -> String {
        match self {
            Self::Rest(request) => request.request_id(),
            Self::Http(request) => request.request_id(),
        }
    }

    /// What the event asks; `None` where it does not say of which API.
    pub(super) fn authorization_request(&self) -> Option<AuthorizationRequest> {
        let fields = match self {
            Self::Rest(request) => request.fields(),
            Self::Http(request) => request.fields(),
        };
        Some(AuthorizationRequest {
            credential: bearer(&fields.credentials),
            api: fields.api?.to_owned(),
            method: fields.method,
            route: fields.route,
            parameters: fields.parameters.clone(),
            org: org(&fields.orgs),
        })
    }
}

/// The bearer token (RFC 6750, section 2.1), if there is one `Authorization` header and it holds one. An HTTP API joins several
/// with commas, which no token holds.
fn bearer(headers: &[&str]) -> Result<String, &'static str> {
    let [header] = headers else { return Err("there is not one authorization header") };
    let (scheme, credential) = header.split_once(' ').ok_or("it is no bearer token")?;
    let credential = credential.trim_matches(' ');
    let is_bearer = scheme.eq_ignore_ascii_case("bearer") && !credential.is_empty();
    is_bearer.then(|| credential.to_owned()).ok_or("it is no bearer token")
}

fn org(headers: &[&str]) -> OrgHeader {
    match headers {
        [] => OrgHeader::Absent,
        [org] => org.parse().map_or(OrgHeader::Invalid, OrgHeader::Org),
        _ => OrgHeader::Invalid,
    }
}

/// The path of a request on the route `path`, with its parameters in their places; `None` where one is missing, empty, or takes
/// more than its segment.
fn fill_path(path: &str, parameters: &HashMap<String, String>) -> Option<String> {
    let fill = |segment: &str| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        None => Some(segment.to_owned()),
        Some(name) => {
            let greedy = name.strip_suffix('+');
            let value = parameters.get(greedy.unwrap_or(name))?;
            (!value.is_empty() && (greedy.is_some() || !value.contains('/'))).then(|| value.clone())
        }
    };
    let segments: Option<Vec<_>> = path.split('/').map(fill).collect();
    Some(segments?.join("/"))
}

/// Whether every part of a path means itself and nothing else, to whoever reads it next: no escape, no wildcard of a policy, no
/// way up, no empty segment.
fn is_literal(path: &str) -> bool {
    let plain = |segment: &str| {
        let characters = segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"._~-".contains(&b));
        characters && !segment.is_empty() && !matches!(segment, "." | "..")
    };
    path.strip_prefix('/').is_some_and(|rest| rest.is_empty() || rest.split('/').all(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_literal_if_nothing_in_it_can_be_read_in_another_way() {
        for good in ["/", "/v1/access-tokens", "/a/b.c/~d_e-f", "/..."] {
            assert!(is_literal(good), "{good}");
        }
        for bad in [
            "", "a", "//", "/a/", "//a", "/a//b", "/.", "/..", "/a/../b", "/*", "/a?", "/${x}", "/%2e", "/a;b", "/ä",
            "/a b", "/a\\b",
        ] {
            assert!(!is_literal(bad), "{bad}");
        }
    }
}
