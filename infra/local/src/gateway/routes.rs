//! Route matching.

use std::collections::BTreeMap;

use axum::http::Method;
use matchit::Router;

use crate::template::Route;

/// The method of a route for all methods.
const ANY_METHOD: &str = "ANY";

/// The routes of an API, by path pattern and method.
pub(super) struct RouteTable(Router<BTreeMap<String, Route>>);

/// The route of a request.
pub(super) struct RouteMatch<'a> {
    pub(super) route: &'a Route,
    /// Names and values of the path parameters, as they are in the URL.
    pub(super) parameters: Vec<(String, String)>,
}

impl RouteTable {
    pub(super) fn new(routes: &[Route]) -> Self {
        let mut by_pattern: BTreeMap<String, BTreeMap<String, Route>> = BTreeMap::new();
        for route in routes {
            by_pattern.entry(pattern(&route.path)).or_default().insert(route.method.clone(), route.clone());
        }
        let mut matcher = Router::new();
        for (pattern, methods) in by_pattern {
            let inserted = matcher.insert(pattern, methods);
            inserted.unwrap_or_else(|error| unreachable!("patterns are distinct and escaped: {error}"));
        }
        Self(matcher)
    }

    /// The route of `method` and `path` (without the stage).
    ///
    /// The path is matched first, with literal segments before parameters. A path whose routes do not include the method
    /// does not fall back to a less specific path.
    pub(super) fn find(&self, method: &Method, path: &str) -> Option<RouteMatch<'_>> {
        let matched = self.0.at(path).ok()?;
        let route = matched.value.get(method.as_str()).or_else(|| matched.value.get(ANY_METHOD))?;
        let names = route.path.split('/').filter_map(parameter_name);
        let values = matched.params.iter().map(|(_, value)| value.to_owned());
        Some(RouteMatch { route, parameters: names.map(str::to_owned).zip(values).collect() })
    }

    /// Whether a route of any method has this path.
    pub(super) fn contains_path(&self, path: &str) -> bool {
        self.0.at(path).is_ok()
    }
}

/// The pattern of a route's path. Its parameters are named by their position, so that routes of different methods may name
/// them differently. The template reader rejects greedy parameters (`{proxy+}`).
fn pattern(path: &str) -> String {
    let segments = path.split('/').enumerate().map(|(position, segment)| match parameter_name(segment) {
        Some(_) => format!("{{{position}}}"),
        None => segment.replace('{', "{{").replace('}', "}}"),
    });
    segments.collect::<Vec<_>>().join("/")
}

fn parameter_name(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use axum::http::Method;
    use proptest::prelude::*;

    use super::{RouteTable, parameter_name};
    use crate::template::Route;

    fn route(method: &str, path: &str) -> Route {
        Route { method: method.into(), path: path.into(), function: format!("{method} {path}"), authorized: true }
    }

    fn routes() -> RouteTable {
        RouteTable::new(&[
            route("GET", "/tokens"),
            route("POST", "/tokens"),
            route("GET", "/tokens/{id}"),
            route("DELETE", "/tokens/{token}"),
            route("GET", "/tokens/mine"),
            route("GET", "/{a}/{b}/c"),
            route("ANY", "/any"),
            route("GET", "/any"),
        ])
    }

    fn find(method: &str, path: &str) -> Option<String> {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        routes().find(&method, path).map(|matched| matched.route.function.clone())
    }

    #[test]
    fn most_literal_route_matches() {
        let cases = [
            ("GET", "/tokens", "GET /tokens"),
            ("POST", "/tokens", "POST /tokens"),
            ("GET", "/tokens/x", "GET /tokens/{id}"),
            ("DELETE", "/tokens/x", "DELETE /tokens/{token}"),
            ("GET", "/tokens/mine", "GET /tokens/mine"),
            ("GET", "/tokens/mine/c", "GET /{a}/{b}/c"),
            ("GET", "/any", "GET /any"),
            ("PATCH", "/any", "ANY /any"),
        ];
        for (method, path, expected) in cases {
            assert_eq!(find(method, path).as_deref(), Some(expected), "{method} {path}");
        }
    }

    #[test]
    fn other_paths_and_methods_match_no_route() {
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
            assert_eq!(find(method, path), None, "{method} {path}");
        }
    }

    #[test]
    fn method_does_not_fall_back_to_a_less_specific_path() {
        assert_eq!(find("DELETE", "/tokens/mine"), None);
    }

    #[test]
    fn path_parameters_are_those_of_the_url() {
        let routes = routes();
        let matched = routes.find(&Method::GET, "/a%2Fb/%c3%a9+:@%zz%/c").unwrap();
        let expected = [("a".to_owned(), "a%2Fb".to_owned()), ("b".to_owned(), "%c3%a9+:@%zz%".to_owned())];
        assert_eq!(matched.parameters, expected);
        let matched = routes.find(&Method::DELETE, "/tokens/x").unwrap();
        assert_eq!(matched.parameters, [("token".to_owned(), "x".to_owned())]);
    }

    /// Whether `path` has the segments of `route`, in which a parameter stands for any segment that is not empty.
    fn fits(route: &str, path: &str) -> bool {
        let mut segments = path.split('/');
        let fits = |own: &str| match segments.next() {
            Some(segment) if parameter_name(own).is_some() => !segment.is_empty(),
            segment => segment == Some(own),
        };
        route.split('/').all(fits) && segments.next().is_none()
    }

    proptest! {
        /// Of the routes that fit a path, the one with the earliest literal segment matches.
        #[test]
        fn route_match_equals_its_definition(
            paths in proptest::collection::vec("(/([ab]{0,2}|\\{[xy]\\}|[ab{}]{1,3})){1,4}", 1..6),
            path in "(/[ab{}]{0,2}){1,4}",
        ) {
            let is_parameter = |segment: &str| parameter_name(segment).is_some();
            let shape = |path: &str| -> Vec<String> {
                path.split('/').map(|segment| if is_parameter(segment) { "{}" } else { segment }.to_owned()).collect()
            };
            let rank = |path: &&String| path.split('/').map(is_parameter).collect::<Vec<_>>();
            let distinct: BTreeMap<_, _> = paths.into_iter().map(|path| (shape(&path), path)).collect();
            let routes: Vec<_> = distinct.values().map(|path| route("GET", path)).collect();
            let expected = distinct.values().filter(|route| fits(route, &path)).min_by_key(rank);
            let table = RouteTable::new(&routes);
            prop_assert_eq!(table.find(&Method::GET, &path).map(|matched| &matched.route.path), expected);
            prop_assert_eq!(table.contains_path(&path), expected.is_some());
        }
    }
}
