//! Rows put into a ledger behind the functions' backs, exactly as `create-token` and `revoke-token` write them.

use std::path::Path;

use dynoxide::{
    Database, ImportOptions,
    types::{AttributeValue, Item},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::stack::Outcome;

/// How many rows are written at once.
const BATCH: usize = 10_000;

/// Over how many seconds the tokens of an organization were made: a year.
const SPAN: u64 = 365 * 24 * 60 * 60;

/// How long a row is kept after its token was revoked, in seconds (`KEPT_REVOKED` of `shared/src/aws/dynamodb/token_item.rs`).
const KEPT: u64 = 30 * 24 * 60 * 60;

/// The ledger of a stack, past its functions: another connection to the file of its embedded `DynamoDB`.
pub(super) struct Book {
    database: Database,
    table: String,
}

/// What a query of the index reads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Read {
    /// How many rows it looked at, shown or not.
    pub(super) rows: u64,
    /// What `DynamoDB` would charge, in read request units.
    pub(super) units: f64,
}

impl Book {
    /// Opens the ledger in the folder of a running stack.
    pub(super) fn open(data: &Path, table: &str) -> Outcome<Self> {
        let database = Database::new(&data.join("dynamodb.sqlite").to_string_lossy())?;
        Ok(Self { database, table: table.to_owned() })
    }

    /// The row of the token `id`.
    pub(super) fn row(&self, id: &str) -> Outcome<Item> {
        let answer = self.database.get_item(self.request(json!({ "Key": place(id) }))?)?;
        answer.item.ok_or_else(|| format!("the token {id} has no row").into())
    }

    /// Writes rows, many at once.
    pub(super) fn put(&self, mut rows: impl Iterator<Item = Item>) -> Outcome<()> {
        loop {
            let batch: Vec<Item> = rows.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                return Ok(());
            }
            self.database.import_items(&self.table, batch, ImportOptions::default())?;
        }
    }

    /// Takes the row of the token `id` away.
    pub(super) fn take(&self, id: &str) -> Outcome<()> {
        self.database.delete_item(self.request(json!({ "Key": place(id) }))?)?;
        Ok(())
    }

    /// Sends the query of a list of `limit` tokens of `org` once more (`aws/dynamodb/list_tokens.rs`), and asks what it reads.
    pub(super) fn read(&self, org: &str, limit: usize) -> Outcome<Read> {
        let query = json!({
            "IndexName": "by_org", "ScanIndexForward": false, "Limit": limit,
            "KeyConditionExpression": "by_org = :list",
            "FilterExpression": "(attribute_not_exists(expires_at) OR expires_at > :now)",
            "ExpressionAttributeValues": {":list": {"S": format!("{org}#listed")}, ":now": {"N": "0"}},
            "ReturnConsumedCapacity": "TOTAL",
        });
        let answer = serde_json::to_value(self.database.query(self.request(query)?)?)?;
        let units = answer["ConsumedCapacity"]["CapacityUnits"].as_f64().ok_or("no units are told")?;
        Ok(Read { rows: answer["ScannedCount"].as_u64().unwrap_or_default(), units })
    }

    fn request<T: DeserializeOwned>(&self, mut request: Value) -> Outcome<T> {
        request["TableName"] = Value::from(self.table.as_str());
        Ok(serde_json::from_value(request)?)
    }
}

/// One of the tokens that are put in. Its number alone makes its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// One of the many living.
    Many(usize),
    /// One of the few living beside the revoked.
    Few(usize),
    /// One of the revoked.
    Gone(usize),
    /// One that is put in to be revoked in a round.
    Spare(usize),
}

impl Which {
    fn number(self) -> u64 {
        let (kind, number) = match self {
            Self::Many(number) => (0, number),
            Self::Few(number) => (1, number),
            Self::Gone(number) => (2, number),
            Self::Spare(number) => (3, number),
        };
        kind << 32 | number as u64
    }
}

