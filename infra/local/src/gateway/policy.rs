//! What an IAM policy says about calling a method.

use serde::Deserialize;

use crate::template::{Effect, Statement};

/// An IAM policy. An element that is not understood is an error when it is read, because it might restrict.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Policy {
    #[serde(rename = "Version")]
    _version: String,
    #[serde(rename = "Statement")]
    statements: Vec<Statement>,
}

impl Policy {
    /// Whether it allows to call the method of this ARN: a statement allows it and none denies it.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
    pub(super) fn allows(&self, method_arn: &str) -> bool {
        let says = |effect| self.statements.iter().any(|one| one.effect == effect && applies(one, method_arn));
        says(Effect::Allow) && !says(Effect::Deny)
    }
}

/// Actions are compared without regard to case, ARNs are not. Conditions are not decided here: one that stands in a denial
/// counts as met, and one in an allowance as not.
fn applies(statement: &Statement, method_arn: &str) -> bool {
    let to_invoke = |action: &String| matches(&action.to_ascii_lowercase(), "execute-api:invoke");
    let to_method = |resource: &String| matches(resource, method_arn);
    let met = statement.conditions.is_empty() || statement.effect == Effect::Deny;
    met && statement.actions.iter().any(to_invoke) && statement.resources.iter().any(to_method)
}

/// Whether `text` fits `pattern`, in which `*` stands for any characters, `/` among them, and `?` for one.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut done) = (0, 0);
    // Where to go on when what follows the last `*` does not fit: the star takes one character more.
    let mut star: Option<(usize, usize)> = None;
    while done < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, done));
                at += 1;
            }
            Some(&wanted) if wanted == '?' || wanted == text[done] => (at, done) = (at + 1, done + 1),
            _ => {
                let Some((star_at, taken)) = star else { return false };
                star = Some((star_at, taken + 1));
                (at, done) = (star_at + 1, taken + 1);
            }
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::{Policy, matches};

    const ARN: &str = "arn:aws:execute-api:us-east-1:000000000000:local/live/GET/v1/tokens";

    fn policy(statements: &Value) -> Result<Policy, serde_json::Error> {
        serde_json::from_value(json!({"Version": "2012-10-17", "Statement": statements}))
    }

    fn statement(effect: &str, action: &str, resource: &str) -> Value {
        json!({"Effect": effect, "Action": action, "Resource": resource})
    }

    fn allows(statements: &Value) -> bool {
        policy(statements).unwrap().allows(ARN)
    }

    #[test]
    fn a_policy_allows_what_it_names() {
        for (action, resource) in [
            ("execute-api:Invoke", ARN),
            ("execute-api:*", "*"),
            ("*", "arn:aws:execute-api:*/GET/*"),
            ("EXECUTE-API:invoke", &ARN.replace("GET", "???")),
        ] {
            assert!(allows(&json!([statement("Allow", action, resource)])), "{action} {resource}");
        }
        let lists = json!([{"Effect": "Allow", "Action": ["a:b", "execute-api:Invoke"], "Resource": ["x", ARN]}]);
        assert!(allows(&lists));
    }

    #[test]
    fn a_policy_allows_nothing_else() {
        for (action, resource) in [
            ("execute-api:Invoke", ARN.replace("GET", "POST")),
            ("execute-api:Invoke", ARN.replace("GET", "get")),
            ("execute-api:Invoke", format!("{ARN}/")),
            ("execute-api:Invoke", format!("'{ARN}'")),
            ("execute-api:Invoke", String::new()),
            ("execute-api:InvalidateCache", ARN.to_owned()),
            ("Invoke", ARN.to_owned()),
        ] {
            assert!(!allows(&json!([statement("Allow", action, &resource)])), "{action} {resource}");
        }
        assert!(!allows(&json!([])));
        assert!(!allows(&json!([{"Effect": "Allow", "Action": [], "Resource": []}])));
    }

    #[test]
    fn an_explicit_deny_wins_wherever_it_stands() {
        let (allow, deny) = (statement("Allow", "*", "*"), statement("Deny", "execute-api:Invoke", ARN));
        assert!(!allows(&json!([allow, deny])));
        assert!(!allows(&json!([deny, allow])));
        assert!(!allows(&json!([deny])));
    }

    #[test]
    fn a_condition_can_only_narrow() {
        let mut conditional = statement("Allow", "*", "*");
        conditional["Condition"] = json!({"StringEquals": {"a": "b"}});
        assert!(!allows(&json!([conditional])));
        conditional["Effect"] = json!("Deny");
        assert!(!allows(&json!([statement("Allow", "*", "*"), conditional])));
    }

    #[test]
    fn what_is_not_understood_is_no_policy() {
        let whole = statement("Allow", "*", "*");
        for (member, value) in [
            ("Effect", json!(true)),
            ("Effect", json!("false")),
            ("Effect", json!("allow")),
            ("Effect", Value::Null),
            ("Action", Value::Null),
            ("Action", json!([1])),
            ("Resource", json!({"a": "b"})),
            ("Condition", json!({"Bool": {"aws:SecureTransport": "true"}})),
            ("NotAction", json!("a:b")),
            ("NotResource", json!("x")),
            ("Principal", json!("*")),
        ] {
            let mut statement = whole.clone();
            statement[member] = value;
            assert!(policy(&json!([statement])).is_err(), "{member}");
        }
        for member in ["Effect", "Action", "Resource"] {
            let mut statement = whole.clone();
            statement.as_object_mut().unwrap().remove(member);
            assert!(policy(&json!([statement])).is_err(), "without {member}");
        }
        assert!(serde_json::from_value::<Policy>(json!({"Version": "2012-10-17"})).is_err());
        assert!(serde_json::from_value::<Policy>(json!({"Statement": [whole]})).is_err());
    }

    /// The same by its definition, which is slow.
    fn by_definition(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), _) => (0..=text.len()).any(|taken| by_definition(rest, &text[taken..])),
            (Some((wanted, rest)), Some((first, tail))) => {
                (*wanted == '?' || wanted == first) && by_definition(rest, tail)
            }
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn matching_is_what_its_definition_says(pattern in "[ab/*?]{0,8}", text in "[ab/]{0,8}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(matches(&pattern, &text), by_definition(&chars(&pattern), &chars(&text)));
        }
    }
}
