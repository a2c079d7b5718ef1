//! Parses the authorizer event of a REST API or an HTTP API.

mod http;
mod path;
mod rest;

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use self::{http::HttpRequest, rest::RestRequest};
use crate::{
    authorize::{AuthorizationRequest, OrgHeader},
    json::present,
    routes::has_user,
};

/// An authorizer event.
pub(super) enum Event {
    /// A REST API's `REQUEST` event; the response is an IAM policy.
    Rest(Box<RestRequest>),
    /// An HTTP API's event with payload format 2.0; the response has the simple format.
    Http(Box<HttpRequest>),
}

/// The members that determine the kind of an event.
#[derive(Default, Deserialize)]
struct Kind {
    #[serde(default, rename = "type", deserialize_with = "present")]
    kind: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    version: Option<Value>,
}

/// The members that both kinds of events have.
struct EventFields<'a> {
    api: Option<&'a str>,
    method: String,
    route: String,
    /// The decoded path parameters. A value that does not decode to a literal one stays as it is: no response allows its path.
    parameters: HashMap<String, String>,
    /// All values of `Authorization`.
    credentials: Vec<&'a str>,
    /// All values of `x-epilot-org-id`.
    orgs: Vec<&'a str>,
    /// The source address of the connection, as the gateway writes it.
    source: Option<&'a str>,
}

impl Event {
    /// Parses the event.
    ///
    /// # Errors
    ///
    /// Returns a message that names the setting to change. It contains nothing of the event.
    pub(super) fn read(event: &str) -> Result<Self, &'static str> {
        let malformed = "the event does not match its payload format";
        let kind: Kind = serde_json::from_str(event).unwrap_or_default();
        let text = |value: &'_ Option<Value>| value.as_ref().map(|value| value.as_str().unwrap_or_default().to_owned());
        match (text(&kind.kind).as_deref(), text(&kind.version).as_deref()) {
            (Some("REQUEST"), None) => RestRequest::read(event).map(Box::new).map(Self::Rest).ok_or(malformed),
            (Some("REQUEST"), Some("2.0")) => HttpRequest::read(event).map(Box::new).map(Self::Http).ok_or(malformed),
            (Some("REQUEST"), Some("1.0")) => Err(
                "payload format 1.0 is not supported: set this authorizer to payload format 2.0 with simple responses",
            ),
            (Some("TOKEN"), _) => Err("TOKEN events are not supported: change the type of this authorizer to REQUEST"),
            _ => Err("the event is not an API Gateway authorizer event"),
        }
    }

    /// The gateway's id of the request.
    pub(super) fn request_id(&self) -> String {
        match self {
            Self::Rest(request) => request.request_id(),
            Self::Http(request) => request.request_id(),
        }
    }

    /// Whether the route has a user as a path parameter.
    pub(super) fn has_user_in_path(&self) -> bool {
        has_user(match self {
            Self::Rest(request) => request.route_path(),
            Self::Http(request) => request.route_path(),
        })
    }

    /// The authorization request of the event; `None` if the event contains no API id.
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
            parameters: fields.parameters,
            org: org(&fields.orgs),
            source: fields.source.and_then(|address| address.parse().ok()),
        })
    }
}

/// The bearer token (RFC 6750, section 2.1) of the only `Authorization` header. An HTTP API joins repeated headers with
/// commas, which no token contains.
fn bearer(headers: &[&str]) -> Result<String, &'static str> {
    let [header] = headers else { return Err("the request must have exactly one Authorization header") };
    let (scheme, credential) = header.split_once(' ').ok_or("the Authorization header must be `Bearer <token>`")?;
    let credential = credential.trim_matches(' ');
    let is_bearer = scheme.eq_ignore_ascii_case("bearer") && !credential.is_empty();
    is_bearer.then(|| credential.to_owned()).ok_or("the Authorization header must be `Bearer <token>`")
}

fn org(headers: &[&str]) -> OrgHeader {
    match headers {
        [] => OrgHeader::Absent,
        [org] => org.parse().map_or(OrgHeader::Invalid, OrgHeader::Org),
        _ => OrgHeader::Invalid,
    }
}