/// The id of a token, of the same form as any.
pub(super) fn id(which: Which) -> String {
    let mut random = fastrand::Rng::with_seed(which.number());
    let key: String = (0..21).map(|_| random.alphanumeric()).collect();
    format!("api_{key}")
}

/// The row of a living token, after the row `made` of one that `create-token` made: all are older than that.
pub(super) fn living(made: &Item, which: Which) -> Item {
    let (id, number) = (id(which), which.number());
    let at = made_at(made).saturating_sub(1 + number % SPAN);
    let mut row = made.clone();
    row.remove("last_used");
    set(&mut row, "pk", partition(&id));
    set(&mut row, "name", name(number));
    set(&mut row, "by_org_at", format!("{at:012}#{id}"));
    set(&mut row, "id", id);
    row.insert("created_at".to_owned(), AttributeValue::N(at.to_string()));
    row
}

/// The row of a token after `revoke-token`.
pub(super) fn revoked(made: &Item, which: Which) -> Item {
    let mut row = living(made, which);
    let at = made_at(made).saturating_sub(1);
    row.remove("by_org");
    row.remove("by_org_at");
    row.insert("revoked_at".to_owned(), AttributeValue::N(at.to_string()));
    row.insert("ttl".to_owned(), AttributeValue::N((at + KEPT).to_string()));
    let maker = row.get("created_by").cloned();
    row.extend(maker.map(|maker| ("revoked_by".to_owned(), maker)));
    row
}

/// The name of the token `number`: all are of one length, so that all rows are.
pub(super) fn name(number: u64) -> String {
    format!("Token {:07}", number % 10_000_000)
}

fn made_at(made: &Item) -> u64 {
    let Some(AttributeValue::N(at)) = made.get("created_at") else { return 0 };
    at.parse().unwrap_or_default()
}

fn set(row: &mut Item, name: &str, value: String) {
    row.insert(name.to_owned(), AttributeValue::S(value));
}

fn partition(id: &str) -> String {
    format!("TOKEN#{}", id.trim_start_matches("api_"))
}

fn place(id: &str) -> Value {
    json!({ "pk": {"S": partition(id)}, "sk": {"S": "TOKEN"} })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made() -> Item {
        serde_json::from_value(json!({
            "pk": {"S": "TOKEN#AAAAAAAAAAAAAAAAAAAAA"}, "sk": {"S": "TOKEN"}, "id": {"S": "api_AAAAAAAAAAAAAAAAAAAAA"},
            "name": {"S": "Token 0000000"}, "created_at": {"N": "1795000000"}, "created_by": {"S": "local|1001"},
            "by_org": {"S": "o#listed"}, "by_org_at": {"S": "001795000000#api_AAAAAAAAAAAAAAAAAAAAA"},
            "last_used": {"S": "2026-11-25"},
        }))
        .unwrap()
    }

    fn length(row: &Item) -> usize {
        serde_json::to_string(row).unwrap().len()
    }

    #[test]
    fn the_rows_of_living_tokens_differ_and_are_of_one_length() {
        let rows: Vec<_> = [Which::Many(0), Which::Many(999_999), Which::Few(0), Which::Spare(7)]
            .map(|which| living(&made(), which))
            .into();
        assert!(rows.iter().all(|row| length(row) == length(&rows[0]) && !row.contains_key("last_used")));
        for (number, row) in rows.iter().enumerate() {
            assert!(
                rows[..number].iter().all(|other| other["pk"] != row["pk"] && other["by_org_at"] != row["by_org_at"])
            );
        }
    }

    #[test]
    fn a_revoked_row_is_in_no_list_and_is_not_swept_away_meanwhile() {
        let row = revoked(&made(), Which::Gone(3));
        assert!(!row.contains_key("by_org") && !row.contains_key("by_org_at"));
        assert_eq!(row["revoked_by"], row["created_by"]);
        assert_eq!(row["ttl"], AttributeValue::N((1_795_000_000 - 1 + KEPT).to_string()));
    }
}
