//! Which route a request takes.

use axum::http::Method;
use percent_encoding::percent_decode_str;

use crate::template::Route;

/// All routes.
pub(super) struct Routes(Vec<Route>);

/// The route that was found.
pub(super) struct Found<'a> {
    /// It.
    pub(super) route: &'a Route,
    /// The path's parameters, percent-decoded.
    pub(super) parameters: Vec<(String, String)>,
}

impl Routes {
    /// These routes.
    pub(super) fn new(routes: &[Route]) -> Self {
        Self(routes.to_vec())
    }

    /// The route of `method` and `path`, without the stage; none if there is no such route.
    ///
    /// First the path decides: it is compared exactly, and where it fits several routes a literal segment comes before a
    /// parameter. Only then the method: a path without it does not fall back to another path.
    pub(super) fn find(&self, method: &Method, path: &str) -> Option<Found<'_>> {
        let fitting: Vec<&Route> = self.0.iter().filter(|route| fits(&route.path, path)).collect();
        let best = fitting.iter().map(|route| rank(&route.path)).min()?;
        let with = |method: &str| fitting.iter().find(|route| rank(&route.path) == best && route.method == method);
        let route = with(method.as_str()).or_else(|| with("ANY"))?;
        Some(Found { route, parameters: parameters(&route.path, path) })
    }
}

impl Routes {
    /// Whether `path` is that of a route, by whatever method.
    pub(super) fn know(&self, path: &str) -> bool {
        self.0.iter().any(|route| fits(&route.path, path))
    }
}

fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

fn fits(route: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    let fits = |own: &str| match segments.next() {
        Some(segment) if parameter(own).is_some() => !segment.is_empty(),
        segment => segment == Some(own),
    };
    route.split('/').all(fits) && segments.next().is_none()
}

/// Smaller for the more literal of two routes which fit the same path.
fn rank(route: &str) -> Vec<bool> {
    route.split('/').map(|segment| parameter(segment).is_some()).collect()
}

fn parameters(route: &str, path: &str) -> Vec<(String, String)> {
    let pairs = route.split('/').zip(path.split('/'));
    pairs.filter_map(|(own, segment)| Some((parameter(own)?.to_owned(), decoded(segment)))).collect()
}

/// RFC 3986, section 2.1. A `%` that is followed by no two digits stays.
fn decoded(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use axum::http::Method;
    use proptest::prelude::*;

    use super::{Routes, decoded, fits};
    use crate::template::Route;

    fn route(method: &str, path: &str) -> Route {
        Route { method: method.into(), path: path.into(), function: format!("{method} {path}"), authorized: true }
    }

    fn routes() -> Routes {
        Routes::new(&[
            route("GET", "/tokens"),
            route("POST", "/tokens"),
            route("GET", "/tokens/{id}"),
            route("DELETE", "/tokens/{id}"),
            route("GET", "/tokens/mine"),
            route("GET", "/{a}/{b}/c"),
            route("ANY", "/any"),
            route("GET", "/any"),
        ])
    }

    fn found(method: &str, path: &str) -> Option<String> {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        routes().find(&method, path).map(|found| found.route.function.clone())
    }

    #[test]
    fn the_more_literal_route_is_taken() {
        let cases = [
            ("GET", "/tokens", "GET /tokens"),
            ("POST", "/tokens", "POST /tokens"),
            ("GET", "/tokens/x", "GET /tokens/{id}"),
            ("GET", "/tokens/mine", "GET /tokens/mine"),
            ("GET", "/tokens/mine/c", "GET /{a}/{b}/c"),
            ("GET", "/any", "GET /any"),
            ("PATCH", "/any", "ANY /any"),
        ];
        for (method, path, expected) in cases {
            assert_eq!(found(method, path).as_deref(), Some(expected), "{method} {path}");
        }
    }

    #[test]
    fn what_is_no_route_is_not_found() {
        let cases = [
            ("GET", "/"),
            ("GET", ""),
            ("GET", "/tokens/"),
            ("GET", "//tokens"),
            ("GET", "/tokens//"),
            ("GET", "/Tokens"),
            ("GET", "/tokens/x/"),
            ("GET", "/tokens/x/y"),
            ("GET", "/%74okens"),
            ("GET", "/tokens/{id}/x"),
            ("HEAD", "/tokens"),
            ("OPTIONS", "/tokens"),
            ("get", "/tokens"),
            ("ANY", "/tokens"),
        ];
        for (method, path) in cases {
            assert_eq!(found(method, path), None, "{method} {path}");
        }
    }

    #[test]
    fn a_method_does_not_fall_back_to_a_less_literal_path() {
        assert_eq!(found("DELETE", "/tokens/x").as_deref(), Some("DELETE /tokens/{id}"));
        assert_eq!(found("DELETE", "/tokens/mine"), None);
    }

    #[test]
    fn parameters_are_decoded_within_their_segment() {
        let routes = routes();
        let found = routes.find(&Method::GET, "/a%2Fb/%c3%a9+%zz%/c").unwrap();
        let expected = [("a".to_owned(), "a/b".to_owned()), ("b".to_owned(), "é+%zz%".to_owned())];
        assert_eq!(found.parameters, expected);
    }

    proptest! {
        #[test]
        fn every_byte_survives_its_encoding(text in any::<String>()) {
            let encoded: String = text.bytes().flat_map(|byte| format!("%{byte:02X}").into_bytes()).map(char::from).collect();
            prop_assert_eq!(decoded(&encoded), text);
        }

        #[test]
        fn a_literal_route_fits_its_own_path_only(route in "(/[a-z]{1,3}){1,4}", path in "(/[a-z]{0,3}){1,4}") {
            prop_assert_eq!(fits(&route, &path), route == path);
        }
    }
}
