//! The resource that a request refers to, as a pattern with path parameters of its route.

use std::{collections::HashMap, fmt};

use super::Route;

/// A resource with path parameters of its route: `order/{id}`. Requests with different parameters never have the same
/// resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourcePattern(Vec<Part>);

/// Why the parameters of a request yield no resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResourceError {
    /// A parameter is missing or empty.
    #[error("a path parameter that the rule of this route requires is missing or empty")]
    Missing,
    /// A parameter contains the delimiter of the pattern.
    #[error("a path parameter contains `:`, which delimits the parameters in the resource of this route's rule")]
    Delimiter,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Parameter(String),
}

impl ResourcePattern {
    /// Parses the pattern `text` of `route`. Each parameter must be delimited by `/` or `:`, so that requests with
    /// different parameters yield different resources.
    pub(super) fn parse(text: &str, route: &Route) -> Result<Self, String> {
        let rule = "`resource` must have 1 to 256 visible ASCII characters without `*`, and each `{parameter}` must be \
                    delimited by `/` or `:`";
        let is_valid_text = (1..=256).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() && b != b'*');
        let mut parts = Vec::new();
        let mut rest = text;
        let mut is_delimited = true;
        while let Some((literal, after)) = rest.split_once('{') {
            let (name, tail) = after.split_once('}').ok_or(rule)?;
            if !route.has_parameter(name) {
                return Err(format!("`resource`: the route has no path parameter `{name}`"));
            }
            let is_first = parts.is_empty() && literal.is_empty();
            is_delimited &=
                (is_first || literal.ends_with(['/', ':'])) && (tail.is_empty() || tail.starts_with(['/', ':']));
            // The value of a greedy parameter may contain the text that follows it in the pattern.
            is_delimited &= tail.is_empty() || !route.has_greedy_parameter(name);
            parts.extend([Part::Literal(literal.to_owned()), Part::Parameter(name.to_owned())]);
            rest = tail;
        }
        parts.push(Part::Literal(rest.to_owned()));
        let has_matching_braces = parts.iter().all(|part| !matches!(part, Part::Literal(text) if text.contains('}')));
        if is_valid_text && is_delimited && has_matching_braces { Ok(Self(parts)) } else { Err(rule.to_owned()) }
    }

    /// The resource that a request refers to.
    ///
    /// # Errors
    ///
    /// Returns [`ResourceError`] if a parameter is missing or empty, or if it contains a `:` and the pattern has a `:` next to a
    /// parameter: `{a}:{b}` would yield one resource for different parameters. A `/` needs no such rule, because only the value
    /// of a greedy parameter contains one, and that parameter ends its pattern.
    pub fn fill(&self, parameters: &HashMap<String, String>) -> Result<String, ResourceError> {
        let is_colon_delimited = self.is_colon_delimited();
        let value = |name: &String| {
            let value = parameters.get(name).filter(|value| !value.is_empty()).ok_or(ResourceError::Missing)?;
            if is_colon_delimited && value.contains(':') { Err(ResourceError::Delimiter) } else { Ok(value.as_str()) }
        };
        let mut resource = String::new();
        for part in &self.0 {
            resource.push_str(match part {
                Part::Literal(text) => text,
                Part::Parameter(name) => value(name)?,
            });
        }
        Ok(resource)
    }

    /// Whether a `:` stands next to a parameter. Literals and parameters alternate, and the first and the last part are literals.
    fn is_colon_delimited(&self) -> bool {
        let last = self.0.len() - 1;
        self.0.iter().enumerate().any(|(index, part)| match part {
            Part::Literal(text) => (index > 0 && text.starts_with(':')) || (index < last && text.ends_with(':')),
            Part::Parameter(_) => false,
        })
    }
}

impl fmt::Display for ResourcePattern {
    /// Writes the pattern as configured.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Literal(text) => f.write_str(text),
            Part::Parameter(name) => write!(f, "{{{name}}}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<ResourcePattern, String> {
        ResourcePattern::parse(text, &"GET /{org}/orders/{id}".parse().unwrap())
    }

