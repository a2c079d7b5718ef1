//! The text syntax of `Fn::Sub`.

use super::TemplateError;

/// Replaces each `${Name}` in the text at `path` by its value. `${!Name}` becomes the literal `${Name}`.
pub(super) fn substitute(
    text: &str,
    path: &str,
    value_of: impl Fn(&str) -> Result<String, TemplateError>,
) -> Result<String, TemplateError> {
    let mut result = String::new();
    let mut rest = text;
    while let Some((literal, after)) = rest.split_once("${") {
        let Some((name, tail)) = after.split_once('}') else {
            return Err(TemplateError::invalid(path, format!("unclosed `${{` in `{text}`")));
        };
        result.push_str(literal);
        match name.strip_prefix('!') {
            Some(name) => result.extend(["${", name, "}"]),
            None => result.push_str(&value_of(name)?),
        }
        rest = tail;
    }
    Ok(result + rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn substitute_upper_case(text: &str) -> Result<String, TemplateError> {
        substitute(text, "Path", |name| Ok(name.to_uppercase()))
    }

    #[test]
    fn names_are_replaced_and_escapes_are_literal() {
        let cases = [
            ("plain", "plain"),
            ("${name}${name}-", "NAMENAME-"),
            ("${table.arn}/index", "TABLE.ARN/index"),
            ("${!name} costs $5", "${name} costs $5"),
        ];
        for (text, expected) in cases {
            assert_eq!(substitute_upper_case(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn unclosed_name_and_unknown_name_are_errors() {
        assert!(substitute_upper_case("${name").is_err());
        let unknown = TemplateError::UnknownName { name: "a".into(), path: "Path".into() };
        assert_eq!(substitute("${a}", "Path", |_| Err(unknown.clone())), Err(unknown.clone()));
    }

    proptest! {
        #[test]
        fn text_without_opening_brace_is_unchanged(text in "[^{]*") {
            prop_assert_eq!(substitute_upper_case(&text).unwrap(), text);
        }
    }
}
