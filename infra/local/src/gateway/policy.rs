//! IAM policies that an authorizer returns.

use serde::Deserialize;

use crate::iam::{self, Effect, Statement};

/// An IAM policy. An unknown element makes it invalid, because the element might restrict it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Policy {
    #[serde(rename = "Version")]
    _version: String,
    #[serde(rename = "Statement")]
    statements: Vec<Statement>,
}

impl Policy {
    /// Whether the policy allows calling the method with this ARN.
    ///
    /// Conditions are not evaluated: a condition of a denial counts as met, one of an allowance as not met.
    pub(super) fn allows(&self, method_arn: &str) -> bool {
        iam::evaluate(&self.statements, |statement| {
            let is_met = statement.conditions.is_empty() || statement.effect == Effect::Deny;
            is_met && statement.names("execute-api:Invoke", method_arn)
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Policy;

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
    fn policy_allows_matching_actions_and_resources() {
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
    fn policy_denies_everything_else() {
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
    fn explicit_deny_overrides_allow_in_any_order() {
        let allow = statement("Allow", "*", "*");
        let deny = statement("Deny", "execute-api:Invoke", ARN);
        assert!(!allows(&json!([allow, deny])));
        assert!(!allows(&json!([deny, allow])));
        assert!(!allows(&json!([deny])));
    }

    #[test]
    fn condition_never_widens_a_policy() {
        let mut conditional = statement("Allow", "*", "*");
        conditional["Condition"] = json!({"StringEquals": {"a": "b"}});
        assert!(!allows(&json!([conditional])));
        conditional["Effect"] = json!("Deny");
        assert!(!allows(&json!([statement("Allow", "*", "*"), conditional])));
    }

    #[test]
    fn policy_with_unknown_elements_is_invalid() {
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
}
