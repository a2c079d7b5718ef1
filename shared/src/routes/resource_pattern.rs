//! Which resource a route speaks of.

use std::{collections::HashMap, fmt};

use super::Route;

/// A resource with path parameters of its route in it: `order/{id}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourcePattern(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Parameter(String),
}

impl ResourcePattern {
    /// The pattern `text` of `route`. A parameter fills what stands between two of `/` and `:`, so that no two requests of
    /// different meaning make one resource.
    pub(super) fn parse(text: &str, route: &Route) -> Result<Self, String> {
        let why =
            "a resource is 1 to 256 visible ASCII characters without `*`, each `{parameter}` alone between `/` or `:`";
        let fits = (1..=256).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() && b != b'*');
        let (mut parts, mut rest, mut alone) = (Vec::new(), text, true);
        while let Some((literal, after)) = rest.split_once('{') {
            let (name, tail) = after.split_once('}').ok_or(why)?;
            if !route.has(name) {
                return Err(format!("the route has no path parameter `{name}` for `resource`"));
            }
            let first = parts.is_empty() && literal.is_empty();
            alone &= (first || literal.ends_with(['/', ':'])) && (tail.is_empty() || tail.starts_with(['/', ':']));
            // A greedy parameter may hold what would stand behind it.
            alone &= tail.is_empty() || !route.has_greedy(name);
            parts.extend([Part::Literal(literal.to_owned()), Part::Parameter(name.to_owned())]);
            rest = tail;
        }
        parts.push(Part::Literal(rest.to_owned()));
        let closed = parts.iter().all(|part| !matches!(part, Part::Literal(text) if text.contains('}')));
        if fits && alone && closed { Ok(Self(parts)) } else { Err(why.to_owned()) }
    }

    /// The resource that a request speaks of; `None` where the gateway found no such parameter, or an empty one.
    #[must_use]
    pub fn fill(&self, parameters: &HashMap<String, String>) -> Option<String> {
        let text = |part: &Part| match part {
            Part::Literal(text) => Some(text.clone()),
            Part::Parameter(name) => parameters.get(name).filter(|value| !value.is_empty()).cloned(),
        };
        self.0.iter().map(text).collect()
    }
}

impl fmt::Display for ResourcePattern {
    /// As it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Literal(text) => f.write_str(text),
            Part::Parameter(name) => write!(f, "{{{name}}}"),
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ResourcePattern, String> {
        ResourcePattern::parse(text, &"GET /{org}/orders/{id}".parse().unwrap())
    }

    #[test]
    fn parameters_stand_for_what_the_path_holds() {
        let parameters = HashMap::from([("org".to_owned(), "7".to_owned()), ("id".to_owned(), "a-1".to_owned())]);
        for (text, expected) in
            [("order/{id}", "order/a-1"), ("{org}:{id}/x", "7:a-1/x"), ("{org}/{id}", "7/a-1"), ("orders", "orders")]
        {
            assert_eq!(parse(text).unwrap().fill(&parameters).as_deref(), Some(expected));
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
        let empty = HashMap::from([("id".to_owned(), String::new())]);
        assert_eq!(parse("order/{id}").unwrap().fill(&empty), None);
        assert_eq!(parse("order/{id}").unwrap().fill(&HashMap::new()), None);
    }

    #[test]
    fn what_is_no_resource_is_refused() {
        for bad in [
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
            assert!(parse(bad).is_err(), "{bad}");
        }
        let greedy = |text: &str| ResourcePattern::parse(text, &"GET /{path+}".parse().unwrap());
        assert!(greedy("file/{path}").is_ok() && greedy("file/{path}/x").is_err());
    }
}
