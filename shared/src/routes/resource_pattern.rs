//! The resource that a request refers to, as a pattern with path parameters of its route.

use std::{collections::HashMap, fmt};

use super::Route;

/// A resource with path parameters of its route: `order/{id}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourcePattern(Vec<Part>);

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

    /// The resource that a request refers to; `None` if a parameter is missing or empty.
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
            assert_eq!(parse(text).unwrap().fill(&parameters).as_deref(), Some(expected));
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
        let empty = HashMap::from([("id".to_owned(), String::new())]);
        assert_eq!(parse("order/{id}").unwrap().fill(&empty), None);
        assert_eq!(parse("order/{id}").unwrap().fill(&HashMap::new()), None);
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
