//! Counting the active tokens that were created before a key rotation and therefore need an old key.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    api_client::{ApiClient, list_tokens::TokenFilter},
    error::Error,
    output::format_table,
    token_family::FAMILIES,
    token_metadata::TokenMetadata,
};

/// The active tokens created before a rotation, for each of [`FAMILIES`].
pub struct OlderTokens([FamilyCount; 2]);

/// The number of older tokens of one family.
#[derive(Debug, Default, PartialEq, Eq)]
struct FamilyCount {
    tokens: usize,
    without_expiry: usize,
    last_expiry: Option<Timestamp>,
}

/// Counts the active tokens of the caller's organization that were created before `rotated_at`.
///
/// # Errors
///
/// Returns the errors of [`ApiClient::list_tokens`].
pub async fn count_older_tokens(client: &ApiClient, rotated_at: Timestamp) -> Result<OlderTokens, Error> {
    let mut older = OlderTokens(Default::default());
    for token in client.list_tokens(&TokenFilter::every_type()).await? {
        older.add_if_older(&token.metadata, rotated_at);
    }
    Ok(older)
}

impl OlderTokens {
    fn add_if_older(&mut self, token: &TokenMetadata, rotated_at: Timestamp) {
        if token.created_at < rotated_at {
            let count = &mut self.0[usize::from(token.is_public())];
            count.tokens += 1;
            count.without_expiry += usize::from(token.expires_at.is_none());
            count.last_expiry = count.last_expiry.max(token.expires_at);
        }
    }

    /// Formats the counts with the time until which each family needs its old key.
    pub fn to_table(&self) -> String {
        let rows = FAMILIES.iter().zip(&self.0).map(|(family, count)| {
            vec![
                family.name.to_owned(),
                count.tokens.to_string(),
                count.without_expiry.to_string(),
                count.old_key_needed_until(),
            ]
        });
        format_table(&["FAMILY", "OLDER TOKENS", "WITHOUT EXPIRY", "OLD KEY NEEDED UNTIL"], rows)
    }

    /// Returns the counts as JSON: for each family `tokens`, `without_end`, and `last_end` if a token expires.
    pub fn to_json(&self) -> Value {
        let families = FAMILIES.iter().zip(&self.0).map(|(family, count)| {
            let mut members = json!({"tokens": count.tokens, "without_end": count.without_expiry});
            if let Some(expiry) = count.last_expiry {
                members["last_end"] = json!(expiry);
            }
            (family.name.to_owned(), members)
        });
        Value::Object(families.collect())
    }
}

impl FamilyCount {
    fn old_key_needed_until(&self) -> String {
        match (self.tokens, self.without_expiry, self.last_expiry) {
            (0, _, _) => "not needed".to_owned(),
            (_, 0, Some(expiry)) => expiry.to_string(),
            _ => "tokens without expiry are revoked".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(token_type: &str, created_at: &str, expires_at: Option<&str>) -> TokenMetadata {
        let metadata = json!({
            "id": "x", "name": "x", "token_type": token_type, "created_at": created_at, "expires_at": expires_at,
        });
        serde_json::from_value(metadata).unwrap()
    }

    #[test]
    fn old_key_is_needed_until_last_older_token_expires() {
        let mut older = OlderTokens(Default::default());
        let rotated_at: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
        older.add_if_older(&token("api", "2026-01-01T23:59:59Z", Some("2026-03-01T00:00:00Z")), rotated_at);
        older.add_if_older(&token("app", "2026-01-01T00:00:00Z", Some("2026-02-01T00:00:00Z")), rotated_at);
        older.add_if_older(&token("api", "2026-01-02T00:00:00Z", None), rotated_at);
        let access = json!({"tokens": 2, "without_end": 0, "last_end": "2026-03-01T00:00:00Z"});
        assert_eq!(older.to_json(), json!({"access": access, "public": {"tokens": 0, "without_end": 0}}));
        assert_eq!(older.0.each_ref().map(FamilyCount::old_key_needed_until), ["2026-03-01T00:00:00Z", "not needed"]);
        older.add_if_older(&token("journey", "2026-01-01T00:00:00Z", None), rotated_at);
        assert_eq!(older.0[1].old_key_needed_until(), "tokens without expiry are revoked");
    }
}
