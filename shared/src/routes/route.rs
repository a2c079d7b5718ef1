//! A route as API Gateway reports it.

use std::{fmt, str::FromStr};

const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "ANY"];
/// The route of an HTTP API that takes what no other takes.
const DEFAULT: &str = "$default";

/// A route: `GET /orders/{id}` for a REST API's method and resource or an HTTP API's route key; `$default` and `ANY /…` are
/// routes of an HTTP API. With the id of an API before it, as in `a1b2c3d4e5 GET /orders`, it is that API's alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Route {
    /// Empty: any.
    api: String,
    key: String,
}

/// Why a text is no route.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a route is written `GET /path/{{parameter}}`, its segments of A-Z a-z 0-9 . _ ~ -, or `$default`, with an API's id before \
     it where it is that API's alone"
)]
pub struct RouteError;

impl Route {
    /// The route that the API with the id `api` reports as `key`.
    pub(super) fn of(api: &str, key: &str) -> Self {
        Self { api: api.to_owned(), key: key.to_owned() }
    }

    /// The route that any API reports as `key`.
    pub(super) fn anywhere(key: &str) -> Self {
        Self::of("", key)
    }

    /// Whether both are one route but for the API that they are of.
    pub(super) fn is_of_the_same_key(&self, other: &Self) -> bool {
        self.key == other.key
    }

    /// Whether its path has the parameter `name`, and it takes all that is left of a path.
    pub(super) fn has_greedy(&self, name: &str) -> bool {
        self.key.ends_with(&format!("{{{name}+}}"))
    }

    /// Whether its path has the parameter `name`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.key.split('/').filter_map(parameter).any(|own| own == name)
    }
}

/// The name of the parameter that a segment is, a greedy one's too.
fn parameter(segment: &str) -> Option<&str> {
    let name = segment.strip_prefix('{')?.strip_suffix('}')?;
    Some(name.strip_suffix('+').unwrap_or(name))
}

/// A path whose literal segments the authorizer can decide on: another one would be denied whoever asks.
fn is_path(path: &str) -> bool {
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._~-".contains(&b));
    let is_name = |name: &str| !name.is_empty() && plain(name);
    let is_literal = |segment: &str| !matches!(segment, "" | "." | "..") && plain(segment);
    let fits = |segment: &str| parameter(segment).map_or_else(|| is_literal(segment), is_name);
    path == "/" || path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(fits))
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
        let fits = is_id && is_named && (is_route || key == DEFAULT);
        fits.then(|| Self::of(api, key)).ok_or(RouteError)
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
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_a_method_and_a_path_or_the_default_with_an_apis_id_or_without() {
        for good in [
            "GET /",
            "ANY /v1/x/{id}/{rest+}",
            "$default",
            "DELETE /.well-known/jwks.json",
            "a1b2c3 GET /x",
            "a1b2c3 $default",
        ] {
            assert_eq!(good.parse::<Route>().unwrap().to_string(), good);
        }
        for bad in [
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
            "GET /orders/:id",
            "GET /*",
            "GET /a/../b",
            "GET /%41",
            "$default /x",
            "GET $default",
            " $default",
            "a1 /x",
        ] {
            assert!(bad.parse::<Route>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_route_has_the_parameters_of_its_path() {
        let route: Route = "GET /v1/{org}/files/{path+}".parse().unwrap();
        assert!(route.has("org") && route.has("path"));
        assert!(!route.has("files") && !route.has("path+") && !route.has(""));
    }
}
