//! The log line of a token that was created or revoked. It is retained longer than the others: after a restore from a
//! backup these lines say which tokens to revoke again.

use serde::Serialize;

use super::{Level, LineFields, LineKind, invocation::InvocationFields, write_line};
use crate::{caller::Caller, permissions::RoleId, token::Token};

/// The line. Free text that a caller chose (the token's name, the target of a public token) is left out.
#[derive(Serialize)]
struct AuditLine<'a> {
    #[serde(flatten)]
    line: LineFields,
    event: &'static str,
    request_id: &'a str,
    org_id: &'a str,
    /// The caller of the operation.
    by: String,
    token_id: String,
    token_type: &'static str,
    roles: &'a [RoleId],
    /// Roles of which only the denies apply.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    inherited_denies: &'a [RoleId],
    created_at: String,
    created_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_by: Option<String>,
}

/// Logs that `caller` created `token`, or received it again by an idempotent request.
pub fn token_created(token: &Token, caller: &Caller, request_id: &str) {
    write("created", token, caller, request_id);
}

/// Logs that `caller` revoked `token`, for the first time or again.
pub fn token_revoked(token: &Token, caller: &Caller, request_id: &str) {
    write("revoked", token, caller, request_id);
}

fn write(event: &'static str, token: &Token, caller: &Caller, request_id: &str) {
    if let Some(invocation) = InvocationFields::current() {
        write_line(&AuditLine::new(event, token, caller, request_id, Some(invocation)));
    }
}

impl<'a> AuditLine<'a> {
    fn new(
        event: &'static str,
        token: &'a Token,
        caller: &Caller,
        request_id: &'a str,
        invocation: Option<InvocationFields>,
    ) -> Self {
        let revocation = token.revocation.as_ref();
        Self {
            line: LineFields::new(Level::Info, LineKind::Audit, invocation),
            event,
            request_id,
            org_id: token.org.as_str(),
            by: caller.principal().to_string(),
            token_id: token.id.to_string(),
            token_type: token.id.type_name().as_str(),
            roles: token.token_type.roles(),
            inherited_denies: token.token_type.inherited_denies(),
            created_at: token.created_at.to_string(),
            created_by: token.created_by.to_string(),
            parent: token.parent.as_ref().map(ToString::to_string),
            expires_at: token.expires_at.map(|end| end.to_string()),
            revoked_at: revocation.map(|revocation| revocation.at.to_string()),
            revoked_by: revocation.map(|revocation| revocation.by.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{caller::tests::person, token::samples};

    #[test]
    fn audit_line_has_caller_token_and_organization() {
        let revoked = samples::revoked();
        let line = json!(AuditLine::new("revoked", &revoked, &person(&[]), "r", None));
        for (name, value) in [
            ("kind", json!("audit")),
            ("event", json!("revoked")),
            ("org_id", json!("123")),
            ("by", json!("local|1001")),
            ("request_id", json!("r")),
            ("token_id", json!(samples::revoked().id.to_string())),
            ("roles", json!(samples::revoked().token_type.roles())),
            ("revoked_by", json!(samples::revoked().revocation.unwrap().by.to_string())),
            ("name", Value::Null),
        ] {
            assert_eq!(line[name], value, "{name}");
        }
        assert!(line["revoked_at"].is_string());
    }
}