    #[test]
    fn resource_pattern_is_filled_with_path_parameters() {
        let parameters = HashMap::from([("org".to_owned(), "7".to_owned()), ("id".to_owned(), "a-1".to_owned())]);
        for (text, expected) in
            [("order/{id}", "order/a-1"), ("{org}:{id}/x", "7:a-1/x"), ("{org}/{id}", "7/a-1"), ("orders", "orders")]
        {
            assert_eq!(parse(text).unwrap().fill(&parameters), Ok(expected.to_owned()));
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
        let empty = HashMap::from([("id".to_owned(), String::new())]);
        assert_eq!(parse("order/{id}").unwrap().fill(&empty), Err(ResourceError::Missing));
        assert_eq!(parse("order/{id}").unwrap().fill(&HashMap::new()), Err(ResourceError::Missing));
    }

    #[test]
    fn colon_in_value_fills_no_colon_delimited_pattern() {
        let parameters = HashMap::from([("org".to_owned(), "7".to_owned()), ("id".to_owned(), "a:b".to_owned())]);
        for (text, expected) in [
            ("order/{id}", Ok("order/a:b")),
            ("urn:order/{id}", Ok("urn:order/a:b")),
            ("{org}/{id}", Ok("7/a:b")),
            ("{org}/x:y/{id}", Ok("7/x:y/a:b")),
            ("order:{id}", Err(ResourceError::Delimiter)),
            ("{id}:x", Err(ResourceError::Delimiter)),
            ("{org}:{id}", Err(ResourceError::Delimiter)),
            ("tenant:{org}:doc:{id}", Err(ResourceError::Delimiter)),
            ("{org}:x/{id}", Err(ResourceError::Delimiter)),
            ("tenant:{org}/doc/{id}", Err(ResourceError::Delimiter)),
            ("tenant:{org}", Ok("tenant:7")),
        ] {
            assert_eq!(parse(text).unwrap().fill(&parameters), expected.map(str::to_owned), "{text}");
        }
    }

    /// A pattern of the route `GET /{a}/{b}/{c+}` with up to three parameters, each delimited.
    fn patterns() -> impl Strategy<Value = String> {
        let part = prop::sample::select(vec!["{a}", "{b}", "x", "doc", "{c}"]);
        let delimiter = prop::sample::select(vec![":", "/", ":x:", "/x/", ":/", "/:"]);
        (prop::collection::vec((part, delimiter), 1..5), any::<bool>()).prop_map(|(parts, ends_with_delimiter)| {
            let text: String = parts.iter().flat_map(|(part, delimiter)| [*part, *delimiter]).collect();
            if ends_with_delimiter { text } else { text[..text.len() - parts[parts.len() - 1].1.len()].to_owned() }
        })
    }

    /// Values that a request can have: short, so that collisions are likely. Only `c` is greedy.
    fn values() -> impl Strategy<Value = HashMap<String, String>> {
        ("[ax:@]{1,5}", "[ax:@]{1,5}", "[ax:@/]{1,5}")
            .prop_map(|(a, b, c)| HashMap::from([("a".to_owned(), a), ("b".to_owned(), b), ("c".to_owned(), c)]))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        /// No two requests of a route have one resource unless they agree in every parameter that the pattern names.
        #[test]
        fn different_parameters_never_yield_the_same_resource(text in patterns(), one in values(), other in values()) {
            let route = "GET /{a}/{b}/{c+}".parse().unwrap();
            let Ok(pattern) = ResourcePattern::parse(&text, &route) else { return Ok(()) };
            if let (Ok(first), Ok(second)) = (pattern.fill(&one), pattern.fill(&other)) && first == second {
                for name in ["a", "b", "c"] {
                    prop_assert!(!text.contains(&format!("{{{name}}}")) || one[name] == other[name], "{} {}", text, first);
                }
            }
        }
    }

    #[test]
    fn invalid_resource_pattern_is_rejected() {
        for invalid in [
            "",
            "order/*",
            "order/{id",
            "order/id}",
            "order/{}",
            "order/{other}",
            "{org}{id}",
            "{org}-{id}",
            "order{id}",
            "{id}s",
            "a b",
            "ä",
            &"x".repeat(257),
        ] {
            assert!(parse(invalid).is_err(), "{invalid}");
        }
        let greedy = |text: &str| ResourcePattern::parse(text, &"GET /{path+}".parse().unwrap());
        assert!(greedy("file/{path}").is_ok() && greedy("file/{path}/x").is_err());
    }
}
