//! `$context` variables in the template of a gateway response.

/// The template with each `$name` replaced by `value_of(name)`, and by nothing if that has no value.
///
/// It is plain substitution, as on AWS: nothing is escaped, and a value that looks like a variable stays as it is.
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

/// The name with which `text` begins. A full stop at its end belongs to the sentence around it.
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
    fn variables_are_replaced_and_unknown_ones_are_empty() {
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
    fn a_value_is_neither_escaped_nor_substituted_again() {
        assert_eq!(substituted("$context.authorizer.reason"), "a \"quote\" and $context.requestId");
    }

    proptest! {
        #[test]
        fn a_template_without_variables_stays(template in "[^$]*") {
            prop_assert_eq!(substituted(&template), template);
        }

        #[test]
        fn no_template_is_too_strange(template in "[$.a-z é\"]*") {
            prop_assert!(!substituted(&template).contains('$'));
        }
    }
}
