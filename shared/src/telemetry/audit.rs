//! The log line of a token that was created, changed, rotated or revoked, and of a role or an assignment that changed. It is retained longer than
//! the others: after a restore from a backup these lines say which tokens to revoke again.

use serde::Serialize;
use serde_json::Value;

use super::{
    Level, LineFields, LineKind,
    invocation::{InvocationFields, count_revoked_token},
    write_line,
};
use crate::{
    access_item::{ItemKey, ItemValue},
    caller::Caller,
    manage_roles::AccessChange,
    permissions::{OrgId, RoleId},
    token::{Token, TokenChanges},
};

/// The members of every line.
#[derive(Serialize)]
struct AuditFields<'a> {
    #[serde(flatten)]
    line: LineFields,
    event: &'static str,
    request_id: &'a str,
    org_id: &'a str,
    /// The caller of the operation.
    by: String,
}

/// The line of a token. Free text that a caller chose (the token's name and description, the target of a public token) is left
/// out.
#[derive(Serialize)]
struct AuditLine<'a> {
    #[serde(flatten)]
    fields: AuditFields<'a>,
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
    rotated_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    successor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_by: Option<String>,
    /// The members that were changed, without their values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changed: Vec<&'static str>,
}

/// Logs that `caller` created `token`, or received it again by an idempotent request.
pub fn token_created(token: &Token, caller: &Caller, request_id: &str) {
    write("created", token, caller, request_id);
}

/// Logs that `caller` rotated `token`, or received its successor again. The successor has a line of its own.
pub fn token_rotated(token: &Token, caller: &Caller, request_id: &str) {
    write("rotated", token, caller, request_id);
}

/// Logs that `caller` revoked `token`, for the first time or again.
pub fn token_revoked(token: &Token, caller: &Caller, request_id: &str) {
    count_revoked_token();
    write("revoked", token, caller, request_id);
}

/// Logs that `caller` changed members of `token`.
pub fn token_updated(token: &Token, changes: &TokenChanges, caller: &Caller, request_id: &str) {
    if let Some(invocation) = InvocationFields::current() {
        let line = AuditLine::new("updated", token, caller, request_id, Some(invocation));
        write_line(&AuditLine { changed: changes.members(), ..line });
    }
}

fn write(event: &'static str, token: &Token, caller: &Caller, request_id: &str) {
    if let Some(invocation) = InvocationFields::current() {
        write_line(&AuditLine::new(event, token, caller, request_id, Some(invocation)));
    }
}

impl<'a> AuditFields<'a> {
    fn new(
        event: &'static str,
        org: &'a OrgId,
        caller: &Caller,
        request_id: &'a str,
        invocation: Option<InvocationFields>,
    ) -> Self {
        let line = LineFields::new(Level::Info, LineKind::Audit, invocation);
        Self { line, event, request_id, org_id: org.as_str(), by: caller.principal().to_string() }
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
        let succession = token.succession.as_ref();
        let revocation = token.revocation.as_ref();
        Self {
            fields: AuditFields::new(event, &token.org, caller, request_id, invocation),
            token_id: token.id.to_string(),
            token_type: token.id.type_name().as_str(),
            roles: token.token_type.roles(),
            inherited_denies: token.token_type.inherited_denies(),
            created_at: token.created_at.to_string(),
            created_by: token.created_by.to_string(),
            parent: token.parent.as_ref().map(ToString::to_string),
            expires_at: token.expires_at.map(|end| end.to_string()),
            rotated_from: token.origin.as_ref().map(|origin| origin.rotated_from.to_string()),
            successor: succession.map(|succession| succession.successor.to_string()),
            ends_at: succession.map(|succession| succession.ends_at.to_string()),
            revoked_at: revocation.map(|revocation| revocation.at.to_string()),
            revoked_by: revocation.map(|revocation| revocation.by.to_string()),
            changed: Vec::new(),
        }
    }
}

/// The line of a change of a role or an assignment. The display name of a role is left out.
#[derive(Serialize)]
struct AccessAuditLine<'a> {
    #[serde(flatten)]
    fields: AuditFields<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    /// The grants of the role, or the roles of the user, before the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<AuditedValue<'a>>,
    /// The same after the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<AuditedValue<'a>>,
}

