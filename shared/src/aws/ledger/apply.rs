//! Reading and writing roles and assignments, as an operator does. No function has these powers.

use aws_sdk_dynamodb::{
    Client,
    operation::put_item::{PutItemError, builders::PutItemFluentBuilder},
};

use super::{Attributes, Ledger, dynamodb_error, invalid_item, key, read, write};
use crate::{
    apply::{Basis, Content, Entry, Place, RowBook},
    ports::{PortError, PortErrorKind, Service},
    rights::{AssignmentRow, RoleRow},
    token::SCHEMA_VERSION,
};

impl Ledger {
    /// The ledger in `table`, through a client of the caller's own making: an operator's, with its credentials and address.
    #[must_use]
    pub fn through(client: Client, table: String) -> Self {
        Self::new(client, table)
    }
}

impl RowBook for Ledger {
    /// One strong `GetItem`.
    async fn present(&self, place: &Place) -> Result<Option<Content>, PortError> {
        let (pk, sk) = match place {
            Place::Role(id) => RoleRow::key(id),
            Place::Assignment(org, person) => AssignmentRow::key(org, person),
        };
        let request = self.client.get_item().table_name(&self.table).set_key(Some(key(pk, sk))).consistent_read(true);
        let answer = request.send().await.map_err(|error| dynamodb_error("GetItem", &error))?;
        match answer.item {
            Some(row) if is_newer(&row) => {
                Err(invalid_item(format!("the row of the {place} has a newer schema version than this code knows")))
            }
            row => Ok(row.map(|row| content(place, row))),
        }
    }

    /// One `PutItem`, conditional where the entry was made from what lay there.
    async fn put(&self, entry: &Entry) -> Result<bool, PortError> {
        let request = self.client.put_item().table_name(&self.table).set_item(Some(row(&entry.place, &entry.content)?));
        let request = match &entry.basis {
            Basis::Word => request,
            Basis::OwnerBeside(None) => request.condition_expression("attribute_not_exists(pk)"),
            Basis::OwnerBeside(Some(there)) => while_there(request, row(&entry.place, there)?),
        };
        let Err(error) = request.send().await else { return Ok(true) };
        let failure = dynamodb_error("PutItem", &error);
        match error.into_service_error() {
            PutItemError::ConditionalCheckFailedException(_) => Ok(false),
            _ => Err(failure),
        }
    }
}

fn row(place: &Place, content: &Content) -> Result<Attributes, PortError> {
    match (place, content) {
        (Place::Role(id), Content::Role { name, grants }) => write(&RoleRow::new(id, name, grants.clone())),
        (Place::Assignment(org, person), Content::Assignment(roles)) => {
            write(&AssignmentRow::new(org, person, roles.clone()))
        }
        _ => {
            let mismatch = PortError::new(Service::DynamoDb, "PutItem", PortErrorKind::InvalidRequest);
            Err(mismatch.with_detail(format!("this is no row for the {place}")))
        }
    }
}

/// `request`, as long as each of these attributes lies there as it is. The version may be an older one.
fn while_there(mut request: PutItemFluentBuilder, row: Attributes) -> PutItemFluentBuilder {
    let mut conditions = Vec::new();
    for (number, (name, value)) in row.into_iter().enumerate() {
        let is = if name == "v" { "<=" } else { "=" };
        conditions.push(format!("#n{number} {is} :v{number}"));
        request = request.expression_attribute_names(format!("#n{number}"), name);
        request = request.expression_attribute_values(format!(":v{number}"), value);
    }
    request.condition_expression(conditions.join(" AND "))
}

fn content(place: &Place, row: Attributes) -> Content {
    let content = match place {
        Place::Role(_) => read(row).map(|row: RoleRow| Content::Role { name: row.name, grants: row.grants }).ok(),
        Place::Assignment(..) => {
            read::<AssignmentRow>(row).ok().and_then(|row| row.roles().ok()).map(Content::Assignment)
        }
    };
    content.unwrap_or(Content::Unreadable)
}

/// Whether newer code wrote the row; a version that is no number is none.
fn is_newer(row: &Attributes) -> bool {
    let version = row.get("v").and_then(|v| v.as_n().ok()).and_then(|v| v.parse::<u64>().ok());
    version.is_some_and(|version| version > u64::from(SCHEMA_VERSION))
}
