//! Substitution of `$context` variables in the template of a gateway response.

/// Replaces each `$name` with `value_of(name)`. A name without a value is removed.
///
/// As on AWS, values are neither escaped nor substituted again.
pub(super) fn substitute(template: &str, value_of: impl Fn(&str) -> Option<String>) -> String {
    let mut parts = template.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let name = name(part);
        text.push_str(&value_of(name).unwrap_or_default());
        text.push_str(&part[name.len()..]);
    }
    text
}

/// The variable name at the beginning of `text`. A full stop at its end belongs to the surrounding text.
fn name(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')));
    text[..end.unwrap_or(text.len())].trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::substitute;

    fn substituted(template: &str) -> String {
        substitute(template, |name| match name {
            "context.requestId" => Some("id".into()),
            "context.authorizer.reason" => Some("a \"quote\" and $context.requestId".into()),
            _ => None,
        })
    }

    #[test]
    fn variables_are_replaced_and_unknown_variables_removed() {
        for (template, expected) in [
            ("plain", "plain"),
            ("{\"instance\":\"$context.requestId\"}", "{\"instance\":\"id\"}"),
            ("$context.requestId$context.requestId", "idid"),
            ("see $context.requestId.", "see id."),
            ("[$context.requestIdentity][$input.body][$]", "[][][]"),
        ] {
            assert_eq!(substituted(template), expected, "{template}");
        }
    }

    #[test]
    fn value_is_neither_escaped_nor_substituted_again() {
        assert_eq!(substituted("$context.authorizer.reason"), "a \"quote\" and $context.requestId");
    }

    proptest! {
        #[test]
        fn template_without_variables_is_unchanged(template in "[^$]*") {
            prop_assert_eq!(substituted(&template), template);
        }

        #[test]
        fn any_template_is_fully_substituted(template in "[$.a-z é\"]*") {
            prop_assert!(!substituted(&template).contains('$'));
        }
    }
}
