//! Which live tokens were made before a rotation.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::FAMILIES;
use crate::{
    api::{Api, Filter},
    error::Error,
    item::{Item, every_type},
    output::columns,
};

/// The tokens made before a rotation, for each family.
pub struct Older([Count; 2]);

/// The tokens of one family that need an old key.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    tokens: usize,
    without_end: usize,
    last_end: Option<Timestamp>,
}

/// Counts the live tokens of the caller's organization that were made before `rotated_at`.
///
/// # Errors
///
/// Those of listing.
pub async fn count(api: &Api, rotated_at: Timestamp) -> Result<Older, Error> {
    let filter = Filter { types: every_type(), ..Filter::default() };
    let mut older = Older(Default::default());
    for listed in api.list(&filter).await? {
        older.consider(&listed.item, rotated_at);
    }
    Ok(older)
}

impl Older {
    fn consider(&mut self, item: &Item, rotated_at: Timestamp) {
        let is_public = matches!(item.token_type.as_str(), "journey" | "portal");
        if item.created_at < rotated_at {
            let count = &mut self.0[usize::from(is_public)];
            count.tokens += 1;
            count.without_end += usize::from(item.expires_at.is_none());
            count.last_end = count.last_end.max(item.expires_at);
        }
    }

    /// How many there are, and until when an old key is needed for them.
    pub fn table(&self) -> String {
        let rows = FAMILIES.iter().zip(&self.0).map(|((family, _), count)| {
            vec![(*family).to_owned(), count.tokens.to_string(), count.without_end.to_string(), count.needed_until()]
        });
        columns(&["FAMILY", "OLDER TOKENS", "WITHOUT END", "OLD KEY NEEDED UNTIL"], rows)
    }

    /// The same for programs: for each family `tokens`, `without_end`, and `last_end` where one of them ends.
    pub fn json(&self) -> Value {
        let families = FAMILIES.iter().zip(&self.0).map(|((family, _), count)| {
            let mut members = json!({"tokens": count.tokens, "without_end": count.without_end});
            if let Some(end) = count.last_end {
                members["last_end"] = json!(end);
            }
            ((*family).to_owned(), members)
        });
        Value::Object(families.collect())
    }
}

impl Count {
    fn needed_until(&self) -> String {
        match (self.tokens, self.without_end, self.last_end) {
            (0, _, _) => "not needed".to_owned(),
            (_, 0, Some(end)) => end.to_string(),
            _ => "those without end are revoked".to_owned(),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn item(token_type: &str, created_at: &str, expires_at: Option<&str>) -> Item {
        let item = json!({
            "id": "x", "name": "x", "token_type": token_type, "created_at": created_at, "expires_at": expires_at,
        });
        Item::read(&item.to_string()).unwrap()
    }

    #[test]
    fn an_old_key_is_needed_until_the_last_older_token_of_its_family_ends() {
        let mut older = Older(Default::default());
        let rotated_at: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
        older.consider(&item("api", "2026-01-01T23:59:59Z", Some("2026-03-01T00:00:00Z")), rotated_at);
        older.consider(&item("app", "2026-01-01T00:00:00Z", Some("2026-02-01T00:00:00Z")), rotated_at);
        older.consider(&item("api", "2026-01-02T00:00:00Z", None), rotated_at);
        let access = json!({"tokens": 2, "without_end": 0, "last_end": "2026-03-01T00:00:00Z"});
        assert_eq!(older.json(), json!({"access": access, "public": {"tokens": 0, "without_end": 0}}));
        assert_eq!(older.0.each_ref().map(Count::needed_until), ["2026-03-01T00:00:00Z", "not needed"]);
        older.consider(&item("journey", "2026-01-01T00:00:00Z", None), rotated_at);
        assert_eq!(older.0[1].needed_until(), "those without end are revoked");
    }
}
