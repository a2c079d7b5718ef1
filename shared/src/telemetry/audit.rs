//! The line of a token that was made or revoked: who did what to which token, kept longer than the rest. A restore from a backup
//! revokes again by these lines what the backup has forgotten.

use serde::Serialize;
use tracing::info;

use super::{ALWAYS, now};
use crate::{caller::Caller, rights::RoleId, token::Token};

/// The line as it is written. Free text that a caller chose (the token's name, what a public token is for) is left out.
#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    level: &'static str,
    kind: &'static str,
    event: &'static str,
    request_id: &'a str,
    org_id: &'a str,
    /// Who asked for it.
    by: String,
    token_id: String,
    token_type: &'static str,
    roles: &'a [RoleId],
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

/// Tells that `caller` has made `token`, or was given it again.
pub fn created(token: &Token, caller: &Caller, request_id: &str) {
    info!(target: ALWAYS, line = line("created", token, caller, request_id));
}

/// Tells that `caller` has revoked `token`, be it for the first time or again.
pub fn revoked(token: &Token, caller: &Caller, request_id: &str) {
    info!(target: ALWAYS, line = line("revoked", token, caller, request_id));
}

fn line(event: &'static str, token: &Token, caller: &Caller, request_id: &str) -> String {
    let revocation = token.revocation.as_ref();
    let line = Line {
        timestamp: now(),
        level: "INFO",
        kind: "audit",
        event,
        request_id,
        org_id: token.org.as_str(),
        by: caller.principal.to_string(),
        token_id: token.id.to_string(),
        token_type: token.id.type_name().as_str(),
        roles: token.token_type.roles(),
        created_at: token.created_at.to_string(),
        created_by: token.created_by.to_string(),
        parent: token.parent.as_ref().map(ToString::to_string),
        expires_at: token.expires_at.map(|end| end.to_string()),
        revoked_at: revocation.map(|revocation| revocation.at.to_string()),
        revoked_by: revocation.map(|revocation| revocation.by.to_string()),
    };
    serde_json::to_string(&line).unwrap_or_default()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{caller::tests::person, token::samples};

    #[test]
    fn an_audit_says_who_did_what_to_which_token_of_which_organization() {
        let line: Value = serde_json::from_str(&line("revoked", &samples::revoked(), &person(&[]), "r")).unwrap();
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
