//! A route as API Gateway reports it.

use std::{fmt, str::FromStr};

use super::path_segment::{SEGMENT_PUNCTUATION, is_literal_segment};

/// The methods of a route; `ANY` is the catch-all of an HTTP API.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "ANY"];
/// Key of the HTTP API route that receives the requests that match no other route.
const DEFAULT_ROUTE_KEY: &str = "$default";

/// A route: `GET /orders/{id}` is the method and resource of a REST API or the route key of an HTTP API; `$default` and
/// `ANY /…` are route keys of an HTTP API. With the id of an API in front, as in `a1b2c3d4e5 GET /orders`, the route is
/// that of this API only.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Route {
    /// The id of the API; empty for any API.
    api: String,
    key: String,
}

/// The text is not a valid route.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a route must be like `GET /path/{{parameter}}`, with segments of A-Z a-z 0-9 {}, or `$default`; the id of an API and a \
     space in front limit it to that API",
    SEGMENT_PUNCTUATION
)]
pub struct RouteError;

impl Route {
    /// The route that the API with the id `api` reports as `key`.
    pub(super) fn of(api: &str, key: &str) -> Self {
        Self { api: api.to_owned(), key: key.to_owned() }
    }

    /// The route that any API reports as `key`.
    pub(super) fn of_any_api(key: &str) -> Self {
        Self::of("", key)
    }

    /// The route as every API reports it.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Whether the path ends with the greedy parameter `name`, which matches the rest of a path.
    pub(super) fn has_greedy_parameter(&self, name: &str) -> bool {
        self.key.ends_with(&format!("{{{name}+}}"))
    }

    /// Whether the path has the parameter `name`, greedy or not.
    pub(super) fn has_parameter(&self, name: &str) -> bool {
        self.key.split('/').filter_map(parameter).any(|parameter| parameter == name)
    }
}

/// The name of the parameter if `segment` is one, greedy or not.
fn parameter(segment: &str) -> Option<&str> {
    let name = segment.strip_prefix('{')?.strip_suffix('}')?;
    Some(name.strip_suffix('+').unwrap_or(name))
}

/// Whether `path` can match a request that the authorizer allows. Paths with other literal segments are always denied,
/// so that a rule for them would have no effect.
fn is_path(path: &str) -> bool {
    let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte);
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(is_name_byte);
    let is_segment = |segment: &str| parameter(segment).map_or_else(|| is_literal_segment(segment), is_name);
    path == "/" || path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_segment))
}

impl FromStr for Route {
    type Err = RouteError;

    fn from_str(text: &str) -> Result<Self, RouteError> {
        let (api, key) = match text.split_once(' ') {
            Some((first, rest)) if !METHODS.contains(&first) => (first, rest),
            _ => ("", text),
        };
        let is_id = api.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let is_named = !api.is_empty() || key == text;
        let is_route = key.split_once(' ').is_some_and(|(method, path)| METHODS.contains(&method) && is_path(path));
        let is_valid = is_id && is_named && (is_route || key == DEFAULT_ROUTE_KEY);
        is_valid.then(|| Self::of(api, key)).ok_or(RouteError)
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.api.as_str() {
            "" => f.write_str(&self.key),
            api => write!(f, "{api} {}", self.key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn route_with_invalid_syntax_is_rejected() {
        for valid in [
            "GET /",
            "ANY /v1/x/{id}/{rest+}",
            "$default",
            "DELETE /.well-known/jwks.json",
            "a1b2c3 GET /x",
            "a1b2c3 $default",
            "POST /v3/events:batchGet",
            "GET /@me/a+b,c=d/!'()&",
        ] {
            assert_eq!(valid.parse::<Route>().unwrap().to_string(), valid);
        }
        for invalid in [
            "",
            " ",
            "GET",
            "get /x",
            "GET x",
            "GET  /x",
            " GET /x",
            "GET /x ",
            "TRACE /x",
            "GET /x y",
            "GET /{}",
            "GET /{a b}",
            "GET /x{id}",
            "GET /{id",
            "GET /x?y=1",
            "A1 GET /x",
            "a b GET /x",
            "GET //",
            "GET /a//b",
            "GET /a/",
            "GET /*",
            "GET /a*",
            "GET /a;b",
            "GET /a$b",
            "GET /a\\b",
            "GET /a#b",
            "GET /a|b",
            "GET /a\u{e4}",
            "GET /{a:b}",
            "GET /a/../b",
            "GET /%41",
            "$default /x",
            "GET $default",
            " $default",
            "a1 /x",
        ] {
            assert!(invalid.parse::<Route>().is_err(), "{invalid:?}");
        }
    }

    #[test]
    fn route_has_the_parameters_of_its_path() {
        let route: Route = "GET /v1/{org}/files/{path+}".parse().unwrap();
        assert!(route.has_parameter("org") && route.has_parameter("path"));
        assert!(!route.has_parameter("files") && !route.has_parameter("path+") && !route.has_parameter(""));
    }
}