/// What a line says about a stored value.
#[derive(Serialize)]
#[serde(untagged)]
enum AuditedValue<'a> {
    Grants(&'a Value),
    Roles(&'a [RoleId]),
    Unreadable(&'static str),
}

/// Logs that `caller` made `change`, for the first time or again.
pub fn access_changed(change: &AccessChange, caller: &Caller, request_id: &str) {
    if let Some(invocation) = InvocationFields::current() {
        write_line(&AccessAuditLine::new(change, caller, request_id, Some(invocation)));
    }
}

impl<'a> AccessAuditLine<'a> {
    fn new(
        change: &'a AccessChange,
        caller: &'a Caller,
        request_id: &'a str,
        invocation: Option<InvocationFields>,
    ) -> Self {
        let (event, role, user) = match (&change.key, &change.before, &change.after) {
            (ItemKey::Role(id), _, None) => ("role_deleted", Some(id.to_string()), None),
            (ItemKey::Role(id), None, _) => ("role_created", Some(id.to_string()), None),
            (ItemKey::Role(id), ..) => ("role_changed", Some(id.to_string()), None),
            (ItemKey::Assignment(_, user), ..) => ("roles_assigned", None, Some(user.to_string())),
        };
        Self {
            fields: AuditFields::new(event, &caller.org, caller, request_id, invocation),
            role,
            user,
            before: change.before.as_ref().map(AuditedValue::of),
            after: change.after.as_ref().map(AuditedValue::of),
        }
    }
}

impl<'a> AuditedValue<'a> {
    fn of(value: &'a ItemValue) -> Self {
        match value {
            ItemValue::Role { grants, .. } => Self::Grants(grants),
            ItemValue::Assignment(roles) => Self::Roles(roles),
            ItemValue::Unreadable => Self::Unreadable("unreadable"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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

    #[test]
    fn updated_line_names_the_members_without_their_texts() {
        let token = samples::with_description();
        let line = AuditLine::new("updated", &token, &person(&[]), "r", None);
        let line = json!(AuditLine { changed: vec!["name", "description"], ..line });
        assert_eq!((&line["event"], &line["changed"]), (&json!("updated"), &json!(["name", "description"])));
        for text in [token.name.as_str(), token.description.as_ref().unwrap().as_str()] {
            assert!(!line.to_string().contains(text), "{line}");
        }
        assert_eq!(json!(AuditLine::new("created", &token, &person(&[]), "r", None)).get("changed"), None);
    }

    #[test]
    fn access_line_has_value_before_and_after() {
        let role = ItemKey::Role("123:a".parse().unwrap());
        let user = ItemKey::Assignment("123".parse().unwrap(), "local|2".parse().unwrap());
        let grants = json!([{"action": "a"}]);
        let value = ItemValue::Role { name: "A name".to_owned(), grants: grants.clone() };
        let roles = ItemValue::Assignment(vec!["123:a".parse().unwrap()]);
        for (key, before, after, expected) in [
            (&role, None, Some(&value), json!({"event": "role_created", "role": "123:a", "after": grants})),
            (&role, Some(&value), Some(&value), json!({"event": "role_changed", "before": grants, "after": grants})),
            (&role, Some(&value), None, json!({"event": "role_deleted", "before": grants})),
            (&user, None, Some(&roles), json!({"event": "roles_assigned", "user": "local|2", "after": ["123:a"]})),
        ] {
            let change = AccessChange { key: key.clone(), before: before.cloned(), after: after.cloned() };
            let line = json!(AccessAuditLine::new(&change, &person(&[]), "r", None));
            for (name, value) in expected.as_object().unwrap() {
                assert_eq!(line[name], *value, "{name}");
            }
            assert_eq!(
                (&line["by"], &line["org_id"], &line["request_id"]),
                (&json!("local|1001"), &json!("123"), &json!("r"))
            );
            assert_eq!((line["before"].is_null(), line["after"].is_null()), (before.is_none(), after.is_none()));
            assert!(!line.to_string().contains("A name"), "{line}");
        }
    }
}
